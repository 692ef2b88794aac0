"""The ledger that --ledger names, for commands of many trainings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anncli.experiments.ledger import Ledger
from anncli.formats.files.ledger import LedgerFile


@contextmanager
def open_ledger(path: str | None) -> Iterator[Ledger | None]:
    """The ledger in a file, locked while it is open; None for no file."""
    if path is None:
        yield None
        return
    with LedgerFile(path) as file:
        yield Ledger(file)
