"""Text files for networks that take texts: whole files where the next symbol is predicted, else a sample for each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Source
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.text_data import TextData
from anncli.errors import DataError, UsageError, count_of, listed
from anncli.formats.data.class_texts import read_classes
from anncli.formats.data.folders import DataFile, expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.tagged_texts import Tagged, read_tagged
from anncli.formats.data.text_files import TextFile, read_text_file
from anncli.formats.files.textfile import Path
from anncli.network.encoders.text import TextInputs
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.network import Network


def takes_texts(network: Network | None) -> TypeGuard[Network]:
    """Whether the samples of a network are texts."""
    return network is not None and network.text is not None


def read_text_sets(
    sets: Mapping[str, Sequence[Path]], network: Network, request: TableRequest, read: ReadRequest, remarks: Remarks
) -> tuple[TextData, dict[str, Array]]:
    """The texts of sets of files, one set after the other, and the numbers of the texts of each.

    A network that predicts the next symbol takes every file as one text. One that gives every word a tag takes `word TAB tag` lines. Another takes every line, but for empty ones, as a sample:
    several files are one class each, in the order of the classes, and of a folder its files, or its sub-folders, are the classes.
    A network that takes words may be given a folder for each class, with a file for each sample.
    Raises: DataError for a file that is no UTF-8 text, with its line and column, or has no text; UsageError for options about
        columns, and for files that do not fit the classes.
    """
    refuse_column_options(request, read, network.text_use)
    given = {name: expand([str(path) for path in paths], remarks) for name, paths in sets.items()}
    return _READERS[network.text_use](sets, given, network)


def refuse_column_options(request: TableRequest, read: ReadRequest, use: str) -> None:
    """Raises UsageError for options about columns and formats of rows, which texts do not have; use: see TakesText.text_use."""
    given = [name for name, value in request._asdict().items() if value != TableRequest._field_defaults[name]]
    given += ["format"] if read.format != "auto" else []
    if given:
        option = "--" + given[0].replace("_", "-")
        are = "are one class each" if use == "classes" else "are texts one after the other"
        if use == "classes" and given[0] == "label":
            are += "; a table with a column of texts is read without a network for texts: ann train TABLE --label NAME"
        advice = f"leave it out; the files of a folder, or several files, {are}"
        raise UsageError(f"{option} is for tables and rows of numbers, and this network takes texts", advice=advice)


def _whole_texts(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[TextData, dict[str, Array]]:
    assert network.text is not None
    found, rows = list[TextFile](), dict[str, Array]()
    for name, files in given.items():
        first = len(found)
        found += [_filled(read_text_file(file.path), network.text) for file in files]
        rows[name] = np.arange(first, len(found))
    texts = tuple(file.text for file in found)
    return TextData(texts, sources=tuple(file.source for file in found), shown=tuple(f.shown for f in found)), rows


def _filled(file: TextFile, text: TextInputs) -> TextFile:
    n = len(text.definition.symbols_of(file.text))
    if n < 2:
        message = f"has {count_of(n, text.one)}, and the next one is to be predicted"
        raise DataError(message, path=file.shown, advice="give a longer text")
    return file


def _no_samples(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[TextData, dict[str, Array]]:
    last = network.layers[-1]
    assert isinstance(last, WordPrediction)
    raise last.no_outputs()


def _tagged_sentences(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[TextData, dict[str, Array]]:
    texts, labels, lengths, rows = list[str](), list[Array](), list[int](), dict[str, Array]()
    sources, shown, classes = list[Source](), list[str](), network.classes
    for name, files in given.items():
        first = len(texts)
        found = [read_text_file(file.path) for file in files]
        tagged = [read_tagged(file.text, file.shown) for file in found]
        classes = classes or _tags(tagged, network)
        for own, file in zip(tagged, found, strict=True):
            texts += [" ".join(sentence) for sentence in own.sentences]
            lengths += [len(sentence) for sentence in own.sentences]
            labels.append(own.numbers(classes))
            sources.append(file.source._replace(n_samples=len(own.sentences)))
            shown.append(file.shown)
        rows[name] = np.arange(first, len(texts))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return TextData(tuple(texts), np.concatenate(labels), classes, tuple(sources), tuple(shown), starts), rows


def _tags(tagged: Sequence[Tagged], network: Network) -> tuple[str, ...]:
    """The tags of the training words, in alphabetical order; raises UsageError where the network has another number."""
    found = tuple(sorted({tag for own in tagged for tag in own.tags}))
    if len(found) != network.n_classes:
        names = f" ({listed(found)})"
        message = f"{count_of(len(found), 'tag')} in the training words{names}, and the network has {network.n_classes}"
        advice = (
            f"write the output layer `{len(found)} softmax`" if len(found) > 1 else "give words of two or more tags"
        )
        raise UsageError(message, path=network.source.path, advice=advice)
    return found


# By what a network does with texts, see TakesText.text_use.
_READERS = {"next": _whole_texts, "classes": read_classes, "tags": _tagged_sentences, "vectors": _no_samples}
