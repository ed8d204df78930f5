"""The combined strategy's page: presets, guidelines, every setting in the proof, the ablation, the map of two."""

import json
import math
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from pages.pictures import combined_strategy as pictures
from pages.ui import charts, curve_text, run_facts, runs, together

import reglab
from reglab import Settings, Training, combinations, recommend, sweep
from reglab.curves import MAX_BYTES
from reglab.strategy.guidelines import PRESETS

ROOT = Path(__file__).resolve().parent.parent
LOGS = Path(__file__).resolve().parent / "data" / "logs"
NAME = "combined_strategy"


def open_page(**parameters):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    for parameter, value in parameters.items():
        app.query_params[f"{NAME}_{parameter}"] = value
    app.switch_page(f"pages/{NAME}.py").run()
    assert not app.exception
    return app


def html(app):
    return " ".join(element.proto.body for element in app.main.get("html"))


def guideline(app, name):
    """Return the verdict and the numbers of a guideline."""
    row = html(app).partition(f"<td>{name}</td>")[2].partition("</tr>")[0]
    return row.partition("<b>")[2].partition("</b>")[0], row.partition("</td><td>")[2]


def box(app, name):
    return app.text_input(key=f"{NAME}_{name}")


def put(app, **values):
    """Type into fields."""
    for name, text in values.items():
        box(app, name).set_value(text)
    app.run()
    assert not app.exception
    return app


def paste(app, text):
    app.text_area(key=f"{NAME}_curve").set_value(text).run()
    assert not app.exception
    return app


def upload(app, name, content):
    app.file_uploader(key=f"{NAME}_file").upload(name, content, "text/csv").run()
    assert not app.exception
    return app


def as_own(app):
    app.button_group(key=f"{NAME}_whose").set_value("own").run()
    assert not app.exception
    return app


def choose(app, name, value):
    """Choose one of a row of buttons."""
    app.button_group(key=f"{NAME}_{name}").set_value(value).run()
    assert not app.exception
    return app


def diagnosis(app):
    """Return the diagnosis on the page, and None where there is none."""
    match = re.search(r'class="diagnosis"><b>(.*?)</b><span>confidence: (.*?)</span>', html(app))
    return match and match.groups()


def why(app):
    """Return what the page says in words, without the marks that keep them from being read as Markdown."""
    return re.sub(r"\\(.)", r"\1", " ".join(element.value for element in [*app.markdown, *app.info, *app.error]))


def table(app):
    """Return the advised values on the page."""
    rows = re.findall(r"<td class='name'>(.*?)</td><td class=\"number\"><b>(.*?)</b>", html(app))
    return dict(rows)


def run_fields(app):
    drawn = {element.key for element in app.text_input}
    return {name: box(app, name).value for name in run_facts.FIELDS if f"{NAME}_{name}" in drawn}


def keras(epochs=40):
    """A CSVLogger's file of so many epochs, counted from 0, at its best in the tenth."""
    rows = [
        f"{i},{min(0.99, 0.3 + i / 40):.3f},{2.1 * 0.85**i:.4f},{0.84 + 0.012 * abs(i - 9) + 0.8 * 0.7**i:.4f}"
        for i in range(epochs)
    ]
    return "\n".join(["epoch,accuracy,loss,val_loss", *rows])


# --- whose numbers: an example's, by its name, or one's own


def test_before_there_is_input_the_page_shows_a_named_example():
    app = open_page()
    assert "Example “Small images”. Its numbers are made for this lesson, not yours." in why(app)
    assert "An example run" in [header.value for header in app.header]
    assert diagnosis(app)
    put(app, val="0,7")
    mine = "Example “Small images”, changed: validation loss 0,7. Still the example’s, not yours: training rows 200, "
    rest = "train loss 0.001, classes 10, steps trained 1000, learning rate 0.001, batch size 32."
    assert mine + rest in why(app)
    # One's own run begins with empty fields, but for what one has typed; nothing is diagnosed till both losses are.
    as_own(app)
    assert run_fields(app) == {**dict.fromkeys(run_fields(app), ""), "val": "0,7"}
    assert diagnosis(app) is None
    assert "Your run" in [header.value for header in app.header]
    assert "Example" not in why(app)
    put(app, train="0,01")
    assert diagnosis(app) is None
    assert "Put in the classes, or the curve" in why(app)
    put(app, classes="10")
    assert diagnosis(app) == ("Strong overfit", "low")
    assert table(app).keys() == {"keep the best checkpoint"}
    choose(app, "task", "image")
    assert table(app).keys() == {"augment", "keep the best checkpoint"}
    for asked in ("Say the training rows", "The steps trained were not told", "Say the learning rate"):
        assert asked in why(app)
    # The example comes back when it is asked for.
    app.button_group(key=f"{NAME}_whose").set_value("example").run()
    assert run_fields(app)["val"] == "0.25"
    assert "Example “Small images”. Its numbers" in why(app)


def test_a_lesson_names_itself_and_takes_the_place_of_ones_own_run():
    app = paste(open_page(), keras())
    app.button_group(key=f"{NAME}:lesson").set_value("A small table").run()
    assert not app.exception
    assert "Example “A small table”. Its numbers" in why(app)
    assert run_fields(app)["n"] == "100"
    assert app.text_area(key=f"{NAME}_curve").value == ""


# --- a log is read, and what was read is said


