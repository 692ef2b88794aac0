"""What of the computation of a network a program must contain, in the words of all exports as text."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.encoders.table import InputColumn
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.tables import word_number


def decision_kind(network: Network) -> str:
    """How a decision is made: 'one' output and a threshold, 'many' outputs of which the largest counts, 'labels', or '' for numbers."""
    if network.task == "regression":
        return ""
    if network.task == "multi-label":
        return "labels"
    return "one" if network.n_outputs == 1 else "many"


def decision_limits(network: Network) -> tuple[float, tuple[float, ...]]:
    """The threshold and the undecided scores as the float32 numbers that scores are compared with, () where all are decided."""
    limits = np.array([network.decision_threshold, *(network.abstain or ())], dtype=np.float32)
    threshold, *abstain = limits.tolist()
    return threshold, tuple(abstain)


def scaling_kinds(network: Network) -> list[str]:
    """The steps of the scaling in their order: 'energy' or 'minmax' of each row, 'logarithms', 'linear', 'logistic' or 'soft-clip'."""
    scaling = network.scaling
    steps = (
        (scaling.per_vector, scaling.per_vector != "none"),
        ("logarithms", scaling.log_floor is not None),
        ("linear", scaling.add is not None),
        (scaling.activation, scaling.activation != "linear"),
    )
    return [kind for kind, is_taken in steps if is_taken]


def tables_of_numbers(network: Network) -> dict[str, Array]:
    """What is added to each input or output, or multiplied by it, float32: LOG_FLOOR, ADD and MULTIPLY (n_inputs,), OFFSET and SPREAD
    (n_outputs,); those that there are."""
    scaling = network.scaling
    tables = {"LOG_FLOOR": scaling.log_floor, "ADD": scaling.add, "MULTIPLY": scaling.multiply}
    found = {name: values for name, values in tables.items() if values is not None}
    units = network.target_scaling.of_outputs(network.n_outputs)
    return found if units is None else found | dict(zip(("OFFSET", "SPREAD"), units, strict=True))


def calibration_numbers(network: Network) -> dict[str, float]:
    """'slope' and 'intercept', or 'temperature'; none for an isotonic calibration, and without one."""
    kind, calibration = calibration_kind(network), network.calibration
    if calibration is None or kind == "isotonic":
        return {}
    names = ("slope", "intercept") if "platt" in kind else ("temperature",)
    return dict(zip(names, calibration.numbers.tolist(), strict=True))


def calibration_kind(network: Network) -> str:
    """'platt', 'platt of logits', 'isotonic', 'temperature of one' output, 'temperature' of many, or ''."""
    calibration = network.calibration
    if calibration is None:
        return ""
    if calibration.method == "platt":
        return "platt of logits" if calibration.of_logits else "platt"
    if calibration.method == "temperature":
        return "temperature of one" if network.n_outputs == 1 else "temperature"
    return calibration.method


def word_places(column: InputColumn) -> dict[str | float, int]:
    """The place among the inputs of a category of each word, or of the number that the word is: 1 and 1.0 are the same word."""
    places = [*enumerate(column.levels), *((len(column.levels), word) for word in column.rare)]
    numbers = {word: word_number(word) for _, word in places}
    return {word if (number := numbers[word]) is None else number: place for place, word in places}


def needed_functions(network: Network) -> list[str]:
    """The activations of the layers, and what the scaling, the calibration and other activations call, 'logit' too; each before
    what calls it, in the order of their names in ACTIVATION_NAMES."""
    kind = calibration_kind(network)
    needed = {layer.activation for layer in network.layers}
    if (
        "silu" in needed
        or network.scaling.activation == "logistic"
        or kind in ("platt", "platt of logits", "temperature of one")
    ):
        needed.add("logistic")
    if kind == "temperature":
        needed.add("softmax")
    names = [name for name in ACTIVATION_NAMES if name in needed]
    return names + ["logit"] * (kind in ("platt of logits", "temperature of one"))
