"""The pictures of image augmentation, each one block: its template, the rows that fill it, and what it says in words.

Rows name what the pointer picks by its "level": a strength, an operation or a number of rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, pictures_upload, words
from pages.ui.cache import cached_of
from pages.ui.charts import BASELINE, MISTAKE, TEST, colour, data
from pages.ui.drawing import Picture
from pages.ui.images import pixels
from pages.ui.levels import GRAY, GREEN, TOP, Levels, Row, entries, entries_by_level, even, legend, sent, span, styles
from pages.ui.own_data import load
from pages.ui.panels import START, WIDE, Panel, beyond
from pages.ui.right_wrong import PERCENT
from pages.ui.scrub import HERE, Part, columns, join, rules
from pages.ui.seeds import average, band, counted
from pages.ui.words import percent

from reglab.engine.run import Run
from reglab.experiments.invariance import LabelSafety, accuracy_by_angle, accuracy_by_shift
from reglab.experiments.policy_search import Policy, Search
from reglab.image_augmentation import augment_batch, rand_augment
from reglab.solvers.image_operations import ALL_OR_NOTHING, at_strengths, mean_change
from reglab.streams import generator

STRENGTHS = tuple(round(0.1 * i, 1) for i in range(11))
TITLES = {
    "flip_horizontal": "flip left-right",
    "flip_vertical": "flip up-down",
    "quarter_turn": "quarter turn",
    "half_turn": "half turn",
    "rotate": "rotate",
    "crop": "pad and crop",
    "centre_crop": "centre crop",
    "shift": "shift",
    "zoom": "zoom",
    "shear": "shear",
    "brighten": "brighten",
    "darken": "darken",
    "contrast": "contrast",
    "colour_jitter": "colour jitter",
    "noise": "noise",
    "cutout": "cutout",
}
UNDER = {"none": "as they are", **TITLES}
VIEWS = {"operations": "Every operation", "grown": "A set grown", "rand": "RandAugment"}
LABELLED, DRAWN = 3, 12  # images of the set that is grown; draws of RandAugment
ROWS = 300  # test images that are turned and shifted
ANGLES, SHIFTS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 135, 180), (0.0, 0.0625, 0.125, 0.1875, 0.25, 0.375)
TURNED, SHIFTED = 15, 0.125  # degrees, share of the side: what the sentences tell

VIOLET = alt.ColorValue(TEST)
UNLABELED = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))


# ------------------------------------------------------------------ the mechanism

STRENGTH, MAGNITUDE = (
    even("strength", STRENGTHS, title, ticks=(0, 5, 10), margin=0.5) for title in ("strength", "magnitude")
)


@dataclass(frozen=True, eq=False)
class Copies:
    """A view's small pictures at every strength, and how far each operation changes a pixel."""

    originals: Sequence[Any]  # arrays (height, width, channels)
    names: list[Row]  # what stands below the small pictures
    cells: Any  # the table that is sent
    change: dict[str, list[float]]  # by operation, at every strength; of the view of every operation alone


def made(view: str, images: Sequence[Any], draw: int, many: int, strengths: Sequence[float]) -> list[list[Any]]:
    """Return the small pictures of a view, by strength.

    many: how many times as many images a set becomes, or how many operations RandAugment draws.
    """
    if view == "operations":
        stream = (generator(draw, "picture") for _ in TITLES)
        each = [at_strengths(name, images[0], strengths, rng) for name, rng in zip(TITLES, stream, strict=True)]
        return [[images[0], *row] for row in zip(*each, strict=True)]
    if view == "rand":
        return [list(rand_augment([images[0]] * DRAWN, many, s, generator(draw, "picture"))) for s in strengths]
    labels = range(len(images))
    return [list(augment_batch(images, labels, many, generator(draw, "picture"), strength=s)[0]) for s in strengths]


def of_bundled(view: str, source: str, number: int, draw: int, many: int) -> Copies:
    """Return what a view's picture draws of bundled images, from that number on."""
    data, several = load(source), range(number, number + (LABELLED if view == "grown" else 1))
    images = [data.x_test[i].reshape(*(data.image_shape or ())[:2], -1) for i in several]
    return _copies(view, images, [str(data.class_names[int(data.y_test[i])]) for i in several], draw, many)


