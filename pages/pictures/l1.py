"""The pictures of L1, each one block: its template, the rows that fill it, and what it says to those who do not see it.

A strength of the Lasso is drawn at its level, whose steps are even on a logarithmic axis.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, words
from pages.ui.cache import cached_of
from pages.ui.charts import HALO, MISTAKE, TECHNIQUE, colour, data
from pages.ui.drawing import Picture
from pages.ui.effect import classes, numbers
from pages.ui.images import Pixel, png
from pages.ui.levels import BLUE as LOSS
from pages.ui.levels import GRAY, GREEN, TOP, Levels, Row, Ticks, edge, entries, even, legend
from pages.ui.panels import Panel
from pages.ui.right_wrong import against
from pages.ui.scrub import HERE, Part, Square, between, columns, join, rules
from pages.ui.seeds import average, band
from pages.ui.words import percent, signed

from reglab import l2
from reglab.engine.run import Run
from reglab.experiments import Descents, LinearPath, Stability, Units, Zeros

PER_DECADE = 20
STRENGTHS = (0.0, *(float(f"{0.001 * 10 ** (i / PER_DECADE):.3g}") for i in range(3 * PER_DECADE + 11)))
FEATURES = 10
NAME = 20  # characters of a feature's name that are drawn, at most


def by_strength(control: str) -> Levels:
    """Return the levels of the Lasso's strengths, of which the axis names those that are powers of ten."""
    ticks = (0, *(1 + PER_DECADE * i for i in (1, 2, 3)))
    return even(control, STRENGTHS, "strength (log scale)", ticks=ticks, margin=0.5)


STRENGTH, OF_LASSO = by_strength("strength"), by_strength("level")
MODELS = {"lasso": "Lasso", "net": "Elastic net", "ridge": "Ridge"}
WAYS = {"soft_threshold": "soft threshold", "subgradient": "subgradient", "clipping": "clipping"}
UNLABELED: Ticks = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
PERCENT: Ticks = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
# Weights over steps: their lines; and their dots, exactly zero, not zero though the Lasso's is, or neither.
MARKS = {"technique": TECHNIQUE, "baseline": "gray", "zero": TECHNIQUE, "missed": MISTAKE, "weight": "gray"}


def figure(weight: float) -> str:
    """Return a weight with three digits; 0 is exactly zero.

    >>> figure(0.25), figure(0.0)
    ('0.250', '0')
    """
    return words.signed(weight) if weight else "0"


def figures(weights: Sequence[float]) -> str:
    """Return several weights."""
    return ", ".join(map(figure, weights))


def short(names: Sequence[str]) -> tuple[str, ...]:
    """Return the features' names without what all of them begin with, each of one line and unlike the others.

    >>> short(["mean radius", "mean texture"]), short(["mean", "bmi"]), short(["a\\nb", "a b"])
    (('radius', 'texture'), ('mean', 'bmi'), ('a b', 'a b (2)'))
    >>> short(["the height of the tree, in feet", "x"])
    ('the heigh…e, in feet', 'x')
    """
    same = "mean " if all(name.startswith("mean ") for name in names) else ""
    lines = [" ".join(name.removeprefix(same).split()) for name in names]
    cut = [line if len(line) <= NAME else f"{line[: NAME // 2 - 1]}…{line[-NAME // 2 :]}" for line in lines]
    seen = Counter[str]()
    return tuple(f"{name} ({seen[name]})" if seen.update([name]) or seen[name] > 1 else name for name in cut)


def room(characters: int) -> float:
    """Return the share of a panel's width that names take, of which the longest has so many characters.

    >>> room(3), room(17)
    (0.14, 0.35)
    """
    return round(min(0.09 + 0.0155 * characters, 0.48), 2)


def longest(names: Sequence[str]) -> int:
    """Return the characters of the longest name."""
    return max(map(len, names))


def _features(panel: Panel, n: int) -> list[alt.Chart]:
    """Return bars of n features with their names to the left; dataset "bars": level, row, value, text, who, and end
    ("low" or "high") where a value is outside of the axis, at whose end its bar then ends, with an arrow.
    """
    bars = alt.Chart(data("bars")).transform_filter(HERE)
    left, x, y = alt.XValue(alt.ExprRef(f"{panel.left}")), panel.x("value:Q"), panel.y("row:Q")
    green = "datum.who == 'technique'"
    thick = alt.ExprRef(f"max(4, 0.62 * (({panel.bottom}) - ({panel.top})) / {n})")
    names = bars.mark_text(align="left", baseline="middle", fontSize=12)
    bar = bars.mark_rule(strokeWidth=thick, strokeCap="butt", opacity=0.85, clip=True)
    return [
        bar.encode(x, y, alt.X2Datum(0), color=colour("who")),
        *(
            bars.transform_filter(f"datum.end == '{end}'")
            .mark_point(shape=f"triangle-{way}", size=130, filled=True, opacity=1)
            .encode(x, y, color=colour("who"))
            for end, way in (("low", "left"), ("high", "right"))
        ),
        names.transform_filter(green).encode(left, y, text=alt.Text("text:N"), color=GREEN),
        names.transform_filter(f"!({green})").encode(left, y, text=alt.Text("text:N"), color=GRAY),
    ]


