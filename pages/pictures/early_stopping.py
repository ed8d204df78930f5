"""The pictures of early stopping, each one block: its template, the rows that fill it, and what it says in words.

A "level" is an evaluation, counted from 0, or a cell of the map of noise and size.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect, panels
from pages.ui.charts import HALO, VALIDATION, colour, dash, data, finish
from pages.ui.drawing import Picture
from pages.ui.levels import GRAY, GREEN, RED, TOP, Row, Ticks, entries, entries_by_level, even, legend, note
from pages.ui.panels import START, Panel, beyond
from pages.ui.scrub import HERE, between, columns, join, rules
from pages.ui.seeds import average, band, counted
from pages.ui.words import capital, percent

from reglab import experiments
from reglab.curves import Curve
from reglab.early_stopping import (
    Stop,
    exponential_smoothing,
    gl_stop,
    patience_stop,
    pq_stop,
    saved,
    stopping_costs,
    up_stop,
)
from reglab.experiments import Optimism, Outcome, StoppingCurves

PATIENCES = tuple(range(1, 21))
AXIS = "evaluation, counted from 0"
SPLITS = ("train", "validation", "test")
LANE = 17  # pixels from one rule's lane to the next
LETTER = 5.2  # pixels of a rule's name for each letter
PANELS = ((281, 177), (510, 300))  # pixels across and down of the panel of the lanes, on a phone and on a wide screen
WHO = ("technique", "mistake")  # what is done right, and wrong
NO_WORD = {"part": None, "lane": None, "at": None, "side": "", "text": "", "who": "baseline"}
NAME = 56  # pixels for a lane's name
MEAN = 0.8  # lanes that the mean stands further below the last seed

ORANGE = alt.ColorValue(VALIDATION)
COST: tuple[float, Any] = (0, alt.ExprRef("data('now')[0].cost_top"))  # tops are data: one template serves every curve
JUST_BELOW = "0.9999 * data('now')[0]."  # where a curve that is cut at a top ends
BARE: Ticks = (("values", []), ("grid", False), ("domain", False))


@dataclass(frozen=True)
class Rules:
    """The present settings of all rules.

    >>> Rules(5, 0.01, 0.0, 2.0, 0.5, 2, 5).name
    'patience 5 (min_delta 0.01)'
    """

    patience: int
    min_delta: float
    smoothing: float
    gl: float
    pq: float
    up: int
    strip: int

    def read(self, val: Any, train: Any) -> dict[str, Stop]:
        """Return where each rule stops on validation and train losses, one curve or many."""
        by_rule = {f"patience {self.patience}": self.wait(val), f"GL {self.gl:g}": gl_stop(val, self.gl)}
        if train is not None:
            by_rule[f"PQ {self.pq:g}"] = pq_stop(val, train, self.pq, self.strip)
        return {**by_rule, f"UP {self.up}": up_stop(val, self.up, self.strip)}

    def wait(self, val: Any, patience: int | None = None) -> Stop:
        """Return where a patience stops, by default the present one."""
        return patience_stop(val, patience or self.patience, self.min_delta, self.smoothing)

    def never(self, val: Any) -> Stop:
        """Return what going to the end returns, watching as the patience does."""
        return patience_stop(val, None, self.min_delta, self.smoothing)

    def ways(self, runs: StoppingCurves) -> dict[str, Stop]:
        """Return what is compared: the rules, the shortest and the longest patience, and going to the end."""
        ways = self.read(runs.val_loss, runs.train_loss)
        for patience in (1, PATIENCES[-1]):
            ways.setdefault(f"patience {patience}", self.wait(runs.val_loss, patience))
        end = patience_stop(runs.val_loss, None).stop
        return {
            **ways,
            "to the end, best restored": self.never(runs.val_loss),
            "to the end, not restored": Stop(end, end),
        }

    @property
    def watch(self) -> dict[str, Any]:
        """How the present patience watches a curve, as the library's functions take it by name."""
        return {"patience": self.patience, "min_delta": self.min_delta, "smoothing": self.smoothing}

    @property
    def key(self) -> str:
        """What the marks of a curve's picture are."""
        watched = " thin line: the average watched;" if self.smoothing else ""
        return f"● returns ■ stops;{watched} hover to scrub, click to keep"

    @property
    def name(self) -> str:
        """The present patience as a sentence calls it."""
        both = (("min_delta", self.min_delta), ("smoothing", self.smoothing))
        more = [f"{what} {value:g}" for what, value in both if value]
        return f"patience {self.patience}" + (f" ({', '.join(more)})" if more else "")


def unit_of(measured: StoppingCurves | Optimism) -> str:
    """Return what the losses of runs are in."""
    return "nats" if measured.n_classes else "half squared error"


def mean(values: Any) -> float:
    """Return the mean of an array over all seeds that have a value, nan where none has."""
    return average(values.ravel().tolist())


def by_seed(values: Any) -> list[float]:
    """Return a measure of every seed at the one noise and size of a run."""
    per_seed: list[float] = values[0, 0].tolist()
    return per_seed


def number(value: float) -> str:
    """Return a loss with three digits, a dash for none.

    >>> number(0.12345), number(1234.5), number(1.7e308), number(float("nan"))
    ('0.123', '1,234', '1.7e+308', '–')
    """
    if math.isnan(value):
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}" if abs(value) < 1e7 else f"{value:.3g}"


def below(values: Sequence[float], top: float) -> list[tuple[float, float | None]]:
    """Return the points of a curve, cut where it leaves the axis: a panel does not clip.

    >>> below([1.0, 3.0], 2.0)
    [(0, 1.0), (0.5, 2.0), (1, None)]
    """
    points: list[tuple[float, float | None]] = []
    for i, value in enumerate(values):
        was = values[i - 1] if i else math.nan
        if (value - top) * (was - top) < 0:
            points.append((i - 1 + (top - was) / (value - was), top))
        points.append((i, value if value <= top else None))
    return points


# ------------------------------------------------------------------ one curve, and where the rules stop on it


