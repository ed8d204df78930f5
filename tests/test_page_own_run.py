"""A person's own run on the page of the combined strategy: its picture, what is read of it, what it had, its report."""

import json
import math
import re

import pytest
from streamlit.delta_generator import DeltaGenerator

from pages.pictures import own_run as pictures
from pages.ui import curve_text, own_run, run_facts, whose

from reglab import read_log, recommend, strategy
from reglab.curves import Curve
from reglab.settings import Settings
from tests.golden import make_digits_run
from tests.test_page_combined_strategy import (
    NAME,
    as_own,
    box,
    choose,
    diagnosis,
    html,
    keras,
    open_page,
    paste,
    put,
    run_fields,
    table,
    upload,
    why,
)


def run_of(start, fall=0.85, name=""):
    """Rows of a run: epoch, training loss, validation loss; lowest in the tenth epoch."""
    first = f"{name}," if name else ""
    return [f"{first}{i},{2.1 * fall**i:.4f},{start + 0.012 * abs(i - 9) + 0.8 * 0.7**i:.4f}" for i in range(30)]


def two(before=0.94, after=0.84):
    return "\n".join(["run,epoch,loss,val_loss", *run_of(before, name="base"), *run_of(after, 0.9, "drop")])


# --- the picture


def test_a_curve_of_losses_below_0_is_diagnosed_as_the_library_does():
    text = "epoch,loss,val_loss\n1,-0.1,-0.1\n2,-0.5,-0.4\n3,-0.9,-0.3"
    app = put(as_own(paste(open_page(), text)), classes="10")
    assert not app.error
    advice = recommend(None, curve=read_log(text).curve(), n_classes=10, learning_rate=None)
    assert diagnosis(app)[0].lower() == advice.diagnosis


def test_the_first_visit_draws_the_named_example(drawn):
    open_page()
    ((key, rows),) = drawn.items()
    assert key == f"{NAME}_picture_told"
    shown = {row["what"]: (row["value"], row["text"]) for row in rows["told"]}
    assert shown["train"] == (0.001, "0.001")
    assert shown["validation"] == (0.25, "0.25, gap 0.249")
    assert shown["constant guess"] == (pytest.approx(math.log(10)), "2.3")
    open_page(diverged="true")
    assert len(drawn) == 1  # nan has no bar


def test_a_curve_is_drawn_with_its_noise_its_best_evaluation_its_gap_and_a_constant_guess(drawn):
    app = put(as_own(paste(open_page(), keras())), classes="10")
    rows = drawn[f"{NAME}_picture_run"]
    curve = curve_text.read(keras())
    val = [row for row in rows["losses"] if row["who"] == "validation"]
    assert [row["value"] for row in val] == curve["val_loss"]
    assert [row["value"] for row in rows["losses"] if row["who"] == "train"] == curve["train_loss"]
    assert {row["low"] for row in rows["losses"]} == {None}  # the rows were not told
    best, gap = rows["marks"]
    lowest = curve["val_loss"].index(min(curve["val_loss"]))
    assert (best["x"], best["value"]) == (curve["step"][lowest], curve["val_loss"][lowest])
    assert best["text"] == f"lowest {pictures.number(best['value'])} at epoch {best['x']}"
    assert (gap["low"], gap["high"], gap["x"]) == (curve["train_loss"][-1], curve["val_loss"][-1], 39)
    assert gap["text"] == "gap 1.2"
    assert rows["guess"] == [{"value": pytest.approx(math.log(10)), "text": "a constant guess, 2.3"}]
    put(app, n_val="400")
    val = [row for row in drawn[f"{NAME}_picture_run"]["losses"] if row["who"] == "validation"]
    facts = {"constant_loss": math.log(10)}
    for row, train, right in zip(val, curve["train_loss"], strategy.shares_right(curve), strict=True):
        noise = strategy.standard_error(row["value"], 400, train_loss=train, accuracy=right, **facts)
        assert row["high"] - row["value"] == pytest.approx(noise) == pytest.approx(row["value"] - row["low"])
    assert "a rough guess of the noise of 400 validation rows" in html(app)
    (spec,) = [element.proto for element in app.get("vega_lite_chart")]
    assert "by epoch" in spec.alt
    assert json.loads(spec.spec)["height"] == pictures.HEIGHT


