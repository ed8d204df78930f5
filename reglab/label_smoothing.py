"""Label smoothing: a share of each target is spread over the classes, so that certainty no longer pays.

`smooth` is what training does to its targets. The rest looks at what that does: to the loss, whose floor is no longer
zero; to calibration, whether a probability of 0.8 is right in 8 cases of 10; and to the last hidden layer, where
Mueller et al. saw each class draw together into a tight cluster.

Glossary: K classes, p probabilities, t targets, z logits, T temperature. Losses are in nats.

Elsewhere
---------
* PyTorch, Keras, timm: smoothing / K on every class, our "uniform". tensor2tensor: smoothing / (K - 1) on the others.
* Calibration error: torchmetrics' bins are closed on the left, those of the paper and ours on the right.

References
----------
C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, arXiv:1512.00567, section 7.
C. Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599.
R. Mueller, S. Kornblith and G. Hinton, "When does label smoothing help?", NeurIPS 2019, arXiv:1906.02629.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks

__all__ = [
    "CONVENTIONS",
    "Projection",
    "Reliability",
    "apply_temperature",
    "expected_calibration_error",
    "loss_by_gap",
    "loss_floor",
    "lowest_gap",
    "project_on_class_plane",
    "reliability",
    "smooth",
    "smooth_labels",
    "soft_label_loss",
    "temperature",
    "to_others",
    "to_uniform",
]

Array = NDArray[Any]

CONVENTIONS = ("uniform", "others")
TEMPERATURES = (0.01, 100.0)  # a fit stays within
TINY = float(np.finfo(np.float32).tiny)  # a probability of zero counts as this: 87 nats


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

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> smooth(np.array([0.0, 0.0, 1.0]), 0.1).round(4).tolist()
    [0.0333, 0.0333, 0.9333]
    """
    soft, share = checks.numbers("targets", targets), checks.numbers("smoothing", smoothing, 0, 1, high_open=True)
    if not soft.ndim or not soft.shape[-1]:
        raise ValueError(f"targets must have the shape (..., n_classes), got {soft.shape}")
    checks.fits("smoothing", share.shape, "targets", soft.shape)
    return _smooth(soft, share)


def _smooth(targets: NDArray[Any], smoothing: ArrayLike) -> NDArray[Any]:
    """Smooth the targets of `smooth`: what training does."""
    smoothing = np.asarray(smoothing, np.result_type(targets, np.float32))
    smoothed: NDArray[Any] = targets * (1 - smoothing) + smoothing / targets.shape[-1]
    return smoothed


