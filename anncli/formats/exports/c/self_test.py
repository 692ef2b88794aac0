"""C text of the self-test: rows and what the network gives for them, and a main() that compares."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.text import float_text

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


def self_test_text(inputs: Array, outputs: Array, test: str) -> str:
    """test: the C condition under which output j of row k is right, of out[j] and $n_test_outputs[k][j]."""
    main = _MAIN.replace("$COUNT", str(len(inputs))).replace("$TEST", test)
    tables = _table("$n_test_inputs", inputs) + _table("$n_test_outputs", outputs)
    return f"#ifdef $N_SELF_TEST\n#include <stdio.h>\n\n{tables}{main}#endif\n"


def _table(name: str, rows: Array) -> str:
    lines = ["{" + ", ".join(map(float_text, row)) + "}" for row in np.asarray(rows, dtype=np.float32)]
    return f"static const float {name}[{len(rows)}][{rows.shape[1]}] = {{\n  " + ",\n  ".join(lines) + "\n};\n"
