"""The one way from what a training logged to a curve: `read_log` asks every reader and keeps the best answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.logs import console, events, metric_files, results, structured, tables
from reglab.logs import facts as telling
from reglab.logs import roles as guessing
from reglab.logs.assemble import MIN_ROWS, assemble
from reglab.logs.curve import MEANING, ROLES, Curve, CurveError
from reglab.logs.fillers import without_fillers
from reglab.logs.join import joined
from reglab.logs.names import meaning_of
from reglab.logs.raw import Piece, RawRun, check, listed
from reglab.logs.repeats import without_repeats
from reglab.logs.runs import MAX_RUNS, restarts, thinned
from reglab.logs.sources import MAX_SOURCES, RIGHT, notebook, pieces

__all__ = ["READERS", "Log", "Run", "read_log"]

Array = NDArray[np.float64]
Reader = Callable[[Piece], list[RawRun]]

# One reader per family. Each takes a piece of text or bytes and returns the runs that it finds there, none where the
# piece is not of its family; of several answers the one with more of the losses is kept, of equals the earlier. A new
# family is a new file with such a function, and a line here.
READERS: dict[str, Reader] = {
    "TensorBoard event files": events.read,
    "files of one metric": metric_files.read,
    "JSON and printed Python": structured.read,
    "tables": tables.read,
    "console lines": console.read,
}
FILE_NAME = re.compile(r"[\w .:/\\~-]*[\w-]\.[A-Za-z]\w{0,9}")
SCORE = 5.0  # per cent and more; below it may be a loss that diverges
MAX_SHOWN = 8  # runs and notes where a log is printed
NAMELESS = (
    "This is one column of numbers without a name, which may be a training loss or a validation loss: give both, each "
    "with its name."
)


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a log.

    Attributes
    ----------
    name : str
    columns : dict of str to array of shape (rows,)
        Every column of numbers, in the order of the source. NaN where it has no value, infinity where it has one that
        is no finite number (nan, inf).
    roles : dict of str to str
        The guess: which of `ROLES` is which column. A role without a likely column is absent.
    notes : tuple of str
        How it was read, one sentence each.
    """

    name: str
    columns: dict[str, Array]
    roles: dict[str, str]
    notes: tuple[str, ...]
    raw: RawRun

    @property
    def values(self) -> int:
        """How many evaluations there are."""
        name = self.roles.get("val_loss") or self.roles.get("val_accuracy")
        return self.count(name) if name else 0

    def count(self, name: str) -> int:
        """Return how many rows have a value in a column."""
        return int((~np.isnan(self.columns[name])).sum())


