"""What the command is told, and what is said where that makes no sense: one sentence."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, NoReturn

from reglab import checks
from reglab.reporting.known import USUAL
from reglab.reporting.outside import as_ascii, plain
from reglab.reporting.parts import CODE
from reglab.reporting.typed import as_count, as_number, as_shape, as_shares, is_ambiguous
from reglab.settings import OPTIMIZERS, Settings
from reglab.strategy import ARCHITECTURES, PRETRAINED, TASKS

__all__ = ["LEVELS", "OPTIONS", "in_options", "one_line", "read"]

# In this order: an answer fails a level that it is at or beyond. The other diagnoses are at none.
LEVELS = {
    "mild": "mild overfit",
    "strong": "strong overfit",
    "severe": "severe overfit",
    "diverging": "diverging",
}
# What the library calls what an option says.
OPTIONS = {
    "n_train": "--rows",
    "n_classes": "--classes",
    "batch_size": "--batch",
    "n_val": "--val-rows",
    "learning_rate": "--lr",
    "steps": "--steps",
    "constant_loss": "--constant-loss",
    "task": "--task",
    "objective": "--objective",
    "architecture": "--architecture",
    "pretrained": "--pretrained",
    "optimizer": "--optimizer",
    "current": "--current",
    "class_shares": "--class-shares",
    "target_variance": "--target-variance",
    "image_shape": "--image-shape",
    "n_features": "--features",
    "training_mode_loss": "--training-mode",
}
MOST = 10**9  # rows, steps
LONGEST = "1e6"  # seconds between two looks: below it, since a clock of 1e10 waits for none
AT_LEAST = {"n_classes": 2}
CODES = """\
exit codes:
  0  the answer was written, and fails no level
  1  with --fail-on: the diagnosis is at LEVEL or beyond it
  2  an argument makes no sense, or the log cannot be read; one sentence on stderr says why
  with --watch the code is that of the last answer before Ctrl-C; without it Ctrl-C ends with 130

