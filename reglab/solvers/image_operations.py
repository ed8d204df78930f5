"""Operations on batches of images: flips, turns, shifts, colours, noise. Each has one strength in [0, 1]; 0 is off.

An operation is a plain function of images (n, height, width, channels), of a strength, and of the random draws that
decide its direction, so that the same draws can be seen at every strength. `operate` draws and applies one by its name
in `OPERATIONS`. Strength is how far, always as far as it says, in a random direction; for the flips and the turns by
quarters (`ALL_OR_NOTHING`), it is the probability.

What enters from outside has the colour of the image's top left corner. Colours are changed in units of the image's own
range, its brightest value less its darkest, and are not clipped: an operation does the same to raw and to standardised
pixels.

Elsewhere
---------
* torchvision, PIL: colours are clipped to the range of a byte; black, or a constant, enters from outside.
* RandAugment's magnitude of 10 is a rotation by 30 degrees, our strength 1/3; a shear by 0.3, our 0.6.

References
----------
E. D. Cubuk et al., "RandAugment", 2020, arXiv:1909.13719.
T. DeVries and G. Taylor, "Improved regularization of convolutional neural networks with Cutout", 2017,
arXiv:1708.04552.
"""

# Without `from __future__ import annotations`: the reference (pdoc) cannot read the annotations of a NamedTuple then.
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reglab import checks
from reglab.streams import normals, uniforms

__all__ = [
    "ALL_OR_NOTHING",
    "OPERATIONS",
    "Draws",
    "as_images",
    "at_strengths",
    "brighten",
    "centre_crop",
    "check_names",
    "colour_jitter",
    "contrast",
    "crop",
    "cutout",
    "darken",
    "draw",
    "flip_horizontal",
    "flip_vertical",
    "half_turn",
    "mean_change",
    "noise",
    "operate",
    "operate_each",
    "quarter_turn",
    "rotate",
    "shear",
    "shift",
    "turn",
    "warp",
    "zoom",
]

Images = NDArray[Any]  # (n, height, width, channels)

ROTATION = 90.0  # degrees, at strength 1; so are the next
SHIFT, CROP = 1 / 4, 1 / 4  # of the side
ZOOM, SHEAR, CENTRE = 1 / 2, 1 / 2, 1 / 2  # factor 1 + ZOOM; tangent; share of the side that is cut away
BRIGHTNESS, JITTER, NOISE = 0.5, 0.5, 0.3  # of the image's range
CONTRAST = 0.9  # of the contrast, as in RandAugment
CUTOUT = 1 / 2  # of the side

QUARTER = np.array([[0.0, 1.0], [-1.0, 0.0]])  # to the left
BLOCK = 8192  # pixels warped at a time: what they need stays in the processor's cache


