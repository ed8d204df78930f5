import json
from pathlib import Path

import numpy as np
import pytest

from reglab import bundled, datasets
from tests.refusals import exactly

GOLDEN = json.loads((Path(__file__).parent / "golden" / "datasets.json").read_text())["datasets"]
SIZES = {  # pool, test, features, classes
    "digits": (1200, 597, 64, 10),
    "breast_cancer": (400, 169, 30, 2),
    "wine": (120, 58, 13, 3),
    "diabetes": (300, 142, 10, None),
    "penguins": (258, 86, 17, 3),
    "mnist": (2000, 1000, 784, 10),
    "mnist1d": (3000, 1000, 40, 10),
    "glyphs": (2000, 1000, 768, 8),
    "moons": (1000, 500, 2, 2),
    "circles": (1000, 500, 2, 2),
    "spirals": (1000, 500, 2, 3),
}
CLASSIFIED = [name for name, size in SIZES.items() if size[-1] is not None]
DRAWN = ["mnist1d", "glyphs", "moons", "circles", "spirals"]

all_names = pytest.mark.parametrize("name", datasets.NAMES)


def arrays(data):
    return {"x": data.x, "y": data.y, "x_test": data.x_test, "y_test": data.y_test}


def test_the_sizes_listed_here_are_of_all_names():
    assert tuple(SIZES) == datasets.NAMES


@all_names
def test_shapes_types_and_names(name):
    data = datasets.load(name)
    n_pool, n_test, n_features, n_classes = SIZES[name]
    assert data.name == name
    assert data.x.shape == (n_pool, n_features)
    assert data.x_test.shape == (n_test, n_features)
    assert data.y.shape == (n_pool,)
    assert data.y_test.shape == (n_test,)
    assert data.x.dtype == data.x_test.dtype == np.float32
    assert data.y.dtype == data.y_test.dtype == (np.float32 if n_classes is None else np.int64)
    assert data.n_classes == n_classes
    assert len(data.class_names) == len(set(data.class_names)) == (n_classes or 0)
    assert len(data.feature_names) == len(set(data.feature_names)) == n_features
    assert data.task in ("tabular", "image", "signal", "points")
    assert (data.image_shape is not None) == (data.task == "image")
    if data.image_shape is not None:
        assert np.prod(data.image_shape) == n_features
    assert data.title
    assert data.source
    assert data.licence
    for array in arrays(data).values():
        assert np.isfinite(array[~np.isnan(array)] if data.encoding else array).all()


@all_names
def test_no_test_row_is_in_the_pool_and_no_row_occurs_twice(name):
    data = datasets.load(name)
    rows = np.concatenate([data.x, data.x_test])
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_the_test_set_has_its_share_of_every_class(name):
    data = datasets.load(name)
    pool, test = (np.bincount(y, minlength=data.n_classes) for y in (data.y, data.y_test))
    fair = (pool + test) * len(data.y_test) / (len(data.y) + len(data.y_test))
    assert np.abs(test - fair).max() < 1
    assert (pool > 0).all()


