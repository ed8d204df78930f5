"""What needs training, or many fits, to answer a technique's question.

Each experiment trains through `reglab.fit`, reports its progress with what it has so far, and returns plain arrays:
one value per setting and seed, NaN where nothing has been measured yet.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks, dropout, gradient_clipping, label_smoothing, mistakes
from reglab.datasets import Dataset, as_dataset, load
from reglab.early_stopping import Stop, patience_stop, regret, saved
from reglab.engine import batch_norm
from reglab.engine.network import Parameters, apply
from reglab.engine.run import Run, evaluation_steps
from reglab.engine.train import fit
from reglab.l1 import bootstrap_lasso_paths, lasso_path, selection_frequency
from reglab.overfitting import sample, shuffle_labels
from reglab.settings import MAX_UNITS, Settings, Training
from reglab.streams import generator

__all__ = [
    "Calibration",
    "Clusters",
    "Memorization",
    "Optimism",
    "Outcome",
    "Passes",
    "SoftValidation",
    "Stability",
    "StoppingCurves",
    "Turned",
    "Weights",
    "Width",
    "calibration",
    "clusters",
    "cross_validated",
    "memorization",
    "monte_carlo",
    "outcome",
    "patience_regret",
    "rows_of",
    "sine_sample",
    "soft_validation",
    "spread_of_weights",
    "stability",
    "standardised",
    "stopping_curves",
    "stopping_on_test",
    "turned_by_clipping",
    "validation_predictions",
    "variance_shift",
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
    checks.whole("seed", seed, 0, 2**32 - 1 if checks.flag("legacy", legacy) else checks.LARGEST)
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
    >>> found = memorization("digits", [0.0, 1.0], n_train=50, seeds=2)
    >>> bool(found.train_accuracy.min() > 0.9), found.test_accuracy.mean(axis=1).round(1)
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
    >>> found = width("digits", [2, 32], n_train=50, seeds=2)
    >>> narrow, wide = found.train_accuracy.mean(axis=1)
    >>> bool(narrow < 0.8 < wide)
    True
    """
    data = _classification(dataset)
    told = checks.several("widths", widths, 1, each="width")
    widths = [checks.whole("widths", units, 1, MAX_UNITS) for units in told]
    checks.number("share", share, 0, 1)
    seed_list = checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    checks.room(widths=len(widths), seeds=len(seed_list))
    data = shuffled(data, share, seed_list[0])
    names = ("train_loss", "val_loss", "test_loss", "train_accuracy", "test_accuracy")
    found = Width(
        data.name, tuple(widths), seed_list, n_train, float(share),
        **{name: np.full((len(widths), len(seed_list)), np.nan) for name in names},
    )  # fmt: skip
    for done, units in enumerate(widths):
        how = dataclasses.replace(training, hidden_sizes=(units,))
        run = fit(
            data, settings, how, n_train=n_train, n_val=n_val, seeds=seed_list,
            progress=_part(progress, done, len(widths), found),
        )  # fmt: skip
        for name in names:
            getattr(found, name)[done] = run.kept(name)[0]
        if progress is not None:
            progress((done + 1) / len(widths), found)
    return found


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


def _part(progress: Progress | None, done: int, of: int, found: Any) -> Callable[[float, Run], None] | None:
    """Return what `fit` is to call, so that one of several trainings reports its share of the whole."""
    if progress is None:
        return None
    return lambda fraction, _: progress((done + fraction) / of, found)


def _classification(dataset: Dataset | str) -> Dataset:
    data = as_dataset(dataset)
    if data.n_classes is None:
        raise ValueError(f"dataset must have classes, got {data.name}, a regression")
    return data


