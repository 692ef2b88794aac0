"""Networks of every kind that an export may meet, for tests of exports: the same seed always gives the same network.

The kinds follow each other in cycles whose lengths have no common factor, so that some hundred seeds meet every pair of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anncli.analysis.proof_rows import draw_rows
from anncli.arrays import Array
from anncli.formats.exports.base import ProofRows
from anncli.inference.predict import predict
from anncli.network.calibration import Calibration
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network, SelfTest
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.tables import Roles

HIDDEN = tuple(name for name, info in ACTIVATION_NAMES.items() if not info.output_only)
SCALINGS = (
    "none", "zscore", "minmax", "sigmoidal", "soft-clip", "logarithms", "energy", "vector-minmax",
    "soft-clip of logarithms", "energy and zscore", "vector-minmax and sigmoidal",
)  # fmt: skip
TASKS = ("binary", "classes", "regression", "multi-label", "quantiles")
# With five tasks: every task meets every one of these.
DECISIONS = (
    "plain", "threshold", "platt", "abstain", "of_logits", "isotonic", "temperature",
)  # fmt: skip
N_PLAIN_SEEDS = 100


def random_network(
    seed: int, hidden: Sequence[str] = HIDDEN, scalings: Sequence[str] = SCALINGS, with_tables: bool = True
) -> Network:
    """A trained network; weights are drawn so that no layer saturates for all rows.

    Args: hidden, scalings: the activations of hidden layers and the scalings that it may have; with_tables: it may have an encoder.
    """
    rng = np.random.default_rng((13, seed))
    task, scaling = TASKS[seed % len(TASKS)], scalings[seed % len(scalings)]
    encoder = _encoder(rng) if with_tables and seed % 3 == 1 else None
    n_inputs = int(rng.integers(1, 9)) if encoder is None else encoder.width
    layers = [
        (int(rng.integers(1, 9)), hidden[(seed + step * 5) % len(hidden)]) for step in range(int(rng.integers(0, 4)))
    ] or [(4, hidden[seed % len(hidden)])] * (seed % 4 > 0)
    output, rest = _outputs(task, DECISIONS[(seed // len(TASKS)) % len(DECISIONS)], rng)
    network = Network.create(n_inputs, [*layers, output], **rest)
    if encoder is not None:
        network = network.with_encoder(encoder)
        network.columns = encoder.names
    elif seed % 2:
        network.columns = tuple(f"column {k} of 'x'" for k in range(n_inputs))
    network.scaling = _scaling(scaling, n_inputs, rng)
    if seed % 7 == 3:
        network.set_members([_parameters(network, rng) for _ in range(3)])
    else:
        network.set_parameters(_parameters(network, rng))
    _choose_cuts(network, rng)
    inputs = draw_rows(network, rng, 10).inputs[:5]
    network.self_test = SelfTest(inputs, predict(network, inputs, calibrated=False))
    return network


def random_rows(network: Network, rng: np.random.Generator, n: int) -> ProofRows:
    """Rows inside and outside of the range of the network's inputs."""
    return draw_rows(network, rng, n)


def _parameters(network: Network, rng: np.random.Generator) -> Array:
    topology = network.topology
    drawn = np.empty(topology.n_parameters, dtype=np.float32)
    for weights, biases in zip(topology.weights(drawn), topology.biases(drawn), strict=True):
        weights[...] = rng.normal(0, 1.5 / np.sqrt(len(weights)), weights.shape)
        biases[...] = rng.normal(0, 0.5, biases.shape)
    if topology.output_activation == "exp":
        # Means of counts: exp of 30 is no such mean.
        topology.weights(drawn)[-1][...] *= 0.1
    return drawn


