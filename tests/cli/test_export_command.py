"""`ann export`: what it writes, prints and refuses, and that nothing is written before it is proved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

from anncli.analysis import exporting
from anncli.analysis.exporting import places_of
from anncli.api import export
from anncli.cli.main import run
from anncli.cli.showing.work import Timed
from anncli.errors import AnnError, NetworkError, UsageError
from anncli.formats.exports import ann1dn
from anncli.formats.networks.storage import load, save
from anncli.network.network import Network


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder with a trained network net.nn, an untrained one new.nn and class files."""
    monkeypatch.chdir(tmp_path)
    network = Network.create(2, [(2, "logistic"), (1, "logistic")], classes=("yes", "no"))
    network.set_parameters([0.5, -0.25, 1, -3, 2, 0.5, 0.125, 1.5, -1.5])
    save(network, "net.nn")
    Path("new.nn").write_text("anncli: 1\ninputs: 2\nlayers: [2 tanh, 1 logistic]\n")
    Path("p.txt").write_text("1 2\n2 1\n0 1\n")
    Path("n.txt").write_text("-1 -2\n-2 -1\n0 -1\n")
    return tmp_path


def said(arguments: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    assert run(["export", *arguments.split()]) == code
    out, err = capsys.readouterr()
    return out, err


def test_the_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said("net.nn p.txt n.txt -o net.json", capsys)
    lines = out.splitlines()
    assert lines[0] == f"net.json: json, {(folder / 'net.json').stat().st_size} bytes"
    assert lines[1].startswith("proof               ann ")
    assert lines[1].endswith("which read it back: 1000 rows, 500 inside the range of training, 500 outside")
    assert lines[2] == "largest difference  0, relative 0 (allowed 1e-05 x (1 + |output|))"
    assert lines[3] == "other decisions     0"
    assert lines[4].startswith("accuracy %          ")
    assert lines[4].endswith(" (6 rows of DATA)")
    assert err == ""


def test_the_json_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(said("net.nn -o a.txt --to ann1dn --json", capsys)[0])
    assert document["format"] == "ann1dn"
    assert document["files"] == [{"path": "a.txt", "bytes": (folder / "a.txt").stat().st_size}]
    assert document["proof"]["state"] == "passed"
    assert document["proof"]["rows"] == {"self_test": 0, "inside": 500, "outside": 500}
    assert document["data"] is None


def test_stdout_takes_the_file_and_stderr_the_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said("net.nn -o - --to ann1dn", capsys)
    assert out.startswith("3\n2 2 1 \n")
    assert err.startswith("<stdout>: ann1dn, ")


@pytest.mark.parametrize(
    ("target", "name"), [("my-net.py", "my_net"), ("class.py", "class_"), ("2.py", "n2"), ("net", "net")]
)
def test_a_file_that_python_cannot_import_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], target: str, name: str
) -> None:
    _, err = said(f"net.nn -o {target} --to python --no-prove", capsys)
    assert f"ann: {target} runs as a program; to import it, call the file {name}.py" in err.splitlines()
    assert "import it" not in said("net.nn -o right.py --no-prove", capsys)[1]
    assert "import it" not in said("net.nn -o - --to python --no-prove", capsys)[1]


def test_no_prove_says_that_nothing_was_proved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said("net.nn -o net.json --no-prove", capsys)
    assert out.splitlines()[1:] == ["proof               none: --no-prove left it out"]
    assert json.loads(said("net.nn -o net.json -f --no-prove --json", capsys)[0])["proof"] is None


def test_a_proof_that_fails_leaves_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ann1dn.EXPORT.render

    def wrong(network, request):
        return {"": right(network, request)[""].replace(b"-3", b"-3.1")}

    monkeypatch.setattr(ann1dn.EXPORT, "render", wrong)
    out, err = said("net.nn -o a.txt --to ann1dn", capsys, 1)
    assert out == ""
    assert err.startswith("ann: net.nn: the ann1dn export does not compute what the network computes: output 1 of row ")
    assert err.endswith("ran it; nothing was written; --no-prove writes it without a proof\n")
    assert not (folder / "a.txt").exists()
    (folder / "a.txt").write_text("old")
    said("net.nn -o a.txt --to ann1dn --force", capsys, 1)
    assert (folder / "a.txt").read_text() == "old"
    said("net.nn -o a.txt --to ann1dn --force --no-prove", capsys)
    assert (folder / "a.txt").read_text() != "old"


