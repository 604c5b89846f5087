"""Every misbehaviour that the demo model can show, through the real client over real HTTP."""

import time

import pytest

from demo_model.faults import Fault
from model.answer import UnusableAnswer, parse_answer
from model.client import MAX_ANSWER, ModelClient
from model.failures import ProviderRejected, ProviderUnavailable
from tests.integration.model.asking import KEY, ask, assert_tells_no_secret
from tests.support.demo import DemoModel

# Fault -> (words of the reason, seconds to wait when the provider asks for 7).
PASSES = {
    Fault.RATE_LIMIT_SECONDS: ("rate limit (429)", 7.0),
    Fault.RATE_LIMIT_MS: ("rate limit (429)", 7.0),
    Fault.RATE_LIMIT_DATE: ("rate limit (429)", 7.0),
    Fault.RATE_LIMIT_BARE: ("rate limit (429)", None),
    Fault.SERVER_ERROR: ("provider error (500)", None),
    Fault.OVERLOADED: ("overloaded (503)", 7.0),
    Fault.BAD_GATEWAY: ("provider error (502)", None),
    Fault.TIMEOUT_408: ("provider error (408)", None),
    Fault.CONFLICT_409: ("provider error (409)", None),
    Fault.DROP: ("cannot be reached", None),
    Fault.CUT: ("cannot be reached", None),
}
# Fault -> what the user is told to do.
NEEDS_A_PERSON = {
    Fault.QUOTA: "check its billing",
    Fault.UNAUTHORIZED: "check OPENAI_API_KEY",
    Fault.FORBIDDEN: "not allowed to use this model or region",
    Fault.NOT_FOUND: "check OPENAI_MODEL and OPENAI_BASE_URL",
    Fault.BAD_REQUEST: "the provider rejected the request (400: The request is invalid.",
    Fault.UNPROCESSABLE: "could not process the request (422",
}
# Fault -> why the reply cannot be a question.
UNUSABLE = {
    Fault.TRUNCATED: "cut short",
    Fault.EMPTY_CHOICES: "no answer",
    Fault.REFUSAL: "declined",
    Fault.CONTENT_FILTER: "content filter",
    Fault.HUGE: "characters; a question has about 1,500",
}
# Replies that only the parser finds out, and one that only the linter does.
UNREADABLE = {Fault.MALFORMED, Fault.WRONG_SHAPE, Fault.SURROGATE}
READABLE = {Fault.NUL, Fault.FLAWED}


def test_every_fault_is_here() -> None:
    """A new kind of fault gets its place in the tables above."""
    assert {*PASSES, *NEEDS_A_PERSON, *UNUSABLE, *UNREADABLE, *READABLE, Fault.STALL} == set(Fault)


@pytest.mark.parametrize("fault", PASSES)
async def test_what_passes_is_waited_for(client: ModelClient, demo: DemoModel, fault: Fault) -> None:
    """Unavailable, with the wait that the provider asked for, in any of its notations."""
    reason, seconds = PASSES[fault]
    demo.fault(fault, retry_after=7)
    with pytest.raises(ProviderUnavailable) as caught:
        await ask(client)
    assert reason in caught.value.reason
    if fault is Fault.RATE_LIMIT_DATE:  # it has whole seconds, and some time has passed
        assert caught.value.retry_after == pytest.approx(7, abs=2)
    else:
        assert caught.value.retry_after == seconds
    assert_tells_no_secret(caught.value)


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT_SECONDS, Fault.RATE_LIMIT_MS, Fault.RATE_LIMIT_DATE])
async def test_nobody_waits_longer_than_a_minute(client: ModelClient, demo: DemoModel, fault: Fault) -> None:
    """However long the provider asks for."""
    demo.fault(fault, retry_after=3_600)
    with pytest.raises(ProviderUnavailable) as caught:
        await ask(client)
    assert caught.value.retry_after == 60


