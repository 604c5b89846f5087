"""Drops what a visitor of a page does not see."""

from collections.abc import Iterable, Iterator

from domain.documents.markup import End, Start, Text
from domain.documents.styles import hides
from domain.words import word_set

# Never content: machinery, forms, navigation, pictures without words.
_DROPPED = word_set(
    """script style noscript template nav iframe object svg canvas audio video map form button select textarea dialog
    menu annotation annotation-xml title xmp noembed noframes datalist progress meter rp"""
)
_VOID = word_set("area base br col embed hr img input link meta param source track wbr")
# An element without an end tag ends where its parent ends, or at these.
_ENDED_BY = {
    "p": word_set(
        """address article aside blockquote div dl fieldset footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre
        section table ul"""
    ),
    "li": word_set("li"),
    "dt": word_set("dt dd"),
    "dd": word_set("dt dd"),
    "td": word_set("td th tr tbody"),
    "th": word_set("td th tr tbody"),
    "tr": word_set("tr tbody tfoot"),
    "option": word_set("option optgroup"),
}
_CONTAINERS = word_set("article aside blockquote body div dl form main nav ol section table tbody td tr ul")


def visible(tokens: Iterable[Start | End | Text]) -> Iterator[Start | End | Text]:
    """`tokens` without hidden elements and all that is in them."""
    hidden, depth, containers = "", 0, 0
    for token in tokens:
        if hidden and isinstance(token, Start):
            if not containers and token.tag in _ENDED_BY.get(hidden, ()):
                hidden = ""
            else:
                depth += token.tag == hidden and not token.closed
                containers += token.tag in _CONTAINERS and token.tag != hidden and not token.closed
        elif hidden and isinstance(token, End):
            if token.tag == hidden:
                depth -= 1
            elif token.tag in _CONTAINERS:
                containers -= 1
            if not depth or (containers < 0 and hidden in _ENDED_BY):
                closes_parent = bool(depth)
                hidden = ""
                if not closes_parent:
                    continue
        if hidden:
            continue
        if isinstance(token, Start) and _is_hidden(token):
            if token.tag not in _VOID and not token.closed:
                hidden, depth, containers = token.tag, 1, 0
            continue
        yield token


def _is_hidden(start: Start) -> bool:
    attributes = start.attributes
    return (
        start.tag in _DROPPED
        or "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or attributes.get("role", "").strip().lower() in {"navigation", "search", "menu"}
        or ("style" in attributes and hides(attributes["style"]))
    )
