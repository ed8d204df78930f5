"""Rows of a table as numbers: what the pool decides once, and what each seed learns of its own training rows.

The pool decides which columns there are. A number, truth value or date is one column, and where the pool has missing
ones a second, 1 where it is missing. A category is one column for each value that the pool has in at least `RARE` rows
(a missing one is a value too), and one for all others. What is missing stays NaN here: a seed's `Filling`, learnt of
its training rows alone, puts their median there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data.columns import KINDS, Reading, listed, parse
from reglab.own_data.read_table import Cells, read_table

__all__ = ["MAX_CATEGORIES", "RARE", "Encoding", "Filling", "Part", "is_rounded"]

Array = NDArray[np.float32]

RARE = 3  # a category of fewer training rows is merged with the others of its kind
MAX_MARKERS = 100
MAX_CATEGORIES = 50  # columns of one category: the values that most rows of the pool have


@dataclass(frozen=True)
class Part:
    """A column of the table, and the columns that are made of it.

    Attributes
    ----------
    name : str
    kind, style : str
        As of a `Reading`.
    first : float
        What is subtracted: of a date its first day since 1970, of numbers that float32 would round their smallest.
    categories : tuple of str or None
        The values that have columns of their own; None is a missing one.
    indicator : bool
        Of what is no category, whether there is a column for what is missing.
    unit : str
        As of a `Reading`.
    missing : tuple of str
        Cells of the pool that could not be read and count as missing, at most `MAX_MARKERS` different ones.
    """

    name: str
    kind: str
    style: str = ""
    first: float = 0.0
    categories: tuple[str | None, ...] = ()
    indicator: bool = False
    missing: tuple[str, ...] = ()
    unit: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that are made of it."""
        if self.kind == "category":
            columns = [
                f"{self.name} missing" if category is None else f"{self.name}: {category}"
                for category in self.categories
            ]
            return (*columns, f"{self.name} other")
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    @classmethod
    def of(cls, name: str, reading: Reading, values: Cells, odd: tuple[str, ...] = ()) -> Part:
        """Return the part that the pool's values decide."""
        if reading.kind == "category":
            often = [(category, count) for category, count in Counter(values.tolist()).most_common() if count >= RARE]
            categories = sorted(
                (category for category, _ in often[:MAX_CATEGORIES]),
                key=lambda category: (category is None, category or ""),
            )
            return cls(name, "category", categories=tuple(categories))
        first = float(np.floor(np.nanmin(values))) if reading.kind == "date" or is_rounded(values) else 0.0
        markers = tuple(sorted(set(odd))[:MAX_MARKERS])
        return cls(name, reading.kind, reading.style, first, (), bool(np.isnan(values).any()), markers, reading.unit)

    def encode(self, values: Cells) -> Array:
        """Return values as `parse` makes them in the columns of this part, shape (n, columns)."""
        if self.kind == "category":
            at = {category: column for column, category in enumerate(self.categories)}
            columns = np.array([at.get(value, len(at)) for value in values], np.intp)
            return np.eye(len(at) + 1, dtype=np.float32)[columns]
        numbers = (values - self.first).astype(np.float32)
        missing = np.isnan(numbers).astype(np.float32)
        return np.stack([numbers, missing] if self.indicator else [numbers], axis=1)


def _is_column(cells: Any) -> bool:
    return hasattr(cells, "__len__") and not isinstance(cells, (str, bytes))


def is_rounded(values: NDArray[np.float64]) -> bool:
    """Tell whether float32 keeps fewer than 1000 steps of numbers from the least to the largest, which differ.

    Examples
    --------
    >>> is_rounded(1.7e9 + np.arange(100.0)), is_rounded(np.arange(100.0))
    (True, False)
    """
    there = values[np.isfinite(values)]
    if not there.size or there.min() == there.max():
        return False
    return bool(np.spacing(np.float32(np.abs(there).max())) * 1000.0 > np.ptp(there))


@dataclass(frozen=True, eq=False)
class Filling:
    """What one seed learns of its training rows: what stands where a number is missing, and which columns are used.

    Attributes
    ----------
    value : float32 array of shape (columns,)
        What a missing number becomes: the median of the training rows that have one. Of a column that is not used, what
        stands there in every row.
    used : bool array of shape (columns,)
        Not used is what the training rows cannot teach: a category that fewer than `RARE` of them have, which counts as
        one of the others, and a column that is the same in all of them.
    other : int array of shape (columns,)
        Of a category's column, the number of the column for all others; of the others their own.
    """

    value: Array
    used: NDArray[np.bool_]
    other: NDArray[np.int64]

    @property
    def numbers(self) -> Array:
        """What is learnt as one array, of shape (2, columns), of which `Encoding.filling` makes it again."""
        return np.stack([self.value, self.used.astype(np.float32)])

    def apply(self, x: Array) -> Array:
        """Return rows without anything missing, shape (n, columns)."""
        return np.where(self.used, self._merged(np.where(np.isnan(x), self.value, x)), self.value)

    def _merged(self, x: Array) -> Array:
        for column in np.flatnonzero(~self.used & (self.other != np.arange(len(self.other)))):
            x[:, self.other[column]] += x[:, column]
            x[:, column] = 0
        return x


