"""One's own arrays, tables and images as the fields of a `reglab.datasets.Dataset`, with what was found in them."""

__all__ = [
    "MAX_COLUMNS",
    "MAX_NUMBERS",
    "MAX_ROWS",
    "MAX_WIDTH",
    "archive",
    "arrays",
    "findings",
    "images",
    "split",
    "table",
    "targets",
]

MAX_ROWS = 50_000
MAX_COLUMNS = 500  # of a table, as it is given
MAX_WIDTH = 10_000  # numbers of one row, once categories and pixels are numbers
MAX_NUMBERS = 100_000_000  # of all rows together
