"""What the project claims, measured: the worth of the advice and the speed of the library."""

__all__ = ["evidence", "speed"]
