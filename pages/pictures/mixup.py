"""The pictures of mixup and CutMix, each one block: its template, the rows that fill it, and what it says.

What the pointer is over on the left picks what the other panels show.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, effect, reliability
from pages.ui.cache import cached_of
from pages.ui.charts import data
from pages.ui.drawing import Picture
from pages.ui.images import Pixel, pixels, png
from pages.ui.levels import (
    GRAY,
    GREEN,
    RED,
    TOP,
    Levels,
    Row,
    entries,
    entries_by_level,
    even,
    headings,
    legend,
    sent,
    span,
)
from pages.ui.panels import WIDE, Panel, beyond
from pages.ui.scrub import HERE, Part, between, columns, join, rules
from pages.ui.seeds import average, band, counted, lowest
from pages.ui.words import percent, short

from reglab import mixup
from reglab.engine.run import Run
from reglab.experiments import Calibration, Mixtures, PlaneMap
from reglab.settings import Settings

STEPS = 20
WEIGHTS = tuple(round(i / STEPS, 2) for i in range(STEPS + 1))  # lambda
WEIGHT = Levels(
    "weight", WEIGHTS, "λ", tuple(f"{lam:g}" for lam in WEIGHTS), WEIGHTS, (0.0, 0.5, 1.0), "datum.value", 0
)
ALPHAS = (0.0, 0.1, 0.2, 0.4, 1.0, 2.0)
DECAYS = even("decay", (0.0, 0.1, 0.3, 1.0, 3.0), "weight decay")
DENSITY_TOP = 4.0
TINTS = ((38, 110, 180), (217, 119, 6), (120, 94, 200))  # of three classes
SURE = 0.9


@dataclass(frozen=True)
class Both(effect.Scale):
    """Mixup and CutMix at one alpha, one of the two in each batch."""

    switch_prob: float = 0.5

    def settings(self, base: Settings) -> tuple[Settings, ...]:
        """Return the base with both at each alpha."""
        return tuple(replace(base, mixup_alpha=a, cutmix_alpha=a, switch_prob=self.switch_prob) for a in self.values)


def by_alpha(scale: effect.Scale) -> Levels:
    """Return the levels of the alphas."""
    return even("alpha", scale.values, scale.title, margin=0.5)


def with_cutmix(scale: effect.Scale, rows: Sequence[Row]) -> list[Row]:
    """Return rows to download; where both techniques act, with what CutMix has and how often it acts."""
    if not isinstance(scale, Both):
        return list(rows)
    both = {"switch_prob": scale.switch_prob}
    return [{scale.field: row[scale.field], "cutmix_alpha": row[scale.field], **both, **row} for row in rows]


# ------------------------------------------------------------------ two images and their mixtures


@dataclass(frozen=True)
class Cell(Part):
    """One of the panels of the mechanism: in a wide view they have widths of their own."""

    start: float = 0.0  # shares of the view's width
    share: float = 1.0

    @property
    def width(self) -> str:
        """Its share of a wide view's width; all of a narrow view's."""
        return f"(width > {WIDE} ? {self.share} * width : width)"

    @property
    def left(self) -> str:
        """Where it begins from the left."""
        return f"(width > {WIDE} ? {self.start} * width : 0)"

    @property
    def height(self) -> str:
        """How high it is."""
        return f"(({self.bottom}) - ({self.top}))"

    @property
    def side(self) -> str:
        """The side of the largest square in it."""
        return f"min({self.width}, 1.0 * {self.height})"


def _image(panel: Panel, rows: alt.Chart, field: str, side: str, down: str = "0", right: str = "0") -> list[alt.Chart]:
    """Draw an image as a square from a panel's top left, and its frame."""
    x, y = (f"{panel.left} + {right}", f"{panel.top} + {down}")
    place = {"x": alt.XValue(alt.ExprRef(x)), "y": alt.YValue(alt.ExprRef(y))}
    size: dict[str, Any] = {"width": alt.ExprRef(side), "height": alt.ExprRef(side)}
    far = {"x2": alt.X2Value(alt.ExprRef(f"{x} + {side}")), "y2": alt.Y2Value(alt.ExprRef(f"{y} + {side}"))}
    return [
        rows.mark_image(align="left", baseline="top", aspect=False, **size).encode(**place, url=alt.Url(f"{field}:N")),
        rows.mark_rect(filled=False, strokeWidth=1, opacity=0.5).encode(**place, **far, color=GRAY),
    ]