def warp(images: Images, matrices: NDArray[Any], shifts: NDArray[Any], fill: NDArray[Any] | None = None) -> Images:
    """Resample each image at affinely moved points, bilinearly.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
    matrices : array of shape (n, 2, 2)
        From an output pixel's (row, column), measured from the centre, to the input's.
    shifts : array of shape (n, 2)
        Added to the input's (row, column), in pixels.
    fill : array of shape (n, channels), optional
        What comes from outside; 0 by default.

    Returns
    -------
    array of shape (n, height, width, channels)

    Raises
    ------
    ValueError
        If an array is not finite, or the shapes do not fit.

    Notes
    -----
    Elsewhere: ``scipy.ndimage.affine_transform(order=1, mode="grid-constant", cval=fill)``.

    Examples
    --------
    >>> image = np.eye(3)[None, :, :, None]
    >>> warp(image, np.eye(2)[None], np.array([[0.0, 1.0]]))[0, :, :, 0]
    array([[0., 0., 0.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    batch = _check_batch(images)
    n, channels = len(batch), batch.shape[-1]
    moves = _shaped("matrices", matrices, (n, 2, 2)), _shaped("shifts", shifts, (n, 2))
    return _warp(batch, *moves, None if fill is None else _shaped("fill", fill, (n, channels)))


def _shaped(name: str, value: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    array = checks.numbers(name, value)
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}")
    return array


def _warp(images: Images, matrices: NDArray[Any], shifts: NDArray[Any], fill: NDArray[Any] | None = None) -> Images:
    """Resample the images of `warp`: what training does."""
    images = images.astype(np.result_type(images, np.float32), copy=False)
    n, height, width, channels = images.shape
    centre = np.array([(height - 1) / 2, (width - 1) / 2], matrices.dtype)
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    grid = np.stack([rows.ravel(), columns.ravel()]).astype(matrices.dtype) - centre[:, None]  # (2, pixels)
    each, step = max(1, BLOCK // (height * width)), width + 3
    starts = np.arange(each)[:, None] * ((height + 3) * step)
    moved = np.empty((n, height * width, channels), images.dtype)
    for begin in range(0, n, each):
        some = slice(begin, begin + each)
        by = (shifts[some] + centre).T[:, :, None] + 1
        at = np.add((matrices[some] @ grid).swapaxes(0, 1), by, order="C")  # (2, k, pixels)
        # A frame two pixels wide makes all four neighbours of every point exist.
        for axis, size in zip(at, (height, width), strict=True):
            axis.clip(0, size + 1, out=axis)
        corner = np.floor(at)
        at -= corner
        down, right = at.astype(images.dtype, copy=False)
        corner_row, corner_column = corner.astype(np.int64)
        # One plane per channel: gathering numbers is several times as fast as gathering short rows of them.
        planes = np.zeros((channels, len(down), height + 3, step), images.dtype)
        if fill is not None:
            planes += fill[some].T[:, :, None, None]
        planes[:, :, 1:-2, 1:-2] = images[some].transpose(3, 0, 1, 2)
        first = corner_row * step  # (k, pixels)
        first += corner_column
        first += starts[: len(first)]
        places = (first, first + 1, first + step, first + (step + 1))
        for channel, plane in enumerate(planes):
            flat = plane.ravel()
            top, top_right, low, low_right = (flat.take(place) for place in places)
            top += (top_right - top) * right
            low += (low_right - low) * right
            low -= top
            low *= down
            low += top
            moved[some, :, channel] = low
    return moved.reshape(images.shape)


class Draws(NamedTuple):
    """What chance decides about n images: `draw` makes it.

    Attributes
    ----------
    u : array of shape (n, 4)
        Uniform in [0, 1): directions, places, colours.
    z : array of shape (n, height, width, channels)
        Standard normal: noise.
    """

    u: NDArray[np.float32]
    z: NDArray[np.float32]

    def of(self, rows: NDArray[Any]) -> "Draws":
        """Return the draws of some of the images."""
        return Draws(self.u[rows], self.z[rows])


Change = Callable[[Images, ArrayLike, Draws], Images]


def draw(shape: tuple[int, ...], rng: np.random.Generator) -> Draws:
    """Draw what the operations need for images of this shape.

    Parameters
    ----------
    shape : (n, height, width, channels)
    rng : numpy.random.Generator

    Returns
    -------
    Draws

    Raises
    ------
    ValueError
        If the shape is none of images that fit the memory.

    Examples
    --------
    >>> draw((5, 8, 8, 1), np.random.default_rng(0)).u.shape
    (5, 4)
    """
    shape = checks.sizes("shape", shape, axes=(4,))
    return _draw(shape, checks.stream("rng", rng))


def _draw(shape: tuple[int, ...], rng: np.random.Generator) -> Draws:
    return Draws(uniforms(rng, (shape[0], 4)), normals(rng, shape))


def _operation(change: Change) -> Change:
    """Make a public operation of a change: its arguments are checked first."""

    @functools.wraps(change)
    def operation(images: Images, strength: ArrayLike, draws: Draws) -> Images:
        batch = _check_batch(images)
        return change(batch, _check_strength(strength, len(batch)), _check_draws(draws, batch))

    return operation


# --- what moves pixels ---


@_operation
def flip_horizontal(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Mirror left and right, with the probability `strength`."""
    return np.where(_happens(images, strength, draws), images[:, :, ::-1], images)


