import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reglab import experiments, gradient_clipping, mistakes
from reglab.engine.line import PLACES
from reglab.engine.network import Parameters
from reglab.engine.train import fit
from reglab.experiments import turned_by_clipping
from reglab.gradient_clipping import (
    angle,
    clip_by_global_norm,
    clip_by_value,
    clip_each_norm,
    clip_norm,
    clip_value,
    descend,
    valley_gradient,
)
from reglab.settings import Settings, Training
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "gradient_clipping.json").read_text())


def arrays(seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, scale, shape) for shape in ((3, 4), (4,), (4, 2), (2,))]


def global_norm(arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"max_norm {case['max_norm']}")
def test_clipping_is_pytorchs_but_for_its_1e_6(case):
    clipped, norm = clip_by_global_norm([np.array(a) for a in GOLDEN["arrays"]], case["max_norm"])
    assert norm == pytest.approx(case["norm"], rel=1e-12)
    for ours, theirs in zip(clipped, case["clipped"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=3e-6)  # PyTorch divides by norm + 1e-6


def test_a_clipped_gradient_has_the_limit_as_norm_and_its_old_direction():
    for seed in range(30):
        before = arrays(seed, scale=10.0 ** (seed % 5))
        clipped, norm = clip_by_global_norm(before, 0.7)
        assert norm == pytest.approx(global_norm(before), rel=1e-12)
        assert global_norm(clipped) == pytest.approx(0.7, rel=1e-12)
        for a, b in zip(clipped, before, strict=True):
            np.testing.assert_allclose(a * norm, b * 0.7, rtol=1e-12)


def test_a_gradient_within_the_limit_comes_back_equal():
    before = arrays()
    for limit in (global_norm(before) * (1 + 1e-9), 1e6):
        clipped, _ = clip_by_global_norm(before, limit)
        for a, b in zip(clipped, before, strict=True):
            np.testing.assert_array_equal(a, b)
            assert a is not b
    zeros, norm = clip_by_global_norm([np.zeros(3)], 1.0)
    assert (zeros[0].tolist(), norm) == ([0, 0, 0], 0)


def test_each_model_is_clipped_to_its_own_limit():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(2, 4, 50)).astype(np.float32)
    limits = np.array([[0.0, 0.5, 100.0, 2.0]] * 2, np.float32)
    g = before.copy()
    clipped, norm = clip_norm(g, limits)
    assert clipped is g
    np.testing.assert_allclose(norm, np.linalg.norm(before, axis=-1), rtol=1e-6)
    np.testing.assert_array_equal(g[:, 0], before[:, 0])  # 0 is off
    np.testing.assert_array_equal(g[:, 2], before[:, 2])
    np.testing.assert_allclose(np.linalg.norm(g[:, 1], axis=-1), 0.5, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(g[:, 3], axis=-1), 2.0, rtol=1e-6)
    for s in range(2):
        for k in (1, 3):
            expected, _ = clip_by_global_norm([before[s, k].astype(np.float64)], float(limits[s, k]))
            np.testing.assert_allclose(g[s, k], expected[0], rtol=1e-6)


def test_zero_gradients_stay_zero():
    g, norm = clip_norm(np.zeros((2, 3)), 1.0)
    assert not g.any()
    assert not norm.any()


def test_types_are_kept_and_whole_numbers_become_floats():
    assert clip_by_global_norm([np.ones(3, np.float32)], 1.0)[0][0].dtype == np.float32
    clipped, norm = clip_by_global_norm([np.array([3]), np.array([4])], 1.0)
    assert [a.item() for a in clipped] == pytest.approx([0.6, 0.8])
    assert norm == 5


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (0, "limit must be above 0, got 0"),
        (-1.0, "limit must be a number from 0 up, got -1.0"),
        (float("nan"), "limit must be a number from 0 up, got nan"),
    ],
)
def test_bad_limits_are_refused(limit, message):
    with pytest.raises(ValueError, match=exactly(message)):
        clip_by_global_norm(arrays(), limit)


# --- by value, and array by array ---


