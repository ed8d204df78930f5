"""Which rows are kept for the test: by class, or whole groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.streams import generator

__all__ = ["group_numbers", "split"]

IntArray = NDArray[np.int64]


def group_numbers(groups: Any, n: int) -> IntArray:
    """Return one whole number per row, alike where the groups are, from labels of any kind.

    Raises
    ------
    ValueError
        If there is not one for each row, or fewer than two groups.

    Examples
    --------
    >>> group_numbers(["ann", "bob", "ann"], 3)
    array([0, 1, 0])
    """
    labels = checks.labels("groups", groups)
    if labels.shape != (n,):
        raise ValueError(f"groups must have one label for each row of x ({n}), got the shape {labels.shape}")
    if labels.dtype.kind in "iuf":
        checks.numbers("groups", labels)
    different, numbers = np.unique(labels, return_inverse=True)
    if len(different) < 2:
        raise ValueError(f"groups must be at least two, got {len(different)}")
    return numbers.astype(np.int64)


def split(
    n: int, classes: IntArray | None, share: float, seed: int, groups: IntArray | None = None
) -> tuple[IntArray, IntArray]:
    """Draw the rows of the pool and of the test, each in a random order.

    Parameters
    ----------
    n : int
        Rows.
    classes : array of int of shape (n,), or None
        Each gives its share to the test, and keeps at least two rows; a regression has none.
    share : float in [0, 1)
        Of the rows, for the test.
    seed : int >= 0
    groups : array of int of shape (n,), optional
        Whole groups are taken for the test, until their rows come nearest to the share; at least one stays.

    Examples
    --------
    >>> pool, test = split(8, np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=0)
    >>> sorted(test // 4)
    [np.int64(0), np.int64(1)]
    """
    rng = generator(seed, "test rows")
    order = rng.permutation(n)
    if not share:
        return order, order[:0]
    if groups is not None:
        drawn = rng.permutation(groups.max() + 1)
        rows = np.cumsum(np.bincount(groups)[drawn])[:-1]
        tested = np.isin(groups[order], drawn[: np.abs(rows - share * n).argmin() + 1])
    elif classes is None:
        tested = np.arange(n) < round(share * n)
    else:
        labels = classes[order]
        tested = np.zeros(n, bool)
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            tested[rows[: max(min(round(share * len(rows)), len(rows) - 2), 0)]] = True
    return order[~tested], order[tested]
