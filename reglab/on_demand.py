"""Packages whose names are imported when they are first asked for.

A package that imports its parts makes a circle of locks: to import a part, Python holds the part and waits for the
package, while to import the package, it holds the package and waits for the part. Two threads that enter it at the two
ends find half-made modules, or a deadlock. A package that imports nothing has no such circle.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["names_on_demand"]


def names_on_demand(package: str, parts: Sequence[str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package whose parts are imported when they are asked for.

    Parameters
    ----------
    package
        The full name of the package, its `__name__`. Its `__all__` lists what its parts offer in its name.
    parts
        The names of its modules, in the order in which they are looked through.

    Returns
    -------
    tuple of functions
        `__getattr__(name)` and `__dir__()`, as PEP 562 has them. The first raises an AttributeError for a name that is
        neither a part nor listed in `__all__`.

    Examples
    --------
    >>> look_up, _ = names_on_demand("reglab.logs", ["curve", "read"])
    >>> look_up("read_log").__module__
    'reglab.logs.read'
    """

    def look_up(name: str) -> Any:
        home = sys.modules[package]
        if name in parts:
            return importlib.import_module(f"{package}.{name}")
        if name in home.__all__:
            for part in parts:
                module = importlib.import_module(f"{package}.{part}")
                if hasattr(module, name):
                    value = getattr(module, name)
                    setattr(home, name, value)  # looked up once
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def list_names() -> list[str]:
        home = sys.modules[package]
        return sorted({*vars(home), *home.__all__, *parts})

    return look_up, list_names
