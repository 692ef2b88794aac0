"""The sets of a run: which rows are for training, validation and test, and whether a run can work with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from anncli.arrays import Array, row_numbers, row_range, take_rows
from anncli.dataset.dataset import Dataset
from anncli.dataset.folds import (
    ending_before,
    grouped_split,
    ordered_split,
    spread_split,
    stratified_split,
    without_groups_of,
)
from anncli.errors import DataError, UsageError, count_of
from anncli.network.network import Network
from anncli.network.sample_lengths import check_lengths
from anncli.options.table import TrainingOptions
from anncli.training.answers import check_task, constant_sets
from anncli.training.sample_kinds import check_kind

SET_NAMES = ("training", "validation", "test")

# The validation set where the options leave it open. Of a class of four rows it would take one, or half of two.
VALIDATION_FRACTION, FEWEST_TO_SPLIT = 0.2, 5


def check_fit(network: Network, data: Dataset) -> None:
    """Raises DataError or UsageError unless data and network agree in inputs, task and classes."""
    check_kind(network.topology, data)
    if data.n_inputs != network.n_inputs:
        raise DataError(
            f"the rows have {data.n_inputs} values, the network has {network.n_inputs} inputs",
            advice=f"give rows of {network.n_inputs} values, or write 'inputs: {data.n_inputs}' in the network file",
        )
    check_lengths(network.topology, data.inputs, data.sources)
    check_task(network, data)
    if data.targets is None and data.n_classes != network.n_classes:
        raise UsageError(
            f"{data.n_classes} classes of data for a network of {network.n_classes} classes "
            f"({count_of(network.n_outputs, 'output')})",
            advice="give one class file per class, positive before negative, or change the network's last layer",
        )


def divide(
    data: Dataset,
    options: TrainingOptions,
    given: Mapping[str, Array],
    rng: np.random.Generator,
    seen: Array | None = None,
) -> dict[str, Array]:
    """Rows of the three sets: those given, the others drawn as fractions of the given training rows (or of all rows).

    Rows of weight 0 are in no set, so a run is the same as on data without them. Other weights do not change the split:
    it takes the fraction of the number of rows of each class.
    Args: seen: bool (n_samples,), rows that trained the network before; they stay in the training set, and the fractions
        are those of the other rows.
    Raises: UsageError for fractions that leave no training row, and for a set that was asked for and gets no row because
        all rows belong together, or trained the network before.
    """
    n = data.n_samples
    result = {name: _counting(data, row_numbers(given.get(name, []), n)) for name in SET_NAMES}
    left = result["training"] if "training" in given else _counting(data, row_range(0, n))
    fractions = {name: 0.0 if name in given else getattr(options, name) for name in ("test", "validation")}
    if any(isinstance(fraction, tuple) for fraction in fractions.values()):
        raise UsageError("validation and test files must be read before training and given as row numbers")
    is_seen = None if seen is None else take_rows(seen, left)
    before = left[:0] if is_seen is None else left[is_seen]
    left = left if is_seen is None else left[~is_seen]
    if fractions["validation"] is None:
        smallest = int(data.class_counts(left).min()) if data.targets is None and not data.by_row else len(left)
        fractions["validation"] = 0.0 if smallest < FEWEST_TO_SPLIT else VALIDATION_FRACTION
    if fractions["test"] + fractions["validation"] >= 1:
        raise UsageError("--validation and --test together leave nothing to train on", advice="lower one of them")
    remaining = 1.0
    for name, fraction in fractions.items():
        if fraction:
            left, result[name] = _draw(data, left, fraction / remaining, rng)
            _check_drawn(name, fraction, result[name], len(before))
            if getattr(options, name) is not None:
                _check_divisible(data, name, fraction, result[name], left)
        remaining -= fraction
    result["training"] = np.sort(np.concatenate([before, left])) if len(before) else left
    return result


def _draw(data: Dataset, rows: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """(left, taken): the latest rows, or whole groups, or the fraction of the rows of every class or size of the target.

    With times and groups, earlier rows of a group that has rows among the latest are in no set, nor are rows with targets from a time
    at which the latest begin.
    """
    if data.times is not None:
        left, taken = ordered_split(data.times, rows, fraction)
        left = ending_before(left, taken, data.times, data.until)
        return without_groups_of(left, taken, data.groups), taken
    if data.groups is not None:
        return grouped_split(data.groups, rows, fraction, rng)
    if data.task == "regression" and data.targets is not None:
        return spread_split(data.levels, rows, fraction, rng)
    return stratified_split(data.strata, rows, fraction, rng)


def _check_drawn(name: str, fraction: float, drawn: Array, n_seen: int) -> None:
    """Raises UsageError for an empty set where rows that trained the network before left nothing to draw from."""
    if n_seen and not len(drawn):
        raise UsageError(
            f"--{name} {fraction:g}: {n_seen} rows trained this network before, and too few others are left to hold some out",
            advice="name files of other rows, or train anew without --continue",
        )


def _check_divisible(data: Dataset, name: str, fraction: float, drawn: Array, left: Array) -> None:
    """Raises UsageError for a set that was asked for and is empty, because all rows belong together."""
    if not len(drawn) and (one := _all_one(data, left)):
        advice = f"give rows of several {one}s, or leave --{name} out"
        raise UsageError(f"--{name} {fraction:g}: all rows are of one {one}, which is not divided", advice=advice)


def _counting(data: Dataset, rows: Array) -> Array:
    """The rows whose weight is above 0."""
    return rows if data.weights is None else rows[take_rows(data.weights, rows) > 0]


def too_few_to_split(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """A warning where the smallest class is so small that divide() drew no validation set."""
    if len(rows["validation"]):
        return []
    without = "there is no validation set, and training does not stop early"
    if one := _all_one(data, rows["training"]):
        return [f"all rows are of one {one}, which is not divided: {without}"]
    if data.targets is not None or data.by_row:
        few = count_of(len(rows["training"]), "sample" if data.has_several_rows else "row")
        return [f"{few} {'is' if few.startswith('1 ') else 'are'} too few to hold some out: {without}"]
    counts = data.class_counts(rows["training"])
    count, name = int(counts.min()), data.classes[int(np.argmin(counts))]
    return [f"class '{name}' has only {count_of(count, 'row')}, too few to hold some out: {without}"]


def _all_one(data: Dataset, rows: Array) -> str:
    """'group' or 'time' where all rows have the same one, so that no set can be drawn from them; else ''."""
    for what, values in (("time", data.times), ("group", data.groups)):
        if values is not None and len(rows) > 1 and len(np.unique(take_rows(values, rows))) == 1:
            return what
    return ""


def _unlabelled_row(data: Dataset, name: str, row: int) -> DataError:
    """Names the first row of a set that has no answer by its file and its number in it."""
    number, path = row, None
    for source in data.sources:
        if number < source.n_samples:
            path = source.name
            break
        number -= source.n_samples
    return DataError(
        f"row {number + 1} has no {'class' if data.targets is None else 'target'}, which every row of the {name} set needs",
        path=path,
        advice="label it or leave it out" if data.targets is None else "give it one or leave it out",
    )


def _mixed(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """Warnings where two sets hold rows of one group, or stand in another order of time: as files that the user gave can, and
    sets that are drawn where a training goes on."""
    warnings = []
    for first, second in (("training", "validation"), ("training", "test"), ("validation", "test")):
        one, other = rows[first], rows[second]
        if not len(one) or not len(other):
            continue
        if data.groups is not None:
            both = np.intersect1d(take_rows(data.groups, one), take_rows(data.groups, other))
            if len(both):
                groups = f"{count_of(len(both), 'group')} {'is' if len(both) == 1 else 'are'}"
                warnings.append(
                    f"{groups} in both the {first} and the {second} set: the {second} figures are optimistic"
                )
        if data.times is not None and take_rows(data.times, one).max() >= take_rows(data.times, other).min():
            warnings.append(f"the {second} set has rows that are not later than all rows of the {first} set")
    return warnings


def check_sets(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """Warnings in words; raises DataError for a set without answers or a class without training rows."""
    warnings = list[str]()
    for name in ("training", "validation"):
        unlabelled = rows[name][~data.answered(rows[name])]
        # Of samples whose rows have answers, some may have none.
        if len(unlabelled) and not (data.by_row and len(unlabelled) < len(rows[name])):
            raise _unlabelled_row(data, name, int(unlabelled[0]))
    warnings += _mixed(data, rows)
    if data.targets is not None:
        if not len(rows["training"]):
            raise DataError("the training set is empty", advice="give rows with targets")
        return [*warnings, *constant_sets(data, rows)]
    counts = data.class_counts(rows["training"])
    if np.count_nonzero(counts) < 2:
        only = data.classes[int(np.argmax(counts))] if counts.sum() else "none"
        raise DataError(f"the training set holds one class only ('{only}')", advice="give rows of every class")
    for name, count in zip(data.classes, counts, strict=True):
        if count == 0:
            raise DataError(f"class '{name}' has no row in the training set", advice="give rows of every class")
    validation = data.class_counts(rows["validation"])
    if len(rows["validation"]) and not validation.all():
        missing = data.classes[int(np.argmin(validation))]
        warnings.append(f"class '{missing}' has no row in the validation set, so errors on it go unseen")
    return warnings


def evenly_spaced(rows: Array, count: int) -> Array:
    """`count` of the rows, evenly spaced; all where there are fewer."""
    chosen: Array = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    return chosen
