"""The rules that were measured here: from a run without regularization to the strengths for the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reglab.settings import Settings
from reglab.strategy.diagnosis import OVERFIT
from reglab.strategy.literature import (
    JUDGEMENT,
    MEASURED,
    MIXUP,
    NANOGPT,
    NOT_AT_THIS_SIZE,
    NOT_ON_TEXT,
    PLAYBOOK,
    SMOOTHING,
)
from reglab.strategy.log import NEAR, _Log
from reglab.strategy.reading import USUAL_BATCH

__all__ = [
    "BATCH_POWER",
    "DECAY_LIMITS",
    "FADE",
    "FITTED",
    "LEAST_PATIENCE",
    "LEFT",
    "MEASURED_ROWS",
    "PATIENCE",
    "RATE_POWER",
    "Fitted",
    "Reason",
]

LEAST_PATIENCE = 5  # evaluations, of a run that has fewer


@dataclass(frozen=True)
class Fitted:
    """The numbers of the rules in `_settings` and `_guess`.

    The decays are as good as any on the tasks of `reglab.evidence`, where a step from half to twice was tried; turn and
    known are fitted there by least squares. The noise was chosen: those tasks would have a little more of it.
    """

    decay_base: float = 0.12
    decay_known: float = 0.55
    decay_augmented: float = 0.45
    noise: float = 0.3
    noise_late: float = 0.15
    turn: tuple[float, ...] = (0.67, 0.58, 0.31, -1.4)  # of 1, log steps, log n_train, gap
    known: tuple[float, ...] = (0.22, -0.084)  # of 1, log training loss


FITTED = Fitted()
DECAY_LIMITS = (0.02, 10.0)
MOST_AUGMENTED = 3.0  # the largest decay that the benchmark tries on images and signals, where copies are made too
TINY = {"input_noise": 0.01, "label_smoothing": 0.001}  # a hundredth of the usual range, which changes nothing
LEFT = 0.1  # of the run, at least
# The turn comes later at a smaller learning rate and batch: seen at 3e-4 to 3e-3 and at 8 to 100, on seven tasks.
RATE_POWER, BATCH_POWER = 0.6, 0.2
MEASURED_ROWS = (30, 1000)  # smallest and largest n_train of the benchmark
FADE = (0.4, 0.6)  # noise fades as best_step / steps goes from the one to the other
PATIENCE = 40  # evaluations, of the 40 that fit makes: the run goes on to its end, and its best checkpoint is kept


@dataclass(frozen=True)
class Reason:
    """Why a setting has its value.

    Attributes
    ----------
    field : str
        The field of `Settings`.
    sentence : str
    source : str
        A paper, or what measured it here.
    """

    field: str
    sentence: str
    source: str


def _guess(log: _Log, n_train: int | None, learning_rate: float | None, batch_size: int | None, fitted: Fitted) -> _Log:
    """Guess from the size and the last losses what the curve would have shown, or ask for what that takes."""
    if log.accuracies:
        ask = "Give the two losses: they tell what the mistakes cost, and no weight decay can rest on accuracies."
        return replace(log, asks=(*log.asks, ask))
    if log.scale == "unknown":
        ask = (
            "Say for regression the target's variance (target_variance), else the classes (n_classes) or the loss of a "
            "constant guess (constant_loss): weight decay needs the scale of the losses."
        )
        return replace(log, asks=(*log.asks, ask))
    if n_train is None:
        return replace(log, asks=(*log.asks, "Say the training rows (n_train): the guess of the best step needs them."))
    if learning_rate is None:
        return log
    assert log.steps is not None
    gap = float(np.clip(log.gap / log.constant, 0, 2))
    a, by_steps, by_size, by_gap = fitted.turn
    turn = math.exp(a + by_steps * math.log(log.steps) + by_size * math.log(n_train) + by_gap * gap)
    batch = min(batch_size or USUAL_BATCH, n_train)
    turn *= (1e-3 / learning_rate) ** RATE_POWER * (32 / batch) ** BATCH_POWER
    turn = min(max(turn, 1.0), log.steps)
    known = fitted.known[0] + fitted.known[1] * math.log(min(max(log.train / log.constant, 1e-4), 2.0))
    return replace(
        log,
        best_step=turn,
        turn=turn,
        best_range=(max(turn / 3, 1.0), min(turn * 3, log.steps)),
        best_val=log.val,
        known=float(np.clip(known, 0, 1)),
    )


def _when(log: _Log, guessed: bool) -> str:
    """Say when the run was at its best: the evaluations that are as good as the lowest, and which that is."""
    assert log.turn is not None
    if guessed:
        return f"probably at its best about step {log.turn:.0f} (a guess, from size and losses)"
    assert log.best_range is not None
    assert log.best_step is not None
    low, high = log.best_range
    lowest = f"{'about ' * (log.runs > 1)}step {log.best_step:.0f}"
    if low == high:
        return f"at its best at {lowest}"
    return f"at its best between step {low:.0f} and step {high:.0f} (lowest at {lowest}; in the middle, {log.turn:.0f})"


def _patience(log: _Log) -> int:
    """Return a patience that does not stop a run of as many evaluations: what it does is to keep the best."""
    return min(max(log.evaluations, LEAST_PATIENCE), PATIENCE) if log.evaluations else PATIENCE


def _never_stops(patience: int) -> str:
    """Say that so much patience stops no run of as many evaluations."""
    return (
        f"Patience counts evaluations: a run of up to {patience} of them"
        f"{', as reglab.fit makes,' * (patience == PATIENCE)} it never stops."
    )


def _round(value: float) -> float:
    """Round to two digits."""
    return float(f"{value:.2g}")


def _settings(
    log: _Log,
    name: str,
    guessed: bool,
    n_train: int | None,
    task: str,
    objective: str,
    learning_rate: float | None,
    fitted: Fitted,
    carried: str = "",
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]]]:
    """Return the settings for a diagnosis, with their reasons and ranges.

    carried : what is said of the source where the run is not of a kind that was measured here.
    """
    values: dict[str, Any] = {} if learning_rate is None else {"learning_rate": learning_rate}
    reasons: list[Reason] = []
    ranges: dict[str, tuple[float, float]] = {}

    def add(field: str, value: float, low: float, high: float, sentence: str, source: str) -> None:
        value, low, high = _round(value), _round(low), _round(high)
        if value > TINY.get(field, 0):
            values[field] = value
            ranges[field] = (min(low, value), max(high, value))
            reasons.append(Reason(field, sentence, source))

    if log.val_broken:
        return Settings(**values), reasons, ranges
    if name == "diverging":
        if learning_rate is not None:
            why = "A run that diverges is first run again at a tenth of its rate."
            values["learning_rate"], ranges["learning_rate"] = (
                learning_rate / 10,
                (_round(learning_rate / 30), _round(learning_rate / 3)),
            )
            reasons.append(Reason("learning_rate", why, f"the tenth: judgement; lowering it: {PLAYBOOK}"))
        why = "Clipping bounds the single step that blows up; better than 1 is the 90th percentile of the logged norms."
        add("clip_norm", 1.0, 0.5, 5.0, why, f"the percentile: {PLAYBOOK}; the 1: {NANOGPT}")
        return Settings(**values), reasons, ranges
    low_rows, high_rows = MEASURED_ROWS
    measured = NOT_ON_TEXT if task == "text" else MEASURED
    if n_train is not None and not low_rows <= n_train <= high_rows and task != "text":
        measured = NOT_AT_THIS_SIZE
    measured = carried or measured
    if log.unit == "round":
        measured = JUDGEMENT
    patience = _patience(log)
    values["patience"], ranges["patience"] = patience, (float(min(10, patience)), float(patience))
    keep = f"Keep the weights of the lowest clean validation loss: it costs nothing. {_never_stops(patience)}"
    if objective == "accuracy" and log.classes:
        keep += " Only the loss is watched, also where accuracy counts: accuracy moves by whole rows."
    reasons.append(Reason("patience", keep, measured))
    known, augmented = log.known, task in ("image", "signal")
    # What check_guidelines does not call far, of a curve that did not turn, asks for nothing more; but copies of images
    # helped there too (digits, 800 rows: a regret of 0.06 with them, of 0.40 without in two of five seeds).
    near = name == "mild overfit" and not (guessed or augmented) and log.gap <= max(2 * log.error, 0.03 * log.constant)
    if name not in OVERFIT or log.unit == "round" or log.few or (near and log.rise < NEAR):
        return Settings(**values), reasons, ranges

    if log.turn is not None and log.in_steps and learning_rate is not None:
        assert log.best_range is not None
        assert log.steps is not None
        assert known is not None
        share = fitted.decay_augmented if augmented else fitted.decay_base + fitted.decay_known * known
        share *= max(1 - log.turn / log.steps, LEFT)  # a run that was at its best late has little to be held back from
        rate = learning_rate
        least, most = DECAY_LIMITS[0], MOST_AUGMENTED if augmented else DECAY_LIMITS[1]

        def decay(step: float) -> float:
            return float(np.clip(share / (rate * step), least, most))

        low_step, high_step = log.best_range
        holds = f"decay that forgets over {1 / share:.1f} times as many steps"
        asked = share / (rate * log.turn)
        beyond = f" That would be {_round(asked):g}: {most:g} is the largest that was tried." if asked > most else ""
        add(
            "weight_decay",
            decay(log.turn),
            decay(2 * max(high_step, log.turn)),
            decay(min(low_step, log.turn) / 2),
            f"The run was {_when(log, guessed)}: {holds} holds it there.{beyond}",
            measured,
        )
    if augmented:
        magnitude = 0.5 if task == "image" else 1.0
        add("augment", magnitude, 0.25, 1.0, "Copies that keep the label stand in for rows that are missing.", measured)
    if log.turn is not None and known is not None and task != "text" and not log.apart:  # noise on tokens is no token
        assert log.best_step is not None
        assert log.steps is not None
        fade = float(np.clip((FADE[1] - log.best_step / log.steps) / (FADE[1] - FADE[0]), 0, 1))
        probably = "probably " * guessed
        by_heart = f"At its best step the training loss was {probably}{100 * known:.0f} % below the validation loss"
        noise = known * (fitted.noise_late + (fitted.noise - fitted.noise_late) * fade)
        blur = f"{by_heart}: noise on the inputs blurs what was learnt by heart."
        add("input_noise", noise, 0, 2 * noise, blur, measured)
    if objective == "accuracy" and log.classes:
        smooth = "Smoothing may help accuracy a little, and may raise the loss."
        here = "; here not measured on text" if task == "text" else ""
        add("label_smoothing", 0.1, 0.05, 0.2, smooth, SMOOTHING + here)
        if augmented:
            add("mixup_alpha", 0.2, 0.1, 0.4, "Mixup often helps accuracy; the strength is judgement.", MIXUP)
    elif task == "image" and log.classes and known is not None and log.best_val is not None:
        smoothing = float(np.clip(0.1 * log.best_val, 0, 0.05)) * known
        far_below = "Smoothing far below the loss that is reached bounds the confidence."
        add("label_smoothing", smoothing, 0, 0.1, far_below, measured)
    return Settings(**values), reasons, ranges
