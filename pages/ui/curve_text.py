"""A training curve that a person pastes or uploads, short enough for a link. Plain functions."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reglab import curves

MAX_CHARS = 8000  # of a curve in the link
MAX_ROWS = 60  # that are kept at least: the lowest validation loss and the last row always are
COLUMNS = ("step", "train_loss", "val_loss")
DIGITS = 5
STEP_DIGITS = 10  # of a column that rises: a time of 1.7e9 s still tells rows apart
THINNED = "# Kept "  # the beginning of the comment on rows that were left out

Columns = Mapping[str, NDArray[np.float64]]


def read(source: str | bytes) -> curves.Curve:
    """Return a curve from CSV or JSON, its columns told by their names, with notes on all of how it was read.

    Raise ValueError with one sentence where it cannot be read.

    >>> curve = read("epoch,loss,val_loss\\n1,0.9,1.0\\n2,0.5,0.7\\n3,0.3,0.8")
    >>> curve, curve.unit
    ({'step': [1, 2, 3], 'train_loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}, 'epoch')
    >>> curve.notes[0]
    'Read 3 rows: epoch from “epoch”, training loss from “loss”, validation loss from “val_loss”.'
    """
    log = curves.read_curve(source)
    curve = curves.curve_from(log.columns, log.roles)
    meaning = {**curves.MEANING, "step": curve.unit}
    whence = [f"{meaning[role]} from “{name}”" for role, name in log.roles.items() if role in COLUMNS]
    rows = f"Read {len(curve['step']):,} rows: {', '.join(whence)}."
    thinned = isinstance(source, str) and source.startswith(THINNED)
    fewer = [source.partition("\n")[0].removeprefix("# ")] if thinned and isinstance(source, str) else []
    return _like(curve, curve, notes=(rows, *fewer, *log.notes, *curve.notes))


def _like(curve: curves.Curve, columns: Mapping[str, Sequence[float]], notes: Sequence[str] = ()) -> curves.Curve:
    """Return columns that count as a curve does."""
    return curves.Curve(
        columns, unit=curve.unit, certain=curve.certain, counted_from=curve.counted_from, notes=notes or curve.notes
    )


def keep(source: str | bytes, chars: int = MAX_CHARS) -> str:
    """Return a curve as a text that the link can hold: as it is, or thinned, with the sentence that says so.

    Raise ValueError with one sentence where it cannot be read.

    >>> print(keep("epoch,loss,val_loss\\n" + "\\n".join(f"{i},{1 / i},1" for i in range(1, 999)), 2000)[:81])
    # Kept 123 of 998 rows, so that the link can hold them.
    epoch,train_loss,val_loss
    """
    curve = read(source)
    text = source if isinstance(source, str) else source.decode("utf-8-sig", "replace")
    if len(text) <= chars and "\ufffd" not in text:
        return text
    return as_csv(curve, chars)


def thin(curve: Mapping[str, list[float]], rows: int = MAX_ROWS) -> curves.Curve:
    """Return at most so many rows, evenly spread, with the lowest validation loss and the last row among them."""
    whole = curve if isinstance(curve, curves.Curve) else curves.Curve(curve)
    n = len(whole["step"])
    if n <= rows:
        return whole
    val = whole["val_loss"]
    lowest = min(range(n), key=lambda i: val[i] if math.isfinite(val[i]) else math.inf)
    kept = sorted({round(i * (n - 1) / (rows - 2)) for i in range(rows - 1)} | {lowest, n - 1})
    return _like(whole, {name: [column[i] for i in kept] for name, column in whole.items()})


def as_csv(curve: Mapping[str, list[float]], chars: int = MAX_CHARS) -> str:
    """Return the curve as CSV of at most so many characters, which reads as the curve does, with what was left out.

    Its first column says the unit, and counts from 1.
    """
    whole = rows = len(curve["step"])
    everything = thin(curve, whole)
    first = "optimizer_step" if everything.certain else everything.unit
    while True:
        kept = thin(everything, rows)
        columns = (kept.done, kept["train_loss"], kept["val_loss"])
        lines = [",".join((f"{step:.10g}", f"{train:.5g}", f"{val:.5g}"))
                 for step, train, val in zip(*columns, strict=True)]  # fmt: skip
        said = [f"{THINNED}{len(lines):,} of {whole:,} rows, so that the link can hold them."] * (len(lines) < whole)
        text = "\n".join([*said, ",".join((first, *COLUMNS[1:])), *lines])
        if len(text) <= chars or rows <= MAX_ROWS:
            return text
        rows = max(MAX_ROWS, min(rows - 1, rows * chars // len(text)))


class Short(NamedTuple):
    """A log as CSV, and how many of its rows and columns that holds."""

    text: str
    rows: int
    of_rows: int
    columns: int
    of_columns: int


def shorten(log: curves.Log, chars: int, most: int, fewest: int = MAX_ROWS) -> Short:
    """Return a log as CSV of at most so many characters, in which every column of numbers can still be chosen.

    Rows are thinned, to `most` or as far as to `fewest`, with the lowest value of every column and the last row among
    them. Where all columns do not fit even so, those guessed as step, train and validation loss are kept. The text
    reads as the log does: its columns have the same roles. Raise ValueError with one sentence where it cannot be done.

    >>> shorten(curves.read_curve("loss;val_loss;rate\\n0,9;1;0,1\\n0,5;;0,1\\n0,3;0,8;0,1"), 99, 200).text.split()
    ['row,loss,val_loss,rate', '1,0.9,1,0.1', '2,0.5,,0.1', '3,0.3,0.8,0.1']
    """
    roles, columns = log.roles, dict(log.columns)
    if "step" not in roles:  # the numbers of the rows, which the rows that are left would not tell
        roles = {"step": "row", **roles}
        columns = {"row": np.arange(1.0, 1 + len(next(iter(columns.values())))), **columns}
    columns = _row_per_step(columns, roles["step"])
    of_rows = len(columns[roles["step"]])
    guessed = {roles[role] for role in COLUMNS if role in roles}
    role_of = {name: role for role, name in roles.items()}
    few = {name: column for name, column in columns.items() if name in guessed}
    for kept in (columns, few) if "val_loss" in roles else (columns,):
        count = sum(name in log.columns for name in kept)
        wanted = {role: name for role, name in roles.items() if name in kept}
        # The file's own names if they read as they did; else, as in a file without names, those of the roles.
        for names in ({name: name for name in kept}, {name: role_of.get(name, name) for name in kept}):
            rows = most
            while rows >= fewest:
                chosen = _spread(kept, rows)
                text = _as_csv({names[name]: column[chosen] for name, column in kept.items()})
                if len(text) <= chars:
                    if _reads(text, list(names.values()), {role: names[name] for role, name in wanted.items()}):
                        return Short(text, len(chosen), of_rows, count, len(log.columns))
                    break
                rows = min(rows - 1, rows * chars // len(text))
    if "val_loss" not in roles:
        raise curves.CurveError(
            f"The link cannot hold all {len(log.columns)} columns, and none of them reads as a validation loss: give "
            "the columns of steps and losses alone."
        )
    raise curves.CurveError("The link cannot hold this curve: give the columns of steps and losses alone.")


def _row_per_step(columns: Columns, step: str) -> Columns:
    """Return rows of one step as one: training and evaluation may have taken turns. As they are where they differ."""
    at = columns[step]
    if not (np.isfinite(at).all() and (np.diff(at) >= 0).all()):
        return columns
    starts = np.flatnonzero(np.diff(at, prepend=-np.inf) > 0)
    low = {name: np.fmin.reduceat(column, starts) for name, column in columns.items()}
    high = {name: np.fmax.reduceat(column, starts) for name, column in columns.items()}
    return columns if any((low[name] < high[name]).any() for name in columns) else low


def _spread(columns: Columns, rows: int) -> NDArray[np.intp]:
    """Return the numbers of about so many rows: of every kind evenly, so that a column with few values keeps them.

    Rows are of one kind if the same columns have values in them.
    """
    table = np.stack(list(columns.values()), axis=-1)
    n = len(table)
    if n <= rows:
        return np.arange(n)
    finite = np.where(np.isfinite(table), table, np.inf)
    must = {0, n - 1, *finite.argmin(axis=0).tolist()}
    kind = np.unique(np.isnan(table), axis=0, return_inverse=True)[1].ravel()
    room = max(rows - len(must), 2)
    sizes = np.bincount(kind)
    if len(sizes) > room / 2:
        kind, sizes = np.zeros(n, int), np.array([n])
    level = max(most for most in range(1, room + 1) if np.minimum(sizes, most).sum() <= room)
    for number, size in enumerate(sizes.tolist()):
        own = np.flatnonzero(kind == number)
        must.update(own[np.linspace(0, size - 1, min(size, level)).round().astype(int)].tolist())
    return np.array(sorted(must))


def _as_csv(columns: Columns) -> str:
    """Return columns as CSV that `reglab.curves` reads: nothing where there is no value."""
    cells = []
    for column in columns.values():
        rises = (np.diff(column[np.isfinite(column)]) >= 0).all()
        digits = STEP_DIGITS if rises else DIGITS
        cells.append([_cell(value, digits) for value in column.tolist()])
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([list(columns), *zip(*cells, strict=True)])
    return written.getvalue().rstrip("\n")


def _cell(value: float, digits: int) -> str:
    """Return a number as short as it may be."""
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"


def _reads(text: str, names: list[str], roles: Mapping[str, str]) -> bool:
    """Tell whether a text is read as these columns in these roles."""
    try:
        log = curves.read_curve(text)
    except curves.CurveError:
        return False
    return list(log.columns) == names and log.roles == roles
