"""What a person hands in, as pieces: each a text, the bytes of an event file, or data."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reglab import checks
from reglab.logs import console, events
from reglab.logs.characters import plain, unmarked
from reglab.logs.curve import CurveError
from reglab.logs.raw import Piece

__all__ = ["MAX_BYTES", "MAX_SOURCES", "RIGHT", "notebook", "pieces"]

MAX_BYTES = 10_000_000
MAX_EVENT_BYTES = 50_000_000  # of an event file, in which pictures may be that are passed over
MAX_SOURCES = 100
MAX_LINES = 300_000
BINARY = {
    b"PK\x03\x04": "a zip archive, such as .xlsx or .npz",
    b"\x80": "a pickle, which is never opened",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "compressed with gzip",
    b"\x89HDF": "HDF5",
    b"PAR1": "Parquet",
    b"SQLite format": "an SQLite database",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
QUOTED = re.compile(r"\s*>")
RIGHT = "give a log with a training and a validation loss for each evaluation"


def pieces(source: Any, name: str) -> list[Piece]:
    """Return a source as pieces, each a text, bytes or data."""
    return [replace(piece, name=unmarked(piece.name)) for piece in _pieces(source, name)]


def _pieces(source: Any, name: str) -> list[Piece]:
    """Return the pieces of a source under the names as they come."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [_from_bytes(bytes(source), name)]
    if isinstance(source, str):
        return [_from_text(source, name)]
    if isinstance(source, os.PathLike):
        return _from_path(Path(source))
    if isinstance(source, Mapping):
        files = bool(source) and all(isinstance(value, (str, bytes, os.PathLike)) for value in source.values())
        if files and any(not isinstance(value, str) or "\n" in value for value in source.values()):
            return _several([(str(key), value) for key, value in source.items()])
        return [Piece(name, data=_plain(source))]
    if isinstance(source, (list, tuple)):
        return _from_list(source, name)
    data = _from_object(source)
    if data is None:
        raise CurveError(
            f"A log must be text, bytes, a path, a mapping or a list, got {type(source).__name__}: {RIGHT}."
        )
    return [Piece(name, data=data)]


def _from_list(source: Sequence[Any], name: str) -> list[Piece]:
    """Return a list as the pieces that it holds, or as one piece of rows."""
    if not len(source):
        return []
    if all(isinstance(entry, str) for entry in source):
        if any("\n" in entry for entry in source):
            return _several([("", entry) for entry in source])
        return [_from_text("\n".join(source), name)]
    if all(isinstance(entry, (tuple, list)) and len(entry) == 2 and isinstance(entry[0], str) for entry in source):
        held = [entry[1] for entry in source]
        if all(isinstance(entry, (list, tuple)) and all(isinstance(x, (int, float)) for x in entry) for entry in held):
            return [Piece(name, data=_plain(dict(source)))]  # columns
        if all("\n" in entry if isinstance(entry, str) else not isinstance(entry, (int, float)) for entry in held):
            return _several(source)
    if all(isinstance(entry, (str, bytes, os.PathLike)) or _from_object(entry) is not None for entry in source):
        return _several([("", entry) for entry in source])
    return [Piece(name, data=_plain(list(source)))]


def _several(named: Sequence[tuple[str, Any]]) -> list[Piece]:
    """Return the pieces of several sources; what one of them is refused for is said where others are read."""
    all_pieces: list[Piece] = []
    names = Counter(source.name for _, source in named if isinstance(source, Path))
    for name, source in named[: MAX_SOURCES + 1]:
        try:
            of_one = pieces(source, name)
            if isinstance(source, Path) and names[source.name] > 1 and len(of_one) == 1:  # the folder tells them apart
                of_one = [replace(of_one[0], name=f"{source.parent.name}/{source.name}")]
            all_pieces += of_one
        except CurveError as error:
            all_pieces.append(Piece(name, error=error))
    return all_pieces


def _plain(data: Any, depth: int = 0) -> Any:
    """Return data as plain mappings and lists, by what they offer, not deeper than is read."""
    if depth > 8:
        return None
    if isinstance(data, Mapping):
        return {unmarked(str(key)): _plain(value, depth + 1) for key, value in list(data.items())[:20_000]}
    if isinstance(data, (list, tuple)):
        return (
            [_plain(value, depth + 1) for value in data]
            if any(not isinstance(value, (int, float, str)) for value in data)
            else _texts(data)
        )
    if isinstance(data, str):
        return unmarked(data)
    if isinstance(data, (int, float)) or data is None:
        return data
    if isinstance(data, np.ndarray):
        if data.dtype.kind not in "biuf":
            return None
        listed_values: Any = data.tolist()
        return listed_values
    offered = _from_object(data)
    if offered is not None:
        return offered
    try:
        return float(data)
    except Exception:  # whatever it is, it is no number
        return None


def _texts(values: Sequence[Any]) -> list[Any]:
    """Return a list without marks in its texts."""
    return [unmarked(value) if isinstance(value, str) else value for value in values]


