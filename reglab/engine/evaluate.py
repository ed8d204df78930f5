"""The evaluations of a block of models: clean losses and accuracies, who stops or diverges, which weights are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.datasets import Dataset, as_dataset
from reglab.engine.network import Array, apply
from reglab.engine.rows import Rows
from reglab.engine.run import Run
from reglab.engine.step import Step
from reglab.settings import Settings

__all__ = ["Evaluation", "constant_loss"]

DIVERGED = 100  # a clean training loss of so many times the best constant guess's


def constant_loss(dataset: Dataset | str) -> float:
    """Return about the loss of the best constant guess: ln(n_classes), or half the targets' variance.

    Examples
    --------
    >>> round(constant_loss("digits"), 3)
    2.303
    """
    data = as_dataset(dataset)
    return float(np.log(data.n_classes)) if data.n_classes else float(np.var(data.y) / 2)


class Evaluation:
    """What is recorded of a block of models in its part of a run.

    Parameters
    ----------
    run : Run
        Is filled.
    at : (slice, slice)
        Which of the run's settings and seeds these models are.
    datasets : sequence of Dataset
        One per seed.
    rows : Rows
    step : Step
    watch : callable
        The entry of the line's last place, called with each model's `patience` and `min_delta`.

    Attributes
    ----------
    live : array of bool of shape (S, K)
        Who has neither stopped nor diverged.
    """

    def __init__(
        self,
        run: Run,
        at: tuple[slice, slice],
        datasets: Sequence[Dataset],
        rows: Rows,
        step: Step,
        watch: Callable[..., Any],
    ) -> None:
        self.run, self.at, self.rows, self.step = run, at, rows, step
        self.settings: tuple[Settings, ...] = run.settings[at[0]]
        self.watches = [[watch(s.patience, s.min_delta) for s in self.settings] for _ in datasets]
        self.regression = datasets[0].n_classes is None
        # Half the variance of each split's targets is what R squared compares with, (S, splits).
        splits = rows.splits.values()
        self.spread = [[max(float(np.var(y[0, rows])), 1e-30) for rows in splits] for y in rows.eval_y]
        self.too_high = DIVERGED * np.array([[constant_loss(d)] for d in datasets])  # (S, 1)
        self.live = np.ones(step.stack, bool)

    def __call__(self, evaluation: int) -> None:
        """Record the evaluation of this number; mark who has stopped or diverged; keep weights."""
        measured = self._measure()
        measured |= self._training_side(evaluation)
        blown = (measured["train_loss"] > self.too_high) | ~np.isfinite(self.step.net.flat).all(axis=-1)
        for split in self.rows.splits:
            blown |= ~np.isfinite(measured[f"{split}_loss"])  # whatever the cause
        self.run.diverged[self.at] |= (blown & self.live).T
        self.live &= ~blown
        for name, value in measured.items():
            getattr(self.run, name)[self.at][..., evaluation] = np.where(self.live, value, np.nan).T
        self._keep(evaluation, measured.get("val_loss"))

    def _measure(self) -> dict[str, NDArray[Any]]:
        """Return the clean loss and accuracy of each split, (S, K) each."""
        x, masks = self.step.evaluated(self.rows.eval_x)
        outputs = apply(self.step.net, x, masks, **self.step.architecture)  # (S, K, C, rows)
        losses, right = self._clean(outputs)  # (S, K, rows) each
        measured = {}
        for number, (split, rows) in enumerate(self.rows.splits.items()):
            loss, share = losses[..., rows].mean(axis=-1), right[..., rows].mean(axis=-1)
            if self.regression:  # R squared, from half the squared error
                share = 1 - 2 * loss / np.array(self.spread)[:, number, None]
            measured[f"{split}_loss"], measured[f"{split}_accuracy"] = loss, share
        return measured

    def _training_side(self, evaluation: int) -> dict[str, NDArray[Any]]:
        """Return what the steps since the last evaluation left, and begin anew."""
        step = self.step
        steps = np.diff(self.run.steps, prepend=0)[evaluation]
        measured = {
            # Added up in order: np.mean would sum a stack of one in another order than a larger stack.
            "train_objective": np.asarray(sum(step.objective) / np.float32(len(step.objective))),
            "gradient_norm": step.norm,
            "clipped": step.clipped / steps,
        }
        step.clipped[:] = 0
        step.objective.clear()
        return measured

    def _keep(self, evaluation: int, val_loss: NDArray[Any] | None) -> None:
        """Keep the weights of those that are at their best or keep the last; end those whose patience is over."""
        if val_loss is None:  # no rows to validate on, and so no patience
            val_loss = np.full(self.live.shape, np.nan)
        best, kept_weights = self.run.best[self.at], self.run.kept_weights[self.at]
        for s, k in np.argwhere(self.live):
            setting, watch = self.settings[k], self.watches[s][k]
            stop = watch.update(float(val_loss[s, k]))
            restoring = setting.patience is not None and setting.restore_best_weights
            if not restoring or watch.best_index == evaluation:
                best[k, s] = evaluation
                kept_weights[k, s] = self.step.net.flat[s, k]
                self.run.kept_statistics[self.at][k, s] = self.step.running[s, k]
            self.live[s, k] = not stop

    def _clean(self, outputs: Array) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return each row's loss against its hard label, and whether its prediction is right."""
        labels = self.rows.eval_y  # (S, 1, rows)
        if self.regression:
            error = outputs[..., 0, :].astype(np.float64) - labels
            return error**2 / 2, error
        top = outputs.max(axis=-2, keepdims=True)
        log_total = np.log(np.exp(outputs - top).sum(axis=-2))  # (S, K, rows)
        at_label = np.take_along_axis(outputs, labels[:, :, None], axis=-2)[..., 0, :]
        top = top[..., 0, :]
        return (log_total + (top - at_label)).astype(np.float64), outputs.argmax(axis=-2) == labels
