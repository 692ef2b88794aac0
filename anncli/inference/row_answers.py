"""Answers row by row: a network whose layers carry a state answers each row as it comes, for the rows of the sample so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens, all_finite
from anncli.backends.reproducible import refuse_scaling
from anncli.errors import DataError
from anncli.inference.predict import checked_inputs, in_units
from anncli.network.averaging import mean_outputs
from anncli.network.network import Network
from anncli.network.propagation import forward
from anncli.network.streaming import check_streams

_ONE_ROW = np.array([0, 1])


class RowAnswers:
    """The answers of a network for one sample, as its rows come; begin() starts the next sample.

    With a layer `last` each answer is that for a sample which ends with the row. Every row is computed by itself, by numpy, so that an
    answer does not depend on how many rows come at a time. Raises: ValueError for an untrained network; ValueFault for a
    network of which a layer needs the whole sample.
    """

    def __init__(self, network: Network) -> None:
        if network.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        check_streams(network.topology, "--stateful", ("last",))
        refuse_scaling(network.scaling.activation)
        self._network = network
        self._members = network.all_parameters if network.members else network.all_parameters[None]
        self.begin()

    def begin(self) -> None:
        """The next row is the first of a sample."""
        self._states: list[Any] = [None] * len(self._members)

    def answers(self, rows: Rows | Tokens, *, calibrated: bool = True) -> Array:
        """Outputs (n, n_outputs), float32, for the next n rows of the sample, as predict() has them.

        Raises: DataError as predict().
        """
        given = checked_inputs(self._network.topology.inputs, rows)
        if not all_finite(given):
            raise DataError("inputs must be finite", advice="remove or replace nan and inf first")
        scaling = self._network.scaling
        # What looks at a whole row adds its numbers in an order that depends on the number of rows.
        by_row = scaling.per_vector != "none"
        scaled: Any = given if by_row else scaling.apply(given)
        outputs = np.empty((len(self._members), len(scaled.values), self._network.n_outputs), dtype=np.float32)
        for row in range(outputs.shape[1]):
            one: Any = scaling.apply(_row(scaled, row)) if by_row else _row(scaled, row)
            for member, parameters in enumerate(self._members):
                passed = forward(self._network.topology, parameters, one, None, self._states[member])
                self._states[member], outputs[member, row] = passed.states(), passed.activations[-1][0]
        numbers = iter(outputs)
        return in_units(self._network, mean_outputs(lambda _: next(numbers), self._network.all_parameters), calibrated)


def _row(samples: Rows | Tokens, row: int) -> Rows | Tokens:
    """A sample of one row."""
    here = slice(row, row + 1)
    if isinstance(samples, Tokens):
        return Tokens(samples.indices[here], samples.values[here], _ONE_ROW, samples.width)
    return Rows(samples.values[here], _ONE_ROW)
