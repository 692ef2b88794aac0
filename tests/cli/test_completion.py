"""Completion: what may follow in a line, how it is answered to each shell, and what real shells make of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ann_process import Ann
from shells import Shell

from anncli.cli.completing.answer import Candidates, candidates
from anncli.cli.completing.files import ANY, DATA, EITHER, NETWORK, file_names
from anncli.cli.completing.line import quoted_for_shell, read_line
from anncli.cli.completing.scripts import SHELLS, script
from anncli.cli.main import cli
from anncli.cli.names import COMMANDS
from anncli.options.table import options_of
from anncli.options.wording import long_name

TEXTS = {
    "iris.csv": "sepal length,sepal_width,species\n5,3,setosa\n",
    "my data.csv": "sepal length,sepal_width,species\n5,3,setosa\n",
    "odd.csv": '\ufeff"price, net","say ""x""",größe,\n1,2,3,4\n',
    "comments.tsv": "# written by hand\n\na one\tanother\n1\t2\n",
    "numbers.txt": "1 2\n3 4\n",
    "neg.txt": "1 2\n",
    "binary.csv": "a,b\0\n",
    "wide.csv": ",".join(f"name{k}" for k in range(20_000)) + "\n",
    "objects.jsonl": '{"a": 1}\n',
    "empty.csv": "",
    "run.yaml": "seed: 1\n",
    "runs.txt": "",
    "net.nn": "anncli: 1\ninputs: 2\nlayers: [1 tanh]\n",
    "net.nn~": "anncli: 1\ninputs: 2\nlayers: [1 tanh]\n",
    "other net.nn": "anncli: 1\ninputs: 2\nlayers: [1 tanh]\n",
    "definition": "anncli: 1\ninputs: 2\nlayers: [1 tanh]\n",
    ".hidden.nn": "",
}


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in hand: files with names of columns, and files that have none or must not be looked into."""
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.nn").write_text(TEXTS["net.nn"])
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(line: str) -> list[str]:
    """The words that may stand at the end of a line; `KIND:NAME` for files."""
    found = candidates(cli, read_line(line))
    return [f"{found.files}:{found.head}"] if found.files else [word for word, _ in found.words]


COMPLETIONS = [
    ("ann tr", ["train", "trainers"]),
    ("ann train --learn", ["--learning-rate"]),
    ("ann train --trainer irprop", ["irprop+", "irprop-"]),
    ("ann train --loss c", ["cross-entropy"]),
    ("ann train --scaling vector", ["vector-minmax"]),
    ("ann train --stop gl,p", ["gl,pq", "gl,progress"]),
    ("ann train --option beta", ["beta1=", "beta2="]),
    (
        "ann train --trainer br --option m",
        ["max_parameters=", "min_gradient=", "mu=", "mu_max="],
    ),
    ("ann train net", ["either:"]),
    ("ann train net.nn po", ["data:"]),
    ("ann train --output ou", ["any:"]),
    ("ann train --validation po", ["data:"]),
    ("ann bench --trainers adam,sg", ["adam,sgd"]),
    ("ann bench --over e", ["epochs"]),
    ("ann init --activation so", ["softplus", "softsign"]),
    ("ann trainers irprop+", ["irprop+"]),
    ("ann train --missing me", ["mean", "median", "median+indicator"]),
    ("ann train --label fi", ["first"]),
    ("ann train --task r", ["regression"]),
    ("ann train --network ne", ["network:"]),
    ("ann predict --to js", ["jsonl"]),
    ("ann export --to js", ["json"]),
    ("ann test --require macro-r", ["macro-recall>="]),
    ("ann ", [*COMMANDS]),
    ("ann --v", ["--version"]),
    ("ann help lo", ["losses"]),
    ("ann help tr", ["train", "trainers"]),
    ("ann completion ", ["bash", "zsh", "fish"]),
    ("ann plot ro", ["roc"]),
    ("ann plot roc ne", ["network:"]),
    ("ann plot roc net.nn ne", ["data:"]),
    ("ann test ", ["network:"]),
    ("ann test net.nn ", ["data:"]),
    ("ann test --network net.nn ", ["data:"]),
    ("ann info net.nn ", []),
    ("ann compare net.nn ", ["network:"]),
    ("ann compare net.nn other.nn ", ["either:"]),
    ("ann scan ne", ["network:"]),
    ("ann scan net.nn ph", ["data:"]),
    ("ann scan net.nn --channels ", ["rgb", "bgr"]),
    ("ann scan net.nn -o fo", ["any:"]),
    ("ann convert a", ["any:"]),
    ("ann train --output=ou", ["any:--output="]),
    ("ann train --validation a.csv,b", ["data:a.csv,"]),
    ("ann train --validation=a.csv,b", ["data:--validation=a.csv,"]),
    ("ann train --trainer=irprop", ["--trainer=irprop+", "--trainer=irprop-"]),
    ("ann trainers TRAINS", []),
    ("ann trainers SC", ["schedule-free", "scg"]),
    ("ann train --trainer LM --option g", []),
    ("ann train --trainer TRAINLM --option g", []),
    ("ann train --trainer quickprop --option g", ["growth="]),
    ("ann train --learning_r", ["--learning-rate"]),
    ("ann train --lr", ["--lr"]),
    ("ann train --seed 1 --see", []),
    ("ann train --ignore a --ign", ["--ignore"]),
    ("ann train --nest", ["--nesterov"]),
    ("ann train --no-nest", ["--no-nesterov"]),
    ("ann train -- --se", ["either:"]),
    ("ann test 'my net.nn' d", ["data:"]),
    ("SEED=1 ann plot ro", ["roc"]),
    ("ann info net.nn | ann plot ro", ["roc"]),
    ("ann predict net.nn 2> errors.txt ", ["data:"]),
    ("ann nonsense x", []),
]


@pytest.mark.parametrize(("line", "words"), COMPLETIONS)
def test_what_may_follow(line: str, words: list[str]) -> None:
    assert offered(line) == words


COLUMN_COMPLETIONS = [
    ("ann train iris.csv --label", ["first", "last", "inputs", "sepal length", "sepal_width", "species"]),
    ("ann train iris.csv --label s", ["sepal length", "sepal_width", "species"]),
    ("ann train iris.csv --ignore species,sepal_", ["species,sepal_width"]),
    ("ann train --data iris.csv --use spe", ["species"]),
    ("ann bench iris.csv --category sp", ["species"]),
    ("ann train iris.csv --weight sp", ["species"]),
    ("ann train iris.csv --group sp", ["species"]),
    ("ann train iris.csv --order sp", ["species"]),
    ("ann predict net.nn iris.csv --with sepal_", ["sepal_width"]),
    ("ann predict definition iris.csv --with sepal_", ["sepal_width"]),
    ("ann convert iris.csv out.npy --label spe", ["species"]),
    ("ann train odd.csv --ignore", ['"price, net"', '"say ""x"""', "größe"]),
    ("ann train odd.csv --weight", ["price, net", 'say "x"', "größe"]),
    ("ann train comments.tsv --label a", ["a one", "another"]),
    ("ann train numbers.txt --ignore", []),
    ("ann train missing.csv --ignore", []),
    ("ann train binary.csv --ignore", []),
    ("ann train wide.csv --ignore", []),
    ("ann train objects.jsonl --ignore", []),
    ("ann train folder --ignore", []),
    ("ann train pipe --ignore", []),
    ("ann train empty.csv --ignore", []),
    ("ann train iris.csv --na sp", []),
    ("ann train iris.csv --positive sp", []),
]


