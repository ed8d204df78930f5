"""Text augmentation: a sentence and its variants, what they do to a small text classifier, and what must be kept."""

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import streamlit as st

from pages.pictures import text_augmentation as pictures
from pages.pictures.text_augmentation import SHOWN, STRENGTHS
from pages.ui import controls, effect, escape, own_data, sections, words
from pages.ui.cache import cached
from pages.ui.drawing import Frame
from pages.ui.layout import open_page, picture_and_controls
from pages.ui.lower import Mistake, Question, Table, lower_half, table_of
from pages.ui.seeds import average
from pages.ui.story import Story
from pages.ui.study import Compared
from pages.ui.words import percent, signed

from reglab import export, text_augmentation, text_experiments, text_task, texts, translation
from reglab.experiments.text_experiments import TRAINING, Plan, TextRun, Variants

SCALE = effect.Scale("text", (0.0, 0.1, 0.2, 0.3, 0.5), "strength")
SENTENCE = "Anna said the food was not good, but the small room near {city} was quiet and 3 waiters were friendly."
LONGEST = 160  # characters of a person's sentence
SINGLE = {"synonyms": "Synonyms", "insertion": "Insertion", "swap": "Swap", "deletion": "Deletion"}
LANGUAGES = {"de": "German", "fr": "French"}
OPERATIONS = {
    "eda": "All four (EDA)",
    **SINGLE,
    **{language: f"Back-translation, {name}" for language, name in LANGUAGES.items()},
}
BRIEF = {**OPERATIONS, "eda": "All four", "de": "Via German", "fr": "Via French"}
DATA = {name: text_task.load_text(name).title for name in text_task.NAMES}
SIZES = (50, 100, 200, 400)
ENDS = ("test_loss", "test_accuracy")
COUNTED = {"de": 6, "fr": 6}  # variants that are counted, of back-translation fewer; else 24
DRAWS = {"de": 100, "fr": 100}  # of a negation that may be lost; else 1,000
TOO_CLOSE = "The first two are too close to tell"

LESSONS: dict[str, dict[str, Any]] = {
    "See it work": {"strength": 0.2, "text": "", "operation": "eda", "draw": 0.0}
    | {"amount": 0.1, "trained": "eda", "data": "opinions", "n": 400.0, "view": "translator", "tab": sections.TABS[0]},
    "It hurts": {"strength": 0.5, "operation": "synonyms", "amount": 0.5, "trained": "synonyms", "data": "definitions"},
    "When it does nothing": {"operation": "swap", "trained": "swap"},
    "Reference: EDA's four": {"strength": 0.1, "view": "operations"},
    "Back-translation": {"text": "Please enter a valid date and the new password for this site."}
    | {"strength": 0.5, "operation": "de", "amount": 0.5, "trained": "de"},
    "Negation lost": {"operation": "deletion", "amount": 0.3, "trained": "deletion"}
    | {"negation": True, "tab": sections.TABS[1]},
}
STORIES = {
    "See it work": Story(
        "Green words are new, and those struck out are lost.", "Does each variant still mean the same?"
    ),
    "It hurts": Story(
        "Half of the words are replaced: see what the loss does.", "Is it how many are replaced, or which?", "effect"
    ),
    "When it does nothing": Story(
        "A bag of words does not see their order, so that swapping them changes nothing.",
        "For which kind of network would it matter?",
        "effect",
    ),
    "Reference: EDA's four": Story(
        "The four operations of EDA, each of them alone.", "Which one leaves most of the meaning?", "closer"
    ),
    "Back-translation": Story(
        "The sentence goes into another language and comes back.", "Which words do not come back?"
    ),
    "Negation lost": Story(
        "Without its “not” an opinion turns over, and its label stays.", "How much does that cost?", "tab"
    ),
}


# ------------------------------------------------------------------ the mechanism


@cached(32)
def variants(sentence: str, operation: str, draw: int) -> Variants:
    """Return the variants of a sentence at every strength."""
    return text_experiments.variants(sentence, operation, STRENGTHS, COUNTED.get(operation, 24), draw)


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
    controls.draw_lessons()
    picture, side = picture_and_controls()
    with side:
        operation = controls.choice("operation", "Operation", OPERATIONS, "eda")
        sentence = own_sentence()
        draw = controls.whole("draw", "Draw", 0, 999, 0, help="Another number draws other words.")
    with picture:
        strength = controls.scale("strength", "Strength: about the share of words touched", STRENGTHS, 0.2)
        varied, level = variants(sentence, operation, draw), STRENGTHS.index(strength)
        hint = "green: new, struck out: lost, violet: protected; hover to scrub"
        frame = Frame("mechanism", "The sentence and three variants", hint=hint, panels=3)
        frame.draw(pictures.mechanism(varied), strength)
        same = varied.texts[level][:SHOWN].count(sentence)
        if not strength:
            sections.say("At strength 0 every variant is the sentence itself.")
        elif operation in LANGUAGES:
            say_round_trip(sentence, operation, same)
        else:
            unchanged = f" {same} of the {SHOWN} drawn changed nothing: too few words may be touched." if same else ""
            sections.say(
                f"At strength {strength:g}, **{percent(average(varied.survival[level].tolist()))}** of the words "
                f"survive in their places, on average over {len(varied.texts[level])} variants.{unchanged}"
            )
    with side:
        name, file = OPERATIONS[operation], "text_augmentation_variants.csv"
        sections.download(lambda: pictures.variant_rows(varied, name, draw), file, "Download variants")


