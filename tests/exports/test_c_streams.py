"""Exported C of networks that carry a state: one row at a time, and whole samples."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_files import STRICT, compiles, needs_compiler, write
from chains_of_kinds import random_chain, with_self_test

from anncli.arrays import Rows, Tokens
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.c.source import float_sizes
from anncli.formats.exports.registry import export_format
from anncli.inference.predict import predict
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.encoders.text import read_chain
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology

HEAD = '#include <math.h>\n#include <stdio.h>\n#include <string.h>\n#include "net.h"\nint main(void)\n{\n'


def a_network(inputs: str, layers: tuple[str, ...], numbers: list[float]) -> Network:
    network = Network(Topology(read_inputs(inputs), layers), task="regression")
    network.set_parameters(np.array(numbers, dtype=np.float32))
    return network


def printed(folder: Path, network: Network, body: str) -> str:
    """What a program with this body prints."""
    write(folder, network)
    (folder / "main.c").write_text(f"{HEAD}{body}  return 0;\n}}\n")
    compiles(folder, "cc", "-std=c99", "-O1", *STRICT, "net.c", "main.c", "-o", "net", "-lm")
    return subprocess.run([folder / "net"], capture_output=True, text=True, check=True).stdout


THREE_ROWS = """\
  static const float rows[3] = {1, -1, 2};
  net_state state;
  float out[1];
  int k;
  net_reset(&state);
  for (k = 0; k < 3; ++k) {
    printf("%d ", net_step(&state, rows + k, out));
    printf("%.5f ", (double)out[0]);
  }
"""
# Output 1 + 2 h.
OUTPUT = [1.0, 2.0]


@needs_compiler
def test_an_lstm_of_one_unit_by_hand(tmp_path: Path) -> None:
    # Gates i f g o: biases 0 1 0 0, weights of x 1 0 1 0, of h 0 0 2 0. First row 1: i = f = 0.73106, g = tanh(1) = 0.76159, o = 1/2,
    # c = 0.73106 * 0.76159 = 0.55677, h = tanh(c) / 2 = 0.25279, and 1 + 2 h = 1.50558. Second row -1: i = 0.26894,
    # g = tanh(-1 + 0.50558) = -0.45772, c = 0.73106 * 0.55677 - 0.26894 * 0.45772 = 0.28393, h = 0.13827.
    network = a_network("any x 1", ("1 lstm", "1 linear"), [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, *OUTPUT])
    assert printed(tmp_path, network, THREE_ROWS) == "0 1.50558 0 1.27654 0 1.78946 "


@needs_compiler
def test_a_gru_of_one_unit_by_hand(tmp_path: Path) -> None:
    # r = 1/2, z = logistic(1) = 0.73106, n = tanh(x + (2 h + 1) / 2). First row 1: n = tanh(1.5) = 0.90515,
    # h = 0.26894 * 0.90515 = 0.24343. Second row -1: n = tanh(-1 + 0.74343) = -0.25108, h = -0.06753 + 0.73106 * 0.24343 = 0.11044.
    network = a_network("any x 1", ("1 gru", "1 linear"), [0, 1, 0, 0, 0, 0, 0, 1, 1, 2, *OUTPUT])
    assert printed(tmp_path, network, THREE_ROWS) == "0 1.48686 0 1.22087 0 1.69357 "


@needs_compiler
def test_a_recurrent_layer_in_both_directions_by_hand(tmp_path: Path) -> None:
    # Forward h = 1 + 2 x + 3 h', backward h = -x + h': of 1, -1, 2 forward 3, 8, 29 and backward -2, -1, -2; 10 f + b.
    layers = ("1 linear recurrent bidirectional", "1 linear")
    network = a_network("any x 1", layers, [1, 2, 3, 0, -1, 1, 0, 10, 1])
    body = "  static const float rows[3] = {1, -1, 2};\n  float out[3];\n"
    body += '  printf("%d ", net_predict_rows(rows, 3, out));\n'
    body += '  printf("%g %g %g", (double)out[0], (double)out[1], (double)out[2]);\n'
    assert printed(tmp_path, network, body) == "0 28 79 288"
    assert "net_step" not in (tmp_path / "net.h").read_text()


@needs_compiler
def test_refused_rows_leave_the_state_and_no_outputs_are_needed(tmp_path: Path) -> None:
    # h = x + h' is the sum of the rows so far; 10 h.
    network = a_network("any x 2", ("1 linear recurrent", "last", "1 linear"), [0, 1, 1, 1, 0, 10])
    body = """\
  float row[2] = {1, 2}, bad[2] = {1, NAN}, out[1] = {7};
  net_state state = {{0}}, kept;
  printf("%d %g ", net_step(&state, row, 0), (double)out[0]);
  printf("%d ", net_step(&state, bad, out));
  printf("%g ", (double)out[0]);
  kept = state;
  printf("%d ", net_step(&state, row, out));
  printf("%g ", (double)out[0]);
  printf("%d ", net_step(&kept, row, out));
  printf("%g ", (double)out[0]);
  net_reset(&state);
  printf("%d ", memcmp(&state, &kept, sizeof state) == 0);
  printf("%d ", net_step(&state, row, out));
  printf("%g %d", (double)out[0], net_predict_rows(row, 0, out));
