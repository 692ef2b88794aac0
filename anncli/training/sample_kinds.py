"""Whether a network takes the kind of samples that data hold, and has as many answers as these."""

from __future__ import annotations

from anncli.arrays import Inputs, Rows, Tokens
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError
from anncli.network.input_shapes import inputs_text
from anncli.network.topology import Topology


def check_scaling(topology: Topology, scaling: str) -> None:
    """Raises UsageError for a scaling of sparse samples, most of whose numbers are zeros that are not in the data."""
    shape, is_given = topology.inputs, scaling not in ("auto", "keep", "none")
    if is_given and (shape.spikes or shape.code is not None):
        what = "the times of spikes are" if shape.spikes else "values that become spike times are"
        advice = (
            "leave it out" if shape.spikes else "leave it out, and write their range: `range: -1..1` under `inputs:`"
        )
        raise UsageError(f"--scaling {scaling}: {what} not scaled", advice=advice)
    if topology.inputs.tokens and scaling not in ("auto", "keep", "none"):
        message = f"--scaling {scaling}: tokens are not scaled, because the zeros between them would get values"
        raise UsageError(message, advice="leave it out")


def check_kind(topology: Topology, data: Dataset) -> None:
    """Raises DataError for samples of another kind, UsageError where one side has an answer for every row and the other has not."""
    takes = inputs_text(topology.inputs)
    what, said, fits = _held(data.inputs, topology)
    if not fits:
        advice = f"write `inputs: {said}` in the network file"
        raise DataError(f"the samples are {what}, the network takes `inputs: {takes}`", advice=advice)
    if topology.inputs.rows == 1 or (topology.answers_each_row if data.by_row else not topology.answers_rows):
        return
    if topology.answers_rows == data.by_row:
        message = "the network gives a sample another number of rows, and the data have an answer for each"
        advice = "leave out pools, strides and `valid` convolutions, or give an answer for each sample"
    elif data.by_row:
        message = "the data have an answer for every row, the network has one for each sample"
        advice = "leave out the layers `last`, `mean` or `max`, which make one row of many"
    else:
        message = "the network has an answer for every row, the data have one for each sample"
        advice = "write a layer `last`, `mean` or `max` before the output layer"
    raise UsageError(message, advice=advice)


def _held(inputs: Inputs, topology: Topology) -> tuple[str, str, bool]:
    """What samples are, in words and under `inputs:`, and whether the network takes such."""
    shape = topology.inputs
    if isinstance(inputs, Rows):
        return "of several rows", f"any x {inputs.columns}", shape.rows is None and not shape.tokens
    if isinstance(inputs, Tokens):
        noun = "spikes" if shape.spikes else "tokens"
        return f"of {noun}", f"{inputs.width} {noun}", shape.tokens
    return "one row of numbers each", str(inputs.shape[1]), shape.rows == 1
