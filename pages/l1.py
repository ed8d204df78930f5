"""L1 and sparsity: how weights come to be exactly zero, which ones, and what that does to a network."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages.pictures import l1 as pictures
from pages.pictures.l1 import MODELS, STRENGTHS, WAYS, figures, named
from pages.ui import boundary, by_hand, charts, controls, effect, escape, sections, words
from pages.ui.cache import cached, cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.linear_source import Source, choose_source
from pages.ui.lower import Files, Mistake, Question, Table, lower_half
from pages.ui.right_wrong import against, show_against
from pages.ui.seeds import average
from pages.ui.story import Story
from pages.ui.study import Study, choose, levels_of
from pages.ui.words import percent, signed

from reglab import experiments, export, l1, mistakes
from reglab.engine.run import Run
from reglab.settings import Settings

L1 = effect.Scale("l1", (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 1.0), "L1 strength")
COUPLED = effect.Scale("l2", L1.values, "strength")  # whose gradient a mistake replaces by that of L1
BY_L1, BY_STRENGTH = levels_of(L1, "l1"), levels_of(COUPLED, "l1")
CALLED = {"lasso": "Lasso", "net": "elastic net", "ridge": "ridge"}
STEPS = 60  # of the three ways, and of the five weights
FIVE, FIVE_RATE = (2.0, 0.5, -0.3, 0.1, -1.5), 0.1
DATA = {"digits": "Digits", "breast_cancer": "Breast cancer", "wine": "Wine", "mnist1d": "MNIST-1D"}
SIZES = (50, 100, 200, 400)
BOOTSTRAPS, STABLE = 100, 0.8
DRAWN, KEPT, KILOPASCAL = 200, 5, 0.133322  # of the units compared: rows by seed, features; of a millimetre of mercury

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"view": "path", "strength": 0.1, "model": "lasso", "net": 0.3, "source": "diabetes", "step": STEPS}
    | {"effect": "training", "l1": 0.03, "level": 0.1, "data": "digits", "n": 200.0, "tab": sections.TABS[0]},
    "Too much": {"strength": 0.501, "l1": 1.0},
    "When it does nothing": {"strength": 0.001, "l1": 0.01, "n": 400.0},
    "Reference": {"view": "five", "step": 20},
    "Diamond and ball": {"view": "plane", "strength": 0.398},
    "No zeros": {"view": "ways", "subgradient": True, "tab": sections.TABS[1]},
    "Elastic net": {"source": "breast_cancer", "model": "net", "strength": 0.2},
    "Pruned": {"effect": "layer", "l1": 0.4},
    "Stable": {"effect": "stability", "level": 0.0316},
}
STORIES = {
    "See it work": Story(
        "One coefficient after another reaches exactly zero as the strength rises.", "Which feature is the last to go?"
    ),
    "Too much": Story("At this strength few features are left.", "What does that do to the test loss?"),
    "When it does nothing": Story(
        "At this strength the path is almost what it is without a penalty.",
        "From which strength on is the first feature dropped?",
    ),
    "Reference": Story(
        "Each step takes the same amount from every weight, whatever its size.", "Which of the five is zero first?"
    ),
    "Diamond and ball": Story(
        "The diamond has corners on the axes, and the ball has none.",
        "Which of the two is touched where a coefficient is zero?",
    ),
    "No zeros": Story(
        "Three ways to step towards zero, and not all of them stop there.", "Which of them never has an exact zero?"
    ),
    "Elastic net": Story(
        "With L2 beside it, features that say the same may stay in together.",
        "How many are left at this strength without L2?",
    ),
    "Pruned": Story(
        "Gray weights are exactly zero: see which pixels no unit reads any more.",
        "How many can go before the accuracy falls?",
        "effect",
    ),
    "Stable": Story(
        "See how often each feature is chosen when the rows are drawn anew.",
        "Which ones are chosen nearly every time?",
        "effect",
    ),
}


# ------------------------------------------------------------------ the mechanism


def in_words(names: Sequence[str]) -> str:
    """Return several names for a sentence; those of one's own data make nothing bold."""
    return words.listed([escape.in_sentence(name) for name in names])


