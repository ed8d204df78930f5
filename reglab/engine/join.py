"""Put runs together that were trained one by one, or on several machines."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from reglab import checks
from reglab.engine.run import ARRAYS, BY_SEED, FACTS, Run, labels_of
from reglab.engine.train import MAX_MODELS
from reglab.own_data.encoding import Encoding

__all__ = ["join"]

JOINED = [name for name in ARRAYS if name != "steps"]


def join(runs: Sequence[Run]) -> Run:
    """Return several runs as one: of the same seeds with other settings, or of the same settings with other seeds.

    Models depend on their seed, settings and training alone, so it is the run that `fit` would have returned for all of
    them at once.

    Parameters
    ----------
    runs : sequence of Run
        Of one dataset, one `Training`, and as many rows.

    Returns
    -------
    Run
        In the order of the runs. Its `data` is empty where one of them was loaded from a file.

    Raises
    ------
    ValueError
        If the runs differ in something else, or share both a setting and a seed.

    Examples
    --------
    >>> from reglab.engine.train import fit
    >>> from reglab.settings import Settings, Training
    >>> first, more = (
    ...     fit("wine", Settings(), Training(max_steps=5), n_train=50, seeds=seeds) for seeds in ([0, 1], [2])
    ... )
    >>> join([first, more]).seeds
    (0, 1, 2)
    """
    several = checks.several("runs", runs, 1, MAX_MODELS)
    for run in several:
        checks.instance("runs", run, Run)
    first = several[0]
    free = ("seeds", "settings", "labels", "axes")
    for run in several[1:]:
        for name in FACTS:
            here, there = _fact(first, name), _fact(run, name)
            if name not in free and here != there:
                raise ValueError(f"runs must be of one {name}, got {checks.shown(here)} and {checks.shown(there)}")
    if all(run.settings == first.settings for run in several):
        return _join_seeds(several)
    if all(run.seeds == first.seeds for run in several):
        return _join_settings(several)
    raise ValueError("runs must be of the same seeds or of the same settings, got runs that differ in both")


def _fact(run: Run, name: str) -> Any:
    value = getattr(run, name)
    return value.as_text() if isinstance(value, Encoding) else value


def _join_seeds(runs: Sequence[Run]) -> Run:
    _disjoint([run.seeds for run in runs], "seed")
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(run, name) for run in runs], axis=int(name not in BY_SEED)) for name in JOINED
    }
    each = tuple(data for run in runs for data in (run.data * len(run.seeds))[: len(run.seeds)])
    if len({id(data) for data in each}) == 1:
        each = each[:1]
    data = each if all(run.data for run in runs) else ()
    return dataclasses.replace(runs[0], seeds=tuple(seed for run in runs for seed in run.seeds), data=data, **arrays)


def _join_settings(runs: Sequence[Run]) -> Run:
    _disjoint([run.settings for run in runs], "setting of one seed")
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(run, name) for run in runs]) for name in JOINED if name not in BY_SEED
    }
    settings = tuple(given for run in runs for given in run.settings)
    data = runs[0].data if all(run.data for run in runs) else ()
    return dataclasses.replace(runs[0], settings=settings, labels=labels_of(settings), axes={}, data=data, **arrays)


def _disjoint(parts: Sequence[Sequence[Any]], what: str) -> None:
    seen: set[Any] = set()
    for part in parts:
        if twice := seen.intersection(part):
            raise ValueError(f"runs must have each {what} once, got {checks.shown(min(twice, key=str))} in two")
        seen.update(part)
