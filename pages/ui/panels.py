"""Two panels in one layered view, side by side where there is room and stacked where there is not.

Concatenated views have fixed widths, so both panels live in one view: each has scales of its own, whose ranges cover a
part of it. A selection in one panel then picks what the other shows, in the browser alone. `show` gives the view the
height that `style.css` sets for the width of the screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import streamlit as st

from pages.ui import charts

WIDE = 520  # pixels of the view from which on the panels stand side by side
STACK = 0.565  # where the second panel begins in a stack, as a share of the height
GAP_X, GAP_Y = 60, 76  # pixels for the second panel's axis; for the first one's and the second one's heading
ROOMY = 680  # pixels from which on two panels have room for the longest legends; in less their entries are smaller
FIT = f"(width > {WIDE} ? min(1, width / {ROOMY}) : 1)"
# Where an entry above a panel begins: a share of the width of a narrow view, pixels in a wide one.
START = f"(width > {WIDE} ? datum.place * {FIT} : datum.slot * width)"

ScaleType = Literal["linear", "log"]


@dataclass(frozen=True)
class Panel:
    """One part of the view: it makes the channels of its marks.

    second: the right or lower panel. alone: there is no other.
    x_ticks, y_ticks: what `alt.Axis` takes, as pairs.
    """

    second: bool
    x_title: str | None
    y_title: str | None
    x_domain: tuple[Any, Any]  # numbers, or expressions that read them from the rows
    y_domain: tuple[Any, Any]
    x_type: ScaleType = "linear"
    y_type: ScaleType = "linear"
    x_ticks: tuple[tuple[str, Any], ...] = ()
    y_ticks: tuple[tuple[str, Any], ...] = ()
    split: float = 0.5  # where the second panel's axis stands, as a share of the width
    alone: bool = False

    def x(self, field: str) -> alt.X:
        """Return the horizontal channel."""
        ends = [alt.ExprRef(self.left), alt.ExprRef(f"{self.left} + {self.width}")]
        scale = _scale(self.x_type, self.x_domain, ends)
        drop = alt.ExprRef(f"{self.bottom} - height")
        axis = alt.Axis(**{"grid": False, "orient": "bottom", "offset": drop, **_ticks(self.x_ticks)})
        return alt.X(field, title=self.x_title, scale=scale, axis=axis)

    def y(self, field: str, **options: Any) -> alt.Y:
        """Return the vertical channel."""
        ends = [alt.ExprRef(self.bottom), alt.ExprRef(self.top)]
        scale = _scale(self.y_type, self.y_domain, ends)
        shift = alt.ExprRef(f"-{self.left}")
        axis = alt.Axis(**{"orient": "left", "offset": shift, "labelOverlap": False, **_ticks(self.y_ticks)})
        return alt.Y(field, title=self.y_title, scale=scale, axis=axis, **options)

    def above(self, at: str = "0", up: int = 17) -> dict[str, Any]:
        """Return the place of a mark above the panel; `at` is an expression, in pixels from the panel's left."""
        return {"x": alt.XValue(alt.ExprRef(f"{self.left} + {at}")), "y": alt.YValue(alt.ExprRef(f"{self.top} - {up}"))}

    def heading(self, layer: alt.Chart, text: str = "text:N", at: str = "0", **mark: Any) -> alt.Chart:
        """Write a field of the layer above the panel."""
        size = {"expr": f"13 * {FIT}"} if START in at else 13  # an entry of a legend
        style = {"align": "left", "baseline": "middle", "fontSize": size, **mark}
        written: alt.Chart = layer.mark_text(**style).encode(**self.above(at), text=alt.Text(text))
        return written

    @property
    def width(self) -> str:
        """The panel's width, as an expression; so are the next."""
        if self.alone:
            return "width"
        wide = f"{1 - self.split} * width" if self.second else f"{self.split} * width - {GAP_X}"
        return f"(width > {WIDE} ? {wide} : width)"

    @property
    def left(self) -> str:
        """Where the panel begins from the left."""
        return f"(width > {WIDE} ? {self.split} * width : 0)" if self.second else "0"

    @property
    def top(self) -> str:
        """Where it begins from the top."""
        return f"(width > {WIDE} ? 0 : {STACK} * height)" if self.second else "0"

    @property
    def bottom(self) -> str:
        """Where it ends."""
        return "height" if self.second or self.alone else f"(width > {WIDE} ? height : {STACK} * height - {GAP_Y})"


