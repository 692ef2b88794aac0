"""Masks of dropout on a device: the numbers of backends/presentation.py, for K networks with seeds of their own."""

from __future__ import annotations

from anncli.backends.stacked.device import Device, Tensor
from anncli.network.topology import Topology

# The constants of splitmix64 as signed numbers: torch has no arithmetic of unsigned ones, and products and sums have the same bits.
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15 - 2**64, 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64


def _shifted(values: Tensor, places: int) -> Tensor:
    """A logical shift to the right, where torch's copies the sign."""
    return (values >> places) & ((1 << (64 - places)) - 1)


def splitmix64(seeds: Tensor, counters: Tensor) -> Tensor:
    """The counter-th value of the sequence of each seed, int64 with the bits of the unsigned number.

    Source: Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
    """
    z = seeds + (counters + 1) * _GOLDEN
    z = (z ^ _shifted(z, 30)) * _FIRST
    z = (z ^ _shifted(z, 27)) * _SECOND
    return z ^ _shifted(z, 31)


class DropoutMasks:
    """A StackedMasks for one batch. seeds, first (K, 1) int64: of the masks, and the number of the first row of the batch among all rows
    presented; units, inputs (K, 1) int64: fractions of hidden units and of inputs, times 2^24, rounded; keep: 1 / (1 - fraction) of both."""

    def __init__(
        self, device: Device, topology: Topology, seeds: Tensor, first: Tensor, limits: tuple[Tensor, Tensor],
        scales: tuple[Tensor, Tensor], first_place: int,
    ) -> None:  # fmt: skip
        self._torch, self._sizes = device.torch, topology.sizes[:-1]
        self._seeds, self._first, self._limits, self._scales = seeds, first, limits, scales
        self._first_place = first_place

    def __call__(self, number: int, place: int, n: int) -> Tensor:
        """The factors (K, n, columns) of what layer `number` is given, for n rows from a place among the rows on."""
        units, of_inputs = self._sizes[number], not number
        torch, place = self._torch, place - self._first_place
        samples = self._first[..., None] + torch.arange(place, place + n, device=self._first.device)[None, :, None]
        here = torch.arange(units, device=self._first.device)[None, None, :]
        counters = samples * sum(self._sizes) + sum(self._sizes[:number]) + here
        limit, scale = self._limits[of_inputs], self._scales[of_inputs]
        kept = _shifted(splitmix64(self._seeds[..., None], counters), 40) >= limit[..., None]
        return kept * scale[..., None]
