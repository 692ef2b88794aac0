"""Layers that read the rows of a sample in one direction or in both: how they read, what shape they give, and their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, Self

from anncli.arrays import Array
from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.network.layers.affine import whole_units
from anncli.network.layers.base import Blocks, KeyFault, LayerKind, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit, initial_weights, orthogonal
from anncli.network.names import ACTIVATION_NAMES

DIRECTIONS = ("forward", "bidirectional")
# Methods that draw the whole of a block by one rule, its biases too.
_WHOLE = ("ann1dn", "fan-in", "classic")


class Parts(NamedTuple):
    """The parameters of one direction, of D columns below, H units and C = gates * H columns, gate by gate.

    biases (C,); weights (D, C) of the inputs; recurrent (H, C), of what the layer gave for the row before; inner (H,), where a
    kind has them: biases of the last gate that are added to the recurrent product alone.
    """

    biases: Array
    weights: Array
    recurrent: Array
    inner: Array | None = None


class Directed(LayerKind):
    """A layer that reads the rows of a sample one after the other, forward or in both directions side by side.

    One block (1 + D + H, C) for each direction: biases in row 0, then the weights of the inputs and of the row before; a kind may
    cut its parameters otherwise.

    units: H, from 1; direction: one of DIRECTIONS. The units of the backward direction are H + 1 to 2 H.
    """

    #: One word for each gate; a unit without gates has one sum.
    gates: ClassVar[tuple[str, ...]] = ("",)
    takes_tokens: ClassVar = True
    needs_given: ClassVar = True

    def __init__(self, units: int, direction: str = "forward") -> None:
        self.units = whole_units(units)
        known = known_name(str(direction), DIRECTIONS)
        if known is None:
            raise KeyFault("direction", f"unknown direction {quoted(str(direction))}", did_you_mean(str(direction), DIRECTIONS))  # fmt: skip
        self.is_bidirectional = known == "bidirectional"

    @classmethod
    def read(cls, text: str) -> Self:
        before, _, after = text.partition(cls.kind)
        words, example = before.split(), cls._example()
        n_words = len([key for key in cls.keys.values() if key.needed])
        if len(words) != n_words or not _is_whole(words[0]):
            what = "its units and activation" if n_words > 1 else "its units"
            raise ValueFault(f"a layer `{cls.kind}` is {what} before that word, found {quoted(text)}", example)
        if int(words[0]) < 1:
            raise ValueFault("a layer needs at least 1 unit, found 0", example)
        return cls(int(words[0]), *words[1:], **cls._read_after(after.split()))

    @classmethod
    def _read_after(cls, words: list[str]) -> dict[str, Any]:
        """The arguments that the words after the kind stand for: `bidirectional`, `memory 100`."""
        found: dict[str, Any] = {}
        known = ["bidirectional", *(name for name in ("memory",) if name in cls.keys)]
        while words:
            word = words.pop(0)
            if "direction" not in found and (direction := known_name(word, DIRECTIONS)):
                found["direction"] = direction
            elif "memory" not in found and known_name(word, known) == "memory" and words and _is_whole(words[0]):
                found["memory"] = int(words.pop(0))
            else:
                advice = cls._example() if known_name(word, known) or found else did_you_mean(word, known)
                raise ValueFault(f"unknown word {quoted(word)} after `{cls.kind}`", advice)
        return found

    @classmethod
    def _example(cls) -> str:
        return f"write for example `64 {cls.kind}`, or `64 {cls.kind} bidirectional`"

    def text(self) -> str:
        return " ".join([str(self.units), *self._words(), *(["bidirectional"] if self.is_bidirectional else [])])

    def _words(self) -> list[str]:
        """The words after the units."""
        return [self.kind]

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if self.units < 1:
            raise ValueFault(f"{place} needs at least 1 unit, not {self.units}")
        super().check(place, below, is_output)
        if below.rows == 1 and not below.tokens:
            raise ValueFault(f"{place}: `{self.text()}` needs samples of several rows, and is given one row", "write `inputs: any x 12`, or `64 embedding` after tokens")  # fmt: skip

    def output(self, below: Shape) -> Shape:
        return Shape(self.units * self._n_directions, None)

    # Parameters

    @property
    def _n_directions(self) -> int:
        return 1 + self.is_bidirectional

    def direction_shapes(self, n_inputs: int) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of the blocks of one direction."""
        return ((1 + n_inputs + self.units, len(self.gates) * self.units),)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return self.direction_shapes(below.columns) * self._n_directions

    def weights(self, blocks: Blocks) -> Blocks:
        return tuple(block[1:] for block in blocks)

    def biases(self, blocks: Blocks) -> Blocks:
        return tuple(block[0] for block in blocks)

    def parts(self, blocks: Blocks) -> Parts:
        """The parameters of one direction from its blocks."""
        (block,) = blocks
        first = len(block) - self.units
        return Parts(block[0], block[1:first], block[first:])

    def write(self, slots: Blocks, parts: Parts) -> None:
        """The same the other way round: fill the blocks of one direction."""
        (slot,) = slots
        first = len(slot) - self.units
        slot[0], slot[1:first], slot[first:] = parts.biases, parts.weights, parts.recurrent

    def directions(self, blocks: Blocks) -> Iterator[Blocks]:
        """The blocks of each direction."""
        each = len(blocks) // self._n_directions
        return (blocks[first : first + each] for first in range(0, len(blocks), each))

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Gate by gate: W as in a dense layer, U orthogonal, biases 0. Methods that draw biases draw the whole block."""
        if start.method in _WHOLE:
            for block in blocks:
                if start.method == "ann1dn":
                    block[...] = draw_unit_by_unit(block.shape, start.rng)
                else:
                    block[0], block[1:] = initial_weights(len(block) - 1, block.shape[1], self.activation, start)
            return
        for own in self.directions(blocks):
            self.write(own, self._drawn(self.parts(own), start))

    def _drawn(self, parts: Parts, start: Start) -> Parts:
        method = "glorot" if start.method == "nguyen-widrow" else start.method
        if method == "auto" and ACTIVATION_NAMES[self.activation].family != "relu":
            method = "glorot"
        # Their place would spread the units over the range of the inputs, which is that of a sum of rows here.
        here = Start(method, start.rng, is_first=False, is_output=False)
        for gate in range(len(self.gates)):
            own = slice(gate * self.units, (gate + 1) * self.units)
            parts.weights[:, own] = initial_weights(len(parts.weights), self.units, self.activation, here)[1]
            parts.recurrent[:, own] = self._initial_recurrent(start)
        return parts

    def _initial_recurrent(self, start: Start) -> Array:
        return orthogonal((self.units, self.units), start.rng)

    # Words

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a {'gate of a ' * (len(self.gates) > 1)}unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        assert self.given is not None
        each = len(self.direction_shapes(self.given.columns))
        direction, block = divmod(block, each)
        gate, unit = divmod(column, self.units)
        word = self.gate_of(block, gate)
        own = unit + 1 + direction * self.units
        return f"{f'gate {word} of ' if word else ''}unit {own}, {self.source(block, row, direction, below)}"

    def gate_of(self, block: int, gate: int) -> str:
        """The word of a gate among the columns of a block of one direction."""
        return self.gates[gate]

    def source(self, block: int, row: int, direction: int, below: Callable[[int], str]) -> str:
        """Where the value comes from that a row of a block of one direction is the weight of."""
        assert self.given is not None
        if not row:
            return "bias"
        if row <= self.given.columns:
            return f"weight from {below(row)}"
        return self.recurrent_source(row - 1 - self.given.columns, direction)

    def recurrent_source(self, unit: int, direction: int) -> str:
        return f"weight from unit {unit + 1 + direction * self.units} in the row {'after' if direction else 'before'}"

    def describe(self, below: Shape) -> dict[str, Any]:
        given = {"activation": self.activation} if "activation" in self.keys else {}
        words = {"kind": self.kind, "units": self.units, **given, "direction": DIRECTIONS[self.is_bidirectional]}
        return {**super().describe(below), **words}


def _is_whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 18