@cache
def _curves(evaluations: int, x_title: str, y_title: str, cost_title: str) -> dict[str, Any]:
    across, ticks = (-0.5, evaluations - 0.5), (("tickCount", 6), ("format", "d"))
    left = Panel(False, x_title, y_title, across, (0, TOP), x_ticks=ticks, split=0.6)
    x, y = left.x("level:Q"), left.y("value:Q")
    losses, watched, lanes, here = (alt.Chart(data(name)) for name in ("losses", "watched", "lanes", "here"))
    lane = alt.YValue(alt.ExprRef(f"{left.top} + 13 + {LANE} * datum.lane"))
    stop, returned, who = left.x("stop:Q"), left.x("returned:Q"), colour("who")
    beside: dict[str, dict[str, Any]] = {  # a text stands behind its stop, or, where there is no room, over its line
        "right": {"align": "left", "baseline": "middle"},
        "left": {"align": "right", "baseline": "bottom", "dy": -3},
        "end": {"align": "right", "baseline": "bottom", "dy": -3},
    }
    names: dict[str, dict[str, Any]] = {
        "over": {"baseline": "bottom", "dy": -4},
        "under": {"baseline": "top", "dy": 5},
    }
    heading = alt.Chart(data("levels")).transform_filter(f"{HERE} && datum.part == 0")
    drawn = alt.layer(
        *rules(left),
        losses.mark_line(clip=True).encode(x, y, who, dash("who")),
        beyond(left, losses, "value", f"{JUST_BELOW}top").encode(x),  # where a curve leaves the axis
        watched.mark_line(clip=True, strokeWidth=1.25).encode(x, y, color=GREEN),
        beyond(left, watched, "value", f"{JUST_BELOW}top").encode(x),
        *(
            alt.Chart(data("names"))
            .transform_filter(f"datum.side == '{side}'")
            .mark_text(align="right", dx=-5, **mark, **HALO)
            .encode(x, y, text=alt.Text("text:N"), color=who)
            for side, mark in names.items()
        ),
        lanes.mark_rule(strokeWidth=2).encode(returned, x2=alt.X2("stop:Q"), y=lane, color=who),
        lanes.transform_filter("datum.side == 'end'")
        .mark_rule(strokeWidth=1, strokeDash=[1, 3])
        .encode(stop, x2=alt.X2Value(alt.ExprRef(f"{left.left} + {left.width}")), y=lane, color=who),
        lanes.mark_circle(size=50, opacity=1).encode(returned, y=lane, color=who),
        lanes.mark_point(shape="square", filled=True, size=44, opacity=1).encode(stop, y=lane, color=who),
        *(
            lanes.transform_filter(f"datum.side == '{side}'")
            .mark_text(fontSize=11.5, **HALO, **mark)
            .encode(_clear(left, evaluations, side), y=lane, text=alt.Text("name:N"), color=who)
            for side, mark in beside.items()
        ),
        lanes.mark_circle(size=44, opacity=1, clip=True).encode(returned, y, color=who),
        here.transform_filter(HERE).mark_circle(size=90, opacity=1, clip=True).encode(left.x("at:Q"), y, color=ORANGE),
        left.heading(heading, fontWeight=600).encode(color=GREEN),
    )

    right = Panel(True, x_title, cost_title, across, COST, x_ticks=ticks, split=0.63)
    x, y, cost = right.x("level:Q"), right.y("value:Q"), alt.Chart(data("cost"))
    stops = lanes.mark_point(shape="square", filled=True, size=44, opacity=1, clip=True)
    prices = alt.layer(
        *rules(right),
        cost.mark_line(clip=True).encode(x, y, who),
        beyond(right, cost, "value", f"{JUST_BELOW}cost_top").encode(x),
        cost.transform_filter(HERE).mark_circle(size=56, opacity=1, clip=True).encode(x, y, who),
        stops.encode(right.x("stop:Q"), right.y("cost:Q"), color=who),
        *legend(right, here=True),
    )
    return join([drawn, prices, columns(left, right)])


def _clear(panel: Panel, evaluations: int, side: str) -> alt.XValue:
    """Return where a name begins at its stop, or ends at it, beyond the upright line that would cross it there.

    side: "right", "left", or "end", over the end of its lane.
    """
    stop, line = (
        f"({panel.left} + ({level} + 0.5) / {evaluations} * {panel.width})"
        for level in ("datum.stop", "data('now')[0].level")
    )
    length = f"{LETTER} * length(datum.name)"
    if side == "right":
        crossed = f"{line} > {stop} && {line} < {stop} + 12 + {length}"
        return alt.XValue(alt.ExprRef(f"{crossed} ? {line} + 8 : {stop} + 8"))
    if side == "end":
        stop = f"({panel.left} + {panel.width})"
    crossed = f"{line} <= {stop} && {line} > {stop} - 4 - {length}"
    return alt.XValue(alt.ExprRef(f"{crossed} ? {line} - 6 : {stop}"))


