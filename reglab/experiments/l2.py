"""What L2 and weight decay do to weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reglab import checks, l2
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.experiments.shared import Array, _regression, _two_features, cross_validated, standardised

__all__ = ["Parting", "Ridge", "Weights", "parting", "ridge", "ridge_plane", "size_of_biases", "spread_of_weights"]


@dataclass(frozen=True, eq=False)
class Weights:
    """How the kept weights of a run are spread, all layers together, without the biases.

    Attributes
    ----------
    edges : array of shape (bins + 1,)
    shares : array of shape (settings, bins)
        Of all weights, over all seeds that did not diverge, those beyond the edges too.
    rms : array of shape (settings, seeds)
        Root mean square.
    near_zero : array of shape (settings,)
        The share within a hundredth of 0.
    """

    edges: Array
    shares: Array
    rms: Array
    near_zero: Array


def spread_of_weights(run: Run, limit: float | None = 0.5, bins: int = 40) -> Weights:
    """Return the histogram of a run's weights, one for each setting.

    Parameters
    ----------
    run : Run
    limit : float, > 0, or None
        The histogram's last edge; None: the size of the largest weight, rounded up to a tenth.
    bins : int in 2 to 100000

    Returns
    -------
    Weights

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("wine", [Settings(), Settings(weight_decay=10)], Training(max_steps=200), n_train=50, seeds=2)
    >>> spread = spread_of_weights(run, limit=5)
    >>> spread.shares.shape, spread.shares.sum(axis=1).round(6).tolist()
    ((2, 40), [1.0, 1.0])
    >>> bool(spread.rms[1].max() < spread.rms[0].min())
    True
    """
    checks.instance("run", run, Run)
    if limit is not None:
        checks.number("limit", limit, 0, low_open=True)
    checks.whole("bins", bins, 2, checks.MANY)
    layers = [run.weights(layer) for layer in range(len(run.sizes) - 1)]
    w = np.concatenate([layer.reshape(*layer.shape[:2], -1) for layer in layers], axis=2)  # (settings, seeds, weights)
    if limit is None:  # NaN where a model has diverged
        limit = math.ceil(10 * float(np.max(np.abs(w), initial=0.1, where=np.isfinite(w)))) / 10
    edges = np.linspace(-limit, limit, bins + 1)
    shares = np.full((len(w), bins), np.nan)
    near_zero = np.full(len(w), np.nan)
    for setting, values in enumerate(w):
        seen = values[np.isfinite(values)]
        if seen.size:
            shares[setting] = np.histogram(seen, edges)[0] / seen.size
            near_zero[setting] = np.mean(np.abs(seen) < 0.01)
    return Weights(edges, shares, np.sqrt(np.mean(w.astype(np.float64) ** 2, axis=2)), near_zero)


def size_of_biases(run: Run, layer: int = 0) -> Array:
    """Return how large a layer's kept biases are: the mean of abs(b).

    Parameters
    ----------
    run : Run
    layer : int
        Counted from 0, or back from -1.

    Returns
    -------
    array of shape (settings,)
        Over all seeds that did not diverge; NaN where none is left.

    Raises
    ------
    ValueError
        If there is no such layer.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("wine", [Settings()], Training(max_steps=50, eval_steps=2), n_train=50, seeds=2)
    >>> size_of_biases(run).shape, bool(0 < size_of_biases(run)[0] < 1)
    ((1,), True)
    """
    checks.instance("run", run, Run)
    sizes = np.abs(run.biases(layer)).astype(np.float64)  # (settings, seeds, units)
    seen = np.isfinite(sizes)
    total, count = np.sum(sizes, axis=(1, 2), where=seen), np.sum(seen, axis=(1, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True, eq=False)
class Ridge:
    """The ridge path of a regression dataset, and what its solutions come to.

    Attributes
    ----------
    names : tuple of str
        Of the features.
    l2s : array of shape (strengths,)
    path : array of shape (strengths, d)
    norms : array of shape (strengths,)
    degrees : array of shape (strengths,)
        The degrees of freedom that are used.
    test_loss : array of shape (strengths,)
        Half the mean squared error on the test rows.
    chosen : int
        The strength that cross-validation on the training rows chooses, by its number.
    n_train, n_test : int
    """

    names: tuple[str, ...]
    l2s: Array
    path: Array
    norms: Array
    degrees: Array
    test_loss: Array
    chosen: int
    n_train: int
    n_test: int


def ridge(dataset: Dataset | str, l2s: ArrayLike) -> Ridge:
    """Return the ridge path of a standardised regression dataset, measured on its test rows.

    Parameters
    ----------
    dataset : Dataset or str
        A regression.
    l2s : array of shape (strengths,), >= 0

    Returns
    -------
    Ridge

    Raises
    ------
    ValueError
        If it is no dataset of a regression, or a strength is negative.

    Examples
    --------
    >>> solved = ridge("diabetes", [0.0, 0.02])
    >>> solved.norms.round(3), solved.degrees.round(1), solved.test_loss.round(4)
    (array([0.575, 0.533]), array([10. ,  8.9]), array([0.2679, 0.2695]))
    """
    data = _regression(dataset)
    l2s = checks.numbers("l2s", l2s, 0).astype(np.float64, copy=False)
    if l2s.ndim != 1 or not l2s.size:
        raise ValueError(f"l2s must be a 1-D array of at least one strength, got shape {l2s.shape}")
    X, y, X_test, y_test = standardised(data)
    path = l2.ridge_path(X, y, l2s)  # (strengths, d)
    return Ridge(
        names=tuple(data.feature_names),
        l2s=l2s,
        path=path,
        norms=np.linalg.norm(path, axis=1),
        degrees=l2.effective_degrees_of_freedom(X, l2s),
        test_loss=np.mean((path @ X_test.T - y_test) ** 2, axis=1) / 2,
        chosen=int(cross_validated(X, y, lambda X, y: l2.ridge_path(X, y, l2s)).argmin()),
        n_train=len(y),
        n_test=len(y_test),
    )


def ridge_plane(
    dataset: Dataset | str,
    features: Sequence[str],
    l2s: ArrayLike,
    n_contours: int = 6,
    points: int = 97,
    *,
    centre: Sequence[float] = (),
) -> l2.Geometry:
    """Return the plane of two coefficients of a standardised dataset, fitted from those two alone.

    Parameters
    ----------
    dataset : Dataset or str
        Labels are taken as numbers.
    features : two names of its features
    l2s, n_contours, points
        As `reglab.l2.geometry` takes them.
    centre : two floats, or none
        Where the least-squares solution is moved to, and the lines of equal loss with it; by default that of the data.

    Returns
    -------
    reglab.l2.Geometry

    Raises
    ------
    ValueError
        If there is no such feature, or an argument is out of its range.

    Examples
    --------
    >>> ridge_plane("diabetes", ("bmi", "s5"), [0.0, 0.5]).path.round(2)
    array([[0.42, 0.36],
           [0.31, 0.27]])
    """
    X, y = _two_features(dataset, features, centre)
    return l2.geometry(X, y, l2s, n_contours, points)


@dataclass(frozen=True, eq=False)
class Parting:
    """How far the weights of a coupled penalty and of decoupled decay part.

    Attributes
    ----------
    optimizers : tuple of str
    strengths : array of shape (strengths,)
    apart : array of shape (optimizers, steps + 1, strengths)
        The largest difference of a weight after every step.
    """

    optimizers: tuple[str, ...]
    strengths: Array
    apart: Array

    def largest(self, optimizer: str) -> Array:
        """Return the largest difference over all steps, shape (strengths,)."""
        number = self.optimizers.index(checks.one_of("optimizer", optimizer, self.optimizers))
        return np.asarray(self.apart[number].max(axis=0))

    def agrees(self, optimizer: str) -> Array:
        """Return at which strengths the two stay the same but for rounding, shape (strengths,) of bool."""
        return np.asarray(self.largest(optimizer) < 1e-9)


def parting(
    dataset: Dataset | str,
    strengths: ArrayLike,
    optimizers: Sequence[str] = ("adam", "momentum", "sgd"),
    *,
    learning_rate: float = 0.01,
    steps: int = 200,
) -> Parting:
    """Train a linear regression with a coupled penalty and with decoupled decay, and measure how far the two part.

    Parameters
    ----------
    dataset : Dataset or str
        A regression, which is standardised; all weights begin at 0.
    strengths : array of shape (strengths,), >= 0
    optimizers : sequence of str
    learning_rate : float, >= 0
    steps : int in 0 to 100000
        The last three as `reglab.l2.coupled_and_decoupled` takes them.

    Returns
    -------
    Parting

    Raises
    ------
    ValueError
        If it is no dataset of a regression, or an argument is out of its range.

    Examples
    --------
    >>> parted = parting("diabetes", [0.0, 0.1], ["sgd", "adam"], learning_rate=0.1)
    >>> bool(parted.largest("sgd")[1] < 1e-12), bool(parted.largest("adam")[1] > 0.01), parted.largest("adam")[0]
    (True, True, np.float64(0.0))
    """
    X, y, _, _ = standardised(_regression(dataset))
    levels = checks.numbers("strengths", strengths, 0).astype(np.float64, copy=False)
    if levels.ndim != 1:
        raise ValueError(f"strengths must be a 1-D array, got shape {levels.shape}")
    names = checks.several("optimizers", optimizers, least=1)
    gradient = l2.least_squares_gradient(X, y)
    start = np.zeros((len(levels), X.shape[1]))
    apart = []
    for name in names:
        both = l2.coupled_and_decoupled(
            start, gradient, name, levels[:, None], learning_rate=learning_rate, steps=steps
        )
        apart.append(np.abs(both[0] - both[1]).max(axis=2))  # (steps + 1, strengths)
    return Parting(tuple(names), levels, np.stack(apart))