def test_a_source_that_the_link_holds_as_csv_is_said_to_be_what_it_was():
    rows = [
        {"step": 50 * at, "loss": 2 / at, "grad_norm": 1.0} if at % 4 else {"step": 50 * at, "eval_loss": 2.5 / at}
        for at in range(1, 801)
    ]
    app = upload(open_page(), "trainer_state.json", json.dumps({"log_history": rows}).encode())
    said = html(app)
    assert said.count("Read as JSON") == 1
    assert "Read as CSV" not in said


def test_a_keras_log_of_40_epochs_is_read_in_epochs_and_what_is_missing_is_asked_for():
    app = upload(open_page(), "log.csv", keras().encode())
    # Of the example nothing is left, and the losses are those of the curve.
    assert run_fields(app) == {**dict.fromkeys(run_fields(app), ""), "train": "0.0037", "val": "1.2"}
    assert "Both losses are taken from the curve" in html(app)
    assert "Read 40 rows: epoch from “epoch”, training loss from “loss”, validation loss from “val_loss”" in html(app)
    assert diagnosis(app) == ("Strong overfit", "low")
    assert "weight decay" not in table(app)
    assert "Say the training rows and the batch size: weight decay is set in steps" in why(app)
    choose(put(app, n="5,000", batch="32", classes="10", n_val="1,000", rate="0,001"), "task", "image")
    assert "Read 40 epochs of 157 steps." in why(app)
    assert diagnosis(app) == ("Strong overfit", "medium")  # 5,000 rows are beyond what was measured
    curve = curve_text.read(keras())
    advice = recommend(
        5000,
        curve["train_loss"][-1],
        curve["val_loss"][-1],
        task="image",
        n_classes=10,
        n_val=1000,
        curve=curve,
        batch_size=32,
    )
    assert float(table(app)["weight decay"]) == advice.settings.weight_decay < 0.5
    assert "6,280 steps" not in why(app)  # nothing was told beside the curve
    # The same run told in steps gives the same settings, and the same link opens the same page.
    in_epochs = table(app)
    link = {**run_fields(app), "curve": app.text_area(key=f"{NAME}_curve").value, "whose": "My own run"}
    link |= {"task": "Images", "architecture": "Not told"}
    in_steps = [re.sub(r"^\d+", lambda step: str(157 * (int(step[0]) + 1)), row) for row in keras().splitlines()]
    paste(app, "\n".join(in_steps).replace("epoch", "step", 1))
    assert table(app) == in_epochs
    again = open_page(**link)
    assert table(again) == in_epochs
    assert run_fields(again)["n"] == "5,000"
    # What is typed over the curve's losses gives way to them.
    put(app, val="7")
    assert box(app, "val").value == "1.2"
    # The person can say what the column counts.
    app.selectbox(key=f"{NAME}_counts").set_value("epoch").run()
    assert "Read 6,280 epochs of 157 steps." in why(app)


def test_a_curve_in_a_link_stands_without_the_examples_numbers():
    app = open_page(curve=keras(), n="5,000", batch="32")
    assert run_fields(app) == {
        **dict.fromkeys(run_fields(app), ""),
        "n": "5,000",
        "batch": "32",
        "train": "0.0037",
        "val": "1.2",
    }
    assert "Read 40 epochs of 157 steps." in why(app)
    assert "Say the learning rate" in why(app)


def test_a_refused_log_leaves_no_diagnosis_and_none_of_the_examples_numbers():
    app = upload(open_page(), "run.csv", b"\x80\x04\x95junk")
    assert diagnosis(app) is None
    (error,) = app.error
    sentence = error.value.replace("\\", "")
    assert sentence.startswith("run.csv is not read. The file is a pickle, which is never opened: give a log with")
    assert sentence.endswith("Remove the file, or put a curve in the field: till then nothing is diagnosed.")
    assert set(run_fields(app).values()) == {""}
    assert not app.button(key=f"{NAME}_prove:button").value
    assert app.button(key=f"{NAME}_prove:button").disabled
    assert "guideline" not in html(app)
    put(app, train="0.1", val="0.5", classes="10")
    assert diagnosis(app) is None  # the file is still listed
    app.file_uploader(key=f"{NAME}_file").set_value(None).run()
    assert diagnosis(app)
    assert not app.error
    # After a good one: its curve is not used in the bad one's place, and is used again when that is taken away.
    upload(app, "good.csv", keras().encode())
    before = diagnosis(app)
    assert before
    upload(app, "bad.csv", b"PK\x03\x04junk")
    assert diagnosis(app) is None
    assert "zip archive" in app.error[0].value
    assert "last losses" not in why(app)
    app.run()  # whatever else is done
    assert diagnosis(app) is None
    app.file_uploader(key=f"{NAME}_file").set_value(None).run()
    assert diagnosis(app) == before
    assert not app.error


def test_a_refused_file_stands_till_it_is_removed_or_a_curve_is_put_in_the_field():
    app = put(paste(as_own(open_page()), keras()), n="5000", batch="32", rate="0.001", n_val="500")
    assert diagnosis(app)
    upload(app, "bad.csv", b"PK\x03\x04junk")
    put(app, classes="10")
    app.button_group(key=f"{NAME}_task").set_value("tabular").run()
    assert diagnosis(app) is None
    assert "bad.csv is not read" in why(app)
    assert "Read 40 rows" not in html(app)
    assert run_fields(app)["train"] == run_fields(app)["val"] == ""  # none of the old log's
    paste(app, keras(30))
    assert diagnosis(app)
    assert "Read 30 rows" in html(app)
    # The example, under its name, has no file: the list is empty.
    upload(app, "bad.csv", b"PK\x03\x04junk")
    app.button_group(key=f"{NAME}:lesson").set_value("A small table").run()
    assert not app.exception
    assert "Example “A small table”" in why(app)
    assert diagnosis(app)
    (files,) = app.get("file_uploader")
    assert not files.value


