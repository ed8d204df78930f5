"""The pictures of a person's own data: how large its classes are, or how its target is spread."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, words
from pages.ui.charts import data, finish
from pages.ui.drawing import Picture
from pages.ui.seeds import counted

from reglab.engine.run import Run

MOST_CLASSES = 12  # that are drawn, the largest; the others together
BINS = 24
LABEL = 24  # characters of a class


@cache
def _shares_chart(count: int) -> dict[str, Any]:
    labels = alt.Axis(labelLimit=150, minExtent=120, domain=False, ticks=False)
    up = alt.Y("label:N", sort=alt.EncodingSortField("place", "min"), title=None, axis=labels)
    ends = alt.Scale(domainMin=0, nice=False, range=[0, {"expr": "width - 110"}])
    rows = alt.Chart(data("classes"))
    across = alt.X("rows:Q", title="rows", scale=ends, axis=alt.Axis(tickCount=4, format=",d"))
    bars = rows.mark_bar(height=16, opacity=0.75).encode(across, up, color=alt.ColorValue("blue"))
    numbers = rows.mark_text(align="left", dx=6).encode(across, up, text=alt.Text("text:N"))
    return finish(alt.layer(bars, numbers), 60 + 26 * count)


@cache
def _histogram_chart(what: str) -> dict[str, Any]:
    rows = alt.Chart(data("bins"))
    across = alt.X("low:Q", title=f"{what}, in its own unit", scale=alt.Scale(nice=False, zero=False))
    pointed = [alt.Tooltip("text:N", title="from, to"), alt.Tooltip("rows:Q")]
    bars = rows.mark_bar(opacity=0.75).encode(
        across, alt.X2("high"), alt.Y("rows:Q", title="rows"), color=alt.ColorValue("blue"), tooltip=pointed
    )
    return finish(bars, 240)


def shares(labels: Sequence[str]) -> Picture:
    """Draw how many rows each class has, the largest first."""
    most = Counter(labels).most_common()
    drawn = most[:MOST_CLASSES]
    if rest := most[MOST_CLASSES:]:
        drawn.append((f"{len(rest)} others", sum(count for _, count in rest)))
    rows = [
        {
            "place": place,
            "label": label if len(label) <= LABEL else f"{label[: LABEL - 1]}…",
            "rows": count,
            "text": f"{count:,} ({words.percent(count / len(labels))})",
        }
        for place, (label, count) in enumerate(drawn)
    ]
    said = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    return Picture(_shares_chart(len(rows)), {"classes": rows}, "How many rows each class has.", said)


def histogram(values: Sequence[float], what: str = "target") -> Picture:
    """Draw how a column's values are spread; what: its name, which is none of a person's own."""
    low, high = min(values), max(values)
    bins = min(BINS, max(1, math.ceil(math.sqrt(len(values)))))
    width = (high - low) / bins or 1.0
    counts = Counter(min(int((value - low) / width), bins - 1) for value in values)
    edges = [(low + at * width, low + (at + 1) * width) for at in range(bins)]
    rows = [
        {"low": left, "high": right, "rows": counts[at], "text": f"{left:.4g} to {right:.4g}"}
        for at, (left, right) in enumerate(edges)
    ]
    most = max(range(bins), key=counts.__getitem__)
    said = f"From {low:.4g} to {high:.4g}; most rows, {counts[most]:,}, from {rows[most]['text']}."
    return Picture(_histogram_chart(what), {"bins": rows}, f"How many rows have a {what} of about each value.", said)


# ------------------------------------------------------------------ what a network makes of it


def learnt(run: Run, unit: str) -> Picture:
    """Draw the training and the validation loss of the first setting."""
    lines = [(0, "train", "train", "train"), (0, "validation", "validation", "validation")]
    return _curves(run, lines, unit, "Loss of the network without regularization over training steps.")


def proved(run: Run, unit: str) -> Picture:
    """Draw the losses without the settings, the first of three, and with them, the last."""
    lines = [
        (0, "train", "baseline", "without, train"),
        (0, "validation", "baseline", "without, validation"),
        (2, "train", "technique", "settings, train"),
        (2, "validation", "technique", "settings, validation"),
    ]
    return _curves(run, lines, unit, "Loss over training steps, without the settings and with them.")


def _curves(run: Run, lines: Sequence[tuple[int, str, str, str]], unit: str, alt_text: str) -> Picture:
    """Draw curves up to somewhat above those of the second half: what is above leaves the picture."""
    steps, late = run.training.max_steps, len(run.steps) // 2
    shown = [run.train_loss[:, :, late:], run.val_loss[:, :, late:]]
    seen = [value for part in shown for value in part.ravel().tolist() if math.isfinite(value)]
    top = charts.ceiling([1.2 * max(seen, default=0.7)])
    rows = charts.curves(run, lines, x_max=steps, y_max=top)
    return Picture(charts.loss_chart(steps, top, unit), rows, alt_text, charts.in_words(rows["labels"]))


def beside(losses: Mapping[str, Sequence[float]], seeds: Sequence[int], unit: str) -> Picture:
    """Draw the test losses of several models, each seed and their means; the last one's mean as a line."""
    rows: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    for place, (way, values) in enumerate(losses.items()):
        who = "technique" if way == "with the settings" else "test" if place > 1 else "baseline"
        seen = [value for value in values if math.isfinite(value)]
        row = {"place": place, "way": way, "who": who}
        rows += [{**row, "seed": str(seed), "value": v} for seed, v in zip(seeds, values, strict=True) if v in seen]
        middle = sum(seen) / len(seen) if seen else None
        number = "diverged" if middle is None else f"{middle:.3f}{counted(values)}"
        band = {"low": min(seen, default=None), "high": max(seen, default=None)}
        means.append({**row, **band, "value": middle, "number": number})
    whole = [{"value": means[-1]["value"]}]
    said = "; ".join(f"{row['way']} {row['number']}" for row in means)
    sets = {"seeds": rows or [{"place": None, "way": "", "who": "", "seed": "", "value": None}], "means": means}
    return Picture(
        charts.ablation_chart(len(losses), unit), {**sets, "whole": whole}, "Test losses of every model.", said
    )


def apart(rows: Mapping[str, list[dict[str, Any]]], count: int, unit: str) -> Picture:
    """Draw the test losses with each setting turned off in turn; rows: of `together.ablation_rows`."""
    said = "; ".join(str(row["text"]) for row in rows["means"])
    return Picture(charts.ablation_chart(count, unit), rows, "Test loss with each setting turned off.", said)
