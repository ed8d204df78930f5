"""What looks like a curve and is none: results of several runs, one row each, and losses that are not to fall."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab.logs.curve import CurveError
from reglab.logs.names import ACCURACY, COUNTS, LOSS, SCORES, SPLIT_OF, STANDS_FOR_LOSS, counts, meaning_of, words
from reglab.logs.raw import RUN_WORDS, is_number, number

__all__ = [
    "TABLE_OF_RUNS",
    "best_is_lowest",
    "best_so_far",
    "one_value_each",
    "rates_in",
    "refuse_best",
    "refuse_columns",
    "refuse_rates",
    "refuse_rivals",
    "refuse_sizes",
    "subject",
    "without_validation",
]

Array = NDArray[np.float64]

TABLE_OF_RUNS = (
    "This looks like a table of runs, with one row per run and no curve: give one run's history, or its panel of "
    "losses."
)
MODELS = {
    *("name", "model", "run", "variant", "method", "config", "configuration", "experiment", "architecture"),
    "optimizer",
}
NUMBERED = ("run", "trial", "experiment")  # of which a number may count what belongs to one run
FOLDS = {"fold", "seed"}
MANY = 2  # rows, of which the first may have no subject
SETTINGS = {
    *("dim", "beta", "alpha", "lambda", "gamma", "hidden", "layers", "units", "width", "depth", "size", "dropout"),
    *("neurons", "degree", "filters", "heads", "rank", "decay", "estimators", "optimizer", "activation"),
}
TREES = "trees"  # of a line; a column of them counts the rounds of a boosting
# Lines that name a model: "Model: A", "Modelo 5MB", "Training xgboost...".
MODEL = re.compile(
    r"\b(?:model|method|classifier|regressor|architecture|algorithm)\s*[:=]\s*(\w[\w.+-]*)"
    r"|^\W*(?:model|modelo|modell|modèle|method)\s+(\w[\w.+-]*)\W*(?:[,<(].*)?$"
    r"|^\W*(?:training|fitting|evaluating|testing)\s+(\w[\w.+-]*)\W*$",
    re.I,
)
OF_MODELS = re.compile(r"mod|method|classif|regress|archit|algor|ing\b", re.I)
KEPT = re.compile(r"sav|load|checkpoint|best|restor", re.I)
LABEL = re.compile(r"\W*([A-Z][\w -]{1,40})[*_`]*:\s")  # of a row of results
TITLE = re.compile(r"#{2,6}\s+([A-Za-z][\w +-]{2,60})\s*$")  # of a part of a Markdown text
SETTING = re.compile(
    r"\W*(?:(?!epoch|step|iter|round)[A-Za-z]{1,12} (?:[A-Za-z]{1,12} )?\(?)?([A-Za-z_]{3,30})\s*[=:]\s*[\d.e+-]+", re.I
)
# The settings of a run as a mapping, on a line of their own.
CONFIG = re.compile(r"[^\w{]{0,9}\{[^{}]*\}\s*$")
KEYS = re.compile(r"['\"](?:batch_size|lr|learning_rate|weight_decay|dropout)['\"]:")
PARTS = {*SPLIT_OF, *COUNTS, *RUN_WORDS, "results", "metrics"}  # of one run
SIZES = re.compile(
    r"(?:n|num|number of|number) (?:(?:train|training|tr) )?(?:samples|examples|rows|instances|points)"
    r"|(?:n|num|number of|number) (?:train|training)(?: samples| examples| rows)?"
    r"|(?:train|training) (?:(?:set|data|dataset) )?(?:sizes?|examples|samples|rows|instances|fraction)"
    r"|(?:data|dataset) (?:sizes?|fraction)"
)
SEARCHED = 100.0  # times the first learning rate is the last of a range test
EVEN = 0.25  # by how much its steps differ, on a log scale
RATES, ALONE = 5, 3  # learning rates that make a range test beside a count, and where nothing counts
# The two sides of adversarial losses, by the words that name them.
MAKES = {"g", "gen", "generator", "netg", "adv"}
JUDGES = {"d", "dis", "disc", "discriminator", "netd", "critic", "real", "fake"}
BEST = {"best", "lowest", "min", "minimum"}
BEST_LOSS = re.compile(
    r"\b(?:best|lowest|min|minimum)[ _](?:val|valid|validation|eval|dev|test)[ _]?loss\b"
    r"|\b(?:val|valid|validation|eval|dev|test)[ _]?loss[ _](?:best|lowest|min|minimum)\b",
    re.I,
)
# Of the line of "Epoch" alone: across lines, each of which may begin it, the search took the square of a text's length.
ULTRALYTICS = re.compile(r"^[^\w\n]*Epoch\s+(?:GPU_mem|gpu_mem)\s+box(?:_loss)?\s+(?:obj|cls|seg|pose)", re.M)
# What CatBoost prints of a round: the test's value, and the best one so far.
CATBOOST = re.compile(r"^\d+:\s+learn: \S+\s+test: (\S+)\s+best: (\S+) \(\d+\)", re.M)
KNOWN = {*PARTS, *LOSS, *ACCURACY, *SCORES, *STANDS_FOR_LOSS, "info", "debug", "warning"}


def without_validation(text: str) -> str:
    """Return the sentence on what is known to print no validation loss; "" where the text is none of it.

    Examples
    --------
    >>> without_validation("      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size")[:46]
    'Ultralytics prints no validation loss on the c'
    """
    if ULTRALYTICS.search(text):
        return (
            "Ultralytics prints no validation loss on the console, and counts of images and instances instead: give "
            "results.csv of the run's folder, which holds it."
        )
    return ""


def best_is_lowest(text: str) -> bool:
    r"""Tell whether the best value that CatBoost prints is its lowest, as of a loss; raise where it is its highest.

    Examples
    --------
    >>> best_is_lowest("0:\tlearn: 0.7\ttest: 0.6\tbest: 0.6 (0)\n1:\tlearn: 0.6\ttest: 0.5\tbest: 0.5 (1)\n")
    True
    """
    pairs = [
        (number(test), number(best)) for test, best in CATBOOST.findall(text) if is_number(test) and is_number(best)
    ]
    above = [best - test for test, best in pairs]
    if len(pairs) > 1 and min(above) >= 0 and (max(above) > 0 or pairs[-1][0] > pairs[0][0]):
        raise CurveError(
            "The best test value that CatBoost prints is its highest: what it prints is a score, such as Accuracy or "
            "AUC, and no loss, so train with eval_metric='Logloss' (or MultiClass, RMSE)."
        )
    return len(pairs) > 1 and pairs[-1][1] < max(test for test, _ in pairs)


def refuse_columns(cells: dict[str, list[Any]]) -> None:
    """Raise where each row of a table is another run."""
    rising = [name for name in cells if (counts(name) or ("row",))[0] != "row" and _rises(cells[name])]
    if rising:
        return
    if _by_setting(cells):
        raise CurveError(TABLE_OF_RUNS)
    for name, names in cells.items():
        named = words(name) and MODELS.issuperset(words(name)) and len(set(names)) == len(names) > 1
        if named and (name.lower() in NUMBERED or not any(map(is_number, names))):
            raise CurveError(TABLE_OF_RUNS)


def _by_setting(cells: dict[str, list[Any]]) -> bool:
    """Tell whether a fold, or a setting that varies, stands before the losses where nothing counts."""
    if any(counts(name) for name in cells):
        return False
    for name, column in cells.items():
        if meaning_of(name).kind or _is_size(name):  # whose rows are refused in words of their own
            return False
        name_words = set(words(name))
        if len(set(column)) > 1 and (name_words & SETTINGS or (name_words & FOLDS and len(set(column)) == len(column))):
            return True
    return False


def _rises(column: list[Any]) -> bool:
    """Tell whether a column's numbers rise from row to row."""
    try:
        values = [number(cell) for cell in column]
    except ValueError:
        return False
    return all(a < b for a, b in pairwise(values))


