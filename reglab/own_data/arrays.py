"""Arrays of one's own, or what becomes an array: lists, data frames, tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.own_data import MAX_NUMBERS, MAX_ROWS, MAX_WIDTH, findings, targets
from reglab.own_data.columns import listed
from reglab.own_data.encoding import is_rounded
from reglab.own_data.split import group_numbers, split

__all__ = ["KINDS", "MOST_TESTED", "Rows", "assemble", "fields", "inputs", "unit_of_pixels"]

KINDS = ("tabular", "image", "signal", "points")
UNITS = (255, 1023, 4095, 16383, 65535)  # of pixels of 8, 10, 12, 14 and 16 bits
LEAST = 4  # rows: two to train on, one to validate on, one to test on
MOST_TESTED = 0.9


@dataclass(frozen=True)
class Rows:
    """Inputs as they are trained on.

    Attributes
    ----------
    values : float32 array of shape (rows, features)
    names : tuple of str
        One per feature, or none.
    image_shape : tuple of int or None
    pixel_unit : float
        What pixels were divided by.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...] = ()
    image_shape: tuple[int, ...] | None = None
    pixel_unit: float = 1.0


def fields(
    x: Any,
    y: Any,
    x_test: Any = None,
    y_test: Any = None,
    *,
    task: str | None = None,
    kind: str | None = None,
    test_share: float = 0.25,
    groups: Any = None,
    seed: int = 0,
    n_classes: int | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    target_name: str = "",
    name: str = "own data",
    title: str | None = None,
) -> dict[str, Any]:
    """Return the fields of the `reglab.datasets.Dataset` that these arrays make: see its `from_arrays`.

    Examples
    --------
    >>> dataset = fields([[0.0], [1], [2], [3], [4], [5], [6], [7]], list("aabbaabb"))
    >>> len(dataset["x"]), len(dataset["x_test"]), dataset["class_names"]
    (6, 2, ('a', 'b'))
    """
    if (x_test is None) != (y_test is None):
        there, missing = ("x_test", "y_test") if y_test is None else ("y_test", "x_test")
        raise ValueError(f"{missing} must be there, since {there} is")
    rows = inputs("x", x, kind)
    y_values, names = targets.column("y", y)
    if len(y_values) != len(rows.values):
        raise ValueError(f"y must have one target for each row of x ({len(rows.values)}), got {len(y_values)}")
    tested = None
    if x_test is not None:
        tested = inputs("x_test", x_test, kind, rows.pixel_unit)
        if (tested.values.shape[1], tested.image_shape) != (rows.values.shape[1], rows.image_shape):
            asked = f"x_test must have rows like those of x, of {_shape(rows)}"
            raise ValueError(f"{asked}, got {_shape(tested)}")
        y_test_values, _ = targets.column("y_test", y_test)
        if len(y_test_values) != len(tested.values):
            asked = f"y_test must have one target for each row of x_test ({len(tested.values)})"
            raise ValueError(f"{asked}, got {len(y_test_values)}")
        if {y_values.dtype.kind, y_test_values.dtype.kind} & {
            "b",
            "U",
        } and y_values.dtype.kind != y_test_values.dtype.kind:
            raise ValueError(
                f"y_test must have labels like those of y, {checks.shown(y_values)}, got {checks.shown(y_test_values)}"
            )
        y_values = np.concatenate([y_values, y_test_values])
    images = rows.image_shape is not None
    target = targets.read(
        y_values,
        names,
        task=task,
        n_classes=n_classes,
        class_names=class_names,
        images=images,
        called="y" if tested is None else "y and y_test",
    )
    if feature_names is not None:
        named = checks.several("feature_names", feature_names, most=MAX_WIDTH)
        if len(named) != rows.values.shape[1]:
            asked = f"feature_names must be one for each column of x ({rows.values.shape[1]})"
            raise ValueError(f"{asked}, got {len(named)}")
        texts = [checks.text("feature_names", feature) for feature in named]
        rows = Rows(rows.values, _different("feature_names", texts), *_image(rows))
    made = assemble(
        rows.values,
        target,
        None if tested is None else tested.values,
        names=rows.names,
        test_share=test_share,
        groups=groups,
        seed=seed,
        columns=not images,
    )
    return {
        **made,
        "notes": (*made["notes"], *(_divided(rows.pixel_unit) if images else _rounded(x, rows.names))),
        "name": checks.text("name", name),
        "title": name if title is None else checks.text("title", title),
        "task": "image" if images else kind or "tabular",
        "image_shape": rows.image_shape,
        "pixel_unit": rows.pixel_unit,
        "target_name": checks.text("target_name", target_name),
        "source": "given as arrays",
        "licence": "not told",
    }


