"""What an answer holds, in its order, before it is written: for a terminal, as Markdown, or as HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

from reglab.export import FRAMEWORKS, to_code, to_lines
from reglab.logs import Curve
from reglab.reporting.plot import as_read, plot_of
from reglab.settings import MAX_STEPS, Settings, Training
from reglab.strategy import USUAL_BATCH, USUAL_STEPS, Advice, coupled_decay

__all__ = ["CODE", "FEWEST", "Code", "Part", "Setting", "code_of", "parts_of", "settings_of"]

FEWEST = 2  # classes, where a log has accuracies and nobody told how many
CODE = {"torch": "PyTorch", "keras": "Keras", "sklearn": "scikit-learn"}  # as they are imported


@dataclass(frozen=True)
class Setting:
    """A setting of the advice: name in words, value, from where to where to search, and why, each with its source."""

    name: str
    value: str
    search: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """The settings as code, and what it could not carry or had to guess; without text where they have none."""

    framework: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A part of an answer, under its title; what it does not have is empty.

    Attributes
    ----------
    title : str
    lead : str
        What stands first and is emphasised.
    sentences : tuple of str
    curve : Curve or None
        To be drawn.
    settings : tuple of Setting
    table : tuple of tuple of str
        Rows of equal length, the head first.
    code : Code or None
    """

    title: str
    lead: str = ""
    sentences: tuple[str, ...] = ()
    curve: Curve | None = None
    settings: tuple[Setting, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    code: Code | None = None


def _written(value: object) -> str:
    """Return a setting's value as it is typed."""
    if isinstance(value, tuple):
        return ", ".join(map(_written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def settings_of(advice: Advice, chosen: Settings | None = None) -> tuple[Setting, ...]:
    """Return the settings that the advice sets, and those that a person chose instead or beside them."""
    shown, usual = [], Settings()
    for name in (field.name for field in fields(Settings)):
        value = getattr(advice.settings, name)
        taken = value if chosen is None else getattr(chosen, name)
        reasons = [(reason.sentence, reason.source) for reason in advice.reasons if reason.field == name]
        advised = name in advice.ranges  # as what has a reason is
        if not advised and taken in (value, getattr(usual, name)):
            continue
        if taken != value:
            was = f"the advice is {_written(value)}" if advised else "the advice does not set it"
            reasons.insert(0, (f"Chosen by hand: {was}.", "choice"))
        low_high = advice.ranges.get(name)
        search = (
            ""
            if low_high is None or low_high[0] == low_high[1]
            else f"{_written(low_high[0])} to {_written(low_high[1])}"
        )
        shown.append(Setting(name.replace("_", " "), _written(taken), search, tuple(reasons)))
    return tuple(shown)


def code_of(
    framework: str,
    advice: Advice,
    curve: Curve | None = None,
    chosen: Settings | None = None,
    training: Training | None = None,
    *,
    task: str = "tabular",
    n_classes: int | None = None,
    n_features: int | None = None,
    image_shape: tuple[int, ...] | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    optimizer: str = "adamw",
    target_variance: float | None = None,
    architecture: str = "dense",
) -> Code | None:
    """Return the settings as code, with what it cannot carry or had to guess; None for trees, of which there is none.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"
    advice : Advice
    curve : Curve, optional
        Of the run; one of rounds is of trees.
    chosen : Settings, optional
        What is taken, where it is not what is advised.
    training : Training, optional
        By default that of `reglab.fit`, with the optimizer, the batch size and the steps of the run.
    task, n_classes, n_features, image_shape
        As for `reglab.export.to_code`; a text is taken as rows of numbers.
    learning_rate, batch_size
        Of the run, where they were told.
    optimizer : "adamw", "adam" or "sgd"
        Of the run. SGD's code has its usual decay, that in the gradient, in place of a decoupled one.
    target_variance : float, optional
        Of regression's target, in the units of the run's loss, where it was told.
    architecture : "dense", "conv", "transformer" or "language model"
        Of the run. Of other than dense networks the code is the lines that carry the settings into one's own training.
    """
    if curve is not None and curve.unit == "round":
        return None
    settings, notes = chosen or advice.settings, []
    if training is None:
        known = math.isfinite(advice.steps)
        steps = min(max(1, round(advice.steps)), MAX_STEPS) if known else USUAL_STEPS
        training = Training(batch_size=batch_size or USUAL_BATCH, max_steps=steps, optimizer=optimizer)
        if settings.drop_path_rate and architecture == "dense":
            training = replace(training, residual=True)
            notes.append("Drop path skips residual blocks: the network of the code has them.")
        if curve is not None:  # patience counts the evaluations of the run
            training = replace(training, eval_steps=min(len(curve["step"]), training.eval_steps))
        if optimizer == "sgd" and settings.weight_decay:
            coupled = coupled_decay(settings.weight_decay, settings.momentum)
            notes.append(
                f"SGD has its decay in the gradient: the decoupled {settings.weight_decay:g} is l2 {coupled:g} at "
                f"momentum {settings.momentum:g}, the weight_decay of PyTorch's SGD."
            )
            settings = replace(settings, weight_decay=0.0, l2=settings.l2 + coupled)
        if architecture == "dense":
            layers = "-".join(map(str, training.hidden_sizes))
            notes.append(
                f"The network of the code is dense, with hidden layers of {layers} units: put yours in its place."
            )
        untold = [f"the batch size {training.batch_size}"] * (batch_size is None)
        untold += [f"the {steps:,} steps"] * (not known and architecture == "dense")
        by_advice = any(reason.field == "learning_rate" for reason in advice.reasons)
        if learning_rate is None and not by_advice and settings.learning_rate == Settings().learning_rate:
            untold.insert(0, f"the learning rate {settings.learning_rate:g}")
        if untold:
            notes.append(f"Not told, and reglab's own usual value in the code: {', '.join(untold)}.")
    if n_classes is None and curve is not None and ("val_accuracy" in curve or "train_accuracy" in curve):
        n_classes = FEWEST
        notes.append(
            f"The log has accuracies, so it predicts classes: say how many (n_classes); the code has {FEWEST}."
        )
    if architecture != "dense":
        return _lines_of(framework, settings, training, notes, n_classes, architecture, task)
    if n_classes is None:
        notes.append("Without classes (n_classes) the code is that of regression.")
        notes.append(_units(target_variance))
    if task == "image" and image_shape is None and (settings.augment or settings.cutmix_alpha):
        settings = replace(settings, augment=0.0, cutmix_alpha=0.0)
        notes.append("Augmentation is left out of the code: it needs the shape of an image (image_shape).")
    if task == "text":
        task = "tabular"
        notes.append("The code takes texts as rows of numbers, such as counts of words.")
    write = partial(
        to_code,
        framework,
        training=training,
        n_features=n_features,
        n_classes=n_classes,
        task=task,
        image_shape=image_shape,
    )
    write(settings=Settings())  # refuses what makes no sense, whatever the settings are
    try:
        text = write(settings=settings)
    except ValueError as error:
        return Code(framework, "", (f"There is no code of these settings: {error}.",))
    return Code(framework, text, tuple(notes))


def _lines_of(
    framework: str,
    settings: Settings,
    training: Training,
    notes: Sequence[str],
    n_classes: int | None,
    architecture: str,
    task: str,
) -> Code:
    """Return the lines that carry the settings into a training of a network that is not dense."""
    if framework not in FRAMEWORKS[:2]:
        return Code(framework, "", (f"{framework} has no such networks ({architecture}): take PyTorch or Keras.",))
    carried = (
        "The settings are what is to be carried over: these lines go into your own training, around your own network."
    )
    if n_classes is None and architecture != "language model":
        notes = (*notes, "Without classes (n_classes) the lines are those of regression.")
    try:
        kind = "tabular" if task == "text" else task
        text = to_lines(framework, settings, training, n_classes=n_classes, architecture=architecture, task=kind)
    except ValueError as error:
        return Code(framework, "", (f"There is no code of these settings: {error}.",))
    return Code(framework, text, (carried, *notes))


def _units(target_variance: float | None) -> str:
    """Say in which units the code of regression has its loss."""
    half = "Its loss is half the mean squared error of targets with mean 0 and variance 1"
    if target_variance is None:
        return f"{half}: times twice the target's variance it is the mean squared error in the target's units."
    return (
        f"{half}: times {2 * target_variance:,.6g}, twice the variance that was told, it is the mean "
        "squared error in the target's units."
    )


def parts_of(
    advice: Advice,
    curve: Curve | None = None,
    *,
    notes: Sequence[str] = (),
    chosen: Settings | None = None,
    code: Code | None = None,
    verdict: str = "",
    proof: Sequence[Sequence[str]] = (),
    answer: str = "",
    compared: str = "",
) -> tuple[Part, ...]:
    """Return the parts of an answer.

    Parameters
    ----------
    advice : Advice
    curve : Curve, optional
        Of the run; its notes say what was read.
    notes : sequence of str
        What is to be said before them of what was read.
    chosen : Settings, optional
        What is taken, where it is not what is advised.
    code : Code, optional
        As `code_of` returns it.
    verdict, proof : str, rows of a table with its head first
        What a training with the settings showed.
    answer : str
        What is to be done after it; stands first.
    compared : str
        What several runs say beside each other.
    """
    parts = [Part("Answer", lead=answer)]
    if curve is not None:
        curve = as_read(curve, advice)
        plot = plot_of(curve)
        parts.append(Part("The run", sentences=plot.sentences if plot else (), curve=curve))
    parts.append(Part("Several runs", sentences=(compared,) if compared else ()))
    read = (*notes, *(curve.notes if curve is not None else ()))
    parts.append(Part("What was read", sentences=tuple(dict.fromkeys(read))))
    diagnosis = f"{advice.diagnosis[0].upper()}{advice.diagnosis[1:]} (confidence: {advice.confidence})"
    parts.append(Part("Diagnosis", lead=diagnosis, sentences=advice.why))
    parts.append(Part("Not checked", sentences=advice.unchecked))
    had = [change.now for change in advice.changes if change.field != "learning_rate"]
    if any(any(value) if isinstance(value, tuple) else value for value in had):
        parts.append(Part("What changes", sentences=tuple(change.sentence for change in advice.changes)))
    parts.append(Part("Settings to try", settings=settings_of(advice, chosen)))
    if verdict or proof:
        parts.append(Part("The proof", lead=verdict, table=tuple(tuple(row) for row in proof)))
    parts.append(Part("Next", sentences=advice.next_steps))
    if code is not None:
        parts.append(Part(f"In {code.framework}", sentences=code.notes, code=code))
    return tuple(part for part in parts if part != Part(part.title))
