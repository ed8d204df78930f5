"""Text augmentation: a sentence and its variants, what they do to a small text classifier, and what must be kept."""

import math
from itertools import pairwise
from typing import Any

import streamlit as st

from pages.charts import text_augmentation as pictures
from pages.charts.text_augmentation import NARROW_CHARS, STRENGTHS, WIDE_CHARS, direction, lay_out, size_of, standing
from pages.ui import charts, controls, effect, panels, runs, scrub, sections, words
from pages.ui.kept import kept
from pages.ui.layout import copy_link, open_page, picture_and_controls
from pages.ui.seeds import band
from pages.ui.words import percent

from reglab import text_augmentation, text_experiments, text_task, texts, translation
from reglab.streams import generator
from reglab.text_experiments import TRAINING, Plan

SCALE = effect.Scale("text", (0.0, 0.1, 0.2, 0.3, 0.5), "strength")
SENTENCE = "Anna said the food was not good, but the small room near {city} was quiet and 3 waiters were friendly."
LONGEST = 160  # characters of a person's sentence
OPERATIONS = {
    "eda": "All four (EDA)", "synonyms": "Synonyms", "insertion": "Insertion", "swap": "Swap", "deletion": "Deletion",
    "de": "Back-translation, German", "fr": "Back-translation, French",
}  # fmt: skip
LANGUAGES = {"de": "German", "fr": "French"}
BRIEF = {**OPERATIONS, "eda": "All four", "de": "Via German", "fr": "Via French"}
DATA = {name: text_task.load_text(name).title for name in text_task.NAMES}
SIZES = (50, 100, 200, 400)
SHOWN, COUNTED = 3, {"de": 6, "fr": 6}  # variants drawn; variants counted, of back-translation fewer
VIEWS = {"translator": "The translator", "operations": "By operation", "sizes": "By size"}
DRAWS = {"de": 100, "fr": 100}  # of a negation that may be lost; else 1,000
ASKED = {"data": "opinions", "n": 400, "seeds": (0, 1, 2, 3, 4), "amount": 0.1}  # of the prediction
SINGLE = ("synonyms", "insertion", "swap", "deletion")
TOO_CLOSE = "The first two are too close to tell"

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {
        "strength": 0.2, "text": "", "operation": "eda", "draw": 0.0, "amount": 0.1, "trained": "eda",
        "data": "opinions", "n": 400.0, "seed": 0, "seeds": 5, "view": "translator", "negation": False, "names": False,
        "tab": sections.TABS[0],
    },
    "It hurts": {
        "strength": 0.5, "operation": "synonyms", "amount": 0.5, "trained": "synonyms", "data": "definitions",
    },
    "When it does nothing": {"operation": "swap", "trained": "swap"},
    "Reference: EDA's four": {"strength": 0.1, "view": "operations"},
    "Back-translation": {
        "text": "Please enter a valid date and the new password for this site.", "strength": 0.5, "operation": "de",
        "amount": 0.5, "trained": "de",
    },
    "Negation lost": {
        "operation": "deletion", "amount": 0.3, "trained": "deletion", "negation": True, "tab": sections.TABS[1],
    },
}  # fmt: skip


def within(label: str) -> str:
    """Return a label as it stands within a sentence: EDA and the languages keep their capitals."""
    return label[0].lower() + label[1:]


# ------------------------------------------------------------------ the mechanism


