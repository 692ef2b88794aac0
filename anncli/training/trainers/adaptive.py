"""Adaptive mini-batch trainers besides adam: adagrad, rmsprop, nadam and schedule-free adamw.

Formulas and sources are in backends/rules.py. The gradient of each batch is computed by itself, then the rule is applied.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.checks import n_answers
from anncli.backends.rules import UpdateRule
from anncli.backends.updates import gradient_point
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RuleTrainer, TrainerState, shuffled


class BatchwiseTrainer(RuleTrainer):
    """Shuffle the rows, cut them into batches, and update the parameters with the gradient of each batch.

    kept: the fields of UpdateState that the rule uses, by their names in state().
    """

    rule_name = ""
    kept: dict[str, str] = {"squares": "second", "updates": "step"}  # noqa: RUF012

    def make_rule(self, objective: Objective) -> UpdateRule:
        o = self.options
        return UpdateRule(
            self.rule_name, o["learning_rate"], epsilon=o["epsilon"], l2=objective.l2, l1=objective.l1, clip=o["clip"]
        )

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        order, size = shuffled(objective.rows, rng, objective.row_bytes), int(self.options["batch_size"])
        rule = self.rule_of_epoch(objective, total_epochs)
        gradient, total, n_all = np.empty_like(parameters), 0.0, n_answers(objective.samples, order)
        shown = self.shown(rng)
        for piece, numbers in objective.noisy_pieces(order, size, self.options["input_noise"], rng):
            if objective.problem.truncate:
                n = n_answers(piece.samples, numbers)
                total += n * piece.sweep(parameters, rule, self.memory, numbers, size, shown)
                shown, self.rows_seen = shown.after(len(numbers)), self.rows_seen + len(numbers)
                continue
            for start in range(0, len(numbers), size):
                rows = numbers[start : start + size]
                point = gradient_point(rule, self.memory, parameters)
                total += n_answers(piece.samples, rows) * piece.batch_gradient(point, rows, gradient, shown)
                shown = shown.after(len(rows))
                piece.update(rule, self.memory, parameters, gradient)
            self.rows_seen += len(numbers)
        self.epochs_done += 1
        return EpochOutcome(total / n_all)

    def state(self) -> TrainerState:
        state: TrainerState = {}
        for name, field in self.kept.items():
            value = getattr(self.memory, field)
            state[name] = value.copy() if isinstance(value, np.ndarray) else value
        counts = {"epochs_done": self.epochs_done, "rows_seen": self.rows_seen, "dropout_seed": self.dropout_seed}
        return state | counts

    def restore(self, state: TrainerState) -> None:
        for name, field in self.kept.items():
            value = state[name]
            setattr(self.memory, field, value.copy() if isinstance(value, np.ndarray) else value)
        self.epochs_done, self.rows_seen = state["epochs_done"], state["rows_seen"]
        self.dropout_seed = state["dropout_seed"]


class Adagrad(BatchwiseTrainer):
    """Adagrad (Duchi, Hazan & Singer 2011)."""

    rule_name = "adagrad"


class Rmsprop(BatchwiseTrainer):
    """RMSprop (Tieleman & Hinton 2012)."""

    rule_name = "rmsprop"

    def make_rule(self, objective: Objective) -> UpdateRule:
        return super().make_rule(objective)._replace(beta2=self.options["decay"])


class Nadam(BatchwiseTrainer):
    """Adam looking one step ahead, as Nesterov's momentum does (Dozat 2016)."""

    rule_name = "nadam"
    kept = {**BatchwiseTrainer.kept, "mean": "first"}  # noqa: RUF012

    def make_rule(self, objective: Objective) -> UpdateRule:
        o = self.options
        return super().make_rule(objective)._replace(beta1=o["beta1"], beta2=o["beta2"])


class ScheduleFree(BatchwiseTrainer):
    """AdamW without a learning-rate schedule; the network is the running average of the iterates (Defazio et al. 2024).

    The learning rate rises linearly over the fraction warm_up of the run, where its length is known.
    """

    rule_name = "schedule-free"
    kept = {**BatchwiseTrainer.kept, "iterate": "first", "sum_of_squared_rates": "rate_squares"}  # noqa: RUF012

    def make_rule(self, objective: Objective) -> UpdateRule:
        o = self.options
        rule = super().make_rule(objective)
        return rule._replace(beta1=o["beta1"], beta2=o["beta2"], weight_decay=o["weight_decay"])

    def rule_of_epoch(self, objective: Objective, total_epochs: int | None) -> UpdateRule:
        batches = -(-objective.n_samples // int(self.options["batch_size"]))
        warm_up = round(self.options["warm_up"] * (total_epochs or 0) * batches)
        return super().rule_of_epoch(objective, total_epochs)._replace(warm_up=warm_up)


TRAINERS = {"adagrad": Adagrad, "rmsprop": Rmsprop, "nadam": Nadam, "schedule-free": ScheduleFree}
