"""A training curve that a person pastes or uploads, short enough for a link. Plain functions."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.ui import run_facts

from reglab import curves

MAX_CHARS = 8000  # of a curve in the link
MAX_ROWS = 60  # that are kept at least: the lowest validation loss and the last row always are
COLUMNS = ("step", "train_loss", "val_loss")
DIGITS = 5
STEP_DIGITS = 10  # of a column that rises: a time of 1.7e9 s still tells rows apart
FEWEST = 12  # rows of each of several runs
ROOM = 90  # characters for the comment on rows that were left out
THINNED = "# Kept "  # the beginning of the comment on rows that were left out
BESIDE = "# Beside the curve: "  # and of that on what the log said beside it
# How each is written there, so that it is read again.
FACTS_AS = {
    "n_train": "train rows",
    "n_val": "validation rows",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "n_classes": "number of classes",
    "optimizer": "optimizer",
    "dropout": "dropout",
    "weight_decay": "weight decay",
    "label_smoothing": "label smoothing",
}

Columns = Mapping[str, NDArray[np.float64]]


def read(source: str | bytes) -> curves.Curve:
    """Return the curve of a log, whatever wrote it, with notes on all of how it was read.

    Raise ValueError with one sentence where it cannot be read.

    >>> curve = read("epoch,loss,val_loss\\n1,0.9,1.0\\n2,0.5,0.7\\n3,0.3,0.8")
    >>> curve, curve.unit
    ({'step': [1, 2, 3], 'train_loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}, 'epoch')
    >>> curve.notes[0]
    'Read 3 rows: epoch from “epoch”, training loss from “loss”, validation loss from “val_loss”.'
    """
    return of_run(curves.read_curve(source), source if isinstance(source, str) else "")


def of_run(
    log: curves.Log, text: str = "", run: str | None = None, roles: Mapping[str, str] | None = None
) -> curves.Curve:
    """Return the curve of a run of a log, with the sentence on rows that its text says were left out.

    run, roles: as `reglab.curves.Log.curve` takes them. Raise ValueError with one sentence where it makes no curve.
    """
    curve = log.curve(run=run, roles=roles)
    if "val_accuracy" not in curve and (sentence := run_facts.lacking(curve)):
        raise curves.CurveError(f"{sentence}.")
    comments = [line for line in text.split("\n", 2)[:2] if line.startswith((THINNED, BESIDE))]
    fewer = [line.removeprefix("# ") for line in comments if line.startswith(THINNED)]
    lines = "1 other line" if len(comments) == 1 else f"{len(comments)} other lines"
    ours = ["Left out what has no numbers: 'run'."] * (len(log.runs) > 1)
    ours += [f"Left out {lines} of the text."] * bool(comments)
    return curve.but(notes=(curve.notes[0], *fewer, *(note for note in curve.notes[1:] if note not in ours)))


def keep(source: Any, chars: int = MAX_CHARS, name: str | None = None) -> str:
    """Return a log as a text that the link can hold: as it is, or thinned, with the sentence that says so.

    source, name: as `reglab.read_log` takes them. Raise ValueError with one sentence where it cannot be read.

    >>> print(keep("epoch,loss,val_loss\\n" + "\\n".join(f"{i},{1 / i},1" for i in range(1, 999)), 2000)[:75])
    # Kept 121 of 998 rows, so that the link can hold them.
    epoch,loss,val_loss
    """
    log = curves.read_curve(source, name)
    of_run(log)
    if isinstance(source, (str, bytes)):
        text = source if isinstance(source, str) else source.decode("utf-8-sig", "replace")
        if len(text) <= chars and "\ufffd" not in text:
            return text
    beside = _beside(log)
    text = written(log, chars - len(beside))
    first, mark, rest = text.partition("\n") if text.startswith(THINNED) else ("", "", text)
    return f"{first}{mark}{beside}{rest}"


def _beside(log: curves.Log) -> str:
    """Return a line of comment that is read as what a log said beside its curve; nothing where it said nothing."""
    said = [
        f"{FACTS_AS[name]}: {value if isinstance(value, str) else f'{value:.10g}'}"
        for name, (value, _) in log.told.items()
    ]
    return f"{BESIDE}{', '.join(said)}\n" if said else ""


def written(log: curves.Log, chars: int = MAX_CHARS) -> str:
    """Return a log as CSV of at most so many characters, which reads as the log does: its runs, and their columns.

    Columns beyond the losses are kept where the log has one run and the link can hold them. Raise ValueError with one
    sentence where it makes no curve.
    """
    made = {}
    for run in log.runs:
        with contextlib.suppress(curves.CurveError):
            made[run.name] = log.curve(run=run.name)
    if len(log.runs) > 1 and len(made) > 1:
        as_logged = _runs_as_csv(made, chars, log.run.roles)
        return as_logged if _read_alike(as_logged, log, made) else _runs_as_csv(made, chars)
    curve = log.curve()
    with contextlib.suppress(curves.CurveError):
        short = shorten(log, chars - ROOM, chars)
        text = _said(short.rows, short.of_rows) + short.text
        if _same(curves.read_curve(text).curve(), curve):
            return text
    return as_csv(curve, chars)


def _said(rows: int, of_rows: int) -> str:
    """Return the comment on rows that were left out, a line of its own."""
    return f"{THINNED}{rows:,} of {of_rows:,} rows, so that the link can hold them.\n" if rows < of_rows else ""


def _same(curve: curves.Curve, other: curves.Curve) -> bool:
    """Tell whether two curves have the same columns, and count alike."""
    a, b = ((sorted(each), each.unit, each.certain, each.counted_from) for each in (curve, other))
    return a == b


def _read_alike(text: str, log: curves.Log, made: Mapping[str, curves.Curve]) -> bool:
    """Tell whether every run of a text has the column names of the log, and counts as its curve does."""
    try:
        again = curves.read_curve(text)
        return again.run.roles.items() <= log.run.roles.items() and all(
            run.name in made and _same(again.curve(run=run.name), made[run.name]) for run in again.runs
        )
    except curves.CurveError:
        return False


def _runs_as_csv(made: Mapping[str, curves.Curve], chars: int, roles: Mapping[str, str] | None = None) -> str:
    """Return the curves of several runs as one table, a column of which names the run: those that count as the last.

    Rows are thinned run by run, as far as to `FEWEST`; where all runs do not fit even so, the last ones are kept.
    roles: the log's own names of the columns, by which its steps are written as they are; else they count from 1.
    """
    last = list(made.values())[-1]
    alike = {name: curve for name, curve in made.items() if (sorted(curve), curve.unit) == (sorted(last), last.unit)}
    names = [name for name in last if name != "step"]
    whole = sum(len(curve["step"]) for curve in alike.values())
    rows = max(len(curve["step"]) for curve in alike.values())
    column_of = roles if roles and "step" in roles else {}
    while True:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        first = "optimizer_step" if last.certain else last.unit
        writer.writerow(
            ["run", *(column_of.get(name, name) for name in ("step", *names))] if column_of else ["run", first, *names]
        )
        count = 0
        for name, curve in alike.items():
            short = thin(curve, rows)
            count += len(short["step"])
            for at, *values in zip(
                short["step"] if column_of else short.done, *(short[column] for column in names), strict=True
            ):
                writer.writerow([name, f"{at:.10g}", *(f"{value:.{DIGITS}g}" for value in values)])
        left = f" and {len(alike)} of {len(made)} runs" if len(alike) < len(made) else ""
        said = f"{THINNED}{count:,} of {whole:,} rows{left}, so that the link can hold them.\n"
        text = (said if count < whole or left else "") + out.getvalue().rstrip("\n")
        if len(text) <= chars or (rows <= FEWEST and len(alike) <= 2):
            return text
        if rows > FEWEST:
            rows = max(FEWEST, min(rows - 1, rows * chars // len(text)))
        else:
            alike = dict(list(alike.items())[1:])


def thin(curve: Mapping[str, list[float]], rows: int = MAX_ROWS) -> curves.Curve:
    """Return at most so many rows, evenly spread, with the best evaluation and the last row among them."""
    whole = curve if isinstance(curve, curves.Curve) else curves.Curve(curve)
    n = len(whole["step"])
    if n <= rows:
        return whole
    sign, val = (1, whole["val_loss"]) if "val_loss" in whole else (-1, whole["val_accuracy"])
    best = min(range(n), key=lambda i: sign * val[i] if math.isfinite(val[i]) else math.inf)
    places = sorted({round(i * (n - 1) / (rows - 2)) for i in range(rows - 1)} | {best, n - 1})
    return whole.but({name: [column[i] for i in places] for name, column in whole.items()})


def as_csv(curve: Mapping[str, list[float]], chars: int = MAX_CHARS) -> str:
    """Return the curve as CSV of at most so many characters, which reads as the curve does, with what was left out.

    Its first column says the unit, and counts from 1. Of a curve of losses these are written, else the accuracies.
    """
    whole = rows = len(curve["step"])
    everything = thin(curve, whole)
    first = "optimizer_step" if everything.certain else everything.unit
    both = all(name in curve for name in COLUMNS)
    names = COLUMNS[1:] if both else [name for name in ("train_accuracy", "val_accuracy") if name in curve]
    while True:
        short = thin(everything, rows)
        lines = [
            ",".join((f"{step:.10g}", *(f"{value:.{DIGITS}g}" for value in values)))
            for step, *values in zip(short.done, *(short[name] for name in names), strict=True)
        ]
        text = _said(len(lines), whole) + "\n".join([",".join((first, *names)), *lines])
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
    roles = log.roles
    columns: Columns = dict(log.columns)
    if "step" not in roles:  # the numbers of the rows, which the rows that are left would not tell
        roles = {"step": "row", **roles}
        columns = {"row": np.arange(1.0, 1 + len(next(iter(columns.values())))), **columns}
    columns = _meant(_row_per_step(columns, roles["step"]), log)
    of_rows = len(columns[roles["step"]])
    guessed = {roles[role] for role in COLUMNS if role in roles}
    role_of = {name: role for role, name in roles.items()}
    few = {name: column for name, column in columns.items() if name in guessed}
    for choice in (columns, few) if "val_loss" in roles else (columns,):
        count = sum(name in log.columns for name in choice)
        wanted = {role: name for role, name in roles.items() if name in choice}
        # The file's own names if they read as they did; else, as in a file without names, those of the roles.
        for names in ({name: name for name in choice}, {name: role_of.get(name, name) for name in choice}):
            rows = most
            while rows >= fewest:
                chosen = _spread(choice, rows)
                text = _as_csv({names[name]: column[chosen] for name, column in choice.items()})
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


def _meant(columns: Columns, log: curves.Log) -> Columns:
    """Return columns whose training losses are the means that the curve reads: of fewer rows these would be others."""
    try:
        curve = curves.curve_from(log.columns, log.roles)
    except curves.CurveError:
        return columns
    step, train = log.roles.get("step", "row"), log.roles["train_loss"]
    row_of = {at: row for row, at in enumerate(columns[step].tolist())}
    if curve.unit != "step" or len(row_of) < len(columns[step]) or not set(curve["step"]) <= row_of.keys():
        return columns
    evaluated = [row_of[at] for at in curve["step"]]
    if np.array_equal(columns[train][evaluated], curve["train_loss"], equal_nan=True):
        return columns
    made = np.full(len(row_of), np.nan)
    made[evaluated] = curve["train_loss"]
    return {**columns, train: made}


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
        of_kind = np.flatnonzero(kind == number)
        must.update(of_kind[np.linspace(0, size - 1, min(size, level)).round().astype(int)].tolist())
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
