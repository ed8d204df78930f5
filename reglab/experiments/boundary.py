"""How networks learn a boundary in the plane: what they answer on a grid of points at every evaluation of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.rows import draw_rows, most_rows
from reglab.engine.run import Run
from reglab.engine.train import default_n_val, fit
from reglab.experiments.shared import Array, Progress, _check_training, _classification, rows_of, shuffled
from reglab.settings import Settings, Training

__all__ = ["NO_ANSWER", "LearnedBoundary", "learned_boundary", "plane_ends"]

NO_ANSWER = 255  # of a network that diverged before it was evaluated
MOST_CLASSES = 20  # of which each has twelve levels of confidence then
MOST_POINTS, FARTHEST = 1000, 1e30
MARGIN = 0.1  # of the rows' range, on each side


@dataclass(frozen=True, eq=False)
class LearnedBoundary:
    """A run on data of two inputs, and what its first seed's networks answer in the plane at every evaluation.

    Attributes
    ----------
    run : Run
        As `fit` returns it.
    x, y : two floats each
        The ends of the grid, in the dataset's unit.
    side : int
        Points along the grid.
    codes : uint8 array of shape (settings, evaluations, side * side)
        One number a point, row by row from the lowest: ``class * levels + level``, the likeliest class and how sure the
        network is of it, in even levels from 1 / n_classes to 1; `NO_ANSWER` where there is none. Once a model has
        stopped, and at the last evaluation, it is what `Run.predict` answers, by the weights that are kept.
    n_classes : int
    rows : array of shape (rows, 2)
        The first seed's training rows, the points of one's own last.
    labels : array of int of shape (rows,)
        As the networks are given them.

    Examples
    --------
    >>> short = Training(max_steps=50, eval_steps=4)
    >>> learned = learned_boundary("moons", Settings(), short, n_train=30, seeds=1, side=8)
    >>> learned.codes.shape, learned.levels
    ((1, 4, 64), 127)
    >>> likeliest, confidence = learned.answers(0, -1)
    >>> likeliest.shape, bool(confidence.min() >= 0.5)
    ((64,), True)
    """

    run: Run
    x: tuple[float, float]
    y: tuple[float, float]
    side: int
    codes: NDArray[np.uint8]
    n_classes: int
    rows: Array
    labels: NDArray[np.int64]

    @property
    def levels(self) -> int:
        """How many levels of confidence a class has."""
        return NO_ANSWER // self.n_classes

    @property
    def points(self) -> Array:
        """The points of the grid, of shape (side * side, 2), row by row from the lowest."""
        return _grid(self.x, self.y, self.side)

    @property
    def shares(self) -> Array:
        """The share of the grid's points at which each class is the likeliest: (settings, evaluations, n_classes)."""
        likeliest = self.codes // self.levels  # n_classes where there is no answer
        return np.stack([(likeliest == label).mean(axis=-1) for label in range(self.n_classes)], axis=-1)

    def answers(self, setting: int, evaluation: int) -> tuple[NDArray[np.int64], Array]:
        """Return the likeliest class at each point, -1 where there is no answer, and its probability, else NaN.

        Parameters
        ----------
        setting, evaluation : int
            Their numbers, which count from 0, or back.

        Raises
        ------
        ValueError
            If there is no such setting or evaluation.
        """
        settings, evaluations, _ = self.codes.shape
        checks.whole("setting", setting, -settings, settings - 1)
        checks.whole("evaluation", evaluation, -evaluations, evaluations - 1)
        codes = self.codes[setting, evaluation]
        likeliest, level = np.divmod(codes.astype(np.int64), self.levels)
        guess = 1 / self.n_classes
        confidence = guess + (1 - guess) * level / (self.levels - 1)
        known = codes != NO_ANSWER
        return np.where(known, likeliest, -1), np.where(known, confidence, np.nan)


