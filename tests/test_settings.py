import dataclasses

import numpy as np
import pytest

from reglab.settings import Settings, Training, check_number, check_whole
from tests.refusals import refusal

STRENGTHS = {
    "dropout": "in [0, 1)",
    "input_dropout": "in [0, 1)",
    "drop_path_rate": "in [0, 1)",
    "label_smoothing": "in [0, 1)",
    "momentum": "in [0, 1)",
    "augment": "in [0, 1]",
    "input_noise": "a number from 0 up",
    "mixup_alpha": "a number from 0 up",
    "cutmix_alpha": "a number from 0 up",
    "switch_prob": "in [0, 1]",
    "weight_decay": "a number from 0 up",
    "l2": "a number from 0 up",
    "l1": "a number from 0 up",
    "clip_norm": "a number from 0 up",
    "clip_value": "a number from 0 up",
    "min_delta": "a number from 0 up",
    "learning_rate": "a number from 0 up",
}


def test_every_strength_is_tested_here():
    others = {"patience", "restore_best_weights"}
    assert {field.name for field in dataclasses.fields(Settings)} == STRENGTHS.keys() | others


@pytest.mark.parametrize(("name", "bounds"), STRENGTHS.items())
def test_a_strength_out_of_its_range_is_refused_by_name_range_and_value(name, bounds):
    wrong = [-0.1, float("nan"), float("inf"), "0.5", None, True]
    if "[0, 1" in bounds:
        wrong += [1.5]
    if bounds == "in [0, 1)":
        wrong += [1.0]
    for value in wrong:
        assert refusal(Settings, **{name: value}) == f"{name} must be {bounds}, got {value!r}"


@pytest.mark.parametrize(("name", "bounds"), STRENGTHS.items())
def test_a_strength_within_its_range_is_kept_as_given(name, bounds):
    for value in (0.25, np.float32(0.25), *([1.0] if bounds == "in [0, 1]" else []), *([] if "1" in bounds else [7])):
        assert getattr(Settings(**{name: value}), name) == value
    if name != "learning_rate":
        assert getattr(Settings(**{name: 0}), name) == 0


def test_all_regularization_is_off_by_default():
    settings = Settings()
    for name in STRENGTHS.keys() - {"learning_rate", "momentum", "switch_prob"}:
        assert getattr(settings, name) == 0
    assert settings.patience is None


def test_learning_rate_is_above_0():
    assert refusal(Settings, learning_rate=0) == "learning_rate must be above 0, got 0"


def test_dropout_takes_one_rate_per_layer():
    assert Settings(dropout=[0.2, 0.5]).dropout == (0.2, 0.5)
    assert refusal(Settings, dropout=(0.2, 1.0)) == "dropout must be in [0, 1), got 1.0"
    assert Settings(dropout=np.array([0.25, 0.5])).dropout == (0.25, 0.5)
    assert refusal(Settings, dropout=np.array([0.25, 1.5])) == "dropout must be in [0, 1), got 1.5"
    assert refusal(Settings, dropout=np.zeros((1, 2))) == "dropout must be in [0, 1), got array([0., 0.])"
    assert refusal(Settings, dropout=[0.5] * 1001) == "dropout must have at most 1000 rates, got more"


def test_numbers_of_numpy_are_taken_as_python_s_own():
    """An array without axes cannot be hashed, and code would have `np.float64` in it."""
    given = dict.fromkeys(STRENGTHS, np.array(0.25)) | {"patience": np.int64(3), "restore_best_weights": np.bool_(True)}
    settings = Settings(**given)
    kinds = {field.name: type(getattr(settings, field.name)) for field in dataclasses.fields(Settings)}
    assert kinds == {**dict.fromkeys(STRENGTHS, float), "patience": int, "restore_best_weights": bool}
    assert settings == Settings(**{**dict.fromkeys(STRENGTHS, 0.25), "patience": 3})
    assert hash(settings) == hash(dataclasses.replace(settings))
    rates = Settings(dropout=(np.array(0.25), np.float32(0.5))).dropout
    assert (rates, [type(rate) for rate in rates]) == ((0.25, 0.5), [float, float])
    network = Training(hidden_sizes=np.array([8, 8]), max_steps=np.array(5), batch_norm=np.bool_(False))
    assert repr(network) == repr(Training(hidden_sizes=(8, 8), max_steps=5))
    assert refusal(Settings, l2=np.array([0.5])) == "l2 must be a number from 0 up, got array([0.5])"


