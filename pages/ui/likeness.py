"""How far the run that a proof trains is like the person's: whether it overfits as much. Plain functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reglab import strategy
from reglab.datasets import Dataset
from reglab.engine.evaluate import constant_loss
from reglab.engine.run import Run

TWICE = 2.0  # a gap from half to twice the other is taken as alike
RANKS = {"mild overfit": 1, "compute-limited": 1, "strong overfit": 2, "severe overfit": 3}


@dataclass(frozen=True)
class Overfit:
    """How much a run overfits: its diagnosis, and its last gap in losses of a constant guess, nan where not known."""

    diagnosis: str
    gap: float


def of_losses(diagnosis: str, train: float | None, val: float | None, constant: float | None) -> Overfit:
    """Return how much a person's run overfits.

    >>> of_losses("strong overfit", 0.1, 1.3, 2.4)
    Overfit(diagnosis='strong overfit', gap=0.5)
    """
    if train is None or val is None or not constant:
        return Overfit(diagnosis, math.nan)
    return Overfit(diagnosis, (val - train) / constant)


def of_baseline(run: Run, data: Dataset, n_val: int) -> Overfit:
    """Return how much the first settings of a run overfit, by the mean of its seeds."""
    curve = strategy.curve_of(run)
    constant = constant_loss(data)
    diagnosis = strategy.diagnose(curve, n_classes=data.n_classes, constant_loss=constant, n_val=n_val)
    return Overfit(diagnosis.name, (curve["val_loss"][-1] - curve["train_loss"][-1]) / constant)


def sentence(theirs: Overfit, here: Overfit, whose: str) -> str:
    """Say how far a proof's baseline is like a person's run.

    whose: what the sentence calls the person's run.

    >>> print(sentence(Overfit("strong overfit", 0.5), Overfit("mild overfit", 0.125), "your run"))
    How like your run this is: your run shows a strong overfit, with a gap of 50 % of a constant guess's loss, and the \
baseline here a mild overfit, with a gap of 12 %. It overfits less than your run: the settings have less to gain here.
    """
    shares = math.isfinite(theirs.gap) and math.isfinite(here.gap)
    parts = [_named(theirs.diagnosis), _named(here.diagnosis)]
    if shares:
        parts[0] += f", with a gap of {100 * theirs.gap:.0f} % of a constant guess's loss,"
        parts[1] += f", with a gap of {100 * here.gap:.0f} %"
    said = f"How like {whose} this is: {whose} shows {parts[0]} and the baseline here {parts[1]}."
    return f"{said} {_so(_side(theirs, here, shares), whose)}"


def _named(diagnosis: str) -> str:
    """Return a diagnosis as what a run shows."""
    return f"a {diagnosis}" if diagnosis.endswith("overfit") else f"“{diagnosis}”"


def _side(theirs: Overfit, here: Overfit, shares: bool) -> int:
    """Return whether the baseline overfits less (-1), as much (0) or more (1) than the person's run."""
    if shares and max(theirs.gap, here.gap) > 0:
        low, high = theirs.gap / TWICE, theirs.gap * TWICE
        return -1 if here.gap < min(low, high) else 1 if here.gap > max(low, high) else 0
    ranks = [RANKS.get(run.diagnosis, 0) for run in (theirs, here)]
    return (ranks[1] > ranks[0]) - (ranks[1] < ranks[0])


def _so(side: int, whose: str) -> str:
    """Say what follows for what the settings gain."""
    if side < 0:
        return f"It overfits less than {whose}: the settings have less to gain here."
    if side > 0:
        return f"It overfits more than {whose}: the settings have more to gain here."
    return f"In how much it overfits it is like {whose}."
