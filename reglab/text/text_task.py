"""Two small text classification tasks, as sentences and as bags of words that `fit` trains on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.streams import generator
from reglab.text.texts import STOP_WORDS, kinds_of, listed, read, split

__all__ = [
    "NAMES",
    "VOCABULARY",
    "TextTask",
    "bag_of_words",
    "bags_of",
    "constant_guess",
    "load_text",
    "opinion",
    "rows",
    "stacked",
    "vocabulary_of",
]

VOCABULARY = 400  # words at most that have a feature
N_POOL, N_TEST = 1200, 600


@dataclass(frozen=True, eq=False)
class TextTask:
    """Labelled sentences: a pool to draw training and validation rows from, and test rows that never change.

    Attributes
    ----------
    name, title : str
    pool, test : tuple of str
        Sentences; none of the pool is in the test rows.
    y, y_test : int64 arrays
        Class numbers.
    class_names : tuple of str
    vocabulary : tuple of str
        The commonest words of the pool, in small letters: the features. Words of no topic are left out; negations
        are in.
    source, licence : str
    """

    name: str
    title: str
    pool: tuple[str, ...] = field(repr=False)
    y: NDArray[np.int64] = field(repr=False)
    test: tuple[str, ...] = field(repr=False)
    y_test: NDArray[np.int64] = field(repr=False)
    class_names: tuple[str, ...]
    vocabulary: tuple[str, ...] = field(repr=False)
    source: str = field(repr=False)
    licence: str = field(repr=False)


def bag_of_words(sentences: Sequence[str], vocabulary: Sequence[str]) -> NDArray[np.float32]:
    """Mark which words of the vocabulary each sentence has: their order and number are lost.

    Parameters
    ----------
    sentences : sequence of str
    vocabulary : sequence of str
        In small letters.

    Returns
    -------
    float32 array of shape (n_sentences, n_vocabulary)
        1 where the word is there, else 0.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Notes
    -----
    Elsewhere: scikit-learn's ``CountVectorizer(binary=True, vocabulary=...)``, with another cut into words.

    Examples
    --------
    >>> bag_of_words(["A pie, not a pie!", "a tree"], ["not", "pie", "tree"]).astype(int).tolist()
    [[1, 1, 0], [0, 0, 1]]
    """
    sentences = checks.several("sentences", sentences)
    words = checks.texts("vocabulary", vocabulary)
    column = {word: i for i, word in enumerate(words)}
    if len(column) < len(words):
        twice = next(word for i, word in enumerate(words) if column[word] != i)
        raise ValueError(f"vocabulary must hold each word once, got {checks.shown(twice)} twice")
    checks.room(sentences=len(sentences), vocabulary=len(column))
    x = np.zeros((len(sentences), len(column)), np.float32)
    for row, sentence in enumerate(sentences):
        present = [column[low] for word in split(sentence)[0] if (low := word.lower()) in column]
        x[row, present] = 1
    return x


def rows(task: TextTask, seed: int, n_train: int, n_val: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the pool's rows for training and for validation; a larger `n_train` keeps those of a smaller one.

    Parameters
    ----------
    task : TextTask
    seed : int >= 0
    n_train : int >= 2
    n_val : int >= 1

    Raises
    ------
    ValueError
        If an argument is out of its range, or there are not so many rows.

    Examples
    --------
    >>> train, val = rows(load_text("opinions"), 0, 50, 200)
    >>> len(train), len(val), len(set(train) & set(val))
    (50, 200, 0)
    """
    checks.instance("task", task, TextTask)
    checks.whole("seed", seed, 0)
    checks.whole("n_train", n_train, -checks.LARGEST)
    checks.whole("n_val", n_val, 1, len(task.pool) - 2)
    if not 2 <= n_train <= len(task.pool) - n_val:
        raise ValueError(f"n_train must be from 2 to {len(task.pool) - n_val}, got {n_train}")
    order = generator(seed, "text rows").permutation(len(task.pool))
    return order[:n_train], order[len(order) - n_val :]


