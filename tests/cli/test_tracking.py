"""docs/gates.md, docs/tracking.md and docs/check.md: the pipelines that they show are valid, and their commands run; DVC reads what they write."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ann_process import ROOT, clean_environment

PIPELINES = [
    (guide, number, block)
    for guide in ("gates", "tracking")
    for number, block in enumerate(
        re.findall(
            r"<!-- pipeline -->\n```yaml\n(.*?)^```",
            (ROOT / f"docs/{guide}.md").read_text("utf-8"),
            re.DOTALL | re.MULTILINE,
        )
    )
]
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data/, and an `ann` that is this one."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


def shell(folder: Path, script: str, **variables: str) -> str:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euo", "pipefail", "-c", script]
    environment = clean_environment(PATH=path, **variables)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def commands(found: Any) -> list[str]:
    """The shell commands of a pipeline, in order."""
    if isinstance(found, list):
        return [command for entry in found for command in commands(entry)]
    if not isinstance(found, dict):
        return []
    lines = []
    for key, value in found.items():
        if key in ("cmd", "run", "script"):
            lines += [value] if isinstance(value, str) else value
        else:
            lines += commands(value)
    # What installs things, and what needs a server, is not run.
    return [line for line in lines if not line.startswith(("pip ", "cml "))]


@pytest.mark.parametrize(
    ("guide", "number", "block"), PIPELINES, ids=[f"{guide}-{number}" for guide, number, _ in PIPELINES]
)
def test_the_commands_of_a_pipeline_run(folder: Path, guide: str, number: int, block: str) -> None:
    lines = commands(yaml.safe_load(block))
    assert any("ann train" in line for line in lines)
    for line in lines:
        shell(folder, line)
    for name in re.findall(r"--junit (\S+)", block):
        assert (folder / name).read_text().startswith("<?xml")


def test_the_pipelines_are_there() -> None:
    assert [guide for guide, _, _ in PIPELINES] == ["gates", "gates", "tracking", "tracking"]


def test_the_hook_of_a_commit_finds_a_fault(folder: Path) -> None:
    text = (ROOT / "docs/check.md").read_text("utf-8")
    (hook,) = yaml.safe_load(text.partition("<!-- hook -->\n```yaml\n")[2].partition("```")[0])["repos"][0]["hooks"]
    table = folder / "data/iris.csv"
    assert re.search(hook["files"], table.relative_to(folder).as_posix())
    shell(folder, hook["entry"])
    table.write_text(table.read_text("utf-8") + "5.1,3.5,oops,0.2,setosa\n", "utf-8")
    assert shell(folder, f"code=0; {hook['entry']} > said || code=$?; test $code = 3; cat said").startswith(
        "data/iris.csv: 151 rows"
    )


def test_dvc_reads_the_files(folder: Path) -> None:
    dvc = shutil.which("dvc")
    if dvc is None:
        pytest.skip("needs DVC")
    (folder / "dvc.yaml").write_text(next(block for guide, _, block in PIPELINES if guide == "tracking"))
    shell(folder, "git init -q . && dvc init -q && dvc repro -q")
    shown = json.loads(shell(folder, "dvc metrics show metrics.json --json"))
    test = shown[""]["data"]["metrics.json"]["data"]
    assert test["accuracy"] == json.loads((folder / "train.json").read_text())["sets"]["test"]["accuracy"]
    shell(folder, "dvc plots show -q -o plots")
    page = (folder / "plots/index.html").read_text()
    for words in ("training_loss", "validation_loss", "malignant"):
        assert words in page


STUB = """
import json
from contextlib import contextmanager
CALLS = []
def log_params(values): CALLS.append(("params", sorted(values)))
def log_metrics(values): CALLS.append(("metrics", sorted(values)))
def log_metric(name, value, step): CALLS.append((name, step, float(value)))
def log_artifact(path): open(path).close()
@contextmanager
def start_run(run_name):
    yield
    json.dump(CALLS, open("calls.json", "w"))
"""


def test_the_lines_for_mlflow_find_what_they_take(folder: Path) -> None:
    """With a stand-in for mlflow that has the functions they call."""
    text = (ROOT / "docs/tracking.md").read_text("utf-8")
    match = re.search(r"<!-- mlflow -->\n```python\n(.*?)```", text, re.DOTALL)
    assert match is not None
    (folder / "mlflow.py").write_text(STUB)
    (folder / "take.py").write_text(match[1])
    train = "ann train data/cancer.csv --label diagnosis --test 0.25 -o cancer.nn --history history.json --json > train.json"
    shell(folder, f"{train} && {sys.executable} take.py", PYTHONPATH=f"{folder}{os.pathsep}{ROOT}")
    calls = json.loads((folder / "calls.json").read_text())
    assert {"trainer", "seed", "learning_rate"} <= set(calls[0][1])
    assert {"accuracy", "auc", "tp", "log_loss"} <= set(calls[1][1])
    assert [call[1] for call in calls[2:]] == list(range(len(calls) - 2))
    assert len(calls) > 100
