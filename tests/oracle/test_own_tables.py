"""Tables of one's own against scikit-learn's pipeline: what each seed makes of its rows, and what a network reaches."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from reglab import Dataset, fit
from reglab.engine.network import Parameters, initialise
from reglab.engine.rows import Rows, draw_rows
from reglab.own_data.encoding import RARE
from reglab.settings import Settings, Training
from reglab.streams import generator


def pipeline(numbers, categories):
    """Return scikit-learn's way from a data frame to what a network is given."""
    encoder = OneHotEncoder(min_frequency=RARE, handle_unknown="infrequent_if_exist", sparse_output=False)
    columns = [
        ("number", SimpleImputer(strategy="median", add_indicator=True), numbers),
        ("category", encoder, categories),
    ]
    return Pipeline([("columns", ColumnTransformer(columns)), ("scale", StandardScaler())])


def in_order(frame, data):
    """Return the rows of a data frame in the order of the pool, and those of the test."""
    at = {row.tobytes(): number for number, row in enumerate(data.encoding.encode(frame))}
    return tuple(frame.iloc[[at[row.tobytes()] for row in x]] for x in (data.x, data.x_test))


def theirs_of(name):
    """Return what scikit-learn calls a column."""
    if name.endswith(" missing"):
        column = name.removesuffix(" missing")
        return f"number__missingindicator_{column}", f"category__{column}_nan"
    if name.endswith(" other"):
        return (f"category__{name.removesuffix(' other')}_infrequent_sklearn",)
    column, mark, category = name.partition(": ")
    return (f"category__{column}_{category}",) if mark else (f"number__{name}",)


def arranged(theirs, frame, names):
    """Return what scikit-learn makes of rows in the order of our columns, 0 where it has none."""
    columns = list(theirs[0].get_feature_names_out())
    at = [[columns.index(each) for each in theirs_of(name) if each in columns] for name in names]
    assert sorted(itertools.chain(*at)) == list(range(len(columns)))
    made = theirs.transform(frame)
    return np.stack([made[:, each[0]] if each else np.zeros(len(frame)) for each in at], axis=1)


def mixed(n=400):
    rng = np.random.default_rng(0)
    town = rng.choice(["Bern", "Rom", "Oslo", "Wien", "Nuuk", "Lund"], n, p=[0.4, 0.3, 0.2, 0.06, 0.03, 0.01])
    frame = pd.DataFrame(
        {
            "always": rng.normal(size=n),
            "often": np.where(rng.random(n) < 0.3, np.nan, rng.exponential(size=n)),
            "seldom": np.where(rng.random(n) < 0.02, np.nan, rng.normal(50, 9, size=n)),
            "town": np.where(rng.random(n) < 0.1, None, town),
            "shape": rng.choice(["disc", "ring"], n),
        }
    )
    return frame.assign(y=np.where(frame.always + (town == "Rom") + rng.normal(size=n) > 0, "up", "down"))


@pytest.mark.parametrize("n_train", [15, 40, 150])
def test_rows_are_those_of_a_pipeline_that_is_fitted_on_the_same_training_rows(n_train):
    frame = mixed()
    data = Dataset.from_table(frame, "y")
    pool, test = in_order(frame, data)
    seeds = tuple(range(6))
    rows = Rows((data,) * len(seeds), seeds, n_train, 60, 16)
    unused = set()
    for number, seed in enumerate(seeds):
        train, val = draw_rows(seed, len(pool), n_train, 60)
        theirs = pipeline(["always", "often", "seldom"], ["town", "shape"]).fit(pool.iloc[train])
        ours = [rows.x[n_train * number : n_train * (number + 1)]]
        ours += [rows.eval_x[number, 0, rows.splits[part]] for part in ("val", "test")]
        for mine, part in zip(ours, (pool.iloc[train], pool.iloc[val], test), strict=True):
            other = arranged(theirs, part, data.feature_names)
            np.testing.assert_allclose(mine, other, atol=2e-5)
        unused |= {name for name, column in zip(data.feature_names, ours[0].T, strict=True) if not column.any()}
    assert unused >= {15: {"town: Wien", "seldom missing"}, 40: {"town: Nuuk"}, 150: set()}[n_train]
    assert "always" not in unused


# --- networks ---


def sklearns(load, **changes):
    bunch = load(as_frame=True, **changes)
    return bunch.data.assign(y=bunch.target)


def regression_in_thousands():
    rng = np.random.default_rng(5)
    size, rooms = rng.uniform(30, 200, 400), rng.integers(1, 7, 400)
    price = 3000 * size + 20_000 * rooms + rng.normal(0, 90_000, 400)
    return pd.DataFrame({"size": size, "rooms": rooms, "y": price})


def wide():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 150))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(150)]).assign(y=np.where(x[:, :3].sum(axis=1) > 0, "a", "b"))


def tall():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(5000, 3))
    y = np.where(x[:, 0] * x[:, 1] + 0.3 * rng.normal(size=5000) > 0, "a", "b")
    return pd.DataFrame(x, columns=["u", "v", "w"]).assign(y=y)


