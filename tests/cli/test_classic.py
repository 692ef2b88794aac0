"""`ann t` and `ann r`: ann1dn's positional forms, its output lines, and its faults mended."""

from __future__ import annotations

import array
import json
import re
from pathlib import Path

import pytest
from ann_process import Ann

BLANK = "3\n2 2 1\n"
# Hand-made: hidden 0 is OR, hidden 1 is NAND, the output is AND of both.
XOR = """3
2 2 1\x20

0
1

0.000000 1.000000
0.000000 1.000000

-5.000000
10.000000
10.000000
15.000000
-10.000000
-10.000000

-6.600000
4.400000
4.400000

"""
# Worked out by hand from the weights above.
OUTPUTS = {"n1": "0.102426", "p1": "0.894834", "p2": "0.894834", "n2": "0.102426"}
ONES = "p1 1\n0 1\np2 1\n1 0\n"
ZEROS = "n1 2\n0 0\nn2 2\n1 1"  # no line end after the last vector


@pytest.fixture
def xor(tmp_path: Path) -> Path:
    """A folder with net.nn (2-2-1, untrained), xor.nn (solved by hand), ones.txt and zeros.txt in list format 2."""
    (tmp_path / "net.nn").write_text(BLANK)
    (tmp_path / "xor.nn").write_text(XOR)
    (tmp_path / "ones.txt").write_text(ONES)
    (tmp_path / "zeros.txt").write_text(ZEROS)
    (tmp_path / "all.txt").write_text(ONES + ZEROS)
    return tmp_path


def blobs(folder: Path, n: int = 20) -> None:
    """cls1.txt and cls2.txt: n vectors of each class, apart but for some, as lists without labels."""
    for name, shift in (("cls1.txt", 1.0), ("cls2.txt", -1.0)):
        rows = (f"{name[:4]}v{k}\n{shift + (k % 7 - 3) * 0.3:.2f} {shift + (k % 5 - 2) * 0.4:.2f}\n" for k in range(n))
        (folder / name).write_text("".join(rows))


def test_untrained_xor_is_solved_and_stops_by_the_quiet_rule(xor: Path, ann: Ann) -> None:
    done = ann("t", "net.nn", "ones.txt", "zeros.txt", 20000, "--seed", 2)
    lines = done.stdout.splitlines()
    assert lines[:3] == ["loading data...", "cls1: 2  cls2: 2  files loaded.  size: 2 samples", "training..."]
    epochs = [line for line in lines if line.startswith("  epoch: ")]
    assert 100 < len(epochs) < 20000
    numbers = [re.fullmatch(r"  epoch: (\d+)   out: (\d\.\d{6}) (\d\.\d{6}) ", line) for line in epochs]
    assert all(numbers)
    means = [(float(m[2]), float(m[3])) for m in numbers if m]
    # Ten quiet epochs in a row, the epoch before them not quiet, and nothing printed for the eleventh.
    quiet = [abs(one - 0.9) <= 0.05 and abs(two - 0.1) <= 0.05 for one, two in means]
    assert quiet[-11:] == [False] + [True] * 10
    after = lines[len(epochs) + 3 :]
    assert after[0] == "training done."
    assert re.fullmatch(r"training time: \d\d:\d\d:\d\d:\d{3}", after[1])
    assert after[2:] == [
        "", "net.nn", " train set: 2 2", "  sensitivity: 100.00", "  specificity: 100.00",
        "  +predictive: 100.00", "  -predictive: 100.00", "  accuracy: 100.00",
    ]  # fmt: skip
    run = ann("r", "net.nn", "all.txt").stdout.splitlines()
    assert [line[-8:] for line in run[3:7]] == ["cls 1  +", "cls 1  +", "cls 2  +", "cls 2  +"]


def test_using_up_the_epochs_is_not_called_done(xor: Path, ann: Ann) -> None:
    text = ann("t", "net.nn", "ones.txt", "zeros.txt", 3).stdout
    assert text.count("  epoch: ") == 3
    assert "training done." not in text
    assert "training time: " in text


def test_the_last_line_counts_without_a_line_end(xor: Path, ann: Ann) -> None:
    assert ann("r", "xor.nn", "all.txt").stdout.splitlines()[1] == " 4  files loaded.  size: 2 samples"


