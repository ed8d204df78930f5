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
import inspect
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from reglab import (
        benchmark,
        bundled,
        checks,
        command,
        curves,
        datasets,
        dropout,
        dropout_in_practice,
        early_stopping,
        engine,
        experiments,
        export,
        gradient_clipping,
        image_augmentation,
        l1,
        l2,
        label_smoothing,
        logs,
        mixup,
        overfitting,
        own_data,
        reporting,
        settings,
        solvers,
        stochastic_depth,
        strategy,
        streams,
        summary,
        text,
        text_augmentation,
    )
    from reglab.benchmark import evidence, speed
    from reglab.datasets import Dataset
    from reglab.engine import batch_norm, network, optimizers, run, train
    from reglab.engine.join import join
    from reglab.engine.load import load_run
    from reglab.engine.run import Run
    from reglab.engine.sweep import sweep, sweep_training
    from reglab.engine.threads import one_blas_thread
    from reglab.engine.train import fit
    from reglab.experiments import combinations, invariance, mistakes, policy_search, text_experiments, time_saved
    from reglab.logs import Curve, Log, read_log
    from reglab.reporting import Monitor, report
    from reglab.settings import Settings, Training
    from reglab.solvers import homotopy, image_operations
    from reglab.strategy import Advice, diagnose, guidelines, recommend
    from reglab.text import text_task, texts, translation

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "Curve",
    "Dataset",
    "Log",
    "Monitor",
    "Run",
    "Settings",
    "Training",
    "batch_norm",
    "benchmark",
    "bundled",
    "checks",
    "combinations",
    "command",
    "curves",
    "datasets",
    "diagnose",
    "dropout",
    "dropout_in_practice",
    "early_stopping",
    "engine",
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
    "join",
    "l1",
    "l2",
    "label_smoothing",
    "load_run",
    "logs",
    "mistakes",
    "mixup",
    "network",
    "one_blas_thread",
    "optimizers",
    "overfitting",
    "own_data",
    "policy_search",
    "read_log",
    "recommend",
    "report",
    "reporting",
    "run",
    "settings",
    "solvers",
    "speed",
    "stochastic_depth",
    "strategy",
    "streams",
    "summary",
    "sweep",
    "sweep_training",
    "text",
    "text_augmentation",
    "text_experiments",
    "text_task",
    "texts",
    "time_saved",
    "train",
    "translation",
]

# Where the names stand that are no part of this folder. All are imported when first asked for: a package that imports
# its parts while they import each other is a circle, and two threads that enter it at two places each find modules that
# the other has half made.
_NAMES = {
    "Advice": "reglab.strategy",
    "Curve": "reglab.logs",
    "Dataset": "reglab.datasets",
    "Log": "reglab.logs",
    "Monitor": "reglab.reporting",
    "Run": "reglab.engine.run",
    "Settings": "reglab.settings",
    "Training": "reglab.settings",
    "diagnose": "reglab.strategy",
    "fit": "reglab.engine.train",
    "one_blas_thread": "reglab.engine.threads",
    "join": "reglab.engine.join",
    "load_run": "reglab.engine.load",
    "read_log": "reglab.logs",
    "recommend": "reglab.strategy",
    "report": "reglab.reporting",
    "sweep": "reglab.engine.sweep",
    "sweep_training": "reglab.engine.sweep",
}
_FOLDERS = {
    "benchmark": ("evidence", "speed"),
    "engine": ("batch_norm", "network", "optimizers", "run", "train"),
    "experiments": ("combinations", "invariance", "mistakes", "policy_search", "text_experiments", "time_saved"),
    "solvers": ("homotopy", "image_operations"),
    "strategy": ("guidelines",),
    "text": ("text_task", "texts", "translation"),
}
_MODULES = {module: f"reglab.{folder}.{module}" for folder, modules in _FOLDERS.items() for module in modules}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in __all__:
        value = importlib.import_module(_MODULES.get(name, f"reglab.{name}"))
    else:
        raise AttributeError(f"module 'reglab' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# A technique's module has the technique's name, and so is easily taken for a function. What is meant is this one of it.
_MEANT = {
    "dropout": "dropout",
    "dropout_in_practice": "masks",
    "early_stopping": "EarlyStopping",
    "export": "to_code",
    "gradient_clipping": "clip_by_global_norm",
    "image_augmentation": "augment_batch",
    "l1": "penalty",
    "l2": "penalty",
    "label_smoothing": "smooth_labels",
    "mixup": "mixup",
    "overfitting": "fit_polynomial",
    "stochastic_depth": "drop_path",
    "strategy": "recommend",
    "text_augmentation": "augment",
}


class _Technique(ModuleType):
    """A module that says what is meant when it is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise a TypeError that names the function to call."""
        name = _MEANT[self.__name__.rpartition(".")[2]]
        parameters = inspect.signature(getattr(self, name)).parameters.values()
        needed = [
            f"{parameter.name}=..." if parameter.kind is parameter.KEYWORD_ONLY else parameter.name
            for parameter in parameters
            if parameter.default is parameter.empty
        ]
        raise TypeError(f"{self.__name__} is a module; call {self.__name__}.{name}({', '.join(needed)})")


class _Package(ModuleType):
    """The package: whichever import is the first of a technique's module, Python binds the module here."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _MEANT and isinstance(value, ModuleType):
            value.__class__ = _Technique
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
