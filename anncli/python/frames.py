"""Inputs in Python as a table: numpy arrays, lists of rows, mappings of columns, and data frames of pandas, polars or pyarrow.

None of these libraries is imported: a frame is known by what it can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, listed, quoted, value_text
from anncli.tables import MISSING, Table, TableColumn, number_word

_TEXTS = (
    "a network with `inputs: documents` or `inputs: words` takes a list of texts: anncli.train(network, (texts, y))"
)
_RESHAPE = "Reshape your data: X.reshape(-1, 1) for one column, X.reshape(1, -1) for one sample"


def read_table(given: Any, what: str = "X") -> Table:
    """The rows and columns that a user gave, with the names of the columns where there are any.

    Args: given: an array (n, d) of numbers or words, a list of n rows, a mapping of names to n cells each, or a data frame;
        None, nan and empty words are missing cells. what: how messages call it.
    Raises: TypeError for anything else, and for cells that are neither numbers nor words; ValueFault for shapes that are no table.
    """
    if given is None or isinstance(given, (str, bytes, int, float)):
        raise TypeError(f"{what}: expected an array (n, d), a list of rows or a data frame, found {value_text(given)}")
    if hasattr(given, "toarray") and not hasattr(given, "columns"):
        raise TypeError(f"{what}: a sparse matrix was passed, and dense data are needed; give {what}.toarray()")
    if isinstance(given, Mapping) or hasattr(given, "columns") or hasattr(given, "column_names"):
        return _of_columns(given, what)
    array = as_array(given, what)
    if array.ndim == 0:
        raise TypeError(f"{what}: expected an array (n, d), a list of rows or a data frame, found {value_text(given)}")
    return _of_array(array, what)


def as_array(given: Any, what: str) -> Array:
    """An array of numbers, words or objects; lists whose items differ in length are refused."""
    if isinstance(given, np.ma.MaskedArray):
        # Masked cells are missing; numpy would give what lies under the mask.
        given = np.ma.filled(given.astype(np.float64), np.nan)
    try:
        array = np.asarray(given)
    except TypeError:
        # Dates among numbers, for example: each cell is looked at by itself.
        array = np.array(given, dtype=object)
    except ValueError:
        message = f"{what}: the rows differ in length"
        raise ValueFault(message, "give every row the same number of values") from None
    if array.dtype.kind in "US" and not isinstance(given, np.ndarray):
        # numpy turns the numbers of a list that holds words too into words.
        array = np.array(given, dtype=object)
    if array.dtype.kind == "c":
        raise ValueFault(
            f"Complex data not supported: {what} holds complex numbers", "give their real and imaginary parts"
        )
    return array


def column_names(given: Any, what: str = "X") -> tuple[str, ...] | None:
    """The names of the columns of a mapping or data frame, None where it has none, or only numbers as names.

    Raises: TypeError where some names are words and others not; ValueFault for a name that occurs twice.
    """
    if isinstance(given, Mapping):
        names = list(given)
    else:
        columns = getattr(given, "column_names", None) or getattr(given, "columns", None)
        if columns is None:
            return None
        names = list(columns)
    words = [name for name in names if isinstance(name, str)]
    if not words:
        return None
    if len(words) < len(names):
        other = next(name for name in names if not isinstance(name, str))
        raise TypeError(
            f"Feature names are only supported if all input features have string names: {what} has the column "
            f"{quoted(words[0])} and the column {other!r}; name all columns by words: {what}.columns = "
            f"{what}.columns.astype(str)"
        )
    if len(set(words)) < len(words):
        twice = next(name for name in words if words.count(name) > 1)
        raise ValueFault(f"{what} has several columns {quoted(twice)}", "give every column a name of its own")
    return tuple(words)


def _of_columns(given: Any, what: str) -> Table:
    cells = list(_columns_of(given))
    names = column_names(given, what)
    labels = names or tuple(map(str, range(1, len(cells) + 1)))
    columns = tuple(column_of(name, own, what) for name, own in zip(labels, cells, strict=True))
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ValueFault(
            f"{what}: the columns have {listed([str(n) for n in sorted(lengths)])} cells", "give all the same number"
        )
    n_rows = lengths.pop() if lengths else int(getattr(given, "shape", (0,))[0])
    _check_size(n_rows, len(columns), what)
    return Table(columns, n_rows, names is not None)


def _columns_of(given: Any) -> Iterable[Any]:
    if isinstance(given, Mapping):
        return given.values()
    if hasattr(given, "iter_columns"):  # polars
        return given.iter_columns()
    if hasattr(given, "column_names"):  # pyarrow
        return given.columns
    if not hasattr(given, "iloc"):
        advice = "; collect() it first" if hasattr(given, "collect") else ""
        raise TypeError(f"expected an array (n, d), a list of rows or a data frame, found {value_text(given)}{advice}")
    # pandas: by place, as two columns may have one name.
    return (given.iloc[:, place] for place in range(given.shape[1]))


def _of_array(array: Array, what: str) -> Table:
    if array.ndim != 2:
        message = (
            f"Expected 2D array: {what} has to be (n, d), one sample per row, found an array of shape {array.shape}"
        )
        if array.ndim == 1 and any(isinstance(cell, str) and " " in cell for cell in array[:10].tolist()):
            raise ValueFault(message, f"{_RESHAPE}; {_TEXTS}")
        raise ValueFault(
            message, _RESHAPE if array.ndim < 2 else f"flatten the samples: {what}.reshape(len({what}), -1)"
        )
    _check_size(array.shape[0], array.shape[1], what)
    names = tuple(map(str, range(1, array.shape[1] + 1)))
    if array.dtype.kind in "fiub":
        is_small = array.dtype.kind == "b" or array.dtype in (np.float16, np.float32)
        matrix = np.ascontiguousarray(array, dtype=np.float32 if is_small else np.float64)
        columns = tuple(TableColumn(name, matrix[:, place]) for place, name in enumerate(names))
        return Table(columns, len(matrix), False, matrix=matrix)
    made = tuple(column_of(name, array[:, place], what) for place, name in enumerate(names))
    if all(column.numbers is not None for column in made):
        return _of_array(np.column_stack([column.numbers for column in made if column.numbers is not None]), what)
    return Table(made, len(array), False)


def _check_size(n_rows: int, n_columns: int, what: str) -> None:
    shape = f"(shape=({n_rows}, {n_columns})) while a minimum of 1 is required"
    if not n_rows:
        raise ValueFault(f"{what}: Found array with 0 sample(s) {shape}.", "give at least one row")
    if not n_columns:
        raise ValueFault(f"{what}: Found array with 0 feature(s) {shape}.", "give at least one column")


def column_of(name: str, cells: Any, what: str = "X") -> TableColumn:
    """The cells (n,) of one column: of an array, a list, or a column of a frame. Booleans are 1 and 0; categories of a frame
    are words, also where they are numbers."""
    is_category = str(getattr(cells, "dtype", "")).lower().startswith(("category", "categorical", "enum"))
    array = _cells(cells)
    if array.ndim != 1:
        raise ValueFault(f"{what}: column {quoted(name)} has the shape {array.shape}", "give one value per row")
    if array.dtype.kind in "fiub":
        numbers = array.astype(np.float32 if array.dtype == np.float32 else np.float64, copy=False)
        column = TableColumn(name, np.ascontiguousarray(numbers))
    elif array.dtype.kind in "USOT":
        column = _of_objects(name, array.tolist(), what)
    else:
        raise TypeError(
            f"{what}, column {quoted(name)}: argument must be a string or a number, found {_kind_text(array.dtype)}; "
            "make numbers or words of them first, such as the year or the days since the first date"
        )
    if not is_category:
        return column
    words = column.as_words()
    return TableColumn(name, codes=words.codes, words=words.words, is_declared=True)


def _cells(cells: Any) -> Array:
    """The cells as an array; those of frames without types of their own."""
    if hasattr(cells, "isna") and hasattr(cells, "astype"):  # pandas, whose own types have a missing value of their own
        if cells.dtype == object or not isinstance(cells.dtype, np.dtype):
            return np.array(
                [None if gap else cell for cell, gap in zip(cells, cells.isna(), strict=True)], dtype=object
            )
        return np.asarray(cells)
    if hasattr(cells, "to_list") and not hasattr(cells, "to_pylist"):  # polars
        return np.asarray(cells.to_numpy()) if cells.dtype.is_numeric() else _object_array(cells.to_list())
    if hasattr(cells, "to_pylist"):  # pyarrow
        return _object_array(cells.to_pylist())
    return as_array(cells, "column")


def _object_array(items: Sequence[Any]) -> Array:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _of_objects(name: str, items: Sequence[Any], what: str) -> TableColumn:
    """A column of numbers if every cell that is not missing is one, otherwise of words."""
    cells = [None if is_missing(item) else _plain(item, name, what) for item in items]
    if not any(isinstance(cell, str) for cell in cells):
        return TableColumn(name, np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64))
    places: dict[str, int] = {}
    words = [cell if cell is None or isinstance(cell, str) else _word(cell) for cell in cells]
    codes = [MISSING if word is None else places.setdefault(word, len(places)) for word in words]
    return TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(places))


def _word(number: float) -> str:
    return number_word(number) if np.isfinite(number) else str(number)


def is_missing(item: Any) -> bool:
    """Whether a cell is None, nan, a blank text, or what pandas has for a missing value."""
    if item is None or type(item).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(item, str):
        return not item.strip()
    return isinstance(item, (float, np.floating)) and bool(np.isnan(item))


def _plain(item: Any, name: str, what: str) -> float | str:
    if isinstance(item, (str, np.str_)):
        return str(item)
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    if isinstance(item, (complex, np.complexfloating)):
        raise ValueFault(f"Complex data not supported: {what}, column {quoted(name)}", "give real and imaginary parts")
    is_number = item.dtype.kind in "fiub" if isinstance(item, np.generic) else hasattr(item, "__float__")
    if is_number and not getattr(item, "shape", ()):
        try:
            return float(item)
        except OverflowError:
            message = f"{what}, column {quoted(name)}: a number is too large for a float"
            raise ValueFault(message, "scale it down, or give it as a word") from None
    message = f"{what}, column {quoted(name)}: argument must be a string or a number, found {value_text(item)}"
    raise TypeError(f"{message}; make numbers or words of it first")


def _kind_text(dtype: Any) -> str:
    return {"M": "dates", "m": "time spans", "c": "complex numbers", "V": "records"}.get(
        dtype.kind, f"items of type {dtype}"
    )