def smooth_labels(
    labels: ArrayLike, n_classes: int, smoothing: float, convention: str = "uniform"
) -> NDArray[np.float64]:
    """Make smoothed targets from class labels.

    Parameters
    ----------
    labels : array of int of shape (n_samples,), in 0 to n_classes - 1
    n_classes : int, >= 2
    smoothing : float in [0, 1)
    convention : "uniform" or "others"
        "uniform" puts smoothing / n_classes on every class (PyTorch, Keras, timm); "others" puts
        smoothing / (n_classes - 1) on the other classes (tensor2tensor).

    Returns
    -------
    array of shape (n_samples, n_classes)
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
    checks.number("smoothing", smoothing, 0, 1, high_open=True)
    n_classes = checks.whole("n_classes", n_classes, 2)
    classes = checks.array("labels", labels, "iu", f"whole numbers in 0 to {n_classes - 1}")
    if classes.size and (classes.min() < 0 or classes.max() >= n_classes):
        raise ValueError(f"labels must be in 0 to {n_classes - 1}, got {classes.min()} to {classes.max()}")
    checks.room(n_classes=n_classes, labels=classes.size)
    _check_convention(convention)
    if convention == "others":
        smoothing = smoothing * n_classes / (n_classes - 1)
    targets = np.zeros((*classes.shape, n_classes))
    np.put_along_axis(targets, classes[..., None], 1.0, axis=-1)
    return _smooth(targets, smoothing)


# --- the two conventions, and the loss ---


def to_others(smoothing: float, n_classes: int) -> float:
    """Return the strength in the convention "others" that makes the targets of a strength in "uniform".

    Parameters
    ----------
    smoothing : float in [0, 1)
        Of "uniform".
    n_classes : int

    Returns
    -------
    float
        smoothing (K - 1) / K.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> round(to_others(0.1, 10), 6)
    0.09
    """
    smoothing = checks.number("smoothing", smoothing, 0, 1, high_open=True)
    checks.whole("n_classes", n_classes, 2)
    return smoothing * (n_classes - 1) / n_classes


def to_uniform(smoothing: float, n_classes: int) -> float:
    """Return the strength in the convention "uniform" that makes the targets of a strength in "others".

    Parameters
    ----------
    smoothing : float in [0, (K - 1) / K)
        Of "others"; from (K - 1) / K on the right class would not be the likeliest, which "uniform" cannot say.
    n_classes : int

    Returns
    -------
    float
        smoothing K / (K - 1).

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> round(to_uniform(0.09, 10), 6)
    0.1
    """
    checks.whole("n_classes", n_classes, 2)
    smoothing = checks.number("smoothing", smoothing, 0, (n_classes - 1) / n_classes, high_open=True)
    return smoothing * n_classes / (n_classes - 1)


def loss_floor(n_classes: int, smoothing: ArrayLike, convention: str = "uniform") -> Any:
    """Return the lowest cross-entropy that smoothed targets allow: their entropy.

    Parameters
    ----------
    n_classes : int
    smoothing : float or array, in [0, 1)
    convention : "uniform" or "others"

    Returns
    -------
    float or array of the shape of `smoothing`
        In nats.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> round(loss_floor(3, 0.1), 3), round(loss_floor(3, 0.1, "others"), 3)
    (0.291, 0.394)
    """
    right = _right_share(n_classes, smoothing, convention)
    floor = -_xlogx(right) - _xlogx(1 - right) + (1 - right) * np.log(n_classes - 1)
    return float(floor) if floor.ndim == 0 else floor


def lowest_gap(n_classes: int, smoothing: ArrayLike, convention: str = "uniform") -> Any:
    """Return the logit gap at which the loss is at its floor: how far ahead the right class should be.

    Parameters
    ----------
    n_classes : int
    smoothing : float or array, in [0, 1)
    convention : "uniform" or "others"

    Returns
    -------
    float or array of the shape of `smoothing`
        The right class's logit minus the others', which are equal; infinite without smoothing.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> round(lowest_gap(3, 0.1), 3), lowest_gap(3, 0.0)
    (3.332, inf)
    """
    right = _right_share(n_classes, smoothing, convention)
    with np.errstate(divide="ignore"):
        gap = np.log(right) - np.log(1 - right) + np.log(n_classes - 1)
    return float(gap) if gap.ndim == 0 else gap


def loss_by_gap(gaps: ArrayLike, n_classes: int, smoothing: ArrayLike, convention: str = "uniform") -> Any:
    """Return the cross-entropy against smoothed targets as the right class's logit moves ahead of the others.

    Parameters
    ----------
    gaps : array of any shape
        The right class's logit minus the others', which are equal.
    n_classes : int
    smoothing : float or array, in [0, 1)
        Broadcasts against `gaps`.
    convention : "uniform" or "others"

    Returns
    -------
    float or array
        log(exp(gap) + K - 1) - t gap, with t the right class's target: it falls to `loss_floor` at `lowest_gap` and
        rises behind it with the slope 1 - t, where the loss on hard labels goes on to fall.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> loss_by_gap([0.0, 3.3322, 10.0], n_classes=3, smoothing=0.1).round(3)
    array([1.099, 0.291, 0.667])
    """
    gaps = checks.numbers("gaps", gaps).astype(np.float64, copy=False)
    right = _right_share(n_classes, smoothing, convention)
    checks.fits("smoothing", right.shape, "gaps", gaps.shape)
    loss = np.logaddexp(gaps, np.log(n_classes - 1)) - right * gaps
    return float(loss) if loss.ndim == 0 else loss


def soft_label_loss(
    probabilities: ArrayLike,
    labels: ArrayLike,
    smoothing: float,
    convention: str = "uniform",
    *,
    from_logits: bool = False,
) -> Any:
    """Return the mean cross-entropy against smoothed labels.

    It is what training minimises. As a validation loss it misleads: it punishes confidence that is right, and is not
    comparable between strengths, each of which has its own floor. At smoothing 0 it is the usual, clean loss.

    Parameters
    ----------
    probabilities : array of shape (..., n, K)
        Or logits, with `from_logits`.
    labels : array of int of shape (n,) or (..., n)
    smoothing : float in [0, 1)
    convention : "uniform" or "others"
    from_logits : bool

    Returns
    -------
    float, or array of shape (...)

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> p = [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1]]
    >>> round(soft_label_loss(p, [0, 1], 0.0), 4), round(soft_label_loss(p, [0, 1], 0.1), 4)
    (0.1643, 0.3299)
    """
    log_p = _log_probabilities(probabilities, from_logits)  # (..., n, K)
    labels = _labels(labels, log_p.shape)
    n_classes = log_p.shape[-1]
    right = _right_share(n_classes, smoothing, convention)
    if right.ndim:
        raise ValueError(f"smoothing must be one number, got the shape {right.shape}")
    at_label = np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]  # (..., n)
    others = log_p.sum(axis=-1) - at_label
    loss = -(right * at_label + (1 - right) / (n_classes - 1) * others).mean(axis=-1)
    return float(loss) if loss.ndim == 0 else loss


# --- calibration ---


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions sorted into bins by their confidence, the probability of the predicted class.

    Attributes
    ----------
    edges : array of shape (n_bins + 1,)
        From 0 to 1; a bin is closed on its right.
    confidence, accuracy : arrays of shape (..., n_bins)
        Means over the bin; NaN where it is empty.
    count : array of int of shape (..., n_bins)
        How many predictions are in the bin: the confidence histogram.
    """

    edges: Array
    confidence: Array
    accuracy: Array
    count: NDArray[np.int64]

    @property
    def error(self) -> Array:
        """The expected calibration error, shape (...)."""
        gap = np.where(self.count > 0, np.abs(self.accuracy - self.confidence), 0)
        with np.errstate(invalid="ignore"):
            return np.asarray((gap * self.count).sum(axis=-1) / self.count.sum(axis=-1))


