"""Recall: the outputs of a network are given back to it until they stay, and what came of it is compared with the stored patterns.

Where a test vector x stands between two patterns A and B is its place along the line from A to B: the share of A is
1 - (x - A).(B - A) / |B - A|^2, which is 1 at A, 0 at B, and 1/2 where both are as far away. It depends on the vectors alone, not on how the
network recalls.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.inference.predict import predict
from anncli.network.network import Network
from anncli.network.patterns import Patterns

#: How often outputs are given back where nobody says it.
STEPS = 50
#: A vector is between two patterns where neither has a share above this. In steps of two digits 0.52 is then between and 0.55 is
#: not; of two patterns of bits that differ in fewer than 17 places, only a vector with as many of these from one as from the other is.
BETWEEN = 0.53

# What is recalled stays where no value moves by more than this fraction of the largest one: float32 has seven digits, and a network
# that was trained by backpropagation comes ever nearer to its fixed point.
_STILL = 1e-4
# A pattern of other numbers than two is a fixed point if it moves by no more than this fraction of the way to the nearest other one.
_NEAR = 0.05
# A recalled value is that of a pattern of two values if it is no further on the way to the other one: half way would let a mixture of
# all patterns pass.
_BIT = 0.25


class Recalled(NamedTuple):
    """What n test vectors recall. values (n, n_inputs): in the units of the data; steps (n,): how many changed something; stopped
    (n,): whether the last one changed nothing. nearest: to the patterns, None where the network has none."""

    values: Array
    steps: Array
    stopped: Array
    nearest: Nearest | None = None

    def __repr__(self) -> str:
        return f"<Recalled of {len(self.values)} rows>"


class Nearest(NamedTuple):
    """The patterns of n recalled vectors, numbers from 0.

    pattern (n,): the one that is nearest to what was recalled; other (n,): of the others the one nearest to the test vector, -1 where
    there is one pattern alone; distance, other_distance (n,): from the test vector to these two, Euclidean; off (n,): from the
    recalled vector to its pattern. pair (n, 2): the two patterns nearest to the test vector; share (n,): that of the first along the line
    to the second; between (n,): whether it is near 1/2. Where it is not, but that of the recalled vector and the two patterns
    nearest to it is, as where a memory of small beta recalls a mixture, pair and share are those.
    """

    pattern: Array
    other: Array
    distance: Array
    other_distance: Array
    off: Array
    pair: Array
    share: Array
    between: Array


def recall(network: Network, inputs: Array, steps: int = STEPS, threads: int = 1) -> Recalled:
    """What raw rows (n, n_inputs) recall. Raises: as predict()."""
    values = np.array(inputs, dtype=np.float32)
    counts = np.zeros(len(values), dtype=np.int64)
    active = np.arange(len(values))
    for _ in range(steps):
        if not len(active):
            break
        before = values[active]
        after = predict(network, before, threads=threads).astype(np.float32)
        moved = np.abs(after - before).max(axis=1) > _STILL * np.maximum(np.abs(after).max(axis=1), 1e-30)
        # What overflows has no next step.
        good = np.isfinite(after).all(axis=1)
        values[active] = after
        counts[active] += moved
        active = active[moved & good]
    stopped = np.ones(len(values), dtype=bool)
    stopped[active] = False
    stopped &= np.isfinite(values).all(axis=1)
    nearest = None if network.patterns is None else _nearest(network, network.patterns, inputs, values)
    return Recalled(values, counts, stopped, nearest)


def _nearest(network: Network, patterns: Patterns, inputs: Array, recalled: Array) -> Nearest:
    """Distances are those between vectors as the network scales them: columns of large numbers would decide otherwise."""
    stored, found = _scaled(network, patterns.values), list[Nearest]()
    for rows in blocks_of_rows(len(inputs), len(stored)):
        x, y = _scaled(network, inputs[rows]), _scaled(network, recalled[rows])
        given, kept = _squares(x, stored), _squares(y, stored)
        pattern = kept.argmin(axis=1)
        other = _nearest_but(given, pattern)
        (pair, share), (own_pair, own) = _pair(x, stored, given), _pair(y, stored, kept)
        is_given, is_kept = np.abs(share - 0.5) < BETWEEN - 0.5, np.abs(own - 0.5) < BETWEEN - 0.5
        by_recalled = is_kept & ~is_given
        pair, share = np.where(by_recalled[:, None], own_pair, pair), np.where(by_recalled, own, share)
        distances = _distances(x, stored[pattern]), _distances(x, stored[other]), _distances(y, stored[pattern])
        between = (is_given | is_kept) & (pair[:, 0] != pair[:, 1])
        found.append(Nearest(pattern, np.where(other == pattern, -1, other), *distances, pair, share, between))
    return Nearest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _scaled(network: Network, values: Array) -> Array:
    """In float64, where no square of a float32 overflows. Bits of 0 and 1 stay what they are: all columns are alike."""
    numbers = np.nan_to_num(values.astype(np.float32))
    scaled: Array = numbers if network.scaling.method == "bipolar" else network.scaling.apply(numbers)
    return scaled.astype(np.float64)


def _squares(x: Array, stored: Array) -> Array:
    """(n, patterns) squared distances, good enough to say which is the smallest."""
    squares: Array = np.einsum("ij,ij->i", x, x)[:, None] - 2 * (x @ stored.T) + np.einsum("ij,ij->i", stored, stored)
    return squares


def _distances(x: Array, patterns: Array) -> Array:
    """(n,) from the differences: a product would lose the small ones of large numbers."""
    difference = x - patterns
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", difference, difference)))


def _nearest_but(squares: Array, pattern: Array) -> Array:
    """The nearest of the other patterns; the pattern itself where there is no other."""
    if squares.shape[1] == 1:
        return pattern
    others = squares.copy()
    others[np.arange(len(squares)), pattern] = np.inf
    return np.asarray(others.argmin(axis=1))


def _pair(x: Array, stored: Array, squares: Array) -> tuple[Array, Array]:
    """The two nearest patterns (n, 2), and the share (n,) of the first along the line to the second."""
    first = squares.argmin(axis=1)
    second = _nearest_but(squares, first)
    along = stored[second] - stored[first]
    length = np.einsum("ij,ij->i", along, along)
    share = 1 - np.einsum("ij,ij->i", x - stored[first], along) / np.maximum(length, 1e-300)
    return np.stack([first, second], axis=1), share


class Kept(NamedTuple):
    """How well a network keeps its patterns. fixed (n,): which are fixed points; bits, right_bits: how many values of two there are in
    all patterns, and how many are recalled, or 0."""

    fixed: Array
    bits: int
    right_bits: int


def kept_patterns(network: Network, steps: int = STEPS, threads: int = 1) -> Kept:
    """Every pattern of the network recalled from itself: where it stays, it is a fixed point. Patterns of two values stay if no recalled
    value is a quarter of the way to the other or further; others by the distance."""
    assert network.patterns is not None
    patterns = network.patterns
    found = recall(network, patterns.values, steps, threads)
    if (bits := patterns.bits) is not None:
        right = np.abs(found.values - patterns.values) < _BIT * (bits[1] - bits[0])
        return Kept(right.all(axis=1), right.size, int(right.sum()))
    assert found.nearest is not None
    near = found.nearest
    fixed = (near.pattern == np.arange(len(patterns.values))) & (
        near.off <= _NEAR * np.maximum(near.other_distance, 1e-30)
    )
    return Kept(fixed | (near.other < 0) & (near.off <= _NEAR), 0, 0)
