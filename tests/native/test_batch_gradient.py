"""The gradient of a batch, in every variant: by hand, and to the bit what an epoch of that batch does."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")

ARRAY = np.ndarray[Any, Any]
LINEAR, TANH, SOFTMAX = (native.activations().index(name) for name in ("linear", "tanh", "softmax"))
MSE, CROSS_ENTROPY = (native.losses().index(name) for name in ("mse", "cross-entropy"))


def pack(
    learning_rate: float = 0.0, dropout: float = 0.0, input_dropout: float = 0.0, seed: int = 0, **others: Any
) -> bytes:
    layout, fields = native.rule_layout()
    values = {
        "learning_rate": learning_rate,
        "dropout": dropout,
        "input_dropout": input_dropout,
        "seed": seed,
        "drop_limit": round(dropout * 2**24),
        "input_drop_limit": round(input_dropout * 2**24),
        **others,
    }
    letters = layout.lstrip("=")
    return struct.pack(layout, *(values.get(f, 0.0 if c == "d" else 0) for f, c in zip(fields, letters, strict=True)))


def float32(*rows: Any) -> ARRAY:
    return np.array(rows, dtype=np.float32)


def stepped(
    plan: Any, parameters: ARRAY, loss: int, rule: bytes, seen: int, samples: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Loss, gradient and outputs of an epoch of one batch at learning rate 1, which moves by minus the gradient."""
    inputs, targets, weights, rows, n_outputs = samples
    velocity, outputs = np.zeros_like(parameters), np.zeros((len(rows), n_outputs), dtype=np.float32)
    value, _ = native.epoch(
        plan,
        parameters.copy(),
        loss,
        rule,
        velocity,
        None,
        0,
        seen,
        inputs,
        targets,
        weights,
        rows,
        len(rows),
        outputs,
        1,
    )
    return value, -velocity, outputs


@pytest.mark.parametrize("variant", native.variants())
def test_two_rows_by_hand(variant: str) -> None:
    # y = 0.5 + 2 a - b: 3.5 and 0.5 against 3 and 2. The errors are 0.5 and -1.5, with weights 2 and 1.
    plan = native.plan((2, 1), (LINEAR,), variant)
    parameters, inputs, targets = float32(0.5, 2.0, -1.0), float32([2, 1], [1, 2]), float32([3.0], [2.0])
    gradient, outputs = np.full(3, np.nan, dtype=np.float32), np.zeros((2, 1), dtype=np.float32)
    value = native.batch_gradient(
        plan, parameters, MSE, pack(), 0, inputs, targets, float32(2, 1), None, gradient, outputs, 1
    )
    assert value == (2 * 0.5**2 + 1.5**2) / 2
    assert outputs.tolist() == [[3.5], [0.5]]
    # Per weight the mean over rows of weight * 2 * error * input: 2 and -3, of which the second is of a row (1, 2).
    assert gradient.tolist() == [(2 - 3) / 2, (2 * 2 - 3 * 1) / 2, (2 * 1 - 3 * 2) / 2]
    assert parameters.tolist() == [0.5, 2.0, -1.0]