def _density(panel: Panel) -> Any:
    """Return the densities of lambda, of which the present alpha's is green."""
    x, y, every = panel.x("lam:Q"), panel.y("value:Q"), alt.Chart(data("density"))
    present, others = (
        every.transform_filter(f"datum.value <= {DENSITY_TOP} && datum.who == '{who}'")
        for who in ("technique", "baseline")
    )
    return alt.layer(
        others.mark_line(strokeWidth=1, opacity=0.6).encode(x, y, alt.Detail("curve:N"), color=GRAY),
        *WEIGHT.rules(panel),
        present.mark_line().encode(x, y, color=GREEN),
        beyond(panel, every, "value", f"{DENSITY_TOP}", across="lam").encode(x),
        WEIGHT.heading(panel, "lambda"),
    )


@cache
def _mechanism() -> dict[str, Any]:
    first = WEIGHT.panel("density", (0, DENSITY_TOP), kind=Cell, of=4, share=0.25)
    two, blended, pasted = (
        Cell(False, None, None, (0, 1), (0, 1), number=number, of=4, start=start, share=share)
        for number, start, share in ((1, 0.3, 0.13), (2, 0.46, 0.26), (3, 0.74, 0.26))
    )
    # In a narrow view the two images stand side by side.
    small = f"(width > {WIDE} ? min({two.width}, 0.47 * {two.height}) : {two.side})"
    originals = [
        layer
        for slot in (0, 1)
        for layer in _image(
            two,
            alt.Chart(data("originals")).transform_filter(f"datum.slot == {slot}"),
            "url",
            small,
            down=f"(width > {WIDE} ? {slot} * ({two.height} - {small}) : 0)",
            right=f"(width > {WIDE} ? 0 : {slot} * 1.2 * {small})",
        )
    ]
    images, boxes = (alt.Chart(data(name)).transform_filter(HERE) for name in ("images", "boxes"))
    box = boxes.mark_rect(filled=False, strokeWidth=2).encode(
        x=alt.XValue(alt.ExprRef(f"{pasted.left} + datum.x * {pasted.side}")),
        x2=alt.X2Value(alt.ExprRef(f"{pasted.left} + datum.x2 * {pasted.side}")),
        y=alt.YValue(alt.ExprRef(f"{pasted.top} + datum.y * {pasted.side}")),
        y2=alt.Y2Value(alt.ExprRef(f"{pasted.top} + datum.y2 * {pasted.side}")),
        color=GREEN,
    )
    return join(
        [
            _density(first),
            alt.layer(*headings(two, "names"), *originals),
            alt.layer(*_image(blended, images, "mixup", blended.side), *headings(blended, "blended")),
            alt.layer(*_image(pasted, images, "cutmix", pasted.side), box, *headings(pasted, "pasted")),
            columns(first),
        ]
    )


@cached_of(64)
def mechanism(mixtures: Mixtures, alpha: float) -> Picture:
    """Return the density of lambda; beside it two images, their blend and their CutMix at one lambda."""
    (first, second), (height, width) = mixtures.names, mixtures.shape[:2]
    shares, area = mixtures.shares.tolist(), height * width

    def heading(texts: Sequence[str], who: str = "technique") -> list[Row]:
        return entries_by_level([[(text, who)] for text in texts], line=False)

    return Picture(
        _mechanism(),
        {
            "levels": between(WEIGHTS),
            "density": _densities(alpha),
            "lambda": heading(_weights(alpha)),
            "names": heading([f"{first} and {second}"] * len(WEIGHTS), "baseline"),
            "blended": heading([f"mixup: {short(lam)} of {first}" for lam in WEIGHTS]),
            "pasted": heading([f"CutMix: {short(share)} of {first}" for share in shares]),
            **_images(mixtures),
        },
        alt="From left to right: the density of the weight λ, two images, their blend at λ, and the first image with a "
        "box of the second pasted in.",
        now=[
            f"λ {lam:g}: mixup's target has {lam:g} of the first class, CutMix's {share:g}, for a box of "
            f"{(1 - share) * area:.0f} of {area} pixels."
            for lam, share in zip(WEIGHTS, shares, strict=True)
        ],
        levels=WEIGHT,
    )


