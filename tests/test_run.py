import io
import json
import re
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from reglab.datasets import Dataset, load
from reglab.engine import saved
from reglab.engine.load import load_run
from reglab.engine.run import HISTORY, evaluation_steps
from reglab.engine.sweep import sweep
from reglab.engine.train import fit
from reglab.own_data import table as own_table
from reglab.settings import Settings, Training
from reglab.strategy import recommend
from tests.refusals import refusal

TRAINING = Training(hidden_sizes=(16, 8), max_steps=60, eval_steps=6)


@pytest.mark.parametrize(("max_steps", "eval_steps"), [(1000, 40), (7, 40), (1, 1), (123, 10)])
def test_evaluations_rise_to_the_last_step_and_are_dense_at_first(max_steps, eval_steps):
    steps = evaluation_steps(max_steps, eval_steps)
    gaps = np.diff(steps)
    assert steps[-1] == max_steps
    assert steps[0] >= 1
    assert len(steps) <= eval_steps
    assert (gaps > 0).all()
    assert len(gaps) < 2 or gaps[-1] >= gaps[0]


def test_kept_is_the_history_at_the_evaluation_whose_weights_are_kept():
    run = fit("digits", [Settings(patience=1), Settings()], TRAINING, n_train=50, seeds=2)
    for k in range(2):
        for s in range(2):
            assert run.kept("val_loss")[k, s] == run.val_loss[k, s, run.best[k, s]]
    assert (run.best[1] == len(run.steps) - 1).all()


def test_a_run_that_kept_nothing_has_no_kept_value():
    settings = Settings(learning_rate=1e30)
    run = fit("digits", settings, Training(optimizer="sgd", max_steps=20, eval_steps=2), n_train=50, seeds=1)
    assert run.diverged.all()
    assert (run.best == -1).all()
    assert np.isnan(run.kept("test_loss")).all()