def test_run_prints_the_outputs_of_the_worked_example(xor: Path, ann: Ann) -> None:
    lines = ann("r", "xor.nn", "all.txt").stdout.splitlines()
    assert lines[0] == "loading data..."
    assert lines[2] == "xor.nn"
    expected = [
        f"  {name}   {OUTPUTS[name]}   cls {1 if name[0] == 'p' else 2}  +" for name in ("p1", "p2", "n1", "n2")
    ]
    assert lines[3:7] == expected
    assert lines[7:] == [f"  {name}: 100.00" for name in ("sensitivity", "specificity", "+predictive", "-predictive", "accuracy")]  # fmt: skip
    (xor / "plain.txt").write_text("0 0\n0 1\n1 0\n1 1\n")
    scores = ann("predict", "xor.nn", "plain.txt", "--scores").stdout.split()
    assert [f"{float(score):.6f}" for score in scores] == ["0.102426", "0.894834", "0.894834", "0.102426"]
    assert ann("r", "xor.nn", "plain.txt").stdout.splitlines()[3] == "  plain.txt_0   0.102426   cls 2"


def test_labels_marks_and_threshold(xor: Path, ann: Ann) -> None:
    (xor / "mixed.txt").write_text("a 1\n0 0\nb 2\n0 0\nc\n0 1\nd 0\n1 1\n")
    lines = ann("r", "xor.nn", "mixed.txt").stdout.splitlines()[3:]
    assert [line.split("cls ")[1] for line in lines[:4]] == ["2  -", "2  +", "1", "2"]
    assert lines[4:] == ["  sensitivity: 0.00", "  specificity: 100.00", "  +predictive: undefined", "  -predictive: 50.00", "  accuracy: 50.00"]  # fmt: skip
    lines = ann("r", "xor.nn", "mixed.txt", "0.05").stdout.splitlines()[3:]
    assert [line.split("cls ")[1] for line in lines[:4]] == ["1  +", "1  -", "1", "1"]
    # Strictly above: a threshold below every score answers class 1, also a negative one.
    assert "cls 2" not in ann("r", "xor.nn", "mixed.txt", "-0.5").stdout


def test_text_after_the_weights_is_ignored(xor: Path, ann: Ann) -> None:
    expected = ann("r", "xor.nn", "all.txt").stdout
    (xor / "xor.nn").write_bytes(XOR.encode() + b"\r\ntrainlm, 100 epochs: se 99.1 \xe9\r\n17 18 19\r\n")
    assert ann("r", "xor.nn", "all.txt").stdout == expected


@pytest.mark.slow
def test_a_trained_network_survives_a_round_trip_through_its_file(xor: Path, ann: Ann) -> None:
    ann("t", "net.nn", "ones.txt", "zeros.txt", 50)
    first = (xor / "net.nn").read_bytes()
    ann("t", "net.nn", "ones.txt", "zeros.txt", 0)
    assert (xor / "net.nn").read_bytes() == first
    assert first.startswith(b"3\n2 2 1 \n\n0\n1\n\n0 1\n0 1\n\n")
    ann("train", "net.nn", "ones.txt", "zeros.txt", 0, "--continue", "--dialect", "ann", "-o", "ours.nn", "-q")
    ann(
        "train",
        "ours.nn",
        "ones.txt",
        "zeros.txt",
        0,
        "--validation",
        0,
        "--dialect",
        "ann1dn",
        "--continue",
        "-o",
        "back.nn",
        "-q",
    )
    assert (xor / "back.nn").read_bytes() == first


def test_a_trained_network_is_trained_further(xor: Path, ann: Ann) -> None:
    text = ann("t", "xor.nn", "ones.txt", "zeros.txt", 1).stdout
    # Not a change in the last bit but the last digit: the exact value is 0.89483445.
    out = re.search(r"^  epoch: 1   out: (\S+) (\S+) $", text, re.MULTILINE)
    assert out is not None
    assert [float(mean) for mean in out.groups()] == pytest.approx([0.894834, 0.102426], abs=1.1e-6)
    # Every output is within 0.05 of its target already: nothing changes.
    assert ann("r", "xor.nn", "all.txt").stdout.count("0.894834") == 2


