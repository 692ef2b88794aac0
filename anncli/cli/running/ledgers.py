"""The ledger that --ledger names, for commands of many trainings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anncli.experiments.ledger import Ledger


@contextmanager
def open_ledger(path: str | None) -> Iterator[Ledger | None]:
    """The ledger in a file, locked while it is open; None for no file."""
    if path is None:
        yield None
        return
    from anncli.experiments.ledger import Ledger
    from anncli.formats.files.ledger import LedgerFile

    with LedgerFile(path) as file:
        yield Ledger(file)
