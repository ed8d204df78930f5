"""What the parts may know of each other, and what importing the library does."""

import ast
import dataclasses
import doctest
import functools
import importlib
import inspect
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui import sections
from pages.ui.pages import ALL_TECHNIQUES, COMBINED, LINE, TECHNIQUES, YOUR_DATA

from reglab import command
from reglab.engine.line import PLACES
from reglab.settings import Settings
from tests import mutate

ROOT = Path(__file__).parent.parent
KERAS = ROOT / "tests" / "data" / "logs" / "keras_csvlogger.csv"
FOLDERS = ("", *sorted(path.parent.name for path in (ROOT / "reglab").glob("*/__init__.py")))
# A module in a folder is named with it, as engine.train, and the folder itself as engine.
SOURCES = {
    ".".join(path.relative_to(ROOT / "reglab").with_suffix("").parts).removesuffix(".__init__"): path
    for folder in FOLDERS
    for path in sorted((ROOT / "reglab" / folder).glob("*.py"))
    if folder or path.stem != "__init__"
}
TOP = {module for module in SOURCES if "." not in module}
PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py")) if path.stem != "__init__"}

# From the ground up: each room may import those before it here, and, techniques apart, what stands in the same room.
# A folder is a room; what stands in none is a technique if it has a page, and else the ground.
ROOMS = (
    "foundation",
    "own_data",
    "ground",
    "logs",
    "solvers",
    "text",
    "techniques",
    "engine",
    "strategy",
    "experiments",
    "export",
    "reporting",
    "command",
    "benchmark",
)
# What is below the data sets, which stand on the ground; a name of before that offers what stands in a folder; and the
# program that python -m reglab runs.
ELSEWHERE = {
    "checks": "foundation",
    "on_demand": "foundation",
    "streams": "foundation",
    "summary": "foundation",
    "curves": "logs",
    "__main__": "command",
}
PROGRAMS = {module for module, path in SOURCES.items() if "__main__" in path.read_text("utf-8")}
EXCEPTED = {("dropout_in_practice", "dropout")}


def module_of(name):
    """Return the module that an import names, or names a part of."""
    parts = name.removeprefix("reglab.").split(".")
    return next((".".join(parts[:n]) for n in (2, 1) if ".".join(parts[:n]) in SOURCES), None)


def room_of(module):
    """Return the place of a module's room in the order of the rooms."""
    folder = module.partition(".")[0]
    technique = folder in {page.name for page in TECHNIQUES}
    inside = folder if folder in FOLDERS else "techniques" if technique else ELSEWHERE.get(folder, "ground")
    return ROOMS.index(inside)


@functools.cache
def parsed(path):
    """Return a file's syntax tree: most tests here read most files."""
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def imports(path):
    """List every module that a file imports, anywhere in it: `from a.b import c` is "a.b.c"."""
    names = []
    package = [*path.relative_to(ROOT).parent.parts]
    nodes = (node for node in ast.walk(parsed(path)) if isinstance(node, (ast.Import, ast.ImportFrom)))
    for node in sorted(nodes, key=lambda node: node.lineno):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            names += [".".join([*start, *filter(None, [node.module]), alias.name]) for alias in node.names]
    return tuple(names)


def belongs(module, package):
    return module == package or module.startswith(package + ".")


def is_stdlib(module):
    return module.partition(".")[0] in sys.stdlib_module_names


# --- the library ---

