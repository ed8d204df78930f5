"""The Lasso's path, followed exactly: the solver behind `reglab.l1`.

As the strength of the penalty falls, the Lasso's solution moves in straight lines between knots, at which a feature
joins or drops out (`knots`). Many models that have the same number of features, such as targets or bootstrap samples,
go in step: the first axis of every array is the model. All they need of the data is its moments: X'X/n, X'y/n, y'y/n.
Where columns nearly agree, the rounding of those is felt: such points are noticed, and solved again on X itself
(`feature_sign_search`).

Glossary: n rows, d features, lam the present strength, w the weights, A the active set (features with a weight), s
their signs, c = X'(y - Xw)/n the correlations of the features with the residual. w is the solution at lam if and only
if c = lam s on A, and abs(c) <= lam elsewhere.

References
----------
M. Osborne, B. Presnell and B. Turlach, "A new approach to variable selection in least squares problems", IMA J.
Numerical Analysis 2000. B. Efron et al., "Least angle regression", Annals of Statistics 2004.
J. Goodnight, "A tutorial on the SWEEP operator", The American Statistician 1979.
H. Lee et al., "Efficient sparse coding algorithms", NeurIPS 2006 (the feature-sign search).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["feature_sign_search", "knots", "solve"]

Float64 = NDArray[np.float64]

BLOCK = 2**16  # elements of the tables that are worked on at once
ROUNDING = 1e-13  # what products of numbers of about 1 may be off by
TINY = 1e-300  # instead of 0 where it divides


def solve(gram: Float64, c: Float64, power: Float64, l1s: Float64) -> tuple[Float64, list[tuple[int, int]]]:
    """Return the Lasso's solutions for all models at all strengths, and where they missed the optimum.

    Parameters
    ----------
    gram : array of shape (n_models, d, d), or (d, d) for all models
        X'X/n.
    c : array of shape (n_models, d)
        X'y/n.
    power : array of shape (n_models,)
        y'y/n.
    l1s : array of shape (n_strengths,), >= 0

    Returns
    -------
    paths : array of shape (n_models, n_strengths, d)
    missed : list of (model, strength)
        The indices of the solutions that want `feature_sign_search`.

    Examples
    --------
    >>> paths, missed = solve(np.eye(2), np.array([[1.0, -0.2]]), np.array([2.0]), np.array([0.5, 0.1]))
    >>> paths
    array([[[ 0.5,  0. ],
            [ 0.9, -0.1]]])
    >>> missed
    []
    """
    (n_models, d), missed = c.shape, []
    paths = np.zeros((n_models, len(l1s), d))
    size = BLOCK // (d * max(d, len(l1s))) + 1  # as many models at once as fit the cache
    for i in range(0, n_models if len(l1s) else 0, size):
        block = slice(i, i + size)
        moments = gram if gram.ndim == 2 else gram[block], c[block], power[block]
        paths[block] = _between_knots(*knots(*moments, float(l1s.min())), l1s)
        missed += [(i + model, strength) for model, strength in _missed(*moments, l1s, paths[block])]
    return paths, missed


def knots(gram: Float64, c: Float64, power: Float64, stop: float) -> tuple[Float64, Float64]:
    """Follow the solutions of all models as lam falls from where the weights are zero, to `stop`.

    As long as the active set A and the signs s do not change, c = lam s on A, so w moves in a straight line, and would
    reach the least-squares fit of A at lam = 0. It goes that way until a feature hits a wall: the correlation of one
    outside A reaches lam (it joins A), or the weight of one in A reaches zero (it drops out). That is a knot.

    The least-squares fits come from the sweep operator. `table` begins as the Gram matrix of the features and y.
    Sweeping A in it leaves -gram_AA^-1 on A; in y's row the fit's weights on A and its residual's correlations
    outside; and on the diagonal what A leaves unexplained of each feature: 0 for one that depends on A linearly, which
    stays out as long as that is so. A knot is one sweep, and dropping out undoes it.

    Parameters
    ----------
    gram, c, power
        As in `solve`.
    stop : float, >= 0

    Returns
    -------
    lam : array of shape (n_knots, n_models)
        Falling. A model that has come to its end repeats it.
    w : array of shape (n_knots, n_models, d)

    Examples
    --------
    >>> lam, w = knots(np.eye(2), np.array([[1.0, -0.2]]), np.array([2.0]), stop=0.0)
    >>> lam[:, 0]
    array([1. , 1. , 0.2, 0. ])
    """
    n_models, d = c.shape
    model = np.arange(n_models)
    table = np.empty((n_models, d + 1, d + 1))
    table[:, :d, :d], table[:, d, :d], table[:, :d, d], table[:, d, d] = gram, c, c, power
    goal = table[:, d, :d]  # (models, d) where w (on A) and c (outside) are heading: a view, which sweeps keep current
    unexplained = np.diagonal(table, axis1=1, axis2=2)[:, :d]  # a view, too
    least = ROUNDING * unexplained  # dependent but for rounding
    change = np.empty_like(table)

    here = c.copy()  # (models, d): w on A, c outside
    s = np.zeros_like(c)  # signs on A, 0 outside
    active = s != 0
    lam = np.abs(c).max(axis=1)  # (models,)
    stop_at = np.minimum(stop, lam)
    last = np.maximum(stop, ROUNDING * lam)  # below, only rounding would move
    turns = [(lam, np.zeros_like(c))]
    in_turn = ROUNDING * np.arange(d)  # of equal columns the first, though their products may differ in the last bits
    for _ in range(100 + 20 * d):  # more than any sensible path has; what is left is then found by _missed
        # Which share of the way to its goal is each feature free to go, and which one hits a wall first?
        side = np.where(active, -s, np.sign(goal))  # the wall ahead: zero for a weight, lam or -lam for a correlation
        room = np.maximum(np.where(active, 0, lam[:, None]) - side * here, TINY)
        share = room / (room + np.maximum(side * goal, 0))
        share = np.where(active | (unexplained > least), share, 1)
        j = (share + in_turn).argmin(axis=1)
        first = share[model, j]

        # Go there, or to the end.
        left = lam * (1 - first)
        goes_on = left > last
        left = np.where(goes_on, left, stop_at)
        here += (1 - left / np.maximum(lam, TINY))[:, None] * (goal - here)
        lam = left
        m = goes_on.nonzero()[0]
        k = j[m]  # feature k[i] of model m[i] joins or drops out; all others stay
        old = s[m, k]
        joins = old == 0
        s[m, k], here[m, k] = joins * side[m, k], lam[m] * old
        active = s != 0
        turns.append((lam, here * active))
        if not m.size:
            break

        # Sweep feature j in or out.
        row = table[model, j]  # (models, d + 1)
        pivot = np.where(goes_on, row[model, j], np.inf)
        scaled = row / pivot[:, None]
        table -= np.einsum("mi,mj->mij", row, scaled, out=change)
        table[m, k] = table[m, :, k] = scaled[m] * np.where(joins, 1, -1)[:, None]
        table[m, k, k] = -1 / pivot[m]
    return np.array([lam for lam, _ in turns]), np.array([w for _, w in turns])


def _between_knots(lams: Float64, ws: Float64, l1s: Float64) -> Float64:
    """Interpolate between knots, lams (knots, models) and ws (knots, models, d): (models, strengths, d)."""
    model = np.arange(lams.shape[1])[:, None]
    above = np.maximum((lams[:, :, None] >= l1s).sum(axis=0) - 1, 0)  # (models, strengths) the knot before
    below = np.minimum(above + 1, len(lams) - 1)
    width = lams[above, model] - lams[below, model]
    share = (lams[above, model] - l1s) / np.where(width > 0, width, 1)  # w is 0 at the first two knots, and above
    w: Float64 = ws[above, model]
    w += share[:, :, None] * (ws[below, model] - w)
    return w


def _missed(gram: Float64, c: Float64, power: Float64, l1s: Float64, paths: Float64) -> list[tuple[int, int]]:
    """Return the (model, strength) whose objective may be above the minimum by over 1e-10 of that of zero weights."""
    c = c[:, None, :] - paths @ gram  # (models, strengths, d)
    lam = l1s[:, None]
    slope = np.where(paths != 0, np.abs(c - lam * np.sign(paths)), np.maximum(np.abs(c) - lam, 0)).max(axis=2)
    # A convex function is above its minimum by at most slope times distance; the distance is about the weights' size,
    # or, where they are all zero, that of the weight which one feature could need.
    size = 2 * np.abs(paths).sum(axis=2)
    null = power[:, None] / 2
    reach = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1).max() * power)[:, None]  # no correlation can be larger
    misses = ~(slope * (size * reach + null) <= 1e-10 * null * reach)
    return [(int(model), int(strength)) for model, strength in np.argwhere(misses)]


def feature_sign_search(X: Float64, y: Float64, l1: float, w: Float64, n: int | None = None) -> Float64:
    """Return the exact solution from weights `w` nearby: slow, and sure where columns nearly agree.

    With the signs s held fixed the objective is a parabola over A. Go to its minimum, but stop where a weight reaches
    zero and drop it; once there, let in the feature that breaks abs(c) <= l1 most. The objective falls at every step.
    It works on X itself, since the Gram matrix squares the differences between columns away.

    Parameters
    ----------
    X : array of shape (n_rows, d)
    y : array of shape (n_rows,)
    l1 : float, >= 0
    w : array of shape (d,)
        Where to start.
    n : int, optional
        What the squared error is divided by, if it is not the number of rows.

    Returns
    -------
    array of shape (d,)

    Examples
    --------
    >>> feature_sign_search(np.eye(2), np.array([2.0, -0.4]), 0.1, np.zeros(2))
    array([ 1.8, -0.2])
    """
    n = n or len(y)
    w, s = w.copy(), np.sign(w)
    tolerance = 1e-13 * np.abs(y @ X).max() / n
    for _ in range(100 + 20 * X.shape[1]):
        A = np.flatnonzero(s)
        move, length = _towards_minimum(X[:, A], y, n * l1 * s[A], w[A])
        shrinks = s[A] * move < 0
        zero_at = np.where(shrinks, w[A] / np.where(shrinks, -move, 1), np.inf)
        if zero_at.min(initial=np.inf) < length:
            i = zero_at.argmin()
            w[A] += zero_at[i] * move
            w[A[i]] = s[A[i]] = 0
            continue
        w[A] += move
        c = (y - X @ w) @ X / n
        excess = np.where(s == 0, np.abs(c) - l1, 0)
        j = excess.argmax()
        if excess[j] <= tolerance:
            break
        s[j] = np.sign(c[j])
    return w


def _towards_minimum(X: Float64, y: Float64, pull: Float64, w: Float64) -> tuple[Float64, float]:
    """Return the way from w to the minimum of (1/2) ||y - Xw||^2 + pull'w, and how many times it may be gone.

    That is once, or, where columns are dependent, without end along a way that changes nothing but lowers pull'w.
    """
    k = len(w)
    triangle = np.asarray(np.linalg.qr(np.column_stack([X, y]), mode="r"), dtype=float)
    R, z = triangle[:k, :k], triangle[:k, k]  # X = QR, z = Q'y
    norms = np.abs(np.diagonal(R))  # what is each column's own, after those before it
    dependent = np.append(norms <= 1e-13 * np.linalg.norm(X, axis=0)[: len(norms)], len(norms) < k)
    if dependent.any():
        i = int(dependent.argmax())
        move = np.zeros(k)
        move[:i], move[i] = -np.linalg.solve(R[:i, :i], R[:i, i]), 1
        return (move if pull @ move <= 0 else -move), np.inf
    return np.linalg.solve(R, z - np.linalg.solve(R.T, pull)) - w, 1
