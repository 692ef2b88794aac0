"""`ann train`, `cv` and `search` with --device torch-cpu: what a GPU would do, by torch on the processor."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ann_process import ROOT, Ann, clean_environment

from anncli.formats.networks.storage import load

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

IRIS = [ROOT / f"data/iris/{name}.txt" for name in ("setosa", "versicolor", "virginica")]
TRAIN = ("train", ROOT / "configs/iris.nn", *IRIS, 60)
DEVICE = ("--device", "torch-cpu")


def without_device(path: Path) -> str:
    """The file without the lines that say what a device did, and without the checksum."""
    lines = re.sub(r"^    device:\n(?:      .*\n)+", "", path.read_text(), flags=re.MULTILINE)
    return re.sub(r"  checksum: .*\n", "", lines)


@pytest.mark.parametrize(
    "options",
    [
        ("--restarts", 100, "--trainer", "irprop-"),
        ("--restarts", 10),
        ("--restarts", 5, "--ensemble", 3, "--trainer", "lbfgs"),
        ("--restarts", 5, "--test", 0.2, "--threshold", 0.5, "--average", "none", "--seed", 3),
        ("--restarts", 5, "--validation", 0, "--trainer", "scg"),
        ("--restarts", 5, "--dropout", 0.2, "--patience", 5),
    ],
)
def test_the_file_is_that_of_the_cpu(tmp_path: Path, ann: Ann, options: tuple[Any, ...]) -> None:
    """Where both rank the same restart first, which is so unless two are as good as each other."""
    ann(*TRAIN, *options, "-o", "cpu.nn", "-q")
    ann(*TRAIN, *options, "-o", "device.nn", "-q", *DEVICE)
    assert without_device(tmp_path / "device.nn") == without_device(tmp_path / "cpu.nn")
    record = load(tmp_path / "device.nn").record["device"]
    assert (record["name"], record["did"]) == ("torch-cpu", "ranked the restarts")


def test_kept_weights_are_close_and_marked(tmp_path: Path, ann: Ann) -> None:
    ann(*TRAIN, "-o", "cpu.nn", "-q")
    told = ann(*TRAIN, "-o", "device.nn", *DEVICE, "--keep-device-weights").stdout
    assert re.search(r"^torch-cpu \(torch 2\.\S+\) trained it: the weights are close to those of the CPU", told, re.M)
    ours, usual = load(tmp_path / "device.nn"), load(tmp_path / "cpu.nn")
    np.testing.assert_allclose(ours.parameters, usual.parameters, rtol=1e-3, atol=1e-4)
    assert ours.record["device"]["did"] == "trained the weights"
    shown = json.loads(ann("info", "device.nn", "--json", "--verify").stdout)
    assert shown["record"]["device"]["did"] == "trained the weights"
    assert shown["repeat"].endswith(" --device torch-cpu --keep-device-weights")


def test_what_is_told(tmp_path: Path, ann: Ann) -> None:
    done = ann(*TRAIN, "--restarts", 4, "-o", "d.nn", "--json", "--history", "h.csv", *DEVICE)
    document = json.loads(done.stdout)
    assert document["device"]["did"] == "ranked the restarts"
    assert document["device"]["value"] == pytest.approx(min(one["value"] for one in document["starts"]), rel=1e-3)
    phases = [line.split(",")[1] for line in (tmp_path / "h.csv").read_text().splitlines()[1:]]
    assert (phases.count("ranking"), phases.count("training"), phases.count("refit")) == (240, 60, 60)
    assert phases[:240] == ["ranking"] * 240


def test_cv_estimates_on_the_device_and_writes_the_network_of_the_cpu(tmp_path: Path, ann: Ann) -> None:
    words = ("cv", ROOT / "configs/iris.nn", *IRIS, 60, "--folds", 5, "--repeats", 2, "--json")
    usual = json.loads(ann(*words, "-o", "cpu.nn").stdout)
    ours = json.loads(ann(*words, "-o", "device.nn", *DEVICE, "--ledger", "l.jsonl").stdout)
    assert ours["device"]["network"] == "cpu"
    for name, value in usual["metrics"].items():
        if value["mean"] is not None:
            assert ours["metrics"][name]["mean"] == pytest.approx(value["mean"], abs=0.01), name
    assert "device" not in load(tmp_path / "device.nn").record
    assert load(tmp_path / "device.nn").parameters.tobytes() == load(tmp_path / "cpu.nn").parameters.tobytes()
    assert load(tmp_path / "device.nn").record["cross_validation"]["device"] == "torch-cpu"
    # The ledger knows them by other digests than those of the CPU, and the training of all rows by the same one.
    again = json.loads(ann(*words, *DEVICE, "--ledger", "l.jsonl").stdout)
    assert again["metrics"] == ours["metrics"]
    assert len((tmp_path / "l.jsonl").read_text().splitlines()) == 12
    ann(*words, "-o", "other.nn", "--ledger", "l.jsonl")
    assert len((tmp_path / "l.jsonl").read_text().splitlines()) == 22
    ann(*words, "-o", "kept.nn", *DEVICE, "--keep-device-weights")
    assert load(tmp_path / "kept.nn").record["device"]["did"] == "trained the weights"


def test_search_trains_trials_of_each_width_at_once(tmp_path: Path, ann: Ann) -> None:
    words = ("search", *IRIS, 40, "--trials", 6, "--json")
    usual = json.loads(ann(*words).stdout)
    ours = json.loads(ann(*words, "-o", "s.nn", *DEVICE).stdout)
    assert [one["options"] for one in ours["trials"]] == [one["options"] for one in usual["trials"]]
    values = [[one["value"] for one in found["trials"]] for found in (ours, usual)]
    assert values[0] == pytest.approx(values[1], rel=0.01)
    assert ours["device"]["name"] == "torch-cpu"
    assert "device" not in load(tmp_path / "s.nn").record


def test_ctrl_c_keeps_the_best_network_of_the_device(tmp_path: Path) -> None:
    words = [*map(str, TRAIN[:-1]), "100000", "--restarts", "20", *DEVICE, "-o", "i.nn", "--history", "h.jsonl"]
    command = [sys.executable, "-m", "anncli", *words]
    process = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 100
    while time.monotonic() < end and not ((tmp_path / "h.jsonl").exists() and (tmp_path / "h.jsonl").stat().st_size):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "the run ended before the CPU trained the best restart again: the weights are those of torch-cpu" in told
    assert load(tmp_path / "i.nn").record["device"]["did"] == "trained the weights"


def test_a_time_limit_ends_the_ranking_and_the_cpu_trains_as_long(tmp_path: Path, ann: Ann) -> None:
    done = ann(*TRAIN[:-1], 100_000, "--restarts", 3, "--patience", 0, "--time-limit", 1, "-o", "t.nn", *DEVICE)
    record = load(tmp_path / "t.nn").record
    assert record["stop"] == "reached the time limit of 1 s"
    assert record["device"]["did"] == "ranked the restarts"
    assert f"stopped after {record['epochs']} epoch" in done.stdout
