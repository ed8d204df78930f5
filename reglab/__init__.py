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

from reglab import (
    batch_norm,
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
    network,
    optimizers,
    overfitting,
    policy_search,
    run,
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
    train,
    translation,
)
from reglab.run import Run
from reglab.settings import Settings, Training
from reglab.strategy import Advice, diagnose, recommend
from reglab.sweep import sweep
from reglab.train import fit

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "Run",
    "Settings",
    "Training",
    "batch_norm",
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
