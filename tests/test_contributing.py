"""CONTRIBUTING.md: each section adds what it says it adds, by the files and lines that it shows, in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
FILE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
LINE = re.compile(r"<!-- line: (\S+) (\S+) -->\n```python\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
# What else a section says for one of its commands.
SAYS = {
    "A data format": ["cat", "dog"],
    "A network format": ["small.txt: columns, 9 weights and biases", "good, bad"],
    "An export": ["proof               awk: ", "largest difference  "],
    "A trainer": ["sign-descent: full batch, a step of one size for every weight"],
    "A kind of layer": ["the gradient is right", "scale"],
    "An activation": ["the gradient is right", "bent-identity"],
}


def insert_line(text: str, table: str, line: str) -> str:
    """The text with a line added at the end of the table NAME: dict[...] = {...}."""
    begin = re.search(rf"^{table}\b.*\{{$", text, re.MULTILINE)
    assert begin, f"no table {table}"
    end = re.compile(r"^\}", re.MULTILINE).search(text, begin.end())
    assert end
    return text[: end.start()] + line + text[end.start() :]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, configs/ and data/, and an `ann` that runs the copy."""
    ignored = shutil.ignore_patterns("__pycache__", "src")
    for name in ("anncli", "configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_adds_what_it_says(copy: Path, title: str) -> None:
    body = SECTIONS[title]
    named = set(re.findall(r"`(anncli/\S+?)`", body.strip().split("\n\n")[0]))
    for path, code in FILE.findall(body):
        assert not (copy / path).exists()
        assert any(path.startswith(name) for name in named), f"{path} is not among the files of the section"
        (copy / path).write_text(code)
    for path, table, line in LINE.findall(body):
        assert path in named
        (copy / path).write_text(insert_line((copy / path).read_text(), table, line))
    script = "\n".join(SHELL.findall(body))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANN_")}
    environment = {**kept, "PYTHONPATH": str(copy), "PATH": f"{copy / 'bin'}{os.pathsep}{kept['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    for word in SAYS[title]:
        assert word in done.stdout + done.stderr


@pytest.mark.slow
def test_the_code_of_the_sections_is_clean(copy: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed (pip install -e '.[lint]')")
    for body in SECTIONS.values():
        for path, code in FILE.findall(body):
            (copy / path).write_text(code)
    files = [path for body in SECTIONS.values() for path, _ in FILE.findall(body)]
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *files]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
