"""The stacked network against one model at a time in double precision."""

import itertools

import numpy as np
import pytest

from reglab.engine.network import (
    Parameters,
    Pass,
    apply,
    backward,
    cross_entropy,
    forward,
    half_squared_error,
    initialise,
    mean_cross_entropy,
)

SIZES = (5, 7, 6, 3)
STACK = (2, 3)
BATCH = 8


@pytest.fixture
def net():
    net = Parameters(SIZES, STACK)
    net.flat[:] = np.random.default_rng(0).normal(0, 0.5, net.flat.shape)
    return net


def rows(n=BATCH, settings=1, seed=1):
    return np.random.default_rng(seed).normal(size=(STACK[0], settings, n, SIZES[0])).astype(np.float32)


def some_masks(seed=2):
    rng = np.random.default_rng(seed)
    return [rng.choice([0.0, 2.0], (*STACK, BATCH, size)).astype(np.float32) for size in SIZES[1:-1]]


def layers_of(flat):
    """Cut one model's vector into (weights, biases) of each layer: all weights come first."""
    pairs = list(itertools.pairwise(SIZES))
    parts = np.split(flat, np.cumsum([*(a * b for a, b in pairs), *SIZES[1:]])[:-1])
    return [(w.reshape(pair), b) for w, pair, b in zip(parts[:3], pairs, parts[3:], strict=True)]


def one_at_a_time(flat, x, masks, s, k):
    """Run one model, given its vector of parameters."""
    h = x[s, min(k, x.shape[1] - 1)].astype(np.float64)
    *hidden, (w_out, b_out) = layers_of(flat.astype(np.float64))
    for (w, b), mask in zip(hidden, masks, strict=True):
        h = np.maximum(h @ w + b, 0)
        h = h if mask is None else h * mask[s, k]
    return h @ w_out + b_out


def test_weights_and_biases_are_views_that_cover_the_flat_vector():
    net = Parameters(SIZES, STACK)
    assert net.flat.shape == (*STACK, 5 * 7 + 7 * 6 + 6 * 3 + 7 + 6 + 3)
    assert net.flat_weights.shape == (*STACK, 5 * 7 + 7 * 6 + 6 * 3)
    for number, part in enumerate([*net.weights, *net.biases], start=1):
        assert not part.any()  # no other part lies over it
        part[:] = number
    assert net.flat.all()
    net.flat_weights[:] = 0
    assert not any(w.any() for w in net.weights)
    assert all(b.all() for b in net.biases)
    assert [w.shape for w in net.weights] == [(*STACK, a, b) for a, b in ((5, 7), (7, 6), (6, 3))]


def test_initialisation_is_he_normal_shared_by_the_settings_of_a_seed():
    net = Parameters((200, 100, 50), (2, 3))
    initialise(net, [np.random.default_rng(0), np.random.default_rng(1)])
    for w in net.weights:
        n, deviation = w[0, 0].size, np.sqrt(2 / w.shape[-2])
        for s in range(2):
            np.testing.assert_array_equal(w[s, 0], w[s, 2])
            assert abs(w[s, 0].std() - deviation) < 4 * deviation / np.sqrt(2 * n)
            assert abs(w[s, 0].mean()) < 4 * deviation / np.sqrt(n)
        assert not np.array_equal(w[0, 0], w[1, 0])
    assert not any(b.any() for b in net.biases)


