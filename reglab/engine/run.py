"""What a training run leaves: every model's history and the weights it kept."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.datasets import Dataset
from reglab.engine import saved
from reglab.engine.batch_norm import running
from reglab.engine.network import Array, Parameters, apply, last_hidden
from reglab.own_data.encoding import Encoding
from reglab.settings import MAX_EVALUATIONS, MAX_STEPS, Settings, Training
from reglab.summary import Summary

__all__ = ["ARRAYS", "BY_SEED", "FACTS", "HISTORY", "Run", "empty_run", "evaluation_steps", "labels_of"]

HISTORY = (
    "train_objective",
    "train_loss",
    "val_loss",
    "test_loss",
    "train_accuracy",
    "val_accuracy",
    "test_accuracy",
    "gradient_norm",
    "clipped",
)
SHOWN = 10  # classes that a summary names
BY_SEED = ("centre", "scale", "fillings")  # arrays without an axis of settings
ARRAYS = ("steps", *HISTORY, "best", "diverged", "kept_weights", "kept_statistics", *BY_SEED)
FACTS = (
    "dataset",
    "settings",
    "training",
    "n_train",
    "n_val",
    "seeds",
    "labels",
    "sizes",
    "encoding",
    "axes",
    "image_shape",
    "pixel_unit",
    "target_mean",
    "target_scale",
    "feature_names",
    "class_names",
    "target_name",
)


@dataclass(frozen=True, eq=False)
class Run:
    """What `fit` returns: the history of every model, and the weights it kept.

    Attributes
    ----------
    steps : array of int of shape (evaluations,)
    train_loss, val_loss, test_loss : arrays of shape (settings, seeds, evaluations)
        Clean: evaluation mode, hard labels, no augmentation, no penalty. Cross-entropy in nats, or half the squared
        error. NaN once a model has stopped or diverged, and where there are no such rows.
    train_objective : array of shape (settings, seeds, evaluations)
        What was minimised: training mode, soft labels, penalties; the mean over the last batches.
    train_accuracy, val_accuracy, test_accuracy : arrays of shape (settings, seeds, evaluations)
        Share of rows that are right; for regression R squared.
    gradient_norm : array of shape (settings, seeds, evaluations)
        Before clipping, at the step before the evaluation.
    clipped : array of shape (settings, seeds, evaluations)
        Of the steps since the evaluation before, the share whose gradient was clipped, by norm or by value.
    best : array of int of shape (settings, seeds)
        The evaluation whose weights are kept: the best by validation loss where `patience` is set and
        `restore_best_weights` too, else the last; -1 where there is none.
    diverged : array of bool of shape (settings, seeds)
    labels : tuple of str
        What tells the settings apart.
    axes : dict
        The names and values of a `sweep`, else empty.
    encoding : Encoding or None
        Of a dataset that is a table.
    image_shape : tuple of int or None
    pixel_unit, target_mean, target_scale : float
    feature_names, class_names : tuple of str
    target_name : str
        As of the dataset.
    data : tuple of Dataset
        What it was trained on: one, or one for each seed. No file holds it, so that a run which was loaded has none.
    """

    dataset: str
    settings: tuple[Settings, ...]
    training: Training
    n_train: int
    n_val: int
    seeds: tuple[int, ...]
    steps: NDArray[np.int64]
    train_objective: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    val_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    val_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    clipped: NDArray[np.float64]
    best: NDArray[np.int64]
    diverged: NDArray[np.bool_]
    labels: tuple[str, ...]
    kept_weights: Array = field(repr=False)  # (settings, seeds, parameters)
    kept_statistics: Array = field(repr=False)  # (settings, seeds, running statistics); none without batch norm
    centre: Array = field(repr=False)  # (seeds, 1, features)
    scale: Array = field(repr=False)  # (seeds, 1, features)
    fillings: Array = field(repr=False)  # (seeds, 2, features); none of them but for a table
    sizes: tuple[int, ...] = ()
    encoding: Encoding | None = field(default=None, repr=False)
    axes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    image_shape: tuple[int, ...] | None = None
    pixel_unit: float = 1.0
    target_mean: float = 0.0
    target_scale: float = 1.0
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    target_name: str = ""
    data: tuple[Dataset, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return self._summary().as_text()

    def _repr_html_(self) -> str:
        return self._summary().as_html()

    def _summary(self) -> Summary:
        count = [f"{len(self.settings):,} setting{'s' * (len(self.settings) > 1)}"]
        count += [f"{len(self.seeds):,} seed{'s' * (len(self.seeds) > 1)}"]
        rows = f"{self.n_train:,} training and {self.n_val:,} validation rows"
        title = f"Run on {checks.shown(self.dataset)}: {' x '.join(count)}, {rows}, {self.training.max_steps:,} steps"
        means = {
            f"{split} {measure}": _means(self.kept(f"{split}_{measure}"))
            for split in ("train", "val", "test")
            for measure in ("loss", "accuracy")
        }
        lines = [
            (label, *(f"{name} {values[at]:.4g}" for name, values in means.items() if not math.isnan(values[at])))
            for at, label in enumerate(self.labels)
        ]
        width = max(map(len, lines))
        padded = [(*row, *[""] * (width - len(row))) for row in lines]
        blown = int(self.diverged.sum())
        lost = [f"{blown:,} of {self.diverged.size:,} models diverged."] if blown else []
        square = ["Of a regression the accuracy is R squared."] if self.sizes and self.sizes[-1] == 1 else []
        said = ("At the weights that are kept, the mean of the seeds.", *square, *self._classes(), *lost)
        return Summary(title, padded, said)

    def _classes(self) -> list[str]:
        """Say which classes there are, and what guessing the largest comes to, where the rows are at hand."""
        count = self.sizes[-1] if self.sizes else 0
        if count < 2:
            return []
        names = [checks.shown(name) for name in self.class_names[:SHOWN]]
        named = f": {', '.join(names)}{', ...' if count > SHOWN else ''}" if names else ""
        shares = [
            float((data.y_test == np.bincount(data.y, minlength=count).argmax()).mean())
            for data in self.data
            if len(data.y_test)
        ]
        guess = f" A guess of the largest alone has a test accuracy of {np.mean(shares):.2g}." if shares else ""
        return [f"There are {count:,} classes{named}.{guess}"]

    def kept(self, name: str) -> NDArray[np.float64]:
        """Return a history's value at the evaluation whose weights are kept, shape (settings, seeds).

        Parameters
        ----------
        name : str
            Such as "test_loss".

        Raises
        ------
        ValueError
            If there is no such history.
        """
        history: NDArray[np.float64] = getattr(self, checks.one_of("name", name, HISTORY))
        picked = np.take_along_axis(history, np.maximum(self.best, 0)[..., None], axis=-1)[..., 0]
        return np.where(self.best >= 0, picked, np.nan)

    def rmse(self, split: str = "test") -> NDArray[np.float64]:
        """Return a regression's root mean squared error at the kept weights, in the target's unit: (settings, seeds).

        Parameters
        ----------
        split : "train", "val" or "test"

        Raises
        ------
        ValueError
            If there is no such split, or the run is one of classes.

        Examples
        --------
        >>> from reglab.engine.train import fit
        >>> run = fit("diabetes", Settings(), Training(max_steps=300), n_train=200, seeds=2)
        >>> bool((run.rmse() < 77).all())  # the deviation of the targets
        True
        """
        checks.one_of("split", split, ("train", "val", "test"))
        if self.sizes[-1] != 1:
            raise ValueError(f"split {split!r} has an rmse of a regression only, and this run is one of classes")
        return np.sqrt(2 * self.kept(f"{split}_loss")) * self.target_scale

    def to_rows(self) -> list[dict[str, Any]]:
        """Return the history as mappings of one kind, which ``pandas.DataFrame`` takes.

        Returns
        -------
        list of dict
            One for each setting, seed and evaluation, in this order: "label", "seed", "step", "kept" (whether the
            weights of this evaluation are kept) and the value of every history, NaN where it has none.

        Examples
        --------
        >>> from reglab.engine.train import fit
        >>> run = fit("wine", Settings(), Training(max_steps=2, eval_steps=1), n_train=50, seeds=1)
        >>> [(name, value) for name, value in run.to_rows()[0].items()][:4]
        [('label', 'defaults'), ('seed', 0), ('step', 2), ('kept', True)]
        """
        steps = self.steps.tolist()
        history = {name: getattr(self, name).tolist() for name in HISTORY}
        return [
            {
                "label": label,
                "seed": seed,
                "step": step,
                "kept": bool(self.best[k, s] == e),
                **{name: values[k][s][e] for name, values in history.items()},
            }
            for k, label in enumerate(self.labels)
            for s, seed in enumerate(self.seeds)
            for e, step in enumerate(steps)
        ]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to a file, an .npz without pickle, which `reglab.load_run` reads.

        The rows that it was trained on are not in it; of a table the names of its columns and of their categories are.

        Raises
        ------
        ValueError
            If the path is none.
        OSError
            If the file cannot be written.
        """
        facts = {name: getattr(self, name) for name in FACTS}
        facts["settings"], facts["training"] = [asdict(settings) for settings in self.settings], asdict(self.training)
        facts["encoding"] = None if self.encoding is None else self.encoding.as_text()
        saved.write(path, {name: getattr(self, name) for name in ARRAYS}, facts)

    def weights(self, layer: int) -> Array:
        """Return a layer's kept weights, shape (settings, seeds, fan_in, fan_out); layers count from 0, or back."""
        return self._network().weights[self._layer(layer)]

    def biases(self, layer: int) -> Array:
        """Return a layer's kept biases, shape (settings, seeds, fan_out)."""
        return self._network().biases[self._layer(layer)][..., 0, :]

    def _layer(self, layer: int) -> int:
        layers = len(self.sizes) - 1
        return checks.whole("layer", layer, -layers, layers - 1)

    def predict(self, x: Any) -> Array:
        """Predict with the kept weights.

        Parameters
        ----------
        x : array of shape (n, features)
            In the dataset's raw units, finite. A data frame's columns are taken by their names, if the dataset names
            its own. Of a table also its rows as they were given: a mapping of columns, a
            list of rows as mappings, a data frame or CSV. Of images also an array of shape (n, height, width) or
            (n, height, width, channels) as it was given, such as of pixels from 0 to 255. Where pixels were divided,
            whole numbers are, and floats if one is above 1; floats from 0 to 1 are taken as divided already.

        Returns
        -------
        array
            Probabilities of shape (settings, seeds, n, n_classes), or a regression's values of shape (settings, seeds,
            n), in the target's own unit.

        Raises
        ------
        ValueError
            If `x` has another shape or is not finite.
        """
        return self._predicted(self._standardise(x))

    def predict_class(self, x: Any) -> NDArray[Any]:
        """Return the likeliest class of each row, by its name where classes have names, else by its number.

        Parameters
        ----------
        x
            As `predict` takes it.

        Returns
        -------
        array of str or int of shape (settings, seeds, n)

        Raises
        ------
        ValueError
            As `predict`, and if the run is of a regression, or a model of it diverged before its first evaluation.

        Examples
        --------
        >>> from reglab.engine.train import fit
        >>> run = fit("penguins", Settings(), Training(max_steps=200), n_train=100, seeds=1)
        >>> run.predict_class({"island": "Biscoe", "bill_length_mm": 46, "bill_depth_mm": 14, "flipper_length_mm": 215,
        ...     "body_mass_g": 5000, "sex": "female", "year": 2008}).tolist()
        [[['Gentoo']]]
        """
        if self.sizes[-1] == 1:
            raise ValueError("run must be of classes, got a regression, of which predict returns the numbers")
        p = self.predict(x)
        if np.isnan(p).any():
            raise ValueError("run must have weights of every model, got one that diverged before its first evaluation")
        numbers: NDArray[Any] = p.argmax(axis=-1)
        return np.array(self.class_names)[numbers] if self.class_names else numbers

    def _predicted(self, scaled: Array) -> Array:
        """Return the predictions for standardised rows, (seeds, n, features)."""
        outputs = apply(self._network(), scaled, **self._architecture())  # (settings, seeds, C, n)
        if outputs.shape[-2] == 1:
            values: Array = outputs[..., 0, :] * np.float32(self.target_scale) + np.float32(self.target_mean)
            return values
        e = np.exp(outputs - outputs.max(axis=-2, keepdims=True))
        probabilities: Array = (e / e.sum(axis=-2, keepdims=True)).swapaxes(-1, -2)
        return probabilities

    def hidden(self, x: Any) -> Array:
        """Return the last hidden layer's units for rows as `predict` takes them: (settings, seeds, n, units)."""
        return last_hidden(self._network(), self._standardise(x), **self._architecture())

    def _standardise(self, x: Any) -> Array:
        rows = self._by_name(x) if self.encoding is None or _is_matrix(x) else self.encoding.encode(x)
        with np.errstate(over="ignore"):
            given = checks.array("x", rows)
            whole, rows = given.dtype.kind in "iu", given.astype(np.float32, copy=False)
        if self.image_shape is not None:
            rows = self._pixels(rows, whole)
        missing = np.isnan(rows) if self.encoding else False
        checks.numbers("x", np.where(missing, 0, rows))
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            raise ValueError(f"x must have the shape (n, {self.sizes[0]}), got {rows.shape}")
        return self._scaled(rows)

    def _scaled(self, rows: Array) -> Array:
        """Return rows as they stand in a dataset's x, filled and standardised as each seed's are.

        rows: (n, features), or each seed's own, (seeds, n, features).
        """
        if self.encoding is not None:
            by_seed = rows if rows.ndim == 3 else [rows] * len(self.seeds)
            pairs = zip(self.fillings, by_seed, strict=True)
            rows = np.stack([self.encoding.filling(numbers).apply(given) for numbers, given in pairs])
        return (rows.astype(np.float32, copy=False) - self.centre) / self.scale

    def _pixels(self, rows: Array, whole: bool) -> Array:
        """Return images as rows, in the unit they were trained in: floats up to 1 are in it already."""
        if rows.ndim > 1 and rows.shape[1:] == self.image_shape:
            rows = rows.reshape(len(rows), -1)
        largest = float(np.abs(rows).max(initial=0))
        if self.pixel_unit > 1 and (whole or largest > 1):
            return rows / np.float32(self.pixel_unit)
        if whole and largest > 16 * max(1.0, float((self.centre + self.scale).max())):
            asked = "x must have pixels in the unit they were trained in, about 0 to 1"
            raise ValueError(f"{asked}, got whole numbers up to {largest:g}: x / 255 makes them so")
        return rows

    def _by_name(self, x: Any) -> Any:
        """Return a data frame's columns in the order of the dataset's; anything else as it is."""
        columns = getattr(x, "columns", None)
        if columns is None or not self.feature_names or not callable(getattr(x, "to_numpy", None)):
            return x
        names = [str(name) for name in columns]
        if sorted(names) != sorted(self.feature_names):
            asked = f"x must have the columns {checks.shown(self.feature_names)}"
            raise ValueError(f"{asked}, got {checks.shown(names)}: x.to_numpy() takes them in their order")
        return x.to_numpy()[:, [names.index(name) for name in self.feature_names]]

    def _network(self) -> Parameters:
        net = Parameters(self.sizes, self.kept_weights.shape[:2], self.training.batch_norm)
        net.flat[:] = self.kept_weights
        return net

    def _architecture(self) -> dict[str, Any]:
        statistics = running(self.training.hidden_sizes, self.kept_statistics) if self.training.batch_norm else ()
        return {"residual": self.training.residual, "statistics": statistics}


