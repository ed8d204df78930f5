"""One BLAS thread while small matrices are multiplied: several wait for each other longer than they compute."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["one_blas_thread"]

# Where NumPy's wheels keep their OpenBLAS, on Linux and Windows and on macOS, and what it calls its functions.
FOLDERS = ("../numpy.libs", ".dylibs")
NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads64_")

_lock = threading.Lock()
_inside = 0  # calls that hold the number at one
_before = 1


@contextmanager
def one_blas_thread() -> Iterator[bool]:
    """Let NumPy's OpenBLAS use one thread, in all of the process, until the block ends.

    Blocks may stand within each other and in several threads: the number of before returns when the last ends. `fit`
    trains in such a block. With another BLAS, such as Apple's, nothing is changed: ``OPENBLAS_NUM_THREADS=1`` and the
    like, set before NumPy is imported, are the other way.

    Yields
    ------
    bool
        Whether it is so.

    Examples
    --------
    >>> with one_blas_thread() as alone:
    ...     product = np.ones((2, 3)) @ np.ones((3, 2))
    """
    global _inside, _before
    functions = _functions()
    if functions is None:
        yield False
        return
    get, put = functions
    with _lock:
        if not _inside:
            _before = get()
            if _before != 1:
                put(1)
        _inside += 1
    try:
        yield True
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _before != 1:
                put(_before)


@cache
def _functions() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return what tells and sets the number of threads of the OpenBLAS that NumPy has loaded, None without it."""
    home = Path(np.__file__).parent
    for path in (path for folder in FOLDERS for path in sorted((home / folder).glob("*openblas*"))):
        try:
            library = ctypes.CDLL(str(path.resolve()))  # the one that is loaded already, since NumPy is
        except OSError:
            continue
        for name in NAMES:
            get, put = (getattr(library, name.format(verb), None) for verb in ("get", "set"))
            if get is not None and put is not None:
                get.argtypes, get.restype, put.argtypes, put.restype = (), ctypes.c_int, (ctypes.c_int,), None
                return get, put
    return None
