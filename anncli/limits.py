"""Limits: what is a number, what a float32 and a count can hold, and the variables that keep BLAS to one thread (no numpy)."""

from __future__ import annotations

import math
import re

# The decimal numbers of data files, network files, YAML documents, variables and the command line. float() also takes
# 1_000, digits of other scripts, nan and inf.
# Digits match in one way only: with two, a wrong value of 100,000 digits would take hours.
NUMBER_PATTERN = r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
_NUMBER = re.compile(NUMBER_PATTERN)

# The largest finite float32, the working precision.
FLOAT32_MAX = float.fromhex("0x1.fffffep127")
# The largest number of rows, units, epochs or steps: the compiled code counts in int32.
COUNT_MAX = 2**31 - 1
# The largest number that an option takes: its products with data and weights still fit a float32.
NUMBER_MAX = 1e30
# Far above any network that can be trained here; a larger one is refused before memory is taken.
MAX_PARAMETERS = 50_000_000
# With more BLAS threads sums are rounded in another order, so the bytes of a trained network would differ.
BLAS_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def decimal(text: str) -> float:
    """The number that a text is, with blanks around it or not; nan if it is none, inf if it is too large."""
    text = text.strip(" \t\r\n")
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def vanishes(text: str) -> bool:
    """Whether a text is a number that is not 0, but too close to 0 for a float."""
    return decimal(text) == 0 and re.search("[1-9]", re.split("[eE]", text)[0]) is not None
