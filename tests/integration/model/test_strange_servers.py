"""Servers that are not the provider: nobody there, a page in its place, JSON that is no completion."""

import asyncio
import contextlib
import json
import socket
from typing import Any

import pytest

from model.client import ModelClient, Reply
from model.failures import ProviderRejected, ProviderUnavailable
from tests.integration.model.asking import KEY, PRICES, ask, assert_tells_no_secret
from tests.integration.model.conftest import StrangeServer

MESSAGE = {"role": "assistant", "content": "{}"}
CHOICE = {"index": 0, "finish_reason": "stop", "message": MESSAGE}
GOOD: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [CHOICE],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
}


async def _ask(url: str) -> Reply:
    client = ModelClient(api_key=KEY, base_url=url, timeout=5, prices=PRICES)
    try:
        return await ask(client)
    finally:
        await client.close()


async def test_a_closed_port_is_an_outage() -> None:
    """Nobody is there: waited for, without the address in the text."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ProviderUnavailable, match="cannot be reached") as caught:
        await _ask(f"http://127.0.0.1:{port}/v1")
    assert_tells_no_secret(caught.value, str(port))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html><title>Log in to the hotel's network: canary</title></html>"),
        ("application/json", b"<html>"),
        ("application/json", b""),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[" * 100_000),
        ("application/json", b"[]"),
        ("application/json", b"null"),
        ("application/json", b'"canary"'),
        ("application/json", b'{"error": {"message": "canary", "code": 402}}'),
        ("application/json", json.dumps({**GOOD, "choices": None}).encode()),
        ("application/json", json.dumps({**GOOD, "choices": "canary"}).encode()),
        ("application/json", json.dumps({**GOOD, "choices": {"a": 1}}).encode()),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_success_that_is_no_completion_is_an_outage(
    strange_server: StrangeServer, content_type: str, body: bytes
) -> None:
    """A proxy answered in the provider's place. It is not an answer of the model: nothing is stored, it is retried."""
    strange_server.content_type, strange_server.body = content_type, body
    with pytest.raises(ProviderUnavailable, match="not readable") as caught:
        await _ask(strange_server.url)
    assert_tells_no_secret(caught.value)


@pytest.mark.parametrize(
    "choice",
    [
        None,
        {},
        {"message": None},
        {"message": "text"},
        {"message": {}},
        {"message": {"content": None}},
        {"message": {"content": [{"type": "text", "text": "{}"}]}},
        {"message": {"content": 7}},
        {"message": {"content": "  "}},
        {"finish_reason": "stop"},
        {"message": {"content": None, "refusal": "no \ud800"}},
    ],
    ids=repr,
)
async def test_a_choice_without_text_is_unusable(strange_server: StrangeServer, choice: object) -> None:
    """Servers that only resemble the provider's leave fields out; the answer is told to be none, with its cost."""
    strange_server.body = json.dumps({**GOOD, "choices": [choice]}).encode()
    reply = await _ask(strange_server.url)
    assert reply.unusable is not None and reply.raw == ""
    assert (reply.prompt_tokens, reply.completion_tokens) == (10, 20)


async def test_a_missing_finish_reason_is_no_fault(strange_server: StrangeServer) -> None:
    """Small servers leave it out; the text counts."""
    strange_server.body = json.dumps({**GOOD, "choices": [{"message": MESSAGE}]}).encode()
    reply = await _ask(strange_server.url)
    assert (reply.raw, reply.unusable) == ("{}", None)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        [1],
        {},
        {"prompt_tokens": "10", "completion_tokens": "20"},
        {"prompt_tokens": -1, "completion_tokens": 10**30},
        {"prompt_tokens": [1], "completion_tokens": {}},
        {"prompt_tokens": True, "completion_tokens": None},
    ],
    ids=repr,
)
async def test_a_usage_that_is_none_counts_nothing(strange_server: StrangeServer, usage: object) -> None:
    """The answer itself is good; what cannot be a count is 0."""
    strange_server.body = json.dumps({**GOOD, "usage": usage}).encode()
    reply = await _ask(strange_server.url)
    assert (reply.raw, reply.prompt_tokens, reply.completion_tokens) == ("{}", 0, 0)


@pytest.mark.parametrize("model", [None, 7, "", "a\0b\ud800", "x" * 5_000])
async def test_the_name_of_a_model_can_be_stored(strange_server: StrangeServer, model: object) -> None:
    """Whatever the server calls itself fits the column and the encoding."""
    strange_server.body = json.dumps({**GOOD, "model": model}).encode()
    name = (await _ask(strange_server.url)).model
    assert 0 < len(name) <= 200 and "\0" not in name
    name.encode()


@pytest.mark.parametrize("status", [300, 400, 402, 405, 410, 413, 418, 451, 499])
async def test_an_unknown_refusal_needs_a_person(strange_server: StrangeServer, status: int) -> None:
    """Asking again with the same request would be refused again. The provider's words are short and without the key."""
    strange_server.status = status
    message = f"Your key {KEY} is not welcome. " + "x" * 5_000
    strange_server.body = json.dumps({"error": {"message": message}}).encode()
    with pytest.raises(ProviderRejected) as caught:
        await _ask(strange_server.url)
    assert str(status) in caught.value.reason
    assert_tells_no_secret(caught.value)


@pytest.mark.parametrize("status", [500, 502, 504, 520, 529, 599])
async def test_any_server_error_passes(strange_server: StrangeServer, status: int) -> None:
    """Codes of proxies and networks included, whatever page comes with them."""
    strange_server.status = status
    strange_server.content_type, strange_server.body = "text/html", b"<html>canary</html>"
    with pytest.raises(ProviderUnavailable, match=str(status)) as caught:
        await _ask(strange_server.url)
    assert_tells_no_secret(caught.value)


async def test_quota_is_told_from_rate_limits_by_its_code(strange_server: StrangeServer) -> None:
    """Both are 429; one passes."""
    strange_server.status = 429
    strange_server.body = b'{"error": {"message": "x", "type": "insufficient_quota", "code": null}}'
    with pytest.raises(ProviderRejected, match="quota"):
        await _ask(strange_server.url)


async def test_an_answer_that_trickles_is_given_up() -> None:
    """A byte now and then keeps each read alive; the whole call has a bound."""

    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    client = ModelClient(api_key=KEY, base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", timeout=0.5)
    async with asyncio.timeout(10):
        with pytest.raises(ProviderUnavailable, match="did not answer in time"):
            await ask(client)
    await client.close()
    server.close()
