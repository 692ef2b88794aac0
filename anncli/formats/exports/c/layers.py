"""C text of the layers in floating point: sums, activations, members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.text import float_array
from anncli.formats.exports.steps import DenseStep

# Units whose sums are built side by side, and inputs that are summed before they are added to the rest: an error grows with the
# number of terms.
BLOCK = 8
_PIECE = 64

# Compilers make vectors of such loops at some levels of optimisation and spoil them at others, so that it is said where they know how.
#: The function of one dense layer, without its activation.
DENSE = f"""\
#if defined(__GNUC__) && (defined(__SSE__) || defined(__ARM_NEON)) && !defined($N_SCALAR)
typedef float $n_four __attribute__((vector_size(16), aligned(4), may_alias));
/* Adds to out[{BLOCK}] the products of n inputs and their weights, {BLOCK} for each input. */
$static void $n_block(const float *w, int n, const float *in, float *out)
{{
  $n_four *target = ($n_four *)out;
  $n_four a = {{0, 0, 0, 0}}, b = a, c = a, d = a;
  int i;
  for (i = 0; i + 1 < n; i += 2) {{
    const $n_four *v = (const $n_four *)(w + {BLOCK} * i);
    const float x = in[i], y = in[i + 1];
    a += x * v[0];
    b += x * v[1];
    c += y * v[2];
    d += y * v[3];
  }}
  if (i < n) {{
    const $n_four *v = (const $n_four *)(w + {BLOCK} * i);
    a += in[i] * v[0];
    b += in[i] * v[1];
  }}
  target[0] += a + c;
  target[1] += b + d;
}}
#else
$static void $n_block(const float *w, int n, const float *in, float *out)
{{
  float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
  int i;
  for (i = 0; i < n; ++i, w += {BLOCK}) {{
    const float x = in[i];
    s0 += x * w[0];
    s1 += x * w[1];
    s2 += x * w[2];
    s3 += x * w[3];
    s4 += x * w[4];
    s5 += x * w[5];
    s6 += x * w[6];
    s7 += x * w[7];
  }}
  out[0] += s0;
  out[1] += s1;
  out[2] += s2;
  out[3] += s3;
  out[4] += s4;
  out[5] += s5;
  out[6] += s6;
  out[7] += s7;
}}
#endif
/* out[j] = bias[j] + sum over i of in[i] * weight; returns where the next layer's numbers begin.
   Weights: {BLOCK} units side by side for each input, then each of the remaining units; then the biases. Sums are made of pieces of {_PIECE}
   inputs, which keeps their rounding small. */
