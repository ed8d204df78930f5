"""Visitors of a cold start are threads, each of which imports another part at the same moment: none may find a half."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARY = (
    "from reglab.engine.train import fit", "from reglab import fit, sweep", "import reglab.l1",
    "from reglab import experiments", "from reglab.strategy import recommend", "from reglab.settings import Settings",
    "from reglab import dropout, mistakes", "from reglab.datasets import load", "import reglab; reglab.sweep",
    "from reglab.engine.run import Run",
)  # fmt: skip
APP = (
    "from pages.ui import charts", "from pages.ui import runs", "from pages.ui import effect",
    "from pages.ui import sections", "from pages.charts import l1", "from pages.charts import dropout",
    "from pages.ui.layout import open_page", "from pages.ui import panels, scrub", "from pages.ui import together",
    "from reglab import fit",
)  # fmt: skip

AT_ONCE = """
import json, os, random, sys, threading, time
sys.setswitchinterval(1e-5)
rng, errors, barrier = random.Random(SEED), [], threading.Barrier(len(LINES))

def visit(line, delay):
    barrier.wait()
    time.sleep(delay)
    try:
        exec(line, {})
    except BaseException as error:
        errors.append(f"{line}: {type(error).__name__}: {error}")

threads = [threading.Thread(target=visit, args=(line, rng.random() * 0.3), daemon=True) for line in LINES]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
print(json.dumps(errors + [f"{line}: never ended" for line, t in zip(LINES, threads) if t.is_alive()]), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("lines", [LIBRARY, APP], ids=["library", "app"])
def test_ten_threads_that_import_at_once_find_whole_modules(lines):
    starts = 8 if lines is LIBRARY else 3  # each in a fresh interpreter, in another order
    for seed in range(starts):
        order = list(lines)
        random.Random(seed).shuffle(order)
        given = f"import sys; sys.path.insert(0, {str(ROOT)!r}); SEED = {seed}; LINES = {order!r}\n"
        done = subprocess.run([sys.executable, "-c", given + AT_ONCE], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == []


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
