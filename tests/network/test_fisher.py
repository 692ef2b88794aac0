"""Fisher vectors: by hand, as derivatives of the likelihood, sample by sample, and what a definition may say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows
from anncli.errors import DataError, ValueFault
from anncli.network.encoders.descriptors import Descriptors
from anncli.network.encoders.fisher import Mixture
from anncli.network.input_shapes import inputs_text, read_inputs
from anncli.network.layers.base import Shape


def mixture(weights: Any, means: Any, deviations: Any, improved: bool = False) -> Mixture:
    return Mixture(*(np.array(part, dtype=np.float32) for part in (weights, means, deviations)), improved)


def samples(*parts: Any) -> Rows:
    rows = [np.array(part, dtype=np.float32).reshape(len(part), -1) for part in parts]
    return Rows(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))


def random_mixture(modes: int, columns: int, improved: bool = False) -> Mixture:
    rng = np.random.default_rng(modes)
    weights = rng.uniform(0.5, 1.5, modes)
    return mixture(
        weights / weights.sum(), rng.normal(size=(modes, columns)), rng.uniform(0.5, 2, (modes, columns)), improved
    )


def test_one_mode_and_one_column_by_hand() -> None:
    # z is 0 and 2, q is 1: (1 - 1) / 1; (0 + 2) / 2; (1 - 0 + 1 - 4) / 2 / sqrt(2). The other sample is one row at the mean.
    found = mixture([1], [[2]], [[1]]).encode(samples([2, 4], [2]))
    assert found.dtype == np.float32
    assert found[0] == pytest.approx([0, 1, -1 / np.sqrt(2)], abs=1e-7)
    assert found[1] == pytest.approx([0, 0, 1 / np.sqrt(2)], abs=1e-7)
    # Improved: roots 0, 1, -0.8409, whose squares add up to 1.7071.
    found = mixture([1], [[2]], [[1]], improved=True).encode(samples([2, 4], [2]))
    assert found[0] == pytest.approx([0, 0.765367, -0.643594], abs=1e-6)
    assert found[1] == pytest.approx([0, 0, 1], abs=1e-7)


def test_two_modes_by_hand() -> None:
    # At 0 the densities are as 1 to 1/2, so q is 2/3 and 1/3; z is 0 in both modes. sqrt(1/2) is 0.707107.
    found = mixture([0.5, 0.5], [[0], [0]], [[1], [2]]).encode(samples([0]))
    assert found[0] == pytest.approx([1 / 6 / 0.707107, -1 / 6 / 0.707107, 0, 0, 2 / 3, 1 / 3], abs=1e-6)


def test_the_order_is_weights_then_means_then_deviations_mode_by_mode() -> None:
    # Far modes: each row belongs to one. Mode 2 has the row (13, 8) at z = (1, -2), mode 1 none.
    found = mixture([0.75, 0.25], [[0, 0], [10, 12]], [[1, 1], [3, 2]]).encode(samples([[13, 8]]))[0]
    root = np.sqrt(2 * 0.25)
    assert found[:2] == pytest.approx([-0.75 / np.sqrt(0.75), 0.75 / 0.5], abs=1e-6)
    assert found[2:6] == pytest.approx([0, 0, 1 / 0.5, -2 / 0.5], abs=1e-6)
    assert found[6:] == pytest.approx([0, 0, 0, (1 - 4) / root], abs=1e-6)


def test_means_and_deviations_are_derivatives_of_the_mean_log_likelihood() -> None:
    """By central differences: of a mean times deviation / sqrt(weight), of a deviation times -deviation / sqrt(2 weight)."""
    known, rows = random_mixture(3, 2), np.random.default_rng(5).normal(size=(7, 2))
    weights, means, deviations = (part.astype(np.float64) for part in known[:3])

    def likelihood(own_means: Any, own_deviations: Any) -> float:
        z = (rows[:, None] - own_means) / own_deviations
        densities = weights * np.exp(-(z**2).sum(axis=2) / 2) / own_deviations.prod(axis=1)
        return float(np.log(densities.sum(axis=1)).mean())

    found, step = known.encode(samples(rows))[0], 1e-5
    for mode in range(3):
        for column in range(2):
            move = np.zeros((3, 2))
            move[mode, column] = step
            of_mean = (likelihood(means + move, deviations) - likelihood(means - move, deviations)) / (2 * step)
            of_deviation = (likelihood(means, deviations + move) - likelihood(means, deviations - move)) / (2 * step)
            deviation, weight, place = deviations[mode, column], weights[mode], 2 * mode + column
            assert found[3 + place] == pytest.approx(of_mean * deviation / np.sqrt(weight), abs=1e-5)
            assert found[9 + place] == pytest.approx(-of_deviation * deviation / np.sqrt(2 * weight), abs=1e-5)


@pytest.mark.parametrize("portion", [1, 40, 1 << 20])
def test_a_sample_gives_the_same_bits_alone_and_among_others(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = random_mixture(3, 2, improved=True).encode(many := samples(*(np.random.default_rng(n).normal(size=(n, 2)) for n in (1, 30, 2, 5, 100))))  # fmt: skip
    monkeypatch.setattr("anncli.network.encoders.fisher._PORTION", portion)
    together = random_mixture(3, 2, improved=True).encode(many)
    alone = [random_mixture(3, 2, improved=True).encode(many[k : k + 1])[0] for k in range(5)]
    assert (together == np.stack(alone)).all()
    assert together == pytest.approx(whole, abs=1e-6)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_rows_far_from_every_mode_give_finite_numbers() -> None:
    assert np.isfinite(random_mixture(2, 3).encode(samples(np.full((2, 3), 1e15)))).all()
    assert np.isfinite(random_mixture(2, 3, improved=True).encode(samples(np.full((2, 3), 1e15)))).all()


def test_a_sample_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match=r"^sample 2 has no rows, and a Fisher vector needs one; leave it out$"):
        random_mixture(2, 1).encode(Rows(np.zeros((3, 1), dtype=np.float32), np.array([0, 1, 1, 3])))


def test_what_inputs_say() -> None:
    shape = read_inputs("{descriptors: 64, fisher: 16}")
    assert shape == Shape(16 * 129, descriptors=Descriptors(64, 16))
    assert shape.samples == Shape(64, None)
    text = "{descriptors: 3, fisher: 2, improved: false, rows: 5000}"
    assert inputs_text(read_inputs(text)) == text
    assert (
        inputs_text(read_inputs("{descriptors: 3,fisher: 2, rows: 100000, improved: true}"))
        == "{descriptors: 3, fisher: 2}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{descriptors: 64}", "`fisher` is missing; write for example `{descriptors: 64, fisher: 16}`: rows of 64 numbers, a mixture of 16 modes"),
        ("{descriptors: 64, fisher: 0}", "`fisher` must be a whole number of 1 or more, found 0"),
        ("{descriptors: a, fisher: 2}", "`descriptors` must be a whole number of 1 or more, found 'a'"),
        ("{descriptors: 64, fisher: 16, improved: 1}", "`improved` must be true or false, found 1"),
        ("{descriptors: 64, fisher: 16, rows: 5}", "a mixture of 16 modes cannot be fitted to 5 rows; leave `rows` out"),
        ("{descriptors: 64, fischer: 16}", "unknown key `fischer`; did you mean 'fisher'?"),
    ],
)  # fmt: skip
def test_what_inputs_cannot_say(text: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        read_inputs(text)


def test_a_name_for_each_number() -> None:
    names = Descriptors(2, 2).names()
    assert names[:4] == [
        "weight of mode 1",
        "weight of mode 2",
        "mean of column 1 in mode 1",
        "mean of column 2 in mode 1",
    ]
    assert (names[-1], len(names)) == ("deviation of column 2 in mode 2", Descriptors(2, 2).width)
    assert Descriptors(2, 2).names(["x", "y"])[-1] == "deviation of column y in mode 2"