@pytest.mark.parametrize(("line", "words"), COLUMN_COMPLETIONS, ids=str)
def test_names_of_columns_are_completed(tables: Path, line: str, words: list[str]) -> None:
    assert offered(line + " " if line.split()[-1].startswith("--") else line) == words


def test_every_option_of_a_command_is_offered_and_no_alias() -> None:
    for command in COMMANDS:
        names = [long_name(name) for name in options_of(command)]
        words = offered(f"ann {command} -")
        assert set(names) <= set(words), command
        assert len(words) == len(set(words))
        assert not {"--lr", "--batch", "--optimizer"} & set(words)


def test_options_and_commands_are_described() -> None:
    found = candidates(cli, read_line("ann train --learning-r"))
    assert found.words == (("--learning-rate", "Learning rate; default: the trainer's"),)
    assert dict(candidates(cli, read_line("ann trainers g")).words)["gd"].startswith("full-batch gradient descent")
    assert dict(candidates(cli, read_line("ann init n.nn --activation r")).words) == {"relu": "max(z, 0)"}
    assert dict(candidates(cli, read_line("ann train --missing mea")).words) == {
        "mean": "the mean of the training rows"
    }
    assert dict(candidates(cli, read_line("ann ")).words)["train"] == COMMANDS["train"].summary


