"""Which instruction sets the compiled module finds on this machine, beside what Linux says of it."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")

NEEDED = {"avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"}, "avx2": {"avx2", "fma"}, "baseline": set()}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the instruction sets are those of x86-64")
@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="Linux lists them in /proc/cpuinfo")
def test_the_variants_are_those_of_the_machine() -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = set(next(line for line in lines if line.startswith("flags")).split(":")[1].split())
    assert native.variants() == tuple(name for name, needed in NEEDED.items() if needed <= flags)
