"""What goes over the wire, as OpenAI documents it."""

import json
from typing import Any

from model.client import MAX_COMPLETION_TOKENS, ModelClient
from tests.integration.model.asking import KEY
from tests.integration.model.conftest import StrangeServer

MESSAGES = [{"role": "system", "content": "Rules."}, {"role": "user", "content": "Hello ÄÖÜ"}]


async def _asked(server: StrangeServer, temperature: float | None) -> dict[str, Any]:
    client = ModelClient(api_key=KEY, base_url=server.url, timeout=5)
    server.body = json.dumps({"choices": []}).encode()
    await client.ask(MESSAGES, model="some-model", temperature=temperature, request_id="w/0/draft/0/1")
    await client.close()
    request: dict[str, Any] = json.loads(server.asked)
    return request


async def test_the_request_holds_what_was_asked_and_a_bound(strange_server: StrangeServer) -> None:
    """Model, messages, and a limit on what a runaway answer may cost."""
    request = await _asked(strange_server, 0.5)
    assert (request["model"], request["messages"], request["temperature"]) == ("some-model", MESSAGES, 0.5)
    assert request["max_completion_tokens"] == MAX_COMPLETION_TOKENS


async def test_a_temperature_that_was_not_chosen_is_not_sent(strange_server: StrangeServer) -> None:
    """Some models take none."""
    assert "temperature" not in await _asked(strange_server, None)


async def test_the_schema_is_strict(strange_server: StrangeServer) -> None:
    """OpenAI's strict mode wants every property required and no others, at every level."""
    form = (await _asked(strange_server, None))["response_format"]
    assert form["type"] == "json_schema" and form["json_schema"]["strict"] is True

    def check(schema: dict[str, Any]) -> None:
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False
            assert set(schema["required"]) == set(schema["properties"])
            for inner in schema["properties"].values():
                check(inner)
        elif schema["type"] == "array":
            check(schema["items"])

    check(form["json_schema"]["schema"])


async def test_key_and_request_id_go_as_headers(strange_server: StrangeServer) -> None:
    """The key as a bearer token, the id under which the provider's log knows the call; neither in the body."""
    await _asked(strange_server, None)
    assert strange_server.headers["authorization"] == f"Bearer {KEY}"
    assert strange_server.headers["x-client-request-id"] == "w/0/draft/0/1"
    assert KEY.encode() not in strange_server.asked