def reliability(probabilities: ArrayLike, labels: ArrayLike, n_bins: int = 15) -> Reliability:
    """Compare confidence with accuracy, in bins of equal width: what a reliability diagram draws.

    Parameters
    ----------
    probabilities : array of shape (..., n, K)
        Leading axes, such as (settings, seeds), are taken one by one. A model with NaN in it, which diverged, has
        empty bins.
    labels : array of int of shape (n,) or (..., n)
    n_bins : int
        15 in the paper.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    References
    ----------
    Guo et al. 2017, arXiv:1706.04599, section 2.

    Examples
    --------
    >>> bins = reliability([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]], [0, 1, 1], n_bins=2)
    >>> bins.count, bins.accuracy.round(3), bins.confidence.round(3)
    (array([0, 3]), array([  nan, 0.667]), array([  nan, 0.767]))
    """
    p = _checked(probabilities)
    labels = _labels(labels, p.shape)
    n_bins = checks.whole("n_bins", n_bins, 1, checks.MANY)
    edges = np.linspace(0, 1, n_bins + 1)
    confidence, right = p.max(axis=-1), p.argmax(axis=-1) == labels  # (..., n)
    diverged = np.isnan(confidence).any(axis=-1)
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)
    groups = p.shape[:-2]
    size = int(np.prod(groups))
    flat = (bins.reshape(size, -1) + n_bins * np.arange(size)[:, None]).ravel()  # each group has its own bins
    count = np.bincount(flat, minlength=size * n_bins).reshape(*groups, n_bins)
    count[diverged] = 0
    sums = [np.bincount(flat, v.ravel(), size * n_bins).reshape(count.shape) for v in (confidence, right)]
    confidence, accuracy = (np.where(count > 0, total / np.maximum(count, 1), np.nan) for total in sums)
    return Reliability(edges, confidence, accuracy, count)


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, n_bins: int = 15) -> Any:
    """Return the mean distance of confidence from accuracy over bins of equal width, weighted by their counts.

    Parameters
    ----------
    probabilities : array of shape (..., n, K)
    labels : array of int of shape (n,) or (..., n)
    n_bins : int

    Returns
    -------
    float, or array of shape (...)
        In [0, 1]. Its own noise raises it: with few rows it is above 0 for perfect probabilities too. NaN of a model
        with NaN among its probabilities, which diverged.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    References
    ----------
    Guo et al. 2017, arXiv:1706.04599, equation 3.

    Examples
    --------
    >>> round(expected_calibration_error([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]], [0, 1, 1], n_bins=10), 6)
    0.433333
    """
    error = reliability(probabilities, labels, n_bins).error
    return float(error) if error.ndim == 0 else error