@dataclass(frozen=True, eq=False)
class Log:
    r"""What `read_log` found.

    Attributes
    ----------
    runs : tuple of Run
        In the order of the source.
    notes : tuple of str
        How it was read, one sentence each, and which run is the curve's.
    told : dict of str to pair of float or str and str
        What the text says beside the curve, and in which words; `facts` gives the values.

    Examples
    --------
    >>> log = read_log("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.7\n1,0.8,1.1\n2,0.4,0.9")
    >>> len(log.runs), log.curve(run=0)["val_loss"], log.curve()["val_loss"]
    (2, [1.0, 0.7], [1.1, 0.9])
    """

    runs: tuple[Run, ...]
    notes: tuple[str, ...]
    told: Mapping[str, telling.Fact] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, float | str]:
        r"""What the log says of its run, by the names of `reglab.recommend` and of `Settings`.

        Of "n_train", "n_val", "batch_size", "learning_rate", "n_classes", "optimizer" ("adamw", "adam" or "sgd"),
        "dropout", "weight_decay" and "label_smoothing" what is there. A learning rate is the largest of its column or
        lines: before a decay, after a warm-up. The notes tell the words.

        Examples
        --------
        >>> rows = "Epoch 1/2\nloss: 2 - val_loss: 2.1\nEpoch 2/2\nloss: 1 - val_loss: 1.9"
        >>> read_log("Train on 90 samples, validate on 10 samples\n" + rows).facts
        {'n_train': 90, 'n_val': 10}
        """
        return {
            name: int(self.told[name][0]) if name in telling.COUNTS else self.told[name][0]
            for name in telling.FACTS
            if name in self.told
        }

    @property
    def run(self) -> Run:
        """The run that is the curve's unless another is chosen: the last that makes one."""
        return max(enumerate(self.runs), key=lambda pair: (_makes_curve(pair[1]), pair[0]))[1]

    @property
    def columns(self) -> dict[str, Array]:
        """The columns of `run`."""
        return self.run.columns

    @property
    def roles(self) -> dict[str, str]:
        """The roles of the columns of `run`."""
        return self.run.roles

    def __repr__(self) -> str:
        shown = [f"<Log of {len(self.runs)} {'run' if len(self.runs) == 1 else 'runs'}>"]
        for run in self.runs[-MAX_SHOWN:]:
            rows = len(next(iter(run.columns.values())))
            read = ", ".join(f"{role} {name!r}" for role, name in run.roles.items()) or "no column has a role"
            shown.append(f"{'*' if run is self.run else ' '} {run.name!r}: {rows:,} rows; {read}")
        if len(self.runs) > MAX_SHOWN:
            shown.insert(1, f"  the first {len(self.runs) - MAX_SHOWN:,} are not shown")
        try:
            made = self.curve()
            said = made.notes
            shown.append(f"  curve: {len(made['step']):,} rows, counted in {made.unit}s; {', '.join(made)}")
        except CurveError as error:
            said = self.notes
            shown.append(f"  no curve: {error}")
        return "\n".join([*shown, *(f"  - {note}" for note in said[:MAX_SHOWN])])

    def curve(self, run: int | str | None = None, roles: Mapping[str, str | None] | None = None) -> Curve:
        """Return the curve of a run.

        Parameters
        ----------
        run : int or str, optional
            The place of a run in `runs`, or its name; by default the last that makes a curve.
        roles : mapping of str to str or None, optional
            From `ROLES` to the names of columns, or to None where the curve is to be without; those that are not named
            are as guessed.

        Returns
        -------
        Curve
            "step", rising, and what is known of "train_loss", "val_loss", "train_accuracy" and "val_accuracy", lists of
            one length: both losses, or "val_accuracy", or what the roles leave. Its notes say what was read from which
            column, and what was left out.

        Raises
        ------
        CurveError
            If there is no such run or column, or no loss or accuracy of held-out rows, in a sentence that says what the
            log looks like and what to do.
        """
        chosen = self.run if run is None else self._find(run)
        mine, dropped = _chosen(chosen, {} if roles is None else checks.mapping("roles", roles))
        if not roles:
            _refuse(chosen, mine)
        raw = chosen.raw
        check(chosen.columns, raw.bad, mine)
        made = assemble(chosen.columns, mine, (), raw.unit, raw.running, raw.percent)
        made = _ended(made, chosen.columns, mine)
        missing = _missing(made)
        meaning = {**MEANING, "step": made.unit}
        whence = ", ".join(f"{meaning[role]} from “{mine[role]}”" for role in ROLES if role in mine and role in made)
        notes = (
            f"Read {len(made['step']):,} rows: {whence}.",
            *self._whose(chosen),
            *chosen.notes,
            *dropped,
            *made.notes,
            *missing,
        )
        return made.but(notes=tuple(dict.fromkeys(notes)))

    def _find(self, run: int | str) -> Run:
        if isinstance(run, (int, np.integer)) and not isinstance(run, bool) and -len(self.runs) <= run < len(self.runs):
            return self.runs[int(run)]
        for candidate in self.runs:
            if candidate.name == run:
                return candidate
        raise CurveError(
            f"There is no run {checks.shown(run)}: there are {listed(candidate.name for candidate in self.runs)}."
        )

    def _whose(self, chosen: Run) -> tuple[str, ...]:
        if len(self.runs) < 2:
            return ()
        at = next(at for at, run in enumerate(self.runs) if run is chosen)
        begins = [order for order, run in enumerate(self.runs) if run.raw.resumes is None or not order]
        first = max(begin for begin in begins if begin <= at)
        end = min((begin for begin in begins if begin > at), default=len(self.runs))
        others = [run.name for order, run in enumerate(self.runs) if not first <= order < end]
        notes = (f"The log holds {len(begins)} runs: {chosen.name!r} is read; others are {listed(others)}.",)
        return notes * bool(others) + self._resumed(first, at, end, "It" if others else "The log")

    def _resumed(self, first: int, at: int, end: int, what: str) -> tuple[str, ...]:
        """Return the sentence on a run that was resumed, which stands in several runs: all before each resume."""
        if end - first < 2:
            return ()
        unit = self.runs[first].roles.get("step", "row")
        steps = " and ".join(f"{run.raw.resumes:g}" for run in self.runs[first + 1 : end][:8])
        times = f"{end - first - 1} times, " if end - first > 2 else ""
        said = f"{what} is {'' if what == 'It' else 'of '}one run that was resumed {times}from {unit} {steps}: "
        name, earlier = repr(self.runs[at].name), listed(run.name for run in self.runs[first:at])
        if at < end - 1:
            said += f"{name} is read; it went on later, as {listed(run.name for run in self.runs[at + 1 : end])}."
        else:
            said += f"{name} is the whole of it, with the rows before; as it was earlier: {earlier}."
        return (said,)


