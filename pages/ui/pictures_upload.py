"""A person's own picture: checked before it is decoded, made small, kept nowhere; and small pictures as data URLs."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from pages.ui import controls

R = TypeVar("R")

MAX_BYTES = 8_000_000  # .streamlit/config.toml lets no more than 8 MiB through
MAX_PIXELS = 16_000_000  # a telephone's picture has 12 million
SIDES = (8, 8000)  # pixels of a side, the least and the most
BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # of PNG and JPEG
TURN, BOX = 274, Image.Resampling.BOX  # the EXIF tag of how the camera was held; the mean of the pixels
SIDE = 64  # pixels of the square that is kept
SMOOTH = 24  # pixels from which on a picture is sent as JPEG


class Refused(ValueError):
    """The file cannot be used; its text is one sentence for the person."""


def ask() -> Any:
    """Ask for a picture; return the upload, or None."""
    hint = f"At most {MAX_BYTES / 1e6:g} MB. It is made {SIDE} pixels small and is not stored."
    uploaded = st.file_uploader("PNG or JPEG", key=controls.key("upload"), max_upload_size=8, help=hint)
    st.caption("It stays in this session and is not stored; a link does not hold it.")
    return uploaded


def of_session(place: str, uploaded: Any, make: Callable[..., R], *given: Any) -> R:
    """Return `make(picture, *given)`; this person's session alone keeps it, at that place, and only the last one."""
    asked = (uploaded.file_id, *given)
    last: tuple[Any, R] | None = st.session_state.get(place)
    if last is None or last[0] != asked:
        last = st.session_state[place] = asked, make(read(uploaded.getvalue()), *given)
    return last[1]


def read(body: bytes) -> Any:
    """Return the middle square of a PNG or JPEG picture as an array (SIDE, SIDE, 3) from 0 to 1.

    Size and kind are read from the header, so that a small file that would unpack to a huge picture is refused before
    it is unpacked.
    """
    if len(body) > MAX_BYTES:
        raise Refused(f"The file has {len(body) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB can be read.")
    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as picture:
            _check(picture)
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than needed
            picture.load()
            return np.asarray(_square(picture), np.float32) / 255
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(f"The picture has too many pixels; at most {MAX_PIXELS:,} can be read.") from None
    except Exception:  # a decoder may raise anything on a damaged file
        if not body.startswith(BEGINNINGS):
            raise Refused("The file is not a PNG or JPEG picture.") from None
        raise Refused("The picture is cut off or damaged: it cannot be read to its end.") from None


def _check(picture: Image.Image) -> None:
    width, height = picture.size
    if min(width, height) < SIDES[0] or max(width, height) > SIDES[1]:
        raise Refused(f"A picture's sides must be from {SIDES[0]} to {SIDES[1]:,} pixels, got {width:,} x {height:,}.")
    if width * height > MAX_PIXELS:
        raise Refused(f"The picture has {width * height:,} pixels; at most {MAX_PIXELS:,} can be read.")
    # A camera's JPEG may hold a second, larger view (format MPO): its first one is a still picture.
    if picture.format == "PNG" and getattr(picture, "n_frames", 1) > 1:
        raise Refused("The picture is animated; only a still one can be read.")


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = ((length - side) // 2 for length in picture.size)
    turn = picture.getexif().get(TURN)
    middle = picture.crop((left, top, left + side, top + side))  # first, since all that follows takes memory
    if middle.mode.startswith(("I", "F")):  # 16 bits of gray
        levels = np.asarray(middle, np.float32)
        middle = Image.fromarray((levels / 257 if levels.max() > 255 else levels).astype(np.uint8))
    small = middle.convert("RGBA" if middle.has_transparency_data else "RGB").resize((SIDE, SIDE), BOX)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
    if turn is not None:
        small.getexif()[TURN] = turn
    return ImageOps.exif_transpose(small)


def url(image: Any) -> str:
    """Return an image, an array (height, width, 1 or 3) clipped to 0 to 1, as a data URL."""
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    drawn, out = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels), io.BytesIO()
    kind = "jpeg" if max(drawn.size) > SMOOTH else "png"
    drawn.save(out, kind, quality=82)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
