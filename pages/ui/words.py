"""Sentences that the numbers write: plain functions of measured values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# 97.5 % points of Student's t for 1 to 30 degrees of freedom.
_T = (
    12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What a technique did to one measure, paired by seed."""

    verdict: str  # "better", "worse", "none"
    sentence: str  # Markdown
    before: float
    after: float
    difference: float  # mean of technique - baseline over the seeds
    half_width: float  # of its 95 % interval; infinite for a single seed


def compare(
    baseline: Sequence[float],
    technique: Sequence[float],
    what: str = "validation loss",
    *,
    with_: str = "",
    lower_is_better: bool = True,
    percent: bool = False,
) -> Comparison:
    """Say what the technique did to a measure, from its values per seed without and with it.

    It fell or rose only where the 95 % interval of the paired difference leaves zero out; else the sentence says that
    the seeds' noise covers it. Seeds that diverged, with it or without, are counted and left out of the means.

    >>> found = compare([.40, .36, .38, .37, .39], [.30, .28, .29, .28, .30])
    >>> found.verdict, round(found.before, 3), round(found.after, 3)
    ('better', 0.38, 0.29)
    >>> print(found.sentence.partition(" (")[0])
    Validation loss fell from **0.380** to **0.290**, in **5 of 5** seeds
    """
    if len(baseline) != len(technique) or len(baseline) == 0:
        raise ValueError(f"need as many values with as without, at least one, got {len(technique)} and {len(baseline)}")
    show = _percent if percent else _plain
    opening = f"With {with_}, {what}" if with_ else what[0].upper() + what[1:]
    pairs = [(float(b), float(t)) for b, t in zip(baseline, technique, strict=True)]
    kept = [(b, t) for b, t in pairs if math.isfinite(b) and math.isfinite(t)]
    total = len(pairs)
    lost_without, lost_with = (sum(not math.isfinite(pair[side]) for pair in pairs) for side in (0, 1))
    diverged = f"training diverged in {lost_without} of {total} seeds without it and in {lost_with} of {total} with it"
    if not kept:
        ends = [t for _, t in pairs if math.isfinite(t)]
        after = statistics.fmean(ends) if ends else math.nan
        reached = f", where it ended at **{show(after)}**" if ends else ""
        verdict = "none" if lost_with == lost_without else "better" if lost_with < lost_without else "worse"
        sentence = f"{opening} cannot be compared seed by seed: {diverged}{reached}."
        return Comparison(verdict, sentence, math.nan, after, math.nan, math.inf)

    n = len(kept)
    before, after = statistics.fmean(b for b, _ in kept), statistics.fmean(t for _, t in kept)
    differences = [t - b for b, t in kept]
    difference = statistics.fmean(differences)
    half = math.inf
    if n > 1:
        half = (_T[n - 2] if n - 2 < len(_T) else 1.96) * statistics.stdev(differences) / math.sqrt(n)
    falls, rises = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    count = f"in **{falls if difference < 0 else rises} of {n}** seeds"

    if n == 1:
        certain = difference != 0
        verb, tail = (
            ("fell" if difference < 0 else "rose"),
            "in the one seed that was run: more seeds would tell noise apart",
        )
    else:
        certain = abs(difference) > half
        verb, tail = (
            ("fell" if difference < 0 else "rose"),
            f"{count} (paired difference {_signed(difference, show)} ± {show(half)}, 95 % interval)",
        )
    if difference == 0 and falls == rises == 0:
        sentence = f"{opening} stayed at **{show(before)}**, the same in every seed."
        verdict = "none"
    elif not certain:
        way = "lower" if difference < 0 else "higher"
        sentence = (
            f"{opening} did not change by more than the seeds' noise: **{show(before)}** without, "
            f"**{show(after)}** with it, "
            f"{way} {tail}."
        )
        verdict = "none"
    else:
        sentence = f"{opening} {verb} from **{show(before)}** to **{show(after)}**, {tail}."
        verdict = "better" if (difference < 0) == lower_is_better else "worse"
    if lost_with or lost_without:
        sentence += f" {diverged[0].upper()}{diverged[1:]}; those seeds are left out."
        if lost_with != lost_without and abs(lost_with - lost_without) * 2 >= total:
            verdict = "better" if lost_with < lost_without else "worse"
    return Comparison(verdict, sentence, before, after, difference, half)


def at(name: str, what: str = "") -> str:
    """Return at which strength of a scale something is.

    >>> at("0.1"), at("0.5", "p"), at("off", "p")
    ('at 0.1', 'at p 0.5', 'without it')
    """
    return "without it" if name == "off" else f"at {what} {name}" if what else f"at {name}"


def signed(value: float, digits: int = 3) -> str:
    """Return a number with a true minus sign, and with none before zero.

    >>> signed(-0.5, 1), signed(-0.01, 1)
    ('−0.5', '0.0')
    """
    return f"{value:z.{digits}f}".replace("-", "−")


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as a percentage, a dash where there is none.

    >>> percent(0.951), percent(0.9512, 1), percent(float("nan"))
    ('95 %', '95.1 %', '–')
    """
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f} %"


def _plain(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _percent(value: float) -> str:
    return percent(value, 1)


def _signed(value: float, show: Callable[[float], str]) -> str:
    return ("−" if value < 0 else "+") + show(abs(value))
