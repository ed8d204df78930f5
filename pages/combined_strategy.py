"""Combined strategy: numbers in, diagnosis and settings out, and the proof on real data."""

import html
import math
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from pages.charts.combined_strategy import PROVED, ablation_chart, grid_chart, seeds_chart
from pages.ui import charts, controls, curve_text, runs, sections, together, told
from pages.ui.layout import copy_link, facts, open_page, settings_table

from reglab import combinations, guidelines, strategy
from reglab.curves import Curve
from reglab.datasets import Dataset, load
from reglab.settings import Settings, Training

TASKS = {"image": "Images", "tabular": "Table", "signal": "Signals", "text": "Text"}
PROOF = {"image": "digits", "tabular": "breast_cancer", "signal": "mnist1d"}  # what each kind is proved on
REGRESSION = "diabetes"  # what every kind is proved on where it predicts a number
WHOSE = {"example": "An example", "own": "My own run"}
TARGETS = {"classes": "Classes", "number": "A number"}
COUNTS = {"read": "As read", "epoch": "Epochs", "step": "Optimizer steps"}
PASTED = 20_000_000  # characters: more than are read, so that it is the reader who refuses them, with a sentence
WHOSE_BEFORE = "combined_strategy:whose"
WAITING = "combined_strategy:waiting"  # a log that was refused, and the state of the run's fields since
STEPS, USUAL_RATE = 1000, 1e-3
MAPPED = Training(max_steps=500, eval_steps=10)
WAYS = {"advice": "The advice", "image": "Image classification", "language": "Language models"}
OPTIMIZERS = {"adamw": "AdamW", "sgd": "SGD"}
# Every field of Settings can be typed: up to these values, or up to 100.
HIGHEST = {"learning_rate": 1.0, "patience": 1000.0} | dict.fromkeys(
    ("dropout", "input_dropout", "drop_path_rate", "label_smoothing", "momentum"), 0.99
) | dict.fromkeys(("augment", "switch_prob"), 1.0)  # fmt: skip
YES_NO = {"as above": None, "yes": True, "no": False}
REST = {"off": "Off", "chosen": "As chosen above"}
TABS = ("Which one carried it", "Two at once", "In your framework", "The code", "Papers")

LESSONS = {
    "Small images": {
        "whose": "example",
        "n": "200",
        "train": "0.001",
        "val": "0.25",
        "task": "image",
        "target": "classes",
        "classes": "10",
        "constant": "",
        "n_val": "",
        "steps": "1000",
        "rate": "0.001",
        "batch": "32",
        "objective": "loss",
        "training_mode": False,
        "diverged": False,
        "curve": "",
        "counts": "read",
        "seed": 0,
        "settings": "advice",
        "strength": 1.0,
        **{f"set_{field.name}": "" for field in fields(Settings)},
        "set_restore_best_weights": "as above",
        "optimizer": "adamw",
        "tab": TABS[0],
        "first": "mixup_alpha",
        "second": "weight_decay",
        "rest": "off",
    },
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
    "Diverged": {"diverged": True, "rate": "0.5"},
    "Image preset": {"settings": "image"},
    "Language preset": {"settings": "language", "task": "text"},
    "Two at once": {"tab": TABS[1], "first": "augment"},
}


# ------------------------------------------------------------------ whose numbers


def present(name: str) -> Any:
    """Return the value that a control of the run has, or will have once it is drawn."""
    default = LESSONS["Small images"][name]
    if controls.key(name) in st.session_state:
        return st.session_state[controls.key(name)]
    text = st.query_params.get(controls.key(name), default)
    labels = {"whose": WHOSE, "target": TARGETS, "counts": COUNTS, "task": TASKS}.get(name, {})
    return next((value for value, label in labels.items() if label == text), text)


def state() -> dict[str, Any]:
    """Return what is told of the run."""
    return {name: present(name) for name in (*told.FIELDS, "curve", "whose", "target", "counts", "diverged")}


