"""Parts of a run on an executor's workers: the same bits, whatever happens to a worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from reglab import fit, sweep
from reglab.datasets import load
from reglab.engine import parts
from reglab.engine.run import ARRAYS
from reglab.settings import Settings, Training

SETTINGS = [Settings(), Settings(dropout=0.3), Settings(weight_decay=1, patience=3)]
TRAINING = Training(hidden_sizes=(8,), max_steps=30, eval_steps=5)
OPTIONS = {"training": TRAINING, "n_train": 40, "seeds": 4}


class Workers(Executor):
    """Two workers, in turns, each with a memory of its own."""

    _max_workers = 2

    def __init__(self, monkeypatch, fails=None):
        self.monkeypatch, self.fails = monkeypatch, fails or {}  # by the number of a call
        self.memories = [parts._held.__class__() for _ in range(2)]
        self.calls, self.sent = 0, []

    def submit(self, call, /, *given):
        self.calls += 1
        error = self.fails.get(self.calls)
        future = Future()
        if isinstance(error, str):
            raise RuntimeError(error)
        if error is not None:
            future.set_exception(error)
            return future
        self.sent.append(len(given[2]))
        self.monkeypatch.setattr(parts, "_held", self.memories[self.calls % 2])
        try:
            future.set_result(call(*given))
        except Exception as raised:
            future.set_exception(raised)
        return future


@pytest.fixture(scope="module")
def alone():
    return fit("wine", SETTINGS, **OPTIONS)


def assert_equal(run, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(run, name), getattr(other, name), err_msg=name)
    assert (run.seeds, run.settings, run.labels, run.n_val) == (other.seeds, other.settings, other.labels, other.n_val)


@pytest.mark.parametrize("workers", [1, 2, 3, 100])
def test_threads_train_the_same_bits(alone, workers):
    with ThreadPoolExecutor(2) as executor:
        assert_equal(fit("wine", SETTINGS, **OPTIONS, executor=executor, workers=workers), alone)


def test_a_table_is_filled_by_each_seed_and_each_dataset_has_its_seed():
    options = {"training": TRAINING, "n_train": 60}
    with ThreadPoolExecutor(2) as executor:
        for data, seeds in (("penguins", 3), ([load("wine")] * 3, [0, 0, 5])):
            run = fit(data, SETTINGS, **options, seeds=seeds, executor=executor)
            assert_equal(run, fit(data, SETTINGS, **options, seeds=seeds))


def test_a_sweep_takes_an_executor():
    axes = {"dropout": [0, 0.2], "weight_decay": [0, 1]}
    with ThreadPoolExecutor(2) as executor:
        run = sweep("wine", Settings(), axes, TRAINING, n_train=40, seeds=2, executor=executor)
    assert_equal(run, sweep("wine", Settings(), axes, TRAINING, n_train=40, seeds=2))
    assert run.axes == {name: tuple(values) for name, values in axes.items()}


def test_each_worker_is_sent_the_dataset_once(monkeypatch, alone):
    executor = Workers(monkeypatch)
    assert_equal(fit(load("wine"), SETTINGS, **OPTIONS, executor=executor), alone)
    assert executor.calls >= 6
    assert sum(executor.sent) == 2


def test_a_worker_that_was_sent_nothing_asks(monkeypatch, alone):
    executor = Workers(monkeypatch)
    assert_equal(fit(load("wine"), SETTINGS, **OPTIONS, executor=executor, workers=1), alone)
    assert 2 <= sum(executor.sent) < executor.calls


def test_a_worker_holds_few_datasets():
    for number in range(parts.HELD + 3):
        parts._on_worker(len, f"key {number}", ([number],), (), 1)
    assert len(parts._held) == parts.HELD
    assert f"key {parts.HELD + 2}" in parts._held


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("error", [BrokenExecutor("gone"), ConnectionError("gone")], ids=["broken", "connection"])
def test_the_part_of_a_lost_worker_is_trained_again(monkeypatch, alone, number, error):
    executor = Workers(monkeypatch, {number: error})
    assert_equal(fit(load("wine"), SETTINGS, **OPTIONS, executor=executor), alone)


def test_a_part_is_not_tried_for_ever(monkeypatch):
    executor = Workers(monkeypatch, {number: ConnectionError("gone") for number in range(1, 100)})
    with pytest.raises(ConnectionError, match="gone"):
        fit("wine", SETTINGS, **OPTIONS, executor=executor)
    assert executor.calls <= parts.TRIES * parts.AHEAD * 2


@pytest.mark.parametrize("number", [1, 4])
def test_what_a_closed_executor_does_not_take_is_trained_here(monkeypatch, alone, number):
    closed = dict.fromkeys(range(number, 100), "cannot schedule new futures after shutdown")
    with pytest.warns(UserWarning, match="executor takes no more work: .* of .* parts are worked on here") as caught:
        run = fit("wine", SETTINGS, **OPTIONS, executor=Workers(monkeypatch, closed))
    assert_equal(run, alone)
    assert len(caught) == 1


def test_progress_tells_what_has_arrived(alone):
    shares = []
    with ThreadPoolExecutor(2) as executor:
        fit("wine", SETTINGS, **OPTIONS, executor=executor, progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_who_ends_the_progress_ends_the_rest():
    begun, gate = [], threading.Event()

    def shift(x, *_):
        begun.append(1)
        gate.wait(10)
        return x

    def stop(_, run):
        gate.set()
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        fit(
            "wine",
            Settings(input_noise=0.1),
            **OPTIONS,
            executor=executor,
            replace={"input_noise": shift},
            progress=stop,
        )
    assert len(begun) <= TRAINING.max_steps * 2  # of the four parts those that had been begun


def test_what_a_part_raises_comes_out():
    def broken(*_):
        raise ZeroDivisionError("of my own")

    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError, match="of my own"):
        fit("wine", Settings(dropout=0.5), **OPTIONS, executor=executor, replace={"dropout": broken})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"executor": 4}, "executor must be a concurrent.futures.Executor, got 4"),
        ({"executor": ThreadPoolExecutor}, "executor must be a concurrent.futures.Executor"),
        ({"executor": ThreadPoolExecutor(1), "watch": print}, "watch must be None with an executor"),
        ({"executor": ThreadPoolExecutor(1), "workers": 0}, "workers must be a whole number"),
    ],
)
def test_no_executor_and_no_number_of_workers(options, match):
    with pytest.raises(ValueError, match=match):
        fit("wine", **OPTIONS, settings=Settings(), **options)


def test_processes_train_the_same_bits_even_when_one_is_killed(alone):
    killed = []

    def kill(share, _):
        if share and not killed:
            killed.append(next(iter(executor._processes)))
            os.kill(killed[0], signal.SIGKILL)

    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert_equal(fit(load("wine"), SETTINGS, **OPTIONS, executor=executor), alone)
        with pytest.raises(ValueError, match="a function has to stand in a module, got "):
            fit("wine", SETTINGS, **OPTIONS, executor=executor, replace={"dropout": lambda x, *_: x})
        long = {**OPTIONS, "training": Training(hidden_sizes=(8,), max_steps=400, eval_steps=5)}
        with pytest.warns(UserWarning, match="executor takes no more work"):
            run = fit("wine", SETTINGS, **long, executor=executor, progress=kill)
    assert_equal(run, fit("wine", SETTINGS, **long))
    assert killed
