"""Mini-batch trainers: sgd, adam and adamw, each an update rule that the backend applies to one batch after another."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.checks import n_answers
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RuleTrainer, TrainerState, shuffled


class MinibatchTrainer(RuleTrainer):
    """Shuffle the rows, cut them into batches, one update per batch; formulas and sources in backends/rules.py.

    An epoch is one call of the backend.
    """

    rule_name = ""

    def make_rule(self, objective: Objective) -> UpdateRule:
        o = self.options
        return UpdateRule(
            self.rule_name,
            o["learning_rate"],
            beta1=o["beta1"],
            beta2=o["beta2"],
            epsilon=o["epsilon"],
            weight_decay=o.get("weight_decay", 0.0),
            l2=objective.l2,
            l1=objective.l1,
            clip=o["clip"],
        )

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        order = shuffled(objective.rows, rng, objective.row_bytes)
        rule = self.rule_of_epoch(objective, total_epochs)
        self.epochs_done += 1
        shown = self.shown(rng)
        size, total, n_all = self.options["batch_size"], 0.0, n_answers(objective.samples, order)
        for piece, rows in objective.noisy_pieces(order, size, self.options["input_noise"], rng):
            n = n_answers(piece.samples, rows)
            total += n * piece.sweep(parameters, rule, self.memory, rows, size, shown)
            self.rows_seen += len(rows)
            shown = shown.after(len(rows))
        return EpochOutcome(total / n_all)

    def state(self) -> TrainerState:
        memory = self.memory
        assert memory.first is not None
        state: TrainerState = {"first": memory.first.copy(), "step": memory.step, "rows_seen": self.rows_seen}
        state |= {"epochs_done": self.epochs_done, "dropout_seed": self.dropout_seed}
        if memory.second is not None:
            state["second"] = memory.second.copy()
        return state

    def restore(self, state: TrainerState) -> None:
        second = state["second"].copy() if "second" in state else None
        self.memory = UpdateState(state["first"].copy(), second, state["step"])
        self.epochs_done, self.rows_seen = state["epochs_done"], state["rows_seen"]
        self.dropout_seed = state["dropout_seed"]


class Adam(MinibatchTrainer):
    rule_name = "adam"


class AdamW(MinibatchTrainer):
    rule_name = "adamw"


class Sgd(MinibatchTrainer):
    def make_rule(self, objective: Objective) -> UpdateRule:
        name = "nesterov" if self.options["nesterov"] else "sgd"
        o = self.options
        return UpdateRule(name, o["learning_rate"], o["momentum"], l2=objective.l2, l1=objective.l1, clip=o["clip"])


TRAINERS = {"adam": Adam, "adamw": AdamW, "sgd": Sgd}
