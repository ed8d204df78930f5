"""Mixup and CutMix: the network trains on mixtures of two examples, and on the same mixture of their labels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.streams import Rng, permutations, uniforms

__all__ = [
    "beta_density",
    "beta_quantile",
    "blend",
    "cut_box",
    "cutmix",
    "kept_share",
    "mixup",
    "near_one_image",
    "paste",
    "switch",
    "target_entropy",
    "unlike_pairs",
]

TABLE = 4096
MAX_ALPHA = 1e6  # beyond, a density is a difference of numbers too large to tell it, and all is mixed evenly anyway


# --- lambda ---


@lru_cache(maxsize=256)
def _half_table(alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distribution function of Beta(alpha, alpha) on [0, 1/2], rising from 0 to 1/2, and its points."""
    # With s = x**power a pole of the density at 0 disappears: x^(a-1) (1-x)^(a-1) dx = x^(a-p) (1-x)^(a-1) ds / p.
    power = min(alpha, 1.0)
    s = np.linspace(0, 0.5**power, TABLE)
    x = np.minimum(s ** (1 / power), 0.5)
    density = (4 * x * (1 - x)) ** (alpha - power) * (2 - 2 * x) ** (power - 1)  # 1 at x = 1/2, whatever alpha
    rising = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return 0.5 * rising / rising[-1], x


def beta_quantile(alpha: float, u: ArrayLike) -> NDArray[np.float64]:
    """Turn uniform numbers into draws from Beta(alpha, alpha): the inverse of its distribution function.

    One uniform number serves models of every alpha, so models of one seed stay paired.

    Parameters
    ----------
    alpha : float >= 0
        0 gives 1: nothing is mixed.
    u : array in [0, 1]

    Returns
    -------
    array of u's shape, in [0, 1]

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> beta_quantile(1.0, [0.1, 0.5, 0.9]).round(4).tolist()
    [0.1, 0.5, 0.9]
    """
    alpha = _check_alpha(alpha)
    return _beta_quantile(alpha, checks.numbers("u", u, 0, 1).astype(np.float64, copy=False))


def _beta_quantile(alpha: float, u: ArrayLike) -> NDArray[np.float64]:
    """Return the draws of `beta_quantile`."""
    u = np.asarray(u, np.float64)
    if alpha == 0:
        return np.ones_like(u)
    rising, x = _half_table(float(alpha))
    low = np.interp(np.minimum(u, 1 - u), rising, x)
    return np.asarray(np.where(u < 0.5, low, 1 - low))


def beta_density(alpha: float, lam: ArrayLike) -> NDArray[np.float64]:
    """Return the density of Beta(alpha, alpha): how likely each weight of the mixture is.

    Parameters
    ----------
    alpha : float > 0
        Below 1 most mixtures are nearly one of the two examples, at 1 all are as likely, above 1 most are even.
    lam : array in (0, 1)

    Returns
    -------
    array of lam's shape

    Raises
    ------
    ValueError
        If `alpha` is not above 0, or `lam` not within 0 and 1.

    Examples
    --------
    >>> beta_density(1.0, [0.1, 0.5]).round(6).tolist(), beta_density(2.0, 0.5).round(6).item()
    ([1.0, 1.0], 1.5)
    """
    alpha = _check_alpha(alpha)
    lam = checks.numbers("lam", lam, finite=False).astype(np.float64, copy=False)
    if alpha == 0 or not ((lam > 0) & (lam < 1)).all():
        raise ValueError(f"alpha must be above 0 and lam in (0, 1), got {alpha!r} and {lam.tolist()!r:.60}")
    log_beta = 2 * math.lgamma(alpha) - math.lgamma(2 * alpha)
    return np.asarray(np.exp((alpha - 1) * np.log(lam * (1 - lam)) - log_beta))


