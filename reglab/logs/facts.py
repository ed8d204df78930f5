"""What a log says of its run beside the curve, in which words: rows, classes, how it was trained and regularized."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reglab.logs.names import words

__all__ = ["COUNTS", "FACTS", "RATE", "STRENGTHS", "Fact", "in_columns", "in_text", "shown"]

Array = NDArray[np.float64]
Fact = tuple[float | str, str]  # the value, and the words it was read from
FACTS = {
    "n_train": "training rows",
    "n_val": "validation rows",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "n_classes": "classes",
    "optimizer": "optimizer",
    "dropout": "dropout",
    "weight_decay": "weight decay",
    "label_smoothing": "label smoothing",
}
COUNTS = ("n_train", "n_val", "batch_size", "n_classes")
MAX_CHARS = 1_000_000  # of a text that is looked through
MOST = 10**9  # rows
COUNTED = ("n_train", "n_val", "batch_size")  # that a column may hold
COUNT = r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?![\d.,]{0,20}\d|[\w%/])"
IS = r"[\"']?[ \t]{0,9}[:=][ \t]{0,9}"
ROWS = r"(?:samples|examples|rows|images|sentences|instances)"
# Each names one fact, or two; where a text has several values of it, none is taken.
SAID = (
    (("n_train", "n_val"), rf"\bTrain on {COUNT} samples, validate on {COUNT} samples"),
    (("n_train", "n_val"), rf"(?m:^)[#\s]{{0,9}}train {COUNT}\n[#\s]{{0,9}}val {COUNT}(?m:$)"),
    (("n_train",), rf"\bTrain on {COUNT} samples(?!,)"),
    (("n_train",), rf"\b(?:num(?:ber of)?[ _])?train(?:ing)?[ _](?:set[ _])?{ROWS}{IS}{COUNT}"),
    (("n_val",), rf"\b(?:num(?:ber of)?[ _])?val(?:id(?:ation)?)?[ _](?:set[ _])?{ROWS}{IS}{COUNT}"),
    (("n_train",), rf"\btrain(?:ing)?[ _](?:data)?set[ _]size{IS}{COUNT}"),
    (("n_val",), rf"\bval(?:id(?:ation)?)?[ _](?:data)?set[ _]size{IS}{COUNT}"),
    (("n_train",), rf"Running training \*{{1,9}}[^\n]{{0,9}}\n[^\n]{{0,99}}\bNum examples = {COUNT}"),
    (("n_val",), rf"Running Evaluation \*{{1,9}}[^\n]{{0,9}}\n[^\n]{{0,99}}\bNum examples = {COUNT}"),
    (("batch_size",), rf"\bTotal train batch size \([^()\n]{{0,80}}\) = {COUNT}"),
    (("batch_size",), rf"(?<![\w.])(?:train[ _])?batch[ _]?size{IS}{COUNT}"),
    (("n_classes",), rf"(?<![\w.])(?:num(?:ber of)?|n)[ _](?:classes|labels){IS}{COUNT}"),
)
TEXTS = tuple((names, re.compile(pattern, re.I)) for names, pattern in SAID)
NUMBER = r"(\d{0,9}\.?\d{1,20}(?:e[-+]?\d{1,3})?)(?![\w.])"
RATE = re.compile(rf"(?<![\w.])(?:lr|learning[ _]rate){IS}{NUMBER}", re.I)
STRENGTHS = {
    "dropout": re.compile(rf"(?<![\w.])dropout(?:[ _](?:rate|prob|p))?(?:{IS}|\((?:p=)?){NUMBER}", re.I),
    "weight_decay": re.compile(rf"(?<![\w.])(?:weight[ _]decay|wd){IS}{NUMBER}", re.I),
    "label_smoothing": re.compile(rf"(?<![\w.])label[ _]smoothing(?:[ _]factor)?{IS}{NUMBER}", re.I),
}
# One of these words is in whatever a fact is told by.
OF_ROWS = ("samples", "examples", "rows", "images", "sentences", "instances", "set size", "set_size", "\nval ", " val ")
WORDS_OF = {
    "n_train": OF_ROWS,
    "n_val": OF_ROWS,
    "batch_size": ("batch",),
    "n_classes": ("classes", "labels"),
    "dropout": ("dropout",),
    "weight_decay": ("decay", "wd"),
    "label_smoothing": ("smoothing",),
}
OPTIMIZER = re.compile(
    rf"(?<![\w.])optim(?:izer)?(?:[ _]name)?{IS}[\"']?(?:OptimizerNames\.)?(adamw|adam|sgd)(?:_\w{{1,30}})?(?!\w)", re.I
)


def in_text(text: str) -> dict[str, Fact]:
    """Return what a text says by the names of `FACTS`; nothing of what it says differently in two places.

    Of a learning rate that changes, the largest value is the one that was set: before a decay, after a warm-up.

    Examples
    --------
    >>> in_text("Train on 2086 samples, validate on 2084 samples")["n_val"]
    (2084.0, 'Train on 2086 samples, validate on 2084 samples')
    """
    text = text[:MAX_CHARS]
    small = text.lower()  # a look for a word costs little beside one for a pattern
    said: dict[str, dict[float, str]] = {}
    for names, pattern in TEXTS:
        if said.keys() >= set(names) or not any(word in small for word in WORDS_OF[names[-1]]):
            continue
        for match in pattern.finditer(text):
            for name, token in zip(names, match.groups(), strict=True):
                value = float(token.replace(",", ""))
                if 1 <= value <= MOST:
                    said.setdefault(name, {}).setdefault(value, _plain(match[0]))
    facts: dict[str, Fact] = {name: next(iter(values.items())) for name, values in said.items() if len(values) == 1}
    if facts.get("n_classes", (2, ""))[0] == 1:  # one output: not one class
        del facts["n_classes"]
    rates = {float(match[1]): match[0] for match in RATE.finditer(text)} if "lr" in small or "rate" in small else {}
    if rates and 0 < max(rates) < 1:
        facts["learning_rate"] = (max(rates), _plain(rates[max(rates)]))
    for name, pattern in STRENGTHS.items():
        if not any(word in small for word in WORDS_OF[name]):
            continue
        wordings = {float(match[1]): match[0] for match in pattern.finditer(text)}
        if len(wordings) == 1 and 0 < min(wordings) < 1:
            facts[name] = (min(wordings), _plain(wordings[min(wordings)]))
    optimizers = {match[1].lower(): match[0] for match in OPTIMIZER.finditer(text)} if "optim" in small else {}
    if len(optimizers) == 1:
        facts["optimizer"] = next((name, _plain(words)) for name, words in optimizers.items())
    return facts


def shown(value: float | str) -> str:
    """Return a fact's value as it is said.

    Examples
    --------
    >>> shown(25000.0), shown("sgd")
    ('25,000', 'sgd')
    """
    return value if isinstance(value, str) else f"{value:,.10g}"


def _plain(said: str) -> str:
    return " ".join(said.replace('"', "").replace("'", "").split())


def in_columns(columns: Mapping[str, Array]) -> dict[str, Fact]:
    """Return what columns say of a run: counts that are the same in every row, and a learning rate's largest value.

    Before a decay, and after a warm-up, the learning rate is the largest.

    Examples
    --------
    >>> in_columns({"lr": np.array([0.01, 0.01, 0.001])})
    {'learning_rate': (0.01, "column 'lr', its largest value")}
    """
    facts: dict[str, Fact] = {}
    for name, column in columns.items():
        these = words(name)
        known = column[np.isfinite(column)]
        fact = "_".join(these)
        if fact in COUNTED and len(known) and known.min() == known.max() and 1 <= known[0] <= MOST and not known[0] % 1:
            facts.setdefault(fact, (float(known[0]), f"column {name[:40]!r}"))
        if (these[-1:] == ("lr",) or these[-2:] == ("learning", "rate")) and len(known) and 0 < known.max() < 1:
            facts.setdefault("learning_rate", (float(known.max()), f"column {name[:40]!r}, its largest value"))
    return facts
