"""What a trained network has learned not to mind: its accuracy on test images that are turned, shifted or changed.

`accuracy_by_angle` and `accuracy_by_shift` tell how far an image may be moved. `label_safety` tells what each operation
of `reglab.image_operations` makes of the classes: a six that is turned by 180 degrees is read as a nine, so its label
is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine.run import Run
from reglab.experiments.shared import data_of, rows_of
from reglab.image_augmentation import augment
from reglab.solvers.image_operations import ALL_OR_NOTHING, OPERATIONS, check_names, draw, operate_each, turn, warp
from reglab.streams import generator

__all__ = ["LabelSafety", "accuracy_by_angle", "accuracy_by_shift", "augmented_validation", "label_safety"]

Array = NDArray[np.float64]
MAX_VIEWS = 1000  # of every test image
WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # of a shift: down, up, right, left


def accuracy_by_angle(run: Run, degrees: Sequence[float], rows: int | None = None) -> Array:
    """Return the accuracy on test images turned by an angle, the mean of both directions.

    Parameters
    ----------
    run : Run
        Of images.
    degrees : sequence of float
    rows : int >= 1, optional
        Only the first so many test images.

    Returns
    -------
    array of shape (settings, seeds, angles)
        NaN where a model diverged.

    Raises
    ------
    ValueError
        If the run is not of images or an argument is not as above.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("digits", Settings(), Training(max_steps=200), seeds=2)
    >>> upright, turned = accuracy_by_angle(run, [0, 90]).mean(axis=(0, 1))
    >>> bool(upright > 0.8 and turned < 0.4)
    True
    """
    images, labels = _test_images(run, rows)
    degrees = [checks.number("degrees", angle) for angle in checks.several("degrees", degrees, 1, MAX_VIEWS)]
    ways = [[turn(images, way * angle) for way in ((1, -1) if angle % 360 else (1,))] for angle in degrees]
    return _accuracies(run, ways, labels)


def accuracy_by_shift(run: Run, shares: Sequence[float], rows: int | None = None) -> Array:
    """Return the accuracy on test images shifted by a share of their side, the mean of four directions.

    Parameters
    ----------
    run : Run
        Of images.
    shares : sequence of float in [-1, 1]
        1/8 of the side is one pixel of a digit. The colour of the top left corner enters.
    rows : int >= 1, optional
        Only the first so many test images.

    Returns
    -------
    array of shape (settings, seeds, shares)
        NaN where a model diverged.

    Raises
    ------
    ValueError
        If the run is not of images or an argument is not as above.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("digits", Settings(), Training(max_steps=200), seeds=2)
    >>> still, moved = accuracy_by_shift(run, [0, 1 / 4]).mean(axis=(0, 1))
    >>> bool(still > 0.8 and moved < 0.5)
    True
    """
    images, labels = _test_images(run, rows)
    shares = [checks.number("shares", share, -1, 1) for share in checks.several("shares", shares, 1, MAX_VIEWS)]
    side = np.array(images.shape[1:3], images.dtype)
    still = np.tile(np.eye(2, dtype=images.dtype), (len(images), 1, 1))

    def moved(share: float, way: tuple[int, int]) -> NDArray[Any]:
        by = np.tile(-np.array(way, images.dtype) * images.dtype.type(share) * side, (len(images), 1))
        return warp(images, still, by, images[:, 0, 0])

    return _accuracies(run, [[moved(s, way) for way in (WAYS if s else WAYS[:1])] for s in shares], labels)


@dataclass(frozen=True, eq=False)
class LabelSafety:
    """What networks read changed test images as.

    Attributes
    ----------
    operations : tuple of str
        First "none": the images as they are.
    class_names : tuple of str
    confusion : array of shape (operations, n_classes, n_classes)
        Of the images of a class (rows), the share that is read as each class (columns); the mean over the seeds that
        did not diverge.
    accuracy : array of shape (operations, seeds)
        NaN where a model diverged.
    """

    operations: tuple[str, ...]
    class_names: tuple[str, ...]
    confusion: Array
    accuracy: Array

    def mostly_read(self, operation: str) -> list[tuple[float, int, int]]:
        """Return the classes more than half of which is read as one other class under an operation.

        Parameters
        ----------
        operation : str
            One of `operations`.

        Returns
        -------
        list of (share, class, read as)
            The surest first.

        Raises
        ------
        ValueError
            If the networks were not shown images under that operation.

        Examples
        --------
        >>> safety = LabelSafety(("none",), ("a", "b"), np.array([[[0.9, 0.1], [0.7, 0.3]]]), np.array([[0.6]]))
        >>> safety.mostly_read("none")
        [(0.7, 1, 0)]
        """
        checks.one_of("operation", operation, self.operations)
        confusion = self.confusion[self.operations.index(operation)].tolist()
        return sorted(
            ((share, a, b) for a, row in enumerate(confusion) for b, share in enumerate(row) if a != b and share > 0.5),
            reverse=True,
        )

    def turned_into(self, operation: str) -> list[tuple[int, int]]:
        """Return the classes that an operation makes of others.

        They are mostly read so, and the other's own images no longer are. A class that many others are read as while it
        keeps its own is what a network takes for granted, no new label.

        Parameters
        ----------
        operation : str
            One of `operations`.

        Returns
        -------
        list of (class, becomes)

        Raises
        ------
        ValueError
            If the networks were not shown images under that operation.

        Examples
        --------
        >>> confusion = np.array([[[0.9, 0.1], [0.7, 0.3]], [[0.1, 0.9], [0.8, 0.2]]])
        >>> safety = LabelSafety(("none", "half_turn"), ("a", "b"), confusion, np.ones((2, 1)))
        >>> safety.turned_into("none"), safety.turned_into("half_turn")
        ([], [(0, 1), (1, 0)])
        """
        taken = self.mostly_read(operation)
        recognised = np.diagonal(self.confusion[self.operations.index(operation)])
        return sorted((a, b) for _, a, b in taken if recognised[b] < 0.5)

    def mistaken(self) -> tuple[list[str], list[str]]:
        """Return the operations under which a class is mostly read as another.

        Returns
        -------
        two lists of str
            Those that make the one class of the other (`turned_into`), and those that do not.

        Examples
        --------
        >>> confusion = np.array([[[0.9, 0.1], [0.3, 0.7]], [[0.1, 0.9], [0.8, 0.2]], [[0.1, 0.9], [0.1, 0.9]]])
        >>> LabelSafety(("none", "half_turn", "darken"), ("a", "b"), confusion, np.ones((3, 1))).mistaken()
        (['half_turn'], ['darken'])
        """
        read = [name for name in self.operations if self.mostly_read(name)]
        made = [name for name in read if self.turned_into(name)]
        return made, [name for name in read if name not in made]


def label_safety(
    run: Run, strength: float, operations: Sequence[str] = tuple(OPERATIONS), *, setting: int = 0, seed: int = 0
) -> LabelSafety:
    """Show a run's networks test images under each operation, and see what they read.

    Parameters
    ----------
    run : Run
        Of images; best trained without augmentation, else it has learned what to ignore.
    strength : float in [0, 1]
        Of every operation but the flips and the turns by quarters, which are applied to every image.
    operations : sequence of str
        Among `reglab.image_operations.OPERATIONS`.
    setting : int
        Which of the run's settings.
    seed : int, >= 0
        Of directions and places.

    Returns
    -------
    LabelSafety

    Raises
    ------
    ValueError
        If the run is not of images or an argument is out of its range.

    Notes
    -----
    An error is no proof that the label was lost: a network that has never seen a shifted digit misreads one that any
    person reads. But where a class is read, surely and nearly always, as one other class, its label is not kept.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("digits", Settings(), Training(max_steps=300), seeds=2)
    >>> safety = label_safety(run, 0.3, ["half_turn"])
    >>> int(safety.confusion[1, 6].argmax())
    9
    """
    checks.number("strength", strength, 0, 1)
    operations = check_names(operations)
    checks.whole("seed", seed, 0)
    checks.instance("run", run, Run)
    checks.whole("setting", setting, 0, len(run.settings) - 1)
    data = _image_data(run)
    images, labels = _test_images(run, None)
    draws = draw(images.shape, generator(seed, "label safety"))
    every = np.zeros(len(images), int)
    read = [_read(run, images)[setting]]  # each (seeds, rows)
    for name in operations:
        force = 1.0 if name in ALL_OR_NOTHING else strength
        read.append(_read(run, operate_each([name], every, images, force, draws))[setting])
    predicted = np.stack(read)  # (operations, seeds, rows)
    classes = np.eye(data.n_classes or 1)
    live = predicted[0, :, 0] >= 0
    of_class = classes[labels].T / np.maximum(classes[labels].sum(axis=0), 1)[:, None]  # (n_classes, rows)
    confusion = of_class @ classes[predicted[:, live]].mean(axis=1)  # (operations, n_classes, n_classes)
    accuracy = np.where(live[:, None], predicted == labels, np.nan).mean(axis=2)
    return LabelSafety(("none", *operations), data.class_names, confusion, accuracy)


def augmented_validation(run: Run, seed: int = 0) -> Array:
    """Return the validation loss that one reads where the validation rows are augmented as the training rows are.

    Parameters
    ----------
    run : Run
        Of images.
    seed : int, >= 0
        Of the augmentation of the validation rows.

    Returns
    -------
    array of shape (settings, seeds)
        Of the kept weights, on hard labels; each setting's rows at its own magnitude. `run.kept("val_loss")` is clean.

    Raises
    ------
    ValueError
        If the run is not of images or an argument is out of its range.

    Examples
    --------
    >>> from reglab import Settings, Training, fit
    >>> run = fit("digits", [Settings(), Settings(augment=1.0)], Training(max_steps=100), seeds=2)
    >>> augmented, clean = augmented_validation(run), run.kept("val_loss")
    >>> bool(np.allclose(augmented[0], clean[0])), bool((augmented[1] > clean[1]).all())
    (True, True)
    """
    checks.whole("seed", seed, 0)
    data = _image_data(run)
    losses = np.empty((len(run.settings), len(run.seeds)))
    for s, rows in enumerate(rows_of(run, "val")):
        for k, settings in enumerate(run.settings):
            moved = augment(data.x[rows], settings.augment, generator(seed, "validation"), data.image_shape)
            p = run._predicted(run._scaled(moved))[k, s]  # (n_val, n_classes)
            right = p[np.arange(len(rows)), data.y[rows]]
            losses[k, s] = -np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean()
    return losses


def _image_data(run: Run) -> Dataset:
    data = data_of(run)
    if data.task != "image":
        raise ValueError(f"run must be of images, got {data.name}, of {data.task} rows")
    return data


def _test_images(run: Run, rows: int | None) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return test images of shape (n, height, width, channels), and their labels."""
    data = _image_data(run)
    if rows is not None:
        checks.whole("rows", rows, 1)
    shape = data.image_shape or ()
    return data.x_test[:rows].reshape(-1, *shape[:2], data.x_test.shape[1] // (shape[0] * shape[1])), data.y_test[:rows]


def _read(run: Run, images: NDArray[Any]) -> NDArray[np.int64]:
    """Return the classes that the networks read, shape (settings, seeds, n); -1 where a model diverged."""
    p = run._predicted(run._scaled(images.reshape(len(images), -1)))  # in the unit of the dataset, whatever is above 1
    return np.where(np.isnan(p[..., 0]), -1, p.argmax(axis=-1))


def _accuracies(run: Run, groups: Sequence[Sequence[NDArray[Any]]], labels: NDArray[np.int64]) -> Array:
    """Return the accuracy on each group of batches that share their labels, shape (settings, seeds, groups)."""
    accuracies = []
    for batches in groups:
        read = _read(run, np.concatenate(batches)).reshape(len(run.settings), len(run.seeds), len(batches), -1)
        right = np.where(read < 0, np.nan, read == labels).mean(axis=(-2, -1))
        accuracies.append(right)
    return np.stack(accuracies, axis=-1)
