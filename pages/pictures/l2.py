"""The pictures of L2, each one block: its template, the rows that fill it, and what it says to those who do not see it.

On the left something against the strength, on the right what it looks like at the strength under the pointer.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise, zip_longest
from typing import Any

import altair as alt

from pages.ui import charts, words
from pages.ui.cache import cached_of
from pages.ui.charts import data
from pages.ui.drawing import Picture
from pages.ui.effect import cut, numbers, outcomes
from pages.ui.levels import (
    BARE,
    BLUE,
    GRAY,
    GREEN,
    TOP,
    Levels,
    Row,
    decades,
    edge,
    entries,
    entries_by_level,
    legend,
    note,
    span,
    styles,
)
from pages.ui.panels import Panel, beyond, how_many_left
from pages.ui.scrub import HERE, Square, join
from pages.ui.seeds import band
from pages.ui.words import signed

from reglab import l2
from reglab.engine.run import Run
from reglab.experiments import Parting, Ridge, Weights

STRENGTHS = (0.0, *(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)), 10.0)
STRENGTH = decades("strength", STRENGTHS, "strength (log scale)")
NAMED = tuple(f"strength {name}" if value else name for name, value in zip(STRENGTH.names, STRENGTHS, strict=True))
OPTIMIZERS = {"adam": "Adam", "momentum": "momentum", "sgd": "plain SGD"}
FLOOR = 1e-18  # the bottom of the axis of differences
RAREST = 3e-6  # the bottom of the axis of shares of weights: less than one of twenty networks
LONGEST = 1e6  # steps


# ------------------------------------------------------------------ the ridge path


@cache
def _ridge_path(limit: float, names: tuple[str, ...]) -> dict[str, Any]:
    left = STRENGTH.panel("coefficient", (-limit, limit), room=0.6)
    x, y = STRENGTH.x(left), left.y("value:Q")
    zero = alt.Chart(data("zero")).mark_rule(strokeWidth=1).encode(left.x("from:Q"), y, x2=alt.X2("to"), color=GRAY)
    labels = STRENGTH.chart("names").mark_text(align="right", fontSize=11, dx=-6)
    lines = STRENGTH.line(
        left, "path", "value:Q", alt.Detail("name:N"), dot=36, strokeWidth=1.75, interpolate="monotone"
    )
    names_of_lines = labels.encode(x, y, text=alt.Text("name:N"), color=GRAY)
    path = STRENGTH.scrubbed(left, zero, *lines, names_of_lines, STRENGTH.heading(left))

    # The names are written below, since an axis would leave out every second one.
    right = Panel(True, None, None, (-0.6, len(names) - 0.4), (-limit, limit), x_ticks=BARE)
    below = alt.YValue(alt.ExprRef(f"{right.bottom} + 14"))
    ends = right.x("from:Q"), alt.X2("to"), right.y("value:Q"), alt.Y2Datum(0)
    here = alt.Chart(data("bars")).transform_filter(HERE)
    bars = alt.layer(
        here.mark_rect(opacity=0.8).encode(*ends, color=GREEN),
        alt.Chart(data("least")).mark_rect(filled=False, strokeWidth=1.25).encode(*ends, color=GRAY),
        alt.Chart(data("features"))
        .mark_text(fontSize=11)
        .encode(right.x("at:Q"), below, text=alt.Text("name:N"), color=GRAY),
        note(right),
    )
    return join([path, bars])


@cached_of(2)
def ridge_path(ridge: Ridge) -> Picture:
    """Return every coefficient against the strength; beside it the coefficients at one strength as bars."""
    names, path = ridge.names, ridge.path.tolist()
    limit = 1.15 * float(abs(ridge.path).max())
    ends = [{"value": w + limit, "name": name} for name, w in zip(names, path[0], strict=True)]
    bars = [
        {"level": level, "name": names[i], "from": i - 0.38, "to": i + 0.38, "value": value}
        for level, w in enumerate(path)
        for i, value in enumerate(w)
    ]
    headings = [f"{name}: norm {norm:.2f}" for name, norm in zip(NAMED, ridge.norms.tolist(), strict=True)]
    heights = [", ".join(f"{name} {signed(value, 2)}" for name, value in zip(names, w, strict=True)) for w in path]
    return Picture(
        _ridge_path(limit, names),
        {
            "levels": STRENGTH.columns(headings),
            "path": [{name: bar[name] for name in ("level", "name", "value")} for bar in bars],
            "names": [
                {"level": 0, "name": end["name"], "value": end["value"] - limit}
                for end in charts.keep_apart(ends, 2 * limit, 0, 0.052)
            ],
            "zero": [{"value": 0, "from": STRENGTH.places[0], "to": STRENGTH.places[-1]}],
            "bars": bars,
            "least": bars[: len(names)],
            "features": [{"at": i, "name": name} for i, name in enumerate(names)],
            "note": [{"text": "outlined: without a penalty"}],
        },
        alt="Left: every coefficient of a ridge regression against the strength. Right: the coefficients at one "
        "strength as bars, those without a penalty outlined.",
        now=[f"{words.capital(a)}. Coefficients: {b}." for a, b in zip(headings, heights, strict=True)],
        levels=STRENGTH,
    )


def path_rows(ridge: Ridge) -> list[Row]:
    """Return every coefficient of the path, and what each solution comes to, to download."""
    solutions = zip(STRENGTHS, ridge.path.tolist(), ridge.degrees.tolist(), ridge.test_loss.tolist(), strict=True)
    return [
        {
            "l2": l2,
            "feature": name,
            "coefficient": value,
            "degrees_of_freedom": degrees,
            "half_squared_test_error": loss,
        }
        for l2, w, degrees, loss in solutions
        for name, value in zip(ridge.names, w, strict=True)
    ]


# ------------------------------------------------------------------ the ball and the ellipse


@cache
def _ball(limit: float, ends: tuple[float, float], names: tuple[str, str]) -> dict[str, Any]:
    left = STRENGTH.panel("coefficient", ends)
    style = styles("name", names)
    lines = STRENGTH.line(left, "path", "value:Q", style, interpolate="monotone")
    weights = STRENGTH.scrubbed(left, *lines, *legend(left, here=True, color=GREEN, style=style))

    plane = Square(True, names[0], names[1], (-limit, limit), (-limit, limit), x_ticks=(("tickCount", 5),))
    x, y, around = plane.x("x:Q"), plane.y("y:Q"), alt.Order("order:Q")
    contours, way = alt.Chart(data("contours")), alt.Chart(data("way"))
    touching, balls = (alt.Chart(data(name)).transform_filter(HERE) for name in ("touching", "balls"))
    cross = alt.Chart(data("axes")).mark_rule(strokeWidth=1, opacity=0.6)
    drawn = alt.layer(
        cross.encode(x, y, alt.X2("x2"), alt.Y2("y2"), color=GRAY),
        contours.mark_line(strokeWidth=1, opacity=0.4).encode(x, y, alt.Detail("line:N"), around, color=BLUE),
        # Apart from its line: Streamlit gives the theme's green to `color`, not to `fill`.
        balls.mark_line(filled=True, opacity=0.14).encode(x, y, around, color=GREEN),
        balls.mark_line(strokeWidth=2).encode(x, y, around, color=GREEN),
        touching.mark_line(strokeWidth=2).encode(x, y, around, color=BLUE),
        way.mark_line(strokeWidth=1.5, strokeDash=[3, 3]).encode(x, y, alt.Order("level:Q"), color=GREEN),
        alt.Chart(data("least")).mark_point(shape="cross", size=70, filled=True, opacity=1).encode(x, y, color=BLUE),
        way.transform_filter(HERE).mark_circle(size=80, opacity=1).encode(x, y, color=GREEN),
        note(plane),
    )
    return join([weights, drawn])


@cached_of(8)
def ball(plane: l2.Geometry, names: tuple[str, str], limit: float = 0.0) -> Picture:
    """Return two coefficients against the strength; beside it the plane of the two: ellipses, ball, path.

    limit: how far the plane goes, by default a little farther than the largest ball.
    """
    limit = limit or 1.3 * float(plane.radii.max())
    path, radii = plane.path.tolist(), plane.radii.tolist()
    # Of two coefficients of one sign the axis has no room for the other.
    ends = (-limit if plane.path.min() < 0 else 0.0, limit if plane.path.max() > 0 else 0.0)

    def curves(field: str, each: Any) -> Any:
        """Return the rows of closed curves, as the table that is sent."""
        return charts.table(
            [
                {field: number, "order": i, "x": x, "y": y}
                for number, points in enumerate(each.tolist())
                for i, (x, y) in enumerate(within(points, limit))
            ]
        )

    labels = [[(f"{name} {signed(w)}", name) for name, w in zip(names, at, strict=True)] for at in path]
    return Picture(
        _ball(limit, ends, names),
        {
            "levels": STRENGTH.columns(),
            "path": [
                {"level": level, "name": name, "value": w}
                for level, at in enumerate(path)
                for name, w in zip(names, at, strict=True)
            ],
            "legend": entries_by_level(labels, "name"),
            "axes": [{"x": -limit, "x2": limit, "y": 0, "y2": 0}, {"x": 0, "x2": 0, "y": -limit, "y2": limit}],
            "contours": curves("line", plane.contours),
            "touching": curves("level", plane.touching),
            "balls": curves("level", plane.balls[:, ::3]),
            "way": [{"level": level, "x": x, "y": y} for level, (x, y) in enumerate(path)],
            "least": [{"x": path[0][0], "y": path[0][1]}],
            "note": [{"text": "blue: lines of equal loss; green: the ball"}],
        },
        alt="Left: two coefficients against the strength. Right: the plane of the two, with ellipses of equal loss, "
        "the ball within which the solution is the best, the ellipse that touches it, and the path.",
        now=[
            f"{words.capital(name)}: {', '.join(text for text, _ in label)}, radius of the ball {radius:.3f}."
            for name, label, radius in zip(NAMED, labels, radii, strict=True)
        ],
        levels=STRENGTH,
    )


def plane_rows(plane: l2.Geometry, names: tuple[str, str]) -> list[Row]:
    """Return the solution at every strength, and the radius of its ball, to download."""
    return [
        {"l2": strength, names[0]: a, names[1]: b, "radius": radius}
        for strength, (a, b), radius in zip(STRENGTHS, plane.path.tolist(), plane.radii.tolist(), strict=True)
    ]


def within(points: Iterable[Sequence[float]], limit: float) -> Iterator[tuple[float | None, float | None]]:
    """Yield the points of a closed curve; None, which breaks the line, for those outside of -limit to limit.

    >>> list(within([(0, 0), (3, 0), (1, 1)], limit=2))
    [(0, 0), (None, None), (1, 1)]
    """
    for x, y in points:
        yield (x, y) if max(abs(x), abs(y)) <= limit else (None, None)


# ------------------------------------------------------------------ shrinking

POWERS = (("format", "~s"), ("values", [1, 10, 100, 1000, 1e4, 1e5, 1e6]))


@cache
def _shrinking() -> dict[str, Any]:
    left = STRENGTH.panel("half-life (steps)", (1, LONGEST), y_type="log", y_ticks=POWERS)
    outside = STRENGTH.chart("outside")
    lives = STRENGTH.scrubbed(
        left,
        *STRENGTH.line(left, "half", "steps:Q", clip=True),
        *(
            edge(left, outside.transform_filter(f"datum.end == '{end}'"), end).encode(STRENGTH.x(left), color=GREEN)
            for end in ("high", "low")
        ),
        STRENGTH.heading(left),
    )

    percent = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
    right = Panel(True, "step (log scale)", None, (1, LONGEST), (0, 1.02), "log", x_ticks=POWERS, y_ticks=percent)
    x, y = right.x("step:Q"), right.y("left:Q")
    family, share, half, run = (alt.Chart(data(name)) for name in ("family", "share", "half", "run"))
    at_half = half.transform_filter(HERE).transform_calculate(left="0.5").mark_circle(size=56, opacity=1)
    curves = alt.layer(
        run.mark_rule(strokeDash=[5, 4], strokeWidth=1.5).encode(x, **span(right), color=GRAY),
        family.mark_line(strokeWidth=1, opacity=0.35, clip=True).encode(x, y, alt.Detail("level:N"), color=GREEN),
        share.transform_filter(HERE).mark_line(clip=True).encode(x, y, color=GREEN),
        at_half.encode(right.x("steps:Q"), y, color=GREEN),
        note(right),
    )
    return join([lives, curves])


@cached_of(16)
def shrinking(rate: float, length: int) -> Picture:
    """Return the half-life of a weight against the strength; beside it what is left of it, step by step.

    length: of the trainings, which the right panel marks.
    """
    lives = l2.half_life(rate, STRENGTHS).tolist()
    steps = [10 ** (i / 20) for i in range(121)]
    share = [
        {"level": level, "step": step, "left": left}
        for level, strength in enumerate(STRENGTHS)
        for step, left in zip(steps, l2.left_after(rate, strength, steps).tolist(), strict=True)
    ]
    headings = [f"{name}: half-life {in_steps(life)}" for name, life in zip(NAMED, lives, strict=True)]
    ends = [left_over(l2.left_after(rate, strength, length)) for strength in STRENGTHS]
    return Picture(
        _shrinking(),
        {
            "levels": STRENGTH.columns(headings),
            "half": [{"level": i, "steps": life} for i, life in enumerate(lives) if 1 <= life <= LONGEST],
            "outside": [
                {"level": i, "end": "high" if life > 1 else "low"}
                for i, life in enumerate(lives)
                if not 1 <= life <= LONGEST
            ],
            "share": charts.table(share),
            "family": charts.table([row for row in share if row["level"] % 3 == 1]),
            "run": [{"step": length}],
            "note": [{"text": f"share of a weight left; dashed: {length} steps"}],
        },
        alt="Left: the half-life of a weight in steps, against the strength. Right: the share of a weight that is left "
        "after so many steps.",
        now=[
            f"{words.capital(a)}; after {length} steps {left} is left." for a, left in zip(headings, ends, strict=True)
        ],
        levels=STRENGTH,
    )


def life_rows(rate: float, length: int) -> list[Row]:
    """Return the half-life of a weight, and what is left of it after the trainings, to download; none: never."""
    lives = l2.half_life(rate, STRENGTHS).tolist()
    return [
        {
            "learning_rate": rate,
            "weight_decay": strength,
            "half_life_in_steps": life if math.isfinite(life) else None,
            "steps": length,
            "share_left": float(l2.left_after(rate, strength, length)),
        }
        for strength, life in zip(STRENGTHS, lives, strict=True)
    ]


def in_steps(steps: float) -> str:
    """Return a half-life in words.

    >>> in_steps(23104.9), in_steps(3.14), in_steps(0.5), in_steps(math.inf)
    ('23,105 steps', '3.1 steps', 'less than a step', 'never')
    """
    if steps < 1:
        return "less than a step"
    if steps < 10:
        return f"{steps:.1f} steps"
    return "never" if math.isinf(steps) else f"{steps:,.0f} steps"


def left_over(share: float) -> str:
    """Return a share of a weight; one that is not zero does not read so.

    >>> left_over(0.25), left_over(1e-9), left_over(0)
    ('25.0 %', 'less than 0.1 %', '0.0 %')
    """
    return "less than 0.1 %" if 0 < share < 5e-4 else words.percent(share, 1)


# ------------------------------------------------------------------ five weights, some steps


@cache
def _steps(n_steps: int) -> dict[str, Any]:
    left = STRENGTH.panel(f"sum of |w| after {n_steps} steps", (0, 7))
    without = STRENGTH.chart("without_sum").mark_line(strokeDash=[5, 4], strokeWidth=1.5)
    sums = STRENGTH.scrubbed(
        left,
        without.encode(STRENGTH.x(left), left.y("value:Q"), color=GRAY),
        *STRENGTH.line(left, "sums", interpolate="monotone"),
        STRENGTH.heading(left),
    )

    ticks = (("values", list(range(0, n_steps + 1, 2))), ("format", "d"))
    right = Panel(True, "step", None, (0, n_steps), (-1, 4), x_ticks=ticks)
    each = right.x("step:Q"), right.y("value:Q"), alt.Detail("number:N")
    base, weights = alt.Chart(data("without")), alt.Chart(data("weights")).transform_filter(HERE)
    five = alt.layer(
        base.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(*each, color=GRAY),
        weights.mark_line(point={"size": 26}).encode(*each, color=GREEN),
        *legend(right, line=False),
    )
    return join([sums, five])


@cached_of(16)
def steps(rate: float, n_steps: int) -> Picture:
    """Return the sum of five weights' sizes against the strength; beside it each weight's steps."""
    path = l2.reference_path(STRENGTHS, rate, n_steps)  # (steps + 1, strengths, 5)
    taken = path.tolist()
    sums = abs(path[-1]).sum(axis=1).tolist()
    rows = [
        {"level": level, "step": step, "number": i, "value": value}
        for step, at in enumerate(taken)
        for level, w in enumerate(at)
        for i, value in enumerate(w)
    ]
    return Picture(
        _steps(n_steps),
        {
            "levels": STRENGTH.columns([f"{name}: {total:.4f}" for name, total in zip(NAMED, sums, strict=True)]),
            "sums": [{"level": level, "value": total} for level, total in enumerate(sums)],
            "without_sum": [{"level": level, "value": sums[0]} for level in range(len(sums))],
            "weights": rows,
            "without": [row for row in rows if row["level"] == 0],
            "legend": entries(("five weights with the penalty", "technique"), ("without", "baseline"), line=False),
        },
        alt="Left: the sum of the weights' sizes after ten steps, against the strength. Right: the five weights, step "
        "by step, with the penalty and without.",
        now=[
            f"{words.capital(name)}: sum {total:.4f}, without {sums[0]:.4f}; weights {', '.join(map(signed, w))}."
            for name, total, w in zip(NAMED, sums, taken[-1], strict=True)
        ],
        levels=STRENGTH,
    )


def step_rows(rate: float, n_steps: int) -> list[Row]:
    """Return the five weights by step at every strength, to download."""
    return [
        {"learning_rate": rate, "l2": strength, "step": step, "weight": number, "value": value}
        for step, at in enumerate(l2.reference_path(STRENGTHS, rate, n_steps).tolist())
        for strength, w in zip(STRENGTHS, at, strict=True)
        for number, value in enumerate(w, 1)
    ]


# ------------------------------------------------------------------ coupled or decoupled


@cache
def _optimizers(n_steps: int) -> dict[str, Any]:
    powers = "datum.value == 1 ? '1' : format(datum.value, '~e')"
    log: dict[str, Any] = {
        "y_type": "log",
        "y_ticks": (("values", [1e-18, 1e-12, 1e-6, 1]), ("labelExpr", powers)),
        "split": 0.56,
    }
    left = STRENGTH.panel("largest difference of a weight", (FLOOR, 10), **log)
    style = styles("line", OPTIMIZERS)
    equal = STRENGTH.chart("apart").transform_filter("datum.value === null")
    by_strength = STRENGTH.scrubbed(
        left,
        *STRENGTH.line(left, "apart", "value:Q", style, clip=True),
        edge(left, equal, "low").encode(STRENGTH.x(left), color=GREEN),
        *legend(left, here=True, color=GREEN, style=style, fontSize=12),  # three entries fit a phone
    )

    right = Panel(True, "step", None, (0, n_steps), (FLOOR, 10), x_ticks=(("tickCount", 5),), **log)
    trace = alt.Chart(data("steps")).transform_filter(HERE).mark_line(clip=True)
    by_step = alt.layer(
        trace.encode(right.x("step:Q"), right.y("value:Q"), style, color=GREEN),
        note(right, here=True),
    )
    return join([by_strength, by_step])


@cached_of(16)
def _one_digit(value: float) -> str:
    """Return a number with one digit, short enough for a legend.

    >>> _one_digit(0.0749), _one_digit(0.00086), _one_digit(1.7e-16), _one_digit(0.0)
    ('0.07', '9e-4', '2e-16', '0')
    """
    if value == 0 or 0.01 <= value < 10:
        return f"{value:.1g}"
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}e{int(power)}"


def optimizers(differences: Parting) -> Picture:
    """Return how far apart coupled and decoupled weights come, by strength, and beside it step by step."""
    every = differences.apart.shape[1] - 1
    largest = {name: differences.largest(name).tolist() for name in differences.optimizers}
    labels = [
        [(f"{OPTIMIZERS[name].split()[-1]} {_one_digit(values[level])}", name) for name, values in largest.items()]
        for level in range(len(STRENGTHS))
    ]
    said = [
        ", ".join(f"{OPTIMIZERS[name]} {words.figure(values[level])}" for name, values in largest.items())
        for level in range(len(STRENGTHS))
    ]
    return Picture(
        _optimizers(every),
        {
            "levels": STRENGTH.columns(),
            "apart": [
                {"level": level, "line": name, "value": value or None}  # no logarithmic axis has a 0
                for name, values in largest.items()
                for level, value in enumerate(values)
            ],
            "legend": entries_by_level(labels, "line"),
            "steps": charts.table(
                [
                    {"level": level, "step": step, "line": name, "value": value or None}
                    for name, values in zip(differences.optimizers, differences.apart.tolist(), strict=True)
                    for step in range(0, every + 1, 4)
                    for level, value in enumerate(values[step])
                ]
            ),
            "note": [
                {"level": level, "text": "the same, step by step" if strength else "no difference at any step"}
                for level, strength in enumerate(STRENGTHS)
            ],
        },
        alt="Left: the largest difference between weights trained with a coupled penalty and with decoupled decay of "
        "the same strength, under three optimizers, against the strength. Right: the same by step.",
        now=[f"{words.capital(name)}: {text}." for name, text in zip(NAMED, said, strict=True)],
        levels=STRENGTH,
    )


def parting_rows(differences: Parting, rate: float) -> list[Row]:
    """Return the largest difference of a weight after every step, to download."""
    what = {"learning_rate": rate}
    return [
        {"optimizer": OPTIMIZERS[name], **what, "strength": strength, "step": step, "largest_difference": value}
        for name, steps in zip(differences.optimizers, differences.apart.tolist(), strict=True)
        for step, values in enumerate(steps)
        for strength, value in zip(STRENGTHS, values, strict=True)
    ]


# ------------------------------------------------------------------ the weights of a network


@cache
def _weights(decay: Levels, limit: float) -> dict[str, Any]:
    left = decay.panel("root mean square of the weights", (0, TOP))
    sizes = decay.scrubbed(left, *decay.curve(left, "sizes"), decay.heading(left))

    shares = (("values", [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]), ("labelExpr", "format(datum.value, '~%')"))
    ticks = (("tickCount", 5),)
    right = Panel(True, "weight", None, (-limit, limit), (RAREST, 1), y_type="log", x_ticks=ticks, y_ticks=shares)
    bins, without = alt.Chart(data("bins")).transform_filter(HERE), alt.Chart(data("without"))
    across, up, floor = right.x("from:Q"), right.y("share:Q"), alt.Y2Datum(RAREST)
    spread = alt.layer(
        bins.mark_rect(opacity=0.7).encode(across, up, alt.X2("to"), floor, color=GREEN),
        without.mark_line(interpolate="step-after", strokeWidth=1.75).encode(across, up, color=GRAY),
        *legend(right, line=False),
    )
    return join([sizes, spread])


def weights(decay: Levels, spread: Weights) -> Picture:
    """Return the size of the weights against the decay; beside it how they are spread, with and without."""
    sizes = decay.rows(spread.rms.tolist())
    said = ["diverged" if row["mean"] is None else f"{row['mean']:.3f}" for row in sizes]
    edges, shares = spread.edges.tolist(), spread.shares.tolist()
    return Picture(
        _weights(decay, edges[-1]),
        {
            "levels": decay.columns(
                [f"{decay.title} {name}: {size}" for name, size in zip(decay.names, said, strict=True)]
            ),
            "sizes": sizes,
            "bins": [
                {"level": level, "from": a, "to": b, "share": share}
                for level, each in enumerate(shares)
                for (a, b), share in zip(pairwise(edges), each, strict=True)
                if share > 0
            ],
            "without": [
                {"from": a, "share": share if share > 0 else None} for a, share in zip(edges, shares[0], strict=False)
            ],
            "legend": entries(("share of all weights", "technique"), ("without", "baseline"), line=False),
        },
        alt="Left: the root mean square of the weights against weight decay. Right: a histogram of all weights, with "
        "weight decay and without.",
        now=[
            f"Weight decay {name}: root mean square {size}, without {said[0]}."
            for name, size in zip(decay.names, said, strict=True)
        ],
        levels=decay,
        top=charts.ceiling(row["high"] or 0.0 for row in sizes),
    )


def histogram_rows(decay: Levels, run: Run, spread: Weights) -> list[Row]:
    """Return the shares of the weights by their size, to download."""
    edges = spread.edges.tolist()
    return [
        {
            "weight_decay": value,
            "n_train": run.n_train,
            "seeds": len(run.seeds),
            "weight_from": low,
            "weight_to": high,
            "share_of_weights": share,
        }
        for value, shares in zip(decay.values, spread.shares.tolist(), strict=True)
        for (low, high), share in zip(pairwise(edges), shares, strict=True)
    ]


def size_rows(decay: Levels, run: Run, spread: Weights) -> list[Row]:
    """Return the size of every network's weights, to download."""
    return [
        {"weight_decay": value, "seed": seed, "n_train": run.n_train, "root_mean_square": size}
        for value, sizes in zip(decay.values, spread.rms.tolist(), strict=True)
        for seed, size in zip(run.seeds, sizes, strict=True)
    ]


