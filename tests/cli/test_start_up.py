"""Starting `ann`: what help, completion and usage errors must not import, and how the program meets its surroundings."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from ann_process import ROOT, Ann, clean_environment

from anncli.cli.names import COMMANDS

HEAVY = {"numpy", "yaml", "anncli.backends.reference", "anncli.network.network", "anncli.formats.networks.storage"}

# Of arguments that are no usage errors.
GOOD = {"--help", "--version", "matlab", "bash"}


def imported_by(folder: Path, *arguments: str, **env: str) -> tuple[set[str], int]:
    """The modules that a run of `ann` imports, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "anncli", *arguments],
        cwd=folder, env=clean_environment(**env), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines}, done.returncode


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["--version"],
        ["trian"],
        ["--bad"],
        ["train"],
        ["train", "n.nn", "a", "b", "5", "--no-such-option"],
        ["train", "n.nn", "a", "b", "1e3"],
        ["train", "a.csv", "5", "--epochs", "6"],
        ["train", "a.csv", "5", "--label", "a,,b"],
        ["train", "a.csv", "5", "--data", "b.csv"],
        ["train", "a.csv", "n.nn"],
        ["bench", "a.csv", "0"],
        ["test", "n.nn"],
        ["test", "n.nn", "a.csv", "--max-fail", "6"],
        ["train", "a.csv", "--trainer", "traincfg"],
        ["plot", "rco", "n.nn"],
        ["help"],
        ["help", "matlab"],
        ["help", "train"],
        ["help", "nothing"],
        ["completion", "bash"],
        ["completion", "ksh"],
    ]
    + [[command, "--help"] for command in COMMANDS],
    ids=" ".join,
)
def test_neither_numpy_nor_yaml_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    modules, code = imported_by(tmp_path, *arguments)
    assert "anncli.cli.main" in modules
    assert modules & HEAVY == set()
    assert code == (0 if GOOD & set(arguments) or arguments in (["help"], ["help", "train"]) else 2)


def test_completion_is_light_and_knows_commands_and_options(tmp_path: Path, ann: Ann) -> None:
    words = {"_ANN_COMPLETE": "bash_complete", "_ANN_LINE": "ann tr"}
    modules, _ = imported_by(tmp_path, **words)
    assert modules & HEAVY == set()
    assert ann(env=words).stdout.split() == ["plain", "train", "trainers"]
    (tmp_path / "t.csv").write_text("age,city\n1,Rome\n")
    modules, _ = imported_by(tmp_path, **{**words, "_ANN_LINE": "ann train t.csv --label c"})
    assert "anncli.cli.asking.column_names" in modules
    assert modules & HEAVY == set()
    words["_ANN_LINE"] = "ann train --learn"
    assert ann(env=words).stdout.split() == ["plain", "--learning-rate"]


def test_no_arguments_show_the_help_as_a_usage_error(ann: Ann) -> None:
    done = ann(check=2)
    assert done.stdout == ""
    assert done.stderr == ann("--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_first(ann: Ann, command: str) -> None:
    text = ann(command, "-h").stdout
    assert text == ann(command, "--help").stdout
    assert text.startswith(f"Usage: ann {command} ")
    assert text.index("Examples:") < text.index("\nOutput:" if command != "completion" else "\n-h, --help:")
    assert f"\n    ann {command}" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "unknown command 'trian'; did you mean 'train'?"),
        (["version"], "unknown command 'version'; write ann --version"),
        (["T"], "unknown command 'T'; did you mean 't'?"),
        (["train", "n.nn", "a", "b", "5", "--patence", "3"], "no such option '--patence'; did you mean '--patience'?"),
        (["info"], "Missing argument 'NETWORK'; try 'ann info --help'"),
    ],
)
def test_usage_errors_are_one_line(ann: Ann, arguments: list[str], message: str) -> None:
    done = ann(*arguments, check=2)
    assert done.stderr.startswith(f"ann: {message}"), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_version(ann: Ann) -> None:
    assert ann("--version").stdout.startswith("ann 0.")
    text = ann("--version", "-v").stdout
    assert {line.split()[0] for line in text.splitlines()} >= {
        "ann",
        "backend",
        "python",
        "numpy",
        "click",
        "pyyaml",
        "mpi4py",
        "dask",
        "torch",
    }
    for name, package, extra in (
        ("mpi4py", "mpi4py", "mpi"),
        ("dask", "distributed", "dask"),
        ("torch", "torch", "gpu"),
    ):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            found = f"not installed (extra {extra})"
        assert f"\n{name:<8} {found}\n" in text


