"""Measure what the project claims: ``python -m reglab.benchmark evidence`` and ``python -m reglab.benchmark speed``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from reglab.benchmark import evidence, speed

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the part that the first argument names."""
    parser = argparse.ArgumentParser(prog="python -m reglab.benchmark", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    about = "what the advice is worth: its regret against the best of a grid"
    part = parts.add_parser("evidence", help=about, description=evidence.__doc__)
    part.add_argument("--grid", action="store_true", help="measure all settings of the grid again (about 20 minutes)")
    part.add_argument("--processes", type=int, default=1, metavar="N", help="measure the grid in so many processes")
    about = "how fast the library is: ratios against PyTorch and scikit-learn"
    parts.add_parser("speed", help=about, description=speed.__doc__)
    chosen = parser.parse_args(argv)
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # it is read when NumPy is loaded, so begin anew
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "reglab.benchmark", *(sys.argv[1:] if argv is None else argv)])
    if chosen.part == "evidence" and chosen.grid and chosen.processes > 1:
        with ProcessPoolExecutor(chosen.processes, get_context("spawn")) as executor:
            evidence.main(again=True, executor=executor)
    elif chosen.part == "evidence":
        evidence.main(again=chosen.grid)
    else:
        speed.main()


if __name__ == "__main__":
    main()
