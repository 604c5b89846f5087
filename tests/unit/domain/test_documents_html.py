"""A web page becomes what a visitor sees of its content."""

import pytest

from domain.documents import read_document

PROSE = "The cell is the smallest unit of life that can live alone. " * 8


def _read(body: str) -> str:
    page = f"<!doctype html><html><head><title>Cells &amp; life</title></head><body>{body}<p>{PROSE}</p></body></html>"
    document = read_document("page.html", page.encode())
    assert document.title == "Cells & life"
    assert document.text.endswith(PROSE.strip())
    return document.text.removesuffix(PROSE.strip()).strip()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<h1>Cells <em>and</em><br>life</h1><h2>Two</h2>", "# Cells and life\n\n## Two"),
        ("<p>One\n  <b>bold</b>word</p><p>Two</p>", "One boldword\n\nTwo"),
        ("<p>One<p>Two<div>Three</div>Four", "One\n\nTwo\n\nThree\n\nFour"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol><li><p>a</p></li><li>b</ol>", "1. a\n2. b"),
        ("<table><tr><th>A<th>B<tr><td>1<td>x|y</table>", "| A | B |\n| --- | --- |\n| 1 | x\\|y |"),
        ("<dl><dt>Cell</dt><dd>a unit</dd></dl>", "Cell: a unit"),
        ("<pre>def f():\n    return 1\n</pre>", "```\ndef f():\n    return 1\n```"),
        ("<p>10<sup>6</sup> cells<sup><a href='#n'>12</a></sup>, H<sub>2</sub>O</p>", "10^6 cells, H2O"),
        ("p &lt; 0.05 &amp; caf&eacute; &#8212; a < b", "p < 0.05 & café — a < b"),
        ("<p title='a > b' data-x=\"it's\">fine</p>", "fine"),
        # As in a browser: a comment to the first ">". What no visitor sees, no model is to read.
        ("<![CDATA[raw]]> text", "text"),
        ("cafe&#769; &#x202e;evil", "caf\u00e9 evil"),
        ("&#0;&#xD800;&#x110000;ok", "\ufffd\ufffd\ufffdok"),
    ],
)
def test_structure_is_kept(body: str, text: str) -> None:
    """Headings, paragraphs, lists, tables, definitions, code and references read as in the page."""
    assert _read(body) == text


def test_cdata_is_text_in_xml() -> None:
    """In an XHTML page it is what it stands for."""
    page = f"<html><body><p><![CDATA[a < b]]> in cells</p><p>{PROSE}</p></body></html>"
    assert read_document("page.xhtml", page.encode()).text.startswith("a < b in cells")


@pytest.mark.parametrize(
    "body",
    [
        "<script>if (a < b) secret()</script>",
        "<style>secret { }</style>",
        "<nav><ul><li>secret</li></ul></nav>",
        "<!-- secret --><!---->",
        "<div hidden>secret <p>secret</p></div>",
        "<p hidden>secret",
        "<div style='color: red; DISPLAY : none'>secret<div>secret</div></div>",
        "<span aria-hidden=TRUE>secret</span>",
        "<p style='visibility:hidden'>secret</p><p style='font-size:0px'>secret</p><p style='opacity:0.0'>secret</p>",
        "<div role=navigation>secret</div>",
        "<noscript>secret</noscript><template>secret</template><svg><text>secret</text></svg>",
        "<form><select><option>secret</select><button>secret</button></form>",
        "<ul><li hidden>secret<ul><li>secret</li></ul></li></ul>",
        "<?php secret ?><!secret>",
    ],
)
def test_what_no_visitor_sees_is_dropped(body: str) -> None:
    """Scripts, navigation, comments and hidden elements, with all that is in them, speak to no student and no model."""
    assert _read(f"<p>seen</p>{body}") == "seen"


@pytest.mark.parametrize(
    "body",
    [
        "<p hidden>secret<p>seen</p>",
        "<ul><li hidden>secret<li>seen</ul>",
        "<table><tr><td hidden>secret<td>seen</table>",
        "<ul><li hidden>secret</ul>seen",
        "<p style='opacity: 0.9'>seen</p>",
        "<input hidden>seen",
        "<div aria-hidden=false>seen</div>",
    ],
)
def test_what_follows_a_hidden_element_is_seen(body: str) -> None:
    """Hiding ends with the element, also where its end tag is left out."""
    text = _read(body)
    assert "seen" in text
    assert "secret" not in text


BROKEN = [
    "<!--",
    "<!",
    "<?",
    "<a ",
    '<a b="',
    "</",
    "<a/",
    "<b>",
    "<p>",
    "<ul><li>",
    "<sup>",
    "1<sup>",
    "<table><tr><td>",
]


@pytest.mark.parametrize("piece", [*BROKEN, "&", "<", "<svg>"])
def test_broken_markup_is_read_in_one_pass(piece: str) -> None:
    """A quarter of a million characters of the worst markup is no more work than any other page.

    No timer: with a parser that reads each unfinished tag to the end of the page this test takes minutes.
    """
    page = f"<p>{PROSE}</p>" + piece * (250_000 // len(piece))
    assert PROSE.strip() in read_document("page.html", page.encode()).text
