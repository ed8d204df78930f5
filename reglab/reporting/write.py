"""The report of a run: one Markdown or HTML file with its curve, its diagnosis, the settings, and their code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reglab import checks
from reglab.engine.run import Run
from reglab.export import FRAMEWORKS
from reglab.logs import Curve
from reglab.reporting.markup import as_html, as_markdown_file
from reglab.reporting.parts import code_of, parts_of
from reglab.settings import OPTIMIZERS, Settings, Training
from reglab.strategy import ARCHITECTURES, TASKS, Advice
from reglab.strategy.of_run import _as_curve

__all__ = ["FORMATS", "report"]

FORMATS = {"markdown": as_markdown_file, "html": as_html}
MOST = 200  # rows, or columns, of the proof's table


def report(
    curve: Curve | Run | None,
    advice: Advice,
    settings: Settings | None = None,
    training: Training | None = None,
    *,
    setting: int = 0,
    title: str = "A run and what to try next",
    notes: Sequence[str] = (),
    verdict: str = "",
    proof: Sequence[Sequence[Any]] = (),
    answer: str = "",
    compared: str = "",
    framework: str = "PyTorch",
    task: str = "tabular",
    n_classes: int | None = None,
    n_features: int | None = None,
    image_shape: tuple[int, ...] | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    optimizer: str = "adamw",
    target_variance: float | None = None,
    architecture: str = "dense",
    format: str = "markdown",
) -> str:
    """Write what is known of a run as one file to keep.

    It holds the curve, what was read, the diagnosis, the settings with their ranges, reasons and sources, what a proof
    showed, and the code.

    Parameters
    ----------
    curve : Curve, Run or None
        Of the run; None where only its last losses were told. A `Run` says of itself what the code needs.
    advice : Advice
        As `reglab.recommend` returns it.
    settings : Settings, optional
        What is to be tried, where it is not what is advised.
    training : Training, optional
        The network and its schedule in the code; by default those of `reglab.fit`, with the optimizer, the batch
        size and the steps of the run.
    setting : int
        Which setting of a `Run` is read, counted from 0.
    title : str
    notes : sequence of str
        Sentences on what was read, before those of the curve.
    verdict : str
        What a training with the settings showed, in a sentence.
    proof : sequence of rows
        Its numbers: texts or numbers, all rows of one length, the head first. At most 200 rows.
    answer : str
        What is to be done after the proof, in a sentence or two: it stands first, emphasised.
    compared : str
        What several runs say beside each other: whether a change helped.
    framework : "PyTorch", "Keras" or "scikit-learn"
    task, n_classes, n_features, image_shape
        Of the data, for the code, as in `reglab.export.to_code`; "text" is taken as rows of numbers.
    learning_rate, batch_size : float and int, optional
        Of the run; what was not told is said beside the code.
    optimizer : "adamw", "adam" or "sgd"
        Of the run, for the code.
    target_variance : float, optional
        Of regression's target, above 0, in the units of the run's loss: in which units the code's loss is, is said.
    architecture : "dense", "conv", "transformer" or "language model"
        Of the run. Of other than dense networks the code is the lines that carry the settings into one's own training.
    format : "markdown" or "html"
        The picture of the curve is made of characters in Markdown, and an SVG in HTML.

    Returns
    -------
    str
        The text of a file that asks no other host for anything. What comes from outside, such as the name of a column,
        is shown as text.

    Raises
    ------
    ValueError
        If an argument is not as above. Settings that have no code, such as augmentation of a table, are said instead.

    Examples
    --------
    >>> from reglab.strategy import recommend
    >>> curve = Curve({"step": [1, 2], "train_loss": [0.9, 0.1], "val_loss": [1.0, 1.2]}, unit="epoch")
    >>> advice = recommend(500, 0.1, 1.2, n_classes=10, curve=curve, batch_size=32)
    >>> text = report(curve, advice, n_classes=10, batch_size=32)
    >>> [line for line in text.splitlines() if line.startswith("#")][:3]
    ['# A run and what to try next', '## The run', '## Diagnosis']
    """
    if isinstance(curve, Run):
        training = curve.training if training is None else training
    elif curve is not None:
        checks.instance("curve", curve, Curve)
    checks.instance("advice", advice, Advice)
    if settings is not None:
        checks.instance("settings", settings, Settings)
    if training is not None:
        checks.instance("training", training, Training)
    checks.text("title", title)
    checks.text("verdict", verdict)
    checks.text("answer", answer)
    checks.text("compared", compared)
    checks.one_of("framework", framework, FRAMEWORKS)
    checks.one_of("task", task, (*TASKS, "points"))
    checks.one_of("format", format, tuple(FORMATS))
    if learning_rate is not None:
        checks.number("learning_rate", learning_rate, 0)
    if batch_size is not None:
        checks.whole("batch_size", batch_size, 1)
    checks.one_of("optimizer", optimizer, OPTIMIZERS)
    checks.one_of("architecture", architecture, ARCHITECTURES)
    if target_variance is not None:
        checks.number("target_variance", target_variance, 0)
    said = [checks.text("notes", note) for note in checks.several("notes", notes)]
    rows = [checks.several("proof", row, least=1, most=MOST) for row in checks.several("proof", proof, most=MOST)]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("proof must have rows of one length")
    table = [[cell if isinstance(cell, str) else f"{checks.number('proof', cell):.4g}" for cell in row] for row in rows]
    given = {
        "task": task,
        "n_classes": n_classes,
        "n_features": n_features,
        "image_shape": image_shape,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "target_variance": target_variance,
        "architecture": architecture,
    }
    usual = {"task": "tabular", "optimizer": "adamw", "architecture": "dense"}
    columns, known, _ = _as_curve(curve, setting, given, usual)
    code = code_of(framework, advice, columns, settings, training, **known)
    parts = parts_of(
        advice,
        columns,
        notes=said,
        chosen=settings,
        code=code,
        verdict=verdict,
        proof=table,
        answer=answer,
        compared=compared,
    )
    return FORMATS[format](title, parts, "Written by reglab.")
