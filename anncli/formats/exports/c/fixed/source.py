"""The C files of a network in integers, with floating point only where values come in and go out."""

from __future__ import annotations

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.c.fixed.core import core_text, hidden_width
from anncli.formats.exports.c.fixed.decision import integer_decision_text
from anncli.formats.exports.c.fixed.functions import TOP
from anncli.formats.exports.c.fixed.network import FixedNetwork, fixed_network
from anncli.formats.exports.c.fixed.twin import measured_errors, twin_outputs
from anncli.formats.exports.c.scaling import EXACT, fill_values, scaling_text
from anncli.formats.exports.c.self_test import self_test_text
from anncli.formats.exports.c.sizes import Sizes, table_bytes
from anncli.formats.exports.c.source import Parts, all_text, check_text
from anncli.formats.exports.c.text import float_array
from anncli.network.network import Network

_DECLARED = """\
/* The same in integers alone. in[k]: scaled input k times $n_in_factors[k]{scaled}, rounded, from -32767 to 32767;
   out[j] * $n_out_factors[j]{offset} is output j. */
$public void $n_predict_q(const int16_t *in, int32_t *out);
$extern const float $n_in_factors[$N_N_INPUTS];
$extern const float $n_out_factors[$N_N_OUTPUTS];
/* The integers for inputs, rounded half away from zero; $n_predict() calls it. Returns as $n_predict(). */
$public int $n_quantize(const float *in, int16_t *q);
"""

# Products are compared and cut, never added to: a fused multiply-add cannot change a bit. Comparisons are added, as processors guess branches
# on values wrong half of the time.
_QUANTIZE = f"""\
$public int $n_quantize(const float *in, int16_t *q)
{{
  int i;
  const int refused = $n_refused(in);
$DECLARED  if (refused)
    return refused;
$SCALE  for (i = 0; i < $N_N_INPUTS; ++i) {{
    const float v = $n_exact($X[i] * $n_in_factors[i]);
    const float limited = v > {TOP}.0f ? {TOP}.0f : v < -{TOP}.0f ? -{TOP}.0f : v;
    const int cut = (int)limited;
    q[i] = (int16_t)(cut + (limited >= (float)cut + 0.5f) - (limited <= (float)cut - 0.5f));
  }}
  return 0;
}}
"""

# Public, and known by the integers' users.
_TABLE = "$table const"

_PREDICT = """\
$public int $n_predict(const float *in, float *out)
{
  int16_t q[$N_N_INPUTS];
  int32_t integers[$N_N_OUTPUTS];
  int j;
  const int refused = $n_quantize(in, q);
  if (refused)
    return refused;
  $n_predict_q(q, integers);
  for (j = 0; j < $N_N_OUTPUTS; ++j)
    out[j] = $VALUE;
  return 0;
}
"""


def fixed_parts(network: Network, request: ExportRequest) -> Parts:
    """The files of a network in integers; ask the export's refusal() first."""
    fixed = fixed_network(network, request)
    scaling = scaling_text(network, fixed=True)
    exact = "" if "$n_exact(float x)" in scaling else EXACT
    value = "(float)integers[j] * $n_out_factors[j]"
    tables = float_array("$n_in_factors", fixed.factors, _TABLE) + float_array(
        "$n_out_factors", fixed.out_factors, _TABLE
    )
    if fixed.out_offsets is not None:
        tables += float_array("$n_out_offsets", fixed.out_offsets, _TABLE)
        value = f"$n_exact({value}) + $n_out_offsets[j]"
    quantize = _QUANTIZE.replace("$X", "x" if scaling else "in").replace(
        "$DECLARED", "  float x[$N_N_INPUTS];\n" if scaling else ""
    )
    quantize = quantize.replace("$SCALE", "  $n_scale(in, x);\n" if scaling else "")
    core = [tables, check_text(network), exact, scaling, core_text(fixed), quantize, _PREDICT.replace("$VALUE", value)]
    is_scaled = not network.scaling.is_identity
    declared = _DECLARED.replace("{scaled}", " (before a logistic scaling)" if fixed.has_logistic_inputs else "")
    declared = declared.replace("scaled input", "scaled input" if is_scaled else "input")
    declared = declared.replace("{offset}", "" if fixed.out_offsets is None else " + $n_out_offsets[j]")
    if fixed.out_offsets is not None:
        declared += "$extern const float $n_out_offsets[$N_N_OUTPUTS];\n"
    decided_declaration, decided = integer_decision_text(network, fixed)
    core.append(decided)
    declared += decided_declaration
    self_test = _self_test(network, fixed)
    return Parts(network, "\n".join(part for part in core if part), self_test, _heading(network, fixed, all_text(network, core)), declared, "#include <stdint.h>\n")  # fmt: skip


def _self_test(network: Network, fixed: FixedNetwork) -> str:
    """The rows of the stored self-test and what the integers give for them, bit by bit."""
    if network.self_test is None:
        return ""
    outputs = twin_outputs(fixed, network, network.self_test.vectors)
    return self_test_text(network.self_test.vectors, outputs, "out[j] == $n_test_outputs[k][j]")


def _heading(network: Network, fixed: FixedNetwork, text: str) -> list[str]:
    sums = "sums of 32 bits" if fixed.bits == 8 else "sums of 64 bits"
    return [
        f"{network.layers_text}; weights of {fixed.bits} bits, values of 16, {sums}.",
        fixed_sizes(network, fixed, text).sentence(),
        f"Ranges are from {fixed.ranges.source}. Inside them no output differs by more than",
        ", ".join(f"{bound:.3g}" for bound in fixed.bound[:16]) + (", ..." if len(fixed.bound) > 16 else "")
        + f" (worst case); on {len(fixed.ranges.rows)} rows the difference was at most {measured_errors(fixed, network).found.max():.3g}.",
    ]  # fmt: skip


def fixed_sizes(network: Network, fixed: FixedNetwork, text: str) -> Sizes:
    """What the tables in this text and the variables of $n_predict() need."""
    n_in, n_out = network.n_inputs, network.n_outputs
    inside = 2 * n_in * fixed.has_logistic_inputs + 2 * hidden_width(fixed) * min(2, len(fixed.members[0]) - 1)
    inside += 4 * n_out * (len(fixed.members) > 1)
    scaled = 4 * n_in if not network.scaling.is_identity or fill_values(network) is not None else 0
    return Sizes(table_bytes(text), 2 * n_in + 4 * n_out + max(inside, scaled))
