"""What several techniques' experiments need: a run's rows, tables in standard units, labels that are shuffled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.datasets import NAMES, Dataset, as_dataset, load
from reglab.engine.rows import draw_rows
from reglab.engine.run import Run
from reglab.overfitting import shuffle_labels
from reglab.settings import Settings, Training
from reglab.streams import generator

__all__ = [
    "Array",
    "Progress",
    "cross_validated",
    "data_of",
    "r_squared",
    "rows_of",
    "shuffled",
    "standardised",
    "strongest",
]

FARTHEST = 1e6  # that a weight is moved by hand
Array = NDArray[np.float64]
Progress = Callable[[float, Any], None]
NEW = 1e-4  # the least share of a column's variance that those before it do not hold, for it to count


def shuffled(data: Dataset, share: float, seed: int) -> Dataset:
    """Return the dataset with a share of its pool's labels shuffled; its test labels stay.

    Parameters
    ----------
    data : Dataset
    share : float in [0, 1]
    seed : int >= 0

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> wine = load("wine")
    >>> bool((shuffled(wine, 0.5, 0).y != wine.y).mean() > 0.2)
    True
    """
    checks.instance("data", data, Dataset)
    checks.whole("seed", seed, 0)
    return dataclasses.replace(data, y=shuffle_labels(data.y, share, generator(seed, "shuffled labels")))


def _part(progress: Progress | None, done: int, of: int, so_far: Any) -> Callable[[float, Run], None] | None:
    """Return what `fit` is to call, so that one of several trainings reports its share of the whole."""
    if progress is None:
        return None
    return lambda fraction, _: progress((done + fraction) / of, so_far)


def _classification(dataset: Dataset | str) -> Dataset:
    data = as_dataset(dataset)
    if data.n_classes is None:
        raise ValueError(f"dataset must have classes, got {data.name}, a regression")
    return data


def _regression(dataset: Dataset | str) -> Dataset:
    data = as_dataset(dataset)
    if data.n_classes is not None:
        raise ValueError(f"dataset must be a regression, got {data.name}")
    return data


def _check_training(settings: Settings, training: Training, progress: Any) -> None:
    checks.instance("settings", settings, Settings)
    checks.instance("training", training, Training)
    if progress is not None:
        checks.function("progress", progress)


def standardised(dataset: Dataset | str) -> tuple[Array, Array, Array, Array]:
    """Return a regression's pool and test rows, each column and the target with mean 0 and deviation 1 over the pool.

    Parameters
    ----------
    dataset : Dataset or str
        Whose target has more than one value. A column that has one over the pool becomes 0, and what is missing in a
        table the median of the pool.

    Returns
    -------
    X, y, X_test, y_test : arrays of shape (n, d), (n,), (n_test, d), (n_test,), float64

    Raises
    ------
    ValueError
        If it is no dataset.

    Examples
    --------
    >>> X, y, X_test, y_test = standardised("diabetes")
    >>> X.shape, bool(abs(X.mean(axis=0)).max() < 1e-12), y.std().round(6)
    ((300, 10), True, np.float64(1.0))
    """
    data = as_dataset(dataset)
    X, X_test = _filled(data, data.x)
    y = data.y.astype(np.float64)
    centre, scale = X.mean(axis=0), np.where(np.ptp(X, axis=0) > 0, X.std(axis=0), 1.0)
    level, spread = y.mean(), y.std()
    return (X - centre) / scale, (y - level) / spread, (X_test - centre) / scale, (data.y_test - level) / spread


def _filled(data: Dataset, rows: NDArray[Any]) -> tuple[Array, Array]:
    """Return rows and the test rows in float64, without anything missing: a table's medians are those of the rows."""
    if data.encoding is None:
        return rows.astype(np.float64), data.x_test.astype(np.float64)
    filling = data.encoding.learn(rows)
    return filling.apply(rows).astype(np.float64), filling.apply(data.x_test).astype(np.float64)


