"""`ann plot`: what it writes, and what it refuses before it reads any data."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ann_process import Ann

from anncli.cli.main import run

FILES = ("pos.txt", "neg.txt")


@pytest.fixture
def folder(trained: Path) -> Path:
    (trained / "new.txt").write_text("1.1 2.2\n-3 1\n")
    return trained


@pytest.mark.slow
def test_figures_are_written_and_give_equal_bytes(folder: Path, ann: Ann) -> None:
    done = ann("plot", "roc", "net.nn", *FILES)
    assert done.stdout == "roc written to net-roc.svg\n"
    assert "of these 16 rows trained the network" in done.stderr
    first = (folder / "net-roc.svg").read_bytes()
    ElementTree.fromstring(first)
    assert ann("plot", "roc", "net.nn", *FILES, "-o", "-", "--threads", 2).stdout.encode() == first
    assert "net-roc.svg exists; overwrite it with --force" in ann("plot", "roc", "net.nn", *FILES, check=2).stderr
    ann("plot", "roc", "net.nn", *FILES, "--force", "-q")
    assert (folder / "net-roc.svg").read_bytes() == first


@pytest.mark.slow
def test_numbers_are_written_as_a_table(folder: Path, ann: Ann) -> None:
    ann("plot", "loss", "net.nn", "-o", "loss.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "loss.csv").read_text())))
    assert list(rows[0]) == ["curve", "epoch", "loss"]
    training = [row for row in rows if row["curve"] == "training"]
    assert [row["epoch"] for row in training] == [str(k) for k in range(1, 21)]
    document = json.loads(ann("plot", "confusion", "net.nn", *FILES, "-o", "c.csv", "--json").stdout)
    assert (document["figure"], document["output"], document["rows"]) == ("confusion", "c.csv", 16)
    counts = list(csv.DictReader(io.StringIO((folder / "c.csv").read_text())))
    assert sum(float(row["rows"]) for row in counts if row.get("set", "all").startswith("all")) == 16


def test_a_picture_needs_its_library(folder: Path, ann: Ann) -> None:
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        done = ann("plot", "weights", "net.nn", "-o", "w.png", check=1)
        assert done.stderr == "ann: PNG pictures need the package resvg-py; pip install 'anncli[plot]', or write .svg\n"
        assert not (folder / "w.png").exists()
        return
    ann("plot", "weights", "net.nn", "-o", "w.png")
    assert (folder / "w.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_boundary_over_two_inputs(folder: Path, ann: Ann) -> None:
    ann("plot", "boundary", "net.nn", *FILES, "-q")
    text = (folder / "net-boundary.svg").read_text()
    assert ">Decision boundary</text>" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rok", "net.nn", *FILES), "ann: no figure is called 'rok'; did you mean 'roc'?"),
        ((), "ann: Missing argument 'WHAT'; try 'ann plot --help'"),
        (("roc",), "ann: Missing argument 'NETWORK'; try 'ann plot --help'"),
        (("roc", "net.nn"), "ann: Missing argument 'DATA...'; plot roc needs rows with answers"),
        (("loss", "net.nn", "pos.txt"), "ann: plot loss takes no DATA: everything is in the network file; leave them out"),
        (("roc", "net.nn", "none.txt", "-o", "roc.pdf"), "ann: --output roc.pdf: the ending says what is written; use one of .svg, .png, .csv"),
        (("roc", "net.nn", "none.txt", "-o", "net.nn.svg/x.svg"), "ann: net.nn.svg/x.svg: cannot write: No such file or directory; create the folder first"),
        (("roc", "net.nn", "none.txt", "--column", "a,b"), "ann: --column is not for plot roc; use it with plot boundary"),
        (("predicted", "net.nn", *FILES), "ann: 'predicted' is for regression, and the network is for classification; draw one of loss, roc, pr, calibration, confusion, scores, importance, boundary, surface, spectrum, raster, voltage, words, weights"),
        (("roc", "net.nn", *FILES, "-o", "-", "--json"), "ann: --json and --output - cannot both go to stdout; name a file for --output"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    assert run(["plot", *words]) == (1 if "cannot write" in message else 2)
    assert capsys.readouterr().err == message + "\n"
    assert not list(folder.glob("*.svg"))


def test_an_output_that_is_read_is_refused(folder: Path, ann: Ann) -> None:
    (folder / "pos.csv").write_text((folder / "pos.txt").read_text())
    done = ann("plot", "roc", "net.nn", "pos.csv", "neg.txt", "-o", "pos.csv", "--force", check=2)
    assert done.stderr.endswith("ann: --output pos.csv would overwrite a file that this run needs; give another name\n")


def test_an_untrained_network_is_refused(small: Path, ann: Ann) -> None:
    assert "the network has no weights yet" in ann("plot", "weights", "net.nn", check=4).stderr
