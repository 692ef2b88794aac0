"""The curvature of a loss at the weights of a network: trace, eigenvalues at both ends, their density, and what these say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.analysis.curved_loss import CurvedLoss, Matrix
from anncli.analysis.lanczos import (
    Ends,
    Product,
    Quadrature,
    extreme_eigenvalues,
    mean_and_error,
    quadratic_forms,
    quadrature,
)
from anncli.arrays import Array, random_stream
from anncli.errors import AnnError

# Up to so many parameters all eigenvalues are computed, from the whole matrix: that takes no more products than the estimates.
EXACT_SIZE = 500
# Of the estimates: spaces, and vectors in each.
_RUNS, _NODES = 8, 50
# About how many products the eigenvalues at both ends take.
_FOR_ENDS = 80
# An eigenvalue is 0 up to this fraction of the largest size of one.
_FLAT = 1e-6
# Below this fall of the loss, as a fraction of it, a point counts as stationary.
_STATIONARY = 1e-3

#: How far the work has come: products done, and what they are for.
Tick = Callable[[int, str], None]


class Estimate(NamedTuple):
    """A mean with its standard error, which is 0 where the value is exact."""

    mean: float
    error: float


class Curvature(NamedTuple):
    """What is known of a matrix of second derivatives of a mean loss, without penalties.

    size: its rows, P; value: the loss; layers: the trace of each layer's block, and trace: that of all, by `probes` random
    vectors; exact_layers: the same traces without sampling, or None; ends: eigenvalues at both ends; spectrum: all of them, or what
    stands for them; l2: the penalty; slope: the norm of the gradient, with the penalty; fall: by how much the loss would fall,
    by the second derivatives, at the best step against the gradient; None where it falls without end.
    """

    matrix: Matrix
    size: int
    value: float
    probes: int
    layers: tuple[Estimate, ...]
    trace: Estimate
    exact_layers: tuple[float, ...] | None
    ends: Ends
    spectrum: Quadrature
    l2: float
    slope: float
    fall: float | None

    @property
    def is_exact(self) -> bool:
        """Whether the spectrum holds all eigenvalues."""
        return self.exact_layers is not None

    @property
    def flatness(self) -> float:
        """Eigenvalues of at most this size count as 0."""
        return _FLAT * max(abs(float(self.ends.largest[0])), abs(float(self.ends.smallest[0])))

    def n_where(self, wanted: Callable[[Array], Array]) -> Estimate:
        """How many eigenvalues a condition holds for."""
        mean, error = self.spectrum.mean(lambda values: wanted(values).astype(np.float64))
        return Estimate(self.size * mean, self.size * error)

    @property
    def negative(self) -> Estimate:
        """How many eigenvalues are below 0."""
        return self.n_where(lambda values: values < -self.flatness)

    @property
    def flat(self) -> Estimate:
        """How many eigenvalues are 0."""
        return self.n_where(lambda values: np.abs(values) <= self.flatness)

    @property
    def effective(self) -> Estimate | None:
        """The effective number of parameters: the sum of x / (x + l2) over the eigenvalues x above 0; None without penalty.

        Source: MacKay 1992, Neural Computation 4, 415-447.
        """
        if not self.l2:
            return None
        mean, error = self.spectrum.mean(lambda values: np.maximum(values, 0) / (np.maximum(values, 0) + self.l2))
        return Estimate(self.size * mean, self.size * error)

    @property
    def step_limit(self) -> float | None:
        """The largest step of gradient descent that does not diverge along the sharpest direction; None where nothing curves up."""
        sharpest = float(self.ends.largest[0])
        return 2 / (sharpest + self.l2) if sharpest > 0 else None

    @property
    def condition(self) -> float | None:
        """The largest over the smallest eigenvalue, both with the penalty; None where the smallest is not above 0."""
        low = float(self.ends.smallest[0])
        low = (0.0 if abs(low) <= self.flatness else low) + self.l2
        return (float(self.ends.largest[0]) + self.l2) / low if low > 0 else None

    @property
    def is_stationary(self) -> bool:
        """Whether no step against the gradient lowers the loss much."""
        return self.fall is not None and self.fall <= _STATIONARY * abs(self.value)

    @property
    def shape(self) -> str:
        """'minimum', 'saddle', or 'held' by the penalty, where the loss alone has a saddle; 'flat' where nothing curves."""
        low, high = float(self.ends.smallest[0]), float(self.ends.largest[0])
        if not self.flatness:
            return "flat"
        if low >= -self.flatness:
            return "minimum"
        if high <= self.flatness:
            return "maximum"
        return "saddle" if low < -self.l2 else "held"


def planned(size: int, probes: int) -> int:
    """About how many products a matrix of `size` rows takes."""
    return (size if size <= EXACT_SIZE else probes + _FOR_ENDS + _RUNS * _NODES) + 1


def measure(
    loss: CurvedLoss, matrix: Matrix, *, probes: int, count: int, seed: int, l2: float, tick: Tick
) -> Curvature:
    """The curvature of a loss; count: eigenvalues at each end; l2: the penalty of the network, for what is said about it.

    Raises: AnnError where a derivative is not a finite number.
    """
    size, work = loss.size, _Work(loss, matrix, planned(loss.size, probes), tick)
    value, gradient = loss.value_and_gradient()
    _check_finite(gradient)
    penalty = l2 * loss.topology.weights_mask()
    gradient += penalty * loss.point
    work.what = "along the gradient"
    bend = float(gradient @ (work(gradient) + penalty * gradient))
    steep = float(gradient @ gradient)
    product: Product = work
    whole = None
    if size <= EXACT_SIZE:
        work.what = "second derivatives"
        whole = np.array([work(unit) for unit in np.eye(size)])
        whole = (whole + whole.T) / 2
        product = whole.__matmul__
    work.what = "trace"
    parts = [slice(*pair) for pair in zip(loss.topology.offsets, loss.topology.offsets[1:], strict=False)]
    forms = quadratic_forms(product, size, parts, probes, random_stream(seed, "curvature", 2))
    ends, spectrum = _eigenvalues(work, whole, size, count, seed)
    return Curvature(
        matrix, size, value, probes,
        tuple(Estimate(*mean_and_error(of_layer)) for of_layer in forms.T),
        Estimate(*mean_and_error(forms.sum(axis=1))),
        None if whole is None else tuple(float(np.diag(whole)[part].sum()) for part in parts),
        ends, spectrum, l2, float(np.sqrt(steep)), 0.0 if not steep else steep * steep / (2 * bend) if bend > 0 else None,
    )  # fmt: skip


def sharpest_directions(loss: CurvedLoss, count: int, seed: int) -> tuple[Array, Array]:
    """The largest eigenvalues (count,) of the Hessian, largest first, and their vectors (count, P) of length 1.

    Raises: AnnError where a derivative is not a finite number.
    """
    work = _Work(loss, "hessian", planned(loss.size, 0), lambda done, what: None)
    _check_finite(loss.value_and_gradient()[1])
    ends = extreme_eigenvalues(work, loss.size, count, random_stream(seed, "curvature", 3))
    return ends.largest, ends.largest_vectors


def _eigenvalues(work: _Work, whole: Array | None, size: int, count: int, seed: int) -> tuple[Ends, Quadrature]:
    if whole is not None:
        values = np.linalg.eigvalsh(whole)
        count = min(count, size)
        nothing, no_vectors = np.zeros(count), np.empty((0, size))
        ends = Ends(values[: -count - 1 : -1], nothing, values[:count], nothing, nothing[:0], no_vectors, no_vectors)
        return ends, Quadrature(values[None], np.full((1, size), 1 / size))
    work.what = "eigenvalues"
    ends = extreme_eigenvalues(work, size, count, random_stream(seed, "curvature", 3))
    work.what = "density"
    return ends, quadrature(work, size, _RUNS, _NODES, random_stream(seed, "curvature", 4), ends)


def _check_finite(found: Array) -> None:
    if not np.isfinite(found).all():
        raise AnnError(
            "the derivatives of the loss are not finite", advice="scale the inputs, or train the network anew"
        )


class _Work:
    """A product that counts its calls."""

    def __init__(self, loss: CurvedLoss, matrix: Matrix, most: int, tick: Tick) -> None:
        self._loss, self._matrix, self._most, self._tick = loss, matrix, most, tick
        self._done, self.what = 0, ""

    def __call__(self, vector: Array) -> Array:
        found = self._loss.product(self._matrix, vector)
        if not np.isfinite(found).all():
            raise AnnError(
                "the second derivatives are not finite", advice="scale the inputs, or train the network anew"
            )
        # The eigenvalues at the ends may take more products than planned.
        self._done = min(self._done + 1, self._most)
        self._tick(self._done, self.what)
        return found
