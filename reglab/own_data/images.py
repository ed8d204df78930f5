"""Images of one's own as the fields of a `Dataset`: a folder per class, or arrays in an .npz file.

Files are decoded by a function that is handed in: this library brings none. How large an image is stands in its header,
and is read there first, so that none is decoded that would fill the memory.
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data import archive, arrays, targets

__all__ = ["MAX_IMAGES", "MAX_PIXELS", "MAX_SIDE", "MAX_TOTAL_PIXELS", "SUFFIXES", "fields", "pixel_size", "resize"]

Decode = Callable[[bytes], Any]
FloatArray = NDArray[np.float32]

MAX_SIDE = 32  # pixels of an image that is trained on, each way
MAX_IMAGES = 5_000
MAX_PIXELS = 16_000_000  # of one file
MAX_TOTAL_PIXELS = 400_000_000  # of all files
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
FORMATS = "PNG, JPEG, GIF, BMP or WebP"
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # folders of folders of classes
UNSEEN = ("__MACOSX",)  # what a system packs beside the files
PILLOW = "lambda content: numpy.asarray(PIL.Image.open(io.BytesIO(content)).convert('RGB')) is Pillow's"
ARRAYS = (  # names of images, labels, and those of the test
    ("x", "y", "x_test", "y_test"),
    ("x_train", "y_train", "x_test", "y_test"),
    ("images", "labels", "test_images", "test_labels"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)


def fields(
    source: Any,
    size: int | tuple[int, int] | None = None,
    *,
    decode: Decode | None = None,
    groups: Callable[[str], Any] | Sequence[Any] | None = None,
    test_share: float = 0.25,
    seed: int = 0,
    name: str = "own images",
    title: str | None = None,
) -> dict[str, Any]:
    """Return the fields of `reglab.Dataset` for images; `Dataset.from_images` says what each argument is."""
    wanted = _size(size)
    if decode is not None:
        checks.function("decode", decode)
    checks.number("test_share", test_share, 0, arrays.MOST_TESTED)
    checks.whole("seed", seed, 0)
    options = {"test_share": test_share, "seed": seed}
    with archive.opened("source", source) as files:
        packed = bool(files.sizes) and all(path.endswith(".npy") for path in files.sizes)
        if packed == callable(groups) and groups is not None:
            asked = "one label for each image" if packed else "a function from the path of a file to its group"
            raise ValueError(f"groups must be {asked}, got {checks.shown(groups)}")
        if packed:
            dataset_fields = _of_arrays(files, wanted, options | {"groups": groups})
        else:
            dataset_fields = _of_files(files, wanted, decode, options, groups)
    return {
        **dataset_fields,
        "name": checks.text("name", name),
        "title": name if title is None else checks.text("title", title),
        "task": "image",
        "source": "given as images",
        "licence": "not told",
        "target_name": "",
    }


def resize(images: FloatArray, height: int, width: int) -> FloatArray:
    """Return images of another size: each new pixel is the mean of the area that it covers.

    Parameters
    ----------
    images : array of shape (..., rows, columns, channels)
    height, width : int >= 1

    Returns
    -------
    float32 array of shape (..., height, width, channels)

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    >>> resize(np.array([[0.0, 2, 4], [0, 2, 4]])[..., None], 1, 2)[..., 0]
    array([[0.6666667, 3.3333335]], dtype=float32)
    """
    pixels = checks.numbers("images", images)
    if pixels.ndim < 3 or not pixels.size:
        raise ValueError(f"images must have the shape (..., rows, columns, channels), got {pixels.shape}")
    height, width = checks.whole("height", height, 1), checks.whole("width", width, 1)
    checks.room(height=height, width=width)
    return _resize(pixels.astype(np.float32, copy=False), height, width)


def _resize(pixels: FloatArray, height: int, width: int) -> FloatArray:
    *images, rows, columns, channels = pixels.shape
    down, across = _shares(rows, height), _shares(columns, width)
    lines = np.matmul(down, pixels.reshape(*images, rows, columns * channels))  # (..., height, columns * channels)
    return np.asarray(np.matmul(across, lines.reshape(*images, height, columns, channels)))


def pixel_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and height that the header of a PNG, JPEG, GIF, BMP or WebP file tells, None of other files.

    Examples
    --------
    >>> pixel_size(b"GIF89a" + bytes([3, 0, 2, 0]))
    (3, 2)
    >>> pixel_size(b"text") is None
    True
    """
    content = bytes(checks.instance("content", content, bytes))
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", content, 16)
        elif content.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack_from("<HH", content, 6)
        elif content.startswith(b"BM"):
            wide = struct.unpack_from("<I", content, 14)[0] > 12
            width, height = map(abs, struct.unpack_from("<ii" if wide else "<HH", content, 18))
        elif content.startswith(b"\xff\xd8"):
            width, height = _jpeg_size(content)
        elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            width, height = _webp_size(content)
        else:
            return None
    except (struct.error, IndexError):  # it ends too early
        return None
    return (width, height) if width and height else None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while True:
        while content[at] == 0xFF and content[at + 1] == 0xFF:  # padding
            at += 1
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of a frame
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 if 0xD0 <= marker <= 0xD9 or marker == 1 else 2 + struct.unpack_from(">H", content, at + 2)[0]