def test_it_is_the_reader_who_refuses_a_file_and_not_the_browser_alone():
    app = upload(as_own(open_page()), "good.csv", keras().encode())
    assert diagnosis(app)
    assert "The curve is that of good.csv." in html(app)
    files = app.file_uploader(key=f"{NAME}_file")
    assert files.allowed_type == []
    assert files.proto.max_upload_size_mb * 1e6 >= 2 * MAX_BYTES
    upload(app, "large.csv", keras().encode() + b"\n" * MAX_BYTES)
    assert diagnosis(app) is None
    assert "large.csv is not read. The log has more than 10 MB" in why(app)
    upload(app, "book.xlsx", b"PK\x03\x04junk")
    assert diagnosis(app) is None
    assert "book.xlsx is not read. The file is a zip archive, such as .xlsx" in why(app)
    paste(app, keras(30))
    assert "good.csv" not in html(app)


def test_what_was_typed_comes_back_when_the_curve_is_taken_out():
    app = put(as_own(open_page()), train="0.7", val="0.8", classes="10")
    before = diagnosis(app)
    paste(app, keras())
    assert (box(app, "train").value, box(app, "val").value) == ("0.0037", "1.2")
    paste(app, keras(30))
    paste(app, "")
    assert (box(app, "train").value, box(app, "val").value) == ("0.7", "0.8")
    assert diagnosis(app) == before
    # So do they where the next curve cannot be read, and from a link nothing comes back that nobody typed.
    paste(app, keras())
    paste(app, "once upon a time")
    assert (box(app, "train").value, box(app, "val").value) == ("0.7", "0.8")
    link = {**run_fields(paste(app, keras())), "curve": keras(), "whose": "My own run"}
    again = paste(open_page(**link), "")
    assert run_fields(again) == {**dict.fromkeys(run_fields(again), ""), "classes": "10"}
    assert diagnosis(again) is None
    # A lesson's numbers are its own.
    app.button_group(key=f"{NAME}:lesson").set_value("A small table").run()
    assert (box(app, "train").value, box(app, "val").value) == ("0.002", "0.14")


def test_every_kind_of_log_is_read_in_its_unit_or_leaves_one_sentence():
    app = as_own(open_page())
    choose(put(app, n="5000", batch="100", classes="10", rate="0.001", n_val="500"), "task", "image")
    decays = {}
    for path in sorted(path for path in LOGS.rglob("*") if path.is_file() and path.suffix not in (".0",)):
        paste(app, path.read_text("utf-8", "replace"))
        if app.error:
            assert diagnosis(app) is None, path
            assert len(app.error) == 1
            assert app.error[0].value.endswith("nothing is diagnosed.")
        else:
            decays[path.name] = table(app).get("weight decay")
            read = html(app)
            rounds = "a row is a round" in read or "round from" in read
            assert rounds or "14 epochs of 50 steps" in why(app) or "step from" in read, path
    assert len(decays) == 32
    trees = {
        decays.pop(name)
        for name in (
            "lightgbm_record_evaluation.json",
            "xgboost_evals_result_native.json",
            "xgboost_evals_result_sklearn.json",
            "xgboost_stdout.txt",
        )
    }
    assert trees == {None}
    # Every second epoch; the sum of three losses; a run of more steps.
    for name in ("keras_csvlogger_na.csv", "ultralytics_detect_results.csv", "nanogpt_stdout.txt"):
        decays.pop(name)
    # Whatever counts it, the same run gives the same decay.
    assert set(decays.values()) == {"0.86"}


def test_a_long_paste_is_read_thinned_and_said():
    rows = [f"{10 * i},{2 / (1 + i / 300):.6f},{1 + abs(i - 2000) / 9000 + i % 7 / 700:.6f}" for i in range(1, 4001)]
    text = "step,loss,val_loss\n" + "\n".join(rows)
    assert len(text) > 80_000
    app = paste(open_page(), text)
    assert diagnosis(app)
    thinned = app.text_area(key=f"{NAME}_curve").value
    assert len(thinned) <= curve_text.MAX_CHARS
    assert re.search(r"Kept 3\d\d of 4,000 rows, so that the link can hold them\.", html(app))
    curve = curve_text.read(thinned)
    assert curve["step"][-1] == 40_000
    val = [float(row.split(",")[2]) for row in rows]
    assert 10 * (1 + val.index(min(val))) in curve["step"]
    refused = paste(open_page(), "once upon a time " * 1000)
    assert diagnosis(refused) is None
    assert "The 17,000 pasted characters are not read" in why(refused)


def test_names_of_columns_and_files_are_text():
    text = "epoch,rate,![a](http://b.example/x.png)\n" + "\n".join(f"{i},{1 / i},1" for i in range(1, 9))
    app = paste(open_page(), text)
    assert "\\!\\[a\\](http\\:" in app.error[0].value
    assert "training loss from “loss &lt;b&gt;”" in html(paste(app, keras().replace("loss,", "loss <b>,", 1)))


