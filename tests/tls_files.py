"""Certificates of one authority, made by the commands that docs/cluster.md shows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs/cluster.md"


def make_certificates(folder: Path) -> Path:
    """ca.pem, ann.pem and ann-key.pem in the folder."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    (script,) = re.findall(r"```sh\n(openssl .*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    folder.mkdir(parents=True, exist_ok=True)
    command = ["bash", "-euo", "pipefail", "-c", script]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder
