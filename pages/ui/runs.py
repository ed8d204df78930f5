"""Trainings: shared between visitors, cached once done, dropped as soon as nobody waits for them.

What is trained on a visitor's own data is shared with nobody, and kept in the session alone (`own_data`).

A job trains in a thread of its own, once for everyone who asks for the same thing; each page watches it, drawing the
part that is done. Watching calls Streamlit every 50 ms, which is where Streamlit ends a stale run: the page of before
the slider moved stops watching, and a job that nobody watches stops at its next tick. Only finished results are kept.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.ui import controls, own_data

from reglab.engine.run import Run
from reglab.engine.train import fit
from reglab.settings import Settings, Training

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LEFT_ALONE = 0.15  # seconds that a job survives without a watcher: a rerun for another reason takes it up again
HELD = 2.0  # seconds that a job survives between two runs of a fragment that waits for it, on a busy server too
POLL = 0.05  # seconds between two looks at a job
REDRAW = 0.2  # seconds between two partial pictures
TURN = 0.6  # seconds after which a fragment that waits runs again, since Streamlit ends no fragment's run
PATIENCE = 0.3  # seconds before a progress bar appears
MEASURED, SOON = 0.04, 1.0  # of a job what tells how long the rest takes, and seconds before that is said

KEPT = 64  # finished jobs; one that trains, or is watched, is in nobody's way
_jobs: dict[tuple[Any, ...], Job] = {}
_jobs_lock = threading.Lock()
_slots = threading.BoundedSemaphore(CORES)


class Dropped(Exception):
    """Nobody waits for this training any more."""


class Job:
    """One computation and those who wait for it. `work(progress)` returns the result.

    It is found by its key while it trains and once it is done; one that was dropped or has failed is forgotten, so that
    the next who asks begins anew, and those who waited for it still read here how it ended.
    """

    def __init__(
        self,
        work: Callable[[Callable[..., None]], Any],
        key: tuple[Any, ...] = (),
        home: dict[tuple[Any, ...], Job] | None = None,
    ) -> None:
        self.work, self.key = work, key
        self.home = _jobs if home is None else home  # where it is found: of one's own data in the session alone
        self.lock = threading.Lock()
        self.watchers = 0
        self.left_at = 0.0
        self.held_until = 0.0
        self.started = 0.0
        self.began = 0.0  # to compute, once a core was free
        self.state = "idle"  # "idle", "waiting" for a core, "running", "done", "failed"
        self.fraction = 0.0
        self.partial: Any = None
        self.result: Any = None
        self.error: BaseException | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the job going while the block runs; start it if it is idle."""
        with self.lock:
            self.watchers += 1
        try:
            with self.lock:
                if self.state == "idle":
                    self._begin()
            yield
        finally:
            with self.lock:
                self.watchers -= 1
                self.left_at = time.monotonic()

    def _begin(self) -> None:
        """Start to train; where no thread can be had for it, it is idle for the next who asks."""
        self.state, self.fraction, self.partial, self.started = "waiting", 0.0, None, time.monotonic()
        _remember(self)
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except BaseException:
            self.state = "idle"
            raise

    def tick(self, fraction: float, partial: Any = None) -> None:
        """Note the progress; raise `Dropped` where nobody waits any more."""
        self.fraction, self.partial = fraction, partial
        if self._abandoned():
            raise Dropped

    def _abandoned(self) -> bool:
        now = time.monotonic()
        return self.watchers == 0 and now - self.left_at > LEFT_ALONE and now > self.held_until

    def _run(self) -> None:
        try:
            while not _slots.acquire(timeout=POLL):
                if self._abandoned():
                    raise Dropped
            try:
                self.began, self.state = time.monotonic(), "running"
                self.result = self.work(self.tick)
            finally:
                _slots.release()
            self.partial, self.state = None, "done"
        except Dropped:
            with self.lock:
                again = self.watchers > 0  # someone came back between the last look and now
                self.state, self.partial = "waiting" if again else "idle", None
                if not again:
                    _forget(self)
            if again:
                self._run()
        except Exception as error:
            with self.lock:
                self.error, self.partial, self.state = error, None, "failed"
                _forget(self)


def _job(key: tuple[Any, ...], work: Callable[[Callable[..., None]], Any]) -> Job:
    """Return the job of a key, the same for all; `st.cache_resource` takes 3 ms to hash fifty settings, at each run.

    Of one's own data it is that of the session: no other one's key is equal, and it is held in the session alone.
    """
    jobs = own_data.here("jobs") if own_data.is_own(key) else _jobs
    with _jobs_lock:
        job = jobs.pop(key, None) or Job(work, key, jobs)
        jobs[key] = job  # the last asked for is the last to go
        done = [old for old, each in jobs.items() if each.state == "done" and not each.watchers and each is not job]
        for old in done[: max(0, len(done) - KEPT)]:
            del jobs[old]
    return job


def _remember(job: Job) -> None:
    """Let a job be found that was dropped, and forgotten, just before it was taken up again."""
    with _jobs_lock:
        if job.key:
            job.home.setdefault(job.key, job)


def _forget(job: Job) -> None:
    """Let nobody find a job any more that has no result."""
    with _jobs_lock:
        if job.home.get(job.key) is job:
            del job.home[job.key]


def bar(area: Any = None) -> Any:
    """Return a place for a progress bar that keeps its height, so that nothing moves when the bar comes and goes."""
    return (area or st).container(height=60, border=False).empty()