def _webp_size(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _shares(before: int, after: int) -> FloatArray:
    """Return which share of each new pixel an old one covers, of shape (after, before), along one axis."""
    edges = np.arange(after + 1) * (before / after)
    covered = np.clip(edges[:, None] - np.arange(before), 0, 1)  # of each old pixel, by what lies before an edge
    return np.asarray(np.diff(covered, axis=0) * (after / before), np.float32)


# --- a folder per class ---


def _of_files(
    files: archive.Files,
    size: tuple[int, int] | None,
    decode: Decode | None,
    options: dict[str, Any],
    group_of: Any = None,
) -> dict[str, Any]:
    paths, classes, notes = _classes(files)
    if group_of is not None:
        options = options | {"groups": [_group(group_of, path) for path in paths]}
    if decode is None:
        raise ValueError(f"decode must be a function from the bytes of an image to its pixels, got None: {PILLOW}")
    total = 0
    images: list[FloatArray] = []
    shapes: Counter[tuple[int, ...]] = Counter()
    see_through = 0
    largest = size or (MAX_SIDE, MAX_SIDE)
    for path in paths:
        content = files.read(path)
        total += _check_header(path, content)
        if total > MAX_TOTAL_PIXELS:
            raise ValueError(f"source must hold at most {MAX_TOTAL_PIXELS} pixels in all, got more")
        pixels, clear = _pixels(path, content, decode)
        see_through += clear
        shapes[pixels.shape[:2]] += 1
        images.append(pixels if _small(pixels.shape[:2]) else _resize(pixels, *largest))
    height, width = _target(size, set(shapes))
    images = [image if image.shape[:2] == (height, width) else _resize(image, height, width) for image in images]
    x = np.stack(images)  # (images, height, width, 3)
    grey = bool((x == x[..., :1]).all())
    x = x[..., :1] if grey else x
    sizes = _times(next(iter(shapes))) if len(shapes) == 1 else f"{len(shapes):,} sizes"
    same = set(shapes) == {(height, width)}
    said = "" if same else f", resized to {_times((height, width))} by the mean of each area"
    notes.insert(0, f"{len(x):,} {'grey' if grey else 'colour'} images of {sizes} were read{said}.")
    blank = int((np.ptp(x.reshape(len(x), -1), axis=1) < 1e-4).sum())  # but for what resizing rounds
    if 2 * blank > len(x):
        cut = "so look 16 bits of grey that Pillow converts to RGB, which cuts them off: hand in numpy.asarray(image)"
        notes.append(f"{blank:,} of {len(x):,} images are of one shade all over; {cut}.")
    if see_through:
        notes.append(
            f"{see_through:,} of them {'is' if see_through == 1 else 'are'} transparent in places: white stands there."
        )
    target = targets.read(np.array(classes), called="source")
    dataset_fields = arrays.assemble(x.reshape(len(x), -1), target, columns=False, called="source", **options)
    return {
        **dataset_fields,
        "image_shape": (height, width) if grey else (height, width, 3),
        "pixel_unit": 255.0,
        "notes": (*notes, *dataset_fields["notes"][1:]),
    }


def _group(group_of: Callable[[str], Any], path: str) -> str:
    """Return the group of a file as text."""
    try:
        group = group_of(path)
    except Exception as error:  # whatever the function raises
        said = f"{type(error).__name__} {checks.shown(str(error))}"
        raise ValueError(f"groups must return a group for each path, got {said} of {checks.shown(path)}") from None
    if not isinstance(group, (str, int, np.integer)):
        raise ValueError(
            f"groups must return text or a whole number, got {checks.shown(group)} of {checks.shown(path)}"
        )
    return str(group)


def _classes(files: archive.Files) -> tuple[list[str], list[str], list[str]]:
    """Return the paths of images, the class of each, and what is said of the files: the first folder that differs."""
    images: list[str] = []
    left: list[str] = []
    for path in files.sizes:
        parts = path.split("/")
        if parts[0] in UNSEEN or any(part.startswith(".") for part in parts):
            continue
        (images if path.lower().endswith(SUFFIXES) else left).append(path)
    asked = f"source must have at least two folders, one per class, with images in them ({FORMATS})"
    if len(images) < arrays.LEAST:
        raise ValueError(f"source must hold at least {arrays.LEAST} images ({FORMATS}), got {len(images)}")
    if len(images) > MAX_IMAGES:
        raise ValueError(f"source must hold at most {MAX_IMAGES} images, got {len(images)}")
    folders = [path.split("/")[:-1] for path in images]
    notes = []
    while all(folders) and len({parts[0] for parts in folders}) == 1:
        folders = [parts[1:] for parts in folders]
    if all(folders) and {parts[0].lower() for parts in folders} <= PARTS:
        names = ", ".join(sorted({checks.shown(parts[0]) for parts in folders}))
        notes.append(f"The folders {names} were put together, and test rows drawn of all.")
        folders = [parts[1:] for parts in folders]
    if not any(folders) and "/" in images[0]:
        raise ValueError(f"{asked}, got all in {checks.shown(images[0].rpartition('/')[0])}")
    if not all(folders):
        bare = checks.shown(next(path for path, parts in zip(images, folders, strict=True) if not parts))
        raise ValueError(f"{asked}, got {bare} outside of them")
    if left:
        what = "1 file that is no image was" if len(left) == 1 else f"{len(left):,} files that are no images were"
        notes.append(f"{what} left out, such as {checks.shown(left[0])}.")
    return images, [parts[0] for parts in folders], notes


def _check_header(path: str, content: bytes) -> int:
    """Return how many pixels a file says it has, or raise where they are too many."""
    size = pixel_size(content)
    if size is None:
        raise ValueError(f"source must hold images ({FORMATS}), got {checks.shown(path)}, which is none or damaged")
    pixels = size[0] * size[1]
    if pixels > MAX_PIXELS:
        most = f"source must hold images of at most {MAX_PIXELS} pixels"
        raise ValueError(f"{most}, got {_times(size)} in {checks.shown(path)}")
    return pixels


def _pixels(path: str, content: bytes, decode: Decode) -> tuple[FloatArray, bool]:
    """Return an image of shape (height, width, 3) from 0 to 1, and whether some of it is transparent."""
    try:
        decoded = decode(content)
    except Exception as error:  # whatever the decoder raises
        said = checks.shown(str(error))
        raise ValueError(f"source must hold images that decode takes, got {checks.shown(path)}: {said}") from None
    asked = "decode must return pixels (height, width) or (height, width, channels), uint8, uint16 or from 0 to 1"
    image = checks.array("decode's pixels", decoded)
    shape = image.shape
    if image.ndim == 2:
        image = image[..., None]
    if (
        image.ndim != 3
        or not 1 <= image.shape[2] <= 4
        or not image.size
        or image.shape[0] * image.shape[1] > MAX_PIXELS
    ):
        raise ValueError(f"{asked}, got the shape {shape} of {checks.shown(path)}")
    units = {"uint8": 255, "uint16": 65535, "bool": 1}
    if image.dtype.kind != "f" and image.dtype.name not in units:
        raise ValueError(f"{asked}, got {image.dtype} of {checks.shown(path)}")
    pixels = image.astype(np.float32) / np.float32(units.get(image.dtype.name, 1))
    if not ((pixels >= 0) & (pixels <= 1)).all():
        raise ValueError(f"{asked}, got other floats of {checks.shown(path)}")
    clear = False
    if pixels.shape[2] in (2, 4):
        alpha = pixels[..., -1:]
        clear = bool((alpha < 1).any())
        pixels = pixels[..., :-1] * alpha + (1 - alpha)
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3)), clear


