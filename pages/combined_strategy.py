"""Combined strategy: numbers in, diagnosis and settings out, and the proof on real data."""

import html
import math
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from pages.pictures import own_run as pictures
from pages.ui import (
    controls,
    escape,
    likeness,
    own_data,
    own_run,
    plan,
    proof,
    run_facts,
    run_log,
    sections,
    take_along,
    to_try,
    whose,
)
from pages.ui.drawing import Frame
from pages.ui.layout import copy_link, facts, open_page
from pages.ui.own_data import load
from pages.ui.story import FIRST, Story

from reglab import combinations, guidelines, strategy
from reglab.reporting.known import known_of
from reglab.reporting.plot import as_read
from reglab.reporting.runs_compared import compare_runs
from reglab.settings import Settings

WAYS = {"advice": "The advice", "image": "Image classification", "language": "Language models"}
REST = {"off": "Off", "chosen": "As chosen above"}
TABS = ("Which one carried it", "Two at once", "In your framework", "The code", "Papers")

LESSONS: dict[str, dict[str, Any]] = {
    "Small images": {
        **own_run.EXAMPLE,
        "seed": 0,
        "settings": "advice",
        "strength": 1.0,
        **{f"set_{field.name}": "" for field in fields(Settings)},
        "set_restore_best_weights": "as above",
        "optimizer": "run",
        "prove": False,
        "tab": TABS[0],
        "first": "mixup_alpha",
        "second": "weight_decay",
        "rest": "off",
        "map": False,
    },
    "A run with its curve": {**own_run.LOGGED, "prove": True},
    "A small table": {"n": "100", "train": "0.002", "val": "0.14", "task": "tabular", "classes": "2"},
    "A number to predict": {
        "train": "0.0007",
        "val": "0.37",
        "task": "tabular",
        "target": "number",
        "classes": "",
        "constant": "0.5",
        "n_val": "100",
    },
    "Underfit": {"n": "2000", "train": "1.9", "val": "1.95"},
    "Healthy": {"n": "1000", "train": "0.09", "val": "0.12", "n_val": "400"},
    "Diverged": {"diverged": True, "rate": "0.5", "train": "", "val": ""},
    "Image preset": {"settings": "image"},
    "Language preset": {"settings": "language", "task": "text"},
    "Two at once": {"tab": TABS[1], "first": "augment", "map": True},
}
STORIES = {
    "Small images": Story(
        "Two losses and what is known of the run make a diagnosis.", "Would you have called it the same?"
    ),
    "A run with its curve": Story(
        "A log tells more than two losses: when the loss turned, and how it jumps.",
        "What does the curve add to the advice?",
    ),
    "A small table": Story(
        "A small table: read what is advised here, and why.", "Which of the settings for images are missing?"
    ),
    "A number to predict": Story(
        "A number is predicted here, so that there are no labels to soften.", "What is left to try?"
    ),
    "Underfit": Story("Both losses are high, and close together.", "Would regularization help here, or do harm?"),
    "Healthy": Story("Both losses are low, and close together.", "Is there anything to change?"),
    "Diverged": Story("The loss is no number any more.", "What is to be changed first?"),
    "Image preset": Story(
        "Settings for a larger image model, each with who says so.", "Which of them would you search first?", "closer"
    ),
    "Language preset": Story(
        "Settings for a language model, each with who says so.",
        "Which of them differ most from those for images?",
        "closer",
    ),
    "Two at once": Story("Each cell of the map is a network trained with both settings.", "Do the two add up?", "tab"),
}


run_log.shorten_paste()
open_page("combined_strategy")
controls.take_lesson(LESSONS)
given, wrong = whose.settle(LESSONS)
curve = given.curve if given else None
said = st.session_state[own_run.SAID] = run_log.says(given)
controls.lessons(LESSONS, STORIES)
is_own = own_run.present("whose") == "own"
controls.choice(
    "whose",
    "Whose numbers",
    own_run.WHOSE,
    "example",
    style="segments",
    help="Your own run begins with empty fields.",
)

# ------------------------------------------------------------------ numbers in
controls.tell(FIRST)
form, reading = st.container(key="first_picture").columns([1, 1.9], gap="large")
with form, st.container(key="numbers"):  # on a phone one row, right above the picture (style.css)
    st.header("Your run" if is_own else "An example run", anchor=False)
    n = own_run.field("n")
    lone = bool(str(own_run.present("train")).strip()) != bool(str(own_run.present("val")).strip()) and not curve
    nan = "If it became nan, switch on “The run diverged”."
    left, right = st.columns(2)
    with left:
        train = own_run.field("train", hint=nan, optional=not lone)
    with right:
        val = own_run.field("val", hint=nan, optional=not lone)
