"""One training step of a block of models: the line, walked from the batch to the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import l1, l2, mixup
from reglab.engine.batch_norm import running
from reglab.engine.line import CLIPPING, NAMES, PLACES, functions
from reglab.engine.network import (
    Array,
    Parameters,
    Pass,
    backward,
    cross_entropy,
    forward,
    half_squared_error,
    initialise,
    mean_cross_entropy,
)
from reglab.engine.optimizers import Adam, Sgd
from reglab.engine.rows import Rows
from reglab.settings import Settings, Training
from reglab.streams import generator

__all__ = ["Step"]

Entries = list[tuple[str, Callable[..., Any]]]


class Step:
    """The networks of a block of models, and the step that trains them.

    Parameters
    ----------
    settings : sequence of Settings
        K of them.
    seeds : sequence of int
        S of them.
    training : Training
    sizes : tuple of int
        Units of each layer, from the inputs to the outputs.
    rows : Rows
    n_classes : int or None
    image_shape : tuple of int or None
    replace : mapping of str to callable, optional
        Other functions for entries of the line.

    Attributes
    ----------
    net, gradient : Parameters
    objective : list of arrays of shape (S, K)
        What was minimised, at each tracked step since the last evaluation.
    norm : array of shape (S, K)
        Of the gradient before clipping, at the last tracked step.
    clipped : array of shape (S, K)
        Steps since the last evaluation at which the gradient was clipped.
    """

    def __init__(
        self,
        settings: Sequence[Settings],
        seeds: Sequence[int],
        training: Training,
        sizes: tuple[int, ...],
        rows: Rows,
        n_classes: int | None,
        image_shape: tuple[int, ...] | None,
        replace: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.rows, self.n_classes, self.image_shape = rows, n_classes, image_shape
        self.stack = len(seeds), len(settings)
        self.hidden_sizes, self.residual = training.hidden_sizes, training.residual
        layers = len(training.hidden_sizes)
        strengths = [*(name for name in NAMES if name not in PLACES["after"]), "switch_prob", "momentum"]
        self.value = {name: _per_model(name, settings, len(seeds), layers) for name in strengths}
        # What is off in every model costs nothing; what is replaced is always called.
        self.names = {name for name, value in self.value.items() if value.any()} | set(replace or ())
        self.on: dict[str, Entries] = {
            place: [(name, f) for name, f in entries.items() if name in self.names]
            for place, entries in functions(replace).items()
        }
        self.one_of_two = {"mixup_alpha", "cutmix_alpha"} <= self.names
        # The same values with axes for a matrix of units and for a vector of parameters, shaped once.
        self.over_units = {name: value[..., None, None] for name, value in self.value.items()}
        self.over_weights = {name: value[..., None] for name, value in self.value.items()}
        self.first_clip = next((name for name, _ in self.on["gradient"] if name in CLIPPING), None)
        self.rngs = {name: [generator(seed, name) for seed in seeds] for name in self.value}
        self.net, self.gradient = (Parameters(sizes, self.stack, training.batch_norm) for _ in range(2))
        n_statistics = 2 * sum(training.hidden_sizes) if training.batch_norm else 0
        self.running: Array = np.zeros((*self.stack, n_statistics), np.float32)
        statistics = running(training.hidden_sizes, self.running) if training.batch_norm else []
        for layer in statistics:
            layer.variance[:] = 1
        self.architecture: dict[str, Any] = {"residual": training.residual, "statistics": statistics}
        initialise(self.net, [generator(seed, "weights") for seed in seeds], residual=training.residual)
        rate, momentum = (self.over_weights[name] for name in ("learning_rate", "momentum"))
        shape = self.net.flat.shape
        self.optimizer = Sgd(shape, rate, momentum) if training.optimizer == "sgd" else Adam(shape, rate)
        self.passed = Pass(sizes, self.stack, rows.batch)
        self.objective: list[Array] = []
        self.norm: Array = np.full(self.stack, np.nan, np.float32)
        self.clipped: Array = np.zeros(self.stack, np.float32)

    def __call__(self, rows: NDArray[np.int64], tracked: bool) -> None:
        """Make one step of all models on rows (S, B); where it is tracked, keep its objective and its norm."""
        x, y = self.batch(rows)
        y = self.target(y)
        x, masks = self.unit(x, self.rngs)
        self.branch(masks, self.rows.batch, self.rngs)
        outputs = forward(self.passed, self.net, x, masks, **self.architecture)  # (S, K, C, B)
        loss = self._loss(outputs, np.ascontiguousarray(y.mT), tracked)
        backward(self.passed, self.net, self.gradient, residual=self.residual)
        if loss is not None:
            self.objective.append(self._with_penalties(loss))
        self.penalise_and_clip(tracked)
        self.change_weights(self.optimizer.step(self.gradient.flat))

    # --- the places ---

    def batch(self, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Take the rows and let them be augmented and mixed."""
        x = self.rows.x.take(rows, axis=0)[:, None]  # (S, 1, B, D)
        y = self.rows.y.take(rows, axis=0)[:, None]  # (S, 1, B, C)
        value = self.value
        if self.one_of_two:
            alphas = mixup._switch(
                value["mixup_alpha"], value["cutmix_alpha"], value["switch_prob"], self.rngs["switch_prob"]
            )
            value = {**value, "mixup_alpha": alphas[0], "cutmix_alpha": alphas[1]}
        for name, f in self.on["batch"]:
            x, y = f(x, y, value[name], self.rngs[name], self.image_shape)
        return x, y

    def target(self, y: Array) -> Array:
        """Let the targets be softened."""
        for name, f in self.on["target"]:
            y = f(y, self.over_units[name])
        return y

    def unit(self, x: Array, rngs: Mapping[str, Any]) -> tuple[Array, list[Array | None]]:
        """Silence inputs, and return the masks of the hidden layers. Streams of None are evaluation."""
        masks: list[Array | None] = [None] * len(self.hidden_sizes)
        for name, f in self.on["unit"]:
            value = self.over_units[name]
            if name == "input_dropout":
                mask = f(x.shape[-2:], value, rngs[name])
                x = x if mask is None else x * mask
                continue
            for layer, size in enumerate(self.hidden_sizes):
                rate = value[:, :, layer] if value.ndim == 5 else value  # one per layer, or one for all
                _multiply(masks, layer, f((x.shape[-2], size), rate, rngs[name]))
        return x, masks

    def branch(self, masks: list[Array | None], batch: int, rngs: Mapping[str, Any]) -> None:
        """Multiply the masks of the residual blocks, all hidden layers but the first, with those of their branches."""
        for name, f in self.on["branch"]:
            for block, mask in enumerate(f(batch, len(masks) - 1, self.value[name], rngs[name])):
                _multiply(masks, block + 1, mask)

    def penalise_and_clip(self, tracked: bool) -> None:
        """Let penalties be added to the gradient, and let it be clipped; its norm is that of before the clipping."""
        clipped: NDArray[np.bool_] | None = None
        for name, f in self.on["gradient"]:
            if tracked and name == self.first_clip:
                self.norm = self._norm()
            beyond = f(self.gradient, self.net, self.value[name], self.rngs[name])
            if beyond is not None:
                clipped = beyond if clipped is None else clipped | beyond
        if tracked and self.first_clip is None:
            self.norm = self._norm()
        if clipped is not None:
            self.clipped += clipped

    def change_weights(self, update: Array) -> None:
        """Let the weights decay, take the optimizer's update, and pass their soft threshold."""
        rate = self.over_weights["learning_rate"]
        for name, f in self.on["weights"]:
            f(self.net, update, rate, self.over_weights[name])

    # --- what they share ---

    def evaluated(self, x: Array) -> tuple[Array, list[Array | None]]:
        """Return inputs and masks as evaluation has them: nothing is drawn, but a replaced entry may still act."""
        x, masks = self.unit(x, dict.fromkeys(self.rngs))
        self.branch(masks, x.shape[-2], dict.fromkeys(self.rngs))
        return x, masks

    def _norm(self) -> Array:
        return np.asarray(np.sqrt(np.vecdot(self.gradient.flat, self.gradient.flat)))

    def _loss(self, outputs: Array, targets: Array, tracked: bool) -> Array | None:
        """Fill the outputs' deltas; return the loss where it is wanted."""
        deltas = self.passed.output_deltas
        if self.n_classes is None:
            loss = half_squared_error(outputs, targets, deltas)
            return loss if tracked else None
        log_total = cross_entropy(outputs, targets, deltas)
        return mean_cross_entropy(outputs, targets, log_total) if tracked else None

    def _with_penalties(self, loss: Array) -> Array:
        total, w = loss, self.net.flat_weights
        if "l2" in self.names:
            total = total + l2._penalty(w, self.value["l2"])
        if "l1" in self.names:
            total = total + l1._penalty(w, self.value["l1"])
        return total


def _per_model(name: str, settings: Sequence[Settings], n_seeds: int, layers: int) -> Array:
    """Return a field's value per model, shape (S, K), or (S, K, layers) where each layer may have its own."""
    values = [getattr(s, name) for s in settings]
    if name == "dropout":
        values = [value if isinstance(value, tuple) else (value,) * layers for value in values]
    return np.repeat(np.array([values], np.float32), n_seeds, axis=0)


def _multiply(masks: list[Array | None], layer: int, mask: Array | None) -> None:
    """Multiply a layer's mask with another; None is all ones."""
    now = masks[layer]
    masks[layer] = mask if now is None else now if mask is None else now * mask
