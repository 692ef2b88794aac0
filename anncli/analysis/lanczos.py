"""Eigenvalues of a symmetric matrix that is known only by its products with vectors, and its density and trace by random probes.

P is the number of rows of the matrix. Everything is in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

#: v (P,) -> the matrix times v (P,).
Product = Callable[[Array], Array]

# Vectors of a Krylov space that are held at a time, and the most memory for them.
_MOST_VECTORS, _MOST_BYTES = 80, 1 << 29
# Spaces that are begun anew from the best vectors of the one before, until both ends have converged.
_MOST_ROUNDS = 8
# Residuals that count as converged, of the norm of the matrix: a Ritz value is no further from an eigenvalue than its residual,
# and where eigenvalues are apart only about the square of it.
_HIGH_RESIDUAL, _LOW_RESIDUAL = 1e-5, 1e-3
# A remainder below this fraction of the norm of the matrix is rounding: the space is invariant.
_NOTHING = 1e-12


class Ends(NamedTuple):
    """The largest eigenvalues of a matrix, largest first, the smallest ones, smallest first, and a bound of the error of each.

    known: those whose vectors (n_known, P), `vectors`, are accurate; largest_vectors (n, P): of the largest, as far as they are.
    """

    largest: Array
    largest_errors: Array
    smallest: Array
    smallest_errors: Array
    known: Array
    vectors: Array
    largest_vectors: Array


class Quadrature(NamedTuple):
    """What stands for the eigenvalues of a matrix: runs x nodes values with weights (same shape), which add up to 1 in each run.

    The mean of sum(weights * f(values)) over the runs estimates the mean of f over the eigenvalues without bias, for polynomials f.
    """

    values: Array
    weights: Array

    def mean(self, function: Callable[[Array], Array]) -> tuple[float, float]:
        """The mean of a function over all eigenvalues, and its standard error; 0 for one run, which has the eigenvalues themselves."""
        return mean_and_error((self.weights * function(self.values)).sum(axis=1))


def mean_and_error(values: Array) -> tuple[float, float]:
    """The mean of independent values (n,) and its standard error, 0 for one value."""
    n = len(values)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0


def quadratic_forms(
    product: Product, size: int, parts: Sequence[slice], probes: int, rng: np.random.Generator
) -> Array:
    """v_p . (A v)_p for each probe and each part p of the places: (probes, n_parts). The mean over the probes is the trace of
    the block of that part.

    The probes v are +1 and -1 at random. A sum over all places has the variance 2 (|A|^2 - sum of A_ii^2), with the Frobenius norm.
    Source: Hutchinson 1990, Communications in Statistics 19, 433-450.
    """
    found = np.empty((probes, len(parts)))
    for k in range(probes):
        probe = signs(size, rng)
        along = probe * product(probe)
        found[k] = [along[part].sum() for part in parts]
    return found


def signs(size: int, rng: np.random.Generator) -> Array:
    """+1 and -1 at random (size,)."""
    return rng.integers(0, 2, size).astype(np.float64) * 2 - 1


def n_vectors(size: int) -> int:
    """How many vectors of a Krylov space there is room for."""
    return min(size, _MOST_VECTORS, max(20, _MOST_BYTES // (8 * size)))


def extreme_eigenvalues(product: Product, size: int, count: int, rng: np.random.Generator) -> Ends:
    """The `count` largest and smallest eigenvalues, fewer of a small matrix.

    Lanczos with full reorthogonalisation; when the space is full, it begins anew with the Ritz vectors at both ends.
    Source: Wu & Simon 2000, SIAM Journal on Matrix Analysis and Applications 22, 602-616.
    """
    most = n_vectors(size)
    room = size if most == size else (most - 2) // 2
    count = min(count, room)
    held = min(count + 8, room)
    basis, small, start, kept = np.empty((most, size)), np.zeros((most, most)), rng.standard_normal(size), 0
    for last_round in (*[False] * (_MOST_ROUNDS - 1), True):
        remainder = _extend(product, basis, small, kept, start / np.linalg.norm(start), rng)
        values, vectors = np.linalg.eigh(small)
        length = float(np.linalg.norm(remainder))
        errors, norm = length * np.abs(vectors[-1]), float(np.abs(values).max())
        high, low = errors[-count:].max(), errors[:count].max()
        if last_round or length <= _NOTHING * norm or (high <= _HIGH_RESIDUAL * norm and low <= _LOW_RESIDUAL * norm):
            break
        chosen = [*range(held), *range(most - held, most)]
        basis[: 2 * held] = vectors[:, chosen].T @ basis
        small[...] = 0
        small[range(2 * held), range(2 * held)] = values[chosen]
        start, kept = remainder, 2 * held
    last = slice(None, -count - 1, -1)
    outer = np.unique([*range(count), *range(most - count, most)])
    sure = outer[errors[outer] <= _HIGH_RESIDUAL * norm]
    return Ends(
        values[last], errors[last], values[:count], errors[:count], values[sure], vectors[:, sure].T @ basis,
        vectors[:, last].T @ basis,
    )  # fmt: skip


def quadrature(
    product: Product, size: int, runs: int, nodes: int, rng: np.random.Generator, ends: Ends | None = None
) -> Quadrature:
    """Stochastic Lanczos quadrature: `runs` spaces of `nodes` vectors, fewer of a small matrix, each from random signs.

    The known eigenvalues of `ends` stand for themselves, and the spaces are those of the rest of the matrix.

    Source: Golub & Welsch 1969; Ghorbani, Krishnan & Xiao 2019, An investigation into neural net optimization via Hessian eigenvalue
    density, ICML.
    """
    known = np.empty((0, size)) if ends is None else ends.vectors
    n_known = len(known)
    nodes = max(1, min(nodes, n_vectors(size), size - n_known))
    values, weights = np.empty((runs, nodes)), np.empty((runs, nodes))
    basis = np.empty((nodes, size))

    def rest(vector: Array) -> Array:
        image = product(vector)
        return image - (known @ image) @ known

    for run in range(runs):
        small = np.zeros((nodes, nodes))
        start = signs(size, rng)
        start -= (known @ start) @ known
        _extend(rest, basis, small, 0, start / np.linalg.norm(start), rng)
        values[run], vectors = np.linalg.eigh(small)
        weights[run] = vectors[0] ** 2 * (1 - n_known / size)
    if ends is not None:
        values = np.hstack([values, np.tile(ends.known, (runs, 1))])
        weights = np.hstack([weights, np.full((runs, n_known), 1 / size)])
    return Quadrature(values, weights)


def _extend(product: Product, basis: Array, small: Array, kept: int, start: Array, rng: np.random.Generator) -> Array:
    """Fill the rows of `basis` (m, P) from `kept` on with an orthonormal basis of the space that grows from `start`, and `small`
    (m, m) with the matrix in that basis; the remainder (P,) of the last product, which is outside the space."""
    vector = start
    for k in range(kept, len(basis)):
        basis[k] = vector
        image = product(vector)
        known = basis[: k + 1]
        size = float(np.linalg.norm(image))
        here = known @ image
        image = image - here @ known
        # Once more: what rounding has left of the known vectors would grow.
        image -= (known @ image) @ known
        small[: k + 1, k] = small[k, : k + 1] = here
        length = float(np.linalg.norm(image))
        if length <= _NOTHING * size:
            image[...] = 0
            if k + 1 < len(basis):
                # The space is invariant, and the next vector begins another one.
                vector = rng.standard_normal(len(image))
                for _ in range(2):
                    vector -= (known @ vector) @ known
                vector /= np.linalg.norm(vector)
        else:
            vector = image / length
    return image