def _ended(curve: Curve, columns: Mapping[str, Array], roles: Mapping[str, str]) -> Curve:
    """Return the curve with a last row of NaN where a training loss is not finite after the last evaluation."""
    if not {"train_loss", "val_loss"} <= curve.keys() or not math.isfinite(curve["train_loss"][-1]):
        return curve
    there = np.flatnonzero(~np.isnan(columns[roles["val_loss"]]))  # what is written as nan or inf is infinite here
    if not there.size:
        return curve
    evaluated = there[-1]
    for name, column in columns.items():
        it = meaning_of(name)
        broken = np.flatnonzero(np.isinf(column))
        if it.kind != "loss" or it.tier == 2 or it.split not in (None, "train") or name == roles["val_loss"]:
            continue
        if not len(broken) or broken[-1] <= evaluated or np.isfinite(column[broken[-1] :]).any():
            continue
        note = f"{name!r} is not finite after the last evaluation: the run diverged there, which is the last row."
        rows = {role: [*values, math.nan] for role, values in curve.items()}
        rows["step"][-1] = curve["step"][-1] + 1
        return curve.but(rows, notes=(*curve.notes, note))
    return curve


def _missing(curve: Curve) -> tuple[str, ...]:
    """Return what a curve without one of the losses cannot tell."""
    if "val_loss" in curve and "train_loss" in curve:
        return ()
    if "val_loss" in curve:
        return ("There is no training loss: how far the two are apart is not known.",)
    if "train_loss" in curve:
        return ("There is no validation loss: the validation accuracy alone tells when it turns; log the loss too.",)
    return (
        "There are accuracies and no losses: they tell a gap and when it turns, and not how sure the model is; log the "
        "losses too.",
    )


