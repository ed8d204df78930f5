"""The pictures of gradient clipping, each one block.

A block is a template, the rows that fill it, and what the picture says to those who do not see it. A level
is a limit, or a learning rate.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect, words
from pages.ui.cache import cached_of
from pages.ui.charts import MISTAKE, colour, data
from pages.ui.drawing import Picture
from pages.ui.levels import GRAY, GREEN, RED, TOP, Levels, Row, Ticks, entries, entries_by_level, even, headings, legend
from pages.ui.panels import Panel, beyond, how_many_left
from pages.ui.scrub import HERE, Part, join
from pages.ui.seeds import average, band

from reglab.engine.run import Run
from reglab.experiments import best_stable, share_clipped, survivors
from reglab.gradient_clipping import Valley

LIMITS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
BOUNDS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 0.0)  # in the valley; off comes after the highest
LIMIT = even("limit", LIMITS, "limit", margin=0.5)
RATE = even("lr", RATES, "learning rate", margin=0.5)
BOUND = even("bound", BOUNDS, "limit", margin=0.5)

WAYS = {"norm": "technique", "value": "baseline"}  # of clipping, and what each is drawn as
REACH = 2.2  # of the valley's map, on each side of its bottom
LONGEST = 0.8  # of an arrow, in the map's units: of the steepest point without clipping
GAP = 56  # pixels between two of three panels
MOST = 0.5  # share of clipped steps from which on the limit sets the step
PERCENT: Ticks = (("format", "%"), ("tickCount", 5))


def share(value: float) -> str:
    """Return a share as a percentage.

    >>> share(0.15), share(0.001), share(0.0)
    ('15 %', 'under 1 %', '0 %')
    """
    return words.percent(value) if not 0 < value < 0.005 else "under 1 %"


# ------------------------------------------------------------------ the valley


@cache
def _valley() -> dict[str, Any]:
    first = BOUND.panel("mean turn (degrees)", (-2, 46), kind=Part, number=0, gap=GAP)
    turns = BOUND.chart("turns")
    x, y = BOUND.x(first), first.y("mean:Q")
    by_limit = BOUND.scrubbed(
        first,
        turns.mark_line(point={"size": 26}).encode(x, y, colour("who")),
        turns.transform_filter(HERE).mark_circle(size=90, opacity=1).encode(x, y, colour("who")),
        *headings(first),
    )
    return join([by_limit, *(_map(way, number) for number, way in enumerate(WAYS, start=1))])


def _map(way: str, number: int) -> Any:
    """Return a panel of the valley's steps, clipped in one way, with a walk down."""
    ends, ticks = (-REACH, REACH), (("values", [-2, -1, 0, 1, 2]), ("grid", False))
    flat = "flat" if number == 1 else None
    panel = Part(number == 2, "steep", flat, ends, ends, x_ticks=ticks, y_ticks=ticks, number=number, gap=GAP)
    place = panel.x("x:Q"), panel.y("y:Q")
    line = *place, alt.X2("x2"), alt.Y2("y2")
    raw, bottom = alt.Chart(data("raw")), alt.Chart(data("bottom"))
    arrows, path = (alt.Chart(data(f"{name}_{way}")).transform_filter(HERE) for name in ("arrows", "path"))
    walk = path.mark_line(strokeWidth=1.25, opacity=0.9, point={"size": 14, "color": MISTAKE})
    return alt.layer(
        raw.mark_rule(strokeWidth=0.75, opacity=0.35).encode(*line, color=GRAY),
        arrows.mark_rule(strokeWidth=2).encode(*line, color=colour("who")),
        arrows.mark_circle(size=11, opacity=1).encode(*place, color=colour("who")),
        walk.encode(*place, alt.Order("step:Q"), color=RED),
        bottom.mark_point(shape="cross", size=60, filled=True, opacity=1).encode(*place, color=GRAY),
        *headings(panel, f"heading_{way}"),
    )


