"""The files that a training writes as it goes on: its history and its checkpoints."""

from __future__ import annotations

from collections.abc import Callable

from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.opening import Opened
from anncli.cli.running.resumption import Checkpoints
from anncli.cli.showing.history import History
from anncli.errors import AnnError
from anncli.training.attempt import EpochReport


class Logs:
    """History and checkpoint of a run. One that can no longer be written does not end the training: it is reported at
    once, and again by raise_faults() after the network is written."""

    def __init__(self, opened: Opened, settings: TrainSettings) -> None:
        self._console = settings.console
        self._checkpoints = Checkpoints(
            settings.checkpoint, settings.checkpoint_every, opened.network_bytes, opened.training
        )
        self._faults: dict[str, Exception] = {}
        self._told: set[str] = set()

    @property
    def checkpoint(self) -> str | None:
        """The last file, or the one that was asked for where none was written."""
        return self._checkpoints.latest or self._checkpoints.path

    def see(self, history: History, report: EpochReport) -> None:
        if history.file is None and self._checkpoints.path is None:
            # A device gives thousands of reports at a time.
            return
        self.add(history, report)
        self._guarded("checkpoint", lambda: self._checkpoints.see(report))

    def add(self, history: History, report: EpochReport) -> None:
        # After a gap the file would be no history, so nothing more is written to it.
        if "history" not in self._faults:
            self._guarded("history", lambda: history.add(report))

    def finish(self, history: History) -> None:
        self._guarded("checkpoint", self._checkpoints.finish)
        if "history" not in self._faults:
            self._guarded("history", history.close)

    def keep(self) -> None:
        """Write the checkpoint of a training that does not go on."""
        self._guarded("checkpoint", self._checkpoints.finish)

    def raise_faults(self) -> None:
        """Raises the AnnError or OSError of the first log that is not complete."""
        for fault in self._faults.values():
            raise fault

    def _guarded(self, what: str, write: Callable[[], None]) -> None:
        try:
            write()
        except (AnnError, OSError) as fault:
            if what not in self._told:
                self._told.add(what)
                text = fault if isinstance(fault, AnnError) else f"standard output: {fault.strerror}"
                self._console.warn(f"{text}; the training goes on without the {what}")
            self._faults[what] = fault
        else:
            # A later checkpoint holds all that an earlier one would have held.
            self._faults.pop(what, None)
