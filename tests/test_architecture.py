"""What the parts may know of each other, and what importing the library does."""

import ast
import dataclasses
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui import sections
from pages.ui.pages import COMBINED, LINE, TECHNIQUES

from reglab.engine.line import PLACES
from reglab.settings import Settings

ROOT = Path(__file__).parent.parent
FOLDERS = ("", "engine")  # of the library; a module in one of them is named with it, as engine.train
SOURCES = {
    ".".join(path.relative_to(ROOT / "reglab").with_suffix("").parts): path
    for folder in FOLDERS for path in sorted((ROOT / "reglab" / folder).glob("*.py")) if path.stem != "__init__"
}
TOP = {module for module in SOURCES if "." not in module}
PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py")) if path.stem != "__init__"}

# From the ground up: each module may import those above it here, and, techniques apart, those beside it.
LAYERS = {
    "ground": {
        "checks", "settings", "streams", "datasets", "curves", "homotopy", "image_operations",
        "texts", "translation", "text_task",
    },
    "techniques": {page.name for page in TECHNIQUES} & SOURCES.keys(),
    "engine": {module for module in SOURCES if module.startswith("engine.")},
    "questions": {
        "combinations", "experiments", "guidelines", "strategy", "mistakes", "time_saved", "policy_search",
        "invariance", "text_experiments",
    },
    "products": {"export", "benchmark", "speed", "evidence"},
}
ORDER = list(LAYERS)
PROGRAMS = {module for module, path in SOURCES.items() if "__main__" in path.read_text("utf-8")}
EXCEPTED = {("dropout_in_practice", "dropout")}


def module_of(name):
    """Return the module that an import names, or names a part of."""
    parts = name.removeprefix("reglab.").split(".")
    return next((".".join(parts[:n]) for n in (2, 1) if ".".join(parts[:n]) in SOURCES), None)


def layer_of(module):
    found = [number for number, name in enumerate(ORDER) if module in LAYERS[name]]
    assert len(found) == 1, f"reglab/{module}.py belongs in one layer: a technique in the page list, others in LAYERS"
    return found[0]


def imports(path):
    """List every module that a file imports, anywhere in it: `from a.b import c` is "a.b.c"."""
    found = []
    package = [*path.relative_to(ROOT).parent.parts]
    nodes = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if hasattr(node, "lineno"))
    for node in sorted(nodes, key=lambda node: node.lineno):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            found += [".".join([*start, *filter(None, [node.module]), alias.name]) for alias in node.names]
    return found


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


@pytest.mark.parametrize("module", ["__init__", "engine.__init__", *SOURCES])
def test_library_imports_numpy_and_the_standard_library_alone(module):
    for name in imports((ROOT / "reglab").joinpath(*module.split(".")).with_suffix(".py")):
        assert is_stdlib(name) or belongs(name, "numpy") or belongs(name, "reglab"), name
        by_name = module == "__init__" or module in LAYERS["products"]
        assert by_name or not belongs(name, "importlib"), "imports by name hide what is imported"


def test_every_module_has_its_layer_and_every_layer_its_modules():
    assert sorted(module for layer in LAYERS.values() for module in layer) == sorted(SOURCES)


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module):
    for name in imports(SOURCES[module]):
        if not belongs(name, "reglab"):
            continue
        other = module_of(name)
        assert other, f"{module} imports {name}: name the module, reglab.<module>, that it needs"
        if (module, other) in EXCEPTED:
            continue
        assert layer_of(other) <= layer_of(module), f"{module} imports {other}, which is built on it"
        both = layer_of(other) == layer_of(module) == ORDER.index("techniques")
        assert not both, f"{module} imports {other}: techniques do not import each other"


def test_imports_make_no_circle():
    left = {module: {module_of(name) for name in imports(path) if name.startswith("reglab.")} - {None}
            for module, path in SOURCES.items()}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert not left


# --- the app ---


@pytest.mark.parametrize("path", [ROOT / "streamlit_app.py", *PAGES.values()], ids=lambda path: path.stem)
def test_pages_import_streamlit_the_shared_parts_and_the_library_alone(path):
    for name in imports(path):
        allowed = ("streamlit", "pages.ui", "pages.charts", "reglab")
        assert is_stdlib(name) or any(belongs(name, package) for package in allowed), name


@pytest.mark.parametrize("path", [ROOT / "streamlit_app.py", *PAGES.values()], ids=lambda path: path.stem)
def test_pages_set_the_number_of_blas_threads_before_numpy_is_loaded(path):
    first = next(name for name in imports(path) if belongs(name, "pages") or belongs(name, "reglab"))
    assert belongs(first, "pages"), "pages.ui sets OPENBLAS_NUM_THREADS, reglab loads NumPy: pages first"


@pytest.mark.parametrize("path", sorted((ROOT / "pages" / "charts").glob("*.py")), ids=lambda path: path.stem)
def test_charts_know_nothing_of_streamlit_nor_data(path):
    for name in imports(path):
        assert not belongs(name, "streamlit"), name
        assert not any(belongs(name, package) for package in ("numpy", "pandas", "reglab")), name


def test_nothing_but_the_charts_draws():
    for path in [ROOT / "streamlit_app.py", *PAGES.values(), *SOURCES.values()]:
        assert not [name for name in imports(path) if belongs(name, "altair")], path


# --- the map of the app and the map of the code are one ---

ENTRIES = [*TECHNIQUES, COMBINED]
LIBRARY = {"combined_strategy": "strategy"}  # the one page whose module has another name


def test_every_page_is_in_the_page_list():
    assert not PAGES.keys() - {page.name for page in ENTRIES}


@pytest.mark.parametrize("page", ENTRIES, ids=lambda page: page.name)
def test_every_page_has_its_module_charts_test_and_paper(page):
    assert page.papers
    assert all(paper.url.startswith("https://") for paper in page.papers)
    if page.name in PAGES:
        module = LIBRARY.get(page.name, page.name)
        for path in (f"reglab/{module}.py", f"pages/charts/{page.name}.py", f"tests/test_{module}.py"):
            assert (ROOT / path).is_file(), f"pages/{page.name}.py is there without {path}"


IN_TEST_TRAIN = {"engine.step", "engine.evaluate"}  # rooms of the training that is tested as a whole


@pytest.mark.parametrize("module", sorted(SOURCES.keys() - IN_TEST_TRAIN))
def test_every_module_has_its_test(module):
    assert (ROOT / "tests" / f"test_{module.rpartition('.')[2]}.py").is_file()


def called_by(entry):
    """List what an entry of the line calls of the techniques: itself, or what its few lines name."""
    if entry.__module__ != "reglab.engine.line":
        return [entry]
    named = re.findall(r"\b(\w+)\.(_\w+)\(", inspect.getsource(entry))
    return [getattr(importlib.import_module(f"reglab.{module}"), name) for module, name in named]


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


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_readme_has_two_commands_and_ci_runs_the_second():
    run, test = code_blocks("sh")
    assert run.count("\n") == test.count("\n") == 1
    assert run.strip().endswith("streamlit run streamlit_app.py")
    assert test in (ROOT / ".ci" / "run").read_text("utf-8").splitlines(keepends=True)


def test_readme_example_runs(capsys):
    (example,) = code_blocks("python")
    exec(compile(example, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "reglab/data/README.md"])
def test_links_lead_to_files(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).is_file(), target
