"""Networks for texts in the commands that train and judge many networks, and in figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

from anncli.formats.networks.storage import load

__all__ = ["ann"]
Run = Callable[..., Done]
GOOD, BAD = ("fine", "great", "superb", "lovely"), ("dull", "awful", "poor", "boring")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """30 lines of either class; the words of a class are in its lines alone, and the number in each line is new."""
    for name, words in (("good", GOOD), ("bad", BAD)):
        lines = [f"it was {words[k % 4]} and {words[k // 4 % 4]} {k}{name[0]}" for k in range(30)]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: words\nlayers: [1 logistic]\n")
    (tmp_path / "mean.nn").write_text("anncli: 1\ninputs: words\nlayers: [3 embedding, mean, 1 logistic]\n")
    return tmp_path


@pytest.mark.slow
def test_a_search_trains_the_network_that_it_names_and_fits_the_words_to_training_rows(reviews: Path, ann: Run) -> None:
    ranges = ("--hidden", "2..3", "--learning-rate", "0.01..0.1", "--trials", 4, "--folds", 2, "--seed", 1)
    command = ("search", "net.nn", "good.txt", "bad.txt", 20, *ranges, "--outer-folds", 2, "-o", "best.nn")
    found = json.loads(ann(*command, "--json").stdout)
    best = load(str(reviews / "best.nn"))
    assert best.vocabulary is not None
    # it, was, and, eight words of classes, and the sixty numbers but for those of validation rows.
    assert 3 + 8 + 40 < len(best.vocabulary.symbols) < 3 + 8 + 60
    width = best.n_inputs
    sizes = {"2": (width + 1) * 2 + 3, "3": (width + 1) * 3 + 4}
    for one in found["trials"]:
        assert one["n_weights"] == sizes.get(one["options"].get("hidden", ""), width + 1)
    assert found["estimate"]["accuracy"] > 0.9
    again = json.loads(ann(*command, "--json", "--jobs", 2, "-f").stdout)
    assert again["trials"] == found["trials"]


def test_what_a_search_cannot_do_is_refused(reviews: Path, ann: Run) -> None:
    (reviews / "next.nn").write_text("anncli: 1\ninputs: words\nlayers: [2 lstm, softmax]\n")
    shown = ann("search", "next.nn", "good.txt", 1, check=2).stderr
    assert "ann search is for a class of each text, and this network has an answer for each word" in shown
    assert "--hidden and --activation replace dense layers" in ann(
        "search", "mean.nn", "good.txt", "bad.txt", 1, "--hidden", "2,3", "--trials", 2, check=2
    ).stderr  # fmt: skip


@pytest.mark.slow
def test_a_search_makes_the_network_of_documents_and_names_the_command_of_it(reviews: Path, ann: Run) -> None:
    ranges = ("--learning-rate", "0.01..0.1", "--trials", 3, "--folds", 2, "--test", 0.25)
    found = json.loads(ann("search", "good.txt", "bad.txt", "--inputs", "documents", 20, *ranges, "--json").stdout)
    rate = found["trials"][found["kept"]]["options"].get("learning_rate")
    drawn = "" if rate is None else f" --learning-rate {rate}"
    assert found["train_command"] == f"ann train good.txt bad.txt 20{drawn} --inputs documents -o network.nn"
    assert found["estimate"]["accuracy"] > 0.9
    layers = ("--hidden", "2..4", "--trials", 2, "--folds", 2, "--test", 0.25)
    ann("search", "good.txt", "bad.txt", "--inputs", "documents", 2, *layers, "-o", "h.nn")
    assert len(load(str(reviews / "h.nn")).layers) == 2


@pytest.mark.slow
def test_folds_comparisons_trainers_pages_and_figures(reviews: Path, ann: Run) -> None:
    for name in ("net", "mean"):
        ann("train", f"{name}.nn", "good.txt", "bad.txt", 30, "-q", "--test", 0.2, "--lr", 0.05, "-o", f"{name}_t.nn")
    data = ("good.txt", "bad.txt")
    folds = json.loads(ann("cv", "net.nn", *data, 30, "--folds", 3, "--lr", 0.05, "--json").stdout)
    assert folds["metrics"]["accuracy"]["mean"] > 0.9
    assert "accuracy %" in ann("compare", "net_t.nn", "mean_t.nn", *data).stdout
    assert "mean of 2 folds" in ann("compare", "net.nn", "mean.nn", *data, 3, "--folds", 2).stdout
    assert "irprop-" in ann("bench", "net.nn", *data, 2).stdout
    ann("report", "net_t.nn", *data, "-o", "page.html", "-q")
    assert "<html" in (reviews / "page.html").read_text()
    for figure in ("loss", "roc", "confusion", "calibration", "pr", "scores"):
        ann("plot", figure, "net_t.nn", *(() if figure == "loss" else data), "-o", f"{figure}.svg")
        assert (reviews / f"{figure}.svg").read_text().startswith("<svg")
    assert "`ann explain`" in ann("plot", "importance", "net_t.nn", *data, check=2).stderr
    assert "--baselines: there are none" in ann("cv", "net.nn", *data, 2, "--baselines", check=2).stderr
