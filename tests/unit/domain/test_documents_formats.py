"""Markdown, plain text and web pages become clean text with a title."""

import pytest

from domain.documents import READERS, Document, document_from_text, read_document

PROSE = "The cell is the smallest unit of life that can live alone. " * 8


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_every_registered_suffix_is_read(suffix: str) -> None:
    """A file of each known kind is read, whatever the case of its suffix."""
    assert PROSE.strip() in read_document(f"folder/notes{suffix.upper()}", PROSE.encode()).text


def test_markdown_stays_as_it_is() -> None:
    """Headings, lists, emphasis and code blocks of Markdown are kept to the character."""
    text = f"# Cells\n\n*All* life:\n\n- one\n- two\n\n```python\ndef f(): ...\n```\n\n{PROSE.strip()}"
    assert read_document("cells.md", text.encode()) == Document("cells.md", "Cells", text)


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: 'On cells'\ndraft: true\n---\n",
        '+++\ntitle = "On cells"\n+++\n',
        "---\r\nTitle: On cells\r\n...\r\n",
    ],
)
def test_front_matter_is_dropped(front: str) -> None:
    """What a site generator keeps above the text is no content, but gives the title."""
    document = read_document("a.md", (front + PROSE).encode())
    assert document.text == PROSE.strip("\n")
    assert document.title == "On cells"


def test_thematic_break_is_no_front_matter() -> None:
    """A text that begins with a rule keeps all of its words."""
    text = f"---\nA short preface.\n\n---\n\n{PROSE}"
    assert "A short preface." in read_document("a.md", text.encode()).text


@pytest.mark.parametrize("name", ["notes", "notes.adoc", "notes.rst", "README", ".notes"])
def test_unknown_suffix_is_tried_as_text(name: str) -> None:
    """Any file that decodes as text is content."""
    assert read_document(name, PROSE.encode()).text == PROSE


def test_web_page_is_known_by_its_beginning() -> None:
    """A page saved without its suffix is read as a page."""
    page = f"\n<!-- saved -->\n<!DOCTYPE html>\n<p>{PROSE}</p>"
    assert "<" not in read_document("page", page.encode()).text


def test_title_falls_back_to_the_name() -> None:
    """Plain text takes its title from the file's name, without folders."""
    document = read_document("C:\\course\\Week 1.txt", PROSE.encode())
    assert (document.name, document.title) == ("Week 1.txt", "Week 1")


def test_typed_text_is_a_document() -> None:
    """Text sent as JSON is cleaned like a file's."""
    document = document_from_text("Week\n1", f"\ufeff{PROSE}\r\nA lone \ud800 surrogate and e\u0301.\r\n")
    assert document.title == "Week 1"
    assert document.text == f"{PROSE}\nA lone \ufffd surrogate and \u00e9."


def test_text_is_normalised() -> None:
    """Newlines are `\\n`, letters composed, invisible marks gone, whatever the file had."""
    text = f"{PROSE}\r\nOne\rtwo\u2028three\x0cfour cafe\u0301 a\ufeffb \u202eevil\U000e0041\x07"
    assert read_document("a.txt", text.encode()).text == f"{PROSE}\nOne\ntwo\nthree\nfour café ab evil"