@pytest.mark.parametrize("fault", NEEDS_A_PERSON)
async def test_what_a_person_must_mend_says_how(client: ModelClient, demo: DemoModel, fault: Fault) -> None:
    """Rejected, with advice; asking again would not help."""
    demo.fault(fault)
    with pytest.raises(ProviderRejected) as caught:
        await ask(client)
    assert NEEDS_A_PERSON[fault] in caught.value.reason
    assert_tells_no_secret(caught.value)


async def test_words_about_a_key_are_not_repeated(client: ModelClient, demo: DemoModel) -> None:
    """Providers quote parts of the key in them."""
    demo.fault(Fault.UNAUTHORIZED)
    with pytest.raises(ProviderRejected) as caught:
        await ask(client)
    assert "Incorrect" not in caught.value.reason


@pytest.mark.parametrize("fault", UNUSABLE)
async def test_an_answer_that_is_none_says_why(client: ModelClient, demo: DemoModel, fault: Fault) -> None:
    """It was paid for: it is a reply with its cost, marked unusable, and bounded."""
    demo.fault(fault)
    reply = await ask(client)
    assert reply.unusable is not None and UNUSABLE[fault] in reply.unusable
    assert reply.prompt_tokens > 0 and reply.cost is not None and reply.cost > 0
    assert len(reply.raw) <= MAX_ANSWER


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_an_answer_of_another_shape_is_kept_and_found_out(
    client: ModelClient, demo: DemoModel, fault: Fault
) -> None:
    """The raw text is kept for the teacher of the model; the parser says what is wrong with it."""
    demo.fault(fault)
    reply = await ask(client)
    assert reply.unusable is None and reply.raw
    reply.raw.encode()
    with pytest.raises(UnusableAnswer):
        parse_answer(reply.raw)


@pytest.mark.parametrize("fault", READABLE)
async def test_a_readable_answer_is_read(client: ModelClient, demo: DemoModel, fault: Fault) -> None:
    """NUL characters are gone; flaws are the linter's business."""
    demo.fault(fault)
    answer = parse_answer((await ask(client)).raw)
    assert "\x00" not in "".join([answer.stem, answer.key, answer.explanation, answer.quote])


async def test_three_megabytes_are_cut(client: ModelClient, demo: DemoModel) -> None:
    """What is kept of a runaway answer is enough to see what it was."""
    demo.fault(Fault.HUGE)
    reply = await ask(client)
    assert 0 < len(reply.raw) <= 1_000 and reply.completion_tokens > 100_000


async def test_silence_ends_with_the_time_out(demo: DemoModel) -> None:
    """The whole call is bounded, not each read."""
    demo.fault(Fault.STALL)
    client = ModelClient(api_key=KEY, base_url=demo.url, timeout=0.5)
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable, match="did not answer in time") as caught:
        await ask(client)
    assert time.monotonic() - began < 5
    assert_tells_no_secret(caught.value)
    await client.close()


async def test_a_proper_answer_is_counted(client: ModelClient) -> None:
    """Tokens as the provider counts them, at the prices of the settings."""
    reply = await ask(client)
    assert reply.unusable is None and reply.model == "demo-model"
    assert parse_answer(reply.raw).stem.endswith("?")
    assert reply.prompt_tokens > 500 and reply.completion_tokens > 20
    expected = (reply.prompt_tokens * 1.0 + reply.completion_tokens * 3.0) / 1_000_000
    assert reply.cost == pytest.approx(expected)


async def test_every_call_is_known_by_its_request_id(client: ModelClient, demo: DemoModel) -> None:
    """The provider's log and ours meet, for answers and failures alike; the client itself repeats nothing."""
    demo.fault(Fault.SERVER_ERROR, times=1)
    with pytest.raises(ProviderUnavailable):
        await ask(client, "ledger-test/7/draft/0/1")
    reply = await ask(client, "ledger-test/7/draft/0/2")
    lines = demo.calls("ledger-test/")
    assert [(line["request_id"], line["outcome"]) for line in lines] == [
        ("ledger-test/7/draft/0/1", "server_error"),
        ("ledger-test/7/draft/0/2", "answered"),
    ]
    assert (lines[1]["prompt_tokens"], lines[1]["completion_tokens"]) == (reply.prompt_tokens, reply.completion_tokens)
