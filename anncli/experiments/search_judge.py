"""By what trials are chosen: an error of each row where there is one, so that the standard error of its mean is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.metric import selection_metric
from anncli.evaluation.probabilities import class_losses, label_losses
from anncli.evaluation.row_losses import mean_and_deviations, number_losses, standard_error, wrong_rows
from anncli.experiments.inputs import network_of
from anncli.experiments.search import Candidate, Figure, Part
from anncli.experiments.spec import Result
from anncli.network.names import parse_loss, quantiles_of
from anncli.network.network import Network
from anncli.training.decisions import choose_loss, choose_targets, choose_threshold

_PROBABILITIES = ("binary-cross-entropy", "cross-entropy", "focal")


def decision_of(made: Candidate, task: str) -> tuple[Network, tuple[float, float], float]:
    """The definition of a candidate, its target outputs (high, low), and the threshold of its decision."""
    network = network_of(made.network)
    definition = network.definition() if network.is_trained else network
    targets = choose_targets(definition, made.options, choose_loss(definition, made.options, task))
    return definition, targets, choose_threshold(definition, made.options, targets)


class SearchJudge:
    """Judges trials by `metric`, one of METRIC_NAMES, on rows of `data`.

    'loss' is one thing for all trials, whatever their losses: of classes the logarithmic loss if all outputs are trained as
    probabilities, else the error rate; of numbers the squared error, or, if all trials minimise the absolute or the quantile error, that one.
    Args: candidates: one for each loss that a trial can have.
    """

    def __init__(self, data: Dataset, metric: str, candidates: Sequence[Candidate]) -> None:
        self._samples, self.data, self.metric = data, data.flat, metric
        losses = [choose_loss(network_of(one.network).definition(), one.options, data.task) for one in candidates]
        own_targets = any(one.options.targets is not None for one in candidates)
        self._kind = self._number_kind(losses) if data.task == "regression" else self._class_kind(losses, own_targets)
        self._quantiles = quantiles_of(losses[0])

    @property
    def title(self) -> str:
        """What the figures are, in words."""
        return {
            "squared": "squared error / variance", "absolute": "absolute error / deviation",
            "quantile": "quantile error / deviation", "wrong": "error rate", "log": "log loss", "labels": "log loss",
        }.get(self._kind, self._kind)  # fmt: skip

    def _number_kind(self, losses: Sequence[str]) -> str:
        names = {parse_loss(loss).name for loss in losses}
        if "quantile" in names and len(set(losses)) > 1:
            raise UsageError(
                "--loss: quantiles cannot be compared with other losses", advice="search with one quantile loss"
            )
        return {frozenset({"mae"}): "absolute", frozenset({"quantile"}): "quantile"}.get(frozenset(names), "squared")

    def _class_kind(self, losses: Sequence[str], own_targets: bool) -> str:
        if self.metric == "accuracy" and self.data.task == "classification":
            return "accuracy"
        if self.metric not in ("loss", "mse"):
            return self.metric
        if self.data.task == "multi-label":
            return "labels"
        if all(loss in _PROBABILITIES for loss in losses) and not own_targets and self.metric == "loss":
            return "log"
        return "wrong"

    def __call__(self, made: Candidate, parts: Sequence[Part], results: Sequence[Result]) -> Figure:
        parts_rows = [self._samples.answer_rows(part.rows) for part in parts]
        rows = np.concatenate(parts_rows)
        _, targets, threshold = decision_of(made, self.data.task)
        width = network_of(made.network).n_outputs
        outputs = [np.frombuffer(result.outputs or b"", dtype="<f4").reshape(-1, width) for result in results]
        together = np.concatenate(outputs)
        known = self.data.answered(rows)
        rows, together = rows[known], together[known]
        losses = self._losses(together, rows, threshold)
        if losses is None:
            return self._by_metric(parts_rows, outputs, targets, threshold)
        weights = None if self.data.weights is None else self.data.weights[rows]
        groups = None if self.data.groups is None else self.data.groups[rows]
        mean, deviations = mean_and_deviations(losses, weights, groups)
        return Figure(1 - mean if self._kind == "accuracy" else mean, standard_error(deviations), mean, deviations)

    def _losses(self, outputs: Array, rows: Array, threshold: float) -> Array | None:
        """The loss of each row (n,), None for a metric that rows do not have."""
        labels = self.data.labels[rows].astype(np.int64)
        if self._kind in ("accuracy", "wrong"):
            return wrong_rows(outputs, labels, threshold)
        if self._kind == "log":
            return class_losses(outputs, labels)[0]
        if self._kind == "labels":
            assert self.data.targets is not None
            return label_losses(outputs, self.data.targets[rows] > 0)[0]
        if self._kind in ("squared", "absolute", "quantile"):
            return number_losses(self._kind, outputs, self.data, rows, self._quantiles)
        return None

    def _by_metric(
        self, parts: Sequence[Array], outputs: Sequence[Array], targets: tuple[float, float], threshold: float
    ) -> Figure:
        """A metric of all rows together; its error from its values in the parts, 0 where there is one part."""

        def metric(rows: Array, found: Array) -> float:
            weights = None if self.data.weights is None else self.data.weights[rows]
            evaluation = evaluate_outputs(
                found, self.data.labels[rows], threshold=threshold, targets=targets, classes=self.data.classes, weights=weights
            )  # fmt: skip
            return selection_metric(self._kind, evaluation)

        each = np.array([metric(part, found) for part, found in zip(parts, outputs, strict=True)])
        value = metric(np.concatenate(parts), np.concatenate(outputs))
        # One part does not show an error, and a single deviation would stand for one without limit.
        deviations = (each.mean() - each) / len(each) if len(each) > 1 else np.zeros(2)
        return Figure(value, standard_error(deviations), -value, deviations)
