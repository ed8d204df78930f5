"""What a `Run` of this library says of itself, so that nobody has to tell it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reglab import checks
from reglab.engine.run import Run
from reglab.settings import check_whole
from reglab.strategy.reading import curve_of
from reglab.strategy.scale import STANDARDISED

__all__: list[str] = []

SCALES = ("constant_loss", "class_shares", "target_variance")  # whoever tells one of them says the scale


def _as_curve(
    curve: Any, setting: int, given: Mapping[str, Any], usual: Mapping[str, Any]
) -> tuple[Any, dict[str, Any], tuple[str, ...]]:
    """Return the curve that is read, what is known beside it, and what of a run was read, in a sentence or none.

    given: what a person says of the run, by the argument. usual: the values by which an argument was not told, where
    that is not None. What a run says of itself cannot be told otherwise.
    """
    if not isinstance(curve, Run):
        check_whole("setting", setting, 0, 0)
        return curve, dict(given), ()
    check_whole("setting", setting, 0, len(curve.settings) - 1)
    facts = _facts(curve, setting)
    if any(given.get(name) is not None for name in SCALES):
        facts |= dict.fromkeys(SCALES)
    known = {**given, **{name: value for name, value in facts.items() if name in given and value is not None}}
    for name, value in given.items():
        untold = value is None or (name in usual and np.array_equal(value, usual[name]))
        if not untold and not np.array_equal(value, known[name]):
            says = curve.labels[setting] if name == "current" else checks.shown(known[name])
            raise ValueError(
                f"{name} must be left out or what the run says of itself, {says}, got {checks.shown(value)}"
            )
    if not curve.n_val:
        raise ValueError("curve must be a run with validation rows, got one that trained on all of them (n_val=0)")
    return curve_of(curve, setting), known, _which(curve, setting)


def _which(run: Run, setting: int) -> tuple[str, ...]:
    """Say which of a run's settings and seeds are read; of one of each there is nothing to say."""
    settings, seeds = len(run.settings), len(run.seeds)
    if settings == seeds == 1:
        return ()
    which = f"setting {setting} of {settings}, {run.labels[setting]}" if settings > 1 else ""
    mean = f"the mean of its {seeds} seeds" if seeds > 1 else ""
    other = f"; setting={0 if setting else 1} reads another one" if settings > 1 else ""
    return (f"Read of the run: {', '.join(filter(None, (which, mean)))}{other}.",)


def _facts(run: Run, setting: int) -> dict[str, Any]:
    """Return what a run says of itself, by the arguments of those who ask; None where it does not know."""
    n_classes = run.sizes[-1] if run.sizes[-1] > 1 else None
    return {
        "n_train": run.n_train,
        "task": _task(run),
        "n_classes": n_classes,
        "constant_loss": None if n_classes else STANDARDISED,
        "n_val": run.n_val,
        "learning_rate": run.settings[setting].learning_rate,
        "batch_size": min(run.training.batch_size, run.n_train),
        "training_mode_loss": False,
        "architecture": "dense",
        "optimizer": run.training.optimizer,
        "current": run.settings[setting],
        "class_shares": _counts(run, n_classes) if n_classes and run.data else None,
        "n_features": run.sizes[0],
        "image_shape": run.image_shape,
    }


def _task(run: Run) -> str | None:
    if run.image_shape is not None:
        return "image"
    if not run.data:  # it was loaded from a file, which holds no rows
        return None
    return "tabular" if run.data[0].task == "points" else run.data[0].task


def _counts(run: Run, n_classes: int) -> list[int]:
    """Return how many rows of each class there are to train and validate on."""
    each = [np.bincount(data.y, minlength=n_classes) for data in run.data]
    counts: list[int] = np.sum(each, axis=0).tolist()
    return counts