def test_what_is_far_above_the_rest_of_a_run_leaves_the_picture_and_a_gap_in_it_is_none():
    first = [9000.0, 60.0, 40.0, 30.0, 31.0, math.nan]
    curve = Curve({"step": [1, 2, 3, 4, 5, 6], "train_loss": first, "val_loss": [*first[:4], math.nan, 33.0]})
    rows = pictures.curve(curve).rows
    assert rows["now"] == [{"start": 1, "end": 6, "floor": 0.0, "top": 75.0}]
    assert [row["value"] for row in rows["losses"] if row["who"] == "train"] == [*first[:5], None]
    assert [mark["kind"] for mark in rows["marks"]] == ["best"]  # the training loss ends in nan
    below = Curve({"step": [1, 2], "train_loss": [-0.2, -0.9], "val_loss": [-0.1, -0.8]})
    assert pictures.curve(below, n_val=100).rows["now"][0]["floor"] == -1.0
    assert {row["low"] for row in pictures.curve(below, n_val=100).rows["losses"]} == {None}
    flat = Curve({"step": [3], "train_loss": [0.0], "val_loss": [0.0]})
    assert pictures.curve(flat).rows["now"] == [{"start": 3, "end": 4, "floor": 0.0, "top": 1.0}]


def test_a_constant_guess_above_the_picture_is_told_beside_it():
    low = Curve({"step": [1, 2, 3, 4], "train_loss": [0.5, 0.2, 0.1, 0.1], "val_loss": [0.6, 0.4, 0.4, 0.4]})
    rows = pictures.curve(low, constant=math.log(10)).rows
    assert rows["guess"] == [{"value": None, "text": ""}]
    assert "a constant guess, 2.3: above the picture" in [entry["text"] for entry in rows["legend"]]
    inside = pictures.curve(low, constant=0.7).rows
    assert inside["guess"] == [{"value": 0.7, "text": "a constant guess, 0.7"}]
    assert len(inside["legend"]) == 2


def test_accuracies_are_drawn_as_such_and_the_losses_are_asked_for(drawn):
    log = ["epoch,accuracy,val_accuracy", *(f"{i},{0.5 + 0.02 * i:.3f},{0.5 + 0.012 * i:.3f}" for i in range(20))]
    app = put(paste(open_page(), "\n".join(log)), classes="10")
    rows = drawn[f"{NAME}_picture_run"]
    assert rows["now"][0]["top"] == 1.0
    assert rows["marks"][0]["text"] == "highest 0.728 at epoch 19"
    assert rows["marks"][1]["text"] == "gap 0.152"
    assert rows["guess"] == [{"value": None, "text": ""}]
    assert "log the losses too" in html(app)
    assert diagnosis(app)[0] == "Compute-limited"
    assert "weight decay" not in table(app)
    assert box(app, "train").value == box(app, "val").value == ""
    assert not app.exception


def test_losses_that_are_read_as_accuracies_are_drawn_as_these(drawn):
    train, val = [40, 60, 80, 95, 99], [38, 50, 60, 70, 60]
    log = ["epoch,loss,val_loss", *(f"{i},{t},{v}" for i, (t, v) in enumerate(zip(train, val, strict=True), start=1))]
    app = put(paste(open_page(), "\n".join(log)), classes="10")
    rows = drawn[f"{NAME}_picture_run"]
    assert [mark["text"] for mark in rows["marks"]] == ["highest 0.7 at epoch 4", "gap 0.39"]
    assert rows["guess"] == [{"value": None, "text": ""}]
    put(paste(app, ""), train="0.97", val="0.93", classes="2")
    assert "probably accuracies" in " ".join(element.value for element in app.markdown)
    assert {row["what"] for row in drawn[f"{NAME}_picture_told"]["told"]} == {"train", "validation"}


