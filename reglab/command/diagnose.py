"""From files to an answer on standard output: once, or again whenever they change."""

from __future__ import annotations

import argparse
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
from reglab.reporting.parts import code_of, parts_of
from reglab.reporting.terminal import as_text
from reglab.settings import Settings
from reglab.strategy import Advice, recommend

__all__ = ["main"]

TOLD = [name for name in inspect.signature(recommend).parameters if name in arguments.OPTIONS]
USUAL_OPTIMIZER = "adamw"  # where neither an option nor the log says it
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
    if run is None or log.runs[run] is log.run:  # whose facts they are
        curve, options = _with_facts(curve, log, options)
    options.optimizer = options.optimizer or USUAL_OPTIMIZER
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
    )
    exit_code = int(_fails(advice.diagnosis, options.fail_on))
    if options.json:
        chosen = log.run if run is None else log.runs[run]
        names = [logged.name for logged in log.runs]
        sources = ["standard input" if name == "-" else Path(name).name or name for name in options.files]
        return as_json(advice, curve, code, sources=sources, runs=names, run=chosen.name) + "\n", exit_code
    parts = [
        replace(part, sentences=tuple(map(arguments.in_options, part.sentences)))
        for part in parts_of(advice, curve, code=code)
    ]
    width = shutil.get_terminal_size().columns
    text = as_text(parts, width)
    return text if _writes(sys.stdout, text) else as_text(parts, width, ascii_only=True), exit_code


def _with_facts(curve: Curve, log: Log, options: argparse.Namespace) -> tuple[Curve, argparse.Namespace]:
    """Return what was told, filled by what the log says where the option was not given, and the curve that notes it.

    Where both are there and differ, what was told is taken, and the notes say so.
    """
    facts = dict(log.facts)
    if options.constant_loss or options.target_variance or options.class_shares:  # what is predicted was told otherwise
        facts.pop("n_classes", None)
    had: dict[str, Any] = {name: value for name, value in facts.items() if name in STRENGTHS}
    missing: dict[str, Any] = {n: value for n, value in facts.items() if n not in had and getattr(options, n) is None}
    taken = {**missing, **(had if options.current is None else {})}
    option = {**dict.fromkeys(had, "--current"), **arguments.OPTIONS}
    notes = [
        f"{option[name]} was not given: {shown(value)} is taken, of “{log.told[name][1]}” in the log."
        for name, value in taken.items()
    ]
    notes += [
        f"{option[name]} {shown(getattr(options, name))} is taken, and the log says {shown(value)}: "
        f"“{log.told[name][1]}”."
        for name, value in facts.items()
        if name not in had and name not in missing and getattr(options, name) != value
    ]
    if had and options.current is None:
        missing["current"] = Settings(**had)
    return curve.but(notes=(*curve.notes, *notes)), argparse.Namespace(**{**vars(options), **missing})


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
