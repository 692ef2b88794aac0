"""Decisions: the class of each row by the threshold in force, or none."""

from __future__ import annotations

from typing import NamedTuple

from anncli.arrays import Array
from anncli.evaluation.names import UNDECIDED
from anncli.inference.predict import decide
from anncli.network.network import Network


class Decisions(NamedTuple):
    """How a command decides: threshold and abstain as of inference.decide(), None for the network's own threshold, and for
    rows that are all decided."""

    network: Network
    threshold: float | Array | None
    abstain: tuple[float, ...] | None

    def places(self, outputs: Array) -> Array:
        """The places of the decisions (n,) in the list of the classes and, after them, the word for no decision. For
        multi-label bool (n, n_labels)."""
        chosen = decide(self.network, outputs, self.threshold, self.abstain or ())
        if self.abstain:
            chosen[chosen == UNDECIDED] = self.network.n_classes
        return chosen
