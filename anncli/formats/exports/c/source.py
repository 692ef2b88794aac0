"""The C files of a network in floating point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli._version import __version__
from anncli.arrays import Array
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.c.chain import ChainText, chain_text
from anncli.formats.exports.c.characters import INCLUDES, character_definitions, takes_characters
from anncli.formats.exports.c.header import class_names_text, functions_text, sizes_text
from anncli.formats.exports.c.layers import layers_text, parameters_text, widest
from anncli.formats.exports.c.outputs import decision_text, finish_text
from anncli.formats.exports.c.rows import has_rows, row_definitions
from anncli.formats.exports.c.scaling import fill_values, scaling_text, unfilled
from anncli.formats.exports.c.self_test import samples_test_text, self_test_text
from anncli.formats.exports.c.several_rows import most_rows, rows_text
from anncli.formats.exports.c.sizes import Sizes, table_bytes
from anncli.formats.exports.c.stream import state_numbers, stream_text
from anncli.formats.exports.c.text import Naming, array_text, comment_text
from anncli.formats.exports.steps import dense_steps, streams
from anncli.network.network import Network

_FLOAT_BYTES = 4


class Parts(NamedTuple):
    """The pieces of a file. core: functions and tables below the interface, last $n_predict(); self_test: what follows under
    $N_SELF_TEST; heading: lines of the comment at the top; declarations: more that may be called; interface_includes: what the
    header includes."""

    network: Network
    core: str
    self_test: str
    heading: list[str]
    declarations: str = ""
    interface_includes: str = ""

    def files(self, name: str, header_only: bool) -> dict[str, bytes]:
        """The file and its header, or the header that is all there is."""
        naming, comment = Naming(name, header_only), self._comment(header_only)
        declared, names = class_names_text(self.network)
        top, body = self._interface() + declared, names + self._body()
        if header_only:
            texts = {"": comment + _guarded(_linked(top + body), self._includes()) + self.self_test}
        else:
            # The file holds its interface too: how the user calls the header is not known here.
            interface = comment + _guarded(_linked(top), self.interface_includes)
            texts = {"": f"{interface}\n{self._includes()}\n{_linked(body)}{self.self_test}", ".h": interface}
        return {ending: naming.fill(text).encode() for ending, text in texts.items()}

    def _comment(self, header_only: bool) -> str:
        own = "a header with everything" if header_only else "compile the file, include its header"
        lines = [f"A neural network in C99, written by ann {__version__}: {own}.", *self.heading]
        return "/* " + "\n   ".join(map(comment_text, lines)) + " */\n"

    def _interface(self) -> str:
        functions = functions_text(self.network, fill_values(self.network) is not None)
        return sizes_text(self.network) + functions + self.declarations

    def _includes(self) -> str:
        words = "#include <string.h>\n" if has_rows(self.network) else ""
        return f"{self.interface_includes}#include <math.h>\n{words}\n#define $N_LARGEST 3.402823466e+38f\n"

    def _body(self) -> str:
        network = self.network
        by_class = _CLASS if network.n_classes and network.topology.takes_vectors else ""
        return (
            f"{self.core}\n{decision_text(network)}{by_class}{row_definitions(network)}{character_definitions(network)}"
        )


_CLASS = """\
$public int $n_class(const float *in)
{
  float out[$N_N_OUTPUTS];
  return $n_predict(in, out) ? $N_INVALID : $n_decide(out);
}
"""


def _linked(text: str) -> str:
    """With the names of C where C++ compiles it."""
    return f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{text}\n#ifdef __cplusplus\n}}\n#endif\n'


def _guarded(text: str, includes: str) -> str:
    return f"#ifndef $N_H\n#define $N_H\n\n{includes}\n{text}\n#endif\n"


def check_text(network: Network) -> str:
    """The function that finds an input that is not finite."""
    filled, never = fill_values(network), unfilled(network)
    if filled is None:
        test, table = "!(fabsf(in[i]) <= $N_LARGEST)", ""
    elif not never:
        test, table = "fabsf(in[i]) > $N_LARGEST", ""
    else:
        needed = ["1" if at in never else "0" for at in range(network.n_inputs)]
        table = array_text("unsigned char", "$n_needed", needed)
        test = "fabsf(in[i]) > $N_LARGEST || ($n_needed[i] && in[i] != in[i])"
    return (
        f"{table}$static int $n_refused(const float *in)\n{{\n  int i;\n  for (i = 0; i < $N_N_INPUTS; ++i)\n"
        f"    if ({test})\n      return i + 1;\n  return 0;\n}}\n"
    )


def _predict_text(network: Network, scales: bool, finishes: bool) -> str:
    """The function that users call."""
    if streams(network.topology):
        return stream_text(network, scales, finishes)
    if not network.topology.takes_vectors:
        return rows_text(network, scales, finishes)
    n_members = len(network.members)
    source, scale = ("x", "  $n_scale(in, x);\n") if scales else ("in", "")
    declared = "  float x[$N_N_INPUTS];\n" if scales else ""
    if n_members:
        declared += "  float own[$N_N_OUTPUTS];\n  double total[$N_N_OUTPUTS];\n  const float *w = $n_parameters;\n  int j, k;\n"
        layers = (
            "  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    total[j] = 0;\n"
            f"  for (k = 0; k < {n_members}; ++k) {{\n    w = $n_member(w, {source}, own);\n"
            "    for (j = 0; j < $N_N_OUTPUTS; ++j)\n      total[j] += (double)own[j];\n  }\n"
            f"  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] = (float)(total[j] / {n_members});\n"
        )
    else:
        layers = f"  $n_member($n_parameters, {source}, out);\n"
    finish = "  $n_finish(out);\n" if finishes else ""
    return (
        f"$public int $n_predict(const float *in, float *out)\n{{\n{declared}  const int refused = $n_refused(in);\n"
        f"  if (refused)\n    return refused;\n{scale}{layers}{finish}  return 0;\n}}\n"
    )


def _layers(network: Network, needs_logistic: bool) -> ChainText:
    """The tables and functions of the layers; dense ones on vectors need no other functions than their own."""
    topology = network.topology
    if not topology.takes_vectors or any(layer.kind != "dense" for layer in topology.layers):
        return chain_text(network, needs_logistic)
    members = dense_steps(network)
    floats = widest(members[0]) * min(2, len(members[0]) - 1)
    return ChainText(parameters_text(members), layers_text(members[0], needs_logistic), floats)


def float_parts(network: Network, request: ExportRequest) -> Parts:
    """The files of a network that computes in float32; ask the export's refusal() first."""
    scaling, finish = scaling_text(network), finish_text(network)
    own = _layers(network, "$n_logistic(" in scaling)
    check = check_text(network) if not network.topology.inputs.tokens else ""
    core = [own.parameters, check, own.layers, scaling, finish]
    core.append(_predict_text(network, bool(scaling), bool(finish)))
    heading = [network.layers_text, float_sizes(network, all_text(network, core)).sentence()]
    wanted = "(double)$n_test_outputs[k][j]"
    tolerance = f"fabs((double)out[j] - {wanted}) <= 1e-5 * ({_largest_spread(network):.9g} + fabs({wanted}))"
    test = network.self_test
    self_test = ""
    if test is not None:
        outputs = seen_outputs(network, test.outputs)
        self_test = (
            self_test_text(test.inputs, outputs, tolerance)
            if isinstance(test.inputs, np.ndarray)
            else samples_test_text(
                test.inputs, outputs, tolerance, network.topology.answers_rows, streams(network.topology)
            )
        )
    includes = INCLUDES if takes_characters(network) else ""
    return Parts(network, "\n".join(part for part in core if part), self_test, heading, interface_includes=includes)


def all_text(network: Network, core: list[str]) -> str:
    """What holds tables."""
    return "\n".join([*core, row_definitions(network), character_definitions(network), class_names_text(network)[1]])


def _largest_spread(network: Network) -> float:
    """What the rounding of the last sums is multiplied by, 1 at least."""
    spread = network.target_scaling.spread
    return 1.0 if spread is None else max(1.0, float(spread.max()))


def seen_outputs(network: Network, outputs: Array) -> Array:
    """The outputs of the stored self-test as people see them: calibrated."""
    return outputs if network.calibration is None else network.calibration.apply(outputs)


def float_sizes(network: Network, text: str) -> Sizes:
    """What the tables in this text and the variables of $n_predict() need."""
    topology = network.topology
    by_row = topology.takes_vectors or streams(topology)
    scaled = not network.scaling.is_identity or fill_values(network) is not None
    floats = (network.n_inputs * (1 if by_row else most_rows(network)) if scaled else 0) + _layers(
        network, False
    ).floats
    own = 12 * network.n_outputs if network.members else 0
    state = _FLOAT_BYTES * state_numbers(network) if streams(topology) else 0
    return Sizes(table_bytes(text), _FLOAT_BYTES * floats + own, state=state)