def texts(each: Sequence[str]) -> list[Row]:
    """Return the rows of a heading: a text for each level."""
    return [{"level": level, "text": text} for level, text in enumerate(each)]


def tables(rows: dict[str, Any]) -> dict[str, Any]:
    """Return a picture's rows in the form in which they are sent, once for all visitors."""
    return {name: charts.table(each) for name, each in rows.items()}


# ------------------------------------------------------------------ the path


@cache
def _path(low: float, high: float, n: int, characters: int) -> dict[str, Any]:
    share = room(characters)
    left = STRENGTH.panel("coefficient", (low, high), room=len(STRENGTHS) * share / (1 - share), split=0.52)
    x, y = left.x("level:Q"), left.y("value:Q")
    labels, outside = alt.Chart(data("names")), STRENGTH.here("outside")
    knots = alt.Chart(data("knots")).mark_tick(thickness=1.25, size=10, orient="vertical", opacity=0.9)
    path = alt.Chart(data("path")).mark_line(strokeWidth=1.75, clip=True)
    lines = alt.layer(
        alt.Chart(data("zero")).mark_rule(strokeWidth=1.25).encode(left.x("from:Q"), y, x2=alt.X2("to"), color=GRAY),
        *rules(left),
        path.encode(x, y, alt.Detail("name:N"), color=GREEN),
        knots.encode(x, y=alt.YValue(alt.ExprRef(f"{left.bottom} - 6")), color=GRAY),
        STRENGTH.here("here").mark_circle(size=36, opacity=1, clip=True).encode(x, y, color=GREEN),
        *(
            edge(left, outside.transform_filter(f"datum.end == '{end}'"), end).encode(x, color=GREEN)
            for end in ("high", "low")
        ),
        labels.mark_rule(strokeWidth=0.75, opacity=0.6).encode(
            left.x("from:Q"), y, alt.X2("to"), alt.Y2("start"), color=GRAY
        ),
        labels.mark_text(align="right", fontSize=11, dx=-3, **HALO).encode(
            left.x("from:Q"), y, text=alt.Text("name:N"), color=GRAY
        ),
        STRENGTH.heading(left, "heading"),
    )

    share = room(characters + 5)
    across, step = (high - (high - low) / (1 - share), high), 0.2 if high - low < 0.8 else 0.4
    ticks = (("values", [round(i * step, 1) for i in range(-9, 10) if low <= i * step <= high]), ("format", ".1f"))
    right = Panel(True, "coefficient", None, across, (-0.7, n - 0.3), x_ticks=ticks, y_ticks=UNLABELED, split=0.52)
    axis = alt.Chart(data("axis")).mark_rule(strokeWidth=1.25)
    bars = alt.layer(
        axis.encode(right.x("value:Q"), right.y("from:Q"), y2=alt.Y2("to"), color=GRAY),
        *_features(right, n),
        STRENGTH.heading(right, "counts"),
    )
    return join([lines, bars, columns(left)])


