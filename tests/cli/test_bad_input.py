"""Bad input, case by case through the real command: one line that names the place, the right exit code, every file as it was."""

from __future__ import annotations

import gzip
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from ann_process import NETWORK, POSITIVE, Ann, clean_environment

# name: (content of pos.txt, place the message must start with, words it must hold)
DATA_FAULTS = {
    "too few values": ("1 2\n3\n", "pos.txt:2", "1"),
    "too many values": ("1 2\n3 4 5\n", "pos.txt:2", "3"),
    "other width than the network": ("1 2 3\n4 5 6\n", "pos.txt:1", "2"),
    "letters": ("1 2\n3 abc\n", "pos.txt:2:2", "'abc'"),
    "nan": ("1 2\nnan 4\n", "pos.txt:2:1", "nan"),
    "inf": ("1 2\n3 -inf\n", "pos.txt:2:2", "inf"),
    "overflow": ("1 2\n3 1e400\n", "pos.txt:2:2", "1e400"),
    "overflow of 32 bits": ("1 2\n3 1e39\n", "pos.txt:2:2", "1e39"),
    "empty file": ("", "pos.txt", ""),
    "comments only": ("# nothing\n\n", "pos.txt", ""),
    "missing value": ("1,2\n3,\n", "pos.txt:2", ""),
    "underscore number": ("1 2\n1_0 4\n", "pos.txt:2:1", "1_0"),
    "hexadecimal": ("1 2\n0x10 4\n", "pos.txt:2:1", "0x10"),
}

# name: (content of net.nn, place, words)
NETWORK_FAULTS = {
    "unknown activation": (NETWORK.replace("tanh", "tahn"), "net.nn:4", "'tahn'"),
    "unknown key": (NETWORK + "trainning: {seed: 1}\n", "net.nn:5", "training"),
    "future version": (NETWORK.replace("anncli: 1", "anncli: 2"), "net.nn:2", "2"),
    "no inputs": (NETWORK.replace("inputs: 2\n", ""), "net.nn", "inputs"),
    "zero units": (NETWORK.replace("3 tanh", "0 tanh"), "net.nn:4", "0"),
    "huge layer": (NETWORK.replace("3 tanh", "1000000000000 tanh"), "net.nn:4", "1000000000000"),
    "softmax in the middle": (NETWORK.replace("3 tanh", "3 softmax"), "net.nn", "softmax"),
    "broken yaml": (NETWORK + "  - [\n", "net.nn:5", ""),
    "duplicate key": (NETWORK + "inputs: 3\n", "net.nn:5", "inputs"),
    "empty": ("", "net.nn", ""),
    "words only": ("hello world\n", "net.nn", ""),
    "old dialect cut short": ("3\n2 2 1\n0\n1\n0 1\n0 1\n1 2 3\n", "net.nn", ""),
    "old dialect with letters": ("3\n2 x 1\n", "net.nn:2", "'x'"),
    "an SVM file": ("361 2 linear 0.5\n1 2 3\n", "net.nn", "support vector machine"),
}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


def assert_refused(folder: Path, before: dict[str, bytes], done: subprocess.CompletedProcess[str], start: str, words: str) -> None:  # fmt: skip
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"ann: {start}"), lines[0]
    assert words in lines[0]
    assert snapshot(folder) == before


@pytest.mark.parametrize("case", DATA_FAULTS)
def test_bad_data_is_refused_with_its_place(small: Path, ann: Ann, case: str) -> None:
    content, start, words = DATA_FAULTS[case]
    (small / "pos.txt").write_text(content)
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=3)
    assert_refused(small, before, done, start, words)


@pytest.mark.parametrize("case", NETWORK_FAULTS)
def test_bad_network_is_refused_with_its_place(small: Path, ann: Ann, case: str) -> None:
    content, start, words = NETWORK_FAULTS[case]
    (small / "net.nn").write_text(content)
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=4)
    assert_refused(small, before, done, start, words)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.write_bytes(bytes(range(256)) * 4), "binary"),
        (lambda p: p.write_bytes(gzip.compress(POSITIVE.encode())[:-9]), "gzip"),
        (lambda p: (p.unlink(), p.mkdir()), "folder without files"),
        (lambda p: p.unlink(), "no such file"),
    ],
    ids=["binary junk", "gzip cut short", "directory", "missing"],
)
def test_unreadable_data_file(small: Path, ann: Ann, make: object, words: str) -> None:
    make(small / "pos.txt")  # type: ignore[operator]
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=3)
    assert_refused(small, before, done, "pos.txt: ", "")
    assert words in done.stderr.lower()


