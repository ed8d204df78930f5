"""The name of what a run shows: from its losses at the end, and its curve where there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reglab.engine.run import Run
from reglab.settings import Settings
from reglab.strategy.accuracies import PERCENT, _may_be_accuracies, _may_be_percentages, _name_of_accuracies
from reglab.strategy.apart import _name_of_turn, _sentence
from reglab.strategy.log import _Log
from reglab.strategy.of_run import _as_curve
from reglab.strategy.reading import NOISE_UNTOLD, _read_curve, _read_log
from reglab.strategy.scale import NO_ENTROPY, _plain
from reglab.strategy.training_mode import _mode_sentences
from reglab.summary import Summary

__all__ = [
    "DIAGNOSES",
    "FEW_CLASSES",
    "GUESSING",
    "LEARNS",
    "NOISY",
    "OVERFIT",
    "RAW",
    "STRONG",
    "STRONG_OF_WORDS",
    "Diagnosis",
    "diagnose",
]

DIAGNOSES = (
    "diverging",
    "underfit",
    "too noisy",
    "good",
    "validation below train",
    "compute-limited",
    "mild overfit",
    "strong overfit",
    "severe overfit",
)
OVERFIT = ("mild overfit", "strong overfit", "severe overfit", "compute-limited")
STRONG = 0.18  # of a constant guess's loss, the gap above which an overfit is a strong one
FEW_CLASSES = (2, 3, 4, 5, 10)  # whose guesses are known by their loss where the classes were not told
STRONG_OF_WORDS = 0.25  # the same of a language model, of the lowest loss that it reached
LEARNS = 0.3  # of the first validation loss: what lost more of it, and still falls, is no underfit
# Of a first loss in raw units, which has the square of the targets' mean in it: 0.6 of their variance where that is a
# quarter of it, as of house values; of most targets it is less.
RAW = 0.15
GUESSING = 0.6  # a first loss above this may be a guess among two classes or more (ln 2 = .69)
SURE_FROM = 3  # evaluations: two are a difference and no curve
NOISY = 0.18  # of the validation loss, its standard error: fewer than about 45 rows


@dataclass(frozen=True)
class Diagnosis:
    """What a run's losses say.

    Attributes
    ----------
    name : str
        One of `DIAGNOSES`.
    confidence : "high", "medium" or "low"
    why : tuple of str
        One sentence each: what the name and the confidence rest on.
    gap : float
        Validation minus training loss at the end; NaN where what was told are accuracies, or losses on other scales.
    best_step : float or None
        Where the validation loss was lowest, as the curve counts; None without a curve.
    unchecked : tuple of str
        What could not be checked with what was told, one sentence each; never empty.
    """

    name: str
    confidence: str
    why: tuple[str, ...]
    gap: float
    best_step: float | None
    unchecked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self._summary().as_text()

    def _repr_html_(self) -> str:
        return self._summary().as_html()

    def _summary(self) -> Summary:
        rows = [] if math.isnan(self.gap) else [("gap", _plain(self.gap))]
        rows += [] if self.best_step is None else [("best step", _plain(self.best_step))]
        return Summary(f"Diagnosis: {self.name}, confidence {self.confidence}", rows, (*self.why, *self.unchecked))


def _name(log: _Log) -> tuple[str, str]:
    """Return the diagnosis, and the sentence it rests on."""
    if log.accuracies:
        return _name_of_accuracies(log)
    if not (math.isfinite(log.train) and math.isfinite(log.val)):
        if log.val_broken:
            return "diverging", (
                "The validation loss is not finite while the training loss is, and fell: look at the validation rows, "
                "or at how their loss is computed."
            )
        return "diverging", "The loss is not finite."
    if log.apart:
        return ("diverging", _rising(log)) if log.rises else _name_of_turn(log)
    for rule in (_diverging, _too_noisy, _early, _underfit, _below_train, _severe, _compute_limited, _good):
        if sentence := rule(log):
            return NAMES[rule.__name__], sentence
    return _strong_or_mild(log)


def _noise(log: _Log) -> str:
    """Say how large the noise of the validation loss is guessed to be, which its rows' losses alone would tell."""
    unequal = "several times that where few rows have most of the loss"
    return f"the validation loss's noise (roughly {_plain(log.error)}; {unequal})"


