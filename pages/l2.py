"""L2 and weight decay: what the pull towards zero does to a solution, to a step, and to a network on real data."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.pictures import l2 as pictures
from pages.pictures.l2 import OPTIMIZERS, STRENGTHS
from pages.ui import boundary, by_hand, controls, effect, levels, sections, words
from pages.ui.cache import cached, cached_of
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Files, Mistake, Question, Table, lower_half
from pages.ui.right_wrong import show_against
from pages.ui.seeds import average
from pages.ui.story import Story
from pages.ui.study import Study, choose, levels_of
from pages.ui.words import figure, percent, signed

from reglab import experiments, l2, mistakes
from reglab.engine.run import Run
from reglab.settings import Settings

DECAY = effect.Scale("weight_decay", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), "weight decay")
COUPLED = effect.Scale("l2", DECAY.values, "strength")
BY_DECAY, BY_STRENGTH = levels_of(DECAY, "decay"), levels_of(COUPLED, "decay")
ADAMW = 0.01  # the default of PyTorch's AdamW
PAPERS_BEST = (0.025, 0.05)  # of the normalised decay (Loshchilov and Hutter 2019)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
PAIRS = {"bmi s5": "bmi and s5", "s1 s2": "s1 and s2", "bp s3": "bp and s3", "age s1": "age and s1"}
DATA = ("digits", "breast_cancer", "wine", "mnist1d", "moons", "diabetes")
SIZES = (50, 100, 200, 400)
STEPS = 200  # of the optimizers compared
TEN = 10  # steps of the five weights
LENGTH = effect.TRAINING.max_steps

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"view": "path", "strength": 0.02, "rate": 0.1, "pair": "bmi s5"}
    | {"effect": "training", "decay": 1.0, "data": "digits", "n": 100.0, "tab": sections.TABS[0]},
    "Too much": {"strength": 10.0, "decay": 10.0},
    "When it does nothing": {
        "view": "shrinking",
        "strength": 0.01,
        "rate": 0.001,
        "decay": 0.01,
        "data": "moons",
        "n": 50.0,
        "short": True,
        "tab": sections.TABS[1],
    },
    "Reference: five weights": {"view": "steps", "strength": 0.2},
    "Ball and ellipse": {"view": "ball", "strength": 0.2, "pair": "s1 s2"},
    "Only SGD agrees": {"view": "optimizers", "strength": 0.1, "adam": True, "tab": sections.TABS[1]},
    "Few rows": {"effect": "size", "n": 50.0},
    "Small weights": {"effect": "weights", "decay": 3.0},
}
STORIES = {
    "See it work": Story(
        "As the strength rises the coefficients shrink as a whole, and none of them stays at zero.",
        "At which strength is the test loss lowest?",
    ),
    "Too much": Story(
        "At this strength hardly anything is left of the coefficients.",
        "Is it the noise that is lost, or what the data say?",
    ),
    "When it does nothing": Story(
        "A step takes so little that the run ends long before half of a weight is gone.",
        "How many steps would half of it take?",
    ),
    "Reference: five weights": Story(
        "The pull is a share of each weight, so that the largest weights lose most.",
        "Which of the five ends nearest to zero?",
    ),
    "Ball and ellipse": Story(
        "The solution is where an ellipse touches the ball.", "Does it touch the ball on one of the axes?"
    ),
    "Only SGD agrees": Story(
        "Compare the same strength as a penalty in the loss and as decay of the weights.",
        "Why does it matter that Adam divides by a gradient's size?",
    ),
    "Few rows": Story(
        "See how much decay validation chooses, from few rows to many.", "Do fewer rows want more of it?", "effect"
    ),
    "Small weights": Story(
        "Watch the histogram of the weights draw together around zero.", "Do any of them become exactly zero?", "effect"
    ),
}


# ------------------------------------------------------------------ the mechanism


ridge, plane = cached(1)(experiments.ridge), cached(8)(experiments.ridge_plane)
parting, spread = cached(8)(experiments.parting), cached_of(16)(experiments.spread_of_weights)


def show_path(strength: float, rate: float, pair: str) -> Table:
    """Draw the whole ridge path."""
    solved, level = ridge("diabetes", STRENGTHS), STRENGTHS.index(strength)
    Frame("path", "The ridge path", "diabetes, ten standardised measures").draw(pictures.ridge_path(solved), strength)
    norms, losses = solved.norms.tolist(), solved.test_loss.tolist()
    shorter, without = (f" instead of {norms[0]:.3f}", f", without a penalty {losses[0]:.4f}") if level else ("", "")
    best = f"strength {STRENGTHS[solved.chosen]:g}, which has {losses[solved.chosen]:.4f}"
    sections.say(
        f"{f'At strength **{strength:g}**' if level else 'Without a penalty'} the ten coefficients have the norm "
        f"**{norms[level]:.3f}**{shorter} and use **{solved.degrees[level]:.1f}** of {len(solved.names)} degrees of "
        f"freedom. Half the squared error on the {solved.n_test} test rows is **{losses[level]:.4f}**{without}. "
        f"Cross-validation on the {solved.n_train} training rows chooses {best if solved.chosen else 'no penalty'}."
    )
    return Table("l2_path", "the path", lambda: pictures.path_rows(solved))


def show_ball(strength: float, rate: float, pair: str) -> Table:
    """Draw the ball, the ellipse that touches it, and the way of the solution."""
    first, second = pair.split()
    given, level = ("diabetes", (first, second), STRENGTHS, 5, 181), STRENGTHS.index(strength)
    solved = plane(*given)
    ends = by_hand.around_zero(solved)
    hand, centre = controls.switch("hand", "Move the centre by hand"), by_hand.centre(ends)
    if centre:
        solved = plane(*given, centre=centre)
    note = f"{'centre moved by hand, ' if centre else ''}diabetes from {PAIRS[pair]} alone"
    drawn = pictures.ball(solved, (first, second), ends[0][1] if centre else 0.0)
    Frame("ball", "The ball and the ellipse", note).draw(drawn, strength)
    if hand:
        by_hand.move_centre(ends, (first, second), (solved,), level, moved=bool(centre))
    (a, b), (a0, b0) = solved.path[level].tolist(), solved.path[0].tolist()
    radius, widest = float(solved.radii[level]), float(solved.radii[0])
    table = Table("l2_ball", "the plane", lambda: pictures.plane_rows(solved, (first, second)))
    if not level:
        sections.say(
            f"Without a penalty the solution is at the centre of the ellipses: {first} {signed(a)}, {second} "
            f"{signed(b)}, at a distance of **{widest:.3f}** from zero."
        )
        return table
    turned = [name for name, now, was in ((first, a, a0), (second, b, b0)) if now * was < 0]
    change = f"{turned[0]} changes its sign" if len(turned) == 1 else "both change their signs"
    sections.say(
        f"At strength **{strength:g}** the best solution within a ball of radius **{radius:.3f}** "
        f"({percent(radius / widest)} of the least-squares solution's) is where an ellipse touches it: {first} from "
        f"{signed(a0)} to **{signed(a)}**, {second} from {signed(b0)} to **{signed(b)}**."
        + (f" On the way {change}: the two are tied by the data, not each alone." if turned else "")
    )
    return table


def show_shrinking(strength: float, rate: float, pair: str) -> Table:
    """Draw how fast decay alone forgets a weight."""
    note = f"by decay alone, learning rate {rate:g}"
    Frame("shrinking", "How fast a weight is forgotten", note).draw(pictures.shrinking(rate, LENGTH), strength)
    table = Table("l2_shrinking", "the half-lives", lambda: pictures.life_rows(rate, LENGTH))
    if not strength:
        sections.say("Without decay nothing is forgotten: the factor is 1.")
        return table
    sections.say(
        f"Each step multiplies a weight by 1 − {rate:g} × {strength:g} = **{l2.shrink_factor(rate, strength):.10g}**, "
        f"which halves it in **{pictures.in_steps(l2.half_life(rate, strength))}**. After {LENGTH} steps "
        f"**{pictures.left_over(l2.left_after(rate, strength, LENGTH))}** of a weight that no data holds up is left; "
        "the network below takes as many, at a learning rate of its own."
    )
    return table


def show_steps(strength: float, rate: float, pair: str) -> Table:
    """Draw ten steps of five weights."""
    path, level = l2.reference_path(STRENGTHS, rate, TEN), STRENGTHS.index(strength)
    note = f"constant data gradient, learning rate {rate:g}"
    Frame("steps", "Five weights, ten steps", note).draw(pictures.steps(rate, TEN), strength)
    sums = abs(path[-1]).sum(axis=1)
    sections.say(
        f"After {TEN} steps the sum of |w| is **{sums[0]:.4f}** without and **{sums[level]:.4f}** with strength "
        f"{strength:g}, where w = ({', '.join(map(signed, path[-1][level].tolist()))}). In each step the penalty adds "
        f"{strength:g} · w to the gradient, so a large weight is pulled harder than a small one."
    )
    return Table("l2_steps", "the weights by step", lambda: pictures.step_rows(rate, TEN))


def parted(strength: float, rate: float) -> tuple[str, list[str], experiments.Parting]:
    """Return how far the two come apart at a strength, in words, under which optimizers they do not, and all of it."""
    differences, level = (
        parting("diabetes", STRENGTHS, tuple(OPTIMIZERS), learning_rate=rate, steps=STEPS),
        STRENGTHS.index(strength),
    )
    said = ", ".join(f"{label} **{figure(differences.largest(name)[level])}**" for name, label in OPTIMIZERS.items())
    return said, [label for name, label in OPTIMIZERS.items() if differences.agrees(name)[level]], differences


def show_optimizers(strength: float, rate: float, pair: str) -> Table:
    """Draw where the coupled penalty and decoupled decay part."""
    said, agree, differences = parted(strength, rate)
    note = f"diabetes, {STEPS} steps, learning rate {rate:g}"
    Frame("optimizers", "Coupled or decoupled", note).draw(pictures.optimizers(differences), strength)
    part = [label for label in OPTIMIZERS.values() if label not in agree]
    under = "all three" if len(agree) == 3 else " and ".join(agree) or "none"
    who = f"Only under {agree[0]} are the two" if len(agree) == 1 else f"Under {under} the two are"
    sections.say(
        f"The same strength, {strength:g}, as a penalty in the loss (l2) and as a factor on the weights "
        f"(weight_decay): over {STEPS} steps the weights differ by at most {said}. {who} the same to rounding"
        + (f"; under {' and '.join(part)} they part." if part else ".")
    )
    return Table("l2_optimizers", "the differences", lambda: pictures.parting_rows(differences, rate))


VIEWS: dict[str, tuple[str, Callable[[float, float, str], Table]]] = {
    "path": ("Ridge path", show_path),
    "ball": ("Ball and contours", show_ball),
    "shrinking": ("Shrinking", show_shrinking),
    "steps": ("Five weights", show_steps),
    "optimizers": ("Coupled or decoupled", show_optimizers),
}


@st.fragment
def mechanism(rate: float, pair: str) -> None:
    """Draw the mechanism; choosing a view or moving the strength runs this alone."""
    controls.draw_lessons()
    _, show = controls.view("view", "Mechanism", VIEWS)
    strength = controls.scale("strength", "Strength (l2 or weight_decay)", STRENGTHS, 0.02)
    table = show(strength, rate, pair)
    Files(st.container()).offer([table])


# ------------------------------------------------------------------ the effect


def show_training(study: Study, decay: float) -> list[Table]:
    """Draw strength against loss, and the training curves."""
    run = study.show(DECAY, decay, control="decay")
    study.verdict(DECAY, run, decay)
    return [Table("l2_training", "the losses at every step", lambda: effect.history(run, DECAY.field, DECAY.values))]


def show_weights(study: Study, decay: float) -> list[Table]:
    """Draw the sizes of the weights and their histogram."""
    frame, level = Frame("weights", "What it does to the weights", study.note), BY_DECAY.of(decay)
    run = study.sweep(DECAY, place=frame.bar)
    weights = spread(run, limit=None)
    frame.draw(pictures.weights(BY_DECAY, weights), decay)
    size = ["diverged" if math.isnan(mean) else f"{mean:.3f}" for mean in map(average, weights.rms.tolist())]
    near = list(map(percent, weights.near_zero.tolist()))
    sections.say(
        f"The root mean square of the network's weights is **{size[0]}** without and **{size[level]}** with weight "
        f"decay {decay:g}; **{near[level]}** of them lie within 0.01 of zero, without {near[0]}. Small, but not zero: "
        "that takes L1."
        if level
        else f"Without weight decay the root mean square of the network's weights is **{size[0]}**, and **{near[0]}** "
        "of them lie within 0.01 of zero."
    )
    study.verdict(DECAY, run, decay)
    return [
        Table("l2_weights", "the histograms", lambda: pictures.histogram_rows(BY_DECAY, run, weights)),
        Table("l2_sizes_of_weights", "the weights' sizes", lambda: pictures.size_rows(BY_DECAY, run, weights)),
    ]


def show_by_size(study: Study, decay: float) -> list[Table]:
    """Draw strength by dataset size, the training picture's runs at every size."""
    studies, level = study.sized(SIZES), BY_DECAY.of(decay)
    sizes = [each.n_train for each in studies]
    by_rows = levels.even("n", [float(size) for size in sizes], "training rows (log scale)")
    hint = "hover over the rows to scrub, click to keep"
    frame = Frame("size", "How much, for how many rows", study.title, hint=hint)
    runs: list[Run] = []  # of the sizes so far
    best: list[int] = []  # the level that validation chooses there
    for each in studies:
        runs.append(each.sweep(DECAY, place=frame.bar, note=f"Training on {each.n_train} rows"))
        best.append(each.chosen(DECAY, runs[-1]).level)
        picture = pictures.by_size(by_rows, BY_DECAY, level, runs, best, study.loss)
        frame.draw(picture, float(study.n_train), live=each != studies[-1])
    say_worth(sizes, runs, best)
    if decay:
        run, named = runs[sizes.index(study.n_train)], f"weight decay {decay:g} on {study.n_train} rows"
        sections.measured(study.compare_at((run, 0), (run, level), with_=named), more="by_size")
    return [Table("l2_size", "the losses by size", lambda: pictures.rows_by_size(BY_DECAY, runs))]


