"""Levels: the values of a strength along an axis, and all that pictures draw and write of them.

A level is the number of a value. A picture's row that belongs to one value says so in its field "level". The pointer
picks a level, or else the one that the control holds is shown (`scrub.shown`): what a layer draws of that one alone is
filtered by `HERE`. Every picture over levels is made of the parts here:

- `Levels.panel` is a `Panel` with the levels along it, `Levels.scrubbed` its layers under the pointer;
- `Levels.line` and `Levels.curve` are lines over the levels, `Levels.heading` says what the level shown is called;
- `legend` draws entries, which `entries` and `entries_by_level` place side by side by the width of their texts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt

from pages.ui.charts import BASELINE, MISTAKE, TECHNIQUE, TRAIN, colour, dash, data
from pages.ui.panels import START, Panel, how_many_left
from pages.ui.scrub import HERE, Control, between
from pages.ui.seeds import band

GREEN, GRAY, BLUE, RED = (alt.ColorValue(role) for role in (TECHNIQUE, BASELINE, TRAIN, MISTAKE))
LETTER, LINE, GAP, NARROW = 6.3, 21, 16, 290  # pixels: of a letter, a legend's line, between entries, a phone's panel

Row = dict[str, Any]
Ticks = tuple[tuple[str, Any], ...]  # what `alt.Axis` takes, as pairs
BARE: Ticks = (("values", []), ("labels", False))  # of an axis that writes nothing
Entry = tuple[str, str]  # a text, and the role ("technique", "train") whose colour it has


def sent(name: str) -> Any:
    """Return an end of an axis that is sent with the data, in the row of "now": one template serves all."""
    return alt.ExprRef(f"data('now')[0].{name}")


TOP = sent("top")


@dataclass(frozen=True)
class Levels:
    """The values of a strength along an axis; made by `even` or `decades`.

    control: the name of the control that holds one of the values, which a click sets; two names where a value is a pair
    of theirs, as a map's cell is. values: numbers from the lowest up, or what a choice is among. title: the axis' own.
    names: what a value is called. places: where each stands on the axis. ticks: where it has ticks, and label: what it
    writes there, a Vega expression of datum.value. margin: how far it goes on at both ends.
    """

    control: Control
    values: tuple[Any, ...]
    title: str
    names: tuple[str, ...]
    places: tuple[float, ...]
    ticks: tuple[float, ...]
    label: str
    margin: float

    def of(self, value: Any) -> int:
        """Return the level of a value.

        >>> even("rate", (0.0, 0.1, 0.5), "dropout rate").of(0.5)
        2
        """
        return self.values.index(value)

    # -------------------------------------------------------------- rows

    def columns(self, texts: Sequence[str] = ()) -> list[Row]:
        """Return the rows of "levels": each one's column, which takes the pointer, and the heading that it shows.

        >>> even("n", (50, 100), "rows").columns(["few", "many"])[1]
        {'level': 1, 'from': 0.5, 'to': 1.5, 'text': 'many'}
        """
        first, last = self.places[0] - 0.5, self.places[-1] + 0.5
        edges = [first, *((a + b) / 2 for a, b in pairwise(self.places)), last]
        names = texts or self.names
        return [
            {"level": i, "from": a, "to": b, "text": text}
            for i, ((a, b), text) in enumerate(zip(pairwise(edges), names, strict=True))
        ]

    def across(self, parts: int = 1) -> list[Row]:
        """Return the rows of "levels" for `scrub.columns`: equally wide ones, in each of so many panels.

        >>> even("n", (50, 100), "rows").across()[1]
        {'level': 1, 'part': 0, 'from': 0.5, 'to': 1.0}
        """
        middles = [(level + 0.5) / len(self.values) for level in range(len(self.values))]
        return [row for part in range(parts) for row in between(middles, part)]

    def rows(self, values: Sequence[Sequence[float]], who: str = "technique") -> list[Row]:
        """Return the rows of a `curve`: for each level the mean and the range of its values by seed (`seeds.band`).

        >>> even("n", (50, 100), "rows").rows([[1.0, 2.0], [3.0, 3.0]])[1]
        {'level': 1, 'who': 'technique', 'mean': 3.0, 'low': 3.0, 'high': 3.0}
        """
        return [{"level": i, "who": who, **band(each)} for i, each in enumerate(values)]

    # -------------------------------------------------------------- layers

    def panel(
        self,
        y_title: str | None,
        y_domain: tuple[Any, Any],
        *,
        second: bool = False,
        room: float = 0.0,
        kind: type[Panel] = Panel,
        **more: Any,
    ) -> Panel:
        """Return a panel with the levels along it; room: more of the axis before the first, in its units.

        kind, more: another sort of panel (`scrub.Part`), and what it takes.
        """
        ends = (self.places[0] - self.margin - room, self.places[-1] + self.margin)
        ticks = (("values", list(self.ticks)), ("labelExpr", self.label), ("labelOverlap", "greedy"))
        return kind(second, self.title, y_title, ends, y_domain, x_ticks=ticks, **more)

    def x(self, panel: Panel) -> alt.X:
        """Return the horizontal channel of rows that have a level."""
        return panel.x("level:Q" if self._is_even else "at:Q")

    def chart(self, name: str) -> alt.Chart:
        """Return a layer over a dataset whose rows have levels."""
        rows = alt.Chart(data(name))
        return rows if self._is_even else rows.transform_calculate(at=f"{list(self.places)}[datum.level]")

    def here(self, name: str) -> alt.Chart:
        """Return a layer over those rows of a dataset that are of the level shown."""
        return self.chart(name).transform_filter(HERE)

    def line(
        self, panel: Panel, name: str, y: str = "value:Q", *more: Any, where: str = "", dot: int = 56, **mark: Any
    ) -> list[alt.Chart]:
        """Return a green line over the levels with a dot at the one shown; more: channels, where: a filter."""
        rows = self.chart(name).transform_filter(where) if where else self.chart(name)
        across, up = self.x(panel), panel.y(y)
        clip = bool(mark.get("clip"))
        return [
            rows.mark_line(**mark).encode(across, up, *more, color=GREEN),
            rows.transform_filter(HERE).mark_circle(size=dot, opacity=1, clip=clip).encode(across, up, color=GREEN),
        ]

    def curve(
        self, panel: Panel, name: str, *more: Any, dot: int = 56, clip: bool = True, **mark: Any
    ) -> list[alt.Chart]:
        """Return curves of `rows` coloured by "who": bands over the seeds, lines, dots at the level shown, and how many
        seeds are left where some diverged.

        more: channels of the lines. clip: cut off what leaves the view; where nothing does, a dot at its edge is whole
        without.
        """
        rows, across, up = self.chart(name), self.x(panel), panel.y("mean:Q")
        here = rows.transform_filter(HERE)
        return [
            rows.mark_area(clip=clip, opacity=0.16).encode(across, panel.y("low:Q"), alt.Y2("high"), colour("who")),
            rows.mark_line(clip=clip, **mark).encode(across, up, colour("who"), *more),
            here.mark_circle(size=dot, opacity=1, clip=clip).encode(across, up, colour("who")),
            how_many_left(panel, rows, color=colour("who")).encode(across),
        ]

    def heading(self, panel: Panel, name: str = "levels") -> alt.Chart:
        """Write what the level shown is called above a panel: its "text" in "levels", or in a dataset of its own."""
        return panel.heading(self.here(name), fontWeight=600).encode(color=GREEN)

    def rules(self, panel: Panel) -> list[alt.Chart]:
        """Return upright lines through a panel: at the control's level, faint, and at the one shown."""
        x = self.x(panel)
        return [
            self.chart("now").mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span(panel), color=GREEN),
            self.here("levels").mark_rule(strokeWidth=2).encode(x, **span(panel), color=GREEN),
        ]

    def scrubbed(self, panel: Panel, *layers: alt.Chart) -> Any:
        """Return a panel of these layers: the rules below them, and above all the columns that take the pointer.

        Selections: "hover" previews, "pin" is for the page; leaving the picture clears them, so that a click on the
        same level works again.
        """
        hover, pin = (
            alt.selection_point(name=name, fields=["level"], on=on, clear="pointerout", empty=False)
            for name, on in (("hover", "pointermove"), ("pin", "click"))
        )
        targets = alt.Chart(data("levels")).mark_rect(opacity=0, cursor="pointer")
        targets = targets.encode(panel.x("from:Q"), alt.X2("to"), **span(panel)).add_params(hover, pin)
        return alt.layer(*self.rules(panel), *layers, targets)

    @property
    def _is_even(self) -> bool:
        return self.places == tuple(map(float, range(len(self.values))))


