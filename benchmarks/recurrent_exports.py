"""Recurrent networks row by row: the step in C that ann writes beside onnxruntime, for the same networks.

    python benchmarks/recurrent_exports.py [LAYERS...]     for example '12: 32 lstm'

Needs onnx, onnxruntime and a C compiler; gcc-arm-none-eabi with newlib for the sizes. A stream of 2,000 rows goes through networks
of random weights, whose answer for each row is of 4 classes, in turn: the step in C, in which gcc makes vectors of four; onnxruntime
with --stateful, a row a call; onnxruntime with the whole stream in one call, which no stream can have. Time: microseconds of CPU
time a row of one thread, the best of 9 rounds of all programs one after the other. The call of a model that does nothing but give its input and state back is shown for each
network: it is what Python and onnxruntime cost around the arithmetic. Difference: the largest of the outputs of C and onnxruntime.
Flash and RAM: on a Cortex-M4F at -Os, without the C library; buffers on the stack + state.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.onnx.recurrent import State, state_width
from anncli.formats.exports.registry import export_format
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology

NETWORKS = (
    "3: 8 lstm", "12: 32 tanh recurrent", "12: 32 gru", "12: 32 lstm", "16: 64 lstm", "16: 64 gru, 64 gru", "64: 128 lstm",
    "128: 256 lstm",
)  # fmt: skip
N_ROWS, ROUNDS = 2000, 9

HOST = """\
#include <stdio.h>
#include <time.h>
#include "net.h"
static float rows[%(n)d][NET_N_INPUTS], out[%(n)d][NET_N_OUTPUTS];
int main(int argc, char **argv)
{
  FILE *file = fopen(argv[1], "rb");
  struct timespec from, to;
  net_state state;
  int k;
  if (argc < 3 || fread(rows, sizeof rows, 1, file) != 1) return 1;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  net_reset(&state);
  for (k = 0; k < %(n)d; ++k)
    net_step(&state, rows[k], out[k]);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  fclose(file);
  file = fopen(argv[2], "wb");
  fwrite(out, sizeof out, 1, file);
  fclose(file);
  printf("%%.4f\\n", ((to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3) / %(n)d);
  return 0;
}
"""


def network_of(text: str, rng: np.random.Generator) -> Network:
    """Weights as torch draws them: uniform, up to one over the root of the units."""
    width, layers = text.split(":")
    chain = [layer.strip() for layer in layers.split(",")]
    network = Network(Topology(read_inputs(f"any x {int(width)}"), [*chain, "4 softmax"]), classes=tuple("abcd"))
    units = max(network.topology.sizes[1:])
    network.set_parameters(rng.uniform(-1, 1, network.topology.n_parameters) / np.sqrt(units))
    return network


class Step:
    """The exported C, compiled at -O2; sizes: what `ann export` says of it."""

    def __init__(self, network: Network, rows: Any, folder: Path) -> None:
        export, request = export_format("c"), ExportRequest("net")
        files = export.render(network, request)
        self.sizes = dict(export.facts(files, network, request).lines)  # type: ignore[attr-defined]
        (folder / "net.c").write_bytes(files[""])
        (folder / "net.h").write_bytes(files[".h"])
        (folder / "main.c").write_text(HOST % {"n": N_ROWS})
        (folder / "rows").write_bytes(rows.tobytes())
        subprocess.run(["gcc", "-O2", "main.c", "net.c", "-o", "main", "-lm"], cwd=folder, check=True)
        self.folder = folder

    def run(self) -> tuple[float, Any]:
        command = [self.folder / "main", "rows", "out"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True)
        return float(done.stdout), np.fromfile(self.folder / "out", dtype=np.float32).reshape(N_ROWS, -1)


def session_of(model: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def bare_model(n_in: int, width: int) -> bytes:
    """A model that gives its input and state back."""
    shapes = {"X": ["N", n_in], State.INPUT: [1, width], "scores": ["N", n_in], State.OUTPUT: [1, width]}
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    nodes = [helper.make_node("Identity", [a], [b]) for a, b in (("X", "scores"), (State.INPUT, State.OUTPUT))]
    model = helper.make_model(
        helper.make_graph(nodes, "bare", values[:2], values[2:]), opset_imports=[helper.make_opsetid("", 13)]
    )
    model.ir_version = 8
    found: bytes = model.SerializeToString()
    return found


def row_by_row(session: Any, rows: Any, width: int) -> tuple[float, Any]:
    """Microseconds a row, and the outputs."""
    state, found = np.zeros((1, width), dtype=np.float32), []
    pieces, wanted = [rows[k : k + 1] for k in range(len(rows))], ["scores", State.OUTPUT]
    begin = time.process_time()
    for piece in pieces:
        scores, state = session.run(wanted, {"X": piece, State.INPUT: state})
        found.append(scores)
    return (time.process_time() - begin) * 1e6 / len(rows), np.concatenate(found)


def all_at_once(session: Any, rows: Any) -> float:
    begin = time.process_time()
    session.run(["scores"], {"X": rows})
    return (time.process_time() - begin) * 1e6 / len(rows)


def measured(text: str) -> list[str]:
    """One line of the table."""
    rng = np.random.default_rng(1)
    network = network_of(text, rng)
    rows, width = rng.normal(size=(N_ROWS, network.n_inputs)).astype(np.float32), state_width(network)
    export, best = export_format("onnx"), [np.inf] * 4
    stateful, whole = (session_of(export.render(network, ExportRequest("net", stateful=k))[""]) for k in (True, False))
    bare = session_of(bare_model(network.n_inputs, width))
    with tempfile.TemporaryDirectory() as folder:
        step = Step(network, rows, Path(folder))
        for _ in range(ROUNDS):
            own, outputs = step.run()
            theirs, others = row_by_row(stateful, rows, width)
            times = (own, theirs, row_by_row(bare, rows, width)[0], all_at_once(whole, rows))
            best = [min(pair) for pair in zip(best, times, strict=True)]
    c, row, call, every = best
    difference = float(np.abs(outputs - others).max())
    figures = [f"{c:.2f}", f"{row:.1f}", f"{call:.1f}", f"{every:.2f}", f"{row / c:.1f}", f"{every / c:.2f}"]
    flash, ram = (step.sizes[name].split(" bytes")[0] for name in ("flash", "RAM"))
    return [f"{text}, 4 softmax", *figures, f"{difference:.0e}", flash, f"{ram} + {4 * width:,}"]


def main() -> None:
    titles = [
        "network", "C, a step", "onnxruntime, a row a call", "of these the call", "onnxruntime, 2,000 rows a call", "row a call : C",
        "2,000 a call : C", "difference", "flash", "RAM",
    ]  # fmt: skip
    print(f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}")
    print("| " + " | ".join(titles) + " |")
    print("|" + "---|" * len(titles))
    for text in sys.argv[1:] or NETWORKS:
        print("| " + " | ".join(measured(text)) + " |", flush=True)


if __name__ == "__main__":
    main()
