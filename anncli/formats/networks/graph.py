"""Units and connections, as files of some programs list them, put into layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from anncli.errors import count_of
from anncli.formats.networks.chain import Chain

# A layer may have so many weights for each connection, and so many in any case.
_MOST_EXPANSION, _ALWAYS_ALLOWED = 50, 4_000_000


class Unit(NamedTuple):
    """name: for messages; activation: of ann; bias; sources: weight by the key of the unit it reads, inputs among them."""

    name: str
    activation: str
    bias: float
    sources: Mapping[str, float]


class Graph:
    """Units by key, in layers: a unit stands one above the highest unit that it reads.

    inputs, outputs: keys in order. Units that no output depends on are left out.
    """

    def __init__(
        self, chain: Chain, inputs: Sequence[str], units: Mapping[str, Unit], outputs: Sequence[str], noun: str = "unit"
    ) -> None:
        self._chain, self._inputs, self._units, self._outputs, self._noun = (
            chain,
            list(inputs),
            units,
            list(outputs),
            noun,
        )
        self._depth: dict[str, int] = dict.fromkeys(inputs, 0)

    def build(self) -> None:
        """Tell the chain its layers; raises NetworkError for loops, and for shortcuts and layers that it cannot hold."""
        known = set(self._inputs)
        if len(known) < len(self._inputs) or known & self._units.keys():
            self._chain.fail(f"two {self._noun}s or inputs have the same name")
        self._find_depths()
        top = max(self._depth[key] for key in self._outputs)
        for key in self._outputs:
            if self._depth[key] != top or not top:
                self._fail(key, "is an output, but stands below the layer of the other outputs")
        layers: list[list[str]] = [[] for _ in range(top + 1)]
        layers[0] = self._inputs
        for key in self._units:
            if 0 < self._depth.get(key, 0) < top:
                layers[self._depth[key]].append(key)
        layers[top] = self._outputs
        if unused := len(self._units) - sum(map(len, layers[1:])):
            are = "is" if unused == 1 else "are"
            self._chain.remark(f"{count_of(unused, self._noun)} that no output depends on {are} left out")
        self._stack(layers)

    def _find_depths(self) -> None:
        """The layer of every unit that an output depends on; without recursion, for chains of any length."""
        stack, entered = list(reversed(self._outputs)), set[str]()
        while stack:
            key = stack[-1]
            if key in self._depth:
                stack.pop()
                continue
            if key not in self._units:
                self._chain.fail(f"{self._noun} {key!r} is read, and is not there")
            unknown = [source for source in self._units[key].sources if source not in self._depth]
            if not unknown:
                self._depth[key] = 1 + max((self._depth[s] for s in self._units[key].sources), default=0)
            elif key in entered:
                self._fail(key, "is part of a loop; ann has no recurrent networks")
            else:
                entered.add(key)
                stack += unknown

    def _stack(self, layers: list[list[str]]) -> None:
        """Layer by layer; `carried` values of lower layers are passed on by units of their own where that is exact."""
        last_use = self._last_uses()
        # What the layer below gives: for each value the key of a unit, and the factor by which it is to be taken.
        below = [(key, 1.0) for key in layers[0]]
        gaps = 0
        for depth, keys in enumerate(layers[1:], 1):
            activation = self._activation_of(keys)
            passed = [item for item in below if last_use.get(item[0], 0) > depth]
            made = self._made_to_pass(passed, activation, keys)
            columns = [
                *((self._units[key].bias, self._units[key].sources) for key in keys),
                *((0.0, one) for _, one in made),
            ]
            self._check_dense(len(below) * len(columns), sum(len(sources) for _, sources in columns))
            self._chain.check_next(len(columns))
            weights = np.zeros((len(below), len(columns)))
            places: dict[str, list[tuple[int, float]]] = {}
            for row, (key, factor) in enumerate(below):
                places.setdefault(key, []).append((row, factor))
            for column, (_, sources) in enumerate(columns):
                for key, weight in sources.items():
                    for row, factor in places[key]:
                        weights[row, column] += weight * factor
            gaps += len(below) * len(keys) - sum(len(self._units[key].sources) for key in keys)
            self._chain.affine(weights, np.array([bias for bias, _ in columns]))
            self._chain.activate(activation)
            below = [*((key, 1.0) for key in keys), *(item for item, _ in made)]
        if gaps > 0:
            self._chain.remark(
                f"{count_of(gaps, 'connection')} that the file does not have: weights of 0, which training may change"
            )

    def _check_dense(self, n_weights: int, n_links: int) -> None:
        """Raises NetworkError for a layer whose weights take far more memory than the connections of the file."""
        if n_weights > _ALWAYS_ALLOWED + _MOST_EXPANSION * n_links:
            self._chain.fail(f"is sparse: {n_links} connections would take {n_weights} weights")

    def _made_to_pass(
        self, passed: list[tuple[str, float]], activation: str, keys: list[str]
    ) -> list[tuple[tuple[str, float], Mapping[str, float]]]:
        """For each unit that passes a value on: what it stands for (key, factor), and what it reads."""
        waiting = list(dict.fromkeys(key for key, _ in passed))
        if not waiting:
            return []
        if activation == "linear":
            return [((key, 1.0), {key: 1.0}) for key in waiting]
        if activation != "relu":
            level = self._depth[keys[0]]
            readers = (k for k, u in self._units.items() if waiting[0] in u.sources and self._depth.get(k, 0) > level)
            past = f"reads {self._shown(waiting[0])} past a layer of {activation} units"
            self._fail(next(readers), f"{past}: a shortcut, which a chain of layers cannot hold")
        # x = max(x, 0) - max(-x, 0)
        return [((key, sign), {key: sign}) for key in waiting for sign in (1.0, -1.0)]

    def _last_uses(self) -> dict[str, int]:
        """The highest layer that reads each unit."""
        found: dict[str, int] = {}
        for key, unit in self._units.items():
            for source in unit.sources if key in self._depth else ():
                found[source] = max(found.get(source, 0), self._depth[key])
        return found

    def _activation_of(self, keys: list[str]) -> str:
        first = self._units[keys[0]]
        for key in keys:
            if self._units[key].activation != first.activation:
                message = f"has {self._units[key].activation} units beside {first.activation} ones in one layer"
                self._fail(key, message)
        return first.activation

    def _shown(self, key: str) -> str:
        name = self._units[key].name if key in self._units else ""
        return f"{self._noun} {name or key}"

    def _fail(self, key: str, message: str) -> NoReturn:
        self._chain.fail(f"{self._shown(key)} {message}")
