"""The page of text augmentation as Streamlit runs it: its pictures, its lessons, and its sentences."""

import re

import pytest

from pages.pictures import text_augmentation as pictures
from pages.ui import charts

from reglab import text_task, texts
from tests.opened import header, opener, sentences, statuses, take

DEFINITIONS = text_task.load_text("definitions").title
OFF = {"amount": "0"}
GERMAN = "Back-translation, German"
open_page = opener("text_augmentation")


def test_it_opens_on_a_lesson_where_it_helps():
    app = open_page()
    assert not app.warning
    assert app.button_group(key="text_augmentation:lesson").value == "See it work"
    mechanism, loss, accuracy, translator = sentences(app)
    assert re.match(r"At strength 0.2, \d\d % of the words survive in their places", mechanism)
    assert "With all four (EDA) at 0.1, test loss fell from" in loss
    assert 'class="measured "' in statuses(app)[1]
    assert accuracy.startswith("Test accuracy rose from")
    assert "constant guess" not in loss
    assert "the likelihood never fell" in translator


def test_where_it_hurts_the_sentence_says_so():
    app = open_page(**OFF)
    take(app, "It hurts")
    loss, accuracy = sentences(app)[1:3]
    assert "With synonyms at 0.5, test loss rose from" in loss
    assert 'class="measured worse"' in statuses(app)[1]
    assert "constant guess" not in loss
    assert accuracy.startswith("Five seeds cannot tell whether test accuracy changed")


def test_what_the_seeds_cannot_tell_may_be_asked_of_five_more():
    app = open_page(data=DEFINITIONS, n="50")
    assert sentences(app)[2].startswith("Five seeds cannot tell whether test accuracy changed")
    app.button(key="text_augmentation_more_training:button").click().run()
    assert sentences(app)[2].startswith("Ten seeds cannot tell whether test accuracy changed")
    assert "of 10 seeds" in sentences(app)[1]


def test_a_loss_above_a_constant_guess_is_said_to_be_one():
    app = open_page(data=DEFINITIONS, n="50", view="By size")
    assert "That is no better than a constant guess, which comes to 1.792." in sentences(app)[1]
    assert 'class="measured none"' in statuses(app)[1]
    assert "At n = 50, 100 it is no better than a constant guess (1.792)." in sentences(app)[-1]
    assert re.search(r"^Change of the test loss: [+−]\d\.\d{3} at n = 50", sentences(app)[-1])
    off = sentences(open_page(data=DEFINITIONS, n="50", view="By operation", **OFF))
    assert "no better than a constant guess" in off[1]
    assert off[-1].startswith("The strength of the training is off, so this is drawn at 0.1. At strength 0.1 the test")
    assert "no better than a constant guess (1.792) with all four" in off[-1]


def test_a_lesson_about_a_mistake_opens_its_tab(short_trainings):
    app = open_page(**OFF)
    take(app, "Negation lost")
    assert app.session_state["text_augmentation_tab"] == "Common mistakes"
    # Another tab may be looked at: the lesson stays lit.
    again = open_page(tab="Papers and data", data=DEFINITIONS, n="50", **OFF)
    assert again.button_group(key="text_augmentation:lesson").value is None
    assert open_page(tab="Papers and data").button_group(key="text_augmentation:lesson").value == "See it work"


def test_downloads_hold_what_is_measured(files, short_trainings):
    for view in ("The translator", "By operation", "By size"):
        open_page(view=view, n="50")
    tables = {name: rows() for name, rows in files.items()}
    variants = tables["text_augmentation_variants.csv"]
    assert len(variants) == 11 * 24  # strengths, variants: those that are counted, not only those that are drawn
    assert {row["share_of_words_that_survive"] for row in variants if not row["strength"]} == {1.0}
    assert {name: header(rows) for name, rows in tables.items()} == {
        "text_augmentation_variants.csv": "operation, draw, strength, variant, text, share_of_words_that_survive",
        "text_augmentation_training.csv": "dataset, n_train, operation, strength, seed, step, train_loss, val_loss, "
        "test_loss, test_accuracy",
        "text_augmentation_translators.csv": "translator, iteration, log_likelihood_per_word_nats",
        "text_augmentation_operations.csv": "dataset, n_train, strength, operation, seed, test_loss, test_accuracy",
        "text_augmentation_sizes.csv": "dataset, n_train, operation, strength, seed, test_loss, test_accuracy",
    }
    assert len(tables["text_augmentation_sizes.csv"]) == 4 * 2 * 5


def test_a_swap_is_nothing_to_a_bag_of_words():
    app = open_page(trained="Swap", amount="0.5")
    _, loss, accuracy, blind, _ = sentences(app)
    assert "test loss stayed at" in loss
    assert "stayed at" in accuracy
    assert blind.startswith("A bag of words is blind to order")


