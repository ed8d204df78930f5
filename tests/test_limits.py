"""The numbers of the advisor, each met from just inside and from just outside, in the words of what it means."""

import dataclasses
import math

import numpy as np
import pytest

from reglab import Settings, recommend
from reglab.curves import Curve
from reglab.strategy import coupled_decay, diagnose, entropy_of, is_error_rate, shares_right, standard_error
from reglab.strategy.accuracies import (
    _are_accuracies,
    _are_errors,
    _as_accuracies,
    _curve_of_accuracies,
    _look_like_accuracies,
    _may_be_accuracies,
    _may_be_percentages,
    _name_of_accuracies,
)
from reglab.strategy.apart import _name_of_turn, _rise_from_the_start, _sentence, _times_apart
from reglab.strategy.changes import _blurring
from reglab.strategy.log import _Log
from reglab.strategy.reading import _late_fall, _lost, _numbers, _read_log, _shares
from reglab.strategy.scale import _plain
from reglab.strategy.training_mode import _hard, _mode_sentences


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


def test_shares_are_of_two_classes_at_least():
    assert entropy_of([3, 1, 0]) == pytest.approx(entropy_of([0.75, 0.25]))
    for shares in ([1], [1, 0], [1, -1, 1], [[1, 1], [1, 1]], []):
        with pytest.raises(ValueError, match="class_shares must be how large each class is"):
            entropy_of(shares)


def test_a_first_loss_is_that_of_a_guess_among_a_thousand_classes_at_most_or_five_times_the_lowest():
    for first, lowest, far in ((6.9, 0.5, False), (7.1, 0.5, True), (9.9, 2.0, False), (10.1, 2.0, True)):
        diagnosis = diagnose(curve([first, 3.0, 1.0, 0.4], [first, 3.5, lowest, lowest]))
        assert says(diagnosis, "is far above its lowest") == far, first


def test_losses_beyond_one_and_a_half_of_a_standardised_guess_are_in_units_of_their_own():
    assert says(recommend(200, 0.01, 0.74), "a standardised target, 0.5")
    assert says(recommend(200, 0.01, 0.76), "in units of their own")
    assert says(recommend(200, 0.76, 0.01), "in units of their own")


def test_an_error_rate_is_a_share_of_rows():
    for last, rate in ((0.0, True), (1.0, True), (1.01, False), (-0.01, False)):
        columns = {"step": [1, 2], "train_loss": [0.5, 0.2], "val_loss": [0.5, last]}
        assert is_error_rate(Curve(columns, measure="error")) == rate
        assert not is_error_rate(Curve(columns))


def test_a_late_log_is_held_against_the_largest_loss_of_its_ends():
    for train, val, largest in (
        ([1.0, 0.9, 0.8, 0.1], [0.9, 0.85, 0.8, 0.7], "60 % of the largest loss of the curve's ends, 1."),
        ([0.6, 0.5, 0.4, 0.1], [0.9, 0.85, 0.8, 0.7], "67 % of the largest loss of the curve's ends, 0.9."),
        ([math.nan, 0.9, 0.8, 0.1], [math.nan, 0.8, 0.8, 0.7], "67 % of the largest loss of the curve's ends, 0.9."),
    ):
        assert says(diagnose(curve(train, val, range(5, 9)), n_val=4000), largest)
    assert diagnose(curve([0.0] * 4, [0.0] * 4, range(5, 9)), n_val=4000).name == "good"  # there is none


def test_a_loss_holds_more_where_its_rows_are_right_and_it_is_above_six_tenths_of_a_guess():
    def holds_more(end, right, **facts):
        run = curve([2.3, 2.0, 1.8, end], [2.3, 2.1, 1.9, end + 0.1], train_accuracy=[0.1, 0.3, 0.5, right])
        return says(diagnose(run, **{**TEN, **facts}), "it holds a penalty or another term")

    for end, right, more in ((1.39, 0.8, True), (1.37, 0.8, False), (1.5, 0.74, True), (1.5, 0.72, False)):
        assert holds_more(end, right) == more, (end, right)  # .6 ln 10 is 1.38; of ten classes .27 may be wrong
    assert holds_more(1.5, 1.0)
    run = curve([2.3, 2.0, 1.8, 1.5], [2.3, 2.1, 1.9, 1.6], train_accuracy=[10, 30, 50, 74])
    assert says(diagnose(run, **TEN), "26 % of the training rows are wrong, and the training loss is 1.5")
    run = curve([2.3, 2.0, 1.8, 1.5], [2.3, 2.1, 1.9, 1.6], train_accuracy=[10, 30, 74, math.nan])
    assert says(diagnose(run, **TEN), "26 % of the training rows are wrong")
    assert not says(diagnose(run, n_val=4000, constant_loss=2.3), "another term")  # nobody told the classes


def test_a_loss_holds_more_where_it_fell_by_a_third_and_is_above_one_and_a_half_of_a_guess():
    def holds_more(first, end, last=None):
        train = [first, 4.0, end + 0.1, end, last or end]
        return says(diagnose(curve(train, train), **TEN), "and is still above a constant guess's, 2.3")

    for first, end, more in ((8.0, 3.47, True), (8.0, 3.43, False), (5.0, 3.47, True), (4.9, 3.47, False)):
        assert holds_more(first, end) == more, (first, end)  # 1.5 ln 10 is 3.45; 3.47 is 69 or 71 % of the first
    for last, settled in ((3.8, True), (3.9, False)):  # a tenth above its lowest
        assert holds_more(8.0, 3.5, last) == settled, last


# --- the noise of a validation loss


@pytest.mark.parametrize(
    ("facts", "times"),
    [
        ({}, 1.2 * 0.5), ({"accuracy": 0.5}, 1.2 * 0.5),
        ({"accuracy": 0.59}, 1.2 * 0.5), ({"accuracy": 0.61}, math.sqrt(0.61 / 0.39) * 0.5),
        ({"accuracy": 1.0}, math.sqrt(99) * 0.5),  # as if one of the 100 rows were wrong
        ({"accuracy": 0.0}, 1.2 * 0.5),
        ({"train_loss": 0.8}, 1.2 * 0.8), ({"train_loss": 0.4}, 1.2 * 0.5),
        ({"train_loss": 0.8, "constant_loss": 0.6}, 1.2 * 0.6), ({"constant_loss": 0.0}, 1.2 * 0.5),
    ],
)  # fmt: skip
def test_the_noise_of_a_loss_is_the_spread_of_its_rows_over_their_root(facts, times):
    assert standard_error(0.5, 100, **facts) == pytest.approx(times / 10)


