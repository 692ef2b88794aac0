"""Running `ann` as a user does: a real process, real files, its exit code and both streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# A job started in the background of a script ignores SIGINT, and so would the processes the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# So does one under nohup with SIGHUP.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).parents[2]
Ann = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without ANN_ settings of the person who runs the tests, except the choice of kernel."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANN_") or k == "ANN_KERNELS"}
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


@pytest.fixture
def ann(tmp_path: Path) -> Ann:
    """ann("train", ...) in an empty folder; env={...} adds variables; check=CODE asserts the exit code."""

    def run(*arguments: Any, check: int | None = 0, env: dict[str, str] | None = None, cwd: Path | None = None, **options: Any) -> subprocess.CompletedProcess[str]:  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "anncli", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env=clean_environment(**(env or {})),
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        if check is not None:
            assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


POSITIVE = "1.0 2.0\n1.5 2.5\n2.0 1.0\n2.5 1.5\n1.2 1.9\n2.2 2.1\n1.7 2.6\n2.4 1.1\n"
NEGATIVE = "-1.0 -2.0\n-1.5 -2.5\n-2.0 -1.0\n-2.5 -1.5\n-1.2 -1.9\n-2.2 -2.1\n-1.7 -2.6\n-2.4 -1.1\n"
NETWORK = "# a small network\nanncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n"


def make_small(folder: Path) -> Path:
    (folder / "net.nn").write_text(NETWORK)
    (folder / "pos.txt").write_text(POSITIVE)
    (folder / "neg.txt").write_text(NEGATIVE)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with net.nn (2-3-1), pos.txt and neg.txt, eight easy vectors of each class."""
    return make_small(tmp_path)


@pytest.fixture(scope="session")
def trained_network(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The net.nn of trained(): one training serves all tests."""
    folder = make_small(tmp_path_factory.mktemp("trained"))
    command = [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", "20", "-q"]
    subprocess.run(command, cwd=folder, env=clean_environment(), check=True, timeout=120)
    return (folder / "net.nn").read_bytes()


@pytest.fixture
def trained(small: Path, trained_network: bytes) -> Path:
    """The same folder with net.nn trained for 20 epochs."""
    (small / "net.nn").write_bytes(trained_network)
    return small


def on_terminal(folder: Path, *arguments: Any, columns: int = 80, then: int = 0, **variables: str) -> str:
    """What a terminal of so many columns behind stderr gets to see; then: its columns after the first text, 0 for the same."""
    import fcntl
    import pty
    import struct
    import termios

    def resize(width: int) -> None:
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    ours, theirs = pty.openpty()
    resize(columns)
    environment = {**clean_environment(), "TERM": "xterm", **variables}
    if "NO_COLOR" not in variables:
        environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", *map(str, arguments)], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            block = os.read(ours, 65536)
        except OSError:
            break
        if not block:
            break
        seen += block
        if then:
            resize(then)
    os.close(ours)
    assert process.wait(60) == 0
    return seen.decode()
