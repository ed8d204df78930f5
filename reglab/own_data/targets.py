"""What stands in a target: classes, from labels of any kind, or the numbers of a regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks

__all__ = ["KINDS", "Target", "categories", "column", "missing", "read"]

KINDS = ("classification", "regression")
FEW = 20  # so many different whole numbers are at most taken for classes


@dataclass(frozen=True)
class Target:
    """A target as it is trained on.

    Attributes
    ----------
    values : array of shape (rows,)
        int64 class numbers, or float64 in raw units.
    class_names : tuple of str
        Empty for regression.
    note : str
        What the target was taken for, and how to say otherwise.
    """

    values: NDArray[Any]
    class_names: tuple[str, ...]
    note: str


def column(name: str, y: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a target as an array of shape (rows,) of text, truth values or numbers, and the names of one-hot columns.

    Of categories, such as pandas', the text is returned, and all of them in their order.

    Raises
    ------
    ValueError
        If it is none of these, is not finite, or has columns that are not one-hot.

    Examples
    --------
    >>> column("y", [[0, 1], [1, 0]])
    (array([1, 0]), ('0', '1'))
    """
    order = categories(y)
    if order is not None:
        y = np.array([None if missing(label) else _text(label) for label in y], dtype=object)
    _whole(name, y)
    target = checks.labels(name, y)
    if order is not None:
        return target, order
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    names: tuple[str, ...] = ()
    if target.ndim == 2 and target.size and target.dtype.kind in "biuf" and _one_hot(target):
        names = tuple(str(label) for label in getattr(y, "columns", range(target.shape[1])))
        target = target.argmax(axis=1)
    if target.ndim != 1:
        raise ValueError(f"{name} must have the shape (rows,), or be one-hot, got the shape {target.shape}")
    if target.dtype.kind in "iuf":
        checks.numbers(name, target)
    return target, names


def categories(y: Any) -> tuple[str, ...] | None:
    """Return the categories of a categorical column in their order, as text; None of what is none.

    Examples
    --------
    >>> categories(np.arange(3)) is None
    True
    """
    labels = getattr(getattr(y, "dtype", None), "categories", None)
    return None if labels is None else tuple(map(_text, labels))


def missing(value: Any) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT or NA.

    Examples
    --------
    >>> missing(None), missing(float("nan")), missing("nan")
    (True, True, False)
    """
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _whole(name: str, y: Any) -> None:
    """Raise one sentence where rows have no target."""
    try:
        target = np.asarray(y)
    except Exception:  # what is no array is refused in other words
        return
    if target.ndim != 1 or target.dtype.kind not in "fO":
        return
    gaps = np.isnan(target) if target.dtype.kind == "f" else np.array(list(map(missing, target.tolist())), bool)
    if count := int(gaps.sum()):
        first = f"row {int(gaps.argmax())}{' the first of them' if count > 1 else ''}"
        some = f"none in {count:,} of {len(target):,} rows, {first}"
        raise ValueError(f"{name} must have a target in every row, got {some}: leave them out of x too")


def read(
    y: NDArray[Any],
    names: tuple[str, ...] = (),
    *,
    task: str | None = None,
    n_classes: int | None = None,
    class_names: Sequence[str] | None = None,
    images: bool = False,
    called: str = "y",
) -> Target:
    """Read what `column` returned of a target, of the pool and of the test rows together.

    Text and truth values are classes. Numbers are classes where `task`, `n_classes` or `class_names` says so, or where
    they are whole and at most `FEW` different ones, each twice on average; of images all whole numbers are.

    Raises
    ------
    ValueError
        If the target does not fit what was told.

    Examples
    --------
    >>> read(np.array(["cat", "dog", "cat"])).class_names
    ('cat', 'dog')
    >>> read(np.array([1.5, 2.5])).class_names
    ()
    """
    if task is not None:
        checks.one_of("task", task, KINDS)
    order, names = (names, ()) if y.dtype.kind == "U" else ((), names)
    numeric = y.dtype.kind in "iuf"
    told_classes = task == "classification" or n_classes is not None or class_names is not None
    if task == "regression":
        if n_classes is not None or class_names is not None:
            argument = "class_names" if n_classes is None else "n_classes"
            raise ValueError(f"{argument} must be None where task is 'regression'")
        if not numeric or names:
            raise ValueError(f"{called} must be numbers where task is 'regression', got {checks.shown(y)}")
    different = np.unique(y)
    whole = not numeric or bool((y == np.round(y)).all())
    few = numeric and whole and (images or (len(different) <= FEW and 2 * len(different) <= len(y)))
    if task == "regression" or (numeric and not told_classes and not few and not names):
        guessed = "" if task or not whole else ": task='classification' takes them for classes"
        numbers = f"{len(different):,} different {'whole numbers' if whole else 'numbers'}"
        return Target(y.astype(np.float64), (), f"y holds {numbers} and is taken for a regression{guessed}.")
    if order and class_names is None:  # those that occur: one without a row cannot be learnt
        class_names = tuple(name for name in order if name in set(different.tolist()))
    values, labels = _classes(y, different, names, n_classes, class_names, called)
    guessed = ": task='regression' takes them for numbers" if numeric and not told_classes and not names else ""
    return Target(values, labels, f"y holds {len(different):,} different labels and is taken for classes{guessed}.")


def _classes(
    y: NDArray[Any],
    different: NDArray[Any],
    names: tuple[str, ...],
    n_classes: int | None,
    class_names: Sequence[str] | None,
    called: str,
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return class numbers and the names of the classes, in the order of what was told, else of the labels."""
    named = None if class_names is None else checks.several("class_names", class_names, most=checks.MANY)
    if named is not None:
        named = tuple(checks.text("class_names", name) for name in named)
    count = checks.whole("n_classes", n_classes, 2, checks.MANY) if n_classes is not None else len(named or names)
    if named is not None and len(named) != count:
        raise ValueError(f"class_names must be one for each of n_classes ({count}), got {len(named)}")
    labels = tuple(_text(label) for label in different.tolist())
    if count and y.dtype.kind in "iuf" and bool(((y >= 0) & (y < count) & (y == np.round(y))).all()):
        return y.astype(np.int64), named or names or tuple(map(str, range(count)))
    if count and len(labels) != count:
        few = f"{', '.join(map(checks.shown, labels[:4]))}{', ...' if len(labels) > 4 else ''}"
        asked = "n_classes" if n_classes is not None else "class_names"
        many = f"as many different labels as {asked} says ({count})"
        raise ValueError(f"{called} must have {many}, got {len(labels)}: {few}")
    at = np.arange(len(labels))
    if named is not None and y.dtype.kind == "U":
        if set(named) != set(labels):
            raise ValueError(
                f"class_names must be the labels of {called}, {checks.shown(labels)}, got {checks.shown(named)}"
            )
        at = np.array([named.index(label) for label in labels])
    return at[np.searchsorted(different, y)].astype(np.int64), named or labels


def _one_hot(rows: NDArray[Any]) -> bool:
    return bool(((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all())


def _text(label: Any) -> str:
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