@cached_of(16)
def _images(mixtures: Mixtures) -> dict[str, list[Row]]:
    """Return the two images, their mixtures, and CutMix's boxes in shares of a side."""
    height, width = mixtures.shape[:2]
    mixed = zip(mixtures.blended.tolist(), mixtures.pasted.tolist(), strict=True)
    return {
        "originals": [
            {"slot": slot, "url": picture(image, mixtures.shape)} for slot, image in enumerate(mixtures.images.tolist())
        ],
        "images": [
            {"level": level, "mixup": picture(blended, mixtures.shape), "cutmix": picture(pasted, mixtures.shape)}
            for level, (blended, pasted) in enumerate(mixed)
        ],
        "boxes": [
            {"level": level, "x": left / width, "x2": right / width, "y": top / height, "y2": bottom / height}
            for level, (top, bottom, left, right) in enumerate(mixtures.boxes.tolist())
            if bottom > top and right > left
        ],
    }


@cache
def density_rows() -> list[Row]:
    """Return the densities of lambda at all alphas, to download."""
    edge = [0.001 * i for i in range(1, 20)]
    grid = [*edge, *(0.02 * i for i in range(1, 50)), *(1 - lam for lam in reversed(edge))]
    return [
        {"alpha": alpha, "lambda": lam, "density": value}
        for alpha in ALPHAS[1:]
        for lam, value in zip(grid, mixup.beta_density(alpha, grid).tolist(), strict=True)
    ]


@cache
def _densities(alpha: float) -> list[Row]:
    """Return the curves of all alphas, the present one's as the technique's."""
    return [
        {
            "curve": f"{row['alpha']:g}",
            "lam": row["lambda"],
            "value": row["density"],
            "who": "technique" if row["alpha"] == alpha else "baseline",
        }
        for row in density_rows()
    ]


def _weights(alpha: float) -> list[str]:
    """Return every lambda in words, with how dense it is."""
    if not alpha:
        return ["α is off: λ is 1"] * len(WEIGHTS)
    inside = [min(max(lam, 0.001), 0.999) for lam in WEIGHTS]  # at 0 and at 1 a density may be infinite
    return [
        f"λ = {lam:.2f}, density {value:.2f}" if 0 < lam < 1 else f"λ = {lam:.0f}"
        for lam, value in zip(WEIGHTS, mixup.beta_density(alpha, inside).tolist(), strict=True)
    ]


def pixel_rows(mixtures: Mixtures, lam: float, centre: str) -> list[Row]:
    """Return the pixels of two images and of their mixtures, from 0, black, to 1, white, to download."""
    first, second = mixtures.names
    height, width = mixtures.shape[:2]
    level = WEIGHTS.index(lam)
    shown = {
        first: (mixtures.images[0], 1.0),
        second: (mixtures.images[1], 0.0),
        "mixup": (mixtures.blended[level], lam),
        "CutMix": (mixtures.pasted[level], float(mixtures.shares[level])),
    }
    return [
        {"weight": lam, "centre": centre, "picture": name, f"target_of_{first}": target, **pixel}
        for name, (image, target) in shown.items()
        for pixel in pixels(image.reshape(height, width, -1))
    ]


def picture(values: Sequence[float], shape: Sequence[int]) -> str:
    """Return a flattened image, values from 0 to 1, as a PNG: dark ink where it has one channel.

    >>> picture([0.0, 1.0], (1, 2))[:21]
    'data:image/png;base64'
    """
    height, width, channels = (*shape, 1)[:3]

    def pixel(at: int) -> Pixel:
        inside = [min(max(v, 0.0), 1.0) for v in values[at * channels : (at + 1) * channels]]
        red, green, blue = inside if channels == 3 else [1 - inside[0]] * 3
        return round(255 * red), round(255 * green), round(255 * blue), 255

    return png([[pixel(row * width + column) for column in range(width)] for row in range(height)])


# ------------------------------------------------------------------ accuracy and calibration

