"""Checkpoints from the shell: a training that was stopped or killed goes on to the bytes of one that never was."""

from __future__ import annotations

import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ann_process import NETWORK, ROOT, Ann, clean_environment
from workers import running_since

PIMA = (str(ROOT / "data/pima/diabetic.txt"), str(ROOT / "data/pima/healthy.txt"))
DEFINITION = NETWORK.replace("inputs: 2", "inputs: 8")
EPOCHS, RUN = 1500, ("--patience", "0", "--checkpoint", "run.ckpt", "--checkpoint-every", "40")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The network of the run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "net.nn").write_text(DEFINITION)
    command = [sys.executable, "-m", "anncli", "train", "net.nn", *PIMA, str(EPOCHS), "--patience", "0", "-q"]
    subprocess.run(command, cwd=folder, env=clean_environment(), check=True, timeout=120)
    return (folder / "net.nn").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    number: signal.Signals, code: int, wanted: bytes, tmp_path: Path, ann: Ann
) -> None:
    (tmp_path / "net.nn").write_text(DEFINITION)
    words = ("train", "net.nn", *PIMA, str(EPOCHS), *RUN, "--history", "h.jsonl")
    with running_since(tmp_path / "h.jsonl", 100, *words) as process:
        process.send_signal(number)
        _, message = process.communicate(timeout=60)
    assert process.returncode == code
    if code > 0:
        assert message.endswith(" was written to net.nn; continue with --resume run.ckpt\n")
    ann("train", "net.nn", *PIMA, EPOCHS, *RUN, "--resume", "run.ckpt")
    assert (tmp_path / "net.nn").read_bytes() == wanted


@pytest.mark.slow
def test_the_last_checkpoint_is_written_where_the_signal_came(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 30, "--validation", 0, "--checkpoint", "c", "-o", "a.nn")
    ann("train", "net.nn", "pos.txt", "neg.txt", 50, "--validation", 0, "--resume", "c", "-o", "b.nn")
    ann("train", "net.nn", "pos.txt", "neg.txt", 50, "--validation", 0, "-o", "c.nn")
    assert (small / "b.nn").read_bytes() == (small / "c.nn").read_bytes()


@pytest.mark.slow
def test_every_checkpoint_stays_where_its_name_has_the_epoch(small: Path, ann: Ann) -> None:
    words = ("train", "net.nn", "pos.txt", "neg.txt", 50, "--validation", 0, "--checkpoint", "run-{epoch}.ckpt")
    ann(*words, "--checkpoint-every", 20, "-o", "a.nn")
    assert sorted(path.name for path in small.glob("*.ckpt")) == ["run-20.ckpt", "run-40.ckpt", "run-50.ckpt"]
    last = (small / "run-50.ckpt").read_bytes()
    ann(*words, "--checkpoint-every", 25, "--resume", "run-20.ckpt", "-o", "b.nn")
    assert (small / "b.nn").read_bytes() == (small / "a.nn").read_bytes()
    assert (small / "run-50.ckpt").read_bytes() == last
    assert (small / "run-25.ckpt").exists()
    ann(*words, "--resume", "run-50.ckpt", "-o", "c.nn")


@pytest.mark.slow
def test_a_checkpoint_that_may_take_the_place_of_a_file_that_is_read_is_refused(small: Path, ann: Ann) -> None:
    (small / "run-7.ckpt").write_text((small / "pos.txt").read_text())
    done = ann("train", "net.nn", "run-7.ckpt", "neg.txt", 5, "--checkpoint", "run-{epoch}.ckpt", check=2)
    assert done.stderr == "ann: --checkpoint run-7.ckpt would overwrite a file that this run needs; give another name\n"
    ann("train", "net.nn", "run-7.ckpt", "neg.txt", 5, "--checkpoint", f"{small}/run-{{epoch}}.ckpt", check=2)
    assert (small / "run-7.ckpt").read_text() == (small / "pos.txt").read_text()
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--checkpoint", "no/run-{epoch}.ckpt", check=1)
    assert done.stderr == "ann: no/run-0.ckpt: cannot write: No such file or directory; create the folder first\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--seed", "1"], 2, "ann: --resume c: it was written with seed 0, this run has seed 1; repeat the options of the first run\n"),
        (["--dropout", "0.5"], 2, "ann: --resume c: it was written with dropout 0.0, this run has dropout 0.5; repeat the options of the first run\n"),
        (["--validation", "0.5"], 2, "ann: --resume c: it was written with validation auto, this run has validation 0.5; repeat the options of the first run\n"),
    ],
)  # fmt: skip
def test_another_run_is_refused(small: Path, ann: Ann, arguments: list[str], code: int, message: str) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 10, "--checkpoint", "c", "-o", "a.nn")
    before = (small / "c").read_bytes()
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "c", *arguments, check=code)
    assert (done.stdout, done.stderr) == ("", message)
    assert (small / "net.nn").read_text() == NETWORK
    assert (small / "c").read_bytes() == before


@pytest.mark.slow
def test_other_data_and_another_network_are_refused(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 10, "--checkpoint", "c", "-o", "a.nn")
    done = ann("train", "net.nn", "neg.txt", "pos.txt", 20, "--resume", "c", check=2)
    advice = "give the same files in the same order"
    assert done.stderr.splitlines()[-1] == f"ann: --resume c: it was written with other data than this run's; {advice}"
    (small / "net.nn").write_text(NETWORK.replace("3 tanh", "4 tanh"))
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "c", check=2)
    assert done.stderr == (
        "ann: --resume c: it has a 2-3-1 network, the network file has 2-4-1 or other activations; "
        "give the network file of the first run\n"
    )