def _ticks(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an axis' options; given values, as many ticks: Vega drops every second of more than `tickCount`.

    >>> _ticks([("values", [0, 1, 2])])
    {'tickCount': 3, 'values': [0, 1, 2]}
    """
    options = dict(pairs)
    return {"tickCount": len(options["values"]), **options} if "values" in options else options


def _scale(kind: ScaleType, domain: tuple[Any, Any], ends: list[Any]) -> alt.Scale:
    linear: dict[str, Any] = {"zero": False} if kind == "linear" else {}  # a logarithmic scale warns of it
    return alt.Scale(type=kind, domain=list(domain), nice=False, range=ends, **linear)


def legend(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend above a panel whose entries may hold values, such as "train 0.12".

    Fields of the layer: "text", "who" (colour and dash), "place" and "slot" (as in `START`).
    """
    line = layer.mark_rule(strokeWidth=2.25).encode(
        **panel.above(START),
        x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 16")),
        color=charts.colour("who"),
        strokeDash=charts.dash("who"),
    )
    return [line, panel.heading(layer, at=f"({START} + 21)").encode(color=charts.colour("who"))]


def symbols(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend above a panel whose entries show the mark that they stand for.

    Fields of the layer: as for `legend`, and "mark": "line", "dot" or "area".
    """
    of = {mark: layer.transform_filter(f"datum.mark == '{mark}'") for mark in ("line", "dot", "area")}
    color, middle = charts.colour("who"), panel.above(f"({START} + 8)")
    end = alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 16"))
    return [
        of["line"].mark_rule(strokeWidth=2.25).encode(**panel.above(START), x2=end, color=color),
        of["dot"].mark_circle(size=70, opacity=1).encode(**middle, color=color),
        of["area"].mark_square(size=130, opacity=0.55).encode(**middle, color=color),
        panel.heading(layer, at=f"({START} + 21)").encode(color=color),
    ]


def beyond(
    panel: Panel,
    rows: alt.Chart,
    field: str = "high",
    top: str = "data('now')[0].top",
    *,
    across: str = "level",
    low: bool = False,
) -> alt.Chart:
    """Return arrows at a panel's end where values leave its axis, coloured by "who"; to be given an x channel.

    A curve, or a band, that is only cut off looks as if it ended, or as if there were none. field: the end of a band,
    or the value of a line without one. top: of the axis, or its other end where `low`. across: the field along the
    axis; where several leave at one place, their arrows stand one below the other.
    """
    sign, shape, end, away = ("<", "down", panel.bottom, "-") if low else (">", "up", panel.top, "+")
    outside = stacked(rows.transform_filter(f"isValid(datum.{field}) && datum.{field} {sign} {top}"), across)
    arrows = outside.mark_point(shape=f"triangle-{shape}", size=60, filled=True, opacity=1)
    y = alt.YValue(alt.ExprRef(f"({end}) {away} (6 + 11 * (datum.beside - 1))"))
    placed: alt.Chart = arrows.encode(y=y, color=charts.colour("who"))
    return placed


def how_many_left(
    panel: Panel, rows: alt.Chart, across: str = "level", *, by: str = "who", **channels: Any
) -> alt.Chart:
    """Write at a panel's lower end how many seeds a mean is of, where some diverged: the "seeds" of a row of `band`.

    The words stand beside their place, where the rule of a level that is shown crosses none.

    To be given an x channel. across: the field along the axis. by: the field that tells two at one place apart.
    channels: the colour of the words.
    """
    some = stacked(rows.transform_filter("isValid(datum.seeds)"), across, by)
    first = f"datum.{across} == 0"  # which has no room on its left
    beside: Any = {"align": {"expr": f"{first} ? 'left' : 'right'"}, "dx": {"expr": f"{first} ? 6 : -6"}}
    small: Any = {"fontSize": 10.5, "fontWeight": 600, "baseline": "bottom", "lineBreak": "|"}
    words = some.mark_text(**small, **beside, **charts.HALO)
    y = alt.YValue(alt.ExprRef(f"{panel.bottom} - 16 - 26 * (datum.beside - 1)"))
    written: alt.Chart = words.encode(y=y, text=alt.Text("seeds:N"), **channels)
    return written


def stacked(rows: alt.Chart, across: str, by: str = "who") -> alt.Chart:
    """Return a layer whose rows have "beside": the number, from 1, of their role among those at one place."""
    ranked: alt.Chart = rows.transform_window(beside="dense_rank()", groupby=[across], sort=[alt.SortField(by)])
    return ranked


Layered = alt.LayerChart | alt.FacetChart  # what `alt.layer` returns


def join(first: Layered, second: Layered, height: int = 300, params: Sequence[Any] = ()) -> dict[str, Any]:
    """Return the template of two panels."""
    # Joined as dicts: Altair copies all layers anew at every step, which takes three times as long.
    panels = [panel.to_dict(validate=False) for panel in (first, second)]
    panel_params = [param for panel in panels for param in panel.pop("params", ())]
    free = ("x", "y", "color", "strokeDash")
    return {
        "$schema": panels[0].pop("$schema"),
        # Altair lifts a dataset that all layers of a panel share up to the panel.
        "layer": [{key: panel[key] for key in ("data", "layer") if key in panel} for panel in panels],
        "params": [*panel_params, *(param.param.to_dict() for param in params)],
        "resolve": {"scale": dict.fromkeys(free, "independent")},
        "width": "container",
        "height": height,
        "config": {**panels[0]["config"], **charts.CONFIG},
    }


def spot(key: str) -> Any:
    """Return a place that `show` may draw into several times in one run, while a training goes on."""
    return st.container(key=f"panels_{key}", gap=None).empty()


def show(
    spec: Mapping[str, Any], datasets: Mapping[str, charts.Rows], *, key: str, place: Any = None, **options: Any
) -> Any:
    """Draw two panels as `charts.show` does, as tall as the width of the screen asks.

    place: a `spot`, if it is drawn more than once.
    """
    area = st.container(key=f"panels_{key}", gap=None) if place is None else place
    return charts.show(spec, datasets, place=area, key=key, height="stretch", **options)
