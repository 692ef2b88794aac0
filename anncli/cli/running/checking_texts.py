"""`ann check` on texts, where a network takes them or --inputs says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.showing.check_report import document, findings_text
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.dataset.doctor_texts import KnownWords, examine_texts, heads
from anncli.errors import DataError, UsageError, count_of, printable
from anncli.formats.data.examined_texts import read_examined_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.texts import refuse_column_options
from anncli.network.encoders.symbols import TextDefinition
from anncli.network.encoders.text import text_definition
from anncli.network.network import Network

# Findings about lines that are texts of their own.
_OF_TEXTS = ("duplicates", "shared-rows", "contradictions", "imbalance", "empty", "length", "leak")


def asked_texts(values: Values, network: Network | None) -> TextDefinition | None:
    """What is said about texts, None where samples are no texts.

    Raises: UsageError for --inputs beside a network, and for other samples, whose files say what they are.
    """
    said = values["inputs"]
    if said is None:
        return None if network is None or network.text is None else network.text.definition
    if network is not None:
        raise UsageError("--inputs: the network file says what a sample is", advice="leave it out")
    definition = text_definition(said)
    if definition is None:
        raise UsageError(f"--inputs {said}: ann check sees this in the files", advice="leave it out; texts need --inputs words, documents or characters")  # fmt: skip
    return definition


def check_texts(
    values: Values,
    words: Words,
    sets: Mapping[str, Sequence[str]],
    network: Network | None,
    definition: TextDefinition,
) -> None:
    """Print the findings, or one JSON document; raises DataError for findings with --strict."""
    if network is not None and network.text_use == "tags":
        message = "ann check is for a class of each text, and this network has one for each word"
        raise UsageError(message, advice="check the sentences without their tags: --inputs words")
    remarks = Remarks()
    refuse_column_options(table_request(values), read_request(values), "classes")
    classes = network.classes if network is not None and network.text_use == "classes" else ()
    read = read_examined_texts(sets, remarks, classes, definition.takes_files)
    known = None
    if network is not None and network.vocabulary is not None:
        known = KnownWords(frozenset(network.vocabulary.symbols), _noun(network), definition.symbols_of)
    # Lines of one running text may be empty, short or alike.
    is_running = network is not None and network.text_use in ("next", "vectors")
    skip = {*values["skip"], *(_OF_TEXTS if is_running else ())}
    found = examine_texts(read, known, skip)
    show_remarks(values.console, remarks)
    if values["json"]:
        named = None if words.network is None else printable(words.network)
        rows = {name: own.rows for name, own in read.items()}
        print_json({"command": "check", "network": named, **document(rows, found), "warnings": remarks.warnings()})
    else:
        click.echo(findings_text(heads(read), found, most=None if values["verbose"] else 10))
    if found and values["strict"]:
        raise DataError(
            f"--strict: {count_of(len(found), 'finding')}", advice="--skip KINDS leaves kinds of findings out"
        )


def _noun(network: Network) -> str:
    return "" if network.text is None else network.text.one
