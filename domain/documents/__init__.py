"""From a file to the text that questions are asked about. A new format is one reader and one line in `READERS`.

Imports the HTML parser: keep it out of workflow code.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from domain.documents.encoding import clean, decode, looks_binary
from domain.documents.errors import (
    BinaryContent,
    ContentError,
    ContentTooLarge,
    ContentTooShort,
    EmptyContent,
    UnsupportedContent,
)
from domain.documents.html import read_html, read_xhtml
from domain.documents.kinds import binary_kind, unsupported_kind
from domain.documents.markdown import read_markdown, read_plain
from domain.prose import prose_length

__all__ = [
    "LEAST_PROSE",
    "MOST_BYTES",
    "READERS",
    "BinaryContent",
    "ContentError",
    "ContentTooLarge",
    "ContentTooShort",
    "Document",
    "EmptyContent",
    "UnsupportedContent",
    "check_total",
    "document_from_text",
    "read_document",
]

# Letters and digits of prose. Below it a quiz would ask the same sentence twice.
LEAST_PROSE = 300
# Bytes of one file, and of all files of a quiz together: ten long textbooks; more is a mistake, and costs real money.
MOST_BYTES = 10_000_000

# From decoded, clean text to (title, text). A format that is not text will read bytes: give it its own registry.
READERS: Mapping[str, Callable[[str], tuple[str | None, str]]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".mdown": read_markdown,
    ".qmd": read_markdown,
    ".rmd": read_markdown,
    ".txt": read_plain,
    ".text": read_plain,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_xhtml,
}
_LOOKS_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Document:
    """Course content: `text` is Unicode NFC with `\\n` newlines, Markdown where the source had structure."""

    name: str
    title: str
    text: str


def read_document(name: str, data: bytes) -> Document:
    """The document in the bytes of file `name`. Raises a ContentError that says what is wrong and what to do."""
    shown = _shown(name)
    if len(data) > MOST_BYTES:
        raise ContentTooLarge(name=shown, size=f"{len(data):,}", limit=f"{MOST_BYTES:,}")
    if not data.strip():
        raise EmptyContent(name=shown)
    if kind := binary_kind(data):
        raise BinaryContent(name=shown, kind=kind)
    if kind := unsupported_kind(data):
        raise UnsupportedContent(name=shown, kind=kind)
    reader = READERS.get(PurePosixPath(name.replace("\\", "/")).suffix.lower())
    if reader is None:
        reader = read_html if _LOOKS_LIKE_HTML.match(data[:4_096]) else read_plain
    decoded = decode(data, html=reader in (read_html, read_xhtml))
    text = None if decoded is None else clean(decoded)
    if text is None:
        if looks_binary(data):
            raise BinaryContent(name=shown, kind="a binary file")
        raise UnsupportedContent(name=shown, kind="text in an encoding that cannot be told")
    return _document(shown, *reader(text))


def document_from_text(title: str, text: str) -> Document:
    """The document in text that was typed or sent as JSON; it is read as Markdown. Raises a ContentError."""
    shown = _shown(title)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise ContentTooLarge(name=shown, size=f"{size:,}", limit=f"{MOST_BYTES:,}")
    cleaned = clean(text)
    if cleaned is None:
        raise BinaryContent(name=shown, kind="a binary file")
    return _document(shown, shown, read_markdown(cleaned)[1])


def check_total(documents: Iterable[Document]) -> None:
    """Raise ContentTooLarge when the documents together exceed what one quiz takes."""
    size = sum(len(document.text.encode()) for document in documents)
    if size > MOST_BYTES:
        raise ContentTooLarge(name="All content together", size=f"{size:,}", limit=f"{MOST_BYTES:,}")


def _document(name: str, title: str | None, text: str) -> Document:
    cleaned = clean(text)  # again: HTML entities bring characters of their own
    if not cleaned or not any(map(str.isalnum, cleaned)):
        raise EmptyContent(name=name)
    length = prose_length(cleaned, LEAST_PROSE)
    if length < LEAST_PROSE:
        raise ContentTooShort(name=name, length=length, limit=LEAST_PROSE)
    return Document(name, _shown(title or PurePosixPath(name).stem), cleaned.strip("\n"))


def _shown(name: str) -> str:
    """A file's name or a title on one clean line."""
    line = " ".join((clean(name) or "content").replace("\\", "/").rsplit("/", 1)[-1].split())
    return line[:_LONGEST_TITLE] or "content"
