"""The running averages of the weights of K attempts, as in training/averaging.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.backends.stacked.device import Device, Tensor
from anncli.backends.stacked.rows import upload
from anncli.options.specs import parse_average
from anncli.training.stacked.objective import column


class StackedAverage:
    """One kind of average for all attempts; totals: the epochs of each, which say when swa begins."""

    def __init__(self, text: str, totals: Sequence[int], device: Device, like: Tensor) -> None:
        self._name, self._number = parse_average(text)
        self._device, self._count = device, np.zeros(len(totals))
        self._begin = np.array([int(self._number * total) if self._name == "swa" else 0 for total in totals])
        self._sum = like.new_zeros(like.shape, dtype=device.wide)

    def see(self, epoch: int, parameters: Tensor) -> Tensor:
        """Add the weights (K, P) of `epoch`, counted from 1; returns the averages so far, a new tensor."""
        begun = epoch > self._begin
        self._count += begun
        wide = parameters.to(self._device.wide)
        here = upload(self._device, begun[:, None], self._device.torch.bool)
        if self._name == "ema":
            added = (1 - self._number) * (wide - self._sum)
            weight = 1 - self._number**self._count
        else:
            added, weight = wide, self._count
        self._sum = (self._sum + added).where(here, self._sum)
        weight = np.where(begun, weight, 1.0)
        average = (self._sum / column(self._device, weight)).to(parameters.dtype)
        return average.where(here, parameters)
