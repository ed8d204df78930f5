"""Numbers as a person types them, on a page as in a terminal: points and commas are read by their pattern."""

from __future__ import annotations

import math
import re

from reglab import checks

__all__ = ["as_count", "as_number", "as_shape", "as_shares", "is_ambiguous"]


def as_number(text: str) -> float | None:
    """Return the finite number that the text writes; None if it writes none.

    Commas and points are read by their pattern: groups of three digits are thousands, any other single comma is a
    decimal one, and so is the last of both kinds.

    >>> as_number(" 0,38 "), as_number("1e-3"), as_number("1e999"), as_number("nan")
    (0.38, 0.001, None, None)
    >>> as_number("5,000"), as_number("12,500,000"), as_number("1,234.5"), as_number("1.234,5")
    (5000.0, 12500000.0, 1234.5, 1234.5)
    """
    plain = text.strip().replace("\u2212", "-")
    number = re.fullmatch(r"([-+]?)([\d.,]*)((?:[eE][-+]?\d+)?)", plain)
    if number:
        sign, digits, power = number.groups()
        if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d*)?", digits):
            digits = digits.replace(",", "")
        elif re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+,\d*", digits) or re.fullmatch(r"[1-9]\d{0,2}(\.\d{3}){2,}", digits):
            digits = digits.replace(".", "").replace(",", ".")
        elif digits.count(",") == 1 and "." not in digits:
            digits = digits.replace(",", ".")
        plain = sign + digits + power
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def as_count(text: str) -> float | None:
    """Return the number that a text writes as whole ones are written; None if it writes none.

    Points and commas part its thousands, and are no decimal ones: "5.000" is what "5,000" is, and "5,00" is neither.

    >>> as_count("5000"), as_count("5,000"), as_count("5.000"), as_count("1 250 000"), as_count("1e4")
    (5000.0, 5000.0, 5000.0, 1250000.0, 10000.0)
    >>> as_count("5,00"), as_count("5.5"), as_count("1.234,5")
    (None, None, None)
    """
    plain = text.strip()
    if re.fullmatch(r"[1-9]\d{0,2}([.,_' \u2019\u00a0\u202f])\d{3}(?:\1\d{3})*", plain):
        return float(re.sub(r"\D", "", plain))
    return None if re.search(r"[.,]", plain) else as_number(plain)


def as_shares(text: str) -> list[float]:
    """Return how large each class is, from numbers with anything between them; nan for what is no number.

    >>> as_shares("90 % 10 %"), as_shares("0.9, 0.1"), as_shares("9,000 / 1,000"), as_shares("3,1")
    ([90.0, 10.0], [0.9, 0.1], [9000.0, 1000.0], [3.0, 1.0])
    """
    parts = [part for part in re.split(r"[\s;:/|%]+|,\s", text) if part]
    if len(parts) == 1:
        parts = parts[0].split(",")
    numbers = [as_number(part.strip(",")) for part in parts]
    return [math.nan if value is None else value for value in numbers]


def as_shape(text: str) -> tuple[int, ...] | None:
    """Return the size of an image: height and width, and its channels where they are told; None for anything else.

    Of an image of more numbers than a call makes at once there is no code, so that it is none either.

    >>> as_shape("28x28"), as_shape(" 32 × 32 × 3"), as_shape("28"), as_shape("0x28"), as_shape("9999x9999")
    ((28, 28), (32, 32, 3), None, None, None)
    """
    match = re.fullmatch(
        r"([1-9]\d{0,3})x([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?", re.sub(r"[×*X]", "x", "".join(text.split()))
    )
    sizes = tuple(int(size) for size in match.groups() if size) if match else ()
    return sizes if sizes and math.prod(sizes) <= checks.ROOM else None


def is_ambiguous(text: str) -> bool:
    """Tell whether a comma may be a decimal one: 1,204 is read as 1204.

    >>> is_ambiguous("1,204"), is_ambiguous("1,20"), is_ambiguous("1,204,000"), is_ambiguous("1,204.5")
    (True, False, False, False)
    """
    whole, _, part = text.strip().partition(",")
    return whole.isdigit() and whole[0] != "0" and len(whole) <= 3 and part.isdigit() and len(part) == 3
