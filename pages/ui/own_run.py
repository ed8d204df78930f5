"""The fields in which a person tells a run: what each holds, its range, and the section of the form in which it stands.

A field is empty until something is told. What is wrong is said at the field, and opens its section.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import controls, run_facts

from reglab import strategy
from reglab.reporting.typed import as_shares, is_ambiguous

NOT_TOLD = "unknown"  # of a choice
TASKS = {NOT_TOLD: "Not told", "image": "Images", "tabular": "Table", "signal": "Signals", "text": "Text"}
WHOSE = {"example": "An example", "own": "My own run"}
TARGETS = {"classes": "Classes", "number": "A number"}
COUNTS = {"read": "As read", "epoch": "Epochs", "step": "Optimizer steps"}
OBJECTIVES = {"loss": "Loss", "accuracy": "Accuracy"}
MODES = {"unknown": "Not known", "evaluation": "Evaluation mode", "training": "Training mode"}
ARCHITECTURES = {
    NOT_TOLD: "Not told",
    "dense": "Dense",
    "conv": "Convolutional",
    "transformer": "Transformer",
    "language model": "Language model",
}
PRETRAINED = {"no": "No", "full": "Yes, all of it trained", "lora": "Yes, with LoRA"}
OPTIMIZERS = {NOT_TOLD: "Not told", "adamw": "AdamW", "adam": "Adam", "sgd": "SGD"}
UNTOLD = ("task", "architecture", "trained_by")  # choices of which a person's own run has none at first
SAID = "combined_strategy:said"  # what the log says of its run, by field
AS_READ = "As read"  # of a run and of columns: no other one was chosen
NOT_DRAWN: Any = object()  # what a control has before it is drawn

# What the fields hold at first: the example of the first lesson.
EXAMPLE: dict[str, Any] = {
    "whose": "example",
    "n": "200",
    "train": "0.001",
    "val": "0.25",
    "task": "image",
    "target": "classes",
    "classes": "10",
    "shares": "",
    "image_shape": "",
    "constant": "",
    "variance": "",
    "n_val": "",
    "steps": "1000",
    "rate": "0.001",
    "batch": "32",
    "objective": "loss",
    "training_mode": "unknown",
    "diverged": False,
    "had_dropout": "",
    "had_weight_decay": "",
    "had_augment": "",
    "had_label_smoothing": "",
    "had_mixup_alpha": "",
    "architecture": "dense",
    "pretrained": "no",
    "trained_by": "adamw",
    "curve": "",
    "run": AS_READ,
    "train_column": AS_READ,
    "val_column": AS_READ,
    "counts": "read",
}

# The example that has a curve: the log of a run, kept as a file, and what is told of the run.
LOG = (Path(__file__).parent / "digits_run.csv").read_text("utf-8").strip()
LOGGED: dict[str, Any] = {
    "n": "100",
    "train": LOG.split("\n")[-1].split(",")[1],
    "val": LOG.split("\n")[-1].split(",")[2],
    "n_val": "400",
    "steps": "",
    "training_mode": "evaluation",
    "had_dropout": "0.1",
    "curve": LOG,
}
MADE = "Its numbers are made for this lesson, not yours."
MEASURED = (
    "Its log is that of a real run, not yours: reglab on 100 rows of digits with dropout 0.1, 2,000 steps, seed 0, as "
    "tests/golden/make_digits_run.py wrote it."
)


@dataclass(frozen=True)
class Field:
    """A number that is told: its label, its range, and whether it is a whole one."""

    label: str
    low: float
    high: float
    whole: bool = False
    help: str | None = None


NUMBERS = {
    "n": Field("Training rows", 2, 1e9, True),
    "train": Field("Train loss", 0, 1e12),
    "val": Field("Validation loss", 0, 1e12),
    "classes": Field("Classes", 2, 100_000, True),
    "constant": Field(
        "Loss of a constant guess",
        1e-9,
        1e12,
        help="Empty: the variance beside it, or the curve's first losses.",
    ),
    "variance": Field(
        "Variance of the target", 1e-12, 1e12, help="In the units of the loss; a constant guess has it as its loss."
    ),
    "n_val": Field("Validation rows", 1, 1e9, True),
    "steps": Field("Steps trained", 1, 1e9, True, "With a curve only where it does not count them."),
    "rate": Field("Learning rate", 1e-8, 100),
    "batch": Field("Batch size", 1, 1e6, True),
    "had_dropout": Field("Dropout", 0, 0.99, help="The probability of dropping."),
    "had_weight_decay": Field("Weight decay", 0, 100),
    "had_augment": Field("Augmentation", 0, 1, help="From 0, none, to 1, strong; 0.5 where it was the usual one."),
    "had_label_smoothing": Field("Label smoothing", 0, 0.99),
    "had_mixup_alpha": Field("Mixup, alpha", 0, 100),
}
HAD = tuple(name for name in NUMBERS if name.startswith("had_"))
CHOSEN = {
    "whose": WHOSE,
    "task": TASKS,
    "target": TARGETS,
    "objective": OBJECTIVES,
    "training_mode": MODES,
    "architecture": ARCHITECTURES,
    "pretrained": PRETRAINED,
    "trained_by": OPTIMIZERS,
    "counts": COUNTS,
}


def present(name: str) -> Any:
    """Return the value that a control of the run has, or will have once it is drawn."""
    default, parameter = EXAMPLE[name], controls.key(name)
    value = st.session_state.get(parameter, NOT_DRAWN)
    if value is not NOT_DRAWN:
        return value
    text = st.query_params.get(parameter, default)
    return next((value for value, label in CHOSEN.get(name, {}).items() if label == text), text)


def state() -> dict[str, Any]:
    """Return what is told of the run."""
    chosen = [name for name in CHOSEN if name != "objective"]
    return {name: present(name) for name in (*run_facts.FIELDS, *chosen, "curve", "diverged")}


def is_wrong(name: str) -> bool:
    """Tell whether a field holds what is no number of its range."""
    number, text = NUMBERS[name], str(present(name))
    return bool(text.strip()) and bool(
        controls.wrong_number(number.label, text, number.low, number.high, None, whole=number.whole)
    )


def said_by_log(name: str) -> Any:
    """Return what the log says of a field, None where it says nothing."""
    return st.session_state.get(SAID, {}).get(name)


def say_whence(name: str) -> None:
    """Say below a field what the log says of it: it is taken where nothing is told, and held against what is."""
    said = said_by_log(name)
    if said is None:
        return
    value = present(name)
    same = run_facts.says(value, said.text)
    words = "Taken from the log" if value in ("", NOT_TOLD) else f"The log says{' so' if same else f' {said.shown}'}"
    st.html(f'<div class="quiet">{html.escape(f"{words}: “{said.words}”.")}</div>')


def field(name: str, *, optional: bool = True, hint: str = "") -> Any:
    """Return a number of the run, None where none was told; say how a comma was read where it may be a decimal one."""
    default, number = EXAMPLE[name], NUMBERS[name]
    value = controls.number(
        name,
        number.label,
        float(default) if default else None,
        number.low,
        number.high,
        whole=number.whole,
        help=number.help,
        optional=optional,
        hint=hint,
        placeholder=said.shown if (said := said_by_log(name)) else None,
    )
    text = str(present(name))
    if value is not None and not number.whole and is_ambiguous(text):
        decimal = text.strip().replace(",", ".")
        st.html(f'<div class="quiet">{html.escape(text)} is read as {value:g}; write {decimal} for a decimal.</div>')
    say_whence(name)
    return value


def fields(*rows: tuple[str, ...]) -> dict[str, Any]:
    """Draw rows of fields, side by side; return their numbers by name."""
    told_here: dict[str, Any] = {}
    for row in rows:
        for name, place in zip(row, st.columns(len(row)), strict=True):
            with place:
                told_here[name] = field(name)
    return told_here


def choose(name: str, label: str, **options: Any) -> str:
    """Return one of what is told by a choice."""
    chosen = controls.choice(name, label, CHOSEN[name], EXAMPLE[name], **options)
    say_whence(name)
    return chosen


def shares(n_classes: int | None) -> list[float] | None:
    """Ask how large the classes are; return one number each, None where none was told."""
    text = controls.line(
        "shares",
        "How large each class is",
        lambda text: run_facts.wrong_shares(text, n_classes),
        help="Where they are not alike: shares, percentages or counts, such as 90 10.",
    )
    return None if not text.strip() or run_facts.wrong_shares(text, n_classes) else as_shares(text)


def image_shape() -> None:
    """Ask how large an image is, which the code of its augmentation needs."""
    controls.line(
        "image_shape",
        "Size of an image",
        run_facts.wrong_shape,
        help="Height and width, such as 28x28, or with channels 32x32x3: the code needs it.",
    )


def chosen() -> str:
    """Return what was chosen of the run, in a sentence; what was not told is left out."""
    labels = {"Data": "task", "Network": "architecture", "Optimizer": "trained_by", "Pretrained weights": "pretrained"}
    told_here = {label: CHOSEN[name][present(name)] for label, name in labels.items() if present(name) != NOT_TOLD}
    shown = {
        label: text if label == "Optimizer" else f"{text[0].lower()}{text[1:]}" for label, text in told_here.items()
    }
    return " ".join(f"{label}: {text}." for label, text in shown.items())


def strengths(had: dict[str, Any]) -> dict[str, Any]:
    """Return what was told of the regularization that the run had, by the fields of `Settings`."""
    return {name.removeprefix("had_"): value for name, value in had.items() if value is not None}


def guess(
    *,
    n_classes: int | None,
    constant_loss: float | None,
    class_shares: list[float] | None,
    target_variance: float | None,
    curve: Any = None,
    **_: Any,
) -> float | None:
    """Return the loss of a constant guess, None where nothing that was told says it."""
    if constant_loss is not None or target_variance is not None:
        return constant_loss if constant_loss is not None else target_variance
    if curve is not None and strategy.is_error_rate(curve) and (class_shares or n_classes):
        return 1 - (max(class_shares) / sum(class_shares) if class_shares else 1 / (n_classes or 1))
    if class_shares:
        return strategy.entropy_of(class_shares)
    return math.log(n_classes) if n_classes else None


def section(name: str, label: str, *, first: bool, wrong: bool = False) -> Any:
    """Return a section of the form, that opens and closes.

    first: whether it is open till a person opens or closes it, and again when that changes. wrong: something in it has
    to be put right, so that it is open.
    """
    key = controls.key(f"section_{name}")
    before = f"{key}:first"
    if wrong:
        st.session_state[key] = True
    elif st.session_state.get(before) != first or key not in st.session_state:
        st.session_state[key] = first
    st.session_state[before] = first
    return st.expander(label, expanded=first, key=key, on_change="rerun")
