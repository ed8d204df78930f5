import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from reglab.datasets import load
from reglab.engine.train import fit
from reglab.label_smoothing import (
    apply_temperature,
    expected_calibration_error,
    loss_by_gap,
    loss_floor,
    lowest_gap,
    project_on_class_plane,
    reliability,
    smooth,
    smooth_labels,
    soft_label_loss,
    temperature,
    to_others,
    to_uniform,
)
from reglab.settings import Settings, Training
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "label_smoothing.json").read_text())
CALIBRATION = json.loads((Path(__file__).parent / "golden" / "calibration.json").read_text())["cases"]


def cross_entropy(logits, targets):
    logits = np.asarray(logits)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return -(np.asarray(targets) * log_p).sum(axis=-1).mean()


@pytest.mark.parametrize(
    ("smoothing", "convention", "expected"),
    [
        (0.1, "uniform", [0.0333, 0.0333, 0.9333]),
        (0.1, "others", [0.05, 0.05, 0.9]),
        (0.2, "others", [0.1, 0.1, 0.8]),
    ],
)
def test_the_reference_targets(smoothing, convention, expected):
    targets = smooth_labels([2], 3, smoothing, convention)
    np.testing.assert_allclose(targets, [expected], atol=5e-5)
    assert cross_entropy([[0.0, 0.0, 1.0]], targets) > cross_entropy([[0.0, 0.0, 1.0]], [[0, 0, 1]])


@pytest.mark.parametrize(("convention", "floor"), [("uniform", 0.291), ("others", 0.394)])
def test_the_floor_of_the_loss_is_not_zero(convention, floor):
    targets = smooth_labels([0], 3, 0.1, convention)
    gaps = np.linspace(0, 10, 20001)
    losses = [cross_entropy([[gap, 0.0, 0.0]], targets) for gap in gaps]
    assert min(losses) == pytest.approx(floor, abs=5e-4)
    # It is the target's own entropy, met where the softmax equals the target.
    assert min(losses) == pytest.approx(-(targets * np.log(targets)).sum(), abs=1e-6)
    best = gaps[np.argmin(losses)]
    assert np.exp(best) / (np.exp(best) + 2) == pytest.approx(targets[0, 0], abs=1e-4)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"smoothing {case['smoothing']}")
def test_cross_entropy_with_uniform_targets_is_pytorchs(case):
    targets = smooth_labels(GOLDEN["labels"], GOLDEN["classes"], case["smoothing"])
    assert cross_entropy(GOLDEN["logits"], targets) == pytest.approx(case["loss"], rel=1e-12)


def test_rows_sum_to_1_and_keep_their_order():
    rng = np.random.default_rng(0)
    for _ in range(50):
        n_classes, smoothing = int(rng.integers(2, 12)), float(rng.random())
        labels = rng.integers(n_classes, size=20)
        for convention in ("uniform", "others"):
            targets = smooth_labels(labels, n_classes, smoothing, convention)
            assert targets.shape == (20, n_classes)
            assert targets.min() >= 0
            np.testing.assert_allclose(targets.sum(axis=1), 1)
            on_others = smoothing / (n_classes if convention == "uniform" else n_classes - 1)
            others = targets[np.eye(n_classes)[labels] == 0]
            np.testing.assert_allclose(others, on_others, rtol=1e-12)


def test_the_conventions_convert():
    for n_classes in (2, 3, 10):
        for smoothing in (0.05, 0.1, 0.4):
            shared = smooth_labels([1], n_classes, smoothing * (n_classes - 1) / n_classes, "others")
            np.testing.assert_allclose(shared, smooth_labels([1], n_classes, smoothing))


def test_smoothing_0_is_the_identity():
    targets = np.random.default_rng(0).dirichlet(np.ones(4), size=10)
    np.testing.assert_array_equal(smooth(targets, 0.0), targets)
    np.testing.assert_array_equal(smooth_labels([2, 0], 3, 0, "others"), [[0, 0, 1], [1, 0, 0]])


def test_smoothing_commutes_with_mixing():
    a, b = np.eye(4)[1], np.eye(4)[3]
    np.testing.assert_allclose(smooth(0.3 * a + 0.7 * b, 0.2), 0.3 * smooth(a, 0.2) + 0.7 * smooth(b, 0.2))