ON_IMPORT = """
import json, os, random, sys, warnings
import numpy as np
import numpy.random, numpy.linalg, numpy.typing  # so that what NumPy does on its own import is not counted
before = (dict(os.environ), random.getstate(), repr(np.random.get_state()), repr(np.geterr()), np.get_printoptions(),
          list(warnings.filters), list(sys.path), sys.getrecursionlimit())
known, acts = set(sys.modules), []

def watch(event, details):
    if event == "open":
        path, mode, flags = details
        writes = bool(set(mode or "") & set("wax+")) or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if writes or not str(path).endswith((".py", ".pyc", ".so", ".pyd")):
            acts.append(f"open {path}")
    elif event.startswith(("socket.", "subprocess.", "shutil.", "tempfile.", "os.mkdir", "os.remove", "os.rename",
                           "os.system", "os.putenv")):
        acts.append(event)

sys.addaudithook(watch)
import reglab
started = [name for name in PROGRAMS if f"reglab.{name}" in sys.modules]
missing = [name for name in (*MODULES, *reglab.__all__) if not hasattr(reglab, name)]
acts = list(acts)
after = (dict(os.environ), random.getstate(), repr(np.random.get_state()), repr(np.geterr()), np.get_printoptions(),
         list(warnings.filters), list(sys.path), sys.getrecursionlimit())
names = ("os.environ", "random", "numpy.random", "numpy.seterr", "printoptions", "warnings", "sys.path", "recursion")
strangers = {name.partition(".")[0] for name in set(sys.modules) - known} - set(sys.stdlib_module_names)
print(json.dumps({"strangers": sorted(strangers), "missing": missing, "started": started, "acts": acts,
                  "changed": [name for name, a, b in zip(names, before, after) if a != b]}))
"""


@pytest.fixture(scope="module")
def on_import(tmp_path_factory):
    """Report what `import reglab` does in a fresh interpreter, in which every warning is an error."""
    given = f"PROGRAMS = {sorted(PROGRAMS)!r}; MODULES = {sorted(TOP - PROGRAMS)!r}\n"
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + given + ON_IMPORT
    command = [sys.executable, "-B", "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path_factory.mktemp("empty"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_import_loads_numpy_and_the_standard_library_alone(on_import):
    assert on_import["strangers"] == ["reglab"]


def test_import_makes_every_module_reachable(on_import):
    assert on_import["missing"] == []


def test_import_leaves_programs_alone(on_import):
    assert on_import["started"] == []  # else python -m reglab.<program> warns that it is there twice


def test_import_changes_nothing_and_reads_no_data(on_import):
    assert on_import["changed"] == []
    assert on_import["acts"] == []


@pytest.mark.parametrize("module", ["__init__", *SOURCES])
def test_library_imports_numpy_and_the_standard_library_alone(module):
    for name in imports(SOURCES.get(module, ROOT / "reglab" / "__init__.py")):
        assert is_stdlib(name) or belongs(name, "numpy") or belongs(name, "reglab"), name
        by_name = module in ("__init__", "on_demand") or room_of(module) >= ROOMS.index("export")
        assert by_name or not belongs(name, "importlib"), "imports by name hide what is imported"


def test_every_folder_is_a_room_and_every_room_has_its_modules():
    assert {room_of(module) for module in SOURCES} == set(range(len(ROOMS)))


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module):
    for name in imports(SOURCES[module]):
        if not belongs(name, "reglab"):
            continue
        other = module_of(name)
        assert other, f"{module} imports {name}: name the module, reglab.<module>, that it needs"
        if (module, other) in EXCEPTED:
            continue
        assert room_of(other) <= room_of(module), f"{module} imports {other}, which is built on it"
        both = room_of(other) == room_of(module) == ROOMS.index("techniques")
        assert not both, f"{module} imports {other}: techniques do not import each other"


def test_imports_make_no_circle():
    left = {
        module: {module_of(name) for name in imports(path) if name.startswith("reglab.")} - {None}
        for module, path in SOURCES.items()
    }
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert not left


def at_run_time(nodes):
    """Yield the import statements among the statements of a module, but for those that are for type checkers alone."""
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from at_run_time(node.orelse)
        else:
            yield from at_run_time(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))