def _rising(log: _Log) -> str:
    """Say that both losses rise from the start, where they do: no training loss of a run that learns does."""
    return "Both losses rise from the first evaluation on, where they are lowest." if log.rises else ""


def _diverging(log: _Log) -> str:
    """Say whether the training loss rose and stayed high: one that ends near its lowest does not diverge."""
    T, L0 = log.train, log.constant
    if sentence := _rising(log):
        return sentence
    if log.scale == "unknown" and log.low is None:
        return ""
    if log.low is not None and log.end is not None and not log.settled:
        if log.peak > 3 * L0 and max(T, log.val) >= L0:
            return (
                f"The training loss rose to {_plain(log.peak)}, {log.peak / L0:.2g} times {log.guess}, and the run did "
                f"not recover: it ended at {_plain(T)}, with a validation loss of {_plain(log.val)}."
            )
        if log.end > max(1.3 * log.low, log.low + 0.25 * L0):
            return f"The training loss rose from its lowest, {_plain(log.low)}, to {_plain(log.end)}, and stayed there."
    if log.scale != "reached" and T > 1.5 * L0 and not (log.settled and log.fell > 0.1):
        return f"The training loss, {_plain(T)}, is above 1.5 times {log.guess}, {_plain(L0)}."
    return ""


def _too_noisy(log: _Log) -> str:
    """Say whether so few validation rows cannot tell a gap from none."""
    noisy = log.error > NOISY * log.val
    if (
        noisy
        and not log.no_signal
        and abs(log.gap) < 3 * log.error
        and log.cost < 3 * log.error
        and log.train < 0.9 * log.constant
    ):
        return f"The gap, {_plain(log.gap)}, drowns in {_noise(log)}."
    return ""


def _early(log: _Log) -> str:
    """Say whether there are too few evaluations for a verdict: the validation loss still falls steeply."""
    if log.early and log.gap < 0.25 * log.constant:
        return (
            f"Of {log.evaluations} evaluations the last is the lowest: the validation loss, {_plain(log.val)}, still "
            f"fell by {100 * log.last_fell:.0f} %."
        )
    return ""


def _underfit(log: _Log) -> str:
    """Say whether the training set was not learnt."""
    T, L0 = log.train, log.constant
    near = log.gap < 0.15 * L0 and log.gap > -2 * log.error
    if log.no_signal and T > 0.6 * L0:
        return log.no_signal
    if log.scale in ("told", "assumed"):
        if T > 0.6 * L0 and near and (log.rise < 1.1 or T > 0.9 * L0):
            return f"The training loss, {_plain(T)}, is above 0.6 of {log.guess}, {_plain(L0)}, and the gap is small."
    elif log.scale == "curve" and near and not log.pretrained and (log.n_classes is None or log.below_zero):
        for n_classes in FEW_CLASSES:
            guess = math.log(n_classes)
            stayed = log.best_val is not None and log.best_val > 0.96 * guess
            if stayed and max(abs(T / guess - 1), abs(log.val / guess - 1)) < 0.04:
                return f"Both losses stay at {_plain(T)}, which guessing evenly among {n_classes} classes costs."
        # A first loss that no guess among classes costs is of a run that had learnt something, or of raw targets, whose
        # first loss has the square of their mean in it.
        raw = log.first > NO_ENTROPY
        learns = log.val_fell > LEARNS and _still_falls(log)
        high = (0.97 if L0 < GUESSING else RAW if raw else 0.6) * log.first
        if (
            high < T
            and not learns
            and not (raw and log.gap > 0.25 * log.val)
            and (log.rise < 1.1 or 0.9 * log.first < T)
        ):
            first = f"the curve's first, {_plain(log.first)}"
            return f"The training loss, {_plain(T)}, is still above {100 * high / log.first:.0f} % of {first}."
    elif log.scale == "reached" and near and not log.pretrained and min(log.fell, log.val_fell) < 0.03:
        return f"The losses, {_plain(T)} and {_plain(log.val)}, hardly fell from the curve's first."
    return ""


