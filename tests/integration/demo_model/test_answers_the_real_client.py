import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError

from model.answer import parse_answer

RequestFor = Callable[..., dict[str, Any]]


async def test_a_question_comes_back_in_the_services_schema(
    client: AsyncOpenAI, request_for: RequestFor, text: str
) -> None:
    """The real client gets an answer that the service's own parser takes, with usage and a finish reason."""
    completion = await client.chat.completions.create(**request_for())
    choice = completion.choices[0]
    assert choice.finish_reason == "stop"
    answer = parse_answer(choice.message.content or "")
    assert answer.quote in text
    assert len(answer.distractors) == 3
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion.usage.prompt_tokens > len(text) / 5


async def test_it_says_what_it_is(client: AsyncOpenAI, request_for: RequestFor) -> None:
    """Whatever model is asked for, the answer, the list of models and a header name the demo model."""
    raw = await client.chat.completions.with_raw_response.create(**{**request_for(), "model": "gpt-4.1-mini"})
    completion = raw.parse()
    assert completion.model == "demo-model"
    assert (completion.system_fingerprint or "").startswith("demo-model")
    assert "rule-based, offline" in raw.headers["x-demo-model"]
    models = (await client.models.list()).data
    assert [(model.id, model.owned_by) for model in models] == [("demo-model", "demo model (rule-based, offline)")]
    with pytest.raises(NotFoundError):
        await client.models.retrieve("gpt-4.1-mini")


async def test_the_same_body_gets_the_same_bytes(client: AsyncOpenAI, request_for: RequestFor) -> None:
    """Two calls with one body are answered byte for byte alike, whatever their request ids."""
    calls = [client.chat.completions.with_raw_response.create(**request_for(f"same/{i}")) for i in range(2)]
    first, second = await asyncio.gather(*calls)
    assert first.text == second.text


async def test_other_chat_is_answered_honestly(client: AsyncOpenAI) -> None:
    """What is no order for a question gets a plain word about what the model can do."""
    completion = await client.chat.completions.create(
        model="demo-model", messages=[{"role": "user", "content": "What is the capital of Norway?"}]
    )
    assert "demo model" in (completion.choices[0].message.content or "")
    assert completion.choices[0].finish_reason == "stop"


async def test_another_schema_is_refused(client: AsyncOpenAI) -> None:
    """A client that wants other JSON gets a refusal, never JSON of the wrong shape."""
    schema: Any = {"type": "json_schema", "json_schema": {"name": "other", "schema": {"properties": {"x": {}}}}}
    completion = await client.chat.completions.create(
        model="demo-model", messages=[{"role": "user", "content": "x?"}], response_format=schema
    )
    assert completion.choices[0].message.content is None
    assert "demo model" in (completion.choices[0].message.refusal or "")


async def test_a_token_limit_cuts_the_answer(client: AsyncOpenAI, request_for: RequestFor) -> None:
    """An answer longer than the limit stops there and says so."""
    completion = await client.chat.completions.create(**request_for(), max_completion_tokens=10)
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None and completion.usage.completion_tokens == 10


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"[1]", None),
        (b"[" * 100_000, None),
        (b"{}", "model"),
        (b'{"model": "m"}', "messages"),
        (b'{"model": "m", "messages": []}', "messages"),
        (b'{"model": "m", "messages": [7]}', "messages[0]"),
        (b'{"model": "m", "messages": [{"role": "king"}]}', "messages[0].role"),
        (b'{"model": "m", "messages": [{"role": "user", "content": 7}]}', "messages[0].content"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "n": 2}', "n"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": true}', "stream"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 0}', "max_tokens"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": 7}', "response_format"),
        (b'{"model": "\xff"}', None),
    ],
)
def test_rubbish_is_rejected_in_openais_shape(server: Any, body: bytes, param: str | None) -> None:
    """A body that is no valid request is a 400 with the error object that clients expect, and the field at fault."""
    response = httpx2.post(f"{server.url}/chat/completions", content=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "code", "param"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_unknown_paths_and_methods_have_openais_shape_too(server: Any) -> None:
    """404 and 405 carry the same error object."""
    assert httpx2.get(f"{server.url}/nothing").json()["error"]["type"] == "invalid_request_error"
    assert httpx2.get(f"{server.url}/chat/completions").status_code == 405
    assert httpx2.get(server.url.removesuffix("/v1") + "/healthz").json()["status"] == "ok"


async def test_the_client_raises_its_own_error_for_a_rejected_request(client: AsyncOpenAI) -> None:
    """The real client understands the rejection."""
    with pytest.raises(BadRequestError, match="at least one message"):
        await client.chat.completions.create(model="demo-model", messages=[])
