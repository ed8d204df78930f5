"""Values that are copied to the rows between evaluations, as pandas' ffill and bfill do and tables that repeat them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reglab.logs.raw import RawRun
from reglab.logs.roles import Guess

__all__ = ["without_repeats"]

Array = NDArray[np.float64]
LEAST = 6  # values in which a pattern is seen
ALIKE = 0.8  # of the stretches between the first and the last, as long as the middle one
MOVES = 0.8  # of the rows within a stretch, those in which the training loss is another


def without_repeats(raw: RawRun, guess: Guess) -> tuple[RawRun, dict[str, Array]]:
    """Return a validation's columns with a value at evaluations alone, where the others are copies of it.

    A value is copied where it stands in stretches of one length, of two rows and more, while the training loss goes on
    from row to row. Each stretch is one evaluation: at its first row, where copies follow it, or at its last, where
    they go before it.
    """
    columns, roles = dict(guess.columns), guess.roles
    train = columns.get(roles.get("train_loss", ""))
    of_val = [roles[role] for role in ("val_loss", "val_accuracy") if role in roles]
    if train is None or not of_val:
        return raw, columns
    notes = []
    for name in of_val:
        at = np.flatnonzero(~np.isnan(columns[name]))
        ends = _stretches(columns[name][at], train[at])
        if ends is None:
            continue
        begins = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - begins + 1
        usual = int(np.median(lengths))
        before = lengths[0] < usual <= lengths[-1] or (at[0] == 0 and at[-1] < len(train) - 1)
        if at[0] == 0 and at[-1] == len(train) - 1 and "step" in roles and lengths[0] == lengths[-1]:
            before = _round(columns[roles["step"]][at[ends]])
        evaluated = at[ends if before else begins]
        values = np.full(len(train), np.nan)
        values[evaluated] = columns[name][evaluated]
        columns[name] = values
        notes.append(
            f"{name!r} stands unchanged for {usual} rows at a time while {roles['train_loss']!r} goes on: it is taken "
            f"for one evaluation at the {'last' if before else 'first'} of them, and for its copies in the others."
        )
    return (replace(raw.noted(*notes), columns=columns) if notes else raw), columns


def _round(steps: Array) -> bool:
    """Tell whether steps are multiples of the stretch between them, as evaluations at 100, 200, 300 are."""
    stretch = steps[1] - steps[0]
    return bool(stretch > 0 and not (steps % stretch).any())


def _stretches(values: Array, train: Array) -> NDArray[np.intp] | None:
    """Return the last rows of stretches of one value, all of one length but the first and the last; None for others."""
    changes = np.flatnonzero(values[1:] != values[:-1])
    if len(values) < LEAST or not len(changes):
        return None
    ends = np.append(changes, len(values) - 1)
    lengths = np.diff(ends, prepend=-1)
    inner = lengths[1:-1] if len(lengths) > 3 else lengths[:-1]
    usual = np.median(inner)
    if usual >= 2:  # two evaluations may come to the same value
        twice = [
            (end, length) for end, length in zip(ends, lengths, strict=True) if length > usual and not length % usual
        ]
        more = [end - usual * k for end, length in twice for k in range(1, int(length // usual))]
        ends = np.sort(np.concatenate([ends, np.array(more, int)]))
        lengths = np.diff(ends, prepend=-1)
        inner = lengths[1:-1] if len(lengths) > 3 else lengths[:-1]
    if usual < 2 or (abs(inner - usual) <= 0.1 * usual).mean() < ALIKE or lengths[[0, -1]].max() > 1.1 * usual:
        return None
    if len(lengths) < 4 and usual < LEAST:
        return None
    within = np.setdiff1d(np.arange(len(values) - 1), changes)
    moves = train[within + 1] != train[within]
    return ends if moves.mean() >= MOVES else None
