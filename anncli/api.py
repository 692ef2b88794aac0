"""Training in one call, and exports, for Python users."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from anncli.analysis.exporting import checked_name, exported, name_of, places_of, write_files
from anncli.analysis.proof import Proof
from anncli.arrays import Array, Tokens
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError, asking, did_you_mean, value_text
from anncli.experiments.teacher_file import read_teacher
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_name_of
from anncli.formats.files.textfile import Path
from anncli.network.encoders.table import TableInputs
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, training_options
from anncli.options.table import OPTIONS, TrainingOptions, option_names
from anncli.python.samples import Columns, read_samples, warn_of_columns
from anncli.python.sets import Sets, are_samples, with_sets
from anncli.python.targets import Asked, level_word
from anncli.python.texts import text_sets
from anncli.python.use import asked_of, check_kind
from anncli.training.answers import hidden_layers, output_layer
from anncli.training.attempt import EpochReport
from anncli.training.beginning import begin
from anncli.training.names import TRAINER_NAMES
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.sequence_network import sequence_network
from anncli.training.setup import prepare
from anncli.training.teacher import with_teacher


def start_training(
    network: Network,
    data: Dataset | TableData | TextData,
    *,
    sets: Mapping[str, Array] | None = None,
    prior_precision: float | None = None,
    continue_training: bool = False,
    **options: Any,
) -> TrainingRun:
    """A prepared run: `for report in run.epochs(100): ...`, `run.finish().network`, `run.close()`; `network` does not change.

    A trained network is trained anew from its definition, as by `ann train`; continue_training goes on from its weights:
    then validation and test rows are drawn only from rows that have not trained it, and without `validation` there is
    no validation set. Networks of ann1dn always continue.

    Args: sets: row numbers of 'training', 'validation', 'test' in place of drawn sets; prior_precision: the default l2 penalty
        times the number of rows; options: by the names of the command line with underscores
        (trainer="sgd", learning_rate=0.1, validation=0.2). Other options are taken from
        network.source.training, then from the defaults. The weights of `data` (one per sample) count in the loss, the best epoch, and the tables.
    Raises: UsageError for unknown or impossible options, and for a network whose weights were not trained by ann unless
        continue_training or init says what to do with them; DataError for data that does not fit.
    """
    network, chosen = begin(network, training_options_of(network, options), continue_training, options)
    teacher = read_teacher(chosen, network)
    setup = prepare(network, data, chosen, sets=sets, prior_precision=prior_precision)
    if teacher is None:
        return TrainingRun(setup)
    if isinstance(data, TextData):
        raise UsageError("--teacher is for rows of numbers and tables, and this network takes texts")
    return TrainingRun(with_teacher(setup, teacher, data))


def train(network: Any, data: Any = None, epochs: int | None = None, **options: Any) -> TrainingResult:
    """Train a network for at most `epochs` epochs (1000 where nothing is said); the result holds it.

        anncli.train((X, y), hidden=16)               # makes a network for the samples
        anncli.train(network, data, 100)              # trains this one in place
        anncli.train(network, (X, y), epochs=100)

    A network changes once, at the end; an error leaves it as it was.
    Args: network: a network, or the samples of a new one; data: samples: a dataset, or (X, y) or (X, y, weights), X and y as
        read_samples() takes them; after samples alone the number of epochs may stand in its place; options: of
        start_training(); of new samples also task ('classification' or 'regression'), positive, category and, for new
        networks, hidden (units of each hidden layer), activation, missing, unknown.
    validation and test may be samples too: validation=(X, y).
    Raises: TypeError for what is no network and no samples; as start_training().
    """
    is_new = not isinstance(network, Network)
    _check_options(options, is_new)
    about, options = _taken(options, _OF_SAMPLES)
    about["sets"], options = _sets(options)
    if not is_new:
        samples, rows = _samples(data, about, network)
    else:
        given = network
        if data is not None and not isinstance(data, (int, np.integer)):
            raise TypeError(
                f"train() takes a network and samples, or samples alone, found {value_text(given)} and {value_text(data)}"
            )
        epochs = int(data) if epochs is None and data is not None else epochs
        shape, options = _taken(options, _OF_NEW)
        samples, rows = _samples(given, about)
        assert not isinstance(samples, TextData)
        fitting = read_shape(shape, samples, options)
        network = make_network(samples, loss=options.get("loss") or "auto", positive=about.get("positive"), **fitting)
    options = options | ({"sets": rows} if rows else {})
    with closing(start_training(network, samples, **options)) as run:
        for _ in run.epochs(read_epochs(epochs)):
            pass
        result = run.finish()
    _become(network, result.network)
    return result._replace(network=network)


# Options about samples, the fields of Columns among them; about new networks; and further arguments of start_training().
_OF_SAMPLES = ("task", "positive", "missing", "unknown", "category")
_OF_NEW = ("hidden", "activation")
_OF_RUN = ("sets", "prior_precision", "continue_training")


def _check_options(options: Mapping[str, Any], is_new: bool) -> None:
    """Raises UsageError for an option that train() does not have."""
    if not is_new and (given := [name for name in _OF_NEW if name in options]):
        raise UsageError(
            f"train(): {given[0]} is for a new network", advice="give the samples alone: train((X, y), ...)"
        )
    known = [*option_names(), *_OF_SAMPLES, *(_OF_NEW if is_new else ()), *_OF_RUN]
    if unknown := [name for name in options if name not in known]:
        raise UsageError(f"train(): unknown option {unknown[0]!r}", advice=did_you_mean(unknown[0], known))


def _taken(options: dict[str, Any], names: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those of the options that have one of the names, and the others."""
    return {k: v for k, v in options.items() if k in names}, {k: v for k, v in options.items() if k not in names}


