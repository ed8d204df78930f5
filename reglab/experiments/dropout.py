"""What dropout does in training and, left on, in prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks, dropout, early_stopping
from reglab.engine.network import apply
from reglab.engine.run import HISTORY, Run
from reglab.experiments.shared import Array, data_of
from reglab.streams import generator

__all__ = [
    "Adaptation",
    "FivePasses",
    "PassSpread",
    "Passes",
    "Uncertainty",
    "adaptation",
    "dropout_passes",
    "five_passes",
    "kept_by_patience",
    "monte_carlo",
    "pass_spread",
    "uncertainty",
]


@dataclass(frozen=True, eq=False)
class Passes:
    """Training passes of one row through one network with one hidden layer and one output.

    Attributes
    ----------
    units : array of shape (units,)
        The hidden layer before dropout.
    mask : array of bool of shape (passes, units)
    outputs : array of shape (passes,)
    evaluation : float
        The output in evaluation mode.
    deviation : float
        The standard deviation that theory gives the outputs.
    """

    units: Array
    mask: NDArray[np.bool_]
    outputs: Array
    evaluation: float
    deviation: float


def dropout_passes(
    run: Run,
    row: Sequence[float],
    setting: int = 0,
    passes: int = 40,
    *,
    rate: float | None = None,
    classic: bool = False,
    seed: int = 0,
) -> Passes:
    """Send a row through a trained network again and again, with new masks each time.

    Parameters
    ----------
    run : Run
        Of a regression with one hidden layer; its first seed is used.
    row : sequence of float
        Its features.
    setting : int
        Which of the run's settings.
    passes : int, >= 1
    rate : float in [0, 1), or None
        Of the passes; None is the `dropout` that the setting was trained with.
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
    >>> from reglab import Settings, Training, fit
    >>> from reglab.datasets import load
    >>> run = fit("diabetes", Settings(dropout=0.5), Training(hidden_sizes=(12,), max_steps=20), seeds=1)
    >>> passes = dropout_passes(run, load("diabetes").x_test[0], passes=2000)
    >>> bool(abs(passes.outputs.mean() - passes.evaluation) < 4 * passes.deviation / 2000**0.5)
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
    rates = run.settings[setting].dropout
    trained = rates[0] if isinstance(rates, tuple) else rates
    rate = checks.number("rate", trained if rate is None else rate, 0, 1, high_open=True)
    h = run.hidden(features[None])[setting, 0, 0].astype(np.float64)  # (units,)
    w = run.weights(1)[setting, 0, :, 0].astype(np.float64)
    b = float(run.biases(1)[setting, 0, 0])
    apply_dropout = dropout.classic if classic else dropout.dropout
    again = np.broadcast_to(h, (passes, len(h)))
    mask = dropout.dropout(np.ones_like(again), rate, generator(seed, "dropout")) > 0
    outputs = apply_dropout(again, rate, generator(seed, "dropout")) @ w + b  # the same draws
    deviation = float(np.sqrt(dropout.variance(h * w, rate).sum())) * (1 - rate if classic else 1)
    return Passes(h, mask, outputs, float(apply_dropout(h, rate, None) @ w + b), deviation)


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
        Probabilities. Gal and Ghahramani take their mean over the passes for the prediction, and their spread for its
        uncertainty; whether a spread is larger where the network is wrong is a question to each network.

    Raises
    ------
    ValueError
        If the run is of a regression, or an argument is out of its range.

    References
    ----------
    Gal & Ghahramani 2016, "Dropout as a Bayesian approximation", arXiv:1506.02142.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> from reglab.datasets import load
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
    predictions = np.empty((passes, *models, rows.shape[-2], classes), np.float32)
    for probabilities in predictions:
        masks = [dropout._mask((1, 1, 1, size), each[..., layer], rng) for layer, size in enumerate(hidden)]
        inputs = dropout._mask((1, 1, 1, run.sizes[0]), first, rng)
        seen = rows if not first.any() or inputs is None else rows * inputs
        outputs = apply(net, seen, masks, **run._architecture()).swapaxes(-1, -2)  # (settings, seeds, n, C)
        e = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        probabilities[:] = e / e.sum(axis=-1, keepdims=True)
    return predictions


@dataclass(frozen=True, eq=False)
class PassSpread:
    """What many training passes of one row through one network come to, rate by rate.

    Attributes
    ----------
    mean, variance : arrays of shape (rates,)
        Of the outputs.
    evaluation : array of shape (rates,)
        The output in evaluation mode, which is the mean by theory.
    theory : array of shape (rates,)
        The variance by theory.
    """

    mean: Array
    variance: Array
    evaluation: Array
    theory: Array