def test_the_noise_of_no_loss_is_none():
    assert standard_error(0, 1) == standard_error(0, 1, train_loss=0) == standard_error(0, 1, accuracy=0) == 0


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"val_loss": -0.01}, "val_loss"), ({"n_val": 0}, "n_val"), ({"train_loss": -0.01}, "train_loss"),
        ({"constant_loss": -0.01}, "constant_loss"),
        ({"accuracy": -0.01}, "accuracy"), ({"accuracy": 1.01}, "accuracy"),
    ],
)  # fmt: skip
def test_what_is_no_loss_has_no_noise(facts, sentence):
    with pytest.raises(ValueError, match=f"{sentence} must be"):
        standard_error(**{"val_loss": 0.5, "n_val": 100, **facts})


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
    known = [value for value in shares if value is not None]
    read = _shares(np.array(column))
    assert read[np.isfinite(read)].tolist() == pytest.approx(known)


def test_without_accuracies_no_share_is_known():
    assert shares_right({"step": [1, math.nan], "val_accuracy": [0.5, 0.6]}) == [0.5, 0.6]  # whatever the steps are
    assert shares_right({"step": [1, 2]}) == [None, None]
    for columns in ({"val_accuracy": [0.5]}, {"step": [1], "val_accuracy": [0.5, 0.6]}, {"step": [[1]]}):
        with pytest.raises(ValueError, match="curve must have"):
            shares_right(columns)


# --- what a curve counts


def in_units(unit, last, **facts):
    """A run of four rows that ends at `last`, with 320 training rows in batches of 32: ten steps make a pass."""
    at = [last * share for share in (0.25, 0.5, 0.75, 1)]
    run = curve([2.0, 1.0, 0.5, 0.1], [2.0, 1.2, 0.8, 0.9], at, unit)
    return recommend(**{"n_train": 320, "curve": run, "n_classes": 10, "n_val": 400, "batch_size": 32, **facts})


def test_steps_make_one_pass_at_least():
    assert not says(in_units("step", 10), "taken for an epoch")
    short = in_units("step", 9)
    assert says(short, "The last step, 9, is less than one pass over the data, 10 steps")
    assert short.steps == 90
    assert says(in_units("step", 10, n_train=321), "less than one pass")  # the last rows make a batch
    assert says(in_units("step", 9, batch_size=None), "less than one pass over the data, 10 steps")  # 32 are usual
    for last in (9, 0.5):
        assert not says(in_units("step", last, n_train=None), "less than one pass")


def test_steps_told_may_be_a_tenth_off_and_a_pass_off_in_epochs():
    for steps, off in ((110, False), (112, True), (90, False), (88, True)):
        assert says(in_units("step", 100, steps=steps), "told beside it") == off, steps
    for steps, off in ((90, False), (89, True), (110, False), (111, True)):
        assert says(in_units("epoch", 10, steps=steps), "told beside it") == off, steps


def test_times_are_in_steps_whatever_the_curve_counts():
    for advice in (
        in_units("epoch", 8),
        in_units("epoch", 8, batch_size=None, steps=80),
        in_units("row", 8, steps=80),
        in_units("evaluation", 8, steps=80),
        in_units("step", 80),
    ):
        assert (advice.steps, advice.best_step) == (80, 60)


# --- how a curve is read


TEN = {"n_classes": 10, "n_val": 4000}
EPOCHS = 12


def settling(val_ends, train_ends=(0.4, 0.4, 0.4), rows=EPOCHS):
    """A curve of so many rows, of which the last three are given."""
    before = np.geomspace(2.3, 0.5, rows - 3)
    return curve([*before, *train_ends], [*before, *val_ends])


def test_a_last_loss_stands_alone_a_quarter_above_the_middle_of_three_in_a_curve_of_eight_rows():
    for last, alone in ((0.62, False), (0.64, True)):
        assert says(diagnose(settling([0.5, 0.5, last]), **TEN), "stands alone") == alone, last
    for rows, alone in ((7, False), (8, True)):
        assert says(diagnose(settling([0.5, 0.5, 0.7], rows=rows), **TEN), "stands alone") == alone, rows
    for before, alone in ((0.54, True), (0.56, False)):  # from a tenth on it has begun to rise
        assert says(diagnose(settling([0.5, before, 0.9]), **TEN), "stands alone") == alone, before
    for train, alone in ((0.43, True), (0.45, False)):  # nor where the training loss has risen by a tenth with it
        assert says(diagnose(settling([0.5, 0.5, 0.7], [0.4, 0.4, train]), **TEN), "stands alone") == alone, train


def test_losses_told_beside_a_curve_may_be_rounded():
    run = curve([2.0, 1.0, 0.6, 0.5], [2.0, 1.2, 1.1, 1.0])
    for train, val, apart in ((0.509, 1.0, False), (0.511, 1.0, True), (0.5, 0.981, False), (0.5, 0.979, True)):
        advice = recommend(200, train, val, curve=run, batch_size=32, **TEN)
        assert says(advice, "told beside it") == apart, (train, val)  # by 2 % of the loss
    run = curve([2.0, 1.0, 0.2, 0.1], [2.0, 1.2, 1.1, 1.0])
    for train, apart in ((0.104, False), (0.106, True)):  # or by .005
        assert says(recommend(200, train, 1.0, curve=run, batch_size=32, **TEN), "told beside it") == apart


def test_a_loss_a_little_below_0_is_one_of_dice_and_one_below_minus_1_is_not():
    for least, words in ((-1.0, "-1, the least of a Dice loss"), (-1.01, "the lowest, -1.01")):
        assert says(diagnose(curve([0.5, -0.5, least], [0.5, -0.4, -0.4])), words)
    assert not says(diagnose(curve([0.5, 0.1, 0.0], [0.5, 0.4, 0.4])), "below 0")


def test_a_curve_has_a_hundred_thousand_rows_at_most():
    assert len(_numbers("step", range(100_000))) == 100_000
    with pytest.raises(ValueError, match="curve must have at most 100000 rows, got 100001"):
        _numbers("step", range(100_001))


def test_a_log_that_begins_late_begins_at_its_fourth_evaluation():
    for first, late in ((3, False), (4, True)):
        steps = range(first, first + 5)
        diagnosis = diagnose(curve([1.0, 0.9, 0.8, 0.7, 0.6], [1.0, 0.9, 0.85, 0.8, 0.8], steps))
        assert says(diagnosis, f"the log begins late, at {first}") == late, first
    assert says(diagnose(curve([1.0, 0.9], [1.0, 0.95], [4, 5])), "the log begins late, at 4")