def test_losses_in_percent_are_refused_as_their_fields_refuse_them():
    rows = [f"{i},{108 * 0.9**i:.1f}%,{110 * 0.92**i:.1f}%" for i in range(9)]
    log = "epoch,train_loss,val_loss\n" + "\n".join(rows)
    app = put(paste(as_own(open_page()), log), classes="10")
    assert diagnosis(app) is None
    assert "The training losses are in percent, such as 108.0%: give the losses as they are." in why(app)
    upload(app, "percent.csv", (log + "\n" * 9000).encode())
    assert diagnosis(app) is None
    assert "percent.csv is not read. The training losses are in percent" in why(app)
    long = paste(as_own(open_page()), log + "\n" * 9000)
    assert diagnosis(long) is None
    assert "are not read, and were taken out of the field. The training losses are in percent" in why(long)
    # Accuracies in percent beside losses are as they should be.
    rows = [f"{i},{2 * 0.9**i:.3f},{2.1 * 0.92**i:.3f},{10 * i}%" for i in range(9)]
    mixed = put(paste(as_own(open_page()), "epoch,train_loss,val_loss,accuracy\n" + "\n".join(rows)), classes="10")
    assert diagnosis(mixed)
    assert not mixed.error


def test_what_is_taken_for_granted_of_ones_own_run_is_said():
    granted, classes = "Taken for granted, since nobody said it:", "What it predicts is taken as classes: choose"
    table_taken = "a table (“Kind of data”), of which nothing is augmented"
    app = put(as_own(open_page()), train="0.1", val="0.9", classes="10")
    rest = "a dense network (“Network”); AdamW (“Optimizer”); no pretrained weights (“From pretrained weights”)."
    assert f"{granted} {table_taken}; {rest}" in why(app)
    assert classes not in why(app)
    paste(put(app, classes=""), keras())
    assert table_taken in why(app)
    assert classes in why(app)
    choose(app, "task", "image")
    choose(app, "target", "number")
    choose(app, "trained_by", "sgd")
    assert f"{granted} a dense network (“Network”); no pretrained weights" in why(app)
    app.selectbox(key=f"{NAME}_architecture").set_value("conv").run()
    app.selectbox(key=f"{NAME}_pretrained").set_value("full").run()
    assert granted not in why(app)
    assert granted not in why(open_page())  # an example's are its own


def test_an_example_that_comes_back_has_its_kind_of_data_again():
    app = as_own(open_page())
    assert app.button_group(key=f"{NAME}_task").value == "unknown"
    choose(app, "whose", "example")
    assert app.button_group(key=f"{NAME}_task").value == "image"
    assert app.selectbox(key=f"{NAME}_architecture").value == "dense"


@pytest.mark.parametrize("name", ["val_mae", "root_mean_squared_error", "RMSE"])
def test_a_log_that_names_an_error_of_numbers_is_asked_what_it_predicts(name):
    log = keras().replace("accuracy", name, 1)
    app = paste(as_own(open_page()), log)
    assert "choose “A number” under “It predicts”." in why(app)
    app.button_group(key=f"{NAME}_target").set_value("number").run()
    assert "The log names" not in why(app)
    assert "The log names" not in why(paste(as_own(open_page()), keras()))


# --- numbers as people write them


def test_numbers_are_read_as_people_write_them_and_said_where_two_ways_are_possible():
    app = as_own(open_page())
    put(app, n="5,000", train="0,012", val="1,204", classes="10", n_val="1,000")
    assert "1,204 is read as 1204; write 1.204 for a decimal." in html(app)
    assert html(app).count("is read as") == 1
    assert diagnosis(app)[0] == "Severe overfit"
    put(app, val="1.204")
    assert "is read as" not in html(app)


@pytest.mark.parametrize("rows", ["5,000", "5.000", "5 000", "5'000"])
def test_rows_with_parted_thousands_are_thousands(rows):
    app = paste(as_own(open_page()), keras())
    put(app, n=rows, batch="32", classes="10", rate="0,001")
    assert "Read 40 epochs of 157 steps." in why(app)


@pytest.mark.parametrize("rows", ["5,00", "5.00", "5.5", "50,000.5"])
def test_malformed_rows_are_refused_in_a_sentence(rows):
    app = paste(as_own(open_page()), keras())
    put(app, n=rows, batch="32", classes="10", rate="0,001")
    assert f"must be a whole number from 2 to 1,000,000,000, got {rows}" in html(app)
    assert "Read 40 epochs of" not in why(app)


@pytest.mark.parametrize(
    ("train", "val", "name", "said"),
    [
        ("99", "70", "Strong overfit", "99 and 70 are read as accuracies in percent"),
        ("0.99", "0.70", "Strong overfit", "0.99 and 0.7 are read as accuracies"),
        ("0", "0", "Good", "A validation loss of exactly 0 is rare"),
    ],
)
def test_what_is_no_loss_is_not_judged_as_one(train, val, name, said):
    app = open_page(train=train, val=val, task="Table")
    assert diagnosis(app) == (name, "low")
    assert said in why(app)
    assert table(app) == {"keep the best checkpoint": "patience 40 evaluations"}


