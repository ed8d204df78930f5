"""What a table's columns are: numbers, truth values, dates or categories, or nothing to learn from.

Each kind is decided by a plain rule, in this order: text that is true or false, yes or no, is a truth value; text of
which nine cells in ten are numbers is a number, and so is text of many numbers and one other word, such as "k. A.";
text that all is times of day is a number of hours; text that all is dates of one way of writing is a date; other text
is a category. A column is left out where it is empty or has one value, where it is the same as one before it, where it
tells rows apart and nothing else (`is_identifier`), and where it is free text (`is_free_text`).
"""

from __future__ import annotations

import datetime
import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data.read_table import Cells, Table, as_text

__all__ = [
    "KINDS",
    "NUMBERS",
    "Reading",
    "apart",
    "is_free_text",
    "is_identifier",
    "listed",
    "parse",
    "points_group",
    "points_of",
    "readings",
    "unclear_points",
    "useless",
]

Array = NDArray[np.float64]

KINDS = ("number", "boolean", "date", "category")
NUMBERS = 0.9  # of the cells that are there: so many numbers make the others count as missing
MANY = 10  # different numbers, beside which one word that most cells may have stands for a missing one
TEXT_LENGTH = 30  # characters of free text on average, at least
ROWS_TO_TELL = 20  # a column of so few whole numbers may have no two alike by chance
TRUTHS = ({"true": 1.0, "false": 0.0}, {"yes": 1.0, "no": 0.0}, {"y": 1.0, "n": 0.0}, {"t": 1.0, "f": 0.0})
LARGEST = float(np.finfo(np.float32).max)
DATES = ("ISO 8601", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y")
DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(1970, 1, 1)

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
_EXPONENT = r"(?:[eE][-+]?\d{1,3})?"
NUMBER_STYLES = {
    "point": re.compile(rf"[-+]?(?:\d+\.?\d*|\.\d+){_EXPONENT}", re.ASCII),
    "thousands": re.compile(r"[-+]?(?:\d{1,3}|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?", re.ASCII),  # 1,234.5
    "comma": re.compile(rf"[-+]?(?:\d+|[1-9]\d{{0,2}}(?:\.\d{{3}})+)(?:,\d*)?{_EXPONENT}", re.ASCII),  # 1.234,5
    "grouped": re.compile(r"[-+]?(?:0|[1-9]\d{0,2}(?:\.\d{3})*|\d+)", re.ASCII),  # 1.234, without a comma
    "clock": re.compile(r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?", re.ASCII),  # 7:30, or 7:30:00
}
_GROUPS = re.compile(  # 1 234 567 or 1'234
    r"(?<![\w.,:])[1-9]\d{0,2}(?P<mark>[ '’])\d{3}(?:(?P=mark)\d{3})*(?![\d:])", re.ASCII
)
UNITS = (  # that may stand behind a number
    *("%", "‰", "€", "$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "ppm", "px"),
    *("kg", "g", "mg", "µg", "t", "lb", "lbs", "oz", "l", "L", "ml", "mL", "dl", "°", "°C", "°F"),
    *("km", "m", "cm", "mm", "µm", "nm", "ft", "m²", "m³", "km²", "ha", "km/h", "mph", "m/s"),
    *("h", "hrs", "min", "s", "sec", "ms", "days", "weeks", "months", "years", "Hz", "kHz", "MHz", "GHz", "rpm", "bpm"),
    *("Wh", "kWh", "kW", "MW", "mV", "mA", "cal", "kcal", "kJ", "Pa", "hPa", "kPa", "bar", "psi", "mmHg"),
    *("kB", "KB", "MB", "GB", "TB", "mg/dl", "mg/dL", "mmol/l", "mmol/L", "g/l"),
)
_SIGNS = "€$£¥₹"  # that may stand before a number
_WITH_UNIT = re.compile(
    rf"(?P<before>[{_SIGNS}])?\s*(?P<number>[-+]?[\d.,]*\d[\d.,]*{_EXPONENT})\s*"
    rf"(?P<after>{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})?",
    re.ASCII,
)
_GROUPED = re.compile(r"[-+]?(?:0|[1-9]\d{0,2}(?:\.\d{3})*)", re.ASCII)


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    style : str
        Of numbers in text one of `NUMBER_STYLES`, of dates in text one of `DATES`, else "".
    unit : str
        Of numbers in text that has one, such as "12.5 €", the unit, else "".
    """

    kind: str
    style: str = ""
    unit: str = ""


def readings(table: Table, points: bool | None = None) -> dict[str, Reading]:
    """Return how each column of a table is read.

    Where each point of a column stands before groups of three digits, it groups thousands if other columns have decimal
    commas, or `points` says so, or if none has a decimal point and some cell of the column is below 1000.

    Examples
    --------
    >>> cells = np.array(["1,5", "2", None], dtype=object)
    >>> readings(Table({"a": cells, "b": np.array([True, False, True])}))
    {'a': Reading(kind='number', style='comma', unit=''), 'b': Reading(kind='boolean', style='', unit='')}
    """
    bare = {name: _without_unit(cells) for name, cells in table.columns.items()}
    given, table = table, replace(table, columns={name: cells for name, (cells, _) in bare.items()})
    styles = {name: _styles(cells) for name, cells in table.columns.items()}
    unmistakable = {possible[0] for possible in styles.values() if len(possible) == 1}
    commas = "comma" in unmistakable or ("thousands" not in unmistakable and table.decimal_commas)
    by_column = {name: _reading(table.columns[name], styles[name], commas) for name in table.columns}
    for name, (_, unit) in bare.items():
        if unit and by_column[name].kind != "number":
            table.columns[name] = given.columns[name]
            by_column[name] = _reading(given.columns[name], (), commas)
    group = points_group(table, by_column) if points is None else points
    least = ("some", "all") if group else ("some",) if group is None else ()
    pointed = {name: points_of(table.columns[name]) for name in by_column if by_column[name].style == "point"}
    by_column |= {name: Reading("number", "grouped") for name, which in pointed.items() if which in least}
    units = {name: unit for name, (_, unit) in bare.items() if unit and by_column[name].kind == "number"}
    return by_column | {name: replace(by_column[name], unit=unit) for name, unit in units.items()}


def apart(columns: dict[str, Cells], read: dict[str, Reading]) -> list[str]:
    """Return the columns, read so, in whose numbers a blank or an apostrophe groups thousands.

    Examples
    --------
    >>> columns = {"a": np.array(["1 234", "950"], object)}
    >>> apart(columns, readings(Table(columns)))
    ['a']
    """
    numbers = [name for name, cells in columns.items() if read[name].kind == "number" and cells.dtype.kind == "O"]
    texts = {name: set(columns[name].tolist()) - {None} for name in numbers}
    return [name for name in numbers if any(_ungrouped(text) != text for text in texts[name])]


def points_group(table: Table, read: dict[str, Reading]) -> bool | None:
    """Return whether points group thousands, as they do beside decimal commas; None where no column tells it.

    Examples
    --------
    >>> table = Table({"a": np.array(["1.5", "2.093"], object)})
    >>> points_group(table, readings(table))
    False
    """
    styles = {reading.style for reading in read.values()}
    if "comma" in styles or "grouped" in styles:
        return True
    return False if "thousands" in styles or any(map(_has_decimal_point, table.columns.values())) else None


def unclear_points(table: Table, read: dict[str, Reading]) -> list[str]:
    """Return the columns, read so, whose points were taken for decimal points though nothing tells that they are.

    Examples
    --------
    >>> table = Table({"a": np.array(["1.435", "2.093"], object)})
    >>> unclear_points(table, readings(table))
    ['a']
    """
    if points_group(table, read) is False:
        return []
    return [name for name, cells in table.columns.items() if read[name].style == "point" and points_of(cells)]


def points_of(cells: Cells) -> str:
    """Return whether all or some numbers of a column have a point, where each stands before groups of three digits.

    Examples
    --------
    >>> [points_of(np.array(cells, object)) for cells in (["1.435", "2.093"], ["987", "1.435"], ["1.4", "1.435"])]
    ['all', 'some', '']
    """
    if cells.dtype.kind != "O":
        return ""
    texts = {_bare(text) for text in cells.tolist() if text is not None}
    numbers = {text for text in texts if NUMBER_STYLES["point"].fullmatch(text)}
    pointed = sum("." in text for text in numbers)
    if not pointed or not all(map(_GROUPED.fullmatch, numbers)):
        return ""
    return "all" if pointed == len(numbers) else "some"


def parse(reading: Reading, cells: Cells) -> tuple[Cells, tuple[str, ...]]:
    """Return the values of cells, and those that are none of this kind, which are missing.

    Parameters
    ----------
    reading : Reading
    cells : array of shape (n,)

    Returns
    -------
    array of shape (n,)
        Text and None for a category; else float64 and NaN: a truth value is 0 or 1, a date the days since 1970.
    tuple of str
        The cells that could not be read, one for each row, as text.

    Examples
    --------
    >>> parse(Reading("number", "comma"), np.array(["1,5", "many", None], dtype=object))
    (array([1.5, nan, nan]), ('many',))
    """
    if reading.kind == "category":
        return as_text(cells), ()
    if cells.dtype.kind == "M" and reading.kind == "date":
        days = (cells - np.datetime64(EPOCH)) / np.timedelta64(1, "D")
        return np.asarray(days, np.float64), ()
    if cells.dtype.kind in "fb" and reading.kind != "date":
        values = cells.astype(np.float64)
        fits = np.abs(values) <= LARGEST if reading.kind == "number" else np.isin(values, (0, 1))
        odd = tuple(str(value) for value in values[~fits & ~np.isnan(values)])
        return np.where(fits, values, np.nan), odd
    texts = as_text(cells).tolist()
    read = _reader(reading)
    known: dict[str | None, float] = {text: read(text) for text in set(texts) - {None}}
    wrong = {text for text, value in known.items() if value != value}  # NaN
    known[None] = math.nan
    odd = tuple(text for text in texts if text in wrong) if wrong else ()
    return np.array([known[text] for text in texts], np.float64), odd


def useless(columns: dict[str, tuple[str, Cells]]) -> dict[str, str]:
    """Return the columns to leave out, and why.

    Parameters
    ----------
    columns : dict of str to (str, array)
        Of each column the kind, and its values as `parse` returns them.

    Returns
    -------
    dict of str to str
        Such as {"id": "identifier"}: "empty", "constant", "identifier", "free text" or "the same as " another.

    Examples
    --------
    >>> useless({"a": ("number", np.array([1.0, 2.0])), "b": ("number", np.array([1.0, 2.0]))})
    {'b': "the same as 'a'"}
    """
    reasons: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for name, (kind, values) in columns.items():
        content = _content(values)
        if _is_constant(values):
            reasons[name] = "empty" if values[0] is None or values[0] != values[0] else "constant"
        elif content in seen:
            reasons[name] = f"the same as {checks.shown(seen[content])}"
        elif is_free_text(kind, values):
            reasons[name] = "free text"
        elif is_identifier(kind, values):
            reasons[name] = "identifier"
        else:
            seen[content] = name
    return reasons


def is_identifier(kind: str, values: Cells) -> bool:
    """Tell whether a column has another value in every row, and these are text or whole numbers in a row.

    A few of the numbers may be left out: there are at most twice as many from the first to the last.

    Examples
    --------
    >>> is_identifier("number", np.arange(100.0)), is_identifier("number", np.arange(100.0) ** 2)
    (True, False)
    """
    if kind == "category":
        return None not in values and len(set(values.tolist())) == len(values)
    if kind != "number" or len(values) < ROWS_TO_TELL or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    return len(np.unique(values)) == len(values) and float(np.ptp(values)) < 2 * len(values)


def is_free_text(kind: str, values: Cells) -> bool:
    """Tell whether a column is long text, at least `TEXT_LENGTH` characters on average, more than half of it unlike.

    Examples
    --------
    >>> is_free_text("category", np.array([f"What I wrote on the day number {day}" for day in range(9)], dtype=object))
    True
    """
    texts = [text for text in values if text is not None] if kind == "category" else []
    if not texts:
        return False
    return 2 * len(set(texts)) > len(texts) and sum(map(len, texts)) >= TEXT_LENGTH * len(texts)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names as they stand in a sentence, at most so many of them.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed("abcd", 2)
    ("'a', 'b' and 'c'", "'a', 'b' and 2 more")
    """
    said = [checks.shown(name) for name in names]
    said = said if len(said) <= most else [*said[:most], f"{len(said) - most} more"]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


# --- deciding -------------------------------------------------------------------------------------------


def _without_unit(cells: Cells) -> tuple[Cells, str]:
    """Return text without marks between thousands and without the unit of its numbers, where most cells have one."""
    if cells.dtype.kind != "O":
        return cells, ""
    cells = _without_marks(cells)
    times = Counter(cells.tolist())
    del times[None]
    units: Counter[str] = Counter()
    for text, count in times.items():
        units[_unit(text)] += count
    unit, most = units.most_common(1)[0] if units else ("", 0)
    if not unit or most < NUMBERS * times.total():
        return cells, ""
    bare = np.empty(len(cells), object)
    bare[:] = [None if text is None else _bare(text, unit) for text in cells.tolist()]
    return bare, unit


def _without_marks(cells: Cells) -> Cells:
    texts = cells.tolist()
    known = {text: _ungrouped(text) for text in set(texts) if text is not None}
    if all(text == bare for text, bare in known.items()):
        return cells
    bare = np.empty(len(texts), object)
    bare[:] = [None if text is None else known[text] for text in texts]
    return bare


def _ungrouped(text: str) -> str:
    """Return text in which no blank or apostrophe stands between the thousands of its number."""
    if (" " not in text and "'" not in text and "’" not in text) or len(text) > 60:
        return text
    number = _GROUPS.search(text)
    if number is None:
        return text
    return text[: number.start()] + number[0].replace(number["mark"], "") + text[number.end() :]


def _unit(text: str) -> str:
    """Return the unit of a number, such as "%" of "5 %", nothing of other text."""
    number = _WITH_UNIT.fullmatch(text) if len(text) <= 60 else None
    if number is None or (number["before"] and number["after"]):
        return ""
    return number["before"] or number["after"] or ""


def _bare(text: str, unit: str = "") -> str:
    """Return a number without its unit, or without this one; other text as it is."""
    text = _ungrouped(text)
    beside = _unit(text)
    number = _WITH_UNIT.fullmatch(text) if beside and beside == (unit or beside) else None
    return number["number"] if number else text


def _styles(cells: Cells) -> tuple[str, ...]:
    """Return the styles in which most cells of text are numbers: two where none of them tells which it is."""
    if cells.dtype.kind != "O":
        return ()
    times = Counter(cells.tolist())
    del times[None]
    total, counts = times.total(), {}
    for style in ("point", "thousands", "comma"):
        pattern = NUMBER_STYLES[style]
        counts[style] = sum(count for text, count in times.items() if pattern.fullmatch(text))
        if style == "point" and counts[style] == total:
            break
    most = max(counts.values())
    if most < max(1, NUMBERS * total) and not _is_marked(times, total - most):
        return ()
    commonest = tuple(style for style, count in counts.items() if count == most)
    return ("point",) if "point" in commonest else commonest


def _is_marked(times: Counter[str], odd: int) -> bool:
    """Tell whether all texts but one are numbers, many different ones, and that one has no digit: what is missing."""
    patterns = [NUMBER_STYLES[style] for style in ("point", "thousands", "comma")]
    others = [text for text in times if not any(pattern.fullmatch(text) for pattern in patterns)]
    alone = len(others) == 1 and times[others[0]] == odd  # the numbers are of one style
    return alone and len(times) > MANY and not any(map(str.isdigit, others[0]))


def _has_decimal_point(cells: Cells) -> bool:
    texts = set(cells.tolist()) - {None} if cells.dtype.kind == "O" else set()
    pointed = [text for text in texts if "." in text and NUMBER_STYLES["point"].fullmatch(text)]
    return any(not NUMBER_STYLES["comma"].fullmatch(text) for text in pointed)


def _reading(cells: Cells, styles: tuple[str, ...], commas: bool) -> Reading:
    if cells.dtype.kind != "O":
        return Reading({"f": "number", "b": "boolean", "M": "date"}[cells.dtype.kind])
    texts = set(cells.tolist()) - {None}
    lower = {text.lower() for text in texts}
    if lower and any(lower <= truths.keys() for truths in TRUTHS):
        return Reading("boolean")
    if styles:
        return Reading("number", "comma" if "comma" in styles and (commas or len(styles) == 1) else styles[0])
    if texts and all(map(NUMBER_STYLES["clock"].fullmatch, texts)):
        return Reading("number", "clock")
    for style in DATES if texts else ():
        read = _reader(Reading("date", style))
        if not any(math.isnan(read(text)) for text in texts):
            return Reading("date", style)
    return Reading("category")


def _reader(reading: Reading) -> Callable[[str], float]:
    """Return what reads a cell's text: its number, NaN where it is none."""
    if reading.kind == "boolean":
        truths = {word: value for pair in TRUTHS for word, value in pair.items()} | {"1": 1.0, "0": 0.0}
        return lambda text: truths.get(text.lower(), math.nan)
    if reading.kind == "number":
        if reading.unit:
            return lambda text: _number(_bare(text, reading.unit), reading.style or "point")
        return lambda text: _number(text, reading.style or "point")
    return lambda text: _days(text, reading.style or "ISO 8601")


def _number(text: str, style: str) -> float:
    text = _ungrouped(text)
    if not NUMBER_STYLES[style].fullmatch(text):
        return math.nan
    if style == "clock":
        return sum(float(part) / 60.0**at for at, part in enumerate(text.split(":")))
    if style in ("comma", "grouped"):
        text = text.replace(".", "").replace(",", ".")
    value = float(text.replace(",", ""))
    return value if abs(value) <= LARGEST else math.nan


def _days(text: str, style: str) -> float:
    """Return the days since 1970 of a date, maybe with a time behind a blank or a T."""
    if len(text) > 40 or not text[:1].isdigit():
        return math.nan
    try:
        if style == "ISO 8601" or _ISO.match(text):  # which nothing else is written like, but %Y-%m-%d itself
            moment = datetime.datetime.fromisoformat(text)
        else:
            date, _, time = text.replace("T", " ").partition(" ")
            moment = datetime.datetime.strptime(date, style)
            if time:
                moment = datetime.datetime.combine(moment, datetime.time.fromisoformat(time))
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return math.nan
    return (moment - EPOCH) / DAY


def _is_constant(values: Cells) -> bool:
    if values.dtype.kind == "O":
        return len(set(values.tolist())) == 1
    return bool(np.isnan(values).all() or (values == values[0]).all())


def _content(values: Cells) -> bytes:
    """Return a checksum that two columns share where all their values are equal."""
    if values.dtype.kind == "O":
        content = repr(values.tolist()).encode()
    else:
        content = np.where(np.isnan(values), np.nan, values + 0.0).tobytes()  # one zero, and one NaN
    return hashlib.sha256(content).digest()
