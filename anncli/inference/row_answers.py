"""Answers row by row: a network whose layers carry a state answers each row as it comes, for the rows of the sample so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens, all_finite, blocks
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.choice import choose_backend
from anncli.backends.reproducible import refuse_scaling
from anncli.errors import DataError
from anncli.inference.predict import checked_inputs, in_units
from anncli.network.averaging import mean_outputs
from anncli.network.network import Network
from anncli.network.streaming import check_streams
from anncli.network.topology import Topology

# Rows of a call of the backend: of more of them memory would grow.
_MOST_ROWS = 512


class RowAnswers:
    """The answers of a network for one sample, as its rows come; begin() starts the next sample.

    With a layer `last` each answer is that for a sample which ends with the row. An answer does not depend on how many rows come
    at a time; compiled code gives those of predict() for the whole sample, bit by bit, numpy within rounding.

    Raises: ValueError for an untrained network; ValueFault for a network of which a layer needs the whole sample.
    """

    def __init__(self, network: Network) -> None:
        if network.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        check_streams(network.topology, "--stateful", ("last",))
        refuse_scaling(network.scaling.activation)
        self._network = network
        self._problem = Problem(_of_rows(network.topology))
        self._members = network.all_parameters if network.members else network.all_parameters[None]
        self._session: Session | None = None
        self.begin()

    def begin(self) -> None:
        """The next row is the first of a sample."""
        self._states: list[Any] = [None] * len(self._members)

    def close(self) -> None:
        """Free what the backend holds."""
        if self._session is not None:
            self._session.close()

    def answers(self, rows: Rows | Tokens, *, calibrated: bool = True) -> Array:
        """Outputs (n, n_outputs), float32, for the next n rows of the sample, as predict() has them.

        Raises: DataError as predict().
        """
        network = self._network
        given: Any = checked_inputs(network.topology.inputs, rows)
        if not all_finite(given):
            raise DataError("inputs must be finite", advice="remove or replace nan and inf first")
        members = [np.concatenate(found) for found in zip(*self._outputs(self._scaled(given)), strict=True)]
        numbers = iter(members)
        return in_units(network, mean_outputs(lambda _: next(numbers), network.all_parameters), calibrated)

    def _scaled(self, rows: Rows | Tokens) -> Any:
        scaling = self._network.scaling
        if scaling.per_vector == "none" or isinstance(rows, Tokens):
            return scaling.apply(rows)
        # What looks at a whole row adds its numbers in an order that depends on the number of rows.
        each = [scaling.apply(rows.values[row : row + 1]) for row in range(len(rows.values))]
        return Rows(np.concatenate(each), rows.starts)

    def _outputs(self, rows: Rows | Tokens) -> Iterator[list[Array]]:
        """Of consecutive rows the outputs of each member."""
        for block in blocks(len(rows.values), _MOST_ROWS):
            samples = Samples(_part(rows, block))
            if self._session is None:
                backend = choose_backend(self._problem)
                self._session = backend.open(self._problem, samples)
            found = []
            with closing(self._session.over(samples)) as session:
                for member, parameters in enumerate(self._members):
                    outputs, self._states[member] = session.outputs_from(parameters, self._states[member])
                    found.append(outputs)
            yield found


def _of_rows(topology: Topology) -> Topology:
    """The network that answers each row for the rows so far: of one row the last one is that row."""
    return topology._replace(layers=tuple(layer for layer in topology.layers if layer.kind != "last"))


def _part(samples: Rows | Tokens, rows: slice) -> Rows | Tokens:
    """Some rows, as one sample."""
    return samples.taken(rows, np.array([0, len(samples.values[rows])]))
