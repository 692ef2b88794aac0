"""ann trainers, ann gradcheck and ann bench, as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from anncli.cli.showing.bench_report import chart
from anncli.experiments.bench import LossCurve
from anncli.training.names import TRAINER_NAMES

Ann = Callable[..., Any]


def test_trainers_lists_every_trainer_on_one_line_with_storage_and_use(ann: Ann) -> None:
    lines = ann("trainers").stdout.splitlines()
    for name, info in TRAINER_NAMES.items():
        own = [line for line in lines if line.split()[:1] == [name]]
        assert len(own) == 1
        _, storage, rest = own[0].split(None, 2)
        assert storage == str(info.vectors)
        assert rest.startswith(info.use + "  ")
        assert rest.endswith("  " + info.summary)


def test_trainers_of_one_by_its_matlab_name(ann: Ann) -> None:
    assert ann("trainers", "trainscg").stdout == (
        "scg: scaled conjugate gradient, without a line search (Moller 1993)\n"
        "use      up to about 20,000 rows; no tuning needed\n"
        "storage  6 vectors\n"
        "also     trainscg\n"
        "options\n"
        "  damping         5e-07\n"
        "  min_gradient    1e-07\n"
        "  max_failures       20\n"
    )


def test_trainers_as_json(ann: Ann) -> None:
    document = json.loads(ann("trainers", "--json").stdout)
    assert [entry["name"] for entry in document["trainers"]] == list(TRAINER_NAMES)
    assert document["trainers"][0]["options"]["learning_rate"] == TRAINER_NAMES["adam"].defaults["learning_rate"]


def test_trainers_unknown_name(ann: Ann) -> None:
    done = ann("trainers", "trainxyz", check=2)
    assert done.stderr.startswith("ann: unknown trainer 'trainxyz'; ")


def test_gradcheck_passes_and_names_the_worst_weight(ann: Ann, small: Path) -> None:
    before = (small / "net.nn").read_bytes()
    lines = ann("gradcheck", "net.nn", "pos.txt", "neg.txt", "--l2", "0.01").stdout.splitlines()
    assert lines[0] == "net.nn: 2-3-1, 13 parameters, loss binary-cross-entropy, l2 0.01"
    assert lines[1] == "checked   13 weights and biases on 16 rows"
    assert lines[2].startswith("worst     layer ")
    assert lines[4] == "the gradient is right"
    assert (small / "net.nn").read_bytes() == before


def test_gradcheck_as_json(ann: Ann, small: Path) -> None:
    document = json.loads(ann("gradcheck", "net.nn", "pos.txt", "neg.txt", "--json", "--loss", "mse").stdout)
    assert document["passed"] is True
    assert document["loss"] == "mse"
    assert document["error"] < 1e-6
    assert document["backpropagation"] == pytest.approx(document["difference"], rel=1e-4, abs=1e-8)


def test_gradcheck_wants_one_file_per_class(ann: Ann, small: Path) -> None:
    done = ann("gradcheck", "net.nn", "pos.txt", "neg.txt", "pos.txt", check=2)
    assert done.stderr == (
        "ann: 3 class files for a network of 2 classes; "
        "give one file per class, positive first, or one file whose rows carry their classes\n"
    )


@pytest.mark.slow
def test_gradcheck_and_bench_take_one_file_with_labels(ann: Ann, small: Path) -> None:
    rows = [(path, line) for path in ("pos.txt", "neg.txt") for line in (small / path).read_text().splitlines()]
    entries = [f"v{k} {1 if path == 'pos.txt' else 2}\n{line}\n" for k, (path, line) in enumerate(rows)]
    (small / "all.txt").write_text("".join(entries))
    for command in (("gradcheck", "net.nn"), ("bench", "net.nn")):
        options = ("3", "--trainers", "adam", "--plot", "none") if command[0] == "bench" else ()
        one = json.loads(ann(*command, "all.txt", *options, "--json").stdout)
        two = json.loads(ann(*command, "pos.txt", "neg.txt", *options, "--json").stdout)
        if command[0] == "bench":
            assert [s["losses"] for s in one["trainers"][0]["starts"]] == [
                s["losses"] for s in two["trainers"][0]["starts"]
            ]
        else:
            assert one == two


def test_bench_prints_a_table_and_draws_a_plot(ann: Ann, small: Path) -> None:
    before = (small / "net.nn").read_bytes()
    names = ["adam", "scg", "lm", "br"]
    done = ann("bench", "net.nn", "pos.txt", "neg.txt", "8", "--trainers", ",".join(names), "--plot", "b.svg")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["trainer", "loss", "best", "worst", "lowest", "validation", "epochs", "seconds"]
    losses = [float(line.split()[1]) for line in lines[1:4]]
    assert losses == sorted(losses)
    assert {line.split()[0] for line in lines[1:4]} == {"adam", "scg", "lm"}
    assert lines[4] == "br: left out: trainer br needs loss mse, found binary-cross-entropy"
    assert lines[-1] == "plot written to b.svg"
    root = ElementTree.parse(small / "b.svg").getroot()
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"adam", "scg", "lm"} <= set(texts)
    assert (small / "net.nn").read_bytes() == before


@pytest.mark.slow
def test_bench_draws_its_plot_unless_told_not_to(ann: Ann, small: Path) -> None:
    arguments = ("bench", "net.nn", "pos.txt", "neg.txt", "2", "--trainers", "gd,adam", "--starts", "1")
    assert "plot" not in ann(*arguments, "--plot", "none").stdout
    assert not list(small.glob("*.svg"))
    assert not (small / "none").exists()
    assert ann(*arguments).stdout.splitlines()[-1] == "plot written to net-bench.svg"
    ElementTree.parse(small / "net-bench.svg")
    document = json.loads(ann(*arguments, "--json", "--plot", "other.svg").stdout)
    assert document["plot"] == "other.svg"
    assert (small / "other.svg").exists()


def test_bench_draws_diverged_and_refused_trainers_without_fault(ann: Ann, small: Path) -> None:
    done = ann("bench", "net.nn", "pos.txt", "neg.txt", "60", "--trainers", "sgd,br", "--learning-rate", "1e30")
    lines = done.stdout.splitlines()
    assert lines[0].split()[-1] == "diverged"
    assert lines[1].split()[-1] == "3"
    ElementTree.parse(small / "net-bench.svg")


def test_bench_starts_all_trainers_alike(ann: Ann, small: Path) -> None:
    document = json.loads(
        ann(
            "bench", "net.nn", "pos.txt", "neg.txt", "3", "--trainers", "gd,irprop-,cgp", "--starts", "2", "--json"
        ).stdout
    )
    firsts = [[start["losses"][0] for start in entry["starts"]] for entry in document["trainers"]]
    assert firsts[0] == firsts[1] == firsts[2]
    assert firsts[0][0] != firsts[0][1]
    assert all(
        len(start["losses"]) == len(start["seconds"]) == 4
        for entry in document["trainers"]
        for start in entry["starts"]
    )


def test_bench_of_all_trainers(ann: Ann, small: Path) -> None:
    document = json.loads(
        ann("bench", "net.nn", "pos.txt", "neg.txt", "2", "--loss", "mse", "--starts", "1", "--json").stdout
    )
    assert [entry["trainer"] for entry in document["trainers"]] == list(TRAINER_NAMES)
    assert all("starts" in entry for entry in document["trainers"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--average", "ema"], "ann bench has no option --average; it belongs to train, cv, search"),
        (["--time-limit", "9"], "ann bench has no option --time-limit; it belongs to train, search"),
        (["--trainer", "adam"], "ann bench has no option --trainer; it belongs to train, cv, search"),
        (["--validation", "pos.txt,neg.txt"], "--validation FILES is not for bench; give a fraction: --validation 0.2"),
        (["--test", "2"], "--test: must be a fraction from 0 to 0.9 or files, found '2'; write for example 0.2"),
        (["--trainers", "lm", "--loss", "focal"], "no trainer can do this; lm: trainer lm has no sum of squares for loss focal"),
        (["--class-weight", "1,2,3"], "no trainer can do this; adam: --class-weight names 3 weights, the network has 2 classes"),
    ],
)  # fmt: skip
def test_bench_refuses_what_would_do_nothing(ann: Ann, small: Path, arguments: list[str], message: str) -> None:
    trainers = [] if "lm" in arguments else ["--trainers", "adam,sgd"]
    done = ann("bench", "net.nn", "pos.txt", "neg.txt", 3, *trainers, *arguments, check=2)
    assert (done.stdout, done.stderr) == ("", f"ann: {message}\n")


def test_bench_unknown_trainer_and_unwritable_plot(ann: Ann, small: Path) -> None:
    done = ann("bench", "net.nn", "pos.txt", "neg.txt", "2", "--trainers", "adan", check=2)
    assert done.stderr == "ann: --trainers: unknown trainer 'adan'; did you mean 'adam'?\n"
    done = ann("bench", "net.nn", "pos.txt", "neg.txt", "2", "--trainers", "gd", "--plot", "no/b.svg", check=1)
    assert done.stderr == "ann: no/b.svg: cannot write: No such file or directory; create the folder first\n"


def test_chart_leaves_out_what_cannot_be_drawn_and_escapes_names() -> None:
    curve = LossCurve([1.0, 0.0, np.inf, 0.1], [0.0, 1.0, 2.0, 3.0], None, "")
    text = chart({"a<b": [curve], "scg": "left out"}, "t & u", "epochs")
    root = ElementTree.fromstring(text)
    lines = [
        e.get("points") or "" for e in root.iter("{http://www.w3.org/2000/svg}polyline") if e.get("class") == "line l0"
    ]
    # 1 is at the top of one decade, 0.1 at its bottom, x = 3 at the right edge; "0.1" is 20.16 px wide.
    assert lines[-1] == "50.16,10 466,294"
    ElementTree.fromstring(chart({}, "nothing", "seconds"))
