"""Commands on spiking networks: values that become spikes, files of spikes, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli

__all__ = ["ann"]
Run = Callable[..., Done]

CODED = "anncli: 1\ninputs: {spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.0}\nlayers: [20 lif, 2 first-spike]\n"
TIMED = "anncli: 1\ninputs: 3 spikes\nlayers: [12 lif, {units: 2, kind: peak-voltage, mean: 1, sd: 1}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Points right and left of a line, and trains in which source 1 or source 2 fires first."""
    rng = np.random.default_rng(1)
    points = rng.uniform(size=(60, 2)).round(3)
    rows = [f"{x},{y},{'a' if x > y else 'b'}" for x, y in points]
    (tmp_path / "v.csv").write_text("\n".join(["x,y,class", *rows]) + "\n")
    for name, first in (("one", 1), ("two", 2)):
        trains = [f"{first}:{0.001 * k:.4f} 3:0.012 {3 - first}:0.02 {first}:0.025" for k in range(12)]
        (tmp_path / f"{name}.txt").write_text("\n".join(trains) + "\n")
    lines = [
        f"{name} {line}" for name in ("one", "two") for line in (tmp_path / f"{name}.txt").read_text().splitlines()
    ]
    (tmp_path / "both.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "v.def").write_text(CODED)
    (tmp_path / "t.def").write_text(TIMED)
    return tmp_path


def test_values_become_spikes_and_the_network_learns(folder: Path, ann: Run) -> None:
    done = ann("train", "v.def", "v.csv", 60, "--learning-rate", 0.01, "--label", "class", "-o", "v.nn", "--json")
    document = json.loads(done.stdout)
    assert document["sets"]["training"]["accuracy"] > 0.9
    head = (folder / "v.nn").read_text()
    assert head.startswith(CODED)
    shown = ann("info", "v.nn").stdout
    assert "shape        {spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.0}" in shown
    assert "l2             0.0" in shown
    assert "spikes a sample, " in shown
    record = json.loads(ann("info", "v.nn", "--json").stdout)["record"]
    assert [set(one) for one in record["activity"]] == [
        {"layer", "units", "spikes_per_sample", "silent_units", "bursting_units"}
    ] * 2
    assert "the bias spike" in ann("info", "v.nn", "--weights").stdout
    ann("info", "v.nn", "--verify")


def test_files_of_spikes_by_class_or_with_a_label_are_the_same(folder: Path, ann: Run) -> None:
    asked = ("--validation", 0, "--seed", 3, "-q")
    ann("train", "t.def", "one.txt", "two.txt", 30, *asked, "-o", "c.nn", "--learning-rate", 0.1)
    ann("train", "t.def", "both.txt", 30, *asked, "-o", "l.nn", "--learning-rate", 0.1, "--positive", "one")
    weights = [(folder / name).read_text().split("weights:")[1].split("record:")[0] for name in ("c.nn", "l.nn")]
    assert weights[0] == weights[1]
    table = ann("test", "c.nn", "one.txt", "two.txt").stdout
    assert table.splitlines()[1].split()[:3] == ["test*", "24", "100.00"]
    # A source may fire more than once, and a label is passed over.
    assert ann("predict", "l.nn", "both.txt").stdout == ann("predict", "c.nn", "one.txt", "two.txt").stdout
    scores = np.loadtxt(ann("predict", "c.nn", "one.txt", "--scores").stdout.splitlines())
    assert scores.sum(axis=1) == pytest.approx(np.ones(12), abs=1e-6)


def test_a_continued_and_a_written_network_stay_what_they_are(folder: Path, ann: Run) -> None:
    ann("train", "v.def", "v.csv", 3, "--label", "class", "-o", "v.nn", "-q")
    ann("export", "v.nn", "-o", "v.json")
    ann("import", "v.json", "-o", "w.nn")
    assert ann("predict", "w.nn", "v.csv").stdout == ann("predict", "v.nn", "v.csv").stdout
    network = anncli.load(folder / "v.nn")
    anncli.save(network, folder / "again.nn")
    assert (folder / "again.nn").read_bytes() == (folder / "v.nn").read_bytes()
    ann("train", "v.nn", "v.csv", 2, "--continue", "-q")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1:0.01 3:0.02 2:0.005", "x.txt:2:3: the time 0.005 of source 2 comes after 0.02; write the spikes of a sample in the order of their times"),
        ("1:-0.01", "x.txt:2:1: the time -0.01 of source 1 is below 0; times are seconds from the beginning of a sample"),
        ("2:0.1 4:0.1", "x.txt:2:2: source 4 is beyond 1 to 3; the network has `inputs: 3 spikes`"),
        ("1:soon", "x.txt:2:1: expected a number, found 'soon'; correct it, or take the row out"),
        ("1:0.01 3", "x.txt:2:2: expected source:time, found '3'; write for example 3:0.012"),
        ("1:nan", "x.txt:2:1: 'nan' is not allowed; replace the value, or take the row out"),
    ],
)  # fmt: skip
def test_faults_of_files_of_spikes(folder: Path, ann: Run, line: str, message: str) -> None:
    (folder / "x.txt").write_text(f"1:0.01\n{line}\n")
    assert ann("train", "t.def", "one.txt", "x.txt", 3, check=3).stderr.splitlines()[-1] == f"ann: {message}"


