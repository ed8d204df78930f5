"""The methods behind a technique: exact lasso paths, and operations on images."""

__all__ = ["homotopy", "image_operations"]