@cached_of(8)
def valley(walked: Valley) -> Picture:
    """Return how far the gradient is turned against the limit; beside it the valley's steps, clipped in two ways."""
    steepest = 1 / math.sqrt(float((walked.gradient**2).sum(axis=-1).max()))

    def arrows(gradients: Any) -> list[Row]:
        rows = []
        for (x, y), (gx, gy) in zip(walked.points.tolist(), gradients.tolist(), strict=True):
            size = math.hypot(gx, gy)
            scale = LONGEST * (size * steepest) ** 0.5 / size  # the root of the size: short ones are seen too
            rows.append({"x": x, "y": y, "x2": x - scale * gx, "y2": y - scale * gy})
        return rows

    means, leaves = walked.degrees.mean(axis=-1).tolist(), walked.leaves(REACH).tolist()
    rows: dict[str, Any] = {
        "levels": BOUND.columns(),
        "raw": charts.table(arrows(walked.gradient)),
        "bottom": [{"x": 0, "y": 0}],
        "turns": [
            {"level": level, "mean": mean, "who": who}
            for who, each in zip(WAYS.values(), means, strict=True)
            for level, mean in enumerate(each)
        ],
        "legend": entries_by_level(
            [
                [(f"{way} {mean:.0f}°", who) for (way, who), mean in zip(WAYS.items(), each, strict=True)]
                for each in zip(*means, strict=True)
            ],
            line=False,
        ),
    }
    for i, (way, who) in enumerate(WAYS.items()):
        rows[f"arrows_{way}"] = charts.table(
            [
                {"level": level, "who": who, **arrow}
                for level, gradients in enumerate(walked.clipped[i])
                for arrow in arrows(gradients)
            ]
        )
        rows[f"path_{way}"] = charts.table(
            [
                {"level": level, "step": step, "x": x, "y": y}
                for level, path in enumerate(walked.paths[i].tolist())
                for step, (x, y) in enumerate(inside(path, REACH))
            ]
        )
        ends = [f"gone in {step}" if step else "stays" for step in leaves[i]]
        rows[f"heading_{way}"] = entries_by_level(
            [[(f"{way} {name}: {end}", who)] for name, end in zip(BOUND.names, ends, strict=True)], line=False
        )
    return Picture(
        _valley(),
        rows,
        alt="Left: how far clipping turns the gradient on average, by norm and by value, against the limit. Middle and "
        "right: the downhill steps in a narrow valley, clipped by norm and by value, with a walk down.",
        now=[
            f"Limit {name}: turned by {norm:.1f} degrees on average by norm, {value:.1f} by value."
            for name, norm, value in zip(BOUND.names, *means, strict=True)
        ],
        levels=BOUND,
    )


def inside(path: Sequence[Sequence[float]], reach: float) -> list[Sequence[float]]:
    """Cut a walk where it leaves the map.

    >>> inside([(0.0, 1.0), (1.0, 0.0), (4.0, 3.0), (0.0, 0.0)], reach=2.0)
    [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)]
    """
    within = [path[0]]
    for x, y in path[1:]:
        x0, y0 = within[-1]
        if max(abs(x), abs(y)) > reach:
            ends = [(math.copysign(reach, b) - a) / (b - a) for a, b in ((x0, x), (y0, y)) if abs(b) > reach]
            return [*within, (x0 + min(ends) * (x - x0), y0 + min(ends) * (y - y0))]
        within.append((x, y))
    return within


def gradient_rows(walked: Valley) -> list[Row]:
    """Return the valley's gradients, clipped and not, to download."""
    return [
        {
            "limit": limit,
            "clipped_by": way,
            "x": x,
            "y": y,
            "gradient_x": g[0],
            "gradient_y": g[1],
            "clipped_x": c[0],
            "clipped_y": c[1],
            "turned_by_degrees": degrees,
        }
        for i, limit in enumerate(walked.limits.tolist())
        for j, way in enumerate(WAYS)
        for (x, y), g, c, degrees in zip(
            *(each.tolist() for each in (walked.points, walked.gradient, walked.clipped[j, i], walked.degrees[j, i])),
            strict=True,
        )
    ]


def walk_rows(walked: Valley) -> list[Row]:
    """Return every walk down the valley, also where it has left the map, to download."""
    return [
        {"learning_rate": walked.learning_rate, "limit": limit, "clipped_by": way, "step": step, "x": x, "y": y}
        for i, limit in enumerate(walked.limits.tolist())
        for j, way in enumerate(WAYS)
        for step, (x, y) in enumerate(walked.paths[j, i].tolist())
    ]


