"""Networks as Python modules: they compute the same with nothing but Python, and are what a user of Python expects."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from random_networks import random_network
from text_exports import (
    small_network,
)

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format, export_name_of
from anncli.inference.predict import predict
from anncli.network.network import Network

OTHER_PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))


def written(network: Network, folder: Path) -> Path:
    path = folder / "net.py"
    path.write_bytes(export_format("python").render(network, ExportRequest("net"))[""])
    return path


def imported(network: Network, folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("exported_net", written(network, folder))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path: Path, *arguments: str, text: str = "", python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, str(path), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", timeout=60)


def test_the_ending_means_it() -> None:
    assert export_name_of("net.PY") == "python"


def test_a_module_is_used_by_position_and_by_name(tmp_path: Path) -> None:
    net = imported(small_network(), tmp_path)
    assert (net.COLUMNS, net.CLASSES, net.OUTPUTS, net.THRESHOLD) == (("a", "b"), ("yes", "no"), ("yes",), 1.0)
    # 2 * 3 - 3 * 1 + 0.5
    assert net.predict([3, 1]) == [3.5]
    assert net.predict({"b": 1, "other": "x", "a": "3"}) == [3.5]
    assert net.predict_class([3, 1]) == "yes"
    # The threshold itself is not above it: 2 * 1.75 - 3 * 1 + 0.5 = 1.
    assert (net.predict([1.75, 1]), net.predict_class([1.75, 1])) == ([1.0], "no")
    assert net.self_test() == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1], "expected 2 values, found 1"),
        ({"a": 1}, "the row has no column 'b'"),
        ([1, None], "column 'b': the value is missing"),
        ([1, math.nan], "column 'b': the value is missing"),
        ([1, " "], "column 'b': the value is missing"),
        (["x", 1], "column 'a': expected a number, found 'x'"),
        (["1_000", 1], "column 'a': expected a number, found '1_000'"),
        (["\uff11", 1], "column 'a': expected a number, found '\uff11'"),
        ([1e39, 1], "column 'a': 1e+39 is no number of 32 bits"),
    ],
)
def test_a_row_that_cannot_be_is_refused(tmp_path: Path, row: object, message: str) -> None:
    net = imported(small_network(), tmp_path)
    with pytest.raises(ValueError, match="^" + message.replace("+", r"\+") + "$"):
        net.predict(row)


def test_words_are_the_same_in_every_spelling_of_a_number(tmp_path: Path) -> None:
    network = random_network(1)
    assert network.encoder is not None
    net = imported(network, tmp_path)
    row = dict(zip(net.COLUMNS, [30, "1", 2, "no"], strict=True))
    name = net.COLUMNS[1]
    assert len({tuple(net.predict({**row, name: word})) for word in ("1", 1, 1.0, "01", " 1.0 ")}) == 1
    assert net.predict({**row, name: "2"}) != net.predict(row)


def test_numbers_keep_their_32_bits(tmp_path: Path) -> None:
    """A difference of large numbers: 100 steps of the largest spacing of float32 numbers at 1.6e9, which is 128."""
    network = Network.create(1, ["1 linear"], task="regression")
    network.scaling.add = np.array([-1.6e9], dtype=np.float32)
    network.scaling.multiply = np.array([0.01], dtype=np.float32)
    network.set_parameters([0, 1])
    net = imported(network, tmp_path)
    rows = 1.6e9 + np.arange(200.0)
    found = [net.predict([row])[0] for row in rows]
    assert found == predict(network, rows[:, None])[:, 0].tolist()
    assert len(set(found)) == 3


def test_a_module_that_was_damaged_fails_its_self_test(tmp_path: Path) -> None:
    path = written(small_network(), tmp_path)
    assert run(path, "--self-test").stdout == "largest difference: 0\n"
    text = path.read_text("utf-8")
    assert "_rounded([2.0, -3.0])" in text
    path.write_text(text.replace("_rounded([2.0, -3.0])", "_rounded([2.0, -3.1])"), "utf-8")
    done = run(path, "--self-test")
    assert done.returncode == 1
    assert "the outputs differ by 0.0" in done.stderr


def test_a_network_without_decisions_has_no_function_for_them(tmp_path: Path) -> None:
    network = Network.create(1, ["1 linear"], task="regression")
    network.set_parameters([1, 2])
    net = imported(network, tmp_path)
    assert not hasattr(net, "predict_class")
    assert not hasattr(net, "CLASSES")
    assert not hasattr(net, "self_test")
    assert (net.COLUMNS, net.OUTPUTS, net.predict([3])) == (("1",), ("1",), [7.0])


# The command line


def test_rows_come_as_csv_and_answers_go_as_csv(tmp_path: Path) -> None:
    path = written(small_network(), tmp_path)
    done = run(path, text="\ufeffid;b;a\nx;1;3\n\ny;2;1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "predicted,score_yes\nyes,3.5\nno,-3.5\n"
    assert run(path, text="3,1\n1,2\n").stdout == done.stdout
    assert run(path, text="").stdout == "predicted,score_yes\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,c\n1,2\n", "error: line 1: no column 'b'\n"),
        ("a,b\n1,2\n3\n", "error: line 3: expected 2 values, found 1\n"),
        ("a,b\n1,2\n3,NA\n", "error: line 3: column 'b': the value is missing\n"),
        ("a,b\n1,x\n", "error: line 2: column 'b': expected a number, found 'x'\n"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    done = run(written(small_network(), tmp_path), text=text)
    assert (done.returncode, done.stderr) == (1, message)


def test_a_wrong_argument_says_how_it_is_used(tmp_path: Path) -> None:
    done = run(written(small_network(), tmp_path), "rows.csv")
    assert done.returncode == 2
    assert done.stderr.startswith("use: python ")


def test_a_closed_pipe_is_no_fault(tmp_path: Path) -> None:
    path = written(small_network(), tmp_path)
    rows = "a,b\n" + "1,2\n" * 50_000
    command = f"'{sys.executable}' '{path}' | head -1"
    done = subprocess.run(["bash", "-c", command], input=rows, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("predicted,score_yes\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("python", OTHER_PYTHONS, ids=lambda path: path.parts[-3])
def test_older_and_newer_versions_of_python_compute_the_same(tmp_path: Path, python: Path) -> None:
    if tuple(map(int, python.parts[-3].split(".")[:2])) < (3, 8):
        pytest.skip("Python 3.8 is the oldest")
    for seed in (1, 3, 4, 10, 12):
        done = run(written(random_network(seed), tmp_path), "--self-test", python=os.fspath(python))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("largest difference: ")
