"""What experiments read of a run is that of its own data: of tables with gaps, of groups, folds and images."""

import numpy as np
import pytest

from reglab import Dataset, experiments, fit, invariance, load_run
from reglab.datasets import load
from reglab.engine.rows import draw_rows
from reglab.settings import Settings, Training

SHORT = Training(max_steps=30, eval_steps=3)
RNG = np.random.default_rng(0)


def with_gaps(n=200):
    a, b = RNG.normal(size=(2, n))
    held = [None if i % 5 == 0 else float(v) for i, v in enumerate(a)]
    rows = {"a": held, "b": b.tolist(), "who": [i // 2 for i in range(n)], "kind": ["uv"[int(v > 0)] for v in b]}
    return Dataset.from_table(rows, "kind", groups="who", name="wine")  # the name of a bundled one, which it is not


def test_a_run_holds_its_data_whatever_they_are_called():
    data = with_gaps()
    run = fit(data, Settings(), SHORT, n_train=60, seeds=3)
    assert experiments.data_of(run) is data
    p, y = experiments.validation_predictions(run)
    losses = -np.log(np.take_along_axis(p, y[None, ..., None], -1)[..., 0]).mean(-1)
    np.testing.assert_allclose(losses, run.kept("val_loss"), rtol=1e-4)


def test_rows_of_groups_are_those_that_were_trained_on():
    data = with_gaps()
    run = fit(data, Settings(), SHORT, n_train=60, seeds=3)
    for s, seed in enumerate(run.seeds):
        train, val = draw_rows(seed, len(data.x), run.n_train, run.n_val, data.groups)
        np.testing.assert_array_equal(experiments.rows_of(run, "train")[s], train)
        np.testing.assert_array_equal(experiments.rows_of(run, "val")[s], val)
        assert not set(data.groups[train].tolist()) & set(data.groups[val].tolist())


def test_batch_norm_is_read_of_filled_rows():
    run = fit(with_gaps(), Settings(), Training(batch_norm=True, max_steps=200), n_train=60, seeds=2)
    np.testing.assert_allclose(experiments.variance_shift(run), 1, atol=0.2)


def test_folds_have_rows_of_their_own_and_no_one_dataset():
    rows = experiments.trial("wine")
    run = rows.fit(Settings())
    assert run.data == rows.datasets
    assert experiments.rows_of(run, "train").shape == (5, rows.n_train)
    with pytest.raises(ValueError, match=r"^run must be of one dataset for all seeds, got 5$"):
        experiments.data_of(run)


def test_a_run_from_a_file_is_of_the_bundled_dataset_of_its_name_or_of_none(tmp_path):
    fit("wine", Settings(), SHORT, n_train=50, seeds=1).save(tmp_path / "run.npz")
    assert experiments.data_of(load_run(tmp_path / "run.npz")) is load("wine")
    x = RNG.normal(size=(80, 2))
    fit(Dataset.from_arrays(x, x[:, 0] > 0), Settings(), SHORT, n_train=40, seeds=1).save(tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"^run must have its dataset, got one of 'own data' without it$"):
        experiments.data_of(load_run(tmp_path / "run.npz"))


def test_augmented_images_are_read_in_the_unit_they_were_trained_in():
    images = RNG.integers(0, 256, (120, 6, 6), np.uint8)
    labels = np.arange(120) % 2
    images[labels == 1, :3] = 255  # so bright that a little more is above 1
    run = fit(Dataset.from_arrays(images, labels), Settings(), Training(max_steps=200), n_train=60, seeds=2)
    assert run.pixel_unit == 255
    predicted = invariance.label_safety(run, 0.5, ["shift"])
    assert predicted.accuracy.min() > 0.8
    data = experiments.data_of(run)
    brighter = (data.x_test * np.float32(1.001)).reshape(-1, 6, 6, 1)
    assert brighter.max() > 1
    assert (invariance._read(run, brighter)[0, 0] == data.y_test).mean() > 0.9