def test_hidden_units_lead_to_the_prediction():
    run = fit("digits", [Settings(), Settings(dropout=0.3)], TRAINING, n_train=50, seeds=2)
    x = np.random.default_rng(0).random((5, 64), np.float32)
    units = run.hidden(x)
    assert units.shape == (2, 2, 5, 8)
    outputs = units @ run.weights(-1) + run.biases(-1)[:, :, None]
    e = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(run.predict(x), e / e.sum(axis=-1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("x", [np.zeros((5, 63)), np.zeros(64)])
def test_rows_of_another_shape_are_refused(x):
    run = fit("digits", Settings(), TRAINING, n_train=50, seeds=1)
    with pytest.raises(ValueError, match=r"x must have the shape \(n, 64\), got"):
        run.hidden(x)


# --- in the target's own unit ---


def raw_run(**changes):
    x = np.random.default_rng(0).normal(size=(120, 3))
    y = 20_000 + 5_000 * x[:, 0] + 500 * np.random.default_rng(1).normal(size=120)
    data = Dataset.from_arrays(x, y, target_name="rent (euros)", **changes)
    return data, fit(data, [Settings(), Settings(l2=0.1)], TRAINING, n_train=50, n_val=20, seeds=2)


def test_a_regression_predicts_in_the_unit_of_its_target_and_tells_its_error_in_it():
    data, run = raw_run()
    raw = data.y_test * data.target_scale + data.target_mean
    errors = run.predict(data.x_test).astype(float) - raw
    np.testing.assert_allclose(run.rmse(), np.sqrt((errors**2).mean(axis=-1)), rtol=1e-4)
    np.testing.assert_allclose(run.rmse("val"), np.sqrt(2 * run.kept("val_loss")) * data.target_scale)
    with pytest.raises(ValueError, match=r"^split must be one of train, val, test, got 'all'$"):
        run.rmse("all")
    with pytest.raises(ValueError, match=r"^split 'test' has an rmse of a regression only"):
        fit("wine", Settings(), TRAINING, n_train=50, seeds=1).rmse()


def test_images_are_predicted_as_they_were_given_or_as_rows_of_the_dataset():
    images = np.random.default_rng(0).integers(0, 256, (60, 4, 4)).astype(np.uint8)
    data = Dataset.from_arrays(images, np.arange(60) % 2)
    run = fit(data, Settings(), TRAINING, n_train=30, seeds=1)
    rows = images.reshape(60, -1) / np.float32(255)
    np.testing.assert_array_equal(run.predict(images), run.predict(rows))
    with pytest.raises(ValueError, match=r"x must have the shape \(n, 16\), got"):
        run.predict(images[:, :3])


# --- rows, files, and what a run says of itself ---


def test_the_rows_of_a_run_are_its_history():
    run = fit("wine", [Settings(), Settings(dropout=0.5)], TRAINING, n_train=50, seeds=[3, 8])
    frame = pd.DataFrame(run.to_rows())
    assert list(frame.columns) == ["label", "seed", "step", "kept", *HISTORY]
    assert len(frame) == 2 * 2 * len(run.steps)
    rows = frame[(frame["label"] == run.labels[1]) & (frame["seed"] == 8)]
    assert rows["step"].tolist() == run.steps.tolist()
    for name in HISTORY:
        np.testing.assert_array_equal(rows[name], getattr(run, name)[1, 1])
    np.testing.assert_array_equal(frame[frame["kept"]]["val_loss"], run.kept("val_loss").ravel())


def of_a_table():
    rng = np.random.default_rng(0)
    table = {"mass": [*rng.normal(size=58), None, None], "kind": list("abc") * 20, "price": rng.normal(size=60)}
    from_table = Dataset(**own_table.fields(table, "price"))
    return fit(from_table, Settings(), TRAINING, n_train=30, seeds=2)


RUNS = {
    "classes": lambda: fit(
        "digits", [Settings(patience=1), Settings(dropout=(0.5, 0.1))], TRAINING, n_train=50, seeds=2
    ),
    "regression": lambda: raw_run()[1],
    "sweep": lambda: sweep(
        "wine", Settings(), {"l2": [0.0, np.float64(0.1)], "patience": [None, 2]}, TRAINING, n_train=50, seeds=[7]
    ),
    "batch norm": lambda: fit("moons", Settings(), replace(TRAINING, batch_norm=True), n_train=50, seeds=1),
    "no validation": lambda: fit("wine", Settings(), TRAINING, n_train=120, n_val=0, seeds=1),
    "table": of_a_table,
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_saved_run_is_read_again_exactly(tmp_path, run):
    first = run()
    first.save(tmp_path / "of mine")
    again = load_run(str(tmp_path / "of mine"))
    assert again.data == ()  # no file holds the rows
    for field in fields(first):
        if field.name == "data":
            continue
        value, two = getattr(first, field.name), getattr(again, field.name)
        assert type(value) is type(two), field.name
        if isinstance(value, np.ndarray):
            assert value.dtype == two.dtype
            np.testing.assert_array_equal(value, two, err_msg=field.name)
        else:
            assert value == two, field.name
    x = np.random.default_rng(1).normal(size=(4, first.sizes[0]))
    np.testing.assert_array_equal(first.predict(x), again.predict(x))


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run.npz"
    fit("wine", Settings(), Training(hidden_sizes=(4,), max_steps=2, eval_steps=1), n_train=20, seeds=1).save(path)
    return path.read_bytes()


WROTE = "^path must be a file that Run.save has written, got '"


def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "run.npz"
    rng = np.random.default_rng(0)
    wrong = [content[:n] for n in rng.integers(0, len(content), 30)]
    for at in rng.integers(0, len(content), 150):
        changed = bytearray(content)
        changed[at] ^= 1 << int(rng.integers(8))
        wrong.append(bytes(changed))
    for data in wrong:
        path.write_bytes(data)
        said = ""
        try:
            load_run(path)  # a flipped bit in what no one reads, such as a date, changes nothing
        except ValueError as error:
            said = str(error)
        assert not said or re.match(rf"{WROTE}.*\)$", said)


class Evil:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("name", ["missing", "folder", "text", "npy", "other", "pickle", "csv"])
def test_another_file_is_refused_in_one_sentence(tmp_path, capsys, name):
    path = tmp_path / "run.npz"
    if name == "folder":
        path.mkdir()
    elif name == "text":
        path.write_text("epoch,loss")
    elif name == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif name == "other":
        np.savez(path, x=np.zeros(3))
    elif name == "pickle":
        np.savez(path, facts=np.array(Evil(), object))
    with pytest.raises(ValueError, match=WROTE):
        load_run(path)
    assert capsys.readouterr().out == ""


def parts_of(content):
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(str(arrays.pop("facts")))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("settings", []),
        ("settings", [{"dropout": 2.0}]),
        ("settings", [{"unknown": 1}]),
        ("training", {"hidden_sizes": [5]}),
        ("seeds", [0, 1]),
        ("labels", []),
        ("labels", [5]),
        ("sizes", [13, 5, 3]),
        ("sizes", [10**9, 4, 3]),
        ("n_val", -1),
        ("encoding", "{}"),
        ("dataset", 5),
        ("target_scale", "x"),
        ("format", "reglab run 0"),
        ("more", 1),
    ],
)
def test_facts_that_make_no_run_are_refused(tmp_path, content, place, value):
    arrays, facts = parts_of(content)
    np.savez(tmp_path / "run.npz", facts=np.array(json.dumps({**facts, place: value})), **arrays)
    with pytest.raises(ValueError, match=WROTE):
        load_run(tmp_path / "run.npz")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("best", np.array([[1]])),
        ("best", np.array([[-2]])),
        ("steps", np.zeros(2, int)),
        ("val_loss", np.zeros((1, 1, 1), "f4")),
    ],
)
def test_arrays_that_make_no_run_are_refused(tmp_path, content, place, value):
    arrays, facts = parts_of(content)
    np.savez(tmp_path / "run.npz", facts=np.array(json.dumps(facts)), **{**arrays, place: value})
    with pytest.raises(ValueError, match=WROTE):
        load_run(tmp_path / "run.npz")


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path, content, monkeypatch):
    (tmp_path / "run.npz").write_bytes(content)
    monkeypatch.setattr(saved, "MOST", 1000)
    with pytest.raises(ValueError, match=f"{WROTE}.*, of more than 1000 bytes$"):
        load_run(tmp_path / "run.npz")