def _means(values: NDArray[np.float64]) -> list[float]:
    """Return the mean over the seeds that have a value, NaN where none has."""
    return [float(row[np.isfinite(row)].mean()) if np.isfinite(row).any() else math.nan for row in values]


def _is_matrix(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "biuf"


def evaluation_steps(max_steps: int, eval_steps: int) -> NDArray[np.int64]:
    """Return the steps after which a model is evaluated, densely at first.

    Parameters
    ----------
    max_steps, eval_steps : int >= 1
        As in `Training`.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> evaluation_steps(1000, 10).tolist()
    [10, 40, 90, 160, 250, 360, 490, 640, 810, 1000]
    """
    checks.whole("max_steps", max_steps, 1, MAX_STEPS)
    checks.whole("eval_steps", eval_steps, 1, MAX_EVALUATIONS)
    numbers = np.arange(1, eval_steps + 1)
    return np.unique(-(-max_steps * numbers**2 // eval_steps**2))  # max_steps * share**2, rounded up, exactly


def empty_run(
    data: Dataset, stack: tuple[Settings, ...], training: Training, n_train: int, n_val: int, seeds: tuple[int, ...]
) -> Run:
    """Return a run before its first step: a history of NaN."""
    steps = evaluation_steps(training.max_steps, training.eval_steps)
    shape = (len(stack), len(seeds))
    sizes = (data.x.shape[1], *training.hidden_sizes, data.n_classes or 1)
    history: dict[str, Any] = {name: np.full((*shape, len(steps)), np.nan) for name in HISTORY}
    n_parameters = Parameters(sizes, (1, 1), training.batch_norm).flat.shape[-1]
    n_statistics = 2 * sum(training.hidden_sizes) if training.batch_norm else 0
    return Run(
        dataset=data.name,
        settings=stack,
        training=training,
        n_train=n_train,
        n_val=n_val,
        seeds=seeds,
        steps=steps,
        **history,
        best=np.full(shape, -1),
        diverged=np.zeros(shape, bool),
        labels=labels_of(stack),
        kept_weights=np.full((*shape, n_parameters), np.nan, np.float32),
        kept_statistics=np.full((*shape, n_statistics), np.nan, np.float32),
        centre=np.zeros((len(seeds), 1, data.x.shape[1]), np.float32),
        scale=np.ones((len(seeds), 1, data.x.shape[1]), np.float32),
        fillings=np.zeros((len(seeds), 2, data.x.shape[1] if data.encoding else 0), np.float32),
        encoding=data.encoding,
        sizes=sizes,
        image_shape=data.image_shape,
        pixel_unit=data.pixel_unit,
        target_mean=data.target_mean,
        target_scale=data.target_scale,
        feature_names=data.feature_names,
        class_names=data.class_names,
        target_name=data.target_name,
        data=(data,),
    )


def labels_of(stack: tuple[Settings, ...]) -> tuple[str, ...]:
    """Name each setting by what tells it from the others, or from the defaults where it is alone."""
    default = Settings()
    names = [f for f in vars(default) if len({getattr(s, f) for s in (*stack, default)}) > 1]
    if len(stack) > 1:
        names = [f for f in names if len({getattr(s, f) for s in stack}) > 1]
    return tuple(", ".join(f"{n} {getattr(s, n)}" for n in names) or "defaults" for s in stack)