@cached(2)
def weakness(language: str) -> tuple[float, float, float]:
    """Measure which share of the definitions' words a translator knows, which comes back, and which of its own."""
    forward, backward = translation.pair(language)
    others, of_corpus = text_task.load_text("definitions").test, [english for english, _ in texts.parallel(language)]
    back, back_of_own = (translation.share_returned(each, forward, backward) for each in (others, of_corpus))
    return translation.share_known(others, forward), back, back_of_own


def quoted(sentence: str) -> str:
    """Quote a sentence that may be written from right to left: isolated, its full stop stays at its own end."""
    return f"“\u2068{escape.in_sentence(sentence)}\u2069”"


def say_round_trip(sentence: str, language: str, same: int) -> None:
    """Say what the translator makes of the sentence, and how weak it is."""
    forward, backward = translation.pair(language)
    known, back, back_of_own = map(percent, weakness(language))
    there = forward(sentence)
    sections.say(
        f"{LANGUAGES[language]}: {quoted(there)}, and back: {quoted(backward(there))}. A round trip that loses or adds "
        f"a protected word is refused: {same} of the {SHOWN} drawn {'is' if same == 1 else 'are'} the sentence itself. "
        f"This translator is weak: word by word, learnt from {len(texts.parallel(language))} messages of Django, it "
        f"knows **{known}** of the words of the definitions, and **{back}** of them come back unchanged, unknown ones "
        f"among them; of the messages that it has learnt from, {back_of_own}."
    )


# ------------------------------------------------------------------ the effect


@dataclass(frozen=True)
class Task(Compared):
    """The sentences, how many of them are trained on, and the seeds: what all trainings of the page share."""

    def train(self, *plans: Plan, **watching: Any) -> TextRun:
        """Train with each plan, once for all visitors."""
        run: TextRun = self.compute(text_experiments.compare, plans, note="Training", **watching)
        return run

    @property
    def guess(self) -> float:
        """The loss of a constant guess."""
        return text_task.constant_guess(self.dataset)[0]

    @property
    def guess_accuracy(self) -> float:
        """The share of the test rows that a constant guess has right."""
        return text_task.constant_guess(self.dataset)[1]


def show_training(task: Task, operation: str, amount: float) -> Table:
    """Draw strength against loss and the training curves, and say what is measured."""
    note, level = f"{OPERATIONS[operation]}, n = {task.n_train}", SCALE.values.index(amount)
    frame = Frame("effect_text", "Strength against loss", note)
    plans = [Plan(operation, strength) for strength in SCALE.values]
    run = frame.follow(partial(task.train, *plans), lambda run, _: pictures.training(SCALE, run, amount), amount)
    loss, accuracy = task.on_test_rows((run, 0), (run, level), with_=f"{named(operation)} at {amount:g}")
    if amount:
        sections.measured_each((loss, accuracy), more="more_training")
        if operation == "swap":
            sections.say(
                "A bag of words is blind to order: to this network a swapped sentence is the sentence itself, whatever "
                "the strength."
            )
    else:
        off = f"test loss **{loss.before:.3f}**, accuracy {percent(accuracy.before)}"
        sections.say(f"Augmentation is off: {off}.{task.poor(loss.before)}")
    rows = partial(effect.history, run, "strength", SCALE.values)
    return table_of(task, "training", lambda: [{"operation": operation, **row} for row in rows()])


def named(operation: str) -> str:
    """Return an operation as it stands within a sentence: EDA and the languages keep their capitals."""
    return words.within(OPERATIONS[operation])