def _below_train(log: _Log) -> str:
    """Say whether the validation loss lies below the training loss by more than its noise, and did not rise."""
    if log.gap < -max(2 * log.error, 0.02 * log.constant) and log.rise < 1.2:
        below = f"The validation loss is {_plain(-log.gap)} below the training loss"
        return f"{below}, more than {_noise(log)}."
    return ""


def _severe(log: _Log) -> str:
    """Say whether what was learnt by heart costs much."""
    V, L0, gap, rise = log.val, log.constant, log.gap, log.rise
    if log.scale != "unknown":
        if gap > L0:
            return f"The gap, {_plain(gap)}, is larger than {log.guess}, {_plain(L0)}."
        if V > L0 and gap > 0.25 * L0 and rise > 1.3:
            above = f"The validation loss, {_plain(V)}, is above {log.guess}, {_plain(L0)}"
            return f"{above}, and rose to {rise:.2g} times its lowest."
    if rise > 1.8 and log.cost > 0.05 * L0:
        return f"The validation loss rose to {rise:.2g} times its lowest."
    return ""


def _still_falls(log: _Log) -> bool:
    """Tell whether the validation loss was lowest late, and still fell."""
    late = log.best_step is not None and log.steps is not None and log.best_step > 0.6 * log.steps
    return late and log.fall > 0.025 * log.constant


def _compute_limited(log: _Log) -> str:
    """Say whether the run ended while it was still getting better."""
    L0 = log.constant
    if _still_falls(log) and log.train > 0.02 * L0 and log.gap < 0.25 * L0:
        return (
            f"The validation loss still fell by {_plain(log.fall)} over the last 30 % of the run, and the training "
            f"loss, {_plain(log.train)}, has room to fall."
        )
    return ""


def _good(log: _Log) -> str:
    """Say whether the gap is within the noise, or costs next to nothing; what never beat a guess is never good."""
    L0, gap = log.constant, log.gap
    if log.scale == "told" and min(log.val, log.best_val or math.inf) > 0.97 * L0:
        return ""
    if log.rise < 1.2 and abs(gap) <= 2 * log.error:
        return f"The gap, {_plain(gap)}, is within {_noise(log)}."
    little = 0.03 * L0
    if log.cost < little and abs(gap) < little and log.train > 0.25 * log.val:
        return f"The gap, {_plain(gap)}, is below 3 % of {log.guess}, {_plain(L0)}."
    return ""


def _strong_or_mild(log: _Log) -> tuple[str, str]:
    """Return how much an overfit costs: strong is a gap, or a rise of the validation loss, that costs something."""
    L0, gap, rise = log.constant, log.gap, log.rise
    rose = f"; the validation loss rose to {_plain(rise)} times its lowest" if rise > 1.01 else ""
    strong = STRONG_OF_WORDS if log.scale == "reached" else STRONG
    if gap <= strong * L0 and rise > 1.2 and log.cost > 0.02 * L0:
        below = "is above the validation loss" if gap < 0 else f"is {_plain(gap)} below it"
        return "strong overfit", (
            f"The validation loss rose to {_plain(rise)} times its lowest; the training loss, {_plain(log.train)}, "
            f"{below}."
        )
    if gap > strong * L0:
        return (
            "strong overfit",
            f"The gap, {_plain(gap)}, is {100 * gap / L0:.0f} % of {log.guess}, {_plain(L0)}{rose}.",
        )
    return (
        "mild overfit",
        f"The gap, {_plain(gap)}, is larger than {_noise(log)}, and at most "
        f"{100 * strong:.0f} % of {log.guess}, {_plain(L0)}{rose}.",
    )


NAMES = {
    "_diverging": "diverging",
    "_too_noisy": "too noisy",
    "_underfit": "underfit",
    "_below_train": "validation below train",
    "_severe": "severe overfit",
    "_compute_limited": "compute-limited",
    "_early": "compute-limited",
    "_good": "good",
}


