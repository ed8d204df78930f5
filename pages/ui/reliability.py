"""How well confidence tells accuracy: in words, and as the reliability diagram, by bins of the test rows.

Below the diagonal a network is surer than it is right. Of the levels of a strength the diagram shows one, beside what
it was without the technique.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pages.ui import words
from pages.ui.cache import cached_of
from pages.ui.charts import VALIDATION, data
from pages.ui.levels import GRAY, GREEN, Row, Ticks
from pages.ui.panels import Panel
from pages.ui.scrub import HERE, Part
from pages.ui.seeds import average, written
from pages.ui.study import Study

from reglab import experiments
from reglab.engine.run import Run
from reglab.label_smoothing import Reliability

FEWEST = 0.005  # share of the rows from which on a bin's accuracy is more than chance
UNIT: Ticks = (("values", [0, 0.5, 1]), ("format", "~g"))


calibration = cached_of(64)(experiments.calibration)  # once for all visitors


def verdicts(study: Study, run: Run, level: int, **how: Any) -> list[words.Comparison]:
    """Compare loss, accuracy and calibration error on the test rows at a level with those without the technique.

    how: as `Study.compare_at` takes it, for the loss.
    """
    error = calibration(run).error.tolist()
    ece = words.compare(error[0], error[level], "the calibration error (ECE)")
    return [*study.on_test_rows((run, 0), (run, level), **how), ece]


def off_in_words(comparisons: Sequence[words.Comparison]) -> str:
    """Return what `verdicts` has of the network without the technique, as a sentence goes on."""
    loss, accuracy, error = (each.before for each in comparisons)
    return f"test loss **{written([loss])}**, accuracy {words.percent(accuracy, 1)}, ECE **{written([error])}**."


def temperature_in_words(temperatures: Sequence[float]) -> str:
    """Return what the fitted temperatures say, by seed.

    >>> temperature_in_words([0.7, 0.8, 0.75])
    'the temperature fitted on validation rows is **0.75**: the network is too timid'
    """
    side = words.side(temperatures, 1.0, "the network", "too timid", "too confident")
    return f"the temperature fitted on validation rows is **{average(temperatures):.2f}**: {side}"


def panel(number: int) -> Part:
    """Return the diagram's panel, one of three."""
    return Part(False, "confidence", "accuracy", (0, 1), (0, 1), x_ticks=UNIT, y_ticks=UNIT, number=number)


def diagram(panel: Panel) -> list[alt.Chart]:
    """Return the layers of the diagram over the datasets of `curves`; the dots are as large as a bin has rows."""
    x, y, order = panel.x("confidence:Q"), panel.y("accuracy:Q"), alt.Order("confidence:Q")
    here = alt.Chart(data("reliability")).transform_filter(HERE)
    unscaled, scaled = (here.transform_filter(f"datum.who == '{who}'") for who in ("technique", "validation"))
    size = alt.Size("size:Q", scale=alt.Scale(domain=[0, 1], range=[14, 160]), legend=None)
    diagonal = alt.Chart(data("diagonal")).mark_line(strokeWidth=1, opacity=0.7)
    without = alt.Chart(data("without")).mark_line(strokeWidth=1.5, strokeDash=[5, 4])
    return [
        diagonal.encode(x, y, order, color=GRAY),
        without.encode(x, y, order, color=GRAY),
        scaled.mark_line(strokeWidth=1.75).encode(x, y, order, color=alt.ColorValue(VALIDATION)),
        unscaled.mark_line(strokeWidth=2).encode(x, y, order, color=GREEN),
        unscaled.mark_circle(opacity=1).encode(x, y, size, color=GREEN),
    ]


def curves(bins: Reliability, scaled: Reliability | None = None) -> dict[str, list[Row]]:
    """Return the datasets of the diagram, level by level; scaled: the bins after temperature scaling.

    >>> from reglab.label_smoothing import reliability
    >>> bins = reliability([[[0.75, 0.25], [0.25, 0.75]], [[1.0, 0.0], [0.0, 1.0]]], [0, 0], n_bins=4)
    >>> [(row["level"], row["confidence"], row["accuracy"], row["size"]) for row in curves(bins)["reliability"]]
    [(0, 0.75, 0.5, 1.0), (1, 1.0, 0.5, 1.0)]
    """
    unscaled = _points(bins, "technique")
    return {
        "diagonal": [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}],
        "reliability": [*unscaled, *(_points(scaled, "validation") if scaled else [])],
        "without": [point for point in unscaled if not point["level"]],
    }


def _points(bins: Reliability, who: str) -> list[Row]:
    """Return the bins that have rows enough."""
    points: list[Row] = []
    for level, counts in enumerate(bins.count.tolist()):
        total = max(sum(counts), 1)
        points += [
            {"level": level, "who": who, "confidence": confidence, "accuracy": accuracy, "size": count / total}
            for confidence, accuracy, count in zip(
                bins.confidence[level].tolist(), bins.accuracy[level].tolist(), counts, strict=True
            )
            if count >= FEWEST * total
        ]
    return points


def rows(field: str, strengths: Sequence[float], bins: Reliability, **more: Any) -> list[Row]:
    """Return every bin of every strength, however few rows it has, to download; more: columns of one value each.

    >>> from reglab.label_smoothing import reliability
    >>> rows("rate", [0.5], reliability([[[0.75, 0.25], [0.25, 0.75]]], [0, 0], n_bins=2), scaled=False)[1]
    {'rate': 0.5, 'scaled': False, 'bin_from': 0.5, 'confidence': 0.75, 'accuracy': 0.5, 'rows': 2}
    """
    return [
        {field: strength, **more, "bin_from": low, "confidence": confidence, "accuracy": accuracy, "rows": count}
        for level, strength in enumerate(strengths)
        for low, confidence, accuracy, count in zip(
            bins.edges.tolist(),
            bins.confidence[level].tolist(),
            bins.accuracy[level].tolist(),
            bins.count[level].tolist(),
            strict=False,  # there is an edge more
        )
    ]
