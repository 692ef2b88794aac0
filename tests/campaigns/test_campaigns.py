"""The small campaigns; `python tests/campaigns/campaigns.py --large` runs the large ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_no_fault_of_the_small_campaigns_does_harm() -> None:
    """In a process of its own: it forks, which a process with threads must not do."""
    program = Path(__file__).parent / "campaigns.py"
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("what", "end"), [("tables", " damaged files, 0 failed"), ("models", ", 0 failed")])
def test_a_thousand_damaged_files_do_no_harm(what: str, end: str) -> None:
    """In a process of its own, as above."""
    program = Path(__file__).parent / f"damaged_{what}.py"
    command = [sys.executable, str(program), "--tries", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert end in done.stdout
