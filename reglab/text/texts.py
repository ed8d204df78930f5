"""The bundled texts, and how a sentence is cut into words: nothing is lost, and nothing that matters is cut apart.

Three files in `reglab/data` (see its README for sources and licences), checked against their checksums: a thesaurus,
parallel sentences, and labelled definitions.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

from reglab import checks

__all__ = [
    "LANGUAGES",
    "MAX_CHARS",
    "NEGATIONS",
    "STOP_WORDS",
    "check_sentence",
    "is_negation",
    "join",
    "kinds_of",
    "listed",
    "parallel",
    "read",
    "split",
    "thesaurus",
]

DATA = Path(__file__).parent.parent / "data"
CHECKSUMS = {  # sha256 of each bundled file
    "definitions.tsv.gz": "f108e0dd2c1d0eec6effef444e0548247d50470ff8cc745b657e150bb56f2257",
    "thesaurus.txt.gz": "55fc7f4a5546144d5057ea5e000ab34b1c23fa4f7280feb71a7586bccf526a23",
    "parallel.tsv.gz": "211b43032d65e9b2a8eac3ff756a8c720fb8143a477d63fa2fe8b4314e303c04",
}
LANGUAGES = {"de": 1, "fr": 2}  # the column of each in parallel.tsv.gz; English is the first
MAX_CHARS = 5000  # of one sentence

# What has to be kept whole comes first. Only what stands between two fixed marks may be long, and then not very.
_PLACEHOLDER = (
    r"\{\{[^{}]{0,80}\}\}|\{%[^{}%]{0,80}%\}|\$?\{[^{}\s]{0,80}\}|%\(\w{1,80}\)[#0\- +]?\d{0,9}(?:\.\d{1,9})?[a-zA-Z]"
    r"|%%|%[#0\-+]?\d{0,9}(?:\.\d{1,9})?[sdifgrxXeEcoau](?!\w)|</?[a-zA-Z][^<>]{0,200}>|https?://\S+"
    r"|[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,4}"
)
_NUMBER = r"[+\-]?\d+(?:[.,:/]\d+)*%?(?!\w)"
_MARKS = r"\s!-/:-@\[-`{-~…–—“”„«»‹›‘’¿¡。，、！？؟،؛"  # blanks and punctuation; all else is of a word, in any script
_WORD = rf"[^{_MARKS}]+(?:['’\-]+[^{_MARKS}]+)*"
_OTHERS = rf"(?P<number>{_NUMBER})|(?P<word>{_WORD})|(?P<mark>\S)"
_TOKEN, _PLAIN = re.compile(rf"(?P<placeholder>{_PLACEHOLDER})|{_OTHERS}"), re.compile(_OTHERS)
_IN_PLACEHOLDERS = re.compile(r"[{%<@]|://")  # where a text has none of these, `_PLAIN` cuts it alike, and sooner


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a list.

    Raises
    ------
    ValueError
        If it is no text.

    Examples
    --------
    >>> listed("not no")
    ('not', 'no')
    """
    return tuple(checks.text("text", text).split())


NEGATIONS = frozenset(
    listed(
        "not no never none nothing nobody nowhere neither nor cannot without hardly scarcely barely unless "
        "nicht kein keine keinen keiner keines nie niemals ohne weder noch ne pas jamais rien aucun aucune sans"
    )
)
"""Words that turn a sentence round, in English, German and French; what ends in n't is one too."""


def read(name: str) -> str:
    r"""Return a bundled text, once its checksum is right.

    Raises
    ------
    ValueError
        If the name is unknown, or the file is damaged.

    Examples
    --------
    >>> read("parallel.tsv.gz").splitlines()[300].split("\t")
    ['Has date', 'Besitzt Datum', 'Possède une date']
    """
    checks.one_of("name", name, CHECKSUMS)
    content = (DATA / name).read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != CHECKSUMS[name]:
        raise ValueError(f"{name} is damaged: sha256 must be {CHECKSUMS[name]}, got {checksum}")
    return gzip.decompress(content).decode("utf-8")


@cache
def thesaurus() -> dict[str, tuple[str, ...]]:
    """Return the synonyms of each word, the nearest first: a subset of the Moby Thesaurus.

    Examples
    --------
    >>> thesaurus()["quick"][:3]
    ('ready', 'swift', 'prompt')
    """
    lines = (line.split(",") for line in read("thesaurus.txt.gz").splitlines())
    return {word: tuple(others) for word, *others in lines}


def parallel(language: str) -> tuple[tuple[str, str], ...]:
    """Return pairs of an English sentence and its translation: the messages of Django.

    Parameters
    ----------
    language : "de" or "fr"

    Raises
    ------
    ValueError
        If there are no sentences in that language.

    Examples
    --------
    >>> pairs = parallel("de")
    >>> len(pairs), ("Monday", "Montag") in pairs
    (808, True)
    """
    return _parallel(checks.one_of("language", language, LANGUAGES))


@cache
def _parallel(language: str) -> tuple[tuple[str, str], ...]:
    rows = (line.split("\t") for line in read("parallel.tsv.gz").splitlines())
    column = LANGUAGES[language]
    return tuple((row[0], row[column]) for row in rows if row[column])


