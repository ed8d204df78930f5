"""The data sets: a pool to draw training and validation rows from, and test rows that never change.

Four are bundled in `reglab/data` (see its README for sources and licences) and checked against their checksums; the
others are drawn from a fixed seed. `load` gives any of them by name, without a network, and caches it.
"""

import contextlib
import hashlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reglab import checks
from reglab.streams import generator

__all__ = ["NAMES", "TASKS", "Dataset", "as_dataset", "load"]

FloatArray = NDArray[np.float32]
Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Parts = dict[str, NDArray[Any]]  # "x", "y", "x_test", "y_test"

TASKS = ("tabular", "image", "signal", "points")
MAX_CLASSES = 10_000  # training writes every label as a row of so many numbers

DATA = Path(__file__).parent / "data"
CHECKSUMS = {  # sha256 of each bundled file
    "digits": "d310e0467bb644f826c8b826872aec5aa590b92bb92c563d2c8bfce76c42ba60",
    "breast_cancer": "cbba273b59a079173c9f48943fb0823c681c246852703fe565d1ea23c39e259d",
    "wine": "442ac36a39c5d085dec290fa5753806152379bd46d50eac0ab1ed9d149460f7b",
    "diabetes": "61b958ea8e259882d03d1bcbbac35cef1f82dce862a86c3093dfa95dc6ab78a7",
}

