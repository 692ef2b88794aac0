"""C text of the integer arithmetic: sums, activations by tables, and the functions that lead there and back."""

from __future__ import annotations

import numpy as np

from anncli.formats.exports.c.fixed.functions import (
    FUNCTIONS,
    GRIDS,
    POWERS,
    SOFTSIGN_ONE,
    TOP,
    powers_of_two,
    table_of,
)
from anncli.formats.exports.c.fixed.layers import MOST, FixedLayer
from anncli.formats.exports.c.fixed.network import FixedNetwork
from anncli.formats.exports.c.fixed.twin import LEAK, LEAK_BITS
from anncli.formats.exports.c.text import array_text, filled, integer_array

_SHIFT = f"""\
/* x / 2^shift, rounded down. C leaves open what the right shift of a negative number is; where it is something else, such numbers are
   shifted with all bits turned over. */
$static int64_t $n_down(int64_t x, int shift)
{{
#if (-1 >> 1) == -1
  return x >> shift;
#else
  return x < 0 ? ~(~x >> shift) : x >> shift;
#endif
}}
/* x / 2^shift, rounded half up, within +-2^{MOST.bit_length() - 1}. */
$static int32_t $n_shifted(int64_t x, int shift)
{{
  x = $n_down(x + ((int64_t)1 << (shift - 1)), shift);
  return (int32_t)(x > {MOST} ? {MOST} : x < -{MOST} ? -{MOST} : x);
}}
"""

_WITHIN = """\
$static int32_t $n_within(int32_t x, int32_t top)
{
  return x > top ? top : x < -top ? -top : x;
}
"""

_SUM_8 = """\
/* The sum before an activation: no partial sum leaves 32 bits, whatever the inputs are. */
$static int32_t $n_sum(const int8_t *w, const int16_t *in, int n, int32_t bias, int32_t multiplier, int shift)
{
  int32_t sum = 0;
  int i;
  for (i = 0; i < n; ++i)
    sum += (int32_t)w[i] * in[i];
  return $n_shifted((int64_t)(sum + bias) * multiplier, shift);
}
"""

_SUM_16 = """\
/* The sum before an activation: no partial sum leaves 64 bits, and none 32 after the first shift. */
$static int32_t $n_sum(const int16_t *w, const int16_t *in, int n, int pre, int32_t bias, int32_t multiplier, int shift)
{
  int64_t sum = 0;
  int i;
  for (i = 0; i < n; ++i)
    sum += (int32_t)w[i] * in[i];
  return $n_shifted(($n_down(sum, pre) + bias) * multiplier, shift);
}
"""

_LOOK_UP = """\
/* An entry of a table, with a line between two entries; distance: 0 or more. */
$static int32_t $n_looked_up(const int16_t *table, int32_t distance)
{
  const int32_t at = distance >> $STEP;
  if (at >= $INTERVALS)
    return table[$INTERVALS];
  return table[at] + (int32_t)$n_down((table[at + 1] - table[at]) * (distance & $MASK) + $HALF, $STEP);
}
"""

_TANH = """\
$static int32_t $n_tanh(int32_t z)
{
  return z < 0 ? -$n_looked_up($n_tanh_table, -z) : $n_looked_up($n_tanh_table, z);
}
"""

_HALF = f"""\
$static int32_t $n_logistic(int32_t z)
{{
  return ({TOP} + $n_tanh(z) + 1) >> 1;
}}
"""

_SOFTSIGN = f"""\
$static int32_t $n_softsign(int32_t z)
{{
  const uint32_t below = {SOFTSIGN_ONE}u + (uint32_t)(z < 0 ? -z : z);
  const int32_t rest = (int32_t)(({TOP * SOFTSIGN_ONE}u + below / 2) / below);
  return z < 0 ? rest - {TOP} : z > 0 ? {TOP} - rest : 0;
}}
"""

_POWERS = """\
/* 2^(-distance / 2^16) in units of 2^-25. */
$static int32_t $n_power(uint32_t distance)
{
  const uint32_t at = (distance & 65535u) >> 10, rest = distance & 1023u;
  const uint32_t here = $n_powers[at], next = $n_powers[at + 1];
  return distance >> 16 > 31 ? 0 : (int32_t)(((here << 10) - (here - next) * rest) >> (distance >> 16));
}
"""