@pytest.mark.parametrize(
    ("begun", "wanted", "names"),
    [
        ("n", NETWORK, ["net.nn"]),
        ("n", DATA, ["neg.txt", "numbers.txt"]),
        ("n", EITHER, ["net.nn", "neg.txt", "numbers.txt"]),
        ("n", ANY, ["neg.txt", "net.nn", "numbers.txt"]),
        ("f", NETWORK, ["folder/"]),
        ("ru", NETWORK, ["run.yaml", "runs.txt"]),
        ("folder/", NETWORK, ["folder/inner.nn"]),
        ("./net", NETWORK, ["./net.nn"]),
        ("net.nn~", ANY, ["net.nn~"]),
        (".h", NETWORK, [".hidden.nn"]),
        ("nowhere/", ANY, []),
        ("zz", ANY, []),
    ],
)
def test_names_of_files(tables: Path, begun: str, wanted: str, names: list[str]) -> None:
    assert file_names(begun, wanted) == names


def test_files_of_an_ending_come_first(tables: Path) -> None:
    assert file_names("run", ANY, (".yaml", ".yml")) == ["run.yaml"]
    assert file_names("runs", ANY, (".yaml", ".yml")) == ["runs.txt"]
    assert candidates(cli, read_line("ann train --config r")) == Candidates(files=ANY, endings=(".yaml", ".yml"))


@pytest.mark.parametrize(
    ("text", "words", "current", "kept", "quote"),
    [
        ("ann train ", ["ann", "train"], "", 0, ""),
        ("ann tr", ["ann"], "tr", 0, ""),
        (r"ann my\ da", ["ann"], "my da", 0, ""),
        ("ann 'my da", ["ann"], "my da", 0, "'"),
        ('ann a"my da', ["ann"], "amy da", 1, '"'),
        ('ann "my data" x', ["ann", "my data"], "x", 0, ""),
        ("ann '' x", ["ann", ""], "x", 0, ""),
        ("ann --output=ou", ["ann"], "--output=ou", 9, ""),
        ("ann db::SEL", ["ann"], "db::SEL", 4, ""),
        (r"ann se\>=0", ["ann"], "se>=0", 4, ""),
        ("ann a > b c", ["ann", "a"], "c", 0, ""),
        ("x; ann a", ["ann"], "a", 0, ""),
        ("A=b ann a", ["ann"], "a", 0, ""),
    ],
)
def test_a_line_is_read_as_a_shell_reads_it(text: str, words: list[str], current: str, kept: int, quote: str) -> None:
    line = read_line(text, "\"'><=;|&(: ")
    assert (line.words, line.current, line.kept, line.quote, line.is_redirected) == (words, current, kept, quote, False)


def test_the_file_of_a_redirection_is_left_to_the_shell(ann: Ann) -> None:
    assert read_line("ann predict net.nn > ou").is_redirected
    assert answer_of(ann, "bash", "ann predict net.nn > o") == ["files"]


def test_quotes() -> None:
    assert quoted_for_shell("sepal length") == r"sepal\ length"
    assert quoted_for_shell("it's", "'") == r"it'\''s"
    assert quoted_for_shell('a "b" $c', '"') == r"a \"b\" \$c"
    assert quoted_for_shell("größe,--a=b:c/d.e") == "größe,--a=b:c/d.e"