@pytest.mark.parametrize("path", [5, None, "", "a\0b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match=r"^path must be the path of a file, got "):
        load_run(path)


def test_a_run_and_a_dataset_say_what_they_are_in_a_few_lines():
    data, run = raw_run(name="<b>rents</b>")
    lines = repr(run).splitlines()
    assert lines[0] == ("<Run on '<b>rents</b>': 2 settings x 2 seeds, 50 training and 20 validation rows, 60 steps>")
    assert lines[1].startswith("  l2 0.0  train loss ")
    assert f"test loss {run.kept('test_loss').mean(axis=1)[0]:.4g}" in lines[1]
    assert len(lines) == 5
    assert "<b>rents" not in run._repr_html_()
    assert "&lt;b&gt;rents&lt;/b&gt;" in run._repr_html_()
    assert repr(data).splitlines()[:3] == [
        "<Dataset '<b>rents</b>'>",
        "  rows     90 to train and validate on, 30 to test on",
        "  columns  3, tabular",
    ]
    assert "a regression of 'rent (euros)', mean " in repr(data)
    assert "&lt;b&gt;rents&lt;/b&gt;" in data._repr_html_()
    assert "10: '0' 119, '1' 122, " in repr(load("digits"))
    assert "image of 8 x 8" in repr(load("digits"))
    unvalidated = fit("wine", Settings(), TRAINING, n_train=120, n_val=0, seeds=1)
    assert "val loss" not in repr(unvalidated)
    blown = fit("digits", Settings(learning_rate=1e30), Training(optimizer="sgd", max_steps=5), n_train=50, seeds=1)
    assert "1 of 1 models diverged." in repr(blown)


def test_an_advice_says_what_it_is_in_a_few_lines():
    advice = recommend(200, 0.1, 0.9, n_classes=10)
    lines = repr(advice).splitlines()
    assert lines[0] == f"<Advice: {advice.diagnosis}, confidence {advice.confidence}>"
    name, (low, high) = next(iter(advice.ranges.items()))
    assert re.match(rf"  {name} +{getattr(advice.settings, name)} +from {low:g} to {high:g}", lines[1])
    assert f"  - {advice.why[0]}" in lines
    assert advice._repr_html_().startswith("<p><b>Advice: ")


def test_predict_takes_a_data_frame_by_the_names_of_its_columns(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    data = Dataset.from_arrays(frame, np.where(x[:, 0] > 3 * x[:, 1], "left", "right"))
    run = fit(data, Settings(), Training(max_steps=20), n_train=20, seeds=1)
    assert (run.feature_names, run.class_names) == (("a", "b"), ("left", "right"))
    run.save(tmp_path / "run.npz")
    for each in (run, load_run(tmp_path / "run.npz")):
        assert (each.predict(frame[["b", "a"]]) == run.predict(x)).all()
        assert "x must have the columns ('a', 'b'), got ['a', 'c']" in refusal(
            each.predict, frame.rename(columns={"b": "c"})
        )


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame(np.eye(8)[:, :2], columns=["a", "a"])
    assert refusal(Dataset.from_arrays, frame, [0, 1] * 4) == (
        "x must have another name for each column, got 'a' twice"
    )


@pytest.fixture(scope="module")
def pixels():
    """Return images of whole numbers from 0 to 255, their data set, and a run on it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 4, 4)).astype(np.uint8)
    images[0, 0, 0] = 255
    data = Dataset.from_arrays(images, images[:, 0, 0] > 127)
    return images, data, fit(data, Settings(), Training(max_steps=20), n_train=20, seeds=1)


def test_pixels_are_taken_in_either_unit_and_shape(pixels):
    images, data, run = pixels
    expected = run.predict(images)
    for given in (images.reshape(40, -1), images / 255, images.astype(float), (images / 255).reshape(40, -1)):
        assert np.allclose(run.predict(given), expected, atol=1e-5)
    assert (run.predict(data.x_test.reshape(-1, 4, 4)) == run.predict(data.x_test)).all()


def test_whole_pixels_are_refused_by_a_run_on_shares(pixels):
    images, _, _ = pixels
    run = fit(Dataset.from_arrays(images / 255, images[:, 0, 0] > 127), Settings(), Training(max_steps=2), n_train=20)
    for given in (images, images.reshape(40, -1)):
        assert refusal(run.predict, given) == (
            "x must have pixels in the unit they were trained in, about 0 to 1, got whole numbers up to 255: "
            "x / 255 makes them so"
        )
    whole = fit(Dataset.from_arrays(images * 1.0, images[:, 0, 0] > 127), Settings(), Training(max_steps=2), n_train=20)
    assert (whole.predict(images) == whole.predict(images * 1.0)).all()
