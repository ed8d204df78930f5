"""What a reader hands on: the columns of one run as they stand in the source, and the cells that make them."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.logs.characters import plain
from reglab.logs.curve import CurveError
from reglab.logs.names import counts, meaning_of, words

__all__ = [
    "MAX_COLUMNS",
    "RARE",
    "RUN_WORDS",
    "Piece",
    "RawRun",
    "as_numbers",
    "check",
    "fill_gaps",
    "from_cells",
    "from_rows",
    "is_number",
    "listed",
    "number",
    "unique",
]

Array = NDArray[np.float64]
MAX_COLUMNS = 100
ENOUGH, RARE = 5, 0.1  # finite values, and of them as many that are not stand for themselves and for no gaps
COUNT = re.compile(r"\s*(?:[A-Za-z]{1,10}[\s_:#-]*)?(\d+)(?:\s*/\s*\d+)?\s*")
MISSING = {"", "-", "--", "_", "na", "n/a", "none", "null", "no log", "—", "–", "nil", "missing"}
RUN_WORDS = {"run", "seed", "fold", "trial", "experiment", "exp", "model", "name", "repeat", "replicate", "rank"}
SPLIT_WORDS = {"split", "phase", "set", "mode", "subset", "dataset", "stage", "partition", "type", "part", "which"}
NAME_WORDS = {"metric", "key", "tag", "name", "variable", "measure", "series"}
DIGIT = re.compile(r"\d", re.A)
GROUPED = re.compile(r"([-+]?[1-9]\d{0,2})((?:[ '\u2019]\d{3})+(?:\.\d*)?)")  # "12 345", "1'234.5"
SPREAD = re.compile(r"(?<=[\d.%])[ \t]{0,9}(?:±|\+/-|\+-)[ \t]{0,9}[\d.].*")  # of a mean, behind it
PLAIN = re.compile(r"\s*-?\d{1,15}(?:\.\d{0,20})?\s*", re.A)  # what most cells are
ANNOTATED = re.compile(r"[\s*_`]*([-+]?\d[\d.,]*(?:e[-+]?\d+)?%?)[*_`]*\s+[^\d\s][^\d]*", re.I)  # "**0.84** ✅ best"
WRAPPED = re.compile(r"(?:\w+\.)?(?:tensor|float\d*|array|int\d*|longdouble)\(\s*\[?\s*([-+.\w]+)[^()]*\)")


@dataclass(frozen=True)
class Piece:
    """One source: its name, if it has one, and its text, or what it holds as bytes or as data."""

    name: str = ""
    text: str = ""
    data: Any = None
    content: bytes = b""
    error: CurveError | None = None  # what it is refused for


@dataclass(frozen=True, eq=False)
class RawRun:
    """One run as a reader found it.

    Attributes
    ----------
    columns : dict of str to array of shape (rows,)
        NaN where there is no value, infinity where it is not finite.
    notes : tuple of str
    name : str
        Of the run, where the source tells.
    unit : str or None
        What the rows or the column of steps count, where the source tells it and the names do not.
    named : bool
        Whether the columns have names of their own.
    step : str or None
        The column that counts, where its name does not tell.
    running : bool
        Whether several values of one step are a mean that runs on, of which the last counts.
    single : str
        What writes such a file of one metric; "" if it holds more. Two or more of them make a log.
    bad : dict of str to str
        Of columns that mostly hold numbers, the sentence on the first cell that is none.
    whole : bool
        Whether the source is nothing but this.
    percent : frozenset of str
        The columns whose numbers mostly have a percent sign.
    nothing : dict of str to str
        Of columns that hold one filler in every row and were left out, what they hold.
    resumes : float or None
        The step from which it goes on with the run before it.
    """

    columns: dict[str, Array]
    notes: tuple[str, ...] = ()
    name: str = ""
    unit: str | None = None
    named: bool = True
    step: str | None = None
    running: bool = False
    single: str = ""
    bad: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    percent: frozenset[str] = frozenset()
    nothing: dict[str, str] = field(default_factory=dict)
    resumes: float | None = None

    def noted(self, *notes: str, **changes: Any) -> RawRun:
        """Return the same with more notes."""
        return replace(self, notes=(*self.notes, *notes), **changes)


def number(cell: Any) -> float:
    """Return a cell as a number, NaN where it is empty, infinity where it is not finite; raise where it is none.

    Examples
    --------
    >>> number("5,000"), number("40 %"), number("np.float32(0.5)"), number("No log")
    (5000.0, 40.0, 0.5, nan)
    """
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        if PLAIN.fullmatch(cell):
            return float(cell)
        cell = plain(cell).strip().strip("*`").replace("\u2212", "-").removesuffix("%").strip()
        if cell.lower() in MISSING:
            return math.nan
        if not DIGIT.search(cell) and cell.lstrip("+-").lower() not in ("nan", "inf", "infinity"):
            raise ValueError
        if cell.endswith(")") and len(cell) < 100 and (inner := WRAPPED.fullmatch(cell)):
            cell = inner[1]
        if "_" in cell:
            raise ValueError
        if "±" in cell or "+" in cell[1:]:
            cell = SPREAD.sub("", cell)
        if grouped := GROUPED.fullmatch(cell):
            cell = grouped[1] + re.sub(r"[ '\u2019]", "", grouped[2])
        if "," in cell and re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", cell):
            cell = cell.replace(",", "")
    elif isinstance(cell, (bool, np.bool_)):
        raise ValueError
    elif not isinstance(cell, (int, float)):
        cell = _plain(cell)
    try:
        value = float(cell)
    except OverflowError:
        return math.inf
    except TypeError:
        raise ValueError from None
    return value if math.isfinite(value) else math.inf


def _plain(value: Any) -> float:
    """Return a number of NumPy or of another library, by what it offers; raise ValueError where it is none."""
    if isinstance(value, (str, bytes, dict, list, tuple)) or not hasattr(value, "__float__"):
        raise ValueError
    try:
        return float(value)
    except Exception:  # of whatever type it is, a tensor of several values for one
        raise ValueError from None


def is_number(cell: Any) -> bool:
    """Tell whether a cell holds a number."""
    try:
        return not math.isnan(number(cell))
    except ValueError:
        return False


def as_numbers(name: str, column: Sequence[Any], places: Sequence[str]) -> tuple[Array | None, str]:
    """Return a column's numbers, None if it has none or mostly other things; and what is wrong with one among them."""
    if not any(isinstance(cell, (bool, str)) for cell in column):
        with contextlib.suppress(ValueError, TypeError, OverflowError):  # most columns are plain numbers: at once
            values = np.array(column, np.float64)
            if values.ndim == 1 and np.isfinite(values).all():
                return values, ""
    values, bad = np.full(len(column), np.nan), []
    for at, cell in enumerate(column):
        try:
            values[at] = number(cell)
        except ValueError:
            bad.append(at)
    for at in list(bad) if meaning_of(name).kind or len(bad) < len(column) / 2 else ():  # a number with a remark
        said = ANNOTATED.fullmatch(str(column[at]))
        with contextlib.suppress(ValueError):
            values[at] = number(said[1] if said else "x")
            bad.remove(at)
    count = int((~np.isnan(values)).sum())
    if count <= len(bad):
        return None, ""
    if bad:
        cell = str(column[bad[0]])[:40]
        return values, f"{places[bad[0]]} must have a number in column {name!r}, got {cell!r}."
    return values, ""


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first eight."""
    names = [repr(name[:40]) for name in names]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def unique(names: Iterable[Any]) -> list[str]:
    """Return names, told apart by their number where two are the same or one is missing."""
    distinct: list[str] = []
    taken = set()
    for at, name in enumerate(names, start=1):
        told_apart = str(name if name is not None else "").strip().strip("*`").strip()[:200] or f"column {at}"
        while told_apart in taken:
            told_apart = f"{told_apart} ({at})"
        taken.add(told_apart)
        distinct.append(told_apart)
    return distinct


def from_rows(rows: Sequence[dict[str, Any]], places: Sequence[str] | None = None, **more: Any) -> list[RawRun]:
    """Return the runs in rows that may have different keys."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    notes = more.pop("notes", ())
    if len(names) > MAX_COLUMNS:
        columns = sorted(names, key=_dullness)[:MAX_COLUMNS]
        notes = (*notes, f"Left out {len(names) - MAX_COLUMNS} of {len(names)} columns, which are no losses.")
        names = {name: None for name in names if name in set(columns)}
    cells: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    return from_cells(cells, places, notes=notes, **more)


