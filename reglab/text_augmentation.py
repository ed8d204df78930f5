"""Text augmentation: say the same thing in other words, with the label unchanged.

EDA's four operations (Wei & Zou 2019), and translation there and back. All take a sentence or its words, a strength in
[0, 1], which is about the share of words that they touch, and an explicit random stream. With the same stream a higher
strength changes what a lower one changes, and more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TypeVar

from numpy.random import Generator

from reglab import checks
from reglab.text.texts import MAX_CHARS, STOP_WORDS, check_sentence, join, kinds_of, split, thesaurus

__all__ = [
    "EDA",
    "PROTECTED",
    "augment",
    "back_translate",
    "changes",
    "random_deletion",
    "random_insertion",
    "random_swap",
    "survival",
    "synonym_replacement",
]

Text = TypeVar("Text", str, list[str])
Synonyms = Mapping[str, Sequence[str]]

PROTECTED = ("placeholder", "number", "negation", "name")
"""The kinds of words that no operation touches, unless it is told to (`texts.kinds_of`)."""


def synonym_replacement(
    text: Text,
    strength: float,
    rng: Generator | None,
    *,
    protect: Collection[str] = PROTECTED,
    synonyms: Synonyms | None = None,
) -> Text:
    """Replace a share of the words by synonyms; words of no topic, such as "the", stay.

    Parameters
    ----------
    text : str, or list of str
        One sentence, or its words. A list of sentences is refused: a word here and there would be taken for a sentence.
    strength : float in [0, 1]
        round(strength * number of words), at least 1, are replaced, where so many have synonyms. 0 is the identity.
    rng : numpy.random.Generator or None
        None is evaluation: the text comes back unchanged.
    protect : collection of str
        Of `PROTECTED`.
    synonyms : mapping of str to sequence of str, optional
        In small letters; by default `texts.thesaurus`.

    Returns
    -------
    str or list of str
        As given.

    Raises
    ------
    ValueError
        If an argument is not as above, or the text is longer than `texts.MAX_CHARS`.

    Notes
    -----
    Elsewhere: EDA's code calls the strength alpha, rounds down, takes synonyms from WordNet, replaces every occurrence
    of a drawn word, and strips all but letters first, capitals too.

    References
    ----------
    Wei & Zou (2019), EDA: easy data augmentation techniques, arXiv:1901.11196, and its code, eda_nlp.

    Examples
    --------
    >>> import numpy as np
    >>> synonym_replacement("The quick {animal} did not stop.", 0.4, np.random.default_rng(0))
    'The swift {animal} did not halt.'
    """
    return _operate(_replace, text, strength, rng, protect, synonyms)


def random_insertion(
    text: Text,
    strength: float,
    rng: Generator | None,
    *,
    protect: Collection[str] = PROTECTED,
    synonyms: Synonyms | None = None,
) -> Text:
    """Put in synonyms of random words of the text at random places, as many as `synonym_replacement` replaces.

    Parameters, errors and source are those of `synonym_replacement`. A protected word gives no synonym.

    Examples
    --------
    >>> import numpy as np
    >>> random_insertion("a small open pie", 0.25, np.random.default_rng(0))
    'frank a small open pie'
    """
    return _operate(_insert, text, strength, rng, protect, synonyms)


def random_swap(
    text: Text,
    strength: float,
    rng: Generator | None,
    *,
    protect: Collection[str] = PROTECTED,
    synonyms: Synonyms | None = None,
) -> Text:
    """Let two random words change places, round(strength * number of words) times, at least once.

    Parameters, errors and source are those of `synonym_replacement`. Protected words and marks keep their places. A bag
    of words is blind to it.

    Examples
    --------
    >>> import numpy as np
    >>> random_swap("a small open pie", 0.25, np.random.default_rng(0))
    'a small pie open'
    """
    return _operate(_swap, text, strength, rng, protect, synonyms)


def random_deletion(
    text: Text,
    strength: float,
    rng: Generator | None,
    *,
    protect: Collection[str] = PROTECTED,
    synonyms: Synonyms | None = None,
) -> Text:
    """Leave out each word with this probability; one word always stays.

    Parameters, errors and source are those of `synonym_replacement`.

    Examples
    --------
    >>> import numpy as np
    >>> random_deletion("a small open pie", 0.5, np.random.default_rng(1))
    'a small pie'
    >>> random_deletion("not {name}", 1.0, np.random.default_rng(0))
    'not {name}'
    """
    return _operate(_delete, text, strength, rng, protect, synonyms)


EDA: dict[str, Callable[..., str]] = {
    "synonyms": synonym_replacement,
    "insertion": random_insertion,
    "swap": random_swap,
    "deletion": random_deletion,
}


def augment(sentence: str, strength: float, rng: Generator | None, *, protect: Collection[str] = PROTECTED) -> str:
    """Apply one of EDA's four operations, drawn at random.

    Parameters, errors and source are those of `synonym_replacement`, of one sentence.

    Examples
    --------
    >>> import numpy as np
    >>> augment("a small open pie", 0.0, np.random.default_rng(0))
    'a small open pie'
    """
    checks.number("strength", strength, 0, 1)
    check_sentence(sentence)
    _check_protect(protect)
    checks.stream("rng", rng, none=True)
    if rng is None or not strength:
        return sentence
    drawn = list(EDA.values())[int(rng.integers(len(EDA)))]
    return drawn(sentence, strength, rng, protect=protect)


def back_translate(
    sentence: str,
    forward: Callable[[str], str],
    backward: Callable[[str], str],
    *,
    strength: float = 1.0,
    rng: Generator | None = None,
    protect: Collection[str] = PROTECTED,
) -> str:
    """Translate a sentence into another language and back.

    Parameters
    ----------
    sentence : str
    forward, backward : callables from str to str
        Any two translators, such as `translation.pair` gives.
    strength : float in [0, 1]
        The share of the differences that the round trip makes that are kept, drawn at random; below 1 it needs `rng`.
    rng : numpy.random.Generator, optional
    protect : collection of str
        Of `PROTECTED`. A round trip that loses or adds one of these words is refused: the sentence comes back.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If an argument is not as above, the strength is below 1 without `rng`, or a translator does not give text of at
        most `texts.MAX_CHARS` characters.

    Examples
    --------
    >>> from reglab.text.translation import pair
    >>> back_translate("Please enter the correct date.", *pair("de"))
    'Enter enter the correct date.'
    >>> back_translate("Not {count} files", str.upper, lambda text: text.replace("{COUNT}", "{n}"))
    'Not {count} files'
    """
    checks.number("strength", strength, 0, 1)
    _check_protect(protect)
    checks.function("forward", forward)
    checks.function("backward", backward)
    checks.stream("rng", rng, none=True)
    original = _cut(check_sentence(sentence), frozenset(protect))
    words, gaps = original.words, original.gaps
    if not strength or not words:
        return sentence
    if strength < 1 and rng is None:
        raise ValueError(f"rng must be a numpy.random.Generator where strength is below 1, got None at {strength}")
    returned = _returned(_returned(sentence, "forward", forward), "backward", backward)
    others, other_gaps = split(returned)
    apart = _kept_apart(words, original.kinds, protect)
    if _kept_apart(others, kinds_of(others), protect) != apart:
        return sentence
    if rng is None:
        return returned
    out: list[str] = []
    out_gaps: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, _low(words), _low(others), autojunk=False).get_opcodes():
        other = kind != "equal" and rng.random() < strength
        part, part_gaps = (others[c:d], other_gaps[c:d]) if other else (words[a:b], gaps[a:b])
        if out and part and not part_gaps[0] and out[-1][-1].isalnum() and part[0][0].isalnum():
            part_gaps = [" ", *part_gaps[1:]]  # else two words would become one at the seam
        out += part
        out_gaps += part_gaps
    mixed = join(out, [*out_gaps, gaps[-1]])
    # A part of the differences may lose what all of them together had kept.
    left = split(mixed)[0]
    return mixed if _kept_apart(left, kinds_of(left), protect) == apart else sentence


def changes(sentence: str, variant: str) -> list[tuple[str, str]]:
    """Mark what a variant changed: place by place where it has as many words, else by the longest common parts.

    Returns
    -------
    list of (word, mark)
        The variant's words, each "kept" or "new", and in their old places the words that it "lost".

    Raises
    ------
    ValueError
        If one of the two is no text, or longer than `texts.MAX_CHARS`.

    Examples
    --------
    >>> changes("a small pie", "a little pie")
    [('a', 'kept'), ('small', 'lost'), ('little', 'new'), ('pie', 'kept')]
    """
    words, others = split(sentence)[0], split(check_sentence(variant, "variant"))[0]
    marked: list[tuple[str, str]] = []
    if len(words) == len(others):
        for word, other in zip(words, others, strict=True):
            marked += [(word, "kept")] if word == other else [(word, "lost"), (other, "new")]
        return marked
    for kind, a, b, c, d in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        marked += [(word, "kept") for word in words[a:b]] if kind == "equal" else []
        marked += [] if kind == "equal" else [(word, "lost") for word in words[a:b]]
        marked += [] if kind == "equal" else [(word, "new") for word in others[c:d]]
    return marked


def survival(sentence: str, variant: str) -> float:
    """Return the share of a sentence's words that a variant keeps (`changes`); 1 where there is no word.

    Raises
    ------
    ValueError
        As `changes`.

    Examples
    --------
    >>> survival("a small open pie", "a little open pie")
    0.75
    """
    marks = [mark for _, mark in changes(sentence, variant)]
    before = marks.count("kept") + marks.count("lost")
    return marks.count("kept") / before if before else 1.0


# ------------------------------------------------------------------ how the operations work


class _Sentence:
    """A sentence while it is changed: its words, the gaps before them, and which of them may be touched."""

    def __init__(
        self, words: list[str], gaps: list[str], kinds: list[str], protect: Collection[str], synonyms: Synonyms
    ) -> None:
        self.words, self.gaps, self.kinds = words, gaps, kinds
        self.count = sum(kind != "mark" for kind in self.kinds)
        self.free = [i for i, k in enumerate(self.kinds) if k != "mark" and not (k in PROTECTED and k in protect)]
        self.known = [(i, options) for i in self.free if (options := _synonyms(words[i], synonyms))]

    def copy(self) -> _Sentence:
        """Return one to change: the operations change words and gaps alone."""
        new = _Sentence.__new__(_Sentence)
        new.words, new.gaps, new.kinds = self.words.copy(), self.gaps.copy(), self.kinds
        new.count, new.free, new.known = self.count, self.free, self.known
        return new

    def times(self, strength: float) -> int:
        return max(1, round(strength * self.count))


def _replace(s: _Sentence, strength: float, rng: Generator) -> None:
    order, draws = rng.permutation(len(s.known)), rng.random(len(s.known))
    for at in order[: s.times(strength)]:
        i, options = s.known[at]
        s.words[i] = _as(s.words[i], options[int(draws[at] * len(options))])


def _insert(s: _Sentence, strength: float, rng: Generator) -> None:
    draws = rng.random((s.count, 3))  # which word, which of its synonyms, where
    for which, synonym, place in draws[: s.times(strength)] if s.known else ():
        _, options = s.known[int(which * len(s.known))]
        at = int(place * (len(s.words) + 1))
        at -= at == len(s.words) and s.kinds[-1] == "mark"  # before the full stop
        new = re.sub(r"\W", "", options[int(synonym * len(options))])
        if at:
            glued = at < len(s.words) and not s.gaps[at] and (len(s.words[at]) > 1 or s.words[at].isalnum())
            s.words.insert(at, new)
            s.gaps.insert(at, " ")
            s.gaps[at + 1] = " " if glued else s.gaps[at + 1]  # what stood at the word before would now be one with it
        else:
            s.words.insert(0, new)
            s.gaps.insert(1, " ")


def _swap(s: _Sentence, strength: float, rng: Generator) -> None:
    draws, n = rng.random((s.count, 2)), len(s.free)
    for first, second in draws[: s.times(strength)] if n > 1 else ():
        a = int(first * n)
        b = (a + 1 + int(second * (n - 1))) % n
        i, j = s.free[a], s.free[b]
        s.words[i], s.words[j] = s.words[j], s.words[i]


def _delete(s: _Sentence, strength: float, rng: Generator) -> None:
    draws = rng.random(len(s.words))
    lost = [i for i in s.free if draws[i] < strength]
    if lost and len(lost) == s.count:
        lost.remove(max(lost, key=lambda i: float(draws[i])))
    for i in reversed(lost):
        del s.words[i]
        gap = s.gaps.pop(i)
        if i == 0:
            s.gaps[0] = gap


def _operate(
    change: Callable[[_Sentence, float, Generator], None],
    text: Text,
    strength: float,
    rng: Generator | None,
    protect: Collection[str],
    synonyms: Synonyms | None,
) -> Text:
    """Check the arguments, change a copy, and give it back as it came."""
    checks.number("strength", strength, 0, 1)
    _check_protect(protect)
    if isinstance(text, list):
        _check_words(text)
    check_sentence(" ".join(text) if isinstance(text, list) else text)
    checks.stream("rng", rng, none=True)
    if synonyms is not None:
        checks.mapping("synonyms", synonyms)
    if rng is None or not strength or not text:
        return text
    if isinstance(text, list):
        known = thesaurus() if synonyms is None else synonyms
        sentence = _Sentence(list(text), ["", *[" "] * len(text)], kinds_of(text), protect, known)
    elif synonyms is None:
        sentence = _cut(text, frozenset(protect)).copy()
    else:
        words, gaps = split(text)
        sentence = _Sentence(words, gaps, kinds_of(words), protect, synonyms)
    if sentence.words:
        change(sentence, strength, rng)
    return sentence.words if isinstance(text, list) else join(sentence.words, sentence.gaps)


@lru_cache(maxsize=4096)
def _cut(sentence: str, protect: frozenset[str]) -> _Sentence:
    """Cut a sentence and look its words up, once: it is augmented many times."""
    words, gaps = split(sentence)
    return _Sentence(words, gaps, kinds_of(words), protect, thesaurus())


def _check_protect(protect: Collection[str]) -> None:
    if protect is PROTECTED:
        return
    single = isinstance(protect, (str, bytes)) or not isinstance(protect, Collection) or not getattr(protect, "ndim", 1)
    unknown = [protect] if single else [kind for kind in protect if not (isinstance(kind, str) and kind in PROTECTED)]
    if unknown:
        got = ", ".join(sorted(kind if isinstance(kind, str) else checks.shown(kind) for kind in unknown))
        raise ValueError(f"protect must hold kinds among {', '.join(PROTECTED)}, got {got}")


def _check_words(words: list[str]) -> None:
    """Raise where what should be the words of one sentence are several sentences, or no text."""
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"text must be a sentence or a list of its words, got {checks.shown(word)} among them")
        if any(map(str.isspace, word)) and sum(kind != "mark" for kind in kinds_of(split(word)[0])) > 1:
            asked = "text must be one sentence or a list of its words"
            raise ValueError(f"{asked}, got a list with {checks.shown(word)} in it: change each sentence by itself")


def _synonyms(word: str, synonyms: Synonyms) -> Sequence[str]:
    """Look a word up; of an unprotected placeholder the letters in it, as EDA does, which drops all else."""
    low = _letters(word)
    return () if low in STOP_WORDS else synonyms.get(low, ())


def _letters(word: str) -> str:
    return re.sub(r"[^\w'’\-]", "", word).lower()


def _as(word: str, synonym: str) -> str:
    """Write a synonym with the marks and the capital of the word whose place it takes.

    >>> _as("{name}", "title"), _as("Quick", "swift")
    ('{title}', 'Swift')
    """
    low = _letters(word)
    at = word.lower().find(low)
    core = word[at : at + len(low)]
    new = synonym.capitalize() if core[:1].isupper() else synonym
    return word[:at] + new + word[at + len(low) :]


def _kept_apart(words: list[str], kinds: list[str], protect: Collection[str]) -> list[str]:
    """Return the protected words of a sentence in order; what a round trip may not lose."""
    return sorted(w.lower() for w, k in zip(words, kinds, strict=True) if k in PROTECTED and k in protect)


def _low(words: list[str]) -> list[str]:
    return [word.lower() for word in words]


def _returned(sentence: str, name: str, translate: Callable[[str], str]) -> str:
    text = translate(sentence)
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        got = len(text) if isinstance(text, str) else type(text).__name__
        raise ValueError(f"{name} must return text of at most {MAX_CHARS} characters, got {got}")
    return text