def _check_training(settings: Settings, training: Training, progress: Any) -> None:
    checks.instance("settings", settings, Settings)
    checks.instance("training", training, Training)
    if progress is not None:
        checks.function("progress", progress)


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
    >>> run = fit("wine", [Settings(), Settings(weight_decay=10)], Training(max_steps=200), n_train=50, seeds=2)
    >>> found = spread_of_weights(run, limit=5)
    >>> found.shares.shape, found.shares.sum(axis=1).round(6).tolist()
    ((2, 40), [1.0, 1.0])
    >>> bool(found.rms[1].max() < found.rms[0].min())
    True
    """
    checks.instance("run", run, Run)
    checks.number("limit", limit, 0, low_open=True)
    checks.whole("bins", bins, 2, checks.MANY)
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
        Of which every column, and the target, has more than one value.

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
    X, y = data.x.astype(np.float64), data.y.astype(np.float64)
    centre, scale = X.mean(axis=0), X.std(axis=0)
    level, spread = y.mean(), y.std()
    return (X - centre) / scale, (y - level) / spread, (data.x_test - centre) / scale, (data.y_test - level) / spread


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
    >>> found = stability(X, y, [0.3, 0.03], n_bootstraps=20)
    >>> found.frequency.shape, found.shuffled.sum()
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


@dataclass(frozen=True, eq=False)
class Passes:
    """Training passes of one row through one network with one hidden layer and one output.

    Attributes
    ----------
    units : array of shape (units,)
        The hidden layer before dropout.
    kept : array of bool of shape (passes, units)
    outputs : array of shape (passes,)
    evaluation : float
        The output in evaluation mode.
    deviation : float
        The standard deviation that theory gives the outputs.
    """

    units: Array
    kept: NDArray[np.bool_]
    outputs: Array
    evaluation: float
    deviation: float


def dropout_passes(
    run: Run, row: Sequence[float], setting: int = 0, passes: int = 40, *, classic: bool = False, seed: int = 0
) -> Passes:
    """Send a row through a trained network again and again, with new masks each time.

    Parameters
    ----------
    run : Run
        Of a regression with one hidden layer; its first seed is used.
    row : sequence of float
        Its features.
    setting : int
        Which of the run's settings; its `dropout` is the rate.
    passes : int, >= 1
    classic : bool
        Scale in evaluation rather than in training.
    seed : int, >= 0
        Of the masks.

    Returns
    -------
    Passes

    Raises
    ------
    ValueError
        If the network has another number of hidden layers or of outputs, or an argument is out of its range.

    Examples
    --------
    >>> run = fit("diabetes", Settings(dropout=0.5), Training(hidden_sizes=(12,), max_steps=20), seeds=1)
    >>> found = dropout_passes(run, load("diabetes").x_test[0], passes=2000)
    >>> bool(abs(found.outputs.mean() - found.evaluation) < 4 * found.deviation / 2000**0.5)
    True
    """
    if len(checks.instance("run", run, Run).sizes) != 3 or run.sizes[-1] != 1:
        raise ValueError(f"run must have one hidden layer and one output, got the sizes {run.sizes}")
    checks.whole("setting", setting, 0, len(run.settings) - 1)
    checks.whole("passes", passes, 1)
    checks.room(passes=passes, units=run.sizes[1])
    checks.flag("classic", classic)
    checks.whole("seed", seed, 0)
    features = checks.numbers("row", row)
    if features.shape != (run.sizes[0],):
        raise ValueError(f"row must have the shape ({run.sizes[0]},), got {features.shape}")
    own = run.settings[setting].dropout
    rate = float(own[0] if isinstance(own, tuple) else own)
    h = run.hidden(features[None])[setting, 0, 0].astype(np.float64)  # (units,)
    w = run.weights(1)[setting, 0, :, 0].astype(np.float64)
    b = float(run.biases(1)[setting, 0, 0])
    apply_dropout = dropout.classic if classic else dropout.dropout
    again = np.broadcast_to(h, (passes, len(h)))
    kept = dropout.dropout(np.ones_like(again), rate, generator(seed, "dropout")) > 0
    outputs = apply_dropout(again, rate, generator(seed, "dropout")) @ w + b  # the same draws
    deviation = float(np.sqrt(dropout.variance(h * w, rate).sum())) * (1 - rate if classic else 1)
    return Passes(h, kept, outputs, float(apply_dropout(h, rate, None) @ w + b), deviation)


def monte_carlo(run: Run, x: ArrayLike, passes: int = 50, *, seed: int = 0) -> NDArray[np.float32]:
    """Predict again and again with dropout left on: each pass is one thinned network, the same for all rows.

    Parameters
    ----------
    run : Run
        Of a classification.
    x : array of shape (n, features)
        In the dataset's raw units.
    passes : int, >= 1
    seed : int, >= 0
        Of the masks.

    Returns
    -------
    array of shape (passes, settings, seeds, n, n_classes)
        Probabilities; their mean over the passes is the prediction, and their spread its uncertainty.

    Raises
    ------
    ValueError
        If the run is of a regression, or an argument is out of its range.

    References
    ----------
    Gal & Ghahramani 2016, "Dropout as a Bayesian approximation", arXiv:1506.02142.

    Examples
    --------
    >>> run = fit("moons", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=1)
    >>> p = monte_carlo(run, load("moons").x_test, passes=10)
    >>> bool((p[0, 0] == p[9, 0]).all()), bool((p[0, 1] == p[9, 1]).all())
    (True, False)
    """
    checks.whole("passes", passes, 1, checks.MANY)
    checks.whole("seed", seed, 0)
    if checks.instance("run", run, Run).sizes[-1] < 2:
        raise ValueError("run must be of a classification, got a regression")
    hidden = run.sizes[1:-1]
    rates = [s.dropout if isinstance(s.dropout, tuple) else (s.dropout,) * len(hidden) for s in run.settings]
    each = np.array(rates, np.float32)[:, None, None, None]  # (settings, 1, 1, 1, layers)
    first = np.array([s.input_dropout for s in run.settings], np.float32)[:, None, None, None]
    rng, rows, net = generator(seed, "dropout"), run._standardise(x), run._network()
    models, classes = run.kept_weights.shape[:2], run.sizes[-1]
    checks.room(passes=passes, x=rows.shape[-2], models=math.prod(models), classes=classes)
    found = np.empty((passes, *models, rows.shape[-2], classes), np.float32)
    for one in found:
        masks = [dropout._mask((1, 1, 1, size), each[..., layer], rng) for layer, size in enumerate(hidden)]
        inputs = dropout._mask((1, 1, 1, run.sizes[0]), first, rng)
        seen = rows if not first.any() or inputs is None else rows * inputs
        outputs = apply(net, seen, masks, **run._architecture()).swapaxes(-1, -2)  # (settings, seeds, n, C)
        e = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        one[:] = e / e.sum(axis=-1, keepdims=True)
    return found


def variance_shift(run: Run) -> Array:
    """Compare the variance that each batch norm has learned with the one that it meets in evaluation.

    A layer's running variance is that of its inputs in training, with dropout below it on. In evaluation dropout is
    off, and its inputs vary less than the layer divides by.

    Parameters
    ----------
    run : Run
        Trained with batch norm.

    Returns
    -------
    array of shape (settings, seeds, hidden layers)
        The running variance, summed over the units, over that of the training rows in evaluation mode: about 1 where
        nothing is dropped below the layer; NaN where a model diverged.

    Raises
    ------
    ValueError
        If the run has no batch norm.

    References
    ----------
    Li et al. 2018, arXiv:1801.05134, which takes the ratio the other way round.

    Examples
    --------
    >>> stack = [Settings(), Settings(dropout=(0.5, 0.0))]
    >>> run = fit("digits", stack, Training(batch_norm=True, max_steps=200), seeds=2)
    >>> variance_shift(run).mean(axis=1).round(1)
    array([[1. , 1. ],
           [1. , 1.9]])
    """
    if not checks.instance("run", run, Run).training.batch_norm:
        raise ValueError("run must be trained with batch norm")
    net, statistics = run._network(), batch_norm.running(run.training.hidden_sizes, run.kept_statistics)
    rows = load(run.dataset).x[rows_of(run, "train")]
    h = ((rows - run.centre) / run.scale).astype(np.float32)  # (seeds, n, features)
    found = np.full((*run.kept_weights.shape[:2], len(statistics)), np.nan)
    for layer, learned in enumerate(statistics):
        z = h @ net.weights[layer]  # (settings, seeds, n, units)
        found[..., layer] = learned.variance.sum(axis=(-2, -1)) / z.var(axis=-2, ddof=1).sum(axis=-1)
        lit = np.maximum(batch_norm.apply(z, learned) * net.gains[layer] + net.biases[layer], 0)
        h = h + lit if run.training.residual and layer else lit
    return found


@dataclass(frozen=True, eq=False)
class StoppingCurves:
    """Whole runs, none of them stopped, for every rule of `reglab.early_stopping` to be read from.

    Attributes
    ----------
    dataset : str
    noises : tuple of float
        Of the labels that are trained and validated on, how many are shuffled; the test labels are right.
    sizes : tuple of int
        Training rows.
    n_val : int
        Validation rows, the same for every size.
    seeds : tuple of int
    steps : array of int of shape (evaluations,)
    train_loss, val_loss, test_loss, val_accuracy, test_accuracy : arrays of shape (noises, sizes, seeds, evaluations)
        NaN where nothing has been measured yet.
    """

    dataset: str
    noises: tuple[float, ...]
    sizes: tuple[int, ...]
    n_val: int
    seeds: tuple[int, ...]
    steps: NDArray[np.int64]
    train_loss: Array
    val_loss: Array
    test_loss: Array
    val_accuracy: Array
    test_accuracy: Array


def stopping_curves(
    dataset: Dataset | str,
    noises: Sequence[float] = (0.0, 0.2, 0.4),
    sizes: Sequence[int] = (50, 100, 200, 400),
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=400),
    *,
    n_val: int = 100,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> StoppingCurves:
    """Train to the end at every noise and size, so that any stopping rule can be read from the curves afterwards.

    A model that stops is bit for bit the model that goes on, until it stops: one run serves every rule, patience,
    min_delta and smoothing.

    Parameters
    ----------
    dataset : Dataset or str
        A classification.
    noises : sequence of float in [0, 1]
        Shares of the labels that are shuffled (`reglab.overfitting.shuffle_labels`).
    sizes : sequence of int, each >= 2
        Training rows.
    settings : Settings
        Without patience.
    training : Training
    n_val : int
        Validation rows: the fewer, the noisier is what the rules watch.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    StoppingCurves

    Raises
    ------
    ValueError
        If the dataset is a regression or an argument is out of its range.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0], [50], training=Training(max_steps=100), seeds=2)
    >>> curves.val_loss.shape == (1, 1, 2, len(curves.steps))
    True
    """
    data = _classification(dataset)
    noises = [checks.number("noises", noise, 0, 1) for noise in checks.several("noises", noises, 1)]
    _check_training(settings, training, progress)
    if settings.patience is not None:
        raise ValueError(f"settings must have no patience, since every run goes to its end, got {settings.patience}")
    sizes = [checks.whole("sizes", size, 2, len(data.x) - 1) for size in checks.several("sizes", sizes, 1)]
    seed_list = checks.seeds("seeds", seeds)
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(noises), len(sizes), len(seed_list), len(steps))
    checks.room(noises=shape[0], sizes=shape[1], seeds=shape[2], evaluations=shape[3])
    measures = ("train_loss", "val_loss", "test_loss", "val_accuracy", "test_accuracy")
    found = StoppingCurves(
        data.name, tuple(map(float, noises)), tuple(map(int, sizes)), n_val, seed_list, steps,
        **{name: np.full(shape, np.nan) for name in measures},
    )  # fmt: skip
    cells = [(i, j) for i in range(len(noises)) for j in range(len(sizes))]
    for done, (i, j) in enumerate(cells):

        def live(fraction: float, run: Run, done: int = done, i: int = i, j: int = j) -> None:
            for name in measures:
                getattr(found, name)[i, j] = getattr(run, name)[0]
            if progress is not None:
                progress((done + fraction) / len(cells), found)

        noisy = shuffled(data, noises[i], seed_list[0])
        fit(noisy, settings, training, n_train=sizes[j], n_val=n_val, seeds=seed_list, progress=live)
    return found


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a stopping rule comes to; arrays of shape (noises, sizes, seeds).

    Attributes
    ----------
    stop, returned : arrays of int
        The evaluation at which it stops, and the one whose weights it returns; -1 for none.
    loss : array
        The test loss of the weights returned.
    last : array
        The test loss where it stops: what is kept when the best weights are not restored.
    regret : array
        `loss` minus the lowest test loss of the run.
    saved : array
        The share of the training steps that stopping saves.
    """

    stop: NDArray[np.int64]
    returned: NDArray[np.int64]
    loss: Array
    last: Array
    regret: Array
    saved: Array


