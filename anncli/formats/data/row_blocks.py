"""Blocks of rows: samples of several rows in a text, with an empty line between two of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.errors import DataError
from anncli.tables import Table


def numbered_blocks(batches: Iterator[Table], shown: str) -> Iterator[Table]:
    """The batches of a file with the number of the sample of each row: an empty line between two rows ends a sample.

    Raises: DataError for two empty lines between rows, and for a format whose files have no lines.
    """
    number, last = 0, 0
    for table in batches:
        if table.samples is not None or table.tokens is not None or not table.n_rows:
            yield table
            continue
        lines = np.asarray(table.lines, dtype=np.int64)
        if len(lines) < table.n_rows:
            advice = "name the column that tells the samples apart: --sequence NAME"
            raise DataError("has no empty lines between samples, as its rows are no lines", path=shown, advice=advice)
        gaps = np.diff(lines, prepend=last or lines[0])
        if (gaps > 2).any():
            line = int(lines[np.argmax(gaps > 2)]) - 1
            raise two_empty_lines(line, shown)
        samples = number + np.cumsum(gaps > 1)
        number, last = int(samples[-1]), int(lines[-1])
        yield table._replace(samples=samples)


def repeated(lines: list[int], counts: list[int]) -> list[int]:
    """Each line number as often as its count says; equal ones are one object, so that a row takes 8 bytes."""
    return [line for line, count in zip(lines, counts, strict=True) for _ in range(count)]


def two_empty_lines(line: int, shown: str) -> DataError:
    """The error for a sample without rows; line: the last empty one."""
    message = "a sample without rows: two empty lines follow each other"
    return DataError(message, path=shown, line=line, advice="write one empty line between two samples")
