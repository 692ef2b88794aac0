"""Samples that are too short for the windows of a network, and layers that change the number of rows."""

from __future__ import annotations

import re

import numpy as np
import pytest

import anncli
from anncli.arrays import Rows, Tokens
from anncli.dataset.dataset import Dataset, Source
from anncli.errors import DataError, UsageError
from anncli.network.network import Network

SHORT = "sample 2 has 4 rows, and the layers need at least 8; so have 1 others; leave it out, or use smaller windows, or such that reach beyond the ends (`same`)"


def samples(*lengths: int) -> Rows:
    starts = np.r_[0, np.cumsum(lengths)]
    return Rows(np.random.default_rng(0).normal(size=(starts[-1], 2)).astype(np.float32), starts)


def network(text: str) -> Network:
    made = Network.create("any x 2", [text, "mean", "1 logistic"], classes=("a", "b"))
    made.set_parameters(np.full(made.topology.n_parameters, 0.1))
    return made


def test_samples_shorter_than_a_window_are_named() -> None:
    valid, short = network("3 tanh convolution 8 valid"), samples(9, 4, 8, 7)
    with pytest.raises(DataError, match=f"^{re.escape(SHORT)}$"):
        valid.predict(short)
    data = Dataset(short, np.array([0, 1, 0, 1]), ("a", "b"))
    with pytest.raises(DataError, match=f"^{re.escape(SHORT)}$"):
        anncli.train(Network.create("any x 2", ["3 tanh convolution 8 valid", "mean", "1 logistic"]), data, epochs=1)
    assert valid.predict(samples(8, 9)).shape == (2, 1)
    assert network("3 tanh convolution 8").predict(short).shape == (4, 1)


def test_the_file_of_a_short_sample_is_named() -> None:
    data = Dataset(samples(9, 8, 4, 8), np.array([0, 1, 0, 1]), ("a", "b"))
    data.sources = (Source("one.txt", "", 2), Source("two.txt", "", 2))
    valid = network("3 tanh convolution 8 valid")
    fresh = Network.create("any x 2", ["3 tanh convolution 8 valid", "mean", "1 logistic"])
    for asked in (lambda: anncli.evaluate(valid, data), lambda: anncli.train(fresh, data, epochs=1)):
        with pytest.raises(DataError, match="sample 1 has 4 rows") as raised:
            asked()
        assert raised.value.path == "two.txt"


def test_samples_without_rows_or_tokens() -> None:
    with pytest.raises(DataError, match=r"^sample 2 has 0 rows, and the layers need at least 1; leave it out$"):
        network("3 tanh convolution 8").predict(samples(3, 0))
    tokens = Tokens(np.array([1, 2]), np.ones(2, np.float32), np.array([0, 2, 2]), 5)
    dense = Network.create("5 tokens", ["1 logistic"], classes=("a", "b"), parameters=np.zeros(6))
    assert dense.predict(tokens).shape == (2, 1)
    words = Network.create(
        "5 tokens", ["2 embedding", "mean", "1 logistic"], classes=("a", "b"), parameters=np.zeros(13)
    )
    with pytest.raises(DataError, match=r"^sample 2 has 0 tokens, and the layers need at least 1; leave it out$"):
        words.predict(tokens)


@pytest.mark.parametrize(
    "layer", ["3 tanh convolution 2 stride 2", "3 tanh convolution 2 valid", "max-pool 2 stride 1"]
)
def test_answers_for_rows_that_the_layers_do_not_keep(layer: str) -> None:
    # A first sample of one row keeps it.
    rows = samples(1 if "stride 2" in layer else 2, 5, 5, 5, 5)
    labels = np.arange(len(rows.values)) % 2
    message = "the network gives a sample another number of rows, and the data have an answer for each"
    with pytest.raises(UsageError, match=f"^{message}; leave out pools, strides and `valid` convolutions, or give"):
        anncli.train(
            Network.create("any x 2", [layer, "1 logistic"], classes=("a", "b")),
            Dataset(rows, labels, ("a", "b"), by_row=True),
            epochs=1,
            validation=0,
        )
