"""Bilinear products of vectors of N components: (w o x)_k = sum over i, j of B[k, i, j] w_i x_j, as the list of the numbers of B
that are not 0."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.names import PRODUCT_NAMES

# e_a x e_b = e_c for these (a, b, c), for their cyclic permutations, and with the sign changed for b, a.
_CROSS = ((0, 1, 2),)
_SEVEN = ((0, 1, 3), (1, 2, 4), (2, 3, 5), (3, 4, 6), (4, 5, 0), (5, 6, 1), (6, 0, 2))


class _ByPair(NamedTuple):
    """Terms sorted by (j, k): their order, where each pair begins in it, and the j and k of each pair."""

    order: Array
    first: Array
    j: Array
    k: Array


class Product:
    """A product of vectors: term t adds value[t] w[i[t]] x[j[t]] to component k[t] of the result.

    components: N; k, i, j: int64 (T,), sorted by i; value: float64 (T,). w, the left factor, is the weight, and x the input.
    """

    def __init__(self, components: int, k: Array, i: Array, j: Array, value: Array) -> None:
        self.components, self.k, self.i, self.j, self.value = components, k, i, j, value

    @classmethod
    def of(cls, tensor: Array) -> Product:
        """The product of a tensor B (N, N, N), indexed [k, i, j]."""
        i, j, k = np.nonzero(tensor.transpose(1, 2, 0))
        return cls(len(tensor), k, i, j, tensor[k, i, j])

    def tensor(self) -> Array:
        """B (N, N, N), float64, indexed [k, i, j]."""
        found = np.zeros((self.components,) * 3)
        found[self.k, self.i, self.j] = self.value
        return found

    @property
    def squares(self) -> float:
        """The sum of B^2 for one k, as a mean over k; and just so for one j. Of numbers 0, 1 and -1 it is how many products of a
        weight and an input add up in one component."""
        return float((self.value**2).sum()) / self.components

    def matrix(self, weights: Array) -> Array:
        """The matrix M (P N, Q N) by which a row of P vectors is multiplied, for weights (P, Q N).

        M[(p, j), (q, k)] = sum over i of B[k, i, j] weights[p, (q, i)].
        """
        n, pairs = self.components, self._pairs
        units = weights.reshape(len(weights), -1, n)
        terms = units[:, :, self.i[pairs.order]] * self.value[pairs.order].astype(weights.dtype)
        if len(pairs.first) < len(pairs.order):
            terms = np.add.reduceat(terms, pairs.first, axis=2)
        matrix = np.zeros((len(units), n, units.shape[1], n), dtype=weights.dtype)
        # Two lists of indices with a slice between them: numpy puts their axis first.
        matrix[:, pairs.j, :, pairs.k] = terms.transpose(2, 0, 1)
        return matrix.reshape(len(units) * n, -1)

    def weights_of(self, matrix: Array) -> Array:
        """The adjoint of matrix(): for M (P N, Q N) the sums [p, (q, i)] = sum over j, k of B[k, i, j] M[(p, j), (q, k)]."""
        n = self.components
        cube = matrix.reshape(-1, n, matrix.shape[1] // n, n)
        terms = cube[:, self.j, :, self.k] * self.value.astype(matrix.dtype)[:, None, None]
        first = np.flatnonzero(np.diff(self.i, prepend=-1))
        found = np.zeros((n, len(cube), cube.shape[2]), dtype=matrix.dtype)
        found[self.i[first]] = np.add.reduceat(terms, first, axis=0)
        return found.transpose(1, 2, 0).reshape(len(cube), -1)

    @cached_property
    def _pairs(self) -> _ByPair:
        place = self.j * self.components + self.k
        order = np.argsort(place, kind="stable")
        first = np.flatnonzero(np.diff(place[order], prepend=-1))
        j, k = np.divmod(place[order][first], self.components)
        return _ByPair(order, first, j, k)


@lru_cache(maxsize=32)
def product_of(name: str, components: int) -> Product:
    """The product of a name of PRODUCT_NAMES that is defined for so many components, or of a text of N^3 numbers, B[k, i, j] with
    j varying fastest, not all of them 0."""
    if name not in PRODUCT_NAMES:
        return Product.of(np.array(name.split(), dtype=np.float64).reshape((components,) * 3))
    if name == "componentwise":
        same = np.arange(components)
        return Product(components, same, same, same, np.ones(components))
    if name in ("cross", "seven"):
        return Product.of(_vector_product(components))
    if name in ("quaternion", "octonion"):
        return Product.of(_hypercomplex(components))
    return _circular(name, components)


def _circular(name: str, n: int) -> Product:
    """Products with one k for each pair i, j."""
    i, j = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    value = np.ones(n * n)
    if name in ("skew-circular", "complex"):
        value[i + j >= n] = -1
    k = {"correlation": i - j, "reversed-circular": -i - j}.get(name, i + j)
    return Product(n, k % n, i, j, value)


def _vector_product(n: int) -> Array:
    """B of the vector product of 3 or 7 components."""
    tensor = np.zeros((n, n, n))
    for triple in _CROSS if n == 3 else _SEVEN:
        for turn in range(3):
            a, b, c = triple[turn], triple[(turn + 1) % 3], triple[(turn + 2) % 3]
            tensor[c, a, b], tensor[c, b, a] = 1, -1
    return tensor


def _hypercomplex(n: int) -> Array:
    """B of quaternions (n = 4) and octonions (8): a real part, and the vector product of the other components."""
    tensor = np.zeros((n, n, n))
    tensor[1:, 1:, 1:] = _vector_product(n - 1)
    imaginary = np.arange(1, n)
    tensor[0, imaginary, imaginary] = -1
    tensor[imaginary, imaginary, 0] = tensor[imaginary, 0, imaginary] = 1
    tensor[0, 0, 0] = 1
    return tensor