def test_an_image_of_which_there_is_no_code_is_refused_at_its_field():
    app = put(open_page(image_shape="9999x9999"))
    assert "at most 25,000,000 numbers" in html(app)


# --- what is read can be changed


def test_of_several_runs_one_is_chosen_all_are_drawn_and_a_change_is_answered(drawn):
    app = put(paste(open_page(), two()), classes="10")
    assert box(app, "val").value == "1.08"
    rows = drawn[f"{NAME}_picture_run"]
    assert {(row["run"], row["who"]) for row in rows["others"]} == {("base", "train"), ("base", "validation")}
    assert "Did the change help? **It cannot be told yet**" in why(app)
    put(app, n_val="500")
    assert "Did the change help? **It cannot be told**" in why(app)
    put(app, n_val="5,000")
    assert "Did the change help? **Yes**" in why(app)
    app.selectbox(key=f"{NAME}_run").set_value("base").run()
    assert box(app, "val").value == "1.18"
    assert "Run “base”" in html(app)
    link = {**run_fields(app), "curve": app.text_area(key=f"{NAME}_curve").value, "whose": "My own run", "run": "base"}
    link["task"] = "Not told"
    assert run_fields(open_page(**link)) == run_fields(app)
    # Another log has no such run.
    paste(app, keras())
    assert box(app, "val").value == "1.2"
    assert "Did the change help" not in why(app)
    paste(app, two())
    assert app.selectbox(key=f"{NAME}_run").value == "As read"


def test_columns_and_the_unit_can_be_chosen_and_stand_in_the_link():
    rows = [f"{i},{2 * 0.9**i:.4f},{1 + i / 50:.4f},{3 + i / 50:.4f}" for i in range(20)]
    app = paste(open_page(), "\n".join(["epoch,loss,val_loss,val_aux", *rows]))
    assert box(app, "val").value == "1.38"
    app.selectbox(key=f"{NAME}_val_column").set_value("val_aux").run()
    assert not app.exception
    assert box(app, "val").value == "3.38"
    assert "validation loss from “val_aux”" in html(app)
    link = {"curve": app.text_area(key=f"{NAME}_curve").value, "val_column": "val_aux", "classes": "10", "n": "64"}
    again = open_page(**link, batch="32", rate="0.1")
    assert box(again, "val").value == "3.38"
    assert "Read 20 epochs of 2 steps." in why(again)
    again.selectbox(key=f"{NAME}_counts").set_value("step").run()
    assert "epochs of" not in why(again)
    # Both losses of one column make no curve: it is said at the log.
    app.selectbox(key=f"{NAME}_train_column").set_value("val_aux").run()
    assert diagnosis(app) is None
    assert len(app.error) == 1


def test_several_files_make_one_log_or_several_runs_and_one_that_is_refused_leaves_no_diagnosis():
    times = [f"{1764000000000 + i} {2 * 0.9**i:.4f} {i}" for i in range(20)]
    held = [f"{1764000000000 + i} {1 + i / 50:.4f} {i}" for i in range(20)]
    app = open_page()
    files = [("train_loss", "\n".join(times).encode(), ""), ("val_loss", "\n".join(held).encode(), "")]
    app.file_uploader(key=f"{NAME}_file").set_value(files).run()
    assert not app.exception
    assert (box(app, "train").value, box(app, "val").value) == ("0.2702", "1.38")
    assert "The curve is that of train_loss and val_loss." in html(app)
    assert "MLflow" in html(app)
    log = app.file_uploader(key=f"{NAME}_file").set_value([files[0]]).run()
    assert diagnosis(log) is None
    assert "train_loss is not read. This looks like MLflow's file of one metric" in why(app)
    runs = [("before.csv", keras().encode(), ""), ("after.csv", keras(30).encode(), "")]
    app.file_uploader(key=f"{NAME}_file").set_value(runs).run()
    assert not app.exception
    assert app.selectbox(key=f"{NAME}_run").options == ["As read", "before.csv", "after.csv"]
    assert diagnosis(app)
    app.file_uploader(key=f"{NAME}_file").set_value([*runs, ("book.xlsx", b"PK\x03\x04junk", "")]).run()
    assert diagnosis(app) is None
    assert "book.xlsx is not read. The file is a zip archive" in why(app)


