"""What may be wrong with data: each check returns sentences, or raises where nothing could be trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks

__all__ = [
    "belong_together",
    "check_classes",
    "few_rows",
    "gives_away",
    "majority",
    "repeated",
    "row_numbers",
    "shared",
]

# Names of what several rows are of.
_WHOSE = re.compile(
    r"(?i)(?:^|[^a-z])(?:id|patient|subject|person|user|customer|client|animal|session|participant)(?:$|[^a-z])"
)
IntArray = NDArray[np.int64]

LEAST = 2  # rows of a class: one to train on, one to validate on
FEW = 8  # rows of a class below which its results are hardly more than chance
MAJORITY = 0.8
DISTINCT = 0.5  # share of rows unlike each other below which identical rows are no copies, but rows of few values
LINEAR = 0.999  # correlation with the target
HANDFUL = 0.01  # share of rows that a column may miss and still give the target away
CATEGORIES = 20
SHOWN = 3  # columns named in one sentence


def row_numbers(*parts: NDArray[Any]) -> list[IntArray]:
    """Return a number for each row of several arrays, the same for identical rows; NaN equals NaN, and 0 equals -0.

    Examples
    --------
    >>> row_numbers(np.array([[1.0, 2], [0, 0]]), np.array([[-0.0, 0]]))
    [array([0, 1]), array([1])]
    """
    known: dict[bytes, int] = {}
    return [np.array([known.setdefault(row.tobytes(), len(known)) for row in part + 0.0], np.int64) for part in parts]


def shared(x: NDArray[Any], x_test: NDArray[Any]) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows of the pool stand in the test set as well and have to go, and what is said of them.

    They are to go, since the test loss would be that of rows trained on. Where most rows equal others anyway, as in a
    table of a few categories, identical rows are no copies: all stay.

    Examples
    --------
    >>> shared(np.array([[1.0], [2], [3]]), np.array([[3.0]]))[0]
    array([False, False,  True])
    """
    pool, test = row_numbers(x, x_test)
    both = np.isin(pool, test)
    if not both.any():
        return both, []
    n_test = int(np.isin(test, pool).sum())
    overlap = f"{n_test:,} of {len(test):,} test rows stand in the pool as well"
    n_different = len(np.union1d(pool, test))
    if n_different < DISTINCT * (len(pool) + len(test)):
        few = f"since of all {len(pool) + len(test):,} rows only {n_different:,} are unlike"
        return np.zeros_like(both), [f"{overlap}; they stay, {few}, but if they are copies the test loss is too low."]
    return both, [f"{overlap}: {_equal(int(both.sum()))} left out."]


def _equal(n: int) -> str:
    return "the row of the pool that equals one was" if n == 1 else f"the {n:,} rows of the pool that equal them were"


def repeated(x: NDArray[Any]) -> list[str]:
    """Say how many rows of the pool equal an earlier one.

    Examples
    --------
    >>> repeated(np.array([[1.0], [1], [2]]))
    ['1 of 3 rows of the pool equals an earlier one: it may be trained on and validated on, and the gap be too small.']
    """
    (pool,) = row_numbers(x)
    n = len(pool) - len(np.unique(pool))
    single = n == 1
    what = f"{n:,} of {len(pool):,} rows of the pool {'equals an earlier one' if single else 'equal earlier ones'}"
    both = f"{'it' if single else 'they'} may be trained on and validated on, and the gap be too small"
    return [f"{what}: {both}."] if n else []


def belong_together(columns: dict[str, NDArray[Any]]) -> list[str]:
    """Say which columns may tell whom or what a row is of, several rows each: such rows belong together.

    columns: of each its cells as text. A name that says so is enough, such as "patient" or "user_id", beside different
    values that many rows share; without it there must be at least 20 of them, of 2 to 20 rows each on average.

    Examples
    --------
    >>> belong_together({"who": np.repeat(np.array([f"p{i}" for i in range(25)], object), 3)})
    ["'who' holds 25 different values in 75 rows: if rows of one belong together, groups='who' keeps them so."]
    """
    notes = []
    for name, cells in columns.items():
        there = [cell for cell in cells.tolist() if cell is not None]
        different = len(set(there))
        named = bool(_WHOSE.search(name)) and different > SHOWN and 2 * different <= len(there)
        as_text = not all(cell.replace(".", "").replace("-", "").isdigit() for cell in set(there))
        if named or (as_text and different >= CATEGORIES and 2 * different <= len(there) <= 20 * different):
            what = f"{checks.shown(name)} holds {different:,} different values in {len(there):,} rows"
            notes.append(f"{what}: if rows of one belong together, groups={checks.shown(name)} keeps them so.")
    return notes[:SHOWN]


def check_classes(y: IntArray, class_names: Sequence[str], called: str = "y") -> None:
    """Raise where the rows of the pool are of one class only, or a class has fewer than two.

    Examples
    --------
    >>> check_classes(np.array([0, 0, 1]), ("cat", "dog"))
    Traceback (most recent call last):
        ...
    ValueError: y must have at least 2 rows of each class in the pool, got 1 of 'dog'
    """
    counts = np.bincount(y, minlength=len(class_names))
    if np.count_nonzero(counts) < 2:
        only = f"only {checks.shown(class_names[int(counts.argmax())])}" if len(y) else "none"
        raise ValueError(f"{called} must have at least two classes, got {only}")
    at = int(counts.argmin())
    if counts[at] < LEAST:
        got = f"{counts[at]} of {checks.shown(class_names[at])}"
        raise ValueError(f"{called} must have at least {LEAST} rows of each class in the pool, got {got}")