def of_picture(image: Any, view: str, draw: int, many: int) -> Copies:
    """Return the same of one image without a label."""
    return _copies(view, [image], [], draw, many)


def _copies(view: str, images: Sequence[Any], labels: Sequence[str], draw: int, many: int) -> Copies:
    every = made(view, images, draw, many, STRENGTHS)
    cells = [
        {"level": level, "slot": slot, "url": pictures_upload.url(image)}
        for level, row in enumerate(every)
        for slot, image in enumerate(row)
    ]
    of_each = list(zip(*every, strict=True))[1:] if view == "operations" else []
    change = {name: mean_change(row, images[0]).tolist() for name, row in zip(TITLES, of_each, strict=bool(of_each))}
    return Copies(images, names(view, labels, many), charts.table(cells), change)


def names(view: str, labels: Sequence[str], many: int) -> list[Row]:
    """Return what stands below the small pictures; labels: of the images that are changed.

    >>> [row["text"] for row in names("grown", ["6", "9"], 2)]
    ['6, original', '6', '9, original', '9']
    """
    if view == "operations":
        texts = ["the image", *TITLES.values()]
    elif view == "rand":
        texts = [f"draw {i + 1}" for i in range(DRAWN)]
    else:
        texts = [f"{label}{'' if k else ', original'}" for label in labels for k in range(many)]
    original = {"operations": len(texts), "grown": many}.get(view, 0)
    return [
        {"slot": i, "text": text, "who": "technique" if not original or i % original else "baseline"}
        for i, text in enumerate(texts)
    ]


@cache
def _grid(levels: Levels, count: int, wide: int, narrow: int) -> dict[str, Any]:
    """Return the template of so many small images; wide, narrow: in a row, where there is room and where not."""
    panel = levels.panel(None, (0, 1), alone=True)
    in_row = f"(width > {WIDE} ? {wide} : {narrow})"
    rows = f"(width > {WIDE} ? {-(-count // wide)} : {-(-count // narrow)})"
    across, down = f"(min(width, {in_row} * 130) / {in_row})", f"((height - 14) / {rows})"
    side = f"min({across} - 8, {down} - 24)"
    middle = alt.XValue(alt.ExprRef(f"(datum.slot % {in_row} + 0.5) * {across}"))
    top = f"floor(datum.slot / {in_row}) * {down}"
    cells, below = alt.Chart(data("cells")).transform_filter(HERE), alt.Chart(data("names"))
    size = alt.ExprRef(side)
    images = cells.mark_image(align="center", baseline="top", aspect=False, width=size, height=size)
    labels = below.mark_text(align="center", baseline="top", fontSize=11.5)
    under = alt.YValue(alt.ExprRef(f"{top} + {side} + 4"))
    drawn = alt.layer(
        images.encode(x=middle, y=alt.YValue(alt.ExprRef(top)), url=alt.Url("url:N")),
        labels.encode(x=middle, y=under, text=alt.Text("text:N"), color=colour("who")),
    )
    foot = {"y": alt.YValue(alt.ExprRef("height - 8")), "y2": alt.Y2Value(alt.ExprRef("height"))}
    marks = alt.layer(
        levels.chart("now").mark_rule(strokeWidth=4, opacity=0.4).encode(levels.x(panel), **foot, color=GREEN),
        levels.here("levels").mark_rule(strokeWidth=4).encode(levels.x(panel), **foot, color=GREEN),
    )
    return join([drawn, marks, columns(panel)])


def grid(view: str, copies: Copies, many: int) -> Picture:
    """Return a view's small pictures at the strength under the pointer."""
    wide, narrow = {"operations": (9, 4), "grown": (many, many), "rand": (6, 4)}[view]
    levels, texts = MAGNITUDE if view == "rand" else STRENGTH, ", ".join(row["text"] for row in copies.names)
    return Picture(
        _grid(levels, len(copies.names), wide, narrow),
        {"levels": levels.across(), "cells": copies.cells, "names": copies.names},
        alt="A grid of small pictures: an image, and copies of it that operations have changed, at the strength under "
        "the pointer.",
        now=[f"{VIEWS[view]} at {levels.title} {strength:g}: {texts}." for strength in STRENGTHS],
        levels=levels,
    )