def near_one_image(alpha: float, within: float = 0.1) -> float:
    """Return how often a mixture is nearly one of its two examples: lam within some distance of 0 or 1.

    Parameters
    ----------
    alpha : float >= 0
    within : float in [0, 0.5]

    Returns
    -------
    float
        A share of the batches, from 0 to 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> round(near_one_image(1.0), 3), near_one_image(0.0)
    (0.2, 1.0)
    """
    alpha = _check_alpha(alpha)
    within = checks.number("within", within, 0, 0.5)
    if alpha == 0:
        return 1.0
    rising, x = _half_table(alpha)
    return 2 * float(np.interp(within, x, rising))


def target_entropy(alpha: float) -> float:
    """Return the mean entropy of a target (lam, 1 - lam): what no network's loss on mixed targets gets below.

    Parameters
    ----------
    alpha : float >= 0

    Returns
    -------
    float
        In nats, from 0 to ln 2. Two examples of one class have a hard target, so a batch's floor is this times the
        share of pairs of different classes.

    Raises
    ------
    ValueError
        If `alpha` is negative or not finite.

    Examples
    --------
    >>> round(target_entropy(1.0), 3), target_entropy(0.0)
    (0.5, 0.0)
    """
    alpha = _check_alpha(alpha)
    u = (np.arange(4000) + 0.5) / 8000  # of the half where lam is the smaller of the two
    lam = np.clip(_beta_quantile(alpha, u), 1e-300, 0.5) if alpha else np.full(1, 1e-300)
    return float(np.mean(-lam * np.log(lam) - (1 - lam) * np.log1p(-lam)).round(12))


def _check_alpha(alpha: float) -> float:
    if checks.number("alpha", alpha, 0) > MAX_ALPHA:
        raise ValueError(f"alpha must be at most {MAX_ALPHA:g}, got {checks.shown(alpha)}")
    return float(alpha)


def unlike_pairs(labels: ArrayLike, batch_size: int) -> float:
    """Return how often an example of a batch is mixed with one of another class.

    Parameters
    ----------
    labels : array of int of shape (rows,)
        Of the training rows, from which batches are drawn without replacement.
    batch_size : int, >= 1

    Returns
    -------
    float
        A share from 0 to 1. The partner is drawn by a permutation of the batch, so it may be the example itself.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> round(unlike_pairs([0, 0, 1, 1], 4), 6), unlike_pairs([0, 1], 1)
    (0.5, 0.0)
    """
    classes = checks.wholes("labels", labels, 0, checks.LARGEST)
    if classes.ndim != 1 or not len(classes):
        raise ValueError(f"labels must be one whole number for each row, got the shape {classes.shape}")
    checks.whole("batch_size", batch_size, 1)
    counts = np.unique(classes, return_counts=True)[1]
    n = int(counts.sum())
    other = 1 - float((counts * (counts - 1)).sum()) / max(n * (n - 1), 1)  # of two different rows
    return (1 - 1 / min(batch_size, n)) * other


def _draw(x: NDArray[Any], alpha: ArrayLike, rng: Rng) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw lam, one per model, and each example's partner, one permutation per seed."""
    u, alphas = np.broadcast_arrays(uniforms(rng, ()), alpha)  # () or (seeds, settings)
    lam = np.empty(u.shape)
    for a in np.unique(alphas):
        lam[alphas == a] = _beta_quantile(float(a), u[alphas == a])
    return lam, permutations(rng, x.shape[-2])  # (batch,) or (seeds, 1, batch)


def _partners(a: NDArray[Any], partner: NDArray[np.int64]) -> NDArray[Any]:
    """Return each example's partner; whole rows at a time, which `np.take_along_axis` does element by element."""
    if partner.ndim == 1:
        return a.take(partner, axis=-2)
    return np.stack([rows.take(order[0], axis=-2) for rows, order in zip(a, partner, strict=True)])


# --- mixup ---


