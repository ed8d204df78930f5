"""A curve of one's own: read what a training run logged, as CSV or JSON, and say how it was read.

`read_curve` turns text or an uploaded file into columns of numbers and guesses which is which; `curve_from` takes the
columns and the roles, guessed or chosen, and returns a checked curve for `reglab.strategy.diagnose`, `recommend` and
the rules of `reglab.early_stopping`. What cannot be read raises `CurveError`, in one sentence that says what was wrong
and what would be right. Nothing is executed or unpickled, and nothing is left out without a note.

A curve knows its unit: an epoch is no optimizer step, and advice that takes one for the other is wrong by the number
of steps in an epoch.

Read are CSV with commas, semicolons, tabs, bars or blanks, with or without a header, with decimal commas where commas
do not separate; Keras' `History.history` and other JSON of columns; JSON of rows, in a list or one per line, such as
the Hugging Face trainer's `log_history`, where training and evaluation rows take turns.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks

__all__ = [
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "ROLES",
    "UNITS",
    "Curve",
    "CurveError",
    "Log",
    "curve_from",
    "read_curve",
]

Array = NDArray[np.float64]

ROLES = ("step", "train_loss", "val_loss", "train_accuracy", "val_accuracy")
UNITS = ("step", "epoch", "round", "evaluation", "row")  # what a curve's first column may count
MEANING = {
    "step": "step",
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
}
MAX_BYTES = 2_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 100
MAX_CELLS = 1_000_000
MIN_ROWS = 3

MISSING = {"", "-", "--", "na", "n/a", "none", "null"}
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}
BINARY = {
    b"PK\x03\x04": "a zip archive, such as .xlsx or .npz",
    b"\x80": "a pickle, which is never opened",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "compressed with gzip",
    b"\x89HDF": "HDF5",
    b"PAR1": "Parquet",
    b"SQLite format": "an SQLite database",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
}
RIGHT = "give CSV or JSON with a column of validation losses, one row per evaluation"

# Words of a column's name that tell its role.
LOSS = {"loss", "losses", "logloss", "nll", "mse", "cost", "entropy"}
ACCURACY = {"acc", "accuracy"}
SPLITS = {
    "train": {"train", "training", "trn", "tr"},
    "val": {"val", "valid", "validation", "eval", "evaluation", "dev", "holdout"},
    "test": {"test", "testing", "tst"},
}
SPLIT_OF = {word: split for split, words in SPLITS.items() for word in words}
# Words of a column that counts, with the unit and how likely it is the curve's; Weights & Biases' `_step` counts calls.
COUNTS = {
    **dict.fromkeys(("step", "steps"), ("step", 0)),
    **dict.fromkeys(("iteration", "iterations", "iter", "update"), ("step", 1)),
    **dict.fromkeys(("epoch", "epochs"), ("epoch", 2)),
    **dict.fromkeys(("round", "rounds"), ("round", 2)),
    **dict.fromkeys(("evaluation", "evaluations"), ("evaluation", 4)),
    **dict.fromkeys(("row", "rows"), ("row", 5)),
}
TIME = 1e11  # milliseconds since 1970 are above it, and no count is
BOOSTING = {"logloss", "mlogloss"}  # without a column that counts, what libraries of boosted trees write
CALLS, CALLS_RANK = "_step", 3
SURE = {"global", "optimizer"}  # words that make a step the optimizer's
NO_STEP = {"per", "time", "second", "seconds", "runtime", "rate", "size", "max", "num"}
NEUTRAL = {"epoch", "mean", "avg", "average", "metrics"}
UNNAMED = {"column", "unnamed", "index", "0", "1"}


class CurveError(ValueError):
    """A curve that cannot be read; its text is one sentence for the person who gave it."""


@dataclass(frozen=True, eq=False)
class Log:
    """What `read_curve` found.

    Attributes
    ----------
    columns : dict of str to array of shape (rows,)
        Every column of numbers, in the order of the file. NaN where the file has no value, infinity where it has one
        that is no finite number (nan, inf).
    roles : dict of str to str
        The guess: which of `ROLES` is which column. A role without a likely column is absent; test losses get none.
    notes : tuple of str
        How it was read, one sentence each.
    """

    columns: dict[str, Array]
    roles: dict[str, str]
    notes: tuple[str, ...]


class Curve(dict[str, list[float]]):
    """A mapping of `ROLES` to lists of one length, which knows what its "step" counts.

    Parameters
    ----------
    columns : mapping of str to sequence of float
        "step", rising, as the log writes it; "train_loss", "val_loss" and what else of `ROLES` is known.
    unit : "step", "epoch", "round", "evaluation" or "row"
        What "step" counts: optimizer steps, passes over the training data, rounds of boosting, evaluations, or the
        rows of a log without such a column.
    certain : bool
        Whether a step is sure to be the optimizer's. Else a last step that is less than one pass over the data is read
        as an epoch by `reglab.recommend`.
    counted_from : 0, 1 or None
        What the log writes when one unit is done: Keras writes epoch 0, others epoch 1. None: by the first value.
    notes : sequence of str
        What was done to get it, one sentence each.

    Raises
    ------
    ValueError
        If the unit or `counted_from` is none of these.

    Examples
    --------
    >>> curve = Curve({"step": [0, 1, 2], "train_loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}, unit="epoch")
    >>> curve.unit, curve.done
    ('epoch', [1.0, 2.0, 3.0])
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[float]],
        *,
        unit: str = "step",
        certain: bool = False,
        counted_from: int | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        told = checks.mapping("columns", columns).items()
        super().__init__({name: list(checks.several(f"columns[{name!r}]", c, most=checks.ROOM)) for name, c in told})
        checks.one_of("unit", unit, UNITS)
        if counted_from is not None and not (isinstance(counted_from, (int, np.integer)) and counted_from in (0, 1)):
            raise ValueError(f"counted_from must be 0, 1 or None, got {checks.shown(counted_from)}")
        self.unit, self.certain, self.counted_from = unit, checks.flag("certain", certain), counted_from
        self.notes = tuple(checks.text("notes", note) for note in checks.several("notes", notes))

    @property
    def done(self) -> list[float]:
        """How many units were done at each row: what "step" has, and one more where the log counts from 0."""
        units: list[float] = done(self["step"], self.unit, self.counted_from).tolist()
        return units


def done(step: Sequence[float] | Array, unit: str, counted_from: int | None = None) -> Array:
    """Return how many units were done at each value of a column that counts them.

    A column of epochs, rounds, evaluations or rows that is whole and begins with 0 counts from 0; one of steps may
    begin with 0 since it was evaluated before the first of them.

    Parameters
    ----------
    step : array of shape (rows,)
    unit : str
        What is counted: "step", "epoch", ...
    counted_from : int, optional
        What the first unit is called; told from the column by default.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> done([0, 1, 2], "epoch").tolist(), done([0, 100], "step").tolist(), done([0.5, 1.0], "epoch").tolist()
    ([1.0, 2.0, 3.0], [0.0, 100.0], [0.5, 1.0])
    """
    column = checks.numbers("step", step, finite=False).astype(np.float64, copy=False)
    if column.ndim != 1:
        raise ValueError(f"step must have the shape (rows,), got {column.shape}")
    checks.text("unit", unit)
    if counted_from is not None:
        checks.whole("counted_from", counted_from, 0)
    else:
        zero = unit != "step" and len(column) > 0 and column[0] == 0 and not (column % 1).any()
        counted_from = 0 if zero else 1
    return column + (1 - counted_from)


# --- from columns to a curve ---


def curve_from(
    columns: Mapping[str, Array], roles: Mapping[str, str], required: Sequence[str] = ("train_loss", "val_loss")
) -> Curve:
    r"""Return the curve that columns make in their roles.

    There is one row per evaluation: rows of the same step are merged, and rows without a validation loss left out. A
    training loss or accuracy that was logged at other steps is interpolated on a line between its neighbours.

    Parameters
    ----------
    columns : mapping of str to array of shape (rows,)
        As in `Log`: NaN is no value, infinity a value that is not finite.
    roles : mapping of str to str
        From `ROLES` to the names of columns. Without a step the rows are numbered from 1, and are the unit.
    required : sequence of str
        Roles that must be there; the validation loss always must.

    Returns
    -------
    Curve
        "step", rising, "val_loss", and what else has a column; its unit is told by the name of the column of steps, and
        whether it counts from 0 by its values. Losses are finite, or NaN from a step to the end: there
        the run diverged. A loss that is not finite but followed by others that are is a gap. Accuracies are shares;
        percentages are divided by 100; NaN where there is none.

    Raises
    ------
    CurveError
        If a role or column is unknown or missing, the steps do not rise, rows of one step differ, there are fewer than
        3 values, or an accuracy is above 100.

    Examples
    --------
    >>> log = read_curve("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n3,0.3,0.8")
    >>> curve_from(log.columns, log.roles)
    {'step': [1, 2, 3], 'train_loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}
    """
    checks.mapping("columns", columns)
    checks.mapping("roles", roles)
    required = [checks.one_of("required", role, ROLES) for role in checks.several("required", required)]
    chosen = _check_roles(columns, roles, required)
    notes: list[str] = []
    step, values = _merged(chosen, notes)
    ends = {name: _divergence(v) for name, v in values.items() if name.endswith("loss")}  # the row it begins at
    end = min(ends.values())
    known = np.isfinite(values["val_loss"])
    for name in ("val_loss", "train_loss"):
        count = int(np.isfinite(values[name]).sum()) if name in values else MIN_ROWS
        if count < MIN_ROWS:
            raise CurveError(f"The {MEANING[name]} must have at least {MIN_ROWS} finite values, got {count}.")
    # The evaluations, and behind them the rows in which a loss is not finite any more.
    kept = known | np.logical_or.reduce([np.isinf(values[n]) & (np.arange(len(step)) >= at) for n, at in ends.items()])
    if left := int((~kept).sum()):
        notes.append(f"Left out {left} of {len(step)} rows, which have no validation loss.")
    values_of = {"step": [int(s) if s.is_integer() else s for s in step[kept].tolist()]}
    for name, v in values.items():
        finite = np.isfinite(v)
        line = np.where(finite, v, np.nan)
        if name.startswith("train") and finite.any():
            between = kept & ~finite & (np.arange(len(step)) < end)
            line[between] = np.interp(step[between], step[finite], v[finite])
            if between.any():
                notes.append(
                    f"The {MEANING[name]} was logged at other steps: interpolated at {between.sum()} of {kept.sum()}."
                )
        if name.endswith("accuracy"):
            line = _as_share(name, line, notes)
        values_of[name] = line[kept].tolist()
    unit = _unit(roles.get("step"), chosen.get("step"))
    if unit == "row" and "step" not in roles and BOOSTING.intersection(_words(roles["val_loss"])):
        unit = "round"
        notes.append("Log loss without a column of epochs is what libraries of boosted trees write: a row is a round.")
    if end < len(step):
        notes.append(f"A loss is not finite from {unit} {step[end]:g} on: the run diverged there.")
    counted_from = _counted_from(unit, chosen.get("step"), step[kept])
    if counted_from == 0:
        notes.append(f"The {unit}s are counted from 0: {unit} {step[kept][0]:g} is number {step[kept][0] + 1:g}.")
    certain = unit == "step" and _is_certain(columns, roles["step"])
    return Curve(values_of, unit=unit, certain=certain, counted_from=counted_from, notes=notes)


def _unit(name: str | None, column: Array | None) -> str:
    """Return what a column counts, by its name; one without a name that rises by 1 numbers the rows."""
    if name is None or column is None:
        return "row"
    ranked = [COUNTS[word] for word in _words(name) if word in COUNTS]
    if ranked:
        return min(ranked, key=lambda found: found[1])[0]
    return "row" if column[0] in (0, 1) and set(np.diff(column)) <= {0.0, 1.0} else "step"


def _counted_from(unit: str, column: Array | None, kept: Array) -> int:
    """Return what the log writes when one unit is done, 0 or 1.

    Steps count from 0 where they rise by 1 from 0 on, or where all end an equal stretch, as 49, 99, 149 do.
    """
    if column is None:
        return 1
    known = column[np.isfinite(column)]
    if (known % 1).any():
        return 1
    if unit != "step" or set(np.diff(known)) <= {0.0, 1.0}:
        return 0 if known.min() == 0 else 1
    stretch = kept[0] + 1
    return 0 if len(kept) >= MIN_ROWS and stretch >= 5 and not ((kept + 1) % stretch).any() else 1


def _is_certain(columns: Mapping[str, Array], name: str) -> bool:
    """Tell whether a column is sure to count optimizer steps: by its name, or by epochs that it leaves behind."""
    if SURE.intersection(_words(name)):
        return True
    epochs = [column for other, column in columns.items() if other != name and _unit(other, column) == "epoch"
              and _rank("step", other, column) is not None]  # fmt: skip
    last = np.nanmax(np.where(np.isfinite(columns[name]), columns[name], np.nan), initial=-math.inf)
    return any(last > np.nanmax(np.where(np.isfinite(column), column, np.nan), initial=0) + 1 for column in epochs)


def _check_roles(columns: Mapping[str, Array], roles: Mapping[str, str], required: Sequence[str]) -> dict[str, Array]:
    """Return the columns by role, in the order of `ROLES`."""
    there = _listed(columns)
    for role, name in roles.items():
        if role not in ROLES:
            raise CurveError(f"A role must be one of {', '.join(ROLES)}, got {role!r}.")
        if name not in columns:
            raise CurveError(f"There is no column {name!r} for the {MEANING[role]}: there are {there}.")
    for role in ("val_loss", *required):
        if role not in roles:
            raise CurveError(f"No column is chosen for the {MEANING[role]}: there are {there}.")
    twice = [name for name, times in Counter(roles.values()).items() if times > 1]
    if twice:
        raise CurveError(f"Column {twice[0]!r} is chosen for two roles: choose one column for each.")
    chosen = {role: np.asarray(columns[roles[role]], np.float64) for role in ROLES if role in roles}
    lengths = {len(column) for column in chosen.values()}
    if len(lengths) > 1:
        raise CurveError(f"Columns must be of one length, got {', '.join(map(str, sorted(lengths)))} rows.")
    return chosen


def _merged(chosen: dict[str, Array], notes: list[str]) -> tuple[Array, dict[str, Array]]:
    """Return rising steps and the values there."""
    values = {role: column for role, column in chosen.items() if role != "step"}
    some = ~np.logical_and.reduce([np.isnan(v) for v in values.values()])  # rows that have any value
    rows = np.flatnonzero(some)
    if "step" not in chosen:
        notes.append("There is no column of steps: the rows are numbered from 1.")
        return (rows + 1).astype(np.float64), {role: v[some] for role, v in values.items()}
    step = chosen["step"][some]
    bad = np.flatnonzero(~np.isfinite(step))
    if len(bad):
        raise CurveError(f"Row {rows[bad[0]] + 1} has no step: give each row one, or choose no column for the step.")
    fall = np.flatnonzero(np.diff(step) < 0)
    if len(fall):
        at = fall[0] + 1
        raise CurveError(
            f"The steps must rise, but row {rows[at] + 1} has {step[at]:g} after {step[at - 1]:g}: "
            "give one run, in its order."
        )
    starts = np.flatnonzero(np.diff(step, prepend=-np.inf) > 0)
    if len(starts) == len(step):
        return step, {role: v[some] for role, v in values.items()}
    notes.append(f"Merged {len(step)} rows into {len(starts)}, one per step.")
    merged = {}
    for role, v in values.items():
        low, high = np.fmin.reduceat(v[some], starts), np.fmax.reduceat(v[some], starts)
        differ = np.flatnonzero(low < high)
        if len(differ):
            at = differ[0]
            raise CurveError(
                f"Step {step[starts[at]]:g} has several rows with different values of the {MEANING[role]}, "
                f"{low[at]:g} and {high[at]:g}: choose a column of steps that tells them apart."
            )
        merged[role] = low
    return step[starts], merged


def _divergence(v: Array) -> int:
    """Return the row from which a loss is not finite any more; the number of rows if it is to the end."""
    finite, broken = np.flatnonzero(np.isfinite(v)), np.flatnonzero(np.isinf(v))
    last = finite[-1] if len(finite) else -1
    if not len(broken) or broken[0] < last:  # there non-finite values stand for gaps
        return len(v)
    return int(broken[0])


def _as_share(name: str, v: Array, notes: list[str]) -> Array:
    """Return an accuracy as a share of 1."""
    top, low = np.nanmax(v, initial=0), np.nanmin(v, initial=0)
    if top <= 1:
        return v
    if top > 100 or low < 0:
        raise CurveError(f"The {MEANING[name]} must be in [0, 1] or in percent, got {top if top > 100 else low:g}.")
    notes.append(f"The {MEANING[name]} is in percent: divided by 100.")
    return v / 100


# --- from text to columns ---


def read_curve(source: str | bytes) -> Log:
    r"""Read what a training run logged.

    Parameters
    ----------
    source : str or bytes
        CSV or JSON, pasted or uploaded, of at most 2 MB, 100 000 rows and 100 columns. Bytes in UTF-8, or in UTF-16
        with its mark.

    Returns
    -------
    Log

    Raises
    ------
    CurveError
        If it is too large, or is neither CSV nor JSON with a column of numbers.

    Examples
    --------
    >>> log = read_curve('{"loss": 0.9, "step": 10}\n{"eval_loss": 1.0, "step": 10}\n{"loss": 0.5, "step": 20}')
    >>> log.roles
    {'step': 'step', 'train_loss': 'loss', 'val_loss': 'eval_loss'}
    >>> log.columns["eval_loss"]
    array([nan,  1., nan])
    >>> read_curve("epoch,loss\n1,0.5\n2,0.4,0.3")
    Traceback (most recent call last):
        ...
    reglab.curves.CurveError: Line 3 has 3 values where 2 are expected: give every row as many.
    """
    text = _decode(source)
    notes: list[str] = []
    if text.lstrip().startswith(("{", "[")):
        cells, places, named = _read_json(text, notes)
    else:
        cells, places, named = _read_csv(text, notes)
    columns, ignored = {}, []
    for name, column in cells.items():
        numbers = _numbers(name, column, places)
        if numbers is None:
            ignored.append(name)
        else:
            columns[name] = numbers
    if not columns:
        raise CurveError(f"No column has numbers: {RIGHT}.")
    if ignored:
        notes.append(f"Left out what has no numbers: {_listed(ignored)}.")
    if not named:
        notes.append("There is no header: the columns are told by their order.")
    return Log(columns, _guess(columns, named), tuple(notes))


def _decode(source: str | bytes) -> str:
    """Return the text, or raise where it is none."""
    if not isinstance(source, (str, bytes)):
        raise CurveError(f"A curve must be text or bytes, got {type(source).__name__}: {RIGHT}.")
    if len(source) > MAX_BYTES or (isinstance(source, str) and len(source.encode("utf-8", "replace")) > MAX_BYTES):
        raise CurveError(f"The curve has more than {MAX_BYTES / 1e6:g} MB, and no more are read: leave rows out.")
    if isinstance(source, bytes):
        for start, kind in BINARY.items():
            if source.startswith(start):
                raise CurveError(f"The file is {kind}: {RIGHT}.")
        utf16 = source.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = source.decode("utf-16" if utf16 else "utf-8")
        except UnicodeDecodeError:
            text = source.decode("latin-1")
    else:
        text = source
    text = text.lstrip("\ufeff")  # no strip: a tab at the end of a line is an empty cell
    if not text.strip():
        raise CurveError(f"There is nothing to read: {RIGHT}.")
    junk = re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text)
    if junk:
        line = text.count("\n", 0, junk.start()) + 1
        raise CurveError(f"Line {line} has a character that is no text: the file is binary, or not in UTF-8.")
    return text