@pytest.mark.parametrize("strength", ["0", "0.5"])
@pytest.mark.parametrize("operation", ["Synonyms", GERMAN])
def test_the_mechanism_at_its_ends(operation, strength):
    said = sentences(open_page(operation=operation, strength=strength, **OFF))[0]
    assert ("every variant is the sentence itself" in said) == (strength == "0")
    if strength != "0" and operation != "Synonyms":
        assert re.search(r"This translator is weak: word by word, learnt from 8\d\d messages", said)
        assert re.search(r"it knows \d\d % of the words of the definitions, and \d\d % of them come back", said)
    assert "nan" not in said


def test_any_sentence_gets_variants():
    app = open_page(**OFF)
    for operation in ("eda", "de"):
        app.selectbox(key="text_augmentation_operation").set_value(operation)
        for text in ("   ", "😀 👍🏽", "שלום עולם", "a" * 160, "{name} %s 3", "<b>bold</b> <script>x</script>", "."):
            app.text_area(key="text_augmentation_text").set_value(text).run()
            assert not app.exception
            assert len(sentences(app)) >= 2
            assert not sentences(app, "alert")
            assert not any("<script>x" in body for body in statuses(app))


def test_a_sentence_from_right_to_left_keeps_its_own_order_in_the_measured_one():
    hebrew = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd."
    said = sentences(open_page(text=hebrew, operation=GERMAN, strength="0.5", **OFF))[0]
    assert said.startswith(f"German: “\u2068{hebrew}\u2069”, and back: “\u2068{hebrew}\u2069”. A round trip")


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("shalom \u05e9\u05dc\u05d5\u05dd", "left"),
        ("3. \u05e9\u05dc\u05d5\u05dd a", "right"),
        ("12 %", ""),
        ("\u201c\u0645\u0631\u062d\u0628\u0627\u201d", "right"),
        ("{name} \u05e9\u05dc\u05d5\u05dd", "left"),
    ],
)
def test_the_first_letter_tells_the_direction(text, side):
    assert pictures.direction(text) == side


def read(sentence, width=30):
    """Lay a sentence out; return its lines as they look."""
    marked = [("1", "number"), *((word, "plain") for word in texts.split(sentence)[0])]
    places = pictures.lay_out(marked, width, 0, pictures.direction(sentence) == "right")
    lines = {}
    for (word, _), (column, line) in zip(marked, places, strict=True):
        cells = lines.setdefault(line, [" "] * width)
        assert cells[column : column + len(word)] == [" "] * len(word)  # nothing stands on something else
        cells[column : column + len(word)] = word
    return ["".join(cells) for cells in lines.values()]


def test_a_sentence_from_right_to_left_is_laid_out_so():
    word, two, three, four = "\u05d0\u05d1\u05d2", "\u05d3\u05d4", "\u05d5\u05d6\u05d7\u05d8", "\u05d9"
    assert read("abc de, fghi.") == ["1 abc de, fghi.".ljust(30)]
    assert read(f"{word} {two}, {three}.") == ["1" + f".{three} ,{two} {word}".rjust(29)]
    # Lines end at the right, and a second one begins there again.
    assert read(f"{word} {two} {three} {four}", 14) == ["1" + f"{three} {two} {word}".rjust(13), four.rjust(14)]
    # Words on end that are written the other way keep their own order, numbers among them do not join them.
    assert read(f"{word} machine learning {two} 3") == ["1" + f"3 {two} machine learning {word}".rjust(29)]
    assert read(f"say {word} {two} now") == [f"1 say {two} {word} now".ljust(30)]
    assert read(f"{word} machine learning {two}", 18) == [
        "1" + f"machine {word}".rjust(17),
        f"{two} learning".rjust(18),
    ]


def test_marks_turn_round_where_a_sentence_is_from_the_right():
    assert pictures.standing("(", True) == "\u200f(\u200f"
    assert [pictures.standing(word, True) for word in ("\u05d0", "{name}")] == ["\u05d0", "{name}"]
    assert pictures.standing("(", False) == "("


def test_the_picture_has_a_sentence_from_the_right_at_its_right_end(monkeypatch):
    sent = []
    real = charts.table
    monkeypatch.setattr(charts, "table", lambda rows: sent.append(rows) or real(rows))
    for sentence, right in (("\u05e9\u05dc\u05d5\u05dd \u05d1\u05d0\u05e8\u05e5.", True), ("A small pie.", False)):
        sent.clear()
        open_page(text=sentence, operation="Deletion", **OFF)
        first = next(rows for rows in sent if "column" in rows[0])[: len(sentence.split()) + 2]
        assert [row["right"] for row in first] == [False] + [right] * (len(first) - 1)
        assert first[0]["column"] == first[0]["columns"] == 0
        assert (first[1]["column"] + first[1]["size"] == pictures.WIDE_CHARS) == right
        assert (first[1]["columns"] + first[1]["size"] == pictures.NARROW_CHARS) == right
        columns = [row["column"] for row in first[1:]]
        assert columns == sorted(columns, reverse=right)
        assert first[0]["text"] == "·"
        assert first[-1]["text"] == ("\u200f.\u200f" if right else ".")