@cached(16)
def path(source: Any, features: int, model: Any, net: float) -> experiments.LinearPath:
    """Return a penalty's whole path; source: a name, or a dataset."""
    return experiments.linear_path(source, STRENGTHS, model, l2_beside=net, features=features)


lasso_plane, ridge_plane = cached(8)(experiments.lasso_plane), cached(8)(experiments.ridge_plane)
descents, units = cached(128)(experiments.lasso_descents), cached(8)(experiments.lasso_units)
zeros_of = cached_of(16)(experiments.zeros)  # of the first layer


def show_path(source: Source, strength: float, model: str, net: float) -> Table:
    """Draw a whole path, scrubbed."""
    net = net if model == "net" else 0.0
    fitted = partial(path, source.data, source.features)
    solved, level = fitted(model, net), STRENGTHS.index(strength)
    ends = pictures.span_of(fitted("lasso", 0.0), fitted("ridge", 0.0))
    ticks = "; ticks: where a feature joins or leaves" if model == "lasso" else ""
    frame = Frame("path", f"The {CALLED[model]} path", f"{solved.n_train:,} rows{source.about}, standardised{ticks}")
    frame.draw(pictures.path(solved, model, net, ends), strength)

    # What the path begins with has no penalty, but for the elastic net, whose L2 part stays.
    nothing = f"L2 {net:g} alone" if model == "net" else "no penalty"
    names, weights = pictures.short(solved.names), solved.path[level].tolist()
    keeps, left_out = ([names[i] for i in solved.order if bool(weights[i]) is on] for on in (True, False))
    which = f": {in_words(keeps)}. Exactly zero: {in_words(left_out)}" if keeps and left_out else ""
    if level and not which:
        which = ": all are exactly zero" if left_out else ": none is exactly zero"
    explained = list(map(signed, solved.explained.tolist()))
    beside = f", with {nothing} {explained[0]}" if level else ""
    beside += f", with no penalty {signed(solved.plain)}" if model == "net" else ""
    best = f"strength {STRENGTHS[solved.chosen]:g}, which has {explained[solved.chosen]}" if solved.chosen else nothing
    sections.say(
        f"{f'At strength **{strength:g}**' if level else f'With {nothing}'} the {CALLED[model]} keeps **{len(keeps)} "
        f"of {len(names)}** features{which}. R² on the {solved.n_test} test rows is **{explained[level]}**"
        f"{beside}. Cross-validation on the {solved.n_train} training rows chooses {best}."
    )
    return Table("l1_path", "the path", lambda: pictures.path_rows(solved, source.called, model, net))


def show_plane(source: Source, strength: float, model: str, net: float) -> Table:
    """Draw the diamond and the ball, each with the ellipse that touches it."""
    given = source.data, source.pair, STRENGTHS, 5
    ends = by_hand.around_zero(ridge_plane(*given))
    hand, centre = controls.switch("hand", "Move the centre by hand"), by_hand.centre(ends)
    lasso, ridge = lasso_plane(*given, centre=centre), ridge_plane(*given, centre=centre)
    two = source.two
    moved = "centre moved by hand, " if centre else ""
    note = f"{moved}from {' and '.join(two)} alone; blue: equal loss"
    frame = Frame("plane", "Diamond and ball", note, hint="hover, click to keep")
    frame.draw(pictures.plane(lasso, ridge, two), strength)
    if hand:
        by_hand.move_centre(ends, two, (lasso, ridge), STRENGTHS.index(strength), moved=bool(centre))
    a, b = (plane.path[STRENGTHS.index(strength)].tolist() for plane in (lasso, ridge))
    first, second = map(escape.in_sentence, two)
    by_lasso, by_ridge = named((first, second), a), named((first, second), b)
    meets = (
        "the ellipse meets the diamond on a side, so neither weight is 0 yet",
        f"the ellipse meets the diamond's corner, **{first if not a[0] else second} is exactly 0**",
        "the diamond has shrunk to a point: both are exactly 0",
    )[a.count(0)]
    last = max((level for level, pair in enumerate(lasso.path.tolist()) if all(pair)), default=0)
    never = sum(not all(pair) for pair in ridge.path.tolist()) or "none"
    sections.say(
        f"At strength **{strength:g}** {meets} ({by_lasso}). The ball has no corners: the ridge of the same "
        f"strength has **{by_ridge}**. The Lasso has an exact zero from strength "
        f"{STRENGTHS[min(last + 1, len(STRENGTHS) - 1)]:g} on; the ridge has {never} at any."
    )
    return Table("l1_plane", "the plane", lambda: pictures.plane_rows(lasso, ridge, source.called, two))


