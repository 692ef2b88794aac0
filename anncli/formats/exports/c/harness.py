"""Running the exported C: a program that reads rows from its standard input and writes outputs and decisions."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.formats.exports.base import Predicted, ProofRows
from anncli.formats.exports.c.layers import BLOCK
from anncli.formats.exports.c.rows import has_rows
from anncli.formats.exports.c.sample_harness import main_of_samples
from anncli.formats.exports.c.text import Naming, identifiers
from anncli.formats.exports.tools import find_tool, run_tool, work_folder
from anncli.network.network import Network
from anncli.tables import Table

_INSTALL = "install a C compiler (apt install gcc)"

# A row that is refused ends the program with its number and that of the input.
_MAIN = """\
#include <stdio.h>
#include <stdlib.h>
#include "$n.h"
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

$READ
int main(void)
{
  float out[$N_N_OUTPUTS];
  long row = 0;
  int refused;
#ifdef _WIN32
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
#endif
  $VARIABLES
  while (read_row($INTO)) {
    ++row;
    refused = $PREDICT;
    if (refused) {
      fprintf(stderr, "row %ld, number %d was refused\\n", row, refused);
      return 1;
    }
    fwrite(out, sizeof *out, $N_N_OUTPUTS, stdout);
    $DECIDE
  }
  return 0;
}
"""

_READ_INPUTS = """\
static int read_row(float *in)
{
  return fread(in, sizeof *in, $N_N_INPUTS, stdin) == $N_N_INPUTS;
}
"""

_READ_WORD = """\
static int read_level(int *level, int (*look_up)(const char *))
{
  int length;
  char *word;
  if (fread(&length, sizeof length, 1, stdin) != 1)
    return 0;
  if (length < 0) {
    *level = look_up(NULL);
    return 1;
  }
  word = (char *)malloc((size_t)length + 1);
  if (!word || fread(word, 1, (size_t)length, stdin) != (size_t)length)
    return 0;
  word[length] = 0;
  *level = look_up(word);
  free(word);
  return 1;
}
"""


def main_text(network: Network, name: str, most: int) -> str:
    """The program around the exported functions; most: the rows or tokens of the longest sample."""
    with_rows, several = has_rows(network), not network.topology.takes_vectors
    decide = ""
    if network.task == "multi-label":
        decide = "{\n      unsigned char labels[$N_N_OUTPUTS];\n      $n_decide(out, labels);\n      fwrite(labels, 1, $N_N_OUTPUTS, stdout);\n    }"
    elif network.n_classes:
        decide = (
            "{\n      const int decided = $n_decide(out);\n      fwrite(&decided, sizeof decided, 1, stdout);\n    }"
        )
    if several:
        return Naming(name, header_only=False).fill(main_of_samples(network, most).replace("$DECIDE", decide))
    text = _MAIN.replace("$READ", _read_rows(network) if with_rows else _READ_INPUTS).replace("$DECIDE", decide)
    text = text.replace("$VARIABLES", "$n_row in;" if with_rows else "float in[$N_N_INPUTS];")
    text = text.replace("$INTO", "&in" if with_rows else "in")
    text = text.replace("$PREDICT", "$n_predict_row(&in, out)" if with_rows else "$n_predict(in, out)")
    return Naming(name, header_only=False).fill(text)


def _read_rows(network: Network) -> str:
    assert network.encoder is not None
    columns = network.encoder.columns
    lines = []
    for own, column in zip(identifiers([column.name for column in columns]), columns, strict=True):
        if column.kind == "number":
            lines.append(f"fread(&row->c_{own}, sizeof(float), 1, stdin) == 1")
        else:
            lines.append(f"read_level(&row->c_{own}, $n_{own}_level)")
    words = _READ_WORD if any(column.kind == "category" for column in columns) else ""
    return words + "static int read_row($n_row *row)\n{\n  return " + "\n    && ".join(lines) + ";\n}\n"


def input_bytes(network: Network, rows: ProofRows) -> bytes:
    """The rows as main_text()'s program reads them."""
    if not isinstance(rows.inputs, np.ndarray):
        return _sample_bytes(rows.inputs)
    if not has_rows(network):
        return np.ascontiguousarray(rows.inputs, dtype=np.float32).tobytes()
    assert rows.table is not None
    assert network.encoder is not None
    columns = [_cells(rows.table, column.name, column.kind) for column in network.encoder.columns]
    return b"".join(cell for row in zip(*columns, strict=True) for cell in row)