def inputs(name: str, x: Any, kind: str | None = None, pixel_unit: float | None = None) -> Rows:
    """Return inputs as rows of float32, with what was read of a data frame and of images.

    Raises
    ------
    ValueError
        If they are not finite numbers of the shape (rows, columns), (rows, height, width) or (rows, height, width,
        channels), or too many.

    Examples
    --------
    >>> rows = inputs("x", np.full((5, 4, 4), 255, np.uint8))
    >>> rows.values.max(), rows.image_shape
    (np.float32(1.0), (4, 4))
    """
    if kind is not None:
        checks.one_of("kind", kind, KINDS)
    try:
        array = checks.array(name, _table(x))
        with np.errstate(over="ignore"):
            values = checks.numbers(name, array.astype(np.float32, copy=False))
    except ValueError as error:
        if "makes an array of" in str(error):
            raise
        raise ValueError(f"{error}: Dataset.from_table takes text, dates and missing values") from None
    if values.size > MAX_NUMBERS:
        raise ValueError(f"{name} must hold at most {MAX_NUMBERS} numbers, got {values.size}")
    shape = values.shape
    image = values.ndim in (3, 4) and kind in (None, "image")
    if not image and (values.ndim != 2 or kind == "image"):
        shapes = ["(rows, columns)"] * (kind != "image") + ["(rows, height, width)"] * (kind in (None, "image"))
        flat = f": {name}.reshape(len({name}), -1) makes columns of them" if values.ndim > 2 else ""
        raise ValueError(f"{name} must have the shape {' or '.join(shapes)}, got {shape}{flat}")
    if image and values.ndim == 4 and shape[3] not in (1, 3, 4) and shape[1] in (1, 3, 4):
        last = f"np.moveaxis({name}, 1, -1) puts the channels last"
        raise ValueError(f"{name} must have the shape (rows, height, width, channels), got {shape}: {last}")
    least = LEAST if name == "x" else 1
    if not least <= len(values) <= MAX_ROWS:
        raise ValueError(f"{name} must have {least} to {MAX_ROWS} rows, got {len(values)}")
    width = int(np.prod(shape[1:]))
    if not 1 <= width <= MAX_WIDTH:
        raise ValueError(f"{name} must have rows of 1 to {MAX_WIDTH} numbers, got the shape {shape}")
    if kind == "points" and width != 2:
        raise ValueError(f"{name} must have two columns where kind is 'points', got {width}")
    if not image:
        return Rows(values, _different(name, [str(column) for column in getattr(x, "columns", ())]))
    if pixel_unit is None:
        pixel_unit = unit_of_pixels(array)
    return Rows((values / np.float32(pixel_unit)).reshape(len(values), -1), (), tuple(shape[1:]), pixel_unit)


def unit_of_pixels(images: NDArray[Any]) -> float:
    """Return what pixels are divided by: of whole numbers above 1 the largest of so many bits, 8 at least.

    Examples
    --------
    >>> [unit_of_pixels(np.array(pixels)) for pixels in ([0, 1], [0, 200], [0, 4000], [0, 60_000], [0.5, 2.0])]
    [1.0, 255.0, 4095.0, 65535.0, 1.0]
    """
    largest = images.max(initial=0) if images.dtype.kind in "iu" else 0
    return 1.0 if largest <= 1 else next((float(unit) for unit in UNITS if largest <= unit), 1.0)


