"""The baseline variant without Python: compiled for this machine, and for ARM's NEON in an emulator where both are installed.

Debian: apt install g++-aarch64-linux-gnu qemu-user.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")

ARRAY = np.ndarray[Any, Any]
HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "anncli" / "compiled" / "src"
FLAGS = [
    "-O2",
    "-std=c++17",
    "-fno-exceptions",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-w",
    "-pthread",
]
LAYOUT, FIELDS = native.rule_layout()


class Case(NamedTuple):
    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    rule: dict[str, Any]
    batch_size: int
    n_rows: int = 150
    weighted: bool = False

    def codes(self) -> tuple[int, ...]:
        return tuple(native.activations().index(name) for name in self.activations)

    def loss_code(self) -> int:
        return int(native.losses().index(self.loss))

    def packed_rule(self) -> bytes:
        dropout, input_dropout = self.rule.get("dropout", 0.0), self.rule.get("input_dropout", 0.0)
        values = self.rule | {
            "code": native.rules().index(self.rule["code"]),
            "drop_limit": round(dropout * 2**24),
            "input_drop_limit": round(input_dropout * 2**24),
        }
        letters = LAYOUT.lstrip("=")
        return struct.pack(
            LAYOUT, *(values.get(f, 0.0 if c == "d" else 0) for f, c in zip(FIELDS, letters, strict=True))
        )

    def arrays(self) -> tuple[ARRAY, ARRAY, ARRAY, ARRAY | None, ARRAY]:
        """Parameters, inputs, targets, weights, row numbers."""
        rng = np.random.default_rng(len(self.sizes) * 1000 + self.sizes[0])
        size = sum((a + 1) * b for a, b in pairwise(self.sizes))
        parameters = (rng.normal(size=size) * 0.3).astype(np.float32)
        inputs = rng.normal(size=(200, self.sizes[0])).astype(np.float32)
        targets = np.eye(self.sizes[-1], dtype=np.float32)[rng.integers(0, self.sizes[-1], 200)]
        if self.sizes[-1] == 1:
            targets = rng.integers(0, 2, (200, 1)).astype(np.float32)
        weights = rng.uniform(0.5, 2, 200).astype(np.float32) if self.weighted else None
        return parameters, inputs, targets, weights, rng.permutation(200)[: self.n_rows].astype(np.int32)

    def as_bytes(self, threads: int) -> bytes:
        numbers = (
            len(self.activations), 200, self.n_rows, self.batch_size, self.loss_code(), threads, int(self.weighted),
            *self.sizes, *self.codes(),
        )  # fmt: skip
        arrays = [array.tobytes() for array in self.arrays() if array is not None]
        return b"".join([struct.pack(f"={len(numbers)}i", *numbers), self.packed_rule(), *arrays])

    def expected(self, variant: str) -> list[ARRAY]:
        """What the driver writes, by the compiled module."""
        parameters, inputs, targets, weights, rows = self.arrays()
        plan, rule, loss = native.plan(self.sizes, self.codes(), variant), self.packed_rule(), self.loss_code()
        outputs = np.empty((len(rows), self.sizes[-1]), dtype=np.float32)
        full, batch, first, second = (np.zeros_like(parameters) for _ in range(4))
        native.forward(plan, parameters, inputs, rows, outputs, 1)
        samples = (inputs, targets, weights, rows)
        full_loss = native.loss_and_gradient(plan, parameters, loss, *samples, full, 0.01, 1)
        batch_loss = native.batch_gradient(plan, parameters, loss, rule, 0, *samples, batch, None, 1)
        total, _ = native.epoch(
            plan, parameters, loss, rule, first, second, 0, 0, *samples, self.batch_size, None, 1
        )  # fmt: skip
        parts = (outputs, full_loss, full, batch_loss, batch, total, parameters)
        return [np.asarray(part, dtype=np.float64).ravel() for part in parts]


SGD = {"code": "sgd", "learning_rate": 0.05, "momentum": 0.9, "l2": 0.001}
ADAM = {"code": "adam", "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
CASES = [
    Case((9, 8, 1), ("logistic", "logistic"), "mse", SGD, 1),
    Case((5, 7, 3, 2), ("tanh", "relu", "softmax"), "cross-entropy", SGD, 1, weighted=True),
    Case((30, 25, 1), ("gelu", "logistic"), "binary-cross-entropy", ADAM, 32),
    Case((70, 37, 10), ("silu", "softmax"), "cross-entropy", ADAM, 150, weighted=True),
    Case((100, 50, 40, 3), ("elu", "softplus", "logistic"), "focal", {**SGD, "code": "nesterov"}, 70),
    Case((65, 21, 2), ("softsign", "logistic"), "mse", {**ADAM, "dropout": 0.3, "input_dropout": 0.1, "seed": 7}, 50),
    Case((300, 3), ("softmax",), "mse", {**ADAM, "code": "adamw", "weight_decay": 0.01}, 40),
    # Several blocks of a batch.
    Case((8, 600, 17), ("lecun-tanh", "softmax"), "cross-entropy", ADAM, 150),
]


def build(compiler: str, folder: Path, *more: str) -> Path:
    program = folder / "driver"
    sources = [str(HERE / "driver.cc"), str(SOURCES / "variant_baseline.cc")]
    subprocess.run([compiler, *FLAGS, *more, f"-I{SOURCES}", "-o", str(program), *sources], check=True)
    return program


def run(command: list[str], threads: int) -> ARRAY:
    cases = struct.pack("=i", len(CASES)) + b"".join(case.as_bytes(threads) for case in CASES)
    return np.frombuffer(subprocess.run(command, input=cases, check=True, capture_output=True).stdout)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="built as on Linux")
def test_the_driver_gives_the_bits_of_the_module(tmp_path: Path) -> None:
    program = build("g++", tmp_path)
    expected = np.concatenate([part for case in CASES for part in case.expected("baseline")])
    for threads in (1, 2):
        np.testing.assert_array_equal(run([str(program)], threads), expected)


EMULATOR, CROSS_COMPILER = shutil.which("qemu-aarch64"), shutil.which("aarch64-linux-gnu-g++")


@pytest.mark.slow
@pytest.mark.skipif(
    not (EMULATOR and CROSS_COMPILER), reason="qemu-aarch64 and aarch64-linux-gnu-g++ are not installed"
)
def test_neon_agrees(tmp_path: Path) -> None:
    assert EMULATOR is not None
    assert CROSS_COMPILER is not None
    program = build(CROSS_COMPILER, tmp_path, "-static")
    found = run([EMULATOR, str(program)], 1)
    assert found.tobytes() == run([EMULATOR, str(program)], 3).tobytes()
    start = 0
    for case in CASES:
        for number, part in enumerate(case.expected(native.variants()[0])):
            got, start = found[start : start + len(part)], start + len(part)
            # Rounding errors grow over an epoch of updates, and Adam divides by roots of tiny gradients.
            limit = 2e-3 if number >= 5 else 2e-5
            scale = max(1.0, float(np.abs(part).max()))
            np.testing.assert_allclose(got, part, rtol=0, atol=limit * scale, err_msg=f"{case.sizes}, result {number}")
    assert start == len(found)
