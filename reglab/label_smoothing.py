"""Label smoothing: a share of each target is spread over the classes, so that certainty no longer pays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab.settings import check_number


def smooth(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Spread a share of each target evenly over all classes.

    Parameters
    ----------
    targets : array of shape (..., n_classes)
        Probabilities; mixed ones are welcome, since mixing and smoothing commute.
    smoothing : float or array in [0, 1)
        Broadcasts against `targets`.

    Returns
    -------
    array of shape (..., n_classes)

    Examples
    --------
    >>> smooth(np.array([0.0, 0.0, 1.0]), 0.1).round(4).tolist()
    [0.0333, 0.0333, 0.9333]
    """
    smoothing = np.asarray(smoothing, np.result_type(targets, np.float32))
    smoothed: NDArray[Any] = targets * (1 - smoothing) + smoothing / targets.shape[-1]
    return smoothed


def smooth_labels(
    labels: ArrayLike, num_classes: int, smoothing: float, convention: str = "uniform"
) -> NDArray[np.float64]:
    """Make smoothed targets from class labels.

    Parameters
    ----------
    labels : array of int of shape (n_samples,), in 0 to num_classes - 1
    num_classes : int
    smoothing : float in [0, 1)
    convention : "uniform" or "others"
        "uniform" puts smoothing / num_classes on every class (PyTorch, Keras, timm); "others" puts
        smoothing / (num_classes - 1) on the other classes (tensor2tensor).

    Returns
    -------
    array of shape (n_samples, num_classes)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Szegedy et al. 2016, arXiv:1512.00567, section 7.

    Examples
    --------
    >>> smooth_labels([2], 3, 0.1).round(4).tolist()
    [[0.0333, 0.0333, 0.9333]]
    >>> smooth_labels([2], 3, 0.1, convention="others").round(4).tolist()
    [[0.05, 0.05, 0.9]]
    """
    check_number("smoothing", smoothing, 0, 1, high_open=True)
    labels = np.asarray(labels)
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(f"labels must be in 0 to {num_classes - 1}, got {labels.min()} to {labels.max()}")
    if convention not in ("uniform", "others"):
        raise ValueError(f"convention must be 'uniform' or 'others', got {convention!r}")
    if convention == "others":
        smoothing = smoothing * num_classes / (num_classes - 1)
    return smooth(np.eye(num_classes)[labels], smoothing)
