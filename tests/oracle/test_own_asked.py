"""What people hand in, and ask of a run, beside plain tables and arrays: categories, units, open files, all rows."""

import datetime
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
import torch

import reglab
from reglab import Dataset, Settings, Training, fit
from reglab.engine import train
from reglab.own_data import findings
from reglab.own_data.columns import Reading, readings
from reglab.own_data.read_table import read_table
from tests.refusals import refusal
from tests.test_own_images import animals, arrays_in, decode, packed

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
UP = X[:, 0] > 0
SHORT = Training(max_steps=20, eval_steps=2)


def a_table(**columns):
    return {"a": X[:, 1], "b": X[:, 0] + X[:, 2], "y": np.where(UP, "up", "down"), **columns}


# --- categories


def levels(values, order, ordered=True):
    return pd.Categorical(values, categories=order, ordered=ordered)


@pytest.mark.parametrize("wrap", [pd.Series, lambda values: values])
def test_categories_keep_their_order_and_those_without_a_row_are_no_classes(wrap):
    low_first = levels(np.where(UP, "high", "low"), ["low", "middle", "high"])
    assert Dataset.from_arrays(X, wrap(low_first)).class_names == ("low", "high")
    frame = pd.DataFrame(a_table(y=low_first))
    assert Dataset.from_table(frame, "y").class_names == ("low", "high")
    data = Dataset.from_arrays(X[:90], wrap(low_first[:90]), X[90:], np.where(UP[90:], "high", "low"))
    assert data.class_names == ("low", "high")
    assert (data.y_test == UP[90:]).all()


def test_categories_that_are_numbers_are_classes_with_their_names():
    stars = levels(np.where(UP, 10, 9), [9, 10])
    assert Dataset.from_arrays(X, stars).class_names == ("9", "10")
    assert Dataset.from_arrays(X, stars, class_names=["10", "9"]).class_names == ("10", "9")


def test_a_category_that_is_missing_is_a_target_that_is_missing():
    gaps = levels(np.where(UP, "u", None), ["u", "v"])
    said = refusal(Dataset.from_arrays, X, gaps)
    assert said.startswith(f"y must have a target in every row, got none in {(~UP).sum()} of 120 rows, row ")


# --- units and dates


@pytest.mark.parametrize(
    ("cells", "unit", "first"),
    [
        (["12.5 €", "3 €", "7.25 €"], "€", 12.5),
        (["€12.50", "€ 3", "€7.25"], "€", 12.5),
        (["5%", "7 %", "12.5%"], "%", 5.0),
        (["1.234,5 kg", "2,5 kg", "7 kg"], "kg", 1234.5),
        (["$1,200", "$900", "$2,000,000"], "$", 1200.0),
    ],
)
def test_a_unit_beside_numbers_is_read_and_said(cells, unit, first):
    table = read_table(a_table(price=(cells * 40)))
    reading = readings(table)["price"]
    assert (reading.kind, reading.unit) == ("number", unit)
    data = Dataset.from_table(a_table(price=cells * 40), "y")
    assert f"The numbers in 'price' are read without their unit, {unit}." in data.notes
    at = data.feature_names.index("price")
    first_row = int(np.flatnonzero(data.given % 3 == 0)[0])
    assert data.x[first_row, at] == pytest.approx(first)
    run = fit(data, Settings(), SHORT, n_train=60, seeds=1)
    row = {"a": 0.1, "b": 0.2}
    with_unit, without = (run.predict([{**row, "price": price}]) for price in (cells[0], first))
    np.testing.assert_array_equal(with_unit, without)
    said = refusal(run.predict, [{**row, "price": "3 stones"}])
    assert said == "x's column 'price' must hold numbers, got '3 stones'"


@pytest.mark.parametrize("cells", [["p1", "p2", "p3"], ["room 1", "room 2", "room 3"], ["3 kg", "4 cm", "5 lb"]])
def test_what_is_no_unit_stays_a_category(cells):
    assert readings(read_table(a_table(c=cells * 40)))["c"] == Reading("category")


def test_a_target_with_a_unit_is_a_number():
    data = Dataset.from_table(a_table(price=[f"{9 + v:.2f} €" for v in X[:, 0]]), "price", drop=["y"])
    assert data.n_classes is None
    assert "The numbers in 'price' are read without their unit, €." in data.notes
    assert data.target_mean == pytest.approx(9 + X[data.given, 0].mean(), abs=0.01)


