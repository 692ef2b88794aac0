"""The online trainer: one sample at a time with momentum; optionally the class alternation and stop rule of ann1dn."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, of_samples
from anncli.backends.checks import answers_of, n_answers
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.names import LOSS_NAMES, parse_loss
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RowwiseTrainer, TrainerState, shuffled


class Online(RowwiseTrainer):
    """dw = learning_rate * delta * input + momentum * dw_before, after every sample.

    Where the loss is a mean over outputs, delta is that of their sum, with mse of 1/2 sum (t - o)^2, so that learning rates from the
    literature keep their meaning. Options: tolerance, alternate, quiet_epochs (see AlternatingOrder and _watch).
    Source: Rumelhart, Hinton & Williams 1986; the options: the console trainer ann1dn (2008).
    """

    def start(self, objective: Objective, parameters: Array) -> None:
        o = self.options
        # mse is a mean over outputs without the factor 1/2: this factor turns its gradient into the classic one.
        factor = objective.topology.n_outputs / 2 if objective.loss == "mse" else 1.0
        if objective.loss != "mse" and LOSS_NAMES[parse_loss(objective.loss).name].is_mean:
            factor = float(objective.topology.n_outputs)
        self.rule = UpdateRule(
            "sgd",
            o["learning_rate"] * factor,
            o["momentum"],
            l2=objective.l2 / factor,
            l1=objective.l1 / factor,
            clip=o["clip"],
        )
        self.memory = UpdateState.start(self.rule, parameters)
        self.order = AlternatingOrder(objective) if o["alternate"] else None
        self.quiet = self.rows_seen = 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        order = shuffled(objective.rows, rng, objective.row_bytes) if self.order is None else self.order.next(rng)
        shown = self.shown(rng, self.options["tolerance"])
        watched = self.order is not None or self.options["quiet_epochs"]
        n_all = n_answers(objective.samples, order)
        outputs = np.empty((n_all, objective.topology.n_outputs), dtype=np.float32) if watched else None
        total, begin = 0.0, 0
        for piece, rows in objective.noisy_pieces(order, 1, self.options["input_noise"], rng):
            n = n_answers(piece.samples, rows)
            here = None if outputs is None else outputs[begin : begin + n]
            total += n * piece.sweep(parameters, self.rule, self.memory, rows, 1, shown, here)
            self.rows_seen += len(rows)
            shown = shown.after(len(rows))
            begin += n
        if outputs is None:
            return EpochOutcome(total / n_all)
        finished, means = self._watch(objective, order, outputs)
        return EpochOutcome(total / n_all, finished, means)

    def _watch(self, objective: Objective, order: Array, outputs: Array) -> tuple[str | None, tuple[float, ...]]:
        """ann1dn's stop rule: class means within the tolerance of their targets for quiet_epochs + 1 epochs.

        Returns the reason to stop, or None, and the means of the classes that have answers.
        """
        labels = of_samples(objective.labels, order)
        n_outputs = outputs.shape[1]
        classes = [k for k in range(2 if n_outputs == 1 else n_outputs) if (labels == k).any()]
        columns = [0 if n_outputs == 1 else k for k in classes]
        means = [float(outputs[labels == k, c].mean(dtype=np.float64)) for k, c in zip(classes, columns, strict=True)]
        targets, _ = answers_of(objective.samples, order)
        wanted = [float(targets[labels == k][0, c]) for k, c in zip(classes, columns, strict=True)]
        limit, finished = self.options["quiet_epochs"], None
        if not limit:
            return None, tuple(means)
        if self.quiet == limit:
            finished = f"class means within {self.options['tolerance']:g} of their targets for {limit} epochs"
        within = all(abs(m - w) <= self.options["tolerance"] for m, w in zip(means, wanted, strict=True))
        self.quiet = self.quiet + 1 if within else 0
        return finished, tuple(means)

    def state(self) -> TrainerState:
        assert self.memory.first is not None
        state: TrainerState = {"first": self.memory.first.copy(), "step": self.memory.step, "rows_seen": self.rows_seen}
        state |= {"quiet": self.quiet, "dropout_seed": self.dropout_seed}
        if self.order is not None:
            state["pair"] = self.order.pair
            for k, members in enumerate(self.order.members):
                state[f"members_{k}"] = members
        return state

    def restore(self, state: TrainerState) -> None:
        self.memory = UpdateState(state["first"].copy(), None, state["step"])
        self.rows_seen, self.quiet, self.dropout_seed = state["rows_seen"], state["quiet"], state["dropout_seed"]
        if self.order is not None:
            self.order.pair = state["pair"]
            self.order.members = [state[f"members_{k}"] for k in range(len(self.order.members))]


class AlternatingOrder:
    """Classes in strict turn, m presentations of each per epoch, m being the size of the largest class.

    The turns are counted over all epochs, so a smaller class continues where it stopped; each class is shuffled after
    every epoch, the first epoch is in file order.
    """

    def __init__(self, objective: Objective) -> None:
        labels = of_samples(objective.labels, objective.rows)
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
