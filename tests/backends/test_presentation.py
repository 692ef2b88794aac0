"""The presentation of rows: the sequence of random numbers, and dropout masks made from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.backends.base import PLAIN, Shown
from anncli.backends.presentation import dropout_mask, dropout_masks, numbered_rows, splitmix64
from anncli.network.topology import Layer, Topology


def test_splitmix64_gives_the_published_sequence() -> None:
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert splitmix64(1234567, np.arange(5, dtype=np.uint64)).tolist() == expected


def test_dropout_masks_depend_on_seed_row_and_unit_alone() -> None:
    whole = dropout_mask(7, 0.3, numbered_rows(0, 100, None), 12, 3, 9)
    np.testing.assert_array_equal(whole[40:60], dropout_mask(7, 0.3, numbered_rows(40, 20, None), 12, 3, 9))
    np.testing.assert_array_equal(whole[:, 4:], dropout_mask(7, 0.3, numbered_rows(0, 100, None), 12, 7, 5))
    assert (whole != dropout_mask(8, 0.3, numbered_rows(0, 100, None), 12, 3, 9)).any()
    assert whole.dtype == np.float32


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8])
def test_dropout_drops_about_its_fraction_and_keeps_the_mean(fraction: float) -> None:
    mask = dropout_mask(1, fraction, numbered_rows(0, 1000, None), 100, 0, 100)
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / (1 - fraction))}
    # Five standard deviations of a fraction of 100,000 draws.
    assert abs((mask == 0).mean() - fraction) < 5 * math.sqrt(fraction * (1 - fraction) / 100_000)
    assert (mask == 0).mean(axis=0) == pytest.approx(np.full(100, fraction), abs=0.1)


def test_masks_of_a_network_leave_out_its_outputs() -> None:
    topology = Topology(3, (Layer(5, "tanh"), Layer(4, "tanh"), Layer(2, "softmax")))
    assert dropout_masks(topology, PLAIN, 0) is None
    masks = dropout_masks(topology, Shown(dropout=0.4, seed=11), 17)
    assert masks is not None
    assert masks(0, 6, None) is None
    rows = numbered_rows(17, 6, None)
    np.testing.assert_array_equal(masks(1, 6, None), dropout_mask(11, 0.4, rows, 12, 3, 5))
    np.testing.assert_array_equal(masks(2, 6, None), dropout_mask(11, 0.4, rows, 12, 8, 4))


def test_later_rows_of_a_sample_count_as_samples_far_ahead() -> None:
    numbers = numbered_rows(5, 4, np.array([0, 3, 3, 4]))
    assert numbers.tolist() == [5, 5 + 2**32, 5 + 2 * 2**32, 7]
    assert numbered_rows(5, 3, np.array([0, 1, 2, 3])).tolist() == numbered_rows(5, 3, None).tolist()


def test_rows_seen_count_only_where_masks_depend_on_them() -> None:
    assert Shown(0.5, 0.0, 3, 10).after(5) == Shown(0.5, 0.0, 3, 15)
    assert PLAIN.after(5) is PLAIN
