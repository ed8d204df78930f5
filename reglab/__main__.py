"""The command: ``python -m reglab diagnose FILE...``."""

from __future__ import annotations

import sys

from reglab.command import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