def test_same_seed_same_file_another_seed_another(xor: Path, ann: Ann) -> None:
    files = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (xor / f"{name}.nn").write_text(BLANK)
        ann("t", f"{name}.nn", "ones.txt", "zeros.txt", 20, "--seed", seed)
        files[name] = (xor / f"{name}.nn").read_bytes()
    assert files["a"] == files["b"] != files["c"]


def test_no_stale_best_network_is_reported_or_touched(xor: Path, ann: Ann) -> None:
    (xor / "maxacur.nn").write_text("left from last year")
    text = ann("t", "net.nn", "ones.txt", "zeros.txt", 5).stdout
    assert "maxacur" not in text
    assert (xor / "maxacur.nn").read_text() == "left from last year"
    assert sorted(p.name for p in xor.iterdir()) == [
        "all.txt",
        "maxacur.nn",
        "net.nn",
        "ones.txt",
        "xor.nn",
        "zeros.txt",
    ]


def test_long_form_with_files_keeps_the_best_and_the_last_network(xor: Path, ann: Ann) -> None:
    blobs(xor)
    (xor / "val.txt").write_text("a 1\n1 1\nb 2\n-1 -1\nc 1\n0.5 0.5\nd 2\n0.1 0.3\n")
    (xor / "tst.txt").write_text("e 1\n2 2\nf 2\n-2 -2\ng 0\n0 0\n")
    text = ann("t", "net.nn", "cls1.txt", "cls2.txt", 30, "val.txt", "tst.txt", "0.5", "1", "2", "0.01").stdout
    lines = text.splitlines()
    assert lines[1:3] == ["validation set: 4  TH: 0.50", "test set: 2"]
    assert "normalizing zscore..." in lines
    judged = [line for line in lines if "max acur" in line]
    assert re.search(r"  max acur: (0\.75|1\.00) \(epoch \d+\)   se:100\.00 sp:\d+\.\d\d ac:\d+\.\d\d$", judged[-1])
    assert [line for line in lines if line.startswith(" ") and " set: " in line] == [" train set: 20 20", " validation set: 2 2", " test set: 1 1"] * 2  # fmt: skip
    assert lines.index("maxacur.nn") < lines.index("net.nn")
    for name in ("maxacur.nn", "net.nn"):
        assert ann("r", name, "val.txt").stdout.count("cls") == 4


@pytest.mark.parametrize(("code", "title"), [(1, "minmax"), (2, "zscore"), (3, "sigmoidal"), (4, None), (5, "minmax per vector")])  # fmt: skip
def test_scaling_codes(xor: Path, ann: Ann, code: int, title: str | None) -> None:
    blobs(xor)
    done = ann("t", "net.nn", "cls1.txt", "cls2.txt", 5, code)
    assert (f"normalizing {title}..." in done.stdout) == (title is not None)
    numbers = (xor / "net.nn").read_text().split()
    assert numbers[4] == ("1" if code == 3 else "0")
    add, multiply = float(numbers[6]), float(numbers[7])
    values = [float(line.split()[0]) for name in ("cls1.txt", "cls2.txt") for line in (xor / name).read_text().splitlines()[1::2]]  # fmt: skip
    mean = sum(values) / len(values)
    if code == 1:
        assert (add, multiply) == pytest.approx((-min(values), 1 / (max(values) - min(values))), rel=1e-5)
    elif code in (2, 3):
        assert add == pytest.approx(-mean, abs=1e-6)
    else:
        assert (add, multiply) == (0, 1)
        assert f"does not store scaling code {code}; repeat it with ann r" in done.stderr
        assert ann("r", "net.nn", "cls1.txt", "0.5", code).stdout != ann("r", "net.nn", "cls1.txt").stdout


