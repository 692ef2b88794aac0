"""The ledger that --ledger names, for commands of many trainings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from anncli.cli.running.ending import EndingAtSignals
from anncli.cli.showing.console import Console
from anncli.experiments.ledger import Ledger, Progress
from anncli.experiments.spec import Spec
from anncli.formats.files.ledger import LedgerFile


@contextmanager
def open_ledger(path: str | None) -> Iterator[Ledger | None]:
    """The ledger in a file, locked while it is open; None for no file."""
    if path is None:
        yield None
        return
    with LedgerFile(path) as file:
        yield Ledger(file)


@contextmanager
def trainings_in_hand(
    console: Console, specs: Sequence[Spec], ledger: Ledger | None, without: str = "interrupted"
) -> Iterator[Progress]:
    """While they run: their progress, and at a signal how many of them the ledger holds; without: what is said with no ledger."""

    def message() -> str:
        if ledger is None:
            return without
        done = sum(ledger.known(spec.digest()) is not None for spec in specs)
        return f"interrupted; the ledger holds {done} of {len(specs)} trainings, and the same command runs the others"

    with EndingAtSignals(message), console.progress(len(specs), "training") as bar:
        yield lambda done, spec: bar.update(done, spec.title)