@pytest.mark.parametrize("case", GOLDEN["by_value"], ids=lambda case: f"clip_value {case['clip_value']}")
def test_clipping_by_value_is_pytorchs(case):
    clipped = clip_by_value([np.array(a) for a in GOLDEN["arrays"]], case["clip_value"])
    for ours, theirs in zip(clipped, case["clipped"], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_each_model_has_its_own_limit_by_value():
    before = np.random.default_rng(0).normal(size=(2, 3, 40)).astype(np.float32)
    g, largest = clip_value(before.copy(), np.array([[0.0, 0.5, 100.0]] * 2, np.float32))
    assert g.dtype == np.float32
    np.testing.assert_array_equal(largest, np.abs(before).max(axis=-1))
    np.testing.assert_array_equal(g[:, 0], before[:, 0])  # 0 is off
    np.testing.assert_array_equal(g[:, 1], np.clip(before[:, 1], -0.5, 0.5))
    np.testing.assert_array_equal(g[:, 2], before[:, 2])
    overwritten = before.copy()
    assert clip_value(overwritten, 0.5)[0] is overwritten


def test_by_value_and_array_by_array_bound_what_they_say_and_turn_the_rest():
    for seed in range(30):
        before = arrays(seed, scale=10.0 ** (seed % 3))
        by_value, each = clip_by_value(before, 0.4), clip_each_norm(before, 0.4)
        assert max(np.abs(a).max() for a in by_value) <= 0.4
        assert max(global_norm([a]) for a in each) <= 0.4 * (1 + 1e-12)
        assert global_norm(each) <= 0.4 * len(each) ** 0.5 * (1 + 1e-12)
        assert 0 < angle(before, by_value) < 90
        assert 0 < angle(before, each) < 90
        assert angle(before, clip_by_global_norm(before, 0.4)[0]) < 1e-6
        for a, b in zip(before, by_value, strict=True):
            assert a is not b


def test_angles_are_exact_at_their_ends():
    a = [np.array([1.0, 0.0]), np.array([0.0])]
    for degrees in (0.0, 1e-7, 30.0, 90.0, 180.0):
        turned = np.radians(degrees)
        b = [5 * np.array([np.cos(turned), np.sin(turned)]), np.array([0.0])]
        assert angle(a, b) == pytest.approx(degrees, rel=1e-9, abs=1e-12)
    assert np.isnan(angle(a, [np.zeros(2), np.zeros(1)]))
    with pytest.raises(ValueError, match="after must have the shapes of before"):
        angle(a, a[:1])


# --- the valley ---


def test_the_valleys_gradient_is_that_of_its_loss():
    def loss(point):
        return (8 * point[0] ** 2 + point[1] ** 2) / 2

    for x, y in np.random.default_rng(0).normal(size=(20, 2)):
        ends = [[loss((x + e, y)) for e in (1e-5, -1e-5)], [loss((x, y + e)) for e in (1e-5, -1e-5)]]
        expected = [(up - down) / 2e-5 for up, down in ends]
        np.testing.assert_allclose(valley_gradient((x, y)), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("way", ["norm", "value"])
def test_no_step_of_a_clipped_walk_is_longer_than_its_limit(way):
    path = descend([0.35, 2.0], 0.3, 0.5, way, steps=40)
    assert path.shape == (41, 2)
    steps = np.diff(path, axis=0)
    lengths = np.linalg.norm(steps, axis=1) if way == "norm" else np.abs(steps).max(axis=1)
    assert lengths.max() == pytest.approx(0.15)
    assert np.abs(path).max() <= 2.0
    # Beyond 2 / 8 a walk leaves, unless it is clipped; below, it arrives.
    assert np.abs(descend([0.35, 2.0], 0.3, steps=40)).max() > 1e3
    assert np.abs(descend([0.35, 2.0], 0.2, steps=40)[-1]).max() < 1e-3


# --- in training ---

WILD = Training(hidden_sizes=(32,), optimizer="sgd", max_steps=60, eval_steps=6)


def test_clipping_keeps_a_training_that_diverges_without_it():
    settings = [
        Settings(learning_rate=3.0),
        Settings(learning_rate=3.0, clip_norm=0.03),
        Settings(learning_rate=3.0, clip_value=0.01),
    ]
    run = fit("breast_cancer", settings, WILD, n_train=100, seeds=3)
    assert run.diverged.tolist() == [[True] * 3, [False] * 3, [False] * 3]
    assert (run.clipped[0][np.isfinite(run.clipped[0])] == 0).all()


def test_the_share_of_clipped_steps_is_counted_between_evaluations():
    beyond = {"clip_norm": [], "clip_value": []}

    def spy(clip, name):
        def counted(gradient, net, limit, rngs):
            clipped = clip(gradient, net, limit, rngs)
            beyond[name].append(clipped[:, 0])
            return clipped

        return counted

    settings = Settings(learning_rate=0.1, clip_norm=1.0, clip_value=0.1)
    replace = {name: spy(PLACES["gradient"][name], name) for name in beyond}
    run = fit("wine", settings, WILD, n_train=60, seeds=2, replace=replace)
    either = np.array(beyond["clip_norm"]) | np.array(beyond["clip_value"])  # (steps, seeds)
    assert (~np.array(beyond["clip_norm"]) & np.array(beyond["clip_value"])).any()
    ends = [0, *run.steps.tolist()]
    expected = [either[a:b].mean(axis=0) for a, b in itertools.pairwise(ends)]
    np.testing.assert_allclose(run.clipped[0], np.array(expected).T, atol=1e-6)
    assert 0 < run.clipped.mean() < 1


def test_a_replacement_clips_in_place():
    def anew(gradient, net, limit, rngs):
        gradient.flat[:], norm = clip_norm(gradient.flat.copy(), limit)
        return norm > limit

    settings = Settings(learning_rate=0.1, clip_norm=0.05)
    runs = [fit("wine", settings, WILD, n_train=60, seeds=2, replace=r) for r in (None, {"clip_norm": anew})]
    np.testing.assert_array_equal(runs[0].kept_weights, runs[1].kept_weights)
    free = fit("wine", Settings(learning_rate=0.1), WILD, n_train=60, seeds=2)
    assert (runs[1].kept_weights != free.kept_weights).any()


# --- the mistake: each array by its own norm ---


def test_the_mistake_clips_the_trainers_arrays_one_by_one():
    sizes = (5, 4, 3)
    rng = np.random.default_rng(0)
    layers = [rng.normal(size=shape) for shape in ((5, 4), (4, 3), (4,), (3,))]  # all weights, then all biases
    gradient = Parameters(sizes, (1, 1))
    gradient.flat[:] = np.concatenate([a.ravel() for a in layers])
    clipped = mistakes.clips_each_array(gradient, gradient, np.full((1, 1), 0.7, np.float32), [])
    expected = np.concatenate([a.ravel() for a in clip_each_norm(layers, 0.7)])
    np.testing.assert_allclose(gradient.flat[0, 0], expected, rtol=1e-6)
    assert clipped.all()


def test_the_mistakes_turn_is_measured_at_every_step():
    settings = Settings(learning_rate=0.3, clip_norm=0.1)
    turned = turned_by_clipping("breast_cancer", settings, WILD, n_train=100, seeds=2)
    assert turned.degrees.shape == turned.clipped.shape == (60, 2)
    assert turned.clipped[0].all()
    assert (turned.degrees[~turned.clipped] < 1e-6).all()
    assert 5 < turned.degrees[turned.clipped].mean() < 60
    right = fit("breast_cancer", settings, WILD, n_train=100, seeds=2)
    assert (turned.run.kept_weights != right.kept_weights).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clip_by_value(arrays(), 0), "limit must be above 0, got 0"),
        (lambda: clip_each_norm(arrays(), -1.0), "limit must be a number from 0 up, got -1.0"),
        (lambda: valley_gradient((1, 1), 1.0, "length"), "way must be 'norm' or 'value', got 'length'"),
        (lambda: valley_gradient((1, 1), -1.0), "limit must be a number from 0 up, got -1.0"),
        (lambda: descend((1, 1), -0.1), "learning_rate must be a number from 0 up, got -0.1"),
        (lambda: descend((1, 1), 0.1, steps=0), "steps must be a whole number of at least 1, got 0"),
        (lambda: turned_by_clipping("wine", Settings()), "clip_norm must be above 0, without batch norm, got 0.0"),
        (lambda: turned_by_clipping("wine", Settings(clip_norm=1.0), seeds=17), "seeds must be at most 16, got 17"),
    ],
)
def test_bad_input_is_refused_by_name_range_and_value(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()


CLIPS = (
    lambda arrays: clip_by_global_norm(arrays, 0.5)[0],
    lambda arrays: clip_by_value(arrays, 0.5),
    lambda arrays: clip_each_norm(arrays, 0.5),
)


def test_the_gradients_of_layers_may_come_from_a_generator():
    given = arrays()
    for clip in CLIPS:
        listed, yielded = clip(given), clip(a for a in given)
        assert len(yielded) == len(given)
        for from_list, other in zip(listed, yielded, strict=True):
            np.testing.assert_array_equal(from_list, other)
    assert gradient_clipping.global_norm(a for a in given) == gradient_clipping.global_norm(given) > 0


def test_whole_numbers_become_floats_and_are_clipped_like_them():
    whole, floats = np.array([3, 4]), np.array([3.0, 4.0])
    for clip in (clip_norm, clip_value):
        clipped, size = clip(whole.copy(), 1.0)
        np.testing.assert_array_equal(clipped, clip(floats.copy(), 1.0)[0])
        assert clipped.dtype == np.float64
        assert size == clip(floats.copy(), 1.0)[1]
    assert whole.tolist() == [3, 4]
    for clip in CLIPS:
        np.testing.assert_array_equal(clip([whole])[0], clip([floats])[0])
    assert clip_by_global_norm([np.ones(4, np.float16)], 1.0)[0][0].dtype == np.float16


def test_a_norm_that_is_no_number_leaves_none():
    """As PyTorch has it by default: the coefficient is NaN. An infinite norm clips to 0, and infinity to NaN."""
    for bad, left in ((np.nan, [np.nan, np.nan]), (np.inf, [0.0, np.nan])):
        clipped, norm = clip_by_global_norm([np.array([1.0]), np.array([bad])], 1.0)
        np.testing.assert_array_equal(np.concatenate(clipped), left)
        np.testing.assert_array_equal(norm, bad)
        np.testing.assert_array_equal(clip_norm(np.array([1.0, bad]), 1.0)[0], left)
        np.testing.assert_array_equal(clip_each_norm([np.array([1.0, bad])], 1.0)[0], left)
        np.testing.assert_array_equal(clip_norm(np.array([1.0, bad]), 0.0)[0], [1.0, bad])  # off


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clip_norm(np.ones(3), -1.0), "limit must be a number from 0 up, got -1.0"),
        (
            lambda: clip_value(np.ones((2, 3)), [1.0, 2.0, 3.0]),
            "limit must broadcast with gradient without its last axis, of the shape (2,), got the shape (3,)",
        ),
        (lambda: clip_norm(3.0, 1.0), "gradient must have the shape (..., n_parameters), got ()"),
        (lambda: clip_by_global_norm(5, 1.0), "arrays must be a sequence, got 5"),
        (lambda: clip_by_global_norm([np.array([1j])], 1.0), "arrays must be numbers, got array([0.+1.j])"),
        (lambda: descend((1, 1), 0.1, steps=10**9), "steps must be at most 100000, got 1000000000"),
        (lambda: valley_gradient([1, 2, 3]), "points must have the shape (..., 2), got (3,)"),
    ],
)
def test_arrays_that_cannot_be_clipped_are_refused_by_their_name(call, message):
    with pytest.raises(ValueError, match=exactly(message)):
        call()


