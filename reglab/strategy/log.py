"""A run's losses as the rules read them: how they ended, how they got there, and in which units."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from reglab.strategy.noise import _standard_error

__all__ = ["ALWAYS", "FEW", "NEAR", "STEEP"]

NEAR = 1.1  # times the lowest loss is as good as the lowest
FEW = 3  # evaluations that are too few for a verdict where the validation loss still falls steeply
STEEP = 0.1  # of the validation loss that went in the last evaluation
ALWAYS = 5  # evaluations below which nothing is said to be so always


@dataclass(frozen=True)
class _Log:
    """A run's losses, checked, as the rules read them; its times are counted in `unit`, or in optimizer steps."""

    train: float  # T, clean training loss at the end
    val: float  # V
    constant: float  # L0, loss of the best constant guess
    n_val: int | None
    steps: float | None  # how long the run was
    scale: str = "told"  # who says L0: "told", "curve" (its first losses), "reached", "assumed" or "unknown"
    guess: str = "a constant guess's loss"  # what L0 is
    unit: str = "step"
    certain: bool = False  # that a step is the optimizer's
    by_ones: bool = False  # the count rises by 1 from row to row
    in_steps: bool = True  # the times below, and steps, are optimizer steps
    best_count: float | None = None  # where the validation loss was lowest, as the curve counts
    best_step: float | None = None  # where the validation loss was lowest
    best_range: tuple[float, float] | None = None  # the steps at which it was within 10 % of that, or over the runs
    turn: float | None = None  # the middle of those steps, on a log scale
    best_val: float | None = None  # V*
    known: float | None = None  # share of V* by which the training loss lay below it there
    fall: float = 0.0  # by how much the validation loss fell over the last 30 % of the steps
    peak: float = 0.0  # highest training loss that comes after a lower one: a high first loss is no rise
    n_classes: int | None = None
    low: float | None = None  # lowest training loss, and that at the end: of medians of three
    end: float | None = None
    cost: float = 0.0  # by how much the validation loss rose from its lowest, of medians of three
    rose: float | None = None  # and to how many times its lowest
    fell: float = 0.0  # share of the first training loss that is gone at the end
    val_fell: float = 0.0  # share of the first validation loss that is gone at its lowest
    accuracy_lost: float = 0.0  # points by which the validation accuracy fell from its best, where that is much
    rows: int = 0  # of the curve
    frozen: float | None = None  # the one validation accuracy of all evaluations, where the training rows have it too
    first: float = 0.0  # the curve's first loss, where it says the scale
    accuracies: bool = False  # train and val are accuracies, as shares; best_val the highest, cost what was lost
    read_as: str = "losses"  # or "accuracies" or "error rates": what the losses that were told are
    guess_right: float | None = None  # accuracy of the best constant guess
    training_mode: bool | None = None  # None where it was not told
    blurred: tuple[str, ...] = ()  # what the run had on in training alone
    pretrained: bool = False
    below_zero: bool = False  # the losses were below 0, and are read as their distance from the least
    runs: int = 1
    guessed: tuple[str, ...] = field(default=())  # sentences on what was not told
    said: tuple[str, ...] = ()  # sentences on how it was read
    asks: tuple[str, ...] = ()  # sentences on what has to be told
    doubts: int = 0
    evaluations: int = 0  # of the curve, with a validation loss
    no_guess: str = ""  # why the curve's first loss is not that of a guess
    last_fell: float = 0.0  # share of the validation loss that went in the last of them
    last_lowest: bool = False  # and the last of them is the lowest
    rises: bool = False  # both losses rise from the start
    apart: float = 0.0  # how many times the training loss the validation loss is, where they are on other scales

    @property
    def classes(self) -> bool:
        """Whether the loss is a cross-entropy."""
        return self.n_classes is not None

    @property
    def gap(self) -> float:
        return self.val - self.train

    @property
    def error(self) -> float:
        """A rough guess of the standard error of the validation loss; its limits were set with no accuracy known."""
        return _standard_error(self.val, self.train, self.constant, self.n_val or 200)

    @property
    def no_signal(self) -> str:
        """Say that a curve never told the classes apart on validation rows; empty where it did."""
        slow = ", or a learning rate that is far off" if self.train > 0.97 * self.constant else ""
        fault = f"no signal, or a fault in data or labels{slow}."
        if self.frozen is not None:
            same = f"The validation accuracy is {self.frozen:.3g} at all {self.rows} evaluations"
            return f"{same}, as where one class is guessed always: {fault}"
        low = self.best_val
        if self.accuracies or self.scale != "told" or self.rows < ALWAYS or low is None or low < self.constant:
            return ""
        return (
            f"The validation loss, {low:.3g} at its lowest, was never below {self.guess}, {self.constant:.3g}: {fault}"
        )

    @property
    def rise(self) -> float:
        """The validation loss at the end over its lowest; without a curve, over a constant guess's that it is above."""
        if self.rose is not None:
            return self.rose
        return max(self.val / self.constant, 1.0) if self.scale == "told" and self.best_step is None else 1.0

    @property
    def val_broken(self) -> bool:
        """Whether the validation loss alone is not finite: the training loss is, and fell."""
        return math.isfinite(self.train) and not math.isfinite(self.val) and self.fell > 0

    @property
    def few(self) -> bool:
        """Whether a few evaluations end in a validation loss that still falls: no turn has been seen."""
        ended = math.isfinite(self.train) and math.isfinite(self.val)
        return ended and self.evaluations <= FEW and self.last_fell > 0 and self.last_lowest

    @property
    def early(self) -> bool:
        """Whether a few evaluations end in a validation loss that still falls steeply."""
        return self.few and self.last_fell > STEEP

    @property
    def settled(self) -> bool:
        """Whether the training loss ends near its lowest."""
        return self.low is None or self.end is None or self.end <= NEAR * self.low
