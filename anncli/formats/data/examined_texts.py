"""Text files as they are examined: a text on each line, of which several files, or those of a folder, are the classes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from anncli.dataset.doctor_texts import ExaminedTexts
from anncli.dataset.findings import Examined, Part
from anncli.errors import DataError
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.class_texts import TextPart, text_parts, whole_text
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.text_files import read_text_file
from anncli.formats.files.textfile import Path
from anncli.tables import Table, TableColumn

_LABEL = "class"


def read_examined_texts(
    sets: Mapping[str, Sequence[Path]], remarks: Remarks, classes: Sequence[str] = (), are_texts: bool = False
) -> dict[str, ExaminedTexts]:
    """The texts of each set.

    Args: classes: those of a network, () for none: then the files of the first set name them; are_texts: files of a folder for each class are a
        text each.

    Files of a later set are the classes in the same order, if they are as many and their folders do not name them.
    Raises: DataError for files that cannot be read, or that hold no text.
    """
    given = {
        name: text_parts(expand([os.fspath(path) for path in paths], remarks), paths, are_texts)
        for name, paths in sets.items()
    }
    names = list(classes) or _names(next(iter(given.values())))
    return {name: _examined(name, files, names, not place) for place, (name, files) in enumerate(given.items())}


def _names(files: Sequence[TextPart]) -> list[str]:
    """The classes of the first set; none for one file that no folder names."""
    folders = [file.label for file in files if file.label is not None]
    if folders:
        return list(dict.fromkeys(folders))
    return list(names_of_files([file.path for file in files])) if len(files) > 1 else []


def _examined(title: str, files: Sequence[TextPart], names: list[str], is_first: bool) -> ExaminedTexts:
    texts, labels, lines, parts = list[str](), list[int](), list[int](), list[Part]()
    empty = list[tuple[str, int]]()
    has_classes = len(files) == len(names) or all(file.label in names for file in files)
    for place, file in enumerate(files):
        label = names.index(str(file.label)) if file.label in names else place
        n = len(texts)
        for shown, own in _rows(file):
            kept = [(number, text) for number, text in own if text]
            empty += [(shown, number) for number, text in own if not text]
            texts += [text for _, text in kept]
            lines += [number for number, _ in kept]
            parts.append(Part(shown, len(kept)))
        labels += [label] * (len(texts) - n)
    if not texts:
        raise DataError("holds no text", path=parts[0].shown if parts else None, advice="give a text on each line")
    columns = []
    if has_classes and len(names) > 1:
        columns.append(TableColumn(_LABEL, codes=np.array(labels, np.int32), words=tuple(names), is_declared=True))
    table = Table(tuple(columns), len(texts), lines=lines)
    of_labels = (_LABEL,) if columns else ()
    task = "classification" if columns else ""
    rows_of = Examined(table, (), of_labels, task, tuple(parts), title="" if is_first else title)
    return ExaminedTexts(tuple(texts), rows_of, tuple(empty))


def _rows(part: TextPart) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The name of each file, and its texts with their lines."""
    for path in part.files:
        yield path, [(1, whole_text(path))]
    if not part.files:
        found = read_text_file(part.path)
        yield found.shown, [*enumerate(found.text.removesuffix("\n").split("\n"), 1)]