# --- arrays in an .npz file ---


def _of_arrays(files: archive.Files, size: tuple[int, int] | None, options: dict[str, Any]) -> dict[str, Any]:
    there = [path.removesuffix(".npy") for path in files.sizes]
    names = next((names for names in ARRAYS if set(names[:2]) <= set(there)), None)
    if names is None:
        pairs = ", ".join(" and ".join(each[:2]) for each in ARRAYS)
        raise ValueError(f"source must have arrays called {pairs}, got {checks.shown(there)}")
    used = names if set(names) <= set(there) else names[:2]
    x, y, *tested = (_array(files, name) for name in used)
    stacks = [x, *tested[:1]]
    for name, images in zip(used[::2], stacks, strict=True):
        if images.ndim not in (3, 4) or not images.size or images.dtype.kind not in "biuf":
            asked = "numbers of the shape (images, height, width) or (images, height, width, channels)"
            raise ValueError(f"source's {name} must be {asked}, got {images.dtype} of {images.shape}")
    unit = arrays.unit_of_pixels(x)
    shapes = {images.shape[1:3] for images in stacks}
    new = _target(size, shapes)
    notes = []
    if shapes != {new}:
        notes.append(f"The images of {_times(x.shape[1:3])} were resized to {_times(new)} by the mean of each area.")
        stacks = [_smaller(images, new) / np.float32(unit) for images in stacks]
    left = [name for name in there if name not in used]
    if left:
        notes.append(f"Of the arrays {checks.shown(left)} nothing was used.")
    try:
        dataset_fields = arrays.fields(
            stacks[0], y, *(stacks[1], tested[1]) if tested else (), task="classification", **options
        )
    except ValueError as error:
        raise ValueError(f"source must hold images and their labels, got what is not: {error}") from None
    return {**dataset_fields, "pixel_unit": unit, "notes": (*notes, *dataset_fields["notes"])}