Cells = tuple[dict[str, list[Any]], list[str], bool]  # columns, the place of each row, whether columns have names


def _read_csv(text: str, notes: list[str]) -> Cells:
    """Return the cells of a table, whatever separates them."""
    comment, lines, places = "", list[str](), list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("#", "%", "//")):
            comment = line.lstrip("#%/ \t") if not lines else comment
        elif line.strip():
            lines.append(line)
            places.append(f"Line {number}")
            _check_rows(len(lines) - 1)
    if not lines:
        raise CurveError(f"There are only comments: {RIGHT}.")
    separator = _separator(lines[:50])
    rows = [_split(line, separator, place) for line, place in zip(lines, places, strict=True)]
    _check_columns(len(rows[0]), len(rows))
    notes.append(f"Read as CSV, separated by {SEPARATORS.get(separator, 'blanks')}.")
    if separator != "," and any("," in line for line in lines) and _has_decimal_commas(rows):
        rows = [[cell.replace(",", ".") for cell in row] for row in rows]
        notes.append("Commas in numbers are read as decimal points.")
    if not any(map(_is_number, rows[0])):
        names = rows.pop(0)
        places.pop(0)
    else:
        names = _split(comment, separator, "The comment") if comment else []
        if len(names) != len(rows[0]) or any(map(_is_number, names)):
            names = []
    return _table(rows, places, names)


