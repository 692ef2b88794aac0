"""`ann check` at work: read data, examine them, print the findings; and its short form before a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import click
import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.network_options import require_vectors
from anncli.cli.asking.tables import AskedData, asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.checking_texts import asked_texts, check_texts
from anncli.cli.running.reading import refuse_answer_options, takes_tables
from anncli.cli.showing.check_report import document, report, text_of
from anncli.cli.showing.console import Console, print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.dataset.dataset import Dataset
from anncli.dataset.doctor import examine, examine_briefly, is_complete
from anncli.dataset.doctor_network import FAR, Known, KnownColumn
from anncli.dataset.examined import examined
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError, count_of, printable
from anncli.experiments.equal_rows import count_known
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.assemble import read_sets
from anncli.formats.data.class_files import classes_of_files, is_labelled
from anncli.formats.data.data_kind import is_list
from anncli.formats.data.examined_sets import Read, read_examined
from anncli.formats.data.prose import hint_at_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.sample_sets import are_classes, has_samples, sample_reader
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.ts import UnequalSeriesError
from anncli.formats.networks.storage import load
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network

# Findings of a training that are shown, and all of them with ann check.
_MOST_SHOWN = 3


# Findings about rows that are samples of their own: the rows of a series may well be equal.
_OF_SINGLE_ROWS = ("shared-rows", "contradictions", "duplicates", "identifier")


def run_check(values: Values, words: Words) -> None:
    """Print the findings, or one JSON document; raises DataError for findings with --strict."""
    sets = {"training": words.data, **_other_sets(values)}
    network = None if words.network is None else load(words.network)
    if (definition := asked_texts(values, network)) is not None:
        check_texts(values, words, sets, network, definition)
        return
    if network is not None and network.topology.inputs.tokens:
        require_vectors(network, "ann check")
    if network is not None and not network.is_trained:
        values.console.note(f"{printable(str(words.network))} is not trained: data are not compared with it")
    remarks = Remarks()
    with hint_at_texts(words.data) if network is None else nullcontext():
        read, skip = _read(values, words, sets, network, remarks), {*values["skip"]}
    if values["sequence"] or any(rows.table.samples is not None for rows in read.sets.values()):
        skip |= {*_OF_SINGLE_ROWS}
        values.console.note("samples of several rows: their rows are examined, and equal rows are not looked for")
    known = None if network is None or read.encoder is None else known_network(network, read.encoder)
    found = examine(read.sets, known, skip)
    show_remarks(values.console, remarks)
    if values["json"]:
        named = None if words.network is None else printable(words.network)
        print_json({"command": "check", "network": named, **document(read.sets, found), "warnings": remarks.warnings()})
    else:
        click.echo(report(read.sets, found, most=None if values["verbose"] else 10))
    if found and values["strict"]:
        raise DataError(
            f"--strict: {count_of(len(found), 'finding')}", advice="--skip KINDS leaves kinds of findings out"
        )


def _other_sets(values: Values) -> dict[str, tuple[str, ...]]:
    """The files of --validation and --test; a fraction that is meant for trainings is no set."""
    found = {}
    for name in ("validation", "test"):
        if isinstance(values[name], tuple):
            found[name] = values[name]
        elif name in values.on_command_line and values[name] is not None:
            raise UsageError(f"--{name}: ann check compares files", advice=f"name them: --{name} FILES")
    return found


def _read(
    values: Values, words: Words, sets: Mapping[str, Sequence[str]], network: Network | None, remarks: Remarks
) -> Read:
    """The sets, of tables, of files of one class each, of lists, or of samples of several rows."""
    asked = asked_data(values, words)
    reader = TableReader(asked.request, asked.read, remarks)
    if has_samples(network, asked.request):
        return _read_samples(sample_reader(reader, network), sets, network)
    try:
        return _read_rows(asked, reader, sets, network)
    except UnequalSeriesError:
        if network is not None:
            raise
        return _read_samples(sample_reader(reader._replace(remarks=Remarks()), None), sets, None)


def _read_samples(reader: TableReader, sets: Mapping[str, Sequence[str]], network: Network | None) -> Read:
    if are_classes(next(iter(sets.values())), reader):
        reader = reader._replace(classes=classes_of_files(sets, network))
    return read_examined(sets, reader, network)


def _read_rows(
    asked: AskedData, reader: TableReader, sets: Mapping[str, Sequence[str]], network: Network | None
) -> Read:
    first, remarks = next(iter(sets.values())), reader.remarks
    if takes_tables(asked, network) or is_labelled(first, asked.read):
        return read_examined(sets, reader, network)
    refuse_answer_options(asked.request)
    if is_list(first[0]) or asked.read.format == "list":
        data, rows = read_sets(sets, network=network, data_format=asked.read.format, remarks=remarks)
        return Read(examined(data, rows))
    if all(len(files) == len(first) for files in sets.values()) and len(first) > 1:
        reader = reader._replace(classes=classes_of_files(sets, network))
    elif len(first) > 1:
        raise UsageError(
            f"{count_of(len(first), 'class file')}, and other sets have another number",
            advice=f"give one file per class, in the order {', '.join(names_of_files(first))}",
        )
    return read_examined(sets, reader, network)


def known_network(network: Network, encoder: TableEncoder) -> Known:
    """What a trained network says about the values of its columns."""
    columns, at = dict[str, KnownColumn](), 0
    for column in encoder.columns:
        columns[column.name] = _known_column(network, column, at)
        at += column.width
    classes = {}
    if network.n_classes and network.classes:
        classes = dict.fromkeys(encoder.roles.labels[:1] or ("class",), network.classes)
    return Known(columns, classes)


def _known_column(network: Network, column: InputColumn, at: int) -> KnownColumn:
    """The numbers that are no surprise, from the scaling of the input: the range of the training rows where it has that."""
    if column.kind == "category":
        return KnownColumn(levels=frozenset((*column.levels, *column.rare)))
    scaling = network.scaling
    if network.mixture is not None or scaling.add is None or scaling.multiply is None or scaling.per_vector != "none":
        return KnownColumn()
    center, multiply = -float(scaling.add[at]), float(scaling.multiply[at])
    is_log = scaling.log_floor is not None and float(scaling.log_floor[at]) > 0
    if not multiply:
        low = high = center
        why = f"other than {center:.6g}, which all training rows have"
    elif scaling.method == "minmax":
        low, high = center, center + 1 / multiply
        why = f"outside the range of the training rows, {low:.6g} to {high:.6g}"
    else:
        low, high = center - FAR / multiply, center + FAR / multiply
        unit = (
            "interquartile ranges from the median"
            if scaling.method == "robust"
            else "standard deviations from the mean"
        )
        why = f"more than {FAR:g} {unit} of the training rows"
    # 32 bits hold the numbers of a range with about 7 digits.
    margin = 1e-6 * max(abs(low), abs(high))
    low, high = low - margin, high + margin
    if is_log:
        with np.errstate(over="ignore"):
            return KnownColumn(-np.inf, float(np.exp(np.float64(high))), f"{why}, of logarithms")
    return KnownColumn(low, high, why)


def warn_of_findings(console: Console, data: Dataset | TableData, sets: Mapping[str, Array], remarks: Remarks) -> None:
    """Add what is likely to spoil a training to the warnings about its data: at most three lines."""
    if isinstance(data, TableData) and data.memory is not None:
        return
    if data.has_several_rows:
        for name, rows in [*sets.items()][1:]:
            if n := count_known(data, sets["training"], rows):
                what = f"{n} of {count_of(len(rows), 'sample')} of the {name} set"
                remarks.warn(f"{what} equal a training sample: they say nothing about new samples")
        return
    of_sets = examined(data, sets)
    found, n_rows = examine_briefly(of_sets, isinstance(data, TableData))
    for finding in found[:_MOST_SHOWN]:
        remarks.warn(text_of(finding))
    if n_rows < (n_all := next(iter(of_sets.values())).n_rows):
        rest = "" if is_complete(of_sets) else ", and equal rows were not looked for"
        console.note(f"columns were checked on {n_rows} of {n_all} rows{rest} (ann check looks at all)", 1)
