"""Lines that a training prints: each number belongs to the name that stands before it.

A line tells where training is ("Epoch 3/10", "step 250:", "[12]"), or what was measured there ("val_loss: 0.7"). A name
without a split takes the one before it on its line, or that of a heading such as "Validation:".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any

from reglab.logs import results
from reglab.logs.curve import CurveError
from reglab.logs.facts import RATE
from reglab.logs.names import (
    ACCURACY,
    DERIVED,
    LOSS,
    NEUTRAL,
    SCORES,
    SPLIT_OF,
    STANDS_FOR_LOSS,
    meaning_of,
    split_of,
    words,
)
from reglab.logs.raw import Piece, RawRun, from_rows
from reglab.logs.results import TABLE_OF_RUNS, one_value_each, subject

__all__ = ["State", "clean", "read"]

MAX_LINE = 5_000  # characters, of a line or of an epoch in it: the work on a line may grow with its square
MAX_LINES = 50_000
MAX_NUMBERS = 200  # of a part of a line

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78cM])")
BARE_ESCAPE = re.compile(r"\[(?:\d{1,2}(?:;\d{1,3})*)?m")  # its escape character lost in copying
STAMP = re.compile(
    r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ,_]+\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\b\d{1,2}/\d{1,2}(?:/\d{2,4})? \d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?"
    r"|(?<![\w.])\d{1,3}:\d{2}(?::\d{2})?(?:\.\d++)?(?![\w:.]{0,60}:)(?!\d)"
)
WRAP = re.compile(
    r"(?:\b\w+\.)?\b(?:tensor|float(?:16|32|64)?|array)\(\s*+(?:\[\s*+)?([-+]?[\d.]+(?:e[-+]?\d+)?|nan|-?inf)\b[^()]{0,80}\)"
)
NUMBER = re.compile(
    r"(?<![\w.@+\-])(?<!\d,)([-+]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)"
    r"|[-+]?(?:nan|inf(?:inity)?)\b)(?![\d])",
    re.I,
)
COMMA_NUMBER = re.compile(r"(?<![\d.,])(-?\d+),(\d+)(?![\d.,])")
EPOCH = re.compile(
    r"(?<![A-Za-z])(?:epoch|eopch|epcoh|epoca|época|epoche|époque|epoka|эпоха|эпохи|ep|에포크|에폭|エポック|轮次|輪次|epoch_num|第)"
    r"(?:\s*(?:no|num|number|nr|n(?==))\b\.?|\.{1,3}(?!\d)|…|\((?:train|val|test)\))?"
    r"[\s:#=\[\(\"'|_\-]{0,8}(\d+(?:\.\d+)?)(?!\d*\s*(?:s|sec|ms|min)\b)(?!\.\d)",
    re.I,
)
STEP = re.compile(
    r"(?<![A-Za-z/])(global[ _]?step|train[ _]?step|steps?|iteration|iters?|it|updates(?==)|update|up\."
    r"|batch(?:[ _]idx)?|round)"
    r"(?:\((?:train|val|test)\))?"
    r"[\s:#=\[\(\"'|_\-]{0,8}(\d[\d,]*)(?![\d.]*\.\d)(?!\d*\s*(?:s|ms|sec)\b)",
    re.I,
)
# The round of a booster, behind the name of a container or a process.
ROUND = re.compile(
    r"^[\s#%]*(?:\[[^\]\d]*\]\s*|[\w.-]{1,40}\s+\|\s+|\([^()]{1,60}\)\s+)?\[\s*(\d+)\]|^\s*(\d+):\s+(?=learn|test)"
)
WRITER = re.compile(r"\.py:\d+\]\s*\[(\d+)\] \w+=")  # the step of CLU's writer, behind the place in the code
# "Validation loss after epoch 3: 0.7", "validation loss at iteration 200 | lm loss value: 0.7", "Train loss 200 0.7"
BEHIND = re.compile(
    r"^((?:(?!best|lowest|early).)*?\b(?:loss|acc\w*|error|perplexity)) +(?:after|at|for|of|in) +"
    r"((?:epoch|iteration|step)\W{0,3}\d+)(?:\s*/\s*\d+)?\s*(?=[:=|]|is\b)",
    re.I,
)
LLM_C = re.compile(r"^s:(\d+) (trl|tel):")  # of llm.c: the step, and its losses
SPLITS_OF_LLM_C = {"trl": "train", "tel": "val"}
# A bar behind which stand the loss and the accuracy of as many rows; with more or fewer batches it is of held-out rows.
OF_BATCHES = re.compile(r"^\s*\[[=>. ]*\d+/(\d+)[ =>.]*\]\s.{0,60}\bLoss: [\d.]+ \| Acc: [\d.]+% \(\d+/\d+\)")
COMMENTED = re.compile(r"^#\s{0,9}(?=\d{1,9},)")  # the step of DeepMind's graphs, "# 00050, T 11.3, Ltr 0.51"
NUMBERED = re.compile(r"^\W*((?:train|training|val|valid|validation|eval|test) loss) (\d+):? +(?=\d+\.\d)", re.I)
FLOAT32 = re.compile(r"(?<=\d)f(-?\d{1,2})(?![\w.])")  # of Julia, "0.5f0"
OF_CATBOOST = re.compile(r"\b(learn|test):(?= \S+\s)")
PLACE = re.compile(r"\b\d+\s*/\s*\d+\s+loss\b")  # of a batch within its epoch
FINISHED = re.compile(r"^\W*\*{3,} *(?:train|eval|predict|test)\w* metrics *\*{3,}", re.I)  # of Hugging Face
OF_A_RUN = (
    "These are the metrics of a finished run, one value each, and no curve: give its history, such as "
    "trainer_state.json."
)
METRIC = re.compile(r"^.*\bmetrics?\s+['\"]([\w/ ]+)['\"]")  # a name in quotes, whatever it is called before them
GLUED = re.compile(r"((?:it/s|s/it)[^\]\n]{0,200}\])(?=[A-Za-z])")  # a line behind a bar, its break lost
# A metric before its splits: "Loss - Train: 0.5, Val: 0.7".
TOPIC = re.compile(r"\b(loss|acc|accuracy)\s*[-:(\[]+\s*(?:train|training|val|valid|validation|test|dev)\W*$", re.I)
LAST = re.compile(r"\b(?:step|iter\w*|batch)\W{0,3}(\d+)\s*/\s*\1\b", re.I)  # the last batch of an epoch
BOOSTED = re.compile(r"[A-Za-z\d]-[A-Za-z]|'s |_\d(?!\d*_)")  # "train-logloss", "valid_1's l2"
HELD_OUT = re.compile("|".join((*(word for word, split in SPLIT_OF.items() if split != "train"), "验证", "検証")), re.I)
THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+(?![\d.])")  # beside decimal commas
POINTED = re.compile(r"(?<![\d.])(?![1-9]\d{0,2}(?:\.\d{3})+(?![\d.]))\d+\.\d")  # a decimal point
# A worker of a distributed run, before what it prints: "[rank0]", "rank=1", "[1,0]<stdout>:", "(RayTrainWorker pid=7)".
WORKER = re.compile(
    r"[\[(<]?\b(?:(?:local|global)[_ ]?)?rank *[:=]? *(\d{1,6})\b *[\])>]?:?"
    r"|[\[(<] *(?:gpu|cuda|device|worker|process|proc|default)[ :#_-]*(\d{1,6}) *[\])>]:?"
    r"|^ *\[\d+,(\d+)\]<std(?:out|err)>:"
    r"|^ *\(\w{1,60} pid=(\d{1,9})[^()]{0,60}\)",
    re.I,
)
SRUN = re.compile(r"^ *(\d{1,4}): (?=.*[A-Za-z])")  # of Slurm's srun --label
MAX_MARK = 100  # characters of a line in which a worker is named
VALUE = re.compile(r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?", re.I)
UNIT = re.compile(r"^[A-Za-z]{1,3}(?=\s)")  # glued to the number before it, "5.78K"
NESTED = re.compile(r"(?<==)\s*\[+$")  # before the number of an array that holds but one
BEST_PLACE = re.compile(r"\bbest (?:iter(?:ation)?|step)\W{0,3}\d", re.I)  # "Saved best iter 500 vloss 0.7"
SUMMED_UP = re.compile(r"^\W*(?:best|final)\b|\bbetter than\b", re.I)
ALONE = re.compile(r"\W*(\d+)\s*/\s*\d+\W*$")
COUNTER = re.compile(
    r"^\W*(?:[A-Za-z]\w{0,15}\s+)?(\d+)\s*/\s*\d+\b"
)  # "[ 3/50]" before the losses of both splits is an epoch
# Of Keras: its batches with a bar or the time, or the time alone.
BATCHES = re.compile(r"^\s*(\d{1,9})/(\d{1,9}) {1,9}(?:\[[=>.]|━|- \d{1,9}m?s\b)|^ {0,9}(?:- )?\d{1,9}s\b[^-]{0,20}- ")
IMPROVED = re.compile(r":\s*\S+ (?:improved|did not improve)", re.I)  # Keras' checkpoints once counted from 0
NAMED = re.compile(r"(?<!\w)[A-Za-z_]\w{0,60}:$")
ZEROS = str.maketrans("123456789", "000000000")  # what makes the shape of a line
MEAN = re.compile(r"\s*\(\s*(?:avg\.?:?|mean:?)?\s*")  # that runs on, behind the value of a batch
CLOSED = re.compile(r"\s*\)")
SUFFIX = re.compile(r"[A-Za-zµ]|\s*(?:->|→|=>)")  # a unit; what changed to something else
PART = re.compile(r"\s*/\s*(\d+)")
PER_CENT_OF_A_BAR = re.compile(r"\s*%\s*\|")
OF_WORKERS = ("rank", "gpu", "cuda", "device", "worker", "process", "proc", "default", "<std", " pid=")
MAX_BARE = 80  # characters of a line with a number alone, or of the name that ends the line above
BARE = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?", re.I)
PAIR = re.compile(r"^\s*\[\s*(\d+)\s*,\s*(\d+)\s*\]")
NO_MARK = re.compile(
    r"best|early|stopp|restor|load|resum|checkpoint|saved|saving|\bat\s*$|\bfrom\s*$|\bafter\s*$|last|total|every|warm",
    re.I,
)
BAR = re.compile(r"━|\[=*>?\.*\]|\|[█▏▎▍▌▋▊▉#\s]*\||\[\s*<")
SPEED = re.compile(r"it/s|s/it|/step|\bETA\b", re.I)  # of a bar, unless a count of steps tells its lines apart
TIMES = re.compile(r"\b(?:batch|reader)_cost(?:_sum)?:\s*[\d.]+")  # seconds, in Paddle's words
DELIMITER = re.compile(
    r"[,;|\t\[\]{}!?•<>]| - | -- |==|\. (?<!val\. )(?<!valid\. )(?<!avg\. )(?<!acc\. )(?<!tr\. )", re.I
)
HEADING = re.compile(r"^[\W_]*(?:\[?\w+\]?\s+){0,3}?(train|val|test|eval|dev)\w*\b[^\d]{0,60}$", re.I)
BEST = re.compile(r"\bbest\b[^|,;()]{0,40}\([^()]*\)", re.I)  # the best so far, with its values behind it
WORDED = re.compile(r"epoch|train|val|test", re.I)  # in `TURN` and `ORDINAL`
BRACKETED = re.compile(r"[^\d\[]{0,80}(?::\d{1,6} )?[-|:\]]\s+\[\s*(\d+)\s*/\s*\d+\s*\]")  # behind what a logger writes
ORDINAL = re.compile(
    r"\b(\d+)\s*-?\s*(?:(?:th|st|nd|rd)\s+)?epoch\b|\[\s*(?:train|val|valid|test|eval)\w*[-| ]+(\d+)\s*/\s*\d+\s*\]",
    re.I,
)
GLUED_EPOCH = re.compile(r"(?<![A-Za-z])(epoch)-?(?=\d)", re.I)
PLACED = (" after ", " at ", " for ", " of ", " in ")  # the words of `BEHIND`
SUMS_UP = ("best", "final", "better")  # and of `SUMMED_UP`
# A bar that is drawn again: Keras' of its batches, and one of tqdm in an epoch.
DRAWN = re.compile(r"( {0,9}\d{1,9}/\d{1,9} )\[?[=>.━]|([^%|\n]{0,80}?) {0,4}\d{1,3}%\|")
PLURAL = re.compile(r"^\W*epochs\W{0,3}(\d+)", re.I)  # a count before losses, and no setting
TURN = re.compile(r"^\W*train(?:ing)?:?\s+\[?\s*(\d+)\s*\]?\s+\[\s*\d+/\d+", re.I)  # the epoch of timm
COUNTED = re.compile(r"第\s*\d+\s*(?:轮次|轮|个|次|epoch)?")  # the place of a round, which is no part of a name
PAIRED = re.compile(r"\btraining\s*\|\s*validation\s*$", re.I)
TRAINED = re.compile(r"^.*?([\w ]+?)\s*\|\s*(\S+)\s*\|\s*(\S+)\s*$")
SCIKIT = re.compile(r"^Iteration \d+, loss = |^ITERATION \d+: TRAIN ")  # and of Kaldi: a pass over the rows each
SKIP = DERIVED | {
    "saving",
    "early",
    "stopping",
    "reached",
    "current",
    "remaining",
    "elapsed",
    "left",
    "than",
    "final",
    "initial",
}
BETWEEN = r"\s*%?\s*(?:[/|,&]|-{2,3}|vs\.?)\s*"  # of what is said of both splits at once, "train/val loss: 0.5/0.7"
BOTH = re.compile(r"\(?\b(train\w*)" + BETWEEN + r"(val\w*|test\w*|eval\w*|dev)\b\)?", re.I)
STOP = {
    *("with", "of", "the", "is", "a", "an", "and", "to", "at", "new", "this", "by", "for", "in", "on", "was"),
    *("has", "are", "our", "its", "end", "done", "finished", "after", "per", "result", "results", "info", "root"),
    *("epoch", "step", "iteration", "iter", "batch", "got", "now", "running", "current", "over", "model", "st"),
}


@dataclass
class State:
    """Where a reading is."""

    epoch: float | None = None
    step: dict[str, float] = field(default_factory=dict)
    heading: str | None = None
    headed: bool = False  # something was measured since the heading
    at_heading: dict[str, float] = field(default_factory=dict)  # the steps at which it stands
    batches: str = ""  # how many there are in the first bar that has a loss behind it
    rows: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    marks: list[tuple[int, float]] = field(default_factory=list)  # lines that say an epoch and nothing else
    bars: dict[Any, dict[str, Any]] = field(default_factory=dict)
    whole: tuple[str | None, set[str], int] | None = None  # Keras' line of both splits: batches, names, marks before it
    evaluated: int = 0  # lines of an evaluation after the fit
    in_batches: bool = False  # the first row of the log is such a line
    running: int = 0
    read: int = 0  # lines in which something was found
    scikit: bool = False
    ended: set[float | None] = field(default_factory=set)  # epochs that are said to be the last, "20/20"; None: others
    worded: bool = False  # epochs are told by a word, "Epoch 3"
    bracketed: list[tuple[dict[str, Any], float]] = field(default_factory=list)  # rows behind "[3]" after that
    counted: bool = False  # epochs are told by "[ 3/50]" alone
    paired: bool = False  # columns of training and validation, a metric a line
    percent: set[str] = field(default_factory=set)  # of a line's accuracies, those with a percent sign
    split: tuple[int, str] | None = None  # of the last metric of the line above, and its place
    subject: str = ""  # what the last line spoke of that named a model
    subjects: list[str] = field(default_factory=list)
    finished: bool = False  # the metrics of a finished run stand in it
    within: bool = False  # among those
    repeated: bool = False  # the line above said that what comes is the best again
    rates: list[float] = field(default_factory=list)  # the learning rates beside what was measured
    as_is: dict[str, bool] = field(default_factory=dict)  # by shape, whether nothing in a line is replaced
    absent: set[tuple[str, str]] = field(default_factory=set)  # what lines of a shape do not have


def clean(text: str) -> str:
    r"""Return a text without colours, in which what was drawn over itself stands on lines of its own.

    Examples
    --------
    >>> clean("\x1b[1m1/2\x1b[0m loss: 3\x08\x08\x082/2 loss: 1\r\n")
    '1/2 loss: 3\n2/2 loss: 1\n'
    """
    if "\x1b" in text:
        text = ESCAPE.sub("", text).replace("\x1b", "")
    if "m" in text and BARE_ESCAPE.search(text):
        text = BARE_ESCAPE.sub("", text)
    if "\b" in text:
        text = re.sub(r"\x08+", "\r", text)
    text = text.replace("\r\n", "\n")
    return re.sub(r"\r+", "\n", text) if "\r" in text else text


DATED = re.compile(r"\s*[\[(]?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)")


def _newest_first(lines: list[str]) -> bool:
    """Tell whether the times at the beginnings of lines fall: log viewers write the newest line first."""
    times = [match.groups() for match in map(DATED.match, lines) if match]
    return len(times) > 2 and times[0] > times[-1] and all(a >= b for a, b in pairwise(times))


def read(piece: Piece) -> list[RawRun]:
    """Return the runs in the lines of a text."""
    text = piece.text
    if not re.search(r"\d", text):
        return []
    if _has_decimal_commas(text):
        text = COMMA_NUMBER.sub(r"\1.\2", THOUSANDS.sub(lambda number: number[0].replace(".", ""), text))
    if " best: " in text or "\tbest: " in text:
        text = OF_CATBOOST.sub(r"\1 loss:", text) if results.best_is_lowest(text) else text
    text = GLUED.sub(r"\1\n", text)
    state = State()
    lines = _joined(_as_drawn_last(text.split("\n")))
    turned = _newest_first(lines)
    lines = lines[::-1] if turned else lines
    lines, others = _of_one_worker(lines)
    parts = [(at, part) for at, line in enumerate(lines) if line.strip() for part in _parts(line)]
    whole = len(parts)
    parts = _thinned(parts) if whole > MAX_LINES else parts
    for at, part in parts:
        _line(part[-MAX_LINE:], at, state)
    if not state.rows and state.finished:
        raise CurveError(OF_A_RUN)
    if not state.rows:
        return []
    names = [name for row in state.rows for name in row]
    if all(name.startswith("test ") for name in names) and len(set(names)) < len(names):  # tests, and nothing counts
        raise CurveError(TABLE_OF_RUNS)
    if one_value_each(state.rows, state.subjects) or _last_epochs(state):
        raise CurveError(TABLE_OF_RUNS)
    results.refuse_rates(state.rates, counted=True)
    if not any(map(_held_out, names)) and (best := results.BEST_LOSS.search(text)):
        raise CurveError(results.best_so_far(best[0]))
    _settings(state)
    _backwards(state)
    _begun(state)
    rows = _grouped(state)
    notes = ["Read as console lines, each number by the name before it."]
    notes += ["The lines are turned round, since their times fall."] * turned
    notes += others
    if len(parts) < whole:
        notes.append(
            f"Of {whole:,} printed lines {len(parts):,} are read: those that speak of held-out rows, and of the others "
            "that hold a number as many as there is room for, evenly."
        )
    if state.evaluated:
        lines_are = "line is" if state.evaluated == 1 else "lines are"
        notes.append(
            f"Left out an evaluation on rows of its own ({state.evaluated:,} {lines_are} of it): it stands after an "
            "epoch that has both losses, and is no training loss."
        )
    if state.read < len(parts):
        notes.append(
            f"Left out {len(parts) - state.read:,} of {len(parts):,} lines, which hold no loss, accuracy or score."
        )
    cut = sum(len(part) > MAX_LINE for _, part in parts)
    if cut:
        notes.append(f"Of {cut:,} longer {'line' if cut == 1 else 'lines'}, the last {MAX_LINE:,} characters are read.")
    unit = "epoch" if state.scikit else None  # what scikit-learn calls an iteration is a pass over the rows
    return from_rows(rows, notes=notes, running=state.running > len(state.rows) / 2, unit=unit)


def _has_decimal_commas(text: str) -> bool:
    """Tell whether the numbers of a text have decimal commas, and points at most between their thousands."""
    commas = COMMA_NUMBER.findall(text)
    if len(commas) <= 3:
        return False
    if not re.search(r"\d\.\d", text):
        return True
    return not POINTED.search(text) and any(len(part) != 3 or whole.lstrip("-")[:1] == "0" for whole, part in commas)


def _of_one_worker(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines without what other workers of a run print as the first does, and the sentence on it."""
    text = "\n".join(lines).lower()
    workers_named = any(word in text for word in OF_WORKERS)
    marked = [WORKER.search(line[:MAX_MARK]) if workers_named else None for line in lines]
    numbers = [int(next(filter(None, mark.groups()))) if mark else None for mark in marked]
    if len(set(numbers) - {None}) < 2:
        numbers = [int(mark[1]) if (mark := SRUN.match(line)) and EPOCH.search(line) else None for line in lines]
        marked = [SRUN.match(line) if number is not None else None for line, number in zip(lines, numbers, strict=True)]
    workers = Counter(number for number in numbers if number is not None)
    if len(workers) < 2 or min(workers.values()) < 2:
        return lines, []
    bare = [
        line if mark is None else line[: mark.start()] + line[mark.end() :]
        for line, mark in zip(lines, marked, strict=True)
    ]
    shapes = [VALUE.sub("#", line) for line in bare]
    first = min(workers)
    known = {shape for shape, number in zip(shapes, numbers, strict=True) if number == first}
    repeated = [number not in (None, first) and shape in known for shape, number in zip(shapes, numbers, strict=True)]
    if not any(repeated):
        return lines, []
    left = sum(repeated)
    note = (
        f"{len(workers)} workers print the same lines: those of the first are read, and {left:,} others are left out."
    )
    return [line for line, out in zip(bare, repeated, strict=True) if not out], [note]