def imbalanced():
    rng = np.random.default_rng(4)
    y = np.repeat([0, 1], [540, 60])
    x = rng.normal(size=(600, 3)) + y[:, None]
    return pd.DataFrame(x, columns=list("abc")).assign(y=y)


def dates():
    rng = np.random.default_rng(6)
    days = rng.permutation(2000)[:300]
    frame = pd.DataFrame({"day": pd.to_datetime("2019-01-03") + pd.to_timedelta(days, "D"), "z": rng.normal(size=300)})
    return frame.assign(y=np.sin(days / 300) + frame.z + 0.5 * rng.normal(size=300))


def categorical():
    rng = np.random.default_rng(3)
    colour, shape, kind = (rng.choice(list(words), 500) for words in ("rgb", "dr", "abcdefgh"))
    y = np.where((colour == "r") ^ (shape == "d") ^ (rng.random(500) < 0.1), "odd", "even")
    return pd.DataFrame({"colour": colour, "shape": shape, "kind": kind, "y": y})


def duplicates():
    return pd.concat([mixed(), mixed().iloc[:150]], ignore_index=True)


def leaking():
    frame = mixed()
    return frame.assign(reason=np.where(frame.y == "up", "rose", "fell"))


def with_text():
    frame = mixed()
    return frame.assign(said=[f"what a person wrote about the row of number {number}" for number in range(len(frame))])


def grouped():
    frame = mixed()
    rng = np.random.default_rng(8)
    return frame.assign(patient=[f"p{number}" for number in rng.integers(0, 60, len(frame))])


NETWORKS = {
    "wine": lambda: sklearns(load_wine),
    "breast cancer": lambda: sklearns(load_breast_cancer),
    "diabetes, in the units of its target": lambda: sklearns(load_diabetes, scaled=False),
    "wide": wide,
    "tall": tall,
    "categorical": categorical,
    "mixed, with missing values": mixed,
    "imbalanced": imbalanced,
    "regression in thousands": regression_in_thousands,
    "dates": dates,
    "duplicate rows": duplicates,
    "leaking column": leaking,
    "text column": with_text,
    "groups": grouped,
}
STEPS, BATCH, N_TRAIN, N_VAL, SEEDS = 150, 20, 80, 30, 8


@pytest.fixture(autouse=True)
def one_thread():
    """Networks as small as these are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def comparable(weights, x, y, x_test, y_test, n_classes, seed):
    """Return the test loss of PyTorch's network with these weights and the same optimizer, in an order of its own."""
    stream = torch.Generator().manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 32), torch.nn.ReLU(), torch.nn.Linear(32, n_classes or 1))
    for layer, weight in zip(network[::2], weights, strict=True):
        layer.weight.data[:] = torch.tensor(weight.T)
        torch.nn.init.zeros_(layer.bias)
    half = torch.nn.MSELoss()
    loss = torch.nn.CrossEntropyLoss() if n_classes else lambda out, y: half(out[:, 0], y) / 2
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    parts = (torch.tensor(part, dtype=torch.float32) for part in (x, x_test))
    targets = (torch.tensor(part, dtype=torch.long if n_classes else torch.float32) for part in (y, y_test))
    (x, x_test), (y, y_test) = parts, targets
    for step in range(STEPS):
        if step * BATCH % N_TRAIN == 0:
            order = torch.randperm(N_TRAIN, generator=stream).reshape(-1, BATCH)
        rows = order[step % len(order)]
        optimizer.zero_grad()
        loss(network(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        return float(loss(network(x_test), y_test))


@pytest.mark.parametrize("name", NETWORKS)
def test_losses_are_those_of_a_comparable_network_on_the_same_rows(name):
    """The batches come in another order: the same mean, within three standard errors."""
    frame = NETWORKS[name]()
    data = Dataset.from_table(frame, "y", groups="patient" if name == "groups" else None)
    training = Training(hidden_sizes=(32,), optimizer="adam", batch_size=BATCH, max_steps=STEPS, eval_steps=1)
    run = fit(data, Settings(), training, n_train=N_TRAIN, n_val=N_VAL, seeds=SEEDS)
    days = {day: frame[day].astype("int64") for day in frame if day == "day"}
    pool, test = (frame.assign(**days).loc[part.index] for part in in_order(frame, data))
    categories = [part.name for part in data.encoding.parts if part.kind == "category"]
    numbers = [part.name for part in data.encoding.parts if part.kind != "category"]
    start = Parameters(run.sizes, (SEEDS, 1))
    initialise(start, [generator(seed, "weights") for seed in range(SEEDS)])
    theirs = []
    for seed in range(SEEDS):
        train, _ = draw_rows(seed, len(pool), N_TRAIN, N_VAL, data.groups)
        columns = pipeline(numbers, categories).fit(pool.iloc[train])
        x, x_test = (arranged(columns, part, data.feature_names) for part in (pool.iloc[train], test))
        weights = [layer[seed, 0] for layer in start.weights]
        theirs.append(comparable(weights, x, data.y[train], x_test, data.y_test, data.n_classes, seed))
    difference = run.kept("test_loss")[0] - theirs
    error = difference.std(ddof=1) / np.sqrt(SEEDS)
    assert abs(difference.mean()) < 3 * error