def blend(a: NDArray[Any], b: NDArray[Any], lam: ArrayLike) -> NDArray[Any]:
    """Return lam * a + (1 - lam) * b.

    Parameters
    ----------
    a, b : arrays that broadcast with each other
    lam : float or array that broadcasts with them, in [0, 1]

    Raises
    ------
    ValueError
        If `lam` is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> blend(np.array([0.0, 4.0]), np.array([2.0, 0.0]), 0.75)
    array([0.5, 3. ])
    """
    a, b = checks.numbers("a", a, finite=False), checks.numbers("b", b, finite=False)
    weight = checks.numbers("lam", lam, 0, 1)
    checks.fits("lam", weight.shape, "a and b", checks.fits("b", b.shape, "a", a.shape))
    return _blend(a, b, weight)


def _blend(a: NDArray[Any], b: NDArray[Any], lam: ArrayLike) -> NDArray[Any]:
    """Return the mixture of `blend`."""
    return np.asarray(lam * a + (1 - np.asarray(lam)) * b)


def mixup(
    x: ArrayLike, y: ArrayLike, alpha: ArrayLike, rng: Rng | None, *, n_classes: int | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Blend each example of a batch with another: lam * x + (1 - lam) * x[partner], and the targets alike.

    Parameters
    ----------
    x : array of shape (batch, ...), or (seeds, 1 or settings, batch, features) with a list of generators
        Rows of features, or images with their axes, (batch, height, width) or (batch, height, width, channels).
    y : array of shape (batch, n_classes), or (seeds, 1 or settings, batch, n_classes)
        Probabilities. With `n_classes` labels, whole numbers without the last axis.
    alpha : float, or array of shape (seeds, settings) with a list of generators, >= 0
        lam is drawn from Beta(alpha, alpha), one per batch and model; 0 is off.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation: x and y come back unchanged, but labels as one-hot rows.
    n_classes : int >= 2, optional
        Labels in `y` are 0 to n_classes - 1, and become one-hot rows.

    Returns
    -------
    x, y : arrays
        With a list of generators, of shape (seeds, settings, batch, ...).

    Raises
    ------
    ValueError
        If `alpha` is negative, the shapes do not fit, or a label is none of `n_classes`.

    References
    ----------
    Zhang et al. 2018, arXiv:1710.09412.

    Notes
    -----
    Elsewhere: timm pairs each example with the one at the mirrored place in the batch; here, as in the paper, the
    partner is drawn by a permutation.

    Examples
    --------
    >>> x, y = mixup(np.arange(4.0)[:, None], np.eye(4), 1.0, np.random.default_rng(0))
    >>> y.sum(axis=1).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    >>> x, y = mixup(np.ones((4, 28, 28, 1)), [0, 2, 1, 0], 1.0, np.random.default_rng(0), n_classes=3)
    >>> x.shape, y.shape
    ((4, 28, 28, 1), (4, 3))
    """
    images, targets, strength = _check_batch(x, y, alpha, rng, n_classes)
    rows = images if isinstance(rng, (list, tuple)) else images.reshape(len(images), -1)
    rows, targets = _mixup(rows, targets, strength, rng)
    return rows if isinstance(rng, (list, tuple)) else rows.reshape(images.shape), targets


def _mixup(x: NDArray[Any], y: NDArray[Any], alpha: ArrayLike, rng: Rng | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mix the batch of `mixup`: what training does."""
    if rng is None:
        return x, y
    lam, partner = _draw(x, alpha, rng)
    lam = lam[..., None, None].astype(np.result_type(x, np.float32))
    x_partner, y_partner = _partners(x, partner), _partners(y, partner)
    return _blend(x, x_partner, lam), _blend(y, y_partner, lam)


def _check_batch(
    x: ArrayLike, y: ArrayLike, alpha: ArrayLike, rng: Rng | None, n_classes: int | None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return a batch, its targets and the strengths; raise unless they fit each other and the generators."""
    inputs = checks.numbers("x", x, finite=False)
    strength = checks.numbers("alpha", alpha, 0)
    streams = checks.stream("rng", rng, none=True, many=True)
    listed = isinstance(streams, (list, tuple))
    if inputs.ndim != 4 if listed else inputs.ndim < 2:
        axes = "(seeds, settings, batch, features)" if listed else "(batch, ...)"
        raise ValueError(f"x must have the shape {axes}, got {inputs.shape}")
    if not inputs.size:
        raise ValueError(f"x must have at least one row of at least one number, got the shape {inputs.shape}")
    targets = _check_targets(y, inputs.shape[:3] if listed else inputs.shape[:1], n_classes)
    if strength.ndim > (2 if listed else 0):
        asked = "of the shape (seeds, settings)" if listed else "a number"
        raise ValueError(f"alpha must be {asked}, got the shape {strength.shape}")
    if listed:
        if {len(inputs), len(targets)} != {len(streams)}:
            raise ValueError(f"rng must be one per seed of x and y ({len(inputs)}, {len(targets)}), got {len(streams)}")
        checks.fits("alpha", strength.shape, "rng", (len(streams), 1))
    return inputs, targets, strength


def _check_targets(y: ArrayLike, rows: tuple[int, ...], n_classes: int | None) -> NDArray[Any]:
    """Return the probabilities of rows of the shape (batch,) or (seeds, settings, batch): labels as one-hot rows."""
    axes = "(batch" if len(rows) == 1 else "(seeds, settings, batch"
    if n_classes is None:
        targets = checks.numbers("y", y, finite=False)
        if targets.ndim != len(rows) + 1:
            hint = ": n_classes makes rows of labels" if targets.ndim == len(rows) else ""
            raise ValueError(f"y must have the shape {axes}, n_classes), got {targets.shape}{hint}")
    else:
        checks.whole("n_classes", n_classes, 2)
        labels = checks.wholes("y", y, 0, n_classes - 1)
        if labels.ndim != len(rows):
            asked = f"y must have the shape {axes}{',' * (len(rows) == 1)}) where n_classes is told"
            raise ValueError(f"{asked}, got {labels.shape}")
        checks.room(labels=labels.size, n_classes=n_classes)
        targets = np.zeros((*labels.shape, n_classes), np.float32)
        np.put_along_axis(targets, labels[..., None], 1, axis=-1)
    if targets.shape[-2] != rows[-1]:
        raise ValueError(f"y must have the rows of x, {rows[-1]}, got {targets.shape[-2]}")
    return targets


# --- CutMix ---


def cut_box(
    lam: ArrayLike, row: ArrayLike, column: ArrayLike, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the box that is pasted: a share of about 1 - lam around its centre, clipped at the image's borders.

    Parameters
    ----------
    lam : array in [0, 1]
    row, column : arrays of int of lam's shape
        The box's centre, from 0 to height - 1 and width - 1.
    height, width : int
        Of the image, in pixels.

    Returns
    -------
    top, bottom, left, right : arrays of int of lam's shape
        Rows top to bottom - 1, columns left to right - 1.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Notes
    -----
    As in the paper's code and in timm: each side is sqrt(1 - lam) of the image's, rounded down, and half of that,
    rounded down again, lies on either side of the centre. So a box is smaller than 1 - lam by rounding, much so on
    small images, and by what the border clips.

    References
    ----------
    Yun et al. 2019, arXiv:1905.04899, algorithm 1.

    Examples
    --------
    >>> top, bottom, left, right = cut_box(0.75, 0, 4, 8, 8)  # a quarter of the image, half of it outside
    >>> int(top), int(bottom), int(left), int(right)
    (0, 2, 2, 6)
    """
    height, width = _check_side(height, width)
    share = checks.numbers("lam", lam, 0, 1)
    rows, columns = (
        checks.wholes(name, at, 0, size - 1) for name, at, size in (("row", row, height), ("column", column, width))
    )
    checks.fits("lam", share.shape, "row and column", checks.fits("column", columns.shape, "row", rows.shape))
    return _cut_box(share, rows, columns, height, width)


def _cut_box(
    lam: ArrayLike, row: ArrayLike, column: ArrayLike, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the box of `cut_box`."""
    side = np.sqrt(1 - np.asarray(lam, np.float64))
    row, column = np.asarray(row), np.asarray(column)
    down, across = ((size * side).astype(np.int64) // 2 for size in (height, width))  # half of each side
    top, bottom = (np.clip(edge, 0, height) for edge in (row - down, row + down))
    left, right = (np.clip(edge, 0, width) for edge in (column - across, column + across))
    return top, bottom, left, right


def kept_share(box: tuple[NDArray[np.int64], ...], height: int, width: int) -> NDArray[np.float64]:
    """Return lambda recomputed from the clipped box: the share of the image's pixels outside it.

    Parameters
    ----------
    box : four arrays of int of one shape
        What `cut_box` returns.
    height, width : int >= 1
        Of the image, in pixels.

    Returns
    -------
    array of their shape, in [0, 1]

    Raises
    ------
    ValueError
        If the box is not within the image.

    Examples
    --------
    >>> kept_share(cut_box(0.75, 0, 4, 8, 8), 8, 8).item()  # of 0.25, only 0.125 was cut
    0.875
    """
    height, width = _check_side(height, width)
    return _kept_share(_check_box(box, height, width), height, width)


def _kept_share(box: tuple[NDArray[np.int64], ...], height: int, width: int) -> NDArray[np.float64]:
    """Return the share of `kept_share`."""
    top, bottom, left, right = box
    return np.asarray(1 - (bottom - top) * (right - left) / (height * width))


def paste(
    x: NDArray[Any], x_partner: NDArray[Any], box: tuple[NDArray[np.int64], ...], image_shape: tuple[int, ...]
) -> NDArray[Any]:
    """Paste the partners' pixels inside the box into images.

    Parameters
    ----------
    x, x_partner : arrays of shape (..., batch, features)
        Images flattened in the order of `image_shape`.
    box : four arrays of int of shape (...)
        What `cut_box` returns: one box for all images of a batch.
    image_shape : (height, width) or (height, width, channels)

    Returns
    -------
    array of shape (..., batch, features)

    Raises
    ------
    ValueError
        If `image_shape` does not fit, the box is not within the image, or the shapes differ.

    Examples
    --------
    >>> paste(np.zeros((1, 9)), np.ones((1, 9)), cut_box(0.5, 1, 1, 3, 3), (3, 3)).reshape(3, 3)
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 0.]])
    """
    images, others = checks.numbers("x", x, finite=False), checks.numbers("x_partner", x_partner, finite=False)
    if images.ndim < 2:
        raise ValueError(f"x must have the shape (..., batch, features), got {images.shape}")
    image_shape = _check_image(image_shape, images.shape[-1])
    box = _check_box(box, *image_shape[:2])
    checks.fits("x_partner", others.shape, "x", images.shape)
    checks.fits("box", (*box[0].shape, 1, images.shape[-1]), "x", images.shape)
    return _paste(images, others, box, image_shape)


def _paste(
    x: NDArray[Any], x_partner: NDArray[Any], box: tuple[NDArray[np.int64], ...], image_shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return the images of `paste`."""
    height, width, channels = (*image_shape, 1)[:3]
    top, bottom, left, right = (edge[..., None] for edge in box)
    rows, columns = np.arange(height), np.arange(width)
    within = ((rows >= top) & (rows < bottom))[..., None] & ((columns >= left) & (columns < right))[..., None, :]
    flat = within.reshape(*within.shape[:-2], 1, height * width)  # (..., 1, pixels)
    return np.where(np.repeat(flat, channels, axis=-1), x_partner, x)


