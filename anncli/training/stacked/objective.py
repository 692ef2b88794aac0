"""The stacked objective: the losses of K attempts over their training rows, as functions of their parameters (K, P)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Device, Tensor
from anncli.backends.stacked.program import StackedMasks, StackedProgram
from anncli.backends.stacked.rows import StackedRows, upload
from anncli.training.attempt import Attempt


class StackedObjective:
    """E_k(w_k) as training.objective.Objective, for K attempts. l2, l1 (K, 1), of the widest float; kept (K, P): 0 for weights that
    were removed, or None."""

    def __init__(
        self, program: StackedProgram, rows: StackedRows, l2: Tensor, l1: Tensor, kept: Tensor | None = None
    ) -> None:
        self.program, self.rows, self.l2, self.l1, self.kept = program, rows, l2, l1, kept

    @classmethod
    def of_attempts(cls, program: StackedProgram, rows: StackedRows, attempts: Sequence[Attempt]) -> StackedObjective:
        """That of attempts, whose training rows `rows` are."""
        objectives = [attempt.objective for attempt in attempts]
        l2, l1 = (column(program.device, [getattr(own, name) for own in objectives]) for name in ("l2", "l1"))
        kept = None
        if any(own.pruned is not None for own in objectives):
            masks = np.ones((len(objectives), program.topology.n_parameters), dtype=np.float32)
            for mask, own in zip(masks, objectives, strict=True):
                if own.pruned is not None:
                    mask[own.pruned] = 0
            kept = upload(program.device, masks, program.dtype)
        return cls(program, rows, l2, l1, kept)

    @property
    def device(self) -> Device:
        return self.program.device

    def value(self, parameters: Tensor) -> Tensor:
        """E (K, 1), of the widest float."""
        parameters = self.without_pruned(parameters)
        loss = self.program.losses(parameters, self.rows)
        return loss + self.program.penalty(parameters, self.l2, self.l1)

    def loss_and_gradient(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """E (K, 1), of the widest float, and its gradient (K, P)."""
        parameters = self.without_pruned(parameters)
        loss, gradient = self.program.gradient(parameters, self.rows)
        l2, l1 = self.l2.to(self.program.dtype), self.l1.to(self.program.dtype)
        gradient += self.program.penalty_gradient(parameters, l2, l1)
        return loss + self.program.penalty(parameters, self.l2, self.l1), self.without_pruned(gradient)

    def batch_gradient(
        self, parameters: Tensor, rows: StackedRows, span: tuple[int, int], masks: StackedMasks | None
    ) -> tuple[Tensor, Tensor]:
        """The mean loss (K, 1) over some of `rows` and its gradient (K, P), both without the penalty."""
        loss, gradient = self.program.gradient(self.without_pruned(parameters), rows, span, masks)
        return loss, self.without_pruned(gradient)

    def without_pruned(self, vectors: Tensor) -> Tensor:
        """Vectors (K, P) with 0 where weights were removed."""
        return vectors if self.kept is None else vectors * self.kept

    def of(self, places: Array | Sequence[int]) -> StackedObjective:
        """That of some of the attempts, or of an attempt several times, by their places (J,)."""
        at = upload(self.device, np.asarray(places), self.device.torch.int64)
        kept = None if self.kept is None else self.kept[at]
        return StackedObjective(self.program, self.rows.of(at), self.l2[at], self.l1[at], kept)


def column(device: Device, values: Sequence[float] | Array, dtype: Any = None) -> Tensor:
    """Numbers of K attempts as a tensor (K, 1), of the widest float."""
    return upload(device, np.asarray(values, dtype=np.float64).reshape(-1, 1), dtype or device.wide)
