"""The texts of classes: a file for each class with a line for each text, or a folder for each class with a file for each text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Source
from anncli.dataset.text_data import TextData
from anncli.errors import DataError, UsageError, count_of, did_you_mean, quoted
from anncli.formats.data.agreement import check_files, expected_of, names_of_files
from anncli.formats.data.folders import DataFile, expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.text_files import lines_as_they_come, lines_of, read_text_file, unix_lines
from anncli.formats.files.packers import packer_of
from anncli.formats.files.textfile import Path, decode, read_bytes
from anncli.network.network import Network

_FILES = 1024


class TextPart(NamedTuple):
    """Texts of one class. path: a file with a text on each line, or the folder of `files`, which are a text each; label: the class, None
    where the order of the words tells it."""

    path: str
    label: str | None
    files: tuple[str, ...] = ()

    def read(self) -> tuple[list[str], Source, str]:
        """The texts, where they came from, and the name of that for messages."""
        if not self.files:
            found = read_text_file(self.path)
            lines = lines_of(found.text)
            return lines, found.source._replace(n_samples=len(lines)), found.shown
        digest = hashlib.sha256()
        texts = [whole_text(path, digest) for path in self.files]
        name = os.path.basename(os.path.normpath(self.path))
        return texts, Source(name, digest.hexdigest(), len(texts)), self.path


def whole_text(path: str, digest: hashlib._Hash | None = None) -> str:
    """The text of a file, of which a folder may hold many thousands."""
    data = read_bytes(path)
    if digest is not None:
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return read_text_file(path).text if packer_of(data[:10]) is not None else unix_lines(decode(data, path))


def read_classes(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[DataFile]], network: Network
) -> tuple[TextData, dict[str, Array]]:
    """The texts of all sets as read_text_sets() gives them; given: the files of the words of each set."""
    parts = {name: text_parts(files, sets[name], takes_files(network)) for name, files in given.items()}
    classes = _classes(sets, parts, network)
    texts, labels, sources, shown, rows = list[str](), list[Array](), list[Source](), list[str](), dict[str, Array]()
    for name, own in parts.items():
        first = len(texts)
        for place, part in enumerate(own):
            label = place if part.label is None else _number(classes, part)
            found, source, path = part.read()
            texts += found
            labels.append(np.full(len(found), label, dtype=np.int32))
            sources.append(source)
            shown.append(path)
        if len(texts) == first:
            raise DataError("holds no line of text", path=shown[-1], advice="give a sample on each line")
        rows[name] = np.arange(first, len(texts))
    return TextData(tuple(texts), np.concatenate(labels), classes, tuple(sources), tuple(shown)), rows


def blocks_of_texts(
    files: Sequence[Path], network: Network | None, remarks: Remarks | None = None
) -> Iterator[list[str]]:
    """The texts of files without labels, in portions; those of a pipe as soon as they are there."""
    words = [os.fspath(path) for path in files]
    for word in words:
        found = expand([word], remarks)
        if takes_files(network) and os.path.isdir(word):
            paths = [file.path for file in found]
            for first in range(0, len(paths), _FILES):
                yield [whole_text(path) for path in paths[first : first + _FILES]]
            continue
        for file in found:
            yield from lines_as_they_come(file.path)


def takes_files(network: Network | None) -> bool:
    """Whether a file of a folder may be a text of the network."""
    return network is not None and network.text is not None and network.text.definition.takes_files


def number_of_classes(words: Sequence[str], are_texts: bool) -> int:
    """How many classes the files of some DATA words are; are_texts: as text_parts()."""
    parts = text_parts(expand(words), words, are_texts)
    return len({part.label for part in parts if part.label is not None}) or len(parts)


def text_parts(files: Sequence[DataFile], words: Sequence[Path], are_texts: bool) -> list[TextPart]:
    """The files of a set, those of one class together where each of them is a text, as some networks take them (are_texts)."""
    plain = [TextPart(file.path, file.label) for file in files]
    if not are_texts:
        return plain
    by_folder = [(os.fspath(word), [file for file in files if file.word == os.fspath(word)]) for word in words]
    if len(words) > 1 and all(_is_flat(word, own) for word, own in by_folder):
        # Several folders are a class each, as several files are.
        return [TextPart(os.path.normpath(word), None, tuple(file.path for file in own)) for word, own in by_folder]
    if not all(file.label is not None and not _is_in(file.path, file.word) for file in files):
        return plain
    classes = [(label, [*own]) for label, own in groupby(files, key=lambda file: (file.word, file.label))]
    if all(len(own) == 1 for _, own in classes):
        return plain
    return [
        TextPart(os.path.join(word, str(label)), label, tuple(file.path for file in own))
        for (word, label), own in classes
    ]


def _is_in(path: str, folder: str) -> bool:
    """Whether a file stands in a folder itself, not in a folder below it."""
    return os.path.dirname(path) == os.path.normpath(folder) or os.path.dirname(path) == folder.rstrip(os.sep)


def _is_flat(word: str, files: Sequence[DataFile]) -> bool:
    return os.path.isdir(word) and all(_is_in(file.path, word) for file in files)


def _classes(
    sets: Mapping[str, Sequence[Path]], given: Mapping[str, Sequence[TextPart]], network: Network
) -> tuple[str, ...]:
    """The classes of the files of all sets, in order; raises UsageError where the files do not say which they are."""
    expected = expected_of(network, None)
    of_words = {
        name: [os.path.normpath(os.fspath(path)) for path in sets[name]]
        for name, parts in given.items()
        if all(part.label is None for part in parts)
    }
    for name, words in of_words.items():
        if len(words) != network.n_classes:
            raise _wrong_number(len(words), network, "" if name == next(iter(given)) else f"{name}: ")
    check_files(of_words, expected)
    first = next(iter(given.values()))
    folders = [part.label for part in first if part.label is not None]
    if network.classes:
        return network.classes
    if not folders:
        return names_of_files([part.path for part in first])
    classes = tuple(dict.fromkeys(folders))
    if len(classes) != network.n_classes:
        raise _wrong_number(len(classes), network)
    return classes


def _wrong_number(n_files: int, network: Network, place: str = "") -> UsageError:
    message = f"{place}{count_of(n_files, 'text file')} for a network of {network.n_classes} classes"
    names = f" in the order {', '.join(network.classes)}" if 1 < len(network.classes) <= 10 else ""
    table = (
        "" if n_files > 1 else "; a table with a column of texts is read without a network for texts: ann train TABLE"
    )
    return UsageError(message, advice=f"give one per class{names}, or a folder with one for each{table}")


def _number(classes: Sequence[str], part: TextPart) -> int:
    if part.label not in classes:
        message = f"the network has no class {quoted(str(part.label))}"
        raise DataError(message, path=part.path, advice=did_you_mean(str(part.label), classes))
    return classes.index(str(part.label))
