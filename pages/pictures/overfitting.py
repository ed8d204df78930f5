"""The pictures of overfitting, each one block: its template, the rows that fill it, and what it says in words.

Error on the sample is drawn as train, on fresh noisy points as validation. The error against the truth, which no real
run ever knows, takes the colour of the test set.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, words
from pages.ui.by_hand import Curve
from pages.ui.cache import cached_of
from pages.ui.charts import BASELINE, HALO, TEST, VALIDATION, colour, dash, data, finish, pack, unpacked
from pages.ui.drawing import Picture
from pages.ui.levels import BLUE, GRAY, GREEN, RED, TOP, Row, entries, entries_by_level, even, legend, span
from pages.ui.panels import START, Panel, beyond
from pages.ui.panels import join as join_two
from pages.ui.scrub import HERE, join
from pages.ui.seeds import band

from reglab.experiments import Memorization, SineFits, Width
from reglab.overfitting import BiasVariance, ErrorCurve, grid

DEGREES = tuple(range(20))
DEGREE = even(
    "degree", DEGREES, "degree of the polynomial", tuple(map(str, DEGREES)), ticks=(0, 5, 10, 15, 19), margin=0.5
)
VERDICTS = {"under": "too simple", "good": "about right", "over": "overfit"}
LOW, HIGH, HIGHEST = 1e-3, 1e2, 1e3  # the ends of the axes of mean squared errors; of ever more coefficients
WIDTHS = (2, 4, 8, 16, 32, 64, 128)
ERROR = "mean squared error"

MULTIPLES_OF_PI = (
    ("values", [0, math.pi / 2, math.pi, 3 * math.pi / 2, 2 * math.pi]),
    ("labelExpr", "['0', 'π/2', 'π', '3π/2', '2π'][round(datum.value * 2 / PI)]"),
)
DECADES = (("values", [1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]), ("format", ",~g"), ("tickCount", 12))
PERCENT = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))

ACROSS = [math.pi * (1 - math.cos(math.pi * i / 120)) for i in range(121)]  # closer together towards the ends
TRUTH = charts.table({"x": ACROSS, "y": [math.sin(x) for x in ACROSS]})


def figure(value: float) -> str:
    """Return an error with three digits, or as a power of ten where it is far from 1.

    >>> figure(0.01003), figure(1.3928), figure(735.7), figure(999.6), figure(3e-29), figure(0.0)
    ('0.0100', '1.39', '736', '1,000', '3e−29', '0')
    """
    if value == 0:
        return "0"
    if 1e-4 <= value < 1e5:
        return f"{value:#.3g}".rstrip(".") if value < 999.5 else f"{value:,.0f}"
    digits, power = f"{value:.0e}".split("e")
    return f"{digits}e{int(power)}".replace("-", "−")


def height(noise: float) -> float:
    """Return the top of the axis of y: one of two, so that it does not follow the slider."""
    return 2.0 if noise <= 0.5 else 4.0


# ------------------------------------------------------------------ curves that leave their axis


def inside(points: Iterable[tuple[float, float]], low: float, high: float) -> Iterator[tuple[float, float | None]]:
    """Cut a curve where it leaves low to high: yield its points inside, the crossings, and None where it leaves.

    >>> list(inside([(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)], -1.0, 1.0))
    [(0.0, 0.0), (0.5, 1.0), (0.5, None), (1.5, 1.0), (2.0, 0.0)]
    """
    last: tuple[float, float] | None = None
    for x, y in points:
        if last is not None:
            x0, y0 = last
            crossed = [edge for edge in (low, high) if (y0 - edge) * (y - edge) < 0]
            for edge in reversed(crossed) if y < y0 else crossed:  # in the order in which the curve meets them
                at = x0 + (x - x0) * (edge - y0) / (y - y0)
                yield at, edge
                if edge == (high if y > high else low if y < low else None):
                    yield at, None
        if low <= y <= high:
            yield x, y
        last = x, y


def inside_log(points: Iterable[tuple[float, float]], low: float, high: float) -> Iterator[tuple[float, float | None]]:
    """Cut a curve of errors as `inside` does, on a logarithmic axis.

    >>> [(x, y and round(y, 6)) for x, y in inside_log([(0.0, 0.1), (1.0, 0.0001)], 0.001, 10.0)]
    [(0.0, 0.1), (0.666667, 0.001), (0.666667, None)]
    """
    logs = ((x, math.log10(positive(error))) for x, error in points)
    for x, y in inside(logs, math.log10(low), math.log10(high)):
        yield round(x, 6), None if y is None else 10**y


def positive(error: float) -> float:
    """Return an error that has a logarithm: 0 is far below every axis."""
    return max(error, 1e-300)


def reach(values: Sequence[float], limit: float) -> str:
    """Say how far values go beyond -limit to limit, if they do.

    >>> reach([-8.14, 1.0, 3.0], 2.0), reach([1.0], 2.0)
    ('▲ to 3.00  ▼ to −8.14', '')
    """
    low, high = min(values), max(values)
    return "  ".join([f"▲ to {figure(high)}"] * (high > limit) + [f"▼ to −{figure(-low)}"] * (low < -limit))


def _beyond(
    panel: Panel,
    rows: alt.Chart,
    x: Any,
    low: float,
    high: float,
    *,
    across: str = "level",
    fields: tuple[str, str] = ("error", "error"),
) -> list[Any]:
    """Return arrows at both ends of a panel where values, or a band's two ends, leave its axis, coloured by "who"."""
    below, above = fields
    return [
        beyond(panel, rows, above, f"{high}", across=across).encode(x),
        beyond(panel, rows, below, f"{low}", across=across, low=True).encode(x),
    ]