def _outputs(task: str, decision: str, rng: np.random.Generator) -> tuple[tuple[int, str], dict[str, Any]]:
    """The output layer, and what the network holds about its outputs."""
    if task == "binary":
        activation = {"plain": "tanh", "platt": "linear", "isotonic": "linear", "threshold": "bipolar-sigmoid"}.get(
            decision, "logistic"
        )
        targets = (0.9, -0.9) if decision == "threshold" else None
        return (1, activation), {
            "classes": ('it\'s "so"', "nö\\n"),
            "targets": targets,
            "calibration": _calibration(decision, rng),
            **({"threshold": 0.4, "threshold_rule": "f1"} if decision in ("threshold", "platt") else {}),
            **({"abstain": (0.4, 0.6)} if decision in ("abstain", "isotonic") else {}),
        }
    if task == "classes":
        activation = {"plain": "logistic", "threshold": "lecun-tanh", "platt": "linear"}.get(decision, "softmax")
        return (3 + int(rng.integers(3)), activation), {
            "calibration": _calibration(decision, rng) if decision == "temperature" else None,
            **({"abstain": (0.6,)} if decision in ("abstain", "of_logits") else {}),
        }
    if task == "multi-label":
        names = ("a", "b-1", "c d")
        return (3, "logistic" if decision != "threshold" else "tanh"), {
            "task": "multi-label",
            "target_names": names,
            **({"threshold": 0.3} if decision in ("threshold", "abstain") else {}),
        }
    if task == "quantiles":
        return (6, "linear"), {
            "task": "regression",
            "loss": "quantile:0.1,0.5,0.9",
            "record": {"loss": "quantile:0.1,0.5,0.9"},
            "target_names": ("height", "weight"),
            "target_scaling": _target_scaling(2, rng) if decision != "plain" else TargetScaling(),
        }
    activation = {"plain": "linear", "threshold": "exp", "platt": "softplus", "abstain": "logistic"}.get(
        decision, "linear"
    )
    n_targets = 1 + int(rng.integers(3))
    scaled = decision not in ("plain", "platt")
    return (n_targets, activation), {
        "task": "regression",
        "target_scaling": _target_scaling(n_targets, rng) if scaled else TargetScaling(),
    }


def _calibration(decision: str, rng: np.random.Generator) -> Calibration | None:
    if decision in ("platt", "of_logits"):
        return Calibration("platt", np.array([rng.uniform(0.5, 3), rng.normal()]), of_logits=decision == "of_logits")
    if decision == "isotonic":
        # Three scores and their fractions; the last two steps are a jump and a slope.
        knots = [[-1.0, 0.05], [0.0, 0.3], [0.0, 0.5], [1.5, 0.5], [2.0, 0.97]]
        return Calibration("isotonic", np.array(knots))
    if decision == "temperature":
        return Calibration("temperature", np.array([rng.uniform(0.7, 2.5)]))
    return None


def _target_scaling(n_targets: int, rng: np.random.Generator) -> TargetScaling:
    offset = rng.normal(0, 50, n_targets).astype(np.float32)
    return TargetScaling("zscore", offset, rng.uniform(0.1, 2, n_targets).astype(np.float32))


def _choose_cuts(network: Network, rng: np.random.Generator) -> None:
    """Class names for networks of several classes; half of these networks have none, as a file of another program."""
    if network.n_classes > 2 and rng.random() < 0.5:
        network.classes = tuple(f"class {k} é" for k in range(network.n_classes))


def _scaling(kind: str, n_inputs: int, rng: np.random.Generator) -> Scaling:
    fitted = {
        "add": rng.normal(0, 2, n_inputs).astype(np.float32),
        "multiply": rng.uniform(0.3, 3, n_inputs).astype(np.float32),
    }
    # The logarithms of two inputs of three; the others stay.
    floors = np.where(np.arange(n_inputs) % 3 < 2, rng.uniform(0.01, 0.5, n_inputs), 0).astype(np.float32)
    return {
        "none": Scaling(),
        "zscore": Scaling("zscore", **fitted),
        "minmax": Scaling("minmax", **fitted),
        "sigmoidal": Scaling("sigmoidal", **fitted, activation="logistic"),
        "soft-clip": Scaling("soft-clip", **fitted, activation="soft-clip"),
        "logarithms": Scaling("soft-clip", log_floor=floors),
        "energy": Scaling("energy", per_vector="energy"),
        "vector-minmax": Scaling("vector-minmax", per_vector="minmax"),
        "soft-clip of logarithms": Scaling("soft-clip", **fitted, activation="soft-clip", log_floor=floors),
        "energy and zscore": Scaling("zscore", **fitted, per_vector="energy"),
        "vector-minmax and sigmoidal": Scaling("sigmoidal", **fitted, per_vector="minmax", activation="logistic"),
    }[kind]


def _encoder(rng: np.random.Generator) -> TableEncoder:
    """Columns of numbers and words with every feature that an encoder has."""
    missing = "median+indicator" if rng.random() < 0.7 else "error"
    fills = missing != "error"
    columns = (
        InputColumn("age", fill=41.5 if fills else None, indicator=fills),
        InputColumn("city's \"name\"", "category", ("Köln", "O'Hare", 'say "x"', "a,b;c", "1"), ("x=1", "\\back"), indicator=fills),
        InputColumn("net income", fill=-2.25 if fills else None),
        InputColumn("class", "category", ("yes", "no"), indicator=bool(fills and rng.random() < 0.5)),
    )  # fmt: skip
    roles = Roles(("id", *(column.name for column in columns), "answer"), ("answer",), tuple(c.name for c in columns))
    return TableEncoder(roles, columns, missing)
