from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from demo_model.book import open_book
from demo_model.sentences import sentences
from demo_model.writer import Written

PIECES = st.sampled_from(
    [
        "The **axon** is a long fiber that carries signals away from the cell body.",
        "A dendrite is a short branch that receives signals (see p. 3) from other cells.",
        "In 1879, Wilhelm Wundt founded a laboratory\nin the city of Leipzig.",
        "The layer around the axon is called the *myelin sheath*.",
        "Glia are cells that support and protect the neurons of the brain.",
        "The synapse is a narrow gap between two neurons [2].",
        "About 20% of the energy of the body goes to the brain.",
        "# Heading",
        "- a list item that is a sentence about the cortex of the brain.",
        "| a | table |",
        "```",
        "\u200b\ufeff",
        "\u2028",
        "«Ja», sa han.",
        "U.S. law, e.g. the act of 1964, is older than that.",
        "\ud800 is a lone surrogate that is no character at all.",
        "…",
        "“Quoted,” she said.",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=30), max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map(
    "\n\n".join
)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_every_quote_of_every_question_is_a_slice_of_the_text(text: str) -> None:
    """Whatever the text, nothing is quoted that it does not contain, and nothing unencodable is written."""
    for item in open_book(text):
        assert item.quote in text
        for words in (item.fact.stem, item.fact.key, item.explanation, *(word for pair in item.wrong for word in pair)):
            assert words.strip()
            words.encode()


@given(text=st.text())
def test_sentences_know_where_they_stand(text: str) -> None:
    """A sentence is the slice that begins at its start, for any text."""
    for sentence in sentences(text):
        assert text[sentence.start :].startswith(sentence.raw)


def test_marks_citations_and_line_breaks_stay_in_the_quote_only(ask: Callable[..., Written | None]) -> None:
    """The quote is copied with its marks; stem and explanation read plainly."""
    text = (
        "The **axon** is a long fiber\nthat carries signals (Smith, 1999) away from the cell body. "
        "The dendrite is a short branch that receives signals. The synapse is a narrow gap between two neurons. "
        "The nucleus is a round body that holds the genes."
    )
    written = ask(text, 1, 4)
    assert written is not None
    assert written.quote.startswith("The **axon** is a long fiber\nthat")
    assert "Smith" not in written.explanation + written.stem
    assert "*" not in written.explanation + written.stem
