"""The FANN export: libfann computes what the network computes, and what it reads back is written with the same bytes."""

from __future__ import annotations

from ctypes.util import find_library

import numpy as np
import pytest
from exported_files import proof_of
from random_networks import random_network

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.fann_layers import FORMS
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.storage import parse
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.tables import Roles

SCALINGS = ("none", "zscore", "minmax", "sigmoidal")


def holdable(seed: int) -> Network:
    """A network of the kinds that FANN has, as far as its output layer and calibration allow."""
    return random_network(seed, hidden=tuple(FORMS), scalings=SCALINGS, with_tables=False)


def exported(network: Network) -> bytes:
    return export_format("fann").render(network, ExportRequest())[""]


@pytest.mark.parametrize("seeds", [range(30), pytest.param(range(30, 120), marks=pytest.mark.slow)])
def test_libfann_computes_the_same_and_the_file_comes_back(seeds):
    n_proved = 0
    for seed in seeds:
        network = holdable(seed)
        if export_format("fann").refusal(network, ExportRequest()):
            continue
        data = exported(network)
        again = parse(data, "x.net")
        assert exported(again) == data, seed
        proof = proof_of(network, "fann")
        assert not isinstance(proof, str)
        assert proof.fault is None, (seed, proof)
        if find_library("doublefann") or find_library("floatfann"):
            assert proof.is_proved
            n_proved += 1
    assert n_proved == 0 or n_proved > len(seeds) / 2


def test_the_file_by_hand():
    """A unit that reads two inputs: the last connection is that of the unit that is always 1."""
    network = Network.create(2, [(1, "logistic")])
    network.set_parameters([0.5, 1, -3])
    text = exported(network).decode()
    assert text.startswith("FANN_FLO_2.1\nnum_layers=2\nlearning_rate=0.7")
    assert "\nlayer_sizes=3 2 \nscale_included=0\n" in text
    assert "(0, 0, 0) (0, 0, 0) (0, 0, 0) (3, 3, 0.5) (0, 3, 0) \n" in text
    assert text.endswith("connections (connected_to_neuron, weight)=(0, 1.0) (1, -3.0) (2, 0.5) \n")


def test_what_fann_lacks_is_refused_by_name():
    def refused(network: Network) -> str | None:
        return export_format("fann").refusal(network, ExportRequest())

    trained = Network.create(2, [(2, "softmax")])
    assert refused(trained) == "the network is untrained: a FANN file needs its weights"
    trained.set_parameters(np.zeros(6))
    assert refused(trained) == "FANN has no softmax units, only linear, logistic, tanh, bipolar-sigmoid, lecun-tanh, softsign, relu; train with a logistic output layer, or use --to c"  # fmt: skip
    plain = Network.create(2, [(1, "logistic")], scaling=Scaling("soft-clip", activation="soft-clip"))
    plain.set_parameters(np.zeros(3))
    assert refused(plain) == "a FANN file cannot hold the scaling soft-clip; train with --scaling zscore"
    column = InputColumn("a", fill=1.5)
    filled = Network.create(1, [(1, "logistic")])
    filled.set_parameters([0, 1])
    for missing, reason in (("error", None), ("median", "a FANN file cannot hold the numbers that fill missing cells; train without --missing, or use --to json, c or onnx")):  # fmt: skip
        filled.encoder = TableEncoder(Roles(("a", "b"), ("b",), ("a",)), (column,), missing)
        assert refused(filled) == reason
    words = {str(refused(random_network(seed)))[:30] for seed in range(105)}
    assert {"a FANN file cannot hold the cat", "a FANN file cannot hold scalin"} & words
    assert len(words) > 5
