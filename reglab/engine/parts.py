"""Work on other cores and machines: its parts go to the workers of an executor, and are put together as they come."""

from __future__ import annotations

import os
import pickle
import uuid
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from pickle import PicklingError
from typing import Any

from reglab import checks

__all__ = ["hand_out", "n_workers"]

AHEAD = 2  # parts for each worker that are under way: it finds the next one there when it is done with one
TRIES = 3  # of a part whose worker was lost
TICK = 0.1  # seconds between two calls of `tick`
HELD = 4  # payloads that a worker holds
LOST = (BrokenExecutor, CancelledError, ConnectionError)

_held: OrderedDict[str, Any] = OrderedDict()  # in a worker: what it was sent, by its key


class _Missing:
    """What a worker answers that was not sent what a part needs."""


class _Closed(Exception):
    """An executor takes no more work."""


def n_workers(executor: Executor, workers: int | None = None) -> int:
    """Return how many parts an executor works on at a time: as it was told, else as it says, else as many as cores.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    workers : int, optional

    Raises
    ------
    ValueError
        If there is no executor, or the number is no whole one from 1.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> n_workers(ThreadPoolExecutor(3)), n_workers(ThreadPoolExecutor(3), workers=8)
    (3, 8)
    """
    if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
        raise ValueError(f"executor must be a concurrent.futures.Executor, got {checks.shown(executor)}")
    if workers is not None:
        return checks.whole("workers", workers, 1)
    says = getattr(executor, "_max_workers", None)
    return says if isinstance(says, int) and says > 0 else os.cpu_count() or 1


def hand_out(
    executor: Executor,
    work: Callable[..., Any],
    payload: Any,
    parts: Sequence[tuple[Any, ...]],
    take: Callable[[int, Any], None],
    tick: Callable[[], None] | None = None,
    workers: int | None = None,
) -> None:
    """Call ``work(payload, *part)`` for each part on an executor's workers.

    The payload goes with the first parts, one for each worker, which holds it; later it is sent only to a worker that
    asks. A part whose worker was lost is handed out again. Where the executor takes no more parts, as a pool of
    processes of which one died, the rest is worked on here, with a warning. Whatever ends the call withdraws the parts
    that no worker has begun.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    work : callable
        Of a module, so that a worker finds it by its name.
    payload
        What all parts need.
    parts : sequence of tuple
        What each needs beside.
    take : callable
        Is given the number of a part and what came of it, in the order in which they come.
    tick : callable, optional
        Is called about every 0.1 seconds. An exception that it raises ends the call.
    workers : int, optional
        As in `n_workers`.

    Raises
    ------
    ValueError
        If a part cannot be sent to a worker.
    Exception
        What `work`, `take` and `tick` raise.
    """
    count, key = n_workers(executor, workers), uuid.uuid4().hex
    waiting, tries = deque(range(len(parts))), [0] * len(parts)
    under_way: dict[Future[Any], int] = {}
    first = count  # parts that still go with the payload

    def submit(number: int, sent: tuple[Any, ...]) -> None:
        tries[number] += 1
        try:
            future = executor.submit(_on_worker, work, key, sent, parts[number], tries[number])
        except RuntimeError as error:  # it is broken, or was shut down
            waiting.append(number)
            raise _Closed from error
        under_way[future] = number

    try:
        while waiting or under_way:
            while waiting and len(under_way) < AHEAD * count:
                submit(waiting.popleft(), (payload,) if first > 0 else ())
                first -= 1
            for future in wait(under_way, TICK, FIRST_COMPLETED).done:
                number = under_way.pop(future)
                try:
                    answer = future.result()
                except LOST:
                    if tries[number] == TRIES:
                        raise
                    waiting.appendleft(number)
                    first = max(first, 1)  # who comes for the worker that was lost holds nothing
                except (PicklingError, AttributeError, TypeError) as error:
                    _say_if_unsendable(error, (work, payload, parts[number]))
                    raise
                else:
                    if isinstance(answer, _Missing):
                        tries[number] -= 1
                        submit(number, (payload,))
                    else:
                        take(number, answer)
            if tick is not None:
                tick()
    except _Closed:
        rest = sorted({*waiting, *under_way.values()})
        warnings.warn(
            f"executor takes no more work: {len(rest)} of {len(parts)} parts are worked on here", stacklevel=3
        )
        for number in rest:
            take(number, work(payload, *parts[number]))
            if tick is not None:
                tick()
    finally:
        for future in under_way:
            future.cancel()


def _say_if_unsendable(error: Exception, sent: tuple[Any, ...]) -> None:
    """Raise a sentence on it where what was to be sent cannot be."""
    try:
        pickle.dumps(sent)
    except Exception:
        asked = "executor must be able to send every argument to a worker: a function has to stand in a module"
        raise ValueError(f"{asked}, got {checks.shown(str(error))}") from error


def _on_worker(work: Callable[..., Any], key: str, sent: tuple[Any, ...], part: tuple[Any, ...], attempt: int) -> Any:
    """Work on a part, with the payload that comes with it or that this worker holds.

    attempt: an executor that takes equal calls for one call sees others.
    """
    if sent:
        _held[key] = sent[0]
        while len(_held) > HELD:
            _held.popitem(last=False)
    elif key not in _held:
        return _Missing()
    return work(_held[key], *part)
