"""What a training run is told: `Settings` may differ within a stack of models, `Training` may not."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from reglab import checks
from reglab.checks import number as check_number
from reglab.checks import whole as check_whole

__all__ = [
    "MAX_EVALUATIONS",
    "MAX_STEPS",
    "MAX_UNITS",
    "OPTIMIZERS",
    "Settings",
    "Training",
    "check_number",
    "check_whole",
]

OPTIMIZERS = ("sgd", "adam", "adamw")
FLOAT32 = 3.4028235e38  # the largest number of training's precision
MAX_STEPS, MAX_EVALUATIONS = 5_000_000, 1_000_000  # more would take hours, or all memory
MAX_LAYERS, MAX_UNITS = 1000, 1_000_000


@dataclass(frozen=True)
class Settings:
    """The strengths of one model; 0 is off for every strength. Models of one stack may differ in all of these.

    Parameters
    ----------
    dropout : float or tuple of float, in [0, 1)
        Probability of dropping a hidden unit, one for all hidden layers or one per layer (inverted scaling).
    input_dropout : float in [0, 1)
        Probability of dropping an input.
    drop_path_rate : float in [0, 1)
        Probability of skipping the last residual block; the blocks before it have rates rising linearly from 0.
    input_noise : float >= 0
        Standard deviation of Gaussian noise on the standardised inputs.
    augment : float in [0, 1]
        Magnitude of the augmentation of images and signals (`reglab.image_augmentation.augment`).
    mixup_alpha : float >= 0
        Shape of the Beta distribution of mixup's weight (`reglab.mixup.mixup`).
    cutmix_alpha : float >= 0
        Shape of the Beta distribution of CutMix's weight, of images (`reglab.mixup.cutmix`).
    switch_prob : float in [0, 1]
        Where mixup and CutMix are both on: the probability of CutMix in each batch, mixup in the others.
    label_smoothing : float in [0, 1)
        Share of each target spread evenly over all classes (`reglab.label_smoothing.smooth`).
    weight_decay : float >= 0
        Decoupled: each step multiplies the weights by ``1 - learning_rate * weight_decay``.
    l2 : float >= 0
        Coupled penalty ``l2/2 * sum(w**2)``, its gradient ``l2 * w`` goes through the optimizer.
    l1 : float >= 0
        Penalty ``l1 * sum(abs(w))``, applied as a soft threshold after each step.
    clip_norm : float >= 0
        Limit of the gradient's global norm.
    clip_value : float >= 0
        Limit of each element of the gradient, applied before `clip_norm`.
    patience : int or None
        Stop at the patience-th evaluation in a row whose validation loss is no new best; None never stops.
    min_delta : float >= 0
        How much lower the validation loss has to be to count as a new best.
    restore_best_weights : bool
        With `patience`: keep the weights of the best evaluation rather than the last.
    learning_rate : float > 0
    momentum : float in [0, 1)
        Of SGD only.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> Settings(dropout=0.5).dropout
    0.5
    >>> Settings(label_smoothing=1.5)
    Traceback (most recent call last):
        ...
    ValueError: label_smoothing must be in [0, 1), got 1.5
    """

    dropout: float | tuple[float, ...] = 0.0
    input_dropout: float = 0.0
    drop_path_rate: float = 0.0
    input_noise: float = 0.0
    augment: float = 0.0
    mixup_alpha: float = 0.0
    cutmix_alpha: float = 0.0
    switch_prob: float = 0.5
    label_smoothing: float = 0.0
    weight_decay: float = 0.0
    l2: float = 0.0
    l1: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    patience: int | None = None
    min_delta: float = 0.0
    restore_best_weights: bool = True
    learning_rate: float = 1e-3
    momentum: float = 0.9

    def __post_init__(self) -> None:
        _as_python(self)
        if isinstance(self.dropout, (tuple, list, np.ndarray)):
            rates = checks.several("dropout", self.dropout, most=MAX_LAYERS, each="rate")
            for rate in rates:
                checks.number("dropout", rate, 0, 1, high_open=True)
            object.__setattr__(self, "dropout", tuple(map(_plain, rates)))
        else:
            checks.number("dropout", self.dropout, 0, 1, high_open=True)
        for name in ("input_dropout", "drop_path_rate", "label_smoothing", "momentum"):
            checks.number(name, getattr(self, name), 0, 1, high_open=True)
        for name in ("augment", "switch_prob"):
            checks.number(name, getattr(self, name), 0, 1)
        for name in (
            "input_noise",
            "mixup_alpha",
            "cutmix_alpha",
            "weight_decay",
            "l2",
            "l1",
            "clip_norm",
            "clip_value",
            "min_delta",
            "learning_rate",
        ):
            if checks.number(name, getattr(self, name), 0, low_open=name == "learning_rate") > FLOAT32:
                raise ValueError(f"{name} must be at most {FLOAT32:g}, got {getattr(self, name)!r}")
        if self.patience is not None:
            checks.whole("patience", self.patience, 1)
        checks.flag("restore_best_weights", self.restore_best_weights)


@dataclass(frozen=True)
class Training:
    """The network and its schedule, which all models of one stack share.

    Parameters
    ----------
    hidden_sizes : tuple of int
        Units of each hidden layer (ReLU); empty for a linear model.
    residual : bool
        Whether each hidden layer after the first adds to its input; all layers then have the same size.
    batch_norm : bool
        Whether each hidden layer's units are normalised over the batch before the ReLU (`reglab.engine.batch_norm`).
    optimizer : "sgd", "adam" or "adamw"
        "adam" and "adamw" make the same update (beta 0.9 and 0.999, epsilon 1e-8): which penalty is coupled and
        which is decoupled is said by `Settings.l2` and `Settings.weight_decay`.
    batch_size : int
        Rows per step, at most the training rows; with batch norm at least 2, since a row alone has no variance.
    max_steps : int
        At most five million.
    eval_steps : int
        At most a million. How many times the model is evaluated along the way, densely at first.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> Training(hidden_sizes=(128, 128)).optimizer
    'adamw'
    """

    hidden_sizes: tuple[int, ...] = (64, 64)
    residual: bool = False
    batch_norm: bool = False
    optimizer: str = "adamw"
    batch_size: int = 32
    max_steps: int = 1000
    eval_steps: int = 40

    def __post_init__(self) -> None:
        _as_python(self)
        sizes = checks.several("hidden_sizes", self.hidden_sizes, most=MAX_LAYERS)
        sizes = tuple(checks.whole("hidden_sizes", size, 1, MAX_UNITS) for size in sizes)
        object.__setattr__(self, "hidden_sizes", sizes)
        if checks.flag("residual", self.residual) and len(set(self.hidden_sizes)) > 1:
            raise ValueError(f"hidden_sizes must all be equal in a residual network, got {self.hidden_sizes}")
        checks.one_of("optimizer", self.optimizer, OPTIMIZERS)
        checks.whole("batch_size", self.batch_size, 1)
        if checks.flag("batch_norm", self.batch_norm) and self.batch_size < 2:
            raise ValueError(f"batch_size must be at least 2 with batch norm, got {self.batch_size}")
        checks.whole("max_steps", self.max_steps, 1, MAX_STEPS)
        checks.whole("eval_steps", self.eval_steps, 1, MAX_EVALUATIONS)


def _as_python(instance: Settings | Training) -> None:
    """Make NumPy's numbers among the fields Python's own, which can be hashed, compared, and written as code."""
    for field in fields(instance):
        object.__setattr__(instance, field.name, _plain(getattr(instance, field.name)))


def _plain(value: Any) -> Any:
    """Return a number of NumPy's, or an array without axes, as Python has it; anything else as it is."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and not value.ndim else value
