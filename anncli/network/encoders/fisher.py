"""Fisher vectors: what rows say about the parameters of a mixture of Gaussians, as one vector for each sample.

The mixture is fitted to the training rows (training/mixture.py), belongs to the network and stands in its file.
Source: Perronnin & Dance 2007, Fisher kernels on visual vocabularies; improved: Perronnin, Sanchez & Mensink 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows
from anncli.errors import DataError
from anncli.network.encoders.descriptors import Descriptors

# About how many numbers are worked on at a time.
_PORTION = 1 << 20


class Mixture(NamedTuple):
    """Gaussians with independent columns: weights (K,), which add up to 1, means (K, D) and standard deviations (K, D), in the units
    of the data, all float32; improved: see Descriptors."""

    weights: Array
    means: Array
    deviations: Array
    improved: bool = True

    def __repr__(self) -> str:
        return f"<Mixture of {len(self.weights)} modes, {self.means.shape[1]} columns>"

    def fits(self, descriptors: Descriptors) -> bool:
        """Whether it is one that such a definition asks for."""
        return self.means.shape == (descriptors.modes, descriptors.columns) and self.improved == descriptors.improved

    def encode(self, samples: Rows) -> Array:
        """(n, K (2 D + 1)) float32, the Fisher vector of each sample of T rows x of D columns; computed in float64.

        With z_k = (x - mean_k) / deviation_k and q_k, the probability that a row belongs to mode k, the vector has first for every k
        (mean of q_k - weight_k) / sqrt(weight_k), then for every k and column mean of q_k z_k / sqrt(weight_k), then for
        every k and column mean of q_k (1 - z_k^2) / sqrt(2 weight_k): the derivative of the log-likelihood by the deviation
        has the opposite sign. Improved: v becomes sign(v) sqrt(|v|), and is then divided by its length.
        Raises: DataError for a sample without rows.
        """
        if (empty := np.flatnonzero(samples.lengths == 0)).size:
            raise DataError(
                f"sample {int(empty[0]) + 1} has no rows, and a Fisher vector needs one", advice="leave it out"
            )
        vectors = np.empty((len(samples), self.means.size * 2 + len(self.weights)), dtype=np.float32)
        worker = _Worker(self)
        for numbers, sums in worker.sums(samples):
            vectors[numbers] = worker.vectors(sums / samples.lengths[numbers, None, None])
        return vectors


class _Worker:
    """The numbers of a mixture in float64, with the origin between the means, so that squares of large numbers do not cancel."""

    def __init__(self, mixture: Mixture) -> None:
        self._weights, means, self._deviations = (part.astype(np.float64) for part in mixture[:3])
        self._origin = means.mean(axis=0)
        self._means, self._improved = means - self._origin, mixture.improved

    def sums(self, samples: Rows) -> Iterator[tuple[slice, Array]]:
        """Of some samples at a time (n, K, 2 D + 1), the sums over their rows of q_k, q_k x and q_k x^2, x from the origin on. What a
        sample gives does not depend on those beside it."""
        starts, most = samples.starts, max(1, _PORTION // (len(self._weights) + 2 * samples.columns))
        first = 0
        while first < len(samples):
            end = max(first + 1, int(np.searchsorted(starts, starts[first] + most, side="right")) - 1)
            rows, own = samples.values[starts[first] : starts[end]], starts[first : end + 1] - starts[first]
            found = np.empty((end - first, len(self._weights), 2 * samples.columns + 1))
            if len(rows) > most:
                found[0] = np.sum(
                    [self._sum(*self._prepared(rows[k : k + most])) for k in range(0, len(rows), most)], axis=0
                )
            else:
                given = self._prepared(rows)
                for number, (begin, stop) in enumerate(pairwise(own.tolist())):
                    found[number] = self._sum(*(part[begin:stop] for part in given))
            yield slice(first, end), found
            first = end

    def _prepared(self, rows: Array) -> tuple[Array, Array]:
        """q (T, K), and 1, x and x^2 (T, 2 D + 1) of rows."""
        x = rows.astype(np.float64) - self._origin
        likelihoods = np.empty((len(x), len(self._weights)))
        for mode, (mean, deviation) in enumerate(zip(self._means, self._deviations, strict=True)):
            z = (x - mean) / deviation
            z *= z
            likelihoods[:, mode] = z.sum(axis=1) / -2 - np.log(deviation).sum()
        likelihoods += np.log(self._weights)
        likelihoods -= likelihoods.max(axis=1, keepdims=True)
        q = np.exp(likelihoods)
        q /= q.sum(axis=1, keepdims=True)
        return q, np.concatenate([np.ones((len(x), 1)), x, x * x], axis=1)

    def _sum(self, q: Array, powers: Array) -> Array:
        # Not a product of a library, whose last digits may depend on threads.
        found: Array = np.einsum("tk,td->kd", q, powers)
        return found

    def vectors(self, terms: Array) -> Array:
        """The Fisher vectors of samples, from the means (n, K, 2 D + 1) over their rows."""
        weights, means, variances = self._weights[:, None], self._means, self._deviations**2
        s0, s1, s2 = np.split(terms, [1, means.shape[1] + 1], axis=2)
        parts = [
            (s0 - weights) / np.sqrt(weights),
            (s1 - s0 * means) / (np.sqrt(weights) * self._deviations),
            (s0 * variances - s2 - s0 * means**2 + 2 * s1 * means) / (np.sqrt(2 * weights) * variances),
        ]
        vectors = np.concatenate([part.reshape(len(terms), -1) for part in parts], axis=1)
        if not self._improved:
            return vectors
        vectors = np.sign(vectors) * np.sqrt(np.abs(vectors))
        lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        return vectors / np.where(lengths > 0, lengths, 1)
