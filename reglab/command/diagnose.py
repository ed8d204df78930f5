"""From files to an answer on standard output: once, or again whenever they change."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from reglab.command import arguments
from reglab.command.as_json import as_json
from reglab.logs import Curve, CurveError, Log, read_log
from reglab.logs.facts import STRENGTHS, shown
from reglab.reporting.known import known_of
from reglab.reporting.parts import code_of, parts_of
from reglab.reporting.plot import as_read
from reglab.reporting.runs_compared import compare_runs, stages
from reglab.reporting.terminal import as_text
from reglab.strategy import Advice, recommend

__all__ = ["main"]

TOLD = [name for name in inspect.signature(recommend).parameters if name in arguments.OPTIONS]
MOST_BYTES = 50_000_001  # of standard input: one more than is read of any file, so that it is refused and not cut


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code: 0, 1 where ``--fail-on`` says so, 2 where nothing could be answered.

    Parameters
    ----------
    argv : sequence of str, optional
        By default what the program was called with.
    """
    options = arguments.read(argv)
    try:
        return _watch(options) if options.watch else _once(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads the output has seen enough, as head has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _once(options: argparse.Namespace) -> int:
    """Answer once."""
    try:
        text, code = _answer(options)
    except (ValueError, OSError) as error:
        print(arguments.one_line(f"reglab: {_sentence(error)}"), file=sys.stderr)
        return 2
    sys.stdout.write(text)
    sys.stdout.flush()
    return code


def _watch(options: argparse.Namespace) -> int:
    """Answer whenever what is to be said has changed, till Ctrl-C; return the code of the last answer."""
    seen: Any = None
    said, code = "", 2
    try:
        while True:
            now = [_stamp(Path(name)) for name in options.files]
            if now != seen:
                seen = now
                try:
                    text, code = _answer(options)
                    place = sys.stdout
                except (ValueError, OSError) as error:  # the file may not be there yet, or hold a row too few
                    text, place = arguments.one_line(f"reglab: {_sentence(error)} Waiting for more.") + "\n", sys.stderr
                if text != said:
                    said = text
                    place.write(text)
                    place.flush()
            time.sleep(options.every)
    except KeyboardInterrupt:
        return code


def _answer(options: argparse.Namespace) -> tuple[str, int]:
    """Return what is written, and the exit code."""
    log = read_log(_source(options.files))
    run = _run(log, options.run)
    curve = log.curve(run)
    curve, options = _known(curve, log, options, run)
    advice = _advice(curve, {name: getattr(options, name) for name in TOLD})
    code = code_of(
        options.framework,
        advice,
        curve,
        task=options.task,
        n_classes=options.n_classes or (len(options.class_shares) if options.class_shares else None),
        n_features=options.n_features,
        image_shape=options.image_shape,
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        optimizer=options.optimizer,
        target_variance=options.target_variance,
        architecture=options.architecture,
    )
    curve = as_read(curve, advice)  # of accuracies the lowest is not the best, and none is compared
    compared = compare_runs({name: as_read(each, advice) for name, each in _curves(log).items()}, options.n_val)
    exit_code = int(_fails(advice.diagnosis, options.fail_on))
    if options.json:
        chosen = log.run if run is None else log.runs[run]
        names = [logged.name for logged in log.runs]
        sources = ["standard input" if name == "-" else Path(name).name or name for name in options.files]
        return (
            as_json(advice, curve, code, sources=sources, runs=names, run=chosen.name, compared=compared) + "\n",
            exit_code,
        )
    parts = [
        replace(part, sentences=tuple(map(arguments.in_options, part.sentences)))
        for part in parts_of(advice, curve, code=code, compared=str(compared) if compared else "")
    ]
    width = shutil.get_terminal_size().columns
    text = as_text(parts, width)
    return text if _writes(sys.stdout, text) else as_text(parts, width, ascii_only=True), exit_code


def _known(curve: Curve, log: Log, options: argparse.Namespace, run: int | None) -> tuple[Curve, argparse.Namespace]:
    """Return what is known of the run, told or of the log, and the curve with notes on what was not told.

    Where both say it and differ, what was told is taken, and the notes say so.
    """
    facts = log.told if run is None or log.runs[run] is log.run else {}  # whose facts they are
    columns = (log.run if run is None else log.runs[run]).columns
    known = known_of(vars(options), facts, strengths=options.current, unit=curve.unit, columns=columns)
    option = {**dict.fromkeys(STRENGTHS, "--current"), **arguments.OPTIONS}
    notes = [
        f"{option[name]} was not given: {shown(value)} is taken, of “{words}” in the log."
        for name, (value, words) in known.taken.items()
    ]
    for name, (value, words) in known.against.items():
        given = options.current[name] if name in STRENGTHS else getattr(options, name)
        notes.append(f"{option[name]} {shown(given)} is taken, and the log says {shown(value)}: “{words}”.")
    return curve.but(notes=(*curve.notes, *options.said, *notes, *known.guesses)), argparse.Namespace(**known.values)


def _curves(log: Log) -> dict[str, Curve]:
    """Return the curves of the runs that make one, by name; of a run that was resumed the whole."""
    curves = {}
    for run in (group[-1] for group in stages(log)):
        with contextlib.suppress(CurveError):
            curves[run.name] = log.curve(run.name)
    return curves


def _fails(diagnosis: str, level: str | None) -> bool:
    """Tell whether a diagnosis is at a level, or beyond it."""
    levels = list(arguments.LEVELS)
    return level is not None and diagnosis in [arguments.LEVELS[each] for each in levels[levels.index(level) :]]


def _source(files: Sequence[str]) -> Any:
    """Return what the log is read from."""
    if files == ["-"]:
        return sys.stdin.buffer.read(MOST_BYTES)
    paths = [Path(name) for name in files]
    return paths[0] if len(paths) == 1 else paths


def _run(log: Log, wanted: str | None) -> int | None:
    """Return the place of the run that is asked for; None where none is."""
    names = [run.name for run in log.runs]
    if wanted is None:
        return None
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise CurveError(f"--run must be from 1 to {len(names)}, or one of {', '.join(names[:8])}, got {wanted[:60]}.")


def _advice(curve: Curve, given: Mapping[str, Any]) -> Advice:
    """Return the advice, or raise one sentence that says what the curve is short of."""
    try:
        return recommend(curve=curve, **given)
    except ValueError as error:
        if not str(error).startswith("curve must have the columns"):
            raise
        raise CurveError(curve.notes[-1]) from None  # which says it of the log


def _stamp(path: Path) -> Any:
    """Return what changes when a file does, or one in a folder."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    stamps = []
    for file in paths:
        try:
            stamps.append((str(file), file.stat().st_size, file.stat().st_mtime_ns))
        except OSError:  # not there, or no longer
            stamps.append((str(file), -1, 0))
    return stamps


def _sentence(error: Exception) -> str:
    text = arguments.in_options(str(error))
    return text if text.endswith(".") else f"{text}."


def _writes(stream: TextIO, text: str) -> bool:
    """Tell whether a stream can write a text."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
