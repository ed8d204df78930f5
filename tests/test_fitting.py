"""Which settings fit which data: what `fit` refuses, told before it is asked."""

import pytest

from reglab.datasets import load
from reglab.engine.fitting import misfits
from reglab.engine.train import fit
from reglab.settings import Settings, Training
from tests.refusals import exactly

DEEP = Training(hidden_sizes=(8, 8), residual=True, max_steps=1)


@pytest.mark.parametrize(
    ("settings", "training", "dataset", "fields"),
    [
        (Settings(augment=0.5, cutmix_alpha=0.1, drop_path_rate=0.1), DEEP, "digits", []),
        (Settings(augment=0.5), DEEP, "mnist1d", []),
        (Settings(augment=0.5, cutmix_alpha=0.5), DEEP, "wine", ["augment", "cutmix_alpha"]),
        (Settings(cutmix_alpha=0.5), DEEP, "mnist1d", ["cutmix_alpha"]),
        (Settings(drop_path_rate=0.5), Training(), "digits", ["drop_path_rate"]),
        (Settings(drop_path_rate=0.5), Training(hidden_sizes=(8,), residual=True), "digits", ["drop_path_rate"]),
        (Settings(dropout=(0.1,)), DEEP, "digits", ["dropout"]),
        (Settings(label_smoothing=0.1, mixup_alpha=0.1), DEEP, "diabetes", ["label_smoothing", "mixup_alpha"]),
    ],
)
def test_what_does_not_fit_is_named_and_fit_refuses_just_that(settings, training, dataset, fields):
    sentences = misfits(settings, training, load(dataset))
    assert list(sentences) == fields
    if fields:
        with pytest.raises(ValueError, match=exactly(sentences[fields[0]])):
            fit(dataset, settings, training, n_train=40, seeds=1)
    else:
        fit(dataset, settings, training, n_train=40, seeds=1)
