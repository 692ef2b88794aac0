"""README.md: every command and every line of Python it shows runs as it stands, in a copy of the repository's data."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ann_process import ROOT, clean_environment

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
# Text before a block may mark it: the two marked commands install the package and are run elsewhere.
BLOCKS = re.findall(r"(<!-- command: \w+ -->\n)?```(\w*)\n(.*?)```", TEXT, re.DOTALL)


def commands() -> list[str]:
    blocks = [body for mark, language, body in BLOCKS if language == "sh" and not mark]
    return [line.partition("   #")[0].strip() for body in blocks for line in body.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with configs/, data/, an `ann` that is this one, and cancer.nn trained as the first command does, which
    leaves what it printed in first.txt."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / ".venv/bin").mkdir(parents=True)
    program = folder / ".venv/bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    run = next(body for mark, _, body in BLOCKS if "command: run" in mark)
    train = next(line for line in run.splitlines() if "ann train" in line)
    done = subprocess.run(
        ["bash", "-c", train],
        cwd=folder,
        env=clean_environment(),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    (folder / "first.txt").write_text(done.stdout)
    return folder


def test_the_output_shown_is_what_the_first_command_prints(copy: Path) -> None:
    # Digits differ in the last places from one kind of processor to another, and with them numbers of epochs.
    shown = next(body for _, language, body in BLOCKS if language == "")
    printed = (copy / "first.txt").read_text()
    assert masked(shown) == masked(printed)
    rates = [float(line.split()[9]) for line in shown.splitlines() if line.startswith(("training ", "test "))]
    found = [float(line.split()[9]) for line in printed.splitlines() if line.startswith(("training ", "test "))]
    assert len(rates) == 3
    assert found == pytest.approx(rates, abs=2.0)


def masked(text: str) -> list[str]:
    return [" ".join(re.sub(r"\d+(\.\d+)?", "N", line).split()) for line in text.strip().splitlines()]


def test_the_manual_shows_commands() -> None:
    assert len(commands()) >= 3
    assert {mark.split()[2] for mark, _, _ in BLOCKS if mark} == {"run", "test"}


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_manual_runs(copy: Path, command: str) -> None:
    done = subprocess.run(["bash", "-c", command], cwd=copy, env=clean_environment(), capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout
    # `| head` closes the pipe early, which is told; nothing else is.
    assert done.stderr == "" or "| head" in command


def test_the_python_of_the_manual_runs(copy: Path) -> None:
    code = "\n".join(body for _, language, body in BLOCKS if language == "python")
    assert "anncli.train(" in code
    subprocess.run([sys.executable, "-c", code], cwd=copy, env=clean_environment(), check=True, timeout=120)


def test_the_network_of_the_manual_loads(copy: Path) -> None:
    text = next(body for _, language, body in BLOCKS if language == "yaml")
    (copy / "shown.nn").write_text(text)
    command = [
        sys.executable,
        "-m",
        "anncli",
        "train",
        "shown.nn",
        "data/breast_w/malignant.txt",
        "data/breast_w/benign.txt",
        "2",
    ]
    subprocess.run(command, cwd=copy, env=clean_environment(), check=True, capture_output=True, timeout=120)