def test_a_saved_run_knows_the_unit(tmp_path):
    data = Dataset.from_table(a_table(price=["1 kg", "2 kg", "4 kg"] * 40), "y")
    run = fit(data, Settings(), SHORT, n_train=60, seeds=1)
    run.save(tmp_path / "run.npz")
    row = [{"a": 0.1, "b": 0.2, "price": "2 kg"}]
    np.testing.assert_array_equal(reglab.load_run(tmp_path / "run.npz").predict(row), run.predict(row))


@pytest.mark.parametrize("style", ["%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d"])
def test_iso_dates_are_taken_whatever_the_table_writes(style):
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(int(3 * i)) for i in range(120)]
    data = Dataset.from_table(a_table(day=[day.strftime(style) for day in days]), "y")
    run = fit(data, Settings(), SHORT, n_train=60, seeds=1)
    row = {"a": 0.1, "b": 0.2}
    as_told, iso, typed = (
        run.predict([{**row, "day": day}]) for day in (days[40].strftime(style), days[40].isoformat(), days[40])
    )
    np.testing.assert_array_equal(as_told, iso)
    np.testing.assert_array_equal(as_told, typed)


def test_periods_are_dates_and_a_column_of_any_kind_can_be_dropped():
    months = pd.period_range("2012-01", periods=120, freq="M")
    frame = pd.DataFrame(a_table(month=months))
    data = Dataset.from_table(frame, "y")
    assert "as dates 'month'" in " ".join(data.notes)
    odd = frame.assign(odd=[{1, 2}] * 120)
    assert "must hold numbers, text, dates or truth values" in refusal(Dataset.from_table, odd, "y")
    np.testing.assert_array_equal(Dataset.from_table(odd, "y", drop=["odd"]).x, data.x)
    assert "month" not in " ".join(Dataset.from_table(frame, "y", drop=["month"]).feature_names)
    said = refusal(Dataset.from_table, frame, "y", drop=["other"])
    assert said.startswith("drop must be a column of source")


# --- what a run says


@pytest.fixture(scope="module")
def classes():
    return fit("wine", [Settings(), Settings(dropout=0.3)], Training(max_steps=150), n_train=80, seeds=2)


def test_a_run_predicts_classes_by_their_names(classes):
    data = reglab.datasets.load("wine")
    likeliest = classes.predict_class(data.x_test)
    assert likeliest.shape == (2, 2, len(data.x_test))
    assert set(likeliest.ravel().tolist()) <= set(data.class_names)
    right = np.array(data.class_names)[data.y_test] == likeliest
    np.testing.assert_allclose(right.mean(axis=-1), classes.kept("test_accuracy"))
    run = fit("diabetes", Settings(), SHORT, n_train=60, seeds=1)
    assert refusal(run.predict_class, X).startswith("run must be of classes, got a regression")


def test_a_run_says_its_classes_and_what_a_guess_comes_to(classes, tmp_path):
    data = reglab.datasets.load("wine")
    share = (data.y_test == np.bincount(data.y).argmax()).mean()
    guess = f"A guess of the largest alone has a test accuracy of {share:.2g}."
    for said in (repr(classes), classes._repr_html_()):
        assert "There are 3 classes" in said
        assert guess in said
    classes.save(tmp_path / "run.npz")
    assert "There are 3 classes" in repr(reglab.load_run(tmp_path / "run.npz"))
    assert "A guess of" not in repr(reglab.load_run(tmp_path / "run.npz"))  # no file holds the rows
    assert "classes" not in repr(fit("diabetes", Settings(), SHORT, n_train=60, seeds=1))


# --- all rows


@pytest.mark.parametrize(("n_val", "expected"), [(None, (96, 24)), (30, (90, 30)), (0, (120, 0))])
def test_without_a_number_all_rows_are_trained_on(n_val, expected):
    run = fit("wine", Settings(), SHORT, n_train=None, n_val=n_val, seeds=1)
    assert (run.n_train, run.n_val) == expected
    counted = fit("wine", Settings(), SHORT, n_train=expected[0], n_val=expected[1], seeds=1)
    np.testing.assert_array_equal(run.train_loss, counted.train_loss)
    said = refusal(fit, "wine", Settings(), SHORT, n_train=None, n_val=119)
    assert said == "n_val must leave at least two of the 120 rows to train on where n_train is None, got 119"


