"""The format `idx`: arrays as of MNIST; labels of pictures are found in the file beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

import numpy as np

from anncli.errors import DataError, count_of
from anncli.formats.data.array_table import NO_ANSWERS, Answers, answers_of, batches_of, check_rest, rows_of_chunks
from anncli.formats.data.base import TableWant
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_DIMENSIONS = 8
_MOST_ROW_ITEMS = 1 << 24
LABEL = "label"


class Idx:
    """Each entry of the first dimension is a row. For a file named ...images-idx3-ubyte the label is that of the file
    ...labels-idx1-ubyte, packed or not, where it is there."""

    def sniff(self, head: bytes) -> bool:
        return len(head) >= 8 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= _MOST_DIMENSIONS

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        dtype, shape, data = _opened(source)
        answers = NO_ANSWERS
        beside = labels_beside(source.path) if len(shape) > 1 else None
        if beside is not None:
            labels = ByteSource(beside)
            answers = _answers(labels, shape[0], source.shown, want)
            source.add_digest(labels)
            if want.remarks is not None:
                want.remarks.guess(source.shown, f"the labels are those of {beside}")
        names = (LABEL,) if len(shape) == 1 else ()
        yield from batches_of(
            rows_of_chunks(data, dtype, shape, source.shown, want), answers, source.shown, want, names
        )


FORMAT = Idx()


def _opened(source: ByteSource) -> tuple[np.dtype, tuple[int, ...], Iterator[bytes]]:
    """Type, shape and the bytes behind the head; raises DataError for a wrong head."""
    chunks = source.chunks()
    data = b""
    for chunk in chunks:
        data += chunk
        if len(data) >= 4 + 4 * (data[3] if len(data) > 3 else _MOST_DIMENSIONS):
            break
    n_dimensions = data[3] if len(data) > 3 else 0
    start = 4 + 4 * n_dimensions
    if (
        data[:2] != b"\0\0"
        or data[2:3] not in [bytes([code]) for code in _TYPES]
        or not 1 <= n_dimensions <= _MOST_DIMENSIONS
    ):
        raise DataError("has no head of an IDX file", path=source.shown, advice="check that this is the right file")
    if len(data) < start:
        raise DataError("ends within its head", path=source.shown, advice="copy the file again")
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], ">u4"))
    n_items = 1
    for n in shape[1:]:
        n_items *= n
    if n_items > _MOST_ROW_ITEMS or not n_items:
        message = f"has rows of {count_of(n_items, 'number')} ({' x '.join(map(str, shape))})"
        raise DataError(message, path=source.shown, advice="check that the file is complete")
    rest = data[start:]
    return np.dtype(_TYPES[data[2]]), shape, chain([rest], chunks) if rest else chunks


def labels_beside(path: str) -> str | None:
    """The file with the labels of a file of pictures, None where its name says of none or there is none."""
    folder, name = os.path.split(path)
    plain = name.removesuffix(".gz")
    wanted = plain.replace("images", "labels").replace("idx3", "idx1")
    if wanted == plain or "images" not in plain:
        return None
    found = (os.path.join(folder, wanted + ending) for ending in ("", ".gz"))
    return next((candidate for candidate in found if os.path.isfile(candidate)), None)


def _answers(labels: ByteSource, n: int, shown: str, want: TableWant) -> Answers:
    dtype, shape, data = _opened(labels)
    if len(shape) != 1 or shape[0] != n:
        message = f"has {' x '.join(map(str, shape))} labels for the {count_of(n, 'row')} of {shown}"
        raise DataError(message, path=labels.shown, advice="put the labels of these rows beside them")
    items = b"".join(data)
    check_rest(len(items), n * dtype.itemsize, labels.shown)
    return answers_of(np.frombuffer(items, dtype), LABEL, labels.shown, want, "classification")