def few_rows(y: IntArray, class_names: Sequence[str]) -> list[str]:
    """Say which classes have so few rows in the pool that their results are hardly more than chance.

    Examples
    --------
    >>> few_rows(np.array([0] * 9 + [1] * 3), ("cat", "dog"))
    ["Of these classes there are fewer than 8 rows in the pool: 'dog' (3)."]
    """
    counts = np.bincount(y, minlength=len(class_names))
    few = [f"{checks.shown(class_names[at])} ({counts[at]})" for at in np.flatnonzero(counts < FEW).tolist()]
    more = f" and {len(few) - SHOWN:,} more" if len(few) > SHOWN else ""
    said = f"Of these classes there are fewer than {FEW} rows in the pool: {', '.join(few[:SHOWN])}{more}."
    return [said] if few else []


def majority(y: IntArray, class_names: Sequence[str]) -> list[str]:
    """Say what share of the rows the largest class has, where it is over `MAJORITY`.

    Examples
    --------
    >>> majority(np.array([0] * 98 + [1] * 2), ("well", "ill"))
    ["'well' has 98 % of the rows of the pool: a guess of it alone has an accuracy of 0.98."]
    """
    counts = np.bincount(y, minlength=len(class_names))
    at, share = int(counts.argmax()), counts.max() / counts.sum()
    alone = f"a guess of it alone has an accuracy of {share:.2g}"
    name = checks.shown(class_names[at])
    return [f"{name} has {100 * share:.3g} % of the rows of the pool: {alone}."] if share > MAJORITY else []


def gives_away(x: NDArray[Any], y: NDArray[Any], n_classes: int | None, names: Sequence[str]) -> list[str]:
    """Say which columns alone tell the target: it may have been written into them.

    A column tells it by its values, or by which of them are missing. Of classes, where one threshold (of two classes)
    or one value per class tells all but a handful of rows; of a regression, where a column rises or falls with the
    target.

    Examples
    --------
    >>> y = np.arange(40.0)
    >>> gives_away(np.stack([y % 7, 3 * y], axis=1), y, None, ("day", "cents"))
    ["This column alone may give the target away: 'cents'. If it is known only after the target, leave it out."]
    """
    tells = _tells_number if n_classes is None else _tells_class
    suspects = []
    for at in range(x.shape[1]):
        known = np.isfinite(x[:, at])
        gaps = not known.all() and tells(known.astype(np.float64), y, len(y))  # what is missing tells it
        if gaps or tells(x[known, at].astype(np.float64), y[known], len(y)):
            suspects.append(checks.shown(names[at]) if len(names) else f"column {at}")
    if not suspects:
        return []
    this = "This column alone" if len(suspects) == 1 else "Each of these columns alone"
    listed = f"{', '.join(suspects[:SHOWN])}{f' and {len(suspects) - SHOWN:,} more' if len(suspects) > SHOWN else ''}"
    it = "it is" if len(suspects) == 1 else "they are"
    left = "it" if len(suspects) == 1 else "them"
    return [f"{this} may give the target away: {listed}. If {it} known only after the target, leave {left} out."]


def _tells_number(values: NDArray[np.float64], y: NDArray[Any], n: int) -> bool:
    """Tell whether a column rises or falls with the target: nearly all rows have it."""
    if len(y) < max(10, n * (1 - HANDFUL)) or not np.ptp(values) or not np.ptp(y):
        return False
    a, b = values - values.mean(), y.astype(np.float64) - y.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return bool(abs(a @ b) > LINEAR * np.sqrt((a @ a) * (b @ b)))


def _tells_class(values: NDArray[np.float64], y: IntArray, n: int) -> bool:
    """Tell whether a column's values, or one threshold, tell the class of all but a handful of rows."""
    counts = np.bincount(y)
    others = len(y) - counts.max(initial=0)
    misses = min(HANDFUL * n, others / 10)  # a constant guess misses `others`
    if len(y) < n * (1 - HANDFUL) or others < 10:
        return False
    different, which = np.unique(values, return_inverse=True)
    if len(different) <= min(CATEGORIES, len(y) // 10):
        table = np.zeros((len(different), len(counts)), np.int64)
        np.add.at(table, (which, y), 1)
        if len(y) - table.max(axis=1).sum() <= misses:
            return True
    if np.count_nonzero(counts) != 2:
        return False
    upper = np.bincount(which, y == y.max(), len(different))  # rows of the upper class, by value
    below, all_below = np.cumsum(upper), np.cumsum(np.bincount(which, minlength=len(different)))
    wrong = below + (len(y) - all_below) - (upper.sum() - below)  # the lower class below the threshold
    return bool(min(wrong.min(), (len(y) - wrong).min()) <= misses)