MEASURES = {"loss": "test loss (nats)", "accuracy": "test accuracy", "error": "calibration error (ECE)"}
Measures = Mapping[str, Sequence[Sequence[float]]]  # each by alpha and seed


def measures(run: Run, calibrated: Calibration) -> Measures:
    """Return the measures of a run."""
    loss, accuracy = (run.kept(name).tolist() for name in ("test_loss", "test_accuracy"))
    return {"loss": loss, "accuracy": accuracy, "error": calibrated.error.tolist()}


def written(measure: str, values: Sequence[float]) -> str:
    """Return the mean of a measure."""
    return f"{100 * average(values):.1f} %" if measure == "accuracy" else f"{average(values):.3f}"


def floor(accuracies: Sequence[float | None]) -> float:
    """Return the lower end of an axis of accuracies."""
    seen = [value for value in accuracies if value is not None and math.isfinite(value)]
    return math.floor(10 * min(seen, default=0)) / 10


def _measure(levels: Levels, number: int, name: str, *domain: Any) -> tuple[Panel, Any]:
    """Return the panel of a measure against the levels, and its layers."""
    ticks = (("format", ".0%"),) if name == "accuracy" else ()
    panel = levels.panel(MEASURES[name], domain, kind=Part, number=number, y_ticks=ticks)
    curve = levels.curve(panel, name, dot=64, clip=False, point={"size": 24})
    return panel, alt.layer(*rules(panel), *curve, *headings(panel, f"{name}_said"))


@cache
def _calibration(alpha: Levels) -> dict[str, Any]:
    first, accuracy = _measure(alpha, 0, "accuracy", sent("low"), 1)
    second, error = _measure(alpha, 1, "error", 0, TOP)
    third = reliability.panel(2)
    diagram = alt.layer(*reliability.diagram(third), *headings(third, "curves"))
    return join([accuracy, error, diagram, columns(first, second)])


@cached_of(32)
def calibration(alpha: Levels, run: Run, calibrated: Calibration) -> Picture:
    """Return test accuracy and calibration error against alpha; beside them the reliability diagram."""
    each = {name: values for name, values in measures(run, calibrated).items() if name != "loss"}
    said = {name: [written(name, seeds) for seeds in values] for name, values in each.items()}
    headings = {
        f"{name}_said": entries_by_level(
            [[(f"α {called}: {text}", "technique")] for called, text in zip(alpha.names, texts, strict=True)],
            line=False,
        )
        for name, texts in said.items()
    }
    return Picture(
        _calibration(alpha),
        {
            "levels": alpha.across(2),
            **headings,
            "curves": entries_by_level(
                [[(f"α {name}", "technique"), ("off", "baseline")] for name in alpha.names], line=False
            ),
            **{name: alpha.rows(values) for name, values in each.items()},
            **reliability.curves(calibrated.bins),
        },
        alt="Left: test accuracy against alpha. Middle: expected calibration error against alpha. Right: reliability "
        "diagram, accuracy against confidence; dashed without mixing.",
        now=[
            f"At α {name} accuracy {accuracy}, calibration error {error}; without {said['accuracy'][0]} and "
            f"{said['error'][0]}."
            for name, accuracy, error in zip(alpha.names, said["accuracy"], said["error"], strict=True)
        ],
        levels=alpha,
        top=charts.ceiling(value for seeds in each["error"] for value in seeds),
        beside={"low": floor([value for seeds in each["accuracy"] for value in seeds])},
    )


def calibration_rows(field: str, run: Run, calibrated: Calibration) -> list[Row]:
    """Return how well calibrated every network is, before and after temperature scaling, to download."""
    per_seed = {
        "calibration_error": calibrated.error.tolist(),
        "temperature": calibrated.temperature.tolist(),
        "calibration_error_scaled": calibrated.scaled_error.tolist(),
    }
    return effect.numbers(run, field, ALPHAS, ("test_accuracy",), **per_seed)


# ------------------------------------------------------------------ by training rows


@cache
def _by_rows(rows: Levels) -> dict[str, Any]:
    domains = {"loss": (0, sent("loss")), "accuracy": (sent("low"), 1), "error": (0, sent("error"))}
    panels = [_measure(rows, number, name, *domains[name]) for number, name in enumerate(MEASURES)]
    return join([*(layer for _, layer in panels), columns(*(panel for panel, _ in panels))])


