"""C text for networks whose samples have several rows or tokens: what may be called, and how one sample is computed."""

from __future__ import annotations

import numpy as np

from anncli.network.network import Network

_MOST_ROWS = 128

_ROWS = """\
/* The most rows of a sample. Define another number before this file is compiled; the buffers grow with it. */
#ifndef $N_MAX_ROWS
#define $N_MAX_ROWS {most}
#endif
#define $N_MIN_ROWS {least}
/* The outputs {outputs} for one sample of n rows [$N_N_INPUTS] one after the other. Returns 0; the number (from 1) of the first input that
   is not finite; or -1 where n is not $N_MIN_ROWS to $N_MAX_ROWS. The outputs are then left as they are. */
$public int $n_predict_rows(const float *rows, int n, float *out);
"""

_TOKENS = """\
/* The most tokens of a sample. Define another number before this file is compiled; the buffers grow with it. */
#ifndef $N_MAX_ROWS
#define $N_MAX_ROWS {most}
#endif
#define $N_MIN_ROWS {least}
/* The outputs {outputs} for one sample of n tokens: indices from 0 to $N_N_INPUTS - 1, each with its value. Returns 0; the number (from 1) of
   the first token whose index is out of range or whose value is not finite; or -1 where n is not $N_MIN_ROWS to $N_MAX_ROWS. The outputs are
   then left as they are. */
$public int $n_predict_tokens(const int *indices, const float *values, int n, float *out);
"""

#: The function that finds a token that is none.
REFUSED_TOKENS = """\
$static int $n_refused(const int *indices, const float *values, int n)
{
  int i;
  for (i = 0; i < n; ++i)
    if (indices[i] < 0 || indices[i] >= $N_N_INPUTS || !(fabsf(values[i]) <= $N_LARGEST))
      return i + 1;
  return 0;
}
"""

_MEMBERS = """\
  for (j = 0; j < n_out; ++j)
    total[j] = 0;
  for (k = 0; k < {n_members}; ++k) {{
    w = $n_member(w, {given}, n, own);
    for (j = 0; j < n_out; ++j)
      total[j] += (double)own[j];
  }}
  for (j = 0; j < n_out; ++j)
    out[j] = (float)(total[j] / {n_members});
"""


def most_rows(network: Network) -> int:
    """The most rows or tokens of a sample, unless the user of the file defines another number: enough for the self-test."""
    stored = network.self_test
    longest = (
        0 if stored is None or isinstance(stored.inputs, np.ndarray) else int(stored.inputs.lengths.max(initial=0))
    )
    return max(_MOST_ROWS, longest)


def declarations(network: Network) -> str:
    """What may be called for one sample."""
    least = network.topology.least_rows
    outputs = "[n][$N_N_OUTPUTS]" if network.topology.answers_rows else "[$N_N_OUTPUTS]"
    text = _TOKENS if network.topology.inputs.tokens else _ROWS
    return text.format(most=most_rows(network), least=least, outputs=outputs)


def rows_text(network: Network, scales: bool, finishes: bool) -> str:
    """The definition of the function for one sample."""
    of_tokens, n_members = network.topology.inputs.tokens, len(network.members)
    name, given = ("predict_tokens", "indices, values") if of_tokens else ("predict_rows", "x" if scales else "rows")
    parameters = "const int *indices, const float *values" if of_tokens else "const float *rows"
    n_out = "n * $N_N_OUTPUTS" if network.topology.answers_rows else "$N_N_OUTPUTS"
    most = "$N_MAX_ROWS * $N_N_OUTPUTS" if network.topology.answers_rows else "$N_N_OUTPUTS"
    lines = ["  float x[$N_MAX_ROWS * $N_N_INPUTS];"] if scales else []
    if n_members:
        lines += [
            f"  float own[{most}];",
            f"  double total[{most}];",
            "  const float *w = $n_parameters;",
            "  int j, k;",
        ]
        lines += [f"  const int n_out = {n_out};"]
    lines += ["  int i, refused;", "  if (n < $N_MIN_ROWS || n > $N_MAX_ROWS)", "    return -1;"]
    if of_tokens:
        lines += ["  refused = $n_refused(indices, values, n);", "  if (refused)", "    return refused;"]
    else:
        lines += [
            "  for (i = 0; i < n; ++i) {",
            "    refused = $n_refused(rows + i * $N_N_INPUTS);",
            "    if (refused)",
        ]
        lines += ["      return i * $N_N_INPUTS + refused;", "  }"]
    if scales:
        lines += ["  for (i = 0; i < n; ++i)", "    $n_scale(rows + i * $N_N_INPUTS, x + i * $N_N_INPUTS);"]
    layers = (
        _MEMBERS.format(n_members=n_members, given=given)
        if n_members
        else f"  $n_member($n_parameters, {given}, n, out);\n"
    )
    last = "\n".join(lines) + "\n" + layers
    if finishes:
        last += f"  for (i = 0; i < {n_out}; i += $N_N_OUTPUTS)\n    $n_finish(out + i);\n"
    elif of_tokens:
        last = last.replace("  int i, refused;", "  int refused;")
    check = REFUSED_TOKENS if of_tokens else ""
    return f"{check}$public int $n_{name}({parameters}, int n, float *out)\n{{\n{last}  return 0;\n}}\n"