MNIST1D_TEMPLATES = np.array(  # the digits 0 to 9, twelve points each
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
MOONS_NOISE, CIRCLES_NOISE, SPIRALS_NOISE = 0.3, 0.18, 0.08  # standard deviation of both coordinates

# Shapes whose class survives flips, half turns and new colours. Quarter turns swap the bars, eighths the middle four.
GLYPHS = ("disc", "ring", "square", "diamond", "plus", "cross", "horizontal bars", "vertical bars")
GLYPH_SHIFT = 1.8  # pixels off the centre, at most, each way
GLYPH_SIZE = (4.0, 6.0)  # half-width in pixels
GLYPH_GROUND, GLYPH_COLOUR = (0.0, 0.45), (0.55, 1.0)  # range of each channel, behind and on the glyph
GLYPH_NOISE = 0.06  # standard deviation in each channel


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: the pool to train and validate on, and the test rows, which are never trained on.

    Attributes
    ----------
    name, title : str
        What `load` takes, and what a person reads.
    x : float32 array of shape (n_pool, n_features)
        Inputs in raw units, finite; digit pixels and glyph colours in [0, 1]. The trainer standardises them. Of the
        bundled sets read-only, as are the other arrays. Other numbers are converted.
    y : array of shape (n_pool,)
        int64 class numbers 0..n_classes - 1; for regression the float32 target, standardised (see Notes).
    x_test, y_test : arrays
        The test rows, the same whatever the seed and the training size; there may be none. No test row equals a row of
        the pool.
    task : str
        "tabular", "image", "signal" or "points" (two features, a boundary that can be drawn).
    n_classes : int or None
        None is regression.
    feature_names : tuple of str
        One per column of `x`, or none.
    class_names : tuple of str
        One per class, or none; empty for regression.
    image_shape : tuple of int or None
        (height, width) or (height, width, channels) of an image, flattened in that order in `x`; images have one.
    source, licence : str
        Where the data come from, and under which terms.
    target_name : str
        For regression, what `y` measures, with its unit.
    target_mean, target_scale : float
        For regression, the mean and standard deviation of the pool's targets: `y * target_scale + target_mean` is in
        raw units.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Notes
    -----
    A regression target has mean 0 and variance 1 over the pool, so that the best constant guess has a loss (half the
    squared error) of about 0.5.
    """

    name: str
    title: str
    x: FloatArray = field(repr=False)
    y: NDArray[Any] = field(repr=False)
    x_test: FloatArray = field(repr=False)
    y_test: NDArray[Any] = field(repr=False)
    task: str
    n_classes: int | None
    feature_names: tuple[str, ...] = field(repr=False)
    class_names: tuple[str, ...] = field(repr=False)
    image_shape: tuple[int, ...] | None
    source: str = field(repr=False)
    licence: str
    target_name: str = ""
    target_mean: float = 0.0
    target_scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("name", "title", "source", "licence", "target_name"):
            checks.text(name, getattr(self, name))
        checks.one_of("task", self.task, TASKS)
        if self.n_classes is not None:
            checks.whole("n_classes", self.n_classes, 2, MAX_CLASSES)
        for part in ("", "_test"):
            x = _rows(f"x{part}", getattr(self, f"x{part}"))
            y = _targets(f"y{part}", getattr(self, f"y{part}"), self.n_classes)
            if len(y) != len(x):
                raise ValueError(f"y{part} must have one target for each row of x{part} ({len(x)}), got {len(y)}")
            object.__setattr__(self, f"x{part}", x)
            object.__setattr__(self, f"y{part}", y)
        features = self.x.shape[1]
        if self.x_test.shape[1] != features:
            raise ValueError(f"x_test must have the columns of x ({features}), got {self.x_test.shape[1]}")
        lengths = {"feature_names": (features, "column of x"), "class_names": (self.n_classes or 0, "of n_classes")}
        for name, (length, each) in lengths.items():
            names = checks.several(name, getattr(self, name), most=checks.ROOM)
            if len(names) not in (0, length):
                raise ValueError(f"{name} must be none, or one for each {each} ({length}), got {len(names)}")
            object.__setattr__(self, name, tuple(checks.text(name, one) for one in names))
        if self.image_shape is not None or self.task == "image":
            shape = checks.sizes("image_shape", self.image_shape, axes=(2, 3), low=1)
            if math.prod(shape) != features:
                raise ValueError(f"image_shape must be of the {features} columns of x, got {self.image_shape}")
            object.__setattr__(self, "image_shape", shape)
        checks.number("target_mean", self.target_mean)
        checks.number("target_scale", self.target_scale, 0, low_open=True)


def _rows(name: str, values: Any) -> FloatArray:
    """Return inputs of shape (rows, features) as float32, or raise."""
    rows = checks.array(name, values)
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(f"{name} must have the shape (rows, features), got {rows.shape}")
    return _float32(name, rows)


def _targets(name: str, values: Any, n_classes: int | None) -> NDArray[Any]:
    """Return class numbers as int64, or a regression's targets as float32, of shape (rows,), or raise."""
    targets = checks.array(name, values) if n_classes is None else _labels(name, values, n_classes)
    if targets.ndim != 1:
        raise ValueError(f"{name} must have the shape (rows,), got {targets.shape}")
    return _float32(name, targets) if n_classes is None else targets


def _labels(name: str, values: Any, n_classes: int) -> IntArray:
    with contextlib.suppress(ValueError):  # of text or truth values, say: they are told from others below
        labels = checks.array(name, values, "iuf")
        if not labels.size or (0 <= labels.min() <= labels.max() < n_classes and (labels == np.round(labels)).all()):
            return labels.astype(np.int64, copy=False)
    asked = f"{name}'s labels must be whole numbers from 0 to n_classes - 1"
    try:
        found = [repr(label) for label in np.unique(values).tolist()]
    except (TypeError, ValueError):  # labels that have no order, or rows of them
        raise ValueError(f"{asked}, got {checks.shown(values)}") from None
    few = f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found) or checks.shown(values)
    got = few if len(found) < 5 else f"{len(found)} values from {found[0]} to {found[-1]}"
    mapped = 1 < len(found) <= n_classes and "nan" not in found
    raise ValueError(f"{asked}, got {got}{f': map them with np.unique({name}, return_inverse=True)' if mapped else ''}")


