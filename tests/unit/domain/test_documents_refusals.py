"""Content that cannot be used is refused with what is wrong and what to do."""

import gzip
import zlib

import pytest

from domain.documents import (
    LEAST_PROSE,
    MOST_BYTES,
    BinaryContent,
    ContentError,
    ContentTooLarge,
    ContentTooShort,
    Document,
    EmptyContent,
    UnsupportedContent,
    check_total,
    document_from_text,
    read_document,
)

NOISE = bytes(zlib.crc32(str(number).encode()) % 256 for number in range(4_000))


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe", "\u200b\n***\n---".encode(), b"# \n\n...!"]
)
def test_empty(data: bytes) -> None:
    """A file without a letter is empty."""
    with pytest.raises(EmptyContent, match=r"notes\.md holds no text"):
        read_document("notes.md", data)


def test_empty_page() -> None:
    """A page whose text is all hidden or script is empty."""
    with pytest.raises(EmptyContent):
        read_document("a.html", b"<html><script>" + b"x = 1;" * 500 + b"</script></html>")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n...", "a PDF"),
        (b"\xef\xbb\xbf\n%PDF-1.4", "a PDF"),
        (b"PK\x03\x04....word/document.xml", "a Word document (DOCX)"),
        (b"PK\x03\x04....ppt/slides", "a PowerPoint file (PPTX)"),
        (b"PK\x03\x04....mimetypeapplication/epub+zip", "an EPUB book"),
        (b"PK\x03\x04....readme.txt", "a zip archive"),
        (b"\x89PNG\r\n\x1a\n....", "a PNG image"),
        (b"\xff\xd8\xff\xe0....", "a JPEG image"),
        (b"RIFF....WEBPVP8 ", "a WebP image"),
        (gzip.compress(b"text"), "a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file"),
        (b"....ftypisom", "an MP4 video or recording"),
        (b"text \x00 text" * 50, "a binary file"),
        (NOISE, "a binary file"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a"])
def test_binary(name: str, data: bytes, kind: str) -> None:
    """A binary is known by its bytes, not its name, and told what it is."""
    with pytest.raises(BinaryContent) as caught:
        read_document(name, data)
    assert str(caught.value) == f"{name} is {kind}, not text; convert it to text, Markdown or HTML and try again."


@pytest.mark.parametrize(("data", "kind"), [(b"{\\rtf1 hello}", "RTF"), (b"%!PS-Adobe-3.0", "PostScript")])
def test_unsupported(data: bytes, kind: str) -> None:
    """Markup that no reader knows is not taken for prose."""
    with pytest.raises(UnsupportedContent, match=kind):
        read_document("a.txt", data)


def test_too_short() -> None:
    """The message tells how much prose there is and how much is needed; headings and links don't count."""
    text = "# A heading that is quite long but no prose\n\n- [a link](https://example.org)\n\n" + "ab " * 100
    with pytest.raises(ContentTooShort, match=f"200 characters of prose; at least {LEAST_PROSE}"):
        read_document("a.md", text.encode())
    assert read_document("a.md", (text + "ab " * 50).encode())


def test_too_large() -> None:
    """The message tells both sizes; the limit itself is allowed."""
    data = b"All work and no play. " * (MOST_BYTES // 22 + 1)
    with pytest.raises(ContentTooLarge, match=r"a\.txt has 10,000,001 bytes; at most 10,000,000"):
        read_document("a.txt", data[: MOST_BYTES + 1])
    assert len(read_document("a.txt", data[:MOST_BYTES]).text) == MOST_BYTES


def test_total_is_limited() -> None:
    """Files that are small enough one by one can be too much together; bytes are counted, not characters."""
    half = Document("a.txt", "a", "é" * (MOST_BYTES // 4))
    check_total([half, half])
    with pytest.raises(ContentTooLarge, match="together"):
        check_total([half, half, Document("b.txt", "b", "x")])


def test_typed_text_is_checked_too() -> None:
    """Text sent as JSON meets the same limits as a file."""
    for text, error in [("", EmptyContent), ("short", ContentTooShort), ("a\x00" * 500, BinaryContent)]:
        with pytest.raises(error):
            document_from_text("Week 1", text)
    with pytest.raises(ContentTooLarge):
        document_from_text("Week 1", "é" * (MOST_BYTES // 2 + 1))


@pytest.mark.parametrize("name", ["{name}.txt", "{0}", "a\x00b\ud800.txt", "", "x" * 5_000])
def test_any_name_is_told(name: str) -> None:
    """A file's name is data: braces, surrogates and length break no message."""
    with pytest.raises(ContentError) as caught:
        read_document(name, b"short")
    str(caught.value).encode()
    assert len(str(caught.value)) < 500


def test_every_error_says_what_to_do() -> None:
    """The docstring of each error is its message, a sentence that ends in advice."""
    for error in ContentError.__subclasses__():
        assert error.__doc__
        assert error.__doc__.startswith("{name} ")
        assert ";" in error.__doc__ or ". " in error.__doc__