@pytest.mark.parametrize("metric", range(9))
def test_metric_codes(xor: Path, ann: Ann, metric: int) -> None:
    (xor / "val.txt").write_text("a 1\n0 1\nb 1\n0 0\nc 2\n1 1\nd 2\n0 0\n")
    text = ann("t", "xor.nn", "ones.txt", "zeros.txt", 1, "val.txt", "/dev/null", "0.5", metric).stdout
    # TP 1, FN 1, TN 2, FP 0: SE 1/2, SP 1, PP 1, NP 2/3, AC 3/4; errors (.005166^2 + .797574^2 + 2 * .002426^2) / 4.
    expected = ["6.29", "0.75", "0.71", "0.71", "0.72", "0.76", "0.67", "0.59", "0.53"]
    assert f"max acur: {expected[metric]} (epoch 1)   se:50.00 sp:100.00 ac:75.00" in text


@pytest.mark.parametrize(
    ("validation", "test", "counts"),
    [("", "", ("5 5", "5 5", "10 10")), ("", "a 1\n1 1\nb 2\n-1 -1\n", ("10 10", None, "10 10"))],
    ids=["both empty", "validation empty"],
)
def test_empty_files_ask_for_a_split(xor: Path, ann: Ann, validation: str, test: str, counts: tuple[str, ...]) -> None:
    blobs(xor)
    (xor / "val.txt").write_text(validation)
    (xor / "tst.txt").write_text(test)
    lines = ann("t", "net.nn", "cls1.txt", "cls2.txt", 3, "val.txt", "tst.txt", 0.5, 0).stdout.splitlines()
    assert f"validation set: {counts[0]} taken from the training data" in lines
    assert (f"test set: {counts[1]} taken from the training data" in lines) == (counts[1] is not None)
    assert f" train set: {counts[2]}" in lines


def test_matrices_on_disk_are_only_read(xor: Path, ann: Ann) -> None:
    for name, rows in (("one", [0, 1, 1, 0]), ("zero", [0, 0, 1, 1])):
        (xor / f"{name}.dat").write_bytes(array.array("f", rows).tobytes())
        (xor / f"{name}.hea").write_text("2 2\n")
        (xor / f"{name}.lst").write_text(f"{name}.dat\n")
        (xor / f"{name}.dat").chmod(0o444)
    before = {p.name: p.read_bytes() for p in xor.glob("*.dat")}
    for code in (4, 5):
        ann("t", "net.nn", "one.lst", "zero.lst", 2, code)
    assert {p.name: p.read_bytes() for p in xor.glob("*.dat")} == before
    assert "  one.dat_0   " in ann("r", "xor.nn", "one.lst").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["net.nn", "ones.txt"], 2, "2 arguments, at least 4 are needed"),
        (["net.nn", "ones.txt", "zeros.txt", "many"], 2, "EPOCHS: must be a whole number, at least 0, found 'many'"),
        (["net.nn", "ones.txt", "zeros.txt", "-1"], 2, "found '-1'"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "7"], 2, "NORM: must be 0 to 5, found '7'"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "1", "x"], 2, "ERR: must be a number at least 0, found 'x'"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "01"], 2, "'01' is a validation file"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "all.txt", "all.txt", "high", "0"], 2, "TH: must be a number"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "all.txt", "all.txt", "0.5", "9"], 2, "METRIC: must be 0 to 8"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "1", "0.05", "x"], 2, "unexpected argument 'x'"),
        (["net.nn", "ones.txt", "zeros.txt", "5", "none.txt", "all.txt", "0.5", "0"], 3, "none.txt: no such file"),
        (["none.nn", "ones.txt", "zeros.txt", "5"], 4, "none.nn: no such file"),
        (["net.nn", "none.txt", "zeros.txt", "5"], 3, "none.txt: no such file"),
        (["two.nn", "ones.txt", "zeros.txt", "5"], 2, "one output, this one has 2"),
    ],
)
def test_bad_arguments_change_nothing(xor: Path, ann: Ann, arguments: list[str], code: int, words: str) -> None:
    (xor / "two.nn").write_text("2\n2 2\n")
    done = ann("t", *arguments, check=code)
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (xor / "net.nn").read_text() == BLANK


def test_json(xor: Path, ann: Ann) -> None:
    document = json.loads(ann("t", "xor.nn", "ones.txt", "zeros.txt", 1, "--json").stdout)
    assert document["networks"]["xor.nn"]["training"]["accuracy"] == 1
    document = json.loads(ann("r", "xor.nn", "all.txt", "--json").stdout)
    assert [entry["class"] for entry in document["entries"]] == [1, 1, 2, 2]
    assert document["evaluation"]["tp"] == 2


