"""A collapse: a network whose answers say no more than always answering one class would."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def collapsed(evaluation: Evaluation) -> str | None:
    """In words, that one class is always answered or that accuracy is no better than the majority share; else None.

    Samples of one class alone can show neither, nor can no samples.
    """
    counts, answers, classes = evaluation.class_counts, evaluation.answer_counts, evaluation.classes
    if evaluation.accuracy is None or sum(count > 0 for count in counts) < 2:
        return None
    accuracy = f"{100 * evaluation.accuracy:.2f} %"
    if max(answers) == evaluation.n:
        return f"the network always answers '{classes[answers.index(evaluation.n)]}' (accuracy {accuracy})"
    largest = max(counts)
    if round(evaluation.accuracy * evaluation.n) > largest:
        return None
    majority = classes[counts.index(largest)]
    return f"accuracy {accuracy} is no better than always answering '{majority}' ({100 * largest / evaluation.n:.2f} %)"
