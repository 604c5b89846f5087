"""Takes HTML apart into tags and text, in one pass.

Why not Beautiful Soup: on Python's own parser, the one that is always there, a page of 300 KB can take minutes (each of
100,000 unclosed `<a ` is read to the end of the page), and an ordinary page of 10 MB takes 36 s. A teacher's upload
must not be able to do that. Here every branch moves forward; 10 MB take seconds, whatever is in them.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Attribute names and values as the HTML standard reads them; the possessive quantifiers (`*+`) keep it linear.
_VALUE = r"\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+"
_ATTRIBUTE = rf"(?P<name>[^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?P<value>{_VALUE})?+)?+"
_ANY_ATTRIBUTE = _ATTRIBUTE.replace("?P<name>", "?:").replace("?P<value>", "?:")
_START = re.compile(rf"<(?P<tag>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[\s/=]++|{_ANY_ATTRIBUTE})*+)>")
_END = re.compile(r"</(?P<tag>[a-zA-Z][^\s/>]*+)[^>]*+>")
# A "<" before anything else is text: "p < 0.05".
_OPENING = re.compile(r"<(?=/?[a-zA-Z]|[!?])")
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
# What stands in these is not markup.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "noscript", "iframe", "xmp", "noembed", "noframes")
}

# Elements of other languages; in HTML they alone can close themselves.
_FOREIGN = frozenset({"svg", "math"})


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; names of tag and attributes in lower case. `closed`: it ended in `/>`, and that means something."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text with its character references resolved. `raw` names the element when it is one that holds no markup."""

    text: str
    raw: str = ""


def tokens(markup: str, *, xml: bool = False) -> Iterator[Start | End | Text]:
    """The tags and texts of `markup` in order; comments, declarations and what follows an unfinished tag are gone.

    The slash of `<script/>` closes it in XML; in HTML it means nothing, and the script goes on.
    """
    at = 0
    while at < len(markup):
        found = _OPENING.search(markup, at)
        opening = found.start() if found else len(markup)
        if opening != at:
            yield Text(html.unescape(markup[at:opening]))
        if not found:
            return
        following = markup[opening + 1 : opening + 2]
        if following in ("!", "?"):
            text, at = _declaration(markup, opening, xml)
            if text:
                yield Text(text)
        elif start := _START.match(markup, opening):
            at = start.end()
            tag = start["tag"].lower()
            closed = start["attributes"].endswith("/") and (xml or tag in _FOREIGN)
            yield Start(tag, _attributes(start["attributes"]), closed)
            if tag in _RAW and not closed:
                closing = _RAW[tag].search(markup, at)
                end = closing.start() if closing else len(markup)
                yield Text(html.unescape(markup[at:end]), raw=tag)
                at = end
        elif end_tag := _END.match(markup, opening):
            at = end_tag.end()
            yield End(end_tag["tag"].lower())
        else:
            return  # a tag that is never closed swallows the rest, as in a browser


def _declaration(markup: str, at: int, xml: bool) -> tuple[str, int]:
    """Skip a comment, doctype or processing instruction: the text it stands for, and its end.

    CDATA alone has a text, and only in XML: a browser takes it in HTML for a comment that ends at the first `>`.
    """
    cdata = xml and markup.startswith("<![CDATA[", at)
    closing = "-->" if markup.startswith("<!--", at) else "]]>" if cdata else ">"
    end = markup.find(closing, at + 2)
    if end < 0:
        return "", len(markup)
    return (markup[at + 9 : end] if cdata else ""), end + len(closing)


def _attributes(source: str) -> dict[str, str]:
    """Name and value of each attribute; the first of a name counts."""
    found: dict[str, str] = {}
    for match in _EACH_ATTRIBUTE.finditer(source):
        value = match["value"] or ""
        if value[:1] in ("'", '"'):
            value = value[1:-1]
        found.setdefault(match["name"].lower(), html.unescape(value))
    return found
