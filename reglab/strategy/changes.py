"""The advice as a change: what the next run has, held against what the last one had."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from reglab.settings import Settings, check_number
from reglab.strategy.literature import JUDGEMENT, NO_DROPOUT, PLAYBOOK, SMOOTHING

__all__ = ["BLURRING", "COMPARED", "COSTLY", "CUT_SHORT", "SENSELESS", "STRENGTHS", "Change", "coupled_decay"]

# What holds a network back; the rest of `Settings` says how it is trained, when it stops, and how a step is bounded.
STRENGTHS = (
    "dropout",
    "input_dropout",
    "drop_path_rate",
    "input_noise",
    "augment",
    "mixup_alpha",
    "cutmix_alpha",
    "label_smoothing",
    "weight_decay",
    "l2",
    "l1",
)
# On in training and off in evaluation: a training loss that is taken along the way has them in it.
BLURRING = STRENGTHS[:8]
COMPARED = (*STRENGTHS, "clip_norm", "learning_rate", "patience")

# What makes no sense on some data, and why.
SENSELESS: dict[str, dict[str, str]] = {
    "text": {
        "input_noise": "noise on tokens is no token",
        "augment": "shifts and rotations are for images and signals",
        "cutmix_alpha": "a patch of one image pasted into another is for images",
    },
    "tabular": {
        "augment": "shifts and rotations are for images and signals",
        "cutmix_alpha": "a patch of one image pasted into another is for images",
    },
    "signal": {"cutmix_alpha": "a patch of one image pasted into another is for images"},
}

COSTLY = ("strong overfit", "severe overfit")  # from which no regularization is taken away

CUT_SHORT = ("underfit", "compute-limited")  # which a short patience may have been the cause of

Value = float | int | tuple[float, ...] | None


@dataclass(frozen=True)
class Change:
    """One setting of the next run against what the last one had.

    Attributes
    ----------
    field : str
        The field of `Settings`.
    now, to : float, tuple of float, or None
        What the run had, and what is advised; the same where it is kept. A strength of 0 is off, and so is None.
    sentence : str
        As "Dropout: 0.5 -> off." or "Keep augment 0.5."
    """

    field: str
    now: Value
    to: Value
    sentence: str


def _written(value: Value) -> str:
    """Return a value as people write it; "off" where it is."""
    if isinstance(value, tuple):
        return ", ".join(f"{rate:g}" for rate in value) if any(value) else "off"
    return f"{value:g}" if value else "off"


def _is_on(settings: Settings, field: str) -> bool:
    """Tell whether a setting is on."""
    value = getattr(settings, field)
    return any(value) if isinstance(value, tuple) else bool(value)


def _blurring(current: Settings | None) -> tuple[str, ...]:
    """Return what a run had on that makes a training loss taken in training mode another than the clean one."""
    return () if current is None else tuple(field for field in BLURRING if _is_on(current, field))


def coupled_decay(weight_decay: float, momentum: float) -> float:
    """Return the coupled decay of SGD, `l2`, that shrinks the weights as much as a decoupled one.

    Parameters
    ----------
    weight_decay : float
        Decoupled, 0 or more: weight -= rate * weight_decay * weight.
    momentum : float in [0, 1)
        Of SGD, which multiplies what is in the gradient by ``1 / (1 - momentum)``.

    Returns
    -------
    float
        Of two digits: the `weight_decay` of PyTorch's SGD.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> coupled_decay(0.1, 0.9)
    0.01
    """
    decoupled = check_number("weight_decay", weight_decay, 0)
    if not 0 <= check_number("momentum", momentum, 0) < 1:
        raise ValueError(f"momentum must be in [0, 1), got {momentum:g}")
    return float(f"{decoupled * (1 - momentum):.2g}")


def _in_words(settings: Settings, names: tuple[str, ...] = STRENGTHS) -> str:
    """List the strengths that are on, each with its value."""
    on = [f"{_name(field)} {_written(getattr(settings, field))}" for field in names if _is_on(settings, field)]
    return ", ".join(on)


def _name(field: str) -> str:
    return field.replace("_", " ")


def _changes(now: Settings, to: Settings, why: dict[str, str], learning_rate: float | None) -> tuple[Change, ...]:
    """Return what is different from `now` in `to`, and what is kept, in the order of `Settings`.

    why : dict of str to str
        A sentence by field, which follows the change.
    learning_rate : float or None
        Of the run; None where it was not told.
    """
    changes = []
    for field in (each.name for each in fields(Settings) if each.name in COMPARED):
        old: Value = learning_rate if field == "learning_rate" else getattr(now, field)
        new: Value = getattr(to, field)
        if field == "learning_rate" and (old is None or old == new):
            continue
        if not (_is_on(now, field) or _is_on(to, field)):
            continue
        name = _name(field)
        if old == new:
            change = f"Keep {name} {_written(new)}."
        else:
            change = f"{name[0].upper()}{name[1:]}: {_written(old)} -> {_written(new)}."
        changes.append(Change(field, old, new, f"{change} {why.get(field, '')}".rstrip()))
    return tuple(changes)


def _merged(
    advised: Settings,
    now: Settings,
    name: str,
    task: str,
    objective: str,
    ranges: dict[str, tuple[float, float]],
    by_rule: bool,
) -> tuple[Settings, dict[str, tuple[str, str, str]], dict[str, tuple[float, float]]]:
    """Return the advice with what the run had on: kept, raised or taken away; the reasons for that, and all ranges.

    name : the diagnosis
    by_rule : whether the advice is that of the rules that were measured, on dense networks
    """
    values: dict[str, Any] = {}
    reasons: dict[str, tuple[str, str, str]] = {}
    ranges = dict(ranges)

    def say(field: str, value: Any, sentence: str, source: str = JUDGEMENT) -> None:
        values[field], reasons[field] = value, (field, sentence, source)
        top = max(value) if isinstance(value, tuple) else float(value)
        low, high = ranges.get(field, (top, top))
        ranges[field] = min(low, top), max(high, top)

    if now.patience is not None and advised.patience is not None and name not in CUT_SHORT:
        say("patience", now.patience, "It works, and stays: what counts is that the best checkpoint is kept.")
    decays = advised.weight_decay > 0
    for field in (*STRENGTHS, "clip_norm", "clip_value"):
        if not _is_on(now, field):
            continue
        had, wanted = getattr(now, field), getattr(advised, field)
        if field in SENSELESS.get(task, ()):
            say(field, 0.0, f"It is taken away: {SENSELESS[task][field]}.")
        elif name == "underfit" and field in STRENGTHS:
            lifted = "It is taken away: where the training set is not learnt, regularization does not help."
            say(field, 0.0, lifted, PLAYBOOK)
        elif (
            name.endswith("overfit")
            and field in ("dropout", "input_dropout", "drop_path_rate")
            and decays
            and not wanted
            and name not in COSTLY
        ):
            source = NO_DROPOUT if by_rule else JUDGEMENT
            say(field, 0.0, "The decay takes its place; compare with a run that keeps it.", source)
        elif name.endswith("overfit") and field == "l2" and decays and not wanted:
            say(field, 0.0, "The decoupled decay takes its place.")
        elif name.endswith("overfit") and field == "label_smoothing" and objective == "loss" and had > wanted:
            say(
                field,
                wanted,
                "Where the loss counts, smoothing is weaker: it raises the loss on hard labels.",
                SMOOTHING,
            )
        elif wanted and not isinstance(had, tuple) and had < wanted:
            continue  # raised, for the reason that the advice gives
        else:
            if field == "dropout" and name in COSTLY and decays and not wanted:
                measured = (
                    "It stays while so much is learnt by heart; compare with a run without it, which has the decay."
                )
                say(field, had, measured, NO_DROPOUT if by_rule else JUDGEMENT)
                continue
            more = "It is already at least what is advised, and stays." if wanted else "It was on, and stays."
            say(field, had, more)
    return replace(advised, **values), reasons, ranges
