"""Networks that libfann itself makes and saves are read with its outputs: layered, sparse, shortcut, scaled, fixed point."""

from __future__ import annotations

import ctypes
import os
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.fann_units import FANN_FUNCTIONS
from anncli.formats.networks.storage import load
from anncli.inference.predict import predict

LIBRARY = find_library("doublefann")
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfann is not installed")
READABLE = [number for number, function in FANN_FUNCTIONS.items() if function.activation and number < 18]


class FannNet:
    """A network of libfann with random weights."""

    def __init__(self, kind: str, sizes: list[int], hidden: int, output: int, steepness: float = 0.5) -> None:
        self.lib = ctypes.CDLL(str(LIBRARY))
        self.sizes = sizes
        for name, arguments in {
            "fann_create_standard_array": (), "fann_create_sparse_array": (ctypes.c_float,), "fann_create_shortcut_array": (),
        }.items():  # fmt: skip
            function = getattr(self.lib, name)
            function.restype, function.argtypes = ctypes.c_void_p, [*arguments, ctypes.c_uint, ctypes.c_void_p]
        self.lib.fann_run.restype = ctypes.POINTER(ctypes.c_double)
        layers = (ctypes.c_uint * len(sizes))(*sizes)
        rate = [ctypes.c_float(0.6)] if kind == "sparse" else []
        self.net = ctypes.c_void_p(getattr(self.lib, f"fann_create_{kind}_array")(*rate, len(sizes), layers))
        self.lib.fann_set_activation_function_hidden(self.net, hidden)
        self.lib.fann_set_activation_function_output(self.net, output)
        self.lib.fann_set_activation_steepness_hidden(self.net, ctypes.c_double(steepness))
        self.lib.fann_randomize_weights(self.net, ctypes.c_double(-1.5), ctypes.c_double(1.5))

    def save(self, path: Path, fixed: bool = False) -> Path:
        (self.lib.fann_save_to_fixed if fixed else self.lib.fann_save)(self.net, str(path).encode())
        return path

    def run(self, inputs: np.ndarray) -> np.ndarray:
        rows = inputs.astype(np.float64)
        found = [self.lib.fann_run(self.net, row.ctypes.data_as(ctypes.c_void_p))[: self.sizes[-1]] for row in rows]
        return np.array(found)

    def __del__(self) -> None:
        self.lib.fann_destroy(self.net)


INPUTS = np.random.default_rng(1).uniform(-2, 2, (50, 4)).astype(np.float32)


@pytest.mark.parametrize("output", [0, 3, 5, 10])
@pytest.mark.parametrize("hidden", READABLE)
def test_a_layered_network(tmp_path, hidden, output):
    net = FannNet("standard", [4, 5, 3, 2], hidden, output)
    network = load(net.save(tmp_path / "x.net"))
    # Lines that follow a sigmoid differ from it; each layer of them adds to that.
    tolerance = 2e-5 if FANN_FUNCTIONS[hidden].is_exact else 0.2
    np.testing.assert_allclose(predict(network, INPUTS), net.run(INPUTS), atol=tolerance)


@pytest.mark.parametrize("seed", range(5))
def test_a_sparse_network(tmp_path, seed):
    net = FannNet("sparse", [4, 6, 3], 5, 3)
    np.testing.assert_allclose(predict(load(net.save(tmp_path / "x.net")), INPUTS), net.run(INPUTS), atol=1e-5)


def test_shortcuts_of_linear_units_and_without_hidden_layers(tmp_path):
    for sizes, hidden in (([4, 3, 2], 0), ([4, 2], 5)):
        net = FannNet("shortcut", sizes, hidden, 5)
        np.testing.assert_allclose(predict(load(net.save(tmp_path / "x.net")), INPUTS), net.run(INPUTS), atol=1e-5)
    with pytest.raises(NetworkError, match="a shortcut"):
        load(FannNet("shortcut", [4, 3, 2], 5, 5).save(tmp_path / "y.net"))


def test_fixed_point_is_close(tmp_path):
    net = FannNet("standard", [4, 5, 2], 5, 5)
    assert np.abs(predict(load(net.save(tmp_path / "x.net", fixed=True)), INPUTS) - net.run(INPUTS)).max() < 0.01


def test_unlike_units_in_one_layer_are_refused(tmp_path):
    net = FannNet("standard", [4, 5, 2], 5, 5)
    net.lib.fann_set_activation_function(net.net, 3, 1, 2)
    with pytest.raises(NetworkError, match="units beside"):
        load(net.save(tmp_path / "x.net"))


@pytest.mark.parametrize("name", ["xor_float", "dui", "ocr_float", "pathfinder_float"])
def test_networks_that_come_with_fann(name):
    folder = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "models/fann"
    if not folder.is_dir():
        pytest.skip("the networks are not here")
    inputs, outputs = (np.loadtxt(folder / f"{name}.{kind}.txt", ndmin=2) for kind in ("in", "out"))
    found = predict(load(folder / f"{name}.net"), inputs.astype(np.float32))
    np.testing.assert_allclose(found, outputs.reshape(len(inputs), -1), atol=1e-5)
