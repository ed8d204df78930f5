"""What smoothed labels do to confidence and to the last hidden layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reglab import checks, label_smoothing
from reglab.datasets import Dataset
from reglab.engine.run import Run, evaluation_steps
from reglab.engine.train import fit
from reglab.experiments.shared import Array, Progress, _check_training, _classification, _of_classes, data_of, rows_of
from reglab.settings import Settings, Training

__all__ = [
    "Calibration",
    "Clusters",
    "SoftValidation",
    "calibration",
    "clusters",
    "soft_validation",
    "soft_validation_loss",
    "validation_predictions",
]


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
    rows, data = rows_of(run, "val"), data_of(run)
    predictions = np.stack([run.predict(data.x[seed_rows])[:, s] for s, seed_rows in enumerate(rows)], axis=1)
    return predictions, data.y[rows]


def soft_validation_loss(run: Run) -> Array:
    """Return each model's validation loss on labels that are smoothed as its training's were.

    Parameters
    ----------
    run : Run
        Of a classification.

    Returns
    -------
    array of shape (settings, seeds)

    Raises
    ------
    ValueError
        If the run is of a regression.

    Examples
    --------
    >>> run = fit("wine", [Settings(), Settings(label_smoothing=0.3)], Training(max_steps=20), n_train=50, seeds=2)
    >>> (soft_validation_loss(run) > run.kept("val_loss") + 1e-6).tolist()  # without smoothing the two are one
    [[False, False], [True, True]]
    """
    _of_classes(run)
    p, y = validation_predictions(run)
    return np.stack(
        [
            label_smoothing.soft_label_loss(p[number], y, settings.label_smoothing)
            for number, settings in enumerate(run.settings)
        ]
    )


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
    >>> calibrated = calibration(run)
    >>> bool((calibrated.error[1] > calibrated.error[0]).all()), bool((calibrated.temperature[1] < 1).all())
    (True, True)
    """
    data = _of_classes(run)
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


def _with_labels(predicted: tuple[NDArray[np.float32], NDArray[np.int64]]) -> tuple[Any, Any]:
    """Return predictions (settings, seeds, n, K) with labels (settings, seeds, n)."""
    p, y = predicted
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
    >>> clustered = clusters(run, [0, 1, 2])
    >>> clustered.spread.shape, sorted(set(clustered.labels.tolist()))
    ((1, 2), [0, 1, 2])
    """
    data = _of_classes(run)
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

    def lowest(self, loss: Literal["hard", "soft"]) -> NDArray[np.int64]:
        """Return the evaluation at which one of the two is lowest; the first, where a model diverged from the start."""
        values = self.hard if loss == "hard" else self.soft
        at: NDArray[np.int64] = np.where(np.isfinite(values), values, np.inf).argmin(axis=-1)
        return at

    def stopped_by(self, loss: Literal["hard", "soft"]) -> Array:
        """Return the loss on the test rows where each training is stopped at the lowest of one of the two."""
        return np.take_along_axis(self.test, self.lowest(loss)[..., None], axis=-1)[..., 0]


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
    >>> losses = soft_validation("wine", 0.1, training=Training(max_steps=20, eval_steps=3), n_train=50, seeds=2)
    >>> losses.steps.tolist(), bool((losses.soft > losses.hard)[:, -1].all())
    ([3, 9, 20], True)
    """
    data, seed_list = _classification(dataset), checks.seeds("seeds", seeds)
    _check_training(settings, training, progress)
    several = hasattr(smoothing, "__iter__")
    given = checks.several("smoothing", smoothing, 1) if several else (smoothing,)
    strengths = [checks.number("smoothing", strength, 0, 1, high_open=True) for strength in given]
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    checks.room(smoothing=len(strengths), seeds=len(seed_list), evaluations=len(steps))
    hard, soft, test = (np.full((len(strengths), len(seed_list), len(steps)), np.nan) for _ in range(3))
    so_far = SoftValidation(steps, *((hard, soft, test) if several else (hard[0], soft[0], test[0])))
    smoothed = [dataclasses.replace(settings, label_smoothing=strength) for strength in strengths]
    share = np.cumsum(steps) / steps.sum()
    for at, step in enumerate(steps):
        how = dataclasses.replace(training, max_steps=int(step), eval_steps=1)
        begun = float(share[at - 1]) if at else 0.0

        def report(fraction: float, _: Run, begun: float = begun, end: float = float(share[at])) -> None:
            if progress is not None:
                progress(begun + (end - begun) * fraction, so_far)

        run = fit(
            data.name if isinstance(dataset, str) else data,
            smoothed,
            how,
            n_train=n_train,
            seeds=seed_list,
            progress=report,
        )
        p, y = validation_predictions(run)
        test[..., at] = run.kept("test_loss")
        for number, strength in enumerate(strengths):
            hard[number, :, at] = label_smoothing.soft_label_loss(p[number], y, 0.0)
            soft[number, :, at] = label_smoothing.soft_label_loss(p[number], y, strength)
    return so_far
