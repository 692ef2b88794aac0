"""Rows as the user of an exported network has them, and what it says of them as arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from anncli.arrays import Tokens, vectors_of
from anncli.errors import quoted
from anncli.evaluation.names import UNDECIDED
from anncli.formats.exports.base import Predicted, ProofRows
from anncli.network.class_names import class_names
from anncli.network.network import Network, SelfTest

RawRow = list[float | str | None]
RawTokens = list[list[float]]


def raw_rows(network: Network, rows: ProofRows) -> Sequence[RawRow | RawTokens | str]:
    """The cells of each row in the order of column_names(): numbers, words, and None for missing ones; the text of a sample of tokens, or [index,
    value] of each token where its text is not known."""
    if isinstance(rows.inputs, Tokens):
        texts = rows.texts or (None,) * len(rows.inputs)
        return [tokens if text is None else text for text, tokens in zip(texts, _raw_tokens(rows.inputs), strict=True)]
    if network.encoder is None or rows.table is None:
        numbers: list[RawRow] = vectors_of(rows.inputs).astype(np.float64).tolist()
        return numbers
    columns = []
    for own in network.encoder.columns:
        column = rows.table.column(own.name)
        column = (column.as_numbers() or column) if own.kind == "number" else column.as_words()
        if column.numbers is not None:
            columns.append([None if cell != cell else cell for cell in column.numbers.tolist()])
        else:
            assert column.codes is not None
            words = [*column.words, None]
            columns.append([words[code] for code in column.codes.tolist()])
    return [list(cells) for cells in zip(*columns, strict=True)]


def _raw_tokens(inputs: Tokens) -> list[RawTokens]:
    pairs: RawTokens = [
        [index, value] for index, value in zip(inputs.indices.tolist(), inputs.values.tolist(), strict=True)
    ]
    return [pairs[start:stop] for start, stop in pairwise(inputs.starts.tolist())]


def stored_cells(stored: SelfTest) -> Sequence[list[float] | RawTokens]:
    """The inputs of each row of a self-test as plain numbers, those of tokens as [index, value]."""
    if isinstance(stored.inputs, Tokens):
        return _raw_tokens(stored.inputs)
    numbers: list[list[float]] = stored.vectors.astype(float).tolist()
    return numbers


def predicted_of(network: Network, outputs: Sequence[Sequence[float]], decided: Sequence[Any], tool: str) -> Predicted:
    """What was predicted, from the outputs and the decisions by name of each row: a class, None where it is undecided, or a list of labels."""
    values = np.array(outputs, dtype=np.float64).reshape(len(outputs), network.n_outputs)
    if network.task == "regression":
        return Predicted(values, None, tool)
    places: dict[str | None, int] = {name: place for place, name in enumerate(class_names(network))}
    if network.task == "multi-label":
        given = np.zeros(values.shape, dtype=bool)
        for row, names in zip(given, decided, strict=True):
            row[[places[name] for name in names]] = True
        return Predicted(values, given, tool)
    places[None] = UNDECIDED
    return Predicted(values, np.array([places[name] for name in decided], dtype=np.int64), tool)


def predicted_of_json(network: Network, printed: bytes, tool: str) -> Predicted:
    """What was predicted, from what an exported program printed: [[outputs of each row], [decision of each row]] as JSON.

    Raises: RuntimeError for anything else.
    """
    try:
        outputs, decided = json.loads(printed)
        return predicted_of(network, outputs, decided, tool)
    except (ValueError, TypeError, LookupError):
        found = printed[:60].decode(errors="replace")
        raise RuntimeError(f"{tool} printed something else than the answers for these rows: {quoted(found)}") from None
