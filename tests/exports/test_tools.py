"""Programs that prove exports: those that fail, lie or hang, and what is left of them afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from random_networks import random_network

from anncli.formats.exports import tools
from anncli.formats.exports.base import ExportRequest, ProofRows, ToolMissingError
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.storage import save

# Starts a child as compilers do, says which, and waits for it.
_PARENT = "sleep 60 & echo $! > {folder}/child; wait"


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def is_alive(number: int) -> bool:
    """Whether the process runs; one that has ended and waits to be noticed does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child_of(folder: Path) -> int:
    """The process that _PARENT has started, once it has."""
    for _ in range(500):
        if (folder / "child").exists() and (text := (folder / "child").read_text()).strip():
            return int(text)
        time.sleep(0.01)
    raise AssertionError("nothing was started")


def has_ended(number: int) -> bool:
    for _ in range(200):
        if not is_alive(number):
            return True
        time.sleep(0.01)
    return False


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")


@needs_proc
def test_a_program_that_hangs_ends_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "_PATIENCE", 0.3)
    with pytest.raises(RuntimeError, match="did not end within"):
        tools.run_tool(["sh", "-c", _PARENT.format(folder=tmp_path)], str(tmp_path))
    assert has_ended(child_of(tmp_path))


@needs_proc
def test_a_signal_while_a_program_starts_ends_it(tmp_path, monkeypatch):
    class Ended(BaseException):
        pass

    def end(number, frame):
        raise Ended

    def popen(*arguments, **named):
        process = subprocess.Popen(*arguments, **named)
        started.append(process)
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    started: list[subprocess.Popen] = []
    monkeypatch.setattr(tools, "subprocess", SimpleNamespace(Popen=popen, TimeoutExpired=subprocess.TimeoutExpired))
    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(Ended):
            tools.run_tool(["sh", "-c", _PARENT.format(folder=tmp_path)], str(tmp_path))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert started[0].returncode == -signal.SIGKILL


@needs_proc
@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
)
def test_a_signal_ends_the_compiler_and_its_children_and_leaves_nothing(tmp_path, number, code):
    for name in ("bin", "temporary"):
        (tmp_path / name).mkdir()
    for name in ("cc", "arm-none-eabi-gcc"):
        program(tmp_path / "bin", name, "#!/bin/sh\n" + _PARENT.format(folder=tmp_path))
    save(random_network(3), tmp_path / "n.nn", "ann")
    variables = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TMPDIR": f"{tmp_path}/temporary"}
    command = [sys.executable, "-m", "anncli", "export", "n.nn", "-o", "n.c"]
    root = str(Path(tools.__file__).parents[3])
    with subprocess.Popen(
        command, cwd=tmp_path, env=variables | {"PYTHONPATH": root}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        child = child_of(tmp_path)
        process.send_signal(number)
        printed, complained = process.communicate()
    assert (process.returncode, printed, complained) == (code, b"", b"ann: interrupted\n")
    assert has_ended(child)
    assert not [*(tmp_path / "temporary").iterdir()]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "child", "n.nn", "temporary"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho no; exit 3", "ended with 3: no"),
        ("#!/bin/sh\nkill -9 $$", "ended with -9"),
        ("nonsense", "cannot be run: Exec format error"),
        ("#!/no/such/program", "cannot be run: No such file or directory"),
    ],
)
def test_a_program_that_fails(tmp_path, text, message):
    path = program(tmp_path, "tool", text)
    with pytest.raises(RuntimeError) as found:
        tools.run_tool([path], str(tmp_path))
    assert str(found.value) == f"{path} {message}"


def test_a_folder_that_allows_no_programs(tmp_path):
    (tmp_path / "proof").write_text("#!/bin/sh\n")
    with pytest.raises(
        RuntimeError, match="proof cannot be run: Permission denied; TMPDIR names another folder for it"
    ):
        tools.run_tool([f"{tmp_path}/proof"], str(tmp_path))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_folder_that_cannot_be_written_to(tmp_path):
    message = "No space left on device; TMPDIR names another folder"
    with (
        pytest.raises(RuntimeError, match=message),
        tools.work_folder(),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        full.write(b"x")


def run_javascript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program(tmp_path, "node", text)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    network = random_network(3)
    export, request = export_format("javascript"), ExportRequest()
    rows = ProofRows(network.self_test.inputs[:1] if network.self_test else [[0.0] * network.n_inputs], None)
    export.run(export.render(network, request), network, request, rows)


def test_an_old_node_is_as_good_as_none(tmp_path, monkeypatch):
    with pytest.raises(ToolMissingError, match=r"Node\.js 8\.17\.0 is too old; install Node\.js 14 or newer"):
        run_javascript(tmp_path, monkeypatch, "#!/bin/sh\necho v8.17.0\n")


@pytest.mark.parametrize("printed", ["words", "[[], [], []]", "[1]", "[[[1]], [{}]]", "null"])
def test_a_node_that_prints_something_else(tmp_path, monkeypatch, printed):
    with pytest.raises(RuntimeError, match="printed something else than the answers"):
        run_javascript(tmp_path, monkeypatch, f"#!/bin/sh\necho '{printed}'\n")