def _table(rows: list[list[Any]], places: list[str], names: list[str]) -> Cells:
    """Return the columns of rows of equal length."""
    if not rows:
        raise CurveError(f"There is no row of numbers below the first line: {RIGHT}.")
    width = len(names) or len(rows[0])
    _check_columns(width, len(rows))
    for row, place in zip(rows, places, strict=True):
        while len(row) > width and (row[-1] is None or not str(row[-1]).strip()):
            row.pop()
        if len(row) != width:
            raise CurveError(f"{place} has {len(row)} values where {width} are expected: give every row as many.")
    unique: list[str] = []
    for number, name in enumerate(names or [""] * width, start=1):
        name = str(name).strip() or f"column {number}"
        while name in unique:
            name = f"{name} ({number})"
        unique.append(name)
    return dict(zip(unique, map(list, zip(*rows, strict=True)), strict=True)), places, bool(names)


def _separator(lines: list[str]) -> str:
    """Return what separates the cells: the first that gives all lines equally many, else most of them; "" is blanks."""
    best, best_share = "", 0.0
    for separator in SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        count, times = counts.most_common(1)[0]
        if count and times / len(lines) > best_share:
            best, best_share = separator, times / len(lines)
    return best


def _split(line: str, separator: str, place: str) -> list[str]:
    """Return the cells of a line; taken one by one, a quote that is left open does not swallow the rest."""
    if '"' not in line:
        return line.split(separator or None)
    try:
        return next(csv.reader([line], delimiter=separator or " ", skipinitialspace=True))
    except csv.Error as error:
        raise CurveError(f"{place} cannot be read as CSV ({error}): {RIGHT}.") from None


