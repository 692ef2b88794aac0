"""The setup of a run: everything that is decided before the first epoch. It is frozen; later stages only read it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, Rows, all_finite, random_stream
from anncli.backends.base import Backend, Problem, Samples
from anncli.backends.choice import choose_backend, fall_back
from anncli.backends.chunked_session import open_session
from anncli.backends.reproducible import refuse_scaling
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import smooth_targets
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import DataError
from anncli.network.network import Network
from anncli.network.row_digests import RowDigests
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.options.table import TrainingOptions
from anncli.training import decisions
from anncli.training.answers import Evaluator, check_answers, choose_target_scaling, encode
from anncli.training.inputs import encoded_inputs
from anncli.training.measure import Measure
from anncli.training.objective import Objective
from anncli.training.operating_point import check_network, check_validation, dropped
from anncli.training.pruning import Pruning, check_pruning, choose_pruning, refuse_without_new_rows
from anncli.training.seen import SeenRows, unknown_rows
from anncli.training.self_test import self_test_rows
from anncli.training.sets import check_fit, check_sets, divide, too_few_to_split
from anncli.training.storing import fitting, pattern_scaling, with_patterns
from anncli.training.truncation import check_truncate

# Precision (1 / variance) of the Gaussian prior on every weight that the default penalty stands for: l2 = precision / n.
# The penalty shrinks as the data grow (MacKay 1992). Chosen on the development sets, see benchmarks/accuracy.md.
PRIOR_PRECISION = 2.5
# The same for losses of numbers: the precision times twice the variance of the noise, which is not known before training, in
# units of the scaled targets; see answers.noise_penalty(). Chosen in benchmarks/regression.md.
NUMBERS_PRECISION = 1.0


class Lesson(NamedTuple):
    """What a teacher says: targets (N, n_outputs) float32 in place of the answers; record: which network it is."""

    targets: Array
    record: Mapping[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Setup:
    """What a run trains, on what, and by which rules.

    network: the network as it was given, with the encoder of its table, which no stage changes; rows: row numbers (n,) of the 'training', 'validation'
    and 'test' set; targets: outputs (high, low) that stand for "is" and "is not" a class; inputs: (N, n_inputs) scaled;
    encoded: (N, n_outputs) target outputs, or with answers of rows those of all rows, smoothed: the same with label smoothing
    on the training set; weights: of each answer, of class and sample together, mean 1 over the training set, or None; l2: the penalty in force; patience: epochs without
    improvement that end an attempt, 0 for never; will_refit: whether the run ends with a final fit on all rows;
    is_continued: whether it goes on from the weights of a trained network; alternates: whether training alternates
    between the classes, which changes how the best epoch is chosen (see Judge); self_test_inputs: raw rows for the
    network file; seen: which rows trained the weights before; target_scaling: of targets that are numbers; options: with
    everything in place of 'auto' that the data decide; asked: as they were given; pruning: which weights are removed, or
    None; lesson: of a teacher, whose outputs `smoothed` then holds, or None.
    """

    network: Network
    data: Dataset
    options: TrainingOptions
    asked: TrainingOptions
    backend: Backend
    problem: Problem
    rows: Mapping[str, Array]
    targets: tuple[float, float]
    threshold: float
    scaling: Scaling
    inputs: Inputs
    encoded: Array
    smoothed: Array
    weights: Array | None
    l2: float
    patience: int
    will_refit: bool
    is_continued: bool
    alternates: bool
    self_test_inputs: Inputs
    seen: SeenRows
    warnings: tuple[str, ...]
    target_scaling: TargetScaling
    pruning: Pruning | None = None
    lesson: Lesson | None = None

    @property
    def loss(self) -> str:
        """The name of the loss that is minimised."""
        return self.problem.loss

    @property
    def final_rows(self) -> Array:
        """The rows of a final fit: the training and the validation set, ascending."""
        rows = np.concatenate([self.rows["training"], self.rows["validation"]])
        rows.sort()
        return rows

    def rows_behind(self, name: str, is_refit: bool) -> Array:
        """The rows that trained what the set of this name evaluates: of the test set those of a final fit, where there was one."""
        return self.final_rows if is_refit and name == "test" else self.rows["training"]

    @property
    def packed_weights(self) -> Array | Rows | None:
        """The weights as a session takes them."""
        return None if self.weights is None else self.data.packed(self.weights)

    def open_objective(self) -> Objective:
        """What an attempt minimises: loss and penalty over the training set. Every call opens a session of its own, because
        attempts may run in different threads."""
        return self._objective(self.smoothed, self.rows["training"], self.l2)

    def open_final_objective(self, l2: float) -> Objective:
        """What a final fit minimises: loss and the penalty `l2` over all rows but those of the test set."""
        rows = self.final_rows
        targets = (
            smoothed(self.encoded, self.data.answer_rows(rows), self.options)
            if self.lesson is None
            else self.lesson.targets
        )
        return self._objective(targets, rows, l2)

    def open_measure(self, objective: Objective) -> Measure:
        """Measures parameters by targets without label smoothing, with the session of the objective."""
        data, evaluator = self.data, None
        if self.smoothed is not self.encoded:
            objective = objective.over(objective.samples._replace(targets=data.packed(self.encoded)))
        if data.targets is not None:
            evaluator = Evaluator(data, self.target_scaling, self.loss, self.threshold)
        weights = data.weights_of(None)
        own = None if weights is None else data.packed(weights)
        answered = self._answered if data.by_row else None
        return Measure(objective, own, self.threshold, self.targets, evaluator, answered, self.network.next_noun)

    def _answered(self, rows: Array) -> float:
        """The fraction of the answers of `rows` that are given, over that of the training set, whose weights make up for it."""
        of_training = self.data.given_fraction(self.rows["training"])
        return self.data.given_fraction(rows) / of_training or float("nan")

    def initial_parameters(self, restart: int) -> Array:
        """The weights (P,) that a restart, counted from 1, begins with."""
        rng = random_stream(self.options.seed, "weights", restart)
        try:
            drawn = decisions.initial_parameters(self.network, self.options, self.inputs, self.rows["training"], rng)
        except OverflowError as error:
            raise DataError(
                str(error), advice="scale the inputs: --scaling soft-clip; or draw them by --init glorot"
            ) from None
        if self.pruning is not None:
            drawn[self.pruning.places] = 0
        return drawn

    def _objective(self, targets: Array, rows: Array, l2: float) -> Objective:
        data, rows = self.data, np.ascontiguousarray(rows)
        samples = Samples(self.inputs, data.packed(targets), self.packed_weights)
        session = open_session(self.backend, self.problem, samples)
        pruned = None if self.pruning is None else self.pruning.places
        return Objective(session, self.problem, samples, rows, data.packed(data.labels), l2, self.options.l1, pruned)

    def with_pruning(self) -> Setup:
        """The setup with the weights that the options remove, which the validation set may have to decide."""
        if self.options.prune is None and self.options.prune_loss is None:
            return self
        check_pruning(self.network, self.options, self.is_continued)
        objective = self.open_objective()
        measure = self.open_measure(objective)
        with closing(objective.session), closing(measure.objective.session):
            rows = self.seen.new_of(self.rows["validation"])
            if self.options.prune_loss is not None:
                refuse_without_new_rows(rows)
            chosen = choose_pruning(self.network, self.options, lambda own: measure.loss(own, rows))
            return replace(self, pruning=chosen)


def prepare(
    network: Network,
    data: Dataset | TableData | TextData,
    options: TrainingOptions,
    *,
    sets: Mapping[str, Array] | None = None,
    in_place: bool = False,
    backend: Backend | None = None,
    prior_precision: float | None = None,
    dialect: str | None = None,
) -> Setup:
    """The setup of a run that trains `network` on `data`, from its weights if it is trained; see beginning.begin().

    Args: sets: row numbers of 'training', 'validation' and 'test'; those not given are drawn, see divide(); in_place: the
        data's inputs may be overwritten; prior_precision: n times the default l2 penalty; dialect: of the file to be written.
    Raises: DataError, UsageError for data and options that do not fit the network.
    """
    asked, options = options, fitting(network, options)
    network, data, remarks, sets = encoded_inputs(network, data, options, sets or {})
    check_fit(network, data)
    is_continued = decisions.is_continued(network, options)
    seen = SeenRows(data, network.row_digests if is_continued else RowDigests())
    network, rows, told = with_patterns(network, data, _divided(data, options, sets, seen))
    training, is_drawn = rows["training"], "validation" not in sets
    options = decisions.settled(network, options, data.task, dialect, len(training))
    warnings = [*remarks, *told, *_warnings(network, data, options, rows, seen, is_drawn)]
    self_test_inputs = self_test_rows(data, training, network.predicts_next)
    problem, backend = _problem(network, data, options, backend, dialect)
    targets = decisions.choose_targets(network, options, problem.loss)
    scaling, target_scaling = _scalings(network, data, options, training, problem.loss)
    encoded = encode(data, network, targets, target_scaling, problem.loss)
    return Setup(
        network, data, options, asked, backend, problem, rows, targets, decisions.choose_threshold(network, options, targets),
        scaling, _scaled(scaling, data, in_place), encoded, smoothed(encoded, data.answer_rows(training), options),
        weights=decisions.sample_weights(network, data, options, training),
        l2=decisions.choose_l2(options, data, rows, is_drawn, _precision(network, data, prior_precision, len(training))),
        patience=decisions.choose_patience(options, _n_training(network, data, training)), warnings=(*warnings, *filter(None, [backend.note])),
        is_continued=is_continued, alternates=decisions.alternates(options), target_scaling=target_scaling, seen=seen,
        self_test_inputs=self_test_inputs, will_refit=decisions.will_refit(options, rows, is_drawn and not is_continued),
    ).with_pruning()  # fmt: skip


def _divided(data: Dataset, options: TrainingOptions, sets: Mapping[str, Array], seen: SeenRows) -> dict[str, Array]:
    return divide(data, options, sets, random_stream(options.seed, "split"), seen.mask())


def _scalings(
    network: Network, data: Dataset, options: TrainingOptions, training: Array, loss: str
) -> tuple[Scaling, TargetScaling]:
    """Those of the inputs and of the targets, fitted on the training rows."""
    if network.stores:
        return pattern_scaling(network, data, options, training)
    scaling = decisions.choose_scaling(network, data, options, training)
    return scaling, choose_target_scaling(network, data, options, loss, data.known_answers(training))


def _problem(
    network: Network, data: Dataset, options: TrainingOptions, backend: Backend | None, dialect: str | None
) -> tuple[Problem, Backend]:
    """What is computed, and the backend that does it."""
    loss = decisions.choose_loss(network, options, data.task)
    problem = Problem(network.topology, loss, int(options.truncate or 0))
    check_answers(network, data, options, problem.loss)
    check_network(options, network, dialect)
    check_truncate(network.topology, options)
    return problem, fall_back(backend or choose_backend(), problem)


def _n_training(network: Network, data: Dataset, training: Array) -> int:
    """How many rows train the network: the samples, of a text its symbols."""
    return len(data.answer_rows(training)) if network.predicts_next else len(training)


def _precision(network: Network, data: Dataset, asked: float | None, n_training: int) -> float:
    if asked is not None or network.topology.is_spiking:
        return asked or 0.0  # Spiking neurons with small weights fall silent, and learn nothing.
    if network.text is not None and network.text.kind == "words":
        return 0.0  # Most words come in few samples: the penalty of all samples would hold their weights near 0.
    if decisions.reads_documents(network):
        return decisions.DOCUMENT_PRECISION * n_training**0.5
    # The losses of numbers are means over outputs.
    return NUMBERS_PRECISION / network.n_outputs if data.task == "regression" else PRIOR_PRECISION


def _warnings(
    network: Network, data: Dataset, options: TrainingOptions, rows: Mapping[str, Array], seen: SeenRows, is_drawn: bool
) -> list[str]:
    """What the user should know about the sets; raises DataError for sets that a run cannot work with."""
    few = too_few_to_split(data, rows) if options.validation is None and is_drawn else []
    without_effect = decisions.options_without_effect(options, rows)
    lost = dropped(network, options) if decisions.is_continued(network, options) else []
    # Which symbols a text has in which part is no fault of the sets.
    found = [] if network.predicts_next else check_sets(data, rows)
    check_validation(options, data, rows["validation"])
    return [*found, *lost, *without_effect, *unknown_rows(seen, rows), *few]


def smoothed(encoded: Array, rows: Array, options: TrainingOptions) -> Array:
    """The target outputs with label smoothing on `rows`: a copy, or the array itself without smoothing."""
    if not options.label_smoothing:
        return encoded
    targets = encoded.copy()
    smooth_targets(targets, rows, options.label_smoothing)
    return targets


def _scaled(scaling: Scaling, data: Dataset, in_place: bool) -> Inputs:
    refuse_scaling(scaling.activation)
    inputs: Inputs = scaling.apply(data.inputs, in_place=in_place)
    if not all_finite(inputs):
        raise DataError("an input value overflows when it is scaled", advice="check the data for values near 1e38")
    return inputs
