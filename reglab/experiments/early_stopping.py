"""What a rule of stopping costs: whole runs, what each rule returns of them, and what the test rows say."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.datasets import Dataset, as_dataset
from reglab.early_stopping import Stop, patience_stop, regret, saved
from reglab.engine.run import Run, evaluation_steps
from reglab.engine.train import fit
from reglab.experiments.shared import Array, Progress, _check_training, _part, shuffled
from reglab.settings import Settings, Training
from reglab.streams import generator

__all__ = [
    "Optimism",
    "Outcome",
    "StoppingCurves",
    "accuracy_peaks_later",
    "at_returned",
    "enough_patience",
    "outcome",
    "patience_regret",
    "stopping_curves",
    "stopping_on_test",
]

AT_ONCE = 16  # seeds whose two halves train together: one model at a time takes three times as long


@dataclass(frozen=True, eq=False)
class StoppingCurves:
    """Whole runs, none of them stopped, for every rule of `reglab.early_stopping` to be read from.

    Attributes
    ----------
    dataset : str
    n_classes : int or None
        None is a regression, whose accuracy is R squared.
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
    n_classes: int | None
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
    noises : sequence of float in [0, 1]
        Shares of the labels, or of a regression's targets, that are shuffled (`reglab.overfitting.shuffle_labels`).
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
        If an argument is out of its range.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0], [50], training=Training(max_steps=100), seeds=2)
    >>> curves.val_loss.shape == (1, 1, 2, len(curves.steps))
    True
    """
    data = as_dataset(dataset)
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
    curves = StoppingCurves(
        data.name,
        data.n_classes,
        tuple(map(float, noises)),
        tuple(map(int, sizes)),
        n_val,
        seed_list,
        steps,
        **{name: np.full(shape, np.nan) for name in measures},
    )
    cells = [(i, j) for i in range(len(noises)) for j in range(len(sizes))]
    for done, (i, j) in enumerate(cells):

        def live(fraction: float, run: Run, done: int = done, i: int = i, j: int = j) -> None:
            for name in measures:
                getattr(curves, name)[i, j] = getattr(run, name)[0]
            if progress is not None:
                progress((done + fraction) / len(cells), curves)

        noisy = shuffled(data, noises[i], seed_list[0])
        fit(noisy, settings, training, n_train=sizes[j], n_val=n_val, seeds=seed_list, progress=live)
    return curves


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
    >>> stopped = outcome(curves, patience_stop(curves.val_loss, 3))
    >>> bool((stopped.regret >= 0).all()), stopped.saved.shape
    (True, (1, 1, 2))
    """
    shape = checks.instance("curves", curves, StoppingCurves).test_loss.shape
    checks.instance("stop", stop, Stop)
    at, returned = (checks.wholes("stop", index, -1, shape[-1] - 1) for index in stop)
    if at.shape != shape[:-1] or returned.shape != shape[:-1]:
        raise ValueError(f"stop must hold arrays of the shape {shape[:-1]}, got {at.shape} and {returned.shape}")

    loss, last = (at_returned(curves.test_loss, index) for index in (returned, at))
    cost = np.asarray(regret(curves.test_loss, returned))
    return Outcome(at, returned, loss, last, cost, np.asarray(saved(at, curves.steps)))


def at_returned(measure: ArrayLike, returned: ArrayLike) -> Array:
    """Return a measure of each run at the evaluation that a rule returns.

    Parameters
    ----------
    measure : array of shape (..., evaluations)
    returned : array of int of shape (...)
        -1 is none.

    Returns
    -------
    array of shape (...)
        NaN where a run returns none.

    Raises
    ------
    ValueError
        If an index is outside of its run, or the shapes do not fit.

    Examples
    --------
    >>> at_returned([[0.7, 0.9], [0.8, 0.6]], [1, -1])
    array([0.9, nan])
    """
    values = checks.numbers("measure", measure, finite=False)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(f"measure must have at least one evaluation on its last axis, got the shape {values.shape}")
    index = checks.wholes("returned", returned, -1, values.shape[-1] - 1)
    if index.shape != values.shape[:-1]:
        raise ValueError(f"returned must have one index per run, the shape {values.shape[:-1]}, got {index.shape}")
    picked = np.take_along_axis(values, np.maximum(index, 0)[..., None], axis=-1)[..., 0]
    return np.where(index >= 0, picked, np.nan)