def test_a_first_accuracy_or_loss_of_a_run_that_has_learnt_says_no_scale():
    losses = [1.0, 0.9, 0.8, 0.7], [1.0, 0.9, 0.85, 0.8]
    for first, learnt in ((0.69, False), (0.71, True)):
        for whole in (1, 100):
            column = [whole * share for share in (first, 0.8, 0.9, 0.95)]
            for name in ("train_accuracy", "val_accuracy"):
                diagnosis = diagnose(curve(*losses, **{name: column}))
                assert says(diagnosis, f"the first accuracy, {100 * first:.0f} %, is already high") == learnt
    for first, low in ((0.31, False), (0.29, True)):
        diagnosis = diagnose(curve([first, 0.2, 0.1], [0.2, 0.2, 0.2]))
        assert says(diagnosis, "is far below that of guessing among two classes") == low, first


def test_a_share_of_1_is_no_percentage():
    run = [1.0, 0.9, 0.8, 0.7], [1.0, 0.9, 0.85, 0.8]
    assert says(diagnose(curve(*run, val_accuracy=[0.75, 0.8, 0.9, 1.0])), "the first accuracy, 75 %")
    assert not says(diagnose(curve(*run, val_accuracy=[0.75, 0.8, 0.9, 1.01])), "the first accuracy")
    frozen = curve(*run, val_accuracy=[1.0] * 4)
    assert not says(diagnose(frozen), "is guessed always")
    assert diagnose(accuracies([0.5, 0.8, 1.0, 1.0]), **TEN).name == "good"
    assert diagnose(accuracies([0.5, 0.8, 1.01, 1.01]), **TEN).name == "underfit"  # one row of a hundred is right


def accuracies(val, train=None):
    columns = {"step": list(range(1, len(val) + 1)), "val_accuracy": list(val)}
    return Curve(columns | ({} if train is None else {"train_accuracy": list(train)}), unit="epoch")


def test_five_equal_validation_accuracies_are_those_of_one_class():
    def always(right, learnt, rows=5):
        losses = [2.0, 1.9, 1.8, 1.7, 1.6][:rows], [2.0, 1.95, 1.9, 1.9, 1.85][:rows]
        run = curve(*losses, val_accuracy=[right] * rows, train_accuracy=learnt[:rows])
        return says(diagnose(run, **TEN), "is guessed always")

    still = [0.5, 0.5, 0.5, 0.5, 0.5]
    assert always(0.5, still)
    assert not always(0.5, still, rows=4)
    assert always(0.95, [0.95] * 5)
    assert not always(0.96, [0.96] * 5)  # all but all rows are right: that is a success
    assert always(0.5, [0.1, 0.5, 0.504, 0.5, 0.5])
    assert not always(0.5, [0.1, 0.5, 0.506, 0.5, 0.5])  # the training rows moved
    assert always(0.5, [0.1, 0.549, 0.549, 0.549, 0.549])
    assert not always(0.5, [0.1, 0.551, 0.551, 0.551, 0.551])  # or are learnt better
    assert not always(0.5, [0.1, 0.549, 0.549, 0.549, 0.552])
    assert not always(0.5, [*[math.nan] * 4, 0.551])
    assert always(0.5, [math.nan] * 5)


def test_an_accuracy_falls_by_five_points_and_three_standard_errors():
    def lost(best, last, n_val, learnt=0.9):
        columns = {"val_accuracy": [0.3, best, last], "train_accuracy": [0.3, learnt, 1.0]}
        return _lost({name: np.array(column) for name, column in columns.items()}, n_val)

    assert lost(0.8, 0.751, 10**6) == 0
    assert lost(0.8, 0.749, 10**6) == pytest.approx(5.1)
    assert lost(0.64, 0.5, 100) == 0  # a standard error is five points
    assert lost(0.66, 0.5, 100) == pytest.approx(16)
    assert lost(80, 74.9, 10**6, 90) == pytest.approx(5.1)
    assert lost(100, 94.9, 10**6, 90) == pytest.approx(5.1)
    assert lost(100.5, 80, 10**6, 90) == lost(80, -0.5, 10**6, 90) == 0  # which are no accuracies
    assert lost(0.8, 0.5, 10**6, learnt=1.0) == 0  # nothing was left to learn
    assert lost(0.8, 0.5, None) == 0
    assert _lost({"val_accuracy": np.full(2, math.nan), "train_accuracy": np.full(2, 0.5)}, 100) == 0
    assert _lost({"train_accuracy": np.full(2, 0.5)}, 100) == _lost({"val_accuracy": np.array([0.8, 0.2])}, 100) == 0


# --- what a log of losses says before it is judged


def log_of(**facts):
    return _Log(**{"train": 0.5, "val": 0.6, "constant": 2.0, "n_val": 1000, "steps": 100.0, **facts})


def test_three_evaluations_that_still_fall_are_few_and_a_tenth_is_steep():
    def few_of(**changes):
        return log_of(**{"evaluations": 3, "last_fell": 0.05, "last_lowest": True, **changes})

    for evaluations, few in ((3, True), (4, False)):
        assert few_of(evaluations=evaluations).few == few
    for changes in ({"last_fell": 0.0}, {"last_lowest": False}, {"val": math.nan}, {"train": math.inf}):
        assert not few_of(**changes).few
    for fell, early in ((0.09, False), (0.11, True)):
        assert few_of(last_fell=fell).early == early
    assert not few_of(evaluations=4, last_fell=0.2).early


def test_a_loss_has_settled_a_tenth_above_its_lowest():
    for end, settled in ((0.54, True), (0.56, False)):
        assert log_of(low=0.5, end=end).settled == settled
    assert log_of(low=None, end=0.9).settled
    assert log_of(low=0.5, end=None).settled


def test_without_a_curve_a_loss_has_risen_from_that_of_a_guess_that_was_told():
    assert log_of(val=3.0).rise == 1.5
    assert log_of(val=1.9).rise == 1.0
    assert log_of(val=3.0, scale="assumed").rise == log_of(val=3.0, best_step=10.0).rise == 1.0
    assert log_of(val=3.0, rose=1.2).rise == 1.2


def test_a_validation_loss_alone_is_broken_where_the_training_loss_fell():
    assert log_of(val=math.nan, fell=0.1).val_broken
    assert not log_of(val=math.nan, fell=0.0).val_broken
    assert not log_of(val=0.6, fell=0.1).val_broken
    assert not log_of(val=math.nan, train=math.nan, fell=0.1).val_broken


def test_without_the_rows_their_noise_is_that_of_two_hundred():
    assert log_of(n_val=None).error == log_of(n_val=200).error == pytest.approx(1.2 * 0.6 / math.sqrt(200))


