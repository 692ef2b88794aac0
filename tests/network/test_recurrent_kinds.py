"""Recurrent layers: numbers worked out by hand, states that go on, the order of samples, initial weights, texts and files."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows, Tokens
from anncli.errors import ValueFault
from anncli.formats.networks import ann
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.gru import Gru
from anncli.network.layers.lstm import Lstm
from anncli.network.layers.packed import Packed
from anncli.network.layers.recurrent import Recurrent
from anncli.network.network import Network
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

KINDS = ("5 tanh recurrent", "5 relu recurrent", "5 lstm", "5 gru")
LENGTHS = (3, 1, 7, 2, 7, 5)


def chain(*layers: str, inputs: str = "any x 3", seed: int = 0) -> tuple[Topology, Any]:
    topology = Topology(read_inputs(inputs), layers)
    return topology, np.random.default_rng(seed).normal(0, 0.6, topology.n_parameters)


def rows_of(lengths: Any, columns: int = 3, seed: int = 1) -> Rows:
    values = np.random.default_rng(seed).normal(size=(sum(lengths), columns))
    return Rows(values, np.r_[0, np.cumsum(lengths)])


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


# By hand


def test_a_recurrent_unit_by_hand() -> None:
    # z1 = 0.5 + 2 x1 = 0.7; z2 = 0.5 + 2 x2 - 3 h1 with h1 = 0.7, x2 = 0.3: -1; z3 = 0.5 + 2 * 0.2 + 3 = 3.9.
    layer, block = read_layer("1 linear recurrent"), np.array([[0.5], [2.0], [-3.0]])
    kept = layer.forward((block,), np.array([[0.1], [0.3], [0.2]]), np.array([0, 3]))
    assert kept.outputs[:, 0].tolist() == pytest.approx([0.7, -1.0, 3.9], rel=1e-15)
    # Slope 1 at the last row: dE/dz = 9, -3, 1; bias: 7; weight: 0.9 - 0.9 + 0.2; recurrent: -3 * 0.7 + 1 * -1.
    slot = np.empty((3, 1))
    below = layer.backward((block,), kept, np.array([[0.0], [0.0], [1.0]]), (slot,), True)
    assert slot[:, 0].tolist() == pytest.approx([7.0, 0.2, -3.1])
    assert below is not None
    assert below[:, 0].tolist() == pytest.approx([18.0, -6.0, 2.0])


def test_an_lstm_unit_by_hand() -> None:
    # A line for the biases of i f g o, one for the weights of the input, one for those of the row before.
    block = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, -1.0, 0.5, 2.0], [0.3, 0.6, -0.9, 1.2]])
    h = c = 0.0
    wanted = []
    for x in (0.5, -1.5):
        i, f, g, o = (b + w * x + u * h for b, w, u in block.T)
        c = logistic(f) * c + logistic(i) * math.tanh(g)
        h = logistic(o) * math.tanh(c)
        wanted.append(h)
    layer = read_layer("1 lstm")
    kept = layer.forward((block,), np.array([[0.5], [-1.5]]), np.array([0, 2]))
    assert kept.outputs[:, 0].tolist() == pytest.approx(wanted, rel=1e-14)
    assert layer.final_state(kept)[0].tolist() == pytest.approx([h, c], rel=1e-14)


def test_a_gru_unit_by_hand() -> None:
    blocks = np.array([[0.1, 0.2], [1.0, -1.0], [0.3, 0.6]]), np.array([[-0.3], [0.8]]), np.array([[0.7], [1.5]])
    h, wanted = 0.0, []
    for x in (0.5, -1.5):
        r, z = (logistic(b + w * x + u * h) for b, w, u in blocks[0].T)
        h = (1 - z) * math.tanh(-0.3 + 0.8 * x + r * (0.7 + 1.5 * h)) + z * h
        wanted.append(h)
    kept = read_layer("1 gru").forward(blocks, np.array([[0.5], [-1.5]]), np.array([0, 2]))
    assert kept.outputs[:, 0].tolist() == pytest.approx(wanted, rel=1e-14)


def test_the_order_of_time() -> None:
    # Samples of 2, 0, 3 and 2 rows: the first rows of samples 2, 0 and 3, then their second ones, then the third of sample 2.
    packed = Packed.of(np.array([0, 2, 2, 5, 7]))
    assert packed.counts.tolist() == [3, 3, 1]
    assert packed.pack(np.arange(7)[:, None])[:, 0].tolist() == [2, 0, 5, 3, 1, 6, 4]
    assert packed.unpack(packed.pack(np.arange(7)[:, None]))[:, 0].tolist() == list(range(7))
    before = packed.before(np.arange(10.0, 17)[:, None], np.array([[-1.0], [-2.0], [-3.0]]))
    assert before[:, 0].tolist() == [-1, -2, -3, 10, 11, 12, 13]
    assert packed.last(np.arange(7.0)[:, None], np.full((4, 1), 9.0))[:, 0].tolist() == [4, 9, 6, 5]
    backward_in_time = Packed.of(np.array([0, 2, 2, 5, 7]), is_backward=True)
    assert backward_in_time.pack(np.arange(7)[:, None])[:, 0].tolist() == [4, 1, 6, 3, 0, 5, 2]


def test_the_backward_direction_reads_the_rows_turned_round() -> None:
    topology, parameters = chain("5 lstm bidirectional", "2 linear")
    rows = rows_of(LENGTHS)
    both = forward(topology, parameters, rows).activations[1]
    turned = np.concatenate(
        [np.arange(first, end)[::-1] for first, end in zip(rows.starts, rows.starts[1:], strict=False)]
    )
    alone = Topology(read_inputs("any x 3"), ["5 lstm", "2 linear"])
    half = topology.blocks(parameters)[0]
    for k, (order, block) in enumerate(zip((np.arange(len(turned)), turned), half, strict=True)):
        own = np.concatenate([block.ravel(), np.zeros(12)])
        found = forward(alone, own, Rows(rows.values[order], rows.starts)).activations[1][order]
        assert both[:, 5 * k : 5 * k + 5].tolist() == found.tolist()


# The order of samples, and states


@pytest.mark.parametrize(
    "layers", [*((kind,) for kind in KINDS), ("4 lstm bidirectional", "3 gru", "2 tanh recurrent bidirectional")]
)
def test_neither_the_order_of_samples_nor_their_batches_change_what_they_give(layers: tuple[str, ...]) -> None:
    topology, parameters = chain(*layers, "2 linear")
    rows, rng = rows_of(LENGTHS), np.random.default_rng(2)
    whole = forward(topology, parameters, rows)
    slope, gradient = rng.normal(size=whole.activations[-1].shape), np.empty_like(parameters)
    backward(topology, parameters, whole, slope, gradient)
    for parts in (
        np.array([[4], [2], [0], [5], [3], [1]]),
        np.array([[5, 3, 4], [0, 2, 1]]),
        np.array([[3, 1, 5, 0, 4, 2]]),
    ):
        sums = np.zeros_like(parameters)
        for part in parts:
            passed, own = forward(topology, parameters, rows[part]), np.empty_like(parameters)
            places = np.concatenate([np.arange(rows.starts[k], rows.starts[k + 1]) for k in part])
            assert np.abs(passed.activations[-1] - whole.activations[-1][places]).max() < 1e-12
            backward(topology, parameters, passed, slope[places], own)
            sums += own
        assert np.abs(sums - gradient).max() < 1e-12 * np.abs(gradient).max()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_in_pieces_gives_what_it_gives_as_a_whole(kind: str) -> None:
    topology, parameters = chain("4 tanh", kind, "3 gru", "2 linear")
    rows = rows_of(LENGTHS)
    whole = forward(topology, parameters, rows)
    states, found = None, []
    for first in (0, 3, 4):
        # Of the samples that are used up, a piece has no rows.
        ends = np.minimum(rows.starts[1:], rows.starts[:-1] + (3, 4, 9)[(0, 3, 4).index(first)])
        begins = np.minimum(rows.starts[:-1] + first, ends)
        places = np.concatenate([np.arange(*pair) for pair in zip(begins, ends, strict=True)])
        passed = forward(
            topology, parameters, Rows(rows.values[places], np.r_[0, np.cumsum(ends - begins)]), states=states
        )
        states = passed.states()
        found.append((places, passed.activations[-1]))
    for places, outputs in found:
        assert np.abs(outputs - whole.activations[-1][places]).max() < 1e-12
    assert states is not None
    assert [state is None for state in states] == [True, False, False, True]
    for state, wanted in zip(states[1:3], whole.states()[1:3], strict=True):
        assert state is not None
        assert wanted is not None
        assert np.abs(state - wanted).max() < 1e-12


def test_what_streams() -> None:
    def streams(inputs: str, *layers: str) -> bool:
        return Topology(read_inputs(inputs), layers).streams

    assert streams("any x 3", "4 tanh", "4 lstm", "2x2 tanh complex", "3 gru", "2 softmax")
    assert streams("9 tokens", "4 embedding", "5 tanh recurrent", "2 softmax")
    assert streams("9 tokens", "5 lstm", "2 softmax")
    assert streams("any x 3", "2 softmax")
    assert not streams("any x 3", "5 lstm bidirectional", "2 softmax")
    assert not streams("any x 3", "5 lstm", "last", "2 softmax")
    assert not streams("any x 3", "5 tanh convolution 3", "2 softmax")
    assert not streams("any x 3", "5 lstm", "4 tanh communicate", "2 softmax")
    assert not streams("3", "2 softmax")


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_rows_with_one_value(kind: str) -> None:
    topology, parameters = chain(kind, "2 linear", inputs="8 tokens")
    rng, n = np.random.default_rng(3), sum(LENGTHS)
    tokens = Tokens(rng.integers(0, 8, n), rng.normal(size=n), np.r_[0, np.cumsum(LENGTHS)], 8)
    rows = np.zeros((n, 8))
    rows[np.arange(n), tokens.indices] = tokens.values
    results = []
    for given, shape in ((tokens, "8 tokens"), (Rows(rows, tokens.starts), "any x 8")):
        passed, gradient = (
            forward(own := Topology(read_inputs(shape), topology.layers), parameters, given),
            np.empty_like(parameters),
        )
        backward(own, parameters, passed, np.ones((n, 2)), gradient)
        results.append(np.concatenate([passed.activations[-1].ravel(), gradient]))
    assert results[0] == pytest.approx(results[1], rel=1e-12, abs=1e-14)


# Initial weights


@pytest.mark.parametrize("method", ["auto", "glorot", "he", "lecun", "nguyen-widrow", "orthogonal"])
def test_recurrent_parts_begin_orthogonal_gate_by_gate(method: str) -> None:
    topology = Topology(read_inputs("any x 40"), ["6 tanh recurrent bidirectional", "6 lstm", "6 gru", "1 linear"])
    blocks = topology.blocks(initialize(topology, method, np.random.default_rng(0)))
    recurrent, lstm, gru = (
        list(layer.directions(own)) for layer, own in zip(topology.layers[:3], blocks, strict=False)
    )  # type: ignore[attr-defined]
    squares = [block[0][41:] for block in recurrent]
    squares += np.split(lstm[0][0][13:], 4, axis=1) + np.split(gru[0][0][7:], 2, axis=1) + [gru[0][2][1:]]
    assert len(squares) == 2 + 4 + 3
    for square in squares:
        assert square.T @ square == pytest.approx(np.eye(6), abs=1e-6)
    assert not np.allclose(squares[2], squares[3])
    assert lstm[0][0][0].tolist() == [0] * 6 + [1] * 6 + [0] * 12
    assert not any(block[0].any() for block in (*recurrent[0], *recurrent[1], *gru[0]))


def test_a_memory_begins_with_all_spans_up_to_the_one_that_is_said() -> None:
    topology = Topology(read_inputs("any x 2"), ["50 lstm memory 100", "50 gru memory 100 bidirectional", "1 linear"])
    (lstm,), gru, _ = topology.blocks(initialize(topology, "auto", np.random.default_rng(0)))
    lets_in, keeps, *others = np.split(lstm[0], 4)
    for biases in (keeps, gru[0][0, 50:], gru[3][0, 50:]):
        # logistic(log(u - 1)) = 1 - 1/u keeps for u rows: here u - 1 is uniform up to 100.
        spans = np.exp(biases)
        assert (spans.min() >= 1, spans.max() <= 100.001) == (True, True)
        assert spans.mean() == pytest.approx(50.5, abs=12)
    assert lets_in.tolist() == (-keeps).tolist()
    assert not any(part.any() for part in (*others, gru[0][0, :50], gru[1][0], gru[2][0]))
    assert gru[0][0].tolist() != gru[3][0].tolist()


def test_weights_of_inputs_begin_as_in_dense_layers() -> None:
    topology = Topology(read_inputs("any x 40"), ["60 lstm", "1 linear"])
    (block,), _ = topology.blocks(initialize(topology, "auto", np.random.default_rng(0)))
    # Uniform up to sqrt(6 / (40 + 60)) for each gate.
    limit = math.sqrt(6 / 100)
    for gate in np.split(block[1:41], 4, axis=1):
        assert np.abs(gate).max() <= limit
        assert gate.std() == pytest.approx(limit / math.sqrt(3), rel=0.03)


def test_relu_units_begin_with_the_identity() -> None:
    topology = Topology(read_inputs("any x 3"), ["4 relu recurrent", "4 softplus recurrent", "1 linear"])
    blocks = topology.blocks(initialize(topology, "auto", np.random.default_rng(0)))
    assert blocks[0][0][4:].tolist() == np.eye(4).tolist()
    assert blocks[1][0][5:].T @ blocks[1][0][5:] == pytest.approx(np.eye(4), abs=1e-6)
    blocks = topology.blocks(initialize(topology, "orthogonal", np.random.default_rng(0)))
    assert blocks[0][0][4:].tolist() != np.eye(4).tolist()
    assert blocks[0][0][4:].T @ blocks[0][0][4:] == pytest.approx(np.eye(4), abs=1e-6)


@pytest.mark.parametrize(("method", "limit"), [("classic", 0.5), ("fan-in", 1 / math.sqrt(9)), ("ann1dn", 1.0)])
def test_methods_that_draw_biases_draw_the_whole_block(method: str, limit: float) -> None:
    topology = Topology(read_inputs("any x 3"), ["6 lstm", "1 linear"])
    (block,), _ = topology.blocks(initialize(topology, method, np.random.default_rng(0)))
    assert (block != 0).all()
    assert 0.8 * limit < np.abs(block).max() <= limit


# Texts and files


@pytest.mark.parametrize(
    ("text", "layer", "spelling"),
    [
        ("16   sigmoid Recurrent", Recurrent(16, "logistic"), "16 logistic recurrent"),
        ("16 tanh recurrent forward", Recurrent(16, "tanh"), "16 tanh recurrent"),
        ("16 relu recurrent BIDIRECTIONAL", Recurrent(16, "relu", "bidirectional"), "16 relu recurrent bidirectional"),
        ("64 LSTM", Lstm(64), "64 lstm"),
        ("64 lstm bidirectional", Lstm(64, "bidirectional"), "64 lstm bidirectional"),
        ("8 GRU", Gru(8), "8 gru"),
        ("8 lstm bidirectional Memory 100", Lstm(8, "bidirectional", 100), "8 lstm memory 100 bidirectional"),
        ("8 gru memory 40", Gru(8, memory=40), "8 gru memory 40"),
    ],
)
def test_texts_have_one_spelling(text: str, layer: Any, spelling: str) -> None:
    assert read_layer(text) == layer
    assert read_layer(text).text() == spelling


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("16 tanh rnn", "unknown kind of layer 'rnn'; write `recurrent`"),
        ("16 tanh simple_rnn", "unknown kind of layer 'simple_rnn'; write `recurrent`"),
        ("16 bilstm", "unknown kind of layer 'bilstm'; write `lstm bidirectional`"),
        ("64 lstn", "unknown kind of layer 'lstn'; did you mean 'lstm'?"),
        ("16 recurrent", "a layer `recurrent` is its units and activation before that word, found '16 recurrent'; write for example `16 tanh recurrent`, or `16 tanh recurrent bidirectional`"),
        ("16 tahn recurrent", "unknown activation 'tahn'; did you mean 'tanh'?"),
        ("16 tanh lstm", "a layer `lstm` is its units before that word, found '16 tanh lstm'; write for example `64 lstm`, or `64 lstm bidirectional`"),
        ("lstm", "a layer `lstm` is its units before that word, found 'lstm'; write for example `64 lstm`, or `64 lstm bidirectional`"),
        ("0 gru", "a layer needs at least 1 unit, found 0; write for example `64 gru`, or `64 gru bidirectional`"),
        ("64 lstm bidirektional", "unknown word 'bidirektional' after `lstm`; did you mean 'bidirectional'?"),
        ("8 lstm memory", "unknown word 'memory' after `lstm`; write for example `64 lstm`, or `64 lstm bidirectional`"),
        ("8 lstm memory 10 memory 20", "unknown word 'memory' after `lstm`; write for example `64 lstm`, or `64 lstm bidirectional`"),
        ("8 tanh recurrent memory 10", "unknown word 'memory' after `recurrent`; use one of bidirectional"),
        ("64 lstm bidirectional twice", "unknown word 'twice' after `lstm`; write for example `64 lstm`, or `64 lstm bidirectional`"),
    ],
)  # fmt: skip
def test_texts_that_are_no_recurrent_layer(text: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        read_layer(text)


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("any x 3", ["64 lstm"], "layer 1: `64 lstm` cannot be the output layer; add `1 logistic` or `K softmax`"),
        ("3", ["8 tanh recurrent", "1 linear"], "layer 1: `8 tanh recurrent` needs samples of several rows, and is given one row; write `inputs: any x 12`, or `64 embedding` after tokens"),
        ("any x 3", ["last", "8 gru", "1 linear"], "layer 2: `8 gru` needs samples of several rows, and is given one row; write `inputs: any x 12`, or `64 embedding` after tokens"),
        ("any x 3", ["8 softmax recurrent", "1 linear"], "layer 1: softmax is for the output layer only"),
        ("any x 3", [Lstm(0), "1 linear"], "layer 1 needs at least 1 unit, not 0"),
    ],
)  # fmt: skip
def test_places_where_no_recurrent_layer_can_stand(inputs: str, layers: list[Any], message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        Topology(read_inputs(inputs), layers)


def test_a_file_has_a_line_for_each_gate_of_each_unit() -> None:
    layers = ["2 tanh recurrent bidirectional", "3 lstm", "2 gru", "1 linear"]
    topology = Topology(read_inputs("any x 2"), layers)
    numbers = np.random.default_rng(0).normal(size=topology.n_parameters).astype(np.float32)
    network = Network(topology, numbers)
    text = ann.render_network(network)
    assert f"layers: [{', '.join(layers)}]\n" in text
    weights = text[text.index("  weights:\n") :].split("  - |\n")[1:]
    lines = [re.findall(r"^    (\S.*)$", block, re.MULTILINE) for block in weights]
    # (1 + D + H) numbers a line: two directions, four gates, and the three blocks of the gru.
    assert [(len(block), len(block[0].split())) for block in lines] == [
        (2, 5), (2, 5), (12, 8), (4, 6), (2, 4), (2, 3), (1, 3),
    ]  # fmt: skip
    found = ann.parse_network(text, "x.nn")
    assert found.topology == topology
    assert found.parameters is not None
    assert found.parameters.tobytes() == numbers.tobytes()
    assert ann.render_network(found) == text


def test_the_long_form() -> None:
    text = (
        "anncli: 1\ninputs: any x 2\nlayers:\n- {units: 3, kind: LSTM}\n"
        + "- {units: 2, activation: sigmoid, kind: recurrent, direction: bidirectional}\n- {units: 2, kind: gru, direction: forward, memory: 9}\n- 1 linear\n"
    )
    network = ann.parse_network(text, "x.nn")
    assert [layer.text() for layer in network.layers] == [
        "3 lstm", "2 logistic recurrent bidirectional", "2 gru memory 9", "1 linear",
    ]  # fmt: skip
    wrong = text.replace("direction: forward", "direction: back")
    with pytest.raises(
        Exception, match=re.escape("x.nn:6:36: unknown direction 'back'; use one of forward, bidirectional")
    ):
        ann.parse_network(wrong, "x.nn")
