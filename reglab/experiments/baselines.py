"""What a network is held against: a constant guess, and a linear model, on the rows that the network trains on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.rows import Rows, most_rows
from reglab.l2 import ridge_path

__all__ = ["L2S", "Baselines", "linear_baselines", "logistic_regression"]

Array = NDArray[np.float64]

L2S = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4)  # from strong to weak: each starts where the one before ended
PAIRS = 10  # of steps and changes of the gradient that L-BFGS remembers
ITERATIONS = 200
FLAT = 1e-5  # the largest entry of a gradient that counts as none
CURVED = 1e-10  # of a step and its change of the gradient, at least, to tell the curvature


@dataclass(frozen=True, eq=False)
class Baselines:
    """What a constant guess and a linear model come to on the test rows.

    Attributes
    ----------
    guess_loss, guess_accuracy : arrays of shape (seeds,)
        Of the guess that the training rows make: the shares of the classes, or the mean. For regression the accuracy is
        R squared.
    linear_loss, linear_accuracy : arrays of shape (seeds,)
        Of logistic or ridge regression at the strength that the validation rows choose.
    l2 : array of shape (seeds,)
        That strength.
    """

    guess_loss: Array
    guess_accuracy: Array
    linear_loss: Array
    linear_accuracy: Array
    l2: Array


def linear_baselines(
    datasets: Sequence[Dataset],
    seeds: Sequence[int],
    *,
    n_train: int,
    n_val: int,
    progress: Callable[..., None] | None = None,
) -> Baselines:
    """Fit a constant guess and a linear model to the rows that `reglab.fit` gives a network.

    Parameters
    ----------
    datasets : sequence of Dataset
        One for each seed, of one kind and size, with test rows.
    seeds : sequence of int
    n_train, n_val : int
        As for `reglab.fit`; `n_val` is at least 1, since the validation rows choose the strength.
    progress : callable, optional
        Called with the share that is done.

    Raises
    ------
    ValueError
        If there is not one dataset for each seed.

    Examples
    --------
    >>> from reglab.datasets import load
    >>> baselines = linear_baselines([load("wine")], [0], n_train=80, n_val=40)
    >>> baselines.linear_accuracy[0] > baselines.guess_accuracy[0]
    np.True_
    """
    several = checks.several("datasets", datasets, most=checks.ROOM)
    for data in several:
        checks.instance("datasets", data, Dataset)
    seed_list = checks.seeds("seeds", seeds, checks.ROOM)
    checks.whole("n_train", n_train, 2)
    checks.whole("n_val", n_val, 1)
    if progress is not None:
        checks.function("progress", progress)
    if len(several) != len(seed_list):
        raise ValueError(f"datasets must be one for each of {len(seed_list)} seeds, got {len(several)}")
    scores = []
    for done, (data, seed) in enumerate(zip(several, seed_list, strict=True)):
        if n_train + n_val > most_rows(data) or not len(data.x_test):
            most = f"at most {most_rows(data)}, the rows that {data.name} has, and there must be test rows"
            raise ValueError(f"n_train + n_val must be {most}, got {n_train} + {n_val}")
        rows = Rows([data], [seed], n_train, n_val, n_train)
        x, y = rows.x.astype(np.float64), rows.y.astype(np.float64)  # y of shape (n, classes or 1)
        other = {split: rows.eval_x[0, 0, part].astype(np.float64) for split, part in rows.splits.items()}
        target = {split: rows.eval_y[0, 0, part] for split, part in rows.splits.items()}
        level = y.mean(axis=0)
        if data.n_classes:
            score: Callable[[Array, Any], tuple[float, float]] = _of_classes
            guess = np.log(np.maximum(level, 1 / (2 * len(y))))  # of a class that is not among the rows a little
            outputs = _logistic_path(x, y)
        else:
            score = _of_numbers
            guess = level
            outputs = [(w, level) for w in ridge_path(x, y - level, L2S)]
        losses = [score(other["val"] @ w + bias, target["val"])[0] for w, bias in outputs]
        best = int(np.argmin(losses))
        w, bias = outputs[best]
        constant = score(np.broadcast_to(guess, (len(target["test"]), len(guess))), target["test"])
        scores.append((*constant, *score(other["test"] @ w + bias, target["test"]), L2S[best]))
        if progress is not None:
            progress((done + 1) / len(seed_list))
    return Baselines(*np.array(scores).T)


def logistic_regression(X: ArrayLike, y: ArrayLike, l2: float, n_classes: int | None = None) -> tuple[Array, Array]:
    """Fit multinomial logistic regression by L-BFGS.

    It minimises mean cross-entropy + (l2/2) ||W||^2; the bias is not penalised.

    Parameters
    ----------
    X : array of shape (n, d)
    y : array of shape (n,)
        Class numbers from 0.
    l2 : float > 0
        Scikit-learn's `LogisticRegression` has C = 1 / (n * l2).
    n_classes : int, optional
        By default one more than the largest class number.

    Returns
    -------
    array of shape (d, n_classes), array of shape (n_classes,)
        W and the bias: the logits of rows are X @ W + bias.

    Raises
    ------
    ValueError
        If an argument is not as above.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4.

    Examples
    --------
    >>> W, bias = logistic_regression([[-1.0], [1.0], [2.0]], [0, 1, 1], l2=0.1)
    >>> (np.array([[-1.0], [2.0]]) @ W + bias).argmax(axis=1)
    array([0, 1])
    """
    X = checks.numbers("X", X).astype(np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have the shape (n, d), neither of them 0, got {X.shape}")
    labels = checks.wholes("y", y, 0, checks.LARGEST)
    if labels.shape != X.shape[:1]:
        raise ValueError(f"y must have one class for each row of X, the shape {X.shape[:1]}, got {labels.shape}")
    n_classes = int(labels.max()) + 1 if n_classes is None else checks.whole("n_classes", n_classes, 2, 10_000)
    if labels.max() >= max(n_classes, 2):
        raise ValueError(f"y must be below n_classes ({n_classes}), got {labels.max()}")
    checks.number("l2", l2, 0, low_open=True)
    return _fit(X, np.eye(max(n_classes, 2))[labels], l2, None)


def _logistic_path(X: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return the solution of each of `L2S`, for one-hot classes."""
    solutions: list[tuple[Array, Array]] = []
    for l2 in L2S:
        solutions.append(_fit(X, y, l2, solutions[-1] if solutions else None))
    return solutions