examples:
  reglab diagnose history.csv --rows 5000 --classes 10 --batch 32
  python train.py | reglab diagnose - --rows 5000 --classes 10 --batch 32 --fail-on severe
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Write one sentence, and end."""
        self.exit(2, f"{one_line(f'{self.prog}: {message}; {self.prog} --help says more')}\n")


def one_line(message: str) -> str:
    """Return a message as one harmless line, in characters that stderr can write."""
    line = " ".join(plain(message).split())
    encoding = sys.stderr.encoding or "ascii"
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        line = as_ascii(line)
    return line


def in_options(sentence: str) -> str:
    """Return a sentence with the options of the command in place of the arguments of the library.

    Examples
    --------
    >>> in_options("Say the learning rate (learning_rate): weight decay goes with one over it.")
    'Say the learning rate (--lr): weight decay goes with one over it.'
    """
    names = "|".join(OPTIONS)
    return re.sub(rf"(?<=\()(?:{names})(?=[);])|^(?:{names})(?= must)", lambda match: OPTIONS[match[0]], sentence)


def read(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command is told; write one sentence and end with 2 where it makes no sense.

    Examples
    --------
    >>> options = read(["diagnose", "log.csv", "--rows", "5,000"])
    >>> options.files, options.n_train, options.framework
    (['log.csv'], 5000, 'PyTorch')
    """
    said: list[str] = []  # how something was read that can be read in two ways
    parser = _Parser(prog="reglab", description="Diagnose a training log, and say what regularization to try next.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="diagnose")
    diagnose = commands.add_parser(
        "diagnose",
        help="read a log, and write its diagnosis and the settings to try",
        description=(
            "Read a training log, whatever wrote it, and write its curve, its diagnosis, the settings to try with "
            "their ranges, reasons and sources, the next steps, and the code for a framework."
        ),
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    about = "a log, several that make one, a folder of them, or - for standard input"
    diagnose.add_argument("files", nargs="+", metavar="FILE", help=about)
    run = diagnose.add_argument_group("the run")
    for name, metavar, about in (
        ("n_train", "N", "training rows"),
        ("n_classes", "N", "classes; of regression there are none"),
        ("batch_size", "N", "rows per optimizer step"),
        ("n_val", "N", "validation rows"),
        ("steps", "N", "optimizer steps, where the log does not count them"),
    ):
        run.add_argument(OPTIONS[name], dest=name, metavar=metavar, type=_count(name), help=about)
    for name, metavar, about in (
        ("learning_rate", "RATE", "learning rate"),
        ("constant_loss", "LOSS", "loss of the best constant guess"),
        ("target_variance", "VARIANCE", "of regression's target, in the units of the loss"),
    ):
        run.add_argument(OPTIONS[name], dest=name, metavar=metavar, type=_above_0(OPTIONS[name], said), help=about)
    run.add_argument("--task", choices=TASKS, help=f"kind of data (default: not told, taken as {USUAL['task']})")
    usual = USUAL["architecture"]
    run.add_argument(
        "--architecture", choices=ARCHITECTURES, help=f"of the network (default: not told, taken as {usual})"
    )
    run.add_argument("--objective", choices=("loss", "accuracy"), default="loss", help="what counts (default: loss)")
    run.add_argument(
        "--pretrained", choices=PRETRAINED, help="it started from pretrained weights, all of them trained or adapters"
    )
    run.add_argument(
        "--optimizer", choices=OPTIMIZERS, help=f"of the run (default: what the log says, or {USUAL['optimizer']})"
    )
    about = "the regularization that the run had, such as dropout=0.5,weight_decay=0.01"
    run.add_argument("--current", metavar="NAME=VALUE,...", type=_settings, help=about)
    about = "how large each class is, as shares, percentages or counts, such as 0.9,0.1"
    run.add_argument("--class-shares", metavar="SHARE,...", type=_shares, help=about)
    about = "the training loss was, or was not, measured with dropout or augmentation on (default: not known)"
    run.add_argument("--training-mode", dest="training_mode_loss", action=argparse.BooleanOptionalAction, help=about)
    about = "which run of the log, counted from 1, or its name (default: the last with a curve)"
    run.add_argument("--run", metavar="N", help=about)
    code = diagnose.add_argument_group("the code")
    code.add_argument("--framework", choices=tuple(CODE), default="torch", help="of the code (default: torch)")
    code.add_argument("--features", dest="n_features", metavar="N", type=_count("n_features"), help="inputs of a row")
    about = "height and width of an image, and its channels, such as 28x28 or 32x32x3"
    code.add_argument("--image-shape", metavar="HxW", type=_shape, help=about)
    how = diagnose.add_argument_group("the answer")
    how.add_argument("--json", action="store_true", help="write one JSON object, by reglab/command/schema.json")
    about = f"end with 1 where the diagnosis is at or beyond {', '.join(LEVELS)}"
    how.add_argument("--fail-on", choices=tuple(LEVELS), metavar="LEVEL", help=about)
    how.add_argument("--watch", action="store_true", help="answer again whenever the files change, until Ctrl-C")
    about = "how often --watch looks (default: 2)"
    how.add_argument("--every", metavar="SECONDS", type=_above_0("--every", said, LONGEST), default=2.0, help=about)
    options = parser.parse_args(argv)
    options.framework, options.said = CODE[options.framework], said
    if "-" in options.files and len(options.files) > 1:
        diagnose.error("- is standard input, and stands alone: name the files, or pipe one log")
    if "-" in options.files and options.watch:
        diagnose.error("--watch needs files: standard input is read once, to its end")
    return options


def _count(name: str) -> Callable[[str], int]:
    """Return what reads a whole number as people write it."""
    least = AT_LEAST.get(name, 1)

    def count(text: str) -> int:
        value = as_count(text)
        if value is None or value != int(value) or not least <= value <= MOST:
            asked = f"must be a whole number from {least} to {MOST:,}"
            raise argparse.ArgumentTypeError(f"{asked}, got {checks.shown(text)}")
        return int(value)

    return count


def _above_0(option: str, said: list[str], most: str = "1e12") -> Callable[[str], float]:
    """Return what reads a number above 0, and says in which of two ways it read a comma."""

    def above_0(text: str) -> float:
        value = as_number(text)
        if value is None or not 0 < value < float(most):
            asked = f"must be a number above 0 and below {most}"
            raise argparse.ArgumentTypeError(f"{asked}, got {checks.shown(text)}")
        if is_ambiguous(text):
            decimal = text.strip().replace(",", ".")
            said.append(f"{option} {text.strip()} is read as {value:g}; write {decimal} for a decimal.")
        return value

    return above_0


def _shape(text: str) -> tuple[int, ...]:
    """Read the shape of an image."""
    shape = as_shape(text)
    if shape is None:
        asked = f"must be such as 28x28 or 32x32x3, of at most {checks.ROOM:,} numbers"
        raise argparse.ArgumentTypeError(f"{asked}, got {checks.shown(text)}")
    return shape


def _shares(text: str) -> tuple[float, ...]:
    """Read how large the classes are."""
    shares = as_shares(text)
    if not shares or any(map(math.isnan, shares)):
        raise argparse.ArgumentTypeError(f"must be numbers such as 0.9,0.1, got {checks.shown(text)}")
    return tuple(shares)


def _settings(text: str) -> dict[str, Any]:
    """Read settings as they are written in Python, without quotes; return those that are named."""
    known = {field.name for field in fields(Settings)} - {"learning_rate", "restore_best_weights"}
    values: dict[str, Any] = {}
    for part in text.split(","):
        name, _, value = (each.strip() for each in part.partition("="))
        if name not in known:
            raise argparse.ArgumentTypeError(f"must name {', '.join(sorted(known))}, got {checks.shown(part)}")
        try:
            values[name] = int(value) if name == "patience" else float(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be such as {name}=0.1, got {checks.shown(part)}") from None
    try:
        Settings(**values)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return values
