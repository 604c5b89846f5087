"""Where a quote stands in the text it was copied from."""

import re

from domain.signs import DASHES, DOUBLE_QUOTES, INVISIBLE, SINGLE_QUOTES, SPACES

# Each of these turns one character into one, so that offsets stay.
_ONE_TO_ONE = str.maketrans(
    dict.fromkeys(SINGLE_QUOTES, "'")
    | dict.fromkeys(DOUBLE_QUOTES, '"')
    | dict.fromkeys(DASHES, "-")
    | dict.fromkeys(SPACES, " ")
)
# What takes more or fewer characters than it gives: links, escapes, ellipses, runs of spaces, emphasis, invisible
# characters. Each branch begins with a plain character, which lets the engine skip ordinary text ten times as fast.
_SPECIAL = re.compile(
    r"\[(?P<shown>[^\[\]\n]*)\]\([^()\s]*(?: +\"[^\"\n]*\")?\)"
    r"|\\(?=[!-/:-@\[-`{-~])"
    rf"|…|  +|\*+|_+|[{INVISIBLE}]"
)


def find_quote(chunk_text: str, quote: str) -> tuple[int, int] | None:
    """Where `quote` stands in `chunk_text`: (start, end) in characters of `chunk_text` as it is; None when it does not.

    White space, kinds of quotation mark and dash, ellipses, Markdown emphasis, links and invisible characters are
    not compared; letters, case, digits and every other sign are. Outer quotation marks and ellipses of `quote` are
    the model's and don't count. A quote without a letter or digit is none.
    """
    quote = quote.strip()
    if not any(map(str.isalnum, quote)):
        return None
    # Nearly every quote is exact, or differs in signs of one character; only the rest is worth the slow way.
    at = chunk_text.find(quote)
    if at < 0:
        at = chunk_text.translate(_ONE_TO_ONE).find(quote.translate(_ONE_TO_ONE))
    if at >= 0:
        return at, at + len(quote)
    wanted = _Normal(quote).text
    normal = _Normal(chunk_text)
    for form in dict.fromkeys((wanted, wanted.strip("\"' ."), wanted.strip("\"' ").removesuffix("...").strip())):
        at = normal.text.find(form) if form else -1
        if at >= 0:
            return normal.span(at, len(form))
    return None


class _Normal:
    """Text in the form in which quotes are compared, each character with its place in the original."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str] = []
        self._offsets: list[int] = []
        self._after_space = True  # leading white space vanishes
        self._add(text.translate(_ONE_TO_ONE), 0)
        if self._pieces and self._after_space:
            self._pieces[-1] = self._pieces[-1][:-1]
            self._offsets.pop()
        self.text = "".join(self._pieces)

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Where `length` characters from `start` stand in the original."""
        return self._offsets[start], self._offsets[start + length - 1] + 1

    def _add(self, text: str, at: int) -> None:
        done = 0
        for special in _SPECIAL.finditer(text):
            start, end = special.span()
            first = text[start]
            if first == "_" and text[start - 1 : start].isalnum() and text[end : end + 1].isalnum():
                continue  # snake_case is no emphasis
            self._keep(text[done:start], at + done)
            done = end
            if first == "[":
                self._add(special["shown"], at + special.start("shown"))
            elif first == "…":
                self._pieces.append("...")
                self._offsets.extend([at + start] * 3)
                self._after_space = False
            elif first == " ":
                self._keep(" ", at + start)
        self._keep(text[done:], at + done)

    def _keep(self, text: str, at: int) -> None:
        if self._after_space and text[:1] == " ":
            text, at = text[1:], at + 1
        if text:
            self._pieces.append(text)
            self._offsets.extend(range(at, at + len(text)))
            self._after_space = text[-1] == " "
