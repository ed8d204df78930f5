"""What several runs of one log say beside each other: whether a change helped beyond the noise, or which is best.

A run's validation loss is taken where it was lowest, the checkpoint that one would keep.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reglab import strategy
from reglab.logs import Curve, Log
from reglab.logs.read import Run
from reglab.reporting.student import t_975

__all__ = ["HARMED", "HELPED", "UNCLEAR", "RunsCompared", "by_seed", "compare_runs", "lowest", "stages"]

SEED = re.compile(r"[\s_\-./]*(?:seed|fold|s|run|rep)?[\s_\-=]*(\d+)$", re.IGNORECASE)  # at the end of a run's name
EXTENSION = re.compile(r"\.(?:csv|tsv|json|jsonl|log|txt|out|md)$", re.IGNORECASE)
SURE = 2.0  # standard errors between two runs from which on they differ
ALIKE = 5  # evaluations that both runs have, from which on they are counted
HELPED, HARMED, UNCLEAR = "Yes", "No, it did harm", "It cannot be told"


@dataclass(frozen=True)
class RunsCompared:
    """What several runs say beside each other.

    Attributes
    ----------
    question : str
        Whether the change between two runs, or two variants over the same seeds, helped; "" where there are others.
    answer : str
        "Yes", "No, it did harm" or "It cannot be told", the last with what has to be said first; "" without a question.
    sentence : str
        The numbers that it rests on.
    lowest : dict of str to float
        The lowest validation loss of each run, in their order.
    """

    question: str
    answer: str
    sentence: str
    lowest: dict[str, float]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.question, f"{self.answer}." if self.answer else "", self.sentence]))


def stages(log: Log) -> list[list[Run]]:
    """Return the runs of a log, each with its stages: one that was resumed stands in a log once for each of them.

    The last stage has the rows of those before it, and is the whole run.

    Examples
    --------
    >>> from reglab.logs import read_log
    >>> rows = ["epoch,loss,val_loss", "1,3,3", "2,2,2", "3,1,1.5", "2,2,2.1", "3,1,1.4", "4,1,1.3"]
    >>> [[run.name for run in each] for each in stages(read_log(chr(10).join(rows)))]
    [['run 1', 'run 2']]
    """
    groups: list[list[Run]] = []
    for run in log.runs:
        if groups and run.raw.resumes is not None:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def lowest(curve: Curve) -> float:
    """Return a run's lowest validation loss, nan where it has none."""
    return min((value for value in curve.get("val_loss", []) if math.isfinite(value)), default=math.nan)


def compare_runs(curves: Mapping[str, Curve], n_val: int | None) -> RunsCompared | None:
    """Say whether the second of two runs is better than the first beyond the noise, or which of several is best.

    Parameters
    ----------
    curves : mapping of str to Curve
        The runs by name, in their order. Names that differ by the number of a seed alone are one variant.
    n_val : int or None
        Validation rows, from which the noise of a loss is.

    Returns
    -------
    RunsCompared or None
        None where fewer than two have a validation loss.

    Examples
    --------
    >>> before = Curve({"step": [1, 2], "train_loss": [0.9, 0.4], "val_loss": [1.0, 0.9]})
    >>> after = Curve({"step": [1, 2], "train_loss": [0.9, 0.5], "val_loss": [0.9, 0.6]})
    >>> compared = compare_runs({"before": before, "after": after}, 1000)
    >>> compared.question, compared.answer
    ('Did the change help?', 'Yes')
    >>> print(compared.sentence.partition(", a diff")[0])
    The lowest validation loss is 0.6 in “after” and 0.9 in “before”
    """
    ends = {name: lowest(curve) for name, curve in curves.items() if math.isfinite(lowest(curve))}
    if len(ends) < 2:
        return None
    variants = by_seed(ends)
    if variants:
        return _paired(*variants, ends)
    if len(ends) == 2:
        return _two(ends, curves, n_val)
    best = min(ends, key=ends.__getitem__)
    sentence = (
        f"Of {len(ends)} runs “{best}” is best: its lowest validation loss is {ends[best]:.3g}. The lowest of the "
        f"others go up to {max(ends.values()):.3g}; over the runs their standard deviation is "
        f"{statistics.stdev(ends.values()):.2g}."
    )
    return RunsCompared("", "", sentence, ends)


