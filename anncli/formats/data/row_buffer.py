"""A row buffer: one growing matrix that several files are read into, so that memory holds the data only once."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array

# Values (of 4 bytes) the buffer grows by at least and at most. Reserved room costs memory: numpy fills it with zeros.
_LEAST, _MOST = 1 << 14, 1 << 20


class RowBuffer:
    """Rows of equal width, float32, C order; n rows are filled. The width is set by the first file."""

    def __init__(self, width: int = 0) -> None:
        self.width = width
        self.n = 0
        self._values = np.empty(0, dtype=np.float32)

    def free(self, rows: int) -> Array:
        """A flat view with room for at least `rows` more rows, valid until the next call; fill it, then call took()."""
        needed = (self.n + rows) * self.width
        size = self._values.size
        if not size:
            # Unlike resize(), this does not fill the room with zeros first.
            self._values = np.empty(needed, dtype=np.float32)
        elif needed > size:
            # At first in proportion, so that little is copied; later in steps, so that little is reserved: a large block
            # grows by moving its pages. A view of the old block would point to freed memory.
            self._values.resize(max(needed, size + min(max(size // 2, _LEAST), _MOST)), refcheck=False)
        return self._values[self.n * self.width :]

    def took(self, rows: int) -> None:
        """Record that the first `rows` rows of the free room are filled."""
        self.n += rows

    def append(self, rows: Array) -> None:
        """Copy rows (m, width) behind the present ones."""
        self.free(len(rows))[: rows.size] = rows.reshape(-1)
        self.took(len(rows))

    def rows(self, start: int) -> Array:
        """A view of the rows from number `start` on, valid until the next call that adds some."""
        return self._values[start * self.width : self.n * self.width].reshape(-1, self.width)

    def matrix(self) -> Array:
        """(n, width), after returning unused room; the buffer must not be used afterwards."""
        self._values.resize(self.n * self.width, refcheck=False)
        return self._values.reshape(self.n, self.width)
