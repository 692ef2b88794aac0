"""Networks with every kind of layer, on a few samples of 1 to 7 rows, for the tests of gradients and of backends."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.names import PRODUCT_NAMES
from anncli.network.propagation import forward
from anncli.network.topology import Topology

# What each product of vectors is defined for; others take any number of components.
COMPONENTS = {name: info.components or 3 for name, info in PRODUCT_NAMES.items()}
PRODUCTS = {
    f"bilinear {name}": (f"2x{n}", f"3x{n} {{f}} {name}, 2x{n} {{f}} {name}, 3 {{out}}")
    for name, n in COMPONENTS.items()
}
# The inputs and the layers, {f} a hidden activation, {out} that of the outputs.
CHAINS: dict[str, tuple[str, str]] = {
    "dense on rows": ("any x 3", "4 {f}, 3 {out}"),
    "dense on tokens": ("9 tokens", "4 {f}, 3 {out}"),
    "convolution over rows": ("any x 3", "4 {f} convolution 3, 3 {f} convolution 2 stride 2, last, 3 {out}"),
    "convolution with outputs for rows": ("any x 2", "4 {f} convolution 4, 3 {out}"),
    "convolution as output": ("any x 2", "4 {f}, 3 {out} convolution 3"),
    "valid convolution over rows": ("any x 3", "4 {f} convolution 2 valid, 3 {f} convolution 2 valid stride 2, mean, 3 {out}"),
    "convolution over pictures": ("6x5x2", "3 {f} convolution 3x3, 4 {f} convolution 2x3 valid stride 2, flatten, 3 {out}"),
    "convolution over one line": ("1x7x2", "3 {f} convolution 3x3, 4 {f} convolution 2x3 stride 1x2, 3 {out}"),
    "even convolution over pictures": ("5x4", "3 {f} convolution 2x4 stride 1x2, 3 {out}"),
    "mean-pool over pictures": ("5x6", "3 {f} convolution 3x3, mean-pool 2x2, 3 {out}"),
    "max-pool over pictures": ("5x6x2", "3 {f} convolution 3x3, max-pool 3x2 stride 1x2, flatten, 3 {out}"),
    "mean-pool over rows": ("any x 3", "4 {f} convolution 3, mean-pool 2, mean, 3 {out}"),
    "max-pool over rows": ("any x 3", "4 {f}, max-pool 2 stride 1, last, 3 {out}"),
    "mean": ("any x 3", "4 {f}, mean, 3 {out}"),
    "max": ("any x 3", "4 {f}, max, 3 {out}"),
    "last": ("any x 3", "4 {f} convolution 2, last, 3 {f}, 3 {out}"),
    "window": ("any x 2", "window 2, 4 {f}, 3 {out}"),
    "window on a layer": ("any x 2", "3 {f}, window 1, 3 {f}, max, 3 {out}"),
    "pad": ("any x 2", "3 {f}, pad 3, 4 {f}, 3 {out}"),
    "pad on the right": ("any x 2", "3 {f} recurrent, pad 4 right, 3 {out}"),
    "pad on tokens": ("9 tokens", "4 embedding, pad 5, 3 {f}, 3 {out}"),
    "memory": ("3", "4 memory beta 1.5, 4 {f}, 3 {out}"),
    "memory on rows": ("any x 3", "4 {f}, 5 memory beta 0.7, last, 3 {out}"),
    "flatten": ("3x4", "flatten, 4 {f}, 3 {out}"),
    "communicate": ("any x 3", "4 {f} communicate, 5 {f}, 3 {out}"),
    "communicate with a skip": ("any x 3", "4 {f}, 5 {f} communicate, 3 {f} communicate skip 1, mean, 3 {out}"),
    "communicate as output": ("any x 3", "4 {f} communicate, 2 {f}, 3 {out} communicate skip 1"),
    "recurrent": ("any x 3", "4 {f} recurrent, 3 {out}"),
    "recurrent reduced": ("any x 3", "4 {f} recurrent, 3 {f} recurrent, last, 3 {out}"),
    "recurrent in both directions": ("any x 3", "3 {f} recurrent bidirectional, 2 {f} recurrent bidirectional, mean, 3 {out}"),
    "recurrent on tokens": ("9 tokens", "4 {f} recurrent bidirectional, 3 {out}"),
    "lstm": ("any x 3", "4 lstm, 3 lstm, last, 3 {out}"),
    "lstm in both directions": ("any x 3", "4 {f}, 3 lstm bidirectional, 3 {out}"),
    "lstm on tokens": ("9 tokens", "3 lstm, max, 3 {out}"),
    "gru": ("any x 3", "4 gru, 3 {f} recurrent, 3 {out}"),
    "gru in both directions": ("any x 3", "3 gru bidirectional, 3 gru, last, 3 {out}"),
    "gru on tokens": ("9 tokens", "3 gru, mean, 3 {out}"),
    "embedding": ("9 tokens", "4 embedding, 4 {f} communicate, 3 {out}"),
    "embedding reduced": ("9 tokens", "4 embedding, mean, 4 {f}, 3 {out}"),
    "embedding below a convolution": ("9 tokens", "3 embedding, 4 {f} convolution 3, max, 3 {out}"),
    **PRODUCTS,
    "bilinear with numbers of its own": ("2x2", "3x2 {f} bilinear 1 0.5 0 -1 2 0 0 1, 3 {out}"),
    "bilinear on rows": ("any x 4", "3x2 {f} complex, 3 {out}"),
    "bilinear of one component": ("4", "3x1 {f} circular, 3 {out}"),
}  # fmt: skip
# Of spiking neurons the inputs, the layers and the loss; the numbers are such that all layers fire.
_CODE = "{spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}"
SPIKING: dict[str, tuple[str, str, str]] = {
    "first-spike": ("5 spikes", "8 lif mean 2.0 sd 1.0, 3 first-spike mean 4.0 sd 1.0", "first-spike:0.003,12.8"),
    "first-spike alone": (_CODE, "3 first-spike mean 3.0 sd 1.0", "first-spike:0.003,12.8"),
    "two layers of lif": (_CODE, "8 lif mean 2.5 sd 1.0, 6 lif mean 3.0 sd 1.0, 3 first-spike mean 5.0 sd 1.0", "first-spike:0.01,5"),
    "peak-voltage": (_CODE, "8 lif mean 2.0 sd 1.0, 3 peak-voltage mean 2.0 sd 3.0", "cross-entropy"),
    "peak-voltage of spikes": ("5 spikes", "8 lif tau_m 0.03 tau_s 0.01 theta 0.8, 3 peak-voltage mean 2.0 sd 3.0", "mse"),
}  # fmt: skip
# Word vectors, which have a rule of their own: tests/backends/test_word_session.py.
WORD_VECTORS = ("skip-gram", "cbow")
# How many rows the samples have; layers that read whole windows need more than one.
LENGTHS = (1, 2, 3, 4, 5, 6, 7)
LONGER = {"valid convolution over rows": 3, "mean-pool over rows": 2, "max-pool over rows": 2}


def spiking_case(name: str, seed: int = 1) -> Case:
    """A spiking network with its own initial weights on a few samples with soft targets, in float64."""
    text, layers, loss = SPIKING[name]
    topology = Topology(read_inputs(text), [part.strip() for part in layers.split(",")])
    rng, n = np.random.default_rng(seed), len(LENGTHS)
    inputs: Any = rng.uniform(size=(n, topology.n_inputs))
    if topology.inputs.spikes:
        starts = np.r_[0, np.cumsum(rng.permutation(LENGTHS) + 3)]
        times = np.concatenate([np.sort(rng.uniform(0, 0.03, length)) for length in np.diff(starts)])
        inputs = Tokens(rng.integers(0, topology.n_inputs, starts[-1]), times, starts, topology.n_inputs)
    parameters = initialize(topology, "auto", rng).astype(np.float64)
    targets = np.eye(topology.n_outputs)[rng.integers(0, topology.n_outputs, n)]
    return Case(Problem(topology, loss), Samples(inputs, targets, rng.uniform(0.5, 1.5, n)), parameters)


class Case(NamedTuple):
    problem: Problem
    samples: Samples
    parameters: Any

    @property
    def in_float32(self) -> Case:
        """The same numbers in single precision."""
        samples = Samples(*(None if part is None else part.astype(np.float32) for part in self.samples))
        return Case(self.problem, samples, self.parameters.astype(np.float32))


def case(name: str, hidden: str, loss: str, output: str, seed: int = 1) -> Case:
    """A network with random weights on a few samples with soft targets and unequal weights, in float64."""
    text, layers = CHAINS[name]
    topology = Topology(read_inputs(text), [part.strip() for part in layers.format(f=hidden, out=output).split(",")])
    rng, n = np.random.default_rng(seed), len(LENGTHS)
    starts = np.r_[0, np.cumsum(np.maximum(rng.permutation(LENGTHS), LONGER.get(name, 1)))]
    inputs: Any = rng.normal(size=(n, topology.n_inputs))
    if topology.inputs.tokens:
        inputs = Tokens(rng.integers(0, topology.n_inputs, starts[-1]), rng.normal(size=starts[-1]), starts, topology.n_inputs)  # fmt: skip
    elif topology.inputs.rows is None:
        inputs = Rows(rng.normal(size=(starts[-1], topology.n_inputs)), starts)
    parameters = rng.normal(size=topology.n_parameters) * 0.7
    # The rows of the outputs, which a convolution with a stride has fewer of.
    ends = forward(topology, parameters, inputs).starts
    m = n if ends is None else int(ends[-1])
    # Their sum is not 1, as with targets 0.9 and 0.1.
    targets: Any = rng.uniform(0.1, 1, (m, topology.n_outputs))
    weights: Any = rng.uniform(0.5, 1.5, m)
    if ends is not None:
        targets, weights = Rows(targets, ends), Rows(weights[:, None], ends)
    return Case(Problem(topology, loss), Samples(inputs, targets, weights), parameters)