def show_ways(source: Source, strength: float, model: str, net: float) -> Table:
    """Draw soft thresholding, the subgradient and clipping side by side."""
    step = int(controls.slider("step", "Step", 0, STEPS, STEPS, 1))
    descended, without = (
        descents(source.data, l1, tuple(WAYS), n_steps=STEPS, features=source.features) for l1 in (strength, 0.0)
    )
    limit = charts.ceiling([float(abs(without.paths[0]).max())])  # it does not follow the slider
    note = "green: 0 in the Lasso; red dot: not here; triangles: the Lasso"
    frame = Frame("ways", "Three ways to zero", note, hint="click to keep", panels=3)
    frame.draw(pictures.ways(descended, limit), step)
    (soft, along, clipped), lost = descended.zeros.tolist(), int(descended.lost[2])
    same = (
        "just those of the Lasso" if descended.agree[0] else f"where the Lasso has {int((descended.goal == 0).sum())}"
    )
    least = "" if along else f", the smallest weight being {abs(descended.paths[1, -1]).min():.1g}"
    sections.say(
        f"After {STEPS} steps at strength **{strength:g}** the soft threshold has **{soft}** exact zeros, {same}. The "
        f"subgradient has **{along}**{least}. Clipping has **{clipped}**, and on the way lost "
        + (f"**{words.plural(lost, 'zero')}** that it had made." if lost else "none that it had made.")
    )
    names = path(source.data, source.features, "lasso", 0.0).names
    return Table("l1_ways", "the weights by step", lambda: pictures.way_rows(descended, source.called, strength, names))


def show_five(source: Source, strength: float, model: str, net: float) -> Table:
    """Draw five weights that no data holds."""
    step = int(controls.slider("step", "Step", 0, STEPS, STEPS, 1))
    paths = experiments.pulled(FIVE, strength, learning_rate=FIVE_RATE, n_steps=STEPS)
    note, hint = f"learning rate {FIVE_RATE:g}; green dot: exactly zero", "click to keep a step"
    Frame("five", "Five weights, no data", note, hint=hint).draw(pictures.five(paths), step)
    a, b = paths[:, step].tolist()
    sections.say(
        f"After {step} steps at strength **{strength:g}**, L1 gives w = (**{figures(a)}**), with "
        f"**{words.plural(a.count(0), 'exact zero')}**: each step takes the same {FIVE_RATE * strength:.3g} off every "
        f"weight. L2, the gradient of {strength:g} · Σw², gives ({figures(b)}), with **{b.count(0)}**: it takes a "
        "share of each, so a small weight is hardly pulled."
    )
    return Table("l1_five", "the weights by step", lambda: pictures.five_rows(paths, strength, FIVE_RATE))


VIEWS: dict[str, tuple[str, Callable[[Source, float, str, float], Table]]] = {
    "path": ("Lasso path", show_path),
    "plane": ("Diamond and ball", show_plane),
    "ways": ("Three ways to zero", show_ways),
    "five": ("Five weights", show_five),
}


@st.fragment
def mechanism(show: Callable[[Source, float, str, float], Table], source: Source, model: str, net: float) -> None:
    """Draw the mechanism; moving its sliders runs this alone."""
    controls.draw_lessons()
    strength = controls.scale("strength", "Strength of the penalty", STRENGTHS, 0.1)
    table = show(source, strength, model, net)
    Files(st.container()).offer([table])


# ------------------------------------------------------------------ the effect


def share_of_zeros(run: Run, level: int) -> str:
    """Return the mean share of the first layer's weights that are exactly zero, in words."""
    return (
        f"**{percent(average(zeros_of(run).share[level].tolist()), 1)}** of the first layer's weights are exactly zero"
    )


