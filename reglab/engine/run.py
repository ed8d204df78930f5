"""What a training run leaves: every model's history and the weights it kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.batch_norm import running
from reglab.engine.network import Array, Parameters, apply, last_hidden
from reglab.settings import MAX_EVALUATIONS, MAX_STEPS, Settings, Training

HISTORY = (
    "train_objective",
    "train_loss",
    "val_loss",
    "test_loss",
    "train_accuracy",
    "val_accuracy",
    "test_accuracy",
    "gradient_norm",
    "clipped",
)


@dataclass(frozen=True, eq=False)
class Run:
    """What `fit` returns: the history of every model, and the weights it kept.

    Attributes
    ----------
    steps : array of int of shape (evaluations,)
    train_loss, val_loss, test_loss : arrays of shape (settings, seeds, evaluations)
        Clean: evaluation mode, hard labels, no augmentation, no penalty. Cross-entropy in nats, or half the squared
        error. NaN once a model has stopped or diverged.
    train_objective : array of shape (settings, seeds, evaluations)
        What was minimised: training mode, soft labels, penalties; the mean over the last batches.
    train_accuracy, val_accuracy, test_accuracy : arrays of shape (settings, seeds, evaluations)
        Share of rows that are right; for regression R squared.
    gradient_norm : array of shape (settings, seeds, evaluations)
        Before clipping, at the step before the evaluation.
    clipped : array of shape (settings, seeds, evaluations)
        Of the steps since the evaluation before, the share whose gradient was clipped, by norm or by value.
    best : array of int of shape (settings, seeds)
        The evaluation whose weights are kept: the best by validation loss where `patience` is set and
        `restore_best_weights` too, else the last; -1 where there is none.
    diverged : array of bool of shape (settings, seeds)
    labels : tuple of str
        What tells the settings apart.
    axes : dict
        The names and values of a `sweep`, else empty.
    """

    dataset: str
    settings: tuple[Settings, ...]
    training: Training
    n_train: int
    n_val: int
    seeds: tuple[int, ...]
    steps: NDArray[np.int64]
    train_objective: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    val_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    val_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    clipped: NDArray[np.float64]
    best: NDArray[np.int64]
    diverged: NDArray[np.bool_]
    labels: tuple[str, ...]
    kept_weights: Array = field(repr=False)  # (settings, seeds, parameters)
    kept_statistics: Array = field(repr=False)  # (settings, seeds, running statistics); none without batch norm
    centre: Array = field(repr=False)  # (seeds, 1, features)
    scale: Array = field(repr=False)  # (seeds, 1, features)
    sizes: tuple[int, ...] = ()
    axes: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def kept(self, name: str) -> NDArray[np.float64]:
        """Return a history's value at the evaluation whose weights are kept, shape (settings, seeds).

        Parameters
        ----------
        name : str
            Such as "test_loss".

        Raises
        ------
        ValueError
            If there is no such history.
        """
        history: NDArray[np.float64] = getattr(self, checks.one_of("name", name, HISTORY))
        picked = np.take_along_axis(history, np.maximum(self.best, 0)[..., None], axis=-1)[..., 0]
        return np.where(self.best >= 0, picked, np.nan)

    def weights(self, layer: int) -> Array:
        """Return a layer's kept weights, shape (settings, seeds, fan_in, fan_out); layers count from 0, or back."""
        return self._network().weights[self._layer(layer)]

    def biases(self, layer: int) -> Array:
        """Return a layer's kept biases, shape (settings, seeds, fan_out)."""
        return self._network().biases[self._layer(layer)][..., 0, :]

    def _layer(self, layer: int) -> int:
        layers = len(self.sizes) - 1
        return checks.whole("layer", layer, -layers, layers - 1)

    def predict(self, x: ArrayLike) -> Array:
        """Predict with the kept weights.

        Parameters
        ----------
        x : array of shape (n, features)
            In the dataset's raw units, finite.

        Returns
        -------
        array
            Probabilities of shape (settings, seeds, n, n_classes), or values of shape (settings, seeds, n).

        Raises
        ------
        ValueError
            If `x` has another shape or is not finite.
        """
        scaled = self._standardise(x)  # (seeds, n, features)
        outputs = apply(self._network(), scaled, **self._architecture())  # (settings, seeds, C, n)
        if outputs.shape[-2] == 1:
            return outputs[..., 0, :]
        e = np.exp(outputs - outputs.max(axis=-2, keepdims=True))
        probabilities: Array = (e / e.sum(axis=-2, keepdims=True)).swapaxes(-1, -2)
        return probabilities

    def hidden(self, x: ArrayLike) -> Array:
        """Return the last hidden layer's units for rows x, shape (settings, seeds, n, units)."""
        return last_hidden(self._network(), self._standardise(x), **self._architecture())

    def _standardise(self, x: ArrayLike) -> Array:
        with np.errstate(over="ignore"):
            rows = checks.numbers("x", checks.array("x", x).astype(np.float32, copy=False))
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            raise ValueError(f"x must have the shape (n, {self.sizes[0]}), got {rows.shape}")
        return (rows - self.centre) / self.scale

    def _network(self) -> Parameters:
        net = Parameters(self.sizes, self.kept_weights.shape[:2], self.training.batch_norm)
        net.flat[:] = self.kept_weights
        return net

    def _architecture(self) -> dict[str, Any]:
        statistics = running(self.training.hidden_sizes, self.kept_statistics) if self.training.batch_norm else ()
        return {"residual": self.training.residual, "statistics": statistics}