@cached_of(16)
def path(solved: LinearPath, model: str, net: float, ends: tuple[float, float]) -> Picture:
    """Return every coefficient against the strength; beside it the coefficients at one strength as bars with names.

    ends: of the coefficients' axis.
    """
    names, weights = short(solved.names), solved.path.tolist()
    low, high = ends
    strength_of = {"lasso": "l1 = ", "net": f"l2 = {net:g}, l1 = ", "ridge": "l2 = "}[model]
    share = room(longest(names))
    first = STRENGTH.places[0] - 0.5 - len(STRENGTHS) * share / (1 - share)
    span = STRENGTH.places[-1] + 0.5 - first

    def alive(level: int, i: int) -> bool:
        return any(weights[at][i] for at in (level - 1, level, level + 1) if 0 <= at < len(weights))

    def within(weight: float) -> float:
        return min(max(weight, low), high)

    def end(weight: float) -> str:
        return "high" if weight > high else "low" if weight < low else ""

    lines = [  # where a weight is zero the gray line is enough
        {"level": x, "name": name, "value": y if alive(round(x), i) else None}
        for i, name in enumerate(names)
        for x, y in cut([(level, w[i]) for level, w in enumerate(weights) if level], low, high)
    ]
    starts = [within(w) for w in weights[1]]
    outside = [{"level": i, "end": e} for i, w in enumerate(weights) for e in sorted(set(map(end, w))) if e]
    knots = [
        {"level": 1 + PER_DECADE * math.log10(1000 * knot)} for knot in solved.knots.tolist() if knot >= STRENGTHS[1]
    ]
    return Picture(
        _path(low, high, len(names), longest(names)),
        tables(
            {
                "levels": between([(level - first) / span for level in range(len(STRENGTHS))]),
                "heading": texts([f"{MODELS[model]}, {strength_of}{strength:g}" for strength in STRENGTHS]),
                "counts": texts([f"{sum(map(bool, w))} of {len(names)} features" for w in weights]),
                "path": lines,
                "here": [
                    {"level": level, "value": value}
                    for level, w in enumerate(weights)
                    for value in w
                    if value and within(value) == value
                ]
                or [{"level": -1, "value": 0.0}],
                "outside": outside or [{"level": -1, "end": ""}],
                "knots": knots or [{"level": None}],
                "zero": [{"from": -0.2, "to": len(STRENGTHS) - 0.5, "value": 0}],
                "names": [
                    {"name": name, "from": -3.6, "to": 0.8, "value": at, "start": weight}
                    for name, at, weight in zip(names, apart(starts, 0.055 * (high - low)), starts, strict=True)
                ],
                "axis": [{"value": 0, "from": -0.7, "to": len(names) - 0.3}],
                "bars": [
                    {
                        "level": level,
                        "row": len(names) - 1 - rank,
                        "value": within(w[i]),
                        "text": f"{names[i]}  {figure(w[i])}",
                        "who": "technique" if w[i] else "baseline",
                        "end": end(w[i]),
                    }
                    for level, w in enumerate(weights)
                    for rank, i in enumerate(solved.order)
                ],
            }
        ),
        alt="Left: every coefficient against the strength of the penalty. Right: the coefficients at one strength as "
        "bars with the features' names, gray where exactly zero.",
        now=[
            f"{MODELS[model]} at strength {strength:g}: "
            f"{', '.join(f'{names[i]} {figure(w[i])}' for i in solved.order)}."
            for strength, w in zip(STRENGTHS, weights, strict=True)
        ],
        levels=STRENGTH,
    )


def path_rows(solved: LinearPath, dataset: str, model: str, net: float) -> list[Row]:
    """Return every coefficient of a whole path, to download; net: the L2 part of the elastic net."""
    what = {"dataset": dataset, "model": MODELS[model], **({"l2": net} if model == "net" else {})}
    return [
        {**what, "strength": strength, "feature": name, "coefficient": value, "test_r_squared": explained}
        for strength, w, explained in zip(STRENGTHS, solved.path.tolist(), solved.explained.tolist(), strict=True)
        for name, value in zip(solved.names, w, strict=True)
    ]