BAND = ("low", "high")


def _reach(panel: Panel, rows: alt.Chart) -> Any:
    """Write at a panel's lower end how far its curves go beyond it."""
    middle = alt.XValue(alt.ExprRef(f"{panel.left} + 0.5 * {panel.width}"))
    said = rows.mark_text(align="center", baseline="bottom", fontSize=12, **HALO)
    return said.encode(
        x=middle, y=alt.YValue(alt.ExprRef(f"({panel.bottom}) - 5")), text=alt.Text("beyond:N"), color=GREEN
    )


# ------------------------------------------------------------------ the polynomials


def _sine_panel(limit: float) -> Panel:
    """Return the panel of what is fitted: y against x."""
    y_ticks = (("values", [-2, -1, 0, 1, 2] if limit <= 2 else [-4, -2, 0, 2, 4]), ("format", "d"), ("grid", False))
    return Panel(True, "x", None, (0, 2 * math.pi), (-limit, limit), x_ticks=MULTIPLES_OF_PI, y_ticks=y_ticks)


def _truth(panel: Panel) -> Any:
    line = alt.Chart(data("truth")).mark_line(strokeWidth=1.75, strokeDash=[5, 4])
    return line.encode(panel.x("x:Q"), panel.y("y:Q"), color=GRAY)


def _sine_key(panel: Panel) -> list[alt.Chart]:
    """Say at the panel's upper right which marks are the sample and which the truth."""
    both = alt.Chart(data("key"))
    sample, truth = (both.transform_filter(f"datum.what == '{what}'") for what in ("sample", "truth"))
    dot, line, end = (f"({panel.width} - {pixels})" for pixels in (126, 56, 40))
    x2 = alt.X2Value(alt.ExprRef(f"{panel.left} + {end}"))
    return [
        sample.mark_circle(size=44, opacity=1).encode(**panel.above(dot), color=BLUE),
        panel.heading(sample, at=f"({dot} + 8)").encode(color=BLUE),
        truth.mark_rule(strokeWidth=1.75, strokeDash=[5, 4]).encode(**panel.above(line), x2=x2, color=GRAY),
        panel.heading(truth, at=f"({end} + 6)").encode(color=GRAY),
    ]


