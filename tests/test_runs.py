"""How visitors share trainings: what is found again, what is forgotten, and who reads of a failure."""

import threading
import time
from types import SimpleNamespace

import pytest

from pages.ui import runs


@pytest.fixture(autouse=True)
def no_jobs(monkeypatch):
    monkeypatch.setattr(runs, "_jobs", {})


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def finished(number):
    job = runs._job(("done", number), lambda tick: number)
    with job.watched():
        wait_for(lambda: job.state == "done")
    return job


@pytest.mark.parametrize(
    ("watchers", "since_left", "until_held", "abandoned"),
    [
        (0, 1.1 * runs.LEFT_ALONE, -0.1, True),
        (0, 0.9 * runs.LEFT_ALONE, -0.1, False),  # a rerun for another reason takes it up again
        (0, 1.1 * runs.LEFT_ALONE, 0.1, False),  # a fragment waits for it, between two of its runs
        (1, 1.1 * runs.LEFT_ALONE, -0.1, False),
    ],
)
def test_a_training_is_abandoned_once_nobody_watches_holds_or_has_just_left_it(
    watchers, since_left, until_held, abandoned, monkeypatch
):
    monkeypatch.setattr(runs, "time", SimpleNamespace(monotonic=lambda: 100.0))
    job = runs.Job(lambda tick: None)
    job.watchers, job.left_at, job.held_until = watchers, 100.0 - since_left, 100.0 + until_held
    assert job._abandoned() == abandoned


def test_every_watcher_of_a_failed_training_reads_its_error_and_the_next_visitor_begins_anew():
    go, tries, read = threading.Event(), [], []

    def work(tick):
        tries.append(1)
        if len(tries) == 1:
            go.wait(10)
            raise ValueError("n_train must be at least 2, got 1")
        return "result"

    def visitor():
        job = runs._job(("fails",), work)
        with job.watched():
            wait_for(lambda: job.state in ("done", "failed"))
        read.append(str(job.error))

    visitors = [threading.Thread(target=visitor) for _ in range(5)]
    for thread in visitors:
        thread.start()
    wait_for(lambda: runs._jobs and next(iter(runs._jobs.values())).watchers == 5)
    go.set()
    for thread in visitors:
        thread.join()
    assert read == ["n_train must be at least 2, got 1"] * 5
    assert len(tries) == 1
    assert runs._jobs == {}
    again = runs._job(("fails",), work)
    with again.watched():
        wait_for(lambda: again.state == "done")
    assert (again.result, again.error) == ("result", None)


def test_a_dropped_training_is_forgotten_and_one_taken_up_again_is_found():
    def endless(tick):
        while True:
            time.sleep(0.005)
            tick(0.5)

    job = runs._job(("endless",), endless)
    with job.watched():
        wait_for(lambda: job.state == "running")
    wait_for(lambda: job.state == "idle")
    assert runs._jobs == {}
    with job.watched():  # by a visitor who had asked for it just before
        assert runs._job(("endless",), endless) is job
    wait_for(lambda: runs._jobs == {})


def test_only_finished_trainings_take_up_places_and_the_oldest_goes_first(monkeypatch):
    monkeypatch.setattr(runs, "KEPT", 3)
    go = threading.Event()
    watched = runs._job(("watched",), lambda tick: go.wait(10))
    with watched.watched():
        for number in range(3):
            finished(number)
        for number in range(20):  # asked for, and left at once
            runs._job(("left", number), lambda tick: None)
        for number in range(3):
            assert ("done", number) in runs._jobs
        finished(3)
        finished(0)  # asked for again: the last to go
        runs._job(("done", 4), lambda tick: None)
        assert ("done", 1) not in runs._jobs
        assert {("done", 0), ("done", 2), ("done", 3), ("watched",)} <= runs._jobs.keys()
        go.set()


def test_a_training_begins_at_nothing_each_time():
    go = threading.Event()

    def work(tick):
        go.wait(10)
        while True:
            tick(0.5, "half")
            time.sleep(0.005)

    job = runs._job(("twice",), work)
    for _ in range(2):
        go.clear()
        with job.watched():
            assert (job.fraction, job.partial) == (0.0, None)
            go.set()
            wait_for(lambda: job.partial == "half")
        wait_for(lambda: job.state == "idle")


def test_a_training_that_is_dropped_as_somebody_comes_back_begins_anew_and_keeps_no_server_alive():
    daemons = []

    def work(tick):
        daemons.append(threading.current_thread().daemon)
        if len(daemons) == 1:
            raise runs.Dropped
        return "result"

    job = runs._job(("handed over",), work)
    with job.watched():
        wait_for(lambda: job.state == "done")
        assert runs._job(("handed over",), work) is job
    assert (job.result, daemons) == ("result", [True, True])


def test_a_training_that_waits_for_a_core_is_dropped_once_nobody_waits_for_it(monkeypatch):
    monkeypatch.setattr(runs, "_slots", threading.BoundedSemaphore(1))
    started = []
    job = runs._job(("waits",), started.append)
    with runs._slots:
        with job.watched():
            job.held_until = time.monotonic() + 60
        time.sleep(4 * runs.POLL)
        assert job.state == "waiting"
        job.held_until = 0.0
        wait_for(lambda: job.state == "idle")
    assert runs._jobs == {}
    assert started == []


def test_a_training_for_which_no_thread_can_be_had_strands_nobody(monkeypatch):
    class NoThread:
        def __init__(self, **options):
            pass

        def start(self):
            raise RuntimeError("can't start new thread")

    job = runs._job(("crowded",), lambda tick: "result")
    with monkeypatch.context() as crowded:
        crowded.setattr(runs, "threading", SimpleNamespace(Thread=NoThread))
        with pytest.raises(RuntimeError, match="new thread"), job.watched():
            pass
    assert (job.state, job.watchers) == ("idle", 0)
    again = runs._job(("crowded",), lambda tick: "result")
    with again.watched():
        wait_for(lambda: again.state == "done")
