"""Where to start and what to hold to: two presets of the literature, and four guidelines as checks on a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reglab import checks
from reglab.settings import Settings, check_number, check_whole
from reglab.strategy.advice import MEASURED_ROWS
from reglab.strategy.log import _Log
from reglab.strategy.reading import _as_loss, _read_log
from reglab.strategy.scale import _plain

__all__ = ["LIGHT", "PRESETS", "Check", "Preset", "PresetRow", "check_guidelines"]


@dataclass(frozen=True)
class PresetRow:
    """One line of a preset.

    Attributes
    ----------
    what : str
    value : str
        As it is recommended.
    source : str
    field : str
        The field of `Settings` that carries it.
    taken : float or int
        The value that the preset's settings have.
    """

    what: str
    value: str
    source: str
    field: str
    taken: float | int


@dataclass(frozen=True)
class Preset:
    """Settings to start from that the literature recommends for a regime of its own; not measured here.

    Attributes
    ----------
    title, task : str
    rows : tuple of PresetRow
    """

    title: str
    task: str
    rows: tuple[PresetRow, ...]

    @property
    def settings(self) -> Settings:
        """All of its rows; a residual network has to be trained where `drop_path_rate` is among them."""
        taken: dict[str, Any] = {row.field: row.taken for row in self.rows}
        return Settings(**taken)


_DEIT = "DeiT, main.py"
_NANOGPT = "nanoGPT, train.py"
_TRANSFORMER = "Vaswani et al. 2017, Attention Is All You Need"
_STRIKES_BACK = "Wightman et al. 2021, ResNet strikes back"

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "image": Preset(
            "Image classification",
            "image",
            (
                PresetRow(
                    "crops, flips, colour jitter, RandAugment or AutoAugment",
                    "magnitude 9 of 10 in DeiT",
                    f"{_DEIT}. RandAugment's authors (Cubuk et al. 2020) found a grid search over its two numbers "
                    "enough, best at magnitude 4 to 5 of three operations for a wide ResNet. Half here: judgement",
                    "augment",
                    0.5,
                ),
                PresetRow(
                    "weight decay",
                    "0.0001 to 0.01",
                    "practice, PyTorch's AdamW has 0.01. AdamW's authors (Loshchilov, Hutter 2019) give 0.025 to 0.05 "
                    "times the root of batch size / (rows times epochs), not multiplied by the learning rate",
                    "weight_decay",
                    0.01,
                ),
                PresetRow("dropout on dense layers", "0.5", "Srivastava et al. 2014, for hidden units", "dropout", 0.5),
                PresetRow(
                    "DropPath on residual layers",
                    "0.1",
                    f"{_DEIT}. Huang et al. 2016 keep the last block with probability 0.5, linear from 1 at the input",
                    "drop_path_rate",
                    0.1,
                ),
                PresetRow(
                    "label smoothing",
                    "0.1",
                    f"Szegedy et al. 2016, about 0.2 points on ImageNet; {_DEIT}. Mueller et al. 2019 found hardly any "
                    "accuracy in it",
                    "label_smoothing",
                    0.1,
                ),
                PresetRow(
                    "mixup",
                    "alpha 0.1 to 0.8",
                    f"{_STRIKES_BACK} (0.1 in its short recipe, 0.2 in its long one); {_DEIT} (0.8)",
                    "mixup_alpha",
                    0.2,
                ),
                PresetRow("CutMix", "alpha 1.0", f"{_STRIKES_BACK}; {_DEIT}", "cutmix_alpha", 1.0),
                PresetRow(
                    "mixup or CutMix, drawn for each batch",
                    "CutMix with probability 0.5",
                    f"timm's switch_prob; {_DEIT}",
                    "switch_prob",
                    0.5,
                ),
                PresetRow(
                    "early stopping",
                    "patience 10 to 20 epochs",
                    "judgement, not measured; here in evaluations",
                    "patience",
                    15,
                ),
            ),
        ),
        "language": Preset(
            "Language models",
            "text",
            (
                PresetRow(
                    "weight decay",
                    "0.01 to 0.1; in many passes 0.8 to 3.2",
                    f"PyTorch's AdamW (0.01), {_NANOGPT} (0.1); Kim et al. 2025, arXiv 2509.14786: 0.8, 1.6, 3.2 and "
                    "3.2 at 150M, 300M, 600M and 1.4B parameters",
                    "weight_decay",
                    0.1,
                ),
                PresetRow(
                    "dropout in attention and feed-forward",
                    "0.1; 0 for a single pass over the data",
                    f"{_TRANSFORMER}; {_NANOGPT} (0 for pretraining)",
                    "dropout",
                    0.1,
                ),
                PresetRow(
                    "label smoothing",
                    "0.1",
                    f"{_TRANSFORMER}: it hurts perplexity, and improves accuracy and BLEU",
                    "label_smoothing",
                    0.1,
                ),
                PresetRow("gradient clipping", "norm 1.0", _NANOGPT, "clip_norm", 1.0),
            ),
        ),
    }
)

# Up to these strengths a setting is a light one: judgement, not measured.
LIGHT: Mapping[str, float] = MappingProxyType(
    {
        "dropout": 0.2,
        "input_dropout": 0.1,
        "drop_path_rate": 0.1,
        "input_noise": 0.3,
        "augment": 0.5,
        "mixup_alpha": 0.2,
        "cutmix_alpha": 0.2,
        "label_smoothing": 0.1,
        "weight_decay": 0.1,
        "l2": 1e-3,
        "l1": 1e-5,
    }
)
UNSCALED = "How far a loss is from a constant guess's needs the classes, or for regression that loss."
ONE_PASS = 1.5  # passes through the data up to which hardly a row is seen twice


@dataclass(frozen=True)
class Check:
    """Whether a run, and the settings to try next, keep to a guideline.

    Attributes
    ----------
    guideline : str
    verdict : "followed", "as advised", "broken", "does not apply" or "cannot be told"
        It does not apply where it asks for nothing. As advised: above a light start, and no higher than what
        `recommend` returned.
    sentence : str
        The numbers that it rests on.
    """

    guideline: str
    verdict: str
    sentence: str


def check_guidelines(
    n_train: int | None,
    train_loss: float,
    val_loss: float,
    settings: Settings,
    *,
    advised: Settings | None = None,
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    curve: Mapping[str, Sequence[float]] | Sequence[Mapping[str, float]] | None = None,
    steps: float | None = None,
    batch_size: int | None = 32,
    training_mode_loss: bool | None = None,
    class_shares: Sequence[float] | None = None,
    target_variance: float | None = None,
    architecture: str = "dense",
    pretrained: str | None = None,
) -> tuple[Check, ...]:
    """Hold the settings to try next, after an unregularized run, against four guidelines.

    Parameters
    ----------
    n_train : int or None
        Training rows; None where they are not known.
    train_loss, val_loss : float
        At the end of the run, clean; nan or inf where it diverged.
    settings : Settings
        What is to be tried.
    advised : Settings, optional
        What `recommend` returns; strengths above a light start and up to these are as advised.
    n_classes, constant_loss, n_val, curve, training_mode_loss, class_shares, target_variance, architecture, pretrained
        As for `recommend`.
    steps : float, optional
        Optimizer steps of the run; None where they are not known.
    batch_size : int or None

    Returns
    -------
    tuple of Check
        Start light; more when the validation loss is far above train; less when the training loss stays high; more
        data, less regularization.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> for check in check_guidelines(200, 0.001, 0.45, Settings(), n_classes=10, n_val=200, steps=1000):
    ...     print(check.guideline, check.verdict)
    Start light followed
    More when validation loss is far above train broken
    Less when train loss stays high does not apply
    More data, less regularization followed
    """
    if n_train is not None:
        check_whole("n_train", n_train, 1)
    if batch_size is not None:
        check_whole("batch_size", batch_size, 1)
    if steps is not None:
        check_number("steps", steps, 1)
    checks.instance("settings", settings, Settings)
    if advised is not None:
        checks.instance("advised", advised, Settings)
    train, val = (
        _as_loss(name, value, below_zero=curve is not None)
        for name, value in (("train_loss", train_loss), ("val_loss", val_loss))
    )
    log = _read_log(
        train,
        val,
        curve,
        n_classes=n_classes,
        constant_loss=constant_loss,
        n_val=n_val,
        training_mode_loss=training_mode_loss,
        class_shares=class_shares,
        target_variance=target_variance,
        architecture=architecture,
        pretrained=pretrained,
    )
    strengths = {name: _strength(settings, name) for name in LIGHT if _strength(settings, name)}
    count = len(strengths)
    on = f"{count or 'no'} {'strengths are' if count > 1 else 'strength is'} on in what comes next"
    return (
        _light(strengths, settings, advised),
        _more(log, on, bool(strengths)),
        _less(log, on, bool(strengths)),
        _by_size(n_train, steps, batch_size, strengths),
    )


def _strength(settings: Settings, name: str) -> float:
    value = getattr(settings, name, 0.0)
    return float(max(value, default=0.0) if isinstance(value, tuple) else value)


def _heavy(strengths: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Name the strengths that are above their limits, with both numbers."""
    return [
        f"{name.replace('_', ' ')} {value:g} is above {limits[name]:g}"
        for name, value in strengths.items()
        if value > limits[name] * (1 + 1e-9)
    ]