def answer_of(ann: Ann, shell: str, line: str) -> list[str]:
    env = {"_ANN_COMPLETE": f"{shell}_complete", "_ANN_LINE": line, "_ANN_BREAKS": "\"'><=;|&(: "}
    done = ann(env=env, check=0)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("shell", "line", "lines"),
    [
        ("bash", "ann train iris.csv --label sepal", ["plain", r"sepal\ length", "sepal_width"]),
        ("bash", "ann train iris.csv --label 'sepal l", ["plain", "sepal length"]),
        ("bash", "ann test n", ["files", "net.nn"]),
        ("bash", "ann test ~/n", ["own"]),
        ("bash", "ann train --validation=iris.csv,ne", ["files", "iris.csv,neg.txt"]),
        ("bash", "ann test net.nn iris.csv --require macro-r", ["plain-open", r"macro-recall\>="]),
        ("zsh", "ann help lo", ["plain", "losses\tlosses (--loss)"]),
        ("zsh", "ann test $HOME/n", ["own nn net"]),
        ("fish", "ann train --output=ne", ["plain", "--output=neg.txt", "--output=net.nn"]),
        ("fish", "ann test ~/n", ["own"]),
        ("none", "ann tr", []),
    ],
)
def test_answers_to_shells(tables: Path, ann: Ann, shell: str, line: str, lines: list[str]) -> None:
    found = answer_of(ann, shell, line)
    # Other formats of networks have endings of their own.
    assert [" ".join(each.split()[:3]) if each.startswith("own") else each for each in filter(None, found)] == lines


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_says_how_to_install_it(ann: Ann, shell: str) -> None:
    text = ann("completion", shell.upper()).stdout
    assert text == script(shell)
    assert ann(env={"_ANN_COMPLETE": f"{shell}_source"}).stdout == text
    assert f"ann completion {shell}" in "".join(text.splitlines()[:4])
    assert "To install it" in text


def test_other_shells_are_refused(ann: Ann) -> None:
    assert ann("completion", "tcsh", check=2).stderr == "ann: no completion for 'tcsh'; use one of bash, zsh, fish\n"
    assert ann("completion", "basch", check=2).stderr == "ann: no completion for 'basch'; did you mean 'bash'?\n"
    assert "Missing argument" in ann("completion", check=2).stderr


# A line, and its words after TAB.
IN_SHELLS = [
    ("trai", ["train"]),
    ("train --learn", ["train", "--learning-rate"]),
    ("train iris.csv --trainer irp", ["train", "iris.csv", "--trainer", "irprop"]),
    ("test n", ["test", "net.nn"]),
    ("test o", ["test", "other net.nn"]),
    ("test folder/", ["test", "folder/inner.nn"]),
    ("train net.nn ne", ["train", "net.nn", "neg.txt"]),
    (r"train my\ data.csv --label sepal\ l", ["train", "my data.csv", "--label", "sepal length"]),
    ("train iris.csv --label 'sepal l", ["train", "iris.csv", "--label", "sepal length"]),
    ("train --validation=iris.csv,ne", ["train", "--validation=iris.csv,neg.txt"]),
    ("train --config r", ["train", "--config", "run.yaml"]),
    ("test net.nn iris.csv --require macro-r", ["test", "net.nn", "iris.csv", "--require", "macro-recall>="]),
    ("plot ro", ["plot", "roc"]),
    ("help los", ["help", "losses"]),
]


@pytest.fixture
def shell(request: pytest.FixtureRequest, tables: Path) -> Iterator[Shell]:
    started = Shell(request.param, tables)
    yield started
    started.close()


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_real_shells(shell: Shell) -> None:
    assert {line: shell.words_after(line) for line, _ in IN_SHELLS} == dict(IN_SHELLS)


# Where the script lies as a file, and how the shell is started then.
AS_FILES = {
    "zsh": (".zfunc/_ann", (["zsh", "-f", "-i"], "fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u")),
    "fish": (".config/fish/completions/ann.fish", (["fish", "-i"], "true")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", AS_FILES)
def test_a_script_that_is_installed_as_a_file(tables: Path, name: str) -> None:
    file, start = AS_FILES[name]
    (tables / file).parent.mkdir(parents=True)
    (tables / file).write_text(script(name))
    started = Shell(name, tables, start)
    assert started.words_after("train --config r") == ["train", "--config", "run.yaml"]
    assert started.words_after("test o") == ["test", "other net.nn"]
    started.close()


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_real_shells_show_what_there_is(shell: Shell) -> None:
    shown = shell.offered("train iris.csv --trainer irprop")
    assert re.search(r"irprop\+", shown)
    shown = shell.offered("test ")
    assert "net.nn" in shown
    assert "iris.csv" not in shown


@pytest.mark.slow
def test_completion_is_fast(tables: Path, ann: Ann) -> None:
    """A shell waits for it: far below the half second that a person notices, on a machine with other work."""
    import time

    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        answer_of(ann, "bash", "ann train iris.csv --label s")
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.5
