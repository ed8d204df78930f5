"""Combined strategy: numbers in, diagnosis and settings out, and the proof on real data."""

from dataclasses import fields, replace

import streamlit as st

from pages.charts.combined_strategy import WAYS, grid_chart, seeds_chart
from pages.ui import charts, controls, curve_text, runs, sections, words
from pages.ui.layout import copy_link, facts, open_page, settings_table

from reglab import strategy
from reglab.datasets import load
from reglab.settings import Settings, Training

TASKS = {"image": "Images", "tabular": "Table", "signal": "Signals", "text": "Text"}
PROOF = {"image": "digits", "tabular": "breast_cancer", "signal": "mnist1d"}  # what each kind is proved on
STEPS = 1000
GRID = {
    "weight_decay": (0.0, 0.1, 0.5, 2.0),
    "dropout": (0.0, 0.2, 0.4, 0.6),
    "augment": (0.0, 0.25, 0.5, 1.0),
    "mixup_alpha": (0.0, 0.1, 0.4, 1.0),
    "label_smoothing": (0.0, 0.02, 0.1, 0.3),
    "input_noise": (0.0, 0.1, 0.3, 0.6),
}

# The recipes are what the literature recommends for its own regimes; nothing in them was measured here.
IMAGE_RECIPE = Settings(augment=0.5, weight_decay=0.01, dropout=0.5, label_smoothing=0.1, mixup_alpha=0.2, patience=15)
IMAGE_RECIPE_TABLE = (
    ("crops, flips, colour jitter, RandAugment", "light to medium", "Cubuk et al. 2020"),
    ("weight decay", "1e-4 to 1e-2, more for less data", "Loshchilov, Hutter 2019"),
    ("dropout on dense layers", "0.5", "Srivastava et al. 2014"),
    ("DropPath on residual layers", "0.05 to 0.2", "Huang et al. 2016"),
    ("label smoothing", "0.1", "Szegedy et al. 2016"),
    ("mixup or CutMix", "alpha 0.2 / 1.0", "Zhang et al. 2018, Yun et al. 2019"),
    ("early stopping", "patience 10 to 20", "Prechelt 1998"),
)
LANGUAGE_RECIPE_TABLE = (
    ("weight decay", "0.01 to 0.1", "Loshchilov, Hutter 2019"),
    ("dropout in attention and feed-forward", "0.1; 0 for a single pass over the data", "Vaswani et al. 2017"),
    ("label smoothing", "0.1", "Vaswani et al. 2017"),
    ("gradient clipping", "norm 1.0", "Pascanu et al. 2013"),
)

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
        "first": "mixup_alpha",
        "second": "weight_decay",
    },
    "A small table": {"n": "100", "train": "0.002", "val": "0.14", "task": "tabular", "classes": "2"},
    "Underfit": {"n": "2000", "train": "1.9", "val": "1.95"},
    "Healthy": {"n": "1000", "train": "0.09", "val": "0.12", "n_val": "400"},
    "Diverged": {"diverged": True, "rate": "0.5"},
    "Textbook image recipe": {"settings": "recipe"},
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
    limits = {"dropout": 0.9, "input_dropout": 0.9, "label_smoothing": 0.9, "augment": 1.0}
    strengths = ("dropout", "input_dropout", "input_noise", "augment", "mixup_alpha", "label_smoothing", "weight_decay")
    return replace(settings, **{s: min(factor * getattr(settings, s), limits.get(s, 100.0)) for s in strengths})


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
        st.file_uploader("or a file with it", ["csv", "json", "txt"], key=controls.key("file"), on_change=upload)

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

if advice:
    st.header("Settings to try", anchor=False)
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

# ------------------------------------------------------------------ the proof
st.header("Does it help? Prove it", anchor=False)
left, right = st.columns([1, 1.9], gap="large")
with right:
    which = controls.choice(
        "settings",
        "What to prove",
        {"advice": "Settings above", "recipe": "Textbook recipe"},
        "advice",
        style="segments",
    )
with left:
    strength = controls.slider(
        "strength",
        "Strength",
        0.0,
        2.0,
        1.0,
        0.25,
        format="×%.2f",
        help="Multiplies every strength of the settings; at 0 only early stopping is left.",
    )
can_prove = advice is not None and task in PROOF and (which == "advice" or task == "image")
if task not in PROOF:
    st.info("There is no text data here to prove it on: for text the advice stands on its sources alone.")
elif which == "recipe" and task != "image":
    st.info("The textbook recipe is for images: choose images as the kind of data, or the settings above.")
