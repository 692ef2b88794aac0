"""Training in pieces: one epoch over each batch of rows that is handed over, with the trainer's state kept between batches."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from anncli.arrays import Array, random_stream, row_range
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend, fall_back
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError
from anncli.network.network import Network, default_targets
from anncli.options.table import TrainingOptions
from anncli.training import decisions
from anncli.training.answers import choose_target_scaling, encode
from anncli.training.inputs import encoded_inputs
from anncli.training.objective import Objective
from anncli.training.sets import check_fit
from anncli.training.setup import NUMBERS_PRECISION, PRIOR_PRECISION
from anncli.training.trainers import make_trainer


class PartialTraining:
    """A training whose rows come in batches. Encoder, scaling and target scaling are fitted on the first one, and kept.

    network: with the weights so far; epochs, rows: batches and rows seen so far. There is no validation set, no early stopping
    and no final fit; the default l2 penalty is that of the rows seen so far.
    """

    def __init__(self, network: Network, options: TrainingOptions) -> None:
        if options.class_weight == "balanced":
            advice = "give the weight of each class, or use fit()"
            raise UsageError("class_weight='balanced' needs all rows at once", advice=advice)
        for name in ("prune", "prune_loss", "teacher"):
            if getattr(options, name) is not None:
                raise UsageError(f"{name} is for a whole training, not for partial_fit()", advice="use fit()")
        is_rule = isinstance(options.threshold, str)
        if is_rule or options.calibration != "none":
            word = "threshold by a rule" if is_rule else "calibration"
            message = f"a {word} needs a validation set, which partial_fit() does not have"
            raise UsageError(message, advice="use fit()")
        options = options._replace(validation=0.0, test=0.0, restarts=1, ensemble=1, average=None)
        self.network, self.options = network, options
        self.epochs = self.rows = 0
        self._rng = random_stream(options.seed, "order")
        self._state: dict[str, Any] | None = None

    def see(self, data: Dataset | TableData) -> float:
        """Train for one epoch on these rows; returns their mean loss before the steps that they led to.

        Raises: DataError, UsageError for rows that do not fit the network, and where the training diverges.
        """
        network, dataset, *_ = encoded_inputs(
            self.network, data, self.options, {"training": row_range(0, data.n_samples)}
        )
        check_fit(network, dataset)
        rows = row_range(0, dataset.n_samples)
        options = decisions.settled(network, self.options, dataset.task, None, len(rows))
        network = self._begun(network, dataset, options, rows)
        self.rows += len(rows)
        objective = self._objective(network, dataset, options, rows)
        parameters = self._parameters(network, objective, options)
        with closing(objective.session):
            trainer = make_trainer(options.trainer, options.trainer_options)
            trainer.start(objective, parameters)
            if self._state is not None:
                trainer.restore(self._state)
            with np.errstate(all="ignore"):
                outcome = trainer.epoch(objective, parameters, self._rng, None)
            if not (np.isfinite(outcome.loss) and np.isfinite(parameters).all()):
                raise DataError("the training diverged", advice="lower learning_rate")
            self._state = trainer.state()
        self.network = replace(network, parameters=parameters, members=())
        self.epochs += 1
        return float(outcome.loss)

    def _begun(self, network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Network:
        """The network with everything but weights that its first batch decides."""
        if network.is_trained:
            return network
        loss = decisions.choose_loss(network, options, data.task)
        targets = decisions.choose_targets(network, options, loss)
        is_number = data.task == "regression"
        return replace(
            network,
            scaling=decisions.choose_scaling(network, data, options, rows),
            target_scaling=choose_target_scaling(network, data, options, loss, rows),
            targets=None if is_number else targets,
            threshold=None if is_number else decisions.choose_threshold(network, options, targets),
            loss=loss,
            classes=data.classes,
            task=network.task if data.task == "classification" else data.task,
            target_names=data.target_names,
            columns=data.columns,
        )

    def _objective(self, network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Objective:
        loss = network.loss or decisions.choose_loss(network, options, data.task)
        problem = Problem(network.topology, loss)
        targets = network.targets or default_targets(network.topology.output_activation, loss)
        encoded = encode(data, network, targets, network.target_scaling, loss)
        weights = decisions.sample_weights(network, data, options, rows)
        samples = Samples(network.scaling.apply(data.inputs), encoded, weights)
        precision = NUMBERS_PRECISION / network.n_outputs if data.task == "regression" else PRIOR_PRECISION
        l2 = precision / self.rows if options.l2 is None else options.l2
        session = fall_back(choose_backend(), problem).open(problem, samples)
        return Objective(session, problem, samples, rows, data.labels, l2, options.l1)

    def _parameters(self, network: Network, objective: Objective, options: TrainingOptions) -> Array:
        if network.parameters is not None:
            return network.parameters.copy()
        rng = random_stream(options.seed, "weights")
        return decisions.initial_parameters(network, options, objective.inputs, objective.rows, rng)
