"""Layers of spiking neurons: texts, what is refused, initial weights, losses, gradients."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest
from kind_cases import SPIKING, spiking_case

from anncli.analysis.gradient_check import check_gradient
from anncli.arrays import Tokens
from anncli.backends.reference import ReferenceBackend
from anncli.errors import DataError, ValueFault
from anncli.network.initialization import initialize
from anncli.network.input_shapes import inputs_text, read_inputs
from anncli.network.layers import read_layer
from anncli.network.losses import LOSSES
from anncli.network.names import check_loss, default_loss, parse_loss
from anncli.network.propagation import forward
from anncli.network.spikes.activity import activity
from anncli.network.spikes.trains import check_times
from anncli.network.topology import Topology
from anncli.training.objective import Objective

CODE = "{spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}"


@pytest.mark.parametrize(
    "text", ["200 lif", "3 first-spike", "10 peak-voltage", "5 lif tau_m 0.03 theta 0.5 mean 1.5 sd 0.78", "2 first-spike tau0 0.001"]
)  # fmt: skip
def test_texts_are_read_back(text: str) -> None:
    layer = read_layer(text)
    assert layer.text() == text
    assert read_layer(layer.text()) == layer
    assert read_layer("7   lif  tau_m 2e-2").text() == "7 lif"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lif", "a lif layer is its units, `lif` and constants with their values, found 'lif'; write for example `200 lif` or `200 lif tau_m 0.02`"),
        ("5 lif tau_m", "a lif layer is its units, `lif` and constants with their values, found '5 lif tau_m'; write for example `200 lif` or `200 lif tau_m 0.02`"),
        ("5 lif tau_x 1", "a lif layer has no `tau_x`; its constants are tau_m, tau_s, theta, mean, sd"),
        ("5 lif tau_m 1 tau_m 2", "a constant stands twice in '5 lif tau_m 1 tau_m 2'; write for example `200 lif` or `200 lif tau_m 0.02`"),
        ("5 lif tau_m fast", "`tau_m` must be a number, found 'fast'; write for example `tau_m: 0.02`"),
        ("5 lif theta 0", "`theta` must be above 0, found 0; write for example `theta: 1`"),
        ("5 lif tau_m 0.005", "`tau_m` must be above `tau_s`, found 0.005 and 0.005; write for example `tau_m: 0.02` and `tau_s: 0.005`, in seconds"),
        ("3 peak-voltage theta 1", "a peak-voltage layer has no `theta`; its constants are tau_m, tau_s, mean, sd"),
    ],
)  # fmt: skip
def test_faults_of_texts(text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        read_layer(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("4", "5 lif, 3 first-spike", "layer 1: `5 lif` reads spikes; write `inputs: 5 spikes` or `inputs: {spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}`"),
        ("4", "5 tanh, 3 first-spike", "layer 2: `3 first-spike` reads spikes; put only `lif` layers before it"),
        ("5 spikes", "3 softmax", "layer 1: `3 softmax` cannot read spikes; put `K first-spike` or `K peak-voltage` after `lif` layers"),
        ("5 spikes", "4 embedding, mean, 2 softmax", "layer 1: `4 embedding` cannot read spikes; put `K first-spike` or `K peak-voltage` after `lif` layers"),
        (CODE, "16 tanh, 3 softmax", "layer 1: `16 tanh` cannot read spikes; put `K first-spike` or `K peak-voltage` after `lif` layers"),
        ("5 spikes", "5 lif", "layer 1: `5 lif` cannot be the output layer; add `K first-spike` or `K peak-voltage`"),
        ("5 spikes", "5 lif, 3 softmax", "layer 2: `3 softmax` cannot read spikes; put `K first-spike` or `K peak-voltage` after `lif` layers"),
        ("5 spikes", "3 first-spike, 3 first-spike", "layer 1: `3 first-spike` is for the output layer only; write `200 lif` for a hidden layer"),
        ("5 spikes", "1 first-spike", "layer 1: `1 first-spike` decides nothing; write `K first-spike` with K classes"),
    ],
)  # fmt: skip
def test_chains_that_cannot_be(inputs: str, layers: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        Topology(read_inputs(inputs), layers.split(", "))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    ["5 spikes", CODE, "{spikes: 784, code: latency, t_max: 0.02, range: 255.0, first: high, off: 1.0}", "{spikes: 2, code: latency, t_max: 0.01, range: -1.0..1.0}"],
)  # fmt: skip
def test_inputs_are_read_back(text: str) -> None:
    assert inputs_text(read_inputs(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{spikes: 0, code: latency, t_max: 1}", "`spikes` is the number of sources, found '0'"),
        ("{spikes: 5, t_max: 1}", "`code` must be latency, found none"),
        ("{spikes: 5, code: rate, t_max: 1}", "`code` must be latency, found 'rate'"),
        ("{spikes: 5, code: latency}", "`t_max` must be a time in seconds above 0, found none"),
        ("{spikes: 5, code: latency, t_max: long}", "`t_max` must be a number, found 'long'"),
        ("{spikes: 5, code: latency, t_max: 1, bias_spike: -1}", "`bias_spike` must be a time of 0 or later, found -1"),
        ("{spikes: 1, code: latency, t_max: 1, bias_spike: 0}", "one of the sources is the bias spike, and none is left"),
        ("{spikes: 5, code: latency, t_max: 1, first: big}", "`first` says which values fire first, low or high, found 'big'"),
        ("{spikes: 5, code: latency, t_max: 1, range: 3..1}", "`range` must be the highest value or LOW..HIGH, found '3..1'"),
        ("{spikes: 5, code: latency, t_max: 1, rate: 3}", "unknown key `rate`; use spikes, code, t_max, bias_spike, range, first, off"),
        ("{spikes: 5, code}", "expected `key: value`, found 'code'"),
    ],
)  # fmt: skip
def test_faults_of_codes(text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        read_inputs(text)
    assert str(caught.value).startswith(message)


def test_values_and_times_that_cannot_be() -> None:
    code = read_inputs(CODE).code
    assert code is not None
    code.check(np.array([[0.0, 1.0]], dtype=np.float32))
    with pytest.raises(
        DataError,
        match=r"^row 2, value 1 is 1.5, and the latency code takes 0 to 1; correct it, or train with `range: LOW..HIGH`",
    ):
        code.check(np.array([[0.0, 1.0], [1.5, 0.0]], dtype=np.float32))
    with pytest.raises(DataError, match=r"^sample 2 has a spike at -0.1, before 0"):
        check_times(Tokens(np.array([0, 1]), np.array([0.1, -0.1]), np.array([0, 1, 2]), 2))


def test_initial_weights_are_those_of_the_authors_for_their_network() -> None:
    topology = Topology(read_inputs(CODE), ["200 lif", "3 first-spike"])
    assert [layer.initial(len(b[0]), k == 0) for k, (layer, b) in enumerate(zip(topology.layers, topology.blocks(np.zeros(1600)), strict=True))] == [(1.5, pytest.approx(0.78)), (0.93, pytest.approx(0.1))]  # type: ignore[attr-defined]  # fmt: skip
    first, second = topology.blocks(initialize(topology, "auto", np.random.default_rng(1)))
    assert (first[0].mean(), first[0].std()) == (pytest.approx(1.5, abs=0.1), pytest.approx(0.78, abs=0.05))
    assert (second[0].mean(), second[0].std()) == (pytest.approx(0.93, abs=0.02), pytest.approx(0.1, abs=0.01))
    own = Topology(read_inputs(CODE), ["20 lif mean 3 sd 0", "3 first-spike"])
    assert (own.blocks(initialize(own, "glorot", np.random.default_rng(1)))[0][0] == 3).all()
    assert own.biases(np.zeros(own.n_parameters)) == []


def test_the_first_spike_loss_worked_by_hand() -> None:
    # tau0 = 1: times 1 and 2; the third unit is silent.
    z = np.array([[-1.0, -2.0, -np.inf]] * 2)
    outputs = np.array([[1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0]] * 2)
    targets = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    loss = LOSSES["first-spike:0.5,4"]
    assert loss.value("softmax", z, outputs, targets) == pytest.approx(
        [-math.log(outputs[0, 1]) + 0.5 * (math.exp(0.5) - 1), 100.0]
    )
    # Of the label: p - 1 and the regulariser, which falls with z; where it is silent, nothing.
    wanted = [[outputs[0, 0], outputs[0, 1] - 1 - 0.5 / 4 * math.exp(0.5), 0.0], [0.0, 0.0, 0.0]]
    assert loss.delta("softmax", z, outputs, targets) == pytest.approx(np.array(wanted))


def test_losses_that_fit_and_others() -> None:
    assert default_loss("softmax", own="first-spike") == "first-spike:0.003,12.8"
    check_loss("first-spike:1,2", "softmax", "first-spike")
    check_loss("cross-entropy", "softmax")
    with pytest.raises(
        ValueFault, match=r"^loss mse cannot be computed from the times of first spikes; use loss first-spike$"
    ):
        check_loss("mse", "softmax", "first-spike")
    with pytest.raises(
        ValueFault, match=r"^loss first-spike needs a first-spike output layer; use loss cross-entropy$"
    ):
        check_loss("first-spike", "softmax")
    with pytest.raises(
        ValueFault, match=r"^loss first-spike needs two numbers, of 0 or more and above 0, found 'first-spike:1'"
    ):
        parse_loss("first-spike:1")


def test_silent_outputs_are_0_and_no_answer() -> None:
    topology = Topology(read_inputs("2 spikes"), ["3 first-spike"])
    weights = np.array([[9.0, 8.0, 0.0], [0.0, 0.0, 0.0]]).reshape(-1)
    spikes = Tokens(np.array([0, 1]), np.array([0.0, 0.0]), np.array([0, 1, 2, 2]), 2)
    outputs = forward(topology, weights, spikes).activations[-1]
    assert outputs[0].sum() == pytest.approx(1.0)
    assert outputs[0, 0] > outputs[0, 1] > outputs[0, 2] == 0
    assert outputs[1:].tolist() == [[0.0] * 3] * 2
    (found,) = activity(topology, weights, spikes)
    assert found == (1, 3, pytest.approx(2 / 3), 1, 0, pytest.approx(2 / 3))


@pytest.mark.parametrize("name", SPIKING)
def test_the_derivative_of_every_parameter(name: str) -> None:
    problem, samples, parameters = spiking_case(name)
    rows, labels = np.arange(len(samples.inputs)), np.zeros(len(samples.inputs), dtype=np.int8)
    with closing(ReferenceBackend().open(problem, samples)) as session:
        objective = Objective(session, problem, samples, rows, labels, 0.1)
        found = check_gradient(objective, parameters.astype(np.float32), np.random.default_rng(2))
    assert found.checked + found.skipped == problem.topology.n_parameters
    assert found.skipped <= problem.topology.n_parameters // 10
    assert found.error < 1e-5, problem.topology.parameter_name(found.worst)


@pytest.mark.parametrize("name", SPIKING)
def test_every_layer_of_the_cases_fires(name: str) -> None:
    problem, samples, parameters = spiking_case(name)
    for one in activity(problem.topology, parameters, samples.inputs):
        assert one.silent < one.units
        assert one.unanswered < 0.5


def test_what_spiking_layers_lack() -> None:
    topology = spiking_case("first-spike").problem.topology
    assert topology.lacks("second_order") is not None
    assert topology.lacks("row_gradients") is not None


def test_slopes_of_values_that_become_spikes() -> None:
    problem, samples, parameters = spiking_case("peak-voltage")
    topology, x = problem.topology, np.clip(samples.inputs, 0.01, 0.99)
    first, below = topology.layers[0], topology.blocks(parameters)[0]
    kept = first.forward(below, x, None)
    factors = np.cos(np.arange(len(kept.outputs.values)))
    found = first.backward(below, kept, factors, topology.blocks(np.zeros_like(parameters))[0], True)
    assert found is not None
    rng = np.random.default_rng(1)
    direction, compared = rng.normal(size=x.shape), 0
    for row in range(len(x)):
        step = np.zeros_like(x)
        step[row] = 1e-6 * direction[row]
        ends = [first.forward(below, x + step, None), first.forward(below, x - step, None)]
        if not first.crosses_kink(*ends):
            compared += 1
            numeric = (ends[0].outputs.values - ends[1].outputs.values) @ factors / 2e-6
            assert numeric == pytest.approx(found[row] @ direction[row], rel=1e-5, abs=1e-7)
    assert compared > 3


@pytest.mark.parametrize("name", ["peak-voltage", "first-spike"])
def test_input_dropout_leaves_out_spikes(name: str) -> None:
    problem, samples, parameters = spiking_case(name)
    topology, inputs = problem.topology, samples.inputs
    rng = np.random.default_rng(5)
    size = len(inputs.values) if isinstance(inputs, Tokens) else inputs.shape
    mask = (rng.uniform(size=size) < 0.6).reshape(
        len(inputs.values) if isinstance(inputs, Tokens) else len(inputs), -1
    ) / 0.6
    found = forward(topology, parameters, inputs, lambda number, n, starts: mask if number == 0 else None)
    if isinstance(inputs, Tokens):
        stays = mask[:, 0] > 0
        starts = np.r_[0, np.cumsum(stays)][inputs.starts]
        fewer = Tokens(inputs.indices[stays], inputs.values[stays], starts, inputs.width)
        assert np.array_equal(found.activations[-1], forward(topology, parameters, fewer).activations[-1])
    spikes = found.kept[0].own[0]
    wanted = int((mask > 0).sum()) + (0 if isinstance(inputs, Tokens) else len(inputs))
    assert len(spikes.indices) == wanted
    assert np.array_equal(
        spikes.values, np.concatenate([np.sort(spikes[np.array([k])].values) for k in range(len(inputs))])
    )