@cache
def _fits(limit: float) -> dict[str, Any]:
    left = DEGREE.panel(ERROR, (LOW, HIGH), y_type="log", y_ticks=DECADES)
    errors, marks, curves = (alt.Chart(data(name)) for name in ("errors", "marks", "fits"))
    x, y = DEGREE.x(left), left.y("error:Q")
    seen = marks.transform_filter(f"{HERE} && datum.error >= {LOW} && datum.error <= {HIGH}")
    by_degree = DEGREE.scrubbed(
        left,
        errors.mark_line().encode(x, y, colour("who"), dash("who")),
        seen.mark_circle(size=64, opacity=1).encode(x, y, colour("who")),
        *_beyond(left, marks, left.x("across:Q"), LOW, HIGH, across="across"),
        *legend(left, here=True),
    )

    right = _sine_panel(limit)
    x, y = right.x("x:Q"), right.y("y:Q")
    chosen, shown = (
        unpacked(curves.transform_filter(f"datum.level == {at}")) for at in ("data('now')[0].level", "shown")
    )
    fit = alt.layer(
        _truth(right),
        chosen.mark_line(clip=True, opacity=0.25).encode(x, y, color=GREEN),
        shown.mark_line(clip=True).encode(x, y, color=GREEN),
        alt.Chart(data("sample")).mark_circle(size=44, opacity=1, clip=True).encode(x, y, color=BLUE),
        _reach(right, DEGREE.here("levels")),
        DEGREE.heading(right),
        *_sine_key(right),
    )
    return join([by_degree, fit])


@cached_of(64)
def fits(fitted: SineFits) -> Picture:
    """Return the errors by degree; beside them the sample, the truth and the fit of one degree."""
    limit, errors = height(fitted.noise), fitted.errors
    measures = (
        ("train", "train", errors.train.tolist(), 0.0),
        ("validation", "validation", errors.validation.tolist(), -0.2),
        ("test", "truth", errors.true.tolist(), 0.2),
    )
    labels = [[(f"{label} {figure(values[d])}", who) for who, label, values, _ in measures] for d in DEGREES]
    headings = [f"degree {d}: {VERDICTS[verdict]}" for d, verdict in zip(DEGREES, errors.verdicts, strict=True)]
    curves = [fit(ACROSS).tolist() for fit in errors.fits]
    rows: dict[str, Any] = {
        "levels": [
            {**row, "beyond": reach(curve, limit)} for row, curve in zip(DEGREE.columns(headings), curves, strict=True)
        ],
        "errors": [
            {"level": at, "error": error, "who": who}
            for who, _, values, _ in measures
            for at, error in inside_log(zip(DEGREES, values, strict=True), LOW, HIGH)
        ],
        "marks": [
            {"level": d, "across": d + aside, "error": values[d], "who": who}
            for who, _, values, aside in measures
            for d in DEGREES
        ],
        "legend": entries_by_level(labels, gap=0),  # three values above half of the view
        "fits": [
            {"level": d, "curve": pack(inside(zip(ACROSS, curve, strict=True), -limit, limit))}
            for d, curve in zip(DEGREES, curves, strict=True)
        ],
        "truth": TRUTH,
        "sample": {"x": fitted.x.tolist(), "y": fitted.y.tolist()},
        "key": [{"text": "sample", "what": "sample"}, {"text": "sin x", "what": "truth"}],
    }
    return Picture(
        _fits(limit),
        {name: charts.table(each) for name, each in rows.items()},
        alt="Left: mean squared error against degree, on the sample, on new points and against the truth. Right: the "
        "sample, the truth and the fit of one degree.",
        now=[
            f"{heading}. Mean squared errors: {', '.join(text for text, _ in label)}."
            for heading, label in zip(headings, labels, strict=True)
        ],
        levels=DEGREE,
    )


def degree_rows(fitted: SineFits) -> list[Row]:
    """Return the errors by degree, to download."""
    errors = fitted.errors
    columns = (errors.train, errors.validation, errors.true_at_points, errors.true)
    return [
        {
            "n": len(fitted.x),
            "noise": fitted.noise,
            "seed": fitted.seed,
            "degree": degree,
            "train_mse": train,
            "validation_mse": validation,
            "mse_against_truth_at_points": at_points,
            "mse_against_truth": true,
            "verdict": VERDICTS[verdict],
        }
        for degree, verdict, train, validation, at_points, true in zip(
            DEGREES, errors.verdicts, *(column.tolist() for column in columns), strict=True
        )
    ]


