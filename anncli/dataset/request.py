"""What the user said about tables: the roles and kinds of columns, and how files are read (no numpy, so that options can be checked fast)."""

from __future__ import annotations

from typing import Literal, NamedTuple


class TableRequest(NamedTuple):
    """What the user said about the columns of tables; the data may contradict it.

    Columns are named by words: a column of exactly that name wins over a position, counted from 1.
    label: the words of --label: names, positions, or one of 'first', 'last', 'last:K', 'inputs'; () where nothing was said;
    label_files: files that hold the answers instead (`file:y.txt`), one for each file of data, or (); task: 'classification', 'regression' or
    None; positive: the name of the positive class, or None; missing: 'error', 'mean', 'median', 'indicator' or
    'median+indicator', None where nothing was said; missing_label: 'error' or 'drop'; category: columns to be read as
    categories although they hold numbers; ignore: columns that are no inputs; use: the only columns that are inputs, ()
    for all others; weight, group, order, sequence, row_names: a column each, or None; unknown: 'zeros' or 'error', None where nothing was said; window, horizon: of a forecast, 0 for none.
    """

    label: tuple[str, ...] = ()
    label_files: tuple[str, ...] = ()
    task: str | None = None
    positive: str | None = None
    missing: str | None = None
    missing_label: str = "error"
    category: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    order: str | None = None
    unknown: str | None = None
    sequence: str | None = None
    row_names: str | None = None
    window: int = 0
    horizon: int = 0

    @property
    def is_about_inputs(self) -> bool:
        """Whether something is said about columns that are not the answers."""
        about = self.weight, self.group, self.order, self.sequence, self.row_names
        columns = self.category, self.ignore, self.use, *about
        return any((self.missing, self.unknown, self.window, *columns))


class ReadRequest(NamedTuple):
    """What the user said about reading data files.

    format: the name of a data format, or 'auto'; header: whether the first row names the columns, None to find out;
    decimal: '.' or ',', None to find out; na: words that stand for a missing cell, besides the usual ones; only_na: not the usual ones; transpose: whether a column of the file is a sample; size:
    height and width that pictures are scaled to, or None; grey: whether pictures lose their colours; memory: most bytes
    of data that are held in memory, None for no limit; samples: '' where every row is a sample, 'blocks'
    where an empty line ends a sample of several rows, 'column' where a column says whose they are; tokens: how many
    different tokens there are where samples are made of such, 0 where they are not; spikes: whether these are spikes;
    values: how many values the network takes of each row of a file that holds nothing else, 0 where that is not known.
    """

    format: str = "auto"
    header: bool | None = None
    decimal: str | None = None
    na: tuple[str, ...] = ()
    only_na: bool = False
    transpose: bool = False
    size: tuple[int, int] | None = None
    grey: bool = False
    memory: int | None = None
    samples: Literal["", "blocks", "column"] = ""
    tokens: int = 0
    spikes: bool = False
    values: int = 0
