"""`ann plot surface`: what it writes, and what it refuses before it reads any data."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from ann_process import NEGATIVE, NETWORK, POSITIVE
from inside import Done, ann

from anncli.analysis.network_loss import open_loss
from anncli.analysis.slices import Slice
from anncli.analysis.surface import SurfaceRequest
from anncli.analysis.surface_cut import make_cut
from anncli.cli.main import run
from anncli.dataset.dataset import Dataset
from anncli.formats.files.checkpoint import load_checkpoint
from anncli.formats.networks.storage import load

__all__ = ["ann"]

Ann = Callable[..., Done]
FILES = ("pos.txt", "neg.txt")
PATH = "path:run-{epoch}.ckpt"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with net.nn, of which half of the rows are new; its checkpoints; and networks that do not fit it."""
    folder = tmp_path_factory.mktemp("surface")
    (folder / "pos.txt").write_text(POSITIVE)
    (folder / "neg.txt").write_text(NEGATIVE)
    for name, layers in (("net", "3 tanh, 1 logistic"), ("wide", "4 tanh, 1 logistic")):
        (folder / f"{name}.nn").write_text(NETWORK.replace("3 tanh, 1 logistic", layers))
    many = ("--checkpoint", "run-{epoch}.ckpt", "--checkpoint-every", "10")
    for words in (
        ("net.nn", *FILES, "30", "--test", "0.5", "--validation", "0", *many),
        ("net.nn", *FILES, "30", "--test", "0.5", "--validation", "0", "--seed", "1", "-o", "seed1.nn"),
        ("wide.nn", *FILES, "10", "--checkpoint", "wide.ckpt", "--ensemble", "2"),
    ):
        with contextlib.chdir(folder):
            assert run(["train", *words, "-q"]) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    for path in made.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def data_of(folder: Path) -> tuple[Dataset, np.ndarray]:
    """The rows of both files, and the numbers of those that trained the network."""
    inputs = np.float32([line.split() for name in FILES for line in (folder / name).read_text().splitlines()])
    data = Dataset(inputs, np.repeat([0, 1], 8), ("pos", "neg"))
    network = load(folder / "net.nn")
    from anncli.inference.evaluate import rows_seen

    seen = rows_seen(network, data)
    assert seen is not None
    return data, np.flatnonzero(seen)


def test_every_number_of_the_table_is_the_loss_at_its_place(folder: Path, ann: Ann) -> None:
    done = ann("plot", "surface", "net.nn", *FILES, "--points", 5, "--csv", "grid.csv", "--threads", 2)
    assert done.stdout == "surface written to net-surface.svg\n"
    assert "Binary-cross-entropy on 8 rows (training rows), without penalties." in done.stderr
    assert "Cosine of the two directions " in done.stderr
    text = (folder / "grid.csv").read_text()
    ann("plot", "surface", "net.nn", *FILES, "--points", 5, "-o", "again.csv", "-q")
    assert (folder / "again.csv").read_text() == text
    ann("plot", "surface", "net.nn", *FILES, "--points", 5, "-o", "again.svg", "-q")
    assert (folder / "again.svg").read_bytes() == (folder / "net-surface.svg").read_bytes()
    ElementTree.parse(folder / "again.svg")
    network, (data, rows) = load(folder / "net.nn"), data_of(folder)
    cut = make_cut(network, SurfaceRequest(), data, rows, 0).slice
    found = rows_of(text)
    assert len(found) == 25
    with closing(open_loss(network, data, rows)) as session:
        for row in found:
            assert float(row["loss"]) == session.loss(cut.at(float(row["first"]), float(row["second"])))
    middle = next(float(row["loss"]) for row in found if (row["first"], row["second"]) == ("0.0", "0.0"))
    assert middle == pytest.approx(network.record["sets"]["training"]["loss"], rel=1e-5)
    ann("plot", "surface", "net.nn", *FILES, "--points", 5, "--seed", 1, "-o", "other.csv", "-q")
    assert (folder / "other.csv").read_text() != text


