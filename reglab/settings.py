"""What a training run is told: `Settings` may differ within a stack of models, `Training` may not."""

from __future__ import annotations

import math
from dataclasses import dataclass

OPTIMIZERS = ("sgd", "adam", "adamw")


def check_number(name: str, value: float, low: float, high: float = math.inf, *, high_open: bool = False) -> None:
    """Raise unless `value` is a finite number in [low, high], or in [low, high) with `high_open`.

    Examples
    --------
    >>> check_number("dropout", 1.0, 0, 1, high_open=True)
    Traceback (most recent call last):
        ...
    ValueError: dropout must be in [0, 1), got 1.0
    """
    is_number = hasattr(value, "__float__") and not isinstance(value, bool)
    inside = is_number and math.isfinite(value) and low <= value <= high and not (high_open and value >= high)
    if not inside:
        bounds = f"in [{low:g}, {high:g}{')' if high_open else ']'}" if high < math.inf else f"a number from {low:g} up"
        raise ValueError(f"{name} must be {bounds}, got {value!r}")


def check_whole(name: str, value: int, low: int) -> None:
    """Raise unless `value` is a whole number of at least `low`.

    Examples
    --------
    >>> check_whole("max_steps", 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: max_steps must be a whole number of at least 1, got 0
    """
    whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not whole or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, got {value!r}")


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
        if isinstance(self.dropout, (tuple, list)):
            object.__setattr__(self, "dropout", tuple(self.dropout))
            for rate in self.dropout:
                check_number("dropout", rate, 0, 1, high_open=True)
        else:
            check_number("dropout", self.dropout, 0, 1, high_open=True)
        for name in ("input_dropout", "drop_path_rate", "label_smoothing", "momentum"):
            check_number(name, getattr(self, name), 0, 1, high_open=True)
        for name in ("augment", "switch_prob"):
            check_number(name, getattr(self, name), 0, 1)
        for name in ("input_noise", "mixup_alpha", "cutmix_alpha", "weight_decay"):
            check_number(name, getattr(self, name), 0)
        for name in ("l2", "l1", "clip_norm", "clip_value", "min_delta"):
            check_number(name, getattr(self, name), 0)
        if self.patience is not None:
            check_whole("patience", self.patience, 1)
        check_number("learning_rate", self.learning_rate, 0)
        if self.learning_rate == 0:
            raise ValueError("learning_rate must be above 0, got 0")


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
        Whether each hidden layer's units are normalised over the batch before the ReLU (`reglab.batch_norm`).
    optimizer : "sgd", "adam" or "adamw"
        "adam" and "adamw" make the same update (beta 0.9 and 0.999, epsilon 1e-8): which penalty is coupled and
        which is decoupled is said by `Settings.l2` and `Settings.weight_decay`.
    batch_size : int
        Rows per step, at most the training rows.
    max_steps : int
    eval_steps : int
        How many times the model is evaluated along the way, densely at first.

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
        object.__setattr__(self, "hidden_sizes", tuple(self.hidden_sizes))
        for size in self.hidden_sizes:
            check_whole("hidden_sizes", size, 1)
        if self.residual and len(set(self.hidden_sizes)) > 1:
            raise ValueError(f"hidden_sizes must all be equal in a residual network, got {self.hidden_sizes}")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {self.optimizer!r}")
        for name in ("batch_size", "max_steps", "eval_steps"):
            check_whole(name, getattr(self, name), 1)