def pixel_rows(view: str, copies: Copies, draw: int, many: int, strength: float, **source: Any) -> list[Row]:
    """Return the values of a view's small pictures at a strength, from 0, black, to 1, white, to download."""
    shared = {"view": VIEWS[view], **source, "draw": draw, "strength": strength}
    [every] = made(view, copies.originals, draw, many, [strength])
    return [
        {**shared, "picture": slot + 1, "name": name["text"], **pixel}
        for slot, (image, name) in enumerate(zip(every, copies.names, strict=True))
        for pixel in pixels(image)
    ]


# ------------------------------------------------------------------ what it teaches

KINDS = {"still": "upright", "turned": f"{TURNED}°", "shifted": "⅛ shift"}  # by the style of its line
EIGHTHS = (("values", [0, 0.125, 0.25, 0.375]), ("labelExpr", "['0', '⅛', '¼', '⅜'][8 * datum.value]"))
TURNS = (("values", [0, 45, 90, 135, 180]),)


@cached_of(8)
def turned(run: Run) -> Any:
    """Return the accuracy on turned test images, by strength, seed and angle."""
    return accuracy_by_angle(run, ANGLES, ROWS)


@cached_of(8)
def shifted(run: Run) -> Any:
    """Return the accuracy on shifted test images, by strength, seed and shift."""
    return accuracy_by_shift(run, SHIFTS, ROWS)


def each_kind(run: Run) -> dict[str, list[list[float]]]:
    """Return the accuracy on test images as they are, turned and shifted, by strength and seed."""
    angles, shifts = turned(run), shifted(run)
    of = angles[..., 0], angles[..., ANGLES.index(TURNED)], shifts[..., SHIFTS.index(SHIFTED)]
    return {kind: values.tolist() for kind, values in zip(KINDS, of, strict=True)}


@cache
def _invariance(levels: Levels) -> dict[str, Any]:
    first = levels.panel("test accuracy", (0, 1), kind=Part, number=0, y_ticks=PERCENT)
    lines, style = levels.chart("strengths"), styles("kind", KINDS)
    x, y = levels.x(first), first.y("mean:Q")
    area = lines.mark_area(opacity=0.14, clip=True)
    by_strength = levels.scrubbed(
        first,
        area.encode(x, first.y("low:Q"), alt.Y2("high"), alt.Detail("kind:N"), color=VIOLET),
        lines.mark_line(clip=True).encode(x, y, style, color=VIOLET),
        levels.here("strengths").mark_circle(size=60, opacity=1).encode(x, y, color=VIOLET),
        *legend(first, "kinds", here=True, color=VIOLET, style=style),
    )
    panels = [by_strength]
    for number, name, title, end, ticks in (
        (1, "angles", "turned by (degrees)", ANGLES[-1], TURNS),
        (2, "shifts", "shifted by (share of the side)", SHIFTS[-1], EIGHTHS),
    ):
        panel = Part(False, title, None, (0, end), (0, 1), x_ticks=ticks, y_ticks=PERCENT, number=number)
        x, y, low = panel.x("at:Q"), panel.y("mean:Q"), panel.y("low:Q")
        rows = alt.Chart(data(name))
        curves = [
            mark
            for each in (rows.transform_filter("datum.level == 0"), rows.transform_filter(f"{HERE} && datum.level > 0"))
            for mark in (
                each.mark_area(opacity=0.14, clip=True).encode(x, low, alt.Y2("high"), colour("who")),
                each.mark_line(clip=True).encode(x, y, colour("who")),
            )
        ]
        panels.append(alt.layer(*curves, *legend(panel, "names", here=True)))
    return join(panels)


