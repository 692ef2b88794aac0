"""Requirements: conditions on the metrics of an evaluation, such as `acc>=0.9` or `auc.low>=85%` (no numpy)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from anncli.errors import ValueFault, did_you_mean
from anncli.limits import decimal, vanishes


class Metric(NamedTuple):
    """A metric that may be required.

    fields: the fields of evaluations that hold it; an evaluation has the metric under the first of them that it has.
    most: its highest value, None where there is none; least: its lowest value, None where there is none;
    is_count: it counts rows; synonyms: other names.
    """

    fields: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    least: float | None = 0.0
    most: float | None = 1.0
    is_count: bool = False

    def limited(self, value: float) -> float:
        """The value, or the nearest one that the metric can have."""
        value = value if self.least is None else max(value, self.least)
        return value if self.most is None else min(value, self.most)


# By the name that help and messages use.
METRICS: dict[str, Metric] = {
    "accuracy": Metric(("accuracy",), ("acc",)),
    "sensitivity": Metric(("sensitivity",), ("se", "recall", "tpr")),
    "specificity": Metric(("specificity",), ("sp", "tnr")),
    "precision": Metric(("ppv",), ("ppv",)),
    "npv": Metric(("npv",)),
    "balanced-accuracy": Metric(("balanced_accuracy", "macro_recall"), ("bacc", "bac")),
    "f1": Metric(("f1",)),
    "mcc": Metric(("mcc",), least=-1.0),
    "kappa": Metric(("kappa",), least=-1.0),
    "auc": Metric(("auc", "macro_auc"), ("roc-auc", "auroc", "macro-auc")),
    "pr-auc": Metric(("pr_auc", "macro_pr_auc"), ("average-precision", "macro-pr-auc")),
    "macro-recall": Metric(("macro_recall",)),
    "macro-precision": Metric(("macro_precision",)),
    "macro-f1": Metric(("macro_f1",)),
    "micro-recall": Metric(("micro_recall",)),
    "micro-precision": Metric(("micro_precision",)),
    "micro-f1": Metric(("micro_f1",)),
    "top-3": Metric(("top_3",), ("top-3-accuracy",)),
    "top-5": Metric(("top_5",), ("top-5-accuracy",)),
    "subset-accuracy": Metric(("subset_accuracy",), ("exact-match",)),
    "hamming-loss": Metric(("hamming_loss",)),
    "calibration-error": Metric(("calibration_error",), ("ece",)),
    "log-loss": Metric(("log_loss",), ("logloss",), most=None),
    "brier": Metric(("brier",), most=None),
    "mse": Metric(("mse",), most=None),
    "rmse": Metric(("rmse",), most=None),
    "mae": Metric(("mae",), most=None),
    "r2": Metric(("r2",), least=None),
    "coverage": Metric(("coverage",)),
    "n": Metric(("n",), most=None, is_count=True),
    "tp": Metric(("tp",), most=None, is_count=True),
    "fn": Metric(("fn",), most=None, is_count=True),
    "tn": Metric(("tn",), most=None, is_count=True),
    "fp": Metric(("fp",), most=None, is_count=True),
}
# By the fields of evaluations.
METRIC_OF_FIELD = {field: metric for metric in METRICS.values() for field in metric.fields}
_NAMES = {synonym: name for name, metric in METRICS.items() for synonym in (name, *metric.synonyms)}

# Those by which columns may be ranked: how well the rows are predicted, not how many.
RANKING = tuple(name for name, metric in METRICS.items() if not metric.is_count and name != "coverage")

# metric, [member], end of the interval, sign, limit, percent.
_FORM = re.compile(
    r"([A-Za-z0-9_-]+)\s*(?:\[(.+)\])?\s*(?:\.(low|high))?\s*(>=|<=|==|>|<|=)\s*([0-9.eE+-]+)\s*(%?)", re.IGNORECASE
)
# Sums and means are rounded: values that differ by less, relative to 1 or to the limit, count as equal.
_ROUNDING = 1e-12


class Requirement(NamedTuple):
    """A condition: the metric by its name in METRICS, its sign and its limit, % already divided out.

    text: as it was given, without blanks; member: the class, label or target that it is about, or None for all;
    end: 'low' or 'high' for an end of the metric's interval, else ''.
    """

    text: str
    metric: str
    sign: str
    limit: float
    member: str | None = None
    end: str = ""

    def holds(self, value: float | None) -> bool:
        """Whether a metric of this value meets the condition; an undefined one (None) does not."""
        if value is None:
            return False
        equal = abs(value - self.limit) <= _ROUNDING * max(1.0, abs(self.limit))
        return {
            ">=": equal or value > self.limit, "<=": equal or value < self.limit, ">": value > self.limit and not equal,
            "<": value < self.limit and not equal, "==": equal,
        }[self.sign]  # fmt: skip

    def __str__(self) -> str:
        return self.text

    @property
    def word(self) -> str:
        """The metric by the name that was given."""
        return re.split(r"[\s\[.<>=]", self.text, maxsplit=1)[0]


def requirements(value: Any) -> tuple[Requirement, ...]:
    """A reader for conditions, as a list or separated by commas; raises ValueFault for the first invalid one."""
    entries: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    # A comma inside [...] belongs to the name of a class.
    words = (word for entry in entries for word in re.split(r",(?![^\[\]]*\])", str(entry)))
    return tuple(_requirement(word.strip()) for word in words)


def metric_names(value: Any) -> tuple[str, ...]:
    """A reader for names of metrics of RANKING, as a list or separated by commas: keys of METRICS."""
    entries: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    words = [word.strip().lower().replace("_", "-") for entry in entries for word in str(entry).split(",")]
    for word in words:
        if _NAMES.get(word) not in RANKING:
            raise ValueFault(f"unknown metric '{word}'", did_you_mean(word, RANKING, _NAMES))
    return tuple(dict.fromkeys(_NAMES[word] for word in words))


def _requirement(text: str) -> Requirement:
    match = _FORM.fullmatch(text)
    limit = _limit(match[5], match[6]) if match else math.nan
    if match is None or not math.isfinite(limit):
        raise ValueFault(f"cannot read '{text}'", "write for example acc>=0.9")
    word = match[1].lower().replace("_", "-")
    name = _NAMES.get(word)
    if name is None:
        raise ValueFault(f"unknown metric '{word}'", did_you_mean(word, METRICS, _NAMES))
    sign, end = "==" if match[4] == "=" else match[4], (match[3] or "").lower()
    shown = text if match[2] else "".join(text.split())
    requirement = Requirement(shown, name, sign, limit, match[2], end)
    _check_limit(requirement, METRICS[name], word, bool(match[6]))
    return requirement


def _limit(number: str, percent: str) -> float:
    """The limit as a fraction; nan for text that is no number."""
    limit = math.nan if vanishes(number) else decimal(number)
    if not percent or math.isnan(limit):
        return limit
    # 99.9/100 is not the number nearest to 0.999.
    return limit / 100 if "e" in number.lower() else decimal(f"{number}e-2")


def _check_limit(requirement: Requirement, metric: Metric, word: str, is_percent: bool) -> None:
    """Raises ValueFault for a limit that the metric can never have, and for units that it does not have."""
    text, limit = requirement.text, requirement.limit
    if is_percent and metric.most is None:
        raise ValueFault(f"'{text}': {word} is not a percentage", "write the limit without %")
    if metric.is_count and requirement.end:
        raise ValueFault(f"'{text}': {word} counts rows and has no interval", "leave the .low or .high out")
    if metric.is_count and requirement.member is not None:
        raise ValueFault(f"'{text}': {word} is counted over all rows", "leave the [...] out")
    if metric.most is not None and limit > metric.most:
        fits = 1 < limit <= 100 and not is_percent
        advice = f"write {limit:g}% or {limit / 100:g}" if fits else "write for example 90% or 0.9"
        raise ValueFault(f"'{text}': {word} is at most 1", advice)
    if metric.least is not None and limit < metric.least:
        raise ValueFault(f"'{text}': {word} is at least {metric.least:g}", "write another limit")
