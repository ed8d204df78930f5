"""What several runs of one log say beside each other: which is best, how far apart they are, whether a change helped.

Plain functions. A run's validation loss is taken where it was lowest, the checkpoint that one would keep.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pages.ui import escape, words

from reglab import strategy
from reglab.curves import Curve

SEED = re.compile(r"[\s_\-./]*(?:seed|fold|s|run|rep)?[\s_\-=]*(\d+)$", re.IGNORECASE)  # at the end of a run's name
SURE = 2.0  # standard errors between two runs from which on they differ
EXTENSION = re.compile(r"\.(?:csv|tsv|json|jsonl|log|txt|out|md)$", re.IGNORECASE)


def lowest(curve: Curve) -> float:
    """Return a run's lowest validation loss, nan where it has none."""
    return min((value for value in curve.get("val_loss", []) if math.isfinite(value)), default=math.nan)


def compare(every: Mapping[str, Curve], n_val: int | None) -> list[str]:
    """Return sentences on several runs, in their order; Markdown that two asterisks begin and end.

    every: the runs' curves by name. n_val: validation rows, from which the noise of a loss is.

    >>> before = Curve({"step": [1, 2], "train_loss": [0.9, 0.4], "val_loss": [1.0, 0.9]})
    >>> two = Curve({"step": [1, 2], "train_loss": [0.9, 0.5], "val_loss": [0.9, 0.6]})
    >>> print(compare({"before": before, "after": two}, 1000)[0].partition(", a diff")[0])
    Did the change help? **Yes**: the lowest validation loss is 0.6 in “after” and 0.9 in “before”
    """
    every = {escape.in_sentence(name): curve for name, curve in every.items()}
    ends = {name: lowest(curve) for name, curve in every.items() if math.isfinite(lowest(curve))}
    if len(ends) < 2:
        return []
    pairs = by_seed(ends)
    if pairs:
        return [_paired(*pairs)]
    if len(ends) == 2:
        return [_two(ends, every, n_val)]
    best = min(ends, key=ends.__getitem__)
    spread = _deviation(list(ends.values()))
    return [
        f"Of {len(ends)} runs “{best}” is best: its lowest validation loss is {ends[best]:.3g}. The lowest of the "
        f"others go up to {max(ends.values()):.3g}; over the runs their standard deviation is {spread:.2g}."
    ]


def by_seed(ends: Mapping[str, float]) -> tuple[str, str, list[float], list[float]] | None:
    """Return two variants and their values by seed, if the names of the runs are those of two with the same seeds.

    >>> by_seed({"base seed 0": 1.0, "base seed 1": 2.0, "drop seed 0": 3.0, "drop seed 1": 4.0})
    ('base', 'drop', [1.0, 2.0], [3.0, 4.0])
    >>> by_seed({"run 1": 1.0, "run 2": 2.0}) is None
    True
    """
    groups: dict[str, dict[str, float]] = {}
    for name, value in ends.items():
        plain = EXTENSION.sub("", name)
        seed = SEED.search(plain)
        if not seed or not plain[: seed.start()]:
            return None
        groups.setdefault(plain[: seed.start()], {})[seed[1]] = value
    if len(groups) != 2:
        return None
    (first, before), (second, after) = groups.items()
    if len(before) < 2 or before.keys() != after.keys():
        return None
    return first, second, list(before.values()), [after[seed] for seed in before]


def _paired(first: str, second: str, before: list[float], after: list[float]) -> str:
    comparison = words.compare(before, after, "the lowest validation loss", between=(f"in “{first}”", f"in “{second}”"))
    answer = {"better": "**Yes**", "worse": "**No**, it did harm"}.get(comparison.verdict, "**It cannot be told**")
    return f"Did the change from “{first}” to “{second}” help? {answer}. {comparison.sentence}"


def _two(ends: Mapping[str, float], every: Mapping[str, Curve], n_val: int | None) -> str:
    (first, before), (second, after) = ends.items()
    fell = after < before
    levels = f"the lowest validation loss is {after:.3g} in “{second}” and {before:.3g} in “{first}”"
    alike = _alike(every[first], every[second])
    caution = "It is one run of each: another seed may say otherwise."
    if n_val is None:
        return (
            f"Did the change help? **It cannot be told yet**: {levels}{alike}. Put in the validation rows, which say "
            f"how large the noise of these losses is. {caution}"
        )
    each = [_noise(every[name], n_val) for name in (first, second)]
    noise = math.hypot(*each)
    apart = f"a difference of {abs(after - before):.2g}"
    if not math.isfinite(noise) or abs(after - before) <= SURE * noise:
        within = f", within {SURE * noise:.2g}, twice a rough guess of its noise" if math.isfinite(noise) else ""
        return f"Did the change help? **It cannot be told**: {levels}, {apart}{within}{alike}. {caution}"
    answer = "**Yes**" if fell else "**No**, it did harm"
    beyond = f"beyond {SURE * noise:.2g}, twice a rough guess of its noise"
    return f"Did the change help? {answer}: {levels}, {apart}, {beyond}{alike}. {caution}"


def _noise(curve: Curve, n_val: int) -> float:
    """Return a guess of the noise of a run's lowest validation loss; nan where that is below 0."""
    value = lowest(curve)
    right = strategy.shares_right(curve)[curve["val_loss"].index(value)]
    return strategy.standard_error(value, n_val, accuracy=right) if value >= 0 else math.nan


def _alike(first: Curve, other: Curve) -> str:
    """Say at how many of the evaluations that both runs have the second was the lower one; nothing for few."""
    if first.unit != other.unit:
        return ""
    there = dict(zip(first.done, first["val_loss"], strict=True))
    both = [(there[at], value) for at, value in zip(other.done, other["val_loss"], strict=True) if at in there]
    both = [(a, b) for a, b in both if math.isfinite(a) and math.isfinite(b)]
    if len(both) < 5:
        return ""
    return f"; evaluation by evaluation it is the lower one {sum(b < a for a, b in both)} of {len(both)} times"


def _deviation(values: list[float]) -> float:
    middle = sum(values) / len(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / (len(values) - 1))
