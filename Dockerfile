# syntax=docker/dockerfile:1
# The service, all of it in one image: `mcq api`, `mcq worker`, `mcq migrate`, `mcq demo-model`.

# --- The libraries and the service, into a virtual environment ---
FROM python:3.11.15-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# First what changes seldom: an edit of our code builds the last few steps only.
COPY requirements.lock deploy/runtime_requirements.py ./
# What the service needs, of the lock that the tests ran with; every file is checked against its hash. What builds the
# service comes from the same lock, into an environment that stays behind.
RUN python runtime_requirements.py requirements.lock mcq > runtime.txt \
 && python runtime_requirements.py requirements.lock hatchling > backend.txt \
 && python -m venv /opt/mcq && /opt/mcq/bin/pip install --require-hashes --requirement runtime.txt \
 && python -m venv /opt/backend && /opt/backend/bin/pip install --require-hashes --requirement backend.txt

COPY . source
RUN /opt/backend/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels ./source \
 && /opt/mcq/bin/pip install --no-deps wheels/*.whl \
 && /opt/mcq/bin/pip check

# --- What runs ---
FROM python:3.11.15-slim-trixie

# Of a number and not only a name, so that a cluster can see that it is not root.
RUN groupadd --gid 10001 mcq && useradd --uid 10001 --gid mcq --no-create-home --home-dir /tmp mcq

COPY --from=build /opt/mcq /opt/mcq
COPY --chmod=755 deploy/healthcheck.py /usr/local/bin/healthcheck

# Logs at once, no files written beside the code, and a home that may be read-only but for /tmp.
ENV PATH=/opt/mcq/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MCQ_HOME=/tmp/mcq

USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["mcq"]
CMD ["--help"]