def show_training(study: Study, strength: float, source: Source) -> list[Table]:
    """Draw strength against loss, and the training curves."""
    run = study.show(L1, strength, control="l1", name=f"L1 {L1.label(strength)}")
    zeros = f"{share_of_zeros(run, BY_L1.of(strength))}." if strength else ""
    study.verdict(L1, run, strength, also=zeros, off="L1 is off")
    return [Table("l1_training", "the losses at every step", lambda: effect.history(run, "l1", L1.values))]


def show_layer(study: Study, strength: float, source: Source) -> list[Table]:
    """Draw the first layer, and accuracy against the share of zeros."""
    shape = study.data.image_shape
    each = "each unit's pixels" if shape else "a column for each unit"
    note = f"{each}; orange above 0, blue below, gray exactly 0"
    frame = Frame("layer", "The first layer", note, hint="hover, click to keep")
    run = study.sweep(L1, place=frame.bar)
    zeros, level = zeros_of(run), BY_L1.of(strength)
    tile = (shape[0], shape[1]) if shape else (zeros.shape[0], 1)
    frame.draw(pictures.layer(BY_L1, run, zeros, tile), strength)
    counted = (
        f"{share_of_zeros(run, level)}; of its {zeros.shape[0]} inputs **{zeros.dead_inputs[level]:.1f}** have no "
        f"weight left, of its {zeros.shape[1]} units **{zeros.dead_units[level]:.1f}** (means of {len(study.seeds)} "
        "seeds)."
    )
    if level:
        comparison = study.compare_at((run, 0), (run, level), "test_accuracy", with_=f"L1 strength {strength:g}")
        sections.measured(words.around(comparison, before=counted), more="layer")
    else:
        sections.say(f"L1 is off: {counted}")
    return [
        Table("l1_layer", "accuracies and zeros", lambda: pictures.accuracy_rows(BY_L1, run, zeros)),
        Table("l1_weights", "the first layer's weights", lambda: pictures.weight_rows(BY_L1, run)),
    ]


@cached(64)
def choose_often(source: Any, features: int, seed: int) -> experiments.Stability:
    """Follow a hundred bootstrap paths at once; source: a name, or a dataset."""
    X, y, _, _ = experiments.standardised(source)
    return experiments.stability(X[:, :features], y, STRENGTHS, n_bootstraps=BOOTSTRAPS, seed=seed)


def show_stability(study: Study, strength: float, source: Source) -> list[Table]:
    """Draw how often each feature is chosen, of the first seed; count over all of them."""
    seeds, level, names = study.seeds, STRENGTHS.index(strength), source.names
    each, count = [choose_often(source.data, source.features, seed) for seed in seeds], len(names)
    n_rows = path(source.data, source.features, "lasso", 0.0).n_train
    note = f"{BOOTSTRAPS} bootstrap paths of seed {seeds[0]}; beside each feature a shuffled copy, which cannot matter"
    frame = Frame("stability", "Stability selection", note, hint="click to keep")
    frame.draw(pictures.stability(each[0], names, STABLE), strength)
    # How many shuffled copies one Lasso and most bootstraps let in, by seed.
    alone, most = (
        [int(selection.chosen(level, share)[selection.shuffled].sum()) for selection in each]
        for share in (None, STABLE)
    )
    often, what = f"at least {percent(STABLE)} of the bootstraps", "the number of shuffled copies let in"
    comparison = words.compare(alone, most, what, with_=f"{often} instead of one Lasso")
    single = int(each[0].chosen(level)[:count].sum())
    stable = [name for name, on in zip(names, each[0].chosen(level, STABLE), strict=False) if on]
    rows = f"{'the' if source.drawn else 'all'} {n_rows} rows"
    opening = (
        f"With seed {seeds[0]}, at strength {strength:g}, one Lasso on {rows} keeps **{single} of {count}** features "
        f"and **{alone[0]} of {count}** shuffled copies. {words.capital(often)} keep **{len(stable)} of {count}** "
        f"features{f' ({in_words(stable)})' if stable else ''} and **{most[0]}** "
        "shuffled copies."
    )
    sections.measured(words.around(comparison, before=opening), more="stability")
    return [Table("l1_stability", "the choices", lambda: pictures.choice_rows(names, seeds, each))]


