"""The objective: the loss over the training set as a function of the parameters, which is all that a trainer sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import numpy as np

from anncli.arrays import BLOCK_ROWS, Array, Inputs, Rows, blocks
from anncli.backends.base import PLAIN, Backend, Problem, RowChoice, Samples, Session, Shown
from anncli.backends.checks import answers_of, n_answers
from anncli.backends.chunked_session import open_session
from anncli.backends.rules import Rule, State, UpdateRule, UpdateState
from anncli.backends.updates import add_penalty_gradient
from anncli.network.frozen import count_frozen
from anncli.network.losses import LOSSES, constant_level
from anncli.network.topology import Topology

# Rows that get noise at a time, so that memory does not grow with the data.
_NOISY_ROWS = 4096


class Objective(NamedTuple):
    """E(w) = weighted mean loss over `rows` + l2/2 * sum of squared weights + l1 * sum of absolute weights.

    session: opened for `problem` and `samples`; rows (n,): row numbers of the training set; labels (N,): the class of
    each row, or Rows of one column, for trainers that depend on the order of classes; pruned (P,): True for weights that were removed, or None:
    then E is that of the network without them, whatever the parameters have there, and their gradient is 0.
    """

    session: Session
    problem: Problem
    samples: Samples
    rows: Array
    labels: Array | Rows
    l2: float = 0.0
    l1: float = 0.0
    pruned: Array | None = None

    @property
    def topology(self) -> Topology:
        return self.problem.topology

    @property
    def loss(self) -> str:
        return self.problem.loss

    @property
    def inputs(self) -> Inputs:
        return self.samples.inputs

    @property
    def n_free(self) -> int:
        """The number of parameters that training may change."""
        pruned = 0 if self.pruned is None else int(np.count_nonzero(self.pruned))
        return self.topology.n_parameters - count_frozen(self.topology) - pruned

    @property
    def row_bytes(self) -> int:
        """The size of the inputs of a sample, on average."""
        if isinstance(self.inputs, np.ndarray):
            return self.inputs.shape[1] * self.inputs.itemsize
        return max(1, self.inputs.nbytes // max(1, len(self.inputs)))

    @property
    def targets(self) -> Array | Rows:
        assert self.samples.targets is not None
        return self.samples.targets

    @property
    def weights(self) -> Array | Rows | None:
        return self.samples.weights

    @property
    def n_samples(self) -> int:
        """The number of rows in the training set."""
        return len(self.rows)

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """E and its gradient (P,), over the whole training set."""
        parameters, gradient = self.kept(parameters), np.empty_like(parameters)
        value = self.session.gradient(parameters, gradient, self.rows, l2=self.l2)
        if self.l1:
            value += self.l1 * self._absolute_weights(parameters)
            add_penalty_gradient(self.topology, parameters, gradient, 0.0, self.l1)
        return value, self.without_pruned(gradient)

    def value(
        self, parameters: Array, rows: Array | None = None, *, penalty: bool = True, loss: str | None = None
    ) -> float:
        """E alone, over the training set or other rows, with the loss of training or another one."""
        parameters, l2 = self.kept(parameters), self.l2 if penalty else 0.0
        value = self.session.loss(parameters, self.rows if rows is None else rows, loss=loss, l2=l2)
        return value + self.l1 * self._absolute_weights(parameters) if self.l1 and penalty else value

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        """Outputs (n, n_outputs) of the rows, of all N samples when None."""
        return self.session.outputs(self.kept(parameters), rows)

    def constant_loss(self, rows: Array) -> float:
        """The mean loss over `rows` of a constant prediction: the mean target of the training set, or the median or other
        quantile that the loss asks for. Without the penalty."""
        activation, n = self.topology.output_activation, 0
        sums, total_weight = np.zeros(self.topology.n_outputs), 0.0
        for block in self._blocks(self.rows):
            targets, own = answers_of(self.samples, self.rows[block])
            weight = np.ones(len(targets)) if own is None else own.astype(np.float64)
            # Without BLAS, so that the processor does not decide the order of adding.
            sums += np.add.reduce(weight[:, None] * targets)
            total_weight += float(weight.sum())
        mean, total = sums / total_weight, 0.0
        levels = constant_level(self.loss, self.topology.n_outputs)
        if levels is not None:
            mean = self._quantiles(levels)
        # Pre-activations of those outputs; only the cross-entropies and the focal loss look at them.
        kept = np.clip(mean, 1e-12, 1 - 1e-12)
        z = np.log(kept) if activation == "softmax" else np.log(kept / (1 - kept))
        if activation == "exp":
            z = np.log(np.maximum(mean, 1e-12))
        for block in self._blocks(rows):
            targets, own = answers_of(self.samples, rows[block])
            shape, n = (len(targets), len(mean)), n + len(targets)
            given = (np.broadcast_to(z, shape), np.broadcast_to(mean, shape), targets.astype(np.float64))
            values = LOSSES[self.loss].value(activation, *given)
            total += float((values if own is None else values * own).sum())
        return total / n

    def _blocks(self, rows: Array) -> Iterator[slice]:
        """Blocks of samples, of about as many answers where their rows have answers: a few samples may be a long text."""
        targets = self.samples.targets
        if not isinstance(targets, Rows):
            return blocks(len(rows))
        n_answers = int(targets.lengths[rows].sum())
        return blocks(len(rows), max(1, BLOCK_ROWS * len(rows) // max(1, n_answers)))

    def _quantiles(self, levels: Array) -> Array:
        """The quantile (n_outputs,) of each target output over the training set at its level, by the sample weights."""
        found, (targets, own) = np.empty(len(levels)), answers_of(self.samples, self.rows)
        for k, level in enumerate(levels):
            values = targets[:, k]
            order = np.argsort(values, kind="stable")
            weights = np.ones(len(order)) if own is None else own[order].astype(np.float64)
            totals = np.cumsum(weights)
            found[k] = values[order[np.searchsorted(totals, level * totals[-1])]]
        return found

    def batch_gradient(self, parameters: Array, rows: Array, gradient: Array, shown: Shown = PLAIN) -> float:
        """The mean loss over `rows`, without the penalty; its gradient, also without, goes to `gradient` (P,)."""
        value = self.session.gradient(self.kept(parameters), gradient, rows, shown)
        self.without_pruned(gradient)
        return value

    def sweep(
        self,
        parameters: Array,
        rule: UpdateRule,
        state: State,
        order: Array,
        batch_size: int,
        shown: Shown = PLAIN,
        outputs: Array | None = None,
    ) -> float:
        """One pass over the row numbers `order` in batches; see Session.sweep. The penalty is that of the rule."""
        if self.pruned is None:
            return self.session.sweep(parameters, rule, state, order, batch_size, shown, outputs)
        assert isinstance(state, UpdateState)
        total, done = 0.0, 0
        for begin in range(0, len(order), batch_size):
            rows = order[begin : begin + batch_size]
            n = n_answers(self.samples, rows)
            seen = None if outputs is None else outputs[done : done + n]
            total += n * self.session.sweep(parameters, rule, state, rows, batch_size, shown.after(begin), seen)
            done += n
            for vector in (parameters, state.first, state.second):
                if vector is not None:
                    self.without_pruned(vector)
        return total / done

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        """One update of parameters and state from `gradient` (P,), which is overwritten; see Session.update."""
        self.session.update(rule, state, parameters, gradient)

    def noisy_pieces(
        self, order: Array, batch_size: int, noise: float, rng: np.random.Generator
    ) -> Iterator[tuple[Objective, Array]]:
        """The rows of `order` in pieces of whole batches: an objective, and the numbers of its rows to present.

        noise: standard deviation of the normal noise added to every input, drawn anew at each call (Holmstrom &
        Koistinen 1992), in units of the scaled inputs; 0: one piece, this objective itself.
        """
        if not noise:
            yield self, order
            return
        length = batch_size * max(1, _NOISY_ROWS // batch_size)
        for start in range(0, len(order), length):
            rows = order[start : start + length]
            inputs = self.inputs[rows]
            values = inputs if isinstance(inputs, np.ndarray) else inputs.values
            values += noise * rng.standard_normal(values.shape, dtype=np.float32)
            weights = None if self.weights is None else self.weights[rows]
            here = np.arange(len(rows), dtype=rows.dtype)
            piece = self.over(Samples(inputs, self.targets[rows], weights), here)
            with closing(piece.session):
                yield piece, here

    def over(self, samples: Samples, rows: Array | None = None) -> Objective:
        """The same loss and penalty on other samples, and on other rows of them; shares the plan of this session."""
        return self._replace(
            session=self.session.over(samples), samples=samples, rows=self.rows if rows is None else rows
        )

    def on(self, backend: Backend) -> Objective:
        """The same objective with a session of its own, for another thread; the caller closes that session."""
        return self._replace(session=open_session(backend, self.problem, self.samples))

    def precise(self) -> Objective:
        """The same objective on the reference backend, which computes in float64 when it is given float64 parameters."""
        from anncli.backends.reference import ReferenceBackend

        return self.on(ReferenceBackend())

    def kept(self, parameters: Array) -> Array:
        """The parameters (P,) of the network that is left: a copy with 0 for every removed weight, or they themselves."""
        return parameters if self.pruned is None else self.without_pruned(parameters.copy())

    def without_pruned(self, vector: Array) -> Array:
        """The same vector (P,), now 0 where weights were removed."""
        if self.pruned is not None:
            vector[self.pruned] = 0
        return vector

    def _absolute_weights(self, parameters: Array) -> float:
        return sum(float(np.sum(np.abs(w), dtype=np.float64)) for w in self.topology.weights(parameters))
