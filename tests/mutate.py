"""Change one number, comparison or choice at a time, and see that a test fails: python -m tests.mutate [room ...].

A room is a part of the code whose numbers decide something, with the tests that hold them. Each mutation is made in a
copy of the project, where those tests then run; one that no test notices has survived, and is printed. What is changed:
a whole number by 1, any other number by a quarter, a comparison or a plain condition into its opposite, `and` into
`or`, `min` into `max`, `True` into `False`, the sign of a sum, and the order of two neighbours in a table of functions;
where a bound can be met exactly, also whether it is inside. Docstrings and messages are left alone.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("reglab", "pages", "tests", "pyproject.toml", "README.md", "streamlit_app.py", ".streamlit")
AT_ONCE = int(os.environ.get("MUTATE_AT_ONCE", "2"))

OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


@dataclass(frozen=True)
class Room:
    """A file, the names in it that are mutated (all, if none is named), and the tests of which one has to fail.

    The tests run in this order until one fails, so the quick ones stand first. With `bounds`, each bound is also moved
    into what it was outside of, or out: of counts and the like, which meet it exactly.
    """

    file: str
    names: tuple[str, ...]
    tests: tuple[str, ...]
    bounds: bool = False


ADVISOR = ("tests/test_limits.py", "tests/test_golden_advice.py", "tests/test_judging.py", "tests/test_strategy.py")
ROOMS = {
    "diagnosis": Room("reglab/strategy/diagnosis.py", (), ADVISOR),
    "accuracy": Room("reglab/strategy/accuracies.py", (), ADVISOR),
    "advice": Room(
        "reglab/strategy/advice.py", ("FEW_IMAGES", "_beyond", "_only", "_published", "_next_steps"), ADVISOR
    ),
    "rules": Room("reglab/strategy/rules.py", (), ADVISOR),
    "changes": Room("reglab/strategy/changes.py", (), ADVISOR),
    "reading": Room(
        "reglab/strategy/reading.py",
        (
            *("MAX_ROWS", "USUAL_BATCH", "USUAL_STEPS", "SMOOTHED", "SPIKE", "TINY"),
            *("LATE", "LEARNT", "LOW", "FORGOTTEN", "ALL_BUT"),
            *("_gone", "_with_curve", "_no_guess", "_timed", "_medians", "_lost", "_shares", "_frozen", "_best_apart"),
            *("_late_fall", "_ends"),
        ),
        ADVISOR,
    ),
    "log": Room("reglab/strategy/log.py", (), ADVISOR),
    "scale": Room("reglab/strategy/scale.py", (), ADVISOR),
    "apart": Room("reglab/strategy/apart.py", (), ADVISOR),
    "noise": Room("reglab/strategy/noise.py", (), (*ADVISOR, "reglab/strategy/noise.py")),
    "units": Room("reglab/strategy/units.py", (), ADVISOR),
    "training mode": Room("reglab/strategy/training_mode.py", (), ADVISOR),
    "literature": Room(
        "reglab/strategy/literature.py",
        ("RECIPES",),
        (
            "tests/test_strategy.py::test_published_numbers_change_in_two_places_or_not_at_all",
            "tests/test_strategy.py::test_a_published_row_ends_where_the_next_begins",
        ),
        bounds=True,
    ),
    "plot": Room("reglab/reporting/plot.py", (), ("tests/test_reporting.py", "reglab/reporting")),
    "characters": Room("reglab/reporting/characters.py", (), ("tests/test_reporting.py", "reglab/reporting")),
    "svg": Room("reglab/reporting/svg.py", (), ("tests/test_reporting.py",)),
    "parts": Room("reglab/reporting/parts.py", (), ("tests/test_reporting.py", "tests/test_command.py")),
    "markup": Room("reglab/reporting/markup.py", (), ("tests/test_reporting.py", "reglab/reporting")),
    "terminal": Room(
        "reglab/reporting/terminal.py", (), ("tests/test_reporting.py", "reglab/reporting", "tests/test_command.py")
    ),
    "outside": Room("reglab/reporting/outside.py", (), ("tests/test_reporting.py", "reglab/reporting")),
    "report": Room("reglab/reporting/write.py", (), ("tests/test_reporting.py",)),
    "monitor": Room("reglab/reporting/monitor.py", (), ("tests/test_monitor.py", "reglab/reporting")),
    "arguments": Room("reglab/command/arguments.py", (), ("tests/test_command.py",)),
    "answer": Room("reglab/command/diagnose.py", (), ("tests/test_command.py",)),
    "network": Room("reglab/engine/network.py", ("initialise",), ("tests/test_network.py",), bounds=True),
    "rows": Room("reglab/engine/rows.py", (), ("tests/test_rows.py", "tests/test_train.py"), bounds=True),
    "line": Room("reglab/engine/line.py", (), ("tests/test_line.py", "tests/test_train.py"), bounds=True),
    "jobs": Room(
        "pages/ui/runs.py",
        ("Job", "_job", "_remember", "_forget"),
        (
            "tests/test_runs.py",
            "tests/test_pages.py::test_a_training_that_nobody_watches_is_dropped_and_its_part_is_not_kept",
            "tests/test_pages.py::test_a_training_is_held_between_two_runs_of_the_fragment_that_waits",
            "tests/test_pages.py::test_thirty_visitors_share_one_training",
            "tests/test_pages.py::test_no_more_trainings_at_once_than_cores",
            "tests/test_pages.py::test_a_failed_training_tells_its_error",
        ),
    ),
    "accuracies": Room(
        "reglab/logs/assemble.py",
        ("_as_shares",),
        (
            "tests/test_logs.py::test_accuracies_are_scaled_together_by_what_each_is",
            "tests/test_curves.py::test_accuracies_are_shares",
            "tests/test_curves.py::test_what_makes_no_curve_is_said_in_one_sentence",
        ),
        bounds=True,
    ),
}

# Mutations that change nothing that can be seen, by line and change, and why.
EQUIVALENT = {
    "while left.shape[1] < self.batch: left.shape[1] < self.batch -> left.shape[1] <= self.batch": "the same rows, "
    "drawn one batch earlier",
    "self.left_at = 0.0: 0.0 -> 0.1": "set by who leaves, and read after that",
    "self.started = 0.0: 0.0 -> 0.1": "set by who begins, and read after that",
    "self.fraction = 0.0: 0.0 -> 0.1": "set by who begins, and read after that",
    "self.held_until = 0.0: 0.0 -> 0.1": "the clock is past both",
    "doubts += 2: 2 -> 3": "two doubts make the confidence low, and it goes no lower",
    "doubts += 2 * log.early: 2 -> 3": "the same",
    "return replace(log, said=said, in_steps=False, doubts=doubts + 2, asks=(*log.asks, ask)): 2 -> 3": "the same",
    "scaled: dict[str, Any] = {name: round(value * factor, 6) for name, value in times.items()}: 6 -> 7": "far below "
    "what is shown, and far above what the product errs by",
    'scaled["best_range"] = round(low * factor, 6), round(high * factor, 6): 6 -> 7': "the same",
    "return (np.asarray(at, np.float64) - first) / ((last - first) or 1.0): 1.0 -> 1.25": "what it divides is 0",
    "return (values - self.low) / ((self.high - self.low) or 1.0): 1.0 -> 1.25": "the same",
    "if curve is None or advice is None: curve is None or advice is None -> curve is None and advice is None": "there "
    "are both, or none",
    "TINY = 1e-12: 1e-12 -> 1.25e-12": "no loss is so small, but 0",
    "POINTS = 1000  # of a line: more are not seen: 1000 -> 1001": "they come in pairs",
    "top = max(float(np.max(c, initial=0.0, where=np.isfinite(c))) for c in columns.values()): 0.0 -> 0.1": "it is "
    "held against 1",
    "least = min(float(np.min(c, initial=0.0, where=np.isfinite(c))) for c in columns.values()): 0.0 -> 0.1": "this "
    "against 0",
    'divisor = 100 if any(float(np.nanmax(read[n], initial=0)) > 1 for n in read if n.endswith("accuracy")) else 1: '
    "0 -> 1": "and this against 1",
    "at = int(np.argmax(np.where(seen, val, -1.0))): -1.0 -> -1.25": "both are below all accuracies",
    "HALVINGS = 60: 60 -> 61": "both are beyond the digits of a float",
    "hard = np.where(finite, _hard(np.where(finite, column, 1.0), smoothing, n_classes), column): 1.0 -> 1.25": "what "
    "is made of it is not read",
    "shared = log.constant or 1.0: 1.0 -> 1.25": "all losses are 0, and so are their shares",
}


class Mutations(ast.NodeVisitor):
    """Collect the places of a file that can be mutated, as (line, what, change of the node)."""

    def __init__(self, bounds: bool = False) -> None:
        self.bounds = bounds
        self.places: list[tuple[ast.AST, str]] = []

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool | int | float):
            self.places.append((node, "constant"))

    def visit_Compare(self, node: ast.Compare) -> None:
        if type(node.ops[0]) in OPPOSITES:
            self.places.append((node, "comparison"))
        if self.bounds and type(node.ops[0]) in BOUNDS:
            self.places.append((node, "bound"))
        self.generic_visit(node)

    def visit_If(self, node: ast.If | ast.IfExp) -> None:
        if isinstance(node.test, ast.Name | ast.Attribute | ast.Call | ast.UnaryOp):
            self.places.append((node.test, "condition"))
        self.generic_visit(node)

    visit_IfExp = visit_If

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.places.append((node, "and or"))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add | ast.Sub) and not _is_text(node):
            self.places.append((node, "sign"))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            self.places.append((node, "min max"))
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if all(isinstance(value, ast.Name | ast.Attribute) for value in node.values):
            self.places += [(node, f"order {at}") for at in range(len(node.keys) - 1)]
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:  # not its decorators: what is frozen stays so
            self.visit(statement)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave what is written for a person alone."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave the sentence of an error alone; whether it is raised is the comparison before it."""

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg != "strict":  # what is never of two lengths is checked all the same
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Constant):
            self.visit(node.slice)


