"""Numbers in network files: float32 values as text and back without losing a bit, and sizes that fit into memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.compiled.number_text import read_matrix
from anncli.compiled.row_text import LIMIT
from anncli.errors import quoted
from anncli.limits import MAX_PARAMETERS as MAX_PARAMETERS
from anncli.limits import NUMBER_PATTERN

# Limits far above any network that can be trained here; larger sizes are refused before memory is allocated.
MAX_UNITS = 1_000_000
MAX_LAYERS = 1000
MAX_NETWORK_BYTES = 1 << 30

# From here on the layouts of numpy and of the compiled code differ for some numbers.
_OTHER_LAYOUT = 1e6
_NUMBER = re.compile(NUMBER_PATTERN)


class BadNumberError(ValueError):
    """A token that is not a finite float32, with its row and its index in that row, both from 0."""

    def __init__(self, message: str, row: int, index: int) -> None:
        super().__init__(message)
        self.row = row
        self.index = index


def number_fault(token: str) -> str | None:
    """Why a token is not a finite float32, or None if it is one."""
    if not _NUMBER.fullmatch(token):
        not_finite = token.lstrip("+-").lower() in ("nan", "inf", "infinity")
        return f"{quoted(token)} is not a {'finite ' if not_finite else ''}number"
    return None if abs(float(token)) < LIMIT else f"{quoted(token)} is too large for a number"


def to_float32(rows: list[list[str]]) -> Array:
    """All tokens of all rows as one float32 vector; raises BadNumberError for the first that is not a finite number."""
    n_tokens = sum(map(len, rows))
    try:
        numbers = np.fromiter(map(float, chain.from_iterable(rows)), np.float64, n_tokens)
        with np.errstate(over="ignore"):
            singles = numbers.astype(np.float32)
        # float() also accepts 1_000 and digits of other scripts.
        good = np.isfinite(singles).all() and not any("_" in t or not t.isascii() for row in rows for t in row)
    except ValueError:
        good = False
    if not good:
        for number, row in enumerate(rows):
            for index, token in enumerate(row):
                if fault := number_fault(token):
                    raise BadNumberError(fault, number, index)
    return singles


def read_block(text: str, width: int) -> Array | None:
    """(n, width) float32 of a text of n lines of so many numbers; None where it is anything else, about which to_float32() says more."""
    if not text.isascii():
        return None
    return read_matrix(text.encode(), width)


def to_float64(tokens: list[str]) -> Array:
    """Tokens as float64 numbers that a float32 can hold, rounded; raises BadNumberError, in row 0, as to_float32()."""
    to_float32([tokens])
    return np.fromiter(map(float, tokens), np.float64, len(tokens))


def write_rows(matrix: Array) -> list[str]:
    """One line per row of a finite float32 matrix: the shortest decimals that to_float32 reads back bit for bit.

    They are laid out as numpy does it (1.5e+07); compiled.decimals writes 15000000.0 and 0.0001 where numpy writes 1e-04, which would
    change stored files. All other numbers it writes alike.
    """
    if (rows := _compiled_rows(matrix)) is not None:
        return rows
    flat = np.ascontiguousarray(matrix, dtype=np.float32).ravel()
    tokens = list(map(str, flat))
    # Reading rounds twice, to float64 and to float32. A decimal close to the middle of two float32 can come out wrong;
    # the exact decimals of the value cannot.
    back = np.array(list(map(float, tokens)), dtype=np.float64).astype(np.float32)
    for place in np.flatnonzero(back.view(np.uint32) != flat.view(np.uint32)):
        tokens[place] = repr(float(flat[place]))
    width = matrix.shape[1]
    return [" ".join(tokens[start : start + width]) for start in range(0, len(tokens), width)]


def _compiled_rows(matrix: Array) -> list[str] | None:
    """The same by the compiled code; None where a number would be laid out otherwise, or would not come back."""
    values = np.ascontiguousarray(matrix, dtype=np.float32)
    sizes = np.abs(values)
    if not values.size or not ((sizes < _OTHER_LAYOUT) & (sizes != np.float32(1e-4))).all():
        return None
    text = format_rows(values, "", " ", ("\n",))
    back = read_matrix(text.encode(), values.shape[1])
    if back is None or not (back.view(np.uint32) == values.view(np.uint32)).all():
        return None
    return text.split("\n")[:-1]


def size_fault(sizes: Sequence[int], n_parameters: int | None = None) -> str | None:
    """Why a network of these sizes (inputs first) is too large for this program, or None if it is not.

    n_parameters: how many it has, if known; otherwise that of a network of dense layers.
    """
    if len(sizes) > MAX_LAYERS:
        return f"{len(sizes)} layers are more than the {MAX_LAYERS} this program handles"
    for size in sizes:
        if size > MAX_UNITS:
            return f"{size} units or inputs are more than the {MAX_UNITS} this program handles"
    total = n_parameters or sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    if total > MAX_PARAMETERS:
        return f"{total} weights and biases are more than the {MAX_PARAMETERS} this program handles"
    return None