@cached_of(16)
def invariance(levels: Levels, run: Run) -> Picture:
    """Return accuracy against the strength of augmentation; beside it against the angle and against the shift."""
    kinds = each_kind(run)
    texts = [
        [(f"{KINDS[kind]} {percent(average(values[level]))}", kind) for kind, values in kinds.items()]
        for level in range(len(levels.values))
    ]
    off = ("off", "baseline")
    named = [[off, (f"augment {name}", "technique")] if level else [off] for level, name in enumerate(levels.names)]

    def curves(amounts: Sequence[float], accuracy: Any) -> list[Row]:
        return [
            {"level": level, "at": amount, "who": "technique" if level else "baseline", **band(values)}
            for level, by_seed in enumerate(accuracy)
            for amount, values in zip(amounts, by_seed.T.tolist(), strict=True)
        ]

    return Picture(
        _invariance(levels),
        {
            "levels": levels.columns(),
            "strengths": [
                {**row, "kind": kind} for kind, values in kinds.items() for row in levels.rows(values, "test")
            ],
            "kinds": entries_by_level(texts, "kind"),
            "angles": curves(ANGLES, turned(run)),
            "shifts": curves(SHIFTS, shifted(run)),
            "names": entries_by_level(named),
        },
        alt="Left: accuracy on upright, turned and shifted test images against the strength of augmentation. Middle: "
        "accuracy against the angle, with augmentation and without. Right: accuracy against the shift.",
        now=[
            f"Augmentation {name}: {', '.join(text for text, _ in each)}."
            for name, each in zip(levels.names, texts, strict=True)
        ],
        levels=levels,
    )


def moved_rows(levels: Levels, run: Run) -> list[Row]:
    """Return the accuracy of every network on turned and on shifted test images, to download."""
    moves = (
        ("turned (degrees)", ANGLES, turned(run)),
        ("shifted (share of the side)", SHIFTS, shifted(run)),
    )
    return [
        {
            "augment": strength,
            "seed": seed,
            "test_images": ROWS,
            "change": change,
            "amount": amount,
            "test_accuracy": right,
        }
        for change, amounts, accuracy in moves
        for strength, each in zip(levels.values, accuracy.tolist(), strict=True)
        for seed, accuracies in zip(run.seeds, each, strict=True)
        for amount, right in zip(amounts, accuracies, strict=True)
    ]


# ------------------------------------------------------------------ lists


@dataclass(frozen=True)
class Listed(Panel):
    """A panel with room on its left for names, which an axis would leave out where it thinks them too close."""

    room: int = 100
    written: str = "names"
    stacked: bool = False  # its names are written only where it stands below the first panel, not beside it

    @property
    def taken(self) -> str:
        """What the names take of the width, as an expression."""
        return f"(width > {WIDE} ? 0 : {self.room})" if self.stacked else f"{self.room}"

    @property
    def left(self) -> str:
        """Where the panel begins, right of its names."""
        return f"({super().left} + {self.taken})"

    @property
    def width(self) -> str:
        """What the names leave."""
        return f"({super().width} - {self.taken})"

    def names(self) -> Any:
        """Write the names; dataset `written`: level, text."""
        seen: Any = alt.ExprRef(f"width > {WIDE} ? 0 : 1") if self.stacked else 1
        style: dict[str, Any] = {"align": "right", "baseline": "middle", "fontSize": 11.5, "opacity": seen}
        rows = alt.Chart(data(self.written)).mark_text(**style)
        return rows.encode(
            x=alt.XValue(alt.ExprRef(f"{self.left} - 9")), y=self.y("level:Q"), text=alt.Text("text:N"), color=GRAY
        )


def _listed(count: int, title: str, x_domain: tuple[Any, Any], **more: Any) -> Listed:
    """Return a panel that lists so many names, the first on top."""
    return Listed(False, title, None, x_domain, (count - 0.5, -0.5), y_ticks=UNLABELED, **more)


def _row_shown(panel: Panel) -> list[alt.Chart]:
    """Return bands behind the control's row of a list, faint, and behind the one shown."""
    rows = alt.Chart(data("levels")).transform_calculate(low="datum.level - 0.5", high="datum.level + 0.5")
    across = {"x": alt.XValue(alt.ExprRef(panel.left)), "x2": alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}"))}
    ends = panel.y("low:Q"), alt.Y2("high")
    shown = rows.transform_filter("datum.level == data('now')[0].level")
    return [
        shown.mark_rect(opacity=0.1).encode(*ends, **across, color=GREEN),
        rows.transform_filter(HERE).mark_rect(opacity=0.16).encode(*ends, **across, color=GREEN),
    ]


