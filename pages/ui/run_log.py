"""The log of a person's own run: pasted or uploaded, in one file or several, and what is read from it.

What stands in the field is in the page's link, so a log that is too long for it is thinned. What is refused is kept,
with the state of the fields since, until a person goes on.
"""

from __future__ import annotations

import contextlib
import html
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from pages.ui import controls, curve_text, escape, own_run, run_facts, together
from pages.ui.own_run import AS_READ, present

from reglab import curves
from reglab.curves import Curve
from reglab.logs import Run, facts
from reglab.logs.facts import Fact
from reglab.reporting.runs_compared import stages

PASTED = 20_000_000  # characters: more than are read, so that it is the reader who refuses them, with a sentence
UPLOADED = 20  # MB that reach the reader, who says what is too large; what the browser refuses is said nowhere
WAITING = "combined_strategy:waiting"  # a log that was refused, and the state of the run's fields since
SOURCE = "combined_strategy:source"  # the files that were read last, and what of them stands in the curve's field
TEXT = "combined_strategy:text"  # the log that was read last
FILES = "combined_strategy:files"  # how often the list of files was emptied: each time it is a new one
# What a log may say of its run, and the field or choice that it belongs to.
FACTS = {
    "n_train": "n",
    "n_val": "n_val",
    "n_classes": "classes",
    "batch_size": "batch",
    "learning_rate": "rate",
    "optimizer": "trained_by",
    "dropout": "had_dropout",
    "weight_decay": "had_weight_decay",
    "label_smoothing": "had_label_smoothing",
}
CHANGED = ("run", "train_column", "val_column", "counts")  # the controls that change what is read
ACCURACY = {"acc", "accuracy", "accuracies"}  # words of a column's name
COLUMNS = {"train_column": "train_loss", "val_column": "val_loss"}


@dataclass(frozen=True, eq=False)
class Given:
    """A log, the run of it that is diagnosed, its curve, and the curves of all runs that make one, by name."""

    log: curves.Log
    name: str
    curve: Curve
    every: dict[str, Curve]

    @property
    def others(self) -> dict[str, Curve]:
        """The curves of the other runs."""
        return {name: curve for name, curve in self.every.items() if name != self.name}


class Said(NamedTuple):
    """What a log says of its run: the value as it is typed and as it is shown, and the words it was read from."""

    text: str
    shown: str
    words: str


# ------------------------------------------------------------------ reading


def read(text: str) -> Given:
    """Return what a text holds, with the run and the columns that were chosen.

    Raise ValueError with one sentence where it makes no curve.
    """
    log = curves.read_curve(text)
    name = _run_of(log).name
    every = {}
    for group in stages(log):  # of a run that was resumed the stage that was chosen, else the whole of it
        run = next((stage for stage in group if stage.name == name), group[-1])
        if run.name == name:
            every[name] = _counted(curve_text.of_run(log, text, name, _roles(run)))
        else:
            with contextlib.suppress(curves.CurveError):
                every[run.name] = _counted(curve_text.of_run(log, text, run.name, _roles(run)))
    _refuse_percent(text, every[name])
    return Given(log, name, every[name], every)


def _run_of(log: curves.Log) -> Run:
    """Return the run that was chosen, else the one that the log reads."""
    return next((run for run in log.runs if run.name == present("run")), log.run)


def _roles(run: Run) -> dict[str, str] | None:
    """Return the roles of a run's columns with those that were chosen, None where none was."""
    chosen = {role: present(name) for name, role in COLUMNS.items() if present(name) in run.columns}
    for role, name in chosen.items():
        if ACCURACY & set(re.split(r"[^a-z]+", name.lower())):
            raise curves.CurveError(f"“{name}” holds accuracies: as {curves.MEANING[role]} choose a column of losses.")
    guessed = {role: name for role, name in run.roles.items() if name not in chosen.values()}
    return {**guessed, **chosen} if chosen else None