@pytest.mark.parametrize(
    "make", [lambda p: (p.unlink(), p.mkdir()), lambda p: p.unlink()], ids=["directory", "missing"]
)
def test_unreadable_network_file(small: Path, ann: Ann, make: object) -> None:
    make(small / "net.nn")  # type: ignore[operator]
    before = snapshot(small)
    assert_refused(small, before, ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=4), "net.nn: ", "")


def test_the_same_file_for_two_classes_is_refused(small: Path, ann: Ann) -> None:
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "./pos.txt", 5, check=3)
    assert_refused(small, before, done, "", "same")


def test_one_class_in_labelled_lists_is_refused(small: Path, ann: Ann) -> None:
    (small / "pos.txt").write_text("a 1\n1 2\nb 1\n2 3\n")
    (small / "neg.txt").write_text("c 1\n1 2\nd 1\n2 4\n")
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=3)
    assert_refused(small, before, done, "", "one class")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["net.nn", "pos.txt", "neg.txt", "5.5"], "EPOCHS"),
        (["net.nn", "pos.txt", "neg.txt", "-5"], "-5"),
        (["net.nn", "pos.txt", "5"], "not clear which column is the label"),
        (["net.nn", "pos.txt", "neg.txt", "pos.txt", "5"], "3 class files"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--trainer", "adma"], "did you mean 'adam'"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--learning-rate", "fast"], "'fast'"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--learning-rate", "-1"], "--learning-rate"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--lerning-rate", "1"], "--learning-rate"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--loss", "cross-entropy"], "softmax"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--momentum", "0.5"], "momentum"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--validation", "1.5"], "--validation"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--targets", "0.1,0.9"], "higher value first"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--class-weight", "1,2,3"], "3 weights"),
        (["net.nn", "pos.txt", "neg.txt", "5", "--option", "beta1"], "NAME=VALUE"),
    ],
)
def test_bad_usage(small: Path, ann: Ann, arguments: list[str], words: str) -> None:
    before = snapshot(small)
    done = ann("train", *arguments, check=2)
    assert_refused(small, before, done, "", words)


def test_unknown_config_key_names_the_nearest_one(small: Path, ann: Ann) -> None:
    (small / "train.yaml").write_text("seed: 1\nlearning_rat: 0.1\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--config", "train.yaml", check=2)
    assert done.stderr.startswith("ann: train.yaml:2:1: unknown option 'learning_rat'; did you mean 'learning_rate'?")


def test_bad_config_value_names_its_line(small: Path, ann: Ann) -> None:
    (small / "train.yaml").write_text("seed: 1\nlearning_rate: fast\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--config", "train.yaml", check=2)
    assert "train.yaml:2" in done.stderr
    assert "'fast'" in done.stderr


def test_misspelt_variable_is_refused(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, check=2, env={"ANN_LERNING_RATE": "0.1"})
    assert done.stderr == "ann: unknown variable ANN_LERNING_RATE; did you mean ANN_LEARNING_RATE?\n"


def test_edited_weight_is_found(trained: Path, ann: Ann) -> None:
    text = (trained / "net.nn").read_text()
    head, block = text.split("weights:", 1)
    digit = next(i for i, c in enumerate(block) if c in "123456789")
    changed = block[:digit] + ("2" if block[digit] != "2" else "3") + block[digit + 1 :]
    (trained / "net.nn").write_text(head + "weights:" + changed)
    before = snapshot(trained)
    assert_refused(trained, before, ann("test", "net.nn", "pos.txt", "neg.txt", check=4), "net.nn", "checksum")


@pytest.mark.slow
def test_truncated_network_is_found_wherever_it_is_cut(trained: Path, ann: Ann) -> None:
    text = (trained / "net.nn").read_text()
    start = text.index("trained:") + len("trained:")
    for cut in range(start, len(text) - 2, max(1, (len(text) - start) // 12)):
        (trained / "net.nn").write_text(text[:cut])
        done = ann("test", "net.nn", "pos.txt", "neg.txt", check=4)
        assert done.stderr.startswith("ann: net.nn"), done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_testing_an_untrained_network(small: Path, ann: Ann) -> None:
    done = ann("test", "net.nn", "pos.txt", "neg.txt", check=4)
    assert done.stderr.startswith("ann: net.nn: the network has no weights yet")


def test_unwritable_target_is_told_before_training(small: Path, ann: Ann) -> None:
    (small / "file").write_text("")
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 1000000, "--output", "file/net.nn", check=1)
    assert_refused(small, before, done, "file/net.nn: ", "")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 1000000, "--output", "missing/net.nn", check=1)
    assert_refused(small, before, done, "missing/net.nn: ", "")