def _bands(panel: Listed, count: int) -> Any:
    """Return the invisible bands of a list that take the pointer; dataset "levels": level; to be drawn last."""
    hover, pin = (
        alt.selection_point(name=name, fields=["level"], on=on, clear="pointerout", empty=False)
        for name, on in (("hover", "pointermove"), ("pin", "click"))
    )
    size = f"(({panel.bottom}) - ({panel.top})) / {count}"
    rows = alt.Chart(data("levels")).mark_rect(opacity=0, cursor="pointer")
    return rows.encode(
        x=alt.XValue(alt.ExprRef(f"{panel.left} - {panel.room}")),
        x2=alt.X2Value(alt.ExprRef(f"{panel.left} + {panel.width}")),
        y=alt.YValue(alt.ExprRef(f"({panel.top}) + datum.level * {size}")),
        y2=alt.Y2Value(alt.ExprRef(f"({panel.top}) + (datum.level + 1) * {size}")),
    ).add_params(hover, pin)


def _said(panel: Panel, name: str) -> alt.Chart:
    """Write above a panel what the row shown comes to."""
    return panel.heading(alt.Chart(data(name)).transform_filter(HERE), fontWeight=600).encode(color=VIOLET)


def _texts(each: Sequence[str]) -> list[Row]:
    return [{"level": i, "text": text} for i, text in enumerate(each)]


# ------------------------------------------------------------------ what is read under each operation

BY_OPERATION = even("operation", tuple(UNDER), "operation", tuple(UNDER.values()))


@cache
def _safety(count: int, n_classes: int, room: int) -> dict[str, Any]:
    """Return the template of the list and the matrix; room: pixels for the names of the classes."""
    ticks = (("format", "%"), ("tickCount", 4))
    left = _listed(count, "read as their label", (0, 1), x_ticks=ticks, split=0.56)
    points, y = alt.Chart(data("points")), left.y("level:Q")
    ranges = points.mark_rule(strokeWidth=3, opacity=0.5)
    dots = alt.layer(
        *_row_shown(left),
        left.names(),
        ranges.encode(left.x("low:Q"), alt.X2("high"), y, color=VIOLET),
        points.mark_circle(size=70, opacity=1).encode(left.x("mean:Q"), y, color=VIOLET),
        _said(left, "accuracies"),
    )
    ends, bare = (-0.5, n_classes - 0.5), (*UNLABELED, ("titlePadding", 24))
    right = Listed(
        True,
        "read as",
        None,
        ends,
        ends[::-1],
        x_ticks=bare,
        y_ticks=UNLABELED,
        split=0.56,
        room=room,
        written="classes",
    )
    return join([dots, _matrix(right, n_classes), _bands(left, count)])


def _matrix(panel: Listed, n_classes: int) -> Any:
    """Return the shares of each class that are read as each class, right ones green and wrong ones red."""
    cells = alt.Chart(data("cells")).transform_filter(HERE)
    # Few are pale and many are strong, so that each number has a colour that can be read on its cell.
    steps = alt.Scale(domain=[0, 0.499, 0.5, 1], range=[0.02, 0.2, 0.7, 0.8])
    share = alt.Opacity("share:Q", scale=steps, legend=None)
    wide, high = f"{panel.width} / {n_classes}", f"(({panel.bottom}) - ({panel.top})) / {n_classes}"
    place = {
        "x": alt.XValue(alt.ExprRef(f"{panel.left} + datum.read * {wide} + 1")),
        "x2": alt.X2Value(alt.ExprRef(f"{panel.left} + (datum.read + 1) * {wide} - 1")),
        "y": alt.YValue(alt.ExprRef(f"({panel.top}) + datum.label * {high} + 1")),
        "y2": alt.Y2Value(alt.ExprRef(f"({panel.top}) + (datum.label + 1) * {high} - 1")),
    }
    right, other = (cells.transform_filter(f"datum.label {sign} datum.read") for sign in ("==", "!="))
    few, most = (
        cells.transform_filter(f"datum.share {sign} 0.5").mark_text(fontSize=10.5, baseline="middle")
        for sign in ("<", ">=")
    )
    at = panel.x("read:Q"), panel.y("label:Q")
    below = alt.Chart(data("classes")).mark_text(baseline="top", fontSize=11.5)
    under = alt.YValue(alt.ExprRef(f"{panel.bottom} + 6"))
    return alt.layer(
        right.mark_rect().encode(**place, opacity=share, color=GREEN),
        other.mark_rect().encode(**place, opacity=share, color=alt.ColorValue(MISTAKE)),
        few.encode(*at, text=alt.Text("text:N"), color=alt.ColorValue(BASELINE)),
        most.encode(*at, text=alt.Text("text:N"), color=alt.ColorValue("black")),
        panel.names(),
        below.encode(panel.x("level:Q"), y=under, text=alt.Text("short:N"), color=GRAY),
        _said(panel, "matrices"),
    )


