"""The rows that an exported network is proved on: inside the range that the network was made for, and far outside of it."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Rows, Tokens, joined
from anncli.formats.exports.base import ProofRows
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.tables import MISSING, Table, TableColumn

# A column of mean 0 and standard deviation 1 has hardly a value beyond.
_DEVIATIONS = 3.0
# How much wider than the range the rows outside of it spread, at most.
_OUTSIDE = 10.0
# The lengths of samples of several rows, the first of which is the shortest that the network takes.
_LENGTHS = 8
# No input is larger: what is computed of it must stay a float32 number.
_MOST = 1e30
# A word that is no level of any column.
_UNKNOWN = "a word that no row had"


def draw_rows(network: Network, rng: np.random.Generator, n: int) -> ProofRows:
    """n rows for a network: the first half inside the range of its inputs, the others up to 10 times as far from its middle.

    Samples of several rows have a few of them, and so many tokens, whose values are near 1 in the first half.
    A network with an encoder gets columns of known, rare and unknown words and missing cells, as far as it takes them.
    """
    low, high = input_range(network)
    shape = network.topology.inputs
    least = network.topology.least_rows
    if shape.tokens:
        drawn = _tokens(shape.columns, rng, n, least)
        # A spike train has times of 0 or more, here of milliseconds.
        return ProofRows(
            Tokens(drawn.indices, abs(drawn.values) / 100, drawn.starts, drawn.width) if shape.spikes else drawn
        )
    if shape.rows is None:
        starts = _starts(rng, n, least)
        return ProofRows(Rows(_numbers(low, high, rng, int(starts[-1])), starts))
    numbers = _numbers(low, high, rng, n)
    if shape.code is not None:
        numbers = np.clip(numbers, np.float32(shape.code.low), np.float32(shape.code.high))
    if network.encoder is None:
        return ProofRows(numbers)
    table = _table(network.encoder, numbers, rng)
    return ProofRows(network.encoder.encode(table).inputs, table)


def stored_rows(network: Network) -> ProofRows:
    """The rows of the self-test, as the columns that they came from where an encoder makes single rows of them; none where none are stored."""
    stored = network.self_test
    if stored is None:
        none = draw_rows(network, np.random.default_rng(0), 1)
        return none.part(slice(0, 0))
    if network.encoder is None or not network.topology.takes_vectors:
        return ProofRows(stored.inputs)
    inputs = stored.vectors
    table = decoded(network.encoder, inputs)
    return ProofRows(network.encoder.encode(table).inputs, table)


def all_rows(first: ProofRows, second: ProofRows) -> ProofRows:
    """The rows of both."""
    inputs = joined([first.inputs, second.inputs])
    if first.table is None or second.table is None:
        unknown = (None,) * len(first.inputs)
        return ProofRows(inputs, texts=(*unknown, *second.texts) if second.texts else ())
    columns = [_joined(*pair) for pair in zip(first.table.columns, second.table.columns, strict=True)]
    return ProofRows(inputs, Table(tuple(columns), len(inputs)))


def input_range(network: Network) -> tuple[Array, Array]:
    """The lowest and the highest value (n_inputs,), float64, that raw inputs had in training, as far as the file shows it:
    from the scaling where it was fitted to each input, else from the rows of the self-test, else from -1 to 1."""
    scaling, stored = network.scaling, network.self_test
    if scaling.add is not None and scaling.multiply is not None and scaling.per_vector == "none":
        half = _DEVIATIONS / np.maximum(np.abs(scaling.multiply.astype(np.float64)), 1 / _MOST)
        low, high = -scaling.add - half, -scaling.add + half
        if scaling.log_floor is not None:
            taken = scaling.of_logarithms
            # Zero and below stand for the floor.
            low[taken] = 0
            high[taken] = np.exp(np.minimum(high[taken], np.log(_MOST)))
        return np.clip(low, -_MOST, _MOST), np.clip(high, -_MOST, _MOST)
    if stored is not None and not isinstance(stored.inputs, Tokens) and len(stored.inputs) > 1:
        given = _values(stored.inputs).astype(np.float64)
        low, high = given.min(axis=0), given.max(axis=0)
        flat = high <= low
        return np.where(flat, low - 1, low), np.where(flat, high + 1, high)
    return np.full(network.n_inputs, -1.0), np.full(network.n_inputs, 1.0)


def _values(inputs: Array | Rows) -> Array:
    return inputs.values if isinstance(inputs, Rows) else inputs


def _starts(rng: np.random.Generator, n: int, least: int) -> Array:
    """The starts (n + 1,) of n samples of 8 different lengths."""
    return np.concatenate([[0], np.cumsum(rng.integers(least, least + _LENGTHS, n))])


def _tokens(width: int, rng: np.random.Generator, n: int, least: int) -> Tokens:
    starts = _starts(rng, n, least)
    n_tokens = int(starts[-1])
    values = rng.uniform(0.5, 1.5, n_tokens)
    values[n_tokens // 2 :] *= rng.uniform(-_OUTSIDE, _OUTSIDE, n_tokens - n_tokens // 2)
    return Tokens(rng.integers(0, width, n_tokens), values.astype(np.float32), starts, width)


def _numbers(low: Array, high: Array, rng: np.random.Generator, n: int) -> Array:
    """float32 (n, width): the first half uniform from low to high, the others further from the middle."""
    middle, half = (low + high) / 2, (high - low) / 2
    places = rng.uniform(-1, 1, (n, len(low)))
    places[n // 2 :] *= rng.uniform(1, _OUTSIDE, (n - n // 2, 1))
    numbers: Array = np.clip(middle + half * places, -_MOST, _MOST).astype(np.float32)
    return numbers


def _table(encoder: TableEncoder, numbers: Array, rng: np.random.Generator) -> Table:
    columns, at, n = [], 0, len(numbers)
    for column in encoder.columns:
        if column.kind == "number":
            columns.append(_number_column(column.name, numbers[:, at], encoder.may_miss(column), rng))
        else:
            columns.append(_word_column(column, encoder.may_miss(column), rng, n))
        at += column.width
    return Table(tuple(columns), n)


def _number_column(name: str, numbers: Array, may_miss: bool, rng: np.random.Generator) -> TableColumn:
    cells = numbers.astype(np.float64)
    if may_miss:
        cells[rng.random(len(cells)) < 0.1] = np.nan
    return TableColumn(name, cells)


def _word_column(column: InputColumn, may_miss: bool, rng: np.random.Generator, n: int) -> TableColumn:
    words = (*column.levels, *column.rare, _UNKNOWN)
    codes = rng.integers(len(words), size=n).astype(np.int32)
    if may_miss:
        codes[rng.random(n) < 0.1] = MISSING
    return TableColumn(column.name, codes=codes, words=words)


def decoded(encoder: TableEncoder, inputs: Array) -> Table:
    """A table of which the encoder makes these inputs (n, width)."""
    columns, at = [], 0
    for column in encoder.columns:
        own = inputs[:, at : at + column.width]
        missing = own[:, -1] > 0 if column.indicator and encoder.may_miss(column) else np.zeros(len(own), dtype=bool)
        if column.kind == "number":
            columns.append(TableColumn(column.name, np.where(missing, np.nan, own[:, 0].astype(np.float64))))
        else:
            marked = own[:, : column.width - column.indicator] > 0
            places = np.where(marked.any(axis=1), marked.argmax(axis=1), marked.shape[1])
            words = (*column.levels, *column.rare[:1], _UNKNOWN)
            columns.append(
                TableColumn(column.name, codes=np.where(missing, MISSING, places).astype(np.int32), words=words)
            )
        at += column.width
    return Table(tuple(columns), len(inputs))


def _joined(first: TableColumn, second: TableColumn) -> TableColumn:
    if first.numbers is not None and second.numbers is not None:
        return TableColumn(first.name, np.concatenate([first.numbers, second.numbers]))
    assert first.codes is not None
    assert second.codes is not None
    words = tuple(dict.fromkeys([*first.words, *second.words]))
    # MISSING takes the last place.
    pairs = ((first.words, first.codes), (second.words, second.codes))
    codes = [np.array([*map(words.index, own), MISSING])[places] for own, places in pairs]
    return TableColumn(first.name, codes=np.concatenate(codes).astype(np.int32), words=words)
