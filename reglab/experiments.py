"""What needs training, or many fits, to answer a technique's question.

Each experiment trains through `reglab.fit`, reports its progress with what it has so far, and returns plain arrays:
one value per setting and seed, NaN where nothing has been measured yet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reglab.datasets import Dataset, load
from reglab.l1 import bootstrap_lasso_paths, lasso_path, selection_frequency
from reglab.overfitting import sample, shuffle_labels
from reglab.run import Run, evaluation_steps
from reglab.settings import Settings, Training, check_number, check_whole
from reglab.streams import generator
from reglab.train import fit

__all__ = [
    "BySize",
    "Memorization",
    "Stability",
    "Weights",
    "Width",
    "by_size",
    "memorization",
    "sine_sample",
    "spread_of_weights",
    "stability",
    "standardised",
    "width",
]

Array = NDArray[np.float64]
Progress = Callable[[float, Any], None]

VALIDATION_POINTS = 400


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
    check_whole("seed", seed, 0)
    rng = np.random.RandomState(seed) if legacy else generator(seed, "sine")
    x, y = sample(n, noise, rng, spacing)
    x_val, y_val = sample(VALIDATION_POINTS, noise, generator(seed, "sine validation"), "random")
    return x, y, x_val, y_val


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
    settings: Settings = Settings(learning_rate=3e-3),  # noqa: B008 - frozen
    training: Training = Training(max_steps=500, eval_steps=12),  # noqa: B008 - frozen
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
    >>> found = memorization("digits", [0.0, 1.0], n_train=50, seeds=2)
    >>> bool(found.train_accuracy.min() > 0.9), found.test_accuracy.mean(axis=1).round(1)
    (True, array([0.8, 0.1]))
    """
    data = _classification(dataset)
    if not len(shares):
        raise ValueError("shares must have at least one share, got none")
    for share in shares:
        check_number("shares", share, 0, 1)
    seed_list = _seeds(seeds)
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(shares), len(seed_list))
    classes = np.bincount(data.y) / len(data.y)
    found = Memorization(
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
            shuffled(data, shares[i], seed_list[0]), settings, training, n_train=n_train, n_val=1, seeds=seed_list,
            progress=_part(progress, done, len(order), found),
        )  # fmt: skip
        found.train_curves[i] = run.train_accuracy[0]
        found.train_accuracy[i] = run.kept("train_accuracy")[0]
        found.test_accuracy[i] = run.kept("test_accuracy")[0]
        if progress is not None:
            progress((done + 1) / len(order), found)
    return found


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
    train_loss, test_loss, train_accuracy, test_accuracy : arrays of shape (widths, seeds)
        At the end; on training rows with the labels given, on test rows with their own.
    """

    dataset: str
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    n_train: int
    share: float
    train_loss: Array
    test_loss: Array
    train_accuracy: Array
    test_accuracy: Array


def width(
    dataset: Dataset | str,
    widths: Sequence[int] = (2, 4, 8, 16, 32, 64, 128),
    settings: Settings = Settings(learning_rate=3e-3),  # noqa: B008 - frozen
    training: Training = Training(max_steps=500, eval_steps=4),  # noqa: B008 - frozen
    *,
    n_train: int = 200,
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
    share : float in [0, 1]
        Of the training labels, how many are shuffled: noise that a wide network can memorise.
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
    >>> found = width("digits", [2, 32], n_train=50, seeds=2)
    >>> narrow, wide = found.train_accuracy.mean(axis=1)
    >>> bool(narrow < 0.8 < wide)
    True
    """
    data = _classification(dataset)
    if not len(widths):
        raise ValueError("widths must have at least one width, got none")
    for units in widths:
        check_whole("widths", units, 1)
    check_number("share", share, 0, 1)
    seed_list = _seeds(seeds)
    data = shuffled(data, share, seed_list[0])
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    found = Width(
        data.name, tuple(widths), seed_list, n_train, float(share),
        **{name: np.full((len(widths), len(seed_list)), np.nan) for name in names},
    )  # fmt: skip
    for done, units in enumerate(widths):
        how = dataclasses.replace(training, hidden_sizes=(units,))
        run = fit(
            data, settings, how, n_train=n_train, n_val=1, seeds=seed_list,
            progress=_part(progress, done, len(widths), found),
        )  # fmt: skip
        for name in names:
            getattr(found, name)[done] = run.kept(name)[0]
        if progress is not None:
            progress((done + 1) / len(widths), found)
    return found


