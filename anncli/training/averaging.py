"""A running average of the weights of several epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anncli.options.specs import parse_average

if TYPE_CHECKING:
    from anncli.arrays import Array


class WeightAverage:
    """A running average of parameter vectors (P,), computed in float64 and returned in their own type.

    ema:D: a = D a + (1-D) w, divided by 1 - D^t to correct its bias, as in Adam (averaging: Polyak & Juditsky 1992);
    swa:S: the mean of the epochs after S * total_epochs (Izmailov et al. 2018); before, the weights of the epoch.
    """

    def __init__(self, text: str, total_epochs: int) -> None:
        self.name, self.number = parse_average(text)
        self.total_epochs = total_epochs
        self.sum: Array | None = None
        self.count = 0

    @property
    def begin(self) -> int:
        """The last epoch before averaging begins."""
        return int(self.number * self.total_epochs) if self.name == "swa" else 0

    def see(self, epoch: int, parameters: Array) -> Array:
        """Add the weights (P,) of `epoch`, counted from 1; returns the average so far, a new array."""
        if epoch <= self.begin:
            return parameters.copy()
        self.count += 1
        if self.sum is None:
            self.sum = parameters.astype("float64") * 0
        if self.name == "ema":
            self.sum += (1 - self.number) * (parameters - self.sum)
            weight = 1 - self.number**self.count
        else:
            self.sum += parameters
            weight = float(self.count)
        average: Array = (self.sum / weight).astype(parameters.dtype)
        return average

    def state(self) -> dict[str, Any]:
        return {"count": self.count, **({} if self.sum is None else {"sum": self.sum.copy()})}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.count = int(state["count"])
        self.sum = state["sum"].copy() if "sum" in state else None