# ------------------------------------------------------------------ by dataset size


@cache
def _by_size(rows: Levels, decay: Levels, loss: str) -> dict[str, Any]:
    left = rows.panel(loss, (0, TOP))
    losses = rows.scrubbed(
        left,
        *rows.curve(left, "losses"),
        beyond(left, rows.chart("losses")).encode(rows.x(left)),
        *legend(left, here=True),
    )

    right = decay.panel(None, (0, TOP), second=True)
    x, y = right.x("at:Q"), right.y("mean:Q")
    present, every = alt.Chart(data("present")), alt.Chart(data("strengths"))
    here, best, above = (alt.Chart(data(name)).transform_filter(HERE) for name in ("strengths", "best", "above"))
    at_rows = alt.layer(
        present.mark_rule(strokeWidth=2, opacity=0.35).encode(x, **span(right), color=GREEN),
        every.mark_line(clip=True, strokeWidth=1, opacity=0.35).encode(x, y, alt.Detail("level:N"), color=GREEN),
        here.mark_area(clip=True, opacity=0.16).encode(x, right.y("low:Q"), alt.Y2("high"), color=GREEN),
        here.mark_line(clip=True).encode(x, y, color=GREEN),
        best.mark_circle(size=80, opacity=1, clip=True).encode(x, y, color=GREEN),
        beyond(right, above, across="at").encode(x),
        how_many_left(right, here, "at", color=GREEN).encode(x),
        rows.heading(right),
    )
    return join([losses, at_rows])