def _dullness(name: str) -> tuple[int, int]:
    """Return a sorting key of columns: those that count and losses first."""
    if counts(name):
        return 0, 0
    meaning = meaning_of(name)
    return {"loss": 1, "accuracy": 2, "score": 3}.get(meaning.kind, 4), meaning.strange


def from_cells(
    cells: dict[str, list[Any]], places: Sequence[str] | None = None, *, notes: Sequence[str] = (), **more: Any
) -> list[RawRun]:
    """Return the runs in columns of cells of one length: split by a column that names them, long form made wide."""
    length = max(map(len, cells.values()), default=0)
    places = places if places is not None else [f"Row {at}" for at in range(1, length + 1)]
    notes = list(notes)
    if len(cells) > MAX_COLUMNS:
        names = set(sorted(cells, key=_dullness)[:MAX_COLUMNS])
        notes.append(f"Left out {len(cells) - MAX_COLUMNS} of {len(cells)} columns, which are no losses.")
        cells = {name: column for name, column in cells.items() if name in names}
    cells = {name: _counted(column) if counts(name) else column for name, column in cells.items()}
    cells, places = _wide(cells, places, notes)
    runs = _by_run(cells)
    percent = frozenset(name for name, column in cells.items() if _has_percent(column))
    raw_runs = []
    for run, chosen in runs.items():
        columns, ignored, bad = {}, [], {}
        for name, column in cells.items():
            run_cells = column if chosen is None else [column[at] for at in chosen]
            values, wrong = as_numbers(name, run_cells, places if chosen is None else [places[at] for at in chosen])
            if values is None:
                if any(cell is not None and cell != "" for cell in run_cells):
                    ignored.append(name)
            else:
                columns[name] = values
                if wrong:
                    bad[name] = wrong
        if not columns:
            continue
        fill_gaps(columns)
        said = [f"Left out what has no numbers: {listed(ignored)}."] * bool(ignored)
        raw_runs.append(RawRun(columns, (*notes, *said), name=run, bad=bad, percent=percent, **more))
    return raw_runs