def test_text_gets_no_noise_and_nothing_measured():
    app = open_page(task="Text", val="0.9")
    assert "input noise" not in table(app)
    assert "easured here" not in html(app).partition("Four guidelines")[0].partition("settings-table")[2]
    assert "Nothing was measured on text" in why(app)


def test_sources_begin_with_a_capital_but_for_names():
    sources = re.findall(r"<small>(?!search)(.*?)</small>", html(open_page(objective="Accuracy")))
    assert any(source.startswith("Measured here:") for source in sources)
    assert not [source for source in sources if source[0].islower()]
    assert "<small>nanoGPT, train.py" in html(open_page(settings="Language models"))


def test_what_cannot_be_trained_here_is_shown_as_code():
    tab = {"tab": "In your framework"}
    app = open_page(task="Text", val="0.9", **tab)
    assert app.button(key=f"{NAME}_prove:button").disabled
    code = app.main.get("code")[0].proto.code_text
    assert f'"weight_decay": {table(app)["weight decay"]}' in code
    assert "The network of the code is dense" in why(app)
    assert "The code takes texts as rows of numbers" in why(app)
    language = open_page(settings="Language models", task="Text", val="0.9", **tab)
    assert "clip_grad_norm_" in language.main.get("code")[0].proto.code_text
    assert not put(as_own(open_page(**tab)), train="0.5").main.get("code")


# --- the proof


def test_a_lower_rate_that_is_advised_by_numbers_is_the_one_that_is_proved(trained):
    app = open_page(train="3.6", val="3.7", rate="0.3", prove="true", seed="61")
    assert diagnosis(app)[0] == "Diverging"
    ((_, stack, _),) = trained
    assert [settings.learning_rate for settings in stack] == [0.3, 0.3, 0.03]
    assert stack[2].clip_norm == 1
    assert "With the advice, test accuracy" in html(app)
    calm = open_page(train="3.6", val="3.7", prove="true", seed="62")
    assert [settings.learning_rate for settings in trained[1][1]] == [0.001, 0.001, 0.0001]
    assert "At the learning rate 0.001 the networks here do not diverge" in why(calm)
    untold = put(as_own(open_page()), train="3.6", val="3.7", classes="10")
    assert diagnosis(untold)[0] == "Diverging"
    assert untold.button(key=f"{NAME}_prove:button").disabled
    assert "Put in the learning rate of the run" in why(untold)


@pytest.mark.parametrize(
    ("told_of_it", "steps", "said"),
    [
        ({"steps": "210"}, 210, "Your run took 210 steps, and so do these."),
        ({"steps": "50,000"}, 2000, "Your 50,000 steps are 2,000 here, as many as are trained: weight decay acts by"),
        ({"steps": "40"}, 100, "Your 40 steps are 100 here, as few as are trained: weight decay acts by"),
        ({"steps": ""}, 1000, "How many steps your run took was not told: 1,000 are taken."),
        ({"n": "200", "batch": "50", "curve": keras(), "classes": "10", "rate": "0.001"}, 160, "Your run took 160"),
        ({"diverged": "true", "steps": "300", "rate": "0.5"}, 300, "Your run took 300 steps, and so do these."),
    ],
)
def test_the_proof_trains_as_long_as_the_run_did_and_says_where_it_does_not(trained, told_of_it, steps, said):
    app = open_page(prove="true", seed="68", **told_of_it)
    ((_, _, how),) = trained
    assert how.max_steps == steps
    assert said in html(app)
    assert f"five seeds each, {steps:,} steps:" in html(app)


def test_what_counts_decides_the_verdict(monkeypatch):
    run = runs.fit("digits", [Settings()] * 3, Training(max_steps=5, eval_steps=2), n_train=20, n_val=20, seeds=5)
    loss = [[0.3, 0.31, 0.3, 0.3, 0.29], [0.3] * 5, [0.4, 0.41, 0.4, 0.39, 0.4]]
    right = [[0.9, 0.91, 0.9, 0.9, 0.89], [0.9] * 5, [0.95, 0.96, 0.95, 0.96, 0.95]]
    measures = {"test_loss": np.array(loss), "test_accuracy": np.array(right)}
    monkeypatch.setattr(type(run), "kept", lambda self, what: measures[what])
    monkeypatch.setattr(runs, "train", lambda *a, **k: run)
    by_loss = open_page(prove="true")
    assert 'class="measured worse"' in html(by_loss)
    assert "With the advice, test loss rose" in html(by_loss)
    by_accuracy = open_page(prove="true", objective="Accuracy")
    assert 'class="measured "' in html(by_accuracy)
    assert "With the advice, test accuracy rose" in html(by_accuracy)
    assert "Test accuracy" in html(by_accuracy)
    assert "did harm" not in why(by_accuracy)
    # One that diverged has no number, and none is printed for it.
    measures["test_loss"][0, 0] = measures["test_loss"][1] = math.nan
    assert "nan" not in re.sub(r"nan(?=o)", "", html(open_page(prove="true")))
    rows = together.seed_rows(pictures.PROVED, measures["test_loss"].tolist(), range(5))
    assert [row["text"] for row in rows["means"]] == ["0.300 (4/5)", "diverged", "0.400"]
    assert rows["seeds"][0]["value"] is None


def test_typed_settings_are_not_called_the_advice(trained):
    app = open_page(prove="true", seed="63", set_dropout="0.2")
    assert "ith these settings, test loss" in html(app)
    assert "With the advice" not in html(app)
    assert "ith these settings, test loss" in html(open_page(prove="true", seed="63", strength="0.5"))
    assert "With the advice, test loss" in html(open_page(prove="true", seed="63"))


