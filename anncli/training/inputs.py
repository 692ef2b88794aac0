"""The inputs of a run: those of a dataset, or the columns of a table, encoded as the training rows ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens, random_stream
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData, first_of, first_token
from anncli.dataset.text_data import TextData
from anncli.errors import DataError, UsageError, count_of, quoted
from anncli.network.encoders.table import FITTED_ADVICE, MISSING_ADVICE, EncodingFault, TableEncoder
from anncli.network.input_shapes import inputs_text
from anncli.network.network import Network
from anncli.network.spikes.trains import check_table, check_times
from anncli.options.table import TrainingOptions
from anncli.training.fisher_inputs import with_vectors
from anncli.training.sets import divide
from anncli.training.storing import without_answers
from anncli.training.table_encoder import fit_encoder
from anncli.training.text_inputs import encoded_texts


class RunInputs(NamedTuple):
    """The network with the encoder of its data, the samples, what the user should know, and the samples of the sets that are known."""

    network: Network
    data: Dataset
    warnings: tuple[str, ...] = ()
    sets: Mapping[str, Array] = {}


def encoded_inputs(
    network: Network, data: Dataset | TableData | TextData, options: TrainingOptions, sets: Mapping[str, Array]
) -> RunInputs:
    """The samples of a run that trains `network` on `data`; see _inputs() and fisher_inputs.with_vectors()."""
    found = _inputs(network, data, options, sets)
    if network.topology.inputs.descriptors is None:
        return found
    network, encoded, warnings = with_vectors(found.network, found.data, options, found.sets)
    return RunInputs(network, encoded, (*found.warnings, *warnings), found.sets)


def _inputs(
    network: Network, data: Dataset | TableData | TextData, options: TrainingOptions, sets: Mapping[str, Array]
) -> RunInputs:
    """The samples before they become Fisher vectors.

    The encoder of a table is that of the network, or is fitted on the training rows: those of `sets`, or the ones that
    the options will draw.
    Raises: UsageError for a network that takes tables and data that are none; DataError for a table that does not fit
        the network, and for cells that cannot be encoded, with file and line.
    """
    if isinstance(data, TextData):
        made = encoded_texts(network, data, options, sets)
        return RunInputs(made.network, made.data, made.warnings, made.sets or sets)
    shape = network.topology.inputs.samples
    if isinstance(data, Dataset):
        if network.text is not None and network.needs_encoder:
            raise UsageError("this network takes texts, and the data are numbers", advice="give text files")
        if network.needs_encoder:
            message = "this network takes a table (`inputs: {table: ...}`), and the data have no named columns"
            raise UsageError(message, advice=f"write `inputs: {data.n_inputs}` in the network file")
        if isinstance(data.inputs, np.ndarray) and shape.code is not None and data.n_inputs == shape.columns:
            shape.code.check(data.inputs)
        if isinstance(data.inputs, Tokens) and shape.spikes:
            check_times(data.inputs)
        data = without_answers(data) if network.stores else data
        return RunInputs(network, data, sets=sets)
    advice = FITTED_ADVICE
    if network.encoder is None:
        advice = MISSING_ADVICE
        # The same numbers as those with which prepare() will draw the sets.
        rows = divide(data.bare(), options, sets, random_stream(options.seed, "split"))["training"]
        encoder = fit_encoder(data.table, data.rows_of(rows), data.roles, data.kinds, data.missing)
        encoder = encoder._replace(forecast=data.forecast)
        if network.table is None:
            _check_numbers(network, encoder)
        network = network.with_encoder(encoder)
    assert network.encoder is not None
    return _encoded(network, network.encoder, data, advice)._replace(sets=sets)


def _encoded(network: Network, encoder: TableEncoder, data: TableData, advice: str) -> RunInputs:
    try:
        inputs, unknown = encoder.encode(data.table, data.unknown, advice, data.memory)
    except EncodingFault as fault:
        path, line = data.place_of(fault.row)
        raise DataError(fault.message, path=path, line=line, advice=fault.advice) from None
    warnings = tuple(
        f"column {quoted(name)}: {count_of(n, 'cell')} with words that no training row has; their inputs are 0"
        for name, n in unknown.items()
    )
    columns = encoder.names if encoder.roles.is_named else ()
    shape = network.topology.inputs.samples
    check_table(shape, inputs, data.table.tokens is not None, data.place_of, data.shown[0] if data.shown else None)
    if not shape.tokens:
        return RunInputs(network, data.with_inputs(inputs, columns), warnings)
    if not network.is_trained:
        held = data.table.tokens
        network = replace(network, first_token=first_token(inputs) if held is None else first_of(held))
    return RunInputs(network, data.with_tokens(inputs, shape.columns, network.first_token, shape.spikes), warnings)


def _check_numbers(network: Network, encoder: TableEncoder) -> None:
    """Raises DataError for a table that a network of `inputs: N` cannot take."""
    path, advice, code = network.source.path, "write `inputs: {table: auto}`", network.topology.inputs.code
    advice = f"{advice} in {path}" if path else advice
    named = [column.name for column in encoder.columns if column.kind == "category"]
    words = [quoted(name) for name in named]
    if words:
        if not network.topology.takes_vectors or network.topology.inputs.grid is not None or code is not None:
            # Only a plain row can be made of words.
            advice = f"leave them out with --ignore {','.join(named[:10])}, or write numbers in their place"
        shown = ", ".join(words[:10]) + (", ..." if len(words) > 10 else "")
        message = f"`inputs: {inputs_text(network.topology.inputs)}` is for numbers only, and columns of the table are categories: {shown}"
        raise DataError(message, advice=advice)
    samples = network.topology.inputs.samples
    if encoder.width not in samples.cells:
        message = (
            f"the table has {count_of(encoder.width, 'input column')}, the network {count_of(samples.columns, 'input')}"
        )
        if code is not None:
            message, advice = code.width_fault(encoder.width, code.sources(network.n_inputs))
        elif network.topology.inputs.grid is not None:
            advice = f"a picture of {inputs_text(network.topology.inputs)} is as many columns of numbers"
        raise DataError(message, advice=f"{advice}, or leave columns out with --ignore")