def _counted(curve: Curve) -> Curve:
    """Return a curve whose first column counts what the person says it does."""
    counts = present("counts")
    if counts == "read":
        return curve
    return curve.but(unit=counts, certain=True)


def _refuse_percent(text: str, curve: Curve) -> None:
    """Refuse losses in percent, as their fields do: nothing tells of what."""
    for name, what in (("train_loss", "training"), ("val_loss", "validation")):
        if written_so := run_facts.in_percent(text, curve.get(name, [])):
            raise ValueError(f"The {what} losses are in percent, such as {written_so}: give the losses as they are.")


def _read_files(files: list[Any]) -> tuple[str, curves.Log, Curve]:
    """Return what of files the link holds, the log that they make, and its curve.

    Raise ValueError with one sentence, which names the file that cannot be read.
    """
    given = [(file.name, file.getvalue()) for file in files]
    for name, raw in given:
        try:
            log = curves.read_curve(raw, name)
        except ValueError as error:
            raise ValueError(f"{name} is not read. {error}") from None
    source = given[0][1] if len(given) == 1 else given
    name = given[0][0] if len(given) == 1 else None
    try:
        log = curves.read_curve(source, name)
        curve = curve_text.of_run(log)
        for _, raw in given:
            _refuse_percent(raw.decode("utf-8", "replace"), curve)
        return curve_text.keep(source, name=name), log, curve
    except ValueError as error:
        which = f"{name} is" if name else f"{together.listed([name for name, _ in given])} are"
        raise ValueError(f"{which} not read. {error}") from None


def shorten_paste() -> None:
    """Thin a log that is too long for the link, before it is written there."""
    parameter = "combined_strategy_curve"
    text = st.session_state.get(parameter, "")
    if len(text) <= curve_text.MAX_CHARS:
        return
    try:
        log = curves.read_curve(text)
        curve = curve_text.of_run(log, text)
        _refuse_percent(text, curve)
        shortened = st.session_state[parameter] = curve_text.keep(text)
        st.session_state[SOURCE] = {"name": "", "text": shortened, "notes": curve.notes, "told": log.told}
    except ValueError as error:
        st.session_state[parameter] = ""
        why = f"The {len(text):,} pasted characters are not read, and were taken out of the field. {error}"
        st.session_state[WAITING] = {"why": why}


def file_key() -> str:
    """Return the key of the present list of files."""
    count = st.session_state.get(FILES, 0)
    return controls.key("file") + (f":{count}" if count else "")


def listed() -> bool:
    """Tell whether a file is listed."""
    return bool(st.session_state.get(file_key()))


def upload() -> None:
    """Put what was uploaded into the text field, thinned so that the link can hold it."""
    files = st.session_state.get(file_key())
    st.session_state.pop(WAITING, None)
    if not files:
        return
    try:
        text, log, curve = _read_files(files)
    except ValueError as error:
        st.session_state[WAITING] = {"why": str(error), "file": True}
    else:
        controls.set_values({"curve": text})
        name = together.listed([file.name for file in files])
        st.session_state[SOURCE] = {"name": name, "text": text, "notes": curve.notes, "told": log.told}


def facts_of(given: Given | None) -> dict[str, Fact]:
    """Return what a log says of its run; nothing of a log of several where another run was chosen."""
    if given is None or given.name != given.log.run.name:
        return {}
    source = st.session_state.get(SOURCE, {})  # the file, whose words the link may not hold
    return dict(source["told"] if source.get("text") == present("curve") else given.log.told)


def says(given: Given | None) -> dict[str, Said]:
    """Return what a log says of its run, by field."""
    said = {}
    for name, (value, words) in facts_of(given).items():
        field = FACTS[name]
        text = value if isinstance(value, str) else f"{value:.10g}" if value >= 1 else f"{value:.4g}"
        shown = own_run.CHOSEN[field][text] if field in own_run.CHOSEN else facts.shown(float(text))
        said[field] = Said(text, shown, words)
    return said


