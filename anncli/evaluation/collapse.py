"""A collapse: a network that is no better than always predicting one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def collapsed(evaluation: Evaluation) -> str | None:
    """In words: that one class is always predicted, or that always predicting the largest class is as accurate; else None.

    Samples of fewer than two classes can show neither, so they give None.
    """
    counts, predicted, classes = evaluation.class_counts, evaluation.predicted_counts, evaluation.classes
    if evaluation.accuracy is None or sum(count > 0 for count in counts) < 2:
        return None
    accuracy = f"{100 * evaluation.accuracy:.2f} %"
    if sum(count > 0 for count in predicted) == 1:
        return f"the network always predicts '{classes[predicted.index(max(predicted))]}' (accuracy {accuracy})"
    largest = max(counts)
    # A margin of rounding: n times the accuracy is the number of correct predictions only up to its last digits.
    if evaluation.accuracy * evaluation.n > largest * (1 + 1e-12):
        return None
    majority = classes[counts.index(largest)]
    return (
        f"accuracy {accuracy} is no better than always predicting '{majority}' ({100 * largest / evaluation.n:.2f} %)"
    )
