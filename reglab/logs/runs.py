"""The runs in what was found: where the steps start again, and no more rows than are read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.logs.raw import RawRun
from reglab.logs.roles import Guess

__all__ = ["MAX_ROWS", "MAX_RUNS", "restarts", "thinned"]

Array = NDArray[np.float64]
MAX_ROWS = 100_000
MAX_RUNS = 200
LEAST = 3  # steps of each of two runs of which the other begins below the end of the one, and comes to none of its own
Parts = list[tuple[RawRun, tuple[str, ...]]]


def restarts(raw: RawRun, guess: Guess) -> Parts:
    """Return the runs of one finding: a new one begins where the steps of a loss fall, and come again.

    Rows that stand in another order, each step once, are one run, sorted. A run that begins within the one before it
    goes on from there: what stands before that step is its beginning.
    """
    columns = guess.columns
    step = columns[guess.roles["step"]] if "step" in guess.roles else None
    whole: Parts = [(replace(raw, columns=columns), ())]
    chosen = [columns[name] for role, name in guess.roles.items() if role != "step"]
    if step is None or not chosen or len(step) < 2:
        return whole
    last = np.full(len(chosen), -math.inf)
    begins = [0]
    for row in np.flatnonzero(np.isfinite(step)).tolist():
        there = [k for k, column in enumerate(chosen) if column[row] == column[row]]
        if not there:
            continue
        if any(step[row] < last[k] for k in there):
            begins.append(row)
            last[:] = -math.inf
        last[there] = step[row]
    if len(begins) == 1:
        return whole
    repeats = any(_repeats(step[~np.isnan(column)]) for column in chosen)
    if not repeats and not _begins_anew(step):  # a restart comes to the same steps again
        order = np.argsort(step, kind="stable")  # rows without a step last
        ordered = {name: column[order] for name, column in columns.items()}
        said = f"The rows do not stand in the order of {guess.roles['step']!r}: they are sorted by it."
        return [(replace(raw, columns=ordered), (said,))]
    if len(begins) > MAX_RUNS:
        return whole
    rows = [np.arange(a, b) for a, b in zip(begins, [*begins[1:], len(step)], strict=True)]
    runs: Parts = []
    before = rows[0]
    parts: list[tuple[NDArray[np.intp], float | None, tuple[str, ...]]] = [(before, None, ())]
    for stage in rows[1:]:
        start = np.nanmin(step[stage])
        first = np.nanmin(step[before])
        if start > first:
            before = np.concatenate([before[step[before] < start], stage])
            parts.append(
                (
                    before,
                    float(start),
                    (f"The run goes on from {guess.roles['step']} {start:g}: it replaces what stood there.",),
                )
            )
        else:
            before = stage
            parts.append((stage, None, ()))
    for chosen_rows, goes_on, note in parts:
        part = {name: column[chosen_rows] for name, column in columns.items()}
        runs.append((replace(raw, columns=part, resumes=goes_on), note))
    return runs


def _begins_anew(step: Array) -> bool:
    """Tell whether steps rise, fall once and rise again, and not for standing in the order of their names."""
    known = step[np.isfinite(step)]
    known = known[np.append(True, np.diff(known) != 0)]
    falls = np.flatnonzero(np.diff(known) < 0)
    if len(falls) != 1 or min(falls[0] + 1, len(known) - falls[0] - 1) < LEAST:
        return False
    stretch = float(np.median(np.abs(np.diff(known))))
    names = [f"{value:g}" for value in known.tolist()]
    return names != sorted(names) and known[0] - known[-1] > stretch  # else it is one run whose end stands first


def _repeats(step: Array) -> bool:
    """Tell whether a step is there twice."""
    known = step[np.isfinite(step)]
    return len(np.unique(known)) < len(known)


def thinned(raw: RawRun, guess: Guess) -> tuple[RawRun, dict[str, Array]]:
    """Return at most so many rows: every evaluation as far as possible, and others evenly."""
    columns = guess.columns
    n = len(next(iter(columns.values())))
    if n <= MAX_ROWS:
        return raw, columns
    rows = np.unique(np.linspace(0, n - 1, MAX_ROWS).round().astype(int))
    val = guess.roles.get("val_loss") or guess.roles.get("val_accuracy")
    if val:
        evaluations = np.flatnonzero(~np.isnan(columns[val]))
        if len(evaluations) <= MAX_ROWS // 2:
            rows = np.union1d(evaluations, np.unique(np.linspace(0, n - 1, MAX_ROWS // 2).round().astype(int)))
    note = f"Kept {len(rows):,} of {n:,} rows, evenly: no more are read."
    return raw.noted(note), {name: column[rows] for name, column in columns.items()}
