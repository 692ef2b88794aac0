"""Layers of vectors, of agents and embeddings: by hand, by identities, by differences, and what they refuse."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chain_objective import STARTS, inputs_of, objective_of

from anncli.analysis.gradient_check import check_gradient
from anncli.arrays import Array, Rows, Tokens, random_stream
from anncli.backends.gauss_newton import jacobian_rows
from anncli.errors import ValueFault
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.base import Shape
from anncli.network.layers.bilinear import Bilinear
from anncli.network.layers.communicate import Communicate, means_of_others
from anncli.network.layers.dense import Dense
from anncli.network.layers.embedding import Embedding
from anncli.network.layers.products import product_of
from anncli.network.layers.sparse import add_to_indices, add_to_rows, sums_of_rows
from anncli.network.names import ACTIVATION_NAMES, PRODUCT_NAMES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology
from anncli.training.trainers.curvature import hessian_product

# Every product, with a number of components that it is for.
PRODUCTS = [(name, info.components or 5) for name, info in PRODUCT_NAMES.items()]
#: A product of 3 components without any structure, as a file would give it; two numbers are 0.
NUMBERS = " ".join("0" if k in (4, 20) else f"{(k * 7) % 11 - 5}.5" for k in range(27))


def multiply(name: str, w: Array, x: Array) -> Array:
    """w o x for vectors (N,), by the terms of the product."""
    product = product_of(name, len(w))
    found = np.zeros(len(w))
    np.add.at(found, product.k, product.value * w[product.i] * x[product.j])
    return found


# Products


def test_products_of_complex_numbers() -> None:
    for name in ("complex", "skew-circular"):
        assert multiply(name, np.array([1.0, 2]), np.array([3.0, 4])).tolist() == [1 * 3 - 2 * 4, 1 * 4 + 2 * 3]


# The multiplication table of the quaternions as Hamilton carved it: i^2 = j^2 = k^2 = ijk = -1.
QUATERNIONS = ["1 i j k", "i -1 k -j", "j -k -1 i", "k j -i -1"]


def test_the_multiplication_table_of_quaternions() -> None:
    units = {"1": 0, "i": 1, "j": 2, "k": 3}
    for row, line in enumerate(QUATERNIONS):
        for column, entry in enumerate(line.split()):
            wanted = np.zeros(4)
            sign, name = (-1, entry[1:]) if entry[0] == "-" else (1, entry)
            wanted[units[name]] = sign
            assert multiply("quaternion", np.eye(4)[row], np.eye(4)[column]).tolist() == wanted.tolist()


def test_vector_products() -> None:
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(2, 3))
    assert multiply("cross", w, x) == pytest.approx(np.cross(w, x))
    w, x = rng.normal(size=(2, 7))
    found = multiply("seven", w, x)
    # It is at a right angle to both factors, changes its sign with their order, and has the area of their parallelogram.
    assert [found @ w, found @ x] == pytest.approx([0, 0], abs=1e-12)
    assert multiply("seven", x, w) == pytest.approx(-found)
    assert found @ found == pytest.approx((w @ w) * (x @ x) - (w @ x) ** 2)


@pytest.mark.parametrize("name", ["complex", "quaternion", "octonion"])
def test_the_length_of_a_product_is_that_of_its_factors(name: str) -> None:
    rng, n = np.random.default_rng(0), PRODUCT_NAMES[name].components or 0
    for w, x in rng.normal(size=(20, 2, n)):
        product = np.linalg.norm(multiply(name, w, x))
        assert product == pytest.approx(np.linalg.norm(w) * np.linalg.norm(x), rel=1e-12)


def test_octonions_are_not_associative_and_quaternions_are() -> None:
    def difference(name: str, n: int) -> float:
        a, b, c = np.random.default_rng(0).normal(size=(3, n))
        left, right = multiply(name, multiply(name, a, b), c), multiply(name, a, multiply(name, b, c))
        return float(np.abs(left - right).max())

    assert difference("quaternion", 4) < 1e-12
    assert difference("octonion", 8) > 0.1


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_circular_products_are_products_of_fourier_transforms(n: int) -> None:
    w, x = np.random.default_rng(n).normal(size=(2, n))
    fw, fx = np.fft.fft(w), np.fft.fft(x)
    assert multiply("circular", w, x) == pytest.approx(np.fft.ifft(fw * fx).real)
    assert multiply("correlation", w, x) == pytest.approx(np.fft.ifft(fw * fx.conj()).real)
    reverse = -np.arange(n) % n
    assert multiply("reversed-circular", w, x) == pytest.approx(np.fft.ifft(fw * fx).real[reverse])
    turn = np.exp(1j * np.pi * np.arange(n) / n)
    skew = (np.fft.ifft(np.fft.fft(w * turn) * np.fft.fft(x * turn)) / turn).real
    assert multiply("skew-circular", w, x) == pytest.approx(skew)


@pytest.mark.parametrize(("name", "n"), [*PRODUCTS, (NUMBERS, 3)])
def test_the_tied_matrix_and_its_adjoint(name: str, n: int) -> None:
    product, rng = product_of(name, n), np.random.default_rng(1)
    tensor = product.tensor()
    if name == NUMBERS:
        assert tensor.reshape(-1).tolist() == [float(word) for word in NUMBERS.split()]
    weights, matrix = rng.normal(size=(3, 4 * n)), rng.normal(size=(3 * n, 4 * n))
    tied = np.einsum("kij,pqi->pjqk", tensor, weights.reshape(3, 4, n)).reshape(3 * n, 4 * n)
    assert product.matrix(weights) == pytest.approx(tied, rel=1e-12, abs=1e-14)
    contracted = np.einsum("kij,pjqk->pqi", tensor, matrix.reshape(3, n, 4, n)).reshape(3, 4 * n)
    assert product.weights_of(matrix) == pytest.approx(contracted, rel=1e-12, abs=1e-14)
    assert product.squares == pytest.approx((tensor**2).sum() / n)


def test_how_many_products_add_up_in_a_component() -> None:
    found = {name: product_of(name, n).squares for name, n in PRODUCTS}
    assert found == {
        "componentwise": 1, "circular": 5, "skew-circular": 5, "correlation": 5, "reversed-circular": 5, "cross": 2, "seven": 6,
        "complex": 2, "quaternion": 4, "octonion": 8,
    }  # fmt: skip


# Layers of vectors


def test_a_layer_of_vectors_by_hand() -> None:
    # One unit of complex numbers above two: (1 + 2i)(5 + 6i) + (3 + 4i)(7 + 8i) + 100 + 200i = -18 + 68i + 100 + 200i.
    block = np.array([[100.0, 200], [1, 2], [3, 4]])
    layer, inputs = Bilinear("1x2", "linear", "complex"), np.array([[5.0, 6, 7, 8]])
    kept = layer.forward((block,), inputs, None)
    assert kept.outputs.tolist() == [[100 - 7 - 11, 200 + 16 + 52]]
    # With the slope d the gradient of a weight is d times the conjugate of its input, that of an input is the conjugate weight times d.
    slot, delta = np.empty((3, 2)), np.array([[1.0, 10]])
    slope = layer.backward((block,), kept, delta, (slot,), True)
    d, w, x = 1 + 10j, [1 + 2j, 3 + 4j], [5 + 6j, 7 + 8j]
    assert slot[0].tolist() == [1, 10]
    assert [complex(*pair) for pair in slot[1:]] == [d * each.conjugate() for each in x]
    assert slope is not None
    assert [complex(*pair) for pair in slope.reshape(2, 2)] == [each.conjugate() * d for each in w]
    assert layer.backward((block,), kept, delta, (slot,), False) is None


@pytest.mark.parametrize("name", [name for name, info in PRODUCT_NAMES.items() if info.components is None] + ["1"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_of_one_component_are_a_dense_layer_bit_for_bit(name: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    inputs, delta = rng.normal(size=(9, 4)).astype(dtype), rng.normal(size=(9, 3)).astype(dtype)
    block = rng.normal(size=(5, 3)).astype(dtype)
    results = []
    for layer in (Bilinear("3x1", "tanh", name), Dense(3, "tanh")):
        kept, slot = layer.forward((block,), inputs, None), np.empty_like(block)
        slope = layer.backward((block,), kept, layer.delta(kept, delta.copy()), (slot,), True)
        assert slope is not None
        assert slope.dtype == slot.dtype == kept.outputs.dtype == dtype
        results.append([values.tobytes() for values in (kept.z, kept.outputs, slot, slope)])
    assert results[0] == results[1]
    weights = [
        initialize(Topology(4, [text]), "auto", random_stream(1, "weights")).tobytes()
        for text in ("3x1 tanh circular", "3 tanh")
    ]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    "method", ["glorot", "he", "lecun", "fan-in", "classic", "ann1dn", "nguyen-widrow", "orthogonal"]
)
def test_initial_weights_of_vectors_keep_the_variance(method: str) -> None:
    topology = Topology(Shape(40 * 4, 1, (40, 4, 1)), ["50x4 tanh quaternion", "1 tanh"])
    parameters = initialize(topology, method, random_stream(0, "weights"))
    block = topology.blocks(parameters)[0][0]
    # Four products of a weight and an input add up in one component.
    variance = {
        "glorot": 2 / (4 * 90), "he": 2 / (4 * 40), "lecun": 1 / (4 * 40), "fan-in": 1 / (3 * 4 * 40), "classic": 1 / 12, "ann1dn": 1 / 3,
        "nguyen-widrow": 2 / (4 * 90), "orthogonal": 1 / (4 * 50),
    }[method]  # fmt: skip
    assert block[1:].var() == pytest.approx(variance, rel=0.06)
    assert bool(block[0].any()) == (method in ("fan-in", "classic", "ann1dn"))


# Agents


def test_means_of_the_others_by_hand() -> None:
    rows = np.array([[1.0, 10], [2, 20], [6, 30], [7, 7], [5, 1], [9, 3]])
    starts = np.array([0, 3, 4, 4, 6])
    assert means_of_others(rows, starts).tolist() == [[4, 25], [3.5, 20], [1.5, 15], [0, 0], [9, 3], [5, 1]]
    assert means_of_others(rows, None).tolist() == np.zeros((6, 2)).tolist()


def test_a_layer_of_agents_by_hand() -> None:
    # Groups of two agents and of one; a value each, and 1 value of a skip. Block: bias 100, row 1, mean 10, skip 1000.
    block, starts = np.array([[100.0], [1], [10], [1000]]), np.array([0, 2, 3])
    layer = Communicate(1, "linear", skip=1)
    kept = layer.forward((block,), np.array([[1.0, 0], [2, 1], [3, 2]]), starts)
    assert kept.outputs[:, 0].tolist() == [100 + 1 + 20, 100 + 2 + 10 + 1000, 100 + 3 + 2000]
    slot = np.empty((4, 1))
    slope = layer.backward((block,), kept, np.array([[1.0], [2], [3]]), (slot,), True)
    assert slot[:, 0].tolist() == [6, 1 + 4 + 9, 2 + 2, 2 + 6]
    assert slope is not None
    assert slope.tolist() == [[1 + 20, 1000], [2 + 10, 2000], [3, 3000]]


def agents(seed: int, dtype: type = np.float32) -> tuple[Topology, Array, Array]:
    """A network of agents with two rounds of communication, its parameters, and rows for it."""
    topology = Topology(
        read_inputs("any x 6"), ["8 tanh", "9 relu communicate", "7 relu", "9 relu communicate skip 1", "4 softmax"]
    )
    rng = np.random.default_rng(seed)
    return topology, rng.normal(size=topology.n_parameters).astype(dtype), rng.normal(size=(16, 6)).astype(dtype)


def test_permuting_agents_permutes_what_they_do() -> None:
    topology, parameters, rows = agents(0)
    order = np.concatenate([start + np.random.default_rng(start).permutation(n) for start, n in zip(STARTS, np.diff(STARTS), strict=False)])  # fmt: skip
    outputs = forward(topology, parameters, Rows(rows, STARTS)).activations[-1]
    permuted = forward(topology, parameters, Rows(rows[order], STARTS)).activations[-1]
    assert permuted.tobytes() == outputs[order].tobytes()
    assert permuted.tobytes() != outputs.tobytes()


def test_an_agent_alone_is_a_row_of_a_dense_network() -> None:
    topology, parameters, rows = agents(1, np.float64)
    dense = Topology(6, ["8 tanh", "9 relu", "7 relu", "4 softmax"])
    outputs = forward(topology, parameters, Rows(rows, np.arange(17))).activations[-1]
    blocks = topology.blocks(parameters)
    # What an agent hears, rows 9 to 16 of the second block and 8 to 14 of the fourth, is 0; the skip is a second input.
    first = forward(Topology(6, ["8 tanh"]), np.concatenate([blocks[0][0].ravel()]), rows).activations[-1]
    below = forward(Topology(6, dense.layers[:3]), np.concatenate([blocks[0][0].ravel(), blocks[1][0][:9].ravel(), blocks[2][0].ravel()]), rows).activations[-1]  # fmt: skip
    fourth = np.delete(blocks[3][0], range(8, 15), axis=0)
    above = forward(Topology(15, ["9 relu", "4 softmax"]), np.concatenate([fourth.ravel(), blocks[4][0].ravel()]), np.hstack([below, first]))  # fmt: skip
    assert outputs == pytest.approx(above.activations[-1], rel=1e-12)


def test_a_group_is_a_dense_layer_of_blocks() -> None:
    rng, (d, units, n) = np.random.default_rng(0), (3, 4, 5)
    block, rows = rng.normal(size=(1 + 2 * d, units)), rng.normal(size=(n, d))
    kept = Communicate(units, "tanh").forward((block,), rows, np.array([0, n]))
    own, heard = block[1 : 1 + d], block[1 + d :] / (n - 1)
    matrix = np.block([[own if row == column else heard for column in range(n)] for row in range(n)])
    z = rows.reshape(1, -1) @ matrix + np.tile(block[0], n)
    assert kept.z == pytest.approx(z.reshape(n, units), rel=1e-12)


# Tokens


def test_an_embedding_and_a_dense_layer_on_tokens_by_hand() -> None:
    # Samples of the tokens (2, 1.0), (0, 10.0), (2, 0.5), of none, and of (1, 2.0).
    tokens = Tokens(np.array([2, 0, 2, 1]), np.array([1.0, 10, 0.5, 2]), np.array([0, 3, 3, 4]), 4)
    block = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])
    kept = Embedding(2).forward((block,), tokens, tokens.starts)
    assert kept.outputs.tolist() == [[5, 6], [10, 20], [2.5, 3], [6, 8]]
    assert kept.starts is not None
    assert kept.starts.tolist() == [0, 3, 3, 4]
    slot, delta = np.full((4, 2), np.nan), np.array([[1.0, 1], [2, 3], [4, 8], [5, 7]])
    assert Embedding(2).backward((block,), kept, delta, (slot,), False) is None
    assert slot.tolist() == [[20, 30], [10, 14], [1 + 2, 1 + 4], [0, 0]]
    biased = np.vstack([[[100.0, 200]], block])
    summed = Dense(2, "linear").forward((biased,), tokens, tokens.starts)
    assert summed.outputs.tolist() == [[117.5, 229], [100, 200], [106, 208]]
    assert summed.starts is None
    slot = np.full((5, 2), np.nan)
    Dense(2, "linear").backward((biased,), summed, np.array([[1.0, 2], [3, 4], [5, 6]]), (slot,), False)
    assert slot.tolist() == [[9, 12], [10, 20], [10, 12], [1.5, 3], [0, 0]]


@pytest.mark.parametrize("layers", [["3 tanh", "2 softmax"], ["3 embedding", "4 tanh communicate", "2 softmax"]])
def test_tokens_are_rows_of_a_dense_matrix(layers: list[str]) -> None:
    topology, rng = Topology(read_inputs("6 tokens"), layers), np.random.default_rng(0)
    tokens = inputs_of(topology, rng)
    parameters = rng.normal(size=topology.n_parameters)
    found = forward(topology, parameters, tokens.astype(np.float64))
    one_hot = np.zeros((16, 6))
    one_hot[np.arange(16), tokens.indices] = tokens.values
    if layers[0] == "3 tanh":
        rows = np.add.reduceat(one_hot, STARTS[:-1])
        same = forward(Topology(6, layers), parameters, rows)
    else:
        # An embedding is a linear layer without biases on rows that are 0 but for one place.
        same = forward(
            Topology(Shape(6, None), ["3 linear", *layers[1:]]), np.r_[np.zeros(3), parameters], Rows(one_hot, STARTS)
        )
    assert found.activations[-1] == pytest.approx(same.activations[-1], rel=1e-12)
    delta, gradient = rng.normal(size=found.activations[-1].shape), np.empty_like(parameters)
    backward(topology, parameters, found, delta, gradient)
    other = Topology(6, layers) if layers[0] == "3 tanh" else Topology(Shape(6, None), ["3 linear", *layers[1:]])
    wanted = np.empty(other.n_parameters)
    backward(other, parameters if layers[0] == "3 tanh" else np.r_[np.zeros(3), parameters], same, delta, wanted)
    assert gradient == pytest.approx(wanted[len(wanted) - len(gradient) :], rel=1e-12, abs=1e-14)


def test_sums_over_tokens_do_not_depend_on_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 9, 50)
    n, starts = int(lengths.sum()), np.concatenate([[0], np.cumsum(lengths)])
    tokens = Tokens(rng.integers(0, 7, n), rng.normal(size=n).astype(np.float32), starts, 8)
    matrix, delta = rng.normal(size=(8, 5)).astype(np.float32), rng.normal(size=(50, 5)).astype(np.float32)
    rows = np.zeros((50, 8))
    np.add.at(rows, (np.repeat(np.arange(50), lengths), tokens.indices), tokens.values)
    results = set()
    for portion in (1 << 16, 40, 1):
        monkeypatch.setattr("anncli.network.layers.sparse._PORTION", portion)
        sums, out, other = sums_of_rows(tokens, matrix), np.full_like(matrix, np.nan), np.full_like(matrix, np.nan)
        add_to_rows(tokens, delta, out)
        add_to_indices(tokens, np.repeat(delta, lengths, axis=0), other)
        assert sums == pytest.approx(rows @ matrix, abs=1e-5)
        assert out == pytest.approx(rows.T @ delta, abs=1e-5)
        assert other.tobytes() == out.tobytes()
        results.add((sums.tobytes(), out.tobytes()))
    assert len(results) == 1


def test_initial_embeddings() -> None:
    topology = Topology(read_inputs("3000 tokens"), ["16 embedding", "mean", "1 logistic"])
    small = 0.05**2 / 3
    variances = {"auto": small, "glorot": 2 / 17, "fan-in": 1 / 3, "classic": 1 / 12, "ann1dn": 1 / 3, "he": small}
    for method, variance in variances.items():
        block = topology.blocks(initialize(topology, method, random_stream(0, "weights")))[0][0]
        assert block.var() == pytest.approx(variance, rel=0.03)


# By differences

CHAINS = [
    *((f"3x{n}", [f"4x{n} tanh {name}", f"2x{n} softplus {name}", "2 softmax"]) for name, n in PRODUCTS),
    ("2x3", [f"3x3 tanh bilinear {NUMBERS}", "1x3 linear cross"]),
    ("any x 4", ["2x4 tanh quaternion", "3 tanh communicate", "2x3 logistic cross"]),
    ("4x2x3", ["5x3 tanh cross", "flatten", "2 softmax"]),
    ("any x 3", ["4 tanh communicate", "3 tanh", "5 softplus communicate skip 1", "2 softmax"]),
    ("any x 3", ["4 tanh", "3 tanh", "5 tanh communicate skip 1", "mean", "2 softmax"]),
    ("any x 3", ["4 tanh", "3 tanh communicate", "3 tanh communicate skip 1", "4 tanh communicate skip 1", "1 linear"]),
    ("9 tokens", ["4 embedding", "5 tanh communicate", "3 tanh communicate skip 1", "2 softmax"]),
    ("9 tokens", ["4 embedding", "max", "1 logistic"]),
    ("9 tokens", ["4 tanh", "2 softmax"]),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "layers"), CHAINS)
def test_gradients_are_those_of_differences(inputs: str, layers: list[str]) -> None:
    objective, point = objective_of(inputs, layers)
    found = check_gradient(objective, point.astype(np.float32), np.random.default_rng(0), limit=400)
    assert found.error < 1e-6
    assert found.checked > 0.9 * min(400, len(point))
    assert found.backend_error < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("activation", [name for name, info in ACTIVATION_NAMES.items() if not info.output_only])
@pytest.mark.parametrize(("output", "loss"), [("2 softmax", "cross-entropy"), ("2 tanh", "mse"), ("1 linear", "huber:1"), ("1 logistic", "binary-cross-entropy")])  # fmt: skip
def test_gradients_of_every_activation_and_loss(activation: str, output: str, loss: str) -> None:
    for inputs, layers in (
        ("2x4", [f"3x4 {activation} quaternion"]),
        ("any x 3", ["4 tanh", f"3 {activation} communicate", f"4 {activation} communicate skip 1"]),
        ("9 tokens", ["4 embedding", f"3 {activation} communicate"]),
        ("9 tokens", [f"4 {activation}"]),
    ):
        objective, point = objective_of(inputs, [*layers, output], loss)
        found = check_gradient(objective, point.astype(np.float32), np.random.default_rng(0))
        assert found.error < 1e-6
        assert found.checked > 0.7 * len(point)


@pytest.mark.parametrize(("inputs", "layers"), [*CHAINS[1:2], *CHAINS[8:]])
def test_hessian_products_are_those_of_differences(inputs: str, layers: list[str]) -> None:
    objective, point = objective_of(inputs, [layer.replace("max", "mean") for layer in layers[:-1]] + layers[-1:])
    objective = objective.precise()
    assert objective.topology.lacks("second_order") is None
    direction = np.random.default_rng(1).normal(size=len(point))
    step = 1e-5 * direction
    low, high = (objective.loss_and_gradient(at)[1] for at in (point - step, point + step))
    product = hessian_product(objective, point, direction)
    assert product == pytest.approx((high - low) / 2e-5, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    "layers", [["4x3 tanh cross", "2x3 tanh circular", "2 softmax"], [f"2x3 tanh bilinear {NUMBERS}"]]
)
def test_row_gradients_of_vectors_are_the_gradients_of_single_samples(layers: list[str]) -> None:
    objective, point = objective_of("2x3", layers)
    topology, given = objective.topology, objective.inputs.astype(np.float64)
    assert topology.lacks("row_gradients") is None
    delta = np.random.default_rng(1).normal(size=(len(given), topology.n_outputs))
    rows = jacobian_rows(topology, point, forward(topology, point, given), delta)
    gradient = np.empty_like(point)
    for sample in range(len(given)):
        here = np.arange(sample, sample + 1)
        backward(topology, point, forward(topology, point, given[here]), delta[here], gradient)
        assert rows[sample] == pytest.approx(gradient, rel=1e-9, abs=1e-12)


# Words


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("16x7  tanh Circular", "16x7 tanh circular"),
        ("16x2 sigmoid bilinear complex", "16x2 logistic complex"),
        ("1x1 tanh bilinear 2.0", "1x1 tanh bilinear 2"),
        ("1x2 tanh bilinear 1 0 0 -1.0 0 1 .1 -0", "1x2 tanh bilinear 1 0 0 -1 0 1 0.1 0"),
        ("64 relu  communicate", "64 relu communicate"),
        ("64 relu communicate skip 2", "64 relu communicate skip 2"),
        ("64  Embedding", "64 embedding"),
    ],
)
def test_the_one_spelling_of_a_layer(text: str, spelling: str) -> None:
    assert read_layer(text).text() == spelling
    assert read_layer(spelling) == read_layer(text)


def test_what_other_parts_ask_of_these_layers() -> None:
    layer = Bilinear("16x7", "tanh", "Seven")
    assert (layer.units, layer.components, layer.activation, layer.product) == (16, 7, "tanh", "seven")
    topology = Topology(read_inputs("3x7"), [layer, "4x7 linear circular"])
    assert [shape.grid for shape in topology.shapes] == [(3, 7, 1), (16, 7, 1), (4, 7, 1)]
    assert topology.block_shapes == [((4, 112),), ((17, 28),)]
    assert topology.parameter_name(112 + 7) == "layer 1, unit 2, component 1 of the weight from vector 1 below"
    assert topology.parameter_name(9) == "layer 1, unit 2, component 3 of the bias"
    layers = ["4 embedding", "5 tanh communicate", "6 relu communicate skip 1", "2 softmax"]
    topology = Topology(read_inputs("9 tokens"), layers)
    assert topology.block_shapes == [((9, 4),), ((9, 5),), ((15, 6),), ((7, 2),)]
    assert topology.parameter_name(5) == "layer 1, unit 2, weight from token 2"
    assert (
        topology.parameter_name(36 + 5 * 8 + 1)
        == "layer 2, unit 2, weight from the mean of unit 4 of layer 1 over the other rows"
    )
    assert topology.weights_mask().sum() == 36 + 40 + 84 + 12
    assert [layer.has_kink for layer in topology.layers] == [False, False, True, False]


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("3x7", "16x7 tanh circulr", "unknown product 'circulr'; did you mean 'circular'?"),
        ("3x7", "16x7 tahn circular", "unknown activation 'tahn'; did you mean 'tanh'?"),
        ("3x7", "16x7 circular", "a layer of vectors is its size, activation and product, found '16x7 circular'; write for example `16x7 tanh circular`"),
        ("3x7", "0x7 tanh circular", "a layer of vectors needs UNITSxCOMPONENTS, found '0x7'; write for example 16x7"),
        ("3x7", "16 tanh circular", "a layer of vectors needs UNITSxCOMPONENTS, found '16'; write for example 16x7"),
        ("3x7", "1x2000 tanh circular", "vectors of 2000 components are too long; 1024 are the most"),
        ("3x7", "16x7 tanh octonion", "the product octonion is of vectors of 8 components, not 7; write for example 16x8"),
        ("3x7", "16x5 tanh circular", "layer 1: `16x5 tanh circular` reads vectors of 5 components, and is given such of 7; write for example `inputs: 3x5`, or put `15 tanh` between"),
        ("3x7", "16x7 tanh circular, 2x3 tanh cross", "layer 2: `2x3 tanh cross` reads vectors of 3 components, and is given such of 7; write for example `inputs: 3x3`, or put `9 tanh` between"),
        ("20", "16x7 tanh circular", "layer 1: `16x7 tanh circular` reads vectors of 7 components, and 20 values are no multiple of 7; write for example `inputs: 3x7`, or put `21 tanh` between"),
        ("4x4x3", "2x4 tanh circular", "layer 1: `2x4 tanh circular` reads vectors of 4 components, and is given such of 3; write for example `inputs: 3x4`, or put `12 tanh` between"),
        ("3x7", "2x7 softmax circular", "layer 1: softmax is for the output layer only"),
        ("1x2", "1x2 tanh bilinear 1 2 3", "the product of two vectors of 2 components has 8 numbers, found 3; write B[k, i, j] of result, weight and input, j varying fastest"),
        ("1x2", "1x2 tanh bilinear 0 0 0 0 0 0 0 0", "the numbers of a product must be finite, and not all 0; write B[k, i, j], N^3 numbers"),
        ("1x2", "1x2 tanh bilinear 0 0 0 nan 0 0 0 0", "unknown product '0 0 0 nan 0 0 0 0'; use one of componentwise, circular, skew-circular, correlation, reversed-circular, cross, seven, complex, quaternion, octonion"),
        ("1x1", "1x1 tanh bilinear 1e39", "the numbers of a product must be finite, and not all 0; write B[k, i, j], N^3 numbers"),
        ("9 tokens", "2x3 tanh cross", "layer 1: `2x3 tanh cross` cannot read tokens; put `64 embedding` or a dense layer before it"),
        ("9", "64 relu communicate", "layer 1: `64 relu communicate` needs samples of several rows, and is given one row; write `inputs: any x 12`, or `64 embedding` after tokens"),
        ("any x 3", "64 relu comunicate", "unknown kind of layer 'comunicate'; did you mean 'communicate'?"),
        ("any x 3", "64 relu commnet", "unknown kind of layer 'commnet'; write `communicate`"),
        ("any x 3", "64 communicate", "a layer of agents is its units, activation and `communicate`, found '64 communicate'; write for example `64 relu communicate`"),
        ("any x 3", "5 tanh, 64 relu communicate skip 1", "layer 2: `skip: 1` names no layer before the one below; leave `skip` out"),
        ("any x 3", "5 tanh, 5 tanh, 64 relu communicate skip 2", "layer 3: `skip: 2` names no layer before the one below; the first layer is 1, the last that layer 3 can skip to is 1"),
        ("any x 3", "5 tanh, mean-pool 2, 64 relu communicate skip 1", "layer 3: `skip: 1` names a layer with another number of rows; skip to a layer after the last change of rows"),
        ("any x 3", "5 tanh, 5 tanh convolution 2 valid, 64 relu communicate skip 1", "layer 3: `skip: 1` names a layer with another number of rows; skip to a layer after the last change of rows"),
        ("any x 3", "5 tanh, 5 tanh convolution 2 stride 2, 5 tanh, 64 relu communicate skip 1", "layer 4: `skip: 1` names a layer with another number of rows; skip to a layer after the last change of rows"),
        ("9", "64 embedding", "layer 1: `64 embedding` reads tokens; write `inputs: 500 tokens`, and the embedding first"),
        ("9 tokens", "5 tanh, 64 embedding", "layer 2: `64 embedding` reads tokens; write `inputs: 500 tokens`, and the embedding first"),
        ("9 tokens", "64 embeding", "unknown kind of layer 'embeding'; did you mean 'embedding'?"),
        ("9 tokens", "64 tanh embedding", "an embedding is its units and `embedding`, found '64 tanh embedding'; write for example `64 embedding`, or `embedding from words.nn`"),
    ],
)  # fmt: skip
def test_chains_that_cannot_be(inputs: str, layers: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        Topology(read_inputs(inputs), [*layers.split(", "), "1 logistic"])


def test_outputs_that_cannot_be() -> None:
    with pytest.raises(ValueFault, match=r"^layer 1: `2x7 softmax circular` gives vectors, not classes; put `K softmax` behind `tanh` vectors$"):  # fmt: skip
        Topology(read_inputs("3x7"), ["2x7 softmax circular"])
    with pytest.raises(ValueFault, match=r"^layer 1: `4 embedding` cannot be the output layer; add"):
        Topology(read_inputs("9 tokens"), ["4 embedding"])
    assert Topology(read_inputs("3x7"), ["2x7 exp circular"]).n_outputs == 14
