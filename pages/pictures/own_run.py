"""The pictures of a person's own run: its curve, with its noise and its gap, or the losses that were told without one.

What is shown is what was told: no value is computed but the noise of the validation loss, and the guess that it is held
against.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import altair as alt

from pages.ui import charts
from pages.ui.charts import HALO, colour, dash, data, finish, pack, unpacked
from pages.ui.drawing import Picture
from pages.ui.levels import GRAY, Row, entries, legend
from pages.ui.panels import Panel, beyond

from reglab import strategy
from reglab.curves import Curve

HEIGHT, TOLD_HEIGHT = 250, 150
TOP, FLOOR = alt.ExprRef("data('now')[0].top"), alt.ExprRef("data('now')[0].floor")
START, END = alt.ExprRef("data('now')[0].start"), alt.ExprRef("data('now')[0].end")
CUT = 4.0  # times the losses of the second half of a run: what is above leaves the picture
MANY = 12  # other runs that are drawn
POINTS = 200  # of another run
SPLITS = {"train": "train_loss", "validation": "val_loss"}
SHARES = {"train": "train_accuracy", "validation": "val_accuracy"}
NO_ROW = {"x": None, "value": None, "low": None, "high": None, "who": "train", "text": ""}


def number(value: float) -> str:
    """Return a loss with three digits.

    >>> number(0.0037), number(1.20449), number(999.6), number(5930.4), number(0.0)
    ('0.0037', '1.2', '1,000', '5,930', '0')
    """
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e7 else f"{value:.3g}"


def _held() -> alt.Chart:
    """Return a layer that shows nothing of "now": expressions read a dataset only where a layer has it."""
    held: alt.Chart = alt.Chart(data("now")).mark_point(opacity=0).encode(x=alt.XValue(0), y=alt.YValue(0))
    return held


# ------------------------------------------------------------------ a curve


@cache
def _curve_chart(x_title: str, y_title: str) -> dict[str, Any]:
    panel = Panel(False, x_title, y_title, (START, END), (FLOOR, TOP), alone=True)
    x, up = panel.x("x:Q"), panel.y("value:Q")
    rows, marks = alt.Chart(data("losses")), alt.Chart(data("marks"))
    what = [
        alt.Tooltip("x:Q", title=x_title),
        alt.Tooltip("who:N", title="rows"),
        alt.Tooltip("value:Q", title=y_title, format=".4~g"),
    ]
    # The other runs, thin; their text is data.
    others = unpacked(alt.Chart(data("others")), ("x", "value")).mark_line(strokeWidth=1, opacity=0.45, clip=True)
    guess = alt.Chart(data("guess"))
    parts = [
        _held(),
        others.encode(x, up, colour("who"), dash("who"), alt.Detail(["run:N", "who:N"])),
        rows.mark_area(opacity=0.18, clip=True).encode(x, panel.y("low:Q"), alt.Y2("high"), colour("who")),
        guess.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, clip=True).encode(y=up, color=GRAY),
        guess.mark_text(align="left", baseline="bottom", dx=4, dy=-3, **HALO).encode(
            x=alt.XValue(0), y=up, text=alt.Text("text:N"), color=GRAY
        ),
        rows.mark_line(clip=True).encode(x, up, colour("who"), dash("who")),
        beyond(panel, rows, "value", across="x").encode(x),
        rows.mark_circle(size=90, opacity=0, clip=True).encode(x, up, tooltip=what),
        marks.transform_filter("datum.kind == 'best'").mark_circle(size=75, opacity=1).encode(x, up, colour("who")),
        marks.transform_filter("datum.kind == 'gap'")
        .mark_rule(strokeWidth=2)
        .encode(x=x, y=panel.y("low:Q"), y2=alt.Y2("high"), color=alt.ColorValue("currentColor")),
    ]
    words = {"fontWeight": 600, **HALO}
    sides: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 8), ("right", -8))
    for side, dx in sides:
        here = marks.transform_filter(f"datum.side == '{side}'")
        best = here.transform_filter("datum.kind == 'best'")
        gap = here.transform_filter("datum.kind == 'gap'")
        parts += [
            *(
                best.transform_filter(f"datum.below == {str(below).lower()}")
                .mark_text(
                    align=side, baseline="top" if below else "bottom", dx=-dx / 2, dy=8 if below else -7, **words
                )
                .encode(x, up, text=alt.Text("text:N"), color=colour("who"))
                for below in (False, True)
            ),
            gap.mark_text(align=side, baseline="middle", dx=dx, **words).encode(
                x, up, text=alt.Text("text:N"), color=alt.ColorValue("currentColor")
            ),
        ]
    return finish(alt.layer(*parts, *legend(panel)), HEIGHT)


def curve(
    chosen: Curve,
    *,
    others: Mapping[str, Curve] | None = None,
    n_val: int | None = None,
    constant: float | None = None,
) -> Picture:
    """Draw a run's losses, or where it has none its accuracies, with the noise of the validation loss.

    others: the curves of the other runs of the log, by name. n_val: validation rows, from which the noise is. constant:
    the loss of a constant guess.
    """
    shares = "val_loss" not in chosen
    columns = {who: name for who, name in (SHARES if shares else SPLITS).items() if name in chosen}
    noun = "accuracy" if shares else "loss"
    step, lines = chosen["step"], {who: chosen[name] for who, name in columns.items()}
    thin = dict(list((others or {}).items())[:MANY])
    bands = {} if n_val is None or shares else {"validation": _noise(chosen, n_val, constant)}
    losses = [
        {
            "x": x,
            "value": value if math.isfinite(value) else None,
            "low": value - band if math.isfinite(value) and band is not None else None,
            "high": value + band if math.isfinite(value) and band is not None else None,
            "who": who,
        }
        for who, values in lines.items()
        for x, value, band in zip(step, values, bands.get(who, [None] * len(step)), strict=True)
    ]
    ends = _ends(lines, thin, columns, constant, shares)
    marks = _marks(step, lines, chosen.unit, noun, shares)
    said = f"a constant guess, {number(constant)}" if constant and not shares else ""
    above = constant is not None and constant > ends["top"]  # where nothing of it can be seen
    guess = [{"value": constant, "text": said}] if said and not above else []
    key = [(f"{who} {number(_last(values))}", who) for who, values in lines.items()]
    key += [(f"{said}: above the picture", "baseline")] if said and above else []
    key += [(f"thin: {len(thin)} other {'run' if len(thin) == 1 else 'runs'}", "baseline")] if thin else []
    x_title = f"{chosen.unit}{', counted from 0' if chosen.counted_from == 0 else ''}"
    span = [step[0], step[-1] if step[-1] > step[0] else step[0] + 1]
    span = [
        min([span[0], *(other["step"][0] for other in thin.values())]),
        max([span[1], *(other["step"][-1] for other in thin.values())]),
    ]
    return Picture(
        _curve_chart(x_title, noun),
        {
            "now": [{"start": span[0], "end": span[1], **ends}],
            "losses": losses,
            "others": _thin(thin, columns) or [{"run": "", "who": "train", "curve": ","}],
            "marks": marks or [{**NO_ROW, "kind": "", "side": "", "below": False}],
            "guess": guess or [{"value": None, "text": ""}],
            "legend": entries(*key),
        },
        f"The run's {noun} on training and validation rows, by {chosen.unit}.",
        _in_words(lines, marks, guess, noun),
    )


def _noise(chosen: Curve, n_val: int, constant: float | None) -> list[float | None]:
    """Return a guess of the standard error of the validation loss at each row, None where there is none."""
    train = chosen.get("train_loss", [0.0] * len(chosen["step"]))
    return [
        strategy.standard_error(v, n_val, train_loss=t, constant_loss=constant, accuracy=right)
        if math.isfinite(v) and math.isfinite(t) and min(v, t) >= 0
        else None
        for t, v, right in zip(train, chosen["val_loss"], strategy.shares_right(chosen), strict=True)
    ]


def _ends(
    lines: Mapping[str, Sequence[float]],
    others: Mapping[str, Curve],
    columns: Mapping[str, str],
    constant: float | None,
    shares: bool,
) -> dict[str, float]:
    """Return the ends of the vertical axis: what is far above the second half of the run leaves the picture."""
    if shares:
        return {"floor": 0.0, "top": 1.0}
    every = [*lines.values(), *(other[name] for other in others.values() for name in columns.values() if name in other)]
    seen = [value for values in every for value in values if math.isfinite(value)]
    late = [value for values in every for value in values[len(values) // 2 :] if math.isfinite(value)]
    most = max(late or seen or [1.0])
    limit = CUT * most if most > 0 else math.inf
    inside = [value for value in seen if value <= limit]
    if constant is not None and constant <= limit:
        inside.append(constant)
    low, high = min(inside, default=0.0), max(inside, default=1.0)
    floor = -charts.ceiling([-low]) if low < 0 else 0.0
    return {"floor": floor, "top": charts.ceiling([high]) if high > 0 else 0.0 if low < 0 else 1.0}


def _last(values: Sequence[float]) -> float:
    """Return the last finite value, nan where there is none."""
    return next((value for value in reversed(values) if math.isfinite(value)), math.nan)


def _marks(
    step: Sequence[float], lines: Mapping[str, Sequence[float]], unit: str, noun: str, shares: bool
) -> list[Row]:
    """Return the best evaluation, and the gap at the end."""
    val = lines["validation"]
    known = [i for i, value in enumerate(val) if math.isfinite(value)]
    if not known:
        return []
    best = (max if shares else min)(known, key=val.__getitem__)
    middle = (step[0] + step[-1]) / 2
    side = "left" if step[best] < middle else "right"
    called = "highest" if shares else "lowest"
    text = f"{called} {number(val[best])} at {unit} {step[best]:g}"
    empty = {"low": None, "high": None}
    # On the side of the curve where the gap is not, and within it where the curve bends.
    at = {"kind": "best", "x": step[best], "value": val[best], "who": "validation", "below": shares}
    marks = [{**empty, **at, "text": text, "side": side}]
    train = lines.get("train")
    if train and math.isfinite(train[-1]) and math.isfinite(val[-1]):
        low, high = sorted((train[-1], val[-1]))
        gap = train[-1] - val[-1] if shares else val[-1] - train[-1]
        marks.append(
            {
                "kind": "gap",
                "x": step[-1],
                "value": (low + high) / 2,
                "low": low,
                "high": high,
                "who": "baseline",
                "text": f"gap {number(gap)}",
                "side": "right",
                "below": False,
            }
        )
    return marks


def _thin(others: Mapping[str, Curve], columns: Mapping[str, str]) -> list[Row]:
    """Return the other runs' curves, a row each, of at most `POINTS` points."""
    rows = []
    for name, other in others.items():
        every = max(1, math.ceil(len(other["step"]) / POINTS))
        for who, column in columns.items():
            if column in other:
                points = list(zip(other["step"], other[column], strict=True))[::every]
                whole = [(x, y if math.isfinite(y) else None) for x, y in points]
                rows.append({"run": name, "who": who, "curve": pack(whole)})
    return rows


