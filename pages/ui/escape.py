"""Text that comes from outside, shown as it is: from a link, a file, a field, or a sentence that quotes one of these.

HTML has its own `html.escape`. Charts take such text as data, in columns with names of our own.
"""

from __future__ import annotations

import re

_MARKS = re.compile(r"[\\`*{}\[\]<>~$:@&|#!]|(?<!\w)_|_(?!\w)")  # an underscore within a word is none
_ITEM = re.compile(r"(?m)^(\s*\d*)(?=[-+]|(?<=\d)[.)])")  # before what makes a line an item of a list
# Streamlit looks for names of icons, for addresses and for arrows in what Markdown has read, where a backslash is gone.
_FOUND_LATER = re.compile(r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?=\\@)|(?<=[-<>=~])(?=\\?[-<>=~])", re.IGNORECASE)
_NOTHING = "\u200b"  # a space without width


def as_markdown(text: str) -> str:
    r"""Return text for a call to Streamlit that takes Markdown: a message, a caption, a label.

    >>> as_markdown("Rate must be a number from 0 to 0.9, got -1e9")
    'Rate must be a number from 0 to 0.9, got -1e9'
    >>> print(as_markdown("column ![a](//b) $x$ `c` <img>"))
    column \!\[a\](//b) \$x\$ \`c\` \<img\>
    >>> as_markdown(":red[x]"), as_markdown("http://a"), as_markdown("1. a")
    ('\\:\u200bred\\[x\\]', 'http\\:\u200b//a', '1\\. a')
    """
    marked = _MARKS.sub(r"\\\g<0>", text)
    return _FOUND_LATER.sub(_NOTHING, _ITEM.sub(r"\g<0>\\", marked))


def in_sentence(text: str) -> str:
    """Return text for a measured sentence, in which two asterisks begin what is bold.

    >>> in_sentence("2**3 * 4")
    '2*\u200b*3 * 4'
    """
    return re.sub(r"\*(?=\*)", f"*{_NOTHING}", text)