class Stop(NamedTuple):
    """A place for a button that stops a training, and the name of the control that began it, which is let go then."""

    area: Any
    control: str


def bar_with_stop(control: str) -> tuple[Any, Stop]:
    """Return places of one height for a progress bar, and beside it for the button that stops what a control began."""
    row = st.container(horizontal=True, height=60, border=False)
    return row.empty(), Stop(row.empty(), control)


def train(
    dataset: str,
    settings: Settings | Sequence[Settings],
    training: Training | None = None,
    *,
    n_train: int = 200,
    n_val: int | None = None,
    seeds: int | Sequence[int] = 5,
    replace: Mapping[str, Callable[..., Any]] | None = None,
    on_partial: Callable[[Run], object] | None = None,
    place: Any = None,
    note: str = "Training",
    stop: Stop | None = None,
) -> Run:
    """Return `reglab.fit(...)`, trained once for all visitors; `on_partial` draws the live run five times a second.

    place: a `bar()` for the progress, which appears after 0.3 s. stop: as `bar_with_stop` returns it.
    """
    stack = (settings,) if isinstance(settings, Settings) else tuple(settings)
    how = training or Training()
    which = seeds if isinstance(seeds, int) else tuple(seeds)
    data = own_data.given(dataset)
    wrong = tuple(sorted((name, f"{f.__module__}.{f.__qualname__}") for name, f in (replace or {}).items()))

    def work(tick: Callable[..., None]) -> Run:
        return fit(data, stack, how, n_train=n_train, n_val=n_val, seeds=which, replace=replace, progress=tick)

    key = ("fit", dataset, stack, how, n_train, n_val, which, wrong)
    run: Run = _watch(_job(key, work), on_partial, place, note, stop)
    return run


def compute(
    function: Callable[..., Any],
    *arguments: Any,
    on_partial: Callable[[Any], object] | None = None,
    place: Any = None,
    note: str = "Computing",
    stop: Stop | None = None,
    **options: Any,
) -> Any:
    """Return `function(*arguments, **options, progress=tick)` in the same way, for what is not a plain `fit`.

    The arguments are scalars, strings, or tuples and frozen dataclasses of such. The function calls
    `progress(fraction, partial)` about every 20 ms and lets what it raises through.
    """

    given = [own_data.given(each) for each in arguments]
    named = {name: own_data.given(each) for name, each in options.items()}

    def work(tick: Callable[..., None]) -> Any:
        return function(*given, **named, progress=tick)

    key = (f"{function.__module__}.{function.__qualname__}", arguments, tuple(sorted(options.items())))
    result = _watch(_job(key, work), on_partial, place, note, stop)
    return own_data.hold(result) if own_data.is_own(key) else result


def _let_others_run(job: Job) -> None:
    """Run the fragment anew that waits, with what the person has set meanwhile; a whole page's run goes on.

    What is set in the whole page ends a stale run at the next call to Streamlit, what is set in a fragment does not.
    """
    job.held_until = time.monotonic() + HELD
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # no fragment is run by itself
        job.held_until = 0.0


def how_far(note: str, fraction: float, seconds: float) -> str:
    """Say how far a computation is, and how long the rest takes at the pace of what is done.

    seconds: since it began.

    >>> how_far("Training", 0.02, 0.5), how_far("Training", 0.25, 10.0), how_far("Training", 0.5, 150.0)
    ('Training 2 %', 'Training 25 %, about 30 seconds left', 'Training 50 %, about 2.5 minutes left')
    """
    far = f"{note} {100 * fraction:.0f} %"
    if fraction < MEASURED or seconds < SOON or fraction >= 1:
        return far
    left = seconds * (1 - fraction) / fraction
    if left >= 90:
        return f"{far}, about {left / 60:.2g} minutes left"
    return f"{far}, about {max(1, round(left))} second{'s' * (left >= 1.5)} left"


def _offer(stop: Stop) -> None:
    """Draw the button that lets the control go: the job, for which nobody waits any more, is dropped."""
    let_go = {stop.control: False}
    stop.area.button("Stop", key=f"{controls.key(stop.control)}:stop", on_click=controls.set_values, args=(let_go,))


def _watch(job: Job, on_partial: Callable[[Any], object] | None, place: Any, note: str, stop: Stop | None) -> Any:
    if job.state == "done":
        return job.result
    controls.write_address()  # what is set while this waits is another entry of the history
    progress = place if place is not None else st.empty()
    offered = False
    came = time.monotonic()
    asked = drawn = 0.0
    with job.watched():
        while job.state not in ("done", "failed"):
            time.sleep(POLL if drawn else POLL / 5)  # the first picture soon
            now = time.monotonic()
            if on_partial is not None and job.partial is not None and now - drawn > REDRAW:
                on_partial(job.partial)
                drawn = time.monotonic()
            if now - asked < POLL:
                continue
            asked = now
            if now - came > TURN:
                _let_others_run(job)
            if now - job.started < PATIENCE:
                progress.empty()  # a call to Streamlit, which ends this run here if it is stale
            elif job.state == "waiting":
                progress.progress(0.0, "Waiting: all processor cores are training for other visitors.")
            else:
                fraction = min(job.fraction, 1.0)
                progress.progress(fraction, how_far(note, fraction, now - job.began))
            if stop and not offered and now - job.started >= PATIENCE:
                _offer(stop)
                offered = True
    progress.empty()
    if stop:
        stop.area.empty()
    if job.state == "failed":
        assert job.error is not None
        raise job.error
    return job.result
