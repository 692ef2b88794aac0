"""Reading the data of a training, whatever they are: labelled tables, or files of rows, one per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from anncli.arrays import Array, Tokens
from anncli.cli.asking.tables import Asked, read_request, table_request
from anncli.cli.asking.values import Values
from anncli.dataset.dataset import Dataset, Source
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData, next_dataset
from anncli.errors import DataError, UsageError, count_of, printable
from anncli.formats.data.agreement import is_set_name
from anncli.formats.data.assemble import read_dataset, read_sets
from anncli.formats.data.class_files import read_class_tables, read_labelled_classes, refuse_labelled, sorted_by_shell
from anncli.formats.data.data_kind import are_class_tables, are_tables
from anncli.formats.data.forecast_sets import is_forecast, read_forecast_sets, read_labelled_windows
from anncli.formats.data.prose import hint_at_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.sample_sets import has_samples, read_labelled_samples, read_sample_sets
from anncli.formats.data.table_request import of_own_inputs
from anncli.formats.data.table_sets import TableReader, declared_sets, read_table_sets
from anncli.formats.data.table_use import read_labelled
from anncli.formats.data.texts import read_text_sets, takes_texts
from anncli.formats.data.ts import UnequalSeriesError
from anncli.formats.files.textfile import shown_name
from anncli.network.encoders.symbols import blanks_text
from anncli.network.network import Network
from anncli.options.table import TrainingOptions


def set_files(options: TrainingOptions) -> dict[str, tuple[str, ...]]:
    """The files of the validation and test set, if they are files."""
    named = {"validation": options.validation, "test": options.test}
    return {name: files for name, files in named.items() if isinstance(files, tuple)}


def takes_tables(settings: Asked, network: Network | None) -> bool:
    """Whether the data words are tables; see are_tables()."""
    return are_tables(settings.class_files, of_own_inputs(settings.request, network), settings.read, network)


def read_training_data(
    settings: Asked, network: Network | None, options: TrainingOptions, remarks: Remarks
) -> tuple[Dataset | TableData | TextData, dict[str, Array]]:
    """The data of all sets, and the row numbers of those that come from files of their own, training included; network: None where
    it is made for these data."""
    files: Mapping[str, Sequence[str]] = {"training": settings.class_files, **set_files(options)}
    if takes_texts(network):
        return read_text_sets(files, network, settings.request, settings.read, remarks)
    with hint_at_texts(settings.class_files) if network is None else nullcontext():
        return _read_rows(settings, network, files, remarks, options)


def _read_rows(
    settings: Asked,
    network: Network | None,
    files: Mapping[str, Sequence[str]],
    remarks: Remarks,
    options: TrainingOptions,
) -> tuple[Dataset | TableData, dict[str, Array]]:
    request, read = of_own_inputs(settings.request, network), settings.read
    if is_forecast(network, request):
        return read_forecast_sets(files, TableReader(request, read, remarks), network)
    if has_samples(network, request):
        return read_sample_sets(files, TableReader(request, read, remarks), network)
    if not takes_tables(settings, network):
        if (network is None or not network.classes) and (remark := sorted_by_shell(settings.class_files)):
            remarks.note(shown_name(settings.class_files[0]), remark)
        if are_class_tables(settings.class_files, request, read, network):
            refuse_answer_options(request)
            return read_class_tables(files, TableReader(request, read, remarks), network)
        refuse_table_options(request, read)
        refuse_labelled(settings.class_files, read)
        return read_sets(files, network=network, data_format=read.format, remarks=remarks)
    _refuse_set_names(settings.class_files[1:])
    data, sets = read_tables(files, TableReader(request, read, remarks), network)
    if data.has_several_rows:
        return data, sets
    given = [source for source in data.sources if source.n_samples]
    if len(given) == sum(map(len, files.values())):
        note_one_set(given[: len(settings.class_files)], remarks)
    declared = declared_sets(data) if options.validation is None and not options.test else {}
    if declared and (network is None or (network.encoder is None and not network.stores)):
        counts = ", ".join(f"{name} {len(rows)}" for name, rows in declared.items())
        remarks.note(
            data.shown[0], f"the file divides its rows into sets: {counts} (--validation and --test draw others)"
        )
        return data, declared
    return data, sets


def _refuse_set_names(paths: Sequence[str]) -> None:
    """Raises UsageError for a later table that is called like a set."""
    for path in paths:
        if is_set_name(path):
            shown = printable(path)
            advice = f"say --validation {shown}, or --test {shown}"
            raise UsageError(f"{shown} looks like a validation or test set", advice=advice)


def read_tables(
    files: Mapping[str, Sequence[str]], reader: TableReader, network: Network | None
) -> tuple[TableData, dict[str, Array]]:
    """Labelled tables; without a network, series of several lengths as samples of several rows, which a new one will take."""
    attempt = reader._replace(remarks=Remarks())
    try:
        found = read_table_sets(files, attempt, network)
    except UnequalSeriesError:
        if network is not None:
            raise
        return read_sample_sets(files, reader, None)
    reader.remarks.take(attempt.remarks)
    return found


def read_evaluated(values: Values, words: Sequence[str], network: Network, remarks: Remarks) -> Dataset:
    """The samples on which a trained network is evaluated, in labelled tables or in one file per class; words: the data words."""
    with values.console.reading():
        return _read_evaluated(values, words, network, remarks)


def _read_evaluated(values: Values, words: Sequence[str], network: Network, remarks: Remarks) -> Dataset:
    request, read = of_own_inputs(table_request(values), network), read_request(values)
    if takes_texts(network):
        return _evaluated_texts(words, network, request, read, remarks)
    if is_forecast(network, request):
        return read_labelled_windows(words, TableReader(request, read, remarks), network)
    if has_samples(network, request):
        return read_labelled_samples(words, TableReader(request, read, remarks), network)
    if are_tables(words, request, read, network):
        data = read_labelled(words, TableReader(request, read, remarks), network)
        note_one_set([source for source in data.sources if source.n_samples], remarks)
        return data
    if are_class_tables(words, request, read, network):
        refuse_answer_options(request)
        return read_labelled_classes(words, TableReader(request, read, remarks), network)
    refuse_table_options(request, read)
    return read_dataset(words, network=network, data_format=read.format, remarks=remarks)


def _evaluated_texts(
    words: Sequence[str], network: Network, request: TableRequest, read: ReadRequest, remarks: Remarks
) -> Dataset:
    data, _ = read_text_sets({"test": words}, network, request, read, remarks)
    assert network.vocabulary is not None
    if not network.predicts_next:
        encoded = data.with_vocabulary(network.vocabulary)
        assert isinstance(encoded.inputs, Tokens)
        if n_blank := network.vocabulary.blanks(encoded.inputs):
            remarks.warn(blanks_text(n_blank, data.n_samples))
        return encoded
    return next_dataset(data.texts, network.vocabulary, data.sources)


def counted_rows(data: Dataset, words: Sequence[str], order: Array | None = None) -> Array:
    """bool (n,): the rows with an answer and a weight; order (m,): of these row numbers, None for all.

    Raises: DataError where there are none.
    """
    counted: Array = data.counted(order)
    if not counted.any():
        raise DataError("no row has an answer", path=shown_name(words[0]), advice="give rows with answers")
    return counted


def note_one_set(sources: Sequence[Source], remarks: Remarks) -> None:
    """Say how many rows each of several tables gives, which could have been meant as classes or sets."""
    if len(sources) > 1:
        counts = ", ".join(f"{source.name} {count_of(source.n_samples, 'row')}" for source in sources[:10])
        remarks.note(
            sources[0].name,
            f"is one set of labelled rows with the other tables: {counts}{', ...' if len(sources) > 10 else ''}",
        )


def is_about_columns(request: TableRequest) -> bool:
    """Whether the user said anything about columns."""
    return bool(_given(request))


def _given(request: TableRequest) -> list[str]:
    return [name for name, value in request._asdict().items() if value != TableRequest._field_defaults[name]]


def refuse_answer_options(request: TableRequest) -> None:
    """Raises UsageError for options about answers, which files of one class each do not use."""
    refuse_table_options(
        TableRequest(task=request.task, positive=request.positive, missing_label=request.missing_label)
    )


def refuse_table_options(request: TableRequest, read: ReadRequest | None = None) -> None:
    """Raises UsageError for options about tables, which files of one class each do not use."""
    if given := [*_given(request), *(["memory_limit"] if read is not None and read.memory is not None else [])]:
        option = "--" + given[0].replace("_", "-")
        raise UsageError(
            f"{option} is for tables, and these are files of one class each", advice="name the label: --label NAME"
        )