def test_each_model_has_its_own_smoothing():
    targets = np.eye(3, dtype=np.float32)[None, None]  # (seeds, 1, batch, classes)
    smoothing = np.array([[0.0, 0.1]], np.float32)[..., None, None]
    out = smooth(targets, smoothing)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out[0, 0], np.eye(3))
    np.testing.assert_allclose(out[0, 1], smooth(np.eye(3), 0.1), rtol=1e-6)


def test_whole_number_targets_are_smoothed_too():
    np.testing.assert_array_equal(smooth(np.eye(3, dtype=int), 0.3), smooth(np.eye(3), 0.3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0], 3, 1.0), "smoothing must be in [0, 1), got 1.0"),
        (([0], 3, -0.1), "smoothing must be in [0, 1), got -0.1"),
        (([0, 3], 3, 0.1), "labels must be in 0 to 2, got 0 to 3"),
        (([-1, 2], 3, 0.1), "labels must be in 0 to 2, got -1 to 2"),
        (([0], 3, 0.1, "even"), "convention must be 'uniform' or 'others', got 'even'"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=exactly(message)):
        smooth_labels(*arguments)


# --- the conventions, and the loss ---


def random_predictions(seed, lead=(), scale=3.0):
    """Make logits (..., n, K), their probabilities, and labels (n,) that they know something of."""
    rng = np.random.default_rng(seed)
    n, n_classes = int(rng.integers(5, 40)), int(rng.integers(2, 6))
    labels = rng.integers(n_classes, size=n)
    logits = scale * (rng.normal(size=(*lead, n, n_classes)) + np.eye(n_classes)[labels])
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return logits, e / e.sum(axis=-1, keepdims=True), labels


def test_converted_strengths_make_the_same_targets():
    for n_classes in (2, 3, 10, 1000):
        for smoothing in (0.0, 0.1, 0.5, 0.99):
            others = to_others(smoothing, n_classes)
            np.testing.assert_allclose(
                smooth_labels([0], n_classes, smoothing), smooth_labels([0], n_classes, others, "others"), atol=1e-15
            )
            assert to_uniform(others, n_classes) == pytest.approx(smoothing, abs=1e-15)
    assert to_others(0.1, 2) == 0.05


@pytest.mark.parametrize("convention", ["uniform", "others"])
def test_floor_and_gap_are_those_of_the_targets(convention):
    for n_classes in (2, 3, 10):
        for smoothing in (0.01, 0.1, 0.4):
            t = smooth_labels([0], n_classes, smoothing, convention)[0]
            floor = loss_floor(n_classes, smoothing, convention)
            assert floor == pytest.approx(-(t * np.log(t)).sum(), rel=1e-12)
            gap = lowest_gap(n_classes, smoothing, convention)
            assert gap == pytest.approx(np.log(t[0] / t[1]), rel=1e-12)
            assert loss_by_gap(gap, n_classes, smoothing, convention) == pytest.approx(floor, rel=1e-12)
            gaps = np.linspace(-5, 20, 101)
            curve = loss_by_gap(gaps, n_classes, smoothing, convention)
            for g, loss in zip(gaps, curve, strict=True):
                logits = [[g] + [0.0] * (n_classes - 1)]
                assert loss == pytest.approx(cross_entropy(logits, t), rel=1e-9)
                assert loss == pytest.approx(soft_label_loss(logits, [0], smoothing, convention, from_logits=True))
                assert loss >= floor - 1e-12
    assert loss_floor(5, 0.0, convention) == 0
    assert lowest_gap(5, 0.0, convention) == math.inf


def test_loss_by_gap_for_many_strengths():
    strengths = np.array([0.0, 0.1, 0.2])
    curves = loss_by_gap(np.linspace(0, 10, 7), 3, strengths[:, None])
    assert curves.shape == (3, 7)
    np.testing.assert_allclose(curves[1], loss_by_gap(np.linspace(0, 10, 7), 3, 0.1))
    assert (np.diff(curves[0]) < 0).all()  # without smoothing more is always better
    assert curves[1, -1] > curves[1, 2]
    np.testing.assert_allclose(loss_floor(3, strengths)[1:], [loss_floor(3, 0.1), loss_floor(3, 0.2)])
    assert loss_by_gap(1000.0, 3, 0.3) == pytest.approx(200)  # no overflow: the slope is 2/3 of the strength


