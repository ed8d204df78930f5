"""L1: the penalty that sets weights to exactly zero.

The penalty is l1 * sum(abs(w)). Its pull towards zero does not fade as a weight gets small, as the pull of l2 does, so a
weight that the data hold less strongly than l1 ends at zero and stays there. The objective of the linear model, the
Lasso, is

    (1/(2n)) ||y - Xw||^2 + l1 sum(abs(w))        without an intercept: centre X and y first.

Glossary: n rows, d features, A the active set (the features with a weight), s their signs, lam the present strength,
c = X'(y - Xw)/n the correlations of the features with the residual. w is the Lasso's solution at lam if and only if
c = lam * s on A, and abs(c) <= lam elsewhere.

Elsewhere
---------
* scikit-learn: `Lasso(alpha)` has our objective, alpha = l1. `ElasticNet(alpha, l1_ratio)`: l1 = alpha * l1_ratio and
  l2 = alpha * (1 - l1_ratio). `LogisticRegression(C)` sums the loss over the rows: C = 1 / (n * l1).
* Keras: `L1(x)` has the same strength, but goes by the subgradient, which leaves no exact zero.
* PyTorch has no L1 of its own; `loss + l1 * w.abs().sum()` is the subgradient again. optax: the same, unless one adds
  a proximal step.

References
----------
R. Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 1996.
M. Osborne, B. Presnell and B. Turlach, "A new approach to variable selection in least squares problems", 2000
(the homotopy); B. Efron et al., "Least angle regression", Annals of Statistics 2004.
H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B 2005.
H. Lee et al., "Efficient sparse coding algorithms", NeurIPS 2006 (the feature-sign search).
N. Meinshausen and P. Buehlmann, "Stability selection", JRSS B 2010.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    w, strength = _floating(w), _nonnegative("l1", l1)
    if strength.shape != w.shape[: strength.ndim]:
        raise ValueError(f"l1 must have the first axes of w, {w.shape}, got shape {strength.shape}")
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
    array of the shape and dtype of `w`

    Raises
    ------
    ValueError
        If a strength is negative or not finite.

    Examples
    --------
    >>> subgradient([2.0, 0.0, -0.01], l1=0.1)
    array([ 0.1,  0. , -0.1])
    """
    w = _floating(w)
    return np.multiply(np.sign(w), _nonnegative("l1", l1).astype(w.dtype))


def soft_threshold(w: ArrayLike, t: ArrayLike, out: Array | None = None) -> Array:
    """Move every weight towards zero by `t`, and those closer than `t` to exactly zero.

    It is the proximal step of L1: the minimum over v of (1/2) ||v - w||^2 + t * sum(abs(v)). In training it follows the
    optimizer's step, with t = learning_rate * l1.

    Parameters
    ----------
    w : array of any shape
    t : float or array that broadcasts with `w`, >= 0
        One threshold per model has axes of length 1 for the others of `w`.
    out : array of the shape of `w`, optional
        Where to write the result; it may be `w`.

    Returns
    -------
    array of the shape and dtype of `w`

    Raises
    ------
    ValueError
        If a threshold is negative or not finite.

    References
    ----------
    I. Daubechies, M. Defrise and C. De Mol, "An iterative thresholding algorithm for linear inverse problems", 2004.

    Examples
    --------
    >>> soft_threshold([2.0, 0.05, -0.3], 0.1)
    array([ 1.9,  0. , -0.2])
    """
    w = _floating(w)
    t = _nonnegative("t", t).astype(w.dtype)
    return np.subtract(w, np.clip(w, -t, t), out=out)  # w - w is exactly 0


