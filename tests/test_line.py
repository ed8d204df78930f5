"""The line runs as `PLACES` has it: an entry is called where it stands, and in its order."""

import itertools

import numpy as np
import pytest

from reglab.engine import line
from reglab.engine.line import NAMES, PLACES, functions
from reglab.engine.train import fit
from reglab.settings import Settings, Training

# All of a place's entries on, so strongly that which of two acts first changes every weight.
ALL_ON = Settings(
    augment=1.0, input_noise=0.5, mixup_alpha=1.0, cutmix_alpha=1.0, switch_prob=0.5, label_smoothing=0.2,
    input_dropout=0.3, dropout=0.3, drop_path_rate=0.3, l2=0.5, clip_value=0.02, clip_norm=0.1, weight_decay=3.0,
    l1=0.1, learning_rate=0.01,
)  # fmt: skip
HOW = {"training": Training(hidden_sizes=(8, 8), residual=True, max_steps=6, eval_steps=2), "n_train": 40, "seeds": 1}
PAIRS = [(place, pair) for place, entries in PLACES.items() for pair in itertools.pairwise(entries)]
# Which of the two is taken in a batch is drawn, and each draws from a stream of its own: their order is free.
FREE = [("mixup_alpha", "cutmix_alpha"), ("input_dropout", "dropout")]


@pytest.mark.parametrize(("place", "pair"), PAIRS, ids=str)
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
        found = functions({name: print})
        assert [n for entries in found.values() for n, f in entries.items() if f is print] == [name]
    with pytest.raises(ValueError, match=r"replace must name techniques among .*dropout.*, got dropuot"):
        functions({"dropuot": print})