def pass_spread(
    run: Run,
    row: Sequence[float],
    rates: Sequence[float],
    setting: int = 0,
    passes: int = 2000,
    *,
    classic: bool = False,
    seed: int = 0,
) -> PassSpread:
    """Measure mean and variance of a network's output over training passes, at every rate the same network.

    Parameters
    ----------
    run, row, setting, passes, classic, seed
        As in `dropout_passes`.
    rates : sequence of float in [0, 1)
        Of the passes, whatever rate the network was trained with.

    Returns
    -------
    PassSpread

    Raises
    ------
    ValueError
        As `dropout_passes`.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> from reglab.datasets import load
    >>> run = fit("diabetes", Settings(), Training(hidden_sizes=(12,), max_steps=20), seeds=1)
    >>> spread = pass_spread(run, load("diabetes").x_test[0], [0.0, 0.5], passes=4000)
    >>> bool(spread.variance[0] < 1e-12), bool(abs(spread.variance[1] / spread.theory[1] - 1) < 0.1)
    (True, True)
    """
    several = checks.several("rates", rates)
    checks.rounds(rates=len(several), passes=checks.whole("passes", passes, 1))
    each = [
        dropout_passes(run, row, setting, passes, rate=checks.number("rates", rate, 0, 1), classic=classic, seed=seed)
        for rate in several
    ]
    return PassSpread(
        np.array([at_rate.outputs.mean() for at_rate in each]),
        np.array([at_rate.outputs.var() for at_rate in each]),
        np.array([at_rate.evaluation for at_rate in each]),
        np.array([at_rate.deviation**2 for at_rate in each]),
    )


@dataclass(frozen=True, eq=False)
class FivePasses:
    """Five units in five training passes, and in evaluation.

    Attributes
    ----------
    activations : array of shape (5,)
        The units before dropout.
    mask : array of bool of shape (5 passes, 5 units)
    values : array of shape (5 passes, 5 units)
        The units after dropout.
    evaluation : array of shape (5,)
        The units in evaluation mode, which are their means by theory.
    deviation : array of shape (5,)
        The standard deviation of a unit in one pass, by theory.
    """

    activations: Array
    mask: NDArray[np.bool_]
    values: Array
    evaluation: Array
    deviation: Array


def five_passes(rate: float = 0.5, *, classic: bool = False) -> FivePasses:
    """Return the demonstration of `reglab.dropout.reference` in numbers, in either convention.

    Parameters
    ----------
    rate : float in [0, 1)
    classic : bool
        Scale in evaluation rather than in training.

    Returns
    -------
    FivePasses

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> five_passes(0.5).values[0], five_passes(0.5, classic=True).evaluation
    (array([0., 4., 6., 8., 0.]), array([0.5, 1. , 1.5, 2. , 2.5]))
    """
    checks.flag("classic", classic)
    h, mask = dropout.reference(rate)
    scale, unscaled = (1.0, 1 - rate) if classic else (1 / (1 - rate), 1.0)
    return FivePasses(h, mask, h * mask * scale, h * unscaled, np.sqrt(dropout.variance(h, rate)) * unscaled)


@dataclass(frozen=True, eq=False)
class Adaptation:
    """How much the units of a network's last hidden layer lean on each other, as far as correlation shows it.

    Attributes
    ----------
    mean : array of shape (settings, seeds)
        The mean absolute correlation of two units (`reglab.dropout.co_adaptation`).
    edges : array of shape (bins + 1,)
    shares : array of shape (settings, bins)
        Of all pairs of units of all seeds, those whose absolute correlation lies in a bin.
    """

    mean: Array
    edges: Array
    shares: Array


