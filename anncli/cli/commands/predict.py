"""`ann predict`: one line per vector, in input order, as a stream."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from anncli.cli.asking import options
from anncli.cli.asking.trained import require_trained
from anncli.cli.showing.not_finite import NotFinite
from anncli.errors import DataError, UsageError, printable, quoted

if TYPE_CHECKING:
    from anncli.formats.data.base import RowBatch
    from anncli.network.network import Network

# A block of vectors, their outputs and the classes chosen, as text.
Writer = Callable[["RowBatch", Any, Any], str]


@options.command("predict")
@click.argument("network_path", metavar="NETWORK")
@click.argument("file", default="-", metavar="[FILE|-]")
@options.option("--scores", is_flag=True, help="Only the scores: the outputs of the network.")
@options.option("--classes", is_flag=True, help="Only the class.")
@options.threshold
@options.option("--delimiter", default="\t", metavar="TEXT", help="Between the values of a line.  [default: tab]")
@options.kernel_threads
@options.data_format
@options.common
@click.pass_context
def predict_command(ctx: click.Context, /, network_path: str, file: str, **given: Any) -> None:
    """Print score and class for each vector of FILE (default: stdin), one line each, in order.

    \b
    Examples:
      ann predict network.nn new.txt
      generate-vectors | ann predict network.nn --classes
      ann predict network.nn new.txt --scores --delimiter ,

    The score of a network with one output is that output; other networks print one score per class. A class name
    that holds the delimiter is put in quotes, as in CSV. The vectors of a list file are answered in the order of its
    entries; --json also gives their names.
    """
    from anncli.formats.data.assemble import stream_vectors
    from anncli.formats.files.textfile import shown_name
    from anncli.formats.networks.storage import load

    console = options.make_console(ctx)
    delimiter = _delimiter(given)
    if network_path == "-" and file == "-":
        raise UsageError("network and vectors cannot both come from stdin", advice="name a file for one of them")
    network = load(network_path)
    require_trained(network, network_path)
    threshold = options.read_threshold(network, given["threshold"])
    threads = options.threads(given["threads"])
    blocks = stream_vectors(file, network.n_inputs, data_format=given["data_format"])
    names = class_names(network)
    odd = NotFinite()
    # A name that standard output cannot spell is shown by its code rather than ending the stream.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if given["as_json"]:
        _write_json(_answers(network, blocks, threshold, threads, _json_writer(names), odd))
    else:
        write = _line_writer(names, delimiter, given["scores"], given["classes"])
        for text in _answers(network, blocks, threshold, threads, write, odd):
            sys.stdout.write(text)
            sys.stdout.flush()
    if odd.count:
        console.warn(f"{shown_name(file)}: {odd}")


def class_names(network: Network) -> list[str]:
    """What to print for each class: its name, or its number from 1 where the file has no names."""
    return list(network.classes) or [str(k) for k in range(1, network.n_classes + 1)]


def _delimiter(given: dict[str, Any]) -> str:
    """The text between values; also refuses what no program could take apart again."""
    if given["scores"] and given["classes"]:
        raise UsageError("--scores and --classes exclude each other", advice="leave both out to get both")
    delimiter = str(given["delimiter"]).replace("\\t", "\t")
    if not delimiter or re.search(r'[0-9+\-.eE"\r\n]', delimiter):
        raise UsageError(
            f"--delimiter {quoted(delimiter)} cannot separate numbers", advice="use for example , or ; or a blank"
        )
    return delimiter


def _answers(
    network: Network,
    blocks: Iterator[RowBatch],
    threshold: float | None,
    threads: int,
    write: Writer,
    odd: NotFinite,
) -> Iterator[str]:
    from anncli.inference.predict import decide, predict

    for block in blocks:
        outputs = predict(network, block.inputs, in_place=True, threads=threads)
        odd.look(outputs)
        yield write(block, outputs, decide(network, outputs, threshold))


def _line_writer(names: list[str], delimiter: str, only_scores: bool, only_classes: bool) -> Writer:
    from anncli.compiled.decimals import format_rows

    plain = [printable(name) for name in names]
    if only_classes:
        return lambda block, outputs, chosen: "".join([plain[k] + "\n" for k in chosen.tolist()])
    if only_scores:
        return lambda block, outputs, chosen: format_rows(outputs, "", delimiter, ("\n",))
    tails = tuple(f"{delimiter}{_cell(name, delimiter)}\n" for name in plain)
    return lambda block, outputs, chosen: format_rows(outputs, "", delimiter, tails, chosen)


def _cell(name: str, delimiter: str) -> str:
    """A name as one cell of a line, quoted where it could be mistaken for several."""
    if delimiter not in name and '"' not in name:
        return name
    return '"' + name.replace('"', '""') + '"'


def _write_json(answers: Iterator[str]) -> None:
    """One document, written as a stream; where bad data end it, it is closed with the fault in it."""
    head = before = '{"schema": 1, "command": "predict", "predictions": [\n'
    try:
        for rows in answers:
            sys.stdout.write(before + rows)
            sys.stdout.flush()
            before = ",\n"
    except DataError as fault:
        # Nothing but the message on stderr where nothing was answered.
        if before != head:
            sys.stdout.write(f'\n], "error": {_json_text(str(fault))}}}\n')
        raise
    sys.stdout.write("\n]}\n")


def _json_writer(names: list[str]) -> Writer:
    from anncli.compiled.decimals import format_rows

    tails = [f'], "class": {_json_text(name)}' for name in names]

    def write(block: RowBatch, outputs: Any, chosen: Any) -> str:
        rows = format_rows(outputs, "", ", ", ("\n",))
        # JSON has no word for them; "n" stands in no finite number.
        if "n" in rows:
            rows = re.sub("-?(?:nan|inf)", "null", rows)
        ends = [tails[k] for k in chosen.tolist()]
        if block.names:
            ends = [f'{end}, "name": {_json_text(name)}' for end, name in zip(ends, block.names, strict=True)]
        return ",\n".join([f'{{"scores": [{row}{end}}}' for row, end in zip(rows.splitlines(), ends, strict=True)])

    return write


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