def stacked(
    task: TextTask, seed: int, train: NDArray[np.float32], y: NDArray[np.int64], val: NDArray[np.int64]
) -> Dataset:
    """Return the dataset of which `fit` draws exactly these training and validation rows, for this seed.

    Parameters
    ----------
    task : TextTask
    seed : int
        The one seed that `fit` will be given, with ``n_train=len(train)`` and ``n_val=len(val)``.
    train : array of shape (n_train, n_vocabulary)
        Training rows, augmented copies among them.
    y : int array of shape (n_train,)
    val : int array of shape (n_val,)
        The pool's rows to validate on; they, as the test rows, are as they are.

    Returns
    -------
    Dataset
        Its task is "signal": all features share one scale, as bags of words do, and nothing else follows from it here.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> task = load_text("opinions")
    >>> train, val = rows(task, 3, 4, 5)
    >>> data = stacked(task, 3, bag_of_words([task.pool[i] for i in train], task.vocabulary), task.y[train], val)
    >>> order = generator(3, "rows").permutation(9)  # as `fit` draws
    >>> bool((data.y[order[:4]] == task.y[train]).all() and (data.y[order[4:]] == task.y[val]).all())
    True
    """
    checks.instance("task", task, TextTask)
    checks.whole("seed", seed, 0)
    train, val = checks.numbers("train", train), checks.wholes("val", val, 0, len(task.pool) - 1)
    y = checks.wholes("y", y, 0, len(task.class_names) - 1)
    x_pool, x_test = bags_of(task.name)
    if train.ndim != 2 or train.shape[1] != x_pool.shape[1]:
        raise ValueError(f"train must have the shape (n_train, {x_pool.shape[1]}), got {train.shape}")
    for name, array, length in (("y", y, (len(train),)), ("val", val, (val.size,))):
        if array.shape != length:
            raise ValueError(f"{name} must have the shape {length}, got {array.shape}")
    order = generator(seed, "rows").permutation(len(train) + len(val))
    x = np.empty((len(order), x_pool.shape[1]), np.float32)
    labels = np.empty(len(order), np.int64)
    x[order] = np.concatenate([train, x_pool[val]])
    labels[order] = np.concatenate([y, task.y[val]])
    return Dataset(
        name=task.name,
        title=task.title,
        x=x,
        y=labels,
        x_test=x_test,
        y_test=task.y_test,
        task="signal",
        n_classes=len(task.class_names),
        feature_names=task.vocabulary,
        class_names=task.class_names,
        image_shape=None,
        source=task.source,
        licence=task.licence,
    )


