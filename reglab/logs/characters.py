"""Characters that mean what others do: digits of other scripts, blanks within a number; and marks that mean nothing."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["plain", "unmarked"]

# Marks of direction reverse the sentence that a name stands in; the others have no width at all.
MARKS = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
DIGITS = re.compile(r"(?![0-9])\d")
POINTS = str.maketrans({"\u066b": ".", "\u066c": ",", "\uff0e": "."})
GROUPS = re.compile("(?<![0-9.,])[1-9][0-9]{0,2}(?:[\u00a0\u2009\u202f][0-9]{3})+(?![0-9])")
BLANK = re.compile("[\u00a0\u2009\u202f]")


def unmarked(text: str) -> str:
    r"""Return a text without marks of direction, and without what has no width.

    Examples
    --------
    >>> unmarked("val\u202e_loss\u200b")
    'val_loss'
    """
    return text if text.isascii() else MARKS.sub("", text)


def plain(text: str) -> str:
    r"""Return a text with ASCII's digits and without marks, in which no blank parts the thousands of a number.

    Examples
    --------
    >>> plain("\u0661\u066b\u0665"), plain("1\u202f000 steps")
    ('1.5', '1000 steps')
    """
    if text.isascii():
        return text
    text = DIGITS.sub(lambda digit: str(unicodedata.decimal(digit[0])), MARKS.sub("", text)).translate(POINTS)
    return GROUPS.sub(lambda number: BLANK.sub("", number[0]), text)
