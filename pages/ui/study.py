"""A study: what the trainings of a page share, as one value that makes its notes, its runs and their sentences."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import streamlit as st

from pages.ui import controls, effect, escape, own_data, runs, sections, words
from pages.ui.effect import Scale
from pages.ui.levels import Levels, even
from pages.ui.own_data import load
from pages.ui.seeds import average, written

from reglab.datasets import Dataset
from reglab.engine.rows import most_rows
from reglab.engine.run import Run
from reglab.settings import Settings, Training

if TYPE_CHECKING:  # most pages have no texts
    from reglab.experiments.text_experiments import TextRun

R = TypeVar("R")
MEASURES = {"val_loss": "validation loss", "test_loss": "test loss", "test_accuracy": "test accuracy"}
Trained = tuple["Run | TextRun", int]  # of a run the models of one setting, by its number


@dataclass(frozen=True)
class Compared(ABC):
    """What models are trained on that are compared by seed: a `Study`, or a page's own, such as sentences."""

    dataset: str
    n_train: int
    seeds: tuple[int, ...]

    @property
    @abstractmethod
    def guess(self) -> float:
        """The loss of a constant guess."""

    @property
    @abstractmethod
    def guess_accuracy(self) -> float:
        """The share of the test rows that a constant guess has right."""

    def but(self, **changes: Any) -> Self:
        """Return it with some of it changed.

        >>> Study("digits", 200, (0,)).but(n_train=50).note
        'Handwritten digits, 8 x 8, n = 50'
        """
        return dataclasses.replace(self, **changes)

    def compute(self, experiment: Callable[..., R], *given: Any, **how: Any) -> R:
        """Return what an experiment comes to on it, once for all visitors.

        given, how: what the experiment takes but the dataset, its rows and the seeds, and what `runs.compute` takes.
        """
        how = {"n_train": self.n_train, "seeds": self.seeds, **how}
        result: R = runs.compute(experiment, self.dataset, *given, **how)
        return result

    def table(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return rows to download, each with the data and the number of its training rows.

        >>> Study("wine", 50, (0,)).table([{"seed": 0}])
        [{'dataset': 'wine', 'n_train': 50, 'seed': 0}]
        """
        return [{"dataset": own_data.of_table(self.dataset), "n_train": self.n_train, **row} for row in rows]

    def compare(
        self, right: Sequence[float], other: Sequence[float], what: str = "validation loss", **how: Any
    ) -> words.Comparison:
        """Return `words.compare` of losses by seed, which says too what is no better than a constant guess."""
        return words.compare(right, other, what, guess=self.guess, **how)

    def compare_accuracy(
        self, right: Sequence[float], other: Sequence[float], what: str = "test accuracy", **how: Any
    ) -> words.Comparison:
        """Return `words.compare` of test accuracies by seed, beside that of a constant guess; what: on which rows."""
        how = {"lower_is_better": False, "percent": True, "guess": self.guess_accuracy, **how}
        return words.compare(right, other, what, **how)

    def compare_at(self, before: Trained, after: Trained, measure: str = "val_loss", **how: Any) -> words.Comparison:
        """Return `compare`, or `compare_accuracy`, of what two settings came to, which may be of two runs.

        measure: a field of `Run`, in words as `MEASURES` has it; what: other words.
        """
        values: Any = [effect.outcomes(run, measure)[setting] for run, setting in (before, after)]
        compare = self.compare_accuracy if measure.endswith("accuracy") else self.compare
        return compare(*values, **{"what": MEASURES[measure], **how})

    def on_test_rows(self, before: Trained, after: Trained, **how: Any) -> list[words.Comparison]:
        """Return `compare_at` of the test loss, with what it takes, and of the test accuracy."""
        return [self.compare_at(before, after, "test_loss", **how), self.compare_at(before, after, "test_accuracy")]

    def poor(self, loss: float) -> str:
        """Return the sentence on a loss that is no better than a constant guess, with the space before it, or nothing.

        >>> Study("digits", 200, (0,)).poor(2.5)
        ' That is no better than a constant guess, which comes to 2.303.'
        """
        return words.no_better_than_guess(f"{self.guess:.3f}") if loss >= self.guess else ""


@dataclass(frozen=True)
class Study(Compared):
    """The data, its rows, the seeds, the network and the settings that a technique is added to.

    called: the data's name on the page, by default its title.

    It is frozen, and so may be the key of what is kept. A `Run` is one too: for one study and one scale it is the same
    object for all visitors.

    >>> Study("digits", 200, (0, 1, 2, 3, 4)).note
    'Handwritten digits, 8 x 8, n = 200'
    """

    training: Training = effect.TRAINING
    base: Settings = effect.BASE
    called: str = ""

    @property
    def data(self) -> Dataset:
        """The dataset itself."""
        return load(self.dataset)

    @property
    def title(self) -> str:
        """What the data is called; a name of one's own makes nothing bold in a sentence."""
        return escape.in_sentence(self.called or self.data.title)

    @property
    def note(self) -> str:
        """What is trained on, as a picture's note has it."""
        return f"{self.title}, n = {self.n_train:,}"

    @property
    def guess(self) -> float:
        """The loss of a constant guess."""
        return effect.guess(self.dataset)[0]

    @property
    def guess_accuracy(self) -> float:
        """The share of the test rows that a constant guess has right."""
        return effect.guess(self.dataset)[1]

    @property
    def loss(self) -> str:
        """What the validation loss is called on an axis, with its unit."""
        return "validation loss (nats)" if self.data.n_classes else "half squared error"

    @property
    def accuracy(self) -> str:
        """What the share of the test rows that are right is called; of a regression its R squared."""
        return "test accuracy" if self.data.n_classes else "test R²"

    def compare_accuracy(
        self, right: Sequence[float], other: Sequence[float], what: str = "test accuracy", **how: Any
    ) -> words.Comparison:
        """Return `words.compare` of test accuracies by seed, or of a regression's R squared, beside a constant guess's.

        >>> Study("diabetes", 200, (0,)).compare_accuracy([0.25], [0.5]).sentence.partition(",")[0]
        'Test R² rose from **0.250** to **0.500**'
        """
        if self.data.n_classes is None:
            what, how = what.replace("accuracy", "R²"), {"percent": False, **how}
        return super().compare_accuracy(right, other, what, **how)

    @property
    def steps(self) -> str:
        """For how long it trains, in words.

        >>> Study("digits", 200, (0,)).steps
        '300 steps'
        """
        return f"{self.training.max_steps} steps"

    def network(self, **changes: Any) -> Study:
        """Return the study with some of its network, or of its training, changed.

        >>> Study("digits", 200, (0,)).network(max_steps=50).steps
        '50 steps'
        """
        return self.but(training=dataclasses.replace(self.training, **changes))

    def sized(self, sizes: Sequence[int]) -> list[Study]:
        """Return the study at each of those numbers of training rows that its dataset has rows for.

        >>> [study.n_train for study in Study("wine", 50, (0,)).sized((50, 100, 200))]
        [50]
        """
        return [self.but(n_train=size) for size in effect.sizes_of(self.dataset, sizes)]

    # -------------------------------------------------------------- runs

    def train(
        self,
        settings: Settings | Sequence[Settings],
        *,
        replace: Mapping[str, Callable[..., Any]] | None = None,
        **watching: Any,
    ) -> Run:
        """Train settings on it, once for all visitors; watching: as `runs.train` takes it."""
        return runs.train(
            self.dataset,
            settings,
            self.training,
            n_train=self.n_train,
            seeds=self.seeds,
            replace=replace,
            **watching,
        )

    def sweep(self, scale: Scale, *, replace: Mapping[str, Callable[..., Any]] | None = None, **watching: Any) -> Run:
        """Train every strength of a scale on it."""
        return self.train(scale.settings(self.base), replace=replace, **watching)

    def right_and_wrong(
        self,
        scale: Scale,
        bug: Mapping[str, Callable[..., Any]] | None = None,
        *,
        instead: Scale | None = None,
        note: str = "Training with the mistake",
    ) -> tuple[Run, Run]:
        """Train a scale as it is, and with a mistake; return both runs.

        bug: the wrong function for a place, as `train` takes it. instead: another scale that is taken for the right
        one. note: beside the progress of the wrong one.
        """
        bar = st.empty()
        return self.sweep(scale, place=bar), self.sweep(instead or scale, replace=bug, place=bar, note=note)

    def show(
        self,
        scale: Scale,
        value: float,
        *,
        control: str,
        name: str = "",
        note: str = "",
        replace: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Run:
        """Train a scale, drawing losses against it and the training curves (`effect.show`); return the run.

        control: the name of the control that holds the value. name: what the technique at that value is called. note:
        what is to be said of the network. replace: as `sweep` takes it.
        """
        return effect.show(
            scale,
            value,
            dataset=self.dataset,
            training=self.training,
            base=self.base,
            n_train=self.n_train,
            seeds=self.seeds,
            n_classes=self.data.n_classes,
            control=control,
            name=name or f"{scale.title} {scale.label(value)}",
            note=f"{', '.join(filter(None, (self.note, note)))}; hover to scrub, click to keep",
            replace_with=replace,
        )

    # -------------------------------------------------------------- sentences

    def chosen(self, scale: Scale, run: Run, what: str | None = None) -> words.Choice:
        """Choose a strength of a scale on the validation rows, and judge it on the test rows.

        what: the strengths are values of, by default the scale's title.
        """
        losses = (effect.outcomes(run, f"{split}_loss") for split in ("val", "test"))
        what = scale.title if what is None else what
        return words.choose(levels_of(scale, "").names, *losses, what=what, guess=self.guess)

    def verdict(
        self,
        scale: Scale,
        run: Run,
        value: float,
        *,
        with_: str = "",
        what: str | None = None,
        also: str = "",
        off: str = "",
    ) -> None:
        """Write what the present strength did to the validation loss, and what the one does that validation chooses.

        with_, off: what the sentence begins with where the technique is on, and where it is off; by default the scale's
        title. what: as `chosen` takes it. also: a sentence between the two.
        """
        losses, opening = (
            effect.outcomes(run, "val_loss"),
            f"{off or words.capital(scale.title) + ' is off'}: validation loss",
        )
        how = {"with_": with_ or f"{scale.title} {value:g}", "off": opening, "also": also}
        self.judge(losses, scale.values.index(value), self.chosen(scale, run, what), **how)

    def judge(
        self,
        losses: Sequence[Sequence[float]],
        level: int,
        choice: words.Choice,
        *,
        with_: str,
        off: str,
        also: str = "",
        after: str = "",
        more: str = "verdict",
    ) -> None:
        """Write what one of several did to the validation loss of the first, and what validation chooses of them.

        losses: by level and seed. off: what the loss of the first is called, which stands alone where it is the level.
        also, after: sentences before and after that of the choice. more: the name of the button, as in `measured`.
        """
        if level:
            comparison = self.compare(losses[0], losses[level], with_=with_)
            sections.measured(words.with_choice(comparison, choice, between=also, after=after), more=more)
            return
        alone = f"{off} **{written(losses[0])}**.{self.poor(average(losses[0]))}"
        sections.say(" ".join(filter(None, (alone, also, choice.sentence, after))), more=more)

    def verdict_on_test(
        self,
        scale: Scale,
        run: Run,
        value: float,
        comparisons: Sequence[words.Comparison],
        *,
        what: str | None = None,
        off: str,
    ) -> None:
        """Write what the present strength did on the test rows, and what the one does that validation chooses.

        comparisons: what it did, first to the test loss. what: as `chosen` takes it. off: what there is without it.
        """
        choice, (loss, *more) = self.chosen(scale, run, what), comparisons
        if value:
            judged = [words.with_choice(loss, choice, scale.values.index(value)), *more]
            sections.measured_each(judged, more="more_training")
            return
        sentence = f"{off}{self.poor(loss.before)} {choice.sentence}"
        sections.say(sentence, more="more_training")


def levels_of(scale: Scale, control: str) -> Levels:
    """Return the levels of a scale's strengths.

    >>> levels_of(Scale("l2", (0.0, 0.1), "strength"), "decay").names
    ('off', '0.1')
    """
    return even(control, scale.values, scale.title, tuple(map(scale.label, scale.values)))


def with_classes(why: str) -> Callable[[Dataset], str]:
    """Return what says of a regression why a page does not take it, as `choose` and `with_own` ask it.

    why: what needs classes, as the sentence goes on.

    >>> with_classes("labels are shuffled")(load("diabetes"))
    'Your own data are a regression: labels are shuffled, which takes classes.'
    """
    return lambda data: "" if data.n_classes else f"Your own data are a regression: {why}, which takes classes."


def with_own(
    titles: dict[str, str],
    sizes: Sequence[int],
    *,
    control: str = "data",
    refuse: Callable[[Dataset], str] = lambda data: "",
    pool: int = 0,
) -> dict[str, str]:
    """Return the data on offer with the own ones where the page can take them; say why not, and what a link asks for.

    sizes: the numbers of training rows on offer. refuse: why data are not taken, or nothing. pool: how many rows there
    must be to train and validate on, where that is not by the sizes alone.
    """
    mine = own_data.current()
    why = refuse(mine.data) if mine else ""
    few = mine is not None and (not effect.sizes_of(mine.name, sizes) or most_rows(mine.data) < pool)
    fits = mine is not None and not why and not few
    wanted = own_data.ASKED.match(controls.asked(control))
    if wanted and not (mine and fits and mine.label == controls.asked(control)):
        st.info(
            f"This link is of a file with the checksum {wanted[1]}: give that file on the page Your data, and choose "
            "its target there."
        )
    if mine and not fits:
        st.caption(why or f"Your own data have too few rows for this page, which trains on at least {min(sizes)}.")
    state, key = st.session_state, controls.key(control)
    if mine and fits and own_data.is_own(state.get(key, "")):
        state[key] = mine.name  # the data of before are no more
    elif own_data.is_own(state.get(key, "")):
        del state[key]
    return own_data.titles(titles) if fits else titles


def choose(
    datasets: Mapping[str, str] | Sequence[str],
    sizes: Sequence[int],
    *,
    n: int,
    default: str = "digits",
    training: Training = effect.TRAINING,
    base: Settings = effect.BASE,
    lengths: Sequence[int] = (),
    control: str = "data",
    refuse: Callable[[Dataset], str] = lambda data: "",
) -> Study:
    """Let the person choose the data, its training rows and the seeds; return the study of them.

    datasets: those on offer, and what they are called if not by their titles. sizes: the numbers of training rows on
    offer. n, default: the rows and the data at first. lengths: numbers of steps that are on offer too, the first one at
    first. control: the name of the control that holds the data. refuse: why the session's own data are not on offer, as
    `with_own` asks it.
    """
    titles = dict(datasets) if isinstance(datasets, Mapping) else {name: load(name).title for name in datasets}
    titles = with_own(titles, sizes, control=control, refuse=refuse)
    dataset = controls.choice(control, "Data", titles, default)
    wanted = int(controls.scale("n", "Training rows n", tuple(map(float, sizes)), float(n)))
    n_train = min(wanted, max(effect.sizes_of(dataset, sizes), default=sizes[0]))
    if n_train < wanted:
        called = escape.as_markdown(titles[dataset]) if own_data.is_own(dataset) else titles[dataset]
        pool = f"{called} has {most_rows(load(dataset)):,} rows to train and validate on, beside those for the test"
        st.caption(f"{pool}: n is {n_train} there.")
    if lengths:
        steps = controls.scale("steps", "Steps", tuple(map(float, lengths)), float(lengths[0]))
        training = dataclasses.replace(training, max_steps=int(steps))
    return Study(dataset, n_train, controls.seeds(), training, base, titles[dataset])
