"""Links and pictures lead somewhere, and every decision has its form."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.unit.docs.pages import DECISIONS, PAGES, README, anchors_of, links_of, name_of, text_of
from tests.unit.product_code import ROOT

HEADINGS = ["Context", "Decision", "Consequences", "What would change our mind"]
PICTURES = sorted((ROOT / "docs" / "images").iterdir())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_resolves(page: Path) -> None:
    """To a file of the repository and, with a `#`, to one of its headings."""
    broken = []
    for link in links_of(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_linked_from_somewhere() -> None:
    """A page that nobody can reach is read by nobody."""
    linked = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links_of(page)}
    assert {name_of(page) for page in PAGES if page not in linked} <= {name_of(README)}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_every_picture_is_shown_and_stands_alone(picture: Path) -> None:
    """It is on some page, is well-formed, loads nothing from elsewhere, and names no folder of a machine."""
    assert any(picture.name in link for page in PAGES for link in links_of(page))
    text = picture.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 - our own file
    assert not re.search(r"@import|url\((?!#)|<script|<image|(?<![\w.:-])/(?:home|root|tmp|work)/", text)


def test_the_decisions_are_numbered_without_a_gap() -> None:
    """By file name and by title."""
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        assert text_of(page).startswith(f"# {int(page.name[:4])}. ")


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_has_its_four_parts(page: Path) -> None:
    """Context, decision, consequences, what would change our mind; each with something in it."""
    parts = re.split(r"^## (.+)$", text_of(page), flags=re.MULTILINE)[1:]
    assert parts[::2] == HEADINGS
    assert all(len(body.split()) >= 8 for body in parts[1::2])


def test_the_list_of_decisions_is_whole() -> None:
    """With the titles that the pages have."""
    listed = text_of(ROOT / "docs" / "decisions" / "README.md")
    for page in DECISIONS:
        title = text_of(page).splitlines()[0].partition(". ")[2]
        assert f"- [{page.name[:4]}]({page.name}): {title}" in listed
