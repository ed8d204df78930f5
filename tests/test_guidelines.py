"""Presets as they are shown, and the four guidelines: each comes out every way, with its numbers."""

import dataclasses
import math
import re

import numpy as np
import pytest

from reglab import Settings, Training, fit, recommend
from reglab.strategy.guidelines import LIGHT, PRESETS, check_guidelines

RUN = {"n_classes": 10, "n_val": 200, "steps": 1000}
OFF, ON = Settings(), Settings(dropout=0.2)


def verdict(number, *arguments, **options):
    check = check_guidelines(*arguments, **{**RUN, **options})[number]
    assert check.verdict in ("followed", "as advised", "broken", "does not apply", "cannot be told")
    assert check.sentence.endswith(".")
    return check.verdict


def sentence(number, *arguments, **options):
    return check_guidelines(*arguments, **{**RUN, **options})[number].sentence


# --- presets


def test_the_presets_are_those_of_their_rows():
    image, language = PRESETS["image"], PRESETS["language"]
    assert image.settings == Settings(
        augment=0.5,
        weight_decay=0.01,
        dropout=0.5,
        drop_path_rate=0.1,
        label_smoothing=0.1,
        mixup_alpha=0.2,
        cutmix_alpha=1.0,
        switch_prob=0.5,
        patience=15,
    )
    assert language.settings == Settings(weight_decay=0.1, dropout=0.1, label_smoothing=0.1, clip_norm=1.0)
    for preset in PRESETS.values():
        assert all(row.what and row.value and row.source for row in preset.rows)
        # No row without a field, and none that another row overwrites.
        assert len({row.field for row in preset.rows} & set(vars(Settings()))) == len(preset.rows)


def test_every_row_of_the_image_preset_acts_in_training():
    preset, off = PRESETS["image"].settings, Settings()
    without = {
        row.field: dataclasses.replace(preset, **{row.field: getattr(off, row.field)})
        for row in PRESETS["image"].rows
        if row.field not in ("switch_prob", "patience")
    }
    # With the one turned off the other acts in every batch, so both are held against neither too.
    always = [dataclasses.replace(preset, switch_prob=share) for share in (0.0, 1.0)]
    neither = dataclasses.replace(preset, mixup_alpha=0.0, cutmix_alpha=0.0)
    stack = [off, preset, *without.values(), *always, neither]
    run = fit("digits", stack, Training(max_steps=20, residual=True), n_train=40, seeds=1)
    assert np.isfinite(run.kept("test_loss")).all()
    ends = run.test_loss[:, 0, -1].tolist()
    for name, loss in zip(without, ends[2:], strict=False):
        assert loss != ends[1], name
    assert len({ends[1], *ends[-3:]}) == 4


def test_each_source_says_what_it_supports_and_not_who_read_it():
    rows = {row.field: row.source for preset in PRESETS.values() for row in preset.rows if preset.task == "image"}
    assert not [source for source in rows.values() if re.search(r"opened|abstract|memory|checked", source)]
    assert "grid search" in rows["augment"]
    assert "practice" in rows["weight_decay"]
    assert "0.025 to 0.05" in rows["weight_decay"]
    assert "not multiplied by the learning rate" in rows["weight_decay"]
    assert rows["drop_path_rate"].startswith("DeiT")
    assert "last block with probability 0.5" in rows["drop_path_rate"]
    assert "hardly any accuracy" in rows["label_smoothing"]
    (decay,) = (row for row in PRESETS["language"].rows if row.field == "weight_decay")
    assert "0.8 to 3.2" in decay.value
    assert "2509.14786" in decay.source


# --- start light


def test_start_light():
    assert verdict(0, 200, 0.001, 0.45, OFF) == "followed"
    assert verdict(0, 200, 0.001, 0.45, PRESETS["image"].settings) == "broken"
    assert "Dropout 0.5 is above 0.2" in sentence(0, 200, 0.001, 0.45, PRESETS["image"].settings)
    assert verdict(0, 200, 0.001, 0.45, Settings(dropout=(0.1, 0.5))) == "broken"
    advised = recommend(200, 0.001, 0.45, task="image", n_classes=10, n_val=200, steps=1000).settings
    assert advised.weight_decay > LIGHT["weight_decay"]
    # What is advised is not light for being advised: it is judged against a light start alone, and called what it is.
    assert verdict(0, 200, 0.001, 0.45, advised, advised=advised) == "as advised"
    decay = f"{advised.weight_decay:g}"
    said = f"Weight decay {decay} is above 0.1, a light start: as advised for this run."
    assert sentence(0, 200, 0.001, 0.45, advised, advised=advised) == said
    light = Settings(weight_decay=0.05)
    assert sentence(0, 200, 0.001, 0.45, light, advised=advised).endswith("above a light start: weight decay 0.05.")
    doubled = dataclasses.replace(advised, weight_decay=2 * advised.weight_decay)
    assert verdict(0, 200, 0.001, 0.45, doubled, advised=advised) == "broken"


# --- more, and less