# ------------------------------------------------------------------ the losses

BROKEN: Row = {"level": 0.5, "mean": None, "low": None, "high": None}  # off is no limit lower than the lowest: no line


def losses(trained: Run, scale: effect.Scale, limit: float, *, live: bool = False) -> Picture:
    """Return the limit against loss and the training curves; beside a live one its training goes on."""
    run, level, n_classes = survivors(trained), LIMIT.of(limit), trained.sizes[-1]
    gone, count = int(run.diverged[level].sum()), len(run.seeds)
    # Where every seed diverged there is no level to make room for.
    top = effect.top_of_axis(run, level if gone < count else 0)
    classes = n_classes if n_classes > 1 else None
    top = charts.loss_ceiling(classes, run.n_train) if live else top
    gone_too = f", {count - gone or 'none'} of {count} seeds left" if gone else ""
    rows = effect.rows(run, scale, limit, top, f"limit {scale.label(limit)}{gone_too}")
    here = ", ".join(row["text"] for row in rows["strengths"] if row["level"] == level)
    rows["strengths"] += [more for row in rows["strengths"] if not row["level"] for more in _apart(row, top)]
    unit = "loss (nats)" if classes else "half squared error"
    return Picture(
        effect.template(scale, run.training.max_steps, unit),
        rows,
        alt=f"Left: train, validation and test loss against the {scale.title}, mean and range over the seeds that did "
        "not diverge. Right: training curves at one limit and without it.",
        now=f"At {scale.title} {scale.label(limit)}: {here}{gone_too}.",
        levels=LIMIT,
        top=top,
    )


def _apart(row: Row, top: float) -> list[Row]:
    """Return what makes the row of off a short line of its own, from which none leads on; top: of the axis."""
    high = None if row["high"] is None else min(row["high"], top)  # the arrow above the axis is the row's own
    return [*({**row, "level": at, "high": high} for at in (-0.2, 0.2)), {**row, **BROKEN}]


def step_rows(run: Run, scale: effect.Scale, rate: float) -> list[Row]:
    """Return what every model had at each evaluation, to download: what the run measured, left as it is."""
    columns = {name: name for name in ("train_loss", "val_loss", "test_loss", "gradient_norm")}
    columns["share_of_steps_clipped"] = "clipped"
    values = {title: getattr(run, name).tolist() for title, name in columns.items()}  # [limits][seeds][evaluations]
    return [
        {
            "dataset": run.dataset,
            "n_train": run.n_train,
            "learning_rate": rate,
            scale.field: limit,
            "seed": seed,
            "step": step,
            **{title: plain(each[i][j][at]) for title, each in values.items()},
            "diverged": bool(run.diverged[i, j]),
        }
        for i, limit in enumerate(scale.values)
        for j, seed in enumerate(run.seeds)
        for at, step in enumerate(run.steps.tolist())
    ]


def plain(value: float) -> float | None:
    """Return a number as a file has it: nothing where there is none.

    >>> plain(0.5), plain(math.nan)
    (0.5, None)
    """
    return value if math.isfinite(value) else None


# ------------------------------------------------------------------ the norms


def _shares(levels: Levels, panel: Panel) -> list[alt.Chart]:
    """Return the share of clipped steps over the levels, and the half of them, dashed."""
    half, shares = levels.chart("half"), levels.chart("shares")
    x, y = levels.x(panel), panel.y("mean:Q")
    return [
        half.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x, panel.y("share:Q"), color=GRAY),
        shares.mark_area(opacity=0.16).encode(x, panel.y("low:Q"), alt.Y2("high"), color=GREEN),
        shares.mark_line(point={"size": 30}).encode(x, y, color=GREEN),
        shares.transform_filter(HERE).mark_circle(size=100, opacity=1).encode(x, y, color=GREEN),
    ]


def _share_rows(levels: Levels, parts: Sequence[Sequence[float]]) -> dict[str, list[Row]]:
    rows: list[Row] = [{"level": level, **band(each)} for level, each in enumerate(parts)]
    return {
        "shares": [*rows, BROKEN] if levels is LIMIT else rows,
        "half": [{"level": level, "share": MOST} for level in range(len(levels.values))],
    }