def curves(
    rules: Rules,
    steps: Sequence[float],
    train: Sequence[float] | None,
    val: Sequence[float],
    test: Sequence[float] | None = None,
    *,
    x_title: str = AXIS,
    unit: str = "loss (nats)",
    noun: str = "evaluation",
    counts: str = "step",
) -> Picture:
    """Return one curve with every rule's stop and return; beside it what stopping costs.

    A click sets the patience whose stop is nearest. counts: what `steps` are, as `reglab.curves.UNITS` calls it.
    """
    size, truth, what = len(val), test or val, "test loss" if test else "validation loss"
    stops, costs = rules.read(val, train), stopping_costs(val, truth, rules.min_delta, rules.smoothing)
    best, both = costs.returned.tolist(), (costs.restored.tolist(), costs.unrestored.tolist())
    seen = {who: curve for who, curve in zip(SPLITS, (train, val, test), strict=True) if curve}
    last = {who: next((v for v in reversed(c) if math.isfinite(v)), 0.0) for who, c in seen.items()}
    lowest = min((v for v in val if math.isfinite(v)), default=0.0)
    top = charts.ceiling([1.35 * max(last.values()), 1.9 * lowest])
    names = {label: label + (" to the end" if stop.stop == size - 1 else "") for label, stop in stops.items()}
    cost = {label: _cost(truth, stop) for label, stop in stops.items()}
    prices = [price for price in (*cost.values(), *both[1][size // 2 :]) if math.isfinite(price)]
    cost_top = charts.ceiling([max(prices, default=1.0)])

    def heading(t: int) -> str:
        at = f"stop at {t}" + ("" if steps[t] == t else f" ({counts} {steps[t]:g})")
        return f"{at}: returns {best[t]}, {what} {number(truth[best[t]])}" if best[t] >= 0 else at

    places, line = [(t + 0.5) / size for t in range(size)], next(iter(stops.values())).stop
    watched = exponential_smoothing(val, rules.smoothing).tolist() if rules.smoothing else []
    rows: dict[str, Any] = {
        "now": [{"level": line, "top": top, "cost_top": cost_top}],
        "levels": [{**row, "text": heading(row["level"])} for part in range(2) for row in between(places, part)],
        "losses": [{"level": x, "value": y, "who": who} for who, curve in seen.items() for x, y in below(curve, top)],
        "watched": [{"level": x, "value": y, "who": "technique"} for x, y in below(watched, top)]
        or [{"level": None, "value": None, "who": "technique"}],
        "names": _names(last, size, top),
        "lanes": [
            {
                "lane": lane,
                "returned": stop.returned,
                "stop": stop.stop,
                "who": "baseline" if lane else "technique",
                "value": val[stop.returned] if stop.returned >= 0 and val[stop.returned] <= top else None,
                "cost": cost[label] if cost[label] <= cost_top else None,
                "name": names[label],
                "side": _side(names[label], lane, stop.stop, line, [*seen.values(), watched], top),
            }
            for lane, (label, stop) in enumerate(stops.items())
        ],
        "here": [
            {"level": t, "at": at, "value": val[at] if val[at] <= top else None} for t, at in enumerate(best) if at >= 0
        ],
        "cost": [
            {"level": x, "value": y, "who": who}
            for who, values in zip(WHO, both, strict=True)
            for x, y in below(values, cost_top)
        ],
        "legend": entries_by_level(
            [
                [
                    (f"{text} +{number(values[t])}", who)
                    for who, text, values in zip(WHO, ("restored", "not restored"), both, strict=True)
                    if math.isfinite(values[t])
                ]
                for t in range(size)
            ],
            gap=6,  # the panel is the narrower one
        ),
    }
    waits = [(patience, rules.wait(val, patience).stop) for patience in PATIENCES]
    nearest = [min((abs(stop - t), patience) for patience, stop in waits)[1] for t in range(size)]
    return Picture(
        _curves(size, x_title, unit, f"{what} above the best{unit.removeprefix('loss')}"),
        rows,
        alt=f"Left: train and validation loss by {noun}; above them, for each stopping rule, a line from the {noun} "
        f"that it returns to the one at which it stops. Right: how far the {what} lies above its lowest when stopping "
        "there, with the best weights restored and with those at the stop kept.",
        now="; ".join(
            f"{label} stops at {stop.stop} and returns {stop.returned}, {number(cost[label])} above the best"
            for label, stop in stops.items()
        )
        + ".",
        levels=even("patience", nearest, x_title),
    )


def _cost(truth: Sequence[float], stop: Stop) -> float:
    """Return how far what a rule returns lies above the lowest; NaN where it returns nothing."""
    least = min((v for v in truth if math.isfinite(v)), default=math.nan)
    return truth[stop.returned] - least if stop.returned >= 0 else math.nan


def _side(name: str, lane: int, stop: int, line: int, curves: Sequence[Sequence[float]], top: float) -> str:
    """Return on which side of its stop a rule's name is crossed by the fewest curves, or at its lane's end.

    line: where the upright line of the control stands, which a name behind its stop leaves free. top: of the axis.

    >>> _side("GL 2", 0, 2, 2, [[0.1] * 40], 1.0), _side("GL 2", 0, 2, 2, [[0.9] * 8 + [0.1] * 32], 1.0)
    ('right', 'end')
    """
    size = max(map(len, curves))

    def crossings(side: str) -> float:
        count = 0
        for across, down in PANELS:
            pixel = size / across  # in evaluations
            long, middle = LETTER * len(name) * pixel, 13 + LANE * lane
            if side == "right":
                start = (line if stop < line < stop + 12 * pixel + long else stop) + 8 * pixel
            else:
                start = (stop if side == "left" else size - 0.5) - long
                middle -= 9
            if start < (stop if side == "end" else -0.5) or start + long > size - 0.5:
                return math.inf
            low, high = (top * (1 - (middle + edge) / down) for edge in (8, -8))
            count += sum(_meets(curve, start, start + long, low, min(high, top)) for curve in curves)
        return count

    return min(("right", "left", "end") if stop < 0.6 * size else ("left",), key=crossings)


def _meets(curve: Sequence[float], start: float, end: float, low: float, high: float) -> bool:
    """Return whether a curve passes through a rectangle.

    >>> _meets([0.0, 1.0], 0.4, 0.6, 0.45, 0.55), _meets([0.0, 1.0], 0.4, 0.6, 0.7, 0.9)
    (True, False)
    """
    for t in range(max(math.floor(start), 0), min(math.ceil(end), len(curve) - 1)):
        a, b = (curve[t] + (min(max(x, t), t + 1) - t) * (curve[t + 1] - curve[t]) for x in (start, end))
        if min(a, b) < high and max(a, b) > low:
            return True
    return False


def _names(last: Mapping[str, float], size: int, top: float) -> list[Row]:
    """Return the names of the curves at their ends, below one that has another just above it."""
    crowded = len(last) < 3 or min(last["validation"], last["test"]) - last["train"] < 0.15 * top
    under = "" if crowded else "test" if last["validation"] > last["test"] else "validation"
    return [
        {
            "level": size - 1,
            "value": min(end, 0.97 * top),
            "text": who,
            "who": who,
            "side": "under" if who == under else "over",
        }
        for who, end in last.items()
    ]


def _of(runs: StoppingCurves, noise: float, n_train: int) -> Row:
    """Return what rows to download say of their training."""
    return {"dataset": runs.dataset, "share_of_labels_shuffled": noise, "n_train": n_train, "n_val": runs.n_val}


def as_curve(runs: StoppingCurves) -> Curve:
    """Return the last seed's run as a log of one's own would tell it."""
    measured = {"step": runs.steps, "train_loss": runs.train_loss[0, 0, -1], "val_loss": runs.val_loss[0, 0, -1]}
    return Curve({role: values.tolist() for role, values in measured.items()})


def curve_rows(runs: StoppingCurves) -> list[Row]:
    """Return the curves of every seed, to download."""
    names = ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    what = _of(runs, runs.noises[0], runs.sizes[0])
    return [
        {
            **what,
            "seed": seed,
            "evaluation": t,
            "step": step,
            **{name: float(getattr(runs, name)[0, 0, k, t]) for name in names},
        }
        for k, seed in enumerate(runs.seeds)
        for t, step in enumerate(runs.steps.tolist())
    ]


def own_rows(stops: Mapping[str, Stop], steps: Sequence[float], val: Sequence[float]) -> list[Row]:
    """Return where the rules stop on a curve of one's own, to download."""
    return [
        {
            "rule": label,
            "stop_step": steps[stop.stop],
            "returned_step": steps[stop.returned],
            "val_loss": val[stop.returned],
            "share_of_evaluations_saved": saved(stop.stop, len(val)),
        }
        for label, stop in stops.items()
    ]


# ------------------------------------------------------------------ the rules compared


@cache
def _compared(rules: int, unit: str) -> dict[str, Any]:
    down, shares = (rules - 0.5, -0.75), (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
    ticks = (("tickCount", 4),)
    left = Panel(False, f"regret in test loss ({unit})", None, (0, TOP), down, x_ticks=ticks, y_ticks=BARE)
    right = Panel(True, "steps saved", None, (0, 1), down, x_ticks=shares, y_ticks=BARE)
    blank = alt.Chart(data("now")).mark_point(size=0, opacity=0)  # a dataset that no mark uses would be dropped
    parts: list[Any] = []
    for part, panel in enumerate((left, right)):
        rows = alt.Chart(data("rules")).transform_filter(f"datum.part == {part}")
        y, who = panel.y("lane:Q"), colour("who")
        edge = {"x": alt.XValue(alt.ExprRef(panel.left)), "y": panel.y("above:Q")}
        texts = rows.mark_text(align="left", baseline="middle", dx=2, fontSize=12)
        layers = (
            rows.mark_rule(strokeWidth=7, opacity=0.25).encode(panel.x("low:Q"), alt.X2("high"), y, color=who),
            rows.mark_circle(size=64, opacity=1).encode(panel.x("mean:Q"), y, color=who),
            texts.encode(**edge, text=alt.Text("text:N"), color=who),
        )
        parts.append(alt.layer(blank, *layers))
    return panels.join(*parts)


def compared(runs: StoppingCurves, ways: Mapping[str, Stop]) -> Picture:
    """Return what each rule costs, and what it saves, mean and range over the seeds."""
    outcomes = {label: experiments.outcome(runs, stop) for label, stop in ways.items()}
    drawn: list[list[Row]] = [[], []]
    for lane, (label, outcome) in enumerate(outcomes.items()):
        who = "technique" if not lane else "mistake" if "not restored" in label else "baseline"
        for part, values in enumerate((outcome.regret, outcome.saved)):
            row = band(values.ravel().tolist())
            middle = row["mean"]
            text = "diverged" if middle is None else percent(middle) if part else number(middle)
            text += counted(values.ravel().tolist())
            at = {"part": part, "lane": lane + 0.15, "above": lane - 0.3}
            drawn[part].append({**at, **row, "text": f"{label}: {text}", "who": who})
    return Picture(
        _compared(len(ways), unit_of(runs)),
        {
            "now": [{"top": charts.ceiling(row["high"] or 0.0 for row in drawn[0])}],
            "rules": [*drawn[0], *drawn[1]],
        },
        alt="Left: how far the test loss of what each rule returns lies above the run's lowest. Right: the share of "
        "training steps that each rule saves.",
        now="; ".join(f"{a['text']}, saves {b['text'].rpartition(': ')[2]}" for a, b in zip(*drawn, strict=True)),
    )


def as_table(outcomes: Mapping[str, Outcome]) -> str:
    """Return what the rules come to on average as a table in HTML."""
    heads = "".join(f"<th>{h}</th>" for h in ("rule", "stops at", "returns", "test loss", "regret", "steps saved"))
    rows = []
    for label, outcome in outcomes.items():
        counts = [f"{mean(values):.1f}" for values in (outcome.stop, outcome.returned)]
        cells = (*counts, number(mean(outcome.loss)), number(mean(outcome.regret)), percent(mean(outcome.saved)))
        texts = "".join(f'<td class="number">{text}</td>' for text in cells)
        rows.append(f"<tr><td class='name'>{label}</td>{texts}</tr>")
    return f'<table class="settings-table"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def outcome_rows(runs: StoppingCurves, ways: Mapping[str, Stop]) -> list[Row]:
    """Return what each rule comes to in every run, to download."""
    steps, table = runs.steps.tolist(), []
    for label, stop in ways.items():
        outcome = experiments.outcome(runs, stop)
        for i, noise in enumerate(runs.noises):
            for j, size in enumerate(runs.sizes):
                for k, seed in enumerate(runs.seeds):
                    at, back = int(outcome.stop[i, j, k]), int(outcome.returned[i, j, k])
                    table.append(
                        {
                            **_of(runs, noise, size),
                            "seed": seed,
                            "rule": label,
                            "stop_evaluation": at,
                            "stop_step": steps[at],
                            "returned_evaluation": back,
                            "test_loss": float(outcome.loss[i, j, k]),
                            "regret": float(outcome.regret[i, j, k]),
                            "share_of_steps_saved": float(outcome.saved[i, j, k]),
                            "returned_step": steps[back] if back >= 0 else None,
                        }
                    )
    return table


# ------------------------------------------------------------------ the map of noise and size


@cache
def _regret_map(noises: tuple[str, ...], sizes: tuple[str, ...], patiences: int, unit: str) -> dict[str, Any]:
    def slots(names: Sequence[str]) -> tuple[tuple[str, Any], ...]:
        each = ", ".join(f"'{name}'" for name in names)
        return (("values", list(range(len(names)))), ("labelExpr", f"[{each}][datum.value]"), ("grid", False))

    across, down = (-0.5, len(sizes) - 0.5), (len(noises) - 0.5, -0.5)
    names = "training rows n", "labels shuffled"
    left = Panel(False, *names, across, down, x_ticks=slots(sizes), y_ticks=slots(noises), split=0.48)
    cells = alt.Chart(data("cells")).transform_calculate(
        a="datum.column - 0.5", b="datum.column + 0.5", c="datum.row - 0.5", d="datum.row + 0.5"
    )
    box: dict[str, Any] = {"x": left.x("a:Q"), "y": left.y("c:Q"), "x2": alt.X2("b"), "y2": alt.Y2("d")}
    hover, pin = (
        alt.selection_point(name=name, fields=["level"], on=on, clear="pointerout", empty=False)
        for name, on in (("hover", "pointermove"), ("pin", "click"))
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.4]), legend=None)
    said = cells.mark_text(fontSize=13, fontWeight=600)
    there = alt.Chart(data("levels")).transform_filter(HERE)
    table = alt.layer(
        cells.mark_rect(cornerRadius=2).encode(**box, opacity=shade, color=ORANGE),
        cells.transform_filter(HERE).mark_rect(filled=False, strokeWidth=2.5).encode(**box, color=GREEN),
        said.encode(left.x("column:Q"), left.y("row:Q"), text=alt.Text("text:N"), color=GRAY),
        left.heading(there, fontWeight=600).encode(color=GREEN),
        cells.mark_rect(opacity=0, cursor="pointer").encode(**box).add_params(hover, pin),
    )

    ends, up, few = (0.5, patiences + 0.5), f"regret in test loss ({unit})", (("tickCount", 5), ("format", "d"))
    right = Panel(True, "patience (evaluations)", up, ends, COST, x_ticks=few, split=0.58)
    by_patience, others = (alt.Chart(data(name)).transform_filter(HERE) for name in ("patience", "others"))
    x, y = right.x("patience:Q"), right.y("mean:Q")
    upright = {"y": alt.YValue(alt.ExprRef(right.top)), "y2": alt.Y2Value(alt.ExprRef(right.bottom))}
    start, end = alt.XValue(alt.ExprRef(right.left)), alt.X2Value(alt.ExprRef(f"{right.left} + {right.width}"))
    other = others.mark_text(align="right", baseline="bottom", dy=-2, fontSize=11.5, **HALO)
    curve = alt.layer(
        alt.Chart(data("now")).mark_rule(strokeWidth=2, opacity=0.35).encode(x, **upright, color=GREEN),
        others.mark_rule(strokeDash=[4, 3], strokeWidth=1.25, clip=True).encode(y=y, x=start, x2=end, color=GRAY),
        by_patience.mark_area(opacity=0.16, clip=True).encode(x, right.y("low:Q"), alt.Y2("high"), color=GREEN),
        by_patience.mark_line(clip=True, point={"size": 26}).encode(x, y, color=GREEN),
        other.encode(x=end, y=right.y("place:Q"), text=alt.Text("text:N"), color=GRAY),
        note(right, "headings"),
    )
    return join([table, curve])


def cells(runs: StoppingCurves) -> list[tuple[int, int]]:
    """Return the cells of the map, row by row: the number of a noise and that of a size."""
    return [(i, j) for i in range(len(runs.noises)) for j in range(len(runs.sizes))]


def called(runs: StoppingCurves, cell: tuple[int, int]) -> str:
    """Return what a cell of the map is called."""
    return f"{percent(runs.noises[cell[0]])} shuffled, n = {runs.sizes[cell[1]]}"


def regret_map(rules: Rules, runs: StoppingCurves, *, live: bool = False) -> Picture:
    """Return a map of the present patience's regret by noise and size; beside it regret by patience in one cell."""
    at, every = PATIENCES.index(rules.patience), cells(runs)
    cost = experiments.patience_regret(runs, PATIENCES, rules.min_delta, rules.smoothing)
    enough = experiments.enough_patience(runs, PATIENCES, rules.min_delta, rules.smoothing).tolist()
    read = list(rules.read(runs.val_loss, runs.train_loss).items())[1:]
    others = {label: experiments.outcome(runs, stop).regret for label, stop in read}
    top = charts.ceiling([*cost.ravel().tolist(), *(v for each in others.values() for v in each.ravel().tolist())])
    each = {cell: [band(seeds) for seeds in cost[:, cell[0], cell[1]].tolist()] for cell in every}
    prices = {cell: bands[at]["mean"] for cell, bands in each.items()}
    highest = max((price for price in prices.values() if price is not None), default=1.0) or 1.0
    of = {cell: "" if live else counted(cost[at, cell[0], cell[1]].tolist()) for cell in every}
    texts = ["…" if price is None else f"{number(price)}{of[cell]}" for cell, price in prices.items()]
    headings = [called(runs, cell) for cell in every]
    rows: dict[str, Any] = {
        "cells": [
            {"level": level, "column": j, "row": i, "share": (prices[i, j] or 0.0) / highest, "text": text}
            for level, ((i, j), text) in enumerate(zip(every, texts, strict=True))
        ],
        "levels": [
            {"level": level, "text": at if prices[i, j] is None else f"{at}: {_enough(enough[i][j])}"}
            for level, ((i, j), at) in enumerate(zip(every, headings, strict=True))
        ],
        "patience": [
            {"level": level, "patience": patience, **of}
            for level, cell in enumerate(every)
            for patience, of in zip(PATIENCES, each[cell], strict=True)
        ],
        "others": [
            {"level": level, **row}
            for level, (i, j) in enumerate(every)
            for row in _placed({label: average(regrets[i, j].tolist()) for label, regrets in others.items()}, top)
        ]
        or [{"level": None, "mean": None, "place": None, "text": ""}],
        "headings": [{"text": "mean and range over the seeds"}],
    }
    pairs = [(runs.noises[i], float(runs.sizes[j])) for i, j in every]
    name = rules.name.capitalize()
    return Picture(
        _regret_map(tuple(map(percent, runs.noises)), tuple(map(str, runs.sizes)), PATIENCES[-1], unit_of(runs)),
        rows,
        alt="Left: a map of the present patience's regret by share of shuffled labels and number of training rows. "
        "Right: regret in test loss against patience in one cell, with the other rules' as dashed lines.",
        now=f"{name}: " + "; ".join(f"{at}: {text}" for at, text in zip(headings, texts, strict=True)) + ".",
        levels=even(("noise", "n"), pairs, "", headings),
        beside={"patience": rules.patience, "cost_top": top},
    )


def _enough(patience: int) -> str:
    return "none as to the end" if patience < 0 else f"as to the end from patience {patience}"


def _placed(costs: Mapping[str, float], top: float) -> list[Row]:
    """Return the lines of the other rules in one cell, those of equal costs as one, their names kept apart."""
    joined: dict[float, list[str]] = {}
    for label, value in costs.items():
        if math.isfinite(value):
            joined.setdefault(round(value, 3), []).append(label)
    lines = [{"value": value, "text": ", ".join(names)} for value, names in joined.items()]
    placed = charts.keep_apart(lines, top, 1, 0.06)
    return [{"mean": row["end"], "place": row["value"], "text": row["text"]} for row in placed]


def map_rows(rules: Rules, runs: StoppingCurves) -> list[Row]:
    """Return what every patience and every rule comes to in every run of the map, to download."""
    every = {f"patience {patience}": rules.wait(runs.val_loss, patience) for patience in PATIENCES}
    return outcome_rows(runs, {**every, **rules.read(runs.val_loss, runs.train_loss)})


# ------------------------------------------------------------------ common mistakes


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return round ends of an axis around losses, which need not begin at 0.

    >>> span([2.03, 2.52]), span([0.01, 0.4]), span([float("nan")])
    ((1.95, 2.55), (0.0, 0.45), (0.0, 1.0))
    """
    seen = [value for value in values if math.isfinite(value)]
    if not seen:
        return 0.0, 1.0
    low, high = min(seen), max(seen)
    step = charts.ceiling([(high - low) / 4 or abs(high) / 4 or 1.0])
    return round(max(math.floor(low / step - 0.1), 0) * step, 6), round(math.ceil(high / step + 0.1) * step, 6)


def pairs(
    part: int,
    seeds: Sequence[int],
    right: Sequence[float],
    wrong: Sequence[float],
    ends: tuple[float, float],
    form: str = ".3f",
) -> tuple[list[Row], list[Row]]:
    """Return the rows "pairs" and "words" of one panel of `paired`; what is not finite has diverged.

    ends: of the panel's axis. The mean is that of the seeds in which neither has diverged.
    """
    (low, high), size = ends, len(seeds)
    each = [tuple(v if math.isfinite(v) else None for v in pair) for pair in zip(right, wrong, strict=True)]
    rows: list[Row] = [
        {"part": part, "lane": lane, "name": f"seed {seed}", "right": a, "wrong": b}
        for lane, (seed, (a, b)) in enumerate(zip(seeds, each, strict=True))
    ]
    words: list[Row] = []
    for lane, pair in enumerate(each):
        if None in pair:  # away from the other, if that has not
            near = next((v for v in pair if v is not None), low) < (low + high) / 2
            place = {"at": high if near else low, "side": "before" if near else "after"}
            who = "baseline" if pair == (None, None) else WHO[pair.index(None)]
            words.append({"part": part, "lane": lane, **place, "text": "diverged", "who": who})
    both = [(a, b) for a, b in each if a is not None and b is not None]
    means = [effect.mean(values) for values in zip(*both, strict=True)] or [None, None]
    rows.append({"part": part, "lane": size + MEAN, "name": "mean", "right": means[0], "wrong": means[1]})
    if both:
        known = [mean or 0.0 for mean in means]
        margin = 0.2 * (high - low)
        at = min(max(sum(known) / 2, low + margin), high - margin)
        order = sorted(zip(known, WHO, strict=True), key=lambda mean: mean[0])
        words += [
            {"part": part, "lane": size + MEAN, "at": at, "side": side, "text": f"{mean:{form}}", "who": who}
            for side, (mean, who) in zip(("above, before", "above, after"), order, strict=True)
        ]
    return rows, words


@cache
def _paired(seeds: int, titles: tuple[str, ...]) -> dict[str, Any]:
    # Room for the names, which are marks: an axis's labels are measured before the data is there.
    lanes = (*BARE, ("ticks", False), ("minExtent", NAME))
    few = (("tickCount", 5), ("labelFlush", True))
    sides: dict[str, dict[str, Any]] = {
        "before": {"align": "right", "dx": -6},
        "after": {"align": "left", "dx": 6},
        "above, before": {"align": "right", "baseline": "bottom", "dx": -5, "dy": -8},
        "above, after": {"align": "left", "baseline": "bottom", "dx": 5, "dy": -8},
    }
    layers: list[Any] = []
    for part, title in enumerate(titles):
        low, high = (alt.ExprRef(f"data('now')[0].{end}_{part}") for end in ("low", "high"))
        ends: Any = (low, high)
        down, alone = (seeds + MEAN + 0.7, -0.6), len(titles) == 1
        panel = Panel(bool(part), title, None, ends, down, alone=alone, y_ticks=lanes, x_ticks=few)
        rows, words = (alt.Chart(data(name)).transform_filter(f"datum.part == {part}") for name in ("pairs", "words"))
        y, right, wrong = panel.y("lane:Q"), panel.x("right:Q"), panel.x("wrong:Q")
        known = {name: rows.transform_filter(f"isValid(datum.{name})") for name in ("right", "wrong")}
        start, end = alt.XValue(alt.ExprRef(panel.left)), alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}"))
        between_both = known["right"].transform_filter("isValid(datum.wrong)").mark_rule(strokeWidth=2, opacity=0.6)
        names = rows.mark_text(align="right", baseline="middle", dx=-6, fontSize=12)
        layers.append(
            alt.layer(
                alt.Chart(data("now")).mark_point(size=0, opacity=0),  # what no mark uses would be dropped
                rows.mark_rule(opacity=0.18).encode(start, end, y, color=GRAY),
                between_both.encode(right, alt.X2("wrong"), y, color=GRAY),
                known["right"].mark_circle(size=58, opacity=1).encode(right, y, color=GREEN),
                known["wrong"].mark_point(size=110, strokeWidth=2, opacity=1).encode(wrong, y, color=RED),
                *(
                    words.transform_filter(f"datum.side == '{side}'")
                    .mark_text(**{"baseline": "middle", **mark})
                    .encode(panel.x("at:Q"), y, text=alt.Text("text:N"), color=colour("who"))
                    for side, mark in sides.items()
                ),
                names.encode(start, y, text=alt.Text("name:N"), color=GRAY),
                *(() if part else _dots(panel, alt.Chart(data("legend")))),
            )
        )
    return finish(layers[0]) if len(titles) == 1 else panels.join(*layers)


@dataclass(frozen=True)
class Measure:
    """One measure of every seed, done right and done wrong: a panel of `paired`.

    ends: of its axis. form: in which its means are written.
    """

    title: str
    right: Sequence[float]
    wrong: Sequence[float]
    ends: tuple[float, float]
    form: str = ".3f"


def _of_seeds(labels: tuple[str, str], seeds: Sequence[int], measures: Sequence[Measure], alt_text: str) -> Picture:
    """Return one or two measures of every seed, done right and done wrong, and their means.

    labels: what is right and what is wrong, short enough for a phone.
    """
    made = [pairs(part, seeds, m.right, m.wrong, m.ends, m.form) for part, m in enumerate(measures)]
    rows, texts = ([row for panel in kind for row in panel] for kind in zip(*made, strict=True))
    said = (
        f"{measure.title}: "
        + ", ".join(
            f"seed {seed} " + " and ".join(f"{v:.3g}" if math.isfinite(v) else "diverged" for v in pair)
            for seed, *pair in zip(seeds, measure.right, measure.wrong, strict=True)
        )
        for measure in measures
    )
    ends = [(f"{end}_{part}", m.ends[i]) for part, m in enumerate(measures) for i, end in enumerate(("low", "high"))]
    return Picture(
        _paired(len(seeds), tuple(measure.title for measure in measures)),
        {"now": [dict(ends)], "pairs": rows, "words": texts or [NO_WORD], "legend": _of_both(*labels)},
        alt=f"For each seed and on average, {alt_text}",
        now=f"{labels[0]} and {labels[1]}, by seed. {capital('; '.join(said))}.",
    )


# Of each mistake about stopping: its labels, the title of its evaluations, and what its picture is.
STOPS = {
    "restore": (
        ("restored", "not restored"),
        "evaluation whose weights are kept",
        "the evaluation whose weights are kept and their test loss: a dot with the best weights restored, a ring with "
        "those at the stop.",
    ),
    "one_off": (
        ("Keras's count", "one later"),
        "evaluation at which it stops",
        "the evaluation at which it stops and the test loss of the weights returned: a dot where patience is counted "
        "as in Keras, a ring where it waits for one evaluation more.",
    ),
    "train": (
        ("validation watched", "train watched"),
        "evaluation at which it stops",
        "the evaluation at which it stops and the test loss of the weights returned: a dot with the validation loss "
        "watched, a ring with the train loss.",
    ),
}


def right_and_wrong(
    mistake: str, rules: Rules, runs: StoppingCurves, patience: int | None = None
) -> tuple[Outcome, Outcome]:
    """Return what a patience comes to done right and with a mistake of `STOPS`; by default the present patience."""
    waits = patience or rules.patience
    right = rules.wait(runs.val_loss, waits)
    if mistake == "restore":
        wrong = Stop(right.stop, right.stop)
    elif mistake == "one_off":
        wrong = rules.wait(runs.val_loss, waits + 1)
    else:
        wrong = rules.wait(runs.train_loss, waits)
    return experiments.outcome(runs, right), experiments.outcome(runs, wrong)


def stops(mistake: str, rules: Rules, runs: StoppingCurves) -> Picture:
    """Return an evaluation of every seed, and the test loss of the weights returned, done right and with a mistake.

    The axis of the losses holds those of any patience, so that it stays while the patience moves.
    """
    labels, title, alt_text = STOPS[mistake]
    any_patience = [outcome for each in PATIENCES for outcome in right_and_wrong(mistake, rules, runs, each)]
    ends = span([loss for outcome in any_patience for loss in by_seed(outcome.loss)])
    both = right_and_wrong(mistake, rules, runs)
    at = [by_seed(outcome.returned if mistake == "restore" else outcome.stop) for outcome in both]
    right, wrong = ([each if each >= 0 else math.nan for each in stops] for stops in at)
    a, b = (by_seed(outcome.loss) for outcome in both)
    first = Measure(title, right, wrong, (-1, len(runs.steps)), ".1f")
    second = Measure(f"test loss of the weights ({unit_of(runs)})", a, b, ends)
    return _of_seeds(labels, runs.seeds, [first, second], alt_text)


def on_test(optimism: Optimism) -> Picture:
    """Return the test loss of every seed on the rows that were stopped on, and on fresh rows."""
    reported, fresh = optimism.reported.tolist(), optimism.fresh.tolist()
    measure = Measure(f"test loss ({unit_of(optimism)})", fresh, reported, span([*fresh, *reported]))
    alt_text = (
        "the test loss of the weights returned: a ring on the rows that chose the evaluation, which is what is "
        "reported, a dot on fresh rows."
    )
    return _of_seeds(("fresh rows", "reported"), optimism.seeds, [measure], alt_text)


def _of_both(right: str, wrong: str) -> list[Row]:
    """Return the rows of the legend of what is right and what is wrong."""
    return entries(*zip((right, wrong), WHO, strict=True))


def _dots(panel: Panel, layer: alt.Chart) -> list[alt.Chart]:
    """Return a legend above a panel, a dot for what is right and a ring for what is wrong."""
    right, wrong = (layer.transform_filter(f"datum.who == '{who}'") for who in WHO)
    at = panel.above(f"({START} + 6)")
    return [
        right.mark_circle(size=58, opacity=1).encode(**at, color=GREEN),
        wrong.mark_point(size=110, strokeWidth=2, opacity=1).encode(**at, color=RED),
        panel.heading(layer, at=f"({START} + 17)").encode(color=colour("who")),
    ]


def _below(panel: Panel, curve: alt.Chart) -> Any:
    """Return arrows where accuracy leaves its axis, as `beyond` does at the upper end; to be given an x channel."""
    arrows = curve.transform_filter("datum.value != null && datum.value < 1.0001 * data('now')[0].low")
    mark = arrows.mark_point(shape="triangle-down", size=60, filled=True, opacity=1)
    return mark.encode(y=alt.YValue(alt.ExprRef(f"({panel.bottom}) - 6")), color=ORANGE)


@cache
def _watched(evaluations: int, x_title: str) -> dict[str, Any]:
    across, ticks = (-0.5, evaluations - 0.5), (("tickCount", 6), ("format", "d"))
    left = Panel(False, x_title, "validation loss (nats)", across, (0, TOP), x_ticks=ticks)
    least: Any = (alt.ExprRef("data('now')[0].low"), 1.0)
    right = Panel(True, x_title, "validation accuracy", across, least, x_ticks=ticks, y_ticks=(("format", "%"),))
    layers: list[Any] = []
    for part, panel in enumerate((left, right)):
        curve, marks, names = (
            alt.Chart(data(name)).transform_filter(f"datum.part == {part}") for name in ("curves", "marks", "legend")
        )
        x, y, floor = panel.x("level:Q"), panel.y("value:Q"), alt.Y2Value(alt.ExprRef(panel.bottom))
        good, bad = (marks.transform_filter(f"datum.who == '{who}'") for who in WHO)
        above = beyond(panel, curve, "value", f"{JUST_BELOW}top")
        layers.append(
            alt.layer(
                alt.Chart(data("now")).mark_point(size=0, opacity=0),
                marks.mark_rule(strokeWidth=1.25).encode(x, y, y2=floor, color=colour("who")),
                curve.mark_line().encode(x, y, color=ORANGE),
                _below(panel, curve).encode(x) if part else above.encode(x, color=ORANGE),
                good.mark_circle(size=58, opacity=1).encode(x, y, color=GREEN),
                bad.mark_point(size=110, strokeWidth=2, opacity=1).encode(x, y, color=RED),
                *_dots(panel, names),
            )
        )
    return panels.join(*layers)


def watched(rules: Rules, runs: StoppingCurves) -> Picture:
    """Return the first seed's validation loss and accuracy, and the evaluation that watching each returns."""
    loss, accuracy = (curve[0, 0, 0].tolist() for curve in (runs.val_loss, runs.val_accuracy))

    def returned(patience: int) -> tuple[int, int]:
        """Return what watching the loss and watching the accuracy give back."""
        by_loss, by_accuracy = (rules.wait(c, patience).returned for c in (runs.val_loss, -runs.val_accuracy))
        return int(by_loss[0, 0, 0]), int(by_accuracy[0, 0, 0])

    def in_words(at: int) -> str:
        if at < 0 or not math.isfinite(loss[at]):
            return "weights that have diverged"
        return f"evaluation {at}, validation loss {number(loss[at])} and accuracy {percent(accuracy[at])}"

    drawn = {at for patience in PATIENCES for at in returned(patience) if at >= 0}  # by any: the axes stay
    top = charts.ceiling([loss[-1], *(loss[at] for at in drawn), 1.5 * min(filter(math.isfinite, loss), default=0.5)])
    seen = [value for value in (accuracy[-1], *(accuracy[at] for at in drawn)) if math.isfinite(value)]
    low = max(math.floor(10 * min(seen, default=0.0) - 0.5) / 10, 0.0)
    points = (below(loss, top), [(x, None if y is None else -y) for x, y in below([-v for v in accuracy], -low)])
    at_loss, at_accuracy = returned(rules.patience)
    marks = ((loss, (at_loss, at_accuracy)), (accuracy, (at_accuracy, at_loss)))
    names = (("loss watched", "accuracy watched"), ("accuracy watched", "loss watched"))
    return Picture(
        _watched(len(loss), AXIS),
        {
            "now": [{"top": top, "low": low}],
            "curves": [{"part": part, "level": x, "value": y} for part, each in enumerate(points) for x, y in each],
            "marks": [
                {"part": part, "level": at if at >= 0 else None, "value": of[at] if at >= 0 else None, "who": who}
                for part, (of, order) in enumerate(marks)
                for who, at in zip(WHO, order, strict=True)
            ],
            "legend": [{"part": part, **row} for part, both in enumerate(names) for row in _of_both(*both)],
        },
        alt="Left: validation loss by evaluation, right: validation accuracy; on each a dot at the evaluation that "
        "watching it returns, and a ring at the one that watching the other returns.",
        now=f"Seed {runs.seeds[0]}: the loss watched returns {in_words(at_loss)}, accuracy watched "
        f"{in_words(at_accuracy)}.",
    )
