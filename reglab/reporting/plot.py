"""What a picture of a curve shows, before anything is drawn: its lines on two axes, and the best evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reglab.logs import Curve
from reglab.strategy import Advice

__all__ = ["LOG_FROM", "Plot", "as_read", "number", "plot_of", "thinned"]

Points = NDArray[np.float64]  # (points, 2): where in the run, and the loss there

# The highest loss, in losses at the end: from there on the axis is logarithmic, or a high start would flatten the rest.
LOG_FROM = 20.0


@dataclass(frozen=True)
class Plot:
    """Lines on two axes.

    Attributes
    ----------
    lines : dict of str to array of shape (points, 2)
        From the training and the validation role to its finite points.
    what : "loss" or "accuracy"
    unit : str
        What the horizontal axis counts.
    span : (float, float)
        The first and the last row of the curve.
    low, high : float
        The range of the lines.
    log : bool
        Whether the vertical axis is logarithmic.
    best : (float, float) or None
        The best evaluation: where, and its value.
    diverged : float or None
        The row from which a loss is not finite any more.
    """

    lines: Mapping[str, Points]
    what: str
    unit: str
    span: tuple[float, float]
    low: float
    high: float
    log: bool
    best: tuple[float, float] | None
    diverged: float | None

    def across(self, at: Points | float) -> Points:
        """Return how far to the right a place in the run stands, from 0 to 1."""
        first, last = self.span
        return (np.asarray(at, np.float64) - first) / ((last - first) or 1.0)

    def up(self, value: Points | float) -> Points:
        """Return how far up a value stands, from 0 to 1."""
        values: Points = np.asarray(value, np.float64)
        if self.log:
            shares: Points = np.log(values / self.low) / np.log(self.high / self.low)
            return shares
        return (values - self.low) / ((self.high - self.low) or 1.0)

    def at(self, share: float) -> float:
        """Return the value that stands so far up: the inverse of `up`."""
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the picture shows, in words."""
        said = []
        if self.best:
            which = "lowest" if self.what == "loss" else "highest"
            where, value = self.best
            said.append(f"The {which} validation {self.what}, {number(value)}, is at {self.unit} {number(where)}.")
        if self.diverged is not None:
            said.append(f"From {self.unit} {number(self.diverged)} on a loss is not finite, and is not drawn.")
        if self.log:
            said.append(f"The axis of the {self.what} is logarithmic.")
        return tuple(said)


def as_read(curve: Curve, advice: Advice) -> Curve:
    """Return a curve as an advice read it: what the log calls losses, and was read as accuracies, under that name.

    They are shares then; a curve with a value that is none of an accuracy is returned as it is.

    Examples
    --------
    >>> from reglab.strategy import recommend
    >>> curve = Curve({"step": [1, 2, 3], "train_loss": [50, 80, 99], "val_loss": [48, 60, 64]}, unit="epoch")
    >>> as_read(curve, recommend(500, curve=curve, n_classes=10))["val_accuracy"]
    [0.48, 0.6, 0.64]
    """
    losses = {name: curve[name] for name in ("train_loss", "val_loss") if name in curve}
    values = [value for column in losses.values() for value in column]
    if advice.read_as != "accuracies" or not values or not all(0 <= value <= 100 for value in values):
        return curve
    unit = 100.0 if max(values) > 1 else 1.0
    shares = {name.replace("loss", "accuracy"): [value / unit for value in column] for name, column in losses.items()}
    return curve.but({"step": curve["step"], **shares})


def plot_of(curve: Curve) -> Plot | None:
    """Return what the picture of a curve shows: its losses, and of a curve without any its accuracies.

    Examples
    --------
    >>> plot = plot_of(Curve({"step": [1, 2], "train_loss": [0.9, 0.5], "val_loss": [1.0, 1.2]}, unit="epoch"))
    >>> plot.sentences, float(plot.up(0.85))
    (('The lowest validation loss, 1, is at epoch 1.',), 0.5)
    """
    step = np.asarray(curve["step"], np.float64)
    for what in ("loss", "accuracy"):
        lines = {}
        for role in (f"train_{what}", f"val_{what}"):
            values = np.asarray(curve.get(role, ()), np.float64)
            finite = np.isfinite(values)
            if finite.any():
                lines[role] = np.stack([step[finite], values[finite]], axis=1)
        if lines:
            break
    else:
        return None
    values = np.concatenate([points[:, 1] for points in lines.values()])
    low, high = float(values.min()), float(values.max())
    best = None
    if (held := lines.get(f"val_{what}")) is not None:
        at = int(held[:, 1].argmin() if what == "loss" else held[:, 1].argmax())
        best = (float(held[at, 0]), float(held[at, 1]))
    ends = [float(points[-1, 0]) for role, points in lines.items() if points[-1, 0] < step[-1]]
    diverged = float(step[step > min(ends)][0]) if ends and what == "loss" else None
    end = max(float(points[-1, 1]) for points in lines.values())
    log = what == "loss" and low > 0 and high >= LOG_FROM * end
    return Plot(lines, what, curve.unit, (float(step[0]), float(step[-1])), low, high, log, best, diverged)


def thinned(points: Points, most: int) -> Points:
    """Return at most so many points of a line, four or more: the lowest and highest of each stretch."""
    if len(points) <= most:
        return points
    places = {0, len(points) - 1}
    for part in np.array_split(np.arange(len(points)), most // 2 - 1):
        places |= {int(part[points[part, 1].argmin()]), int(part[points[part, 1].argmax()])}
    return points[sorted(places)]


def number(value: float) -> str:
    """Return a number as people read it: three digits, or all before the point.

    Examples
    --------
    >>> number(0.84123), number(12345.0), number(157.0), number(1e-9)
    ('0.841', '12,345', '157', '1e-09')
    """
    if abs(value) < 1e9 and (float(value).is_integer() or abs(value) >= 999.5):
        return f"{value:,.0f}"
    return f"{value:.3g}"