"""
    # The third row is the second that counts, 10 (3 + 3); the copy goes on from the same place; after the reset 10 * 3.
    assert printed(tmp_path, network, body) == "0 7 2 7 0 60 0 60 0 0 30 -1"


@needs_compiler
def test_tokens_one_by_one(tmp_path: Path) -> None:
    # h = 1 + value * weight of the token + 2 h', weights 3 and 5: 1 + 2 * 5 = 11, then 1 + 3 + 22 = 26, and 10 h.
    network = a_network("2 tokens", ("1 linear recurrent", "1 linear"), [1, 3, 5, 2, 0, 10])
    body = """\
  static const int indices[2] = {1, 0};
  static const float values[2] = {2, 1};
  net_state state;
  float out[2];
  net_reset(&state);
  printf("%d ", net_step(&state, 1, 2, out));
  printf("%g %d ", (double)out[0], net_step(&state, 2, 1, out));
  printf("%d ", net_step(&state, 0, 1, out));
  printf("%g ", (double)out[0]);
  printf("%d ", net_predict_tokens(indices, values, 2, out));
  printf("%g %g", (double)out[0], (double)out[1]);
"""
    assert printed(tmp_path, network, body) == "0 110 1 0 260 0 110 260"


@pytest.mark.slow
@needs_compiler
def test_the_mean_and_the_largest_so_far(tmp_path: Path) -> None:
    for word, found in (("mean", "1 1.5 2"), ("max", "1 2 3")):
        # h = x + h' of rows of 1: 1, 2, 3.
        network = a_network("any x 1", ("1 linear recurrent", word, "1 linear"), [0, 1, 1, 0, 1])
        body = (
            "  static const float row[1] = {1};\n  net_state state;\n  float out[1];\n  int k;\n  net_reset(&state);\n"
        )
        body += (
            '  for (k = 0; k < 3; ++k) {\n    net_step(&state, row, out);\n    printf("%g ", (double)out[0]);\n  }\n'
        )
        assert printed(tmp_path, network, body) == found + " "


@pytest.mark.slow
@needs_compiler
def test_the_mean_of_a_stream_without_end(tmp_path: Path) -> None:
    # In 32 bits a sum of 1,000,000 numbers 0.1 is 100,958, and a count of rows ends at 16,777,216.
    network = a_network("any x 1", ("1 linear recurrent", "mean", "1 linear"), [0, 1, 0, 0, 1])
    body = """\
  static const float row[1] = {0.1f};
  net_state state;
  float out[1];
  int k;
  net_reset(&state);
  for (k = 1; k <= 20000000; ++k) {
    net_step(&state, row, out);
    if (k == 1000000 || k == 20000000)
      printf("%.5f ", (double)out[0]);
  }
"""
    assert printed(tmp_path, network, body) == "0.10000 0.10000 "


@pytest.mark.slow
@needs_compiler
def test_a_long_stream_has_the_bits_of_the_whole_sample(tmp_path: Path) -> None:
    """Of an ensemble, with scaled rows and outputs for every row; 1,000 rows, more than buffers for rows would hold."""
    network = random_chain(278)
    assert network.members
    assert network.layers_text.startswith("9 gru")
    rows = Rows(np.random.default_rng(1).normal(size=(1000, 5)).astype(np.float32), np.array([0, 1000]))
    outputs = predict(network, rows)
    (tmp_path / "rows").write_bytes(rows.values.tobytes())
    body = """\
  static float rows[1000 * NET_N_INPUTS], every[1000 * NET_N_OUTPUTS], out[NET_N_OUTPUTS];
  FILE *file = fopen("rows", "rb");
  net_state state;
  int k, same = 1;
  if (!file || fread(rows, sizeof rows, 1, file) != 1 || net_predict_rows(rows, 1000, every))
    return 1;
  net_reset(&state);
  for (k = 0; k < 1000; ++k)
    same &= !net_step(&state, rows + k * NET_N_INPUTS, out) && !memcmp(out, every + k * NET_N_OUTPUTS, sizeof out);
  fclose(file);
  file = fopen("outputs", "wb");
  if (!file)
    return 1;
  fwrite(every, sizeof every, 1, file);
  fclose(file);
  printf("%d", same);
