"""What augmentation does to a small text classifier: paired by seed, and never to validation and test rows."""

import dataclasses

import numpy as np
import pytest

from reglab import text_experiments
from reglab.engine.train import fit
from reglab.experiments.text_experiments import (
    OPERATIONS,
    Plan,
    broken,
    compare,
    grown,
    negations_lost,
    variants,
    vary,
)
from reglab.settings import Training
from reglab.streams import generator
from reglab.text.text_task import bag_of_words, load_text, rows, stacked
from reglab.text_augmentation import PROTECTED, survival

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


def test_plans_with_other_numbers_of_copies_are_trained_side_by_side():
    plans = [Plan("eda", 0.3, copies=1), Plan("eda", 0.3, copies=2), Plan("swap", 0.3, copies=1)]
    shares, how = [], {"n_train": 20, "training": SHORT}
    together = compare("opinions", plans, **how, seeds=[3, 4], progress=lambda share, run: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for k, plan in enumerate(plans):
        alone = compare("opinions", [plan], **how, seeds=[4])
        for name in HISTORY:
            np.testing.assert_array_equal(getattr(alone, name)[0, 0], getattr(together, name)[k, 1])


def test_it_trains_as_fit_does_on_each_set_alone():
    task, plan = load_text("definitions"), Plan("deletion", 0.5, copies=2)
    run = compare("definitions", [Plan(), plan], n_train=20, seeds=[1, 6], training=SHORT)
    train, val = rows(task, 6, 20, text_experiments.N_VAL)
    sentences = [task.pool[i] for i in train]
    x, y = grown(sentences, bag_of_words(sentences, task.vocabulary), task.y[train], plan, 6, task.vocabulary)
    how = {"n_train": 60, "n_val": len(val), "seeds": [6]}
    alone = fit(stacked(task, 6, x, y, val), text_experiments.BASE, SHORT, **how)
    for name in HISTORY:
        np.testing.assert_allclose(run.kept(name)[1, 1], alone.kept(name)[0, 0], rtol=1e-5)
    np.testing.assert_allclose(run.val_loss[1, 1], alone.val_loss[0, 0], rtol=1e-5)
    assert np.isnan(run.test_loss[..., :-1]).all()  # the test rows are looked at once
    for name in ("loss", 0.5):
        with pytest.raises(ValueError, match="name must be one of train_loss, "):
            run.kept(name)


def test_a_model_that_diverges_has_no_test_loss():
    wild = dataclasses.replace(text_experiments.BASE, learning_rate=1e6)
    task = load_text("opinions")
    part = fit(
        stacked(task, 0, np.zeros((9, len(task.vocabulary)), np.float32), task.y[:9], np.arange(5)),
        wild,
        SHORT,
        n_train=9,
        n_val=5,
        seeds=[0],
    )
    part.kept_weights[:] = 0  # of before it diverged
    part.diverged[:] = True
    assert np.isnan(text_experiments._tested(part, task)).all()
    run = compare("opinions", [Plan()], n_train=20, seeds=[0], training=SHORT, settings=wild)
    assert run.diverged.all()
    assert np.isnan(run.kept("test_loss")).all()
    assert np.isnan(run.kept("test_accuracy")).all()


def test_each_variant_has_a_random_stream_of_its_own():
    task, plan = load_text("opinions"), Plan("eda", 0.4, copies=2)
    sentences = task.pool[:8]
    bags = bag_of_words(sentences, task.vocabulary)
    streams = generator(5, "text augmentation").spawn(16)
    made = [vary(text, "eda", 0.4, rng) for text, rng in zip([*sentences] * 2, streams, strict=True)]
    for _ in range(2):
        x, _ = grown(sentences, bags, task.y[:8], plan, 5, task.vocabulary)
        assert (x[8:] == bag_of_words(made, task.vocabulary)).all()


def test_to_a_bag_of_words_a_swap_is_nothing():
    run = compare("definitions", [Plan(), Plan("swap", 0.5)], n_train=30, seeds=[0], training=SHORT)
    for name in HISTORY:
        np.testing.assert_array_equal(getattr(run, name)[0], getattr(run, name)[1])


def test_the_training_set_grows_and_its_first_rows_are_as_they_were():
    task = load_text("opinions")
    bags, y = bag_of_words(task.pool[:20], task.vocabulary), task.y[:20]
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
    how = {"n_train": 20, "seeds": [0], "training": SHORT}
    compare("opinions", [Plan()], **how, progress=lambda share, run: shares.append(share))
    assert shares[-1] == 1

    def stop(share, run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare("opinions", [Plan()], **how, progress=stop)


def test_placeholders_break_without_their_protection_alone():
    for operation in ("eda", "synonyms", "deletion", "de"):
        assert broken(operation, 0.3)[0] == 0
    others = tuple(kind for kind in PROTECTED if kind != "placeholder")
    lost, total = broken("deletion", 0.3, others)
    assert total > 150
    assert lost > 0.2 * total


def test_protecting_negations_helps_where_they_carry_the_label():
    plans = [Plan("deletion", 0.3), Plan("deletion", 0.3, protect=("placeholder", "number", "name"))]
    loss = compare("opinions", plans, n_train=400, seeds=[0, 1]).kept("test_loss")
    assert (loss[1] > loss[0] + 0.02).all()


def test_variants_are_those_of_the_same_draws_at_each_strength():
    sentence, strengths = "Please enter a valid date and the new password.", (0.0, 0.2, 0.6)
    varied = variants(sentence, "deletion", strengths, count=4, seed=3)
    assert varied.texts[0] == (sentence,) * 4
    assert varied.survival.shape == (3, 4)
    for strength, texts, share in zip(strengths, varied.texts, varied.survival, strict=True):
        for k, text in enumerate(texts):
            assert text == vary(sentence, "deletion", strength, generator(3, f"variant {k}"))
            assert share[k] == survival(sentence, text)
    assert len(set(varied.texts[2])) > 1
    assert (varied.survival[1:].mean(axis=1) < varied.survival[:-1].mean(axis=1)).all()


def test_negations_that_are_lost_are_counted():
    lost = negations_lost("deletion", 0.3, draws=400, seed=5)
    assert 60 < lost < 140  # about 0.3 of 0.7, and half of those that would lose both
    unprotected = tuple(kind for kind in PROTECTED if kind != "negation")
    made = [vary("not good", "deletion", 0.3, generator(5, f"lost {k}"), unprotected) for k in range(400)]
    assert lost == sum(text in ("good", "") for text in made)
    assert negations_lost("swap", 0.5, draws=50) == negations_lost("deletion", 0.0, draws=50) == 0
