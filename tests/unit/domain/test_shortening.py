"""Many texts within one size: what is short stays whole."""

from hypothesis import given
from hypothesis import strategies as st

from domain.shortening import shortened, size_in_json
from payloads.utf8 import Utf8PayloadConverter

TEXTS = st.dictionaries(st.integers(0, 99), st.text(st.characters(codec="utf-8"), max_size=40), max_size=12)


def test_what_fits_stays() -> None:
    """To the byte."""
    texts = {0: "What?", 1: "Что?"}
    assert shortened(texts, 12) == texts
    assert shortened({}, 0) == {}


def test_only_the_longest_are_cut() -> None:
    """To one length, and never within a letter."""
    assert shortened({0: "ab", 1: "c" * 50, 2: "d" * 90, 3: "efg"}, 25) == {0: "ab", 1: "c" * 10, 2: "d" * 10, 3: "efg"}
    assert shortened({0: "жжжж", 1: "a"}, 6) == {0: "жж", 1: "a"}
    assert shortened({0: '"\\"', 1: "a"}, 6) == {0: '"\\', 1: "a"}
    assert shortened({0: "a\x01b"}, 7) == {0: "a\x01"} and shortened({0: "a\x01b"}, 6) == {0: "a"}


@given(TEXTS, st.integers(0, 300))
def test_they_fit_and_begin_as_they_did(texts: dict[int, str], size: int) -> None:
    """Whatever they are; and most of the size is used."""
    short = shortened(texts, size)
    sizes = {key: size_in_json(text) for key, text in short.items()}
    assert short.keys() == texts.keys() and all(texts[key].startswith(text) for key, text in short.items())
    assert sum(sizes.values()) <= size
    assert short == texts or sum(sizes.values()) > size - 6 * len(texts)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_text_is_counted_as_it_is_sent(text: str) -> None:
    """With what JSON adds within it, and without the quotes around it."""
    payload = Utf8PayloadConverter().to_payloads([text])[0]
    assert size_in_json(text) == len(payload.data) - len('""')
