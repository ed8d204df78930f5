"""The pictures of stochastic depth, each one block.

A block is a template, the rows that fill it, and what the picture says to those who do not see it. A level
is a pass, or a rate.
"""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts
from pages.ui.cache import cached_of
from pages.ui.charts import colour, data
from pages.ui.drawing import Picture
from pages.ui.levels import (
    BLUE,
    GRAY,
    GREEN,
    LINE,
    TOP,
    Levels,
    Row,
    Ticks,
    entries,
    entries_by_level,
    even,
    headings,
)
from pages.ui.panels import START, Panel
from pages.ui.scrub import HERE, Part, join

from reglab.experiments.time_saved import TimeSaved
from reglab.stochastic_depth import Passes, expected_depth
from reglab.stochastic_depth import rates as rates_of

ROWS = 8  # of the batch that is drawn
PASSES = 40  # drawn
GAP = 60  # pixels between two of three panels

RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)
RATE = even("rate", RATES, "drop path rate")
_NUMBERS = tuple(float(number) for number in range(1, PASSES + 1))
# Stands at its number, so that the axis begins and ends one before and after.
PASS = Levels(
    control="pass",
    values=_NUMBERS,
    title="pass",
    names=tuple(f"{number:g}" for number in _NUMBERS),
    places=_NUMBERS,
    ticks=(0.0, 10.0, 20.0, 30.0, 40.0),
    label="format(datum.value, 'd')",
    margin=1.0,
)
BARE_WHOLLY: Ticks = (("labels", False), ("ticks", False), ("domain", False), ("grid", False))
PERCENT: Ticks = (("values", [0, 0.25, 0.5, 0.75, 1]), ("format", "%"))
# Of the shares that are kept: the mark of each entry of the legend.
KEY = {"dot": ("so far", "technique"), "line": ("set", "baseline"), "dashes": ("Huang", "baseline")}
TIMED = {"technique": "left out", "baseline": "multiplied by 0"}  # skipped blocks


# ------------------------------------------------------------------ the passes


def cells(blocks: int) -> list[Row]:
    """Return where the blocks of each row are drawn.

    >>> cells(2)[3]["cell"], len(cells(2))
    (3, 16)
    """
    return [
        {
            "cell": row * blocks + block,
            "x": block + 0.68,
            "x2": block + 1.32,
            "y": ROWS - row - 0.8,
            "y2": ROWS - row - 0.2,
        }
        for row in range(ROWS)
        for block in range(blocks)
    ]


