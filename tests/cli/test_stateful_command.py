"""`ann predict --stateful`: each row is answered as it comes, by what `ann predict` says of whole samples."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from ann_process import clean_environment
from inside import Done, ann

import anncli
from anncli.arrays import Rows, Tokens
from anncli.backends.choice import choose_backend
from anncli.formats.networks.storage import save
from anncli.inference.predict import predict
from anncli.inference.row_answers import RowAnswers
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology

__all__ = ["ann"]
Run = Callable[..., Done]

ROWS = "1,2\n3,1\n0,1\n\n5,5\n\n2,0\n0.5,1\n"


def network(layers: str, inputs: str = "any x 2", seed: int = 1) -> Network:
    topology = Topology(read_inputs(inputs), layers.split(", "))
    parameters = np.random.default_rng(seed).normal(size=topology.n_parameters).astype(np.float32)
    classes = ("in", "out") if topology.n_outputs == 1 else tuple("abcdefg"[: topology.n_outputs])
    return Network(topology, parameters, classes=classes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(network("4 lstm, 1 logistic"), tmp_path / "r.nn")
    save(network("4 lstm, 3 gru, last, 3 tanh, 3 softmax"), tmp_path / "s.nn")
    (tmp_path / "x.csv").write_text(ROWS)
    return tmp_path


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))


def scores(text: str) -> np.ndarray:
    return np.array([[float(x) for x in line.split("\t")] for line in text.splitlines() if line])


def same(found: str, whole: str) -> None:
    """Compiled code computes each row alike, whatever is beside it; numpy within the rounding of 32 bits."""
    if choose_backend().name == "numpy":
        np.testing.assert_allclose(scores(found), scores(whole), rtol=0, atol=1e-6)
    else:
        assert np.array_equal(scores(found), scores(whole))


def layout(text: str) -> list[bool]:
    return [bool(line) for line in text.splitlines()]


def test_the_answers_are_those_for_whole_samples(folder: Path, ann: Run, pipe: Callable[[str], None]) -> None:
    whole = ann("predict", "r.nn", "x.csv", "--scores").stdout
    pipe(ROWS)
    found = ann("predict", "r.nn", "--stateful", "--scores").stdout
    assert layout(found) == layout(whole) == [True, True, True, False, True, False, True, True]
    same(found, whole)
    # The state matters: without it the fifth row has another answer.
    pipe("2,0\n")
    assert scores(ann("predict", "r.nn", "--stateful", "--scores").stdout)[0] == scores(found)[4]
    assert abs(scores(found)[1] - scores(found)[4]) > 1e-3


def test_a_network_that_ends_in_one_answer_gives_that_for_the_rows_so_far(
    folder: Path, ann: Run, pipe: Callable[[str], None]
) -> None:
    pipe(ROWS)
    found = ann("predict", "s.nn", "--stateful", "--scores").stdout
    assert layout(found) == [True, True, True, False, True, False, True, True]
    parts = [block.splitlines() for block in ROWS.split("\n\n")]
    wanted = []
    for rows in parts:
        for n in range(1, len(rows) + 1):
            (folder / "part.csv").write_text("\n".join(rows[:n]) + "\n")
            wanted.append(ann("predict", "s.nn", "part.csv", "--scores").stdout)
    same(found, "".join(wanted))


@pytest.mark.parametrize("name", ["r.nn", "s.nn"])
def test_classes_json_and_tables_say_the_same(folder: Path, ann: Run, pipe: Callable[[str], None], name: str) -> None:
    pipe(ROWS)
    classes = ann("predict", name, "--stateful", "--classes").stdout.split()
    pipe(ROWS)
    document = json.loads(ann("predict", name, "--stateful", "--json").stdout)["predictions"]
    assert [entry["sample"] for entry in document] == [1, 1, 1, 2, 3, 3]
    assert [entry["class"] for entry in document] == classes
    pipe(ROWS)
    table = ann("predict", name, "--stateful", "--to", "csv").stdout.splitlines()
    assert [line.split(",")[:2] for line in table[1:]] == [[str(e["sample"]), e["class"]] for e in document]
    pipe(ROWS)
    ann("predict", name, "--stateful", "-o", "p.csv")
    assert (folder / "p.csv").read_text().splitlines() == table
    pipe(ROWS)
    lines = [json.loads(line) for line in ann("predict", name, "--stateful", "--to", "jsonl").stdout.splitlines()]
    assert [line["sample"] for line in lines] == [1, 1, 1, 2, 3, 3]


def test_the_answers_do_not_depend_on_how_many_rows_come_at_a_time() -> None:
    rng = np.random.default_rng(0)
    for layers, inputs in (("6 lstm, 4 gru, 3 softmax", "any x 5"), ("4 embedding, 5 tanh recurrent, last, 2 tanh, 1 logistic", "7 tokens")):  # fmt: skip
        net, n = network(layers, inputs), 40
        starts = np.array([0, n])
        whole: Rows | Tokens = Rows(rng.normal(size=(n, 5)).astype(np.float32), starts)
        if net.topology.inputs.tokens:
            whole = Tokens(rng.integers(0, 7, n), np.ones(n, np.float32), starts, 7)
        answers = RowAnswers(net)
        at_once = answers.answers(whole)
        answers.begin()
        parts, first = [], 0
        for size in (1, 1, 7, 31):
            here, own = slice(first, first + size), np.array([0, size])
            if isinstance(whole, Tokens):
                parts.append(answers.answers(Tokens(whole.indices[here], whole.values[here], own, 7)))
            else:
                parts.append(answers.answers(Rows(whole.values[here], own)))
            first += size
        assert np.concatenate(parts).tobytes() == at_once.tobytes()
        answers.close()
        if net.topology.answers_rows:
            np.testing.assert_allclose(at_once, predict(net, whole), rtol=0, atol=1e-6)


def test_scaling_ensembles_target_scaling_and_missing_names(
    folder: Path, ann: Run, pipe: Callable[[str], None]
) -> None:
    rng = np.random.default_rng(1)
    blocks = ["".join(f"{a:.3f},{b:.3f},{a + b:.3f}\n" for a, b in rng.normal(5, 3, (4, 2))) for _ in range(12)]
    (folder / "y.csv").write_text("height,width,sum\n" + "\n".join(blocks))
    (folder / "d.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [3 gru, 1 linear]\n")
    ann("train", "d.def", "y.csv", 5, "--label", "sum", "--ensemble", 2, "-o", "d.nn", "-q")
    assert anncli.load(folder / "d.nn").members
    whole = ann("predict", "d.nn", "y.csv", "--scores").stdout
    # All columns of the table, in its order, with words among the answers; the inputs by their names in another one; the
    # inputs alone.
    text = (folder / "y.csv").read_text()
    cells = [line.split(",") for line in text.splitlines()]
    turned = "\n".join(",".join(row[1::-1]) for row in cells) + "\n"
    alone = "\n".join(",".join(row[:2]) for row in cells[1:]) + "\n"
    worded = "\n".join(",".join([*row[:2], '"a, b"'] if row[0] else [""]) for row in cells[1:]) + "\n"
    for given in (text, turned, alone, worded):
        pipe(given)
        found = ann("predict", "d.nn", "--stateful", "--scores").stdout
        assert layout(found) == layout(whole)
        np.testing.assert_allclose(scores(found), scores(whole), rtol=0, atol=1e-5)


def test_each_row_is_answered_before_the_next_one_comes(folder: Path) -> None:
    command = [sys.executable, "-m", "anncli", "predict", "r.nn", "--stateful", "--classes"]
    with subprocess.Popen(command, cwd=folder, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for line, answer in ((b"a,b\n1,2\n", 1), (b"3,1\n", 1), (b"\n", 0), (b"# a remark\n5,5\n", 2)):
            process.stdin.write(line)
            process.stdin.flush()
            answers = [process.stdout.readline() for _ in range(answer)]
            assert answers[:-1] == [b"\n"] * (answer - 1)
            assert not answers or answers[-1] in (b"in\n", b"out\n")
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("text", "n_answers", "message"),
    [
        ("1,2\n3,1\n\n3,1,4\n", 2, "<stdin>:4: expected 2 values, found 3 ('3,1,4'); line 1 has 2"),
        ("1,2\n3,x\n", 1, "<stdin>:2:2: expected a number, found 'x'"),
        ("1,2\n3,\n", 1, "<stdin>:2:2: the value is missing; write a number, or take the row out"),
        ("a,b\n1,2\n3,1e60\n", 1, "<stdin>:3:2: '1e60' is too large for a 32-bit float"),
        ("1,2\n\n\n3,1\n", 1, "<stdin>:3: a sample without rows: two empty lines follow each other; write one empty line between two samples"),
        ("1,2,3\n", 0, "<stdin>: 3 columns for 2 inputs of the network; give rows of the inputs alone"),
        ("", 0, "<stdin>: holds no rows; write one row of values per line"),
        ("a,b\n", 0, "<stdin>: holds no rows; write one row of values per line"),
        ("\n\n1,2\n\n\n", 1, None),
    ],
)  # fmt: skip
def test_rows_above_a_fault_are_answered(
    folder: Path, ann: Run, pipe: Callable[[str], None], text: str, n_answers: int, message: str | None
) -> None:
    pipe(text)
    done = ann("predict", "r.nn", "--stateful", check=0 if message is None else 3)
    assert len([line for line in done.stdout.splitlines() if line]) == n_answers
    assert done.stderr.startswith(f"ann: {message}" if message else "")


@pytest.mark.parametrize(
    ("layers", "inputs", "message"),
    [
        ("3 tanh, 1 logistic", "2", "--stateful: a sample of this network is one row, which has no rows before it; leave --stateful out"),
        ("3 lstm, mean, 1 logistic", "any x 2", "--stateful: layer 2 (`mean`) needs the whole sample; without it the network answers for every row; or leave --stateful out"),
        ("3 lstm bidirectional, 1 logistic", "any x 2", "--stateful: layer 1 (`3 lstm bidirectional`) needs the whole sample; leave `bidirectional` or --stateful out"),
        ("3 tanh convolution 2, 1 logistic", "any x 2", "--stateful: layer 1 (`3 tanh convolution 2`) needs the whole sample; leave --stateful out"),
        ("3 tanh, 1 logistic", "4 tokens", "--stateful: layer 1 (`3 tanh`) needs the whole sample; begin with `64 embedding` or a recurrent layer, or leave --stateful out"),
    ],
)  # fmt: skip
def test_networks_that_need_the_whole_sample(folder: Path, ann: Run, layers: str, inputs: str, message: str) -> None:
    save(network(layers, inputs), folder / "w.nn")
    assert ann("predict", "w.nn", "none.csv", "--stateful", check=2).stderr == f"ann: {message}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "ts"], "--stateful reads rows of numbers as they come, and --format is for tables; leave one of the two out"),
        (["--sequence", "who"], "--stateful reads rows of numbers as they come, and --sequence is for tables; leave one of the two out"),
        (["--reproducible"], "--reproducible and --stateful exclude each other; leave one of the two out"),
        (["--with", "a"], "--with is for samples of one row each; leave it out"),
    ],
)  # fmt: skip
def test_options_that_a_stream_does_not_have(folder: Path, ann: Run, words: list[str], message: str) -> None:
    assert ann("predict", "r.nn", "none.csv", "--stateful", *words, check=2).stderr == f"ann: {message}\n"


def test_files_are_streams_too_and_each_begins_a_sample(folder: Path, ann: Run) -> None:
    (folder / "y.csv").write_text("5,5\n")
    one = ann("predict", "r.nn", "y.csv", "--stateful", "--scores").stdout
    both = ann("predict", "r.nn", "x.csv", "y.csv", "--stateful", "--scores").stdout
    assert both.endswith("\n\n" + one)


@pytest.mark.slow
def test_five_thousand_rows_in_a_second_of_the_processor(tmp_path: Path) -> None:
    answers = RowAnswers(network("16 lstm, 1 logistic"))
    rows = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    taken = []
    for _ in range(3):
        begun = time.process_time()
        answers.answers(Rows(rows, np.array([0, len(rows)])))
        taken.append(time.process_time() - begun)
    assert min(taken) < len(rows) / 5000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("h,w,kind\n1,2,x y\n\n1,2\n", "<stdin>:4: expected 3 values, found 2 ('1,2'); line 1 has 3"),
        ("kind,w,h\nx,1,2\ny,u,3\n", "<stdin>:3:2: expected a number, found 'u'; correct it, or take the row out"),
        ("1,2,low # a remark\n1,3,low,4\n", "<stdin>:2: expected 3 values, found 4 ('1,3,low,4'); line 1 has 3"),
        ("1,2,low\n1,,high\n", "<stdin>:2:2: the value is missing; write a number, or take the row out"),
    ],
)
def test_columns_that_are_no_inputs_are_left_out(
    folder: Path, ann: Run, pipe: Callable[[str], None], text: str, message: str
) -> None:
    (folder / "t.csv").write_text("h,w,kind\n1,2,low\n0,1,high\n\n2,2,low\n")
    (folder / "t.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [3 lstm, 1 logistic]\n")
    ann("train", "t.def", "t.csv", 2, "--label", "kind", "--validation", 0, "-o", "t.nn", "-q")
    pipe(text)
    done = ann("predict", "t.nn", "--stateful", check=3)
    assert len([line for line in done.stdout.splitlines() if line]) == 1
    assert done.stderr == f"ann: {message}\n"
