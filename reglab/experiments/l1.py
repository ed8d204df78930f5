"""What L1 does to weights: which it sets to zero, and how surely."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks, l2
from reglab.datasets import Dataset, as_dataset
from reglab.engine.run import Run
from reglab.experiments.shared import (
    Array,
    _check_rows,
    _filled,
    _regression,
    _two_features,
    cross_validated,
    r_squared,
    standardised,
)
from reglab.l1 import (
    bootstrap_lasso_paths,
    descend,
    elastic_net_path,
    lasso_knots,
    lasso_path,
    selection_frequency,
    soft_threshold,
)
from reglab.streams import generator

__all__ = [
    "Descents",
    "LinearPath",
    "Stability",
    "Units",
    "Zeros",
    "explained_by_count",
    "lasso_descents",
    "lasso_plane",
    "lasso_units",
    "linear_path",
    "pulled",
    "stability",
    "zeros",
]


@dataclass(frozen=True, eq=False)
class LinearPath:
    """A penalty's whole path on the first features of a standardised dataset, and what its solutions come to.

    Attributes
    ----------
    names : tuple of str
        Of the features.
    strengths : array of shape (strengths,)
    path : array of shape (strengths, d)
    explained : array of shape (strengths,)
        R squared on the test rows.
    plain : float
        R squared on the test rows without any penalty.
    chosen : int
        The strength that cross-validation on the training rows chooses, by its number.
    order : tuple of int
        The features as they join the Lasso, from the strongest penalty down.
    knots : array of shape (n_knots,)
        The strengths at which the Lasso's set of features changes; none for another penalty.
    n_train, n_test : int
    """

    names: tuple[str, ...]
    strengths: Array
    path: Array
    explained: Array
    plain: float
    chosen: int
    order: tuple[int, ...]
    knots: Array
    n_train: int
    n_test: int


def linear_path(
    dataset: Dataset | str,
    strengths: ArrayLike,
    penalty: Literal["lasso", "net", "ridge"] = "lasso",
    *,
    l2_beside: float = 0.0,
    features: int = 10,
) -> LinearPath:
    """Return a penalty's path on the first features of a standardised dataset, measured on its test rows.

    Parameters
    ----------
    dataset : Dataset or str
        Labels are taken as numbers.
    strengths : array of shape (strengths,), >= 0, rising
    penalty : "lasso", "net" or "ridge"
    l2_beside : float, >= 0
        The elastic net's own L2 strength.
    features : int >= 1
        How many of the first features are used.

    Returns
    -------
    LinearPath

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> solution = linear_path("diabetes", [0.0, 0.1])
    >>> [solution.names[i] for i in solution.order if solution.path[1, i]]
    ['bmi', 's5', 'bp', 'sex', 's3', 's6']
    """
    checks.one_of("penalty", penalty, ("lasso", "net", "ridge"))
    levels = checks.numbers("strengths", strengths, 0).astype(np.float64, copy=False)
    if levels.ndim != 1 or not levels.size:
        raise ValueError(f"strengths must be a 1-D array of at least one strength, got shape {levels.shape}")
    checks.number("l2_beside", l2_beside, 0)
    names, X, y, X_test, y_test = _first_features(dataset, features)
    solve: dict[str, Callable[[Array, Array], Array]] = {
        "lasso": lambda X, y: lasso_path(X, y, levels),
        "net": lambda X, y: elastic_net_path(X, y, levels, l2_beside),
        "ridge": lambda X, y: l2.ridge_path(X, y, levels),
    }
    path, lasso = solve[penalty](X, y), lasso_path(X, y, levels)
    plain = l2.ridge_path(X, y, [0.0])[0]
    last = (len(levels) - 1 - (lasso[::-1] != 0).argmax(axis=0)) * (lasso != 0).any(axis=0)  # with a weight, by feature
    return LinearPath(
        names=names,
        strengths=levels,
        path=path,
        explained=np.array([r_squared(w, X_test, y_test) for w in path]),
        plain=r_squared(plain, X_test, y_test),
        chosen=int(cross_validated(X, y, solve[penalty]).argmin()),
        order=tuple(sorted(range(len(names)), key=lambda i: (-last[i], -abs(lasso[0, i])))),
        knots=lasso_knots(X, y)[0] if penalty == "lasso" else np.empty(0),
        n_train=len(y),
        n_test=len(y_test),
    )


def lasso_plane(
    dataset: Dataset | str,
    features: Sequence[str],
    l1s: ArrayLike,
    n_contours: int = 6,
    points: int = 97,
    *,
    centre: Sequence[float] = (),
) -> l2.Geometry:
    """Return what `ridge_plane` returns, of the Lasso: its balls are diamonds, of which the corners are given.

    Parameters
    ----------
    dataset, features, n_contours, points, centre
        As `ridge_plane` takes them.
    l1s : array of shape (strengths,), >= 0

    Returns
    -------
    reglab.l2.Geometry
        Its radii are the sums of the absolute weights, its balls of shape (strengths, 5, 2).

    Raises
    ------
    ValueError
        If there is no such feature, or an argument is out of its range.

    Examples
    --------
    >>> plane = lasso_plane("diabetes", ("bmi", "bp"), [0.0, 0.5])
    >>> bool(plane.path[1, 0] > 0), plane.path[1, 1].round(3), plane.balls.shape
    (True, np.float64(0.0), (2, 5, 2))
    """
    X, y = _two_features(dataset, features, centre)
    path = lasso_path(X, y, l1s)
    plane = l2.geometry(X, y, l1s, n_contours, points)
    loss = np.mean((y[:, None] - X @ path.T) ** 2, axis=0) / 2
    least = float(np.mean((y - X @ plane.least_squares) ** 2)) / 2
    radii = np.abs(path).sum(axis=1)
    corners = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]])
    return dataclasses.replace(
        plane,
        path=path,
        radii=radii,
        balls=radii[:, None, None] * corners,
        touching=l2.loss_contours(X, y, np.maximum(loss, least) + 1e-12, points),
    )


@dataclass(frozen=True, eq=False)
class Descents:
    """Descents to the Lasso's solution, in several ways.

    Attributes
    ----------
    methods : tuple of str
    goal : array of shape (d,)
        The Lasso's own solution.
    paths : array of shape (methods, steps + 1, d)
    """

    methods: tuple[str, ...]
    goal: Array
    paths: Array

    @property
    def zeros(self) -> NDArray[np.int64]:
        """How many weights end at exactly zero, shape (methods,)."""
        return np.asarray((self.paths[:, -1] == 0).sum(axis=1))

    @property
    def agree(self) -> NDArray[np.bool_]:
        """Which ways end with just the zeros of the Lasso, shape (methods,)."""
        return np.asarray(((self.paths[:, -1] == 0) == (self.goal == 0)).all(axis=1))

    @property
    def lost(self) -> NDArray[np.int64]:
        """How often a zero of the Lasso was made and left again by the next step, shape (methods,)."""
        left = (self.paths[:, 1:-1] == 0) & (self.paths[:, 2:] != 0) & (self.goal == 0)
        return np.asarray(left.sum(axis=(1, 2)))


def lasso_descents(
    dataset: Dataset | str,
    strength: float,
    methods: Sequence[str] = ("soft_threshold", "subgradient", "clipping"),
    *,
    n_steps: int = 60,
    features: int = 10,
) -> Descents:
    """Descend to the Lasso's solution on the first features of a standardised dataset, in several ways.

    Parameters
    ----------
    dataset : Dataset or str
    strength : float, >= 0
    methods : sequence of str
        As `reglab.l1.descend` takes them.
    n_steps : int in 0 to 100000
    features : int >= 1

    Returns
    -------
    Descents

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> descents = lasso_descents("diabetes", 0.2)
    >>> (descents.goal == 0).sum(), (descents.paths[:, -1] == 0).sum(axis=1).tolist()
    (np.int64(7), [7, 0, 4])
    """
    checks.number("strength", strength, 0)
    names = checks.several("methods", methods, least=1)
    _, X, y, _, _ = _first_features(dataset, features)
    paths = [descend(X, y, strength, name, n_steps=n_steps) for name in names]
    return Descents(tuple(names), lasso_path(X, y, [strength])[0], np.stack(paths))


def pulled(w: ArrayLike, strength: float, *, learning_rate: float = 0.1, n_steps: int = 60) -> Array:
    """Return what steps without any data leave of weights, under L1 and under L2.

    Parameters
    ----------
    w : array of shape (d,)
    strength : float, >= 0
        Of the penalties strength * sum(abs(w)) and strength * sum(w^2).
    learning_rate : float, >= 0
    n_steps : int in 0 to 100000

    Returns
    -------
    array of shape (2, n_steps + 1, d)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> pulled([2.0, 0.1], 0.5, n_steps=2)[:, -1].round(3)
    array([[1.9  , 0.   ],
           [1.62 , 0.081]])
    """
    start = checks.numbers("w", w).astype(np.float64, copy=False)
    if start.ndim != 1:
        raise ValueError(f"w must be a 1-D array, got shape {start.shape}")
    checks.number("strength", strength, 0)
    checks.number("learning_rate", learning_rate, 0)
    checks.whole("n_steps", n_steps, 0, checks.MANY)
    checks.room(n_steps=n_steps, w=start.size)
    paths = np.tile(start, (2, n_steps + 1, 1))
    for step in range(n_steps):
        paths[0, step + 1] = soft_threshold(paths[0, step], learning_rate * strength)
        paths[1, step + 1] = paths[1, step] - learning_rate * l2.gradient(paths[1, step], 2 * strength)
    return paths


@dataclass(frozen=True, eq=False)
class Zeros:
    """Which of a layer's kept weights are exactly zero.

    Attributes
    ----------
    share : array of shape (settings, seeds)
    left : array of int of shape (settings,)
        The first seed's weights that are not zero.
    dead_inputs, dead_units : arrays of shape (settings,)
        How many inputs and units have no weight left; means over the seeds.
    shape : (inputs, units)
    """

    share: Array
    left: NDArray[np.int64]
    dead_inputs: Array
    dead_units: Array
    shape: tuple[int, int]


def zeros(run: Run, layer: int = 0) -> Zeros:
    """Return which of a layer's kept weights are exactly zero.

    Parameters
    ----------
    run : Run
    layer : int
        Counted from 0, or back from -1.

    Returns
    -------
    Zeros

    Raises
    ------
    ValueError
        If there is no such layer.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("wine", [Settings(), Settings(l1=1.0)], Training(max_steps=100), n_train=50, seeds=2)
    >>> counted = zeros(run)
    >>> counted.share[0].max(), bool(counted.share[1].min() > 0.1), counted.shape
    (np.float64(0.0), True, (13, 64))
    """
    checks.instance("run", run, Run)
    zero = run.weights(layer) == 0  # (settings, seeds, inputs, units)
    return Zeros(
        share=zero.mean(axis=(2, 3)),
        left=np.sum(~zero[:, 0], axis=(1, 2)),
        dead_inputs=zero.all(axis=3).sum(axis=2).mean(axis=1),
        dead_units=zero.all(axis=2).sum(axis=2).mean(axis=1),
        shape=(zero.shape[2], zero.shape[3]),
    )


def explained_by_count(X: ArrayLike, y: ArrayLike, X_test: ArrayLike, y_test: ArrayLike) -> tuple[Array, list[int]]:
    """Return how much the Lasso explains with at most so many features, and the features as they join.

    Parameters
    ----------
    X, X_test : arrays of shape (n, d) and (n_test, d)
    y, y_test : arrays of shape (n,) and (n_test,)

    Returns
    -------
    explained : array of shape (d + 1,)
        R squared on the test rows, with 0 to d features: of the weakest penalty that keeps no more.
    order : list of int

    Raises
    ------
    ValueError
        If an array is not finite, or the shapes do not fit.

    Examples
    --------
    >>> explained, order = explained_by_count(*standardised("diabetes"))
    >>> explained.round(2)[[1, 2, 10]], order[:3]
    (array([0.07, 0.29, 0.49]), [2, 8, 3])
    """
    X, y, X_test, y_test = (
        checks.numbers(name, value).astype(np.float64, copy=False)
        for name, value in (("X", X), ("y", y), ("X_test", X_test), ("y_test", y_test))
    )
    _check_rows("X", X, "y", y)
    _check_rows("X_test", X_test, "y_test", y_test)
    if X_test.shape[1] != X.shape[1]:
        raise ValueError(f"X_test must have {X.shape[1]} columns, as X has, got {X_test.shape[1]}")
    centre, level = X.mean(axis=0), y.mean()
    explained, order = np.full(X.shape[1] + 1, np.nan), list[int]()
    for w in lasso_knots(X - centre, y - level)[1]:  # from strong to weak, so the last of each number stays
        joined = np.flatnonzero(w)
        explained[len(joined) :] = r_squared(w, X_test - centre, y_test - level)
        order += [int(i) for i in joined if i not in order]
    return explained, order


@dataclass(frozen=True, eq=False)
class Units:
    """What a feature's unit does to the Lasso's choice.

    Attributes
    ----------
    standardised, raw : arrays of shape (seeds, d + 1)
        R squared on the test rows with at most 0 to d features, of the rows that each seed draws.
    order_standardised, order_raw, order_rescaled : tuples of str
        The features as they join on all rows: standardised, in their own units, with one of them in another unit.
    """

    standardised: Array
    raw: Array
    order_standardised: tuple[str, ...]
    order_raw: tuple[str, ...]
    order_rescaled: tuple[str, ...]


def lasso_units(dataset: Dataset | str, seeds: Sequence[int], feature: str, factor: float, *, rows: int = 200) -> Units:
    """Follow the Lasso on features that are standardised, in their own units, and with one of them in another unit.

    Parameters
    ----------
    dataset : Dataset or str
        A regression.
    seeds : sequence of int
        Each draws its rows.
    feature : str
    factor : float, > 0
        By which the feature's values are multiplied.
    rows : int, from 2 to the dataset's
        That each seed draws.

    Returns
    -------
    Units

    Raises
    ------
    ValueError
        If there is no such feature, or an argument is out of its range.

    Examples
    --------
    >>> units = lasso_units("diabetes", [0], "bp", 0.133322)
    >>> units.order_raw.index("bp"), units.order_rescaled.index("bp")
    (1, 6)
    """
    data = _regression(dataset)
    names = tuple(data.feature_names)
    seeds = checks.several("seeds", seeds, least=1)
    for seed in seeds:
        checks.whole("seeds", seed, 0)
    column = names.index(checks.one_of("feature", feature, names))
    checks.number("factor", factor, 0, low_open=True)
    checks.whole("rows", rows, 2, len(data.x))
    X, y, X_test, y_test = standardised(data)
    raw, raw_test = _filled(data, data.x)
    unit = np.where(np.arange(len(names)) == column, factor, 1.0)
    draws = [generator(seed, "rows of the Lasso").permutation(len(X))[:rows] for seed in seeds]

    def explained(X: Array, X_test: Array) -> Array:
        return np.array([explained_by_count(X[drawn], y[drawn], X_test, y_test)[0] for drawn in draws])

    def order(X: Array, X_test: Array) -> tuple[str, ...]:
        return tuple(names[i] for i in explained_by_count(X, y, X_test, y_test)[1])

    return Units(
        standardised=explained(X, X_test),
        raw=explained(raw, raw_test),
        order_standardised=order(X, X_test),
        order_raw=order(raw, raw_test),
        order_rescaled=order(raw * unit, raw_test * unit),
    )


def _first_features(dataset: Dataset | str, features: int) -> tuple[tuple[str, ...], Array, Array, Array, Array]:
    data = as_dataset(dataset)
    checks.whole("features", features, 1, data.x.shape[1])
    X, y, X_test, y_test = standardised(data)
    return tuple(data.feature_names[:features]), X[:, :features], y, X_test[:, :features], y_test


@dataclass(frozen=True, eq=False)
class Stability:
    """How often the Lasso chooses each feature, over bootstrap samples.

    Attributes
    ----------
    l1s : tuple of float
    shuffled : array of bool of shape (features,)
        Which features are shuffled copies, that have nothing to do with the target.
    path : array of shape (strengths, features)
        The Lasso on all rows.
    frequency : array of shape (strengths, features), in [0, 1]
    """

    l1s: tuple[float, ...]
    shuffled: NDArray[np.bool_]
    path: Array
    frequency: Array

    def chosen(self, strength: int, share: float | None = None) -> NDArray[np.bool_]:
        """Return which features are chosen, shape (features,): by the Lasso on all rows, or in most bootstraps.

        strength: by its number. share: in (0, 1], of the bootstraps that have to choose a feature.
        """
        return np.asarray(self.path[strength] != 0 if share is None else self.frequency[strength] >= share)


def stability(X: Array, y: Array, l1s: Sequence[float], *, n_bootstraps: int = 100, seed: int = 0) -> Stability:
    """Choose features on bootstrap samples, beside as many that cannot matter: a shuffled copy of each.

    Parameters
    ----------
    X : array of shape (n, d)
        Standardised.
    y : array of shape (n,)
    l1s : sequence of float, each >= 0
    n_bootstraps : int, >= 1
    seed : int, >= 0
        Of the shuffling and of the samples.

    Returns
    -------
    Stability
        Of 2 d features: those of `X`, then their copies.

    Raises
    ------
    ValueError
        As `reglab.l1.bootstrap_lasso_paths`, or if `seed` is out of its range.

    References
    ----------
    N. Meinshausen and P. Buehlmann, "Stability selection", JRSS B 2010.

    Examples
    --------
    >>> X, y, _, _ = standardised("diabetes")
    >>> stable = stability(X, y, [0.3, 0.03], n_bootstraps=20)
    >>> stable.frequency.shape, stable.shuffled.sum()
    ((2, 20), np.int64(10))
    """
    checks.whole("seed", seed, 0)
    X, l1s = checks.numbers("X", X).astype(np.float64, copy=False), checks.several("l1s", l1s)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have the shape (n, d), neither of them 0, got {X.shape}")
    d = X.shape[1]
    both = np.concatenate([X, generator(seed, "shuffled features").permuted(X, axis=0)], axis=1)  # (n, 2 d)
    paths = bootstrap_lasso_paths(both, y, l1s, generator(seed, "bootstrap"), n_bootstraps)
    return Stability(
        l1s=tuple(map(float, l1s)),
        shuffled=np.arange(2 * d) >= d,
        path=lasso_path(both, y, l1s),
        frequency=selection_frequency(paths),
    )
