"""Train a grid of settings as one stack."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.engine.train import MAX_MODELS, fit
from reglab.settings import Settings, Training

__all__ = ["sweep"]


def sweep(
    dataset: Dataset | str,
    base: Settings,
    axes: Mapping[str, Sequence[Any]],
    training: Training = Training(),
    **options: Any,
) -> Run:
    """Train `base` with every combination of the values in `axes`.

    Parameters
    ----------
    dataset : Dataset or str
    base : Settings
    axes : mapping of str to sequence
        Fields of `Settings` and their values.
    training : Training
    **options
        As for `reglab.fit`.

    Returns
    -------
    Run
        Its settings in product order, the last axis fastest, so that ``run.val_loss.reshape(*lengths, seeds, -1)``
        is the grid; `Run.axes` has the names and values, `Run.labels` names each setting by them.

    Raises
    ------
    ValueError
        If an axis is no field of `Settings` or has no value, or an argument is not as for `reglab.fit`.

    Examples
    --------
    >>> axes = {"dropout": [0, 0.5], "weight_decay": [0, 0.1, 1]}
    >>> run = sweep("digits", Settings(), axes, Training(max_steps=5), n_train=50, seeds=1)
    >>> len(run.settings), run.labels[-1]
    (6, 'dropout 0.5, weight_decay 1')
    """
    checks.instance("base", base, Settings)
    fields = {f.name for f in dataclasses.fields(Settings)}
    if unknown := [name for name in checks.mapping("axes", axes) if name not in fields]:
        raise ValueError(f"axes must name fields of Settings, got {unknown[0]!r}")
    axes = {name: checks.several(f"axes[{name!r}]", values, 1, MAX_MODELS) for name, values in axes.items()}
    if math.prod(map(len, axes.values())) > MAX_MODELS:
        raise ValueError(f"axes must make at most {MAX_MODELS} settings, got {math.prod(map(len, axes.values()))}")
    combinations = list(itertools.product(*axes.values()))
    settings = [dataclasses.replace(base, **dict(zip(axes, c, strict=True))) for c in combinations]
    run = fit(dataset, settings, training, **options)
    labels = tuple(", ".join(f"{n} {v}" for n, v in zip(axes, c, strict=True)) for c in combinations)
    return dataclasses.replace(run, labels=labels, axes={n: tuple(v) for n, v in axes.items()})
