"""How far the data file in hand has been read: set by the sources of data, looked at by whoever shows it."""

from __future__ import annotations

import os


class Reading:
    """name: of the file, '' before the first; done: bytes read of it; total: bytes that it has, 0 where that is not known."""

    def __init__(self) -> None:
        self.name, self.done, self.total = "", 0, 0

    def begin(self, name: str, path: str) -> None:
        """A file is opened; `path` is '-' for standard input."""
        is_file = path != "-" and os.path.isfile(path)
        self.name, self.done, self.total = name, 0, os.path.getsize(path) if is_file else 0


#: Of this process: files are read one after the other.
READING = Reading()