def _fit(X: Array, y: Array, l2: float, start: tuple[Array, Array] | None) -> tuple[Array, Array]:
    n, d = X.shape
    n_classes = y.shape[1]

    def objective(flat: Array) -> tuple[float, Array]:
        W, bias = flat[: d * n_classes].reshape(d, n_classes), flat[d * n_classes :]
        logits = X @ W + bias
        logits -= logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = (np.exp(log_p) - y) / n  # (n, classes)
        loss = -float((y * log_p).sum()) / n + l2 / 2 * float((W**2).sum())
        return loss, np.concatenate([(X.T @ error + l2 * W).ravel(), error.sum(axis=0)])

    at = np.zeros(d * n_classes + n_classes) if start is None else np.concatenate([start[0].ravel(), start[1]])
    at = _minimise(objective, at)
    return at[: d * n_classes].reshape(d, n_classes), at[d * n_classes :]


def _minimise(objective: Callable[[Array], tuple[float, Array]], at: Array) -> Array:
    """Return the minimum of a convex function by L-BFGS; each step is halved until it goes down enough."""
    pairs: list[tuple[Array, Array, float]] = []
    value, gradient = objective(at)
    for _ in range(ITERATIONS):
        if np.abs(gradient).max() < FLAT:
            break
        way, factors = gradient.copy(), []
        for step, change, rho in reversed(pairs):
            factors.append(rho * (step @ way))
            way -= factors[-1] * change
        if pairs:
            step, change, _ = pairs[-1]
            way *= (step @ change) / (change @ change)
        else:
            way /= max(1.0, float(np.linalg.norm(way)))
        for (step, change, rho), factor in zip(pairs, reversed(factors), strict=True):
            way += (factor - rho * (change @ way)) * step
        slope, length = -float(gradient @ way), 1.0
        while True:
            new = at - length * way
            new_value, new_gradient = objective(new)
            if new_value <= value + 1e-4 * length * slope:
                break
            length /= 2
            if length < 1e-10:  # rounding hides how much further down it goes
                return at
        step, change = new - at, new_gradient - gradient
        if (curvature := float(step @ change)) > CURVED:
            pairs = [*pairs[1 - PAIRS :], (step, change, 1 / curvature)]
        at, value, gradient = new, new_value, new_gradient
    return at


def _of_classes(logits: Array, labels: Any) -> tuple[float, float]:
    """Return the mean cross-entropy and the share of rows that are right."""
    top = logits.max(axis=1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    right = logits.argmax(axis=1) == labels
    return -float(log_p[np.arange(len(labels)), labels.astype(int)].mean()), float(right.mean())


def _of_numbers(outputs: Array, target: Any) -> tuple[float, float]:
    """Return half the mean squared error and R squared."""
    error = float(((outputs[:, 0] - target) ** 2).mean())
    spread = float(np.var(target))
    return error / 2, 1 - error / spread if spread else float("nan")
