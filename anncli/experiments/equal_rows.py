"""Rows that a test set and its training set have in common: a test on them says little about new rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array, Inputs, Rows
from anncli.dataset.digests import digest_samples
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.experiments.inputs import Data
from anncli.experiments.splits import Split
from anncli.network.encoders.characters import CharacterEncoder


def count_equal_rows(data: Data, splits: Sequence[Split]) -> int:
    """How many test rows, over all splits, are equal in all inputs to a training row of their split."""
    numbers = np.unique(digest_samples(_inputs(data)), return_inverse=True)[1]
    kinds, count = int(numbers.max(initial=-1)) + 1, 0
    for split in splits:
        is_known = np.zeros(kinds, dtype=bool)
        is_known[numbers[split.training]] = True
        count += int(np.count_nonzero(is_known[numbers[split.test]]))
    return count


def count_known(data: Data, training: Array, others: Array) -> int:
    """How many of the samples `others` are equal in all inputs to one of the samples `training`."""
    digests = digest_samples(_inputs(data))
    return int(np.count_nonzero(np.isin(digests[others], digests[training])))


def _inputs(data: Data) -> Inputs:
    """The inputs, float32; of a table the numbers of its input columns, and the codes of words, gaps included."""
    if isinstance(data, TextData):
        return CharacterEncoder.fitted(data.texts).tokens(data.texts)
    if not isinstance(data, TableData):
        return data.inputs
    if data.table.tokens is not None:
        return data.table.tokens
    columns = [data.table.column(name) for name in data.roles.inputs]
    cells = [column.codes if column.numbers is None else column.numbers for column in columns]
    values = np.stack([np.asarray(own, dtype=np.float32) for own in cells], axis=1)
    return values if data.starts is None else Rows(values, data.starts)
