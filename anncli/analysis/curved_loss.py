"""The mean loss of a network on rows, near its weights: value, gradient, and the products of its Hessian and of its Gauss-Newton
matrix with vectors.

P is the number of parameters, K that of the outputs, z the pre-activations of the outputs.
"""

from __future__ import annotations

import copy
from typing import Literal

import numpy as np

from anncli.analysis.dense_curvature import DenseCurvature, fits
from anncli.analysis.outer_curvature import outer_curvature
from anncli.arrays import Array, Rows
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.checks import answers_of
from anncli.backends.reference import ReferenceBackend
from anncli.network.names import parse_loss
from anncli.network.topology import Topology

Matrix = Literal["hessian", "gauss-newton"]

# How far a difference moves the weights, all together: in float64 its error is then about 1e-8, of the curvature as of rounding.
STEP = 3e-5
# Losses whose slope jumps where the error is 0, and which are straight elsewhere.
_STRAIGHT = ("mae", "quantile")


def refusal(loss: str) -> str | None:
    """Why a loss has no curvature worth looking at; None for the others."""
    if parse_loss(loss).name not in _STRAIGHT:
        return None
    return f"loss {loss} is made of straight lines: its second derivative is 0, but for the kinks where an error is 0"


def is_convex(loss: str) -> bool:
    """Whether the loss of a row is convex in z, or in the error: then the Gauss-Newton matrix has no eigenvalue below 0."""
    return parse_loss(loss).name != "focal"


def kinks(topology: Topology) -> str | None:
    """'layer 1 (`4 relu`) of this network has kinks', of all layers whose slopes jump; None where all are smooth."""
    names = [f"layer {k} (`{layer.text()}`)" for k, layer in enumerate(topology.layers, 1) if layer.has_kink]
    have = "have" if len(names) > 1 else "has"
    return f"{' and '.join(names)} of this network {have} kinks" if names else None


class CurvedLoss:
    """E(w) = mean of weight * loss over the rows of `samples`, without penalties, at the point w (P,).

    The Gauss-Newton matrix is G = J' H_z J, where J = dz/dw and H_z is the second derivative of the loss by z; where the loss is a function of
    the error (mse, huber), J is that of the outputs, so that G has no eigenvalue below 0 there either. Products are exact for chains of dense
    layers, and those of the Hessian for all layers with second derivatives. Otherwise they are central differences in float64: of
    gradients for the Hessian, of z for G. These ask nothing but outputs and gradients of the layers. close() it when done.
    Args: samples: with targets; their weights are the factors of the rows, None for 1.
    """

    def __init__(self, topology: Topology, loss: str, samples: Samples, parameters: Array) -> None:
        self.topology, self.loss = topology, loss
        # Once, and not in every product.
        self.samples = samples = samples._replace(inputs=samples.inputs.astype(np.float64))
        self.point = parameters.astype(np.float64)
        self._session = ReferenceBackend().open(Problem(topology, loss), samples)
        self._outside: tuple[Session, Array, Array] | None = None
        self._dense = DenseCurvature(topology, loss, samples, self.point) if fits(topology, samples) else None

    @property
    def is_by_differences(self) -> bool:
        """Whether products of the Hessian are differences, because a layer has no second derivatives."""
        return self.topology.lacks("second_order") is not None

    def close(self) -> None:
        """Free what the products hold."""
        self._session.close()
        if self._outside is not None:
            self._outside[0].close()

    @property
    def size(self) -> int:
        """P."""
        return self.topology.n_parameters

    def value_and_gradient(self) -> tuple[float, Array]:
        """E and its gradient (P,)."""
        gradient = np.empty_like(self.point)
        return self._session.gradient(self.point, gradient), gradient

    def product(self, matrix: Matrix, direction: Array) -> Array:
        """The matrix times a direction (P,)."""
        if self._dense is not None:
            return self._dense.product(direction, matrix == "hessian")
        if matrix == "hessian" and not self.is_by_differences:
            return self._session.hessian(self.point, direction)
        return self.difference(matrix, direction)

    def difference(self, matrix: Matrix, direction: Array) -> Array:
        """The same by differences."""
        return self._hessian(direction) if matrix == "hessian" else self._gauss_newton(direction)

    def _hessian(self, direction: Array) -> Array:
        step, below, above = self._step(direction)
        if not step:
            return np.zeros_like(self.point)
        low, high = np.empty_like(self.point), np.empty_like(self.point)
        self._session.gradient(below, low)
        self._session.gradient(above, high)
        return (high - low) / (2 * step)

    def _gauss_newton(self, direction: Array) -> Array:
        step, below, above = self._step(direction)
        result = np.zeros_like(self.point)
        if not step:
            return result
        session, z, outputs = self._outer()
        r_z = (session.outputs(above) - session.outputs(below)) / (2 * step)
        targets, weights = answers_of(self.samples, None)
        bent = outer_curvature(
            self.loss, self.topology.output_activation, z, outputs, targets.astype(np.float64, copy=False), r_z
        )
        if weights is not None:
            bent *= weights[:, None]
        # With linear outputs the slope of mse is 2/K (z - target), which is `bent` for this target.
        wanted, asked = z - bent * (z.shape[1] / 2), self.samples.targets
        of_rows = Rows(wanted, asked.starts) if isinstance(asked, Rows) else wanted
        back = session.over(Samples(self.samples.inputs, of_rows))
        back.gradient(self.point, result)
        back.close()
        return result

    def _step(self, direction: Array) -> tuple[float, Array, Array]:
        """The length of the difference, 0 for no direction, and the points at both of its ends."""
        length = float(np.linalg.norm(direction))
        step = STEP / length if length else 0.0
        return step, self.point - step * direction, self.point + step * direction

    def _outer(self) -> tuple[Session, Array, Array]:
        """A session of the same network with linear outputs, which gives z; z and the outputs (n, K) at the point."""
        if self._outside is None:
            last = copy.copy(self.topology.layers[-1])
            last.activation = "linear"
            straight = self.topology._replace(layers=(*self.topology.layers[:-1], last))
            session = ReferenceBackend().open(Problem(straight, "mse"), self.samples)
            self._outside = session, session.outputs(self.point), self._session.outputs(self.point)
        return self._outside
