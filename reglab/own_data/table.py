"""A table of one's own as the fields of a `Dataset`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data import MAX_NUMBERS, MAX_WIDTH, arrays, findings, targets
from reglab.own_data.columns import Reading, apart, listed, parse, points_group, readings, unclear_points, useless
from reglab.own_data.encoding import MAX_CATEGORIES, RARE, Encoding, Part
from reglab.own_data.read_table import Cells, Table, as_text, read_table
from reglab.own_data.split import group_numbers, split

__all__ = ["fields"]

Parsed: TypeAlias = dict[str, tuple[Cells, tuple[str, ...]]]

KINDS = {"number": "numbers", "boolean": "truth values", "date": "dates", "category": "categories"}
WHY = {
    "empty": "they are empty",
    "constant": "they have one value in all rows of the pool",
    "identifier": "they have another value in every row, and so tell rows apart and nothing else",
    "free text": "they are free text",
}
ORDERS = {"%m/%d/%Y": "month/day/year", "%d/%m/%Y": "day/month/year"}


def fields(
    source: Any,
    target: str,
    *,
    task: str | None = None,
    test_share: float = 0.25,
    groups: str | None = None,
    drop: Sequence[str] = (),
    seed: int = 0,
    name: str = "own table",
    title: str | None = None,
) -> dict[str, Any]:
    """Return the fields of `reglab.Dataset` for a table; `Dataset.from_table` says what each argument is."""
    target = _column_name("target", target)
    dropped = tuple(_column_name("drop", to_drop) for to_drop in checks.several("drop", drop))
    groups = None if groups is None else _column_name("groups", groups)
    named = [target, *dropped, *([] if groups is None else [groups])]
    share = checks.number("test_share", test_share, 0, arrays.MOST_TESTED)
    checks.whole("seed", seed, 0)
    table = read_table(source, named, unread=set(dropped) - {target, groups})
    for argument, column in (("target", target), ("groups", groups), *(("drop", to_drop) for to_drop in dropped)):
        if column is not None and column not in table.columns:
            there, names = listed(table.columns), list(table.columns)
            place = int(column) if column.isascii() and column.isdigit() and len(column) < 9 else len(names)
            at = f": the column at {place} is called {checks.shown(names[place])}" if place < len(names) else ""
            raise ValueError(f"{argument} must be a column of source, {there}, got {checks.shown(column)}{at}")
    read = readings(table)
    commas = any(reading.style in ("comma", "grouped") for reading in read.values())
    known, values, about = _target(table.columns[target], target, read[target])
    called = f"the target {checks.shown(target)}"
    read_target = targets.read(values, table.orders.get(target, ()), task=task, called=called)
    inputs = {each: cells[known] for each, cells in table.columns.items() if each not in named}
    grouped = None if groups is None else _groups(table.columns[groups][known], groups)
    pool, test = split(len(values), read_target.values if read_target.class_names else None, share, seed, grouped)
    encoding, said = _encoding({each: cells[pool] for each, cells in inputs.items()}, commas, points_group(table, read))
    x, x_test = (encoding.of_cells({each: cells[rows] for each, cells in inputs.items()}) for rows in (pool, test))
    both = targets.Target(read_target.values[np.concatenate([pool, test])], read_target.class_names, read_target.note)
    ours = None if grouped is None else grouped[pool]
    dataset_fields = arrays.assemble(x, both, x_test, names=encoding.names, groups=ours, columns=False, called=called)
    which, *suspicious = dataset_fields["notes"]
    used = {target, *(part.name for part in encoding.parts)}
    said += _points([each for each in unclear_points(table, read) if each in used])
    if grouped is None:
        suspicious += findings.belong_together({each: as_text(cells) for each, cells in inputs.items()})
    else:
        held = len(np.unique(grouped[test]))
        suspicious.append(f"{len(np.unique(grouped)):,} groups are kept whole, {held:,} of them for the test.")
    suspicious += findings.gives_away(
        encoding.codes(dataset_fields["x"]),
        dataset_fields["y"],
        dataset_fields["n_classes"],
        [part.name for part in encoding.parts],
    )
    rows = np.flatnonzero(known)
    return {
        **dataset_fields,
        "given": rows[pool[dataset_fields["given"]]],
        "given_test": rows[test],
        "name": checks.text("name", name),
        "title": name if title is None else checks.text("title", title),
        "task": "tabular",
        "image_shape": None,
        "source": "given as a table",
        "licence": "not told",
        "target_name": "" if read_target.class_names else target,
        "encoding": encoding,
        "notes": (*table.notes, f"T{called[1:]}{which.removeprefix('y')}", *about, *said, *suspicious),
    }


def _column_name(argument: str, name: Any) -> str:
    """Return the name of a column as text: a data frame may have numbers for names."""
    number = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
    if not isinstance(name, str) and hasattr(name, "__len__"):
        how = "as one of its columns, such as with source.assign(target=...)"
        raise ValueError(f"{argument} must be the name of a column of source, got {type(name).__name__}: give it {how}")
    return str(name) if number and abs(name) < 10**9 else checks.text(argument, name)


def _target(cells: Cells, name: str, reading: Reading) -> tuple[NDArray[np.bool_], NDArray[Any], list[str]]:
    """Return which rows have a target, these targets as text or numbers, and what is said of it."""
    if reading.kind == "date":
        raise ValueError(f"target must be a column of classes or numbers, got dates in {checks.shown(name)}")
    if reading.kind == "number":
        values, odd = parse(reading, cells)
        known = ~np.isnan(values)
    else:
        values, odd = as_text(cells), ()
        known = np.array([value is not None for value in values.tolist()], bool)
    if not known.any():
        raise ValueError(f"target must be a column with values, got none in {checks.shown(name)}")
    lost = int((~known).sum())
    what = "1 row has" if lost == 1 else f"{lost:,} rows have"
    number = f", or none that is a number, such as {checks.shown(odd[0])}," if odd else ""
    notes = (
        _commas([(name, reading.style)])
        + _apart(apart({name: cells}, {name: reading}))
        + _units([(name, reading.unit)])
        + [f"{what} no target{number} and {_is(lost)} left out."] * bool(lost)
    )
    return known, values[known] if reading.kind == "number" else values[known].astype(str), notes


def _groups(cells: Cells, name: str) -> NDArray[np.int64]:
    labels = as_text(cells)
    if None in labels:
        raise ValueError(f"groups must be a column without missing values, got some in {checks.shown(name)}")
    return group_numbers(labels.astype(str), len(labels))


def _encoding(pool: dict[str, Cells], commas: bool, points: bool | None) -> tuple[Encoding, list[str]]:
    """Return what the pool's rows decide, and sentences on what was read, merged and left out."""
    read = readings(Table(pool, decimal_commas=commas), points=points)
    parsed = {name: parse(reading, pool[name]) for name, reading in read.items()}
    without = useless({name: (reading.kind, parsed[name][0]) for name, reading in read.items()})
    parts = tuple(Part.of(name, read[name], *parsed[name]) for name in pool if name not in without)
    encoding, notes = Encoding(parts, tuple(without.items())), _left_out(without)
    if not parts:
        got = " ".join(notes) or "no other column"
        raise ValueError(f"source must have a column to learn from beside the target, got none: {got}")
    width, rows = len(encoding.names), len(next(iter(pool.values())))
    if width > MAX_WIDTH:
        raise ValueError(f"source must make at most {MAX_WIDTH} numbers of a row, got {width}: drop some categories")
    if width * rows > MAX_NUMBERS:
        most = f"source must make at most {MAX_NUMBERS} numbers of its rows"
        raise ValueError(f"{most}, got {width} for each of {rows}: drop some columns, or give fewer rows")
    used = {part.name: pool[part.name] for part in parts}
    return encoding, [
        *_kinds(parts),
        *_apart(apart(used, read)),
        *_missing(parts, parsed),
        *_merged(parts, parsed),
        *notes,
    ]