def show_translator(task: Task, operation: str, amount: float) -> Table:
    """Draw the likelihood of the translators while EM fits them."""
    curves: dict[str, list[float]] = {}
    for language, name in LANGUAGES.items():
        forward, backward = translation.likelihood_per_word(language)
        curves |= {f"English to {name}": forward.tolist(), f"{name} to English": backward.tolist()}
    german, french = (len(texts.parallel(language)) for language in LANGUAGES)
    note = f"IBM Model 1, {german} German and {french} French messages"
    Frame("likelihood", "The translators learn", note, hint="", panels=1).draw(pictures.likelihood(curves))
    rises = all(b >= a for curve in curves.values() for a, b in pairwise(curve))
    first, *_, last = curves["English to German"]
    sections.say(
        f"From one iteration of EM to the next the likelihood "
        f"**{'never fell' if rises else 'fell at least once, which it may not'}**. From English to German it rose from "
        f"{signed(first, 2)} to {signed(last, 2)} nats per word; a translator that knows the words does not yet know "
        "their order: Model 1 has none."
    )
    return Table("text_augmentation_translators", "translators", lambda: pictures.likelihood_rows(curves))


def shown_at(amount: float) -> tuple[float, str]:
    """Return the strength at which a picture of operations is drawn, with a sentence where it is not the one set."""
    off = "The strength of the training is off, so this is drawn at 0.1. "
    return (amount, "") if amount else (0.1, off)


def show_operations(task: Task, operation: str, amount: float) -> Table:
    """Draw the test loss of each operation at the present strength."""
    strength, opening = shown_at(amount)
    note = f"test loss at strength {strength:g}; gray: without; mean and range"
    frame = Frame("operations", "Which operation helps?", note, hint="", panels=1)
    run = task.train(Plan(), *(Plan(name, strength) for name in OPERATIONS), place=frame.bar)
    loss, names = run.kept("test_loss").tolist(), [words.within(text) for text in BRIEF.values()]
    frame.draw(pictures.operations(tuple(BRIEF.values()), loss))
    comparisons = [words.compare(loss[0], with_it) for with_it in loss[1:]]
    kinds = words.by_kind(names, comparisons).items()
    each = "; it ".join(f"is {words.CHANGES[kind]} with **{', '.join(which)}**" for kind, which in kinds)
    poor = words.poor_at(names, comparisons, task.guess, "It is {1} with {0}.")
    sections.say(
        f"{opening}At strength {strength:g} the test loss {each}, against going without.{poor}", more="more_operations"
    )
    rows = partial(effect.numbers, run, "operation", ("none", *OPERATIONS), ENDS)
    return table_of(task, "operations", lambda: [{"strength": strength, **row} for row in rows()])


def show_sizes(task: Task, operation: str, amount: float) -> Table:
    """Draw the test loss with and without augmentation against the number of training rows."""
    strength, opening = shown_at(amount)
    note = f"{OPERATIONS[operation]} at {strength:g}; mean and range"
    frame = Frame("sizes", "How many rows does it replace?", note, hint="")
    plans = Plan(), Plan(operation, strength)
    runs = [task.but(n_train=size).train(*plans, place=frame.bar) for size in SIZES]
    losses = [run.kept("test_loss").tolist() for run in runs]
    frame.draw(pictures.sizes(SIZES, losses))
    comparisons = [words.compare(*loss) for loss in losses]
    each = ", ".join(
        f"**{words.change(comparison.difference)}** at n = {size}"
        + (" (the seeds cannot tell)" if comparison.unsure else "")
        for size, comparison in zip(SIZES, comparisons, strict=True)
    )
    poor = words.poor_at(list(map(str, SIZES)), comparisons, task.guess)
    sections.say(f"{opening}Change of the test loss: {each}.{poor}", more="more_sizes")
    rows = partial(pictures.size_rows, operation, (0.0, strength), dict(zip(SIZES, runs, strict=True)))
    return table_of(task, "sizes", rows)


VIEWS = {
    "translator": ("The translator", show_translator),
    "operations": ("By operation", show_operations),
    "sizes": ("By size", show_sizes),
}


# ------------------------------------------------------------------ common mistakes


def show_unprotected(task: Task, operation: str, amount: float, without: tuple[str, ...], what: str) -> None:
    """Train with the protection and without these kinds, and say what that did."""
    kinds = tuple(kind for kind in text_augmentation.PROTECTED if kind not in without)
    run = task.train(Plan(operation, amount), Plan(operation, amount, protect=kinds), place=st.empty())
    comparisons = task.on_test_rows((run, 0), (run, 1), with_=f"{what} left to chance")
    sections.measured_each(comparisons, more=f"more_{without[0]}")


def show_negation(task: Task, operation: str, amount: float) -> None:
    """Let the operation take the negations too."""
    show_unprotected(task, operation, amount, ("negation",), "negations")
    draws = DRAWS.get(operation, 1000)
    lost = text_experiments.negations_lost(operation, amount, draws, task.seeds[0])
    sections.say(
        f"Without the protection, {named(operation)} at {amount:g} took the “not” from “not good”, under the same "
        f"label, in **{lost}** of {draws:,} draws."
    )