# --- the valley as a whole, and what a run with clipping shows ---


def test_the_valley_is_made_of_single_gradients_and_walks():
    limits, ways = (0.0, 1.0, 4.0), ("norm", "value")
    walked = gradient_clipping.valley(limits, 0.2, steps=12, grid=5)
    side = (-2, -1, 0, 1, 2)
    assert walked.points.tolist() == [[x, y] for x in side for y in side if x or y]
    np.testing.assert_array_equal(walked.gradient, valley_gradient(walked.points))
    for i, way in enumerate(ways):
        for j, limit in enumerate(limits):
            clipped = valley_gradient(walked.points, limit, way)
            np.testing.assert_array_equal(walked.clipped[i, j], clipped)
            turns = [angle([a], [b]) for a, b in zip(walked.gradient, clipped, strict=True)]
            np.testing.assert_allclose(walked.degrees[i, j], turns, atol=1e-10)
            np.testing.assert_array_equal(walked.paths[i, j], descend((0.35, 2.0), 0.2, limit, way, steps=12))
    assert walked.degrees[0].max() < 1e-6 < 10 < walked.degrees[1, 1].max()
    # The gradient (8x, y) is within 1 at (0, ±1), and within 4 at (0, ±2) too.
    assert walked.share()[:, 0].tolist() == [0, 0]
    np.testing.assert_allclose(walked.share()[0], [0, 22 / 24, 20 / 24])


