"""Where the advice comes from: the sources of its numbers, and published settings for what was not measured here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reglab.settings import OPTIMIZERS

__all__ = [
    "BERT",
    "CONVNEXT",
    "JUDGEMENT",
    "LIKE_DENSE",
    "LORA",
    "MEASURED",
    "MIXUP",
    "NANOGPT",
    "NOT_AT_THIS_SIZE",
    "NOT_ON_TEXT",
    "NOT_REGULARIZED",
    "NOT_WITH_SGD",
    "NO_DROPOUT",
    "PLAYBOOK",
    "RECIPES",
    "ROBERTA",
    "SMOOTHING",
    "Recipe",
]

MEASURED = "measured here: python -m reglab.benchmark evidence"
NOT_ON_TEXT = "carried over from tables, images and signals: not measured on text"
NOT_AT_THIS_SIZE = "carried over from 30 to 1,000 training rows: not measured at this size"
NOT_REGULARIZED = "carried over from runs without regularization: not measured on one that has some"
NOT_WITH_SGD = "carried over from AdamW: not measured with SGD"
LIKE_DENSE = "a guess, carried over from dense networks: not measured here on convolutional ones"
NO_DROPOUT = (
    "the benchmark's grid (python -m reglab.benchmark evidence): on 23 of its 29 tasks the setting with the lowest "
    "test loss has no dropout"
)
JUDGEMENT = "judgement, not measured"
PLAYBOOK = "Godbole et al. 2023, Deep Learning Tuning Playbook"
NANOGPT = "nanoGPT, train.py"
BERT = "BERT's README, run_classifier.py and run_squad.py"
ROBERTA = "RoBERTa's README on GLUE (fairseq)"
LORA = "LoRA's code, README of its GPT-2 runs"
CONVNEXT = "ConvNeXt, TRAINING.md, from ImageNet-22K to ImageNet-1K"
SMOOTHING = (
    "Szegedy et al. 2016: about 0.2 points on ImageNet; Mueller et al. 2019: hardly any (86.8 to 86.7 %, 72.1 to "
    "72.7 %, 80.9 to 80.9 %); Vaswani et al. 2017: it hurts perplexity"
)
MIXUP = "mixup's code, README: CIFAR-10 error 5.53 to 4.24 % at decay 1e-4, 5.18 to 4.68 % at 5e-4"


@dataclass(frozen=True)
class Recipe:
    """Published settings for a regime that was not measured here.

    Attributes
    ----------
    architecture, task : str
    fits : callable of (n_train, passes through the data) to bool
    settings : dict of str to (value, low, high)
    source : str
    also : tuple of str
        What `Settings` has no field for.
    pretrained : "full", "lora" or None
        Of fine-tuning; None is training from scratch.
    optimizers : tuple of str
        That the settings are for.
    """

    architecture: str
    task: str
    fits: Callable[[int, float], bool]
    settings: Mapping[str, tuple[float, float, float]]
    source: str
    also: tuple[str, ...] = ()
    pretrained: str | None = None
    optimizers: tuple[str, ...] = OPTIMIZERS


def _always(n_train: int, passes: float) -> bool:
    return True


RECIPES = (
    Recipe(
        "conv",
        "image",
        lambda n, passes: n < 100_000,
        {"augment": (0.5, 0.25, 1.0), "l2": (5e-4, 1e-4, 1e-3)},
        "mixup's code, README: CIFAR-10, SGD, decay 5e-4, with mixup 1e-4; the magnitude is judgement",
        (
            "Beyond Settings (judgement): random crops, flips and TrivialAugment; prefer fine-tuning a pretrained one.",
            "The decay is the coupled one of SGD; leave norm layers and biases out of it (mixup's README).",
            "In short training weaken mixup or leave it out (OpenMixup, CIFAR-100, Swin-T: 78.41 to 76.78 % in 200 "
            "epochs, 81.29 to 83.67 % in 600).",
        ),
        optimizers=("sgd",),
    ),
    Recipe(
        "conv",
        "image",
        lambda n, passes: n < 100_000,
        {"augment": (0.5, 0.25, 1.0), "weight_decay": (0.02, 0.01, 0.05)},
        "Wightman et al. 2021, ResNet strikes back (LAMB, a decoupled decay of .01 to .02, on ImageNet); the magnitude "
        "and the range are judgement",
        (
            "Beyond Settings (judgement): random crops, flips and TrivialAugment; prefer fine-tuning a pretrained one.",
            "The decay is decoupled, that of AdamW; leave norm layers and biases out of it (judgement).",
            "In short training weaken mixup or leave it out (OpenMixup, CIFAR-100, Swin-T: 78.41 to 76.78 % in 200 "
            "epochs, 81.29 to 83.67 % in 600).",
        ),
        optimizers=("adam", "adamw"),
    ),
    Recipe(
        "conv",
        "image",
        _always,
        {"mixup_alpha": (0.1, 0.1, 0.2), "l2": (1e-4, 5e-5, 1e-4)},
        "mixup's code and paper, ImageNet with SGD: decay 1e-4; the mixup is that of ResNet strikes back, A3; the "
        "range is judgement",
        ("The decay is the coupled one of SGD; leave norm layers and biases out of it (mixup's README).",),
        optimizers=("sgd",),
    ),
    Recipe(
        "conv",
        "image",
        _always,
        {"mixup_alpha": (0.1, 0.1, 0.2), "weight_decay": (0.02, 0.01, 0.02)},
        "Wightman et al. 2021, ResNet strikes back, A3 (100 epochs, LAMB)",
        (
            "Beyond Settings: CutMix 1.0 and light RandAugment (A3); no dropout before batch norm (Li et al. 2018).",
            "For 600 epochs (A1): smoothing .1, mixup .2, CutMix 1.0, drop-path .05.",
        ),
        optimizers=("adam", "adamw"),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 100_000,
        {"mixup_alpha": (0.8, 0.2, 0.8)},
        "OpenMixup, CIFAR-100, DeiT-S: mixup .8 from 65.81 to 69.98 %, CutMix to 74.12 % in 200 epochs",
        ("Beyond Settings: CutMix (OpenMixup); prefer fine-tuning a pretrained network (judgement).",),
    ),
    Recipe(
        "transformer",
        "image",
        lambda n, passes: n < 5_000_000,
        {"mixup_alpha": (0.8, 0.2, 0.8), "label_smoothing": (0.1, 0.05, 0.1), "weight_decay": (0.05, 0.03, 0.1)},
        "Touvron et al. 2021, DeiT (about 1M images, from scratch)",
        ("Beyond Settings: CutMix 1.0, drop-path .1, RandAugment 9; dropout 0 (DeiT).",),
    ),
    Recipe(
        "transformer",
        "image",
        _always,
        {"weight_decay": (0.03, 0.03, 0.1)},
        "Steiner et al. 2021, AugReg configurations (about 14M images)",
        ("Dropout 0; no augmentation for small models, light for base, medium for large ones (AugReg).",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 1.5,
        {"weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"{NANOGPT} (one pass over the data); the ranges are judgement",
        ("Dropout 0 (nanoGPT).",),
    ),
    Recipe(
        "language model",
        "text",
        lambda n, passes: passes <= 4,
        {"dropout": (0.1, 0.0, 0.2), "weight_decay": (0.1, 0.05, 0.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"{NANOGPT} (several passes, or fine-tuning); the ranges are judgement",
        ("Up to about four passes are as good as new data (Muennighoff et al. 2023, arXiv 2305.16264).",),
    ),
    Recipe(
        "language model",
        "text",
        _always,
        {"dropout": (0.1, 0.1, 0.2), "weight_decay": (0.8, 0.8, 3.2), "clip_norm": (1.0, 0.5, 2.0)},
        f"Kim et al. 2025, arXiv 2509.14786 (decay); {NANOGPT} (dropout, clipping)",
        (
            "In many passes the best decay rose with the model's size: .8, 1.6, 3.2 and 3.2 at 150M, 300M, 600M and "
            "1.4B parameters (arXiv 2509.14786).",
        ),
    ),
    Recipe(
        "transformer",
        "text",
        _always,
        {"learning_rate": (2e-5, 1e-5, 5e-5), "dropout": (0.1, 0.1, 0.1), "weight_decay": (0.1, 0.01, 0.1)},
        f"{ROBERTA} (dropout .1, decay .1, rates 1e-5 to 2e-5); {BERT} (rates 2e-5 to 3e-5; to 5e-5: its paper)",
        (
            "Few epochs: 2 to 3 in BERT's README, at most 10 with the best checkpoint kept in RoBERTa's on GLUE.",
            "Small validation sets vary much from seed to seed (BERT's README): compare means of several runs.",
        ),
        "full",
    ),
    Recipe(
        "language model",
        "text",
        _always,
        {"learning_rate": (1e-5, 1e-5, 5e-5), "dropout": (0.1, 0.0, 0.2), "weight_decay": (0.01, 0.01, 0.1)},
        "nanoGPT, config/finetune_shakespeare.py (rate 1e-5, decay .01, for fine-tuning try dropout .1 or more); the "
        "ranges are judgement",
        ("Few passes, and the checkpoint of the lowest validation loss (judgement).",),
        "full",
    ),
    Recipe(
        "language model",
        "text",
        _always,
        {"learning_rate": (2e-4, 1e-4, 2e-4), "dropout": (0.1, 0.0, 0.1), "weight_decay": (0.01, 0.0, 0.1)},
        f"{LORA} (GPT-2 medium: rate 2e-4, decay .01, LoRA dropout .1, 5 epochs); the ranges are judgement",
        (
            "The dropout is that of the adapters: QLoRA's authors found .05 useful at 7B and 13B, and not beyond.",
            "Above 13B take half the rate, 1e-4 (QLoRA's README).",
            "Train for few epochs, 5 in LoRA's GPT-2 runs, and stop early.",
            "A lower rank has less to learn by heart with (judgement).",
        ),
        "lora",
    ),
    Recipe(
        "transformer",
        "text",
        _always,
        {"learning_rate": (2e-4, 1e-4, 5e-4), "dropout": (0.1, 0.0, 0.1), "weight_decay": (0.01, 0.0, 0.1)},
        f"{LORA} (GPT-2 medium: rate 2e-4, decay .01, LoRA dropout .1); for other transformers it is judgement",
        ("Train for few epochs, and stop early (judgement).",),
        "lora",
    ),
    Recipe(
        "conv",
        "image",
        _always,
        {"learning_rate": (5e-5, 2e-5, 1e-4), "augment": (0.5, 0.25, 1.0)},
        f"{CONVNEXT} (AdamW at 5e-5, 30 epochs); the augmentation's magnitude and the ranges are judgement",
        (
            "Published beside it: decay 1e-8, which is none, no mixup, no CutMix, rates that fall by 0.8 from layer to "
            "layer, and drop-path .2 to .4 (ConvNeXt).",
        ),
        "full",
    ),
)