def assemble(
    x: NDArray[np.float32],
    target: targets.Target,
    x_test: NDArray[np.float32] | None = None,
    *,
    names: tuple[str, ...] = (),
    test_share: float = 0.25,
    groups: Any = None,
    seed: int = 0,
    columns: bool = True,
    called: str = "y",
) -> dict[str, Any]:
    """Split rows, standardise a regression's target by the pool, and look for what may be wrong.

    Parameters
    ----------
    x : float32 array of shape (rows, features)
        In which NaN may stand for what is missing.
    target : Target
        Of `x`, and below that of `x_test`.
    x_test : float32 array of shape (rows of the test, features), optional
        Without it, test rows are drawn.
    names : tuple of str
        Of the features, or none.
    test_share, groups, seed
        As for `reglab.Dataset.from_arrays`.
    columns : bool
        Whether a column alone means something; a pixel does not.
    called : str
        What errors call the target.

    Returns
    -------
    dict
        The fields that follow: x, y, x_test, y_test, n_classes, feature_names, class_names, target_mean, target_scale,
        groups, notes, given, given_test.

    Raises
    ------
    ValueError
        If the rows cannot be split so that something can be learnt.
    """
    share = checks.number("test_share", test_share, 0, MOST_TESTED)
    checks.whole("seed", seed, 0)
    numbers = None if groups is None else group_numbers(groups, len(x))
    n_classes = len(target.class_names) or None
    notes = [target.note]
    if x_test is None:
        y = target.values
        if n_classes:
            findings.check_classes(y, target.class_names, called)
        pool, tested = split(len(x), y if n_classes else None, share, seed, numbers)
        x_test, y_test = x[tested], y[tested]
        given_test = tested
        if numbers is not None:
            held = len(np.unique(numbers[tested]))
            notes.append(f"{len(np.unique(numbers)):,} groups were kept whole, {held:,} of them for the test.")
    else:
        pool, y, y_test = np.arange(len(x)), target.values[: len(x)], target.values[len(x) :]
        given_test = np.arange(len(x_test))
    copied, said = findings.shared(x[pool], x_test)
    pool = pool[~copied]
    x, y = x[pool], y[pool]
    notes += said + findings.repeated(x)
    if n_classes:
        findings.check_classes(y, target.class_names, called)
        notes += findings.few_rows(y, target.class_names) + findings.majority(y, target.class_names)
        mean, scale = 0.0, 1.0
    else:
        mean, scale = _standard(y, called)
        y, y_test = (((values - mean) / scale).astype(np.float32) for values in (y, y_test))
    if columns:
        notes += findings.gives_away(x, y, n_classes, names)
    return {
        "x": x,
        "y": y,
        "x_test": x_test,
        "y_test": y_test,
        "n_classes": n_classes,
        "feature_names": names,
        "class_names": target.class_names,
        "target_mean": mean,
        "target_scale": scale,
        "groups": None if numbers is None else numbers[pool],
        "notes": tuple(notes),
        "given": pool,
        "given_test": given_test,
    }


def _standard(y: NDArray[np.float64], called: str) -> tuple[float, float]:
    """Return the mean and the deviation of a regression's targets in the pool."""
    if len(y) < 2 or y.min() == y.max():
        got = "none" if not len(y) else f"only {y[0]:g}"
        raise ValueError(f"{called} must have at least two different numbers in the pool, got {got}")
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = float(y.mean()), float(y.std())
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"{called} must be numbers whose squares are no larger than 1e308, got {checks.shown(y)}")
    return mean, scale


def _table(x: Any) -> Any:
    """Return a data frame's values, with truth values as 0 and 1; anything else as it is."""
    values = x.to_numpy() if callable(getattr(x, "to_numpy", None)) else x
    if isinstance(values, np.ndarray) and values.dtype.kind == "O":
        as_number = np.frompyfunc(lambda value: int(value) if isinstance(value, (bool, np.bool_)) else value, 1, 1)
        values = as_number(values)
    return values


def _rounded(x: Any, names: tuple[str, ...]) -> list[str]:
    """Say which columns are large numbers that differ by so little that float32 rounds it away."""
    values = np.asarray(checks.array("x", _table(x)), np.float64)
    columns = [names[at] if names else f"column {at}" for at in range(values.shape[1]) if is_rounded(values[:, at])]
    least = "subtract the smallest before they are handed in, here and to predict"
    return [f"Numbers are rounded in {listed(columns)}, which differ by little: {least}."] if columns else []


def _divided(unit: float) -> list[str]:
    return [f"Pixels were divided by {unit:g}, the largest of so many bits."] if unit > UNITS[0] else []


def _different(name: str, names: list[str]) -> tuple[str, ...]:
    """Return names of columns, which a row is later read by."""
    twice = next((column for at, column in enumerate(names) if column in names[:at]), None)
    if twice is not None:
        raise ValueError(f"{name} must have another name for each column, got {checks.shown(twice)} twice")
    return tuple(names)


def _image(rows: Rows) -> tuple[tuple[int, ...] | None, float]:
    return rows.image_shape, rows.pixel_unit


def _shape(rows: Rows) -> str:
    return f"{rows.values.shape[1]} columns" if rows.image_shape is None else f"images {rows.image_shape}"