def _share_texts(levels: Levels, parts: Sequence[Sequence[float]]) -> list[str]:
    return [
        f"{name}: {share(average(each))} clipped; dashed: half" for name, each in zip(levels.names, parts, strict=True)
    ]


@cache
def _norms(max_steps: int) -> dict[str, Any]:
    left = LIMIT.panel("share of steps clipped", (0, 1.02), y_ticks=PERCENT)
    by_limit = LIMIT.scrubbed(left, *_shares(LIMIT, left), LIMIT.heading(left))

    steps, sizes = (("tickCount", 5),), (("tickCount", 6), ("format", "~g"))
    floor: Any = alt.ExprRef("data('limits')[0].floor")  # to the top whole decades around what was measured
    title = "gradient norm before clipping"
    right = Panel(True, "step", title, (0, max_steps), (floor, TOP), y_type="log", x_ticks=steps, y_ticks=sizes)
    points, limits = LIMIT.here("norms"), LIMIT.here("limits")
    at, size = right.x("step:Q"), right.y("size:Q")
    limit = limits.mark_rule(strokeWidth=2, clip=True)
    by_step = alt.layer(
        limit.encode(right.x("x:Q"), alt.X2("x2"), right.y("limit:Q"), color=GREEN),
        points.transform_filter("!datum.beyond").mark_circle(size=26, opacity=0.75).encode(at, size, color=GRAY),
        points.transform_filter("datum.beyond").mark_circle(size=34, opacity=0.85).encode(at, size, color=RED),
        LIMIT.heading(right, "limits"),
    )
    return join([by_limit, by_step])


@cached_of(16)
def norms(run: Run, by_norm: bool) -> Picture:
    """Return the share of clipped steps against the limit; beside it the gradient's norm over training, with its limit.

    by_norm: the limit is one of the norm, which may then be drawn among the norms.
    """
    parts = share_clipped(run).tolist()
    points = [
        {"level": level, "step": step, "size": size, "beyond": by_norm and 0 < LIMITS[level] < size}
        for level, seeds in enumerate(run.gradient_norm.tolist())
        for each in seeds
        for step, size in zip(run.steps.tolist(), each, strict=True)
        if size > 0
    ]
    powers = [math.log10(point["size"]) for point in points if math.isfinite(point["size"])] or [0.0]
    floor, kind = 10.0 ** math.floor(min(powers)), "limit" if by_norm else "limit of elements"
    return Picture(
        _norms(run.training.max_steps),
        {
            "levels": LIMIT.columns(_share_texts(LIMIT, parts)),
            **_share_rows(LIMIT, parts),
            "norms": charts.table(points),
            "limits": [
                {
                    "level": level,
                    "x": 0,
                    "x2": run.training.max_steps,
                    "limit": limit if limit and by_norm else None,
                    "floor": floor,
                    "text": f"{kind} {LIMIT.names[level]}" if limit else "without clipping",
                }
                for level, limit in enumerate(LIMITS)
            ],
        },
        alt="Left: the share of training steps that were clipped against the limit. Right: the norm of the gradient "
        "before clipping at every evaluation of every seed, with the limit.",
        now=[
            f"Limit {name}: {share(average(each))} of the steps clipped."
            for name, each in zip(LIMIT.names, parts, strict=True)
        ],
        levels=LIMIT,
        top=10.0 ** math.ceil(max(powers)),
    )


# ------------------------------------------------------------------ the learning rates


@cache
def _rates(loss: str) -> dict[str, Any]:
    left = RATE.panel(loss, (0, TOP))
    # How many seeds are left is said of the rows that are not cut: those above the axis have lost some too.
    *curves, _ = RATE.curve(left, "losses", dot=90, point={"size": 30})
    x, whole = RATE.x(left), RATE.chart("means")
    left_over = how_many_left(left, whole, color=colour("who")).encode(x)
    by_rate = RATE.scrubbed(left, *curves, beyond(left, whole).encode(x), left_over, *headings(left))
    right = RATE.panel("share of steps clipped", (0, 1.02), second=True, y_ticks=PERCENT)
    return join([by_rate, alt.layer(*_shares(RATE, right), RATE.heading(right))])


