"""Values that stand where nothing was measured: 0, -1 or 999 at the epochs without an evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.logs.names import Meaning, meaning_of
from reglab.logs.raw import RawRun

__all__ = ["without_fillers"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
LARGE = (99.0, 999.0, 9999.0, 99999.0, 999999.0, 1e6, 1e8, 1e9, 1e10)
FAR = 10.0  # times the largest other value is beyond what a run comes to
OFTEN = 1 / 3  # of the values of a column that is evaluated at every second epoch, or less often
AGAIN = 0.1  # of the largest value: one as high behind a 0 tells that the 0 was not reached by training


def without_fillers(raw: RawRun) -> RawRun:
    """Return the same with no value where a filler stands, and without columns that hold nothing else.

    A loss is exactly 0 where it is rounded and the run ends there, so that 0 is a filler where the loss is high again
    behind it; -1 is one where all else is above 0, and 999 and the like where they are far above all else. An accuracy
    may be 0: there it is a filler in the rows in which the loss of its split has one.
    """
    columns, notes, nothing = dict(raw.columns), [], dict(raw.nothing)
    filled: dict[str | None, Mask] = {}  # by split: the rows in which a loss has a filler
    of = {name: meaning_of(name) for name in columns}
    for name in sorted(columns, key=lambda name: of[name].kind != "loss"):
        it, column = of[name], columns[name]
        if it.kind not in ("loss", "accuracy"):
            continue
        filler, rows = _filler(column, it, filled.get(it.split))
        if not rows.any():
            continue
        if it.kind == "loss":
            filled[it.split] = filled.get(it.split, rows) | rows
        if (rows | np.isnan(column)).all():
            nothing[name] = f"{name!r} is {filler:g} in every row"
            del columns[name]
            continue
        columns[name] = np.where(rows, np.nan, column)
        n = int(rows.sum())
        notes.append(
            f"{filler:g} in {n:,} {'row' if n == 1 else 'rows'} of {name!r} is taken for no value: nothing was "
            "measured there."
        )
    if (not notes and len(columns) == len(raw.columns)) or not columns:
        return raw
    return replace(raw.noted(*notes), columns=columns, nothing=nothing)


def _filler(column: Array, it: Meaning, of_loss: Mask | None) -> tuple[float, Mask]:
    """Return a column's filler, and the rows that hold it."""
    known = np.isfinite(column)
    none = np.zeros(len(column), bool)
    for filler in (0.0, -1.0, *LARGE):
        rows = known & (column == filler)
        if not rows.any():
            continue
        others = column[known & ~rows]
        if it.kind == "accuracy":
            beside = rows & of_loss if of_loss is not None and filler >= 0 else none
            rows = beside if filler >= 0 else rows if len(others) > 1 else none
        elif not len(others):
            rows = rows if it.split in ("val", "test") and rows.sum() > 1 else none
        elif filler < 0:
            rows = rows if others.min() >= 0 else none
        elif filler:
            rows = rows if filler > FAR * np.abs(others).max() else none
        else:
            rows = rows if _is_no_loss(column, rows, known, it) else none
        if rows.any():
            return filler, rows
    return 0.0, none


def _is_no_loss(column: Array, rows: Mask, known: Mask, it: Meaning) -> bool:
    """Tell whether the zeros of a loss are fillers: it is high again behind them, and they are many or come first."""
    first = int(np.flatnonzero(rows)[0])
    others = known & ~rows
    behind = np.abs(column[first:][others[first:]]).max(initial=0.0)
    if behind <= AGAIN * np.abs(column[others]).max():
        return False
    before = not others[:first].any() and not rows[np.flatnonzero(others)[0] :].any()
    plain = it.split in ("val", "test") and it.tier == 0 and not it.strange
    return bool(before and plain) or rows.sum() >= OFTEN * known.sum()
