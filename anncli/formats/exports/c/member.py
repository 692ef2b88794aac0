"""The C function that computes one network of a file, written line by line as its layers are gone through."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.network.layers.base import Shape
from anncli.network.topology import Topology


class Place(NamedTuple):
    """Where values are: a C pointer, and how many rows there are, a C expression."""

    pointer: str
    rows: str


class Member:
    """The function of one network. A layer writes another buffer than it reads; one that a later layer skips to has its own.

    streams: it takes one row or token at a time, and has a pointer to the state that layers keep from row to row.
    """

    def __init__(self, topology: Topology, streams: bool) -> None:
        self.topology, self.streams = topology, streams
        kinds = [layer.kind for layer in topology.layers]
        self._last = max(number for number, kind in enumerate(kinds, 1) if kind != "flatten")
        self._skipped = {layer.skip for layer in topology.layers if layer.skip}
        self._sizes: dict[str, tuple[bool, int]] = {}
        self._patch = 0
        self._state = 0
        self._lines: list[str] = []
        self.used: set[str] = set()
        self.of_tokens = topology.inputs.tokens
        self.has_rows = not topology.takes_vectors and not streams

    def target(self, number: int, above: Shape, source: str) -> str:
        """The buffer for the outputs of layer `number`, which reads `source`."""
        if number == self._last:
            return "out"
        name = f"s{number}" if number in self._skipped else "b" if source == "a" else "a"
        has_rows, size = self._sizes.get(name, (False, 0))
        is_wide = above.rows is None and not self.streams
        # A buffer for rows is larger than one for a vector of the same columns.
        self._sizes[name] = (has_rows or is_wide, max(size, above.columns))
        return name

    def patch(self, size: int) -> str:
        """A buffer for what one product is made of."""
        self._patch = max(self._patch, size)
        return "patch"

    def state(self, size: int) -> str:
        """So many numbers that a layer keeps from row to row: a place of its own in the state of the stream, or zeros."""
        if not self.streams:
            self.used.add("start")
            self._state = max(self._state, size)
            self.line(f"$n_start(state, {size});")
            return "state"
        first, self._state = self._state, self._state + size
        return f"state + {first}" if first else "state"

    def line(self, text: str) -> None:
        self._lines.append(f"  {text}")

    def floats(self, most: int) -> int:
        """How many numbers the function keeps in buffers for samples of at most so many rows."""
        own = sum(size * (most if has_rows else 1) for has_rows, size in self._sizes.values())
        return own + self._patch + (0 if self.streams else self._state)

    def text(self) -> str:
        given = "const int *indices, const float *values, " if self.of_tokens else "const float *x, "
        count = "int n, " if self.has_rows else "float *state, " if self.streams else ""
        what = "tokens" if self.of_tokens else "scaled rows x" if self.has_rows else "scaled inputs x"
        if self.streams:
            what = "the next token" if self.of_tokens else "the next scaled row x"
        buffers = [
            f"{name}[{'$N_MAX_ROWS * ' if has_rows else ''}{size}]"
            for name, (has_rows, size) in sorted(self._sizes.items())
        ]
        if self._patch:
            buffers.append(f"patch[{self._patch}]")
        if self._state and not self.streams:
            buffers.append(f"state[{self._state}]")
        declared = [f"  float {', '.join(buffers)};"] if buffers else []
        # Compilers that do not see who calls take the buffers for empty.
        checked = ["  if (n < 1)\n    return w;"] if self.has_rows and self.topology.least_rows else []
        return (
            f"/* The layers of one network, from {what}; returns where the next network's numbers begin. */\n"
            f"$static const float *$n_member(const float *w, {given}{count}float *out)\n{{\n"
            + "\n".join([*declared, *checked, *self._lines])
            + "\n  return w;\n}\n"
        )


class Step(NamedTuple):
    """One layer, and all values so far: places[0] are the inputs."""

    member: Member
    layer: Any
    number: int
    below: Shape
    above: Shape
    places: list[Place]

    def call(self, function: str, *given: object, keeps_rows: bool = True, advances: bool = False) -> Place:
        """Write a call of the function, whose last argument is the buffer for its outputs."""
        self.member.used.add(function)
        target = self.member.target(self.number, self.above, self.source.pointer)
        arguments = ", ".join(map(str, [*given, target]))
        self.member.line(f"{'w = ' if advances else ''}$n_{function}({arguments});")
        return Place(target, self.source.rows if keeps_rows else "1")

    @property
    def source(self) -> Place:
        return self.places[-1]
