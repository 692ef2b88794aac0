"""The drawing for Graphviz: a line for each weight, as wide and coloured as it is, or boxes of layers; dot can read it."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
from exported_files import proof_of
from random_networks import random_network

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.network.network import Network
from anncli.network.scaling import Scaling


def drawn(network: Network) -> str:
    return export_format("graphviz").render(network, ExportRequest())[""].decode()


def small() -> Network:
    network = Network.create(2, [(2, "tanh"), (1, "logistic")], columns=('a "b"', "c\\n"), classes=("good", "bad"))
    network.set_parameters([0.5, -0.25, 1, -3, 0, 0, 0.125, 1.5, -1.5])
    network.scaling = Scaling("zscore", np.zeros(2, dtype=np.float32), np.ones(2, dtype=np.float32))
    return network


def test_units_and_weights_of_a_small_network():
    lines = drawn(small()).splitlines()
    assert lines[0] == "digraph network {"
    assert '  i1 [shape=box, label="a \\"b\\""]' in lines
    assert '  i2 [shape=box, label="c\\\\n"]' in lines
    assert '  l1u2 [shape=ellipse, label="2", tooltip="layer 1, unit 2: tanh, bias -0.25"]' in lines
    assert '  l2u1 [shape=ellipse, label="good", tooltip="layer 2, unit 1: logistic, bias 0.125"]' in lines
    # The largest weight, -3, has the width 4; no line is thinner than 0.1.
    assert '  i1 -> l1u2 [penwidth=4.00, color="#d55e00", tooltip="-3"]' in lines
    assert '  i2 -> l1u1 [penwidth=0.10, color="#0072b2", tooltip="0"]' in lines
    assert '  l1u1 -> l2u1 [penwidth=2.00, color="#0072b2", tooltip="1.5"]' in lines
    assert '  label="blue weights are positive, orange ones negative; scaling zscore; good above 0.5"' in lines
    assert sum(" [penwidth" in line for line in lines) == 6


def test_layers_of_a_large_network_and_of_an_ensemble():
    network = Network.create(50, [(30, "relu"), (9, "softmax")])
    network.set_parameters(np.zeros(network.topology.n_parameters))
    text = drawn(network)
    assert '[label="50 inputs"]' in text
    assert '[label="30 relu\\n1500 weights"]' in text
    assert '[label="1, 2, 3, 4, 5, 6, ..."]' in text
    assert "b0 -> b1 -> b2 -> b3" in text
    network = small()
    network.set_members([np.zeros(9), np.ones(9)])
    assert '[label="mean of 2 networks"]' in drawn(network)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_no_line_crosses_a_name():
    """Lines lead from the right side of a unit to the left side of the next, and behind all units."""
    done = subprocess.run(["dot", "-Tjson"], input=drawn(small()).encode(), capture_output=True, check=True)
    document = json.loads(done.stdout)
    places = {one["name"]: float(one["pos"].split(",")[0]) for one in document["objects"] if one["name"][0] in "il"}
    units = {one["_gvid"]: one["name"] for one in document["objects"]}
    lines = [one for one in document["edges"] if "penwidth" in one]
    assert len(lines) == 6
    for line in lines:
        # "e,X,Y X,Y ...": the tip of the arrow, then the curve from its start.
        tip, start = (float(one.removeprefix("e,").split(",")[0]) for one in line["pos"].split()[:2])
        half = 72 * 0.75 / 2
        assert start >= places[units[line["tail"]]] + half - 1
        assert tip <= places[units[line["head"]]] - half + 1
    assert document["outputorder"] == "edgesfirst"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_dot_reads_every_name_as_it_is():
    done = subprocess.run(["dot", "-Tjson"], input=drawn(small()).encode(), capture_output=True, check=True)
    labels = [one.get("label") for one in json.loads(done.stdout)["objects"]]
    assert {'a \\"b\\"', "good"} <= set(labels) or {'a "b"', "good"} <= set(labels)
    for seed in range(0, 105, 21):
        proof = proof_of(random_network(seed), "graphviz")
        assert (proof.fault, proof.missing) == (None, "what was written computes nothing")