def shorten_paste() -> None:
    """Thin a curve that is too long for the link, before it is written there."""
    parameter = "combined_strategy_curve"
    text = st.session_state.get(parameter, "")
    if len(text) <= curve_text.MAX_CHARS:
        return
    try:
        st.session_state[parameter] = curve_text.keep(text)
    except ValueError as error:
        st.session_state[parameter] = ""
        why = f"The {len(text):,} pasted characters are not read, and were taken out of the field. {error}"
        st.session_state[WAITING] = {"why": why}


def upload() -> None:
    """Put an uploaded curve into the text field, thinned so that the link can hold it."""
    given = st.session_state.get(controls.key("file"))
    st.session_state.pop(WAITING, None)
    if given is None:
        return
    try:
        controls.set_values({"curve": curve_text.keep(given.getvalue())})
    except ValueError as error:
        st.session_state[WAITING] = {"why": f"{given.name} is not read. {error}", "file": True}


def begin_own(now: dict[str, Any], drawn: bool) -> None:
    """Empty the fields of an example's numbers: a person's own run comes in.

    drawn: the fields were on the page before; else a link opens it, and what that does not name was not told.
    """
    lesson = LESSONS["Small images"] | LESSONS[told.nearest(LESSONS, now)]
    unnamed = [field for field in told.FIELDS if controls.key(field) not in st.query_params]
    empty = told.of_example(lesson, now) if drawn else unnamed
    controls.set_values({"whose": "own", "diverged": False, **dict.fromkeys(empty, "")})


def settle() -> tuple[Curve | None, str]:
    """See whose numbers the fields hold, before they are drawn; return the run's curve, or why there is none.

    The fields of the losses hold those of the curve while there is one.
    """
    now, drawn = state(), controls.key("n") in st.session_state
    was, waiting = st.session_state.get(WHOSE_BEFORE), st.session_state.get(WAITING)
    if waiting and waiting.get("since", now) != now:  # the person has gone on to something else
        waiting = st.session_state.pop(WAITING) and None
    if now["whose"] == "own":
        if drawn and was == "example":
            begin_own(now, drawn)
        elif drawn:  # a field that was not drawn, since something else is predicted, has no number
            hidden = [field for field in ("classes", "constant") if controls.key(field) not in st.session_state]
            controls.set_values(dict.fromkeys(hidden, ""))
    elif drawn and was == "own" and told.nearest(LESSONS, now, exactly=True) is None:
        controls.set_values({name: LESSONS["Small images"][name] for name in now})
    elif now["curve"].strip() or (waiting and "since" not in waiting):
        begin_own(now, drawn)
    now = state()
    st.session_state[WHOSE_BEFORE] = now["whose"]
    if waiting:
        st.session_state[WAITING] = {**waiting, "since": now}
        more = " Remove the file, or go on with a field: till then nothing is diagnosed." if "file" in waiting else ""
        return None, waiting["why"] + more
    if not now["curve"].strip():
        return None, ""
    try:
        curve = curve_text.read(now["curve"])
    except ValueError as error:
        return None, f"{error} Till the curve is put right or taken out, nothing is diagnosed."
    ends = {"train": curve["train_loss"][-1], "val": curve["val_loss"][-1]}
    written = {name: f"{value:.6g}" if math.isfinite(value) else "" for name, value in ends.items()}
    controls.set_values({name: text for name, text in written.items() if now[name] != text})
    if now["counts"] != "read":
        more = {"counted_from": curve.counted_from, "notes": curve.notes}
        curve = Curve(curve, unit=now["counts"], certain=True, **more)
    return curve, ""


def field(name: str, label: str, low: float, high: float, **options: Any) -> float | None:
    """Return a number of the run, None where none was told; say how a comma was read where it may be a decimal one."""
    default = LESSONS["Small images"][name]
    value = controls.number(name, label, float(default) if default else None, low, high, **{"optional": True} | options)
    text = str(present(name))
    if value is not None and not options.get("whole") and told.is_ambiguous(text):
        decimal = text.strip().replace(",", ".")
        st.html(f'<div class="quiet">{html.escape(text)} is read as {value:g}; write {decimal} for a decimal.</div>')
    return value