def by_size(rows: Levels, decay: Levels, level: int, runs: Sequence[Run], best: Sequence[int], loss: str) -> Picture:
    """Return losses against the number of training rows; beside it loss against decay at one number.

    Here a level is the number of a size. level: of the decay that is set. runs, best: of the sizes trained so far, and
    the level of the decay that validation chooses there.
    """
    table = [[{"at": at, **band(each)} for at, each in enumerate(outcomes(run, "val_loss"))] for run in runs]
    top = charts.ceiling(row[at]["high"] or 0.0 for row in table for at in (0, level))
    lines = [("baseline", "off", 0), *([("technique", f"decay {decay.names[level]}", level)] if level else [])]
    headings = [
        f"n = {name}" + ("" if b is None else f": lowest {words.at(decay.names[b])}")
        for name, b in zip_longest(rows.names, best)
    ]
    points = [{"level": i, **point} for i, row in enumerate(table) for point in row]
    return Picture(
        _by_size(rows, decay, loss),
        {
            "levels": rows.columns(headings),
            "losses": [{"level": i, "who": who, **row[at]} for who, _, at in lines for i, row in enumerate(table)],
            "legend": entries_by_level(
                [[(f"{label} {row[at]['mean'] or math.nan:.3f}", who) for who, label, at in lines] for row in table]
            ),
            "strengths": cut(points, top, "at", ["level"]),
            "above": [{"who": "technique", **point} for point in points if (point["high"] or 0.0) > top],
            "best": [{"level": i, **row[b]} for i, (row, b) in enumerate(zip(table, best, strict=True))],
            "present": [{"at": level}],
        },
        alt="Left: validation loss against the number of training rows, with and without weight decay. Right: "
        "validation loss against weight decay at one number of rows, the lowest marked.",
        now="; ".join(headings),
        levels=rows,
        top=top,
    )


def rows_by_size(decay: Levels, runs: Sequence[Run]) -> list[Row]:
    """Return what every model ended with, at every number of rows, to download."""
    return [{"n_train": run.n_train, **row} for run in runs for row in numbers(run, "weight_decay", decay.values)]