def even(
    control: Control,
    values: Sequence[Any],
    title: str,
    names: Sequence[str] = (),
    *,
    ticks: Sequence[int] | None = None,
    margin: float = 0.4,
) -> Levels:
    """Return levels that stand one next to the other, each with its name; ticks: the levels that the axis names.

    >>> even("rate", (0.0, 0.1, 0.5), "dropout rate").names
    ('off', '0.1', '0.5')
    """
    called = tuple(names) or tuple(f"{value:g}" if value else "off" for value in values)
    places = tuple(map(float, range(len(values))))
    label = f"[{', '.join(repr(name) for name in called)}][datum.value]"
    named = places if ticks is None else tuple(map(float, ticks))
    return Levels(control, tuple(values), title, called, places, named, label, margin)


def decades(control: str, values: Sequence[float], title: str) -> Levels:
    """Return levels that stand at the logarithms of the values, of which the first is 0: off, a decade before.

    >>> decades("strength", (0.0, 0.01, 0.1, 1.0), "strength (log scale)").places
    (-3.0, -2.0, -1.0, 0.0)
    """
    powers = [math.log10(value) for value in values[1:]]
    first, last = math.floor(powers[0]), math.floor(powers[-1])
    off = first - 1.0
    names = tuple(f"{value:g}" if value else "off" for value in values)
    ticks = (off, *map(float, range(first, last + 1)))
    label = f"datum.value == {off} ? 'off' : format(pow(10, datum.value), '~g')"
    return Levels(control, tuple(values), title, names, (off, *powers), ticks, label, 0.15)