def outcome(curves: StoppingCurves, stop: Stop) -> Outcome:
    """Return what a rule, read from whole runs, comes to on the test rows.

    Parameters
    ----------
    curves : StoppingCurves
    stop : Stop
        Of arrays of shape (noises, sizes, seeds), from a rule of `reglab.early_stopping` over `curves.val_loss`.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0], [50], training=Training(max_steps=100), seeds=2)
    >>> found = outcome(curves, patience_stop(curves.val_loss, 3))
    >>> bool((found.regret >= 0).all()), found.saved.shape
    (True, (1, 1, 2))
    """
    shape = checks.instance("curves", curves, StoppingCurves).test_loss.shape
    checks.instance("stop", stop, Stop)
    at, kept = (checks.wholes("stop", index, -1, shape[-1] - 1) for index in stop)
    if at.shape != shape[:-1] or kept.shape != shape[:-1]:
        raise ValueError(f"stop must hold arrays of the shape {shape[:-1]}, got {at.shape} and {kept.shape}")

    def test_loss(index: NDArray[np.int64]) -> Array:
        picked = np.take_along_axis(curves.test_loss, np.maximum(index, 0)[..., None], axis=-1)[..., 0]
        return np.where(index >= 0, picked, np.nan)

    cost = np.asarray(regret(curves.test_loss, kept))
    return Outcome(at, kept, test_loss(kept), test_loss(at), cost, np.asarray(saved(at, curves.steps)))


