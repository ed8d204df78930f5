"""What the linear models of a page are fitted on: bundled data, or the strongest columns of the visitor's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pages.pictures.l1 import FEATURES, short
from pages.ui import controls, own_data
from pages.ui.cache import cached
from pages.ui.own_data import load
from pages.ui.study import with_own

from reglab import experiments
from reglab.datasets import Dataset

SOURCES = {"diabetes": "Diabetes", "breast_cancer": "Breast cancer, means"}
PAIRS = {"diabetes": ("bmi", "bp"), "breast_cancer": ("mean radius", "mean texture")}
LINEAR_ROWS = 40  # to fit on, at least

strongest = cached(1)(experiments.strongest)  # of one's own columns


@dataclass(frozen=True)
class Source:
    """What the linear models are fitted on: a bundled dataset by its name, or the strongest columns of one's own.

    features: how many of its first columns. pair: the two of the plane. about: where the columns come from. drawn:
    whether the rows are some of those that there are.
    """

    data: Any
    features: int
    pair: tuple[str, str]
    called: str
    about: str = ""
    drawn: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The features, as a picture has them."""
        data = self.data if isinstance(self.data, Dataset) else load(self.data)
        return short(data.feature_names[: self.features])

    @property
    def two(self) -> tuple[str, str]:
        """The features of the plane, as a picture has them."""
        first, second = short(self.pair)
        return first, second


def not_linear(data: Dataset) -> str:
    """Say why a linear model of one target cannot be shown on one's own data, or nothing."""
    if (data.n_classes or 2) > 2:
        return (
            f"Your own data have {data.n_classes} classes: a linear model has one number to predict, such as a "
            "regression's target, or two classes as 0 and 1."
        )
    if len(data.x) < LINEAR_ROWS or len(set(data.y_test.tolist())) < 2:
        return f"Your own data have too few rows for a linear model, which is fitted on at least {LINEAR_ROWS}."
    if len(strongest(data.name, FEATURES).feature_names) < 2:
        return "Your own data have a single column that says something of the target: a path takes two."
    return ""


def choose_source(drawn: bool) -> Source:
    """Let the person choose what the linear models are fitted on; drawn: it is asked for now, else as it was."""
    name = "diabetes"
    if drawn:
        titles = with_own(SOURCES, (LINEAR_ROWS // 2,), control="source", refuse=not_linear)
        name = controls.choice("source", "Linear regression on", titles, name)
    if not own_data.is_own(name):
        return Source(name, FEATURES, PAIRS[name], name)
    data = strongest(name, FEATURES)
    names = data.feature_names
    drawn = len(data.x) < len(load(name).x)
    about = f"{' drawn' if drawn else ''}, the {len(names)} columns that go most with the target"
    return Source(data, len(names), (names[0], names[1]), name, about, drawn)
