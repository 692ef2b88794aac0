"""The objective: the training part as a function of the parameters, and the epochs a trainer asks of the kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from anncli.kernels import Kernel
from anncli.kernels.rules import UpdateRule, UpdateState
from anncli.network.network import Topology

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Objective:
    """E(w) = weighted mean loss over `rows` + l2/2 * sum of squared weights.

    inputs (N, n_inputs) scaled, targets (N, n_outputs), weights (N,) or None, rows (n,) int64: the training part;
    labels (N,), the class of each row, for trainers that care about the order of classes.
    """

    kernel: Kernel
    topology: Topology
    loss: str
    inputs: Array
    targets: Array
    weights: Array | None
    rows: Array
    labels: Array
    l2: float = 0.0

    @property
    def n_samples(self) -> int:
        return len(self.rows)

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """E and its gradient (P,), over the whole training part."""
        gradient = np.empty_like(parameters)
        value = self.kernel.loss_and_gradient(
            self.topology, parameters, self.loss, self.inputs, self.targets, self.weights, self.rows, gradient, self.l2
        )
        return value, gradient

    def value(
        self, parameters: Array, rows: Array | None = None, *, penalty: bool = True, loss: str | None = None
    ) -> float:
        """E alone, over the training part or other rows, with the loss of training or another one."""
        chosen = self.rows if rows is None else rows
        l2 = self.l2 if penalty else 0.0
        return self.kernel.loss_and_gradient(
            self.topology, parameters, loss or self.loss, self.inputs, self.targets, self.weights, chosen, None, l2
        )

    def batch_loss_and_gradient(self, parameters: Array, rows: Array, gradient: Array) -> float:
        """Mean loss over `rows`, penalty left out; `gradient` (P,) receives its gradient plus l2 * w on weights."""
        value = self.kernel.loss_and_gradient(
            self.topology, parameters, self.loss, self.inputs, self.targets, self.weights, rows, gradient
        )
        if self.l2:
            l2 = parameters.dtype.type(self.l2)
            for block, slot in zip(self.topology.blocks(parameters), self.topology.blocks(gradient), strict=True):
                slot[1:] += l2 * block[1:]
        return value

    def precise(self) -> Objective:
        """The same objective on the numpy kernel, which computes in float64 when it is given float64 parameters."""
        from anncli.kernels.numpy_kernel import NumpyKernel

        return replace(self, kernel=NumpyKernel())

    def epoch(
        self,
        parameters: Array,
        rule: UpdateRule,
        state: UpdateState,
        order: Array,
        batch_size: int,
        outputs: Array | None = None,
    ) -> float:
        """One pass over `order` (row numbers) in batches, changing parameters and state; the mean loss on the way."""
        return self.kernel.epoch(
            self.topology,
            parameters,
            self.loss,
            rule,
            state,
            self.inputs,
            self.targets,
            self.weights,
            order,
            batch_size,
            outputs,
        )
