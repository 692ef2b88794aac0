"""The one JSON document of a --json run: kept while the command runs, and written when it ends, with the error that ended it."""

from __future__ import annotations

import sys
from typing import Any

import click

# The number of the description in docs/json.md: higher where a key has changed its meaning or gone.
SCHEMA = 3


class JsonOutput:
    """is_wanted: whether there will be a document; is_streamed: whether the command writes it itself; command: its name, None
    where it is not known."""

    def __init__(self) -> None:
        self.begin(False)

    def begin(self, is_wanted: bool, command: str | None = None) -> None:
        """Before a command."""
        self.is_wanted, self.command, self.is_streamed = is_wanted, command, False
        self._document: dict[str, Any] | None = None

    def keep(self, document: dict[str, Any]) -> None:
        """Take the document of a command that has done its work."""
        self._document = document

    def finish(self, error: dict[str, Any] | None = None) -> None:
        """Write the document to stdout: that of the command, without one only the error, each of them once."""
        document, is_wanted = self._document, self.is_wanted and not self.is_streamed
        self._document, self.is_wanted = None, False
        if document is None and (error is None or not is_wanted):
            return
        written = {"command": self.command} if document is None else document
        click.echo(json_text(written if error is None else {**written, "error": error}))


OUTPUT = JsonOutput()


def json_text(document: dict[str, Any]) -> str:
    """A document as text."""
    import json

    # If stdout is not UTF-8, characters outside ASCII are written as \u escapes.
    escaped = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps({"schema": SCHEMA, **document}, indent=2, allow_nan=False, ensure_ascii=escaped)