def span_of(*paths: LinearPath) -> tuple[float, float]:
    """Return the ends of the coefficients' axis, the same for every penalty: nearly collinear features leave it."""
    seen = [solved.path[1 + PER_DECADE :] for solved in paths]
    low, high = min(float(w.min()) for w in seen), max(float(w.max()) for w in seen)
    margin = 0.12 * (high - low)
    return math.floor(10 * (low - margin)) / 10, math.ceil(10 * (high + margin)) / 10


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Move labels as little as it takes for none to be closer to another than the gap; those that crowd share a middle.

    >>> apart([0.0, 0.1, 1.0], gap=0.5)
    [-0.2, 0.3, 1.0]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[list[int]] = []

    def middle(group: list[int]) -> float:
        return sum(places[i] for i in group) / len(group)

    def crowded(low: list[int], high: list[int]) -> bool:
        return middle(high) - middle(low) < gap * (len(low) + len(high)) / 2

    for label in order:
        groups.append([label])
        while len(groups) > 1 and crowded(groups[-2], groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = {
        label: middle(group) + gap * (i - (len(group) - 1) / 2) for group in groups for i, label in enumerate(group)
    }
    return [round(moved[label], 6) for label in range(len(places))]


def cut(curve: Sequence[tuple[float, float]], low: float, high: float) -> list[tuple[float, float | None]]:
    """Cut a curve where it leaves low to high: its points inside, the crossings, and None where it is outside.

    >>> cut([(0.0, 4.0), (1.0, 0.0), (2.0, 1.0)], low=-1.0, high=2.0)
    [(0.0, None), (0.5, 2.0), (1.0, 0.0), (2.0, 1.0)]
    """
    pieces: list[tuple[float, float | None]] = []
    last: tuple[float, float] | None = None
    for x, y in curve:
        if last is not None:
            x0, y0 = last
            crossed = sorted((edge - y0) / (y - y0) for edge in (low, high) if (y0 - edge) * (y - edge) < 0)
            pieces += [(x0 + t * (x - x0), y0 + t * (y - y0)) for t in crossed]
        pieces.append((x, y if low <= y <= high else None))
        last = x, y
    return pieces


# ------------------------------------------------------------------ diamond and ball


def _plane(limit: float, names: tuple[str, str]) -> dict[str, Any]:
    ends = (-limit, limit)
    planes = [Square(bool(part), names[0], names[1], ends, ends, x_ticks=(("tickCount", 5),)) for part in (0, 1)]
    layers: list[Any] = []
    for part, plane in enumerate(planes):
        x, y, around = plane.x("x:Q"), plane.y("y:Q"), alt.Order("order:Q")
        touching, body = (
            _read(alt.Chart(data(f"{name}{part}")).transform_filter(HERE)) for name in ("touching", "body")
        )
        way, cross = alt.Chart(data(f"way{part}")), alt.Chart(data("axes")).mark_rule(strokeWidth=1, opacity=0.6)
        contours, least = _read(alt.Chart(data("contours"))), alt.Chart(data("least"))
        layers.append(
            alt.layer(
                cross.encode(x, y, alt.X2("x2"), alt.Y2("y2"), color=GRAY),
                contours.mark_line(strokeWidth=1, opacity=0.4).encode(x, y, alt.Detail("level:N"), around, color=LOSS),
                # Apart from its line: Streamlit gives the theme's green to `color`, not to `fill`.
                body.mark_line(filled=True, opacity=0.14).encode(x, y, around, color=GREEN),
                body.mark_line(strokeWidth=2).encode(x, y, around, color=GREEN),
                touching.mark_line(strokeWidth=2).encode(x, y, around, color=LOSS),
                way.mark_line(strokeWidth=1.5, strokeDash=[3, 3]).encode(x, y, alt.Order("level:Q"), color=GREEN),
                least.mark_point(shape="cross", size=70, filled=True, opacity=1).encode(x, y, color=LOSS),
                way.transform_filter(HERE).mark_circle(size=80, opacity=1).encode(x, y, color=GREEN),
                STRENGTH.heading(plane, f"heading{part}"),
            )
        )
    return join([*layers, columns(*planes)])


@cached_of(8)
def plane(lasso: l2.Geometry, ridge: l2.Geometry, names: tuple[str, str]) -> Picture:
    """Return the plane of two coefficients twice: the Lasso's diamond, and the ridge's ball."""
    limit = charts.ceiling([1.15 * float(ridge.radii.max())])
    paths = [geometry.path.tolist() for geometry in (lasso, ridge)]

    def curves(many: Any) -> list[Row]:
        return [{"level": level, **written(points, limit)} for level, points in enumerate(many.tolist())]

    rows: dict[str, Any] = {
        "levels": [
            row for part, way in enumerate(paths) for row in between([(a + limit) / (2 * limit) for a, _ in way], part)
        ],
        "axes": [{"x": -limit, "x2": limit, "y": 0, "y2": 0}, {"x": 0, "x2": 0, "y": -limit, "y2": limit}],
        "contours": curves(ridge.contours),
        "least": [{"x": float(ridge.least_squares[0]), "y": float(ridge.least_squares[1])}],
    }
    for part, (geometry, name) in enumerate(((lasso, "Lasso"), (ridge, "Ridge"))):
        rows[f"heading{part}"] = texts([f"{name}: {figures(pair)}" for pair in paths[part]])
        rows[f"touching{part}"] = curves(geometry.touching)
        rows[f"body{part}"] = curves(geometry.balls if name == "Lasso" else geometry.balls[:, ::3])
        rows[f"way{part}"] = [{"level": level, "x": a, "y": b} for level, (a, b) in enumerate(paths[part])]
    return Picture(
        _plane(limit, names),
        tables(rows),
        alt="The plane of two coefficients, twice. Left: the Lasso's solution, where an ellipse of equal loss touches "
        "a diamond. Right: the ridge's, where an ellipse touches a ball. Dashed: the way of the solution.",
        now=[
            f"At strength {strength:g}, Lasso: {named(names, a)}. Ridge: {named(names, b)}."
            for strength, a, b in zip(STRENGTHS, *paths, strict=True)
        ],
        levels=STRENGTH,
    )


def plane_rows(lasso: l2.Geometry, ridge: l2.Geometry, dataset: str, names: tuple[str, str]) -> list[Row]:
    """Return both solutions and the radius within which each is the best, to download."""
    others = {"dataset", "model", "strength", "radius"}  # a feature may be called as one of these
    first, second = (f"coefficient of {name}" if name in others else name for name in names)
    return [
        {
            "dataset": dataset,
            "model": model,
            "strength": strength,
            first: a,
            second: b,
            "radius": radius,
        }
        for model, geometry in (("Lasso", lasso), ("Ridge", ridge))
        for strength, (a, b), radius in zip(STRENGTHS, geometry.path.tolist(), geometry.radii.tolist(), strict=True)
    ]


def named(names: Sequence[str], weights: Sequence[float]) -> str:
    """Return weights with their features.

    >>> named(("bmi", "bp"), (0.5, 0.0))
    'bmi 0.500, bp 0'
    """
    return ", ".join(f"{name} {figure(w)}" for name, w in zip(names, weights, strict=True))


def written(curve: Sequence[Sequence[float]], limit: float) -> dict[str, str]:
    """Return a curve's points as two texts, which the browser reads when it draws them; those outside as nothing.

    A row for each point would have the browser sort through thousands whenever the pointer moves.

    >>> written([(0.5, 1.0), (3.0, 0.0), (0.0, 0.25)], limit=2)
    {'xs': '0.5  0', 'ys': '1  0.25'}
    """
    inside = [point if max(map(abs, point)) <= limit else None for point in curve]
    return {
        name: " ".join(f"{point[i]:.5g}" if point else "" for point in inside) for i, name in enumerate(("xs", "ys"))
    }


def _read(curves: alt.Chart) -> alt.Chart:
    """Return the points of curves that `written` wrote."""
    split = curves.transform_calculate(x="split(datum.xs, ' ')", y="split(datum.ys, ' ')")
    counted = split.transform_calculate(order="sequence(length(datum.x))").transform_flatten(["x", "y", "order"])
    return counted.transform_calculate(x="toNumber(datum.x)", y="toNumber(datum.y)")


# ------------------------------------------------------------------ weights over steps


@cache
def by_step(n_steps: int) -> Levels:
    """Return the levels of a picture over steps, which the slider "step" holds."""
    return even("step", range(n_steps + 1), "step")


@cache
def _steps(parts: int, n_steps: int, low: float, high: float) -> dict[str, Any]:
    panels = [
        Part(
            False,
            "step",
            None if number else "weight",
            (0, n_steps),
            (low, high),
            x_ticks=(("tickCount", 5),),
            number=number,
            of=parts,
        )
        for number in range(parts)
    ]
    layers: list[Any] = []
    for number, panel in enumerate(panels):
        x, y = panel.x("level:Q"), panel.y("value:Q")
        lines, ends = alt.Chart(data(f"weights{number}")), alt.Chart(data(f"ends{number}"))
        right = alt.XValue(alt.ExprRef(f"{panel.left} + {panel.width} + 7"))
        layers.append(
            alt.layer(
                *rules(panel),
                lines.mark_line(strokeWidth=1.6).encode(x, y, colour("who", MARKS), alt.Detail("number:N")),
                lines.transform_filter(HERE).mark_circle(size=44, opacity=1).encode(x, y, colour("dot", MARKS)),
                ends.mark_point(shape="triangle-left", filled=True, size=34, opacity=0.9).encode(right, y, color=GRAY),
                by_step(n_steps).heading(panel, f"heading{number}"),
            )
        )
    return join([*layers, columns(*panels)])


def _step_rows(path: list[list[float]], who: Sequence[str], other: str = "weight") -> list[Row]:
    """Return the rows of some weights' lines and dots; other: the dot of a green weight that is not zero."""
    alive = {"technique": other, "baseline": "weight"}
    return [
        {"level": step, "value": w[i], "number": i, "who": role, "dot": alive[role] if w[i] else "zero"}
        for i, role in enumerate(who)
        for step, w in enumerate(path)
    ]


def _step_columns(n_steps: int, parts: int) -> list[Row]:
    places = [step / n_steps for step in range(n_steps + 1)]
    return [row for part in range(parts) for row in between(places, part)]


@cached_of(128)
def ways(descended: Descents, limit: float) -> Picture:
    """Return ten weights over the steps of three descents; limit: of the weights' axis."""
    goal, n_steps = descended.goal.tolist(), descended.paths.shape[1] - 1
    who = ["baseline" if w else "technique" for w in goal]
    counts = (descended.paths == 0).sum(axis=2).tolist()  # [methods][steps + 1]
    rows: dict[str, Any] = {"levels": _step_columns(n_steps, len(descended.methods))}
    for part, method in enumerate(descended.methods):
        zeros = [words.plural(count, "exact zero") for count in counts[part]]
        rows[f"heading{part}"] = texts([f"{WAYS[method]}: {text}" for text in zeros])
        rows[f"weights{part}"] = _step_rows(descended.paths[part].tolist(), who, "missed")
        rows[f"ends{part}"] = [{"value": w} for w in goal]
    return Picture(
        _steps(len(descended.methods), n_steps, -limit, limit),
        tables(rows),
        alt="Ten weights over the steps of a descent to the Lasso's solution, in three ways: by soft threshold, by the "
        "subgradient, and by the subgradient with clipping.",
        now=[
            f"Step {step}: "
            + ", ".join(
                f"{WAYS[m]} {words.plural(counts[i][step], 'exact zero')}" for i, m in enumerate(descended.methods)
            )
            + f"; the Lasso has {goal.count(0)}."
            for step in range(n_steps + 1)
        ],
        levels=by_step(n_steps),
    )


def way_rows(descended: Descents, dataset: str, strength: float, names: Sequence[str]) -> list[Row]:
    """Return every weight of the three ways by step, beside the Lasso's own, to download."""
    what = {"dataset": dataset, "strength": strength}
    return [
        {
            **what,
            "method": WAYS[method],
            "step": step,
            "feature": name,
            "weight": weight,
            "weight_in_the_lasso": in_lasso,
        }
        for method, path in zip(descended.methods, descended.paths.tolist(), strict=True)
        for step, weights in enumerate(path)
        for name, weight, in_lasso in zip(names, weights, descended.goal.tolist(), strict=True)
    ]


def five_rows(paths: Any, strength: float, learning_rate: float) -> list[Row]:
    """Return the five weights by step under both penalties, to download."""
    what = {"strength": strength, "learning_rate": learning_rate}
    return [
        {"penalty": penalty, **what, "step": step, "weight": number, "value": value}
        for penalty, path in zip(("L1", "L2"), paths.tolist(), strict=True)
        for step, weights in enumerate(path)
        for number, value in enumerate(weights, 1)
    ]


def five(paths: Any) -> Picture:
    """Return weights that no data holds over steps; paths: of `experiments.pulled`, under L1 and under L2."""
    both = paths.tolist()
    n_steps = len(both[0]) - 1
    rows: dict[str, Any] = {"levels": _step_columns(n_steps, 2)}
    for part, (name, who) in enumerate((("L1", "technique"), ("L2", "baseline"))):
        rows[f"heading{part}"] = texts([f"{name}: {figures(w)}" for w in both[part]])
        rows[f"weights{part}"] = _step_rows(both[part], [who] * len(both[part][0]))
        rows[f"ends{part}"] = [{"value": None}]
    return Picture(
        _steps(2, n_steps, -2.2, 2.2),
        rows,
        alt=f"Five weights over {n_steps} steps without a data gradient. Left: under L1. Right: under L2.",
        now=[
            f"Step {step}. L1: {figures(a)}. L2: {figures(b)}." for step, (a, b) in enumerate(zip(*both, strict=True))
        ],
        levels=by_step(n_steps),
    )


# ------------------------------------------------------------------ the first layer


@cache
def _layer(l1: Levels, measure: str) -> dict[str, Any]:
    title, up = "share of the first layer's weights that are exactly zero", (TOP, 1)
    ticks = (("format", "%" if "accuracy" in measure else "~g"), ("tickCount", 5))
    left = Panel(False, title, measure, (0, 1), up, x_ticks=PERCENT, y_ticks=ticks, split=0.56)
    points = alt.Chart(data("points"))
    x, y, here = left.x("zeros:Q"), left.y("mean:Q"), points.transform_filter(HERE)
    base = alt.Chart(data("base")).mark_rule(strokeWidth=1.5, strokeDash=[5, 4])
    curve = alt.layer(
        base.encode(left.x("from:Q"), left.y("accuracy:Q"), x2=alt.X2("to"), color=GRAY),
        points.mark_area(opacity=0.16, clip=True).encode(x, left.y("low:Q"), alt.Y2("high"), color=GREEN),
        points.mark_line(point={"size": 34}, clip=True).encode(x, y, alt.Order("level:Q"), color=GREEN),
        here.mark_circle(size=110, opacity=1, clip=True).encode(x, y, color=GREEN),
        l1.heading(left, "heading"),
    )
    right = Square(True, None, None, (0, 1), (0, 1), split=0.56)
    place = {"x": alt.XValue(alt.ExprRef(right.left)), "y": alt.YValue(alt.ExprRef(right.top))}
    size = alt.ExprRef(right.width)
    image = alt.Chart(data("pictures")).transform_filter(HERE)
    image = image.mark_image(align="left", baseline="top", aspect=False, width=size, height=size)
    return join([curve, image.encode(**place, url=alt.Url("url:N")), l1.heading(right, "left"), columns(left)])


def layer(l1: Levels, run: Run, zeros: Zeros, shape: tuple[int, int]) -> Picture:
    """Return accuracy against the share of zeros; beside it the first layer at one strength as pictures.

    shape: of a unit's picture. Of a regression R squared stands in place of accuracy.
    """
    measure = "accuracy" if classes(run) else "R²"

    def shown(value: float) -> str:
        return percent(value, 1) if classes(run) else signed(value, 2)

    share = [average(values) for values in zeros.share.tolist()]
    accuracy = [band(values) for values in run.kept("test_accuracy").tolist()]
    low = min((each["low"] for each in accuracy if each["low"] is not None), default=0.0)
    means = [each["mean"] or 0.0 for each in accuracy]
    inputs, units = zeros.shape
    return Picture(
        _layer(l1, f"test {measure}"),
        {
            "levels": between(share),
            "heading": texts(
                [
                    f"L1 {name}: {percent(z, 1)} zeros, {measure} {shown(mean)}"
                    for name, z, mean in zip(l1.names, share, means, strict=True)
                ]
            ),
            "left": texts([f"{count:,} of {inputs * units:,} weights left" for count in zeros.left.tolist()]),
            "points": [{"level": i, "zeros": z, **a} for i, (z, a) in enumerate(zip(share, accuracy, strict=True))],
            "base": [{"from": 0, "to": 1, "accuracy": means[0]}],
            "pictures": [{"level": i, "url": url} for i, url in enumerate(_images(run, shape))],
        },
        alt=f"Left: test {measure} against the share of the first layer's weights that are exactly zero, one point for "
        "each strength, mean and range over the seeds. Right: the first layer's weights at one strength, as small "
        "pictures.",
        now=[
            f"L1 {name}: {percent(z, 1)} of the weights are zero, test {measure} {shown(mean)}, without L1 "
            f"{shown(means[0])}."
            for name, z, mean in zip(l1.names, share, means, strict=True)
        ],
        levels=l1,
        top=max(0.0 if classes(run) else -1.0, math.floor(10 * low - 0.2) / 10),  # here the lower end
    )


def accuracy_rows(l1: Levels, run: Run, zeros: Zeros) -> list[Row]:
    """Return every network's accuracy and its zeros, to download."""
    rows = numbers(run, "l1", l1.values, ("test_accuracy",), zeros_of_first_layer=zeros.share.tolist())
    return [{"n_train": run.n_train, **row} for row in rows]


def weight_rows(l1: Levels, run: Run) -> list[Row]:
    """Return every weight of the first seed's first layer, to download."""
    return [
        {"l1": value, "seed": run.seeds[0], "n_train": run.n_train, "input": i, "unit": j, "weight": weight}
        for value, weights in zip(l1.values, run.weights(0)[:, 0].tolist(), strict=True)
        for i, units in enumerate(weights)
        for j, weight in enumerate(units)
    ]


@cached_of(16)
def _images(run: Run, shape: tuple[int, int]) -> list[str]:
    """Return the first layer of the first seed's network at every strength, as pictures."""
    first = run.weights(0)[:, 0]  # (settings, inputs, units)
    limit = 0.7 * max((abs(w) for w in first[0].ravel().tolist() if math.isfinite(w)), default=1.0)
    return [tiles(w.T.tolist(), shape, limit) for w in first]


ORANGE, BLUE, DEAD = (217, 119, 38), (56, 132, 203), (128, 134, 145, 46)  # on light and on dark


def tiles(units: Sequence[Sequence[float]], shape: tuple[int, int], limit: float) -> str:
    """Draw each unit's weights as a picture, all in one: orange above zero, blue below, gray where exactly zero."""
    height, width = shape
    across = max(1, round((len(units) * height / width) ** 0.5)) if width > 1 else len(units)
    gap: Pixel = (0, 0, 0, 0)
    picture: list[list[Pixel]] = []
    for first in range(0, len(units), across):
        if picture and width > 1:
            picture.append([gap] * len(picture[0]))
        for r in range(height):
            line: list[Pixel] = []
            for unit in range(first, first + across):
                if line and width > 1:
                    line.append(gap)
                some = units[unit][r * width : (r + 1) * width] if unit < len(units) else None
                line += [gap] * width if some is None else [_pixel(w, limit) for w in some]
            picture.append(line)
    return png(picture)


def _pixel(weight: float, limit: float) -> Pixel:
    if weight == 0:
        return DEAD
    red, green, blue = ORANGE if weight > 0 else BLUE
    return red, green, blue, round(70 + 185 * min(abs(weight) / limit, 1))


# ------------------------------------------------------------------ stability selection


@cache
def _stability(n: int, characters: int, threshold: float) -> dict[str, Any]:
    left = OF_LASSO.panel("share of bootstraps", (0, 1.02), y_ticks=PERCENT)
    lines = alt.Chart(data("lines"))
    level, upright = (
        alt.Chart(data(name)).mark_rule(strokeWidth=1.25, strokeDash=[5, 4]) for name in ("threshold", "upright")
    )
    curves = alt.layer(
        level.encode(left.x("from:Q"), left.y("value:Q"), x2=alt.X2("to"), color=GRAY),
        *rules(left),
        *(
            lines.transform_filter(f"datum.who == '{who}'")
            .mark_line(strokeWidth=width, opacity=depth)
            .encode(left.x("level:Q"), left.y("value:Q"), colour("who"), alt.Detail("name:N"))
            for who, width, depth in (("baseline", 1.25, 0.55), ("technique", 1.75, 1))
        ),
        *legend(left),
    )
    share, ends = room(characters + 4), (-0.7, n - 0.3)
    across = (1 - 1 / (1 - share), 1.02)
    right = Panel(True, "share of bootstraps", None, across, ends, x_ticks=PERCENT, y_ticks=UNLABELED)
    bars = alt.layer(
        *_features(right, n),
        upright.encode(right.x("value:Q"), right.y("from:Q"), y2=alt.Y2("to"), color=GRAY),
        OF_LASSO.heading(right, "heading"),
    )
    return join([curves, bars, columns(left)])


@cached_of(16)
def stability(selection: Stability, features: tuple[str, ...], threshold: float) -> Picture:
    """Return how often each feature is chosen against the strength; beside it the same at one strength as bars.

    The last of the bars is the most frequent of the shuffled copies.
    """
    frequency = selection.frequency.tolist()
    n, both = len(features), [*features, *(f"{name}, shuffled" for name in features)]
    order = sorted(range(n), key=lambda i: -sum(at[i] for at in frequency))
    copies = [max(at[n:]) for at in frequency]
    often = [sum(share >= threshold for share in at) for at in frequency]

    def bar(level: int, row: int, name: str, share: float) -> Row:
        who = "technique" if share >= threshold else "baseline"
        return {"level": level, "row": row, "value": share, "text": f"{name}  {percent(share)}", "who": who}

    return Picture(
        _stability(n + 1, longest((*features, "shuffled")), threshold),
        {
            "levels": between([(i + 0.5) / len(STRENGTHS) for i in range(len(STRENGTHS))]),
            "heading": texts(
                [
                    f"strength {strength:g}: {count} in {percent(threshold)} or more"
                    for strength, count in zip(STRENGTHS, often, strict=True)
                ]
            ),
            "lines": [
                {
                    "level": level,
                    "name": name,
                    "value": at[j],
                    "who": "baseline" if selection.shuffled[j] else "technique",
                }
                for j, name in enumerate(both)
                for level, at in enumerate(frequency)
            ],
            "bars": [
                row
                for level, at in enumerate(frequency)
                for row in (
                    *(bar(level, n - rank, features[j], at[j]) for rank, j in enumerate(order)),
                    bar(level, 0, "shuffled", copies[level]),
                )
            ],
            "threshold": [{"from": -0.5, "to": len(STRENGTHS) - 0.5, "value": threshold}],
            "upright": [{"from": -0.7, "to": n + 0.7, "value": threshold}],
            "legend": entries(("feature", "technique"), ("shuffled copy", "baseline")),
        },
        alt="Left: the share of bootstrap samples in which each feature is chosen, against the strength; the shuffled "
        "copies in gray. Right: the same at one strength as bars, last the most frequent shuffled copy.",
        now=[
            f"At strength {strength:g}: {', '.join(f'{features[j]} {at[j]:.2f}' for j in order)}, the most frequent "
            f"shuffled copy {copy:.2f}."
            for strength, at, copy in zip(STRENGTHS, frequency, copies, strict=True)
        ],
        levels=OF_LASSO,
    )


def choice_rows(features: Sequence[str], seeds: Sequence[int], each: Sequence[Stability]) -> list[Row]:
    """Return how often each feature, and each shuffled copy, is chosen, by seed, to download."""
    both = [*features, *(f"{name}, shuffled" for name in features)]
    return [
        {"l1": strength, "seed": seed, "feature": name, "share_of_bootstraps": share, "lasso_weight": weight}
        for seed, selection in zip(seeds, each, strict=True)
        for strength, shares, path in zip(STRENGTHS, selection.frequency.tolist(), selection.path.tolist(), strict=True)
        for name, share, weight in zip(both, shares, path, strict=True)
    ]


# ------------------------------------------------------------------ the mistake of the units

COUNT = even("kept", range(1, FEATURES + 1), "features kept at most")


def units(by_units: Units) -> Picture:
    """Return how much the Lasso explains with so many features, standardised and in their own units."""
    standardised, raw = (explained[:, 1:].T.tolist() for explained in (by_units.standardised, by_units.raw))
    seen = [value for values in standardised + raw for value in values]
    low, top = min(0.0, math.floor(10 * min(seen)) / 10), charts.ceiling(seen)
    what, names = "R squared on diabetes' test rows", ("standardised", "in their own units")
    return against(COUNT, standardised, raw, names, "R² on the test rows", what=what, low=low, top=top)