def _kinds(parts: tuple[Part, ...]) -> list[str]:
    """Say what kinds of columns there are, and where text was read in one of several ways."""
    names = {kind: [part.name for part in parts if part.kind == kind] for kind in KINDS}
    phrases = [f"{what} {listed(names[kind])}" for kind, what in KINDS.items() if names[kind]]
    columns = "column is" if len(parts) == 1 else "columns are"
    notes = [f"The {columns} read as {'; as '.join(phrases)}."]
    notes += _commas([(part.name, part.style) for part in parts]) + _units([(part.name, part.unit) for part in parts])
    for part in parts:
        if part.kind == "date":
            order = f", and is read as {ORDERS[part.style]}" if part.style in ORDERS else ""
            first = np.datetime64("1970-01-01") + np.timedelta64(int(part.first), "D")
            notes.append(f"{checks.shown(part.name)} counts the days since {first}{order}.")
        elif part.first:
            notes.append(
                f"{checks.shown(part.name)} counts from {part.first:,.0f}, since its numbers differ by little."
            )
    return notes


def _commas(styles: list[tuple[str, str]]) -> list[str]:
    """Say what a comma in a number is read as, where there are any."""
    notes = []
    for style, what in (("comma", "a decimal comma"), ("thousands", "one that groups thousands")):
        if names := [name for name, used in styles if used == style]:
            notes.append(f"A comma is read as {what} in {listed(names)}.")
    if names := [name for name, used in styles if used == "grouped"]:
        notes.append(f"A point is read as one that groups thousands in {listed(names)}: 1.234 is 1234.")
    if names := [name for name, used in styles if used == "clock"]:
        notes.append(f"The times in {listed(names)} are read as hours: 7:30 is 7.5.")
    return notes


