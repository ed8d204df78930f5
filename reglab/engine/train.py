"""Training: `fit` walks a stack of models along the line of the training step, block by block."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset, as_dataset
from reglab.engine.evaluate import Evaluation
from reglab.engine.fitting import misfits
from reglab.engine.line import functions
from reglab.engine.network import Array
from reglab.engine.parts import hand_out, n_workers
from reglab.engine.rows import TRAIN_ROWS, Rows, most_rows
from reglab.engine.run import ARRAYS, BY_SEED, HISTORY, Run, empty_run
from reglab.engine.step import Step
from reglab.engine.threads import one_blas_thread
from reglab.settings import Settings, Training

__all__ = ["MAX_MODELS", "Block", "default_n_val", "fit", "prepare"]

BLOCK = 32  # models trained at a time: enough to spread the cost of a call, few enough for the processor's cache
PARTS = 4  # for each worker of an executor, so that the slowest does not come last with half of all
OBJECTIVE_STEPS = 8  # train_objective is the mean over so many steps before an evaluation
TICK = 0.02  # seconds between two calls of `progress`
MAX_MODELS = 10_000
VALIDATED = 20  # percent of the pool, where nobody says how many rows to train or to validate on
ROOM = 250_000_000  # numbers that a run makes at once, of four bytes each


def default_n_val(n_train: int, n_pool: int) -> int:
    """Return how many validation rows `fit` takes when it is not told: as many as for training, from 50 to 400.

    Parameters
    ----------
    n_train : int >= 1
    n_pool : int >= 1

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> default_n_val(200, 1200), default_n_val(1000, 1200)
    (200, 200)
    """
    n_train, n_pool = checks.whole("n_train", n_train, 1), checks.whole("n_pool", n_pool, 1)
    return max(1, min(max(n_train, 50), 400, n_pool - n_train))


def fit(
    dataset: Dataset | str | Sequence[Dataset],
    settings: Settings | Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int | None = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    progress: Callable[[float, Run], None] | None = None,
    replace: Mapping[str, Callable[..., Any]] | None = None,
    watch: Callable[[int, tuple[slice, slice], Array], None] | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Run:
    """Train one model per setting and seed, all as one stack.

    A seed redraws everything that chance decides: which rows of the pool are for training and for validation, the
    initial weights, the order of the batches, and the noise. Models of one seed share all of it, so a difference
    between two settings is paired by seed. A model's run depends on its seed, settings and training alone: it is the
    same, bit for bit, alone and in a larger stack (on one machine, with one BLAS thread).

    Parameters
    ----------
    dataset : Dataset or str, or a sequence of Dataset
        Or its name in `reglab.datasets.NAMES`. Of a sequence each seed has its own, all of one kind and size; the run
        is named after the first.
    settings : Settings, or a sequence of them
    training : Training
    n_train : int or None
        Training rows, drawn from the pool, of which at least one row is left to validate on: "wine", of 120 rows,
        takes at most 119. None takes all rows that are not validated on, a fifth of the pool and 400 at most where
        `n_val` is not told either.
    n_val : int, optional
        Validation rows, drawn from the rest of the pool, of whose groups, where a dataset has some, none is trained on;
        by default `default_n_val`. With 0 all rows of the pool may be trained on, for a last fit: the validation
        history is NaN, the last weights are kept, and no setting has a `patience`.
    seeds : int or sequence of int
        How many (0, 1, ...), or which; one may stand there again, for another dataset with the same draws.
    progress : callable, optional
        Is called about every 20 ms with the share done and the run as it stands, its history NaN where there is none
        yet. An exception that it raises ends the training.
    replace : mapping of str to callable, optional
        Other functions for the entries of the line, by their name in `Settings`.
    watch : callable, optional
        Is called after every evaluation with its number, the slices of the settings and of the seeds whose models were
        evaluated, and the weights of these, of shape (settings, seeds, parameters) as `Run.kept_weights`: what a model
        has at this evaluation, and what it kept once it has stopped or diverged. What it does with them changes
        nothing of the run. Not with an executor.
    executor : concurrent.futures.Executor, optional
        Trains parts of the stack on its workers, processes or other machines, and returns the same run bit for bit
        where these have the same NumPy and kind of processor. `progress` is then called as parts arrive. A part whose
        worker was lost is trained again. A `ProcessPoolExecutor` is one, and so is what `dask.distributed` returns
        for ``Client.get_executor()``. Where processes are spawned, a script makes it below ``if __name__ ==
        "__main__"``.
    workers : int, optional
        How many parts the executor trains at a time, where it does not say so itself; by default the cores of this
        machine.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an argument is not as above or out of its range, or the run would not fit the memory, or an argument cannot
        be sent to a worker.

    Examples
    --------
    >>> run = fit("digits", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=2)
    >>> run.val_loss.shape == (2, 2, len(run.steps))
    True
    """
    several: tuple[Dataset, ...] = ()
    if isinstance(dataset, (Dataset, str)):
        data = as_dataset(dataset)
    else:
        several = _alike(dataset)
        data = several[0]
    stack = (settings,) if isinstance(settings, Settings) else checks.several("settings", settings, most=MAX_MODELS)
    if n_train is None:
        n_train, n_val = _all_rows(data, n_val)
    seed_list = _check(data, stack, training, n_train, n_val, seeds, replace)
    if workers is not None:
        checks.whole("workers", workers, 1)
    for name, function in (("progress", progress), ("watch", watch)):
        if function is not None:
            checks.function(name, function)
    if several and len(several) != len(seed_list):
        raise ValueError(f"dataset must be one, or one for each of {len(seed_list)} seeds, got {len(several)}")
    if n_val is None:
        n_val = default_n_val(n_train, most_rows(data))
    run = empty_run(data, stack, training, n_train, n_val, seed_list)
    if several:
        run = dataclasses.replace(run, data=several)
    if executor is not None:
        if watch is not None:
            raise ValueError("watch must be None with an executor, whose workers hold the weights, got a function")
        _fit_elsewhere(
            executor, workers, dataset if isinstance(dataset, str) else data, several, run, replace, progress
        )
        return run
    blocks = list(_blocks(len(stack), len(seed_list)))
    total, done = len(stack) * len(seed_list) * training.max_steps, 0
    last_tick = time.perf_counter()
    with one_blas_thread():
        for chosen_settings, chosen_seeds in blocks:
            chosen_data = several[chosen_seeds] or data
            block = Block(chosen_data, run, chosen_settings, chosen_seeds, replace)
            evaluation = 0
            with _may_diverge():
                for step in block.train():
                    if watch is not None and step == run.steps[evaluation]:
                        watch(evaluation, (chosen_settings, chosen_seeds), block.weights(evaluation))
                        evaluation += 1
                    now = time.perf_counter()
                    if progress is not None and now - last_tick > TICK:
                        last_tick = now
                        progress((done + step * block.models) / total, run)
            done += training.max_steps * block.models
        if progress is not None:
            progress(1.0, run)
    return run


def _fit_elsewhere(
    executor: Executor,
    workers: int | None,
    data: Dataset | str,
    several: tuple[Dataset, ...],
    run: Run,
    replace: Mapping[str, Callable[..., Any]] | None,
    progress: Callable[[float, Run], None] | None,
) -> None:
    """Fill a run by what an executor's workers train of it."""
    models = len(run.settings) * len(run.seeds)
    at_once = -(-models // (PARTS * n_workers(executor, workers)))
    blocks = list(_blocks(len(run.settings), len(run.seeds), max(1, min(BLOCK, at_once))))
    parts = [
        (several[s], run.settings[k], run.training, run.n_train, run.n_val, run.seeds[s], replace) for k, s in blocks
    ]
    arrived = 0

    def take(number: int, arrays: Mapping[str, Any]) -> None:
        nonlocal arrived
        settings, seeds = blocks[number]
        for name, values in arrays.items():
            whole = getattr(run, name)
            whole[(seeds,) if name in BY_SEED else (settings, seeds)] = values
        arrived += (settings.stop - settings.start) * len(run.seeds[seeds])

    def tick() -> None:
        if progress is not None:
            progress(arrived / models, run)

    hand_out(executor, _fit_part, data, parts, take, tick, workers)
    tick()


def _fit_part(
    data: Dataset | str,
    several: tuple[Dataset, ...],
    settings: tuple[Settings, ...],
    training: Training,
    n_train: int,
    n_val: int,
    seeds: tuple[int, ...],
    replace: Mapping[str, Callable[..., Any]] | None,
) -> dict[str, NDArray[Any]]:
    """Train some models of a run, and return what they put into it."""
    run = fit(several or data, settings, training, n_train=n_train, n_val=n_val, seeds=seeds, replace=replace)
    return {name: getattr(run, name) for name in ARRAYS if name != "steps"}


def prepare(
    dataset: Dataset | str,
    settings: Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    seeds: int = 1,
) -> Callable[[int], None]:
    """Return a function that makes so many training steps of a stack each time it is called, and evaluates nothing.

    It is `fit`'s own step, for measuring its speed; the arguments are those of `fit`.

    Raises
    ------
    ValueError
        As `fit`.

    Examples
    --------
    >>> advance = prepare("digits", [Settings()], n_train=50)
    >>> advance(10)
    """
    data, stack = as_dataset(dataset), checks.several("settings", settings, most=MAX_MODELS)
    seed_list = _check(data, stack, training, n_train, None, seeds, None)
    run = empty_run(data, stack, training, n_train, default_n_val(n_train, most_rows(data)), seed_list)
    blocks = [Block(data, run, k, s) for k, s in _blocks(len(run.settings), len(seed_list))]
    batches = [block.rows.batches() for block in blocks]

    def advance(steps: int) -> None:
        with one_blas_thread(), _may_diverge():
            for block, rows in zip(blocks, batches, strict=True):
                for _ in range(steps):
                    block.step(next(rows), tracked=False)

    return advance


def _all_rows(data: Dataset, n_val: int | None) -> tuple[int, int]:
    """Return how many rows are trained and validated on where all of the pool are to be."""
    pool = len(data.x) if n_val == 0 else most_rows(data)
    n_val = max(1, min(VALIDATED * pool // 100, 400)) if n_val is None else checks.whole("n_val", n_val, 0)
    if pool - n_val < 2:
        asked = f"n_val must leave at least two of the {pool} rows to train on where n_train is None"
        raise ValueError(f"{asked}, got {n_val}")
    return pool - n_val, n_val


def _may_diverge() -> np.errstate:
    """Keep NumPy from warning while models train: one that diverges is marked."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _alike(datasets: Any) -> tuple[Dataset, ...]:
    """Return the datasets as a tuple; raise unless one stack can hold them."""
    listed = isinstance(datasets, Iterable) and not hasattr(datasets, "shape")
    several = checks.several("dataset", datasets, most=MAX_MODELS) if listed else ()
    if not listed or (several and not any(isinstance(data, Dataset) for data in several)):
        as_dataset(datasets)  # which raises, and says what to do with arrays
    for data in several:
        checks.instance("dataset", data, Dataset)
    kinds = {
        (d.x.shape, d.x_test.shape, d.task, d.n_classes, d.image_shape, d.encoding, most_rows(d), d.target_scale)
        for d in several
    }
    if len(kinds) != 1:
        raise ValueError(f"dataset must be of one kind and size for all seeds, got {len(kinds)} kinds")
    return several


def _check(
    data: Dataset,
    stack: tuple[Settings, ...],
    training: Training,
    n_train: int,
    n_val: int | None,
    seeds: int | Sequence[int],
    replace: Mapping[str, Callable[..., Any]] | None,
) -> tuple[int, ...]:
    """Return the seeds as a tuple; raise where an argument is out of its range."""
    if not stack or not all(isinstance(s, Settings) for s in stack):
        raise ValueError(f"settings must be one Settings or several, got {checks.shown(stack)}")
    checks.instance("training", training, Training)
    for s in stack:
        for sentence in misfits(s, training, data).values():
            raise ValueError(sentence)
    checks.whole("n_train", n_train, 2)
    if n_val is not None:
        checks.whole("n_val", n_val, 0)
    pool = len(data.x) if n_val == 0 else most_rows(data)
    whole = "" if pool == len(data.x) else " in whole groups"
    if n_val is None and n_train >= pool:
        most = f"must be at most {pool - 1}, since {data.name} has {pool} rows to train and validate on{whole}"
        raise ValueError(f"n_train {most}, got {n_train}")
    if n_val is not None and n_train + n_val > pool:
        most = f"must be at most {pool}, the rows that {data.name} has to train and validate on{whole}"
        raise ValueError(f"n_train + n_val {most}, got {n_train} + {n_val}")
    if n_val == 0:
        for s in stack:
            if s.patience is not None:
                raise ValueError(f"patience must be None where n_val is 0, with no loss to wait for, got {s.patience}")
    seed_list = checks.seeds("seeds", seeds, MAX_MODELS)
    widths = (data.x.shape[1], *training.hidden_sizes, data.n_classes or 1)
    models, rows = len(stack) * len(seed_list), TRAIN_ROWS + (TRAIN_ROWS if n_val is None else n_val) + len(data.x_test)
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    at_once = 5 * weights + max(widths[1:]) * max(rows, min(training.batch_size, n_train))
    history = 2 * len(HISTORY) * min(training.eval_steps, training.max_steps)
    seeds_at_once = min(len(seed_list), max(1, BLOCK // len(stack)))
    held = seeds_at_once * widths[0] * (n_train + rows)  # to train on and to evaluate, standardised by each seed
    needed = models * (weights + history) + min(models, BLOCK) * at_once + held
    if needed > ROOM:
        raise ValueError(f"training, settings and seeds must need at most {ROOM} numbers at once, got {needed}")
    if replace is not None:
        for name, other in checks.mapping("replace", replace).items():
            checks.function(f"replace[{name!r}]", other)
        functions(replace)
    return seed_list


def _blocks(n_settings: int, n_seeds: int, most: int = BLOCK) -> Iterator[tuple[slice, slice]]:
    """Cut the stack into blocks of at most so many models: whole seeds where they fit, else parts of one seed."""
    seeds_at_once = max(1, most // n_settings)
    for seed in range(0, n_seeds, seeds_at_once):
        for setting in range(0, n_settings, most):
            slices = slice(setting, min(setting + most, n_settings)), slice(seed, min(seed + seeds_at_once, n_seeds))
            yield slices


class Block:
    """Some models of a run while they train: their rows, their step and their evaluations.

    Parameters
    ----------
    data : Dataset, or a sequence of Dataset
        Of a sequence each seed has its own.
    run : Run
        Is filled.
    settings, seeds : slice
        Which of the run's these models are.
    replace : mapping of str to callable, optional
    """

    def __init__(
        self,
        data: Dataset | Sequence[Dataset],
        run: Run,
        settings: slice,
        seeds: slice,
        replace: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        block_seeds = run.seeds[seeds]
        each = (data,) * len(block_seeds) if isinstance(data, Dataset) else tuple(data)
        self.run, training = run, run.training
        self.rows = Rows(each, block_seeds, run.n_train, run.n_val, training.batch_size)
        run.centre[seeds], run.scale[seeds] = self.rows.centre, self.rows.scale
        if self.rows.fillings:
            run.fillings[seeds] = [filling.numbers for filling in self.rows.fillings]
        first = each[0]
        self.step = Step(
            run.settings[settings],
            block_seeds,
            training,
            run.sizes,
            self.rows,
            first.n_classes,
            first.image_shape,
            replace,
        )
        watch = functions(replace)["after"]["patience"]
        self.evaluate = Evaluation(run, (settings, seeds), each, self.rows, self.step, watch)
        self.models = self.step.stack[0] * self.step.stack[1]

    def train(self) -> Iterator[int]:
        """Make all steps and evaluations; yield the number of each step done."""
        batches = self.rows.batches()
        evaluation = 0
        for number in range(1, self.run.training.max_steps + 1):
            due = int(self.run.steps[evaluation])
            self.step(next(batches), tracked=due - number < OBJECTIVE_STEPS)
            if number == due:
                self.evaluate(evaluation)
                evaluation += 1
            yield number
            if not self.evaluate.live.any():
                break

    def weights(self, evaluation: int) -> Array:
        """Return each model's weights after an evaluation, or what it kept where it has stopped or diverged before.

        evaluation: the number of the last one. The array is a new one, of shape (settings, seeds, parameters).
        """
        at = self.evaluate.at
        evaluated = np.isfinite(self.run.train_loss[at][..., evaluation])
        return np.where(evaluated[..., None], self.step.net.flat.swapaxes(0, 1), self.run.kept_weights[at])