# ------------------------------------------------------------------ what is to be tried


def at_strength(settings: Settings, factor: float) -> Settings:
    """Return the settings with every strength multiplied, within its limits."""
    given = {name: getattr(settings, name) for name in guidelines.LIGHT}
    return replace(settings, **{name: min(factor * value, HIGHEST.get(name, 100.0)) for name, value in given.items()})


def typed(settings: Settings) -> tuple[Settings, set[str], str]:
    """Offer every field; return the settings with what was typed, which fields that were, and the optimizer."""
    given: dict[str, Any] = {}
    with st.expander("Change any setting: what is typed here replaces the value above"):
        columns = st.columns(3)
        for number, field in enumerate(fields(Settings)):
            name, label = field.name, field.name.replace("_", " ")
            with columns[number % 3]:
                if isinstance(field.default, bool):
                    given[name] = YES_NO[controls.choice(f"set_{name}", label, list(YES_NO), "as above")]
                    continue
                hint = "0 never stops." if name == "patience" else "Empty: as above."
                top, whole = HIGHEST.get(name, 100.0), name == "patience"
                low = 1e-6 if name == "learning_rate" else 0
                given[name] = controls.number(
                    f"set_{name}", label, None, low, top, whole=whole, optional=True, help=hint
                )
        with columns[(len(given)) % 3]:
            optimizer = controls.choice("optimizer", "optimizer", OPTIMIZERS, "adamw", help="Momentum acts in SGD.")
    changed = {name: value for name, value in given.items() if value is not None}
    if changed.get("patience") == 0:
        changed["patience"] = None
    return replace(settings, **changed), set(changed), optimizer


def fitting(settings: Settings, data: Dataset, optimizer: str) -> tuple[Settings, dict[str, Any], list[str]]:
    """Return the settings that the data can be trained with, what the network needs for them, and what to say."""
    notes, off = [], Settings()
    for name in ("augment", "cutmix_alpha"):
        kinds = ("image", "signal") if name == "augment" else ("image",)
        if getattr(settings, name) and data.task not in kinds:
            settings = replace(settings, **{name: 0.0})
            notes.append(f"{name.replace('_', ' ')} needs {' or '.join(kinds)} data: left out.")
    if data.n_classes is None:
        soft = [name for name in ("label_smoothing", "mixup_alpha") if getattr(settings, name)]
        settings = replace(settings, **dict.fromkeys(soft, 0.0))
        notes += [f"{name.replace('_', ' ')} needs classes: left out." for name in soft]
    if settings.drop_path_rate:
        notes.append("Drop path skips residual blocks: all of these networks are residual, the baseline too.")
    if settings.mixup_alpha and settings.cutmix_alpha:
        notes.append(f"Each batch takes CutMix with probability {settings.switch_prob:g}, else mixup.")
    if settings.momentum != off.momentum and optimizer != "sgd":
        notes.append("Momentum acts in SGD alone: choose it as the optimizer.")
    if settings.patience is None and (settings.min_delta or not settings.restore_best_weights):
        notes.append("Without patience, min delta and restore best weights do nothing.")
    return settings, {"residual": bool(settings.drop_path_rate), "optimizer": optimizer}, notes


def only_keeps(settings: Settings) -> bool:
    """Tell whether settings do nothing but stop early and keep the best checkpoint."""
    kept = {
        name: getattr(settings, name) for name in ("patience", "min_delta", "restore_best_weights", "learning_rate")
    }
    return settings == Settings(**kept)


def in_words(settings: Settings) -> str:
    """List what differs from the defaults."""
    off = vars(Settings())
    on = {name: value for name, value in vars(settings).items() if value != off[name]}
    return ", ".join(f"{name.replace('_', ' ')} {written(value)}" for name, value in on.items()) or "nothing is on"


def written(value: Any) -> str:
    """Return a value of a setting as text."""
    return "never" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value).lower()