def _is_text(node: ast.AST) -> bool:
    texts = (n for n in ast.walk(node) if isinstance(n, ast.JoinedStr) or isinstance(getattr(n, "value", None), str))
    return next(texts, None) is not None


def changed(node: ast.AST, what: str) -> ast.AST:
    """Return the mutated node."""
    new = ast.parse(ast.unparse(node), mode="eval").body
    if what == "condition":
        return ast.UnaryOp(ast.Not(), new)
    if isinstance(new, ast.UnaryOp):
        new = new.operand
    if isinstance(new, ast.Constant):
        value = new.value
        if isinstance(value, bool):
            new.value = not value
        else:
            new.value = value + 1 if isinstance(value, int) else value * 1.25 or 0.1
    elif isinstance(new, ast.Compare):
        new.ops[0] = (BOUNDS if what == "bound" else OPPOSITES)[type(new.ops[0])]()
    elif isinstance(new, ast.BoolOp):
        new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
    elif isinstance(new, ast.BinOp):
        new.op = ast.Sub() if isinstance(new.op, ast.Add) else ast.Add()
    elif isinstance(new, ast.Dict):
        at = int(what.removeprefix("order "))
        for row in (new.keys, new.values):
            row[at : at + 2] = reversed(row[at : at + 2])
    elif isinstance(new, ast.Call):
        assert isinstance(new.func, ast.Name)
        new.func.id = "max" if new.func.id == "min" else "min"
    return new