def test_a_text_of_several_runs_is_thinned_run_by_run_and_reads_as_they_do():
    runs = [(f"seed {k}.csv", keras(295 + k).encode()) for k in range(6)]
    log = read_log(runs)
    text = curve_text.keep(runs)
    assert len(text) <= curve_text.MAX_CHARS
    again = read_log(text)
    assert [run.name for run in again.runs] == [run.name for run in log.runs]
    whole = log.curve()
    short = curve_text.of_run(again, text)
    assert (short.unit, short.done[-1], min(short["val_loss"])) == ("epoch", 300, min(whole["val_loss"]))
    assert re.match(r"Kept \d+ of 1,785 rows, so that the link can hold them\.", short.notes[1])
    assert not any("Left out" in note for note in short.notes)
    many = curve_text.keep([(f"{k}.csv", keras(221 + k).encode()) for k in range(80)])
    assert len(many) <= curve_text.MAX_CHARS
    assert re.match(r"# Kept [\d,]+ of [\d,]+ rows and \d+ of 80 runs, so", many)
    wide = "epoch,loss,val_loss,lr,grad_norm\n" + "\n".join(
        f"{i},{1 / (1 + i)},{1 + i / 999},0.1,{i % 7}" for i in range(999)
    )
    assert list(read_log(curve_text.keep(wide)).columns) == ["epoch", "loss", "val_loss", "lr", "grad_norm"]


def test_a_learning_rate_that_the_log_has_is_taken_and_not_to_be_said():
    log = "epoch,loss,val_loss,lr\n" + "\n".join(f"{i},{1 / i**2},{1 + abs(i - 4) / 9},0.001" for i in range(1, 12))
    app = put(paste(open_page(), log), n="200", classes="10", batch="32", n_val="500")
    assert "weight decay" in table(app)
    assert "Say the learning rate" not in why(app)
    assert (box(app, "rate").value, box(app, "rate").placeholder) == ("", "0.001")


def test_several_runs_in_the_link_keep_their_names_and_count_from_0():
    files = [
        (f"run_{k}.csv", "epoch,loss,val_loss\n" + "\n".join(f"{i},{k / (2 + i)},{1 + i / 99}" for i in range(20)))
        for k in (1, 2)
    ]
    whole = read_log([(name, text.encode()) for name, text in files])
    again = read_log(curve_text.keep([(name, text.encode()) for name, text in files]))
    assert [run.name for run in again.runs] == [run.name for run in whole.runs]
    for run in again.runs:
        curve = again.curve(run=run.name)
        assert (curve.counted_from, curve["step"][0], curve.unit) == (0, 0, "epoch")
        assert run.roles == {"step": "epoch", "train_loss": "loss", "val_loss": "val_loss"}


def test_stages_of_a_run_that_was_resumed_are_no_runs_to_compare(drawn):
    first = [f"{i},{2 / i:.3f},{1 + 1 / i:.3f}" for i in range(1, 9)]
    second = [f"{i},{2 / i:.3f},{1 + 1 / i:.3f}" for i in range(5, 13)]
    app = put(paste(open_page(), "\n".join(["epoch,loss,val_loss", *first, *second])), classes="10", n_val="500")
    assert app.selectbox(key=f"{NAME}_run").label == "Which stage"
    assert "“run 1” and “run 2” are stages of one run that was resumed" in html(app)
    assert "Did the change help" not in why(app)
    assert [row["run"] for row in drawn[f"{NAME}_picture_run"]["others"]] == [""]
    app.selectbox(key=f"{NAME}_run").set_value("run 1").run()
    assert not app.exception
    assert "Did the change help" not in why(app)
    assert app.selectbox(key=f"{NAME}_run").label == "Which stage"
    paste(app, two())
    assert app.selectbox(key=f"{NAME}_run").label == "Which run"
    assert "Did the change help" in why(app)


