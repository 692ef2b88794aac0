"""What the trainings of `ann bench`, `ann cv` and `ann compare --folds` are about: a network as a file holds it, and the samples, or a table of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from anncli.arrays import Array
from anncli.cli.asking.network_options import file_layer, refuse_several_rows, refuse_with
from anncli.cli.asking.tables import AskedData, asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.devices import check_options
from anncli.cli.running.new_network import new_network
from anncli.cli.running.new_text_network import new_text_network
from anncli.cli.running.reading import read_training_data, set_files
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError
from anncli.experiments.spec import RowsRef
from anncli.experiments.splits import Split
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.ann_vectors import rooted
from anncli.formats.networks.names import DIALECTS
from anncli.formats.networks.storage import parse, read_source, render
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.options.layers import Given, Layer, training_options
from anncli.options.table import TrainingOptions
from anncli.training.beginning import begin, refuse_ensemble
from anncli.training.decisions import choose_scaling, settled
from anncli.training.inputs import encoded_inputs
from anncli.training.operating_point import check_network, check_validation
from anncli.training.storing import refuse_many_trainings
from anncli.training.truncation import check_truncate


class ExperimentProblem(NamedTuple):
    """network, and its bytes as `source`; data; paths: the files that another process can read the data from, or ();
    options: of the training with each trainer that is compared, by its name, or of the only one, by ''; rows: of the sets that the data name, or None."""

    network: Network
    source: bytes
    data: Dataset | TableData | TextData
    paths: tuple[str, ...]
    options: dict[str, TrainingOptions]
    rows: RowsRef | None = None

    @property
    def bare(self) -> Dataset:
        """The rows and their answers."""
        return self.data if isinstance(self.data, Dataset) else self.data.bare()

    @property
    def only_options(self) -> TrainingOptions:
        """Of the training with the only trainer, or with the first one."""
        return next(iter(self.options.values()))


def scaled_fold(problem: ExperimentProblem, split: Split) -> tuple[Dataset, Scaling]:
    """The data as the training rows of a fold encode them, and the scaling of the inputs that these rows ask for."""
    options = problem.only_options._replace(validation=0.0, test=0.0)
    network, options = begin(problem.network, options, continues=False, asked=(), replaces=False)
    network, data, *_ = encoded_inputs(network, problem.data, options, {"training": split.training, "test": split.test})
    chosen = settled(network, options, data.task, None, len(split.training))
    return data, choose_scaling(network, data, chosen, split.training)


def refuse_known_weights(network: Network, options: TrainingOptions) -> None:
    """Raises UsageError where a training would go on from weights that may come from the rows to test on."""
    if network.is_trained and network.source.dialect == "ann1dn" and options.init is None:
        message = "the weights of this network may come from the rows that are to test it"
        raise UsageError(message, advice="say --init auto, which begins with new weights")


def refuse_next_symbols(network: Network, command: str) -> None:
    """Raises UsageError for a network that predicts the next symbol where samples are drawn into folds, and for a memory."""
    refuse_many_trainings(network, command)
    if network.predicts_next and command != "bench":
        message = f"ann {command} draws samples, and this network takes a text as a whole"
        raise UsageError(message, advice="ann train --test 0.1 holds out the end of the text")


def experiment_problem(values: Values, words: Words, remarks: Remarks) -> ExperimentProblem:
    """Read network and data; without a network, the one that `ann train` would make is taken.

    Raises: UsageError, NetworkError and DataError as a training.
    """
    asked = asked_data(values, words)
    _check_new(values, words)
    source, network, layers = b"", None, list(values.layers)
    if words.network is not None:
        source = rooted(read_source(words.network), words.network)
        network = parse(source, words.network)
        refuse_ensemble(network, f"ann {values.command}")
        layers.append(file_layer(network, words.network))
    dialect = DIALECTS[0] if network is None else network.source.dialect
    options = _options(values, layers, dialect)
    first = next(iter(options.values()))
    check_validation(first)
    check_truncate(None if network is None else network.topology, first, trainer=values.command != "bench")
    if network is not None:
        refuse_next_symbols(network, values.command)
        check_network(first, network, DIALECTS[0])
        if values.given_value("baselines"):
            refuse_several_rows(network.topology.takes_vectors)
        if values.given_value("with"):
            refuse_with(network.topology.takes_vectors)
    elif (network := new_text_network(asked)) is not None:
        refuse_next_symbols(network, values.command)
        source = render(network)
    data, sets = _read(values, asked, network, first, remarks)
    if network is None:
        assert not isinstance(data, TextData)
        network = new_network(asked, data, first.loss, [one.trainer for one in options.values()])
        source = render(network)
    if isinstance(data, Dataset):
        # A pipe cannot be read again by another process.
        paths = words.data if all(Path(name).is_file() for name in words.data) else ()
        return ExperimentProblem(network, source, data, paths, options)
    rows = RowsRef.of(sets) if len(sets) > 1 else None
    return ExperimentProblem(network, source, data, (), options, rows)


def _read(
    values: Values, asked: AskedData, network: Network | None, options: TrainingOptions, remarks: Remarks
) -> tuple[Dataset | TableData | TextData, dict[str, Array]]:
    """The data, once it is known that the device can train the network."""
    check_options(values["device"], network, options)
    with values.console.reading():
        return read_training_data(asked, network, _without_files(options), remarks)


def _without_files(options: TrainingOptions) -> TrainingOptions:
    """The options without sets from files, which a network file may name for its training."""
    named = set_files(options)
    return options._replace(
        validation=None if "validation" in named else options.validation, test=0.0 if "test" in named else options.test
    )


def _options(values: Values, layers: list[Layer], dialect: str) -> dict[str, TrainingOptions]:
    if values.command != "bench":
        return {"": training_options(layers, dialect)}
    return {
        name: training_options([{"trainer": Given(name, "--trainers")}, *layers], dialect)._replace(ensemble=1)
        for name in values["trainers"]
    }


def _check_new(values: Values, words: Words) -> None:
    """Raises UsageError for options of a new network where there is one, and for data on the disk in several processes."""
    given = [name for name in ("hidden", "activation", "inputs") if name in values.on_command_line]
    if given and words.network is not None:
        advice = f"leave it out, or change the layers in {words.network}"
        raise UsageError(f"--{given[0]} is for a new network", advice=advice)
    if "memory_limit" in values.given and values["jobs"] > 1:
        raise UsageError("--memory-limit: every job holds the data in memory", advice="leave --jobs out")
