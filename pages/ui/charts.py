"""Charts: one palette, templates that are built once, and fresh frames that are sent to them.

A template is a pure function of scalars that returns a Vega-Lite dict over named datasets; `functools.cache` builds
it once per process, and `show` sends it with fresh rows. While the template stays the same, the browser keeps the chart
and only changes its data: nothing jumps. So everything that moves (values, labels, the mark of the present setting)
goes in as rows, and domains are arguments that do not follow the sliders.
"""

from __future__ import annotations

import html
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

# Theme colours by name: the browser resolves them, so that one template serves light and dark (.streamlit/config.toml).
TRAIN, VALIDATION, TEST = "blue", "orange", "violet"
BASELINE, TECHNIQUE, MISTAKE = "gray", "green", "red"
ROLES = {
    "train": TRAIN,
    "validation": VALIDATION,
    "test": TEST,
    "baseline": BASELINE,
    "technique": TECHNIQUE,
    "mistake": MISTAKE,
}
# The same meaning by line style, for those who do not see the colours apart.
DASHES: dict[str, Sequence[float]] = {"train": [5, 3], "validation": [1, 0], "test": [1.5, 2.5]}

# Of a mark of text that stands over curves: the page's ground around its letters, drawn below them (style.css).
HALO: dict[str, Any] = {"stroke": "Canvas", "strokeWidth": 3, "strokeJoin": "round"}

READY = 0.45  # seconds in which a browser loads what draws pictures
HEAD_START = 0.2  # seconds that a page's first picture has before the second
LABEL_ROOM = 132  # pixels for labels beside the curves

# Beside a picture: its last tick's label stands out by more than Vega counts. Streamlit overrides a configured one.
PADDING = {"right": 8}

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a cell begins that a spreadsheet computes
LARGEST = 2**53  # the whole numbers up to it are floats of their own

_LOADING = "reglab:loading"

Rows = Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]]

CONFIG = {
    # The picture has its own words, a mark alone has none; and a tooltip is there where it is asked for alone.
    "mark": {"aria": False, "tooltip": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titlePadding": 8,
        "labelPadding": 6,
        "titleFontWeight": "normal",
        "tickCount": 5,
        "gridOpacity": 0.7,
        "labelFlush": False,
    },
    "line": {"strokeWidth": 2.25, "strokeCap": "round", "strokeJoin": "round"},
    "text": {"fontSize": 12.5, "color": "currentColor"},  # the theme's text, where a layer gives none
    "legend": {"orient": "top", "labelFontSize": 12, "titleFontSize": 12, "title": None},
    "font": "Source Sans, Source Sans 3, sans-serif",
    "view": {"stroke": None},
    # A percent sign stands as in the sentences, 95 %.
    "locale": {
        "number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "percent": "\u00a0%"},
    },
}


def data(name: str) -> alt.NamedData:
    """Return the name of a dataset that `show` fills."""
    return alt.NamedData(name)


def colour(field: str, roles: Mapping[str, str] = ROLES, legend: bool = False) -> alt.Color:
    """Return the colour encoding of a field whose values are roles: train, validation, test, baseline, technique."""
    scale = alt.Scale(domain=list(roles), range=list(roles.values()))
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend() if legend else None)


def dash(field: str) -> alt.StrokeDash:
    """Return the line style of a field whose values are train, validation, test."""
    # The domain of the colours: Vega-Lite warns where one mark has colours and dashes of two different domains.
    scale = alt.Scale(domain=list(ROLES), range=[DASHES.get(role, [1, 0]) for role in ROLES])
    return alt.StrokeDash(f"{field}:N", scale=scale, legend=None)


def finish(chart: Any, height: int = 300) -> dict[str, Any]:
    """Return a template as the dict that `show` sends: fixed height, the width of its column, our configuration."""
    # Not validated here, which takes as long as all else, nor copied to be given a size: tests/conftest.py validates.
    spec: dict[str, Any] = {**chart.to_dict(validate=False), "width": "container", "height": height}
    spec["config"] = {**spec.get("config", {}), **CONFIG}
    return spec


