"""Reading a training curve that a person pastes or uploads: CSV, or JSON of rows or columns. Plain functions."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

MAX_BYTES = 200_000
MAX_ROWS = 60  # kept for the link: the lowest validation loss and the last row always are
COLUMNS = ("step", "train_loss", "val_loss")
OTHER_NAMES = {
    "step": ("step", "steps", "epoch", "epochs", "iteration", "iter"),
    "train_loss": ("train_loss", "loss", "training_loss", "train"),
    "val_loss": ("val_loss", "validation_loss", "valid_loss", "val", "validation", "valid"),
}

Curve = dict[str, list[float]]


def read_curve(text: str) -> Curve:
    """Return step, train_loss and val_loss from CSV with a header, or JSON; raise ValueError with one sentence.

    Other usual column names do too (epoch, loss, validation_loss); without a step column the rows are numbered from 1.

    >>> read_curve("epoch,loss,val_loss\\n1,0.9,1.0\\n2,0.5,0.7")
    {'step': [1.0, 2.0], 'train_loss': [0.9, 0.5], 'val_loss': [1.0, 0.7]}
    """
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"The curve must be at most {MAX_BYTES // 1000} kB, got {len(text.encode()) // 1000} kB")
    text = text.strip().lstrip("\ufeff")
    if not text:
        raise ValueError("The curve must have a header and at least two rows, got nothing")
    columns = _from_json(text) if text[0] in "[{" else _from_csv(text)
    found: Curve = {}
    for name, others in OTHER_NAMES.items():
        given = next((columns[other] for other in others if other in columns), None)
        if given is None and name != "step":
            raise ValueError(
                f"The curve must have the columns {', '.join(COLUMNS)}, got {', '.join(list(columns)[:6]) or 'none'}"
            )
        if given is not None:
            found[name] = [_number(value, name, row) for row, value in enumerate(given, 1)]
    found.setdefault("step", [float(row) for row in range(1, len(found["train_loss"]) + 1)])
    lengths = {len(column) for column in found.values()}
    if len(lengths) > 1 or lengths.pop() < 2:
        raise ValueError("The curve must have at least two rows, and as many values in every column")
    if any(b <= a for a, b in zip(found["step"], found["step"][1:], strict=False)):
        raise ValueError("The curve's steps must rise from row to row")
    return {name: found[name] for name in COLUMNS}


def thin(curve: Curve, rows: int = MAX_ROWS) -> Curve:
    """Return at most so many rows, evenly spread, with the lowest validation loss and the last row among them."""
    n = len(curve["step"])
    if n <= rows:
        return curve
    lowest = min(range(n), key=lambda i: curve["val_loss"][i] if math.isfinite(curve["val_loss"][i]) else math.inf)
    keep = sorted({round(i * (n - 1) / (rows - 2)) for i in range(rows - 1)} | {lowest, n - 1})
    return {name: [column[i] for i in keep] for name, column in curve.items()}


def as_csv(curve: Curve) -> str:
    """Return the curve as short CSV."""
    lines = [
        ",".join(f"{value:.5g}" if name != "step" else f"{value:g}" for name, value in zip(COLUMNS, row, strict=True))
        for row in zip(*(curve[name] for name in COLUMNS), strict=True)
    ]
    return "\n".join([",".join(COLUMNS), *lines])


def _from_csv(text: str) -> dict[str, Sequence[Any]]:
    delimiter = next((d for d in (",", ";", "\t") if d in text.splitlines()[0]), ",")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    header = [cell.strip().lower().replace(" ", "_") for cell in rows[0]]
    wrong = next((number for number, row in enumerate(rows[1:], 1) if len(row) != len(header)), None)
    if wrong:
        raise ValueError(
            f"Row {wrong} of the curve must have {len(header)} cells as the header has, got {len(rows[wrong])}"
        )
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(header)}


def _from_json(text: str) -> dict[str, Sequence[Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("The curve begins like JSON but cannot be read as JSON") from None
    if isinstance(data, dict) and all(isinstance(column, list) for column in data.values()):
        return {str(name).lower(): column for name, column in data.items()}
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        names = [str(name) for name in data[0]]
        return {name.lower(): [row.get(name) for row in data] for name in names}
    raise ValueError("The curve's JSON must map column names to lists, or be a list of rows")


def _number(value: Any, name: str, row: int) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} in row {row} of the curve must be a number, got {str(value)[:30]!r}") from None
    if name == "step" and not math.isfinite(number):
        raise ValueError(f"step in row {row} of the curve must be a number, got {value}")
    return number