def curves_by_hand(fitted: SineFits, degree: int) -> list[Curve]:
    """Return the truth and one fit, to draw behind points that are moved by hand."""
    at = grid(201)
    across = at.tolist()
    truth, fit = [math.sin(x) for x in across], fitted.errors.fits[degree](at).tolist()
    return [Curve("baseline", across, truth, "dashed"), Curve("technique", across, fit)]


def fit_rows(fitted: SineFits) -> list[Row]:
    """Return the sample, the truth and all fits, to download."""
    at = grid(201)
    curves = [("fit", degree, fit(at).tolist()) for degree, fit in zip(DEGREES, fitted.errors.fits, strict=True)]
    sample = zip(fitted.x.tolist(), fitted.y.tolist(), strict=True)
    return [
        *({"what": "sample", "degree": None, "x": x, "y": y} for x, y in sample),
        *({"what": "truth", "degree": None, "x": x, "y": math.sin(x)} for x in at.tolist()),
        *(
            {"what": what, "degree": degree, "x": x, "y": y}
            for what, degree, curve in curves
            for x, y in zip(at.tolist(), curve, strict=True)
        ),
    ]


# ------------------------------------------------------------------ bias and variance


@cache
def _parts(limit: float, top: float) -> dict[str, Any]:
    left = DEGREE.panel(ERROR, (0, top))
    names, box, orange = alt.Chart(data("legend")), left.above(f"({START} + 6)"), alt.ColorValue(VALIDATION)
    x, areas = DEGREE.x(left), alt.Chart(data("parts"))
    shades, boxes = [], []
    for part, paint, depth in (("noise", BASELINE, 0.3), ("variance", TEST, 0.8), ("bias²", TEST, 0.35)):
        mine = {"color": alt.ColorValue(paint), "opacity": alt.OpacityValue(depth)}
        picked = f"datum.part == '{part}'"
        area = areas.transform_filter(picked).mark_area(clip=True)
        shades.append(area.encode(x, left.y("low:Q"), alt.Y2("high"), **mine))
        boxes.append(names.transform_filter(picked).mark_square(size=110).encode(**box, **mine))
    dots = names.transform_filter("datum.part == 'measured'").mark_circle(size=44, opacity=1)
    total = alt.Chart(data("total"))
    # The pointer picks nothing here: the fits of one degree alone are sent. A click keeps a degree.
    pin = alt.selection_point(name="pin", fields=["level"], on="click", clear="pointerout", empty=False)
    columns = alt.Chart(data("levels")).mark_rect(opacity=0, cursor="pointer")
    stack: Any = alt.layer(
        *shades,
        DEGREE.chart("now").mark_rule(strokeWidth=2).encode(x, **span(left), color=GREEN),
        total.mark_circle(size=44, opacity=1, clip=True).encode(x, left.y("error:Q"), color=orange),
        *_beyond(left, total, x, 0, top),
        *boxes,
        dots.encode(**box, color=orange),
        left.heading(names, at=f"({START} + 16)"),
        columns.encode(left.x("from:Q"), alt.X2("to"), **span(left)).add_params(pin),
    )

    right = _sine_panel(limit)
    x, y, heading = right.x("x:Q"), right.y("y:Q"), alt.Chart(data("heading"))
    curves = alt.Chart(data("curves")).mark_line(strokeWidth=1, opacity=0.5)
    averaged: Any = alt.layer(
        curves.encode(x, y, alt.Detail("line:N"), color=GREEN),
        _truth(right),
        alt.Chart(data("mean")).mark_line(strokeWidth=2.75).encode(x, y, color=GREEN),
        _reach(right, heading),
        right.heading(heading, fontWeight=600).encode(color=GREEN),
    )
    return join_two(stack, averaged)


def told_parts(split: BiasVariance, degree: int) -> tuple[str, float]:
    """Return the parts of a degree's error in words, and their sum; bias² is 0 in it where chance may be all of it."""
    bias2, variance = (float(part[degree]) for part in split.unbiased)
    unsure = 2 * float(split.chance[degree])
    certain = bias2 >= unsure
    bias = figure(bias2) if certain else f"under {figure(unsure)}, not told from chance and taken as 0"
    together = (bias2 if certain else 0.0) + variance + split.noise
    return f"bias² {bias}; variance {figure(variance)}; noise {split.noise:.3g}", together