def strongest(dataset: Dataset | str, features: int = 10, *, rows: int = 2000) -> Dataset:
    """Return the columns of a dataset that go most with its target, as a dataset that a linear model can be shown on.

    Columns are taken by their correlation with the target over the rows, but for those that the ones before hold
    already, such as the last category of a column. The test rows are not looked at.

    Parameters
    ----------
    dataset : Dataset or str
        A regression, or one of two classes, whose labels are taken as numbers.
    features : int >= 1
        How many columns at most, the strongest first.
    rows : int >= 2
        How many rows of the pool, drawn at random, and of the test at most.

    Returns
    -------
    Dataset
        Without gaps, groups or images. Columns without a name are called by their number, pixels by their place.

    Raises
    ------
    ValueError
        If the dataset has more classes, no column that varies with its target, or an argument is out of its range.

    Examples
    --------
    >>> strongest("diabetes", 3).feature_names
    ('bmi', 's5', 'bp')
    """
    data = as_dataset(dataset)
    checks.whole("features", features, 1)
    checks.whole("rows", rows, 2)
    if (data.n_classes or 2) > 2:
        raise ValueError(f"dataset must be a regression or have two classes, got {data.name} with {data.n_classes}")
    drawn = np.sort(generator(0, "rows of a linear model").permutation(len(data.x))[:rows])
    X, X_test = _filled(data, data.x[drawn])
    y = data.y[drawn].astype(np.float64)
    varies = np.ptp(X, axis=0) > 0
    Z = (X - X.mean(axis=0)) / np.where(varies, X.std(axis=0), 1.0)  # (n, d)
    strength = np.abs(Z.T @ (y - y.mean()))
    before, picked = np.empty((0, len(y))), list[int]()
    for column in np.argsort(-strength, kind="stable").tolist():
        rest = Z[:, column] - before.T @ (before @ Z[:, column])
        if varies[column] and rest @ rest > NEW * len(y):
            before = np.concatenate([before, [rest / np.sqrt(rest @ rest)]])
            picked.append(column)
        if len(picked) == features:
            break
    if not picked or not strength.any():
        raise ValueError(f"dataset must have a column that varies with its target, got {data.name} without one")
    return dataclasses.replace(
        data,
        x=X[:, picked].astype(np.float32),
        y=data.y[drawn],
        x_test=X_test[:rows, picked].astype(np.float32),
        y_test=data.y_test[:rows],
        task="tabular",
        feature_names=tuple(_column_name(data, column) for column in picked),
        image_shape=None,
        encoding=None,
        groups=None,
        given=None,
        given_test=None,
    )