with form:
    if curve and not run_facts.lacking(curve):
        st.html('<div class="quiet">Both losses are taken from the curve, its last row.</div>')
    task = own_run.choose("task", "Kind of data", style="segments")
    with own_run.section("log", "The log: its curve makes the advice better", first=is_own, wrong=bool(wrong)):
        run_log.ask(given, wrong)
        refused = st.container()
    by_target = ("classes",) if own_run.present("target") == "classes" else ("constant", "variance")
    more = (*by_target, "n_val", "steps", "rate", "batch")
    wrong_shares = run_facts.wrong_shares(str(own_run.present("shares")), None) if len(by_target) == 1 else ""
    wrong_shape = (
        run_facts.wrong_shape(str(own_run.present("image_shape"))) if own_run.present("task") == "image" else ""
    )
    to_mend = bool(wrong_shares or wrong_shape) or any(map(own_run.is_wrong, more))
    opened = is_own or bool(own_run.present("diverged"))
    with own_run.section("more", "More about the run", first=opened, wrong=to_mend):
        target = own_run.choose("target", "It predicts", style="segments")
        numbers: dict[str, Any] = own_run.fields(
            ("classes", "n_val") if target == "classes" else ("constant", "variance")
        )
        shares = own_run.shares(numbers.get("classes")) if target == "classes" else None
        if task == "image":
            own_run.image_shape()
        numbers |= own_run.fields(("steps", "rate"))
        left, right = st.columns(2)
        with left:
            numbers["batch"] = own_run.field("batch")
            numbers |= {} if target == "classes" else {"n_val": own_run.field("n_val")}
        with right:
            seed = controls.seed()
        objective = own_run.choose("objective", "What counts", style="segments") if target == "classes" else "loss"
        mode = own_run.choose(
            "training_mode", "Train loss was measured in", help="In training mode dropout and augmentation are on."
        )
        diverged = controls.switch("diverged", "The run diverged", help="Its loss became nan or infinite.")
    opened = any(map(own_run.present, own_run.HAD)) or not said.keys().isdisjoint((*own_run.HAD, "trained_by"))
    to_mend = any(map(own_run.is_wrong, own_run.HAD))
    with own_run.section("used", "What the run already used", first=opened, wrong=to_mend):
        st.html('<div class="quiet">Empty: off, or not known.</div>')
        strengths = own_run.strengths(own_run.fields(own_run.HAD[:2], own_run.HAD[2:4], own_run.HAD[4:]))
        architecture = own_run.choose("architecture", "Network")
        pretrained = own_run.choose("pretrained", "From pretrained weights")
        trained_by = own_run.choose("trained_by", "Optimizer", style="segments")

# What was typed, else what the log says, else what is taken for granted: the command does the same.
person: dict[str, Any] = {
    "n_train": n,
    "n_classes": numbers.get("classes"),
    "constant_loss": numbers.get("constant"),
    "target_variance": numbers.get("variance"),
    "n_val": numbers["n_val"],
    "steps": numbers["steps"],
    "learning_rate": numbers["rate"],
    "batch_size": numbers["batch"],
    "class_shares": shares,
    "training_mode_loss": {"training": True, "evaluation": False}.get(mode),
    "objective": objective,
    "pretrained": None if pretrained == "no" else pretrained,
    **{
        name: None if choice == own_run.NOT_TOLD else choice
        for name, choice in (("task", task), ("architecture", architecture), ("optimizer", trained_by))
    },
}
facts_told = {
    name: fact for name, fact in run_log.facts_of(given).items() if name != "n_classes" or target == "classes"
}
columns = next((logged.columns for logged in given.log.runs if logged.name == given.name), {}) if given else {}
known = known_of(person, facts_told, strengths=strengths, unit=curve.unit if curve else "", columns=columns)
run = known.values
guesses = list(known.guesses) if is_own else []
if is_own and target == "classes" and not (run["n_classes"] or shares):
    guesses.append("What it predicts is taken as classes: choose “A number” where it is one.")
marked = any(map(own_run.is_wrong, ("n", *more, *own_run.HAD, *(() if curve else ("train", "val")))))
marked = marked or (
    bool(run_facts.wrong_shares(str(own_run.present("shares")), run["n_classes"])) and target == "classes"
)
if curve:
    train, val = (curve[name][-1] if name in curve else None for name in ("train_loss", "val_loss"))
