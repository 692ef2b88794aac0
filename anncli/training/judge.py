"""The judge: evaluates the validation set after each epoch and remembers which epoch was the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.metric import SMALLEST_MSE, selection_metric
from anncli.training.measure import Measure


class Verdict(NamedTuple):
    """Loss and metric of an epoch on the validation set (None without one), and whether it is the best so far."""

    loss: float | None
    metric: float | None
    is_best: bool


class Judge:
    """Keeps the best epoch by a metric; of epochs with equal metrics the one of lower loss.

    Args: rows (n,), of the validation set; metric, a name of METRIC_NAMES; alternates: training alternates between two
        classes. Then the rules of ann1dn hold: an epoch counts only if the mean outputs of the classes lie on both sides
        of the threshold, and of epochs with equal metrics the latest is kept.
    """

    def __init__(self, measure: Measure, rows: Array, metric: str, alternates: bool = False) -> None:
        self.measure, self.rows, self.metric, self.alternates = measure, rows, metric, alternates
        self.best_epoch: int | None = None
        self.best: tuple[float, float] | None = None

    @property
    def sees_progress(self) -> bool:
        """Whether the best epoch has a loss 1 % below that of always predicting the mean target of the training set;
        with another metric than the loss, whether there is a best epoch.

        Until then patience does not count: training is still on its first plateau.
        """
        return self.has_learned(0.99) if self.metric == "loss" else self.best is not None

    def has_learned(self, fraction: float) -> bool:
        """Whether the loss of the best epoch is below `fraction` of that of always predicting the mean target."""
        return self.best is not None and -self.best[1] < fraction * self._constant_loss

    @cached_property
    def _constant_loss(self) -> float:
        return self.measure.constant_loss(self.rows)

    @property
    def has_rows(self) -> bool:
        """Whether there is a validation set."""
        return bool(len(self.rows))

    def see(self, epoch: int, parameters: Array, class_means: Sequence[float] | None) -> Verdict:
        """Evaluate the parameters after `epoch`."""
        if not self.has_rows:
            return Verdict(None, None, False)
        return self.rank(epoch, self.measure.loss(parameters, self.rows), lambda: self._metric(parameters), class_means)

    def rank(
        self, epoch: int, loss: float, metric_of: Callable[[], float], class_means: Sequence[float] | None = None
    ) -> Verdict:
        """The verdict on an epoch whose loss on the validation set is known; metric_of() tells its metric where that is another."""
        if not np.isfinite(loss) or (self.alternates and not self._separates(class_means)):
            return Verdict(loss, None, False)
        metric = -loss if self.metric == "loss" else metric_of()
        rank = (metric, -loss)
        better = self.best is None or (metric >= self.best[0] if self.alternates else rank > self.best)
        if better:
            self.best, self.best_epoch = rank, epoch
        return Verdict(loss, loss if self.metric == "loss" else metric, better)

    def state(self) -> dict[str, Any]:
        return {"best_epoch": self.best_epoch, "best": None if self.best is None else list(self.best)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.best_epoch = state["best_epoch"]
        self.best = None if state["best"] is None else (float(state["best"][0]), float(state["best"][1]))

    def _separates(self, class_means: Sequence[float] | None) -> bool:
        if not class_means or len(class_means) != 2:
            return True
        return class_means[0] > self.measure.threshold > class_means[1]

    def _metric(self, parameters: Array) -> float:
        if self.metric == "mse":
            # One pass of the compiled code; the other metrics need the outputs of every row.
            return 1 / max(self.measure.loss(parameters, self.rows, loss="mse"), SMALLEST_MSE)
        return selection_metric(self.metric, self.measure.evaluate_classes(parameters, self.rows, only_rates=True))

    def metric_of_outputs(self, outputs: Array) -> float:
        """The metric of outputs (n, n_outputs) of the validation set."""
        return selection_metric(self.metric, self.measure.rates_of(outputs, self.rows))