def _has_decimal_commas(rows: Iterable[list[str]]) -> bool:
    """Tell whether numbers have decimal commas: some have a comma, and none a point."""
    numbers = [cell for row in rows for cell in row if re.fullmatch(r"\s*[-+]?[\d.,]+(e[-+]?\d+)?\s*", cell, re.I)]
    return any("," in cell for cell in numbers) and not any("." in cell for cell in numbers)


def _read_json(text: str, notes: list[str]) -> Cells:
    """Return the cells of JSON: columns, rows, or one row per line."""
    places: list[str] = []
    try:
        data = _parse(text)
    except ValueError as error:
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        if lines[0][1] in ("[", "{") or not all(line.startswith(("[", "{")) for _, line in lines[:2]) or len(lines) < 2:
            where = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "a long number"
            raise CurveError(f"The text begins like JSON and is none ({where}): {RIGHT}.") from None
        data, places = [], [f"Line {number}" for number, _ in lines]
        _check_rows(len(lines))
        for place, (_, line) in zip(places, lines, strict=True):
            try:
                data.append(_parse(line.rstrip(",")))
            except ValueError:
                raise CurveError(f"{place} is not JSON, got {line[:40]!r}: give one object per line.") from None
    if isinstance(data, dict) and isinstance(data.get("log_history"), list):
        data = data["log_history"]
    if isinstance(data, dict):
        notes.append("Read as JSON, one list per column.")
        return _json_columns(data)
    if not data:
        raise CurveError(f"The JSON is empty: {RIGHT}.")
    _check_rows(len(data))
    notes.append("Read as JSON, one row per line." if places else "Read as JSON, a list of rows.")
    places = places or [f"Row {number}" for number in range(1, len(data) + 1)]
    if all(isinstance(row, dict) for row in data):
        return _json_rows(data, places)
    rows = [list(row) if isinstance(row, list) else [row] for row in data]
    if any(isinstance(cell, (dict, list)) for row in rows for cell in row):
        raise CurveError(f"The JSON mixes rows of several kinds or is nested too deep: {RIGHT}.")
    names = []
    if all(isinstance(cell, str) and not _is_number(cell) for cell in rows[0]):
        names, rows, places = rows[0], rows[1:], places[1:]
    return _table(rows, places, names)


