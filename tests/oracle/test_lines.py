"""The lines that carry settings into one's own training, run around a small convolutional network."""

import os

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is loaded

import keras
import numpy as np
import pytest
import torch
from torch import nn

from reglab import datasets
from reglab.export import to_lines
from reglab.settings import Settings, Training

# Keras 3.15 reads its variables in the way of NumPy 1.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FULL = Settings(
    dropout=0.2, weight_decay=0.1, label_smoothing=0.1, mixup_alpha=0.2, cutmix_alpha=1.0, clip_norm=1.0, patience=2,
    input_noise=0.1, l1=1e-4, l2=1e-4, learning_rate=3e-3,
)  # fmt: skip


def digits(rows=300):
    data = datasets.load("digits")
    return (data.x[:rows].reshape(-1, 1, 8, 8) / 8 - 1).astype("float32"), data.y[:rows]


def conv():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(288, 10)
    )


@pytest.mark.parametrize("settings", [Settings(), FULL, Settings(weight_decay=0.5, cutmix_alpha=1.0)])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_pytorch_trains_a_convolutional_network_with_them(settings, optimizer):
    model = conv()
    names = {"model": model}
    exec(to_lines("PyTorch", settings, Training(optimizer=optimizer), n_classes=10), names)
    decayed, others = names["optimizer"].param_groups
    assert sorted(p.ndim for p in decayed["params"]) == [2, 4]
    assert {p.ndim for p in others["params"]} == {1}
    assert others["weight_decay"] == 0
    assert decayed["weight_decay"] == (settings.weight_decay if optimizer == "adamw" else settings.l2)
    assert decayed["lr"] == settings.learning_rate
    assert model[4].p == (settings.dropout or 0.5)  # where no dropout is advised the model keeps its own
    x, y = (torch.tensor(array) for array in digits())
    draw = torch.Generator().manual_seed(0)

    def clean():
        model.eval()
        with torch.no_grad():
            return nn.functional.cross_entropy(model(x), y).item()

    before = clean()
    for _ in range(150):
        rows = torch.randperm(len(x), generator=draw)[:32]
        names["training_step"](x[rows], y[rows])
    assert clean() < 0.95 * before


def test_pytorch_stops_and_keeps_the_best():
    model = conv()
    names = {"model": model}
    exec(to_lines("PyTorch", Settings(patience=2), n_classes=10), names)
    stops = []
    for loss in (1.0, 0.5, 0.6, 0.7):
        model[5].bias.data.fill_(loss)
        stops.append(names["stopping"](loss))
    assert stops == [False, False, False, True]
    model.load_state_dict(names["stopping"].kept)
    assert model[5].bias.data.mean() == pytest.approx(0.5)


def test_pytorch_counts_each_token_of_a_language_model():
    model = nn.Sequential(nn.Embedding(7, 5), nn.Linear(5, 7))
    names = {"model": model}
    exec(to_lines("PyTorch", Settings(weight_decay=0.1), n_classes=None, architecture="language model"), names)
    tokens = torch.arange(12).reshape(3, 4) % 7
    losses = [names["training_step"](tokens, tokens) for _ in range(30)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("settings", [Settings(), FULL])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_keras_trains_a_convolutional_network_with_them(settings, optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    names = {"model": model}
    exec(to_lines("Keras", settings, Training(optimizer=optimizer), n_classes=10), names)
    x, y = digits()
    x = x.transpose(0, 2, 3, 1)
    if settings.label_smoothing:
        y = keras.utils.to_categorical(y, 10).astype("float32")
        rng = np.random.default_rng(0)
        mixed, targets = names["mixed"](x, y, rng)
        assert mixed.shape == x.shape
        assert targets.sum(axis=1) == pytest.approx(1.0)
    first = model.evaluate(x, y, verbose=0, return_dict=True)["clean_loss"]
    done = model.fit(
        x, y, epochs=8, batch_size=32, validation_data=(x, y), callbacks=names["callbacks"], verbose=0
    ).history
    assert done["val_clean_loss"][-1] < first
    assert float(model.optimizer.learning_rate) == pytest.approx(settings.learning_rate)
    if settings.weight_decay:
        assert model.optimizer.weight_decay == settings.weight_decay
        spared = [w.path for w in model.trainable_variables if not model.optimizer._use_weight_decay(w)]
        assert len(spared) == 2
        assert all(path.endswith("bias") for path in spared)
