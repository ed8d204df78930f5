"""The data sets: a pool to draw training and validation rows from, and test rows that never change.

Some are bundled in `reglab/data` (see its README for sources and licences) and checked against their checksums; the
others are drawn from a fixed seed. `load` gives any of them by name, without a network, and caches it.
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import bundled, checks
from reglab.own_data import arrays, images, table
from reglab.summary import Summary

__all__ = ["NAMES", "TASKS", "Dataset", "as_dataset", "load"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

TASKS = ("tabular", "image", "signal", "points")
MAX_NOTES = 1000
SHOWN = 10  # classes that a summary names
MAX_CLASSES = 10_000  # training writes every label as a row of so many numbers


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: the pool to train and validate on, and the test rows, which are never trained on.

    Attributes
    ----------
    name, title : str
        What `load` takes, and what a person reads.
    x : float32 array of shape (n_pool, n_features)
        Inputs in raw units, finite; digit pixels and glyph colours in [0, 1]. The trainer standardises them. Of the
        bundled sets read-only, as are the other arrays. Other numbers are converted.
    y : array of shape (n_pool,)
        int64 class numbers 0..n_classes - 1; for regression the float32 target, standardised (see Notes).
    x_test, y_test : arrays
        The test rows, the same whatever the seed and the training size; there may be none. No test row equals a row of
        the pool.
    task : str
        "tabular", "image", "signal" or "points" (two features, a boundary that can be drawn).
    n_classes : int or None
        None is regression.
    feature_names : tuple of str
        One per column of `x`, or none.
    class_names : tuple of str
        One per class, or none; empty for regression.
    image_shape : tuple of int or None
        (height, width) or (height, width, channels) of an image, flattened in that order in `x`; images have one.
    source, licence : str
        Where the data come from, and under which terms.
    target_name : str
        For regression, what `y` measures, with its unit.
    target_mean, target_scale : float
        For regression, the mean and standard deviation of the pool's targets: `y * target_scale + target_mean` is in
        raw units.
    pixel_unit : float
        What the pixels of images were divided by, such as 255.
    notes : tuple of str
        Sentences on what was read, merged, left out, and on what is suspicious.
    groups : array of int of shape (n_pool,), or None
        Rows of one number belong together, such as those of one patient: training and validation rows share none.
    given, given_test : array of int, or None
        Of the rows of `x` and of `x_test` their numbers among the rows as they were handed in, counted from 0; of rows
        that were handed in as a test among those. None where no more is known of them.
    encoding : object or None
        Of a table, what turns its rows into those of `x`, in which NaN then stands for what is missing.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Notes
    -----
    A regression target has mean 0 and variance 1 over the pool, so that the best constant guess has a loss (half the
    squared error) of about 0.5.
    """

    name: str
    title: str
    x: FloatArray = field(repr=False)
    y: NDArray[Any] = field(repr=False)
    x_test: FloatArray = field(repr=False)
    y_test: NDArray[Any] = field(repr=False)
    task: str
    n_classes: int | None
    feature_names: tuple[str, ...] = field(repr=False)
    class_names: tuple[str, ...] = field(repr=False)
    image_shape: tuple[int, ...] | None
    source: str = field(repr=False)
    licence: str
    target_name: str = ""
    target_mean: float = 0.0
    target_scale: float = 1.0
    pixel_unit: float = field(default=1.0, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    groups: IntArray | None = field(default=None, repr=False)
    encoding: Any = field(default=None, repr=False)
    given: IntArray | None = field(default=None, repr=False)
    given_test: IntArray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("name", "title", "source", "licence", "target_name"):
            checks.text(name, getattr(self, name))
        checks.one_of("task", self.task, TASKS)
        if self.n_classes is not None:
            checks.whole("n_classes", self.n_classes, 2, MAX_CLASSES)
        if not (self.encoding is None or callable(getattr(self.encoding, "learn", None))):
            raise ValueError(f"encoding must be that of a table, or None, got {checks.shown(self.encoding)}")
        for part in ("", "_test"):
            x = _rows(f"x{part}", getattr(self, f"x{part}"), missing=self.encoding is not None)
            y = _targets(f"y{part}", getattr(self, f"y{part}"), self.n_classes)
            if len(y) != len(x):
                raise ValueError(f"y{part} must have one target for each row of x{part} ({len(x)}), got {len(y)}")
            object.__setattr__(self, f"x{part}", x)
            object.__setattr__(self, f"y{part}", y)
            if (numbers := getattr(self, f"given{part}")) is not None:
                numbers = checks.wholes(f"given{part}", numbers, 0, checks.LARGEST)
                if numbers.shape != y.shape:
                    each = f"one number for each row of x{part} ({len(x)})"
                    raise ValueError(f"given{part} must have {each}, got the shape {numbers.shape}")
                object.__setattr__(self, f"given{part}", numbers)
        features = self.x.shape[1]
        if self.x_test.shape[1] != features:
            raise ValueError(f"x_test must have the columns of x ({features}), got {self.x_test.shape[1]}")
        lengths = {"feature_names": (features, "column of x"), "class_names": (self.n_classes or 0, "of n_classes")}
        for name, (length, each) in lengths.items():
            names = checks.several(name, getattr(self, name), most=checks.ROOM)
            if len(names) not in (0, length):
                raise ValueError(f"{name} must be none, or one for each {each} ({length}), got {len(names)}")
            object.__setattr__(self, name, tuple(checks.text(name, entry) for entry in names))
        if self.image_shape is not None or self.task == "image":
            shape = checks.sizes("image_shape", self.image_shape, axes=(2, 3), low=1)
            if math.prod(shape) != features:
                raise ValueError(f"image_shape must be of the {features} columns of x, got {self.image_shape}")
            object.__setattr__(self, "image_shape", shape)
        checks.number("target_mean", self.target_mean)
        checks.number("target_scale", self.target_scale, 0, low_open=True)
        checks.number("pixel_unit", self.pixel_unit, 0, low_open=True)
        notes = checks.several("notes", self.notes, most=MAX_NOTES, each="sentence")
        object.__setattr__(self, "notes", tuple(checks.text("notes", note) for note in notes))
        if self.groups is not None:
            groups = checks.wholes("groups", self.groups, 0, checks.LARGEST)
            if groups.shape != self.y.shape:
                raise ValueError(
                    f"groups must have one number for each row of x ({len(self.x)}), got the shape {groups.shape}"
                )
            object.__setattr__(self, "groups", groups)

    def __repr__(self) -> str:
        return self._summary().as_text()

    def _repr_html_(self) -> str:
        return self._summary().as_html()

    def _summary(self) -> Summary:
        shape = f" of {' x '.join(map(str, self.image_shape))}" if self.image_shape else ""
        rows = [
            ("rows", f"{len(self.x):,} to train and validate on, {len(self.x_test):,} to test on"),
            ("columns", f"{self.x.shape[1]:,}, {self.task}{shape}"),
        ]
        if self.n_classes is None:
            unit = f" of {checks.shown(self.target_name)}" if self.target_name else ""
            rows += [("target", f"a regression{unit}, mean {self.target_mean:.4g}, deviation {self.target_scale:.4g}")]
        else:
            counts = np.bincount(self.y, minlength=self.n_classes)
            names = self.class_names or tuple(map(str, range(self.n_classes)))
            shares = [f"{checks.shown(name)} {n:,}" for name, n in zip(names[:SHOWN], counts, strict=False)]
            more = ", ..." if self.n_classes > SHOWN else ""
            rows += [("classes", f"{self.n_classes:,}: {', '.join(shares)}{more}")]
        if self.groups is not None:
            rows += [("groups", f"{len(np.unique(self.groups)):,}")]
        return Summary(f"Dataset {checks.shown(self.name)}", rows, self.notes)

    @classmethod
    def from_arrays(
        cls,
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
    ) -> "Dataset":
        """Make a data set of arrays, lists, data frames or tensors.

        Parameters
        ----------
        x : array of shape (rows, columns), (rows, height, width) or (rows, height, width, channels)
            Finite numbers: 4 to 50,000 rows of at most 10,000 numbers each. Pixels of a whole type are divided by 255
            where one is above 1. Columns of text, dates and missing values are for `from_table`.
        y : array of shape (rows,), or one-hot of shape (rows, n_classes)
            Labels, which may be text, truth values or numbers, or the numbers of a regression, in their own unit.
        x_test, y_test : arrays, optional
            Like `x` and `y`. Without them, test rows are drawn of `x`. Rows of `x` that stand in the test as well are
            left out of the pool, unless most rows equal others anyway, as in a table of a few categories.
        task : "classification" or "regression", optional
            Without it, text, truth values, one-hot rows, the labels of images, and whole numbers of which there are at
            most 20 different ones, each twice on average, are classes; other numbers are a regression. `Dataset.task`
            is another thing: what `kind` says.
        kind : "tabular", "image", "signal" or "points", optional
            What the rows are, `Dataset.task`; by default images where `x` has their axes, else a table. "signal" has
            columns in an order, such as time; "points" has two, and a boundary that can be drawn.
        test_share : float in [0, 0.9]
            Share of the rows that is kept for the test, of each class; 0 makes no test rows.
        groups : array of shape (rows,), optional
            Labels of any kind. Rows of one group, such as those of one patient, are never divided between the pool and
            a drawn test set, nor between training and validation.
        seed : int >= 0
            Decides which rows are drawn for the test.
        n_classes : int, optional
            Labels 0 to n_classes - 1 are then taken as they are; of others there must be so many.
        feature_names, class_names : sequences of str, optional
            One per column, and one per class: of labels that are text these themselves, in the order to number them in.
        target_name : str
            What a regression's target measures, with its unit.
        name, title : str
            What the data set is called; the title is the name where it is not told.

        Returns
        -------
        Dataset
            Its `notes` say what was taken for what, and what is suspicious. A regression's targets are standardised by
            those of the pool: `Run.predict` and `Run.rmse` are in the unit of `y`, and a loss is half the squared error
            of standardised targets, so that ``sqrt(2 * loss) * target_scale`` is the root mean squared error.

        Raises
        ------
        ValueError
            If an argument is not as above, there is only one class or one value to learn, or a class has fewer than two
            rows in the pool.

        Examples
        --------
        >>> import reglab
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(200, 3))
        >>> data = reglab.Dataset.from_arrays(x, np.where(x[:, 0] > x[:, 1], "left", "right"))
        >>> data.x.shape, data.x_test.shape, data.class_names
        ((150, 3), (50, 3), ('left', 'right'))
        >>> data.notes
        ('y holds 2 different labels and is taken for classes.',)
        >>> run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=50), n_train=100, seeds=1)
        >>> run.predict(x).shape
        (1, 1, 200, 2)
        """
        return cls(
            **arrays.fields(
                x,
                y,
                x_test,
                y_test,
                task=task,
                kind=kind,
                test_share=test_share,
                groups=groups,
                seed=seed,
                n_classes=n_classes,
                feature_names=feature_names,
                class_names=class_names,
                target_name=target_name,
                name=name,
                title=title,
            )
        )

    @classmethod
    def from_table(
        cls,
        source: Any,
        target: str,
        *,
        task: str | None = None,
        test_share: float = 0.25,
        groups: str | None = None,
        drop: Sequence[str] = (),
        seed: int = 0,
        name: str = "own table",
        title: str | None = None,
    ) -> "Dataset":
        r"""Make a data set of a table: numbers, truth values, dates and categories, some of them missing.

        Parameters
        ----------
        source : str, bytes, path, open file, mapping of columns, rows as mappings, data frame or Arrow table
            At most 50,000 rows and 500 columns. Text of one line is a path; of CSV the separator, the encoding, decimal
            commas, and whether there is a header are found out. Without one, columns are called "column 1" and so on.
        target : str
            The column to predict. Rows without it are left out.
        task : "classification" or "regression", optional
            Without it, text, truth values, and whole numbers of which there are at most 20 different ones, each twice
            on average, are classes; other numbers are a regression.
        test_share : float in [0, 0.9]
            Share of the rows that is kept for the test, of each class; 0 makes no test rows.
        groups : str, optional
            A column of which rows with one value are never divided between the pool and the test, nor between training
            and validation. It is not learnt from.
        drop : sequence of str
            Columns that are not learnt from.
        seed : int >= 0
            Decides which rows are drawn for the test.
        name, title : str
            What the data set is called; the title is the name where it is not told.

        Returns
        -------
        Dataset
            Its `notes` say how each column was read, what was merged and left out, and what is suspicious. Its
            `encoding` turns further rows into those of `x`, and `Run.predict` takes them as they are given here.

        Raises
        ------
        ValueError
            If an argument is not as above, or there is nothing to learn from, or to learn.

        Notes
        -----
        A number, truth value (1 or 0) or date (days since the first) is a column of `x`. Where some are missing in the
        pool, a second one is 1 there. A category is a column for each value that at least 3 rows of the pool have, of
        at most 50, and one for all others; a missing value is one too. Test rows decide nothing of this. A unit beside
        numbers, such as "12.5 €", is left off. Classes that are handed in as categories keep their order.

        In `x` a missing number is NaN. `fit` learns of each seed's training rows alone what stands there, their median,
        and merges categories that fewer than 3 of them have; then it standardises as ever.

        A column is left out where it is empty, constant, or the same as one before it; where every row has another
        value, which is text or whole numbers in a row; and where it is free text: 30 characters on average, more than
        half of them unlike.

        Examples
        --------
        >>> import reglab
        >>> rows = [{"mass": 3.5 + i % 3, "island": "ABC"[i % 3], "kind": "xy"[i % 2]} for i in range(40)]
        >>> rows[5]["mass"] = None
        >>> data = reglab.Dataset.from_table(rows, "kind", seed=1)
        >>> data.feature_names
        ('mass', 'mass missing', 'island: A', 'island: B', 'island: C', 'island other')
        >>> print(data.notes[0])
        The target 'kind' holds 2 different labels and is taken for classes.
        >>> run = reglab.fit(data, reglab.Settings(), reglab.Training(max_steps=20), n_train=20, seeds=2)
        >>> run.predict([{"mass": None, "island": "D"}]).shape
        (1, 2, 1, 2)
        """
        return cls(
            **table.fields(
                source,
                target,
                task=task,
                test_share=test_share,
                groups=groups,
                drop=drop,
                seed=seed,
                name=name,
                title=title,
            )
        )

    @classmethod
    def from_images(
        cls,
        source: Any,
        size: int | tuple[int, int] | None = None,
        *,
        decode: Callable[[bytes], Any] | None = None,
        groups: Callable[[str], Any] | Sequence[Any] | None = None,
        test_share: float = 0.25,
        seed: int = 0,
        name: str = "own images",
        title: str | None = None,
    ) -> "Dataset":
        r"""Make a data set of images: a folder or a zip archive with one folder per class, or an .npz file.

        Parameters
        ----------
        source : path or bytes
            Files, PNG, JPEG, GIF, BMP or WebP, are of the class that the first folder is called in which paths differ;
            folders "train", "test" and the like are put together. At most 5,000 images, each of at most 16,000,000
            pixels and 20,000,000 bytes, and 400,000,000 pixels and 200,000,000 bytes in all, once they are unpacked. An
            .npz holds x and y, images and labels, x_train and y_train, or train_images and train_labels, and those of
            the test, if any: arrays as `from_arrays` takes them. Nothing is unpickled, and nothing written to disk.
        size : int or (height, width), optional
            In pixels, 1 to 32. Without it, images of one size of at most 32 x 32 stay as they are, and others become 32
            x 32. A new pixel is the mean of the area that it covers.
        decode : function, optional
            From the bytes of a file to its pixels: an array of shape (height, width) or (height, width, channels),
            uint8, uint16, or from 0 to 1. It is called for a file only after its header told how large the image is.
            Files need it: of an .npz there is nothing to decode.
        groups : function, or sequence, optional
            From the path of a file within the source, with / between its parts, to its group, text or a whole number,
            such as ``lambda path: path.split("/")[-1].split("_")[0]``; of an .npz one label for each of its images
            (without those of its own test). Images of one group, such as those of one patient, are never divided.
        test_share : float in [0, 0.9]
            Share of the images that is kept for the test, of each class; 0 makes no test rows.
        seed : int >= 0
            Decides which images are drawn for the test.
        name, title : str
            What the data set is called; the title is the name where it is not told.

        Returns
        -------
        Dataset
            Of pixels from 0 to 1, with one channel where all images are grey and else with three. Its `notes` say what
            was read, resized and left out.

        Raises
        ------
        ValueError
            If an argument is not as above, the source is damaged, encrypted, too large or holds archives, a file cannot
            be decoded, or there are fewer than two classes with two images each in the pool.

        Notes
        -----
        Pillow decodes: ``lambda content: np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB"))``; of images of
        16 bits of grey, mode "I;16", without the conversion, which would cut them off at 255.

        Examples
        --------
        >>> import io, reglab
        >>> content, rng = io.BytesIO(), np.random.default_rng(0)
        >>> np.savez(content, images=rng.integers(0, 256, (40, 48, 64, 3), np.uint8), labels=["cat", "dog"] * 20)
        >>> data = reglab.Dataset.from_images(content.getvalue(), 16)
        >>> data.image_shape, len(data.x), len(data.x_test), data.class_names
        ((16, 16, 3), 30, 10, ('cat', 'dog'))
        >>> data.notes[0]
        'The images of 48 x 64 were resized to 16 x 16 by the mean of each area.'
        """
        return cls(
            **images.fields(
                source, size, decode=decode, groups=groups, test_share=test_share, seed=seed, name=name, title=title
            )
        )


def _rows(name: str, values: Any, missing: bool = False) -> FloatArray:
    """Return inputs of shape (rows, features) as float32, or raise; with `missing` NaN is a value that is not known."""
    rows = checks.array(name, values)
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(f"{name} must have the shape (rows, features), got {rows.shape}")
    known = _float32(name, np.where(np.isnan(rows), 0, rows) if missing else rows)
    return rows.astype(np.float32, copy=False) if missing else known


def _targets(name: str, values: Any, n_classes: int | None) -> NDArray[Any]:
    """Return class numbers as int64, or a regression's targets as float32, of shape (rows,), or raise."""
    targets = checks.array(name, values) if n_classes is None else _labels(name, values, n_classes)
    if targets.ndim != 1:
        raise ValueError(f"{name} must have the shape (rows,), got {targets.shape}")
    return _float32(name, targets) if n_classes is None else targets


def _labels(name: str, values: Any, n_classes: int) -> IntArray:
    with contextlib.suppress(ValueError):  # of text or truth values, say: they are told from others below
        labels = checks.array(name, values, "iuf")
        if not labels.size or (0 <= labels.min() <= labels.max() < n_classes and (labels == np.round(labels)).all()):
            return labels.astype(np.int64, copy=False)
    asked = f"{name}'s labels must be whole numbers from 0 to n_classes - 1"
    try:
        quoted = [repr(label) for label in np.unique(values).tolist()]
    except (TypeError, ValueError):  # labels that have no order, or rows of them
        raise ValueError(f"{asked}, got {checks.shown(values)}") from None
    few = f"{', '.join(quoted[:-1])} and {quoted[-1]}" if len(quoted) > 1 else "".join(quoted) or checks.shown(values)
    got = few if len(quoted) < 5 else f"{len(quoted)} values from {quoted[0]} to {quoted[-1]}"
    mapped = 1 < len(quoted) <= n_classes and "nan" not in quoted
    raise ValueError(f"{asked}, got {got}{f': map them with np.unique({name}, return_inverse=True)' if mapped else ''}")


def _float32(name: str, values: NDArray[Any]) -> FloatArray:
    with np.errstate(over="ignore"):
        return checks.numbers(name, values.astype(np.float32, copy=False))


NAMES = tuple(bundled.MAKERS)
"""What `load` knows, in the order to offer them in."""


def load(name: str) -> Dataset:
    """Return the data set of that name.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    Dataset
        The same object at each call; its arrays are read-only.

    Raises
    ------
    ValueError
        If the name is unknown, or the bundled file does not have the checksum it must have.

    Notes
    -----
    =============  =======  ==========  =====  =====  =======================================================
    name           task     classes     pool   test   features
    =============  =======  ==========  =====  =====  =======================================================
    digits         image    10           1200    597  8 x 8 grey pixels, counts 0..16 divided by 16
    breast_cancer  tabular  2             400    169  30 measures of cell nuclei
    wine           tabular  3             120     58  13 chemical measures
    diabetes       tabular  regression    300    142  10 baseline measures
    penguins       tabular  3             258     86  species from island, measures, sex and year, some missing
    mnist          image    10           2000   1000  28 x 28 grey pixels, counts 0..255 divided by 255
    mnist1d        signal   10           3000   1000  40 points of a signal
    glyphs         image    8            2000   1000  16 x 16 x 3 colours; shapes that survive flips and half turns
    moons          points   2            1000    500  two half circles, noise 0.3
    circles        points   2            1000    500  radii 1 and 0.5, noise 0.18
    spirals        points   3            1000    500  three arms of one turn, noise 0.08
    =============  =======  ==========  =====  =====  =======================================================

    The split is stratified (diabetes by tenths of the target) and permanent. What the sources do not hold: the writer
    of a digit, so that test rows share writers with the pool; names of the three cultivars; the units of diabetes' sex
    (1 or 2) and of its target. MNIST-1D is the published generator with a random stream and sizes of our own, and is
    not scaled to unit variance.

    References
    ----------
    Greydanus & Kobak (2020), Scaling Down Deep Learning with MNIST-1D, arXiv:2011.14439. The others: `Dataset.source`.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.x.shape, digits.x_test.shape, digits.n_classes
    ((1200, 64), (597, 64), 10)
    >>> load("diabetes").n_classes is None
    True
    """
    return _load(checks.one_of("name", name, NAMES))


def as_dataset(dataset: Dataset | str) -> Dataset:
    """Return the dataset, or the one of that name.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> as_dataset("moons") is as_dataset(load("moons"))
    True
    """
    if isinstance(dataset, Dataset):
        return dataset
    said = f"a Dataset or one of {', '.join(NAMES)}"
    if not isinstance(dataset, str):
        made = "Dataset.from_arrays(x, y) makes one of arrays, Dataset.from_table(source, target) of a table"
        raise ValueError(f"dataset must be {said}, got {checks.shown(dataset)}: {made}")
    return _load(checks.one_of("dataset", dataset, NAMES, said))


@cache
def _load(name: str) -> Dataset:
    return Dataset(**bundled.MAKERS[name]())
