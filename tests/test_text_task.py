"""The text tasks: what they hold, and that `fit` draws exactly the rows that were meant."""

import numpy as np
import pytest

from reglab import fit, text_task
from reglab.engine.evaluate import constant_loss
from reglab.settings import Settings, Training
from reglab.text.text_task import NAMES, bag_of_words, load_text, rows, stacked
from reglab.text.texts import STOP_WORDS, is_negation, split

all_tasks = pytest.mark.parametrize("name", NAMES)


@all_tasks
def test_no_test_sentence_is_in_the_pool_and_the_classes_are_balanced(name):
    task = load_text(name)
    assert len(set(task.pool)) == len(task.pool) == len(task.y) == 1200
    assert len(set(task.test)) == len(task.test) == len(task.y_test) == 600
    assert not set(task.pool) & set(task.test)
    for y in (task.y, task.y_test):
        counts = np.bincount(y)
        assert len(counts) == len(task.class_names)
        assert counts.min() > 0.85 * counts.max()
        assert not y.flags.writeable
    assert 50 < len(task.vocabulary) <= text_task.VOCABULARY
    assert list(task.vocabulary) == sorted(set(task.vocabulary))
    assert not STOP_WORDS & set(task.vocabulary)
    assert task.source
    assert task.licence


@all_tasks
def test_a_constant_guess_is_that_of_the_dataset_that_is_trained_on(name):
    task = load_text(name)
    bags = np.zeros((2, len(task.vocabulary)), np.float32)
    loss, accuracy = text_task.constant_guess(name)
    assert loss == pytest.approx(constant_loss(stacked(task, 0, bags, np.array([0, 1]), np.array([3, 4]))))
    assert accuracy == max(np.mean(task.y_test == label) for label in range(len(task.class_names)))


def test_a_negation_turns_an_opinion_round():
    task = load_text("opinions")
    for text, label in zip(task.pool[:300], task.y[:300], strict=True):
        words = [word.lower() for word in split(text)[0]]
        nice = any(word in text_task.GOOD for word in words)
        assert nice != any(word in text_task.BAD for word in words)
        assert label == (nice != any(map(is_negation, words)))
    share = np.mean([any(map(is_negation, split(text)[0])) for text in task.pool])
    assert abs(share - text_task.NEGATED_SHARE) < 0.06


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="name must be one of definitions, opinions, got 'digits'"):
        load_text("digits")


def test_a_bag_of_words_is_blind_to_order_number_and_case():
    vocabulary = ("good", "not", "pie")
    bags = bag_of_words(["Not a good good pie", "pie, good? NOT", "knot", ""], vocabulary)
    assert bags.dtype == np.float32
    assert bags.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]]


def test_a_vocabulary_that_repeats_a_word_is_refused():
    with pytest.raises(ValueError, match="vocabulary must hold each word once, got 'pie' twice"):
        bag_of_words(["A pie"], ["pie", "tree", "pie"])


def test_rows_are_drawn_by_seed_and_grow():
    task = load_text("opinions")
    small, val = rows(task, 3, 50, 200)
    large, same = rows(task, 3, 400, 200)
    assert (large[:50] == small).all()
    assert (val == same).all()
    assert not set(large) & set(val)
    assert (rows(task, 4, 50, 200)[0] != small).any()
    with pytest.raises(ValueError, match="n_train must be from 2 to 1000, got 1001"):
        rows(task, 0, 1001, 200)


@pytest.mark.parametrize("seed", [0, 7])
def test_fit_trains_on_these_rows_and_validates_on_those(seed):
    task = load_text("definitions")
    train, val = rows(task, seed, 40, 60)
    x = bag_of_words([task.pool[i] for i in train], task.vocabulary)
    grown, y = np.concatenate([x, x]), np.tile(task.y[train], 2)
    data = stacked(task, seed, grown, y, val)
    run = fit(data, Settings(), Training(max_steps=3, hidden_sizes=(8,)), n_train=80, n_val=60, seeds=[seed])
    p = run.predict(bag_of_words([task.pool[i] for i in val], task.vocabulary))[0, 0]
    loss = -np.log(p[np.arange(60), task.y[val]]).mean()
    assert run.val_loss[0, 0, -1] == pytest.approx(loss, rel=1e-4)
    p = run.predict(grown)[0, 0]
    assert run.train_loss[0, 0, -1] == pytest.approx(-np.log(p[np.arange(80), y]).mean(), rel=1e-4)
    p = run.predict(bag_of_words(task.test, task.vocabulary))[0, 0]
    assert run.test_loss[0, 0, -1] == pytest.approx(-np.log(p[np.arange(600), task.y_test]).mean(), rel=1e-4)
