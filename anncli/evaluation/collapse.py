"""A collapse: a network whose predictions say no more than always predicting one class would, or never find a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anncli.errors import quoted

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import ClassEvaluation

# Of a class of fewer samples, that all are missed may be chance.
_FEWEST_MISSED = 5
# A warning names so many classes, and counts the others.
_MOST_NAMED = 5
# Classes are unequal where the largest has this many times the samples of the smallest.
_UNEQUAL = 1.5


def collapsed(evaluation: ClassEvaluation) -> str | None:
    """In words, that one class is always predicted, that the accuracy is no better than the majority share, or that no
    sample of some class is found; else None.

    Samples of fewer than two classes can show neither, so they give None.
    """
    counts, predicted, classes = evaluation.class_counts, evaluation.predicted_counts, evaluation.classes
    if evaluation.accuracy is None or sum(count > 0 for count in counts) < 2:
        return None
    accuracy = f"{100 * evaluation.accuracy:.2f} %"
    if sum(count > 0 for count in predicted) == 1:
        return f"the network always predicts {quoted(classes[predicted.index(max(predicted))])} (accuracy {accuracy})"
    largest, recall = max(counts), evaluation.recalls
    missed = [f"'{name}'" for name, found in zip(classes, recall, strict=True) if found == 0]
    if len(missed) > _MOST_NAMED:
        missed = [*missed[:_MOST_NAMED], f"{len(missed) - _MOST_NAMED} other classes"]
    # A margin of rounding: n times the accuracy is the number of correct predictions only up to its last digits.
    if evaluation.accuracy * evaluation.n <= largest * (1 + 1e-12):
        majority = classes[counts.index(largest)]
        if getattr(evaluation, "symbol", ""):
            return f"accuracy {accuracy} is no better than always predicting {quoted(majority)} ({100 * largest / evaluation.n:.2f} %)"
        known = [found for found in recall if found is not None]
        more = f", no sample of {' or '.join(missed)} is found" if missed else ""
        return (
            f"accuracy {accuracy} is no better than always predicting '{majority}' "
            f"({100 * largest / evaluation.n:.2f} %): balanced accuracy is {100 * sum(known) / len(known):.2f} %{more}"
        )
    if getattr(evaluation, "symbol", ""):
        # That seldom symbols are never the most probable ones is no fault.
        return None
    lost = [
        f"none of the {count:g} samples of '{name}'"
        for name, count, found in zip(classes, counts, recall, strict=True)
        if found == 0 and count >= _FEWEST_MISSED
    ]
    if len(lost) > _MOST_NAMED:
        lost = [*lost[:_MOST_NAMED], f"none of those of {len(lost) - _MOST_NAMED} other classes"]
    return (
        f"accuracy is {accuracy}, but {' and '.join(lost)} {'are' if len(lost) > 1 else 'is'} found" if lost else None
    )


def remedies(evaluation: ClassEvaluation, record: Mapping[str, Any]) -> str:
    """What may help against a collapse, in words, without what the `record` of the training says was done."""
    counts = [count for count in evaluation.class_counts if count]
    found = []
    if getattr(evaluation, "symbol", ""):
        return "more epochs, more units or a larger --learning-rate"
    if record.get("class_weight", "none") != "none":
        found += ["another --threshold"] if len(evaluation.classes) == 2 and hasattr(evaluation, "tp") else []
    elif max(counts) >= _UNEQUAL * min(counts):
        found.append("--class-weight balanced")
    if record.get("l2") and sum(count > 0 for count in evaluation.predicted_counts) == 1:
        found.append("a lower --l2")
    if str(record.get("stop", "")).startswith("reached the limit"):
        found.append("more epochs")
    if "activity" in record:  # spiking neurons, whose values are not scaled
        return f"{', '.join([*found, 'more hidden units'])} or a larger --learning-rate"
    *first, last = [*found, "more hidden units", "another --scaling"]
    return f"{', '.join(first)} or {last}"
