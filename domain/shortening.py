"""Many texts within one size."""

from collections.abc import Mapping


def shortened(texts: Mapping[int, str], size: int) -> dict[int, str]:
    """The texts, the longest of them cut to one length, so that together they have at most `size` bytes in UTF-8."""
    lengths = {key: len(text.encode()) for key, text in texts.items()}
    left = size
    for done, length in enumerate(sorted(lengths.values())):
        share = left // (len(lengths) - done)
        if length > share:
            return {
                key: text.encode()[:share].decode(errors="ignore") if lengths[key] > share else text
                for key, text in texts.items()
            }
        left -= length
    return dict(texts)
