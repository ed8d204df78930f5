"""The combined strategy's page: presets, guidelines, every setting in the proof, the ablation, the map of two."""

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.charts import combined_strategy as pictures
from pages.ui import runs, together

from reglab import Settings, Training, combinations, sweep
from reglab.guidelines import PRESETS

ROOT = Path(__file__).resolve().parent.parent
NAME = "combined_strategy"


def open_page(**parameters):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.run()
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


@pytest.fixture
def trained(monkeypatch):
    """Record what is trained; the trainings are short, so that every one of them is a real run."""
    seen, how = [], runs.fit

    def short(data, settings, training, **options):
        seen.append((data, settings, training))
        return how(data, settings, replace(training, max_steps=20, eval_steps=3), **options)

    monkeypatch.setattr(runs, "fit", short)
    monkeypatch.setattr(combinations, "fit", short)
    return seen


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
    ("losses", "said"), [([0.4, 0.41, 0.4, 0.42, 0.4], "did harm"), ([0.3, 0.28, 0.32, 0.29, 0.31], "gained nothing")]
)
def test_a_preset_that_does_not_help_is_said_not_to(monkeypatch, losses, said):
    run = runs.fit("digits", [Settings()] * 3, Training(max_steps=5, eval_steps=2), n_train=20, n_val=20, seeds=5)
    kept = {"test_loss": np.array([[0.3] * 5, [0.3] * 5, losses]), "test_accuracy": np.full((3, 5), 0.9)}
    monkeypatch.setattr(type(run), "kept", lambda self, what: kept[what])
    monkeypatch.setattr(runs, "train", lambda *a, **k: run)
    app = open_page(settings="Image classification", prove="true")
    shown = " ".join(element.value for element in app.markdown)
    assert f"On this data the image preset {said}." in shown
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
    assert guideline(app, "Start light")[0] == "met"
    verdict, numbers = guideline(app, far)
    assert verdict == "met"
    assert "0.249 above train loss 0.001" in numbers
    assert guideline(open_page(strength="0"), far)[0] == "not met"
    assert guideline(open_page(diverged="true"), far)[0] == "cannot be told"
    high = "Less when train loss stays high"
    assert guideline(open_page(train="2.1", val="2.2"), high)[0] == "met"  # the advice adds nothing there
    assert guideline(open_page(train="2.1", val="2.2", set_dropout="0.4"), high)[0] == "not met"
    assert guideline(open_page(strength="2"), "Start light")[0] == "not met"


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
    assert pictures.ablation_chart(3) is pictures.ablation_chart(3)


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
    assert any("augment does not act on" in element.value for element in unfit.info)


def grid_of(losses):
    """A grid of dropout 0, .2 and weight decay 0, 1; three seeds about each loss."""
    settings = [Settings(dropout=a, weight_decay=b) for a in (0.0, 0.2) for b in (0.0, 1.0)]
    values = [[loss - 0.01, loss, loss + 0.01] for loss in losses]
    found = together.grid(settings, values, "dropout", "weight_decay")
    return found, together.pair_sentence(found, values, "dropout", "weight_decay")


def test_the_sentence_of_the_map_comes_out_every_way():
    found, both = grid_of([0.5, 0.4, 0.4, 0.2])
    assert [cell["best"] for cell in found.cells] == [False, False, False, True]
    assert [cell["text"] for cell in found.cells] == ["0.500", "0.400", "0.400", "0.200"]
    assert found.cells[3]["rank"] == 0
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
