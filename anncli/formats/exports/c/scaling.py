"""C text of the scaling: raw inputs become network inputs, in the same float32 operations as network/scaling.py."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.text import array_text, float_array
from anncli.network.network import Network

# A product that is added to must be rounded first, or processors with a fused multiply-add give other bits. What has been in a
# volatile variable is rounded.
EXACT = """\
$static float $n_exact(float x)
{
  volatile float kept = x;
  return kept;
}
"""

_ENERGY = """\
  {
    double square = 0;
    float norm;
    for (i = 0; i < $N_N_INPUTS; ++i)
      square += (double)x[i] * (double)x[i];
    norm = square > 0 ? (float)sqrt(square) : 1.0f;
    for (i = 0; i < $N_N_INPUTS; ++i)
      x[i] /= norm;
  }
"""

_MINMAX = """\
  {
    float low = x[0], high = x[0], factor;
    for (i = 1; i < $N_N_INPUTS; ++i) {
      low = x[i] < low ? x[i] : low;
      high = x[i] > high ? x[i] : high;
    }
    factor = 0.8f / (high > low ? high - low : 1.0f);
    for (i = 0; i < $N_N_INPUTS; ++i)
      x[i] = $n_exact((x[i] - low) * factor) + 0.1f;
  }
"""

_LOGARITHMS = """\
  for (i = 0; i < $COUNT; ++i) {
    const int at = $n_log_inputs[i];
    x[at] = (float)$LOG((double)(x[at] > $n_log_floors[i] ? x[at] : $n_log_floors[i]));
  }
"""

_SOFT_CLIP = """\
  for (i = 0; i < $N_N_INPUTS; ++i) {
    const float z = x[i] < -1e9f ? -1e9f : x[i] > 1e9f ? 1e9f : x[i];
    const float third = z / 3.0f;
    x[i] = z / sqrtf($n_exact(third * third) + 1.0f);
  }
"""

# As arrays.logarithm(): the same bits everywhere, which those of a C library need not have.
_LOG = """\
$static double $n_log(double value)
{
  int exponent, k;
  volatile double kept;
  double mantissa = frexp(value, &exponent), s, square, total = 0;
  if (mantissa < 0.70710678118654757) {
    mantissa *= 2;
    exponent -= 1;
  }
  s = (mantissa - 1) / (mantissa + 1);
  square = s * s;
  for (k = 15; k > 0; k -= 2) {
    kept = total * square;
    total = kept + 1.0 / k;
  }
  kept = 2 * s * total;
  total = kept;
  kept = exponent * 0.69314718055994529;
  return kept + total;
}
"""


def scaling_text(network: Network, fixed: bool = False) -> str:
    """The function that writes scaled inputs, and its tables; '' where there is nothing to do.

    fixed: for the core of integers, which takes the logistic function on itself.
    """
    scaling, filled = network.scaling, fill_values(network)
    if scaling.is_identity and filled is None:
        return ""
    tables, body = "", []
    if scaling.per_vector != "none":
        body.append(_ENERGY if scaling.per_vector == "energy" else _MINMAX)
    if taken := scaling.of_logarithms:
        assert scaling.log_floor is not None
        tables += array_text("int", "$n_log_inputs", map(str, taken))
        tables += float_array("$n_log_floors", scaling.log_floor[taken])
        body.append(_LOGARITHMS.replace("$COUNT", str(len(taken))).replace("$LOG", "$n_log"))
        tables += _LOG
    if scaling.add is not None and scaling.multiply is not None:
        tables += float_array("$n_add", scaling.add) + float_array("$n_multiply", scaling.multiply)
        body.append("  for (i = 0; i < $N_N_INPUTS; ++i)\n    x[i] = (x[i] + $n_add[i]) * $n_multiply[i];\n")
    if scaling.activation == "logistic" and not fixed:
        body.append("  for (i = 0; i < $N_N_INPUTS; ++i)\n    x[i] = $n_logistic(x[i]);\n")
    elif scaling.activation == "soft-clip":
        body.append(_SOFT_CLIP)
    return tables + _function(body, filled)


def _function(body: list[str], filled: Array | None) -> str:
    text, copy = "", "in[i]"
    if filled is not None:
        text, copy = float_array("$n_fill", filled), "in[i] != in[i] ? $n_fill[i] : in[i]"
    joined = "".join(body)
    return (EXACT if "$n_exact" in joined else "") + text + (
        "/* Raw inputs become the inputs of the first layer. */\n"
        "$static void $n_scale(const float *in, float *x)\n{\n  int i;\n"
        f"  for (i = 0; i < $N_N_INPUTS; ++i)\n    x[i] = {copy};\n{joined}}}\n"
    )  # fmt: skip


def fill_values(network: Network) -> Array | None:
    """float32 (n_inputs,), what takes the place of a missing input (0 where nothing does), or None where none is filled; only for
    columns of numbers as they stand."""
    encoder = network.encoder
    if encoder is None or not encoder.is_plain or not any(map(encoder.may_miss, encoder.columns)):
        return None
    return np.array([column.fill or 0 for column in encoder.columns], dtype=np.float32)


def unfilled(network: Network) -> list[int]:
    """The inputs, from 0, that may not be missing, where some may; []: the same holds for all."""
    encoder = network.encoder
    if encoder is None or fill_values(network) is None:
        return []
    return [at for at, column in enumerate(encoder.columns) if not encoder.may_miss(column)]
