"""`ann` in this process, which is faster where many commands are run on small files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import pytest

from anncli.cli.main import run


class Done(NamedTuple):
    stdout: str
    stderr: str


@pytest.fixture
def ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """ann("info", ...) in the folder, in this process: check=CODE asserts the exit code; input="..." comes from stdin."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ANN_") and name != "ANN_KERNELS"]:
        monkeypatch.delenv(name)

    def call(*arguments: object, check: int = 0, input: str | None = None) -> Done:
        capsys.readouterr()
        if input is not None:
            monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(input.encode())))
        code = run(list(map(str, arguments)))
        done = Done(*capsys.readouterr())
        assert code == check, done
        return done

    return call