def _light(strengths: Mapping[str, float], settings: Settings, advised: Settings | None) -> Check:
    name = "Start light"
    limits = {at: max(LIGHT[at], _strength(advised, at) if advised else 0.0) for at in strengths}
    if beyond := _heavy(strengths, limits):
        what = "the larger of the advice and a light start" if advised else "a light start"
        return Check(name, "broken", f"{_sentence('; '.join(beyond))}, {what}.")
    if heavy := _heavy(strengths, LIGHT):
        return Check(name, "as advised", f"{_sentence('; '.join(heavy))}, a light start: as advised for this run.")
    listed = ", ".join(f"{at.replace('_', ' ')} {value:g}" for at, value in strengths.items()) or "none is on"
    clips = f"; clip norm {settings.clip_norm:g} bounds single steps, and is no strength" if settings.clip_norm else ""
    return Check(name, "followed", f"No strength is above a light start: {listed}{clips}.")


def _sentence(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _unknown(log: _Log) -> str:
    """Say why losses tell nothing; empty where they do."""
    if not (math.isfinite(log.train) and math.isfinite(log.val)):
        return "The losses are not finite: first make the run converge."
    if log.accuracies:
        return f"{log.said[0]} They tell nothing of losses: give those."
    if log.apart:
        return "The losses are on other scales: log both in one way."
    if log.training_mode:
        return f"The train loss, {log.train:.3g}, was measured in training mode: measure it in evaluation mode."
    return ""


def _more(log: _Log, on: str, regularized: bool) -> Check:
    name, unknown = "More when validation loss is far above train", _unknown(log)
    if unknown:
        return Check(name, "cannot be told", unknown)
    if log.scale == "unknown":
        return Check(name, "cannot be told", UNSCALED)
    far = max(2 * log.error, 0.03 * log.constant)
    where = "above" if log.gap >= 0 else "below"
    numbers = f"Validation loss {_plain(log.val)} is {_plain(abs(log.gap))} {where} train loss {_plain(log.train)}"
    noise = "twice a rough guess of its noise" if log.n_val else "twice a rough guess of its noise, as if on 200 rows,"
    limit = f"{_plain(far)} (the larger of {noise} and 3 % of {log.guess})"
    if log.gap <= far:
        return Check(name, "does not apply", f"{numbers}; far would be more than {limit}.")
    return Check(name, "followed" if regularized else "broken", f"{numbers}: more than {limit}; {on}.")


def _less(log: _Log, on: str, regularized: bool) -> Check:
    name, unknown = "Less when train loss stays high", _unknown(log)
    if unknown:
        return Check(name, "cannot be told", unknown)
    if log.scale == "unknown":
        return Check(name, "cannot be told", UNSCALED)
    high = 0.6 * log.constant
    if log.train <= high:
        low = f"Train loss {_plain(log.train)} is below {_plain(high)}, 60 % of {log.guess}"
        return Check(name, "does not apply", f"{low}.")
    if log.no_signal:
        return Check(name, "cannot be told", f"{log.no_signal} Look at those first.")
    numbers = f"Train loss {_plain(log.train)} stays above {_plain(high)}, 60 % of {log.guess}"
    return Check(name, "broken" if regularized else "followed", f"{numbers}; {on}.")


def _by_size(n_train: int | None, steps: float | None, batch_size: int | None, strengths: Mapping[str, float]) -> Check:
    name, largest = "More data, less regularization", MEASURED_ROWS[1]
    if n_train is None or steps is None or batch_size is None:
        wanted = (("training rows", n_train), ("steps trained", steps), ("batch size", batch_size))
        untold = " and the ".join(label for label, value in wanted if value is None)
        return Check(name, "cannot be told", f"How often the rows were seen needs the {untold}.")
    passes = steps * batch_size / n_train
    seen = f"{n_train:,} rows were seen {passes:.3g} times each"
    if passes <= ONE_PASS:
        blurred = sorted(strengths.keys() - {"weight_decay", "l2"})
        wants = f"{seen}: for about one pass nanoGPT has weight decay alone (0.1), and dropout 0"
        others_on = f"; on: {', '.join(blurred).replace('_', ' ')}." if blurred else ", and nothing else is on."
        return Check(name, "broken" if blurred else "followed", wants + others_on)
    if n_train <= largest:
        return Check(name, "followed", f"{seen}: little data (up to {largest:,} rows), as in the benchmark.")
    heavy = _heavy(strengths, LIGHT)
    if not heavy:
        return Check(name, "followed", f"{seen}: more than {largest:,} rows, and no strength is above a light one.")
    beyond = f"{seen}: more than {largest:,}, beyond what was measured here, and {'; '.join(heavy)}, a light start."
    return Check(name, "cannot be told", beyond + " Compare with a weaker run.")