def bags_of(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the bags of words of a task's pool and of its test rows.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> [x.shape for x in bags_of("definitions")]
    [(1200, 400), (600, 400)]
    """
    return _bags_of(checks.one_of("name", name, NAMES))


@cache
def _bags_of(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    task = load_text(name)
    bags = tuple(bag_of_words(part, task.vocabulary) for part in (task.pool, task.test))
    for x in bags:
        x.setflags(write=False)
    return bags[0], bags[1]


def vocabulary_of(sentences: Sequence[str], size: int = VOCABULARY) -> tuple[str, ...]:
    """Return the commonest words, negations among them, in the order of the alphabet.

    Parameters
    ----------
    sentences : sequence of str
    size : int >= 0

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> vocabulary_of(["a pie, not a tart", "Not the pie of 1990"])
    ('not', 'pie', 'tart')
    """
    counts: Counter[str] = Counter()
    checks.whole("size", size, 0)
    for sentence in checks.several("sentences", sentences):
        words = split(sentence)[0]
        lowered = [w.lower() for w, k in zip(words, kinds_of(words), strict=True) if k in ("word", "name", "negation")]
        counts.update(set(lowered) - STOP_WORDS)
    first = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return tuple(sorted(first))


# --- the tasks ----------------------------------------------------------------------------------------


def _definitions() -> TextTask:
    table = [line.split("\t") for line in read("definitions.tsv.gz").splitlines()]
    kinds = tuple(sorted({kind for _, kind, _ in table}))
    parts = {part: [(text, kinds.index(kind)) for p, kind, text in table if p == part] for part in ("pool", "test")}
    return _task(
        "definitions",
        "Dictionary definitions, six kinds of things",
        parts["pool"],
        parts["test"],
        kinds,
        "definitions of nouns in WordNet 3.0, Princeton University (2006)",
        "WordNet 3.0 licence",
    )


# The grammar of the opinions. A sentence is good or bad by its adjectives, and a negation turns it round.
THINGS = listed(
    "room food film service book coffee hotel staff music bread garden beach street song play soup lamp chair shirt "
    "phone"
)
PEOPLE = listed("Anna Rose Mark Grace Bill Frank Ivy Jack Priya Olga Omar Chen")
GOOD = listed("good great lovely excellent pleasant friendly clean delicious wonderful fine charming fresh bright warm")
BAD = listed("bad awful dirty terrible boring rude noisy cold slow dull horrible poor stale dark")
PLAIN = (
    "the {thing} was {adj}",
    "we found the {thing} {adj}",
    "the {thing} seemed {adj} and {adj2}",
    "{person} said the {thing} was {adj}",
    "it was a {adj} {thing}",
    "{person} had a {adj} {thing}",
)
NEGATED = (
    "the {thing} was not {adj}",
    "we did not find the {thing} {adj}",
    "the {thing} was not {adj} and not {adj2}",
    "{person} said the {thing} was not {adj}",
    "it was not a {adj} {thing}",
    "{person} never had a {adj} {thing}",
)
NEGATED_SHARE = 0.4
OPENINGS = ("", "", "", "On Monday ", "After dinner ", "To my surprise ", "Last year ", "In the end ")


def opinion(rng: Generator) -> tuple[str, int]:
    """Draw a sentence of the grammar, and whether it is good (1) or bad (0).

    Raises
    ------
    ValueError
        If `rng` is no Generator.

    Examples
    --------
    >>> opinion(np.random.default_rng(5))
    ('Last year the garden seemed boring and dark.', 0)
    """
    checks.stream("rng", rng)

    def pick(options: Sequence[str]) -> str:
        return options[int(rng.integers(len(options)))]

    negated, nice = bool(rng.random() < NEGATED_SHARE), bool(rng.integers(2))
    words = GOOD if nice else BAD
    text = pick(OPENINGS) + pick(NEGATED if negated else PLAIN).format(
        thing=pick(THINGS), person=pick(PEOPLE), adj=pick(words), adj2=pick(words)
    )
    return text[0].upper() + text[1:] + ".", int(nice != negated)


def _opinions() -> TextTask:
    rng = generator(0, "text opinions")
    drawn: dict[str, int] = {}
    while len(drawn) < N_POOL + N_TEST:
        text, label = opinion(rng)
        drawn[text] = label
    pairs = list(drawn.items())
    return _task(
        "opinions",
        "Opinions from a grammar, good or bad",
        pairs[:N_POOL],
        pairs[N_POOL:],
        ("bad", "good"),
        "generated here, from a fixed seed and a grammar",
        "MIT, as this library",
    )


def _task(
    name: str,
    title: str,
    pool: list[tuple[str, int]],
    test: list[tuple[str, int]],
    class_names: tuple[str, ...],
    source: str,
    licence: str,
) -> TextTask:
    labels = [np.array([label for _, label in part], np.int64) for part in (pool, test)]
    for y in labels:
        y.setflags(write=False)
    sentences = [tuple(text for text, _ in part) for part in (pool, test)]
    vocabulary = vocabulary_of(sentences[0])
    return TextTask(
        name, title, sentences[0], labels[0], sentences[1], labels[1], class_names, vocabulary, source, licence
    )


_MAKERS = {"definitions": _definitions, "opinions": _opinions}

NAMES = tuple(_MAKERS)
"""What `load_text` knows."""


def load_text(name: str) -> TextTask:
    """Return the text task of that name, the same object at each call.

    Parameters
    ----------
    name : str
        "definitions": 1200 + 600 definitions of nouns from WordNet, of six kinds of things; near misses, such as two
        orchids, can stand on both sides. "opinions": 1200 + 600 sentences of the grammar in this module, of which
        two in five are negated; they are made up, so that it is known what turns their label round.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> task = load_text("definitions")
    >>> task.class_names
    ('animal', 'artifact', 'body', 'food', 'plant', 'substance')
    """
    return _load_text(checks.one_of("name", name, NAMES))


def constant_guess(name: str) -> tuple[float, float]:
    """Return the loss and the accuracy that a constant guess has on the test rows of a text task.

    Parameters
    ----------
    name : str
        As in `load_text`.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> [round(value, 3) for value in constant_guess("definitions")]
    [1.792, 0.167]
    """
    task = load_text(name)
    return math.log(len(task.class_names)), float(np.bincount(task.y_test).max() / len(task.y_test))


@cache
def _load_text(name: str) -> TextTask:
    return _MAKERS[name]()