def by_seed(ends: Mapping[str, float]) -> tuple[str, str, list[float], list[float]] | None:
    """Return two variants and their values by seed, if the names of the runs are those of two with the same seeds.

    Examples
    --------
    >>> by_seed({"base seed 0": 1.0, "base seed 1": 2.0, "drop seed 0": 3.0, "drop seed 1": 4.0})
    ('base', 'drop', [1.0, 2.0], [3.0, 4.0])
    >>> by_seed({"run 1": 1.0, "run 2": 2.0}) is None
    True
    """
    groups: dict[str, dict[str, float]] = {}
    for name, value in ends.items():
        plain = EXTENSION.sub("", name)
        match = SEED.search(plain)
        if not match or not plain[: match.start()]:
            return None
        groups.setdefault(plain[: match.start()], {})[match[1]] = value
    if len(groups) != 2:
        return None
    (first, before), (second, after) = groups.items()
    if len(before) < 2 or before.keys() != after.keys():
        return None
    return first, second, list(before.values()), [after[seed] for seed in before]


def _paired(
    first: str, second: str, before: Sequence[float], after: Sequence[float], ends: dict[str, float]
) -> RunsCompared:
    """Compare two variants, paired by seed."""
    differences = [b - a for a, b in zip(before, after, strict=True)]
    n, mean = len(differences), statistics.fmean(differences)
    half = t_975(n) * statistics.stdev(differences) / math.sqrt(n)
    fell = mean < 0
    sure = abs(mean) > half
    answer = UNCLEAR if not sure else HELPED if fell else HARMED
    count = sum((d < 0) == fell and d != 0 for d in differences)
    way = ("fell" if fell else "rose") if sure else "is not told apart by the seeds"
    sentence = (
        f"The lowest validation loss {way}: {statistics.fmean(before):.3g} in “{first}” and "
        f"{statistics.fmean(after):.3g} in “{second}”, {'lower' if fell else 'higher'} in {count} of {n} seeds (paired "
        f"difference {mean:+.2g} ± {half:.2g}, 95 % interval)."
    )
    return RunsCompared(f"Did the change from “{first}” to “{second}” help?", answer, sentence, ends)


def _two(ends: dict[str, float], curves: Mapping[str, Curve], n_val: int | None) -> RunsCompared:
    """Compare a run with the one before it."""
    question = "Did the change help?"
    (first, before), (second, after) = ends.items()
    alike = _alike(curves[first], curves[second])
    levels = f"The lowest validation loss is {after:.3g} in “{second}” and {before:.3g} in “{first}”"
    one_each = "It is one run of each: another seed may say otherwise."
    if n_val is None:
        ask = "Say the validation rows (n_val): they tell how large the noise of these losses is."
        return RunsCompared(question, f"{UNCLEAR} yet", f"{levels}{alike}. {ask} {one_each}", ends)
    noise = math.hypot(*(_noise(curves[name], n_val) for name in (first, second)))
    apart = f"a difference of {abs(after - before):.2g}"
    if not math.isfinite(noise):
        return RunsCompared(question, UNCLEAR, f"{levels}, {apart}{alike}. {one_each}", ends)
    sure = abs(after - before) > SURE * noise
    answer = UNCLEAR if not sure else HELPED if after < before else HARMED
    where = f"{'beyond' if sure else 'within'} {SURE * noise:.2g}, twice a rough guess of its noise"
    return RunsCompared(question, answer, f"{levels}, {apart}, {where}{alike}. {one_each}", ends)


def _noise(curve: Curve, n_val: int) -> float:
    """Return a guess of the noise of a run's lowest validation loss; nan where that is below 0."""
    value = lowest(curve)
    right = strategy.shares_right(curve)[curve["val_loss"].index(value)]
    return strategy.standard_error(value, n_val, accuracy=right) if value >= 0 else math.nan


def _alike(first: Curve, second: Curve) -> str:
    """Say at how many of the evaluations that both runs have the second was the lower one; nothing for few."""
    if first.unit != second.unit:
        return ""
    there = dict(zip(first.done, first["val_loss"], strict=True))
    both = [(there[at], value) for at, value in zip(second.done, second["val_loss"], strict=True) if at in there]
    both = [(a, b) for a, b in both if math.isfinite(a) and math.isfinite(b)]
    if len(both) < ALIKE:
        return ""
    return f"; evaluation by evaluation it is the lower one {sum(b < a for a, b in both)} of {len(both)} times"
