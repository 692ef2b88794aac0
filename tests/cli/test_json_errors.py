"""--json: a command that fails prints one document, with the error in it, and the same line and exit code as without."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann, clean_environment

from anncli.cli import interrupt
from anncli.cli.showing.json_output import SCHEMA

FIELDS = ("kind", "exit_code", "message", "path", "line", "column", "advice")


@pytest.mark.parametrize(
    ("words", "command", "error"),
    [
        ("test none.nn pos.txt", "test", ("network", 4, "no such file", "none.nn", None, None, "check the name, or make a network with `ann train`")),
        ("train net.nn bad.txt neg.txt", "train", ("data", 3, "expected a number, found 'x'", "bad.txt", 2, 2, "correct it, or take the row out")),
        ("train net.nn pos.txt neg.txt --lr fast", "train", ("usage", 2, "--learning-rate: must be a number above 0, found 'fast'", None, None, None, "write for example 0.01")),
        ("tset net.nn", None, ("usage", 2, "unknown command 'tset'", None, None, None, "did you mean 'test'?")),
        ("info --bogus net.nn", "info", ("usage", 2, "no such option '--bogus'", None, None, None, "try 'ann info --help'")),
        ("init net.nn --inputs 2", "init", ("failure", 1, "the file exists", "net.nn", None, None, "give another name, or --force to overwrite it")),
    ],
)  # fmt: skip
def test_the_error_is_the_document(
    small: Path, ann: Ann, words: str, command: str | None, error: tuple[Any, ...]
) -> None:
    (small / "bad.txt").write_text("1 2\n1 x\n")
    plain, done = (ann(*words.split(), *json_words, check=error[1]) for json_words in ([], ["--json"]))
    assert done.stderr == plain.stderr
    found = json.loads(done.stdout)
    # The advice may name more.
    assert found["error"]["advice"].startswith(error[-1])
    found["error"]["advice"] = error[-1]
    assert found == {"schema": SCHEMA, "command": command, "error": dict(zip(FIELDS, error, strict=True))}
    assert plain.stdout == ""


def test_a_variable_and_a_config_file_ask_for_it_too(small: Path, ann: Ann) -> None:
    words = ("test", "net.nn", "pos.txt", "--threshold", "a")
    (small / "c.yaml").write_text("json: true\n")
    assert json.loads(ann(*words, check=2, env={"ANN_JSON": "1"}).stdout)["error"]["kind"] == "usage"
    assert json.loads(ann(*words, "--config", "c.yaml", check=2).stdout)["error"]["kind"] == "usage"
    assert ann(*words, check=2, env={"ANN_JSON": "0"}).stdout == ""


@pytest.mark.parametrize("command", ["train", "cv"])
def test_an_interrupted_command_prints_one_document(small: Path, command: str) -> None:
    words = [command, "net.nn", "pos.txt", "neg.txt", "100000000", "--patience", "0", "--json"]
    words += ["-o", "o.nn"] if command == "train" else ["--folds", "4"]
    environment = clean_environment(_ANN_HEARTBEAT="0.1")
    line = [sys.executable, "-m", "anncli", *words]
    process = subprocess.Popen(
        line, cwd=small, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    # The first sign of life, which comes after the handlers of signals are in force.
    seen = next(text for text in process.stderr if " epoch " in text or " trainings, " in text)
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    found = json.loads(out)
    assert (found["command"], found["error"]["kind"], found["error"]["exit_code"]) == (command, "interrupted", 130)
    last = (seen + rest).splitlines()[-1]
    assert last.startswith(f"ann: {found['error']['message']}")
    # A training that was interrupted has done something, and says what.
    assert ("sets" in found) == (command == "train")


def test_before_a_command_begins_there_is_a_document_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt.Interrupts, "have_begun", False)
    monkeypatch.setattr(sys, "argv", ["ann", "info", "net.nn", "--json"])
    found = json.loads(interrupt.interrupted_document())
    assert found["schema"] == SCHEMA
    assert tuple(found["error"]) == FIELDS
    monkeypatch.setattr(sys, "argv", ["ann", "info", "net.nn"])
    assert interrupt.interrupted_document() == b""


@pytest.mark.parametrize("words", ["cv --folds 2", "search --folds 2 --trials 2", "cv --folds 2 --jobs 2"])
def test_the_place_of_an_error_that_a_training_of_many_finds(tmp_path: Path, ann: Ann, words: str) -> None:
    (tmp_path / "t.csv").write_text("p,y\n" + "".join(f"{k}e300,{'ab'[k % 2]}\n" for k in range(1, 30)))
    command, *options = words.split()
    found = json.loads(ann(command, "t.csv", 2, "--label", "y", *options, "--json", check=3).stdout)["error"]
    assert (found["path"], found["line"]) == ("t.csv", 2)
    assert found["message"] == "column 'p': 1e+300 is too large for a 32-bit float"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_to_a_command_that_trains_nothing(small: Path, ann: Ann, number: int, code: int) -> None:
    """It ends as at Ctrl-C: with one line, one document, and without files that are half written."""
    ann("train", "net.nn", "pos.txt", "neg.txt", 1, "-q")
    before = sorted(path.name for path in small.iterdir())
    line = [sys.executable, "-m", "anncli", "explain", "net.nn", "pos.txt", "neg.txt", "--permutations", "100000000"]
    process = subprocess.Popen(
        [*line, "--json", "-o", "i.csv"], cwd=small, env=clean_environment(_ANN_HEARTBEAT="0.1"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    next(text for text in process.stderr if " columns, " in text)
    process.send_signal(number)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == code
    assert rest.splitlines()[-1] == "ann: interrupted"
    assert json.loads(out)["error"]["exit_code"] == code
    assert sorted(path.name for path in small.iterdir()) == before
