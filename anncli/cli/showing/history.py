"""The history: one JSON line per epoch, written as the training goes, with keys that stay."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from anncli.errors import AnnError

if TYPE_CHECKING:
    from anncli.training.attempt import EpochReport


class History:
    """Where the lines go; nowhere for None."""

    def __init__(self, file: TextIO | None, path: str) -> None:
        self.file, self.path = file, path

    def add(self, report: EpochReport) -> None:
        """Write the line of an epoch, complete at once, so that others may follow the file."""
        if self.file:
            import json

            with _faults(self.path):
                self.file.write(json.dumps(line(report), allow_nan=False) + "\n")
                self.file.flush()


@contextmanager
def open_history(path: str | None) -> Iterator[History]:
    """The history at `path`, written afresh; `-` is stdout; raises AnnError when it cannot be written."""
    if path is None or path == "-":
        yield History(None if path is None else sys.stdout, "-")
        return
    # Around opening and closing alone: faults of the training are told by others.
    with _faults(path):
        file = open(path, "w", encoding="utf-8")  # noqa: SIM115
    try:
        yield History(file, path)
    finally:
        # What a full disk refused is still in the buffer, and is refused again: that was told by the line itself.
        with suppress(OSError) if sys.exc_info()[0] else _faults(path):
            file.close()


@contextmanager
def _faults(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if path == "-":
            raise
        raise AnnError(f"cannot write: {error.strerror}", path=path, advice="write it to another place") from None


def line(report: EpochReport) -> dict[str, Any]:
    """One epoch as a flat dictionary."""
    entry: dict[str, Any] = {
        "epoch": report.epoch,
        "phase": report.phase,
        "start": report.restart,
        "training_loss": _finite(report.training_loss),
        "validation_loss": _finite(report.validation_loss),
        "metric": _finite(report.metric),
        "best_epoch": report.best_epoch,
    }
    if report.class_means is not None:
        entry["class_means"] = list(report.class_means)
    return entry


def _finite(value: float | None) -> float | None:
    """JSON has no word for nan and infinity."""
    return value if value is not None and math.isfinite(value) else None
