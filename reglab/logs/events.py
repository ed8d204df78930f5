"""TensorBoard's event files: records of a length, a checksum, a protobuf message `Event` and its checksum.

Only the fields that a scalar needs are parsed: the step, the tag, and its value as `simple_value` or as a tensor of
rank 0, which TensorFlow 2 writes. The rest of a message is passed over, unread.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np

from reglab.logs.curve import CurveError
from reglab.logs.names import meaning_of
from reglab.logs.raw import Piece, RawRun, listed

__all__ = ["is_events", "masked_crc", "read", "scalars"]

MAX_RECORDS = 400_000
MAX_VALUES = 400_000  # of all records, scalars or not
MAX_TAGS = 100
SMALL = 4096  # bytes of a record whose own checksum is tested too: that of a picture would take long
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}  # of a tensor's content


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC = _table()


def masked_crc(data: bytes) -> int:
    """Return the masked CRC-32C of bytes, as records have it.

    Examples
    --------
    >>> hex(masked_crc(bytes(8)))
    '0x7980329'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC[(value ^ byte) & 0xFF] ^ (value >> 8)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_events(content: bytes) -> bool:
    """Tell whether bytes begin as an event file does."""
    return len(content) >= 12 and struct.unpack_from("<I", content, 8)[0] == masked_crc(content[:8])


def read(piece: Piece) -> list[RawRun]:
    """Return the run in an event file."""
    if not piece.content or not is_events(piece.content):
        return []
    series, damaged = scalars(piece.content)
    if not series:
        raise CurveError(
            "This is a TensorBoard event file without scalars: add the one that the losses were written to."
        )
    notes = ["Read as a TensorBoard event file."]
    if damaged:
        notes.append(f"The file is damaged or cut at byte {damaged:,}: what stands before is read.")
    if len(series) > MAX_TAGS:
        tags = sorted(series, key=lambda tag: meaning_of(tag).kind not in ("loss", "accuracy"))[:MAX_TAGS]
        notes.append(f"Left out {len(series) - MAX_TAGS} of {len(series)} tags.")
        series = {tag: series[tag] for tag in tags}
    if any(meaning_of(tag).kind == "" for tag in series):
        notes.append(f"Its tags: {listed(series)}.")
    rows = sorted({row for points in series.values() for row in points})
    at = {row: number for number, row in enumerate(rows)}
    columns = {"step": np.array([step for _, step in rows], np.float64)}
    for tag, points in series.items():
        column = np.full(len(rows), np.nan)
        column[[at[row] for row in points]] = [value if math.isfinite(value) else math.inf for value in points.values()]
        columns[tag if tag != "step" else "step (tag)"] = column
    epochs = any(tag.startswith("epoch_") for tag in series)
    # Keras writes these tags into the file of the validation alone.
    held_out = any(tag.startswith("evaluation_") for tag in series)
    return [RawRun(columns, tuple(notes), name="validation" if held_out else "", unit="epoch" if epochs else None)]


def scalars(content: bytes) -> tuple[dict[str, dict[tuple[int, int], float]], int]:
    """Return the scalars of an event file by tag, and the byte where it is damaged, 0 if it is whole.

    Each tag maps (restart, step) to a value: a step that falls begins a restart.

    Raises
    ------
    CurveError
        If it has more than 400 000 records or values.
    """
    series: dict[str, dict[tuple[int, int], float]] = {}
    last: dict[str, int] = {}
    restart, at, records = 0, 0, 0
    left = [MAX_VALUES]
    while at < len(content):
        if at + 12 > len(content):
            return series, at
        (length, crc) = struct.unpack_from("<QI", content, at)
        if crc != masked_crc(content[at : at + 8]) or at + 16 + length > len(content):
            return series, at
        data = content[at + 12 : at + 12 + length]
        if length <= SMALL and struct.unpack_from("<I", content, at + 12 + length)[0] != masked_crc(data):
            return series, at
        records += 1
        if records > MAX_RECORDS:
            raise CurveError(f"The event file has more than {MAX_RECORDS:,} records: log less often.")
        try:
            entries = list(_event(data, left))
        except CurveError:
            raise
        except (ValueError, IndexError, struct.error):
            return series, at
        for step, tag, value in entries:
            if step < last.get(tag, step):
                restart += 1
                last = {}
            last[tag] = step
            series.setdefault(tag, {})[restart, step] = value
        at += 16 + length
    return series, 0


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield the number, the wire type and the value of each field of a protobuf message."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == 1:
            size = 8
        elif wire == 5:
            size = 4
        elif wire == 2:
            size, at = _varint(data, at)
        else:
            raise ValueError("a wire type that is not used")
        if at + size > end:
            raise ValueError("a field that is longer than its message")
        yield number, wire, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number that is too long")


def _event(data: bytes, left: list[int]) -> Iterator[tuple[int, str, float]]:
    """Yield the step, tag and value of each scalar of an event; left: how many values may still come."""
    step, summaries = 0, []
    for number, wire, value in _fields(data):
        if number == 2 and wire == 0 and isinstance(value, int):
            step = value if value < 2**63 else value - 2**64
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for number, _, value in _fields(summary):
            left[0] -= 1
            if left[0] < 0:
                raise CurveError(f"The event file has more than {MAX_VALUES:,} values: log less often.")
            if number == 1 and isinstance(value, bytes):
                tag, scalar = _value(value)
                if tag and scalar is not None:
                    yield step, tag, scalar


def _value(data: bytes) -> tuple[str, float | None]:
    """Return the tag of a summary's value, and the scalar if it is one."""
    tag, scalar = "", None
    for number, wire, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            tag = value.decode("utf-8", "replace")[:200]
        elif number == 2 and wire == 5 and isinstance(value, bytes):
            scalar = struct.unpack("<f", value)[0]
        elif number == 8 and isinstance(value, bytes):
            scalar = _tensor(value)
    return tag, scalar


def _tensor(data: bytes) -> float | None:
    """Return the value of a tensor of rank 0; None if it is another."""
    kind, rank, content = 0, 0, None
    for number, wire, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            rank = sum(1 for field, *_ in _fields(value) if field == 2)
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in (5, 6) and isinstance(value, bytes):
            content, kind = value, 1 if number == 5 else 2
        elif number in (7, 10) and isinstance(value, int) and wire == 0:
            return float(value) if not rank else None
    if rank or content is None or kind not in TYPES or len(content) != np.dtype(TYPES[kind]).itemsize:
        return None
    return float(np.frombuffer(content, TYPES[kind])[0])
