"""Export as a file of FANN 2.1. It is proved by libfann."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from anncli.arrays import Array, vectors_of
from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows
from anncli.formats.exports.fann_layers import FORMS, FannLayer, fann_layers
from anncli.formats.exports.fann_library import run_fann
from anncli.formats.exports.steps import layer_refusal, table_refusal
from anncli.network.network import Network

# What FANN's own training would begin with; it plays no part in a use of the network.
_HEAD = """\
learning_rate=0.700000
connection_rate=1.000000
network_type=0
learning_momentum=0.000000
training_algorithm=2
train_error_function=1
train_stop_function=0
cascade_output_change_fraction=0.010000
quickprop_decay=-0.000100
quickprop_mu=1.750000
rprop_increase_factor=1.200000
rprop_decrease_factor=0.500000
rprop_delta_min=0.000000
rprop_delta_max=50.000000
rprop_delta_zero=0.100000
cascade_output_stagnation_epochs=12
cascade_candidate_change_fraction=0.010000
cascade_candidate_stagnation_epochs=12
cascade_max_out_epochs=150
cascade_min_out_epochs=50
cascade_max_cand_epochs=150
cascade_min_cand_epochs=50
cascade_num_candidate_groups=2
bit_fail_limit=0.35
cascade_candidate_limit=1000
cascade_weight_multiplier=0.4
cascade_activation_functions_count=1
cascade_activation_functions=5\u0020
cascade_activation_steepnesses_count=1
cascade_activation_steepnesses=0.5\u0020
"""
# FANN computes ((x - mean) / deviation + 1) * factor + new_min. With so small a factor, and new_min = -factor, the 1 costs no digit of x.
_FACTOR = 2.0**-20


class FannExport:
    """See base.ExportFormat. The file says nothing about classes: its outputs are scores."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        if refused := layer_refusal(network, "a FANN file"):
            return refused
        for layer in network.layers:
            if layer.activation not in FORMS:
                advice = "; train with a logistic output layer, or use --to c" if layer.activation == "softmax" else ""
                return f"FANN has no {layer.activation} units, only {', '.join(FORMS)}{advice}"
        if refused := table_refusal(network, "a FANN file"):
            return refused
        scaling = network.scaling
        if scaling.per_vector != "none":
            return f"a FANN file cannot hold scaling of each row ({scaling.per_vector}); train with --scaling zscore"
        if scaling.log_floor is not None or scaling.activation == "soft-clip":
            what = "the logarithms of inputs" if scaling.log_floor is not None else "the scaling soft-clip"
            return f"a FANN file cannot hold {what}; train with --scaling zscore"
        if network.calibration is not None:
            return f"a FANN file cannot hold the calibration {network.calibration.method}; use --to json, c or onnx"
        return None

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": "".join(_pieces(network)).encode("ascii")}

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        is_scaled = b"\nscale_included=1\n" in files[""]
        return run_fann(files[""], vectors_of(rows.inputs), network.n_outputs, is_scaled)


EXPORT = FannExport()


def _pieces(network: Network) -> Iterator[str]:
    layers = fann_layers(network)
    sizes = [network.n_inputs, *(len(layer.biases) for layer in layers)]
    yield f"FANN_FLO_2.1\nnum_layers={len(sizes)}\n{_HEAD}"
    yield f"layer_sizes={''.join(f'{size + 1} ' for size in sizes)}\n"
    yield from _scale_lines(network)
    yield "neurons (num_inputs, activation_function, activation_steepness)="
    yield "(0, 0, 0) " * (network.n_inputs + 1)
    for below, layer in zip(sizes, layers, strict=False):
        yield f"({below + 1}, {layer.function}, {layer.steepness!r}) " * len(layer.biases)
        # The bias unit, which the next layer reads.
        yield f"(0, {layer.function}, 0) "
    yield "\nconnections (connected_to_neuron, weight)="
    start = 0
    for below, layer in zip(sizes, layers, strict=False):
        yield from _connections(layer, start)
        start += below + 1
    yield "\n"


def _connections(layer: FannLayer, start: int) -> Iterator[str]:
    """Unit by unit, the bias last; every digit of a float32, so that a program with 64-bit numbers reads the same."""
    numbers = range(start, start + len(layer.weights) + 1)
    for column in np.vstack([layer.weights, layer.biases]).T:
        yield "".join(f"({number}, {weight!r}) " for number, weight in zip(numbers, column.tolist(), strict=True))


def _scale_lines(network: Network) -> Iterator[str]:
    """What fann_scale_input() and fann_descale_output() read; none without a scaling."""
    scaling, units = network.scaling, network.target_scaling.of_outputs(network.n_outputs)
    if scaling.add is None and units is None:
        yield "scale_included=0\n"
        return
    n = network.n_inputs
    add = np.zeros(n) if scaling.add is None else scaling.add
    multiply = np.ones(n) if scaling.multiply is None else scaling.multiply
    offset, spread = units or (np.zeros(network.n_outputs), np.ones(network.n_outputs))
    yield "scale_included=1\n"
    yield from _scale_block("in", -add.astype(np.float64), 1 / multiply.astype(np.float64))
    yield from _scale_block("out", offset.astype(np.float64), spread.astype(np.float64))


def _scale_block(where: str, mean: Array, deviation: Array) -> Iterator[str]:
    values = {
        "mean": mean,
        "deviation": deviation * _FACTOR,
        "new_min": np.full(len(mean), -_FACTOR),
        "factor": np.full(len(mean), _FACTOR),
    }
    for name, numbers in values.items():
        # Without the sign of a zero.
        yield f"scale_{name}_{where}={''.join(f'{number + 0.0!r} ' for number in numbers.tolist())}\n"