def say_worth(sizes: list[int], runs: list[Run], best: list[int]) -> None:
    """Say what the decay that validation chooses takes off the test loss, with the fewest rows and with the most."""
    picks = [f"weight decay **{BY_DECAY.names[level]}**" if level else "**no** weight decay" for level in best]
    if len(sizes) == 1:
        sections.say(f"On {sizes[0]} rows validation chooses {picks[0]}. This dataset has no more rows to train on.")
        return
    losses = [run.kept("test_loss") for run in runs]
    few, many = ((losses[at][0] - losses[at][best[at]]).tolist() for at in (0, -1))
    what, between = "what the chosen decay takes off the test loss", (f"on {sizes[-1]} rows", f"on {sizes[0]}")
    worth = words.compare(many, few, what, lower_is_better=False, between=between)
    opening = f"Validation chooses {picks[0]} on {sizes[0]} rows and {picks[-1]} on {sizes[-1]}."
    sections.measured(words.around(worth, before=opening, verdict="none"), more="worth")


EFFECTS: dict[str, tuple[str, Callable[[Study, float], list[Table]]]] = {
    "training": ("Training", show_training),
    "weights": ("Weights", show_weights),
    "size": ("By dataset size", show_by_size),
    boundary.VIEW: (boundary.LABEL, lambda study, decay: boundary.show(study, DECAY, decay)),
}


