"""Combined strategy: numbers in, diagnosis and settings out, and the proof on real data."""

import html
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from pages.charts.combined_strategy import PROVED, ablation_chart, grid_chart, seeds_chart
from pages.ui import charts, controls, curve_text, runs, sections, together, words
from pages.ui.layout import copy_link, facts, open_page, settings_table

from reglab import combinations, guidelines, strategy
from reglab.datasets import Dataset, load
from reglab.settings import Settings, Training

TASKS = {"image": "Images", "tabular": "Table", "signal": "Signals", "text": "Text"}
PROOF = {"image": "digits", "tabular": "breast_cancer", "signal": "mnist1d"}  # what each kind is proved on
STEPS = 1000
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
        "n": "200",
        "train": "0.001",
        "val": "0.25",
        "task": "image",
        "classes": "10",
        "n_val": "",
        "steps": "1000",
        "rate": "0.001",
        "batch": "32",
        "objective": "loss",
        "training_mode": False,
        "diverged": False,
        "curve": "",
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
    "Underfit": {"n": "2000", "train": "1.9", "val": "1.95"},
    "Healthy": {"n": "1000", "train": "0.09", "val": "0.12", "n_val": "400"},
    "Diverged": {"diverged": True, "rate": "0.5"},
    "Image preset": {"settings": "image"},
    "Language preset": {"settings": "language", "task": "text"},
    "Two at once": {"tab": TABS[1], "first": "augment"},
}


def upload() -> None:
    """Put an uploaded curve into the text field, thinned so that the link can hold it."""
    given = st.session_state.get(controls.key("file"))
    st.session_state["combined_strategy:file_error"] = ""
    if given is None:
        return
    try:
        controls.set_values({"curve": curve_text.as_csv(curve_text.thin(curve_text.read(given.getvalue())))})
    except ValueError as error:
        st.session_state["combined_strategy:file_error"] = str(error)


def at_strength(settings: Settings, factor: float) -> Settings:
    """Return the settings with every strength multiplied, within its limits."""
    given = {name: getattr(settings, name) for name in guidelines.LIGHT}
    return replace(settings, **{name: min(factor * value, HIGHEST.get(name, 100.0)) for name, value in given.items()})


def typed(settings: Settings) -> tuple[Settings, set[str], str]:
    """Offer every field; return the settings with what was typed, which fields that were, and the optimizer."""
    told: dict[str, Any] = {}
    with st.expander("Change any setting: what is typed here replaces the value above"):
        columns = st.columns(3)
        for number, field in enumerate(fields(Settings)):
            name, label = field.name, field.name.replace("_", " ")
            with columns[number % 3]:
                if isinstance(field.default, bool):
                    told[name] = YES_NO[controls.choice(f"set_{name}", label, list(YES_NO), "as above")]
                    continue
                hint = "0 never stops." if name == "patience" else "Empty: as above."
                top, whole = HIGHEST.get(name, 100.0), name == "patience"
                low = 1e-6 if name == "learning_rate" else 0
                told[name] = controls.number(
                    f"set_{name}", label, None, low, top, whole=whole, optional=True, help=hint
                )
        with columns[(len(told)) % 3]:
            optimizer = controls.choice("optimizer", "optimizer", OPTIMIZERS, "adamw", help="Momentum acts in SGD.")
    changed = {name: value for name, value in told.items() if value is not None}
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
    if settings.drop_path_rate:
        notes.append("Drop path skips residual blocks: all of these networks are residual, the baseline too.")
    if settings.mixup_alpha and settings.cutmix_alpha:
        notes.append(f"Each batch takes CutMix with probability {settings.switch_prob:g}, else mixup.")
    if settings.momentum != off.momentum and optimizer != "sgd":
        notes.append("Momentum acts in SGD alone: choose it as the optimizer.")
    if settings.patience is None and (settings.min_delta or not settings.restore_best_weights):
        notes.append("Without patience, min delta and restore best weights do nothing.")
    return settings, {"residual": bool(settings.drop_path_rate), "optimizer": optimizer}, notes


def in_words(settings: Settings) -> str:
    """List what differs from the defaults."""
    off = vars(Settings())
    told = {name: value for name, value in vars(settings).items() if value != off[name]}
    return ", ".join(f"{name.replace('_', ' ')} {written(value)}" for name, value in told.items()) or "nothing is on"


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


