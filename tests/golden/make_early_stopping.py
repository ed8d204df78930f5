"""Write early_stopping.json: where Keras's callback and scikit-learn's MLPClassifier stop, and what they return."""

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import sklearn
import torch
from sklearn.neural_network import MLPClassifier


class Model:
    """What the callback needs of a model: weights that tell at which epoch they were taken."""

    stop_training = False
    epoch = 0

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, weights: int) -> None:
        self.epoch = weights


def by_keras(losses: list[float], patience: int, min_delta: float, mode: str = "min", **options: Any) -> list[int]:
    """Return at which epoch Keras stops, the last where it does not, and the epoch whose weights it leaves."""
    model = Model()
    callback = keras.callbacks.EarlyStopping(
        "val_loss", min_delta, patience, mode=mode, restore_best_weights=True, **options
    )
    callback.set_model(model)
    callback.on_train_begin()
    callback.monitor_op = {"min": np.less, "max": np.greater}[mode]  # else it looks for a compiled model's metric
    callback.min_delta = abs(min_delta) if mode == "max" else -abs(min_delta)
    for model.epoch, loss in enumerate(losses):
        callback.on_epoch_end(model.epoch, {"val_loss": loss})
        if model.stop_training:
            break
    stop = model.epoch
    callback.on_train_end()
    return [stop, model.epoch]


def by_sklearn(losses: list[float], patience: int, min_delta: float) -> list[int]:
    """Return the same for MLPClassifier's count, which is fed the losses as negative validation scores."""
    model = MLPClassifier(n_iter_no_change=patience, tol=min_delta)
    model.validation_scores_, model.best_validation_score_, model._no_improvement_count = [], -np.inf, 0
    model.intercepts_ = []
    for epoch, loss in enumerate(losses):
        model.coefs_ = [np.array(epoch)]
        model._score = lambda *_, score=-loss, **__: score
        model._update_no_improvement_count(True, None, None, None)
        if model._no_improvement_count > model.n_iter_no_change:  # as in its training loop
            break
    return [epoch, int(model._best_coefs[0])]


def main() -> None:
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(60):
        # sixteenths are exact, so that ties are ties; a walk that falls first, then wanders
        steps = rng.integers(-4, 5, 24) - np.linspace(3, -3, 24).round()
        losses = (200 + steps.cumsum()) / 16
        patience, min_delta = int(rng.integers(1, 6)), float(rng.choice([0, 1 / 16, 1 / 4]))
        case = {"losses": losses.tolist(), "patience": patience, "min_delta": min_delta}
        case["keras"] = by_keras(case["losses"], patience, min_delta)
        case["sklearn"] = by_sklearn(case["losses"], patience, min_delta)
        cases.append(case)
    watched = []
    for _ in range(80):
        rising = rng.random() < 0.5
        steps = rng.integers(-4, 5, 24) - np.linspace(3, -3, 24).round()
        values = (200 + steps.cumsum()) / 16
        values = 25 - values if rising else values
        options = {
            "patience": int(rng.integers(1, 6)),
            "min_delta": float(rng.choice([0, 1 / 16, 1 / 4])),
            "mode": "max" if rising else "min",
            "baseline": [None, float(np.median(values))][rng.integers(2)],
        }
        start = int(rng.choice([0, 1, 4]))
        stop = by_keras(values.tolist(), **options, start_from_epoch=start)
        watched.append({"values": values.tolist(), **options, "start_from": start, "keras": stop})
    golden = {
        "versions": {
            "keras": keras.__version__,
            "scikit-learn": sklearn.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "cases": cases,
        "watched": watched,
    }
    Path(__file__).with_name("early_stopping.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
