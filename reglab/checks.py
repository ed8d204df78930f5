"""What public functions ask of their arguments: each check returns the argument as it is used, or raises one sentence.

The sentence names the argument, what it must be, and what it got. Checks stand where a person hands something in. What
the trainer calls at every step checks nothing: it is the function of the same name with an underscore before it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from numbers import Real
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MANY",
    "ROOM",
    "array",
    "fits",
    "flag",
    "function",
    "instance",
    "labels",
    "mapping",
    "number",
    "numbers",
    "one_of",
    "out",
    "room",
    "rounds",
    "seeds",
    "several",
    "shown",
    "sizes",
    "squares",
    "stream",
    "text",
    "texts",
    "whole",
    "wholes",
]

T = TypeVar("T")
Numbers: TypeAlias = NDArray[np.floating[Any]]

MANY = 100_000  # rounds of a loop: more would take minutes
ROOM = 25_000_000  # numbers that a call makes at once, 200 megabytes
MOST_SQUARES = 1e150
LARGEST = 2**63 - 1  # of NumPy's whole numbers


def shown(value: object) -> str:
    """Return a value's text on one line of at most 60 characters.

    Examples
    --------
    >>> shown(0.5), shown(10**5000)
    ('0.5', 'a number of type int')
    """
    if isinstance(value, (np.ndarray, np.generic)) and not value.ndim:
        value = value.item()  # 0.5 rather than np.float64(0.5)
    try:
        line = " ".join(repr(value).split())
    except Exception:  # of whole numbers of thousands of digits Python makes no text
        return f"a number of type {type(value).__name__}"
    return line if len(line) <= 60 else f"{line[:57]}..."


def number(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> float:
    """Return a finite number in [low, high], in [low, high) with `high_open`, or above low with `low_open`.

    A Decimal is none, in an array neither: Python multiplies it with no float.

    Examples
    --------
    >>> number("dropout", 1.0, 0, 1, high_open=True)
    Traceback (most recent call last):
        ...
    ValueError: dropout must be in [0, 1), got 1.0
    """
    as_float = _as_float(value)
    if not (math.isfinite(as_float) and low <= as_float <= high) or (high_open and as_float >= high):
        raise ValueError(f"{name} must be {_bounds(low, high, high_open)}, got {shown(value)}")
    if low_open and as_float == low:
        raise ValueError(f"{name} must be above {low:g}, got {shown(value)}")
    return as_float


def whole(name: str, value: Any, low: int, high: int = LARGEST) -> int:
    """Return a whole number in low to high.

    Examples
    --------
    >>> whole("max_steps", 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: max_steps must be a whole number of at least 1, got 0
    """
    try:
        as_int = low - 1 if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        as_int = low - 1
    if as_int < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, got {shown(value)}")
    if as_int > high:
        raise ValueError(f"{name} must be at most {high}, got {shown(value)}")
    return as_int


def flag(name: str, value: Any) -> bool:
    """Return True or False, which nothing else stands for.

    Examples
    --------
    >>> flag("residual", "no")
    Traceback (most recent call last):
        ...
    ValueError: residual must be True or False, got 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def one_of(name: str, value: Any, names: Iterable[str], said: str | None = None) -> str:
    """Return one of several names; `said` is how they are listed.

    Examples
    --------
    >>> one_of("optimizer", "rmsprop", ("sgd", "adam"))
    Traceback (most recent call last):
        ...
    ValueError: optimizer must be one of sgd, adam, got 'rmsprop'
    """
    known = tuple(names)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be {said or 'one of ' + ', '.join(known)}, got {shown(value)}")
    return value


def text(name: str, value: Any, most: int = MANY) -> str:
    """Return text of at most so many characters.

    Examples
    --------
    >>> text("name", 5)
    Traceback (most recent call last):
        ...
    ValueError: name must be text of at most 100000 characters, got int
    """
    if not isinstance(value, str) or len(value) > most:
        got = len(value) if isinstance(value, str) else type(value).__name__
        raise ValueError(f"{name} must be text of at most {most} characters, got {got}")
    return value


def instance(name: str, value: Any, kind: type[T]) -> T:
    """Return what is of a kind.

    Examples
    --------
    >>> instance("rows", None, list)
    Traceback (most recent call last):
        ...
    ValueError: rows must be a list, got None
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0].lower() in "aeiou" else "a"
        raise ValueError(f"{name} must be {article} {kind.__name__}, got {shown(value)}")
    return value


def function(name: str, value: Any) -> Callable[..., Any]:
    """Return what can be called.

    Examples
    --------
    >>> function("progress", 0.5)
    Traceback (most recent call last):
        ...
    ValueError: progress must be a function, got 0.5
    """
    if not callable(value):
        raise ValueError(f"{name} must be a function, got {shown(value)}")
    typed: Callable[..., Any] = value
    return typed


def texts(name: str, value: Any, most: int = MANY) -> list[str]:
    """Return the texts of a sequence, each of at most so many characters.

    Examples
    --------
    >>> texts("words", ("a", "pie"))
    ['a', 'pie']
    >>> texts("words", ["a", 5])
    Traceback (most recent call last):
        ...
    ValueError: words must be text of at most 100000 characters, got int
    """
    items = several(name, value)
    return [item if type(item) is str and len(item) <= most else text(name, item, most) for item in items]


def several(name: str, value: Any, least: int = 0, most: int = MANY, each: str = "value") -> tuple[Any, ...]:
    """Return what is in a sequence, an array or a generator, of which the least may be one.

    Examples
    --------
    >>> several("shares", [0.0, 0.5])
    (0.0, 0.5)
    >>> several("shares", 0.5)
    Traceback (most recent call last):
        ...
    ValueError: shares must be a sequence, got 0.5
    """
    try:
        if isinstance(value, (str, bytes, Mapping, set, frozenset)):  # one thing, or without an order
            raise TypeError
        items = tuple(islice(value, most + 1))
    except TypeError:
        raise ValueError(f"{name} must be a sequence, got {shown(value)}") from None
    if len(items) < least:
        raise ValueError(f"{name} must have at least one {each}, got none")
    if len(items) > most:
        raise ValueError(f"{name} must have at most {most} {each}s, got more")
    return items


def mapping(name: str, value: Any) -> Mapping[Any, Any]:
    """Return what maps names to values.

    Examples
    --------
    >>> mapping("axes", ["l2"])
    Traceback (most recent call last):
        ...
    ValueError: axes must be a mapping, such as a dict, got ['l2']
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a mapping, such as a dict, got {shown(value)}")
    return value


def seeds(name: str, value: Any, most: int = 10_000) -> tuple[int, ...]:
    """Return seeds: 0, 1, ... where a number of them is given, else those listed.

    Examples
    --------
    >>> seeds("seeds", 3), seeds("seeds", [7, 7])
    ((0, 1, 2), (7, 7))
    """
    if not hasattr(value, "__iter__"):
        return tuple(range(whole(name, value, 1, most)))
    listed = several(name, value, most=most)
    if not listed:
        raise ValueError(f"{name} must be a number of seeds or a sequence of at least one, got none")
    return tuple(whole(name, seed, 0) for seed in listed)


def sizes(name: str, value: Any, axes: Sequence[int] | None = None, low: int = 0) -> tuple[int, ...]:
    """Return the shape of an array that fits the memory, with one of so many axes.

    Examples
    --------
    >>> sizes("shape", (32, 64))
    (32, 64)
    >>> sizes("shape", (10**6, 10**6))
    Traceback (most recent call last):
        ...
    ValueError: shape must be of at most 25000000 numbers, got (1000000, 1000000)
    """
    shape = tuple(whole(name, size, low) for size in several(name, value, most=32))
    if axes is not None and len(shape) not in axes:
        raise ValueError(f"{name} must have {' or '.join(map(str, axes))} sizes, got {shown(value)}")
    if math.prod(shape) > ROOM:
        raise ValueError(f"{name} must be of at most {ROOM} numbers, got {shown(value)}")
    return shape


def room(**counts: int) -> None:
    """Raise where the product of counts, which are the sizes of what will be made, does not fit the memory.

    Examples
    --------
    >>> room(resamples=10**6, points=400)
    Traceback (most recent call last):
        ...
    ValueError: resamples * points must be at most 25000000, got 400000000
    """
    _at_most(ROOM, counts)


def rounds(**counts: int) -> None:
    """Raise where the product of counts, which are how often loops within each other run, would take minutes.

    Examples
    --------
    >>> rounds(passes=1000, blocks=54)
    """
    _at_most(MANY, counts)


def array(name: str, value: Any, kinds: str = "biuf", what: str = "numbers") -> NDArray[Any]:
    """Return an array of one of these kinds of numbers (`numpy.dtype.kind`).

    Text, dates, complex and masked numbers, and rows of unlike lengths are refused: NumPy would turn some of them into
    other numbers without a word.

    Examples
    --------
    >>> array("labels", [0, 1], "iu")
    array([0, 1])
    >>> array("labels", ["cat"], "iu", "whole numbers")
    Traceback (most recent call last):
        ...
    ValueError: labels must be whole numbers, got ['cat']
    >>> array("labels", [1.0], "iu", "whole numbers")
    Traceback (most recent call last):
        ...
    ValueError: labels must be whole numbers, got [1.0], of the type float64: astype(int) makes whole numbers of them
    """
    wrong = f"{name} must be {what}, got "
    if hasattr(value, "__len__") and not isinstance(value, np.ndarray) and (length := _length(value)) > ROOM:
        raise ValueError(f"{wrong}{length} of them, more than {ROOM}")
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(f"{wrong}masked values")
    try:
        converted = np.asarray(value)
        if converted.dtype.kind == "O" and "f" in kinds and "O" not in kinds:  # such as a column of a table
            converted = _from_objects(converted)
    except Exception:  # whatever the value's own conversion raises
        raise ValueError(wrong + shown(value) + _how_to_convert(value)) from None
    if not converted.size and converted.dtype.kind == "f":  # an empty list is of any kind
        converted = converted.astype(converted.dtype if "f" in kinds else np.int64)
    if converted.dtype.kind not in kinds or (converted.dtype.kind == "b" and converted.ndim == 0):
        of_floats = converted.dtype.kind == "f" and bool(
            (converted == np.round(converted)).all()
        )  # whole, but not by their type
        as_type = f", of the type {converted.dtype}: astype(int) makes whole numbers of them" if of_floats else ""
        raise ValueError(wrong + shown(value) + (as_type or _how_to_convert(value)))
    return converted


def _how_to_convert(value: Any) -> str:
    """Say what makes an array of a value that is none, where that is known."""
    if hasattr(value, "detach"):
        narrow = ".float()" if "bfloat16" in str(getattr(value, "dtype", "")) else ""  # which NumPy does not have
        return f": detach().cpu(){narrow}.numpy() makes an array of a tensor"
    sparse = hasattr(value, "toarray") and not isinstance(value, np.ndarray)
    return ": toarray() makes an array of a sparse matrix" if sparse else ""


def labels(name: str, value: Any) -> NDArray[Any]:
    """Return an array of labels of one kind: text, truth values or numbers.

    Examples
    --------
    >>> labels("y", ["cat", "dog"])
    array(['cat', 'dog'], dtype='<U3')
    >>> labels("y", ["cat", None])
    Traceback (most recent call last):
        ...
    ValueError: y must be labels of one kind, text, truth values or numbers, got ['cat', None]
    """
    what = "labels of one kind, text, truth values or numbers"
    converted = array(name, value, "biufUO", what)
    if converted.dtype.kind != "O":
        return converted
    kinds: dict[type, type] = {bool: bool, np.bool_: bool, str: str}
    each = {kinds.get(type(label), float if isinstance(label, Real) else object) for label in converted.flat}
    if len(each) != 1 or object in each:
        raise ValueError(f"{name} must be {what}, got {shown(value)}")
    try:
        return converted.astype(each.pop())
    except (OverflowError, ValueError):
        raise ValueError(f"{name} must be {what}, got {shown(value)}") from None


def numbers(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    high_open: bool = False,
    finite: bool = True,
    what: str = "numbers",
) -> Numbers:
    """Return a floating-point array, or a number as one without axes, all of it in [low, high] or [low, high).

    Floats keep their precision; whole numbers become floats as NumPy has it (uint8 float32, int64 float64). With
    `finite=False`, and without bounds, NaN and infinity stand.

    Examples
    --------
    >>> numbers("rate", [0, 1], 0, 1)
    array([0., 1.])
    >>> numbers("rate", [0.5, 1], 0, 1, high_open=True)
    Traceback (most recent call last):
        ...
    ValueError: rate must be in [0, 1), got 1
    """
    bounded = low > -math.inf or high < math.inf
    converted = array(name, value, what=_bounds(low, high, high_open) if bounded else what)
    converted = converted if converted.dtype.kind == "f" else converted.astype(np.result_type(converted, np.float32))
    if not (finite or bounded) or not converted.size:
        return converted
    right = (converted >= low) & ((converted < high) if high_open else (converted <= high))
    right &= np.isfinite(converted) | (not finite)
    if not right.all():
        got = shown(value) if converted.ndim == 0 else f"{converted[~right].flat[0]:g}"
        raise ValueError(f"{name} must be {_bounds(low, high, high_open) if bounded else 'finite'}, got {got}")
    return converted


def wholes(name: str, value: Any, low: int, high: int) -> NDArray[np.int64]:
    """Return an array of whole numbers from low to high, or one of them as an array without axes.

    Examples
    --------
    >>> wholes("row", [0, 8], 0, 7)
    Traceback (most recent call last):
        ...
    ValueError: row must be whole numbers from 0 to 7, got [0, 8]
    """
    what = f"whole numbers from {low} to {high}"
    converted = array(name, value, "iu", what)
    if converted.size and not low <= converted.min() <= converted.max() <= high:
        raise ValueError(f"{name} must be {what}, got {shown(value)}")
    return converted.astype(np.int64, copy=False)


def squares(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an array whose squares add up to at most 1e150, so that products of four of its numbers are finite.

    Examples
    --------
    >>> squares("X", np.array([1e80, 1.0]))
    Traceback (most recent call last):
        ...
    ValueError: X must hold numbers whose squares add up to at most 1e+150, got 1e+80 among them
    """
    with np.errstate(over="ignore"):
        total = np.vdot(value, value)
    if not total <= MOST_SQUARES:
        most = f"numbers whose squares add up to at most {MOST_SQUARES:g}"
        raise ValueError(f"{name} must hold {most}, got {np.abs(value).max():g} among them")
    return value


def fits(name: str, shape: tuple[int, ...], other_name: str, other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that two arrays broadcast to.

    Examples
    --------
    >>> fits("rate", (2,), "h", (3,))
    Traceback (most recent call last):
        ...
    ValueError: rate must broadcast with h, of the shape (3,), got the shape (2,)
    """
    try:
        both = np.broadcast_shapes(shape, other)
    except ValueError:
        asked = f"{name} must broadcast with {other_name}, of the shape {other}"
        raise ValueError(f"{asked}, got the shape {shape}") from None
    if math.prod(both) > max(ROOM, math.prod(shape), math.prod(other)):
        raise ValueError(f"{name} and {other_name} must make at most {ROOM} numbers together, got {math.prod(both)}")
    return both


def out(name: str, value: Any, other_name: str, other: NDArray[Any]) -> NDArray[Any] | None:
    """Return the array to write a result to, which is to have the shape and precision of another; None makes one.

    Examples
    --------
    >>> out("out", np.zeros(2, int), "w", np.zeros(2))
    Traceback (most recent call last):
        ...
    ValueError: out must be an array like w, of float64 and the shape (2,), got int64 and (2,)
    """
    if value is None:
        return None
    asked = f"{name} must be an array like {other_name}, of {other.dtype} and the shape {other.shape}"
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{asked}, got {shown(value)}")
    if (value.shape, value.dtype) != (other.shape, other.dtype):
        raise ValueError(f"{asked}, got {value.dtype} and {value.shape}")
    return value


def stream(name: str, value: Any, *, none: bool = False, many: bool = False, legacy: bool = False) -> Any:
    """Return a random stream: a Generator; where it may be, a list of them, NumPy's older RandomState, or None.

    Examples
    --------
    >>> stream("rng", 42, none=True)
    Traceback (most recent call last):
        ...
    ValueError: rng must be a numpy.random.Generator or None, got 42
    """

    def is_one(rng: Any) -> bool:
        return hasattr(rng, "bit_generator") or (legacy and isinstance(rng, np.random.RandomState))

    listed = many and isinstance(value, (list, tuple)) and len(value) and all(map(is_one, value))
    if not is_one(value) and not listed and not (none and value is None):
        parts = ["a numpy.random.Generator"]
        parts += ["a RandomState"] * legacy + ["a list of them (one per seed)"] * many + ["None"] * none
        said = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"
        raise ValueError(f"{name} must be {said}, got {shown(value)}")
    return value


def _at_most(most: int, counts: dict[str, int]) -> None:
    if math.prod(counts.values()) > most:
        raise ValueError(f"{' * '.join(counts)} must be at most {most}, got {math.prod(counts.values())}")


def _bounds(low: float, high: float, high_open: bool) -> str:
    if high < math.inf:
        return f"in [{low:g}, {high:g}{')' if high_open else ']'}"
    return f"a number from {low:g} up" if low > -math.inf else "a finite number"


def _as_float(value: Any) -> float:
    """Return a number as a float: NaN for what is none, such as text, a truth value, or one beyond all floats."""
    if type(value) is float or (type(value) is int and -LARGEST <= value <= LARGEST):
        return float(value)
    others: tuple[type, ...] = (bool, np.bool_, str, bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)
    others += (np.ma.MaskedArray, Decimal)  # of which no product with a float is made
    if isinstance(value, others) or not hasattr(value, "__float__") or getattr(value, "ndim", None):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _from_objects(values: NDArray[Any]) -> Numbers:
    if not all(isinstance(value, Real) and not isinstance(value, bool) for value in values.flat):
        raise TypeError
    return np.array([float(value) for value in values.flat]).reshape(values.shape)


def _length(value: Any) -> int:
    try:
        return len(value)
    except (TypeError, OverflowError):  # an array without axes; a range beyond all counting
        return LARGEST if isinstance(value, range) else 0