def test_a_walk_leaves_the_map_at_its_first_step_outside():
    walked = gradient_clipping.valley([0.0, 1.0], 0.3)
    for i in range(2):
        for j in range(2):
            outside = [step for step, at in enumerate(walked.paths[i, j]) if np.abs(at).max() > 2.2]
            assert walked.leaves(2.2)[i, j] == (outside[0] if outside else 0)
    assert walked.leaves(2.2).tolist() == [[6, 0], [6, 0]]


@pytest.fixture(scope="module")
def wild():
    """Return a run of which all, some and no seeds diverge."""
    settings = [
        Settings(learning_rate=100.0),
        Settings(learning_rate=1.0, clip_value=0.1),
        Settings(learning_rate=0.03, clip_norm=0.3),
    ]
    return fit("breast_cancer", settings, Training(optimizer="sgd", max_steps=300, eval_steps=20), n_train=200, seeds=5)


def test_what_diverged_keeps_nothing_and_takes_no_mean_with_it(wild):
    assert wild.diverged[0].all()
    assert 0 < wild.diverged[1].sum() < 5
    assert not wild.diverged[2].any()
    left = experiments.survivors(wild)
    for name in ("train_loss", "val_loss", "test_loss"):
        np.testing.assert_array_equal(np.isnan(left.kept(name)), wild.diverged)
        np.testing.assert_array_equal(left.kept(name)[~wild.diverged], wild.kept(name)[~wild.diverged])
        before, after = getattr(wild, name), getattr(left, name)
        np.testing.assert_array_equal(after[0], before[0])  # of all that diverged the curves are left to be seen
        assert np.isnan(after[1][wild.diverged[1]]).all()
        np.testing.assert_array_equal(after[~wild.diverged], before[~wild.diverged])
    np.testing.assert_array_equal(left.gradient_norm, wild.gradient_norm)