_SOFTMAX = """\
$static void $n_softmax(int32_t *z, int n)
{
  int32_t most = z[0];
  uint32_t sum = 0;
  int j;
  for (j = 1; j < n; ++j)
    most = z[j] > most ? z[j] : most;
  for (j = 0; j < n; ++j) {
    z[j] = ($n_power((uint32_t)most - (uint32_t)z[j]) + 512) >> 10;
    sum += (uint32_t)z[j];
  }
  for (j = 0; j < n; ++j)
    z[j] = (int32_t)((((uint32_t)z[j] << 16) + sum / 2) / sum);
}
"""

_CURVE = """\
$static int32_t $n_calibrated(int32_t score)
{
  int low = 0, high = $COUNT - 1, middle;
  int64_t width, rise;
  if (score < $n_scores[0])
    return $n_probabilities[0];
  if (score >= $n_scores[high])
    return $n_probabilities[high];
  while (high - low > 1) {
    middle = (low + high) / 2;
    if ($n_scores[middle] <= score)
      low = middle;
    else
      high = middle;
  }
  width = (int64_t)$n_scores[low + 1] - $n_scores[low];
  rise = ((int64_t)$n_probabilities[low + 1] - $n_probabilities[low]) * ((int64_t)score - $n_scores[low]);
  return $n_probabilities[low] + (int32_t)((2 * rise + width) / (2 * width));
}
"""


def core_text(fixed: FixedNetwork) -> str:
    """Tables and functions of integers, last $n_integers(const int16_t *in, int32_t *out)."""
    layers = [layer for own in fixed.members for layer in own]
    text = _SHIFT + (_SUM_8 if fixed.bits == 8 else _SUM_16)
    if any(layer.function.kind in ("line", "relu", "leaky", "elu", "even") for layer in layers):
        text += _WITHIN
    text += _activations(
        {layer.activation for layer in layers} | ({"logistic"} if fixed.has_logistic_inputs else set()), fixed.bits
    )
    for number, own in enumerate(fixed.members):
        for at, layer in enumerate(own):
            text += _layer(layer, f"{number}_{at}", fixed.bits, at == len(own) - 1)
    if fixed.curve is not None:
        text += integer_array("$n_scores", fixed.curve.scores, 32)
        text += integer_array("$n_probabilities", fixed.curve.probabilities, 32)
        text += _CURVE.replace("$COUNT", str(len(fixed.curve.scores)))
    return text + _integers(fixed)


def _activations(names: set[str], bits: int) -> str:
    """The functions and tables that these activations need."""
    kinds = {FUNCTIONS[name].kind for name in names}
    grid, text = GRIDS[bits], ""
    if kinds & {"tanh", "half", "elu", "even"}:
        step = grid.step_bits
        values = {"$STEP": step, "$INTERVALS": grid.intervals, "$MASK": (1 << step) - 1, "$HALF": 1 << (step - 1)}
        text += filled(_LOOK_UP, values)
    if kinds & {"tanh", "half"}:
        table = table_of(FUNCTIONS["tanh"], bits)
        assert table is not None
        text += integer_array("$n_tanh_table", table, 16) + _TANH
    for name in sorted(names):
        if FUNCTIONS[name].kind in ("elu", "even"):
            table = table_of(FUNCTIONS[name], bits)
            assert table is not None
            text += integer_array(_table_name(name), table, 16)
    text += (_HALF if "half" in kinds else "") + (_SOFTSIGN if "softsign" in kinds else "")
    if kinds & {"softmax", "exp"}:
        text += array_text("uint16_t", "$n_powers", map(str, powers_of_two().tolist())) + _POWERS
        assert len(powers_of_two()) == POWERS + 1
    return text + (_SOFTMAX if "softmax" in kinds else "")


def _table_name(activation: str) -> str:
    return f"$n_{activation.replace('-', '_')}_table"


