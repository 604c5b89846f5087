"""The last resort, and all that is left in a language the rules don't know: a sentence without its last word."""

from collections.abc import Iterator

from demo_model.facts import Fact, Kind
from demo_model.sentences import Sentence, words_of


def foreign_facts(index: int, sentence: Sentence) -> Iterator[Fact]:
    """The fact that a sentence of any language ends with its last word, if that is a long one."""
    text = sentence.plain.rstrip(".")
    words = words_of(text)
    if len(words) < 6 or len(words) > 40 or not sentence.plain.endswith("."):
        return
    key = words[-1]
    if len(key) < 5 or not key.isalpha() or not text.endswith(key) or words.count(key) > 1:
        return
    yield Fact(Kind.CLOZE, index, f"{text[: -len(key)].rstrip()} ________.", key, 0.5)
