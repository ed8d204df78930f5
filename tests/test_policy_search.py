import dataclasses

import numpy as np
import pytest

from reglab import fit
from reglab.datasets import load
from reglab.experiments.policy_search import Policy, augmenter, random_policies, search, single_policies
from reglab.settings import Settings, Training
from reglab.solvers.image_operations import ALL_OR_NOTHING, OPERATIONS
from reglab.streams import generator

SHORT = Training(max_steps=60, eval_steps=2)
HALF, NOISE = Policy((("half_turn", 1.0),)), Policy((("noise", 0.5),))


def test_a_single_policy_has_one_operation_and_flips_are_whole():
    policies = single_policies(0.3)
    assert [policy.steps[0][0] for policy in policies] == list(OPERATIONS)
    assert all(policy.steps[0][1] == (1.0 if policy.steps[0][0] in ALL_OR_NOTHING else 0.3) for policy in policies)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_random_policies_have_different_operations_within_their_strengths(length):
    policies = random_policies(50, 3, length=length, low=0.2, high=0.4)
    assert policies == random_policies(50, 3, length=length, low=0.2, high=0.4)
    assert policies != random_policies(50, 4, length=length, low=0.2, high=0.4)
    for policy in policies:
        assert len({name for name, _ in policy.steps}) == length
        assert all(0.2 <= strength <= 0.4 for _, strength in policy.steps)


def test_each_model_has_its_own_policy_and_shares_its_seeds_draws():
    x = np.random.default_rng(0).random((2, 1, 300, 64)).astype(np.float32)
    place = augmenter([HALF, NOISE])

    def streams():
        return [generator(seed, "augment") for seed in (5, 6)]

    y = np.eye(3)
    out, labels = place(x, y, np.array([[0.0, 0.5, 1.0]] * 2, np.float32), streams(), (8, 8))
    assert labels is y
    assert out.shape == (2, 3, 300, 64)
    np.testing.assert_array_equal(out[:, 0], x[:, 0])
    turned = (out[:, 1] == x[:, 0, :, ::-1]).all(axis=-1)
    assert ((out[:, 1] == x[:, 0]).all(axis=-1) ^ turned).all()
    noisy = (out[:, 2] != x[:, 0]).any(axis=-1)
    assert np.abs(turned.mean() - 0.5) < 4 * 0.5 / np.sqrt(600)
    np.testing.assert_array_equal(turned, noisy)  # one draw decides for all models of a seed
    assert (turned[0] != turned[1]).any()
    alone, _ = place(x, y, np.array([[1.0]] * 2, np.float32), streams(), (8, 8))
    np.testing.assert_array_equal(alone[:, 0], out[:, 2])


def test_operations_of_a_policy_follow_each_other():
    x = np.random.default_rng(0).random((1, 1, 400, 64)).astype(np.float32)
    both = augmenter([Policy((("flip_horizontal", 1.0), ("flip_vertical", 1.0)))])
    out, _ = both(x, np.eye(3), np.ones((1, 1)), [generator(0, "augment")], (8, 8))
    out = out[0, 0].reshape(-1, 8, 8)
    images = x[0, 0].reshape(-1, 8, 8)
    kinds = [images, images[:, :, ::-1], images[:, ::-1], images[:, ::-1, ::-1]]
    shares = [(out == kind).all(axis=(1, 2)).mean() for kind in kinds]
    assert sum(shares) == 1
    assert min(shares) > 0.15


def test_the_search_trains_each_policy_as_if_alone():
    how = {"training": SHORT, "n_train": 50, "seeds": [3, 4]}
    searched = search("digits", [HALF, NOISE], **how)
    plain = fit("digits", Settings(learning_rate=3e-3), SHORT, n_train=50, seeds=[3, 4])
    np.testing.assert_array_equal(searched.val_loss[0], plain.kept("val_loss")[0])
    alone = search("digits", [NOISE], **how)
    np.testing.assert_array_equal(searched.test_loss[2], alone.test_loss[1])
    assert (searched.val_loss[1] != searched.val_loss[0]).all()
    assert searched.seeds == (3, 4)


def test_half_turns_hurt_digits_and_help_glyphs():
    how = {"training": Training(max_steps=300, eval_steps=1), "n_train": 100, "seeds": 3}
    digits, glyphs = (search(name, [HALF], **how) for name in ("digits", "glyphs"))
    assert digits.best == 0
    assert (digits.test_loss[1] > digits.test_loss[0]).all()
    assert glyphs.best == 1
    assert glyphs.test_loss[1].mean() < glyphs.test_loss[0].mean()


def test_a_diverged_policy_is_never_the_best():
    searched = search("digits", [HALF], training=Training(max_steps=4, eval_steps=1), n_train=20, seeds=2)
    lost = dataclasses.replace(searched, val_loss=np.array([[2.0, 2.0], [np.nan, 0.1]]))
    assert lost.best == 0


def test_the_share_done_is_told_and_what_is_raised_ends_the_search():
    shares = []
    search("digits", [HALF], training=SHORT, n_train=20, seeds=1, progress=lambda share, _: shares.append(share))
    assert shares[-1] == 1

    def stop(share, _):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search("digits", [HALF], training=SHORT, n_train=20, seeds=1, progress=stop)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Policy((("melt", 0.1),)), "operations must be among"),
        (lambda: Policy(()), "operations must be a sequence of at least one name"),
        (lambda: Policy((("zoom", 1.2),)), r"strength must be in \[0, 1\], got 1.2"),
        (lambda: random_policies(0, 0), "count must be a whole number of at least 1, got 0"),
        (lambda: random_policies(1, -1), "seed must be a whole number of at least 0, got -1"),
        (lambda: random_policies(1, 0, length=99), "length must be at most 9"),
        (lambda: search("wine", [HALF]), "dataset must have images, got wine, of tabular rows"),
        (lambda: search(load("digits"), []), "policies must be a sequence of at least one Policy"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
