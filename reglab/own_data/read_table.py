"""A table as it is given, read to columns of cells: CSV text, bytes, a file, columns, rows or a data frame.

A column is an array of float64 with NaN, of truth values, of days (`datetime64`, NaT is missing), or of text with None
where a cell is missing. What its values mean is decided in `reglab.own_data.columns`.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime
import io
import json
import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data import MAX_COLUMNS, MAX_ROWS
from reglab.own_data.targets import categories
from reglab.own_data.targets import missing as _is_none

__all__ = [
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Cells",
    "Table",
    "as_text",
    "is_missing",
    "is_plain_number",
    "read_table",
]

Cells: TypeAlias = NDArray[Any]
Row: TypeAlias = tuple[int, list[str]]  # the line in which it ends, and its cells

MAX_BYTES = 100_000_000
SAMPLE = 50  # rows that tell the separator
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
CUTS = [separator for separator in SEPARATORS if separator != " "]  # a blank cuts where none of these does
MISSING = frozenset(  # in any case
    {
        *("", "na", "n/a", "nan", "nat", "null", "none", "<na>", "?", "-", "--", "–", "—", "."),
        *("#n/a", "#n/a n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"),  # of spreadsheets
    }
)
MAX_LINES = 10 * MAX_ROWS  # with blank ones
TITLES = 5  # lines above the header, at most
RAGGED = 0.1  # of the rows may have another number of cells than the header, and are left out
ASKED = "CSV text, its bytes, a path, a mapping of columns, a list of rows as mappings or a data frame"
NO_TEXT = {
    b"PK\x03\x04": "a zip archive, such as an Excel workbook: save the table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the table as CSV",
    b"\x1f\x8b": "a gzip archive: unpack it",
    b"PAR1": "a Parquet file: read it with a library for it, and hand in the data frame",
    b"\x93NUMPY": "a NumPy array: hand it to Dataset.from_arrays",
    b"%PDF": "a PDF",
}
NO_CSV = {  # how text begins that is no table, in small letters
    "<!doctype": "a web page: save the table in it as CSV",
    "<html": "a web page: save the table in it as CSV",
    "<table": "HTML: save the table in it as CSV",
    "<?xml": "XML: save the table in it as CSV",
}
SEPARATOR_TOLD = re.compile(r"\s*\"?sep=(?P<separator>[,;|\t])\"?\r?\n", re.IGNORECASE)  # a first line of Excel's
MARKS = {  # at the beginning of a file; the longer before what they begin with
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, and sentences on how they were read.

    Attributes
    ----------
    columns : dict of str to array of shape (n_rows,)
    notes : tuple of str
    orders : dict of str to tuple of str
        Of columns that were handed in as categories, these in their order.
    decimal_commas : bool
        Whether a comma in a number is likely a decimal comma, as where semicolons separate the cells.
    """

    columns: dict[str, Cells]
    notes: tuple[str, ...] = ()
    decimal_commas: bool = False
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return next((len(cells) for cells in self.columns.values()), 0)


def read_table(source: Any, named: Sequence[str] = (), *, name: str = "source", unread: Collection[str] = ()) -> Table:
    r"""Read a table.

    Parameters
    ----------
    source : str, bytes, path, open file, mapping, sequence of mappings or data frame
        Text of one line is a path. Of CSV, the separator, the encoding, and whether there is a header are found out.
    named : sequence of str
        Columns that there are: a first row that holds all of them is the header.
    name : str
        What errors call the source.
    unread : collection of str
        Columns whose cells may be of any kind, and are not read: they count as missing.

    Raises
    ------
    ValueError
        If there is no table in it, or one of more than `MAX_ROWS` rows or `MAX_COLUMNS` columns.

    Examples
    --------
    >>> table = read_table("mass;sex\n3,5;m\n4,1;f\n")
    >>> table.columns["sex"].tolist()
    ['m', 'f']
    >>> table.notes
    ('The cells are separated by semicolons.',)
    """
    if callable(getattr(source, "read", None)):
        source = _content_of_file(name, source)
    if callable(getattr(source, "to_pydict", None)):  # an Arrow table
        _bounded(name, len(source), len(getattr(source, "column_names", ())))
        source = source.to_pydict()
    if isinstance(source, (str, bytes, bytearray, memoryview, os.PathLike)):
        text, notes = _text(name, source)
        return _from_csv(name, text, named, notes)
    if isinstance(source, Mapping):
        return _from_columns(name, dict(islice(source.items(), MAX_COLUMNS + 1)), unread)
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        names = checks.several(f"{name}'s columns", source.columns, most=checks.MANY)
        twice = [column for column, count in Counter(map(str, names)).items() if count > 1]
        if twice:
            raise ValueError(f"{name} must have another name for each column, got {checks.shown(twice[0])} twice")
        _bounded(name, len(source), len(names))
        return _from_columns(name, {each: source[each] for each in names}, unread)
    if isinstance(source, np.ndarray) or not isinstance(source, Sequence):
        arrays = ": arrays are for Dataset.from_arrays" if hasattr(source, "__array__") else ""
        raise ValueError(f"{name} must be {ASKED}, got {checks.shown(source)}{arrays}")
    return _from_rows(name, source, unread)


