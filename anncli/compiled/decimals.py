"""Rows of float32 as text: for each number the shortest decimals that give the same float32 back."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.compiled import native_module


def shortest(value: float) -> str:
    """The shortest decimals that give the same float32 back, in the layout of a Python float: 0.1, 1e-05, 100.0."""
    # numpy finds the digits. Its layout is not used, because the size at which it writes an exponent depends on its version.
    return repr(float(str(np.float32(value))))


def as_written(values: Array) -> Array:
    """float64 of the same shape: the numbers that the shortest decimals of these float32 are, 0.1 and not 0.10000000149."""
    written: Array = np.asarray(values, dtype=np.float32).astype("U32").astype(np.float64)
    return written


def format_rows(values: Array, head: str, separator: str, tails: tuple[str, ...], chosen: Array | None = None) -> str:
    """One string of all rows; each is head, the numbers with the separator between them, and tails[chosen[row]].

    Args: values, float32 (n_rows, n_columns); chosen, int64 (n_rows,), the tail of each row, None: the first tail.
    """
    values = np.ascontiguousarray(values, dtype=np.float32)
    if chosen is not None:
        chosen = np.ascontiguousarray(chosen, dtype=np.int64)
    native = native_module()
    if native is None:
        return format_rows_numpy(values, head, separator, tails, chosen)
    text: str = native.format_rows(values, head, separator, tails, chosen, shortest)
    return text


def format_rows_numpy(values: Array, head: str, separator: str, tails: tuple[str, ...], chosen: Array | None) -> str:
    """The reference of the compiled function: the same text, slower."""
    # Converting all numbers at once is three times as fast as calling shortest() for each.
    texts = [repr(float(digits)) for digits in values.ravel().astype("U32").tolist()]
    width = values.shape[1]
    numbers = [0] * len(values) if chosen is None else chosen.tolist()
    rows = (separator.join(texts[k * width : (k + 1) * width]) + tails[tail] for k, tail in enumerate(numbers))
    return "".join(head + row for row in rows)