def _smaller(images: NDArray[Any], size: tuple[int, int]) -> FloatArray:
    """Resize images of any type, some at a time, so that they are not all copied at once."""
    axes = images if images.ndim == 4 else images[..., None]
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused with the other arrays
        parts = [_resize(axes[at : at + 500].astype(np.float32), *size) for at in range(0, len(axes), 500)]
    small = np.concatenate(parts)
    return small if images.ndim == 4 else small[..., 0]


def _array(files: archive.Files, name: str) -> NDArray[Any]:
    """Read an array of numbers or text; one of Python objects would have to be unpickled, which may run anything."""
    content = io.BytesIO(files.read(f"{name}.npy"))
    try:
        array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    except Exception as error:  # whatever a damaged header raises
        said = " ".join(str(error).split())[:100]
        raise ValueError(f"source's {name} must be an array of numbers or text, got a file without: {said}") from None
    if not array.ndim:
        raise ValueError(f"source's {name} must be an array, got one number")
    return array


def _size(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if not hasattr(size, "__iter__") else checks.several("size", size)
    if len(sides) != 2:
        raise ValueError(f"size must be one number of pixels, or height and width, got {checks.shown(size)}")
    height, width = (checks.whole("size", side, 1, MAX_SIDE) for side in sides)
    return height, width


def _target(size: tuple[int, int] | None, shapes: set[tuple[int, ...]]) -> tuple[int, int]:
    """Return the height and width to train on: as told, or as they are where all are alike and small."""
    if size is not None:
        return size
    height, width = next(iter(shapes)) if len(shapes) == 1 else (MAX_SIDE, MAX_SIDE)
    return (height, width) if _small((height, width)) else (MAX_SIDE, MAX_SIDE)


def _small(shape: tuple[int, ...]) -> bool:
    return max(shape) <= MAX_SIDE


def _times(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))
