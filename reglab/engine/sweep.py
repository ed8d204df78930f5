"""Train a grid of settings as one stack, and a grid of networks one after another."""

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

__all__ = ["sweep", "sweep_training"]


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
    axes = _checked(axes, Settings)
    combinations = _product(axes)
    run = fit(dataset, [dataclasses.replace(base, **changed) for changed in combinations], training, **options)
    return dataclasses.replace(run, labels=tuple(map(_label, combinations)), axes=axes)


def sweep_training(
    dataset: Dataset | str,
    settings: Settings | Sequence[Settings],
    axes: Mapping[str, Sequence[Any]],
    training: Training = Training(),
    **options: Any,
) -> dict[str, Run]:
    """Train the same settings with every combination of other networks, batch sizes or lengths.

    Parameters
    ----------
    dataset : Dataset or str
    settings : Settings, or a sequence of them
    axes : mapping of str to sequence
        Fields of `Training` and their values.
    training : Training
        What the axes do not change.
    **options
        As for `reglab.fit`.

    Returns
    -------
    dict of str to Run
        A run for each combination, by its values, in product order, the last axis fastest. Seeds are paired across
        runs in their rows, and in what else does not depend on what differs.

    Raises
    ------
    ValueError
        If an axis is no field of `Training` or has no value, or an argument is not as for `reglab.fit`.

    Examples
    --------
    >>> axes = {"hidden_sizes": [(8,), (64, 64)], "batch_size": [16, 32]}
    >>> list(sweep_training("wine", Settings(), axes, Training(max_steps=2), n_train=50, seeds=1))[-1]
    'hidden_sizes (64, 64), batch_size 32'
    """
    checks.instance("training", training, Training)
    trainings = {
        _label(changed): dataclasses.replace(training, **changed) for changed in _product(_checked(axes, Training))
    }
    return {label: fit(dataset, settings, each, **options) for label, each in trainings.items()}


def _checked(axes: Any, kind: type[Settings] | type[Training]) -> dict[str, tuple[Any, ...]]:
    fields = {f.name for f in dataclasses.fields(kind)}
    if unknown := [name for name in checks.mapping("axes", axes) if name not in fields]:
        raise ValueError(f"axes must name fields of {kind.__name__}, got {unknown[0]!r}")
    checked = {name: checks.several(f"axes[{name!r}]", values, 1, MAX_MODELS) for name, values in axes.items()}
    if math.prod(map(len, checked.values())) > MAX_MODELS:
        raise ValueError(f"axes must make at most {MAX_MODELS} settings, got {math.prod(map(len, checked.values()))}")
    return checked


def _product(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _label(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
