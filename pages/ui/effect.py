"""The effect of one technique on real data: every strength of a scale trained at once, then scrubbed in the browser.

The left panel has the losses at the kept weights against the strength, the right one the training curves of the
strength under the pointer beside the baseline's. All of it is one stacked run, so moving the slider trains nothing.
The top of the loss axis goes in as data, so that one template serves every dataset and size.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import altair as alt
import streamlit as st

from pages.ui import charts, controls, runs, scrub
from pages.ui.charts import TECHNIQUE, colour, dash, data, packed, unpacked
from pages.ui.own_data import is_own, load
from pages.ui.panels import Panel, beyond, how_many_left, join, legend

from reglab.engine.evaluate import constant_loss
from reglab.engine.rows import most_rows
from reglab.engine.run import Run
from reglab.settings import Settings, Training

if TYPE_CHECKING:  # most pages have no texts
    from reglab.experiments.text_experiments import TextRun

# Eight strengths and five seeds are done in about a second on two cores, and the unregularized network has overfitted.
TRAINING = Training(max_steps=300, eval_steps=20)
BASE = Settings(learning_rate=3e-3)

POINT = ("step", "mean", "low", "high")  # of a training curve
SPLITS = ("validation", "train", "test")
SHORT = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Scale:
    """A technique's strengths: the field of `Settings`, its values from 0 up, and its name on the axis."""

    field: str
    values: tuple[float, ...]
    title: str

    def settings(self, base: Settings) -> tuple[Settings, ...]:
        """Return the base with each strength."""
        each: list[dict[str, Any]] = [{self.field: value} for value in self.values]
        return tuple(replace(base, **given) for given in each)

    def label(self, value: float) -> str:
        """Return a strength as the axis writes it."""
        return "off" if value == 0 else f"{value:g}"


def sizes_of(dataset: str, sizes: Sequence[int]) -> tuple[int, ...]:
    """Return those numbers of training rows that a dataset has rows for, with some left to validate.

    >>> sizes_of("wine", (50, 100, 200))
    (50,)
    """
    return tuple(size for size in sizes if size <= 0.7 * most_rows(load(dataset)))