def subject(line: str, measured: bool) -> str:
    """Return what a line speaks of, a model or a setting, alone or before what was measured of it; "" for neither.

    Examples
    --------
    >>> subject("Model: Ridge", False), subject("CNN: loss: 0.5", True), subject("degree=2 acc=0.8", True)
    ('Ridge', 'CNN', 'degree=2')
    >>> subject("Epoch 3: loss: 0.5", True)
    ''
    """
    named = MODEL.search(line) if OF_MODELS.search(line) else None
    if named:
        return "" if KEPT.search(line) else named[1] or named[2] or named[3]
    if not measured:
        if "{" in line and CONFIG.match(line) and KEYS.search(line):
            return line.strip()
        title = TITLE.match(line)
        return title[1] if title and not PARTS.intersection(words(title[1])) else ""
    setting = SETTING.match(line)
    if setting and ({*SETTINGS, TREES}.intersection(words(setting[1])) or _is_size(setting[1])):
        return setting[0].strip()
    label = LABEL.match(line)
    name = label[1] if label else ""
    return name if re.search(r"[A-Za-z]{3}", name) and not KNOWN.intersection(words(name)) else ""


def one_value_each(rows: Sequence[dict[str, Any]], subjects: Sequence[str]) -> bool:
    """Tell whether there are several subjects, and but one value of each kind of every one of them."""
    seen: dict[str, set[str]] = {}
    before = ""
    for at, (row, of) in enumerate(zip(rows, subjects, strict=True)):
        metrics = {name for name in row if not counts(name)}
        if not of and not at and len(rows) > MANY:
            continue  # a model before those that have a name
        if not of or (of in seen and (of != before or seen[of] & metrics)):
            return False
        seen.setdefault(of, set()).update(metrics)
        before = of
    return len(seen) > 1


