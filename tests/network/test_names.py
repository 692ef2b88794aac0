"""Names: one table for people and kernels, and advice for names that are not in it."""

from __future__ import annotations

import re

import pytest

from anncli.network.names import (
    ACTIVATION_ALIASES,
    ACTIVATION_NAMES,
    LOSS_NAMES,
    canonical_activation,
    check_loss,
    check_targets,
    default_loss,
)

ALL = (
    "linear, logistic, tanh, bipolar-sigmoid, lecun-tanh, relu, leaky-relu, elu, gelu, gelu-tanh, silu, softplus, "
    "softsign, exp, softmax"
)


def test_codes_are_a_contract_with_the_compiled_kernels() -> None:
    assert [info.code for info in ACTIVATION_NAMES.values()] == list(range(15))
    assert [info.code for info in LOSS_NAMES.values() if info.code is not None] == list(range(8))


def test_aliases_lead_to_known_names_and_hide_none() -> None:
    assert ACTIVATION_ALIASES.keys().isdisjoint(ACTIVATION_NAMES)
    assert {canonical_activation(alias) for alias in ACTIVATION_ALIASES} <= ACTIVATION_NAMES.keys()
    assert canonical_activation("sigmoid") == "logistic"
    assert canonical_activation("tanh") == "tanh"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("tahn", "did you mean 'tanh'?"),
        ("logstic", "did you mean 'logistic'?"),
        ("SIGMOD", "did you mean 'sigmoid'?"),
        ("xyz", f"use one of {ALL}"),
        ("", f"use one of {ALL}"),
    ],
)
def test_unknown_activation(name: str, advice: str) -> None:
    with pytest.raises(ValueError, match=f"^unknown activation '{name}'; {re.escape(advice)}$"):
        canonical_activation(name)


def test_loss_follows_the_output_layer() -> None:
    losses = {activation: default_loss(activation) for activation in ACTIVATION_NAMES}
    special = {"logistic": "binary-cross-entropy", "softmax": "cross-entropy"}
    assert losses == dict.fromkeys(ACTIVATION_NAMES, "mse") | special
    numbers = {activation: default_loss(activation, "regression") for activation in ACTIVATION_NAMES}
    assert numbers == dict.fromkeys(ACTIVATION_NAMES, "mse") | {"exp": "poisson"}
    for activation, loss in losses.items():
        check_loss(loss, activation)
        check_loss("mse", activation)


@pytest.mark.parametrize(
    ("loss", "output", "message"),
    [
        (
            "cross-entropy",
            "logistic",
            "loss cross-entropy needs softmax outputs, this network has logistic; use loss binary-cross-entropy",
        ),
        (
            "binary-cross-entropy",
            "tanh",
            "loss binary-cross-entropy needs logistic outputs, this network has tanh; use loss mse",
        ),
        ("crossentropy", "softmax", "unknown loss 'crossentropy'; did you mean 'cross-entropy'?"),
    ],
)
def test_loss_that_does_not_fit(loss: str, output: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_loss(loss, output)


def test_targets_lie_in_the_range_of_the_outputs() -> None:
    for activation, targets in (("logistic", (1.0, 0.0)), ("tanh", (1.0, -1.0)), ("linear", (100.0, -7.0))):
        check_targets(targets, activation)
    message = "^targets 1.5,0 are outside the range of logistic outputs, 0 to 1; write for example 0.9,0.1$"
    with pytest.raises(ValueError, match=message):
        check_targets((1.5, 0.0), "logistic")
    for activation, targets in (("tanh", (0.9, -1.1)), ("relu", (1.0, -1.0)), ("linear", (1e39, 0.0))):
        with pytest.raises(ValueError, match=f"outside the range of {activation} outputs"):
            check_targets(targets, activation)
