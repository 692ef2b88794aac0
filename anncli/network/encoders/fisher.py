"""Fisher vectors: what rows say about the parameters of a mixture of Gaussians, as one vector for each sample.

The mixture is fitted to the training rows (training/mixture.py), belongs to the network and stands in its file.
Source: Perronnin & Dance 2007, Fisher kernels on visual vocabularies; improved: Perronnin, Sanchez & Mensink 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows
from anncli.errors import DataError
from anncli.network.encoders.descriptors import Descriptors

# About how many numbers (rows, modes, columns) are worked on at a time.
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
        for place, sums in self._sums(samples):
            vectors[place] = self._vectors(sums / samples.lengths[place, None, None])
        return vectors

    def _sums(self, samples: Rows) -> Iterator[tuple[slice, Array]]:
        """Of some samples at a time the sums (n, K, 2 D + 1) over their rows. What a sample gives does not depend on those beside it."""
        starts, most = samples.starts, max(1, _PORTION // self.means.size)
        first = 0
        while first < len(samples):
            end = max(first + 1, int(np.searchsorted(starts, starts[first] + most, side="right")) - 1)
            rows, place = samples.values[starts[first] : starts[end]], slice(first, end)
            if len(rows) <= most:
                yield place, np.add.reduceat(self._terms(rows), starts[first:end] - starts[first], axis=0)
            else:
                parts = (self._terms(rows[k : k + most]).sum(axis=0) for k in range(0, len(rows), most))
                yield place, np.sum(list(parts), axis=0)[None]
            first = end

    def _terms(self, rows: Array) -> Array:
        """(T, K, 2 D + 1): q_k, q_k z_k and q_k (1 - z_k^2) of each row."""
        weights, means, deviations = (part.astype(np.float64) for part in (self.weights, self.means, self.deviations))
        z = (rows.astype(np.float64)[:, None, :] - means) / deviations
        squares = z * z
        likelihoods = np.log(weights) - np.log(deviations).sum(axis=1) - squares.sum(axis=2) / 2
        likelihoods -= likelihoods.max(axis=1, keepdims=True)
        q = np.exp(likelihoods)
        q /= q.sum(axis=1, keepdims=True)
        return np.concatenate([q[:, :, None], q[:, :, None] * z, q[:, :, None] * (1 - squares)], axis=2)

    def _vectors(self, terms: Array) -> Array:
        """The Fisher vectors of samples, from the means (n, K, 2 D + 1) over their rows."""
        weights, columns = self.weights.astype(np.float64)[:, None], self.means.shape[1]
        of_weights, of_means, of_deviations = np.split(terms, [1, columns + 1], axis=2)
        parts = [
            (of_weights - weights) / np.sqrt(weights),
            of_means / np.sqrt(weights),
            of_deviations / np.sqrt(2 * weights),
        ]
        vectors = np.concatenate([part.reshape(len(terms), -1) for part in parts], axis=1)
        if not self.improved:
            return vectors
        vectors = np.sign(vectors) * np.sqrt(np.abs(vectors))
        lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        return vectors / np.where(lengths > 0, lengths, 1)
