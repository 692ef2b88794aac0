"""The online trainer: one sample at a time with momentum; on request the class alternation and stop rule of ann1dn."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.training.objective import Objective
from anncli.training.trainers.base import RowwiseTrainer, State, shuffled


class Online(RowwiseTrainer):
    """dw = learning_rate * delta * input + momentum * dw_before, after every sample.

    delta is that of the un-averaged error 1/2 sum (t - o)^2 where the loss is mse, so that learning rates of the
    literature mean what they meant. Options: tolerance, alternate, quiet_epochs (see AlternatingOrder and _watch).
    Source: Rumelhart, Hinton & Williams 1986; the options: the console trainer ann1dn (2008).
    """

    def start(self, objective: Objective, parameters: Array) -> None:
        o = self.options
        # mse averages over outputs and has no 1/2: this factor turns its gradient into the classic one.
        factor = objective.topology.n_outputs / 2 if objective.loss == "mse" else 1.0
        self.rule = UpdateRule(
            "sgd",
            o["learning_rate"] * factor,
            o["momentum"],
            l2=objective.l2 / factor,
            l1=objective.l1 / factor,
            clip=o["clip"],
            tolerance=o["tolerance"],
        )
        self.memory = UpdateState.zeros(self.rule, parameters)
        self.order = AlternatingOrder(objective) if o["alternate"] else None
        self.quiet = 0

    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        order = shuffled(objective.rows, rng) if self.order is None else self.order.next(rng)
        dropout = self.dropout(rng)
        rule = self.rule._replace(**dropout) if dropout else self.rule
        watched = self.order is not None or self.options["quiet_epochs"]
        outputs = np.empty((len(order), objective.topology.n_outputs), dtype=np.float32) if watched else None
        total, begin = 0.0, 0
        for portion, rows in objective.portions(order, 1, self.options["input_noise"], rng):
            here = None if outputs is None else outputs[begin : begin + len(rows)]
            total += len(rows) * portion.epoch(parameters, rule, self.memory, rows, 1, here)
            begin += len(rows)
        if outputs is not None:
            self._watch(objective, order, outputs)
        return total / len(order)

    def _watch(self, objective: Objective, order: Array, outputs: Array) -> None:
        """ann1dn's stop rule: class means within the tolerance of their targets for quiet_epochs + 1 epochs."""
        labels = take_rows(objective.labels, order)
        n_outputs = outputs.shape[1]
        classes = range(2 if n_outputs == 1 else n_outputs)
        columns = [0 if n_outputs == 1 else k for k in classes]
        means = [float(outputs[labels == k, c].mean(dtype=np.float64)) for k, c in zip(classes, columns, strict=True)]
        wanted = [float(objective.targets[order[labels == k][0], c]) for k, c in zip(classes, columns, strict=True)]
        self.class_means = means
        limit = self.options["quiet_epochs"]
        if not limit:
            return
        if self.quiet == limit:
            self.finished = f"class means within {self.options['tolerance']:g} of their targets for {limit} epochs"
        within = all(abs(m - w) <= self.options["tolerance"] for m, w in zip(means, wanted, strict=True))
        self.quiet = self.quiet + 1 if within else 0

    def state(self) -> State:
        state: State = {"first": self.memory.first.copy(), "step": self.memory.step, "rows_seen": self.memory.rows_seen}
        state |= {"quiet": self.quiet, "dropout_seed": self.dropout_seed}
        if self.order is not None:
            state["pair"] = self.order.pair
            for k, members in enumerate(self.order.members):
                state[f"members_{k}"] = members
        return state

    def restore(self, state: State) -> None:
        self.memory = UpdateState(state["first"].copy(), None, state["step"], state["rows_seen"])
        self.quiet, self.dropout_seed = state["quiet"], state["dropout_seed"]
        if self.order is not None:
            self.order.pair = state["pair"]
            self.order.members = [state[f"members_{k}"] for k in range(len(self.order.members))]


class AlternatingOrder:
    """Classes in strict turn, m presentations of each per epoch, m being the size of the largest class.

    A counter of turns runs on from epoch to epoch, so a smaller class takes up where it stopped; each class is shuffled
    after every epoch, the first epoch is in file order.
    """

    def __init__(self, objective: Objective) -> None:
        labels = take_rows(objective.labels, objective.rows)
        n_classes = max(2, objective.topology.n_outputs)
        self.members = [objective.rows[labels == k] for k in range(n_classes)]
        self.turns = max(len(members) for members in self.members)
        self.pair = 0

    def next(self, rng: np.random.Generator) -> Array:
        if self.pair:
            self.members = [shuffled(members, rng) for members in self.members]
        turn = np.arange(self.pair, self.pair + self.turns)
        self.pair += self.turns
        return np.stack([members[turn % len(members)] for members in self.members], axis=1).reshape(-1)


TRAINERS = {"online": Online}