def test_five_evaluations_never_below_a_guess_have_no_signal():
    for rows, low, speaks in ((5, 2.0, True), (4, 2.0, False), (5, 1.99, False), (5, 2.1, True), (5, None, False)):
        assert bool(log_of(rows=rows, best_val=low).no_signal) == speaks, (rows, low)
    for facts in ({"scale": "curve"}, {"accuracies": True}):
        assert not log_of(rows=5, best_val=2.1, **facts).no_signal
    for train, slow in ((1.93, False), (1.95, True)):  # 3 % of a guess's loss is learnt, or not
        assert ("learning rate" in log_of(train=train, rows=5, best_val=2.1).no_signal) == slow
    assert "is 0.5 at all 7 evaluations" in log_of(frozen=0.5, rows=7).no_signal
    assert "is 0 at all 7 evaluations" in log_of(frozen=0.0, rows=7).no_signal


def test_what_is_not_known_of_a_log_is_none_or_nothing():
    log = log_of()
    assert (log.gap, log.rise, log.error > 0) == (pytest.approx(0.1), 1.0, True)
    assert not any([log.classes, log.few, log.early, log.val_broken, log.no_signal])
    assert log.settled
    assert log_of(n_classes=2).classes
    nothing = dataclasses.replace(log, **dict.fromkeys(("train", "val", "constant", "n_val", "steps"), 0))
    known = {name for name, value in dataclasses.asdict(nothing).items() if value}
    assert known == {"scale", "guess", "unit", "in_steps", "runs", "read_as"}
    assert log.runs == 1


# --- a training loss that was taken in training mode


def test_a_loss_below_the_least_on_smoothed_labels_was_taken_on_hard_ones():
    least = 0.95 * -math.log(0.95) + 0.05 * -math.log(0.05)  # of two classes, a tenth shared between them
    for under, known in ((0.0009, True), (0.0011, False)):
        assert np.isfinite(_hard(np.array([least - under]), 0.1, 2))[0] == known
    assert _hard(np.array([least]), 0.1, 2) == pytest.approx(-math.log(0.95), abs=1e-4)
    smoothed = 0.95 * 1.0 + 0.05 * -math.log(1 - math.exp(-1.0))  # all rows at a probability of 1/e
    assert _hard(np.array([smoothed]), 0.1, 2) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("facts", "doubts", "words"),
    [
        ({"training_mode": True, "blurred": ("dropout",)}, 2, "in training mode (dropout on)"),
        ({"training_mode": True}, 2, "(dropout, augmentation or soft labels on)"),
        ({"training_mode": None, "blurred": ("input_noise", "dropout")}, 1, "The run had input noise and dropout on"),
        ({"training_mode": None}, 0, ""), ({"training_mode": False, "blurred": ("dropout",)}, 0, ""),
    ],
)  # fmt: skip
def test_training_mode_is_doubted_more_where_it_is_known(facts, doubts, words):
    for name, lasts in (("mild overfit", True), ("good", False)):
        number, sentences = _mode_sentences(log_of(**facts), name)
        assert number == doubts
        assert words in "".join(sentences)
        assert any("what overfits in spite of it does" in sentence for sentence in sentences) == (lasts and doubts > 0)


def test_without_any_validation_loss_the_training_loss_tells_whether_it_fell():
    for train, alone in (([1.0, 0.5], True), ([1.0, 1.2], False), ([1.0, 0.5, 1.2], False), ([1.0, 2.0, 1.2], False)):
        diagnosis = diagnose(curve(train, [math.nan] * len(train)), **TEN)
        assert (diagnosis.name, diagnosis.confidence == "low") == ("diverging", alone), train
    assert diagnose(curve([0.0, 0.1], [math.nan] * 2), **TEN).confidence == "high"  # it rose from nothing


def test_the_best_step_lies_where_the_loss_is_near_its_lowest_and_between_those_of_the_runs():
    steps = [100, 200, 300, 400, 500, 1000]

    def span(val, **columns):
        return _read_log(None, None, curve(val, val, steps, "step", **columns)).best_range

    assert span([2.0, 1.09, 1.0, 1.09, 1.11, 2.0]) == (200, 400)  # a tenth above it is near
    assert span([2.0, 1.09, 1.0, 1.09, 1.11, 2.0], best_step=[100, 900]) == (100, 900)
    assert span([2.0, 1.09, 1.0, 1.09, 1.11, 2.0], best_step=[300, 310]) == (200, 400)


def test_nothing_was_best_before_the_first_evaluation_after_the_start():
    log = _read_log(None, None, curve([1.0, 1.1, 1.2], [1.0, 1.2, 1.3], [0, 100, 200], "step"))
    assert (log.best_step, log.best_range, log.steps, log.best_count) == (100, (100, 100), 200, 0)
    start = _read_log(None, None, curve([1.0], [1.0], [0], "step"))
    assert (start.best_step, start.steps) == (1, 1)


def test_steps_that_rise_by_one_in_five_rows_may_be_epochs():
    for steps, by_ones in (([3, 4, 5, 6, 7], True), ([3, 4, 5, 6], False), ([3, 4, 5, 6, 8], False)):
        log = _read_log(None, None, curve([1.0] * len(steps), [1.0] * len(steps), steps, "step"))
        assert log.by_ones == by_ones
        assert not log.certain
    assert _read_log(None, None, Curve(dict(FALLING), certain=True)).certain
    plain = _read_log(None, None, dict(FALLING))
    assert (plain.certain, plain.unit, plain.in_steps) == (False, "step", True)


def test_a_curve_of_eight_rows_is_read_by_medians_of_three():
    losses = [1.0, 0.9, 0.1, 0.8, 0.7, 0.6, 0.5, 0.4]
    few, many = (_read_log(None, None, curve(losses[:rows], losses[:rows])) for rows in (7, 8))
    assert (few.low, few.end, few.cost, few.rose) == (0.1, 0.5, pytest.approx(0.4), 5)
    assert (many.low, many.end, many.cost, many.rose) == (0.5, 0.5, 0, 1)
    assert (few.fell, many.fell, few.val_fell, many.val_fell) == pytest.approx((0.5, 0.5, 0.9, 0.5))


def test_a_loss_and_an_accuracy_are_best_far_apart_at_half_and_twice_the_time():
    def says_so(*highest, top=0.6):
        val = [1.0 if epoch == 10 else 2.0 for epoch in range(1, 41)]
        right = [top if epoch in highest else 0.5 for epoch in range(1, 41)]
        return says(diagnose(curve(val, val, val_accuracy=right), **TEN), "decides which weights to keep")

    assert [epoch for epoch in range(1, 41) if says_so(epoch)] == [*range(1, 5), *range(21, 41)]
    assert not says_so(4, 12)  # the nearer one counts
    assert says_so(4, 30)
    assert not says_so(4, 10)