def by_rows(rows: Levels, alpha: Levels, level: int, each: Sequence[Measures]) -> Picture:
    """Return the measures against the number of training rows, without mixing and at one alpha.

    Here a level is the number of a size. level: of the alpha. each: the measures at each size.
    """
    lines = [("baseline", "off", 0), *([("technique", f"α {alpha.names[level]}:", level)] if level else [])]
    drawn: dict[str, list[Row]] = {
        name: [
            {"level": at, "who": who, **band(measured[name][i])}
            for at, measured in enumerate(each)
            for who, _, i in lines
        ]
        for name in MEASURES
    }
    texts = {
        name: [[(f"{label} {written(name, measured[name][i])}", who) for who, label, i in lines] for measured in each]
        for name in MEASURES
    }
    return Picture(
        _by_rows(rows),
        {
            "levels": rows.across(3),
            **{f"{name}_said": entries_by_level(said, line=False) for name, said in texts.items()},
            **drawn,
        },
        alt="Test loss, test accuracy and calibration error against the number of training rows, without mixing and "
        "with it.",
        now=[
            f"At n = {name}: {', '.join(text for said in texts.values() for text, _ in said[at])}."
            for at, name in enumerate(rows.names)
        ],
        levels=rows,
        beside={
            **{name: charts.ceiling(row["high"] or 0.0 for row in drawn[name]) for name in ("loss", "error")},
            "low": floor([row["low"] for row in drawn["accuracy"]]),
        },
    )


def size_rows(field: str, alpha: float, run: Run, calibrated: Calibration) -> list[Row]:
    """Return what every network of one size ended with, at that alpha and without, to download."""
    names, error = ("test_loss", "test_accuracy"), calibrated.error.tolist()
    every = effect.numbers(run, field, ALPHAS, names, calibration_error=error)
    return [row for row in every if row[field] in (0.0, alpha)]


# ------------------------------------------------------------------ the boundary


@cache
def _boundary(alpha: Levels, x_domain: tuple[float, float], y_domain: tuple[float, float]) -> dict[str, Any]:
    first = alpha.panel("loss (nats)", (0, TOP), kind=Part, number=0)
    curve = alpha.curve(first, "loss", dot=64, clip=False, point={"size": 24})
    ticks, three = (("tickCount", 4),), [0, 1, 2]
    shape = alt.Shape("slot:N", scale=alt.Scale(domain=three, range=["circle", "square", "triangle-up"]), legend=None)
    tint = alt.Color("slot:N", scale=alt.Scale(domain=three, range=[f"rgb{color}" for color in TINTS]), legend=None)
    layers: list[Any] = [alpha.scrubbed(first, *curve, *headings(first, "loss_said"))]
    for number, name in ((1, "without"), (2, "maps")):
        up = "x₂" if number == 1 else None
        panel = Part(True, "x₁", up, x_domain, y_domain, x_ticks=ticks, y_ticks=ticks, number=number)
        size: dict[str, Any] = {
            "width": alt.ExprRef(panel.width),
            "height": alt.ExprRef(f"({panel.bottom}) - ({panel.top})"),
        }
        place = {"x": alt.XValue(alt.ExprRef(panel.left)), "y": alt.YValue(alt.ExprRef(panel.top))}
        image = alt.Chart(data(name))
        image = image.transform_filter(HERE) if number == 2 else image
        points = alt.Chart(data("rows")).mark_point(size=30, filled=True, opacity=1, stroke="white", strokeWidth=0.8)
        layers += [
            alt.layer(
                image.mark_image(align="left", baseline="top", aspect=False, **size).encode(
                    **place, url=alt.Url("map:N")
                ),
                points.encode(panel.x("x:Q"), panel.y("y:Q"), tint, shape),
            ),
            alt.layer(*headings(panel, f"{name}_said")),  # apart, since its colours are of another scale
        ]
    return join(layers)