def as_text(cells: Cells) -> Cells:
    """Return cells of any kind as text, None where one is missing, whole numbers without a point.

    Examples
    --------
    >>> as_text(np.array([1.0, 2.5, np.nan])).tolist()
    ['1', '2.5', None]
    """
    return cells if cells.dtype.kind == "O" else _as_text(cells.astype(object))


def is_missing(cell: str) -> bool:
    """Tell whether text stands for a missing value.

    Examples
    --------
    >>> is_missing("n/a"), is_missing(" "), is_missing("0")
    (True, True, False)
    """
    return cell.strip().lower() in MISSING


def is_plain_number(cell: str) -> bool:
    """Tell whether text is a number with a decimal point, if any.

    Examples
    --------
    >>> is_plain_number(" -1.5e3"), is_plain_number("1,5"), is_plain_number("1_000"), is_plain_number("nan")
    (True, False, False, False)
    """
    if not cell.isascii() or "_" in cell or not any(map(str.isdigit, cell)):
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _bounded(name: str, rows: int, columns: int) -> None:
    for count, most, what in ((columns, MAX_COLUMNS, "columns"), (rows, MAX_ROWS, "rows")):
        if count > most:
            raise ValueError(f"{name} must have at most {most} {what}, got {count}")


# --- text -----------------------------------------------------------------------------------------------


def _text(name: str, source: Any) -> tuple[str, list[str]]:
    """Return the text of a source, and what its encoding was if it was none of today's."""
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        return source.removeprefix("\ufeff"), []
    if isinstance(source, (str, os.PathLike)):
        source = _content(name, source)
    content = bytes(source)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{name} must be of at most {MAX_BYTES} bytes, got {len(content)}")
    for mark, what in NO_TEXT.items():
        if content.startswith(mark):
            raise ValueError(f"{name} must be CSV text, got {what}")
    encoding = next((encoding for mark, encoding in MARKS.items() if content.startswith(mark)), None)
    head = content[:1000]
    if encoding is None and head.count(0) > len(head) / 4:  # every other byte of Latin letters in UTF-16
        encoding = "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    for each, said in ((encoding or "utf-8", ""), ("cp1252", "Windows-1252"), ("latin-1", "Latin-1")):
        try:
            text = content.decode(each)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, [f"The text is no UTF-8, and was read as {said}."] if said else []
    raise ValueError(f"{name} must be CSV text, got bytes that are no text")


def _content_of_file(name: str, file: Any) -> Any:
    """Return what an open file holds, text or bytes, as text that is no path."""
    try:
        content = file.read(MAX_BYTES + 1)
    except Exception as error:  # whatever the file's own reading raises
        raise ValueError(f"{name} must be {ASKED}, got {checks.shown(file)}: {checks.shown(str(error))}") from None
    if isinstance(content, str):
        return f"{content}\n"
    if isinstance(content, bytes):
        return content
    raise ValueError(f"{name} must be {ASKED}, got {checks.shown(file)}, which holds neither text nor bytes")


def _content(name: str, path: Any) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no path"
        raise ValueError(f"{name} must be {ASKED}, got {checks.shown(path)}: {why}") from None


