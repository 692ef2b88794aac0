"""Recurrent layers with a gate that decides how much of what a unit has is kept for the next row.

A gate that keeps the fraction 1 - 1/u remembers for about u rows. `memory: N` begins with such u of all sizes up to N, one for each
unit, and with gates for what is new that are open as little; without it the gates begin half open, or as the kind says.

Source: Tallec & Ollivier 2018, Can recurrent neural networks warp time?, ICLR.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Key, KeyFault, Start
from anncli.network.layers.directions import Parts
from anncli.network.layers.recurrence import Recurrence


class Gated(Recurrence):
    """units: H, from 1; direction: one of DIRECTIONS; memory: how many rows the units begin to remember, 0: not said."""

    keys: ClassVar = {
        "units": Key(int, "units: 64"),
        "direction": Key(str, "direction: bidirectional", needed=False),
        "memory": Key(int, "memory: 100", needed=False),
    }
    #: The gate that keeps, and the one that lets something new in, where that is another one.
    keeps: ClassVar[str]
    lets_in: ClassVar[str] = ""
    #: The bias of the gate that keeps where no memory is said.
    first_bias: ClassVar[float] = 0.0

    def __init__(self, units: int, direction: str = "forward", memory: int = 0) -> None:
        super().__init__(units, direction)
        if memory < 0:
            raise KeyFault("memory", f"a memory of {memory} rows", "write for example memory: 100")
        self.memory = memory

    def _words(self) -> list[str]:
        return [self.kind, *(["memory", str(self.memory)] if self.memory else [])]

    def _drawn(self, parts: Parts, start: Start) -> Parts:
        parts = super()._drawn(parts, start)
        biases: Array = np.full(self.units, self.first_bias)
        if self.memory:
            biases = np.log(start.rng.uniform(1, self.memory, self.units))
            if self.lets_in:
                parts.biases[self._of(self.lets_in)] = -biases
        parts.biases[self._of(self.keeps)] = biases
        return parts

    def _of(self, gate: str) -> slice:
        """The columns of a gate."""
        first = self.gates.index(gate) * self.units
        return slice(first, first + self.units)
