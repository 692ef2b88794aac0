"""`ann predict` for a network that predicts the next symbol of a text: a line for each symbol, with the one that is most probable next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.showing.not_finite import NotFinite
from anncli.errors import DataError, UsageError, printable
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.text_files import read_text_file
from anncli.formats.data.texts import refuse_column_options
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import predict
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.network import Network

_LINES = 4096
# What a table of columns of data has, and a line for each symbol has not.
_OF_TABLES = ("to", "output", "with", "top")


def refuse_for_texts(values: Values, network: Network, reader: TableReader) -> None:
    """Raises UsageError for options about columns and rows, and of tables where a line is written for each symbol; networks that take
    no texts have them."""
    if network.text is None:
        if "sentences" in values.on_command_line:
            raise UsageError("--sentences is for networks that give every word a tag", advice="leave it out")
        return
    if isinstance(last := network.layers[-1], WordPrediction):
        raise last.no_outputs()
    refuse_column_options(reader.request, reader.read, network.text_use)
    if network.text_use != "tags" and "sentences" in values.on_command_line:
        message = "--sentences is for networks that give every word a tag"
        raise UsageError(
            message, advice="leave it out: every line is a sample" if not network.predicts_next else "leave it out"
        )
    if network.text_use not in ("next", "tags"):
        return
    given = [name for name in _OF_TABLES if name in values.on_command_line or name in values.given]
    if given:
        raise UsageError(
            f"--{given[0]}: the predictions for the {network.text.kind} of a text are no table",
            advice="leave it out" + ("; write the lines with > FILE" if given[0] in ("to", "output") else ""),
        )


def symbol_texts(
    values: Values, network: Network, files: Sequence[str], remarks: Remarks, not_finite: NotFinite
) -> Iterator[str]:
    """The lines for the symbols of all files, in portions, with an empty line between two files.

    A line is the symbol and the most probable next one; with --scores its probability follows, and how many bits the symbol
    takes that really came next, which the last one of a text has not. --classes leaves the first column out.
    """
    assert network.text is not None
    assert network.vocabulary is not None
    for number, file in enumerate(expand([*files], remarks)):
        text = read_text_file(file.path).text
        symbols = network.text.definition.symbols_of(text)
        if not symbols:
            raise DataError(
                f"holds no {network.text.kind}", path=shown_name(file.path), advice="give a text to predict from"
            )
        tokens = network.vocabulary.tokens([text])
        outputs = predict(network, tokens, threads=values["threads"])
        not_finite.look(outputs)
        warn_of_strange(network, network.vocabulary.strange(text), shown_name(file.path), remarks)
        if number and not values["json"]:
            yield "\n"
        for first in range(0, len(symbols), _LINES):
            part = slice(first, first + _LINES)
            found = _Portion(network, symbols[part], outputs[part], tokens.indices[first + 1 : first + _LINES + 1])
            yield ",\n".join(found.documents()) if values["json"] else "".join(found.lines(values))


class _Portion:
    """The predictions after some symbols of a text. followed: the tokens (n,) that came next, or (n - 1,) at the end of the text."""

    def __init__(self, network: Network, symbols: Sequence[str], outputs: Array, followed: Array) -> None:
        assert network.vocabulary is not None
        self.symbols, chosen = symbols, np.argmax(outputs, axis=1)
        self.predicted = [network.vocabulary.symbols[place] for place in chosen.tolist()]
        self.probability = outputs[np.arange(len(outputs)), chosen].tolist()
        known = np.flatnonzero(followed < outputs.shape[1])
        self.bits: list[float | None] = [None] * len(symbols)
        smallest = np.finfo(outputs.dtype).tiny
        of_known = -np.log2(np.maximum(outputs[known, followed[known]], smallest).astype(np.float64))
        for place, bits in zip(known.tolist(), of_known.tolist(), strict=True):
            self.bits[place] = bits

    def lines(self, values: Values) -> Iterator[str]:
        tab = values["delimiter"] if "delimiter" in values.given else "\t"
        rows = zip(self.symbols, self.predicted, self.probability, self.bits, strict=True)
        for symbol, predicted, probability, bits in rows:
            cells = [printable(predicted)] if values["classes"] else [printable(symbol), printable(predicted)]
            if values["scores"]:
                cells += [f"{probability:.6g}", "" if bits is None else f"{bits:.6g}"]
            yield tab.join(cells) + "\n"

    def documents(self) -> Iterator[str]:
        rows = zip(self.symbols, self.predicted, self.probability, self.bits, strict=True)
        for symbol, predicted, probability, bits in rows:
            found: dict[str, Any] = {"symbol": symbol, "predicted": predicted}
            found |= {
                "probability": float(f"{probability:.6g}"),
                "bits": None if bits is None else float(f"{bits:.6g}"),
            }
            yield json.dumps(found, ensure_ascii=False)


def warn_of_strange(network: Network, strange: Sequence[str], path: str, remarks: Remarks) -> None:
    """Symbols that no training text has have no bits; strange: those of this file, each once."""
    assert network.text is not None
    if strange:
        shown = ", ".join(printable(symbol) for symbol in strange[:10]) + (", ..." if len(strange) > 10 else "")
        remarks.warn(f"{printable(path)}: {network.text.kind} that the network does not know: {shown}")