def forget_changes(text: str, drawn: bool) -> None:
    """Read another log as it is: what was changed of the one before is not of this one.

    drawn: the fields were on the page before; else a link opens it, which holds what was changed.
    """
    if drawn and text != st.session_state.get(TEXT, text):
        controls.set_values({name: own_run.EXAMPLE[name] for name in CHANGED})
    st.session_state[TEXT] = text


# ------------------------------------------------------------------ on the page


def ask(given: Given | None, wrong: str) -> None:
    """Let a person paste or upload a log, and change what was read from it; say what was wrong with it."""
    controls.long_text(
        "curve", "Curve, as CSV or JSON", max_chars=PASTED, placeholder="epoch,train_loss,val_loss\n1,2.1,2.2\n…"
    )
    # The browser would refuse a file of another kind or size without a word to this page, on which the curve from
    # before would stand for it: so all are taken, and it is the reader who refuses.
    st.file_uploader(
        "or files with it",
        key=file_key(),
        on_change=upload,
        max_upload_size=UPLOADED,
        accept_multiple_files=True,
        help="A console's output, CSV, JSON, a table, event files of TensorBoard. Several files make one log, or "
        "several runs.",
    )
    if wrong:
        st.error(escape.as_markdown(wrong))
    log = given.log if given else _refused()
    if log is None:
        return
    if len(log.runs) > 1:
        groups = stages(log)
        what = "run" if len(groups) == len(log.runs) else "stage" if len(groups) == 1 else "run or stage"
        _choice("run", f"Which {what}", [run.name for run in log.runs])
        for group in groups:
            if len(group) > 1:
                names = [f"“{run.name}”" for run in group]
                st.html(
                    f'<div class="quiet">{html.escape(together.listed(names))} are stages of one run that was resumed: '
                    f"each holds those before it, and {html.escape(names[-1])} is the whole.</div>"
                )
    run = _run_of(log)
    names = [name for name in run.columns if name != run.roles.get("step")]
    if len(names) > 2 or not given:
        left, right = st.columns(2)
        with left:
            _choice("train_column", "Train loss from", names)
        with right:
            _choice("val_column", "Validation loss from", names)
    controls.choice("counts", "Its first column counts", own_run.COUNTS, "read", help="Where it is read wrongly.")


def _refused() -> curves.Log | None:
    """Return the log whose run or columns are refused, so that others can be chosen; None where none can be read."""
    if WAITING in st.session_state or not str(present("curve")).strip():
        return None
    try:
        return curves.read_curve(present("curve"))
    except ValueError:
        return None


def _choice(name: str, label: str, options: list[str]) -> None:
    """Offer what is read, and what else could be."""
    known = [AS_READ, *(option for option in options if option != AS_READ)]
    if st.session_state.get(controls.key(name), AS_READ) not in known:
        st.session_state[controls.key(name)] = AS_READ  # it was of another log
    controls.choice(name, label, known, AS_READ)


def caption(given: Given) -> str:
    """Say what was read, and from which files and columns."""
    source = st.session_state.get(SOURCE, {})
    notes: tuple[str, ...] = given.curve.notes
    whence = ""
    if source.get("text") == present("curve"):
        whence = f"The curve is that of {source['name']}." if source["name"] else ""
        as_read = all(present(name) == own_run.EXAMPLE[name] for name in CHANGED)
        extra = [note for note in source["notes"][1:] if note not in notes] if as_read else []
        if any(note.startswith("Read as ") for note in extra):  # the link's text is CSV, whatever the source was
            notes = tuple(note for note in notes if not note.startswith("Read as "))
        notes = (*notes[:2], *extra, *notes[2:]) if notes[1:] else (*notes, *extra)
    return html.escape(" ".join(filter(None, [whence, *notes])))
