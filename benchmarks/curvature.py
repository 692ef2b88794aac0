"""Products of the Hessian with a vector, against PyHessian (torch): `python benchmarks/curvature.py [WORKLOADS]`, in CPU time, one thread.

Needs torch and pyhessian in the Python that runs it. PyHessian has two ways: for one batch it keeps the graph of the gradient, which makes
every further product cheap and holds all activations; for a loader of batches, its way for whole data sets, it makes the graph anew in
every product. Both compute in 32-bit numbers, ann in 64-bit ones. All candidates take turns in one run, and their products agree.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import torch
import workloads
from measure import interleave, repeated, table_head, table_rows
from pyhessian import hessian
from pyhessian.utils import hessian_vector_product

from anncli.analysis.curved_loss import CurvedLoss
from anncli.backends.base import Samples
from anncli.network.topology import Topology

_BATCH = 200


def model_of(topology: Topology, point: Any) -> Any:
    """The same network in torch, without its output activation, which is in the loss."""
    layers: list[Any] = []
    for number, (weights, biases) in enumerate(zip(topology.weights(point), topology.biases(point), strict=True), 1):
        linear = torch.nn.Linear(*weights.shape)
        linear.weight.data[...] = torch.from_numpy(weights.T.copy())
        linear.bias.data[...] = torch.from_numpy(biases.copy())
        layers += [linear, *([torch.nn.Sigmoid()] if number < len(topology.layers) else [])]
    return torch.nn.Sequential(*layers)


def flat(topology: Topology, parts: Any) -> Any:
    """A product of torch in the order of ann."""
    result = np.empty(topology.n_parameters)
    for weights, biases, weight, bias in zip(topology.weights(result), topology.biases(result), parts[::2], parts[1::2], strict=True):  # fmt: skip
        weights[...], biases[...] = weight.numpy().T, bias.numpy()
    return result


def measured(name: str) -> list[str]:
    """Rows of the table for one workload."""
    work, rng = workloads.make(name), np.random.default_rng(0)
    output = "logistic" if work.sizes[-1] == 1 else "softmax"
    topology = Topology(work.sizes[0], [*(f"{k} logistic" for k in work.sizes[1:-1]), f"{work.sizes[-1]} {output}"])
    point = rng.standard_normal(topology.n_parameters) * 0.3
    single = point.astype(np.float32)
    loss = CurvedLoss(topology, work.classification_loss(), Samples(work.inputs, work.targets), point)
    inputs = torch.from_numpy(work.inputs)
    if output == "logistic":
        criterion, targets = torch.nn.BCEWithLogitsLoss(), torch.from_numpy(work.targets)
    else:
        criterion, targets = torch.nn.CrossEntropyLoss(), torch.from_numpy(work.labels)
    batches = [(inputs[k : k + _BATCH], targets[k : k + _BATCH]) for k in range(0, len(inputs), _BATCH)]
    kept = hessian(model_of(topology, single), criterion, data=(inputs, targets), cuda=False)
    whole = hessian(model_of(topology, single), criterion, dataloader=[(inputs, targets)], cuda=False)
    loader = hessian(model_of(topology, single), criterion, dataloader=batches, cuda=False)
    direction = rng.integers(0, 2, topology.n_parameters) * 2.0 - 1
    parts = [torch.from_numpy(part) for part in torch_parts(topology, direction)]
    wanted = loss.product("hessian", direction)
    for found in (hessian_vector_product(kept.gradsH, kept.params, parts), loader.dataloader_hv_product(parts)[1]):
        assert np.abs(flat(topology, found) - wanted).max() < 1e-3 * np.abs(wanted).max()
    candidates = [
        repeated(f"PyHessian, a loader of batches of {_BATCH}", lambda: loader.dataloader_hv_product(parts), 1),
        repeated("PyHessian, a loader with all rows as one batch", lambda: whole.dataloader_hv_product(parts), 1),
        repeated(
            "PyHessian, one batch, graph kept", lambda: hessian_vector_product(kept.gradsH, kept.params, parts), 1
        ),
        repeated("ann, exact, 64 bit", lambda: loss.product("hessian", direction), 1),
        repeated("ann, Gauss-Newton, exact, 64 bit", lambda: loss.product("gauss-newton", direction), 1),
        repeated("ann, two gradients, 64 bit", lambda: loss.difference("hessian", direction), 1),
    ]
    shape = f"{name}: {len(work.inputs)} rows, {topology}"
    return table_rows(shape, interleave(candidates, 15, 20.0, time.process_time), 1e3)


def torch_parts(topology: Topology, direction: Any) -> list[Any]:
    """A direction in the shapes of torch."""
    vector, parts = direction.astype(np.float32), []
    for weights, biases in zip(topology.weights(vector), topology.biases(vector), strict=True):
        parts += [weights.T.copy(), biases.copy()]
    return parts


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    print("\n".join(table_head("ms of CPU time for a product")))
    for name in sys.argv[1:] or ("a", "b", "d"):
        print("\n".join(measured(name)), flush=True)


if __name__ == "__main__":
    main()
