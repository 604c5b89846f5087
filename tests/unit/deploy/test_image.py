"""The Dockerfile and what goes into its build."""

import re
import tomllib

import pytest

from tests.unit.product_code import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
    "wheel"
]


def _let_in(path: str) -> bool:
    return f"!{path}" in IGNORED or ("/" not in path and path.endswith(".py") and "!*.py" in IGNORED)


def test_bases_are_pinned() -> None:
    """Both stages stand on the same one, the Python that the tests run on."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])


def test_it_does_not_run_as_root() -> None:
    """The last user named is a number other than 0, and the entry point is the command."""
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["mcq"]' in DOCKERFILE


def test_everything_is_checked_against_its_hash() -> None:
    """No file of a library without a hash, and no other source than pip's own."""
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert all("--require-hashes" in one or one.startswith("--no-deps wheels/") for one in installs)
    assert "://" not in DOCKERFILE and "--index" not in DOCKERFILE


def test_only_what_is_named_goes_into_the_build() -> None:
    """So `.env` cannot end in a layer of an image."""
    assert next(line for line in IGNORED if line and not line.startswith("#")) == "*"
    assert [line for line in IGNORED if ".env" in line and not line.startswith("#")] == []


@pytest.mark.parametrize("path", [*WHEEL["only-include"], "pyproject.toml", "README.md", "requirements.lock"])
def test_what_is_installed_goes_into_the_build(path: str) -> None:
    """A new package has to be named, or the image would be built without it."""
    assert _let_in(path)


@pytest.mark.parametrize("path", re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE))
def test_what_is_copied_exists_and_is_let_in(path: str) -> None:
    """Each source of a COPY."""
    for one in path.split():
        assert one == "." or ((ROOT / one).is_file() and _let_in(one))


@pytest.mark.parametrize("line", [line for line in IGNORED if line.startswith("!") and "*" not in line])
def test_nothing_is_let_in_that_is_gone(line: str) -> None:
    """A package that was removed or renamed leaves the list."""
    assert (ROOT / line[1:]).exists()