PACKAGES = [path for folder in ("reglab", "pages") for path in sorted((ROOT / folder).rglob("__init__.py"))]


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_no_package_imports_its_parts(path):
    package = ".".join(path.parent.relative_to(ROOT).parts)
    for node in at_run_time(parsed(path).body):
        name = node.names[0].name if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module or ''}"
        part = name.startswith((".", f"{package}.")) and name != "reglab.on_demand"
        assert not part, f"{package} imports {name}: two threads that enter here and there meet a half-made module"


@functools.cache
def imported_by_others():
    """List what any file of the library or of the app imports by name from each module of the library."""
    names = {module: set() for module in SOURCES}
    for path in [*SOURCES.values(), *(ROOT / "pages").rglob("*.py"), ROOT / "streamlit_app.py"]:
        for name in imports(path):
            module = module_of(name) if belongs(name, "reglab") else None
            rest = name.removeprefix(f"reglab.{module}").removeprefix(".")
            if module and rest and not rest.startswith("_"):
                names[module].add(rest)
    return names


def kind(name):
    """Return where a name belongs in a list of names: constants, then classes, then functions, each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("module", SOURCES)
def test_all_lists_what_is_public(module):
    home = importlib.import_module(f"reglab.{module}")
    body = parsed(SOURCES[module]).body
    defined = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    public = {name for name in defined if not name.startswith("_")} | imported_by_others()[module]
    listed = home.__all__
    assert public <= set(listed)
    there = {name for name in listed if hasattr(home, name) or f"{module}.{name}" in SOURCES}  # a folder's modules
    assert set(listed) == {name for name in there if not name.startswith("_")}
    assert listed == sorted(set(listed), key=kind)


# --- the app ---


@pytest.mark.parametrize("path", [ROOT / "streamlit_app.py", *PAGES.values()], ids=lambda path: path.stem)
def test_pages_import_streamlit_the_shared_parts_and_the_library_alone(path):
    for name in imports(path):
        allowed = ("streamlit", "pages.ui", "pages.pictures", "reglab")
        assert is_stdlib(name) or any(belongs(name, package) for package in allowed), name


@pytest.mark.parametrize("path", [ROOT / "streamlit_app.py", *PAGES.values()], ids=lambda path: path.stem)
def test_pages_set_the_number_of_blas_threads_before_numpy_is_loaded(path):
    first = next(name for name in imports(path) if belongs(name, "pages") or belongs(name, "reglab"))
    assert belongs(first, "pages"), "pages.ui sets OPENBLAS_NUM_THREADS, reglab loads NumPy: pages first"


@pytest.mark.parametrize("path", sorted((ROOT / "pages" / "pictures").glob("*.py")), ids=lambda path: path.stem)
def test_pictures_are_of_what_the_library_computed(path):
    for name in imports(path):
        allowed = ("altair", "pages.ui", "reglab")
        assert is_stdlib(name) or any(belongs(name, package) for package in allowed), name
        assert not belongs(name, "pages.ui.controls"), "what a click sets follows from a picture's levels"
    first = next(name for name in imports(path) if belongs(name, "pages") or belongs(name, "reglab"))
    assert belongs(first, "pages"), "pages.ui sets OPENBLAS_NUM_THREADS, reglab loads NumPy: pages first"


def test_nothing_but_the_charts_draws():
    for path in [ROOT / "streamlit_app.py", *PAGES.values(), *SOURCES.values()]:
        assert not [name for name in imports(path) if belongs(name, "altair")], path


def guessed_channels(tree):
    """Yield the line of each channel for whose class Altair would search among all of its six hundred."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    named = {
        name: [call for call in calls if ast.unparse(call.func) == f"alt.{name}"] for name in ("condition", "value")
    }
    in_conditions = {id(part) for condition in named["condition"] for part in ast.walk(condition)}
    yield from (call.lineno for call in named["value"] if id(call) not in in_conditions)
    for value in (keyword.value for call in calls if call.func.attr == "encode" for keyword in call.keywords):
        each = value.elts if isinstance(value, ast.List) else [value]
        yield from (part.lineno for part in each if isinstance(part, ast.Constant))


