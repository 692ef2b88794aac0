"""Faults survived: full disks, short writes, signals at bad moments, files that would be lost, damaged checkpoints, huge numbers."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ann_process import NEGATIVE, NETWORK, POSITIVE, ROOT, Ann, clean_environment

from anncli.cli.main import run
from anncli.options.table import _TRAINER_READERS, OPTIONS, read_option
from anncli.training.names import TRAINER_NAMES

CHECKPOINTS = ROOT / "tests/data/cases/checkpoints"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def start(folder: Path, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "anncli", *map(str, arguments)]
    return subprocess.Popen(command, cwd=folder, env=clean_environment(), **options)  # type: ignore[call-overload,no-any-return]


def small_files(*, size: int) -> Callable[[], None]:
    """The child may not write beyond `size` bytes of any file, and a write that would do so is cut short there."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


# Loops without a bound


@pytest.mark.parametrize(
    ("trainer", "option", "must_be"),
    [
        ("lm", "mu=0", "at least 1e-20 and at most 1e+20"),
        ("br", "mu=0", "at least 1e-20 and at most 1e+20"),
        ("lm", "increase=1.0000001", "at least 1.001 and at most 1000"),
        ("adam", "beta1=5", "at least 0 and below 1"),
        ("nadam", "beta1=1e300", "at least 0 and below 1"),
        ("schedule-free", "warm_up=1e300", "at least 0 and at most 1"),
    ],
)
def test_an_option_of_a_trainer_has_a_range(small: Path, ann: Ann, trainer: str, option: str, must_be: str) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 9, "--trainer", trainer, "--option", option, check=2)
    name, _, value = option.partition("=")
    assert done.stderr.startswith(f"ann: --option {name}: must be a number {must_be}, found '{value}'; write for ")


def test_every_option_of_every_trainer_is_declared_with_its_range() -> None:
    names = {name for trainer in TRAINER_NAMES.values() for name in trainer.defaults}
    assert names - OPTIONS.keys() == _TRAINER_READERS.keys()
    for trainer in TRAINER_NAMES.values():
        for name, default in trainer.defaults.items():
            assert read_option(name, default) == default
            for huge in ("1e300", "nan", "-inf"):
                with pytest.raises(ValueError, match=r"must be|unknown"):
                    read_option(name, huge)


def test_a_learning_rate_whose_square_is_zero(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 3, "--trainer", "schedule-free", "--learning-rate", "1e-300")


# Signals


