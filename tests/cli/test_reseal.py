"""`ann info --reseal`: weights that were changed by hand are accepted, and nothing else is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli
from anncli.cli.main import run

HAND = "0.125"

__all__ = ["ann"]

Run = Callable[..., Done]


def edit(path: Path, data: bytes | None = None) -> bytes:
    """Set the first bias of a network file to HAND; returns the bytes."""
    data = path.read_bytes() if data is None else data
    changed = re.sub(rb"(\n  weights:\r?\n  - \|\r?\n    )\S+", rb"\g<1>" + HAND.encode(), data, count=1)
    assert changed != data
    path.write_bytes(changed)
    return changed


def without(text: str, *patterns: str) -> str:
    for pattern in patterns:
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    return text


def test_a_changed_weight_is_accepted(trained: Path, ann: Run) -> None:
    before = anncli.load(trained / "net.nn")
    changed = edit(trained / "net.nn")
    error = ann("info", "net.nn", check=4).stderr
    assert error.startswith("ann: net.nn:")
    assert error.endswith("; a change that was meant: ann info net.nn --reseal\n")

    lines = ann("info", "net.nn", "--reseal").stdout.splitlines()
    assert lines[0] == "net.nn: sealed with a new checksum; the file as it was is kept as net.nn~"
    assert re.fullmatch(r"self-test: new outputs for 3 rows; the largest change is 0\.\d+", lines[1])
    assert lines[2:] == [
        "loss curve: left out, because it was that of the weights before",
        "record: it tells of the training before the change, and says so; ann train asks for --continue or --init auto",
        "row digests: kept; rows that trained the network still count as seen",
    ]
    assert (trained / "net.nn~").read_bytes() == changed

    after = anncli.load(trained / "net.nn")
    assert after.biases[0][0] == np.float32(HAND)
    assert np.array_equal(after.parameters[1:], before.parameters[1:])
    assert after.record == {"resealed": True, **before.record}
    assert after.curve is None
    assert before.curve is not None
    assert after.row_digests is not None
    ann("info", "net.nn", "--verify")

    # All other bytes are those of the changed file.
    curve, seal = r"^  curve:\n(    .*\n)+", r"^  checksum: .*\n"
    outputs = r"(?<=^    outputs: \|\n)(      .*\n)+"
    new = without((trained / "net.nn").read_text(), seal, outputs, r"^    resealed: true\n")
    assert new == without(changed.decode(), curve, seal, outputs)


def test_it_is_not_replaced_by_a_training(trained: Path, ann: Run) -> None:
    edit(trained / "net.nn")
    ann("info", "net.nn", "--reseal")
    train = ("train", "net.nn", "pos.txt", "neg.txt", 3, "-q")
    assert ann(*train, check=2).stderr.endswith("training would replace them; say --continue or --init auto\n")
    assert "ann train" not in ann("info", "net.nn").stdout
    ann(*train, "--continue", "-o", "on.nn")
    ann(*train, "--init", "auto")
    ann(*train)


def test_a_file_that_fits_stays_as_it_is(trained: Path, ann: Run) -> None:
    before = (trained / "net.nn").read_bytes()
    assert ann("info", "net.nn", "--reseal").stdout == "net.nn: the checksum fits; nothing was changed\n"
    assert json.loads(ann("info", "net.nn", "--reseal", "--json").stdout)["reseal"] == {"changed": False}
    assert (trained / "net.nn").read_bytes() == before
    assert not (trained / "net.nn~").exists()


def test_twice_is_once(trained: Path, ann: Run) -> None:
    edit(trained / "net.nn")
    ann("info", "net.nn", "--reseal")
    first = (trained / "net.nn").read_bytes()
    (trained / "net.nn").write_bytes(first.replace(HAND.encode(), b"0.25"))
    document = json.loads(ann("info", "net.nn", "--reseal", "--json").stdout)["reseal"]
    assert document["changed"]
    assert document["dropped"] == []
    assert document["self_test"]["vectors"] == 3
    assert (trained / "net.nn").read_bytes().count(b"resealed: true") == 1


@pytest.mark.parametrize("form", ["crlf", "bom", "no record", "no self-test"])
def test_files_of_other_forms(trained: Path, ann: Run, form: str) -> None:
    data = (trained / "net.nn").read_bytes()
    if form == "crlf":
        data = data.replace(b"\n", b"\r\n")
    if form == "bom":
        data = b"\xef\xbb\xbf" + data
    if form == "no record":
        data = re.sub(rb"\n  record:\n(    .*\n)+", b"\n", data)
    if form == "no self-test":
        data = re.sub(rb"\n  self_test:\n(    .*\n)+", b"\n", data)
    changed = edit(trained / "net.nn", data)
    ann("info", "net.nn", "--reseal")
    new = (trained / "net.nn").read_bytes()
    assert new[:40] == changed[:40]
    assert (b"\r\n" in new) == (form == "crlf")
    assert new.count(b"\n") == new.count(b"\r\n") or form != "crlf"
    network = anncli.load(trained / "net.nn")
    assert network.biases[0][0] == np.float32(HAND)
    assert network.record["resealed"] is True
    assert (network.self_test is None) == (form == "no self-test")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\n    -", b"\n    x", "is not a number"),
        (b"layers: [3 tanh", b"layers: [4 tanh", "the weights are those of a 2-3-1 network"),
        (b"  checksum: sha256:", b"  checksum: sha999:", "its checksum is missing"),
        (b"threshold: 0.5", b"threshold: high", "threshold"),
    ],
)
def test_other_faults_are_told_and_not_sealed(trained: Path, ann: Run, old: bytes, new: bytes, message: str) -> None:
    data = (trained / "net.nn").read_bytes()
    assert old in data
    broken = data.replace(old, new, 1)
    (trained / "net.nn").write_bytes(broken)
    for arguments in (["net.nn"], ["net.nn", "--reseal"]):
        error = ann("info", *arguments, check=4).stderr
        assert message in error
        assert "--reseal" not in error
    assert (trained / "net.nn").read_bytes() == broken
    assert not (trained / "net.nn~").exists()


def test_outputs_that_are_no_numbers_are_refused(trained: Path, ann: Run) -> None:
    data = edit(trained / "net.nn")
    (trained / "net.nn").write_bytes(data.replace(b"1 logistic", b"1 linear").replace(HAND.encode(), b"3e38"))
    head = (trained / "net.nn").read_text()
    (trained / "net.nn").write_text(
        re.sub(r"(\n  - \|\n    )\S+ \S+ \S+ \S+\n(?=  record)", r"\g<1>3e38 3e38 3e38 3e38\n", head)
    )
    error = ann("info", "net.nn", "--reseal", check=4).stderr
    assert (
        error == "ann: net.nn: with these weights an output of the self-test is not a finite number; undo the change\n"
    )


def test_what_cannot_be_sealed(small: Path, ann: Run) -> None:
    assert ann("info", "net.nn", "--reseal", check=2).stderr == (
        "ann: net.nn has no weights and no checksum; there is nothing to do\n"
    )
    (small / "old.nn").write_text("2\n1 1\n0\n1\n0 1\n0.5 2\n")
    assert ann("info", "old.nn", "--reseal", check=2).stderr == (
        "ann: old.nn: files of the format ann1dn have no checksum; there is nothing to do\n"
    )
    assert ann("info", "-", "--reseal", check=2).stderr == (
        "ann: --reseal writes to the file that is read; name a file\n"
    )


def test_the_copy_replaces_no_other_file(trained: Path, ann: Run) -> None:
    changed = edit(trained / "net.nn")
    (trained / "net.nn~").write_text("notes\n")
    error = ann("info", "net.nn", "--reseal", check=2).stderr
    assert error.startswith("ann: the old network would be kept as net.nn~, but that is no network; ")
    assert (trained / "net.nn").read_bytes() == changed
    assert (trained / "net.nn~").read_text() == "notes\n"


@pytest.mark.slow
def test_a_damaged_file_is_sealed_only_where_its_content_is_valid(trained: Path, ann: Run) -> None:
    """500 files with one bit turned over: where --reseal is advised it works, and where it is not, it changes nothing."""
    data = (trained / "net.nn").read_bytes()
    section = data.index(b"trained:")
    rng = np.random.default_rng(0)
    advised = refused = 0
    for place, bit in zip(rng.integers(section, len(data), 500), rng.integers(0, 8, 500), strict=True):
        damaged = bytearray(data)
        damaged[place] ^= 1 << bit
        (trained / "net.nn").write_bytes(damaged)
        code = run(["info", "net.nn"])
        if code == 0:
            # Blanks at the end of a line, and what is only about how the text looks.
            continue
        assert code == 4
        error = ann("info", "net.nn", check=4).stderr
        if "--reseal" in error:
            advised += 1
            ann("info", "net.nn", "--reseal")
            ann("info", "net.nn", "--verify")
        else:
            refused += 1
            ann("info", "net.nn", "--reseal", check=4)
            assert (trained / "net.nn").read_bytes() == damaged
    assert advised > 50
    assert refused > 50
