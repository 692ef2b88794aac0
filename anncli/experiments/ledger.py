"""The ledger: results by the digests of their specs, so that what was run once is not run again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from anncli.errors import DataError
from anncli.experiments.executors.base import Executor
from anncli.experiments.spec import Result, Spec, result_of


class LedgerStore(Protocol):
    """Where a ledger keeps its documents: formats.files.ledger.LedgerFile, or a list in memory in a test."""

    documents: list[dict[str, Any]]

    def add(self, document: dict[str, Any]) -> None:
        """Keep one more document, in a way that survives a crash right afterwards."""


class Ledger:
    """Results of earlier runs; raises DataError for a document in the store that holds no result."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._results: dict[str, Result] = {}
        for number, document in enumerate(store.documents, 1):
            try:
                result = result_of(document)
            except ValueError as fault:
                raise DataError(f"entry {number} of the ledger {fault}", advice="name another ledger") from None
            self._results[result.digest] = result

    def __len__(self) -> int:
        return len(self._results)

    def known(self, digest: str) -> Result | None:
        """The result of the spec with this digest, or None."""
        return self._results.get(digest)

    def add(self, result: Result) -> None:
        """Keep a result; a failure that may not happen again, such as a killed worker, is not kept."""
        if result.error is None or result.error.repeats:
            self._store.add(result.document())
            self._results[result.digest] = result


# Called after every result with the number of specs done and the one that was done last.
Progress = Callable[[int, Spec], None]


def run_with_ledger(
    specs: Sequence[Spec], executor: Executor, ledger: Ledger | None = None, progress: Progress | None = None
) -> Generator[Result, None, None]:
    """The results of the specs in their order; only specs that the ledger lacks are run, and equal specs run once.

    A result enters the ledger as soon as the executor has it, before those of earlier specs that still run. Closing
    the iterator ends the executor's work.
    """
    digests = [spec.digest() for spec in specs]
    by_digest = dict(zip(digests, specs, strict=True))
    known = {digest: ledger.known(digest) if ledger else None for digest in by_digest}
    found = {digest: result for digest, result in known.items() if result is not None}
    running = executor.run([spec for digest, spec in by_digest.items() if digest not in found])
    try:
        for digest in digests:
            while digest not in found:
                result = next(running, None)
                if result is None:
                    raise RuntimeError(f"the executor ended without a result for {by_digest[digest].title}")
                if ledger is not None:
                    ledger.add(result)
                found[result.digest] = result
                if progress is not None:
                    progress(len(found), by_digest[result.digest])
            yield found[digest]
    finally:
        close = getattr(running, "close", None)
        if close is not None:
            close()