@dataclass(frozen=True)
class Encoding:
    """How rows of a table become numbers.

    Attributes
    ----------
    parts : tuple of Part
        The columns of the table that are used, in their order.
    left_out : tuple of (str, str)
        The others, and why.

    Examples
    --------
    >>> encoding = Encoding((Part("mass", "number", indicator=True), Part("sex", "category", categories=("f", "m"))))
    >>> encoding.names
    ('mass', 'mass missing', 'sex: f', 'sex: m', 'sex other')
    >>> encoding.encode({"mass": [3.5, None], "sex": ["m", "unknown"]}).tolist()
    [[3.5, 0.0, 0.0, 1.0, 0.0], [nan, 1.0, 0.0, 0.0, 1.0]]
    """

    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of numbers."""
        return tuple(name for part in self.parts for name in part.names)

    def encode(self, table: Any, name: str = "x") -> Array:
        """Return rows of the table as given, in the columns of numbers; what is missing is NaN.

        Parameters
        ----------
        table : mapping of columns, sequence of rows as mappings, one row, data frame, CSV text or path
            With the columns that are used; others do not matter. A category that the pool has not is one of the others.
        name : str
            What errors call it.

        Raises
        ------
        ValueError
            If it is no table, a column is missing, or a cell is neither of its column's kind, nor missing, nor one that
            counted as missing in the pool. Each cell is judged alone, however many there are.
        """
        if hasattr(table, "to_dict") and not hasattr(table, "columns"):  # a row of a data frame
            table = table.to_dict()
        if isinstance(table, Mapping) and not any(_is_column(cells) for cells in table.values()):
            table = [table]
        cells = read_table(table, [part.name for part in self.parts], name=name).columns
        absent = [part.name for part in self.parts if part.name not in cells]
        if absent:
            raise ValueError(f"{name} must have the column{'s' * (len(absent) > 1)} {listed(absent)}")
        return self.of_cells(cells, name)

    def of_cells(self, columns: dict[str, Cells], name: str = "") -> Array:
        """Return columns of cells in those of numbers; with the name of the table, odd cells are refused as above."""
        blocks = []
        for part in self.parts:
            values, odd = parse(Reading(part.kind, part.style, part.unit), columns[part.name])
            unknown = [cell for cell in odd if cell not in part.missing]
            if name and unknown:
                asked = {"boolean": "truth values", "date": "dates"}.get(part.kind, "numbers")
                what = f"{name}'s column {checks.shown(part.name)} must hold {asked}"
                raise ValueError(f"{what}, got {checks.shown(unknown[0])}")
            blocks.append(part.encode(values))
        return np.concatenate(blocks, axis=1)

    def codes(self, x: Array) -> NDArray[np.float64]:
        """Return a column of numbers for each part of encoded rows: the values, or which category, counted from 0."""
        columns, start = [], 0
        for part in self.parts:
            end = start + len(part.names)
            columns.append(x[:, start:end].argmax(axis=1) if part.kind == "category" else x[:, start])
            start = end
        return np.stack(columns, axis=1).astype(np.float64)

    def learn(self, x: Array) -> Filling:
        """Return what training rows, of shape (n, columns), teach.

        Examples
        --------
        >>> x = np.array([[1, 0], [2, 0], [4, 0], [np.nan, 1]], np.float32)
        >>> filling = Encoding((Part("mass", "number", indicator=True),)).learn(x)
        >>> filling.apply(x)[:, 0].tolist()
        [1.0, 2.0, 4.0, 2.0]
        """
        gaps = np.isnan(x)
        value = np.zeros(x.shape[1], np.float32)
        some, all_there = ~gaps.all(axis=0) & gaps.any(axis=0), ~gaps.any(axis=0)
        value[some] = np.nanmedian(x[:, some], axis=0)
        value[all_there] = np.median(x[:, all_there], axis=0)
        rare = (self._other != np.arange(x.shape[1])) & (x.sum(axis=0) < RARE)
        value[rare] = 0
        filled = Filling(value, ~rare, self._other).apply(x)
        constant = (filled == filled[0]).all(axis=0)
        return Filling(np.where(constant, filled[0], value), ~rare & ~constant, self._other)

    def filling(self, numbers: Array) -> Filling:
        """Return the filling whose `numbers` these are."""
        return Filling(numbers[0], numbers[1] > 0, self._other)

    @cached_property
    def _other(self) -> NDArray[np.int64]:
        columns: list[int] = []
        start = 0
        for part in self.parts:
            end = start + len(part.names)
            columns += [end - 1] * len(part.names) if part.kind == "category" else range(start, end)
            start = end
        return np.array(columns, np.int64)

    def as_text(self) -> str:
        """Return the encoding as JSON, from which `from_text` makes it again."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Encoding:
        """Return the encoding that `as_text` wrote.

        Raises
        ------
        ValueError
            If the text is no such encoding.

        Examples
        --------
        >>> encoding = Encoding((Part("sex", "category", categories=("f", None)),), (("id", "identifier"),))
        >>> Encoding.from_text(encoding.as_text()) == encoding
        True
        """
        try:
            fields = json.loads(text)
            parts = tuple(
                Part(**{**part, "categories": tuple(part["categories"]), "missing": tuple(part["missing"])})
                for part in fields["parts"]
            )
            left_out = tuple((str(name), str(why)) for name, why in fields["left_out"])
            names = [checks.text("a name", name) for part in parts for name in (part.name, *part.names)]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError(f"text must be an encoding as as_text writes it, got {checks.shown(text)}") from None
        if not names or any(part.kind not in KINDS for part in parts):
            raise ValueError(f"text must be an encoding as as_text writes it, got {checks.shown(text)}")
        return cls(parts, left_out)
