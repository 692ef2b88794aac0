"""C text of what follows the layers: units of the data, calibration, decisions."""

from __future__ import annotations

import numpy as np

from anncli.formats.exports.c.text import double_array, double_text, float_array, float_text
from anncli.network.calibration import Calibration
from anncli.network.network import Network

_LOGISTIC = """\
$static double $n_probability(double z)
{
  const double e = exp(-fabs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}
"""

_LOGIT = """\
$static double $n_logit(double p)
{
  p = p < 1.1754943508222875e-38 ? 1.1754943508222875e-38 : p > 0.9999999701976776 ? 0.9999999701976776 : p;
  return log(p) - log1p(-p);
}
"""

# Of equal scores the last counts, as numpy.interp() has it.
_ISOTONIC = """\
$static double $n_isotonic(double score)
{
  int low = 0, high = $COUNT - 1;
  if (score <= $n_scores[0] && score < $n_scores[1])
    return $n_probabilities[0];
  if (score >= $n_scores[high])
    return $n_probabilities[high];
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if ($n_scores[middle] <= score)
      low = middle;
    else
      high = middle;
  }
  return ($n_probabilities[high] - $n_probabilities[low]) / ($n_scores[high] - $n_scores[low]) * (score - $n_scores[low])
      + $n_probabilities[low];
}
"""

_TEMPERATURE = """\
  {
    double scaled[$N_N_OUTPUTS], most, sum = 0;
    for (j = 0; j < $N_N_OUTPUTS; ++j)
      scaled[j] = log(out[j] > 1.17549435e-38f ? (double)out[j] : 1.1754943508222875e-38) / $T;
    most = scaled[0];
    for (j = 1; j < $N_N_OUTPUTS; ++j)
      most = scaled[j] > most ? scaled[j] : most;
    for (j = 0; j < $N_N_OUTPUTS; ++j)
      sum += scaled[j] = exp(scaled[j] - most);
    for (j = 0; j < $N_N_OUTPUTS; ++j)
      out[j] = (float)(scaled[j] / sum);
  }
"""


def finish_text(network: Network) -> str:
    """The function $n_finish(float *out), which turns the outputs of the layers into those that people see; '' where they are
    the same."""
    tables, body = "", ""
    if units := network.target_scaling.of_outputs(network.n_outputs):
        offset, spread = units
        tables += float_array("$n_spread", spread) + float_array("$n_offset", offset)
        body += "  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] = out[j] * $n_spread[j] + $n_offset[j];\n"
    if network.calibration is not None:
        functions, own = calibration_text(network.calibration, network.n_outputs)
        tables, body = tables + functions, body + own
    if not body:
        return ""
    return tables + (
        "/* Outputs of the layers become numbers in the units of the data, or calibrated probabilities. */\n"
        f"$static void $n_finish(float *out)\n{{\n  int j;\n{body}}}\n"
    )


def calibration_text(calibration: Calibration, n_outputs: int) -> tuple[str, str]:
    """Functions and tables, and the lines that change `out`."""
    numbers, each = calibration.numbers, "  for (j = 0; j < $N_N_OUTPUTS; ++j)\n    out[j] = (float){};\n"
    if calibration.method == "isotonic":
        knots = numbers if len(numbers) > 1 else np.repeat(numbers, 2, axis=0)
        tables = double_array("$n_scores", knots[:, 0]) + double_array("$n_probabilities", knots[:, 1])
        return tables + _ISOTONIC.replace("$COUNT", str(len(knots))), each.format("$n_isotonic((double)out[j])")
    if calibration.method == "platt":
        score = "$n_logit((double)out[j])" if calibration.of_logits else "(double)out[j]"
        curve = f"$n_probability({double_text(numbers[0])} * {score} + {double_text(numbers[1])})"
        return (_LOGIT if calibration.of_logits else "") + _LOGISTIC, each.format(curve)
    temperature = double_text(numbers[0])
    if n_outputs == 1:
        return _LOGIT + _LOGISTIC, each.format(f"$n_probability($n_logit((double)out[j]) / {temperature})")
    return "", _TEMPERATURE.replace("$T", temperature)


def decision_text(network: Network) -> str:
    """The function that decides by outputs, '' where they are numbers."""
    if network.task == "regression":
        return ""
    if network.task == "multi-label":
        return (
            "$public void $n_decide(const float *out, unsigned char *labels)\n{\n  int j;\n"
            "  for (j = 0; j < $N_N_OUTPUTS; ++j)\n"
            f"    labels[j] = out[j] > {float_text(network.decision_threshold)};\n}}\n"
        )
    body = _by_threshold(network) if network.n_outputs == 1 else _by_largest(network)
    return f"$public int $n_decide(const float *out)\n{{\n{body}}}\n"


def _by_threshold(network: Network) -> str:
    undecided = ""
    if network.abstain:
        low, high = map(float_text, network.abstain)
        undecided = f"  if (out[0] >= {low} && out[0] <= {high})\n    return $N_UNDECIDED;\n"
    return undecided + f"  return out[0] > {float_text(network.decision_threshold)} ? 0 : 1;\n"


def _by_largest(network: Network) -> str:
    undecided = ""
    if network.abstain:
        undecided = f"  if (out[best] < {float_text(network.abstain[0])})\n    return $N_UNDECIDED;\n"
    return (
        "  int best = 0, j;\n  for (j = 1; j < $N_N_OUTPUTS; ++j)\n    if (out[j] > out[best])\n      best = j;\n"
        f"{undecided}  return best;\n"
    )
