"""Arrays of one's own, trained here and by scikit-learn on the same rows, from weights of the same distribution."""

import numpy as np
import pytest
from sklearn import datasets as theirs
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reglab import Dataset, fit
from reglab.engine.rows import draw_rows
from reglab.settings import Settings, Training

N_TRAIN, BATCH, PASSES, SEEDS = 96, 32, 40, 10
HIDDEN = (32, 16)


def california(n=600):
    """Draw prices in dollars that rise with three of five columns."""
    x = np.random.default_rng(0).normal(size=(n, 5)) * [1, 10, 100, 1, 1]
    return x, 200_000 + 40_000 * x[:, 0] * np.tanh(x[:, 1] / 10) + 300 * x[:, 2]


def named(load):
    bunch = load()
    return bunch.data, bunch.target_names[bunch.target]


OWN = {
    "breast cancer": lambda: named(theirs.load_breast_cancer),
    "iris": lambda: named(theirs.load_iris),
    "diabetes": lambda: theirs.load_diabetes(return_X_y=True),
    "prices in dollars": california,
}


class Alike:
    """Has a network of scikit-learn begin with He's weights, as ours; its own rows, batches and updates stay."""

    def _init_coef(self, fan_in, fan_out, dtype):
        w = self._random_state.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)
        return w.astype(dtype), np.zeros(fan_out, dtype)


class Classifier(Alike, MLPClassifier):
    pass


class Regressor(Alike, MLPRegressor):
    pass


def scikit_learns(data, seed, train):
    """Return the test loss of a network of the same size, batches and passes on the same rows."""
    kind = Regressor if data.n_classes is None else Classifier
    network = kind(
        hidden_layer_sizes=HIDDEN,
        alpha=0,
        batch_size=BATCH,
        max_iter=PASSES,
        n_iter_no_change=PASSES,
        tol=0,
        random_state=seed,
    )
    model = make_pipeline(StandardScaler(), network).fit(data.x[train].astype(float), data.y[train])
    if data.n_classes is None:
        return ((model.predict(data.x_test) - data.y_test) ** 2).mean() / 2
    return log_loss(data.y_test, model.predict_proba(data.x_test).astype(float), labels=range(data.n_classes))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", OWN)
def test_test_losses_agree_with_scikit_learns_within_noise(name):
    x, y = OWN[name]()
    data = Dataset.from_arrays(x, y)
    how = Training(HIDDEN, batch_size=BATCH, max_steps=PASSES * N_TRAIN // BATCH, eval_steps=2)
    n_val = len(data.x) - N_TRAIN
    run = fit(data, Settings(), how, n_train=N_TRAIN, n_val=n_val, seeds=SEEDS)
    other = [scikit_learns(data, seed, draw_rows(seed, len(data.x), N_TRAIN, n_val)[0]) for seed in range(SEEDS)]
    difference = run.kept("test_loss")[0] - other
    error = difference.std(ddof=1) / SEEDS**0.5
    assert abs(difference.mean()) <= 3 * error
    guess = np.log(data.n_classes) if data.n_classes else 0.5 * np.mean(data.y_test**2)
    assert run.kept("test_loss").mean() < 0.9 * guess  # both have learnt


def test_labels_and_shares_are_those_of_stratified_scikit_learn():
    from sklearn.model_selection import train_test_split

    x, y = named(theirs.load_wine)
    data = Dataset.from_arrays(x, y)
    _, _, _, held = train_test_split(x, y, test_size=0.25, stratify=y, random_state=0)
    names, counts = np.unique(held, return_counts=True)
    assert data.class_names == tuple(names)
    assert np.abs(np.bincount(data.y_test) - counts).max() <= 1