def _unchecked(log: _Log) -> tuple[str, ...]:
    """Return what could not be checked with what was told, one sentence each."""
    unchecked = []
    if log.apart:
        unchecked.append("How far the losses are apart: they are on other scales.")
    if log.accuracies:
        unchecked.append("What the mistakes cost, and how sure they were: that takes the losses.")
        if math.isnan(log.train):
            unchecked.append("How large the gap is: the training accuracy was not told.")
    elif log.early or (0 < log.evaluations < SURE_FROM and math.isfinite(log.train) and math.isfinite(log.val)):
        unchecked.append(f"How the run goes on: with {log.evaluations} evaluations it is too early to say.")
    elif log.best_step is None:
        unchecked.append("Whether and when the validation loss turned: that takes the curve.")
    if log.n_val is None:
        unchecked.append("How noisy the validation loss is: the validation rows (n_val) were not told.")
    if log.scale in ("curve", "unknown", "reached", "assumed") and not log.accuracies:
        unchecked.append("Whether the run is better than a constant guess: its loss was not told.")
    if log.training_mode is None and not log.accuracies:
        unchecked.append(
            "Whether the training loss is a clean one: taken in evaluation mode, on hard labels, no penalty."
        )
    unchecked.append("Whether another seed would say the same: it is one run." if log.runs == 1 else "")
    unchecked.append(
        "Whether the same rows stand in both sets, which lowers the validation loss: losses do not show it."
    )
    return tuple(sentence for sentence in unchecked if sentence)


def _causes(log: _Log, name: str) -> tuple[str, ...]:
    """Return possible causes, each only with what speaks for it."""
    if name == "validation below train" and log.training_mode is not True:
        easier = "rows that stand in both sets, or validation rows that are easier"
        if log.training_mode is False:
            return (f"The training loss was taken in evaluation mode: possible causes are {easier}.",)
        if log.blurred:
            return ()  # which is the cause that is seen
        return (
            "Look first whether the training loss was taken in training mode, with dropout or augmentation on, or as a "
            f"mean over the epoch; only else are {easier} possible: a leak.",
        )
    if name in ("strong overfit", "severe overfit") and log.accuracy_lost:
        return (
            f"The validation accuracy fell by {_plain(log.accuracy_lost)} points from its best while the training rows "
            "were learnt, which clean labels hardly do: wrong labels are a possible cause.",
        )
    return ()


def _diagnose(log: _Log) -> Diagnosis:
    name, why = _name(log)
    sentences = [why]
    if log.apart:
        sentences.append(_sentence(log))
    doubts = log.doubts + bool(log.apart) + 2 * (0 < log.evaluations < SURE_FROM)
    unchecked = _unchecked(log)
    if name == "diverging":
        finite = math.isfinite(log.train) and math.isfinite(log.val)
        if log.val_broken:
            return Diagnosis(name, "low", (*sentences, *log.said), log.gap, log.best_count, unchecked)
        sure = "high" if not finite or log.scale == "told" else "medium"
        if finite and log.classes and max(log.train, log.val) <= 100 and min(log.train, log.val) >= PERCENT:
            sure = "low"
            sentences.append("If these are accuracies in percent, it does not diverge: give the losses.")
        elif finite and log.evaluations == 0 and _may_be_percentages(log):
            sure = "low"
            sentences.append("If these are accuracies or error rates in percent, it does not diverge: give the losses.")
        guessed = [sentence for sentence in log.guessed if sentence != NOISE_UNTOLD]  # no noise is judged here
        return Diagnosis(name, sure, (*sentences, *log.said, *guessed), log.gap, log.best_count, unchecked)
    if log.accuracies:
        doubts += 2
        sentences.append("Accuracies tell less than losses: how far apart they are, and not what the mistakes cost.")
    else:
        more, of_mode = _mode_sentences(log, name)
        doubts += more
        sentences += of_mode
    doubts += 2 * log.early
    if name in OVERFIT[:3] and log.gap < 0 and not log.accuracies:
        doubts += 1
        sentences.append(
            "A training loss above the validation loss is no sign of an overfit: look how it was measured."
        )
    doubts += name == "validation below train" and not log.training_mode
    sentences += _causes(log, name)
    if log.no_signal and log.no_signal != why:
        doubts += 1
        sentences.append(log.no_signal)
    if not log.accuracies and _may_be_accuracies(log):
        sentences.append("If these are accuracies, give the losses.")
    elif _may_be_percentages(log):
        doubts += 1
        sentences.append("If these are error rates in percent, give the losses.")
    if log.val == 0:
        doubts += 2
        sentences.append(
            "A validation loss of exactly 0 is rare: look whether it was written at all, and whether validation rows "
            "are among the training rows."
        )
    if name == "good" and log.scale in ("curve", "unknown", "reached"):
        doubts += 1
        sentences.append("Whether it is better than a constant guess could not be checked.")
    if log.best_step is None and not log.accuracies:
        doubts += 1
        sentences.append(
            "Without the curve the gap mixes overfitting with how long the run lasted; with it the advice is stronger."
        )
    if log.n_val is not None and log.error > 0.15 * log.val and not log.accuracies:
        doubts += 1
        sentences.append(f"With {log.n_val} validation rows the loss is uncertain by roughly {_plain(log.error)}.")
    if log.n_val is None or log.guessed:
        doubts += 1
        sentences.extend(log.guessed)
    confidence = ("high", "medium", "low")[min(doubts, 2)]
    gap = math.nan if log.accuracies or log.apart else log.gap
    return Diagnosis(name, confidence, (*sentences, *log.said), gap, log.best_count, unchecked)