def test_too_long_a_sentence_is_cut_with_a_word_about_it():
    app = open_page(text="x" * 2**18, **OFF)
    assert sentences(app, "alert") == [
        "Your sentence must have at most 160 characters, got 262144, so its beginning is used."
    ]
    assert "of the words survive" in sentences(app)[0]


def test_off_is_said():
    said = sentences(open_page(negation="true", names="true", **OFF))
    assert said[1].startswith("Augmentation is off: test loss ")
    assert said.count("At strength 0 the mistake changes nothing.") == 2


def test_each_operation_and_each_size_is_compared():
    said = sentences(open_page(view="By operation", trained="Synonyms", n="200"))
    pattern = r"At strength 0.1 the test loss is lower with .*synonyms.*; it is not told .*; it is the same with swap,"
    assert re.match(pattern, said[3])
    assert "none" not in said[3]
    sizes = sentences(open_page(view="By size", trained="Synonyms", n="50"))[3]  # its sizes are its own
    changes = [float(value.replace("−", "-")) for value in re.findall(r"([+−]\d\.\d+) at n = \d+", sizes)]
    assert len(changes) == 4
    assert "−0.006 at n = 100 (the seeds cannot tell)" in sizes
    assert changes[0] > 0 > changes[-1]


def test_a_loss_is_written_on_the_side_away_from_the_baseline_s_rule():
    texts = [layer for layer in pictures._operations(("Swap",))["layer"] if layer["mark"]["type"] == "text"]
    beside = {layer["transform"][0]["filter"]: layer["mark"]["align"] for layer in texts}
    assert beside == {"datum.side == 'right'": "right", "datum.side == 'left'": "left"}


def test_mistakes_that_harm_are_measured():
    shown = sentences(open_page(negation="true", names="true", trained="Deletion", amount="0.3", n="200"))
    harm = next(said for said in shown if "negations left to chance" in said)
    assert "test loss rose from" in harm
    lost = next(said for said in shown if "from “not good”" in said)
    assert lost.startswith("Without the protection, deletion at 0.3 took the “not”")
    assert 150 < int(re.search(r"in (\d+) of 1,000", lost)[1]) < 350  # about 0.3 of 0.7, and half of those with neither
    broken = next(said for said in shown if said.startswith("Of 194 messages"))
    assert int(re.search(r"%\(name\)s, (\d+) lost", broken)[1]) > 20
    assert broken.endswith("and 0 with it.")


def test_mistakes_are_told_of_the_operation_that_is_set():
    shown = sentences(open_page(negation="true", names="true", trained="Swap", amount="0.5", n="50"))
    assert sum("left to chance, test loss stayed at" in said for said in shown) == 2
    assert any("swap at 0.5 took the “not” from “not good”, under the same label, in 0 of 1,000" in s for s in shown)
    assert any(said.endswith("0 lost or broke one without the protection, and 0 with it.") for said in shown)
    assert "no harm" not in " ".join(shown)
    german = sentences(open_page(negation="true", trained=GERMAN, amount="0.5", n="50"))
    assert re.search(r"back-translation, German at 0.5 took the “not”.* in \d+ of 100 draws", german[-1])


def test_the_prediction_is_measured():
    app = open_page(**OFF)
    app.radio(key="text_augmentation_prediction").set_value("Swap").run()
    answer = next(said for said in sentences(app) if said.startswith("Measured otherwise: "))
    assert "without; synonyms 0." in answer
    match = re.search(r"ith synonyms instead of deletion, test loss (fell|changed)", answer)[1]
    right = {"fell": "Synonyms.", "changed": "The first two are too close to tell."}[match]
    assert answer.startswith(f"Measured otherwise: {right}")


@pytest.mark.parametrize("framework", ["PyTorch", "Keras", "scikit-learn"])
def test_the_code_of_a_framework_is_filled_in(framework, short_trainings):
    app = open_page(tab="In your framework", framework=framework, trained=GERMAN, amount="0.2", n="50")
    (code,) = app.code
    compile(code.value, "page", "exec")
    assert ', "de", 0.2, ' in code.value
    assert not re.search(r"\{(operation|amount|copies|vocabulary)", code.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("amount", "2", "must be a number from 0 to 0.5, got 2, so 0.1 is used"),
        ("strength", "1e999", "must be a number from 0 to 0.5, got 1e999, so 0.2 is used"),
        ("operation", "<b>", "Operation must be one of All four (EDA), Synonyms"),
        ("draw", "x", "Draw must be a number from 0 to 999, got x, so 0 is used"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(name, value, said, short_trainings):
    app = open_page(**{**OFF, name: value}) if name != "amount" else open_page(amount=value)
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_a_template_is_built_once_and_holds_no_data():
    for make, arguments in (
        (pictures._mechanism, ()),
        (pictures._operations, (("a", "b"),)),
        (pictures._sizes, ((50, 100),)),
        (pictures._likelihood, (12,)),
    ):
        assert make(*arguments) is make(*arguments)
        assert "datasets" not in make(*arguments)
