"""The line of the training step: its places in the order of execution, and what acts at each.

`PLACES` is what runs: a step calls every entry that is on, in this order. All entries of a place have one signature:

    batch     f(x, y, value, rngs, image_shape) -> x, y     x (S, 1 or K, B, D), y (S, 1 or K, B, C), value (S, K)
    target    f(y, value) -> y                              value (S, K, 1, 1)
    unit      f(shape, value, rngs) -> mask or None         shape (B, units), value (S, K, 1, 1), mask (S, K, B, units)
    branch    f(batch, blocks, value, rngs) -> masks        one mask per residual block, (S, K, B, 1); value (S, K)
    gradient  f(gradient, net, value, rngs) -> clipped      in place; value (S, K); clipped (S, K) of bool, or None
    weights   f(net, update, learning_rate, value)          in place; update (S, K, P), the two values (S, K, 1)
    after     f(patience, min_delta) -> a watch             one per model

S seeds, K settings, B rows of the batch, D inputs, C classes, P parameters of one model. An entry is named by its
field in `Settings`, whose value per model it is given. `rngs` are the seeds' own streams for it, one generator each;
at `unit` and `branch` they are None in evaluation. `gradient` and `net` are `Parameters`.

What is called here checks nothing: the public function of the same name does, and then calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import dropout, gradient_clipping, image_augmentation, l1, l2, label_smoothing, mixup, stochastic_depth
from reglab.early_stopping import EarlyStopping
from reglab.engine.network import Array, Parameters

__all__ = [
    "CLIPPING",
    "NAMES",
    "PLACES",
    "augment",
    "clip_norm",
    "clip_value",
    "couple",
    "decay",
    "descend",
    "functions",
    "input_noise",
    "mix",
    "threshold",
]

Rngs = Sequence[np.random.Generator]
Shape = tuple[int, ...] | None


def augment(x: Array, y: Array, magnitude: Array, rngs: Rngs, image_shape: Shape) -> tuple[Array, Array]:
    """Move, turn and zoom the batch, for the models for which it is on: the others see it as it is, bit for bit."""
    K = magnitude.shape[1]
    on = np.flatnonzero(magnitude[0])  # (settings that are augmented,)
    if len(on) == K:
        return image_augmentation._augment(x, magnitude, rngs, image_shape), y
    out = np.repeat(x, K // x.shape[1], axis=1)  # (S, K, B, D)
    out[:, on] = image_augmentation._augment(x if x.shape[1] == 1 else x[:, on], magnitude[:, on], rngs, image_shape)
    return out, y


def input_noise(x: Array, y: Array, deviation: Array, rngs: Rngs, image_shape: Shape) -> tuple[Array, Array]:
    """Add noise to the inputs."""
    return image_augmentation._add_noise(x, deviation[..., None, None], rngs), y


def mix(x: Array, y: Array, alpha: Array, rngs: Rngs, image_shape: Shape) -> tuple[Array, Array]:
    """Blend each example with another."""
    return mixup._mixup(x, y, alpha, rngs)


def couple(gradient: Parameters, net: Parameters, strength: Array, rngs: Rngs) -> None:
    """Add the gradient of the L2 penalty to that of the data."""
    gradient.flat_weights += l2._gradient(net.flat_weights, strength[..., None])


def clip_value(gradient: Parameters, net: Parameters, limit: Array, rngs: Rngs) -> NDArray[np.bool_]:
    """Clip every element of the gradient."""
    _, largest = gradient_clipping._clip_value(gradient.flat, limit)
    return (largest > limit) & (limit > 0)


def clip_norm(gradient: Parameters, net: Parameters, limit: Array, rngs: Rngs) -> NDArray[np.bool_]:
    """Clip the gradient to a norm."""
    _, norm = gradient_clipping._clip_norm(gradient.flat, limit)
    return (norm > limit) & (limit > 0)


def decay(net: Parameters, update: Array, learning_rate: Array, weight_decay: Array) -> None:
    """Shrink the weights of before the update: decoupled weight decay."""
    l2._shrink(net.flat_weights, learning_rate, weight_decay, out=net.flat_weights)


def descend(net: Parameters, update: Array, learning_rate: Array, _: Array) -> None:
    """Make the optimizer's update, of weights, biases and gains."""
    net.flat -= update


def threshold(net: Parameters, update: Array, learning_rate: Array, strength: Array) -> None:
    """Move the weights towards zero, and set those close to it to zero: L1."""
    l1._soft_threshold(net.flat_weights, learning_rate * strength, out=net.flat_weights)


PLACES: dict[str, dict[str, Callable[..., Any]]] = {
    "batch": {
        "augment": augment,
        "input_noise": input_noise,
        "mixup_alpha": mix,
        "cutmix_alpha": mixup._cutmix,
    },
    "target": {"label_smoothing": label_smoothing._smooth},
    "unit": {"input_dropout": dropout._mask, "dropout": dropout._mask},
    "branch": {"drop_path_rate": stochastic_depth._masks},
    "gradient": {"l2": couple, "clip_value": clip_value, "clip_norm": clip_norm},
    "weights": {"weight_decay": decay, "learning_rate": descend, "l1": threshold},
    "after": {"patience": EarlyStopping},
}

CLIPPING = ("clip_value", "clip_norm")  # the gradient's norm is recorded before the first of these
NAMES = tuple(name for place in PLACES.values() for name in place)


def functions(replace: Mapping[str, Callable[..., Any]] | None = None) -> dict[str, dict[str, Callable[..., Any]]]:
    """Return the line with other functions for some of its entries.

    Raises
    ------
    ValueError
        If `replace` names no entry.

    Examples
    --------
    >>> functions({"dropout": print})["unit"]["dropout"] is print
    True
    """
    other = dict(replace or {})
    if unknown := sorted(set(other) - set(NAMES)):
        raise ValueError(f"replace must name techniques among {', '.join(sorted(NAMES))}, got {', '.join(unknown)}")
    return {place: {name: other.get(name, f) for name, f in entries.items()} for place, entries in PLACES.items()}
