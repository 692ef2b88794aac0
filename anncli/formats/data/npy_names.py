"""The names beside an array: NAME.json says how the columns of NAME.npy are named, which hold categories, and the label."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.errors import DataError, count_of, did_you_mean, quoted
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import read_text
from anncli.maps import release
from anncli.tables import MISSING, Table, TableColumn

_LARGEST = 1 << 26
_KEYS = ("names", "kinds", "label", "words", "declared", "task", "group", "weight", "sets", "named")
_TASKS = ("", "classification", "regression")


class Names(NamedTuple):
    """What NAME.json says. names: of all columns, or (); kinds: 'number' or 'category' for each; words: the categories of a
    column by its name: its numbers are their places; declared: columns whose categories are all that there may be;
    is_named: whether the names are more than the places of the columns."""

    path: str
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    words: dict[str, tuple[str, ...]] = {}  # noqa: RUF012
    declared: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    task: str = ""
    group: str = ""
    weight: str = ""
    sets: tuple[tuple[str, int], ...] = ()
    is_named: bool = True

    def applied(self, table: Table) -> Table:
        """The table with these names and kinds."""
        if not self.path:
            return table
        names = self.names or table.names
        columns = tuple(
            self._column(name, column, place)
            for place, (name, column) in enumerate(zip(names, table.columns, strict=True))
        )
        return table._replace(
            columns=columns, is_named=self.is_named, labels=self.label or table.labels,
            task=self.task or table.task, group=self.group, weight=self.weight, sets=self.sets, **_matrix(columns, table),
        )  # fmt: skip

    def _column(self, name: str, column: TableColumn, place: int) -> TableColumn:
        if column.numbers is None:
            return TableColumn(name, codes=column.codes, words=column.words, is_declared=column.is_declared)
        if (self.kinds[place] if self.kinds else "number") == "number":
            return TableColumn(name, column.numbers)
        named = TableColumn(name, column.numbers)
        words = self.words.get(name)
        if words is None:
            return named.as_words()
        codes = np.empty(len(column), dtype=np.int32)
        for block in blocks(len(column)):
            codes[block] = self._codes(name, column.numbers[block], len(words))
            # The rows of a memory map lie beside those of other columns: all of them would stay in memory.
            release(column.numbers)
        return TableColumn(name, codes=codes, words=words, is_declared=name in self.declared)

    def _codes(self, name: str, cells: Array, n_words: int) -> Array:
        """int32 (n,), the places of words; raises DataError for a number that is no place."""
        numbers = np.where(np.isnan(cells), MISSING, cells)
        with np.errstate(invalid="ignore"):
            codes = numbers.astype(np.int32)
        wrong = (codes != numbers) | (codes < MISSING) | (codes >= n_words)
        if wrong.any():
            message = f"column {quoted(name)} holds {numbers[wrong][0]:g}, it has {n_words} words"
            raise DataError(message, path=self.path, advice="its numbers are the places of its words, from 0")
        return codes


def _matrix(columns: tuple[TableColumn, ...], table: Table) -> dict[str, Any]:
    """The fields of the matrix: kept where the columns of numbers stand together."""
    if table.matrix is None:
        return {}
    numbers = [place for place, column in enumerate(columns) if column.numbers is not None]
    if not numbers or numbers[-1] - numbers[0] != len(numbers) - 1 or table.matrix_start:
        return {"matrix": None, "matrix_start": 0}
    return {"matrix": table.matrix[:, numbers[0] : numbers[-1] + 1], "matrix_start": numbers[0]}


def names_beside(path: str) -> str:
    """The file that holds the names of the array that is written to `path`; '' where the path does not end in .npy."""
    return path.removesuffix(".npy") + ".json" if path.endswith(".npy") else ""


def read_names(source: ByteSource, width: int) -> Names:
    """What NAME.json beside the file says of its `width` columns; nothing where there is no such file.

    Raises: DataError for a file that is wrong or fits the array not.
    """
    base = source.path
    for ending in (".gz", ".npy", ".npz"):
        base = base.removesuffix(ending)
    path = base + ".json"
    if base == source.path or not os.path.isfile(path):
        return Names("")
    text = read_text(path, limit=_LARGEST)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as fault:
        raise DataError(f"is no JSON: {fault.msg}", path=path, line=fault.lineno, column=fault.colno) from None
    except (RecursionError, ValueError):
        raise DataError("is no JSON that can be read", path=path, advice="write it anew") from None
    return _checked(found, path, width)


def _checked(found: Any, path: str, width: int) -> Names:
    check = _Check(path)
    if not isinstance(found, dict):
        raise check.fault("expected an object", 'write for example {"names": ["age", "city"], "label": "city"}')
    for key in found:
        if key not in _KEYS:
            raise check.fault(f"unknown key {quoted(str(key))}", did_you_mean(str(key), _KEYS))
    if isinstance(found.get("label"), str):
        found["label"] = [found["label"]]
    names, kinds, declared, label = (check.texts(found, key) for key in ("names", "kinds", "declared", "label"))
    task, group, weight = (check.text(found, key) for key in ("task", "group", "weight"))
    used = names or tuple(str(k) for k in range(1, width + 1))
    if len(used) != width or len(set(used)) != width:
        twice = "" if len(used) != width else ", some of them twice"
        message = f"names: {count_of(len(used), 'name')} for {count_of(width, 'column')}{twice}"
        raise check.fault(message, "name every column once")
    if kinds and (len(kinds) != width or not set(kinds) <= {"number", "category"}):
        raise check.fault("kinds: expected number or category for each column", 'write for example ["number"]')
    unknown = [name for name in (*label, *declared, group, weight) if name and name not in used]
    if unknown:
        raise check.fault(f"no column is named {quoted(unknown[0])}", did_you_mean(unknown[0], used[:50]))
    if task not in _TASKS:
        raise check.fault(f"unknown task {quoted(task)}", "use classification or regression")
    named = found.get("named", bool(names))
    if not isinstance(named, bool):
        raise check.fault("named: expected true or false", "say whether the names are more than places")
    return Names(
        path, names, kinds, check.words(found, used), declared, label, task, group, weight, check.sets(found), named
    )


class _Check:
    """Takes values of the types that they must have; raises DataError for others."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fault(self, message: str, advice: str) -> DataError:
        return DataError(message, path=self.path, advice=advice)

    def texts(self, found: dict[str, Any], key: str) -> tuple[str, ...]:
        items = found.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.fault(f"{key}: expected a list of texts", "write them in brackets and quotes")
        return tuple(items)

    def text(self, found: dict[str, Any], key: str) -> str:
        text = found.get(key, "")
        if not isinstance(text, str):
            raise self.fault(f"{key}: expected a text", "write it in quotes")
        return text

    def words(self, found: dict[str, Any], names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        words = found.get("words", {})
        if not isinstance(words, dict) or not all(map(_are_words, words.values())) or not set(words) <= set(names):
            raise self.fault("words: expected different texts for columns", 'write for example {"city": ["york"]}')
        return {name: tuple(items) for name, items in words.items()}

    def sets(self, found: dict[str, Any]) -> tuple[tuple[str, int], ...]:
        sets = found.get("sets", [])
        if not isinstance(sets, list) or not all(map(_is_set, sets)):
            raise self.fault("sets: expected names with counts", 'write for example [["training", 100], ["test", 50]]')
        return tuple((name, n) for name, n in sets)


def _are_words(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, str) for item in items) and len(set(items)) == len(items)


def _is_set(item: Any) -> bool:
    return (
        isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and type(item[1]) is int and item[1] >= 0
    )
