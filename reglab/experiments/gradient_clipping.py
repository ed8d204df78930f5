"""What clipping does to the direction of a step, how often it acts, and which trainings it saves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks, gradient_clipping
from reglab.datasets import Dataset, as_dataset
from reglab.engine.network import Parameters
from reglab.engine.run import Run
from reglab.engine.train import fit
from reglab.experiments import mistakes
from reglab.experiments.shared import Array, Progress, _check_training
from reglab.settings import Settings, Training

__all__ = ["Turned", "best_stable", "share_clipped", "survivors", "turned_by_clipping"]


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

    def of_clipped_steps(self) -> list[Array]:
        """Return how far the steps that were changed were turned, an array for each seed."""
        turned = self.clipped & np.isfinite(self.degrees)
        return [degrees[on] for degrees, on in zip(self.degrees.T, turned.T, strict=True)]


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
    >>> turned = turned_by_clipping("wine", Settings(clip_norm=0.1), Training(max_steps=20), n_train=50, seeds=2)
    >>> turned.degrees.shape, bool(0 < turned.degrees.max() < 90)
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
    )
    return Turned(run, np.array(degrees), np.array(changed))


def survivors(run: Run) -> Run:
    """Return a run with the models that diverged counted as lost: a run keeps their last weights before that.

    Their losses are left out too, which would take a mean with them, unless no seed of the setting has another.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Run
        What it keeps of a lost model is NaN.

    Raises
    ------
    ValueError
        If it is no run.

    Examples
    --------
    >>> training = Training(max_steps=50, eval_steps=5, optimizer="sgd")
    >>> run = fit("wine", [Settings(learning_rate=rate) for rate in (0.1, 100.0)], training, n_train=50, seeds=2)
    >>> run.diverged.tolist()
    [[False, False], [True, True]]
    >>> np.isfinite(survivors(run).kept("val_loss")).tolist()
    [[True, True], [False, False]]
    """
    checks.instance("run", run, Run)
    best = np.where(run.diverged, -1, run.best)
    some = run.diverged & ~run.diverged.all(axis=1, keepdims=True)  # (settings, seeds)
    losses: dict[str, Any] = {
        name: np.where(some[..., None], np.nan, getattr(run, name)) for name in ("train_loss", "val_loss", "test_loss")
    }
    return dataclasses.replace(run, best=best, **losses)


def share_clipped(run: Run) -> Array:
    """Return the share of all steps whose gradient was clipped; of a model that diverged, up to there.

    Parameters
    ----------
    run : Run

    Returns
    -------
    array of shape (settings, seeds)
        NaN where a model diverged before its first evaluation.

    Raises
    ------
    ValueError
        If it is no run.

    Examples
    --------
    >>> stack = [Settings(clip_norm=limit) for limit in (0.0, 1.0, 0.1)]
    >>> share_clipped(fit("wine", stack, Training(max_steps=50), n_train=50, seeds=1)).round(2)
    array([[0.  ],
           [0.26],
           [0.72]])
    """
    checks.instance("run", run, Run)
    lengths = np.diff(run.steps, prepend=0)  # (evaluations,)
    seen = np.isfinite(run.clipped)
    clipped, steps = np.sum(run.clipped * lengths, axis=-1, where=seen), np.sum(seen * lengths, axis=-1)
    return np.where(steps > 0, clipped / np.maximum(steps, 1), np.nan)


def best_stable(losses: ArrayLike) -> int | None:
    """Return the setting with the lowest mean loss, of those at which no seed diverged.

    Parameters
    ----------
    losses : array of shape (settings, seeds)
        Not finite where a model diverged.

    Returns
    -------
    int or None
        None where a seed of every setting diverged.

    Raises
    ------
    ValueError
        If they are no numbers of that shape.

    Examples
    --------
    >>> best_stable([[0.3, 0.4], [0.2, 0.3], [0.1, float("nan")]]), best_stable([[float("nan")]])
    (1, None)
    """
    values = checks.numbers("losses", losses, finite=False).astype(np.float64, copy=False)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"losses must have the shape (settings, seeds), neither of them 0, got {values.shape}")
    seen = np.isfinite(values)
    stable = seen.all(axis=1)
    means = np.where(stable, np.where(seen, values, 0).mean(axis=1), np.inf)
    return int(means.argmin()) if stable.any() else None