@pytest.mark.parametrize("settings", [1, STACK[1]])
@pytest.mark.parametrize("masked", [False, True])
def test_forward_and_apply_are_one_network(net, settings, masked):
    x, masks = rows(settings=settings), some_masks() if masked else [None] * 2
    outputs = forward(Pass(SIZES, STACK, BATCH), net, x, masks)
    assert outputs.shape == (*STACK, 3, BATCH)
    for s in range(STACK[0]):
        for k in range(STACK[1]):
            expected = one_at_a_time(net.flat[s, k], x, masks, s, k).T
            np.testing.assert_allclose(outputs[s, k], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(apply(net, x, masks), outputs, rtol=1e-5, atol=1e-6)
    if not masked:
        np.testing.assert_array_equal(apply(net, x), apply(net, x, masks))


def test_apply_leaves_its_rows_alone():
    net, x = Parameters((4, 2), (1, 1)), np.ones((1, 1, 3, 4), np.float32)
    net.flat[:] = 1
    before = x.copy()
    assert (apply(net, x) == 5).all()
    np.testing.assert_array_equal(x, before)


def test_a_pass_can_be_used_again(net):
    once = Pass(SIZES, STACK, BATCH)
    forward(once, net, rows(seed=5), some_masks(6))
    again = forward(once, net, rows(), [None] * 2).copy()
    np.testing.assert_array_equal(again, forward(Pass(SIZES, STACK, BATCH), net, rows(), [None] * 2))


@pytest.mark.parametrize("masked", [False, True])
def test_backward_against_finite_differences(net, masked):
    """The loss is sum(outputs * direction): every weight and bias, in double precision on the reference side."""
    x, masks = rows(settings=3), some_masks() if masked else [None] * 2
    direction = np.random.default_rng(3).normal(size=(*STACK, 3, BATCH)).astype(np.float32)
    passed, gradient = Pass(SIZES, STACK, BATCH), Parameters(SIZES, STACK)
    gradient.flat[:] = np.nan  # all of it is to be filled
    forward(passed, net, x, masks)
    passed.output_deltas[:] = direction
    backward(passed, net, gradient)
    for s, k in ((0, 0), (0, 2), (1, 1)):
        flat = net.flat[s, k].astype(np.float64)
        expected = np.empty_like(flat)
        for i, step in enumerate(np.eye(len(flat)) * 1e-6):
            up, down = (one_at_a_time(flat + sign * step, x, masks, s, k) for sign in (1, -1))
            expected[i] = ((up - down).T * direction[s, k]).sum() / 2e-6
        np.testing.assert_allclose(gradient.flat[s, k], expected, rtol=1e-4, atol=2e-5)


def test_cross_entropy_and_its_derivative():
    rng = np.random.default_rng(0)
    outputs = rng.normal(0, 3, (2, 3, 4, 6)).astype(np.float32)
    targets = rng.dirichlet(np.ones(4), size=(2, 1, 6)).swapaxes(-1, -2).astype(np.float32)  # soft, (S, 1, C, B)
    deltas = np.empty_like(outputs)
    loss = mean_cross_entropy(outputs, targets, cross_entropy(outputs, targets, deltas))
    wide = outputs.astype(np.float64)
    p = np.exp(wide) / np.exp(wide).sum(axis=-2, keepdims=True)
    np.testing.assert_allclose(loss, -(targets * np.log(p)).sum(axis=-2).mean(axis=-1), rtol=1e-5)
    np.testing.assert_allclose(deltas, (p - targets) / 6, atol=1e-6)


def test_cross_entropy_of_large_outputs_does_not_overflow():
    outputs = np.array([1000.0, 0.0, -1000.0], np.float32).reshape(1, 1, 3, 1)
    targets = np.array([0.0, 1.0, 0.0], np.float32).reshape(1, 1, 3, 1)
    deltas = np.empty_like(outputs)
    loss = mean_cross_entropy(outputs, targets, cross_entropy(outputs, targets, deltas))
    assert loss.item() == 1000
    assert deltas.ravel().tolist() == [1, -1, 0]


def test_half_squared_error_and_its_derivative():
    rng = np.random.default_rng(0)
    outputs, targets = (rng.normal(size=(2, k, 1, 6)).astype(np.float32) for k in (3, 1))
    deltas = np.empty_like(outputs)
    loss = half_squared_error(outputs, targets, deltas)
    np.testing.assert_allclose(loss, ((outputs - targets) ** 2).mean(axis=(-2, -1)) / 2, rtol=1e-5)
    np.testing.assert_allclose(deltas, (outputs - targets) / 6, rtol=1e-5)


@pytest.mark.parametrize("n_blocks", [1, 2, 4])
def test_the_initialisation_divides_the_branches_of_residual_blocks_and_nothing_else(n_blocks):
    """He's deviation sqrt(2 / fan_in); of a block's weights over sqrt(L), since L branches are summed."""
    sizes = (40, *[60] * (n_blocks + 1), 10)
    nets = {residual: Parameters(sizes, (1, 1)) for residual in (None, False, True)}
    for residual, net in nets.items():
        how = {} if residual is None else {"residual": residual}
        initialise(net, [np.random.default_rng(0)], **how)
    plain, residual = nets[False].weights, nets[True].weights
    for layer, fan_in in enumerate(sizes[:-1]):
        np.testing.assert_array_equal(nets[None].weights[layer], plain[layer])  # off unless it is asked for
        assert plain[layer].std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.1)
        is_block = 1 <= layer <= n_blocks
        np.testing.assert_allclose(residual[layer] * (np.sqrt(n_blocks) if is_block else 1), plain[layer], rtol=1e-6)


def test_gains_begin_at_1():
    net = Parameters(SIZES, STACK, batch_norm=True)
    initialise(net, [np.random.default_rng(0)] * STACK[0])
    assert len(net.gains) == 2
    assert all((gain == 1).all() for gain in net.gains)