def choose(which: str, advice: strategy.Advice) -> Settings:
    """Show what is to be tried, each value with where it comes from; return its settings."""
    if which == "advice":
        settings_table(
            [
                (
                    field.name,
                    getattr(advice.settings, field.name),
                    advice.ranges.get(field.name),
                    [(reason.sentence, reason.source) for reason in advice.reasons if reason.field == field.name],
                )
                for field in fields(Settings)
                if any(reason.field == field.name for reason in advice.reasons)
            ]
        )
        return advice.settings
    preset = guidelines.PRESETS[which]
    proved = (
        "Every row of it enters the proof below, on digits and a network of one residual block: "
        "both far smaller than what it was made for."
    )
    st.markdown(f"**Literature, not measured here.** {proved if which == 'image' else ''}")
    settings_table(
        [
            (row.what, row.value, None, [(f"Here: {row.field.replace('_', ' ')} {row.taken:g}.", row.source)])
            for row in preset.rows
        ]
    )
    return preset.settings


def show_guidelines(settings: Settings, advised: Settings, **run: Any) -> None:
    """Hold what is to be tried against the four guidelines."""
    st.header("Four guidelines, checked", anchor=False)
    body = "".join(
        f"<tr><td>{html.escape(check.guideline)}</td>"
        f'<td class="number"><b>{check.verdict}</b></td><td>{html.escape(check.sentence)}</td></tr>'
        for check in guidelines.check_guidelines(settings=settings, advised=advised, **run)
    )
    head = "<thead><tr><th>guideline</th><th>your run and these settings</th><th>the numbers</th></tr></thead>"
    st.html(f'<table class="settings-table">{head}<tbody>{body}</tbody></table>')


def show_proof(
    data: Dataset,
    stack: tuple[Settings, ...],
    how: Training,
    n_train: int,
    n_val: int,
    seed: int,
    name: str,
    counts: str,
    lower_rate: bool,
) -> None:
    """Train without regularization, with early stopping alone and with the settings, and say what the settings did.

    counts: "loss" or "accuracy", by which they are judged; lower_rate: they are to mend a run that diverged.
    """
    loss_top = charts.loss_ceiling(data.n_classes, n_train)
    template = charts.loss_chart(STEPS, loss_top, together.loss_title(data.n_classes))
    lines = [
        (0, "train", "baseline", "baseline train"),
        (0, "validation", "baseline", "baseline validation"),
        (2, "train", "technique", "settings train"),
        (2, "validation", "technique", "settings validation"),
    ]
    curves_place, seeds_place = st.columns([1.9, 1], gap="medium")
    with curves_place:
        above = f"; what is above {loss_top:g} leaves the picture" if lower_rate else ""
        charts.title("Training", f"mean and range over 5 seeds, clean losses{above}")
        picture = charts.spot()
    with seeds_place:
        charts.title(f"Test {counts}", "each seed, at the weights kept")
        paired = charts.spot()
    bar, said = runs.bar(), st.container()

    def draw(run) -> dict:
        rows = charts.curves(run, lines, x_max=STEPS, y_max=loss_top)
        charts.show(
            template,
            rows,
            alt_text="Loss over training steps, baseline against the settings",
            now=charts.in_words(rows["labels"]),
            place=picture,
        )
        return rows

    run = runs.train(
        data.name,
        stack,
        how,
        n_train=n_train,
        n_val=n_val,
        seeds=range(seed, seed + 5),
        on_partial=draw,
        place=bar,
    )
    rows = draw(run)
    tests = {measure: run.kept(f"test_{measure}").tolist() for measure in ("loss", "accuracy")}
    drawn = together.seed_rows(PROVED, tests[counts], run.seeds, percent=counts == "accuracy")
    shares = counts == "accuracy"
    each = [value for values in tests[counts] for value in values]
    low, high = (together.floor(each), 1.0) if shares else (0.0, charts.ceiling(each))
    title = "test accuracy" if shares else f"test {together.loss_title(data.n_classes)}"
    charts.show(
        seeds_chart(high, title, low),
        drawn,
        alt_text=f"Test {counts} of each seed: baseline, early stopping alone, the settings",
        now=", ".join(f"{row['way']} {row['text']}" for row in drawn["means"]),
        place=paired,
    )
    found = together.proved(tests, counts, name, regression=data.n_classes is None)
    sections.measured(found[0], said)
    with said:
        if lower_rate and not run.diverged[0].any():
            st.markdown(
                f"**At the learning rate {stack[0].learning_rate:g} the networks here do not diverge:** what a lower "
                "one is worth to your run they cannot show."
            )
        elif found[0].verdict != "better":
            did = "did harm" if found[0].verdict == "worse" else "gained nothing"
            st.markdown(f"**On this data {name} {did}.** Keep the run as it was, with its best checkpoint.")
        st.markdown(" ".join(other.sentence for other in found[1:]))
    sections.download(rows["curves"], "proof.csv")