@pytest.mark.parametrize("case", CALIBRATION, ids=range(len(CALIBRATION)))
def test_loss_on_soft_labels_is_pytorchs(case):
    for smoothing, loss in case["loss_by_smoothing"]:
        ours = soft_label_loss(case["logits"], case["labels"], smoothing, from_logits=True)
        assert ours == pytest.approx(loss, rel=1e-12)
        probabilities = apply_temperature(case["logits"], 1.0, from_logits=True)
        if np.min(probabilities) > 1e-30:
            assert soft_label_loss(probabilities, case["labels"], smoothing) == pytest.approx(loss, rel=1e-9)


def test_loss_on_soft_labels_is_that_of_the_targets():
    for seed in range(20):
        logits, p, labels = random_predictions(seed)
        for convention in ("uniform", "others"):
            targets = smooth_labels(labels, p.shape[1], 0.2, convention)
            assert soft_label_loss(p, labels, 0.2, convention) == pytest.approx(cross_entropy(logits, targets))


def test_a_validation_loss_on_soft_labels_punishes_confidence_that_is_right():
    sure, less = np.array([[0.999, 0.0005, 0.0005]]), np.array([[0.93, 0.035, 0.035]])
    assert soft_label_loss(sure, [0], 0) < soft_label_loss(less, [0], 0)
    assert soft_label_loss(sure, [0], 0.1) > soft_label_loss(less, [0], 0.1)


# --- calibration ---


def test_calibration_error_by_hand():
    p = [[0.95, 0.05], [0.9, 0.1], [0.35, 0.65], [0.45, 0.55], [0.3, 0.7]]
    labels = [0, 1, 1, 0, 1]  # right, wrong, right, wrong, right
    # Four bins of (0, 1]: (.5, .75] holds .65, .55 and .7, two right of three; (.75, 1] holds .95 and .9, one of two.
    bins = reliability(p, labels, 4)
    assert bins.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert bins.count.tolist() == [0, 0, 3, 2]
    np.testing.assert_allclose(bins.confidence, [math.nan, math.nan, 1.9 / 3, 0.925])
    np.testing.assert_allclose(bins.accuracy, [math.nan, math.nan, 2 / 3, 0.5])
    expected = (3 * abs(2 / 3 - 1.9 / 3) + 2 * abs(0.5 - 0.925)) / 5
    assert expected_calibration_error(p, labels, 4) == pytest.approx(expected)
    assert expected_calibration_error(p, labels, 1) == pytest.approx(abs(3 / 5 - 3.75 / 5))


def test_a_bin_is_closed_on_its_right():
    p = [[0.5, 0.5], [0.75, 0.25], [0.7500001, 0.2499999], [1, 0]]
    assert reliability(p, [0, 0, 0, 0], 4).count.tolist() == [0, 1, 1, 2]
    for n_bins in (3, 7, 10, 15):  # whatever an edge is rounded to, it is the upper one
        for edge, upper in enumerate(np.linspace(0, 1, n_bins + 1)):
            if upper >= 0.5:
                assert reliability([[upper, 1 - upper]], [0], n_bins).count.argmax() == edge - 1


def test_calibration_error_is_that_of_the_papers_code():
    """Guo et al. walk the bins: those with confidence above the lower edge and at most the upper."""
    for seed in range(50):
        _, p, labels = random_predictions(seed)
        n_bins = int(np.random.default_rng(seed).integers(1, 20))
        confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
        expected = 0.0
        for lower, upper in zip(np.linspace(0, 1, n_bins + 1)[:-1], np.linspace(0, 1, n_bins + 1)[1:], strict=True):
            chosen = (confidence > lower) & (confidence <= upper)
            if chosen.any():
                expected += abs(right[chosen].mean() - confidence[chosen].mean()) * chosen.mean()
        assert expected_calibration_error(p, labels, n_bins) == pytest.approx(expected, abs=1e-12)


def test_perfect_probabilities_have_no_calibration_error_but_its_noise():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=100_000)
    labels = (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1)
    assert expected_calibration_error(p, labels) < 0.01
    assert expected_calibration_error(p[:50], labels[:50]) > 0.03
    assert temperature(p, labels) == pytest.approx(1, abs=0.02)