# ------------------------------------------------------------------ common mistakes


def show_adam(study: Study, decay: float) -> None:
    """Give Adam's coupled penalty the strengths of AdamW's decay."""
    right, wrong = study.right_and_wrong(DECAY, instead=COUPLED, note="Training with the coupled penalty")
    names, level = ("AdamW, weight_decay", "Adam with l2"), BY_DECAY.of(decay)
    show_against("adam", BY_STRENGTH, right, wrong, names, study.loss, decay)
    a, b = (study.chosen(DECAY, run).level for run in (right, wrong))
    coupled, decoupled = (f"at {DECAY.values[best]:g}" if best else "off" for best in (b, a))
    with_ = f"Adam's l2 {coupled} instead of weight decay {decoupled}, each chosen on validation rows"
    at_best = study.compare_at((right, a), (wrong, b), "test_loss", with_=with_)
    if not level:
        sections.measured(words.around(at_best, before="At strength 0 the two are one."), more="adam")
        return
    with_ = f"strength {decay:g} as Adam's l2 instead of AdamW's decay"
    comparison = study.compare_at((right, level), (wrong, level), with_=with_)
    sections.measured(words.around(comparison, after=at_best.sentence), more="adam")


def show_biases(study: Study, decay: float) -> None:
    """Decay the biases too."""
    bug, level = {"weight_decay": mistakes.decays_biases}, BY_DECAY.of(decay)
    right, wrong = study.right_and_wrong(DECAY, bug, note="Training with decayed biases")
    size = [figure(float(experiments.size_of_biases(run)[level])) for run in (right, wrong)]
    comparison = study.compare_at((right, level), (wrong, level), with_=f"the biases decayed by {decay:g} as well")
    after = f"The first layer's biases are {size[1]} large on average, otherwise {size[0]}."
    sections.measured(words.around(comparison, after=after), more="biases")