def _parse(text: str) -> Any:
    """Return what JSON holds, or Python's own way to write it: single quotes, None and nan."""
    try:
        return json.loads(text)
    except RecursionError:
        raise json.JSONDecodeError("nested too deep", text, 0) from None
    except ValueError as error:
        python = {"None": "null", "nan": "NaN", "inf": "Infinity", "True": "true", "False": "false"}
        written = re.sub(
            r"'([^'\"\\\n]*)'|\b(None|nan|inf|True|False)\b", lambda m: python[m[2]] if m[2] else f'"{m[1]}"', text
        )
        try:
            return json.loads(written)
        except (ValueError, RecursionError):
            raise error from None


def _json_rows(data: list[dict[str, Any]], places: list[str]) -> Cells:
    """Return the columns of rows that may have different keys."""
    cells: dict[str, list[Any]] = {}
    for number, row in enumerate(data):
        for key, value in _flat(row).items():
            if key not in cells:
                cells[key] = [None] * len(data)
                _check_columns(len(cells), len(data))
            cells[key][number] = value
    return cells, places, True


def _json_columns(data: dict[str, Any]) -> Cells:
    """Return the columns of a mapping of names to lists, or to mappings as pandas writes them."""
    cells: dict[str, list[Any]] = {}
    for key, value in data.items():
        if isinstance(value, dict) and any(isinstance(inner, list) for inner in value.values()):
            cells |= {f"{key}/{name}": inner for name, inner in value.items() if isinstance(inner, list)}
        elif isinstance(value, dict):
            cells[key] = list(value.values())
        elif isinstance(value, list):
            cells[key] = value
    if not cells:
        raise CurveError(f"The JSON has no list of numbers: {RIGHT}.")
    lengths = {name: len(column) for name, column in cells.items()}
    longest = max(lengths.values())
    _check_rows(longest)
    _check_columns(len(cells), longest)
    short = next((name for name, length in lengths.items() if length < longest), None)
    if short is not None:
        full = next(name for name, length in lengths.items() if length == longest)
        raise CurveError(
            f"Column {short!r} has {lengths[short]} values and {full!r} {longest}: give every column as many, "
            "with null where there is none."
        )
    return cells, [f"Row {number}" for number in range(1, longest + 1)], True


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its inner mappings, one level deep, as keys of their own."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        flat |= {f"{key}/{name}": inner for name, inner in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _check_rows(count: int) -> None:
    if count > MAX_ROWS:
        raise CurveError(f"There are more than {MAX_ROWS} rows, and no more are read: keep every second row, or fewer.")


