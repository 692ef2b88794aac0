"""Small undamaged networks in every format that is read, for the campaign of damaged ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.storage import render
from anncli.formats.networks.word_files import binary_of, text_of
from anncli.network.network import Network, NetworkSource, SelfTest
from anncli.network.scaling import Scaling
from anncli.network.word_vectors import WordVectors

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

import network_files as files

WORDS = WordVectors(("the", "wört", "of"), np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3))

_ONNX = Path(__file__).parents[1] / "data/onnx"


def network(dialect: str = "ann") -> Network:
    """A trained network with names, scaling and a self-test."""
    made = Network.create(2, [(3, "logistic"), (1, "logistic")], source=NetworkSource(dialect), targets=(0.9, 0.1))
    made.set_parameters(np.linspace(-1, 1, made.topology.n_parameters))
    made.scaling = Scaling("zscore", np.array([1, 2], np.float32), np.array([0.5, 3], np.float32))
    made.columns, made.classes = ("a", "b"), ("yes", "no")
    made.self_test = SelfTest(np.ones((1, 2), np.float32), np.full((1, 1), 0.5, np.float32))
    return made


def exported(name: str) -> bytes:
    (data,) = export_format(name).render(network(), ExportRequest()).values()
    return data


def _scaled_matlab() -> bytes:
    cells = {
        "IW": [files.W1, np.zeros((0, 0))],
        "LW": [np.zeros((0, 0)), files.W2, np.zeros((0, 0)), np.zeros((0, 0))],
        "b": [files.B1, files.B2],
    }
    return files.mat({**cells, "x_gain": files.B2, "x_offset": files.B2, "pred": files.B1, "X": files.W1})


def _big_pipeline() -> bytes:
    many = {**files.MLP, "__kind__": "MLPRegressor", "out_activation_": "identity"}
    return files.skops(
        files.pipeline(
            files.SCALER,
            {
                "__kind__": "MinMaxScaler",
                "scale_": files.W1[0],
                "min_": files.W1[1],
                "clip": True,
                "feature_range": [0, 1],
            },
            many,
        )
    )


# By the format, and a number where there are several files of it.
MODELS: dict[str, Callable[[], bytes]] = {
    "ann": lambda: render(network()),
    "ann1dn": lambda: render(network("ann1dn")),
    "snns": files.SNNS.encode,
    "nnet": files.NNET.encode,
    "pmml": files.PMML.encode,
    "matlab": files.matlab_known,
    "matlab 2": _scaled_matlab,
    "keras": files.keras,
    "keras 2": files.keras_h5,
    "sklearn": lambda: files.skops(files.pipeline(files.SCALER, files.MLP)),
    "sklearn 2": _big_pipeline,
    "fann": lambda: exported("fann"),
    "json": lambda: exported("json"),
    "word2vec": lambda: text_of(WORDS),
    "word2vec 2": lambda: binary_of(WORDS),
    "glove": lambda: text_of(WORDS).split(b"\n", 1)[1],
    "onnx": lambda: exported("onnx"),
    "onnx 2": (_ONNX / "torch_activations.onnx").read_bytes,
    "onnx 3": (_ONNX / "torch_view.onnx").read_bytes,
    "onnx 4": (_ONNX / "series/torch_lstm_stacked.onnx").read_bytes,
}
