"""A file of arrays and facts: a zip of NumPy's, in which nothing is ever executed."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks

__all__ = ["read", "write"]

FORMAT = "reglab run 1"
MOST = 2**31  # bytes that a file may unpack to
# What reading another file, or a damaged one, raises: of the system, of the zip, of NumPy's arrays, of JSON.
DAMAGED = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    MemoryError,
)


def write(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write arrays by their names, and what JSON can say.

    Raises
    ------
    ValueError
        If the path is none.
    OSError
        If the file cannot be written.
    """
    text = json.dumps({"format": FORMAT, **facts}, default=lambda value: value.item())
    with _path(path).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{**arrays, "facts": np.array(text)})


def read(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return what `write` wrote.

    Raises
    ------
    ValueError
        If the file is not there, damaged, or another one.
    """
    asked = "path must be a file that Run.save has written, got"
    name = checks.shown(str(_path(path)))
    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > MOST:
            raise OverflowError
        with np.load(path, allow_pickle=False) as file:
            arrays = {part: file[part] for part in file.files}
        facts = json.loads(str(arrays.pop("facts")[()]))
        if facts.pop("format") != FORMAT:
            raise KeyError
    except OverflowError:
        raise ValueError(f"{asked} {name}, of more than {MOST} bytes") from None
    except FileNotFoundError:
        raise ValueError(f"{asked} {name}, which is not there") from None
    except DAMAGED as error:
        raise ValueError(f"{asked} {name}, which is another or damaged ({type(error).__name__})") from None
    return arrays, facts


def _path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not str(path) or "\0" in str(path):
        raise ValueError(f"path must be the path of a file, got {checks.shown(path)}")
    return Path(path)
