"""Points that are moved by hand: as the link writes them, and as the browser's component sends them.

A point is (across, up, kind): whole numbers from 0 to `FULL` from the left and from the bottom of a picture, and what
it is one of, such as its class. In the link it has two letters for each of the two, and one for the third.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import charts, controls
from pages.ui.words import signed

if TYPE_CHECKING:
    from reglab.l2 import Geometry

FULL = 4095
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
LENGTH = 5  # letters of a point
FOLDER = Path(__file__).with_name("components")

Point = tuple[int, int, int]
Ends = tuple[tuple[float, float], tuple[float, float]]


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


def wrong(text: str, most: int, least: int = 0) -> str:
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
    if 0 < len(text) < LENGTH * least:
        return f"Points must be at least {least}, got {len(text) // LENGTH}, so none is used"
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


def hold(name: str, most: int, least: int = 0) -> tuple[Point, ...]:
    """Return the points that a control of this name holds; the link has them."""
    return read(controls.held(name, most=LENGTH * most, wrong=lambda text: wrong(text, most, least)))


def to_plane(point: Point, ends: Ends) -> tuple[float, float]:
    """Return where a point is, in the unit of a picture's ends.

    >>> to_plane((0, 4095, 0), ((-1.0, 1.0), (0.0, 10.0)))
    (-1.0, 10.0)
    """
    x, y = (low + place / FULL * (high - low) for place, (low, high) in zip(point[:2], ends, strict=True))
    return x, y


def from_plane(x: float, y: float, ends: Ends) -> Point:
    """Return the point nearest to a place in the unit of a picture's ends, within these.

    >>> from_plane(-1.0, 20.0, ((-1.0, 1.0), (0.0, 10.0)))
    (0, 4095, 0)
    """
    shares = ((value - low) / (high - low) for value, (low, high) in zip((x, y), ends, strict=True))
    across, up = (min(max(round(FULL * share), 0), FULL) for share in shares)
    return across, up, 0


@dataclass(frozen=True)
class Curve:
    """A curve in a plane with points to move: its role, or "rule" for what is behind, and how it is drawn."""

    role: str
    x: Sequence[float]
    y: Sequence[float]
    dash: str = "solid"
    width: float = 2.0


def draw(
    name: str,
    *,
    ends: Ends,
    axes: tuple[str, str],
    points: Sequence[Point],
    moved: bool,
    curves: Sequence[Curve],
    dots: Sequence[tuple[str, float, float]] = (),
    called: str,
    alt: str,
    most: int = 1,
    least: int = 1,
) -> None:
    """Draw a plane in which points are moved by hand, which the control of that name then holds.

    points: where they are now. moved: whether they are others than those that are drawn or computed. dots: the role and
    the place of each. called: what a point is called, or what the only one is. alt: what the picture shows now. most,
    least: of the points; where both are 1 none is added or removed, and the axes have one scale.
    """
    key = controls.key(f"{name}_by_hand")
    component("movable")(
        key=key,
        data={
            "ends": ends,
            "axes": axes,
            "points": [list(point) for point in points],
            "moved": moved,
            "curves": [
                {
                    "role": curve.role,
                    "dash": curve.dash,
                    "width": curve.width,
                    "x": [round(x, 4) for x in curve.x],
                    "y": [round(y, 4) for y in curve.y],
                }
                for curve in curves
            ],
            "dots": [{"role": role, "x": x, "y": y} for role, x, y in dots],
            "called": called,
            "words": alt,
            "most": most,
            "least": least,
            "free": most > 1,
            "square": most == 1,
        },
        on_moved_change=take(name, key, most),
    )


def around_zero(plane: Geometry) -> Ends:
    """Return the ends of the square in which the centre of a plane's lines of equal loss is moved."""
    limit = charts.ceiling([1.2 * float(abs(plane.least_squares).max())])
    return (-limit, limit), (-limit, limit)


def centre(ends: Ends) -> tuple[float, ...]:
    """Return where the centre of the lines of equal loss was moved to by hand, or nothing."""
    points = hold("centre", 1)
    return to_plane(points[0], ends) if points else ()


def move_centre(ends: Ends, names: tuple[str, str], planes: Sequence[Geometry], level: int, *, moved: bool) -> None:
    """Draw the lines of equal loss around a centre to drag, with each plane's ball or diamond and its solution.

    planes: one, or two of the same lines. level: of the strength.
    """
    first = planes[0]
    curves = [Curve("rule", x, y, width=1.0) for x, y in (line.T.tolist() for line in first.contours)]
    solutions = []
    for plane, dash in zip(planes, ("solid", "dashed"), strict=False):
        for role, line in (("technique", plane.balls[level]), ("train", plane.touching[level])):
            x, y = line.T.tolist()
            curves.append(Curve(role, x, y, dash))
        solutions += [("technique", *plane.path[level].tolist())]
    said = "; ".join(f"{names[0]} {signed(a)}, {names[1]} {signed(b)}" for _, a, b in solutions)
    x, y = first.least_squares.tolist()
    draw(
        "centre",
        ends=ends,
        axes=names,
        points=[from_plane(x, y, ends)],
        moved=moved,
        curves=curves,
        dots=solutions,
        called="Centre of the lines of equal loss",
        alt=f"Lines of equal loss around a centre at {names[0]} {signed(x)}, {names[1]} {signed(y)}. Solution: {said}.",
    )


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