def temperature(probabilities: ArrayLike, labels: ArrayLike, *, from_logits: bool = False) -> Any:
    """Return the temperature that makes the loss of softmax(z / T) least.

    Parameters
    ----------
    probabilities : array of shape (..., n, K)
        Or logits, with `from_logits`. Fit on validation rows, never on those that it is then judged on.
    labels : array of int of shape (n,) or (..., n)
    from_logits : bool

    Returns
    -------
    float, or array of shape (...)
        Above 1 where the predictions are too confident, below 1 where they are too timid. It stays in [0.01, 100]:
        the ends mean that the loss has no minimum between, since all rows are right, or confidence tells nothing.
        1 where all temperatures are as good; NaN where the model diverged.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Notes
    -----
    The loss is convex in b = 1 / T, with the slope mean(E[z] - z_y) and the curvature mean(Var[z]) over softmax(b z):
    Newton's method within a bracket. Log probabilities serve as logits, from which they differ by a constant per row.

    References
    ----------
    Guo et al. 2017, arXiv:1706.04599, section 4.2.

    Examples
    --------
    >>> p = [[0.99, 0.01], [0.99, 0.01], [0.99, 0.01], [0.01, 0.99]]  # three right of four, and sure of all
    >>> T = temperature(p, [0, 0, 0, 0])
    >>> apply_temperature(p, T)[0].round(4)
    array([0.75, 0.25])
    """
    z = _log_probabilities(probabilities, from_logits)  # (..., n, K)
    labels = _labels(labels, z.shape)
    at_label = np.take_along_axis(z, labels[..., None], axis=-1)[..., 0].mean(axis=-1)  # (...)

    def derivatives(b: Array) -> tuple[Array, Array]:
        p = np.exp(_log_softmax(b[..., None, None] * z))
        mean = np.vecdot(p, z)  # (..., n)
        return mean.mean(axis=-1) - at_label, np.vecdot(p, (z - mean[..., None]) ** 2).mean(axis=-1)

    low, high = (np.full(at_label.shape, 1 / t) for t in reversed(TEMPERATURES))
    rising, falling = derivatives(low)[0] >= 0, derivatives(high)[0] <= 0  # there is no minimum between
    b = np.ones(at_label.shape)
    for _ in range(100):
        slope, curvature = derivatives(b)
        low, high = np.where(slope < 0, b, low), np.where(slope < 0, high, b)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = b - slope / curvature
        new = np.where((newton >= low) & (newton <= high), newton, np.sqrt(low * high))
        moved = np.abs(new - b) > 1e-12 * b
        b = new
        if not (moved & ~rising & ~falling).any():
            break
    T = np.select([np.isnan(slope), rising & falling, rising, falling], [np.nan, 1.0, *reversed(TEMPERATURES)], 1 / b)
    return float(T) if T.ndim == 0 else T


