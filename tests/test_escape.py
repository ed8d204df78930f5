"""Text from outside stays text: in Markdown nothing of it is left to read as a mark, and no character is lost."""

import doctest
import re

import pytest

from pages.ui import escape

HOSTILE = (
    "![x](http://127.0.0.2/a.png)",
    "<img src=http://127.0.0.2/b.png>",
    "$x^2$",
    "$$x$$",
    ":red[x]",
    ":material/home:",
    ":smile:",
    ":streamlit:",
    "a.b[0]|'\"",
    "`c`",
    "**d**",
    "_e_",
    "~f~",
    "[g](h)",
    "[g]: http://h",
    "# i",
    "- j",
    "+ k",
    "1. l",
    "2) m",
    "> n",
    "&lt;",
    "http://o.example",
    "www.o.example",
    "a@b.example",
    "-> <- -- <= >= ~=",
    "\\",
    "---",
)


def shown(text):
    """Return what a reader sees: a backslash before a mark is not shown, nor is a space without width."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text).replace("\u200b", "")


def test_the_examples_of_the_functions():
    assert doctest.testmod(escape) == (0, 4)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mark_is_left_and_no_character_is_lost(text):
    made = escape.as_markdown(text)
    assert shown(made) == text
    plain = re.sub(r"\\[^a-zA-Z0-9\s]", "", made)  # what is left to be read as marks
    assert not re.search(r"[\\`*{}\[\]<>~$:@&|#!]|\b_|_\b", plain)
    assert not re.search(r"(?m)^\s*([-+]|\d+[.)])", plain)
    for found_later in (":[a-z+]", "//(?<=https://|.http://)", r"www\.", "->", "<-", "--", "<=", ">=", "~="):
        assert not re.search(found_later, made.replace("\\", ""))


def test_a_sentence_without_marks_stays_as_it_is():
    sentence = "Rate must be a number from 0 to 1,000.5 (or %), got -1e9; so 2.5 is used."
    assert escape.as_markdown(sentence) == sentence


def test_stars_of_a_person_make_nothing_bold():
    assert not re.search(r"\*\*", escape.in_sentence("**a** ***b***"))
    assert escape.in_sentence("**a** ***b***").replace("\u200b", "") == "**a** ***b***"