def patience_regret(
    curves: StoppingCurves, patiences: Sequence[int], min_delta: float = 0.0, smoothing: float = 0.0
) -> Array:
    """Return what each patience costs against the best evaluation, at every noise and size.

    Parameters
    ----------
    curves : StoppingCurves
    patiences : sequence of int, each >= 1
    min_delta, smoothing : float
        As in `reglab.early_stopping.patience_stop`.

    Returns
    -------
    array of shape (patiences, noises, sizes, seeds)
        In test loss; 0 is the best evaluation's.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0, 0.3], [50], training=Training(max_steps=100), seeds=2)
    >>> patience_regret(curves, [1, 4]).shape
    (2, 2, 1, 2)
    """
    checks.instance("curves", curves, StoppingCurves)
    patiences = [checks.whole("patiences", patience, 1) for patience in checks.several("patiences", patiences, 1)]
    return np.stack(
        [outcome(curves, patience_stop(curves.val_loss, p, min_delta, smoothing)).regret for p in patiences]
    )


@dataclass(frozen=True, eq=False)
class Optimism:
    """What stopping on the test rows reports, and what fresh rows say of the same weights.

    Attributes
    ----------
    rows : int
        Test rows in each half.
    seeds : tuple of int
    reported, fresh : arrays of shape (seeds,)
        The loss on the half on which the evaluation was chosen, and on the other half; the mean of both ways round.
    by_validation : array of shape (seeds,)
        The mean loss on both halves of the evaluation that the validation loss chooses: nothing flatters it.
    """

    rows: int
    seeds: tuple[int, ...]
    reported: Array
    fresh: Array
    by_validation: Array


