"""Whatever a file holds becomes a clean document whose chunks are verbatim, or one of the named errors."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chunking import LEAST_PROSE, MOST_CHARACTERS, split
from domain.documents import MOST_BYTES, ContentError, Document, document_from_text, read_document
from domain.prose import prose_length
from tests.fuzz.wild import FUZZ, NASTY, assert_storable, decoded, text

SENTENCE = "The cell is the smallest unit of life that can live alone. "
PARAGRAPH = SENTENCE * 8
NAMES = [
    "a.txt",
    "a.md",
    "a.qmd",
    "a.html",
    "a.xhtml",
    "a",
    "a.\u202etxt",
    "../" * 50 + "\x00.md",
    "x" * 5_000 + ".html",
]
TAGS = [
    *("<p>", "</p>", "<div>", "</div>", "<br/>", "<ul><li>", "</ul>", "<table><tr><td>", "</table>", "<pre>", "</pre>"),
    *("<h1>", "</h1>", "<sup>", "<dl><dt>", "<dd>", "<svg/>", "<math/>", "&amp;", "&#0;", "&#xD800;", "&#1114112;"),
]
BROKEN = [
    "<",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "<!",
    "<?",
    "<a b='",
    "<script>",
    "<script/>",
    "<title>",
    "<div hidden>",
    "&#x",
]
# Markup that asks for more time or memory than its size, if anything does.
HEAVY = [
    *(
        "<div>",
        "<a ",
        "<a b='",
        "</",
        "<!--",
        "<ul><li>",
        "<table><tr><td>",
        "<p style='font:font:font:'>",
        "<b hidden>",
    ),
    *(
        "[a](",
        "`",
        "```\n",
        "<!-- -->",
        "[//]: # (x)\n",
        "# ",
        "- ",
        "> ",
        "|",
        "*",
        "_",
        "\\",
        "&amp;",
        "e\u0301",
        "𝔘",
        "\ufe0f",
    ),
]


def check(document: Document) -> Document:
    """Hold a document and its chunks against all that is promised of them."""
    assert_storable([document.name, document.title, document.text])
    assert 1 <= len(document.name) <= 200 and 1 <= len(document.title) <= 200
    assert len(document.name.splitlines()) == len(document.title.splitlines()) == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]", document.text)
    end = 0
    for chunk in split(document.text):
        span = document.text[chunk.start : chunk.end]
        assert end <= chunk.start < chunk.end <= len(document.text)
        assert span == span.strip() and len(span) <= MOST_CHARACTERS
        gap = document.text[end : chunk.start]
        assert prose_length(gap, 10**9) < LEAST_PROSE * (1 + len(gap) // 1_500), "prose between chunks"
        end = chunk.end
    return document


def marked(texts: list[str]) -> tuple[list[str], list[str]]:
    """The texts as paragraphs, each after a word that occurs nowhere else; and these words."""
    words = [f"Zq{number}qz" for number in range(len(texts))]
    return [f"{word} {PARAGRAPH} {one}" for word, one in zip(words, texts, strict=True)], words


@given(
    st.one_of(st.binary(max_size=2_000), text.map(lambda one: one.encode("utf-8", "surrogatepass"))),
    st.sampled_from(NAMES),
)
@FUZZ
def test_any_bytes_are_a_document_or_a_named_error(data: bytes, name: str) -> None:
    """Alone, and with enough prose beside them to be taken."""
    for whole in (data, PARAGRAPH.encode() * 2 + data, data + PARAGRAPH.encode() * 2):
        try:
            check(read_document(name, whole))
        except ContentError as error:
            assert_storable(str(error))


@given(text, text)
@FUZZ
def test_any_typed_text_is_a_document_or_a_named_error(title: str, typed: str) -> None:
    """The same for what comes as JSON, where lone surrogates can be."""
    for whole in (typed, f"{PARAGRAPH}\n\n{typed}"):
        try:
            check(document_from_text(title, whole))
        except ContentError as error:
            assert_storable(str(error))


@given(
    st.lists(
        st.sampled_from([one for one in NASTY if "\x00" not in one and "<!--" not in one]), min_size=2, max_size=20
    ),
    st.sampled_from([".txt", ".md"]),
)
@FUZZ
def test_no_paragraph_is_lost(pieces: list[str], kind: str) -> None:
    """Plain text and Markdown: every paragraph is in the document, in its order, and in a chunk."""
    paragraphs, words = marked(pieces)
    try:
        document = check(read_document(f"a{kind}", "\n\n".join(paragraphs).encode("utf-8", "replace")))
    except ContentError:
        return  # a soup of control characters
    assert re.findall(r"Zq\d+qz", document.text) == words
    chunks = "".join(document.text[chunk.start : chunk.end] for chunk in split(document.text))
    assert re.findall(r"Zq\d+qz", chunks) == words
    assert document.text.count(SENTENCE.strip()) == 8 * len(words)


@given(
    st.lists(st.lists(st.sampled_from(TAGS), max_size=6).map("".join), min_size=2, max_size=12),
    st.sampled_from([".html", ".xhtml"]),
)
@FUZZ
def test_no_visible_text_of_a_page_is_lost(between: list[str], kind: str) -> None:
    """Tags in any disorder, as long as nothing is hidden: all words come through, in their order."""
    paragraphs, words = marked(between)
    page = f"<html><head><script src='a.js'></script></head><body>{''.join(paragraphs)}</body></html>"
    text_of = check(read_document(f"a{kind}", page.encode())).text
    assert re.findall(r"Zq\d+qz", text_of) == words
    assert " ".join(text_of.split()).count(SENTENCE.strip()) == 8 * len(words)


def test_a_script_that_closes_itself_takes_nothing_with_it() -> None:
    """In XHTML `<script/>` is whole; the page behind it was lost once."""
    page = f"<html><head><script src='a.js'/><title/></head><body><div hidden=''/><p>{PARAGRAPH}</p></body></html>"
    assert read_document("a.xhtml", page.encode()).text == PARAGRAPH.strip()


@given(
    st.lists(st.one_of(st.sampled_from(TAGS + BROKEN), decoded), max_size=30).map("".join),
    st.sampled_from([".html", ".xhtml", ""]),
)
@FUZZ
def test_any_heap_of_markup_is_read(markup: str, kind: str) -> None:
    """Broken tags, broken references, wild text between them."""
    try:
        check(read_document(f"a{kind}", f"<html>{PARAGRAPH}{PARAGRAPH}{markup}".encode()))
    except ContentError as error:
        assert_storable(str(error))


@pytest.mark.parametrize("piece", HEAVY, ids=repr)
@pytest.mark.parametrize("kind", [".md", ".html"])
def test_a_heap_of_one_thing_is_read(piece: str, kind: str) -> None:
    """No timer: what grows with the square takes far longer than all other tests here."""
    data = f"{PARAGRAPH}\n\n".encode() * 2 + (piece * (100_000 // len(piece))).encode()
    try:
        check(read_document(f"a{kind}", data))
    except ContentError as error:
        assert_storable(str(error))


def test_too_much_is_refused_before_it_is_read() -> None:
    """A byte more than is taken."""
    with pytest.raises(ContentError, match="at most"):
        read_document("a.txt", b"a " * (MOST_BYTES // 2) + b"a")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a <!-- secret --> b", "a  b"),
        ("<!--\nsecret\n-->b", "b"),
        ("[//]: # (secret)\nb", "\nb"),
        ("[note]: <> 'secret'\nb", "\nb"),
        ("```html\n<!-- shown -->\n```", "```html\n<!-- shown -->\n```"),
        ("~~~~\n~~~\n<!-- shown -->\n~~~~\n<!-- secret -->", "~~~~\n~~~\n<!-- shown -->\n~~~~"),
        ("`<!-- shown -->`", "`<!-- shown -->`"),
        ("an arrow <!-- shown", "an arrow <!-- shown"),
        ("[a]: https://x.org 'shown'", "[a]: https://x.org 'shown'"),
    ],
)
def test_comments_in_markdown_are_not_read(written: str, kept: str) -> None:
    """What no reader of the rendered page sees goes; in code a comment is what the text is about."""
    document = read_document("a.md", f"{PARAGRAPH}\n\n{written}\n".encode())
    assert document.text.removeprefix(f"{PARAGRAPH}\n\n").rstrip() == kept
