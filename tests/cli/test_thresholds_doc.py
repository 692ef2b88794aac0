"""docs/thresholds.md: what it shows is what its commands print, and what it says of the figures holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from ann_process import ROOT, clean_environment

TEXT = (ROOT / "docs/thresholds.md").read_text("utf-8")
SHOWN = re.findall(r"```sh\n(.*?)```\n\n```\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each command of the guide prints, in a copy of the data."""
    folder = tmp_path_factory.mktemp("guide")
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "bin").mkdir()
    program = folder / "bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    environment = clean_environment(PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    found = []
    for script, _ in SHOWN:
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=True
        )
        found.append(done.stdout)
    return found


def rates(text: str, name: str = "test") -> dict[str, float | str]:
    """Column -> value in the line of a set; text where it is no number."""
    lines = text.splitlines()
    place = max(k for k, line in enumerate(lines) if line.split()[:1] == [name])
    head = next(line for line in reversed(lines[:place]) if line.startswith("set "))
    values = re.split(r" {2,}", lines[place])
    return dict(zip(re.split(r" {2,}", head), (float(v) if v[0].isdigit() else v for v in values), strict=True))


@pytest.mark.slow
def test_the_output_shown_is_that_of_the_commands(printed: list[str]) -> None:
    assert len(SHOWN) == 8
    for (_, shown), found in zip(SHOWN, printed, strict=True):
        # Digits differ from one kind of processor to another; words, and the figures within a few points, do not.
        plain = [re.sub(r"[ \d.]+", " ", text).split("\n") for text in (shown, found)]
        assert plain[0] == plain[1]
        if "\ntest " in shown:
            one, other = rates(shown), rates(found)
            for name in ("SE %", "SP %", "AUC"):
                assert one[name] == pytest.approx(other[name], abs=4)


@pytest.mark.slow
def test_what_the_guide_says_of_the_figures_holds(printed: list[str]) -> None:
    plain, sensitive, never, rare, weighted, both, calibrated = (rates(text) for text in printed[:7])
    # A rule finds more patients for a few more false alarms.
    assert sensitive["SE %"] > plain["SE %"] + 3
    assert sensitive["SP %"] > 97
    # In a set with 1 % of positives the network never predicts one, until a rule fixes the specificity.
    assert (never["TP"], never["SP %"]) == (0, 100)
    assert rare["SE %"] > 35
    assert 88 < rare["SP %"] < 95
    # Class weights give another point of about the same curve.
    assert weighted["SE %"] > rare["SE %"]
    assert weighted["SP %"] < rare["SP %"]
    assert both["SE %"] == pytest.approx(rare["SE %"], abs=10)
    assert both["AUC"] == pytest.approx(rare["AUC"], abs=0.03)
    assert calibrated["AUC"] == pytest.approx(both["AUC"], abs=0.001)
    before, after = (float(x) for x in re.findall(r"([\d.]+) % (?:before|after)", printed[6]))
    assert before > 10 > 1 > after


@pytest.mark.slow
def test_the_lines_of_python_run() -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(code) == 1
    done = subprocess.run(
        [sys.executable, "-c", code[0]], cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"0\.\d+ se>=0\.98 platt (0\.9[89]\d*|1\.0)\n$", done.stdout)
