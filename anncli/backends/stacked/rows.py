"""The rows of K networks on a device: one table of samples, and which of its rows each network has, in which order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Samples
from anncli.backends.stacked.device import Device, Tensor


class Block(NamedTuple):
    """Some rows of every network: inputs (1 or K, b, n_inputs), targets (1 or K, b, n_outputs), and the factor of each row's loss
    (1 or K, b), 0 where a network has no row there, or None for 1 everywhere; 1: the same rows for all networks."""

    inputs: Tensor
    targets: Tensor
    factors: Tensor | None


class StackedRows:
    """index: (n,) rows of the table that every network has, (K, n) of each, or None for all rows of the table in their order;
    present (K, n): 0 where a network has fewer rows, or None; counts (K, 1): how many rows each has, of the widest float;
    noise (K, n, n_inputs): what is added to the inputs of each row, or None.
    """

    noise: Tensor | None = None

    def __init__(
        self,
        inputs: Tensor,
        targets: Tensor,
        weights: Tensor | None,
        index: Tensor | None,
        present: Tensor | None,
        counts: Tensor,
    ) -> None:
        self.inputs, self.targets, self.weights = inputs, targets, weights
        self.index, self.present, self.counts = index, present, counts

    @property
    def length(self) -> int:
        """The number of rows of the network that has most."""
        return len(self.inputs) if self.index is None else int(self.index.shape[-1])

    def block(self, start: int, stop: int) -> Block:
        """The rows from place `start` to place `stop` of every network."""
        if self.index is None:
            factors = None if self.weights is None else self.weights[start:stop][None]
            return Block(self.inputs[start:stop][None], self.targets[start:stop][None], factors)
        index = self.index[..., start:stop]
        index = index if index.ndim == 2 else index[None]
        factors = None if self.weights is None else self.weights[index]
        if self.present is not None:
            here = self.present[:, start:stop]
            factors = here if factors is None else factors * here
        inputs = self.inputs[index]
        if self.noise is not None:
            inputs = inputs + self.noise[:, start:stop]
        return Block(inputs, self.targets[index], factors)

    def counts_of(self, start: int, stop: int) -> Tensor:
        """(K, 1) how many rows each network has from place `start` to place `stop`."""
        stop = min(stop, self.length)
        if self.present is None:
            return self.counts.new_full(self.counts.shape, stop - start)
        return self.present[:, start:stop].sum(-1, keepdim=True).to(self.counts.dtype)

    def ordered(self, places: Tensor) -> StackedRows:
        """The same rows in another order: places (K, n) among the rows of each network; those that are not present stay last."""
        index = places
        if self.index is not None:
            index = self.index.expand(len(places), -1).gather(1, places)
        return StackedRows(self.inputs, self.targets, self.weights, index, self.present, self.counts)

    def as_type(self, dtype: Any) -> StackedRows:
        """The same rows as numbers of another type."""
        weights, present = (None if own is None else own.to(dtype) for own in (self.weights, self.present))
        return StackedRows(self.inputs.to(dtype), self.targets.to(dtype), weights, self.index, present, self.counts)

    def of(self, places: Tensor) -> StackedRows:
        """The rows of some of the networks, or of a network several times: `places` (J,) of the K networks."""
        index = self.index if self.index is None or self.index.ndim == 1 else self.index[places]
        present = None if self.present is None else self.present[places]
        return StackedRows(self.inputs, self.targets, self.weights, index, present, self.counts[places])


def upload(device: Device, values: Array, dtype: Any) -> Tensor:
    """A tensor of an array, which it shares on a CPU where the type is the same."""
    with warnings.catch_warnings():
        # Nothing is written into it; a memory map of a file cannot be.
        warnings.simplefilter("ignore", UserWarning)
        return device.torch.as_tensor(np.ascontiguousarray(values)).to(device.place, dtype)


def stacked_rows(device: Device, dtype: Any, samples: Sequence[Samples], rows: Sequence[Array]) -> StackedRows:
    """The rows (n_k,) of each of K networks, of its own samples; the table holds samples that several have once."""
    counts = upload(device, np.array([[len(own)] for own in rows], dtype=np.float64), device.wide)
    parts = {_key(own): own for own in samples}
    alike = len(parts) == 1 and all(own is rows[0] or np.array_equal(own, rows[0]) for own in rows)
    if alike and len(rows[0]):
        table = _table(device, dtype, [Samples(*(_taken(values, rows[0]) for values in samples[0]))])
        return StackedRows(*table, None, None, counts)
    table = _table(device, dtype, list(parts.values()))
    begins, begin = {}, 0
    for key, own in parts.items():
        begins[key], begin = begin, begin + len(own.inputs)
    # A network without rows has one that does not count.
    n = max(1, *(len(own) for own in rows))
    index, present = np.zeros((len(rows), n), dtype=np.int64), np.zeros((len(rows), n), dtype=np.float32)
    for k, own_rows in enumerate(rows):
        index[k, : len(own_rows)] = own_rows + begins[_key(samples[k])]
        present[k, : len(own_rows)] = 1
    places = upload(device, index, device.torch.int64)
    return StackedRows(*table, places, None if present.all() else upload(device, present, dtype), counts)


def _table(device: Device, dtype: Any, parts: Sequence[Samples]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Inputs, targets and weights of samples, one after the other."""

    def joined(values: list[Any]) -> Tensor:
        tensors = [upload(device, own, dtype) for own in values]
        return tensors[0] if len(tensors) == 1 else device.torch.cat(tensors)

    weights = None
    if any(own.weights is not None for own in parts):
        ones = [np.ones(len(own.inputs), np.float32) if own.weights is None else own.weights for own in parts]
        weights = joined(ones)
    return joined([own.inputs for own in parts]), joined([own.targets for own in parts]), weights


def _taken(values: Any, rows: Array) -> Any:
    return None if values is None else values[rows]


def _key(samples: Samples) -> tuple[int, ...]:
    return id(samples.inputs), id(samples.targets), id(samples.weights)
