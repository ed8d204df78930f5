"""A person's own file: checked before it is unpacked, and read to a table, arrays or images; kept nowhere here."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from reglab.datasets import Dataset, load
from reglab.own_data import MAX_COLUMNS, MAX_ROWS
from reglab.own_data.columns import Reading, parse, readings
from reglab.own_data.read_table import Table, as_text, read_table

MAX_BYTES = 8_000_000
MAX_UNPACKED = 100_000_000  # bytes of the arrays of an archive
MAX_MEMBERS = 20  # files in an archive of arrays
CHECKSUM = 12  # hexadecimal digits of SHA-256
ROWS, COLUMNS, CHARACTERS = 6, 10, 40  # of the first rows, that are shown
GUESSED = ("target", "label", "class", "y")  # what people call the column to predict
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
PAIRS = (("x", "y"), ("X", "y"), ("images", "labels"), ("data", "target"), ("x_train", "y_train"))
EXAMPLE = "wine.csv"
IMAGES, EACH = 12, 2  # that are shown, and of each class


class Refused(ValueError):
    """The file cannot be used; its text is one sentence for the person."""


@dataclass(frozen=True, eq=False)
class File:
    """A file that was read.

    content: its bytes; of an archive of arrays or images these are in `arrays`, and the table is that of their first
    rows. notes: what was said of images when they were read.
    """

    name: str
    content: bytes = field(repr=False)
    table: Table = field(repr=False)
    arrays: tuple[Any, Any] | None = field(default=None, repr=False)
    example: bool = False
    notes: tuple[str, ...] = ()

    @cached_property
    def checksum(self) -> str:
        """What tells the file from others."""
        return checksum(self.content)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns; of arrays the target alone, since nothing else can be chosen."""
        return ("y",) if self.arrays else tuple(self.table.columns)

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """What each column of a table is read as."""
        return readings(self.table)

    def dataset(self, target: str, task: str | None, groups: str | None, name: str) -> Dataset:
        """Return the dataset that predicts a column of it; raise `Refused` where there is none."""
        how: dict[str, Any] = {
            "task": task,
            "name": name,
            "title": "The example, wine" if self.example else "Your data",
        }
        with refusing():
            if self.arrays:
                made = Dataset.from_arrays(*self.arrays, **how)
                return replace(made, notes=tuple(dict.fromkeys((*self.notes, *made.notes))))
            return Dataset.from_table(self.content, target, groups=groups, **how)


def checksum(content: bytes) -> str:
    """Return the first digits of the SHA-256 of a file.

    >>> checksum(b"a,b")
    '1eb7c54d5283'
    """
    return hashlib.sha256(content).hexdigest()[:CHECKSUM]


