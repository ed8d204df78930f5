"""Training: `fit` walks a stack of models along the line of the training step, block by block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reglab.datasets import Dataset, load
from reglab.engine.evaluate import Evaluation
from reglab.engine.fitting import misfits
from reglab.engine.line import functions
from reglab.engine.rows import Rows
from reglab.engine.step import Step
from reglab.run import Run, empty_run
from reglab.settings import Settings, Training, check_whole

BLOCK = 32  # models trained at a time: enough to spread the cost of a call, few enough for the processor's cache
OBJECTIVE_STEPS = 8  # train_objective is the mean over so many steps before an evaluation
TICK = 0.02  # seconds between two calls of `progress`


def default_n_val(n_train: int, n_pool: int) -> int:
    """Return how many validation rows `fit` takes when it is not told: as many as for training, from 50 to 400.

    Examples
    --------
    >>> default_n_val(200, 1200), default_n_val(1000, 1200)
    (200, 200)
    """
    return max(1, min(max(n_train, 50), 400, n_pool - n_train))


def fit(
    dataset: Dataset | str | Sequence[Dataset],
    settings: Settings | Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    progress: Callable[[float, Run], None] | None = None,
    replace: Mapping[str, Callable[..., Any]] | None = None,
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
    n_train : int
        Training rows, drawn from the pool.
    n_val : int, optional
        Validation rows, drawn from the rest of the pool; by default `default_n_val`.
    seeds : int or sequence of int
        How many (0, 1, ...), or which; one may stand there again, for another dataset with the same draws.
    progress : callable, optional
        Is called about every 20 ms with the share done and the run as it stands, its history NaN where there is none
        yet. An exception that it raises ends the training.
    replace : mapping of str to callable, optional
        Other functions for the techniques in the line (`reglab.engine.line`), by their name in `Settings`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> run = fit("digits", [Settings(), Settings(dropout=0.5)], Training(max_steps=20), n_train=50, seeds=2)
    >>> run.val_loss.shape == (2, 2, len(run.steps))
    True
    """
    if isinstance(dataset, str):
        dataset = load(dataset)
    several = () if isinstance(dataset, Dataset) else _alike(dataset)
    data = dataset if isinstance(dataset, Dataset) else several[0]
    stack = (settings,) if isinstance(settings, Settings) else tuple(settings)
    seed_list = _check(data, stack, training, n_train, n_val, seeds, replace)
    if several and len(several) != len(seed_list):
        raise ValueError(f"dataset must be one, or one for each of {len(seed_list)} seeds, got {len(several)}")
    if n_val is None:
        n_val = default_n_val(n_train, len(data.x))
    run = empty_run(data, stack, training, n_train, n_val, seed_list)
    blocks = list(_blocks(len(stack), len(seed_list)))
    total, done = len(stack) * len(seed_list) * training.max_steps, 0
    last_tick = time.perf_counter()
    for chosen_settings, chosen_seeds in blocks:
        own = several[chosen_seeds] or data
        block = Block(own, run, chosen_settings, chosen_seeds, replace)
        with _may_diverge():
            for step in block.train():
                now = time.perf_counter()
                if progress is not None and now - last_tick > TICK:
                    last_tick = now
                    progress((done + step * block.models) / total, run)
        done += training.max_steps * block.models
    if progress is not None:
        progress(1.0, run)
    return run


def prepare(
    dataset: Dataset | str,
    settings: Sequence[Settings],
    training: Training = Training(),
    *,
    n_train: int = 200,
    seeds: int = 1,
) -> Callable[[int], None]:
    """Return a function that makes so many training steps of a stack each time it is called, and evaluates nothing.

    It is `fit`'s own step, for measuring its speed.

    Examples
    --------
    >>> advance = prepare("digits", [Settings()], n_train=50)
    >>> advance(10)
    """
    data = load(dataset) if isinstance(dataset, str) else dataset
    seed_list = _check(data, tuple(settings), training, n_train, None, seeds, None)
    run = empty_run(data, tuple(settings), training, n_train, default_n_val(n_train, len(data.x)), seed_list)
    blocks = [Block(data, run, k, s) for k, s in _blocks(len(run.settings), len(seed_list))]
    batches = [block.rows.batches() for block in blocks]

    def advance(steps: int) -> None:
        with _may_diverge():
            for block, rows in zip(blocks, batches, strict=True):
                for _ in range(steps):
                    block.step(next(rows), tracked=False)

    return advance


def _may_diverge() -> np.errstate:
    """Keep NumPy from warning while models train: one that diverges is marked."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _alike(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Return the datasets as a tuple; raise unless one stack can hold them."""
    several = tuple(datasets)
    kinds = {(d.x.shape, d.x_test.shape, d.task, d.n_classes, d.image_shape) for d in several}
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
        raise ValueError(f"settings must be one Settings or several, got {stack!r}")
    for s in stack:
        for sentence in misfits(s, training, data).values():
            raise ValueError(sentence)
    check_whole("n_train", n_train, 2)
    if n_val is not None:
        check_whole("n_val", n_val, 1)
    if n_train + (n_val or 1) > len(data.x):
        raise ValueError(
            f"n_train + n_val must be at most {len(data.x)}, the rows of {data.name}'s pool, "
            f"got {n_train} + {n_val or 1}"
        )
    if isinstance(seeds, (int, np.integer)):
        check_whole("seeds", int(seeds), 1)
        seeds = range(seeds)
    seeds = tuple(seeds)
    if not seeds:
        raise ValueError("seeds must be a number of seeds or a sequence of at least one, got none")
    for seed in seeds:
        check_whole("seeds", seed, 0)
    functions(replace)
    return tuple(map(int, seeds))


def _blocks(n_settings: int, n_seeds: int) -> Iterator[tuple[slice, slice]]:
    """Cut the stack into blocks of at most `BLOCK` models: whole seeds where they fit, else parts of one seed."""
    seeds_at_once = max(1, BLOCK // n_settings)
    for seed in range(0, n_seeds, seeds_at_once):
        for setting in range(0, n_settings, BLOCK):
            yield slice(setting, min(setting + BLOCK, n_settings)), slice(seed, min(seed + seeds_at_once, n_seeds))


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
        own = run.seeds[seeds]
        each = (data,) * len(own) if isinstance(data, Dataset) else tuple(data)
        self.run, training = run, run.training
        self.rows = Rows(each, own, run.n_train, run.n_val, training.batch_size)
        run.centre[seeds], run.scale[seeds] = self.rows.centre, self.rows.scale
        first = each[0]
        self.step = Step(
            run.settings[settings], own, training, run.sizes, self.rows, first.n_classes, first.image_shape, replace
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
                if not self.evaluate.live.any():
                    break
            yield number
