"""The limits of numbers: what a float32 and a count can hold (no numpy)."""

from __future__ import annotations

# The largest finite float32, the working precision.
FLOAT32_MAX = float.fromhex("0x1.fffffep127")
# The largest number of rows, units, epochs or steps: the compiled code counts in int32.
COUNT_MAX = 2**31 - 1
