"""Shares: the rows of a set that one rank computes with, sent by rank 0 block by block, and kept in memory or on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.backends.base import Samples
from anncli.backends.chunks import CHUNKS, chunk_starts
from anncli.backends.ranks.wire import Wire
from anncli.maps import disk_array

# Bytes of rows that are sent at a time, and those above which a rank keeps an array in a file.
_BLOCK_BYTES, IN_MEMORY = 1 << 22, 1 << 26


def chunks_of_rank(rank: int, size: int) -> tuple[int, int]:
    """The chunks first .. last - 1 that a rank of `size` ranks computes."""
    return rank * CHUNKS // size, (rank + 1) * CHUNKS // size


def rows_of_rank(n: int, rank: int, size: int) -> slice:
    """The places of a set of n rows that a rank computes with."""
    first, last = chunks_of_rank(rank, size)
    starts = chunk_starts(n)
    return slice(int(starts[first]), int(starts[last]))


class Form(NamedTuple):
    """What an array of samples is, so that the other side makes the same of its bytes.

    kind: 'vectors', 'rows' or 'tokens'; columns: None for an array (n,); gapped: whether its rows do not follow each other in memory: a
    session computes such arrays in another way, with other last digits.
    """

    kind: str
    dtype: str
    columns: int | None
    gapped: bool = False

    @classmethod
    def of(cls, values: Inputs) -> Form:
        if isinstance(values, np.ndarray):
            return cls(
                "vectors", values.dtype.str, values.shape[1] if values.ndim > 1 else None, not values.flags.c_contiguous
            )
        kind = "tokens" if isinstance(values, Tokens) else "rows"
        return cls(kind, values.dtype.str, values.columns, kind == "rows" and not values.values.flags.c_contiguous)

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return 1 if self.columns is None or self.kind == "tokens" else self.columns


class Forms(NamedTuple):
    """The forms of what Samples has; None for what is not there."""

    inputs: Form | None
    targets: Form | None
    weights: Form | None

    @classmethod
    def of(cls, samples: Samples) -> Forms:
        return cls(*(None if part is None else Form.of(part) for part in samples))


def send_share(wire: Wire, values: Inputs, rows: Array, to: int) -> None:
    """Send the samples `rows` (n,) of an array to a rank that calls receive_share()."""
    form = Form.of(values)
    if isinstance(values, np.ndarray):
        for block in _blocks(len(rows), form):
            wire.send(values[rows[block]], to)
        return
    lengths = values.lengths[rows]
    wire.send(lengths.astype(np.int64), to)
    for block in _blocks(len(rows), form, lengths):
        part = values[rows[block]]
        if isinstance(part, Tokens):
            wire.send(part.indices, to)
        wire.send(part.values, to)


def receive_share(wire: Wire, form: Form, n: int) -> Inputs:
    """The n samples that rank 0 sends. Raises: AnnError where the disk has no room."""
    if form.kind == "vectors":
        return _kept(_received(wire, form, (block.stop - block.start for block in _blocks(n, form))), n, form)
    lengths = wire.receive(np.empty(n, dtype=np.int64))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    sizes = [int(starts[block.stop] - starts[block.start]) for block in _blocks(n, form, lengths)]
    if form.kind == "rows":
        return Rows(_kept(_received(wire, form, iter(sizes)), int(starts[-1]), form), starts)
    indices, values = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1], dtype=form.dtype)
    begin = 0
    for size in sizes:
        wire.receive(indices[begin : begin + size])
        wire.receive(values[begin : begin + size])
        begin += size
    assert form.columns is not None
    return Tokens(indices, values, starts, form.columns)


def spread_over(values: Array, places: Array, n: int, gapped: bool = False) -> Array:
    """An array of n rows that has `values` (m, ...) at `places` (m,), and zeros elsewhere."""
    columns = values.shape[1] if values.ndim > 1 else 1
    whole = _zeros((n, columns), values.dtype, gapped)
    whole[places] = values.reshape(len(values), columns)
    return whole if values.ndim > 1 else whole[:, 0]


def _zeros(shape: tuple[int, int], dtype: np.dtype[np.generic], gapped: bool) -> Array:
    """An array to be filled, in memory, or in a file where it is large."""
    wide = (shape[0], shape[1] + gapped)
    if wide[0] * wide[1] * dtype.itemsize <= IN_MEMORY:
        return np.zeros(wide, dtype=dtype)[:, : shape[1]]
    rows = max(1, _BLOCK_BYTES // (wide[1] * dtype.itemsize))
    parts = (np.zeros((min(rows, wide[0] - begin), wide[1]), dtype) for begin in range(0, wide[0], rows))
    return disk_array(wide, dtype.type, parts)[:, : shape[1]]


def _blocks(n: int, form: Form, lengths: Array | None = None) -> Iterator[slice]:
    """Slices of places that are sent at a time: the same on both sides."""
    per_row = form.width * np.dtype(form.dtype).itemsize
    if lengths is not None and n:
        per_row *= max(1, int(lengths.sum()) // n)
    size = max(1, _BLOCK_BYTES // per_row)
    return (slice(begin, min(n, begin + size)) for begin in range(0, n, size))


def _received(wire: Wire, form: Form, sizes: Iterator[int]) -> Iterator[Array]:
    for size in sizes:
        yield wire.receive(np.empty((size, form.width), dtype=form.dtype))


def _kept(parts: Iterator[Array], n: int, form: Form) -> Array:
    """The rows of all parts together."""
    dtype, width = np.dtype(form.dtype), form.width + form.gapped
    if n * width * dtype.itemsize > IN_MEMORY:
        wide = (np.pad(part, ((0, 0), (0, 1))) for part in parts) if form.gapped else parts
        kept = disk_array((n, width), dtype.type, wide)
    else:
        kept, begin = np.empty((n, width), dtype=dtype), 0
        for part in parts:
            kept[begin : begin + len(part), : form.width] = part
            begin += len(part)
    kept = kept[:, : form.width]
    return kept[:, 0] if form.columns is None else kept
