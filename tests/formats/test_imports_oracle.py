"""Networks of other programs beside these programs: recorded outputs of public models, scikit-learn, skops, h5py and scipy.

`PUBLIC_DATA=FOLDER pytest tests/formats/test_imports_oracle.py` reads the models too; the folder is not part of the repository.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from pathlib import Path
from typing import Any

import network_files as files
import numpy as np
import pytest

import anncli
from anncli.analysis.recorded import compare_recorded
from anncli.errors import NetworkError
from anncli.formats.networks.hdf5 import Hdf5
from anncli.formats.networks.storage import load, parse
from anncli.inference.predict import decide, predict
from anncli.network.network import Network

MODELS = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "models"
public = pytest.mark.skipif(not MODELS.is_dir(), reason="PUBLIC_DATA names no folder of public data")
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


def patterns(path: Path) -> list[list[float]]:
    """The numbers of each block of an SNNS file that begins with a line of `#`."""
    blocks = re.split(r"(?m)^#.*$", path.read_text())[1:]
    return [[float(word) for word in block.split()] for block in blocks]


@public
def test_letters_of_snns() -> None:
    """letters.res is what SNNS itself computed, with five decimals; each block has the wanted outputs, then the outputs."""
    network = load(MODELS / "snns/letters.net")
    rows = np.array(patterns(MODELS / "snns/letters.pat")[0::2])
    expected = np.array(patterns(MODELS / "snns/letters.res"))[:, 26:]
    assert rows.shape == (26, 35)
    np.testing.assert_allclose(predict(network, rows), expected, atol=1e-5, rtol=0)
    assert "".join(network.classes[k] for k in decide(network, predict(network, rows))) == "".join(network.classes)


@public
def test_encoder_and_xor_of_snns() -> None:
    network = load(MODELS / "snns/encoder.net")
    rows = np.array(patterns(MODELS / "snns/encoder.pat")[0::2])
    assert (decide(network, predict(network, rows)) == rows.argmax(axis=1)).all()
    with pytest.raises(
        NetworkError, match=r"unit 4 \(result\) reads unit 1 past a layer of logistic units: a shortcut"
    ):
        load(MODELS / "snns/xor.net")


@public
def test_nnet_beside_its_onnx_twin() -> None:
    """The twin reads scaled inputs and does not clip them: rows within the ranges are compared."""
    network = load(MODELS / "nnet/ACASXU_experimental_v2a_1_1.nnet")
    scaled, expected = (np.loadtxt(MODELS / f"onnx/ACASXU_experimental_v2a_1_1.{end}.txt") for end in ("in", "out"))
    mean, spread = np.array([19791.091, 0, 0, 650, 600]), np.array([60261, 6.28318530718, 6.28318530718, 1100, 1200])
    rows = scaled * spread + mean
    inside = ((rows >= [0, -3.141593, -3.141593, 100, 0]) & (rows <= [60760, 3.141593, 3.141593, 1200, 1200])).all(
        axis=1
    )
    assert inside.sum() >= 5
    found = (predict(network, rows[inside]) - 7.5188840201005975) / 373.94992
    np.testing.assert_allclose(found, expected[inside], atol=5e-7, rtol=0)


@public
@pytest.mark.parametrize("program", ["knime", "rattle", "rapidminer"])
def test_pmml_of_three_programs(program: str) -> None:
    """Rows of Iris.csv, in the columns that the file names, and what the program gave for them."""
    network = load(MODELS / f"pmml/{program}_NeuralNetworkIris.pmml")
    table = np.genfromtxt(MODELS / "pmml/Iris.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    given = np.genfromtxt(
        MODELS / f"pmml/{program}_NeuralNetworkIris.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    assert network.encoder is not None
    names = [column.name.replace(".", "") for column in network.encoder.columns]
    rows = np.column_stack([table[name] for name in names])
    outputs = predict(network, rows)
    decided = [network.classes[k] for k in decide(network, outputs)]
    wanted = given["predictionSpecies"] if program == "rapidminer" else given["Species"]
    assert decided == wanted.tolist()
    for k, name in enumerate(network.classes):
        column = {"rattle": f"Probability_{name}", "rapidminer": f"confidence{name}"}.get(program)
        if column is not None:
            np.testing.assert_allclose(outputs[:, k], given[column], atol=1e-5, rtol=0)


@public
def test_matlab_file_of_a_course() -> None:
    network = load(MODELS / "matlab/heart_13-23-5.mat")
    rows, expected = (np.loadtxt(MODELS / f"matlab/heart_13-23-5.{end}.txt") for end in ("in", "out"))
    np.testing.assert_allclose(predict(network, rows), expected, atol=1e-6, rtol=1e-5)
    (compared,) = compare_recorded(network)
    assert (compared.name, compared.decided, compared.rows) == ("S and pred", 190, 190)


@public
def test_keras_beside_its_onnx_twin() -> None:
    network = load(MODELS / "keras/fc_2-2sigmoids-3.h5")
    rows, expected = (np.loadtxt(MODELS / f"onnx/fc_2-2sigmoids-3.{end}.txt") for end in ("in", "out"))
    np.testing.assert_allclose(predict(network, rows), expected, atol=1e-6, rtol=1e-6)


# scikit-learn


def _data(seed: int) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(60, 4)) * [1, 10, 0.1, 3] + [5, -3, 0, 100], rng


def _models(seed: int) -> list[tuple[Any, np.ndarray]]:
    """Models, and the answers to fit them to."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.decomposition import PCA
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

    rows, rng = _data(seed)
    names = np.array(["no", "yes", "may be"])
    two, three = names[rng.integers(0, 2, 60)], names[rng.integers(0, 3, 60)]
    numbers, flags = rows @ [1, 0.1, 10, 0.01] + 50, rng.integers(0, 2, (60, 3))
    kind = ("relu", "tanh", "logistic", "identity")[seed % 4]
    sizes = tuple(int(n) for n in rng.integers(1, 9, 1 + seed % 3))
    given = {"hidden_layer_sizes": sizes, "activation": kind, "max_iter": 15, "random_state": seed, "alpha": 0.5}
    mlp, regressor = MLPClassifier(**given), MLPRegressor(**given)
    return [
        (make_pipeline(StandardScaler(), mlp), two), (make_pipeline(MinMaxScaler(clip=True), mlp), three),
        (make_pipeline(RobustScaler(), PCA(3, whiten=bool(seed % 2)), mlp), rng.integers(0, 4, 60)),
        (make_pipeline(MaxAbsScaler(), StandardScaler(with_mean=False), regressor), numbers),
        (make_pipeline("passthrough", MinMaxScaler((-1, 2)), regressor), np.stack([numbers, -numbers], 1)),
        (TransformedTargetRegressor(regressor, transformer=StandardScaler()), numbers),
        (make_pipeline(StandardScaler(), mlp), flags),
        (GridSearchCV(make_pipeline(StandardScaler(), mlp), {"mlpclassifier__alpha": [0.1]}, cv=2), two),
    ]  # fmt: skip


