"""Data sets made of arrays of one's own: what is taken for what, how rows are split, and what is found in them."""

import numpy as np
import pandas as pd
import pytest

import reglab
from reglab.checks import shown
from reglab.datasets import Dataset, load
from reglab.own_data import findings, targets
from reglab.own_data.arrays import fields
from reglab.own_data.split import group_numbers, split
from tests.refusals import exactly

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
LABELS = np.array(["cat", "dog", "eel"] * 20)
NUMBERS = "y holds 60 different whole numbers and is taken for a regression"
TAKEN = "y holds 3 different labels and is taken for classes."


class Tensor:
    """Stands for what becomes an array when it is asked to."""

    def __init__(self, values):
        self.values, self.shape = values, values.shape

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def made(x=X, y=LABELS, **options):
    return Dataset.from_arrays(x, y, **options)


# --- what the labels are ---


@pytest.mark.parametrize(
    ("y", "names", "first"),
    [
        (LABELS, ("cat", "dog", "eel"), 0),
        (LABELS.tolist(), ("cat", "dog", "eel"), 0),
        (LABELS.astype(object), ("cat", "dog", "eel"), 0),
        (LABELS[:, None], ("cat", "dog", "eel"), 0),
        (pd.Series(LABELS), ("cat", "dog", "eel"), 0),
        (pd.Series(LABELS, dtype="category"), ("cat", "dog", "eel"), 0),
        (pd.DataFrame({"animal": LABELS}), ("cat", "dog", "eel"), 0),
        (np.arange(60) % 2 == 0, ("False", "True"), 1),
        (np.arange(60) % 2 * 2 - 1, ("-1", "1"), 0),
        (np.arange(60) % 3 + 1.0, ("1", "2", "3"), 0),
        (pd.Series(np.arange(60) % 3, dtype="Int64"), ("0", "1", "2"), 0),
        (np.eye(3)[np.arange(60) % 3], ("0", "1", "2"), 0),
        (pd.get_dummies(LABELS), ("cat", "dog", "eel"), 0),
        (Tensor(np.arange(60) % 3), ("0", "1", "2"), 0),
    ],
)
def test_labels_of_any_kind_are_numbered_and_keep_their_names(y, names, first):
    data = made(y=y, test_share=0.0)
    assert data.class_names == names
    assert data.n_classes == len(names)
    place = int(np.flatnonzero((data.x == X[0].astype(np.float32)).all(axis=1))[0])
    assert data.y[place] == first


@pytest.mark.parametrize(
    ("y", "n_classes"),
    [
        (np.arange(60) % 20, 20),
        (np.arange(60) % 21, None),  # 21 different numbers
        (np.arange(60) // 2, None),
        (np.arange(60) % 2 + 0.5, None),
        (X[:, 0], None),
    ],
)
def test_numbers_are_classes_where_they_are_whole_and_few(y, n_classes):
    assert made(y=y, test_share=0.0).n_classes == n_classes


def test_whole_numbers_are_classes_where_each_stands_twice_on_average():
    assert targets.read(np.arange(40) % 20).class_names
    assert not targets.read(np.arange(39) % 20).class_names
    images = targets.read(np.arange(39) % 20, images=True)
    assert len(images.class_names) == 20


def test_what_the_target_is_can_be_told():
    whole = np.arange(60) % 3
    assert made(y=whole, task="regression").n_classes is None
    assert made(y=np.arange(60) % 25, task="classification", test_share=0.0).n_classes == 25
    assert made(y=whole, n_classes=3).notes == (TAKEN,)
    assert made(y=whole, class_names=("x", "y", "z")).class_names == ("x", "y", "z")
    turned = made(class_names=("eel", "dog", "cat"), test_share=0.0)
    assert turned.class_names == ("eel", "dog", "cat")
    assert np.bincount(turned.y).tolist() == [20, 20, 20]
    assert turned.y[(turned.x == X[0].astype(np.float32)).all(axis=1)].tolist() == [2]  # a cat


@pytest.mark.parametrize(
    ("y", "note"),
    [
        (LABELS, TAKEN),
        (np.arange(60) % 3, f"{TAKEN[:-1]}: task='regression' takes them for numbers."),
        (np.arange(60), f"{NUMBERS}: task='classification' takes them for classes."),
        (X[:, 0] + X[:, 1], "y holds 60 different numbers and is taken for a regression."),
    ],
)
def test_what_the_target_was_taken_for_is_said(y, note):
    assert made(y=y).notes[0] == note


# --- inputs ---


def test_a_data_frame_gives_its_columns_names():
    frame = pd.DataFrame({"age": X[:, 0], "smokes": X[:, 1] > 0, "rooms": np.arange(60)})
    data = made(frame)
    assert data.feature_names == ("age", "smokes", "rooms")
    assert set(np.unique(data.x[:, 1])) == {0.0, 1.0}
    assert made(X, feature_names=["a", "b", "c"]).feature_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("shape", "of", "unit"),
    [
        ((4, 4), np.uint8, 255.0),
        ((4, 4, 3), np.uint8, 255.0),
        ((4, 4, 1), np.int64, 255.0),
        ((4, 4), np.float32, 1.0),
    ],
)
def test_images_are_flattened_and_whole_pixels_divided_by_255(shape, of, unit):
    images = RNG.integers(0, 256, (60, *shape)).astype(of)
    data = made(images, test_share=0.0)
    assert (data.task, data.image_shape, data.pixel_unit) == ("image", shape, unit)
    expected = images.reshape(60, -1).astype(np.float32) / np.float32(unit)
    assert sorted(map(tuple, data.x)) == sorted(map(tuple, expected))
    again = made(images, x_test=np.zeros((2, *shape), of), y_test=["cat", "dog"])
    assert again.x_test.shape == (2, int(np.prod(shape)))