def _is_json(text: str) -> bool:
    first = text.lstrip()[:1]
    if not first or first not in "[{":
        return False
    for part in (text, text.lstrip().partition("\n")[0]):  # or JSON lines, of which the first is one
        with contextlib.suppress(ValueError, RecursionError):
            return isinstance(json.loads(part), (list, dict))
    return False


def _from_csv(name: str, text: str, named: Sequence[str], notes: list[str]) -> Table:
    lines = text.count("\n") + text.count("\r") - text.count("\r\n")
    if lines > MAX_LINES:
        raise ValueError(f"{name} must have at most {MAX_LINES} lines, got {lines}")
    begins = text[:100].lstrip().lower()
    what = next((what for mark, what in NO_CSV.items() if begins.startswith(mark)), "")
    if what or _is_json(text):
        raise ValueError(f"{name} must be CSV text, got {what or 'JSON: hand in its rows as a list of mappings'}")
    separator, rows = _rows(name, text)
    if not rows:
        raise ValueError(f"{name} must have rows, got text without any")
    if separator != ",":
        notes.append(f"The cells are separated by {SEPARATORS[separator]}.")
    width = Counter(len(row) for _, row in rows).most_common(1)[0][0]
    rows = _below_titles(rows, width, named, notes)
    with_header = _has_header(rows, named)
    if with_header:
        width = len(rows[0][1])
        again = [at for at in range(1, len(rows)) if rows[at][1] == rows[0][1]]
        if again:
            rows = [row for at, row in enumerate(rows) if at not in set(again)]
            what = "1 row repeats" if len(again) == 1 else f"{len(again):,} rows repeat"
            notes.append(f"{what} the header, and {'is' if len(again) == 1 else 'are'} left out.")
    whole = [row for _, row in rows if len(row) == width]
    ragged = [(line, len(row)) for line, row in rows if len(row) != width]
    if ragged:
        (line, count), other = ragged[0], "the header" if with_header else "most"
        where = f"the row that ends in line {line} has {count} cells and {other} {width}"
        if len(ragged) > RAGGED * len(rows):
            raise ValueError(f"{name} must have as many cells in every row, and {where}")
        what = "1 row has" if len(ragged) == 1 else f"{len(ragged)} rows have"
        notes.append(f"{what} another number of cells and {'is' if len(ragged) == 1 else 'are'} left out: {where}.")
    names = _names(whole.pop(0)) if with_header else [f"column {at}" for at in range(1, width + 1)]
    if not with_header:
        notes.append("The first row is data like the others: the columns are named by their number, from column 1.")
    if not whole:
        raise ValueError(f"{name} must have rows below its header, got none")
    columns = {each: _cells(cells) for each, cells in zip(names, zip(*whole, strict=True), strict=True)}
    return Table(columns, tuple(notes), decimal_commas=separator == ";")


def _below_titles(rows: list[Row], width: int, named: Sequence[str], notes: list[str]) -> list[Row]:
    """Return the rows from the header on: above it there may be a title, a line with one cell that is no number."""

    def is_title(row: list[str]) -> bool:
        cells = [cell.strip() for cell in row if cell.strip()]
        alone = len(cells) == 1 and (len(row) < width or width > 2)
        return alone and not is_plain_number(cells[0]) and not (named and set(named) <= set(cells))

    above = 0
    while width > 1 and above < min(TITLES, len(rows) - 2) and is_title(rows[above][1]):
        above += 1
    if above and not is_title(rows[above][1]):
        what = "1 line stands" if above == 1 else f"{above} lines stand"
        notes.append(f"{what} above the header, and {'is' if above == 1 else 'are'} left out.")
        return rows[above:]
    return rows


def _rows(name: str, text: str) -> tuple[str, list[Row]]:
    """Return the separator, and the rows that have anything in them with the line in which each ends."""
    if first := SEPARATOR_TOLD.match(text):
        separator = first["separator"]
        return separator, _all_rows(name, "\n" + text[first.end() :], separator)  # lines count on
    samples: dict[str, list[tuple[int, list[str]]]] = {}
    for each in SEPARATORS:
        with contextlib.suppress(ValueError):  # one cell of all the text, say, which another separator cuts
            samples[each] = _parse(name, text, each, SAMPLE)

    def fit(separator: str) -> tuple[float, int]:
        counts = Counter(len(row) for _, row in samples.get(separator, []))
        width, times = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        return (times / sum(counts.values()), width) if width > 1 else (0.0, width)

    separator = max(CUTS, key=fit)
    if fit(separator) == (0.0, 1) and _is_cut_by_blanks(samples.get(" ", [])):
        separator = " "
    return separator, _all_rows(name, text, separator)


