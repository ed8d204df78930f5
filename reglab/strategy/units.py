"""What a curve counts, as optimizer steps; or the sentence that asks for what that needs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from reglab.strategy.log import _Log
from reglab.strategy.reading import PLURALS, USUAL_BATCH

__all__: list[str] = []


def _in_steps(log: _Log, n_train: int | None, batch_size: int | None, steps: int | None, architecture: str) -> _Log:
    """Return the log with its times in optimizer steps, or with the sentence that asks for what that needs."""
    assert log.steps is not None
    unit, length, said, doubts = log.unit, log.steps, log.said, log.doubts
    if unit == "step":
        in_a_pass = 0 if n_train is None else math.ceil(n_train / (batch_size or USUAL_BATCH))
        # A language model may well see less than its data once.
        if log.certain or architecture == "language model" or length >= in_a_pass:
            if steps is not None and abs(steps - length) > 0.1 * length:
                said += (f"The curve ends at step {length:g}, and not at the {steps:,} told beside it.",)
            if log.by_ones and not log.certain:
                doubts += 1
                said += (
                    "The steps rise by 1 from row to row, as epochs do: they are taken for optimizer steps, since "
                    "the column is named so.",
                )
            return replace(log, said=said, doubts=doubts)
        unit = "epoch"
        said += (
            f"The last step, {length:g}, is less than one pass over the data, {in_a_pass:,} steps: it is taken for an "
            "epoch.",
        )
    if unit in ("row", "evaluation") and steps is not None:
        said += (f"The curve counts {PLURALS[unit]}: its {length:g} are spread evenly over the {steps:,} steps told.",)
        return _scaled(replace(log, said=said), steps / length)
    if unit == "row":
        unit, doubts = "epoch", doubts + 1
        said += ("No column counts steps or epochs: each row is taken for an epoch.",)
    if unit == "epoch" and n_train is not None and batch_size is not None:
        in_a_pass = math.ceil(n_train / batch_size)
        said += (f"Read {_count(length, 'epoch')} of {_count(in_a_pass, 'step')}.",)
        if steps is not None and abs(steps - length * in_a_pass) > in_a_pass:
            said += (f"That makes {length * in_a_pass:,.0f} steps, and not the {steps:,} told beside it.",)
        return _scaled(replace(log, said=said, doubts=doubts), in_a_pass)
    if unit == "epoch" and steps is not None:
        said += (f"The curve's {length:g} epochs are spread evenly over the {steps:,} steps told.",)
        return _scaled(replace(log, said=said, doubts=doubts), steps / length)
    if unit == "round":
        ask = (
            "Rounds of boosting are no optimizer steps, and nothing was measured here on trees: keep the rounds up to "
            "the best one (early_stopping_rounds), and search max_depth, min_child_weight, lambda, subsample and a "
            "smaller eta."
        )
    elif unit == "evaluation":
        ask = "Say how many steps the run took (steps): weight decay is set in steps, and the curve counts evaluations."
    else:
        missing = ["the training rows (n_train)"] * (n_train is None)
        missing += ["the batch size (batch_size)"] * (batch_size is None)
        ask = f"Say {' and '.join(missing)}: weight decay is set in steps, and the curve counts epochs."
    return replace(log, said=said, in_steps=False, doubts=doubts + 2, asks=(*log.asks, ask))


def _count(number: float, unit: str) -> str:
    return f"{number:,.6g} {unit if number == 1 else PLURALS[unit]}"


def _scaled(log: _Log, factor: float) -> _Log:
    """Return the log with its times multiplied."""
    names = ("steps", "best_step", "turn")
    times = {name: getattr(log, name) for name in names if getattr(log, name) is not None}
    scaled: dict[str, Any] = {name: round(value * factor, 6) for name, value in times.items()}
    if log.best_range is not None:
        low, high = log.best_range
        scaled["best_range"] = round(low * factor, 6), round(high * factor, 6)
    return replace(log, in_steps=True, **scaled)