def parts(split: BiasVariance, degree: int) -> Picture:
    """Return bias, variance and noise by degree; beside them some of the fits that were averaged, of one degree."""
    noise, total, at = split.noise, split.total.tolist(), split.x.tolist()
    limit = height(noise**0.5)
    top = 1.0 if limit == 2.0 else 3.0
    bias2, variance = (part.tolist() for part in split.unbiased)
    stacks = {
        "noise": [(0.0, noise)] * len(DEGREES),
        "variance": [(noise, noise + v) for v in variance],
        "bias²": [(noise + v, noise + v + max(b, 0.0)) for b, v in zip(bias2, variance, strict=True)],
    }
    each = split.curves[degree].tolist()
    lines = [list(inside(zip(at, values, strict=True), -limit, limit)) for values in each]
    points = [(line, x, y) for line, curve in enumerate(lines) for x, y in curve]
    mean = list(inside(zip(at, split.mean_fit[degree].tolist(), strict=True), -limit, limit))
    measured = f"measured {figure(total[degree])}", "measured"
    return Picture(
        _parts(limit, top),
        {
            "levels": DEGREE.columns(),
            "parts": [
                {"level": d, "part": part, "low": low, "high": high}
                for part, edges in stacks.items()
                for d, (low, high) in zip(DEGREES, edges, strict=True)
            ],
            "total": [{"level": d, "error": error, "who": "validation"} for d, error in enumerate(total)],
            "legend": entries(*((part, part) for part in stacks), measured, field="part", gap=6),
            "curves": {
                "line": [line for line, _, _ in points],
                "x": [round(x, 4) for _, x, _ in points],
                "y": [None if y is None else round(y, 4) for _, _, y in points],
            },
            "mean": {"x": [x for x, _ in mean], "y": [y for _, y in mean]},
            "truth": TRUTH,
            "heading": [
                {
                    "text": f"degree {degree}: {len(each)} of the fits, and the mean of all",
                    "beyond": reach([y for values in each for y in values], limit),
                }
            ],
        },
        alt="Left: bias squared, variance and noise stacked against the degree, with the measured total as dots. "
        "Right: fits of one degree to several samples, their mean, and the truth.",
        now=f"Degree {degree}: {told_parts(split, degree)[0]}.",
        levels=DEGREE,
    )


def part_rows(split: BiasVariance, n: int, noise: float) -> list[Row]:
    """Return the parts of every degree's error, to download."""
    columns = (*split.unbiased, split.total)
    return [
        {
            "degree": degree,
            "n": n,
            "noise": noise,
            "samples": split.resamples,
            "bias_squared": bias2,
            "variance": variance,
            "noise_variance": split.noise,
            "mse_measured": total,
        }
        for degree, bias2, variance, total in zip(DEGREES, *(column.tolist() for column in columns), strict=True)
    ]


# ------------------------------------------------------------------ more points, more coefficients


def _bands(panel: Panel, at: str, source: str, middle: str = "mid", points: bool = False) -> list[alt.Chart]:
    """Return bands from "low" to "high" and lines against `at`, one for each "who"."""
    rows = alt.Chart(data(source))
    line = rows.mark_line(clip=True, point={"size": 34} if points else False)
    return [
        rows.mark_area(clip=True, opacity=0.16).encode(panel.x(at), panel.y("low:Q"), alt.Y2("high"), colour("who")),
        line.encode(panel.x(at), panel.y(f"{middle}:Q"), colour("who"), dash("who")),
    ]


def _band_rows(curve: ErrorCurve, at: str, *lines: tuple[str, str]) -> list[Row]:
    """Return the rows of the medians and their bands, from (name of the error, who)."""
    return [
        {at: where, "low": positive(low), "mid": positive(mid), "high": positive(high), "who": who}
        for name, who in lines
        for where, (low, mid, high) in zip(curve.at.tolist(), getattr(curve, name).T.tolist(), strict=True)
    ]