@pytest.mark.slow
def test_no_checkpoint_and_a_bad_place_are_told_before_the_training(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "c", check=4)
    assert done.stderr == "ann: c: no such file; check the name, or leave --resume out to begin anew\n"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "net.nn", check=4)
    assert done.stderr == "ann: net.nn: is no checkpoint, or a damaged one; leave --resume out to begin anew\n"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--checkpoint", "nowhere/c", check=1)
    assert done.stderr == "ann: nowhere/c: cannot write: No such file or directory; create the folder first\n"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--checkpoint", "pos.txt", check=2)
    assert done.stderr == "ann: --checkpoint pos.txt would overwrite a file that this run needs; give another name\n"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--checkpoint", "c", "--checkpoint-every", "0", check=2)
    assert done.stderr.startswith("ann: --checkpoint-every: must be a whole number, at least 1, found '0'")
    assert (small / "net.nn").read_text() == NETWORK
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--checkpoint-every", "5", check=2)
    assert done.stderr == "ann: --checkpoint-every needs --checkpoint; name the file with --checkpoint FILE\n"


@pytest.mark.slow
def test_what_was_written_above_the_weights_since_is_kept(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 10, "--checkpoint", "c")
    remark = "# made on a Monday\n"
    (small / "net.nn").write_text(remark + (small / "net.nn").read_text())
    ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "c")
    (small / "whole.nn").write_text(remark + NETWORK)
    ann("train", "whole.nn", "pos.txt", "neg.txt", 20)
    assert (small / "net.nn").read_bytes() == (small / "whole.nn").read_bytes()


def test_options_written_into_the_network_since_are_compared(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 10, "--checkpoint", "c")
    (small / "net.nn").write_text(NETWORK + "training: {learning_rate: 0.1}\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 20, "--resume", "c", check=2)
    assert done.stderr.startswith(
        "ann: --resume c: it was written with learning_rate 0.002, this run has learning_rate 0.1;"
    )


@pytest.mark.slow
def test_the_history_of_a_resumed_run_is_whole(small: Path, ann: Ann) -> None:
    run = ("train", "net.nn", "pos.txt", "neg.txt")
    ann(*run, 10, "--refit", "no", "--checkpoint", "c", "-o", "a.nn", "--history", "h.jsonl")
    ann(*run, 20, "--refit", "no", "--resume", "c", "-o", "a.nn", "--history", "h.jsonl")
    ann(*run, 20, "--refit", "no", "-o", "b.nn", "--history", "whole.jsonl")
    assert (small / "h.jsonl").read_bytes() == (small / "whole.jsonl").read_bytes()


@pytest.mark.slow
def test_fewer_epochs_than_the_checkpoint_has_are_refused(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 10, "--checkpoint", "c", "-o", "a.nn")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--resume", "c", check=2)
    advice = "give the EPOCHS of the first run, or more"
    assert done.stderr == f"ann: --resume c: it is at epoch 10 already, beyond the 5 asked for; {advice}\n"


@pytest.mark.parametrize(
    "document",
    ["[]", "[" * 100_000, '{"format": 1, "network": "NETWORK", "settings": {}, "state": {}}',
     '{"format": 1, "network": "NETWORK", "settings": [], "state": []}'],
    ids=["list", "deep", "empty", "lists"],
)  # fmt: skip
def test_a_strange_checkpoint_is_told_as_one(document: str, small: Path, ann: Ann) -> None:
    with zipfile.ZipFile(small / "c", "w") as file:
        file.writestr("checkpoint.json", document.replace("NETWORK", NETWORK.replace("\n", "\\n")))
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--resume", "c", check=4)
    assert done.stderr.startswith("ann: c: is ")
    assert " damaged " in done.stderr


TABLE = "a,b,kind\n" + "".join(f"{k * 37 % 50},{k * 11 % 13},{'xyz'[k % 3]}\n" for k in range(60))


@pytest.mark.slow
@pytest.mark.parametrize("network", [(), ("net.nn",)])
def test_a_run_on_a_table_goes_on_with_what_the_interrupted_run_wrote(
    network: tuple[str, ...], tmp_path: Path, ann: Ann
) -> None:
    """The file of the new network exists then, and has inputs, which the definition had not."""
    (tmp_path / "net.csv").write_text(TABLE)
    if network:
        ann("init", "net.nn", "--data", "net.csv")
    words = ("train", *network, "net.csv", "--validation", 0, "--checkpoint", "run.ckpt", "-q")
    ann(*words, 20)
    assert (tmp_path / "net.nn").exists()
    ann(*words, 40, "--resume", "run.ckpt")
    resumed = (tmp_path / "net.nn").read_bytes()
    # The network that the first command made may be named as well.
    ann("train", "net.nn", "net.csv", "--validation", 0, "-q", 40, "--resume", "run.ckpt", "-o", "named.nn")
    (tmp_path / "net.nn").unlink()
    if network:
        ann("init", "net.nn", "--data", "net.csv")
    ann("train", *network, "net.csv", "--validation", 0, "-q", 40)
    assert (tmp_path / "net.nn").read_bytes() == resumed == (tmp_path / "named.nn").read_bytes()


@pytest.mark.slow
def test_a_checkpoint_of_a_network_with_other_layers_is_refused(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    ann("train", "t.csv", "--validation", 0, "--checkpoint", "run.ckpt", "-q", 5)
    ann("train", "t.csv", "--validation", 0, "-q", 5, "--hidden", 4, "-o", "other.nn")
    done = ann("train", "other.nn", "t.csv", "--validation", 0, 9, "--resume", "run.ckpt", check=2)
    assert done.stderr == (
        "ann: --resume run.ckpt: it has a network for tables, 16 tanh, 3 softmax, the network file has 4 tanh, 3 softmax "
        "or other activations; give the network file of the first run\n"
    )