def _check_columns(count: int, rows: int) -> None:
    if count > MAX_COLUMNS:
        raise CurveError(f"There are more than {MAX_COLUMNS} columns, and no more are read: keep the losses.")
    if count * rows > MAX_CELLS:
        raise CurveError(f"There are more than {MAX_CELLS} values, and no more are read: leave columns or rows out.")


def _number(cell: Any) -> float:
    """Return a cell as a number, NaN where it is empty, infinity where it is not finite; raise where it is none."""
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        cell = cell.strip().replace("\u2212", "-").removesuffix("%")
        if cell.lower() in MISSING:
            return math.nan
    elif isinstance(cell, bool) or not isinstance(cell, (int, float)):
        raise ValueError
    try:
        value = float(cell)
    except OverflowError:
        return math.inf
    return value if math.isfinite(value) else math.inf


def _is_number(cell: Any) -> bool:
    """Tell whether a cell holds a number."""
    try:
        return not math.isnan(_number(cell))
    except ValueError:
        return False


def _numbers(name: str, column: list[Any], places: list[str]) -> Array | None:
    """Return a column's numbers; None if it has none, or mostly other things; raise at one that is none among them."""
    if not any(isinstance(cell, bool) for cell in column):
        with contextlib.suppress(ValueError, TypeError, OverflowError):  # most columns are plain numbers: at once
            values = np.array(column, np.float64)
            if values.ndim == 1 and np.isfinite(values).all():
                return values
    values, bad = np.full(len(column), np.nan), []
    for number, cell in enumerate(column):
        try:
            values[number] = _number(cell)
        except ValueError:
            bad.append(number)
    count = int((~np.isnan(values)).sum())
    if count <= len(bad):
        return None
    if bad:
        cell = str(column[bad[0]])[:40]
        raise CurveError(f"{places[bad[0]]} must have a number in column {name!r}, got {cell!r}.")
    return values


