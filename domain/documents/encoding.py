"""From bytes to clean text, or None when the bytes are no text."""

import codecs
import re
import unicodedata

from domain.signs import CONTROLS, HIDDEN, WESTERN_MARKS

# Labels that a page may declare, and what browsers read them as. Only these: Python knows codecs
# (punycode, unicode_escape) that no page should be able to choose.
_DECLARED = {
    "utf-8": "utf-8", "utf8": "utf-8",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "windows-1252": "cp1252", "cp1252": "cp1252",
    "iso-8859-2": "iso8859-2", "iso-8859-5": "iso8859-5", "iso-8859-7": "iso8859-7", "iso-8859-9": "cp1254",
    "iso-8859-15": "iso8859-15",
    "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1253": "cp1253", "windows-1254": "cp1254",
    "windows-1255": "cp1255", "windows-1256": "cp1256", "windows-1257": "cp1257", "windows-1258": "cp1258",
    "koi8-r": "koi8-r", "koi8-u": "koi8-u", "macintosh": "mac-roman",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "euc-jp": "euc-jp", "iso-2022-jp": "iso2022-jp",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
}  # fmt: skip
_CHARSET = re.compile(rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:\-]{2,40})", re.IGNORECASE)
# Browsers look for the declaration in the first 1,024 bytes; pages with long comments deserve some more.
_CHARSET_WINDOW = 4_096

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16-LE, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Of all characters: a damaged file has a few bad bytes, another encoding or a binary has many.
_DAMAGE = 0.002
# Of the bytes above ASCII, in text that is really cp1252, this share are letters or typographic marks …
_PLAUSIBLE_LETTERS = 0.9
# … and they are a minority: even Icelandic or Vietnamese prose stays below.
_PLAUSIBLE_SHARE = 0.35
# Control characters that a text may not hold beyond a few strays (form feeds between pages of old manuals are fine).
_CONTROL = re.compile(f"[{CONTROLS}]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]+")
# A letter has one variation selector at most; a row of them spells bytes that nobody sees.
_VARIATIONS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_INVISIBLE = re.compile(f"[{HIDDEN}]|(?<=[{_VARIATIONS}])[{_VARIATIONS}]+")
_NEWLINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode(data: bytes, *, html: bool = False) -> str | None:
    """The text of `data`, or None when it is none.

    A byte-order mark decides; else UTF-8; else the charset that HTML declares; else cp1252 where the result looks
    like European prose.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return text if _undamaged(text) else None
    if b"\x00" in data:
        return None
    declared = _declared_encoding(data) if html else None
    # 7-bit encodings are valid UTF-8 by accident; the page knows better.
    if declared == "iso2022-jp" and b"\x1b$" in data:
        return data.decode(declared, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    for encoding in filter(None, (declared if declared != "utf-8" else None, "utf-8")):
        text = data.decode(encoding, "replace")
        if _undamaged(text):
            return text
    return _cp1252(data)


def looks_binary(data: bytes) -> bool:
    """Whether bytes that do not decode are no text at all, rather than text in an unknown encoding."""
    controls = sum(len(found) for found in _CONTROL_BYTES.findall(data))
    return b"\x00" in data or controls > _DAMAGE * len(data) + 2


def _declared_encoding(data: bytes) -> str | None:
    found = _CHARSET.search(data[:_CHARSET_WINDOW])
    return _DECLARED.get(found.group(1).decode("ascii").lower()) if found else None


def _undamaged(text: str) -> bool:
    """Whether decoding replaced next to nothing. One bad byte must not turn a whole file into another encoding."""
    bad = text.count("\ufffd")
    if not bad:
        return True
    good = sum(not character.isascii() for character in text) - bad
    return bad <= _DAMAGE * len(text) and good > bad


def _cp1252(data: bytes) -> str | None:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    high = [character for character in text if not character.isascii()]
    fitting = sum(character.isalpha() or character in WESTERN_MARKS for character in high)
    plausible = len(high) <= _PLAUSIBLE_SHARE * len(text) and fitting >= _PLAUSIBLE_LETTERS * len(high)
    return text if plausible else None


def clean(text: str) -> str | None:
    """`text` in NFC with `\\n` newlines, without control, invisible and surrogate characters; None when it is a
    soup of control characters, which no text is.
    """
    text = _NEWLINES.sub("\n", text)
    if "\x00" in text or len(_CONTROL.findall(text)) > _DAMAGE * len(text) + 2:
        return None
    text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text))
