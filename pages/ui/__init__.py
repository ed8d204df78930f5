"""What two pages share. Importing it first keeps OpenBLAS to one thread, which is faster at sizes as small as ours."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