@pytest.mark.parametrize("variant", [*native.variants(), None])
@pytest.mark.parametrize("sizes", [(3, 5, 1), (7, 20, 3), (4, 18, 9, 2), (200, 3, 1)])
@pytest.mark.parametrize("n", [1, 2, 31])
@pytest.mark.parametrize(("dropout", "input_dropout"), [(0.0, 0.0), (0.4, 0.0), (0.0, 0.3), (0.5, 0.2)])
def test_it_is_the_step_of_an_epoch(
    variant: str | None, sizes: tuple[int, ...], n: int, dropout: float, input_dropout: float
) -> None:
    rng = np.random.default_rng(n)
    output, loss = (LINEAR, MSE) if sizes[-1] == 1 else (SOFTMAX, CROSS_ENTROPY)
    plan = native.plan(sizes, (TANH,) * (len(sizes) - 2) + (output,), variant)
    size = sum((a + 1) * b for a, b in pairwise(sizes))
    parameters = rng.normal(size=size).astype(np.float32)
    inputs, targets = (rng.uniform(size=(40, width)).astype(np.float32) for width in (sizes[0], sizes[-1]))
    weights, rows = rng.uniform(size=40).astype(np.float32), rng.integers(0, 40, n).astype(np.int32)
    # A zero input has a zero gradient, whose sign counts too.
    inputs[:, 0] = 0.0
    shown = {"dropout": dropout, "input_dropout": input_dropout, "seed": 2**63 + 5}
    samples = (inputs, targets, weights, rows, sizes[-1])
    value, gradient, outputs = stepped(plan, parameters, loss, pack(1.0, **shown), 17, samples)

    found, given = np.full(size, np.nan, dtype=np.float32), np.empty_like(outputs)
    # Of the rule, dropout alone counts.
    rule = pack(0.3, **shown, code=2, momentum=0.9, l2=0.1, tolerance=5.0)
    call = (plan, parameters, loss, rule, 17, inputs, targets, weights, rows, found)
    assert native.batch_gradient(*call, given, 2) == value
    assert found.tobytes() == gradient.tobytes()
    assert given.tobytes() == outputs.tobytes()
    found[:] = 1
    assert native.batch_gradient(*call, None, 1) == value
    assert found.tobytes() == gradient.tobytes()


@pytest.mark.parametrize("variant", native.variants())
def test_a_batch_of_several_blocks_is_the_step_of_an_epoch(variant: str) -> None:
    # 30 outputs and 300 hidden units take more than the caches hold at 4,000 rows: the gradient is collected.
    rng = np.random.default_rng(5)
    plan, size = native.plan((4, 300, 30), (TANH, SOFTMAX), variant), 5 * 300 + 301 * 30
    parameters = (rng.normal(size=size) * 0.3).astype(np.float32)
    inputs, targets = (rng.uniform(size=(4000, width)).astype(np.float32) for width in (4, 30))
    rows = rng.permutation(4000).astype(np.int32)
    expected = stepped(plan, parameters, CROSS_ENTROPY, pack(1.0), 0, (inputs, targets, None, rows, 30))
    for threads in (1, 2):
        gradient = np.empty_like(parameters)
        value = native.batch_gradient(
            plan, parameters, CROSS_ENTROPY, pack(), 0, inputs, targets, None, rows, gradient, None, threads
        )
        assert (value, gradient.tobytes()) == (expected[0], expected[1].tobytes())


WRONG = {
    "no rows": (8, np.empty(0, dtype=np.int32), ZeroDivisionError, "no rows"),
    "row": (8, np.array([2], dtype=np.int32), IndexError, "not in 0 .. 1"),
    "loss": (2, 8, ValueError, "there is no loss 8"),
    "size of rule": (3, b"short", ValueError, "104 bytes, not 5"),
    "rule": (3, pack(code=4), ValueError, "there is no rule 4"),
    "no gradient": (9, None, TypeError, "NoneType"),
    "size of gradient": (9, np.empty(2, dtype=np.float32), ValueError, "gradient has the wrong shape"),
    "type of gradient": (9, np.empty(3), ValueError, "gradient has the wrong type"),
    "outputs": (10, np.empty((3, 1), dtype=np.float32), ValueError, "outputs has the wrong shape"),
    "weights": (7, np.ones(3, dtype=np.float32), ValueError, "weights has the wrong shape"),
}


@pytest.mark.parametrize(("place", "value", "error", "text"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_refused(place: int, value: Any, error: type[Exception], text: str) -> None:
    inputs, targets = float32([2, 1], [1, 2]), float32([3.0], [2.0])
    plan, parameters, gradient = native.plan((2, 1), (LINEAR,), None), float32(1, 1, 1), float32(0, 0, 0)
    call: list[Any] = [plan, parameters, MSE, pack(), 0, inputs, targets, None, None, gradient, None, 1]
    call[place] = value
    with pytest.raises(error, match=text):
        native.batch_gradient(*call)