def fill_gaps(columns: dict[str, Array]) -> None:
    """Make gaps of what is not finite where a table writes NaN for no value, as pandas does.

    It does where a loss has such gaps before its last value, as long as those behind it, or where another loss begins
    with them. Else what is not finite at the end is a divergence, and so are rows at the end that have nothing finite;
    and what is not finite before is a fault of its own where it is rare.
    """
    losses = {name: np.isinf(column) for name, column in columns.items() if meaning_of(name).kind == "loss"}
    broken = {name: lost for name, lost in losses.items() if lost.any() and np.isfinite(columns[name]).any()}
    if not broken:
        return
    alive = np.logical_or.reduce([np.isfinite(column) for name, column in columns.items() if meaning_of(name).kind])
    end = int(np.flatnonzero(alive)[-1]) + 1
    late = any(lost[0] for lost in broken.values())
    for name, lost in broken.items():
        finite = np.flatnonzero(np.isfinite(columns[name]))
        last = int(finite[-1]) + 1
        if not late and len(finite) >= ENOUGH and lost[:last].sum() <= max(1, RARE * len(finite)):
            continue
        inside = np.flatnonzero(np.diff(np.concatenate([[0], lost[:last].astype(int), [0]])))
        if late or np.diff(inside)[::2].max(initial=0) >= end - last > 0 or last == end:
            columns[name][:end][lost[:end]] = np.nan


def _has_percent(column: list[Any]) -> bool:
    """Tell whether at least half of what stands in a column ends with a percent sign."""
    there = [cell for cell in column if cell is not None and cell != ""]
    signed = [cell for cell in there if isinstance(cell, str) and cell.rstrip("* `").endswith("%")]
    return bool(signed) and 2 * len(signed) >= len(there)


