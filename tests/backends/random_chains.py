"""Random chains of layers with samples: every kind, shapes, strides, activations, losses, weights, samples of 1 to 7 rows, tokens."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from cases import HIDDEN, OUTPUTS

from anncli.arrays import Inputs, Rows, Tokens
from anncli.backends.base import Problem, Samples, Shown
from anncli.network.layers.base import Shape
from anncli.network.layers.communicate import Communicate
from anncli.network.topology import Topology

_PRODUCTS = {
    1: "circular",
    2: "complex",
    3: "cross",
    4: "quaternion",
    5: "correlation",
    7: "seven",
    8: "octonion",
    9: "skew-circular",
}
_RECURRENT = ("recurrent", "lstm", "gru")


class RandomChain(NamedTuple):
    """rows: of the samples, some of them twice and some left out."""

    problem: Problem
    samples: Samples
    parameters: Any
    rows: Any
    shown: Shown


def random_chain(seed: int) -> RandomChain:
    """The chain of that number. Every form of input comes up in turn."""
    rng = np.random.default_rng(seed)
    shape, layers = (_picture, _rows, _tokens, _vectors)[seed % 4](rng)
    output, loss = OUTPUTS[int(rng.integers(len(OUTPUTS)))]
    units = int(rng.integers(2, 20)) if output == "softmax" else int(rng.choice([1, 2, 5, 17]))
    topology = Topology(shape, [*layers, f"{units} {output}"])
    n = int(rng.integers(5, 12))
    inputs = _inputs(rng, topology, n)
    samples = _answers(rng, topology, inputs, n)
    # Sums that are exponents stay small, so that a step does not multiply a difference of rounding; so do those that go around.
    goes_around = any(layer.kind in _RECURRENT for layer in topology.layers)
    scale = 0.1 if output == "exp" else 0.2 if goes_around else 0.4
    parameters = rng.normal(0, scale, topology.n_parameters).astype(np.float32)
    rows = np.concatenate([rng.permutation(n)[: n - 1], rng.integers(0, n, 2)])
    shown = Shown(0.3, 0.2, int(rng.integers(2**62)), 11) if rng.random() < 0.4 else Shown()
    truncate = int(rng.integers(1, 5)) if topology.streams and rng.random() < 0.7 else 0
    return RandomChain(Problem(topology, loss, truncate), samples, parameters, rows, shown)


def _activation(rng: np.random.Generator) -> str:
    # Without the kinks of relu, at which a rounded z changes a slope by 1.
    return str(rng.choice([name for name in HIDDEN if "relu" not in name]))


def _units(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 2, 3, 6, 8, 13, 16, 17, 33, 66]))


def _picture(rng: np.random.Generator) -> tuple[Shape, list[Any]]:
    height, width, channels = (int(rng.integers(low, high)) for low, high in ((1, 12), (1, 12), (1, 5)))
    layers: list[Any] = []
    for _ in range(int(rng.integers(1, 4))):
        kind = rng.choice(["convolution", "convolution", "mean-pool", "max-pool"])
        size = "x".join(str(rng.integers(1, 4)) for _ in range(2))
        stride = f" stride {rng.integers(1, 3)}" if rng.random() < 0.3 else ""
        padding = " valid" if rng.random() < 0.4 else ""
        layers.append(
            f"{_units(rng) if rng.random() < 0.5 else 3} {_activation(rng)} convolution {size}{padding}{stride}"
            if kind == "convolution"
            else f"{kind} {rng.integers(1, 3)}x{rng.integers(1, 3)}{stride}"
        )
    if rng.random() < 0.5:
        layers.append("flatten")
    layers += [f"{_units(rng)} {_activation(rng)}"] * (rng.random() < 0.6)
    return _fitting(Shape(height * width * channels, 1, (height, width, channels)), layers)


def _fitting(shape: Shape, layers: list[Any]) -> tuple[Shape, list[Any]]:
    """The layers that fit onto each other: windows may be larger than what is left of a picture."""
    from anncli.errors import ValueFault

    kept: list[Any] = []
    for layer in layers:
        try:
            Topology(shape, [*kept, layer, "2 tanh"])
        except ValueFault:
            continue
        kept.append(layer)
    return shape, kept or [f"3 tanh convolution {'2x2' if shape.grid else '2'}"]


def _over_rows(rng: np.random.Generator) -> list[Any]:
    layers: list[Any] = []
    if rng.random() < 0.5:
        # What streams, so that samples may be presented in pieces.
        kinds = rng.choice(["dense", *_RECURRENT], int(rng.integers(1, 4)))
        return [
            f"{_units(rng)} {_activation(rng)}" if kind == "dense" else _recurrent(rng, str(kind), 0) for kind in kinds
        ]
    counted = 1  # the first layer with as many rows as the next one
    for _ in range(int(rng.integers(1, 5))):
        number = len(layers) + 1
        kind = rng.choice(["dense", "convolution", "window", "communicate", "skip", "bilinear", *_RECURRENT])
        units, activation = _units(rng), _activation(rng)
        if kind == "convolution":
            stride = " stride 2" if rng.random() < 0.3 else ""
            counted = number if stride else counted
            layers.append(f"{units} {activation} convolution {rng.integers(1, 5)}{stride}")
        elif kind == "window":
            layers.append(f"window {rng.integers(1, 3)}")
        elif kind in ("communicate", "skip"):
            skip = int(rng.integers(counted, number - 1)) if kind == "skip" and counted < number - 1 else 0
            layers.append(Communicate(units, activation, skip))
        elif kind in _RECURRENT:
            layers.append(_recurrent(rng, str(kind)))
        elif kind == "bilinear":
            layers += ["12 tanh", f"4x3 {activation} cross"]
        else:
            layers.append(f"{units} {activation}")
    if rng.random() < 0.7:
        layers.append(str(rng.choice(["last", "mean", "max", f"pad {rng.integers(1, 9)}", "pad 5 right"])))
    return layers


def _recurrent(rng: np.random.Generator, kind: str, both: float = 0.3) -> str:
    activation = f" {_activation(rng)}" if kind == "recurrent" else ""
    return f"{_units(rng)}{activation} {kind}{' bidirectional' * (rng.random() < both)}"


def _rows(rng: np.random.Generator) -> tuple[Shape, list[Any]]:
    return _fitting(Shape(int(rng.choice([1, 3, 8, 12, 17])), None), _over_rows(rng))


def _tokens(rng: np.random.Generator) -> tuple[Shape, list[Any]]:
    shape = Shape(int(rng.integers(3, 60)), None, None, True)
    if rng.random() < 0.3:
        return shape, [f"{_units(rng)} {_activation(rng)}"]
    first = f"{_units(rng)} embedding" if rng.random() < 0.6 else _recurrent(rng, str(rng.choice(_RECURRENT)))
    return _fitting(shape, [first, *_over_rows(rng)])


def _vectors(rng: np.random.Generator) -> tuple[Shape, list[Any]]:
    n = int(rng.choice(list(_PRODUCTS)))
    product = (
        _PRODUCTS[n]
        if rng.random() < 0.8
        else " ".join(f"{x:.3f}" for x in rng.normal(size=n**3))
        if n < 4
        else "circular"
    )
    kind = "bilinear " if product[0] in "-0123456789" else ""
    layers: list[Any] = [
        f"{rng.integers(1, 12)}x{n} {_activation(rng)} {kind}{product}" for _ in range(int(rng.integers(1, 4)))
    ]
    below = int(rng.integers(1, 9))
    return Shape(below * n, 1, (below, n, 1)), layers


def _inputs(rng: np.random.Generator, topology: Topology, n: int) -> Inputs:
    shape = topology.inputs
    if shape.rows is not None:
        return rng.normal(size=(n, shape.columns)).astype(np.float32)
    lengths = rng.integers(topology.least_rows, topology.least_rows + 7, n)
    starts = np.r_[0, np.cumsum(lengths)]
    if shape.tokens:
        values = rng.normal(size=starts[-1]).astype(np.float32)
        return Tokens(rng.integers(0, shape.columns, starts[-1]), values, starts, shape.columns)
    return Rows(rng.normal(size=(int(starts[-1]), shape.columns)).astype(np.float32), starts)


def _answers(rng: np.random.Generator, topology: Topology, inputs: Inputs, n: int) -> Samples:
    starts = _starts_above(topology, inputs)
    m, columns = n if starts is None else int(starts[-1]), topology.n_outputs
    targets = rng.random((m, columns)).astype(np.float32)
    if topology.output_activation == "softmax":
        targets = np.eye(columns, dtype=np.float32)[rng.integers(0, columns, m)]
    weights = rng.uniform(0, 2, m).astype(np.float32) if rng.random() < 0.5 else None
    if starts is None:
        return Samples(inputs, targets, weights)
    return Samples(inputs, Rows(targets, starts), None if weights is None else Rows(weights[:, None], starts))


def _starts_above(topology: Topology, inputs: Inputs) -> Any:
    """Where the answers of each sample begin, by a forward pass; None where each sample has one."""
    from anncli.network.propagation import forward

    return forward(topology, np.zeros(topology.n_parameters), inputs).starts
