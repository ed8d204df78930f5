"""Student's t, for the interval of a mean of few values."""

from __future__ import annotations

import math

__all__ = ["t_975"]

# 97.5 % points of Student's t for 1 to 30 degrees of freedom.
STUDENT = (
    12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def t_975(n: int) -> float:
    """Return the standard errors to either side of a mean of n values that its 95 % interval has; infinite for one.

    Examples
    --------
    >>> t_975(5), t_975(1)
    (2.776, inf)
    """
    return math.inf if n < 2 else STUDENT[n - 2] if n - 2 < len(STUDENT) else 1.96
