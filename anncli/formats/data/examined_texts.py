"""Text files as they are examined: a text on each line, of which several files, or those of a folder, are the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from anncli.dataset.doctor_texts import ExaminedTexts
from anncli.dataset.findings import Examined, Part
from anncli.errors import DataError
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.folders import DataFile, expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.text_files import read_text_file
from anncli.formats.files.textfile import Path
from anncli.tables import Table, TableColumn

_LABEL = "class"


def read_examined_texts(
    sets: Mapping[str, Sequence[Path]], remarks: Remarks, classes: Sequence[str] = ()
) -> dict[str, ExaminedTexts]:
    """The texts of each set. Args: classes: those of a network, () for none: then the files of the first set name them.

    Files of a later set are the classes in the same order, if they are as many and their folders do not name them.
    Raises: DataError for files that cannot be read, or that hold no text.
    """
    given = {name: expand([str(path) for path in paths], remarks) for name, paths in sets.items()}
    names = list(classes) or _names(next(iter(given.values())))
    return {name: _examined(name, files, names, not place) for place, (name, files) in enumerate(given.items())}


def _names(files: Sequence[DataFile]) -> list[str]:
    """The classes of the first set; none for one file that no folder names."""
    folders = [file.label for file in files if file.label is not None]
    if folders:
        return list(dict.fromkeys(folders))
    return list(names_of_files([file.path for file in files])) if len(files) > 1 else []


def _examined(title: str, files: Sequence[DataFile], names: list[str], is_first: bool) -> ExaminedTexts:
    texts, labels, lines, parts = list[str](), list[int](), list[int](), list[Part]()
    empty = list[tuple[str, int]]()
    has_classes = len(files) == len(names) or all(file.label in names for file in files)
    for place, file in enumerate(files):
        found = read_text_file(file.path)
        rows = found.text.removesuffix("\n").split("\n")
        own = [(number, text) for number, text in enumerate(rows, 1) if text]
        empty += [(found.shown, number) for number, text in enumerate(rows, 1) if not text]
        label = names.index(str(file.label)) if file.label in names else place
        texts += [text for _, text in own]
        lines += [number for number, _ in own]
        labels += [label] * len(own)
        parts.append(Part(found.shown, len(own)))
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
