"""Whose numbers a run's fields hold: an example's, by its name, or a person's own. Plain functions.

A field is empty until something is told. An example is a lesson: its numbers fill the fields under its name, and are
taken out where a person's own run comes in, so that none of them stands beside it as if it had been told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, overload

from reglab.checks import ROOM
from reglab.curves import MEANING
from reglab.reporting.typed import as_number, as_shape, as_shares

# The fields that hold a run's numbers, and their names in a sentence.
FIELDS = {
    "n": "training rows",
    "train": "train loss",
    "val": "validation loss",
    "classes": "classes",
    "shares": "how large each class is",
    "image_shape": "size of an image",
    "constant": "loss of a constant guess",
    "variance": "variance of the target",
    "n_val": "validation rows",
    "steps": "steps trained",
    "rate": "learning rate",
    "batch": "batch size",
    "had_dropout": "dropout of the run",
    "had_weight_decay": "weight decay of the run",
    "had_augment": "augmentation of the run",
    "had_label_smoothing": "label smoothing of the run",
    "had_mixup_alpha": "mixup of the run",
}

Values = Mapping[str, Any]


@overload
def nearest(lessons: Mapping[str, Values], now: Values) -> str: ...


@overload
def nearest(lessons: Mapping[str, Values], now: Values, *, exactly: Literal[True]) -> str | None: ...


def nearest(lessons: Mapping[str, Values], now: Values, *, exactly: bool = False) -> str | None:
    """Return the lesson from which fewest of the fields differ, the first of several; exactly: only if none does.

    >>> lessons = {"a": {"n": "5", "val": "1"}, "b": {"val": "2"}}
    >>> nearest(lessons, {"n": "7", "val": "2"}), nearest(lessons, {"n": "7", "val": "2"}, exactly=True)
    ('b', None)
    """
    full = {name: {**next(iter(lessons.values())), **values} for name, values in lessons.items()}
    same = {name: sum(now.get(field) == values.get(field) for field in FIELDS) for name, values in full.items()}
    name = max(same, key=same.__getitem__)
    return None if exactly and same[name] < len(FIELDS) else name


def of_example(lesson: Values, now: Values) -> list[str]:
    """Return the fields that still hold the example's numbers.

    >>> of_example({"n": "200", "train": "0.1", "steps": ""}, {"n": "200", "train": "0.3", "steps": ""})
    ['n']
    """
    return [field for field in FIELDS if lesson.get(field) and now.get(field) == lesson[field]]


def label(name: str, lesson: Values, now: Values, made: str) -> str:
    """Return the sentence that names the example, and which of its numbers a person has changed.

    made: the sentence on where its numbers are from.

    >>> label("Small", {"n": "200", "train": "0.1"}, {"n": "200", "train": "0.3"}, "Its numbers are made.")
    'Example “Small”, changed: train loss 0.3. Still the example’s, not yours: training rows 200.'
    """
    unchanged = of_example(lesson, now)
    changed = [field for field in FIELDS if now.get(field, "") != lesson.get(field, "")]
    if not changed:
        return f"Example “{name}”. {made}"
    mine = ", ".join(f"{FIELDS[field]} {now.get(field) or 'taken out'}" for field in changed)
    rest = ", ".join(f"{FIELDS[field]} {now[field]}" for field in unchanged)
    return f"Example “{name}”, changed: {mine}." + (f" Still the example’s, not yours: {rest}." if rest else "")


def wrong_shares(text: str, n_classes: int | None) -> str:
    """Return what is wrong with how large the classes are said to be, in one sentence; nothing if it is right.

    >>> wrong_shares("90 10", 3), wrong_shares("90 10", 2), wrong_shares("", 2)
    ('How large each class is must be one number for each of the 3 classes, got 2.', '', '')
    """
    if not text.strip():
        return ""
    each = as_shares(text)
    if n_classes is not None and len(each) != n_classes:
        return f"How large each class is must be one number for each of the {n_classes} classes, got {len(each)}."
    if any(not value >= 0 for value in each) or sum(value > 0 for value in each) < 2:
        return "How large each class is must be numbers of 0 or more, of which two are above 0, such as 90 10."
    return ""


def wrong_shape(text: str) -> str:
    """Return what is wrong with the size of an image, in one sentence; nothing if it is right.

    >>> wrong_shape("28 by 28")
    'Size of an image must be such as 28x28 or 32x32x3, height, width and channels: at most 25,000,000 numbers.'
    >>> wrong_shape("28x28"), wrong_shape("")
    ('', '')
    """
    if not text.strip() or as_shape(text):
        return ""
    return f"Size of an image must be such as 28x28 or 32x32x3, height, width and channels: at most {ROOM:,} numbers."


def listing(now: Values) -> str:
    """Return what was told of a run, in a sentence.

    >>> listing({"n": "5,000", "val": "1.2", "batch": ""})
    'Told: training rows 5,000, validation loss 1.2.'
    """
    return f"Told: {', '.join(f'{name} {now[field]}' for field, name in FIELDS.items() if now.get(field))}."


def whence(now: Values, said: Mapping[str, tuple[str, str, str]]) -> list[str]:
    """Return the sentences on what was taken from the log, and on what was told as it says, with the log's words.

    said: by field what the log says, as it is typed and as it is shown, and in which words.

    >>> said = {"batch": ("64", "64", "batch_size=64"), "n": ("90", "90", "90 rows"), "rate": ("0.1", "0.1", "lr")}
    >>> for sentence in whence({"batch": "64", "n": "", "rate": "0.2"}, said):
    ...     print(sentence)
    Taken from the log: training rows 90 (“90 rows”).
    As the log says: batch size (“batch_size=64”).
    The log says otherwise: learning rate 0.1 (“lr”).
    """
    names = {**FIELDS, "trained_by": "optimizer"}
    lists: dict[str, list[str]] = {"Taken from the log": [], "As the log says": [], "The log says otherwise": []}
    for field, (value, shown, words) in said.items():
        if now.get(field) in (None, "", "unknown"):
            lists["Taken from the log"].append(f"{names[field]} {shown} (“{words}”)")
        elif says(now.get(field), value):
            lists["As the log says"].append(f"{names[field]} (“{words}”)")
        else:
            lists["The log says otherwise"].append(f"{names[field]} {shown} (“{words}”)")
    return [f"{how}: {', '.join(each)}." for how, each in lists.items() if each]


def says(text: Any, value: str) -> bool:
    """Tell whether what is told is what the log says, however it is written.

    >>> says("1,250", "1250"), says("sgd", "sgd"), says("", "1250")
    (True, True, False)
    """
    number = as_number(value)
    return text == value or (number is not None and as_number(str(text or "")) == number)


ERRORS_OF_NUMBERS = {"mse", "mae", "rmse", "msle", "rmsle", "mape", "squared", "absolute"}  # words of columns' names


def error_of_numbers(text: str) -> str:
    """Return the word of a log that names an error of numbers, of which there is none where classes are predicted.

    >>> error_of_numbers("epoch,loss,val_loss,val_mae"), error_of_numbers("epoch,loss,val_loss")
    ('mae', '')
    """
    return next((word for word in re.findall("[a-z]+", text.lower()) if word in ERRORS_OF_NUMBERS), "")


def in_percent(text: str, losses: Sequence[float]) -> str:
    """Return the first of a log's losses as it is written, if most of them are written in percent; else nothing.

    >>> in_percent("1,108.0%,110 %\\n2,54%,60%", [108.0, 54.0]), in_percent("1,0.9,85%\\n2,0.5,90%", [0.9, 0.5])
    ('108.0%', '')
    """
    if "%" not in text:
        return ""
    # A comma may part columns, or be a decimal one. A number has few digits: of very long ones no search would end.
    ways = r"(?<!\d)(\d{1,20}(?:\.\d{1,20})?)\s?%", r"(?<!\d)(\d{1,20},\d{1,20})\s?%"
    signed = {float(number.replace(",", ".")): number for way in ways for number in re.findall(way, text)}
    written = [signed[loss] for loss in losses if loss in signed]
    return f"{written[0]}%" if 2 * len(written) > len(losses) else ""


def lacking(curve: Collection[str]) -> str:
    """Return which loss a log does not have, without a full stop; nothing where it has both.

    >>> lacking({"step": [], "val_accuracy": [], "train_loss": []})
    'There is no validation loss in this log (validation accuracy, training loss), and the advice needs both losses'
    """
    for role in ("train_loss", "val_loss"):
        if role not in curve:
            have = ", ".join(MEANING[name] for name in curve if name != "step")
            return f"There is no {MEANING[role]} in this log ({have}), and the advice needs both losses"
    return ""


# The library's names of what is told, and the labels of the fields and choices that ask for them.
LABELS = {
    "n_train": "Training rows",
    "n_val": "Validation rows",
    "n_classes": "Classes",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "steps": "Steps trained",
    "constant_loss": "Loss of a constant guess",
    "target_variance": "Variance of the target",
    "class_shares": "How large each class is",
    "image_shape": "Size of an image",
    "training_mode_loss": "Train loss was measured in",
    "task": "Kind of data",
    "objective": "What counts",
    "architecture": "Network",
    "pretrained": "From pretrained weights",
    "optimizer": "Optimizer",
    "current": "What the run already used",
    "train_loss": "Train loss",
    "val_loss": "Validation loss",
}
SCALE = ("n_classes", "class_shares", "constant_loss", "target_variance")  # what tells how large losses are
ADVISED = (  # what `reglab.recommend` is told beside the rows, the losses and the curve
    *(name for name in LABELS if name not in ("n_train", "train_loss", "val_loss", "image_shape")),
)
_ANY = "|".join(LABELS)
_NAMED = re.compile(rf" \((?P<beside>{_ANY})\)|^(?P<first>{_ANY})(?= must)")
_COLUMNS = re.compile(rf" \((?:step|{_ANY})(?:, (?:step|{_ANY}))+\)")  # of a curve
_PROGRAM = {"as reglab.fit makes": "as the trainings here make"}


def in_labels(sentence: str) -> str:
    """Return a sentence of the library with the labels of the page's fields in place of its own names.

    A name that stands behind the very words of its label is left out.

    >>> in_labels("Say the learning rate (learning_rate): a tenth of it is tried next.")
    'Say the learning rate: a tenth of it is tried next.'
    >>> in_labels("a dense network (architecture); AdamW (optimizer)")
    'a dense network (“Network”); AdamW (“Optimizer”)'
    >>> in_labels("class_shares must have one number per class, 3, got 2")
    '“How large each class is” must have one number per class, 3, got 2'
    >>> in_labels("Give the curve (step, train_loss, val_loss): the advice alone is weaker.")
    'Give the curve: the advice alone is weaker.'
    """

    def label(match: re.Match[str]) -> str:
        text = LABELS[match["beside"] or match["first"]]
        if match["first"]:
            return f"“{text}”"
        before = match.string[: match.start()].lower()
        return "" if before.endswith(f"the {text.lower()}") else f" (“{text}”)"

    for name, words in _PROGRAM.items():
        sentence = sentence.replace(name, words)
    return _NAMED.sub(label, _COLUMNS.sub("", sentence))
