"""The demo model is a server too: any request is answered or refused in words, never with a crash."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_model.chat import RejectedError, read_call, reply_to
from demo_model.faults import Faults, InvalidFaultsError, Plan
from demo_model.latency import InvalidLatencyError, Latency
from demo_model.openai_shapes import completion, error_response, json_response
from model.prompts import Assignment, draft_messages
from tests.fuzz.wild import BODIES, FUZZ, dumps, text, values

MESSAGE = {"role": "user", "content": "Hello"}
REQUEST = {"model": "m", "messages": [MESSAGE]}
requests = st.one_of(
    values,
    st.builds(
        lambda name, wild: {**REQUEST, name: wild}, st.sampled_from(["model", "messages", "n", "stream"]), values
    ),
    st.builds(lambda name, wild: {**REQUEST, name: wild}, st.sampled_from(["response_format", "max_tokens"]), values),
    st.builds(lambda wild: {**REQUEST, "response_format": {"type": "json_schema", "json_schema": wild}}, values),
    st.builds(
        lambda name, wild: {**REQUEST, "messages": [{**MESSAGE, name: wild}]}, st.sampled_from([*MESSAGE]), values
    ),
    st.builds(
        lambda wild: {**REQUEST, "messages": draft_messages(Assignment(wild, 1, 2, wild, wild, avoid=[wild]))}, text
    ),
)
rules = st.builds(
    lambda name, wild: {"kind": "drop", name: wild}, st.sampled_from(["kind", "times", "retry_after", "match"]), values
)


def answer(body: str) -> None:
    """What the server does with a request, without HTTP."""
    try:
        call = read_call(body.encode("utf-8", "surrogatepass"))
    except RejectedError as error:
        error_response(400, str(error), param=error.param)
        return
    reply = reply_to(call)
    json_response(completion("d", content=reply.content, refusal=reply.refusal, prompt_tokens=1, completion_tokens=1))


@given(requests)
@FUZZ
def test_any_request_is_answered_or_refused(request_: Any) -> None:
    """Wrong types at every place, wild text in every message."""
    answer(dumps(request_))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_bodies_that_break_parsers_are_refused(body: str) -> None:
    """They are no requests."""
    with pytest.raises(RejectedError):
        read_call(body.encode())


@given(st.one_of(values, rules.map(lambda rule: {"rules": [rule]})))
@FUZZ
def test_any_rule_is_taken_or_refused(raw: Any) -> None:
    """What `/admin/faults` is sent; what it took can be shown."""
    faults = Faults()
    try:
        faults.add(raw)
    except InvalidFaultsError as error:
        error_response(400, str(error))
    json_response(faults.as_json())


@pytest.mark.parametrize("wild", ["(" * 5_000, "a{99999999999999999999}", "(?P<a>)(?P<a>)", "[", "\\"])
def test_a_pattern_that_breaks_the_compiler_is_refused(wild: str) -> None:
    """In words, like any other that is none."""
    with pytest.raises(InvalidFaultsError, match="regular expression"):
        Faults().add({"rules": [{"kind": "drop", "match": wild}]})


@pytest.mark.parametrize("wild", [10**400, float("nan"), float("inf"), "1e400", -1, [], "soon"])
def test_a_wait_that_is_none_is_refused(wild: object) -> None:
    """Numbers beyond every type too."""
    with pytest.raises(InvalidFaultsError, match="retry_after"):
        Faults().add({"rules": [{"kind": "drop", "retry_after": wild}]})


@given(st.one_of(text, st.lists(text, max_size=3).map("=".join)))
@FUZZ
def test_any_setting_is_taken_or_refused(wild: str) -> None:
    """DEMO_MODEL_FAULTS and DEMO_MODEL_LATENCY."""
    for one in (wild, f"seed={wild}", f"drop={wild}", f"retry_after={wild}"):
        try:
            Plan.parse(one).draw("id", "digest")
        except InvalidFaultsError as error:
            assert str(error)
    for one in (wild, f"{wild}-1", f"0-{wild}"):
        try:
            assert 0 <= Latency.parse(one).seconds("digest") < float("inf")
        except InvalidLatencyError as error:
            assert str(error)
