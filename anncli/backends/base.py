"""The protocol of a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from anncli.arrays import Array
    from anncli.backends.rules import RpropRule, UpdateRule, UpdateState
    from anncli.network.topology import Topology


class Kernel(Protocol):
    """What training and prediction ask of a kernel; numpy_kernel.py is the reference and says what each method does."""

    @property
    def name(self) -> str: ...

    def forward(self, topology: Topology, parameters: Array, inputs: Array, rows: Array | None = None) -> Array: ...

    def loss_and_gradient(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array | None,
        gradient: Array | None,
        l2: float = 0.0,
    ) -> float: ...

    def epoch(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        rule: UpdateRule,
        state: UpdateState,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array,
        batch_size: int,
        outputs: Array | None = None,
    ) -> float: ...

    def rprop_step(
        self,
        rule: RpropRule,
        turn: str,
        parameters: Array,
        gradient: Array,
        previous_gradient: Array,
        step: Array,
        move: Array,
    ) -> None: ...