if diverged:
    train = val = float("nan")
ABOUT = ("n_classes", "constant_loss", "n_val", "training_mode_loss", "class_shares", "target_variance", "architecture")
about: dict[str, Any] = {"curve": curve, **{name: run[name] for name in (*ABOUT, "pretrained")}}
constant_guess = own_run.guess(**about)

# ------------------------------------------------------------------ diagnosis and settings out
advice, ask = None, ""
if wrong:
    ask = "The log is not read: what to do stands at its field."
elif marked or (lone and not diverged):
    ask = "Put the marked field right, and the diagnosis comes back; the other fields keep their values."
elif not curve and (train is None or val is None):
    ask = "Put in the train and the validation loss of a run, or its curve."
elif not (curve or diverged or any(run[name] for name in run_facts.SCALE)):
    what = "classes" if target == "classes" else "loss of a constant guess"
    ask = f"Put in the {what}, or the curve: without them nothing tells how large these losses are."
else:
    try:
        both = (train, val) if diverged or not curve else (None, None)  # a curve's own losses may be below 0
        advice = strategy.recommend(
            run["n_train"], *both, curve=curve, **{name: run[name] for name in run_facts.ADVISED}
        )
    except ValueError as error:
        reason = (run_facts.lacking(curve) if curve else "") or run_facts.in_labels(str(error))
        refused.error(escape.as_markdown(f"{reason}. Till that is put right, nothing is diagnosed."))
every = {name: as_read(each, advice) if advice else each for name, each in given.every.items()} if given else {}
compared = compare_runs(every, run["n_val"]) if not wrong else None
with reading:
    example = "" if is_own else run_facts.nearest(LESSONS, own_run.state())
    if given and not wrong:
        shown = every.pop(given.name)
        band = run["n_val"] is not None and "val_loss" in shown
        beside = f"band: a rough guess of the noise of {run['n_val']:,} validation rows" if band else ""
        title = f"Example “{example}”" if example else f"Run “{given.name}”" if given.others else "The run"
        Frame("run", title, beside, hint="", panels=1).draw(
            pictures.curve(shown, others=every, n_val=run["n_val"], constant=constant_guess)
        )
        if compared:
            answer = f" **{compared.answer}**. " if compared.answer else ""
            st.markdown(
                f"{escape.as_markdown(compared.question)}{answer}"
                f"{escape.as_markdown(run_facts.in_labels(compared.sentence))}"
            )
        st.html(f'<div class="quiet">{run_log.caption(given)}</div>')
    elif advice and train is not None and val is not None and not diverged:
        Frame("told", "Your run, as told" if is_own else f"Example “{example}”", hint="", panels=1).draw(
            pictures.two_losses(train, val, n_val=run["n_val"], constant=constant_guess, read_as=advice.read_as)
        )
    st.header("What it says", anchor=False)
    if example:
        lesson = own_run.EXAMPLE | LESSONS[example]
        made = own_run.MEASURED if lesson["curve"] else own_run.MADE
        st.info(escape.as_markdown(run_facts.label(example, lesson, own_run.state(), made)))
    error_named = run_facts.error_of_numbers(own_run.present("curve")) if target == "classes" else ""
    if error_named and not wrong:
        st.info(f"The log names an error of numbers ({error_named}): choose “A number” under “It predicts”.")
    if ask:
        st.info(ask)
    if advice:
        st.html(
            f'<div class="diagnosis"><b>{advice.diagnosis[0].upper()}{advice.diagnosis[1:]}</b>'
            f"<span>confidence: {advice.confidence}</span></div>"
        )
        st.markdown(escape.as_markdown(" ".join(map(run_facts.in_labels, [*advice.why, *guesses]))))
        facts("Next", [escape.as_markdown(run_facts.in_labels(sentence)) for sentence in advice.next_steps])
        facts("Not checked", [escape.as_markdown(run_facts.in_labels(sentence)) for sentence in advice.unchecked])

chosen: Settings | None = None
st.header("Settings to try", anchor=False)
controls.tell("closer")
which = controls.choice("settings", "Start from", WAYS, "advice", style="segments")
if advice:
    chosen = to_try.show(which, advice, run["current"])
strength = controls.slider(
    "strength",
    "Strength",
    0.0,
    2.0,
    1.0,
    0.25,
    format="×%.2f",
    help="Multiplies every strength of the settings; at 0 only the best checkpoint and clipping are left.",
)
chosen, typed, optimizer = to_try.typed(to_try.at_strength(chosen or Settings(), strength), run["optimizer"])
if advice and train is not None and val is not None:
    to_try.show_guidelines(
        chosen,
        advice.settings,
        n_train=run["n_train"],
        train_loss=train,
        val_loss=val,
        batch_size=run["batch_size"],
        steps=advice.steps if math.isfinite(advice.steps) else None,
        **about,
    )

