"""Evaluation: what the outputs of a network are worth, in counts, rates and words."""

from typing import TYPE_CHECKING, Any

from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.collapse import collapsed
from anncli.evaluation.evaluation import evaluate, evaluate_outputs
from anncli.evaluation.ranking import area_under_curve
from anncli.evaluation.selection import SELECTION_METRICS, ann1dn_metric, selection_metric

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation as Evaluation
    from anncli.evaluation.multiclass import MulticlassEvaluation as MulticlassEvaluation

__all__ = [
    "SELECTION_METRICS",
    "BinaryEvaluation",
    "MulticlassEvaluation",
    "ann1dn_metric",
    "area_under_curve",
    "collapsed",
    "evaluate",
    "evaluate_outputs",
    "selection_metric",
]


def __getattr__(name: str) -> Any:
    if name == "MulticlassEvaluation":
        from anncli.evaluation.multiclass import MulticlassEvaluation

        return MulticlassEvaluation
    raise AttributeError(f"module 'anncli.evaluation' has no attribute {name!r}")
