"""What a network can learn by heart: samples of a curve, shuffled labels, more units."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.run import evaluation_steps
from reglab.engine.train import fit
from reglab.experiments.shared import Array, Progress, _check_training, _classification, _part, shuffled
from reglab.overfitting import ErrorByDegree, error_by_degree, sample
from reglab.settings import MAX_UNITS, Settings, Training
from reglab.streams import generator

__all__ = [
    "VALIDATION_POINTS",
    "Memorization",
    "SineFits",
    "Width",
    "memorization",
    "sine_fits",
    "sine_sample",
    "width",
]

VALIDATION_POINTS = 400
MOST_POINTS, FARTHEST = 1000, 1e6  # of one's own


def sine_sample(
    n: int, noise: float, seed: int, spacing: Literal["even", "random"] = "even", *, legacy: bool = False
) -> tuple[Array, Array, Array, Array]:
    """Draw a noisy sample of sin and fresh validation points, each from a stream of its own.

    Parameters
    ----------
    n : int, >= 2
    noise : float, >= 0
        Standard deviation.
    seed : int, >= 0
    spacing : "even" or "random"
        Of the sample's x; the 400 validation points are always random.
    legacy : bool
        Draw the sample with NumPy's older `RandomState(seed)`: with n = 20, noise 0.3 and seed 42 it is
        `reglab.overfitting.reference_sample`.

    Returns
    -------
    x, y, x_val, y_val : arrays of shape (n,), (n,), (400,), (400,)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> x, y, x_val, y_val = sine_sample(20, 0.3, seed=42, legacy=True)
    >>> y[:3].round(4), x_val.shape
    (array([0.149 , 0.2832, 0.8085]), (400,))
    """
    checks.whole("seed", seed, 0, 2**32 - 1 if checks.flag("legacy", legacy) else checks.LARGEST)
    rng = np.random.RandomState(int(seed)) if legacy else generator(seed, "sine")
    x, y = sample(n, noise, rng, spacing)
    x_val, y_val = sample(VALIDATION_POINTS, noise, generator(seed, "sine validation"), "random")
    return x, y, x_val, y_val


@dataclass(frozen=True, eq=False)
class SineFits:
    """A noisy sample of sin, and polynomials that are fitted to it.

    Attributes
    ----------
    x, y : arrays of shape (n,)
        The sample.
    noise : float
        Its standard deviation.
    seed : int
    errors : ErrorByDegree
        The fits, and what they come to on the sample, on fresh points and against the truth.
    """

    x: Array
    y: Array
    noise: float
    seed: int
    errors: ErrorByDegree


def sine_fits(
    degrees: Sequence[int],
    n: int,
    noise: float,
    seed: int,
    spacing: Literal["even", "random"] = "even",
    *,
    legacy: bool = False,
    points: Sequence[tuple[float, float]] = (),
) -> SineFits:
    """Fit polynomials of several degrees to one sample, and measure each.

    Parameters
    ----------
    degrees : sequence of int
    n, noise, seed, spacing, legacy
        The sample, as `sine_sample` takes them.
    points : sequence of (x, y)
        Of one's own, in place of those that are drawn, where there are some: at least two. They are judged on the same
        fresh points, which have the noise, and `n`, `spacing` and `legacy` do not count.

    Returns
    -------
    SineFits

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> sine_fits([1, 3, 15], 20, 0.3, seed=42, legacy=True).errors.train.round(4)
    array([0.3543, 0.0617, 0.01  ])
    """
    x, y, x_val, y_val = sine_sample(n, noise, seed, spacing, legacy=legacy)
    if len(given := checks.several("points", points, most=MOST_POINTS)):
        pairs = [checks.several("points", point, most=2) for point in given]
        if len(pairs) < 2 or any(len(pair) < 2 for pair in pairs):
            raise ValueError(f"points must be at least two, of x and y each, got {checks.shown(points)}")
        x, y = np.array([[checks.number("points", value, -FARTHEST, FARTHEST) for value in pair] for pair in pairs]).T
    return SineFits(x, y, noise, seed, error_by_degree(x, y, degrees, x_val, y_val, noise))


@dataclass(frozen=True, eq=False)
class Memorization:
    """How well a network learns labels that were shuffled, and what that does to the test rows.

    Attributes
    ----------
    dataset : str
    shares : tuple of float
        Of the labels, how many are shuffled.
    seeds : tuple of int
    n_train : int
    steps : array of int of shape (evaluations,)
    train_curves : array of shape (shares, seeds, evaluations)
        Accuracy on the training rows with the labels that the network was given.
    train_accuracy : array of shape (shares, seeds)
        The same at the end.
    test_accuracy : array of shape (shares, seeds)
        At the end, on test rows with their own labels.
    chance : float
        The accuracy of guessing classes as often as they occur.
    """

    dataset: str
    shares: tuple[float, ...]
    seeds: tuple[int, ...]
    n_train: int
    steps: NDArray[np.int64]
    train_curves: Array
    train_accuracy: Array
    test_accuracy: Array
    chance: float


def memorization(
    dataset: Dataset | str,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=500, eval_steps=12),
    *,
    n_train: int = 200,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> Memorization:
    """Train on labels of which a share is shuffled; the test labels stay right.

    A network that can fit the labels of shuffled rows has room enough to memorise, whatever it learns on true ones.

    Parameters
    ----------
    dataset : Dataset or str
        A classification.
    shares : sequence of float in [0, 1]
    settings : Settings
    training : Training
    n_train : int
        Training rows.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    Memorization

    Raises
    ------
    ValueError
        If the dataset is a regression or an argument is out of its range.

    Notes
    -----
    For each share the labels of the whole pool are shuffled once (`reglab.overfitting.shuffle_labels`), and every seed
    draws its own rows from it. At share 1 a label is still right as often as `chance`. The shares at the ends are
    trained first.

    References
    ----------
    C. Zhang et al., "Understanding deep learning requires rethinking generalization", ICLR 2017, arXiv:1611.03530.

    Examples
    --------
    >>> memorized = memorization("digits", [0.0, 1.0], n_train=50, seeds=2)
    >>> bool(memorized.train_accuracy.min() > 0.9), memorized.test_accuracy.mean(axis=1).round(1)
    (True, array([0.8, 0.1]))
    """
    data = _classification(dataset)
    shares = [checks.number("shares", share, 0, 1) for share in checks.several("shares", shares, 1, each="share")]
    seed_list = checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(shares), len(seed_list))
    checks.room(shares=len(shares), seeds=len(seed_list), evaluations=len(steps))
    classes = np.bincount(data.y) / len(data.y)
    so_far = Memorization(
        dataset=data.name,
        shares=tuple(map(float, shares)),
        seeds=seed_list,
        n_train=n_train,
        steps=steps,
        train_curves=np.full((*shape, len(steps)), np.nan),
        train_accuracy=np.full(shape, np.nan),
        test_accuracy=np.full(shape, np.nan),
        chance=float(np.sum(classes**2)),
    )
    order = sorted(range(len(shares)), key=lambda i: -abs(shares[i] - 0.5))
    for done, i in enumerate(order):
        run = fit(
            shuffled(data, shares[i], seed_list[0]),
            settings,
            training,
            n_train=n_train,
            n_val=1,
            seeds=seed_list,
            progress=_part(progress, done, len(order), so_far),
        )
        so_far.train_curves[i] = run.train_accuracy[0]
        so_far.train_accuracy[i] = run.kept("train_accuracy")[0]
        so_far.test_accuracy[i] = run.kept("test_accuracy")[0]
        if progress is not None:
            progress((done + 1) / len(order), so_far)
    return so_far


@dataclass(frozen=True, eq=False)
class Width:
    """What the width of a network does to its errors.

    Attributes
    ----------
    dataset : str
    widths : tuple of int
        Units of the one hidden layer.
    seeds : tuple of int
    n_train : int
    share : float
        Of the labels, how many were shuffled.
    train_loss, val_loss, test_loss, train_accuracy, test_accuracy : arrays of shape (widths, seeds)
        At the end; on training and validation rows with the labels given, on test rows with their own.
    """

    dataset: str
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    n_train: int
    share: float
    train_loss: Array
    val_loss: Array
    test_loss: Array
    train_accuracy: Array
    test_accuracy: Array


def width(
    dataset: Dataset | str,
    widths: Sequence[int] = (2, 4, 8, 16, 32, 64, 128),
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=500, eval_steps=4),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    share: float = 0.0,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> Width:
    """Train networks of one hidden layer whose width grows, all for the same number of steps.

    Parameters
    ----------
    dataset : Dataset or str
        A classification.
    widths : sequence of int, each >= 1
    settings : Settings
    training : Training
        Its `hidden_sizes` are replaced.
    n_train : int
        Training rows.
    n_val : int, optional
        Validation rows, to choose a width by; by default as many as `reglab.fit` takes.
    share : float in [0, 1]
        Of the labels trained and validated on, how many are shuffled: noise that a wide network can memorise.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    Width

    Raises
    ------
    ValueError
        If the dataset is a regression or an argument is out of its range.

    Examples
    --------
    >>> curves = width("digits", [2, 32], n_train=50, seeds=2)
    >>> narrow, wide = curves.train_accuracy.mean(axis=1)
    >>> bool(narrow < 0.8 < wide)
    True
    """
    data = _classification(dataset)
    given = checks.several("widths", widths, 1, each="width")
    widths = [checks.whole("widths", units, 1, MAX_UNITS) for units in given]
    checks.number("share", share, 0, 1)
    seed_list = checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    checks.room(widths=len(widths), seeds=len(seed_list))
    data = shuffled(data, share, seed_list[0])
    names = ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy")
    so_far = Width(
        data.name,
        tuple(widths),
        seed_list,
        n_train,
        float(share),
        **{name: np.full((len(widths), len(seed_list)), np.nan) for name in names},
    )
    for done, units in enumerate(widths):
        how = dataclasses.replace(training, hidden_sizes=(units,))
        run = fit(
            data,
            settings,
            how,
            n_train=n_train,
            n_val=n_val,
            seeds=seed_list,
            progress=_part(progress, done, len(widths), so_far),
        )
        for name in names:
            getattr(so_far, name)[done] = run.kept(name)[0]
        if progress is not None:
            progress((done + 1) / len(widths), so_far)
    return so_far