def test_faults_of_values(folder: Path, ann: Run) -> None:
    (folder / "far.csv").write_text("x,y,class\n0.5,0.5,a\n0.5,1.5,b\n")
    (folder / "far.txt").write_text("# two values\n0.1 0.2\n\n-0.1 0.2\n")
    (folder / "near.txt").write_text("0.1 0.2\n0.3 0.2\n")
    advice = "correct it, or train with `range: LOW..HIGH` under `inputs:` in the network file, as in `range: -1..1`"
    told = f"value 2 is 1.5, and the latency code takes 0 to 1; {advice}"
    assert (
        ann("train", "v.def", "far.csv", 3, "--label", "class", check=3).stderr.splitlines()[-1]
        == f"ann: far.csv:3: {told}"
    )
    said = ann("train", "v.def", "near.txt", "far.txt", 3, check=3).stderr.splitlines()[-1]
    assert said == f"ann: far.txt:4: value 1 is -0.1, and the latency code takes 0 to 1; {advice}"
    ann("train", "v.def", "v.csv", 2, "--label", "class", "-o", "v.nn", "-q")
    assert ann("predict", "v.nn", "far.csv", check=3).stderr.splitlines()[-1] == f"ann: far.csv:3: {told}"
    assert ann("test", "v.nn", "far.csv", check=3).stderr.splitlines()[-1] == f"ann: far.csv:3: {told}"
    (folder / "wide.def").write_text(CODED.replace("bias_spike: 0.0", "bias_spike: 0.0, range: -1..2"))
    ann("train", "wide.def", "far.csv", 2, "--label", "class", "-o", "w.nn", "-q", "--validation", 0)
    with pytest.raises(anncli.AnnError, match=r"^row 1, value 2 is 3, and the latency code takes -1 to 2"):
        anncli.load(folder / "w.nn").predict(np.array([[0.0, 3.0]]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inputs: {spikes: 3, code: latency, t_max: 0}", "x.def:2:43: `t_max` must be a time in seconds above 0, found '0'"),
        ("inputs: {spikes: 3, code: rate, t_max: 1}", "x.def:2:27: `code` must be latency, found 'rate'"),
        ("inputs: {spikes: 3, code: latency, t_max: 1, speed: 1}", "x.def:2:46: unknown key 'speed'"),
        ("inputs: 3 spikes\nlayers: [{units: 5, kind: lif, tau_m: x}, 2 first-spike]", "x.def:3:39: `tau_m` must be a number, found 'x'"),
        ("inputs: 3 spikes\nlayers: [{units: 5, kind: lif, tau: 1}, 2 first-spike]", "x.def:3:32: unknown key 'tau'; did you mean 'tau_m' or 'tau_s'?"),
    ],
)  # fmt: skip
def test_faults_of_definitions(folder: Path, ann: Run, text: str, message: str) -> None:
    layers = "" if "layers" in text else "\nlayers: [5 lif, 2 first-spike]"
    (folder / "x.def").write_text(f"anncli: 1\n{text}{layers}\n")
    assert ann("train", "x.def", "none.csv", 3, check=4).stderr.startswith(f"ann: {message}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer", "scg"], "trainer scg cannot train spiking neurons: the loss jumps when a spike appears, and this trainer counts on a smooth one; use --trainer adam or irprop+"),
        (["--trainer", "lm"], "trainer lm cannot train spiking neurons: the loss jumps when a spike appears, and this trainer counts on a smooth one; use --trainer adam or irprop+"),
        (["--dropout", "0.2"], "--dropout: spikes of hidden neurons are not switched off; say --option input_dropout=0.2, which leaves out spikes of the inputs"),
        (["--init", "he"], "--init he: weights of spiking neurons begin as normal numbers; write `mean` and `sd` in the layer: `200 lif mean 1.5 sd 0.78`"),
        (["--scaling", "zscore"], "--scaling zscore: values that become spike times are not scaled; leave it out, and write their range: `range: -1..1` under `inputs:`"),
        (["--loss", "mse"], "loss mse cannot be computed from the times of first spikes; use loss first-spike"),
        (["--loss", "first-spike:1"], "--loss: loss first-spike needs two numbers, of 0 or more and above 0, found 'first-spike:1'; write for example first-spike:0.003,12.8"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_the_data_are_read(
    folder: Path, ann: Run, words: list[str], message: str
) -> None:
    assert ann("train", "v.def", "none.csv", 3, *words, check=2).stderr == f"ann: {message}\n"


def test_other_commands_refuse_by_name(folder: Path, ann: Run) -> None:
    ann("train", "v.def", "v.csv", 2, "--label", "class", "-o", "v.nn", "-q")
    said = ann("curvature", "v.nn", "none.csv", check=2).stderr
    assert (
        said
        == "ann: the loss of spiking neurons jumps where a spike appears, and has no second derivatives; ann plot surface draws it\n"
    )
    for name, what in (("v.c", "C"), ("v.py", "a Python module"), ("v.sql", "an SQL query"), ("v.net", "a FANN file")):
        only = "" if what == "C" else ", only dense layers"
        assert ann("export", "v.nn", "-o", name, check=4).stderr.endswith(
            f"{what} cannot hold the layer `20 lif`{only}\n"
        )


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["adam", "irprop+", "gd", "es", "online"])
def test_trainers_that_need_gradients_or_losses_alone(folder: Path, ann: Run, trainer: str) -> None:
    ann("train", "v.def", "v.csv", 2, "--label", "class", "-o", "v.nn", "-q", "--trainer", trainer)


