"""How uncertain a validation loss is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reglab import checks
from reglab.settings import check_number, check_whole

__all__ = ["shares_right", "standard_error"]


SPREAD = 1.2  # of the losses of single rows, as a multiple of their mean: at least


def _standard_error(val: float, train: float, constant: float, n_val: int, accuracy: float | None = None) -> float:
    # Nearly all of the loss sits on the rows that are wrong: were it all there, in equal parts, the spread would be the
    # root of right over wrong. A validation loss near 0 by chance is no surer.
    spread = SPREAD
    if accuracy is not None:
        wrong = max(1 - accuracy, 1 / n_val)
        spread = max(SPREAD, math.sqrt((1 - wrong) / wrong))
    return spread * max(val, min(train, constant)) / math.sqrt(n_val)


def standard_error(
    val_loss: float,
    n_val: int,
    *,
    train_loss: float = 0.0,
    constant_loss: float | None = None,
    accuracy: float | None = None,
) -> float:
    """Guess the standard error of a validation loss roughly.

    The losses of the single rows alone would tell it. On runs of digits, breast_cancer and moons these spread by 0.7 to
    5.4 times their mean, the more the fewer rows are wrong; the root of right over wrong rows came within a factor of
    2.5 of it. Without the accuracy the guess can be several times too small where few rows are wrong. The diagnosis
    holds a gap against that guess all the same, on which its limits were set.

    Parameters
    ----------
    val_loss : float
        The mean loss over the validation rows.
    n_val : int
        Validation rows.
    train_loss : float
        Of the same evaluation: a validation loss below it is taken to be as uncertain as it.
    constant_loss : float, optional
        The loss of the best constant guess, above which that does not go.
    accuracy : float, optional
        Share of the validation rows that are right, from 0 to 1; of a regression there is none.

    Returns
    -------
    float
        In the units of the loss: the loss over the root of `n_val`, times 1.2 or, where the accuracy is known and that
        is more, the root of right over wrong rows.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> round(standard_error(0.5, 400), 3)
    0.03
    >>> round(standard_error(0.5, 400, accuracy=0.9), 3)
    0.075
    """
    val, train = check_number("val_loss", val_loss, 0), check_number("train_loss", train_loss, 0)
    constant = math.inf if constant_loss is None else check_number("constant_loss", constant_loss, 0)
    right = None if accuracy is None else check_number("accuracy", accuracy, 0, 1)
    return _standard_error(val, train, constant, check_whole("n_val", n_val, 1), right)


def shares_right(curve: Mapping[str, Sequence[float]]) -> list[float | None]:
    """Return the share of the validation rows that is right at each row of a curve, None where it is not known.

    Parameters
    ----------
    curve : mapping of str to sequence
        With the column "step"; "val_accuracy", where it has that, in shares or in percent.

    Returns
    -------
    list of float or None
        From 0 to 1; all None where a value is none of an accuracy.

    Raises
    ------
    ValueError
        If the curve is not as above.

    Examples
    --------
    >>> shares_right({"step": [1, 2], "val_accuracy": [50, float("nan")]})
    [0.5, None]
    """
    columns = checks.mapping("curve", curve)
    if "step" not in columns:
        raise ValueError(f"curve must have the column 'step', got {checks.shown(list(columns))}")
    step = checks.numbers("curve['step']", columns["step"], finite=False)
    column = step * math.nan
    if "val_accuracy" in columns:
        column = checks.numbers("curve['val_accuracy']", columns["val_accuracy"], finite=False)
    if column.ndim != 1 or column.shape != step.shape:
        raise ValueError(f"curve must have columns of one length, got {step.shape} and {column.shape}")
    column = column.tolist()
    known = [value for value in column if math.isfinite(value)]
    if not known or min(known) < 0 or max(known) > 100:
        return [None] * len(column)
    whole = 100 if max(known) > 1 else 1
    return [value / whole if math.isfinite(value) else None for value in column]
