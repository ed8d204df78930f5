"""Settings for the next run, each with its range, its reason and its source."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reglab import checks
from reglab.engine.run import Run
from reglab.settings import OPTIMIZERS, Settings, check_number, check_whole
from reglab.strategy.changes import STRENGTHS, Change, _changes, _in_words, _is_on, _merged, coupled_decay
from reglab.strategy.diagnosis import OVERFIT, _diagnose
from reglab.strategy.literature import JUDGEMENT, LIKE_DENSE, NOT_REGULARIZED, NOT_WITH_SGD, PLAYBOOK, RECIPES
from reglab.strategy.log import _Log
from reglab.strategy.of_run import _as_curve
from reglab.strategy.reading import ARCHITECTURES, PRETRAINED, USUAL_BATCH, USUAL_STEPS, _as_loss, _read_log
from reglab.strategy.rules import (
    BATCH_POWER,
    DECAY_LIMITS,
    FADE,
    FITTED,
    LEFT,
    MEASURED_ROWS,
    PATIENCE,
    RATE_POWER,
    Fitted,
    Reason,
    _guess,
    _never_stops,
    _patience,
    _settings,
)
from reglab.strategy.units import _in_steps
from reglab.summary import Summary

__all__ = [
    "ARCHITECTURES",
    "BATCH_POWER",
    "DECAY_LIMITS",
    "FADE",
    "FEW_IMAGES",
    "FITTED",
    "LEFT",
    "MEASURED_ROWS",
    "ONE_PASS",
    "PATIENCE",
    "PRETRAINED",
    "RATE_POWER",
    "TASKS",
    "Advice",
    "Change",
    "Fitted",
    "Reason",
    "recommend",
]

ONE_PASS = 1.5  # passes over the data up to which hardly a row is seen twice
FEW_IMAGES = 1000  # under which a small convolutional network is advised like a dense one
TASKS = ("tabular", "image", "signal", "text")


@dataclass(frozen=True)
class Advice:
    """What `recommend` returns.

    Attributes
    ----------
    diagnosis : str
        One of `DIAGNOSES`.
    confidence : "high", "medium" or "low"
    why : tuple of str
        What the diagnosis and the confidence rest on, and how what was told was read, one sentence each.
    settings : Settings
        Ready for `reglab.fit`.
    ranges : dict of str to (float, float)
        For every field that the advice sets: from where to where to search, if one searches.
    reasons : tuple of Reason
        One or more for every field that the advice sets.
    next_steps : tuple of str
        First what has to be told for the numbers that are missing.
    best_step : float
        The optimizer step at which the run was at its best; guessed where an overfit is told without a curve, NaN
        where it cannot be told.
    steps : float
        Optimizer steps of the run; NaN where they cannot be told.
    changes : tuple of Change
        The settings as changes against what the run had, those that are kept included.
    unchecked : tuple of str
        What the diagnosis could not check with what was told, one sentence each; never empty.
    read_as : "losses", "accuracies" or "error rates"
        What the losses that were told, or those of the curve, were read as.
    """

    diagnosis: str
    confidence: str
    why: tuple[str, ...]
    settings: Settings
    ranges: dict[str, tuple[float, float]]
    reasons: tuple[Reason, ...]
    next_steps: tuple[str, ...]
    best_step: float = math.nan
    steps: float = math.nan
    changes: tuple[Change, ...] = ()
    unchecked: tuple[str, ...] = ()
    read_as: str = "losses"

    def __repr__(self) -> str:
        return self._summary().as_text()

    def _repr_html_(self) -> str:
        return self._summary().as_html()

    def _summary(self) -> Summary:
        rows = [
            (name, str(getattr(self.settings, name)), f"from {low:g} to {high:g}")
            for name, (low, high) in self.ranges.items()
        ]
        return Summary(f"Advice: {self.diagnosis}, confidence {self.confidence}", rows, (*self.why, *self.next_steps))


def recommend(
    n_train: int | None = None,
    train_loss: float | None = None,
    val_loss: float | None = None,
    *,
    task: str = "tabular",
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    curve: Run | Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]] | None = None,
    setting: int = 0,
    objective: str = "loss",
    learning_rate: float | None = 1e-3,
    batch_size: int | None = None,
    steps: int | None = None,
    training_mode_loss: bool | None = None,
    architecture: str = "dense",
    pretrained: str | None = None,
    optimizer: str = "adamw",
    current: Settings | None = None,
    class_shares: Sequence[float] | None = None,
    target_variance: float | None = None,
    fitted: Fitted = FITTED,
) -> Advice:
    """Turn one run into settings for the next.

    Parameters
    ----------
    n_train : int, optional
        Training rows; None where they are not known.
    train_loss, val_loss : float, optional
        At the end of a run, clean: evaluation mode, hard labels, no augmentation, no penalty. nan or inf where it
        diverged. Two accuracies in their place are recognised where no losses would be like them. With a curve they
        may be left out: its own losses are read, and that others were told is said.
    task : "tabular", "image", "signal" or "text"
    n_classes : int, optional
        None is regression.
    constant_loss : float, optional
        The loss of the best constant guess, in the units of the losses: for the mean squared error the target's
        variance. By default ln(n_classes); else the larger of the curve's first losses, and without a curve 0.5, half
        the variance of a standardised target, unless the losses are far above that.
    n_val : int, optional
        Validation rows.
    curve : Curve, Run, mapping or sequence of mappings, optional
        As for `diagnose`. A `Run` says all else of itself but for `objective` and `pretrained`. Without it the best
        step is guessed, and the advice is weaker. A curve of epochs becomes one of steps by
        ceil(n_train / batch_size) steps an epoch, as do rows that nothing counts, and steps of which the last is less
        than one pass over the data, unless the curve is certain. Rows and evaluations are spread over `steps` where
        that is told.
    setting : int
        Which setting of a `Run` is read, counted from 0: best one without regularization.
    objective : "loss" or "accuracy"
        What is to be good on new rows.
    learning_rate : float or None
        Of the run (AdamW); None where it is not known: no decay is advised then.
    batch_size : int, optional
        Needed where the curve counts epochs; without a curve the guess is made with 32.
    steps : int, optional
        How many optimizer steps the run took; by default what the curve says, without a curve 1000.
    training_mode_loss : bool or None
        Whether `train_loss` was measured in training mode, which makes the gap mislead; None where that is not known.
    architecture : "dense", "conv", "transformer" or "language model"
        Dense networks were measured here; for the others the answer is literature, or that there is none.
    pretrained : "full" or "lora", optional
        Whether the run started from pretrained weights, all of which were trained (full fine-tuning) or adapters alone.
    optimizer : "adamw", "adam" or "sgd"
        Of the run; AdamW was measured here.
    current : Settings, optional
        The regularization that the run had; by default none. The advice is a change against it (`Advice.changes`).
        With SGD `weight_decay` is read as PyTorch's, which is in the gradient: it counts as `l2`.
    class_shares : sequence of float, optional
        How large each class is, as shares, percentages or counts: a constant guess of unequal classes has a lower loss.
    target_variance : float, optional
        Of regression's target, in the units of the loss: what a constant guess has as its mean squared error. Of
        `constant_loss`, `target_variance`, `class_shares` and `n_classes` the first that is told says the scale.
    fitted : Fitted
        The rules' numbers; the benchmark passes those that were fitted without the dataset at hand.

    Returns
    -------
    Advice

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> from reglab.curves import Curve
    >>> advice = recommend(200, 0.001, 0.45, task="image", n_classes=10, n_val=200, steps=1200)
    >>> advice.diagnosis, advice.confidence, advice.settings.augment
    ('strong overfit', 'medium', 0.5)
    >>> recommend(200, 2.2, 2.25, task="image", n_classes=10, n_val=200).diagnosis
    'underfit'
    >>> curve = Curve({"step": [1, 2, 3, 4], "train_loss": [1.0, 0.3, 0.1, 0.0], "val_loss": [1.2, 0.9, 1.1, 1.4]},
    ...               unit="epoch")
    >>> advice = recommend(5000, 0.0, 1.4, n_classes=10, n_val=500, curve=curve, batch_size=32)
    >>> advice.why[-2], advice.steps, advice.best_step
    ('Read 4 epochs of 157 steps.', 628.0, 314.0)
    >>> from reglab import Training, fit
    >>> run = fit("wine", Settings(), Training(max_steps=300), n_train=50, seeds=3)
    >>> recommend(curve=run).why[-1]
    'Read of the run: the mean of its 3 seeds.'
    """
    if isinstance(curve, Run):
        given = {
            "n_train": n_train,
            "task": task,
            "n_classes": n_classes,
            "constant_loss": constant_loss,
            "n_val": n_val,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "steps": steps,
            "training_mode_loss": training_mode_loss,
            "architecture": architecture,
            "pretrained": pretrained,
            "optimizer": optimizer,
            "current": current,
            "class_shares": class_shares,
            "target_variance": target_variance,
        }
        usual = {"task": "tabular", "learning_rate": 1e-3, "architecture": "dense", "optimizer": "adamw"}
        columns, of_run, which = _as_curve(curve, setting, given, usual)
        ends: dict[str, Any] = {"train_loss": train_loss, "val_loss": val_loss}
        advice = recommend(**of_run, **ends, curve=columns, objective=objective, fitted=fitted)
        return replace(advice, why=(*advice.why, *which))
    check_whole("setting", setting, 0, 0)
    if n_train is not None:
        check_whole("n_train", n_train, 1)
    for name, value, allowed in (
        ("task", task, TASKS),
        ("objective", objective, ("loss", "accuracy")),
        ("optimizer", optimizer, OPTIMIZERS),
    ):
        checks.one_of(name, value, allowed)
    checks.instance("fitted", fitted, Fitted)
    missing = [name for name, value in (("train_loss", train_loss), ("val_loss", val_loss)) if value is None]
    if curve is None and missing:
        raise ValueError(f"{' and '.join(missing)} must be a loss of 0 or more, or a curve given instead, got None")
    train, val = (
        None if curve is not None and value is None else _as_loss(name, value, below_zero=curve is not None)
        for name, value in (("train_loss", train_loss), ("val_loss", val_loss))
    )
    if learning_rate is not None:
        check_number("learning_rate", learning_rate, 0)
        if learning_rate == 0:
            raise ValueError("learning_rate must be above 0, got 0")
    if batch_size is not None:
        check_whole("batch_size", batch_size, 1)
    log = _read_log(
        train,
        val,
        curve,
        n_train=n_train,
        n_classes=n_classes,
        constant_loss=constant_loss,
        n_val=n_val,
        steps=steps,
        training_mode_loss=training_mode_loss,
        class_shares=class_shares,
        target_variance=target_variance,
        current=current,
        architecture=architecture,
        pretrained=pretrained,
    )
    guessed = log.turn is None
    if curve is not None and not log.accuracies:
        log = _in_steps(log, n_train, batch_size, steps, architecture)
    elif log.steps is None and curve is None and not log.accuracies:
        untold = f"The steps trained (steps) were not told: taken as {USUAL_STEPS}."
        log = replace(log, steps=float(USUAL_STEPS), guessed=(*log.guessed, untold))
    diagnosis = _diagnose(log)
    confidence, why = diagnosis.confidence, diagnosis.why
    overfits = diagnosis.name in OVERFIT
    now, coupled = _as_trained(current or Settings(), optimizer)
    why += coupled
    few = architecture == "conv" and task == "image" and n_train is not None and n_train < FEW_IMAGES
    by_rule = pretrained is None and (architecture == "dense" or few)
    if guessed and overfits and by_rule:  # a curve without a turn diverged
        log = _guess(log, n_train, learning_rate, batch_size, fitted)
    by_rule, overfits = by_rule and not log.few, overfits and not log.few  # nothing rests on so few evaluations
    asks = log.asks if overfits and by_rule else ()  # a run that diverged is asked for what its lower rate needs
    told_no_rate = learning_rate is None and log.unit != "round"
    if told_no_rate and (overfits or (diagnosis.name == "diverging" and not log.val_broken)):
        needs = "weight decay goes with one over it" if overfits else "a tenth of it is to be tried next"
        asks += (f"Say the learning rate (learning_rate): {needs}.",)
    carried = LIKE_DENSE if few else NOT_REGULARIZED if _in_words(now) else NOT_WITH_SGD if optimizer == "sgd" else ""
    settings, reasons, ranges = _settings(
        log, diagnosis.name, guessed, n_train, task, objective, learning_rate, fitted, carried
    )
    also: tuple[str, ...] = ()
    if overfits and not by_rule:
        passes = _passes(log, n_train, batch_size)
        known = n_train is not None and batch_size is not None and log.in_steps
        settings, reasons, ranges, also = _published(
            architecture, task, n_train, passes, learning_rate, pretrained, optimizer, _patience(log)
        )
        if known and diagnosis.name == "severe overfit" and passes <= ONE_PASS:
            why += (
                f"A severe overfit cannot come of {passes:.2g} passes over the data: the rows (n_train), the batch "
                "size (batch_size) or the steps (steps) are told wrong.",
            )
        what = architecture if pretrained is None else {"full": "full fine-tuning", "lora": "LoRA"}[pretrained]
        why += (f"Nothing was measured here on this kind of training ({what}): what follows is literature.",)
    elif overfits:
        more, confidence = _beyond(confidence, n_train, task, optimizer, now)
        why += more
        if few:
            settings, reasons, ranges = _only(settings, reasons, ranges, ("weight_decay", "augment", "patience"))
            why += ("Nothing was measured here on convolutional networks: what follows is a guess from dense ones.",)
    if log.few or (overfits and (asks or not by_rule or few)):
        confidence = "low"
    settings, unchanged, ranges = _merged(settings, now, diagnosis.name, task, objective, ranges, by_rule)
    reasons = [reason for reason in reasons if reason.field not in unchanged] + [
        Reason(*row) for row in unchanged.values()
    ]
    first = {reason.field: f"{reason.sentence} ({reason.source})" for reason in reversed(reasons)}
    return Advice(
        diagnosis=diagnosis.name,
        confidence=confidence,
        why=why,
        settings=settings,
        ranges=ranges,
        reasons=tuple(reasons),
        next_steps=asks + also + _next_steps(diagnosis.name, log, guessed and by_rule, now, settings, optimizer),
        best_step=(log.best_step or math.nan) if log.in_steps else math.nan,
        steps=(log.steps or math.nan) if log.in_steps else math.nan,
        changes=_changes(now, settings, first, learning_rate),
        unchecked=diagnosis.unchecked,
        read_as=log.read_as,
    )


def _as_trained(now: Settings, optimizer: str) -> tuple[Settings, tuple[str, ...]]:
    """Return what the run had: the weight decay of SGD is in its gradient, which is l2 here; and the sentence of it."""
    if optimizer != "sgd" or not now.weight_decay:
        return now, ()
    said = (
        f"The weight decay {now.weight_decay:g} of the run is read as that of PyTorch's SGD, which is in the gradient: "
        f"it is l2 {now.l2 + now.weight_decay:g}."
    )
    return replace(now, weight_decay=0.0, l2=now.l2 + now.weight_decay), (said,)


def _passes(log: _Log, n_train: int | None, batch_size: int | None) -> float:
    """Return how often the run saw its data; once where that is not known."""
    if not log.in_steps:
        return log.steps or 1.0 if log.unit == "epoch" else 1.0
    return (log.steps or 0) * (batch_size or USUAL_BATCH) / n_train if n_train else 1.0


def _beyond(
    confidence: str, n_train: int | None, task: str, optimizer: str, now: Settings
) -> tuple[tuple[str, ...], str]:
    """Return what in a run is not of the kind that was measured, and the confidence that is left."""
    low, high = MEASURED_ROWS
    why: list[str] = []
    if n_train is not None and not low <= n_train <= high:
        why.append(f"The rules were measured on {low} to {high} training rows; {n_train} is beyond.")
    if _in_words(now):
        why.append(f"The rules were measured on runs without regularization; this one had {_in_words(now)}.")
    if optimizer == "sgd":
        why.append("The rules were measured with AdamW; this run had SGD.")
    if why:
        confidence = "medium" if confidence == "high" and len(why) == 1 else "low"
    if task == "text":
        why.append("Nothing was measured on text: what follows is carried over from other data.")
        confidence = "low"
    return tuple(why), confidence


def _only(
    settings: Settings, reasons: list[Reason], ranges: dict[str, tuple[float, float]], fields: tuple[str, ...]
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]]]:
    """Return the advice with no other fields than these."""
    off = Settings()
    dropped = {name: getattr(off, name) for name in ranges if name not in fields}
    left = {name: limits for name, limits in ranges.items() if name in fields}
    return replace(settings, **dropped), [reason for reason in reasons if reason.field in fields], left


def _published(
    architecture: str,
    task: str,
    n_train: int | None,
    passes: float,
    learning_rate: float | None,
    pretrained: str | None,
    optimizer: str,
    patience: int,
) -> tuple[Settings, list[Reason], dict[str, tuple[float, float]], tuple[str, ...]]:
    """Return the settings of the first recipe that fits, or those that only keep the best checkpoint."""
    keep = f"Keep the weights of the best validation loss. {_never_stops(patience)} No value fits all: search it."
    reasons, ranges = [Reason("patience", keep, JUDGEMENT)], {"patience": (float(min(10, patience)), float(patience))}
    values: dict[str, Any] = {"patience": patience}
    if learning_rate is not None:
        values["learning_rate"] = learning_rate
    for recipe in RECIPES:
        if (recipe.architecture, recipe.task, recipe.pretrained) != (architecture, task, pretrained):
            continue
        if pretrained is None and (n_train is None or not recipe.fits(n_train, passes)):
            continue
        if optimizer not in recipe.optimizers:
            continue
        left = ("weight_decay",) if optimizer == "sgd" else ()
        for name, (value, low, high) in recipe.settings.items():
            if name == "learning_rate" and (learning_rate is None or learning_rate <= high or optimizer == "sgd"):
                continue  # a rate that is as small as published stays; those of SGD are on another scale
            if name in left:
                continue
            values[name], ranges[name] = value, (low, high)
            reasons.append(Reason(name, "Published for this regime; not measured here.", recipe.source))
        also = recipe.also
        if any(name in recipe.settings for name in left):
            also += (
                "The published decay belongs to the learning rates of AdamW: with SGD keep the decay that it has.",
            )
        return Settings(**values), reasons, ranges, also
    regime = f"{architecture}, {task}" + f", {pretrained}" * (pretrained is not None)
    none = f"No published row fits ({regime}): nothing is advised but to keep the best checkpoint."
    small = "Fine-tune with a smaller learning rate and for fewer epochs, and stop early (judgement)."
    return Settings(**values), reasons, ranges, (none, small) if pretrained else (none,)


def _next_steps(
    name: str, log: _Log, guessed: bool, now: Settings, advised: Settings, optimizer: str
) -> tuple[str, ...]:
    """Return what to do next, one sentence each."""
    steps: list[str] = []
    changed = [
        field for field in (*STRENGTHS, "clip_norm", "learning_rate") if getattr(now, field) != getattr(advised, field)
    ]
    strengthened = any(field in STRENGTHS and _is_on(advised, field) for field in changed)
    if log.training_mode:
        steps.append("Measure the training loss in evaluation mode on hard labels, and ask again.")
    if log.val_broken:
        return (
            *steps,
            "Look for validation rows that are not finite, and at what their loss divides by or takes the logarithm "
            "of; then ask again.",
        )
    if name == "diverging":
        steps += [
            "Run again at the lower learning rate; regularize nothing more until the loss falls.",
            f"If more than half of the steps are clipped, lower the learning rate further ({PLAYBOOK}).",
        ]
        return tuple(steps)
    if log.few and not log.early and name != "too noisy":
        steps.append(f"Log each epoch, and ask again: {log.evaluations} evaluations are too few.")
    if log.early and name != "too noisy":
        steps.append(f"Let the run go on, and ask again: {log.evaluations} evaluations are too few.")
    if log.no_signal:
        steps.append(
            "Look at the data first: whether each input stands beside its own label, labels and loss fit each other, "
            "inputs are scaled, and the learning rate is of the usual size; then whether "
            "the network can learn a few rows by heart."
        )
    if name == "underfit" and log.no_signal:
        pass  # the data come first
    elif name == "underfit":
        steps.append("Take regularization away, train longer or use a larger network; regularize once it overfits.")
    elif name == "too noisy":
        steps.append("Hold out more validation rows, or cross-validate: so few cannot tell two settings apart.")
    elif name == "good":
        steps.append("Keep the settings and the best checkpoint; more data or a larger network come next.")
    elif name == "validation below train":
        steps.append(
            "Measure the training loss in evaluation mode; only if it was so, look for rows in both sets, or "
            "validation rows that are easy."
        )
    elif log.unit != "round":
        if name == "compute-limited" and log.pretrained:  # fine-tuning takes few epochs
            steps.append("Stop where the validation loss finds no new best: it was still falling at the end.")
        elif name == "compute-limited" and not log.early:
            steps.append("Train longer: the validation loss was still falling at the end.")
        if changed:
            steps.append(
                "Check for harm: compare the advised run with the first run's best checkpoint on validation loss, "
                "and keep the better."
            )
        if strengthened:
            steps.append(
                "One more run at half the strength, chosen on validation loss, guards against too much; in the "
                "benchmark it gained nothing on average."
            )
    if advised.weight_decay and optimizer == "sgd":
        factor = 1 / (1 - now.momentum)
        steps.append(
            "The decay is decoupled, weight -= rate * decay * weight: PyTorch's SGD puts its weight_decay into the "
            f"gradient, where momentum {now.momentum:g} multiplies it by {factor:.3g}, so give it "
            f"{coupled_decay(advised.weight_decay, now.momentum):g} there."
        )
    if advised.weight_decay and optimizer == "adam":
        steps.append("The decay is decoupled: take AdamW, since Adam rescales a penalty that is in the gradient.")
    if log.accuracies and not log.asks:
        steps.append("Give the two losses, by step or epoch: they tell what the mistakes cost, and set the strengths.")
    elif guessed:
        steps.append("Give the curve (step, train_loss, val_loss): the advice from the last losses alone is weaker.")
    if not steps and log.unit != "round":  # boosting has steps of its own
        steps.append("Keep the settings and the best checkpoint: nothing more is asked for.")
    return tuple(steps)
