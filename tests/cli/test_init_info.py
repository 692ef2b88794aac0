"""`ann init` writes definitions that train; `ann info` shows what is in a network file and finds damage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import Ann

import anncli
from anncli.formats.networks.ann_checksum import checksum


@pytest.mark.slow
def test_a_new_definition_loads_and_trains(small: Path, ann: Ann) -> None:
    done = ann("init", "new.nn", "--inputs", 2)
    assert done.stdout == ""
    assert done.stderr.startswith(
        "ann: new.nn: 2-16-1, 16 tanh, 1 logistic, 65 parameters; train it with: ann train new.nn"
    )
    text = (small / "new.nn").read_text()
    assert text.startswith("# ")
    assert "inputs: 2\n" in text
    assert "layers: [16 tanh, 1 logistic]\n" in text
    ann("train", "new.nn", "pos.txt", "neg.txt", 5)
    assert (small / "new.nn").read_text().startswith(text)
    assert ann("init", "-", "--inputs", 2, "-q").stdout == text


def test_shape_from_data(small: Path, ann: Ann) -> None:
    for name in "abc":
        (small / f"{name}.csv").write_text(f"length,width,height\n1,2,3\n4,5,{ord(name)}\n")
    ann("init", "k.nn", "--data", "a.csv,b.csv,c.csv", "--hidden", "6,4", "--activation", "relu", "-q")
    assert "inputs: 3\n" in (small / "k.nn").read_text()
    assert "layers: [6 relu, 4 relu, 3 softmax]\n" in (small / "k.nn").read_text()
    (small / "all.txt").write_text("p 1\n1 2\nq 3\n1 3\nr 2\n4 4\n")
    ann("init", "list.nn", "--data", "all.txt", "-q")
    assert "layers: [16 tanh, 3 softmax]\n" in (small / "list.nn").read_text()


def test_no_hidden_layer(small: Path, ann: Ann) -> None:
    ann("init", "line.nn", "--inputs", 2, "--hidden", 0, "-q")
    assert "layers: [1 logistic]\n" in (small / "line.nn").read_text()
    ann("train", "line.nn", "pos.txt", "neg.txt", 5, "-q")


@pytest.mark.slow
def test_the_old_dialect(small: Path, ann: Ann) -> None:
    ann("init", "old.nn", "--inputs", 2, "--hidden", 3, "--dialect", "ann1dn", "-q")
    assert (small / "old.nn").read_text().split() == ["3", "2", "3", "1", "0", "1"]
    ann("t", "old.nn", "pos.txt", "neg.txt", 5)
    ann("init", "tanh.nn", "--inputs", 2, "--hidden", 3, "--dialect", "ann1dn", "--activation", "tanh", "-q")
    assert (small / "tanh.nn").read_text().split() == ["3", "2", "3", "1", "0", "2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["init", "new.onnx", "--inputs", "2"],
            "new.onnx would be a network file of ann, which its ending does not say; name it new.nn, and write the other with: "
            "ann export new.nn -o new.onnx",
        ),
        (["train", "pos.txt", "neg.txt", "3", "-o", "a.KERAS"], "a.KERAS would be a network file of ann"),
        (["cv", "pos.txt", "neg.txt", "3", "-o", "a.c"], "ann export a.nn -o a.c"),
        (["search", "pos.txt", "neg.txt", "3", "--hidden", "2..3", "-o", "a.json"], "ann export a.nn -o a.json"),
    ],
)
def test_no_network_is_written_under_the_ending_of_another_program(
    small: Path, ann: Ann, arguments: list[str], message: str
) -> None:
    before = sorted(small.iterdir())
    assert message in ann(*arguments, check=2).stderr
    assert sorted(small.iterdir()) == before


def test_an_existing_file_is_overwritten_by_force_only(trained: Path, ann: Ann) -> None:
    before = (trained / "net.nn").read_bytes()
    done = ann("init", "net.nn", "--inputs", 2, check=1)
    assert done.stderr == "ann: net.nn: the file exists; give another name, or --force to overwrite it\n"
    assert (trained / "net.nn").read_bytes() == before
    ann("init", "net.nn", "--inputs", 2, "--force", "-q")
    assert not anncli.load(trained / "net.nn").is_trained


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say either --inputs N or --data FILES; for example: ann init network.nn --inputs 9"),
        (["--inputs", "2", "--data", "pos.txt"], "say either --inputs N or --data FILES"),
        (["--inputs", "two"], "--inputs: unknown form of inputs 'two'; write `9` for vectors"),
        (["--inputs", "2", "--hidden", "8,0"], "--hidden: must be a whole number, at least 1, found '0'"),
        (["--inputs", "2", "--hidden", "8,,4"], "--hidden: must be a whole number, at least 1, found ''"),
        (["--inputs", "2", "--activation", "tahn"], "--activation: unknown activation 'tahn'; did you mean 'tanh'?"),
    ],
)
def test_bad_shapes_write_nothing(small: Path, ann: Ann, arguments: list[str], message: str) -> None:
    done = ann("init", "new.nn", *arguments, check=2)
    assert done.stderr.startswith(f"ann: {message}"), done.stderr
    assert not (small / "new.nn").exists()


def test_info_shows_shapes_and_record(trained: Path, ann: Ann) -> None:
    lines = [line.split() for line in ann("info", "net.nn").stdout.splitlines()]
    assert ["layers", "1:", "3", "tanh,", "weights", "2", "x", "3,", "biases", "3"] in lines
    assert ["layers", "2:", "1", "logistic,", "weights", "3", "x", "1,", "biases", "1"] in lines
    for line in (
        ["parameters", "13"],
        ["classes", "pos,", "neg"],
        ["threshold", "0.5"],
        ["trainer", "adam"],
        ["epochs", "20"],
    ):
        assert line in lines


def test_info_as_json(trained: Path, ann: Ann) -> None:
    document = json.loads(ann("info", "net.nn", "--json").stdout)
    assert document["parameters"] == 13
    assert document["layers"][0] == {"units": 3, "activation": "tanh", "weights": [2, 3], "biases": 3}
    assert document["trained"] is True
    assert document["record"]["epochs"] == 20
    (trained / "bare.nn").write_text("anncli: 1\ninputs: 2\nlayers: [1 logistic]\ntraining: {seed: 4}\n")
    document = json.loads(ann("info", "bare.nn", "--json").stdout)
    assert document["trained"] is False
    assert document["training"] == {"seed": 4}


def test_verify_replays_the_self_test(trained: Path, ann: Ann) -> None:
    lines = [line.split() for line in ann("info", "net.nn", "--verify").stdout.splitlines()]
    assert ["largest_difference", "0.0"] in lines
    assert ["passed", "yes"] in lines
    document = json.loads(ann("info", "net.nn", "--verify", "--json").stdout)
    assert document["self_test"] == {"vectors": 3, "largest_difference": 0.0, "passed": True}


@pytest.mark.slow
def test_verify_finds_outputs_that_differ(trained: Path, ann: Ann) -> None:
    """A stored output is changed and the checksum made to fit: only the replay can find it."""
    path = trained / "net.nn"
    text = path.read_text()
    head, outputs = text.split("    outputs: |\n")
    number = outputs.split()[0]
    changed = f"{head}    outputs: |\n" + outputs.replace(number, f"{float(number) / 2 + 0.01:.6f}", 1)
    section = changed[changed.index("trained:") : changed.index("  checksum:")].splitlines()
    path.write_text(changed)
    done = ann("info", "net.nn", "--verify", check=4)
    assert "checksum" in done.stderr
    topology = anncli.Network.create(2, [(3, "tanh"), (1, "logistic")]).topology
    path.write_text(changed[: changed.index("  checksum:")] + f"  checksum: {checksum(topology, section)}\n")
    done = ann("info", "net.nn", "--verify", check=4)
    assert done.stderr.startswith("ann: net.nn: self-test failed: an output differs by 0.")
    ann("info", "net.nn")


def test_verify_without_a_self_test(small: Path, ann: Ann) -> None:
    done = ann("info", "net.nn", "--verify", check=4)
    assert done.stderr == "ann: net.nn: there is no self-test in this file; ann train writes one\n"
    (small / "old.nn").write_text("2\n1 1\n0\n1\n0 1\n0 1\n")
    assert ann("info", "old.nn", "--verify", check=4).stdout == ""


def test_a_new_network_as_json(tmp_path: Path, ann: Ann) -> None:
    done = ann("init", "new.nn", "--inputs", 2, "--hidden", "3", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "schema": 3,
        "command": "init",
        "network": "new.nn",
        "inputs": 2,
        "layers": ["3 tanh", "1 logistic"],
        "parameters": 13,
        "dialect": "ann",
    }
    done = ann("init", "-", "--inputs", 2, "--json", check=2)
    assert done.stderr.startswith("ann: the network and --json cannot both go to stdout")
    assert ann("init", "-", "--inputs", 2).stderr == "ann: <stdout>: 2-16-1, 16 tanh, 1 logistic, 65 parameters\n"


@pytest.mark.parametrize("option", ["--outputs", "--hidden"])
def test_a_network_too_large_to_be_read_is_not_written(tmp_path: Path, ann: Ann, option: str) -> None:
    done = ann("init", "new.nn", "--inputs", 3, option, 2000000000, check=2)
    assert done.stderr.startswith("ann: 2000000000 units or inputs are more than the 1000000 this program handles;")
    assert not list(tmp_path.iterdir())


def test_force_spares_the_data(small: Path, ann: Ann) -> None:
    before = (small / "pos.txt").read_bytes()
    done = ann("init", "./pos.txt", "--data", "pos.txt,neg.txt", "--force", check=2)
    assert done.stderr == "ann: ./pos.txt would overwrite a file that this run needs; give another name\n"
    assert (small / "pos.txt").read_bytes() == before


def test_a_definition_for_series_of_several_lengths(tmp_path: Path, ann: Ann) -> None:
    head = "@problemName Walks\n@univariate true\n@equalLength false\n@classLabel true up down\n@data\n"
    (tmp_path / "walks.ts").write_text(head + "1,2,3:up\n3,2:down\n1,2:up\n4,3,2,1:down\n" * 3)
    ann("init", "new.nn", "--data", "walks.ts", "-q")
    assert "inputs: any x 1\nlayers: [16 tanh convolution 9, max, 1 logistic]\n" in (tmp_path / "new.nn").read_text()
    ann("init", "own.nn", "walks.ts", "--layers", "4 tanh convolution 3, mean, 1 logistic", "-q")
    assert "inputs: any x 1\nlayers: [4 tanh convolution 3, mean, 1 logistic]\n" in (tmp_path / "own.nn").read_text()
    assert ann("train", "own.nn", "walks.ts", 2, "-q").returncode == 0


@pytest.mark.slow
def test_a_definition_for_pictures_in_folders(tmp_path: Path, ann: Ann) -> None:
    for name in "ab":
        (tmp_path / "grey" / name).mkdir(parents=True)
        (tmp_path / "grey" / name / "1.pgm").write_bytes(b"P5 3 2 255\n" + bytes(range(ord(name), ord(name) + 6)))
        (tmp_path / "colour" / name).mkdir(parents=True)
        (tmp_path / "colour" / name / "1.ppm").write_bytes(b"P6 3 2 255\n" + bytes(range(18)))
    layers = "2 tanh convolution 2x2, 1 logistic"
    for folder, inputs in (("grey", "2x3"), ("colour", "2x3x3")):
        ann("init", f"{folder}.nn", folder, "--layers", layers, "-q")
        assert f"inputs: {inputs}\nlayers: [{layers}]\n" in (tmp_path / f"{folder}.nn").read_text()
        assert ann("train", f"{folder}.nn", folder, 2, "-q").returncode == 0
    ann("init", "dense.nn", "grey", "--layers", "2 tanh, 1 logistic", "-q")
    assert "inputs: {table:" in (tmp_path / "dense.nn").read_text()
