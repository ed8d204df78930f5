"""What text augmentation does to a small text classifier, and what it does to a text where nothing is protected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.network import cross_entropy, mean_cross_entropy
from reglab.engine.run import Run, evaluation_steps
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from reglab.streams import generator
from reglab.text.text_task import NAMES, TextTask, bag_of_words, bags_of, load_text, rows, stacked
from reglab.text.texts import MAX_CHARS, check_sentence, kinds_of, parallel, split
from reglab.text.translation import pair
from reglab.text_augmentation import EDA, PROTECTED, _check_protect, augment, back_translate, survival

__all__ = [
    "BASE",
    "OPERATIONS",
    "TRAINING",
    "Plan",
    "TextRun",
    "Variants",
    "broken",
    "compare",
    "grown",
    "negations_lost",
    "variants",
    "vary",
]

# Five strengths and five seeds are done in about a second, and without augmentation the network overfits.
TRAINING = Training(hidden_sizes=(64,), max_steps=200, eval_steps=10)
BASE = Settings(learning_rate=3e-3)
N_VAL = 200
MAX_COPIES = 1000
WATCHED, TESTED = ("train_loss", "val_loss", "train_accuracy", "val_accuracy"), ("test_loss", "test_accuracy")
OPERATIONS = ("eda", *EDA, "de", "fr")
"""EDA's four in turn, each of them alone, and back-translation through German or French."""


