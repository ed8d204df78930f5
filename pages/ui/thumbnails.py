"""A small picture of every page, as inline SVG in the colours of the theme (style.css), from numbers that are kept.

`thumbnails.json` holds the numbers, of real results, and what made them: `python -m tests.golden.make_thumbnails`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("thumbnails.json")
WIDTH, HEIGHT, EDGE = 120, 66, 4  # pixels

Mark = dict[str, Any]


@cache
def pictures() -> dict[str, Any]:
    """Return the pictures by the names of their pages."""
    numbers: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["pictures"]
    return numbers


@cache
def thumbnail(name: str) -> str:
    """Return the small picture of a page; nothing for a page that has none."""
    picture = pictures().get(name)
    if picture is None:
        return ""
    body = "".join(_mark(mark, picture["x"], picture["y"]) for mark in picture["marks"])
    words = html.escape(picture["alt"])
    return f'<svg class="thumbnail" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">{body}</svg>'


def _mark(mark: Mark, across: Sequence[float], up: Sequence[float]) -> str:
    """Return the SVG of one mark."""
    who, kind = mark["who"], mark["mark"]
    if kind in ("cell", "shade"):
        return _grid(mark["rows"], who)
    if kind == "image":
        return _image(mark["rows"], mark["at"] * WIDTH, mark["size"], who)
    points = [
        (_place(x, across, EDGE, WIDTH - EDGE), _place(y, up, HEIGHT - EDGE, EDGE))
        for x, y in zip(mark["x"], mark["y"], strict=True)
    ]
    if kind == "line":
        return f'<path class="line {who}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'
    if kind == "dot":
        return "".join(f'<circle class="{who}" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>' for x, y in points)
    (x, y), base = points[0], HEIGHT - EDGE
    if kind == "bar":
        wide = mark["wide"]
        return f'<rect class="{who}" x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide}" height="{base - y:.1f}"/>'
    return f'<text class="{who}" x="{x:.1f}" y="{y:.1f}">{html.escape(mark["text"])}</text>'


def _place(value: float, domain: Sequence[float], first: float, last: float) -> float:
    """Return where a value stands between two ends, in pixels."""
    return first + (value - domain[0]) / (domain[1] - domain[0]) * (last - first)


def _grid(rows: Sequence[Sequence[str | float]], who: str) -> str:
    """Return squares in rows, each as opaque as its value from 0 to 1 says."""
    wide, high = WIDTH / len(rows[0]), HEIGHT / len(rows)
    square = f"h{wide - 2:.1f}v{high - 2:.1f}h-{wide - 2:.1f}z"
    places = {
        (column * wide + 1, row * high + 1): 0.1 + 0.8 * float(value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
    }
    return _shaded(places, square, who)


def _image(rows: Sequence[Sequence[int]], left: float, size: float, who: str) -> str:
    """Return the pixels of an image, each so many pixels large, with its values in sixteenths."""
    top = (HEIGHT - size * len(rows)) / 2
    pixels = {
        (left + size * column, top + size * row): round(value / 4) / 4
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
    }
    return _shaded(pixels, f"h{size}v{size}h-{size}z", who)


def _shaded(places: Mapping[tuple[float, float], float], shape: str, who: str) -> str:
    """Return a shape at places, each with an opacity: one path for those of equal opacity."""
    by_shade: dict[float, list[str]] = {}
    for (x, y), shade in places.items():
        by_shade.setdefault(round(shade, 2), []).append(f"M{x:.1f} {y:.1f}{shape}")
    return "".join(
        f'<path class="{who}" opacity="{shade:g}" d="{"".join(each)}"/>' for shade, each in by_shade.items() if shade
    )
