"""`ann predict` at work: one line per row, in input order, as a stream in constant memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from anncli.backends.reproducible import reproducible
from anncli.cli.asking.network_options import abstain_of, refuse_numbers, refuse_rule, require_trained, threshold_of
from anncli.cli.asking.stateful import check_stateful
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words, shown_data
from anncli.cli.failing import failure_of
from anncli.cli.running.decisions import Decisions
from anncli.cli.running.predicting_forecasts import print_forecasts
from anncli.cli.running.predicting_samples import SamplePredictions, asks_for_table, sample_texts
from anncli.cli.running.predicting_tables import Predictions
from anncli.cli.running.predicting_tags import answered_symbols
from anncli.cli.running.predicting_texts import refuse_for_texts
from anncli.cli.running.reading import refuse_table_options
from anncli.cli.running.recalling import Recalling, recalls
from anncli.cli.showing.json_output import OUTPUT, SCHEMA
from anncli.cli.showing.not_finite import NotFinite
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.compiled.decimals import format_rows
from anncli.errors import UsageError, printable
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.formats.data import data_kind
from anncli.formats.data.assemble import stream_rows
from anncli.formats.data.base import RowBatch
from anncli.formats.data.forecast_sets import is_forecast
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.sample_sets import has_samples
from anncli.formats.data.table_request import of_own_inputs
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_use import stream_encoded
from anncli.formats.networks.storage import load
from anncli.inference.predict import predict
from anncli.network.class_names import class_names
from anncli.network.network import Network

# Makes text of a block of rows, their outputs and the predicted classes.
Writer = Callable[[RowBatch, Any, Any], str]


def run_predict(values: Values, words: Words) -> None:
    """Print a line per row, or one JSON document; warns of scores that are not finite."""
    files = _files(values, words)
    network = _trained(values, str(words.network))
    threshold = threshold_of(network, values)
    decisions = Decisions(network, threshold, abstain_of(network, values, threshold))
    reader = TableReader(table_request(values), read_request(values), remarks := Remarks())
    if _forecasts(values, network, files, reader) or _recalls(values, network, files, reader):
        return
    has_rows = has_samples(network, reader.request)
    refuse_for_texts(values, network, reader)
    are_tables = asks_for_table(values) if has_rows else _are_tables(values, network, files, reader)
    _check_classes(values, network, are_tables)
    # A name that stdout cannot encode is escaped; otherwise it would end the stream.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    not_finite = NotFinite()
    with reproducible(values["reproducible"]), _reading(values, files):
        if are_tables and not values["json"]:
            predictions = (SamplePredictions if has_rows else Predictions)(values, decisions, files, reader)
            if predictions.is_text_on_stdout:
                _print(predictions.texts())
            else:
                predictions.write()
            not_finite = predictions.not_finite
            remarks.take(predictions.remarks)
        else:
            write = _json_writer(network) if values["json"] else _line_writer(network, values)
            texts = (
                answered_symbols(values, decisions, files, remarks, not_finite)
                if network.text_use in ("next", "tags")
                else sample_texts(values, decisions, (files, reader), write, not_finite)
                if has_rows
                else _texts(values, decisions, (files, reader, are_tables), write, not_finite)
            )
            (_write_json if values["json"] else _print)(texts)
    show_remarks(values.console, remarks)
    if not_finite.count:
        values.console.warn(f"{shown_data(files)}: {not_finite}")


def _trained(values: Values, path: str) -> Network:
    """The network of a file, with what there is to say about it; raises NetworkError for one without weights."""
    network = load(path)
    show_network_remarks(values.console, network)
    require_trained(network, path)
    if network.text_use == "vectors":
        layer: Any = network.topology.layers[-1]
        raise layer.no_outputs()
    check_stateful(values, network)
    return network


def _forecasts(values: Values, network: Network, files: tuple[str, ...], reader: TableReader) -> bool:
    """Whether the network makes forecasts, which then are written; raises UsageError for what only such a network has."""
    if not is_forecast(network, reader.request):
        if "all_windows" in values.on_command_line:
            raise UsageError("--all-windows is for networks of forecasts", advice="leave it out")
        return False
    with reproducible(values["reproducible"]), _reading(values, files):
        print_forecasts(values, network, files, reader)
    show_remarks(values.console, reader.remarks)
    return True


def _recalls(values: Values, network: Network, files: tuple[str, ...], reader: TableReader) -> bool:
    """Whether the answers of the network are its inputs, and the rows are recalled, which then is written."""
    if not recalls(values, network):
        return False
    reader = reader._replace(request=of_own_inputs(reader.request, network))
    with reproducible(values["reproducible"]), _reading(values, files):
        recalling = Recalling(values, network, files, reader)
        if values["json"]:
            _write_json(recalling.documents())
        else:
            recalling.print()
    recalling.tell()
    show_remarks(values.console, reader.remarks)
    return True


def _files(values: Values, words: Words) -> tuple[str, ...]:
    """The files of the data; raises UsageError where the network comes from stdin too, and for options that exclude each other."""
    refuse_rule(values)
    if values["scores"] and values["classes"]:
        raise UsageError("--scores and --classes exclude each other", advice="leave both out to get both")
    files = words.data or ("-",)
    if str(words.network) == "-" and files == ("-",):
        raise UsageError("network and data cannot both come from stdin", advice="name a file for one of them")
    return files


def _check_classes(values: Values, network: Network, are_tables: bool) -> None:
    """Raises UsageError for --classes where a line has no class."""
    if not values["classes"]:
        return
    refuse_numbers(network, "--classes")
    if network.task == "multi-label" and not are_tables:
        raise UsageError("--classes: a row has several labels, which need a table", advice="add --to csv")


def _reading(values: Values, files: tuple[str, ...]) -> AbstractContextManager[None]:
    """Show how far files are read; not where the predictions go to the terminal, nor of a pipe, which may last for ever."""
    return nullcontext() if "-" in files or sys.stdout.isatty() else values.console.reading()


def _print(texts: Iterator[str]) -> None:
    for text in texts:
        sys.stdout.write(text)
        sys.stdout.flush()


def _are_tables(values: Values, network: Network, files: tuple[str, ...], reader: TableReader) -> bool:
    """Whether the files are read as tables; raises UsageError for options that rows of numbers alone do not have."""
    asked: list[str] = [name for name in ("with", "top", "ignore") if name in values.on_command_line]
    asked = [*asked, *(name for name in ("to", "output") if name in values.given)]
    if data_kind.are_tables(files[:1], reader.request, reader.read, network, labelled=False) or asked:
        if values["json"] and (given := [name for name in asked if name != "ignore"]):
            raise UsageError(
                f"--json and --{given[0]} exclude each other", advice="--to jsonl writes a document per row"
            )
        return True
    refuse_table_options(reader.request)
    return False


def _blocks(network: Network, files: tuple[str, ...], reader: TableReader, are_tables: bool) -> Iterator[RowBatch]:
    """The inputs of the network in all files, as a stream."""
    for file in files:
        if are_tables:
            for rows in stream_encoded(file, reader, network):
                yield RowBatch(rows.encoded.inputs)
        else:
            name, columns, remarks = reader.read.format, network.columns, reader.remarks
            yield from stream_rows(
                file,
                network.n_inputs,
                data_format=name,
                columns=columns,
                remarks=remarks,
                code=network.topology.inputs.code,
            )


def _texts(
    values: Values,
    decisions: Decisions,
    data: tuple[tuple[str, ...], TableReader, bool],
    write: Writer,
    not_finite: NotFinite,
) -> Iterator[str]:
    network = decisions.network
    for block in _blocks(network, *data):
        outputs = predict(network, block.inputs, in_place=True, threads=values["threads"])
        not_finite.look(outputs)
        # Only classes are decisions that a line of rows has room for.
        has_classes = network.task in (None, "classification")
        yield write(block, outputs, decisions.places(outputs) if has_classes else None)


def _line_writer(network: Network, values: Values) -> Writer:
    names, delimiter = [*class_names(network), UNDECIDED_WORD], values["delimiter"]
    if network.task not in (None, "classification"):
        return lambda block, outputs, chosen: format_rows(outputs, "", delimiter, ("\n",))
    plain = [printable(name) for name in names]
    if values["classes"]:
        return lambda block, outputs, chosen: "".join([plain[k] + "\n" for k in chosen.tolist()])
    if values["scores"]:
        return lambda block, outputs, chosen: format_rows(outputs, "", delimiter, ("\n",))
    tails = tuple(f"{delimiter}{_cell(name, delimiter)}\n" for name in plain)
    return lambda block, outputs, chosen: format_rows(outputs, "", delimiter, tails, chosen)


def _cell(name: str, delimiter: str) -> str:
    """A name as one cell of a line, quoted if it contains the delimiter or a quote."""
    if delimiter not in name and '"' not in name:
        return name
    return '"' + name.replace('"', '""') + '"'


def _write_json(texts: Iterator[str]) -> None:
    """One document, written as a stream; if an error ends it, it is closed with the error in it."""
    head = before = f'{{"schema": {SCHEMA}, "command": "predict", "predictions": [\n'
    try:
        for rows in texts:
            OUTPUT.is_streamed = True
            sys.stdout.write(before + rows)
            before = ",\n"
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as fault:
        # Without any prediction, the error is the document.
        if before != head:
            with suppress(OSError):
                sys.stdout.write(f'\n], "error": {_json_text(failure_of(fault).document())}}}\n')
        raise
    sys.stdout.write("\n]}\n" if before != head else f"{head}]}}\n")


def _json_writer(network: Network) -> Writer:
    names = class_names(network) if network.task in (None, "classification") else []
    tails = [*(f'], "class": {_json_text(name)}' for name in names), '], "class": null']

    def write(block: RowBatch, outputs: Any, chosen: Any) -> str:
        rows = format_rows(outputs, "", ", ", ("\n",))
        # JSON has no nan and inf; the letter n is in no finite number.
        if "n" in rows:
            rows = re.sub("-?(?:nan|inf)", "null", rows)
        ends = ["]"] * len(outputs) if chosen is None else [tails[k] for k in chosen.tolist()]
        if block.names:
            ends = [f'{end}, "name": {_json_text(name)}' for end, name in zip(ends, block.names, strict=True)]
        return ",\n".join([f'{{"scores": [{row}{end}}}' for row, end in zip(rows.splitlines(), ends, strict=True)])

    return write


def _json_text(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
