"""Points that are moved by hand: as the link writes them, and as the browser's component sends them.

A point is (across, up, kind): whole numbers from 0 to `FULL` from the left and from the bottom of a picture, and what
it is one of, such as its class. In the link it has two letters for each of the two, and one for the third.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import controls

FULL = 4095
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
LENGTH = 5  # letters of a point
FOLDER = Path(__file__).with_name("components")

Point = tuple[int, int, int]


def written(points: Sequence[Point]) -> str:
    """Return points as the link has them.

    >>> written([(0, 4095, 1), (64, 1, 0)])
    '00__110010'
    """
    return "".join(
        LETTERS[a // 64] + LETTERS[a % 64] + LETTERS[b // 64] + LETTERS[b % 64] + LETTERS[kind] for a, b, kind in points
    )


def read(text: str) -> tuple[Point, ...]:
    """Return the points that a text of `written` has.

    >>> read(written([(0, 4095, 1), (64, 1, 0)]))
    ((0, 4095, 1), (64, 1, 0))
    """
    numbers = [LETTERS.index(letter) for letter in text]
    return tuple(
        (64 * a + b, 64 * c + d, kind)
        for a, b, c, d, kind in zip(*(numbers[place::LENGTH] for place in range(LENGTH)), strict=True)
    )


def wrong(text: str, most: int) -> str:
    """Return what is wrong with a text in the address, as a sentence without its full stop; nothing where it is right.

    >>> wrong("00__1", 40), wrong("00_", 40)
    ('', 'Points must be written in five letters each, got 3 letters, so none is used')
    """
    if any(letter not in LETTERS for letter in text):
        return "Points must be written in letters, digits, - and _, got others, so none is used"
    if len(text) % LENGTH:
        return f"Points must be written in five letters each, got {len(text)} letters, so none is used"
    if len(text) > LENGTH * most:
        return f"Points must be at most {most}, got {len(text) // LENGTH}, so none is used"
    return ""


def sent(value: Any, most: int, kinds: int) -> tuple[Point, ...] | None:
    """Return the points that the component sent, None where it is no such list.

    >>> sent([[0, 4095, 1]], most=40, kinds=2), sent([[0, 4096, 1]], most=40, kinds=2)
    (((0, 4095, 1),), None)
    """
    if not isinstance(value, list) or len(value) > most:
        return None
    points = []
    for point in value:
        if not (isinstance(point, list) and len(point) == 3 and all(type(number) in (int, float) for number in point)):
            return None
        across, up, kind = map(int, point)
        if not (0 <= across <= FULL and 0 <= up <= FULL and 0 <= kind < min(kinds, len(LETTERS))):
            return None
        points.append((across, up, kind))
    return tuple(points)


def hold(name: str, most: int) -> tuple[Point, ...]:
    """Return the points that a control of this name holds; the link has them."""
    return read(controls.held(name, most=LENGTH * most, wrong=lambda text: wrong(text, most)))


def take(name: str, component: str, most: int, kinds: int = 1) -> Callable[[], None]:
    """Return the callback that lets the control hold what the component of that key has sent."""

    def moved() -> None:
        state = st.session_state.get(component)
        points = sent((state or {}).get("moved"), most, kinds)
        if points is not None:
            controls.set_values({name: written(points)})

    return moved


@cache
def component(name: str) -> Callable[..., Any]:
    """Return what draws the component whose script and style stand in the folder under that name."""
    style, script = (
        "\n".join((FOLDER / f"{part}.{ending}").read_text("utf-8") for part in ("handles", name))
        for ending in ("css", "js")
    )
    mount: Callable[..., Any] = st.components.v2.component(
        f"reglab_{name}", html=f'<div class="{name}"></div>', css=style, js=script
    )
    return mount
