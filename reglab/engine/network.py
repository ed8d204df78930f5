"""The stacked multilayer perceptron: parameters, forward and backward pass, losses.

The first two axes of every array are those of the stack, (seeds, settings); each model is a slice of its own in every
matrix product. Letters: S seeds, K settings, B rows of a batch, C classes, P parameters of one model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from reglab.engine import batch_norm

__all__ = [
    "Array",
    "Parameters",
    "Pass",
    "apply",
    "backward",
    "cross_entropy",
    "forward",
    "half_squared_error",
    "initialise",
    "last_hidden",
    "mean_cross_entropy",
]

Array: TypeAlias = NDArray[np.float32]


class Parameters:
    """One flat vector per model, with views of it as weight matrices, biases and batch norm's gains.

    The weights of all layers come first and the rest after them, so that what acts on weights alone (penalties, decay)
    acts on one slice.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, from the inputs to the outputs.
    stack : tuple of int
        (seeds, settings).
    batch_norm : bool
        Whether each hidden layer has gains.

    Examples
    --------
    >>> p = Parameters((64, 32, 10), (5, 2))
    >>> p.flat.shape, p.weights[0].shape, p.biases[0].shape
    ((5, 2, 2410), (5, 2, 64, 32), (5, 2, 1, 32))
    """

    def __init__(self, sizes: Sequence[int], stack: tuple[int, int], batch_norm: bool = False) -> None:
        pairs = list(itertools.pairwise(sizes))
        self.n_weights = sum(a * b for a, b in pairs)
        others = sum(sizes[1:]) + (sum(sizes[1:-1]) if batch_norm else 0)
        self.flat: Array = np.zeros((*stack, self.n_weights + others), np.float32)  # (S, K, P)
        self.flat_weights = self.flat[..., : self.n_weights]
        self.weights: list[Array] = []
        self.biases: list[Array] = []
        at, bias_at = 0, self.n_weights
        for fan_in, fan_out in pairs:
            self.weights.append(self.flat[..., at : at + fan_in * fan_out].reshape(*stack, fan_in, fan_out))
            self.biases.append(self.flat[..., None, bias_at : bias_at + fan_out])  # (S, K, 1, fan_out)
            at, bias_at = at + fan_in * fan_out, bias_at + fan_out
        self.gains: list[Array] = []  # none without batch norm
        for size in sizes[1:-1] if batch_norm else ():
            self.gains.append(self.flat[..., None, bias_at : bias_at + size])  # (S, K, 1, size)
            bias_at += size


def initialise(net: Parameters, rngs: Sequence[np.random.Generator], *, residual: bool = False) -> None:
    """Fill the weights with He's normal initialisation, the same for all settings of a seed; biases 0, gains 1.

    Parameters
    ----------
    net : Parameters
    rngs : sequence of numpy.random.Generator
        One per seed.
    residual : bool
        Whether to divide the weights of L residual blocks by sqrt(L), so that the sum of their branches does not grow
        with the depth.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", arXiv:1502.01852.

    Examples
    --------
    >>> net = Parameters((64, 32, 10), (1, 2))
    >>> initialise(net, [np.random.default_rng(0)])
    >>> bool((net.flat[0, 0] == net.flat[0, 1]).all()), round(float(net.weights[0].std()), 2)
    (True, 0.18)
    """
    blocks = len(net.weights) - 2
    for s, rng in enumerate(rngs):
        for layer, w in enumerate(net.weights):
            fan_in, fan_out = w.shape[-2:]
            variance = 2 / fan_in / (blocks if residual and 0 < layer <= blocks else 1)
            w[s] = rng.standard_normal((fan_in, fan_out), dtype=np.float32) * np.float32(np.sqrt(variance))
    for gain in net.gains:
        gain[:] = 1


class Pass:
    """The arrays of one training pass, allocated once and filled at every step.

    Parameters
    ----------
    sizes : sequence of int
    stack : tuple of int
        (seeds, settings).
    batch : int
    """

    def __init__(self, sizes: Sequence[int], stack: tuple[int, int], batch: int) -> None:
        hidden = [np.empty((*stack, batch, size), np.float32) for size in sizes[1:-1]]  # (S, K, B, units) a layer
        self.units: list[Array] = hidden
        self.gates: list[Array] = [np.empty_like(h) for h in hidden]
        self.deltas: list[Array] = [np.empty_like(h) for h in hidden]
        # Outputs have their classes first in memory: sums over ten classes then run along the long axis of the batch.
        self.outputs: Array = np.empty((*stack, sizes[-1], batch), np.float32)  # (S, K, C, B)
        self.output_deltas: Array = np.empty_like(self.outputs)
        self.ones: Array = np.ones((1, batch), np.float32)
        self.inputs: Array = np.empty(0, np.float32)
        self.normalised: list[Array] = []  # with batch norm: its output before the gain, and 1 / standard deviation
        self.inverses: list[Array] = []


def forward(
    p: Pass,
    net: Parameters,
    x: Array,
    masks: Sequence[Array | None],
    *,
    residual: bool = False,
    statistics: Sequence[batch_norm.Statistics] = (),
) -> Array:
    """Run a batch through the network and keep what the backward pass needs.

    Parameters
    ----------
    p : Pass
        Is filled.
    net : Parameters
    x : array of shape (S, 1 or K, B, features)
    masks : sequence of arrays that broadcast to (S, K, B, units), or None
        What each hidden layer's units are multiplied with (dropout, stochastic depth).
    residual : bool
        Whether each hidden layer after the first adds to its input rather than replacing it.
    statistics : sequence of Statistics
        With batch norm: each hidden layer's running statistics, which are moved.

    Returns
    -------
    array of shape (S, K, C, B)
        The outputs, classes first.
    """
    h = p.inputs = x
    p.normalised.clear()
    p.inverses.clear()
    for layer, (unit, gate, mask) in enumerate(zip(p.units, p.gates, masks, strict=True)):
        np.matmul(h, net.weights[layer], out=unit)  # (S, K, B, units)
        if net.gains:
            p.inverses.append(batch_norm.normalise(unit, statistics[layer]))
            p.normalised.append(unit.copy())
            unit *= net.gains[layer]
        unit += net.biases[layer]
        gate[...] = unit > 0  # ReLU and dropout are one mask
        if mask is not None:
            gate *= mask
        unit *= gate
        if residual and layer:
            unit += h
        h = unit
    np.matmul(net.weights[-1].mT, h.mT, out=p.outputs)
    p.outputs += net.biases[-1].mT
    return p.outputs


def backward(p: Pass, net: Parameters, gradient: Parameters, *, residual: bool = False) -> None:
    """Fill `gradient` from `p.output_deltas`, the loss's derivative by the outputs.

    Parameters
    ----------
    p : Pass
        As `forward` left it.
    net, gradient : Parameters
    residual : bool
        As in `forward`.
    """
    delta = p.output_deltas.mT  # (S, K, B, C)
    np.matmul(p.ones, delta, out=gradient.biases[-1])
    skip: Array | None = None
    for layer in range(len(net.weights) - 1, 0, -1):
        np.matmul(p.units[layer - 1].mT, delta, out=gradient.weights[layer])
        back = np.matmul(delta, net.weights[layer].mT, out=p.deltas[layer - 1])  # by the units of the layer below
        if skip is not None:
            back += skip
        skip = back if residual and layer > 1 else None
        delta = np.multiply(back, p.gates[layer - 1], out=None if skip is back else back)
        np.matmul(p.ones, delta, out=gradient.biases[layer - 1])
        if net.gains:
            np.sum(delta * p.normalised[layer - 1], axis=-2, keepdims=True, out=gradient.gains[layer - 1])
            delta *= net.gains[layer - 1]
            delta = batch_norm.normalise_backward(delta, p.normalised[layer - 1], p.inverses[layer - 1])
    np.matmul(p.inputs.mT, delta, out=gradient.weights[0])


def cross_entropy(outputs: Array, targets: Array, deltas: Array) -> Array:
    """Compute softmax cross-entropy and its derivative by the outputs.

    Parameters
    ----------
    outputs : array of shape (S, K, C, B)
    targets : array of shape (S, 1 or K, C, B)
        Probabilities that sum to 1 over the classes.
    deltas : array of shape (S, K, C, B)
        Is filled with the derivative of the batch's mean loss.

    Returns
    -------
    array of shape (S, K, 1, B)
        The log of the softmax's denominator, from which `mean_cross_entropy` makes the loss where it is wanted.
    """
    top = np.maximum.reduce(outputs, axis=-2, keepdims=True)  # (S, K, 1, B)
    np.subtract(outputs, top, out=deltas)
    np.exp(deltas, out=deltas)
    total = np.add.reduce(deltas, axis=-2, keepdims=True)
    deltas /= total
    deltas -= targets
    deltas *= np.float32(1 / outputs.shape[-1])
    log_total: Array = np.log(total, out=total)
    log_total += top
    return log_total


def mean_cross_entropy(outputs: Array, targets: Array, log_total: Array) -> Array:
    """Return the mean loss of a batch, shape (S, K), from what `cross_entropy` returned."""
    fit = (targets * outputs).sum(axis=-2, keepdims=True)  # (S, K, 1, B)
    loss: Array = (log_total - fit).mean(axis=(-2, -1))
    return loss


def half_squared_error(outputs: Array, targets: Array, deltas: Array) -> Array:
    """Fill `deltas` with the derivative of half the mean squared error; return the loss of shape (S, K)."""
    np.subtract(outputs, targets, out=deltas)  # (S, K, 1, B)
    loss: Array = 0.5 * np.square(deltas).mean(axis=(-2, -1))
    deltas *= np.float32(1 / outputs.shape[-1])
    return loss


def apply(
    net: Parameters,
    x: Array,
    masks: Sequence[Array | None] = (),
    *,
    residual: bool = False,
    statistics: Sequence[batch_norm.Statistics] = (),
) -> Array:
    """Run rows through the network without keeping anything.

    Parameters
    ----------
    net : Parameters
    x : array of shape (S, 1 or K, rows, features)
    masks : sequence of arrays or None
        Empty for evaluation.
    residual : bool
        As in `forward`.
    statistics : sequence of Statistics
        With batch norm: what each hidden layer is normalised by.

    Returns
    -------
    array of shape (S, K, C, rows)

    Examples
    --------
    >>> net = Parameters((3, 4, 2), (1, 1))
    >>> apply(net, np.ones((1, 1, 5, 3), np.float32)).shape
    (1, 1, 2, 5)
    """
    stack, rows = net.flat.shape[:-1], x.shape[-2]
    outputs = np.empty((*stack, net.weights[-1].shape[-1], rows), np.result_type(x, np.float32))
    for at, h in _each_last_hidden(net, x, masks, residual=residual, statistics=statistics):
        np.matmul(net.weights[-1][at].mT, h.mT, out=outputs[at])
    outputs += net.biases[-1].mT
    return outputs


def last_hidden(
    net: Parameters,
    x: Array,
    masks: Sequence[Array | None] = (),
    *,
    residual: bool = False,
    statistics: Sequence[batch_norm.Statistics] = (),
) -> Array:
    """Return the units of the last hidden layer, shape (S, K, rows, units); the arguments are those of `apply`."""
    stack, rows, units = net.flat.shape[:-1], x.shape[-2], net.weights[-1].shape[-2]
    hidden = np.empty((*stack, rows, units), np.result_type(x, np.float32))
    for at, h in _each_last_hidden(net, x, masks, residual=residual, statistics=statistics):
        hidden[at] = h
    return hidden


def _each_last_hidden(
    net: Parameters,
    x: Array,
    masks: Sequence[Array | None],
    *,
    residual: bool,
    statistics: Sequence[batch_norm.Statistics],
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield each model's place in the stack and its last hidden units, (rows, units): they stay in the cache."""
    stack = net.flat.shape[:-1]
    x = np.broadcast_to(x, (*stack, *x.shape[-2:]))
    given = [None if mask is None else np.broadcast_to(mask, (*stack, *mask.shape[-2:])) for mask in masks]
    for at in np.ndindex(*stack):
        h = x[at]
        for layer, (w, b) in enumerate(zip(net.weights[:-1], net.biases[:-1], strict=True)):
            z = h @ w[at]  # (rows, units)
            if net.gains:
                running = batch_norm.Statistics(statistics[layer].mean[at], statistics[layer].variance[at])
                z = batch_norm.apply(z, running) * net.gains[layer][at]
            z += b[at]
            z.clip(0, np.inf, out=z)  # np.maximum with a number is not vectorised: three times as long
            mask = given[layer] if given else None
            if mask is not None:
                z *= mask[at]
            if residual and layer:
                z += h
            h = z
        yield at, h
