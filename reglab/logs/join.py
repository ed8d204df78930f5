"""Several files as one log: files of one metric or of one split are put together, others are runs by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.logs import roles
from reglab.logs.curve import CurveError
from reglab.logs.found import Found, Piece, listed
from reglab.logs.names import SPLIT_OF, counts, told, words

__all__ = ["joined"]

Array = NDArray[np.float64]


def joined(pieces: list[Piece], read: Callable[[Piece], list[Found]]) -> list[Found]:
    """Return the runs in several pieces: files of one metric or one split are joined, others are runs by themselves."""
    whole: list[Found] = []
    parts: list[tuple[str, str, Found]] = []
    errors: list[tuple[str, CurveError]] = []
    for at, piece in enumerate(pieces, start=1):
        label = piece.name or f"source {at}"
        try:
            found = read(piece)
        except CurveError as error:
            errors.append((label, error))
            continue
        for one in found:
            rate = roles.rate(one)[0]
            if one.single or rate < 4 or all(len(column) == 1 for column in one.columns.values()):
                run, columns = _named_by_file(one, piece.name)
                parts.append((run, label, replace(one, columns=columns)))
            else:
                whole.append(replace(one, name=f"{label} {one.name}".strip()))
    if not whole and not parts:
        raise errors[0][1]
    skipped = [f"Left out {label!r}: {str(error)[:1].lower()}{str(error)[1:]}" for label, error in errors]
    made = _stacked(parts) or _join(parts)
    if whole and made:
        made = [one for one in made if roles.rate(one)[0] >= 4]
        kept = {label for run, label, _ in parts} if not made else set()
        skipped += [f"Left out {label!r}, which holds no two losses." for label in sorted(kept)]
    return [one.noted(*skipped) for one in (*made, *whole)]


def _stacked(parts: list[tuple[str, str, Found]]) -> list[Found]:
    """Return the run of files that hold one row each, such as the metrics of one epoch; nothing if they are others."""
    found = [one for *_, one in parts]
    if len(found) < 2 or any(one.single or any(len(column) != 1 for column in one.columns.values()) for one in found):
        return []
    shared = [name for name in found[0].columns if all(name in one.columns for one in found)]
    step = next((name for name in shared if counts(name)), None)
    if step:
        found.sort(key=lambda one: float(one.columns[step][0]))
    columns = {name: np.concatenate([one.columns[name] for one in found]) for name in shared}
    if not columns:
        return []
    return [Found(columns, (*found[0].notes, f"Put together from {len(found)} files of one row each."))]


def _named_by_file(found: Found, name: str) -> tuple[str, dict[str, Array]]:
    """Return the run that a file's name tells, and columns whose names tell the split that it does."""
    folder, _, file = name.replace("\\", "/").rpartition("/")
    stem = file if "tfevents" not in file else ""
    stem = re.sub(r"\.(csv|json|jsonl|txt|log|tsv|out|md|dat)$", "", stem, flags=re.I)
    board = re.fullmatch(r"(?:run-)?(.*?)-?tag-(.*)", stem)
    run, tag = (board[1], board[2]) if board else (folder, stem)
    if found.name and not run:
        run = found.name
    run_words = [word for word in re.split(r"[^A-Za-z0-9]+", run) if word]
    split = next((SPLIT_OF[w.lower()] for w in reversed(run_words) if w.lower() in SPLIT_OF), None)
    split = split or next((SPLIT_OF[w] for w in reversed(words(tag)) if w in SPLIT_OF), None)
    run = " ".join(word for word in run_words if word.lower() not in SPLIT_OF and word not in ("run", "tag", "metrics"))
    columns = {}
    for column, values in found.columns.items():
        if counts(column):
            columns[column] = values
            continue
        if found.single and column == "value":
            column = tag or name or "value"
            if not told(column).kind and split:
                column = f"{split} {column}"
        if split and told(column).split is None:
            column = f"{split} {column}"
        columns[column] = values
    return run, columns


def _join(parts: list[tuple[str, str, Found]]) -> list[Found]:
    """Return one run of all parts of it, their steps put together."""
    groups: dict[str, list[tuple[str, Found]]] = {}
    for run, label, found in parts:
        groups.setdefault(run, []).append((label, found))
    made = [_merge(run, members) for run, members in groups.items()]
    if len(groups) > 1 and not any(roles.rate(one)[0] >= 4 for one in made):
        made = [_merge("", [(label, found) for _, label, found in parts])]
    return made


def _merge(run: str, members: list[tuple[str, Found]]) -> Found:
    """Return the columns of several parts at the steps that any of them has."""
    if len(members) == 1:
        return replace(members[0][1], name=run)
    steps: list[Array] = []
    names = []
    for _, found in members:
        step = roles.guess(found).roles.get("step") or found.step
        names.append(step or "")
        steps.append(found.columns[step] if step else np.arange(1.0, 1 + len(next(iter(found.columns.values())))))
    rows = np.unique(np.concatenate([step[np.isfinite(step)] for step in steps]))
    name = next(filter(None, names), "row")
    columns: dict[str, Array] = {name: rows}
    notes = []
    for (label, found), at_step in zip(members, steps, strict=True):
        known = np.isfinite(at_step)
        at = np.searchsorted(rows, at_step[known])
        for column, values in found.columns.items():
            if values is at_step:
                continue
            wide = np.full(len(rows), np.nan)
            wide[at] = values[known]
            while column in columns:
                column = f"{column} ({label})"
            columns[column] = wide
        notes += [note for note in found.notes if note not in notes]
    labels = listed(label for label, _ in members)
    unit = next((found.unit for _, found in members if found.unit), None)
    if unit is None and any("epoch" in words(column) for column in columns) and name == "step":
        unit = "epoch"
    return Found(columns, (*notes, f"Put together from {len(members)} files: {labels}."), name=run, unit=unit)
