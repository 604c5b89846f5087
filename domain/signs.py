"""Typographic signs: the many characters that people and word processors put for a quote, a dash or a space."""

SINGLE_QUOTES = "'‘’‚‛′`´"
DOUBLE_QUOTES = '"“”„‟″«»'
QUOTES = SINGLE_QUOTES + DOUBLE_QUOTES
# What stands inside "don't".
APOSTROPHES = "'’"
DASHES = "-‐‑‒–—―−"
# Signs before a negative number; the en dash is what typesetters use for it.
MINUSES = "-−–"
SPACES = (
    " \t\n\r\x0b\x0c\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Zero width: soft hyphen, zero-width space and joiners, word joiner, byte-order mark.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# Letters that are drawn as nothing: Hangul fillers and the empty Braille pattern.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# Ranges of a character class: invisible to a reader, so they may neither speak to a model nor turn a text round. Inner
# byte-order marks, annotations, tag characters, bidi overrides and isolates.
HIDDEN = "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069"
# The same for control characters, but for tab and line breaks.
CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
# Latin, fullwidth, Arabic, Greek.
QUESTION_MARKS = "?？؟\u037e"
# Besides letters, what stands above ASCII in prose of western Europe.
WESTERN_MARKS = "‘’“”‚„–—…•€£©®°·«»§ªº\u00a0½¼¾²³¹×÷±¿¡†‡™¶´"
