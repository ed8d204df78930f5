"""All techniques side by side: each alone at the strength that validation chooses, and several at once."""

import math
from typing import Any

import streamlit as st

from pages.pictures import all_techniques as pictures
from pages.pictures.all_techniques import NAMED
from pages.ui import controls, sections, words
from pages.ui.drawing import Frame
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.study import Study, choose

from reglab import experiments
from reglab.experiments import SideBySide
from reglab.experiments.combinations import turned_on

DATA = ("digits", "breast_cancer", "wine", "mnist1d", "moons", "diabetes")
SIZES = (50, 100, 200, 400)
KINDS = {  # of what each alone does to the test loss, by `words.kind`
    "worse": "Worse than nothing here",
    "guess": "Better than nothing, yet no better than a constant guess",
    "unsure": "Not told apart by the seeds from nothing",
    "none": "The same as nothing",
}


def compared(study: Study, result: SideBySide, before: str, after: str, with_: str) -> words.Comparison:
    """Return what the test loss does from one to another of what was trained."""
    losses = dict(zip(result.names, result.test_loss.tolist(), strict=True))
    return study.compare(losses[before], losses[after], "test loss", with_=with_)


def listed(result: SideBySide, name: str) -> str:
    """Return the techniques that are on in one of the combinations, in words."""
    settings = result.settings[result.names.index(name)]
    return words.listed([f"{NAMED[each]} {getattr(settings, each):g}" for each in turned_on(settings)])


def say(study: Study, result: SideBySide) -> None:
    """Say what the best of them brings, what the combinations do, and which cannot be told from nothing."""
    single = [name for name in result.names if name not in ("none", "all", "combined")]
    means = {name: float(loss) for name, loss in zip(result.names, result.val_loss.mean(axis=1), strict=True)}
    known = [name for name in single if math.isfinite(means[name])]
    if not known:
        sections.say("Every training diverged.")
        return
    best = min(known, key=means.__getitem__)
    strength = pictures.strength_of(result, best)
    sections.measured(compared(study, result, "none", best, f"{strength}, the lowest by validation"), more="more_best")
    if "combined" in result.names:
        chosen = compared(study, result, "none", "combined", listed(result, "combined"))
        against = compared(study, result, best, "combined", f"that instead of {strength} alone")
        sections.measured(words.around(chosen, after=against.sentence), more="more_combined")
        sections.measured(compared(study, result, "none", "all", "all that lower validation loss, at full strength"))
    comparisons = [compared(study, result, "none", name, "") for name in single]
    kinds = words.by_kind([NAMED[name] for name in single], comparisons)
    phrases = [f"{opening}: {words.listed(kinds[kind])}." for kind, opening in KINDS.items() if kind in kinds]
    if phrases:
        count = len(single)
        chance = f"Of {count} intervals of 95 % about {0.05 * count:.1f} leave zero out by chance alone."
        sections.say(f"{' '.join(phrases)} {chance}", more="more_each")


def rows(study: Study, result: SideBySide) -> list[dict[str, Any]]:
    """Return what was measured, to download."""
    return study.table(
        [
            {"what": name, "techniques": listed(result, name), "seed": seed, "validation_loss": v, "test_loss": t}
            | {"time_per_step": ratio}
            for name, validation, test, ratio in zip(
                result.names, result.val_loss.tolist(), result.test_loss.tolist(), result.time.tolist(), strict=True
            )
            for seed, v, t in zip(result.seeds, validation, test, strict=True)
        ]
    )


open_page("all_techniques")
picture, side = picture_and_controls()
with side:
    study = choose(DATA, SIZES, n=100)
    files = st.container()
with picture:
    order = controls.choice("order", "In the order of", pictures.ORDERS, "loss", style="segments")
copy_link()
sections.papers("all_techniques")
controls.lead_on()
with picture:  # last, since it trains
    frame = Frame("all", "What each brings", f"test loss against none, {study.note}", hint="", panels=1)
    result: SideBySide = frame.follow(
        lambda **how: study.compute(
            experiments.side_by_side, study.base, study.training, note="Training all of them", **how
        ),
        lambda part, live: pictures.gains(part, order, study.guess, live),
    )
    say(study, result)
    st.html(
        '<div class="quiet">Bars: the 95 % interval of the paired difference; dots: the seeds. A strength is chosen on '
        "validation rows and judged on test rows. Time is that of a training step here, without evaluations, over one "
        "without any technique.</div>"
    )
with files:
    sections.download(lambda: rows(study, result), "all_techniques.csv", "Download as CSV")
