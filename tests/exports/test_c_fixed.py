"""C in fixed-point numbers: the compiled integers, those of numpy, and how far both are from the network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_files import STRICT, compiles, faults_of, needs_compiler, self_tests, with_rows, write
from random_networks import random_network, random_rows

from anncli.analysis.proof import prove
from anncli.formats.exports.base import ExportRequest, StatesFacts
from anncli.formats.exports.c.fixed.curve import fixed_curve
from anncli.formats.exports.c.fixed.decision import cut
from anncli.formats.exports.c.fixed.functions import FUNCTIONS, GRIDS, TOP, powers_of_two, table_of
from anncli.formats.exports.c.fixed.layers import RealLayer, Signal, fixed_layer, multiplication
from anncli.formats.exports.c.fixed.network import FixedNetwork, fixed_network
from anncli.formats.exports.c.fixed.twin import integer_outputs, quantized, real_outputs, shifted, twin_outputs
from anncli.formats.exports.registry import export_format
from anncli.inference.predict import decide, predict
from anncli.network.network import Network
from anncli.network.scaling import Scaling

BITS = (8, 16)


def equal_bits(seed: int, bits: int, form: str = "c") -> None:
    """The compiled program gives the bits of the twin, for rows inside and outside of the range, and its decisions."""
    network, export, request = random_network(seed), export_format(form), ExportRequest("net", bits)
    if export.refusal(network, request) is not None:
        assert network.members
        return
    rows = random_rows(network, np.random.default_rng(seed), 600)
    found = export.run(export.render(network, request), network, request, rows)
    assert found is not None
    wanted = twin_outputs(fixed_network(network, request), network, rows.inputs)
    assert (found.outputs == wanted).all()
    if found.decisions is not None:
        assert (found.decisions == decide(network, wanted)).all()


@needs_compiler
@pytest.mark.parametrize(("seed", "bits"), [(2, 8), (21, 16)])
def test_compiled_integers_are_those_of_numpy(seed: int, bits: int) -> None:
    equal_bits(seed, bits)


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 10))
def test_a_hundred_networks(first: int) -> None:
    for seed in range(first, first + 10):
        equal_bits(seed, BITS[seed % 2], "c" if seed % 5 else "c-header")


@pytest.mark.slow
@pytest.mark.parametrize("bits", BITS)
def test_errors_are_within_the_bounds_that_the_file_states(bits: int) -> None:
    for seed in range(100):
        network = random_network(seed)
        if export_format("c").refusal(network, ExportRequest("net", bits)) is not None:
            continue
        inside = random_rows(network, np.random.default_rng(seed), 600).inputs[:300]
        fixed = fixed_network(network, ExportRequest("net", bits, inside))
        expected = predict(network, inside).astype(np.float64)
        differences = np.abs(twin_outputs(fixed, network, inside) - expected).max(axis=0)
        assert (differences <= fixed.bound).all(), (seed, differences, fixed.bound)


def test_16_bits_are_far_more_exact_than_8() -> None:
    network = random_network(15)
    rows = random_rows(network, np.random.default_rng(0), 200).inputs
    expected = predict(network, rows)
    errors = [
        np.abs(twin_outputs(fixed_network(network, ExportRequest("net", bits)), network, rows) - expected).max()
        for bits in BITS
    ]
    assert 1e-3 < errors[0] < 1e-2
    assert errors[1] < 1e-4


@needs_compiler
@pytest.mark.slow
def test_strict_compilers_and_sanitizers_find_nothing(tmp_path: Path) -> None:
    networks = [
        (f"net{seed}_{bits}", with_rows(seed, 40), bits)
        for seed in range(100)
        for bits in BITS
        if (seed + bits // 8) % 6 == 0
    ]
    files = self_tests(tmp_path, networks, 40)
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    compiles(tmp_path, "cc", "-std=c99", "-O1", *STRICT, *sanitizers, *files, "-o", "all", "-lm")
    done = subprocess.run([tmp_path / "all"], capture_output=True, text=True)
    assert faults_of(done.stdout, 40) == []
    assert done.stderr == ""


@needs_compiler
@pytest.mark.slow
def test_fused_multiply_adds_change_no_bit(tmp_path: Path) -> None:
    networks = [(f"net{seed}_{bits}", with_rows(seed, 40), bits) for seed in range(0, 100, 8) for bits in BITS]
    files = self_tests(tmp_path, networks, 40)
    # -ffp-contract=fast is the default of GNU C where the processor has the instruction.
    compiles(tmp_path, "cc", "-std=gnu99", "-O2", "-march=native", "-ffp-contract=fast", *files, "-o", "all", "-lm")
    done = subprocess.run([tmp_path / "all"], capture_output=True, text=True)
    assert faults_of(done.stdout, 40) == []


@needs_compiler
def test_the_proof_holds_the_bound_that_is_stated() -> None:
    network, export, request = random_network(15), export_format("c"), ExportRequest("net", 8)
    files = export.render(network, request)
    assert isinstance(export, StatesFacts)
    facts = export.facts(files, network, request)
    assert facts.bound is not None
    assert "at most 0.0156 in the worst case" in dict(facts.lines)["error"]
    # Less than four times the error that was found and 1/64 of the range of a probability.
    assert facts.bound[0] == fixed_network(network, request).bound[0]
    sixteen = export.facts(files, network, ExportRequest("net", 16)).bound
    assert sixteen is not None
    assert sixteen[0] < 0.0016
    assert [name for name, _ in facts.lines] == ["flash", "RAM", "error"]
    proof = prove(export, files, network, request, facts.bound)
    assert proof.is_proved
    assert proof.is_stated
    assert proof.difference < 0.006 < proof.allowed
    fault = prove(export, files, network, request, facts.bound / 1000).fault
    assert fault is not None


def worked() -> tuple[Network, FixedNetwork]:
    """out = tanh(0.5 a - 0.25 b + 0.125), inputs from -1 to 1, 8 bits."""
    network = Network.create(2, [(1, "tanh")], scaling=Scaling(), task="regression")
    network.set_parameters(np.array([0.125, 0.5, -0.25], dtype=np.float32))
    rows = np.array([[1, 1], [-1, -1]], dtype=np.float32)
    return network, fixed_network(network, ExportRequest("net", 8, rows))


def test_a_network_worked_by_hand() -> None:
    network, fixed = worked()
    assert fixed.factors.tolist() == [32767, 32767]
    (layer,) = fixed.members[0]
    # The largest weight is 127, so that a unit is 0.5 / 127 / 32767; half of it is 63.5, rounded to even.
    assert layer.weights.ravel().tolist() == [127, -64]
    assert layer.biases.tolist() == [round(0.125 * 127 * 32767 / 0.5)]
    # z = 6 is 2^15 units.
    assert layer.multipliers[0] / 2.0 ** layer.shifts[0] == pytest.approx(0.5 / 127 / 32767 * 2**15 / 6, rel=1e-9)
    row = np.array([[0.5, -0.25]], dtype=np.float32)
    assert quantized(fixed, row).tolist() == [[16384, -8192]]
    z = (127 * 16384 + 64 * 8192 + layer.biases[0]) * 0.5 / 127 / 32767
    got = real_outputs(fixed, integer_outputs(fixed, quantized(fixed, row)))[0, 0]
    assert got == pytest.approx(np.tanh(z), abs=1e-3)
    assert abs(got - predict(network, row)[0, 0]) <= fixed.bound[0]


def test_inputs_are_rounded_half_away_from_zero_and_cut_off() -> None:
    _, fixed = worked()
    fixed = fixed._replace(factors=np.array([1, 1], dtype=np.float32))
    rows = np.array([[0.5, -0.5], [1.49, -1.51], [1e30, -np.inf], [32766.5, 2.5]], dtype=np.float32)
    assert quantized(fixed, rows).tolist() == [[1, -1], [1, -2], [32767, -32767], [32767, 3]]


def test_sums_cannot_overflow() -> None:
    # 3000 inputs of the largest value with equal weights: 127 * 32767 * 3000 has 34 bits, so the weights are coarser.
    layer = RealLayer(np.ones((3000, 1)), np.array([1e-3]), "linear")
    below = Signal(np.full(3000, 1 / TOP), TOP, np.zeros(3000))
    eight = fixed_layer(layer, below, 8, 1.0, 1)
    assert np.abs(eight.weights.astype(np.int64)).sum() * TOP + abs(int(eight.biases[0])) < 2**31
    assert eight.weights.max() == 16
    sixteen = fixed_layer(layer, below, 16, 1.0, 1)
    assert sixteen.weights.max() == 32767
    assert (np.abs(sixteen.weights.astype(np.int64)).sum() * TOP >> sixteen.pre) + abs(int(sixteen.biases[0])) < 2**31


def test_multiplication_and_shift() -> None:
    assert multiplication(0.75) == (3 << 29, 31)
    assert multiplication(1.0) == (1 << 30, 30)
    assert multiplication(1 - 2.0**-40) == (1 << 30, 30)
    assert multiplication(0) == (0, 31)
    with pytest.raises(OverflowError):
        multiplication(2.0**31)
    assert shifted(np.array([5, -5, 6, 1 << 40]), 2).tolist() == [1, -1, 2, 1 << 30]


def test_tables() -> None:
    table = table_of(FUNCTIONS["tanh"], 8)
    assert table is not None
    assert len(table) == GRIDS[8].intervals + 1 == 65
    assert table[0] == 0
    assert table[32] == round(32767 * np.tanh(3))
    assert powers_of_two()[[0, 64]].tolist() == [32768, 16384]


def test_an_isotonic_curve_with_a_jump() -> None:
    knots = np.array([[0.0, 0.2], [1.0, 0.4], [1.0, 0.8], [2.0, 0.9]])
    curve = fixed_curve(knots, 1 / 100)
    assert curve.scores.tolist() == [0, 100, 100, 200]
    # An error of 0.1 can cross the jump; far from it the curve rises by 0.2 at most.
    assert curve.error(knots, np.array([0.1]))[0] == pytest.approx(0.4 + 0.02, abs=0.011)


def test_decisions_by_integers_are_those_by_outputs() -> None:
    _, fixed = worked()
    for limit in (0.25, -0.3, 1e9):
        at = cut(fixed, limit)
        values = real_outputs(fixed, np.array([[at], [min(at + 1, 2**31 - 1)]]))[:, 0]
        assert values[0] <= np.float32(limit)
        assert limit == 1e9 or values[1] > np.float32(limit)


CALLER = """\
#include <stdio.h>
#include "net.h"
int main(void)
{
  float in[2] = {0.5f, -0.25f}, out[1];
  int16_t q[2];
  int32_t integers[1];
  net_predict(in, out);
  net_quantize(in, q);
  net_predict_q(q, integers);
  printf("%d %d %d", q[0], q[1], out[0] == (float)integers[0] * net_out_factors[0]);
  printf(" %d\\n", net_decide(out) == net_decide_q(integers));
  return 0;
}
"""


@needs_compiler
def test_integers_can_be_given_and_taken(tmp_path: Path) -> None:
    network, _ = worked()
    network.task, network.threshold = "classification", 0.3
    write(tmp_path, network, bits=8)
    (tmp_path / "main.c").write_text(CALLER)
    compiles(tmp_path, "cc", "-std=c99", *STRICT, "net.c", "main.c", "-o", "net", "-lm")
    done = subprocess.run([tmp_path / "net"], capture_output=True, text=True)
    # Without rows the range is from -1 to 1.
    assert done.stdout == "16384 -8192 1 1\n"


def test_what_integers_cannot_hold_is_named() -> None:
    ensemble = next(
        n for n in map(random_network, range(100)) if n.members and n.calibration and n.calibration.method == "platt"
    )
    assert export_format("c").refusal(ensemble, ExportRequest("net", 8)) == (
        "fixed-point numbers cannot hold platt calibration of an ensemble; leave --int8 or --int16 out, or train one network"
    )
    network = Network.create(1, [(1, "linear")], task="regression")
    network.set_parameters(np.array([0, 20000.0]))
    assert export_format("c").refusal(network, ExportRequest("net", 16)) == (
        "fixed-point numbers cannot hold a weight of 2e+04, only up to 10000; scale the inputs"
    )