def show(
    spec: Mapping[str, Any],
    datasets: Mapping[str, Rows | pa.Table],
    *,
    alt_text: str,
    now: str = "",
    place: Any = None,
    key: str | None = None,
    **select: Any,
) -> Any:
    """Draw a template with fresh rows.

    alt_text: what the chart is, constant (a changed one would embed the chart anew).
    now: what it shows now, for screen readers; it is kept beside the chart.
    place: a `spot`, where it is drawn more than once in a run, or a container.
    select: on_select and selection_mode of `st.vega_lite_chart`.
    """
    sent = {"padding": PADDING, **spec, "datasets": {name: table(rows) for name, rows in datasets.items()}}
    begun = now if re.match(r"\w = ", now) else now[:1].upper() + now[1:]  # a symbol keeps its size
    words = f'<div class="for-readers">{html.escape(begun) or "&nbsp;"}</div>'
    _wait_for_the_browser()
    if isinstance(place, Spot):
        state = place.chart.vega_lite_chart(sent, width="stretch", alt=alt_text, key=key, **select)
        if "on_select" not in select:
            place.chart = state
        place.reader = place.reader.html(words)
    else:
        block = (st if place is None else place).container(gap=None)
        state = block.vega_lite_chart(sent, width="stretch", alt=alt_text, key=key, **select)
        block.html(words)
    return state


def prepare() -> None:
    """Have the browser load what draws pictures, once in a visit, by a picture without marks that is not shown.

    React holds back what had to wait for its code by 0.3 s. A first picture that is sent when the code is there
    appears a fifth sooner than one that is sent at once.
    """
    place = st.empty()
    if _LOADING not in st.session_state:
        st.session_state[_LOADING] = time.monotonic(), place
        with place.container(key="no_picture"):
            st.vega_lite_chart({"data": {"values": []}, "mark": "point", "width": 1, "height": 1})


def _wait_for_the_browser() -> None:
    """Wait, for a visit's first picture, until the browser can draw one, and for a page's second, until it has drawn
    the first: sent at once, both appear late.
    """
    page, last = st.session_state.get("reglab:page"), st.session_state.get("reglab:first_picture")
    since, place = st.session_state.get(_LOADING, (-math.inf, None))
    ready = since + READY
    if last is None or last[0] != page:
        st.session_state["reglab:first_picture"] = (page, max(ready, time.monotonic()) + HEAD_START)
    else:
        ready = last[1]
    if (left := ready - time.monotonic()) > 0:
        time.sleep(left)
    if place is not None:
        place.empty()
        st.session_state[_LOADING] = since, None


class Spot:
    """A place for one picture that is drawn several times in a run, while a training goes on.

    An `st.empty()` would take the picture of the run before away, and the browser would embed it anew; here it stays
    until it gets new rows.
    """

    def __init__(self, area: Any = None) -> None:
        block = (area or st).container(gap=None)
        self.chart, self.reader = block.container(gap=None), block.container(gap=None)


def spot(area: Any = None) -> Spot:
    """Return a place for one picture, in the page or in a container."""
    return Spot(area)


def table(rows: Rows | pa.Table) -> pa.Table:
    """Return rows as the table that the browser gets; through pandas it takes ten times as long.

    A table that does not change can be made once and shown again.
    """
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, Mapping):
        return pa.table({name: _drawable(column) for name, column in rows.items()})
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _drawable([row.get(name) for row in rows]) for name in names})


def _drawable(column: Iterable[Any]) -> list[Any]:
    """Return a column without whole numbers that no browser has: from 2**53 on they are floats.

    >>> _drawable([1, 10**19]), _drawable([1, None, "a"])
    ([1.0, 1e+19], [1, None, 'a'])
    """
    values = list(column)
    if any(isinstance(value, int) and abs(value) > LARGEST for value in values):
        return [float(value) if isinstance(value, int) else value for value in values]
    return values


def pack(points: Iterable[Sequence[float | None]]) -> str:
    """Return a curve as one text, for `unpacked`; a value may be None, where the curve has a gap.

    >>> pack([(0.0, 0.123456), (0.5, None)])
    '0,0.1235 0.5,'
    """
    return " ".join(",".join("" if v is None else f"{v:.4g}" for v in point) for point in points)


