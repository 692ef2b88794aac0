"""A measure: the loss and the metrics of given parameters on given rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anncli.arrays import Array, Rows, of_samples
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.symbols import evaluate_symbols
from anncli.network.averaging import mean_outputs
from anncli.training.answers import Evaluator
from anncli.training.objective import Objective
from anncli.training.operating_point import OperatingPoint

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import ClassEvaluation, Evaluation
    from anncli.evaluation.interval import Confidence


class Measure:
    """Evaluates parameters (P,), or those of an ensemble (n_members, P), on rows (n,) of the data of an objective; training does not depend on it.

    Args: objective, whose penalty is left out; weights (N,), of the samples in tables and metrics, or Rows of one column, of all their rows, or None; threshold,
        the score above which the first class is predicted; targets (high, low), for the mse; evaluator, of a task without classes;
        answered: what a mean over all answers of some rows is divided by, because some of them are not given and weigh 0; None for 1; symbol: see
        evaluate_symbols(), '' for other answers.
    """

    def __init__(
        self,
        objective: Objective,
        weights: Array | Rows | None,
        threshold: float,
        targets: tuple[float, float],
        evaluator: Evaluator | None = None,
        answered: Callable[[Array], float] | None = None,
        symbol: str = "",
    ) -> None:
        self.objective, self.weights, self.threshold, self.targets = objective, weights, threshold, targets
        self.evaluator = evaluator
        self._answered, self._symbol = answered, symbol

    @property
    def has_classes(self) -> bool:
        """Whether the task is classification; accuracy() exists only there."""
        return self.evaluator is None

    def loss(self, parameters: Array, rows: Array, loss: str | None = None) -> float:
        """The mean loss, by the loss function of training or by another one."""
        return self._of_given(self.objective.value(parameters, rows, penalty=False, loss=loss), rows)

    def constant_loss(self, rows: Array) -> float:
        """The mean loss over `rows` of always predicting the mean target of the training set."""
        return self._of_given(self.objective.constant_loss(rows), rows)

    def _of_given(self, loss: float, rows: Array) -> float:
        return loss if self._answered is None else loss / self._answered(rows)

    def evaluate(
        self,
        parameters: Array,
        rows: Array,
        classes: tuple[str, ...] = (),
        point: OperatingPoint | None = None,
        confidence: Confidence | None = None,
    ) -> Evaluation:
        """Counts and metrics; classes: their names for the table; point: of the finished network; confidence: of the
        intervals, None for none."""
        if self.evaluator is not None:
            return self.evaluator(self._outputs(parameters, rows), rows, confidence)
        return self.evaluate_classes(parameters, rows, classes, point=point, confidence=confidence)

    def evaluate_classes(
        self,
        parameters: Array,
        rows: Array,
        classes: tuple[str, ...] = (),
        only_rates: bool = False,
        point: OperatingPoint | None = None,
        confidence: Confidence | None = None,
    ) -> ClassEvaluation:
        """Counts and metrics where the task is classification; only_rates: for each epoch, see evaluate_outputs(); point: of
        the finished network; confidence: as above."""
        outputs = self._outputs(parameters, rows)
        return self._of_outputs(outputs, rows, classes, only_rates, point, confidence)

    def rates_of(self, outputs: Array, rows: Array) -> ClassEvaluation:
        """The same for each epoch, of outputs (n, n_outputs) that another computed."""
        return self._of_outputs(outputs, rows, only_rates=True)

    def _of_outputs(
        self,
        outputs: Array,
        rows: Array,
        classes: tuple[str, ...] = (),
        only_rates: bool = False,
        point: OperatingPoint | None = None,
        confidence: Confidence | None = None,
    ) -> ClassEvaluation:
        point = point or OperatingPoint(self.threshold)
        outputs, labels = point.scores(outputs), of_samples(self.objective.labels, rows)
        options: dict[str, Any] = {
            "threshold": point.threshold,
            "abstain": point.abstain,
            "targets": self.targets if point.calibration is None else (1.0, 0.0),
            "weights": None if self.weights is None else of_samples(self.weights, rows),
        }
        if self._symbol:
            return evaluate_symbols(outputs, labels, classes, self._symbol, only_rates=only_rates)
        found = evaluate_outputs(outputs, labels, classes=classes, only_rates=only_rates, **options)
        return with_intervals(found, outputs, labels, confidence, **options)

    def _outputs(self, parameters: Array, rows: Array) -> Array:
        return mean_outputs(lambda own: self.objective.outputs(own, rows), parameters)

    def accuracy(self, parameters: Array, rows: Array) -> float:
        """The fraction, from 0 to 1, of the rows that are classified correctly."""
        return self.evaluate_classes(parameters, rows, only_rates=True).accuracy or 0.0