def _float32(name: str, values: NDArray[Any]) -> FloatArray:
    with np.errstate(over="ignore"):
        return checks.numbers(name, values.astype(np.float32, copy=False))


def _dataset(
    name: str,
    title: str,
    parts: Parts,
    *,
    task: str,
    feature_names: tuple[str, ...],
    source: str,
    licence: str,
    class_names: tuple[str, ...] = (),
    image_shape: tuple[int, ...] | None = None,
    target_name: str = "",
) -> Dataset:
    """Set the types, standardise a regression target, and lock the arrays."""
    x, x_test = (parts[part].astype(np.float32) for part in ("x", "x_test"))
    mean, scale = 0.0, 1.0
    y: NDArray[Any]
    y_test: NDArray[Any]
    if class_names:
        y, y_test = (parts[part].astype(np.int64) for part in ("y", "y_test"))
    else:
        raw, raw_test = (parts[part].astype(np.float64) for part in ("y", "y_test"))
        mean, scale = float(raw.mean()), float(raw.std())
        y, y_test = (((values - mean) / scale).astype(np.float32) for values in (raw, raw_test))
    for array in (x, y, x_test, y_test):
        array.setflags(write=False)
    return Dataset(
        name=name,
        title=title,
        x=x,
        y=y,
        x_test=x_test,
        y_test=y_test,
        task=task,
        n_classes=len(class_names) or None,
        feature_names=feature_names,
        class_names=class_names,
        image_shape=image_shape,
        source=source,
        licence=licence,
        target_name=target_name,
        target_mean=mean,
        target_scale=scale,
    )


# --- bundled files --------------------------------------------------------------------------------


def _bundled(name: str) -> Parts:
    """Read a bundled file, once its checksum is right."""
    content = (DATA / f"{name}.npz").read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != CHECKSUMS[name]:
        raise ValueError(f"{name}.npz is damaged: sha256 must be {CHECKSUMS[name]}, got {checksum}")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {part: file[part] for part in ("x", "y", "x_test", "y_test")}


def _digits() -> Dataset:
    parts = _bundled("digits")
    return _dataset(
        "digits",
        "Handwritten digits, 8 x 8",
        {**parts, "x": parts["x"] / np.float32(16), "x_test": parts["x_test"] / np.float32(16)},  # counts 0..16
        task="image",
        image_shape=(8, 8),
        feature_names=tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        class_names=tuple("0123456789"),
        source="Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, test part, UCI Machine Learning "
        "Repository, doi:10.24432/C50P49, as shipped by scikit-learn",
        licence="CC BY 4.0",
    )


def _breast_cancer() -> Dataset:
    measures = (
        *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points"),
        *("symmetry", "fractal dimension"),
    )
    statistics = ("mean {}", "{} error", "worst {}")
    return _dataset(
        "breast_cancer",
        "Breast cancer, Wisconsin diagnostic",
        _bundled("breast_cancer"),
        task="tabular",
        feature_names=tuple(statistic.format(measure) for statistic in statistics for measure in measures),
        class_names=("malignant", "benign"),
        source="Wolberg, Mangasarian, Street & Street (1993), Breast Cancer Wisconsin (Diagnostic), UCI Machine "
        "Learning Repository, doi:10.24432/C5DW2B, as shipped by scikit-learn",
        licence="CC BY 4.0",
    )