def _is_cut_by_blanks(rows: list[Row]) -> bool:
    """Tell whether blanks cut all rows into as many cells, and below the first one some column holds numbers."""
    widths = {len(row) for _, row in rows}
    if len(rows) < 3 or len(widths) != 1 or widths == {1}:
        return False
    return any(all(map(is_plain_number, cells)) for cells in zip(*(row for _, row in rows[1:]), strict=True))


def _all_rows(name: str, text: str, separator: str) -> list[Row]:
    _bounded(name, 0, max((len(row) for _, row in _parse(name, text, separator, SAMPLE)), default=0))
    rows = _parse(name, text, separator, MAX_ROWS + 2)
    if len(rows) > MAX_ROWS + 1:
        raise ValueError(f"{name} must have at most {MAX_ROWS} rows, got more")
    return rows


def _parse(name: str, text: str, separator: str, most: int) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append((reader.line_num, row))
            if len(rows) == most:
                break
    except csv.Error:
        longest = csv.field_size_limit()
        raise ValueError(f"{name} must have cells of at most {longest} characters: a quote may be open") from None
    return rows


def _has_header(rows: list[Row], named: Sequence[str]) -> bool:
    """Tell names from data: names are no numbers, and do not occur again below them but in a header that does."""
    first = [cell.strip() for cell in rows[0][1]]
    if named and set(named) <= set(first):
        return True
    below = [row for _, row in rows[1:] if len(row) == len(first)]
    others = [row for row in below if row != rows[0][1]]
    over_numbers, again = _over(first, others)
    if any(over_numbers) and not any(again):
        return True
    over_numbers, again = _over(first, below)
    return any(over_numbers) or not (any(map(is_plain_number, first)) or 2 * sum(again) >= max(len(first), 1))


def _over(first: list[str], below: list[list[str]]) -> tuple[list[bool], list[bool]]:
    """Return which cells of the first row are words above numbers, and which occur again below them."""
    columns = [[cell.strip() for cell in cells if not is_missing(cell)] for cells in zip(*below, strict=True)]
    if not columns:
        return [], []
    over_numbers = [
        bool(cell and not is_plain_number(cell) and not is_missing(cell) and cells) and all(map(is_plain_number, cells))
        for cell, cells in zip(first, columns, strict=True)
    ]
    return over_numbers, [cell in cells for cell, cells in zip(first, columns, strict=True)]


def _names(header: list[str]) -> list[str]:
    """Return a name for each column, no two alike."""
    names: list[str] = []
    for at, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {at}"
        again = 2
        unique = name
        while unique in names:
            unique, again = f"{name} ({again})", again + 1
        names.append(unique)
    return names


# --- columns --------------------------------------------------------------------------------------------


def _from_columns(name: str, given: Mapping[Any, Any], unread: Collection[str] = ()) -> Table:
    _bounded(name, 0, len(given))
    columns = {
        str(each): _nothing(values) if str(each) in unread else _column(name, str(each), values)
        for each, values in given.items()
    }
    orders = {str(each): order for each, values in given.items() if (order := categories(values)) is not None}
    lengths = {each: len(cells) for each, cells in columns.items()}
    if not lengths or not max(lengths.values()):
        raise ValueError(f"{name} must have rows, got none")
    first, n_rows = next(iter(lengths.items()))
    for each, length in lengths.items():
        if length != n_rows:
            unequal = f"{checks.shown(first)} has {n_rows} and {checks.shown(each)} {length}"
            raise ValueError(f"{name} must have as many rows in every column, and {unequal}")
    _bounded(name, n_rows, len(columns))
    return Table(columns, orders=orders)


def _nothing(values: Any) -> Cells:
    return np.full(min(len(values), MAX_ROWS + 1) if hasattr(values, "__len__") else 0, None, object)


