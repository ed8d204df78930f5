"""L1: the penalty that sets weights to exactly zero.

The penalty is l1 * sum(abs(w)). Its pull towards zero is the same for a small weight as for a large one, where that of
l2 fades; so a weight that the data hold less strongly than l1 ends at zero, exactly, and stays there. In training, a
soft threshold follows the optimizer's step. For a linear model, the Lasso, this module has the exact solution at every
strength. Its objective, without an intercept (centre X and y first), is

    (1/(2n)) ||y - Xw||^2 + l1 sum(abs(w))

Glossary: n rows, d features, c = X'(y - Xw)/n the correlations of the features with the residual. w is the solution if
and only if c = l1 sign(w) where a weight is not zero, and abs(c) <= l1 where it is.

Elsewhere
---------
* scikit-learn: `Lasso(alpha)` has our objective, alpha = l1. `ElasticNet(alpha, l1_ratio)`: l1 = alpha * l1_ratio and
  l2 = alpha * (1 - l1_ratio). `LogisticRegression(C)` sums the loss over the rows: C = 1 / (n * l1).
* Keras: `L1(x)` has the same strength, but goes by the subgradient, which leaves no exact zero.
* PyTorch has no L1 of its own; `loss + l1 * w.abs().sum()` is the subgradient again.

References
----------
R. Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 1996.
H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B 2005.
N. Meinshausen and P. Buehlmann, "Stability selection", JRSS B 2010.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.solvers import homotopy

__all__ = [
    "METHODS",
    "bootstrap_lasso_paths",
    "clip_at_zero",
    "descend",
    "duality_gap",
    "elastic_net_path",
    "lasso_knots",
    "lasso_path",
    "penalty",
    "selection_frequency",
    "soft_threshold",
    "subgradient",
]

Array = NDArray[Any]
Float64 = NDArray[np.float64]

METHODS = ("soft_threshold", "subgradient", "clipping")


def penalty(w: ArrayLike, l1: ArrayLike) -> Any:
    """Return the L1 penalty, l1 * sum(abs(w)).

    Parameters
    ----------
    w : array of any shape
        The weights, without the biases.
    l1 : float or array, >= 0
        The strength; 0 is off. An array gives one strength per model: its axes are the first axes of `w`.

    Returns
    -------
    float, or an array of the shape of `l1`

    Raises
    ------
    ValueError
        If a strength is negative or not finite, or its shape is not the beginning of the shape of `w`.

    Examples
    --------
    >>> penalty([3.0, -4.0], l1=0.1)
    0.7000000000000001
    >>> penalty([[3.0, -4.0], [3.0, -4.0]], l1=[0.0, 0.5])  # two models
    array([0. , 3.5])
    """
    w, strength = checks.numbers("w", w, finite=False), _nonnegative("l1", l1)
    if strength.shape != w.shape[: strength.ndim]:
        raise ValueError(f"l1 must have the first axes of w, {w.shape}, got shape {strength.shape}")
    return _penalty(w, strength)


def _penalty(w: Array, l1: Array) -> Any:
    """Return the penalty of `penalty`: what training adds to its objective."""
    strength = l1.astype(np.float64)
    total = strength * np.abs(w).sum(axis=tuple(range(strength.ndim, w.ndim)))
    return float(total) if total.ndim == 0 else total.astype(w.dtype, copy=False)


def subgradient(w: ArrayLike, l1: ArrayLike) -> Array:
    """Return l1 * sign(w): the slope of the penalty, and 0 where a weight is 0.

    Descent along it never rests at zero: it steps across and back again.

    Parameters
    ----------
    w : array of any shape
    l1 : float or array that broadcasts with `w`, >= 0

    Returns
    -------
    array of the shape and dtype of `w`; whole numbers become floats

    Raises
    ------
    ValueError
        If a strength is negative or not finite, or does not broadcast.

    Examples
    --------
    >>> subgradient([2.0, 0.0, -0.01], l1=0.1)
    array([ 0.1,  0. , -0.1])
    """
    w, strength = checks.numbers("w", w, finite=False), _nonnegative("l1", l1)
    checks.fits("l1", strength.shape, "w", w.shape)
    return _subgradient(w, strength)


def _subgradient(w: Array, l1: Array) -> Array:
    """Return the slope of `subgradient`."""
    slope: Array = np.sign(w) * l1.astype(w.dtype)
    return slope


def soft_threshold(w: ArrayLike, t: ArrayLike, out: Array | None = None) -> Array:
    """Move every weight towards zero by `t`, and those closer than `t` to exactly zero.

    It is the proximal step of L1: the minimum over v of (1/2) ||v - w||^2 + t * sum(abs(v)). In training it follows the
    optimizer's step, with t = learning_rate * l1.

    Parameters
    ----------
    w : array of any shape
    t : float or array that broadcasts with `w`, >= 0
        One threshold per model has axes of length 1 for the others of `w`.
    out : array of the shape and dtype of `w`, optional
        Where to write the result; it may be `w`.

    Returns
    -------
    array of the shape and dtype of `w`; whole numbers become floats

    Raises
    ------
    ValueError
        If a threshold is negative or not finite, or a shape does not fit.

    References
    ----------
    I. Daubechies, M. Defrise and C. De Mol, "An iterative thresholding algorithm for linear inverse problems", 2004.

    Examples
    --------
    >>> soft_threshold([2.0, 0.05, -0.3], 0.1)
    array([ 1.9,  0. , -0.2])
    """
    w, t = checks.numbers("w", w, finite=False), _nonnegative("t", t)
    if checks.fits("t", t.shape, "w", w.shape) != w.shape:
        raise ValueError(f"t must broadcast to the shape of w, {w.shape}, got the shape {t.shape}")
    return _soft_threshold(w, t, checks.out("out", out, "w", w))


def _soft_threshold(w: Array, t: Array, out: Array | None = None) -> Array:
    """Return the weights of `soft_threshold`: what training does after its step."""
    t = t.astype(w.dtype)
    result: Array = np.subtract(w, np.clip(w, -t, t), out=out)  # w - w is exactly 0
    return result


def clip_at_zero(w: ArrayLike, before: ArrayLike) -> Array:
    """Set to zero each weight that a step has carried across zero.

    After a subgradient step it makes exact zeros, which do not last: a weight at zero feels no penalty (the sign of 0
    is 0), so the data's gradient pushes it out, and a later step clips it again.

    Parameters
    ----------
    w : array of any shape
        The weights after the step.
    before : array of the shape of `w`
        The weights before it.

    Returns
    -------
    array of the shape and dtype of `w`

    Raises
    ------
    ValueError
        If the two have different shapes.

    References
    ----------
    G. Andrew and J. Gao, "Scalable training of L1-regularized log-linear models", ICML 2007, clip in this way, and keep
    a weight at zero as long as abs(c) <= l1.

    Examples
    --------
    >>> clip_at_zero([0.4, -0.1, 0.2], before=[0.5, 0.1, 0.0])
    array([0.4, 0. , 0.2])
    """
    w, before = checks.numbers("w", w, finite=False), checks.numbers("before", before, finite=False)
    if w.shape != before.shape:
        raise ValueError(f"before must have the shape of w, {w.shape}, got {before.shape}")
    return np.where(w * before < 0, w.dtype.type(0), w)


def descend(
    X: ArrayLike,
    y: ArrayLike,
    l1: float,
    method: str = "soft_threshold",
    *,
    n_steps: int = 200,
    learning_rate: float | None = None,
) -> Float64:
    """Descend to the Lasso's solution from zero weights, in one of three ways, and keep every step.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,)
    l1 : float, >= 0
    method : "soft_threshold", "subgradient" or "clipping"
        What is done about the penalty at each step of gradient descent. Only the first ends with the Lasso's own zeros.
    n_steps : int in 0 to 100000
    learning_rate : float, > 0, optional
        By default 1 / (largest eigenvalue of X'X/n), at which soft thresholding never raises the objective.

    Returns
    -------
    array of shape (n_steps + 1, d)
        The weights before the first step and after each.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, or a number is out of its range.

    Examples
    --------
    >>> X, y = [[1.0, 0.0], [0.0, 1.0]], [2.0, 0.1]
    >>> descend(X, y, l1=0.1, n_steps=50)[-1]
    array([1.8, 0. ])
    """
    X, y = _check_data(X, y)
    _check_one_target(y)
    strength = _check_strength("l1", l1)
    checks.one_of("method", method, METHODS)
    n, d = X.shape
    n_steps = checks.whole("n_steps", n_steps, 0, checks.MANY)
    checks.room(n_steps=n_steps, d=d)
    if learning_rate is None:
        learning_rate = 1 / max(float(np.linalg.norm(X, 2)) ** 2 / n, np.finfo(float).tiny)
    if not 0 < checks.number("learning_rate", learning_rate) < np.inf:
        raise ValueError(f"learning_rate must be above 0 and finite, got {learning_rate}")
    path = np.zeros((n_steps + 1, d))
    for w, after in pairwise(path):
        gradient = X.T @ (X @ w - y) / n  # (d,)
        if method == "soft_threshold":
            after[:] = _soft_threshold(w - learning_rate * gradient, np.asarray(learning_rate * strength))
        else:
            after[:] = w - learning_rate * (gradient + _subgradient(w, np.asarray(strength)))
            if method == "clipping":
                after[:] = clip_at_zero(after, w)
    return path


def lasso_path(X: ArrayLike, y: ArrayLike, l1s: ArrayLike) -> Float64:
    """Return the Lasso's exact solution at each of the strengths.

    Parameters
    ----------
    X : array of shape (n, d)
        Centred (there is no intercept) and, since one strength serves all features, standardised.
    y : array of shape (n,) or (n, n_targets)
        With several targets each has its own Lasso; all are followed at once.
    l1s : array of shape (n_strengths,), >= 0
        In any order.

    Returns
    -------
    array of shape (n_strengths, d), or (n_strengths, d, n_targets) as of `reglab.l2.ridge_path`
        float64. Zeros are exact.

    Raises
    ------
    ValueError
        If an array has the wrong shape, it or the sum of its squares is not finite, or a strength is negative.

    Notes
    -----
    Where columns are linearly dependent the solution is not unique; this is one of them (of two equal columns the first
    carries the weight). The memory is of order d^2 per target.

    Examples
    --------
    >>> X, y = [[1.0, 0.0], [0.0, 1.0]], [2.0, 0.4]
    >>> lasso_path(X, y, [1.0, 0.5, 0.1, 0.0])
    array([[0. , 0. ],
           [1. , 0. ],
           [1.8, 0.2],
           [2. , 0.4]])
    """
    X, y = _check_data(X, y)
    return _path(X, y, _check_strengths("l1s", l1s), l2=0.0)


def elastic_net_path(X: ArrayLike, y: ArrayLike, l1s: ArrayLike, l2: float) -> Float64:
    """Return the exact solution with both penalties, l1 * sum(abs(w)) + (l2/2) sum(w^2), at each strength of L1.

    Of features that say the same, L1 alone keeps one; with `l2` they share the weight.

    Parameters
    ----------
    X : array of shape (n, d)
        Centred (there is no intercept) and standardised.
    y : array of shape (n,) or (n, n_targets)
    l1s : array of shape (n_strengths,), >= 0
        In any order.
    l2 : float, >= 0

    Returns
    -------
    array of shape (n_strengths, d), or (n_strengths, d, n_targets)
        float64. Zeros are exact.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, or a strength is negative.

    Notes
    -----
    It is the Lasso whose Gram matrix X'X/n has `l2` added to its diagonal: the same path follows it.
    scikit-learn's `enet_path(l1_ratio=ratio)` moves both strengths: l1 = alpha * ratio, l2 = alpha * (1 - ratio).

    Examples
    --------
    >>> X, y = [[1.0, 1.0], [-1.0, -1.0]], [1.0, -1.0]  # twice the same feature
    >>> elastic_net_path(X, y, [0.1], l2=0.0)
    array([[0.9, 0. ]])
    >>> elastic_net_path(X, y, [0.1], l2=0.25)
    array([[0.4, 0.4]])
    """
    X, y = _check_data(X, y)
    return _path(X, y, _check_strengths("l1s", l1s), _check_strength("l2", l2))


def lasso_knots(X: ArrayLike, y: ArrayLike) -> tuple[Float64, Float64]:
    """Return the strengths at which the Lasso's active set changes, and the solutions there.

    Between two of them the solution is a straight line: this is the whole path.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,)

    Returns
    -------
    l1s : array of shape (n_knots,)
        Falling from the smallest strength at which all weights are zero, to 0.
    w : array of shape (n_knots, d)

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite.

    Notes
    -----
    Where columns nearly agree, to a part in ten thousand or closer, rounding may shift or hide a knot; the solutions
    at those returned are still right.

    Examples
    --------
    >>> l1s, w = lasso_knots([[1.0, 0.0], [0.0, 1.0]], [2.0, 0.4])
    >>> l1s
    array([1. , 0.2, 0. ])
    >>> w
    array([[0. , 0. ],
           [1.6, 0. ],
           [2. , 0.4]])
    """
    X, y = _check_data(X, y)
    _check_one_target(y)
    lams, _ = homotopy.knots(*_moments(X, y[:, None], l2=0.0), stop=0.0)
    l1s = lams[:, 0]
    l1s = l1s[np.append(True, l1s[1:] < l1s[:-1] * (1 - 1e-12))]  # features that tie join at one knot
    return l1s, _path(X, y, l1s, l2=0.0)


def bootstrap_lasso_paths(
    X: ArrayLike, y: ArrayLike, l1s: ArrayLike, rng: np.random.Generator, n_bootstraps: int = 100
) -> Float64:
    """Return the Lasso's paths on bootstrap samples: n rows drawn with replacement, many times.

    Parameters
    ----------
    X : array of shape (n, d)
        Centred and standardised; the samples are not centred anew.
    y : array of shape (n,)
    l1s : array of shape (n_strengths,), >= 0
    rng : numpy.random.Generator
    n_bootstraps : int, >= 1

    Returns
    -------
    array of shape (n_bootstraps, n_strengths, d)

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, a strength is negative, or `n_bootstraps` is below 1.

    Notes
    -----
    All samples are followed in lockstep, as the models of one homotopy.

    References
    ----------
    F. Bach, "Bolasso: model consistent Lasso estimation through the bootstrap", ICML 2008.

    Examples
    --------
    >>> X, y = [[1.0, 0.1], [-1.0, 0.2], [0.5, -0.3]], [2.0, -2.0, 1.1]
    >>> bootstrap_lasso_paths(X, y, [0.5, 0.1], np.random.default_rng(0), n_bootstraps=20).shape
    (20, 2, 2)
    """
    X, y = _check_data(X, y)
    _check_one_target(y)
    l1s = _check_strengths("l1s", l1s)
    checks.stream("rng", rng)
    n, d = X.shape
    n_bootstraps = checks.whole("n_bootstraps", n_bootstraps, 1, checks.MANY)
    checks.room(n_bootstraps=n_bootstraps, numbers_each=n + d * d + len(l1s) * d)
    rows = rng.integers(n, size=(n_bootstraps, n))
    first = n * np.arange(n_bootstraps)[:, None]
    counts = np.bincount((first + rows).ravel(), minlength=n_bootstraps * n).reshape(n_bootstraps, n) / n

    # Each sample's moments are those of X and y, every row weighted by how often it was drawn.
    features = np.ascontiguousarray(X.T)
    gram = np.array([features * weights @ X for weights in counts])  # (samples, d, d)
    paths, missed = homotopy.solve(gram, (counts * y) @ X, counts @ y**2, l1s)
    for sample, i in missed:
        draw = rows[sample]
        paths[sample, i] = homotopy.feature_sign_search(X[draw], y[draw], l1s[i], paths[sample, i])
    return paths


def selection_frequency(paths: ArrayLike) -> Float64:
    """Return how often each feature has a weight, at each strength: the stability paths.

    A feature that the data support is chosen in most samples over a wide range of strengths; one that is chosen by
    chance comes and goes.

    Parameters
    ----------
    paths : array of shape (n_bootstraps, n_strengths, d)
        What `bootstrap_lasso_paths` returned.

    Returns
    -------
    array of shape (n_strengths, d), in [0, 1]

    Raises
    ------
    ValueError
        If `paths` does not have three axes.

    Notes
    -----
    Meinshausen and Buehlmann draw half of the rows without replacement, and call a feature stable if the largest of its
    frequencies passes a threshold of .6 to .9.

    Examples
    --------
    >>> selection_frequency([[[0.5, 0.0]], [[0.4, -0.1]]])
    array([[1. , 0.5]])
    """
    paths = checks.numbers("paths", paths)
    if paths.ndim != 3 or not len(paths):
        raise ValueError(f"paths must have shape (n_bootstraps, n_strengths, d), got {paths.shape}")
    frequency: Float64 = (paths != 0).mean(axis=0)
    return frequency


def duality_gap(X: ArrayLike, y: ArrayLike, w: ArrayLike, l1: ArrayLike) -> Any:
    """Return a bound on how far the Lasso's objective at `w` is above its minimum, which need not be known.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,)
    w : array of shape (d,) or (n_strengths, d)
    l1 : float, or array of shape (n_strengths,), >= 0

    Returns
    -------
    float, or array of shape (n_strengths,)
        0 only at the solution. At l1 = 0 it says nothing: it is half the mean squared error.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, or a strength is negative.

    Notes
    -----
    Any theta with abs(X'theta)/n <= l1 gives the lower bound (||y||^2 - ||y - theta||^2) / (2n); here theta is the
    residual, scaled down until it satisfies that.

    References
    ----------
    S.-J. Kim et al., "An interior-point method for large-scale l1-regularized least squares", 2007.

    Examples
    --------
    >>> X, y = [[1.0, 0.0], [0.0, 1.0]], [2.0, 0.4]
    >>> duality_gap(X, y, [1.8, 0.2], l1=0.1) < 1e-15
    True
    >>> duality_gap(X, y, [1.7, 0.3], l1=0.1) > 0.001
    True
    """
    X, y = _check_data(X, y)
    _check_one_target(y)
    w, strength = checks.numbers("w", w).astype(np.float64, copy=False), _nonnegative("l1", l1)
    if w.shape != (*strength.shape, X.shape[1]):
        raise ValueError(f"w must have shape {(*strength.shape, X.shape[1])}, as l1 and X have it, got {w.shape}")
    residual = y - w @ X.T  # (n_strengths, n)
    c = residual @ X / len(y)  # (n_strengths, d)
    steepest = np.abs(c).max(axis=-1)
    scale = np.minimum(1, strength / np.where(steepest > 0, steepest, 1))
    scale = np.where(steepest > 0, scale, 1)
    # The objective less the bound, in a form without cancellation.
    gap = (1 - scale) ** 2 * np.vecdot(residual, residual) / (2 * len(y))
    gap = gap + strength * np.abs(w).sum(axis=-1) - scale * np.vecdot(w, c)
    gap = np.maximum(gap, 0)  # rounding
    return float(gap) if gap.ndim == 0 else gap


def _path(X: Float64, y: Float64, l1s: Float64, l2: float) -> Float64:
    """Return the solutions: (strengths, d), or (strengths, d, targets)."""
    Y = y.reshape(len(y), -1)  # (n, targets)
    paths, missed = homotopy.solve(*_moments(X, Y, l2), l1s)  # (targets, strengths, d)
    if missed and l2:  # the ridge as d more rows, each of which says that a weight is zero
        X = np.concatenate([X, np.sqrt(len(X) * l2) * np.eye(X.shape[1])])
        Y = np.concatenate([Y, np.zeros((X.shape[1], Y.shape[1]))])
    for target, i in missed:
        paths[target, i] = homotopy.feature_sign_search(X, Y[:, target], l1s[i], paths[target, i], n=len(y))
    return np.ascontiguousarray(np.moveaxis(paths, 0, -1)) if y.ndim == 2 else paths[0]


def _moments(X: Float64, Y: Float64, l2: float) -> tuple[Float64, Float64, Float64]:
    """Return X'X/n + l2 I (d, d), X'y/n (targets, d) and y'y/n (targets,): all that the path depends on."""
    n, d = X.shape
    return X.T @ X / n + l2 * np.eye(d), Y.T @ X / n, np.vecdot(Y.T, Y.T) / n


def _check_data(X: ArrayLike, y: ArrayLike) -> tuple[Float64, Float64]:
    X, y = (checks.numbers(name, a, finite=False).astype(np.float64, copy=False) for name, a in (("X", X), ("y", y)))
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have shape (n, d), neither of them 0, got {X.shape}")
    if y.ndim not in (1, 2) or len(y) != len(X):
        raise ValueError(f"y must have shape ({len(X)},) or ({len(X)}, n_targets), as X has rows, got {y.shape}")
    for name, array in (("X", X), ("y", y)):
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return checks.squares("X", X), checks.squares("y", y)


def _check_one_target(y: Float64) -> None:
    if y.ndim != 1:
        raise ValueError(f"y must have shape (n,), got {y.shape}")


def _check_strengths(name: str, strengths: ArrayLike) -> Float64:
    array = _nonnegative(name, strengths)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a 1-D array, got shape {array.shape}")
    return array


def _check_strength(name: str, strength: ArrayLike) -> float:
    number = _nonnegative(name, strength)
    if number.ndim:
        raise ValueError(f"{name} must be one number, got shape {number.shape}")
    return float(number)


def _nonnegative(name: str, value: ArrayLike) -> Float64:
    strength = checks.numbers(name, value, finite=False).astype(np.float64, copy=False)
    if strength.size and not (strength.min() >= 0 and strength.max() < np.inf):  # NaN is refused too
        wrong = strength[~((strength >= 0) & (strength < np.inf))].flat[0]
        raise ValueError(f"{name} must be at least 0 and finite, got {wrong:g}")
    return strength
