"""Storing patterns: what replaces training in a network whose layer holds the rows themselves, and rows kept for recall beside weights.

One pass stores; there are no epochs, no trainer and no validation set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.statistics import fit_scaling
from anncli.errors import DataError, UsageError, count_of, quoted
from anncli.limits import MAX_PARAMETERS
from anncli.network.layers.hopfield import Hopfield
from anncli.network.network import Network
from anncli.network.patterns import Patterns, with_room
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.names import DEFAULT_TRAINER, TRAINER_NAMES

#: Rows of other networks that are kept for recall: up to the first number where nothing names them, else to the second. Data sets on
#: which a network learns to compress or to find outliers have more rows, and no names.
MOST_UNNAMED, MOST_NAMED = 100, 10_000

# Scalings that can be undone value by value.
_LINEAR = ("none", "minmax", "zscore", "robust")


def check_storing(network: Network, options: TrainingOptions) -> None:
    """Raises UsageError for options that speak of what storing has not."""
    if not network.stores:
        return
    shown = f"`{network.layers_text}` stores patterns"
    if options.validation not in (None, 0.0) or (isinstance(options.test, float) and options.test):
        name = "--test" if options.validation in (None, 0.0) else "--validation"
        message = f"{name}: {shown}, and a row that is held out would not be stored"
        raise UsageError(message, advice="give noisy rows in a file of their own to `ann test` or `ann predict`")
    given = {"--restarts": options.restarts > 1, "--ensemble": options.ensemble > 1, "--prune": options.prune, "--prune-loss": options.prune_loss, "--teacher": options.teacher}  # fmt: skip
    if found := [name for name, is_given in given.items() if is_given]:
        raise UsageError(f"{found[0]}: {shown} and learns nothing", advice="leave it out")
    allowed = ("none",) if isinstance(network.topology.layers[0], Hopfield) else _LINEAR
    if options.scaling not in ("auto", "keep", *allowed):
        raise UsageError(f"--scaling {options.scaling}: {shown}, which must come back as they were", advice=f"use --scaling {' or '.join(allowed)}")  # fmt: skip


def without_answers(data: Dataset) -> Dataset:
    """The samples with their inputs as answers, whatever answers they have."""
    return Dataset(
        data.inputs, columns=data.columns, weights=data.weights, names=data.names, sources=data.sources, targets=data.vectors.copy(),
        target_names=data.columns, task="regression",
    )  # fmt: skip


def refuse_many_trainings(network: Network, command: str) -> None:
    """Raises UsageError for a memory where networks are trained on parts of the rows, or by several trainers."""
    if network.stores:
        message = f"ann {command} compares trainings, and `{network.layers_text}` stores all patterns in one pass"
        raise UsageError(message, advice="`ann test NETWORK NOISY.csv` says how many rows recall their pattern")


def refuse_continued(network: Network, options: TrainingOptions) -> None:
    """Raises UsageError for a memory that has its patterns, and is to be trained on."""
    if network.stores and network.is_trained and options.init is None:
        message = "the patterns of a memory are stored all at once"
        raise UsageError(message, advice="leave --continue out, and give all files")


def fitting(network: Network, options: TrainingOptions) -> TrainingOptions:
    """The options of a run that stores; those of any other run as they are. Raises: UsageError as check_storing()."""
    if not network.stores:
        return options
    check_storing(network, options)
    scaling = "none" if options.scaling in ("auto", "keep") else options.scaling
    own = TRAINER_NAMES[DEFAULT_TRAINER].defaults
    return options._replace(
        trainer=DEFAULT_TRAINER, trainer_options=own, validation=0.0, l2=0.0, l1=0.0, average=None, scaling=scaling, refit="no", patience=0, goal=None,
    )  # fmt: skip


def with_patterns(
    network: Network, data: Dataset, rows: dict[str, Array]
) -> tuple[Network, dict[str, Array], tuple[str, ...]]:
    """The network with the patterns of its training rows, the rows of the sets, and what the user should know.

    A memory stores equal rows once. Raises: DataError for patterns that are too many, or that it cannot store.
    """
    if network.is_memory and network.is_trained:
        return network, rows, ()
    if not network.stores:
        return _beside_weights(network, data, rows), rows, ()
    training = rows["training"]
    values = data.vectors[training]
    _, first = np.unique(values, axis=0, return_index=True)
    first.sort()
    n_equal, training, values = len(values) - len(first), training[first], values[first]
    _check_room(network.topology, len(values))
    patterns = Patterns(values, _names(data, training))
    if isinstance(network.topology.layers[0], Hopfield):
        _bits(patterns)
    topology = with_room(network.topology, len(values))
    told = (f"{count_of(n_equal, 'pattern')} equal to one before: each is stored once",) if n_equal else ()
    stored = replace(network, topology=topology, patterns=patterns, is_memory=True)
    return stored, {**rows, "training": training}, told


def _beside_weights(network: Network, data: Dataset, rows: Mapping[str, Array]) -> Network:
    """The network with its rows as patterns, if it is trained on its own inputs and they are few, or have names."""
    own = network.encoder is not None and network.encoder.roles.reconstructs and isinstance(data.inputs, np.ndarray)
    known = np.sort(np.concatenate([rows["training"], rows["validation"]]))
    if not own or not 0 < len(known) <= (MOST_NAMED if data.names else MOST_UNNAMED):
        return replace(network, patterns=None) if network.patterns is not None else network
    return replace(network, patterns=Patterns(data.vectors[known], _names(data, known)))


def _check_room(topology: Topology, count: int) -> None:
    """Raises DataError before memory is taken that a network may not have."""
    width = topology.n_inputs
    n_parameters = width * (width if isinstance(topology.layers[0], Hopfield) else count)
    if n_parameters > MAX_PARAMETERS:
        message = f"{count_of(count, 'pattern')} of {count_of(width, 'value')} need {n_parameters} weights, and a network has at most {MAX_PARAMETERS}"
        raise DataError(message, advice="store fewer patterns")


def _names(data: Dataset, rows: Array) -> tuple[str, ...]:
    """The names of these rows: those of a column, or, of several files, those of the files."""
    if data.names:
        return tuple([data.names[row] for row in rows.tolist()])
    given = [source for source in data.sources if source.n_samples]
    if len(given) < 2 or sum(source.n_samples for source in given) != data.n_samples:
        return ()
    names = []
    for source in given:
        stem = source.name.rsplit("/", 1)[-1].partition(".")[0]
        many = source.n_samples > 1
        names += [f"{stem} {k}" if many else stem for k in range(1, source.n_samples + 1)]
    return tuple([names[row] for row in rows.tolist()])


def _bits(patterns: Patterns) -> tuple[float, float]:
    """The two values of the patterns of a Hopfield network; raises DataError for patterns of others."""
    for bits in ((-1.0, 1.0), (0.0, 1.0)):
        wrong = ~np.isin(patterns.values, bits)
        if not wrong.any():
            return bits
    wrong = ~np.isin(patterns.values, (-1, 0, 1))
    if not wrong.any():
        raise DataError("`memory hopfield` stores patterns of two values, and these have -1, 0 and 1", advice="write -1 and 1, or 0 and 1; `memory beta 8` stores any numbers")  # fmt: skip
    row, column = (int(places[0]) for places in np.nonzero(wrong))
    message = f"`memory hopfield` stores patterns of -1 and 1, or of 0 and 1, and pattern {quoted(patterns.shown_names[row])} has {patterns.values[row, column]:.8g} as value {column + 1}"
    raise DataError(message, advice="`memory beta 8` stores any numbers")


def pattern_scaling(
    network: Network, data: Dataset, options: TrainingOptions, rows: Array
) -> tuple[Scaling, TargetScaling]:
    """How the patterns of a memory are scaled before they are stored, and how what is recalled becomes a pattern again."""
    assert network.patterns is not None
    if network.is_trained:
        return network.scaling, network.target_scaling
    if not isinstance(network.topology.layers[0], Hopfield):
        scaling = Scaling(*fit_scaling(options.scaling, data.inputs, rows))
        if scaling.add is None or scaling.multiply is None:
            return scaling, TargetScaling()
        # A column of one value is scaled to 0, and comes back as that value.
        spread = 1 / np.where(scaling.multiply == 0, np.float32(1), scaling.multiply)
        return scaling, TargetScaling("minmax" if scaling.method == "minmax" else "zscore", -scaling.add, spread)
    if _bits(network.patterns)[0] == -1:
        return Scaling(), TargetScaling()
    half = np.full(network.n_inputs, 0.5, dtype=np.float32)
    return Scaling("bipolar", -half, 4 * half), TargetScaling("minmax", half, half)
