"""The documents as the tests read them: pages, fenced blocks, tables, words in backticks."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.unit.product_code import ROOT

README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    """A page's path in the repository, as a test id."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    """A page as written."""
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: Path
    language: str
    text: str

    def commands(self) -> Iterator[list[str]]:
        """The command lines in a shell block, split into words: no prompt, no comment."""
        if self.language not in ("console", "sh"):
            return
        for line in self.text.splitlines():
            if self.language == "console":
                if not line.startswith("$ "):
                    continue  # output
                line = line.removeprefix("$ ")  # noqa: PLW2901 - the line without its prompt
            words = shlex.split(line, comments=True)
            if words:
                yield words


def blocks() -> list[Block]:
    """All fenced blocks of all pages."""
    return [Block(page, *match.groups()) for page in PAGES for match in _FENCE.finditer(text_of(page))]


def links_of(page: Path) -> list[str]:
    """The targets of links and pictures."""
    return _LINK.findall(prose_of(page))


def code_of(page: Path) -> list[str]:
    """What stands in single backticks."""
    return _CODE.findall(prose_of(page))


def anchors_of(page: Path) -> set[str]:
    """The anchors that a page's headings make."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(prose_of(page))
    }


def table_under(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, cells without backticks, without the head."""
    _, _, after = text_of(page).partition(f"# {heading}\n")
    rows: list[list[str]] = []
    for line in after.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