def adaptation(run: Run, bins: int = 25) -> Adaptation:
    """Measure how the units of the last hidden layer correlate over the test rows.

    Parameters
    ----------
    run : Run
    bins : int, >= 1

    Returns
    -------
    Adaptation

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("wine", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=1)
    >>> measured = adaptation(run, bins=4)
    >>> measured.edges, measured.shares.sum(axis=1).round(6)
    (array([0.  , 0.25, 0.5 , 0.75, 1.  ]), array([1., 1.]))
    """
    hidden = checks.instance("run", run, Run).hidden(data_of(run).x_test)  # (settings, seeds, rows, units)
    checks.room(bins=checks.whole("bins", bins, 1), settings=len(hidden))
    shares = np.zeros((len(hidden), bins))
    for share, activations in zip(shares, hidden, strict=True):
        sizes = np.abs(dropout.correlations(activations).ravel())
        sizes = sizes[np.isfinite(sizes)]  # of a unit that is the same in every row there is none
        numbers = np.minimum((np.minimum(sizes, 1) * bins).astype(int), bins - 1)
        share[:] = np.bincount(numbers, minlength=bins) / max(len(sizes), 1)
    return Adaptation(dropout.co_adaptation(hidden), np.arange(bins + 1) / bins, shares)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How far training passes differ in what they predict for points of a plane.

    Attributes
    ----------
    x, y : (float, float)
        The ends of the map.
    points : array of shape (side * side, 2)
        The middles of its cells, the lowest row first.
    means, spreads : arrays of shape (settings, side * side)
        Mean and standard deviation over the passes of the second class's probability there, of the first seed.
    rows, border : arrays of shape (settings, seeds)
        The standard deviation, averaged over the test rows and over the cells at the map's border.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    points: Array
    means: Array
    spreads: Array
    rows: Array
    border: Array


def uncertainty(run: Run, passes: int = 30, side: int = 36, *, margin: float = 0.8, seed: int = 0) -> Uncertainty:
    """Leave dropout on, and compare passes at the test rows of a plane's two classes with passes all around.

    Parameters
    ----------
    run : Run
        Of two classes of rows with two features.
    passes : int, >= 1
    side : int, >= 2
        Cells along a side of the map.
    margin : float >= 0
        How far the map goes beyond the rows.
    seed : int, >= 0
        Of the masks.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ValueError
        If the rows have another number of features or classes, or an argument is out of its range.

    References
    ----------
    Gal & Ghahramani 2016, arXiv:1506.02142.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("moons", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=2)
    >>> grid = uncertainty(run, passes=5, side=6)
    >>> grid.means.shape, grid.border.shape, bool((grid.rows[0] < 1e-6).all()), bool((grid.rows[1] > 0.01).all())
    ((2, 36), (2, 2), True, True)
    """
    if checks.instance("run", run, Run).sizes[0] != 2 or run.sizes[-1] != 2:
        raise ValueError(f"run must be of two classes and two features, got the sizes {run.sizes}")
    checks.whole("side", side, 2)
    checks.number("margin", margin, 0, 1e6)
    checks.room(side=side, across=side, passes=checks.whole("passes", passes, 1))
    data, cells = data_of(run), side * side
    low, high = (ends.astype(np.float64) for ends in (np.nanmin(data.x, axis=0), np.nanmax(data.x, axis=0)))
    low, high = low - margin, high + margin
    places = low + (high - low) * (np.arange(side) + 0.5)[:, None] / side  # (side, 2)
    points = np.stack(np.meshgrid(places[:, 0], places[:, 1]), axis=-1).reshape(cells, 2)
    row, column = np.divmod(np.arange(cells), side)
    at_border = np.isin(row, (0, side - 1)) | np.isin(column, (0, side - 1))
    predicted = monte_carlo(run, np.concatenate([points, data.x_test]), passes, seed=seed)[..., 1]
    spread = predicted.std(axis=0).astype(np.float64)  # (settings, seeds, points)
    return Uncertainty(
        (float(low[0]), float(high[0])),
        (float(low[1]), float(high[1])),
        points,
        predicted[:, :, 0, :cells].mean(axis=0).astype(np.float64),
        spread[:, 0, :cells],
        spread[..., cells:].mean(axis=-1),
        spread[..., :cells][..., at_border].mean(axis=-1),
    )


def kept_by_patience(run: Run, name: str, patience: int) -> Array:
    """Return a measure at the evaluation to which early stopping on the validation loss would have returned.

    Parameters
    ----------
    run : Run
    name : str
        Of a history, such as ``"test_accuracy"``.
    patience : int, >= 1
        Evaluations without an improvement.

    Returns
    -------
    array of shape (settings, seeds)
        NaN where a model has no evaluation to return to.

    Raises
    ------
    ValueError
        If the run has no such history, or an argument is out of its range.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("wine", Settings(), Training(max_steps=60, eval_steps=5), n_train=40, seeds=3)
    >>> losses = kept_by_patience(run, "val_loss", 12)  # too many evaluations to stop, so the lowest is returned
    >>> bool((losses == run.val_loss.min(axis=-1)).all())
    True
    """
    history = getattr(checks.instance("run", run, Run), checks.one_of("name", name, HISTORY))
    returned = early_stopping.patience_stop(run.val_loss, patience).returned  # (settings, seeds)
    at: Array = np.take_along_axis(history, np.maximum(returned, 0)[..., None], axis=-1)[..., 0]
    return np.where(returned >= 0, at, np.nan)