@cached_of(16)
def safety(label_safety: LabelSafety) -> Picture:
    """Return the accuracy under every operation as a list; beside it what each class is read as under one."""
    classes, accuracy = label_safety.class_names, label_safety.accuracy.tolist()
    means = [percent(average(values)) for values in accuracy]
    return Picture(
        _safety(len(UNDER), len(classes), 12 + 7 * max(map(len, classes))),
        {
            "levels": [{"level": level} for level in range(len(UNDER))],
            "names": _texts(tuple(UNDER.values())),
            "classes": [{**row, "short": row["text"][:3]} for row in _texts(classes)],
            "points": [{"level": level, **band(values)} for level, values in enumerate(accuracy)],
            "cells": [
                {
                    "level": level,
                    "label": a,
                    "read": b,
                    "share": share,
                    "text": f"{100 * share:.0f}" if share >= 0.05 else "",
                }
                for level, matrix in enumerate(label_safety.confusion.tolist())
                for a, row in enumerate(matrix)
                for b, share in enumerate(row)
            ],
            "accuracies": _texts([f"{name}: {mean}" for name, mean in zip(UNDER.values(), means, strict=True)]),
            "matrices": _texts([f"{name}, % of each label" for name in UNDER.values()]),
        },
        alt="Left: the share of test images that is read as its label under each operation. Right: what the images of "
        "each label are read as under one operation.",
        now=[f"{mean} read as their label under: {name}." for name, mean in zip(UNDER.values(), means, strict=True)],
        levels=BY_OPERATION,
    )


def _under(force: float) -> list[Row]:
    """Return each operation with the strength that it has: flips and turns by quarters are all or nothing."""
    strengths = {"none": 0.0, **{name: 1.0 if name in ALL_OR_NOTHING else force for name in TITLES}}
    return [{"operation": UNDER[name], "strength": strength} for name, strength in strengths.items()]


def safety_rows(label_safety: LabelSafety, force: float, seeds: Sequence[int]) -> list[Row]:
    """Return the accuracy of every network under every operation, to download."""
    return [
        {**under, "seed": seed, "test_accuracy": right}
        for under, values in zip(_under(force), label_safety.accuracy.tolist(), strict=True)
        for seed, right in zip(seeds, values, strict=True)
    ]


def read_rows(label_safety: LabelSafety, force: float) -> list[Row]:
    """Return what the images of each label are read as under every operation, to download."""
    return [
        {**under, "label": label, "read_as": read, "mean_share_over_seeds": share}
        for under, matrix in zip(_under(force), label_safety.confusion.tolist(), strict=True)
        for label, row in zip(label_safety.class_names, matrix, strict=True)
        for read, share in zip(label_safety.class_names, row, strict=True)
    ]


# ------------------------------------------------------------------ policies


def policy_name(policy: Policy) -> str:
    """Return a policy in words.

    >>> policy_name(Policy((("rotate", 0.3), ("zoom", 0.5)))), policy_name(Policy((("half_turn", 1.0),)))
    ('rotate 0.3 + zoom 0.5', 'half turn')
    """
    if len(policy.steps) == 1:
        return TITLES[policy.steps[0][0]]
    return " + ".join(f"{TITLES[name]} {strength:g}" for name, strength in policy.steps)


def candidates(searched: Search) -> list[str]:
    """Return what was tried, in words; the first is none."""
    return ["off", *map(policy_name, searched.policies)]


def best_first(searched: Search) -> list[int]:
    """Return the candidates' numbers, the lowest validation loss first, and last those of which a seed diverged."""
    losses = searched.val_loss.tolist()
    means = [average(values) if all(map(math.isfinite, values)) else math.inf for values in losses]
    return sorted(range(len(means)), key=means.__getitem__)


