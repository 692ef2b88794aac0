"""The network file of ann1dn, the tool of 2008: one stream of numbers, read in full and written back in its layout.

    L  n[0] .. n[L-1]  [ input code, layer code ]  [ add multiply ] * n[0]  [ weight ] * W  [ any text ]

Numbers are separated by blanks or line ends; weights go layer by layer, unit by unit, bias first. Codes: 0 linear,
1 logistic, 2 tanh (a later relative's). The old tool drew new weights whenever one was missing; here a file that is
cut short is refused, and only one that holds no weights at all is an untrained network.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NoReturn

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, place_of, shown_name
from anncli.formats.networks.numbers import MAX_LAYERS, BadNumberError, number_fault, size_fault, to_float32
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology

ACTIVATION_CODES = {0: "linear", 1: "logistic", 2: "tanh"}
_CODES = {name: code for code, name in ACTIVATION_CODES.items()}
_KERNELS = ("linear", "rbf", "polynomial")
_IS_NETWORK = "check that this is a network file"
_OUR_DIALECT = "save it in the ann dialect"


def parse_network(text: str, path: Path) -> Network:
    """The network an ann1dn file describes; text after the last weight is ignored; raises NetworkError."""
    return _Stream(text, path).network()


class _Stream:
    """The tokens of a file, taken in order; positions are only worked out for a fault."""

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
        """The next `count` numbers as float32, or None at the end of the file; some but not all are a fault."""
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
    """The file's order (unit by unit, bias first) into the order of the parameter vector."""
    parameters = np.empty_like(stream)
    for blocks, start in zip(topology.blocks(parameters), topology.offsets, strict=False):
        n_rows, n_out = blocks[0].shape
        blocks[0][...] = stream[start : start + n_rows * n_out].reshape(n_out, n_rows).T
    return parameters


def refusal(network: Network) -> str | None:
    """Why this dialect cannot hold a network, or None; class names, columns and the record are merely left out."""
    for layer in network.layers:
        if layer.kind != "dense":
            return f"an ann1dn file cannot hold the layer `{layer.text()}`, only dense layers"
    activations = {layer.activation for layer in network.layers}
    for name in sorted(activations - set(_CODES)):
        return f"an ann1dn file cannot hold {name} units, only linear, logistic or tanh"
    if len(activations) > 1:
        return "an ann1dn file has one activation for all layers, this network has " + ", ".join(sorted(activations))
    if network.scaling.per_vector != "none":
        return f"an ann1dn file cannot hold scaling of each vector ({network.scaling.per_vector})"
    return None


def render_network(network: Network, path: Path = "") -> str:
    """The text of an ann1dn file with 9 significant digits, which lose nothing; raises NetworkError (see refusal)."""
    if reason := refusal(network):
        raise NetworkError(reason, path=path or None, advice=_OUR_DIALECT)
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
