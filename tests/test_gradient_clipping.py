import json
from pathlib import Path

import numpy as np
import pytest

from reglab.gradient_clipping import clip_by_global_norm, clip_norm

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
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        clip_by_global_norm(arrays(), limit)
    assert str(caught.value) == message
