"""The picture of the home page: train and validation loss, which part as the strength of weight decay is moved."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts
from pages.ui.charts import colour, dash, data, packed, unpacked
from pages.ui.drawing import Picture
from pages.ui.effect import POINT, Scale, cut, mean
from pages.ui.levels import GREEN, Row, entries_by_level, even, legend
from pages.ui.panels import Panel
from pages.ui.scrub import HERE, join

from reglab.engine.run import Run

# The strengths of the page on weight decay, which then opens with what was trained here.
SCALE = Scale("weight_decay", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), "weight decay")
DECAY = even("decay", SCALE.values, SCALE.title, tuple(map(SCALE.label, SCALE.values)))
TOP = 1.2  # nats, above what each of the strengths ends with
SPLITS = {"train": "train_loss", "validation": "val_loss"}


@cache
def _parting(max_steps: int) -> dict[str, Any]:
    left = DECAY.panel("loss (nats)", (0, TOP))
    x, up = DECAY.x(left), left.y("train:Q")
    losses, gaps = alt.Chart(data("losses")), alt.Chart(data("gaps")).transform_filter(HERE)
    knob = {"y": alt.YValue(alt.ExprRef(left.bottom))}
    strengths = DECAY.scrubbed(
        left,
        losses.mark_area(clip=True, opacity=0.16).encode(x, left.y("low:Q"), alt.Y2("high"), colour("who")),
        gaps.mark_rule(strokeWidth=7, opacity=0.25).encode(x, up, alt.Y2("validation"), color=GREEN),
        losses.mark_line(clip=True).encode(x, left.y("mean:Q"), colour("who"), dash("who")),
        losses.transform_filter(HERE).mark_circle(size=70, opacity=1).encode(x, left.y("mean:Q"), colour("who")),
        gaps.mark_circle(size=190, opacity=1).encode(x, **knob, color=GREEN),
        *legend(left, here=True),
    )

    ticks = (("tickCount", 5), ("format", ",d"))
    right = Panel(True, "step of the training", None, (0, max_steps), (0, TOP), x_ticks=ticks)
    curves = unpacked(alt.Chart(data("curves")).transform_filter(HERE), POINT)
    between = unpacked(alt.Chart(data("between")).transform_filter(HERE), ("step", "low", "high"))
    rx = right.x("step:Q")
    training = alt.layer(
        between.mark_area(clip=True, opacity=0.1).encode(rx, right.y("low:Q"), alt.Y2("high"), color=GREEN),
        curves.mark_area(clip=True, opacity=0.16).encode(rx, right.y("low:Q"), alt.Y2("high"), colour("who")),
        curves.mark_line(clip=True).encode(rx, right.y("mean:Q"), colour("who"), dash("who")),
        DECAY.heading(right),
    )
    return join([strengths, training])


def parting(run: Run, levels: Sequence[int] = range(len(SCALE.values))) -> Picture:
    """Return the losses at the kept weights against the decay; beside it the training at the decay shown.

    levels: of which the training is drawn: while it goes on, the one that is shown is enough.
    """
    ends = {split: DECAY.rows(run.kept(name).tolist(), split) for split, name in SPLITS.items()}
    gaps = [
        {"level": level, "train": row["mean"], "validation": other["mean"]}
        for level, (row, other) in enumerate(zip(ends["train"], ends["validation"], strict=True))
    ]
    said = [_said(row["train"], row["validation"]) for row in gaps]
    return Picture(
        _parting(int(run.steps[-1])),
        {
            "levels": DECAY.columns([f"training with weight decay {name}" for name in DECAY.names]),
            "losses": [row for rows in ends.values() for row in rows],
            "gaps": gaps,
            "legend": entries_by_level(said),
            "curves": packed(_curves(run, levels), ("level", "who"), POINT),
            "between": packed(_between(run, levels), ("level",), ("step", "low", "high")),
        },
        alt="Left: train and validation loss against weight decay, mean and range over five seeds, and the gap between "
        "them at one decay. Right: the two losses over the training with that decay.",
        now=[
            f"Weight decay {name}: {', '.join(text for text, _ in each)}."
            for name, each in zip(DECAY.names, said, strict=True)
        ],
        levels=DECAY,
    )


def _said(train: float | None, validation: float | None) -> list[tuple[str, str]]:
    if train is None or validation is None:
        return [("train …", "train"), ("validation …", "validation"), ("gap …", "technique")]
    return [
        (f"train {train:.3f}", "train"),
        (f"validation {validation:.3f}", "validation"),
        (f"gap {validation - train:.3f}".replace("-", "−"), "technique"),
    ]


def _curves(run: Run, levels: Sequence[int]) -> list[Row]:
    """Return the training curves of every decay, cut where they leave the axis."""
    lines = [(level, split, split, f"{level}") for level in levels for split in SPLITS]
    whole = charts.curves(run, lines, x_max=float(run.steps[-1]), y_max=TOP)["curves"]
    return [{**row, "level": int(row["line"] or 0)} for row in cut(whole, TOP)]


def _between(run: Run, levels: Sequence[int]) -> list[Row]:
    """Return the space between the two mean curves of every decay, as far as the axis goes."""
    losses = [getattr(run, name).transpose(0, 2, 1).tolist() for name in SPLITS.values()]  # [decay][evaluation][seed]
    rows = []
    for level in levels:
        for step, train, validation in zip(run.steps.tolist(), *(loss[level] for loss in losses), strict=True):
            low, high = mean(train), mean(validation)
            if low is not None and high is not None:
                rows.append({"level": level, "step": step, "low": min(low, TOP), "high": min(high, TOP)})
    return rows or [{"level": 0, "step": None, "low": None, "high": None}]
