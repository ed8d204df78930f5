"""L2 penalty and weight decay: prefer small weights.

The two are one thing under plain gradient descent and two under every other optimizer:

* **coupled**, `l2`: the penalty (l2/2) sum(w^2) is part of the objective, so l2 * w joins the gradient
  *before* the optimizer (momentum, Adam's scaling) sees it;
* **decoupled**, `weight_decay`: after the optimizer's step each weight is multiplied by
  1 - learning_rate * weight_decay, whatever its gradient was.

Glossary: n rows, d features, w weights, g data gradient.

Elsewhere
---------
* PyTorch: `SGD` and `Adam` call the coupled strength `weight_decay` (equal to our `l2`); `AdamW`'s `weight_decay` is
  ours. Keras `AdamW` and optax `adamw` as ours; the AdamW paper multiplies by the schedule alone, without the
  learning rate (its algorithm 2): paper = learning_rate * weight_decay. It normalises: paper = normalised *
  sqrt(batch / (rows * epochs)), the root of 1 / steps, and finds its best at a normalised decay of 0.025 to 0.05.
* Keras `regularizers.L2(x)` is x sum(w^2): x = l2 / 2.
* scikit-learn: `Ridge(alpha)` is ||y - Xw||^2 + alpha ||w||^2: alpha = n * l2. `MLPClassifier(alpha)` divides by the
  batch: alpha = l2 * batch_size.

References
----------
A. Hoerl and R. Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 1970.
A. Krogh and J. Hertz, "A simple weight decay can improve generalization", NeurIPS 1991.
I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv:1711.05101.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks

__all__ = [
    "Geometry",
    "coupled_and_decoupled",
    "effective_degrees_of_freedom",
    "from_normalised",
    "geometry",
    "gradient",
    "half_life",
    "least_squares_gradient",
    "left_after",
    "loss_contours",
    "penalty",
    "reference_path",
    "reference_weights",
    "ridge_path",
    "shrink",
    "shrink_factor",
]

MOST_CONTOURS = 1000

Array = NDArray[Any]


def penalty(w: ArrayLike, l2: ArrayLike) -> Any:
    """Return the L2 penalty, (l2/2) sum(w^2).

    Parameters
    ----------
    w : array of any shape
        The weights, without the biases.
    l2 : float or array, >= 0
        The strength; 0 is off. An array gives one strength per model: the last axis of `w` holds the weights of a
        model, and `l2` broadcasts against the axes before it.

    Returns
    -------
    float, or an array of the shape of `w` without its last axis

    Raises
    ------
    ValueError
        If a strength is negative or not finite.

    Notes
    -----
    Keras' `L2(x)` has no half in it: x = l2 / 2 is the same penalty.

    Examples
    --------
    >>> penalty([3.0, -4.0], l2=0.1)
    1.25
    >>> penalty([[3.0, -4.0], [3.0, -4.0]], l2=[0.0, 0.2])  # two models
    array([0. , 2.5])
    """
    w, strength = checks.numbers("w", w, finite=False), _nonnegative("l2", l2)
    if strength.ndim:
        checks.fits("l2", strength.shape, "the axes of w before its last", w.shape[:-1])
    return _penalty(w, strength)


def _penalty(w: Array, l2: Array) -> Any:
    """Return the penalty of `penalty`: what training adds to its objective."""
    strength = l2.astype(w.dtype)
    if strength.ndim == 0:
        return float(0.5 * strength * np.sum(w * w))
    return 0.5 * strength * np.vecdot(w, w)


def gradient(w: ArrayLike, l2: ArrayLike, out: Array | None = None) -> Array:
    """Return the gradient of the L2 penalty, l2 * w, which is added to the data gradient.

    Parameters
    ----------
    w : array of any shape
        The weights, without the biases.
    l2 : float or array, >= 0
        The strength; 0 is off. An array broadcasts against `w`.
    out : array of the shape and dtype of `w`, optional
        Where to write the result.

    Returns
    -------
    array of the shape and dtype of `w`; whole numbers become floats

    Raises
    ------
    ValueError
        If a strength is negative or not finite, or a shape does not fit.

    Examples
    --------
    >>> gradient([3.0, -4.0], l2=0.1)
    array([ 0.3, -0.4])
    """
    w, strength = checks.numbers("w", w, finite=False), _nonnegative("l2", l2)
    _fits_in("l2", strength, w)
    return _gradient(w, strength, checks.out("out", out, "w", w))


def _gradient(w: Array, l2: Array, out: Array | None = None) -> Array:
    """Return the gradient of `gradient`: what training adds to the data's."""
    return np.asarray(np.multiply(w, l2.astype(w.dtype), out=out))