def show_short(study: Study) -> None:
    """Measure AdamW's default in a short run."""
    run, rate = study.sweep(DECAY, place=st.empty()), study.base.learning_rate
    low, high = l2.from_normalised(PAPERS_BEST, LENGTH, rate).tolist()
    opening = (
        f"At learning rate {rate:g} it halves a weight in {pictures.in_steps(l2.half_life(rate, ADAMW))}; this run has "
        f"{LENGTH}, which leave {percent(l2.left_after(rate, ADAMW, LENGTH), 1)} of it. The AdamW paper's best, "
        f"{PAPERS_BEST[0]:g} to {PAPERS_BEST[1]:g} times the root of batch / (rows × epochs), is not multiplied by the "
        f"learning rate, as the decay is here: divided by it, it would be {low:.1g} to {high:.1g}."
    )
    best = study.chosen(DECAY, run).level
    instead = f"{f'{DECAY.values[best]:g}' if best else 'none'}, which validation chooses"
    with_ = f"AdamW's default {ADAMW:g} instead of {instead}"
    comparison = study.compare_at((run, best), (run, BY_DECAY.of(ADAMW)), "test_loss", with_=with_)
    sections.measured(words.around(comparison, before=opening), more="short")


# ------------------------------------------------------------------ the prediction

ADAM, MOMENTUM, SGD = OPTIMIZERS.values()
ANSWERS = f"Under {ADAM}, {MOMENTUM} and {SGD}", f"Under {MOMENTUM} and {SGD}", f"Only under {SGD}"