# --- what the run had, and what it is


def test_what_the_run_had_is_what_the_advice_changes_and_what_the_proof_holds_it_against(trained):
    app = open_page(n="60", had_dropout="0.5", prove="true", seed="81")
    assert "Against what the run had" in why(app)
    assert "Dropout: 0.5 -" in why(app)
    advice = recommend(
        60, 0.001, 0.25, task="image", n_classes=10, batch_size=32, steps=1000, current=Settings(dropout=0.5)
    )
    assert table(app)["augment"] == f"{advice.settings.augment:g}"
    assert all(
        run_facts.in_labels(change.sentence).rstrip(".") in why(app).replace("\u200b", "") for change in advice.changes
    )
    ((_, stack, _),) = trained
    assert stack[0] == Settings(dropout=0.5)
    assert "as the run was (dropout 0.5)" in html(app)
    assert "Against what the run had" not in why(open_page())
    assert "Not checked" in why(app)


def test_the_network_its_weights_and_its_optimizer_are_told_to_the_advisor(monkeypatch, trained):
    asked = []
    real = strategy.recommend
    monkeypatch.setattr(strategy, "recommend", lambda *a, **k: asked.append(k) or real(*a, **k))
    run = {"architecture": "Convolutional", "pretrained": "Yes, with LoRA", "trained_by": "SGD", "rate": "0.05"}
    read = {"training_mode": "Training mode", "shares": " 10" * 10}
    app = open_page(**run, **read, prove="true", seed="82", set_dropout="0.1")
    told_it = asked[0]
    assert (told_it["architecture"], told_it["pretrained"], told_it["optimizer"]) == ("conv", "lora", "sgd")
    assert told_it["training_mode_loss"] is True
    assert told_it["class_shares"] == [10.0] * 10
    assert told_it["current"] is None
    assert trained[0][2].optimizer == "sgd"
    assert trained[0][1][0].learning_rate == 0.05
    assert not app.exception
    plain = open_page()
    assert asked[-1]["training_mode_loss"] is None
    assert asked[-1]["pretrained"] is None
    assert not plain.exception
    open_page(training_mode="Evaluation mode", target="A number", variance="5930", task="Table")
    assert asked[-1]["training_mode_loss"] is False
    assert asked[-1]["target_variance"] == 5930


def test_what_is_wrong_is_said_at_its_field_whose_section_opens():
    def is_open(app, name):
        return app.session_state[f"{NAME}_section_{name}"]

    app = open_page()
    assert not any(is_open(app, name) for name in ("log", "more", "used", "settings"))
    put(app, classes="ten")
    assert is_open(app, "more")
    assert "Classes must be a whole number from 2" in html(app)
    assert "Put the marked field right" in why(app)
    put(app, classes="10", shares="90 10")
    assert is_open(app, "more")
    assert "must be one number for each of the 10 classes, got 2." in html(app)
    assert diagnosis(app) is None
    put(app, shares="", had_dropout="1.5")
    assert is_open(app, "used")
    assert "Dropout must be a number from 0 to 0.99" in html(app)
    assert diagnosis(app) is None
    put(app, had_dropout="", set_dropout="2")
    assert is_open(app, "settings")
    assert diagnosis(app)
    put(app, set_dropout="")
    upload(app, "run.csv", b"PK\x03\x04junk")
    assert is_open(app, "log")


@pytest.mark.parametrize(
    ("text", "n_classes", "said"),
    [
        ("", 3, ""),
        ("90 % 10 %", 2, ""),
        ("0.2; 0.3; 0.5", 3, ""),
        ("1 0", 2, "of which two are above 0"),
        ("a b", None, "must be numbers of 0 or more"),
        ("5 -1", 2, "must be numbers of 0 or more"),
        ("1 1 1", 2, "one number for each of the 2 classes, got 3"),
    ],
)
def test_how_large_the_classes_are_is_read_as_people_write_it(text, n_classes, said):
    complaint = run_facts.wrong_shares(text, n_classes)
    assert bool(complaint) == bool(said)
    assert said in complaint


