"""What augmentation does to a small text classifier: paired by seed, and never to validation and test rows."""

import numpy as np
import pytest

from reglab import text_experiments
from reglab.settings import Training
from reglab.streams import generator
from reglab.text_augmentation import PROTECTED
from reglab.text_experiments import OPERATIONS, Plan, broken, compare, grown, vary
from reglab.text_task import load_text

SHORT = Training(hidden_sizes=(8,), max_steps=10, eval_steps=3)
HISTORY = ("train_loss", "val_loss", "test_loss", "train_accuracy", "val_accuracy", "test_accuracy")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_varies_a_sentence_and_repeats_itself(operation):
    sentence = "Please enter a valid date and the new password for this site."
    made = [vary(sentence, operation, 0.8, generator(seed, "test")) for seed in range(12)]
    assert len(set(made)) > 2
    assert made == [vary(sentence, operation, 0.8, generator(seed, "test")) for seed in range(12)]
    assert vary(sentence, operation, 0.0, generator(0, "test")) == sentence


def test_back_translation_is_told_what_to_protect(monkeypatch):
    forgetful = (lambda text, rng: text, lambda text, rng: text.replace("not ", ""))
    monkeypatch.setattr(text_experiments, "pair", lambda language: forgetful)
    assert vary("it is not good", "de", 1.0, generator(0, "test")) == "it is not good"
    assert vary("it is not good", "de", 1.0, generator(0, "test"), ("name",)) == "it is good"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"operation": "shuffle"}, "operation must be one of eda, synonyms, .*, got 'shuffle'"),
        ({"strength": 1.5}, r"strength must be in \[0, 1\], got 1.5"),
        ({"copies": 0}, "copies must be .* at least 1, got 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        Plan(**values)


def test_something_has_to_be_compared():
    with pytest.raises(ValueError, match="plans and seeds must hold at least one each, got 0 and 5"):
        compare("opinions", [])


def test_a_model_is_the_same_alone_and_among_others():
    plans = [Plan(), Plan("eda", 0.3), Plan("de", 0.5)]
    together = compare("definitions", plans, n_train=20, seeds=[0, 1], training=SHORT)
    for k, plan in enumerate(plans):
        alone = compare("definitions", [plan], n_train=20, seeds=[1], training=SHORT)
        for name in HISTORY:
            np.testing.assert_array_equal(getattr(alone, name)[0, 0], getattr(together, name)[k, 1])


def test_to_a_bag_of_words_a_swap_is_nothing():
    run = compare("definitions", [Plan(), Plan("swap", 0.5)], n_train=30, seeds=[0], training=SHORT)
    for name in HISTORY:
        np.testing.assert_array_equal(getattr(run, name)[0], getattr(run, name)[1])


def test_the_training_set_grows_and_its_first_rows_are_as_they_were():
    task = load_text("opinions")
    bags, y = text_experiments.bag_of_words(task.pool[:20], task.vocabulary), task.y[:20]
    x, labels = grown(task.pool[:20], bags, y, Plan("deletion", 0.3, copies=3), 0, task.vocabulary)
    assert x.shape == (80, len(task.vocabulary))
    assert (x[:20] == bags).all()
    assert labels.tolist() == y.tolist() * 4
    assert (x[20:].reshape(3, 20, -1) <= bags).all()  # deletion adds no word
    assert x[20:].sum() < 3 * bags.sum()
    same, _ = grown(task.pool[:20], bags, y, Plan(), 0, task.vocabulary)
    assert (same.reshape(5, 20, -1) == bags).all()


def test_progress_is_told_and_can_end_it():
    shares = []
    told = {"n_train": 20, "seeds": [0], "training": SHORT}
    compare("opinions", [Plan()], **told, progress=lambda share, run: shares.append(share))
    assert shares[-1] == 1

    def stop(share, run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare("opinions", [Plan()], **told, progress=stop)


def test_placeholders_break_without_their_protection_alone():
    for operation in ("eda", "synonyms", "deletion", "de"):
        assert broken(operation, 0.3)[0] == 0
    kept = tuple(kind for kind in PROTECTED if kind != "placeholder")
    lost, total = broken("deletion", 0.3, kept)
    assert total > 150
    assert lost > 0.2 * total


def test_protecting_negations_helps_where_they_carry_the_label():
    plans = [Plan("deletion", 0.3), Plan("deletion", 0.3, protect=("placeholder", "number", "name"))]
    loss = compare("opinions", plans, n_train=400, seeds=[0, 1]).kept("test_loss")
    assert (loss[1] > loss[0] + 0.02).all()
