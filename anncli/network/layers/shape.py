"""The shape of samples between two layers."""

from __future__ import annotations

from typing import NamedTuple

from anncli.network.encoders.descriptors import Descriptors
from anncli.network.spikes.code import LatencyCode


class Shape(NamedTuple):
    """What flows between two layers: a sample is `rows` rows (1, or None for any number) of `columns` values.

    grid: (height, width, channels) if the columns are an image, the last index varying fastest; tokens: a sample is a list of
    any number of tokens, and columns is the number of different ones: only the first layer may be given tokens; beside: how many
    of the columns, the last ones, come from the layer that `skip` names; spikes: the tokens are spikes, of so many sources, and
    their values times in seconds; code: how vectors become spikes before the first layer reads them; vocabulary: of the rows of an
    embedding, for how many different tokens it has one; descriptors: the vector is made of a sample of several rows, see `samples`.
    """

    columns: int
    rows: int | None = 1
    grid: tuple[int, int, int] | None = None
    tokens: bool = False
    beside: int = 0
    spikes: bool = False
    code: LatencyCode | None = None
    vocabulary: int = 0
    descriptors: Descriptors | None = None

    def __repr__(self) -> str:
        """Only what is not the default."""
        given = zip(self._fields, self, (None, *self._field_defaults.values()), strict=True)
        return f"Shape({', '.join(f'{name}={value}' for name, value, default in given if value != default)})"

    @property
    def cells(self) -> tuple[int, ...]:
        """How many numbers a row of a file may have: as many as there are columns; of a token its number, or that and a value."""
        return (1, 2) if self.tokens else (self.columns,)

    @property
    def samples(self) -> Shape:
        """What a sample is in data: this, or rows of which an encoder makes this."""
        return self if self.descriptors is None else Shape(self.descriptors.columns, None)
