"""Where to start and what to hold to: two presets of the literature, and four guidelines as checks on a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reglab.settings import Settings, check_whole
from reglab.strategy import MEASURED_ROWS, _as_loss, _Log, _read_log

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


_DEIT = "DeiT's training script (main.py)"
_NANOGPT = "nanoGPT's train.py"
_TRANSFORMER = "Vaswani et al. 2017, Attention Is All You Need (not opened)"

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "image": Preset(
            "Image classification",
            "image",
            (
                PresetRow(
                    "crops, flips, colour jitter, RandAugment or AutoAugment", "magnitude 9 of 10 in DeiT",
                    f"Cubuk et al. 2019 and 2020 (not opened); {_DEIT}. Half of the magnitude here: judgement",
                    "augment", 0.5,
                ),
                PresetRow(
                    "weight decay", "0.0001 to 0.01, more for less data",
                    "Loshchilov, Hutter 2019 (abstract). The upper end, since the data here are few", "weight_decay",
                    0.01,
                ),
                PresetRow("dropout on dense layers", "0.5", "Srivastava et al. 2014 (not opened)", "dropout", 0.5),
                PresetRow(
                    "DropPath on residual layers", "0.1", f"Huang et al. 2016 (not opened); {_DEIT}", "drop_path_rate",
                    0.1,
                ),
                PresetRow(
                    "label smoothing", "0.1", f"Szegedy et al. 2016 (not opened); {_DEIT}", "label_smoothing", 0.1
                ),
                PresetRow(
                    "mixup", "alpha 0.1 to 0.8",
                    "Wightman et al. 2021, ResNet strikes back (0.2 in its long recipe); " + _DEIT, "mixup_alpha", 0.2,
                ),
                PresetRow("CutMix", "alpha 1.0", f"Wightman et al. 2021; {_DEIT}", "cutmix_alpha", 1.0),
                PresetRow(
                    "mixup or CutMix, drawn for each batch", "CutMix with probability 0.5",
                    f"timm's switch_prob; {_DEIT}", "switch_prob", 0.5,
                ),
                PresetRow(
                    "early stopping", "patience 10 to 20 epochs", "judgement, not measured; here in evaluations",
                    "patience", 15,
                ),
            ),
        ),
        "language": Preset(
            "Language models",
            "text",
            (
                PresetRow(
                    "weight decay", "0.01 to 0.1", f"PyTorch's AdamW (0.01), {_NANOGPT} (0.1)", "weight_decay", 0.1
                ),
                PresetRow(
                    "dropout in attention and feed-forward", "0.1; 0 for a single pass over the data",
                    f"{_TRANSFORMER}; nanoGPT (0 for pretraining)", "dropout", 0.1,
                ),
                PresetRow("label smoothing", "0.1", _TRANSFORMER, "label_smoothing", 0.1),
                PresetRow("gradient clipping", "norm 1.0", _NANOGPT, "clip_norm", 1.0),
            ),
        ),
    }
)  # fmt: skip

# Up to these strengths a setting is a light one: judgement, not measured. What the advice asks for is light as well.
LIGHT: Mapping[str, float] = MappingProxyType(
    {
        "dropout": 0.2, "input_dropout": 0.1, "drop_path_rate": 0.1, "input_noise": 0.3, "augment": 0.5,
        "mixup_alpha": 0.2, "cutmix_alpha": 0.2, "label_smoothing": 0.1, "weight_decay": 0.1, "l2": 1e-3, "l1": 1e-5,
    }
)  # fmt: skip
ONE_PASS = 1.5  # passes through the data up to which hardly a row is seen twice


@dataclass(frozen=True)
class Check:
    """Whether a run, and the settings to try next, keep to a guideline.

    Attributes
    ----------
    guideline : str
    verdict : "met", "not met" or "cannot be told"
    sentence : str
        The numbers that it rests on.
    """

    guideline: str
    verdict: str
    sentence: str


def check_guidelines(
    n_train: int,
    train_loss: float,
    val_loss: float,
    settings: Settings,
    *,
    advised: Settings | None = None,
    n_classes: int | None = None,
    constant_loss: float | None = None,
    n_val: int | None = None,
    steps: int | None = None,
    batch_size: int = 32,
    training_mode_loss: bool = False,
) -> tuple[Check, ...]:
    """Hold the settings to try next, after an unregularized run, against four guidelines.

    Parameters
    ----------
    n_train : int
        Training rows.
    train_loss, val_loss : float
        At the end of the run, clean; nan or inf where it diverged.
    settings : Settings
        What is to be tried.
    advised : Settings, optional
        What `recommend` returns; strengths up to these count as light.
    n_classes, constant_loss, n_val, steps, batch_size, training_mode_loss
        As for `recommend`.

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
    Start light met
    More when validation loss is far above train not met
    Less when train loss stays high met
    More data, less regularization met
    """
    check_whole("n_train", n_train, 1)
    check_whole("batch_size", batch_size, 1)
    train, val = _as_loss("train_loss", train_loss), _as_loss("val_loss", val_loss)
    log = _read_log(train, val, None, n_classes, constant_loss, n_val, steps, training_mode_loss)
    strengths = {name: _strength(settings, name) for name in LIGHT if _strength(settings, name)}
    on = f"{len(strengths)} {'strength' if len(strengths) == 1 else 'strengths'} on in what comes next"
    return (
        _light(strengths, advised),
        _more(log, on, bool(strengths)),
        _less(log, on, bool(strengths)),
        _by_size(n_train, steps, batch_size, strengths),
    )


def _strength(settings: Settings, name: str) -> float:
    value = getattr(settings, name, 0.0)
    return float(max(value, default=0.0) if isinstance(value, tuple) else value)


def _heavy(strengths: Mapping[str, float], advised: Settings | None) -> list[str]:
    """Name the strengths that are above the light ones, with both numbers."""
    limits = {name: max(LIGHT[name], _strength(advised, name) if advised else 0.0) for name in strengths}
    return [
        f"{name.replace('_', ' ')} {value:g} is above {limits[name]:g}"
        for name, value in strengths.items()
        if value > limits[name] * (1 + 1e-9)
    ]


def _light(strengths: Mapping[str, float], advised: Settings | None) -> Check:
    heavy = _heavy(strengths, advised)
    if heavy:
        told = "; ".join(heavy)
        return Check(
            "Start light", "not met", f"{told[0].upper()}{told[1:]}, the larger of the advice and a light start."
        )
    listed = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in strengths.items()) or "nothing is on"
    return Check("Start light", "met", f"No strength is above the advice or a light start: {listed}.")


def _unknown(log: _Log) -> str:
    """Say why losses tell nothing; empty where they do."""
    if not (math.isfinite(log.train) and math.isfinite(log.val)):
        return "The losses are not finite: first make the run converge."
    if log.training_mode:
        return f"The train loss, {log.train:.3g}, was measured in training mode: measure it in evaluation mode."
    return ""


def _more(log: _Log, on: str, regularized: bool) -> Check:
    name, unknown = "More when validation loss is far above train", _unknown(log)
    if unknown:
        return Check(name, "cannot be told", unknown)
    far = max(2 * log.error, 0.03 * log.constant)
    where = "above" if log.gap >= 0 else "below"
    numbers = f"Validation loss {log.val:.3g} is {abs(log.gap):.3g} {where} train loss {log.train:.3g}"
    noise = "twice its noise" if log.n_val else "twice its noise, as if on 200 rows,"
    limit = f"{far:.2g} (the larger of {noise} and 3 % of a constant guess's loss)"
    if log.gap <= far:
        return Check(name, "met", f"{numbers}; far would be more than {limit}: it asks for nothing.")
    return Check(name, "met" if regularized else "not met", f"{numbers}: more than {limit}; {on}.")


def _less(log: _Log, on: str, regularized: bool) -> Check:
    name, unknown = "Less when train loss stays high", _unknown(log)
    if unknown:
        return Check(name, "cannot be told", unknown)
    high = 0.6 * log.constant
    if log.train <= high:
        low = f"Train loss {log.train:.3g} is below {high:.3g}, 60 % of a constant guess's"
        return Check(name, "met", f"{low}: it asks for nothing.")
    numbers = f"Train loss {log.train:.3g} stays above {high:.3g}, 60 % of a constant guess's"
    return Check(name, "not met" if regularized else "met", f"{numbers}; {on}.")


def _by_size(n_train: int, steps: int | None, batch_size: int, strengths: Mapping[str, float]) -> Check:
    name, largest = "More data, less regularization", MEASURED_ROWS[1]
    if steps is None:
        return Check(name, "cannot be told", f"How often the {n_train:,} rows were seen needs the steps trained.")
    passes = steps * batch_size / n_train
    seen = f"{n_train:,} rows were seen {passes:.3g} times each"
    if passes <= ONE_PASS:
        blurred = sorted(strengths.keys() - {"weight_decay", "l2"})
        wants = f"{seen}: in about one pass there is nothing to learn by heart, so nothing but weight decay is needed"
        told = f"; on: {', '.join(blurred).replace('_', ' ')}." if blurred else ", and nothing else is on."
        return Check(name, "not met" if blurred else "met", wants + told)
    if n_train <= largest:
        return Check(name, "met", f"{seen}: little data (up to {largest:,} rows), where full strength has its place.")
    heavy = _heavy(strengths, None)
    if not heavy:
        return Check(name, "met", f"{seen}: more than {largest:,} rows, and no strength is above a light one.")
    beyond = f"{seen}: more than {largest:,}, beyond what was measured here, and {'; '.join(heavy)}, a light start."
    return Check(name, "cannot be told", beyond + " Compare with a weaker run.")