@pytest.mark.parametrize("run", [{"train": "0.3", "val": "0.31"}, {"train": "2.1", "val": "2.2"}])
def test_nothing_to_do_is_not_proved_on_data_that_overfit(run, trained):
    app = open_page(prove="true", **run)
    assert diagnosis(app)[0] in ("Good", "Underfit")
    assert "There is nothing to prove" in why(app)
    assert app.button(key=f"{NAME}_prove:button").disabled
    assert not trained
    open_page(prove="true", set_dropout="0.2", seed="64" if run["train"] == "0.3" else "67", **run)
    assert trained[0][1][2].dropout == 0.2


def test_a_regression_is_one_all_the_way(trained):
    lesson = {"lesson": "A number to predict", "tab": "In your framework"}
    app = open_page(**lesson, prove="true", seed="65", objective="Accuracy")
    assert box(app, "constant").value == "0.5"
    assert diagnosis(app)[0] == "Strong overfit"
    ((data, stack, _),) = trained
    assert data == "diabetes"
    assert stack[2].label_smoothing == stack[2].mixup_alpha == 0
    assert "With the advice, test loss" in html(app)
    assert "Test R² " in why(app)
    assert "accuracy" not in html(app)
    assert "half the squared error" in together.loss_title(None)
    code = app.main.get("code")[0].proto.code_text
    assert "mse_loss" in code
    assert "cross_entropy" not in code
    raw = put(as_own(open_page(target="A number", task="Table")), n="200", train="100", val="3300", constant="5930")
    assert diagnosis(raw)[0] == "Strong overfit"
    assert "54 % of a constant guess's loss, 5,930" in why(raw)
    put(raw, constant="")
    assert diagnosis(raw) is None
    assert "Put in the loss of a constant guess, or the curve" in why(raw)
    images = open_page(lesson="A number to predict", task="Images", prove="true", seed="66", set_label_smoothing="0.1")
    assert trained[-1][0] == "diabetes"
    assert trained[-1][1][2].label_smoothing == 0
    assert "label smoothing needs classes: left out" in html(images)
    unfit = open_page(lesson="A number to predict", tab="Two at once", map="true")
    assert "Mixup alpha does not act on" in why(unfit)


# --- presets


def test_the_image_preset_is_shown_with_its_sources_and_proved_on_digits(trained):
    app = open_page(settings="Image classification", prove="true", seed="71", task="Signals")
    text = html(app)
    wanted = {
        "augment": 0.5, "weight_decay": 0.01, "dropout": 0.5, "drop_path_rate": 0.1, "label_smoothing": 0.1,
        "mixup_alpha": 0.2, "cutmix_alpha": 1.0, "switch_prob": 0.5, "patience": 15,
    }  # fmt: skip
    assert [row.field for row in PRESETS["image"].rows] == list(wanted)
    for name, value in wanted.items():
        assert f"Here: {name.replace('_', ' ')} {value:g}." in text
    assert "DeiT" in text
    shown = " ".join(element.value for element in app.markdown)
    assert "not measured here" in shown
    assert "Every row of it enters the proof" in shown
    ((data, stack, how),) = trained
    assert data == "digits"
    assert stack[0] == Settings()
    assert stack[2] == Settings(**wanted)
    # One network for the baseline and the preset, with blocks to skip.
    assert how.residual
    assert len(how.hidden_sizes) == 2
    assert "residual, the baseline too" in text
    assert "CutMix with probability 0.5, else mixup" in text
    assert "With the image preset, test loss" in text


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([0.4, 0.41, 0.4, 0.42, 0.4], "did harm"),
        ([0.3] * 5, "gained nothing"),
        ([0.29, 0.1, 0.28, 0.29, 0.29], "cannot tell"),  # lower in five of five
    ],
)
def test_a_preset_that_does_not_help_is_said_not_to(monkeypatch, losses, said):
    run = runs.fit("digits", [Settings()] * 3, Training(max_steps=5, eval_steps=2), n_train=20, n_val=20, seeds=5)
    measures = {"test_loss": np.array([[0.3] * 5, [0.3] * 5, losses]), "test_accuracy": np.full((3, 5), 0.9)}
    monkeypatch.setattr(type(run), "kept", lambda self, what: measures[what])
    monkeypatch.setattr(runs, "train", lambda *a, **k: run)
    reported = set()
    report = reglab.report
    monkeypatch.setattr(reglab, "report", lambda *a, **k: reported.add(k["answer"]) or report(*a, **k))
    tabs = DeltaGenerator.download_button
    monkeypatch.setattr(
        DeltaGenerator,
        "download_button",
        lambda area, label, data, *a, **k: tabs(
            area, label, data() if callable(data) and label.startswith("Report") else "", *a, **k
        ),
    )
    app = open_page(settings="Image classification", prove="true")
    shown = " ".join(element.value for element in app.markdown)
    sentence = f"On this data the image preset {said}. Keep the run as it was, with its best checkpoint."
    if said == "cannot tell":
        sentence = (
            "Five seeds cannot tell whether the image preset helped: another first seed gives five more. Till then "
            "keep the run as it was, with its best checkpoint."
        )
    assert f"**{sentence}**" in shown
    assert reported == {sentence}
    assert 'class="measured worse"' in html(app) if said == "did harm" else 'class="measured none"' in html(app)


