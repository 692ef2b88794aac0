"""C text for networks that take the rows or tokens of a sample one by one: the state of a stream, a step, and a whole sample as steps."""

from __future__ import annotations

from anncli.formats.exports.c.several_rows import REFUSED_TOKENS
from anncli.formats.exports.c.text import filled
from anncli.formats.exports.steps import reduction
from anncli.network.network import Network
from anncli.network.topology import Topology


def kept_numbers(topology: Topology) -> int:
    """How many numbers a stream keeps of one network; ask streams() first."""
    at = reduction(topology)
    own = sum(layer.state_width for layer in topology.layers[:at] if layer.carries)
    is_sum = at < len(topology.layers) and topology.layers[at].kind != "last"
    return own + (topology.sizes[at] + 1 if is_sum else 0)


def last_kept(topology: Topology) -> int:
    """The number, from 1, of the last layer that keeps something from row to row: those behind it only answer."""
    at = reduction(topology)
    if at < len(topology.layers) and topology.layers[at].kind != "last":
        return at + 1
    return max(number for number, layer in enumerate(topology.layers[:at], 1) if layer.carries)


def state_numbers(network: Network) -> int:
    """How many numbers a stream keeps of a network or of all members of an ensemble."""
    return kept_numbers(network.topology) * max(1, len(network.members))


_STATE = """\
/* What the network keeps of the {rows} so far, as numbers: a copy of it is a way back to this {row}. Zeros are the state before the first {row}. */
typedef struct {{
  float values[{kept}];
}} $n_state;
/* The state before the first {row}. */
$public void $n_reset($n_state *state);
"""

_OF_ROWS = """\
/* Takes the next row [$N_N_INPUTS] and gives the outputs [$N_N_OUTPUTS] {what}; nothing where `out` is a null pointer, which saves the
   layers that only answer. Returns 0, or the number (from 1) of the first input that is not finite; the state and the outputs are
   then left as they are. */
$public int $n_step($n_state *state, const float *row, float *out);
#define $N_MIN_ROWS {least}
/* The outputs {outputs} for one sample of n rows [$N_N_INPUTS] one after the other, which are as many steps from the start.
   Returns 0; the number (from 1) of the first input that is not finite; or -1 where n is below $N_MIN_ROWS. The outputs are then left
   as they are. */
$public int $n_predict_rows(const float *rows, int n, float *out);
"""

_OF_TOKENS = """\
/* Takes the next token, an index from 0 to $N_N_INPUTS - 1 and its value, and gives the outputs [$N_N_OUTPUTS] {what}; nothing where `out`
   is a null pointer, which saves the layers that only answer. Returns 0, or 1 for an index out of range or a value that is not finite;
   the state and the outputs are then left as they are. */
$public int $n_step($n_state *state, int index, float value, float *out);
#define $N_MIN_ROWS {least}
/* The outputs {outputs} for one sample of n tokens, which are as many steps from the start. Returns 0; the number (from 1) of the first
   token whose index is out of range or whose value is not finite; or -1 where n is below $N_MIN_ROWS. The outputs are then left as they are. */
$public int $n_predict_tokens(const int *indices, const float *values, int n, float *out);
"""


def stream_declarations(network: Network) -> str:
    """What may be called."""
    topology = network.topology
    of_tokens, has_reduction = topology.inputs.tokens, reduction(topology) < len(topology.layers)
    row = "token" if of_tokens else "row"
    what = f"for all {row}s so far" if has_reduction else "for it"
    text = _STATE.format(row=row, rows=f"{row}s", kept=state_numbers(network))
    outputs = "[$N_N_OUTPUTS]" if has_reduction else "[n][$N_N_OUTPUTS]"
    return text + (_OF_TOKENS if of_tokens else _OF_ROWS).format(what=what, least=topology.least_rows, outputs=outputs)


_RESET = """\
$public void $n_reset($n_state *state)
{{
  int i;
  for (i = 0; i < {kept}; ++i)
    state->values[i] = 0;
}}
"""

_MEMBERS = """\
  for (k = 0; k < {n_members}; ++k) {{
    w = $n_member(w, {given}, state->values + {kept} * k, out ? own : out);
    for (j = 0; out && j < $N_N_OUTPUTS; ++j)
      total[j] += (double)own[j];
  }}
  for (j = 0; out && j < $N_N_OUTPUTS; ++j)
    out[j] = (float)(total[j] / {n_members});
"""

