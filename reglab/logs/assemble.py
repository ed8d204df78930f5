"""From columns in their roles to a curve: one row per evaluation, in rising steps."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from statistics import median_high

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.logs.curve import MEANING, ROLES, Curve, CurveError
from reglab.logs.names import BOOSTING, COUNTS, counts, meaning_of, words
from reglab.logs.raw import RARE, listed

__all__ = ["MIN_ROWS", "assemble", "curve_from"]

Array = NDArray[np.float64]
PERCENT = re.compile(r"%|(?<![a-z])(?:percent|pct)(?![a-z])", re.I)
ROUNDED = 1e-3  # of a value may be lost where it is printed
MIN_ROWS = 2  # evaluations that make a curve
# Of the losses of many batches the mean of the last quarter, but of 4, came nearest to the loss at the evaluation,
# where the loss fell as an exponential or a power and batches differed by 5 to 20 %.
MANY, MEANT = 8, 4
LAGS = 1.1  # times the training loss of the second evaluation is a first one that still falls
SURE = {"global", "optimizer"}  # words that make a step the optimizer's


def curve_from(
    columns: Mapping[str, Array], roles: Mapping[str, str], required: Sequence[str] = ("train_loss", "val_loss")
) -> Curve:
    r"""Return the curve that columns make in their roles.

    There is one row per evaluation: rows of the same step are merged, and rows without a validation loss left out. A
    training loss or accuracy that was logged at other optimizer steps is the mean of those since the evaluation before,
    where that is several (of 8 and more their last quarter, but at least 4), and else interpolated on a line between
    its neighbours.

    Parameters
    ----------
    columns : mapping of str to array of shape (rows,)
        As in `Run`: NaN is no value, infinity a value that is not finite.
    roles : mapping of str to str
        From `ROLES` to the names of columns. Without a step the rows are numbered from 1, and are the unit.
    required : sequence of str
        Roles that must be there; the validation loss always must.

    Returns
    -------
    Curve
        "step", rising, "val_loss", and what else has a column; its unit is told by the name of the column of steps, and
        whether it counts from 0 by its values. Losses are finite, or NaN from a step to the end: there
        the run diverged. A loss that is not finite but followed by others that are is NaN where that is rare, a
        numerical fault that the notes tell, and else a gap. Accuracies are shares;
        percentages are divided by 100; NaN where there is none.

    Raises
    ------
    CurveError
        If a role or column is unknown or missing, the steps do not rise, there are fewer than 2 values, or an accuracy
        is above 100.

    Examples
    --------
    >>> columns = {"epoch": [1, 2, 3], "loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}
    >>> curve_from(columns, {"step": "epoch", "train_loss": "loss", "val_loss": "val_loss"})
    {'step': [1, 2, 3], 'train_loss': [0.9, 0.5, 0.3], 'val_loss': [1.0, 0.7, 0.8]}
    """
    checks.mapping("columns", columns)
    checks.mapping("roles", roles)
    required = [checks.one_of("required", role, ROLES) for role in checks.several("required", required)]
    return assemble(columns, roles, ("val_loss", *required))


def assemble(
    columns: Mapping[str, Array],
    roles: Mapping[str, str],
    required: Sequence[str],
    unit: str | None = None,
    running: bool = False,
    percent: Container[str] = (),
) -> Curve:
    """Return the curve that columns make in their roles, checked; `unit` where the names do not tell it.

    `percent`: the columns whose values were written with a percent sign.
    """
    chosen = _check_roles(columns, roles, required)
    notes: list[str] = []
    step, values = _merged(chosen, notes, unit or _unit(roles.get("step"), chosen.get("step")), running)
    step, values = _without_evaluation(step, values, notes, unit or _unit(roles.get("step"), chosen.get("step")))
    ends = {name: _divergence(v) for name, v in values.items() if name.endswith("loss")}  # the row it begins at
    unit = unit or _unit(roles.get("step"), chosen.get("step"))
    faults = _faults(step, values, ends, unit, notes)
    end = min(ends.values(), default=len(step))
    anchor = "val_loss" if "val_loss" in values else "val_accuracy" if "val_accuracy" in values else "train_loss"
    known = np.isfinite(values.get(anchor, next(iter(values.values()))))
    for name in (anchor, *("train_loss",) * ("train_loss" in values and anchor != "train_loss")):
        count = int((~np.isnan(values[name])).sum()) if name in values else MIN_ROWS
        if count < MIN_ROWS:
            raise CurveError(f"The {MEANING[name]} must have at least {MIN_ROWS} values, got {count}.")
    # The evaluations, and behind them the rows in which a loss is not finite any more.
    rows = np.arange(len(step))
    in_curve = known | np.logical_or.reduce(
        [np.zeros(len(step), bool), *(np.isinf(values[n]) & (rows >= at) for n, at in ends.items())]
    )
    in_curve |= faults.get(anchor, False)
    if left := int((~in_curve).sum()):
        notes.append(f"Left out {left} of {len(step)} rows, which have no {MEANING[anchor]}.")
    values_of = {"step": [int(s) if s.is_integer() else s for s in step[in_curve].tolist()]}
    for name, v in values.items():
        finite = np.isfinite(v)
        line = np.where(finite, v, np.nan)
        if name.startswith("train") and finite.any() and name != anchor:
            if unit == "step" and _apart(chosen[name], chosen[anchor]):
                line = _meant(line, in_curve & (rows < end), f"{MEANING[name]} of some batches", notes)
                finite = np.isfinite(line)
            between = in_curve & ~finite & (rows < end) & ~faults.get(name, np.zeros(len(step), bool))
            line[between] = np.interp(step[between], step[finite], line[finite])
            if between.any():
                at = f"{between.sum()} of {in_curve.sum()}"
                notes.append(f"The {MEANING[name]} was logged at other steps: interpolated at {at}.")
            before, after = (between & (step < step[finite][0])).sum(), (between & (step > step[finite][-1])).sum()
            if before or after:
                ends_at = [f"at {before} before its first value that one"] * bool(before)
                ends_at += [f"at {after} after its last value that one"] * bool(after)
                notes.append(f"The {MEANING[name]} is not known everywhere: {' and '.join(ends_at)} is taken.")
        values_of[name] = line[in_curve].tolist()
    signed = {n for n in roles if roles[n] in percent or PERCENT.search(roles[n])}
    _as_shares(values_of, signed, notes)
    odd = [n for n in ("train_loss", "val_loss") if n in signed and n in values_of]
    if len(odd) == 1 and {"train_loss", "val_loss"} <= values_of.keys():
        values_of[odd[0]] = [value / 100 for value in values_of[odd[0]]]
        notes.append(f"The {MEANING[odd[0]]} is in percent, and the other is not: divided by 100.")
    boosted = bool(BOOSTING.intersection(words(roles.get("val_loss", ""))))
    if boosted and unit == "step" and {"iter", "iteration", "iterations"}.intersection(words(roles["step"])):
        unit = "round"
    if boosted and unit == "row":
        unit = "round"
        notes.append("Log loss without a column of epochs is what libraries of boosted trees write: a row is a round.")
    if end < len(step):
        notes.append(f"A loss is not finite from {unit} {step[end]:g} on: the run diverged there.")
    counted_from = _counted_from(unit, chosen.get("step"), step[in_curve])
    if counted_from == 0:
        notes.append(
            f"The {unit}s are counted from 0: {unit} {step[in_curve][0]:g} is number {step[in_curve][0] + 1:g}."
        )
    certain = unit == "step" and "step" in roles and _is_certain(columns, roles["step"])
    measure = "error" if meaning_of(roles.get("val_loss", "")).what == "error" else "loss"
    return Curve(values_of, unit=unit, certain=certain, counted_from=counted_from, measure=measure, notes=notes)


def _unit(name: str | None, column: Array | None) -> str:
    """Return what a column counts, by its name; one without a name that rises by 1 numbers the rows."""
    if name is None or column is None:
        return "row"
    ranked = [COUNTS[word] for word in words(name) if word in COUNTS]
    if ranked:
        return min(ranked, key=lambda pair: pair[1])[0]
    return "row" if len(column) and column[0] in (0, 1) and set(np.diff(column)) <= {0.0, 1.0} else "step"


def _counted_from(unit: str, column: Array | None, evaluated: Array) -> int:
    """Return what the log writes when one unit is done, 0 or 1.

    Steps count from 0 where they rise by 1 from 0 on, or where all end an equal stretch, as 49, 99, 149 do.
    """
    if column is None:
        return 1
    known = column[np.isfinite(column)]
    if not len(known) or (known % 1).any() or (evaluated % 1).any():
        return 1
    if unit != "step" or set(np.diff(known)) <= {0.0, 1.0}:
        return 0 if known.min() == 0 else 1
    stretch = evaluated[0] + 1
    return 0 if len(evaluated) >= 3 and stretch >= 5 and not ((evaluated + 1) % stretch).any() else 1


def _is_certain(columns: Mapping[str, Array], name: str) -> bool:
    """Tell whether a column is sure to count optimizer steps: by its name, or by epochs that it leaves behind."""
    if SURE.intersection(words(name)):
        return True
    epochs = [column for other, column in columns.items() if other != name and (counts(other) or ("",))[0] == "epoch"]
    return any(_last(columns[name]) > max(_last(column), 0) + 1 for column in epochs)


def _last(column: Array) -> float:
    """Return the largest finite value."""
    return float(np.nanmax(np.where(np.isfinite(column), column, np.nan), initial=-math.inf))


def _check_roles(columns: Mapping[str, Array], roles: Mapping[str, str], required: Sequence[str]) -> dict[str, Array]:
    """Return the columns by role, in the order of `ROLES`."""
    there = listed(columns)
    for role, name in roles.items():
        if role not in ROLES:
            raise CurveError(f"A role must be one of {', '.join(ROLES)}, got {role!r}.")
        if name not in columns:
            raise CurveError(f"There is no column {name!r} for the {MEANING[role]}: there are {there}.")
    for role in required:
        if role not in roles:
            raise CurveError(f"No column is chosen for the {MEANING[role]}: there are {there}.")
    twice = [name for name, times in Counter(roles.values()).items() if times > 1]
    if twice:
        raise CurveError(f"Column {twice[0]!r} is chosen for two roles: choose one column for each.")
    chosen = {role: np.asarray(columns[roles[role]], np.float64) for role in ROLES if role in roles}
    lengths = {len(column) for column in chosen.values()}
    if len(lengths) > 1:
        raise CurveError(f"Columns must be of one length, got {', '.join(map(str, sorted(lengths)))} rows.")
    return chosen


def _merged(chosen: dict[str, Array], notes: list[str], unit: str, running: bool) -> tuple[Array, dict[str, Array]]:
    """Return rising steps and the values there."""
    values = {role: column for role, column in chosen.items() if role != "step"}
    if not values:
        raise CurveError("No column is chosen for a loss.")
    some = ~np.logical_and.reduce([np.isnan(v) for v in values.values()])  # rows that have any value
    rows = np.flatnonzero(some)
    values = {role: v[some] for role, v in values.items()}
    if "step" not in chosen:
        notes.append("There is no column of steps: the rows are numbered from 1.")
        return (rows + 1).astype(np.float64), values
    step = chosen["step"][some]
    keep = np.isfinite(step)
    bad = np.flatnonzero(~keep)
    known = np.flatnonzero(keep)
    ends = len(keep) - (int(known[-1] - known[0]) + 1 if len(known) else 0)  # a summary stands before or after
    if len(bad) and len(bad) < len(step) - 1 and (len(bad) <= len(step) / 10 or len(bad) == ends):
        notes.append(f"Left out {len(bad)} of {len(step)} rows, which have no step.")
        step, values, rows = step[keep], {role: v[keep] for role, v in values.items()}, rows[keep]
    elif len(bad):
        raise CurveError(f"Row {rows[bad[0]] + 1} has no step: give each row one, or choose no column for the step.")
    fall = np.flatnonzero(np.diff(step) < 0)
    if len(fall):
        at = fall[0] + 1
        if any((np.diff(step[~np.isnan(v)]) < 0).any() for v in values.values()):
            raise CurveError(
                f"The steps must rise, but row {rows[at] + 1} has {step[at]:g} after {step[at - 1]:g}: "
                "give one run, in its order."
            )
        order = np.argsort(step, kind="stable")  # training and validation stand in blocks of their own
        step, values = step[order], {role: v[order] for role, v in values.items()}
    starts = np.flatnonzero(np.diff(step, prepend=-np.inf) > 0)
    if len(starts) == len(step):
        return step, values
    return _one_per_step(step, values, starts, notes, unit, running)


def _one_per_step(
    step: Array, values: dict[str, Array], starts: NDArray[np.intp], notes: list[str], unit: str, running: bool
) -> tuple[Array, dict[str, Array]]:
    """Return one row per step, where several have the same.

    Several evaluations of one epoch are spread over it evenly. Of several training losses the mean is taken, or the
    last where each is a mean that runs on.
    """
    group = np.cumsum(np.diff(step, prepend=-np.inf) > 0) - 1
    anchor = values.get("val_loss", values.get("val_accuracy"))
    if anchor is not None:
        per = np.bincount(group[~np.isnan(anchor)], minlength=len(starts))
        low, high = np.fmin.reduceat(anchor, starts), np.fmax.reduceat(anchor, starts)
        with np.errstate(invalid="ignore"):
            apart = high - low > ROUNDED * np.abs(high)  # the same value twice, once rounded, is one evaluation
        if unit == "epoch" and (per > 1).mean() > 0.5 and apart.any() and not (step % 1).any():
            return _spread(step, values, group, ~np.isnan(anchor), notes, unit)
        if unit == "epoch" and (step % 1).any() and (apart & (per > 1))[:-1].any():  # the last may be one after the fit
            return _spread(step, values, group, ~np.isnan(anchor), notes, unit, _written(step))
        if unit == "epoch" and len(starts) == 1 and per[0] > 2 and apart.any():
            return _spread(step, values, group, ~np.isnan(anchor), notes, unit, _written(step))
    notes.append(f"Merged {len(step)} rows into {len(starts)}, one per {unit}.")
    merged = {}
    for role, v in values.items():
        low, high = np.fmin.reduceat(v, starts), np.fmax.reduceat(v, starts)
        differ = int((low < high).sum())
        last = np.full(len(starts), np.nan)
        there = ~np.isnan(v)
        last[group[there]] = v[there]  # the last of each group is written last
        if differ and role.startswith("train") and not running:
            finite = np.isfinite(v)
            count = np.bincount(group[finite], minlength=len(starts))
            total = np.bincount(group[finite], weights=v[finite], minlength=len(starts))
            mean = np.where(np.isfinite(last) & (count > 0), total / np.maximum(count, 1), last)
            last = np.where(low < high, mean, last)
        if differ:
            how = "their mean" if role.startswith("train") and not running else "the last"
            notes.append(f"Of several values of the {MEANING[role]} in one {unit}, {how} is taken.")
        merged[role] = last
    return step[starts], merged


def _written(step: Array) -> float:
    """Return the last digit with which steps are written: 0.01 for two decimals."""
    known = step[np.isfinite(step)]
    return next(10.0**-n for n in range(1, 7) if n == 6 or np.allclose(known * 10**n, np.round(known * 10**n)))


def _spread(
    step: Array,
    values: dict[str, Array],
    group: NDArray[np.intp],
    there: NDArray[np.bool_],
    notes: list[str],
    unit: str,
    width: float = 1.0,
) -> tuple[Array, dict[str, Array]]:
    """Return evaluations of one epoch as fractions of it; training losses between two of them go to the later.

    width : the last digit that the epochs are written with, below 1 where they are rounded to it
    """
    rounded = width < 1
    first = 1.0 if step[0] == 0 and not rounded else 0.0  # a log that counts from 0 writes 0 when one epoch is done
    at: list[float] = []
    rows: dict[str, list[float]] = {role: [] for role in values}
    for g in range(group[-1] + 1):
        members = np.flatnonzero(group == g) if group[-1] < 2000 else np.arange(*np.searchsorted(group, (g, g + 1)))
        ends = members[there[members]]
        begin = members[0]
        for number, stop in enumerate(ends, start=1):
            if number == len(ends):
                stop = members[-1]
            if rounded:
                low, high = max(step[members[0]] - width / 2, 0.0), step[members[0]] + width / 2
                at.append(low + (high - low) * (number - 0.5) / len(ends))
            else:
                at.append(step[members[0]] + first - 1 + number / len(ends))
            for role, v in values.items():
                part = v[begin : stop + 1]
                part = part[~np.isnan(part)]
                rows[role].append(part.mean() if len(part) else math.nan)
            begin = stop + 1
    said = f"written with {-round(math.log10(width))} decimals" if rounded else ""
    notes.append(f"Several evaluations have the same {unit}{', ' * rounded}{said}: they are spread evenly over it.")
    return np.array(at), {role: np.array(v) for role, v in rows.items()}


def _without_evaluation(
    step: Array, values: dict[str, Array], notes: list[str], unit: str
) -> tuple[Array, dict[str, Array]]:
    """Leave out an evaluation after the fit, as Lightning writes it: a step behind the last, where others lie apart."""
    val = values.get("val_loss", values.get("val_accuracy"))
    at = np.flatnonzero(~np.isnan(val)) if val is not None else np.array([], int)
    apart = np.diff(step[at])
    trained = any((~np.isnan(v[at[-1] :])).any() for name, v in values.items() if name.startswith("train") and len(at))
    if unit != "step" or len(at) < 4 or trained or apart[-1] != 1 or apart[:-1].min() < 10:
        return step, values
    notes.append(
        f"Left out the evaluation at step {step[at[-1]]:g}, one step after that at {step[at[-2]]:g}: nothing was "
        "trained between them, so it is another evaluation of the model, of its best weights or on other rows."
    )
    return step[: at[-1]], {name: v[: at[-1]] for name, v in values.items()}


def _divergence(v: Array) -> int:
    """Return the row from which a loss is not finite any more; the number of rows if it is to the end."""
    finite, broken = np.flatnonzero(np.isfinite(v)), np.flatnonzero(np.isinf(v))
    behind = broken[broken > (finite[-1] if len(finite) else -1)]  # one that is finite again did not diverge
    return int(behind[0]) if len(behind) else len(v)


def _apart(train: Array, val: Array) -> bool:
    """Tell whether a training column is logged on rows of its own, as that of batches is, and not at evaluations."""
    return 2 * int((~np.isnan(train) & ~np.isnan(val)).sum()) < int((~np.isnan(val)).sum())


def _meant(column: Array, evaluated: NDArray[np.bool_], what: str, notes: list[str]) -> Array:
    """Return a training column with a mean of what was logged since the evaluation before, where that is several.

    The mean of all lags a loss that falls, so that of many the last quarter is taken.
    """
    made, ends = column.copy(), np.flatnonzero(evaluated)
    several = [0]
    for begin, end in zip([0, *ends[:-1] + 1], ends + 1, strict=True):
        known = column[begin:end][np.isfinite(column[begin:end])]
        if len(known) > 1:
            made[end - 1] = (known if len(known) < MANY else known[-max(MEANT, len(known) // 4) :]).mean()
            several.append(len(known))
    if len(several) > 1:
        part = "of those" if max(several) < MANY else f"of the last quarter, of at least {MEANT}, of those"
        notes.append(
            f"The {what} was logged between evaluations: at {len(several) - 1} of {len(ends)} the mean {part} since "
            f"the one before is read, of up to {max(several)}."
        )
        if what.startswith(MEANING["train_loss"]) and made[ends[0]] > LAGS * made[ends[min(1, len(ends) - 1)]]:
            notes.append(
                "Such a mean lags a loss that falls: at the first evaluations the training loss is lower than is read, "
                "and the gap wider."
            )
    return made


def _faults(
    step: Array, values: dict[str, Array], ends: dict[str, int], unit: str, notes: list[str]
) -> dict[str, NDArray[np.bool_]]:
    """Return by loss the rows that alone are not finite, behind which it is finite again.

    Where the run went on after such a row, one loss that is not finite in the last row alone, beside the other that is,
    is a fault too: it is made a gap, and `ends` is changed.
    """
    faults = {}
    for name, end in ends.items():
        lost = np.isinf(values[name]) & (np.arange(len(step)) < end)
        if lost.any() and lost.sum() <= max(1, RARE * np.isfinite(values[name]).sum()):
            faults[name] = lost
            at = " and ".join(f"{number:g}" for number in step[lost][:3]) + (" and others" if lost.sum() > 3 else "")
            notes.append(
                f"The {MEANING[name]} is not finite at {unit} {at} alone: a numerical fault, and the run went on."
            )
    for name, end in ends.items():
        others = [other for other in ends if other != name]
        if faults and end == len(step) - 1 and others and all(np.isfinite(values[other][-1]) for other in others):
            values[name] = np.append(values[name][:-1], math.nan)
            ends[name] = len(step)
            notes.append(
                f"The {MEANING[name]} is not finite at {unit} {step[-1]:g}, the last, where the {MEANING[others[0]]} "
                "is: it is taken for such a fault too, and not for a divergence; a longer run would tell."
            )
    return faults


def _as_shares(columns: dict[str, list[float]], signed: set[str], notes: list[str]) -> None:
    """Make shares of accuracies in percent: both together, as one log has them, unless one of them is a share.

    A column that is told to be is in percent, and one that goes above 1. Beside that the other is in percent too if it
    is nearer to it so than it would be as a share.
    """
    known = {name: [v for v in columns[name] if not math.isnan(v)] for name in columns if name.endswith("accuracy")}
    known = {name: values for name, values in known.items() if values}
    for name, values in known.items():
        top, low = max(values), min(values)
        if top > 100 or (top > 1 and low < 0):
            raise CurveError(f"The {MEANING[name]} must be in [0, 1] or in percent, got {top if top > 100 else low:g}.")
    percent = {name for name, values in known.items() if name in signed or max(values) > 1}
    for name in known.keys() - percent:
        if any(max(known[name]) > median_high(known[other]) / 10 for other in percent):
            percent.add(name)
    for name in known:
        if name in percent:
            columns[name] = [value / 100 for value in columns[name]]
            others = [MEANING[other] for other in known if other not in percent]
            beside = f", the {others[0]} a share" if others else ""
            notes.append(f"The {MEANING[name]} is in percent{beside}: divided by 100.")