@pytest.mark.slow
def test_the_gradient_is_checked_and_shown(folder: Path, ann: Run) -> None:
    asked = ("--label", "class", "--rows", 10)
    assert ann("gradcheck", "v.def", "v.csv", *asked).stdout.endswith("the gradient is right\n")
    shown = ann("gradcheck", "v.def", "v.csv", "--label", "class", "--row", 1, "--show").stdout
    assert "  at  0.0" in shown
    assert "  dE/dt  " in shown
    document = json.loads(ann("gradcheck", "v.def", "v.csv", "--label", "class", "--row", 1, "--show", "--json").stdout)
    spikes = document["shown"]["layers"][0]["outputs"]
    assert [time for _, time in spikes] == sorted(time for _, time in spikes)
    assert len(spikes) == len(document["shown"]["layers"][0]["delta"])
    assert ann("gradcheck", "t.def", "one.txt", "two.txt").stdout.endswith("the gradient is right\n")


def test_silent_and_bursting_units_are_told_with_what_to_change(folder: Path, ann: Run) -> None:
    (folder / "quiet.def").write_text(CODED.replace("20 lif", "{units: 20, kind: lif, mean: 0.5, sd: 0.1}"))
    said = ann("train", "quiet.def", "v.csv", 1, "--label", "class", "-o", "q.nn").stderr
    assert "20 of 20 units of layer 1 never fire: they learn nothing; raise their initial weights: `{units: 20, kind: lif, mean: 0.75, sd: 0.1}`" in said  # fmt: skip
    assert "in 100 % of the samples no output unit fires, which is no answer; raise its initial weights" in said
    assert "undecided" in ann("predict", "q.nn", "v.csv").stdout.splitlines()[1]
    (folder / "loud.def").write_text(CODED.replace("20 lif", "20 lif mean 60 sd 1"))
    said = ann("train", "loud.def", "v.csv", 1, "--label", "class", "-o", "l.nn").stderr
    assert "20 of 20 units of layer 1 fire more than 10 times a sample; lower their initial weights" in said


