"""The history: one entry per epoch, written during training; the keys do not change between versions.

A file that ends in .csv or .tsv is a table, one that ends in .json a JSON array; any other has one JSON object per line.
"""

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

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


class History:
    """Writes to `file`; to nothing for None. path: '-' for stdout."""

    def __init__(self, file: TextIO | None, path: str) -> None:
        self.file, self.path = file, path
        ending = os.path.splitext(path)[1].lower()
        self._delimiter, self._is_array = _DELIMITERS.get(ending), ending == ".json"
        self._keys: list[str] | None = None

    def add(self, report: EpochReport) -> None:
        """Write an epoch and flush it, so that other programs can follow the file."""
        if self.file:
            with _faults(self.path):
                self.file.write(self._text(line(report)))
                self.file.flush()

    def close(self) -> None:
        """Raises AnnError if the file cannot be completed."""
        if self.file and self.path != "-" and not self.file.closed:
            with _faults(self.path):
                if self._is_array:
                    self.file.write("[]\n" if self._keys is None else "\n]\n")
                self.file.close()

    def _text(self, entry: dict[str, Any]) -> str:
        is_first = self._keys is None
        if self._delimiter is not None:
            cells = _flat(entry)
            # Every epoch of a run has the same keys, but for means of classes, which a final training may lack.
            self._keys = self._keys or [*cells]
            row = self._delimiter.join(_cell(cells.get(key)) for key in self._keys) + "\n"
            return f"{self._delimiter.join(self._keys)}\n{row}" if is_first else row
        import json

        self._keys, text = [*entry], json.dumps(entry, allow_nan=False)
        return f"{'[' if is_first else ','}\n{text}" if self._is_array else f"{text}\n"


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    """Without lists: the means of classes in a column each."""
    means = entry.pop("class_means", [])
    return entry | {f"class_mean_{number}": mean for number, mean in enumerate(means, 1)}


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


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
    history = History(file, path)
    with _closing(history):
        if not lock(file.fileno()):
            # Without the end of an array, which would go into the other run's file.
            file.close()
            raise AnnError("another run writes its history to this file", path=path, advice="give another name")
        with _faults(path):
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.truncate(0)
        yield history


@contextmanager
def _closing(history: History) -> Iterator[None]:
    try:
        yield
    finally:
        # What could not be written has been reported where the run ended as it should.
        with suppress(OSError, AnnError):
            history.close()


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