# ------------------------------------------------------------------ the proof
st.header("Does it help? Prove it", anchor=False)
mine = own_data.current()
wanted = plan.Wanted(
    which=which,
    settings=chosen,
    typed=typed,
    given=bool(typed) or strength != 1,
    optimizer=optimizer,
    current=run["current"],
    task=run["task"],
    target=target,
    n=run["n_train"],
    rate=run["learning_rate"],
    batch=run["batch_size"],
    steps=run["steps"],
    has_curve=curve is not None,
    architecture=run["architecture"],
    data_name=mine.name if mine else "",
)
why_not = plan.why_not(wanted, advice)
if why_not:
    st.info(why_not)
prove = controls.pressed("prove", "Prove it", disabled=not advice or bool(why_not))
planned = plan.make(wanted, advice) if advice and not why_not else None
proved: proof.Proved | None = None
if planned and advice:
    st.html(f'<div class="quiet">{html.escape(planned.said)}</div>')
    if prove:
        lower_rate = wanted.lowers_rate(advice)
        # A run that diverges may end at any loss; its accuracy is that of a guess.
        counts = "loss" if not planned.data.n_classes else "accuracy" if lower_rate else objective
        scale = constant_guess if advice.read_as == "losses" else None
        theirs = likeness.of_losses(advice.diagnosis, train, val, scale)
        whose_run = "your run" if is_own else "the example"
        proved = proof.show_proof(planned, seed, wanted.name, counts, lower_rate, theirs, whose_run)
about_code, guessed = take_along.about_code(wanted, run["n_classes"], shares, run["target_variance"])
if advice:
    take_along.offer(
        advice, curve, wanted, planned, proved, about_code, [*guesses, *guessed], str(compared) if compared else ""
    )

# ------------------------------------------------------------------ what they do together
controls.tell("tab")
carried_tab, pair_tab, framework, code, papers = controls.tabs("tab", TABS)
with carried_tab:
    st.markdown("Each setting turned off in turn, the others left on, all in one run, paired by seed.")
    can_ablate = planned is not None and bool(combinations.turned_on(planned.stack[2]))
    ablate = controls.pressed("ablate", "Turn each off", disabled=not can_ablate)
    if not can_ablate:
        st.info("It needs settings of which at least one is on, and data to train them on.")
    elif planned and ablate and carried_tab.open:
        proof.show_ablation(planned, seed)
with pair_tab:
    left, middle, right = st.columns([1, 1, 1.2], vertical_alignment="bottom")
    with left:
        first = controls.choice("first", "First setting", list(combinations.GRID), "mixup_alpha")
    with middle:
        second = controls.choice("second", "Second setting", list(combinations.GRID), "weight_decay")
    with right:
        rest = controls.choice("rest", "The other settings", REST, "off", style="segments")
    on = load(wanted.data or "digits")
    unfit = [name for name in (first, second) if name in ("augment", "cutmix_alpha") and on.task == "tabular"]
    unfit += ["cutmix_alpha"] if "cutmix_alpha" in (first, second) and on.task == "signal" else []
    soft = ("label_smoothing", "mixup_alpha", "cutmix_alpha", "switch_prob")
    unfit += [name for name in (first, second) if name in soft and on.n_classes is None]
    if first == second:
        st.info("Choose two different settings.")
    elif unfit:
        want = "classes as what it predicts" if on.n_classes is None else "images as the kind of data"
        st.info(f"{unfit[0].replace('_', ' ').capitalize()} does not act on {on.title}: choose {want}.")
    mapped = controls.pressed("map", "Map the two", disabled=first == second or bool(unfit))
    if mapped and first != second and not unfit and pair_tab.open:
        base = replace(planned.stack[2], patience=None) if rest == "chosen" and planned else Settings()
        rows = (planned.n_train, planned.n_val) if planned else (200, 200)
        proof.show_map(on.name, first, second, base, *rows, seed)
with framework:
    if advice:
        take_along.show_code(advice, curve, wanted, about_code, guessed)
    else:
        st.markdown("The settings appear here as code once there is a diagnosis.")
with code:
    sections.code(strategy.recommend, strategy.rules._settings, combinations.leave_one_out, guidelines.check_guidelines)
with papers:
    sections.papers("combined_strategy")
copy_link()
