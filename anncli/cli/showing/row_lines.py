"""Lines of the computation of one row: equations and values in columns, long lists cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from anncli.arrays import Array
from anncli.cli.showing.row_words import number
from anncli.errors import count_of, printable
from anncli.network.layers.base import Shape

# Longer lists are cut on the terminal; JSON has all.
MOST_ROWS, MOST_COLUMNS, MOST_CHANNELS, _FEW = 8, 8, 3, 3

Some = TypeVar("Some")


def indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def cut(values: Sequence[Some]) -> Sequence[Some]:
    """What is shown of the units of a layer, or of the weights of a unit: all of a few, of many the first."""
    return values if len(values) <= MOST_ROWS else values[:_FEW]


def equations(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows (name, symbol, formula, value) as `name  symbol = formula = value`, in columns; without formula `symbol = value`."""
    names, symbols, formulas = (_padded([row[k] for row in rows]) for k in range(3))
    for name, symbol, formula, (*_, value) in zip(names, symbols, formulas, rows, strict=True):
        if not value:
            yield f"{name}  {symbol}".rstrip()
        elif formula.strip():
            yield f"{name}  {symbol} = {formula} = {value}"
        else:
            yield f"{name}  {symbol} = {value}"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The cells of each row, in columns."""
    for row in zip(*(_padded(column) for column in zip(*rows, strict=True)), strict=True):
        yield "  ".join(row).rstrip()


def values_of(symbol: str, values: Array, shape: Shape) -> Iterator[str]:
    """The values (n, columns) of a sample: a line for each row, or of a picture one for each row of each channel."""
    if shape.grid is None or len(values) != 1 or 1 in shape.grid[:2]:
        yield from matrix(symbol, values)
        return
    height, width, channels = shape.grid
    picture = values.reshape(shape.grid)
    # Of a large picture the beginning says enough.
    is_small = height <= MOST_ROWS and width <= MOST_COLUMNS
    n_channels, n_rows = (MOST_CHANNELS, height) if is_small else (1, _FEW)
    for channel in range(min(channels, n_channels)):
        label = f"{symbol} of channel {channel + 1}, row" if channels > 1 else f"{symbol} of row"
        yield from matrix(symbol, picture[:, :, channel], label, n_rows)
    yield from more(channels - n_channels, "channel")


def matrix(symbol: str, values: Array, label_of_row: str = "", most: int = MOST_ROWS) -> Iterator[str]:
    """A line for each row, of its first values."""
    texts = [[number(value) for value in row[:MOST_COLUMNS].tolist()] for row in values[:most]]
    width = max((len(text) for row in texts for text in row), default=0)
    for k, row in enumerate(texts, 1):
        label = symbol if len(values) == 1 else f"{label_of_row or f'{symbol} of row'} {k}"
        rest = values.shape[1] - len(row)
        yield f"{label}  {'  '.join(text.rjust(width) for text in row)}{f'  ... {rest} more' if rest else ''}"
    yield from more(len(values) - most, "row")


def more(count: int, noun: str) -> Iterator[str]:
    """What is said of the end of a list that was cut; nothing for a count of 0 or below."""
    if count > 0:
        yield f"... {count} more {count_of(count, noun).partition(' ')[2]} (--json has all)"


def _padded(texts: Sequence[str]) -> list[str]:
    texts = [printable(text) for text in texts]
    width = max(map(len, texts), default=0)
    return [text.ljust(width) for text in texts]