prove = controls.pressed("prove", "Prove it", disabled=not can_prove)
if can_prove and advice:
    data = load(PROOF[task])
    n_val_used = 100 if task == "tabular" else 200
    n_proof = max(20, min(n, len(data.x) - n_val_used))
    chosen = at_strength(advice.settings if which == "advice" else IMAGE_RECIPE, strength)
    larger = f" Your {n:,} rows are more than there are here." if n > n_proof else ""
    if not (diverged or 1e-5 <= rate <= 1e-2):
        larger += (
            f" The learning rate is {min(max(rate, 1e-5), 1e-2):g}: yours, {rate:g}, would not train these networks."
        )
    st.html(
        f'<div class="quiet">Trains on {n_proof} rows of {data.title}, five seeds each, {STEPS} steps: without '
        f"regularization, with early stopping alone, and with the settings.{larger}</div>"
    )
    if prove:
        loss_top = charts.loss_ceiling(data.n_classes, n_proof)
        template = charts.loss_chart(STEPS, loss_top)
        lines = [
            (0, "train", "baseline", "baseline train"),
            (0, "validation", "baseline", "baseline validation"),
            (2, "train", "technique", f"{which} train"),
            (2, "validation", "technique", f"{which} validation"),
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

        if diverged:  # the diverging rate against the advised one
            baseline = Settings(learning_rate=rate)
        else:
            baseline = Settings(learning_rate=min(max(rate, 1e-5), 1e-2))
            chosen = replace(chosen, learning_rate=baseline.learning_rate)
        stack = (baseline, replace(baseline, patience=strategy.PATIENCE), chosen)
        how = Training(max_steps=STEPS, batch_size=min(batch, n_proof))
        run = runs.train(
            PROOF[task],
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
            for way, values in zip(WAYS, tests, strict=True)
            for s, value in zip(run.seeds, values, strict=True)
        ]
        means = [
            {"way": way, "value": sum(v) / len(v), "text": f"{sum(v) / len(v):.3f}"}
            for way, v in zip(WAYS, tests, strict=True)
        ]
        charts.show(
            seeds_chart(charts.ceiling(value for values in tests for value in values), "test loss (nats)"),
            {"seeds": value_rows, "means": means},
            alt_text="Test loss of each seed: baseline, early stopping alone, the settings",
            now=", ".join(f"{m['way']} {m['text']}" for m in means),
            place=paired,
        )
        name = "the advice" if which == "advice" else "the textbook recipe"
        gain = words.compare(tests[0], tests[2], "test loss", with_=name)
        stopping = words.compare(tests[1], tests[2], "test loss", with_=name + " instead of early stopping alone")
        sections.measured(gain, said)
        with said:
            if gain.verdict != "better":
                st.markdown(
                    f"**On this data {name} gained nothing.** Keep the run as it was, with its best checkpoint."
                )
            right = words.compare(
                run.kept("test_accuracy")[0].tolist(),
                run.kept("test_accuracy")[2].tolist(),
                "test accuracy",
                lower_is_better=False,
                percent=True,
            )
            st.markdown(f"{right.sentence} {stopping.sentence}")
        sections.download(rows["curves"], "proof.csv")

# ------------------------------------------------------------------ what else to read
guides, interactions, recipes, elsewhere, code, papers = st.tabs(
    ["Guidelines", "Interactions", "Recipes from the literature", "In your framework", "The code", "Papers"]
)
with guides:
    st.markdown(
        "- **Start light.** Weight decay, augmentation where the inputs allow it, and the best checkpoint.\n"
        "- **More** when the validation loss is far above a *clean* train loss; **less** when train loss stays high.\n"
        "- **More data, less regularization.** With ten times the rows, most of it does harm.\n"
        "- **A small gap is a diagnosis, not an aim.** Choose by validation loss, never by the gap."
    )
with interactions:
    st.markdown("Two settings at once, in one stacked run on the digits: the best value of one depends on the other.")
    left, middle, right = st.columns([1, 1, 0.8], vertical_alignment="bottom")
    with left:
        first = controls.choice("first", "First setting", list(GRID), "mixup_alpha")
    with middle:
        second = controls.choice("second", "Second setting", list(GRID), "weight_decay")
    with right:
        mapped = controls.pressed("map", "Map the two", disabled=first == second)
    if first == second:
        st.info("Choose two different settings.")
    elif mapped:
        grid = tuple(Settings(**{first: a, second: b}) for a in GRID[first] for b in GRID[second])
        map_place, map_bar = charts.spot(), runs.bar()
        mapping = runs.train(
            "digits",
            grid,
            Training(max_steps=500, eval_steps=10),
            n_train=200,
            n_val=200,
            seeds=range(seed, seed + 3),
            place=map_bar,
            note="Training the grid",
        )
        losses = [sum(v) / len(v) for v in mapping.kept("val_loss").tolist()]
        low, high = min(losses), max(losses)
        cells = [
            {
                first: getattr(s, first),
                second: getattr(s, second),
                "first": f"{getattr(s, first):g}",
                "second": f"{getattr(s, second):g}",
                "loss": loss,
                "rank": (loss - low) / max(high - low, 1e-9),
                "text": f"{loss:.3f}",
            }
            for s, loss in zip(grid, losses, strict=True)
        ]
        best = cells[losses.index(low)]
        charts.show(
            grid_chart(first.replace("_", " "), second.replace("_", " ")),
            {"cells": cells},
            alt_text="Validation loss for each pair of values",
            place=map_place,
            now=f"Lowest validation loss {low:.3f} at {first} {best['first']} and {second} {best['second']}.",
        )
        names = first.replace("_", " "), second.replace("_", " ")
        sections.measured(
            f"Lowest at **{names[0]} {best['first']}** with **{names[1]} {best['second']}**: "
            f"validation loss **{low:.3f}** (digits, 200 rows, 500 steps, mean of 3 seeds)."
        )
        sections.download(
            [{k: c[k] for k in (first, second, "loss")} for c in cells], "grid.csv", "Download the grid as CSV"
        )
with recipes:
    st.markdown(
        "What the literature recommends for its own, larger regimes. **Not measured here**; the image recipe can be "
        "proved above on small images, where it was not made for."
    )
    left, right = st.columns(2, gap="large")
    for place, title, table in (
        (left, "Image classification", IMAGE_RECIPE_TABLE),
        (right, "Language models", LANGUAGE_RECIPE_TABLE),
    ):
        with place:
            st.markdown(f"**{title}**")
            settings_table([(name, value, None, [("", source)]) for name, value, source in table])
with elsewhere:
    if can_prove and advice:
        sections.framework(chosen, Training(max_steps=STEPS, batch_size=min(batch, n_proof)), data)
    else:
        st.markdown("The settings appear here as code once there is advice that can be trained.")
with code:
    sections.code(strategy.recommend, strategy._settings)
with papers:
    sections.papers("combined_strategy")
copy_link()