def test_the_path_of_a_training(folder: Path, ann: Ann) -> None:
    words = ("plot", "surface", "net.nn", *FILES, "--points", 5, "--directions")
    document = json.loads(ann(*words, PATH, "-o", "path.csv", "--json").stdout)
    epochs = (10, 20, 30)
    states = [load_checkpoint(folder / f"run-{epoch}.ckpt").state["attempts"][0] for epoch in epochs]
    points = np.float64([states[0]["initial_parameters"], *(state["parameters"] for state in states)])
    _, sizes, directions = np.linalg.svd(points[:-1] - points[-1])
    fractions = sizes**2 / (sizes**2).sum()
    assert document["surface"]["fractions"] == pytest.approx(fractions[:2].tolist())
    assert sum(document["surface"]["fractions"]) <= 1
    # The slice goes through the last checkpoint, and reaches a quarter of the path beyond it on each side.
    steps = points - points[-1]
    for name, direction in zip(("first", "second"), directions, strict=False):
        along = steps @ direction
        low, high, beyond = along.min(), along.max(), 0.25 * (along.max() - along.min())
        found = {float(row[name]) for row in rows_of((folder / "path.csv").read_text())}
        ends = [min(found), max(found)]
        assert ends == pytest.approx([low - beyond, high + beyond]) or ends == pytest.approx(
            [-high - beyond, -low + beyond]
        )
    # Other ways to name them, in any order.
    for files in ("run-*.ckpt", "run-30.ckpt,run-10.ckpt,run-20.ckpt"):
        ann(*words, f"path:{files}", "-o", "again.csv", "--force", "-q")
        assert (folder / "again.csv").read_text() == (folder / "path.csv").read_text()
    done = ann(*words, PATH)
    assert f"{100 * fractions[0]:.1f} % and {100 * fractions[1]:.1f} % lie along the directions" in done.stderr
    assert "the training, epochs 0 to 30" in (folder / "net-surface.svg").read_text()


