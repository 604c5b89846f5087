"""Whatever a server sends over HTTP, a call ends in a reply or in one of the two failures that have a name."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.client import MAX_ANSWER, ModelClient, Reply
from model.failures import ProviderRejected, ProviderUnavailable
from tests.fuzz.wild import BODIES, FUZZ, assert_storable, dumps, text, values

KEY = "0123456789-a-key-without-a-form"
MESSAGE = {"role": "assistant", "content": "{}"}
CHOICE = {"index": 0, "finish_reason": "stop", "message": MESSAGE}
COMPLETION = {"id": "x", "model": "m", "choices": [CHOICE], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
STATUSES = [200, 400, 401, 403, 404, 418, 422, 429, 500, 503]


def _with(changes: dict[str, Any]) -> dict[str, Any]:
    return {**COMPLETION, "choices": [{**CHOICE, **changes}]}


bodies = st.one_of(
    values,
    *(st.builds(lambda wild, name=name: {**COMPLETION, name: wild}, values) for name in COMPLETION),
    *(
        st.builds(lambda wild, name=name: {**COMPLETION, "choices": [{**CHOICE, name: wild}]}, values)
        for name in CHOICE
    ),
    st.builds(lambda wild: _with({"message": {**MESSAGE, "content": wild}}), text),
    st.builds(lambda wild: _with({"message": {**MESSAGE, "refusal": wild}}), values),
    st.builds(lambda wild: {**COMPLETION, "usage": {"prompt_tokens": wild, "completion_tokens": wild}}, values),
)
errors = st.one_of(
    values,
    st.builds(lambda wild: {"error": wild}, values),
    st.builds(lambda wild: {"error": {"message": wild, "code": wild, "type": wild}}, values),
    st.builds(lambda wild: {"error": {"message": f"{wild} {KEY} {wild}", "code": "c"}}, text),
    st.builds(lambda wild: {"message": [KEY, wild]}, text),
)


class Server:
    """Answers every call with the same bytes; and a client that calls it."""

    status, body = 200, b""
    client: ModelClient
    runner: asyncio.Runner


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A small real HTTP server on a free port."""
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(served.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{http.server_address[1]}/v1"
        served.client = ModelClient(api_key=KEY, base_url=url, timeout=20, prices=(1.0, 1.0))
        with asyncio.Runner() as served.runner:
            yield served
            served.runner.run(served.client.close())
        http.shutdown()
        thread.join()


def check(server: Server, status: int, *answers: str) -> None:
    """Ask once for each of these answers."""
    server.status = status
    for answer in answers:
        server.body = answer.encode("utf-8", "surrogatepass")
        asking = server.client.ask([], model="m", temperature=None, request_id="fuzz")
        try:
            reply = server.runner.run(asking)
        except (ProviderUnavailable, ProviderRejected) as failure:
            assert_storable(failure.reason)
            assert not UNPRINTABLE.search(failure.reason) and len(failure.reason.splitlines()) == 1
            assert len(failure.reason) <= 400 and KEY not in failure.reason
        else:
            _check_reply(reply)


def _check_reply(reply: Reply) -> None:
    assert_storable([reply.raw, reply.model, reply.unusable, reply.cost])
    assert 1 <= len(reply.model) <= 200 and len(reply.raw) <= MAX_ANSWER
    assert 0 <= reply.prompt_tokens < 2**31 and 0 <= reply.completion_tokens < 2**31
    assert reply.unusable is None or len(reply.unusable) <= 200


@given(st.lists(bodies, min_size=2, max_size=2))
@FUZZ
def test_any_success_is_a_reply_or_a_named_failure(server: Server, several: list[Any]) -> None:
    """Wrong types at every place of a completion."""
    check(server, 200, *map(dumps, several))


@given(st.sampled_from(STATUSES), st.lists(errors, min_size=2, max_size=2))
@FUZZ
def test_any_error_is_a_named_failure(server: Server, status: int, several: list[Any]) -> None:
    """Its words can be stored and printed, are short, and hold no key, whatever the provider repeats."""
    check(server, status, *map(dumps, several))


@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_bodies_that_break_parsers(server: Server, status: int) -> None:
    """Brackets by the hundred thousand, numbers beyond every type, megabytes."""
    nested = "[" * 900 + "]" * 900
    check(server, status, *BODIES, nested, *(f'{{"{name}": {nested}}}' for name in (*COMPLETION, "error")))
    check(
        server, status, json.dumps({"error": {"message": "x" * 2_000_000}}), f'{{"error": {{"code": {"9" * 4_300}}}}}'
    )
