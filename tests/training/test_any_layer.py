"""Networks with layers of every kind go through everything that a training is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.arrays import Rows, Tokens
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.inference.predict import predict
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.training.names import TRAINER_NAMES

# What samples are, and a chain of smooth layers over them.
CHAINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "picture": ("6x6", ("3 tanh convolution 3x3", "mean-pool 2x2", "4 tanh convolution 2x2 valid", "2 softmax")),
    "vectors": ("2x3", ("2x3 tanh circular", "2 softmax")),
    "series": ("any x 2", ("4 tanh convolution 3", "mean", "2 softmax")),
    "windows": ("any x 2", ("window 1", "4 tanh", "last", "2 softmax")),
    "agents": ("any x 2", ("4 tanh communicate", "mean", "2 softmax")),
    "recurrent": ("any x 2", ("4 tanh recurrent", "last", "2 softmax")),
    "lstm": ("any x 2", ("3 lstm", "mean", "2 softmax")),
    "both directions": ("any x 2", ("2 gru bidirectional", "max", "2 softmax")),
    "read word by word": ("8 tokens", ("3 lstm", "last", "2 softmax")),
    "words": ("8 tokens", ("4 embedding", "mean", "2 softmax")),
    "sparse": ("8 tokens", ("4 tanh", "2 softmax")),
    "largest": ("6x6", ("3 tanh convolution 3x3", "max-pool 2x2", "2 softmax")),
}
# Trainers that sum squares of single answers take no tokens.
OF_ANSWERS = ("lm", "br")


def samples(text: str, n: int, rng: Any) -> tuple[Any, Any]:
    """n samples of two classes, which a network can tell apart by the mean of their numbers."""
    labels, shape = np.arange(n) % 2, read_inputs(text)
    starts = np.r_[0, np.cumsum(rng.integers(3, 7, n))]
    if shape.tokens:
        indices = rng.integers(0, 4, starts[-1]) + 4 * np.repeat(labels, np.diff(starts))
        return Tokens(indices, np.ones(starts[-1], np.float32), starts, shape.columns), labels
    if shape.rows is None:
        values = rng.normal(size=(starts[-1], shape.columns)) + 1.5 * np.repeat(labels, np.diff(starts))[:, None]
        return Rows(values.astype(np.float32), starts), labels
    return (rng.normal(size=(n, shape.columns)) + 0.8 * labels[:, None]).astype(np.float32), labels


def network_and_data(name: str, n: int = 60) -> tuple[Network, Dataset]:
    text, layers = CHAINS[name]
    inputs, labels = samples(text, n, np.random.default_rng(5))
    return Network(Topology(read_inputs(text), layers)), Dataset(inputs, labels, ("low", "high"))


@pytest.mark.slow
@pytest.mark.parametrize("trainer", TRAINER_NAMES)
@pytest.mark.parametrize("name", CHAINS)
def test_every_trainer_lowers_the_loss_or_says_why_not(name: str, trainer: str) -> None:
    network, data = network_and_data(name)
    options: dict[str, Any] = {"trainer": trainer, "validation": 0.0, "seed": 1, "l2": 0.0}
    if trainer in OF_ANSWERS and "tokens" in CHAINS[name][0]:
        with pytest.raises(UsageError, match="its inputs are tokens"):
            anncli.train(network, data, epochs=1, **options)
        return
    result = anncli.train(network, data, epochs=4 if trainer in OF_ANSWERS else 25, **options)
    losses = [report.training_loss for report in result.history]
    assert min(losses) < losses[0]
    assert result.network.parameters is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.3, "input_dropout": 0.2}, {"l1": 0.01, "l2": 0.01}, {"clip": 0.1}, {"restarts": 3}, {"ensemble": 2},
        {"label_smoothing": 0.1}, {"class_weight": "balanced"}, {"calibration": "platt"},
    ],
    ids=str,
)  # fmt: skip
def test_every_option_of_a_training(name: str, options: dict[str, Any]) -> None:
    network, data = network_and_data(name, 120)
    if "calibration" in options:
        network = Network(network.topology._replace(layers=(*network.layers[:-1], "1 logistic")))
    first = anncli.train(network, data, epochs=12, validation=0.3, seed=2, **options).network
    again = anncli.train(network, data, epochs=12, validation=0.3, seed=2, **options).network
    assert first.all_parameters.tobytes() == again.all_parameters.tobytes()
    assert np.isfinite(predict(first, data.inputs)).all()


@pytest.mark.parametrize("name", ["picture", "series", "words"])
def test_a_network_learns_and_is_evaluated_on_new_samples(name: str) -> None:
    network, data = network_and_data(name, 200)
    result = anncli.train(network, data, epochs=60, seed=3, test=0.25)
    assert len(result.rows["test"]) == 50
    evaluation = anncli.evaluate(result.network, data, result.rows["test"])
    assert evaluation.accuracy > 0.85


def test_samples_without_tokens_are_in_no_self_test() -> None:
    # Of the evenly spaced samples 0, 3 and 7 only the last one has tokens.
    starts = np.array([0, 0, 1, 2, 2, 3, 4, 5, 6])
    tokens = Tokens(np.arange(6), np.ones(6, np.float32), starts, 6)
    data = Dataset(tokens, np.arange(8) % 2, ("a", "b"))
    result = anncli.train(Network.create("6 tokens", ["1 logistic"], classes=("a", "b")), data, epochs=2, validation=0)
    assert result.network.self_test is not None
    inputs = result.network.self_test.inputs
    assert isinstance(inputs, Tokens)
    assert inputs.lengths.tolist() == [1, 1, 1]