def apply_temperature(probabilities: ArrayLike, temperature: ArrayLike, *, from_logits: bool = False) -> Array:
    """Return softmax(z / T): the same ranking of the classes, with another confidence.

    Parameters
    ----------
    probabilities : array of shape (..., n, K)
        Or logits, with `from_logits`.
    temperature : float or array of shape (...), > 0

    Returns
    -------
    array of shape (..., n, K)

    Raises
    ------
    ValueError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> apply_temperature([[0.8, 0.2]], 2.0).round(4)
    array([[0.6667, 0.3333]])
    """
    z = _log_probabilities(probabilities, from_logits)
    T = checks.numbers("temperature", temperature, finite=False).astype(np.float64, copy=False)
    if not (T > 0).all() or not np.isfinite(T).all():
        raise ValueError(f"temperature must be a number above 0, got {temperature!r:.60}")
    if T.shape not in ((), z.shape[:-2]):
        raise ValueError(f"temperature must be a number, or of the shape {z.shape[:-2]}, got the shape {T.shape}")
    return np.exp(_log_softmax(z / T[..., None, None]))


# --- the last hidden layer ---


@dataclass(frozen=True, eq=False)
class Projection:
    """Rows of three classes in the plane through their means.

    Attributes
    ----------
    points : array of shape (rows, 2)
    labels : array of int of shape (rows,)
    means : array of shape (3, 2)
        Where the three class means lie, in the order of the classes asked for; the origin is their centre.
    spread : float
        Root mean square distance of a point from its class's mean, over that of the means from each other: small is
        tight clusters.
    """

    points: Array
    labels: NDArray[np.int64]
    means: Array
    spread: float


def project_on_class_plane(features: ArrayLike, labels: ArrayLike, classes: ArrayLike) -> Projection:
    """Project the rows of three classes on the plane through the three class means.

    Parameters
    ----------
    features : array of shape (n, units)
        Activations of the last hidden layer.
    labels : array of int of shape (n,)
    classes : three different labels
        Each with at least one row. The plane's first axis runs from the first class's mean to the second's, the third
        lies on the positive side of the second axis.

    Returns
    -------
    Projection

    Raises
    ------
    ValueError
        If the shapes do not fit, a class has no row, or the three means lie on one line.

    Notes
    -----
    Mueller et al. take the plane through the three classes' weight vectors of the last layer; means need no weights
    and draw the same clusters.

    References
    ----------
    Mueller, Kornblith and Hinton 2019, arXiv:1906.02629, section 2.

    Examples
    --------
    >>> plane = project_on_class_plane([[0.0, 0, 5], [2, 0, 5], [1, 3, 5], [1, 5, 5]], [0, 1, 2, 2], [0, 1, 2])
    >>> plane.means.round(3)
    array([[-1.   , -1.333],
           [ 1.   , -1.333],
           [ 0.   ,  2.667]])
    """
    x = checks.numbers("features", features, finite=False).astype(np.float64, copy=False)
    y, wanted = checks.array("labels", labels), checks.array("classes", classes)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"features must be (n, units) with one label per row, got {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError("features must be finite")
    if wanted.shape != (3,) or len(np.unique(wanted)) < 3:
        raise ValueError(f"classes must be three different labels, got {classes!r:.60}")
    for label in wanted:
        if not (y == label).any():
            raise ValueError(f"classes must each have a row, got none of {label}")
    means = np.stack([x[y == label].mean(axis=0) for label in wanted])  # (3, units)
    along, across = means[1] - means[0], means[2] - means[0]
    length = np.linalg.norm(along)
    first = along / length if length > 0 else along
    rest = across - (across @ first) * first
    height = np.linalg.norm(rest)
    if length == 0 or height <= 1e-9 * np.linalg.norm(across):
        raise ValueError("classes must have means that are not on one line: they span no plane")
    axes = np.stack([first, rest / height])  # (2, units)
    centre = means.mean(axis=0)
    chosen = np.isin(y, wanted)
    points, flat_means = (x[chosen] - centre) @ axes.T, (means - centre) @ axes.T
    row_means = flat_means[(y[chosen][:, None] == wanted).argmax(axis=1)]  # (rows, 2)
    sides = flat_means - np.roll(flat_means, 1, axis=0)
    spread = float(np.sqrt(((points - row_means) ** 2).sum(axis=1).mean() / (sides**2).sum(axis=1).mean()))
    return Projection(points, y[chosen], flat_means, spread)