def test_resuming_gives_the_same_bytes(folder: Path, ann: Run) -> None:
    asked = ("--label", "class", "--validation", 0.2, "-q", "--no-backup")
    ann("train", "v.def", "v.csv", 6, *asked, "-o", "w.nn")
    ann("train", "v.def", "v.csv", 4, *asked, "-o", "h.nn", "--checkpoint", "k.ckpt", "--checkpoint-every", 2)
    ann("train", "v.def", "v.csv", 6, *asked, "-o", "r.nn", "--resume", "k.ckpt")
    assert (folder / "r.nn").read_bytes() == (folder / "w.nn").read_bytes()


def test_sources_from_0_and_samples_without_spikes(folder: Path, ann: Run) -> None:
    lines = [f"{'ab'[k % 2]} {k % 2}:0.00{k} {1 - k % 2}:0.02" for k in range(8)]
    (folder / "zero.txt").write_text("\n".join([*lines, "b", "a"]) + "\n")
    ann("train", "t.def", "zero.txt", 2, "--validation", 0, "-o", "z.nn", "-q", "--option", "input_dropout=0.2")
    sources = [line.split("  ")[4].strip() for line in ann("info", "z.nn", "--weights").stdout.splitlines()[1:4]]
    assert sources == ["source 0", "source 1", "source 2"]
    assert len(ann("predict", "z.nn", "zero.txt").stdout.splitlines()) == 10


@pytest.mark.slow
def test_pictures_of_values_that_become_spikes(folder: Path, ann: Run) -> None:
    ann("train", "v.def", "v.csv", 5, "--label", "class", "-o", "v.nn", "-q")
    for figure in ("boundary", "importance", "roc", "confusion"):
        ann("plot", figure, "v.nn", "v.csv", "-o", f"{figure}.svg")
    ann("report", "v.nn", "v.csv")
    ann("explain", "v.nn", "v.csv")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("train four.def v.csv 1 --label class", "the table has 2 input columns, and 4 sources are 3 columns and the bias spike; write `spikes: 3` under `inputs:` in the network file, or leave columns out with --ignore"),
        ("train v.def v.csv 1 --label x", "`inputs: {spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.0}` is for numbers only, and columns of the table are categories: 'class'; leave them out with --ignore class, or write numbers in their place"),
        ("test s.nn zero.txt one.txt", "zero.txt:2: source 0 is beyond 1 to 3; the network has `inputs: 3 spikes`"),
        ("test s.nn one.txt", "one.txt: the lines have no label; begin each with its class, or give a file for each class"),
        ("plot raster s.nn one.txt", "one.txt: the lines have no label; begin each with its class, or give a file for each class"),
        ("predict s.nn zero.txt", "zero.txt:2: source 0 is beyond 1 to 3; the network has `inputs: 3 spikes`"),
        ("predict s.nn minus.txt", "minus.txt: the network reads spikes, and the lines are no pairs; write a line of source:time pairs for each sample, as in `1:0 3:0.012`"),
    ],
)  # fmt: skip
def test_what_no_spiking_network_reads_is_said_in_its_words(folder: Path, ann: Run, command: str, message: str) -> None:
    (folder / "four.def").write_text(CODED.replace("spikes: 3", "spikes: 4"))
    (folder / "zero.txt").write_text("1:0.01 2:0.02\n0:0.01 2:0.02\n")
    (folder / "minus.txt").write_text("-1:0.01\n")
    if "s.nn" in command:
        ann("train", "t.def", "one.txt", "two.txt", 1, "--validation", 0, "-o", "s.nn", "-q")
    assert ann(*command.split(), check=3).stderr.splitlines()[-1] == f"ann: {message}"


def test_a_network_that_learns_nothing_is_not_told_to_scale(folder: Path, ann: Run) -> None:
    said = ann("train", "v.def", "v.csv", 1, "--label", "class", "--learning-rate", 0.0001, "--trainer", "gd").stderr
    assert "try more epochs, more hidden units or a larger --learning-rate" in said