@cache
def _learning() -> dict[str, Any]:
    ticks = (("values", [5, 10, 20, 50, 100, 200]), ("format", "d"), ("tickCount", 12))
    panel = Panel(False, "points n (log scale)", ERROR, (5, 200), (LOW, HIGH), "log", "log", ticks, DECADES, alone=True)
    floor = alt.Chart(data("floor")).mark_rule(strokeDash=[5, 4], strokeWidth=1.5, clip=True)
    drawn = alt.layer(
        floor.encode(y=panel.y("error:Q"), color=GRAY),
        alt.Chart(data("now")).mark_rule(strokeWidth=2).encode(panel.x("n:Q"), color=GREEN),
        *_bands(panel, "n:Q", "curves"),
        *_beyond(panel, alt.Chart(data("curves")), panel.x("n:Q"), LOW, HIGH, across="n", fields=BAND),
        *legend(panel),
    )
    return finish(drawn)


def learning(curve: ErrorCurve, n: int, noise: float) -> Picture:
    """Return the errors of one degree against the number of points."""
    here = curve.at.tolist().index(n)
    train, validation = (f"{name} {figure(getattr(curve, name)[1][here])}" for name in ("train", "validation"))
    return Picture(
        _learning(),
        {
            "curves": _band_rows(curve, "n", ("train", "train"), ("validation", "validation")),
            "floor": [{"error": positive(noise**2)}],
            "now": [{"n": n}],
            "legend": entries((f"n = {n}", "technique"), (train, "train"), (validation, "validation")),
        },
        alt="Train and validation error of one degree against the number of points; the noise as a dashed line.",
        now=f"At {n} points: {train}, {validation}.",
    )


@cache
def _descent() -> dict[str, Any]:
    ticks = (("values", [1, 2, 5, 10, 20, 50, 100, 200, 400]), ("format", "d"), ("tickCount", 12))
    ends, up = (1, 400), (LOW, HIGHEST)
    title = "coefficients k = degree + 1 (log scale)"
    panel = Panel(False, title, ERROR, ends, up, "log", "log", ticks, DECADES, alone=True)
    rules, x = alt.Chart(data("rules")), panel.x("k:Q")
    low = alt.YValue(alt.ExprRef("height - 26"))
    drawn = alt.layer(
        rules.mark_rule(strokeWidth=2).encode(x, color=colour("who")),
        *_bands(panel, "k:Q", "curves"),
        *_beyond(panel, alt.Chart(data("curves")), x, *up, across="k", fields=BAND),
        rules.mark_text(align="left", dx=6, **HALO).encode(x, y=low, text=alt.Text("text:N"), color=colour("who")),
        *legend(panel),
    )
    return finish(drawn)


def descent(curve: ErrorCurve, degree: int, n: int) -> Picture:
    """Return the errors against the number of coefficients, far beyond the number of points."""
    here = curve.at.tolist().index(degree + 1)
    train, truth = (
        f"{text} {figure(values[1][here])}" for text, values in (("train", curve.train), ("truth", curve.true))
    )
    return Picture(
        _descent(),
        {
            "curves": _band_rows(curve, "k", ("train", "train"), ("true", "test")),
            "rules": [
                {"k": n, "text": f"k = n = {n}", "who": "baseline"},
                {"k": degree + 1, "text": "", "who": "technique"},
            ],
            "legend": entries((f"degree {degree}", "technique"), (train, "train"), (truth, "test")),
        },
        alt="Train error and error against the truth, against the number of coefficients, up to 400.",
        now=f"With {degree + 1} coefficients: {train}, {truth}.",
    )


def quantile_rows(curve: ErrorCurve, at: str, **more: Any) -> list[Row]:
    """Return the errors of a curve, to download; more: columns that say of what."""
    return [
        {at: where, **more, "error": name, "mse_10_percent": low, "mse_median": mid, "mse_90_percent": high}
        for name in ("train", "validation", "true")
        for where, (low, mid, high) in zip(curve.at.tolist(), getattr(curve, name).T.tolist(), strict=True)
    ]


# ------------------------------------------------------------------ real data


