"""C text of the program that runs an exported network on samples of several rows or tokens, for the proof."""

from __future__ import annotations

from anncli.formats.exports.c.stream import steps_check
from anncli.formats.exports.c.text import filled
from anncli.formats.exports.steps import streams
from anncli.network.network import Network

# A sample is the number of its rows or tokens, and then what they are.
_MAIN = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "$n.h"
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

int main(void)
{
  static float values[$MOST * ($WIDTH)], outputs[$MOST * $N_N_OUTPUTS];
  static int indices[$MOST];
  long sample = 0;
  int n, refused, k;
#ifdef _WIN32
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
#endif
  while (fread(&n, sizeof n, 1, stdin) == 1) {
    ++sample;
    if (n < 0 || n > $MOST || ($OF_TOKENS && fread(indices, sizeof *indices, (size_t)n, stdin) != (size_t)n)
        || fread(values, sizeof *values, (size_t)n * ($WIDTH), stdin) != (size_t)n * ($WIDTH))
      return 1;
    refused = $PREDICT;
    if (refused) {
      fprintf(stderr, "sample %ld, number %d was refused\\n", sample, refused);
      return 1;
    }
$STEPS    for (k = 0; k < $ANSWERS; ++k) {
      const float *const out = outputs + k * $N_N_OUTPUTS;
      fwrite(out, sizeof *out, $N_N_OUTPUTS, stdout);
      $DECIDE
    }
  }
  return 0;
}
"""

_OTHER_OUTPUTS = """\
          fprintf(stderr, "sample %ld, row %d: the step gives other outputs than the whole sample\\n", sample, k + 1);
          return 1;
"""


def main_of_samples(network: Network, most: int) -> str:
    """The program, with $DECIDE where decisions are written; most: the rows or tokens of the longest sample."""
    of_tokens, answers_rows = network.topology.inputs.tokens, network.topology.answers_rows
    call = "$n_predict_tokens(indices, values, n, outputs)" if of_tokens else "$n_predict_rows(values, n, outputs)"
    given = "indices[k], values[k]" if of_tokens else "values + k * $N_N_INPUTS"
    values = {
        "$STEPS": steps_check(given, answers_rows, _OTHER_OUTPUTS) if streams(network.topology) else "",
        "$WIDTH": "1" if of_tokens else "$N_N_INPUTS", "$OF_TOKENS": str(int(of_tokens)), "$PREDICT": call,
        "$ANSWERS": "n" if answers_rows else "1", "$MOST": str(max(1, most)),
    }  # fmt: skip
    return filled(_MAIN, values)
