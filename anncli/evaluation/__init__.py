"""Evaluation: what the outputs of a network are worth, in counts, rates and words."""

from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.collapse import collapsed
from anncli.evaluation.evaluation import Evaluation, evaluate, evaluate_outputs
from anncli.evaluation.multiclass import MulticlassEvaluation
from anncli.evaluation.ranking import area_under_curve
from anncli.evaluation.selection import SELECTION_METRICS, ann1dn_metric, selection_metric

__all__ = [
    "SELECTION_METRICS",
    "BinaryEvaluation",
    "Evaluation",
    "MulticlassEvaluation",
    "ann1dn_metric",
    "area_under_curve",
    "collapsed",
    "evaluate",
    "evaluate_outputs",
    "selection_metric",
]
