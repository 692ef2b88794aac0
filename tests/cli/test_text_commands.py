"""Networks for texts from the shell: init, train, test, predict and generate, their words and their exit codes."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ann_process import clean_environment
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]

TEXT = "the cat sat on the mat.\nthe dog ate the hat.\n" * 60
BIGRAM = "anncli: 1\ninputs: characters\nlayers: [6 embedding, softmax]\ntraining: {learning_rate: 0.05}\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "char.nn").write_text(BIGRAM)
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path


def test_from_a_text_to_a_text(text: Path, ann: Run) -> None:
    made = ann("init", "new.nn", "--data", "text.txt", "--layers", "5 lstm, softmax")
    assert (
        made.stderr
        == "ann: new.nn: for texts of characters, 5 lstm, softmax; train it with: ann train new.nn DATA...\n"
    )
    assert (text / "new.nn").read_text().endswith("anncli: 1\ninputs: characters\nlayers: [5 lstm, softmax]\n")
    trained = ann("train", "char.nn", "text.txt", 5, "--test", 0.1, "--validation", 0.2)
    assert (
        "the end of the text was held out: 539 characters for the validation set and then 269 characters for the test set\n"
        "trained on 1,889 characters in 32 streams, in pieces of 50\n"
    ) in trained.stdout
    assert (text / "char.nn").read_text().startswith(BIGRAM)
    table = trained.stdout.split("\n\n")[1].splitlines()
    assert table[0].split() == [
        "set",
        "characters",
        "bits",
        "per",
        "character",
        "perplexity",
        "ACC",
        "%",
        "top",
        "3",
        "%",
        "top",
        "5",
        "%",
    ]
    assert [line.split()[:2] for line in table[1:]] == [["training", "1889"], ["validation", "539"], ["test", "269"]]
    tested = ann("test", "char.nn", "text.txt").stdout.splitlines()
    assert tested[1].split()[:2] == ["test", "2699"]
    assert tested[2] == "text.txt: trained the network, so these figures say little about new texts"
    (text / "other.txt.gz").write_bytes(gzip.compress(b"the cat ate a $.\n"))
    tested = ann("test", "char.nn", "other.txt.gz").stdout.splitlines()
    assert tested[1].split()[:2] == ["test", "15"]
    assert tested[2:] == [
        "test: 1 character was left out, which the network does not know",
        "texts that trained the network: none of these",
    ]
    written = ann("generate", "char.nn", "--start", "the ", "--length", 40, "--seed", 3).stdout
    assert written.startswith("the ")
    assert len(written) == 44
    assert ann("generate", "char.nn", "--start", "-", "--length", 40, "--seed", 3, input="the ").stdout == written
    document = json.loads(ann("generate", "char.nn", "--start", "the ", "--length", 40, "--seed", 3, "--json").stdout)
    assert document["start"] + document["text"] == written
    shown = ann("info", "char.nn").stdout
    assert "vocabulary  14: \\n .acdeghmnost\n" in shown
    assert "--test 0.1" in shown.splitlines()[-1]


def test_the_same_bytes_whatever_the_number_of_threads(text: Path, ann: Run) -> None:
    for threads in (1, 2):
        ann("train", "char.nn", "text.txt", 2, "-q", "--threads", threads, "-o", f"{threads}.nn")
    assert (text / "1.nn").read_bytes() == (text / "2.nn").read_bytes()


def test_a_line_for_each_character(text: Path, ann: Run) -> None:
    ann("train", "char.nn", "text.txt", 5, "-q")
    (text / "s.txt").write_text("at\n")
    lines = [line.split("\t") for line in ann("predict", "char.nn", "s.txt", "--scores").stdout.splitlines()]
    assert [line[0] for line in lines] == ["a", "t", "\\n"]
    assert lines[0][1] == "t"
    assert [line[3] == "" for line in lines] == [False, False, True]
    plain = [line.split("\t") for line in ann("predict", "char.nn", "s.txt").stdout.splitlines()]
    assert plain == [line[:2] for line in lines]
    assert ann("predict", "char.nn", "s.txt", "--classes").stdout.splitlines() == [line[1] for line in lines]
    documents = json.loads(ann("predict", "char.nn", "s.txt", "--json").stdout)["predictions"]
    assert [(one["symbol"], one["predicted"], one["bits"]) for one in documents] == [
        ("a", "t", float(lines[0][3])), ("t", lines[1][1], float(lines[1][3])), ("\n", lines[2][1].replace("\\n", "\n"), None),
    ]  # fmt: skip
    strange = ann("predict", "char.nn", "-", input="a$")
    assert strange.stdout.splitlines()[1].startswith("$\t")
    assert strange.stderr == "ann: warning: <stdin>: characters that the network does not know: $\n"


def test_lines_with_a_class_are_samples_as_others(text: Path, ann: Run) -> None:
    (text / "lines").mkdir()
    for name, word in (("ab", "abba"), ("xy", "xyyx")):
        (text / "lines" / f"{name}.txt").write_text("".join(f"{word * (k % 4 + 1)}\n" for k in range(40)))
    ann("init", "line.nn", "--inputs", "characters", "--layers", "4 lstm, last, 1 logistic")
    trained = ann("train", "line.nn", "lines", 20, "--test", 0.25, "--learning-rate", 0.05).stdout
    assert "test" in trained
    assert ann("predict", "line.nn", "-", "--classes", input="ab\n\nxyx\n").stdout == "ab\nxy\n"
    assert ann("predict", "line.nn", "lines/ab.txt", "--to", "csv").stdout.startswith(
        "sample,predicted,score_ab\n1,ab,0."
    )
    assert "accuracy %" in ann("cv", "line.nn", "lines", 3, "--folds", 2).stdout
    refused = ann("generate", "line.nn", check=2).stderr
    assert refused == "ann: line.nn: the network does not predict the next character, or word, of a text; train one with `inputs: characters` or `inputs: words`, the output layer `softmax`, and without a layer that makes one row of many\n"  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("generate char.nn", 4, "ann: char.nn: the network has no weights yet"),
        ("generate char.nn --temperature -1", 2, "ann: --temperature: must be a number at least 0, found '-1'"),
        ("generate char.nn --length x", 2, "ann: --length: must be a whole number, at least 0, found 'x'"),
        ("generate char.nn text.txt", 2, "ann: unexpected word 'text.txt'"),
        ("train char.nn text.txt 1 --confidence 0.9", 2, "ann: intervals are for independent samples"),
        ("train char.nn text.txt 1 --label a", 2, "ann: --label is for tables and rows of numbers, and this network"),
        ("train char.nn text.txt 1 --scaling zscore", 2, "ann: --scaling zscore: tokens are not scaled"),
        ("train char.nn text.txt 1 --teacher char.nn", 4, "ann: char.nn: "),
        ("cv char.nn text.txt 1", 2, "ann: ann cv draws samples, and this network takes a text as a whole"),
        (
            "search char.nn text.txt 1",
            2,
            "ann: ann search is for a class of each text, and this network has an answer for each character",
        ),
        ("train char.nn bad.txt 1", 3, "ann: bad.txt:2:3: is not UTF-8 text: byte 0xe9; save it as UTF-8"),
        ("init x.nn --inputs characters --hidden 5", 2, "ann: --hidden makes layers that read one row of numbers"),
        ("init x.nn --data none.txt --layers softmax", 2, "ann: --layers: the output layer `softmax` without a number"),
        ("explain char.nn text.txt", 4, "ann: char.nn: the network has no weights yet"),
    ],
)
def test_refusals_in_words(text: Path, ann: Run, words: str, code: int, message: str) -> None:
    (text / "bad.txt").write_bytes(b"good\nb \xe9\n")
    said = ann(*words.split(), check=code).stderr
    assert said.startswith(message), said


def test_a_start_that_the_network_does_not_know(text: Path, ann: Run) -> None:
    ann("train", "char.nn", "text.txt", 1, "-q")
    advice = "begin with characters of the text that trained it; ann info lists them\n"
    refused = ann("generate", "char.nn", "--start", "the $ñ", check=2).stderr
    assert refused == f"ann: --start: the network does not know '$', 'ñ'; {advice}"
    refused = ann("generate", "char.nn", "--start", "-", input="the $", check=3).stderr
    assert refused == f"ann: <stdin>: the network does not know '$'; {advice}"
    assert ann("generate", "char.nn", "--start", "", check=2).stderr == "ann: --start: a text needs a beginning; give at least one character\n"  # fmt: skip
    assert "which read it back" in ann("export", "char.nn", "-o", "x.json").stdout
    assert "cannot hold" in ann("export", "char.nn", "-o", "x.net", check=4).stderr


def test_what_is_said_of_texts_is_of_texts(text: Path, ann: Run) -> None:
    (text / "empty.txt").write_bytes(b"")
    (text / "sum.nn").write_text("anncli: 1\ninputs: characters\nlayers: [4 tanh, softmax]\n")
    ann("train", "char.nn", "text.txt", 1, "-q")
    for words, code, message in (
        ("explain char.nn text.txt", 2, "`ann predict --scores` shows the answer at every place"),
        ("search char.nn text.txt", 2, "compare networks by ann train --test 0.1"),
        ("train char.nn text.txt --label y", 2, "leave it out; the files of a folder, or several files, are texts one after the other"),
        ("predict char.nn empty.txt", 3, "ann: empty.txt: holds no characters; give a text to predict from"),
        ("info sum.nn", 4, "begin with `64 lstm` or another layer that answers each character, or write `K softmax` with K classes"),
    ):  # fmt: skip
        assert ann(*words.split(), check=code).stderr.endswith(f"{message}\n"), words
    assert ann("predict", "char.nn", "-", input="", check=3).stderr == "ann: <stdin>: holds no characters; give a text to predict from\n"  # fmt: skip
    assert ann("generate", "char.nn", "--start", os.fsdecode(b"the \xff"), check=2).stderr == "ann: --start: is not UTF-8 text; write it as UTF-8\n"  # fmt: skip
    assert ann("check", "char.nn", "text.txt").stdout.endswith("\n\nnothing found\n")
    said = ann("plot", "confusion", "char.nn", "text.txt").stderr
    assert said == "ann: text.txt: trained the network, so these figures say little about new texts.\n"


def test_an_interrupted_run_goes_on_as_if_it_had_not_stopped(text: Path, ann: Run) -> None:
    (text / "other.txt").write_text(TEXT[:1500])
    ann("train", "char.nn", "text.txt", 6, "-q", "--no-backup")
    whole = (text / "char.nn").read_text()
    (text / "char.nn").write_text(BIGRAM)
    ann("train", "char.nn", "text.txt", 3, "-q", "--checkpoint", "run.ckpt", "--checkpoint-every", 3)
    stopped = (text / "char.nn").read_text()
    resumed = ("--resume", "run.ckpt", "-q", "--no-backup")
    refused = ann("train", "char.nn", "other.txt", 6, *resumed, check=2).stderr
    assert refused == "ann: --resume run.ckpt: it was written with other data than this run's; give the same files in the same order\n"  # fmt: skip
    (text / "wide.nn").write_text(BIGRAM.replace("6 embedding", "7 embedding"))
    refused = ann("train", "wide.nn", "text.txt", 6, *resumed, check=2).stderr
    assert refused == "ann: --resume run.ckpt: it has a network for texts, 6 embedding, softmax, the network file has 7 embedding, softmax or other activations; give the network file of the first run\n"  # fmt: skip
    assert (text / "char.nn").read_text() == stopped
    ann("train", "char.nn", "text.txt", 6, *resumed)
    assert (text / "char.nn").read_text() == whole


@pytest.mark.slow
def test_a_closed_pipe_and_an_interrupt_end_it(text: Path, ann: Run) -> None:
    ann("train", "char.nn", "text.txt", 1, "-q")
    line = [sys.executable, "-m", "anncli", "generate", "char.nn", "--length", "10000000"]
    options = {"cwd": text, "env": clean_environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **options) as running:  # type: ignore[call-overload]
        assert len(running.stdout.read(300)) == 300
        running.stdout.close()
        told = running.stderr.read().decode()
        assert running.wait(60) == 1, told
        assert "the reader closed the pipe" in told
    with subprocess.Popen(line, **options) as running:  # type: ignore[call-overload]
        assert len(running.stdout.read(300)) == 300
        os.kill(running.pid, signal.SIGINT)
        told = running.communicate(timeout=60)[1].decode()
        assert running.returncode == 130, told