def show_ablation(data: str, settings: Settings, how: Training, n_train: int, n_val: int, seed: int) -> None:
    """Turn off each of the settings in turn, and say which one carried the gain."""
    stack = combinations.leave_one_out(settings)
    charts.title("Test loss with each setting turned off", f"{load(data).title}, n = {n_train}; seeds, mean and range")
    picture, bar = charts.spot(), runs.bar()
    title = f"test {together.loss_title(load(data).n_classes)}"

    def draw(run: Any) -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
        losses = dict(zip(stack, run.kept("test_loss").tolist(), strict=True))
        drawn = together.ablation_rows(losses, run.seeds)
        charts.show(
            ablation_chart(len(stack), title), drawn, place=picture,
            alt_text="Test loss of every seed: without any of the settings, with all, and with each one turned off",
            now="; ".join(row["text"] for row in drawn["means"]),
        )  # fmt: skip
        return drawn["seeds"], losses

    run = runs.compute(
        combinations.ablation, data, settings, how, n_train=n_train, n_val=n_val, seeds=tuple(range(seed, seed + 5)),
        on_partial=draw, place=bar, note="Training the ablation",
    )  # fmt: skip
    table, losses = draw(run)
    sections.measured(together.carried(losses))
    if settings.mixup_alpha and settings.cutmix_alpha:
        st.caption("With mixup turned off every batch takes CutMix, and with CutMix turned off mixup.")
    sections.download(table, "ablation.csv", "Download the ablation as CSV")


def companions(names: set[str], base: Settings, how: Training) -> tuple[Settings, Training, str]:
    """Return what two settings need to act at all, and a sentence on it."""
    notes = []
    if "momentum" in names:
        how, base = replace(how, optimizer="sgd"), replace(base, learning_rate=0.03)
        notes.append("Trained by SGD at rate 0.03, where momentum acts.")
    if "drop_path_rate" in names or base.drop_path_rate:
        how = replace(how, residual=True)
        notes.append("The networks are residual, so that there are blocks to skip.")
    if names & {"min_delta", "restore_best_weights"} and base.patience is None:
        base = replace(base, patience=3)
        notes.append("Patience is 3.")
    if "switch_prob" in names:
        base = replace(base, mixup_alpha=base.mixup_alpha or 0.2, cutmix_alpha=base.cutmix_alpha or 1.0)
        notes.append("Mixup and CutMix are both on.")
    return base, how, " ".join(notes)


