"""Distillation: a network learns the outputs of another one, its teacher, in place of the answers in the data.

Source: G. Hinton, O. Vinyals, J. Dean, Distilling the Knowledge in a Neural Network, arXiv 1503.02531, 2015, at temperature 1 and without
a share of the answers.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import fall_back
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, NetworkError, UsageError, count_of, quoted
from anncli.network.averaging import mean_outputs
from anncli.network.input_shapes import inputs_text
from anncli.network.names import quantiles_of
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.inputs import encoded_inputs
from anncli.training.seen import SeenRows
from anncli.training.setup import Lesson, Setup

_ADVICE = "train both on tables with the same label, or on the same class files in the same order"
# Output activations that are probabilities of classes.
_PROBABILITIES = ("logistic", "softmax")


class Teacher(NamedTuple):
    """A network that another one learns from; file: its name, for messages and the record; sha256: of its file."""

    network: Network
    file: str
    sha256: str


def check_teacher(teacher: Teacher, network: Network | None, options: TrainingOptions) -> None:
    """Raises UsageError, or NetworkError, for a teacher that cannot teach this network, before any data file is read.

    network: None for one that is yet to be made.
    """
    file, model = quoted(teacher.file), teacher.network
    if not model.is_trained:
        raise NetworkError(
            "a teacher needs weights, and this network has none", path=teacher.file, advice="train it first"
        )
    if options.label_smoothing:
        message = (
            "--label-smoothing changes answers, and with --teacher the outputs of a network are learnt in their place"
        )
        raise UsageError(message, advice="leave one of the two out")
    if options.trainer_options.get("quiet_epochs"):
        message = "--quiet-epochs compares outputs with the targets of their class, and with --teacher there are none"
        raise UsageError(message, advice="add --quiet-epochs 0")
    if network is None:
        return
    _check_samples(model.topology, network.topology, file)
    if network.n_outputs != model.n_outputs:
        has = f"{file} has {count_of(model.n_outputs, 'output')}, this network has {network.n_outputs}"
        raise UsageError(f"--teacher: {has}", advice="give both the same outputs")
    if network.classes and model.classes and network.classes != model.classes:
        raise _other_outputs(file, model.classes, network.classes)
    if network.task is not None and model.task is not None and network.task != model.task:
        raise UsageError(f"--teacher: {file} is for {model.task}, this network for {network.task}", advice=_ADVICE)


def _check_samples(theirs: Topology, ours: Topology, file: str) -> None:
    """Raises UsageError where the two networks take other kinds of samples, or one answers for rows and the other for samples."""
    if theirs.inputs.descriptors is not None or ours.inputs.descriptors is not None:
        message = "--teacher: a network of Fisher vectors fits a mixture of its own, and a teacher knows another one"
        raise UsageError(message, advice="leave --teacher out")
    if (theirs.takes_vectors, theirs.inputs.tokens) != (ours.takes_vectors, ours.inputs.tokens):
        takes = [f"`inputs: {inputs_text(one.inputs)}`" for one in (theirs, ours)]
        message = f"--teacher: {file} takes {takes[0]}, this network {takes[1]}"
        raise UsageError(message, advice="both need samples of one kind")
    if theirs.answers_rows != ours.answers_rows:
        message = f"--teacher: {file} has {theirs.answers_text}, this network has {ours.answers_text}"
        raise UsageError(message, advice="both need answers of one kind")


def _other_outputs(file: str, theirs: tuple[str, ...], ours: tuple[str, ...]) -> UsageError:
    message = (
        f"--teacher: the outputs of {file} are for {', '.join(theirs)}, those of this network for {', '.join(ours)}"
    )
    return UsageError(message, advice=_ADVICE)


def with_teacher(setup: Setup, teacher: Teacher, data: Dataset | TableData) -> Setup:
    """The setup whose training targets are the outputs of the teacher, before its calibration, for all rows.

    Labels still choose the epoch and make all tables. Args: data: what prepare() was given, and has not overwritten.
    Raises: UsageError for a teacher of other outputs, DataError for data that it cannot take.
    """
    network, model, file = setup.network, teacher.network, quoted(teacher.file)
    classes = network.classes or setup.data.classes
    check_teacher(teacher, replace(network, classes=classes), setup.options)
    _check_task(setup, model, file)
    _check_columns(model, file, data)
    samples = encoded_inputs(model, data, setup.options, {}).data
    if samples.n_inputs != model.n_inputs:
        message = f"{file} takes {count_of(model.n_inputs, 'input')}, the data have {samples.n_inputs}"
        raise DataError(message, advice="give it data of the form that trained it")
    outputs = _outputs(setup, model, samples)
    if setup.data.task == "regression":
        outputs = setup.target_scaling.to_outputs(outputs)
    outputs = np.ascontiguousarray(outputs, dtype=np.float32)
    record = {"file": teacher.file, "sha256": teacher.sha256, "layers": model.layers_text}
    if model.members:
        record["members"] = str(len(model.members))
    warnings = (*setup.warnings, *_rows_it_knows(setup, model, samples, teacher.file))
    return replace(setup, lesson=Lesson(outputs, record), smoothed=outputs, warnings=warnings)


def _check_columns(model: Network, file: str, data: Dataset | TableData) -> None:
    """Raises DataError for a table without a column that the teacher reads."""
    if not isinstance(data, TableData) or model.encoder is None:
        return
    missing = [column.name for column in model.encoder.columns if column.name not in data.table.by_name]
    if missing:
        path = data.shown[0] if data.shown else None
        advice = "add the column, or train a teacher on the columns that there are"
        raise DataError(f"no column {quoted(missing[0])}, which the teacher {file} reads", path=path, advice=advice)


def _check_task(setup: Setup, model: Network, file: str) -> None:
    """Raises UsageError where the outputs of both do not mean the same."""
    task = setup.data.task
    if (task == "regression") != (model.task == "regression"):
        raise UsageError(
            f"--teacher: {file} is for {model.task or 'classification'}, the data for {task}", advice=_ADVICE
        )
    if task == "regression":
        if quantiles_of(setup.loss) or quantiles_of(model.loss or "mse"):
            raise UsageError(
                "--teacher: quantiles are learnt from answers alone", advice="use --loss mse, or leave it out"
            )
        theirs, ours = model.target_names, setup.data.target_names
        if theirs and ours and theirs != ours:
            raise _other_outputs(file, theirs, ours)
        return
    for name, topology in ((file, model.topology), ("this network", setup.network.topology)):
        if topology.output_activation not in _PROBABILITIES:
            message = f"--teacher: the outputs of {name} are {topology.output_activation} and no probabilities"
            raise UsageError(message, advice=f"both need one of {', '.join(_PROBABILITIES)}")


def _outputs(setup: Setup, model: Network, samples: Dataset) -> Array:
    """(N, n_outputs) in the units of the data."""
    problem = Problem(model.topology)
    scaled = model.scaling.apply(samples.inputs)
    backend = fall_back(setup.backend, problem)
    with closing(backend.open(problem, Samples(scaled))) as session:
        return model.target_scaling.to_data(mean_outputs(session.outputs, model.all_parameters))


def _rows_it_knows(setup: Setup, model: Network, samples: Dataset, file: str) -> list[str]:
    """A warning where rows that are held out here have trained the teacher: through it they have an influence."""
    held_out = np.concatenate([setup.rows[name] for name in ("validation", "test")])
    mask = SeenRows(samples, model.row_digests).mask() if len(held_out) else None
    known = 0 if mask is None else int(np.count_nonzero(mask[held_out]))
    if not known:
        return []
    return [
        f"{known} of the {count_of(len(held_out), 'row')} of validation and test set trained the teacher {file}: "
        "the figures of these sets may be optimistic"
    ]