def test_a_high_first_loss_is_no_rise_and_what_is_missing_was_not_learnt():
    for train, peak in (([9.0, 2.0, 1.0], 0), ([1.0, 9.0, 2.0, 1.0], 9), ([1.0, 3.0, 2.0, 4.0, 1.0], 4)):
        assert _read_log(None, None, curve(train, [2.0] * len(train))).peak == peak
    for train, share in ((0.25, 0.75), (2.0, 0), (math.nan, 0)):
        assert _read_log(None, None, curve([1.5, train, 0.5], [2.0, 1.0, 1.5])).known == share
    none = _read_log(None, None, curve([math.nan] * 3, [2.0, 1.0, 1.5]))
    assert (none.fell, none.peak, none.low, none.end) == (0, 0, None, None)


# --- the advice as a change


@pytest.mark.parametrize(
    ("decay", "momentum", "coupled"), [(0.1, 0.0, 0.1), (0.1, 0.9, 0.01), (0.0, 0.9, 0.0), (0.1, 0.999, 1e-4)]
)
def test_a_coupled_decay_is_what_momentum_leaves_of_it(decay, momentum, coupled):
    assert coupled_decay(decay, momentum) == pytest.approx(coupled)


@pytest.mark.parametrize(("decay", "momentum"), [(-0.01, 0.9), (0.1, 1.0), (0.1, -0.01)])
def test_a_decay_below_0_or_a_momentum_of_1_has_no_coupled_one(decay, momentum):
    with pytest.raises(ValueError, match="must be"):
        coupled_decay(decay, momentum)


BLURS = Settings(
    dropout=(0.0, 0.2), input_dropout=0.1, drop_path_rate=0.1, input_noise=0.1, augment=0.1, mixup_alpha=0.1,
    cutmix_alpha=0.1, label_smoothing=0.1,
)  # fmt: skip


def test_what_is_off_in_evaluation_blurs_a_training_loss_and_a_penalty_does_not():
    on = {name for name, value in dataclasses.asdict(BLURS).items() if value != getattr(Settings(), name)}
    assert set(_blurring(BLURS)) == on
    assert len(on) == 8
    assert _blurring(Settings(weight_decay=0.1, l2=0.1, l1=0.1, clip_norm=1.0, dropout=(0.0, 0.0))) == ()
    assert _blurring(None) == ()


def changed(now, run, **more):
    facts = {"n_classes": 10, "n_val": 400, "batch_size": 32, "task": "image", **more}
    advice = recommend(500, curve=run, current=now, **facts)
    return advice, {change.field: change.sentence for change in advice.changes}


STRONG = curve(np.geomspace(2.3, 0.1, 20), [*np.geomspace(2.3, 0.6, 5), *np.linspace(0.6, 1.1, 15)])
HEART = curve(np.geomspace(2.3, 0.001, 20), STRONG["val_loss"])
MILD = curve(np.geomspace(2.3, 0.35, 20), [*np.geomspace(2.3, 0.6, 11), *np.linspace(0.6, 0.65, 9)])


def test_a_change_is_written_with_what_was_and_what_is_to_be():
    _, mild = changed(Settings(dropout=(0.2, 0.5), augment=0.5, learning_rate=0.01), MILD, learning_rate=0.01)
    assert mild["dropout"].startswith("Dropout: 0.2, 0.5 -> off. ")
    assert mild["augment"].startswith("Keep augment 0.5. ")
    assert mild["weight_decay"].startswith("Weight decay: off -> ")
    assert not {"learning_rate", "l2", "l1", "input_dropout"} & mild.keys()
    assert list(mild) == [name for name in dataclasses.asdict(Settings()) if name in mild]
    _, same = changed(Settings(patience=9), MILD)
    assert same["patience"].startswith("Keep patience 9. ")


def test_a_patience_stays_but_where_it_may_have_cut_the_run_short():
    advice, _ = changed(Settings(patience=9), STRONG)
    assert (advice.diagnosis, advice.settings.patience) == ("strong overfit", 9)
    assert 9 in advice.ranges["patience"]
    under = curve(np.geomspace(2.3, 2.2, 20), np.geomspace(2.3, 2.21, 20))
    advice, _ = changed(Settings(patience=9), under)
    assert advice.diagnosis == "underfit"
    assert advice.settings.patience != 9


def test_dropout_gives_way_to_the_decay_where_the_overfit_is_mild_and_stays_where_it_is_strong():
    had = Settings(dropout=0.3, input_dropout=0.1, drop_path_rate=0.1, l1=1e-4)
    mild, said = changed(had, MILD)
    assert (mild.settings.dropout, mild.settings.input_dropout, mild.settings.drop_path_rate) == (0, 0, 0)
    assert "The decay takes its place" in said["dropout"]
    assert "It was on, and stays." in said["l1"]
    strong, said = changed(had, STRONG)
    assert (strong.settings.dropout, strong.settings.input_dropout, strong.settings.drop_path_rate) == (0.3, 0.1, 0.1)
    assert "It stays while so much is learnt by heart" in said["dropout"]
    assert "It was on, and stays." in said["input_dropout"]
    for kind, measured in (("dense", True), ("transformer", False)):  # no other network stands in the benchmark
        for run in (MILD, STRONG):
            advice, _ = changed(Settings(dropout=0.3), run, architecture=kind, task="tabular", learning_rate=1e-4)
            (source,) = {reason.source for reason in advice.reasons if reason.field == "dropout"}
            assert ("benchmark's grid" in source) == measured, (kind, run)


def test_a_coupled_decay_gives_way_to_the_decoupled_one_and_a_clip_stays():
    had = Settings(l2=1e-3, clip_norm=2.0)
    for run in (MILD, STRONG):
        advice, said = changed(had, run)
        assert (advice.settings.l2, advice.settings.clip_norm) == (0, 2.0)
        assert "The decoupled decay takes its place." in said["l2"]
        assert "It was on, and stays." in said["clip_norm"]


def test_smoothing_is_weaker_where_the_loss_counts_and_stays_where_it_is_weaker_yet():
    strong, said = changed(Settings(label_smoothing=0.3), HEART)
    assert 0 < strong.settings.label_smoothing < 0.1
    assert "Where the loss counts, smoothing is weaker" in said["label_smoothing"]
    assert strong.ranges["label_smoothing"][0] <= strong.settings.label_smoothing
    by_accuracy, said = changed(Settings(label_smoothing=0.3), HEART, objective="accuracy")
    assert "It is already at least what is advised, and stays." in said["label_smoothing"]
    assert by_accuracy.ranges["label_smoothing"][1] == 0.3
    raised, said = changed(Settings(label_smoothing=0.001), HEART)
    assert raised.settings.label_smoothing > 0.001
    assert said["label_smoothing"].startswith("Label smoothing: 0.001 -> ")
    assert "stays" not in said["label_smoothing"]


