"""The encoding of a file is found out, and never guessed into nonsense."""

import codecs

import pytest

from domain.documents import UnsupportedContent, read_document

FRENCH = "Les élèves étudient la forêt « boréale » — c’est très intéressant. " * 8


@pytest.mark.parametrize(
    "data",
    [
        FRENCH.encode(),
        codecs.BOM_UTF8 + FRENCH.encode(),
        codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + FRENCH.encode("utf-32-le"),
        FRENCH.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252"],
)
def test_text_is_decoded(data: bytes) -> None:
    """UTF-8, UTF-16 and UTF-32 with a mark, and Windows text give the same document."""
    assert read_document("a.txt", data).text == FRENCH


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("shift_jis", "cp932", "日本語の文章です。"),
        ("ISO-2022-JP", "iso2022-jp", "日本語の文章です。"),
        ("windows-1251", "cp1251", "Привет, мир клеток."),
        ("iso-8859-2", "iso8859-2", "Žluťoučký kůň pěl."),
        ("utf-8", "utf-8", "Žluťoučký kůň pěl."),
    ],
)
def test_declared_charset_is_used(label: str, codec: str, text: str) -> None:
    """A page that is not UTF-8 is read as it says it is."""
    page = f"<html><meta charset='{label}'><p>{text * 40}</p>"
    assert read_document("a.html", page.encode(codec)).text == text * 40


@pytest.mark.parametrize("label", ["unicode_escape", "punycode", "hex", "utf-16", "no-such", "utf-7"])
def test_a_page_cannot_choose_any_codec(label: str) -> None:
    """Only charsets of the web are honoured; UTF-8 stays UTF-8."""
    page = f"<html><meta charset={label}><p>{FRENCH}</p>"
    assert read_document("a.html", page.encode()).text == FRENCH.strip()


def test_one_bad_byte_does_not_change_the_encoding() -> None:
    """A damaged UTF-8 file loses a character, not all its accents."""
    data = FRENCH.encode() * 3
    assert read_document("a.txt", data[:7] + b"\xff" + data[7:]).text.count("é") == FRENCH.count("é") * 3


def test_unknown_encoding_is_refused_with_advice() -> None:
    """Cyrillic without a declaration, or an old code page, would be nonsense; the message says what to do."""
    for data in (("Привет, мир клеток. " * 40).encode("cp1251"), b"good words \xa6\xac here " * 40):
        with pytest.raises(UnsupportedContent, match="save it as UTF-8"):
            read_document("a.txt", data)
