"""The intervals of an evaluation as a table that fits 80 columns, and predictive values at another prevalence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.console import table
from anncli.cli.showing.metric_words import metric_words
from anncli.evaluation.interval import Confidence
from anncli.evaluation.prevalence import PredictiveValues

# With more classes, labels or targets than these their own intervals are in JSON only.
_MOST_MEMBERS = 10
# The order of the lines; fields that are not named follow in theirs.
_FIRST = (
    "accuracy",
    "balanced_accuracy",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "f1",
    "mcc",
    "kappa",
    "auc",
    "pr_auc",
)


def intervals_text(name: str, evaluation: Any, confidence: Confidence) -> str:
    """A line for each metric that has an interval; name: of the set. Empty where none has one."""
    members = getattr(evaluation, "labels", getattr(evaluation, "targets", ()))
    n_members = len(members or evaluation.classes)
    document, rows = _values(evaluation), []
    for field in sorted(
        evaluation.intervals, key=lambda field: _FIRST.index(field) if field in _FIRST else len(_FIRST)
    ):
        metric, of, member = field.partition(" of ")
        if field not in document or (of and (confidence.is_brief or n_members > _MOST_MEMBERS)):
            continue
        if of and n_members == 1 and metric in evaluation.intervals:
            # Of one target its own metrics are those of all.
            continue
        words, (low, high) = metric_words(metric), evaluation.intervals[field]
        unit = " %" if words.factor != 1 else ""
        title = f"{words.title} of {member}{unit}" if of and n_members > 1 else words.heading
        rows.append((title, words.shown(document.get(field)), words.shown(low), words.shown(high)))
    if not rows:
        return ""
    return table((name, "value", f"{100 * confidence.level:g} % from", "to"), rows)


def _values(evaluation: Any) -> dict[str, float | None]:
    """The value of every metric that may have an interval, by its key."""
    found: dict[str, float | None] = {}
    for field, value in evaluation.as_dict().items():
        if isinstance(value, list) and hasattr(evaluation, "matrix") and field in ("recall", "precision", "f1"):
            found |= {f"{field} of {name}": one for name, one in zip(evaluation.classes, value, strict=True)}
        elif isinstance(value, list) and field in ("labels", "targets"):
            for entry in value:
                level = entry.get("quantile")
                shown = entry["name"] if level is None else f"{entry['name']} at {level:g}"
                # How many targets lie below an output is a question to a quantile, and says little of a mean.
                left_out = "below" if level is None else ""
                found |= {f"{metric} of {shown}": one for metric, one in entry.items() if metric != left_out}
        else:
            found[field] = value
    return found


def prevalence_text(found: Mapping[str, PredictiveValues]) -> str:
    """PPV and NPV at another prevalence, a line for each of them and each set."""
    rows, prevalence = [], 0.0
    for name, values in found.items():
        prevalence = values.prevalence
        for metric, value, ends in (("ppv", values.ppv, values.ppv_interval), ("npv", values.npv, values.npv_interval)):
            words = metric_words(metric)
            shown = [words.shown(end) for end in ends] if ends is not None else ["", ""]
            rows.append((f"{name}: {words.heading}", words.shown(value), *shown))
    ends_are_known = any(row[2] for row in rows)
    return table(
        (f"at a prevalence of {100 * prevalence:g} %", "value", *(("from", "to") if ends_are_known else ("", ""))), rows
    )
