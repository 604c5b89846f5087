from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

RequestFor = Callable[..., dict[str, Any]]


async def test_a_rule_strikes_as_often_as_told_and_only_who_it_matches(
    client: AsyncOpenAI, server: Any, request_for: RequestFor
) -> None:
    """Two strikes for requests that match; others, and the third, are answered."""
    rule = {"kind": "server_error", "times": 2, "match": "quiz-7/"}
    server.admin("POST", json={"rules": [rule]})
    await client.chat.completions.create(**request_for("quiz-8/0"))
    for number in range(2):
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(**request_for(f"quiz-7/{number}"))
    await client.chat.completions.create(**request_for("quiz-7/2"))
    shown = server.admin("GET").json()["rules"]
    assert [(one["kind"], one["times"], one["hits"]) for one in shown] == [("server_error", 2, 2)]


async def test_a_rule_without_times_holds_until_it_is_cleared(
    client: AsyncOpenAI, server: Any, request_for: RequestFor
) -> None:
    """DELETE ends what never ends by itself."""
    server.admin("POST", json={"rules": [{"kind": "unauthorized"}]})
    for _ in range(3):
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(**request_for())
    assert server.admin("DELETE").json()["rules"] == []
    await client.chat.completions.create(**request_for())


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        {"rules": 7},
        {"rules": [{"kind": "earthquake"}]},
        {"rules": [{"kind": "drop"}, {"kind": "drop", "match": "("}]},
        {"rules": [{"kind": "drop", "times": 0}]},
        {"rules": [{"kind": "drop", "retry_after": "soon"}]},
        {"rules": [{"kind": "drop", "often": True}]},
    ],
)
async def test_rules_that_cannot_be_understood_change_nothing(client: AsyncOpenAI, server: Any, body: Any) -> None:
    """A bad rule is a 400 that says why, and none of its request is kept."""
    response = server.admin("POST", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    assert server.admin("GET").json()["rules"] == []