def clip_at_zero(w: ArrayLike, before: ArrayLike) -> Array:
    """Set to zero each weight that a step has carried across zero.

    It repairs the subgradient step, half way: a weight already at zero feels no penalty there (the sign of 0 is 0), so
    the data's gradient pushes it out and the next step clips it again.

    Parameters
    ----------
    w : array of any shape
        The weights after the step.
    before : array of the shape of `w`
        The weights before it.

    Returns
    -------
    array of the shape and dtype of `w`

    References
    ----------
    B. Carpenter, "Lazy sparse stochastic gradient descent for regularized multinomial logistic regression", 2008.

    Examples
    --------
    >>> clip_at_zero([0.4, -0.1, 0.2], before=[0.5, 0.1, 0.0])
    array([0.4, 0. , 0.2])
    """
    w, before = _floating(w), _floating(before)
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
    n_steps : int, >= 0
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
    strength = float(_nonnegative("l1", l1))
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    n, d = X.shape
    if learning_rate is None:
        learning_rate = 1 / max(float(np.linalg.norm(X, 2)) ** 2 / n, np.finfo(float).tiny)
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be > 0, got {learning_rate}")
    path = np.zeros((n_steps + 1, d))
    for w, after in zip(path[:-1], path[1:], strict=True):
        gradient = X.T @ (X @ w - y) / n  # (d,)
        if method == "soft_threshold":
            after[:] = soft_threshold(w - learning_rate * gradient, learning_rate * strength)
        else:
            after[:] = w - learning_rate * (gradient + subgradient(w, strength))
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
    array of shape (n_strengths, d), or (n_targets, n_strengths, d)
        float64. Zeros are exact.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, or a strength is negative.

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
    l1s = _check_strengths(l1s)
    Y = y.reshape(len(y), -1)  # (n, targets)
    gram, c = X.T @ X / len(X), Y.T @ X / len(X)  # (d, d), (targets, d)
    power = np.einsum("nt,nt->t", Y, Y) / len(X)  # (targets,)
    paths, doubtful = _path(gram, c, power, l1s)
    for target, i in doubtful:
        paths[target, i] = _feature_sign_search(X, Y[:, target], l1s[i], paths[target, i])
    return paths if y.ndim == 2 else paths[0]


def _path(gram: Float64, c: Float64, power: Float64, l1s: Float64) -> tuple[Float64, list[tuple[int, int]]]:
    """Return the solutions (models, strengths, d), and which of them (model, strength) missed the optimum."""
    if not l1s.size:
        return np.zeros((len(c), 0, c.shape[1])), []
    lams, ws = _homotopy(gram, c, float(l1s.min()))
    paths = _between_knots(lams, ws, l1s)
    return paths, _missed(gram, c, power, l1s, paths)


def _homotopy(gram: Float64, c: Float64, stop: float) -> tuple[Float64, Float64]:
    """Follow the Lasso's solutions of many models at once as lam falls from where all weights are zero to `stop`.

    Between two knots the active set A and its signs s are constant, and so w moves on a straight line:
    c = lam * s on A gives the direction v = gram_AA^-1 s per unit of lam. A knot is where the correlation of a feature
    outside reaches lam (it joins) or a weight reaches zero (it drops out).

    The inverse is kept by the sweep operator: `table` starts as the Gram matrix; sweeping the features in A makes
    it -gram_AA^-1 on A, the regression coefficients of the others on A beside that, and on the diagonal of the
    others what A leaves unexplained of them, which is 0 for a dependent column.

    gram: (models, d, d) or one (d, d) for all, X'X/n. c: (models, d), X'y/n.
    Returns lam and w at the knots: (knots, models), (knots, models, d).
    """
    n_models, d = c.shape
    model = np.arange(n_models)
    table = np.array(np.broadcast_to(gram, (n_models, d, d)))
    independent = 1e-13 * np.diagonal(gram, axis1=-2, axis2=-1)
    w, s, c = np.zeros_like(c), np.zeros_like(c), c.copy()
    start = lam = np.abs(c).max(axis=1)  # (models,)
    knots = [(lam, w)]
    for _ in range(100 + 20 * d):  # far more than the knots of any sensible path
        running = lam > np.maximum(stop, 1e-13 * start)
        if not running.any():
            break
        active = s != 0

        # The direction, with one step of iterative refinement: it takes back the rounding that sweeps pile up.
        v = -_matvec(table, s) * active
        v -= _matvec(table, (s - _matvec(gram, v)) * active) * active
        a = _matvec(gram, v)  # c falls by a per unit of lam

        # How far lam may fall until each feature changes side.
        joins = np.diagonal(table, axis1=1, axis2=2) > independent
        ...
    return None
