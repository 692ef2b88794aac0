"""C text of the self-test: rows and what the network gives for them, and a main() that compares."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.formats.exports.c.stream import steps_check
from anncli.formats.exports.c.text import array_text, filled, float_array, float_text

_MAIN = """\
int main(void)
{
  int failed = 0, j, k;
  for (k = 0; k < $COUNT; ++k) {
    float out[$N_N_OUTPUTS];
    if ($n_predict($n_test_inputs[k], out)) {
      printf("row %d was refused\\n", k + 1);
      failed = 1;
      continue;
    }
    for (j = 0; j < $N_N_OUTPUTS; ++j)
      if (!($TEST)) {
        printf("row %d, output %d: %.9g, not %.9g\\n", k + 1, j + 1, (double)out[j], (double)$n_test_outputs[k][j]);
        failed = 1;
      }
  }
  printf(failed ? "FAILED\\n" : "ok: $COUNT rows\\n");
  return failed;
}
"""


_MAIN_OF_SAMPLES = """\
int main(void)
{
  int failed = 0, done = 0, i, j, k;
  for (i = 0; i < $COUNT; ++i) {
    static float outputs[$MOST * $N_N_OUTPUTS];
    const int first = $n_test_starts[i], n = $n_test_starts[i + 1] - first, n_answers = $ANSWERS;
    if ($CALL) {
      printf("sample %d was refused\\n", i + 1);
      failed = 1;
      continue;
    }
$STEPS    for (k = done; k < done + n_answers; ++k) {
      const float *const out = outputs + (k - done) * $N_N_OUTPUTS;
      for (j = 0; j < $N_N_OUTPUTS; ++j)
        if (!($TEST)) {
          printf("sample %d, output %d: %.9g, not %.9g\\n", i + 1, j + 1, (double)out[j], (double)$n_test_outputs[k][j]);
          failed = 1;
        }
    }
    done += n_answers;
  }
  printf(failed ? "FAILED\\n" : "ok: $COUNT samples\\n");
  return failed;
}
"""


_OTHER_OUTPUTS = """\
          printf("sample %d, row %d: the step gives other outputs\\n", i + 1, k + 1);
          failed = 1;
"""


def samples_test_text(inputs: Rows | Tokens, outputs: Array, test: str, answers_rows: bool, streams: bool) -> str:
    """The self-test of samples of several rows or of tokens, with one of the steps where the network streams; test as in self_test_text()."""
    most, starts = int(inputs.lengths.max()), array_text("int", "$n_test_starts", map(str, inputs.starts.tolist()))
    if isinstance(inputs, Tokens):
        tables = array_text("int", "$n_test_indices", map(str, inputs.indices.tolist()))
        tables += float_array("$n_test_values", inputs.values)
        call = "$n_predict_tokens($n_test_indices + first, $n_test_values + first, n, outputs)"
        given = "$n_test_indices[first + k], $n_test_values[first + k]"
    else:
        tables = float_array("$n_test_rows", inputs.values)
        call = "$n_predict_rows($n_test_rows + first * $N_N_INPUTS, n, outputs)"
        given = "$n_test_rows + (first + k) * $N_N_INPUTS"
    steps = steps_check(given, answers_rows, _OTHER_OUTPUTS) if streams else ""
    values = {"$STEPS": steps, "$COUNT": len(inputs), "$MOST": most if answers_rows else 1, "$ANSWERS": "n" if answers_rows else "1", "$CALL": call, "$TEST": test}  # fmt: skip
    main = filled(_MAIN_OF_SAMPLES, values)
    tables += starts + _table("$n_test_outputs", outputs)
    words = "#include <string.h>\n" if streams else ""
    return f"#ifdef $N_SELF_TEST\n#include <stdio.h>\n{words}\n{tables}{main}#endif\n"


def self_test_text(inputs: Array, outputs: Array, test: str) -> str:
    """test: the C condition under which output j of row k is right, of out[j] and $n_test_outputs[k][j]."""
    main = _MAIN.replace("$COUNT", str(len(inputs))).replace("$TEST", test)
    tables = _table("$n_test_inputs", inputs) + _table("$n_test_outputs", outputs)
    return f"#ifdef $N_SELF_TEST\n#include <stdio.h>\n\n{tables}{main}#endif\n"


def _table(name: str, rows: Array) -> str:
    lines = ["{" + ", ".join(map(float_text, row)) + "}" for row in np.asarray(rows, dtype=np.float32)]
    return f"static const float {name}[{len(rows)}][{rows.shape[1]}] = {{\n  " + ",\n  ".join(lines) + "\n};\n"