def _in_words(lines: Mapping[str, Sequence[float]], marks: Sequence[Row], guess: Sequence[Row], noun: str) -> str:
    """Say what the picture shows, for those who do not see it."""
    ends = ", ".join(f"{who} {number(_last(values))}" for who, values in lines.items())
    said = [f"The {noun} at the end: {ends}.", *(f"{str(mark['text']).capitalize()}." for mark in marks)]
    return " ".join([*said, *(f"{row['text'].capitalize()}." for row in guess)])


# ------------------------------------------------------------------ without a curve


@cache
def _told_chart(x_title: str) -> dict[str, Any]:
    across = alt.X(
        "value:Q", title=x_title, scale=alt.Scale(domain=[0, TOP], nice=False, range=[0, {"expr": "width - 96"}])
    )
    axis = alt.Axis(labelLimit=120, minExtent=100, domain=False, ticks=False)
    up = alt.Y("what:N", title=None, sort=["train", "validation", "constant guess"], axis=axis)
    rows = alt.Chart(data("told"))
    return finish(
        alt.layer(
            _held(),
            rows.mark_bar(height=16, opacity=0.3).encode(across, up, colour("who")),
            rows.mark_bar(height=16, opacity=0.75).encode(
                x=alt.X("from:Q"), x2=alt.X2("to"), y=up, color=colour("who")
            ),
            rows.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high"), y=up),
            rows.mark_tick(thickness=3, height=22).encode(across, up, colour("who")),
            rows.mark_text(align="left", dx=7, fontWeight=600).encode(
                x=alt.X("right:Q"), y=up, text=alt.Text("text:N"), color=colour("who")
            ),
        ),
        TOLD_HEIGHT,
    )


