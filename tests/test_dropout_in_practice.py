import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from reglab import dropout
from reglab.datasets import load
from reglab.dropout_in_practice import (
    SCHEDULES,
    active_units,
    active_weights,
    expected_active,
    increasing,
    input_and_hidden,
    masks,
    none_on_last,
    reference,
    thinned,
    to_settings,
    uniform,
)
from reglab.engine.batch_norm import running
from reglab.engine.train import fit
from reglab.experiments import rows_of, variance_shift
from reglab.settings import Settings, Training
from reglab.streams import generator
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "dropout_in_practice.json").read_text())
SIZES = (784, 512, 256, 128, 10)


# --- the reference demonstration


def test_the_reference_to_the_digits():
    layer_sizes, rates, rng = reference()
    assert layer_sizes == SIZES
    assert rates == (0.2, 0.5, 0.5, 0.5, 0.0)
    layers = masks(layer_sizes, rates, rng)
    assert [int(layer.sum()) for layer in layers] == [623, 255, 133, 67, 10] == GOLDEN["active"]
    assert ["".join(map(str, layer.astype(int))) for layer in layers] == GOLDEN["kept"]
    again = masks(layer_sizes, rates, rng)  # the stream goes on
    assert [int(layer.sum()) for layer in again] == GOLDEN["active_in_the_second_pass"]


def test_the_reference_is_numpys_own_draws():
    rng, layers = np.random.RandomState(42), masks(SIZES, (0.2, 0.5, 0.5, 0.5, 0), np.random.RandomState(42))
    for size, rate, layer in zip(SIZES, (0.2, 0.5, 0.5, 0.5, 0), layers, strict=True):
        np.testing.assert_array_equal(layer, rng.binomial(1, 1 - rate, size))


def test_thinned_passes_are_those_of_one_stream_whether_remembered_or_only_counted():
    layer_sizes, rates, _ = reference()
    passes = thinned(layer_sizes, rates, generator(3, "dropout"), 30, drawn=12)
    assert passes.rates == rates
    assert np.array_equal(passes.active, active_units(layer_sizes, rates, generator(3, "dropout"), 30))
    assert np.array_equal(passes.active[:12].T, [layer.sum(axis=1) for layer in passes.masks])
    rng = generator(3, "dropout")
    for number in range(12):
        for layer, want in zip(passes.masks, masks(layer_sizes, rates, rng), strict=True):
            assert np.array_equal(layer[number], want)
    with pytest.raises(ValueError, match="drawn must be at most 30, got 31"):
        thinned(layer_sizes, rates, generator(3, "dropout"), 30, drawn=31)


# --- masks


def random_layers(seed):
    rng = np.random.default_rng(seed)
    layers = int(rng.integers(2, 7))
    return tuple(rng.integers(1, 400, layers).tolist()), tuple(rng.random(layers).round(3).tolist())


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, lambda seed: generator(seed, "x")])
def test_the_mean_of_the_active_units_is_within_4_sigma(make):
    passes = 200
    for seed in range(12):
        sizes, rates = random_layers(seed)
        counts = active_units(sizes, rates, make(seed), passes)
        mean, deviation = expected_active(sizes, rates)
        np.testing.assert_allclose(mean, [(1 - rate) * size for size, rate in zip(sizes, rates, strict=True)])
        rounded = np.array(sizes) / 65536  # training rounds a rate to a multiple of this
        assert (np.abs(counts.mean(axis=0) - mean) <= 4 * deviation / passes**0.5 + rounded).all()
        assert counts.shape == (passes, len(sizes))


def test_masks_have_the_layers_shapes_and_every_layer_its_own_draws():
    layers = masks((50, 50, 3), (0.5, 0.5, 0.0), np.random.default_rng(0))
    assert [layer.shape for layer in layers] == [(50,), (50,), (3,)]
    assert all(layer.dtype == bool for layer in layers)
    assert (layers[0] != layers[1]).any()
    assert layers[2].all()


def test_evaluation_keeps_every_unit():
    assert all(layer.all() for layer in masks(SIZES, (0.9, 0.5, 0.5, 0.5, 0.0), None))
    assert active_units(SIZES, (0.9, 0.5, 0.5, 0.5, 0.0), None, 3).tolist() == [list(SIZES)] * 3


