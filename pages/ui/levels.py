"""Levels: the values of a strength along an axis, each at an even place, and what is written and drawn of them.

A row that belongs to one value has its number, "level". The pointer picks a level, or else the control's is shown
(`scrub`); what is shown is filtered by `scrub.HERE`. All pictures over levels are made of the parts here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import altair as alt

from pages.ui import charts
from pages.ui.panels import START, Panel
from pages.ui.scrub import HERE

PERCENT = (("format", "%"), ("tickCount", 5))  # ticks of a share
BARE = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))  # no ticks at all
TOP = alt.ExprRef("data('now')[0].top")  # the end of an axis that follows the data: one template serves all

LETTER, MARK, NARROW = 6.6, 34, 350  # pixels: of a letter, of an entry's line and its room, of a phone's picture

Entry = tuple[str, str]  # a text, and the role whose colour it has
P = TypeVar("P", bound=Panel)


@dataclass(frozen=True)
class Levels:
    """The values of a strength along an axis.

    names: how the axis writes each value. title: what they are values of.
    """

    names: tuple[str, ...]
    title: str

    def ticks(self) -> tuple[tuple[str, Any], ...]:
        """Return the axis' ticks, one per level, by name."""
        each = ", ".join(f"'{name}'" for name in self.names)
        values = list(range(len(self.names)))
        return (("values", values), ("labelExpr", f"[{each}][datum.value]"), ("labelOverlap", "greedy"))

    def across(self) -> dict[str, Any]:
        """Return what a `Panel` takes to have the levels along its horizontal axis."""
        return {
            "x_title": self.title,
            "x_domain": (-0.5, len(self.names) - 0.5),
            "x_ticks": self.ticks(),
        }

    def columns(self, parts: int = 1) -> list[dict[str, Any]]:
        """Return the rows of "levels", which take the pointer in each of so many panels.

        >>> Levels(("off", "0.1"), "rate").columns()[1]
        {'level': 1, 'part': 0, 'from': 0.5, 'to': 1.0}
        """
        count = len(self.names)
        return [
            {"level": i, "part": part, "from": i / count, "to": (i + 1) / count}
            for part in range(parts)
            for i in range(count)
        ]


def curve(panel: Panel, rows: alt.Chart, x: str = "level:Q", **mark: Any) -> list[alt.Chart]:
    """Return a curve over levels: its band, its line with points, and a dot at the level shown.

    Fields: `x`, mean, low, high, and "who" for the colour.
    """
    across, up, who = panel.x(x), panel.y("mean:Q"), charts.colour("who")
    return [
        rows.mark_area(clip=True, opacity=0.16).encode(across, panel.y("low:Q"), alt.Y2("high"), who),
        rows.mark_line(clip=True, point={"size": 30}, **mark).encode(across, up, who),
        rows.transform_filter(HERE).mark_circle(size=90, opacity=1, clip=True).encode(across, up, who),
    ]


def rule(panel: Panel, rows: alt.Chart, y: str, role: str = charts.BASELINE) -> alt.Chart:
    """Return a dashed line across a panel; rows: one for each end, with "level"."""
    line = rows.mark_line(strokeWidth=1.5, strokeDash=[5, 4])
    return line.encode(panel.x("level:Q"), panel.y(y), color=alt.value(role))


def headings(panel: Panel, part: int = 0) -> alt.Chart:
    """Write above a panel what its level is called; dataset "headings", of `entries`."""
    rows = alt.Chart(charts.data("headings")).transform_filter(f"{HERE} && datum.part == {part}")
    return panel.heading(rows, at=START, fontWeight=600).encode(color=charts.colour("who"))


def entries(each: Sequence[Sequence[Entry]], part: int = 0) -> list[dict[str, Any]]:
    """Return the rows of "headings" of one panel: for each level its entries, side by side.

    The longest text of all levels makes an entry's room, so that nothing moves while one scrubs.

    >>> rows = entries([[("off 0.3", "baseline"), ("on 0.3", "technique")], [("off 0.25", "baseline")]])
    >>> [(row["level"], row["text"], row["place"]) for row in rows]
    [(0, 'off 0.3', 0), (0, 'on 0.3', 87), (1, 'off 0.25', 0)]
    """
    places = _places([[text for text, _ in row] for row in each])
    return [
        {"level": level, "part": part, "text": text, "who": who, **places[number]}
        for level, row in enumerate(each)
        for number, (text, who) in enumerate(row)
    ]


def legend_rows(*each: Entry) -> list[dict[str, Any]]:
    """Return the rows of a legend (`panels.legend`), side by side.

    >>> [row["place"] for row in legend_rows(("so far", "technique"), ("as set", "baseline"))]
    [0, 74]
    """
    places = _places([[text for text, _ in each]])
    return [{"text": text, "who": who, **place} for (text, who), place in zip(each, places, strict=True)]


def _places(texts: Sequence[Sequence[str]]) -> list[Mapping[str, float]]:
    """Return where the entries of a row begin: pixels in a wide picture, a share of the width in a narrow one."""
    columns = max(map(len, texts), default=0)
    widths = [max(len(row[i]) for row in texts if i < len(row)) * LETTER + MARK for i in range(columns)]
    starts = [round(sum(widths[:i])) for i in range(columns)]
    return [{"place": start, "slot": round(start / NARROW, 3)} for start in starts]
