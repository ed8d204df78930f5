"""Two networks that learn in the plane before one's eyes, without a technique and with it, and points of one's own.

What they answer at every evaluation of a real run (`experiments.learned_boundary`) is sent once; the browser plays it.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import by_hand, charts, controls, sections, words
from pages.ui.effect import Scale
from pages.ui.layout import copy_link
from pages.ui.lower import Table, table_of
from pages.ui.own_data import load
from pages.ui.seeds import written
from pages.ui.study import Study

from reglab import experiments
from reglab.datasets import Dataset
from reglab.engine.rows import most_rows
from reglab.settings import Settings

if TYPE_CHECKING:
    from reglab.experiments import LearnedBoundary

VIEW = "learning"
LABEL = "Watch it learn"
SHAPES = ("moons", "circles", "spirals")
EVALUATIONS = 36
LONG = 1000  # steps of two widths: a wide network takes some to learn the noise
MOST_POINTS = 40  # of one's own
MOST_CLASSES = 7  # that have a colour
TINTED = "The tint is the likeliest class, paler where the network is less sure; the marks are the training rows."
SHORT = {"train": "train_loss", "val": "val_loss", "test": "test_loss"}


@dataclass(frozen=True, eq=False)
class Side:
    """One of two networks that are watched: its name, the role of its colour, what was learned, and its setting."""

    name: str
    role: str
    learned: LearnedBoundary
    setting: int

    def losses(self, split: str) -> list[float | None]:
        """Return the first seed's losses of a split at every evaluation, None once it has stopped or diverged."""
        values = getattr(self.learned.run, SHORT[split])[self.setting, 0].tolist()
        return [round(value, 5) if math.isfinite(value) else None for value in values]

    @property
    def end(self) -> str:
        """What is said of the network once it has no losses any more."""
        run, best = self.learned.run, int(self.learned.run.best[self.setting, 0])
        if run.diverged[self.setting, 0]:
            return "diverged"
        return f"stopped; the weights of step {run.steps[best]} are back"


def fits(data: Dataset) -> bool:
    """Return whether a boundary of these data can be drawn: two inputs, and few classes."""
    return data.x.shape[1] == 2 and data.n_classes is not None and data.n_classes <= MOST_CLASSES