# --- shared ---


def _right_share(n_classes: int, smoothing: ArrayLike, convention: str) -> Array:
    """Return the right class's target, or raise."""
    checks.whole("n_classes", n_classes, 2)
    _check_convention(convention)
    share = checks.numbers("smoothing", smoothing, finite=False).astype(np.float64, copy=False)
    if not ((share >= 0) & (share < 1)).all():
        raise ValueError(f"smoothing must be in [0, 1), got {smoothing!r:.60}")
    return 1 - share if convention == "others" else 1 - share + share / n_classes


def _check_convention(convention: str) -> None:
    checks.one_of("convention", convention, CONVENTIONS, "'uniform' or 'others'")


def _xlogx(x: Array) -> Array:
    """Return x log(x), 0 at 0."""
    return x * np.log(np.where(x > 0, x, 1))


def _checked(probabilities: ArrayLike) -> Array:
    """Return probabilities as float64, NaN where they are, or raise."""
    p = _rows("probabilities", probabilities)
    bad = (p < 0).any(axis=-1) | (np.abs(p.sum(axis=-1) - 1) > 1e-3)
    if bad.any():
        raise ValueError(f"probabilities must be from 0 up and sum to 1 over the classes, got {p[bad][0]!s:.60}")
    return p


def _rows(name: str, values: ArrayLike) -> Array:
    """Return an array of shape (..., n, K) as float64, or raise."""
    array = checks.numbers(name, values, finite=False).astype(np.float64, copy=False)
    if array.ndim < 2 or array.shape[-1] < 2 or array.shape[-2] < 1:
        raise ValueError(f"{name} must have the shape (..., n, K) with K from 2 up, got {array.shape}")
    return array


def _labels(labels: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return labels of shape (..., n), or raise."""
    whole = f"whole numbers in 0 to {shape[-1] - 1}"
    array = checks.array("labels", labels, "iu", whole)
    if array.shape not in (shape[-2:-1], shape[:-1]):
        raise ValueError(f"labels must have one label per row, the shape {shape[-2:-1]}, got {array.shape}")
    if array.min() < 0 or array.max() >= shape[-1]:
        raise ValueError(f"labels must be {whole}, got {labels!r:.60}")
    return np.broadcast_to(array, shape[:-1])


def _log_softmax(z: Array) -> Array:
    """Return log(softmax(z)) over the last axis."""
    z = z - z.max(axis=-1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))


def _log_probabilities(scores: ArrayLike, from_logits: bool) -> Array:
    """Return log probabilities of shape (..., n, K), or raise."""
    if not checks.flag("from_logits", from_logits):
        return np.log(np.maximum(_checked(scores), TINY))
    z = _rows("logits", scores)
    if np.isinf(z).any():
        raise ValueError("logits must be finite, got infinity")
    return _log_softmax(z)