@dataclass(frozen=True)
class Plan:
    """How a training set is grown.

    Parameters
    ----------
    operation : str
        One of `OPERATIONS`.
    strength : float in [0, 1]
        0 adds each sentence as it is: the baseline sees as many rows, so that a difference comes from the words alone.
    copies : int in 1 to 1000
        Variants added for each sentence.
    protect : tuple of str
        Of `text_augmentation.PROTECTED`.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    operation: str = "eda"
    strength: float = 0.0
    copies: int = 4
    protect: tuple[str, ...] = PROTECTED

    def __post_init__(self) -> None:
        checks.one_of("operation", self.operation, OPERATIONS)
        checks.number("strength", self.strength, 0, 1)
        checks.whole("copies", self.copies, 1, MAX_COPIES)
        _check_protect(self.protect)
        object.__setattr__(self, "protect", tuple(self.protect))


@dataclass(frozen=True, eq=False)
class TextRun:
    """The history of one model per plan and seed.

    Attributes
    ----------
    train_loss, val_loss, test_loss, train_accuracy, val_accuracy, test_accuracy : arrays of (plans, seeds, evaluations)
        As in `Run`, NaN where nothing has been trained yet. The training loss is of up to 400 of the grown set's rows.
        The test rows are looked at once, at the end: before it there are NaN.
    """

    plans: tuple[Plan, ...]
    seeds: tuple[int, ...]
    steps: NDArray[np.int64]
    train_loss: NDArray[np.float64] = field(repr=False)
    val_loss: NDArray[np.float64] = field(repr=False)
    test_loss: NDArray[np.float64] = field(repr=False)
    train_accuracy: NDArray[np.float64] = field(repr=False)
    val_accuracy: NDArray[np.float64] = field(repr=False)
    test_accuracy: NDArray[np.float64] = field(repr=False)
    diverged: NDArray[np.bool_] = field(repr=False)

    def kept(self, name: str) -> NDArray[np.float64]:
        """Return a history's last value, of shape (plans, seeds).

        Parameters
        ----------
        name : str
            Such as "test_loss".

        Raises
        ------
        ValueError
            If there is no such history.
        """
        history: NDArray[np.float64] = getattr(self, checks.one_of("name", name, (*WATCHED, *TESTED)))
        return history[..., -1]


def vary(sentence: str, operation: str, strength: float, rng: Generator, protect: Collection[str] = PROTECTED) -> str:
    """Return one variant of a sentence by one of `OPERATIONS`.

    Back-translation draws each word's translation, so that its variants differ, and keeps a share `strength` of the
    differences.

    Raises
    ------
    ValueError
        If an argument is not as those of `text_augmentation.augment`, or the operation is unknown.

    Examples
    --------
    >>> vary("Please enter a valid date.", "de", 1.0, np.random.default_rng(1))
    'Please a a enter date.'
    """
    checks.one_of("operation", operation, OPERATIONS)
    checks.stream("rng", rng)
    check_sentence(sentence)
    if operation == "eda":
        return augment(sentence, strength, rng, protect=protect)
    if operation in EDA:
        return EDA[operation](sentence, strength, rng, protect=protect)
    forward, backward = pair(operation)
    return back_translate(
        sentence,
        lambda text: forward(text, rng),
        lambda text: backward(text, rng),
        strength=strength,
        rng=rng,
        protect=protect,
    )


@dataclass(frozen=True, eq=False)
class Variants:
    """Variants of one sentence at several strengths, the same random draws at each.

    Attributes
    ----------
    sentence : str
    strengths : tuple of float
    texts : tuple of tuple of str
        By strength.
    survival : array of shape (strengths, variants)
        The share of the sentence's words that each keeps (`text_augmentation.survival`).
    """

    sentence: str
    strengths: tuple[float, ...]
    texts: tuple[tuple[str, ...], ...]
    survival: NDArray[np.float64] = field(repr=False)


def variants(sentence: str, operation: str, strengths: Sequence[float], count: int = 24, seed: int = 0) -> Variants:
    """Vary a sentence several times at each strength: what a slider shows.

    Parameters
    ----------
    sentence, operation
        As for `vary`.
    strengths : sequence of float in [0, 1]
    count : int in 1 to 1000
        Variants at each strength.
    seed : int, >= 0

    Returns
    -------
    Variants

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> varied = variants("a small open pie", "swap", [0.0, 0.5], count=2)
    >>> varied.texts[0], varied.survival.tolist()
    (('a small open pie', 'a small open pie'), [[1.0, 1.0], [0.25, 0.25]])
    """
    forces = tuple(checks.number("strengths", force, 0, 1) for force in checks.several("strengths", strengths))
    checks.whole("count", count, 1, MAX_COPIES)
    checks.whole("seed", seed, 0)
    checks.rounds(strengths=len(forces), count=count)
    made = tuple(
        tuple(vary(sentence, operation, force, generator(seed, f"variant {k}")) for k in range(count))
        for force in forces
    )
    survived = np.array([[survival(sentence, text) for text in texts] for texts in made])
    return Variants(sentence, forces, made, survived.reshape(len(forces), count))


def compare(
    task: str,
    plans: Sequence[Plan],
    *,
    n_train: int = 200,
    seeds: Sequence[int] = range(5),
    training: Training = TRAINING,
    settings: Settings = BASE,
    progress: Callable[[float, TextRun], None] | None = None,
) -> TextRun:
    """Train one network per plan and seed, on its own grown training set, for an equal number of steps.

    The sentences of the training rows and `copies` variants of each become bags of words; validation and test rows are
    never augmented. All plans of a seed share rows, initial weights and the variants' random draws.

    Parameters
    ----------
    task : str
        One of `text_task.NAMES`.
    plans : sequence of Plan
    n_train : int
        Training rows before augmentation.
    seeds : sequence of int
    training, settings
        As for `reglab.fit`.
    progress : callable, optional
        As for `reglab.fit`.

    Returns
    -------
    TextRun

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> run = compare("opinions", [Plan(), Plan("eda", 0.2)], n_train=20, seeds=[0], training=Training(max_steps=5))
    >>> run.kept("test_loss").shape
    (2, 1)
    """
    plans, seeds = checks.several("plans", plans), checks.several("seeds", seeds)
    if not plans or not seeds:
        raise ValueError(f"plans and seeds must hold at least one each, got {len(plans)} and {len(seeds)}")
    for plan in plans:
        checks.instance("plans", plan, Plan)
    seeds = checks.seeds("seeds", seeds)
    checks.one_of("task", task, NAMES)
    checks.instance("training", training, Training)
    checks.instance("settings", settings, Settings)
    if progress is not None:
        checks.function("progress", progress)
    data = load_text(task)
    rows(data, 0, n_train, N_VAL)  # raises where there are not so many
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(plans), len(seeds))
    history: dict[str, Any] = {name: np.full((*shape, len(steps)), np.nan) for name in (*WATCHED, *TESTED)}
    run = TextRun(tuple(plans), tuple(seeds), steps, **history, diverged=np.zeros(shape, bool))
    alike = [[k for k, plan in enumerate(plans) if plan.copies == n] for n in dict.fromkeys(p.copies for p in plans)]
    done = 0
    for s, seed in enumerate(map(int, seeds)):
        train, val = rows(data, seed, n_train, N_VAL)
        original = [data.pool[i] for i in train]
        bags = bag_of_words(original, data.vocabulary)
        for at in alike:  # the plans of a seed whose sets are of one size are trained at once
            sets = [grown(original, bags, data.y[train], plans[k], seed, data.vocabulary) for k in at]

            def tick(share: float, part: Any, s: int = s, at: list[int] = at, done: int = done) -> None:
                for name in WATCHED:
                    getattr(run, name)[at, s] = getattr(part, name)[0]
                run.diverged[at, s] = part.diverged[0]
                if progress is not None:
                    progress((done + share * len(at)) / run.diverged.size, run)

            part = fit(
                [_without_test_rows(stacked(data, seed, x, y, val)) for x, y in sets],
                settings,
                training,
                n_train=len(sets[0][0]),
                n_val=len(val),
                seeds=[seed] * len(at),
                progress=tick,
            )
            run.test_loss[at, s, -1], run.test_accuracy[at, s, -1] = _tested(part, data)
            done += len(at)
    return run


def _without_test_rows(data: Dataset) -> Dataset:
    return replace(data, x_test=data.x_test[:0], y_test=data.y_test[:0])


def _tested(part: Run, data: TextTask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each model's loss and accuracy on the test rows, NaN where it diverged."""
    h = part.hidden(bags_of(data.name)[1])[0]  # (models, rows, units)
    outputs = (h @ part.weights(-1)[0] + part.biases(-1)[0][:, None]).mT  # (models, classes, rows)
    targets = np.eye(outputs.shape[1], dtype=np.float32)[data.y_test].T
    loss = mean_cross_entropy(outputs, targets, cross_entropy(outputs, targets, np.empty_like(outputs)))
    accuracy = (outputs.argmax(axis=1) == data.y_test).mean(axis=1)
    return np.where(part.diverged[0], np.nan, loss), np.where(part.diverged[0], np.nan, accuracy)


