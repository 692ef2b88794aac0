"""Adaptive mini-batch trainers beside adam: adagrad, rmsprop, nadam and schedule-free adamw.

g is the mean gradient of a batch, plus l2 * w on weights; updates are counted t = 1, 2, ... over the whole run.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from anncli.arrays import Array
from anncli.backends.reference import clip_norm
from anncli.backends.rules import UpdateRule
from anncli.training.objective import Objective
from anncli.training.schedules import make_schedule
from anncli.training.trainers.base import RememberingTrainer, RowwiseTrainer, shuffled


class BatchwiseTrainer(RememberingTrainer, RowwiseTrainer):
    """Shuffle the rows, cut them into batches, and give each batch gradient to update()."""

    remembered: tuple[str, ...] = ("squares", "updates", "epochs_done", "rows_seen", "dropout_seed")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.schedule = make_schedule(self.options["schedule"])
        self.squares = np.zeros_like(parameters)
        self.updates = self.epochs_done = self.rows_seen = 0

    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        order, size = shuffled(objective.rows, rng), int(self.options["batch_size"])
        rate = self.options["learning_rate"] * self.schedule.factor(self.epochs_done, self.total_epochs)
        gradient, total = np.empty_like(parameters), 0.0
        dropout = self.dropout(rng)
        rule = UpdateRule("sgd", 1.0, **dropout) if dropout else None
        self.before_epoch(objective, parameters)
        for portion, taken in objective.portions(order, size, self.options["input_noise"], rng):
            for start in range(0, len(taken), size):
                rows = taken[start : start + size]
                total += len(rows) * portion.batch_loss_and_gradient(
                    self.where(parameters), rows, gradient, rule, self.rows_seen
                )
                self.rows_seen += len(rows)
                self.updates += 1
                clip_norm(gradient, self.options["clip"])
                self.update(parameters, gradient, rate)
        self.epochs_done += 1
        return total / len(order)

    def before_epoch(self, objective: Objective, parameters: Array) -> None:
        """Whatever an epoch needs to know first."""

    def where(self, parameters: Array) -> Array:
        """The point at which the next batch gradient is taken."""
        return parameters

    @abstractmethod
    def update(self, parameters: Array, gradient: Array, rate: float) -> None:
        """One weight change, in place; may use `gradient` as it likes."""


class Adagrad(BatchwiseTrainer):
    """G += g^2;  w -= learning_rate g / (sqrt G + epsilon). Source: Duchi, Hazan & Singer 2011, JMLR 12, 2121-2159."""

    def update(self, parameters: Array, gradient: Array, rate: float) -> None:
        self.squares += gradient * gradient
        parameters -= rate * gradient / (np.sqrt(self.squares) + self.options["epsilon"])


class Rmsprop(BatchwiseTrainer):
    """G = decay G + (1 - decay) g^2;  w -= learning_rate g / (sqrt G + epsilon).

    Source: Tieleman & Hinton 2012, lecture 6.5.
    """

    def update(self, parameters: Array, gradient: Array, rate: float) -> None:
        decay = self.options["decay"]
        self.squares *= decay
        self.squares += (1 - decay) * gradient * gradient
        parameters -= rate * gradient / (np.sqrt(self.squares) + self.options["epsilon"])


class Nadam(BatchwiseTrainer):
    """Adam looking one step ahead, as Nesterov's momentum does:

    m = b1 m + (1-b1) g;  s = b2 s + (1-b2) g^2
    w -= learning_rate (b1 m / (1-b1^(t+1)) + (1-b1) g / (1-b1^t)) / (sqrt(s / (1-b2^t)) + epsilon)
    Source: Dozat 2016, Incorporating Nesterov momentum into Adam, with constant b1.
    """

    remembered: tuple[str, ...] = (*BatchwiseTrainer.remembered, "mean")

    def start(self, objective: Objective, parameters: Array) -> None:
        super().start(objective, parameters)
        self.mean = np.zeros_like(parameters)

    def update(self, parameters: Array, gradient: Array, rate: float) -> None:
        o, t = self.options, self.updates
        b1, b2 = o["beta1"], o["beta2"]
        self.mean += (1 - b1) * (gradient - self.mean)
        self.squares += (1 - b2) * (gradient * gradient - self.squares)
        ahead = b1 / (1 - b1 ** (t + 1)) * self.mean + (1 - b1) / (1 - b1**t) * gradient
        parameters -= rate * ahead / (np.sqrt(self.squares / (1 - b2**t)) + o["epsilon"])


class ScheduleFree(BatchwiseTrainer):
    """AdamW without a learning-rate schedule; the network is the running average x of the iterates z.

    y = (1-b1) z + b1 x, where the gradient is taken;  s = b2 s + (1-b2) g(y)^2
    z -= rate_t (g / (sqrt(s / (1-b2^t)) + epsilon) + weight_decay y)
    x = (1-c) x + c z,  c = rate_t^2 / sum of rate_i^2
    rate_t rises linearly over the share warm_up of the run, where its length is known. Decay leaves biases alone.
    Source: Defazio et al. 2024, The road less scheduled.
    """

    remembered: tuple[str, ...] = (*BatchwiseTrainer.remembered, "iterate", "sum_of_squared_rates")

    def start(self, objective: Objective, parameters: Array) -> None:
        super().start(objective, parameters)
        self.iterate, self.sum_of_squared_rates = parameters.copy(), 0.0
        self.decayed = objective.topology.weights_mask() * parameters.dtype.type(self.options["weight_decay"])

    def before_epoch(self, objective: Objective, parameters: Array) -> None:
        batches = -(-objective.n_samples // int(self.options["batch_size"]))
        self.warm = round(self.options["warm_up"] * (self.total_epochs or 0) * batches)

    def where(self, parameters: Array) -> Array:
        b1 = self.options["beta1"]
        between: Array = (1 - b1) * self.iterate + b1 * parameters
        self.between = between
        return between

    def update(self, parameters: Array, gradient: Array, rate: float) -> None:
        o = self.options
        rate *= min(1.0, self.updates / (self.warm + 1))
        self.squares += (1 - o["beta2"]) * (gradient * gradient - self.squares)
        gradient /= np.sqrt(self.squares / (1 - o["beta2"] ** self.updates)) + o["epsilon"]
        gradient += self.decayed * self.between
        self.iterate -= rate * gradient
        self.sum_of_squared_rates += rate * rate
        parameters += rate * rate / self.sum_of_squared_rates * (self.iterate - parameters)


TRAINERS = {"adagrad": Adagrad, "rmsprop": Rmsprop, "nadam": Nadam, "schedule-free": ScheduleFree}