def test_the_line_to_another_network(folder: Path, ann: Ann) -> None:
    words = ("plot", "surface", "net.nn", *FILES, "--directions", "to:seed1.nn", "--points", 9)
    document = json.loads(ann(*words, "--csv", "line.csv", "--json").stdout)
    rows = rows_of((folder / "line.csv").read_text())
    assert list(rows[0]) == ["rows", "place", "loss", "accuracy"]
    assert [float(row["place"]) for row in rows[:9]] == [-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
    assert {row["rows"] for row in rows} == {"training rows", "new rows"}
    for name, place in (("net.nn", 0), ("seed1.nn", 1)):
        told = json.loads(ann("test", name, *FILES, "--json").stdout)["sets"]["test"]
        ends = [row for row in rows if float(row["place"]) == place]
        # Eight rows of each set.
        assert sum(float(row["loss"]) for row in ends) / 2 == pytest.approx(told["log_loss"], rel=1e-5)
        assert sum(float(row["accuracy"]) for row in ends) / 2 == pytest.approx(told["accuracy"])
        assert [entry["loss"] for entry in document["surface"]["at"] if entry["place"] == place] == [float(row["loss"]) for row in ends]  # fmt: skip
    text = (folder / "net-surface.svg").read_text()
    assert text.count('role="img"') == 2
    ElementTree.fromstring(text)


def test_one_dimension_and_a_few_rows(folder: Path, ann: Ann) -> None:
    ann(
        "plot",
        "surface",
        "net.nn",
        *FILES,
        "--dimensions",
        1,
        "--points",
        3,
        "--range",
        0.5,
        "--rows",
        3,
        "-o",
        "l.csv",
        "-q",
    )
    rows = rows_of((folder / "l.csv").read_text())
    assert [float(row["place"]) for row in rows] == [-0.5, 0, 0.5] * 2
    assert {float(row["accuracy"]) * 3 for row in rows} <= {0, 1, 2, 3}


def test_networks_that_are_no_single_ones(folder: Path, ann: Ann) -> None:
    done = ann("plot", "surface", "wide.nn", *FILES, "--points", 3, "--directions", "path:wide.ckpt")
    assert "Of the first of 2 networks of this ensemble. The loss is binary-cross-entropy" in done.stderr
    assert "Of the path from the last checkpoint 100.0 % lie along the directions." in done.stderr


def test_a_report_shows_a_small_surface(folder: Path, ann: Ann) -> None:
    document = json.loads(ann("report", "net.nn", *FILES, "--json").stdout)
    assert "surface" in document["figures"]
    assert 'id="surface-1-title">Error surface<' in (folder / "net-report.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--directions", "towards:x.nn"), 2, "ann: --directions: unknown directions 'towards:x.nn'; use one of random, sharpest, to:OTHER.nn, path:run-{epoch}.ckpt"),
        (("--directions", "randon"), 2, "ann: --directions: unknown directions 'randon'; did you mean 'random'?"),
        (("--directions", "to:"), 2, "ann: --directions: 'to:' names no file; write for example to:OTHER.nn"),
        (("--directions", "path:"), 2, "ann: --directions: 'path:' names no file; write for example path:run-{epoch}.ckpt"),
        (("--directions", "to:seed1.nn", "--dimensions", "2"), 2, "ann: there is one line to another network; leave --dimensions 2 out"),
        (("--directions", "to:no.nn"), 4, "ann: no.nn: no such file; check the name, or make a network with `ann train`"),
        (("--directions", "to:wide.nn"), 2, "ann: --directions to:wide.nn: it is a 2-4-1 network, and NETWORK a 2-3-1; name a network of the same definition and data"),
        (("--directions", "path:no.ckpt"), 4, "ann: no.ckpt: no such file; check the name, or name checkpoints of the training that made NETWORK"),
        (("--directions", "path:no-{epoch}.ckpt"), 4, "ann: no-{epoch}.ckpt: no such checkpoints; train with --checkpoint 'no-{epoch}.ckpt'"),
        (("--directions", "path:net.nn"), 4, "ann: net.nn: is no checkpoint, or a damaged one; name checkpoints of the training that made NETWORK"),
        (("--directions", "path:wide.ckpt"), 4, "ann: wide.ckpt: is of a network of 4 tanh, 1 logistic, and NETWORK has 3 tanh, 1 logistic; name checkpoints of the training that made NETWORK"),
        (("--dimensions", "3"), 2, "ann: --dimensions: must be at most 2, found '3'; write for example 1"),
        (("--points", "2"), 2, "ann: --points: must be a whole number, at least 3, found '2'; write for example 51"),
        (("--range", "0"), 2, "ann: --range: must be a number above 0, found '0'; write for example 1"),
        (("--csv", "-"), 2, "ann: --csv - cannot hold the numbers; name a file of its own"),
        (("--csv", "x.svg", "-o", "x.svg"), 2, "ann: --csv x.svg cannot hold the numbers; name a file of its own"),
        (("--csv", "pos.txt"), 2, "ann: --csv pos.txt exists; overwrite it with --force, or give another name"),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_checked_before_data_are_read(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    assert run(["plot", "surface", "net.nn", "none.txt", *words]) == code
    assert capsys.readouterr().err == message + "\n"
    assert not list(folder.glob("*.svg"))


def test_options_of_a_surface_are_not_for_other_figures(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    for name, value in (("directions", "random"), ("dimensions", "1"), ("points", "5"), ("range", "1"), ("rows", "9")):
        assert run(["plot", "roc", "net.nn", "none.txt", f"--{name}", value]) == 2
        assert capsys.readouterr().err == f"ann: --{name} is not for plot roc; use it with plot surface\n"


def test_checkpoints_that_make_no_plane(folder: Path, ann: Ann) -> None:
    words = ("plot", "surface", "net.nn", *FILES, "--points", 3, "--directions")
    done = ann(*words, "path:run-30.ckpt", "--dimensions", 2, check=2)
    message = (
        "the checkpoints and the initial weights are 2 points on a line; name more checkpoints, or say --dimensions 1"
    )
    assert done.stderr.splitlines()[-1] == f"ann: {message}"
    ann(*words, "path:run-30.ckpt", "-o", "line.csv", "-q")
    assert "accuracy" in (folder / "line.csv").read_text()
    ann("train", "net.nn", *FILES, 30, "--validation", 0, "--seed", 5, "--checkpoint", "run-5.ckpt", "-o", "n.nn", "-q")
    done = ann(*words, PATH, check=4)
    assert "begins with other weights than the checkpoints before it" in done.stderr


def test_the_numbers_of_other_figures_are_written_too(folder: Path, ann: Ann) -> None:
    ann("plot", "roc", "net.nn", *FILES, "--csv", "roc.csv", "-q")
    ann("plot", "roc", "net.nn", *FILES, "-o", "again.csv", "-q")
    assert (folder / "roc.csv").read_bytes() == (folder / "again.csv").read_bytes()
    assert (folder / "net-roc.svg").exists()


def test_a_slice_is_what_its_numbers_say() -> None:
    # The order of adding is part of the bits.
    cut = Slice(np.array([1.0]), np.array([[0.1], [0.3]]))
    assert cut.at(1, 1)[0] == np.float32((1.0 + 0.3) + 0.1)


def test_the_sharpest_directions_of_kinks_are_rough(folder: Path, ann: Ann) -> None:
    (folder / "relu.nn").write_text(NETWORK.replace("3 tanh", "3 relu"))
    ann("train", "relu.nn", *FILES, 5, "-q")
    done = ann("plot", "surface", "relu.nn", *FILES, "--points", 3, "--directions", "sharpest", "-q")
    message = "layer 1 (`3 relu`) of this network has kinks, where the loss has no second derivatives: the sharpest directions are rough"
    assert message in ann("plot", "surface", "relu.nn", *FILES, "--points", 3, "--directions", "sharpest", "-f").stderr
    assert not done.stdout


def test_samples_of_several_rows_are_counted_as_such(tmp_path: Path, ann: Ann) -> None:
    for name, sign in (("up", 1), ("down", -1)):
        (tmp_path / f"{name}.txt").write_text("".join(f"{sign * k}\n{sign * (k + 1)}\n\n" for k in range(6)))
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: any x 1\nlayers: [2 tanh, mean, 1 logistic]\n")
    ann("train", "net.nn", "up.txt", "down.txt", 3, "--validation", 0, "-q")
    said = ann("plot", "surface", "net.nn", "up.txt", "down.txt", "--points", 3).stderr
    assert "12 of these 12 samples trained the network" in said
    assert " on 12 samples (" in said