def shrink_factor(learning_rate: ArrayLike, weight_decay: ArrayLike) -> Any:
    """Return 1 - learning_rate * weight_decay, by which decoupled decay multiplies every weight at every step.

    Parameters
    ----------
    learning_rate, weight_decay : float or array, >= 0

    Returns
    -------
    float or array
        1 is no decay, 0 forgets the weights at each step; below 0 the weights change sign, below -1 they grow.

    Raises
    ------
    ValueError
        If one of them, or their product, is negative or not finite.

    Examples
    --------
    >>> shrink_factor(0.1, 0.2)
    0.98
    """
    factor = 1.0 - _decay(learning_rate, weight_decay)
    return float(factor) if factor.ndim == 0 else factor


def shrink(w: ArrayLike, learning_rate: ArrayLike, weight_decay: ArrayLike, out: Array | None = None) -> Array:
    """Return w * (1 - learning_rate * weight_decay): one step of decoupled weight decay.

    Parameters
    ----------
    w : array of any shape
        The weights, without the biases.
    learning_rate, weight_decay : float or array, >= 0
        Arrays broadcast against `w`. Their product must not exceed 1: beyond, a step turns a weight's sign.
    out : array of the shape and dtype of `w`, optional
        Where to write the result; `out=w` decays in place.

    Returns
    -------
    array of the shape and dtype of `w`; whole numbers become floats

    Raises
    ------
    ValueError
        If the product is not in [0, 1], or a shape does not fit.

    Notes
    -----
    As in PyTorch's and Keras' AdamW, the learning rate multiplies the decay, so a schedule acts on both. In the paper
    (Loshchilov and Hutter, 2019) the schedule alone does.

    Examples
    --------
    >>> shrink([3.0, -4.0], learning_rate=0.1, weight_decay=0.5)
    array([ 2.85, -3.8 ])
    """
    w, decay = checks.numbers("w", w, finite=False), _decay(learning_rate, weight_decay, most=1)
    _fits_in("learning_rate * weight_decay", decay, w)
    return _shrink(w, decay, np.float64(1.0), checks.out("out", out, "w", w))


def _shrink(w: Array, learning_rate: ArrayLike, weight_decay: ArrayLike, out: Array | None = None) -> Array:
    """Return the weights of `shrink`: what training does after its step, at any strength."""
    decay = np.multiply(learning_rate, weight_decay, dtype=float)
    return np.asarray(np.multiply(w, (1.0 - decay).astype(w.dtype), out=out))


def half_life(learning_rate: ArrayLike, weight_decay: ArrayLike) -> Any:
    """Return the number of steps after which decay alone has halved a weight.

    Parameters
    ----------
    learning_rate, weight_decay : float or array, >= 0
        Their product must not exceed 1.

    Returns
    -------
    float or array
        Steps: log(1/2) / log(1 - learning_rate * weight_decay); infinite without decay.

    Raises
    ------
    ValueError
        If their product is not in [0, 1].

    Examples
    --------
    >>> round(half_life(0.001, 0.01))  # AdamW's usual defaults: far longer than a short run
    69314
    >>> half_life(0.1, 5.0)
    1.0
    """
    decay = _decay(learning_rate, weight_decay, most=1)
    with np.errstate(divide="ignore"):  # decay 0: never, decay 1: at once
        steps = np.log(0.5) / np.log1p(-decay)
    steps = np.where(decay > 0, np.abs(steps), np.inf)
    return float(steps) if steps.ndim == 0 else steps