def test_every_model_of_a_stack_is_taken_alone():
    logits, p, labels = random_predictions(5, lead=(2, 3))
    error, best, bins = expected_calibration_error(p, labels), temperature(p, labels), reliability(p, labels)
    loss = soft_label_loss(p, labels, 0.1)
    assert error.shape == best.shape == loss.shape == (2, 3)
    assert bins.count.shape == bins.accuracy.shape == bins.confidence.shape == (2, 3, 15)
    of_stack = np.broadcast_to(labels, (2, 3, len(labels)))
    np.testing.assert_array_equal(expected_calibration_error(p, of_stack), error)
    cooled = apply_temperature(p, best)
    for at in np.ndindex(2, 3):
        assert expected_calibration_error(p[at], labels) == pytest.approx(error[at])
        assert temperature(p[at], labels) == pytest.approx(best[at])
        assert temperature(logits[at], labels, from_logits=True) == pytest.approx(best[at])
        assert soft_label_loss(p[at], labels, 0.1) == pytest.approx(loss[at])
        np.testing.assert_array_equal(reliability(p[at], labels).count, bins.count[at])
        np.testing.assert_allclose(apply_temperature(p[at], best[at]), cooled[at])


def test_a_model_that_diverged_is_nan_and_the_others_are_not():
    _, p, labels = random_predictions(1, lead=(2,))
    whole = reliability(p, labels), expected_calibration_error(p, labels), temperature(p, labels)
    p[1, 2] = np.nan
    bins, error, best = reliability(p, labels), expected_calibration_error(p, labels), temperature(p, labels)
    assert bins.count[1].sum() == 0
    assert np.isnan(bins.accuracy[1]).all()
    np.testing.assert_array_equal(bins.accuracy[0], whole[0].accuracy[0])
    np.testing.assert_array_equal(error, [whole[1][0], math.nan])
    np.testing.assert_allclose(best, [whole[2][0], math.nan], rtol=1e-12)
    assert np.isnan(soft_label_loss(p, labels, 0)).tolist() == [False, True]
    assert np.isnan(apply_temperature(p, [1.0, 2.0])[1, 2]).all()
    assert math.isnan(expected_calibration_error(p[1], labels))


@pytest.mark.parametrize("case", CALIBRATION, ids=range(len(CALIBRATION)))
def test_temperature_is_scipys(case):
    ours = temperature(case["logits"], case["labels"], from_logits=True)
    assert ours == pytest.approx(case["temperature"], rel=1e-6)
    loss = soft_label_loss(np.array(case["logits"]) / ours, case["labels"], 0, from_logits=True)
    assert loss <= case["loss_at_temperature"] * (1 + 1e-12)


def test_temperature_keeps_the_ranking_and_lowers_the_loss():
    for seed in range(30):
        logits, p, labels = random_predictions(seed, scale=float(np.random.default_rng(seed).uniform(0.3, 10)))
        best = temperature(p, labels)
        cooled = apply_temperature(p, best)
        np.testing.assert_allclose(cooled, apply_temperature(logits, best, from_logits=True), rtol=1e-6, atol=1e-12)
        np.testing.assert_array_equal(cooled.argmax(axis=1), p.argmax(axis=1))
        np.testing.assert_allclose(cooled.sum(axis=1), 1)
        if 0.01 < best < 100:
            lowest = soft_label_loss(cooled, labels, 0)
            for factor in (0.9, 0.99, 1.01, 1.1):
                assert soft_label_loss(apply_temperature(p, best * factor), labels, 0) > lowest
            assert temperature(logits * 2, labels, from_logits=True) == pytest.approx(2 * best, rel=1e-9)


@pytest.mark.parametrize(
    ("p", "labels", "expected"),
    [
        ([[1, 0], [0, 1]], [0, 1], 0.01),  # all right: the surer the better
        ([[0.9, 0.1], [0.2, 0.8]], [0, 1], 0.01),
        ([[1, 0], [0, 1]], [1, 0], 100),  # all wrong
        ([[0.6, 0.4], [0.6, 0.4]], [0, 1], 100),  # right as often as by chance
        ([[0.5, 0.5], [0.5, 0.5]], [0, 1], 1),  # all temperatures are as good
    ],
)
def test_temperatures_without_a_best(p, labels, expected):
    assert temperature(p, labels) == expected