def show_map(data: str, first: str, second: str, rest: Settings, n_train: int, n_val: int, seed: int) -> None:
    """Train a grid of two settings, and say whether one moves the best value of the other."""
    base, how, note = companions({first, second}, rest, MAPPED)
    names = first.replace("_", " "), second.replace("_", " ")
    note_beside = f"{load(data).title}, n = {n_train}, {how.max_steps} steps, mean of 3 seeds"
    charts.title("Validation loss for each pair", note_beside)
    picture, bar = charts.spot(), runs.bar()

    def draw(run: Any) -> together.Grid:
        grid = together.grid(run.settings, run.kept("val_loss").tolist(), first, second)
        charts.show(
            grid_chart(*names), {"cells": grid.cells}, place=picture, now=grid.now,
            alt_text="Heat map of the validation loss for each pair of values; the best cell has a frame",
        )  # fmt: skip
        return grid

    run = runs.compute(
        combinations.interaction, data, first, second, base, how, n_train=n_train, n_val=n_val,
        seeds=tuple(range(seed, seed + 3)), on_partial=draw, place=bar, note="Training the grid",
    )  # fmt: skip
    grid = draw(run)
    sections.measured(together.pair_sentence(grid, run.kept("test_loss").tolist(), first, second))
    if note:
        st.caption(note)
    sections.download(grid.table, "grid.csv", "Download the grid as CSV")


shorten_paste()
open_page("combined_strategy")
curve, wrong = settle()
controls.lessons(LESSONS)

# ------------------------------------------------------------------ numbers in
own = present("whose") == "own"
form, reading = st.columns([1, 1.9], gap="large")
with form:
    st.header("Your run" if own else "An example run", anchor=False)
    controls.choice(
        "whose", "Whose numbers", WHOSE, "example", style="segments", help="Your own run begins with empty fields."
    )
    n = field("n", "Training rows", 2, 1e9, whole=True)
    lone = bool(str(present("train")).strip()) != bool(str(present("val")).strip()) and not curve
    nan = "If it became nan, switch on “The run diverged”."
    left, right = st.columns(2)
    with left:
        train = field("train", "Train loss", 0, 1e6, hint=nan, optional=not lone)
    with right:
        val = field("val", "Validation loss", 0, 1e6, hint=nan, optional=not lone)
    if curve:
        st.html('<div class="quiet">Both losses are taken from the curve, its last row.</div>')
    task = controls.choice("task", "Kind of data", TASKS, "image", style="segments")
    with st.expander("More about the run: the curve makes the advice better", expanded=own):
        target = controls.choice("target", "It predicts", TARGETS, "classes", style="segments")
        left, right = st.columns(2)
        classes = constant = None
        with left:
            if target == "classes":
                classes = field("classes", "Classes", 2, 100_000, whole=True)
            else:
                constant = field(
                    "constant", "Loss of a constant guess", 1e-9, 1e12,
                    help="Of the mean squared error it is the target's variance. Empty: the curve's first losses.",
                )  # fmt: skip
            steps = field(
                "steps", "Steps trained", 1, 1e9, whole=True, help="With a curve only where it does not count them."
            )
            batch = field("batch", "Batch size", 1, 1e6, whole=True)
        with right:
            n_val = field("n_val", "Validation rows", 1, 1e9, whole=True)
            rate = field("rate", "Learning rate", 1e-8, 100)
            seed = controls.seed()
        objective = controls.choice(
            "objective", "What counts", {"loss": "Loss", "accuracy": "Accuracy"}, "loss", style="segments"
        )
        training_mode = controls.switch(
            "training_mode",
            "Train loss was measured in training mode",
            help="With dropout, augmentation or smoothing on.",
        )
        diverged = controls.switch("diverged", "The run diverged", help="Its loss became nan or infinite.")
        controls.long_text(
            "curve", "Curve, as CSV or JSON", max_chars=PASTED, placeholder="epoch,train_loss,val_loss\n1,2.1,2.2\n…"
        )
        st.file_uploader("or a file with it", ["csv", "json", "jsonl", "tsv", "txt", "log"], key=controls.key("file"),
                         on_change=upload, max_upload_size=2)  # fmt: skip
        controls.choice("counts", "Its first column counts", COUNTS, "read", help="Where it is read wrongly.")

numbers = {
    "n": n,
    "classes": classes,
    "constant": constant,
    "n_val": n_val,
    "steps": steps,
    "rate": rate,
    "batch": batch,
}
numbers |= {} if curve else {"train": train, "val": val}
marked = [name for name, value in numbers.items() if value is None and str(present(name)).strip()]
marked = [name for name in marked if name != ("constant" if target == "classes" else "classes")]
if curve:
    train, val = curve["train_loss"][-1], curve["val_loss"][-1]