@cache
def _policies(count: int, room: int) -> dict[str, Any]:
    low = sent("low")
    left = _listed(count, "validation loss (nats)", (low, TOP), room=room, split=0.66, x_ticks=(("tickCount", 4),))
    losses, without = alt.Chart(data("losses")), alt.Chart(data("without"))
    dashed = without.mark_rule(strokeWidth=1.5, strokeDash=[5, 4])
    both = alt.layer(
        *_row_shown(left),
        left.names(),
        dashed.encode(left.x("value:Q"), **span(left), color=colour("who")),
        losses.mark_circle(size=60, opacity=1).encode(left.x("mean:Q"), left.y("level:Q"), color=colour("who")),
        *_symbols(left),
    )
    far: Any = (alt.ExprRef("-data('now')[0].far"), alt.ExprRef("data('now')[0].far"))
    title, rows, few = "change of the test loss (nats)", (count - 0.5, -0.5), (("tickCount", 4),)
    right = Listed(True, title, None, far, rows, y_ticks=UNLABELED, split=0.66, x_ticks=few, room=room, stacked=True)
    changes, means, zero = (alt.Chart(data(name)) for name in ("changes", "means", "zero"))
    x, y = right.x("change:Q"), right.y("level:Q")
    paired = alt.layer(
        zero.mark_rule(strokeWidth=1.5).encode(x, **span(right), color=GRAY),
        changes.mark_circle(size=22, opacity=0.5).encode(x, y, color=VIOLET),
        means.mark_tick(thickness=3, orient="vertical", size=11).encode(x, y, color=VIOLET),
        right.names(),
        _said(right, "headings"),
    )
    return join([both, paired, _bands(left, count)])


def _symbols(panel: Panel) -> list[alt.Chart]:
    """Return a legend whose entries are what is drawn, by "shape": a dashed line, or a dot."""
    rows, color = alt.Chart(data("legend")), colour("who")
    lines, dots = (rows.transform_filter(f"datum.shape == '{shape}'") for shape in ("line", "dot"))
    end = alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + 16"))
    return [
        lines.mark_rule(strokeWidth=1.5, strokeDash=[5, 4]).encode(**panel.above(START), x2=end, color=color),
        dots.mark_circle(size=60, opacity=1).encode(**panel.above(f"({START} + 8)"), color=color),
        panel.heading(rows, at=f"({START} + 21)").encode(color=color),
    ]


@cached_of(8)
def policies(searched: Search) -> Picture:
    """Return the loss that every policy came to, the lowest on top; beside it the change of the test loss, by seed."""
    order, every = best_first(searched), candidates(searched)
    validation, test = searched.val_loss.tolist(), searched.test_loss.tolist()
    tried = [f"{every[i]}{counted(validation[i])}" for i in order]
    means: list[float | None] = [band(values)["mean"] for values in validation]
    seen = [value for value in means if value is not None] or [0.0]
    low, high = min(seen), max(seen)
    room = max(high - low, 0.02)
    changes = [[b - a for a, b in zip(test[0], test[i], strict=True) if math.isfinite(b - a)] for i in order]
    middles = [band(values)["mean"] for values in changes]
    marks = entries(("mean of the seeds", "technique"), ("off", "baseline"))
    return Picture(
        _policies(len(every), 20 + 6 * max(map(len, every))),
        {
            "now": [
                {
                    "level": 0,
                    "low": max(0.0, low - 0.4 * room),
                    "top": high + 0.25 * room,
                    "far": charts.ceiling([abs(value) for values in changes for value in values]),
                }
            ],
            "levels": [{"level": level} for level in range(len(every))],
            "names": _texts(tried),
            "losses": [
                {"level": level, "who": "technique" if i else "baseline", "mean": means[i]}
                for level, i in enumerate(order)
            ],
            "without": [{"value": means[0], "who": "baseline"}],
            "changes": [{"level": level, "change": value} for level, values in enumerate(changes) for value in values],
            "means": [{"level": level, "change": value} for level, value in enumerate(middles)],
            "zero": [{"change": 0.0}],
            "legend": [{**row, "shape": shape} for row, shape in zip(marks, ("dot", "line"), strict=True)],
            "headings": _texts([f"mean {words.change(value or 0.0)}" for value in middles]),
        },
        alt="Left: the validation loss of every candidate, the lowest on top. Right: the change of the test loss "
        "against training without augmentation, one dot per seed.",
        now="; ".join(f"{every[i]} {means[i] or math.nan:.3f}" for i in order) + ".",
    )


