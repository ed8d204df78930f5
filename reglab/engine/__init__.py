"""The engine: a stack of networks walks along the line of the training step."""

__all__ = [
    "batch_norm",
    "evaluate",
    "fitting",
    "join",
    "line",
    "load",
    "network",
    "optimizers",
    "parts",
    "rows",
    "run",
    "saved",
    "step",
    "sweep",
    "threads",
    "train",
]