def test_probabilities_of_zero_are_finite():
    p = np.array([[1, 0], [1, 0]], np.float32)
    assert soft_label_loss(p, [0, 1], 0) == pytest.approx(87.34 / 2, abs=0.01)
    assert np.isfinite(apply_temperature(p, 50.0)).all()


# --- the last hidden layer ---


def test_plane_holds_the_means_as_they_lie():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        centres, labels = 5 * rng.normal(size=(4, 8)), rng.permutation(np.repeat(np.arange(4), 12))
        x = centres[labels] + rng.normal(size=(48, 8))
        plane = project_on_class_plane(x, labels, [3, 0, 2])
        assert plane.points.shape == (36, 2)
        np.testing.assert_array_equal(plane.labels, labels[labels != 1])
        means = np.stack([x[labels == c].mean(axis=0) for c in (3, 0, 2)])
        np.testing.assert_allclose(plane.means.mean(axis=0), 0, atol=1e-12)
        for i, c in enumerate((3, 0, 2)):
            np.testing.assert_allclose(plane.points[plane.labels == c].mean(axis=0), plane.means[i], atol=1e-12)
            j = (i + 1) % 3
            distance = np.linalg.norm(means[i] - means[j])
            assert np.linalg.norm(plane.means[i] - plane.means[j]) == pytest.approx(distance)
        assert plane.means[0, 1] == pytest.approx(plane.means[1, 1])
        assert plane.means[0, 0] < plane.means[1, 0]
        assert plane.means[2, 1] > plane.means[0, 1]
        others = x[labels != 1]
        inner = np.linalg.norm(plane.points[:, None] - plane.points, axis=-1)
        assert (inner <= np.linalg.norm(others[:, None] - others, axis=-1) + 1e-9).all()  # a projection never stretches


def test_spread_is_zero_for_points_and_half_for_half_the_size():
    corners = np.array([[0.0, 0], [4, 0], [0, 4]])
    around = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    labels = np.repeat([0, 1, 2], 4)
    spread = [
        project_on_class_plane((corners[:, None] + s * around).reshape(12, 2), labels, [0, 1, 2]).spread
        for s in (0.0, 1.0, 0.5)
    ]
    assert spread[0] == pytest.approx(0, abs=1e-15)
    assert spread[1] == pytest.approx(1 / math.sqrt((16 + 16 + 32) / 3))
    assert spread[2] == pytest.approx(spread[1] / 2)