@cache
def _passes(blocks: int) -> dict[str, Any]:
    across, step = (0.2, blocks + 0.8), max(1, blocks // 4)
    numbers = sorted({1, *range(step, blocks + 1, step)})
    ticks = (("values", numbers), ("format", "d"), ("labelOverlap", False))
    first = Part(False, "block", "row of the batch", across, (0, ROWS), x_ticks=ticks, y_ticks=BARE_WHOLLY, gap=GAP)
    ends = first.x("x:Q"), alt.X2("x2"), first.y("y:Q")
    runs, each = "substring(datum.kept, shown, shown + 1) == '1'", alt.Chart(data("cells"))
    hollow = each.transform_filter(f"!({runs})").mark_rect(filled=False, strokeWidth=1, opacity=0.5)
    drawn = alt.layer(
        alt.Chart(data("paths")).mark_rule(strokeWidth=1.5, opacity=0.8).encode(*ends, color=GRAY),
        hollow.encode(*ends, alt.Y2("y2"), stroke=GRAY),
        each.transform_filter(runs).mark_rect(opacity=1).encode(*ends, alt.Y2("y2"), color=GREEN),
        PASS.heading(first),
    )

    second = Part(False, "block", "share kept", across, (0, 1.04), x_ticks=ticks, y_ticks=PERCENT, number=1, gap=GAP)
    x, y = second.x("block:Q"), second.y("share:Q")
    paper, linear = (alt.Chart(data("set")).transform_filter(f"datum.kind == '{kind}'") for kind in ("paper", "linear"))
    survival = alt.layer(
        paper.mark_line(strokeDash=[5, 4], strokeWidth=1.5).encode(x, y, color=GRAY),
        linear.mark_line(strokeWidth=2).encode(x, y, color=GRAY),
        alt.Chart(data("survival")).transform_filter(HERE).mark_circle(size=46, opacity=1).encode(x, y, color=GREEN),
        *_key(second),
    )

    third = PASS.panel("blocks passed through", (0, blocks * 1.04), second=True, kind=Part, number=2, gap=GAP)
    shot, x, y = PASS.chart("passes"), PASS.x(third), third.y("depth:Q")
    expected = alt.Chart(data("expected")).mark_rule(strokeWidth=2)
    depth = PASS.scrubbed(
        third,
        expected.encode(third.x("from:Q"), alt.X2("to"), y, color=GRAY),
        shot.mark_circle(size=30, opacity=0.7).encode(x, y, color=BLUE),
        shot.mark_line(strokeWidth=2.25).encode(x, third.y("mean:Q"), color=GREEN),
        shot.transform_filter(HERE).mark_circle(size=100, opacity=1).encode(x, y, color=BLUE),
        PASS.heading(third, "passes"),
    )
    return join([drawn, survival, depth])


def _key(panel: Panel) -> list[alt.Chart]:
    """Write what the marks are, each beside a mark of its kind."""
    of = {mark: alt.Chart(data("legend")).transform_filter(f"datum.mark == '{mark}'") for mark in KEY}
    end, paint = alt.X2Value(alt.ExprRef(f"{panel.left} + {START} + {LINE - 5}")), colour("who")
    line, dashes = of["line"].mark_rule(strokeWidth=2), of["dashes"].mark_rule(strokeWidth=1.5, strokeDash=[5, 4])
    dot = of["dot"].mark_circle(size=46, opacity=1)
    return [
        *(rule.encode(**panel.above(START), x2=end, color=paint) for rule in (line, dashes)),
        dot.encode(**panel.above(f"{START} + 11"), color=paint),
        panel.heading(alt.Chart(data("legend")), at=f"({START} + {LINE})").encode(color=paint),
    ]


@cached_of(32)
def passes(drawn: Passes) -> Picture:
    """Return the blocks of every row in one pass; each block's survival so far; the depth of every pass."""
    blocks, expected = drawn.mask.shape[2], expected_depth(drawn.drop_path_rate, drawn.mask.shape[2])
    masks = ["".join("1" if on else "0" for on in cell) for cell in drawn.mask.reshape(PASSES, -1).T.tolist()]
    depths, means = drawn.depth().mean(axis=1).tolist(), drawn.mean_depth().tolist()
    texts = [f"pass {number:g}: {depth:.3g} of {blocks} blocks" for number, depth in zip(_NUMBERS, depths, strict=True)]
    return Picture(
        _passes(blocks),
        {
            "levels": PASS.columns(texts),
            "cells": charts.table([{**cell, "kept": masks[cell["cell"]]} for cell in cells(blocks)]),
            "paths": [{"x": 0.2, "x2": blocks + 0.8, "y": row + 0.5} for row in range(ROWS)],
            "survival": charts.table(
                [
                    {"level": level, "block": block, "share": share}
                    for level, shares in enumerate(drawn.survival().tolist())
                    for block, share in enumerate(shares, start=1)
                ]
            ),
            "set": [
                {"block": block, "share": 1 - skipped, "kind": kind}
                for kind in ("linear", "paper")
                for block, skipped in enumerate(rates_of(drawn.drop_path_rate, blocks, kind).tolist(), start=1)
            ],
            "legend": [{"mark": mark, **row} for mark, row in zip(KEY, entries(*KEY.values()), strict=True)],
            "passes": [
                {"level": level, "depth": depth, "mean": mean, "text": f"mean {mean:.2f}, expected {expected:.3g}"}
                for level, (depth, mean) in enumerate(zip(depths, means, strict=True))
            ],
            "expected": [{"from": 0, "to": PASSES + 1, "depth": expected}],
        },
        alt="Left: the residual blocks of every row of a batch in one training pass, filled where they run, hollow "
        "where they are skipped. Middle: how often each block is kept, as measured so far and as set. Right: how many "
        "blocks each pass goes through, with their mean and the expected depth.",
        now=[
            f"{text}; mean so far {mean:.2f}, expected {expected:.2f}." for text, mean in zip(texts, means, strict=True)
        ],
        levels=PASS,
    )


def pass_rows(drawn: Passes, skipped_for: str, seed: int) -> list[Row]:
    """Return which blocks each row goes through in every pass, to download."""
    rate, blocks = drawn.drop_path_rate, drawn.mask.shape[2]
    linear, paper = ((1 - rates_of(rate, blocks, kind)).tolist() for kind in ("linear", "paper"))
    return [
        {
            "drop_path_rate": rate,
            "skipped_for": skipped_for,
            "seed": seed,
            "pass": number,
            "row": row,
            "block": block,
            "kept": on,
            "probability_to_keep": linear[block - 1],
            "probability_to_keep_in_the_paper": paper[block - 1],
        }
        for number, each in enumerate(drawn.mask.tolist(), start=1)
        for row, mask in enumerate(each, start=1)
        for block, on in enumerate(mask, start=1)
    ]


# ------------------------------------------------------------------ the time


@cache
def _times(blocks: int) -> dict[str, Any]:
    unit, rows = "time of a step (µs)", alt.Chart(data("times"))

    def dots(x: alt.X, y: alt.Y, size: int) -> list[alt.Chart]:
        return [
            rows.mark_circle(size=size, opacity=1).encode(x, y, colour("who")),
            rows.transform_filter(HERE).mark_circle(size=110, opacity=1).encode(x, y, colour("who")),
        ]

    left = RATE.panel(unit, (0, TOP))
    x, y = RATE.x(left), left.y("value:Q")
    by_rate = RATE.scrubbed(left, rows.mark_line().encode(x, y, colour("who")), *dots(x, y, 34), *headings(left))

    across, top = (0, blocks * 1.04), (0, TOP)
    right = Panel(True, "blocks passed through, on average", unit, across, top, x_ticks=(("tickCount", 5),))
    x, y = right.x("depth:Q"), right.y("value:Q")
    line = alt.Chart(data("line")).mark_line(strokeWidth=1.5, strokeDash=[5, 4])
    in_proportion = line.encode(x, y, alt.Order("depth:Q"), color=GRAY)
    return join([by_rate, alt.layer(in_proportion, *dots(x, y, 44), *headings(right, "depths"))])


@cached_of(16)
def times(timed: TimeSaved, blocks: int) -> Picture:
    """Return the time of a step against the rate, both ways; beside it against the blocks that a pass goes through."""
    ways = {who: [1e6 * seconds for seconds in each.tolist()] for who, each in _ways(timed).items()}
    depths = timed.depth.tolist()
    labels = [[(f"{TIMED[who]} {each[i]:.0f} µs", who) for who, each in ways.items()] for i in range(len(RATES))]
    blocks_of = [[(f"{depth:.3g} blocks; dashed: in proportion", "baseline")] for depth in depths]
    rows = [
        {"level": level, "depth": depth, "value": value, "who": who}
        for who, each in ways.items()
        for level, (depth, value) in enumerate(zip(depths, each, strict=True))
    ]
    return Picture(
        _times(blocks),
        {
            "levels": RATE.columns(),
            "times": rows,
            "line": [{"depth": 0, "value": 0}, {"depth": blocks, "value": ways["technique"][0]}],
            "legend": entries_by_level(labels, line=False),
            "depths": entries_by_level(blocks_of, line=False),
        },
        alt="Left: the time of a training step against the rate, leaving skipped blocks out and multiplying them by 0. "
        "Right: the same against the blocks that a pass goes through on average.",
        now=[
            f"At rate {name} {ways['technique'][level]:.0f} µs with skipped blocks left out, "
            f"{ways['baseline'][level]:.0f} µs with them multiplied by 0."
            for level, name in enumerate(RATE.names)
        ],
        levels=RATE,
        top=charts.ceiling(row["value"] for row in rows),
    )


def _ways(timed: TimeSaved) -> dict[str, Any]:
    return {"technique": timed.skipped, "baseline": timed.multiplied}


def time_rows(timed: TimeSaved, **network: int) -> list[Row]:
    """Return the times, to download; network: what was timed, as columns."""
    columns = {"blocks_expected": timed.expected_depth, "blocks_drawn": timed.depth}
    return [
        {
            **network,
            "drop_path_rate": rate,
            "skipped_blocks": TIMED[who],
            **{name: float(values[level]) for name, values in columns.items()},
            "microseconds_per_step": 1e6 * float(seconds[level]),
            "noise": bool(timed.noise[level]),
        }
        for who, seconds in _ways(timed).items()
        for level, rate in enumerate(RATES)
    ]
