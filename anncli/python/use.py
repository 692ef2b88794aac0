"""A network at use in Python: outputs and classes for arrays and data frames."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, ValueFault, count_of, quoted
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.inference import predict as inference
from anncli.network.class_names import class_names
from anncli.network.encoders.table import EncodingFault
from anncli.network.network import Network
from anncli.python.frames import read_table, shown
from anncli.python.samples import refuse_gaps
from anncli.tables import Table


def predict(
    network: Network, inputs: Any, *, in_place: bool = False, threads: int = 1, calibrated: bool = True
) -> Array:
    """Outputs (n, n_outputs), float32, for rows as the training data had them: scaling, the encoder of a table and the
    calibration are applied here. Numbers are in the units of the data; of classes each output is a score, by default a probability.

    Args: inputs: an array (n, d), a list of rows or a data frame, whose columns are matched by name; in_place, threads,
        calibrated: as inference.predict.predict().
    Raises: TypeError for what is no table, ValueError for an untrained network, DataError for rows that do not fit it.
    """
    check_network(network)
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2 and network.encoder is None and inputs.dtype.kind in "fiub":
        return inference.predict(network, inputs, in_place=in_place, threads=threads, calibrated=calibrated)
    encoded = inputs_for(network, read_table(inputs))
    return inference.predict(network, encoded, threads=threads, calibrated=calibrated)


def predict_classes(network: Network, inputs: Any, *, threads: int = 1) -> Array:
    """The name of the predicted class of each row (n,), None for a row that the network leaves undecided; of a network with several
    labels bool (n, n_labels): which labels each row is given.

    Raises: as predict(), and ValueError for a network that predicts numbers.
    """
    chosen = inference.decide(network, predict(network, inputs, threads=threads))
    if chosen.ndim == 2:
        return chosen
    return np.array([*class_names(network), None], dtype=object)[chosen]


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
        raise DataError(f"X: {row}{fault.message}", advice=fault.advice) from None
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


def check_network(network: Any) -> None:
    """Raises TypeError for what is no network, ValueFault for an untrained one."""
    if not isinstance(network, Network):
        raise TypeError(
            f"expected a network as the first argument, found {shown(network)}; anncli.load(FILE) reads one"
        )
    if not network.is_trained:
        raise ValueFault("the network is untrained: it has no weights yet", "train it: anncli.train(network, (X, y))")
