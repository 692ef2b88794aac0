"""A selection metric: one number that ranks epochs, the higher the better."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from anncli.errors import UsageError, did_you_mean
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.names import METRIC_NAMES

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import ClassEvaluation

# An mse below the rounding error of float32 outputs counts as this one, so that its inverse stays finite.
SMALLEST_MSE = 1e-15


class Rates(NamedTuple):
    """The rates a metric is made of, 0 where undefined; specificity and npv are None with more than one output."""

    sensitivity: float
    specificity: float | None
    ppv: float
    npv: float | None
    accuracy: float


def rates(evaluation: ClassEvaluation) -> Rates:
    """With K > 1 outputs the macro recall takes the place of sensitivity, the macro precision that of ppv."""
    e = evaluation
    if isinstance(e, BinaryEvaluation):
        return Rates(e.sensitivity or 0.0, e.specificity or 0.0, e.ppv or 0.0, e.npv or 0.0, e.accuracy or 0.0)
    return Rates(e.macro_recall or 0.0, None, e.macro_precision or 0.0, None, e.accuracy or 0.0)


def f_beta(sensitivity: float, ppv: float, beta: float) -> float:
    """(b^2+1) SE PPV / (b^2 PPV + SE), 0 where either is 0 (van Rijsbergen 1979); beta above 1 favours sensitivity."""
    if not sensitivity or not ppv:
        return 0.0
    return (beta * beta + 1) * sensitivity * ppv / (beta * beta * ppv + sensitivity)


def _root(*factors: float | None) -> float:
    product = 1.0
    for factor in factors:
        if factor is None:
            raise UsageError(
                "this metric needs specificity, which exists only with one output",
                advice="use accuracy, gm-se-ppv, f1, f1.5, f3 or mse",
            )
        product *= factor
    return float(product ** (1 / len(factors)))


_FROM_RATES: dict[str, Callable[[Rates], float]] = {
    "accuracy": lambda r: r.accuracy,
    "gm-se-sp": lambda r: _root(r.sensitivity, r.specificity),
    "gm-se-ppv": lambda r: _root(r.sensitivity, r.ppv),
    "gm-se-sp-acc": lambda r: _root(r.sensitivity, r.specificity, r.accuracy),
    "gm-all": lambda r: _root(r.sensitivity, r.specificity, r.ppv, r.npv, r.accuracy),
    "f1": lambda r: f_beta(r.sensitivity, r.ppv, 1.0),
    "f1.5": lambda r: f_beta(r.sensitivity, r.ppv, 1.5),
    "f3": lambda r: f_beta(r.sensitivity, r.ppv, 3.0),
}

# Every metric but the loss, which the judge has without an evaluation, and mse.
assert METRIC_NAMES.keys() == {"loss", "mse", *_FROM_RATES}


def selection_metric(name: str, evaluation: ClassEvaluation) -> float:
    """The metric `name`, one of METRIC_NAMES but 'loss'; 'mse' gives 1/mse. Finite, and the higher the better.

    Raises: UsageError for an unknown name, and for a metric that needs a single output where there are more.
    """
    if name == "mse":
        return 0.0 if evaluation.mse is None else 1 / max(evaluation.mse, SMALLEST_MSE)
    if name not in _FROM_RATES:
        raise UsageError(f"unknown metric '{name}'", advice=did_you_mean(name, METRIC_NAMES))
    return _FROM_RATES[name](rates(evaluation))
