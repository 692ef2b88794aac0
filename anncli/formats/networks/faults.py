"""What is wrong with a network file, said by whoever reads it."""

from __future__ import annotations

from typing import NoReturn

from anncli.errors import NetworkError
from anncli.formats.files.textfile import Path, shown_name


class Faults:
    """Errors about one file, by the name that messages show."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fail(
        self, message: str, advice: str | None = None, line: int | None = None, column: int | None = None
    ) -> NoReturn:
        """Raises NetworkError about the file; line, column: from 1."""
        raise NetworkError(message, path=shown_name(self._path), line=line, column=column, advice=advice)
