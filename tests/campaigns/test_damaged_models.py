"""Faults that are planted to see that the campaign of damaged networks finds them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
import pytest

from anncli.errors import NetworkError, UsageError


def _raises(error: Exception) -> Callable[[bytes, str], None]:
    def parse(data: bytes, path: str) -> None:
        raise error

    return parse


def _takes_memory(data: bytes, path: str) -> None:
    np.ones(50_000_000).sum()
    raise NetworkError("x", path=path)


def _runs_code(data: bytes, path: str) -> None:
    exec("pass")
    raise NetworkError("x", path=path)


def _begins_a_process(data: bytes, path: str) -> None:
    os.system("true")
    raise NetworkError("x", path=path)


PLANTED: dict[str, tuple[Callable[[bytes, str], None], str]] = {
    "a traceback": (_raises(ValueError("no number")), "ValueError: no number"),
    "another exit code": (_raises(UsageError("x", path="a.file")), "exit code 2 and not 4"),
    "no name of the file": (_raises(NetworkError("x")), "not one line about the file"),
    "two lines": (_raises(NetworkError("x\ny", path="a.file")), "not one line about the file"),
    "a hang": (lambda data, path: time.sleep(60), "takes more than"),
    "memory": (_takes_memory, "MiB with 3 bytes"),
    "code": (_runs_code, "did what a reader must not do: exec"),
    "a process": (_begins_a_process, "did what a reader must not do: os.system"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import damaged_models

    parse, words = PLANTED[name]
    monkeypatch.setattr(damaged_models, "parse", parse)
    if name == "a hang":
        monkeypatch.setattr(damaged_models, "SECONDS", 1)
    found, fault = damaged_models.outcome(b"xyz", damaged_models.Watch())
    assert found == "refused"
    assert fault is not None
    assert words in fault