def _apart(names: list[str]) -> list[str]:
    """Say in which columns numbers are written with blanks or apostrophes."""
    return [f"A blank or an apostrophe groups thousands in {listed(names)}: 1 234 is 1234."] if names else []


def _units(pairs: list[tuple[str, str]]) -> list[str]:
    """Say which numbers are read without a unit that stands beside them."""
    units = dict.fromkeys(unit for _, unit in pairs if unit)
    each = {unit: listed(name for name, beside in pairs if beside == unit) for unit in units}
    return [f"The numbers in {names} are read without their unit, {unit}." for unit, names in each.items()]


def _points(names: list[str]) -> list[str]:
    """Say which columns have points that may be decimal points or group thousands."""
    before = "though three digits follow each: where it groups thousands, write 1234 for 1.234"
    return [f"A point is read as a decimal point in {listed(names)}, {before}."] if names else []


def _missing(parts: tuple[Part, ...], parsed: Parsed) -> list[str]:
    notes = []
    for part in parts:
        if odd := parsed[part.name][1]:
            are = "1 cell is" if len(odd) == 1 else f"{len(odd):,} cells are"
            what = f"In {checks.shown(part.name)} {are} none of its {KINDS[part.kind]}, such as {checks.shown(odd[0])}"
            notes.append(f"{what}, and {'counts' if len(odd) == 1 else 'count'} as missing.")
    if some := [part.name for part in parts if part.indicator]:
        median = "the median of a seed's training rows stands there, and a column of its own says where"
        notes.append(f"Values are missing in {listed(some)}: {median}.")
    if some := [part.name for part in parts if part.kind == "category" and None in parsed[part.name][0]]:
        notes.append(f"What is missing in {listed(some)} is a category of its own.")
    return notes


def _merged(parts: tuple[Part, ...], parsed: Parsed) -> list[str]:
    notes = []
    for part in parts:
        known = set(part.categories)
        if part.kind == "category" and (others := set(parsed[part.name][0].tolist()) - known):
            value = "1 value" if len(others) == 1 else f"{len(others):,} values"
            full = len(known) == MAX_CATEGORIES
            why = f"beyond the {MAX_CATEGORIES} of most rows" if full else f"of fewer than {RARE} rows"
            notes.append(f"In {checks.shown(part.name)} {value} {why} {_is(len(others))} merged into one, other.")
    return notes


def _left_out(without: dict[str, str]) -> list[str]:
    notes = []
    for why in Counter(without.values()):
        names = [name for name, reason in without.items() if reason == why]
        sentence = WHY.get(why, f"they are {why}")
        if len(names) == 1:
            sentence = (
                sentence.replace("they are", "it is").replace("they have", "it has").replace("so tell", "so tells")
            )
        notes.append(f"{listed(names)} {_is(len(names))} left out: {sentence}.")
    return notes


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