def pieces(marked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cut words that no line has room for."""
    most = NARROW_CHARS - 4
    return [(text[i : i + most], who) for text, who in marked for i in range(0, max(len(text), 1), most)]


@kept(32)
def solve(sentence: str, operation: str, draw: int) -> tuple[dict[str, Any], list[list[str]], list[float]]:
    """Return what the mechanism's picture draws, the variants of each strength, and what survives on average."""
    cut = texts.split(sentence)[0]
    kept = text_augmentation.PROTECTED
    original = [
        (word, "protected" if kind in kept else "plain") for word, kind in zip(cut, texts.kinds_of(cut), strict=True)
    ]
    right = direction(sentence) == "right"
    drawn, survival, headings, variants, means = [], [], [], [], []
    count = COUNTED.get(operation, 24)
    for level, strength in enumerate(STRENGTHS):
        made = [
            text_experiments.vary(sentence, operation, strength, generator(draw, f"variant {k}")) for k in range(count)
        ]
        shares = [text_augmentation.survival(sentence, variant) for variant in made]
        shown = made[:SHOWN]
        survival.append({"level": level, **band(shares)})
        means.append(sum(shares) / len(shares))
        headings.append(
            {"level": level, "text": f"{percent(means[-1])} survive at {strength:g}", "who": "technique", "slot": 0.0,
             "place": 0}
        )  # fmt: skip
        variants.append(shown)
        row = rows = 0.0
        for number, text in enumerate(["", *shown]):
            marks = text_augmentation.changes(sentence, text) if number else original
            named = [(word, {"kept": "plain"}.get(who, who)) for word, who in marks]
            marked = pieces([(str(number) if number else "·", "number"), *named])
            wide, narrow = (lay_out(marked, *at, right) for at in ((WIDE_CHARS, row), (NARROW_CHARS, rows)))
            drawn += [
                {"level": level, "text": standing(word, turned), "who": who, "column": a[0], "row": a[1],
                 "columns": b[0], "rows": b[1], "size": size_of(word), "right": turned}
                for (word, who), a, b in zip(marked, wide, narrow, strict=True)
                for turned in [right and who != "number"]
            ]  # fmt: skip
            row, rows = wide[-1][1] + 1.4, narrow[-1][1] + 1.4
    places = scrub.between([(level + 0.4) / 10.8 for level in range(len(STRENGTHS))])
    tables = {"levels": places, "headings": headings, "survival": survival, "words": drawn}
    return {name: charts.table(rows) for name, rows in tables.items()}, variants, means


def own_sentence() -> str:
    """Return the person's sentence, or the page's where there is none; say where it is too long."""
    linked = len(st.query_params.get(controls.key("text"), ""))  # the field cuts it off without a word
    typed = controls.long_text("text", "Your sentence", max_chars=LONGEST, placeholder=SENTENCE)
    if linked > LONGEST:
        st.html(
            f'<div role="alert" class="field-error">Your sentence must have at most {LONGEST} characters, got '
            f"{linked}, so its beginning is used.</div>"
        )
    return " ".join(typed[:LONGEST].split()) or SENTENCE


@st.fragment
def mechanism() -> None:
    """Draw the mechanism; its controls run this alone."""
    picture, side = picture_and_controls()
    with side:
        operation = controls.choice("operation", "Operation", OPERATIONS, "eda")
        sentence = own_sentence()
        draw = controls.whole("draw", "Draw", 0, 999, 0, help="Another number draws other words.")
    with picture:
        strength = controls.scale("strength", "Strength: about the share of words touched", STRENGTHS, 0.2)
        level = STRENGTHS.index(strength)
        tables, variants, means = solve(sentence, operation, draw)
        charts.title(
            "The sentence and three variants", "green: new, struck out: lost, violet: protected; hover to scrub"
        )
        chart_key = "picture_mechanism_three"
        panels.show(
            pictures.mechanism(), {"now": [{"level": level}], **tables}, key=controls.key(chart_key),
            alt_text="Left: the share of the sentence's words that survive, against the strength, mean and range. "
            "Right: the sentence with its protected words underlined, and three variants with what changed marked.",
            now=f"Strength {strength:g}: {percent(means[level])} of the words survive. Variants: "
            + " / ".join(variants[level]),
            on_select=scrub.keep("strength", STRENGTHS, chart_key), selection_mode="pin",
        )  # fmt: skip
        same = sum(variant == sentence for variant in variants[level])
        if not strength:
            sections.say("At strength 0 every variant is the sentence itself.")
        elif operation in LANGUAGES:
            show_round_trip(sentence, operation, same)
        else:
            unchanged = f" {same} of the {SHOWN} drawn changed nothing: too few words may be touched." if same else ""
            sections.say(
                f"At strength {strength:g} **{percent(means[level])}** of the words survive in their places, on "
                f"average over 24 variants.{unchanged}"
            )


@kept(2)
def weakness(language: str) -> dict[str, float]:
    """Measure the translator: which words of the definitions it knows, and which words come back as they were."""
    forward, backward = translation.pair(language)
    own = [english for english, _ in texts.parallel(language)]
    others = text_task.load_text("definitions").test
    known = [word in forward.table for text in others for word in translation.words_of(text)]
    returned = {
        name: translation.share_returned(found, forward, backward) for name, found in (("own", own), ("other", others))
    }
    return {"known": sum(known) / len(known), **returned}


def quoted(sentence: str) -> str:
    """Quote a sentence that may be written from right to left: isolated, its full stop stays at its own end."""
    return f"“\u2068{sentence}\u2069”"


def show_round_trip(sentence: str, language: str, same: int) -> None:
    """Say what the translator makes of the sentence, and how weak it is."""
    forward, backward = translation.pair(language)
    found = weakness(language)
    there = forward(sentence)
    sections.say(
        f"{LANGUAGES[language]}: {quoted(there)}, and back: {quoted(backward(there))}. A round trip that loses or adds "
        f"a protected word is refused: {same} of the {SHOWN} drawn are the sentence itself. This translator is weak: "
        f"word by word, learnt from {len(texts.parallel(language))} messages of Django, it knows "
        f"**{percent(found['known'])}** of the words of the definitions, and **{percent(found['other'])}** of them "
        f"come back unchanged, unknown ones among them; of the messages that it has learnt from, "
        f"{percent(found['own'])}."
    )


# ------------------------------------------------------------------ the effect


def compare(data: str, plans: tuple[Plan, ...], n: int, seeds: tuple[int, ...], **watching: Any) -> Any:
    """Return `text_experiments.compare`, trained once for all visitors."""
    return runs.compute(
        text_experiments.compare, data, plans, n_train=n, seeds=seeds, note="Training", **watching
    )  # fmt: skip


def guess(data: str) -> tuple[float, float]:
    """Return the loss and the accuracy of a constant guess on the test rows."""
    task = text_task.load_text(data)
    labels = task.y_test.tolist()
    return math.log(len(task.class_names)), max(map(labels.count, set(labels))) / len(labels)


def compared(data: str, run: Any, level: int, what: str) -> list[words.Comparison]:
    """Compare the test rows' loss and accuracy of a plan with those of the first, paired by seed."""
    loss, accuracy = run.kept("test_loss").tolist(), run.kept("test_accuracy").tolist()
    guessed, share = guess(data)
    return [
        words.compare(loss[0], loss[level], "test loss", with_=what, guess=guessed),
        words.compare(
            accuracy[0], accuracy[level], "test accuracy", lower_is_better=False, percent=True, guess=share
        ),
    ]  # fmt: skip


def table(data: str, n: int, rows: Any, **more: Any) -> list[dict[str, Any]]:
    """Return rows to download with what they share."""
    return [{"dataset": data, "n_train": n, **more, **row} for row in rows]


def plans_of(operation: str) -> tuple[Plan, ...]:
    """Return the plan of each strength of the scale."""
    return tuple(Plan(operation, strength) for strength in SCALE.values)


def show_training(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> list[dict[str, Any]]:
    """Draw strength against loss and the training curves, and say what is measured; return the rows to download."""

    spec = effect.template(SCALE, TRAINING.max_steps)
    key, level = controls.key("effect_text"), SCALE.values.index(amount)
    charts.title("Strength against loss", f"{OPERATIONS[operation]}, n = {n}; hover to scrub, click to keep")
    bar = st.empty()
    picture = charts.spot(st.container(key=f"panels_{key}", gap=None))

    def draw(run: Any, live: bool = True) -> None:
        sets = effect.rows(run, SCALE, amount, effect.top_of_axis(run, level), f"strength {SCALE.label(amount)}")
        here = [row["text"] for row in sets["strengths"] if row["level"] == level]
        pinning: dict[str, Any] = {}
        if not live:
            keep = scrub.keep("amount", SCALE.values, "effect_text")
            pinning = {"key": key, "on_select": keep, "selection_mode": "pin"}
        charts.show(
            spec, sets, place=picture, height="stretch", now=f"At strength {SCALE.label(amount)}: {', '.join(here)}.",
            alt_text="Left: train, validation and test loss against the strength of text augmentation, mean and range "
            "over the seeds. Right: training curves at one strength and without it.", **pinning,
        )  # fmt: skip

    run = compare(data, plans_of(operation), n, seeds, on_partial=draw, place=bar)
    draw(run, live=False)
    loss, accuracy = (effect.mean(run.kept(name)[0].tolist()) or math.nan for name in ("test_loss", "test_accuracy"))
    rows = table(data, n, effect.history(run, "strength", SCALE.values), operation=operation)
    guessed = guess(data)[0]
    if not level:
        poor = words.no_better_than_guess(f"{guessed:.3f}") if loss >= guessed else ""
        sections.say(f"Augmentation is off: test loss **{loss:.3f}**, accuracy {percent(accuracy)}.{poor}")
        return rows
    found = compared(data, run, level, f"{within(OPERATIONS[operation])} at {amount:g}")
    sections.measured_each(found, more="more_training")
    if operation == "swap":
        sections.say(
            "A bag of words is blind to order: to this network a swapped sentence is the sentence itself, whatever the "
            "strength."
        )
    return rows


def show_translator(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> dict[str, Any]:
    """Draw the likelihood of the translators while EM fits them."""
    rows, ends = [], []
    for language, name in LANGUAGES.items():
        pairs = [[translation.words_of(side) for side in both] for both in texts.parallel(language)]
        for at, (translator, label, who) in enumerate(
            zip(translation.pair(language), (f"English to {name}", f"{name} to English"), ("technique", "baseline"),
                strict=True)
        ):  # fmt: skip
            total = sum(len(both[1 - at]) for both in pairs if both[0] and both[1])
            values = (translator.log_likelihood / total).tolist()
            rows += [{"iteration": i, "value": v, "who": who, "text": label} for i, v in enumerate(values)]
            ends.append({"iteration": len(values) - 1, "value": values[-1] + 7, "who": who, "text": label})
    apart = charts.keep_apart(ends, 7.0, 1.0)
    up = sum(end["value"] - end["end"] for end in apart) / len(apart)  # half of the labels go up, half go down
    placed = [{**end, "place": end["value"] - 7 - up} for end in apart]
    charts.title("The translators learn", f"IBM Model 1, {len(texts.parallel('de'))} German and "
                 f"{len(texts.parallel('fr'))} French messages")  # fmt: skip
    charts.show(
        pictures.likelihood(rows[-1]["iteration"]), {"rows": rows, "ends": placed},
        alt_text="The log-likelihood per word of four translators against the iteration of expectation maximization.",
        now=", ".join(f"{end['text']} ends at {end['end'] - 7:.2f}" for end in placed) + ".",
    )  # fmt: skip
    curves = [c.log_likelihood.tolist() for language in LANGUAGES for c in translation.pair(language)]
    rises = all(b >= a for curve in curves for a, b in pairwise(curve))
    gain = "never fell" if rises else "fell at least once, which it may not"
    sections.say(
        f"From one iteration of EM to the next the likelihood **{gain}**. From English to German it rose from "
        f"{words.signed(rows[0]['value'], 2)} to {words.signed(rows[translation.ITERATIONS]['value'], 2)} nats per "
        "word; a translator that "
        "knows the words does not yet know their order: Model 1 has none."
    )
    return {"translators": [
        {"translator": row["text"], "iteration": row["iteration"], "log_likelihood_per_word_nats": row["value"]}
        for row in rows
    ]}  # fmt: skip


def off_is_shown_at(strength: float) -> str:
    """Say, where augmentation is off, at which strength a picture of operations is drawn."""
    return "" if strength else "The strength of the training is off, so this is drawn at 0.1. "


def show_operations(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> dict[str, Any]:
    """Draw the test loss of each operation at the present strength."""
    strength = amount or 0.1
    charts.title("Which operation helps?", f"test loss at strength {strength:g}; gray: without; mean and range")
    plans = (Plan(), *(Plan(name, strength) for name in OPERATIONS))
    run = compare(data, plans, n, seeds, place=st.empty())
    loss, guessed = run.kept("test_loss").tolist(), guess(data)[0]
    rows = [
        {"name": label, **band(values), "text": f"{effect.mean(values):.3f}"}
        for label, values in zip(BRIEF.values(), loss[1:], strict=True)
    ]
    seen = [v for values in loss for v in values if math.isfinite(v)]
    now = [{"low": math.floor(10 * min(seen)) / 10, "top": math.ceil(10 * max(seen)) / 10}]
    charts.show(
        pictures.operations(tuple(BRIEF.values())), {"rows": rows, "baseline": [band(loss[0])], "now": now},
        alt_text="The test loss of each operation, mean and range over the seeds, beside that without augmentation.",
        now="; ".join(f"{row['name']} {row['text']}" for row in rows) + f"; without {effect.mean(loss[0]):.3f}.",
    )  # fmt: skip
    found = {name: words.compare(loss[0], values) for name, values in zip(OPERATIONS, loss[1:], strict=True)}
    kinds = {"better": "is lower with", "worse": "is higher with", "unsure": "is not told apart by the seeds with",
             "none": "is the same with"}  # fmt: skip
    each = [
        f"{kind} **{', '.join(names)}**"
        for verdict, kind in kinds.items()
        if (names := [within(BRIEF[name]) for name, c in found.items()
                      if ("unsure" if c.unsure else c.verdict) == verdict])
    ]  # fmt: skip
    poor = [within(BRIEF[name]) for name, c in found.items() if c.after >= guessed]
    sections.say(
        f"{off_is_shown_at(amount)}At strength {strength:g} the test loss {'; it '.join(each)}, against going without."
        + (f" It is no better than a constant guess ({guessed:.3f}) with {', '.join(poor)}." if poor else "")
    )
    ends = effect.numbers(run, "operation", ("none", *OPERATIONS), ("test_loss", "test_accuracy"))
    return {"operations": table(data, n, ends, strength=strength)}


def show_sizes(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> dict[str, Any]:
    """Draw the test loss with and without augmentation against the number of training rows."""
    strength = amount or 0.1
    charts.title("How many rows does it replace?", f"{OPERATIONS[operation]} at {strength:g}; mean and range")
    bar, rows, told, downloads = st.empty(), [], [], []
    guessed = guess(data)[0]
    for level, size in enumerate(SIZES):
        run = compare(data, (Plan(), Plan(operation, strength)), size, seeds, place=bar)
        ends = effect.numbers(run, "strength", (0.0, strength), ("test_loss", "test_accuracy"))
        downloads += table(data, size, ends, operation=operation)
        loss = run.kept("test_loss").tolist()
        rows += [
            {"level": level, "who": who, **band(values)}
            for who, values in zip(("baseline", "technique"), loss, strict=True)
        ]
        told.append((size, words.compare(loss[0], loss[1])))
    rows.sort(key=lambda row: row["who"])
    legend = [
        {"text": "without", "who": "baseline", "slot": 0.0, "place": 0},
        {"text": "augmented", "who": "technique", "slot": 0.3, "place": 90},
    ]
    top = charts.ceiling([row["high"] or 0.0 for row in rows])
    with st.container(key=f"panels_{controls.key('sizes')}", gap=None):
        charts.show(
            pictures.sizes(SIZES), {"rows": rows, "legend": legend, "now": [{"top": top}]}, height="stretch",
            alt_text="The test loss against the number of training rows, with augmentation and without.",
            now="; ".join(f"n = {size}: {c.before:.3f} without, {c.after:.3f} with it" for size, c in told) + ".",
        )  # fmt: skip
    each = ", ".join(
        f"n = {size} **{words.signed(c.difference)}**{' (the seeds cannot tell)' if c.unsure else ''}"
        for size, c in told
    )
    poor = [str(size) for size, c in told if c.after >= guessed]
    sections.say(
        f"{off_is_shown_at(amount)}Change of the test loss: {each}."
        + (f" At n = {', '.join(poor)} it is no better than a constant guess ({guessed:.3f})." if poor else "")
    )
    return {"sizes": downloads}


SHOW = {"translator": show_translator, "operations": show_operations, "sizes": show_sizes}


# ------------------------------------------------------------------ common mistakes


def harm(
    data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float, without: tuple[str, ...], what: str
) -> None:
    """Train once with the protection and once without these kinds, and say what that did."""
    kept = tuple(kind for kind in text_augmentation.PROTECTED if kind not in without)
    plans = (Plan(operation, amount), Plan(operation, amount, protect=kept))
    run = compare(data, plans, n, seeds, place=st.empty())
    sections.measured_each(compared(data, run, 1, what), more=f"more_{without[0]}")


def show_negation(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> None:
    """Let the operation take the negations too."""
    if not amount:
        sections.say("At strength 0 the mistake changes nothing.")
        return
    harm(data, n, seeds, operation, amount, ("negation",), "negations left to chance")
    kept, draws = tuple(k for k in text_augmentation.PROTECTED if k != "negation"), DRAWS.get(operation, 1000)
    streams = (generator(seeds[0], f"lost {k}") for k in range(draws))
    made = [text_experiments.vary("not good", operation, amount, rng, kept) for rng in streams]
    lost = sum("not" not in variant.split() for variant in made)
    sections.say(
        f"Without the protection, {within(OPERATIONS[operation])} at {amount:g} took the “not” from “not good”, under "
        f"the same label, in **{lost}** of {draws:,} draws."
    )


def show_names(data: str, n: int, seeds: tuple[int, ...], operation: str, amount: float) -> None:
    """Let the operation take names and placeholders too."""
    if not amount:
        sections.say("At strength 0 the mistake changes nothing.")
        return
    harm(data, n, seeds, operation, amount, ("name", "placeholder", "number"), "names and placeholders left to chance")
    lost, total = text_experiments.broken(operation, amount, ("negation",))
    safe, _ = text_experiments.broken(operation, amount)
    sections.say(
        f"Of {total} messages of Django with placeholders such as %(name)s, **{lost}** lost or broke one without the "
        f"protection, and {safe} with it.", "worse" if lost > safe else "none",
    )


# ------------------------------------------------------------------ in your framework

IN_FRAMEWORK = {
    "PyTorch": '''import torch
from reglab.streams import generator
from reglab.text_experiments import vary

class Augmented(torch.utils.data.Dataset):
    """Sentences that change at every visit; leave validation and test sets as they are."""

    def __init__(self, sentences, labels, encode, seed=0):
        self.sentences, self.labels, self.encode = sentences, labels, encode
        self.rng = generator(seed, "text augmentation")

    def __len__(self):
        return len(self.sentences)

    def __getitem__(self, i):
        return self.encode(vary(self.sentences[i], "{operation}", {amount:g}, self.rng)), self.labels[i]
''',
    "Keras": """import keras
from reglab.streams import generator
from reglab.text_experiments import vary

rng = generator(0, "text augmentation")
grown = [*sentences, *(vary(s, "{operation}", {amount:g}, rng) for _ in range({copies}) for s in sentences)]
vectorize = keras.layers.TextVectorization({vocabulary}, output_mode="multi_hot")
vectorize.adapt(sentences)
model.fit(vectorize(grown), keras.ops.tile(labels, {copies} + 1))
""",
    "scikit-learn": """from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from reglab.streams import generator
from reglab.text_experiments import vary

rng = generator(0, "text augmentation")
grown = [*sentences, *(vary(s, "{operation}", {amount:g}, rng) for _ in range({copies}) for s in sentences)]
bags = CountVectorizer(binary=True, max_features={vocabulary})
model = make_pipeline(bags, MLPClassifier((64,), alpha=0.0, learning_rate_init=0.003, batch_size=32))
model.fit(grown, [*labels] * ({copies} + 1))
""",
}


def show_framework(operation: str, amount: float) -> None:
    """Show the present settings as the code of one framework; in an open tab only."""
    if sections.closed(sections.TABS[2]):
        return
    names = tuple(IN_FRAMEWORK)
    name = controls.choice("framework", "Framework", names, names[0], style="segments")
    filled = {"operation": operation, "amount": amount, "copies": Plan().copies, "vocabulary": text_task.VOCABULARY}
    text = IN_FRAMEWORK[name]
    for field, value in filled.items():
        written = f"{value:g}" if field == "amount" else str(value)
        text = text.replace(f"{{{field}:g}}", written).replace(f"{{{field}}}", written)
    st.code(text.rstrip(), language="python")


# ------------------------------------------------------------------ the page

open_page("text_augmentation")
controls.lessons(LESSONS)
mechanism()

st.header("On real training", anchor=False)
effect_picture, effect_side = picture_and_controls()
with effect_picture:
    amount = controls.scale("amount", "Strength of the training's augmentation", SCALE.values, 0.1)
    first_picture = st.container()
with effect_side:
    operation = controls.choice("trained", "Operation", OPERATIONS, "eda")
    data = controls.choice("data", "Data", DATA, "opinions")
    n = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 400.0))
    seeds = controls.seeds()
    st.caption(
        f"{Plan().copies} variants of each row are added, without augmentation {Plan().copies} copies; validation and "
        f"test rows stay as they are. Bags of words, a network with 64 units, {TRAINING.max_steps} steps for all. "
        f"A constant guess has a loss of {guess(data)[0]:.2f}."
    )

view = controls.choice("view", "Look closer", VIEWS, "translator", style="segments")
second_picture = st.container()

predict, wrong, framework, code, papers = sections.tabs()
with predict:

    def answer() -> tuple[str, str]:
        plans = (Plan(), *(Plan(name, ASKED["amount"]) for name in SINGLE))
        run = compare(ASKED["data"], plans, ASKED["n"], ASKED["seeds"], place=st.empty())
        loss = dict(zip(("", *SINGLE), run.kept("test_loss").tolist(), strict=True))
        means = {name: effect.mean(loss[name]) or math.inf for name in SINGLE}
        best, second, *_ = sorted(means, key=means.__getitem__)
        each = ", ".join(f"{within(OPERATIONS[name])} {mean:.3f}" for name, mean in means.items())
        apart = words.compare(loss[second], loss[best], "test loss", with_=f"{within(OPERATIONS[best])} instead of "
                              f"{within(OPERATIONS[second])}")  # fmt: skip
        right = TOO_CLOSE if apart.verdict == "none" else OPERATIONS[best]
        return right, f"Test loss {effect.mean(loss['']):.3f} without; {each}. {apart.sentence}"

    sections.predict(
        f"{DATA[ASKED['data']]}, {ASKED['n']} training rows, strength {ASKED['amount']:g}: which operation alone "
        "brings the mean test loss of a bag of words lowest?", [*(OPERATIONS[name] for name in SINGLE), TOO_CLOSE],
        answer,
    )  # fmt: skip
with wrong:
    sections.mistake(
        "negation", "Negation lost",
        "EDA's published code deletes and moves any word: “not good” becomes “good”, and keeps its label.",
        lambda: show_negation(data, n, seeds, operation, amount),
    )  # fmt: skip
    sections.mistake(
        "names", "Names and placeholders replaced",
        "EDA strips all but letters: {name} becomes name, and then its synonym title, which str.format does not find.",
        lambda: show_names(data, n, seeds, operation, amount),
    )  # fmt: skip
with framework:
    show_framework(operation, amount)
with code:
    sections.code(
        text_augmentation.synonym_replacement, text_augmentation._replace, text_augmentation._insert,
        text_augmentation._swap, text_augmentation._delete, text_augmentation.back_translate, translation.train,
    )  # fmt: skip
with papers:
    sections.papers("text_augmentation")
    st.markdown(
        "Data: synonyms from the Moby Thesaurus of Grady Ward (public domain), definitions from "
        "[WordNet 3.0](https://wordnet.princeton.edu/license-and-commercial-use), sentences from the catalogues of "
        "[Django](https://github.com/django/django/blob/main/LICENSE) (BSD-3-Clause). The opinions are made up by a "
        "grammar, `reglab/text_task.py`."
    )
    downloads = st.container()
copy_link()

with first_picture:  # last, since it trains
    trained = show_training(data, n, seeds, operation, amount)
with second_picture:
    tables = SHOW[view](data, n, seeds, operation, amount)
with downloads:
    for name, rows in {"training": trained, **tables}.items():
        sections.download(rows, f"text_augmentation_{name}.csv", f"Download {name} as CSV")
