"""The digests of the rows that trained a network: they tell which rows it has seen, and hold none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from anncli.arrays import Array, blocks

# Above this number of rows a Bloom filter takes the place of the digests: 2.5 bytes a row, not 8.
MOST_EXACT = 20_000
# A filter has HASHES bits set for each row, among BITS bits a row: it takes (1 - exp(-14 / 20))**14 = 7e-5 of the other
# rows for rows that it holds (Bloom 1970).
HASHES, BITS = 14, 20


def _no_digests() -> Array:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class RowDigests:
    """Which rows trained a network.

    exact: uint64 (n,), ascending, each once; filters: Bloom filters, uint8 arrays, of the rows that are not in `exact`;
    n_rows: how many different rows there are in all. The default: no row.
    """

    exact: Array = field(default_factory=_no_digests)
    filters: tuple[Array, ...] = ()
    n_rows: int = 0

    def __repr__(self) -> str:
        return f"<RowDigests of {self.n_rows} rows>"

    @property
    def is_exact(self) -> bool:
        """Whether contains() takes no other row for one that trained the network, as filters do with one in 10,000."""
        return not self.filters

    def contains(self, digests: Array) -> Array:
        """bool (n,): whether each of the digests (n,) is one of a row that trained the network."""
        found = np.zeros(len(digests), dtype=bool)
        for block in blocks(len(digests)):
            asked = digests[block]
            if len(self.exact):
                places = np.minimum(np.searchsorted(self.exact, asked), len(self.exact) - 1)
                found[block] = self.exact[places] == asked
            for bits in self.filters:
                found[block] |= _is_in(bits, asked)
        return found

    def including(self, digests: Array) -> RowDigests:
        """These rows and those of the digests (n,), which may hold equal ones."""
        added = _distinct(digests)
        added = added[~self.contains(added)]
        exact = np.union1d(self.exact, added) if len(self.exact) else added
        n_rows = self.n_rows + len(added)
        if len(exact) <= MOST_EXACT:
            return RowDigests(exact, self.filters, n_rows)
        return RowDigests(filters=(*self.filters, _filter_of(exact)), n_rows=n_rows)


def _distinct(digests: Array) -> Array:
    """The different ones, ascending. np.unique takes ten times as long for many millions, and more memory."""
    ordered = np.sort(digests)
    is_new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]


def _filter_of(digests: Array) -> Array:
    bits = np.zeros(-(-len(digests) * BITS // 8), dtype=np.uint8)
    for block in blocks(len(digests)):
        for place in _places(digests[block], len(bits)):
            # Of several bits for one byte, numpy sets only the last.
            while len(place):
                bits[place >> np.uint64(3)] |= _bit(place)
                place = place[(bits[place >> np.uint64(3)] & _bit(place)) == 0]
    return bits


def _is_in(bits: Array, digests: Array) -> Array:
    found = np.ones(len(digests), dtype=bool)
    for place in _places(digests, len(bits)):
        found &= (bits[place >> np.uint64(3)] & _bit(place)) != 0
    return found


def _places(digests: Array, n_bytes: int) -> Iterator[Array]:
    """The numbers of the bits of each digest in a filter: enhanced double hashing (Dillinger and Manolios 2004)."""
    low, high, n_bits = digests & np.uint64(0xFFFFFFFF), digests >> np.uint64(32), np.uint64(8 * n_bytes)
    for k in range(HASHES):
        yield (low + np.uint64(k) * high + np.uint64((k**3 - k) // 6)) % n_bits


def _bit(place: Array) -> Array:
    return np.left_shift(np.uint8(1), (place & np.uint64(7)).astype(np.uint8))