def test_the_image_preset_can_be_ablated_and_mapped(trained, monkeypatch):
    preset = PRESETS["image"].settings
    app = open_page(settings="Image classification", ablate="true", n="60", seed="75")
    ((_, stack, how),) = trained
    assert how.residual
    assert stack[0] == Settings()
    names = combinations.turned_on(preset)
    assert {"drop_path_rate", "cutmix_alpha", "mixup_alpha"} <= set(names)
    assert stack[2:] == [replace(preset, **{name: getattr(Settings(), name)}) for name in names]
    assert "With all of them, test loss" in html(app)
    assert any("every batch takes CutMix" in element.value for element in app.caption)

    monkeypatch.setitem(sweep.__globals__, "fit", combinations.fit)
    grid = {"tab": "Two at once", "map": "true", "rest": "As chosen above", "n": "60", "seed": "76"}
    for first, second in (("cutmix_alpha", "weight_decay"), ("drop_path_rate", "switch_prob")):
        trained.clear()
        app = open_page(settings="Image classification", first=first, second=second, **grid)
        ((_, stack, how),) = trained
        assert how.residual
        rest = {"patience": None, first: 0.2, second: 0.5}
        assert replace(preset, **rest) in stack
        assert "Lowest at <b>" in html(app)


def test_the_language_preset_is_literature_and_cannot_be_proved():
    app = open_page(settings="Language models", prove="true", ablate="true")
    assert "gradient clipping" in html(app)
    assert "norm 1.0" in html(app)
    assert "not measured here" in " ".join(element.value for element in app.markdown)
    assert any("no language model here" in element.value for element in app.info)
    assert 'class="measured' not in html(app)
    assert app.button(key=f"{NAME}_prove:button").disabled


# --- guidelines


def test_the_guidelines_are_checked_on_the_present_run():
    far = "More when validation loss is far above train"
    app = open_page()
    verdict, numbers = guideline(app, "Start light")
    assert verdict == "as advised"  # and not followed: it is held against a light start, not against itself
    assert "above 0.1, a light start: as advised for this run." in numbers
    assert guideline(open_page(diverged="true"), "Start light")[1].startswith(
        "No strength is above a light start: none is on; clip norm 1 bounds single steps"
    )
    verdict, numbers = guideline(app, far)
    assert verdict == "followed"
    assert "0.249 above train loss 0.001" in numbers
    assert guideline(open_page(strength="0"), far)[0] == "broken"
    assert guideline(open_page(diverged="true"), far)[0] == "cannot be told"
    high = "Less when train loss stays high"
    assert guideline(open_page(train="2.1", val="2.2"), high)[0] == "followed"  # the advice adds nothing there
    assert guideline(open_page(train="2.1", val="2.2", set_dropout="0.4"), high)[0] == "broken"
    assert guideline(open_page(strength="2"), "Start light")[0] == "broken"


# --- every setting


def test_every_field_of_settings_can_enter_the_proof(trained):
    typed = {
        "dropout": 0.11, "input_dropout": 0.12, "drop_path_rate": 0.13, "input_noise": 0.14, "augment": 0.15,
        "mixup_alpha": 0.16, "cutmix_alpha": 0.17, "switch_prob": 0.18, "label_smoothing": 0.19, "weight_decay": 0.21,
        "l2": 0.22, "l1": 0.0023, "clip_norm": 0.24, "patience": 7, "min_delta": 0.0025, "learning_rate": 0.0026,
        "momentum": 0.27,
    }  # fmt: skip
    typed |= {f.name: 0.28 for f in fields(Settings) if f.name not in (*typed, "restore_best_weights")}
    values = {f"set_{name}": str(value) for name, value in typed.items()}
    app = open_page(**values, set_restore_best_weights="no", optimizer="SGD", prove="true", seed="72")
    ((_, stack, how),) = trained
    assert stack[2] == Settings(**typed, restore_best_weights=False)
    assert how.optimizer == "sgd"
    assert how.residual
    assert "drop path rate 0.13" in html(app)


def test_what_is_not_typed_is_as_advised_and_what_cannot_be_trained_is_left_out_and_said(trained):
    plain = open_page(prove="true", seed="73", set_patience="0")
    advised = trained[0][1][2]
    assert advised.patience is None
    assert advised.augment == 0.5
    assert advised.weight_decay > 0
    assert "patience never" not in html(plain)
    table = open_page(prove="true", seed="73", task="Table", set_augment="0.5", set_momentum="0.5")
    assert trained[1][1][2].augment == 0
    assert "augment needs image or signal data: left out" in html(table)
    assert "Momentum acts in SGD alone" in html(table)
    wrong = open_page(set_dropout="1.5")
    assert "dropout must be a number from 0 to 0.99, got 1.5" in html(wrong)


# --- which one carried it

OFF, ALL = [0.50, 0.53, 0.51], [0.30, 0.31, 0.30]


def test_the_ablation_runs_only_when_it_is_asked_for_and_its_tab_is_open(trained, monkeypatch):
    calls = []
    monkeypatch.setattr(runs, "compute", lambda function, *a, **k: calls.append(function.__name__))
    open_page()
    open_page(ablate="true", map="true", tab="Papers")
    assert calls == []