def test_an_underfit_loses_its_strengths_and_not_its_clip():
    under = curve(np.geomspace(2.3, 2.2, 20), np.geomspace(2.3, 2.21, 20))
    advice, said = changed(Settings(augment=0.2, l1=1e-4, clip_norm=2.0), under)
    assert (advice.settings.augment, advice.settings.l1, advice.settings.clip_norm) == (0, 0, 2.0)
    assert "where the training set is not learnt, regularization does not help" in said["augment"]


# --- losses on other scales


def times_apart(train, val, constant=None):
    return _times_apart({"train_loss": np.array(train), "val_loss": np.array(val)}, constant)


@pytest.mark.parametrize(
    ("ratios", "apart"),
    [
        ([8.1, 8.1, 8.1, 8.1], True), ([7.9, 8.1, 8.1, 8.1], False),
        ([9.0, 4.1, 4.1, 4.1], True), ([9.0, 3.9, 3.9, 3.9], False),  # by their median
        ([9.0, 5.0, 5.0, 2.1], True), ([9.0, 5.0, 5.0, 1.9], False),  # and at their least
    ],
)  # fmt: skip
def test_a_training_loss_is_on_another_scale_from_eight_times_the_validation_loss_on(ratios, apart):
    assert times_apart(ratios, [1.0] * 4) == pytest.approx(1 / ratios[0] if apart else 0)


@pytest.mark.parametrize(
    ("train", "val", "apart"),
    [
        ([1.0, 0.5], [8.1, 4.1], True), ([1.0, 0.5], [7.9, 4.1], False),
        ([1.0, 1.0, 0.5], [8.1, 4.1, 4.1], True), ([1.0, 1.0, 0.5], [8.1, 3.9, 4.1], False),  # four times throughout
        ([1.0, 0.79], [8.1, 4.1], True), ([1.0, 0.81], [8.1, 4.1], False),  # both fall by a fifth
        ([1.0, 0.5], [8.1, 6.4], True), ([1.0, 0.5], [8.1, 6.6], False),
        ([0.31, 0.1], [2.8, 1.4], True), ([0.29, 0.1], [2.8, 1.4], False),  # what has learnt something has a gap
        ([0.2, 0.1], [6.1, 3.0], True), ([0.2, 0.1], [5.9, 3.0], False),  # but none of thirty times
    ],
)  # fmt: skip
def test_a_validation_loss_is_on_another_scale_where_both_fall_and_it_is_eight_times_the_training_loss(
    train, val, apart
):
    assert times_apart(train, val) == pytest.approx(val[0] / train[0] if apart else 0)


def test_where_a_guess_was_told_the_smaller_loss_begins_near_it():
    for first, apart in ((1.06, True), (1.04, False)):  # .3 of 3.5 is 1.05
        assert bool(times_apart([first, 0.5], [10.0, 5.0], 3.5)) == apart


def test_scales_are_told_by_two_rows_and_nine_of_ten():
    assert times_apart([1.0], [9.0]) == 0
    gaps = [math.nan, 0.0]
    assert times_apart([1.0, *gaps[:1], *[0.5] * 8], [9.0, *[4.5] * 9]) == 9
    for column in (gaps, gaps[::-1]):
        assert times_apart([1.0, *column, *[0.5] * 7], [9.0, *[4.5] * 9]) == 0
        assert times_apart([1.0, *[0.5] * 9], [9.0, *column, *[4.5] * 7]) == 0


def test_losses_rise_from_the_start_by_a_twentieth_in_seven_rows_of_ten():
    def rises(column):
        column = np.array(column)
        both = _rise_from_the_start(column, column)
        falls = np.linspace(2.0, 1.0, len(column))
        assert not _rise_from_the_start(column, falls)
        assert not _rise_from_the_start(falls, column)
        return both

    assert rises([1.0, 1.1, 1.2, 1.3])
    assert not rises([1.0, 1.1, 1.2])
    assert rises([1.0, 1.02, 1.04, 1.06])
    assert not rises([1.0, 1.02, 1.04, 1.05])  # .05 of 1.05 is more
    assert not rises([1.0, 0.99, 1.2, 1.3])
    assert rises([1.0, 1.5, 1.4, 1.6, 1.5, 1.7, 1.6, 1.8, 1.9, 2.0, 2.1])  # three of ten fall
    assert not rises([1.0, 1.5, 1.4, 1.6, 1.5, 1.7, 1.6, 1.8, 1.9, 1.8, 2.1])


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"rose": 1.81}, "severe overfit"), ({"rose": 1.79}, "strong overfit"), ({"rose": 1.21}, "strong overfit"),
        ({"rose": 1.19}, "mild overfit"), ({"rose": 1.06}, "mild overfit"), ({"rose": 1.04}, "good"),
        ({"val_fell": 0.029}, "underfit"), ({"val_fell": 0.031}, "good"),
        ({"fall": 0.016}, "compute-limited"), ({"fall": 0.014}, "good"),  # .025 of .6 is .015
    ],
)  # fmt: skip
def test_a_turn_alone_is_named_by_how_far_it_rose_and_fell(facts, name):
    assert _name_of_turn(log_of(**{"rose": 1.0, "val_fell": 0.5, **facts}))[0] == name


def test_the_larger_of_two_scales_is_named_first():
    assert _sentence(log_of(apart=9.0)).startswith("The validation loss is 9 times the training loss")
    assert _sentence(log_of(apart=0.1)).startswith("The training loss is 10 times the validation loss")


# --- accuracies, and what was typed as losses and is none


def of_ten(train, val, **facts):
    return log_of(**{"train": train, "val": val, "constant": 2.3, "n_classes": 10, "guess_right": 0.1, **facts})


@pytest.mark.parametrize(
    ("train", "val", "facts", "divisor"),
    [
        (20.1, 15.0, {}, 100), (19.9, 15.0, {}, 0), (100.0, 15.0, {}, 100), (100.1, 15.0, {}, 0), (30.0, 30.0, {}, 0),
        (31.0, 15.0, {"constant": 20.0}, 100), (29.0, 15.0, {"constant": 20.0}, 0),  # 1.5 times a guess's loss
        (50.0, 40.0, {"training_mode": True}, 0), (50.0, 40.0, {"n_classes": None}, 0),
        (0.95, 0.877, {}, 1), (0.95, 0.879, {}, 0),  # two standard errors of .036
        (0.949, 0.5, {}, 0), (1.0, 0.5, {}, 1), (1.01, 0.5, {}, 0),
    ],
)  # fmt: skip
def test_accuracies_typed_as_losses_are_20_percent_or_95_of_100(train, val, facts, divisor):
    log = of_ten(train, val, **facts)
    assert _are_accuracies(log, True, False) == divisor
    assert _are_accuracies(log, False, False) == 0  # their losses fell