def left_after(learning_rate: ArrayLike, weight_decay: ArrayLike, steps: ArrayLike) -> Any:
    """Return the share of a weight that decay alone leaves after so many steps.

    Parameters
    ----------
    learning_rate, weight_decay : float or array, >= 0
        Their product must not exceed 1.
    steps : float or array, >= 0
        Broadcasts against their product; a curve may ask for parts of a step.

    Returns
    -------
    float or array
        (1 - learning_rate * weight_decay) ** steps.

    Raises
    ------
    ValueError
        If the product is not in [0, 1], a number of steps is negative, or the shapes do not fit.

    Examples
    --------
    >>> left_after(0.1, 5.0, 2)
    0.25
    >>> round(left_after(0.003, 0.01, 300), 3)  # AdamW's default in a short run
    0.991
    """
    decay = _decay(learning_rate, weight_decay, most=1)
    steps = checks.numbers("steps", steps, 0)
    checks.fits("steps", steps.shape, "learning_rate * weight_decay", decay.shape)
    left = (1.0 - decay) ** steps
    return float(left) if left.ndim == 0 else left


def from_normalised(normalised: ArrayLike, steps: int, learning_rate: float) -> Any:
    """Return the `weight_decay` of the AdamW paper's normalised decay, in a run of so many steps.

    The paper divides the length of a run out: its decay is normalised * sqrt(batch / (rows * epochs)), where the root
    is of 1 / steps. It does not multiply that decay by the learning rate, and `weight_decay` does.

    Parameters
    ----------
    normalised : float or array, >= 0
        The paper finds its best at 0.025 to 0.05.
    steps : int >= 1
    learning_rate : float, > 0

    Returns
    -------
    float or array
        normalised / sqrt(steps) / learning_rate.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from_normalised([0.025, 0.05], steps=100, learning_rate=0.01)
    array([0.25, 0.5 ])
    """
    normalised = _nonnegative("normalised", normalised)
    checks.whole("steps", steps, 1)
    checks.number("learning_rate", learning_rate, 0, low_open=True)
    decay = normalised / np.sqrt(steps) / learning_rate
    return float(decay) if decay.ndim == 0 else decay


def ridge_path(X: ArrayLike, y: ArrayLike, l2s: ArrayLike) -> Array:
    """Return the ridge solutions for all strengths at once, from one factorisation.

    Each row minimises (1/(2n)) ||y - Xw||^2 + (l2/2) ||w||^2; there is no intercept, so centre `X` and `y` first.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,) or (n, targets)
    l2s : array of shape (strengths,), >= 0
        In any order; 0 gives the least-squares solution, the one of minimum norm where there are many.

    Returns
    -------
    array of shape (strengths, d) or (strengths, d, targets), float64
        As of `reglab.l1.lasso_path`.

    Raises
    ------
    ValueError
        If shapes do not fit, a value or the sum of the squares is not finite, or a strength is negative.

    Notes
    -----
    With X = U diag(s) V^T the solution is V diag(s / (s^2 + n l2)) U^T y: along each principal direction the
    least-squares coordinate is multiplied by s^2 / (s^2 + n l2). Scikit-learn's `Ridge` has alpha = n * l2.

    Examples
    --------
    >>> ridge_path([[1.0, 0.0], [0.0, 2.0]], [1.0, 2.0], l2s=[0.0, 0.5]).round(3)
    array([[1. , 1. ],
           [0.5, 0.8]])
    """
    X, y = _problem(X, y)
    l2s = _strengths(l2s)
    n, d = X.shape
    if n > d:
        # the Gram matrix is small and quick, but squares the condition number: only where enough digits are left
        gram_values, V = np.linalg.eigh(X.T @ X / n)  # (d,), (d, d)
        if gram_values[0] + l2s.min(initial=np.inf) > 1e-6 * gram_values[-1]:
            filters = 1.0 / (gram_values + l2s[:, None])  # (strengths, d)
            return _recombine(filters, V.T @ (X.T @ y) / n, V)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)  # (n, k), (k,), (k, d); k = min(n, d)
    filters = np.zeros((len(l2s), len(s)))
    rank = _rank(s, X.shape)
    filters[:, :rank] = s[:rank] / (s[:rank] ** 2 + n * l2s[:, None])
    return _recombine(filters, U.T @ y, Vt.T)