def test_masks_of_0_and_1_stay_as_they_are():
    assert made(RNG.integers(0, 2, (60, 5, 5)).astype(np.uint8)).pixel_unit == 1.0


def test_what_the_rows_are_can_be_told():
    assert made().task == "tabular"
    assert made(kind="signal").task == "signal"
    assert made(X[:, :2], kind="points").task == "points"


# --- the split ---


def test_each_class_gives_its_share_to_the_test():
    y = np.repeat(["rare", "some", "many"], [8, 40, 152])
    data = Dataset.from_arrays(RNG.normal(size=(200, 2)), y)
    names = np.array(data.class_names)
    assert {name: int((names[data.y_test] == name).sum()) for name in names} == {"rare": 2, "some": 10, "many": 38}
    assert {name: int((names[data.y] == name).sum()) for name in names} == {"rare": 6, "some": 30, "many": 114}


def test_every_row_lands_in_one_of_both_parts_and_the_seed_decides_which():
    first, again, other = made(seed=3), made(seed=3), made(seed=4)
    rows = np.concatenate([first.x, first.x_test])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, X.astype(np.float32)))
    np.testing.assert_array_equal(first.x_test, again.x_test)
    assert (first.x_test != other.x_test).any()
    assert len(made(test_share=0.0).x_test) == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_class_keeps_two_rows_in_the_pool(seed):
    rows = np.array([0] * 3 + [1] * 40)
    pool, test = split(43, rows, 0.9, seed)
    assert (rows[pool] == 0).sum() == 2
    assert (rows[test] == 1).sum() == 36


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_never_divided(seed):
    groups = np.random.default_rng(seed).integers(0, 12, 200)
    data = Dataset.from_arrays(np.arange(400.0).reshape(200, 2), np.arange(200) % 2, groups=groups, seed=seed)
    tested = set(groups[(data.x_test[:, 0] / 2).astype(int)])
    pool = groups[(data.x[:, 0] / 2).astype(int)]
    assert tested
    assert not tested & set(pool)
    assert len(data.x_test) == pytest.approx(50, abs=int(np.bincount(groups).max()))
    for number in np.unique(data.groups):
        assert len(set(pool[data.groups == number])) == 1
    assert len(np.unique(data.groups)) == len(set(pool))
    assert f"12 groups were kept whole, {len(tested)} of them for the test." in data.notes


def test_groups_come_nearest_to_the_share_and_one_stays():
    rows = np.repeat([0, 1], [10, 90])
    for seed in range(10):
        assert len(split(100, None, 0.25, seed, rows)[1]) in (10, 90)
    assert group_numbers(["b", "a", "b"], 3).tolist() == [1, 0, 1]


# --- a regression ---


def test_a_regression_is_standardised_by_the_pool_and_told_in_its_own_unit():
    y = 20_000 + 5_000 * X[:, 0] + 100 * RNG.normal(size=60)
    data = made(y=y, target_name="rent (euros)")
    assert data.target_name == "rent (euros)"
    assert data.y.mean() == pytest.approx(0, abs=1e-6)
    assert data.y.std() == pytest.approx(1, rel=1e-6)
    both = np.concatenate([data.y, data.y_test]) * data.target_scale + data.target_mean
    np.testing.assert_allclose(np.sort(both), np.sort(y), rtol=1e-5)


# --- what is found ---


