"""The parts of a run: which rows train, validate and test, and whether they can."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from anncli.arrays import Array, row_numbers, row_range, take_rows
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.dataset.folds import stratified_split
from anncli.errors import DataError, UsageError
from anncli.network.network import Network
from anncli.options.table import TrainingOptions

PARTS = ("training", "validation", "test")

# The validation part where the options leave it open; from a class of four it would take one vector, or half of two.
VALIDATION_SHARE, FEWEST_TO_SHARE = 0.2, 5


def check_fit(network: Network, data: Dataset) -> None:
    """Data and network agree in inputs and classes."""
    if data.n_inputs != network.n_inputs:
        raise DataError(
            f"the vectors have {data.n_inputs} values, the network has {network.n_inputs} inputs",
            advice=f"give vectors of {network.n_inputs} values, or write 'inputs: {data.n_inputs}' in the network file",
        )
    if data.n_classes != network.n_classes:
        raise UsageError(
            f"{data.n_classes} classes of data for a network of {network.n_classes} classes ({network.n_outputs} output"
            f"{'s' if network.n_outputs > 1 else ''})",
            advice="give one class file per class, positive before negative, or change the network's last layer",
        )


def divide(
    data: Dataset, options: TrainingOptions, parts: Mapping[str, Array], rng: np.random.Generator
) -> dict[str, Array]:
    """Rows of the three parts: those given, the others drawn as shares of the given training rows (or of all)."""
    training = parts.get("training")
    n = data.n_samples
    left = row_range(0, n) if training is None else row_numbers(training, n)
    result = {name: row_numbers(parts.get(name, []), n) for name in PARTS}
    shares = {name: 0.0 if name in parts else getattr(options, name) for name in ("test", "validation")}
    if shares["validation"] is None:
        smallest = int(data.class_counts(left).min())
        shares["validation"] = 0.0 if smallest < FEWEST_TO_SHARE else VALIDATION_SHARE
    if any(isinstance(share, tuple) for share in shares.values()):
        raise UsageError("validation and test files must be read into `parts` before training")
    if shares["test"] + shares["validation"] >= 1:
        raise UsageError("--validation and --test together leave nothing to train on", advice="lower one of them")
    remaining = 1.0
    for name, share in shares.items():
        left, result[name] = (
            (left, result[name]) if not share else stratified_split(data.labels, left, share / remaining, rng)
        )
        remaining -= share
    result["training"] = left
    return result


def too_few_to_share(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """A warning where the smallest class kept divide() from drawing a validation part."""
    if len(rows["validation"]):
        return []
    counts = data.class_counts(rows["training"])
    count, name = int(counts.min()), data.classes[int(np.argmin(counts))]
    return [
        f"class '{name}' has {count} vector{'' if count == 1 else 's'}, too few to hold some out: "
        "there is no validation part and all epochs are run"
    ]


def _no_class(data: Dataset, part: str, row: int) -> DataError:
    """Names the first vector of a part that has no class, by its file and its number there."""
    number, path = row, None
    for source in data.sources:
        if number < source.n_samples:
            path = source.name
            break
        number -= source.n_samples
    return DataError(
        f"vector {number + 1} has no class, which every vector of the {part} part needs",
        path=path,
        advice="label it or leave it out",
    )


def check_parts(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """Warnings in words; raises DataError for a part without labels or a class without training vectors."""
    warnings = []
    for name in ("training", "validation"):
        unlabelled = rows[name][take_rows(data.labels, rows[name]) == UNLABELLED]
        if len(unlabelled):
            raise _no_class(data, name, int(unlabelled[0]))
    counts = data.class_counts(rows["training"])
    if np.count_nonzero(counts) < 2:
        only = data.classes[int(np.argmax(counts))] if counts.sum() else "none"
        raise DataError(f"the training part holds one class only ('{only}')", advice="give vectors of every class")
    for name, count in zip(data.classes, counts, strict=True):
        if count == 0:
            raise DataError(f"class '{name}' has no vector in the training part", advice="give vectors of every class")
    validation = data.class_counts(rows["validation"])
    if len(rows["validation"]) and not validation.all():
        missing = data.classes[int(np.argmin(validation))]
        warnings.append(f"class '{missing}' has no vector in the validation part; its errors will not be seen")
    return warnings
