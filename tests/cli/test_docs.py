"""docs/: every shell command that a guide shows runs as it stands, in a copy of the repository's data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ann_process import ROOT, clean_environment

from anncli.compiled import native_module

GUIDES = sorted(ROOT.glob("docs/**/*.md"))


def shell_blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with configs/, data/ and an `ann` that is this one."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "guide", [g for g in GUIDES if shell_blocks(g.read_text("utf-8"))], ids=lambda g: g.relative_to(ROOT).as_posix()
)
def test_the_commands_of_a_guide_run(folder: Path, guide: Path) -> None:
    script = "\n".join(shell_blocks(guide.read_text("utf-8")))
    if "--reproducible" in script and native_module() is None:
        pytest.skip("needs the compiled kernels")
    if "\ncc " in script and shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euo", "pipefail", "-c", script]
    environment = clean_environment(PATH=path)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("guide", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *GUIDES], ids=lambda g: g.name)
def test_the_links_of_a_guide_lead_somewhere(guide: Path) -> None:
    # What stands in a block of code is no link.
    text = re.sub(r"^```.*?^```", "", guide.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if "://" not in link and not (guide.parent / link).exists()]
    assert missing == []
