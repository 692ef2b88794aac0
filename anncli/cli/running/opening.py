"""The opening of a training: network, checkpoint and data are read, everything is checked, and the run is prepared."""

from __future__ import annotations

import os
from functools import partial
from typing import NamedTuple

from anncli.arrays import Array
from anncli.backends.choice import choose_backend
from anncli.backends.crew import current_crew
from anncli.backends.thread_trial import available_processors
from anncli.cli.asking.network_options import file_layer, refuse_several_rows
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.checking import warn_of_findings
from anncli.cli.running.confidence import Asked
from anncli.cli.running.devices import check_number, check_options, check_problem, opened_device, say_where_one_pays
from anncli.cli.running.new_network import new_network
from anncli.cli.running.new_text_network import new_text_network
from anncli.cli.running.parts_elsewhere import check_executor, parts_elsewhere
from anncli.cli.running.places import refuse_needed, refuse_numbered, refuse_read_files
from anncli.cli.running.reading import read_training_data, set_files, takes_tables
from anncli.cli.running.replacing import backup_name, check_backup
from anncli.cli.running.resumption import begin_or_resume, check_same_shape, resume_from
from anncli.cli.running.training_gates import check_gates, check_gates_of_run
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.train_report import describe
from anncli.dataset.dataset import Dataset, Source
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError, printable
from anncli.experiments.executors.concurrently import run_concurrently
from anncli.experiments.teacher_file import read_teacher
from anncli.formats.data.agreement import check_files, expected_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.texts import takes_texts
from anncli.formats.files.checkpoint import Checkpoint, checkpoint_name, load_checkpoint
from anncli.formats.files.opened import opened_names
from anncli.formats.files.textfile import Signature, check_writable, signature
from anncli.formats.networks.endings import refuse_other_ending
from anncli.formats.networks.names import DIALECTS
from anncli.formats.networks.storage import check_place, parse, read_source, refusal, render
from anncli.network.network import Network
from anncli.options.layers import training_options
from anncli.options.table import TrainingOptions
from anncli.training.decisions import check_class_weight, choose_loss
from anncli.training.on_device import OnDevice
from anncli.training.operating_point import check_network, check_validation
from anncli.training.pruning import check_pruning
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare
from anncli.training.storing import refuse_continued
from anncli.training.teacher import Teacher, with_teacher
from anncli.training.truncation import check_truncate


class Opened(NamedTuple):
    """A prepared run, the bytes of the network file it began with, the state of that file, None for stdin, and the
    warnings of the reader.

    replaced: the trained network that the run does not continue, or None; kept_as: where its file is kept, or None.
    """

    training: TrainingRun
    network_bytes: bytes
    before: Signature | None
    warnings: list[str]
    replaced: Network | None
    kept_as: str | None


def open_training(settings: TrainSettings) -> Opened:
    """Read and check everything, in this order: network, checkpoint, options, places to write to, data."""
    if settings.is_new:
        return _open_new(settings)
    before = signature(settings.path)
    network_bytes = read_source(settings.path)
    network = parse(network_bytes, settings.path)
    checkpoint = None if settings.resume is None else load_checkpoint(settings.resume)
    if checkpoint is not None:
        network_bytes, network = checkpoint.network, _network_of(checkpoint, str(settings.resume), network)
    layers = [*settings.layers, file_layer(network, settings.path)]
    options = training_options(layers, network.source.dialect)
    _check_options(network, options, settings.dialect)
    if settings.baselines:
        refuse_several_rows(network.topology.takes_vectors)
    first, options = begin_or_resume(settings, network, options, checkpoint)
    refuse_continued(first, options)
    device = _device(settings, first, options)
    check_validation(options)
    check_executor(settings, options)
    replaced = None if first is network else network
    kept_as = backup_name(settings) if replaced is not None else None
    check_gates(settings.require, options, network)
    teacher = read_teacher(options, first, settings.read.memory)
    check_places(settings, options, network, kept_as)
    if replaced is not None and not takes_texts(first) and not takes_tables(settings, first):
        # The definition has no classes. Class files in the wrong order would turn the meaning of the outputs round.
        check_files({"training": settings.class_files, **set_files(options)}, expected_of(replaced, None))
    remarks = Remarks()
    with settings.console.reading():
        data, sets = read_training_data(settings, first, options, remarks)
    training = _prepare(settings, first, teacher, options, data, sets, remarks, device)
    return _opened(settings, training, network_bytes, before, remarks, checkpoint, replaced, kept_as)


