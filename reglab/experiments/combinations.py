"""What settings do together: each one's share of a gain, and two of them over a grid."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.line import NAMES
from reglab.engine.run import Run
from reglab.engine.sweep import sweep
from reglab.engine.train import fit
from reglab.settings import Settings, Training

__all__ = ["GRID", "TECHNIQUES", "ablation", "interaction", "leave_one_out", "turned_on"]

Progress = Callable[[float, Run], None]

# The fields that act somewhere on the training step, in its order, and are off by default.
TECHNIQUES = tuple(name for name in NAMES if not getattr(Settings(), name))

# From off, or the default, to where each does harm on the bundled data: the values that `interaction` crosses.
GRID: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "weight_decay": (0.0, 0.1, 0.5, 2.0, 8.0),
        "dropout": (0.0, 0.1, 0.2, 0.4, 0.6),
        "augment": (0.0, 0.25, 0.5, 0.75, 1.0),
        "mixup_alpha": (0.0, 0.1, 0.2, 0.4, 1.0),
        "cutmix_alpha": (0.0, 0.1, 0.2, 0.5, 1.0),
        "label_smoothing": (0.0, 0.02, 0.05, 0.1, 0.3),
        "input_noise": (0.0, 0.1, 0.2, 0.4, 0.8),
        "input_dropout": (0.0, 0.05, 0.1, 0.2, 0.4),
        "drop_path_rate": (0.0, 0.1, 0.2, 0.4, 0.6),
        "switch_prob": (0.0, 0.25, 0.5, 0.75, 1.0),
        "l2": (0.0, 1e-4, 1e-3, 1e-2, 1e-1),
        "l1": (0.0, 1e-5, 1e-4, 1e-3, 1e-2),
        "clip_norm": (0.0, 3.0, 1.0, 0.3, 0.1),
        "clip_value": (0.0, 0.3, 0.1, 0.03, 0.01),
        "patience": (None, 10, 5, 2, 1),
        "min_delta": (0.0, 0.003, 0.01, 0.03, 0.1),
        "restore_best_weights": (True, False),
        "learning_rate": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
        "momentum": (0.0, 0.5, 0.8, 0.9, 0.95),
    }
)


def turned_on(settings: Settings) -> tuple[str, ...]:
    """Return the techniques that are on, in the order of the training step.

    Examples
    --------
    >>> turned_on(Settings(weight_decay=0.1, augment=0.5, learning_rate=0.01))
    ('augment', 'weight_decay')
    """
    off = Settings()
    checks.instance("settings", settings, Settings)
    return tuple(name for name in TECHNIQUES if getattr(settings, name) != getattr(off, name))


def leave_one_out(settings: Settings) -> dict[str, Settings]:
    """Return the settings of an ablation: "off" with no technique, "all", and all but each, by its name.

    The learning rate and the momentum stay.

    Raises
    ------
    ValueError
        If no technique is on.

    Examples
    --------
    >>> list(leave_one_out(Settings(dropout=0.2, weight_decay=0.1)))
    ['off', 'all', 'dropout', 'weight_decay']
    """
    names = turned_on(settings)
    if not names:
        raise ValueError("settings must have at least one technique on, got none")
    default = Settings()
    off = {name: getattr(default, name) for name in names}
    without = {name: dataclasses.replace(settings, **{name: off[name]}) for name in names}
    return {"off": dataclasses.replace(settings, **off), "all": settings, **without}


def ablation(
    dataset: Dataset | str,
    settings: Settings,
    training: Training = Training(),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    progress: Progress | None = None,
) -> Run:
    """Train without any technique, with all of them, and with each turned off in turn, as one stack.

    A technique carried what the loss without it is above the loss with all; techniques that do the same work can
    stand in for each other, so these parts need not add up to the gain of all.

    Parameters
    ----------
    dataset : Dataset or str
    settings : Settings
        With at least one technique on.
    training : Training
    n_train, n_val, seeds, progress
        As for `reglab.fit`.

    Returns
    -------
    Run
        Its settings, and labels, in the order of `leave_one_out`: paired by seed, so that differences between them are
        differences on equal rows, weights and orders.

    Raises
    ------
    ValueError
        If no technique is on or an argument is out of its range.

    Examples
    --------
    >>> run = ablation("digits", Settings(augment=0.5, weight_decay=1.0), Training(max_steps=20), n_train=50, seeds=2)
    >>> run.labels, run.kept("test_loss").shape
    (('off', 'all', 'augment', 'weight_decay'), (4, 2))
    """
    stack = leave_one_out(settings)
    how: dict[str, Any] = {"n_train": n_train, "n_val": n_val, "seeds": seeds, "progress": progress}
    run = fit(dataset, list(stack.values()), training, **how)
    return dataclasses.replace(run, labels=tuple(stack))


def interaction(
    dataset: Dataset | str,
    first: str,
    second: str,
    base: Settings = Settings(),
    training: Training = Training(),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 3,
    progress: Progress | None = None,
) -> Run:
    """Train every pair of values that `GRID` has for two settings, as one stack.

    Parameters
    ----------
    dataset : Dataset or str
    first, second : str
        Two different fields of `Settings`.
    base : Settings
        The rest of the settings.
    training : Training
    n_train, n_val, seeds, progress
        As for `reglab.fit`.

    Returns
    -------
    Run
        As of `reglab.engine.sweep`: the second setting's values change fastest.

    Raises
    ------
    ValueError
        If the two are one, or one is no field of `Settings`, or an argument is out of its range.

    Examples
    --------
    >>> run = interaction("moons", "dropout", "weight_decay", training=Training(max_steps=10), n_train=50, seeds=1)
    >>> run.val_loss.shape[:2], run.labels[1]
    ((25, 1), 'dropout 0.0, weight_decay 0.1')
    """
    for name, field in (("first", first), ("second", second)):
        checks.one_of(name, field, GRID)
    if first == second:
        raise ValueError(f"second must be another setting than first, got {second!r} twice")
    axes = {first: GRID[first], second: GRID[second]}
    return sweep(dataset, base, axes, training, n_train=n_train, n_val=n_val, seeds=seeds, progress=progress)