def enough_patience(
    curves: StoppingCurves, patiences: Sequence[int], min_delta: float = 0.0, smoothing: float = 0.0
) -> NDArray[np.int64]:
    """Return the first patience with which every seed returns what going to the end returns, at every noise and size.

    Parameters
    ----------
    curves : StoppingCurves
    patiences : sequence of int, each >= 1
        From the shortest up.
    min_delta, smoothing : float
        As in `reglab.early_stopping.patience_stop`.

    Returns
    -------
    array of int of shape (noises, sizes)
        -1 where none of them is enough.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0], [50], training=Training(max_steps=100), seeds=2)
    >>> int(enough_patience(curves, range(1, 99))[0, 0]) <= len(curves.steps)
    True
    """
    checks.instance("curves", curves, StoppingCurves)
    patiences = [checks.whole("patiences", patience, 1) for patience in checks.several("patiences", patiences, 1)]
    end = patience_stop(curves.val_loss, None, min_delta, smoothing).returned
    same = np.stack(
        [(patience_stop(curves.val_loss, p, min_delta, smoothing).returned == end).all(axis=-1) for p in patiences]
    )
    return np.where(same.any(axis=0), np.array(patiences)[same.argmax(axis=0)], -1)


def accuracy_peaks_later(curves: StoppingCurves) -> NDArray[np.bool_]:
    """Return in which runs validation accuracy is first at its highest after the lowest validation loss.

    Parameters
    ----------
    curves : StoppingCurves

    Returns
    -------
    array of bool of shape (noises, sizes, seeds)

    Raises
    ------
    ValueError
        If `curves` are none.

    Examples
    --------
    >>> curves = stopping_curves("moons", [0.0], [50], training=Training(max_steps=100), seeds=2)
    >>> accuracy_peaks_later(curves).shape
    (1, 1, 2)
    """
    checks.instance("curves", curves, StoppingCurves)
    low, high = (np.where(np.isfinite(c), c, np.inf).argmin(axis=-1) for c in (curves.val_loss, -curves.val_accuracy))
    return np.asarray(high > low)


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
    n_classes : int or None
        None is a regression.
    rows : int
        Test rows in each half.
    seeds : tuple of int
    reported, fresh : arrays of shape (seeds,)
        The loss on the half on which the evaluation was chosen, and on the other half; the mean of both ways round.
    by_validation : array of shape (seeds,)
        The mean loss on both halves of the evaluation that the validation loss chooses: nothing flatters it.
    """

    n_classes: int | None
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
    settings : Settings
        Without patience.
    training : Training
    patience : int, >= 1
    min_delta, smoothing : float
        As in `reglab.early_stopping.patience_stop`.
    noise : float in [0, 1]
        Share of the labels, or of a regression's targets, trained and validated on that are shuffled; those of the test
        are right.
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
    >>> optimism = stopping_on_test("moons", training=Training(max_steps=60), rows=20, seeds=2)
    >>> optimism.reported.shape
    (2,)
    """
    data = as_dataset(dataset)
    checks.whole("rows", rows, 1)
    checks.whole("patience", patience, 1)
    checks.number("noise", noise, 0, 1)
    _check_training(settings, training, progress)
    if settings.patience is not None:
        raise ValueError(f"settings must have no patience, since every run goes to its end, got {settings.patience}")
    seed_list, half = checks.seeds("seeds", seeds), min(rows, len(data.x_test) // 2)
    data = shuffled(data, noise, seed_list[0]) if noise else data
    names = ("reported", "fresh", "by_validation")
    optimism = Optimism(data.n_classes, half, seed_list, **{name: np.full(len(seed_list), np.nan) for name in names})
    for begin in range(0, len(seed_list), AT_ONCE):
        some = seed_list[begin : begin + AT_ONCE]
        halves = [each for seed in some for each in _halves(data, half, seed)]
        report = _part(progress, begin // AT_ONCE, -(-len(seed_list) // AT_ONCE), optimism)
        twice = [seed for seed in some for _ in range(2)]
        run = fit(halves, settings, training, n_train=n_train, n_val=n_val, seeds=twice, progress=report)
        for i in range(len(some)):
            first, second = run.test_loss[0, 2 * i : 2 * i + 2]
            pairs = ((first, second), (second, first))
            on_test = [patience_stop(on, patience, min_delta, smoothing).returned for on, _ in pairs]
            by_val = patience_stop(run.val_loss[0, 2 * i], patience, min_delta, smoothing).returned
            optimism.reported[begin + i] = np.mean([on[at] for (on, _), at in zip(pairs, on_test, strict=True)])
            optimism.fresh[begin + i] = np.mean([other[at] for (_, other), at in zip(pairs, on_test, strict=True)])
            optimism.by_validation[begin + i] = np.mean([on[by_val] for on, _ in pairs])
        if progress is not None:
            progress((begin + len(some)) / len(seed_list), optimism)
    return optimism


def _halves(data: Dataset, half: int, seed: int) -> list[Dataset]:
    """Return the dataset twice, with each of the two halves of test rows that a seed draws."""
    drawn = generator(seed, "test halves").permutation(len(data.x_test))
    parts = drawn[:half], drawn[half : 2 * half]
    return [
        dataclasses.replace(data, x_test=data.x_test[part], y_test=data.y_test[part], given_test=None) for part in parts
    ]
