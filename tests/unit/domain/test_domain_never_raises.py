"""Nothing that a model or a file may hold makes the domain fail, but for the errors it names."""

import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.arrange import arrange
from domain.chunking import split
from domain.documents import ContentError, Document, document_from_text, read_document
from domain.linter import find_quote, lint_grounding, lint_item, near_duplicate
from domain.question import Option, Question
from domain.repair import repair

# Lone surrogates, huge numbers, right-to-left text, combining marks, blanks, and what the rules look for.
SPECIAL = st.sampled_from(
    [
        *(
            "\ud800",
            "\udfff",
            "9" * 5_000,
            "-" * 300,
            "1e999",
            "½",
            "٣٤٥",
            "Ⅷ",
            "הכל נכון",
            "\u202eabc",
            "e" + "\u0301" * 200,
        ),
        *("________", "an ____", "All of the above", "A and B", "1,000.5,0", "..", "?", "not", "[a](b", "**", "\\"),
        *("ß.", "ŉ", "İ", "…", "\x00"),
    ]
)
BROKEN = [
    *("<", ">", "</", "<!--", "-->", "<p ", "a=", '"', "'", "<li>", "</ul>", "<table>", "<td>", "</tr>", "<sup>"),
    *("<pre>", "text ", "<p hidden>", "<title>", "&#x", ";"),
]
wild = st.lists(st.one_of(SPECIAL, st.text(max_size=30)), max_size=6).map(" ".join)
questions = st.builds(
    Question,
    stem=wild,
    options=st.lists(st.builds(Option, text=wild, why_wrong=wild), max_size=7).map(tuple),
    key=st.integers(-3, 9),
    explanation=wild,
    quote=wild,
    difficulty=wild,
    bloom=wild,
)


@given(questions, wild)
@settings(max_examples=100, deadline=None)
def test_linter_never_raises(question: Question, chunk: str) -> None:
    """Every question gets a verdict, and the same one each time."""
    flaws = lint_item(question) + lint_grounding(question, chunk)
    assert flaws == lint_item(question) + lint_grounding(question, chunk)
    assert all(flaw.detail for flaw in flaws)
    find_quote(chunk, question.quote)
    near_duplicate(question.stem, [chunk, question.explanation])


@given(questions)
@settings(max_examples=100, deadline=None)
def test_repair_loses_nothing(question: Question) -> None:
    """A repaired question has the same options but for dress, the same key, and needs no second repair."""
    mended = repair(question)
    assert len(mended.options) == len(question.options)
    assert sorted(option.why_wrong for option in mended.options) == sorted(o.why_wrong for o in question.options)
    assert repair(mended) == mended
    if 0 <= question.key < len(question.options):
        assert mended.options[mended.key].why_wrong == question.options[question.key].why_wrong
    else:
        assert mended.key == question.key


@given(wild, st.lists(st.tuples(wild, wild), max_size=5), st.integers(0, 9))
@settings(deadline=None)
def test_arranged_questions_can_be_linted(key: str, wrong: list[tuple[str, str]], position: int) -> None:
    """Whatever a model answers can be arranged and judged."""
    lint_item(arrange("?", key, wrong, "", "", "", "", question_id=uuid.UUID(int=1), key_position=position))


@given(
    st.one_of(st.binary(max_size=3_000), wild.map(lambda text: text.encode("utf-8", "surrogatepass"))),
    st.sampled_from(["a.txt", "a.md", "a.html", "a"]),
)
@settings(max_examples=100, deadline=None)
def test_reading_raises_content_errors_alone(data: bytes, name: str) -> None:
    """Bytes are a clean document or one of the named errors."""
    try:
        _check(read_document(name, data * 5))
    except ContentError as error:
        assert str(error)


@given(wild, wild)
@settings(max_examples=100, deadline=None)
def test_typed_text_raises_content_errors_alone(title: str, text: str) -> None:
    """Text is a clean document or one of the named errors."""
    try:
        _check(document_from_text(title, text * 20))
    except ContentError as error:
        assert str(error)


@given(st.lists(st.sampled_from(BROKEN), max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_markup_is_read(parts: list[str]) -> None:
    """No heap of broken tags makes the page reader fail."""
    try:
        _check(read_document("a.html", ("".join(parts) * 20).encode()))
    except ContentError as error:
        assert str(error)


def _check(document: Document) -> None:
    document.text.encode()
    document.title.encode()
    assert "\x00" not in document.text + document.title + document.name
    assert "\r" not in document.text
    split(document.text)
