"""Samples of several rows in Python: lists of arrays to train on, to predict and to evaluate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli import AnnClassifier
from anncli.arrays import Rows, Tokens
from anncli.errors import AnnError, DataError

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(int(RNG.integers(2, 8)), 3)) + k % 2 for k in range(40)]
Y = np.arange(40) % 2
OF_ROWS = [(sample[:, 0] > 0.5).astype(int) for sample in X]


def test_a_list_of_arrays_makes_a_network_of_sequences() -> None:
    result = anncli.train((X, Y), epochs=20, hidden=4)
    assert result.network.layers_text == "4 tanh convolution 9, max, 1 logistic"
    outputs = result.network.predict(X[:3])
    assert outputs.shape == (3, 1)
    starts = np.cumsum([0, *map(len, X[:3])])
    assert result.network.predict(Rows(np.concatenate(X[:3]), starts)).tolist() == outputs.tolist()
    assert anncli.evaluate(result.network, (X, Y)).accuracy == np.mean(
        result.network.predict_classes(X) == Y.astype(str)
    )
    with pytest.raises(DataError, match=r"the samples are <Rows: 1 samples, 2 rows x 2>, the network takes any x 3"):
        result.network.predict([np.ones((2, 2))])


@pytest.mark.parametrize("answers", [OF_ROWS, np.concatenate(OF_ROWS)], ids=["by sample", "one after the other"])
def test_answers_of_rows(answers: Any) -> None:
    result = anncli.train((X, answers), epochs=2, hidden=4)
    assert result.network.layers_text == "4 tanh convolution 9, 1 logistic"
    assert len(result.network.predict(X)) == len(np.concatenate(OF_ROWS))


def test_another_number_of_answers_is_refused() -> None:
    n = sum(map(len, X))
    message = f"X has 40 samples of {n} rows in all, y has 5: inconsistent numbers of samples; give one answer per sample, or one per row"
    with pytest.raises((ValueError, AnnError)) as caught:
        anncli.train((X, Y[:5]))
    assert str(caught.value) == message


def test_tokens_get_dense_layers() -> None:
    tokens = Tokens(np.arange(80) % 7, np.ones(80, np.float32), np.arange(0, 82, 2), 7)
    network = anncli.train((tokens, Y), epochs=2, hidden=3).network
    assert network.layers_text == "3 tanh, 1 logistic"
    assert network.predict(tokens).shape == (40, 1)


def test_the_estimator_takes_them_too() -> None:
    model = AnnClassifier(hidden=4, epochs=10, random_state=0).fit(X, Y)
    assert model.n_features_in_ == 3
    assert model.predict(X).shape == (40,)
