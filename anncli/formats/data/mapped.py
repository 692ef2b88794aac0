"""Tables larger than memory: the numbers of a NumPy array file as a memory map, with the names beside it."""

from __future__ import annotations

from anncli.arrays import map_of
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.formats.files.textfile import Path, shown_name
from anncli.tables import Table


def map_table(path: Path, remarks: Remarks | None = None) -> Table:
    """The table in NAME.npy, whose names, categories and label stand in NAME.json; `ann convert` makes both of any table.

    Table.matrix is a read-only map of the file (n_rows, n_columns): arrays.release() gives
    the memory back that reading has taken. Columns of categories have codes of their own, 4 bytes a row.
    Raises: DataError for a file whose array cannot be mapped as it lies: of another type than float32 and float64, packed,
        or in Fortran order.
    """
    table = read_table(path, TableWant(remarks=remarks), "npy")
    if table.matrix is None or map_of(table.matrix) is None:
        message = "is no array of 32-bit or 64-bit numbers in C order, so it cannot be used from the disk"
        raise DataError(message, path=shown_name(path), advice="make one: ann convert IN OUT.npy")
    return table