def evaluation_steps(max_steps: int, eval_steps: int) -> NDArray[np.int64]:
    """Return the steps after which a model is evaluated, densely at first.

    Parameters
    ----------
    max_steps, eval_steps : int >= 1
        As in `Training`.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> evaluation_steps(1000, 10).tolist()
    [10, 40, 90, 160, 250, 360, 490, 640, 810, 1000]
    """
    checks.whole("max_steps", max_steps, 1, MAX_STEPS)
    checks.whole("eval_steps", eval_steps, 1, MAX_EVALUATIONS)
    numbers = np.arange(1, eval_steps + 1)
    return np.unique(-(-max_steps * numbers**2 // eval_steps**2))  # max_steps * share**2, rounded up, exactly


def empty_run(
    data: Dataset, stack: tuple[Settings, ...], training: Training, n_train: int, n_val: int, seeds: tuple[int, ...]
) -> Run:
    """Return a run before its first step: a history of NaN."""
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(stack), len(seeds))
    sizes = (data.x.shape[1], *training.hidden_sizes, data.n_classes or 1)
    history: dict[str, Any] = {name: np.full((*shape, len(steps)), np.nan) for name in HISTORY}
    n_parameters = Parameters(sizes, (1, 1), training.batch_norm).flat.shape[-1]
    n_statistics = 2 * sum(training.hidden_sizes) if training.batch_norm else 0
    return Run(
        dataset=data.name,
        settings=stack,
        training=training,
        n_train=n_train,
        n_val=n_val,
        seeds=seeds,
        steps=steps,
        **history,
        best=np.full(shape, -1),
        diverged=np.zeros(shape, bool),
        labels=_labels(stack),
        kept_weights=np.full((*shape, n_parameters), np.nan, np.float32),
        kept_statistics=np.full((*shape, n_statistics), np.nan, np.float32),
        centre=np.zeros((len(seeds), 1, data.x.shape[1]), np.float32),
        scale=np.ones((len(seeds), 1, data.x.shape[1]), np.float32),
        sizes=sizes,
    )


def _labels(stack: tuple[Settings, ...]) -> tuple[str, ...]:
    """Name each setting by what tells it from the others, or from the defaults where it is alone."""
    default = Settings()
    names = [f for f in vars(default) if len({getattr(s, f) for s in (*stack, default)}) > 1]
    if len(stack) > 1:
        names = [f for f in names if len({getattr(s, f) for s in stack}) > 1]
    return tuple(", ".join(f"{n} {getattr(s, n)}" for n in names) or "defaults" for s in stack)
