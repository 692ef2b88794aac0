"""Tables of arrays: what the formats that hold arrays (npy, npz, idx, mat) have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.number_text import is_number
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.arff_head import cell_word
from anncli.formats.data.array_choice import Chosen
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_columns
from anncli.formats.data.patterns import CLASS, high_answers
from anncli.tables import MISSING, Table, TableColumn

_BATCH_BYTES = 1 << 25
_LONGEST_WORD = 1000
_LARGEST_EXACT = 2**53
# Unicode's last character, and the halves of characters in UTF-16.
_LAST_CHARACTER, _SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)
_KINDS = {"O": "Python objects", "c": "complex numbers", "m": "time spans", "M": "dates", "V": "raw bytes"}


def check_type(dtype: np.dtype, shown: str, what: str = "the array") -> None:
    """Raises DataError for a type of items that no table holds."""
    for name in dtype.names or ():
        if dtype[name].shape or dtype[name].names:
            raise DataError(f"field {quoted(name)} is no single value", path=shown, advice="save the fields as columns")
        check_type(dtype[name], shown, f"field {quoted(name)}")
    if dtype.names:
        return
    size = dtype.itemsize // (4 if dtype.kind == "U" else 1)
    if dtype.kind in "US" and size > _LONGEST_WORD:
        raise DataError(f"{what} holds words of up to {size} characters", path=shown, advice="shorten the words")
    if dtype.kind not in "fiubUS" or (dtype.itemsize > 8 and dtype.kind == "f"):
        kind = _KINDS.get(dtype.kind, f"items of type {dtype}")
        raise DataError(
            f"{what} holds {kind}, not numbers or words", path=shown, advice="save it as float64 or float32"
        )


def number_type(dtype: np.dtype) -> type:
    """The type of a table's numbers: float32 where it holds all numbers of the file's type, else float64."""
    narrow = (
        (dtype.kind in "iu" and dtype.itemsize <= 2) or dtype.kind == "b" or (dtype.kind == "f" and dtype.itemsize <= 4)
    )
    return np.float32 if narrow else np.float64


def check_finite(numbers: Array, shown: str, first_row: int, width: int) -> None:
    """Raises DataError for an infinite number among rows (n, width), NaN is a missing cell; and for one beyond a float32."""
    if numbers.dtype.kind != "f":
        return
    with np.errstate(invalid="ignore"):
        wrong = np.abs(numbers) > np.finfo(np.float32).max
    if wrong.any():
        place = int(np.flatnonzero(wrong.reshape(-1))[0])
        value = float(numbers.reshape(-1)[place])
        message = f"row {first_row + place // width + 1}, column {place % width + 1}: {value:g} is not allowed"
        raise DataError(message, path=shown, advice="replace it, nan stands for a missing value")


def as_numbers(items: Array, shown: str, want: TableWant, first_row: int = 0) -> Array:
    """Rows (n, width) of any type of numbers as float32 or float64, C order."""
    is_long = items.dtype.kind in "iu" and items.dtype.itemsize == 8 and items.size > 0
    if is_long and max(abs(int(items.min())), abs(int(items.max()))) > _LARGEST_EXACT and want.remarks is not None:
        want.remarks.note(shown, "whole numbers above 2^53 are rounded")
    check_finite(items, shown, first_row, max(items.shape[-1], 1))
    return np.ascontiguousarray(items, dtype=number_type(items.dtype))


def word_column(name: str, items: Array, shown: str, want: TableWant) -> TableColumn:
    """A column of words (n,), or of numbers where all of them are numbers; an NA word is a missing cell.

    Raises: DataError for characters that do not exist, which the bytes of an array may spell.
    """
    if items.dtype.kind == "U" and items.dtype.itemsize:
        points = np.ascontiguousarray(items).view(np.dtype("u4").newbyteorder(items.dtype.byteorder))
        if ((points > _LAST_CHARACTER) | ((points >= _SURROGATES[0]) & (points <= _SURROGATES[1]))).any():
            message = f"column {quoted(name)} holds characters that do not exist"
            raise DataError(message, path=shown, advice="copy the file again")
    missing = {word.lower() for word in want.na} | {""}
    texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in items.tolist()]
    known = {text: None if text.strip().lower() in missing else cell_word(text.strip()) for text in set(texts)}
    words = [word for word in known.values() if word is not None]
    if all(is_number(word.encode()) for word in words):
        found = [known[text] for text in texts]
        return TableColumn(
            name, np.array([np.nan if word is None else float(word) for word in found], dtype=np.float64)
        )
    places: dict[str, int] = {}
    codes = np.empty(len(texts), dtype=np.int32)
    for row, text in enumerate(texts):
        word = known[text]
        codes[row] = MISSING if word is None else places.setdefault(word, len(places))
    return TableColumn(name, codes=codes, words=tuple(places))


class Answers(NamedTuple):
    """The label of a table of arrays: columns: its columns, over all rows; task: as Table.task."""

    columns: tuple[TableColumn, ...]
    task: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


NO_ANSWERS = Answers(())


def answers_of(items: Array, name: str, shown: str, want: TableWant, task: str = "") -> Answers:
    """The answers of rows: items (n,) or (n, k). Where every row has one high answer of k, they are one column of classes."""
    if items.ndim == 1 or items.shape[1] == 1:
        column = items.reshape(-1)
        if column.dtype.kind in "USO":
            return Answers((word_column(name, column, shown, want),), "classification")
        return Answers((TableColumn(name, as_numbers(column.reshape(-1, 1), shown, want)[:, 0]),), task)
    numbers = as_numbers(items, shown, want)
    names = tuple(f"{name} {k}" for k in range(1, items.shape[1] + 1))
    classes = high_answers(numbers)
    if classes is not None:
        return Answers((TableColumn(CLASS, codes=classes, words=names, is_declared=True),), "classification")
    return Answers(tuple(TableColumn(name, numbers[:, k]) for k, name in enumerate(names)), task)


def batches_of(
    rows: Iterable[Array], answers: Answers, shown: str, want: TableWant, names: tuple[str, ...] = ()
) -> Iterator[Table]:
    """Tables of blocks of rows (n, ...) of numbers or words, each row flattened; the answers stand behind the inputs."""
    first = 0
    for block in rows:
        items = as_rows(block)
        check_columns(items.shape[1], items.nbytes, shown)
        used = names or tuple(map(str, range(1, items.shape[1] + 1)))
        taken = slice(first, first + len(items))
        matrix = None
        if items.dtype.kind in "US":
            columns = [word_column(name, items[:, k], shown, want) for k, name in enumerate(used)]
        else:
            matrix = as_numbers(items, shown, want, first)
            columns = [TableColumn(name, matrix[:, k]) for k, name in enumerate(used)]
        columns += [_part(column, taken) for column in answers.columns]
        yield Table(
            tuple(columns), len(items), bool(names), labels=answers.names, task=answers.task, matrix=matrix
        )  # fmt: skip
        first += len(items)


def paired_batches(chosen: Chosen, inputs: Array, label: Array | None, shown: str, want: TableWant) -> Iterator[Table]:
    """The batches of the inputs and the label that were chosen among the arrays of a file."""
    answers = NO_ANSWERS
    if chosen.is_transposed and label is not None:
        inputs, label = inputs.T, label.T
    if label is not None:
        items = label.reshape(-1) if label.size == len(inputs) else as_rows(label)
        answers = answers_of(items, chosen.label, shown, want)
    if want.remarks is not None:
        how = f"the inputs are {chosen.inputs}" + (f", the label is {chosen.label}" if chosen.label else "")
        want.remarks.guess(shown, how + (", samples in columns" if chosen.is_transposed else ""))
    yield from batches_of(cut(inputs, want), answers, shown, want)


def as_rows(block: Array) -> Array:
    """An array (n, ...) as (n, width)."""
    return block.reshape(len(block), prod(block.shape[1:]))


def _part(column: TableColumn, rows: slice) -> TableColumn:
    if column.numbers is not None:
        return TableColumn(column.name, column.numbers[rows])
    assert column.codes is not None
    return TableColumn(column.name, codes=column.codes[rows], words=column.words, is_declared=column.is_declared)


def cut(array: Array, want: TableWant) -> Iterator[Array]:
    """Blocks of rows of an array in memory; at least one."""
    bytes_per_row = max(1, array[:1].size * 8)
    step = max(1, min(want.block_rows, _BATCH_BYTES // bytes_per_row))
    for start in range(0, max(len(array), 1), step):
        yield array[start : start + step]


def rows_of_chunks(
    chunks: Iterable[bytes],
    dtype: np.dtype,
    shape: tuple[int, ...],
    shown: str,
    want: TableWant,
) -> Iterator[Array]:
    """The rows of an array in C order, block by block as the bytes come; memory is asked for only for bytes that are there.

    Raises: DataError where there are fewer or more bytes than the shape needs.
    """
    row_shape = shape[1:]
    row_bytes = dtype.itemsize
    for n in row_shape:
        row_bytes *= n
    if not row_bytes or not shape[0]:
        check_rest(sum(map(len, chunks)), 0, shown)
        yield np.empty((0, *row_shape), dtype=dtype)
        return
    step = max(1, min(want.block_rows, _BATCH_BYTES // row_bytes)) * row_bytes
    waiting = bytearray()
    left = shape[0] * row_bytes
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= step or len(waiting) >= left > 0:
            taken = min(step, left)
            yield np.frombuffer(bytes(waiting[:taken]), dtype).reshape(-1, *row_shape)
            del waiting[:taken]
            left -= taken
            if not left:
                break
        if not left and waiting:
            break
    needed = shape[0] * row_bytes
    check_rest(needed - left + len(waiting), needed, shown)


def check_rest(found: int, needed: int, shown: str) -> None:
    """Raises DataError where an array has more or fewer bytes than its head announces."""
    if found == needed:
        return
    message = f"the head announces {count_of(needed, 'byte')} of numbers, found {'more' if found > needed else found}"
    advice = "copy the file again" if found < needed else "save one array in a file"
    raise DataError(message, path=shown, advice=advice)