def mutants(room: Room) -> list[tuple[int, str, str]]:
    """Return (line, what was changed into what, the whole file) for each mutation of a room."""
    source = (ROOT / room.file).read_text("utf-8")
    lines = source.splitlines(keepends=True)
    finder, missing = Mutations(room.bounds), set(room.names)
    for statement in ast.parse(source).body:
        targets = getattr(statement, "targets", [getattr(statement, "target", statement)])
        written = [node for target in targets if isinstance(target, ast.expr) for node in ast.walk(target)]
        names = {getattr(statement, "name", "")} | {node.id for node in written if isinstance(node, ast.Name)}
        missing -= names
        if not room.names or names & set(room.names):
            finder.visit(statement)
    if missing:
        raise ValueError(f"a room of {room.file} must name what stands there, got {', '.join(sorted(missing))}")
    made = []
    for node, what in finder.places:
        first, last = node.lineno - 1, node.end_lineno - 1
        before = lines[first].encode()[: node.col_offset].decode()
        after = lines[last].encode()[node.end_col_offset :].decode()
        new = ast.unparse(changed(node, what))
        text = "".join([*lines[:first], before, f"({new})" if what != "constant" else new, after, *lines[last + 1 :]])
        change = f"{ast.unparse(node)} -> {new}"
        if f"{lines[first].strip().rstrip(':')}: {change}" not in EQUIVALENT:
            made.append((node.lineno, change, text))
    return made


def survives(room: Room, text: str, copy: Path) -> bool:
    """Return whether the room's tests pass with the file's text in a copy of the project."""
    file = copy / room.file
    was = file.read_bytes()
    file.write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-xq",
        "--assert=plain",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        *room.tests,
    ]
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_bytes(was)
    return done.returncode == 0


def run(names: list[str]) -> int:
    """Mutate the rooms; print what survived; return how many did."""
    copies: SimpleQueue[Path] = SimpleQueue()
    survivors = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(AT_ONCE):
            copy = Path(scratch) / str(number)
            copy.mkdir()
            for name in COPIED:
                (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
            copies.put(copy)

        def survives_in_copy(room: Room, text: str) -> bool:
            copy = copies.get()
            try:
                return survives(room, text, copy)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name in names or list(ROOMS):
                room = ROOMS[name]
                made = mutants(room)
                if not survives_in_copy(room, (ROOT / room.file).read_text("utf-8")):
                    raise RuntimeError(f"the tests of the room {name} must pass before anything is mutated")
                alive = pool.map(lambda mutant, room=room: survives_in_copy(room, mutant[2]), made)
                left = 0
                for (line, what, _), lives in zip(made, alive, strict=True):
                    if lives:
                        print(f"  survived: {room.file}:{line}: {what}", flush=True)
                        left += 1
                print(f"{name}: {len(made) - left} of {len(made)} mutations fail a test", flush=True)
                survivors += left
    return survivors


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]) > 0)
