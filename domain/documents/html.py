"""Reads a web page: what a visitor would see of its content, as Markdown."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from domain.words import word_set

# Never content: machinery, forms, navigation, pictures without words.
_DROPPED = word_set(
    """script style noscript template nav head iframe object embed svg canvas audio video map form button input
    select textarea dialog menu annotation annotation-xml"""
)
_BLOCKS = word_set(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
    header hgroup hr html legend li main ol p section summary table tbody tfoot thead ul"""
)
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![\d.])|opacity\s*:\s*0(?![\d.])", re.I
)
_INLINE_SPACE = re.compile(r"[ \t\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def read_html(markup: str) -> tuple[str | None, str]:
    """The page's title, if it has one, and its text: headings, paragraphs, lists, tables, preformatted blocks.

    What a visitor doesn't see is not read: comments, scripts, navigation, hidden elements.
    """
    soup = BeautifulSoup(markup, "html.parser")
    writer = _Writer()
    for event, node in _walk(soup):
        writer.take(event, node)
    writer.end_block()
    heading = soup.find("title") or soup.find("h1")
    title = " ".join(heading.get_text(" ").split()) if heading else ""
    return title or None, _BLANK_LINES.sub("\n\n", "\n".join(writer.lines)).strip()


def _hidden(tag: Tag) -> bool:
    return (
        tag.name in _DROPPED
        or tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).strip().lower() == "true"
        or str(tag.get("role", "")).strip().lower() in {"navigation", "search", "menu"}
        or (tag.has_attr("style") and _HIDDEN_STYLE.search(str(tag["style"])) is not None)
        # A reference mark is no exponent and no word: "observed<sup><a>12</a></sup>".
        or (tag.name == "sup" and tag.find("a") is not None)
    )


def _walk(soup: BeautifulSoup) -> Iterator[tuple[str, PageElement]]:
    """Every visible node as ("start" | "end" | "text", node), without recursion: pages nest deeper than Python does."""
    stack: list[tuple[str, PageElement]] = [("start", soup)]
    while stack:
        event, node = stack.pop()
        if event == "end":
            yield event, node
        elif isinstance(node, Tag):
            if not _hidden(node):
                yield "start", node
                stack.append(("end", node))
                stack.extend(("start", child) for child in reversed(node.contents))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield "text", node


class _Writer:
    """Collects the inline text of a block and writes it as a line of Markdown when the block ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._inline: list[str] = []
        self._prefix = ""
        self._lists: list[int | None] = []  # the next number of each open list; None for bullets
        self._pre = 0
        self._rows = 0
        self._cells: list[str] | None = None

    def take(self, event: str, node: PageElement) -> None:
        if event == "text":
            self._inline.append(str(node) if self._pre else _INLINE_SPACE.sub(" ", str(node)))
        elif isinstance(node, Tag):
            (self._start if event == "start" else self._end)(node.name, node)

    def end_block(self, *, apart: bool = True) -> None:
        """Write what has been collected. `apart`: a blank line before it, as between paragraphs."""
        text = "".join(self._inline)
        self._inline = []
        text = text if self._pre else "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        if not text.strip():
            return
        if self._cells is not None:  # a paragraph inside a table cell
            self._cells[-1] = f"{self._cells[-1]} {' '.join(text.split())}".strip()
            return
        if apart:
            self.lines.append("")
        self.lines.append(f"```\n{text.strip(chr(10))}\n```" if self._pre else self._prefix + text)
        self._prefix = ""

    def _start(self, name: str, tag: Tag) -> None:
        if name in _HEADINGS:
            self.end_block()
            self._prefix = "" if self._cells is not None else _HEADINGS[name]
        elif name == "li":
            self.end_block(apart=not self._lists)
            self._prefix = self._bullet()
        elif name in ("ul", "ol"):
            self.end_block(apart=not self._lists)
            if not self._lists:
                self.lines.append("")
            self._lists.append(1 if name == "ol" else None)
        elif name == "pre":
            self.end_block()
            self._pre += 1
        elif name == "table":
            self.end_block()
            self._rows = 0
        elif name == "tr":
            self.end_block()
            self._cells = []
        elif name in ("td", "th") and self._cells is not None:
            self.end_block()
            self._cells.append("")
        elif name == "br":
            self._inline.append("\n" if self._cells is None else " ")
        elif name == "sup" and self._inline and self._inline[-1][-1:].isdigit():
            self._inline.append("^")  # 10<sup>6</sup> is not 106
        elif name in _BLOCKS:
            self.end_block()

    def _end(self, name: str, tag: Tag) -> None:
        if name in _HEADINGS:
            # A heading is one line, whatever it was broken into.
            self._inline = [" ".join("".join(self._inline).split())]
            self.end_block()
            self._prefix = ""
        elif name == "li":
            self.end_block(apart=False)
            self._prefix = ""
        elif name in ("ul", "ol"):
            self.end_block(apart=False)
            if self._lists:
                self._lists.pop()
        elif name == "pre":
            self.end_block()
            self._pre -= 1
        elif name == "tr":
            self.end_block()
            self._row()
        elif name in ("td", "th", "table") or name in _BLOCKS:
            self.end_block()

    def _bullet(self) -> str:
        depth = "  " * max(len(self._lists) - 1, 0)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{depth}- "
        self._lists[-1] = number + 1
        return f"{depth}{number}. "

    def _row(self) -> None:
        cells, self._cells = self._cells, None
        if not cells or not any(cells):
            return
        if self._rows == 0:
            self.lines.append("")
        self.lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if self._rows == 0:
            self.lines.append("|" + " --- |" * len(cells))
        self._rows += 1