def grown(
    sentences: Sequence[str],
    bags: NDArray[np.float32],
    y: NDArray[np.int64],
    plan: Plan,
    seed: int,
    vocabulary: Sequence[str],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the bags of words of the sentences, followed by those of their variants, and the labels of both.

    At strength 0 the variants are the sentences. Each variant has a random stream of its own, so that a higher strength
    changes what a lower one changes, and more.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> bags, y = np.ones((1, 1), np.float32), np.array([3])
    >>> x, labels = grown(["a small pie"], bags, y, Plan("deletion", 1.0, copies=2), 0, ["pie"])
    >>> x.shape, labels.tolist()
    ((3, 1), [3, 3, 3])
    """
    checks.instance("plan", plan, Plan)
    checks.whole("seed", seed, 0)
    sentences, vocabulary = checks.texts("sentences", sentences, MAX_CHARS), checks.texts("vocabulary", vocabulary)
    bags, y = checks.numbers("bags", bags), checks.wholes("y", y, 0, checks.LARGEST)
    if bags.shape != (len(sentences), len(vocabulary)):
        asked = f"bags must have the shape of sentences and vocabulary, {(len(sentences), len(vocabulary))}"
        raise ValueError(f"{asked}, got {bags.shape}")
    if y.shape != (len(sentences),):
        raise ValueError(f"y must be one per sentence ({len(sentences)}), got the shape {y.shape}")
    labels = np.tile(y, plan.copies + 1)
    if not plan.strength:
        return np.tile(bags, (plan.copies + 1, 1)), labels
    rng, variants = generator(seed, "text augmentation"), []
    for sentence, start in zip([*sentences] * plan.copies, _starts(seed, len(labels) - len(y)), strict=True):
        rng.bit_generator.state = start
        variants.append(vary(sentence, plan.operation, plan.strength, rng, plan.protect))
    return np.concatenate([bags, bag_of_words(variants, vocabulary)]), labels


_spawning = Lock()


def _starts(seed: int, count: int) -> list[Any]:
    """Return where the random stream of each variant begins: the same for all plans and all sizes of a seed."""
    parent, starts = _stream(seed)
    with _spawning:
        if (more := count - len(starts)) > 0:
            starts += [rng.bit_generator.state for rng in parent.spawn(more)]
    return starts[:count]


@lru_cache(maxsize=10)
def _stream(seed: int) -> tuple[Generator, list[Any]]:
    """Return the random stream of a seed's variants, and where those that it has spawned begin."""
    return generator(seed, "text augmentation"), []


def broken(operation: str, strength: float, protect: tuple[str, ...] = PROTECTED, seed: int = 0) -> tuple[int, int]:
    """Count the variants of Django's messages with placeholders that no longer have all of them, and all variants.

    Parameters
    ----------
    operation, strength, protect
        As for `Plan`.
    seed : int >= 0

    Returns
    -------
    lost, total : int

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> broken("eda", 0.2)[0]
    0
    """
    plan = Plan(operation, strength, protect=protect)
    checks.whole("seed", seed, 0)
    texts = [english for english, _ in parallel("de") if "placeholder" in kinds_of(split(english)[0])]
    streams = generator(seed, "broken placeholders").spawn(len(texts))
    lost = sum(
        _placeholders(vary(text, plan.operation, plan.strength, rng, plan.protect)) != _placeholders(text)
        for text, rng in zip(texts, streams, strict=True)
    )
    return lost, len(texts)


def negations_lost(operation: str, strength: float, draws: int = 1000, seed: int = 0) -> int:
    """Count how often an operation takes the "not" from "not good", where negations are not protected.

    Parameters
    ----------
    operation, strength
        As for `Plan`.
    draws : int in 1 to 100000
        Variants made.
    seed : int >= 0

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> negations_lost("deletion", 1.0, draws=10), negations_lost("swap", 1.0, draws=10)
    (3, 0)
    """
    plan = Plan(operation, strength, protect=tuple(kind for kind in PROTECTED if kind != "negation"))
    checks.whole("draws", draws, 1, checks.MANY)
    checks.whole("seed", seed, 0)
    streams = (generator(seed, f"lost {k}") for k in range(draws))
    made = (vary("not good", plan.operation, plan.strength, rng, plan.protect) for rng in streams)
    return sum("not" not in variant.split() for variant in made)


def _placeholders(sentence: str) -> list[str]:
    words = split(sentence)[0]
    return sorted(word for word, kind in zip(words, kinds_of(words), strict=True) if kind == "placeholder")