def _layer(layer: FixedLayer, mark: str, bits: int, is_last: bool) -> str:
    """The numbers of a layer and its function."""
    n_in, units = layer.weights.shape
    names = {name: f"$n_{name}_{mark}" for name in ("weights", "biases", "multipliers", "shifts")}
    text = integer_array(names["weights"], np.ascontiguousarray(layer.weights.T), bits)
    text += integer_array(names["biases"], layer.biases, 32) + integer_array(
        names["multipliers"], layer.multipliers, 32
    )
    text += integer_array(names["shifts"], layer.shifts, 8)
    pre = "" if bits == 8 else f"{layer.pre}, "
    kind, cast = ("int32_t", "") if is_last else ("int16_t", "(int16_t)")
    value, before = _value(layer)
    after = f"  $n_softmax(out, {units});\n" if layer.activation == "softmax" else ""
    return text + (
        f"$static void $n_layer_{mark}(const int16_t *in, {kind} *out)\n{{\n  int j;\n  for (j = 0; j < {units}; ++j) {{\n"
        f"    int32_t z = $n_sum({names['weights']} + j * {n_in}, in, {n_in}, {pre}{names['biases']}[j], {names['multipliers']}[j], {names['shifts']}[j]);\n"
        f"{before}    out[j] = {cast}{value};\n  }}\n{after}}}\n"
    )


def _value(layer: FixedLayer) -> tuple[str, str]:
    """The C expression of the value of `z`, and the lines before it."""
    kind = layer.function.kind
    plain = {"tanh": "$n_tanh(z)", "half": "$n_logistic(z)", "softsign": "$n_softsign(z)", "softmax": "z"}
    if kind in plain:
        return plain[kind], ""
    if kind == "exp":
        return f"$n_power(z < {layer.peak} ? (uint32_t){layer.peak} - (uint32_t)z : 0u)", ""
    before = ""
    if kind == "relu":
        before = "    z = z > 0 ? z : 0;\n"
    elif kind == "leaky":
        before = f"    z = z > 0 ? z : $n_shifted((int64_t)z * {LEAK}, {LEAK_BITS});\n"
    elif kind == "elu":
        before = f"    z = z > 0 ? z : $n_looked_up({_table_name(layer.activation)}, -z);\n"
    elif kind == "even":
        table = _table_name(layer.activation)
        before = f"    z = z > 0 ? z + $n_looked_up({table}, z) : $n_looked_up({table}, -z);\n"
    if layer.rescale is not None:
        before += f"    z = $n_shifted((int64_t)z * {layer.rescale[0]}, {layer.rescale[1]});\n"
    return f"$n_within(z, {layer.top})", before


def _integers(fixed: FixedNetwork) -> str:
    """All members one after the other, their sum, and calibration."""
    n_members, widest = len(fixed.members), hidden_width(fixed)
    declared = ""
    source = "in"
    lines = []
    if fixed.has_logistic_inputs:
        declared, source = "  int16_t x[$N_N_INPUTS];\n", "x"
        scale = 1 << (GRIDS[fixed.bits].bits - 15)
        lines.append(
            f"  for (j = 0; j < $N_N_INPUTS; ++j)\n    x[j] = (int16_t)$n_logistic((int32_t)in[j] * {scale});\n"
        )
    buffers = ["a", "b"][: len(fixed.members[0]) - 1]
    if buffers:
        declared += f"  int16_t {', '.join(f'{name}[{widest}]' for name in buffers)};\n"
    if n_members > 1:
        declared += "  int32_t own[$N_N_OUTPUTS];\n"
        lines.append("  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] = 0;\n")
    for number, own in enumerate(fixed.members):
        below = source
        for at in range(len(own)):
            target = ("own" if n_members > 1 else "out") if at == len(own) - 1 else buffers[at % 2]
            lines.append(f"  $n_layer_{number}_{at}({below}, {target});\n")
            below = target
        if n_members > 1:
            lines.append("  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] += own[j];\n")
    if fixed.curve is not None:
        lines.append("  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] = $n_calibrated(out[j]);\n")
    body = "".join(lines)
    counter = "  int j;\n" if "(j = 0" in body else ""
    return f"$public void $n_predict_q(const int16_t *in, int32_t *out)\n{{\n{declared}{counter}{body}}}\n"


def hidden_width(fixed: FixedNetwork) -> int:
    return max((len(layer.biases) for own in fixed.members for layer in own[:-1]), default=0)