def shuffled(data: Dataset, share: float, seed: int) -> Dataset:
    """Return the dataset with a share of its pool's labels shuffled; its test labels stay."""
    return dataclasses.replace(data, y=shuffle_labels(data.y, share, generator(seed, "shuffled labels")))


def _part(progress: Progress | None, done: int, of: int, found: Any) -> Callable[[float, Run], None] | None:
    """Return what `fit` is to call, so that one of several trainings reports its share of the whole."""
    if progress is None:
        return None
    return lambda fraction, _: progress((done + fraction) / of, found)


def _classification(dataset: Dataset | str) -> Dataset:
    data = load(dataset) if isinstance(dataset, str) else dataset
    if data.n_classes is None:
        raise ValueError(f"dataset must have classes, got {data.name}, a regression")
    return data


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(seeds, (int, np.integer)):
        check_whole("seeds", int(seeds), 1)
        return tuple(range(seeds))
    if not len(seeds):
        raise ValueError("seeds must be a number of seeds or a sequence of at least one, got none")
    for seed in seeds:
        check_whole("seeds", seed, 0)
    return tuple(map(int, seeds))


@dataclass(frozen=True, eq=False)
class BySize:
    """What each of several settings is worth, by the number of training rows.

    Attributes
    ----------
    dataset : str
    sizes : tuple of int
        Training rows.
    settings : tuple of Settings
    seeds : tuple of int
    n_val : int
        Validation rows, the same number at every size.
    val_loss, test_loss : arrays of shape (sizes, settings, seeds)
        At the kept weights.
    """

    dataset: str
    sizes: tuple[int, ...]
    settings: tuple[Settings, ...]
    seeds: tuple[int, ...]
    n_val: int
    val_loss: Array
    test_loss: Array