def _sample_bytes(inputs: Rows | Tokens) -> bytes:
    parts = []
    for first, end in zip(inputs.starts.tolist(), inputs.starts[1:].tolist(), strict=False):
        parts.append(struct.pack("i", end - first))
        if isinstance(inputs, Tokens):
            parts.append(inputs.indices[first:end].tobytes())
        parts.append(np.ascontiguousarray(inputs.values[first:end], dtype=np.float32).tobytes())
    return b"".join(parts)


def _cells(table: Table, name: str, kind: str) -> list[bytes]:
    column = table.column(name)
    if kind == "number":
        given = column.as_numbers()
        assert given is not None
        assert given.numbers is not None
        return [value.tobytes() for value in given.numbers.astype(np.float32)]
    given = column.as_words()
    assert given.codes is not None
    words = [struct.pack("i", len(word.encode())) + word.encode() for word in given.words]
    missing = struct.pack("i", -1)
    return [missing if code < 0 else words[code] for code in given.codes.tolist()]


def _predicted(network: Network, printed: bytes, n_rows: int, tool: str) -> Predicted:
    """What the program wrote; raises RuntimeError where rows are missing."""
    outputs, decisions = ("f4", (network.n_outputs,)), None
    fields: list[tuple[str, str, tuple[int, ...]]] = [("outputs", *outputs)]
    if network.task == "multi-label":
        fields.append(("decisions", "u1", (network.n_outputs,)))
    elif network.n_classes:
        fields.append(("decisions", "i4", ()))
    kind = np.dtype(fields)
    if len(printed) != n_rows * kind.itemsize:
        raise RuntimeError(f"the compiled network gave {len(printed)} bytes for {n_rows} rows")
    found = np.frombuffer(printed, dtype=kind)
    if len(fields) > 1:
        decided: Array = found["decisions"]
        decisions = decided.astype(bool) if network.task == "multi-label" else decided.astype(np.int64)
    return Predicted(found["outputs"].astype(np.float64), decisions, tool)


def run_compiled(files: Mapping[str, bytes], network: Network, name: str, rows: ProofRows) -> Predicted:
    """Compile the files with the compiler that is there and run them on the rows.

    Where they multiply by vectors, every second row is from the plain loops that other processors run.
    """
    compiler = find_tool("cc", "gcc", "clang", install=_INSTALL)
    with work_folder() as folder:
        # Files of the export may have either name.
        program = "proof" if name != "proof" else "program"
        units = [f"{name}.c", f"{program}.c"] if ".h" in files else [f"{program}.c"]
        for ending, content in files.items():
            own = ending or (".c" if ".h" in files else ".h")
            (Path(folder) / f"{name}{own}").write_bytes(content)
        inputs = rows.inputs
        most = 1 if isinstance(inputs, np.ndarray) else int(inputs.lengths.max(initial=1))
        (Path(folder) / f"{program}.c").write_text(main_text(network, name, most))
        scalar = f"{name.upper()}_SCALAR"
        has_vectors = max(network.topology.sizes[1:]) >= BLOCK and any(
            scalar.encode() in text for text in files.values()
        )
        found = []
        for option in ([], [f"-D{scalar}"])[: 1 + has_vectors]:
            run_tool([compiler, "-std=c99", "-O2", *option, *units, "-o", program, "-lm"], folder)
            found.append(run_tool([str(Path(folder) / program)], folder, input_bytes(network, rows)))
        version = run_tool([compiler, "--version"], folder).decode(errors="replace").split("\n")[0]
    n_answers = len(inputs)
    if network.topology.answers_rows and not isinstance(inputs, np.ndarray):
        n_answers = len(inputs.values)
    predicted, *plain = (_predicted(network, printed, n_answers, version.strip()) for printed in found)
    return _mixed(predicted, plain[0]) if plain else predicted


def _mixed(one: Predicted, other: Predicted) -> Predicted:
    """Rows of both in turn."""
    is_one = np.arange(len(one.outputs)) % 2 == 0
    outputs = np.where(is_one[:, None], one.outputs, other.outputs)
    if one.decisions is None or other.decisions is None:
        return one._replace(outputs=outputs)
    turn = is_one[:, None] if one.decisions.ndim > 1 else is_one
    return one._replace(outputs=outputs, decisions=np.where(turn, one.decisions, other.decisions))