@pytest.mark.parametrize(
    ("train", "val", "facts", "divisor"),
    [
        (21.0, 30.0, {}, 100), (19.9, 30.0, {}, 0), (21.0, 100.0, {}, 100), (21.0, 100.1, {}, 0),
        (31.0, 40.0, {"constant": 20.0}, 100), (29.0, 40.0, {"constant": 20.0}, 0),
        (21.0, 30.0, {"training_mode": True}, 100), (21.0, 30.0, {"n_classes": None}, 0),
    ],
)  # fmt: skip
def test_two_numbers_above_20_without_a_curve_are_accuracies_whichever_is_larger(train, val, facts, divisor):
    assert _are_accuracies(of_ten(train, val, **facts), False, True) == divisor
    if divisor:
        assert _are_accuracies(of_ten(train, val, **facts), True, False) == 0


@pytest.mark.parametrize(
    ("train", "val", "facts", "errors"),
    [
        (5.0, 20.0, {}, True), (5.0, 100.0, {}, True), (5.0, 100.1, {}, False), (12.0, 12.0, {}, False),
        (19.9, 30.0, {}, True), (20.0, 30.0, {}, False), (5.0, 30.0, {"n_classes": None}, False),
        (5.25, 20.0, {}, True), (5.25, 12.0, {}, False), (5.2, 12.0, {}, True), (5.2, 12.25, {}, False),
        (5.0, 10.0, {}, True), (5.0, 9.9, {}, False),
        (5.0, 12.1, {"constant": 4.0}, True), (5.0, 11.9, {"constant": 4.0}, False),  # three times a guess's loss
    ],
)  # fmt: skip
def test_error_rates_typed_as_losses_are_10_percent_with_one_decimal_or_20(train, val, facts, errors):
    assert _are_errors(of_ten(train, val, **facts), None) == errors


def test_error_rates_have_at_most_two_decimals_and_one_wrong_row_at_least():
    assert _are_errors(of_ten(0.01, 30.0), None)
    assert not _are_errors(of_ten(0.001, 30.0), None)
    for n_train, possible in ((499, False), (500, True)):  # of 499 rows, 0.1 % is less than half a row
        assert _are_errors(of_ten(0.1, 30.0), n_train) == possible
    assert _are_errors(of_ten(0.0, 30.0), 10)


@pytest.mark.parametrize(
    ("train", "val", "facts", "guess", "columns", "alike"),
    [
        (0.9, 0.9, {}, 0.5, [], True), (0.88, 0.95, {}, 0.5, [], False), (0.95, 0.88, {}, 0.5, [], False),
        (0.9, 1.0, {}, 0.5, [], True), (0.9, 1.01, {}, 0.5, [], False),
        (0.93, 0.93, {}, 0.92, [], True), (0.91, 0.93, {}, 0.92, [], False),
        (0.9, 0.9, {"training_mode": True}, 0.5, [], False), (0.9, 0.9, {"n_classes": None}, 0.5, [], False),
        (0.9, 0.9, {}, 0.5, [[0.95, 0.932]], True), (0.9, 0.9, {}, 0.5, [[0.95, 0.93]], False),  # fell by 2 %
        (0.9, 0.9, {"n_classes": None}, 0.5, [[0.9, 0.919]], True),
        (0.9, 0.9, {"n_classes": None}, 0.5, [[0.9, 0.917]], False),  # rose by 2 %
        (0.9, 0.9, {}, 0.5, [[0.95]], False), (0.9, 0.9, {}, 0.5, [[0.95, math.nan, 0.95]], True),
        (0.9, 0.9, {}, 0.5, [[-0.1, 0.95]], False), (0.9, 0.9, {}, 0.5, [[0.0, 0.95]], True),
        (0.9, 0.9, {}, 0.5, [[0.9, 1.01, 0.99]], False), (0.9, 0.9, {}, 0.5, [[0.9, 1.0, 0.99]], True),
    ],
)  # fmt: skip
def test_losses_of_nine_tenths_that_do_not_fall_are_probably_accuracies(train, val, facts, guess, columns, alike):
    log = of_ten(train, val, **facts)
    assert _look_like_accuracies(log, guess, [np.array(column) for column in columns]) == alike


@pytest.mark.parametrize(
    ("train", "val", "facts", "may"),
    [
        (0.9, 0.5, {}, True), (0.89, 0.5, {}, False), (1.0, 0.5, {}, True), (1.01, 0.5, {}, False),
        (20.0, 5.0, {}, True), (19.9, 5.0, {}, False), (100.0, 5.0, {}, True), (100.1, 5.0, {}, False),
        (0.95, 0.95, {}, False),
    ],
)  # fmt: skip
def test_what_may_be_accuracies_as_well_is_asked(train, val, facts, may):
    assert _may_be_accuracies(of_ten(train, val, **facts)) == may


@pytest.mark.parametrize(
    ("train", "val", "facts", "may"),
    [  # a guess's loss is 1
        (0.5, 1.6, {}, True), (0.5, 1.5, {}, False), (1.6, 0.5, {}, True),
        (0.55, 1.6, {}, False), (0.5, 1.65, {}, False),
        (0.55, 10.0, {}, True), (0.55, 9.95, {}, False),
        (5.0, 100.0, {}, True), (5.0, 100.1, {}, False), (-0.1, 5.0, {}, False), (5.0, 5.0, {"n_classes": None}, False),
        (5.0, 9.0, {"accuracies": True}, False),
        (0.55, 1.65, {"evaluations": 3, "best_val": 1.51}, True),
        (0.5, 9.0, {"evaluations": 3, "best_val": 1.5}, False),
        (0.5, 9.0, {"evaluations": 3, "best_val": None}, False),
    ],
)  # fmt: skip
def test_losses_far_above_a_guess_may_be_percentages(train, val, facts, may):
    assert _may_be_percentages(of_ten(train, val, **{"constant": 1.0, **facts})) == may


NOT_KNOWN = math.nan


