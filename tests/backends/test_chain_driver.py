"""Chains of layers in the baseline variant without Python: for this machine, and for ARM's NEON in an emulator where both are
installed (Debian: apt install g++-aarch64-linux-gnu qemu-user)."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_chains import RandomChain, random_chain

from anncli.arrays import Rows, Tokens
from anncli.backends.base import Shown
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.names import LOSS_NAMES, parse_loss

pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")

from anncli.backends.chain_steps import steps_of
from anncli.backends.native import NativeBackend
from anncli.backends.native_binding import RulePacker

HERE = Path(__file__).parents[1] / "native"
SOURCES = HERE.parents[1] / "anncli" / "compiled" / "src"
FLAGS = [
    "-O1",
    "-std=c++17",
    "-fno-exceptions",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-w",
    "-pthread",
]
CROSS_COMPILER, EMULATOR = shutil.which("aarch64-linux-gnu-g++"), shutil.which("qemu-aarch64")
RULE, BATCH = UpdateRule("adam", 0.01, epsilon=1e-2), 4
SEEDS = range(24)


def counted(values: Any, dtype: Any) -> bytes:
    array = np.zeros(0, dtype) if values is None else np.ascontiguousarray(values, dtype=dtype)
    return struct.pack("=q", array.shape[0] if array.ndim == 2 and dtype == np.int32 else array.size) + array.tobytes()


def packed(chain: RandomChain, threads: int) -> bytes:
    topology, (inputs, targets, weights) = chain.problem.topology, chain.samples
    steps, loss = steps_of(topology), parse_loss(chain.problem.loss)
    answers: Any = targets.values if isinstance(targets, Rows) else targets
    factors = weights.values[:, 0] if isinstance(weights, Rows) else weights
    header = struct.pack(
        "=8i3q", *steps.form, steps.tokens, LOSS_NAMES[loss.name].code, BATCH, threads, chain.problem.truncate, steps.n_units, len(inputs), len(answers)
    )  # fmt: skip
    return b"".join(
        (
            header,
            counted(steps.steps, np.int32),
            counted(steps.products, np.float32),
            counted(loss.of_outputs(topology.n_outputs), np.float32),
            RulePacker().pack(RULE, Shown(0.3, 0.1, 5)),
            counted(chain.parameters, np.float32),
            counted(inputs.values if isinstance(inputs, (Rows, Tokens)) else inputs, np.float32),
            counted(inputs.indices[:, None] if isinstance(inputs, Tokens) else None, np.int32),
            counted(inputs.starts if isinstance(inputs, (Rows, Tokens)) else None, np.int64),
            counted(answers, np.float32),
            counted(targets.starts if isinstance(targets, Rows) else None, np.int64),
            counted(factors, np.float32),
        )
    )


def run(command: list[str], threads: int) -> Any:
    cases = struct.pack("=i", len(SEEDS)) + b"".join(packed(random_chain(seed), threads) for seed in SEEDS)
    return np.frombuffer(subprocess.run(command, input=cases, capture_output=True, check=True).stdout)


def expected(chain: RandomChain) -> list[Any]:
    """The results of the compiled module, in the order in which the driver writes them."""
    shown, every = Shown(0.3, 0.1, 5), np.arange(len(chain.samples.inputs))
    session = NativeBackend().open(chain.problem, chain.samples)
    gradient, moved = np.empty_like(chain.parameters), chain.parameters.copy()
    outputs = session.outputs(chain.parameters)
    value = session.gradient(chain.parameters, gradient, every, shown)
    mean = session.sweep(moved, RULE, UpdateState.start(RULE, moved), every, BATCH, shown)
    return [outputs, gradient, value, moved, mean]


def check(command: list[str]) -> None:
    found, start = run(command, 1), 0
    assert found.tobytes() == run(command, 3).tobytes()
    for seed in SEEDS:
        for number, part in enumerate(expected(random_chain(seed))):
            wanted = np.asarray(part, dtype=np.float64).reshape(-1)
            got, start = found[start : start + wanted.size], start + wanted.size
            scale = max(1.0, float(np.abs(wanted).max()))
            np.testing.assert_allclose(got, wanted, rtol=0, atol=2e-4 * scale, err_msg=f"seed {seed}, result {number}")
    assert start == found.size


def build(compiler: str, folder: Path, *flags: str) -> str:
    program = folder / "chain_driver"
    sources = [HERE / "chain_driver.cc", SOURCES / "variant_baseline.cc"]
    subprocess.run([compiler, *FLAGS, *flags, f"-I{SOURCES}", *map(str, sources), "-o", str(program)], check=True)
    return str(program)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_the_baseline_agrees(tmp_path: Path) -> None:
    check([build("g++", tmp_path)])


@pytest.mark.slow
@pytest.mark.skipif(
    not (EMULATOR and CROSS_COMPILER), reason="qemu-aarch64 and aarch64-linux-gnu-g++ are not installed"
)
def test_neon_agrees(tmp_path: Path) -> None:
    assert EMULATOR is not None
    assert CROSS_COMPILER is not None
    check([EMULATOR, build(CROSS_COMPILER, tmp_path, "-static")])
