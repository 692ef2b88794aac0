"""ann gradcheck --row and --show: every formula that is printed gives the value behind it, and the numbers are those of a
computation by hand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inside import Done, ann

from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.formats.networks.storage import load
from anncli.network.names import LOSS_NAMES

__all__ = ["ann"]

Ann = Callable[..., Done]
FUNCTIONS = {
    "logistic": lambda z: 1 / (1 + math.exp(-z)), "tanh": math.tanh, "relu": lambda z: max(z, 0.0), "exp": math.exp, "ln": math.log,
    "abs": abs, "softplus": lambda z: math.log1p(math.exp(z)),
}  # fmt: skip


def sealed(
    ann: Ann, folder: Path, layers: str, weights: list[list[list[float]]], *, inputs: int | str = 2, head: str = ""
) -> None:
    """net.nn with these weights: for each layer the units, each with its bias first."""
    lines = [f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n{head}trained:\n  weights:"]
    for layer in weights:
        lines += ["  - |", *("    " + " ".join(map(str, unit)) for unit in layer)]
    (folder / "net.nn").write_text("\n".join([*lines, f"  checksum: sha256:{'0' * 64}", ""]))
    ann("info", "net.nn", "--reseal")


def check_equations(text: str) -> int:
    """Compute the formula of every line `symbol = formula = value` with the numbers in it, which have six digits; returns how
    many there are."""
    last, count = dict[str, float](), 0
    for line in re.findall(r"^  +(.* = \S+)$", text, re.MULTILINE):
        symbol, *formulas, value = (part.strip() for part in line.split(" = "))
        # Behind the name of a loss stands its formula; a loss without one has only its name.
        for formula in [part for part in formulas if part.partition(",")[0] not in LOSS_NAMES]:
            code = re.sub(r"\|(.*?)\|", r"abs(\1)", formula.replace("^", "**"))
            assert eval(code, {**FUNCTIONS, **last}) == pytest.approx(float(value), rel=2e-5, abs=1e-5), line
            count += 1
        last[symbol.split("  ")[-1]] = float(value)
    return count


MAZUR = [[[0.35, 0.15, 0.2], [0.35, 0.25, 0.3]], [[0.6, 0.4, 0.45], [0.6, 0.5, 0.55]]]


@pytest.fixture
def by_hand(ann: Ann, tmp_path: Path) -> None:
    head = "task: regression\ntraining: {loss: mse, target_scaling: none, scaling: none}\n"
    sealed(ann, tmp_path, "2 logistic, 2 logistic", MAZUR, head=head)
    (tmp_path / "row.csv").write_text("x1,x2,o1,o2\n7,8,1,0\n0.05,0.1,0.01,0.99\n")


def one_step(biases_move: bool) -> dict[str, Any]:
    """The 2-2-2 network on one row in plain arithmetic, unit by unit, and one step of learning rate 0.5."""
    f = FUNCTIONS["logistic"]
    (b1, w1, w2), (b2, w3, w4) = MAZUR[0]
    (b3, w5, w6), (b4, w7, w8) = MAZUR[1]
    x1, x2, t1, t2 = 0.05, 0.1, 0.01, 0.99

    def outputs(b1, w1, w2, b2, w3, w4, b3, w5, w6, b4, w7, w8):  # type: ignore[no-untyped-def]
        h1, h2 = f(b1 + w1 * x1 + w2 * x2), f(b2 + w3 * x1 + w4 * x2)
        o1, o2 = f(b3 + w5 * h1 + w6 * h2), f(b4 + w7 * h1 + w8 * h2)
        return h1, h2, o1, o2, ((o1 - t1) ** 2 + (o2 - t2) ** 2) / 2

    weights = [b1, w1, w2, b2, w3, w4, b3, w5, w6, b4, w7, w8]
    h1, h2, o1, o2, loss = outputs(*weights)
    d3, d4 = (o1 - t1) * o1 * (1 - o1), (o2 - t2) * o2 * (1 - o2)
    d1, d2 = (d3 * w5 + d4 * w7) * h1 * (1 - h1), (d3 * w6 + d4 * w8) * h2 * (1 - h2)
    slopes = [d1, d1 * x1, d1 * x2, d2, d2 * x1, d2 * x2, d3, d3 * h1, d3 * h2, d4, d4 * h1, d4 * h2]
    moved = [w - 0.5 * g * (biases_move or k % 3 > 0) for k, (w, g) in enumerate(zip(weights, slopes, strict=True))]
    return {
        "a": [[h1, h2], [o1, o2]], "loss": loss, "delta": [[d1, d2], [d3, d4]], "slopes": slopes, "moved": moved,
        "loss_after": outputs(*moved)[-1],
    }  # fmt: skip


def test_the_computation_by_hand_has_the_numbers_of_the_published_example() -> None:
    # Mazur 2015, A step by step backpropagation example; its biases do not move.
    found = one_step(biases_move=False)
    assert found["loss"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["moved"][1:3] == pytest.approx([0.149780716, 0.19956143], abs=5e-9)
    assert found["moved"][7:9] == pytest.approx([0.35891648, 0.408666186], abs=5e-9)
    assert found["loss_after"] == pytest.approx(0.291028, abs=5e-7)


def test_the_document_has_the_numbers_of_the_computation_by_hand(ann: Ann, by_hand: None) -> None:
    document = json.loads(ann("gradcheck", "net.nn", "row.csv", "--label", "last:2", "--row", 2, "--show", "--lr", "0.5", "--json").stdout)  # fmt: skip
    shown, wanted = document["shown"], one_step(biases_move=True)
    assert (document["row"], document["rows"], document["l2"]) == (2, 1, 0)
    assert (shown["inputs"], shown["scaled"], shown["names"]) == ([[0.05, 0.1]], [[0.05, 0.1]], ["x1", "x2"])
    assert shown["targets"] == [[0.01, 0.99]]
    for key in ("loss", "loss_after"):
        assert shown[key] == pytest.approx(wanted[key], rel=1e-14)
    assert shown["learning_rate"] == 0.5
    first, second = shown["layers"]
    assert first["z"] == [pytest.approx([0.3775, 0.3925], rel=1e-14)]
    for layer, outputs, deltas in zip(shown["layers"], wanted["a"], wanted["delta"], strict=True):
        assert layer["layer"] == "2 logistic"
        assert layer["outputs"] == [pytest.approx(outputs, rel=1e-14)]
        assert layer["delta"] == [pytest.approx(deltas, rel=1e-13)]
    # The document has the parameters in the order of the network, which goes from unit to unit within a row of a block.
    weights = {weight["name"]: weight for layer in (first, second) for weight in layer["weights"]}
    names = [
        f"layer {layer}, unit {unit}, {source}"
        for layer, below in ((1, "input {}"), (2, "unit {} of layer 1"))
        for unit in (1, 2)
        for source in ("bias", *(f"weight from {below.format(k)}" for k in (1, 2)))
    ]
    assert sorted(weights) == sorted(names)
    for name, slope, moved in zip(names, wanted["slopes"], wanted["moved"], strict=True):
        assert weights[name]["gradient"] == pytest.approx(slope, rel=1e-13)
        assert weights[name]["after"] == pytest.approx(moved, rel=1e-14)


def test_the_text_has_every_number_and_the_check_of_the_row(ann: Ann, by_hand: None) -> None:
    text = ann("gradcheck", "net.nn", "row.csv", "--label", "last:2", "--row", 2, "--show", "--lr", "0.5").stdout
    assert text.startswith(
        "net.nn: 2-2-2, 12 parameters, loss mse, l2 0\nrow 2 of 2, o1 0.01, o2 0.99\n\ninputs\n  x1  0.05\n"
    )
    assert (
        "  unit 1  z = 0.35 + 0.15*0.05 + 0.2*0.1 = 0.3775\n          a = logistic(0.3775)           = 0.59327\n"
        in text
    )
    assert check_equations(text) == 4 * 2 + 1 + 4 * 5 + 4 * 3
    assert "loss after the step 0.280471, before it 0.298371\n\nchecked   12 weights and biases on row 2\n" in text
    wanted = one_step(biases_move=True)
    for value in (*wanted["slopes"], *wanted["moved"], *wanted["delta"][0], *wanted["delta"][1]):
        assert f" = {value:.6g}\n" in text


CASES = {
    "binary": ("3 tanh, 1 logistic", "class\n-1,2.5,yes\n0.5,-0.25,no\n", [], 3 * 2 + 2 + 1 + 5 + 3 * 5 + 3 * 3 + 4, "E = binary-cross-entropy = -ln(1 - "),
    "two relu layers": ("2 relu, 2 softplus, 1 linear", "y\n-1,2.5,0.5\n0.5,-0.25,0.75\n", [], None, "E = mse = ("),
    "softmax": ("2 tanh, 3 softmax", "class\n1,2,a\n0.5,-0.25,b\n1,1,c\n", [], None, "a = exp("),
    "absolute": ("2 tanh, 1 linear", "y\n1,2,2.5\n0.5,-0.25,-1\n", ["--loss", "mae"], None, "E = mae = |"),
    "scaled targets": ("1 linear", "y\n1,2,2.5\n0.5,-0.25,-1\n", ["--target-scaling", "zscore"], None, "E = mse = ("),
    "smooth": ("2 tanh, 1 logistic", "class\n1,2,yes\n0.5,-0.25,no\n", ["--label-smoothing", "0.1"], None, "*ln("),
    "focal": ("2 tanh, 1 logistic", "class\n1,2,yes\n0.5,-0.25,no\n", ["--loss", "focal"], None, "E = focal = "),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_formula_gives_its_value(ann: Ann, tmp_path: Path, name: str) -> None:
    layers, rows, options, count, loss = CASES[name]
    (tmp_path / "net.nn").write_text(f"anncli: 1\ninputs: 2\nlayers: [{layers}]\n")
    (tmp_path / "rows.csv").write_text("u,v," + rows)
    done = ann("gradcheck", "net.nn", "rows.csv", "--row", 2, "--show", "--learning-rate", "0.1", *options)
    found = check_equations(done.stdout)
    assert count in (None, found)
    assert loss in done.stdout
    assert " scaled " in done.stdout
    assert done.stdout.endswith("the gradient is right\n")


def test_the_deltas_and_the_gradient_are_those_of_the_reference_backend(ann: Ann, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=shape).round(3).tolist() for shape in ((4, 4), (2, 5), (3, 3))]
    sealed(ann, tmp_path, "4 gelu, 2 tanh, 3 softmax", weights, inputs=3)
    (tmp_path / "rows.csv").write_text("a,b,c,class\n1,2,3,x\n0.1,-0.5,2,y\n0.25,0.5,4,z\n")
    shown = json.loads(ann("gradcheck", "net.nn", "rows.csv", "--row", 2, "--show", "--json").stdout)["shown"]
    network = load(str(tmp_path / "net.nn"))
    parameters = np.array([[weight["value"] for layer in shown["layers"] for weight in layer["weights"]]])[0]
    assert network.parameters is not None
    assert parameters.astype(np.float32) == pytest.approx(network.parameters, abs=0)
    samples = Samples(np.array([[0.1, -0.5, 2]]), np.array([[0.0, 1, 0]]), None)
    session, gradient = (
        ReferenceBackend().open(Problem(network.topology, "cross-entropy"), samples),
        np.empty_like(parameters),
    )
    assert shown["loss"] == pytest.approx(session.gradient(parameters, gradient), rel=1e-13)
    slopes = [weight["gradient"] for layer in shown["layers"] for weight in layer["weights"]]
    assert slopes == pytest.approx(gradient, rel=1e-12)
    assert shown["loss_after"] is shown["learning_rate"] is shown["layers"][0]["weights"][0]["after"] is None


def test_long_lists_are_cut_in_the_text_alone(ann: Ann, tmp_path: Path) -> None:
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 12\nlayers: [20 tanh, 1 logistic]\n")
    for k, name in enumerate(("pos.txt", "neg.txt")):
        (tmp_path / name).write_text("".join(" ".join(str(k + j * i / 10) for j in range(12)) + "\n" for i in range(3)))
    command = ("gradcheck", "net.nn", "pos.txt", "neg.txt", "--row", 5, "--show", "--lr", 1)
    text = ann(*command).stdout
    assert "row 5 of 6: row 2 of neg.txt, class neg\n" in text
    assert "\n  input 8  1.7  scaled " in text
    assert "  ... 4 more inputs (--json has all)\n" in text
    assert text.count("  ... 17 more units (--json has all)\n") == 3
    assert "(12 products)" in text
    assert "(20 products)" in text
    assert re.search(r"  \.\.\. 9 more weights \(--json has all\)\n", text)
    assert len(text.splitlines()) < 100
    layers = json.loads(ann(*command, "--json").stdout)["shown"]["layers"]
    assert [len(layer["weights"]) for layer in layers] == [13 * 20, 21]


def test_a_row_alone_is_checked_with_the_penalty(ann: Ann, by_hand: None) -> None:
    lines = ann("gradcheck", "net.nn", "row.csv", "--label", "last:2", "--row", 1, "--l2", "0.5").stdout.splitlines()
    assert lines[0].endswith("l2 0.5")
    assert lines[1] == "checked   12 weights and biases on row 1"
    document = json.loads(ann("gradcheck", "net.nn", "row.csv", "--label", "last:2", "--json").stdout)
    assert (document["row"], document["shown"], document["rows"]) == (None, None, 2)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--row", "3"], 3, "--row 3: the data have 2 rows; give a number from 1 to 2"),
        (["--row", "0"], 2, "--row: must be a whole number, at least 1, found '0'; write for example 1"),
        (["--row", "1", "--rows", "1"], 2, "--row is one row and --rows a number of rows; leave one of them out"),
        (["--lr", "1"], 2, "--learning-rate is for the step that --show prints; say --show too"),
        (["--show", "--l2", "1"], 2, "--show has the loss of one row, without --l2; leave --l2 out"),
        (["--show", "--class-weight", "balanced"], 2, "--show has the loss of one row, without --class-weight; leave --class-weight out"),
    ],
)  # fmt: skip
def test_what_is_refused(ann: Ann, by_hand: None, options: list[str], code: int, text: str) -> None:
    assert ann("gradcheck", "net.nn", "row.csv", "--label", "last:2", *options, check=code).stderr == f"ann: {text}\n"


AGENTS = [[[0.1, 0.5, -0.25]], [[0, 2]]]


def test_agents_with_an_answer_each_by_hand(ann: Ann, tmp_path: Path) -> None:
    head = "task: regression\ntraining: {scaling: none, target_scaling: none}\n"
    sealed(ann, tmp_path, "1 tanh communicate, 1 linear", AGENTS, inputs="any x 1", head=head)
    (tmp_path / "agents.txt").write_text("5 1\n6 0\n\n1 0.5\n2 ?\n0 -1\n")
    command = ("gradcheck", "net.nn", "agents.txt", "--label", "last", "--row", 2, "--show")
    text = ann(*command).stdout
    # Each agent hears the mean of the other two.
    own, heard, targets = (1.0, 2.0, 0.0), (1.0, 0.5, 1.5), (0.5, None, -1.0)
    a = [math.tanh(0.1 + 0.5 * h - 0.25 * m) for h, m in zip(own, heard, strict=True)]
    above = [0.0 if t is None else 2 * (2 * x - t) / 3 for x, t in zip(a, targets, strict=True)]
    below = [d * 2 * (1 - x * x) for d, x in zip(above, a, strict=True)]
    wanted = [sum(below)] + [sum(d * x for d, x in zip(below, values, strict=True)) for values in (own, heard)]
    wanted += [sum(above), sum(d * x for d, x in zip(above, a, strict=True))]
    loss = sum((2 * x - t) ** 2 for x, t in zip(a, targets, strict=True) if t is not None) / 3
    assert "sample 2 of 2, 3 answers\n\ninputs\n  x of row 1  1\n" in text
    assert f"rows without an answer, which add 0: 2\n  E = mse, mean over the rows = {loss:.6g}\n" in text
    assert check_equations(text) == 2 + 5
    for value in wanted:
        assert f" = {value:.6g}\n" in text
    shown = json.loads(ann(*command, "--json").stdout)["shown"]
    assert shown["inputs"] == [[1.0], [2.0], [0.0]]
    assert [w["gradient"] for layer in shown["layers"] for w in layer["weights"]] == pytest.approx(wanted, rel=1e-12)
    assert "checked   5 weights and biases on sample 2\n" in text


def test_the_classes_of_the_rows_of_a_sample_are_told(ann: Ann, tmp_path: Path) -> None:
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: any x 2\nlayers: [3 tanh convolution 2, 3 softmax]\n")
    (tmp_path / "rows.csv").write_text("1 2 a\n3 4 b\n1 1 c\n\n1 1 b\n2 2 a\n")
    text = ann("gradcheck", "net.nn", "rows.csv", "--label", "last", "--row", 2, "--show").stdout
    assert "sample 2 of 2, classes b, a\n" in text
    assert "E = cross-entropy, mean over the rows = " in text
    assert ann("gradcheck", "net.nn", "rows.csv", "--label", "last").stdout.endswith("the gradient is right\n")


@pytest.mark.parametrize("layers", ["2 tanh, 1 logistic", "3 embedding, 2 tanh communicate, mean, 1 logistic"])
def test_sparse_rows_are_checked_and_shown_as_tokens(ann: Ann, tmp_path: Path, layers: str) -> None:
    (tmp_path / "net.nn").write_text(f"anncli: 1\ninputs: 9 tokens\nlayers: [{layers}]\n")
    (tmp_path / "rows.svm").write_text("+1 1:0.5 4:1\n-1 2:1\n+1 1:1 3:0.25 9:2\n-1 4:1 5:1\n")
    assert ann("gradcheck", "net.nn", "rows.svm").stdout.endswith("the gradient is right\n")
    text = ann("gradcheck", "net.nn", "rows.svm", "--row", 3, "--show", "--lr", 1).stdout
    assert "sample 3 of 4, class 1\n\ninputs\n  token 1  1\n  token 3  0.25\n  token 9  2\n" in text
    assert check_equations(text) > 10
    shown = json.loads(ann("gradcheck", "net.nn", "rows.svm", "--row", 3, "--show", "--json").stdout)["shown"]
    assert shown["inputs"] == [[1, 1.0], [3, 0.25], [9, 2.0]]
