"""The bundled rows are scikit-learn's, all of them; the MNIST-1D pieces agree with SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn import datasets as theirs

from reglab import bundled, datasets

LOADERS = {
    "digits": theirs.load_digits,
    "breast_cancer": theirs.load_breast_cancer,
    "wine": theirs.load_wine,
    "diabetes": lambda: theirs.load_diabetes(scaled=False),
}


def sorted_rows(x, y):
    rows = np.column_stack([x, y])
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("name", LOADERS)
def test_bundled_rows_are_those_of_scikit_learn(name):
    ours, bunch = datasets.load(name), LOADERS[name]()
    x = np.concatenate([ours.x, ours.x_test]).astype(np.float32)
    y = np.concatenate([ours.y, ours.y_test])
    if name == "digits":
        x = x * 16
    if name == "diabetes":
        y = np.round(y * ours.target_scale + ours.target_mean)
    expected = sorted_rows(bunch.data.astype(np.float32), bunch.target)
    np.testing.assert_array_equal(sorted_rows(x, y), expected)


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_features_have_scikit_learns_names(name):
    expected = [feature.replace("_", " ").replace("/", " ").lower() for feature in LOADERS[name]().feature_names]
    expected = [feature.replace("od280 od315", "od280/od315") for feature in expected]
    assert [feature.lower() for feature in datasets.load(name).feature_names] == expected


def test_classes_have_scikit_learns_names():
    assert datasets.load("breast_cancer").class_names == tuple(theirs.load_breast_cancer().target_names)


def test_blur_is_scipys_gaussian_filter():
    noise = np.random.default_rng(0).normal(size=(20, 72))
    ours = noise @ bundled._gaussian_blur(72, 2.0).T
    np.testing.assert_allclose(ours, gaussian_filter1d(noise, 2.0, axis=1), atol=1e-12)