def _sets(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The validation and test sets that are samples, and the other options."""
    found, rest = _taken(options, [name for name in ("validation", "test") if are_samples(options.get(name))])
    if found and options.get("sets") is not None:
        raise UsageError(f"train(): {next(iter(found))} and sets both say what a set is", advice="give one of the two")
    return found, rest


def _samples(given: Any, about: dict[str, Any], network: Network | None = None) -> Sets:
    """The samples that train() was given, with those of validation and test sets."""
    others, about = about.get("sets") or {}, {name: value for name, value in about.items() if name != "sets"}
    if isinstance(given, (Dataset, TableData)):
        if name := next(iter((*about, *others)), None):
            raise UsageError(f"{name} is for (X, y), and the data are a {type(given).__name__}", advice="leave it out")
        return Sets(given, {})
    if network is not None and network.stores and not isinstance(given, tuple):
        given = (given, given)
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        message = f"expected samples, (X, y) or (X, y, weights) or a dataset, found {value_text(given)}"
        raise TypeError(f"{message}; anncli.load(FILE) reads a network" if isinstance(given, str) else message)
    if network is not None and network.text is not None:
        if name := next(iter(about), None):
            raise UsageError(
                f"{name} is for rows of numbers and tables, and this network takes texts", advice="leave it out"
            )
        return text_sets(network, given, others)
    fields, rest = _taken(about, Columns._fields)
    known = () if network is None else network.classes
    task = None if network is None or "task" in rest else network.task and asked_of(network).task
    asked, columns = Asked(**{"task": task, "classes": known, **rest}), Columns(**fields)
    as_table = network is not None and network.table is not None
    samples = read_samples(*given, asked=asked, columns=columns, as_table=as_table)
    warn_of_columns(samples)
    return with_sets(samples, others, asked, columns)


def read_shape(shape: Mapping[str, Any], data: Dataset | TableData, options: Mapping[str, Any]) -> dict[str, Any]:
    """Checked units and activation of the hidden layers, as `ann train` chooses them."""
    found: dict[str, Any] = {}
    for name, value in shape.items():
        with asking(name):
            found[name] = OPTIONS[name].read(value)
    if found.get("hidden") is None:
        trainer = options.get("trainer")
        trainers = [trainer] if isinstance(trainer, str) and trainer in TRAINER_NAMES else []
        found["hidden"] = hidden_layers(data, trainers)
    return found


def read_epochs(epochs: Any) -> int:
    """A number of epochs, by default that of `ann train`; raises UsageError."""
    if isinstance(epochs, (int, np.integer)) and not isinstance(epochs, bool):
        return int(epochs)
    with asking("epochs"):
        return int(OPTIONS["epochs"].read(OPTIONS["epochs"].default if epochs is None else epochs))


def train_epochs(network: Network, data: Any, epochs: int, **options: Any) -> Iterator[EpochReport]:
    """As train() of a network, but yields a report after every epoch; the network is trained when the iterator ends."""
    check_kind(network)
    about, options = _taken(options, _OF_SAMPLES)
    with closing(start_training(network, _samples(data, about, network).data, **options)) as run:
        yield from run.epochs(epochs)
        _become(network, run.finish().network)


def _become(network: Network, trained: Network) -> None:
    """Make the caller's network equal to the trained one."""
    vars(network).update(vars(trained))


def make_network(
    data: Any, hidden: Any = None, activation: str = "tanh", loss: str = "auto", positive: Any = None
) -> Network:
    """The untrained network that `ann train` makes for such data: its last layer fits the answers and the loss.

    Args: data: a dataset, a table, or (X, y) as train() takes them; hidden: units of each hidden layer, None or 'auto' for those that
        fit the number of rows and classes; positive: the positive one of two classes, which the definition of a network for tables
        then names.
    Raises: TypeError for what is no samples; UsageError for layers that cannot be.
    """
    data = _samples(
        data, {} if positive is None or isinstance(data, (Dataset, TableData)) else {"positive": positive}
    ).data
    with asking("hidden"):
        hidden = OPTIONS["hidden"].read("auto" if hidden is None else hidden)
    with asking():
        hidden = hidden_layers(data) if hidden is None else hidden
        if isinstance(data, Dataset) and data.has_several_rows:
            shape = Shape(data.n_inputs, None, None, isinstance(data.inputs, Tokens))
            return sequence_network(shape, hidden, activation, output_layer(data, loss), data.by_row, data.task)
        layers = [*((units, activation) for units in hidden), output_layer(data, loss)]
        if isinstance(data, Dataset):
            return Network.create(data.n_inputs, layers, task=None if data.task == "classification" else data.task)
        roles = data.roles
        codes = [name for name, kind in data.kinds.items() if kind == "category" and _holds_numbers(data, name)]
        table = TableInputs(
            ("inputs",) if roles.reconstructs else roles.labels, roles.task, None if positive is None else level_word(positive),
            missing=None if data.missing == "error" else data.missing,
            weight=roles.weight, group=roles.group, order=roles.order,
            kinds={**dict.fromkeys(roles.ignored, "ignore"), **dict.fromkeys(codes, "category")},
        )  # fmt: skip
        return Network.create(1, layers, table=table, task=data.task)


def _holds_numbers(data: TableData, name: str) -> bool:
    return data.table.column(name).as_numbers() is not None


def training_options_of(network: Network, options: Mapping[str, Any]) -> TrainingOptions:
    """The options of a training of this network, by name; those of its file stand behind them. Raises: UsageError."""
    layers = [
        read_layer({name: Given(value, f"{place} {name}") for name, value in layer.items()})
        for place, layer in (("train()", options), ("training:", network.source.training))
    ]
    return training_options(layers, network.source.dialect)


def export(
    network: Network,
    path: Path,
    to: str | None = None,
    *,
    prove: bool = True,
    name: str | None = None,
    bits: int = 0,
    rows: Array | None = None,
    stateful: bool = False,
) -> Proof | None:
    """Write a trained network for other programs; the proof that it computes the same, None with prove=False.

    Args: path: as `ann export -o`; a file that exists is replaced; to: a name of the export formats, None: by the ending of the
        path; name: what names of functions begin with, None: by the path; bits: 8 or 16 for fixed-point numbers; rows: raw inputs
        (n, n_inputs) that show their range, None: that of the scaling and the self-test; stateful: an ONNX model that takes and gives the
        state of its layers.
    Raises: TypeError for what is no network; UsageError for a path that means no format; NetworkError for what the format cannot
        hold; AnnError where the proof fails, with nothing written.
    """
    check_kind(network)
    target = os.fspath(path)
    inputs = None if rows is None else np.asarray(rows, dtype=np.float32).reshape(-1, network.n_inputs)
    request = ExportRequest(name_of(target) if name is None else checked_name(name), bits, inputs, stateful)
    found = exported(network, to or export_name_of(target), request, proved=prove)
    write_files(places_of(found.files, target))
    return found.proof
