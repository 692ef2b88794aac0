"""Dense tables of sparse files: refused where they would take far more memory than the file."""

from __future__ import annotations

from anncli.errors import DataError, count_of

_BYTES_PER_CELL = 8
# A column of a table is an object with a name and a view of its numbers.
_BYTES_PER_COLUMN = 400
_MOST_EXPANSION, _ALWAYS_ALLOWED = 25, 1 << 26


def check_dense(n_rows: int, width: int, n_bytes: int, shown: str) -> None:
    """Raises DataError where n_rows of `width` numbers take far more memory than the n_bytes of the file."""
    needed = n_rows * width * _BYTES_PER_CELL
    if needed <= _ALWAYS_ALLOWED + _MOST_EXPANSION * n_bytes:
        return
    message = (
        f"is sparse: {count_of(n_rows, 'row')} of {count_of(width, 'value')} would take {human_bytes(needed)}, "
        f"the file has {human_bytes(n_bytes)}"
    )
    raise DataError(message, path=shown, advice="leave out columns that are nearly always 0, or rows")


def human_bytes(size: int) -> str:
    """A count of bytes in words: 12 bytes, 3.4 KB, 5.6 GB."""
    value = float(size)
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def check_columns(width: int, n_bytes: int, shown: str) -> None:
    """Raises DataError where a table of `width` columns takes far more memory than the n_bytes of its numbers."""
    if width * _BYTES_PER_COLUMN > _ALWAYS_ALLOWED + _MOST_EXPANSION * n_bytes:
        message = f"has {count_of(width, 'column')}, and {human_bytes(n_bytes)} of rows"
        raise DataError(message, path=shown, advice="check that its head is right, and that rows are not its columns")


def check_unpacked(needed: int, n_bytes: int, shown: str) -> None:
    """Raises DataError where an array of `needed` bytes comes out of a file of far fewer, n_bytes."""
    if needed > _ALWAYS_ALLOWED + _MOST_EXPANSION * n_bytes:
        message = f"unpacks to far more than its size: {human_bytes(n_bytes)} to {human_bytes(needed)}"
        raise DataError(message, path=shown, advice="if that is right, save the array as .npy")
