"""What dropout does to batch norm."""

from __future__ import annotations

import numpy as np

from reglab import checks
from reglab.engine import batch_norm
from reglab.engine.run import Run
from reglab.experiments.shared import Array, data_of, rows_of

__all__ = ["variance_shift"]


def variance_shift(run: Run) -> Array:
    """Compare the variance that each batch norm has learned with the one that it meets in evaluation.

    A layer's running variance is that of its inputs in training, with dropout below it on. In evaluation dropout is
    off, and its inputs vary less than the layer divides by.

    Parameters
    ----------
    run : Run
        Trained with batch norm.

    Returns
    -------
    array of shape (settings, seeds, hidden layers)
        The running variance, summed over the units, over that of the training rows in evaluation mode: about 1 where
        nothing is dropped below the layer; NaN where a model diverged.

    Raises
    ------
    ValueError
        If the run has no batch norm.

    References
    ----------
    Li et al. 2018, arXiv:1801.05134, which takes the ratio the other way round.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> stack = [Settings(), Settings(dropout=(0.5, 0.0))]
    >>> run = fit("digits", stack, Training(batch_norm=True, max_steps=200), seeds=2)
    >>> variance_shift(run).mean(axis=1).round(1)
    array([[1. , 1. ],
           [1. , 1.9]])
    """
    if not checks.instance("run", run, Run).training.batch_norm:
        raise ValueError("run must be trained with batch norm")
    net, statistics = run._network(), batch_norm.running(run.training.hidden_sizes, run.kept_statistics)
    h = run._scaled(data_of(run).x[rows_of(run, "train")]).astype(np.float32)  # (seeds, n, features)
    ratios = np.full((*run.kept_weights.shape[:2], len(statistics)), np.nan)
    for layer, learned in enumerate(statistics):
        z = h @ net.weights[layer]  # (settings, seeds, n, units)
        ratios[..., layer] = learned.variance.sum(axis=(-2, -1)) / z.var(axis=-2, ddof=1).sum(axis=-1)
        lit = np.maximum(batch_norm.apply(z, learned) * net.gains[layer] + net.biases[layer], 0)
        h = h + lit if run.training.residual and layer else lit
    return ratios
