"""Scrubbing: what is under the pointer picks what the picture shows, in the browser alone.

Rows have a "level", the number of a strength or of a step. The pointer's level is shown, or else the control's, which
is the one row of the dataset "now". A click pins the level into the control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt
import streamlit as st

from pages.ui import charts, controls
from pages.ui.panels import GAP_Y, WIDE, Panel

HERE = "datum.level == shown"

Control = str | tuple[str, ...]  # the name of a control, or several of which a level holds a value each


def shown() -> Any:
    """Return the parameter that holds the level shown; `columns` has the selection that it reads."""
    return alt.param(name="shown", expr="isArray(hover.level) ? hover.level[0] : data('now')[0].level")


def columns(*panels: Panel) -> alt.Chart:
    """Return the invisible columns of one or more panels that take the pointer; to be drawn last.

    Dataset "levels": level, part (the panel's number), from, to (shares of the panel's width). Selections: "hover"
    previews, "pin" is for the page; leaving the picture clears it, so that the same click works again.
    """
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)

    def of_its_panel(expression: Callable[[Panel], str]) -> alt.ExprRef:
        nested = expression(panels[-1])
        for number, panel in reversed(list(enumerate(panels[:-1]))):
            nested = f"(datum.part == {number} ? {expression(panel)} : {nested})"
        return alt.ExprRef(nested)

    targets: alt.Chart = (
        alt.Chart(charts.data("levels"))
        .mark_rect(opacity=0, cursor="pointer")
        .encode(
            x=alt.XValue(of_its_panel(lambda p: f"{p.left} + datum.from * {p.width}")),
            x2=alt.X2Value(of_its_panel(lambda p: f"{p.left} + datum.to * {p.width}")),
            y=alt.YValue(of_its_panel(lambda p: f"({p.top})")),
            y2=alt.Y2Value(of_its_panel(lambda p: f"({p.bottom})")),
        )
        .add_params(hover, pin)
    )
    return targets


def rules(panel: Panel) -> list[alt.Chart]:
    """Return upright lines through a panel: at the control's level, faint, and at the one shown."""
    span = {"y": alt.YValue(alt.ExprRef(panel.top)), "y2": alt.Y2Value(alt.ExprRef(panel.bottom))}
    x, green = panel.x("level:Q"), alt.ColorValue(charts.TECHNIQUE)
    chart = alt.Chart(charts.data("levels")).transform_filter(f"{HERE} && datum.part == 0")
    return [
        alt.Chart(charts.data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span, color=green),
        chart.mark_rule(strokeWidth=2).encode(x, **span, color=green),
    ]


def between(places: Sequence[float], part: int = 0) -> list[dict[str, Any]]:
    """Return columns around levels that stand at these shares of a panel's width, each to halfway to its neighbours.

    >>> [(row["level"], row["from"], row["to"]) for row in between([0.5, 0.0, 1.0])]
    [(1, 0.0, 0.25), (0, 0.25, 0.75), (2, 0.75, 1.0)]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    edges = [0.0, *((places[a] + places[b]) / 2 for a, b in pairwise(order)), 1.0]
    return [{"level": level, "part": part, "from": edges[i], "to": edges[i + 1]} for i, level in enumerate(order)]


def keep(control: Control, values: Sequence[Any], picture: str) -> Callable[[], None]:
    """Return the callback that sets a control to what was clicked in a picture; of several controls each one."""

    def set_control() -> None:
        picked = st.session_state.get(controls.key(picture))
        rows = picked["selection"].get("pin") if picked else None
        if rows:
            value = values[int(rows[0]["level"])]
            chosen = {control: value} if isinstance(control, str) else dict(zip(control, value, strict=True))
            controls.set_values(chosen)

    return set_control


def pinning(control: Control, values: Sequence[Any], picture: str) -> dict[str, Any]:
    """Return what makes a click in a picture, named as its key is, set a control."""
    return {"on_select": keep(control, values, picture), "selection_mode": "pin"}


class Square(Panel):
    """A panel whose two axes have one scale: a circle is round."""

    @property
    def width(self) -> str:
        """The smaller side of what a panel would take."""
        return f"min({super().width}, ({self.bottom}) - ({super().top}))"

    @property
    def top(self) -> str:
        """As far above the bottom as it is wide."""
        return f"(({self.bottom}) - {self.width})"


@dataclass(frozen=True)
class Part(Panel):
    """One of `of` equal panels in a row, or in a stack on a narrow screen."""

    number: int = 0
    of: int = 3
    gap: int = 48

    @property
    def width(self) -> str:
        """Its share of the width; all of a narrow view's."""
        return f"(width > {WIDE} ? (width - {self.gap * (self.of - 1)}) / {self.of} : width)"

    @property
    def left(self) -> str:
        """Where it begins from the left."""
        return f"(width > {WIDE} ? {self.number} * (width + {self.gap}) / {self.of} : 0)"

    @property
    def top(self) -> str:
        """Where it begins from the top."""
        return f"(width > {WIDE} ? 0 : {self.number} * (height + {GAP_Y}) / {self.of})"

    @property
    def bottom(self) -> str:
        """Where it ends."""
        share = f"{self.top} + (height - {GAP_Y * (self.of - 1)}) / {self.of}"
        return f"(width > {WIDE} ? height : {share})"


def join(layers: Iterable[Any], height: int = 300) -> dict[str, Any]:
    """Return the template of panels of one view, each a layer with scales of its own, and of what lies over them."""
    # A dataset that no mark uses would be dropped, and `shown` reads this one.
    blank = alt.Chart(charts.data("now")).mark_point(size=0, opacity=0, aria=False)
    # Joined as dicts, and no panel wrapped in a layer once more: Altair copies all layers anew at every such step.
    each = (part if isinstance(part, alt.LayerChart) else alt.layer(part) for part in (blank, *layers))
    parts = [part.to_dict(validate=False) for part in each]
    params = [param for part in parts for param in part.pop("params", ())]
    return {
        "$schema": parts[0]["$schema"],
        "layer": [{name: part[name] for name in ("data", "layer", "resolve") if name in part} for part in parts],
        "params": [*params, shown().param.to_dict()],
        "resolve": {"scale": dict.fromkeys(("x", "y", "color", "strokeDash"), "independent")},
        "width": "container",
        "height": height,
        "config": {**parts[0]["config"], **charts.CONFIG},
    }