@_operation
def flip_vertical(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Mirror top and bottom, with the probability `strength`."""
    return np.where(_happens(images, strength, draws), images[:, ::-1], images)


@_operation
def half_turn(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Turn by 180 degrees, with the probability `strength`."""
    return np.where(_happens(images, strength, draws), images[:, ::-1, ::-1], images)


@_operation
def quarter_turn(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Turn by 90 degrees to the left or to the right, with the probability `strength`."""
    side = np.where(draws.u[:, 1] < 0.5, 1, -1)[:, None, None]
    matrices = np.where(_happens(images, strength, draws)[..., 0], QUARTER * side, np.eye(2))
    return _moved(images, matrices)


@_operation
def rotate(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Turn by 90 strength degrees, to the left or to the right."""
    return _turn(images, ROTATION * _strength(images, strength) * _sign(draws))


def turn(images: Images, degrees: ArrayLike) -> Images:
    """Turn each image by an angle about its centre.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
    degrees : float, or array of shape (n,)
        To the left; any angle.

    Returns
    -------
    array of shape (n, height, width, channels)

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> corner = np.array([[0.0, 1.0], [0.0, 0.0]])[None, :, :, None]
    >>> turn(corner, 90)[0, :, :, 0].round(6)
    array([[1., 0.],
           [0., 0.]])
    """
    images, turned = _check_batch(images), checks.numbers("degrees", degrees)
    if turned.shape not in ((), (len(images),)):
        raise ValueError(f"degrees must be a number, or one per image ({len(images)}), got the shape {turned.shape}")
    return _turn(images, turned)


def _turn(images: Images, degrees: ArrayLike) -> Images:
    angle = np.broadcast_to(np.deg2rad(np.asarray(degrees, float)), len(images))
    cos, sin = np.cos(angle), np.sin(angle)
    return _moved(images, np.stack([cos, sin, -sin, cos], -1).reshape(-1, 2, 2))


@_operation
def crop(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Add strength/4 of the side all around, and cut a window of the old size out of it at random."""
    side = np.array(images.shape[1:3])
    pad = np.rint(_strength(images, strength)[:, None] * CROP * side)  # (n, 2), whole pixels
    return _moved(images, None, np.floor(draws.u[:, :2] * (2 * pad + 1)) - pad)


@_operation
def centre_crop(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Cut strength/2 of the side away, half of it on each side, and enlarge the rest to the old size."""
    return _moved(images, np.eye(2) * (1 - CENTRE * _strength(images, strength))[:, None, None])


@_operation
def shift(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Move by strength/4 of the side, in any direction."""
    angle = 2 * np.pi * draws.u[:, 0].astype(float)
    way = np.stack([np.sin(angle), np.cos(angle)], -1)  # (n, 2)
    return _moved(images, None, way * SHIFT * _strength(images, strength)[:, None] * np.array(images.shape[1:3]))


@_operation
def zoom(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Enlarge by the factor 1 + strength/2, or shrink by it."""
    factor = (1 + ZOOM * _strength(images, strength)) ** -_sign(draws)
    return _moved(images, np.eye(2) * factor[:, None, None])


@_operation
def shear(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Slant by the tangent strength/2: rows along each other, or columns."""
    slant = SHEAR * _strength(images, strength) * _sign(draws)
    across = draws.u[:, 1] < 0.5
    matrices = np.tile(np.eye(2), (len(images), 1, 1))
    matrices[:, 1, 0] += np.where(across, slant, 0)
    matrices[:, 0, 1] += np.where(across, 0, slant)
    return _moved(images, matrices)


# --- what changes colours ---


@_operation
def brighten(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Add strength/2 of the image's range."""
    return images + (BRIGHTNESS * _strength(images, strength))[:, None, None, None] * _range(images)


@_operation
def darken(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Take strength/2 of the image's range away."""
    return images - (BRIGHTNESS * _strength(images, strength))[:, None, None, None] * _range(images)


@_operation
def contrast(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Take every pixel nearer to the image's mean, or away from it, by 0.9 strength of its distance."""
    far = (CONTRAST * _strength(images, strength) * _sign(draws))[:, None, None, None]
    stretched: Images = images + (images - images.mean(axis=(1, 2, 3), keepdims=True)) * far
    return stretched


@_operation
def colour_jitter(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Shift each channel by up to strength/2 of the image's range: a gray image's brightness, a coloured one's hue."""
    channels = images.shape[-1]
    if channels > 4:
        raise ValueError(f"images must have at most 4 channels, got {channels}")
    way = (2 * draws.u[:, None, None, :channels] - 1) * _strength(images, strength)[:, None, None, None]
    jittered: Images = images + JITTER * way * _range(images)
    return jittered


@_operation
def noise(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Add Gaussian noise with a standard deviation of 0.3 strength times the image's range."""
    noisy: Images = images + (NOISE * _strength(images, strength))[:, None, None, None] * _range(images) * draws.z
    return noisy


@_operation
def cutout(images: Images, strength: ArrayLike, draws: Draws) -> Images:
    """Paint a rectangle of strength/2 of the side, in whole pixels, with the image's mean colour."""
    side = np.array(images.shape[1:3])
    size = np.rint(_strength(images, strength)[:, None] * CUTOUT * side)  # (n, 2)
    low = np.floor(draws.u[:, :2] * (side - size + 1))
    rows, columns = (
        (at >= low[:, k, None]) & (at < (low + size)[:, k, None]) for k, at in enumerate(map(np.arange, side))
    )
    hole = (rows[:, :, None] & columns[:, None, :])[..., None]  # (n, height, width, 1)
    return np.where(hole, images.mean(axis=(1, 2), keepdims=True), images)


OPERATIONS: dict[str, Change] = {
    f.__name__: f
    for f in (
        flip_horizontal,
        flip_vertical,
        quarter_turn,
        half_turn,
        rotate,
        crop,
        centre_crop,
        shift,
        zoom,
        shear,
        brighten,
        darken,
        contrast,
        colour_jitter,
        noise,
        cutout,
    )
}
"""The operations by name, in the order to show them in."""

_CHANGES = {name: inspect.unwrap(operation) for name, operation in OPERATIONS.items()}  # without their checks

ALL_OR_NOTHING = ("flip_horizontal", "flip_vertical", "quarter_turn", "half_turn")
"""The operations whose strength is a probability."""


def operate(name: str, images: ArrayLike, strength: ArrayLike, rng: np.random.Generator | None) -> Images:
    """Apply one operation to a batch, each image with draws of its own.

    Parameters
    ----------
    name : str
        One of `OPERATIONS`.
    images : array of shape (n, height, width) or (n, height, width, channels)
    strength : float, or array of shape (n,), in [0, 1]
        0 returns the images exactly.
    rng : numpy.random.Generator or None
        None is evaluation: the images come back unchanged.

    Returns
    -------
    array
        Of the images' shape.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> image = np.array([[[0.0, 1.0], [2.0, 3.0]]])
    >>> operate("half_turn", image, 1.0, np.random.default_rng(0))[0]
    array([[3., 2.],
           [1., 0.]])
    """
    check_names([name], "name")
    batch = as_images(images)
    if checks.stream("rng", rng, none=True) is None or rng is None:
        _check_strength(strength, len(batch))
        return np.asarray(images)
    which = np.zeros(len(batch), int)
    return operate_each([name], which, batch, strength, draw(batch.shape, rng)).reshape(np.shape(images))


def operate_each(
    names: Sequence[str], which: NDArray[np.int64], images: Images, strength: ArrayLike, draws: Draws
) -> Images:
    """Apply to each image an operation of its own, with given draws.

    Parameters
    ----------
    names : sequence of str
        Among `OPERATIONS`.
    which : array of int of shape (n,)
        Each image's operation, counted in `names`; -1 leaves it as it is.
    images : array of shape (n, height, width, channels)
    strength : float, or array of shape (n,), in [0, 1]
    draws : Draws
        Of the n images.

    Returns
    -------
    array of shape (n, height, width, channels)
        Floating point.

    Raises
    ------
    ValueError
        If a name is unknown or a strength is out of its range.

    Examples
    --------
    >>> images = np.random.default_rng(0).random((2, 8, 8, 1))
    >>> draws = draw(images.shape, np.random.default_rng(0))
    >>> moved = operate_each(["noise", "half_turn"], np.array([-1, 1]), images, 1.0, draws)
    >>> bool((moved[0] == images[0]).all()), bool((moved[1] == images[1, ::-1, ::-1]).all())
    (True, True)
    """
    names, batch = check_names(names, "names"), _check_batch(images)
    chosen = checks.wholes("which", which, -1, len(names) - 1)
    if chosen.shape != (len(batch),):
        raise ValueError(f"which must be one per image ({len(batch)}), got the shape {chosen.shape}")
    return _operate_each(names, chosen, batch, _check_strength(strength, len(batch)), _check_draws(draws, batch))


def _operate_each(
    names: Sequence[str], which: NDArray[np.int64], images: Images, strength: ArrayLike, draws: Draws
) -> Images:
    """Apply the operations of `operate_each`: what a policy does to its batches."""
    strengths = np.broadcast_to(np.asarray(strength), len(images))
    out = images.astype(np.result_type(images, np.float32))  # a copy
    for number, name in enumerate(names):
        rows = np.flatnonzero(which == number)
        if len(rows):
            out[rows] = _CHANGES[name](out[rows], strengths[rows], draws.of(rows))
    return out


def at_strengths(name: str, image: ArrayLike, strengths: Sequence[float], rng: np.random.Generator) -> Images:
    """Apply one operation to one image at several strengths, with the same draws: what a slider shows.

    Parameters
    ----------
    name : str
        One of `OPERATIONS`.
    image : array of shape (height, width) or (height, width, channels)
    strengths : sequence of float in [0, 1]
    rng : numpy.random.Generator

    Returns
    -------
    array of shape (strengths, height, width, channels)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> at_strengths("brighten", [[0.0, 1.0]], [0.0, 0.5, 1.0], np.random.default_rng(0))[..., 0].tolist()
    [[[0.0, 1.0]], [[0.25, 1.25]], [[0.5, 1.5]]]
    """
    check_names([name], "name")
    batch = as_images(checks.array("image", image)[None], "image")
    forces = [checks.number("strengths", force, 0, 1) for force in checks.several("strengths", strengths)]
    checks.room(strengths=len(forces), image=batch.size)
    every = np.zeros(len(forces), int)
    return _operate_each([name], every, batch[every], np.array(forces), draw(batch.shape, rng).of(every))


def mean_change(images: ArrayLike, image: ArrayLike) -> NDArray[np.float64]:
    """Return how far the pixels of each image are from those of one image, on average.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, channels)
    image : array
        Of the shape of each.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ValueError
        If the shapes do not fit, or a pixel is no finite number.

    Examples
    --------
    >>> mean_change([[[0.0, 1.0]], [[0.5, 1.0]]], [[0.0, 1.0]]).tolist()
    [0.0, 0.25]
    """
    batch, original = as_images(images), as_images(checks.array("image", image)[None], "image")
    if batch.shape[1:] != original.shape[1:]:
        raise ValueError(f"image must have the shape of each of images, {batch.shape[1:]}, got {original.shape[1:]}")
    far: NDArray[np.float64] = np.abs(batch.astype(np.float64) - original.astype(np.float64)).mean(axis=(1, 2, 3))
    return far


def check_names(names: Sequence[str], argument: str = "operations") -> tuple[str, ...]:
    """Return the names of operations; raise unless there is at least one, and each is an operation's.

    Examples
    --------
    >>> check_names(["zoom", "noise"])
    ('zoom', 'noise')
    """
    checked = () if isinstance(names, str) else checks.several(argument, names)
    said = argument if argument == "operations" else f"{argument}: operations"
    if not checked:
        raise ValueError(f"{said} must be a sequence of at least one name, got {names!r}")
    for name in checked:
        checks.one_of(said, name, OPERATIONS, f"among {', '.join(OPERATIONS)}")
    return checked


def as_images(images: ArrayLike, argument: str = "images") -> Images:
    """Return images with a channel axis, in floating point; raise unless they are a batch of finite images.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, channels)
    argument : str
        What an error calls them.

    Raises
    ------
    ValueError
        If they are not.

    Examples
    --------
    >>> as_images(np.zeros((5, 8, 8), np.uint8)).shape
    (5, 8, 8, 1)
    """
    asked = "numbers of shape (n, height, width) or (n, height, width, channels)"
    batch = checks.array(argument, images, what=asked)
    if batch.ndim not in (3, 4) or 0 in batch.shape[1:]:
        raise ValueError(f"{argument} must be {asked}, got {batch.dtype} of shape {batch.shape}")
    batch = checks.numbers(argument, batch.astype(np.result_type(batch, np.float32), copy=False))
    return batch if batch.ndim == 4 else batch[..., None]


def _check_batch(images: ArrayLike) -> Images:
    """Return a batch of images that have their channel axis."""
    batch = as_images(images)
    if np.ndim(images) != 4:
        raise ValueError(f"images must have the shape (n, height, width, channels), got {np.shape(images)}")
    return batch


def _check_strength(strength: ArrayLike, n: int) -> NDArray[Any]:
    strengths = checks.numbers("strength", strength, 0, 1)
    if strengths.shape not in ((), (n,)):
        raise ValueError(f"strength must be a number, or one per image ({n}), got the shape {strengths.shape}")
    return strengths


def _check_draws(draws: Draws, batch: Images) -> Draws:
    if not isinstance(draws, Draws) or draws.z.shape != batch.shape or len(draws.u) != len(batch):
        raise ValueError(f"draws must be made by `draw` for the shape {batch.shape}, got {checks.shown(draws)}")
    return draws


def _strength(images: Images, strength: ArrayLike) -> NDArray[Any]:
    """Return one strength per image, of the images' precision: (n,)."""
    return np.broadcast_to(np.asarray(strength, images.dtype), len(images))


def _happens(images: Images, strength: ArrayLike, draws: Draws) -> NDArray[np.bool_]:
    return np.asarray(draws.u[:, 0] < _strength(images, strength))[:, None, None, None]


def _sign(draws: Draws) -> NDArray[Any]:
    return np.where(draws.u[:, 0] < 0.5, np.float32(-1), np.float32(1))


def _range(images: Images) -> Images:
    spread: Images = images.max(axis=(1, 2, 3), keepdims=True) - images.min(axis=(1, 2, 3), keepdims=True)
    return spread


def _moved(images: Images, matrices: NDArray[Any] | None, shifts: NDArray[Any] | None = None) -> Images:
    """Warp images by matrices (n, 2, 2) and shifts (n, 2); the colour of the top left corner comes in."""
    n = len(images)
    turned = np.tile(np.eye(2), (n, 1, 1)) if matrices is None else np.broadcast_to(matrices, (n, 2, 2))
    by = np.zeros((n, 2)) if shifts is None else shifts
    return _warp(images, turned.astype(images.dtype), by.astype(images.dtype), images[:, 0, 0])
