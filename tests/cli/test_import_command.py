"""`ann import` and networks of other programs as users meet them: commands, files, pipes, what is refused and how."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ann_process import ROOT, Ann, clean_environment

from anncli.cli.showing.import_report import import_lines
from anncli.network.network import Network
from anncli.network.scaling import Scaling

sys.path.insert(0, str(ROOT / "tests/formats"))

import network_files as files

ROWS = "a,b\n0,0\n1,-1\n0.25,2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "known.net").write_text(files.SNNS)
    (tmp_path / "price.pmml").write_text(files.PMML)
    (tmp_path / "known.keras").write_bytes(files.keras())
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


@pytest.mark.slow
def test_what_is_found_is_told_and_the_network_is_written(folder: Path, ann: Ann) -> None:
    done = ann("import", "known.net", "-o", "known.nn")
    assert done.stdout.splitlines() == [
        "known.net: snns, 13 weights and biases",
        "  layers      2 inputs; 3 tanh, 1 logistic",
        "  inputs      a, b",
        "  scaling     none",
        "  classes     1, 0",
        "  recorded    no rows with their outputs: nothing to compare with",
    ]
    notes = done.stderr.splitlines()
    assert notes[0] == "ann: known.net: the outputs are taken as scores of classes; --task says otherwise"
    assert notes[1] == "ann: known.net: the classes have no names: 1, 0; --class-names gives them"
    assert notes[-1] == "ann: known.nn: written"
    ann("info", "known.nn", "--verify")
    # The foreign file serves as well, and says the same.
    assert ann("predict", "known.net", "rows.csv").stdout == ann("predict", "known.nn", "rows.csv").stdout


def test_labels_numbers_and_members_are_told() -> None:
    labels = Network.create(2, [(3, "logistic")], task="multi-label")
    assert "  labels      3 labels" in import_lines("n", labels, [])
    labels.target_names = ("x", "y", "z")
    assert "  labels      x, y, z" in import_lines("n", labels, [])
    assert not [line for line in import_lines("n", labels, []) if line.startswith("  numbers")]
    network = Network.create(2, [(1, "linear")], task="regression")
    assert "  numbers     1 predicted number" in import_lines("n", network, [])
    network.set_members([np.zeros(3, dtype=np.float32), np.ones(3, dtype=np.float32)])
    assert "  members     2 networks, whose outputs are averaged" in import_lines("n", network, [])


def test_every_step_of_the_scaling_is_told() -> None:
    network = Network.create(2, [(1, "linear")], task="regression")
    one = np.ones(2, dtype=np.float32)

    def told(**steps: Any) -> str:
        network.scaling = Scaling("any", **steps)
        return next(line for line in import_lines("n", network, []) if line.startswith("  scaling")).split(maxsplit=1)[
            1
        ]

    assert told(add=one, multiply=one) == "(x + add) * multiply for each input"
    assert told(per_vector="energy", log_floor=one, add=one, multiply=one, activation="soft-clip") == (
        "energy of each row, then logarithms of some inputs, then (x + add) * multiply for each input, then soft-clip"
    )


def test_recorded_rows_prove_the_network_or_refuse_it(folder: Path, ann: Ann) -> None:
    done = ann("import", "price.pmml", "-o", "p.nn")
    assert "  recorded    2 rows of ModelVerification: largest difference " in done.stdout
    (folder / "bad.pmml").write_text(files.PMML.replace('weight="0.75"', 'weight="0.76"'))
    done = ann("import", "bad.pmml", "-o", "bad.nn", check=4)
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "ann: bad.pmml: recorded outputs do not come out: 2 rows of ModelVerification: largest difference "
    )
    assert not (folder / "bad.nn").exists()


@pytest.mark.slow
def test_names_of_the_user(folder: Path, ann: Ann) -> None:
    ann("import", "known.keras", "-o", "k.nn", "--class-names", "ill,well", "--column-names", "a,b", "-q")
    first = ann("predict", "k.nn", "rows.csv").stdout.splitlines()
    assert {line.split("\t")[1] for line in first} <= {"ill", "well"}
    done = ann("import", "known.keras", "-o", "x.nn", "--class-names", "a,b,c", check=2)
    assert (
        done.stderr.splitlines()[-1]
        == "ann: --class-names: this network has 2 classes, found 3 names; give 2 different names"
    )
    ann("import", "known.keras", "-o", "n.nn", "--task", "regression", "--target-names", "dose", "-q")
    assert ann("info", "n.nn", "--json").stdout.count('"dose"') == 1


@pytest.mark.slow
def test_places_to_write_to(folder: Path, ann: Ann) -> None:
    assert (
        ann("import", "known.net", check=2).stderr
        == "ann: say where to write the network with --output; for example: ann import known.net -o network.nn\n"
    )
    (folder / "there.nn").write_text("x")
    assert (
        "--output there.nn exists; overwrite it with --force"
        in ann("import", "known.net", "-o", "there.nn", check=2).stderr
    )
    assert (
        "would overwrite a file that this run needs"
        in ann("import", "known.net", "-o", "known.net", "--force", check=2).stderr
    )
    ann("import", "known.net", "-o", "there.nn", "--force", "-q")
    assert (folder / "there.nn").read_text().startswith("# A network with 2 inputs")
    written = ann("import", "known.net", "-o", "-", "-q").stdout
    assert written == (folder / "there.nn").read_text()


@pytest.mark.slow
def test_stdin_and_json(folder: Path) -> None:
    line = [sys.executable, "-m", "anncli", "import", "-", "-o", "s.nn", "--json"]
    done = subprocess.run(
        line, input=files.SNNS, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=True
    )
    document = json.loads(done.stdout)
    assert (document["command"], document["input"], document["format"], document["recorded"]) == (
        "import",
        "<stdin>",
        "snns",
        [],
    )
    assert document["network"]["classes"] == ["1", "0"]


@pytest.mark.slow
def test_training_writes_elsewhere_and_asks_what_to_do_with_the_weights(folder: Path, ann: Ann) -> None:
    (folder / "train.csv").write_text("a,b,class\n" + "0,1,1\n1,0,0\n0.2,0.9,1\n0.8,0.1,0\n" * 5)
    rest = ["train.csv", "3", "--label", "class"]
    done = ann("train", "known.net", *rest, "--continue", check=2)
    assert (
        "known.net: is a file of the format snns, which is only read; say where to write the network with --output"
        in done.stderr
    )
    done = ann("train", "known.net", *rest, "-o", "t.nn", check=2)
    assert "this network holds weights that ann has not trained" in done.stderr
    assert "say --continue or --init auto" in done.stderr
    ann("train", "known.net", *rest, "-o", "t.nn", "--continue", "-q")
    ann("import", "known.net", "-o", "i.nn", "-q")
    assert "say --continue or --init auto" in ann("train", "i.nn", *rest, check=2).stderr
    assert (folder / "known.net").read_text() == files.SNNS
    # Experiments replace nothing: they train the layers anew, as with a network of ann.
    anew = ann("cv", "known.net", *rest, "--folds", 2, "--init", "auto")
    assert ann("cv", "known.net", *rest, "--folds", 2).stdout == anew.stdout
    found = ann("search", "known.net", *rest, "--learning-rate", "0.01..0.1", "--trials", 2)
    assert "--init auto -o network.nn" in found.stdout


@pytest.mark.slow
def test_a_format_that_the_user_names(folder: Path, ann: Ann) -> None:
    done = ann("import", "known.net", "-o", "x.nn", "--from", "nnet", check=4)
    assert done.stderr.startswith(
        "ann: known.net:1: expected layers, inputs, outputs and the largest layer: 4 whole numbers"
    )
    assert (
        "unknown network format 'sns'; did you mean 'snns'?"
        in ann("import", "known.net", "-o", "x.nn", "--from", "sns", check=2).stderr
    )


@pytest.mark.slow
def test_evaluation_on_patterns_and_on_tables_of_numbers(folder: Path, ann: Ann) -> None:
    """Outputs of patterns are those of the network, whatever their names; numbers are compared with numbers."""
    head = "SNNS pattern definition file V3.2\ngenerated at -\n\n\nNo. of patterns : 2\nNo. of input units : 2\nNo. of output units : 2\n\n"
    (folder / "p.pat").write_text(head + "1 0\n1 0\n0 1\n0 1\n")
    layers = [files.keras_layer("Dense", "d", units=2, activation="softmax")]
    (folder / "two.keras").write_bytes(files.keras(layers, {"d": [[[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]]}))
    for names in ("0,1", "zebra,ant"):
        ann("import", "two.keras", "-o", "two.nn", "--force", "--class-names", names, "-q")
        assert "test  2  100.00" in ann("test", "two.nn", "p.pat").stdout
    layers[0]["config"]["activation"] = "linear"
    (folder / "n.keras").write_bytes(files.keras(layers, {"d": [[[1.0, 0.0], [0.0, 1.0]], [0.0, 0.5]]}))
    (folder / "n.csv").write_text("a,b,s,t\n1,2,1,2.5\n3,5,3,5.5\n")
    assert "R2        1          1   1" in ann("test", "n.keras", "n.csv", "--label", "s,t").stdout


@pytest.mark.slow
def test_a_file_that_may_be_network_or_data(folder: Path, ann: Ann) -> None:
    (folder / "w.mat").write_bytes(files.matlab_known())
    done = ann("train", "w.mat", "rows.csv", "3", check=2)
    assert (
        done.stderr
        == "ann: w.mat: reads as a network of matlab and as data; say which: --network w.mat or --data w.mat\n"
    )
    assert ann("predict", "w.mat", "rows.csv", "-q").stdout == ann("predict", "known.net", "rows.csv", "-q").stdout