def effective_degrees_of_freedom(X: ArrayLike, l2s: ArrayLike) -> Array:
    """Return how many parameters the ridge fit still uses: the trace of its hat matrix.

    Parameters
    ----------
    X : array of shape (n, d)
    l2s : array of shape (strengths,), >= 0

    Returns
    -------
    array of shape (strengths,)
        sum of s^2 / (s^2 + n l2) over the singular values s of `X`; the rank of `X` at l2 = 0.

    Raises
    ------
    ValueError
        If `X` is not a finite matrix or a strength is negative.

    Examples
    --------
    >>> effective_degrees_of_freedom([[1.0, 0.0], [0.0, 2.0]], l2s=[0.0, 0.5])
    array([2. , 1.3])
    """
    X, _ = _problem(X, None)
    l2s = _strengths(l2s)
    s = np.linalg.svd(X, compute_uv=False)
    s = s[: _rank(s, X.shape)]
    return np.asarray(np.sum(s**2 / (s**2 + len(X) * l2s[:, None]), axis=1))


def loss_contours(X: ArrayLike, y: ArrayLike, levels: ArrayLike, points: int = 97) -> Array:
    """Return the lines of equal loss (1/(2n)) ||y - Xw||^2 in the plane of two weights: ellipses.

    Parameters
    ----------
    X : array of shape (n, 2), of rank 2
    y : array of shape (n,)
    levels : array of shape (levels,)
        Values of the loss, none below its minimum.
    points : int >= 2
        Points on each ellipse; the last is the first again.

    Returns
    -------
    array of shape (levels, points, 2)

    Raises
    ------
    ValueError
        If `X` has not two columns or not rank 2, or a level is below the least loss.

    Examples
    --------
    >>> loss_contours([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], levels=[1.0], points=5).round(6) + 0.0
    array([[[ 2.,  0.],
            [ 0.,  2.],
            [-2.,  0.],
            [ 0., -2.],
            [ 2.,  0.]]])
    """
    X, y = _problem(X, y)
    _check_plane(X, y)
    checks.whole("points", points, 2, checks.MANY)
    levels = checks.numbers("levels", levels)
    if levels.ndim != 1:
        raise ValueError(f"levels must be a 1-D array, got shape {levels.shape}")
    centre = np.linalg.lstsq(X, y, rcond=None)[0]  # (2,)
    excess = levels - _loss(X, y, centre[None])[0]
    if not np.all(excess >= -1e-12 * max(1.0, float(np.abs(levels).max(initial=0.0)))):
        raise ValueError(f"levels must be at least the least loss, {levels[0] - excess[0]:g}, got {levels.min():g}")
    curvature, axes = np.linalg.eigh(X.T @ X / len(X))  # (2,), (2, 2): loss = least + 1/2 sum(curvature * along^2)
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (points, 2)
    half_axes = np.sqrt(2.0 * np.maximum(excess, 0.0)[:, None] / curvature)  # (levels, 2)
    return np.asarray(centre + (unit * half_axes[:, None, :]) @ axes.T)  # (levels, points, 2)


@dataclass(frozen=True, eq=False)
class Geometry:
    """What draws the ridge solution of two weights: where a line of equal loss touches the L2 ball.

    Attributes
    ----------
    l2s : array of shape (strengths,)
    least_squares : array of shape (2,)
        The centre of the ellipses.
    path : array of shape (strengths, 2)
        The solution at each strength.
    radii : array of shape (strengths,)
        Norm of each solution: the radius of the ball within which it is the best.
    balls : array of shape (strengths, points, 2)
        The circle of that radius about the origin.
    touching : array of shape (strengths, points, 2)
        The line of equal loss through each solution; it touches the ball there.
    levels : array of shape (levels,)
        Values of the loss of the background ellipses; the last passes through the origin.
    contours : array of shape (levels, points, 2)
        The background ellipses, evenly spaced.
    """

    l2s: Array
    least_squares: Array
    path: Array
    radii: Array
    balls: Array
    touching: Array
    levels: Array
    contours: Array


