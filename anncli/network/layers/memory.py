"""Associative memories: a layer answers with the stored pattern that its input is nearest to, or with a mixture of several.

Sources: Ramsauer et al. 2021, Hopfield networks is all you need (ICLR); Krotov & Hopfield 2016, Dense associative memory for
pattern recognition (NIPS).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.activations.softmax import ACTIVATION as SOFTMAX
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, Shape, Start
from anncli.network.layers.hopfield import Hopfield
from anncli.network.layers.storing import Storing

_TEXT = re.compile(r"(?:([1-9]\d{0,8})\s+)?memory(?:\s+beta\s+(\S+))?", re.ASCII)
_EXAMPLE = "write `memory beta 8`, or `memory hopfield`; `20 memory beta 8` learns 20 patterns"

# 0 and 1 differ by 1 in a square: at 8 a pattern that differs in one value more counts exp(-4) = 0.018 times as much.
DEFAULT_BETA = 8.0


class Memory(Storing):
    """x -> P softmax(beta (P.T x - |p|^2 / 2)): one block P (columns, patterns), a pattern p in each column.

    For patterns of one length this is the update of Ramsauer et al.; the term |p|^2 / 2 is then the same for all and falls
    out of the softmax. With it the weight of a pattern goes by the distance: exp(-beta |x - p|^2 / 2). Without it a long
    pattern would win over a shorter one that is nearer, as the letter B over P, whose pixels are all in B.

    patterns: how many there are, None where training stores the rows that it is given; the layer has no parameters until then.
    """

    kind: ClassVar = "memory"
    keys: ClassVar = {
        "beta": Key(str, "beta: 8", needed=False),
        "patterns": Key(int, "patterns: 20", needed=False),
    }
    by_row: ClassVar = True

    def __init__(self, beta: str | float = DEFAULT_BETA, patterns: int | None = None) -> None:
        self.patterns = None if patterns is None else int(patterns)
        try:
            self.beta = float(beta)
        except ValueError:
            self.beta = math.nan
        if not 0 < self.beta < 1e30:
            raise KeyFault("beta", f"beta must be a number above 0, found {quoted(str(beta))}", "write for example `memory beta 8`")  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Any:
        if "hopfield" in text.split():
            return Hopfield.read(text)
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(f"a memory is `memory` and its beta, found {quoted(text)}", _EXAMPLE)
        return cls(match[2] or DEFAULT_BETA, int(match[1]) if match[1] else None)

    def text(self) -> str:
        return f"{self.patterns or ''} memory beta {self.beta:.10g}".strip()

    @property
    def stores(self) -> bool:
        return self.patterns is None

    def holding(self, count: int | None) -> Self:
        return type(self)(self.beta, count)

    def stored(self, patterns: Array) -> Blocks:
        return (np.ascontiguousarray(patterns.T),)

    @property
    def _count(self) -> int:
        return self.patterns or 0

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns, self._count),)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Small normal numbers: patterns far from all inputs, and from each other, would get no gradient."""
        blocks[0][...] = start.rng.normal(0, 0.5, blocks[0].shape)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        patterns = blocks[0]
        outputs = (shares := self.shares(patterns, inputs)) @ patterns.T
        return Kept(inputs, outputs, outputs, shares, starts)

    def shares(self, patterns: Array, inputs: Array) -> Array:
        """(n, patterns) how much each pattern counts in each output, in the type of the patterns; the sum of a row is 1. In
        float64, where no square of a float32 overflows."""
        p, x = patterns.astype(np.float64), inputs.astype(np.float64)
        return SOFTMAX.value(self.beta * (x @ p - np.einsum("ij,ij->j", p, p) / 2)).astype(patterns.dtype)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        patterns, shares = blocks[0], kept.own
        slope = delta @ patterns
        d_scores = shares * (slope - np.einsum("ij,ij->i", slope, shares)[:, None]) * patterns.dtype.type(self.beta)
        slots[0][...] = delta.T @ shares + kept.inputs.T @ d_scores - patterns * d_scores.sum(axis=0)
        return d_scores @ patterns.T if wanted else None

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a pattern of {place} has {n_rows} numbers"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"pattern {column + 1}, value for {below(row + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        return {**super().describe(below), "patterns": self.patterns, "beta": self.beta}


LAYERS = {"memory": Memory}
