"""From one's own data to settings: on which rows, paired throughout; on the pages it is kept in the session alone."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import own_data

from reglab import Dataset, Settings, strategy
from reglab.experiments import own_data as way


def page():
    import streamlit as st

    from pages.ui import own_data, own_file, runs
    from pages.ui.cache import cached

    from reglab.settings import Settings, Training

    mine = own_data.make(own_file.example(), "cultivar")

    @cached(2)
    def rows(name: str) -> int:
        return len(own_data.load(name).x)

    st.session_state.counted = [rows(mine.name), rows("wine")]
    run = runs.train(mine.name, Settings(), Training(max_steps=5), n_train=50, seeds=2)
    again = runs.train(mine.name, Settings(), Training(max_steps=5), n_train=50, seeds=2)
    st.session_state.runs = (run, again)


def test_what_is_kept_of_ones_own_data_is_in_the_session_alone():
    first, second = (AppTest.from_function(page, default_timeout=60).run() for _ in range(2))
    assert not first.exception
    assert first.session_state.counted == [133, 120]
    run, again = first.session_state.runs
    assert run is again
    assert run is not second.session_state.runs[0]
    assert len(first.session_state[own_data._KEPT]) == 2
    assert own_data.is_own(run)


# --- from data to settings, in the library

RNG = np.random.default_rng(2)
X = RNG.normal(size=(123, 5)).astype(np.float32)
LABELS = (X[:, 0] + 0.5 * RNG.normal(size=123) > 0.6).astype(int)


def rows(x):
    return {row.tobytes() for row in x}


def test_five_folds_test_every_row_once_and_train_on_none_of_them():
    data = Dataset.from_arrays(X, LABELS)
    tried = way.trial(data, seed=7)
    assert tried.folded
    assert tried.seeds == (7, 8, 9, 10, 11)
    tested = [rows(fold.x_test) for fold in tried.datasets]
    assert len(set().union(*tested)) == sum(map(len, tested)) == 120  # 123 // 5 rows each
    for fold, test in zip(tried.datasets, tested, strict=True):
        assert not test & rows(fold.x)
        assert len(fold.x) + len(test) == 123
        assert abs(fold.y_test.mean() - LABELS.mean()) < 0.05  # as many of each class as there are
    assert tried.n_train + tried.n_val == 99


@pytest.mark.parametrize("why", ["few rows", "a small class", "equal rows", "groups"])
def test_where_folds_would_mislead_there_is_one_split(why):
    x, y, how = X.copy(), LABELS.copy(), {}
    if why == "few rows":
        x, y = x[:99], y[:99]
    elif why == "a small class":
        y[:] = 0
        y[:4] = 1
    elif why == "equal rows":
        x[10] = x[11]
    else:
        how["groups"] = np.arange(123) // 3
    data = Dataset.from_arrays(x, y, **how)
    tried = way.trial(data)
    assert not tried.folded
    assert tried.datasets == (data,) * 5
    assert tried.sentence.startswith("Five seeds on one split")
    assert way.trial(Dataset.from_arrays(X[:100], LABELS[:100])).folded


def test_what_is_wide_is_trained_on_fewer_rows(monkeypatch):
    data = Dataset.from_arrays(X, LABELS)
    monkeypatch.setattr(way, "ROOM", 5 * 5 * 40)
    assert way.trial(data).n_train == 40


def test_a_dataset_without_test_rows_proves_nothing():
    with pytest.raises(ValueError, match="dataset must have test rows"):
        way.trial(Dataset.from_arrays(X, LABELS, test_share=0))


def test_the_way_from_data_to_settings_is_paired_throughout(monkeypatch):
    monkeypatch.setattr(way, "STEPS", (120, 120))
    data = Dataset.from_arrays(X, LABELS)
    run = way.learn(data)
    advice = strategy.recommend(curve=run)
    settings = Settings(weight_decay=0.5, input_noise=0.1, patience=10)
    proved, apart = way.prove(data, settings), way.take_apart(data, settings)
    np.testing.assert_array_equal(proved.test_loss[0], run.test_loss[0])
    np.testing.assert_array_equal(apart.test_loss[0], run.test_loss[0])
    np.testing.assert_array_equal(apart.test_loss[1], proved.test_loss[2])
    assert list(proved.settings)[1] == Settings(patience=strategy.PATIENCE)
    held = way.held_against(data)
    assert held.linear_loss.shape == (5,)
    assert (
        advice.diagnosis
        == strategy.diagnose(
            strategy.curve_of(run), n_classes=2, n_val=run.n_val, class_shares=np.bincount(data.y).tolist()
        ).name
    )


def test_a_regression_goes_the_same_way(monkeypatch):
    monkeypatch.setattr(way, "STEPS", (60, 60))
    data = Dataset.from_arrays(X, 1000 * X[:, 0] + 50 * RNG.normal(size=123))
    held = way.held_against(data)
    assert (held.linear_loss < 0.1 * held.guess_loss).all()
    assert strategy.recommend(curve=way.learn(data)).diagnosis
