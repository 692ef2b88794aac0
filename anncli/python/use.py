"""A network at use in Python: outputs and classes for arrays and data frames."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import Array, Inputs, Tokens
from anncli.dataset.dataset import Dataset
from anncli.dataset.given import has_several_rows, inputs_of
from anncli.dataset.text_data import next_dataset
from anncli.errors import DataError, ValueFault, count_of, quoted, value_text
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.inference import predict as inference
from anncli.inference.evaluate import evaluate as on_dataset
from anncli.network.class_names import class_names
from anncli.network.encoders.table import EncodingFault
from anncli.network.network import Network
from anncli.python.frames import read_table
from anncli.python.ragged import ragged_dataset
from anncli.python.samples import check_length, in_python, read_weights, refuse_gaps
from anncli.python.targets import Asked, read_targets
from anncli.python.texts import read_texts
from anncli.tables import Table

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def predict(
    network: Network, inputs: Any, *, in_place: bool = False, threads: int = 1, calibrated: bool = True
) -> Array:
    """Outputs (n, n_outputs), float32, for rows as the training data had them: scaling, the encoder of a table and the
    calibration are applied here. Numbers are in the units of the data; of classes each output is a score, by default a probability.

    Args: inputs: an array (n, d), a list of rows or a data frame, whose columns are matched by name; for samples of several rows a list of
        arrays (rows, columns), Rows or Tokens; for a network that takes texts a list of texts; in_place, threads,
        calibrated: as inference.predict.predict().
    Raises: TypeError for what is no table, ValueError for an untrained network, DataError for rows that do not fit it.
    """
    check_network(network)
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2 and network.encoder is None and inputs.dtype.kind in "fiub":
        return inference.predict(network, inputs, in_place=in_place, threads=threads, calibrated=calibrated)
    if network.vocabulary is not None and not isinstance(inputs, Tokens):
        encoded: Inputs = texts_for(network, inputs)
    else:
        encoded = inputs_of(inputs) if has_several_rows(inputs) else inputs_for(network, read_table(inputs))
    return inference.predict(network, encoded, threads=threads, calibrated=calibrated)


def texts_for(network: Network, texts: Any) -> Tokens:
    """The samples of some texts, one each; raises TypeError for what is no list of texts."""
    given = [texts] if isinstance(texts, str) else texts
    if not isinstance(given, (list, tuple, np.ndarray)) or not all(isinstance(text, str) for text in given):
        raise TypeError(f"expected a list of texts, found {value_text(texts)}")
    assert network.vocabulary is not None
    return network.vocabulary.tokens([str(text) for text in given])


def predict_classes(network: Network, inputs: Any, *, threads: int = 1) -> Array:
    """The name of the predicted class of each row (n,), None for a row that the network leaves undecided; of a network with several
    labels bool (n, n_labels): which labels each row is given.

    Raises: as predict(), and ValueError for a network that predicts numbers.
    """
    chosen = inference.decide(network, predict(network, inputs, threads=threads))
    if chosen.ndim == 2:
        return chosen
    return np.array([*class_names(network), None], dtype=object)[chosen]


def asked_of(network: Network) -> Asked:
    """How answers are read for a network that knows its classes."""
    task = "regression" if network.task == "regression" else "classification"
    return Asked(task, classes=tuple(class_names(network)) if network.n_classes else ())


def evaluate(network: Network, data: Any, rows: Array | None = None, **options: Any) -> Evaluation:
    """The metrics of a trained network on labelled rows.

    Args: data: a dataset, or (X, y) or (X, y, weights), as train() takes them; rows: their numbers (n,), a mask or a slice, None for all;
        options: of inference.evaluate.evaluate(): threshold, abstain, threads, confidence.
    Raises: TypeError for what is no samples; ValueError, DataError for samples that do not fit the network.
    """
    check_network(network)
    return on_dataset(network, data if isinstance(data, Dataset) else dataset_for(network, data), rows, **options)


def dataset_for(network: Network, samples: Any) -> Dataset:
    """The samples (X, y) or (X, y, weights) as a dataset whose inputs and classes are those of the network."""
    if not isinstance(samples, tuple) or len(samples) not in (2, 3):
        raise TypeError(f"expected samples, (X, y) or (X, y, weights) or a dataset, found {value_text(samples)}")
    if network.vocabulary is not None:
        found = read_texts(network, samples, network.classes)
        if network.predicts_next:
            return next_dataset(found.texts, network.vocabulary)
        return found.with_vocabulary(network.vocabulary)
    if has_several_rows(samples[0]):
        return ragged_dataset(*samples, asked=asked_of(network))
    inputs, targets = inputs_for(network, read_table(samples[0])), read_targets(samples[1], asked_of(network))
    check_length(len(inputs), targets)
    weights = read_weights(samples[2], len(inputs)) if len(samples) == 3 else None
    if targets.labels is not None:
        return Dataset(inputs, targets.labels, targets.classes, weights=weights)
    names = network.target_names if len(network.target_names) == len(targets.names) else targets.names
    return Dataset(inputs, targets=targets.numbers, target_names=names, task=targets.task, weights=weights)


def inputs_for(network: Network, table: Table, unknown: str = "zeros") -> Array:
    """The network's inputs (n, n_inputs), float32, for a table of raw columns, which are matched by name where both have
    names, else by their order.

    Args: unknown: 'zeros', or 'error' to refuse words that no training row had.
    Raises: DataError for columns that are missing, ValueFault for gaps that nothing fills.
    """
    if network.encoder is None:
        return _plain_inputs(network, table)
    remarks = Remarks()
    inputs = network.encoder.roles.inputs
    fitted = TableMatcher(network.encoder.roles, inputs, remarks).fit(table, "X").select(inputs)
    refuse_gaps(fitted, network.encoder.missing)
    try:
        encoded = network.encoder.encode(fitted, unknown)
    except EncodingFault as fault:
        row = "" if fault.row is None else f"row {fault.row}, "
        raise DataError(f"X: {row}{fault.message}", advice=in_python(fault.advice)) from None
    for name, n in encoded.unknown.items():
        cells = count_of(n, "cell")
        warnings.warn(
            f"X, column {quoted(name)}: {cells} with words that no training row had; their inputs are 0", stacklevel=4
        )
    return encoded.inputs


def _plain_inputs(network: Network, table: Table) -> Array:
    refuse_gaps(table, "error")
    if table.is_named and network.columns and set(network.columns) <= set(table.names):
        table = table.select(network.columns)
    if len(table.columns) != network.n_inputs:
        message = (
            f"X has {len(table.columns)} features, but the network is expecting {network.n_inputs} features as input"
        )
        raise DataError(message, advice=f"give an array of shape (n, {network.n_inputs}), one sample per row")
    numbers = [column.as_numbers() for column in table.columns]
    if any(column is None for column in numbers):
        wrong = next(own.name for own, column in zip(table.columns, numbers, strict=True) if column is None)
        message = f"X: column {quoted(wrong)} holds words, and the network takes numbers"
        raise DataError(message, advice="make numbers of them, or train a network on a table")
    with np.errstate(over="ignore"):
        if table.matrix is not None and len(table.columns) == table.matrix.shape[1]:
            return np.ascontiguousarray(table.matrix, dtype=np.float32)
        return np.column_stack(
            [column.numbers for column in numbers if column is not None and column.numbers is not None]
        ).astype(np.float32)


def check_kind(network: Any) -> None:
    """Raises TypeError for what is no network."""
    if not isinstance(network, Network):
        message = f"expected a network as the first argument, found {value_text(network)}"
        is_model = isinstance(getattr(network, "network_", None), Network)
        raise TypeError(f"{message}; {'its network is its network_' if is_model else 'anncli.load(FILE) reads one'}")


def check_network(network: Any) -> None:
    """Raises TypeError for what is no network, ValueFault for an untrained one."""
    check_kind(network)
    if not network.is_trained:
        raise ValueFault("the network is untrained: it has no weights yet", "train it: anncli.train(network, (X, y))")