@cached_of(16)
def boundary(alpha: Levels, run: Run, mapped: PlaneMap) -> Picture:
    """Return the test loss against alpha; beside it maps of what the first seed's network predicts where.

    One map is without mixup, one with it; a class's tint is stronger where the network is surer.
    """
    losses, sure = run.kept("test_loss").tolist(), mapped.sure(SURE).tolist()
    firsts = zip(mapped.likeliest[:, 0].tolist(), mapped.confidence[:, 0].tolist(), strict=True)
    maps = [{"level": level, "map": regions(*first, mapped.n_classes)} for level, first in enumerate(firsts)]
    said = {
        "loss_said": [(f"test loss {average(seeds):.3f}", "test") for seeds in losses],
        "without_said": [("off", "baseline")] * len(losses),
        "maps_said": [(f"mixup α {name}", "technique") for name in alpha.names],
    }
    return Picture(
        _boundary(alpha, mapped.x, mapped.y),
        {
            "levels": alpha.columns(),
            **{name: entries_by_level([[text] for text in texts], line=False) for name, texts in said.items()},
            "loss": alpha.rows(losses, "test"),
            "maps": maps,
            "without": maps[:1],
            "rows": [
                {"x": x, "y": y, "slot": label}
                for (x, y), label in zip(mapped.rows.tolist(), mapped.labels.tolist(), strict=True)
            ],
        },
        alt="Left: test loss against mixup's alpha on a 2-D shape. Middle and right: maps of the predicted class, "
        "without mixup and with it, with the training rows.",
        now=[
            f"At α {name} test loss {average(loss):.3f}, without {average(losses[0]):.3f}; sure on "
            f"{percent(average(share))} of the map, without {percent(average(sure[0]))}."
            for name, loss, share in zip(alpha.names, losses, sure, strict=True)
        ],
        levels=alpha,
        top=charts.ceiling(value for seeds in losses for value in seeds),
    )


def boundary_rows(run: Run, mapped: PlaneMap) -> list[Row]:
    """Return the test loss of every network and on how much of the map it is sure, to download."""
    sure = mapped.sure(SURE).tolist()
    return effect.numbers(run, "mixup_alpha", ALPHAS, ("test_loss",), share_of_map_over_90_percent_sure=sure)


def map_rows(run: Run, mapped: PlaneMap) -> list[Row]:
    """Return what the first seed's networks predict at every point, to download."""
    first = zip(ALPHAS, mapped.likeliest[:, 0].tolist(), mapped.confidence[:, 0].tolist(), strict=True)
    return [
        {"seed": run.seeds[0], "mixup_alpha": alpha, "x1": x, "x2": y, "class": label, "confidence": confidence}
        for alpha, labels, confidences in first
        for (x, y), label, confidence in zip(mapped.points.tolist(), labels, confidences, strict=True)
    ]


def regions(likeliest: Sequence[int], confidence: Sequence[float], n_classes: int) -> str:
    """Return a square grid of predictions, the lowest row first: the likeliest class's tint, stronger where surer.

    >>> regions([0], [1.0], 2)[:21]
    'data:image/png;base64'
    """
    side, guess = math.isqrt(len(likeliest)), 1 / n_classes
    pixels: list[Pixel] = [
        (*TINTS[label], round(225 * (sure - guess) / (1 - guess)))
        for label, sure in zip(likeliest, confidence, strict=True)
    ]
    return png([pixels[row * side : (row + 1) * side] for row in reversed(range(side))])


# ------------------------------------------------------------------ with weight decay


