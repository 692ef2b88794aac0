"""Samples of rows that become one vector each: what a definition says about their Fisher vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from anncli.network.encoders.settings import (
    DefinitionFault,
    flow_text,
    parse_flow,
    refuse_other_keys,
    true_or_false,
    whole_number,
)

DESCRIPTOR_KEYS = ("descriptors", "fisher", "improved", "rows")
_ADVICE = "write for example `{descriptors: 64, fisher: 16}`: rows of 64 numbers, a mixture of 16 modes"


class Descriptors(NamedTuple):
    """A sample is any number of rows (descriptors) of `columns` numbers, and becomes its Fisher vector under a mixture of `modes`
    Gaussians.

    improved: with the signed root of each number, and of length 1; rows: of more training rows the mixture is fitted to
    so many, which are drawn.
    """

    columns: int
    modes: int
    improved: bool = True
    rows: int = 100_000

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """What a mapping says; raises DefinitionFault."""
        refuse_other_keys(values, DESCRIPTOR_KEYS)
        for key in ("descriptors", "fisher"):
            if key not in values:
                raise DefinitionFault(None, f"`{key}` is missing", _ADVICE)
        known = cls._field_defaults
        improved = true_or_false(values, "improved") if "improved" in values else known["improved"]
        rows = whole_number(values, "rows") if "rows" in values else known["rows"]
        modes = whole_number(values, "fisher")
        if rows < modes:
            raise DefinitionFault(
                "rows", f"a mixture of {modes} modes cannot be fitted to {rows} rows", "leave `rows` out"
            )
        return cls(whole_number(values, "descriptors"), modes, improved, rows)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The same for a text `{descriptors: 64, fisher: 16}`."""
        return cls.read(parse_flow(text))

    def text(self) -> str:
        """What read() reads as this, in one spelling."""
        values = {"descriptors": self.columns, "fisher": self.modes, "improved": self.improved, "rows": self.rows}
        known = self._field_defaults
        return flow_text({key: value for key, value in values.items() if key not in known or known[key] != value})

    @property
    def width(self) -> int:
        """How many numbers a Fisher vector has: for each mode one of its weight, and of each column one of its mean and one of its
        deviation."""
        return self.modes * (2 * self.columns + 1)

    def names(self, columns: Sequence[str] = ()) -> list[str]:
        """What each number of a Fisher vector is called; columns: the names of those of a row, where they have such."""
        known = columns if len(columns) == self.columns else [str(k) for k in range(1, self.columns + 1)]
        modes = range(1, self.modes + 1)
        names = [f"weight of mode {mode}" for mode in modes]
        for what in ("mean", "deviation"):
            names += [f"{what} of column {column} in mode {mode}" for mode in modes for column in known]
        return names
