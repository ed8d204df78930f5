"""Several files as one log: files of one metric or of one split are put together, others are runs by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.logs import roles
from reglab.logs.curve import CurveError
from reglab.logs.names import SPLIT_OF, counts, meaning_of, words
from reglab.logs.raw import Piece, RawRun, listed

__all__ = ["joined"]

Array = NDArray[np.float64]
LEAST = 2  # evaluations that may show two runs to be one
ROUNDED = 1e-4  # of a loss


def joined(pieces: list[Piece], read: Callable[[Piece], list[RawRun]]) -> list[RawRun]:
    """Return the runs in several pieces: files of one metric or one split are joined, others are runs by themselves."""
    whole: list[RawRun] = []
    parts: list[tuple[str, str, RawRun]] = []
    errors: list[tuple[str, CurveError]] = []
    for at, piece in enumerate(pieces, start=1):
        label = piece.name or f"source {at}"
        try:
            raw_runs = read(piece)
        except CurveError as error:
            errors.append((label, error))
            continue
        for raw in raw_runs:
            rate = roles.rate(raw)[0]
            if raw.single or rate < 4 or all(len(column) == 1 for column in raw.columns.values()):
                run, columns = _named_by_file(raw, piece.name)
                parts.append((run, label, replace(raw, columns=columns)))
            else:
                whole.append(replace(raw, name=f"{label} {raw.name}".strip()))
    if not whole and not parts:
        raise errors[0][1]
    skipped = [f"Left out {label!r}: {str(error)[:1].lower()}{str(error)[1:]}" for label, error in errors]
    made = _stacked(parts) or _join(parts)
    if whole and made:
        made = [raw for raw in made if roles.rate(raw)[0] >= 4]
        left_out = {label for run, label, _ in parts} if not made else set()
        skipped += [f"Left out {label!r}, which holds no two losses." for label in sorted(left_out)]
    return [raw.noted(*skipped) for raw in _written_once([*made, *whole])]


def _written_once(raw_runs: list[RawRun]) -> list[RawRun]:
    """Return runs without those that another file has too, as a folder of TensorBoard's has its own CSV."""
    distinct: list[tuple[RawRun, Array]] = []
    for raw in raw_runs:
        losses = _losses(raw)
        same = next((at for at, (_, other) in enumerate(distinct) if _alike(losses, other)), None)
        if same is None:
            distinct.append((raw, losses))
            continue
        twin, more = distinct[same][0], raw
        if len(raw.columns) < len(twin.columns):
            twin, more = raw, twin
        distinct[same] = (more.noted(f"{twin.name!r} holds the same run as {more.name!r}: it is read once."), losses)
    return [raw for raw, _ in distinct]


def _losses(raw: RawRun) -> Array:
    """Return the losses of a run, those of training behind those of validation."""
    guess = roles.guess(raw)
    columns = [guess.columns[guess.roles[role]] for role in ("val_loss", "train_loss") if role in guess.roles]
    return np.concatenate([column[np.isfinite(column)] for column in columns]) if len(columns) > 1 else np.array([])


def _alike(losses: Array, others: Array) -> bool:
    """Tell whether two runs have the same losses, but for how they are rounded."""
    return 2 * LEAST <= len(losses) == len(others) and np.allclose(losses, others, rtol=ROUNDED, atol=0)


def _stacked(parts: list[tuple[str, str, RawRun]]) -> list[RawRun]:
    """Return the run of files that hold one row each, such as the metrics of one epoch; nothing if they are others."""
    raw_runs = [raw for *_, raw in parts]
    if len(raw_runs) < 2 or any(
        raw.single or any(len(column) != 1 for column in raw.columns.values()) for raw in raw_runs
    ):
        return []
    shared = [name for name in raw_runs[0].columns if all(name in raw.columns for raw in raw_runs)]
    step = next((name for name in shared if counts(name)), None)
    if step:
        raw_runs.sort(key=lambda raw: float(raw.columns[step][0]))
    columns = {name: np.concatenate([raw.columns[name] for raw in raw_runs]) for name in shared}
    if not columns:
        return []
    return [RawRun(columns, (*raw_runs[0].notes, f"Put together from {len(raw_runs)} files of one row each."))]


def _named_by_file(raw: RawRun, name: str) -> tuple[str, dict[str, Array]]:
    """Return the run that a file's name tells, and columns whose names tell the split that it does."""
    folder, _, file = name.replace("\\", "/").rpartition("/")
    stem = file if "tfevents" not in file else ""
    stem = re.sub(r"\.(csv|json|jsonl|txt|log|tsv|out|md|dat)$", "", stem, flags=re.I)
    board = re.fullmatch(r"(?:run-)?(.*?)-?tag-(.*)", stem)
    run, tag = (board[1], board[2]) if board else (folder, stem)
    if raw.name and not run:
        run = raw.name
    run_words = [word for word in re.split(r"[^A-Za-z0-9]+", run) if word]
    split = next((SPLIT_OF[w.lower()] for w in reversed(run_words) if w.lower() in SPLIT_OF), None)
    split = split or next((SPLIT_OF[w] for w in reversed(words(tag)) if w in SPLIT_OF), None)
    run = " ".join(word for word in run_words if word.lower() not in SPLIT_OF and word not in ("run", "tag", "metrics"))
    columns = {}
    for column, values in raw.columns.items():
        if counts(column):
            columns[column] = values
            continue
        if column.lower() == "value":
            column = tag or name or "value"
            if not meaning_of(column).kind and split:
                column = f"{split} {column}"
        if split and meaning_of(column).split is None:
            column = f"{split} {column}"
        columns[column] = values
    return run, columns


def _join(parts: list[tuple[str, str, RawRun]]) -> list[RawRun]:
    """Return one run of all parts of it, their steps put together."""
    groups: dict[str, list[tuple[str, RawRun]]] = {}
    for run, label, raw in parts:
        groups.setdefault(run, []).append((label, raw))
    made = [_merge(run, members) for run, members in groups.items()]
    if len(groups) > 1 and not any(roles.rate(raw)[0] >= 4 for raw in made):
        made = [_merge("", [(label, raw) for _, label, raw in parts])]
    return made


def _merge(run: str, members: list[tuple[str, RawRun]]) -> RawRun:
    """Return the columns of several parts at the steps that any of them has."""
    if len(members) == 1:
        return replace(members[0][1], name=run)
    steps: list[Array] = []
    names = []
    for _, raw in members:
        step = roles.guess(raw).roles.get("step") or raw.step
        names.append(step or "")
        steps.append(raw.columns[step] if step else np.arange(1.0, 1 + len(next(iter(raw.columns.values())))))
    rows = np.unique(np.concatenate([step[np.isfinite(step)] for step in steps]))
    name = next(filter(None, names), "row")
    columns: dict[str, Array] = {name: rows}
    notes = []
    for (label, raw), at_step in zip(members, steps, strict=True):
        known = np.isfinite(at_step)
        at = np.searchsorted(rows, at_step[known])
        for column, values in raw.columns.items():
            if values is at_step:
                continue
            wide = np.full(len(rows), np.nan)
            wide[at] = values[known]
            while column in columns:
                column = f"{column} ({label})"
            columns[column] = wide
        notes += [note for note in raw.notes if note not in notes]
    labels = listed(label for label, _ in members)
    unit = next((raw.unit for _, raw in members if raw.unit), None)
    if unit is None and any("epoch" in words(column) for column in columns) and name == "step":
        unit = "epoch"
    return RawRun(columns, (*notes, f"Put together from {len(members)} files: {labels}."), name=run, unit=unit)