LONG = ("val.txt", "val.txt", "0.5", 1)


def test_the_best_network_never_falls_on_a_file_of_the_run(xor: Path, ann: Ann) -> None:
    (xor / "val.txt").write_text(ONES + ZEROS)
    message = "ann: the best network is written to maxacur.nn, which is {} here; give it another name,"
    (xor / "maxacur.nn").write_text(XOR)
    done = ann("t", "./maxacur.nn", "ones.txt", "zeros.txt", 5, *LONG, check=2)
    assert done.stderr.startswith(message.format("./maxacur.nn"))
    assert (xor / "maxacur.nn").read_text() == XOR
    (xor / "maxacur.nn").unlink()
    (xor / "maxacur.nn").symlink_to("ones.txt")
    done = ann("t", "xor.nn", "ones.txt", "zeros.txt", 5, *LONG, check=2)
    assert done.stderr.startswith(message.format("ones.txt"))
    assert (xor / "ones.txt").read_text() == ONES
    assert (xor / "xor.nn").read_text() == XOR


def test_a_best_network_of_an_earlier_run_is_said_to_be_one(xor: Path, ann: Ann) -> None:
    (xor / "val.txt").write_text(ONES + ZEROS)
    words = "ann: warning: no epoch had its class means on both sides of TH 0.99, so none was evaluated"
    arguments = ("t", "xor.nn", "ones.txt", "zeros.txt", 5, "val.txt", "val.txt", "0.99", 1)
    assert ann(*arguments).stderr.startswith(words + "; ")
    (xor / "maxacur.nn").write_text("left from last year")
    assert ann(*arguments).stderr.startswith(words + ", and the maxacur.nn in this folder is from an earlier run; ")
    assert (xor / "maxacur.nn").read_text() == "left from last year"


def test_answering_one_class_only_is_warned_of(xor: Path, ann: Ann) -> None:
    done = ann("t", "net.nn", "ones.txt", "zeros.txt", 1)
    assert re.fullmatch(r"ann: warning: net.nn: training: the network always predicts 'class [12]' .*\n", done.stderr)
    assert ann("t", "xor.nn", "ones.txt", "zeros.txt", 1).stderr == ""


def test_scores_that_are_no_numbers(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "net.nn").write_text("2\n2 1\n0 0\n0 1\n0 1\n0 3e38 3e38\n")
    (tmp_path / "new.txt").write_text("0 0\n9 -9\n")
    done = ann("r", "net.nn", "new.txt")
    assert done.stderr.startswith(
        "ann: warning: new.txt: row 2 has a score that is not finite, so the class means nothing;"
    )
    entries = json.loads(ann("r", "net.nn", "new.txt", "--json").stdout)["entries"]
    assert [entry["output"] for entry in entries] == [0.0, None]


def test_a_list_whose_first_name_begins_with_a_number_can_be_said_to_be_one(xor: Path, ann: Ann) -> None:
    (xor / "12 leads.txt").write_text("0 1")
    (xor / "leads.txt").write_text("12 leads.txt 1\n")
    assert ann("r", "xor.nn", "leads.txt", check=3).stderr.startswith("ann: leads.txt:1:2: expected a number")
    entry = "  12 leads.txt_0   0.894834   cls 1  +"
    assert entry in ann("r", "xor.nn", "leads.txt", "--data-format", "list").stdout.splitlines()
    done = ann("t", "xor.nn", "leads.txt", "zeros.txt", 1, "--data-format", "list")
    assert "cls1: 1  cls2: 2  files loaded.  size: 2 samples" in done.stdout


def test_a_validation_file_of_one_character(xor: Path, ann: Ann) -> None:
    (xor / "v").write_text(ONES + ZEROS)
    done = ann("t", "xor.nn", "ones.txt", "zeros.txt", 1, "v", "v", "0.5", 1, check=2)
    assert done.stderr == "ann: NORM: must be 0 to 5, found 'v'; a validation file of one character is written ./v\n"
    assert "validation set: 4 " in ann("t", "xor.nn", "ones.txt", "zeros.txt", 1, "./v", "./v", "0.5", 1).stdout
