"""`ann explain` for a network that takes texts: the words that decide, over many texts or in one of them."""

from __future__ import annotations

from typing import NamedTuple

import click
import numpy as np

from anncli.analysis.text_scores import text_scores, unit_of
from anncli.analysis.word_effects import least_texts, text_effects, word_effects
from anncli.arrays import Array, random_stream
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.words_report import Decided, OneText, WordTable
from anncli.dataset.digests import digest_samples
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import DataError, UsageError, count_of, printable
from anncli.formats.data.class_texts import blocks_of_texts
from anncli.formats.data.folders import expand
from anncli.formats.data.registry import writer_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.data.texts import read_text_sets, refuse_column_options
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import decide, predict
from anncli.network.class_names import class_names
from anncli.network.network import Network

# Of more texts than these the words are looked for in some that are drawn, where --rows says nothing.
_MOST_TEXTS = 1000
_OF_TABLES = ("column", "by", "permutations")
_OF_TEXTS = ("row", "rows", "top")


class _Drawn(NamedTuple):
    """The numbers of the texts that are looked at: of all, and of those that did not train the network, where there are both kinds; n_seen:
    how many of all texts did, None where that is not known."""

    of_all: Array
    of_new: Array
    n_seen: int | None


def check_text_options(values: Values, network: Network) -> None:
    """Raises UsageError for options about columns where a network takes texts, and about texts where it takes none; and for a network
    that has no answer for each text."""
    takes = network.text is not None
    for name in _OF_TABLES if takes else _OF_TEXTS:
        if name in values.on_command_line:
            what = "columns, and this network takes texts" if takes else "texts, and this network takes none"
            raise UsageError(f"--{name} is for {what}", advice="leave it out")
    if not takes:
        return
    if network.text_use == "vectors":
        message = "ann explain is for a class of each text, and this network has vectors of words alone"
        raise UsageError(message, advice="`ann words` says which words are near each other")
    if network.text_use != "classes":
        message = "ann explain is for a class of each text, and this network has an answer for each part of it"
        raise UsageError(message, advice="`ann predict --scores` shows the answer at every place")
    if values["row"] is not None and "rows" in values.on_command_line:
        raise UsageError("--row is one text and --rows a number of texts", advice="leave one of them out")


def explain_texts(values: Values, words: Words, network: Network, target: tuple[str, str] | None) -> None:
    """Print the tables, or one JSON document, and write them to the file of --output; target: it and its format, None for none."""
    remarks = Remarks()
    refuse_column_options(table_request(values), read_request(values), network.text_use)
    texts = _texts(words, network, remarks)
    show_remarks(values.console, remarks)
    if not texts:
        raise DataError("holds no text", path=shown_name(words.data[0]), advice="give a text on each line")
    number = values["row"] or (1 if len(texts) == 1 else None)
    if number is not None and number > len(texts):
        raise DataError(f"--row {number}: the data have {count_of(len(texts), 'text')}", advice=f"give a number from 1 to {len(texts)}")  # fmt: skip
    shown = _one(values, network, texts, number) if number else _all(values, network, texts)
    if target is not None:
        table = shown.table()
        write_stream(writer_of(target[1]), target[0], TableStream(lambda: iter([table])))
    if values["json"]:
        print_json({"command": "explain", "network": printable(str(words.network)), **shown.document()})
    else:
        click.echo(shown.text(values["top"] or 20))


def _texts(words: Words, network: Network, remarks: Remarks) -> list[str]:
    """The texts of DATA: of files that are named as the classes as in training, else as `ann predict` takes them."""
    files = expand([*words.data])
    if all(file.label is not None and file.label in network.classes for file in files):
        data, _ = read_text_sets({"test": words.data}, network, TableRequest(), ReadRequest(), remarks)
        return list(data.texts)
    return [text for block in blocks_of_texts(words.data, network, remarks) for text in block]


def _one(values: Values, network: Network, texts: list[str], number: int) -> OneText:
    """The words of one text."""
    text = texts[number - 1]
    found = text_effects(network, [text], values["threads"])[0]
    if np.isnan(found.scores).any():
        raise DataError(f"text {number} has no word that the network can take", advice="give a longer text")
    assert network.vocabulary is not None
    tokens = network.vocabulary.tokens([text, *found.words])
    unknown = [
        word
        for place, word in enumerate(found.words, 1)
        if (tokens[place : place + 1].indices == network.vocabulary.unknown).all()
    ]
    outputs = predict(network, tokens[:1], threads=values["threads"])
    chosen = int(decide(network, outputs)[0])
    names = class_names(network)
    decided = Decided(number, len(texts), names[chosen] if chosen >= 0 else None, outputs[0])
    return OneText(found, decided, _outputs(network), unit_of(network), _of_nothing(network), tuple(unknown))


def _all(values: Values, network: Network, texts: list[str]) -> WordTable:
    """The words of all texts, and of those that did not train the network."""
    drawn = _drawn(values, network, texts)
    chosen = np.union1d(drawn.of_all, drawn.of_new)
    with values.console.progress(len(chosen), "text") as bar:
        effects = text_effects(network, [texts[k] for k in chosen.tolist()], values["threads"], bar.update)
    tables = {}
    for name, numbers in (("all texts", drawn.of_all), ("new texts", drawn.of_new)):
        if len(numbers):
            own = [effects[k] for k in np.searchsorted(chosen, numbers).tolist()]
            least = least_texts(len(own))
            tables[name] = (len(own), least, tuple(word_effects(own, least)))
    return WordTable(
        tables,
        len(texts),
        drawn.n_seen,
        _outputs(network),
        class_names(network),
        unit_of(network),
        _of_nothing(network),
    )


def _drawn(values: Values, network: Network, texts: list[str]) -> _Drawn:
    most, rng = values["rows"] or _MOST_TEXTS, random_stream(values["seed"], "texts")
    everything = np.arange(len(texts))
    seen = _seen(network, texts)
    n_seen = None if seen is None else int(np.count_nonzero(seen))
    new = everything[~seen] if seen is not None and 0 < np.count_nonzero(seen) < len(texts) else everything[:0]
    of_all, of_new = (
        np.sort(rng.choice(own, most, replace=False)) if len(own) > most else own for own in (everything, new)
    )
    return _Drawn(of_all, of_new, n_seen)


def _seen(network: Network, texts: list[str]) -> Array | None:
    """bool (n,): the texts that trained the network; None where its file does not tell."""
    if network.row_digests is None:
        return None
    assert network.vocabulary is not None
    return network.row_digests.contains(digest_samples(network.vocabulary.tokens(texts)))


def _of_nothing(network: Network) -> Array | None:
    """The scores (n_outputs,) of a text without a word, None where the layers need one."""
    scores = text_scores(network, [""])[0]
    return None if np.isnan(scores).any() else scores


def _outputs(network: Network) -> list[str]:
    """The classes that the outputs stand for."""
    return class_names(network)[: network.n_outputs]