def policy_rows(searched: Search) -> list[Row]:
    """Return what every candidate's networks came to, the best first, to download."""
    steps: list[Row] = [{"policy": "off"}]
    for policy in searched.policies:
        steps.append({"policy": policy_name(policy)})
        for number, (name, strength) in enumerate(policy.steps, 1):
            steps[-1] |= {f"operation_{number}": TITLES[name], f"strength_{number}": strength}
    measures = {name: getattr(searched, name).tolist() for name in ("val_loss", "test_loss", "test_accuracy")}
    return [
        {**steps[i], "seed": seed, **{name: values[i][s] for name, values in measures.items()}}
        for i in best_first(searched)
        for s, seed in enumerate(searched.seeds)
    ]


# ------------------------------------------------------------------ by size


@cache
def _by_size(levels: Levels) -> dict[str, Any]:
    low = sent("low")
    left = levels.panel("test loss (nats)", (0, TOP))
    right = levels.panel("test accuracy", (low, 1), second=True, y_ticks=PERCENT)
    worst = beyond(left, levels.chart("losses"), "worst").encode(levels.x(left))
    losses = [*levels.curve(left, "losses"), worst, *legend(left, "loss", here=True)]
    accuracies = [*levels.curve(right, "accuracies"), *legend(right, "accuracy", here=True)]
    panels = [alt.layer(*rules(left), *losses), alt.layer(*rules(right), *accuracies)]
    return join([*panels, columns(left, right)])


def by_size(levels: Levels, level: int, runs: Sequence[Run], on: bool) -> Picture:
    """Return test loss and test accuracy against the training rows, with augmentation and without.

    level: of the rows that are set. runs: of the numbers of rows so far, each without augmentation and with it. on:
    whether there is any; else the one without stands alone.
    """
    roles = [("technique", "augment", 1), ("baseline", "off", 0)][0 if on else 1 :]
    loss, accuracy = ([run.kept(f"test_{name}").tolist() for run in runs] for name in ("loss", "accuracy"))

    def rows(each: Any) -> list[Row]:
        return [row for who, _, k in reversed(roles) for row in levels.rows([values[k] for values in each], who)]

    losses, accuracies = rows(loss), rows(accuracy)
    top = charts.ceiling(1.1 * (row["mean"] or 0.0) for row in losses)
    cut = [{**row, "worst": row["high"], "high": row["high"] and min(row["high"], top)} for row in losses]
    said = [[(f"{text} {average(values[k]):.3f}", who) for who, text, k in roles] for values in loss]
    shares = [[(f"{text} {percent(average(values[k]))}", who) for who, text, k in roles] for values in accuracy]
    now = [", ".join(text for text, _ in [*a, *b]) for a, b in zip(said, shares, strict=True)]
    low = math.floor(10 * min(row["low"] or 0.0 for row in accuracies)) / 10
    return Picture(
        _by_size(levels),
        {
            "now": [{"level": level, "top": top, "low": low}],
            "levels": levels.across(2),
            "losses": cut,
            "accuracies": accuracies,
            "loss": entries_by_level(said),
            "accuracy": entries_by_level(shares),
        },
        alt="Left: test loss against the number of training rows, with augmentation and without. Right: test accuracy.",
        now=[f"{name} rows: {now[i] if i < len(now) else 'not trained yet'}." for i, name in enumerate(levels.names)],
        levels=levels,
    )


def size_rows(runs: Sequence[Run], steps: int) -> list[Row]:
    """Return what every network came to, by its number of training rows, to download."""
    measures = ("test_loss", "test_accuracy")
    return [
        {
            "dataset": run.dataset,
            "n_train": run.n_train,
            "steps": steps,
            "augment": settings.augment,
            "seed": seed,
            **{name: float(run.kept(name)[k, s]) for name in measures},
        }
        for run in runs
        for k, settings in enumerate(run.settings)
        for s, seed in enumerate(run.seeds)
    ]