def by_size(
    dataset: Dataset | str,
    settings: Sequence[Settings],
    sizes: Sequence[int],
    training: Training = Training(max_steps=300, eval_steps=4),  # noqa: B008 - frozen
    *,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> BySize:
    """Train the same settings on more and more rows, all for the same number of steps.

    Parameters
    ----------
    dataset : Dataset or str
    settings : sequence of Settings
        Such as one strength after another.
    sizes : sequence of int
        Training rows; the rest of the pool has to leave some for validation.
    training : Training
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    BySize

    Raises
    ------
    ValueError
        If there is no size, or one is out of its range.

    Examples
    --------
    >>> strengths = [Settings(weight_decay=strength) for strength in (0, 1)]
    >>> found = by_size("digits", strengths, [50, 400], seeds=2)
    >>> few, many = found.val_loss.mean(axis=2)[:, 0]
    >>> bool(few > many)
    True
    """
    data = load(dataset) if isinstance(dataset, str) else dataset
    if not len(sizes):
        raise ValueError("sizes must have at least one number of rows, got none")
    for size in sizes:
        check_whole("sizes", size, 2)
    if max(sizes) >= len(data.x):
        raise ValueError(f"sizes must be below {len(data.x)}, the rows of {data.name}'s pool, got {max(sizes)}")
    seed_list = _seeds(seeds)
    shape = (len(sizes), len(settings), len(seed_list))
    found = BySize(
        data.name, tuple(sizes), tuple(settings), seed_list, min(400, len(data.x) - max(sizes)),
        np.full(shape, np.nan), np.full(shape, np.nan),
    )  # fmt: skip
    for done, size in enumerate(sizes):
        run = fit(
            data, settings, training, n_train=size, n_val=found.n_val, seeds=seed_list,
            progress=_part(progress, done, len(sizes), found),
        )  # fmt: skip
        found.val_loss[done], found.test_loss[done] = run.kept("val_loss"), run.kept("test_loss")
        if progress is not None:
            progress((done + 1) / len(sizes), found)
    return found


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


def spread_of_weights(run: Run, limit: float = 0.5, bins: int = 40) -> Weights:
    """Return the histogram of a run's weights, one for each setting.

    Parameters
    ----------
    run : Run
    limit : float, > 0
        The histogram's last edge.
    bins : int, >= 2

    Returns
    -------
    Weights

    Examples
    --------
    >>> run = fit("wine", [Settings(), Settings(weight_decay=10)], Training(max_steps=200), n_train=50, seeds=2)
    >>> found = spread_of_weights(run, limit=5)
    >>> found.shares.shape, found.shares.sum(axis=1).round(6).tolist()
    ((2, 40), [1.0, 1.0])
    >>> bool(found.rms[1].max() < found.rms[0].min())
    True
    """
    check_number("limit", limit, 0)
    check_whole("bins", bins, 2)
    layers = [run.weights(layer) for layer in range(len(run.sizes) - 1)]
    w = np.concatenate([layer.reshape(*layer.shape[:2], -1) for layer in layers], axis=2)  # (settings, seeds, weights)
    edges = np.linspace(-limit, limit, bins + 1)
    shares = np.full((len(w), bins), np.nan)
    near_zero = np.full(len(w), np.nan)
    for setting, values in enumerate(w):
        seen = values[np.isfinite(values)]
        if seen.size:
            shares[setting] = np.histogram(seen, edges)[0] / seen.size
            near_zero[setting] = np.mean(np.abs(seen) < 0.01)
    return Weights(edges, shares, np.sqrt(np.mean(w.astype(np.float64) ** 2, axis=2)), near_zero)


def standardised(dataset: Dataset | str) -> tuple[Array, Array, Array, Array]:
    """Return a regression's pool and test rows, each column and the target with mean 0 and deviation 1 over the pool.

    Parameters
    ----------
    dataset : Dataset or str

    Returns
    -------
    X, y, X_test, y_test : arrays of shape (n, d), (n,), (n_test, d), (n_test,), float64

    Examples
    --------
    >>> X, y, X_test, y_test = standardised("diabetes")
    >>> X.shape, bool(abs(X.mean(axis=0)).max() < 1e-12), y.std().round(6)
    ((300, 10), True, np.float64(1.0))
    """
    data = load(dataset) if isinstance(dataset, str) else dataset
    X, y = data.x.astype(np.float64), data.y.astype(np.float64)
    centre, scale = X.mean(axis=0), X.std(axis=0)
    level, spread = y.mean(), y.std()
    return (X - centre) / scale, (y - level) / spread, (data.x_test - centre) / scale, (data.y_test - level) / spread


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

    References
    ----------
    N. Meinshausen and P. Buehlmann, "Stability selection", JRSS B 2010.

    Examples
    --------
    >>> X, y, _, _ = standardised("diabetes")
    >>> found = stability(X, y, [0.3, 0.03], n_bootstraps=20)
    >>> found.frequency.shape, found.shuffled.sum()
    ((2, 20), np.int64(10))
    """
    check_whole("seed", seed, 0)
    d = X.shape[1]
    both = np.concatenate([X, generator(seed, "shuffled features").permuted(X, axis=0)], axis=1)  # (n, 2 d)
    paths = bootstrap_lasso_paths(both, y, l1s, generator(seed, "bootstrap"), n_bootstraps)
    return Stability(
        l1s=tuple(map(float, l1s)),
        shuffled=np.arange(2 * d) >= d,
        path=lasso_path(both, y, l1s),
        frequency=selection_frequency(paths),
    )
