"""Loaded by Python itself where this folder is on PYTHONPATH: SIGUSR1 makes a process raise an exception, wherever it is."""

import signal


def _fail(*_: object) -> None:
    raise RuntimeError("a fault of the campaign")


signal.signal(signal.SIGUSR1, _fail)