def top_of_axis(run: Run | TextRun, level: int = 0) -> float:
    """Return the top of the loss axis: above the baseline's losses, the level's, and those of half of the strengths.

    A level that is far above all others would press the rest flat, so it counts where it is the one that is set. Its
    training curve counts from the middle of the evaluations on, since every curve falls from above the axis, and
    without the seeds that diverged, whose last losses have no bound.
    """
    validation, test = ([mean(values) for values in outcomes(run, name)] for name in ("val_loss", "test_loss"))
    seen = sorted(value for value in validation if value is not None)
    if not seen:
        return 1.0
    here = [side[i] or 0.0 for side in (validation, test) for i in (0, level)]
    whole = run.val_loss[level, ~run.diverged[level], len(run.steps) // 2 :]
    late = [mean(values) or 0.0 for values in whole.T.tolist()]
    return charts.ceiling([1.2 * max(*here, seen[len(seen) // 2]), *late])


def numbers(
    run: Run | TextRun,
    field: str,
    strengths: Sequence[Any],
    names: Sequence[str] = ("train_loss", "val_loss", "test_loss", "test_accuracy"),
    **more: Sequence[Sequence[Any]],
) -> list[dict[str, Any]]:
    """Return what every model of a scale ended with, as rows to download; more: columns, by strength and seed."""
    columns = {**{name: run.kept(name).tolist() for name in names}, **more}
    return [
        {field: strength, "seed": seed, **{name: values[i][j] for name, values in columns.items()}}
        for i, strength in enumerate(strengths)
        for j, seed in enumerate(run.seeds)
    ]


def history(
    run: Run | TextRun,
    field: str,
    strengths: Sequence[float],
    names: Sequence[str] = ("train_loss", "val_loss", "test_loss", "test_accuracy"),
) -> list[dict[str, Any]]:
    """Return what every model of a scale had at each evaluation, as rows to download; None where it has diverged."""
    losses = {name: getattr(run, name).tolist() for name in names}  # [strengths][seeds][evaluations]
    rows = {"n_train": run.n_train} if isinstance(run, Run) else {}  # of texts the page says it
    return [
        {
            field: strength,
            "seed": seed,
            **rows,
            "step": step,
            **{name: losses[name][i][j][at] if math.isfinite(losses[name][i][j][at]) else None for name in names},
        }
        for i, strength in enumerate(strengths)
        for j, seed in enumerate(run.seeds)
        for at, step in enumerate(run.steps.tolist())
    ]


def guess(dataset: str) -> tuple[float, float]:
    """Return the loss and the accuracy that a constant guess has on the test rows; of a regression's its R squared.

    >>> [round(value, 2) for value in guess("moons")]
    [0.69, 0.5]
    >>> guess("diabetes")[1]
    0.0
    """
    data = load(dataset)
    if data.n_classes is None:
        return constant_loss(data), 0.0
    labels, loss = data.y_test.tolist(), constant_loss(data)
    if is_own(dataset):  # whose classes may be of very different sizes, where guessing them by their shares costs less
        counts = Counter(data.y.tolist()).values()
        loss = -sum(count / len(data.y) * math.log(count / len(data.y)) for count in counts)
    return loss, max(map(labels.count, set(labels))) / len(labels)


def classes(run: Run) -> int | None:
    """Return how many classes a run is of, None of a regression."""
    return run.sizes[-1] if run.sizes[-1] > 1 else None


def loss_unit(run: Run) -> str:
    """Return what a run's loss is called on an axis, with its unit."""
    return "loss (nats)" if classes(run) else "half squared error"


def mean(values: Sequence[float]) -> float | None:
    """Return the mean over the seeds that did not diverge.

    >>> mean([1.0, 2.0, float("nan")]), mean([float("nan")])
    (1.5, None)
    """
    seen = [value for value in values if math.isfinite(value)]
    return sum(seen) / len(seen) if seen else None


def outcomes(run: Run | TextRun, name: str) -> list[list[float]]:
    """Return a history's value at the kept weights, by level and seed; NaN of a model that diverged.

    A run keeps the last weights of such a model before that: what they come to is no result of the training.
    """
    values, lost = run.kept(name).tolist(), run.diverged.tolist()
    return [
        [math.nan if gone else value for value, gone in zip(*of_level, strict=True)]
        for of_level in zip(values, lost, strict=True)
    ]


def seeds_left(seen: int, count: int) -> dict[str, str]:
    """Return what a picture's row says of the seeds that its mean is of, where some diverged; else nothing.

    >>> seeds_left(2, 5), seeds_left(0, 5), seeds_left(5, 5)
    ({'seeds': '2/5|left'}, {'seeds': 'none|left'}, {})
    """
    return {"seeds": f"{f'{seen}/{count}' if seen else 'none'}|left"} if seen < count else {}


@cache
def template(scale: Scale, max_steps: int, y_title: str = "loss (nats)") -> dict[str, Any]:
    """Return the two panels; `rows` makes their datasets."""
    slots = len(scale.values)
    losses = 0, alt.ExprRef("data('now')[0].top")
    hover = alt.selection_point(name="hover", fields=["level"], on="pointermove", clear="pointerout", empty=False)
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    pinned = "data('now')[0].level"
    shown = alt.param(name="shown", expr=f"isArray(hover.level) ? hover.level[0] : {pinned}")
    here = "datum.level == shown"
    green = alt.ColorValue(TECHNIQUE)

    names = ", ".join(f"'{scale.label(value)}'" for value in scale.values)
    ticks = (("values", list(range(slots))), ("labelExpr", f"[{names}][datum.value]"), ("labelOverlap", "greedy"))
    left = Panel(False, scale.title, y_title, (-0.4, slots - 0.6), losses, x_ticks=ticks)
    strengths = alt.Chart(data("strengths"))
    x, y = left.x("level:Q"), left.y("mean:Q")
    band = strengths.mark_area(clip=True, opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), colour("who"))
    means = strengths.mark_line(clip=True).encode(x, y, colour("who"), dash("who"))
    picked = strengths.transform_filter(here)
    dots = picked.mark_circle(size=60, opacity=1, clip=True).encode(x, y, colour("who"))
    high = {"y": alt.YValue(alt.ExprRef(left.top)), "y2": alt.Y2Value(alt.ExprRef(left.bottom))}
    targets = alt.Chart(data("slots"))
    pin_rule = alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **high, color=green)
    rule = targets.transform_filter(here).mark_rule(strokeWidth=2).encode(x, **high, color=green)
    hits = targets.mark_rect(opacity=0, cursor="pointer").encode(left.x("from:Q"), alt.X2("to"), **high)
    above = picked.transform_filter("datum.mean > data('now')[0].top")

    right = Panel(True, "step", y_title, (0, max_steps), losses, x_ticks=(("tickCount", 5), ("format", ",d")))
    curves, base = unpacked(alt.Chart(data("curves")).transform_filter(here), POINT), alt.Chart(data("baseline"))
    rx, ry, low = right.x("step:Q"), right.y("mean:Q"), right.y("low:Q")
    per_split = alt.Detail("split:N")
    drawn = [
        mark
        for layer in (base, curves)
        for mark in (
            layer.mark_area(clip=True, opacity=0.15).encode(rx, low, alt.Y2("high"), colour("who"), per_split),
            layer.mark_line(clip=True).encode(rx, ry, colour("who"), dash("split")),
        )
    ]
    # Where losses are above the axis, arrows say so, and at the strength that is shown a number does.
    outside = [
        beyond(left, strengths).encode(x),
        above.transform_filter("datum.who == 'validation'")
        .mark_text(align="right", baseline="top")
        .encode(
            x=alt.XValue(alt.ExprRef(f"{right.left} + {right.width}")),
            y=alt.YValue(alt.ExprRef(f"{right.top} + 4")),
            text=alt.Text("outside:N"),
            color=green,
        ),
    ]
    # Every curve begins above the axis that fits its end; where it, or its band, is above, an arrow says so.
    outer = alt.Chart(data("leaving")).transform_filter("datum.level == 0 || datum.level == shown")
    started = beyond(right, outer, across="step").encode(rx)
    key = alt.Chart(data("legend"))
    return join(
        alt.layer(
            band,
            pin_rule,
            rule,
            means,
            dots,
            *legend(left, picked),
            outside[0],
            how_many_left(left, alt.Chart(data("gone"))).encode(x),
            hits.add_params(hover, pin),
        ),
        alt.layer(*drawn, started, outside[1], *legend(right, key)),
        params=[shown],
    )


def rows(run: Run | TextRun, scale: Scale, now: float, y_max: float, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the panels' datasets from a run over the scale, finished or still training."""
    strengths = []
    for number, split in enumerate(SPLITS):
        for slot, values in enumerate(outcomes(run, f"{SHORT[split]}_loss")):
            seen = [v for v in values if math.isfinite(v)]
            middle = mean(seen)
            ends = "diverged" if run.diverged[slot].all() else "…"
            text = f"{split} {ends if middle is None else f'{middle:.3f}'}"
            row = {"level": slot, "who": split, "mean": middle, "low": min(seen, default=None)}
            place = {"slot": (0.0, 0.4, 0.7)[number], "place": (0, 140, 240)[number]}
            outside = "" if middle is None else f"▲ validation ends at {middle:.2f}"
            strengths.append({**row, "high": max(seen, default=None), **place, "text": text, "outside": outside})
    lines = [
        (slot, split, "technique" if slot else "baseline", f"{slot}")
        for slot in range(len(scale.values))
        for split in ("validation", "train")
    ]
    whole = charts.curves(run, lines, x_max=float(run.steps[-1]), y_max=y_max)["curves"]
    above = leaving(({**row, "level": int(row["line"] or 0)} for row in whole), y_max)
    drawn = cut(whole, y_max)
    every = [{**row, "level": int(row["line"] or 0)} for row in drawn]
    curves = packed([row for row in every if row["level"]] or every[:1], ("level", "who", "split"), POINT)
    slots = [{"level": slot, "from": slot - 0.5, "to": slot + 0.5} for slot in range(len(scale.values))]
    key = [
        {"slot": 0.0, "place": 0, "text": "baseline", "who": "baseline"},
        {"slot": 0.3, "place": 100, "text": name, "who": "technique"},
    ]
    return {
        "now": [{"level": scale.values.index(now), "top": y_max}],
        "slots": slots,
        "strengths": strengths,
        "curves": curves,
        "baseline": [row for row in every if not row["level"]],
        "leaving": above,
        "gone": gone_rows(run) or [{"level": None, "who": "none", "seeds": None}],
        "legend": key,
    }


def leaving(rows: Iterable[Mapping[str, Any]], top: float) -> list[dict[str, Any]]:
    """Return where training curves of levels, or their bands, are above an axis: one row for each level, role and step.

    >>> leaving([{"level": 1, "who": "technique", "step": 5, "mean": 1.0, "high": 3.0}], top=2)
    [{'level': 1, 'who': 'technique', 'step': 5, 'high': 3.0}]
    """
    above: dict[tuple[Any, ...], float] = {}
    for row in rows:
        place = row["level"], row["who"], row["step"]
        if row["high"] is not None and row["high"] > top:
            above[place] = max(row["high"], above.get(place, 0.0))
    drawn = [{"level": level, "who": who, "step": step, "high": high} for (level, who, step), high in above.items()]
    return drawn or [{"level": None, "who": "baseline", "step": 0, "high": None}]


def gone_rows(run: Run | TextRun) -> list[dict[str, Any]]:
    """Return the levels at which seeds of a scale's run diverged, with how many are left."""
    count = len(run.seeds)
    lost = enumerate(run.diverged.sum(axis=1).tolist())
    return [{"level": slot, "who": "all", **seeds_left(count - gone, count)} for slot, gone in lost if gone]


def cut(
    rows: Sequence[Mapping[str, Any]], top: float, across: str = "step", line: Sequence[str] = ("line", "split")
) -> list[dict[str, Any]]:
    """Cut curves where they leave the axis, since a panel does not clip; the rows of a curve follow each other.

    across: the field along the axis. line: the fields that tell curves apart.

    >>> band = {"line": "a", "split": "train", "low": 1.0, "high": 4.0}
    >>> curve = [{**band, "step": 0, "mean": 4.0}, {**band, "step": 2, "mean": 2.0}]
    >>> [(row["step"], row["mean"]) for row in cut(curve, top=3)]
    [(0, None), (1.0, 3), (2, 2.0)]
    """
    inside: list[dict[str, Any]] = []
    last: Mapping[str, Any] | None = None
    for row in rows:
        new = {**row, **{name: row[name] if row[name] is None else min(row[name], top) for name in ("low", "high")}}
        same = last is not None and all(last[name] == row[name] for name in line)
        mean, was = row["mean"], last["mean"] if last and same else None
        if last and mean is not None and was is not None and (mean - top) * (was - top) < 0:
            crossing = last[across] + (row[across] - last[across]) * (was - top) / (was - mean)
            crossed = {name: value for name, value in new.items() if name != "seeds"}  # which the row itself says
            inside.append({**crossed, across: crossing, "mean": top})
        inside.append({**new, "mean": mean if mean is None or mean <= top else None})
        last = row
    return inside


def train(
    scale: Scale,
    *,
    dataset: str,
    training: Training = TRAINING,
    base: Settings = BASE,
    n_train: int = 200,
    seeds: Sequence[int] = range(5),
    replace_with: Mapping[str, Callable[..., Any]] | None = None,
    **watching: Any,
) -> Run:
    """Return the run over the scale: the one that `show` draws, trained once for both."""
    stack = scale.settings(base)
    return runs.train(dataset, stack, training, n_train=n_train, seeds=tuple(seeds), replace=replace_with, **watching)


def show(
    scale: Scale,
    now: float,
    *,
    dataset: str,
    name: str,
    control: str,
    training: Training = TRAINING,
    n_train: int = 200,
    n_classes: int | None = 10,
    y_max: float | None = None,
    note: str = "point at it to scrub, click to keep",
    place: Any = None,
    **how: Any,
) -> Run:
    """Train the scale, drawing it while it trains; return the run, its settings in the order of the scale.

    name: what the present strength is called. control: the name of the control that holds `now`, which a click sets.
    y_max: the top of the loss axis; by default it fits the run. how: as for `train`: base, seeds, replace_with.
    """
    area = place or st.container()
    unit = "loss (nats)" if n_classes else "half squared error"
    spec = template(scale, training.max_steps, unit)
    chart_key = controls.key(f"effect_{scale.field}")
    charts.title(f"{scale.title[0].upper()}{scale.title[1:]} against loss", note, area)
    bar = area.empty()
    picture = charts.spot(area.container(key=f"panels_{chart_key}", gap=None))

    def draw(run: Run, live: bool = True) -> None:
        top = y_max or (charts.loss_ceiling(n_classes, n_train) if live else top_of_axis(run, scale.values.index(now)))
        sets = rows(run, scale, now, top, name)
        here = [r for r in sets["strengths"] if r["level"] == scale.values.index(now)]
        said = f"At {scale.title} {scale.label(now)}: " + ", ".join(r["text"] for r in here) + "."
        pinning: dict[str, Any] = {}
        if not live:  # a key may be given once per run of the script, so the pictures on the way have none
            keep = scrub.keep(control, scale.values, f"effect_{scale.field}")
            pinning = {"key": chart_key, "on_select": keep, "selection_mode": "pin"}
        charts.show(
            spec,
            sets,
            place=picture,
            height="stretch",
            now=said,
            alt_text=f"Left: train, validation and test loss against {scale.title}, mean and range over the seeds. "
            "Right: training curves at one strength and without it.",
            **pinning,
        )

    run = train(scale, dataset=dataset, training=training, n_train=n_train, on_partial=draw, place=bar, **how)
    draw(run, live=False)
    return run