$static const float *$n_dense(const float *w, int n_in, int n_out, const float *in, float *out)
{{
  const float *bias = w + n_in * n_out;
  int i, j, n;
  for (j = 0; j < n_out; ++j)
    out[j] = bias[j];
  for (j = 0; j + {BLOCK} <= n_out; j += {BLOCK})
    for (i = 0; i < n_in; i += n, w += {BLOCK} * n) {{
      n = n_in - i > {_PIECE} ? {_PIECE} : n_in - i;
      $n_block(w, n, in + i, out + j);
    }}
  for (; j < n_out; ++j, w += n_in) {{
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (i = 0; i + 3 < n_in; i += 4) {{
      s0 += in[i] * w[i];
      s1 += in[i + 1] * w[i + 1];
      s2 += in[i + 2] * w[i + 2];
      s3 += in[i + 3] * w[i + 3];
    }}
    for (; i < n_in; ++i)
      s0 += in[i] * w[i];
    out[j] += (s0 + s1) + (s2 + s3);
  }}
  return bias + n_out;
}}
"""

_LOGISTIC = """\
$static float $n_logistic(float z)
{
  const float e = expf(-fabsf(z)); /* never above 1 */
  return z >= 0 ? 1.0f / (1.0f + e) : e / (1.0f + e);
}
"""

_SOFTMAX = """\
$static void $n_softmax(float *z, int n)
{
  float most = z[0], sum = 0;
  int j;
  for (j = 1; j < n; ++j)
    most = z[j] > most ? z[j] : most;
  for (j = 0; j < n; ++j)
    sum += z[j] = expf(z[j] - most);
  for (j = 0; j < n; ++j)
    z[j] /= sum;
}
"""

_SOFTMAX_ROWS = """\
$static void $n_softmax_rows(float *z, int n, int columns)
{
  int i;
  for (i = 0; i < n; ++i)
    $n_softmax(z + columns * i, columns);
}
"""

# Formulas as network/activations has them, of `z`.
_FORMULAS = {
    "logistic": "$n_logistic(z)",
    "tanh": "tanhf(z)",
    "bipolar-sigmoid": "tanhf(z / 2.0f)",
    "lecun-tanh": "1.7159f * tanhf(0.666666687f * z)",
    "relu": "z > 0 ? z : 0.0f",
    "leaky-relu": "z > 0 ? z : 0.01f * z",
    "elu": "z > 0 ? z : expm1f(z)",
    "gelu": "z * ((1.0f + erff(z * 0.707106769f)) * 0.5f)",
    "gelu-tanh": "z / 2.0f * (1.0f + tanhf(0.797884583f * (z + 0.0447149985f * z * z * z)))",
    "silu": "z * $n_logistic(z)",
    "softplus": "(z > 0 ? z : 0.0f) + log1pf(expf(-fabsf(z)))",
    "softsign": "z / (1.0f + fabsf(z))",
    "exp": "expf(z < 88.0f ? z : 88.0f)",
}
ACTIVATIONS = ("linear", "softmax", *_FORMULAS)


def blocked(weights: Array) -> Array:
    """The weights (n_in, units) as the C function reads them, one after the other."""
    n_in, units = weights.shape
    full = units - units % BLOCK
    blocks = weights[:, :full].reshape(n_in, full // BLOCK, BLOCK).transpose(1, 0, 2)
    return np.concatenate([blocks.ravel(), weights[:, full:].T.ravel()])


def parameters_text(members: list[list[DenseStep]]) -> str:
    """The numbers of all layers of all members in one array."""
    parts = [part for steps in members for step in steps for part in (blocked(step.weights), step.biases)]
    return float_array("$n_parameters", np.concatenate(parts))


def layers_text(steps: list[DenseStep], needs_logistic: bool) -> str:
    """The functions that compute one member from scaled inputs; needs_logistic: the scaling uses it too."""
    used = list(dict.fromkeys(step.activation for step in steps))
    return DENSE + activation_text(used, needs_logistic) + "\n" + _member(steps)


def activation_call(activation: str, pointer: str, rows: str, columns: int) -> str:
    """The statement that computes the activation of rows of values in place."""
    if activation == "softmax" and rows != "1":
        return f"$n_softmax_rows({pointer}, {rows}, {columns});"
    count = str(columns) if rows == "1" else f"{rows} * {columns}"
    return f"{'$n_softmax' if activation == 'softmax' else activation_function(activation)}({pointer}, {count});"


def activation_text(used: Sequence[str], needs_logistic: bool, of_rows: bool = False) -> str:
    """The functions of these activations, each behind an empty line; of_rows: the softmax of several rows too."""
    text = ""
    if needs_logistic or any("$n_logistic" in _FORMULAS.get(name, "") for name in used):
        text += "\n" + _LOGISTIC
    for name in used:
        if name == "softmax":
            text += "\n" + _SOFTMAX + ("\n" + _SOFTMAX_ROWS if of_rows else "")
        elif name != "linear":
            text += "\n" + _loop(name)
    return text


def activation_function(activation: str) -> str:
    """The name of the function that computes an activation in place, for any but linear and softmax."""
    return f"$n_{activation.replace('-', '_')}_layer"


def _loop(activation: str) -> str:
    return f"""\
$static void {activation_function(activation)}(float *values, int n)
{{
  int j;
  for (j = 0; j < n; ++j) {{
    const float z = values[j];
    values[j] = {_FORMULAS[activation]};
  }}
}}
"""


def widest(steps: list[DenseStep]) -> int:
    """The number of values that a buffer between two layers holds; 0 for one layer."""
    return max((len(step.biases) for step in steps[:-1]), default=0)


def _member(steps: list[DenseStep]) -> str:
    """Each layer reads one buffer and writes the other; the last one writes the outputs."""
    buffers = ["a", "b"][: len(steps) - 1]
    lines = [f"  float {', '.join(f'{name}[{widest(steps)}]' for name in buffers)};"] if buffers else []
    source = "x"
    for number, step in enumerate(steps):
        n_in, units = step.weights.shape
        target = "out" if number == len(steps) - 1 else buffers[number % 2]
        lines.append(f"  w = $n_dense(w, {n_in}, {units}, {source}, {target});")
        if step.activation != "linear":
            name = "$n_softmax" if step.activation == "softmax" else activation_function(step.activation)
            lines.append(f"  {name}({target}, {units});")
        source = target
    return (
        "/* The layers of one network, from scaled inputs x; returns where the next network's numbers begin. */\n"
        "$static const float *$n_member(const float *w, const float *x, float *out)\n{\n"
        + "\n".join(lines)
        + "\n  return w;\n}\n"
    )