def in_plane(study: Study) -> Study:
    """Return the study where its data lie in a plane, else the same study of data that do, which are chosen."""
    if fits(study.data):
        return study
    names = {name: load(name).title for name in SHAPES}
    shape = controls.choice(
        "plane", "Data in a plane", names, SHAPES[0], style="segments", help="A boundary can be drawn of two inputs."
    )
    return study.but(dataset=shape, called="", n_train=min(study.n_train, most_rows(load(shape)) // 2))


def show(study: Study, scale: Scale, value: float, *, technique: str = "") -> list[Table]:
    """Train the baseline and one strength of a scale in the plane, and let both be watched.

    technique: what it is called where it is off, by default the scale's title.
    """
    technique = technique or scale.title
    settings = scale.settings(study.base)[scale.values.index(value)]
    strength = f"{scale.title} {scale.label(value)}" if value else f"{technique} off"
    return watch(study, settings, (f"Without {technique}", f"With {strength}"), off="" if value else technique)


def watch(study: Study, settings: Settings, names: tuple[str, str], *, off: str = "", **how: Any) -> list[Table]:
    """Train with the study's settings and with others in the plane, and let both be watched.

    names: what both are called. off: the technique, where it is off and both are the same. how: what `learned_boundary`
    takes more.
    """
    study, points = prepare(study)
    learned = train(study, (study.base, settings), points, place=st.empty(), **how)
    sides = Side(names[0], "baseline", learned, 0), Side(names[1], "technique", learned, 1)
    draw(study, sides, points)
    if off:
        losses = written(learned.run.kept("val_loss")[0].tolist())
        same = f"{words.capital(off)} is off, so both are the same network: validation loss **{losses}**."
        sections.say(f"{same}{of_points(points)}")
    else:
        tell(study, study.compare_at((learned.run, 0), (learned.run, 1), with_=names[1].removeprefix("With ")), points)
    return [table_of(study, "watched_losses", lambda: loss_rows(sides))]


def watch_widths(study: Study, widths: tuple[int, int], **how: Any) -> list[Table]:
    """Train a narrow network and a wide one in the plane, of one hidden layer each, and let both be watched."""
    study, points = prepare(study)
    bar = st.empty()
    narrow, wide = (
        train(study.network(hidden_sizes=(units,), max_steps=LONG), (study.base,), points, place=bar, **how)
        for units in widths
    )
    names = [f"{units} hidden units" for units in widths]
    sides = Side(words.capital(names[0]), "baseline", narrow, 0), Side(words.capital(names[1]), "baseline", wide, 0)
    draw(study, sides, points)
    tell(
        study,
        study.compare_at((narrow.run, 0), (wide.run, 0), with_=f"{widths[1]} units instead of {widths[0]}"),
        points,
    )
    return [table_of(study, "watched_losses", lambda: loss_rows(sides))]


def tell(study: Study, compared: words.Comparison, points: Sequence[by_hand.Point]) -> None:
    """Say what was measured over all seeds, of which one is in the pictures, and what it was trained on besides."""
    sections.measured(
        words.around(compared, after=f"{pictured(study)}{of_points(points)}".strip()), more="learning_more"
    )


def prepare(study: Study) -> tuple[Study, tuple[by_hand.Point, ...]]:
    """Let the data in the plane be chosen; return the study of them, and the points of one's own."""
    study = in_plane(study)
    classes = study.data.n_classes or 0
    points = tuple(point for point in by_hand.hold("points", MOST_POINTS) if point[2] < classes)
    copy_link()  # once more: these controls are drawn after it
    return study, points


def train(study: Study, settings: Sequence[Settings], points: Sequence[by_hand.Point], **how: Any) -> LearnedBoundary:
    """Return what settings learn on a study in the plane, computed once for all who have the same points."""
    ends = experiments.plane_ends(study.data)
    given = tuple((*by_hand.to_plane(point, ends), point[2]) for point in points)
    training = replace(study.training, eval_steps=EVALUATIONS)
    how = {"note": "Training both", **how}
    return study.compute(experiments.learned_boundary, tuple(settings), training=training, points=given, **how)


def draw(study: Study, sides: Sequence[Side], points: Sequence[by_hand.Point]) -> None:
    """Draw the two networks as they learn, with what plays them and the points of one's own."""
    note = f"{study.note}, seed {study.seeds[0]}"
    charts.title("The boundary while it is learned", f"{note}; lines: — validation, - - train, ··· test loss")
    key = controls.key("watched")
    by_hand.component("boundary")(
        key=key,
        data=payload(study, sides, points),
        on_moved_change=by_hand.take("points", key, MOST_POINTS, study.data.n_classes or 1),
    )


def payload(study: Study, sides: Sequence[Side], points: Sequence[by_hand.Point]) -> dict[str, Any]:
    """Return what the browser is sent: what both answer at every evaluation, packed, with losses, rows, names."""
    first, data = sides[0].learned, study.data
    names = [str(name) for name in data.class_names] or [f"class {number}" for number in range(first.n_classes)]
    axes = [str(name) for name in data.feature_names] or ["x1", "x2"]
    n_rows = len(first.rows) - len(points)
    rows = [
        [round(x, 4), round(y, 4), label]
        for (x, y), label in zip(first.rows[:n_rows].tolist(), first.labels[:n_rows].tolist(), strict=True)
        if math.isfinite(x + y)
    ]
    sent: dict[str, Any] = {
        "side": first.side,
        "levels": first.levels,
        "classes": names,
        "axes": axes,
        "ends": [first.x, first.y],
        "steps": first.run.steps.tolist(),
        "top": top_of(sides, study.guess),
        "rows": rows,
        "most": MOST_POINTS,
        "words": TINTED,
        "sides": [
            {
                "name": side.name,
                "role": side.role,
                "stopped": side.end,
                "frames": base64.b64encode(side.learned.codes[side.setting].tobytes()).decode("ascii"),
                "shares": side.learned.shares[side.setting].round(4).tolist(),
                **{split: side.losses(split) for split in SHORT},
            }
            for side in sides
        ],
    }
    sent["id"] = hashlib.sha256(repr(sent).encode()).hexdigest()
    return {**sent, "points": [list(point) for point in points]}


def top_of(sides: Sequence[Side], guess: float) -> float:
    """Return the top of the axis of losses: above a constant guess and what both end with, up to four such guesses.

    What diverges leaves the axis.
    """
    seen = [guess]
    for side in (side for side in sides if not side.learned.run.diverged[side.setting, 0]):
        for split in SHORT:
            known = [loss for loss in side.losses(split) if loss is not None]
            seen += known[-1:]
    return charts.ceiling([min(max(seen), 4 * guess)])


def pictured(study: Study) -> str:
    """Say of which seed the pictures are, where there are several."""
    if len(study.seeds) == 1:
        return ""
    return f"The pictures are of seed {study.seeds[0]} alone, the sentence is about all {len(study.seeds)}."


def of_points(points: Sequence[by_hand.Point]) -> str:
    """Say that points of one's own were trained on, with the space before it, or nothing.

    >>> of_points([(0, 0, 1)])
    ' Every seed trained on 1 point of your own too.'
    """
    return f" Every seed trained on {words.plural(len(points), 'point')} of your own too." if points else ""


def loss_rows(sides: Sequence[Side]) -> list[dict[str, Any]]:
    """Return the losses of every seed at every evaluation, to download; None where a model has stopped or diverged."""
    return [
        {
            "network": side.name,
            "seed": seed,
            "step": step,
            **{
                field: (
                    value
                    if math.isfinite(value := float(getattr(side.learned.run, field)[side.setting, s, e]))
                    else None
                )
                for field in SHORT.values()
            },
        }
        for side in sides
        for s, seed in enumerate(side.learned.run.seeds)
        for e, step in enumerate(side.learned.run.steps.tolist())
    ]