def _guess(columns: dict[str, Array], named: bool) -> dict[str, str]:
    """Return the likely column of each role."""
    names = list(columns)
    first = columns[names[0]]
    counts = bool(np.isfinite(first).all() and (first % 1 == 0).all() and (np.diff(first) > 0).all())
    if not named:
        if first.max() > TIME:  # MLflow's files of one metric, for one: what is a loss there only a person can tell
            return {}
        roles = {"step": names.pop(0)} if counts and len(names) > 1 else {}
        losses = ("train_loss", "val_loss") if len(names) > 1 else ("val_loss",)
        return roles | dict(zip(losses, names, strict=False))
    roles = {}
    for role in ROLES:
        ranked = [(rank, name) for name in names if (rank := _rank(role, name, columns[name])) is not None]
        if ranked:
            roles[role] = min(ranked, key=lambda pair: pair[0])[1]
        elif role == "step" and counts and UNNAMED.issuperset(_words(names[0])):
            roles[role] = names[0]
    return roles


def _rank(role: str, name: str, column: Array) -> tuple[float, ...] | None:
    """Return how likely a column has a role, the lower the likelier; None if it has not."""
    words = _words(name)
    kind = LOSS if role.endswith("loss") else ACCURACY
    if role == "step":
        ranks = [COUNTS[word][1] for word in words if word in COUNTS]
        if not ranks or NO_STEP.intersection(words) or (LOSS | ACCURACY).intersection(words):
            return None
        falls = (np.diff(column[np.isfinite(column)]) < 0).any()
        return float(falls), CALLS_RANK if name == CALLS else min(ranks), len(words)
    if kind is LOSS and words and SPLIT_OF.keys() >= set(words) and not COUNTS.keys() & set(words):
        words.append("loss")  # "train" alone, "val" alone
    if not kind.intersection(words):
        return None
    split = next((SPLIT_OF[word] for word in reversed(words) if word in SPLIT_OF), None)
    if (split or "train") != role.partition("_")[0]:
        return None
    strange = [word for word in words if word not in kind | NEUTRAL and word not in SPLIT_OF]
    return float(np.isfinite(column).sum() < MIN_ROWS), len(strange), float(split is None)


def _words(name: str) -> list[str]:
    """Return the words of a column's name in small letters."""
    return re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first eight."""
    names = [repr(name[:40]) for name in names]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
