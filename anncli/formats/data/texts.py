"""Text files for networks that take texts: whole files where the next symbol is predicted, else a sample for each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeGuard

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Source
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.text_data import TextData
from anncli.errors import DataError, UsageError, count_of, did_you_mean, listed, quoted
from anncli.formats.data.agreement import check_files, expected_of, names_of_files
from anncli.formats.data.folders import DataFile, expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.tagged_texts import Tagged, read_tagged
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path, decode
from anncli.network.encoders.text import TextInputs
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.network import Network

_LINES = 4096


class TextFile(NamedTuple):
    """The text of a file with line feeds for line ends, its name for messages, and where it came from."""

    text: str
    shown: str
    source: Source


def takes_texts(network: Network | None) -> TypeGuard[Network]:
    """Whether the samples of a network are texts."""
    return network is not None and network.text is not None


def read_text_sets(
    sets: Mapping[str, Sequence[Path]], network: Network, request: TableRequest, read: ReadRequest, remarks: Remarks
) -> tuple[TextData, dict[str, Array]]:
    """The texts of sets of files, one set after the other, and the numbers of the texts of each.

    A network that predicts the next symbol takes every file as one text. One that gives every word a tag takes `word TAB tag` lines. Another takes every line, but for empty ones, as a sample:
    several files are one class each, in the order of the classes, and of a folder its files, or its sub-folders, are the classes.
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
        advice = f"leave it out; the files of a folder, or several files, {are}"
        raise UsageError(f"{option} is for tables and rows of numbers, and this network takes texts", advice=advice)


def read_text_file(path: Path) -> TextFile:
    """A text file, which may be packed; raises DataError for bytes that are no UTF-8 text, with line and column."""
    source = ByteSource(path)
    data = b"".join(source.text())
    text = decode(data, source.path).replace("\r\n", "\n")
    return TextFile(text, source.shown, Source(source.name, source.sha256, len(text)))


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty."""
    return [line for line in text.split("\n") if line]


def blocks_of_lines(files: Sequence[Path], remarks: Remarks | None = None) -> Iterator[list[str]]:
    """The lines of text files as read_text_sets() gives them, in portions."""
    for file in expand([str(path) for path in files], remarks):
        lines = lines_of(read_text_file(file.path).text)
        for first in range(0, len(lines), _LINES):
            yield lines[first : first + _LINES]


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


def _lines_of_classes(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[TextData, dict[str, Array]]:
    classes = _classes(sets, given, network)
    texts, labels, sources, shown, rows = list[str](), list[Array](), list[Source](), list[str](), dict[str, Array]()
    for name, files in given.items():
        first = len(texts)
        for place, file in enumerate(files):
            label = place if file.label is None else _number(classes, file)
            found = read_text_file(file.path)
            lines = lines_of(found.text)
            texts += lines
            labels.append(np.full(len(lines), label, dtype=np.int32))
            sources.append(found.source._replace(n_samples=len(lines)))
            shown.append(found.shown)
        if len(texts) == first:
            raise DataError("holds no line of text", path=shown[-1], advice="give a sample on each line")
        rows[name] = np.arange(first, len(texts))
    return TextData(tuple(texts), np.concatenate(labels), classes, tuple(sources), tuple(shown)), rows


def _classes(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[str, ...]:
    """The classes of the files of all sets, in order; raises UsageError where the files do not say which they are."""
    expected = expected_of(network, None)
    of_words = {name: sets[name] for name, files in given.items() if all(file.label is None for file in files)}
    for name, words in of_words.items():
        if len(words) != network.n_classes:
            raise _wrong_number(len(words), network, "" if name == next(iter(given)) else f"{name}: ")
    check_files(of_words, expected)
    first = next(iter(given.values()))
    folders = [file.label for file in first if file.label is not None]
    if network.classes:
        return network.classes
    if not folders:
        return names_of_files([file.path for file in first])
    classes = tuple(dict.fromkeys(folders))
    if len(classes) != network.n_classes:
        raise _wrong_number(len(classes), network)
    return classes


def _wrong_number(n_files: int, network: Network, place: str = "") -> UsageError:
    message = f"{place}{count_of(n_files, 'text file')} for a network of {network.n_classes} classes"
    names = f" in the order {', '.join(network.classes)}" if 1 < len(network.classes) <= 10 else ""
    return UsageError(message, advice=f"give one per class{names}, or a folder with one for each")


def _number(classes: Sequence[str], file: DataFile) -> int:
    if file.label not in classes:
        message = f"the network has no class {quoted(str(file.label))}"
        raise DataError(message, path=file.path, advice=did_you_mean(str(file.label), classes))
    return classes.index(str(file.label))


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
_READERS = {"next": _whole_texts, "classes": _lines_of_classes, "tags": _tagged_sentences, "vectors": _no_samples}
