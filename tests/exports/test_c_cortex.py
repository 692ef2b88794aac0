"""C on a Cortex-M, emulated by qemu: fixed-point numbers with the bits of numpy, floating-point ones within their tolerance."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_files import STRICT, compiles, faults_of, self_tests, with_rows
from chains_of_kinds import random_chain, with_self_test

HERE = Path(__file__).parent / "cortex_m"
CORES = {
    "m3": ("mps2-an385", "-mcpu=cortex-m3"),
    "m4": ("mps2-an386", "-mcpu=cortex-m4"),
    "m4-fpu": ("mps2-an386", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
}
TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
N_ROWS = 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in TOOLS),
        reason="needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm",
    ),
]


def emulated(folder: Path, core: str, files: list[str]) -> str:
    """What the program prints on this core."""
    machine, *flags = CORES[core]
    layout = ("--specs=rdimon.specs", "-T", str(HERE / "memory.ld"), "-ffunction-sections", "-Wl,--gc-sections")
    # Fused multiply-adds are left to the compiler: integers must have the same bits with them.
    command = ("arm-none-eabi-gcc", *flags, "-mthumb", "-std=gnu99", "-Os", *STRICT, *layout)
    compiles(folder, *command, str(HERE / "start.c"), *files, "-o", "all.elf", "-lm")
    done = subprocess.run(
        ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none",
         "-semihosting-config", "enable=on,target=native", "-kernel", "all.elf"],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[:500]
    return done.stdout


@pytest.mark.parametrize(("first", "core"), [(0, "m3"), (20, "m4-fpu"), (40, "m4"), (60, "m3"), (80, "m4-fpu")])
def test_a_hundred_networks(tmp_path: Path, first: int, core: str) -> None:
    seeds = range(first, first + 20)
    networks = [
        (f"net{seed}_{bits}", with_rows(seed, N_ROWS), bits) for seed in seeds for bits in (0, 8 + 8 * (seed % 2))
    ]
    printed = emulated(tmp_path, core, self_tests(tmp_path, networks, N_ROWS))
    assert faults_of(printed, N_ROWS) == []
    assert len(printed.splitlines()) >= 35


@pytest.mark.parametrize("core", ["m3", "m4-fpu"])
def test_networks_that_carry_a_state(tmp_path: Path, core: str) -> None:
    rng = np.random.default_rng(3)
    seeds = (*range(15, 27), 278)
    networks = [(f"net{seed}", with_self_test(random_chain(seed), rng, 10), 0) for seed in seeds]
    printed = emulated(tmp_path, core, self_tests(tmp_path, networks, 10))
    assert [line for line in printed.splitlines() if not line.endswith("ok: 10 samples")] == []
    assert len(printed.splitlines()) == len(networks) == 13
