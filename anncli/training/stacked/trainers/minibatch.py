"""Mini-batch trainers for K networks: sgd, adam and adamw; formulas and sources in backends/rules.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import WINDOW_BYTES, Array
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.dropout import DropoutMasks
from anncli.backends.stacked.program import StackedMasks
from anncli.backends.stacked.rows import StackedRows, upload
from anncli.training.stacked.objective import column
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer
from anncli.training.trainers.base import shuffled


class _Batch(NamedTuple):
    """The gradients (K, P) of one batch, and which networks have rows in it (K, 1), None: all."""

    gradient: Tensor
    here: Tensor | None

    def changed(self, old: Tensor, new: Tensor) -> Tensor:
        return new if self.here is None else new.where(self.here, old)


class StackedMinibatch(StackedTrainer):
    """Every network shuffles its own rows with its own random numbers; batch number j of all networks is one call."""

    def start(self, parameters: Tensor) -> None:
        k, zeros = len(parameters), self.torch.zeros_like
        self.epochs_done, self.rows_seen, self.seeds = 0, np.zeros((k, 1), np.int64), np.zeros((k, 1), np.int64)
        self.first, self.second = zeros(parameters), zeros(parameters)
        self.updates = parameters.new_zeros((k, 1), dtype=self.device.wide)
        self.l2, self.l1 = (own.to(parameters.dtype) for own in (self.objective.l2, self.objective.l1))
        self.clip = self.option("clip")
        self._clips = any(own["clip"] for own in self.team.options)
        self._has_penalty = bool((self.l2 != 0).any() or (self.l1 != 0).any())

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        rows, size = self._shuffled(), int(self.alone("batch_size"))
        self.rate = column(self.device, self.rates(self.epochs_done))
        masks, total = self._masks(), 0.0
        self._add_noise(rows)
        whole = rows.present is None
        for start in range(0, rows.length, size):
            counts = rows.counts_of(start, start + size)
            span = (start, min(start + size, rows.length))
            loss, gradient = self.objective.batch_gradient(parameters, rows, span, masks)
            batch = _Batch(gradient, None if whole else counts > 0)
            total = total + (loss * counts).where(counts > 0, 0 * counts)
            self._update(parameters, batch)
        self.epochs_done += 1
        self.rows_seen += np.array([[len(own)] for own in self.team.rows])
        return StackedOutcome(total / rows.counts)

    def _shuffled(self) -> StackedRows:
        orders = np.zeros((len(self.team.rows), self.objective.rows.length), dtype=np.int64)
        for order, rows, rng, row_bytes in zip(
            orders, self.team.rows, self.team.rngs, self.team.row_bytes, strict=True
        ):
            order[: len(rows)] = _places(rows, rng, row_bytes)
            # Rows that a network does not have stay where they are.
            order[len(rows) :] = np.arange(len(rows), len(order))
        return self.objective.rows.ordered(upload(self.device, orders, self.torch.int64))

    def _masks(self) -> StackedMasks | None:
        options = self.team.options
        fractions = [np.array([[own[name]] for own in options]) for name in ("dropout", "input_dropout")]
        for place, rng in enumerate(self.team.rngs):
            if (fractions[0][place, 0] or fractions[1][place, 0]) and not self.seeds[place, 0]:
                self.seeds[place, 0] = rng.integers(1, 2**63)
        if not (fractions[0].any() or fractions[1].any()):
            return None
        return DropoutMasks(self.device, self.objective.program.topology, self.seeds, self.rows_seen, *fractions)

    def _add_noise(self, rows: StackedRows) -> None:
        """Normal noise on every input, drawn anew."""
        if not any(own["input_noise"] for own in self.team.options):
            return
        width = self.objective.program.topology.n_inputs
        noise = np.zeros((len(self.team.rows), rows.length, width), dtype=np.float32)
        for own, options, rng, numbers in zip(noise, self.team.options, self.team.rngs, self.team.rows, strict=True):
            if options["input_noise"]:
                drawn = rng.standard_normal((len(numbers), width), dtype=np.float32)
                own[: len(numbers)] = options["input_noise"] * drawn
        rows.noise = upload(self.device, noise, self.objective.program.dtype)

    def _update(self, parameters: Tensor, batch: _Batch) -> None:
        gradient = batch.gradient
        if self._has_penalty:
            gradient = gradient + self.objective.program.penalty_gradient(parameters, self.l2, self.l1)
        if self._clips:
            gradient = self._clipped(gradient)
        counted = 1.0 if batch.here is None else batch.here.to(self.updates.dtype)
        self.updates += counted
        moved = self.moved(parameters, batch._replace(gradient=gradient))
        parameters.copy_(self.objective.without_pruned(batch.changed(parameters, moved)))

    def _clipped(self, gradient: Tensor) -> Tensor:
        norms = gradient.norm(dim=1, keepdim=True)
        return gradient * (self.clip / norms).where((self.clip > 0) & (norms > self.clip), norms.new_ones(()))

    def moved(self, w: Tensor, batch: _Batch) -> Tensor:
        """The parameters (K, P) after the update."""
        raise NotImplementedError

    def _remember(self, name: str, batch: _Batch, new: Tensor) -> Tensor:
        setattr(self, name, self.objective.without_pruned(batch.changed(getattr(self, name), new)))
        return new


def _places(rows: Array, rng: np.random.Generator, row_bytes: int) -> Array:
    """Where among `rows` (n,) the rows in random order stand."""
    places = np.arange(len(rows), dtype=rows.dtype)
    if len(rows) * row_bytes <= WINDOW_BYTES:
        return shuffled(places, rng, row_bytes)
    order = np.argsort(rows, kind="stable")
    return order[np.searchsorted(rows, shuffled(rows, rng, row_bytes), sorter=order)]


class StackedSgd(StackedMinibatch):
    def start(self, parameters: Tensor) -> None:
        super().start(parameters)
        self.momentum, self.is_nesterov = self.option("momentum"), bool(self.alone("nesterov"))

    def moved(self, w: Tensor, batch: _Batch) -> Tensor:
        step = self.rate.to(w.dtype) * batch.gradient
        v = self._remember("first", batch, self.momentum * self.first - step)
        return w + self.momentum * v - step if self.is_nesterov else w + v


class StackedAdam(StackedMinibatch):
    def start(self, parameters: Tensor) -> None:
        super().start(parameters)
        self.wide = {name: self.wide_option(name) for name in ("beta1", "beta2", "epsilon")}

    def moved(self, w: Tensor, batch: _Batch) -> Tensor:
        b1, b2, g = self.wide["beta1"], self.wide["beta2"], batch.gradient
        m = self._remember("first", batch, self.first + (1 - b1).to(w.dtype) * (g - self.first))
        s = self._remember("second", batch, self.second + (1 - b2).to(w.dtype) * (g * g - self.second))
        # A network without a row up to now has made no update, and takes none.
        updates = self.updates.clamp(min=1)
        root = (1 - b2**updates).sqrt()
        rate, epsilon = self.rate * root / (1 - b1**updates), self.wide["epsilon"] * root
        return self.decayed(w) - rate.to(w.dtype) * m / (s.sqrt() + epsilon.to(w.dtype))

    def decayed(self, w: Tensor) -> Tensor:
        return w


class StackedAdamW(StackedAdam):
    def start(self, parameters: Tensor) -> None:
        super().start(parameters)
        self.decay = self.wide_option("weight_decay")

    def decayed(self, w: Tensor) -> Tensor:
        return w - (self.rate * self.decay).to(w.dtype) * self.objective.program.weights_mask * w


TRAINERS = {"sgd": StackedSgd, "adam": StackedAdam, "adamw": StackedAdamW}