def shell(folder: Path, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    text = command.replace("ann ", f"'{sys.executable}' -m anncli ", 1)
    return subprocess.run(["bash", "-c", text], cwd=folder, env=clean_environment(**env), capture_output=True, text=True, timeout=60)  # fmt: skip


def test_closed_standard_streams(trained: Path) -> None:
    done = shell(trained, "ann predict net.nn <&-")
    assert done.returncode == 3
    assert "stdin" in done.stderr
    assert "holds no rows" in done.stderr
    done = shell(trained, "ann predict net.nn pos.txt >&-")
    assert done.returncode == 1
    assert done.stderr == "ann: standard output: Bad file descriptor; the results are incomplete\n"
    assert shell(trained, "ann predict none.nn pos.txt 2>&-").returncode == 4
    before = (trained / "net.nn").read_bytes()
    # With all three closed the network must not get messages written into it.
    shell(trained, "ann train net.nn pos.txt neg.txt 5 -v -o out.nn <&- >&- 2>&-")
    assert shell(trained, "ann info out.nn --verify").returncode == 0
    assert (trained / "net.nn").read_bytes() == before


def test_a_network_for_a_closed_stdout_is_told_once(trained: Path) -> None:
    for command in ("ann init - --inputs 3", "ann train net.nn pos.txt neg.txt 5 -q -o -"):
        done = shell(trained, f"{command} >&-")
        assert done.returncode == 1
        assert done.stderr == "ann: <stdout>: cannot write: Bad file descriptor; write to another place\n"


def test_ctrl_c_while_the_program_is_still_loading(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = ann("--version", check=130, env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert (done.stdout, done.stderr) == ("", "ann: interrupted\n")


@pytest.mark.slow
def test_file_names_of_any_bytes(small: Path) -> None:
    names = [b"p\xff \xe4.txt", b"n'\\.txt", b"net \xfe.nn"]
    folder = os.fsencode(small)
    for old, new in zip((b"pos.txt", b"neg.txt", b"net.nn"), names, strict=True):
        os.rename(os.path.join(folder, old), os.path.join(folder, new))
    python = [os.fsencode(sys.executable), b"-m", b"anncli"]
    for arguments in (
        [b"train", names[2], names[0], names[1], b"5"],
        [b"test", names[2], names[0], names[1]],
        [b"info", names[2], b"--json"],
        [b"predict", names[2], names[0]],
    ):
        done = subprocess.run(
            [*python, *arguments], cwd=small, env=clean_environment(), capture_output=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run([*python, b"train", names[2], b"no\xff\n.txt", names[1], b"5"], cwd=small, env=clean_environment(), capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith(b"ann: no\\udcff\\n.txt: no such file; ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("variables", [{"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])  # fmt: skip
def test_the_decimal_point_stays_and_names_are_escaped_at_worst(
    small: Path, ann: Ann, variables: dict[str, str]
) -> None:
    (small / "grün.txt").write_bytes((small / "pos.txt").read_bytes())
    text = ann("train", "net.nn", "grün.txt", "neg.txt", 5, env=variables).stdout
    assert "100.00" in text
    assert "0," not in text.splitlines()[-3]
    answer = ann("predict", "net.nn", "grün.txt", env=variables).stdout.splitlines()[0]
    score, name = answer.split("\t")
    assert 0 < float(score) < 1
    assert name in ("grün", "gr\\xfcn")


def test_a_very_long_value_is_cut_in_the_message(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--learning-rate", "9" * 100_000, check=2)
    assert len(done.stderr) < 200
    assert done.stderr.startswith("ann: --learning-rate: must be a number above 0, found '" + "9" * 60 + "...'")
