"""Which rows a seed trains, validates and is tested on, how they are standardised, and in which batches they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from reglab.datasets import Dataset
from reglab.engine.network import Array
from reglab.streams import generator

__all__ = ["TRAIN_ROWS", "Rows", "draw_rows", "most_rows"]

TRAIN_ROWS = 400  # at most so many training rows are evaluated


def most_rows(data: Dataset) -> int:
    """Return how many rows of the pool can be trained and validated on, however they are drawn.

    It is the whole pool. With groups all but one of the largest group are taken off, so that between the first rows and
    the last of groups in any order there is room for the one group that would be in both.

    Examples
    --------
    >>> from reglab.datasets import load
    >>> most_rows(load("wine"))
    120
    """
    return len(data.x) - (0 if data.groups is None else int(np.unique(data.groups, return_counts=True)[1].max()) - 1)


def draw_rows(
    seed: int, n_pool: int, n_train: int, n_val: int, groups: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw which rows of the pool one seed trains on and which it validates on.

    Parameters
    ----------
    seed : int >= 0
    n_pool, n_train, n_val : int
        n_train + n_val is at most n_pool; with groups, and rows to validate on, at most `most_rows`.
    groups : array of int of shape (n_pool,), optional
        Training and validation rows share none.

    Returns
    -------
    array of int of shape (n_train,), array of int of shape (n_val,)
        The first and the last of one permutation, in which the rows of a group stand together: more training rows leave
        the validation rows as they are.

    Examples
    --------
    >>> train, val = draw_rows(0, 100, 60, 40)
    >>> sorted([*train, *val]) == list(range(100))
    True
    >>> bool((draw_rows(0, 100, 20, 40)[1] == val).all())
    True
    """
    rng = generator(seed, "rows")
    order = rng.permutation(n_pool)
    if groups is not None:
        different, numbers = np.unique(groups, return_inverse=True)
        order = order[np.argsort(rng.permutation(len(different))[numbers[order]], kind="stable")]
    return order[:n_train], order[n_pool - n_val :]


class Rows:
    """The rows of a block of models, one set per seed.

    Parameters
    ----------
    datasets : sequence of Dataset
        One per seed.
    seeds : sequence of int
    n_train, n_val : int
    batch_size : int
        At most the training rows are taken.

    Attributes
    ----------
    x : array of shape (S * n_train, D)
        The training rows of all seeds below each other, standardised by each seed's own.
    y : array of shape (S * n_train, C)
        One-hot, or one column of targets.
    eval_x : array of shape (S, 1, rows, D)
        Training rows (at most `TRAIN_ROWS`), validation rows and test rows, for one pass through the network.
    eval_y : array of shape (S, 1, rows)
    splits : dict of str to slice
        Where "train", "val" and "test" stand among them; there may be no validation rows, and no test rows.
    centre, scale : arrays of shape (S, 1, 1 or D)
    fillings : list of Filling
        Of a table what each seed fills its missing values with, else empty.
    """

    def __init__(
        self, datasets: Sequence[Dataset], seeds: Sequence[int], n_train: int, n_val: int, batch_size: int
    ) -> None:
        data = datasets[0]
        self.n_train, self.batch = n_train, min(batch_size, n_train)
        self.orders = [generator(seed, "order") for seed in seeds]
        drawn = [draw_rows(seed, len(d.x), n_train, n_val, d.groups) for d, seed in zip(datasets, seeds, strict=True)]
        parts = [(d, train, val) for d, (train, val) in zip(datasets, drawn, strict=True)]
        self.fillings = [d.encoding.learn(d.x[train]) for d, train, _ in parts if d.encoding is not None]
        x = self._filled([d.x[train] for d, train, _ in parts])  # (S, n_train, D)
        axes = (1, 2) if data.task in ("image", "signal") else (1,)  # one scale for all pixels, or one per feature
        self.centre, self.scale = _standard(x, axes)
        self.x: Array = np.concatenate((x - self.centre) / self.scale)
        y = np.concatenate([d.y[train] for d, train, _ in parts])  # (S * n_train,)
        self.y: Array = np.eye(data.n_classes, dtype=np.float32)[y] if data.n_classes else y[:, None].astype(np.float32)
        seen = [np.concatenate([d.x[train[:TRAIN_ROWS]], d.x[val], d.x_test]) for d, train, val in parts]
        self.eval_x: Array = ((self._filled(seen) - self.centre) / self.scale)[:, None]
        labels = [np.concatenate([d.y[train[:TRAIN_ROWS]], d.y[val], d.y_test]) for d, train, val in parts]
        self.eval_y = np.stack(labels)[:, None]
        cuts = np.cumsum([0, min(n_train, TRAIN_ROWS), n_val, len(data.x_test)]).tolist()
        ends = zip(("train", "val", "test"), cuts[:-1], cuts[1:], strict=True)
        self.splits = {split: slice(a, b) for split, a, b in ends if a < b}

    def _filled(self, rows: list[Array]) -> Array:
        """Return each seed's rows with nothing missing, as its training rows teach, in one array."""
        if self.fillings:
            rows = [filling.apply(seed_rows) for filling, seed_rows in zip(self.fillings, rows, strict=True)]
        return np.stack(rows)

    def batches(self) -> Iterator[NDArray[np.int64]]:
        """Yield (S, B) row numbers: each seed's rows in an order drawn anew for every pass through them."""
        n = self.n_train
        offset = np.arange(len(self.orders))[:, None] * n
        left = np.empty((len(self.orders), 0), np.int64)
        while True:
            while left.shape[1] < self.batch:
                order = np.stack([rng.permutation(n) for rng in self.orders]) + offset
                left = np.concatenate([left, order], axis=1)
            yield left[:, : self.batch]
            left = left[:, self.batch :]


def _standard(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the mean and the deviation of each seed's training rows."""
    wide = x.astype(np.float64)  # so that a constant column has a deviation of almost exactly 0
    centre = wide.mean(axis=axes, keepdims=True)  # (S, 1, 1 or D)
    scale = wide.std(axis=axes, keepdims=True)
    scale = np.where(scale > 1e-6 * np.abs(centre), scale, 1).astype(np.float32)
    return centre.astype(np.float32), scale