# ------------------------------------------------------------------ marks


def span(panel: Panel) -> dict[str, Any]:
    """Return the vertical channels of a mark that is as high as its panel."""
    return {"y": alt.YValue(alt.ExprRef(panel.top)), "y2": alt.Y2Value(alt.ExprRef(panel.bottom))}


def edge(panel: Panel, rows: alt.Chart, end: str) -> Any:
    """Return arrows at a panel's "high" or "low" end, for rows that are outside of its axis; to be given x, colour."""
    up = end == "high"
    y = alt.YValue(alt.ExprRef(f"{panel.top} + 6" if up else f"{panel.bottom} - 6"))
    return rows.mark_point(shape=f"triangle-{'up' if up else 'down'}", size=60, filled=True, opacity=1).encode(y=y)


def note(panel: Panel, name: str = "note", *, here: bool = False) -> alt.Chart:
    """Write the "text" of a dataset's row above a panel, in gray; here: the row of the level shown."""
    rows = alt.Chart(data(name))
    return panel.heading(rows.transform_filter(HERE) if here else rows).encode(color=GRAY)


# ------------------------------------------------------------------ legends


def legend(
    panel: Panel,
    name: str = "legend",
    *,
    here: bool = False,
    line: bool = True,
    color: Any = None,
    style: Any = None,
    **mark: Any,
) -> list[alt.Chart]:
    """Return a legend above a panel, of rows that `entries` or `entries_by_level` have placed.

    here: its rows have levels, of which one is shown. line: each entry begins with its line. color, style: the colour
    and the dash of an entry; by default those of its role, "who". mark: of its text, such as `fontWeight`.
    """
    rows = alt.Chart(data(name))
    rows = rows.transform_filter(HERE) if here else rows
    paint = colour("who") if color is None else color
    if not line:
        return [panel.heading(rows, at=START, **mark).encode(color=paint)]
    end = alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + {LINE - 5}"))
    stroke = dash("who") if style is None else style
    lines = rows.mark_rule(strokeWidth=2.25).encode(**panel.above(START), x2=end, color=paint, strokeDash=stroke)
    return [lines, panel.heading(rows, at=f"({START} + {LINE})", **mark).encode(color=paint)]


def headings(panel: Panel, name: str = "legend") -> list[alt.Chart]:
    """Write several texts of the level shown side by side above a panel, each in the colour of its role."""
    return legend(panel, name, here=True, line=False, fontWeight=600)


def styles(field: str, of: Iterable[str]) -> alt.StrokeDash:
    """Return a line style for each value of a field that is no role: solid, dashed, dotted."""
    scale = alt.Scale(domain=list(of), range=[[1, 0], [5, 3], [1.5, 2.5]])
    return alt.StrokeDash(f"{field}:N", scale=scale, legend=None)


def entries(*each: Entry, field: str = "who", line: bool = True, gap: int = GAP) -> list[Row]:
    """Return the rows of a legend, placed side by side.

    field: what the second part of an entry is called. gap: pixels between two entries.

    >>> [(row["text"], row["place"]) for row in entries(("with decay", "technique"), ("without", "baseline"))]
    [('with decay', 0), ('without', 100)]
    """
    return [{name: row[name] for name in row if name != "level"} for row in entries_by_level([each], field, line, gap)]


def marked(*each: tuple[str, str, str], gap: int = GAP) -> list[Row]:
    """Return the rows of a legend that shows marks (`panels.symbols`): a text, its role, and "line", "dot" or "area".

    >>> [(row["mark"], row["place"]) for row in marked(("kept", "technique", "dot"), ("dropped", "baseline", "dot"))]
    [('dot', 0), ('dot', 62)]
    """
    placed = entries(*((text, who) for text, who, _ in each), gap=gap)
    return [{**row, "mark": mark} for row, (_, _, mark) in zip(placed, each, strict=True)]


def entries_by_level(
    each: Sequence[Sequence[Entry]], field: str = "who", line: bool = True, gap: int = GAP
) -> list[Row]:
    """Return the rows of a legend that says something else at every level.

    The longest text of all levels makes an entry's room, so that nothing moves while one scrubs.

    >>> rows = entries_by_level([[("off 0.3", "baseline"), ("on 0.3", "technique")], [("off 0.25", "baseline")]])
    >>> [(row["level"], row["text"], row["place"]) for row in rows]
    [(0, 'off 0.3', 0), (0, 'on 0.3', 87), (1, 'off 0.25', 0)]
    """
    starts = [0]
    for number in range(max(map(len, each), default=0)):
        longest = max(len(row[number][0]) for row in each if number < len(row))
        starts.append(round(starts[-1] + longest * LETTER + gap + LINE * line))
    return [
        {"level": level, "text": text, field: role, "place": start, "slot": round(start / max(NARROW, starts[-1]), 3)}
        for level, row in enumerate(each)
        for (text, role), start in zip(row, starts, strict=False)
    ]