def geometry(X: ArrayLike, y: ArrayLike, l2s: ArrayLike, n_contours: int = 6, points: int = 97) -> Geometry:
    """Return the ellipses of the loss, the L2 balls and the path of the solution, for two weights.

    Parameters
    ----------
    X : array of shape (n, 2), of rank 2
    y : array of shape (n,)
    l2s : array of shape (strengths,), >= 0
    n_contours : int from 1 to 1,000
        Background ellipses, from the least-squares solution out to the origin.
    points : int >= 2
        Points on each curve.

    Returns
    -------
    Geometry

    Raises
    ------
    ValueError
        If `X` has not two columns or not rank 2, or a strength is negative.

    Examples
    --------
    >>> g = geometry([[1.0, 0.0], [0.0, 1.0]], [3.0, 4.0], l2s=[0.0, 0.5])
    >>> g.path.round(6)
    array([[3. , 4. ],
           [1.5, 2. ]])
    >>> g.radii.round(6)
    array([5. , 2.5])
    """
    X, y = _problem(X, y)
    _check_plane(X, y)
    l2s = _strengths(l2s)
    checks.whole("n_contours", n_contours, 1, MOST_CONTOURS)
    checks.whole("points", points, 2)
    checks.room(n_contours=n_contours, points=points)
    checks.room(l2s=len(l2s), points=points)
    best = ridge_path(X, y, np.zeros(1))  # (1, 2)
    path = ridge_path(X, y, l2s)  # (strengths, 2)
    least, at_origin = _loss(X, y, np.concatenate([best, np.zeros((1, 2))]))
    # a half-axis grows with the root of the excess loss: squares make even ellipses
    levels = least + (at_origin - least) * (np.arange(1, n_contours + 1) / n_contours) ** 2
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (points, 2)
    radii = np.linalg.norm(path, axis=1)
    touching = loss_contours(X, y, np.maximum(_loss(X, y, path), least), points)
    return Geometry(
        l2s=l2s,
        least_squares=best[0],
        path=path,
        radii=radii,
        balls=radii[:, None, None] * circle,
        touching=touching,
        levels=levels,
        contours=loss_contours(X, y, levels, points),
    )


def least_squares_gradient(X: ArrayLike, y: ArrayLike) -> Callable[[Array], Array]:
    """Return the function w -> X^T (Xw - y) / n, the gradient of half the mean squared error.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,)

    Returns
    -------
    callable
        From weights of shape (d,) or (models, d) to their gradient, for `coupled_and_decoupled`.

    Raises
    ------
    ValueError
        If shapes do not fit or a value is not finite.

    Examples
    --------
    >>> least_squares_gradient([[1.0, 0.0], [0.0, 2.0]], [1.0, 2.0])(np.zeros(2))
    array([-0.5, -2. ])
    """
    X, y = _problem(X, y)
    gram, target = X.T @ X / len(X), X.T @ y / len(X)
    return lambda w: np.asarray(w @ gram - target)  # gram is symmetric


