"""Lines of the computation of one row: equations and values in columns, long lists cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anncli.arrays import Array
from anncli.cli.showing.row_words import number
from anncli.errors import count_of, printable

# Longer lists are cut on the terminal; JSON has all.
MOST_ROWS, MOST_COLUMNS = 8, 8


def indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


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


def matrix(symbol: str, values: Array) -> Iterator[str]:
    """A line for each row, of its first values."""
    texts = [[number(value) for value in row[:MOST_COLUMNS].tolist()] for row in values[:MOST_ROWS]]
    width = max((len(text) for row in texts for text in row), default=0)
    for k, row in enumerate(texts, 1):
        label = symbol if len(values) == 1 else f"{symbol} of row {k}"
        rest = values.shape[1] - len(row)
        yield f"{label}  {'  '.join(text.rjust(width) for text in row)}{f'  ... {rest} more' if rest else ''}"
    yield from more(len(values) - MOST_ROWS, "row")


def more(count: int, noun: str) -> Iterator[str]:
    """What is said of the end of a list that was cut; nothing for a count of 0 or below."""
    if count > 0:
        yield f"... {count} more {count_of(count, noun).partition(' ')[2]} (--json has all)"


def _padded(texts: Sequence[str]) -> list[str]:
    texts = [printable(text) for text in texts]
    width = max(map(len, texts), default=0)
    return [text.ljust(width) for text in texts]