def _trained(at: str, of: Sequence[float], *lines: tuple[str, Any], nothing: str = "train") -> list[Row]:
    """Return mean and range over the seeds, from (who, values by seed), of what has been trained so far.

    Without any there is a row of nothing, whose "who" is another in each dataset: two that begin alike would be one to
    the browser, which then knows but the first by its name.
    """
    rows = [
        {at: where, "who": who, **band(seeds)}
        for who, values in lines
        for where, seeds in zip(of, values.tolist(), strict=True)
    ]
    none = {at: None, "who": nothing, "mean": None, "low": None, "high": None}
    return [row for row in rows if row["mean"] is not None] or [none]


@cache
def _memorized(max_steps: int) -> dict[str, Any]:
    left = Panel(False, "share of labels shuffled", "accuracy", (0, 1), (0, 1.02), x_ticks=PERCENT, y_ticks=PERCENT)
    chance = alt.Chart(data("chance")).mark_rule(strokeWidth=1.5)
    shares: Any = alt.layer(
        chance.encode(left.x("start:Q"), left.y("accuracy:Q"), alt.X2("end"), color=GRAY),
        *_bands(left, "share:Q", "curves", "mean", points=True),
        *legend(left),
    )
    right = Panel(True, "step", None, (0, max_steps), (0, 1.02), x_ticks=(("tickCount", 5),), y_ticks=PERCENT)
    learned = alt.Chart(data("learned")).mark_line(clip=True)
    depth = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 1]), legend=None)
    steps: Any = alt.layer(
        learned.encode(right.x("step:Q"), right.y("accuracy:Q"), depth, alt.Detail("share:N"), color=BLUE),
        right.heading(alt.Chart(data("heading"))).encode(color=BLUE),
    )
    return join_two(shares, steps)


def memorized(learnt: Memorization) -> Picture:
    """Return accuracy against the share of shuffled labels; beside it how the labels are learned."""
    curves = _trained("share", learnt.shares, ("train", learnt.train_accuracy), ("test", learnt.test_accuracy))
    learned = [
        {"share": share, "step": step, "accuracy": band(by_seed)["mean"]}
        for share, of_share in zip(learnt.shares, learnt.train_curves.tolist(), strict=True)
        for step, by_seed in zip(learnt.steps.tolist(), zip(*of_share, strict=True), strict=True)
    ]
    chance = f"chance {words.percent(learnt.chance, 1)}"
    return Picture(
        _memorized(int(learnt.steps[-1])),
        {
            "curves": curves,
            "chance": [{"start": 0, "end": 1, "accuracy": learnt.chance}],
            "legend": entries(("train", "train"), ("test", "test"), (chance, "baseline")),
            "learned": [row for row in learned if row["accuracy"] is not None]
            or [{"share": 0, "step": None, "accuracy": None}],
            "heading": [{"text": "train accuracy by step; fainter: fewer shuffled"}],
        },
        alt="Left: train and test accuracy against the share of shuffled labels. Right: train accuracy by step, one "
        "curve for each share.",
        now="; ".join(
            f"{words.percent(row['share'])} shuffled, {row['who']} {words.percent(row['mean'], 1)}"
            for row in curves
            if row["share"] is not None
        ),
    )


def memorized_rows(learnt: Memorization) -> list[Row]:
    """Return every network's accuracy, to download."""
    steps = learnt.steps.tolist()
    rows = []
    for share, curves, tests in zip(
        learnt.shares, learnt.train_curves.tolist(), learnt.test_accuracy.tolist(), strict=True
    ):
        for seed, curve, test in zip(learnt.seeds, curves, tests, strict=True):
            what = {
                "dataset": learnt.dataset,
                "n_train": learnt.n_train,
                "share_of_labels_shuffled": share,
                "seed": seed,
            }
            by_step = [("train", *each) for each in zip(steps, curve, strict=True)]
            rows += [
                {**what, "split": split, "step": step, "accuracy": accuracy}
                for split, step, accuracy in (*by_step, ("test", steps[-1], test))
            ]
    return rows