EFFECTS: dict[str, tuple[str, Callable[[Study, float, Source], list[Table]]]] = {
    "training": ("Strength against loss", show_training),
    "layer": ("First layer", show_layer),
    "stability": ("Stability selection", show_stability),
    boundary.VIEW: (boundary.LABEL, lambda study, strength, _: boundary.show(study, L1, strength, technique="L1")),
}


# ------------------------------------------------------------------ common mistakes

ALONG, NOTE = {"l1": mistakes.along_subgradient}, "Training along the subgradient"  # in place of the soft threshold


def show_subgradient(study: Study, strength: float) -> None:
    """Step along the subgradient in place of the soft threshold."""
    (right, wrong), level = study.right_and_wrong(L1, ALONG, note=NOTE), BY_L1.of(strength)
    soft, along = (zeros_of(run).share.tolist() for run in (right, wrong))
    names, what = ("soft threshold", "subgradient"), "the share of exact zeros in the first layer"
    how: dict[str, Any] = {"what": words.capital(what), "top": 1.0, "percent": True}
    Frame("subgradient", hint="", panels=1).draw(against(BY_L1, soft, along, names, "exact zeros", **how), strength)
    with_ = f"the subgradient of strength {strength:g} instead of the soft threshold"
    zeros = words.compare(soft[level], along[level], what, with_=with_, lower_is_better=False, percent=True)
    near = float((abs(wrong.weights(0)[level]) < 0.01).mean())
    loss = study.compare_at((right, level), (wrong, level))
    after = f"**{percent(near, 1)}** then lie within 0.01 of zero, and only a cut-off of one's own prunes them."
    sections.measured(words.around(zeros, after=f"{after} {loss.sentence}"), more="subgradient")


def show_units(seeds: tuple[int, ...]) -> None:
    """Follow the Lasso on features in their own units."""
    by_units = units("diabetes", seeds, "bp", KILOPASCAL, rows=DRAWN)
    Frame("units", hint="", panels=1).draw(pictures.units(by_units), KEPT)
    standardised, raw = (explained[:, KEPT].tolist() for explained in (by_units.standardised, by_units.raw))
    with_ = f"at most {KEPT} features in their own units instead of standardised"
    compared = words.compare(standardised, raw, "R² on the test rows", with_=with_, lower_is_better=False)
    first = [words.listed(list(order[:KEPT])) for order in (by_units.order_raw, by_units.order_standardised)]
    was, now = (order.index("bp") + 1 for order in (by_units.order_raw, by_units.order_rescaled))
    after = (
        f"On all rows {first[0]} join first in their own units, {first[1]} standardised. Writing blood pressure in "
        f"kilopascals instead of millimetres of mercury {'changes' if was != now else 'does not change'} its place in "
        f"the queue: from {was} to {now}."
    )
    sections.measured(words.around(compared, before=f"Each seed draws {DRAWN} rows.", after=after), more="units")


def show_adam(study: Study, strength: float) -> None:
    """Hand Adam the penalty's slope with the data's."""
    right, level = study.sweep(L1, replace=ALONG, place=st.empty(), note=NOTE), BY_L1.of(strength)
    bug, note = {"l2": mistakes.l1_in_the_gradient}, "Training with L1 in Adam's gradient"
    wrong = study.sweep(COUPLED, replace=bug, place=st.empty(), note=note)
    names = ("subgradient after Adam", "in Adam's gradient")
    show_against("adam", BY_STRENGTH, right, wrong, names, study.loss, strength)
    with_ = f"the subgradient of strength {strength:g} in Adam's gradient instead of after its step"
    comparison = study.compare_at((right, level), (wrong, level), with_=with_)
    a, b = (study.chosen(L1, run).level for run in (right, wrong))
    amount = [f"strength {value:g}" if value else "no L1" for value in L1.values]
    with_ = f"{amount[b]} in Adam's gradient instead of {amount[a]} after its step, each chosen on validation rows"
    at_best = study.compare_at((right, a), (wrong, b), "test_loss", with_=with_)
    sections.measured(words.around(comparison, after=at_best.sentence), more="adam")