def test_a_generators_masks_are_those_of_training():
    layers = masks((40, 30), (0.3, 0.6), generator(5, "dropout"))
    rng = generator(5, "dropout")
    for size, rate, layer in zip((40, 30), (0.3, 0.6), layers, strict=True):
        drawn = dropout.mask((size,), rate, rng)
        np.testing.assert_array_equal(layer, drawn > 0)
        np.testing.assert_allclose(drawn, layer / (1 - rate), rtol=1e-4)


def test_expected_active_is_scipys_binomial():
    for case in GOLDEN["binomial"]:
        mean, deviation = expected_active((case["size"],), (case["rate"],))
        assert mean[0] == pytest.approx(case["mean"], rel=1e-12)
        assert deviation[0] == pytest.approx(case["deviation"], rel=1e-12)


def test_active_weights_are_those_between_two_kept_units():
    rng = np.random.default_rng(0)
    for seed in range(20):
        sizes, rates = random_layers(seed)
        layers = masks(sizes, rates, rng)
        both = sum(np.outer(a, b).sum() for a, b in pairwise(layers))
        total = sum(a * b for a, b in pairwise(sizes))
        counts = [layer.sum() for layer in layers]
        assert active_weights(sizes, counts) == pytest.approx(both / total)
        assert active_weights(sizes, [counts, sizes])[1] == 1


# --- schedules


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (uniform(SIZES, 0.4), (0, 0.4, 0.4, 0.4, 0)),
        (input_and_hidden(SIZES, 0.1, 0.4), (0.1, 0.4, 0.4, 0.4, 0)),
        (increasing(SIZES, 0.6), (0, 0.2, 0.4, 0.6, 0)),
        (none_on_last(SIZES, 0.4), (0, 0.4, 0.4, 0, 0)),
    ],
)
def test_the_schedules_rates(rates, expected):
    assert rates == expected
    assert all(type(rate) is float for rate in rates)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_has_a_rate_per_layer_and_never_drops_outputs(name):
    for layers in range(2, 8):
        for rate in (0.0, 0.3, 0.5, 0.9):
            rates = SCHEDULES[name]([16] * layers, rate=rate)
            assert len(rates) == layers
            assert rates[-1] == 0
            assert all(0 <= p < 1 for p in rates)
            assert max(rates[1:]) == (rate if layers > 2 + (name == "none_on_last") else 0)
            assert rates[0] == (0.2 if name == "input_and_hidden" else 0)
            masks([16] * layers, rates, np.random.default_rng(0))


def test_increasing_rises_by_even_steps():
    rates = increasing((10,) * 7, 0.5)
    assert np.diff(rates[:-1]) == pytest.approx([0.1] * 5)


# --- training with them


def test_settings_drop_each_layer_at_its_own_rate():
    """What the trainer draws, layer by layer, is what the schedule says."""
    rates = (0.2, 0.5, 0.3, 0.0)
    settings = to_settings(rates, Settings(learning_rate=3e-3))
    assert (settings.input_dropout, settings.dropout, settings.learning_rate) == (0.2, (0.5, 0.3), 3e-3)
    seen = {}

    def watch(shape, rate, rng):
        drawn = dropout.mask(shape, rate, rng)
        if drawn is not None:
            seen.setdefault(shape[1], []).append((float(np.ravel(rate)[0]), float((drawn > 0).mean())))
        return drawn

    training = Training(hidden_sizes=(48, 24), max_steps=100, eval_steps=1)
    fit("digits", settings, training, n_train=100, seeds=1, replace={"dropout": watch, "input_dropout": watch})
    for size, rate in zip((64, 48, 24), rates, strict=False):
        given, shares = np.array(seen[size]).T
        np.testing.assert_allclose(given, rate, rtol=1e-6)
        draws = len(shares) * 32 * size
        assert abs(shares.mean() - (1 - rate)) < 4 * (rate * (1 - rate) / draws) ** 0.5 + 1e-5
    assert len(seen) == 3  # never the outputs


