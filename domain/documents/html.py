"""Reads a web page: what a visitor would see of its content, as Markdown."""

import re
from collections.abc import Iterator

from domain.documents.markup import End, Start, Text, tokens
from domain.documents.visible import visible
from domain.words import word_set

_BLOCKS = word_set(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
    header hgroup hr html legend li main ol p section summary table tbody tfoot thead ul"""
)
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_INLINE_SPACE = re.compile(r"[ \t\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_TOP_LINE = re.compile(r"^# (.+)$", re.MULTILINE)
# Deeper lists are indented no further: a page may nest a thousand, and the indents alone would grow with the square.
_DEEPEST_INDENT = 10


def read_html(markup: str) -> tuple[str | None, str]:
    """The page's title, if it has one, and its text: headings, paragraphs, lists, tables, preformatted blocks.

    What a visitor doesn't see is not read: comments, scripts, navigation, hidden elements. Never raises.
    """
    return _read(tokens(markup))


def read_xhtml(markup: str) -> tuple[str | None, str]:
    """The same of a page whose elements may close themselves: `<script src="…"/>`. Like a browser we go by the name."""
    return _read(tokens(markup, xml=True))


def _read(found: Iterator[Start | End | Text]) -> tuple[str | None, str]:
    writer, titles = _Writer(), list[str]()
    for token in visible(_noting_titles(found, titles)):
        if isinstance(token, Text):
            writer.text(token.text)
        elif isinstance(token, Start):
            writer.start(token.tag)
        else:
            writer.end(token.tag)
    writer.finish()
    text = _BLANK_LINES.sub("\n\n", "\n".join(writer.lines)).strip()
    heading = _TOP_LINE.search(text)
    title = titles[0] if titles else heading.group(1) if heading else None
    return " ".join(title.split()) if title is not None else None, text


def _noting_titles(found: Iterator[Start | End | Text], titles: list[str]) -> Iterator[Start | End | Text]:
    """The same tokens; the text of each `<title>` is noted, but for those of pictures. One in a comment is no token."""
    pictures = 0
    for token in found:
        if isinstance(token, Text) and token.raw == "title" and pictures <= 0:
            titles.append(token.text)
        elif isinstance(token, Start | End) and token.tag == "svg":
            pictures += -1 if isinstance(token, End) else not token.closed
        yield token


class _Writer:
    """Collects the inline text of a block and writes it as Markdown when the block ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._inline: list[str] = []
        self._prefix = ""
        self._lists: list[int | None] = []  # the next number of each open list; None for bullets
        self._pre = 0
        self._rows = 0
        self._cells: list[list[str]] | None = None
        self._sup: int | None = None  # where the open superscript begins in `_inline`
        self._is_mark = False

    def text(self, text: str) -> None:
        """Take a run of text."""
        self._inline.append(text if self._pre else _INLINE_SPACE.sub(" ", text))

    def start(self, tag: str) -> None:
        """Take a start tag."""
        if tag in _HEADINGS:
            self._end_block()
            self._prefix = "" if self._cells is not None else _HEADINGS[tag]
        elif tag == "br":
            self._inline.append("\n" if self._cells is None else " ")
        elif tag in ("td", "th"):
            self._end_block()
            if self._cells is not None:
                self._cells.append([])
        elif tag == "tr":
            self._end_row()
            self._cells = []
        elif tag == "sup":
            self._sup, self._is_mark = len(self._inline), False
            if self._inline and self._inline[-1][-1:].isdigit():
                self._inline.append("^")  # 10<sup>6</sup> is not 106
        elif tag == "a" and self._sup is not None:
            # A reference mark is no exponent and no word: "observed<sup><a>12</a></sup>".
            self._is_mark = True
        elif tag == "pre":
            self._end_block()
            self._pre += 1
        elif tag == "dd" and self._inline[-1:] == [": "]:
            pass  # the definition goes on in the line of its term
        elif tag in _BLOCKS:
            self._end_block()
            self._open_block(tag)

    def end(self, tag: str) -> None:
        """Take an end tag."""
        if tag in _HEADINGS:
            # A heading is one line, whatever it was broken into.
            self._inline = [" ".join("".join(self._inline).split())]
            self._end_block()
            self._prefix = ""
        elif tag == "dt":
            self._inline.append(": ")
        elif tag == "sup" and self._sup is not None:
            if self._is_mark:
                del self._inline[self._sup :]
            self._sup = None
        elif tag == "pre" and self._pre:
            self._end_block()
            self._pre -= 1
        elif tag == "tr":
            self._end_row()
        elif tag in _BLOCKS or tag in ("td", "th"):
            self._end_row() if tag == "table" else self._end_block()
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            if tag == "li":
                self._prefix = ""

    def finish(self) -> None:
        """Write what the page left open."""
        self._end_row()

    def _open_block(self, tag: str) -> None:
        if tag == "li":
            self._prefix = self._bullet()
        elif tag in ("ul", "ol"):
            if not self._lists:
                self.lines.append("")
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "table":
            self._rows = 0

    def _end_block(self) -> None:
        if not self._inline:
            return
        text = "".join(self._inline)
        self._inline = []
        self._sup = None
        if not self._pre:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        if not text.strip() or not text.strip(": "):
            return
        if self._cells:  # a paragraph inside a table cell
            self._cells[-1].append(" ".join(text.split()))
            return
        if not self._lists:
            self.lines.append("")
        self.lines.append("```\n" + text.strip("\n") + "\n```" if self._pre else self._prefix + text)
        self._prefix = ""

    def _bullet(self) -> str:
        indent = "  " * min(max(len(self._lists) - 1, 0), _DEEPEST_INDENT)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _end_row(self) -> None:
        self._end_block()
        cells, self._cells = self._cells, None
        if not cells or not any(cells):
            return
        if self._rows == 0:
            self.lines.append("")
        self.lines.append("| " + " | ".join(" ".join(cell).replace("|", "\\|") for cell in cells) + " |")
        if self._rows == 0:
            self.lines.append("|" + " --- |" * len(cells))
        self._rows += 1