# ------------------------------------------------------------------ the prediction

OPTIONS = ("Less than 10 %", "10 to 50 %", "More than 50 %")


def answer() -> tuple[str, str]:
    """Measure how many zeros a network of 200 digits bears."""
    asked = study.but(dataset="digits", n_train=200)
    run = asked.sweep(L1, place=st.empty())
    accuracy, zeros = (list(map(average, of.tolist())) for of in (run.kept("val_accuracy"), zeros_of(run).share))
    held = [level for level, value in enumerate(accuracy) if value >= accuracy[0] - 0.01]
    most = max(held, key=zeros.__getitem__)
    right = OPTIONS[0] if zeros[most] < 0.1 else OPTIONS[1] if zeros[most] <= 0.5 else OPTIONS[2]
    tested = asked.compare_at((run, 0), (run, most), "test_accuracy")
    return right, (
        f"At strength {L1.label(L1.values[most])}, the largest that keeps validation accuracy within one point, "
        f"**{percent(zeros[most], 1)}** are zero. {tested.sentence}"
    )


# ------------------------------------------------------------------ the page

open_page("l1")
controls.place_lessons(LESSONS, STORIES, mistakes=("subgradient", "units", "adam"))

picture, side = picture_and_controls()
model, net = "lasso", 0.3
with picture:
    view, show = controls.view("view", "Mechanism", VIEWS)
with side:
    if view == "five":
        st.html(f'<div class="quiet">Start: {figures(FIVE)}. No data: the penalty alone moves them.</div>')
    source = choose_source(view != "five")
    if view == "path":
        model = controls.choice("model", "Penalty", MODELS, "lasso")
    if view == "path" and model == "net":
        net = controls.scale("net", "L2 beside it", (0.03, 0.1, 0.3, 1.0, 3.0), 0.3)
with picture:
    mechanism(show, source, model, net)

effect_picture, effect_side = picture_and_controls("On real data")
with effect_picture:
    effect_view, show_effect = controls.view("effect", "Effect", EFFECTS)
    if linear := effect_view == "stability":
        level = controls.scale("level", "Strength of the Lasso", STRENGTHS, 0.1)
    else:
        strength = controls.scale("l1", "L1 strength", L1.values, 0.03)
with effect_side:
    if linear:
        strength = controls.scale("l1", "L1 strength of the network", L1.values, 0.03)
    study = choose(DATA, SIZES, n=200)

files = lower_half(
    "l1",
    questions=[
        Question(
            "A network learns 200 handwritten digits. What share of its first layer's weights can L1 set to exactly "
            "zero before accuracy falls by more than one point?",
            OPTIONS,
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "subgradient",
            "Where are my zeros? The subgradient",
            "A step along the sign of each weight, as l1 · w.abs().sum() in a loss asks for, goes across zero and back "
            "again. Here it takes the soft threshold's place, and nothing else changes.",
            lambda: show_subgradient(study, strength),
            off="" if strength else "L1 is off, so there is nothing to step along: set a strength above.",
        ),
        Mistake(
            "units",
            "Features that are not standardised",
            "One strength for all: a feature in small units has a large number of them, needs a small weight, and is "
            "cheap.",
            lambda: show_units(study.seeds),
        ),
        Mistake(
            "adam",
            "L1 in Adam's gradient",
            "Adam divides a gradient by its own size: a weight that the data hold loosely is pulled at full learning "
            "rate. Here the subgradient goes into Adam's gradient instead of after its step.",
            lambda: show_adam(study, strength),
            off="" if strength else "L1 is off, so Adam's gradient holds none of it: set a strength above.",
        ),
    ],
    study=study,
    settings=Settings(l1=strength, learning_rate=study.base.learning_rate),
    code=[l1.soft_threshold, l1.subgradient, l1.clip_at_zero, l1.descend, l1.lasso_path, experiments.stability],
    more_code=export.to_lasso_code,
)

with effect_picture:  # last, since it trains
    tables = show_effect(study, level if linear else strength, source)
files.offer(tables)
