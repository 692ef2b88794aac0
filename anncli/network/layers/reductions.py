"""Reductions: one row of many, or one vector of a picture. They have no parameters and no settings."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.base import Blocks, Kept, Shape
from anncli.network.layers.fixed import Fixed, check_several_rows


class Reduction(Fixed):
    """A layer whose text is its kind alone."""

    @classmethod
    def read(cls, text: str) -> Self:
        if text.strip() != cls.kind:
            raise ValueFault(f"`{cls.kind}` has no settings, found {quoted(text)}", f"write `{cls.kind}`")
        return cls()

    def text(self) -> str:
        return self.kind

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        check_several_rows(place, self.kind, below)
        super().check(place, below, is_output)

    def output(self, below: Shape) -> Shape:
        return Shape(below.columns)


class Flatten(Reduction):
    """The values of a picture as one vector; they stay as they are."""

    kind: ClassVar = "flatten"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if below.rows != 1:
            raise ValueFault(
                f"{place}: `flatten` is for pictures, and this is any number of rows",
                "use `last`, `mean`, `max` or, for the last 12 rows side by side, `pad 12`",
            )
        Fixed.check(self, place, below, is_output)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        return Kept(inputs, inputs, inputs)

    def along(self, kept: Kept, direction: Array) -> Array:
        return direction

    def back(self, kept: Kept, delta: Array) -> Array:
        return delta


class Last(Reduction):
    """The last row of each sample."""

    kind: ClassVar = "last"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        assert starts is not None
        outputs = inputs[starts[1:] - 1]
        return Kept(inputs, outputs, outputs, starts)

    def along(self, kept: Kept, direction: Array) -> Array:
        return direction[kept.own[1:] - 1]

    def back(self, kept: Kept, delta: Array) -> Array:
        slope = np.zeros(kept.inputs.shape, dtype=delta.dtype)
        slope[kept.own[1:] - 1] = delta
        return slope


class Mean(Reduction):
    """The mean of the rows of each sample, column by column."""

    kind: ClassVar = "mean"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        assert starts is not None
        outputs = _means(inputs, starts)
        return Kept(inputs, outputs, outputs, starts)

    def along(self, kept: Kept, direction: Array) -> Array:
        return _means(direction, kept.own)

    def back(self, kept: Kept, delta: Array) -> Array:
        lengths = np.diff(kept.own)
        return np.repeat(delta / lengths[:, None].astype(delta.dtype), lengths, axis=0)


class Max(Reduction):
    """The largest value of each column over the rows of each sample; of equal ones the first has the slope."""

    kind: ClassVar = "max"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        assert starts is not None
        outputs = np.maximum.reduceat(inputs, starts[:-1], axis=0)
        lengths = np.diff(starts)
        numbers = np.arange(len(inputs))[:, None]
        is_largest = inputs == np.repeat(outputs, lengths, axis=0)
        rows = np.minimum.reduceat(np.where(is_largest, numbers, len(inputs) - 1), starts[:-1], axis=0)
        return Kept(inputs, outputs, outputs, rows)

    def along(self, kept: Kept, direction: Array) -> Array:
        return np.take_along_axis(direction, kept.own, axis=0)

    def back(self, kept: Kept, delta: Array) -> Array:
        slope = np.zeros(kept.inputs.shape, dtype=delta.dtype)
        np.put_along_axis(slope, kept.own, delta, axis=0)
        return slope

    @property
    def has_kink(self) -> bool:
        return True

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        return not np.array_equal(one.own, other.own)


def _means(rows: Array, starts: Array) -> Array:
    sums: Array = np.add.reduceat(rows, starts[:-1], axis=0)
    sums /= np.diff(starts)[:, None].astype(rows.dtype)
    return sums


LAYERS = {"flatten": Flatten, "last": Last, "mean": Mean, "max": Max}