def read(name: str, content: bytes) -> File:
    """Read a file; raise `Refused` with one sentence where it is none that can be learnt from."""
    if not content:
        raise Refused("The file is empty.")
    if len(content) > MAX_BYTES:
        raise Refused(f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB can be read.")
    with refusing():
        if content.startswith(b"PK"):
            arrays, notes = (_arrays(content), ()) if _holds_arrays(content) else _images(content)
            return File(name, content, _as_table(*arrays), arrays, notes=notes)
        return File(name, content, read_table(content, name="the file"))


@contextlib.contextmanager
def refusing() -> Any:
    """Turn the library's sentence on its argument into one on the file."""
    try:
        yield
    except Refused:
        raise
    except ValueError as error:
        text = re.sub(r"^(source|x)\b", "the file", str(error))
        raise Refused(f"{text[:1].upper()}{text[1:].rstrip('.')}.") from None
    except MemoryError:
        raise Refused("The file makes more numbers than can be held.") from None


def example() -> File:
    """Return the bundled wine data as a table with names, as if it had been uploaded."""
    data = load("wine")
    head = ",".join([*(name.replace(",", " ") for name in data.feature_names), "cultivar"])
    both = [(data.x, data.y), (data.x_test, data.y_test)]
    rows = [
        ",".join([*(f"{value:g}" for value in row), f"cultivar {label + 1}"])
        for x, y in both
        for row, label in zip(x.tolist(), y.tolist(), strict=True)
    ]
    content = "\n".join([head, *rows, ""]).encode()
    return File(EXAMPLE, content, read_table(content), example=True)


def guess_target(columns: tuple[str, ...]) -> str:
    """Return the column that a person most likely wants to predict: one that is called so, else the last.

    >>> guess_target(("Class", "a", "b")), guess_target(("a", "b"))
    ('Class', 'b')
    """
    lower = {column.strip().lower(): column for column in reversed(columns)}
    return next((lower[name] for name in GUESSED if name in lower), columns[-1])


def why_guessed(column: str) -> str:
    """Return why a column was taken for the target.

    >>> why_guessed("Class"), why_guessed("b")
    ('the column is called so', 'it is the last column')
    """
    return "the column is called so" if column.strip().lower() in GUESSED else "it is the last column"


def without_code(note: str) -> str:
    """Return a note without what it says to those who write code: the page has a field for that.

    >>> without_code("y is taken for classes: task='regression' takes them for numbers.")
    'y is taken for classes.'
    """
    before, code, _ = note.partition(": task=")
    if not code:
        before, code, _ = note.partition(", groups=")
        before = f"{before}, tell it above" if code else before
    return f"{before}." if code else note


def label(value: Any) -> str:
    """Return a target's value as the name of a class.

    >>> label(2.0), label("a")
    ('2', 'a')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


def first_images(file: File) -> tuple[Any, list[str]]:
    """Return a few images, two of each class at most, and the classes they are of; none of what are no images."""
    if not file.arrays or file.arrays[0].ndim < 3:
        return [], []
    images, labels = file.arrays[0], [label(value) for value in np.asarray(file.arrays[1]).ravel().tolist()]
    seen: Counter[str] = Counter()
    some = [at for at, class_name in enumerate(labels) if seen.update([class_name]) or seen[class_name] <= EACH][
        :IMAGES
    ]
    unit = 255.0 if images.max() > 1 else 1.0
    return [np.clip(images[at] / unit, 0, 1).squeeze() for at in some], [short(labels[at]) for at in some]


def first_rows(file: File, target: str) -> tuple[list[str], list[list[str]]]:
    """Return the names of the target and the first others, and their first cells as text, "" for a missing one."""
    names = [target, *(name for name in file.table.columns if name != target)][:COLUMNS]
    cells = [as_text(file.table.columns[name][:ROWS]).tolist() for name in names]
    return names, [[short(cell or "") for cell in row] for row in zip(*cells, strict=True)]


def kinds(file: File, data: Dataset | None) -> dict[str, str]:
    """Return what each column is read as, and which were left out, and why."""
    if file.arrays:
        return {}
    read = {name: reading.kind for name, reading in file.readings.items()}
    without = dict(data.encoding.left_out) if data is not None and data.encoding is not None else {}
    return {name: f"left out: {without[name]}" if name in without else kind for name, kind in read.items()}


def target_values(file: File, target: str) -> tuple[str, list[Any]]:
    """Return what the target holds: "number" with its values, or "category" with its labels; none that are missing."""
    if file.arrays:
        held: list[Any] = np.asarray(file.arrays[1]).ravel().tolist()
        return ("category" if isinstance(held[0], str) else "number"), held
    reading = file.readings[target]
    if reading.kind != "number":
        return "category", [text for text in as_text(file.table.columns[target]).tolist() if text is not None]
    values, _ = parse(reading, file.table.columns[target])
    return "number", values[~np.isnan(values)].tolist()


def short(text: str) -> str:
    """Return text of one line that is not too long to stand in a table.

    >>> short("a" * 50)[-3:], short("one\\ntwo")
    ('aa…', 'one two')
    """
    line = " ".join(text.split())
    return line if len(line) <= CHARACTERS else f"{line[: CHARACTERS - 1]}…"


# ------------------------------------------------------------------ archives


def _holds_arrays(content: bytes) -> bool:
    """Tell whether an archive is one of arrays, or of a kind that is no archive of images either."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except Exception:  # what unpacks may raise anything on a damaged file
        return True
    return not any(name.lower().endswith(PICTURES) for name in names)


def _images(content: bytes) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    """Return the images of an archive, one folder per class, their classes, and what is said of them."""

    def decode(file: bytes) -> Any:
        from PIL import Image  # only those who bring images wait for it

        image = Image.open(io.BytesIO(file))
        if image.mode.startswith("I"):  # 16 bits of grey, which a conversion to colour cuts off at 255
            return np.asarray(image).clip(0, 65_535).astype(np.uint16)
        return np.asarray(image.convert("RGB"))

    data = Dataset.from_images(content, decode=decode, test_share=0)
    assert data.image_shape is not None
    images = data.x.reshape(-1, *data.image_shape)
    return (images, np.array(data.class_names)[data.y]), data.notes


def _arrays(content: bytes) -> tuple[Any, Any]:
    """Return the inputs and the target of an .npz archive, whose sizes are read before it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if not members or not all(name.endswith(".npy") for name in names):
                raise Refused(_what_archive(names))
            if len(members) > MAX_MEMBERS:
                raise Refused(f"The archive holds {len(members):,} arrays; at most {MAX_MEMBERS} can be read.")
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED:
                most = f"at most {MAX_UNPACKED / 1e6:g} MB can be read"
                raise Refused(f"The archive unpacks to {unpacked / 1e6:,.0f} MB; {most}.")
            pair = next((pair for pair in PAIRS if all(f"{key}.npy" in names for key in pair)), None)
            if pair is None:
                wanted = " or ".join(f"{x} and {y}" for x, y in PAIRS)
                held = ", ".join(short(name.removesuffix(".npy")) for name in names)
                raise Refused(f"The archive must hold arrays named {wanted}, got {held}.")
            x, y = (_array(archive, f"{key}.npy") for key in pair)
    except Refused:
        raise
    except Exception:  # what unpacks may raise anything on a damaged file
        raise Refused("The archive is damaged, encrypted, or holds what is no array of numbers or text.") from None
    if len(x) > MAX_ROWS:
        raise Refused(f"The file must have at most {MAX_ROWS:,} rows, got {len(x):,}.")
    if x.ndim == 2 and x.shape[1] > MAX_COLUMNS:
        raise Refused(f"The file must have at most {MAX_COLUMNS} columns, got {x.shape[1]:,}.")
    return x, y


def _array(archive: zipfile.ZipFile, name: str) -> Any:
    """Return an array that is as large as the archive says, whatever its own header claims."""
    content = archive.read(name)
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(stream)
    if dtype.hasobject or dtype.itemsize * int(np.prod(shape, dtype=object)) > len(content):
        raise Refused(f"{short(name)} holds objects, or less than it says: save arrays of numbers or text.")
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if not array.ndim:
        raise Refused(f"{short(name)} must hold rows, got a single value.")
    return array


def _what_archive(names: list[str]) -> str:
    if any(name.startswith(("xl/", "[Content_Types]")) for name in names):
        return "The file is an Excel workbook: save the table as CSV."
    tables = [name for name in names if name.lower().endswith((".csv", ".tsv", ".txt"))]
    if tables:
        return f"The file is an archive with {short(tables[0])} in it: unpack it, and give the table itself."
    return (
        "The file is an archive without arrays or images: give a table as CSV, arrays x and y as .npz, or one folder "
        "of images for each class."
    )


def _as_table(x: Any, y: Any) -> Table:
    """Return the first numbers of arrays as columns, to be looked at."""
    flat = x.reshape(len(x), -1)[:, :COLUMNS]
    shown = {f"column {at + 1}": column[:ROWS].astype(str).astype(object) for at, column in enumerate(flat.T)}
    return Table({**dict(list(shown.items())[: COLUMNS - 1]), "y": y[:ROWS].astype(str).astype(object)})
