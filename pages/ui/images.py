"""Small pictures as PNG, without a library: for image marks, which scale them up pixel by pixel (style.css)."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

Pixel = tuple[int, int, int, int]  # red, green, blue, opacity, each 0 to 255


def png(rows: Iterable[Sequence[Pixel]]) -> str:
    """Return a picture as a data URL.

    >>> png([[(255, 0, 0, 255), (0, 0, 0, 0)]])[:40]
    'data:image/png;base64,iVBORw0KGgoAAAANSU'
    """
    lines = [b"\0" + bytes(value for pixel in row for value in pixel) for row in rows]  # 0: no filter
    header = struct.pack(">IIBBBBB", (len(lines[0]) - 1) // 4, len(lines), 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 6)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def pixels(image: Any) -> list[dict[str, Any]]:
    """Return the values of an image, an array (height, width, channels), as rows to download.

    >>> import numpy as np
    >>> pixels(np.array([[[0.5]]]))
    [{'row': 0, 'column': 0, 'channel': 0, 'value': 0.5}]
    """
    return [
        {"row": row, "column": column, "channel": channel, "value": value}
        for row, line in enumerate(image.tolist())
        for column, pixel in enumerate(line)
        for channel, value in enumerate(pixel)
    ]
