"""The way from one's own data to settings: learn it without regularization, judge, prove the advice, take it apart.

One function for each question. All of them train on the same rows (`trial`), so that what they return is paired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset, as_dataset
from reglab.engine.rows import most_rows
from reglab.engine.run import Run
from reglab.engine.train import fit
from reglab.experiments.baselines import Baselines, linear_baselines
from reglab.experiments.combinations import leave_one_out
from reglab.settings import Settings, Training
from reglab.strategy import PATIENCE
from reglab.streams import generator

__all__ = ["Trial", "held_against", "learn", "prove", "take_apart", "trial"]

FOLDS = 5  # and seeds
FOLDED = 100  # rows from which on each row is tested once
VALIDATION = 0.2  # of the rows that are not tested
MOST_VALIDATED = 1000
PASSES = 20  # over the training rows
STEPS = (600, 4000)  # at least and at most
ROOM = 20_000_000  # numbers of the training rows of all seeds together


@dataclass(frozen=True, eq=False)
class Trial:
    """On which rows everything is trained, and how.

    Attributes
    ----------
    datasets : tuple of Dataset
        One for each seed: the five folds, or the same one.
    seeds : tuple of int
    n_train, n_val : int
    training : Training
    folded : bool
        Whether the seeds are folds, each of which is tested once, by a network that has not seen it.
    sentence : str
        What is trained on.
    """

    datasets: tuple[Dataset, ...]
    seeds: tuple[int, ...]
    n_train: int
    n_val: int
    training: Training
    folded: bool
    sentence: str

    def fit(self, settings: Any, progress: Callable[..., None] | None = None) -> Run:
        """Train settings on it, as `reglab.fit`."""
        how: dict[str, Any] = {"n_train": self.n_train, "n_val": self.n_val, "seeds": self.seeds, "progress": progress}
        return fit(self.datasets, settings, self.training, **how)


def trial(dataset: Dataset | str, seed: int = 0) -> Trial:
    """Say on which rows of a dataset networks are to be trained, validated and tested.

    Where there are at least 100 rows, no groups and no two equal ones, the rows are tested in five folds; else five
    seeds draw training and validation rows of the pool, and the held-out rows of the dataset are the test.

    Parameters
    ----------
    dataset : Dataset or str
        With test rows.
    seed : int >= 0
        The first of five.

    Raises
    ------
    ValueError
        If it is no dataset, or has too few rows.

    Examples
    --------
    >>> tried = trial("wine")
    >>> tried.folded, tried.n_train, tried.n_val, len(tried.datasets[0].x_test)
    (True, 115, 28, 35)
    """
    data = as_dataset(dataset)
    checks.whole("seed", seed, 0)
    seeds = tuple(range(seed, seed + FOLDS))
    if not len(data.x_test):
        raise ValueError(f"dataset must have test rows, got {data.name} without any")
    datasets = _folds(data, seed)
    folded = datasets is not None
    datasets = datasets or (data,) * FOLDS
    pool = most_rows(datasets[0])
    n_val = min(max(1, int(VALIDATION * pool)), MOST_VALIDATED)
    n_train = min(pool - n_val, max(2, ROOM // (FOLDS * data.x.shape[1])))
    if n_train < 2:
        raise ValueError(f"dataset must have at least 3 rows to train and validate on, got {pool} in {data.name}")
    batch = min(Training().batch_size, n_train)
    steps = min(max(PASSES * n_train // batch, STEPS[0]), STEPS[1])
    tested = len(datasets[0].x_test)
    rows = f"{n_train:,} training, {n_val:,} validation and {tested:,} test rows"
    how = (
        "Five folds: every row is tested once" if folded else "Five seeds on one split: the held-out rows are the test"
    )
    narrow = " Folds share training rows, so that intervals are a little too narrow." if folded else ""
    sentence = f"{how}, {rows} each time, {steps:,} steps.{narrow}"
    return Trial(datasets, seeds, n_train, n_val, Training(batch_size=batch, max_steps=steps), folded, sentence)


def _folds(data: Dataset, seed: int) -> tuple[Dataset, ...] | None:
    """Return a dataset's five folds, each with as many rows of every class as there are; None where they make none."""
    x, y = np.concatenate([data.x, data.x_test]), np.concatenate([data.y, data.y_test])
    few = data.n_classes is not None and np.bincount(y, minlength=data.n_classes).min() < FOLDS
    if len(x) < FOLDED or few or data.groups is not None or len({row.tobytes() for row in x}) < len(x):
        return None
    order = generator(seed, "folds").permutation(len(x))
    if data.n_classes is not None:
        order = order[np.argsort(y[order], kind="stable")]  # then every fifth row is of one fold
    size = len(x) // FOLDS
    made = []
    for fold in range(FOLDS):
        tested = order[fold::FOLDS][:size]
        rest: NDArray[np.int64] = np.setdiff1d(order, tested)
        pool = replace(data, x=x[rest], y=y[rest], given=None)
        made.append(replace(pool, x_test=x[tested], y_test=y[tested], given_test=None))
    return tuple(made)


def learn(dataset: Dataset | str, seed: int = 0, *, progress: Callable[..., None] | None = None) -> Run:
    """Train the network without regularization.

    Parameters
    ----------
    dataset, seed
        As for `trial`.
    progress : callable, optional
        As for `reglab.fit`.

    Raises
    ------
    ValueError
        As `trial`.
    """
    return trial(dataset, seed).fit(Settings(), progress)


def held_against(dataset: Dataset | str, seed: int = 0, *, progress: Callable[..., None] | None = None) -> Baselines:
    """Return what a constant guess and a linear model come to on the rows of `learn`.

    Parameters
    ----------
    dataset, seed
        As for `trial`.
    progress : callable, optional
        Called with the share that is done.

    Raises
    ------
    ValueError
        As `trial`.
    """
    rows = trial(dataset, seed)
    return linear_baselines(rows.datasets, rows.seeds, n_train=rows.n_train, n_val=rows.n_val, progress=progress)


def prove(
    dataset: Dataset | str, settings: Settings, seed: int = 0, *, progress: Callable[..., None] | None = None
) -> Run:
    """Train without regularization, with the best checkpoint of that kept, and with settings.

    Parameters
    ----------
    dataset, seed
        As for `trial`.
    settings : Settings
    progress : callable, optional
        As for `reglab.fit`.

    Returns
    -------
    Run
        Of these three, in this order, at the learning rate of the settings.

    Raises
    ------
    ValueError
        As `trial` and `reglab.fit`.
    """
    plain = Settings(learning_rate=checks.instance("settings", settings, Settings).learning_rate)
    return trial(dataset, seed).fit([plain, replace(plain, patience=PATIENCE), settings], progress)


def take_apart(
    dataset: Dataset | str, settings: Settings, seed: int = 0, *, progress: Callable[..., None] | None = None
) -> Run:
    """Train without any of the settings, with all, and with each one turned off (`combinations.leave_one_out`).

    Parameters
    ----------
    dataset, seed
        As for `trial`.
    settings : Settings
        Of which at least one is on.
    progress : callable, optional
        As for `reglab.fit`.

    Raises
    ------
    ValueError
        As `trial` and `reglab.fit`.
    """
    return trial(dataset, seed).fit(list(leave_one_out(settings).values()), progress)