def test_the_guess_of_unequal_classes_is_the_one_that_is_drawn(drawn):
    open_page(classes="2", shares="90 10", task="Table")
    rows = {row["what"]: row["value"] for row in drawn[f"{NAME}_picture_told"]["told"]}
    assert rows["constant guess"] == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))


# --- the proof's rate, and the code's


def test_the_advised_rate_is_that_of_the_code_and_of_the_proof_where_it_can_train(trained):
    tab = {"tab": "In your framework", "prove": "true"}
    app = open_page(rate="0.002", seed="83", **tab)
    assert [settings.learning_rate for settings in trained[0][1]] == [0.002] * 3
    assert (
        '"lr": 0.002' in app.main.get("code")[0].proto.code_text
        or "learning_rate = 0.002" in app.main.get("code")[0].proto.code_text
    )
    fast = open_page(rate="0.05", seed="84", **tab)
    assert [settings.learning_rate for settings in trained[1][1]] == [0.01] * 3
    assert "yours, 0.05, would not train these networks" in html(fast)
    assert "learning_rate = 0.05" in fast.main.get("code")[0].proto.code_text


def code(app):
    (block,) = app.main.get("code")
    return block.proto.code_text


def test_the_code_has_the_sizes_of_ones_own_data_and_not_those_of_the_proof():
    tab = {"tab": "In your framework"}
    told_it = {"n": "60", "classes": "7", "batch": "16", "rate": "0.002", "steps": "3000"}
    app = put(as_own(open_page(task="Table", **tab)), train="0.01", val="1.2", **told_it)
    assert "nn.Linear(64, 7)" in code(app)
    assert "nn.Linear(x_train.shape[1], 64)" in code(app)
    assert "learning_rate = 0.002\nbatch_size = min(16" in code(app)
    assert "range(1, 3000 + 1)" in code(app)  # the proof trains 2,000 at most
    assert "Not told" not in why(app)
    put(app, classes="", shares="50 30 20")
    assert "nn.Linear(64, 3)" in code(app)
    log = put(as_own(paste(open_page(task="Table", **tab), keras())), n="60")
    assert "How many classes there are was not told: the code has 2." in why(log)
    assert "nn.Linear(64, 2)" in code(log)


def test_the_code_of_images_needs_their_size_which_is_asked_for_at_its_field():
    app = put(as_own(open_page(tab="In your framework")), train="0.01", val="1.2", n="60", classes="7", rate="0.002")
    choose(app, "task", "image")
    assert "Augmentation is left out of the code: it needs the shape of an image" in why(app)
    put(app, image_shape="28 by 28")
    assert "Size of an image must be such as 28x28" in html(app)
    assert app.session_state[f"{NAME}_section_more"]
    assert diagnosis(app)
    put(app, image_shape="28x20x3")
    assert "view(-1, 28, 20, 3)" in code(app)
    assert "nn.Linear(1680, 64)" in code(app)
    assert "size of an image 28x20x3" in run_facts.listing({"image_shape": "28x20x3"})
    example = open_page(tab="In your framework")
    assert "view(-1, 8, 8, 1)" in code(example)
    assert "The example's images are taken as large as those of digits." in why(example)


def test_the_code_of_a_convolutional_network_is_lines_for_ones_own_training():
    app = put(as_own(open_page(tab="In your framework")), train="0.01", val="1.2", n="60", classes="7", rate="0.002")
    app.selectbox(key=f"{NAME}_architecture").set_value("conv").run()
    assert "The settings are what is to be carried over: these lines go into your own training" in why(app)
    assert "def training_step(xb, yb):" in code(app)
    assert "nn.Sequential" not in code(app)


def test_the_code_of_a_number_says_in_which_units_its_loss_is():
    run = {"target": "A number", "task": "Table", "tab": "In your framework"}
    app = put(as_own(open_page(**run)), n="200", train="100", val="3300", variance="5930", rate="0.001")
    assert "mse_loss" in code(app)
    assert "nn.Linear(64, 1)" in code(app)
    assert "times 11,860, twice the variance that was told" in why(app)