def test_the_share_of_clipped_steps_weighs_each_evaluation_by_its_steps(wild):
    shares, lengths = experiments.share_clipped(wild), np.diff([0, *wild.steps])
    assert shares.shape == (3, 5)
    for i, j in itertools.product(range(3), range(5)):
        seen = [(part, steps) for part, steps in zip(wild.clipped[i, j], lengths, strict=True) if np.isfinite(part)]
        wanted = sum(p * n for p, n in seen) / sum(n for _, n in seen) if seen else np.nan
        np.testing.assert_allclose(shares[i, j], wanted)
    beyond = []

    def counted(gradient, net, limit, rngs):
        beyond.append(PLACES["gradient"]["clip_norm"](gradient, net, limit, rngs)[0, 0])
        return np.array([[beyond[-1]]])

    short = Training(optimizer="sgd", max_steps=37, eval_steps=6)
    run = fit(
        "wine", Settings(learning_rate=0.1, clip_norm=0.5), short, n_train=50, seeds=1, replace={"clip_norm": counted}
    )
    assert 0 < sum(beyond) < 37
    assert experiments.share_clipped(run).item() == pytest.approx(sum(beyond) / 37)


def test_the_best_rate_is_one_at_which_no_seed_diverges():
    nan = float("nan")
    assert experiments.best_stable([[0.5, 0.5], [0.3, 0.4], [0.01, nan]]) == 1
    assert experiments.best_stable([[0.5, float("inf")], [nan, nan]]) is None
    with pytest.raises(ValueError, match=r"losses must have the shape \(settings, seeds\), neither of them 0, got"):
        experiments.best_stable([0.5, 0.4])


def test_the_clipped_steps_are_told_by_seed():
    turned = turned_by_clipping("wine", Settings(learning_rate=0.1, clip_norm=0.5), WILD, n_train=60, seeds=2)
    by_seed = turned.of_clipped_steps()
    assert [len(each) for each in by_seed] == turned.clipped.sum(axis=0).tolist()
    for j, each in enumerate(by_seed):
        np.testing.assert_array_equal(each, turned.degrees[turned.clipped[:, j], j])


def test_a_table_is_one_array_and_stays_as_it_is():
    table = pd.DataFrame(np.arange(12.0).reshape(4, 3))
    (clipped,), norm = clip_by_global_norm(table, 1.0)
    assert norm == pytest.approx(np.sqrt((np.arange(12.0) ** 2).sum()))
    np.testing.assert_allclose(clipped, table.to_numpy() / norm)
    rows, norms = clip_norm(table, 1.0)
    np.testing.assert_allclose(norms, np.linalg.norm(table.to_numpy(), axis=1))
    assert (np.linalg.norm(rows, axis=1) <= 1 + 1e-6).all()
    assert table.to_numpy()[3].tolist() == [9.0, 10.0, 11.0]