@pytest.mark.parametrize(
    "path",
    [path for folder in ("pictures", "ui") for path in sorted((ROOT / "pages" / folder).glob("*.py"))],
    ids=lambda path: path.stem,
)
def test_channels_are_named_and_not_guessed(path):
    """Each guess takes Altair five milliseconds, and a visitor waits for a picture that has many."""
    assert list(guessed_channels(parsed(path))) == []


def test_a_guessed_channel_is_seen():
    code = 'rows.encode(x, text="text:N", tooltip=["way:N", alt.Tooltip("x")], color=alt.value("red"))'
    assert len(list(guessed_channels(ast.parse(code)))) == 3
    sure = 'rows.encode(x, text=alt.Text("text:N"), color=alt.condition(dark, alt.value("white"), alt.value("black")))'
    assert not list(guessed_channels(ast.parse(sure)))


# --- the map of the app and the map of the code are one ---

ENTRIES = [*TECHNIQUES, ALL_TECHNIQUES, COMBINED, YOUR_DATA]
# The pages whose modules have another name, and are folders.
LIBRARY = {
    "all_techniques": "experiments.all_techniques",
    "combined_strategy": "strategy",
    "your_data": "own_data",
}


def test_every_page_is_in_the_page_list():
    assert not PAGES.keys() - {page.name for page in ENTRIES}


def imported_by_page(name):
    """List what a page imports, and what the shared parts import that it names: one of them may draw for it."""
    direct = imports(PAGES[name])
    parts = {ROOT / f"pages/ui/{each.split('.')[2]}.py" for each in direct if each.startswith("pages.ui.")}
    return [*direct, *(each for part in sorted(parts) for each in imports(part))]


@pytest.mark.parametrize("page", ENTRIES, ids=lambda page: page.name)
def test_every_page_has_its_module_pictures_test_and_paper(page):
    assert page.papers
    assert all(paper.url.startswith("https://") for paper in page.papers)
    if page.name in PAGES:
        module = LIBRARY.get(page.name, page.name)
        assert module in SOURCES, f"pages/{page.name}.py is there without reglab/{module}.py"
        assert (ROOT / f"tests/test_{module.rpartition('.')[2]}.py").is_file(), (
            f"pages/{page.name}.py is there without its test"
        )
        there = (ROOT / f"pages/pictures/{page.name}.py").is_file()
        drawn = any(belongs(name, f"pages.pictures.{page.name}") for name in imported_by_page(page.name))
        assert there == drawn, f"pages/{page.name}.py and pages/pictures/{page.name}.py: one is there without the other"


@pytest.mark.parametrize("page", ENTRIES, ids=lambda page: page.name)
def test_every_place_for_lessons_is_filled(page):
    nodes = ast.walk(parsed(PAGES[page.name]))
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    if page in TECHNIQUES:
        assert called & {"lessons", "place_lessons"}, f"pages/{page.name}.py must call controls.lessons"
    assert ("place_lessons" in called) == ("draw_lessons" in called), (
        f"pages/{page.name}.py must call controls.place_lessons and, in its fragment, controls.draw_lessons; "
        "without a fragment, controls.lessons"
    )


TESTED_IN = {
    "bundled": "datasets",
    "on_demand": "imports",
    **dict.fromkeys(("own_data.arrays", "own_data.findings", "own_data.split", "own_data.targets"), "own_arrays"),
    **dict.fromkeys(("own_data.archive", "own_data.images"), "own_images"),
    **{f"own_data.{module}": "own_tables" for module in ("columns", "encoding", "read_table", "table")},
    "engine.load": "run",
    "engine.saved": "run",
    "engine.step": "train",
    "engine.evaluate": "train",
    "benchmark.__main__": "benchmark",
    "export.writer": "export",
    "logs": "logs",
    **{module: "logs" for module in SOURCES if module.startswith("logs.")},
    **{module: "reporting" for module in SOURCES if module.startswith("reporting.")},
    "reporting.monitor": "monitor",
    **{module: "command" for module in SOURCES if module.startswith("command.")},
    "__main__": "command",
    **{module: "strategy" for module in SOURCES if module.startswith("strategy.") and module != "strategy.guidelines"},
    **{f"experiments.{module}": "experiments" for module in ("shared", *(page.name for page in TECHNIQUES))},
}


