"""What the proof trains: on which data, at which learning rate and for how many steps, and what is to be said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pages.ui import proof, to_try
from pages.ui.own_data import load

from reglab import guidelines, strategy
from reglab.engine.rows import most_rows
from reglab.settings import Settings, Training

PROOF = {"image": "digits", "tabular": "breast_cancer", "signal": "mnist1d"}  # what each kind is proved on
REGRESSION = "diabetes"  # what every kind is proved on where it predicts a number
USUAL_RATE = 1e-3
RATES = {"sgd": (1e-4, 0.1)}  # at which these networks train, by optimizer
ADAPTIVE = (1e-5, 1e-2)


@dataclass(frozen=True)
class Wanted:
    """What is to be tried, and what was told of the run.

    which: "advice" or a preset. settings: at the advised learning rate, with what was typed: `typed`, by name. given:
    something was typed or another strength was set. n, rate, batch, steps: of the run, None where it was not told.
    """

    which: str
    settings: Settings
    typed: set[str]
    given: bool
    optimizer: str
    current: Settings | None
    task: str
    target: str
    n: int | None
    rate: float | None
    batch: int | None
    steps: int | None
    has_curve: bool
    architecture: str = "dense"
    data_name: str = ""  # the name of the person's own data, where there are some

    @property
    def name(self) -> str:
        """What a sentence calls the settings."""
        if self.given:
            return "these settings"
        preset = guidelines.PRESETS.get(self.which)
        return f"the {preset.task} preset" if preset else "the advice"

    @property
    def data(self) -> str:
        """The dataset of the proof; "" where there is none."""
        if self.which == "image":
            return "digits"
        if self.proves_on_own:
            return self.data_name
        return REGRESSION if self.target == "number" else PROOF.get(self.task, "")

    @property
    def proves_on_own(self) -> bool:
        """Whether there are data of the person's own, of the kind that was told, that predict what was told."""
        if not self.data_name or self.which != "advice":
            return False
        data = load(self.data_name)
        return (data.n_classes is None) == (self.target == "number") and data.task == self.task

    def lowers_rate(self, advice: strategy.Advice | None) -> bool:
        """Tell whether a lower learning rate is what is advised, to a run that diverged."""
        return bool(advice and advice.diagnosis == "diverging" and self.which == "advice")


def why_not(wanted: Wanted, advice: strategy.Advice | None) -> str:
    """Return why there is nothing to prove, in one sentence; nothing where there is."""
    if wanted.which == "language":
        return "There is no language model here to prove it on: this preset stands on its sources alone."
    if not wanted.data:
        return "There is no text data here to prove it on: for text the advice stands on its sources alone."
    if advice is None:
        return ""
    lower_rate = wanted.lowers_rate(advice)
    if lower_rate and wanted.rate is None:
        return "Put in the learning rate of the run: the proof holds it against a tenth of it."
    if wanted.which == "advice" and not wanted.given and not lower_rate and to_try.only_keeps(wanted.settings):
        if advice.diagnosis in strategy.OVERFIT:
            return "What the strengths rest on is asked for above: without it there is nothing to prove."
        if advice.diagnosis == "underfit":
            return "There is nothing to prove here: no regularization is advised. Train longer, or a larger network."
        return (
            "There is nothing to prove: the advice is to change nothing, and to keep the best checkpoint. The data "
            "here may well overfit, and would say nothing of your run."
        )
    return ""


def make(wanted: Wanted, advice: strategy.Advice) -> proof.Plan:
    """Return what is trained."""
    data = load(wanted.data)
    n, rate, lower_rate = wanted.n, wanted.rate, wanted.lowers_rate(advice)
    rows, n_val = most_rows(data), 100 if data.task == "tabular" else 200
    if wanted.proves_on_own:
        n_val = min(n_val, max(1, rows // 4))
    n_train = min(max(20, min(n or 200, rows - n_val)), rows - n_val)
    notes = [] if n else [f"The training rows were not told: {n_train} are taken."]
    if wanted.data_name and not wanted.proves_on_own:
        notes.append("Your own data are of another kind, or predict something else, and are not used.")
    notes += [f"Your {n:,} rows are more than there are here."] if n and n > n_train else []
    notes += (
        ["A number is predicted here from a table."] if wanted.target == "number" and wanted.task != "tabular" else []
    )
    low, high = RATES.get(wanted.optimizer, ADAPTIVE)
    asked = rate or USUAL_RATE
    usual = min(max(asked, low), high)
    own_rate = lower_rate or "learning_rate" in wanted.typed
    if rate is None and not own_rate:
        notes.append(f"No learning rate was told: {usual:g} is taken.")
    elif usual != asked and not own_rate:
        notes.append(f"The learning rate is {usual:g}: yours, {asked:g}, would not train these networks.")
    if wanted.batch is None:
        notes.append(f"The batch size was not told: {strategy.USUAL_BATCH} is taken.")
    settings = wanted.settings
    if not own_rate:  # an advised rate that is another than the run's stays as much below it
        advised = settings.learning_rate if wanted.which == "advice" else asked
        settings = replace(settings, learning_rate=usual * advised / asked)
    own_patience = "patience" in wanted.typed or (wanted.current and wanted.current.patience is not None)
    if wanted.which == "advice" and settings.patience is not None and not own_patience:
        settings = replace(settings, patience=strategy.PATIENCE)  # the proof has other evaluations than the run
    settings, network, warnings = proof.fitting(settings, data, wanted.optimizer)
    # The rate that diverged against the advised one; else one rate for all, unless another one was advised or typed.
    before, _, left_out = proof.fitting(wanted.current or Settings(), data, wanted.optimizer)
    before = replace(before, learning_rate=asked if lower_rate else usual, momentum=settings.momentum, patience=None)
    network["residual"] = bool(settings.drop_path_rate or before.drop_path_rate)
    # A run that diverged may have ended long before it was to.
    known = math.isfinite(advice.steps) and (wanted.steps or wanted.has_curve)
    max_steps, said = proof.proof_steps(wanted.steps if lower_rate else advice.steps if known else None)
    how = Training(max_steps=max_steps, batch_size=min(wanted.batch or strategy.USUAL_BATCH, n_train), **network)
    had = to_try.in_words(replace(before, learning_rate=USUAL_RATE, momentum=Settings().momentum))
    without = "without regularization" if before == _plain(before) else f"as the run was ({had})"
    lost = [f"Of what the run had, {note}" for note in left_out if note.endswith("left out.")]
    sentences = (
        f"Trains on {n_train} rows of {data.title}, five seeds each, {max_steps:,} steps: {without}, with the best "
        f"checkpoint alone, and with {wanted.name}: {to_try.in_words(settings)}. "
        f"{' '.join([*notes, said, *lost, *warnings])}"
    )
    stack = (before, replace(before, patience=strategy.PATIENCE), settings)
    return proof.Plan(data, stack, how, n_train, n_val, sentences)


def _plain(settings: Settings) -> Settings:
    """Return settings of the same learning rate and momentum with nothing on."""
    return Settings(learning_rate=settings.learning_rate, momentum=settings.momentum)
