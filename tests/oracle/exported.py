"""What the tests of exported code share: the code run on the rows that `fit` draws, and the streams it draws from."""

import numpy as np
import torch

from reglab import dropout
from reglab.export import to_code
from reglab.mixup import beta_quantile
from reglab.settings import Settings
from reglab.streams import generator

N, N_VAL, BATCH = 70, 50, 16
CUT, SWITCH = 0.6, 0.3  # the values of cutmix_alpha and switch_prob here
SHORT = {"hidden_sizes": (24, 16), "max_steps": 150, "eval_steps": 12, "batch_size": BATCH}
ADAM, SGD, LINEAR = {"optimizer": "adam"}, {"optimizer": "sgd"}, {"hidden_sizes": ()}
BLOCKS = {"hidden_sizes": (20, 20, 20), "residual": True}
CASES = {  # name -> (dataset, settings, what differs from SHORT)
    "defaults": ("digits", Settings(), {}),
    "adam, l2, clipped": ("digits", Settings(l2=0.02, clip_norm=0.5), ADAM),
    "adamw and l2": ("wine", Settings(weight_decay=1.0, l2=0.01, learning_rate=3e-3), {}),
    "sgd": ("digits", Settings(learning_rate=0.02), SGD),
    "sgd, penalties": (
        "digits",
        Settings(weight_decay=0.1, l2=0.02, l1=1e-3, clip_norm=1.0, learning_rate=0.02, momentum=0.8),
        SGD,
    ),
    "l1": ("digits", Settings(l1=3e-3, learning_rate=3e-3), {}),
    "linear": ("digits", Settings(weight_decay=0.5, learning_rate=0.01), LINEAR),
    "two classes": ("breast_cancer", Settings(label_smoothing=0.2), {}),
    "regression": ("diabetes", Settings(l2=0.05, input_noise=0.3, dropout=0.2), {}),
    "stopping": ("digits", Settings(patience=1, learning_rate=0.03), {}),
    "stopping, margin": ("diabetes", Settings(patience=2, min_delta=0.02, learning_rate=0.01), {}),
    "stopping, last weights": ("diabetes", Settings(patience=1, restore_best_weights=False, learning_rate=0.01), {}),
    "dropout": ("digits", Settings(dropout=(0.2, 0.5), input_dropout=0.1), {}),
    "batch norm": (
        "digits",
        Settings(weight_decay=0.1, dropout=0.2, clip_norm=1.0, learning_rate=0.02),
        # Pixels that are constant have no gradient through batch norm but rounding, which Adam makes full steps of.
        SGD | {"batch_norm": True},
    ),
    "residual": ("wine", Settings(l1=1e-4), BLOCKS),
    "stochastic depth": ("digits", Settings(drop_path_rate=0.4, dropout=(0.1, 0.2, 0.3)), BLOCKS),
    "noise": ("wine", Settings(input_noise=0.5), {}),
    "mixup": ("digits", Settings(mixup_alpha=0.4), {}),
    "cutmix": ("digits", Settings(cutmix_alpha=CUT), {}),
    "mixup or cutmix": ("glyphs", Settings(mixup_alpha=0.4, cutmix_alpha=CUT, switch_prob=SWITCH), {}),
    "images": ("digits", Settings(augment=0.8), {}),
    "coloured images": ("glyphs", Settings(augment=0.5), {}),
    "signals": ("mnist1d", Settings(augment=1.0), {}),
    "everything": (
        "digits",
        Settings(
            dropout=0.2,
            input_dropout=0.1,
            input_noise=0.1,
            augment=0.5,
            mixup_alpha=0.2,
            label_smoothing=0.1,
            weight_decay=0.5,
            l2=1e-3,
            l1=1e-4,
            clip_norm=1.0,
            patience=1,
            drop_path_rate=0.2,
            learning_rate=0.02,
        ),
        BLOCKS,
    ),
}


def execute(framework, data, settings, training, seed):
    """Run the exported code on the rows that `fit` draws; return all that it defines."""
    code = to_code(
        framework,
        settings,
        training,
        n_features=data.x.shape[1],
        n_classes=data.n_classes,
        task=data.task,
        image_shape=data.image_shape,
    )
    for name in ("manual_seed", "default_rng", "set_random_seed"):
        code = code.replace(f"{name}(0)", f"{name}({seed})")
    code = code.replace("random_state=0", f"random_state={seed}")
    order = generator(seed, "rows").permutation(len(data.x))
    train, val = order[:N], order[len(order) - N_VAL :]
    scope = {"x_train": data.x[train], "y_train": data.y[train], "x_val": data.x[val], "y_val": data.y[val]}
    exec(compile(code, framework, "exec"), scope)
    return scope


def loss_on_test(scope, data):
    """Return the clean loss of the code's model on the test rows."""
    x, model = (data.x_test - scope["centre"]) / scope["scale"], scope["model"]
    if isinstance(model, torch.nn.Module):  # Keras's too, on its PyTorch backend
        assert not model.training
        with torch.no_grad():
            outputs = model(torch.tensor(x).float()).double()
        predicted = (outputs.softmax(1) if data.n_classes else outputs[:, 0]).numpy()
    else:
        predicted = model.predict_proba(x) if data.n_classes else model.predict(x)
    if data.n_classes is None:
        return np.mean((predicted - data.y_test) ** 2) / 2
    return -np.log(predicted[np.arange(len(x)), data.y_test]).mean()


def he(rng, fan_in, fan_out):
    return rng.standard_normal((fan_in, fan_out), dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))


class Streams:
    """The trainer's streams of one seed, under the names of a NumPy Generator's methods."""

    def __init__(self, seed):
        self.of = {
            name: generator(seed, name)
            for name in (
                "weights",
                "order",
                "augment",
                "input_noise",
                "mixup_alpha",
                "cutmix_alpha",
                "switch_prob",
                "input_dropout",
                "dropout",
                "drop_path_rate",
            )
        }

    def permutation(self, n):
        return self.of["order" if n == N else self.mixing].permutation(n)

    def standard_normal(self, shape):
        return self.of["input_noise"].standard_normal(shape, dtype=np.float32)

    def uniform(self, low, high, shape):
        draws = self.of["augment"].random((shape[0], 4), dtype=np.float32)[:, : shape[1]]
        return low + (high - low) * draws

    def beta(self, alpha, _=None):
        self.mixing = "cutmix_alpha" if alpha == CUT else "mixup_alpha"
        return np.float32(beta_quantile(alpha, self.of[self.mixing].random((), dtype=np.float32)))

    def pixel(self, size):
        return int(self.of["cutmix_alpha"].random((), dtype=np.float32) * size)

    def switch(self):
        """Draw the choice, and what the trainer also draws for the one that is not chosen."""
        u = self.of["switch_prob"].random((), dtype=np.float32)
        idle = self.of["mixup_alpha" if u < SWITCH else "cutmix_alpha"]
        idle.random((), dtype=np.float32)
        idle.permutation(BATCH)
        if u >= SWITCH:
            idle.random(2, dtype=np.float32)
        return u

    def mask(self, shape, rate, place):
        return dropout.mask(tuple(shape), rate, self.of[place])