@pytest.mark.parametrize("module", sorted(module for module in SOURCES if SOURCES[module].stem != "__init__"))
def test_every_module_has_its_test(module):
    name = TESTED_IN.get(module, module.rpartition(".")[2])
    assert (ROOT / "tests" / f"test_{name}.py").is_file()


def called_by(entry):
    """List what an entry of the line calls of the techniques: itself, or what its few lines name."""
    if entry.__module__ != "reglab.engine.line":
        return [entry]
    named = re.findall(r"\b(\w+)\.(_\w+)\(", inspect.getsource(entry))
    return [getattr(importlib.import_module(f"reglab.{module}"), name) for module, name in named]


def test_every_room_that_is_mutated_has_the_names_and_tests_that_it_names():
    for room in mutate.ROOMS.values():
        assert mutate.mutants(room)
        for path, _, name in (test.partition("::") for test in room.tests):
            assert (ROOT / path).exists()
            assert not name or f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), name


def test_every_mutation_that_is_said_to_change_nothing_is_one_of_a_room():
    files = {room.file for room in mutate.ROOMS.values()}
    lines = {line.strip().rstrip(":") for file in files for line in (ROOT / file).read_text("utf-8").splitlines()}
    for change in mutate.EQUIVALENT:
        assert [line for line in lines if change.startswith(f"{line}: ")], change


def test_the_line_of_the_app_is_the_line_of_the_trainer():
    assert list(PLACES) == [place for place, _ in LINE]
    for place, labelled in LINE:
        shown = {name for name, _ in labelled}
        called = {function.__module__ for entry in PLACES[place].values() for function in called_by(entry)}
        assert not called - {f"reglab.{name}" for name in shown}, f"acts at {place} and is not shown there"
        assert shown == {page.name for page in TECHNIQUES if place in page.places}


def test_the_code_that_is_shown_is_the_code_that_trains(monkeypatch):
    shown = []
    monkeypatch.setattr(sections, "closed", lambda tab: False)
    monkeypatch.setattr(sections.st, "code", lambda text, language: shown.append(text))
    for entry in (entry for place in PLACES.values() for entry in place.values()):
        for trains in called_by(entry):
            public = getattr(sys.modules[trains.__module__], trains.__name__.removeprefix("_"))
            sections.code(public)
            assert shown[-1] == inspect.getsource(trains).rstrip()
            assert inspect.getsource(public).rstrip() in shown


def test_every_strength_has_its_place():
    acting = {name for functions in PLACES.values() for name in functions}
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert fields - acting == {"min_delta", "restore_best_weights", "momentum", "switch_prob"}
    assert not acting - fields


# --- the project ---

TEXTS = (".py", ".md", ".toml", ".txt", ".json", ".css", ".js", ".html", ".yml", ".svg", ".csv", "run", ".gitignore")


def project_files():
    hidden = {".ci", ".github", ".streamlit", ".gitignore"}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        ours = all((not part.startswith(".") or part in hidden) and part != "__pycache__" for part in parts)
        if ours and parts[0] not in ("build", "dist") and path.is_file() and path.name.endswith(TEXTS):
            yield path


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(r"(?<![\w.])/(work|tmp|root|home|Users|opt|mnt)/|[A-Z]:\\Users")
    paths = list(project_files())
    assert ROOT / ".ci" / "run" in paths
    for path in paths:
        assert not place.search(path.read_text("utf-8")), path


