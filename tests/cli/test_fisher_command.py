"""Commands on networks of Fisher vectors, with a mixture of four given modes: what is fitted to which rows, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from inside import Done, ann

import anncli
from anncli.formats.networks.storage import load

__all__ = ["ann"]
Run = Callable[..., Done]

HEAD = "anncli: 1\ninputs: {descriptors: 2, fisher: 4}   # mine\nlayers: [6 tanh, 1 logistic]\n"
CORNERS = {"a": ((0, 0), (4, 4)), "b": ((0, 4), (4, 0))}


def block(rng: np.random.Generator, corners: Any) -> str:
    rows = np.array(corners)[rng.integers(0, 2, rng.integers(3, 8))]
    return "\n".join(f"{x:.3f} {y:.3f}" for x, y in rows + rng.normal(0, 1, rows.shape))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Samples of rows near two corners of a square: which two is the class."""
    rng = np.random.default_rng(4)
    for name, corners in CORNERS.items():
        (tmp_path / f"{name}.txt").write_text("\n\n".join(block(rng, corners) for _ in range(40)) + "\n")
    (tmp_path / "f.def").write_text(HEAD)
    return tmp_path


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The rows of each fit: scaled ones, the modes stand in the corners."""
    seen: list[Any] = []

    def fit(rows: Any, modes: int, seed: int) -> tuple[Any, bool]:
        seen.append(rows)
        means = np.array([(-1, -1), (1, 1), (-1, 1), (1, -1)], dtype=float)[:modes]
        model = SimpleNamespace(
            weights_=np.full(modes, 1 / modes), means_=means, covariances_=np.full(means.shape, 0.25)
        )
        return model, len(rows) > 50

    monkeypatch.setattr("anncli.training.mixture._fitted_model", fit)
    return seen


@pytest.fixture
def trained(folder: Path, fits: list[Any], ann: Run) -> Done:
    return ann("train", "f.def", "a.txt", "b.txt", 150, "--test", 0.25, "-o", "f.nn", "--json")


def test_a_network_learns_from_fisher_vectors(folder: Path, trained: Done, ann: Run) -> None:
    assert json.loads(trained.stdout)["sets"]["test"]["accuracy"] > 0.9
    assert (folder / "f.nn").read_text().startswith(HEAD + "trained:\n")
    shown = ann("info", "f.nn", "--verify").stdout
    assert "shape        {descriptors: 2, fisher: 4}\n" in shown
    assert "mixture\n  modes     4\n  columns   2\n  improved  yes\n" in shown
    assert "passed              yes" in shown
    # Improved vectors keep their common length.
    assert "scaling\n  method      none\n" in shown
    assert "60 of these 80 samples trained the network" in ann("test", "f.nn", "a.txt", "b.txt").stdout
    assert "the gradient is right" in ann("gradcheck", "f.nn", "a.txt", "b.txt").stdout
    assert "mean of column 2 in mode 1" in ann("gradcheck", "f.nn", "a.txt", "b.txt", "--row", 1, "--show").stdout
    ann("plot", "weights", "f.nn", "-o", "w.svg")


def test_raw_samples_are_answered_from_files_pipes_and_python(folder: Path, trained: Done, ann: Run) -> None:
    (folder / "new.txt").write_text("0 0\n4 4\n\n0 4\n4 0\n\n4 4\n")
    scores = [float(line.split("\t")[0]) for line in ann("predict", "f.nn", "new.txt").stdout.splitlines()]
    assert [score > 0.5 for score in scores] == [True, False, True]
    given = [np.array(rows, dtype=float) for rows in ([[0, 0], [4, 4]], [[0, 4], [4, 0]], [[4, 4]])]
    assert anncli.load("f.nn").predict(given).ravel() == pytest.approx(scores, abs=1e-6)
    assert ann("predict", "f.nn", "-", "--classes", input="0 0\n4 4\n\n0 4\n4 0\n").stdout == "a\nb\n"
    message = "ann: <stdin>: 4 columns for 2 inputs of the network; give rows of the inputs alone\n"
    assert ann("predict", "f.nn", "-", input="1 2 3 4\n", check=3).stderr == message


def test_the_mixture_is_fitted_to_the_training_rows_alone(folder: Path, fits: list[Any], ann: Run) -> None:
    for name in CORNERS:
        (folder / f"far_{name}.txt").write_text(f"500 500\n501 501\n\n50{ord(name) % 7} 502\n")
        (folder / f"own_{name}.txt").write_text((folder / f"{name}.txt").read_text())
    ann("train", "f.def", "own_a.txt", "own_b.txt", 2, "--validation", 0, "--test", "far_a.txt,far_b.txt", "-o", "f.nn")
    n_rows = sum(bool(line) for name in CORNERS for line in (folder / f"{name}.txt").read_text().split("\n"))
    assert [len(rows) for rows in fits] == [n_rows]
    assert fits[0].mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert fits[0].std(axis=0) == pytest.approx([1, 1])
    ann("cv", "f.def", "a.txt", "b.txt", 2, "--folds", 4)
    assert len(fits) == 5
    assert all(len(rows) < n_rows for rows in fits[1:])


def test_the_same_bytes_with_threads_and_after_a_resumption(folder: Path, fits: list[Any], ann: Run) -> None:
    data = ("f.def", "a.txt", "b.txt")
    ann("train", *data, 12, "-o", "one.nn", "-q")
    ann("train", *data, 12, "-o", "two.nn", "-q", "--threads", 2)
    ann("train", *data, 5, "-o", "half.nn", "-q", "--checkpoint", "c.ckpt")
    ann("train", *data, 12, "-o", "three.nn", "-q", "--resume", "c.ckpt")
    wanted = (folder / "one.nn").read_bytes()
    assert (folder / "two.nn").read_bytes() == wanted
    assert (folder / "three.nn").read_bytes() == wanted


def test_training_goes_on_with_the_mixture_and_anew_without(
    folder: Path, trained: Done, fits: list[Any], ann: Run
) -> None:
    before = load("f.nn").mixture
    assert before is not None
    ann("train", "f.nn", "a.txt", "b.txt", 2, "--continue", "-o", "g.nn", "-q")
    after = load("g.nn").mixture
    assert after is not None
    assert len(fits) == 1
    assert all((one == other).all() for one, other in zip(before[:3], after[:3], strict=True))
    ann("train", "f.nn", "a.txt", "b.txt", 2, "-q")
    assert len(fits) == 2
    assert load("f.nn").definition().mixture is None


def test_rows_of_the_definition_are_drawn_and_a_restless_fit_is_told(folder: Path, fits: list[Any], ann: Run) -> None:
    (folder / "f.def").write_text(HEAD.replace("fisher: 4}", "fisher: 4, rows: 50}"))
    done = ann("train", "f.def", "a.txt", "b.txt", 2, "-o", "f.nn")
    assert [len(rows) for rows in fits] == [50]
    assert "ann: warning: the mixture of 4 modes still changed after 200 steps; take fewer modes under `fisher:`, or more samples\n" in done.stderr  # fmt: skip


def test_too_few_rows_are_refused(folder: Path, ann: Run) -> None:
    (folder / "a.txt").write_text("1 2\n\n1 2\n")
    (folder / "b.txt").write_text("1 2\n1 2\n")
    message = "ann: the training samples have 1 different row, and a mixture of 4 modes needs as many at least; write a smaller number than 4 under `fisher:`, or give more samples\n"
    assert ann("train", "f.def", "a.txt", "b.txt", 2, "--validation", 0, "-o", "f.nn", check=3).stderr == message
    (folder / "a.txt").write_text("1 2\n")
    (folder / "b.txt").write_text("3 4\n")
    assert (
        "have 2 rows, and"
        in ann("train", "f.def", "a.txt", "b.txt", 2, "--validation", 0, "-o", "f.nn", check=3).stderr
    )


def test_without_scikit_learn_the_extra_is_named(folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn", "sklearn.mixture"):
        monkeypatch.setitem(sys.modules, name, None)
    message = "ann: a mixture for Fisher vectors is fitted by scikit-learn, which is not there; install it: pip install 'anncli[fisher]'\n"
    assert ann("train", "f.def", "a.txt", "b.txt", 2, "-o", "f.nn", check=2).stderr == message


def test_what_fisher_vectors_have_no_place_in(folder: Path, trained: Done, ann: Run) -> None:
    for target, name in (("f.c", "c"), ("f.py", "python"), ("f.json", "json")):
        message = f"ann: f.nn: the format {name} has no place for the mixture that makes Fisher vectors of samples; use the network by `ann predict`, or in Python by anncli.load()\n"
        assert ann("export", "f.nn", "-o", target, check=4).stderr == message
    explained = ann("explain", "f.nn", "a.txt", "b.txt", check=2).stderr
    assert (
        "for samples of one row of numbers, and this network takes `inputs: {descriptors: 2, fisher: 4}`" in explained
    )
    stream = ann("predict", "f.nn", "--stateful", input="0 0\n", check=2).stderr
    assert stream == "ann: --stateful: a Fisher vector needs the whole sample; leave --stateful out\n"
    assert "a Fisher vector needs the whole sample" in ann("train", "f.def", "a.txt", "--truncate", 3, check=2).stderr
    window = ("--window", 4, "--horizon", 1, "--order", "t", "--label", "u", "-o", "g.nn")
    assert "and this one takes Fisher vectors" in ann("train", "f.def", "none.csv", *window, check=2).stderr
    message = "ann: --teacher: a network of Fisher vectors fits a mixture of its own, and a teacher knows another one; leave --teacher out\n"
    assert ann("train", "f.def", "none.txt", "--teacher", "f.nn", "-o", "g.nn", check=2).stderr == message
    (folder / "table.csv").write_text("u,v,w,class\n1,2,3,a\n\n4,5,6,b\n")
    assert (
        "the table has 3 input columns, the network 2 inputs"
        in ann("train", "f.def", "table.csv", 2, "-o", "g.nn", check=3).stderr
    )


def test_faults_of_the_modes_in_a_file_have_their_place(folder: Path, trained: Done, ann: Run) -> None:
    text = (folder / "f.nn").read_text()
    at = text.index("    modes: |\n")
    line = text[:at].count("\n") + 1
    first = text[at:].split("\n")[1].strip()

    def fault_of(changed: str) -> str:
        (folder / "g.nn").write_text(changed)
        return ann("info", "g.nn", check=4).stderr

    assert f"g.nn:{line + 1}: `modes` has 5 numbers a line, found 6 numbers; " in fault_of(
        text.replace(first, f"{first} 1")
    )
    assert f"g.nn:{line}:12: `modes` has 4 lines, needs 3; " in fault_of(text.replace("fisher: 4", "fisher: 3"))
    assert f"g.nn:{line}:12: the weights and the deviations of `modes` must be above 0; " in fault_of(
        text.replace(first, f"-{first}")
    )
    assert "the encoder has no `modes`, which Fisher vectors need; " in fault_of(
        "".join(part for k, part in enumerate(text.splitlines(keepends=True), 1) if not line <= k <= line + 4)
    )
    assert "the checksum does not fit" in fault_of(text.replace("fisher: 4}", "fisher: 4, improved: false}"))
    rows = text.replace("{descriptors: 2, fisher: 4}", "any x 2").replace("[6 tanh,", "[mean, 6 tanh,")
    assert f"g.nn:{line}:5: `modes` belongs to `inputs: {{descriptors: 64, fisher: 16}}`; " in fault_of(rows)


def test_init_checks_the_form(folder: Path, ann: Run) -> None:
    ann("init", "i.nn", "--inputs", "{descriptors: 64, fisher: 16}", "--hidden", "4")
    assert "\ninputs: {descriptors: 64, fisher: 16}\nlayers: [4 tanh, 1 logistic]\n" in (folder / "i.nn").read_text()
    message = "ann: --inputs: unknown key `fischer`; did you mean 'fisher'?\n"
    assert ann("init", "j.nn", "--inputs", "{descriptors: 64, fischer: 16}", check=2).stderr == message