# --- rows that are not the time of one run ---


def refuse_sizes(columns: Mapping[str, Array], step: str | None) -> None:
    """Raise where the rows stand for training sets of other sizes, as scikit-learn's learning curve has them."""
    if step is not None and len(np.unique(columns[step][np.isfinite(columns[step])])) > 1 and not _is_size(step):
        return
    for name, column in columns.items():
        known = column[np.isfinite(column)]
        if _is_size(name) and len(known) > 1 and (np.diff(known) >= 0).all() and known[-1] > known[0]:
            raise CurveError(
                f"The rows stand for training sets of other sizes ({name[:40]!r}), each another model, and not for the "
                "time of one run: give the losses of one training by epoch or step."
            )


def _is_size(name: str) -> bool:
    return bool(SIZES.fullmatch(" ".join(words(name))))


def refuse_rates(rates: Sequence[float] | Array, counted: bool) -> None:
    """Raise where a learning rate rises by equal factors, as in a range test; `counted`: something else counts."""
    values = np.asarray(rates, np.float64)
    values = values[np.isfinite(values)]
    if len(values) < (RATES if counted else ALONE) or values[0] <= 0 or values[-1] < SEARCHED * values[0]:
        return
    steps = np.diff(np.log(np.maximum(values, 1e-300)))
    if steps.min() > 0 and (np.abs(steps - steps.mean()) <= EVEN * steps.mean()).all():
        raise CurveError(
            f"The learning rate rises from {values[0]:.3g} to {values[-1]:.3g} by equal factors, as in a range test: "
            "such losses tell which rate to take and nothing of overfit, so give the log of a training."
        )


def rates_in(columns: Mapping[str, Array]) -> Array:
    """Return the column of learning rates, empty where there is none."""
    for name, column in columns.items():
        these = words(name)
        if these[-1:] == ("lr",) or these[-2:] == ("learning", "rate"):
            return column
    return np.array([])


def refuse_rivals(columns: Mapping[str, Array], chosen: Sequence[str]) -> None:
    """Raise where a chosen loss is that of a network that plays against another, which has one too."""
    losses = {name: set(words(name)) for name in columns if meaning_of(name).kind == "loss"}
    make = [name for name, these in losses.items() if these & MAKES]
    judge = [name for name, these in losses.items() if these & JUDGES and name not in make]
    if make and judge and not set(chosen).isdisjoint((*make, *judge)):
        raise CurveError(
            f"{make[0][:40]!r} and {judge[0][:40]!r} are losses of networks that play against each other, of which "
            "none falls as the model gets better, and their distance is no overfit: log a loss on training and "
            "validation rows that is to fall."
        )


def refuse_best(columns: Mapping[str, Array]) -> None:
    """Raise where the best validation loss so far stands in a column."""
    for name in columns:
        these = words(name)
        rest = meaning_of(" ".join(word for word in these if word not in BEST))
        if BEST.intersection(these) and rest.kind == "loss" and rest.split in ("val", "test"):
            raise CurveError(best_so_far(name))


def best_so_far(name: str) -> str:
    """Return the sentence on the best validation loss so far."""
    return (
        f"{name[:40]!r} is the best validation loss so far, which never rises, and not that of each evaluation: log "
        "the validation loss itself."
    )
