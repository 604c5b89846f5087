"""Tells whether a `style` attribute hides its element. Style sheets are not read, and colours are not compared."""

import re

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# "d\69splay" is "display" to a browser.
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(
    r"display\s*:\s*none|(?:content-)?visibility\s*:\s*(?:hidden|collapse)"
    r"|(?<![\w-])color\s*:\s*transparent|clip\s*:\s*rect\(\s*[01](?!\d)|scale\(\s*0(?![\d.])"
    # Far outside of the page.
    r"|(?:left|right|top|bottom|indent)\s*:\s*-\d{4}"
    # The shorthand, where the size is not the first word.
    r"|font\s*:[^;]{0,60}?(?<![\w.#-])[+-]?0*\.?0+(?:[a-z]{2,4}|%)?[\s/]",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?:font-size|opacity)\s*:\s*(?:calc\(\s*)?([+-]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20}))(px|pt)?", re.IGNORECASE
)
# Letters smaller than this are no letters: in pixels or points, and as a share of something.
_SMALLEST = 2
_SMALLEST_SHARE = 0.1


def hides(style: str) -> bool:
    """Whether a visitor of the page sees nothing of an element with this style."""
    style = _ESCAPE.sub(_character, _COMMENT.sub("", style))
    return _HIDDEN.search(style) is not None or any(
        float(size) < (_SMALLEST if unit else _SMALLEST_SHARE) for size, unit in _SIZE.findall(style)
    )


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16) if escape[1] else 0
    return escape[2] or (chr(code) if code <= 0x10FFFF else "")
