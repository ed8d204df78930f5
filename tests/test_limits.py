"""The numbers of the advisor, each met from just inside and from just outside, in the words of what it means."""

import math

import numpy as np
import pytest

from reglab import recommend
from reglab.curves import Curve
from reglab.strategy import diagnose, entropy_of, shares_right, standard_error
from reglab.strategy.scale import _plain


def curve(train, val, step=None, unit="epoch", **more):
    step = range(1, len(val) + 1) if step is None else step
    columns = {"step": list(step), "train_loss": list(train), "val_loss": list(val)}
    return Curve({**columns, **{name: list(column) for name, column in more.items()}}, unit=unit)


def says(answer, words):
    return any(words in sentence for sentence in answer.why)


FALLING = curve([6.0, 2.0, 1.0, 0.5], [6.0, 2.2, 1.3, 1.0])


# --- the scale of a loss


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.84123, "0.841"), (999.4, "999"), (999.6, "1,000"), (1000.0, "1,000"), (1000.4, "1,000"), (-1000.4, "-1,000"),
        (9_999_999.0, "9,999,999"), (10_000_000.0, "1e+07"),
    ],
)  # fmt: skip
def test_a_loss_has_three_digits_or_those_before_its_point(loss, text):
    assert _plain(loss) == text


def test_from_twenty_thousand_classes_on_they_are_words():
    assert says(diagnose(FALLING, n_classes=20_000), "language model")
    assert not says(diagnose(FALLING, n_classes=19_999), "language model")


def test_a_million_classes_are_enough():
    assert entropy_of(np.ones(1_000_000)) == pytest.approx(6 * math.log(10))
    with pytest.raises(ValueError, match="class_shares must be how large each class is"):
        entropy_of(np.ones(1_000_001))


def test_a_first_loss_is_that_of_a_guess_among_a_thousand_classes_at_most_or_five_times_the_lowest():
    for first, lowest, far in ((6.9, 0.5, False), (7.1, 0.5, True), (9.9, 2.0, False), (10.1, 2.0, True)):
        told = diagnose(curve([first, 3.0, 1.0, 0.4], [first, 3.5, lowest, lowest]))
        assert says(told, "is far above its lowest") == far, first


def test_losses_beyond_one_and_a_half_of_a_standardised_guess_are_in_units_of_their_own():
    assert says(recommend(200, 0.01, 0.74), "a standardised target, 0.5")
    assert says(recommend(200, 0.01, 0.76), "in units of their own")
    assert says(recommend(200, 0.76, 0.01), "in units of their own")


# --- the noise of a validation loss


@pytest.mark.parametrize(
    ("told", "times"),
    [
        ({}, 1.2 * 0.5), ({"accuracy": 0.5}, 1.2 * 0.5),
        ({"accuracy": 0.59}, 1.2 * 0.5), ({"accuracy": 0.61}, math.sqrt(0.61 / 0.39) * 0.5),
        ({"accuracy": 1.0}, math.sqrt(99) * 0.5),  # as if one of the 100 rows were wrong
        ({"accuracy": 0.0}, 1.2 * 0.5),
        ({"train_loss": 0.8}, 1.2 * 0.8), ({"train_loss": 0.4}, 1.2 * 0.5),
        ({"train_loss": 0.8, "constant_loss": 0.6}, 1.2 * 0.6), ({"constant_loss": 0.0}, 1.2 * 0.5),
    ],
)  # fmt: skip
def test_the_noise_of_a_loss_is_the_spread_of_its_rows_over_their_root(told, times):
    assert standard_error(0.5, 100, **told) == pytest.approx(times / 10)


def test_the_noise_of_no_loss_is_none():
    assert standard_error(0, 1) == standard_error(0, 1, train_loss=0) == standard_error(0, 1, accuracy=0) == 0


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"val_loss": -0.01}, "val_loss"), ({"n_val": 0}, "n_val"), ({"train_loss": -0.01}, "train_loss"),
        ({"constant_loss": -0.01}, "constant_loss"),
        ({"accuracy": -0.01}, "accuracy"), ({"accuracy": 1.01}, "accuracy"),
    ],
)  # fmt: skip
def test_what_is_no_loss_has_no_noise(told, sentence):
    with pytest.raises(ValueError, match=f"{sentence} must be"):
        standard_error(**{"val_loss": 0.5, "n_val": 100, **told})


@pytest.mark.parametrize(
    ("column", "shares"),
    [
        ([0.5, 1.0], [0.5, 1.0]), ([0.5, 1.01], [0.005, 0.0101]), ([0.0, 100.0], [0.0, 1.0]),
        ([0.0, 1.0], [0.0, 1.0]), ([50.0, 100.5], [None, None]), ([-0.01, 0.5], [None, None]),
        ([math.nan, 0.5], [None, 0.5]), ([math.nan, math.inf], [None, None]),
    ],
)  # fmt: skip
def test_an_accuracy_of_1_is_all_rows_and_one_above_it_is_in_percent(column, shares):
    assert shares_right({"step": [1, 2], "val_accuracy": column}) == pytest.approx(shares)


def test_without_accuracies_no_share_is_known():
    assert shares_right({"step": [1, 2]}) == [None, None]
    for told in ({"val_accuracy": [0.5]}, {"step": [1], "val_accuracy": [0.5, 0.6]}, {"step": [[1]]}):
        with pytest.raises(ValueError, match="curve must have"):
            shares_right(told)


# --- what a curve counts


def in_units(unit, last, **told):
    """A run of four rows that ends at `last`, with 320 training rows in batches of 32: ten steps make a pass."""
    at = [last * share for share in (0.25, 0.5, 0.75, 1)]
    run = curve([2.0, 1.0, 0.5, 0.1], [2.0, 1.2, 0.8, 0.9], at, unit)
    return recommend(**{"n_train": 320, "curve": run, "n_classes": 10, "n_val": 400, "batch_size": 32, **told})


def test_steps_make_one_pass_at_least():
    assert not says(in_units("step", 10), "taken for an epoch")
    short = in_units("step", 9)
    assert says(short, "The last step, 9, is less than one pass over the data, 10 steps")
    assert short.steps == 90
    assert says(in_units("step", 10, n_train=321), "less than one pass")  # the last rows make a batch
    assert says(in_units("step", 9, batch_size=None), "less than one pass over the data, 10 steps")  # 32 are usual
    assert not says(in_units("step", 9, n_train=None), "less than one pass")


def test_steps_told_may_be_a_tenth_off_and_a_pass_off_in_epochs():
    for steps, off in ((110, False), (112, True), (90, False), (88, True)):
        assert says(in_units("step", 100, steps=steps), "told beside it") == off, steps
    for steps, off in ((90, False), (89, True), (110, False), (111, True)):
        assert says(in_units("epoch", 10, steps=steps), "told beside it") == off, steps


def test_times_are_in_steps_whatever_the_curve_counts():
    for told in (
        in_units("epoch", 8),
        in_units("epoch", 8, batch_size=None, steps=80),
        in_units("row", 8, steps=80),
        in_units("evaluation", 8, steps=80),
        in_units("step", 80),
    ):
        assert (told.steps, told.best_step) == (80, 60)
