"""Which settings fit which data and network."""

from __future__ import annotations

from reglab.datasets import Dataset
from reglab.settings import Settings, Training

__all__ = ["misfits"]


def misfits(settings: Settings, training: Training, data: Dataset) -> dict[str, str]:
    """Return what cannot be trained on this data with this network: each field, and one sentence on it.

    Parameters
    ----------
    settings : Settings
    training : Training
    data : Dataset

    Returns
    -------
    dict of str to str
        Empty where everything fits.

    Examples
    --------
    >>> from reglab.datasets import load
    >>> misfits(Settings(augment=0.5, l2=0.1), Training(), load("wine"))
    {'augment': 'augment must be 0 for a dataset of tabular rows, got 0.5'}
    """
    layers = len(training.hidden_sizes)
    sentences = {}
    if isinstance(settings.dropout, tuple) and len(settings.dropout) != layers:
        sentences["dropout"] = f"dropout must have one rate per hidden layer ({layers}), got {settings.dropout}"
    if settings.augment and data.task not in ("image", "signal"):
        sentences["augment"] = f"augment must be 0 for a dataset of {data.task} rows, got {settings.augment}"
    if settings.drop_path_rate and not (training.residual and layers > 1):
        sentences["drop_path_rate"] = f"drop_path_rate must be 0 unless residual is on, got {settings.drop_path_rate}"
    if data.n_classes is None:
        for name in ("label_smoothing", "mixup_alpha"):
            if getattr(settings, name):
                sentences[name] = "label_smoothing and mixup_alpha must be 0 for regression"
    if settings.cutmix_alpha and (data.image_shape is None or data.n_classes is None):
        wrong = settings.cutmix_alpha
        sentences["cutmix_alpha"] = f"cutmix_alpha must be 0 unless the dataset has images of classes, got {wrong}"
    return sentences