if diverged:
    train = val = float("nan")
about: dict[str, Any] = {"n_classes": classes, "constant_loss": constant, "n_val": n_val, "curve": curve}

# ------------------------------------------------------------------ diagnosis and settings out
advice = None
with reading:
    st.header("What it says", anchor=False)
    if not own:
        name = told.nearest(LESSONS, state())
        st.info(told.as_text(told.label(name, LESSONS["Small images"] | LESSONS[name], state())))
    if wrong:
        st.error(told.as_text(wrong))
    elif marked or (lone and not diverged):
        st.info("Put the marked field right, and the diagnosis comes back; the other fields keep their values.")
    elif train is None or val is None:
        st.info("Put in the train and the validation loss of a run without regularization, or its curve.")
    elif not (curve or classes or constant or diverged):
        what = "classes" if target == "classes" else "loss of a constant guess"
        st.info(f"Put in the {what}, or the curve: without them nothing tells how large these losses are.")
    else:
        try:
            advice = strategy.recommend(
                n,
                train,
                val,
                task=task,
                objective=objective if target == "classes" else "loss",
                learning_rate=rate,
                batch_size=batch,
                steps=steps,
                training_mode_loss=training_mode,
                **about,
            )
        except ValueError as error:
            st.error(told.as_text(f"{error}."))
    if advice:
        st.html(
            f'<div class="diagnosis"><b>{advice.diagnosis[0].upper()}{advice.diagnosis[1:]}</b>'
            f"<span>confidence: {advice.confidence}</span></div>"
        )
        st.markdown(told.as_text(" ".join(advice.why)))
        facts("Next", [told.as_text(sentence) for sentence in advice.next_steps])
    if curve:
        st.html(f'<div class="quiet">{html.escape(" ".join(curve.notes))}</div>')

chosen: Settings | None = None
optimizer, data, how = "adamw", load("digits"), Training()
st.header("Settings to try", anchor=False)
which = controls.choice("settings", "Start from", WAYS, "advice", style="segments")
if advice:
    chosen = choose(which, advice)
strength = controls.slider(
    "strength",
    "Strength",
    0.0,
    2.0,
    1.0,
    0.25,
    format="×%.2f",
    help="Multiplies every strength of the settings; at 0 only early stopping and clipping are left.",
)
chosen, changed, optimizer = typed(at_strength(chosen or Settings(), strength))
if advice and train is not None and val is not None:
    show_guidelines(
        chosen, advice.settings, n_train=n, train_loss=train, val_loss=val, batch_size=batch,
        steps=advice.steps if math.isfinite(advice.steps) else None, training_mode_loss=training_mode, **about,
    )  # fmt: skip

# ------------------------------------------------------------------ the proof
st.header("Does it help? Prove it", anchor=False)
typed_in = bool(changed) or strength != 1
whole_preset = f"the {guidelines.PRESETS[which].task} preset" if which in guidelines.PRESETS else ""
name = "these settings" if typed_in else whole_preset or "the advice"
lower_rate = bool(advice and advice.diagnosis == "diverging" and which == "advice")
data_name = "digits" if which == "image" else REGRESSION if target == "number" else PROOF.get(task, "")
why_not = ""
if which == "language":
    why_not = "There is no language model here to prove it on: this preset stands on its sources alone."
elif not data_name:
    why_not = "There is no text data here to prove it on: for text the advice stands on its sources alone."
elif advice and lower_rate and rate is None:
    why_not = "Put in the learning rate of the run: the proof holds it against a tenth of it."
elif advice and which == "advice" and not typed_in and not lower_rate and only_keeps(chosen):
    if advice.diagnosis in strategy.OVERFIT:
        why_not = "What the strengths rest on is asked for above: without it there is nothing to prove."
    else:
        why_not = (
            "There is nothing to prove: the advice is to change nothing, and to keep the best checkpoint. The data "
            "here may well overfit, and would say nothing of your run."
        )