def learned_boundary(
    dataset: Dataset | str,
    settings: Settings | Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    points: Sequence[tuple[float, float, int]] = (),
    share: float = 0.0,
    side: int = 48,
    progress: Progress | None = None,
) -> LearnedBoundary:
    """Train on data of two inputs, and look at every evaluation at what the first seed's networks answer where.

    It is `fit`, whose run is the same bit for bit without the looking.

    Parameters
    ----------
    dataset : Dataset or str
        Of classes, at most 20, and two inputs.
    settings : Settings, or a sequence of them
    training : Training
        Without batch norm. Its `eval_steps` are how often it is looked.
    n_train, n_val, seeds
        As `fit` takes them.
    points : sequence of (x, y, class)
        Points of one's own, in the dataset's unit: every seed trains on them beside its own n_train rows, and validates
        on the same rows as without them.
    share : float in [0, 1]
        Of the pool's labels, how many are shuffled, for each seed anew. Those of `points` stay.
    side : int, from 2 to 128
        Points along the grid.
    progress : callable, optional
        Is called with the share done and None.

    Returns
    -------
    LearnedBoundary

    Raises
    ------
    ValueError
        If the data are others, or an argument is out of its range.

    Examples
    --------
    >>> both = [Settings(), Settings(weight_decay=1.0)]
    >>> short = Training(max_steps=50, eval_steps=4)
    >>> learned = learned_boundary("circles", both, short, n_train=30, seeds=2, points=[(0.0, 0.0, 1)])
    >>> learned.run.val_loss.shape, learned.rows[-1].tolist(), len(learned.rows)
    ((2, 2, 4), [0.0, 0.0], 31)
    """
    data = _in_plane(dataset)
    if data.n_classes is None or data.n_classes > MOST_CLASSES:
        raise ValueError(f"dataset must have at most {MOST_CLASSES} classes, got {data.name} of {data.n_classes}")
    stack = (settings,) if isinstance(settings, Settings) else checks.several("settings", settings, 1)
    for each in stack:
        _check_training(each, training, progress)
    checks.whole("side", side, 2, 128)
    checks.number("share", share, 0, 1)
    if training.batch_norm:
        raise ValueError(f"training must be without batch norm, whose statistics are not looked at, got {training}")
    pool = most_rows(data)
    n_train = checks.whole("n_train", n_train, 2, pool - 1)
    n_val = default_n_val(n_train, pool) if n_val is None else checks.whole("n_val", n_val, 1, pool - n_train)
    extra = _checked(points, data.n_classes)
    seed_list = checks.seeds("seeds", seeds)
    if extra or share:
        each_data = [shuffled(data, share, seed) if share else data for seed in seed_list]
        given: Dataset | list[Dataset] = [
            _with_points(each, extra, seed, n_train, n_val) for each, seed in zip(each_data, seed_list, strict=True)
        ]
    else:
        given = data
    weights: dict[int, NDArray[np.float32]] = {}  # by evaluation, of the first seed: (settings, parameters)

    def watch(evaluation: int, at: tuple[slice, slice], values: NDArray[np.float32]) -> None:
        if at[1].start == 0:
            known = weights.setdefault(evaluation, np.full((len(stack), values.shape[-1]), np.nan, np.float32))
            known[at[0]] = values[:, 0]

    run = fit(
        given,
        stack,
        training,
        n_train=n_train + len(extra),
        n_val=n_val,
        seeds=seed_list,
        progress=None if progress is None else lambda fraction, _: progress(fraction, None),
        watch=watch,
    )
    x, y = plane_ends(data)
    return LearnedBoundary(
        run=run,
        x=x,
        y=y,
        side=side,
        codes=_codes(run, weights, _grid(x, y, side)),
        n_classes=data.n_classes,
        rows=_training_rows(run),
        labels=_training_labels(run),
    )


