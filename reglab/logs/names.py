"""What the name of a column tells: its split, whether it is a loss, and what a column that counts counts.

Everything here is by whole words of the name, so that a run called "mixup-eval-3" sets no role by accident of spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "ACCURACY",
    "BOOSTING",
    "CALLS",
    "CALLS_RANK",
    "COUNTS",
    "DERIVED",
    "LETTERS",
    "LOSS",
    "NEUTRAL",
    "SCORES",
    "SPLIT_OF",
    "STANDS_FOR_LOSS",
    "Meaning",
    "counts",
    "meaning_of",
    "split_of",
    "words",
]

# Words that tell a loss; what stands for one where no loss is there; and scores, which are none.
LOSS = {"loss", "losses", "logloss", "mlogloss", "nll", "xent", "mse", "cost", "entropy", "crossentropy", "bce"}
STANDS_FOR_LOSS = {
    **dict.fromkeys(("rmse", "rmsle"), "root mean squared error"),
    **dict.fromkeys(("mae", "mape"), "mean absolute error"),
    **dict.fromkeys(("ppl", "perplexity"), "perplexity"),
    **dict.fromkeys(("error", "err", "merror"), "error"),
    **dict.fromkeys(("deviance", "objective", "bpc", "bpb", "huber", "wer", "cer", "l1", "l2"), "other measure"),
}
ACCURACY = {"acc", "accuracy", "accuracies"}
SCORES = {
    **dict.fromkeys(("auc", "auroc", "roc", "auprc", "aucpr"), "AUC"),
    **dict.fromkeys(("f1", "fscore", "fbeta"), "F score"),
    **dict.fromkeys(("map", "ap", "map50"), "average precision"),
    **dict.fromkeys(("precision", "recall", "iou", "miou", "dice", "bleu", "rouge", "r2", "ndcg", "mrr"), "score"),
    **dict.fromkeys(("elbo", "iwae"), "lower bound, which is to rise"),
    **dict.fromkeys(("mcc", "kappa", "psnr", "ssim", "score", "scores", "reward", "return", "hits"), "score"),
}
SPLITS = {
    "train": ("train", "training", "trn", "tr", "learn", "trained"),
    "val": (
        *("val", "valid", "validation", "validating", "validate", "eval", "evaluation", "evaluate", "evaluating"),
        *("evaluated", "dev", "holdout", "heldout", "vld", "vali", "crossval"),
    ),
    "test": ("test", "testing", "tst"),
}
SPLIT_OF = {word: split for split, those in SPLITS.items() for word in those}
# Words that make something else of a loss: its spread, its best so far, a setting.
DERIVED = {
    *("std", "stddev", "stdev", "var", "variance", "min", "max", "best", "scale", "weight", "weights", "lr", "change"),
    *("delta", "diff", "gap", "ratio", "threshold", "improvement", "improved", "count", "patience", "previous", "prev"),
    *("lowest", "minimum", "seconds", "runtime", "time", "duration", "rate", "decay", "from", "improve", "target"),
    *("samples", "size", "grad", "norm", "range"),
}
NEUTRAL = {
    "平均",
    "epoch",
    "mean",
    "avg",
    "average",
    "metrics",
    "s",
    "l",  # "L_train", the loss in a letter
    "metric",
    "value",
    "total",
    "overall",
    "combined",
    "set",
    "curve",
}
LESSER = {
    "bar",
    "batch",
    "mini",
    "minibatch",
}  # of a batch, or of a bar that runs: less than the mean of an epoch, of the same thing
# Words of other languages, for headers that people wrote themselves.
ELSEWHERE = {
    **dict.fromkeys(("verlust", "fehler", "perte", "perdida", "perda", "perdita", "потери", "потеря", "손실"), "loss"),
    **dict.fromkeys(
        ("损失", "損失", "loss值", "kayip", "kayıp", "kaybi", "kaybı", "strata", "verlies", "втрати"), "loss"
    ),
    **dict.fromkeys(("egitim", "treningowa", "навчання", "学習"), "train"),
    **dict.fromkeys(("dogrulama", "walidacyjna", "validatie", "валідація"), "val"),
    **dict.fromkeys(("dogruluk", "dokladnosc", "nauwkeurigheid", "точність"), "accuracy"),
    **dict.fromkeys(("trainings", "entrainement", "entrenamiento", "treino", "treinamento", "addestramento"), "train"),
    **dict.fromkeys(("训练", "訓練", "обучение", "обучения", "обучающая", "훈련", "학습", "학습용"), "train"),
    **dict.fromkeys(("validierung", "validierungs", "validacion", "validacao", "validazione", "apprentissage"), "val"),
    **dict.fromkeys(("验证", "驗證", "検証", "валидация", "валидации", "проверка", "검증"), "val"),
    **dict.fromkeys(("测试", "測試", "тест"), "test"),
    **dict.fromkeys(("genauigkeit", "exactitude", "exactitud", "acuracia", "accuratezza", "точность"), "accuracy"),
    **dict.fromkeys(("准确率", "準確率", "正解率", "정확도", "精度"), "accuracy"),
    **dict.fromkeys(
        (
            "epoche",
            "epoque",
            "epoca",
            "эпоха",
            "епоха",
            "에포크",
            "에폭",
            "轮次",
            "轮",
            "輪次",
            "輪",
            "周期",
            "週期",
            "エポック",
            "epocha",
        ),
        "epoch",
    ),
    **dict.fromkeys(("schritt", "etape", "paso", "passo", "шаг", "步"), "step"),
} | {"apprentissage": "train"}
JOINED = re.compile(
    r"(train|training|trainings|trn|val|valid|validation|validierungs|test|dev|eval)"
    r"(loss|losses|acc|accuracy|err|error|nll|ppl|mse|rmse|mae|auc|verlust|genauigkeit)"
)
# What stands for a word of ours: "cv_loss" is cross-validation's, "ce-mean-words" is Marian's cross-entropy.
SHORT = (
    (re.compile(r"(?<![a-z])cv(?=[\s_-]*(?:loss|acc|batch|info))|(?<![a-z])va(?=[\s_-]*(?:loss|acc))"), "val"),
    (re.compile(r"(?<![a-z])ce-(?:mean|sum)(?:-words)?(?![a-z])"), "cross entropy"),
    (re.compile(r"(?<![a-z])out[\s_-]of[\s_-]sample(?![a-z])"), "val"),
    (re.compile(r"(?<![a-z])in[\s_-]sample(?![a-z])"), "train"),
    (re.compile(r"(?<![a-z])l(tr|train|val|va|te|test)(?![a-z])"), r"loss \1"),  # "Ltr", the loss in a letter
    (re.compile(r"(?<![a-z])lge(?![a-z])"), "test loss"),  # its generalisation
    (re.compile(r"(?<=loss[\s_-])va(?![a-z])|(?<=acc[\s_-])va(?![a-z])"), "val"),
    (re.compile(r"(?<![a-z])([tv])(?=(?:loss|acc)(?![a-z]))"), r"\1 "),
)
LETTERS = {"t": "train", "v": "val"}  # of a split where the other stands beside it; "t loss" alone is a total
NO_VALUES = {"steps", "epochs", "iterations", "timestamps", "timestamp"}  # what stands beside the values of a loss
TOP = re.compile(r"(?<![a-z])top[\s_@-]?1(?!\d)")  # an accuracy, unless it says of what
MEASURE = re.compile(r"acc|err|loss|prec|rec")
EAST = re.compile("(" + "|".join(sorted((w for w in ELSEWHERE if ord(w[0]) > 0x2E80), key=len, reverse=True)) + ")")

# Words of a column that counts, with the unit and how likely it is the curve's; Weights & Biases' `_step` counts calls.
COUNTS = {
    **dict.fromkeys(("step", "steps"), ("step", 0)),
    **dict.fromkeys(("iteration", "iterations", "iter", "iters", "update", "updates"), ("step", 1)),
    **dict.fromkeys(("epoch", "epochs", "ep"), ("epoch", 2)),
    **dict.fromkeys(("round", "rounds"), ("round", 2)),
    **dict.fromkeys(("evaluation", "evaluations"), ("evaluation", 4)),
    **dict.fromkeys(("row", "rows"), ("row", 5)),
}
CALLS, CALLS_RANK = "_step", 3
BOOSTING = {"logloss", "mlogloss"}  # without a column that counts, what libraries of boosted trees write
NO_STEP = {"per", "time", "second", "seconds", "runtime", "rate", "size", "max", "num", "sec", "total", "best", "ms"}


class Meaning(NamedTuple):
    """What a name tells: "loss", "accuracy", "score" or ""; which split; the words of no meaning here."""

    kind: str
    tier: int  # 0: a loss by its name, 1: a split alone, 2: something that stands for a loss
    split: str | None
    core: tuple[str, ...]  # the words that are neither the split nor neutral, in their order
    strange: int  # how many words are no part of the meaning
    what: str = ""  # of a score, or of what stands for a loss, what it is


@lru_cache(4096)
def words(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in small letters, in English where another language is certain.

    Examples
    --------
    >>> words("trainLoss"), words("Loss/val"), words("Trainingsverlust"), words("验证损失")
    (('train', 'loss'), ('loss', 'val'), ('train', 'loss'), ('val', 'loss'))
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:200])
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not 0x300 <= ord(c) < 0x370).lower()
    plain = unicodedata.normalize("NFC", plain)
    plain = EAST.sub(r" \1 ", plain)
    for short, word in SHORT:
        plain = short.sub(word, plain)
    plain = TOP.sub(" accuracy ", plain) if "top" in plain and not MEASURE.search(plain) else plain
    in_english: list[str] = []
    for word in re.findall(r"(?<![^\W\d_])(?:f1|r2|l1|l2)(?![^\W_])|[^\W\d_]+|\d+", plain):
        joined = JOINED.fullmatch(word)
        in_english += [ELSEWHERE.get(part, part) for part in (joined.groups() if joined else (word,))]
    return tuple(in_english)


def split_of(these: Sequence[str]) -> str | None:
    """Return the split that words tell, the last: "eval" beside another split says what was done with that.

    Examples
    --------
    >>> split_of(("val", "loss")), split_of(("train", "eval", "loss")), split_of(("eval", "loss")), split_of(("lr",))
    ('val', 'train', 'val', None)
    """
    split_words = [word for word in these if word in SPLIT_OF]
    told_apart = [word for word in split_words if not word.startswith("eval")]
    return SPLIT_OF[(told_apart or split_words)[-1]] if split_words else None


@lru_cache(4096)
def meaning_of(name: str) -> Meaning:
    """Return what a name tells of a column that does not count.

    Examples
    --------
    >>> meaning_of("val_loss").split, meaning_of("accuracy").kind, meaning_of("valid auc").what, meaning_of("lr").kind
    ('val', 'accuracy', 'AUC', '')
    """
    these = words(_own(name))
    known = set(these)
    split = split_of(these)
    core = tuple(word for word in these if word not in SPLIT_OF and word not in NEUTRAL and word not in LESSER)
    if DERIVED & known or ("/" in name and these[-1:] and these[-1] in NO_VALUES):
        return Meaning("", 0, split, core, len(core))
    if known & LOSS:
        strange = [word for word in these if word in LESSER or (word in core and word not in LOSS)]
        return Meaning("loss", 0, split, core, len(strange))
    if known & ACCURACY:
        return Meaning(
            "accuracy",
            0,
            split,
            core,
            len([w for w in these if w in LESSER or (w in core and w not in ACCURACY | {"1", "top"})]),
        )
    score = next((SCORES[word] for word in these if word in SCORES), "")
    if score:
        return Meaning("score", 0, split, core, len(core), score)
    stands = next((STANDS_FOR_LOSS[word] for word in these if word in STANDS_FOR_LOSS), "")
    if stands:
        return Meaning("loss", 2, split, core, len(core) - 1, stands)
    if (
        split
        and not core
        and len({SPLIT_OF[word] for word in these if word in SPLIT_OF}) == 1
        and known <= SPLIT_OF.keys() | {"metrics", "set"}
        and not COUNTS.keys() & (known - {"evaluation", "evaluations"})
    ):
        return Meaning("loss", 1, split, ("loss",), 0)  # "train" alone, "val" alone
    if split and len(core) == 1 and core[0].isdigit() and len(these) == 2:
        return Meaning("loss", 1, split, ("loss", *core), 1)  # "valid_1", "learn/0"
    return Meaning("", 0, split, core, len(core))


def _own(name: str) -> str:
    """Return a name without the run before it, as Weights & Biases writes "brisk-pond-1 - val_loss"."""
    run, _, key = name.rpartition(" - ")
    known = SPLIT_OF.keys() | LOSS | ACCURACY | NEUTRAL
    return key if key.strip() and not known.issuperset(words(run)) else name


def counts(name: str) -> tuple[str, int] | None:
    """Return what a column counts by its name, and how likely it is the curve's, the lower the likelier.

    Examples
    --------
    >>> counts("global_step"), counts("Epoch"), counts("_step"), counts("steps_per_second")
    (('step', 0), ('epoch', 2), ('step', 3), None)
    """
    these = words(name)
    ranked = [COUNTS[word] for word in these if word in COUNTS]
    if not ranked or NO_STEP.intersection(these) or (LOSS | ACCURACY | SCORES.keys()).intersection(these):
        return None
    unit, rank = min(ranked, key=lambda pair: pair[1])
    return unit, CALLS_RANK if name == CALLS else rank
