"""Runs that were saved."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reglab import checks
from reglab.engine import saved
from reglab.engine.network import Parameters
from reglab.engine.run import ARRAYS, FACTS, HISTORY, Run, evaluation_steps
from reglab.own_data.encoding import Encoding
from reglab.settings import Settings, Training

__all__ = ["load_run"]


def load_run(path: str | os.PathLike[str]) -> Run:
    """Return the run that `Run.save` wrote; nothing in the file is executed.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    ValueError
        If the file is not there, is damaged, or is another one.

    Examples
    --------
    >>> import tempfile
    >>> from reglab.engine.train import fit
    >>> run = fit("wine", Settings(), Training(max_steps=2), n_train=50, seeds=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run.save(f"{folder}/wine.npz")
    ...     again = load_run(f"{folder}/wine.npz")
    >>> bool((again.kept_weights == run.kept_weights).all())
    True
    """
    arrays, facts = saved.read(path)
    try:
        run = _run_from(arrays, facts)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError) as error:
        why = f"which does not hold a whole run ({type(error).__name__})"
        raise ValueError(
            f"path must be a file that Run.save has written, got {checks.shown(str(path))}, {why}"
        ) from None
    return run


def _run_from(arrays: dict[str, NDArray[Any]], facts: dict[str, Any]) -> Run:
    """Return the run of a file's parts; raise an error of any of the usual kinds where they do not fit each other."""
    if set(facts) != set(FACTS) or set(arrays) != set(ARRAYS):
        raise KeyError
    facts = {name: value if name == "encoding" else _tuples(value) for name, value in facts.items()}
    facts["settings"] = tuple(Settings(**fields) for fields in facts["settings"])
    facts["training"] = training = Training(**facts["training"])
    facts["encoding"] = None if facts["encoding"] is None else Encoding.from_text(facts["encoding"])
    for name in (facts["dataset"], *facts["labels"], *facts["feature_names"], *facts["class_names"]):
        checks.text("name", name)
    for name, low in (("n_train", 2), ("n_val", 0)):
        checks.whole(name, facts[name], low)
    for name in ("pixel_unit", "target_mean", "target_scale"):
        checks.number(name, facts[name])
    if len(facts["feature_names"]) not in (0, facts["sizes"][0]) or not isinstance(facts["target_name"], str):
        raise ValueError("names that do not fit")
    shape = len(facts["settings"]), len(checks.seeds("seeds", facts["seeds"]))
    sizes, steps = checks.sizes("sizes", facts["sizes"], low=1), arrays["steps"]
    n_parameters = Parameters(sizes, (1, 1), training.batch_norm).flat.shape[-1]
    statistics = 2 * sum(training.hidden_sizes) if training.batch_norm else 0
    rows = shape[1], 1, sizes[0]
    expected: dict[str, tuple[tuple[int, ...], type]] = {
        "steps": (evaluation_steps(training.max_steps, training.eval_steps).shape, np.int64),
        **dict.fromkeys(HISTORY, ((*shape, len(steps)), np.float64)),
        "best": (shape, np.int64),
        "diverged": (shape, np.bool_),
        "kept_weights": ((*shape, n_parameters), np.float32),
        "kept_statistics": ((*shape, statistics), np.float32),
        "centre": (rows, np.float32),
        "scale": (rows, np.float32),
        "fillings": ((shape[1], 2, sizes[0] if facts["encoding"] else 0), np.float32),
    }
    if {name: (array.shape, array.dtype) for name, array in arrays.items()} != {
        name: (size, np.dtype(kind)) for name, (size, kind) in expected.items()
    }:
        raise ValueError("arrays of other shapes")
    if arrays["best"].max() >= len(steps) or arrays["best"].min() < -1:
        raise ValueError("facts that do not fit")
    if sizes[1:-1] != training.hidden_sizes or len(facts["labels"]) != shape[0]:
        raise ValueError("facts that do not fit")
    parts: dict[str, Any] = {**arrays, **facts}
    return Run(**parts)


def _tuples(value: Any) -> Any:
    """Return what JSON said with tuples for its lists, as a run has them."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    return {name: _tuples(inner) for name, inner in value.items()} if isinstance(value, dict) else value
