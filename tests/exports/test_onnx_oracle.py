"""ONNX models of networks of every kind give what the networks give, by onnxruntime and by the reference evaluator of onnx."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import N_PLAIN_SEEDS, random_network, random_rows

from anncli.arrays import Array
from anncli.formats.exports.base import ExportRequest, ProofRows
from anncli.formats.networks.storage import save
from anncli.inference.predict import decide, predict
from anncli.network.calibration import Calibration
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.layers.base import Shape
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology
from anncli.tables import Roles, make_table

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from anncli.formats.exports.onnx.export import EXPORT, _fed  # noqa: E402

REQUEST = ExportRequest()
ROOT = Path(__file__).parents[2]


def written(network: Network) -> bytes:
    assert EXPORT.refusal(network, REQUEST) is None
    return EXPORT.render(network, REQUEST)[""]


def session(data: bytes, level: Any = None) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if level is not None:
        options.graph_optimization_level = level
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def allowed(network: Network, outputs: Array) -> Array:
    """1e-5 (1 + |b|), and 1e-6 of the largest number that b was computed from where a target scaling adds numbers that nearly
    cancel each other."""
    bound = 1e-5 * (1 + np.abs(outputs))
    if network.target_scaling.offset is not None:
        per_target = network.n_outputs // len(network.target_scaling.offset)
        bound = bound + 1e-6 * np.abs(outputs - np.repeat(network.target_scaling.offset, per_target))
    return bound


def assert_same_decisions(network: Network, decisions: Array, outputs: Array) -> None:
    """Where a decision differs, the numbers that decide lie within 1e-5 of each other."""
    expected = decide(network, outputs)
    different = np.flatnonzero((decisions != expected).reshape(len(outputs), -1).any(axis=1))
    for row in different:
        cuts = [network.decision_threshold] if network.n_outputs == 1 or network.task == "multi-label" else []
        top = np.sort(outputs[row])[::-1]
        gaps = [abs(value - cut) for value in top for cut in [*cuts, *(network.abstain or ())]]
        gaps += [top[0] - top[1]] if len(top) > 1 else []
        assert min(gaps) < 1e-5, (row, outputs[row])


@pytest.mark.parametrize("seed", range(N_PLAIN_SEEDS))
def test_the_model_gives_what_the_network_gives(seed: int):
    network = random_network(seed)
    rows = random_rows(network, np.random.default_rng(5), 1000)
    found = EXPORT.run({"": written(network)}, network, REQUEST, rows)
    expected = predict(network, rows.inputs)
    assert found is not None
    assert (np.abs(found.outputs - expected) <= allowed(network, expected)).all()
    assert (found.decisions is None) == (network.task == "regression")
    if found.decisions is not None:
        assert_same_decisions(network, found.decisions, expected)
    assert found.tool == f"onnxruntime {onnxruntime.__version__}"


@pytest.mark.parametrize("seed", range(0, 70, 3))
def test_graph_optimizations_change_nothing(seed: int):
    network = random_network(seed)
    data, fed = written(network), _fed(network, random_rows(network, np.random.default_rng(6), 50))[0]
    levels = onnxruntime.GraphOptimizationLevel
    plain = session(data, levels.ORT_DISABLE_ALL).run(None, fed)
    full = session(data, levels.ORT_ENABLE_ALL).run(None, fed)
    np.testing.assert_allclose(full[0], plain[0], rtol=1e-5, atol=1e-5)
    if len(plain) > 1:
        assert (full[1] == plain[1]).mean() > 0.97


@pytest.mark.parametrize("seed", range(0, 100, 7))
def test_the_reference_evaluator_gives_the_same(seed: int):
    from onnx.reference import ReferenceEvaluator

    network = random_network(seed)
    rows = random_rows(network, np.random.default_rng(7), 40)
    # Its sigmoid computes exponentials of large numbers, and does not take them.
    with np.errstate(over="ignore", invalid="ignore"):
        found = ReferenceEvaluator(onnx.load_model_from_string(written(network))).run(None, _fed(network, rows)[0])
    expected = predict(network, rows.inputs)
    assert (np.abs(found[0] - expected) <= allowed(network, expected)).all()


def test_a_model_worked_out_by_hand():
    """Scaled inputs (2, -1) and (0, 0); sums 1 + 2 - 1 = 2 and 1; 1 / (1 + exp(-2)) = 0.880797, 1 / (1 + exp(-1)) = 0.731059."""
    network = Network.create(2, ["1 logistic"], classes=("spam", "mail"), threshold=0.8)
    network.scaling = Scaling("zscore", np.array([-1, 1], np.float32), np.array([2, 0.5], np.float32))
    network.set_parameters(np.array([1, 1, 1], np.float32))
    scores, label = session(written(network)).run(None, {"X": np.array([[2, -3], [1, -1]], np.float32)})
    np.testing.assert_allclose(scores, [[0.880797], [0.731059]], rtol=0, atol=1e-6)
    assert label.tolist() == ["spam", "mail"]


def test_opset_metadata_and_the_same_bytes():
    network = random_network(5)
    network.classes = ("yes", "no")
    data = written(network)
    assert data == written(network)
    model = onnx.load_model_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 13), ("ai.onnx.ml", 2)]
    assert (model.ir_version, model.producer_name, model.graph.name) == (8, "anncli", "network")
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["classes"] == '["yes", "no"]'
    assert told["task"] == "classification"
    assert {1, 7, 8, 9} >= {value.data_type for value in model.graph.initializer}


def table_network(missing: str) -> Network:
    """A linear class 'a' to 'c' of one number and one column of words."""
    columns = (
        InputColumn("size", fill=5.0 if missing != "error" else None, indicator=missing != "error"),
        InputColumn("label", "category", ("red", "blue"), ("teal", "pink"), indicator=missing != "error"),
    )
    encoder = TableEncoder(Roles(("size", "label", "y"), ("y",), ("size", "label")), columns, missing)
    network = Network.create(1, ["3 softmax"], classes=("a", "b", "c")).with_encoder(encoder)
    network.set_parameters(np.random.default_rng(0).normal(size=network.topology.n_parameters))
    return network


def test_columns_of_a_table_words_gaps_and_a_column_called_as_an_output():
    network = table_network("median+indicator")
    model = session(written(network))
    assert [(i.name, i.type, i.shape) for i in model.get_inputs()] == [
        ("size", "tensor(float)", ["N", 1]), ("label", "tensor(string)", ["N", 1]),
    ]  # fmt: skip
    assert [o.name for o in model.get_outputs()] == ["scores", "label_"]
    sizes, words = [1, None, 3, 4, 5, 6], ["red", "blue", "teal", "pink", "mauve", None]
    table = make_table({"size": sizes, "label": words})
    assert network.encoder is not None
    inputs = network.encoder.encode(table).inputs
    assert inputs[:, 2:].tolist() == [
        [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1],
    ]  # fmt: skip
    fed = {
        "size": np.array([[np.nan if size is None else size] for size in sizes], np.float32),
        "label": np.array([[word or ""] for word in words], dtype=object),
    }
    scores, labels = model.run(None, fed)
    np.testing.assert_allclose(scores, predict(network, inputs), atol=1e-6)
    assert labels.tolist() == [network.classes[k] for k in decide(network, predict(network, inputs))]


@pytest.mark.parametrize("with_words", [False, True])
def test_a_fill_value_that_the_network_does_not_use_is_not_used(with_words: bool):
    """A file may give one beside `missing: error`, which refuses the row."""
    columns = (InputColumn("a", fill=5.0), InputColumn("b", *(("category", ("red",)) if with_words else ())))
    encoder = TableEncoder(Roles(("a", "b", "y"), ("y",), ("a", "b"), task="regression"), columns, "error")
    network = Network.create(1, ["1 linear"], task="regression").with_encoder(encoder)
    network.set_parameters([0, 1, 1])
    plain = {"X": np.array([[np.nan, 1], [2, 1]], np.float32)}
    words = {"a": np.array([[np.nan], [2]], np.float32), "b": np.array([["red"], ["red"]], dtype=object)}
    (values,) = session(written(network)).run(None, words if with_words else plain)
    np.testing.assert_array_equal(values, [[np.nan], [3]])


@pytest.mark.parametrize(("size", "word"), [(np.nan, "red"), (1, ""), (np.inf, "red")])
def test_a_row_that_the_network_would_refuse_has_no_answer(size: float, word: str):
    model = session(written(table_network("error")))
    fed = {"size": np.array([[2], [size]], np.float32), "label": np.array([["blue"], [word]], dtype=object)}
    scores, labels = model.run(None, fed)
    assert np.isfinite(scores[0]).all()
    assert np.isnan(scores[1]).all()
    assert labels[0] in ("a", "b", "c")
    assert labels[1] == "undecided"


def test_rows_of_numbers_are_filled():
    columns = (InputColumn("a", fill=2.0), InputColumn("b", fill=-1.0))
    encoder = TableEncoder(Roles(("a", "b", "y"), ("y",), ("a", "b"), task="regression"), columns, "mean")
    network = Network.create(1, ["1 linear"], task="regression").with_encoder(encoder)
    network.set_parameters(np.array([10, 1, 100], np.float32))
    (values,) = session(written(network)).run(None, {"X": np.array([[np.nan, 3], [4, np.nan]], np.float32)})
    assert values.tolist() == [[312], [-86]]


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
def test_activations_of_large_and_small_sums(activation: str):
    z = np.array([0, 1e-30, 0.3, 5, 9, 17, 30, 87, 200, 1e6, 1e15], np.float32)
    z = np.concatenate([z, -z])[:, None]
    network = Network.create(1, [f"{1 + (activation == 'softmax')} {activation}"], task="regression")
    network.set_parameters(np.array([0, 1] if activation != "softmax" else [0, 0, 1, -1], np.float32))
    (values,) = session(written(network)).run(None, {"X": z})
    expected = predict(network, z)
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["energy", "minmax"])
def test_scaled_rows_of_large_small_and_equal_numbers(kind: str):
    network = Network.create(3, ["2 linear"], task="regression", scaling=Scaling(per_vector=kind))
    network.set_parameters(np.random.default_rng(3).normal(size=8))
    rows = np.array([[0, 0, 0], [1e-20, 2e-20, 0], [1e25, -1e25, 3e24], [7, 7, 7], [-1, 2, 3]], np.float32)
    (values,) = session(written(network)).run(None, {"X": rows})
    np.testing.assert_allclose(values, predict(network, rows), rtol=1e-5, atol=1e-5)


def test_saturated_probabilities_are_calibrated_by_their_logits():
    z = np.linspace(-85, 16, 500, dtype=np.float32)[:, None]
    for numbers in ([0.2, 0.5], [1.5, -1]):
        network = Network.create(1, ["1 logistic"], calibration=Calibration("platt", np.array(numbers), True))
        network.set_parameters(np.array([0, 1], np.float32))
        scores, _ = session(written(network)).run(None, {"X": z})
        np.testing.assert_allclose(scores, predict(network, z), atol=1e-5)


def test_scores_on_the_knots_of_an_isotonic_curve():
    """Left of all, on the first, between, on a jump, on the last, right of all."""
    knots = np.array([[0, 0.1], [1, 0.3], [1, 0.5], [2, 0.9]])
    network = Network.create(1, ["1 linear"], calibration=Calibration("isotonic", knots), threshold=0.5)
    network.set_parameters(np.array([0, 1], np.float32))
    z = np.array([[-1], [0], [0.5], [1], [1.5], [2], [3]], np.float32)
    scores, label = session(written(network)).run(None, {"X": z})
    np.testing.assert_allclose(scores[:, 0], [0.1, 0.1, 0.2, 0.5, 0.7, 0.9, 0.9], atol=1e-7)
    assert label.tolist() == ["2"] * 4 + ["1"] * 3


def test_a_class_may_be_called_undecided_where_nothing_is_left_open():
    network = Network.create(2, ["2 softmax"], classes=("undecided", "sure"))
    network.set_parameters([0, 0, 1, -1, 1, 1])
    rows = np.array([[1, 0], [-1, 0]], np.float32)
    found = EXPORT.run({"": written(network)}, network, REQUEST, ProofRows(rows))
    assert found is not None
    np.testing.assert_array_equal(found.decisions, [0, 1])


def test_refused_by_name():
    network = table_network("error")
    assert network.encoder is not None
    columns = (*network.encoder.columns[:1], InputColumn("label", "category", ("", "blue")))
    network.encoder = TableEncoder(network.encoder.roles, columns, "error")
    assert str(EXPORT.refusal(network, REQUEST)).startswith("column 'label' has the empty word as a category")
    fixed = EXPORT.refusal(random_network(0), REQUEST._replace(bits=8))
    assert fixed == "an ONNX file is written with floating-point numbers, not with 8 bits; leave that out"
    untrained = Network.create(2, ["1 logistic"])
    assert EXPORT.refusal(untrained, REQUEST) == "the network is untrained: an ONNX file needs its weights"


def test_a_damaged_model_is_told_in_the_words_of_onnxruntime():
    network = random_network(0)
    with pytest.raises(RuntimeError, match=r"^onnxruntime "):
        EXPORT.run({"": written(network)[:200]}, network, REQUEST, ProofRows(np.zeros((1, network.n_inputs))))


def test_the_commands_and_the_program_of_the_guide_run(tmp_path: Path):
    guide = (ROOT / "docs/onnx.md").read_text("utf-8")
    for name in ("configs", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "ann").write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    (tmp_path / "ann").chmod(0o755)
    for name, program in zip(("program", "stream"), re.findall(r"```python\n(.*?)```", guide, re.DOTALL), strict=True):
        (tmp_path / f"{name}.py").write_text(program)
    valve = Network(Topology(Shape(1, None), ["6 lstm", "1 logistic"]), classes=("open", "shut"))
    valve.set_parameters(np.linspace(-1, 1, valve.topology.n_parameters))
    save(valve, tmp_path / "valve.nn")
    out, stateful, back = re.findall(r"```console\n(.*?)```", guide, re.DOTALL)
    script = f"{out}\n'{sys.executable}' program.py\n{stateful}\n'{sys.executable}' stream.py\n{back}"
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "(50, 3) [" in done.stdout
    assert len(re.findall(r"^0\.\d+ (?:open|shut)$", done.stdout, re.MULTILINE)) == 3
    assert "opset               13, of ai.onnx.ml 2; IR version 8\n" in done.stdout
    assert (
        "inputs              X, float32 N x 4\noutputs             scores, float32 N x 3; label, the class of each row\n"
        in done.stdout
    )
    assert "recorded    3 rows of self-test: largest difference 0" in done.stdout
