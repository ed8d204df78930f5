"""A run that is watched while it trains: `Monitor` keeps its losses, and asks the advisor."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from reglab import checks
from reglab.logs import ROLES, Curve
from reglab.logs.assemble import assemble
from reglab.logs.raw import fill_gaps
from reglab.reporting.plot import as_read, number, plot_of
from reglab.strategy import Advice, recommend
from reglab.strategy.reading import MAX_ROWS

__all__ = ["Monitor"]

COUNTED = ("step", "epoch")  # what a monitor may count
LOGGED: tuple[str, ...] = ROLES[1:]
SECONDS = 1_000_000_000  # since 1970, reached in 2001: no run has made so many steps
LEAST = 2  # evaluations: fewer make no curve


class Monitor:
    """Keep what a training loop logs, and say at any time what the advisor says of it.

    The answer is that of `reglab.recommend` for the same losses in a file.

    Parameters
    ----------
    n_train : int or None
        Training rows; None where they are not known.
    **options
        What else is told of the run, as to `reglab.recommend`: n_classes, batch_size, n_val, task, learning_rate and
        whatever it takes but train_loss, val_loss and curve. The learning rate is by default not known: no decay is
        advised then.

    Attributes
    ----------
    curve : Curve or None
        None before there are two training and two validation losses, or, where no loss is logged, two validation
        accuracies.
    advice : Advice or None
    diagnosis : str or None
        The advice's, one of `reglab.strategy.DIAGNOSES`.

    Raises
    ------
    ValueError
        If an option is not as for `reglab.recommend`.

    Examples
    --------
    >>> monitor = Monitor(5000, n_classes=10, batch_size=32, learning_rate=1e-3)
    >>> for epoch, (train, val) in enumerate([(1.0, 1.2), (0.3, 0.9), (0.1, 1.1), (0.0, 1.4)], start=1):
    ...     monitor.log(epoch=epoch, train_loss=train, val_loss=val)
    >>> monitor
    Monitor: 4 evaluations up to epoch 4. The lowest validation loss, 0.9, is at epoch 2.
      strong overfit (confidence: low)
      to try: patience 5, weight_decay 0.77, input_noise 0.15
    >>> monitor.diagnosis, monitor.advice.steps
    ('strong overfit', 628.0)

    In Keras, as a callback. Its training loss is the mean over the epoch, with dropout and augmentation on: say
    ``training_mode_loss=True`` where there are any, or log what ``model.evaluate`` says of the training rows::

        monitor = reglab.Monitor(len(x_train), n_classes=10, batch_size=32, n_val=len(x_val), learning_rate=1e-3)

        def log(epoch, logs):
            monitor.log(epoch=epoch, train_loss=logs["loss"], val_loss=logs["val_loss"])

        watch = keras.callbacks.LambdaCallback(on_epoch_end=log)
        model.fit(x_train, y_train, validation_data=(x_val, y_val), batch_size=32, epochs=20, callbacks=[watch])

    In Lightning, where the module logs both losses by these names::

        class Watch(lightning.Callback):
            def __init__(self, monitor):
                self.monitor = monitor

            def on_train_epoch_end(self, trainer, pl_module):
                losses = trainer.callback_metrics
                self.monitor.log(trainer.global_step, train_loss=losses["train_loss"], val_loss=losses["val_loss"])

        trainer = lightning.Trainer(max_epochs=20, callbacks=[Watch(monitor)])

    In Hugging Face's Trainer, whose training and validation losses come one after the other::

        class Watch(transformers.TrainerCallback):
            def __init__(self, monitor):
                self.monitor = monitor

            def on_log(self, args, state, control, logs=None, **kwargs):
                losses = {"train_loss": logs.get("loss"), "val_loss": logs.get("eval_loss")}
                if any(loss is not None for loss in losses.values()):
                    self.monitor.log(state.global_step, **losses)

        trainer = transformers.Trainer(..., callbacks=[Watch(monitor)])
    """

    def __init__(self, n_train: int | None = None, **options: Any) -> None:
        allowed = inspect.signature(recommend).parameters.keys() - {"n_train", "train_loss", "val_loss", "curve"}
        if unknown := options.keys() - allowed:
            raise ValueError(f"{min(unknown)} is no option: there are {', '.join(sorted(allowed))}")
        self._told = {"n_train": n_train, "learning_rate": None, **options}
        recommend(train_loss=math.nan, val_loss=math.nan, **self._told)  # refuses what is not right
        self._unit = ""
        self._at: list[float] = []
        self._values: dict[str, list[float]] = {name: [] for name in LOGGED}
        self._curve: Curve | None = None
        self._advice: Advice | None = None

    def log(
        self,
        step: Any = None,
        *,
        epoch: Any = None,
        train_loss: Any = None,
        val_loss: Any = None,
        train_accuracy: Any = None,
        val_accuracy: Any = None,
    ) -> None:
        """Keep what was measured at a step, or at the end of an epoch.

        Each value may come by itself, and at steps of its own: what is known of a step may come in several calls, and
        of several values of one step the last stands.

        Parameters
        ----------
        step : int
            Optimizer steps made so far; or
        epoch : int or float
            which epoch has ended, counted from 0 or from 1.
        train_loss, val_loss : float, optional
            A number or a tensor of one. NaN and infinity say that the run diverged.
        train_accuracy, val_accuracy : float, optional
            As a share, or in percent.

        Raises
        ------
        ValueError
            If there is not one of step and epoch, always the same; if it falls; if a value is no number, or an accuracy
            not from 0 to 100; or if there is none. Nothing is kept then.
        """
        if (step is None) == (epoch is None):
            raise ValueError("step or epoch must be given, and not both")
        unit = COUNTED[step is None]
        at = _as_number(unit, epoch if step is None else step)
        if not (math.isfinite(at) and at >= 0):
            raise ValueError(f"{unit} must be a number from 0 up, got {at:g}")
        if at >= SECONDS:
            raise ValueError(f"{unit} must count {unit}s, below {SECONDS:,}, got {at:.0f}, which looks like a time")
        if self._unit and unit != self._unit:
            raise ValueError(f"{unit} cannot be logged after {self._unit}: count one of them")
        if self._at and at < self._at[-1]:
            raise ValueError(f"{unit} must rise, got {at:g} after {self._at[-1]:g}: make a new Monitor for a new run")
        given = (train_loss, val_loss, train_accuracy, val_accuracy)
        values = {name: _as_number(name, v) for name, v in zip(LOGGED, given, strict=True) if v is not None}
        if not values:
            raise ValueError(f"{', '.join(LOGGED)}: give at least one of them")
        for name, value in values.items():
            if name.endswith("accuracy") and math.isfinite(value) and not 0 <= value <= 100:
                raise ValueError(f"{name} must be a share, or in percent from 0 to 100, got {value:g}")
        if not self._at or at > self._at[-1]:
            self._at.append(at)
            for column in self._values.values():
                column.append(math.nan)
        for name, value in values.items():
            self._values[name][-1] = value if math.isfinite(value) else math.inf  # as in a log: NaN is no value
        self._unit, self._curve, self._advice = unit, None, None

    @property
    def curve(self) -> Curve | None:
        """The curve so far; None before there is one."""
        if self._curve is None:
            self._curve = self._drawn()
        return self._curve

    @property
    def advice(self) -> Advice | None:
        """What `reglab.recommend` says so far; None before there is a curve."""
        curve = self.curve
        if self._advice is None and curve is not None:
            self._advice = recommend(curve=curve, **self._told)
        return self._advice

    @property
    def diagnosis(self) -> str | None:
        """The diagnosis so far; None before there is a curve."""
        advice = self.advice
        return None if advice is None else advice.diagnosis

    def __repr__(self) -> str:
        """Return a few lines: how far the run is, the diagnosis, and what to try."""
        curve, advice = self.curve, self.advice
        if curve is None or advice is None:
            train, val = (sum(not math.isnan(v) for v in self._values[name]) for name in ("train_loss", "val_loss"))
            return f"Monitor: {train} training and {val} validation losses so far, {LEAST} of each make a curve"
        plot = plot_of(as_read(curve, advice))
        far = f"Monitor: {len(curve['step']):,} evaluations up to {self._unit} {number(curve['step'][-1])}."
        lines = [" ".join([far, *(plot.sentences[:1] if plot and plot.best else ())])]
        lines.append(f"  {advice.diagnosis} (confidence: {advice.confidence})")
        tried = [f"{name} {getattr(advice.settings, name):g}" for name in advice.ranges]
        lines += [f"  to try: {', '.join(tried)}"] * bool(tried)
        return "\n".join(lines)

    def _drawn(self) -> Curve | None:
        """Return the curve of what was logged, read as a log of the same columns is."""
        count = {name: sum(not math.isnan(value) for value in column) for name, column in self._values.items()}
        losses = min(count["train_loss"], count["val_loss"]) >= LEAST
        accuracies = count["val_accuracy"] >= LEAST and not count["train_loss"] + count["val_loss"]
        if not (losses or accuracies):
            return None
        columns = {self._unit: np.array(self._at)}
        columns |= {name: np.array(self._values[name]) for name in LOGGED if count[name]}
        fill_gaps(columns)  # a loop may log NaN where it did not evaluate
        curve = assemble(columns, {"step": self._unit, **{name: name for name in LOGGED if count[name]}}, ())
        rows = len(curve["step"])
        if rows <= MAX_ROWS:
            return curve
        evenly = np.unique(np.linspace(0, rows - 1, MAX_ROWS).round().astype(int))
        return curve.but(
            {name: np.array(column)[evenly].tolist() for name, column in curve.items()},
            notes=(*curve.notes, f"Kept {MAX_ROWS:,} of {rows:,} rows, evenly: no more are read."),
        )


def _as_number(name: str, value: Any) -> float:
    """Return a number, or a tensor of one, as a float."""
    try:
        scalar = value.item() if hasattr(value, "item") else value
    except Exception:  # of several elements, or however a library says that it has none
        raise ValueError(f"{name} must be a number, or a tensor of one, got {checks.shown(value)}") from None
    array = checks.numbers(name, scalar, finite=False, what="a number, or a tensor of one")
    if array.ndim:
        raise ValueError(f"{name} must be a number, or a tensor of one, got {checks.shown(value)}")
    return float(array)