def test_test_rows_that_stand_in_the_pool_are_left_out_of_it():
    data = made(x_test=np.concatenate([X[:5], X[:1] + 9]), y_test=[*LABELS[:5], "cat"])
    assert len(data.x) == 55
    assert len(data.x_test) == 6
    said = "5 of 6 test rows stand in the pool as well: the 5 rows of the pool that equal them were left out."
    assert data.notes == (TAKEN, said)


def test_rows_of_few_values_are_no_copies():
    few = np.arange(60)[:, None] % 4
    data = made(few, x_test=few[:4], y_test=LABELS[:4])
    assert len(data.x) == 60
    said = "4 of 4 test rows stand in the pool as well; they stay, since of all 64 rows only 4 are unlike, but if they "
    assert data.notes[1] == said + "are copies the test loss is too low."


def test_repeated_rows_of_the_pool_are_told():
    x = np.concatenate([X[:58], X[:2]])
    both = "equal earlier ones: they may be trained on and validated on, and the gap be too small."
    assert made(x, test_share=0.0).notes == (TAKEN, f"2 of 60 rows of the pool {both}")
    row, zero = np.array([[0.0, np.nan]]), np.array([[-0.0, np.nan]])
    assert len(findings.repeated(np.concatenate([row, zero]))) == 1


@pytest.mark.parametrize(("misses", "suspected"), [(0, True), (2, True), (3, False)])
def test_a_threshold_that_tells_all_but_one_in_a_hundred_gives_the_target_away(misses, suspected):
    y = np.repeat([0, 1], 100)
    values = np.where(y == 1, 1.0, -1.0) * np.linspace(1, 2, 200)
    values[:misses] = 5
    for sign in (1, -1):
        assert bool(findings.gives_away(sign * values[:, None], y, 2, ("leak",))) == suspected


def test_a_category_gives_the_target_away_and_the_most_frequent_class_does_not():
    y = np.arange(90) % 3
    assert findings.gives_away(np.array([5.0, 9, 7])[y][:, None], y, 3, ("code",))[0].startswith(
        "This column alone may"
    )
    rare = (np.arange(1000) < 10).astype(int)  # a constant guess is wrong for one row in a hundred
    assert not findings.gives_away((np.arange(1000) % 2)[:, None].astype(float), rare, 2, ("coin",))
    assert findings.gives_away(rare[:, None].astype(float), rare, 2, ("leak",))


@pytest.mark.parametrize(("noise", "suspected"), [(0.0, True), (0.03, True), (0.06, False)])
def test_a_column_that_rises_with_a_regressions_target_gives_it_away(noise, suspected):
    y = np.random.default_rng(1).normal(size=2000)
    values = -3 * y + 3 * noise * np.random.default_rng(2).normal(size=2000) + 1000
    assert (abs(np.corrcoef(values, y)[0, 1]) > 0.999) == suspected
    assert bool(findings.gives_away(values[:, None], y, None, ())) == suspected


def test_columns_that_give_the_target_away_are_named_and_stay():
    x = np.column_stack([X, X[:, 0] * 2, np.full(60, 3.0)])
    data = made(x, X[:, 0], feature_names=["a", "b", "c", "twice <b>", "constant"])
    assert data.x.shape[1] == 5
    said = "Each of these columns alone may give the target away: 'a', 'twice <b>'."
    assert data.notes[-1] == f"{said} If they are known only after the target, leave them out."


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine", "diabetes", "mnist1d", "moons", "circles"])
def test_no_column_of_the_bundled_sets_gives_its_target_away(name):
    data = load(name)
    assert findings.gives_away(data.x, data.y, data.n_classes, data.feature_names) == []


def test_classes_with_few_rows_are_told():
    y = ["many"] * 50 + ["few"] * 7 + ["three"] * 3
    said = "Of these classes there are fewer than 8 rows in the pool: 'few' (7), 'three' (3)."
    assert made(y=y, test_share=0.0).notes[1] == said


# --- what is refused ---

