"""Limits: what a float32 and a count can hold, and the variables that keep BLAS to one thread (no numpy)."""

from __future__ import annotations

# The largest finite float32, the working precision.
FLOAT32_MAX = float.fromhex("0x1.fffffep127")
# The largest number of rows, units, epochs or steps: the compiled code counts in int32.
COUNT_MAX = 2**31 - 1
# The largest number that an option takes: its products with data and weights still fit a float32.
NUMBER_MAX = 1e30
# With more BLAS threads sums are rounded in another order, so the bytes of a trained network would differ.
BLAS_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