def _open_new(settings: TrainSettings) -> Opened:
    """The same for a network that is made for the data."""
    options = training_options([*settings.layers], DIALECTS[0])
    check_pruning(None, options, continues=False)
    check_truncate(None, options)
    check_gates(settings.require, options, None)
    device = _device(settings, None, options)
    check_validation(options)
    check_executor(settings, options)
    teacher = read_teacher(options, None, settings.read.memory)
    check_places(settings, options, None, None)
    remarks = Remarks()
    network = new_text_network(settings)
    with settings.console.reading():
        data, sets = read_training_data(settings, network, options, remarks)
    if network is None:
        # Only a network says that its samples are texts.
        assert not isinstance(data, TextData)
        network = new_network(settings, data, options.loss, [options.trainer])
    _check_options(network, options, settings.dialect)
    checkpoint = None if settings.resume is None else load_checkpoint(settings.resume)
    if checkpoint is not None:
        network = _network_of(checkpoint, str(settings.resume), network)
    training = _prepare(settings, network, teacher, options, data, sets, remarks, device)
    settings.console.note(f"{printable(settings.path)}: a new network, {describe(training.setup.network)}")
    return _opened(settings, training, render(network), None, remarks, checkpoint, None, None)


def _opened(
    settings: TrainSettings,
    training: TrainingRun,
    network_bytes: bytes,
    before: Signature | None,
    remarks: Remarks,
    checkpoint: Checkpoint | None,
    replaced: Network | None,
    kept_as: str | None,
) -> Opened:
    # Again, now that all files are known that lists name.
    check_read_files(settings)
    if kept_as is not None:
        check_backup(kept_as, ())
    _check_dialect(settings, training)
    if checkpoint is not None:
        resume_from(str(settings.resume), checkpoint, training, settings)
    return Opened(training, network_bytes, before, remarks.warnings(), replaced, kept_as)


def _network_of(checkpoint: Checkpoint, path: str, on_disk: Network) -> Network:
    """The network that the first run began with; the network file may meanwhile hold that of the interrupted run."""
    network = parse(checkpoint.network, path)
    check_same_shape(path, network, on_disk)
    if on_disk.source.dialect == network.source.dialect:
        # The user may have edited the head since; changed options in it are found when the runs are compared.
        network.source = on_disk.source
    return network


def _check_options(network: Network, options: TrainingOptions, dialect: str | None) -> None:
    """Raises UsageError for options that do not fit the network, before any data file is read; dialect: to be written."""
    check_network(options, network, dialect)
    choose_loss(network, options, network.task)
    check_class_weight(network, options)
    check_truncate(network.topology, options)


def _prepare(
    settings: TrainSettings,
    network: Network,
    teacher: Teacher | None,
    options: TrainingOptions,
    data: Dataset | TableData | TextData,
    sets: dict[str, Array],
    remarks: Remarks,
    device: OnDevice | None,
) -> TrainingRun:
    _warn_of_repeated_files(remarks, data.sources, len(settings.class_files))
    if not isinstance(data, TextData):
        warn_of_findings(settings.console, data, sets, remarks)
    show_remarks(settings.console, remarks, dry_run=settings.dry_run)
    if len(sets) == 1:
        # All rows: the run makes their numbers when it splits them, so these need not stay in memory.
        del sets["training"]
    elsewhere = parts_elsewhere(settings, options)
    concurrent = 1 if elsewhere is not None else _concurrent_trainings(settings, options)
    backend = choose_backend(threads=1 if concurrent > 1 else settings.threads)
    # A teacher reads the inputs as they were.
    in_place = teacher is None
    setup = prepare(network, data, options, sets=sets, in_place=in_place, backend=backend, dialect=settings.dialect)
    if teacher is not None:
        if isinstance(data, TextData):
            raise UsageError("--teacher is for rows of numbers and tables, and this network takes texts")
        setup = with_teacher(setup, teacher, data)
    check_gates_of_run(settings.require, setup)
    Asked(settings.confidence, settings.prevalence, False).check(setup.network, setup.network.task)
    check_problem(settings.device, setup.problem, setup.options)
    run_all = partial(run_concurrently, jobs=concurrent) if concurrent > 1 else None
    return TrainingRun(setup, run_all, device, elsewhere)


