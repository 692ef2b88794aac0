"""Proof of imported networks: the rows that a file of another program records are run, and the outputs are compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.analysis.proof_rows import draw_rows
from anncli.arrays import Inputs
from anncli.inference.predict import decide, predict
from anncli.network.network import Network, Recorded

# The rows that a network without recorded ones is tested on later.
_TEST_ROWS = 5


class Compared(NamedTuple):
    """What came out for some recorded rows.

    name: where they stand in the file; rows: their number; difference: the largest one between outputs, None where none are
    recorded; decided: how many decisions agree, None where none are recorded; passed: whether all is as recorded; is_certain: as
    in Recorded.
    """

    name: str
    rows: int
    difference: float | None
    decided: int | None
    passed: bool
    is_certain: bool


def compare_recorded(network: Network) -> list[Compared]:
    """What comes out for all rows that the file of the network records, its self-test among them; of rows that may or may not
    be meant, those that agree best."""
    found = [_compare(network, one) for one in network.source.recorded]
    if network.self_test is not None and network.source.origin is not None:
        # A self-test holds the outputs before the calibration.
        test = network.self_test
        recorded = Recorded("self-test", test.inputs, test.outputs.astype(np.float64))
        found.append(_compare(network, recorded, calibrated=False))
    uncertain = [one for one in found if not one.is_certain]
    best = max(uncertain, key=lambda one: one.decided or 0, default=None)
    return [one for one in found if one.is_certain or one is best]


def _compare(network: Network, recorded: Recorded, calibrated: bool = True) -> Compared:
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = predict(network, recorded.inputs, calibrated=calibrated)
    difference, passed = None, True
    if recorded.outputs is not None:
        known = np.isfinite(recorded.outputs)
        wanted = recorded.outputs[known]
        differences = np.abs(outputs[known] - wanted)
        difference = float(differences.max(initial=0.0))
        passed = difference <= recorded.tolerance * max(1.0, float(np.abs(wanted).max(initial=0.0)))
    decided = None
    if recorded.decisions is not None and network.n_classes:
        decided = int(np.count_nonzero(decide(network, outputs) == recorded.decisions))
        passed = passed and decided == len(recorded.decisions)
    return Compared(recorded.name, len(recorded.inputs), difference, decided, passed, recorded.is_certain)


def self_test_rows(network: Network) -> Inputs:
    """Samples, float32, for the self-test of an imported network: the first recorded ones, otherwise rows whose scaled
    inputs are drawn from the normal distribution."""
    for recorded in network.source.recorded:
        return recorded.inputs[:_TEST_ROWS]
    if network.self_test is not None:
        return network.self_test.inputs
    if not network.topology.takes_vectors:
        return draw_rows(network, np.random.default_rng(0), _TEST_ROWS).inputs
    rows = np.random.default_rng(0).standard_normal((_TEST_ROWS, network.n_inputs))
    scaling = network.scaling
    if scaling.add is not None and scaling.multiply is not None:
        with np.errstate(divide="ignore", over="ignore"):
            rows = rows / scaling.multiply - scaling.add
        rows[~np.isfinite(rows.astype(np.float32))] = 0
    return rows.astype(np.float32)
