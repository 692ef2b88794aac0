"""What a search is about: the data, the network that its trials vary, the options that all trials share, and the space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from anncli.arrays import Array
from anncli.cli.asking.network_options import file_layer, refuse_several_rows
from anncli.cli.asking.tables import AskedData, asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.devices import check_options
from anncli.cli.running.experiment_problem import refuse_known_weights
from anncli.cli.running.new_text_network import new_text_network
from anncli.cli.running.reading import read_training_data
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError
from anncli.experiments.search_space import Space
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.ann_vectors import rooted
from anncli.formats.networks.names import DIALECTS
from anncli.formats.networks.storage import parse, read_source, render
from anncli.network.network import Network
from anncli.options.layers import Layer, training_options
from anncli.options.ranges import Searched, range_between, read_searched
from anncli.options.table import OPTIONS, TrainingOptions, read_option
from anncli.options.wording import long_name
from anncli.training.answers import hidden_layers
from anncli.training.beginning import refuse_ensemble
from anncli.training.names import TRAINER_NAMES, canonical_trainer
from anncli.training.operating_point import asked_words
from anncli.training.sample_kinds import check_scaling
from anncli.training.storing import refuse_many_trainings
from anncli.training.truncation import check_truncate

# The default space: these factors around the defaults, and the penalty.
_UNITS_FACTOR, _RATE_FACTOR, _L2 = 4, 10, "auto/1e-5..0.1"


class SearchProblem(NamedTuple):
    """asked: what was said about data and about a new network; network: the one named, or None; source: its bytes; data, and
    sets: the row numbers of those that files or data name, training included where there are others; paths: the files that another
    process can read the data from, or (); layers: options, strongest first; options: those of the defaults;
    epochs; space; is_default_space: nobody named it."""

    asked: AskedData
    network: Network | None
    source: bytes
    data: Dataset | TableData | TextData
    sets: dict[str, Array]
    paths: tuple[str, ...]
    layers: tuple[Layer, ...]
    options: TrainingOptions
    epochs: int
    space: Space
    is_default_space: bool
    replaces_layers: bool

    @property
    def dialect(self) -> str:
        return DIALECTS[0] if self.network is None else self.network.source.dialect

    @property
    def bare(self) -> Dataset:
        """The rows and their answers."""
        return self.data if isinstance(self.data, Dataset) else self.data.bare()


def search_problem(values: Values, words: Words, remarks: Remarks) -> SearchProblem:
    """Read network and data, after all options are checked; raises UsageError, NetworkError and DataError as a training."""
    source, network, layers = b"", None, list(values.layers)
    asked = asked_data(values, words)
    if words.network is not None:
        source = rooted(read_source(words.network), words.network)
        network = parse(source, words.network)
        refuse_ensemble(network, "ann search")
        refuse_many_trainings(network, "search")
        _refuse_parts_of_texts(network)
        layers.append(file_layer(network, words.network))
        if values["baselines"]:
            refuse_several_rows(network.topology.takes_vectors)
    elif (network := new_text_network(asked)) is not None:
        _refuse_parts_of_texts(network)
        source = render(network)
    options = _checked_options(values, network, layers)
    check_options(values["device"], network, options)
    data, sets = read_training_data(asked, network, options, remarks)
    space = Space(_space(values, network, layers, data, options), options.trainer)
    # A pipe cannot be read again by another process.
    can_read = isinstance(data, Dataset) and len(sets) <= 1 and all(Path(name).is_file() for name in words.data)
    replaces = bool({"hidden", "activation"} & (values.given.keys() | values.space.keys()))
    return SearchProblem(
        asked, network, source, data, sets if len(sets) > 1 else {}, words.data if can_read else (), tuple(layers),
        options, words.epochs, space, not values.space, replaces,
    )  # fmt: skip


def _refuse_parts_of_texts(network: Network) -> None:
    """Raises UsageError for a network that has no answer for each text."""
    if network.text is not None and network.text_use != "classes":
        message = f"ann search is for a class of each text, and this network has an answer for each {network.text.one}"
        raise UsageError(message, advice="compare networks by ann train --test 0.1")


def _checked_options(values: Values, network: Network | None, layers: list[Layer]) -> TrainingOptions:
    """The options of the defaults; raises UsageError for those that a search cannot have, and for ranges that none of its
    trainers can use."""
    dialect = DIALECTS[0] if network is None else network.source.dialect
    # The limit is that of the whole search.
    limitless = [{name: given for name, given in layer.items() if name != "time_limit"} for layer in layers]
    options = training_options(limitless, dialect)
    layers[:] = limitless
    _refuse_decisions(values, options)
    trainers = _trainers(values.space, options.trainer)
    for name, searched in values.space.items():
        own = any(name in info.defaults for info in TRAINER_NAMES.values())
        if own and not any(name in TRAINER_NAMES[trainer].defaults for trainer in trainers):
            has = "; its options are " + ", ".join(TRAINER_NAMES[trainers[0]].defaults) if len(trainers) == 1 else ""
            raise UsageError(f"{long_name(name)} {searched.text}: trainer {' and '.join(trainers)} has no {name}{has}")
    if "outer_folds" in values.given and options.test:
        raise UsageError("--outer-folds and --test are two ways of the same estimate", advice="leave one of them out")
    if "folds" in values.given and isinstance(options.validation, tuple):
        raise UsageError("--folds and --validation FILES both choose the trials", advice="leave one of them out")
    check_truncate(None if network is None else network.topology, options, trainer="trainer" not in values.space)
    if network is not None:
        refuse_known_weights(network, options)
        check_scaling(network.topology, options.scaling)
    return options


def _refuse_decisions(values: Values, options: TrainingOptions) -> None:
    """Raises UsageError for decisions that trials are not judged by, which --option and network files may ask for."""
    asked = [f"--{name}" for name in ("threshold", "abstain", "calibration") if name in values.space]
    what = " and ".join(asked) or asked_words(options) or ("--abstain" if options.abstain else "")
    if what:
        message = f"{what}: a search neither selects nor estimates by it"
        raise UsageError(message, advice="search without it, and give it to ann cv and ann train with what was found")


def _trainers(space: Mapping[str, Searched], trainer: str) -> list[str]:
    if "trainer" not in space:
        return [trainer]
    return [canonical_trainer(str(item)) for (item,) in space["trainer"].alternatives]


def _space(
    values: Values,
    network: Network | None,
    layers: list[Layer],
    data: Dataset | TableData | TextData,
    options: TrainingOptions,
) -> tuple[Searched, ...]:
    """The options that differ between trials: those that were named, or the default ones that nobody has set."""
    if values.space:
        return tuple(values.space.values())
    fixed = {name for layer in layers for name in layer} | values.given.keys()
    found = tuple(one for one in _default_space(network, data, options) if one.name not in fixed)
    if not found:
        raise UsageError("nothing is left to search for", advice="give a range, for example --hidden 2..64")
    return found


def _default_space(
    network: Network | None, data: Dataset | TableData | TextData, options: TrainingOptions
) -> Iterator[Searched]:
    if network is None:
        assert not isinstance(data, TextData)
        (units,) = hidden_layers(data, [options.trainer])
        yield range_between("hidden", units / _UNITS_FACTOR, units * _UNITS_FACTOR, whole=True)
    rate = TRAINER_NAMES[options.trainer].defaults.get("learning_rate")
    if isinstance(rate, float):
        yield range_between("learning_rate", rate / _RATE_FACTOR, rate * _RATE_FACTOR)
    found = read_searched("l2", _L2, lambda word: read_option("l2", word))
    assert isinstance(found, Searched)
    yield found


def spoken(searched: Searched) -> str:
    """An option of the space in words: 'hidden 4..64 (log)'."""
    name = searched.name if searched.name in OPTIONS else f"option {searched.name}"
    return f"{name.replace('_', '-')} {searched.text}" + (" (log)" if searched.is_log else "")