@cache
def _decay(alpha: Levels) -> dict[str, Any]:
    ends = (-0.5, len(DECAYS.values) - 0.5)
    named = (("values", list(DECAYS.ticks)), ("labelExpr", DECAYS.label), ("grid", False))
    left = alpha.panel("weight decay", ends, y_ticks=named)
    cells = alt.Chart(data("cells"))
    column = {"x": left.x("left:Q"), "x2": alt.X2("right")}
    cell = {**column, "y": left.y("down:Q"), "y2": alt.Y2("up")}
    shade = alt.Color("rank:Q", scale=alt.Scale(scheme="viridis", reverse=True, domain=[0, 1]), legend=None)
    ink = alt.condition("datum.rank > 0.55", alt.value("white"), alt.value("black"))
    best, here = cells.transform_filter("datum.best"), cells.transform_filter(f"{HERE} && datum.row == 0")
    heat = alt.layer(
        cells.mark_rect().encode(**cell, color=shade),
        best.mark_rect(filled=False, strokeWidth=3).encode(**cell, color=RED),
        cells.mark_text(fontSize=11, baseline="middle").encode(
            left.x("level:Q"), left.y("row:Q"), text=alt.Text("text:N"), color=ink
        ),
        here.mark_rect(filled=False, strokeWidth=2.5).encode(**column, **span(left), color=GREEN),
    )

    right = DECAYS.panel("validation loss (nats)", (0, TOP), second=True)
    x, y, low, high = right.x("row:Q"), right.y("mean:Q"), right.y("low:Q"), alt.Y2("high")
    lowest = alt.Chart(data("best"))
    drawn = [
        layer
        for lines, points, tone in (
            (alt.Chart(data("without")), lowest.transform_filter("datum.level == 0"), GRAY),
            (alt.Chart(data("lines")).transform_filter(HERE), lowest.transform_filter(HERE), GREEN),
        )
        for layer in (
            lines.mark_area(opacity=0.16, clip=True).encode(x, low, high, color=tone),
            lines.mark_line(clip=True).encode(x, y, color=tone),
            points.mark_point(shape="diamond", size=120, filled=True, opacity=1).encode(x, y, color=tone),
        )
    ]
    heading = alt.layer(alpha.heading(left, "best_said"))  # apart, since the cells have colours of their own
    return join([heat, heading, alt.layer(*drawn, *legend(right)), columns(left)])


def decay(alpha: Levels, losses: Sequence[Sequence[Sequence[float]]]) -> Picture:
    """Return the heat map of validation loss over alpha and weight decay; beside it the loss against the decay.

    losses: by alpha, decay and seed.
    """
    best = [lowest(each) for each in losses]
    means = [[average(values) for values in each] for each in losses]
    order = sorted(mean for each in means for mean in each if math.isfinite(mean))
    lines = [
        {"level": level, "row": row, **band(values)}
        for level, each in enumerate(losses)
        for row, values in enumerate(each)
    ]
    chosen = [DECAYS.names[row] for row in best]
    return Picture(
        _decay(alpha),
        {
            "levels": alpha.across(),
            "cells": [
                {
                    "level": level,
                    "row": row,
                    "left": level - 0.48,
                    "right": level + 0.48,
                    "down": row - 0.47,
                    "up": row + 0.47,
                    "rank": order.index(mean) / max(len(order) - 1, 1) if mean in order else 1.0,
                    "text": f"{mean:.3f}{counted(losses[level][row])}" if math.isfinite(mean) else "diverged",
                    "best": row == best[level],
                }
                for level, each in enumerate(means)
                for row, mean in enumerate(each)
            ],
            "best_said": [
                {"level": level, "text": f"α {name}: best decay {decay}"}
                for level, (name, decay) in enumerate(zip(alpha.names, chosen, strict=True))
            ],
            "lines": lines,
            "without": [row for row in lines if not row["level"]],
            "best": [{"level": level, "row": row, "mean": means[level][row]} for level, row in enumerate(best)],
            "legend": entries(("α off", "baseline"), ("the α chosen", "technique")),
        },
        alt="Left: heat map of validation loss over alpha and weight decay; the best decay of each alpha is framed. "
        "Right: validation loss against weight decay at one alpha and without mixing.",
        now=[
            f"At α {name} the best weight decay is {decay}, without mixing {chosen[0]}."
            for name, decay in zip(alpha.names, chosen, strict=True)
        ],
        levels=alpha,
        top=charts.ceiling(value for each in losses for values in each for value in values),
    )


def decay_rows(field: str, grid: Run) -> list[Row]:
    """Return the losses of every network of the grid, to download."""
    rows = effect.numbers(grid, "setting", range(len(grid.settings)), ("val_loss", "test_loss"))
    return [
        {
            field: settings.mixup_alpha or settings.cutmix_alpha,
            "weight_decay": settings.weight_decay,
            **{name: value for name, value in row.items() if name != "setting"},
        }
        for row in rows
        for settings in [grid.settings[row["setting"]]]
    ]
