"""See what regularization does to a neural network, and leave with settings for your own.

Pure NumPy: every technique is one module with plain functions, `fit` trains a stack of networks with them, and
`recommend` turns a dataset's size and the gap between training and validation loss into settings.

Examples
--------
>>> import reglab
>>> settings = [reglab.Settings(), reglab.Settings(weight_decay=1.0)]
>>> run = reglab.fit("digits", settings, reglab.Training(max_steps=100), n_train=100, seeds=2)
>>> run.kept("val_loss").shape
(2, 2)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reglab import (
        checks,
        combinations,
        curves,
        datasets,
        dropout,
        dropout_in_practice,
        early_stopping,
        evidence,
        experiments,
        export,
        gradient_clipping,
        guidelines,
        homotopy,
        image_augmentation,
        image_operations,
        invariance,
        l1,
        l2,
        label_smoothing,
        mistakes,
        mixup,
        overfitting,
        policy_search,
        settings,
        speed,
        stochastic_depth,
        strategy,
        streams,
        text_augmentation,
        text_experiments,
        text_task,
        texts,
        time_saved,
        translation,
    )
    from reglab.engine import batch_norm, network, optimizers, run, train
    from reglab.engine.run import Run
    from reglab.engine.sweep import sweep
    from reglab.engine.train import fit
    from reglab.settings import Settings, Training
    from reglab.strategy import Advice, diagnose, recommend

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "Run",
    "Settings",
    "Training",
    "batch_norm",
    "checks",
    "combinations",
    "curves",
    "datasets",
    "diagnose",
    "dropout",
    "dropout_in_practice",
    "early_stopping",
    "evidence",
    "experiments",
    "export",
    "fit",
    "gradient_clipping",
    "guidelines",
    "homotopy",
    "image_augmentation",
    "image_operations",
    "invariance",
    "l1",
    "l2",
    "label_smoothing",
    "mistakes",
    "mixup",
    "network",
    "optimizers",
    "overfitting",
    "policy_search",
    "recommend",
    "run",
    "settings",
    "speed",
    "stochastic_depth",
    "strategy",
    "streams",
    "sweep",
    "text_augmentation",
    "text_experiments",
    "text_task",
    "texts",
    "time_saved",
    "train",
    "translation",
]

# Where the names stand that are no module of this folder. All are imported when first asked for: a package that
# imports its parts while they import each other is a circle, and two threads that enter it at two places each find
# modules that the other has half made.
_NAMES = {
    "Advice": "reglab.strategy",
    "Run": "reglab.engine.run",
    "Settings": "reglab.settings",
    "Training": "reglab.settings",
    "diagnose": "reglab.strategy",
    "fit": "reglab.engine.train",
    "recommend": "reglab.strategy",
    "sweep": "reglab.engine.sweep",
}
_ENGINE = ("batch_norm", "network", "optimizers", "run", "train")


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        found = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in __all__:
        found = importlib.import_module(f"reglab.engine.{name}" if name in _ENGINE else f"reglab.{name}")
    else:
        raise AttributeError(f"module 'reglab' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