if why_not:
    st.info(why_not)
can_prove = bool(advice and not why_not)
prove = controls.pressed("prove", "Prove it", disabled=not can_prove)
n_val_used, n_proof = 200, 200
if can_prove:
    data = load(data_name)
    n_val_used = 100 if data.task == "tabular" else 200
    n_proof = max(20, min(n or 200, len(data.x) - n_val_used))
    notes = [] if n else ["The training rows were not told: 200 are taken."]
    notes += [f"Your {n:,} rows are more than there are here."] if n and n > n_proof else []
    notes += ["A number is predicted here from a table."] if target == "number" and task != "tabular" else []
    asked = rate or USUAL_RATE
    usual = min(max(asked, 1e-5), 1e-2)
    own_rate = lower_rate or "learning_rate" in changed
    if rate is None and not own_rate:
        notes.append(f"No learning rate was told: {usual:g} is taken.")
    elif usual != asked and not own_rate:
        notes.append(f"The learning rate is {usual:g}: yours, {asked:g}, would not train these networks.")
    if batch is None:
        notes.append(f"The batch size was not told: {strategy.USUAL_BATCH} is taken.")
    # The rate that diverged against the advised one; else one rate for all, unless another one was typed.
    baseline = Settings(learning_rate=asked if lower_rate else usual)
    if not own_rate:
        chosen = replace(chosen, learning_rate=usual)
    chosen, network, warnings = fitting(chosen, data, optimizer)
    baseline = replace(baseline, momentum=chosen.momentum)
    how = Training(max_steps=STEPS, batch_size=min(batch or strategy.USUAL_BATCH, n_proof), **network)
    st.html(
        f'<div class="quiet">Trains on {n_proof} rows of {data.title}, five seeds each, {STEPS} steps: without '
        f"regularization, with early stopping alone, and with {name}: {in_words(chosen)}. "
        f"{' '.join(notes + warnings)}</div>"
    )
    if prove:
        stack = (baseline, replace(baseline, patience=strategy.PATIENCE), chosen)
        # A run that diverges may end at any loss; its accuracy is that of a guess.
        counts = "loss" if not data.n_classes else "accuracy" if lower_rate else objective
        show_proof(data, stack, how, n_proof, n_val_used, seed, name, counts, lower_rate)

# ------------------------------------------------------------------ what they do together
carried_tab, pair_tab, framework, code, papers = controls.tabs("tab", TABS)
with carried_tab:
    st.markdown("Each setting turned off in turn, the others left on, all in one run, paired by seed.")
    several = can_prove and bool(combinations.turned_on(chosen))
    ablate = controls.pressed("ablate", "Turn each off", disabled=not several)
    if not several:
        st.info("It needs settings of which at least one is on, and data to train them on.")
    elif ablate and carried_tab.open:
        show_ablation(data_name, chosen, how, n_proof, n_val_used, seed)
with pair_tab:
    left, middle, right = st.columns([1, 1, 1.2], vertical_alignment="bottom")
    with left:
        first = controls.choice("first", "First setting", list(combinations.GRID), "mixup_alpha")
    with middle:
        second = controls.choice("second", "Second setting", list(combinations.GRID), "weight_decay")
    with right:
        rest = controls.choice("rest", "The other settings", REST, "off", style="segments")
    on = load(data_name or "digits")
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
        base = replace(chosen, patience=None) if rest == "chosen" and can_prove else Settings()
        n_map = n_proof if can_prove else 200
        show_map(on.name, first, second, base, n_map, n_val_used, seed)
with framework:
    if can_prove:
        sections.framework(chosen, how, data)
    else:
        st.markdown("The settings appear here as code once there is advice that can be trained.")
with code:
    sections.code(strategy.recommend, strategy._settings, combinations.leave_one_out, guidelines.check_guidelines)
with papers:
    sections.papers("combined_strategy")
copy_link()