def plane_ends(dataset: Dataset | str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of the plane that is looked at: the range of the pool's inputs, and a tenth more on each side.

    Parameters
    ----------
    dataset : Dataset or str
        Of classes, and two inputs.

    Returns
    -------
    two pairs of floats
        Across and up, in the dataset's unit.

    Raises
    ------
    ValueError
        If the data are others.

    Examples
    --------
    >>> [tuple(round(end, 1) for end in ends) for ends in plane_ends("circles")]
    [(-1.8, 1.9), (-1.7, 1.7)]
    """
    data = _in_plane(dataset)
    low, high = np.nanmin(data.x, axis=0).tolist(), np.nanmax(data.x, axis=0).tolist()
    (x0, x1), (y0, y1) = (
        (a - MARGIN * ((b - a) or 1), b + MARGIN * ((b - a) or 1)) for a, b in zip(low, high, strict=True)
    )
    return (x0, x1), (y0, y1)


def _in_plane(dataset: Dataset | str) -> Dataset:
    data = _classification(dataset)
    if data.x.shape[1] != 2:
        raise ValueError(f"dataset must have two inputs, got {data.name} of {data.x.shape[1]}")
    return data


def _checked(points: Sequence[tuple[float, float, int]], n_classes: int) -> list[tuple[float, float, int]]:
    extra = []
    for point in checks.several("points", points, most=MOST_POINTS):
        if len(values := checks.several("points", point, most=3)) < 3:
            raise ValueError(f"points must be of x, y and class each, got {checks.shown(point)}")
        x, y = (checks.number("points", value, -FARTHEST, FARTHEST) for value in values[:2])
        extra.append((x, y, checks.whole("points", values[2], 0, n_classes - 1)))
    return extra


def _with_points(
    data: Dataset, points: Sequence[tuple[float, float, int]], seed: int, n_train: int, n_val: int
) -> Dataset:
    """Return a dataset of which a seed draws its rows of before, and the points as the last ones to train on."""
    train, val = draw_rows(seed, len(data.x), n_train, n_val, data.groups)
    rest = np.setdiff1d(np.arange(len(data.x)), np.concatenate([train, val]))
    x_extra = np.array([point[:2] for point in points], np.float32).reshape(-1, 2)
    y_extra = np.array([point[2] for point in points], data.y.dtype)
    n_rows = len(data.x) + len(points)
    train_at, val_at = draw_rows(seed, n_rows, n_train + len(points), n_val)
    rest_at = np.setdiff1d(np.arange(n_rows), np.concatenate([train_at, val_at]))
    order = np.concatenate([train_at, val_at, rest_at])
    x, y = np.empty((n_rows, 2), data.x.dtype), np.empty(n_rows, data.y.dtype)
    x[order] = np.concatenate([data.x[train], x_extra, data.x[val], data.x[rest]])
    y[order] = np.concatenate([data.y[train], y_extra, data.y[val], data.y[rest]])
    return dataclasses.replace(data, x=x, y=y, groups=None, given=None)


def _grid(x: tuple[float, float], y: tuple[float, float], side: int) -> Array:
    across, up = (low + (high - low) * (np.arange(side) + 0.5) / side for low, high in (x, y))
    return np.stack([np.tile(across, side), np.repeat(up, side)], axis=1)


def _codes(run: Run, weights: dict[int, NDArray[np.float32]], points: Array) -> NDArray[np.uint8]:
    """Return what the first seed's networks answer at every evaluation, packed: (settings, evaluations, points)."""
    first = dataclasses.replace(
        run, seeds=run.seeds[:1], centre=run.centre[:1], scale=run.scale[:1], fillings=run.fillings[:1]
    )
    last, end = run.kept_weights[:, 0], len(run.steps) - 1
    codes = np.empty((len(run.settings), len(run.steps), len(points)), np.uint8)
    for evaluation in range(len(run.steps)):
        # Where all have stopped there is no evaluation any more: what they kept stays.
        then = last if evaluation == end else weights.get(evaluation, last)
        statistics = run.kept_statistics[:, :1]
        there = dataclasses.replace(first, kept_weights=then[:, None], kept_statistics=statistics)
        codes[:, evaluation] = _packed(there.predict(points)[:, 0])
    return codes


def _packed(p: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return probabilities of shape (..., n_classes) as one number each, as `LearnedBoundary.codes` has them."""
    n_classes = p.shape[-1]
    levels, guess = NO_ANSWER // n_classes, 1 / n_classes
    known = np.isfinite(p).all(axis=-1)
    sure = np.where(known, p.max(axis=-1), guess)
    level = np.clip(np.rint((sure - guess) / (1 - guess) * (levels - 1)), 0, levels - 1)
    return np.where(known, p.argmax(axis=-1) * levels + level, NO_ANSWER).astype(np.uint8)


def _training_rows(run: Run) -> Array:
    rows: Array = run.data[0].x[rows_of(run, "train")[0]].astype(np.float64)
    return rows


def _training_labels(run: Run) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = run.data[0].y[rows_of(run, "train")[0]]
    return labels
