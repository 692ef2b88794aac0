"""The keys of a network file about the task: written, read, and every fault with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import anncli
from anncli.cli.running.inspecting import summary, verify
from anncli.dataset.dataset import Dataset
from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.ann_checksum import checksum
from anncli.formats.networks.storage import render
from anncli.network.network import Network

HEAD = "anncli: 1\ninputs: 2\nlayers: [3 tanh, 2 linear]\n"


def trained(loss: str = "mse") -> Network:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    targets = x * [10, 0.1] + [5, -3] if loss == "mse" else x[:, :1]
    network = parse_network(HEAD, "net.nn")
    names = ("a", "b: c") if loss == "mse" else ("a",)
    anncli.train(network, Dataset(x, targets=targets, target_names=names), 3, loss=loss)
    return network


def changed(old: str, new: str, loss: str = "mse") -> str:
    """The text of a network file with a change, under a checksum that fits."""
    text = render_network(trained(loss), HEAD)
    assert old in text
    lines = text.replace(old, new).split("\n")
    start = lines.index("trained:")
    end = next(k for k, line in enumerate(lines) if line.startswith("  checksum:"))
    lines[end] = f"  checksum: {checksum(parse_network(HEAD, '').topology, lines[start:end])}"
    return "\n".join(lines)


def test_a_file_is_written_as_it_was_read() -> None:
    text = render_network(trained(), HEAD)
    assert text.startswith(HEAD + 'trained:\n  task: regression\n  target_names: [a, "b: c"]\n') or "b: c" in text
    assert "  target_scaling:\n    method: zscore\n    offset: |\n" in text
    again = parse_network(text, "net.nn")
    assert render_network(again, again.source.head) == text
    assert again.target_names == ("a", "b: c")


def test_the_head_may_name_the_task() -> None:
    network = parse_network(HEAD + "task: regression\n", "net.nn")
    assert (network.task, network.source.task) == ("regression", "regression")
    assert network.definition().task == "regression"
    made = Network.create(2, ["1 linear"], task="regression")
    assert "\ntask: regression\n" in render_network(made)
    with pytest.raises(NetworkError, match=r"net.nn:4:7: `task` must be the name of a task, found 'regresion'"):
        parse_network(HEAD + "task: regresion\n", "net.nn")


def test_classification_is_written_as_before(tmp_path: Path) -> None:
    network = Network.create(2, ["1 logistic"])
    anncli.train(network, Dataset.from_classes(np.zeros((5, 2)), np.ones((5, 2))), 1)
    assert "task" not in render_network(network)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("task: regression", "task: classify", "`task` must be one of classification, regression, multi-label"),
        ("method: zscore\n    offset", "method: zscor\n    offset", "`method` must be one of auto"),
        ("    offset: |", "    offst: |", "unknown key .offst."),
        ("loss: mse", "loss: quantile:0.9,0.1", "loss quantile needs rising numbers"),
        ("loss: mse", "loss: quantile:0.1,0.5,0.9", "2 outputs for 3 quantiles of each target"),
        ("loss: mse", "loss: quantile:0.1,0.9", "`target_names` names 2, this network has 1"),
        ("target_names: [a,", "target_names: [a, d,", "`target_names` names 3, this network has 2"),
    ],
)
def test_faults(old: str, new: str, message: str) -> None:
    with pytest.raises(NetworkError, match=message.replace("[", r"\[")):
        parse_network(changed(old, new), "net.nn")


def test_a_spread_is_above_0() -> None:
    network = trained()
    assert network.target_scaling.spread is not None
    network.target_scaling.spread[1] = 0
    with pytest.raises(NetworkError, match="every number of `spread` must be above 0"):
        parse_network(render_network(network, HEAD), "net.nn")


def test_the_head_and_the_trained_part_must_agree() -> None:
    text = render_network(trained(), HEAD)
    with pytest.raises(NetworkError, match="the network was trained for regression, the head says multi-label"):
        parse_network(text.replace(HEAD, HEAD + "task: multi-label\n"), "net.nn")


def test_a_format_without_tasks_refuses_the_network() -> None:
    network = Network.create(2, ["2 linear"], task="regression", parameters=np.ones(6))
    with pytest.raises(
        NetworkError, match="a file of the format ann1dn cannot hold a network for regression; save it in"
    ):
        render(network, "ann1dn")


def test_the_summary_of_a_file() -> None:
    network = trained()
    shown = summary(network)
    assert (shown["task"], shown["target_names"], shown["threshold"]) == ("regression", ["a", "b: c"], None)
    assert list(shown["target_scaling"]) == ["method", "offset", "spread"]
    assert shown["target_scaling"]["offset"] == pytest.approx(network.target_scaling.offset, rel=1e-5)
    assert verify(network, "net.nn")["passed"]


def test_damaged_files_are_refused_or_read_as_numbers() -> None:
    """Single bytes changed, without a checksum that fits: a place and no traceback."""
    text = render_network(trained(), HEAD)
    rng = np.random.default_rng(0)
    for _ in range(300):
        place = int(rng.integers(text.index("trained:"), len(text)))
        damaged = text[:place] + chr(int(rng.integers(32, 127))) + text[place + 1 :]
        try:
            parse_network(damaged, "net.nn")
        except NetworkError:
            continue
        assert damaged == text or render_network(parse_network(damaged, ""), HEAD) == text