def show_names(task: Task, operation: str, amount: float) -> None:
    """Let the operation take names and placeholders too."""
    show_unprotected(task, operation, amount, ("name", "placeholder", "number"), "names and placeholders")
    lost, total = text_experiments.broken(operation, amount, ("negation",))
    safe, _ = text_experiments.broken(operation, amount)
    sections.say(
        f"Of {total} messages of Django with placeholders such as %(name)s, **{lost}** lost or broke one without the "
        f"protection, and {safe} with it.",
        "worse" if lost > safe else "none",
    )


# ------------------------------------------------------------------ the prediction

ASKED, AMOUNT = Task("opinions", 400, (0, 1, 2, 3, 4)), 0.1


def answer() -> tuple[str, str]:
    """Measure which operation alone has the lowest mean test loss."""
    run = ASKED.train(Plan(), *(Plan(name, AMOUNT) for name in SINGLE), place=st.empty())
    off, *losses = run.kept("test_loss").tolist()
    loss = dict(zip(SINGLE, losses, strict=True))
    means = {name: average(values) for name, values in loss.items()}
    best, second, *_ = sorted(means, key=lambda name: means[name] if math.isfinite(means[name]) else math.inf)
    with_ = f"{named(best)} instead of {named(second)}"
    apart = words.compare(loss[second], loss[best], "test loss", with_=with_)
    each = ", ".join(f"{named(name)} {mean:.3f}" for name, mean in means.items())
    right = TOO_CLOSE if apart.verdict == "none" else SINGLE[best]
    return right, f"Test loss {average(off):.3f} without; {each}. {apart.sentence}"


# ------------------------------------------------------------------ the page

open_page("text_augmentation")
controls.place_lessons(LESSONS, STORIES, mistakes=("negation", "names"))
mechanism()

effect_picture, effect_side = picture_and_controls("On real training")
with effect_picture:
    amount = controls.scale("amount", "Strength of the training's augmentation", SCALE.values, 0.1)
    first_picture = st.container()
with effect_side:
    operation = controls.choice("trained", "Operation", OPERATIONS, "eda")
    data = controls.choice("data", "Data", DATA, "opinions")
    n = int(controls.scale("n", "Training rows n", tuple(map(float, SIZES)), 400.0))
    if own_data.current():
        st.caption("Your own data hold no sentences to change: a column of text is left out of a table.")
    task = Task(data, n, controls.seeds())
    st.caption(
        f"{Plan().copies} variants of each row are added, without augmentation {Plan().copies} copies; validation and "
        f"test rows stay as they are. Bags of words, a network with 64 units, {TRAINING.max_steps} steps for all. "
        f"A constant guess has a loss of {task.guess:.2f}."
    )

off = "" if amount else "At strength 0 the mistake changes nothing."

controls.tell("closer")
_, show = controls.view("view", "Look closer", VIEWS)
second_picture = st.container()

files = lower_half(
    "text_augmentation",
    questions=[
        Question(
            f"{DATA[ASKED.dataset]}, {ASKED.n_train} training rows, strength {AMOUNT:g}: which operation alone brings "
            "the mean test loss of a bag of words lowest?",
            [*SINGLE.values(), TOO_CLOSE],
            answer,
        )
    ],
    mistakes=[
        Mistake(
            "negation",
            "Negation lost",
            "EDA's published code deletes and moves any word: “not good” becomes “good”, and keeps its label.",
            lambda: show_negation(task, operation, amount),
            off,
        ),
        Mistake(
            "names",
            "Names and placeholders replaced",
            "EDA strips all but letters: {name} becomes name, and then its synonym title, which str.format does not "
            "find.",
            lambda: show_names(task, operation, amount),
            off,
        ),
    ],
    write=lambda framework: export.text_to_code(framework, Plan(operation, amount)),
    code=[
        text_augmentation.synonym_replacement,
        text_augmentation._replace,
        text_augmentation._insert,
        text_augmentation._swap,
        text_augmentation._delete,
        text_augmentation.back_translate,
        translation.train,
    ],
)
with files.place:
    st.markdown(
        "Data: synonyms from the Moby Thesaurus of Grady Ward (public domain), definitions from "
        "[WordNet 3.0](https://wordnet.princeton.edu/license-and-commercial-use), sentences from the catalogues of "
        "[Django](https://github.com/django/django/blob/main/LICENSE) (BSD-3-Clause). The opinions are made up by a "
        "grammar, `reglab/text/text_task.py`."
    )

with first_picture:  # last, since it trains
    trained = show_training(task, operation, amount)
with second_picture:
    closer = show(task, operation, amount)
files.offer([trained, closer])
