"""docs/tables.md lists the commands of benchmarks/public_tables.py; where the tables are, every one is run."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
# The folder with the tables, which are not part of the repository.
FOLDER = os.environ.get("PUBLIC_TABLES", "")


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("public_tables", ROOT / "benchmarks/public_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_is_that_of_the_benchmark(tables: ModuleType) -> None:
    text = (ROOT / "docs/tables.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `ann train (.*?)` \|", text, re.MULTILINE)
    assert listed == [" ".join([name, *options.split()]) for name, options in tables.TABLES.items()]
    assert len(listed) == 30


@pytest.mark.skipif(not FOLDER, reason="PUBLIC_TABLES names no folder with the tables")
def test_every_command_gives_a_network(tables: ModuleType) -> None:
    for name, options in tables.TABLES.items():
        assert tables.line(Path(FOLDER) / name, options).startswith("| `ann train ")