def _as_drawn_last(lines: list[str]) -> list[str]:
    """Return lines without the bars that the next line draws again, further on: their last state is read."""
    last_states: list[str] = []
    last = ""  # what tells the bar of the line above from others
    for line in lines:
        drawn = DRAWN.match(line)
        bar = ""
        if drawn and drawn[1] and "val" not in line:
            bar = "/" + drawn[1].partition("/")[2]
        elif drawn and drawn[2] and EPOCH.search(drawn[2]):
            bar = drawn[2]
        if bar and bar == last:
            last_states.pop()
        last_states.append(line)
        last = bar
    return last_states


def _joined(lines: list[str]) -> list[str]:
    """Return lines in which a number stands behind its name again, where a narrow terminal broke the line between."""
    whole: list[str] = []
    above = -1  # the last line that is not blank
    for line in lines:
        number = line.strip() if len(line) <= MAX_BARE else ""
        name = whole[above][-MAX_BARE:].rstrip(" \t") if number and above >= 0 else ""
        if name.endswith(":") and NAMED.search(name) and BARE.fullmatch(number):
            whole[above] = f"{whole[above].rstrip()} {number}"
            del whole[above + 1 :]
            continue
        whole.append(line)
        above = len(whole) - 1 if line.strip() else above
    return whole