def _check(network: Network, model: Any, rows: np.ndarray) -> None:
    outputs = predict(network, rows)
    if network.task == "regression":
        wanted = model.predict(rows).reshape(len(rows), -1)
        np.testing.assert_allclose(outputs, wanted, rtol=1e-4, atol=1e-3 * np.abs(wanted).max())
        return
    probabilities = model.predict_proba(rows)
    if network.task == "multi-label":
        np.testing.assert_allclose(outputs, probabilities, **CLOSE)
        assert (decide(network, outputs) == model.predict(rows)).all()
        return
    wanted = probabilities[:, 1:] if network.n_outputs == 1 else probabilities
    np.testing.assert_allclose(outputs, wanted, rtol=1e-4, atol=1e-5)
    near = np.abs(probabilities.max(axis=1) - np.sort(probabilities, axis=1)[:, -2]) < 1e-4
    named = [network.classes[k] for k in decide(network, outputs)]
    assert [a for a, skip in zip(named, near, strict=True) if not skip] == [
        str(b) for b, skip in zip(model.predict(rows), near, strict=True) if not skip
    ]


@pytest.mark.parametrize("seed", range(6))
def test_models_of_scikit_learn(seed: int) -> None:
    pytest.importorskip("sklearn")
    rows, _ = _data(seed)
    for model, answers in _models(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(rows, answers)
        # Beyond the rows of the training too.
        _check(anncli.from_sklearn(model), model, np.concatenate([rows, rows * 2]))


@pytest.mark.parametrize("seed", range(3))
def test_models_in_skops_files(seed: int) -> None:
    pytest.importorskip("sklearn")
    sio = pytest.importorskip("skops.io")
    rows, _ = _data(seed)
    for model, answers in _models(seed)[:-1]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(rows, answers)
            data = sio.dumps(model)
        _check(parse(data, "m.skops"), model, rows)


def test_names_of_columns_and_objects_as_classes() -> None:
    pandas = pytest.importorskip("pandas")
    sio = pytest.importorskip("skops.io")
    from sklearn.neural_network import MLPClassifier

    rows, rng = _data(0)
    frame = pandas.DataFrame(rows, columns=["age", "height", "a, b", "d"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier((3,), max_iter=5).fit(frame, pandas.Series(rng.choice(["x", "y", "z"], 60), dtype=object))
        network = parse(sio.dumps(model), "m.skops")
    assert network.columns == ("age", "height", "a, b", "d")
    assert network.classes == ("x", "y", "z")


# Files of HDF5 and MATLAB


def test_hdf5_beside_h5py() -> None:
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    arrays = {
        f"g{k}/h/{j}": rng.normal(size=(k + 1, j + 2)).astype(("<f4", "<f8", ">f4", "<i4", "<f2")[k % 5])
        for k in range(23)
        for j in range(3)
    }
    arrays["scalar"] = np.float32(2.5)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        file.attrs["fixed"] = np.array([b"kernel:0", b"bias:0"])
        file["g1"].attrs["text"] = "grün " * 20000
        file["g2"].attrs["none"] = []
    found = Hdf5(buffer.getvalue(), "x")
    assert set(found.datasets) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.array(name), array)
    assert found.attribute("", "fixed") == ["kernel:0", "bias:0"]
    assert found.attribute("g1", "text") == ["grün " * 20000]
    assert found.attribute("g2", "none") == []


def test_our_hdf5_is_what_h5py_reads() -> None:
    """The small files of the other tests are files of HDF5."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(io.BytesIO(files.keras_h5())) as file:
        np.testing.assert_array_equal(file["model_weights/dense_7/dense_7/kernel:0"][()], files.W1.T.astype("f4"))
        assert "Sequential" in file.attrs["model_config"][0].decode()


@pytest.mark.parametrize("packed", [False, True])
def test_matlab_files_of_scipy(packed: bool) -> None:
    scipy = pytest.importorskip("scipy.io")
    cell = np.empty((2, 2), dtype=object)
    cell[:] = [[np.zeros((0, 0)), np.zeros((0, 0))], [files.W2, np.zeros((0, 0))]]
    first, biases = np.empty((2, 1), dtype=object), np.empty((2, 1), dtype=object)
    first[:, 0] = [files.W1, np.zeros((0, 0))]
    biases[:, 0] = [files.B1[:, None], files.B2[:, None]]
    buffer = io.BytesIO()
    scipy.savemat(
        buffer,
        {"IW": first, "LW": cell, "b": biases, "transfer": np.array(["tansig", "logsig"], dtype=object)},
        do_compression=packed,
    )
    network = parse(buffer.getvalue(), "x.mat")
    np.testing.assert_allclose(predict(network, files.ROWS), files.known(files.ROWS), **CLOSE)
