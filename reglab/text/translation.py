"""A small statistical translator: IBM Model 1, whose word translations are found by expectation maximization."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.text.texts import LANGUAGES, is_negation, join, kinds_of, parallel, split

__all__ = ["Translator", "likelihood_per_word", "pair", "share_known", "share_returned", "train", "words_of"]

ITERATIONS = 12
CHOICES = 4  # translations of a word that are drawn among
FEWEST = 1e-6  # probability below which a translation is left out
NULL = ""  # the empty word, which stands in every source sentence: for target words that come from none


@dataclass(frozen=True, eq=False)
class Translator:
    """Word translations t(f | e), and a translation of sentences word by word that keeps the order.

    Attributes
    ----------
    table : dict of str to (tuple of str, tuple of float)
        For each word of the source language its translations, the likeliest first, and their probabilities, which sum
        to one; "" is the empty word.
    log_likelihood : array of shape (iterations + 1,)
        Of the training pairs, in nats, before each iteration and after the last; it never falls.
    """

    table: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = field(repr=False)
    log_likelihood: NDArray[np.float64] = field(repr=False)
    _options: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, sentence: str, rng: np.random.Generator | None = None) -> str:
        """Translate a sentence.

        Parameters
        ----------
        sentence : str
            At most `texts.MAX_CHARS` characters.
        rng : numpy.random.Generator, optional
            Draws each word's translation among its `CHOICES` likeliest. None takes the likeliest.

        Returns
        -------
        str
            Placeholders, numbers, marks and unknown words stay as they are.

        Raises
        ------
        ValueError
            If the sentence is no text, or too long, or `rng` is no Generator.

        Examples
        --------
        >>> forward, backward = pair("de")
        >>> forward("Monday or Friday")
        'Montag oder Freitag'
        """
        checks.stream("rng", rng, none=True)
        words, gaps = split(sentence)
        kinds = kinds_of(words)
        translated = [self._word(w, rng) if k in TRANSLATED else w for w, k in zip(words, kinds, strict=True)]
        if words and words[0][:1].isupper():
            translated[0] = translated[0][:1].upper() + translated[0][1:]
        return join(translated, gaps)

    def _word(self, word: str, rng: np.random.Generator | None) -> str:
        low = word.lower()
        if low not in self._options:
            if low not in self.table:
                return word
            self._options[low] = self._choices(low)
        words, ends = self._options[low]
        if rng is None:
            return words[0]
        return words[min(bisect(ends, rng.random() * ends[-1]), len(ends) - 1)]

    def _choices(self, low: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """Return the translations of a word that are drawn among, and the running sums of their probabilities."""
        known = list(zip(*self.table[low], strict=True))
        # A negation becomes a negation, and nothing else does, where there is such a translation.
        denies = is_negation(low)
        choices = ([each for each in known if is_negation(each[0]) == denies] or known)[:CHOICES]
        return tuple(word for word, _ in choices), tuple(accumulate(p for _, p in choices))


TRANSLATED = ("word", "negation", "name")


def words_of(sentence: str) -> list[str]:
    """Return the words to align, in small letters, without placeholders, numbers and marks.

    Raises
    ------
    ValueError
        If the sentence is no text, or longer than `texts.MAX_CHARS`.

    Examples
    --------
    >>> words_of("Delete %(count)d files?")
    ['delete', 'files']
    """
    words = split(sentence)[0]
    return [word.lower() for word, kind in zip(words, kinds_of(words), strict=True) if kind in TRANSLATED]


def train(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], iterations: int = ITERATIONS) -> Translator:
    """Fit IBM Model 1 to pairs of sentences, each a list of words.

    Every word f of a target sentence comes from one word e of the source sentence, or from the empty word, each of
    these equally likely: p(f_1..f_m | e_1..e_l) = prod_j sum_i t(f_j | e_i) / (l + 1). An iteration shares each f_j out
    among the e_i in proportion to t(f_j | e_i), adds the shares up over all pairs, and divides by each e's total.

    Parameters
    ----------
    pairs : sequence of (source words, target words)
    iterations : int in 1 to 10000

    Returns
    -------
    Translator

    Raises
    ------
    ValueError
        If an argument is not as above, or there is no pair with a word on both sides.

    References
    ----------
    Brown, Della Pietra, Della Pietra & Mercer (1993), The mathematics of statistical machine translation.

    Examples
    --------
    >>> pairs = [("das haus", "the house"), ("das buch", "the book"), ("ein buch", "a book")]
    >>> translator = train([(german.split(), english.split()) for german, english in pairs])
    >>> translator("das buch")
    'the book'
    >>> bool((np.diff(translator.log_likelihood) >= 0).all())
    True
    """
    checks.whole("iterations", iterations, 1, 10_000)
    checked = [tuple(_check_side(words) for words in _check_pair(both)) for both in checks.several("pairs", pairs)]
    used = [(source, target) for source, target in checked if source and target]
    if not used:
        raise ValueError("pairs must hold at least one pair with a word on both sides, got none")
    sources = {NULL: 0} | {w: i for i, w in enumerate(sorted({w for e, _ in used for w in e} - {NULL}), 1)}
    targets = {w: i for i, w in enumerate(sorted({w for _, f in used for w in f}))}
    ends, n_positions, lengths = [], 0, 0.0
    for e, f in used:
        i = np.array([0, *(sources[w] for w in e)])
        j = np.array([targets[w] for w in f])
        position = n_positions + np.arange(len(j))  # of a target word in the whole text
        ends.append(np.stack([np.tile(i, len(j)), np.repeat(j, len(i)), np.repeat(position, len(i))]))
        n_positions += len(j)
        lengths += len(j) * np.log(len(i))
    e_of, f_of, position = np.concatenate(ends, axis=1)  # (links,) each: every e with every f of its pair
    codes, entry = np.unique(e_of * len(targets) + f_of, return_inverse=True)  # each (e, f) that occurs, once
    e_at, f_at = np.divmod(codes, len(targets))
    t = np.full(len(codes), 1 / len(targets))  # t(f | e), (entries,)
    history = []
    for _ in range(iterations):
        p = t[entry]  # (links,)
        total = np.bincount(position, p)  # (target positions,)
        history.append(np.log(total).sum() - lengths)
        count = np.bincount(entry, p / total[position], len(codes))  # expected links of each (e, f)
        t = count / np.bincount(e_at, count)[e_at]
    history.append(np.log(np.bincount(position, t[entry])).sum() - lengths)
    names = list(targets)
    table: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {}
    cuts = np.searchsorted(e_at, np.arange(len(sources) + 1))
    for word, start, stop in zip(sources, cuts[:-1], cuts[1:], strict=True):
        order = start + np.argsort(-t[start:stop], kind="stable")
        order = order[t[order] >= min(FEWEST, float(t[order[0]]))]
        table[word] = tuple(names[f_at[k]] for k in order), tuple((t[order] / t[order].sum()).tolist())
    return Translator(table, np.array(history))


def _check_pair(both: Sequence[Sequence[str]]) -> tuple[Sequence[str], ...]:
    sides = checks.several("pairs", both)
    if len(sides) != 2:
        raise ValueError(f"pairs must each have a source and a target, got {checks.shown(both)}")
    return sides


def _check_side(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(checks.text("pairs", word) for word in checks.several("pairs", words))


def pair(language: str) -> tuple[Translator, Translator]:
    """Return the translators from English into a language and back, trained on the bundled sentences.

    Parameters
    ----------
    language : "de" or "fr"

    Returns
    -------
    forward, backward : Translator

    Raises
    ------
    ValueError
        If there are no sentences in that language.

    Examples
    --------
    >>> forward, backward = pair("fr")
    >>> backward(forward("Monday"))
    'Monday'
    """
    return _pair(checks.one_of("language", language, LANGUAGES))


@cache
def _pair(language: str) -> tuple[Translator, Translator]:
    texts = [(words_of(english), words_of(other)) for english, other in parallel(language)]
    translators = []
    for source, target in ((0, 1), (1, 0)):
        directed = [(both[source], both[target]) for both in texts]
        # With a capital where the training text always has one, as German nouns: alignment itself is blind to case.
        translators.append(_with_case(train(directed), [both[target] for both in parallel(language)]))
    return translators[0], translators[1]


def _with_case(translator: Translator, sentences: Sequence[str]) -> Translator:
    """Write a word with a capital where its language always does, past a sentence's first word or alone."""
    texts = [split(sentence)[0] for sentence in sentences]
    seen = {word for words in texts for word in (words[1:] or words)}
    form = {word.lower(): word for word in sorted(seen) if word.istitle() and word.lower() not in seen}
    table = {e: (tuple(form.get(w, w) for w in words), p) for e, (words, p) in translator.table.items()}
    return Translator(table, translator.log_likelihood)


