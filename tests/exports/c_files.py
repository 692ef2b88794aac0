"""C files of random networks for tests: written, compiled, run on this machine or on an emulated Cortex-M."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_networks import random_network, random_rows

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.inference.predict import predict
from anncli.network.network import Network, SelfTest

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
STRICT = (
    "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wdouble-promotion",
)  # fmt: skip


def with_rows(seed: int, n: int) -> Network:
    """A random network whose self-test has n rows, of which half are outside of the range of training."""
    network = random_network(seed)
    rows = random_rows(network, np.random.default_rng(seed), n).inputs
    return replace(network, self_test=SelfTest(rows, predict(network, rows, calibrated=False)))


def write(folder: Path, network: Network, name: str = "net", bits: int = 0) -> str | None:
    """NAME.c and NAME.h in the folder; returns the name of the first, None for a network that is refused."""
    export, request = export_format("c"), ExportRequest(name, bits)
    if export.refusal(network, request) is not None:
        return None
    files = export.render(network, request)
    (folder / f"{name}.c").write_bytes(files[""])
    (folder / f"{name}.h").write_bytes(files[".h"])
    return f"{name}.c"


def compiles(folder: Path, *command: str) -> None:
    """Run a compiler, which must have nothing to say."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[:3000]
    assert done.stderr == ""


def self_tests(folder: Path, networks: Sequence[tuple[str, Network, int]], n_rows: int) -> list[str]:
    """Write networks (name, network, bits) whose self-tests one program runs, one after the other; returns the C files."""
    files, calls = [], []
    for name, network, bits in networks:
        if write(folder, network, name, bits) is None:
            continue
        path = folder / f"{name}.c"
        head = f"#define {name.upper()}_SELF_TEST\n#define main {name}_main\nint main(void);\n"
        path.write_text(head + path.read_text())
        files.append(f"{name}.c")
        calls.append(name)
    lines = "".join(f"int {name}_main(void);\n" for name in calls)
    body = "".join(f'  printf("{name} ");\n  {name}_main();\n' for name in calls)
    (folder / "all.c").write_text(f"#include <stdio.h>\n{lines}int main(void)\n{{\n{body}  return 0;\n}}\n")
    return ["all.c", *files]


def faults_of(printed: str, n_rows: int) -> list[str]:
    """The lines of self_tests()'s program that are not 'NAME ok: N rows'."""
    return [line for line in printed.splitlines() if not line.endswith(f"ok: {n_rows} rows")]