TABLE = ": Dataset.from_table takes text, dates and missing values"
SMALL = {"x": X.tolist(), "y": LABELS.tolist()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"y": ["cat"] * 60}, "y must have at least two classes, got only 'cat'"),
        ({"y": ["cat"] * 59 + ["dog"]}, "y must have at least 2 rows of each class in the pool, got 1 of 'dog'"),
        ({"y": [1.5] * 60}, "y must have at least two different numbers in the pool, got only 1.5"),
        ({"y": LABELS[:59]}, "y must have one target for each row of x (60), got 59"),
        ({"y": np.zeros((60, 2))}, "y must have the shape (rows,), or be one-hot, got the shape (60, 2)"),
        (
            {"y": [0.5, np.nan] * 30},
            "y must have a target in every row, got none in 30 of 60 rows, row 1 the first of them: leave them out of "
            "x too",
        ),
        ({"y": [0.5, np.inf] * 30}, "y must be finite, got inf"),
        ({"task": "regression"}, f"y must be numbers where task is 'regression', got {shown(LABELS)}"),
        ({"task": "signal"}, "task must be one of classification, regression, got 'signal'"),
        ({"kind": "table"}, "kind must be one of tabular, image, signal, points, got 'table'"),
        ({"kind": "points"}, "x must have two columns where kind is 'points', got 3"),
        ({"kind": "image"}, "x must have the shape (rows, height, width), got (60, 3)"),
        ({"task": "regression", "y": X[:, 0], "n_classes": 3}, "n_classes must be None where task is 'regression'"),
        ({"n_classes": 4}, "y must have as many different labels as n_classes says (4), got 3: 'cat', 'dog', 'eel'"),
        ({"n_classes": 2}, "y must have as many different labels as n_classes says (2), got 3: 'cat', 'dog', 'eel'"),
        ({"n_classes": 1}, "n_classes must be a whole number of at least 2, got 1"),
        (
            {"class_names": tuple("abc")},
            "class_names must be the labels of y, ('cat', 'dog', 'eel'), got ('a', 'b', 'c')",
        ),
        ({"class_names": ("a",), "n_classes": 3}, "class_names must be one for each of n_classes (3), got 1"),
        ({"feature_names": ("a",)}, "feature_names must be one for each column of x (3), got 1"),
        ({"x": X[:3], "y": LABELS[:3]}, "x must have 4 to 50000 rows, got 3"),
        ({"x": X[:, 0]}, "x must have the shape (rows, columns) or (rows, height, width), got (60,)"),
        (
            {"x": np.zeros((60, 3, 8, 8))},
            "x must have the shape (rows, height, width, channels), got (60, 3, 8, 8): "
            "np.moveaxis(x, 1, -1) puts the channels last",
        ),
        (
            {"x": np.zeros((60, 3, 8)), "kind": "signal"},
            "x must have the shape (rows, columns), got (60, 3, 8): x.reshape(len(x), -1) makes columns of them",
        ),
        ({"x": np.zeros((60, 10_001))}, "x must have rows of 1 to 10000 numbers, got the shape (60, 10001)"),
        ({"x": np.where(X > 2, np.nan, X)}, f"x must be finite, got nan{TABLE}"),
        ({"x": [["a", "b", "c"]] * 60}, f"x must be numbers, got {shown([['a', 'b', 'c']] * 60)}{TABLE}"),
        ({"x_test": X}, "y_test must be there, since x_test is"),
        ({"y_test": LABELS}, "x_test must be there, since y_test is"),
        ({"x_test": X[:, :2], "y_test": LABELS}, "x_test must have rows like those of x, of 3 columns, got 2 columns"),
        ({"x_test": X, "y_test": LABELS[:3]}, "y_test must have one target for each row of x_test (60), got 3"),
        ({"x_test": X + 9, "y_test": np.arange(60)}, None),
        ({"test_share": 0.95}, "test_share must be in [0, 0.9], got 0.95"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"groups": [1] * 60}, "groups must be at least two, got 1"),
        ({"groups": [1, 2]}, "groups must have one label for each row of x (60), got the shape (2,)"),
        ({"name": 5}, "name must be text of at most 100000 characters, got int"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_one_sentence(changes, said):
    with pytest.raises(ValueError, match=exactly(said) if said else "^y_test must have labels like those of y, "):
        Dataset.from_arrays(**{**SMALL, **changes})


@pytest.mark.parametrize("dataset", [X, X.tolist(), pd.DataFrame(X), Tensor(X), 5])
def test_arrays_that_are_handed_to_fit_are_told_how_they_become_a_dataset(dataset):
    made = r"Dataset\.from_arrays\(x, y\) makes one of arrays, Dataset\.from_table\(source, target\) of a table"
    said = rf"^dataset must be a Dataset or one of digits, .*: {made}$"
    with pytest.raises(ValueError, match=said):
        reglab.fit(dataset, LABELS)


def test_what_the_door_makes_is_trained():
    data = made(y=np.where(X[:, 0] > X[:, 1], "left", "right"))
    run = reglab.fit(data, reglab.Settings(learning_rate=0.01), reglab.Training(max_steps=200), n_train=30, seeds=2)
    assert run.kept("test_accuracy").min() > 0.7
    assert fields(X, LABELS)["x"].dtype == np.float32
