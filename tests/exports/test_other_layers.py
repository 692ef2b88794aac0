"""Exports of networks whose layers are not all dense: each is run, or refused by the name of the layer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_files import STRICT, compiles, needs_compiler, write
from chains_of_kinds import CHAINS, TASKS, random_chain, with_self_test

from anncli.analysis.proof import prove
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.registry import network_format
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology

N_SEEDS = len(CHAINS) * len(TASKS)


def proved(seed: int, name: str) -> None:
    network, export, request = random_chain(seed), export_format(name), ExportRequest("net")
    assert export.refusal(network, request) is None
    proof = prove(export, export.render(network, request), network, request)
    assert proof.is_proved, (seed, network.layers_text, proof)
    assert proof.decides == (network.task != "regression")


@needs_compiler
@pytest.mark.parametrize("seed", [0, 11])
def test_the_compiled_file_gives_what_the_network_gives(seed: int) -> None:
    proved(seed, "c")


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, N_SEEDS, 10))
def test_every_chain_in_c(first: int) -> None:
    for seed in range(first, first + 10):
        proved(seed, "c" if seed % 4 else "c-header")


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, N_SEEDS, 10))
def test_every_chain_in_onnx(first: int) -> None:
    pytest.importorskip("onnxruntime")
    for seed in range(first, first + 10):
        proved(seed, "onnx")
        network, export = random_chain(seed), export_format("onnx")
        data = export.render(network, ExportRequest("net"))[""]
        again = network_format("onnx").parse(data, "net.onnx")
        assert again.topology == network.topology
        assert again.all_parameters.tobytes() == network.all_parameters.tobytes()
        assert export.render(again, ExportRequest("net"))[""] == data


@pytest.mark.parametrize("seed", range(0, N_SEEDS, 7))
def test_json_files_are_read_back(seed: int) -> None:
    proved(seed, "json")
    network, export = random_chain(seed), export_format("json")
    files = export.render(network, ExportRequest())
    assert export.render(export.read_back(files), ExportRequest()) == files


@needs_compiler
@pytest.mark.slow
def test_compilers_and_sanitizers_find_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    for seed in range(N_SEEDS):
        network = with_self_test(random_chain(seed), rng, 20)
        write(tmp_path, network)
        flags = ("-std=c99", "-O1", *STRICT, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
        compiles(tmp_path, "cc", *flags, "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm")
        done = subprocess.run([tmp_path / "net"], capture_output=True, text=True)
        assert re.fullmatch(r"ok: 20 (rows|samples)\n", done.stdout), (seed, network.layers_text, done.stdout[:300])
        assert done.stderr == ""
        if shutil.which("g++"):
            compiles(tmp_path, "g++", "-std=c++98", "-fsyntax-only", *STRICT, "-x", "c++", "net.c")


CALLER = """\
#include <math.h>
#include <stdio.h>
#include "net.h"
int main(void)
{
  static float rows[4] = {1, 2, 3, 4}, out[4];
  static const int indices[2] = {0, 9};
  (void)rows;
  (void)indices;
  CALLS
  return 0;
}
"""


def printed(folder: Path, layers: tuple[str, tuple[str, ...]], calls: str) -> str:
    network = Network(Topology(read_inputs(layers[0]), layers[1]), task="regression")
    network.set_parameters(np.arange(1, network.topology.n_parameters + 1))
    write(folder, network)
    (folder / "main.c").write_text(CALLER.replace("CALLS", calls))
    compiles(folder, "cc", "-std=c99", *STRICT, "-DNET_MAX_ROWS=3", "net.c", "main.c", "-o", "net", "-lm")
    return subprocess.run([folder / "net"], capture_output=True, text=True).stdout


@needs_compiler
def test_rows_by_hand(tmp_path: Path) -> None:
    # Bias 1, weight 2: 3, 5 and 7; their sum is 15, and with bias 3 and weight 4: 4 * mean + 3.
    calls = 'printf("%d", net_predict_rows(rows, 3, out));\n  printf(" %g", (double)out[0]);\n'
    calls += '  printf(" %d %d", net_predict_rows(rows, 0, out), net_predict_rows(rows, 4, out));\n'
    calls += '  rows[1] = NAN;\n  printf(" %d", net_predict_rows(rows, 3, out));\n  printf(" %g", (double)out[0]);\n'
    assert printed(tmp_path, ("any x 1", ("1 linear", "mean", "1 linear")), calls) == "0 23 -1 -1 2 23"


@needs_compiler
def test_tokens_by_hand(tmp_path: Path) -> None:
    # Bias 1, weights 2, 3, 4: 1 * 2 + 1 = 3; the index 9 is out of range.
    calls = 'printf("%d", net_predict_tokens(indices, rows, 1, out));\n  printf(" %g", (double)out[0]);\n'
    calls += '  printf(" %d", net_predict_tokens(indices, rows, 2, out));\n'
    assert printed(tmp_path, ("3 tokens", ("1 linear",)), calls) == "0 3 2"


def test_products_too_large_for_onnx() -> None:
    pytest.importorskip("onnx")
    network = Network(Topology(read_inputs("1x800"), ("1x800 tanh circular", "1 linear")), task="regression")
    network.set_parameters(np.zeros(network.topology.n_parameters))
    refused = export_format("onnx").refusal(network, ExportRequest("net"))
    assert (
        refused
        == "an ONNX file holds at most 500000000 numbers, this network has 512002401 weights and numbers of products"
    )


# The two formats of word vectors hold no layers.
_OF_LAYERS = ("c", "c-header", "onnx", "json", "word2vec", "word2vec-binary")


@pytest.mark.parametrize("name", [name for name in EXPORT_NAMES if name not in _OF_LAYERS])
def test_others_refuse_the_layer_by_name(name: str) -> None:
    for seed, layer in (
        (0, "3 relu convolution 3x2"),
        (44, "5 tanh recurrent"),
        (16, "7 lstm"),
        (164, "3 lstm bidirectional"),
    ):
        refused = export_format(name).refusal(random_chain(seed), ExportRequest())
        assert refused is not None
        assert f"`{layer}`" in refused


@pytest.mark.parametrize("bits", [8, 16])
def test_fixed_point_numbers_are_for_dense_layers(bits: int) -> None:
    for seed, layer in ((3, "4x7 tanh circular"), (17, "9 gru")):
        refused = export_format("c").refusal(random_chain(seed), ExportRequest("net", bits))
        assert refused == f"C in fixed-point numbers cannot hold the layer `{layer}`, only dense layers"