def diagnose(
    curve: Run | Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]],
    *,
    setting: int = 0,
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    training_mode_loss: bool | None = None,
    class_shares: Sequence[float] | None = None,
    target_variance: float | None = None,
    current: Settings | None = None,
    architecture: str = "dense",
    pretrained: str | None = None,
) -> Diagnosis:
    """Name what a run's curve shows.

    Parameters
    ----------
    curve : Curve, Run, mapping of str to sequence, or sequence of mappings
        Columns "step", "train_loss" and "val_loss", and "train_accuracy" and "val_accuracy" where they are known, by
        rising step; at most 100000 rows. Accuracies alone tell a gap and a turn, and not what the mistakes cost.
        `reglab.curves` makes it from a log. Of a `Run`, which is read as the mean of its seeds, all else is known: it
        cannot be told otherwise, but for what says the scale (`constant_loss`, `class_shares`, `target_variance`). A
        `Curve` says what "step" counts; without that it counts steps. Losses are clean: evaluation mode, hard labels,
        no penalty. A loss that ends in nan or inf diverged; losses below 0 are read as their distance from the least.
    setting : int
        Which setting of a `Run` is read, counted from 0.
    n_classes : int, optional
    constant_loss : float, optional
        The loss of the best constant guess; by default ln(n_classes), else the larger of the curve's first losses.
    n_val : int, optional
        Validation rows, for the noise of the validation loss.
    training_mode_loss : bool or None
        Whether the training loss was measured in training mode; None where that is not known.
    class_shares : sequence of float, optional
        How large each class is, as shares, percentages or counts: a constant guess of unequal classes has a lower loss.
    target_variance : float, optional
        Of regression's target, in the units of the loss: what a constant guess has as its mean squared error.
    current : Settings, optional
        The regularization that the run had: it says what a training loss in training mode has in it.
    architecture : "dense", "conv", "transformer" or "language model"
        The losses of a language model are judged by the lowest that they reach, and not by guessing among all words.
    pretrained : "full" or "lora", optional
        Whether the run started from pretrained weights: then its first loss is no guess.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If the curve or an argument is not as above.

    Examples
    --------
    >>> curve = {"step": [100, 200, 400, 800], "train_loss": [0.9, 0.4, 0.1, 0.01], "val_loss": [1.0, 0.8, 0.9, 1.7]}
    >>> diagnosis = diagnose(curve, n_classes=10, n_val=200)
    >>> diagnosis.name, diagnosis.best_step
    ('severe overfit', 200.0)
    """
    if curve is None:
        _read_curve(curve)  # which refuses it
    given = {
        "n_classes": n_classes,
        "constant_loss": constant_loss,
        "n_val": n_val,
        "training_mode_loss": training_mode_loss,
        "class_shares": class_shares,
        "target_variance": target_variance,
        "current": current,
        "architecture": architecture,
        "pretrained": pretrained,
    }
    columns, known, which = _as_curve(curve, setting, given, {"architecture": "dense"})
    diagnosis = _diagnose(_read_log(None, None, columns, **known))
    return replace(diagnosis, why=(*diagnosis.why, *which))
