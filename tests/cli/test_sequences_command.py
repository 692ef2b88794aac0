"""Samples of several rows on the command line: blocks, sequences, series, tokens; answers of samples and of rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology

__all__ = ["ann"]
Run = Callable[..., Done]

# Score of a row: a - b; the mean over its rows is that of a sample.
TWO = Shape(2, None)
ROWS = ("1 identity",)
SAMPLES = ("mean", "1 identity")
BLOCKS = "1 2\n3 1\n\n5 5\n\n2 0\n0 1\n1 1\n"


def write(path: Path, layers: tuple[str, ...], shape: Shape = TWO, parameters: object = (0.5, 1, -1)) -> None:
    topology = Topology(shape, layers)
    anncli.save(Network(topology, np.array(parameters, dtype=np.float32), classes=("yes", "no")), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "rows.nn", ROWS)
    write(tmp_path / "samples.nn", SAMPLES)
    (tmp_path / "x.txt").write_text(BLOCKS)
    lines = ["in", "out", "in", "out", "in", "in"]
    rows = [line for line in BLOCKS.split("\n") if line]
    labelled = iter(f"{row} {label}" for row, label in zip(rows, lines, strict=True))
    (tmp_path / "xy.txt").write_text("\n".join(next(labelled) if line else "" for line in BLOCKS.split("\n")))
    (tmp_path / "rows.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [2 tanh, 1 logistic]\n")
    (tmp_path / "samples.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [2 tanh, mean, 1 logistic]\n")
    return tmp_path


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))


BY_ROW = "-0.5\tno\n2.5\tyes\n\n0.5\tno\n\n2.5\tyes\n-0.5\tno\n0.5\tno\n"


def test_a_sample_that_is_too_short_is_named_after_those_above_it(folder: Path, ann: Run) -> None:
    write(folder / "pool.nn", ("mean-pool 2 stride 1", "mean", "1 identity"))
    done = ann("predict", "pool.nn", "x.txt", check=3)
    told = "ann: x.txt: sample 2 has 1 row, and the layers need at least 2; leave it out, or use smaller windows"
    assert done.stdout == "1.0\tyes\n"
    assert done.stderr.startswith(told)


def test_a_line_for_each_row_or_sample(folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ann("predict", "rows.nn", "x.txt").stdout == BY_ROW
    assert ann("predict", "samples.nn", "x.txt").stdout == "1.0\tyes\n0.5\tno\n0.8333333\tyes\n"
    piped(monkeypatch, BLOCKS)
    assert ann("predict", "rows.nn").stdout == BY_ROW
    piped(monkeypatch, "# two\na,b\n\n" + BLOCKS.replace(" ", ",") + "\n\n")
    assert ann("predict", "rows.nn").stdout == BY_ROW


def test_predictions_have_the_number_of_their_sample(folder: Path, ann: Run) -> None:
    found = json.loads(ann("predict", "rows.nn", "x.txt", "--json").stdout)["predictions"]
    assert [one["sample"] for one in found] == [1, 1, 2, 3, 3, 3]
    assert found[2]["scores"] == [0.5]
    table = ann("predict", "samples.nn", "x.txt", "x.txt", "--to", "csv").stdout.splitlines()
    assert table[:3] == ["sample,predicted,score_yes", "1,yes,1.0", "2,no,0.5"]
    assert table[4].startswith("4,yes")


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("1 2\n\n3 4\n\n\n5 6\n", "-0.5\tno\n\n-0.5\tno\n", "5: a sample without rows: two empty lines follow each other; write one empty line between two samples"),
        ("1 2\n\n3 4 5\n", "-0.5\tno\n", "3: expected 2 values, found 3 ('3 4 5'); "),
        ("1 2\n\n3 4\n3 x\n", "-0.5\tno\n", "4:2: expected a number, found 'x'; "),
        ("1\n2\n", "", "1 column for 2 inputs of the network; "),
    ],
)  # fmt: skip
def test_samples_above_a_fault_are_predicted(
    folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch, text: str, given: str, message: str
) -> None:
    piped(monkeypatch, text)
    done = ann("predict", "rows.nn", check=3)
    assert done.stdout == given
    assert message in done.stderr


def test_training_with_an_answer_of_each_row(folder: Path, ann: Run) -> None:
    ann("train", "rows.def", "xy.txt", 3, "--label", "last", "--validation", 0, "-o", "new.nn", "-q")
    assert "accuracy" in ann("test", "new.nn", "xy.txt").stdout
    # The label is passed over.
    assert ann("predict", "new.nn", "xy.txt").stdout == ann("predict", "new.nn", "x.txt").stdout
    assert "passed" in ann("info", "new.nn", "--verify").stdout
    text = (folder / "new.nn").read_text()
    assert "lengths: [2, 1, 3]" in text
    (folder / "bad.nn").write_text(text.replace("lengths: [2, 1, 3]", "lengths: [2, 1, 4]"))
    assert "`inputs` has 6 lines, needs 7" in ann("info", "bad.nn", check=4).stderr


def test_a_row_without_an_answer_counts_nowhere(folder: Path, ann: Run) -> None:
    (folder / "gap.csv").write_text("a,b,y\n1,2,in\n3,1,\n\n5,5,out\n2,0,in\n")
    ann("train", "rows.def", "gap.csv", 3, "--label", "y", "--validation", 0, "-o", "new.nn", "-q")
    found = json.loads(ann("test", "new.nn", "gap.csv", "--json").stdout)["sets"]["test"]
    assert found["tp"] + found["fn"] + found["tn"] + found["fp"] == 3


def test_rows_of_a_sample_must_agree_where_it_has_one_answer(folder: Path, ann: Run) -> None:
    done = ann("train", "samples.def", "xy.txt", 3, "--label", "last", "-o", "new.nn", check=3)
    message = "ann: xy.txt:2: the answers of the rows of a sample differ in column '3': 'out' here, 'in' in its first row (line 1)"
    assert message in done.stderr


def test_files_of_one_class_each(folder: Path, ann: Run) -> None:
    (folder / "other.txt").write_text(BLOCKS.replace("5", "-5"))
    ann("train", "samples.def", "x.txt", "other.txt", 3, "--validation", 0, "-o", "new.nn", "-q")
    found = json.loads(ann("test", "new.nn", "x.txt", "other.txt", "--json").stdout)["sets"]["test"]
    assert found["tp"] + found["fn"] == 3
    # Where every row has an answer, it is the class of the file.
    ann("train", "rows.def", "x.txt", "other.txt", 3, "--validation", 0, "-o", "rows.nn", "-q")
    found = json.loads(ann("test", "rows.nn", "x.txt", "other.txt", "--json").stdout)["sets"]["test"]
    assert found["tp"] + found["fn"] == 6


SEQUENCES = "who,t,a,b,y\nx,2,3,1,in\nz,1,5,5,out\nx,1,1,2,in\nw,3,1,1,in\nw,1,2,0,in\nw,2,0,1,in\n"


def test_rows_of_one_value_are_one_sample(folder: Path, ann: Run) -> None:
    (folder / "s.csv").write_text(SEQUENCES)
    asked = ("--sequence", "who", "--order", "t", "--label", "y")
    ann("train", "samples.def", "s.csv", 3, *asked, "--validation", 0, "-o", "new.nn", "-q")
    # The network knows the columns; the first sample is x, the last is w.
    assert len(ann("predict", "new.nn", "s.csv").stdout.splitlines()) == 3
    assert ann("predict", "new.nn", "s.csv").stdout == ann("predict", "new.nn", "x.txt").stdout
    plain = ann("predict", "rows.nn", "s.csv", "--sequence", "who", "--ignore", "y,t", "--scores").stdout
    assert plain == "2.5\n-0.5\n\n0.5\n\n0.5\n2.5\n-0.5\n"
    assert "no cell in column 'who', which says whose row it is" in _refused(
        folder, ann, SEQUENCES.replace("z,", ","), asked
    )


def _refused(folder: Path, ann: Run, text: str, asked: tuple[str, ...]) -> str:
    (folder / "bad.csv").write_text(text)
    return ann("train", "samples.def", "bad.csv", 3, *asked, "-o", "no.nn", check=3).stderr


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--transpose"], "--transpose is for samples of one row each; leave it out"),
        (["--label", "file:y.txt"], "--label file:NAME is for samples of one row each; write the answers into a column of the file"),
        (["--label", "inputs"], "--label inputs is for samples of one row each; name the column of the answers"),
        (["--order", "t"], "--order is the order of the rows of a sequence here; add --sequence NAME"),
        (["--missing", "median+indicator"], "--missing median+indicator makes inputs that are no columns; say --missing mean or median"),
    ],
)  # fmt: skip
def test_what_samples_of_several_rows_do_not_have(folder: Path, ann: Run, asked: list[str], message: str) -> None:
    # Before any data are read.
    assert ann("train", "rows.def", "none.txt", 3, *asked, "-o", "no.nn", check=2).stderr == f"ann: {message}\n"


def test_a_sequence_needs_a_network_that_takes_it(folder: Path, ann: Run) -> None:
    (folder / "plain.def").write_text("anncli: 1\ninputs: 2\nlayers: [1 logistic]\n")
    done = ann("train", "plain.def", "none.csv", 3, "--sequence", "who", "-o", "no.nn", check=2)
    assert "--sequence who: a sample of this network is one row; write `inputs: any x N`" in done.stderr
    assert "--baselines: there are none for samples of several rows" in ann("test", "samples.nn", "x.txt", "--baselines", "--training", "x.txt", check=2).stderr  # fmt: skip
    assert "--with is for samples of one row each" in ann("predict", "rows.nn", "x.txt", "--with", "1", check=2).stderr


TS = "@univariate true\n@equalLength false\n@classLabel true a b\n@data\n" + "".join(
    f"{','.join(str(k * sign) for k in range(n))}:{name}\n"
    for n in (3, 5, 2, 4)
    for sign, name in ((1, "a"), (-1, "b"))
)


def test_series_of_several_lengths_get_a_network_of_their_own(folder: Path, ann: Run) -> None:
    (folder / "s.ts").write_text(TS)
    ann("train", "s.ts", 3, "--validation", 0, "--hidden", 2, "-q")
    assert "inputs: any x 1\nlayers: [2 tanh convolution 9, max, 1 logistic]\n" in (folder / "s.nn").read_text()
    assert len(ann("predict", "s.nn", "s.ts", "--classes").stdout.splitlines()) == 8
    message = "the rows of a sample" if False else "series of several lengths need a network of `inputs: any x 1`"
    (folder / "plain.def").write_text("anncli: 1\ninputs: 3\nlayers: [1 logistic]\n")
    assert message in ann("train", "plain.def", "s.ts", 3, "-o", "no.nn", check=3).stderr
    assert "folds" in ann("cv", "s.ts", 2, "--folds", 2, "--hidden", 2).stdout


def test_rows_of_samples_are_examined(folder: Path, ann: Run) -> None:
    (folder / "c.csv").write_text("a,b,y\n1,7,u\n1,7,u\n\n2,7,v\n1,7,v\n2,7,v\n\n3,7,u\n1,7,u\n4,7,u\n\n2,7,v\n5,7,v\n")
    done = ann("check", "samples.def", "c.csv", "--label", "y")
    assert "their rows are examined, and equal rows are not looked for" in done.stderr
    assert "7 in all rows" in done.stdout or "'b'" in done.stdout
    assert "equal an earlier one" not in done.stdout
    (folder / "t.def").write_text("anncli: 1\ninputs: 4 tokens\nlayers: [1 logistic]\n")
    assert "ann check is for samples of one row of numbers, and this network takes `inputs: 4 tokens`" in ann("check", "t.def", "none", check=2).stderr  # fmt: skip
    assert "ann explain is for samples of one row" in ann("explain", "rows.nn", "none", check=2).stderr


def test_samples_of_a_test_set_that_trained_are_said(folder: Path, ann: Run) -> None:
    (folder / "test.txt").write_text((folder / "xy.txt").read_text() + "\n8 8 in\n")
    done = ann(
        "train", "rows.def", "xy.txt", 2, "--label", "last", "--test", "test.txt", "--validation", 0, "-o", "new.nn"
    )
    assert "3 of 4 samples of the test set equal a training sample: they say nothing about new samples" in done.stderr


SPARSE = "+1 1:2 4:0.5\n-1 2:1\n+1 4:1\n-1\n"


def test_sparse_rows_are_never_dense(folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "t.nn", ("1 identity",), Shape(4, None, None, True), (0.5, 1, 2, 3, 4))
    (folder / "s.svm").write_text(SPARSE)
    assert ann("predict", "t.nn", "s.svm", "--scores").stdout == "4.5\n2.5\n4.5\n0.5\n"
    piped(monkeypatch, "1:2 4:0.5\n2:1\n")
    assert ann("predict", "t.nn", "--scores").stdout == "4.5\n2.5\n"
    (folder / "far.svm").write_text("1 1:2\n1 2:1 5:1\n")
    done = ann("predict", "t.nn", "far.svm", check=3)
    assert "token 5 is beyond 1 to 4; the network has `inputs: 4 tokens`" in done.stderr
    (folder / "gap.svm").write_text("1 1:2\n1 2:nan\n")
    assert "gap.svm:2: the value of token 2 is missing" in ann("predict", "t.nn", "gap.svm", check=3).stderr
    (folder / "t.def").write_text("anncli: 1\ninputs: 4 tokens\nlayers: [2 tanh, 1 logistic]\n")
    ann("train", "t.def", "s.svm", 3, "--validation", 0, "-o", "new.nn", "-q")
    assert "first_token" not in (folder / "new.nn").read_text()
    assert "far.svm:2: token 5 is beyond 1 to 4" in ann("test", "new.nn", "far.svm", check=3).stderr


def test_agents_are_one_token_a_row(folder: Path, ann: Run) -> None:
    (folder / "a.def").write_text("anncli: 1\ninputs: 4 tokens\nlayers: [2 embedding, 1 logistic]\n")
    (folder / "a.txt").write_text("0 in\n3 out\n\n1 in\n\n2 out\n0 in\n")
    ann("train", "a.def", "a.txt", 3, "--label", "last", "--validation", 0, "-o", "new.nn", "-q")
    assert "  first_token: 0\n" in (folder / "new.nn").read_text()
    (folder / "x.txt").write_text("1\n2\n\n3\n")
    assert [bool(line) for line in ann("predict", "new.nn", "x.txt").stdout.split("\n")] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_a_file_without_the_column_of_the_sequences_is_not_answered_in_silence(folder: Path, ann: Run) -> None:
    rows = "".join(
        f"{number // 2},{number * 7 % 11},{number % 3},{'no' if number // 2 % 2 else 'yes'}\n" for number in range(16)
    )
    (folder / "told.csv").write_text("who,a,b,y\n" + rows)
    (folder / "bare.csv").write_text("a,b\n1,2\n3,4\n")
    ann("train", "samples.def", "told.csv", 1, "--sequence", "who", "--label", "y", "-o", "told.nn", "-q")
    assert ann("predict", "told.nn", "told.csv").stderr == ""
    done = ann("predict", "told.nn", "bare.csv")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.startswith(
        "ann: warning: bare.csv: no column 'who', which told the samples of the training apart: "
    )
