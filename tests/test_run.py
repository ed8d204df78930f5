import numpy as np
import pytest

from reglab.engine.run import evaluation_steps
from reglab.engine.train import fit
from reglab.settings import Settings, Training

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
