"""Networks with layers of every kind, for tests of exports: the same seed always gives the same network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from anncli.analysis.proof_rows import draw_rows
from anncli.inference.predict import predict
from anncli.network.calibration import Calibration
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network, SelfTest
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.network.topology import Topology

# What samples are, and the layers below the last one.
CHAINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("8x9x2", ("3 relu convolution 3x2", "max-pool 2x2", "4 tanh convolution 3x3 valid", "flatten", "9 gelu")),
    ("11x7", ("9 tanh convolution 4x4 stride 2", "mean-pool 2x2 stride 1", "5 softsign")),
    ("6x5", ("mean-pool 2x3", "3 elu convolution 2x1", "flatten")),
    ("3x7", ("4x7 tanh circular", "3x7 softsign skew-circular", "6 tanh")),
    ("5x4", ("2x4 tanh quaternion", "3x4 silu quaternion")),
    ("2x3", ("9x3 tanh cross",)),
    ("any x 5", ("6 tanh convolution 3", "max-pool 2", "8 relu convolution 2 valid stride 2", "mean")),
    ("any x 3", ("window 2", "7 lecun-tanh", "mean-pool 2 stride 1", "last", "5 tanh")),
    ("any x 4", ("4 logistic", "max", "3 softplus")),
    ("any x 2", ("3 tanh convolution 4", "9 relu", "4 elu convolution 3 stride 3", "max")),
    ("any x 5", ("6 tanh communicate", "4 tanh", "5 relu communicate skip 1")),
    ("9 tokens", ("4 embedding", "5 relu communicate", "6 tanh", "5 relu communicate skip 1", "3 tanh")),
    ("30 tokens", ("6 embedding", "window 1", "9 tanh", "mean")),
    ("12 tokens", ("17 tanh",)),
    ("any x 6", ("9 bipolar-sigmoid", "5 gelu-tanh")),
    ("any x 3", ("5 tanh recurrent",)),
    ("any x 4", ("7 lstm", "last", "6 tanh")),
    ("any x 5", ("9 gru", "4 relu", "3 gru")),
    ("any x 3", ("4 logistic recurrent", "6 lstm", "mean")),
    ("any x 2", ("3 lstm bidirectional", "2 softsign recurrent bidirectional", "4 gru bidirectional", "max")),
    ("12 tokens", ("9 lstm",)),
    ("9 tokens", ("4 gru bidirectional", "8 elu recurrent", "last")),
    ("30 tokens", ("5 embedding", "6 lstm", "4 lecun-tanh recurrent", "max", "4 tanh")),
    ("any x 4", ("8 linear recurrent", "5 bipolar-sigmoid recurrent", "last")),
    ("any x 3", ("6 tanh convolution 3 stride 2", "5 lstm", "4 softplus recurrent", "last")),
    ("7 tokens", ("5 leaky-relu recurrent", "3 gru", "last", "9 relu")),
    ("any x 3", ("window 1", "5 lstm", "7 tanh")),
    ("any x 3", ("5 tanh", "pad 4", "6 tanh")),
    ("9 tokens", ("4 embedding", "pad 6 right", "5 tanh")),
)
TASKS = ("binary", "classes", "regression", "multi-label")


def random_chain(seed: int) -> Network:
    """A trained network; seeds below 116 meet every chain with every task."""
    rng = np.random.default_rng((14, seed))
    text, hidden = CHAINS[seed % len(CHAINS)]
    task = TASKS[seed % len(TASKS)]
    output, rest = _outputs(task, seed, rng)
    network = Network(Topology(read_inputs(text), (*hidden, output)), **rest)
    n = network.n_inputs
    if seed % 3 and not network.topology.inputs.tokens:
        add, multiply = rng.normal(0, 0.3, n).astype(np.float32), rng.uniform(0.5, 2, n).astype(np.float32)
        network.scaling = Scaling("zscore", add, multiply, activation="soft-clip" if seed % 3 == 2 else "linear")
    if seed % 5 == 3:
        network.set_members([_parameters(network, rng) for _ in range(3)])
    else:
        network.set_parameters(_parameters(network, rng))
    return with_self_test(network, rng, 4)


def with_self_test(network: Network, rng: np.random.Generator, n: int) -> Network:
    """The network with n samples and what it gives for them."""
    inputs: Any = draw_rows(network, rng, 2 * n).inputs[: 2 * n : 2]
    return replace(network, self_test=SelfTest(inputs, predict(network, inputs, calibrated=False)))


def _parameters(network: Network, rng: np.random.Generator) -> Any:
    drawn = np.zeros(network.topology.n_parameters, dtype=np.float32)
    for weights in network.topology.weights(drawn):
        weights[...] = rng.normal(0, 1.5 / np.sqrt(len(weights)), weights.shape)
    for biases in network.topology.biases(drawn):
        biases[...] = rng.normal(0, 0.3, biases.shape)
    return drawn


def _outputs(task: str, seed: int, rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    if task == "binary":
        calibration = Calibration("platt", np.array([2.0, -0.3])) if seed % 8 else None
        return "1 logistic", {"classes": ("yes", "no"), "calibration": calibration, "threshold": 0.4}
    if task == "classes":
        calibration = Calibration("temperature", np.array([1.7])) if seed % 8 == 1 else None
        return "3 softmax", {"classes": ("a", "b", "c"), "calibration": calibration, "abstain": (0.4,)}
    if task == "multi-label":
        return "3 logistic", {"task": "multi-label", "target_names": ("a", "b", "c")}
    scaling = TargetScaling("zscore", np.float32([1, -2]), np.float32([3, 0.5]))
    return "2 linear", {"task": "regression", "target_names": ("x", "y"), "target_scaling": scaling}