def share_returned(sentences: Sequence[str], forward: Callable[[str], str], backward: Callable[[str], str]) -> float:
    """Return the share of words that come back unchanged, in their place, from a round trip.

    Parameters
    ----------
    sentences : sequence of str
    forward, backward : callables from str to str
        Word by word, so that the number of words stays the same; a sentence in which it does not counts as lost.

    Returns
    -------
    float
        From 0 to 1; NaN where there is no word.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> share_returned(["Monday or Friday"], *pair("de"))
    1.0
    """
    same = total = 0
    checks.function("forward", forward)
    checks.function("backward", backward)
    for sentence in checks.several("sentences", sentences):
        words, returned = words_of(sentence), words_of(backward(forward(sentence)))
        total += len(words)
        same += sum(a == b for a, b in zip(words, returned, strict=False)) if len(words) == len(returned) else 0
    return same / total if total else float("nan")


def share_known(sentences: Sequence[str], translator: Translator) -> float:
    """Return the share of words that a translator has a translation of.

    Parameters
    ----------
    sentences : sequence of str
    translator : Translator
        From their language.

    Returns
    -------
    float
        From 0 to 1; NaN where there is no word.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> share_known(["Monday or Blursday"], pair("de")[0])
    0.6666666666666666
    """
    checks.instance("translator", translator, Translator)
    words = [word for sentence in checks.several("sentences", sentences) for word in words_of(sentence)]
    return sum(word in translator.table for word in words) / len(words) if words else float("nan")


def likelihood_per_word(language: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the log-likelihood per word of a language's two translators, in nats, as EM fits them.

    Parameters
    ----------
    language : str
        One of `texts.LANGUAGES`.

    Returns
    -------
    forward, backward : arrays of shape (iterations + 1,)
        From English, and back: before each iteration and after the last.

    Raises
    ------
    ValueError
        If the language is not there.

    Examples
    --------
    >>> forward, backward = likelihood_per_word("de")
    >>> bool((np.diff(forward) >= 0).all() and (np.diff(backward) >= 0).all())
    True
    """
    forward, backward = pair(language)
    english, other = _numbers_of_words(language)
    return forward.log_likelihood / other, backward.log_likelihood / english


@cache
def _numbers_of_words(language: str) -> tuple[int, int]:
    """Return how many words the pairs of sentences have that are aligned, of English and of the language."""
    both = [(words_of(english), words_of(other)) for english, other in parallel(language)]
    english, other = (sum(len(words[side]) for words in both if all(words)) for side in (0, 1))
    return english, other
