"""Scaling: per vector, then per input, then the input activation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.network.scaling import Scaling


def apply(scaling: Scaling, rows: list[list[float]]) -> list[list[float]]:
    return scaling.apply(np.array(rows, dtype=np.float32)).tolist()


def test_add_comes_before_multiply() -> None:
    scaling = Scaling("zscore", np.array([1, -2], np.float32), np.array([2, 0.5], np.float32))
    assert apply(scaling, [[3, 4], [-1, 2]]) == [[8, 1], [0, 0]]


def test_energy_divides_by_the_norm_and_leaves_zero_vectors() -> None:
    scaled = apply(Scaling(per_vector="energy"), [[3, 4], [0, 0], [-5, 0]])
    assert scaled == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0], [-1, 0]]


def test_energy_of_large_and_small_values_does_not_overflow() -> None:
    scaled = apply(Scaling(per_vector="energy"), [[1e30, 1e30, 1e30, 1e30], [2e-30, 2e-30, 2e-30, 2e-30]])
    assert scaled == [[0.5] * 4] * 2


def test_minmax_stretches_each_vector_and_flattens_constant_ones() -> None:
    scaled = apply(Scaling(per_vector="minmax"), [[0, 5, 10], [7, 7, 7], [-2, -1, -2]])
    low, high = pytest.approx(0.1), pytest.approx(0.9)
    assert scaled == [[low, pytest.approx(0.5), high], [low, low, low], [low, high, low]]


def test_all_three_steps_in_their_order() -> None:
    add, multiply = np.array([0.4, 0.2], np.float32), np.array([2, 3], np.float32)
    scaled = apply(Scaling("sigmoidal", add, multiply, "energy", "logistic"), [[3, 4]])
    expected = [1 / (1 + math.exp(-z)) for z in ((0.6 + 0.4) * 2, (0.8 + 0.2) * 3)]
    assert scaled == [[pytest.approx(v, rel=1e-6) for v in expected]]


def test_input_activation_alone() -> None:
    assert not Scaling(activation="logistic").is_identity
    assert apply(Scaling(activation="logistic"), [[0, 1000, -1000]]) == [[0.5, 1, 0]]


def test_inputs_are_copied_unless_allowed_and_keep_their_dtype() -> None:
    scaling = Scaling("minmax", np.array([1], np.float32), np.array([2], np.float32), "none", "logistic")
    inputs = np.array([[1.0]])
    scaled = scaling.apply(inputs)
    assert inputs.tolist() == [[1.0]]
    assert scaled.dtype == np.float64
    assert scaling.apply(inputs, in_place=True) is inputs
    assert inputs.tolist() == scaled.tolist()


def test_nothing_to_do_returns_the_same_array() -> None:
    inputs = np.ones((2, 3), np.float32)
    assert Scaling().is_identity
    assert Scaling().apply(inputs) is inputs


def test_no_rows() -> None:
    for per_vector in ("energy", "minmax"):
        assert Scaling(per_vector=per_vector).apply(np.empty((0, 3), np.float32)).shape == (0, 3)


def test_vectors_some_at_a_time_are_scaled_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = np.random.default_rng(2).standard_normal((101, 7), dtype=np.float32)
    add, multiply = inputs[0].copy(), inputs[1].copy()
    inputs[3] = 0
    for scaling in (
        Scaling("zscore", add, multiply),
        Scaling(per_vector="energy"),
        Scaling(per_vector="minmax"),
        Scaling("sigmoidal", add, multiply, "none", "logistic"),
    ):
        at_once = scaling.apply(inputs)
        with monkeypatch.context() as change:
            change.setattr("anncli.network.scaling._BLOCK_VALUES", 30)
            assert np.array_equal(scaling.apply(inputs), at_once)