_STEP = """\
$public int $n_step($n_state *state, {parameters}, float *out)
{{
  const int refused = $n_refused({checked});
  if (refused)
    return refused;
  $n_take(state, {passed}, out);
  return 0;
}}
"""

_WHOLE = """\
$public int $n_predict_{rows}({parameters}, int n, float *out)
{{
  $n_state state;
  int i, refused;
  if (n < $N_MIN_ROWS)
    return -1;
{check}  $n_reset(&state);
  for (i = 0; i < n; ++i)
    $n_take(&state, {at}, {target});
  return 0;
}}
"""

_CHECK_ROWS = """\
  for (i = 0; i < n; ++i) {
    refused = $n_refused(rows + i * $N_N_INPUTS);
    if (refused)
      return i * $N_N_INPUTS + refused;
  }
"""
_CHECK_TOKENS = """\
  refused = $n_refused(indices, values, n);
  if (refused)
    return refused;
"""


def stream_text(network: Network, scales: bool, finishes: bool) -> str:
    """The definitions; $n_member() stands before them."""
    of_tokens, answers_rows = network.topology.inputs.tokens, network.topology.answers_rows
    target = "out + i * $N_N_OUTPUTS" if answers_rows else "i == n - 1 ? out : 0"
    if of_tokens:
        step = {"parameters": "int index, float value", "checked": "&index, &value, 1", "passed": "&index, &value"}
        whole = {"rows": "tokens", "parameters": "const int *indices, const float *values", "check": _CHECK_TOKENS}
        at = "indices + i, values + i"
    else:
        step = {"parameters": "const float *row", "checked": "row", "passed": "row"}
        whole = {"rows": "rows", "parameters": "const float *rows", "check": _CHECK_ROWS}
        at = "rows + i * $N_N_INPUTS"
    checks = REFUSED_TOKENS if of_tokens else ""
    take = _take_text(network, scales, finishes)
    return (
        checks
        + take
        + _RESET.format(kept=state_numbers(network))
        + _STEP.format(**step)
        + _WHOLE.format(**whole, at=at, target=target)
    )


def _take_text(network: Network, scales: bool, finishes: bool) -> str:
    """The function that takes a row or token which nothing is wrong with."""
    of_tokens, n_members = network.topology.inputs.tokens, len(network.members)
    given = "indices, values" if of_tokens else "x" if scales else "row"
    lines = ["  float x[$N_N_INPUTS];\n"] if scales else []
    if n_members:
        lines.append(
            "  float own[$N_N_OUTPUTS];\n  double total[$N_N_OUTPUTS] = {0};\n  const float *w = $n_parameters;\n  int j, k;\n"
        )
    lines += ["  $n_scale(row, x);\n"] if scales else []
    if n_members:
        lines.append(_MEMBERS.format(n_members=n_members, given=given, kept=kept_numbers(network.topology)))
    else:
        lines.append(f"  $n_member($n_parameters, {given}, state->values, out);\n")
    lines += ["  if (out)\n    $n_finish(out);\n"] if finishes else []
    parameters = "const int *indices, const float *values" if of_tokens else "const float *row"
    return (
        "/* A step whose inputs are finite. */\n"
        f"$static void $n_take($n_state *state, {parameters}, float *out)\n{{\n{''.join(lines)}}}\n"
    )


_STEPS = """\
    {
      $n_state state;
      float out[$N_N_OUTPUTS];
      $n_reset(&state);
      for (k = 0; k < n; ++k)
        if ($n_step(&state, $GIVEN, out) || ($IS_ANSWER && memcmp(out, outputs + $AT * $N_N_OUTPUTS, sizeof out) != 0)) {
$OTHERWISE        }
    }
"""


def steps_check(given: str, answers_rows: bool, otherwise: str) -> str:
    """Lines of a program that take the n rows of a sample one by one: they must give the bits of the whole sample, its `outputs`.

    Args: given: what a step takes of row k; otherwise: the lines for other bits.
    """
    is_answer, at = ("1", "k") if answers_rows else ("k == n - 1", "0")
    values = {"$GIVEN": given, "$IS_ANSWER": is_answer, "$AT": at, "$OTHERWISE": otherwise}
    return filled(_STEPS, values)