def test_all_rows_are_those_that_groups_allow():
    data = Dataset.from_arrays(X, UP, groups=np.arange(120) // 6)
    run = fit(data, Settings(), SHORT, n_train=None, seeds=1)
    assert run.n_train + run.n_val == reglab.engine.rows.most_rows(data) < len(data.x)


def test_rows_count_in_what_a_run_needs(monkeypatch):
    data = Dataset.from_arrays(RNG.normal(size=(2000, 50)), RNG.integers(0, 2, 2000))
    how = {"settings": Settings(), "training": Training(hidden_sizes=(2,), max_steps=2, eval_steps=1), "n_val": 10}
    rows = 2 * 50 * (1200 + 400 + 10 + 500)  # of two seeds, to train on and to evaluate
    monkeypatch.setattr(train, "ROOM", rows)
    assert "must need at most" in refusal(fit, data, n_train=1200, seeds=2, **how)
    fit(data, n_train=200, seeds=2, **how)
    monkeypatch.setattr(train, "ROOM", 2 * rows)
    fit(data, n_train=1200, seeds=2, **how)


# --- arrays


@pytest.mark.parametrize(
    ("x", "hint"),
    [
        (torch.tensor(X, requires_grad=True), "detach().cpu().numpy() makes an array of a tensor"),
        (torch.tensor(X).to(torch.bfloat16), "detach().cpu().float().numpy() makes an array of a tensor"),
        (scipy.sparse.csr_matrix(X), "toarray() makes an array of a sparse matrix"),
        (scipy.sparse.csr_array(X), "toarray() makes an array of a sparse matrix"),
    ],
)
def test_what_is_no_array_yet_is_told_how_it_becomes_one(x, hint):
    said = refusal(Dataset.from_arrays, x, UP)
    assert said.endswith(hint)
    target = torch.tensor(X[:, 0], requires_grad=True)
    assert refusal(Dataset.from_arrays, X, target).endswith("detach().cpu().numpy() makes an array of a tensor")


@pytest.mark.parametrize(
    ("y", "gaps"),
    [
        (np.where(UP, X[:, 0], np.nan), (~UP).sum()),
        (np.array([None if i == 7 else "ab"[i % 2] for i in range(120)], object), 1),
        (pd.Series([pd.NA if i == 7 else i % 2 for i in range(120)], dtype="object"), 1),
    ],
)
def test_rows_without_a_target_get_one_sentence(y, gaps):
    said = refusal(Dataset.from_arrays, X, y)
    assert said.startswith(f"y must have a target in every row, got none in {gaps} of 120 rows, row ")
    assert said.endswith(": leave them out of x too")


@pytest.mark.parametrize(("largest", "unit"), [(255, 255), (1000, 1023), (4000, 4095), (60_000, 65_535)])
def test_pixels_of_more_bits_are_divided_by_the_largest_of_these(largest, unit):
    images = RNG.integers(0, largest, (60, 6, 6)).astype(np.uint16)
    images[0, 0, 0] = largest
    data = Dataset.from_arrays(images, np.arange(60) % 2)
    assert data.pixel_unit == unit
    assert 0.9 * largest / unit <= data.x.max() <= 1
    assert (f"Pixels were divided by {unit}, the largest of so many bits." in data.notes) == (unit > 255)
    run = fit(data, Settings(), SHORT, n_train=20, seeds=1)
    order = np.concatenate([data.given, data.given_test])
    np.testing.assert_array_equal(run.predict(images[order][: len(data.x)]), run.predict(data.x))
    again = Dataset.from_images(arrays_in(x=images, y=np.arange(60) % 2))
    assert again.pixel_unit == unit


def test_rows_know_where_they_stood():
    data = Dataset.from_arrays(X, UP, seed=3)
    np.testing.assert_array_equal(data.x, X[data.given].astype(np.float32))
    np.testing.assert_array_equal(data.x_test, X[data.given_test].astype(np.float32))
    table = a_table(y=np.where(np.arange(120) % 10 == 4, None, a_table()["y"]))  # rows without a target are left out
    data = Dataset.from_table(table, "y")
    np.testing.assert_array_equal(data.x[:, 0], X[data.given, 1].astype(np.float32))
    np.testing.assert_array_equal(data.x_test[:, 0], X[data.given_test, 1].astype(np.float32))
    assert not {int(row) % 10 for row in [*data.given, *data.given_test]} & {4}
    with_test = Dataset.from_arrays(X[:90], UP[:90], X[88:], UP[88:])  # two rows stand in both
    np.testing.assert_array_equal(with_test.given, np.arange(88))
    np.testing.assert_array_equal(with_test.given_test, np.arange(32))
    assert reglab.datasets.load("wine").given is None
    assert reglab.experiments.trial(data).datasets[0].given is None
    asked = r"given must have one number for each row of x \(88\), got the shape \(3,\)"
    with pytest.raises(ValueError, match=asked):
        Dataset(**{**vars(with_test), "given": [0, 1, 2]})


# --- tables


def test_a_column_by_its_number_is_read_where_that_is_its_name_and_else_told():
    frame = pd.DataFrame({0: X[:, 0], 1: X[:, 1], 2: UP})
    assert Dataset.from_table(frame, 2).n_classes == 2
    said = refusal(Dataset.from_table, a_table(), 2)
    assert said == "target must be a column of source, 'a', 'b' and 'y', got '2': the column at 2 is called 'y'"
    assert "at" not in refusal(Dataset.from_table, a_table(), 7).partition("got")[2]


def test_open_files_and_arrow_tables_are_read():
    frame = pd.DataFrame(a_table())
    text = frame.to_csv(index=False)
    expected = Dataset.from_table(text, "y")
    for source in (io.StringIO(text), io.BytesIO(text.encode()), pa.table(frame)):
        data = Dataset.from_table(source, "y")
        np.testing.assert_allclose(data.x, expected.x, rtol=1e-6)
        assert data.class_names == expected.class_names

    class Broken:
        def read(self, size):
            raise OSError("gone")

    assert refusal(Dataset.from_table, Broken(), "y").endswith(": 'gone'")
    wide = pa.table({f"c{i}": [1.0] for i in range(501)})
    assert refusal(Dataset.from_table, wide, "c0") == "source must have at most 500 columns, got 501"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("patient", [f"{i // 3}" for i in range(120)], True),
        ("who", [f"p{i // 3}" for i in range(120)], True),
        ("who", ["abc"[i % 3] for i in range(120)], False),
        ("patient", ["abc"[i % 3] for i in range(120)], False),
        ("humidity", [f"{i // 3}" for i in range(120)], False),
    ],
)
def test_rows_that_may_belong_together_are_told(name, values, said):
    data = Dataset.from_table(a_table(**{name: values}), "y")
    hint = f"'{name}' holds 40 different values in 120 rows: if rows of one belong together, groups='{name}' keeps"
    assert any(note.startswith(hint) for note in data.notes) == said
    grouped = Dataset.from_table(a_table(**{name: values}), "y", groups=name)
    assert not any("belong together" in note for note in grouped.notes)


