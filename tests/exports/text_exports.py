"""What the tests of exports as program text share: names that would break a careless writer, and the comparison with predict()."""

from __future__ import annotations

import numpy as np
from random_networks import random_network, random_rows

from anncli.analysis.proof import prove
from anncli.analysis.rounding import rounding_errors
from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows
from anncli.formats.exports.registry import export_format
from anncli.inference.predict import decide, predict
from anncli.network.calibration import Calibration
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network, SelfTest
from anncli.tables import Roles, Table, make_table

HOSTILE = (
    'quote " and \' and ` and \\', "line\nbreak\r\nand\ttab", "*/ alert(1) /*", "</script><script>alert(1)</script>",
    "'; DROP TABLE network; --", '"""', "'''", "${process.exit(7)}", "%s %(x)d {0} {x}", "ä ö 漢字 \u2028 \u202e 🙂", "\\", "select", "class",
    "__proto__", "constructor", " leading and trailing ", "-- comment", "#{x}", "NULL", "a]b[c", ":name", "?1", "$1", "$$",
)  # fmt: skip


def hostile_network(seed: int = 0) -> Network:
    """A network for tables whose columns, words and classes all have hostile names."""
    rng = np.random.default_rng(seed)
    half = len(HOSTILE) // 2
    numbers = [InputColumn(name, fill=0.5, indicator=True) for name in HOSTILE[:half]]
    words = [InputColumn(name, "category", HOSTILE[:half], HOSTILE[half:-1]) for name in HOSTILE[half:]]
    columns = (*numbers, *words)
    encoder = TableEncoder(Roles(("y", *HOSTILE), ("y",), HOSTILE), columns, "median+indicator")
    network = Network.create(
        encoder.width, ["4 tanh", f"{len(HOSTILE)} softmax"], classes=HOSTILE, columns=encoder.names
    )
    network = network.with_encoder(encoder)
    network.set_parameters(rng.normal(0, 1, network.topology.n_parameters))
    return network


def hostile_table(seed: int = 1, n: int = 40) -> Table:
    rng = np.random.default_rng(seed)
    half = len(HOSTILE) // 2
    cells: dict[str, list[float | str | None]] = {}
    for name in HOSTILE[:half]:
        cells[name] = [None if rng.random() < 0.2 else float(np.float32(rng.normal())) for _ in range(n)]
    for name in HOSTILE[half:]:
        cells[name] = [
            None if k < 1 else "unknown' word" if k < 2 else HOSTILE[rng.integers(len(HOSTILE))] for k in range(n)
        ]
    return make_table(cells)


def table_rows(network: Network, table: Table) -> ProofRows:
    assert network.encoder is not None
    return ProofRows(network.encoder.encode(table).inputs, table)


def answers(name: str, network: Network, rows: ProofRows) -> Predicted:
    """What the exported network says, after a check that nothing refuses it and that its bytes are always the same."""
    export, request = export_format(name), ExportRequest("net")
    assert export.refusal(network, request) is None
    files = export.render(network, request)
    assert files == export.render(network, request)
    found = export.run(files, network, request, rows)
    assert found is not None
    return found


def assert_same(name: str, network: Network, rows: ProofRows, tolerance: float = 1e-5) -> None:
    """The exported network gives what predict() and decide() give; of rows that are nearly undecided only the outputs."""
    assert_answers(network, rows, answers(name, network, rows), tolerance)


def assert_answers(network: Network, rows: ProofRows, found: Predicted, tolerance: float = 1e-5) -> None:
    expected = predict(network, rows.inputs)
    exact = expected.astype(np.float64)
    rounding = rounding_errors(network, rows.inputs)
    assert (np.abs(found.outputs - exact) <= np.maximum(tolerance * (1 + np.abs(exact)), 4 * rounding)).all()
    if network.task == "regression":
        assert found.decisions is None
        return
    decided = decide(network, expected)
    assert found.decisions is not None
    assert found.decisions.shape == decided.shape
    clear = is_clear(network, expected)
    np.testing.assert_array_equal(found.decisions[clear], decided[clear])


def assert_proved(name: str, network: Network) -> None:
    """The proof of `ann export` holds, on its 1,000 rows."""
    export, request = export_format(name), ExportRequest("net")
    assert export.refusal(network, request) is None
    proof = prove(export, export.render(network, request), network, request)
    assert (proof.fault, proof.missing) == (None, None)
    # Rounding explains few differences beyond the tolerance; or all, but by the last digits, where numbers far from 0 are near each other.
    assert proof.n_rounded < 0.02 * proof.n_rows or (proof.is_of_range and proof.relative < 1e-6)


def is_clear(network: Network, outputs: np.ndarray) -> np.ndarray:
    """bool, in the shape of the decisions: whether the outputs (n, n_outputs) are further from every limit than rounding reaches."""
    scores, margin = outputs.astype(np.float64), 2e-5
    if network.task == "multi-label":
        return np.abs(scores - network.decision_threshold) > margin
    limits = network.abstain or ()
    if network.n_outputs == 1:
        cuts = (network.decision_threshold, *limits)
        return np.all([np.abs(scores[:, 0] - cut) > margin for cut in cuts], axis=0)
    ranked = np.sort(scores, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > margin
    return clear & (np.abs(ranked[:, -1] - limits[0]) > margin) if limits else clear


def random_case(seed: int, n: int = 60) -> tuple[Network, ProofRows]:
    network = random_network(seed)
    return network, random_rows(network, np.random.default_rng(seed), n)


def small_network() -> Network:
    """Two inputs, one linear output 2 a - 3 b + 0.5, positive above 1."""
    network = Network.create(
        2, ["1 linear"], columns=("a", "b"), classes=("yes", "no"), threshold=1.0, targets=(1.0, -1.0)
    )
    network.set_parameters([0.5, 2, -3])
    inputs = np.array([[1, 2], [0.5, -0.25]], dtype=np.float32)
    network.self_test = SelfTest(inputs, predict(network, inputs))
    return network


def edge_cases() -> dict[str, tuple[Network, ProofRows]]:
    """Where curves jump and where logits end: rows exactly at these places."""
    knots = np.array([[-1.0, 0.05], [0.0, 0.3], [0.0, 0.5], [1.5, 0.5], [2.0, 0.97]])
    at = np.array([-2, -1, -0.5, 0, 0.75, 1.5, 1.75, 2, 3], dtype=np.float32)[:, None]
    isotonic = Network.create(1, ["1 linear"], calibration=Calibration("isotonic", knots))
    isotonic.set_parameters([0, 1])
    # Outputs that are 1 as float32, whose logits would be infinite; a small slope makes differences of logits visible. Between
    # these places the last bit of an output near 1 decides, and below exp(-87) how a processor treats the smallest numbers.
    ends = np.array([-40, -20, 0, 5, 18, 20, 30, 40], dtype=np.float32)[:, None]
    cases = {"isotonic": (isotonic, ProofRows(at))}
    for name, numbers in (("platt", [0.05, -0.1]), ("temperature", [20.0])):
        network = Network.create(1, ["1 logistic"])
        network.calibration = Calibration(name, np.array(numbers), of_logits=name == "platt")
        network.set_parameters([0, 1])
        cases[name] = network, ProofRows(ends)
    many = Network.create(1, ["3 softmax"], calibration=Calibration("temperature", np.array([20.0])))
    many.set_parameters([0, 0, 0, 1, -1, 0.5])
    cases["temperature of many"] = many, ProofRows(ends)
    return cases
