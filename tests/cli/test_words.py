"""The positional words of commands: which are NETWORK, DATA and EPOCHS, and what is refused with which advice."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import click
import pytest
from ann_process import NEGATIVE, NETWORK, POSITIVE, Ann

from anncli.cli.asking.values import collect
from anncli.cli.asking.words import Words, read_words
from anncli.cli.main import cli, run
from anncli.cli.names import COMMANDS
from anncli.errors import AnnError
from anncli.formats.files.opened import open_input
from anncli.options.table import OPTIONS, option_names
from anncli.options.variables import variable

# Twelve numbers: 2 layers of 2 and 1 units, codes 0 and 1, two pairs, three weights. Also two rows of six values.
ANN1DN = "2 2 1 0 1 5\n3 1 0 2 2 1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (*OPTIONS, *option_names()):
        monkeypatch.delenv(variable(name), raising=False)
    (tmp_path / "net.nn").write_text(NETWORK)
    (tmp_path / "plain.txt").write_text(NETWORK)
    (tmp_path / "old.txt").write_text(ANN1DN)
    (tmp_path / "p.txt").write_text(POSITIVE)
    (tmp_path / "n.txt").write_text(NEGATIVE)
    return tmp_path


def read(line: str) -> Words:
    """The words of a command line, read in this process."""
    name, *arguments = line.split()
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    with command.make_context(name, arguments) as context:
        return read_words(collect(context), context.params["words"])


def refusal(line: str) -> tuple[str, int]:
    with pytest.raises(AnnError) as caught:
        read(line)
    return str(caught.value), int(caught.value.exit_code)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # EPOCHS
        ("train net.nn p.txt n.txt 500", ("net.nn", ("p.txt", "n.txt"), 500)),
        ("train net.nn p.txt n.txt", ("net.nn", ("p.txt", "n.txt"), 1000)),
        ("train net.nn p.txt n.txt --epochs 7", ("net.nn", ("p.txt", "n.txt"), 7)),
        ("train net.nn p.txt n.txt ./500", ("net.nn", ("p.txt", "n.txt", "./500"), 1000)),
        ("train net.nn p.txt 5 n.txt", ("net.nn", ("p.txt", "5", "n.txt"), 1000)),
        ("train net.nn p.txt n.txt 0", ("net.nn", ("p.txt", "n.txt"), 0)),
        ("train net.nn p.txt n.txt 007", ("net.nn", ("p.txt", "n.txt"), 7)),
        ("bench net.nn p.txt n.txt 3", ("net.nn", ("p.txt", "n.txt"), 3)),
        ("test net.nn p.txt 5", ("net.nn", ("p.txt", "5"), 0)),
        # NETWORK by its ending, by its first line, or by neither ending nor file
        ("train plain.txt p.txt n.txt", ("plain.txt", ("p.txt", "n.txt"), 1000)),
        ("train p.txt n.txt 5", (None, ("p.txt", "n.txt"), 5)),
        ("train p.txt", (None, ("p.txt",), 1000)),
        ("train none.csv", (None, ("none.csv",), 1000)),
        ("train none.csv other.csv", (None, ("none.csv", "other.csv"), 1000)),
        ("train none", (None, ("none",), 1000)),
        ("train none 5", (None, ("none",), 5)),
        ("train db.sqlite::SELECT p.txt", (None, ("db.sqlite::SELECT", "p.txt"), 1000)),
        ("train p.txt n.txt --network plain.txt", ("plain.txt", ("p.txt", "n.txt"), 1000)),
        ("train --network old.txt p.txt n.txt", ("old.txt", ("p.txt", "n.txt"), 1000)),
        ("train --network none p.txt", ("none", ("p.txt",), 1000)),
        ("train --data old.txt", (None, ("old.txt",), 1000)),
        ("train old.txt p.txt --network net.nn", ("net.nn", ("old.txt", "p.txt"), 1000)),
        ("test old.txt p.txt n.txt", ("old.txt", ("p.txt", "n.txt"), 0)),
        ("test p.txt n.txt --network old.txt", ("old.txt", ("p.txt", "n.txt"), 0)),
        ("gradcheck none p.txt", ("none", ("p.txt",), 0)),
        ("init new.nn", ("new.nn", (), 0)),
        ("init new.nn p.txt n.txt", ("new.nn", ("p.txt", "n.txt"), 0)),
        ("info net.nn", ("net.nn", (), 0)),
        ("info --network net.nn", ("net.nn", (), 0)),
        ("info -", ("-", (), 0)),
        # -
        ("train - p.txt n.txt 5", ("-", ("p.txt", "n.txt"), 5)),
        ("train - 5", (None, ("-",), 5)),
        ("train net.nn -", ("net.nn", ("-",), 1000)),
        ("train p.txt -", (None, ("p.txt", "-"), 1000)),
        ("train --network - p.txt", ("-", ("p.txt",), 1000)),
        ("predict - p.txt", ("-", ("p.txt",), 0)),
        ("predict net.nn -", ("net.nn", ("-",), 0)),
        ("predict net.nn", ("net.nn", (), 0)),
        ("predict net.nn a b", ("net.nn", ("a", "b"), 0)),
        # DATA
        ("train net.nn --data p.txt,n.txt 5", ("net.nn", ("p.txt", "n.txt"), 5)),
        ("train net.nn --data p.txt --data n.txt", ("net.nn", ("p.txt", "n.txt"), 1000)),
        ("test net.nn --data p.txt,n.txt", ("net.nn", ("p.txt", "n.txt"), 0)),
    ],
)
def test_words(folder: Path, line: str, expected: tuple[Any, ...]) -> None:
    found = read(line)
    assert found == Words(*expected, says_epochs=found.says_epochs)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("train net.nn p.txt n.txt 500", True),
        ("train net.nn p.txt n.txt 0", True),
        ("train net.nn p.txt n.txt --epochs 1000", True),
        ("train net.nn p.txt n.txt", False),
        ("test net.nn p.txt 5", False),
    ],
)
def test_it_is_known_whether_somebody_gave_the_epochs(folder: Path, line: str, says: bool) -> None:
    assert read(line).says_epochs is says


@pytest.mark.parametrize(
    ("line", "networks", "data"),
    [
        ("compare net.nn plain.txt p.txt n.txt", ("net.nn", "plain.txt"), ("p.txt", "n.txt")),
        ("compare net.nn net.nn other.nn p.txt", ("net.nn", "net.nn", "other.nn"), ("p.txt",)),
        ("compare old.txt net.nn p.txt", ("old.txt", "net.nn"), ("p.txt",)),
        ("compare net.nn net.nn --data p.txt,n.txt", ("net.nn", "net.nn"), ("p.txt", "n.txt")),
        ("compare net.nn none1 none2", ("net.nn", "none1"), ("none2",)),
    ],
)
def test_all_first_words_that_are_networks(
    folder: Path, line: str, networks: tuple[str, ...], data: tuple[str, ...]
) -> None:
    assert read(line) == Words(networks[0], data, 1000, networks=networks)
    assert read(f"{line} --epochs 7").epochs == 7


def test_a_query_is_one_word(folder: Path) -> None:
    query = "a.db::SELECT x, y FROM t"
    command = cli.get_command(click.Context(cli), "train")
    assert command is not None
    for arguments in ([query], ["--data", query]):
        with command.make_context("train", arguments) as context:
            assert read_words(collect(context), context.params["words"]).data == (query,)


@pytest.mark.parametrize(
    ("line", "message", "code"),
    [
        ("search p.csv 5 --epochs 6..9", "EPOCHS is given twice: 5 and --epochs; leave one of them out", 2),
        ("train net.nn p.txt 5 --epochs 6", "EPOCHS is given twice: 5 and --epochs 6; leave one of them out", 2),
        *(
            (
                f"train net.nn p.txt {word}",
                f"EPOCHS must be a whole number, found '{word}'; write digits only, for example 1000; a file of this name is "
                f"written ./{word}",
                2,
            )
            for word in ("1e3", "1,000", "1_000", "1.5", "+5", "5k", "500.", "1'000", "٥")
        ),
        ("bench net.nn p.txt 0", "EPOCHS must be a whole number, at least 1, found '0'; write digits only, for example 1000; a file of this name is written ./0", 2),
        ("bench net.nn p.txt --epochs 0", "EPOCHS must be a whole number, at least 1, found '0'; write digits only, for example 1000; a file of this name is written ./0", 2),
        ("train net.nn p.txt 10000000000", "EPOCHS must be at most 2147483647, found '10000000000'; use --time-limit to end a run", 2),
        ("train old.txt p.txt n.txt", "old.txt: reads as a network of ann1dn and as data; say which: --network old.txt or --data old.txt", 2),
        ("train old.txt", "old.txt: reads as a network of ann1dn and as data; say which: --network old.txt or --data old.txt", 2),
        ("train none.nn p.txt", "none.nn: no such file; check the name, or leave it out to make one", 4),
        ("train none.onnx p.txt", "none.onnx: no such file; check the name, or leave it out to make one", 4),
        ("bench none p.txt 5", "none: no such file; check the name, or leave it out to make one", 4),
        ("train p.txt net.nn 5", "net.nn: is a network, but stands after data; NETWORK comes first: ann train [NETWORK] DATA... [EPOCHS]", 2),
        ("train net.nn p.txt --network plain.txt", "NETWORK is given twice: net.nn and --network plain.txt; leave one of them out", 2),
        ("train net.nn p.txt --data n.txt", "data are given twice: p.txt and --data n.txt; write all in one place", 2),
        ("train net.nn", "Missing argument 'DATA...'; try 'ann train --help'", 2),
        ("train 500", "Missing argument 'DATA...'; try 'ann train --help'", 2),
        ("train", "Missing argument 'DATA...'; try 'ann train --help'", 2),
        ("test net.nn", "Missing argument 'DATA...'; try 'ann test --help'", 2),
        ("test", "Missing argument 'NETWORK'; try 'ann test --help'", 2),
        ("init", "Missing argument 'NETWORK'; try 'ann init --help'", 2),
        ("info net.nn p.txt", "unexpected word 'p.txt'; write ann info NETWORK", 2),
        ("predict - -", "network and data cannot both come from stdin; name a file for one of them", 2),
        ("train - - 5", "network and data cannot both come from stdin; name a file for one of them", 2),
        ("train net.nn - - 5", "stdin (-) can be read only once; name files for the others", 2),
    ],
)  # fmt: skip
def test_refused_words(folder: Path, line: str, message: str, code: int) -> None:
    assert refusal(line) == (message, code)


def test_a_file_called_like_a_number_of_another_form_is_data(folder: Path) -> None:
    (folder / "1.5").write_text(POSITIVE)
    assert read("train net.nn 1.5").data == ("1.5",)


@pytest.mark.parametrize(
    ("text", "is_network"),
    [
        ("anncli: 1\n", True),
        ("\ufeff# a comment\n\n---\nanncli: 1\n", True),
        ("---  # begin\r\n# more\r\nanncli : 1\r\n", True),
        ("  anncli: 1\n", True),
        ("#\n" * 9 + "anncli,x\n1,2\n", False),
        ("inputs: 2\nanncli: 1\n", False),
        ("", False),
        ("1 2 3\n", False),
    ],
)
def test_a_network_is_known_by_its_first_line(folder: Path, text: str, is_network: bool) -> None:
    (folder / "file.txt").write_text(text, encoding="utf-8")
    assert (read("train file.txt p.txt").network == "file.txt") is is_network


@pytest.mark.parametrize(
    ("text", "is_both"),
    [
        ("2 2 1", True),  # the sizes alone: an untrained network
        ("2 2 1 0 1", True),
        ("2 2 1 0 1 5 3 1 0", True),
        ("2 2 1 0 1 5 3 1 0 2 2 1 written by a program\n", True),
        ("2 2 1 0 1 5 3 1 0 2 2 1 7", False),  # one number more
        ("2 2 1 0 1 5 3 1 0 2 2", False),  # one less
        ("2 2 1 0 3 5 3 1 0 2 2 1", False),  # no such code
        ("2 2 1 2 1 5 3 1 0 2 2 1", False),
        ("2 0 1", False),
        ("1 2", False),
        ("2.0 2 1", False),
        ("3 1 1 1", True),
        ("a b c", False),
    ],
)
def test_numbers_that_are_a_whole_network_of_ann1dn(folder: Path, text: str, is_both: bool) -> None:
    (folder / "file.txt").write_text(text)
    if is_both:
        assert refusal("train file.txt p.txt")[0].startswith("file.txt: reads as a network of ann1dn and as data; ")
    else:
        assert read("train file.txt p.txt").network is None


def test_an_ann1dn_network_of_that_program_is_recognised(folder: Path, ann: Ann) -> None:
    ann("init", "n.nn", "--inputs", 2, "--dialect", "ann1dn")
    ann("train", "n.nn", "p.txt", "n.txt", 3, "-q")
    (folder / "n.nn").rename(folder / "n.dat")
    assert "reads as a network of ann1dn" in refusal("train n.dat p.txt")[0]


def test_a_pipe_is_known_by_what_it_gives_first_and_read_whole(folder: Path, ann: Ann) -> None:
    for text, is_network in ((NETWORK, True), (POSITIVE, False), ("", False)):
        os.mkfifo("pipe")
        thread = threading.Thread(target=Path("pipe").write_text, args=(text,), daemon=True)
        thread.start()
        assert (read("train pipe p.txt").network == "pipe") is is_network
        with open_input("pipe") as file:
            assert file.read().decode() == text
        thread.join(20)
        os.remove("pipe")


def test_variables_and_config_files_name_words_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "run.yaml").write_text("network: net.nn\ndata: [p.txt, n.txt]\nepochs: 12\n")
    assert read("train --config run.yaml") == Words("net.nn", ("p.txt", "n.txt"), 12, says_epochs=True)
    # Words of the command line win, each for itself.
    assert read("train --config run.yaml 3") == Words("net.nn", ("p.txt", "n.txt"), 3, says_epochs=True)
    assert read("train --config run.yaml plain.txt 3") == Words("plain.txt", ("p.txt", "n.txt"), 3, says_epochs=True)
    assert read("train --config run.yaml x.csv") == Words("net.nn", ("x.csv",), 12, says_epochs=True)
    assert read("test --config run.yaml x.csv y.csv") == Words("net.nn", ("x.csv", "y.csv"), 0)
    assert read("test --config run.yaml other.nn x.csv") == Words("other.nn", ("x.csv",), 0)
    assert read("train --config run.yaml --data q.txt --epochs 4 --network plain.txt") == Words(
        "plain.txt", ("q.txt",), 4, says_epochs=True
    )
    monkeypatch.setenv("ANN_NETWORK", "plain.txt")
    monkeypatch.setenv("ANN_DATA", "a.csv,b.csv")
    monkeypatch.setenv("ANN_EPOCHS", "9")
    assert read("train") == Words("plain.txt", ("a.csv", "b.csv"), 9, says_epochs=True)
    assert read("info") == Words("plain.txt", (), 0)


def test_aliases_mean_their_option(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def values(line: str) -> dict[str, Any]:
        name, *arguments = line.split()
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        with command.make_context(name, arguments) as context:
            given = collect(context).given
            return {option: given[option].value for option in given if option != "config"}

    same = {"learning_rate": 0.1, "batch_size": 8, "trainer": "sgd"}
    assert values("train --lr 0.1 --batch 8 --optimizer sgd") == same
    assert values("train --learning_rate 0.1 --batch_size 8 --trainer sgd") == same
    (folder / "run.yaml").write_text("lr: 0.1\nbatch: 8\noptimizer: sgd\n")
    assert values("train --config run.yaml") == same
    monkeypatch.setenv("ANN_LR", "0.1")
    monkeypatch.setenv("ANN_BATCH", "8")
    monkeypatch.setenv("ANN_OPTIMIZER", "sgd")
    assert values("train") == same
    monkeypatch.setenv("ANN_LEARNING_RATE", "0.2")
    with pytest.raises(AnnError) as caught:
        values("train")
    assert str(caught.value) == "ANN_LEARNING_RATE and ANN_LR say the same thing twice; remove one"
    monkeypatch.delenv("ANN_LR")
    (folder / "run.yaml").write_text("lr: 0.1\nlearning-rate: 0.2\n")
    with pytest.raises(AnnError) as caught:
        values("train --config run.yaml")
    assert str(caught.value) == "run.yaml:2:1: 'learning-rate' is given twice; remove one"
    assert values("test --data-format vectors")["format"] == "vectors"
    assert values("test --format vectors")["format"] == "vectors"
    # memory of a config file belongs to the trainers that have it.
    (folder / "run.yaml").write_text("memory: 20\n")
    assert values("train --config run.yaml")["memory"] == 20


@pytest.mark.parametrize("command", [name for name, info in COMMANDS.items() if info.takes is not None])
def test_usage_says_which_words_a_command_takes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "-h"]) == 0
    usage = capsys.readouterr().out.splitlines()[0]
    expected = {
        "train": "[NETWORK] DATA... [EPOCHS]", "bench": "[NETWORK] DATA... [EPOCHS]", "cv": "[NETWORK] DATA... [EPOCHS]", "search": "[NETWORK] DATA... [EPOCHS]", "test": "NETWORK DATA...",
        "predict": "NETWORK [DATA...]", "init": "NETWORK [DATA...]", "info": "NETWORK", "gradcheck": "NETWORK DATA...", "check": "[NETWORK] DATA...", "compare": "NETWORK NETWORK... DATA... [EPOCHS]", "explain": "NETWORK DATA...",
        "report": "NETWORK DATA...", "plot": "WHAT NETWORK [DATA...]", "export": "NETWORK [DATA...]", "scan": "NETWORK DATA...", "generate": "NETWORK", "curvature": "NETWORK DATA...",
    }  # fmt: skip
    assert usage == f"Usage: ann {command} {expected[command]} [OPTIONS]"


def test_options_are_checked_before_any_file_is_opened(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    is_watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if is_watching and event == "open" and str(arguments[0]).startswith((str(folder), "p.txt", "n.txt", "plain")):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    try:
        for line in (
            "train plain.txt p.txt n.txt --seed x",
            "train p.txt n.txt --lr -1",
            "train p.txt n.txt --size 28",
            "train p.txt n.txt --label a,,b",
            "train p.txt n.txt --no-such-option",
            "test plain.txt p.txt n.txt --threshold x",
            "predict plain.txt p.txt --top 0",
            "bench p.txt n.txt 5 --starts 0",
            "gradcheck plain.txt p.txt --limit 0",
            "init new.nn p.txt --hidden x",
            "train p.txt n.txt 5 --epochs 5",
        ):
            assert run(line.split()) == 2, line
            assert opened == [], line
    finally:
        is_watching = False