@cache
def _widths() -> dict[str, Any]:
    ticks = (("values", list(WIDTHS)), ("format", "d"), ("tickCount", 12))
    across = "hidden units (log scale)", (WIDTHS[0], WIDTHS[-1])
    left = Panel(False, across[0], "accuracy", across[1], (0, 1.02), "log", "linear", ticks, PERCENT)
    right = Panel(True, across[0], "loss (nats)", across[1], (0, TOP), "log", "linear", ticks)
    blank = alt.Chart(data("now")).mark_point(size=0, opacity=0)  # what no mark uses would be dropped
    accuracy: Any = alt.layer(blank, *_bands(left, "width:Q", "accuracy", "mean", points=True), *legend(left))
    loss: Any = alt.layer(*_bands(right, "width:Q", "loss", "mean", points=True))
    return join_two(accuracy, loss)


def widths(trained: Width, n_classes: int | None) -> Picture:
    """Return accuracy against the number of hidden units; beside it the losses, of labels of so many classes."""
    accuracy = _trained("width", trained.widths, ("train", trained.train_accuracy), ("test", trained.test_accuracy))
    lines = ("train", trained.train_loss), ("test", trained.test_loss)
    loss = _trained("width", trained.widths, *lines, nothing="test")
    highest = charts.ceiling(row["high"] or 0.0 for row in loss)
    return Picture(
        _widths(),
        {
            "now": [{"top": max(highest, charts.loss_ceiling(n_classes))}],
            "accuracy": accuracy,
            "loss": loss,
            "legend": entries(("train", "train"), ("test", "test")),
        },
        alt="Left: train and test accuracy against the number of hidden units. Right: the losses.",
        now="; ".join(
            f"{row['width']} units, {row['who']} accuracy {words.percent(row['mean'], 1)}"
            for row in accuracy
            if row["width"] is not None
        ),
    )


def width_rows(trained: Width) -> list[Row]:
    """Return what every network ended with, to download."""
    names = ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy")
    return [
        {
            "dataset": trained.dataset,
            "n_train": trained.n_train,
            "share_of_labels_shuffled": trained.share,
            "hidden_units": units,
            "seed": seed,
            **{name: float(getattr(trained, name)[i, j]) for name in names},
        }
        for i, units in enumerate(trained.widths)
        for j, seed in enumerate(trained.seeds)
    ]


# ------------------------------------------------------------------ raw powers


@cache
def _powers() -> dict[str, Any]:
    decades = (("values", [1e-6, 1e-4, 1e-2, 1]), ("format", ",~g"), ("tickCount", 12))
    low, high = 1e-6, 10.0
    panel = DEGREE.panel("error at the points", (low, high), y_type="log", y_ticks=decades, alone=True)
    lines, x, y = alt.Chart(data("lines")), DEGREE.x(panel), panel.y("error:Q")
    warned = alt.Chart(data("warned")).mark_circle(size=70, opacity=1, clip=True)
    drawn = alt.layer(
        lines.mark_line(clip=True).encode(x, y, colour("who")),
        *_beyond(panel, lines, x, low, high),
        warned.encode(x, y, color=RED),
        *legend(panel, line=False),
    )
    return finish(drawn, height=220)


def powers(right: Sequence[float], raw: Sequence[float], warned: Sequence[bool]) -> Picture:
    """Return the errors at the sample's points by degree, in the Chebyshev basis and with raw powers.

    warned: at which degrees np.polyfit warns.
    """
    return Picture(
        _powers(),
        {
            "lines": [
                {"level": degree, "error": positive(error), "who": who}
                for who, errors in (("technique", right), ("mistake", raw))
                for degree, error in enumerate(errors)
            ],
            "warned": [{"level": d, "error": positive(raw[d])} for d in DEGREES if warned[d]]
            or [{"level": None, "error": None}],
            "legend": entries(
                ("Chebyshev basis", "technique"), ("raw powers (dots: polyfit warns)", "mistake"), line=False
            ),
        },
        alt="Error at the sample's points by degree, in the Chebyshev basis and with raw powers.",
        now=f"Degree {DEGREES[-1]}: Chebyshev {figure(right[-1])}, raw powers {figure(raw[-1])}.",
    )
