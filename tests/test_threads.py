"""How many threads multiply matrices while models train."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reglab.engine import threads

ROOT = Path(__file__).parent.parent
SCRIPT = """
import json
import reglab
from reglab.engine import threads

get, put = threads._functions()
put(2)
seen = []
how = reglab.Training(hidden_sizes=(4,), max_steps=3)
reglab.fit("moons", reglab.Settings(), how, n_train=20, seeds=1, progress=lambda share, run: seen.append(get()))
print(json.dumps([seen, get()]))
"""


def test_fit_multiplies_in_one_thread_and_gives_the_others_back():
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen, after = json.loads(done.stdout)
    assert set(seen) == {1}
    assert after == 2


class Blas:
    """Stands for a library of four threads."""

    def __init__(self):
        self.number, self.calls = 4, []

    def get(self):
        return self.number

    def put(self, number):
        self.number = number
        self.calls.append(number)


@pytest.fixture
def blas(monkeypatch):
    made = Blas()
    monkeypatch.setattr(threads, "_functions", lambda: (made.get, made.put))
    return made


def test_blocks_within_each_other_and_one_that_fails_leave_the_number_of_before(blas):
    with threads.one_blas_thread() as alone:
        with threads.one_blas_thread():
            assert blas.number == 1
        assert blas.number == 1
    assert alone
    assert blas.calls == [1, 4]
    with pytest.raises(KeyError), threads.one_blas_thread():
        raise KeyError
    assert blas.number == 4


def test_the_last_of_several_threads_gives_back_the_number_of_before(blas):
    inside, leave = threading.Barrier(3), [threading.Event(), threading.Event()]

    def visit(event):
        with threads.one_blas_thread():
            inside.wait(10)
            event.wait(10)

    visitors = [threading.Thread(target=visit, args=(event,)) for event in leave]
    for visitor in visitors:
        visitor.start()
    inside.wait(10)
    for visitor, event in zip(visitors, leave, strict=True):
        assert blas.number == 1
        event.set()
        visitor.join(10)
    assert blas.number == 4
    assert blas.calls == [1, 4]


def test_one_thread_and_another_library_stay_as_they_are(blas, monkeypatch):
    blas.number = 1
    with threads.one_blas_thread() as alone:
        assert alone
    assert blas.calls == []
    monkeypatch.setattr(threads, "_functions", lambda: None)
    with threads.one_blas_thread() as alone:
        assert not alone


def test_no_library_is_found_where_there_is_none(monkeypatch):
    monkeypatch.setattr(threads, "FOLDERS", ("nowhere",))
    assert threads._functions.__wrapped__() is None