def _column_name(data: Dataset, column: int) -> str:
    if data.image_shape is not None:
        row, across = divmod(column // math.prod(data.image_shape[2:]), data.image_shape[1])
        channel = " rgb"[column % 3 + 1] if data.image_shape[2:] == (3,) else ""
        return f"pixel {row}, {across} {channel}".rstrip()
    return data.feature_names[column] if data.feature_names else f"column {column + 1}"


def cross_validated(X: Array, y: Array, path: Callable[[Array, Array], Array], folds: int = 10) -> Array:
    """Return the loss of a linear model's path on rows left out: each fold of the rows in turn.

    It chooses a strength without a look at the test rows.

    Parameters
    ----------
    X : array of shape (n, d)
        Standardised.
    y : array of shape (n,)
    path : callable
        From rows of `X` and of `y` to solutions, an array of shape (strengths, d).
    folds : int, from 2 to n

    Returns
    -------
    array of shape (strengths,)
        Half the mean squared error over all rows.

    Raises
    ------
    ValueError
        If `folds` is not a whole number from 2 to n, or the arrays are not as above.

    Examples
    --------
    >>> from reglab.l1 import lasso_path
    >>> X, y, _, _ = standardised("diabetes")
    >>> cross_validated(X, y, lambda X, y: lasso_path(X, y, [0.05, 1.0])).round(2)
    array([0.26, 0.5 ])
    """
    X, y = checks.numbers("X", X).astype(np.float64, copy=False), checks.numbers("y", y).astype(np.float64, copy=False)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have the shape (n, d), neither of them 0, got {X.shape}")
    if y.shape != X.shape[:1]:
        raise ValueError(f"y must have one target for each row of X, the shape {X.shape[:1]}, got {y.shape}")
    checks.function("path", path)
    checks.whole("folds", folds, 2)
    if folds > len(X):
        raise ValueError(f"folds must be at most {len(X)}, the rows of X, got {folds}")
    fold = generator(0, "folds").permutation(len(X)) % folds  # (n,)
    errors = [
        (y[fold == out] - path(X[fold != out], y[fold != out]) @ X[fold == out].T) ** 2  # (strengths, rows left out)
        for out in range(folds)
    ]
    return np.asarray(np.concatenate(errors, axis=1).mean(axis=1) / 2)


def r_squared(w: ArrayLike, X: ArrayLike, y: ArrayLike) -> float:
    """Return the share of the variance of y that X @ w explains.

    Parameters
    ----------
    w : array of shape (d,)
    X : array of shape (n, d)
    y : array of shape (n,)
        Of more than one value.

    Raises
    ------
    ValueError
        If an array is not finite, or the shapes do not fit.

    Examples
    --------
    >>> r_squared([2.0], [[0.0], [1.0], [2.0]], [0.0, 2.0, 4.0])
    1.0
    """
    w, X, y = (checks.numbers(name, value) for name, value in (("w", w), ("X", X), ("y", y)))
    _check_rows("X", X, "y", y)
    if w.shape != X.shape[1:]:
        raise ValueError(f"w must have one weight for each column of X, the shape {X.shape[1:]}, got {w.shape}")
    total = float(np.sum((y - y.mean()) ** 2))
    if total == 0:
        raise ValueError("y must have more than one value")
    return 1 - float(np.sum((y - X @ w) ** 2)) / total


def _check_rows(name: str, X: NDArray[Any], target: str, y: NDArray[Any]) -> None:
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{name} must have the shape (n, d), neither of them 0, got {X.shape}")
    if y.shape != X.shape[:1]:
        raise ValueError(f"{target} must have one value for each row of {name}, the shape {X.shape[:1]}, got {y.shape}")


def _two_features(dataset: Dataset | str, features: Sequence[str], centre: Sequence[float] = ()) -> tuple[Array, Array]:
    """Return two standardised features and the target; with a centre that which has its least-squares solution there.

    What the two leave unexplained stays as it is, and so do the shapes of the lines of equal loss.
    """
    data = as_dataset(dataset)
    names = tuple(data.feature_names)
    two = checks.several("features", features, 2, 2)
    picked = [names.index(checks.one_of("features", name, names)) for name in two]
    X, y, _, _ = standardised(data)
    X = X[:, picked]
    if len(moved := checks.several("centre", centre, most=2)):
        if len(moved) < 2:
            raise ValueError(f"centre must be two weights, got {checks.shown(centre)}")
        there = np.array([checks.number("centre", weight, -FARTHEST, FARTHEST) for weight in moved])
        y = y + X @ (there - np.linalg.lstsq(X, y, rcond=None)[0])
    return X, y


def data_of(run: Run) -> Dataset:
    """Return the dataset that a run was trained on.

    Parameters
    ----------
    run : Run
        Of one dataset for all seeds. One that was loaded from a file has none, so it is that of its name in
        `reglab.datasets.NAMES`.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If the run is of several datasets, or was loaded and is of none that is bundled.

    Examples
    --------
    >>> from reglab import fit
    >>> data_of(fit("wine", Settings(), Training(max_steps=1), n_train=50, seeds=2)) is load("wine")
    True
    """
    different = {id(data): data for data in _each_data(run)}
    if len(different) > 1:
        raise ValueError(f"run must be of one dataset for all seeds, got {len(different)}")
    return next(iter(different.values()))


def _each_data(run: Run) -> tuple[Dataset, ...]:
    """Return the dataset of each seed."""
    data = checks.instance("run", run, Run).data
    if not data:
        if run.dataset not in NAMES:
            raise ValueError(f"run must have its dataset, got one of {checks.shown(run.dataset)} without it")
        data = (load(run.dataset),)
    return data * len(run.seeds) if len(data) == 1 else data


def _of_classes(run: Run) -> Dataset:
    """Return the dataset of a run of a classification."""
    return _classification(data_of(run))


def rows_of(run: Run, split: Literal["train", "val"]) -> NDArray[np.int64]:
    """Return which rows of the pool each seed of a run trained or validated on.

    Parameters
    ----------
    run : Run
    split : "train" or "val"

    Returns
    -------
    array of int of shape (seeds, rows)

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> from reglab import fit
    >>> run = fit("wine", Settings(), Training(max_steps=1), n_train=50, seeds=2)
    >>> rows_of(run, "train").shape
    (2, 50)
    """
    each = _each_data(run)
    if checks.one_of("split", split, ("train", "val")) == "val" and not run.n_val:
        raise ValueError("run must have validation rows, got one with n_val=0")
    which = 0 if split == "train" else 1
    pairs = zip(run.seeds, each, strict=True)
    return np.stack([draw_rows(seed, len(d.x), run.n_train, run.n_val, d.groups)[which] for seed, d in pairs])
