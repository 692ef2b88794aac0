"""The network format `ann1dn`, of the program ann1dn (2008): one stream of numbers, written back in its layout.

    L  n[0] .. n[L-1]  [ input code, layer code ]  [ add multiply ] * n[0]  [ weight ] * W  [ any text ]

Numbers are separated by blanks or line ends; weights go layer by layer, unit by unit, bias first. Codes: 0 linear,
1 logistic, 2 tanh (from a later program that shares the format). ann1dn drew new weights if any was missing; here a file
that is cut short is refused, and only a file without any weights is an untrained network.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NoReturn

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import BOM, Path, place_of, shown_name
from anncli.formats.networks.numbers import MAX_LAYERS, BadNumberError, number_fault, size_fault, to_float32
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology

ACTIVATION_CODES = {0: "linear", 1: "logistic", 2: "tanh"}
_CODES = {name: code for code, name in ACTIVATION_CODES.items()}
_KERNELS = ("linear", "rbf", "polynomial")
_IS_NETWORK = "check that this is a network file"


class Ann1dnFormat:
    """The format `ann1dn`."""

    def parse(self, data: bytes, path: Path) -> Network:
        # The numbers are ASCII; the free text after them may have any 8-bit encoding.
        return parse_network(data.removeprefix(BOM).decode("latin-1"), path)

    def refusal(self, topology: Topology, scaling: Scaling) -> str | None:
        for layer in topology.layers:
            if layer.kind != "dense":
                return f"an ann1dn file cannot hold the layer `{layer.text()}`, only dense layers"
        activations = {layer.activation for layer in topology.layers}
        for name in sorted(activations - set(_CODES)):
            return f"an ann1dn file cannot hold {name} units, only linear, logistic or tanh"
        if len(activations) > 1:
            names = ", ".join(sorted(activations))
            return f"an ann1dn file has one activation for all layers, this network has {names}"
        if scaling.per_vector != "none":
            return f"an ann1dn file cannot hold scaling of each row ({scaling.per_vector})"
        if scaling.activation not in _CODES:
            return f"an ann1dn file cannot hold the scaling {scaling.activation}, only linear and logistic ones"
        if scaling.log_floor is not None:
            return "an ann1dn file cannot hold the logarithms of inputs"
        return None

    def render(self, network: Network) -> bytes:
        return render_network(network).encode("ascii")


FORMAT = Ann1dnFormat()


def parse_network(text: str, path: Path) -> Network:
    """The network in the text of an ann1dn file; text after the last weight is ignored; raises NetworkError."""
    return _Stream(text, path).network()


class _Stream:
    """The tokens of a file, taken in order; their positions are computed only for an error."""

    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self._path = path
        self._tokens = text.split()
        self._taken = 0
        self._after_codes = 0

    def network(self) -> Network:
        sizes = self._sizes()
        n_weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
        input_code, code = self._codes()
        self._after_codes = self._taken
        activation = ACTIVATION_CODES[code]
        pairs = self._block(2 * sizes[0], f"add and multiply of {sizes[0]} inputs")
        parameters = self._block(n_weights, "weights and biases")
        topology = Topology(sizes[0], [(units, activation) for units in sizes[1:]])
        scaling, source = _scaling(pairs, ACTIVATION_CODES[input_code]), NetworkSource("ann1dn", shown_name(self._path))
        network = Network(topology, scaling=scaling, source=source)
        network.targets = (0.9, 0.1) if activation == "logistic" else None
        if topology.n_outputs == 1:
            network.threshold = 0.0 if activation == "tanh" else 0.5
        if parameters is not None:
            network.parameters = _blocks_from_stream(topology, parameters)
        return network

    def _sizes(self) -> list[int]:
        n_layers = self._whole("the number of layers, inputs included")
        if self._tokens[2:3] and self._tokens[2].lower() in _KERNELS:
            message = f"is the file of a support vector machine ({self._tokens[2].lower()} kernel), not of a network"
            raise NetworkError(message, path=shown_name(self._path), advice="give a network file")
        if n_layers < 2:
            self._fail(0, f"a network has at least 2 layers, inputs included, found {n_layers}", "write for example 3")
        if n_layers > MAX_LAYERS:
            self._fail(0, f"{n_layers} layers are more than the {MAX_LAYERS} this program handles", _IS_NETWORK)
        sizes = []
        for number in range(1, n_layers + 1):
            size = self._whole(f"the size of layer {number} of {n_layers}")
            if size < 1:
                self._fail(self._taken - 1, f"layer {number} needs at least 1 unit, found {size}", None)
            sizes.append(size)
        if fault := size_fault(sizes):
            raise NetworkError(fault, path=shown_name(self._path), advice=_IS_NETWORK)
        return sizes

    def _codes(self) -> tuple[int, int]:
        if self._taken == len(self._tokens):
            return 0, 1
        input_code = self._whole("the function code of the inputs (0 linear, 1 logistic)")
        if input_code not in (0, 1):
            self._fail(self._taken - 1, f"unknown function code {input_code} for the inputs", "use 0 or 1")
        code = self._whole("the function code of the layers (0 linear, 1 logistic, 2 tanh)")
        if code not in ACTIVATION_CODES:
            self._fail(self._taken - 1, f"unknown function code {code}", "use 0 linear, 1 logistic or 2 tanh")
        return input_code, code

    def _block(self, count: int, what: str) -> Array | None:
        """The next `count` numbers as float32, None at the end of the file; raises NetworkError if only some are there."""
        tokens = self._tokens[self._taken : self._taken + count]
        if not tokens:
            return None
        try:
            numbers = to_float32([tokens])
        except BadNumberError as fault:
            self._fail(
                self._taken + fault.index, str(fault), f"{what} must come here; other text may follow the last weight"
            )
        if len(tokens) < count:
            self._cut_short(len(tokens), count, what)
        self._taken += count
        return numbers

    def _cut_short(self, found: int, count: int, what: str) -> NoReturn:
        advice = "restore it from a copy, or delete these numbers to train afresh"
        if len(self._tokens) - self._after_codes == count:
            advice = "if add and multiply were left out, write `0 1` for each input before the weights"
        message = f"is cut short: {found} of {count} numbers for {what}"
        raise NetworkError(message, path=shown_name(self._path), advice=advice)

    def _whole(self, what: str) -> int:
        if self._taken == len(self._tokens):
            raise NetworkError(
                f"ends before {what}", path=shown_name(self._path), advice="restore it from a copy or complete it"
            )
        token = self._tokens[self._taken]
        if not re.fullmatch(r"[-+]?[0-9]{1,18}", token, re.ASCII):
            self._fail(self._taken, f"expected {what}, a whole number, found {quoted(token)}", _whole_advice(token))
        self._taken += 1
        return int(token)

    def _fail(self, index: int, message: str, advice: str | None) -> NoReturn:
        line, column = None, None
        for number, match in enumerate(re.finditer(r"\S+", self._text)):
            if number == index:
                line, column = place_of(self._text, match.start())
                break
        raise NetworkError(message, path=shown_name(self._path), line=line, column=column, advice=advice)


def _whole_advice(token: str) -> str:
    return _IS_NETWORK if number_fault(token) is None else "correct it"


def _scaling(pairs: Array | None, activation: str) -> Scaling:
    if pairs is None:
        return Scaling(activation=activation)
    add, multiply = pairs[0::2].copy(), pairs[1::2].copy()
    if not add.any() and (multiply == 1).all():
        return Scaling(activation=activation)
    return Scaling(method="stored", add=add, multiply=multiply, activation=activation)


def _blocks_from_stream(topology: Topology, stream: Array) -> Array:
    """Reorder weights from the file (unit by unit, bias first) into a parameter vector."""
    parameters = np.empty_like(stream)
    for blocks, start in zip(topology.blocks(parameters), topology.offsets, strict=False):
        n_rows, n_out = blocks[0].shape
        blocks[0][...] = stream[start : start + n_rows * n_out].reshape(n_out, n_rows).T
    return parameters


def render_network(network: Network) -> str:
    """The text of an ann1dn file; nine significant digits restore every float32 exactly.

    Names of classes and columns, targets, threshold, record and self-test are left out.
    """
    topology, scaling = network.topology, network.scaling
    code, input_code = _CODES[topology.output_activation], _CODES[scaling.activation]
    lines = [str(len(topology.sizes)), "".join(f"{size} " for size in topology.sizes), ""]
    lines += [str(input_code), str(code), ""]
    if network.parameters is None and scaling.add is None:
        return "\n".join(lines) + "\n"
    add = np.zeros(topology.n_inputs) if scaling.add is None else scaling.add
    multiply = np.ones(topology.n_inputs) if scaling.multiply is None else scaling.multiply
    lines += [f"{a:.9g} {m:.9g}" for a, m in zip(add.tolist(), multiply.tolist(), strict=True)]
    lines.append("")
    if network.parameters is not None:
        for blocks in topology.blocks(network.parameters):
            lines += [f"{weight:.9g}" for weight in blocks[0].T.ravel().tolist()]
            lines.append("")
    return "\n".join(lines) + "\n"
