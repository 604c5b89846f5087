from collections.abc import Callable

from demo_model.book import open_book
from demo_model.chat import read_call, reply_to
from demo_model.prompt_reader import Order
from demo_model.writer import Written, write_question


def test_the_answer_does_not_depend_on_what_was_asked_before(sample: str, order: Callable[..., Order]) -> None:
    """The model is a pure function of the request: a cold and a warm cache give the same words."""
    orders = [order(sample[:6000], part, 5) for part in range(1, 6)]
    open_book.cache_clear()
    cold = [write_question(one) for one in orders]
    open_book.cache_clear()
    backwards = [write_question(one) for one in reversed(orders)]
    assert cold == backwards[::-1]


def test_the_same_bytes_give_the_same_reply() -> None:
    """Content, refusal and token counts are functions of the body."""
    body = b'{"model": "demo-model", "messages": [{"role": "user", "content": "Hi"}]}'
    assert reply_to(read_call(body)) == reply_to(read_call(body))


def test_parts_written_at_the_same_time_differ(sample: str, ask: Callable[..., Written | None]) -> None:
    """Orders for different parts of one text get different questions, with nothing to avoid."""
    written = [ask(sample[:6000], part, 8) for part in range(1, 9)]
    assert len({one.stem for one in written if one}) == 8