def test_an_export_that_does_not_run_leaves_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(files):
        raise RuntimeError("ann1dn ended with 3")

    monkeypatch.setattr(ann1dn.EXPORT, "read_back", fails)
    _, err = said("net.nn -o a.txt --to ann1dn", capsys, 1)
    assert err == "ann: net.nn: the ann1dn export does not run: ann1dn ended with 3; nothing was written; --no-prove writes it without a proof\n"  # fmt: skip
    assert not (folder / "a.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ("net.nn", 2, "nothing says where to write; name a file: -o FILE; its ending says the format"),
        ("net.nn -o x.nn", 2, "x.nn would be a network file; say --to ann1dn, or leave it: ann train and ann import write networks"),
        ("net.nn -o -", 2, "stdout has no ending that names a format; say --to json, "),
        ("net.nn -o x.json --to csv", 2, "--to csv is a format of tables, not of networks; use one of json, "),
        ("net.nn -o x.json --to jsno", 2, "--to: unknown format 'jsno'; did you mean 'json'?"),
        ("net.nn -o x.json --to yaml", 2, "--to: unknown format 'yaml'; use one of json, fann, graphviz, "),
        ("net.nn -o x.json --int8", 2, "--int8: json has no fixed-point numbers; "),
        ("net.nn -o x.c --int8 --int16", 2, "--int8 and --int16 exclude each other; leave one of them out"),
        ("net.nn -o x.json --name 9a", 2, "the name must be letters, digits and _, not begin with a digit, found '9a'; write for example n9a"),
        ("net.nn -o net.nn --to json", 2, "--output net.nn would overwrite a file that this run needs; give another name"),
        ("net.nn -o p.txt --to json", 2, "--output p.txt exists; overwrite it with --force, or give another name"),
        ("net.nn p.txt n.txt -o p.txt --to json -f", 2, "--output p.txt would overwrite a file that this run needs; give another name"),
        ("net.nn -o - --to json --json", 2, "--json and --output - cannot both go to stdout; name a file for --output"),
        ("none.nn -o x.json", 4, "none.nn: no such file; check the name, or make a network with `ann train`"),
        ("new.nn -o x.json", 4, "new.nn: the network has no weights yet; train it first: ann train new.nn ..."),
        ("net.nn none.txt n.txt -o x.json", 3, "none.txt: no such file; check the name and the folder you are in"),
    ],
)  # fmt: skip
def test_what_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, text: str
) -> None:
    out, err = said(arguments, capsys, code)
    assert out == "" or "--json" in arguments
    assert err.startswith(f"ann: {text}"), err
    assert not (folder / "x.json").exists()


def test_a_network_that_the_format_cannot_hold(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network.create(2, [(2, "relu"), (1, "logistic")])
    network.set_parameters(np.zeros(9))
    save(network, "relu.nn")
    _, err = said("relu.nn -o a.txt --to ann1dn", capsys, 4)
    assert err == "ann: relu.nn: an ann1dn file cannot hold relu units, only linear, logistic or tanh\n"


def test_from_python(folder: Path) -> None:
    network = load("net.nn")
    proof = export(network, "a.json")
    assert proof.is_proved
    assert load("a.json").classes == ("yes", "no")
    assert export(network, "b.txt", "ann1dn", prove=False) is None
    with pytest.raises(UsageError, match="does not say what to write"):
        export(network, "b.abc")
    with pytest.raises(UsageError, match="json has no fixed-point numbers; write c or c-header, or leave it out"):
        export(network, "c.json", bits=8)
    with pytest.raises(NetworkError, match="no weights yet"):
        export(load("new.nn"), "c.json")
    assert not Path("c.json").exists()


def test_a_long_proof_shows_its_time() -> None:
    work = Timed("proving the c export")
    work.pace.began -= 65
    assert work.line(80) == "proving the c export  1:05"
    assert work.sentence() == "proving the c export, 65 s"


def test_names_of_functions_come_from_the_file() -> None:
    names = {"out/iris.c": "iris", "a-b c.net": "a_b_c", "9.c": "n9", "é.c": "network", "-": "network", "x.y.c": "x"}
    assert {target: exporting.name_of(target) for target in names} == names
    assert exporting.name_of("a" * 250 + ".c") == "a" * 40


def test_several_files_on_stdout_are_refused() -> None:
    with pytest.raises(AnnError, match="several files are written"):
        exporting.places_of({"": b"", ".h": b""}, "-")
    assert exporting.places_of({"": b"1", ".h": b"2"}, "a/b.c") == {"a/b.c": b"1", "a/b.h": b"2"}


@pytest.mark.slow
def test_a_process_writes_the_file(ann: Ann, trained: Path) -> None:
    done = ann("export", "net.nn", "-o", "small.json", cwd=trained)
    assert " of the self-test, 500 inside the range of training, 500 outside" in done.stdout
    scores = [ann("predict", network, "pos.txt", cwd=trained).stdout for network in ("small.json", "net.nn")]
    assert scores[0] == scores[1]


def test_two_files_of_one_name_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"--output net\.h: a second file that is written has the same name"):
        places_of({"": b"1", ".h": b"2"}, "net.h")
    # The header alone is another format.
    assert said("net.nn -o net.h --to c --no-prove", capsys)[0].startswith("net.h: c-header, ")


def test_stdout_by_its_other_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said("net.nn -o /dev/stdout --to ann1dn -f", capsys)
    assert out.startswith("3\n2 2 1 \n")
    assert err.startswith("/dev/stdout: ann1dn, ")
    _, err = said("net.nn -o /dev/stdout --to ann1dn -f --json", capsys, 2)
    assert err == "ann: --json and --output /dev/stdout cannot both go to stdout; name a file for --output\n"


def test_two_files_are_written_both_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "net.c").mkdir()
    (tmp_path / "net.h").write_text("old")
    places = {f"{tmp_path}/net.c": b"new", f"{tmp_path}/net.h": b"new"}
    with pytest.raises(AnnError, match="Is a directory"):
        exporting.write_files(places)
    assert (tmp_path / "net.h").read_text() == "old"
    (tmp_path / "net.c").rmdir()
    exporting.write_files(places)
    assert [(tmp_path / name).read_text() for name in ("net.c", "net.h")] == ["new", "new"]


def test_a_device_takes_one_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said("net.nn -o /dev/null --to ann1dn", capsys)[0].startswith("/dev/null: ann1dn, ")
    _, err = said("net.nn -o /dev/null --to c --no-prove", capsys, 2)
    assert err == "ann: several files are written (also NAME.h), and /dev/null takes one; name a file with -o\n"
