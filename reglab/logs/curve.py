"""What a curve is: columns of one length, and what the first of them counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks

__all__ = ["MEANING", "ROLES", "UNITS", "Curve", "CurveError", "done"]

Array = NDArray[np.float64]

ROLES = ("step", "train_loss", "val_loss", "train_accuracy", "val_accuracy")
MEASURES = ("loss", "error")
UNITS = ("step", "epoch", "round", "evaluation", "row")  # what a curve's first column may count
MEANING = {
    "step": "step",
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
}


class CurveError(ValueError):
    """A curve that cannot be read; its text is one sentence for the person who gave it."""


class Curve(dict[str, list[float]]):
    """A mapping of `ROLES` to lists of one length, which knows what its "step" counts.

    Parameters
    ----------
    columns : mapping of str to sequence of float
        "step", rising, as the log writes it; "train_loss", "val_loss" and what else of `ROLES` is known.
    unit : "step", "epoch", "round", "evaluation" or "row"
        What "step" counts: optimizer steps, passes over the training data, rounds of boosting, evaluations, or the
        rows of a log without such a column.
    certain : bool
        Whether a step is sure to be the optimizer's. Else a last step that is less than one pass over the data is read
        as an epoch by `reglab.recommend`.
    counted_from : 0, 1 or None
        What the log writes when one unit is done: Keras writes epoch 0, others epoch 1. None: by the first value.
    measure : "loss" or "error"
        What the losses are: a loss, or the share of the rows that are wrong.
    notes : sequence of str
        What was done to get it, one sentence each.

    Raises
    ------
    ValueError
        If the unit, `counted_from` or the measure is none of these.

    Examples
    --------
    >>> curve = Curve({"step": [0, 1, 2], "train_loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}, unit="epoch")
    >>> curve.unit, curve.done
    ('epoch', [1.0, 2.0, 3.0])
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[float]],
        *,
        unit: str = "step",
        certain: bool = False,
        counted_from: int | None = None,
        measure: str = "loss",
        notes: Sequence[str] = (),
    ) -> None:
        given = checks.mapping("columns", columns).items()
        super().__init__({name: list(checks.several(f"columns[{name!r}]", c, most=checks.ROOM)) for name, c in given})
        checks.one_of("unit", unit, UNITS)
        if counted_from is not None and not (isinstance(counted_from, (int, np.integer)) and counted_from in (0, 1)):
            raise ValueError(f"counted_from must be 0, 1 or None, got {checks.shown(counted_from)}")
        self.unit, self.certain, self.counted_from = unit, checks.flag("certain", certain), counted_from
        self.measure = checks.one_of("measure", measure, MEASURES)
        self.notes = tuple(checks.text("notes", note) for note in checks.several("notes", notes))

    def but(self, columns: Mapping[str, Sequence[float]] | None = None, **changed: Any) -> Curve:
        """Return a curve that counts as this one does, with other columns or other arguments.

        Parameters
        ----------
        columns : mapping of str to sequence of float, optional
            By default those of this curve.
        changed
            As the arguments of `Curve`.

        Raises
        ------
        ValueError
            If an argument is not as `Curve` takes it.

        Examples
        --------
        >>> curve = Curve({"step": [1, 2], "train_loss": [0.9, 0.5], "val_loss": [1.0, 0.7]}, unit="epoch")
        >>> curve.but(notes=("Read.",)).unit
        'epoch'
        """
        names = ("unit", "certain", "counted_from", "measure", "notes")
        return Curve(self if columns is None else columns, **{name: getattr(self, name) for name in names} | changed)

    @property
    def done(self) -> list[float]:
        """How many units were done at each row: what "step" has, and one more where the log counts from 0."""
        units: list[float] = done(self["step"], self.unit, self.counted_from).tolist()
        return units


def done(step: Sequence[float] | Array, unit: str, counted_from: int | None = None) -> Array:
    """Return how many units were done at each value of a column that counts them.

    A column of epochs, rounds, evaluations or rows that is whole and begins with 0 counts from 0; one of steps may
    begin with 0 since it was evaluated before the first of them.

    Parameters
    ----------
    step : array of shape (rows,)
    unit : str
        What is counted: "step", "epoch", ...
    counted_from : int, optional
        What the first unit is called; told from the column by default.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> done([0, 1, 2], "epoch").tolist(), done([0, 100], "step").tolist(), done([0.5, 1.0], "epoch").tolist()
    ([1.0, 2.0, 3.0], [0.0, 100.0], [0.5, 1.0])
    """
    column = checks.numbers("step", step, finite=False).astype(np.float64, copy=False)
    if column.ndim != 1:
        raise ValueError(f"step must have the shape (rows,), got {column.shape}")
    checks.text("unit", unit)
    if counted_from is not None:
        checks.whole("counted_from", counted_from, 0)
    else:
        zero = unit != "step" and len(column) > 0 and column[0] == 0 and not (column % 1).any()
        counted_from = 0 if zero else 1
    return column + (1 - counted_from)
