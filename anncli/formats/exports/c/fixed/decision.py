"""Decisions by the integers of the outputs: the same as those by the outputs."""

from __future__ import annotations

import numpy as np

from anncli.formats.exports.c.fixed.network import FixedNetwork
from anncli.formats.exports.c.fixed.twin import real_outputs
from anncli.network.network import Network

_LOWEST, _HIGHEST = -(1 << 31), (1 << 31) - 1


def cut(fixed: FixedNetwork, limit: float, includes: bool = True, output: int = 0) -> int:
    """The largest integer of an output whose value is at most the limit (or, without `includes`, below it), as 32-bit numbers: an
    integer above it means a value above the limit."""
    bound, low, high = np.float32(limit), _LOWEST, _HIGHEST
    while low < high:
        middle = (low + high + 1) // 2
        integers = np.full((1, len(fixed.out_factors)), middle, dtype=np.int64)
        value = real_outputs(fixed, integers)[0, output]
        low, high = (middle, high) if (value <= bound if includes else value < bound) else (low, middle - 1)
    return low


def integer_decision_text(network: Network, fixed: FixedNetwork) -> tuple[str, str]:
    """The declaration and the definition of $n_decide_q(), '' where outputs are numbers."""
    if network.task == "regression":
        return "", ""
    about = "/* As $n_decide(), of what $n_predict_q() gives. */\n"
    if network.task == "multi-label":
        head = "$public void $n_decide_q(const int32_t *out, unsigned char *labels)"
        limits = [_literal(cut(fixed, network.decision_threshold, output=at)) for at in range(network.n_outputs)]
        lines = "".join(f"  labels[{at}] = out[{at}] > {limit};\n" for at, limit in enumerate(limits))
        return f"{about}{head};\n", f"{head}\n{{\n{lines}}}\n"
    head = "$public int $n_decide_q(const int32_t *out)"
    return f"{about}{head};\n", f"{head}\n{{\n{_class_lines(network, fixed)}}}\n"


def _class_lines(network: Network, fixed: FixedNetwork) -> str:
    abstain = network.abstain or ()
    if network.n_outputs == 1:
        undecided = ""
        if abstain:
            low, high = cut(fixed, abstain[0], includes=False), cut(fixed, abstain[1])
            undecided = f"  if (out[0] > {_literal(low)} && out[0] <= {_literal(high)})\n    return $N_UNDECIDED;\n"
        return f"{undecided}  return out[0] > {_literal(cut(fixed, network.decision_threshold))} ? 0 : 1;\n"
    undecided = ""
    if abstain:
        undecided = (
            f"  if (out[best] <= {_literal(cut(fixed, abstain[0], includes=False))})\n    return $N_UNDECIDED;\n"
        )
    return (
        "  int best = 0, j;\n  for (j = 1; j < $N_N_OUTPUTS; ++j)\n    if (out[j] > out[best])\n      best = j;\n"
        f"{undecided}  return best;\n"
    )


def _literal(value: int) -> str:
    """-2147483648 is no literal of a 32-bit number in C."""
    return "(-2147483647 - 1)" if value == _LOWEST else str(value)