def _from_rows(name: str, rows: Sequence[Any], unread: Collection[str] = ()) -> Table:
    listed = checks.several(name, rows, 1, MAX_ROWS, "row")
    names: dict[Any, None] = {}
    for row in listed:
        if not isinstance(row, Mapping):
            raise ValueError(f"{name} must be {ASKED}, got a row that is {checks.shown(row)}")
        names |= dict.fromkeys(islice(row, MAX_COLUMNS + 1))
        _bounded(name, len(listed), len(names))
    return _from_columns(name, {each: [row.get(each) for row in listed] for each in names}, unread)


def _column(name: str, column: str, values: Any) -> Cells:
    """Return what somebody hands in as a column as cells."""
    asked = f"{name}'s column {checks.shown(column)} must hold numbers, text, dates or truth values"
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise ValueError(f"{asked}, one for each row, got {checks.shown(values)}")
    if len(values) > MAX_ROWS:
        raise ValueError(f"{name} must have at most {MAX_ROWS} rows, got {len(values)}")
    if str(getattr(values, "dtype", "")).lower().startswith("category"):  # codes, though they may be numbers
        return _as_text(np.array([None if _is_none(cell) else cell for cell in values], dtype=object))
    try:
        array = values.to_numpy() if hasattr(values, "to_numpy") else _array(values)
    except Exception:  # whatever the values' own conversion raises
        raise ValueError(f"{asked}, got {checks.shown(values)}") from None
    if array.ndim != 1:
        raise ValueError(f"{asked}, one for each row, got the shape {array.shape}")
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if array.dtype.kind in "b":
        return array
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]")
    if array.dtype.kind == "m":
        days = array / np.timedelta64(1, "D")
        return np.asarray(days, np.float64)
    if array.dtype.kind in "UT":
        return _cells(array.tolist())
    if array.dtype.kind == "O":
        return _from_objects(asked, array)
    raise ValueError(f"{asked}, got {checks.shown(values)}")


def _array(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray):
        return np.array([None if masked is np.ma.masked else masked for masked in values], dtype=object)
    if isinstance(values, (list, tuple)):
        array = np.empty(len(values), object)
        array[:] = values
        return array
    return np.asarray(values)


def _from_objects(asked: str, values: NDArray[Any]) -> Cells:
    """Return cells of one kind if all are of one kind, else of text."""
    there = [value for value in values if not _is_none(value)]
    if there and all(type(value).__name__ == "Period" for value in there):  # pandas', of which the first day counts
        values = np.array([None if _is_none(value) else value.to_timestamp() for value in values], dtype=object)
        there = [value for value in values if value is not None]
    if there and all(isinstance(value, (bool, np.bool_)) for value in there):
        if len(there) == len(values):
            return values.astype(bool)
        return np.array([None if _is_none(value) else str(bool(value)) for value in values], dtype=object)
    if all(isinstance(value, (Real, Decimal)) and not isinstance(value, bool) for value in there):
        try:
            return np.array([np.nan if _is_none(value) else float(value) for value in values], np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{asked}, got {checks.shown(there[0])}") from None
    if all(isinstance(value, (datetime.date, np.datetime64)) for value in there):
        return np.array([_day(None if _is_none(value) else value) for value in values], "datetime64[us]")
    for value in there:
        if not isinstance(value, (str, Real, Decimal, np.bool_, datetime.date, datetime.time)):
            raise ValueError(f"{asked}, got {checks.shown(value)}")
    return _as_text(values)


def _day(value: Any) -> np.datetime64:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us") if value is not None else np.datetime64("NaT", "us")


def _as_text(values: NDArray[Any]) -> Cells:
    return _cells([None if _is_none(value) else _said(value) for value in values])


def _said(value: Any) -> str:
    whole = isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer()
    return str(int(value)) if whole else str(value)


def _cells(texts: Sequence[str | None]) -> Cells:
    """Return text as cells, None for what stands for a missing value."""
    known: dict[str | None, str | None] = {None: None}
    for text in texts:
        if text is not None and text not in known:
            known[text] = None if is_missing(text) else " ".join(text.split())
    cells = np.empty(len(texts), object)
    cells[:] = [known[text] for text in texts]
    return cells
