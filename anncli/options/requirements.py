"""Requirements: conditions on the metrics of a test, such as `acc>=0.9` (no numpy)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from anncli.errors import ValueFault, did_you_mean
from anncli.limits import decimal, vanishes

# The metrics that may be required, and the field of an evaluation that holds each.
METRIC_FIELDS = {
    "acc": "accuracy",
    "accuracy": "accuracy",
    "se": "sensitivity",
    "sp": "specificity",
    "ppv": "ppv",
    "npv": "npv",
    "balanced-accuracy": "balanced_accuracy",
    "f1": "f1",
    "mcc": "mcc",
    "auc": "auc",
    "mse": "mse",
    "macro-recall": "macro_recall",
    "macro-precision": "macro_precision",
    "macro-f1": "macro_f1",
    "micro-recall": "micro_recall",
    "micro-precision": "micro_precision",
    "micro-f1": "micro_f1",
    "subset-accuracy": "subset_accuracy",
    "hamming-loss": "hamming_loss",
    "rmse": "rmse",
    "mae": "mae",
    "r2": "r2",
}
_FORM = re.compile(r"\s*([A-Za-z0-9-]+)\s*(>=|<=|>|<)\s*([0-9.eE+-]+)\s*")


class Requirement(NamedTuple):
    """A condition: the metric by its name, one of >= <= > <, and the limit."""

    metric: str
    sign: str
    limit: float

    def holds(self, value: float | None) -> bool:
        """Whether a metric of this value meets the condition; an undefined one (None) does not."""
        if value is None:
            return False
        return {
            ">=": value >= self.limit, "<=": value <= self.limit, ">": value > self.limit, "<": value < self.limit,
        }[self.sign]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.metric}{self.sign}{self.limit:g}"


def requirements(value: Any) -> tuple[Requirement, ...]:
    """A reader for conditions, as a list or separated by commas; raises ValueFault for the first invalid one."""
    entries: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_requirement(word) for entry in entries for word in str(entry).split(","))


def _requirement(text: str) -> Requirement:
    match = _FORM.fullmatch(text)
    limit = decimal(match[3]) if match and not vanishes(match[3]) else math.nan
    if match is None or math.isnan(limit):
        raise ValueFault(f"cannot read '{text}'", "write for example acc>=0.9")
    metric = match[1].lower()
    if metric not in METRIC_FIELDS:
        raise ValueFault(f"unknown metric '{metric}'", did_you_mean(metric, METRIC_FIELDS))
    return Requirement(metric, match[2], limit)