def test_the_ablation_says_which_setting_carried_the_gain(trained):
    app = open_page(ablate="true", n="60", seed="74", set_patience="0", set_input_noise="0", set_label_smoothing="0")
    text = html(app)
    ((_, stack, _),) = trained
    whole = Settings(augment=0.5, weight_decay=stack[1].weight_decay)
    assert stack == [Settings(), whole, replace(whole, augment=0.0), replace(whole, weight_decay=0.0)]
    assert "With all of them, test loss" in text
    assert "Test loss with each setting turned off" in text
    rows = together.ablation_rows({"off": OFF, "all": ALL, "dropout": [0.4, math.nan, 0.41]}, (0, 1, 2))
    assert [row["way"] for row in rows["means"]] == ["none of them", "all of them", "without dropout"]
    assert rows["means"][2]["low"] == 0.4
    assert len(rows["seeds"]) == 8
    assert charts.ablation_chart(3) is charts.ablation_chart(3)


def test_the_sentence_of_an_ablation_comes_out_every_way():
    def said(**without):
        return together.carried({"off": OFF, "all": ALL, **without})

    helped = said(dropout=[0.45, 0.47, 0.45], l1=[0.35, 0.36, 0.34], l2=[0.30, 0.31, 0.30])
    assert helped.verdict == "better"
    assert "**Dropout** carried most: without it the loss is 0.153 higher." in helped.sentence
    assert "**L1**: without it the loss is 0.047 higher." in helped.sentence
    assert helped.sentence.endswith("**Did nothing beyond the seeds' noise**: l2.")
    harmed = said(dropout=[0.20, 0.21, 0.21])
    assert "**Dropout** did harm: without it the loss is 0.097 lower." in harmed.sentence
    shared = said(dropout=[0.30, 0.32, 0.29], l1=[0.31, 0.30, 0.30])
    assert "No single one carried it" in shared.sentence
    diverged = said(clip_norm=[math.nan] * 3)
    assert "**Clip norm** carried most: without it training diverges." in diverged.sentence
    worse = together.carried({"off": ALL, "all": OFF, "dropout": [0.30, 0.33, 0.31]})
    assert worse.verdict == "worse"
    assert "rose from" in worse.sentence
    part = together.carried({"off": ALL, "all": OFF, "dropout": [0.60, 0.63, 0.61]})
    assert "**Dropout** helped most: without it the loss is 0.100 higher." in part.sentence


# --- two at once


def test_the_map_marks_its_best_cell_and_can_be_of_any_two_settings():
    app = open_page(map="true", tab="Two at once", first="restore_best_weights", second="min_delta", n="60")
    assert "Lowest at <b>restore best weights" in html(app)
    assert any("Patience is 3." in element.value for element in app.caption)
    same = open_page(map="true", tab="Two at once", first="dropout", second="dropout")
    assert any("two different settings" in element.value for element in same.info)
    unfit = open_page(map="true", tab="Two at once", first="augment", task="Table")
    assert any("Augment does not act on" in element.value for element in unfit.info)


def grid_of(losses):
    """A grid of dropout 0, .2 and weight decay 0, 1; three seeds about each loss."""
    settings = [Settings(dropout=a, weight_decay=b) for a in (0.0, 0.2) for b in (0.0, 1.0)]
    values = [[loss - 0.01, loss, loss + 0.01] for loss in losses]
    grid = together.grid(settings, values, "dropout", "weight_decay")
    return grid, together.pair_sentence(grid, values, "dropout", "weight_decay")


def test_the_sentence_of_the_map_comes_out_every_way():
    comparison, both = grid_of([0.5, 0.4, 0.4, 0.2])
    assert [cell["best"] for cell in comparison.cells] == [False, False, False, True]
    assert [cell["text"] for cell in comparison.cells] == ["0.500", "0.400", "0.400", "0.200"]
    assert comparison.cells[3]["rank"] == 0
    assert both.verdict == "better"
    assert "Lowest at **dropout 0.2** with **weight decay 1**" in both.sentence
    assert "fell from **0.400** to **0.200**" in both.sentence
    _, moved = grid_of([0.5, 0.4, 0.2, 0.3])
    assert "At dropout 0 the best weight decay is 1, at dropout 0.2 it moves to 0." in moved.sentence
    assert "Dropout alone is enough here" in moved.sentence
    assert "Weight decay alone is enough here" in grid_of([0.5, 0.2, 0.4, 0.3])[1].sentence
    assert "Neither of the two brings anything" in grid_of([0.1, 0.2, 0.4, 0.3])[1].sentence
    nothing, said = grid_of([math.nan] * 4)
    assert nothing.best is None
    assert said.sentence == "Every cell diverged."


# --- weight


def test_no_code_is_shown_before_its_tab_is_opened():
    assert not open_page().main.get("code")
    assert open_page(tab="The code").main.get("code")
    assert open_page(tab="In your framework").main.get("code")


def test_a_lesson_is_in_the_address_before_its_proof_has_trained(monkeypatch):
    def ends(*arguments, **options):
        raise ValueError("The training has ended.")

    app = open_page()
    monkeypatch.setattr(runs, "fit", ends)
    app.button_group(key=f"{NAME}:lesson").set_value("A run with its curve").run()
    assert app.exception[0].message == "The training has ended."
    assert app.query_params[f"{NAME}_prove"] == "true"
    assert app.query_params[f"{NAME}_n"] == "100"