@pytest.mark.parametrize("patience", [0, -1, 1.5, True, "3"])
def test_patience_is_a_whole_number_from_1(patience):
    assert refusal(Settings, patience=patience) == f"patience must be a whole number of at least 1, got {patience!r}"


def test_settings_and_training_are_frozen_and_hashable():
    for value, name in ((Settings(dropout=[0.1, 0.2]), "l2"), (Training(hidden_sizes=[8]), "max_steps")):
        assert hash(value) == hash(dataclasses.replace(value))
        assert value == dataclasses.replace(value)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, 1)


@pytest.mark.parametrize("name", ["batch_size", "max_steps", "eval_steps"])
@pytest.mark.parametrize("value", [0, -3, 2.0, True, None])
def test_training_takes_whole_numbers_from_1(name, value):
    assert refusal(Training, **{name: value}) == f"{name} must be a whole number of at least 1, got {value!r}"


def test_training_refuses_an_empty_layer_and_an_unknown_optimizer():
    assert refusal(Training, hidden_sizes=(8, 0)) == "hidden_sizes must be a whole number of at least 1, got 0"
    assert refusal(Training, optimizer="rmsprop") == "optimizer must be one of sgd, adam, adamw, got 'rmsprop'"
    assert Training(hidden_sizes=[]).hidden_sizes == ()


@pytest.mark.parametrize("name", ["residual", "batch_norm", "restore_best_weights"])
@pytest.mark.parametrize("value", ["no", 0, 1.0, None, np.array([True])])
def test_a_switch_is_true_or_false(name, value):
    make = Settings if name == "restore_best_weights" else Training
    assert refusal(make, **{name: value}) == f"{name} must be True or False, got {value!r}"
    assert getattr(make(**{name: np.True_}), name)


def test_batch_norm_needs_two_rows():
    assert refusal(Training, batch_norm=True, batch_size=1) == "batch_size must be at least 2 with batch norm, got 1"
    assert Training(batch_norm=True, batch_size=2).batch_norm
    assert Training(batch_size=1).batch_size == 1


def test_numbers_beyond_those_of_training_are_refused():
    assert refusal(Settings, l2=10**400).startswith("l2 must be a number from 0 up, got 1000")
    assert refusal(Settings, learning_rate=1e39) == "learning_rate must be at most 3.40282e+38, got 1e+39"
    assert refusal(Settings, patience=2**63).startswith("patience must be at most ")


def test_counts_that_would_hang_or_fill_the_memory_are_refused():
    assert refusal(Training, max_steps=10**9) == "max_steps must be at most 5000000, got 1000000000"
    assert refusal(Training, eval_steps=10**9) == "eval_steps must be at most 1000000, got 1000000000"
    assert refusal(Training, hidden_sizes=(10**9,)) == "hidden_sizes must be at most 1000000, got 1000000000"
    for sizes in (64, None, "64", {"a": 1}):
        assert refusal(Training, hidden_sizes=sizes) == f"hidden_sizes must be a sequence, got {sizes!r}"


def test_residual_layers_have_one_size():
    expected = "hidden_sizes must all be equal in a residual network, got (8, 9)"
    assert refusal(Training, hidden_sizes=(8, 9), residual=True) == expected
    assert Training(hidden_sizes=(8, 8, 8), residual=True).residual


def test_checks_accept_their_bounds():
    check_number("x", 0, 0, 1)
    check_number("x", 1, 0, 1)
    check_number("x", np.float32(0.5), 0, 1, high_open=True)
    check_number("x", 1e300, 0)
    check_whole("n", 1, 1)
    check_whole("n", np.int64(5), 1)