def test_the_layer_that_is_dropped_is_what_matters():
    """One rate on the first hidden layer alone, or on the last alone, trains other networks: the order is kept."""
    first, last, same = (
        fit(
            "digits",
            to_settings(rates),
            Training(hidden_sizes=(16, 16), max_steps=30, eval_steps=1),
            n_train=50,
            seeds=1,
        ).kept("test_loss")[0, 0]
        for rates in ((0, 0.5, 0, 0), (0, 0, 0.5, 0), (0.0, 0.5, 0.0, 0.0))
    )
    assert first == same
    assert first != last


def test_dropout_before_a_batch_norm_shifts_its_variance_and_after_the_last_one_it_does_not():
    none, after, before = (
        to_settings(rates, Settings(learning_rate=3e-3)) for rates in ((0, 0, 0, 0), (0, 0, 0.5, 0), (0, 0.5, 0, 0))
    )
    training = Training(hidden_sizes=(32, 16), max_steps=200, eval_steps=1, batch_norm=True)
    run = fit("digits", [none, after, before], training, n_train=100, seeds=3)
    shift = variance_shift(run)  # (settings, seeds, layers)
    assert shift.shape == (3, 3, 2)
    assert np.abs(shift[:2] - 1).max() < 0.15
    assert np.abs(shift[2, :, 0] - 1).max() < 0.15  # the first norm is before the dropout
    # A sum of dropped units keeps its variance and gains the one that dropout gives to each (`dropout.variance`).
    data = load("digits")
    for s, rows in enumerate(rows_of(run, "train")):
        x = (data.x[rows] - run.centre[s]) / run.scale[s]
        z = (x @ run.weights(0)[2, s]).astype(np.float64)
        net = run._network()
        statistics = running((32, 16), run.kept_statistics)
        scaled = (z - statistics[0].mean[2, s]) / np.sqrt(statistics[0].variance[2, s] + 1e-5)
        h = np.maximum(scaled * net.gains[0][2, s] + run.biases(0)[2, s], 0)
        w = run.weights(1)[2, s]
        clean, gained = (h @ w).var(axis=0, ddof=1).sum(), (dropout.variance(h, 0.5).mean(axis=0) @ w**2).sum()
        assert shift[2, s, 1] == pytest.approx((clean + gained) / clean, rel=0.12)
        assert shift[2, s, 1] > 1.2


def test_the_variance_shift_is_of_batch_norm_alone():
    run = fit("wine", Settings(), Training(max_steps=1), n_train=50, seeds=1)
    with pytest.raises(ValueError, match=r"^run must be trained with batch norm$"):
        variance_shift(run)


# --- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: masks((3, 2), (0.5,), None), "rates must have one rate per layer (2), got 1"),
        (lambda: masks((3, 2), (0.5, 1.0), None), "rates must be in [0, 1), got 1.0"),
        (lambda: masks((3, 2), (-0.1, 0), None), "rates must be in [0, 1), got -0.1"),
        (lambda: masks((3, 0), (0.1, 0), None), "layer_sizes must be a whole number of at least 1, got 0"),
        (lambda: masks((3.5, 2), (0.1, 0), None), "layer_sizes must be a whole number of at least 1, got 3.5"),
        (lambda: active_units((3,), (0.1,), None, 0), "passes must be a whole number of at least 1, got 0"),
        (lambda: expected_active((3,), (float("nan"),)), "rates must be in [0, 1), got nan"),
        (lambda: uniform(SIZES, 1.0), "rate must be in [0, 1), got 1.0"),
        (lambda: increasing(SIZES, -1), "rate must be in [0, 1), got -1"),
        (lambda: input_and_hidden(SIZES, 1.5, 0.5), "input_rate must be in [0, 1), got 1.5"),
        (lambda: none_on_last((10,), 0.5), "layer_sizes must have inputs and outputs at least, got (10,)"),
        (lambda: active_weights((3, 2), (4, 1)), "active must have 0 to (3, 2) units of 2 layers or more, got (4, 1)"),
        (
            lambda: to_settings((0.2, 0.5, 0.5)),
            "rates must end with 0, since outputs are never dropped, and have two or more, got (0.2, 0.5, 0.5)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()