# --- what the log itself says


SAYING = (
    "Namespace(batch_size=64, lr=0.01, optimizer='SGD', dropout=0.3, weight_decay=0.0005)\nTrain on 1,250 samples\n"
)


def test_what_the_log_says_is_taken_said_at_its_field_and_can_be_overruled(monkeypatch):
    asked = []
    real = strategy.recommend
    monkeypatch.setattr(strategy, "recommend", lambda *a, **k: asked.append((a[0], k)) or real(*a, **k))
    app = put(paste(open_page(), SAYING + keras()), classes="10")
    names = {"n": "1,250", "rate": "0.01", "batch": "64", "had_dropout": "0.3", "had_weight_decay": "0.0005"}
    for name, shown in names.items():  # a field holds what was typed, and shows what is taken
        assert (box(app, name).value, box(app, name).placeholder) == ("", shown)
    assert app.session_state[f"{NAME}_section_used"]
    assert "Taken from the log: “batch_size=64”." in html(app)
    assert "Taken from the log: “optimizer=SGD”." in html(app)
    rows, about = asked[-1]
    assert (rows, about["batch_size"], about["learning_rate"], about["optimizer"]) == (1250, 64, 0.01, "sgd")
    assert about["current"] == Settings(dropout=0.3, weight_decay=0.0005)
    assert "AdamW (“Optimizer”)" not in why(app)
    put(app, n="1,250", rate="0.1", had_dropout="0")
    assert "The log says so: “Train on 1,250 samples”." in html(app)
    assert "The log says 0.01: “lr=0.01”." in html(app)
    rows, about = asked[-1]
    assert (rows, about["learning_rate"]) == (1250, 0.1)
    assert about["current"] == Settings(dropout=0.0, weight_decay=0.0005)
    # A file that is too long for the link says the same, and so does the link to it, elsewhere.
    again = put(upload(open_page(), "run.log", (SAYING + keras(600)).encode()), classes="10")
    of_file = asked[-1]
    link = {**run_fields(again), "curve": again.text_area(key=f"{NAME}_curve").value, "whose": "My own run"}
    open_page(**link, task="Not told", architecture="Not told", trained_by="Not told", target="Classes")
    assert asked[-1][1].pop("curve")["val_loss"] == of_file[1].pop("curve")["val_loss"]
    assert asked[-1] == of_file
    # Another log says nothing.
    paste(again, keras())
    assert "Taken from the log" not in html(again)
    assert asked[-1][1]["batch_size"] is None


# --- columns that are refused


def test_columns_that_are_refused_can_be_chosen_anew():
    rows = [f"{i},{2 * 0.9**i:.4f},{1 + i / 50:.4f},{0.1 + i / 50:.4f}" for i in range(20)]
    app = put(paste(open_page(), "\n".join(["epoch,loss,val_loss,val_accuracy", *rows])), classes="10")
    assert diagnosis(app)
    app.selectbox(key=f"{NAME}_val_column").set_value("val_accuracy").run()
    assert diagnosis(app) is None
    assert "as validation loss choose a column of losses" in why(app)
    app.selectbox(key=f"{NAME}_val_column").set_value("val_loss").run()
    assert not app.exception
    assert not app.error
    assert diagnosis(app)
    # A log in which no column is known as a validation loss lets one be named.
    app = put(
        paste(open_page(), "\n".join(["epoch,loss,score_a", *(row.rpartition(",")[0] for row in rows)])), classes="10"
    )
    assert diagnosis(app) is None
    app.selectbox(key=f"{NAME}_val_column").set_value("score_a").run()
    assert diagnosis(app)
    assert "validation loss from “score_a”" in html(app)


# --- the example with a curve


