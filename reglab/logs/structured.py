"""JSON and printed Python: rows, columns, nested or not, with whatever else stands beside the losses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from reglab.logs import literal, series
from reglab.logs.curve import CurveError
from reglab.logs.names import SPLIT_OF, counts, meaning_of, words
from reglab.logs.raw import Piece, RawRun, from_cells, from_rows, is_number, listed, number, unique
from reglab.logs.series import numbers_in

__all__ = ["read", "read_data"]

MAX_NODES = 20_000
MAX_DEPTH = 8


def read(piece: Piece) -> list[RawRun]:
    """Return the runs in the data of a text."""
    if "{" not in piece.text and "[" not in piece.text:
        return []
    values, cut = [], False
    places: list[int] = []
    lists: dict[str, list[Any]] = {}
    for at, value, ends in literal.documents(piece.text):
        cut = cut or ends
        name = _name_before(piece.text, at) if isinstance(value, list) else ""
        if name and numbers_in(value) is not None and any(map(is_number, value)):
            lists[name] = value
            continue
        values.append(value)
        places.append(at)
    if any(meaning_of(name).kind in ("loss", "accuracy") for name in lists):
        raw_runs = [
            raw.noted(*["The data is cut at its end: what stands before is read."] * cut)
            for raw in _from_mapping(lists)
        ]
        if not values or _worth(raw_runs) > (2, 0):
            return raw_runs
    else:
        values += lists.values()
        places += [0] * len(lists)
    values = [value for value in values if value not in ({}, [])]
    if not values:
        return []
    notes = ["The data is cut at its end: what stands before is read."] * cut
    if len(values) == 1:
        whole = not cut and piece.text.lstrip()[:1] in ("{", "[") and piece.text.rstrip()[-1:] in ("}", "]")
        raw_runs = read_data(values[0])
        if not raw_runs and isinstance(values[0], dict):  # the metrics of one epoch, of which other files may hold more
            row = _flat(values[0])
            raw_runs = (
                from_rows([row], notes=("Read as JSON, one row.",))
                if any(meaning_of(name).kind for name in row)
                else []
            )
        return [raw.noted(*notes, whole=whole) for raw in raw_runs]
    rows = [value for value in values if isinstance(value, dict)]
    listed_rows = [value for value in values if isinstance(value, list)]
    if rows and len(rows) >= len(listed_rows):
        flat = [_flat(row) for row in rows]
        scalar = [row for row in flat if any(is_number(cell) for cell in row.values())]
        if scalar and not any(_columns(row) for row in rows):
            lines = [piece.text.count("\n", 0, at) + 1 for at in places[:1]]
            where = [f"Row {at}" for at in range(1, len(scalar) + 1)] if len(scalar) > 1 else [f"Line {lines[0]}"]
            return from_rows(scalar, where, notes=("Read as JSON, one row per line.", *notes))
    elif listed_rows and all(not isinstance(cell, (dict, list)) for row in listed_rows for cell in row):
        return [raw.noted(*notes) for raw in _row_lists(listed_rows, "Read as JSON, one row per line.")]
    raw_runs = []
    for value in values[:200]:
        raw_runs += read_data(value)
    return [raw.noted(*notes) for raw in raw_runs]


def _name_before(text: str, at: int) -> str:
    """Return the name that a line gives to what begins at a place: "losses = [", "'loss': [", "Val loss: ["."""
    before = text[max(text.rfind("\n", 0, at) + 1, at - 100) : at].rstrip()
    if not before.endswith(("=", ":")):
        return ""
    return re.split(r"[,;|{}\[\]]", before)[-1].strip(" \t=:'\"")[-60:]


def read_data(data: Any) -> list[RawRun]:
    """Return the runs in data: mappings and lists as frameworks keep them, or as JSON writes them."""
    for read_kind in (series.catboost, series.tensorboard, series.traces, series.graphs, series.points):
        special = read_kind(data)
        if special:
            return special
    best: list[RawRun] = []
    for node in _nodes(data):
        raw_runs = _from_node(node)
        if raw_runs and (not best or _worth(raw_runs) > _worth(best)):
            best = raw_runs
    return best


def _worth(raw_runs: list[RawRun]) -> tuple[int, int]:
    """Return how good a finding is: how many of the two losses it has, and how many values."""
    top = (0, 0)
    for raw in raw_runs:
        kinds = {meaning_of(name).split or "train" for name in raw.columns if meaning_of(name).kind == "loss"}
        scored = any(meaning_of(name).kind in ("accuracy", "score") for name in raw.columns)
        size = max((int((~np.isnan(column)).sum()) for column in raw.columns.values()), default=0)
        top = max(top, (2 * len(kinds) + scored, size if kinds or scored else 0))
    return top


def _nodes(data: Any) -> list[Any]:
    """Return the data and what lies in it, nearest first."""
    nodes: list[Any] = []
    level, depth = [data], 0
    while level and depth < MAX_DEPTH and len(nodes) < MAX_NODES:
        nodes += level
        below: list[Any] = []
        for node in level:
            if isinstance(node, Mapping):
                below += [value for value in node.values() if isinstance(value, (Mapping, list)) and len(value)]
            elif isinstance(node, list) and len(node) <= 50:
                below += [value for value in node if isinstance(value, (Mapping, list)) and len(value)]
            if len(below) > MAX_NODES:
                break
        level, depth = below, depth + 1
    return nodes[:MAX_NODES] if len(nodes) < 400 else nodes[:400]


def _from_node(node: Any) -> list[RawRun]:
    """Return the runs in one mapping or list, if it is a table."""
    if isinstance(node, Mapping):
        return _from_mapping(node)
    if not isinstance(node, list) or not node:
        return []
    if all(isinstance(row, Mapping) for row in node):
        several = [_columns(row) for row in node[:100]] if len(node) <= 100 else []
        if len(several) > 1 and all(several) and all(_has_both(columns) for columns in several):
            return [raw for row in node for raw in _from_mapping(row)]
        rows = [_flat(row) for row in node]
        return from_rows(rows, notes=("Read as JSON, a list of rows.",))
    if any(isinstance(row, Mapping) for row in node):
        return []
    return _row_lists([row if isinstance(row, list) else [row] for row in node], "Read as JSON, a list of rows.")


def _row_lists(rows: list[list[Any]], note: str) -> list[RawRun]:
    """Return a table whose rows are lists, of equal length."""
    names: list[Any] = []
    places = [f"Row {at}" for at in range(1, len(rows) + 1)]
    if any(isinstance(cell, (Mapping, list)) for row in rows for cell in row):
        return []
    if rows and rows[0] and all(isinstance(cell, str) and not is_number(cell) for cell in rows[0]):
        names, rows, places = rows[0], rows[1:], places[1:]
    if not rows:
        return []
    if not names and _are_columns(rows):
        rows = [list(column) for column in zip(*rows, strict=True)]
        places = [f"Value {at}" for at in range(1, len(rows) + 1)]
        note = f"{note.partition(',')[0]}, one list per column."
    width = len(names) or len(rows[0])
    for row, place in zip(rows, places, strict=True):
        if len(row) != width:
            raise CurveError(f"{place} has {len(row)} values where {width} are expected: give every row as many.")
    told_apart = unique(names or [""] * width)
    cells = {name: [row[at] for row in rows] for at, name in enumerate(told_apart)}
    unnamed = () if names else ("There is no header: the columns are told by their order.",)
    return from_cells(cells, places, notes=(note, *unnamed), named=bool(names))


def _are_columns(rows: list[list[Any]]) -> bool:
    """Tell whether lists without names are columns: fewer than their values, or the first counts and no column does."""
    if not 2 <= len(rows) <= 3 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return False
    if not all(is_number(cell) for row in rows for cell in row):
        return False
    counts_on = _by_ones(rows[0])
    if len(rows) == 3:
        return counts_on and not _by_ones([row[0] for row in rows])
    return len(rows[0]) > 3 and not _by_ones([row[0] for row in rows])


def _by_ones(cells: Sequence[Any]) -> bool:
    """Tell whether numbers rise by 1."""
    values = [number(cell) for cell in cells]
    return all(b - a == 1 for a, b in pairwise(values))


def _flat(row: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return a row with its inner mappings as keys of their own; short lists count as one value each."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            if depth < 3 and len(value) <= 200:
                flat |= _flat(value, f"{name}/", depth + 1)
        elif isinstance(value, (list, tuple)):
            if len(value) == 1 and not isinstance(value[0], (Mapping, list, tuple)):
                flat[name] = value[0]
        else:
            flat[name] = value
    return flat


def _columns(node: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, list[Any]]:
    """Return every list of numbers in a mapping, by the names that lead to it."""
    columns: dict[str, list[Any]] = {}
    for key, value in list(node.items())[:2000]:
        numbers = numbers_in(value)
        if numbers is not None:
            columns[f"{prefix}{key}"] = numbers
        elif isinstance(value, Mapping) and depth < 4:
            columns |= _columns(value, f"{prefix}{key}/", depth + 1)
    return columns


def _has_both(columns: Mapping[str, Any]) -> bool:
    """Tell whether columns hold a loss of training and one of held-out rows."""
    splits = {it.split or "train" for it in map(meaning_of, columns) if it.kind in ("loss", "accuracy")}
    return "train" in splits and len(splits) > 1


def _from_mapping(node: Mapping[str, Any]) -> list[RawRun]:
    """Return the runs in a mapping of names to lists."""
    inner = {str(key): value for key, value in node.items() if isinstance(value, Mapping) and numbers_in(value) is None}
    if len(inner) > 1 and not any(SPLIT_OF.keys() & set(words(key)) for key in inner):
        runs = {key: value for key, value in inner.items() if _has_both(_columns(value))}
        if len(runs) > 1:
            return [raw.noted(name=raw.name or key) for key, value in runs.items() for raw in _from_mapping(value)]
    cells = _columns(node)
    if not cells:
        return _from_keyed(node)
    epochs = any(name.rpartition("/")[2] == "loss_curve_" for name in cells)
    cells = {_plain_key(name): column for name, column in cells.items()}
    notes = ["Read as JSON, one list per column."]
    cells = _one_length(cells, notes)
    return from_cells(cells, notes=notes, unit="epoch" if epochs else None)


def _from_keyed(node: Mapping[str, Any]) -> list[RawRun]:
    """Return the run in a mapping of epochs, "1" or "epoch_1", to what was measured in them."""
    if not 2 <= len(node) <= 20_000 or not all(isinstance(value, Mapping) for value in node.values()):
        return []
    numbers = [re.fullmatch(r"\D{0,20}?(\d{1,9})", str(key)) for key in node]
    if not all(numbers):
        return []
    name = (*words(str(next(iter(node)))), "row")[0]
    name = name if counts(name) else "row"
    rows = [{name: match[1], **_flat(row)} for match, row in zip(numbers, node.values(), strict=True) if match]
    return from_rows(rows, notes=("Read as JSON, one row per key.",))


def _plain_key(name: str) -> str:
    """Return a name without what only says that it is a history; scikit-learn's loss_curve_ is the training's."""
    last = name.rpartition("/")[2]
    return {"loss_curve_": "loss_curve_", "validation_scores_": "validation_accuracy scores_"}.get(last, name)


def _one_length(cells: dict[str, list[Any]], notes: list[str]) -> dict[str, list[Any]]:
    """Return the columns of the length that the losses have, others made to fit or left out."""
    lengths = {name: len(column) for name, column in cells.items()}
    if len(set(lengths.values())) <= 1:
        return cells
    of = {name: meaning_of(name) for name in cells}
    val = [name for name in cells if of[name].kind == "loss" and of[name].split in ("val", "test")]
    val = val or [name for name in cells if of[name].kind == "accuracy" and of[name].split in ("val", "test")]
    losses = [name for name in cells if of[name].kind == "loss"]
    if not losses:
        length = max(lengths.values(), key=lambda n: (sum(n == other for other in lengths.values()), n))
    else:
        length = max(lengths[name] for name in (val or losses))
    fitting, left = {}, []
    for name, column in cells.items():
        n = len(column)
        if n == length:
            fitting[name] = column
        elif name in losses and of[name].split not in ("val", "test") and n > length > 1 and n % length == 0:
            fitting[name] = [_mean(column[at : at + n // length]) for at in range(0, n, n // length)]
            notes.append(f"{name!r} has {n} values for {length} evaluations: the mean of each {n // length} is taken.")
        elif name in losses and of[name].split not in ("val", "test") and n == length + 1 and length > 1:
            fitting[name] = column[:length]
            notes.append(f"{name!r} has {n} values and the validation {length}: its last is left out.")
        elif name in losses or counts(name):
            same = [
                other
                for other in fitting
                if meaning_of(other).split == of[name].split and meaning_of(other).kind == of[name].kind
            ]
            if same or counts(name):
                left.append(name)
                continue
            raise CurveError(
                f"Column {name!r} has {n} values and {next(o for o in cells if lengths[o] == length)!r} {length}: give "
                "every column as many, with null where there is none."
            )
        else:
            left.append(name)
    if left:
        notes.append(f"Left out lists of other lengths: {listed(left)}.")
    return fitting


def _mean(values: Sequence[Any]) -> float | None:
    """Return the mean of numbers; None if there are none."""
    known = []
    for value in values:
        try:
            parsed = number(value)
        except ValueError:
            continue
        if not math.isnan(parsed):
            known.append(parsed)
    return sum(known) / len(known) if known else None
