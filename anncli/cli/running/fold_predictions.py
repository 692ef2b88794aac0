"""What `ann cv` predicted for rows by networks that had not seen them, as a table in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.network_options import refuse_with
from anncli.cli.asking.values import Values
from anncli.cli.running.decisions import Decisions
from anncli.cli.running.predicting_tables import (
    Destination,
    columns_with,
    prediction_format,
    write_predictions,
)
from anncli.cli.showing.table_predictions import Batch, Shape
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.dataset.roles import Place
from anncli.dataset.table_data import TableData
from anncli.errors import UsageError, count_of, printable
from anncli.experiments.inputs import Data
from anncli.network.class_names import class_names
from anncli.network.network import Network
from anncli.tables import MISSING, TableColumn

if TYPE_CHECKING:
    from anncli.experiments.cross_validation import OutOfFold, Validated


def check_columns(values: Values, data: Data, network: Network) -> None:
    """Raises UsageError for a column of --with that the data do not have, or that is called like one of the file's own."""
    _columns_of_data(values, data, [*_own_names(data, network), *_shape(network, values).names])


def write_fold_predictions(values: Values, data: Data, network: Network, found: Validated) -> None:
    """Write a row for each row of each repeat: columns of the data, row, repeat, fold, the label, and the prediction.

    network: with everything that training decides but the weights.
    """
    shape, target = _shape(network, values), values["predictions"]
    own = _columns_of_data(values, data, [*_own_names(data, network), *shape.names])
    bare = data if isinstance(data, Dataset) else data.bare()
    numbers = np.repeat(np.arange(bare.n_samples), bare.answer_counts)
    folds = np.zeros(data.n_samples, dtype=np.int64)

    def batches() -> Iterator[Batch]:
        for repeat, predicted in enumerate(found.predicted, 1):
            for split in found.splits:
                if split.repeat == repeat:
                    folds[split.test] = split.fold
            decisions = Decisions(network, predicted.thresholds, network.abstain)
            chosen = None if network.task == "regression" else decisions.places(predicted.outputs)
            yield Batch(_columns(own, bare.flat, predicted, repeat, folds[numbers]), predicted.outputs, chosen)

    write_predictions(Destination(target, prediction_format(target, values["to"])), shape, batches)
    count = sum(len(predicted.rows) for predicted in found.predicted)
    values.console.note(f"{printable(target)}: {count_of(count, 'prediction')}")


def _columns(
    own: Sequence[TableColumn], data: Dataset, predicted: OutOfFold, repeat: int, folds: Array
) -> list[TableColumn]:
    rows = predicted.rows
    numbers = {"row": rows + 1, "repeat": np.full(len(rows), repeat), "fold": folds[rows]}
    counted = [TableColumn(name, values.astype(np.float64)) for name, values in numbers.items()]
    return [*(column.take(rows) for column in own), *counted, *_labels(data, rows)]


def _labels(data: Dataset, rows: Array) -> list[TableColumn]:
    """The right answers of the rows."""
    if data.targets is None:
        codes = data.labels[rows].astype(np.int32)
        codes[codes == UNLABELLED] = MISSING
        return [TableColumn("label", codes=codes, words=data.classes, is_declared=True)]
    names = _label_names(data)
    return [TableColumn(name, values) for name, values in zip(names, data.targets[rows].T, strict=True)]


def _label_names(data: Data) -> list[str]:
    if data.targets is None or data.n_targets == 1:
        return ["label"]
    names = data.target_names or [str(k) for k in range(1, data.n_targets + 1)]
    return [f"label_{name}" for name in names]


def _own_names(data: Data, network: Network) -> list[str]:
    return ["row", "repeat", "fold", *_label_names(data)]


def _columns_of_data(values: Values, data: Data, own: Sequence[str]) -> list[TableColumn]:
    words = values["with"]
    if not words:
        return []
    refuse_with(not data.has_several_rows)
    if not isinstance(data, TableData):
        raise UsageError("--with is for tables, and these are files of one class each", advice="leave it out")
    return columns_with(data.table, words, own, Place(data.shown[0]))


def _shape(network: Network, values: Values) -> Shape:
    is_tsv = prediction_format(values["predictions"], values["to"]) == "tsv"
    task = network.task or "classification"
    leaves_open, delimiter = network.abstain is not None, "\t" if is_tsv else ","
    return Shape(class_names(network), network.n_outputs, task, leaves_open=leaves_open, delimiter=delimiter)