def test_the_example_with_a_curve_is_a_real_run_that_is_proved(drawn, trained):
    app = open_page(lesson="A run with its curve")
    assert "Its log is that of a real run, not yours: reglab on 100 rows of digits" in why(app)
    assert app.button_group(key=f"{NAME}_whose").value == "example"
    assert diagnosis(app)[0] == "Strong overfit"
    assert f"{NAME}_picture_run" in drawn
    assert "Against what the run had" in why(app)
    ((data, stack, how),) = trained
    assert (data, stack[0].dropout, how.max_steps) == ("digits", 0.1, 2000)
    put(app, n="90")
    assert "Example “A run with its curve”, changed: training rows 90." in why(app)
    as_own(app)  # one's own run has none of it
    assert run_fields(app) == {**dict.fromkeys(run_fields(app), ""), "n": "90"}
    assert app.text_area(key=f"{NAME}_curve").value == ""
    assert diagnosis(app) is None
    lesson = open_page(lesson="A run with its curve")
    paste(lesson, keras())  # one's own log takes its place
    assert lesson.button_group(key=f"{NAME}_whose").value == "own"
    assert box(lesson, "n").value == box(lesson, "had_dropout").value == ""
    assert box(lesson, "val").value == "1.2"


def test_the_log_of_the_example_is_that_of_the_run_that_is_named():
    curve, again = read_log(own_run.LOG).curve(), read_log(make_digits_run.made()).curve()
    assert curve["step"] == again["step"]
    early = [i for i, step in enumerate(curve["step"]) if step <= 300]  # rounding grows with the steps
    for name in ("train_loss", "val_loss"):
        assert [again[name][i] for i in early] == pytest.approx([curve[name][i] for i in early], rel=0.02)
        assert again[name][-1] == pytest.approx(curve[name][-1], rel=0.2)


# --- the report


def test_the_report_is_a_file_with_the_diagnosis_and_after_a_proof_its_numbers(monkeypatch, trained):
    files, tabs = {}, DeltaGenerator.download_button
    monkeypatch.setattr(
        DeltaGenerator,
        "download_button",
        lambda area, label, data, *a, **k: files.update({label: data}) or tabs(area, label, "", *a, **k),
    )
    app = put(
        paste(open_page(), "batch_size: 32\n" + keras()), n="60", classes="10", batch="32", rate="0.001", n_val="500"
    )
    granted = (
        "a table (“Kind of data”), of which nothing is augmented; a dense network (“Network”); AdamW (“Optimizer”)"
    )
    assert granted in re.sub(r"\\(.)", r"\1", files["Report as Markdown"]())
    choose(app, "task", "image")
    before = re.sub(r"\\(.)", r"\1", files["Report as Markdown"]())
    for part in (
        "Strong overfit",
        "training rows 60",
        "Data: images. Pretrained weights: no.",
        "since nobody said it: a dense network (“Network”)",
        "validation loss from “val_loss”",
        "augment",
        "import torch",
    ):
        assert part in before
    assert "As the log says: batch size (“batch_size: 32”)." in before
    assert "The proof" not in before
    app.button(key=f"{NAME}_prove:button").click().run()
    assert not app.exception
    (sentence,) = re.findall(r"With the advice, test loss.*?\.", html(app))[:1]
    after, page = files["Report as Markdown"](), files["Report as HTML"]()
    plain = re.sub("<.*?>", "", sentence)
    assert plain[:40] in re.sub(r"\\(.)", r"\1", after)
    assert after.count("best checkpoint |") == 5  # a row for every seed
    assert "<svg" in page
    assert "best checkpoint" in page


def test_no_report_without_a_diagnosis():
    app = upload(open_page(), "run.csv", b"PK\x03\x04junk")
    assert "Report as HTML" not in [button.label for button in app.get("download_button")]
    assert whose.BEFORE in app.session_state


def test_accuracies_chosen_as_validation_losses_are_refused_at_their_field():
    text = "epoch,loss,val_loss,val_accuracy\n1,2.1,2.2,0.3\n2,1.1,1.4,0.5\n3,0.6,1.1,0.6\n"
    app = put(as_own(paste(open_page(), text)), classes="10")
    app.selectbox(key=f"{NAME}_val_column").set_value("val_accuracy").run()
    said = [error.value for error in app.error]
    assert any("as validation loss choose a column of losses" in sentence for sentence in said)