def test_full_disk_keeps_the_old_file(small: Path) -> None:
    """A file size limit stands in for the disk: the write of the new network fails half way."""

    def limit() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    before = snapshot(small)
    done = subprocess.run(
        [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", "5"],
        cwd=small, env=clean_environment(PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True, preexec_fn=limit, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("ann: net.nn: cannot write")
    assert snapshot(small) == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "", "pos.txt", "neg.txt", 5), 4),
        (("train", "net.nn", "pos.txt", "", 5), 3),
        (("train", "net.nn", "pos.txt", "neg.txt", 5, "--output", ""), 1),
        (("train", "net.nn", "pos.txt", "neg.txt", 5, "--history", ""), 1),
        (("init", "", "--inputs", 2), 1),
    ],
)
def test_an_empty_file_name_is_no_default(small: Path, ann: Ann, arguments: tuple[object, ...], code: int) -> None:
    before = snapshot(small)
    assert_refused(small, before, ann(*arguments, check=code), "'': ", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_device_behind_stdout(trained: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "anncli", "predict", "net.nn", "pos.txt"],
            cwd=trained, env=clean_environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "ann: standard output: No space left on device; the results are incomplete\n"


def test_closed_pipe(trained: Path) -> None:
    (trained / "many.txt").write_text(POSITIVE * 20000)
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "predict", "net.nn", "many.txt"],
        cwd=trained, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    message = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert message == "ann: standard output: the reader closed the pipe; the results are incomplete\n"


def test_predict_of_a_bad_line_prints_what_came_before(trained: Path, ann: Ann) -> None:
    (trained / "new.txt").write_text("1 2\n3 x\n")
    done = ann("predict", "net.nn", "new.txt", check=3)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "ann: new.txt:2:2: expected a number, found 'x'; correct it, or take the row out\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--targets", "1.5,-3"), "targets 1.5,-3 are outside the range of logistic outputs, 0 to 1"),
        (("--loss", "mse", "--targets", "1e300,0"), "targets 1e+300,0 are outside the range"),
        (("--batch-size", "1e30"), "--batch-size: must be at most 2147483647, found '1e30'"),
        (("--trainer", "lbfgs", "--option", "memory=1e18"), "--option memory: must be at most 2147483647"),
        (("--seed", "9223372036854775808"), "--seed: must be at most 9223372036854775807"),
        (("--threshold", "1e300"), "--threshold: '1e300' is too large for a 32-bit number"),
    ],
)
def test_numbers_that_cannot_be_meant(small: Path, ann: Ann, options: tuple[str, ...], message: str) -> None:
    before = snapshot(small)
    assert_refused(
        small, before, ann("train", "net.nn", "pos.txt", "neg.txt", 5, *options, check=2), message, "write for example"
    )


def test_every_digit_of_a_seed_counts(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--seed", "9007199254740993", "--dry-run")
    assert re.search(r"^seed +9007199254740993$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("scaling", ["zscore", "robust", "minmax"])
def test_values_that_overflow_when_scaled_are_one_line(small: Path, ann: Ann, scaling: str) -> None:
    (small / "pos.txt").write_text("1e38 1\n-3e38 1\n")
    (small / "neg.txt").write_text("2e38 1\n3.3e38 1\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--validation", 0, "--scaling", scaling, check=3)
    assert done.stderr == "ann: an input value overflows when it is scaled; check the data for values near 1e38\n"


def test_divergence_is_told_and_nothing_written(small: Path, ann: Ann) -> None:
    (small / "net.nn").write_text("anncli: 1\ninputs: 2\nlayers: [1 linear]\n")
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 50, "--trainer", "sgd", "--learning-rate", "1e30", "--validation", "0", check=1)  # fmt: skip
    assert_refused(small, before, done, "training diverged in epoch ", "lower --learning-rate")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_history_on_a_full_disk_does_not_lose_the_training(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--history", "/dev/full", check=1)
    message = "/dev/full: cannot write: No space left on device; write it to another place"
    warning, *_, last = done.stderr.splitlines()
    assert warning == f"ann: warning: {message}; the training goes on without the history"
    assert last == f"ann: {message}"
    ann("info", "net.nn", "--verify")


def test_a_missing_validation_file_is_shown_as_it_was_written(small: Path, ann: Ann) -> None:
    before = snapshot(small)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--validation", "pos.txt,", check=2)
    message = "--validation: must be a fraction from 0 to 0.9 or files, one per class, found 'pos.txt,'"
    assert_refused(small, before, done, message, "")
