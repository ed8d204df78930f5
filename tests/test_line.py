"""The line runs as `PLACES` has it: an entry is called where it stands, and in its order."""

import itertools

import numpy as np
import pytest

from reglab.datasets import load
from reglab.engine import line
from reglab.engine.line import CLIPPING, NAMES, PLACES, functions
from reglab.engine.network import Parameters
from reglab.engine.train import fit
from reglab.experiments.combinations import GRID, TECHNIQUES
from reglab.settings import Settings, Training
from reglab.streams import generator

# All of a place's entries on, so strongly that which of two acts first changes every weight.
ALL_ON = Settings(**{name: GRID[name][-1] for name in TECHNIQUES if name != "patience"}, learning_rate=0.01)
HOW = {"training": Training(hidden_sizes=(8, 8), residual=True, max_steps=6, eval_steps=2), "n_train": 40, "seeds": 1}
PAIRS = [(place, pair) for place, entries in PLACES.items() for pair in itertools.pairwise(entries)]
# Which of the two is taken in a batch is drawn, and each draws from a stream of its own: their order is free.
FREE = [("mixup_alpha", "cutmix_alpha"), ("input_dropout", "dropout")]


@pytest.mark.parametrize(("place", "pair"), PAIRS)
def test_swapping_two_entries_changes_the_result(place, pair, monkeypatch):
    before = fit("digits", ALL_ON, **HOW).kept_weights
    names = list(PLACES[place])
    at = names.index(pair[0])
    names[at : at + 2] = reversed(pair)
    monkeypatch.setitem(line.PLACES, place, {name: PLACES[place][name] for name in names})
    after = fit("digits", ALL_ON, **HOW).kept_weights
    assert (after != before).any() == (pair not in FREE)


def test_an_entry_that_is_added_is_called_where_it_stands(monkeypatch):
    seen = []

    def spy(gradient, net, value, rngs):
        seen.append((value.shape, len(rngs), np.abs(gradient.flat).max()))
        gradient.flat[:] = 0

    entries = PLACES["gradient"]
    monkeypatch.setitem(line.PLACES, "gradient", {"l2": entries["l2"], "l1": spy, "clip_norm": entries["clip_norm"]})
    monkeypatch.setitem(line.PLACES, "weights", {"learning_rate": PLACES["weights"]["learning_rate"]})
    run = fit("digits", Settings(l1=0.1, clip_norm=1.0, l2=0.1), Training(max_steps=3, optimizer="sgd"), n_train=40)
    assert len(seen) == 3
    assert {(shape, count) for shape, count, _ in seen} == {((5, 1), 5)}
    assert seen[0][2] > 0
    assert (run.kept("clipped") == 0).all()  # what stood after it saw a gradient of zeros


def test_every_entry_can_be_replaced_and_no_other():
    assert len(NAMES) == len(set(NAMES))
    for name in NAMES:
        replaced = functions({name: print})
        assert [n for entries in replaced.values() for n, f in entries.items() if f is print] == [name]
    with pytest.raises(ValueError, match=r"replace must name techniques among .*dropout.*, got dropuot"):
        functions({"dropuot": print})


def test_nothing_acts_on_the_gradient_after_clipping():
    """Or the norm that a run records would be that of before clipping in some stacks, and of after it in others."""
    assert tuple(PLACES["gradient"])[-len(CLIPPING) :] == CLIPPING


@pytest.mark.parametrize(("entry", "size"), [("clip_value", 0.6), ("clip_norm", 1.0)])
def test_what_is_clipped_is_told_where_a_limit_is_on_and_passed(entry, size):
    limits = np.array([[0.0, 0.5, 0.9 * size, 1.1 * size]], np.float32)  # off, and below and above what is there
    net = Parameters((1, 1), limits.shape)
    net.flat[:] = [0.6, -0.8] if entry == "clip_norm" else [0.6, -0.2]
    assert PLACES["gradient"][entry](net, net, limits, []).tolist() == [[False, True, True, False]]
    assert np.abs(net.flat[0, 1]).max() <= 0.5
    np.testing.assert_array_equal(net.flat[0, 0], net.flat[0, 3])


@pytest.mark.parametrize(("entry", "gradient", "limit"), [("clip_value", [0.5, -0.25], 0.5), ("clip_norm", [3, -4], 5)])
def test_a_gradient_that_just_meets_the_limit_is_not_clipped(entry, gradient, limit):
    net = Parameters((1, 1), (1, 1))
    net.flat[:] = gradient
    assert not PLACES["gradient"][entry](net, net, np.array([[limit]], np.float32), []).any()
    assert net.flat[0, 0].tolist() == gradient


def test_a_model_without_augmentation_sees_the_batch_as_it_is_beside_those_with_it():
    x, y = load("digits").x[None, None, :4], np.zeros((1, 1, 4, 10))
    how = ([generator(0, "augment")], (8, 8, 1))
    some, _ = line.augment(x, y, np.array([[0.0, 0.5]]), *how)
    np.testing.assert_array_equal(some[0, 0], x[0, 0])
    assert (some[0, 1] != x[0, 0]).any()
    every, _ = line.augment(x, y, np.array([[0.5, 0.5]]), [generator(0, "augment")], (8, 8, 1))
    np.testing.assert_array_equal(every[0, 1], some[0, 1])


def test_only_models_with_augmentation_are_moved(monkeypatch):
    """The others cost nothing; where all have it, nothing is picked out or copied."""
    seen = []
    monkeypatch.setattr(line.image_augmentation, "_augment", lambda x, m, *_: seen.append((x, m.tolist())) or x)
    x, y = np.ones((1, 2, 3, 64), np.float32), np.zeros((1, 2, 3, 10))
    out, _ = line.augment(x, y, np.array([[0.0, 0.5]]), [], (8, 8, 1))
    assert [(batch.shape, m) for batch, m in seen] == [((1, 1, 3, 64), [[0.5]])]
    assert out.shape == x.shape
    assert line.augment(x, y, np.array([[0.25, 0.5]]), [], (8, 8, 1))[0] is x
    assert seen[1][1] == [[0.25, 0.5]]