def _counted(column: list[Any]) -> list[Any]:
    """Return the numbers of cells such as "EPOCH 3" or "3/10", an empty one as the one above it."""
    if not any(isinstance(cell, str) and COUNT.fullmatch(cell) and not is_number(cell) for cell in column):
        return column
    numbers: list[Any] = []
    for cell in column:
        match = COUNT.fullmatch(cell) if isinstance(cell, str) else None
        blank = isinstance(cell, str) and not cell.strip() and bool(numbers)
        numbers.append(match[1] if match else numbers[-1] if blank else cell)
    return numbers


def _texts(column: Sequence[Any]) -> set[str]:
    """Return the different texts of a column that holds nothing but texts; else nothing."""
    if not all(isinstance(cell, str) for cell in column):
        return set()
    different = {cell.strip() for cell in column}
    return different if not any(is_number(cell) for cell in list(different)[:20]) else set()


def _wide(
    cells: dict[str, list[Any]], places: Sequence[str], notes: list[str]
) -> tuple[dict[str, list[Any]], Sequence[str]]:
    """Return long form as wide: a column of splits, or of metrics' names, makes a column of each of its values."""
    cells = _named_and_split(cells)
    for name, column in cells.items():
        different = _texts(column)
        if not 2 <= len(different) <= 50:
            continue
        named = set(words(name))
        splits = {value: meaning_of(value).split for value in different}
        by_split = all(splits.values()) and all(len(words(value)) <= 2 for value in different)
        metrics = [value for value in different if meaning_of(value).kind in ("loss", "accuracy", "score")]
        by_name = bool(named & NAME_WORDS) and metrics and sum("value" in words(other) for other in cells) == 1
        if not (by_split and (named & SPLIT_WORDS or len(different) <= 3)) and not by_name:
            continue
        wide: dict[str, list[Any]] = {}
        for other, values in cells.items():
            if other == name:
                continue
            if counts(other) or (_texts(values) and words(other) and RUN_WORDS & set(words(other))):
                wide[other] = values
                continue
            for value in sorted(different):
                if by_name:
                    both = value
                else:  # of a value that is itself a loss, the columns are runs
                    both = (
                        f"{other} - {value}"
                        if meaning_of(value).kind == "loss" and meaning_of(value).tier == 0
                        else f"{value} {other}"
                    )
                if by_name and "value" not in words(other):
                    continue
                wide[both] = [v if c.strip() == value else None for v, c in zip(values, column, strict=True)]
        notes.append(f"Each value of column {name!r} makes columns of its own: {listed(sorted(different))}.")
        return wide, places
    return cells, places


def _named_and_split(cells: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return a column of metrics' names and one of splits as one, as Keras for R has them."""
    named = [name for name in cells if NAME_WORDS & set(words(name)) and len(_texts(cells[name])) > 1]
    split = [name for name in cells if _texts(cells[name]) and all(map(_is_split, _texts(cells[name])))]
    if len(named) != 1 or len(split) != 1 or named == split:
        return cells
    both = [f"{s} {n}" for s, n in zip(cells[split[0]], cells[named[0]], strict=True)]
    return {name: both if name == named[0] else column for name, column in cells.items() if name != split[0]}


def _is_split(value: str) -> bool:
    return meaning_of(value).split is not None and len(words(value)) == 1


def _by_run(cells: dict[str, list[Any]]) -> dict[str, list[int] | None]:
    """Return the rows of each run by its name, in order of appearance; None: all rows, of the only one."""
    for name, column in cells.items():
        named = set(words(name))
        if (
            not named & RUN_WORDS
            or meaning_of(name).kind
            or counts(name)
            or len(named) > 2
            or len(set(map(str, column))) < 2
        ):
            continue
        rows: dict[str, list[int]] = {}
        for at, cell in enumerate(column):
            rows.setdefault(str(cell).strip(), []).append(at)
        if 2 <= len(rows) <= 200 and min(map(len, rows.values())) >= 2:
            return {run if _texts(column) else f"{name} {run}": list(rows_of_run) for run, rows_of_run in rows.items()}
    return {"": None}


def check(columns: dict[str, Array], bad: dict[str, str], roles: dict[str, str]) -> None:
    """Raise the sentence on a column that has a role and a cell that is no number."""
    for name in roles.values():
        if name in bad:
            raise CurveError(bad[name])
