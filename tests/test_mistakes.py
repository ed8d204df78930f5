import numpy as np
import pytest

from reglab import dropout, label_smoothing, mistakes, stochastic_depth
from reglab.engine.network import Parameters
from reglab.engine.train import fit
from reglab.settings import Settings, Training

SHORT = Training(max_steps=300, eval_steps=5)


def losses(settings, replace=None):
    return fit("digits", settings, SHORT, n_train=200, seeds=3, replace=replace).kept("test_loss")[0]


@pytest.mark.parametrize(
    ("wrong", "rate", "factor"),
    [(mistakes.left_on, 0.5, 1.5), (mistakes.scaled_twice, 0.3, 1.02), (mistakes.scaled_by_rate, 0.2, 1.5)],
)
def test_a_dropout_mistake_raises_the_test_loss_in_every_seed(wrong, rate, factor):
    right = losses(Settings(dropout=rate))
    assert (losses(Settings(dropout=rate), {"dropout": wrong}) > factor * right).all()


def test_scaling_by_the_rate_is_right_at_one_half():
    right, wrong = (f((4, 1000), 0.5, np.random.default_rng(0)) for f in (dropout.mask, mistakes.scaled_by_rate))
    np.testing.assert_array_equal(right, wrong)


def test_scaled_twice_is_30_percent_low_at_rate_30_percent():
    assert mistakes.scaled_twice((1, 4), 0.3, None) == pytest.approx(0.7)


def test_decayed_biases_shrink_with_the_weights():
    settings = Settings(weight_decay=20.0)
    right, wrong = (
        fit("digits", settings, SHORT, n_train=200, seeds=2, replace=replace)
        for replace in (None, {"weight_decay": mistakes.decays_biases})
    )
    for layer in range(3):
        assert np.linalg.norm(wrong.biases(layer)) < 0.9 * np.linalg.norm(right.biases(layer))


# --- L1: the subgradient, after the step and in the gradient


def zeros(settings, replace=None):
    weights = fit("digits", settings, SHORT, n_train=200, seeds=2, replace=replace).weights(0)
    return (weights == 0).mean(axis=(2, 3))[0]


def test_the_subgradient_leaves_no_exact_zero_where_the_soft_threshold_leaves_many():
    settings = Settings(l1=0.2, learning_rate=3e-3)
    assert (zeros(settings) > 0.4).all()
    assert (zeros(settings, {"l1": mistakes.along_subgradient}) == 0).all()


def test_a_weight_below_the_threshold_steps_across_zero_and_back():
    net = Parameters((1, 1), (1, 1))
    net.weights[0][:] = 0.05
    seen = []
    for _ in range(2):
        mistakes.along_subgradient(net, net.flat, np.float32(1), np.float32(0.1))
        seen.append(net.weights[0].item())
    np.testing.assert_allclose(seen, [-0.05, 0.05], rtol=1e-6)


def test_l1_in_adams_gradient_raises_the_test_loss_in_every_seed_and_leaves_no_exact_zero():
    right = losses(Settings(l1=0.1, learning_rate=3e-3))
    wrong = Settings(l2=0.1, learning_rate=3e-3), {"l2": mistakes.l1_in_the_gradient}
    assert (losses(*wrong) > 3 * right).all()
    assert (zeros(*wrong) == 0).all()


@pytest.mark.parametrize(("wrong", "same"), [(mistakes.smoothed_twice, 0.36), (mistakes.shared_by_the_others, 0.3)])
def test_a_smoothing_mistake_is_a_larger_strength(wrong, same):
    targets = np.eye(3)
    np.testing.assert_allclose(wrong(targets, 0.2), label_smoothing.smooth(targets, same))


@pytest.mark.parametrize("wrong", [mistakes.smoothed_twice, mistakes.shared_by_the_others])
def test_a_smoothing_mistake_raises_the_test_loss_on_digits(wrong):
    right = losses(Settings(label_smoothing=0.2))
    assert (losses(Settings(label_smoothing=0.2), {"label_smoothing": wrong}) > right).all()


# --- stochastic depth

BLOCKS = Training(hidden_sizes=(32,) * 9, residual=True, max_steps=300, eval_steps=5)


def test_branches_scaled_at_test_too_are_low_by_their_rates_and_train_as_always():
    scaled = mistakes.branch_scaled_at_test_too(4, 5, 0.8, None)
    assert [float(m.item()) for m in scaled] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2])
    pairs = zip(
        mistakes.branch_scaled_at_test_too(4, 5, 0.8, np.random.default_rng(0)),
        stochastic_depth.masks(4, 5, 0.8, np.random.default_rng(0)),
        strict=True,
    )
    assert all((a == b).all() for a, b in pairs)


def test_one_rate_for_all_blocks_hurts_where_the_schedule_does_not():
    settings = Settings(drop_path_rate=0.8, learning_rate=3e-3)
    right, wrong = (
        fit("digits", settings, BLOCKS, n_train=400, seeds=3, replace=r).kept("test_accuracy")[0]
        for r in (None, {"drop_path_rate": mistakes.one_rate_for_all_blocks})
    )
    assert wrong.mean() < right.mean() - 0.01
    rng = np.random.default_rng(0)
    shares = [(m > 0).mean() for m in mistakes.one_rate_for_all_blocks(20_000, 3, 0.7, rng)]
    assert shares == pytest.approx([0.3] * 3, abs=4 * (0.21 / 20_000) ** 0.5)


def test_a_layer_skipped_without_a_skip_leaves_nothing_to_learn_from():
    settings = Settings(dropout=(0.0, *[0.8] * 4), learning_rate=3e-3)
    plain = Training(hidden_sizes=(32,) * 5, max_steps=100, eval_steps=5)
    wrong = {"dropout": mistakes.layer_skipped_without_a_skip}
    run = fit("digits", settings, plain, n_train=200, seeds=2, replace=wrong)
    assert (run.kept("test_accuracy") < 0.5).all()
    assert mistakes.layer_skipped_without_a_skip((4, 8), 0.5, None) is None