# Words that may hold anything, and where one has its meaning of CONTRIBUTING's vocabulary, by the class or function.
SAY_NOTHING = {"found", "kept", "one", "own", "told"}
ONE_MEANING = {"Run.kept", "TextRun.kept", "Log.told"}


def names_given(tree, inside=""):
    """Yield every name that code or its doctests give, as (line, class or function that it stands in, name)."""
    for node in ast.iter_child_nodes(tree):
        name = getattr(node, "name", None)
        names = [name] if isinstance(name, str) else []  # of a function, a class, a pattern or an exception
        if isinstance(node, ast.alias):
            names = [node.asname or node.name]
        elif isinstance(node, ast.arg):
            names = [node.arg]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names = [node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names = [node.attr]
        line = getattr(node, "lineno", 0)
        yield from ((line, inside, name) for name in names)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            code = "".join(part.source for part in doctest.DocTestParser().get_examples(ast.get_docstring(node) or ""))
            yield from ((line, name, example) for _, _, example in names_given(ast.parse(code)))
        yield from names_given(node, name if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else inside)


def test_every_way_to_give_a_name_is_seen():
    code = """
import a as found
def told(one, *own, kept=0):
    '''Say it.

    >>> inner = [each for each in "ab"]
    '''
    for x, (y, z) in w: q.v = lambda r: (s := r)
    with open() as t: u: int = 1
    try: pass
    except E as m: pass
class K:
    f: int
"""
    given = {(inside, name) for _, inside, name in names_given(ast.parse(code))}
    local = (*"xyzrstum", "v", "one", "own", "kept", "inner", "each")
    assert given == {("", "found"), ("", "told"), ("", "K"), ("K", "f"), *(("told", name) for name in local)}


@pytest.mark.parametrize("folder", ["reglab", "pages", "tests"])
def test_names_say_what_they_hold(folder):
    rows = [row for row in (ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines() if row.startswith("| ")]
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert len(paths) > 30
    for path in paths:
        assert path.stem not in SAY_NOTHING, f"{path}: the file's name may mean anything, name it by what it holds"
        for line, inside, name in names_given(parsed(path)):
            vague = name in SAY_NOTHING and f"{inside}.{name}" not in ONE_MEANING
            assert not vague, (
                f"{path}:{line}: {name!r} may hold anything: name it by what it holds (CONTRIBUTING, Words)"
            )
    for meant in ONE_MEANING:
        name = meant.partition(".")[2]
        assert sum(row.startswith(f"| {name} |") for row in rows) == 1, f"{name!r} has no one meaning in CONTRIBUTING"


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_readme_has_two_commands_and_ci_runs_the_second():
    run, test = code_blocks("sh")
    assert run.count("\n") == test.count("\n") == 1
    assert run.strip().endswith("streamlit run streamlit_app.py")
    assert test in (ROOT / ".ci" / "run").read_text("utf-8").splitlines(keepends=True)


def examples():
    """Return the README's examples of Python; the second goes on from the first."""
    first, goes_on, *others = code_blocks("python")
    return [first + goes_on, *others]


@pytest.mark.parametrize(
    ("example", "lines"), list(zip(examples(), (18, 3, 3), strict=True)), ids=["own data", "train", "monitor"]
)
def test_readme_examples_run(capsys, example, lines):
    exec(compile(example, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == lines


def test_readme_commands_run(monkeypatch):
    """Run each line as it stands, but for what would not end."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(KERAS.read_bytes())))
    (block,) = code_blocks("console")
    for line in block.splitlines():
        program, *words = line.removeprefix("$ ").rpartition("| ")[2].split()
        assert program == "reglab"
        argv = [str(KERAS) if word.endswith(".csv") else word for word in words if word != "--watch"]
        assert command.main(argv) in (0, 1)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "reglab/data/README.md"])
def test_links_lead_to_files(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).is_file(), target