def test_more_when_validation_is_far_above_train():
    assert verdict(1, 200, 0.001, 0.45, OFF) == "broken"
    assert verdict(1, 200, 0.001, 0.45, ON) == "followed"
    assert verdict(1, 200, 0.40, 0.45, OFF) == "does not apply"  # not far: it asks for nothing
    assert verdict(1, 200, 0.001, 0.45, OFF, training_mode_loss=True) == "cannot be told"
    assert verdict(1, 200, math.nan, 0.45, OFF) == "cannot be told"
    # Far is more than twice the noise, 2 * 1.2 * V / sqrt(n_val), and more than 3 % of ln 10.
    assert "0.449 above train loss 0.001: more than 0.076" in sentence(1, 200, 0.001, 0.45, OFF)
    assert verdict(1, 200, 0.36, 0.45, OFF, n_val=200) == "broken"
    assert verdict(1, 200, 0.36, 0.45, OFF, n_val=20) == "does not apply"
    assert "as if on 200 rows" in sentence(1, 200, 0.36, 0.45, OFF, n_val=None)


def test_less_when_the_training_loss_stays_high():
    assert verdict(2, 200, 2.0, 2.1, ON) == "broken"
    assert verdict(2, 200, 2.0, 2.1, OFF) == "followed"
    assert verdict(2, 200, 0.5, 2.1, ON) == "does not apply"  # it asks for nothing
    assert verdict(2, 200, math.inf, 2.1, ON) == "cannot be told"
    assert "stays above 1.38" in sentence(2, 200, 2.0, 2.1, ON)  # 0.6 ln 10


def test_what_never_was_below_a_constant_guess_is_not_called_followed():
    curve = {
        "step": [1, 2, 3, 4, 5],
        "train_loss": [0.7, 0.69, 0.6, 0.6, 0.6],
        "val_loss": [0.763, 0.77, 0.78, 0.79, 0.791],
    }
    facts = {"n_classes": 2, "curve": curve}
    assert verdict(2, 200, 0.6, 0.791, OFF, **facts) == "cannot be told"
    assert "never below a constant guess's" in sentence(2, 200, 0.6, 0.791, OFF, **facts)
    assert verdict(2, 200, 0.6, 0.791, OFF, n_classes=2) == "followed"


def test_what_cannot_be_told_is_not():
    untold = {"n_classes": None, "n_val": 200}
    assert verdict(1, 200, 100, 3300, OFF, **untold) == verdict(2, 200, 3000, 3300, OFF, **untold) == "cannot be told"
    assert verdict(1, 200, 100, 3300, OFF, constant_loss=5930, **untold) == "broken"
    assert verdict(2, 200, 5000, 5100, ON, constant_loss=5930, **untold) == "broken"
    curve = {"step": [1, 2, 3], "train_loss": [6000, 900, 100], "val_loss": [5900, 3000, 3300]}
    assert "3 % of the curve's first loss" in sentence(1, 200, 3200, 3300, OFF, curve=curve, **untold)
    assert verdict(1, 200, 100, 3300, OFF, curve=curve, **untold) == "broken"
    for number in (1, 2):  # accuracies
        assert verdict(number, 200, 99, 70, OFF) == "cannot be told"
        assert "99 and 70 are read as accuracies in percent" in sentence(number, 200, 99, 70, OFF)
    assert "needs the training rows." in sentence(3, None, 0.001, 0.45, ON)
    assert "needs the steps trained and the batch size." in sentence(3, 200, 0.1, 0.4, ON, steps=None, batch_size=None)


def test_clipping_is_named_beside_no_strength():
    said = sentence(0, 200, math.nan, math.nan, Settings(clip_norm=1.0))
    none = "No strength is above a light start: none is on"
    assert said == f"{none}; clip norm 1 bounds single steps, and is no strength."
    assert sentence(0, 200, 0.1, 0.2, OFF) == f"{none}."


def test_a_strength_of_nothing_but_stopping_and_clipping_is_no_strength():
    assert verdict(1, 200, 0.001, 0.45, Settings(patience=5, clip_norm=1.0)) == "broken"


# --- more data, less regularization


def test_more_data_less_regularization():
    assert verdict(3, 200, 0.001, 0.45, Settings(dropout=0.8)) == "followed"
    assert "200 rows were seen 160 times each" in sentence(3, 200, 0.001, 0.45, ON)
    assert verdict(3, 50_000, 0.001, 0.45, Settings(dropout=0.1), steps=100_000) == "followed"
    assert verdict(3, 50_000, 0.001, 0.45, Settings(dropout=0.5), steps=100_000) == "cannot be told"
    assert verdict(3, 1_000_000, 0.3, 0.32, Settings(dropout=0.1), steps=1000) == "broken"
    assert verdict(3, 1_000_000, 0.3, 0.32, Settings(weight_decay=0.1), steps=1000) == "followed"
    assert verdict(3, 200, 0.001, 0.45, ON, steps=None) == "cannot be told"


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 0.1, 0.2, OFF), {}, "n_train must be a whole number of at least 1, got 0"),
        ((200, -0.1, 0.2, OFF), {}, "train_loss must be a loss of 0 or more"),
        ((200, 0.1, 0.2, OFF), {"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ((200, 0.1, 0.2, OFF), {"n_classes": 1}, "n_classes must be a whole number of at least 2, got 1"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        check_guidelines(*arguments, **options)
