"""Whose numbers a run's fields hold: an example's, by its name, or a person's own. Plain functions.

A field is empty until something is told. An example is a lesson: its numbers fill the fields under its name, and are
taken out where a person's own run comes in, so that none of them stands beside it as if it had been told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# The fields that hold a run's numbers, and their names in a sentence.
FIELDS = {
    "n": "training rows",
    "train": "train loss",
    "val": "validation loss",
    "classes": "classes",
    "constant": "loss of a constant guess",
    "n_val": "validation rows",
    "steps": "steps trained",
    "rate": "learning rate",
    "batch": "batch size",
}

Values = Mapping[str, Any]


def nearest(lessons: Mapping[str, Values], now: Values, *, exactly: bool = False) -> str | None:
    """Return the lesson from which fewest of the fields differ, the first of several; exactly: only if none does.

    >>> lessons = {"a": {"n": "5", "val": "1"}, "b": {"val": "2"}}
    >>> nearest(lessons, {"n": "7", "val": "2"}), nearest(lessons, {"n": "7", "val": "2"}, exactly=True)
    ('b', None)
    """
    full = {name: {**next(iter(lessons.values())), **values} for name, values in lessons.items()}
    same = {name: sum(now.get(field) == values.get(field) for field in FIELDS) for name, values in full.items()}
    name = max(same, key=same.__getitem__)
    return None if exactly and same[name] < len(FIELDS) else name


def of_example(lesson: Values, now: Values) -> list[str]:
    """Return the fields that still hold the example's numbers.

    >>> of_example({"n": "200", "train": "0.1", "steps": ""}, {"n": "200", "train": "0.3", "steps": ""})
    ['n']
    """
    return [field for field in FIELDS if lesson.get(field) and now.get(field) == lesson[field]]


def label(name: str, lesson: Values, now: Values) -> str:
    """Return the sentence that names the example, and which of its numbers a person has changed.

    >>> label("Small", {"n": "200", "train": "0.1"}, {"n": "200", "train": "0.3"})
    'Example “Small”, changed: train loss 0.3. Still the example’s, not yours: training rows 200.'
    """
    kept = of_example(lesson, now)
    changed = [field for field in FIELDS if now.get(field, "") != lesson.get(field, "")]
    if not changed:
        return f"Example “{name}”. Its numbers are made for this lesson, not yours."
    mine = ", ".join(f"{FIELDS[field]} {now.get(field) or 'taken out'}" for field in changed)
    rest = ", ".join(f"{FIELDS[field]} {now[field]}" for field in kept)
    return f"Example “{name}”, changed: {mine}." + (f" Still the example’s, not yours: {rest}." if rest else "")


def is_ambiguous(text: str) -> bool:
    """Tell whether a comma may be a decimal one: 1,204 is read as 1204.

    >>> is_ambiguous("1,204"), is_ambiguous("1,20"), is_ambiguous("1,204,000"), is_ambiguous("1,204.5")
    (True, False, False, False)
    """
    whole, _, part = text.strip().partition(",")
    return whole.isdigit() and whole[0] != "0" and len(whole) <= 3 and part.isdigit() and len(part) == 3


def as_text(text: str) -> str:
    r"""Return text from outside so that Markdown shows it as it is.

    >>> print(as_text("column ![a](http://b) :red[c] 1,5"))
    column \!\[a\]\(http\:\/\/b\) \:red\[c\] 1,5
    """
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:/@&])", r"\\\1", text)
