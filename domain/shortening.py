"""Many texts within one size, as they are counted where they are sent."""

import json
from bisect import bisect_right
from collections.abc import Mapping


def size_in_json(text: str) -> int:
    """Bytes that a text takes in JSON in UTF-8 (`payloads/utf8.py`), without the quotes around it.

    A quote, a backslash or a line break takes two, other controls six. What is no text, a lone half of a surrogate
    pair, is refused: `model/answer.py` takes none, and no database keeps one.
    """
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def shortened(texts: Mapping[int, str], size: int) -> dict[int, str]:
    """The texts, the longest of them cut to one length, so that together they have at most `size` bytes in JSON."""
    lengths = {key: size_in_json(text) for key, text in texts.items()}
    left = size
    for done, length in enumerate(sorted(lengths.values())):
        share = left // (len(lengths) - done)
        if length > share:
            return {key: _beginning(text, share) if lengths[key] > share else text for key, text in texts.items()}
        left -= length
    return dict(texts)


def _beginning(text: str, size: int) -> str:
    """As much of a text as has so many bytes."""
    longest = text[:size]  # a letter takes a byte at least
    return longest[: bisect_right(range(1, len(longest) + 1), size, key=lambda end: size_in_json(longest[:end]))]
