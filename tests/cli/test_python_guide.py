"""docs/python.md: every block of Python runs as it stands, in order, in a copy of the repository's data."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from ann_process import ROOT, clean_environment

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(encoding="utf-8"), re.DOTALL)
LIBRARIES = ("sklearn", "pandas")


def needs(block: str) -> list[str]:
    """The libraries that a block imports and that need not be installed."""
    return [name for name in LIBRARIES if re.search(rf"^(?:import|from) {name}\b", block, re.MULTILINE)]


def output_of(blocks: list[str], folder: Path) -> str:
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, folder / name)
    # Joblib's processes import the script that starts them.
    (folder / "guide.py").write_text("if __name__ == '__main__':\n" + "".join(f"    {line}\n" for block in blocks for line in block.splitlines()))  # fmt: skip
    # Checks of scikit-learn warn of what they skip.
    command = [sys.executable, *([] if any(map(needs, blocks)) else ["-W", "error"]), "guide.py"]
    done = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "" or any(map(needs, blocks))
    return done.stdout


@pytest.mark.slow
def test_the_guide_runs_without_other_libraries(tmp_path: Path) -> None:
    shown = output_of([block for block in BLOCKS if not needs(block)], tmp_path)
    assert "<Network 9-16-1, trained>\n" in shown
    assert "['benign' 'malignant' 'benign']" in shown
    assert "('age', 'city=Bonn', 'city=Oslo', 'city=Rome', 'child')" in shown
    assert "array(" not in shown


@pytest.mark.slow
def test_the_guide_runs_with_them(tmp_path: Path) -> None:
    for name in LIBRARIES:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    assert "{'hidden': " in output_of(BLOCKS, tmp_path)


def test_the_guide_has_blocks_of_both_kinds() -> None:
    assert len(BLOCKS) >= 10
    assert {name for block in BLOCKS for name in needs(block)} == set(LIBRARIES)