@pytest.mark.parametrize("name", CLASSIFIED)
def test_classes_are_mixed_in_the_order_of_rows(name):
    data = datasets.load(name)
    for y in (data.y, data.y_test):
        assert set(y[: len(y) // 2]) == set(range(data.n_classes))


@pytest.mark.parametrize("name", ["digits", "mnist", "glyphs"])
def test_image_values_fill_the_range_0_to_1(name):
    data = datasets.load(name)
    for x in (data.x, data.x_test):
        assert x.min() == 0.0
        assert x.max() == 1.0


@pytest.mark.parametrize(("name", "most"), [("digits", 16), ("mnist", 255)])
def test_digit_pixels_are_counts(name, most):
    pixels = datasets.load(name).x * most
    np.testing.assert_array_equal(pixels, np.round(pixels))


def test_regression_targets_are_standardised_by_the_pool_and_lead_back_to_raw_units():
    data = datasets.load("diabetes")
    y = data.y.astype(np.float64)
    assert y.mean() == pytest.approx(0.0, abs=1e-6)
    assert 0.5 * np.mean(y**2) == pytest.approx(0.5, abs=1e-6)  # the loss of the best constant guess
    raw = np.concatenate([data.y, data.y_test]) * data.target_scale + data.target_mean
    np.testing.assert_allclose(raw, np.round(raw), atol=1e-4)
    assert (round(raw.min()), round(raw.max())) == (25, 346)
    assert data.target_name


@pytest.mark.parametrize("name", CLASSIFIED)
def test_class_data_have_no_target_units(name):
    data = datasets.load(name)
    assert (data.target_name, data.target_mean, data.target_scale) == ("", 0.0, 1.0)


@all_names
def test_values_are_those_of_the_golden_file(name):
    for part, array in arrays(datasets.load(name)).items():
        expected, values = GOLDEN[name][part], array.astype(np.float64)
        assert len(values) == expected["rows"]
        assert np.nanmean(values) == pytest.approx(expected["mean"], rel=1e-5, abs=1e-6)
        assert np.nanstd(values) == pytest.approx(expected["std"], rel=1e-5)
        np.testing.assert_allclose(np.atleast_1d(values[0])[:8], expected["first"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", DRAWN)
def test_drawing_again_gives_the_same_rows(name):
    again = bundled.MAKERS[name]()
    for part, array in arrays(datasets.load(name)).items():
        np.testing.assert_array_equal(array, again[part])
        assert array is not again[part]


@all_names
def test_loading_is_cached_and_arrays_are_read_only(name):
    data = datasets.load(name)
    assert datasets.load(name) is data
    for array in arrays(data).values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"name must be one of digits, .*, spirals, got 'cifar10'"):
        datasets.load("cifar10")


def test_every_bundled_file_has_its_checksum_and_its_place_in_the_readme():
    files = sorted([*bundled.DATA.glob("*.npz"), *bundled.DATA.glob("*.csv")])
    assert [file.stem for file in files] == sorted(bundled.CHECKSUMS)
    readme = (bundled.DATA / "README.md").read_text()
    for file in files:
        bundled._content(file.stem, file.suffix)
        assert f"## {file.name}" in readme
        assert datasets.load(file.stem).licence.split()[0].lower() in readme.lower()


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    content = bytearray((bundled.DATA / "wine.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "wine.npz").write_bytes(content)
    monkeypatch.setattr(bundled, "DATA", tmp_path)
    with pytest.raises(ValueError, match=r"wine\.npz is damaged: sha256 must be 442ac36a\w+, got \w+"):
        bundled._bundled("wine")


def test_signals_are_read_linearly_between_samples():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(5, 9))
    positions = rng.uniform(0, 8, (5, 30))
    positions[:, :3] = [0, 8, 4]
    expected = [np.interp(at, np.arange(9), row) for row, at in zip(signal, positions, strict=True)]
    np.testing.assert_allclose(bundled._read(signal, positions), expected, atol=1e-12)
    np.testing.assert_allclose(bundled._read(signal, positions[0])[0], expected[0], atol=1e-12)


def test_the_blur_keeps_a_constant_and_is_symmetric():
    blur = bundled._gaussian_blur(72, 2.0)
    np.testing.assert_allclose(blur.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(blur, blur.T, atol=1e-15)
    assert blur[36, 36 + 8] > 0
    assert blur[36, 36 + 9] == 0  # cut off at 4 sigma


def test_signals_hold_their_template_where_it_was_put():
    # With the draws at their middle (no change of size, no shear, no noise, no shift), template and zeros remain.
    class Middle:
        def integers(self, low, high=None, size=None):
            return np.full(size, 60 if high else 0)

        def random(self, size):
            return np.full(size, 0.5)

        def normal(self, scale, size):
            return np.zeros(size)

    drawn = bundled._draw_mnist1d(np.arange(10), Middle())
    templates = bundled.MNIST1D_TEMPLATES
    expected = (templates - 5) / templates.std(axis=1, keepdims=True) / 6  # each template starts and ends at 5
    at = np.linspace(0, 71, 40)
    for row, template in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(row, np.interp(at, np.arange(12), template, right=0), atol=1e-12)


def test_points_lie_around_their_curves():
    circles = datasets.load("circles")
    radius = np.hypot(*circles.x.T)
    for label, expected in enumerate([1.0, 0.5]):
        # Noise s across the circle adds s^2 / (2 r) to the mean radius, to first order.
        mean = expected + bundled.CIRCLES_NOISE**2 / (2 * expected)
        assert radius[circles.y == label].mean() == pytest.approx(mean, abs=0.03)
    moons = datasets.load("moons")
    centres = np.array([[0.0, 2 / np.pi], [1.0, 0.5 - 2 / np.pi]])
    for label, centre in enumerate(centres):
        np.testing.assert_allclose(moons.x[moons.y == label].mean(axis=0), centre, atol=0.08)
    spirals = datasets.load("spirals")
    angle = np.arctan2(spirals.x[:, 1], spirals.x[:, 0])
    turn = np.exp(1j * (angle - 2 * np.pi * np.hypot(*spirals.x.T)))  # unwinds the arms
    for label in range(3):
        expected = np.exp(2j * np.pi * label / 3)
        assert np.abs(np.angle(turn[spirals.y == label].mean() / expected)) < 0.1


def glyph_cover(shape, u, v, size=5.0):
    return np.clip(0.5 - bundled._shape_distance(shape, u, v, np.float64(size)), 0, 1)


@pytest.mark.parametrize("shape", bundled.GLYPHS)
def test_glyph_shapes_survive_flips_and_half_turns(shape):
    v, u = np.mgrid[:16, :16] - 7.5
    cover = glyph_cover(shape, u, v)
    assert 20 < cover.sum() < 150
    assert cover[[0, -1]].max() == cover[:, [0, -1]].max() == 0  # stays inside the picture
    for same in (cover[::-1], cover[:, ::-1], cover[::-1, ::-1]):
        np.testing.assert_allclose(same, cover, atol=1e-12)


def test_quarter_turns_swap_the_bars_alone():
    v, u = np.mgrid[:16, :16] - 7.5
    covers = {shape: glyph_cover(shape, u, v) for shape in bundled.GLYPHS}
    np.testing.assert_allclose(np.rot90(covers["horizontal bars"]), covers["vertical bars"], atol=1e-12)
    for shape in bundled.GLYPHS[:6]:
        np.testing.assert_allclose(np.rot90(covers[shape]), covers[shape], atol=1e-12)


def test_glyphs_of_different_shape_differ():
    v, u = np.mgrid[:16, :16] - 7.5
    covers = [glyph_cover(shape, u, v) for shape in bundled.GLYPHS]
    for i, first in enumerate(covers):
        for second in covers[:i]:
            assert np.abs(first - second).sum() > 10


def test_glyphs_stand_out_from_their_ground():
    images = datasets.load("glyphs").x.reshape(-1, 16, 16, 3)
    grey = images.mean(axis=3).reshape(len(images), -1)
    assert (np.quantile(grey, 0.95, axis=1) - np.quantile(grey, 0.2, axis=1) > 0.15).mean() > 0.99


@all_names
def test_the_documentation_tells_the_sizes_and_the_noise(name):
    n_pool, n_test, _, n_classes = SIZES[name]
    line = next(line for line in datasets.load.__doc__.splitlines() if line.split()[:1] == [name])
    assert line.split()[1:5] == [datasets.load(name).task, str(n_classes or "regression"), str(n_pool), str(n_test)]
    if (noise := getattr(bundled, f"{name.upper()}_NOISE", None)) is not None:
        assert line.endswith(f"noise {noise}")


# --- a dataset of one's own ---


def small_dataset(**changes):
    """Make a data set of six rows, as a person would: lists, and numbers of any kind."""
    given = {
        "name": "own",
        "title": "My own",
        "x": [[0.0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]],
        "y": [0, 1, 0, 1, 0, 1],
        "x_test": [[1, 2]],
        "y_test": [1],
        "task": "tabular",
        "n_classes": 2,
        "feature_names": ("a", "b"),
        "class_names": ("no", "yes"),
        "image_shape": None,
        "source": "this test",
        "licence": "MIT",
    }
    return datasets.Dataset(**{**given, **changes})


def test_a_dataset_of_ones_own_becomes_what_training_takes():
    data = small_dataset()
    assert data.x.dtype == data.x_test.dtype == np.float32
    assert data.y.dtype == data.y_test.dtype == np.int64
    assert small_dataset(y=[0.0, 1, 0, 1, 0, 1]).y.dtype == np.int64
    regression = small_dataset(n_classes=None, class_names=(), y=range(6), y_test=[2.5])
    assert regression.y.dtype == regression.y_test.dtype == np.float32
    assert small_dataset(feature_names=[], class_names=()).feature_names == ()
    assert small_dataset(task="image", image_shape=[1, 2]).image_shape == (1, 2)
    x = np.zeros((6, 2), np.float32)
    assert small_dataset(x=x).x is x  # nothing is copied without need


class Encoding:
    """Stands for a table's."""

    def learn(self, x):
        return x


def test_notes_groups_and_missing_values_of_a_table_are_kept():
    data = small_dataset(notes=["one column was left out"], groups=[3, 3, 1, 1, 0, 0])
    assert data.notes == ("one column was left out",)
    assert data.groups.tolist() == [3, 3, 1, 1, 0, 0]
    assert (small_dataset().notes, small_dataset().groups, small_dataset().encoding) == ((), None, None)
    table = small_dataset(x=[[np.nan, 1.0]] * 6, encoding=Encoding())
    assert np.isnan(table.x[:, 0]).all()


LABELS = "y's labels must be whole numbers from 0 to n_classes - 1, got "
MAPPED = ": map them with np.unique(y, return_inverse=True)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"y": [-1, 1, -1, 1, -1, 1]}, f"{LABELS}-1 and 1{MAPPED}"),
        ({"y": [True, False] * 3}, f"{LABELS}False and True{MAPPED}"),
        ({"y": ["no", "yes"] * 3}, f"{LABELS}'no' and 'yes'{MAPPED}"),
        ({"y": [1, 2] * 3}, f"{LABELS}1 and 2{MAPPED}"),
        ({"y": [0, 1, 2] * 2}, f"{LABELS}0, 1 and 2"),
        ({"y": [0.5, 1] * 3}, f"{LABELS}0.5 and 1.0{MAPPED}"),
        ({"y": range(6)}, f"{LABELS}6 values from 0 to 5"),
        ({"y": [0, np.nan] * 3}, f"{LABELS}0.0 and nan"),
        ({"y": [[0], [1, 0]] * 3}, f"{LABELS}[[0], [1, 0], [0], [1, 0], [0], [1, 0]]"),
        ({"y_test": [2]}, "y_test's labels must be whole numbers from 0 to n_classes - 1, got 2"),
        ({"y": [0, 1] * 4}, "y must have one target for each row of x (6), got 8"),
        ({"y": [[0], [1]] * 3}, "y must have the shape (rows,), got (6, 1)"),
        ({"x": [[0.0, np.nan]] * 6}, "x must be finite, got nan"),
        ({"x": [[0.0, 1e39]] * 6}, "x must be finite, got inf"),
        ({"x": [0.0] * 6}, "x must have the shape (rows, features), got (6,)"),
        ({"x": [["a", "b"]]}, "x must be numbers, got [['a', 'b']]"),
        ({"x_test": [[1.0]]}, "x_test must have the columns of x (2), got 1"),
        ({"task": "classification"}, "task must be one of tabular, image, signal, points, got 'classification'"),
        ({"task": "image"}, "image_shape must be a sequence, got None"),
        ({"task": "image", "image_shape": (2, 2)}, "image_shape must be of the 2 columns of x, got (2, 2)"),
        ({"n_classes": 1}, "n_classes must be a whole number of at least 2, got 1"),
        ({"n_classes": 10**9}, "n_classes must be at most 10000, got 1000000000"),
        ({"class_names": ("no",)}, "class_names must be none, or one for each of n_classes (2), got 1"),
        ({"n_classes": None, "class_names": (), "y": [np.inf] * 6}, "y must be finite, got inf"),
        ({"target_scale": 0}, "target_scale must be above 0, got 0"),
        ({"notes": "read"}, "notes must be a sequence, got 'read'"),
        ({"notes": (1,)}, "notes must be text of at most 100000 characters, got int"),
        ({"groups": [0, 1]}, "groups must have one number for each row of x (6), got the shape (2,)"),
        ({"groups": [0.5] * 6}, f"groups must be whole numbers from 0 to {2**63 - 1}, got {[0.5] * 6}"),
        ({"encoding": Encoding(), "x": [[0.0, np.inf]] * 6}, "x must be finite, got inf"),
        ({"encoding": 5}, "encoding must be that of a table, or None, got 5"),
        ({"name": None}, "name must be text of at most 100000 characters, got NoneType"),
    ],
)
def test_what_no_training_can_use_is_refused_in_one_sentence(changes, said):
    with pytest.raises(ValueError, match=exactly(said)):
        small_dataset(**changes)


def test_a_dataset_is_taken_itself_or_by_its_name():
    data = small_dataset()
    assert datasets.as_dataset(data) is data
    assert datasets.as_dataset("wine") is datasets.load("wine")
    for wrong in (None, ["wine"], "iris"):
        with pytest.raises(ValueError, match=r"^dataset must be a Dataset or one of digits, .*, spirals, got "):
            datasets.as_dataset(wrong)
    with pytest.raises(ValueError, match=r"^name must be one of digits, .*, got \['wine'\]$"):
        datasets.load(["wine"])
