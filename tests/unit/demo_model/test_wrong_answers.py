from collections.abc import Callable

from demo_model.book import open_book
from demo_model.phrases import head_of, is_plural


def test_options_are_different_and_enough(sample: str) -> None:
    """Every item has two or three wrong answers, all different from each other and from the key."""
    for item in open_book(sample[:6000]):
        options = [item.fact.key.lower(), *(text.lower() for text, _ in item.wrong)]
        assert 3 <= len(options) <= 4
        assert len(set(options)) == len(options)


def test_wrong_terms_share_the_number_of_the_key(sample: str) -> None:
    """A plural key stands among plurals: the verb of the stem fits every option."""
    items = [item for item in open_book(sample[:6000]) if item.fact.kind in ("definition", "subject", "cloze")]
    assert len(items) > 20
    for item in items:
        if not item.fact.person:
            plural = is_plural(head_of(item.fact.key))
            assert {is_plural(head_of(text)) for text, _ in item.wrong} == {plural}


def test_the_quoted_sentence_names_no_wrong_answer(sample: str) -> None:
    """A term that the proving sentence itself speaks of could be right; it is not offered as wrong."""
    for item in open_book(sample[:6000]):
        if item.fact.kind in ("definition", "subject", "cloze", "name"):
            assert not [text for text, _ in item.wrong if f" {text} " in item.explanation]


def test_each_wrong_answer_says_what_it_is_instead(sample: str, ask: Callable[..., object]) -> None:
    """Why an option is wrong is told in the words of the text."""
    for item in open_book(sample[:6000]):
        assert all(why.strip() for _, why in item.wrong)