def stopping_on_test(
    dataset: Dataset | str,
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=400),
    *,
    patience: int = 5,
    min_delta: float = 0.0,
    smoothing: float = 0.0,
    noise: float = 0.0,
    n_train: int = 100,
    n_val: int = 100,
    rows: int = 50,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> Optimism:
    """Choose the evaluation on half of the test rows, and measure on the other half how far its loss flatters.

    Each seed draws two halves of its own. Each is once the one to choose on and once the fresh one, so that one half
    being easier than the other cancels out.

    Parameters
    ----------
    dataset : Dataset or str
        A classification.
    settings : Settings
        Without patience.
    training : Training
    patience : int, >= 1
    min_delta, smoothing : float
        As in `reglab.early_stopping.patience_stop`.
    noise : float in [0, 1]
        Share of the labels trained and validated on that are shuffled; the test labels are right.
    n_train, n_val : int
    rows : int, >= 1
        Test rows per half; at most half of those that there are.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    Optimism

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> found = stopping_on_test("moons", training=Training(max_steps=60), rows=20, seeds=2)
    >>> found.reported.shape
    (2,)
    """
    data = _classification(dataset)
    checks.whole("rows", rows, 1)
    checks.whole("patience", patience, 1)
    checks.number("noise", noise, 0, 1)
    _check_training(settings, training, progress)
    if settings.patience is not None:
        raise ValueError(f"settings must have no patience, since every run goes to its end, got {settings.patience}")
    seed_list, half = checks.seeds("seeds", seeds), min(rows, len(data.x_test) // 2)
    data = shuffled(data, noise, seed_list[0]) if noise else data
    names = ("reported", "fresh", "by_validation")
    found = Optimism(half, seed_list, **{name: np.full(len(seed_list), np.nan) for name in names})
    for i, seed in enumerate(seed_list):
        drawn = generator(seed, "test halves").permutation(len(data.x_test))
        runs = []
        for k in range(2):
            part = drawn[k * half : (k + 1) * half]
            own = dataclasses.replace(data, x_test=data.x_test[part], y_test=data.y_test[part])
            report = _part(progress, 2 * i + k, 2 * len(seed_list), found)
            runs.append(fit(own, settings, training, n_train=n_train, n_val=n_val, seeds=[seed], progress=report))
        first, second = (run.test_loss[0, 0] for run in runs)
        pairs = ((first, second), (second, first))
        on_test = [patience_stop(on, patience, min_delta, smoothing).returned for on, _ in pairs]
        by_val = patience_stop(runs[0].val_loss[0, 0], patience, min_delta, smoothing).returned
        found.reported[i] = np.mean([on[at] for (on, _), at in zip(pairs, on_test, strict=True)])
        found.fresh[i] = np.mean([other[at] for (_, other), at in zip(pairs, on_test, strict=True)])
        found.by_validation[i] = np.mean([on[by_val] for on, _ in pairs])
        if progress is not None:
            progress((i + 1) / len(seed_list), found)
    return found


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
    >>> run = fit("wine", Settings(), Training(max_steps=1), n_train=50, seeds=2)
    >>> rows_of(run, "train").shape
    (2, 50)
    """
    n_pool = len(load(checks.instance("run", run, Run).dataset).x)
    checks.one_of("split", split, ("train", "val"))
    order = np.stack([generator(seed, "rows").permutation(n_pool) for seed in run.seeds])
    return order[:, : run.n_train] if split == "train" else order[:, n_pool - run.n_val :]


def validation_predictions(run: Run) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return each seed's predictions on its own validation rows, and their labels.

    Returns
    -------
    array of shape (settings, seeds, n_val, n_classes), array of int of shape (seeds, n_val)

    Raises
    ------
    ValueError
        If it is no run.

    Examples
    --------
    >>> run = fit("wine", Settings(), Training(max_steps=9), n_train=50, seeds=2)
    >>> p, y = validation_predictions(run)
    >>> bool(np.allclose(label_smoothing.soft_label_loss(p, y[None], 0.0), run.kept("val_loss"), atol=1e-5))
    True
    """
    rows, data = rows_of(run, "val"), load(run.dataset)
    found = np.stack([run.predict(data.x[own])[:, s] for s, own in enumerate(rows)], axis=1)
    return found, data.y[rows]


@dataclass(frozen=True, eq=False)
class Calibration:
    """How well confidence tells accuracy on the test rows, as trained and with the temperature fitted afterwards.

    Attributes
    ----------
    error, scaled_error : arrays of shape (settings, seeds)
        Expected calibration error.
    loss, scaled_loss : arrays of shape (settings, seeds)
        Clean cross-entropy.
    temperature : array of shape (settings, seeds)
        Fitted on each seed's validation rows.
    bins, scaled_bins : Reliability
        Over all seeds, arrays of shape (settings, n_bins).
    """

    error: Array
    scaled_error: Array
    loss: Array
    scaled_loss: Array
    temperature: Array
    bins: label_smoothing.Reliability
    scaled_bins: label_smoothing.Reliability


def calibration(run: Run, n_bins: int = 15) -> Calibration:
    """Measure calibration on the test rows, before and after temperature scaling.

    Parameters
    ----------
    run : Run
        Of a classification.
    n_bins : int, >= 1

    Returns
    -------
    Calibration
        NaN where a model diverged.

    Raises
    ------
    ValueError
        If the run is of a regression, or `n_bins` is out of its range.

    References
    ----------
    Guo et al. 2017, "On calibration of modern neural networks", arXiv:1706.04599.

    Examples
    --------
    >>> run = fit("digits", [Settings(), Settings(label_smoothing=0.3)], Training(max_steps=100), seeds=2)
    >>> found = calibration(run)
    >>> bool((found.error[1] > found.error[0]).all()), bool((found.temperature[1] < 1).all())
    (True, True)
    """
    data = _classification(checks.instance("run", run, Run).dataset)
    checks.whole("n_bins", n_bins, 1, checks.MANY)
    p, y = run.predict(data.x_test), data.y_test  # (settings, seeds, n, K)
    T = np.asarray(label_smoothing.temperature(*_with_labels(validation_predictions(run))))
    scaled = label_smoothing.apply_temperature(p, np.where(np.isfinite(T), T, 1))
    raw, cooled = (label_smoothing.reliability(q, y, n_bins) for q in (p, scaled))
    return Calibration(
        error=raw.error,
        scaled_error=cooled.error,
        loss=label_smoothing.soft_label_loss(p, y, 0.0),
        scaled_loss=label_smoothing.soft_label_loss(scaled, y, 0.0),
        temperature=T,
        bins=_over_seeds(raw),
        scaled_bins=_over_seeds(cooled),
    )


def _with_labels(found: tuple[NDArray[np.float32], NDArray[np.int64]]) -> tuple[Any, Any]:
    """Return predictions (settings, seeds, n, K) with labels (settings, seeds, n)."""
    p, y = found
    return p, np.broadcast_to(y, p.shape[:-1])


def _over_seeds(bins: label_smoothing.Reliability) -> label_smoothing.Reliability:
    """Put the bins of all seeds together."""
    count = bins.count.sum(axis=1)  # (settings, n_bins)
    confidence, accuracy = (
        np.where(count > 0, np.nansum(values * bins.count, axis=1) / np.maximum(count, 1), np.nan)
        for values in (bins.confidence, bins.accuracy)
    )
    return label_smoothing.Reliability(bins.edges, confidence, accuracy, count)


@dataclass(frozen=True, eq=False)
class Clusters:
    """The last hidden layer's rows of three classes, in the plane through the class means.

    Attributes
    ----------
    points : tuple of arrays of shape (rows, 2), one per setting
        Of the first seed, in units of the class means' distance; none where the model diverged or spans no plane.
    labels : array of int of shape (rows,)
    spread : array of shape (settings, seeds)
        Distance of a row from its class's mean, over that of the means (`reglab.label_smoothing.Projection`).
    """

    points: tuple[Array, ...]
    labels: NDArray[np.int64]
    spread: Array


def clusters(run: Run, classes: Sequence[int], split: Literal["train", "test"] = "test") -> Clusters:
    """Look at the clusters that three classes make in the last hidden layer.

    Parameters
    ----------
    run : Run
        Of a classification.
    classes : three different labels
    split : "train" or "test"

    Returns
    -------
    Clusters

    Raises
    ------
    ValueError
        If the run is of a regression, or the classes are not three of its own.

    References
    ----------
    Mueller, Kornblith and Hinton 2019, "When does label smoothing help?", arXiv:1906.02629.

    Examples
    --------
    >>> run = fit("digits", Settings(), Training(max_steps=100), seeds=2)
    >>> found = clusters(run, [0, 1, 2])
    >>> found.spread.shape, sorted(set(found.labels.tolist()))
    ((1, 2), [0, 1, 2])
    """
    data = _classification(checks.instance("run", run, Run).dataset)
    checks.one_of("split", split, ("train", "test"))
    wanted = checks.wholes("classes", classes, 0, (data.n_classes or 1) - 1)
    if wanted.shape != (3,) or len(np.unique(wanted)) < 3:
        raise ValueError(f"classes must be three different labels, got {checks.shown(classes)}")
    train = rows_of(run, "train")
    spread = np.full((len(run.settings), len(run.seeds)), np.nan)
    points: list[Array] = [np.empty((0, 2)) for _ in run.settings]
    labels = np.empty(0, np.int64)
    for s in range(len(run.seeds)):
        x, y = (data.x_test, data.y_test) if split == "test" else (data.x[train[s]], data.y[train[s]])
        chosen = np.isin(y, wanted)
        x, y = x[chosen], y[chosen]
        units = run.hidden(x)[:, s]  # (settings, rows, units)
        if s == 0:
            labels = y
        for k, features in enumerate(units):
            try:
                plane = label_smoothing.project_on_class_plane(features, y, wanted)
            except ValueError:  # diverged, all units dead, or a class without a row
                continue
            spread[k, s] = plane.spread
            if s == 0:
                sides = plane.means - np.roll(plane.means, 1, axis=0)
                points[k] = plane.points / np.sqrt((sides**2).sum(axis=1).mean())
    return Clusters(tuple(points), labels, spread)


@dataclass(frozen=True, eq=False)
class SoftValidation:
    """One run's validation loss while it trains, on hard and on smoothed labels.

    Attributes
    ----------
    steps : array of int of shape (evaluations,)
    hard, soft : arrays of shape (seeds, evaluations), or (strengths, seeds, evaluations) of several strengths
    test : array of the same shape
        The loss on the test rows, on hard labels.
    """

    steps: NDArray[np.int64]
    hard: Array
    soft: Array
    test: Array


def soft_validation(
    dataset: Dataset | str,
    smoothing: float | Sequence[float],
    settings: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=300, eval_steps=8),
    *,
    n_train: int = 200,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> SoftValidation:
    """Follow the validation loss of one run twice: on hard labels, and on labels smoothed as in training.

    Parameters
    ----------
    dataset : Dataset or str
        A classification.
    smoothing : float in [0, 1), or a sequence of them
        Of the training too; several are trained as one stack.
    settings : Settings
        Its `label_smoothing` is replaced.
    training : Training
    n_train : int
        Training rows.
    seeds : int or sequence of int
    progress : callable, optional
        Is called with the share done and the result so far. An exception that it raises ends the experiment.

    Returns
    -------
    SoftValidation

    Raises
    ------
    ValueError
        If the dataset is a regression or an argument is out of its range.

    Notes
    -----
    A run of fewer steps is the beginning of a longer one, so one training of each length gives the model at that step.

    Examples
    --------
    >>> found = soft_validation("wine", 0.1, training=Training(max_steps=20, eval_steps=3), n_train=50, seeds=2)
    >>> found.steps.tolist(), bool((found.soft > found.hard)[:, -1].all())
    ([3, 9, 20], True)
    """
    data, seed_list = _classification(dataset), checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    several = hasattr(smoothing, "__iter__")
    told = checks.several("smoothing", smoothing, 1) if several else (smoothing,)
    strengths = [checks.number("smoothing", strength, 0, 1, high_open=True) for strength in told]
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    checks.room(smoothing=len(strengths), seeds=len(seed_list), evaluations=len(steps))
    hard, soft, test = (np.full((len(strengths), len(seed_list), len(steps)), np.nan) for _ in range(3))
    found = SoftValidation(steps, *((hard, soft, test) if several else (hard[0], soft[0], test[0])))
    smoothed = [dataclasses.replace(settings, label_smoothing=strength) for strength in strengths]
    share = np.cumsum(steps) / steps.sum()
    for at, step in enumerate(steps):
        how = dataclasses.replace(training, max_steps=int(step), eval_steps=1)
        begun = float(share[at - 1]) if at else 0.0

        def report(fraction: float, _: Run, begun: float = begun, end: float = float(share[at])) -> None:
            if progress is not None:
                progress(begun + (end - begun) * fraction, found)

        run = fit(data.name if isinstance(dataset, str) else data, smoothed, how, n_train=n_train, seeds=seed_list,
                  progress=report)  # fmt: skip
        p, y = validation_predictions(run)
        test[..., at] = run.kept("test_loss")
        for number, strength in enumerate(strengths):
            hard[number, :, at] = label_smoothing.soft_label_loss(p[number], y, 0.0)
            soft[number, :, at] = label_smoothing.soft_label_loss(p[number], y, strength)
    return found


@dataclass(frozen=True, eq=False)
class Turned:
    """What clipping array by array does to the direction of a gradient, and to the training.

    Attributes
    ----------
    run : Run
        Trained with the gradient clipped array by array.
    degrees : array of shape (steps, seeds)
        How far each step's gradient was turned; NaN from where a model diverged.
    clipped : array of bool of shape (steps, seeds)
        Whether the step was changed at all.
    """

    run: Run
    degrees: Array
    clipped: NDArray[np.bool_]


def turned_by_clipping(
    dataset: Dataset | str,
    settings: Settings,
    training: Training = Training(max_steps=300, optimizer="sgd"),
    *,
    n_train: int = 200,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> Turned:
    """Train with each array clipped by its own norm, and measure at every step how far that turns the gradient.

    Parameters
    ----------
    dataset : Dataset or str
    settings : Settings
        One, with a `clip_norm`.
    training : Training
        Without batch norm.
    n_train : int
        Training rows.
    seeds : int or sequence of int
        At most 16: they are trained as one block.
    progress : callable, optional
        Is called with the share done and None. An exception that it raises ends the experiment.

    Returns
    -------
    Turned

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> found = turned_by_clipping("wine", Settings(clip_norm=0.1), Training(max_steps=20), n_train=50, seeds=2)
    >>> found.degrees.shape, bool(0 < found.degrees.max() < 90)
    ((20, 2), True)
    """
    data, seed_list = as_dataset(dataset), checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    if settings.clip_norm == 0 or training.batch_norm:
        raise ValueError(f"clip_norm must be above 0, without batch norm, got {settings.clip_norm}")
    if len(seed_list) > 16:
        raise ValueError(f"seeds must be at most 16, got {len(seed_list)}")
    degrees, changed = [], []

    def measured(gradient: Parameters, net: Parameters, limit: NDArray[Any], rngs: Any) -> NDArray[np.bool_]:
        before = gradient.flat.astype(np.float64)
        clipped = mistakes.clips_each_array(gradient, net, limit, rngs)
        pairs = zip(before[:, 0], gradient.flat[:, 0], strict=True)  # by seed; there is one setting
        degrees.append([gradient_clipping.angle([a], [b]) for a, b in pairs])
        changed.append((before != gradient.flat).any(axis=-1)[:, 0])
        return clipped

    def report(fraction: float, _: Run) -> None:
        if progress is not None:
            progress(fraction, None)

    run = fit(
        data, settings, training, n_train=n_train, seeds=seed_list, replace={"clip_norm": measured}, progress=report
    )  # fmt: skip
    return Turned(run, np.array(degrees), np.array(changed))
