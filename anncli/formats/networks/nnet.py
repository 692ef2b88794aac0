"""The network format `nnet`: text files of relu networks, as the tools for verifying networks read them.

    // comments
    layers, inputs, outputs, largest layer,
    inputs, units of each layer,
    0,                                        (not used)
    minima of the inputs,   maxima of the inputs,
    means of the inputs and of the outputs,   ranges of the inputs and of the outputs,
    per layer: a line of weights for each unit, then a line with the bias of each unit

Inputs are clipped to their minima and maxima, then less the mean, by the range; outputs times the range, plus the mean.
K. Julian, Stanford 2016.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from anncli.arrays import Array
from anncli.errors import quoted
from anncli.formats.files.textfile import BOM, Path
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.numbers import BadNumberError, size_fault, to_float64
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling

_COMMENT = "//"


class Nnet:
    """The format `nnet`."""

    def parse(self, data: bytes, path: Path) -> Network:
        return _File(data.removeprefix(BOM).decode("latin-1"), path).network()


FORMAT = Nnet()


class _File:
    """The lines of numbers, taken in order."""

    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        self._faults = Faults(path)
        lines = ((k, line.strip()) for k, line in enumerate(text.splitlines(), 1))
        self._lines = [(k, line) for k, line in lines if line and not line.startswith(_COMMENT)]
        self._taken = 0

    def network(self) -> Network:
        n_layers, n_inputs, n_outputs, _ = self._wholes(4, "layers, inputs, outputs and the largest layer")
        if n_layers > 1000:
            self._faults.fail(f"{n_layers} layers are more than the 1000 this program handles")
        sizes = self._wholes(n_layers + 1, "the sizes of the layers, inputs first")
        if (sizes[0], sizes[-1]) != (n_inputs, n_outputs) or min(sizes) < 1:
            self._faults.fail(
                f"the sizes {', '.join(map(str, sizes))} do not fit {n_inputs} inputs and {n_outputs} outputs"
            )
        if fault := size_fault(sizes):
            self._faults.fail(fault)
        self._taken += 1
        low, high = (self._numbers(n_inputs, f"{what} of the inputs") for what in ("minima", "maxima"))
        means, ranges = (self._numbers(n_inputs + 1, f"{what} of inputs and outputs") for what in ("means", "ranges"))
        chain = Chain(n_inputs, "nnet", self._path)
        self._scale(chain, low, high, means[:-1], ranges[:-1])
        for number, (below, units) in enumerate(pairwise(sizes), 1):
            rows = [self._numbers(below, f"weights of a unit of layer {number}") for _ in range(units)]
            biases = [self._numbers(1, f"the bias of a unit of layer {number}") for _ in range(units)]
            chain.affine(np.array(rows).T, np.concatenate(biases))
            chain.activate("relu" if number < n_layers else "linear")
        mean, spread = means[-1], ranges[-1]
        if spread <= 0:
            chain.each(spread, mean)
        elif (mean, spread) != (0, 1):
            scaling = [np.full(n_outputs, value, dtype=np.float32) for value in (mean, spread)]
            return set_answers(chain.network(target_scaling=TargetScaling("zscore", *scaling)), task="regression")
        return set_answers(chain.network(), task="regression")

    def _scale(self, chain: Chain, low: Array, high: Array, means: Array, ranges: Array) -> None:
        if (low > high).any() or (ranges == 0).any():
            self._faults.fail("an input has a minimum above its maximum, or a range of 0")
        chain.each(add=-means, factor=1 / ranges)
        ends = np.sort([(low - means) / ranges, (high - means) / ranges], axis=0)
        chain.clip(*ends)

    def _next(self, what: str) -> tuple[int, list[str]]:
        if self._taken >= len(self._lines):
            self._faults.fail(f"ends before {what}", "copy the file again")
        line, text = self._lines[self._taken]
        self._taken += 1
        return line, [token.strip() for token in text.rstrip(",").split(",")]

    def _wholes(self, count: int, what: str) -> list[int]:
        line, tokens = self._next(what)
        if len(tokens) != count or not all(re.fullmatch("[0-9]{1,9}", token) for token in tokens):
            self._faults.fail(f"expected {what}: {count} whole numbers, found {quoted(','.join(tokens))}", line=line)
        return list(map(int, tokens))

    def _numbers(self, count: int, what: str) -> Array:
        line, tokens = self._next(what)
        if len(tokens) != count:
            self._faults.fail(f"expected {what}: {count} numbers, found {len(tokens)}", line=line)
        try:
            return to_float64(tokens)
        except BadNumberError as fault:
            self._faults.fail(str(fault), line=line)
