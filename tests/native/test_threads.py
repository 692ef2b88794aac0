"""Several threads give the bits of one, also where the last block of rows is divided in another way than the others."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")
TANH, LOGISTIC = (native.activations().index(name) for name in ("tanh", "logistic"))


@pytest.mark.parametrize("threads", [2, 3])
def test_predictions(threads: int) -> None:
    # Blocks of 96 rows and one of 54. A thread that starts the last block early overwrites what another still works on, which
    # happens about once in a hundred calls.
    sizes, rng = (8, 600, 17), np.random.default_rng(1)
    size = sum((a + 1) * b for a, b in pairwise(sizes))
    parameters, inputs = (rng.normal(size=shape).astype(np.float32) * 0.3 for shape in (size, (150, 8)))
    plan = native.plan(sizes, (TANH, LOGISTIC), None)
    expected, found = np.empty((150, 17), dtype=np.float32), np.empty((150, 17), dtype=np.float32)
    native.forward(plan, parameters, inputs, None, expected, 1)
    for _ in range(600):
        native.forward(plan, parameters, inputs, None, found, threads)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("variant", native.variants())
@pytest.mark.parametrize("sizes", [(784, 128, 10), (28, 300, 300, 1), (361, 25, 1), (70, 33, 3), (65, 17, 18, 1)])
@pytest.mark.parametrize("batch_size", [64, 250, 1000])
def test_an_epoch_does_not_depend_on_threads_or_on_where_rows_lie(
    variant: str, sizes: tuple[int, ...], batch_size: int
) -> None:
    layout, fields = native.rule_layout()
    values = {
        "code": native.rules().index("adam"),
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
    }
    rule = struct.pack(
        layout, *(values.get(f, 0.0 if c == "d" else 0) for f, c in zip(fields, layout[1:], strict=True))
    )
    rng = np.random.default_rng(2)
    size = sum((a + 1) * b for a, b in pairwise(sizes))
    start = (rng.normal(size=size) * 0.1).astype(np.float32)
    inputs, targets = (rng.uniform(size=(1003, width)).astype(np.float32) for width in (sizes[0], sizes[-1]))
    order = rng.permutation(1003).astype(np.int32)
    plan, loss = native.plan(sizes, (LOGISTIC,) * (len(sizes) - 1), variant), native.losses().index("mse")
    found = []
    for rows, threads in ((order, 1), (order, 3), (None, 1), (None, 2)):
        x, t = (inputs, targets) if rows is not None else (inputs[order], targets[order])
        parameters, first, second = start.copy(), np.zeros_like(start), np.zeros_like(start)
        value, _ = native.epoch(
            plan, parameters, loss, rule, first, second, 0, 0, x, t, None, rows, batch_size, None, threads
        )  # fmt: skip
        found.append((value, parameters.tobytes(), first.tobytes(), second.tobytes()))
    assert found.count(found[0]) == len(found)