def answer() -> tuple[str, str]:
    """Measure under which optimizers the two are the same."""
    said, agree, _ = parted(0.1, 0.1)
    return ANSWERS[len(ANSWERS) - len(agree)], f"Largest differences of a weight: {said}."


# ------------------------------------------------------------------ the page

open_page("l2")
controls.place_lessons(LESSONS, STORIES, mistakes=("adam", "biases", "short"))

picture, side = picture_and_controls()
with side:
    rate = controls.scale(
        "rate", "Learning rate", RATES, 0.1, help="Of the steps in the pictures beside: not of the ridge path."
    )
    pair = controls.choice("pair", "Two measures for the ball", PAIRS, "bmi s5")
with picture:
    mechanism(rate, pair)

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    _, show = controls.view("effect", "Effect", EFFECTS)
    decay = controls.scale("decay", "Weight decay", DECAY.values, 1.0)
with effect_side:
    study = choose(DATA, SIZES, n=100)

files = lower_half(
    "l2",
    questions=[
        Question(
            f"The same strength, 0.1, once as a penalty in the loss and once as weight decay, {STEPS} steps on "
            "diabetes. Where are the weights the same to rounding?",
            ANSWERS,
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "adam",
            "Adam with L2 taken for AdamW",
            "In PyTorch, Adam(weight_decay=x) adds x · w to the gradient, which Adam then divides by its own size.",
            lambda: show_adam(study, decay),
        ),
        Mistake(
            "biases",
            "Decay the biases too",
            "All of model.parameters() in one group: a bias that is pulled to zero only moves the function.",
            lambda: show_biases(study, decay),
            off="" if decay else "Weight decay is off, so no bias is decayed either: set a strength above.",
        ),
        Mistake(
            "short",
            f"AdamW's default {ADAMW:g} in a short run",
            "It is multiplied by the learning rate at each step: in a short run that comes to almost nothing.",
            lambda: show_short(study),
        ),
    ],
    study=study,
    settings=Settings(weight_decay=decay, learning_rate=study.base.learning_rate),
    code=[l2.gradient, l2.shrink, l2.half_life, l2.ridge_path, l2.coupled_and_decoupled],
)

with effect_picture:  # last, since it trains
    tables = show(study, decay)
files.offer(tables)
