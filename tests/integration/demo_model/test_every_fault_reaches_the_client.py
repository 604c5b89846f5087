import json
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from demo_model.faults import Fault
from domain.linter import Severity, lint_grounding, lint_item
from domain.question import Option, Question
from model.answer import UnusableAnswer, parse_answer

RequestFor = Callable[..., dict[str, Any]]

STATUS = {
    Fault.RATE_LIMIT_SECONDS: (429, "rate_limit_exceeded"),
    Fault.RATE_LIMIT_MS: (429, "rate_limit_exceeded"),
    Fault.RATE_LIMIT_DATE: (429, "rate_limit_exceeded"),
    Fault.RATE_LIMIT_BARE: (429, "rate_limit_exceeded"),
    Fault.QUOTA: (429, "insufficient_quota"),
    Fault.SERVER_ERROR: (500, None),
    Fault.OVERLOADED: (503, "overloaded"),
    Fault.BAD_GATEWAY: (502, None),
    Fault.TIMEOUT_408: (408, None),
    Fault.CONFLICT_409: (409, "conflict"),
    Fault.UNAUTHORIZED: (401, "invalid_api_key"),
    Fault.FORBIDDEN: (403, "forbidden"),
    Fault.NOT_FOUND: (404, "model_not_found"),
    Fault.BAD_REQUEST: (400, "invalid_value"),
    Fault.UNPROCESSABLE: (422, "unprocessable"),
}
CONNECTION = {Fault.DROP, Fault.CUT, Fault.STALL}
UNUSABLE = {Fault.MALFORMED, Fault.WRONG_SHAPE, Fault.TRUNCATED, Fault.SURROGATE, Fault.HUGE}
OTHER = {Fault.EMPTY_CHOICES, Fault.REFUSAL, Fault.CONTENT_FILTER, Fault.FLAWED, Fault.NUL}


@pytest.fixture
def strike(server: Any, request_for: RequestFor) -> Callable[..., dict[str, Any]]:
    """Sets one fault for one request and gives the request."""

    def make(fault: Fault, **options: Any) -> dict[str, Any]:
        request_id = f"fault/{fault}"
        rule = {"kind": fault, "times": 1, "match": f"^{re.escape(request_id)}$", **options}
        assert server.admin("POST", json={"rules": [rule]}).status_code == 200
        return request_for(request_id)

    return make


def test_every_fault_is_tested_here() -> None:
    """No fault is left out of this file."""
    assert STATUS.keys() | CONNECTION | UNUSABLE | OTHER == set(Fault)


@pytest.mark.parametrize("fault", STATUS)
async def test_a_status_fault_is_the_clients_status_error(client: AsyncOpenAI, strike: Any, fault: Fault) -> None:
    """Each status reaches the client as such, with the code that tells the cases of one status apart."""
    with pytest.raises(openai.APIStatusError) as caught:
        await client.chat.completions.create(**strike(fault))
    assert (caught.value.status_code, caught.value.code) == STATUS[fault]


async def test_the_forms_of_retry_after(client: AsyncOpenAI, strike: Any) -> None:
    """Seconds, milliseconds, a date, or nothing: as providers do it."""
    found = {}
    for fault in (Fault.RATE_LIMIT_SECONDS, Fault.RATE_LIMIT_MS, Fault.RATE_LIMIT_DATE, Fault.RATE_LIMIT_BARE):
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(**strike(fault, retry_after=2.5))
        headers = caught.value.response.headers
        found[fault] = (headers.get("retry-after"), headers.get("retry-after-ms"))
    assert found[Fault.RATE_LIMIT_SECONDS] == ("2.5", None)
    assert found[Fault.RATE_LIMIT_MS] == (None, "2500")
    assert parsedate_to_datetime(found[Fault.RATE_LIMIT_DATE][0] or "").tzinfo is not None
    assert found[Fault.RATE_LIMIT_BARE] == (None, None)


@pytest.mark.parametrize("fault", sorted(CONNECTION))
async def test_a_broken_connection_is_the_clients_connection_error(
    client: AsyncOpenAI, strike: Any, server: Any, fault: Fault
) -> None:
    """Dropped, cut midway or silent: the client raises, and the ledger has the call."""
    with pytest.raises(openai.APIConnectionError) as caught:
        await client.with_options(timeout=0.5).chat.completions.create(**strike(fault))
    assert isinstance(caught.value, openai.APITimeoutError) is (fault is Fault.STALL)
    assert server.outcome(f"fault/{fault}") == fault


async def test_a_dropped_connection_is_reset(client: AsyncOpenAI, strike: Any) -> None:
    """By an error of the socket, as a dying machine does it, and not by an end."""
    with pytest.raises(openai.APIConnectionError) as caught:
        await client.chat.completions.create(**strike(Fault.DROP))
    causes: list[BaseException] = [caught.value]
    while (error := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(error)
    assert any(isinstance(cause, ConnectionResetError) for cause in causes), causes


@pytest.mark.parametrize("fault", sorted(UNUSABLE))
async def test_an_unusable_answer_is_one_to_the_service(client: AsyncOpenAI, strike: Any, fault: Fault) -> None:
    """The HTTP is fine, the content is not: the service's parser turns it down."""
    choice = (await client.chat.completions.create(**strike(fault))).choices[0]
    assert choice.finish_reason == ("length" if fault is Fault.TRUNCATED else "stop")
    content = choice.message.content or ""
    assert (len(content) > 2_500_000) is (fault is Fault.HUGE)
    with pytest.raises(UnusableAnswer):
        parse_answer(content)


async def test_lone_surrogates_reach_the_client(client: AsyncOpenAI, strike: Any) -> None:
    """One is escaped within the answer's JSON, one stands raw in the answer, which then can't be encoded."""
    content = (await client.chat.completions.create(**strike(Fault.SURROGATE))).choices[0].message.content or ""
    with pytest.raises(UnicodeEncodeError):
        content.encode()
    assert "\\ud800" in content


async def test_answers_that_are_no_answers(client: AsyncOpenAI, strike: Any) -> None:
    """No choices, a refusal, a content filter: each as OpenAI shows it."""
    assert (await client.chat.completions.create(**strike(Fault.EMPTY_CHOICES))).choices == []
    refused = (await client.chat.completions.create(**strike(Fault.REFUSAL))).choices[0]
    assert (refused.message.content, refused.finish_reason) == (None, "stop")
    assert refused.message.refusal
    filtered = (await client.chat.completions.create(**strike(Fault.CONTENT_FILTER))).choices[0]
    assert (filtered.message.content, filtered.finish_reason) == (None, "content_filter")


async def test_a_nul_character_is_in_the_text(client: AsyncOpenAI, strike: Any) -> None:
    """The answer parses, but holds a character that PostgreSQL refuses."""
    content = (await client.chat.completions.create(**strike(Fault.NUL))).choices[0].message.content or ""
    assert "\0" in json.loads(content)["explanation"]


async def test_a_flawed_question_has_errors_that_the_linter_finds(client: AsyncOpenAI, strike: Any, text: str) -> None:
    """A catch-all option, a stem that leans on the text and an invented quote, in an answer of the right shape."""
    content = (await client.chat.completions.create(**strike(Fault.FLAWED))).choices[0].message.content or ""
    answer = parse_answer(content)
    options = (Option(answer.key), *(Option(wrong.text, wrong.why_wrong) for wrong in answer.distractors))
    question = Question(answer.stem, options, 0, answer.explanation, answer.quote, "easy", "remember")
    flaws = [*lint_item(question), *lint_grounding(question, text)]
    assert sum(flaw.severity is Severity.ERROR for flaw in flaws) >= 3