def unpacked(rows: alt.Chart, fields: Sequence[str] = ("x", "y")) -> alt.Chart:
    """Return a layer with a row per point, of rows that each hold a curve packed into one text, "curve".

    Filter the rows first: a picture of many curves of which one is shown then handles one curve's points instead of
    all, which took a sixth off the time to the first picture.
    """
    point = alt.Chart.transform_flatten(rows.transform_calculate(point="split(datum.curve, ' ')"), ["point"])
    return point.transform_calculate(
        **{field: f"toNumber(split(datum.point, ',')[{i}])" for i, field in enumerate(fields)}
    )


def packed(rows: Sequence[Mapping[str, Any]], by: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row per curve of rows that hold a point each: those fields packed, for the values of `by`.

    >>> packed([{"who": "test", "x": 0, "y": 1.5}, {"who": "test", "x": 1, "y": 2.0}], ["who"], ["x", "y"])
    [{'who': 'test', 'curve': '0,1.5 1,2'}]
    """
    curves: dict[tuple[Any, ...], list[list[float | None]]] = {}
    for row in rows:
        curves.setdefault(tuple(row[name] for name in by), []).append([row[field] for field in fields])
    return [{**dict(zip(by, key, strict=True)), "curve": pack(points)} for key, points in curves.items()]


def title(text: str, note: str = "", place: Any = None, *, hint: str = "") -> None:
    """Write a picture's title, with a quieter note beside it; hint: what the pointer does, which a phone leaves out."""
    asked = f'<i class="hint">{"; " * bool(note)}{html.escape(hint)}</i>' if hint else ""
    beside = f"<span>{html.escape(note)}{asked}</span>"
    (place or st).html(f'<div class="picture-title">{html.escape(text)}{beside}</div>')


# ---------------------------------------------------------------- the loss chart


@cache
def loss_chart(
    x_max: float, y_max: float, y_title: str = "loss (nats)", height: int = 300, x_title: str = "step"
) -> dict[str, Any]:
    """Return the template of curves over training: mean lines and bands over seeds, labelled at their ends.

    `curves` makes its datasets: "curves" (step, mean, low, high, line, who, split), "labels" (step, value, text, who,
    split, slot, up).
    """
    # Labels stand to the right of the curves where there is room for them, else above the picture, in two columns.
    wide = f"(width > {LABEL_ROOM * 4})"
    room = f"({wide} ? {LABEL_ROOM} : 0)"
    across = alt.Scale(domain=[0, x_max], nice=False, range=[0, {"expr": f"width - {room}"}])
    x = alt.X("step:Q", title=x_title, scale=across, axis=alt.Axis(grid=False, tickCount=6))
    y = alt.Y("mean:Q", title=y_title, scale=alt.Scale(domain=[0, y_max], nice=False, zero=False))
    lines = alt.Chart(data("curves"))
    band = lines.mark_area(clip=True, opacity=0.16).encode(
        x, alt.Y("low:Q", title=y_title), alt.Y2("high"), colour("who"), alt.Detail("line:N")
    )
    mean = lines.mark_line(clip=True).encode(
        x,
        y,
        colour("who"),
        dash("split"),
        alt.Detail("line:N"),
        tooltip=[
            alt.Tooltip("line:N", title="curve"),
            alt.Tooltip("step:Q"),
            alt.Tooltip("mean:Q", format=".3f"),
            alt.Tooltip("low:Q", format=".3f"),
            alt.Tooltip("high:Q", format=".3f"),
        ],
    )
    leaving = lines.transform_filter(f"datum.high > {y_max}")  # a curve, or its band
    arrows = leaving.mark_point(shape="triangle-up", size=60, filled=True, opacity=1)
    named = alt.Chart(data("labels"))
    beside = named.mark_text(
        align={"expr": f"{wide} ? 'left' : 'right'"},  # what is not drawn takes no room either
        baseline="middle",
        dx={"expr": f"{wide} ? 8 : 0"},
        opacity={"expr": f"{wide} ? 1 : 0"},
    ).encode(alt.X("step:Q"), alt.Y("value:Q"), text=alt.Text("text:N"), color=colour("who"))
    up = alt.YValue(alt.ExprRef(f"{wide} ? 0 : -datum.up"))
    left = "datum.slot * width"
    narrow: dict[str, Any] = {"opacity": {"expr": f"{wide} ? 0 : 1"}}
    samples = named.mark_rule(strokeWidth=2.25, **narrow).encode(
        x=alt.XValue(alt.ExprRef(left)),
        x2=alt.X2Value(alt.ExprRef(f"{left} + 18")),
        y=up,
        color=colour("who"),
        strokeDash=dash("split"),
    )
    above = named.mark_text(align="left", baseline="middle", **narrow).encode(
        x=alt.XValue(alt.ExprRef(f"{left} + 23")), y=up, text=alt.Text("text:N"), color=colour("who")
    )
    return finish(
        alt.layer(band, mean, arrows.encode(x, y=alt.YValue(6), color=colour("who")), beside, samples, above), height
    )


def curves(
    run: Any,
    lines: Iterable[tuple[int, str, str, str]],
    *,
    measure: str = "loss",
    x_max: float,
    y_max: float,
    top: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """Return the datasets of `loss_chart` from a Run, finished or still training.

    lines: (setting's index, split "train" | "validation" | "test", role for the colour, label). The band is the range
    over seeds. Labels are kept apart and inside the picture.
    """
    rows: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    steps = [int(step) for step in run.steps]
    short = {"train": "train", "validation": "val", "test": "test"}
    for setting, split, who, label in lines:
        values = getattr(run, f"{short[split]}_{measure}")[setting].tolist()  # (seeds, evaluations)
        lost = run.diverged[setting].tolist()
        if not all(lost):  # the last values of a seed that diverged would take the mean of the others with them
            values = [seed for seed, gone in zip(values, lost, strict=True) if not gone]
        last = None
        for at, step in enumerate(steps):
            if not any(math.isfinite(seed[at]) for seed in values):
                continue
            for seed in values:  # a seed that has stopped keeps its last value, or the mean would jump
                if at and not math.isfinite(seed[at]):
                    seed[at] = seed[at - 1]
            seen = [seed[at] for seed in values if math.isfinite(seed[at])]
            mean = sum(seen) / len(seen)
            last = {"step": step, "value": mean}
            rows.append(
                {
                    "step": step,
                    "mean": mean,
                    "low": min(seen),
                    "high": max(seen),
                    "line": label,
                    "who": who,
                    "split": split,
                }
            )
        if last:
            ends.append({**last, "text": label, "who": who, "split": split})
    rows_above = math.ceil(len(ends) / 2)
    for at, end in enumerate(ends):  # above a narrow picture, in the order of the lines
        end |= {"slot": 0.5 * (at % 2), "up": 12 + 16 * (rows_above - 1 - at // 2)}
    return {"curves": rows or [_NO_CURVE], "labels": keep_apart(ends, y_max, x_max) or [_NO_LABEL]}


_NO_CURVE = {"step": None, "mean": None, "low": None, "high": None, "line": "", "who": "baseline", "split": "train"}
_NO_LABEL = {"step": None, "value": None, "text": "", "who": "baseline", "split": "train", "slot": 0.0, "up": 12}


def keep_apart(
    labels: Sequence[Mapping[str, Any]], y_max: float, x_max: float, gap: float = 0.07
) -> list[dict[str, Any]]:
    """Return labels moved up or down until none covers another, inside 0 to y_max, in their order of height."""
    space = gap * y_max
    placed = sorted(
        ({**label, "end": label["value"], "value": min(max(label["value"], 0.0), y_max - space)} for label in labels),
        key=lambda label: label["value"],
    )
    for lower, upper in pairwise(placed):
        upper["value"] = max(upper["value"], lower["value"] + space)
    over = placed[-1]["value"] - (y_max - space) if placed else 0
    if over > 0:
        limit = y_max - space
        for label in reversed(placed):
            label["value"] = min(label["value"], limit)
            limit = label["value"] - space
    return placed


@cache
def ablation_chart(n_rows: int, x_title: str = "test loss (nats)") -> dict[str, Any]:
    """Return the ablation's template.

    Datasets "seeds": place, way, seed, value; "means": place, way, who, value, low, high, number; "whole": value.
    """
    roles = {"baseline": "gray", "technique": "green", "test": "violet"}
    labels = alt.Axis(labelLimit=140, minExtent=138, domain=False, ticks=False)
    up = alt.Y("way:N", sort=alt.EncodingSortField("place", "min"), title=None, axis=labels)
    # The numbers stand to the right of the picture.
    ends = alt.Scale(nice=True, zero=False, range=[0, {"expr": "width - 64"}])
    across = alt.X("value:Q", title=x_title, scale=ends)
    means = alt.Chart(data("means")).encode(y=up, color=colour("who", roles))
    band = means.mark_bar(opacity=0.18, height=16).encode(x=alt.X("low:Q", scale=ends), x2=alt.X2("high"))
    rules = means.mark_tick(thickness=3, height=18).encode(x=across)
    points = (
        alt.Chart(data("seeds"))
        .mark_circle(size=30, opacity=0.8)
        .encode(
            x=across,
            y=up,
            color=colour("who", roles),
            tooltip=[
                alt.Tooltip("way:N"),
                alt.Tooltip("seed:N"),
                alt.Tooltip("value:Q", format=".3f", title="test loss"),
            ],
        )
    )
    whole = (
        alt.Chart(data("whole"))
        .mark_rule(strokeDash=[4, 3], opacity=0.7)
        .encode(x=across, color=alt.ColorValue("green"))
    )
    numbers = means.mark_text(align="right", fontWeight=600).encode(
        x=alt.XValue(alt.ExprRef("width")), text=alt.Text("number:N")
    )
    return finish(alt.layer(band, whole, points, rules, numbers), 60 + 34 * n_rows)


def loss_ceiling(n_classes: int | None, n_train: int = 200) -> float:
    """Return the top of a loss axis: about half the best constant guess's loss, or with few rows all of it."""
    few = n_train < 100
    if n_classes is None:
        return 1.0 if few else 0.6
    return max(0.5, round((1.15 if few else 0.55) * math.log(n_classes), 1))


def ceiling(values: Iterable[float]) -> float:
    """Return a round number a little above the values: few different ones, so that a template is seldom built anew.

    >>> ceiling([0.12, 0.21]), ceiling([4.0]), ceiling([2.5e6])
    (0.3, 5.0, 3000000.0)
    """
    top = 1.1 * max((value for value in values if math.isfinite(value)), default=1.0)
    tops = (base * 10.0**power for power in range(-3, 13) for base in (1.0, 1.5, 2.0, 3.0, 5.0, 7.5))
    return round(next((t for t in tops if t >= top), top), 6)


def csv(rows: Rows) -> str:
    """Return rows as CSV, in which no text is a formula to a spreadsheet: an apostrophe stands before what looks so.

    >>> csv([{"class": "=1+1", "name": "-0.5", "loss": -0.5}])
    "class,name,loss\\n'=1+1,-0.5,-0.5\\n"
    """
    table = pd.DataFrame(rows).rename(columns=_no_formula)
    texts = table.select_dtypes(include=["object", "string"]).columns
    return table.assign(**{name: table[name].map(_no_formula) for name in texts}).to_csv(index=False)


def _no_formula(cell: Any) -> Any:
    if not isinstance(cell, str) or not cell.startswith(FORMULA) or len(cell) == 1:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def in_words(labels: Sequence[Mapping[str, Any]], unit: str = "loss") -> str:
    """Return the ends of the curves as a sentence for screen readers."""
    ends = [
        f"{label['text']} {label['end']:.3f}" if "end" in label else str(label["text"])
        for label in labels
        if label["text"]
    ]
    return f"Curves of {unit} at their ends, from low to high: " + ", ".join(ends) + "." if ends else "No curve yet."