def check_sentence(sentence: str, argument: str = "sentence") -> str:
    """Return the sentence, or raise where it is no text or too long.

    Parameters
    ----------
    sentence : str
        At most `MAX_CHARS` characters.
    argument : str
        What an error calls it.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> check_sentence("a" * 1_000_000)
    Traceback (most recent call last):
        ...
    ValueError: sentence must be text of at most 5000 characters, got 1000000
    """
    return checks.text(argument, sentence, MAX_CHARS)


def split(sentence: str) -> tuple[list[str], list[str]]:
    """Cut a sentence into words and the gaps around them; `join` gives the same sentence back.

    A placeholder such as ``{name}``, ``%s``, ``%(count)d`` or ``<b>``, an address, a number and a punctuation mark each
    count as a word.

    Parameters
    ----------
    sentence : str
        At most `MAX_CHARS` characters.

    Returns
    -------
    words : list of str
    gaps : list of str
        What stands before each word, and after the last: one more than there are words.

    Raises
    ------
    ValueError
        If the sentence is no text, or too long.

    Examples
    --------
    >>> split("Dear {name}, it isn't 3.5 stars!")[0]
    ['Dear', '{name}', ',', 'it', "isn't", '3.5', 'stars', '!']
    """
    words, gaps, end = [], [], 0
    tokens = _TOKEN if _IN_PLACEHOLDERS.search(check_sentence(sentence)) else _PLAIN
    for token in tokens.finditer(sentence):
        start, stop = token.span()
        gaps.append(sentence[end:start])
        words.append(sentence[start:stop])
        end = stop
    return words, [*gaps, sentence[end:]]


def join(words: list[str], gaps: list[str]) -> str:
    """Put words and gaps together.

    Parameters
    ----------
    words : list of str
    gaps : list of str
        One more than there are words.

    Raises
    ------
    ValueError
        If one is no list of text, or there is another number of gaps.

    Examples
    --------
    >>> join(*split("  as  it was, "))
    '  as  it was, '
    """
    words, gaps = checks.texts("words", words), checks.texts("gaps", gaps)
    if len(gaps) != len(words) + 1:
        raise ValueError(f"gaps must be one more than there are words ({len(words)}), got {len(gaps)}")
    return "".join(gap + word for gap, word in zip(gaps, [*words, ""], strict=True))


def is_negation(word: str) -> bool:
    """Return whether a word turns its sentence round.

    Raises
    ------
    ValueError
        If it is no text.

    Examples
    --------
    >>> is_negation("Not"), is_negation("isn't"), is_negation("knot")
    (True, True, False)
    """
    low = checks.text("word", word).lower()
    return low in NEGATIONS or low.endswith(("n't", "n’t"))


def kinds_of(words: list[str]) -> list[str]:
    """Tell what each word is: "placeholder", "number", "mark", "negation", "name" or "word".

    A name is a word with a capital letter that does not begin a sentence; at the beginning it is one where the
    thesaurus and the commonest words do not have it. So a name that is a word too, such as Rose, is only known further
    on. Text without small letters has no names.

    Raises
    ------
    ValueError
        If the words are no list of text.

    Examples
    --------
    >>> kinds_of(["Anna", "paid", "Rose", "3.5", "and", "did", "not", "ask", "{name}", "."])
    ['name', 'word', 'name', 'number', 'word', 'word', 'negation', 'word', 'placeholder', 'mark']
    """
    words = checks.texts("words", words)
    shouting = not any(map(str.islower, "".join(words)))
    kinds, first = [], True
    for word in words:
        kind = _kind_alone(word) if len(word) <= SHORT else _kind_alone.__wrapped__(word)
        if kind == "word" and not shouting and word != (low := word.lower()) and low not in _OF_ONESELF:
            inner = any(map(str.isupper, word[1:]))
            known = low in STOP_WORDS or low in thesaurus()
            if inner or not first or not known:
                kind = "name"
        first = kind == "mark" and (first or word in ".!?:")
        kinds.append(kind)
    return kinds


_OF_ONESELF = ("i", "i'm", "i've", "i'd", "i'll")  # with a capital, and no names
SHORT = 40  # characters of a word whose kind is remembered


@lru_cache(maxsize=16384)
def _kind_alone(word: str) -> str:
    """Tell what a word is, whatever stands around it: all but a name, which is a "word" here."""
    token = _TOKEN.fullmatch(word)
    kind = (token.lastgroup or "word") if token else "word"
    if kind == "word" and any(map(str.isdigit, word)):
        return "number"
    return "negation" if kind == "word" and is_negation(word.lower()) else kind


STOP_WORDS = frozenset(
    listed(
        "a about above after again against all also am an and any are as at be because been before being below "
        "between both but by can could did do does doing down during each few for from further had has have "
        "having he her here hers herself him himself his how i if in into is it its itself just many may me might "
        "more most much must my myself of off on once one only or other our ours ourselves out over own please "
        "same shall she should so some such than that the their theirs them themselves then there these they this "
        "those through to too two under until up upon us very was we were what when where whether which while who "
        "whom whose why will with within would you your yours yourself yourselves"
    )
)
"""Words that carry no topic: they are neither replaced nor given as synonyms."""