def coupled_and_decoupled(
    w: ArrayLike,
    data_gradient: Callable[[Array], Array] | None,
    optimizer: str,
    strength: ArrayLike,
    *,
    learning_rate: float = 0.01,
    steps: int = 200,
    momentum: float = 0.9,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
) -> tuple[Array, Array]:
    """Train the same weights twice, with the penalty inside the optimizer and with weight decay beside it.

    Under plain SGD the two agree to rounding; under momentum and Adam they part. In the coupled run Adam divides the
    penalty's gradient by its own root mean square: without a data gradient its first step shrinks every weight by the
    learning rate, whatever the strength.

    Parameters
    ----------
    w : array of any shape
        The weights to begin with.
    data_gradient : callable or None
        From the weights to the gradient of the data loss; None: no data.
    optimizer : "sgd", "momentum" or "adam"
    strength : float or array, >= 0
        Used as `l2` in the coupled run and as `weight_decay` in the decoupled one. An array broadcasts against `w`.
    learning_rate : float, >= 0
    steps : int in 0 to 100000
    momentum : float in [0, 1)
        For "momentum": velocity = momentum * velocity + gradient.
    betas : two floats in [0, 1)
        For "adam".
    epsilon : float >= 0
        For "adam", outside the root.

    Returns
    -------
    coupled, decoupled : arrays of shape (steps + 1, *w.shape), float64
        The weights before the first and after every step.

    Raises
    ------
    ValueError
        If the optimizer is unknown or a number is out of its range.

    Notes
    -----
    The update rules are those of `torch.optim.SGD`, `Adam` (coupled) and `AdamW` (decoupled); momentum with decoupled
    decay is the SGDW of Loshchilov and Hutter (2019), with the learning rate on the decay.

    Examples
    --------
    >>> for strength in 0.001, 0.1, 10.0:
    ...     coupled, _ = coupled_and_decoupled([2.0, -1.0], None, "adam", strength, learning_rate=0.1, steps=1)
    ...     print(coupled[1].round(4))
    [ 1.9 -0.9]
    [ 1.9 -0.9]
    [ 1.9 -0.9]
    """
    start = checks.numbers("w", w).astype(np.float64)
    if data_gradient is not None:
        checks.function("data_gradient", data_gradient)
    checks.one_of("optimizer", optimizer, ("sgd", "momentum", "adam"), '"sgd", "momentum" or "adam"')
    strength = checks.numbers("strength", strength, 0)
    _fits_in("strength", strength, start)
    checks.number("learning_rate", learning_rate, 0)
    checks.whole("steps", steps, 0, checks.MANY)
    checks.room(steps=steps, w=start.size)
    checks.number("momentum", momentum, 0, 1, high_open=True)
    betas = checks.several("betas", betas)
    if len(betas) != 2:
        raise ValueError(f"betas must be two numbers, got {checks.shown(betas)}")
    for number, beta in enumerate(betas):
        checks.number(f"betas[{number}]", beta, 0, 1, high_open=True)
    checks.number("epsilon", epsilon, 0)

    def run(l2: ArrayLike, weight_decay: ArrayLike) -> Array:
        w = start.copy()
        m, v = np.zeros_like(w), np.zeros_like(w)
        trajectory = [w]
        for t in range(1, steps + 1):
            g = np.zeros_like(w) if data_gradient is None else data_gradient(w)
            g = g + _gradient(w, np.asarray(l2))  # coupled: the optimizer sees the penalty
            if optimizer == "sgd":
                step = g
            elif optimizer == "momentum":
                m = step = momentum * m + g
            else:
                m = betas[0] * m + (1 - betas[0]) * g
                v = betas[1] * v + (1 - betas[1]) * g * g
                step = (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + epsilon)
            w = _shrink(w, learning_rate, weight_decay) - learning_rate * step  # decoupled: it does not
            trajectory.append(w)
        return np.stack(trajectory)

    return run(strength, 0.0), run(0.0, strength)


def reference_weights() -> tuple[Array, Array]:
    """Return five weights to begin with and a constant data gradient: the reference demonstration.

    Returns
    -------
    w, gradient : arrays of shape (5,)

    Examples
    --------
    >>> w, g = reference_weights()
    >>> for l2 in 0.0, 0.2:
    ...     path, _ = coupled_and_decoupled(w, lambda w: g, "sgd", l2, learning_rate=0.1, steps=10)
    ...     print(np.abs(path[-1]).sum().round(4), path[-1].round(3))
    6.0597 [ 0.893 -0.227  1.275  3.146 -0.518]
    4.9493 [ 0.72  -0.18   1.04   2.58  -0.428]
    """
    w = 2 * np.random.RandomState(42).randn(5)
    return w, np.array([0.1, -0.05, 0.02, -0.1, 0.05])


