"""A study: what the trainings of a page share, as one value that makes its note, its runs and its downloads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import controls, runs

from reglab.datasets import Dataset, load
from reglab.engine.run import Run
from reglab.settings import Settings, Training

# Eight strengths and five seeds are done in about a second on two cores, and the unregularized network has overfitted.
TRAINING = Training(max_steps=300, eval_steps=20)
BASE = Settings(learning_rate=3e-3)


@dataclass(frozen=True)
class Study:
    """The data, its rows, the seeds, the network and the settings that a technique is added to.

    >>> one = Study("digits", 200, (0, 1, 2, 3, 4))
    >>> one.note
    'Handwritten digits, 8 x 8, n = 200'
    """

    dataset: str
    n_train: int
    seeds: tuple[int, ...]
    training: Training = TRAINING
    base: Settings = BASE
    n_val: int | None = None

    @property
    def data(self) -> Dataset:
        """The dataset itself."""
        return load(self.dataset)

    @property
    def note(self) -> str:
        """What is trained on, as a picture's note has it."""
        return f"{self.data.title}, n = {self.n_train:,}"

    @property
    def loss(self) -> str:
        """What its loss is called on an axis, with its unit."""
        return "loss (nats)" if self.data.n_classes else "half squared error"

    @property
    def row(self) -> dict[str, Any]:
        """What every row to download says of it."""
        return {"dataset": self.dataset, "n_train": self.n_train}

    def but(self, **changes: Any) -> Study:
        """Return the study with some of it changed.

        >>> Study("digits", 200, (0,)).but(n_train=50).note
        'Handwritten digits, 8 x 8, n = 50'
        """
        return dataclasses.replace(self, **changes)

    def train(
        self,
        settings: Settings | Sequence[Settings],
        *,
        replace: Mapping[str, Callable[..., Any]] | None = None,
        **watching: Any,
    ) -> Run:
        """Train settings on it, once for all visitors (`runs.train`)."""
        return runs.train(
            self.dataset,
            settings,
            self.training,
            n_train=self.n_train,
            n_val=self.n_val,
            seeds=self.seeds,
            replace=replace,
            **watching,
        )

    def compute(self, experiment: Callable[..., Any], *arguments: Any, **watching: Any) -> Any:
        """Return `experiment(dataset, *arguments, training, n_train=..., seeds=...)`, in the same way."""
        return runs.compute(
            experiment,
            self.dataset,
            *arguments,
            self.training,
            n_train=self.n_train,
            seeds=self.seeds,
            **watching,
        )


def sizes_of(dataset: str, sizes: Sequence[int]) -> tuple[int, ...]:
    """Return those numbers of training rows that a dataset has rows for, with some left to validate.

    >>> sizes_of("wine", (50, 100, 200))
    (50,)
    """
    return tuple(size for size in sizes if size <= 0.7 * len(load(dataset).x))


def choose(
    titles: Mapping[str, str],
    sizes: Sequence[int],
    *,
    default: str = "digits",
    n: int = 200,
    training: Training = TRAINING,
    base: Settings = BASE,
) -> Study:
    """Let the person choose the data, its rows and the seeds; return the study of them.

    titles: the datasets on offer and what they are called. sizes: the numbers of training rows on offer.
    """
    dataset = controls.choice("data", "Data", titles, default)
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, sizes)), float(n)))
    n_train = min(wanted, sizes_of(dataset, sizes)[-1])
    if n_train < wanted:
        st.caption(f"{titles[dataset]} has {len(load(dataset).x):,} rows, of which {n_train} are for training.")
    return Study(dataset, n_train, controls.seeds(), training, base)
