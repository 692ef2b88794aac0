"""predict() and decide(): the outputs of a network for raw input rows, and the class each row of outputs stands for."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens, all_finite
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.reproducible import refuse_scaling
from anncli.errors import DataError
from anncli.evaluation.abstention import undecided
from anncli.evaluation.names import UNDECIDED
from anncli.network.averaging import mean_outputs
from anncli.network.input_shapes import inputs_text
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.sample_lengths import check_lengths
from anncli.network.spikes.trains import check_times


def predict(
    network: Network, inputs: Inputs, *, in_place: bool = False, threads: int = 1, calibrated: bool = True
) -> Array:
    """Outputs (n, n_outputs), float32, for raw inputs (n, n_inputs) or samples of several rows or of tokens; the network's
    scaling and calibration are applied here. A network that answers for every row gives the outputs of all rows of all samples.

    Numbers are in the units of the data; with quantiles the outputs of one target stand together.

    Args: in_place: `inputs` is a float32 array that may be overwritten with its scaled form; threads: per call of the
        compiled code, 0 = the fastest number; the result does not depend on it; calibrated: False for the outputs as they are
        before the calibration.
    Raises: ValueError for an untrained network, DataError for rows of another width or with values that are not finite, and for
        samples of too few rows.
    """
    if network.parameters is None:
        raise ValueError("the network is untrained: it has no weights yet")
    rows = network_inputs(network, inputs)
    check_lengths(network.topology, rows)
    if not all_finite(rows):
        raise DataError("inputs must be finite", advice="remove or replace nan and inf first")
    refuse_scaling(network.scaling.activation)
    problem, samples = Problem(network.topology), Samples(network.scaling.apply(rows, in_place=in_place))
    backend = choose_backend(problem, threads)
    with closing(backend.open(problem, samples)) as session:
        outputs = mean_outputs(session.outputs, network.all_parameters)
    return in_units(network, outputs, calibrated)


def in_units(network: Network, outputs: Array, calibrated: bool = True) -> Array:
    """Outputs of the layers (n, n_outputs) in the units of the data, and calibrated where the network is."""
    outputs = network.target_scaling.to_data(outputs)
    return network.calibration.apply(outputs) if calibrated and network.calibration is not None else outputs


def network_inputs(network: Network, inputs: Any) -> Inputs:
    """What the network takes of samples: these in float32, or their Fisher vectors; raises as checked_inputs()."""
    shape = network.topology.inputs
    if shape.descriptors is None or network.mixture is None:
        return checked_inputs(shape, inputs)
    if not isinstance(inputs, Rows | Tokens):
        if np.ndim(inputs) == 2 and np.shape(inputs)[1] == shape.columns:
            return checked_inputs(shape, inputs)
        advice = f"give a list of arrays (rows, {shape.samples.columns}), one for each sample"
        raise DataError(f"the inputs are vectors, the network takes {inputs_text(shape)}", advice=advice)
    samples = checked_inputs(shape.samples, inputs)
    if not all_finite(samples):
        raise DataError("inputs must be finite", advice="remove or replace nan and inf first")
    assert isinstance(samples, Rows)
    return network.mixture.encode(samples)


def checked_inputs(shape: Shape, inputs: Any) -> Inputs:
    """Samples in float32; raises DataError for samples of another kind or width than those of the network."""
    if isinstance(inputs, Rows | Tokens):
        if shape.rows == 1 or isinstance(inputs, Tokens) != shape.tokens or inputs.columns != shape.columns:
            raise DataError(f"the samples are {inputs!r}, the network takes {inputs_text(shape)}")
        if shape.spikes and isinstance(inputs, Tokens):
            check_times(inputs)
        return inputs.astype(np.float32, copy=False)
    if shape.rows is None:
        raise DataError(
            f"the inputs are vectors, the network takes {inputs_text(shape)}",
            advice="give Tokens" if shape.tokens else "give Rows",
        )
    rows = np.ascontiguousarray(inputs, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != shape.columns:
        raise DataError(
            f"the inputs have shape {rows.shape}, the network has {shape.columns} inputs",
            advice=f"give an array of shape (n, {shape.columns}), one sample per row",
        )
    if shape.code is not None:
        shape.code.check(rows)
    return rows


def decide(
    network: Network, outputs: Array, threshold: float | Array | None = None, abstain: tuple[float, ...] | None = None
) -> Array:
    """The predicted class index (n,): by threshold with one output, otherwise the largest output; UNDECIDED for rows that
    are no decision. For multi-label bool (n, n_labels): which labels each row is given.

    Args: outputs (n, n_outputs); threshold: instead of the network's own, or one for each row (n,); abstain: scores that are no decision, see
        evaluation.abstention.undecided(), instead of the network's own, () for none.
    Raises: ValueError for a network that predicts numbers.
    """
    if network.task == "regression":
        raise ValueError("the network predicts numbers: its outputs are no decisions")
    limit = network.decision_threshold if threshold is None else threshold
    if network.task == "multi-label":
        return outputs > np.asarray(limit, dtype=np.float32)
    is_single = network.n_outputs == 1
    chosen = (
        np.where(outputs[:, 0] > np.asarray(limit, dtype=np.float32), 0, 1) if is_single else np.argmax(outputs, axis=1)
    )
    abstain = network.abstain if abstain is None else abstain
    if abstain:
        chosen[undecided(outputs, abstain)] = UNDECIDED
    return chosen
