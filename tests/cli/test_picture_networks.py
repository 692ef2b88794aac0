"""Networks over pictures on the command line: made, trained on tables and on files of pictures, used, and looked at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

import anncli

# Each is a process or several.
pytestmark = pytest.mark.slow

LAYERS = "3 tanh convolution 3x3, mean-pool 2x2, 2 softmax"


def bars(n: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Pictures of 6 x 6 with a bright row or a bright column somewhere, and what they show."""
    rng, names = np.random.default_rng(seed), []
    pictures = rng.integers(0, 30, (n, 6, 6))
    for picture in pictures:
        place, lies = rng.integers(0, 6), rng.random() < 0.5
        picture[place if lies else slice(None), slice(None) if lies else place] = rng.integers(150, 255)
        names.append("lying" if lies else "standing")
    return pictures, names


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table without a header, 36 numbers and the name; column 1 is the same in all rows."""
    pictures, names = bars(120)
    pictures[:, 0, 0] = 7
    rows = (",".join([*map(str, p.reshape(-1).tolist()), name]) for p, name in zip(pictures, names, strict=True))
    (tmp_path / "bars.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_a_network_over_pictures_from_a_table(table: Path, ann: Ann) -> None:
    made = ann("init", "bars.nn", "--inputs", "6x6", "--layers", LAYERS)
    assert made.stderr.startswith(
        "ann: bars.nn: 36-108-27-2, 3 tanh convolution 3x3, mean-pool 2x2, 2 softmax, 86 parameters;"
    )
    assert (table / "bars.nn").read_text().splitlines()[2:] == ["anncli: 1", "inputs: 6x6", f"layers: [{LAYERS}]"]
    trained = ann("train", "bars.nn", "bars.csv", 60, "--label", "last", "--test", "0.25", "--json")
    # A pixel that is the same in every picture is an input like the others, and nothing is said of it.
    assert "same value" not in trained.stderr
    assert json.loads(trained.stdout)["sets"]["test"]["accuracy"] >= 0.9
    info = ann("info", "bars.nn").stdout.splitlines()
    assert info[1:6] == [
        "inputs       36",
        "shape        6x6",
        "layers       1: 3 tanh convolution 3x3, weights 9 x 3, biases 3, gives 6x6x3",
        "layers       2: mean-pool 2x2, gives 3x3x3",
        "layers       3: 2 softmax, weights 27 x 2, biases 2",
    ]
    weights = ann("info", "bars.nn", "--weights", "--to", "csv").stdout.splitlines()
    assert weights[2].startswith("1,unit 1,row 1 and column 1 of the window,")
    assert [line.split(",")[2] for line in weights[32:35]] == [
        "unit 1 at row 1 and column 1", "unit 2 at row 1 and column 1", "unit 3 at row 1 and column 1",
    ]  # fmt: skip
    # The scaling of the pictures is one for all pixels.
    multiply = anncli.load(table / "bars.nn").scaling.multiply
    assert multiply is not None
    assert len(set(multiply.tolist())) == 1
    assert ann("info", "bars.nn", "--verify", "--json").returncode == 0
    (table / "some.csv").write_text(
        "".join(line.rpartition(",")[0] + "\n" for line in (table / "bars.csv").read_text().splitlines())
    )
    assert len(ann("predict", "bars.nn", "some.csv", "--classes").stdout.split()) >= 120


def test_pictures_in_folders_are_classes(tmp_path: Path, ann: Ann) -> None:
    pictures, names = bars(100)
    for number, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        (tmp_path / "all" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / name / f"{number}.pgm").write_bytes(b"P5 6 6 255\n" + picture.astype(np.uint8).tobytes())
    ann("init", "bars.nn", "--inputs", "6x6", "--layers", LAYERS)
    trained = json.loads(ann("train", "bars.nn", "all", 60, "--test", "0.25", "--json").stdout)
    assert trained["sets"]["test"]["accuracy"] >= 0.8
    predicted = ann("predict", "bars.nn", f"all/{names[0]}/0.pgm", "--classes").stdout.split()
    assert predicted[-1] in ("lying", "standing")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bars.csv"], "ann: the table has 36 input columns, the network 25 inputs; a picture of 5x5 is as many columns of numbers, or leave columns out with --ignore"),
        (["bars.csv", "--ignore", "1,2,3,4,5,6,7,8,9,10,11"], ""),
    ],
)  # fmt: skip
def test_a_table_of_pictures_of_another_size(table: Path, ann: Ann, arguments: list[str], message: str) -> None:
    ann("init", "five.nn", "--inputs", "5x5", "--layers", LAYERS)
    done = ann("train", "five.nn", *arguments, "--label", "last", 1, check=3 if message else 0)
    assert message in done.stderr.splitlines() if message else done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--inputs", "6y6"], "--inputs: unknown form of inputs '6y6'; write `9` for vectors, `28x28` or `28x28x3` for pictures, `any x 12` for samples of rows, `500 tokens` for sparse ones, `5 spikes` for spike times, `characters`, `words` or `documents` for texts"),
        (["--inputs", "any x 3"], "samples of several rows need a layer that reads them; say for example --layers '16 tanh convolution 8, mean, 3 softmax'"),
        (["--inputs", "6x6", "--layers", "6 tnah"], "--layers: unknown activation 'tnah'; did you mean 'tanh'?"),
        (["--inputs", "6x6", "--layers", "6 tanh, last, 1 logistic"], "--layers: layer 2: `last` needs samples of several rows; the layer before gives one"),
        (["--inputs", "6x6", "--layers", "6 tanh,, 1 logistic"], "--layers: must be layers with commas between them, found '6 tanh,, 1 logistic'; write for example '8 tanh, 1 logistic'"),
        (["--inputs", "6x6", "--layers", "1 logistic", "--outputs", "3"], "--layers names all layers, and --outputs is about some of them; leave one of them out"),
        (["--inputs", "6x6", "--layers", "6 tanh convolution 5x5, 1 tanh", "--dialect", "ann1dn"], "an ann1dn file cannot hold the layer `6 tanh convolution 5x5`, only dense layers; leave --dialect out"),
    ],
)  # fmt: skip
def test_definitions_that_cannot_be(ann: Ann, arguments: list[str], message: str) -> None:
    assert ann("init", "new.nn", *arguments, check=2).stderr == f"ann: {message}\n"