def _wine() -> Dataset:
    return _dataset(
        "wine",
        "Wine, three cultivars",
        _bundled("wine"),
        task="tabular",
        feature_names=(
            *("alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids"),
            *("nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "OD280/OD315 of diluted wines"),
            "proline",
        ),
        class_names=("cultivar 1", "cultivar 2", "cultivar 3"),
        source="Aeberhard & Forina (1992), Wine, UCI Machine Learning Repository, doi:10.24432/C5PC7J, as shipped by "
        "scikit-learn",
        licence="CC BY 4.0",
    )


def _diabetes() -> Dataset:
    return _dataset(
        "diabetes",
        "Diabetes progression (regression)",
        _bundled("diabetes"),
        task="tabular",
        feature_names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
        target_name="disease progression one year after baseline (index, 25 to 346)",
        source="Efron, Hastie, Johnstone & Tibshirani (2004), Least Angle Regression, Annals of Statistics 32(2), "
        "407-499, as shipped by scikit-learn, unscaled",
        licence="no licence stated by its authors; shipped with scikit-learn (BSD-3-Clause)",
    )


# --- drawn from a fixed seed --------------------------------------------------------------------------


def _drawn(name: str, n_pool: int, n_test: int, n_classes: int, draw: Callable[[IntArray, Generator], Array]) -> Parts:
    """Draw balanced classes, in random order, and cut the rows into pool and test."""
    rng = generator(0, f"dataset {name}")
    y = np.concatenate([rng.permutation(np.arange(n) % n_classes) for n in (n_pool, n_test)])
    x = draw(y, rng)
    return {"x": x[:n_pool], "y": y[:n_pool], "x_test": x[n_pool:], "y_test": y[n_pool:]}


def _read(signal: Array, positions: Array) -> Array:
    """Signals (n, length) read at positions (n, points) or (points,), linearly between two samples."""
    positions = np.broadcast_to(positions, (len(signal), positions.shape[-1]))
    before = np.minimum(positions.astype(np.intp), signal.shape[1] - 2)
    weight: Array = positions - before
    low: Array = np.take_along_axis(signal, before, axis=1)
    high: Array = np.take_along_axis(signal, before + 1, axis=1)
    return low + weight * (high - low)


def _gaussian_blur(length: int, sigma: float) -> Array:
    """Matrix (length, length) of a Gaussian filter, cut off at 4 sigma, that reflects the signal at its ends."""
    radius = round(4 * sigma)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    columns = (np.arange(length)[:, None] + offsets) % (2 * length)  # the reflected signal has this period
    columns = np.minimum(columns, 2 * length - 1 - columns)
    blur = np.zeros((length, length))
    np.add.at(blur, (np.arange(length)[:, None], columns), kernel / kernel.sum())
    return blur


def _draw_mnist1d(y: IntArray, rng: Generator) -> Array:
    n, length, longest = len(y), MNIST1D_TEMPLATES.shape[1], 72  # 12 points and the longest padding, 60
    x = MNIST1D_TEMPLATES - MNIST1D_TEMPLATES.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    x = np.pad((x - x[:, :1]) / 6.0, ((0, 0), (0, 60)))  # each starts and ends at 0; (10, 72)

    # Keep 36 to 60 of the zeros and stretch to 72 points, which scales in time.
    padded = length + rng.integers(36, 61, size=n)
    positions = np.linspace(0.0, padded - 1.0, longest, axis=1)  # (n, 72)
    signal = _read(x[y], positions)
    inside = positions < length  # where the stretched template lies; noise fills the rest
    signal *= 1.0 + 0.4 * (rng.random((n, 1)) - 0.5)
    shift = (np.arange(longest) - rng.integers(48, size=(n, 1))) % longest
    signal, inside = np.take_along_axis(signal, shift, axis=1), np.take_along_axis(inside, shift, axis=1)

    correlated = rng.normal(scale=0.25, size=signal.shape) @ _gaussian_blur(longest, 2.0).T
    signal = np.where(inside, signal, correlated) + rng.normal(scale=0.02, size=signal.shape)
    signal -= 0.75 * (rng.random((n, 1)) - 0.5) * np.linspace(-0.5, 0.5, longest)  # shear
    return _read(signal, np.linspace(0.0, longest - 1.0, 40))  # (n, 40)


def _mnist1d() -> Dataset:
    return _dataset(
        "mnist1d",
        "MNIST-1D, ten signals",
        _drawn("mnist1d", 3000, 1000, 10, _draw_mnist1d),
        task="signal",
        feature_names=tuple(f"point {i}" for i in range(40)),
        class_names=tuple("0123456789"),
        source="generator rewritten from Greydanus & Kobak, Scaling Down Deep Learning with MNIST-1D (2020), "
        "arXiv:2011.14439",
        licence="generated here; the templates' values are those of the MNIST-1D project (Apache-2.0)",
    )


def _on_circle(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _draw_moons(y: IntArray, rng: Generator) -> Array:
    upper = _on_circle(np.pi * rng.random(len(y)))
    lower = np.array([1.0, 0.5]) - upper
    return np.where(y[:, None] == 0, upper, lower) + rng.normal(scale=MOONS_NOISE, size=(len(y), 2))


def _draw_circles(y: IntArray, rng: Generator) -> Array:
    radius = np.where(y == 0, 1.0, 0.5)
    circle = radius[:, None] * _on_circle(2 * np.pi * rng.random(len(y)))
    return circle + rng.normal(scale=CIRCLES_NOISE, size=circle.shape)


def _draw_spirals(y: IntArray, rng: Generator) -> Array:
    radius = np.sqrt(rng.uniform(0.01, 1.0, len(y)))
    arm = radius[:, None] * _on_circle(2 * np.pi * (radius + y / 3))  # each arm turns once
    return arm + rng.normal(scale=SPIRALS_NOISE, size=arm.shape)


def _points(name: str, title: str, draw: Callable[[IntArray, Generator], Array], classes: tuple[str, ...]) -> Dataset:
    return _dataset(
        name,
        title,
        _drawn(name, 1000, 500, len(classes), draw),
        task="points",
        feature_names=("x1", "x2"),
        class_names=classes,
        source="generated here, from a fixed seed",
        licence="MIT, as this library",
    )


def _moons() -> Dataset:
    return _points("moons", "Two moons", _draw_moons, ("upper", "lower"))


def _circles() -> Dataset:
    return _points("circles", "Two circles", _draw_circles, ("outer", "inner"))


def _spirals() -> Dataset:
    return _points("spirals", "Three spirals", _draw_spirals, ("arm 1", "arm 2", "arm 3"))


def _shape_distance(shape: str, u: Array, v: Array, size: Array) -> Array:
    """Signed distance in pixels to the edge of a shape, negative inside; `size` is its half-width."""
    a, b, radius = np.abs(u), np.abs(v), np.hypot(u, v)
    near, far = np.minimum(a, b), np.maximum(a, b)
    stroke = 0.2 * size + 0.3  # half the width of a line
    distance: Array
    match shape:
        case "disc":
            distance = radius - size
        case "ring":
            distance = np.abs(radius - size + stroke) - stroke
        case "square":
            distance = far - 0.9 * size
        case "diamond":
            distance = (near + far - 1.2 * size) / np.sqrt(2.0)
        case "plus":
            distance = np.maximum(near - stroke, far - size)
        case "cross":  # a plus, turned by 45 degrees
            distance = _shape_distance("plus", (u + v) / np.sqrt(2.0), (u - v) / np.sqrt(2.0), size)
        case "horizontal bars":
            distance = np.maximum(a - size, np.abs(b - 0.6 * size) - stroke)
        case "vertical bars":
            distance = _shape_distance("horizontal bars", v, u, size)
    return distance


def _draw_glyphs(y: IntArray, rng: Generator) -> Array:
    n = len(y)
    row, column = np.mgrid[:16, :16] - 7.5
    centre = rng.uniform(-GLYPH_SHIFT, GLYPH_SHIFT, (2, n, 1, 1))
    size = rng.uniform(*GLYPH_SIZE, (n, 1, 1))
    angle = np.deg2rad(rng.uniform(-10, 10, (n, 1, 1)))
    dx, dy = column - centre[0], row - centre[1]  # (n, 16, 16)
    u, v = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
    distance = np.empty((n, 16, 16))
    for label, shape in enumerate(GLYPHS):
        at = y == label
        distance[at] = _shape_distance(shape, u[at], v[at], size[at])
    cover = np.clip(0.5 - distance, 0.0, 1.0)[..., None]  # how much of the pixel is inside: smooth edges
    ground = rng.uniform(*GLYPH_GROUND, (n, 1, 1, 3))
    colour = rng.uniform(*GLYPH_COLOUR, (n, 1, 1, 3))
    image = ground + cover * (colour - ground) + rng.normal(scale=GLYPH_NOISE, size=(n, 16, 16, 3))
    pixels: Array = np.clip(image, 0.0, 1.0).reshape(n, -1)  # (n, 768)
    return pixels


def _glyphs() -> Dataset:
    return _dataset(
        "glyphs",
        "Coloured glyphs, 16 x 16",
        _drawn("glyphs", 2000, 1000, len(GLYPHS), _draw_glyphs),
        task="image",
        image_shape=(16, 16, 3),
        feature_names=tuple(f"{c} {i},{j}" for i in range(16) for j in range(16) for c in ("red", "green", "blue")),
        class_names=GLYPHS,
        source="generated here, from a fixed seed",
        licence="MIT, as this library",
    )


_MAKERS: dict[str, Callable[[], Dataset]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "wine": _wine,
    "diabetes": _diabetes,
    "mnist1d": _mnist1d,
    "glyphs": _glyphs,
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
}

NAMES = tuple(_MAKERS)
"""What `load` knows, in the order to offer them in."""


def load(name: str) -> Dataset:
    """Return the data set of that name.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    Dataset
        The same object at each call; its arrays are read-only.

    Raises
    ------
    ValueError
        If the name is unknown, or the bundled file does not have the checksum it must have.

    Notes
    -----
    =============  =======  ==========  =====  =====  =======================================================
    name           task     classes     pool   test   features
    =============  =======  ==========  =====  =====  =======================================================
    digits         image    10           1200    597  8 x 8 grey pixels, counts 0..16 divided by 16
    breast_cancer  tabular  2             400    169  30 measures of cell nuclei
    wine           tabular  3             120     58  13 chemical measures
    diabetes       tabular  regression    300    142  10 baseline measures
    mnist1d        signal   10           3000   1000  40 points of a signal
    glyphs         image    8            2000   1000  16 x 16 x 3 colours; shapes that survive flips and half turns
    moons          points   2            1000    500  two half circles, noise 0.3
    circles        points   2            1000    500  radii 1 and 0.5, noise 0.18
    spirals        points   3            1000    500  three arms of one turn, noise 0.08
    =============  =======  ==========  =====  =====  =======================================================

    The split is stratified (diabetes by tenths of the target) and permanent. What the sources do not hold: the writer
    of a digit, so that test rows share writers with the pool; names of the three cultivars; the units of diabetes' sex
    (1 or 2) and of its target. MNIST-1D is the published generator with a random stream and sizes of our own, and is
    not scaled to unit variance.

    References
    ----------
    Greydanus & Kobak (2020), Scaling Down Deep Learning with MNIST-1D, arXiv:2011.14439. The others: `Dataset.source`.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.x.shape, digits.x_test.shape, digits.n_classes
    ((1200, 64), (597, 64), 10)
    >>> load("diabetes").n_classes is None
    True
    """
    return _load(checks.one_of("name", name, NAMES))


def as_dataset(dataset: Dataset | str) -> Dataset:
    """Return the dataset, or the one of that name.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> as_dataset("moons") is as_dataset(load("moons"))
    True
    """
    if isinstance(dataset, Dataset):
        return dataset
    return _load(checks.one_of("dataset", dataset, NAMES, f"a Dataset or one of {', '.join(NAMES)}"))


@cache
def _load(name: str) -> Dataset:
    return _MAKERS[name]()
