"""What mixup and CutMix make of two images, and what mixing does to a network's predictions in a plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reglab import checks, mixup
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.experiments.shared import Array, _classification, _of_classes, rows_of

__all__ = ["Mixtures", "PlaneMap", "mixtures", "plane_map", "unlike_shares"]


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Two images and their mixtures at several weights of the first one.

    Attributes
    ----------
    names : two str
        The classes of the two.
    shape : tuple of int
        Of an image: height, width, and of a colored one 3.
    weights : tuple of float
    images : array of shape (2, features)
    blended, pasted : arrays of shape (weights, features)
        By mixup, and by CutMix.
    boxes : array of int of shape (weights, 4)
        What CutMix pastes: from top and left up to bottom and right, in the order top, bottom, left, right.
    shares : array of shape (weights,)
        CutMix's weight of the first image, recomputed from the box.
    """

    names: tuple[str, str]
    shape: tuple[int, ...]
    weights: tuple[float, ...]
    images: NDArray[np.float32]
    blended: NDArray[np.float32]
    pasted: NDArray[np.float32]
    boxes: NDArray[np.int64]
    shares: Array


def mixtures(
    dataset: Dataset | str,
    classes: Sequence[str],
    weights: Sequence[float],
    centre: Literal["middle", "edge", "corner"] = "middle",
) -> Mixtures:
    """Mix the first test images of two classes by mixup and by CutMix.

    Parameters
    ----------
    dataset : Dataset or str
        Of images in classes.
    classes : two names of its classes
    weights : sequence of float in [0, 1]
        Of the first image.
    centre : "middle", "edge" or "corner"
        Where the middle of CutMix's box lies: the border clips a box at the top edge, and more at the left corner.

    Returns
    -------
    Mixtures

    Raises
    ------
    ValueError
        If the dataset is not one of images, or an argument is not as above.

    Examples
    --------
    >>> mixed = mixtures("digits", ("3", "8"), [0.0, 0.75, 1.0], "corner")
    >>> mixed.shares.tolist(), mixed.boxes[1].tolist()  # a quarter is asked for; the corner leaves four pixels
    ([0.75, 0.9375, 1.0], [0, 2, 0, 2])
    """
    data = _classification(dataset)
    if data.image_shape is None:
        raise ValueError(f"dataset must be one of images, got {data.name}")
    names = tuple(map(str, data.class_names))
    first, second = (checks.one_of("classes", name, names) for name in checks.several("classes", classes, 2, 2))
    lams = tuple(checks.number("weights", lam, 0, 1) for lam in checks.several("weights", weights, 1))
    checks.one_of("centre", centre, ("middle", "edge", "corner"))
    a, b = (data.x_test[np.flatnonzero(data.y_test == names.index(name))[0]] for name in (first, second))
    height, width = data.image_shape[:2]
    row, column = {"middle": (height // 2, width // 2), "edge": (0, width // 2), "corner": (0, 0)}[centre]
    boxes = [mixup.cut_box(lam, row, column, height, width) for lam in lams]
    return Mixtures(
        names=(first, second),
        shape=data.image_shape,
        weights=lams,
        images=np.stack([a, b]),
        blended=np.stack([mixup.blend(a, b, lam) for lam in lams]),
        pasted=np.stack([mixup.paste(a[None], b[None], box, data.image_shape)[0] for box in boxes]),
        boxes=np.array(boxes),
        shares=np.array([mixup.kept_share(box, height, width) for box in boxes]),
    )


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """What a run's networks predict on a grid of points around a dataset of two inputs.

    Attributes
    ----------
    x, y : two floats each
        The ends of the grid.
    points : array of shape (points, 2)
        Row by row from the lowest.
    likeliest : array of int of shape (settings, seeds, points)
    confidence : array of shape (settings, seeds, points)
        The probability of the likeliest class; NaN where a network diverged.
    n_classes : int
    rows : array of shape (n_train, 2)
        The first seed's training rows.
    labels : array of int of shape (n_train,)
    """

    x: tuple[float, float]
    y: tuple[float, float]
    points: Array
    likeliest: NDArray[np.int64]
    confidence: Array
    n_classes: int
    rows: Array
    labels: NDArray[np.int64]

    def sure(self, above: float) -> Array:
        """Return the share of the points on which each network is surer than that, of shape (settings, seeds)."""
        share: Array = (self.confidence > above).mean(axis=-1)
        return share


def plane_map(run: Run, side: int = 48, margin: float = 0.3) -> PlaneMap:
    """Predict a square grid of points around a dataset of two inputs.

    Parameters
    ----------
    run : Run
        Of a classification with two inputs.
    side : int, >= 1
        Points along the grid.
    margin : float >= 0
        How far the grid goes on around the rows.

    Returns
    -------
    PlaneMap

    Raises
    ------
    ValueError
        If the run is of other data, or an argument is out of its range.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> plane = plane_map(fit("moons", Settings(), Training(max_steps=100), n_train=50, seeds=2), side=8)
    >>> plane.points.shape, plane.confidence.shape, bool(plane.confidence.min() >= 0.5)
    ((64, 2), (1, 2, 64), True)
    """
    data = _of_classes(run)
    if data.x.shape[1] != 2:
        raise ValueError(f"run must be of data with two inputs, got {data.name} of {data.x.shape[1]}")
    checks.whole("side", side, 1, checks.MANY)
    checks.number("margin", margin, 0)
    (x0, y0), (x1, y1) = (np.nanmin(data.x, axis=0) - margin).tolist(), (np.nanmax(data.x, axis=0) + margin).tolist()
    across, up = ((low + (high - low) * (np.arange(side) + 0.5) / side) for low, high in ((x0, x1), (y0, y1)))
    points = np.stack([np.tile(across, side), np.repeat(up, side)], axis=1)
    p = run.predict(points)  # (settings, seeds, points, K)
    rows = rows_of(run, "train")[0]
    return PlaneMap(
        x=(x0, x1),
        y=(y0, y1),
        points=points,
        likeliest=p.argmax(axis=-1),
        confidence=p.max(axis=-1),
        n_classes=p.shape[-1],
        rows=data.x[rows],
        labels=data.y[rows],
    )


def unlike_shares(run: Run) -> Array:
    """Return how often an example of a run's batches would be mixed with one of another class, for each seed.

    A pair of one class has a hard target, so that only the others hold a loss on mixed targets up
    (`reglab.mixup.unlike_pairs`, `reglab.mixup.target_entropy`).

    Parameters
    ----------
    run : Run
        Of a classification.

    Returns
    -------
    array of shape (seeds,)

    Raises
    ------
    ValueError
        If the run is of a regression.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("moons", Settings(), Training(max_steps=1), n_train=50, seeds=2)
    >>> unlike_shares(run).round(2)
    array([0.49, 0.49])
    """
    labels = _of_classes(run).y
    return np.array(
        [mixup.unlike_pairs(labels[seed_rows], run.training.batch_size) for seed_rows in rows_of(run, "train")]
    )