def _chosen(run: Run, roles: Mapping[str, str | None]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the roles of a run's columns, the guess where a person did not choose, and what of it is left out."""
    mine = {role: name for role, name in run.roles.items() if role not in roles and name not in roles.values()}
    few = [role for role in mine if role not in ("step", "val_loss") and run.count(mine[role]) < MIN_ROWS]
    if "val_loss" in mine or "val_loss" in roles:  # what has too few values is not worth a refusal of the rest
        notes = tuple(f"Left out {mine.pop(role)!r}, which has fewer than {MIN_ROWS} values." for role in few)
    else:
        notes = ()
    mine |= {role: name for role, name in roles.items() if name is not None}
    return {role: mine[role] for role in (*ROLES, *mine) if role in mine}, notes


def _refuse(run: Run, mine: Mapping[str, str]) -> None:
    """Raise where guessed roles make no curve: it has both losses, or an accuracy of held-out rows."""
    results.refuse_sizes(run.columns, mine.get("step"))
    results.refuse_rates(results.rates_in(run.columns), "step" in mine)
    results.refuse_rivals(run.columns, [mine[role] for role in ("train_loss", "val_loss") if role in mine])
    if "val_loss" not in mine and "val_accuracy" not in mine:
        results.refuse_best(run.columns)
    if not {"val_loss", "val_accuracy"} & mine.keys():
        raise CurveError(guessing.refusal(run.raw, run.roles))
    if not run.raw.named and "train_loss" not in mine:
        raise CurveError(NAMELESS)
    _refuse_score(run, mine)
    if "val_accuracy" not in mine and "train_loss" not in mine:
        if run.count(mine["val_loss"]) < MIN_ROWS:
            return  # which is said where the curve is made
        for name in run.columns:
            it = meaning_of(name)
            if name != mine["val_loss"] and it.kind == "loss" and it.split in (None, "train") and run.count(name) == 1:
                raise CurveError(
                    f"The {MEANING['train_loss']} ({name!r}) was logged at one step alone: log it as often as the "
                    f"{MEANING['val_loss']}, in Hugging Face's Trainer by logging_steps, which is 500 unless set."
                )
        raise CurveError(
            f"There is a {MEANING['val_loss']} ({mine['val_loss']!r}) and no {MEANING['train_loss']}: how far the two "
            "are apart tells what was learnt by heart, so log the loss on the training rows too, or add the file of it."
        )


def _refuse_score(run: Run, chosen: Mapping[str, str]) -> None:
    """Raise where columns that no loss's word names rise as a score does."""
    names = [
        chosen[role] for role in ("train_loss", "val_loss") if role in chosen and meaning_of(chosen[role]).tier == 1
    ]
    if "val_loss" not in chosen or chosen["val_loss"] not in names or not run.raw.named:
        return
    for name in names:
        known = run.columns[name][np.isfinite(run.columns[name])]
        if len(known) < 2 or known[-1] <= known[0]:
            return
        low, high = float(known.min()), float(known.max())
        if not (low >= 0 and high <= 1) and not (low >= SCORE and high <= 100):
            return
        if known[-1] < known[0] + 0.8 * (known.max() - known[0]):
            return
    raise CurveError(
        f"{names[-1]!r} rises from {known[0]:g} to {known[-1]:g}, as a score does, and is not named a loss: log the "
        "loss on training and validation rows, or name the column val_loss if it is one."
    )


def _makes_curve(run: Run) -> int:
    """Return how good a curve a run makes: 3 with both losses, 0 for none."""
    if run.values < 2:
        return 0
    has = run.roles.keys()
    return 3 if {"train_loss", "val_loss"} <= has else 2 if "val_loss" in has or "val_accuracy" in has else 0


def read_log(source: Any, name: str | None = None) -> Log:
    r"""Read what a training run logged, whatever wrote it.

    Parameters
    ----------
    source : str, bytes, path, mapping, list or object
        Text as it was pasted or printed, the bytes of a file, or a `pathlib.Path` (any `os.PathLike`) of a file or of a
        folder of them: CSV and other tables, JSON, printed Python, console lines, TensorBoard's files, MLflow's files.
        A str is always text, and the name of a file in it is refused: what a stranger pasted opens no file. Or data as
        frameworks keep them: Keras' `History` or its `history`, Hugging Face's `log_history`, a DataFrame. Or several
        of these, in a list, by themselves or as pairs (name, source). At most 10 MB (an event file 50) and 100 sources;
        more than 100 000 rows, or 50 000 printed lines, are thinned, which a note says.
    name : str, optional
        Of the file that a text or bytes were read from: it tells the role of a file of one metric.

    Returns
    -------
    Log

    Raises
    ------
    CurveError
        If nothing in it can be a curve's column; its text is one sentence, which says what the source looks like and
        what to do. `Log.curve` raises it where the columns make no curve. Nothing is executed or unpickled.

    Examples
    --------
    >>> log = read_log("Epoch 1/2 train loss: 0.9 val loss: 1.0\nEpoch 2/2 train loss: 0.5 val loss: 0.7")
    >>> curve = log.curve()
    >>> curve, curve.unit
    ({'step': [1, 2], 'train_loss': [0.9, 0.5], 'val_loss': [1.0, 0.7]}, 'epoch')
    >>> read_log({"loss": [0.9, 0.5], "val_loss": [1.0, 0.7]}).curve().unit
    'row'
    >>> read_log([("val_loss", b"1764000000000 1.6 0\n1764000003200 1.2 1")]).curve()
    Traceback (most recent call last):
        ...
    reglab.logs.curve.CurveError: This looks like MLflow's file of one metric: add the file of the other loss.
    """
    if name is not None:
        name = checks.text("name", name)
    given = pieces(source, name or "")
    if not given:
        raise CurveError(f"There is nothing to read: {RIGHT}.")
    if len(given) > MAX_SOURCES:
        raise CurveError(
            f"There are {len(given):,} sources, and at most {MAX_SOURCES} are read at once: leave some out."
        )
    log = _log(_read_piece(given[0]), given[0].name) if len(given) == 1 else _log(joined(given, _read_piece), "")
    return _with_facts(log, "\n".join(piece.text for piece in given))


# --- from a piece to its runs ---


def _read_piece(piece: Piece) -> list[RawRun]:
    """Return the runs in a piece, by the reader that finds most."""
    if piece.error:
        raise piece.error
    if piece.data is not None:
        raw_runs = structured.read_data(piece.data)
        if not raw_runs:
            raise CurveError(f"The data hold no list of numbers: {RIGHT}.")
        if all(not raw.named and len(raw.columns) == 1 for raw in raw_runs):
            raise CurveError(NAMELESS)
        return raw_runs
    printed = notebook(piece.text)
    if printed:
        piece = replace(piece, text=printed)
    best: list[RawRun] = []
    worth: tuple[float, ...] = ()
    error = None
    for reader in READERS.values():
        try:
            raw_runs = [raw for raw in reader(piece) if raw.columns]
        except CurveError as refused:
            error = error or refused
            continue
        if not raw_runs:
            continue
        whole = raw_runs[0].whole
        raw_runs, rating = _best(raw_runs)
        if whole and (reader is structured.read or rating[0] > 5):
            return raw_runs
        if rating > worth:
            best, worth = raw_runs, rating
        if (rating[0] > 5 and not printed and reader in (events.read, structured.read)) or rating[0] == 4.5:
            break
    if (not best or worth[0] < 2) and (said := results.without_validation(piece.text)):
        raise CurveError(said)
    if error and (not best or worth[0] < 2):
        raise error
    if not best:
        raise CurveError(_nothing(piece.text))
    return best


def _best(raw_runs: list[RawRun]) -> tuple[list[RawRun], tuple[float, ...]]:
    """Return the runs with the most of the losses, and how much they have."""
    rated = [(guessing.rate(raw), raw) for raw in raw_runs]
    top = max(rate[0] for rate, _ in rated)
    best = [raw for rate, raw in rated if rate[0] == top]
    if len(best) > 1 and not all(raw.columns.keys() == best[-1].columns.keys() or raw.name for raw in best):
        left = len([raw for raw in best if raw.columns.keys() != best[-1].columns.keys()])
        best = [raw for raw in best if raw.columns.keys() == best[-1].columns.keys()]
        best = [raw.noted(f"Left out {left} other {'table' if left == 1 else 'tables'} of the text.") for raw in best]
    return best, max(rate for rate, _ in rated if rate[0] == top)


def _nothing(text: str) -> str:
    """Return the sentence on a text in which no reader finds anything."""
    shown = " ".join(text.strip().split("\n")[0].split())[:40]
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and FILE_NAME.fullmatch(lines[0].strip()):
        return f"This is no log but the name of a file, {shown!r}: give what the file holds, or a pathlib.Path of it."
    if all(line.lstrip().startswith(("#", "%", "//")) for line in lines):
        return f"There are only comments: {RIGHT}."
    if text.lstrip().startswith(("{", "[")):
        return f"The text begins like JSON and holds no list of numbers that can be read: {RIGHT}."
    return f"No number with a name before it, and no table of numbers, is found in what begins with {shown!r}: {RIGHT}."


def _with_facts(log: Log, text: str) -> Log:
    """Return a log with what it says beside the curve, and the sentences that tell the words."""
    said = telling.in_text(notebook(text) or text)
    if len(log.runs) > 1:
        for name in ("learning_rate", "optimizer", *telling.STRENGTHS):  # which of them had it is not known
            said.pop(name, None)
    said |= telling.in_columns(log.run.columns)
    facts = {name: said[name] for name in telling.FACTS if name in said}
    notes = [
        f"The log says the {telling.FACTS[name]}, {telling.shown(value)}: “{words}”."
        for name, (value, words) in facts.items()
    ]
    return replace(log, told=facts, notes=(*log.notes, *notes))


# --- from what was found to runs ---


def _log(raw_runs: list[RawRun], name: str) -> Log:
    """Return a log of what was found: each run, split where its steps start again."""
    made: list[tuple[RawRun, guessing.Guess]] = []
    for raw in map(without_fillers, raw_runs):
        guess = guessing.guess(raw)
        for part, note in restarts(raw, guess):
            part, columns = without_repeats(part, guess._replace(columns=part.columns))
            made.append((part.noted(*note), guess._replace(columns=columns)))
    if not any(raw.named or len(next(iter(raw.columns.values()))) > 1 for raw, _ in made):
        raise CurveError(f"A single row without names is no log: {RIGHT}.")
    runs = []
    for order, (part, guess) in enumerate(made, start=1):
        part, columns = thinned(part, guess)
        label = part.name or (name if len(made) == 1 and name else f"run {order}")
        runs.append(Run(label, columns, guess.roles, (*part.notes, *guess.notes), replace(part, columns=columns)))
    if len(runs) > MAX_RUNS:
        left = f"Left out the first {len(runs) - MAX_RUNS:,} of {len(runs):,} runs."
        runs = [replace(run, notes=(*run.notes, left)) for run in runs[-MAX_RUNS:]]
    taken: dict[str, int] = {}
    for at, run in enumerate(runs):
        taken[run.name] = taken.get(run.name, 0) + 1
        if taken[run.name] > 1:
            runs[at] = replace(run, name=f"{run.name} ({taken[run.name]})")
    log = Log(tuple(runs), ())
    return replace(log, notes=(*log.run.notes, *log._whose(log.run)))
