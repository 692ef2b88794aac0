"""C in floating point: what is written, and what the compiled program gives."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from c_files import STRICT, compiles, faults_of, needs_compiler, self_tests, with_rows, write
from random_networks import random_network

from anncli.analysis.proof import prove
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.c.sizes import Sizes, measured, table_bytes
from anncli.formats.exports.c.text import comment_text, float_text, identifiers, string_text
from anncli.formats.exports.registry import export_format, export_name_of
from anncli.inference.predict import predict
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network, SelfTest
from anncli.network.scaling import Scaling
from anncli.tables import Roles


def proved(seed: int, form: str) -> None:
    """Render, compile, run; outputs near those of predict(), decisions equal wherever two outputs are not that near."""
    network, export, request = random_network(seed), export_format(form), ExportRequest("net")
    assert export.refusal(network, request) is None
    proof = prove(export, export.render(network, request), network, request)
    assert proof.is_proved, (seed, proof)
    assert proof.decides == (network.task != "regression")


@needs_compiler
@pytest.mark.parametrize("right", ["", "a += x * v[0];", "s1 += x * w[1];"])
def test_the_proof_runs_vectors_and_plain_loops(right: str) -> None:
    """An error in either of them is found: every second row comes from each. Compilers without vectors run the plain ones alone."""
    network = Network.create(3, [(9, "tanh"), (1, "linear")], task="regression")
    network.set_parameters(np.sin(np.arange(network.topology.n_parameters)))
    export, request = export_format("c"), ExportRequest("net")
    files = export.render(network, request)
    text = files[""].decode()
    assert right in text
    wrong = text.replace(right, right.replace("0]", "1]").replace("w[1]", "w[2]")) if right else text
    proof = prove(export, {**files, "": wrong.encode()}, network, request)
    has_vectors = platform.machine() in ("x86_64", "aarch64")
    assert proof.is_proved == (not right or ("v[" in right and not has_vectors))


@needs_compiler
@pytest.mark.parametrize("name", ["main", "proof", "unit", "stdio"])
@pytest.mark.parametrize("form", ["c", "c-header"])
def test_a_name_may_be_one_of_the_files_of_the_proof(name: str, form: str) -> None:
    network, export, request = random_network(3), export_format(form), ExportRequest(name)
    assert prove(export, export.render(network, request), network, request).is_proved


@pytest.mark.parametrize("printed", ["", "garbage", ".text", ".text x", ".text 0\n.rodata 0", "\\377"])
def test_sizes_of_a_tool_that_prints_something_else(tmp_path, monkeypatch, printed: str) -> None:
    for tool in ("gcc", "size"):
        path = tmp_path / f"arm-none-eabi-{tool}"
        path.write_text(f"#!/bin/sh\nprintf '{printed}'\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sizes = Sizes(10, 20)
    assert measured(sizes, {"": b"", ".h": b""}, "net") == sizes


@needs_compiler
@pytest.mark.parametrize("seed", [1, 3, 10, 16])
def test_the_compiled_file_gives_what_predict_gives(seed: int) -> None:
    proved(seed, "c")


@needs_compiler
def test_a_header_alone_gives_the_same() -> None:
    proved(4, "c-header")


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 10))
def test_a_hundred_networks(first: int) -> None:
    for seed in range(first, first + 10):
        proved(seed, "c" if seed % 5 else "c-header")


@pytest.mark.slow
@pytest.mark.parametrize(("compiler", "n"), [("gcc", 100), ("clang", 30), ("zig", 12)])
def test_compilers_have_nothing_to_say(tmp_path: Path, compiler: str, n: int) -> None:
    command = [compiler]
    if compiler == "zig":
        # PyPI's ziglang holds a clang.
        pytest.importorskip("ziglang")
        command = [sys.executable, "-m", "ziglang", "cc"]
    elif shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    files = [str(write(tmp_path, random_network(seed), f"net{seed}")) for seed in range(n)]
    compiles(
        tmp_path, *command, "-std=c99", "-O1", *STRICT, "-Wstrict-prototypes", "-Wmissing-prototypes", "-c", *files
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("standard", ["c++98", "c++17"])
def test_it_is_also_cxx(tmp_path: Path, standard: str) -> None:
    files = [str(write(tmp_path, random_network(seed), f"net{seed}")) for seed in range(0, 60, 2)]
    compiles(tmp_path, "g++", f"-std={standard}", "-fsyntax-only", *STRICT, "-x", "c++", *files)
    header = export_format("c-header").render(random_network(1), ExportRequest("net"))[""]
    (tmp_path / "net.h").write_bytes(header)
    (tmp_path / "main.cc").write_text('#include "net.h"\nint main() { return 0; }\n')
    compiles(tmp_path, "g++", f"-std={standard}", "-O1", *STRICT, "main.cc")


@needs_compiler
@pytest.mark.slow
def test_sanitizers_find_nothing_and_the_self_test_passes(tmp_path: Path) -> None:
    files = self_tests(tmp_path, [(f"net{seed}", with_rows(seed, 40), 0) for seed in range(0, 100, 3)], 40)
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    compiles(tmp_path, "cc", "-std=c99", "-O1", *sanitizers, *files, "-o", "all", "-lm")
    done = subprocess.run([tmp_path / "all"], capture_output=True, text=True)
    assert faults_of(done.stdout, 40) == []
    assert done.stderr == ""


@needs_compiler
@pytest.mark.parametrize("vectors", ["", "-DNET_SCALAR"])
def test_sums_with_vectors_and_without(tmp_path: Path, vectors: str) -> None:
    # 150 inputs are three pieces, 19 units two blocks and three more; 37 is odd.
    network = Network.create(150, [(19, "tanh"), (37, "softsign"), (9, "linear")], task="regression")
    rng = np.random.default_rng(2)
    network.set_parameters(rng.normal(0, 0.2, network.topology.n_parameters))
    rows = rng.normal(0, 1, (50, 150)).astype(np.float32)
    network.self_test = SelfTest(rows, predict(network, rows))
    write(tmp_path, network)
    compiles(
        tmp_path, "cc", "-std=c99", "-O2", *STRICT, *vectors.split(), "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm"
    )
    assert subprocess.run([tmp_path / "net"], capture_output=True, text=True).stdout == "ok: 50 rows\n"


@needs_compiler
def test_the_self_test_finds_a_changed_weight(tmp_path: Path) -> None:
    files = export_format("c").render(random_network(3), ExportRequest("net"))
    text = files[""].decode()
    start = text.index("net_parameters[")
    at = text.index("\n", start) + 3
    (tmp_path / "net.c").write_text(text[:at] + "1.5f + " + text[at:])
    (tmp_path / "net.h").write_bytes(files[".h"])
    compiles(tmp_path, "cc", "-std=c99", "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm")
    done = subprocess.run([tmp_path / "net"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.endswith("FAILED\n")


CALLER = """\
#include <math.h>
#include <stdio.h>
#include "net.h"
int main(void)
{
  float in[2] = {1, NAN}, out[1] = {7};
  printf("%d", net_predict(in, out));
  in[1] = INFINITY;
  printf(" %d", net_predict(in, out));
  printf(" %g", (double)out[0]);
  in[1] = 3;
  printf(" %d", net_predict(in, out));
  printf(" %g %d %s", (double)out[0], net_class(in), net_class_names[net_class(in)]);
  in[0] = NAN;
  printf(" %d %d\\n", net_class(in), NET_INVALID);
  return 0;
}
"""


def called(folder: Path, network: Network, caller: str) -> str:
    """What a program prints that calls the exported functions."""
    write(folder, network)
    (folder / "main.c").write_text(caller)
    compiles(folder, "cc", "-std=c99", *STRICT, "net.c", "main.c", "-o", "net", "-lm")
    return subprocess.run([folder / "net"], capture_output=True, text=True).stdout


@needs_compiler
def test_inputs_that_are_no_numbers_are_refused_or_filled(tmp_path: Path) -> None:
    network = Network.create(2, [(1, "linear")], classes=("up", "down"), threshold=0.5)
    network.set_parameters(np.array([0.5, 2, -1], dtype=np.float32))  # 0.5 + 2 a - b
    assert called(tmp_path, network, CALLER) == "2 2 7 0 -0.5 1 down -2 -2\n"
    roles = Roles(("a", "b", "y"), ("y",), ("a", "b"))
    encoder = TableEncoder(roles, (InputColumn("a"), InputColumn("b", fill=1.0)), "median")
    filled = replace(network, encoder=encoder)
    # A missing b is 1: 0.5 + 2 - 1; an infinite one is refused; a may not be missing.
    assert called(tmp_path, filled, CALLER) == "0 2 1.5 0 -0.5 1 down -2 -2\n"


@needs_compiler
def test_a_fill_value_beside_missing_error_is_not_used(tmp_path: Path) -> None:
    network = Network.create(2, [(1, "linear")], classes=("up", "down"), threshold=0.5)
    network.set_parameters(np.array([0.5, 2, -1], dtype=np.float32))
    columns = (InputColumn("a"), InputColumn("b", fill=1.0))
    encoder = TableEncoder(Roles(("a", "b", "y"), ("y",), ("a", "b")), columns, "error")
    # As without an encoder: nothing is filled.
    assert called(tmp_path, replace(network, encoder=encoder), CALLER) == "2 2 7 0 -0.5 1 down -2 -2\n"


def test_what_c_cannot_hold_is_named() -> None:
    export = export_format("c")
    network = Network.create(2, ["3 tanh", "1 logistic"])
    assert export.refusal(network, ExportRequest()) == "the network is untrained: C needs its weights"
    network.set_parameters(np.zeros(13))
    assert export.refusal(network, ExportRequest("2nd")) == (
        "functions in C cannot begin with '2nd'; give another --name: at most 61 letters, digits and _, first a letter"
    )


def test_pieces_of_c() -> None:
    assert [float_text(x) for x in (0.1, 1, -2e-45, 3.4028234663852886e38)] == [
        "0.100000001f", "1.0f", "-1.40129846e-45f", "3.40282347e+38f",
    ]  # fmt: skip
    assert string_text('a"b\\?é') == '"a\\042b\\134\\077\\303\\251"'
    assert comment_text("a*/b\\ ö\n") == "a* /b/ ??".replace("??", "? ?")
    assert identifiers(["a b", "a-b", "Ä", "3"]) == ["a_b", "a_b_2", "x", "3"]


def test_the_ending_says_which_form() -> None:
    assert export_name_of("net.c") == "c"
    assert export_name_of("net.h") == "c-header"


def test_an_identity_scaling_needs_no_copy_of_the_inputs() -> None:
    network = Network.create(2, [(1, "linear")], scaling=Scaling())
    network.set_parameters(np.zeros(3))
    assert b"net_scale" not in export_format("c").render(network, ExportRequest("net"))[""]


def test_bytes_of_tables() -> None:
    text = (
        'static const float a[3] = {1.0f};\nconst int16_t b[5] = {1};\nstatic const char *const words[2] = {\n  "ab", "\\303\\266"\n};\n'
        'extern "C" {\n#ifdef NET_SELF_TEST\nstatic const float rows[9] = {1};\n'
    )
    # Two pointers, and words of 2 and 2 bytes with their ends.
    assert table_bytes(text) == 12 + 10 + 8 + 3 + 3
    files = export_format("c").render(random_network(1), ExportRequest("net"))
    stated = re.search(rb"Flash: ([0-9,]+) bytes", files[""])
    assert stated is not None
    assert int(stated[1].replace(b",", b"")) == table_bytes(files[""].decode())
