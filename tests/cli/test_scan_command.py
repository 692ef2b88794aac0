"""`ann scan`: pictures in, boxes, masks and windows out; what cannot be scanned is refused in words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann, clean_environment

from anncli.formats.networks.storage import save
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology

# A bright cross of 5 x 5 pixels on black, at x 3, y 2, in a picture of 12 x 10 pixels (width x height).
CROSS = np.zeros((5, 5), dtype=np.uint8)
CROSS[2, :] = CROSS[:, 2] = 255


def pgm(pixels: np.ndarray) -> bytes:
    kind = 5 if pixels.ndim == 2 else 6
    return b"P%d %d %d 255\n" % (kind, pixels.shape[1], pixels.shape[0]) + pixels.astype(np.uint8).tobytes()


def network(layers: list[str], shape: int | Shape, weights: list[list[float]], **rest: object) -> Network:
    """weights: for each unit of the only layer bias, weights."""
    return Network(Topology(shape, layers), np.array(weights, dtype=np.float32).T.ravel(), targets=(1.0, 0.0), **rest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """cross.nn finds CROSS, of 9 bright pixels, by 1 / (1 + exp(8 - 9)); red.nn red pixels; three.nn red, green and blue ones."""
    scene = np.zeros((10, 12), dtype=np.uint8)
    scene[2:7, 3:8] = CROSS
    (tmp_path / "a.pgm").write_bytes(pgm(scene))
    (tmp_path / "empty.pgm").write_bytes(pgm(0 * scene))
    (tmp_path / "small.pgm").write_bytes(pgm(scene[:4]))
    colours = np.array([[[250, 10, 10], [10, 250, 10]], [[10, 10, 250], [250, 0, 0]]])
    (tmp_path / "c.ppm").write_bytes(pgm(colours))
    weights = np.where(CROSS > 0, 1.0, -1.0).ravel() / 255
    save(
        network(["1 logistic"], Shape(25, 1, (5, 5, 1)), [[-8, *weights]], classes=("cross", "rest")),
        tmp_path / "cross.nn",
    )
    save(network(["1 logistic"], 25, [[-8, *weights]], classes=("cross", "rest")), tmp_path / "plain.nn")
    names = ("red", "green", "blue")
    save(network(["1 logistic"], 3, [[0, 1, -1, -1]], columns=names, classes=("red", "rest")), tmp_path / "red.nn")
    three = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    save(network(["3 softmax"], 3, three, columns=names, classes=names), tmp_path / "three.nn")
    return tmp_path


def test_boxes_are_printed_and_framed(folder: Path, ann: Ann) -> None:
    done = ann("scan", "cross.nn", "a.pgm", "--step", 1, "-o", "found.ppm", "-v")
    assert done.stdout == "3\t2\t5\t5\t0.731059\n"
    # 8 x 6 windows, of 10 / 1.2 = 8 x 10 pixels 4 x 6, and of 10 / 1.44 = 7 x 8 3 x 4, 6 x 7: 2 x 3, 5 x 6: 1 x 2.
    assert done.stderr == "ann: a.pgm: 1 box in 92 windows; looked for cross\n"
    head, pixels = (folder / "found.ppm").read_bytes().split(b"255\n", 1)
    assert head == b"P6\n12 10\n"
    green = np.frombuffer(pixels, np.uint8).reshape(10, 12, 3)[..., 1]
    frame = np.zeros((10, 12), dtype=bool)
    frame[2:7, 3:8] = True
    frame[3:6, 4:7] = False
    assert (green[frame] == 255).all()
    # A dark line on each side, and the rest of the picture as it was.
    assert green[4, 5] == 255
    assert (green[~frame] == 0).sum() == 12 * 10 - frame.sum() - 1


@pytest.mark.slow
def test_a_threshold_a_class_and_neighbours_decide_what_is_found(folder: Path, ann: Ann) -> None:
    assert ann("scan", "cross.nn", "a.pgm", "--step", 1, "--threshold", 0.74).stdout == ""
    assert ann("scan", "cross.nn", "a.pgm", "--step", 1, "--neighbours", 2).stdout == ""
    assert ann("scan", "cross.nn", "empty.pgm").stdout == ""
    # Column 3 is no multiple of 2.
    assert ann("scan", "cross.nn", "a.pgm", "--scale", 1).stdout == ""
    lines = ann(
        "scan", "three.nn", "c.ppm", "--patch", "1x1", "--find", "green,blue", "--step", 1, "--scale", 1
    ).stdout.splitlines()
    assert lines == ["1\t0\t1\t1\t1\tgreen", "0\t1\t1\t1\t1\tblue"]
    assert ann("scan", "three.nn", "c.ppm", "--patch", "1x1", "--step", 1, "--scale", 1).stdout.splitlines() == [
        "0\t0\t1\t1\t1",
        "1\t1\t1\t1\t1",
    ]


@pytest.mark.slow
def test_several_pictures_have_their_names(folder: Path, ann: Ann) -> None:
    done = ann("scan", "plain.nn", "a.pgm", "empty.pgm", "--patch", "5x5", "--step", 1, "-o", "out/")
    assert done.stdout == "a.pgm\t3\t2\t5\t5\t0.731059\n"
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.png", "empty.png"]
    document = json.loads(ann("scan", "plain.nn", "a.pgm", "empty.pgm", "--patch", "5x5", "--step", 1, "--json").stdout)
    assert [len(picture["boxes"]) for picture in document["pictures"]] == [1, 0]
    assert document["pictures"][0]["boxes"][0] == {"x": 3, "y": 2, "width": 5, "height": 5, "score": pytest.approx(0.731059, abs=1e-6), "class": "cross", "neighbours": 1}  # fmt: skip
    assert (document["threshold"], document["classes"], document["patch"]) == (
        0.5,
        ["cross"],
        {"height": 5, "width": 5},
    )


@pytest.mark.slow
def test_the_windows_of_boxes_are_pictures_that_can_be_trained(folder: Path, ann: Ann) -> None:
    ann("scan", "cross.nn", "a.pgm", "--step", 1, "--save-boxes", "hard")
    assert [path.name for path in (folder / "hard").iterdir()] == ["a-3-2-5x5.pgm"]
    assert (folder / "hard/a-3-2-5x5.pgm").read_bytes() == b"P5\n5 5\n255\n" + CROSS.tobytes()
    refused = ann("scan", "cross.nn", "a.pgm", "--step", 1, "--save-boxes", "hard", check=2).stderr
    assert refused == "ann: --save-boxes hard/a-3-2-5x5.pgm exists; overwrite it with --force, or give another name\n"
    ann("scan", "cross.nn", "a.pgm", "--step", 1, "--save-boxes", "hard", "-f")
    assert ann("predict", "plain.nn", "hard/a-3-2-5x5.pgm", "--scores").stdout.startswith("score_cross\n0.73105")


def test_pixels_give_a_fraction_and_a_mask(folder: Path, ann: Ann) -> None:
    assert ann("scan", "red.nn", "c.ppm", "--per-pixel", "-o", "mask.pgm").stdout == "0.5\n"
    assert (folder / "mask.pgm").read_bytes() == b"P5\n2 2\n255\n\xff\x00\x00\xff"
    assert ann("scan", "red.nn", "c.ppm", "a.pgm", "--per-pixel").stdout == "c.ppm\t0.5\na.pgm\t0\n"
    document = json.loads(ann("scan", "red.nn", "c.ppm", "--per-pixel", "--json").stdout)
    assert document["pictures"] == [{"picture": "c.ppm", "width": 2, "height": 2, "pixels": 2, "fraction": 0.5}]
    assert document["patch"] is None


@pytest.mark.slow
def test_values_of_white_and_the_order_of_colours_are_said(folder: Path, ann: Ann) -> None:
    # A network that saw values from 0 to 1.
    weights = np.where(CROSS > 0, 1.0, -1.0).ravel()
    save(network(["1 logistic"], 25, [[-8, *weights]], classes=("cross", "rest")), folder / "unit.nn")
    assert (
        ann("scan", "unit.nn", "a.pgm", "--patch", "5x5", "--step", 1, "--white", 1).stdout == "3\t2\t5\t5\t0.731059\n"
    )
    save(network(["1 logistic"], 3, [[0, -1, -1, 1]], classes=("red", "rest")), folder / "bgr.nn")
    assert ann("scan", "bgr.nn", "c.ppm", "--per-pixel", "--channels", "bgr").stdout == "0.5\n"
    refused = ann("scan", "bgr.nn", "c.ppm", "--per-pixel", check=2).stderr
    assert refused == (
        "ann: bgr.nn: nothing says which of the 3 inputs is red; say --channels rgb, or --channels bgr if the first column that"
        " trained it is blue\n"
    )


@pytest.mark.slow
def test_a_network_of_small_values_is_warned_of(folder: Path, ann: Ann) -> None:
    (folder / "white.txt").write_text("0.9 0.8 0.9\n0.8 0.9 0.7\n" * 5)
    (folder / "black.txt").write_text("0.1 0.2 0.1\n0 0.1 0.3\n" * 5)
    ann("train", "white.txt", "black.txt", 5, "-q", "-o", "small.nn")
    words = ("scan", "small.nn", "c.ppm", "--per-pixel", "--channels", "rgb")
    warning = ann(*words).stderr
    assert re.fullmatch(r"ann: warning: small.nn: few values of the rows that trained it were above 1\.\d+, and a white pixel is 255 here; say --white 1 if white was 1 in these rows\n", warning)  # fmt: skip
    assert ann(*words, "--white", 1).stderr == ann(*words, "--white", 255).stderr == ""


REFUSED = [
    ("plain.nn a.pgm", 2, "plain.nn: the network has 25 inputs, and nothing says which pixels they are; say --patch HEIGHTxWIDTH, for example --patch 5x5"),
    ("plain.nn a.pgm --patch 4x6", 2, "plain.nn: --patch 4x6 needs 24 inputs, or 72 in colour, and the network has 25; give the size that it was trained with"),
    ("cross.nn a.pgm --patch 1x25", 2, "cross.nn: --patch 1x25: the network takes 5x5 pixels; leave it out"),
    ("cross.nn small.pgm", 3, "small.pgm: is 4x12 pixels (rows x columns), smaller than the patch of 5x5; give a larger picture"),
    ("cross.nn a.pgm --find crosss", 2, "--find: the network has no class 'crosss'; did you mean 'cross'?"),
    ("cross.nn a.pgm --find rest", 2, "--find: this network has one score, of class 'cross'; leave --find out, or train it with --positive rest"),
    ("cross.nn a.pgm --per-pixel", 2, "cross.nn: --per-pixel is for networks with 3 inputs, red, green and blue, or 1, and this one has 25"),
    ("red.nn a.pgm --per-pixel --step 1", 2, "--step is for windows, and --per-pixel has none; leave --step out"),
    ("cross.nn a.pgm -o found.txt", 2, "--output found.txt: the ending says what is written; use one of .png, .ppm, .pgm, or a folder, which ends in /"),
    ("cross.nn a.pgm empty.pgm -o found.png", 2, "--output found.png is one file, and there are 2 pictures; name a folder: --output found/"),
    ("cross.nn a.pgm -o a.pgm", 2, "--output a.pgm would overwrite a file that this run needs; give another name"),
    ("cross.nn a.pgm -o -", 2, "--output: pictures do not go to stdout; name a file"),
    ("cross.nn a.pgm -o no/found.png", 1, "no/found.png: cannot write: No such file or directory; create the folder first"),
    ("cross.nn a.pgm x/a.pgm --save-boxes hard", 2, "--save-boxes: a.pgm and x/a.pgm would be written under one name; scan them one after the other, into two folders"),
    ("cross.nn none.pgm", 3, "none.pgm: no such file; check the name and the folder you are in"),
    ("cross.nn words.csv", 3, "words.csv: is no picture; give a picture: PNG, JPEG, BMP, PGM, PPM or PBM"),
    ("cross.nn cut.pgm", 3, "cut.pgm: has 3 of 120 bytes: it is cut short; copy or write it again"),
    ("cross.nn huge.pgm", 3, "huge.pgm: a picture of 99999 x 99999 pixels in 23 bytes, far more than its size; if that is right, set ANN_UNPACK_LIMIT=10G, or make it smaller with another program"),
    ("number.nn a.pgm", 4, "number.nn: ann scan looks for a class, and the task of this network is regression; use a network that predicts classes"),
    ("new.nn a.pgm", 4, "new.nn: the network has no weights yet; train it first: ann train new.nn ..."),
    ("cross.nn a.pgm --threshold youden", 2, "--threshold youden: a rule would look at the rows that it is measured on; give a number, or choose it in training: ann train ... --threshold 'youden'"),
    ("cross.nn a.pgm --patch 5", 2, "--patch: must be HEIGHTxWIDTH in pixels, found '5'; write for example 28x28"),
    ("cross.nn a.pgm --scale 0.5", 2, "--scale: must be a number at least 1, found '0.5'; write for example 1.2"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("words", "code", "message"), REFUSED)
def test_what_cannot_be_scanned_is_refused(folder: Path, ann: Ann, words: str, code: int, message: str) -> None:
    (folder / "x").mkdir()
    (folder / "x/a.pgm").write_bytes((folder / "a.pgm").read_bytes())
    (folder / "cut.pgm").write_bytes((folder / "a.pgm").read_bytes()[:16])
    (folder / "huge.pgm").write_bytes(b"P5 99999 99999 255\n\0\0\0\0")
    (folder / "words.csv").write_text("a,b\n1,2\n3,4\n")
    (folder / "new.nn").write_text("anncli: 1\ninputs: 5x5\nlayers: [1 logistic]\n")
    save(Network(Topology(25, ["1 linear"]), np.zeros(26, dtype=np.float32), task="regression"), folder / "number.nn")
    done = ann("scan", *words.split(), check=code)
    assert done.stderr == f"ann: {message}\n"
    assert done.stdout == ""


@pytest.mark.slow
def test_a_closed_pipe_ends_it_quietly(folder: Path) -> None:
    program = f"{sys.executable} -m anncli scan cross.nn a.pgm --step 1 --overlap 1 --threshold 0 | head -1"
    done = subprocess.run(["bash", "-c", program], cwd=folder, env=clean_environment(), capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_threads_and_kernels_do_not_change_what_is_found(folder: Path, ann: Ann) -> None:
    words = ("scan", "cross.nn", "a.pgm", "--step", 1, "--threshold", 0.001, "--json")
    assert ann(*words).stdout == ann(*words, "--threads", 2).stdout