def _device(settings: TrainSettings, network: Network | None, options: TrainingOptions) -> OnDevice | None:
    """The device that was asked for, and can do what it is asked for; None for the CPU."""
    device = opened_device(settings.device, settings.keep_device_weights)
    check_number(device, options)
    check_options(settings.device, network, options)
    if device is None:
        say_where_one_pays(settings.console, options.restarts * options.ensemble)
    return device


def _concurrent_trainings(settings: TrainSettings, options: TrainingOptions) -> int:
    """How many networks of an ensemble, or restarts, run at a time. They share nothing, so threads gain most there; a
    checkpoint needs them in turn, and so do several ranks, which share each of them."""
    asked_in_turn = settings.device != "cpu" or settings.trains_in_turn
    if settings.checkpoint or settings.resume or asked_in_turn or current_crew().size > 1:
        return 1
    at_once = max(settings.jobs, settings.threads or available_processors())
    return min(at_once, options.ensemble if options.ensemble > 1 else options.restarts)


def _warn_of_repeated_files(remarks: Remarks, sources: tuple[Source, ...], n_training: int) -> None:
    trained_on = {source.sha256 for source in sources[:n_training]}
    others = set[str]()
    for source in sources[n_training:]:
        if source.sha256 in trained_on:
            remarks.warn(f"{source.name} has the same content as a training file; it says nothing about new rows")
        elif source.sha256 in others:
            message = (
                f"{source.name} is given twice for validation or test; a test set that chose the epoch is optimistic"
            )
            remarks.warn(message)
        others.add(source.sha256)


def check_places(
    settings: TrainSettings, options: TrainingOptions, network: Network | None, kept_as: str | None
) -> None:
    """Raises an error for a file that cannot be written, or that is one this run reads; network: None for a new one."""
    s = settings
    if network is not None and s.output == s.network_path != "-" and not os.path.isfile(s.path):
        message = f"{s.network_path} is not a file, so the network cannot be written back"
        raise UsageError(message, advice="say where with --output")
    if s.is_output_given:
        refuse_other_ending(s.output)
    data_files = [*s.class_files, *(path for files in set_files(options).values() for path in files)]
    read = [s.path, *data_files]
    if network is not None and not s.is_output_given:
        check_place(network, s.path)
    refuse_needed("--output", s.output if s.is_output_given else None, data_files)
    refuse_needed("--history", s.history, [*read, s.output])
    refuse_needed("--checkpoint", s.checkpoint, [*read, s.output, *([s.history] if s.history else [])])
    refuse_needed("--junit", s.junit, [*read, s.output, *filter(None, (s.history, s.checkpoint))])
    if kept_as is not None:
        check_backup(kept_as, [*read, *filter(None, (s.history, s.checkpoint, s.junit))])
    refuse_numbered(s.checkpoint, [*read, s.output, s.history, s.junit, kept_as], s.resume)
    check_read_files(settings)
    for target in (s.output, s.history, s.checkpoint and checkpoint_name(s.checkpoint, 0), kept_as):
        if target is not None and target != "-":
            check_writable(target)


def check_read_files(settings: TrainSettings) -> None:
    """Raises UsageError for a file that would be overwritten and that this process has read."""
    s = settings
    targets = {"--output": s.output, "--history": s.history, "--checkpoint": s.checkpoint, "--junit": s.junit}
    # A file that was read and is to hold a new network was no network.
    allowed = {} if s.is_new else {"--output": s.path}
    refuse_read_files(targets, {**allowed, **({"--checkpoint": s.resume} if s.resume else {})})
    refuse_numbered(s.checkpoint, opened_names(), s.resume)


def _check_dialect(settings: TrainSettings, training: TrainingRun) -> None:
    """Raises UsageError for a network that the file format to be written cannot hold."""
    setup = training.setup
    dialect = settings.dialect or setup.network.source.dialect
    if setup.options.ensemble > 1 and dialect != DIALECTS[0]:
        message = f"--ensemble: a file of the format {dialect} holds one network"
        raise UsageError(message, advice="write it with --dialect ann")
    if reason := refusal(dialect, setup.network.topology, setup.scaling):
        raise UsageError(reason, advice="write it with --dialect ann")
    encoder = setup.network.encoder
    if encoder is not None and dialect != DIALECTS[0] and not encoder.is_plain:
        message = f"the format {dialect} has no place for the categories and gaps of a table"
        raise UsageError(message, advice="write it with --dialect ann")