@pytest.mark.parametrize(
    ("train", "val", "facts", "name"),
    [
        # Of ten classes a guess is wrong in .9 of the rows; the noise of .8 of 10,000 is .004.
        (0.45, 0.45, {}, "underfit"), (0.47, 0.47, {}, "good"),  # wrong in .6 of that
        (0.45, 0.32, {}, "underfit"), (0.45, 0.31, {}, "strong overfit"),  # with a gap of .15 of that
        (0.8, 0.807, {}, "good"), (0.8, 0.809, {}, "validation below train"),
        (0.8, 0.8, {"fall": 0.0079}, "good"), (0.8, 0.8, {"fall": 0.0081}, "compute-limited"),
        (0.9, 0.68, {"fall": 0.05}, "compute-limited"), (0.9, 0.67, {"fall": 0.05}, "strong overfit"),  # a quarter
        (0.979, 0.95, {"fall": 0.05}, "compute-limited"), (0.981, 0.95, {"fall": 0.05}, "mild overfit"),
        (0.8079, 0.8, {}, "good"), (0.8081, 0.8, {}, "mild overfit"),
        (0.8, 0.8, {"best_val": 0.8079}, "good"), (0.8, 0.8, {"best_val": 0.8081}, "mild overfit"),
        (0.56, 0.105, {}, "severe overfit"), (0.54, 0.105, {}, "strong overfit"), (0.56, 0.107, {}, "strong overfit"),
        (0.9, 0.791, {}, "strong overfit"), (0.9, 0.793, {}, "mild overfit"),  # .12 of a guess's errors
        (0.82, 0.7, {"n_val": 50, "best_val": 0.9}, "mild overfit"),  # twice the noise is .13
        (0.84, 0.7, {"n_val": 50, "best_val": 0.9}, "strong overfit"),
        (0.9, 0.7, {"n_val": 40}, "too noisy"), (0.93, 0.7, {"n_val": 40}, "strong overfit"),  # three times .072
        (0.5, 0.7, {"n_val": 40}, "too noisy"), (0.8, 0.7, {"n_val": 43}, "good"), (0.75, 0.7, {"n_val": None}, "good"),
        (0.9997, 1.0, {}, "validation below train"), (0.9999, 1.0, {}, "good"),  # one row of 10,000, its root
        (NOT_KNOWN, 0.105, {}, "underfit"), (NOT_KNOWN, 0.107, {}, "good"),
        (NOT_KNOWN, 0.105, {"guess_right": None}, "good"),
        (NOT_KNOWN, 0.8, {"best_val": 0.8119}, "good"), (NOT_KNOWN, 0.8, {"best_val": 0.8121}, "mild overfit"),
        (NOT_KNOWN, 0.8, {"fall": 0.0079}, "good"), (NOT_KNOWN, 0.8, {"fall": 0.0081}, "compute-limited"),
        (0.72, 0.72, {"guess_right": None}, "good"), (0.69, 0.69, {"guess_right": None}, "underfit"),
    ],
)  # fmt: skip
def test_accuracies_are_named_by_their_noise_and_the_errors_of_a_guess(train, val, facts, name):
    log = of_ten(train, val, **{"accuracies": True, "n_val": 10_000, **facts})
    assert _name_of_accuracies(log)[0] == name


def test_how_far_accuracies_fell_is_said_beyond_their_noise():
    for best, said in ((0.8079, False), (0.8081, True)):
        log = of_ten(0.9, 0.8, accuracies=True, n_val=10_000, best_val=best)
        assert ("it fell by" in _name_of_accuracies(log)[1]) == said
    untold = of_ten(0.7, 0.7, accuracies=True, n_val=None)
    assert "within the noise of 200 validation rows" in _name_of_accuracies(untold)[1]


def test_two_accuracies_are_said_as_they_were_typed():
    logs = [_as_accuracies(of_ten(90.0, 80.0), 100.0), _as_accuracies(of_ten(0.9, 0.8), 1.0)]
    logs.append(_as_accuracies(of_ten(10.0, 20.0), 100.0, errors=True))
    for log in logs:
        assert (log.train, log.val, log.best_val) == pytest.approx((0.9, 0.8, 0.8))
    rows = "90 % of the training rows and 80 % of the validation rows are right."
    assert [log.said[-1] for log in logs] == [
        f"90 and 80 are read as accuracies in percent: {rows}",
        f"0.9 and 0.8 are read as accuracies: {rows}",
        f"10 and 20 are read as error rates in percent: {rows} If they are losses, give the curve.",
    ]
    below = _as_accuracies(of_ten(30.0, 40.0), 100.0)
    assert below.said[-1].endswith("are right. If they are error rates, give 70 and 60.")
    assert "give" not in _as_accuracies(of_ten(0.3, 0.4), 1.0).said[-1]
    assert "worse than a constant guess" in _as_accuracies(of_ten(0.95, 0.93), 1.0, True).said[-1]


def test_the_last_tenth_of_a_run_is_held_against_the_rows_from_six_tenths_to_three_quarters():
    count = np.arange(1.0, 21.0)
    column = 1 - count**2 / 1000
    late, before = np.mean([18**2, 19**2, 20**2]) / 1000, np.mean([12**2, 13**2, 14**2, 15**2]) / 1000
    assert _late_fall(count, column) == pytest.approx(late - before)
    read = {"step": count, "val_accuracy": 1 - column, "train_accuracy": np.full(20, 0.5)}
    shown = _curve_of_accuracies(log_of(), count, read)
    assert shown.fall == pytest.approx(late - before)
    assert (shown.train, shown.val, shown.best_val, shown.best_step) == (0.5, 0.4, 0.4, 20)
    for missing in ([0, 1, 17], range(11, 15), range(17, 20)):
        holes = column.copy()
        holes[list(missing)] = math.nan
        finite = np.isfinite(holes)
        late, before = holes[17:][finite[17:]], holes[11:15][finite[11:15]]
        fall = before.mean() - late.mean() if len(late) and len(before) else 0
        assert _late_fall(count, holes) == pytest.approx(fall)
        assert _curve_of_accuracies(log_of(), count, {**read, "val_accuracy": 1 - holes}).fall == pytest.approx(fall)


@pytest.mark.parametrize(
    ("val", "refused"),
    [
        ([0.0, 100.0], False),
        ([0.0, 100.1], True),
        ([-0.01, 0.5], True),
        ([math.nan, 0.5], False),
        ([math.nan] * 2, True),
    ],
)
def test_what_is_no_accuracy_makes_no_curve(val, refused):
    read = {"step": np.array([1.0, 2.0]), "val_accuracy": np.array(val)}
    if refused:
        with pytest.raises(ValueError, match="val_accuracy"):
            _curve_of_accuracies(log_of(), read["step"], read)
    else:
        assert _curve_of_accuracies(log_of(), read["step"], read).evaluations == np.isfinite(val).sum()