def wait_for_lines(path: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_between_the_last_epoch_and_the_file_does_not_lose_the_training(
    small: Path, ann: Ann, number: int
) -> None:
    (small / "net.nn").write_text(NETWORK.replace("3 tanh", "700 tanh, 700 tanh"))
    process = start(
        small, "train", "net.nn", "pos.txt", "neg.txt", 2, "-q", "--history", "h", "--refit", "no",
        stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for_lines(small / "h", 2, process)
    process.send_signal(number)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    text = message.decode()
    assert text.startswith("ann: interrupted after ")
    assert " was written to net.nn" in text
    ann("info", "net.nn", "--verify")


def test_a_closed_terminal_ends_the_training_after_the_epoch(small: Path, ann: Ann) -> None:
    process = start(
        small, "train", "net.nn", "pos.txt", "neg.txt", 100_000_000, "--patience", 0, "--history", "h",
        stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    wait_for_lines(small / "h", 1, process)
    process.send_signal(signal.SIGHUP)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 129
    assert b"was written to net.nn" in message
    ann("info", "net.nn", "--verify")


@pytest.mark.parametrize("module", ["click", "numpy"])
@pytest.mark.parametrize("callback", [False, True], ids=["import", "callback"])
def test_an_interrupt_while_modules_load_is_one_line(small: Path, ann: Ann, module: str, callback: bool) -> None:
    """Also where Python cannot raise, as in the callback of a weak reference."""
    kill = "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(5)"
    if callback:
        kill = f"class A:\n    def __del__(self):\n        {kill}\nA()\nimport time; time.sleep(5)"
    (small / "first").mkdir()
    (small / "first" / f"{module}.py").write_text(kill + "\n")
    path = f"{small / 'first'}{os.pathsep}{ROOT}"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 3, check=130, env={"PYTHONPATH": path})
    assert (done.stdout, done.stderr) == ("", "ann: interrupted\n")


# Output that cannot be written


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_network_that_does_not_fit_on_stdout_is_told(small: Path, ann: Ann, unbuffered: str) -> None:
    (small / "net.nn").write_text(NETWORK.replace("3 tanh", "300 tanh"))
    environment = {"PYTHONUNBUFFERED": unbuffered} if unbuffered else {}
    with open(small / "out.nn", "wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", "1", "--output", "-"],
            cwd=small, env=clean_environment(**environment), stdout=out, stderr=subprocess.PIPE, text=True,
            preexec_fn=small_files(size=8192),
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith("ann: <stdout>: cannot write: File too large; write to another place\n")


def test_a_table_that_does_not_fit_on_stdout_is_told(small: Path) -> None:
    with open(small / "out.txt", "wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", "3", "--output", "/dev/null"],
            cwd=small, env=clean_environment(PYTHONUNBUFFERED="1"), stdout=out, stderr=subprocess.PIPE, text=True,
            preexec_fn=small_files(size=300),
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith("ann: standard output: File too large; the results are incomplete\n")


@needs_full
@pytest.mark.parametrize("options", [("-vv",), ("--test", "pos.txt,neg.txt"), ("--json", "--history", "h", "-v")])
def test_remarks_that_cannot_be_written_do_not_end_a_training(small: Path, ann: Ann, options: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        process = start(
            small, "train", "net.nn", "pos.txt", "neg.txt", 20, *options, stderr=full, stdout=subprocess.DEVNULL
        )
        assert process.wait(60) == 0
    ann("info", "net.nn", "--verify")


def test_a_reader_of_remarks_that_goes_away_does_not_end_a_training(small: Path, ann: Ann) -> None:
    process = start(
        small, "train", "net.nn", "pos.txt", "neg.txt", 300, "-vv", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()
    assert process.wait(60) == 0
    ann("info", "net.nn", "--verify")


@needs_full
def test_progress_lines_of_the_classic_form_do_not_end_it(small: Path, ann: Ann) -> None:
    (small / "old.nn").write_text("3\n2 2 1\n")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "anncli", "t", "old.nn", "pos.txt", "neg.txt", "30"],
            cwd=small, env=clean_environment(), stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith("ann: standard output: No space left on device; the results are incomplete\n")
    ann("r", "old.nn", "pos.txt")


def test_a_checkpoint_that_cannot_be_written_does_not_end_a_training(small: Path, ann: Ann) -> None:
    process = start(
        small, "train", "net.nn", "pos.txt", "neg.txt", 30, "--trainer", "bfgs", "--checkpoint", "c",
        "--checkpoint-every", 5, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=small_files(size=5000),
    )  # fmt: skip
    _, message = process.communicate(timeout=60)
    assert process.returncode == 1
    fault = "c: cannot write: File too large; write to another place"
    warning, *others, last = message.decode().splitlines()
    assert warning == f"ann: warning: {fault}; the training goes on without the checkpoint"
    # Each of the six checkpoints fails; once is enough.
    assert warning not in others
    assert last == f"ann: {fault}"
    ann("info", "net.nn", "--verify")


# Time and memory


@pytest.mark.slow
@pytest.mark.parametrize("filler", [b"\n", b"#\n", b"  \n#x\n"], ids=["empty", "comments", "both"])
@pytest.mark.parametrize("head", [b"", b"a b\n"], ids=["numbers", "header"])
def test_a_long_beginning_without_rows_is_read_once(trained: Path, ann: Ann, filler: bytes, head: bytes) -> None:
    (trained / "new.txt.gz").write_bytes(gzip.compress(head + filler * (8_000_000 // len(filler)) + b"1 2\n3 x\n", 1))
    began = time.monotonic()
    done = ann("predict", "net.nn", "new.txt.gz", check=3)
    assert time.monotonic() - began < 20
    assert len(done.stdout.splitlines()) == 1
    line = (8_000_000 // len(filler)) * filler.count(b"\n") + head.count(b"\n") + 2
    assert done.stderr.startswith(f"ann: new.txt.gz:{line}:2: ")


@pytest.mark.slow
def test_many_members_of_a_gzip_file_take_no_time_each(trained: Path, ann: Ann) -> None:
    (trained / "new.txt.gz").write_bytes(gzip.compress(b"") * 200_000 + gzip.compress(b"1 2\n"))
    began = time.monotonic()
    done = ann("predict", "net.nn", "new.txt.gz")
    assert time.monotonic() - began < 15
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_a_small_network_needs_little_address_space(trained: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 900 << 20))

    process = start(trained, "predict", "net.nn", "pos.txt", preexec_fn=limit, stdout=subprocess.PIPE)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output.count(b"\n")) == (0, 8)


# Files that the run needs


@pytest.fixture
def lists(small: Path) -> Path:
    """l.txt names a.txt, and m.dat with its header m.hea; cfg.yaml is a config file; link.txt is a hard link of a.txt."""
    (small / "a.txt").write_text("1 2")
    (small / "b.txt").write_text("-1 -2")
    (small / "m.dat").write_bytes(bytes(16))
    (small / "m.hea").write_text("2 2\n")
    (small / "l.txt").write_text("a.txt 1\nm.dat 1\nb.txt 2\n")
    (small / "cfg.yaml").write_text("seed: 3\n")
    os.link(small / "a.txt", small / "link.txt")
    os.link(small / "pos.txt", small / "link.pos")
    return small


@pytest.mark.parametrize(
    ("words", "option", "target"),
    [
        ("train net.nn l.txt 3", "--output", "a.txt"),
        ("train net.nn l.txt 3", "--history", "m.hea"),
        ("train net.nn l.txt 3", "--checkpoint", "m.dat"),
        ("train net.nn l.txt 3", "--history", "link.txt"),
        ("train net.nn pos.txt neg.txt 3", "--history", "link.pos"),
        ("train net.nn pos.txt neg.txt 3 --config cfg.yaml", "--history", "cfg.yaml"),
        ("train net.nn pos.txt neg.txt 3 --config cfg.yaml", "--output", "cfg.yaml"),
        ("bench net.nn l.txt 3 --trainers gd", "--plot", "a.txt"),
    ],
)
def test_no_file_that_the_run_reads_is_overwritten(lists: Path, ann: Ann, words: str, option: str, target: str) -> None:
    before = {path.name: path.read_bytes() for path in lists.iterdir()}
    done = ann(*words.split(), option, target, check=2)
    assert done.stderr.splitlines()[-1] == (
        f"ann: {option} {target} would overwrite a file that this run needs; give another name"
    )
    assert {path.name: path.read_bytes() for path in lists.iterdir()} == before


@pytest.mark.slow
def test_the_checkpoint_of_a_resumed_run_may_replace_the_old_one_but_nothing_else_may(small: Path, ann: Ann) -> None:
    words = ("train", "net.nn", "pos.txt", "neg.txt")
    ann(*words, 3, "--checkpoint", "c", "--output", "o.nn", "--refit", "no")
    for option in ("--output", "--history"):
        done = ann(*words, 5, "--resume", "c", option, "c", check=2)
        assert done.stderr == f"ann: {option} c would overwrite a file that this run needs; give another name\n"
    ann(*words, 5, "--resume", "c", "--checkpoint", "c", "--output", "o.nn", "--refit", "no")


@pytest.mark.slow
def test_two_runs_do_not_share_a_history(small: Path, ann: Ann) -> None:
    process = start(
        small, "train", "net.nn", "pos.txt", "neg.txt", 100_000_000, "--patience", 0, "--history", "h",
        "--output", "o.nn", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_lines(small / "h", 1, process)
        done = ann("train", "net.nn", "pos.txt", "neg.txt", 3, "--history", "h", check=1)
        assert done.stderr == "ann: h: another run writes its history to this file; give another name\n"
    finally:
        process.kill()
        process.wait()
    assert [json.loads(line)["epoch"] for line in (small / "h").read_text().splitlines()[:3]] == [1, 2, 3]


# Checkpoints


@pytest.mark.parametrize("name", sorted(path.name for path in CHECKPOINTS.glob("*.ckpt")))
def test_a_damaged_checkpoint_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Members that are packed, encrypted or of another size, shapes and kinds that do not fit, counts below 0."""
    monkeypatch.chdir(tmp_path)
    for path in CHECKPOINTS.iterdir():
        shutil.copy(path, path.name)
    # Defaults of the version that wrote them.
    old = ["--scaling", "zscore", "--average", "none"]
    code = run(["train", "net.nn", "pos.txt", "neg.txt", "8", "--resume", name, "--output", "o.nn", *old])
    message = capsys.readouterr().err
    assert (code, message.count("\n")) == (4, 1)
    assert message.startswith(f"ann: {name}: ")
    assert not Path("o.nn").exists()


@pytest.mark.slow
def test_a_checkpoint_has_a_checksum_over_its_state(small: Path, ann: Ann) -> None:
    words = ("train", "net.nn", "pos.txt", "neg.txt", 5, "--refit", "no", "--output", "o.nn")
    ann(*words, "--checkpoint", "c")
    with zipfile.ZipFile(small / "c") as file:
        members = {name: file.read(name) for name in file.namelist()}
    text = members["checkpoint.json"].decode()
    edits = {
        "array0.npy": members["array0.npy"][:-4] + b"\0\0\xc8\x42",
        "checkpoint.json": text.replace('"epochs_done": 5', '"epochs_done": 4').encode(),
        "checksum": b"0" * 64,
    }
    assert all(members[name] != data for name, data in edits.items())
    for name, data in edits.items():
        with zipfile.ZipFile(small / "edited", "w") as file:
            for member, old in members.items():
                file.writestr(member, data if member == name else old)
        done = ann(*words, "--resume", "edited", check=4)
        assert done.stderr == "ann: edited: is no checkpoint, or a damaged one; leave --resume out to begin anew\n"
    ann(*words, "--resume", "c")


# Values beyond float32


@pytest.mark.parametrize("value", ["1e-42", "3.4e38"])
def test_inputs_whose_initial_weights_overflow_are_told(small: Path, ann: Ann, value: str) -> None:
    for name, text in (("pos.txt", POSITIVE), ("neg.txt", NEGATIVE)):
        rows = [line.split() for line in text.splitlines()]
        (small / name).write_text("".join(f"{'-' * x.startswith('-')}{value} {y}\n" for x, y in rows))
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--scaling", "none", check=None)
    assert "Warning" not in done.stderr
    assert ".py" not in done.stderr
    if value == "1e-42":
        assert done.returncode == 3
        assert done.stderr == (
            "ann: initial weights of --init auto overflow: an input has a very narrow or very wide range; "
            "scale the inputs: --scaling soft-clip; or draw them by --init glorot\n"
        )


def test_warnings_of_numpy_are_not_shown(small: Path, ann: Ann) -> None:
    done = ann(
        "train", "net.nn", "pos.txt", "neg.txt", 5, "--trainer", "irprop+", "--option", "step_init=1e6",
        "--option", "step_max=1e6", check=None,
    )  # fmt: skip
    assert "Warning" not in done.stderr


# Words


@pytest.mark.parametrize("epochs", ["1_000", " 5", "٣", "1e3", "5.0"])
def test_epochs_are_plain_digits(small: Path, ann: Ann, epochs: str) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", epochs, check=2)
    assert done.stderr.startswith("ann: EPOCHS must be a whole number, found '")


def test_a_fault_in_a_config_file_is_told_with_its_place(small: Path, ann: Ann) -> None:
    (small / "bad.yaml").write_text("threads: -1\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 1, "--config", "bad.yaml", check=2)
    assert done.stderr.startswith("ann: bad.yaml:1:1: threads: must be a whole number, at least 1, found '-1'")


def test_a_folder_that_is_a_file_is_told(small: Path, ann: Ann) -> None:
    (small / "file").write_text("")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 1, "--output", "file/", check=1)
    assert done.stderr.startswith("ann: file/: cannot write: Not a directory; ")


def test_a_checkpoint_of_a_version_with_other_defaults_says_which_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (ROOT / "tests/golden/data").iterdir():
        shutil.copy(path, path.name)
    shutil.copy(ROOT / "tests/golden/checkpoints/schedule-interrupted.ckpt", "old.ckpt")
    Path("net.nn").write_text("anncli: 1\ninputs: 4\nlayers: [4 relu, 1 logistic]\n")
    words = ["train", "net.nn", "a.txt", "b.txt", "8", "--trainer", "sgd", "--schedule", "one-cycle"]
    words += ["--restarts", "3", "--resume", "old.ckpt", "-q", "-o", "o.nn"]
    assert run([*words]) == 2
    message = "it was written with scaling zscore, this run has scaling soft-clip"
    advice = "an earlier version began it, with other defaults: add --scaling zscore --average none"
    assert capsys.readouterr().err == f"ann: --resume old.ckpt: {message}; {advice}\n"
    assert run([*words, "--scaling", "keep", "--average", "none"]) == 2
    assert "it was written with scaling zscore, this run has scaling keep" in capsys.readouterr().err
    assert run([*words, "--scaling", "zscore", "--average", "none"]) == 0
