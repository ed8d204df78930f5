"""Early stopping: training ends when the validation loss has found no new best for a while, and the best is kept."""

from __future__ import annotations

import math

from reglab.settings import check_number, check_whole


class EarlyStopping:
    """Watch one model's validation loss, evaluation by evaluation.

    Parameters
    ----------
    patience : int or None
        Stop at the patience-th evaluation in a row that is no new best; None never stops.
    min_delta : float >= 0
        How much lower than the best a loss has to be to count as a new best.

    Attributes
    ----------
    best : float
        The lowest loss that counted, infinite before the first.
    best_index : int
        The evaluation it was found at, counted from 0; -1 before the first.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Elsewhere: the count is Keras's; scikit-learn's ``n_iter_no_change`` and flax stop one evaluation later. Keras
    leaves ``restore_best_weights`` off by default.

    References
    ----------
    Prechelt 1998, "Early stopping - but when?".

    Examples
    --------
    >>> watch = EarlyStopping(patience=2)
    >>> [watch.update(loss) for loss in (0.9, 0.7, 0.8, 0.75)]
    [False, False, False, True]
    >>> watch.best_index, watch.best
    (1, 0.7)
    """

    def __init__(self, patience: int | None, min_delta: float = 0.0) -> None:
        if patience is not None:
            check_whole("patience", patience, 1)
        check_number("min_delta", min_delta, 0)
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_index = math.inf, -1
        self.seen = 0

    def update(self, loss: float) -> bool:
        """Take the next evaluation's loss; return whether to stop now. A loss that is not a number is no best."""
        if loss < self.best - self.min_delta:
            self.best, self.best_index = loss, self.seen
        self.seen += 1
        bad = self.seen - 1 - self.best_index
        return self.patience is not None and bad >= self.patience
