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
