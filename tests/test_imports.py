"""Visitors of a cold start are threads, each of which imports another part at the same moment: none may find a half."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui.pages import TECHNIQUES

import reglab

ROOT = Path(__file__).parent.parent
LIBRARY = (
    "from reglab.engine.train import fit",
    "from reglab import fit, sweep",
    "import reglab.l1",
    "from reglab import experiments",
    "from reglab.strategy import recommend",
    "from reglab.settings import Settings",
    "from reglab import dropout, mistakes",
    "from reglab.datasets import load",
    "import reglab; reglab.sweep",
    "from reglab.engine.run import Run",
)
APP = (
    "from pages.ui import charts",
    "from pages.ui import runs",
    "from pages.ui import effect",
    "from pages.ui import sections",
    "from pages.pictures import l1",
    "from pages.pictures import dropout",
    "from pages.ui.layout import open_page",
    "from pages.ui import panels, scrub",
    "from pages.ui import together",
    "from reglab import fit",
)

AT_ONCE = """
import importlib, json, os, random, sys, threading, time
sys.setswitchinterval(1e-5)

def errors_of(lines, seed, within):
    rng, errors, barrier = random.Random(seed), [], threading.Barrier(len(lines))

    def visit(line, delay):
        barrier.wait()
        time.sleep(delay)
        try:
            exec(line, {})
        except BaseException as error:
            errors.append(f"{line}: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=visit, args=(line, rng.random() * within), daemon=True) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors + [f"{line}: never ended" for line, t in zip(lines, threads) if t.is_alive()]

for number, arguments in enumerate(TIMES):
    if number == 1:
        for name in OTHERS:
            importlib.import_module(name)
    begin, end = os.pipe()
    if not os.fork():
        os.write(end, json.dumps(errors_of(*arguments)).encode())
        os._exit(0)
    os.close(end)
    with os.fdopen(begin) as answer:
        print(answer.read(), flush=True)
    os.wait()
"""


def errors_of(*times, others=("numpy",)):
    """Run lines in a thread each, all within some seconds, in a process of their own; list what went wrong by process.

    times: lines, a seed and the seconds, for each process. The first begins with nothing, all further ones with the
    modules `others`, whose import took most of their time.
    """
    given = f"import sys; sys.path.insert(0, {str(ROOT)!r}); TIMES, OTHERS = {times!r}, {others!r}\n"
    done = subprocess.run([sys.executable, "-c", given + AT_ONCE], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    errors = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(errors) == len(times)
    return errors


@pytest.mark.parametrize("lines", [LIBRARY, APP], ids=["library", "app"])
def test_ten_threads_that_import_at_once_find_whole_modules(lines):
    times = []
    for seed in range(6 if lines is LIBRARY else 3):
        order = list(lines)
        random.Random(seed).shuffle(order)
        times.append((order, seed, 0.05 if seed % 2 else 0.3))
    others = ("numpy",) if lines is LIBRARY else ("streamlit", "altair", "pandas", "pyarrow")
    assert errors_of(*times, others=others) == [[]] * len(times)


PARTED = ("command", "experiments", "export", "logs", "reporting", "strategy")


@pytest.fixture(scope="module")
def errors_of_packages():
    """Import a name of each package and all of its parts at once; list what went wrong by package."""
    times = []
    for package in PARTED:
        parts = sorted(path.stem for path in (ROOT / "reglab" / package).glob("[!_]*.py"))
        name = getattr(reglab, package).__all__[-1]
        lines = [f"from reglab.{package} import {name}", *(f"import reglab.{package}.{part}" for part in parts)]
        times.append((lines, 0, 0.05))
    return dict(zip(PARTED, errors_of(*times), strict=True))


@pytest.mark.parametrize("package", PARTED)
def test_a_package_and_its_parts_can_be_imported_at_once(package, errors_of_packages):
    assert errors_of_packages[package] == []


def test_the_package_names_what_it_offers_and_imports_it_when_asked():
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import reglab; "
        "early = [name for name in sys.modules if name.startswith('reglab.')]; "
        "assert early == [], early; "
        "assert set(reglab.__all__) <= set(dir(reglab)); "
        "assert callable(reglab.sweep) and callable(reglab.fit); "
        "assert reglab.train.fit is reglab.fit; "
        "assert not hasattr(reglab, 'no_such_name')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


CALLED = """
import sys; sys.path.insert(0, {root!r})
{first}
import reglab
for name in {names!r}:
    try:
        getattr(reglab, name)([1.0], 0.5)
    except TypeError as error:
        print(error)
"""


@pytest.mark.parametrize(
    "first", ["", "from reglab.dropout import mask", "from reglab.engine.line import PLACES", "import reglab.mixup"]
)
def test_a_module_that_is_called_says_what_is_meant(first):
    techniques = [page.name for page in TECHNIQUES]
    script = CALLED.format(root=str(ROOT), first=first, names=techniques)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = dict(zip(techniques, done.stdout.splitlines(), strict=True))
    assert said["dropout"] == "reglab.dropout is a module; call reglab.dropout.dropout(x, rate, rng)"
    assert said["mixup"] == "reglab.mixup is a module; call reglab.mixup.mixup(x, y, alpha, rng)"
    assert said["l1"] == "reglab.l1 is a module; call reglab.l1.penalty(w, l1)"
    for name, sentence in said.items():
        assert re.match(rf"reglab\.{name} is a module; call reglab\.{name}\.\w+\(\w", sentence), sentence