def _from_object(source: Any) -> Any:
    """Return what an object of a framework keeps, by what it offers; None if it offers nothing."""
    if isinstance(source, (str, bytes, int, float, bool, type, np.ma.MaskedArray)) or source is None:
        return None
    for attribute in ("history", "log_history", "state"):
        value = getattr(source, attribute, None)
        if isinstance(value, Mapping):
            epoch = getattr(source, "epoch", None)
            whole = {"epoch": list(epoch)} if isinstance(epoch, (list, tuple)) and len(epoch) else {}
            return {**whole, **_plain(value)}
        if isinstance(value, list) and value:
            return _plain(value)
        rows = getattr(value, "log_history", None) if attribute == "state" else None
        if isinstance(rows, list):
            return _plain(rows)
    if isinstance(getattr(source, "loss_curve_", None), (list, tuple)):
        scores = getattr(source, "validation_scores_", None)
        return {"loss_curve_": list(source.loss_curve_)} | (
            {"validation_scores_": list(scores)} if scores is not None else {}
        )
    names = getattr(source, "columns", None)
    if names is not None and hasattr(source, "__getitem__") and hasattr(source, "__len__") and not callable(names):
        try:
            columns = {unmarked(str(key)): _texts(list(source[key])) for key in list(names)[:1000]}
            index = getattr(source, "index", None)
            label = getattr(index, "name", None)
            return {**({unmarked(str(label)): _texts(list(index))} if label and index is not None else {}), **columns}
        except Exception:  # it only looks like a table
            return None
    if isinstance(source, np.ndarray) and source.dtype.names and source.ndim == 1:
        return {name: source[name].tolist() for name in source.dtype.names}
    if isinstance(source, np.ndarray) and source.ndim in (1, 2) and source.dtype.kind in "biuf" and source.size:
        return source.tolist()
    return None


def _from_path(path: Path) -> list[Piece]:
    """Return the files at a path."""
    try:
        if path.is_dir():
            paths = sorted(entry for entry in path.rglob("*") if entry.is_file() and not entry.name.startswith("."))
            if len(paths) > MAX_SOURCES:
                raise CurveError(
                    f"The folder has {len(paths):,} files, and at most {MAX_SOURCES} are read at once: name the files."
                )
            return [
                replace(piece, name=entry.relative_to(path).as_posix())
                for entry in paths
                for piece in _several([("", entry)])
            ]
        if not path.is_file() and path.exists():  # what waits for a writer, or never ends
            raise CurveError(f"{checks.shown(path.name)} is no ordinary file and no folder: {RIGHT}.")
        with path.open("rb") as file:
            return [_from_bytes(file.read(MAX_EVENT_BYTES + 1), path.name)]
    except (OSError, ValueError) as error:
        if isinstance(error, CurveError):
            raise
        reason = getattr(error, "strerror", None) or "no such file"
        raise CurveError(f"The file {checks.shown(path.name)} cannot be opened: {str(reason).lower()}.") from None


def _too_large() -> str:
    return f"The log has more than {MAX_BYTES / 1e6:g} MB, and no more are read: leave rows out."


def _from_bytes(content: bytes, name: str) -> Piece:
    """Return bytes as a piece: an event file as it is, else as text."""
    if events.is_events(content) and len(content) <= MAX_EVENT_BYTES:
        return Piece(name, content=content)
    if len(content) > MAX_BYTES:
        raise CurveError(_too_large())
    if "tfevents" in name.lower():
        raise CurveError(
            "The file is named as TensorBoard's event files are, and its first bytes are none: it is damaged."
        )
    for start, kind in BINARY.items():
        if content.startswith(start):
            raise CurveError(f"The file is {kind}: {RIGHT}.")
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1" if not utf16 else "utf-16", "replace")
        if utf16 or re.search(r"[\x80-\x9f]", text):
            rest = content.decode("utf-8", "replace")
            text = rest if rest.count("\ufffd") <= len(content) / 50 else text
    return _from_text(text, name)


def _from_text(text: str, name: str) -> Piece:
    """Return a text as a piece, without marks of order, colours and bars drawn over themselves."""
    if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        raise CurveError(_too_large())
    text = text.lstrip("\ufeff")  # no strip: a tab at the end of a line is an empty cell
    if not text.strip():
        raise CurveError(f"There is nothing to read: {RIGHT}.")
    text = plain(text)
    text = re.sub(r"[\u2028\u2029\x0b\x0c\x85]", "\n", console.clean(text))
    if text.count("\n") > MAX_LINES:
        raise CurveError(
            f"The log has more than {MAX_LINES:,} lines, and no more are read: keep every second, or fewer."
        )
    if QUOTED.match(text) and all(line[:1] == ">" or not line.strip() for line in text.split("\n")):
        text = re.sub(r"^>[ ]?", "", text, flags=re.M)  # as mails and issues quote
    junk = re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text)
    if junk:
        line = text.count("\n", 0, junk.start()) + 1
        raise CurveError(f"Line {line} has a character that is no text: the file is binary, or not in UTF-8.")
    return Piece(name, text=text)


def notebook(text: str) -> str:
    """Return what the cells of a notebook printed; "" if the text is none.

    Raises
    ------
    CurveError
        If it is a notebook whose cells or outputs are no lists of mappings.
    """
    if '"nbformat"' not in text or '"cells"' not in text:
        return ""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(whole, dict) or not {"nbformat", "cells"} <= whole.keys():
        return ""
    printed = []
    for cell in _mappings(whole["cells"], "cells"):
        for output in _mappings(cell.get("outputs"), "outputs"):
            data = output.get("data")
            held = data if isinstance(data, dict) else {}
            for part in (output.get("text"), held.get("text/html"), held.get("text/plain")):
                if part:
                    printed.append("".join(map(str, part)) if isinstance(part, list) else str(part))
                    break
    return console.clean("\n".join(printed))


def _mappings(value: Any, name: str) -> list[dict[str, Any]]:
    """Return a list of mappings of a notebook, none where it is missing."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise CurveError(f"The notebook is damaged: its {name!r} must be a list of mappings. Save it anew, or {RIGHT}.")
    return value