def rates(run: Run, limit: float, rate: float, loss: str) -> Picture:
    """Return loss against the learning rate, with and without clipping; beside it the share of clipped steps.

    run: every learning rate without a limit, then with it. rate: the present one.
    """
    count, n_seeds, level = len(RATES), len(run.seeds), RATE.of(rate)
    values, lost = run.kept("val_loss").tolist(), run.diverged.sum(axis=1).tolist()
    each = {"baseline": values[:count], "technique": values[count:]}
    gone = {"baseline": lost[:count], "technique": lost[count:]}
    names = {"baseline": "off", "technique": f"limit {limit:g}"}
    parts = share_clipped(run)[count:].tolist()
    lowest = [(by_rate, best_stable(by_rate)) for by_rate in each.values()]
    room = [3 * average(by_rate[best]) for by_rate, best in lowest if best is not None]
    top = charts.ceiling([*room, *(1.2 * average(by_rate[level]) for by_rate in each.values())])
    lines = [row for who, by_rate in each.items() for row in RATE.rows(by_rate, who)]
    labels = [
        [
            (f"{names[who]} {f'{average(by_rate[i]):.3f}' if gone[who][i] < n_seeds else 'diverged'}", who)
            for who, by_rate in each.items()
        ]
        for i in range(count)
    ]
    said = [
        f"{RATE.names[row['level']]} {names[row['who']]}: "
        + ("diverged" if row["mean"] is None else f"{row['mean']:.3f}")
        for row in lines
    ]
    return Picture(
        _rates(loss),
        {
            "levels": RATE.columns(_share_texts(RATE, parts)),
            "legend": entries_by_level(labels, line=False),
            "losses": effect.cut(lines, top, "level", ["who"]),
            "means": lines,
            **_share_rows(RATE, parts),
        },
        alt="Left: validation loss against the learning rate, without clipping and with it, and how many seeds "
        "diverged. Right: the share of steps clipped against the learning rate.",
        now="; ".join(said),
        levels=RATE,
        top=top,
    )


def rate_rows(run: Run, field: str) -> list[Row]:
    """Return what every model ended with, at every learning rate, without a limit and with it, to download."""
    ends = {"val_loss": run.kept("val_loss"), "test_loss": run.kept("test_loss")}
    ends["share_of_steps_clipped"] = share_clipped(run)
    return [
        {
            "dataset": run.dataset,
            "n_train": run.n_train,
            "learning_rate": setting.learning_rate,
            field: getattr(setting, field),
            "seed": seed,
            **{name: plain(float(values[i, j])) for name, values in ends.items()},
            "diverged": bool(run.diverged[i, j]),
        }
        for i, setting in enumerate(run.settings)
        for j, seed in enumerate(run.seeds)
    ]


# ------------------------------------------------------------------ a mistake: array by array


@cache
def _turned(max_steps: int) -> dict[str, Any]:
    ticks = (("values", [0, 30, 60, 90]),)
    panel = Panel(False, "step", "turned by (degrees)", (0, max_steps), (0, 90), alone=True, y_ticks=ticks)
    rows, x = alt.Chart(data("turned")), panel.x("step:Q")
    return charts.finish(
        alt.layer(
            rows.mark_area(opacity=0.2).encode(x, panel.y("low:Q"), alt.Y2("high"), color=RED),
            rows.mark_line(strokeWidth=1.5).encode(x, panel.y("mean:Q"), color=RED),
            *legend(panel),
        ),
        height=220,
    )


def turned(degrees: Sequence[Sequence[float]]) -> Picture:
    """Return how far each step's gradient is turned where arrays are clipped one by one; degrees: by seed and step."""
    steps = [{"step": step, **band(each)} for step, each in enumerate(zip(*degrees, strict=True), start=1)]
    return Picture(
        _turned(len(steps)),
        {
            "turned": steps,
            "legend": entries(("array by array; by global norm it is 0", "mistake")),
        },
        alt="By how many degrees the gradient is turned at every step where each array is clipped by itself.",
        now=f"Mean {average([value for each in degrees for value in each]):.1f} degrees.",
    )