def cutmix(
    x: ArrayLike,
    y: ArrayLike,
    alpha: ArrayLike,
    rng: Rng | None,
    image_shape: tuple[int, ...] | None = None,
    *,
    n_classes: int | None = None,
    correct_lam: bool = True,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Paste a box of another image into each image of a batch; the targets are mixed by the box's share.

    Parameters
    ----------
    x : array of shape (batch, ...), or (seeds, 1 or settings, batch, features) with a list of generators
        Images with their axes, (batch, height, width) or (batch, height, width, channels), or flattened in the order of
        `image_shape`.
    y : array of shape (batch, n_classes), or (seeds, 1 or settings, batch, n_classes)
        Probabilities. With `n_classes` labels, whole numbers without the last axis.
    alpha : float, or array of shape (seeds, settings) with a list of generators, >= 0
        lam is drawn from Beta(alpha, alpha), one per batch and model, and a box of about 1 - lam of the image around
        a centre drawn evenly, the same for models of a seed; 0 is off.
    rng : numpy.random.Generator, list of them (one per seed), or None
        None is evaluation: x and y come back unchanged, but labels as one-hot rows.
    image_shape : (height, width) or (height, width, channels), optional
        Of flattened images; of those with their axes it is known.
    n_classes : int >= 2, optional
        Labels in `y` are 0 to n_classes - 1, and become one-hot rows.
    correct_lam : bool
        Whether the targets' lam is recomputed from the clipped box, as it should be.

    Returns
    -------
    x, y : arrays
        With a list of generators, of shape (seeds, settings, batch, ...).

    Raises
    ------
    ValueError
        If `alpha` is negative, `image_shape` does not fit, or a label is none of `n_classes`.

    References
    ----------
    Yun et al. 2019, arXiv:1905.04899.

    Notes
    -----
    Elsewhere: timm's Mixup(cutmix_alpha), torchvision's CutMix(alpha); both recompute lam. timm pairs each image with
    the one at the mirrored place in the batch, torchvision with the one before; here the partner is drawn.

    Examples
    --------
    >>> x, y = cutmix(np.repeat(np.eye(4), 16, axis=1), np.eye(4), 1.0, np.random.default_rng(2), (8, 8))
    >>> bool(np.allclose(x.reshape(4, 4, 16).mean(axis=2).sum(axis=1), 1)), y.sum(axis=1).tolist()
    (True, [1.0, 1.0, 1.0, 1.0])
    >>> x, y = cutmix(np.ones((4, 28, 28, 3)), [0, 2, 1, 0], 1.0, np.random.default_rng(0), n_classes=3)
    >>> x.shape, y.shape
    ((4, 28, 28, 3), (4, 3))
    """
    images, targets, strength = _check_batch(x, y, alpha, rng, n_classes)
    correct_lam = checks.flag("correct_lam", correct_lam)
    if images.ndim == 2 or isinstance(rng, (list, tuple)):
        shape = _check_image(image_shape, images.shape[-1])
        return _cutmix(images, targets, strength, rng, shape, correct_lam=correct_lam)
    shape = images.shape[1:]
    if len(shape) > 3 or (image_shape is not None and tuple(checks.several("image_shape", image_shape)) != shape):
        asked = "(batch, height, width), (batch, height, width, channels), or flattened (batch, features)"
        given = "" if image_shape is None else f" and image_shape {image_shape}"
        raise ValueError(f"x must have the shape {asked}, got {images.shape}{given}")
    rows, targets = _cutmix(images.reshape(len(images), -1), targets, strength, rng, shape, correct_lam=correct_lam)
    return rows.reshape(images.shape), targets


def _cutmix(
    x: NDArray[Any],
    y: NDArray[Any],
    alpha: ArrayLike,
    rng: Rng | None,
    image_shape: tuple[int, ...],
    *,
    correct_lam: bool = True,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cut and paste the batch of `cutmix`: what training does."""
    if rng is None:
        return x, y
    height, width = image_shape[:2]
    lam, partner = _draw(x, alpha, rng)
    centre = uniforms(rng, (2,))  # (2,) or (seeds, 1, 2)
    row, column = (np.asarray(centre[..., axis] * size).astype(np.int64) for axis, size in enumerate((height, width)))
    box = _cut_box(lam, row, column, height, width)
    if correct_lam:
        lam = _kept_share(box, height, width)
    lam = lam[..., None, None].astype(np.result_type(x, np.float32))
    x_partner, y_partner = _partners(x, partner), _partners(y, partner)
    return _paste(x, x_partner, box, image_shape), _blend(y, y_partner, lam)


def _check_side(height: int, width: int) -> tuple[int, int]:
    height, width = checks.whole("height", height, 1), checks.whole("width", width, 1)
    checks.room(height=height, width=width)
    return height, width


def _check_image(image_shape: tuple[int, ...] | None, features: int) -> tuple[int, ...]:
    asked = f"(height, width) or (height, width, channels) of x, of {features} features"
    if image_shape is None:
        raise ValueError(f"image_shape must be {asked}, got None")
    shape = checks.several("image_shape", image_shape)
    if len(shape) not in (2, 3) or math.prod(checks.whole("image_shape", size, 1) for size in shape) != features:
        raise ValueError(f"image_shape must be {asked}, got {image_shape}")
    return shape


def _check_box(box: tuple[NDArray[np.int64], ...], height: int, width: int) -> tuple[NDArray[np.int64], ...]:
    edges = tuple(checks.wholes("box", edge, 0, max(height, width)) for edge in checks.several("box", box))
    if len(edges) != 4 or len({edge.shape for edge in edges}) > 1:
        raise ValueError(f"box must be four arrays of one shape, got {checks.shown(box)}")
    top, bottom, left, right = edges
    if (top > bottom).any() or (left > right).any() or (bottom > height).any() or (right > width).any():
        raise ValueError(f"box must lie within the image of {height} x {width} pixels, got {checks.shown(box)}")
    return edges


# --- one of the two ---


def switch(
    mixup_alpha: ArrayLike, cutmix_alpha: ArrayLike, switch_prob: ArrayLike, rng: Rng
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Choose between mixup and CutMix for one batch, where both are on.

    Parameters
    ----------
    mixup_alpha, cutmix_alpha : float or array of shape (seeds, settings), >= 0
    switch_prob : float or array of shape (seeds, settings), in [0, 1]
        The probability of CutMix (timm's convention).
    rng : numpy.random.Generator or list of them (one per seed)
        Gives one number for all models of a seed.

    Returns
    -------
    mixup_alpha, cutmix_alpha : arrays
        As given, but where both were above 0 one of them is 0.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Notes
    -----
    Elsewhere: timm's Mixup(switch_prob), 0.5 by default too; torchvision leaves the choice to RandomChoice.

    Examples
    --------
    >>> a, b = switch([0.2, 0.2, 0.2], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0], np.random.default_rng(0))
    >>> a.tolist(), b.tolist()
    ([0.2, 0.0, 0.2], [0.0, 1.0, 0.0])
    """
    first, second = checks.numbers("mixup_alpha", mixup_alpha, 0), checks.numbers("cutmix_alpha", cutmix_alpha, 0)
    probability = checks.numbers("switch_prob", switch_prob, 0, 1)
    both = checks.fits("cutmix_alpha", second.shape, "mixup_alpha", first.shape)
    checks.fits("switch_prob", probability.shape, "mixup_alpha and cutmix_alpha", both)
    return _switch(first, second, probability, checks.stream("rng", rng, many=True))


def _switch(
    mixup_alpha: ArrayLike, cutmix_alpha: ArrayLike, switch_prob: ArrayLike, rng: Rng
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Choose for the batch of `switch`: what training does."""
    first, second = np.asarray(mixup_alpha), np.asarray(cutmix_alpha)
    both = (first > 0) & (second > 0)
    cut = uniforms(rng, ()) < np.asarray(switch_prob)
    return np.where(both & cut, 0, first), np.where(both & ~cut, 0, second)
