"""Columns of Arrow (pyarrow) as columns of a Table, and back; shared by Parquet, Arrow and Feather."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, UsageError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.typed import MOST_WHOLE, are_named, check_finite, column_names, missing_words, word_column
from anncli.tables import MISSING, Table, TableColumn

_ADVICE = "write the file without this column"
# In the metadata of a schema: what the columns are for, as JSON.
_KEY = b"anncli"
_FRACTION = re.compile(r"(\.[0-9]*?)0+(?=Z|[+-][0-9]|$)")


def pyarrow() -> Any:
    """The package; raises UsageError that names the extra to install."""
    try:
        import pyarrow as found
    except ImportError as missing:
        name = missing.name or "pyarrow"
        raise UsageError(
            f"Parquet, Arrow and Feather files need {name}", advice="install it: pip install 'anncli[arrow]'"
        ) from None
    return found


@contextmanager
def arrow_faults(shown: str, kind: str) -> Iterator[None]:
    """Turns what pyarrow raises about a file into a DataError; kind: the format in words, with its article."""
    pa = pyarrow()
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, LookupError, MemoryError) as fault:
        # Damaged sizes may ask for more memory than there is.
        text = " ".join(str(fault).split())[:200].rstrip(".") or "its sizes are wrong"
        raise DataError(
            f"is {kind} file that cannot be read: {text}", path=shown, advice="copy or write it again"
        ) from None


class ArrowTables:
    """Batches of a file as Tables, one after the other; remembers how many rows came before."""

    def __init__(self, schema: Any, shown: str, want: TableWant) -> None:
        """Raises: DataError for two columns of one name, and for columns of a type that is neither numbers nor words."""
        self._shown, self._want, self._first_row = shown, want, 1
        self._missing = missing_words(want)
        self._names = column_names(schema.names, shown, "rename one of them")
        self._said: set[str] = set()
        for name, field in zip(self._names, schema, strict=True):
            self._check_type(name, field.type)
        self.declared = _declared(schema.metadata or {}, self._names)

    def table(self, batch: Any) -> Table:
        """The rows of a RecordBatch; raises DataError for an infinite number."""
        columns = []
        for name, values in zip(self._names, batch.columns, strict=True):
            columns.append(self._column(name, values))
            check_finite(columns[-1], self._first_row, self._shown)
        self._first_row += batch.num_rows
        return Table(tuple(columns), batch.num_rows, are_named(self._names), **self.declared)

    def _check_type(self, name: str, kind: Any) -> None:
        types = pyarrow().types
        if types.is_dictionary(kind):
            kind = kind.value_type
        plain = (
            types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_null, types.is_string,
            types.is_large_string, _is_view, types.is_date, types.is_timestamp, types.is_time,
        )  # fmt: skip
        if any(test(kind) for test in plain):
            return
        words = {"nested": types.is_nested, "bytes": _is_bytes, "durations": types.is_duration}
        found = next((word for word, test in words.items() if test(kind)), "values")
        message = f"column {quoted(name)} holds {'nested values' if found == 'nested' else found} ({kind}), not numbers or words"
        raise DataError(message, path=self._shown, advice=_ADVICE)

    def _column(self, name: str, values: Any) -> TableColumn:
        pa = pyarrow()
        kind = values.type
        if pa.types.is_dictionary(kind):
            if not _is_text(kind.value_type):
                return self._column(name, values.dictionary_decode())
            return self._words(name, values.dictionary, values.indices)
        if pa.types.is_null(kind):
            return TableColumn(name, np.full(len(values), np.nan, dtype=np.float32))
        if _is_text(kind):
            coded = values.dictionary_encode()
            return self._words(name, coded.dictionary, coded.indices)
        if pa.types.is_temporal(kind):
            coded = values.dictionary_encode()
            return self._words(name, _iso(coded.dictionary), coded.indices)
        return TableColumn(name, self._numbers(name, values))

    def _words(self, name: str, words: Any, indices: Any) -> TableColumn:
        codes = indices.cast("int64").fill_null(MISSING).to_numpy(zero_copy_only=False)
        return word_column(name, words.to_pylist(), codes, self._missing)

    def _numbers(self, name: str, values: Any) -> Array:
        """float32 where it holds every number of the type, otherwise float64; NaN where a cell is null."""
        pa = pyarrow()
        kind = values.type
        small = (pa.bool_(), pa.int8(), pa.int16(), pa.uint8(), pa.uint16(), pa.float16(), pa.float32())
        wanted = np.float32 if kind in small else np.float64
        if kind == pa.bool_():
            values = values.cast("uint8")
        if pa.types.is_decimal(kind):
            values = values.cast("float64")
        found = np.empty(len(values), dtype=wanted)
        empty = values.is_null().to_numpy(zero_copy_only=False)
        plain = values.fill_null(0) if values.null_count and not pa.types.is_floating(values.type) else values
        found[:] = plain.to_numpy(zero_copy_only=False)
        found[empty] = np.nan
        if kind in (pa.int64(), pa.uint64()) and len(found) and bool((np.abs(found) >= MOST_WHOLE).any()):
            self._note(f"column {quoted(name)} has whole numbers above 2^53, which are rounded")
        return found

    def _note(self, text: str) -> None:
        if text not in self._said and self._want.remarks is not None:
            self._want.remarks.note(self._shown, text)
        self._said.add(text)


def _is_view(kind: Any) -> bool:
    return str(kind) == "string_view"


def _is_bytes(kind: Any) -> bool:
    types = pyarrow().types
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def _is_text(kind: Any) -> bool:
    types = pyarrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind) or _is_view(kind))


def _iso(values: Any) -> Any:
    """Dates and times as ISO 8601 says: 2026-11-25, 2026-11-25T10:30:00, without zeros at the end of the seconds."""
    pa = pyarrow()
    words = values.cast(pa.string()).to_pylist()
    return pa.array(
        [None if word is None else _FRACTION.sub(_shorter, word.replace(" ", "T")) for word in words], pa.string()
    )


def _shorter(match: re.Match[str]) -> str:
    return "" if match[1] == "." else match[1]


def _declared(metadata: Mapping[bytes, bytes], names: tuple[str, ...]) -> dict[str, Any]:
    """The labels and the task that schema_of() has written, where they still fit the columns."""
    try:
        found = json.loads(metadata.get(_KEY, b"{}"))
        labels, task = tuple(map(str, found.get("labels", ()))), str(found.get("task", ""))
    except (ValueError, TypeError, AttributeError):
        return {}
    fits = set(labels) <= set(names) and task in ("", "classification", "regression")
    return {"labels": labels, "task": task} if fits else {}


def schema_of(table: Table) -> Any:
    """The schema of a table: words as strings, numbers as float or double, and what the columns are for."""
    pa = pyarrow()
    kinds = [
        pa.string() if column.numbers is None else pa.from_numpy_dtype(column.numbers.dtype) for column in table.columns
    ]
    declared = {"labels": table.labels, "task": table.task}
    metadata = {_KEY: json.dumps(declared).encode()} if table.labels or table.task else None
    return pa.schema(list(zip(table.names, kinds, strict=True)), metadata=metadata)


def record_batch(table: Table, schema: Any) -> Any:
    """The rows of a table, with nulls where cells are missing."""
    pa = pyarrow()
    arrays = []
    for column, field in zip(table.columns, schema, strict=True):
        if column.codes is not None:
            indices = pa.array(column.codes, mask=column.codes == MISSING)
            arrays.append(
                pa.DictionaryArray.from_arrays(indices, pa.array(column.words, pa.string())).cast(pa.string())
            )
        else:
            assert column.numbers is not None
            numbers = np.ascontiguousarray(column.numbers)
            arrays.append(pa.array(numbers, field.type, mask=np.isnan(numbers)))
    return pa.record_batch(arrays, schema=schema)
