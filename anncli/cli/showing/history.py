"""The history: one JSON line per epoch, written during training; the keys do not change between versions."""

from __future__ import annotations

import math
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from anncli.errors import AnnError
from anncli.formats.files.temporary import lock
from anncli.training.attempt import EpochReport


class History:
    """Writes to `file`; to nothing for None."""

    def __init__(self, file: TextIO | None, path: str) -> None:
        self.file, self.path = file, path

    def add(self, report: EpochReport) -> None:
        """Write the line of an epoch and flush it, so that other programs can follow the file."""
        if self.file:
            import json

            with _faults(self.path):
                self.file.write(json.dumps(line(report), allow_nan=False) + "\n")
                self.file.flush()

    def close(self) -> None:
        """Raises AnnError if the file cannot be completed."""
        if self.file and self.path != "-":
            with _faults(self.path):
                self.file.close()


@contextmanager
def open_history(path: str | None) -> Iterator[History]:
    """A new history at `path`; `-` is stdout; raises AnnError if it cannot be written, or another run writes to it."""
    if path is None or path == "-":
        yield History(None if path is None else sys.stdout, "-")
        return
    # Only opening is inside: OSErrors of the training itself must not be blamed on this file.
    with _faults(path):
        # Locked before it is emptied: it may be the history of a run that is still going on.
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), "w", encoding="utf-8")
    with _closing(file):
        if not lock(file.fileno()):
            raise AnnError("another run writes its history to this file", path=path, advice="give another name")
        with _faults(path):
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.truncate(0)
        yield History(file, path)


@contextmanager
def _closing(file: TextIO) -> Iterator[None]:
    try:
        yield
    finally:
        # close() of the history has reported what could not be written.
        with suppress(OSError):
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
    """None for nan and infinity, which JSON does not have."""
    return value if value is not None and math.isfinite(value) else None
