"""What is known of a run: what a person says, else what its log says, else what is taken for granted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reglab.logs.facts import COUNTS, STRENGTHS, Fact
from reglab.settings import Settings

__all__ = ["USUAL", "Known", "known_of"]

# What is advised for where nobody says it: nothing is augmented of a table, and the rest is what was measured here.
USUAL = {"task": "tabular", "architecture": "dense", "optimizer": "adamw"}
# The kind of data that a network tells where nobody says it, and the words for it.
DATA_OF = {
    "language model": ("text", "text (task), as of a language model"),
    "conv": ("image", "images (task), as of a convolutional network"),
}
TRAINER = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}  # only Hugging Face's writes them
LIKELY = (
    "The log is of Hugging Face's Trainer: if it trained a transformer, say so (architecture), and whether that was "
    "pretrained (pretrained), for which other settings are advised."
)
TABLE = ("tabular", "a table (task), of which nothing is augmented")
OTHERWISE = ("constant_loss", "target_variance", "class_shares")  # each says what it predicts, as the classes do


@dataclass(frozen=True)
class Known:
    """What is known of a run.

    Attributes
    ----------
    values : dict of str to object
        By the names of `reglab.recommend`.
    taken : dict of str to Fact
        What of it the log says and the person does not, by the names of `reglab.logs.facts.FACTS`.
    against : dict of str to Fact
        What the log says otherwise than the person, who is believed.
    guesses : tuple of str
        What nobody says and was taken for granted, one sentence each.
    """

    values: dict[str, Any]
    taken: dict[str, Fact] = field(default_factory=dict)
    against: dict[str, Fact] = field(default_factory=dict)
    guesses: tuple[str, ...] = ()


def known_of(
    person: Mapping[str, Any],
    log: Mapping[str, Fact],
    *,
    strengths: Mapping[str, Any] | None = None,
    unit: str = "",
    columns: Collection[str] = (),
) -> Known:
    """Return what is known of a run.

    Parameters
    ----------
    person : mapping of str to object
        What a person says, by the names of `reglab.recommend`; None where nothing is said.
    log : mapping of str to Fact
        What the log of this run says beside its curve (`reglab.Log.told`).
    strengths : mapping of str to float, optional
        Of the regularization that the run had what the person names, by the fields of `Settings`; 0 is off.
    unit : str
        What the curve counts: of rounds of boosting nothing is taken for granted.
    columns : collection of str
        The names of the log's columns: those of Hugging Face's Trainer tell that a transformer is likely.

    Returns
    -------
    Known
        Its `values["current"]` is None where nobody says what the run had.

    Examples
    --------
    >>> known = known_of({"n_train": 500, "batch_size": None, "task": "image"}, {"batch_size": (64.0, "batch=64")})
    >>> known.values["batch_size"], known.taken, known.values["optimizer"]
    (64, {'batch_size': (64.0, 'batch=64')}, 'adamw')
    >>> print(known.guesses[0].partition(';')[0])
    Taken for granted, since nobody said it: a dense network (architecture)
    """
    facts = dict(log)
    if any(person.get(name) is not None for name in OTHERWISE):
        facts.pop("n_classes", None)
    had, values = dict(strengths or {}), dict(person)
    taken, against = {}, {}
    for name, fact in facts.items():
        here = had if name in STRENGTHS else values
        value = int(fact[0]) if name in COUNTS else fact[0]
        if here.get(name) is None:
            here[name], taken[name] = value, fact
        elif here[name] != value:
            against[name] = fact
    guesses = _guesses(values, unit)
    if values.get("architecture") is None and not TRAINER.isdisjoint(columns):
        guesses += (LIKELY,)
    if values.get("task") is None:
        values["task"] = DATA_OF.get(values.get("architecture") or "", TABLE)[0]
    for name, usual in USUAL.items():
        values[name] = usual if values.get(name) is None else values[name]
    values["current"] = Settings(**had) if had else None
    return Known(values, taken, against, guesses)


def _guesses(values: Mapping[str, Any], unit: str) -> tuple[str, ...]:
    """Return what is taken for granted, one sentence each."""
    if unit == "round":  # of trees
        return ()
    untold = [DATA_OF.get(values.get("architecture") or "", TABLE)[1]] * (values.get("task") is None)
    untold += ["a dense network (architecture)"] * (values.get("architecture") is None)
    untold += ["AdamW (optimizer)"] * (values.get("optimizer") is None)
    untold += ["no pretrained weights (pretrained)"] * (values.get("pretrained") is None)
    return (f"Taken for granted, since nobody said it: {'; '.join(untold)}.",) if untold else ()
