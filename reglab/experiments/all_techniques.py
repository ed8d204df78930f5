"""All techniques on the same data: each alone at the strength that validation chooses, and several at once."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset, as_dataset
from reglab.engine.fitting import misfits
from reglab.engine.run import Run
from reglab.engine.train import fit, prepare
from reglab.experiments.combinations import GRID, turned_on
from reglab.settings import Settings, Training

__all__ = ["COMPARED", "SideBySide", "side_by_side", "time_per_step"]

# The fields of `Settings` that are compared, in the order of the training step.
COMPARED = (
    "augment",
    "mixup_alpha",
    "cutmix_alpha",
    "label_smoothing",
    "dropout",
    "clip_norm",
    "weight_decay",
    "l1",
    "patience",
)
# Of which half is weaker; of a patience and a limit it is not.
HALVED = tuple(name for name in COMPARED if name not in ("clip_norm", "patience"))
TRIED = slice(1, 4)  # of the values in `GRID`: without off, and without the last, which does harm
ROUNDS, STEPS = 5, 20  # in which the time of a step is measured
SEARCHED, COMBINED = 0.9, 0.95  # shares of the work that are done after the search, and after the combination


@dataclass(frozen=True, eq=False)
class SideBySide:
    """What `side_by_side` returns.

    Attributes
    ----------
    names : tuple of str
        "none"; the techniques that the data and the network take, by their fields; "all", those that lower the mean
        validation loss together; and "combined", which validation chooses among the two and the three best of them, and
        all at half their strengths. The last two are missing where fewer than two help, and before they have trained.
    settings : tuple of Settings
        Of each name, at the strength with the lowest mean validation loss.
    val_loss, test_loss : arrays of shape (names, seeds)
        At the kept weights; NaN where a model diverged, or has not trained yet.
    time : array of shape (names,)
        Of a training step, without evaluations, over that of "none"; NaN before it is measured.
    seeds : tuple of int
    """

    names: tuple[str, ...]
    settings: tuple[Settings, ...]
    val_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    time: NDArray[np.float64]
    seeds: tuple[int, ...]


def side_by_side(
    dataset: Dataset | str,
    base: Settings = Settings(learning_rate=3e-3),
    training: Training = Training(max_steps=300, eval_steps=20),
    *,
    n_train: int = 100,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    progress: Callable[[float, SideBySide], None] | None = None,
) -> SideBySide:
    """Train every technique that the data take at each of its strengths, choose one by validation, and combine them.

    A strength is chosen on validation rows, so validation losses flatter every technique a little; the test rows had
    no part in the choice. All models of a seed share rows, initial weights and order.

    Parameters
    ----------
    dataset : Dataset or str
    base : Settings
        What all share, with no technique on.
    training : Training
    n_train, n_val, seeds
        As for `reglab.fit`.
    progress : callable, optional
        Is called about every 20 ms with the share done and what there is so far.

    Returns
    -------
    SideBySide

    Raises
    ------
    ValueError
        If a technique is on in `base`, or as `reglab.fit`.

    Examples
    --------
    >>> result = side_by_side("moons", training=Training(max_steps=20), n_train=50, seeds=2)
    >>> result.names[:4], result.test_loss.shape == (len(result.names), 2)
    (('none', 'mixup_alpha', 'label_smoothing', 'dropout'), True)
    """
    data = as_dataset(dataset)
    if on := turned_on(checks.instance("base", base, Settings)):
        raise ValueError(f"base must have no technique on, got {', '.join(on)}")
    checks.instance("training", training, Training)
    if progress is not None:
        checks.function("progress", progress)
    stack: dict[tuple[str, Any], Settings] = {("none", None): base}
    for name in COMPARED:
        changed: list[dict[str, Any]] = [{name: value} for value in GRID[name][TRIED]]
        tried = {(name, change[name]): replace(base, **change) for change in changed}
        if not any(misfits(settings, training, data) for settings in tried.values()):
            stack |= tried
    how: dict[str, Any] = {"n_train": n_train, "n_val": n_val, "seeds": seeds}

    def searched(share: float, run: Run) -> None:
        if progress is not None:
            progress(SEARCHED * share, _chosen(stack, run))

    result = _chosen(stack, fit(data, list(stack.values()), training, **how, progress=searched))
    together = _together(base, result)
    if together:
        alone = result

        def combined(share: float, run: Run) -> None:
            if progress is not None:
                progress(SEARCHED + (COMBINED - SEARCHED) * share, _with(alone, run))

        result = _with(alone, fit(data, together, training, **how, progress=combined))
    if progress is not None:
        progress(COMBINED, result)

    def timed(share: float) -> None:
        if progress is not None:
            progress(COMBINED + (1 - COMBINED) * share, result)

    times = time_per_step(data, result.settings, training, n_train=n_train, seeds=len(result.seeds), progress=timed)
    return replace(result, time=times)


def time_per_step(
    dataset: Dataset | str,
    settings: Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    seeds: int = 5,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.float64]:
    """Measure what a training step takes, over what it takes with the first settings.

    Each is timed in turn, in several rounds, by the processor time of this thread, so that what else the machine does
    counts little; the ratio is the median of the rounds'. Evaluations are not in it.

    Parameters
    ----------
    dataset, training, n_train
        As for `reglab.fit`.
    settings : sequence of Settings
    seeds : int
        Models that train at once.
    progress : callable, optional
        Is called with the share done after each measurement.

    Returns
    -------
    array of shape (settings,)

    Raises
    ------
    ValueError
        As `reglab.fit`.

    Examples
    --------
    >>> ratios = time_per_step("moons", [Settings(), Settings(dropout=0.5)], n_train=50)
    >>> float(ratios[0]), ratios.shape
    (1.0, (2,))
    """
    stack = checks.several("settings", settings)
    if progress is not None:
        checks.function("progress", progress)
    advances = [prepare(dataset, [each], training, n_train=n_train, seeds=seeds) for each in stack]
    for advance in advances:
        advance(2)  # the first steps find the caches cold
    rounds: list[list[float]] = []
    for number in range(ROUNDS):
        took = []
        for at, advance in enumerate(advances):
            start = time.thread_time()
            advance(STEPS)
            took.append(time.thread_time() - start)
            if progress is not None:
                progress((number + (at + 1) / len(advances)) / ROUNDS)
        rounds.append([each / took[0] for each in took])
    return np.array([statistics.median(ratios) for ratios in zip(*rounds, strict=True)])


def _chosen(stack: dict[tuple[str, Any], Settings], run: Run) -> SideBySide:
    """Return each technique at its best strength, of a search that is done or under way."""
    losses = _outcomes(run, "val_loss")
    seen = np.isfinite(losses).sum(axis=1)
    # A strength at which a seed has diverged is not chosen where there is another.
    whole = np.where(seen == seen.max(), np.nan_to_num(losses).sum(axis=1), np.inf)
    best: dict[str, int] = {}
    for at, (name, _) in enumerate(stack):
        if name not in best or whole[at] < whole[best[name]]:
            best[name] = at
    places = list(best.values())
    settings = tuple(run.settings[at] for at in places)
    test = _outcomes(run, "test_loss")[places]
    return SideBySide(tuple(best), settings, losses[places], test, np.full(len(best), np.nan), tuple(run.seeds))


def _outcomes(run: Run, name: str) -> NDArray[np.float64]:
    """Return what every model came to, NaN where it diverged: a run keeps the last weights before that."""
    return np.where(run.diverged, np.nan, run.kept(name))


def _together(base: Settings, result: SideBySide) -> list[Settings]:
    """Return what is tried at once: all techniques that lower the mean validation loss, first; none where one does."""
    losses = dict(zip(result.names, result.val_loss.mean(axis=1).tolist(), strict=True))
    strengths: dict[str, Any] = {
        name: getattr(settings, name)
        for name, settings in zip(result.names, result.settings, strict=True)
        if name != "none" and losses[name] < losses["none"]
    }
    if len(strengths) < 2:
        return []
    best = sorted(strengths, key=losses.__getitem__)
    few = [{name: strengths[name] for name in best[:count]} for count in (2, 3) if count < len(best)]
    half = {name: 0.5 * value for name, value in strengths.items() if name in HALVED}
    return [replace(base, **each) for each in (strengths, *few, strengths | half)]


def _with(result: SideBySide, run: Run) -> SideBySide:
    """Return the result with all that help, the first of a run, and with what validation chooses of the others."""
    losses, test = _outcomes(run, "val_loss"), _outcomes(run, "test_loss")
    means = np.where(np.isfinite(losses).all(axis=1), np.nan_to_num(losses).mean(axis=1), np.inf)
    places = [0, 1 + int(means[1:].argmin())]
    names = (*result.names, "all", "combined")
    settings = (*result.settings, *(run.settings[at] for at in places))
    validation = np.vstack([result.val_loss, losses[places]])
    test = np.vstack([result.test_loss, test[places]])
    return SideBySide(names, settings, validation, test, np.full(len(names), np.nan), result.seeds)
