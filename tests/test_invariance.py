import dataclasses

import numpy as np
import pytest

from reglab import fit
from reglab.datasets import load
from reglab.experiments.invariance import accuracy_by_angle, accuracy_by_shift, label_safety
from reglab.settings import Settings, Training


@pytest.fixture(scope="module")
def run():
    """Networks trained without augmentation and with much of it."""
    stack = [Settings(learning_rate=3e-3), Settings(learning_rate=3e-3, augment=1.0)]
    return fit("digits", stack, Training(max_steps=300, eval_steps=2), n_train=200, seeds=3)


def test_unmoved_images_give_the_test_accuracy(run):
    for accuracies in (accuracy_by_angle(run, [0, 360]), accuracy_by_shift(run, [0])):
        np.testing.assert_allclose(accuracies[..., 0], run.kept("test_accuracy"))
        np.testing.assert_allclose(accuracies[..., -1], accuracies[..., 0])
    none = label_safety(run, 0.5, ["noise"])
    np.testing.assert_allclose(none.accuracy[0], run.kept("test_accuracy")[0])


def test_moved_images_are_moved_by_hand(run):
    data = load("digits")
    images = data.x_test.reshape(-1, 8, 8)

    def right(moved, setting):
        return (run.predict(moved.reshape(-1, 64)).argmax(axis=-1) == data.y_test).mean(axis=-1)[setting]

    quarter = accuracy_by_angle(run, [90])[..., 0]
    down, up = np.repeat(images[:, :1, :1], 8, axis=1).repeat(8, axis=2), images * 0 + images[:, :1, :1]
    down[:, 1:], up[:, :-1] = images[:, :-1], images[:, 1:]
    left, across = (np.array(images[:, :1, :1] + 0 * images) for _ in range(2))
    left[:, :, :-1], across[:, :, 1:] = images[:, :, 1:], images[:, :, :-1]
    shifted = accuracy_by_shift(run, [1 / 8])[..., 0]
    for k in range(2):
        turned = [right(np.rot90(images, turns, axes=(1, 2)), k) for turns in (1, -1)]
        np.testing.assert_allclose(quarter[k], np.mean(turned, axis=0))
        np.testing.assert_allclose(shifted[k], np.mean([right(m, k) for m in (down, up, left, across)], axis=0))


def test_what_augmentation_shows_is_learned_and_what_it_does_not_show_is_not(run):
    angles, shifts = accuracy_by_angle(run, [15, 90, 180]), accuracy_by_shift(run, [1 / 8])
    off, on = angles.mean(axis=1)
    assert on[0] > off[0] + 0.05
    assert abs(on[1] - off[1]) < 0.1
    assert (shifts[1] > shifts[0] + 0.2).all()


def test_half_turns_make_sixes_of_nines_and_back(run):
    safety = label_safety(run, 0.1, ["half_turn", "contrast"])
    assert safety.operations == ("none", "half_turn", "contrast")
    half = safety.confusion[1]
    assert (half[6].argmax(), half[9].argmax()) == (9, 6)
    assert half[6, 9] > 0.6
    assert half[0].argmax() == 0
    np.testing.assert_allclose(safety.confusion.sum(axis=-1), 1)
    share = np.bincount(load("digits").y_test) / len(load("digits").y_test)
    for confusion, accuracy in zip(safety.confusion, safety.accuracy, strict=True):
        assert (np.diag(confusion) * share).sum() == pytest.approx(accuracy.mean())
    assert safety.accuracy[2].mean() > 0.9 > 0.5 > safety.accuracy[1].mean()


def test_what_is_mostly_read_as_another_class_is_counted_by_hand(run):
    safety = label_safety(run, 0.3, ["half_turn", "brighten", "noise"])
    for operation, confusion in zip(safety.operations, safety.confusion, strict=True):
        other = np.where(np.eye(10, dtype=bool), 0, confusion)
        read = other.argmax(axis=1)
        mostly = {(a, b) for a, b in enumerate(read.tolist()) if other[a, b] > 0.5}
        said = safety.mostly_read(operation)
        assert {(a, b) for _, a, b in said} == mostly
        assert [share for share, *_ in said] == sorted((confusion[pair] for pair in mostly), reverse=True)
        becomes = [(a, b) for a, b in sorted(mostly) if confusion[b, b] < 0.5]
        assert safety.turned_into(operation) == becomes
    assert (6, 9) in safety.turned_into("half_turn")
    assert safety.mostly_read("none") == []
    made, merely = safety.mistaken()
    assert "half_turn" in made
    assert {*made, *merely} == {name for name in safety.operations if safety.mostly_read(name)}
    assert not any(safety.turned_into(name) for name in merely)
    with pytest.raises(ValueError, match="operation must be one of none, half_turn, brighten, noise, got 'zoom'"):
        safety.mostly_read("zoom")


def test_a_strength_is_for_what_has_one(run):
    weak, strong = (label_safety(run, s, ["half_turn", "shift"]) for s in (0.1, 1.0))
    np.testing.assert_array_equal(weak.confusion[:2], strong.confusion[:2])
    assert strong.accuracy[2].mean() < weak.accuracy[2].mean() - 0.3


def test_a_diverged_model_is_left_out(run):
    weights = run.kept_weights.copy()
    weights[0, 1] = np.nan
    lost = dataclasses.replace(run, kept_weights=weights)
    safety = label_safety(lost, 0.5, ["noise"])
    assert np.isnan(safety.accuracy[:, 1]).all()
    assert np.isfinite(safety.accuracy[:, [0, 2]]).all()
    np.testing.assert_allclose(safety.confusion.sum(axis=-1), 1)
    assert np.isnan(accuracy_by_shift(lost, [0, 0.1])).tolist() == [
        [[False] * 2, [True] * 2, [False] * 2],
        [[False] * 2] * 3,
    ]


def test_only_the_first_rows_if_asked(run):
    few = accuracy_by_angle(run, [30], rows=10)
    np.testing.assert_allclose(few * 20, np.rint(few * 20))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: label_safety(run, 2.0), r"strength must be in \[0, 1\], got 2.0"),
        (lambda run: label_safety(run, 0.5, ["melt"]), "operations must be among"),
        (lambda run: label_safety(run, 0.5, seed=-1), "seed must be a whole number of at least 0, got -1"),
        (
            lambda run: accuracy_by_angle(fit("wine", Settings(), Training(max_steps=1), n_train=20, seeds=1), [0]),
            "run must be of images, got wine, of tabular rows",
        ),
    ],
)
def test_bad_arguments_are_named(run, call, message):
    with pytest.raises(ValueError, match=message):
        call(run)
