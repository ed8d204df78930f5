"""Clipping by norm, by value and array by array against PyTorch on random gradients."""

import numpy as np
import pytest
import torch

from reglab.gradient_clipping import angle, clip_by_global_norm, clip_by_value, clip_each_norm, clip_norm, clip_value


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 5.0, 1000.0])
def test_clipping_is_pytorchs(max_norm):
    rng = np.random.default_rng(0)
    for scale in (0.1, 1.0, 50.0):
        arrays = [rng.normal(0, scale, shape) for shape in ((8, 16), (16,), (16, 3), (3,))]
        parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
        for parameter, a in zip(parameters, arrays, strict=True):
            parameter.grad = torch.tensor(a)
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        ours, our_norm = clip_by_global_norm(arrays, max_norm)
        flat, flat_norm = clip_norm(np.concatenate([a.ravel() for a in arrays]), max_norm)
        assert our_norm == pytest.approx(norm.item(), rel=1e-12)
        assert flat_norm == pytest.approx(norm.item(), rel=1e-12)
        expected = np.concatenate([p.grad.numpy().ravel() for p in parameters])
        np.testing.assert_allclose(np.concatenate([a.ravel() for a in ours]), expected, rtol=1e-5)
        np.testing.assert_allclose(flat, expected, rtol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_is_pytorchs(bad):
    """Without error_if_nonfinite: NaN makes all NaN, infinity clips to 0."""
    arrays = [np.array([[1.0, -2.0]]), np.array([bad, 3.0])]
    parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
    for parameter, a in zip(parameters, arrays, strict=True):
        parameter.grad = torch.tensor(a)
    norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    expected = np.concatenate([p.grad.numpy().ravel() for p in parameters])
    ours, our_norm = clip_by_global_norm(arrays, 1.0)
    flat, flat_norm = clip_norm(np.concatenate([a.ravel() for a in arrays]), 1.0)
    np.testing.assert_array_equal([our_norm, flat_norm], norm.item())
    np.testing.assert_array_equal(np.concatenate([a.ravel() for a in ours]), expected)
    np.testing.assert_array_equal(flat, expected)


def random_arrays(seed, scale):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, scale, shape) for shape in ((8, 16), (16,), (16, 3), (3,))]


def with_gradients(arrays):
    parameters = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in arrays]
    for parameter, a in zip(parameters, arrays, strict=True):
        parameter.grad = torch.tensor(a)
    return parameters


@pytest.mark.parametrize("limit", [0.05, 1.0, 100.0])
@pytest.mark.parametrize("scale", [0.1, 1.0, 50.0])
def test_clipping_by_value_is_pytorchs(limit, scale):
    arrays = random_arrays(1, scale)
    parameters = with_gradients(arrays)
    torch.nn.utils.clip_grad_value_(parameters, limit)
    flat, largest = clip_value(np.concatenate([a.ravel() for a in arrays]), limit)
    assert largest == max(np.abs(a).max() for a in arrays)
    np.testing.assert_array_equal(flat, np.concatenate([p.grad.numpy().ravel() for p in parameters]))
    for ours, parameter in zip(clip_by_value(arrays, limit), parameters, strict=True):
        np.testing.assert_array_equal(ours, parameter.grad.numpy())


def test_clipping_array_by_array_is_clip_grad_norm_of_each_alone():
    arrays = random_arrays(2, 1.0)
    parameters = with_gradients(arrays)
    for parameter in parameters:
        torch.nn.utils.clip_grad_norm_([parameter], 2.0)
    for ours, parameter in zip(clip_each_norm(arrays, 2.0), parameters, strict=True):
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-5)


def test_the_angle_is_that_of_the_cosine_similarity():
    before = random_arrays(3, 1.0)
    after = clip_by_value(before, 0.3)
    a, b = (torch.tensor(np.concatenate([part.ravel() for part in arrays])) for arrays in (before, after))
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).item()
    assert angle(before, after) == pytest.approx(np.degrees(np.arccos(cosine)), rel=1e-9)


def test_tensors_are_clipped_as_arrays_and_one_that_remembers_its_gradient_gets_a_sentence():
    parameters = with_gradients(random_arrays(4, 1.0))
    ours, norm = clip_by_global_norm((parameter.grad for parameter in parameters), 1.0)
    assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(parameters, 1.0).item(), rel=1e-12)
    for array, parameter in zip(ours, parameters, strict=True):
        np.testing.assert_allclose(array, parameter.grad.numpy(), rtol=1e-5)
    with pytest.raises(
        ValueError, match=r"^arrays must be numbers, got tensor.* detach\(\)\.cpu\(\)\.numpy\(\) makes an"
    ):
        clip_by_global_norm([torch.ones(3, requires_grad=True)], 1.0)