"""
    write(tmp_path, network)
    (tmp_path / "main.c").write_text(f"{HEAD}{body}  return 0;\n}}\n")
    compiles(tmp_path, "cc", "-std=c99", "-O1", *STRICT, "net.c", "main.c", "-o", "net", "-lm")
    done = subprocess.run([tmp_path / "net"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1"
    found = np.frombuffer((tmp_path / "outputs").read_bytes(), dtype=np.float32).reshape(outputs.shape)
    np.testing.assert_allclose(found, outputs, rtol=0, atol=1e-5)


def test_sizes_say_what_a_stream_keeps() -> None:
    """State: h and c of 7 units; buffers: 7 outputs of the lstm, 6 of the layer behind `last`, 4 + 7 + 4 * 7 for the sums."""
    network = a_network("any x 4", ("7 lstm", "last", "6 tanh", "1 linear"), [0.0] * (12 * 28 + 48 + 7))
    sizes = float_sizes(network, "")
    assert (sizes.state, sizes.buffers) == (4 * 14, 4 * (7 + 6 + 39))
    head = export_format("c").render(network, ExportRequest("net"))[".h"].decode()
    assert "RAM: 208 bytes of buffers on the stack, 56 bytes for the state of each stream." in head
    assert "NET_MAX_ROWS" not in head


@needs_compiler
def test_the_proof_runs_the_steps(tmp_path: Path) -> None:
    """A file whose steps keep no state is not proved, though whole samples are right; its self-test finds it too."""
    from anncli.analysis.proof import prove

    network, export, request = random_chain(15), export_format("c"), ExportRequest("net")
    files = export.render(network, request)
    broken = files[""].replace(b"  net_take(state, row, out);", b"  net_reset(state);\n  net_take(state, row, out);")
    assert broken != files[""]
    proof = prove(export, files | {"": broken}, network, request)
    assert not proof.is_proved
    assert proof.fault is not None
    assert "the step gives other outputs than the whole sample" in proof.fault
    (tmp_path / "net.c").write_bytes(broken)
    compiles(tmp_path, "cc", "-std=c99", *STRICT, "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm")
    done = subprocess.run([tmp_path / "net"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "sample 1, row 2: the step gives other outputs\n" in done.stdout


# The last one has buffers for rows, which must hold the whole sample.
@pytest.mark.slow
@pytest.mark.parametrize("seed", [16, 20, 26])
@needs_compiler
def test_a_self_test_of_one_long_sample(tmp_path: Path, seed: int) -> None:
    rng, network = np.random.default_rng(seed), random_chain(seed)
    network = with_self_test(network, rng, 2)
    starts, n = np.array([0, 400]), network.n_inputs
    inputs: Rows | Tokens = Rows(rng.normal(size=(400, n)).astype(np.float32), starts)
    if network.topology.inputs.tokens:
        inputs = Tokens(rng.integers(0, n, 400), np.ones(400, dtype=np.float32), starts, n)
    network.self_test = network.self_test._replace(inputs=inputs, outputs=predict(network, inputs, calibrated=False))
    write(tmp_path, network)
    compiles(tmp_path, "cc", "-std=c99", *STRICT, "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm")
    assert subprocess.run([tmp_path / "net"], capture_output=True, text=True).stdout == "ok: 1 samples\n"
    assert ("#define NET_MAX_ROWS 400\n" in (tmp_path / "net.h").read_text()) == (seed == 26)


@needs_compiler
def test_characters_become_tokens(tmp_path: Path) -> None:
    """The code points of the training texts, in their order, and one token for all others; C by C gives what predict() gives."""
    text, topology = read_chain("characters", ["3 lstm", "softmax"])
    network = Network(topology, text=text).with_vocabulary(CharacterEncoder.fitted(["b\u00fca \U0001f600"]))
    network.set_parameters(np.linspace(-2, 2, network.topology.n_parameters, dtype=np.float32))
    body = "  static const int32_t codes[6] = {32, 97, 98, 0xfc, 0x1f600, 99};\n  net_state state = {{0}};\n"
    body += "  float out[NET_N_OUTPUTS];\n  int k;\n  for (k = 0; k < 6; ++k) {\n"
    body += '    printf("%d ", net_token(codes[k]));\n    net_step(&state, net_token(codes[k]), 1, out);\n  }\n'
    body += '  printf("%d %.5f", NET_OTHER, (double)out[4]);\n'
    tokens = Tokens(np.arange(6), np.ones(6, dtype=np.float32), np.array([0, 6]), 6)
    assert printed(tmp_path, network, body) == f"0 1 2 3 4 5 5 {predict(network, tokens)[-1, 4]:.5f}"