def two_losses(
    train: float, val: float, *, n_val: int | None = None, constant: float | None = None, read_as: str = "losses"
) -> Picture:
    """Draw two losses that were told without a curve, and the constant guess that they are held against.

    read_as: what the two are, "losses", "accuracies" or "error rates".
    """
    gap = train - val if read_as == "accuracies" else val - train
    noise = 0.0
    if n_val is not None and read_as == "losses":
        noise = strategy.standard_error(val, n_val, train_loss=train, constant_loss=constant)
    rows: list[Row] = [
        {"what": "train", "who": "train", "value": train, "text": number(train), "right": train},
        {
            "what": "validation",
            "who": "validation",
            "value": val,
            "from": min(train, val),
            "to": max(train, val),
            "low": val - noise if noise else None,
            "high": val + noise if noise else None,
            "text": f"{number(val)}, gap {number(gap)}",
            "right": val + noise,
        },
    ]
    if constant is not None and read_as == "losses":
        rows.append(
            {
                "what": "constant guess",
                "who": "baseline",
                "value": constant,
                "text": number(constant),
                "right": constant,
            }
        )
    top = max(row["right"] for row in rows) or 1.0
    noun = {"losses": "loss", "accuracies": "accuracy", "error rates": "error rate"}[read_as]
    return Picture(
        _told_chart(noun),
        {"now": [{"top": top}], "told": rows},
        f"The {noun} that was told of training and validation rows, and that of a constant guess.",
        "; ".join(f"{row['what']} {row['text']}" for row in rows),
    )
