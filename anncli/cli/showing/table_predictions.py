"""Predictions for the rows of a table: as CSV with a header, a JSON document per row, or a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.network.class_names import prediction_columns
from anncli.tables import Table, TableColumn, number_word


class Shape(NamedTuple):
    """What is written of each prediction.

    classes: the names of classes, of labels, or of the outputs that are numbers; task: as of Network; n_outputs: 1, or one
    for each class; with_class, with_scores: whether the decision and the scores are written; leaves_open: whether a row may be
    undecided; top: the number of most
    probable classes in place of both, or None; delimiter: between the cells of CSV.
    """

    classes: Sequence[str]
    n_outputs: int
    task: str = "classification"
    with_class: bool = True
    with_scores: bool = True
    leaves_open: bool = False
    top: int | None = None
    delimiter: str = ","

    @property
    def names(self) -> list[str]:
        """The names of all columns of the predictions."""
        if self.top is not None:
            return [name for k in range(1, self.top + 1) for name in (f"predicted_{k}", f"score_{k}")]
        decisions, outputs = prediction_columns(self.classes, self.task, self.n_outputs)
        return decisions * self.with_class + outputs * (self.with_scores or not decisions)


class Batch(NamedTuple):
    """Rows to write: columns of the data, the outputs (n, n_outputs) and the decisions: classes (n,), bool (n, n_labels) for
    labels, or None where the outputs are numbers."""

    columns: Sequence[TableColumn]
    outputs: Array
    chosen: Array | None


# Makes text of the values of a Batch.
Writer = Callable[[Sequence[TableColumn], Array, Array | None], str]


def csv_header(shape: Shape, columns: Sequence[str]) -> str:
    """The line with the names; columns: those of the data."""
    return shape.delimiter.join(_cell(name, shape.delimiter) for name in (*columns, *shape.names)) + "\n"


def csv_writer(shape: Shape) -> Writer:
    """Writes a line per row; a missing cell is empty."""
    names = [_cell(name, shape.delimiter) for name in (*shape.classes, UNDECIDED_WORD)]

    def write(columns: Sequence[TableColumn], outputs: Array, chosen: Array | None) -> str:
        texts = [[_cell(word, shape.delimiter) for word in _words(column)] for column in columns]
        if shape.top is not None:
            texts += _top(shape, names, outputs)
        if shape.top is None and shape.with_class and chosen is not None:
            texts += _decided(names, chosen)
        if shape.top is None and (shape.with_scores or chosen is None):
            texts.append(format_rows(outputs, "", shape.delimiter, ("\n",)).splitlines())
        return "".join([shape.delimiter.join(row) + "\n" for row in zip(*texts, strict=True)])

    return write


def json_lines_writer(shape: Shape) -> Writer:
    """Writes a JSON document per row: the columns of the data, `predicted` (null for no decision), and `scores` by class or the `top` classes."""

    def write(columns: Sequence[TableColumn], outputs: Array, chosen: Array | None) -> str:
        cells = [(column.name, _values(column)) for column in columns]
        scores = _numbers(outputs)
        entries: list[dict[str, Any]] = [{name: values[row] for name, values in cells} for row in range(len(outputs))]
        if shape.top is not None:
            for entry, own, places in zip(entries, scores, _top_places(shape, outputs)[0].tolist(), strict=True):
                entry["top"] = [{"class": shape.classes[k], "score": own[k]} for k in places]
        elif chosen is None:
            for entry, own in zip(entries, scores, strict=True):
                entry["predicted"] = own[0] if len(own) == 1 else dict(zip(shape.classes, own, strict=True))
        else:
            for entry, own, decided in zip(entries, scores, chosen.tolist(), strict=True):
                if shape.with_class:
                    entry["predicted"] = _words_of([*shape.classes, None], decided)
                if shape.with_scores:
                    entry["scores"] = dict(zip(shape.classes, own, strict=False))
        return "".join([json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries])

    return write


def prediction_table(shape: Shape, columns: Sequence[TableColumn], outputs: Array, chosen: Array | None) -> Table:
    """The same as a table: classes are categories with all classes as levels, scores and predicted numbers are numbers,
    labels are 1 and 0."""
    classes, made = tuple(shape.classes), list[TableColumn]()
    decisions = (*classes, UNDECIDED_WORD) if shape.leaves_open else classes
    if shape.top is not None:
        places, scores = _top_places(shape, outputs)
        for k in range(places.shape[1]):
            made.append(TableColumn("", codes=places[:, k], words=classes, is_declared=True))
            made.append(TableColumn("", scores[:, k]))
    else:
        if shape.with_class and chosen is not None and chosen.ndim == 1:
            made.append(TableColumn("", codes=chosen.astype(np.int32), words=decisions, is_declared=True))
        elif shape.with_class and chosen is not None:
            made += [TableColumn("", given.astype(np.float32)) for given in chosen.T]
        if shape.with_scores or chosen is None:
            made += [TableColumn("", own) for own in outputs.T]
    named = [TableColumn(name, *column[1:]) for name, column in zip(shape.names, made, strict=True)]
    return Table((*columns, *named), len(outputs))


def _words_of(classes: Sequence[str | None], decided: int | list[bool]) -> Any:
    """The class, None for no decision, or the list of labels that a row was given."""
    if isinstance(decided, int):
        return classes[decided]
    return [name for name, is_given in zip(classes, decided, strict=False) if is_given]


def _decided(names: list[str], chosen: Array) -> list[list[str]]:
    """A column with the class of each row, or one with 1 and 0 for each label."""
    if chosen.ndim == 1:
        return [[names[k] for k in chosen.tolist()]]
    return [["1" if given else "0" for given in column] for column in chosen.T.tolist()]


def _top_places(shape: Shape, outputs: Array) -> tuple[Array, Array]:
    """The most probable classes of each row, the first of equals first, and their scores: int32 and as outputs, (n, top)."""
    places = np.argsort(-outputs, axis=1, kind="stable")[:, : shape.top].astype(np.int32)
    return places, np.take_along_axis(outputs, places, axis=1)


def _top(shape: Shape, names: list[str], outputs: Array) -> list[list[str]]:
    """The columns of the most probable classes: name and score of the first, of the second ..."""
    places, scores = _top_places(shape, outputs)
    columns = []
    for k in range(places.shape[1]):
        columns.append([names[place] for place in places[:, k].tolist()])
        columns.append(format_rows(scores[:, k : k + 1], "", "", ("\n",)).splitlines())
    return columns


def _words(column: TableColumn) -> list[str]:
    """The cells as text, '' for a missing one."""
    if column.numbers is not None:
        numbers = column.numbers
        # A float32 number has its own shortest text.
        exact = numbers.astype(str).astype(np.float64) if numbers.dtype == np.float32 else numbers
        return ["" if np.isnan(x) else number_word(x) for x in exact.tolist()]
    assert column.codes is not None
    words = [*column.words, ""]
    return [words[code] for code in column.codes.tolist()]


def _values(column: TableColumn) -> list[Any]:
    """The cells as JSON values: numbers, words, null for a missing one."""
    words = _words(column)
    if column.numbers is None:
        return [word or None for word in words]
    return [json.loads(word) if word else None for word in words]


def _numbers(outputs: Array) -> list[list[float | None]]:
    """The scores with the digits that CSV has; JSON has no nan and inf."""
    lines = format_rows(outputs, "", " ", ("\n",)).splitlines()
    return [[float(text) if "n" not in text else None for text in line.split()] for line in lines]


def _cell(text: str, delimiter: str) -> str:
    """A cell of CSV, quoted where it must be."""
    if delimiter in text or any(mark in text for mark in '"\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
