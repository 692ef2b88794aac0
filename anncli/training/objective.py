"""The objective: the training part as a function of the parameters, and the epochs a trainer asks of the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.backends.base import Kernel
from anncli.backends.rules import UpdateRule, UpdateState, add_penalty_gradient
from anncli.network.topology import Topology

# Rows that are given noise at a time, so that memory does not grow with the data.
_NOISY_ROWS = 4096


class Objective(NamedTuple):
    """E(w) = weighted mean loss over `rows` + l2/2 * sum of squared weights + l1 * sum of absolute weights.

    inputs (N, n_inputs) scaled, targets (N, n_outputs), weights (N,) or None, rows (n,), their numbers: the training part;
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
    l1: float = 0.0

    @property
    def n_samples(self) -> int:
        return len(self.rows)

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """E and its gradient (P,), over the whole training part."""
        gradient = np.empty_like(parameters)
        value = self.kernel.loss_and_gradient(
            self.topology, parameters, self.loss, self.inputs, self.targets, self.weights, self.rows, gradient, self.l2
        )
        if self.l1:
            value += self.l1 * self._absolute_weights(parameters)
            add_penalty_gradient(self.topology, parameters, gradient, 0.0, self.l1)
        return value, gradient

    def value(
        self, parameters: Array, rows: Array | None = None, *, penalty: bool = True, loss: str | None = None
    ) -> float:
        """E alone, over the training part or other rows, with the loss of training or another one."""
        chosen = self.rows if rows is None else rows
        l2 = self.l2 if penalty else 0.0
        value = self.kernel.loss_and_gradient(
            self.topology, parameters, loss or self.loss, self.inputs, self.targets, self.weights, chosen, None, l2
        )
        return value + self.l1 * self._absolute_weights(parameters) if self.l1 and penalty else value

    def constant_loss(self, rows: Array) -> float:
        """The mean loss over `rows` of always giving the mean target of the training part, without the penalty."""
        from anncli.network.losses import LOSSES

        activation, weights = self.topology.output_activation, self.weights
        sums, shares = np.zeros(self.topology.n_outputs), 0.0
        for block in blocks(len(self.rows)):
            taken = self.rows[block]
            share = np.ones(len(taken)) if weights is None else weights[taken].astype(np.float64)
            sums += share @ self.targets[taken]
            shares += float(share.sum())
        mean, total = sums / shares, 0.0
        # Pre-activations of those outputs; only the cross-entropies and the focal loss look at them.
        kept = np.clip(mean, 1e-12, 1 - 1e-12)
        z = np.log(kept) if activation == "softmax" else np.log(kept / (1 - kept))
        for block in blocks(len(rows)):
            taken = rows[block]
            shape = (len(taken), len(mean))
            given = (np.broadcast_to(z, shape), np.broadcast_to(mean, shape), self.targets[taken].astype(np.float64))
            values = LOSSES[self.loss].value(activation, *given)
            total += float((values if weights is None else values * weights[taken]).sum())
        return total / len(rows)

    def batch_loss_and_gradient(
        self, parameters: Array, rows: Array, gradient: Array, dropout: UpdateRule | None = None, rows_seen: int = 0
    ) -> float:
        """Mean loss over `rows`, penalty left out; `gradient` (P,) receives its gradient plus that of the penalty.

        dropout: a rule whose dropout is in force, with the number of rows presented before.
        """
        arrays = (self.inputs, self.targets, self.weights, rows, gradient)
        if dropout is None:
            value = self.kernel.loss_and_gradient(self.topology, parameters, self.loss, *arrays)
        else:
            from anncli.backends.stepwise import batch_gradient

            value = batch_gradient(self.kernel, self.topology, parameters, self.loss, dropout, rows_seen, *arrays)
        add_penalty_gradient(self.topology, parameters, gradient, self.l2, self.l1)
        return value

    def portions(
        self, order: Array, batch_size: int, noise: float, rng: np.random.Generator
    ) -> Iterator[tuple[Objective, Array]]:
        """The rows of `order` as pieces of whole batches: an objective and the rows of it to present.

        noise: standard deviation of what is added to every input anew (Holmstrom & Koistinen 1992), in units of the
        scaled inputs; without it there is one piece.
        """
        if not noise:
            yield self, order
            return
        length = batch_size * max(1, _NOISY_ROWS // batch_size)
        for start in range(0, len(order), length):
            rows = order[start : start + length]
            inputs = self.inputs[rows]
            inputs += noise * rng.standard_normal(inputs.shape, dtype=np.float32)
            weights = None if self.weights is None else self.weights[rows]
            here = np.arange(len(rows), dtype=rows.dtype)
            yield self._replace(inputs=inputs, targets=self.targets[rows], weights=weights, rows=here), here

    def _absolute_weights(self, parameters: Array) -> float:
        return sum(float(np.sum(np.abs(w), dtype=np.float64)) for w in self.topology.weights(parameters))

    def precise(self) -> Objective:
        """The same objective on the numpy kernel, which computes in float64 when it is given float64 parameters."""
        from anncli.backends.reference import NumpyKernel

        return self._replace(kernel=NumpyKernel())

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
