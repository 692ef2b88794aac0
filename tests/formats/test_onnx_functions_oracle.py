"""Random combinations of functions between layers of an ONNX model: what is read gives the outputs of onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.storage import parse
from anncli.inference.predict import predict

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx_graphs import computed, model, weights

ONE = ("Relu", "Sigmoid", "Tanh", "Elu", "LeakyRelu", "Softplus", "Softsign", "Abs", "Neg", "Identity", "Erf")
TWO = ("Add", "Sub", "Mul", "Max", "Min")
NUMBERS = (0, 1, 2, 0.5, -1, 6, 20, 100, 0.01)


def random_functions(rng: np.random.Generator, constants: dict[str, Any]) -> list[Any]:
    """Up to four functions behind the value v0, of one value, of a value and constants, or of two values."""
    nodes: list[Any] = []
    for k in range(1, 1 + int(rng.integers(1, 5))):
        above = f"v{k - 1 if rng.random() < 0.7 else rng.integers(k)}"
        kind, op = rng.random(), TWO[rng.integers(len(TWO))]
        if kind < 0.5:
            nodes.append((ONE[rng.integers(len(ONE))], [above], f"v{k}", {}))
        elif kind < 0.8:
            one, each = np.float32(rng.choice(NUMBERS)), rng.normal(0, 1, 4).astype(np.float32)
            constants[f"c{k}"] = one if rng.random() < 0.7 else each
            given = [above, f"c{k}"] if rng.random() < 0.7 else [f"c{k}", above]
            nodes.append((op, given, f"v{k}", {}))
        elif kind < 0.9:
            nodes.append((op, [above, f"v{rng.integers(k)}"], f"v{k}", {}))
        else:
            constants |= {f"l{k}": np.float32(rng.choice([0, -1, -2])), f"h{k}": np.float32(rng.choice([1, 6, 100]))}
            nodes.append(("Clip", [above, f"l{k}", f"h{k}"][: 2 + int(rng.integers(2))], f"v{k}", {}))
    return nodes


def test_what_is_read_is_what_the_model_computes():
    n_read = 0
    rng = np.random.default_rng(8)
    for seed in range(500):
        constants: dict[str, Any] = dict(weights(seed, 3, 4, 2))
        functions = random_functions(rng, constants)
        last = ("Gemm", [f"v{len(functions)}", "W2", "b2"], "y", {})
        data = model([("Gemm", ["x", "W1", "b1"], "v0", {}), *functions, last], constants)
        try:
            network = parse(data, "m.onnx")
        except NetworkError:
            continue
        n_read += 1
        rows = rng.normal(0, 20, (100, 3)).astype(np.float32)
        expected = computed(data, rows)[0]
        error = np.abs(predict(network, rows) - expected) / (1 + np.abs(expected))
        assert error.max() < 2e-4, (network.layers_text, functions)
    assert n_read > 150
