"""docs/cluster.md: its commands run as they stand, those that need other machines excepted.

Before each block of commands stands a mark: `<!-- run: GROUP -->`, whose blocks are run one after the other as one script, or
`<!-- not run: WHY -->`. For the tests the name `head` is this machine, and the scheduler has another port.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from ann_process import ROOT, clean_environment
from launchers import OPEN_MPI

GUIDE = ROOT / "docs/cluster.md"
BLOCK = re.compile(r"(?:<!-- (not run|run): ([^\n]*) -->\n)?```sh\n(.*?)```", re.DOTALL)
# What has to be installed for a group: modules, and programs beside them or on the PATH.
NEEDS = {"dask": ("distributed", ()), "tls": ("distributed", ("openssl",)), "mpi": ("mpi4py", ("mpirun",))}


def blocks() -> list[tuple[str, str, str]]:
    """Of each block its mark, what the mark says, and the commands."""
    return [(mark, words, script) for mark, words, script in BLOCK.findall(GUIDE.read_text("utf-8"))]


def found(program: str) -> str | None:
    return shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with configs/, data/, and programs of this environment."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for name, module in (("ann", "anncli"), ("dask", "dask")):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n')
        program.chmod(0o755)
    return tmp_path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run_group(folder: Path, group: str) -> str:
    """What the commands of a group print, once everything that they left in the background is ended."""
    module, programs = NEEDS[group]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"needs {module}")
    for program in programs:
        if found(program) is None:
            pytest.skip(f"needs {program}")
    script = "\n".join(script for mark, words, script in blocks() if (mark, words) == ("run", group))
    script = script.replace("8786", str(free_port())).replace("tls://head:", "tls://127.0.0.1:")
    script = re.sub(r"^(dask scheduler .*--protocol tls)", r"\1 --host 127.0.0.1", script, flags=re.MULTILINE)
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder, env=clean_environment(PATH=path, **OPEN_MPI), stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
    try:
        code = process.wait(200)
    finally:
        # What the script began in the background has its process group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    errors = (folder / "err").read_text()
    assert code == 0, errors
    # Of what scheduler and workers write in the background nothing is ours.
    assert not re.search(r"^(?:ann: error|Traceback)", errors, re.MULTILINE), errors
    return (folder / "out").read_text()


def test_every_block_has_a_mark() -> None:
    unmarked = [script for mark, _, script in blocks() if not mark]
    assert unmarked == []
    assert {words for mark, words, _ in blocks() if mark == "run"} == NEEDS.keys()


@pytest.mark.parametrize("script", [script for mark, _, script in blocks() if mark == "not run"])
def test_what_is_not_run_is_correct_bash_with_options_that_exist(script: str) -> None:
    subprocess.run(["bash", "-n", "-c", script], check=True, capture_output=True)
    from anncli.options.table import options_of
    from anncli.options.wording import long_name

    for command, words in re.findall(r"\bann (\w+) ([^\n|;]*)", script):
        known = [long_name(name) for name in options_of(command)]
        assert [word for word in re.findall(r"(?<!\S)--[a-z-]+", words) if word not in known] == []


def test_trainings_from_an_array_say_which_column_is_the_label() -> None:
    # big.npy has no names of columns: without --label `ann` asks for it, and a job of SLURM ends after its queue.
    lines = [
        line
        for guide in ("docs/cluster.md", "docs/ranks.md")
        for line in (ROOT / guide).read_text("utf-8").splitlines()
        if "ann train big.nn big.npy" in line
    ]
    assert len(lines) == 3
    assert [line for line in lines if "--label" not in line] == []


@pytest.mark.slow
def test_a_laptop_with_dask(folder: Path) -> None:
    printed = run_group(folder, "dask")
    first, second, _ = re.split(r"^(?=set  )", printed.replace("\n\nset  ", "\n\n"), flags=re.MULTILINE)[1:4]
    assert second.startswith(first.rstrip("\n"))
    assert (folder / "cancer.ledger").exists()


@pytest.mark.slow
def test_machines_with_certificates(folder: Path) -> None:
    printed = run_group(folder, "tls")
    assert "mean of 5 folds" in printed
    assert (folder / "best.nn").exists()


@pytest.mark.slow
def test_two_processes_of_mpi(folder: Path) -> None:
    printed = run_group(folder, "mpi")
    assert (folder / "cancer.nn").exists()
    # Three studies of two trials, each in two folds; what is kept, and the defaults, on two outer folds.
    assert (folder / "trials.ledger").read_bytes().count(b"\n") > 12
    assert "ann train" in printed
