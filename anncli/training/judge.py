"""The judge: looks at the validation part after each epoch and remembers which epoch was the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.metric import selection_metric
from anncli.options.table import TrainingOptions
from anncli.training.objective import Objective


class Verdict(NamedTuple):
    """Loss and metric of an epoch on the validation part (None without one), and whether it is the best so far."""

    loss: float | None
    metric: float | None
    is_best: bool


class Judge:
    """Keeps the best epoch by options.metric; among equal metrics the lower loss is better.

    With the class alternation of ann1dn its rules hold: an epoch counts only when the class means lie on both sides of
    the threshold, and of equally good epochs the later one is kept.
    """

    def __init__(
        self, objective: Objective, labels: Array, rows: Array, options: TrainingOptions, threshold: float
    ) -> None:
        self.objective, self.labels, self.rows, self.threshold = objective, labels, rows, threshold
        self.metric = options.metric
        self.classic = bool(options.trainer_options.get("alternate"))
        self.best_epoch: int | None = None
        self.best: tuple[float, float] | None = None

    @property
    def sees_progress(self) -> bool:
        """Whether the best epoch beats always giving the mean target of the training part, by 1 %; by other metrics than
        the loss any judged epoch does. Until then there is nothing to be patient about: training is on its first plateau.
        """
        if self.best is None or self.metric != "loss":
            return self.best is not None
        return -self.best[0] < 0.99 * self._constant_loss

    @cached_property
    def _constant_loss(self) -> float:
        return self.objective.constant_loss(self.rows)

    @property
    def can_judge(self) -> bool:
        """Whether there is a validation part."""
        return bool(len(self.rows))

    def see(self, epoch: int, parameters: Array, class_means: Sequence[float] | None) -> Verdict:
        """Judge the parameters after `epoch`."""
        if not self.can_judge:
            return Verdict(None, None, False)
        loss = self.objective.value(parameters, self.rows, penalty=False)
        if not np.isfinite(loss):
            return Verdict(loss, None, False)
        apart = not class_means or len(class_means) != 2 or class_means[0] > self.threshold > class_means[1]
        if self.classic and not apart:
            return Verdict(loss, None, False)
        metric = -loss if self.metric == "loss" else self._measure(parameters)
        rank = (metric, -loss)
        better = self.best is None or (metric >= self.best[0] if self.classic else rank > self.best)
        if better:
            self.best, self.best_epoch = rank, epoch
        return Verdict(loss, loss if self.metric == "loss" else metric, better)

    def state(self) -> dict[str, Any]:
        return {"best_epoch": self.best_epoch, "best": None if self.best is None else list(self.best)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.best_epoch = state["best_epoch"]
        self.best = None if state["best"] is None else (float(state["best"][0]), float(state["best"][1]))

    def _measure(self, parameters: Array) -> float:
        objective = self.objective
        if self.metric == "mse":
            # The backend has it in one pass; the other metrics need answers.
            return 1 / max(objective.value(parameters, self.rows, penalty=False, loss="mse"), 1e-15)
        outputs = objective.outputs(parameters, self.rows)
        evaluation = evaluate_outputs(
            outputs, take_rows(self.labels, self.rows), threshold=self.threshold, targets=self._targets()
        )
        return selection_metric(self.metric, evaluation)

    def _targets(self) -> tuple[float, float]:
        return float(self.objective.targets.max()), float(self.objective.targets.min())
