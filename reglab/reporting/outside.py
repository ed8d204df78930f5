"""Text that comes from outside, such as a column's name, made harmless where it is shown.

HTML has its own `html.escape`, which stands behind `plain`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["as_ascii", "as_markdown", "plain"]

_MARKS = re.compile(r"[\\`*{}\[\]<>~$&|#!]|(?<!\w)_|_(?!\w)")  # an underscore within a word is none
_ITEM = re.compile(r"^(\d*)(?=[-+=]|(?<=\d)[.)](?: |$))")  # before what makes a line an item of a list, or a heading
_ADDRESS = re.compile(r"(?i)(?<=http)(s?):|(?<=ftp):|(?<=www)\.|@")  # what some readers make a link of by themselves
WRITTEN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "×": "x", "±": "+-", "…": "..."})


def plain(text: str) -> str:
    r"""Return text without what steers a terminal or a page: control characters, marks of direction, half characters.

    Line breaks and tabs stand.

    Examples
    --------
    >>> plain("loss\x1b[2J")
    'loss\ufffd[2J'
    """
    return "".join(
        character if character in "\n\t" or unicodedata.category(character)[0] != "C" else "\ufffd"
        for character in text
    )


def as_ascii(text: str) -> str:
    """Return text in ASCII, with a question mark for what has nothing like it there.

    Examples
    --------
    >>> as_ascii("“loss” ± 2 é")
    '"loss" +- 2 ?'
    """
    return text.translate(WRITTEN).encode("ascii", "replace").decode("ascii")


def as_markdown(text: str) -> str:
    r"""Return text on one line of Markdown that shows it as it is: no markup, no picture, no link.

    Examples
    --------
    >>> print(as_markdown("column ![a](//b) *x* val_loss http://c"))
    column \!\[a\](//b) \*x\* val_loss http&#58;//c
    >>> as_markdown("1. a"), as_markdown("- b"), as_markdown("0.5")
    ('1\\. a', '\\- b', '0.5')
    """
    line = " ".join(plain(text).split())
    marked = _ITEM.sub(r"\g<0>\\", _MARKS.sub(r"\\\g<0>", line))
    return _ADDRESS.sub(lambda address: "".join(f"&#{ord(c)};" if c in ":.@" else c for c in address[0]), marked)
