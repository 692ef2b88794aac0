"""Masks of dropout on a device: the numbers of backends/presentation.py, for K networks with seeds of their own."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Device, Tensor
from anncli.backends.stacked.rows import upload
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
    """The StackedMasks of an epoch. seeds, first (K, 1) int64: of the masks, and how many rows each network was presented before;
    dropout, input_dropout (K, 1) float64 on the host: fractions of hidden units and of inputs that are switched off."""

    def __init__(
        self, device: Device, topology: Topology, seeds: Array, first: Array, dropout: Array, input_dropout: Array
    ) -> None:
        self._device, self._sizes = device, topology.sizes[:-1]
        self._seeds, self._first = (upload(device, values, device.torch.int64) for values in (seeds, first))
        self._places = device.torch.arange(max(self._sizes), device=device.place)
        self._limits, self._scales = list[Tensor](), list[Tensor]()
        for fraction in (dropout, input_dropout):
            self._limits.append(upload(device, np.round(fraction * 2**24), device.torch.int64))
            self._scales.append(upload(device, 1 / (1 - fraction), device.torch.float32))

    def __call__(self, number: int, place: int, n: int) -> Tensor:
        """The factors (K, n, columns) of what layer `number` is given, for n rows from a place among the rows on."""
        units, kind, torch = self._sizes[number], int(not number), self._device.torch
        rows = torch.arange(place, place + n, device=self._device.place)
        samples = (self._first + rows)[..., None]
        counters = samples * sum(self._sizes) + sum(self._sizes[:number]) + self._places[:units]
        kept = _shifted(splitmix64(self._seeds[..., None], counters), 40) >= self._limits[kind][..., None]
        return kept * self._scales[kind][..., None]