def _thinned(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return at most `MAX_LINES` lines: those of held-out rows, the places that they stand at, and others evenly."""
    chosen: set[int] = set()
    others: list[int] = []
    place = None  # of the last line that tells an epoch
    for order, (_, part) in enumerate(parts):
        short = part[-MAX_LINE:]
        tells = EPOCH.search(short) is not None
        if tells:
            place = order
        if HELD_OUT.search(short):
            chosen |= {order} if place is None else {order, place}
        elif any(map(str.isdigit, short)):
            others.append(order)
    if len(chosen) > MAX_LINES - MAX_LINES // 5:
        raise CurveError(
            f"The log has more than {MAX_LINES:,} printed lines that speak of held-out rows, and no more are read: "
            "keep every second, or fewer."
        )
    others = [order for order in others if order not in chosen]
    room = min(MAX_LINES - len(chosen), len(others))
    chosen.update(others[at * len(others) // room] for at in range(room))
    return [parts[order] for order in sorted(chosen)]


def _parts(line: str) -> list[str]:
    """Return a line in which several epochs stand, its breaks lost in copying, as a line each."""
    begins = [match.start() for match in EPOCH.finditer(line)] if len(line) > 200 else []
    if len(begins) < 3 and not (len(begins) == 2 and len(line) > 500):
        return [line]
    return [line[a:b] for a, b in pairwise([0, *begins[1:], len(line)])]


def _line(line: str, at: int, state: State) -> None:
    """Read one line."""
    if FINISHED.match(line):
        state.finished = state.within = True
    state.within = state.within and ("=" in line or "*" in line)
    if state.within:
        return
    small = line.lower()  # a look for a word costs a tenth of one for a pattern
    state.scikit = state.scikit or bool(SCIKIT.match(line))
    shape = line.translate(ZEROS)
    if not state.as_is.get(shape):
        replaced = _replaced(line, small)
        state.as_is[shape] = replaced == line
        shape, line = shape if replaced == line else "", replaced
    before_it, steps_before = state.epoch, state.step
    epoch, steps, batch = _where(line, state, shape)
    if epoch is not None and epoch != before_it and state.headed:
        state.heading = None  # it was that of the epoch before
    if state.headed and state.heading and state.step != steps_before and steps_before == state.at_heading:
        state.heading = None  # and that of the step before, at which it was measured
    if "[" in small and (drawn := OF_BATCHES.match(line)):
        state.batches = state.batches or drawn[1]
        state.heading = "train" if drawn[1] == state.batches else "val"
    line = COUNTED.sub(" ; ", line) if "第" in line else line
    running = state.running
    state.percent.clear()
    before, state.split = state.split, None
    metrics = _metrics(line, state)
    if before and at == before[0] + 1 and len(metrics) == 1 and (name := next(iter(metrics))) in ACCURACY:
        metrics = {f"{before[1]} {name}": metrics[name]}  # on a line of its own below the loss of its split
    if state.split is not None:
        state.split = (at, state.split[1])
    what = "subject" if metrics else "title"
    if (what, shape) not in state.absent:
        named = subject(line, bool(metrics))
        state.subject = named or state.subject
        if shape and not named:
            state.absent.add((what, shape))
    repeated, state.repeated = state.repeated, "best iteration" in small
    state.read += bool(metrics)
    state.headed = state.headed or bool(metrics)
    if "best " in small and metrics and BEST_PLACE.search(line):
        return
    if (
        metrics
        and state.rows
        and (
            repeated
            or (any(map(small.__contains__, SUMS_UP)) and SUMMED_UP.search(line) and not _is_news(line, metrics, state))
        )
    ):
        return
    if not metrics:
        state.paired = state.paired or bool(PAIRED.search(line))
        alone = ALONE.match(line) if state.epoch is None or state.counted else None
        if alone:
            epoch = state.epoch = float(alone[1])
            state.counted = True
        if epoch is not None:
            state.marks.append((at, epoch))
            state.heading = None
        heading = HEADING.match(EPOCH.sub("", line)) if ("heading", shape) not in state.absent else None
        if shape and not heading:
            state.absent.add(("heading", shape))
        if heading and len(line.split()) <= 8 and not re.search(r"sav|load|dataset|sample|complete|finish", line, re.I):
            state.headed, state.at_heading = False, state.step
            state.heading = SPLIT_OF.get(words(heading[1])[0], SPLIT_OF.get(heading[1].lower(), None))
            for word in words(line):
                if word in SPLIT_OF:
                    state.heading = SPLIT_OF[word]
                    break
        return
    batches = BATCHES.match(line) if epoch is None and not steps else None
    if batches and _is_evaluation(batches[2], metrics, state):
        state.evaluated += 1
        return
    state.in_batches = state.in_batches or (bool(batches) and not state.rows)
    counted = state.counted or (state.epoch is None and not (batches and batches[1] == batches[2]))
    counter = COUNTER.match(line) or (BRACKETED.match(line) if "[" in line else None) if counted else None
    if counter and len({_held_out(name) for name in metrics}) == 2:
        epoch = state.epoch = float(counter[1])
        state.counted = True
    if epoch is not None and any(map(_held_out, metrics)) and LAST.search(line):
        steps, batch, state.step = {}, False, {}
    if "round" in state.step and ROUND.match(line) and not BOOSTED.search(line) and "learn" not in line:
        state.step = {"epoch": state.step["round"]}  # what loops print, and no library of boosted trees
    row: dict[str, Any] = {}
    if state.epoch is not None:
        row["epoch"] = state.epoch
    if state.worded and epoch is None and "round" not in state.step and (behind := ROUND.match(line)):
        state.bracketed.append((row, float(behind[1] or behind[2])))
    row |= state.step
    inside = (batch and epoch is not None) or (state.epoch is not None and bool(steps) and "round" not in steps)
    inside = inside and not (".py:" in line and WRITER.search(line))
    if rate := RATE.search(line) if "lr" in small or "learning" in small else None:
        state.rates.append(float(rate[1]))
    is_bar = state.running > running or bool(_has("bar", BAR, line, shape, state))
    timed = not steps and ("/" in line or "eta" in small)
    is_bar = is_bar or (timed and bool(_has("speed", SPEED, line, shape, state)))
    if batches and set(map(_held_out, metrics)) == {True, False}:
        state.whole = (batches[2], set(metrics), len(state.marks))
    for name, value in metrics.items():
        cell = f"{value!r}%" if name in state.percent else value
        row[f"{name} bar" if is_bar else f"{name} batch" if inside else name] = cell
    if is_bar and state.epoch is not None:
        known = state.bars.setdefault((state.epoch, len(state.marks)), row)
        if known is not row:
            known |= row
            return
    state.rows.append(row)
    state.lines.append(at)
    state.subjects.append(state.subject)


def _replaced(line: str, small: str) -> str:
    """Return a line without what is no measurement, in the words that are read; small: the line in small letters."""
    line = STAMP.sub(" ", line) if ":" in line or "-" in line or "/" in line else line
    line = WRAP.sub(r"\1", line) if "(" in line else line
    line = BEST.sub(" ", line) if "best" in small else line
    line = TIMES.sub(" ", line) if "_cost" in line else line
    if any(map(small.__contains__, PLACED)):
        line = BEHIND.sub(r"\2 ; \1", line)
    line = NUMBERED.sub(r"step \2 ; \1 ", line) if " loss " in small else line
    line = COMMENTED.sub("step ", line) if line[:1] == "#" else line
    if line[:2] == "s:":
        line = LLM_C.sub(lambda match: f"step {match[1]} {SPLITS_OF_LLM_C[match[2]]} loss:", line)
    line = FLOAT32.sub(r"e\1", line) if "f" in line else line
    line = GLUED_EPOCH.sub(r"\1 ", line) if "epoch" in small else line  # no part of a name, and not below 0
    return line


def _has(what: str, pattern: re.Pattern[str], line: str, shape: str, state: State) -> bool:
    """Tell whether a pattern that takes one digit for another is in a line; looked for once in lines of one shape."""
    if (what, shape) in state.absent:
        return False
    there = pattern.search(line) is not None
    if not there and shape:
        state.absent.add((what, shape))
    return there


def _is_evaluation(batches: str | None, metrics: dict[str, float], state: State) -> bool:
    """Tell whether Keras' line of some batches is an evaluation's: behind an epoch's line of both splits, without one.

    Where no epoch is said on lines of its own, only another count of batches tells it from the next epoch.
    """
    if state.whole is None:
        return False
    epoch_batches, names, marks = state.whole
    if marks != len(state.marks) or any(map(_held_out, metrics)) or not metrics.keys() <= names:
        return False
    return bool(state.marks) or (batches is not None and batches != epoch_batches)


def _begun(state: State) -> None:
    """Give the first rows of a log of Keras that begins within an epoch the number before the first that is said."""
    first = next((row["epoch"] for row in state.rows if "epoch" in row), None)
    head = next((at for at, row in enumerate(state.rows) if "epoch" in row), 0)
    if not state.in_batches or first is None or first < 2 or not head:
        return
    if any(map(_held_out, state.rows[head - 1])) and not any(
        any(map(_held_out, row)) for row in state.rows[: head - 1]
    ):
        state.rows[head - 1]["epoch"] = first - 1
        del state.rows[: head - 1], state.lines[: head - 1], state.subjects[: head - 1]


def _last_epochs(state: State) -> bool:
    """Tell whether every evaluation is that of the last epoch, "20/20", and stands apart: of another run each."""
    rows = [(row, at) for row, at in zip(state.rows, state.lines, strict=True) if any(map(_held_out, row))]
    name = next((name for row, _ in rows for name in row if _held_out(name)), "")
    evaluations = [(row.get("epoch"), at) for row, at in rows if name in row]
    apart = all(b - a > 1 for (_, a), (_, b) in pairwise(evaluations))
    return len(evaluations) > 1 and {epoch for epoch, _ in evaluations} == state.ended and apart


def _is_news(line: str, metrics: dict[str, float], state: State) -> bool:
    """Tell whether a line on the best is the only one on the epoch that is under way."""
    epoch = EPOCH.search(line)
    if not epoch or state.rows[-1].get("epoch") != float(epoch[1]):
        return False
    of_epoch = takewhile(lambda row: row.get("epoch") == float(epoch[1]), reversed(state.rows))
    return not any(metrics.keys() & row.keys() for row in of_epoch)


def _held_out(name: str) -> bool:
    return name.startswith(("val", "test"))


def _where(line: str, state: State, shape: str) -> tuple[float | None, dict[str, float], bool]:
    """Read where a line is: its epoch, its counts of steps, and whether it is one of many batches."""
    epoch, steps, batch = None, {}, False
    pair = PAIR.match(line)
    if pair:
        state.epoch = float(pair[1])
        return state.epoch, {}, True
    mark = EPOCH.search(line) if _has("epoch", EPOCH, line, shape, state) else None
    if not mark and _has("word", WORDED, line, shape, state):
        mark = TURN.match(line) or ORDINAL.search(line)
    if not mark and "loss" in line:
        mark = PLURAL.match(line)
    if mark and not NO_MARK.search(line[: mark.start()]):
        epoch = float(mark[1] or mark[2])
        after = line[mark.end() :]
        if IMPROVED.match(after):
            return None, {}, False
        of = re.match(r"\s*/\s*(\d+)", after)
        state.ended.add(epoch if of and float(of[1]) == epoch else None)
        batch = bool(re.match(r"[^\d]{0,12}\d*[^\d]{0,4}\[\s*\d+\s*/\s*\d+|\s*\]\s*\[\s*\d+\s*/", after))
        batch = batch or bool(PLACE.search(after))
        state.epoch = epoch
        state.worded = True
    for match in STEP.finditer(line) if _has("step", STEP, line, shape, state) else ():
        if NO_MARK.search(line[max(0, match.start() - 12) : match.start()]):
            continue
        name = re.sub(r"[ _]", "", match[1].lower())
        name = {
            "steps": "step",
            "iter": "iteration",
            "iters": "iteration",
            "it": "iteration",
            "batchidx": "batch",
            "globalstep": "global_step",
            "trainstep": "step",
            "up.": "update",
            "updates": "update",
        }.get(name, name)
        if match[1].lower() == "steps" and not re.search(r"\bloss\b", line, re.I):
            continue
        steps[name] = float(match[2].replace(",", "").strip() or "nan")
    writer = WRITER.search(line) if ".py:" in line else None
    if writer:
        steps["step"] = float(writer[1])
    boosted = ROUND.match(line) if not pair and epoch is None and not writer else None
    if boosted and not (state.worded and not BOOSTED.search(line)):  # else the number of a process
        steps["round"] = float(boosted[1] or boosted[2])
    if steps:
        state.step = {**{k: v for k, v in state.step.items() if k in steps}, **steps}
    return epoch, steps, batch


def _metrics(line: str, state: State) -> dict[str, float]:
    """Return the losses, accuracies and scores of a line by their names."""
    metrics: dict[str, float] = {}
    split = "val" if "Saving dict for global step" in line else None  # an evaluation of TensorFlow's estimators
    end, last, topic = 0, "", ""
    numbers = list(NUMBER.finditer(line))
    both = BOTH.search(line) if "train" in line.lower() else None
    alone = line.count("|") == 1  # a bar between a name and its number, not between several of them
    pair = TRAINED.match(line) if state.paired else None
    if pair:
        for split, cell in (("train", pair[2]), ("val", pair[3])):
            name = _name(pair[1] + ":")
            if name and NUMBER.fullmatch(cell):
                metrics[f"{split} {name[1]}"] = _float(cell)
        return metrics
    for match in numbers[:MAX_NUMBERS]:
        gap = line[end : match.start()]
        gap = UNIT.sub("", gap) if end and gap[:1].isalpha() else gap
        after = line[match.end() : match.end() + 8]
        end = match.end()
        if last and MEAN.fullmatch(gap) and CLOSED.match(after):
            if match[1].lower() != "nan" and (match[1][0] not in "+-" or metrics[last] < 0):
                metrics[last] = _float(match[1])  # the mean that runs on, beside the value of a batch
                state.running += 1
            continue
        gap, gap_split, gap_topic = _gap(gap)
        split = gap_split or split
        previous, last = last, ""
        topic = topic if gap_topic is None else gap_topic
        gap = NESTED.sub("", gap) if after.startswith("]") else gap
        name = _name((gap.rstrip(" |") + " " if alone else gap)[-120:])
        if name is None:
            if both and metrics and re.fullmatch(BETWEEN, gap) and previous.startswith("train "):
                metrics[f"{SPLIT_OF.get(both[2].lower(), 'val')} {previous[6:]}"] = _float(match[1])
            continue
        suffix = SUFFIX.match(after)
        percent = after.startswith("%") or after.startswith(" %")
        kind, core, named_split = name
        if kind == "bare" and topic:
            kind, core = meaning_of(topic).kind, topic.lower()
        if not named_split and gap.lstrip().startswith("(") and previous.partition(" ")[0] in ("train", "val", "test"):
            named_split = previous.partition(" ")[0]
        if suffix or (percent and kind != "accuracy" and PER_CENT_OF_A_BAR.match(after)):
            continue
        value = _float(match[1])
        part = PART.match(line[match.end() : match.end() + 12])
        if part:
            if kind != "accuracy":
                if not both:
                    continue
            elif float(part[1]) > 0 and not both:
                value /= float(part[1])
        if kind == "bare" and (("." not in match[1] and "e" not in match[1].lower()) or percent or named_split is None):
            continue
        which = named_split or split or state.heading
        if core == "score" and named_split == "val" and state.scikit:
            core = "accuracy"  # of a classifier; of a regression it is R squared, which may be below 0
        if both and both.end() <= match.start() and re.match(BETWEEN, after):
            which = "train"
        label = f"{which or ''} {core}".strip()
        metrics[label] = value
        if percent:
            state.percent.add(label)
        last = label
        if named_split:
            state.heading = None
            state.split = (0, named_split)
            split = None if kind == "bare" else split  # "Val: 0.7 | Loss: 0.5" tells no validation loss
    return metrics


@lru_cache(4096)  # a loop prints the same words in every line
def _gap(gap: str) -> tuple[str, str | None, str | None]:
    """Return what stands before a number, the last split that it names, and the metric that stands before splits.

    That is None where what was named before still holds, and "" where it ends.
    """
    gap = METRIC.sub(r"\1 ", gap) if "metric" in gap else gap
    split = next((SPLIT_OF[word] for word in reversed(words(gap)) if word in SPLIT_OF), None)
    said = TOPIC.search(gap)
    return gap, split, said[1] if said else "" if "|" in gap or ";" in gap else None


def _float(token: str) -> float:
    token = token.replace(",", "")
    return float(token)


@lru_cache(4096)  # a loop prints the same names in every line
def _name(gap: str) -> tuple[str, str, str | None] | None:
    """Return what the name before a number says: its kind, its words and its own split; None if it says nothing."""
    tail = gap.rstrip(" :=~>\t\"'`*-(")
    if tail.endswith("|") or not tail:
        return None
    if tail.count("(") > tail.count(")"):
        tail = tail[tail.rindex("(") + 1 :]
    for cut in DELIMITER.finditer(tail):
        last = cut.end()
    if DELIMITER.search(tail):
        tail = tail[last:]
    raw = words(tail)
    if not raw or len(tail.strip()) == 0:
        return None
    known = set(raw)
    if known & SKIP and not known & {"current"}:
        return None
    split = split_of(raw)
    rest = [
        word
        for word, behind in zip(raw, (*raw[1:], ""), strict=True)
        if word not in SPLIT_OF and word not in NEUTRAL and len(word) < 25
        if word not in STOP or (word == "model" and behind.isdecimal())  # one of several
    ]
    meaning = LOSS | ACCURACY | SCORES.keys() | STANDS_FOR_LOSS.keys()
    at = [place for place, word in enumerate(rest) if word in meaning]
    if not at:
        if split and not rest and not known & {"epoch", "step", "iteration", "batch"}:
            return "bare", "", split
        return None
    if rest[-1] not in meaning and len(rest) - 1 - at[-1] > 2:
        return None  # a sentence in which the word stands far from the number
    core_words = rest[max(0, at[0] - 2) :]
    core = " ".join(core_words)
    kind = meaning_of(core).kind
    return (kind, core, split) if kind else None


def _backwards(state: State) -> None:
    """Give rows the epoch that is said below them, where every epoch is said after what was measured in it."""
    if not state.marks or not state.rows or any("epoch" in row for row in state.rows[:1]):
        return
    if state.in_batches and state.marks[0][1] > 1:
        return  # it begins in mid-run, and Keras says an epoch above its line
    if state.lines[0] < state.marks[0][0] and state.marks[-1][0] > state.lines[-1]:
        mark = iter(state.marks)
        place, epoch = next(mark)
        for row, at in zip(state.rows, state.lines, strict=True):
            while place < at:
                place, epoch = next(mark)
            row["epoch"] = epoch


def _settings(state: State) -> None:
    """Give rows the epoch in brackets, where the only epoch by its word is a setting, "epoch=100"."""
    if len({row.get("epoch") for row in state.rows}) == 1 < len({number for _, number in state.bracketed}):
        for row, number in state.bracketed:
            row["epoch"] = number


def _forms(name: str) -> set[str]:
    """Return the names under which an epoch's value of the same thing may stand: of a training loss, with its split."""
    it = meaning_of(name)
    return {name} | ({f"train {name}"} if it.split is None else {name.removeprefix("train ")})


def _grouped(state: State) -> list[dict[str, Any]]:
    """Return rows in which what was measured at one place stands together, where nothing counts the places."""
    names = {name for row in state.rows for name in row}
    if {"step", "global_step"} <= names and not any({"step", "global_step"} <= row.keys() for row in state.rows):
        for row in state.rows:
            if "global_step" in row:
                row["step"] = row.pop("global_step")
    for suffix in (" bar", " batch"):  # which tell values of a bar and of a batch from those of an epoch, if there are
        alone = {name for name in names if name.endswith(suffix) and not names & _forms(name.removesuffix(suffix))}
        for row in state.rows:
            for name in alone & row.keys():
                row[name.removesuffix(suffix)] = row.pop(name)
    counters = {"epoch", "step", "global_step", "iteration", "round", "batch", "update"}
    counted = [row for row in state.rows if counters & row.keys()]
    if counted:
        for row in counted:
            row.pop("batch", None)
        return counted if 2 * len(counted) > len(state.rows) else state.rows
    rows: list[dict[str, Any]] = []
    for row in state.rows:
        if not rows or rows[-1].keys() & row.keys():
            rows.append({})
        rows[-1] |= row
    return rows
