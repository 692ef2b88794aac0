"""`ann export` at work: options first, then the network, then its proof, and at last the files."""

from __future__ import annotations

import os
from keyword import iskeyword
from typing import NamedTuple

import click
import numpy as np

from anncli.analysis.exporting import Exported, check_choices, checked_name, exported, name_of, places_of, write_files
from anncli.analysis.proof import predicted_by
from anncli.analysis.proof_rows import decoded
from anncli.arrays import Array
from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.places import refuse_both_on_stdout, refuse_existing, refuse_needed, refuse_read_files
from anncli.cli.running.reading import counted_rows, read_evaluated
from anncli.cli.showing.console import print_json
from anncli.cli.showing.export_report import Measured, export_document, export_lines
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.cli.showing.work import Timed
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError, printable
from anncli.formats.data.remarks import Remarks
from anncli.formats.exports.base import ComparesNumbers, ExportRequest, ProofRows, ToolMissingError
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.exports.registry import export_format, export_name_of, variant_of
from anncli.formats.files.textfile import STDOUT, check_writable
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import check_data, evaluate_predictions
from anncli.inference.predict import predict
from anncli.network.network import Network

_MOST_ROWS = 10_000


class _Asked(NamedTuple):
    """What the command line says, checked before any file is read."""

    target: str
    format: str
    name: str
    bits: int
    stateful: bool


def run_export(values: Values, words: Words) -> None:
    """Write the files and print the proof; raises UsageError for options, NetworkError for what cannot be held."""
    asked = _asked(values)
    path = str(words.network)
    _check_target(values, asked, [path, *words.data])
    network = load(path)
    show_network_remarks(values.console, network)
    require_trained(network, path)
    if words.data and isinstance(export_format(asked.format), ComparesNumbers):
        raise UsageError(f"--to {asked.format} writes numbers that compute nothing for DATA", advice="leave DATA out")
    remarks = Remarks()
    data = read_evaluated(values, words.data, network, remarks) if words.data else None
    show_remarks(values.console, remarks)
    if data is not None:
        check_data(network, data)
    # The ranges of numbers of 8 and 16 bits, which networks of other samples do not have.
    is_of_rows = data is not None and network.topology.takes_vectors
    rows = data.vectors[_some_of(np.arange(data.n_samples))] if data is not None and is_of_rows else None
    request = ExportRequest(asked.name, asked.bits, rows, asked.stateful)
    with values.console.showing(Timed(f"proving the {asked.format} export"), delay=1.0):
        found = exported(network, asked.format, request, path, values["prove"])
    places = places_of(found.files, asked.target)
    _check_places(values, asked, places)
    measured = _measured(network, data, asked, request, found, words) if data is not None else None
    write_files(places)
    _say_how_to_import(values, asked)
    if values["json"]:
        document = export_document(path, asked.format, places, found, measured)
        print_json({"command": "export", "network": printable(path), **document, "bits": asked.bits or None})
        return
    text = "\n".join(export_lines(asked.format, places, found, measured))
    if asked.target in STDOUT:
        values.console.report(text)
    else:
        click.echo(text)


def _say_how_to_import(values: Values, asked: _Asked) -> None:
    """A remark on a Python file that is a program, but cannot be imported by its name."""
    stem, ending = os.path.splitext(os.path.basename(asked.target))
    can_import = stem.isidentifier() and not iskeyword(stem) and ending == ".py"
    if asked.format == "python" and asked.target not in STDOUT and not can_import:
        name = f"{asked.name}_" if iskeyword(asked.name) else asked.name
        values.console.note(f"{asked.target} runs as a program; to import it, call the file {name}.py")


def _asked(values: Values) -> _Asked:
    target = values["output"]
    if target is None:
        raise UsageError("nothing says where to write", advice="name a file: -o FILE; its ending says the format")
    refuse_both_on_stdout(target, values["json"])
    name = _format(target, values["to"])
    if values["int8"] and values["int16"]:
        raise UsageError("--int8 and --int16 exclude each other", advice="leave one of them out")
    bits = 8 if values["int8"] else 16 if values["int16"] else 0
    check_choices(name, bits, values["stateful"])
    given = values["name"]
    begins = name_of(target) if given is None else checked_name(given)
    return _Asked(target, name, begins, bits, values["stateful"])


def _format(target: str, said: str | None) -> str:
    if said is None:
        if target == "-":
            raise UsageError("stdout has no ending that names a format", advice="say --to " + ", ".join(EXPORT_NAMES))
        return export_name_of(target)
    if said not in EXPORT_NAMES:
        advice = "use one of " + ", ".join(EXPORT_NAMES)
        raise UsageError(f"--to {said} is a format of tables, not of networks", advice=advice)
    return variant_of(said, target)


def _check_target(values: Values, asked: _Asked, read: list[str]) -> None:
    """Raises an error for a file that cannot or must not be written."""
    export_format(asked.format)
    if asked.target == "-":
        return
    refuse_needed("--output", asked.target, read)
    refuse_existing("--output", asked.target, values["force"])
    check_writable(asked.target)


def _check_places(values: Values, asked: _Asked, places: dict[str, bytes]) -> None:
    """The same, now that all files are known that are read and written."""
    for place in places:
        refuse_read_files({"--output": place})
        if place != asked.target:
            refuse_existing("--output would also write", place, values["force"])


def _some_of(rows: Array) -> Array:
    """At most 10,000 row numbers of these (n,), evenly spaced: more would only take longer."""
    n = min(len(rows), _MOST_ROWS)
    return rows[np.linspace(0, len(rows) - 1, n).astype(np.int64)] if n else rows


def _measured(
    network: Network, data: Dataset, asked: _Asked, request: ExportRequest, found: Exported, words: Words
) -> Measured | None:
    """The evaluation of network and export on the data; None where nothing can run the export."""
    counted = _some_of(np.flatnonzero(counted_rows(data, words.data)))
    inputs, encoder = data.inputs[counted], network.encoder
    try:
        table = decoded(encoder, inputs) if encoder is not None and isinstance(inputs, np.ndarray) else None
        given = predicted_by(export_format(asked.format), found.files, network, request, ProofRows(inputs, table))
    except ToolMissingError:
        return None
    if given is None:
        return None
    outputs = predict(network, inputs)
    both = [evaluate_predictions(network, data, each, counted) for each in (outputs, given.outputs.astype(np.float32))]
    return Measured(len(counted), *both)