@pytest.mark.parametrize("name", ["penguins"])
def test_no_column_of_the_bundled_table_is_said_to_be_of_somebody(name):
    data = reglab.datasets.load(name)
    assert not any("belong together" in note for note in data.notes)
    assert findings.belong_together({"island": np.array(["a", "b", "c"] * 30, object)}) == []


# --- images


def test_images_of_one_group_are_never_divided():
    files = {f"{kind}/p{i // 3}_{i}.png": content for i, (path, content) in enumerate(animals(12).items())
             for kind in [path.split("/")[0]]}  # fmt: skip
    data = Dataset.from_images(packed(files), decode=decode, groups=lambda path: path.split("/")[-1].split("_")[0])
    assert len(np.unique(data.groups)) < 8
    assert "8 groups were kept whole" in " ".join(data.notes)
    patients = [path.split("/")[-1].split("_")[0] for path in sorted(files)]
    ours = {patients[row] for row in data.given}
    assert not ours & {patients[row] for row in data.given_test}
    images = RNG.integers(0, 256, (60, 6, 6), np.uint8)
    content = arrays_in(x=images, y=np.arange(60) % 2)
    data = Dataset.from_images(content, groups=np.arange(60) // 5)
    assert not {int(row) // 5 for row in data.given} & {int(row) // 5 for row in data.given_test}
    assert refusal(Dataset.from_images, content, groups=str).startswith("groups must be one label for each image, got")
    said = refusal(Dataset.from_images, packed(files), decode=decode, groups=[1, 2])
    assert said.startswith("groups must be a function from the path of a file to its group, got [1, 2]")
    for wrong in (lambda path: path.missing, lambda path: None):
        said = refusal(Dataset.from_images, packed(files), decode=decode, groups=wrong)
        assert said.startswith("groups must return ")