def show_ablation(data: str, settings: Settings, how: Training, n_train: int, n_val: int, seed: int) -> None:
    """Turn off each of the settings in turn, and say which one carried the gain."""
    stack = combinations.leave_one_out(settings)
    charts.title("Test loss with each setting turned off", f"{load(data).title}, n = {n_train}; seeds, mean and range")
    picture, bar = charts.spot(), runs.bar()

    def draw(run: Any) -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
        losses = dict(zip(stack, run.kept("test_loss").tolist(), strict=True))
        drawn = together.ablation_rows(losses, run.seeds)
        charts.show(
            ablation_chart(len(stack)), drawn, place=picture,
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


open_page("combined_strategy")
controls.lessons(LESSONS)

# ------------------------------------------------------------------ numbers in
form, reading = st.columns([1, 1.9], gap="large")
with form:
    st.header("Your run", anchor=False)
    n = controls.number("n", "Training rows", 200, 2, 1e9, whole=True)
    left, right = st.columns(2)
    with left:
        train = controls.number(
            "train", "Train loss", 0.001, 0, 1e6, hint="If it became nan, switch on “The run diverged”."
        )
    with right:
        val = controls.number(
            "val", "Validation loss", 0.25, 0, 1e6, hint="If it became nan, switch on “The run diverged”."
        )
    task = controls.choice("task", "Kind of data", TASKS, "image", style="segments")
    with st.expander("More about the run: the curve makes the advice better"):
        left, right = st.columns(2)
        with left:
            classes = controls.number(
                "classes", "Classes", 10, 2, 100_000, whole=True, optional=True, help="Leave empty for regression."
            )
            steps = controls.number("steps", "Steps trained", 1000, 1, 1e9, whole=True)
            batch = controls.number("batch", "Batch size", 32, 1, 1e6, whole=True)
        with right:
            n_val = controls.number("n_val", "Validation rows", None, 1, 1e9, whole=True, optional=True)
            rate = controls.number("rate", "Learning rate", 0.001, 1e-8, 100)
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
        pasted = controls.long_text(
            "curve", "Curve, as CSV or JSON", max_chars=8000, placeholder="step,train_loss,val_loss\n10,2.1,2.2\n…"
        )
        st.file_uploader("or a file with it", ["csv", "json", "txt"], key=controls.key("file"), on_change=upload,
                         max_upload_size=1)  # fmt: skip

curve, wrong = None, st.session_state.get("combined_strategy:file_error", "")
if pasted.strip():
    try:
        curve = curve_text.read(pasted)
    except ValueError as error:
        wrong = str(error)
if curve:
    n_steps = int(curve["step"][-1])
    train_used, val_used = curve["train_loss"][-1], curve["val_loss"][-1]
else:
    n_steps, train_used, val_used = steps, train, val
if diverged:
    train_used = val_used = float("nan")

# ------------------------------------------------------------------ diagnosis and settings out
advice = None
with reading:
    st.header("What it says", anchor=False)
    if wrong:
        st.error(f"{wrong} The last losses are used instead.")
    needed = (n, train_used, val_used, n_steps, batch, rate)
    if any(value is None for value in needed):
        st.info("Put the marked field right, and the diagnosis comes back; the other fields keep their values.")
    else:
        try:
            advice = strategy.recommend(
                n,
                train_used,
                val_used,
                task=task,
                n_classes=classes,
                n_val=n_val,
                curve=curve,
                objective=objective,
                learning_rate=rate,
                batch_size=batch,
                steps=n_steps,
                training_mode_loss=training_mode,
            )
        except ValueError as error:
            st.error(f"{error}.")
    if advice:
        st.html(
            f'<div class="diagnosis"><b>{advice.diagnosis[0].upper()}{advice.diagnosis[1:]}</b>'
            f"<span>confidence: {advice.confidence}</span></div>"
        )
        st.markdown(" ".join(advice.why))
        facts("Next", advice.next_steps)

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
if advice:
    show_guidelines(
        chosen, advice.settings, n_train=n, train_loss=train_used, val_loss=val_used, n_classes=classes, n_val=n_val,
        steps=n_steps, batch_size=batch, training_mode_loss=training_mode,
    )  # fmt: skip

# ------------------------------------------------------------------ the proof
st.header("Does it help? Prove it", anchor=False)
data_name = "digits" if which == "image" else PROOF.get(task, "")
can_prove = bool(advice and data_name and which != "language")
if which == "language":
    st.info("There is no language model here to prove it on: this preset stands on its sources alone.")
elif not data_name:
    st.info("There is no text data here to prove it on: for text the advice stands on its sources alone.")
prove = controls.pressed("prove", "Prove it", disabled=not can_prove)
n_val_used, n_proof = 200, 200
if can_prove:
    data = load(data_name)
    n_val_used = 100 if data.task == "tabular" else 200
    n_proof = max(20, min(n, len(data.x) - n_val_used))
    usual = min(max(rate, 1e-5), 1e-2)
    notes = [f"Your {n:,} rows are more than there are here."] if n > n_proof else []
    own_rate = diverged or "learning_rate" in changed
    if usual != rate and not own_rate:
        notes.append(f"The learning rate is {usual:g}: yours, {rate:g}, would not train these networks.")
    # The diverging rate against the advised one; else one rate for all, unless another one was typed.
    baseline = Settings(learning_rate=rate if diverged else usual)
    if not own_rate:
        chosen = replace(chosen, learning_rate=usual)
    chosen, network, warnings = fitting(chosen, data, optimizer)
    baseline = replace(baseline, momentum=chosen.momentum)
    how = Training(max_steps=STEPS, batch_size=min(batch, n_proof), **network)
    st.html(
        f'<div class="quiet">Trains on {n_proof} rows of {data.title}, five seeds each, {STEPS} steps: without '
        f"regularization, with early stopping alone, and with these settings: {in_words(chosen)}. "
        f"{' '.join(notes + warnings)}</div>"
    )
    if prove:
        loss_top = charts.loss_ceiling(data.n_classes, n_proof)
        template = charts.loss_chart(STEPS, loss_top)
        lines = [
            (0, "train", "baseline", "baseline train"),
            (0, "validation", "baseline", "baseline validation"),
            (2, "train", "technique", "settings train"),
            (2, "validation", "technique", "settings validation"),
        ]
        curves_place, seeds_place = st.columns([1.9, 1], gap="medium")
        with curves_place:
            charts.title("Training", "mean and range over 5 seeds, clean losses")
            picture = charts.spot()
        with seeds_place:
            charts.title("Test loss", "each seed, at the weights kept")
            paired = charts.spot()
        bar, said = runs.bar(), st.container()

        def draw(run) -> dict:
            rows = charts.curves(run, lines, x_max=STEPS, y_max=loss_top)
            charts.show(
                template,
                rows,
                alt_text="Loss over training steps, baseline against the advised settings",
                now=charts.in_words(rows["labels"]),
                place=picture,
            )
            return rows

        stack = (baseline, replace(baseline, patience=strategy.PATIENCE), chosen)
        run = runs.train(
            data_name,
            stack,
            how,
            n_train=n_proof,
            n_val=n_val_used,
            seeds=range(seed, seed + 5),
            on_partial=draw,
            place=bar,
        )
        rows = draw(run)
        tests = run.kept("test_loss").tolist()
        value_rows = [
            {"way": way, "seed": str(s), "value": value}
            for way, values in zip(PROVED, tests, strict=True)
            for s, value in zip(run.seeds, values, strict=True)
        ]
        means = [
            {"way": way, "value": sum(v) / len(v), "text": f"{sum(v) / len(v):.3f}"}
            for way, v in zip(PROVED, tests, strict=True)
        ]
        charts.show(
            seeds_chart(charts.ceiling(value for values in tests for value in values), "test loss (nats)"),
            {"seeds": value_rows, "means": means},
            alt_text="Test loss of each seed: baseline, early stopping alone, the settings",
            now=", ".join(f"{m['way']} {m['text']}" for m in means),
            place=paired,
        )
        name = "the advice" if which == "advice" else "the image preset"
        gain = words.compare(tests[0], tests[2], "test loss", with_=name)
        stopping = words.compare(tests[1], tests[2], "test loss", with_=name + " instead of early stopping alone")
        sections.measured(gain, said)
        with said:
            if gain.verdict != "better":
                did = "did harm" if gain.verdict == "worse" else "gained nothing"
                st.markdown(f"**On this data {name} {did}.** Keep the run as it was, with its best checkpoint.")
            right = words.compare(
                run.kept("test_accuracy")[0].tolist(),
                run.kept("test_accuracy")[2].tolist(),
                "test accuracy",
                lower_is_better=False,
                percent=True,
            )
            st.markdown(f"{right.sentence} {stopping.sentence}")
        sections.download(rows["curves"], "proof.csv")

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
    if first == second:
        st.info("Choose two different settings.")
    elif unfit:
        st.info(f"{unfit[0].replace('_', ' ')} does not act on {on.title}: choose images as the kind of data.")
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