def test_plane_of_a_trained_network_keeps_its_classes_apart():
    data = load("digits")
    run = fit(data, Settings(label_smoothing=0.1), Training(max_steps=300, eval_steps=4), n_train=300, seeds=2)
    h = (data.x_test - run.centre) / run.scale  # (seeds, n, features)
    for layer in (0, 1):
        h = np.maximum(h @ run.weights(layer) + run.biases(layer)[..., None, :], 0)  # (settings, seeds, n, units)
    logits = h @ run.weights(2) + run.biases(2)[..., None, :]
    again = apply_temperature(logits, np.ones((1, 2)), from_logits=True)
    np.testing.assert_allclose(again, run.predict(data.x_test), rtol=1e-3, atol=1e-6)
    for features in h[0]:
        plane = project_on_class_plane(features, data.y_test, [0, 1, 2])
        nearest = np.linalg.norm(plane.points[:, None] - plane.means, axis=-1).argmin(axis=1)
        assert (nearest == plane.labels).mean() > 0.9
        assert 0 < plane.spread < 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_others(1.0, 3), "smoothing must be in [0, 1), got 1.0"),
        (lambda: to_others(0.1, 1), "n_classes must be a whole number of at least 2, got 1"),
        (lambda: to_uniform(0.5, 2), "smoothing must be in [0, 0.5), got 0.5"),
        (lambda: loss_floor(3, 1.0), "smoothing must be in [0, 1), got 1.0"),
        (lambda: loss_floor(3, math.nan), "smoothing must be in [0, 1), got nan"),
        (lambda: loss_by_gap(0, 3, 0.1, "even"), "convention must be 'uniform' or 'others', got 'even'"),
        (lambda: lowest_gap(2.5, 0.1), "n_classes must be a whole number of at least 2, got 2.5"),
        (lambda: soft_label_loss([[0.5, 0.5]], [2], 0), "labels must be whole numbers in 0 to 1, got [2]"),
        (lambda: temperature([[0.5, 0.5]], ["0"]), "labels must be whole numbers in 0 to 1, got ['0']"),
        (
            lambda: temperature([[0.5, 0.5]], [0.0]),
            "labels must be whole numbers in 0 to 1, got [0.0], of the type float64: "
            "astype(int) makes whole numbers of them",
        ),
        (lambda: temperature([[0.5, 0.5]], [0, 1]), "labels must have one label per row, the shape (1,), got (2,)"),
        (
            lambda: temperature([[2.0, -1.0]], [0]),
            "probabilities must be from 0 up and sum to 1 over the classes, got [ 2. -1.]",
        ),
        (
            lambda: reliability([[0.9, 0.9]], [0]),
            "probabilities must be from 0 up and sum to 1 over the classes, got [0.9 0.9]",
        ),
        (
            lambda: reliability([0.9, 0.1], [0]),
            "probabilities must have the shape (..., n, K) with K from 2 up, got (2,)",
        ),
        (lambda: reliability([[0.9, 0.1]], [0], 0), "n_bins must be a whole number of at least 1, got 0"),
        (lambda: temperature([[math.inf, 0]], [0], from_logits=True), "logits must be finite, got infinity"),
        (lambda: apply_temperature([[0.9, 0.1]], 0), "temperature must be a number above 0, got 0"),
        (
            lambda: apply_temperature([[0.9, 0.1]], [1.0, 2.0]),
            "temperature must be a number, or of the shape (), got the shape (2,)",
        ),
        (
            lambda: project_on_class_plane([[1.0]], [0, 1], [0, 1, 2]),
            "features must be (n, units) with one label per row, got (1, 1) and (2,)",
        ),
        (lambda: project_on_class_plane([[math.nan]], [0], [0, 1, 2]), "features must be finite"),
        (
            lambda: project_on_class_plane(np.eye(3), [0, 1, 2], [0, 1, 1]),
            "classes must be three different labels, got [0, 1, 1]",
        ),
        (lambda: project_on_class_plane(np.eye(2), [0, 1], [0, 1, 2]), "classes must each have a row, got none of 2"),
        (
            lambda: project_on_class_plane([[0.0, 0], [1, 1], [3, 3]], [0, 1, 2], [0, 1, 2]),
            "classes must have means that are not on one line: they span no plane",
        ),
        (
            lambda: project_on_class_plane([[1.0, 0], [1, 0], [3, 3]], [0, 1, 2], [0, 1, 2]),
            "classes must have means that are not on one line: they span no plane",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smooth(np.eye(3), -0.1), "smoothing must be in [0, 1), got -0.1"),
        (lambda: smooth(np.eye(3), 1.0), "smoothing must be in [0, 1), got 1.0"),
        (
            lambda: smooth(np.eye(3), [[0.1], [0.2]]),
            "smoothing must broadcast with targets, of the shape (3, 3), got the shape (2, 1)",
        ),
        (lambda: smooth(1.0, 0.1), "targets must have the shape (..., n_classes), got ()"),
        (
            lambda: smooth_labels([0.0, 1.0], 3, 0.1),
            "labels must be whole numbers in 0 to 2, got [0.0, 1.0], of the type float64: "
            "astype(int) makes whole numbers of them",
        ),
        (lambda: smooth_labels([0.5, 1.0], 3, 0.1), "labels must be whole numbers in 0 to 2, got [0.5, 1.0]"),
        (lambda: smooth_labels([True, False], 3, 0.1), "labels must be whole numbers in 0 to 2, got [True, False]"),
        (lambda: smooth_labels([0], 1, 0.1), "n_classes must be a whole number of at least 2, got 1"),
        (lambda: smooth_labels([0, 1], 10**9, 0.1), "n_classes * labels must be at most 25000000, got 2000000000"),
        (lambda: reliability([[0.9, 0.1]], [0], 10**9), "n_bins must be at most 100000, got 1000000000"),
        (lambda: temperature([[0.9, 0.1]], [0], from_logits=1), "from_logits must be True or False, got 1"),
    ],
)
def test_strengths_labels_and_counts_out_of_their_range_are_refused(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()