def reference_path(l2s: ArrayLike, learning_rate: float = 0.1, steps: int = 10) -> Array:
    """Return the steps of plain gradient descent that the reference demonstration takes, at every strength.

    Parameters
    ----------
    l2s : array of shape (strengths,), >= 0
    learning_rate : float, >= 0
    steps : int in 0 to 100000

    Returns
    -------
    array of shape (steps + 1, strengths, 5)
        The five weights before the first and after every step.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> path = reference_path([0.0, 0.2])
    >>> np.abs(path[-1]).sum(axis=1).round(4)
    array([6.0597, 4.9493])
    """
    strengths = _strengths(l2s)
    w, gradient = reference_weights()
    start = np.tile(w, (len(strengths), 1))  # (strengths, 5)
    coupled, _ = coupled_and_decoupled(
        start, lambda w: gradient, "sgd", strengths[:, None], learning_rate=learning_rate, steps=steps
    )
    return coupled


def _nonnegative(name: str, value: ArrayLike) -> Array:
    strength = checks.numbers(name, value, finite=False)
    if strength.size and not strength.min() >= 0:  # NaN is refused too
        raise ValueError(f"{name} must be at least 0, got {strength.min():g}")
    return checks.numbers(name, strength)


def _fits_in(name: str, value: Array, w: Array) -> None:
    if checks.fits(name, value.shape, "w", w.shape) != w.shape:
        raise ValueError(f"{name} must broadcast to the shape of w, {w.shape}, got the shape {value.shape}")


def _decay(learning_rate: ArrayLike, weight_decay: ArrayLike, most: float = np.inf) -> Array:
    """Return their product, of which the sign is checked: two that are negative would pass for two that are not."""
    rate, decay = checks.numbers("learning_rate", learning_rate), checks.numbers("weight_decay", weight_decay)
    checks.fits("learning_rate", rate.shape, "weight_decay", decay.shape)
    product = _nonnegative("learning_rate * weight_decay", np.multiply(rate, decay, dtype=float))
    for name, value in (("learning_rate", rate), ("weight_decay", decay)):
        _nonnegative(name, value)
    if np.any(product > most):
        raise ValueError(f"learning_rate * weight_decay must be in [0, 1], got {np.max(product):g}")
    return product


def _strengths(l2s: ArrayLike) -> Array:
    l2s = _nonnegative("l2s", l2s)
    if l2s.ndim != 1:
        raise ValueError(f"l2s must be a 1-D array, got shape {l2s.shape}")
    return l2s


def _problem(X: ArrayLike, y: ArrayLike | None) -> tuple[Array, Array]:
    X = checks.numbers("X", X).astype(np.float64, copy=False)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have the shape (n, d) with at least one row and column, got {X.shape}")
    y = np.zeros(len(X)) if y is None else checks.numbers("y", y).astype(np.float64, copy=False)
    if y.ndim not in (1, 2) or len(y) != len(X):
        raise ValueError(f"y must have {len(X)} rows, as X has, got shape {y.shape}")
    return checks.squares("X", X), checks.squares("y", y)


def _check_plane(X: Array, y: Array) -> None:
    if X.shape[1] != 2:
        raise ValueError(f"X must have two columns to be drawn, got {X.shape[1]}")
    if y.ndim != 1:
        raise ValueError(f"y must be a 1-D array, got shape {y.shape}")
    if np.linalg.matrix_rank(X) < 2:
        raise ValueError("X must have rank 2, got parallel columns")


def _rank(s: Array, shape: tuple[int, ...]) -> int:
    """Count the singular values above rounding: NumPy's `matrix_rank` rule."""
    return int(np.sum(s > s[0] * max(shape) * np.finfo(float).eps))


def _recombine(filters: Array, projected: Array, V: Array) -> Array:
    """Return V @ (filter * projected) for every row of filters; projected is (k,) or (k, targets)."""
    if projected.ndim == 1:
        return np.asarray((filters * projected) @ V.T)  # (strengths, d)
    return np.asarray(V @ (filters[:, :, None] * projected))  # (strengths, d, targets)


def _loss(X: Array, y: Array, w: Array) -> Array:
    """Return (1/(2n)) ||y - Xw||^2 for each row of w."""
    return np.asarray(0.5 * np.mean((w @ X.T - y) ** 2, axis=1))
