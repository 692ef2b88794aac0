"""The layers of a Keras model as steps of a chain: dense layers, activations, normalizations; what only matters in training is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, NoReturn

import numpy as np

from anncli.arrays import Array
from anncli.errors import quoted
from anncli.formats.files.textfile import Path
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.faults import Faults
from anncli.network.network import Network

# gelu is the exact one; swish is an old name of silu.
_ACTIVATIONS = {
    "linear": "linear", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "elu": "elu", "gelu": "gelu", "silu": "silu", "swish": "silu",
    "softplus": "softplus", "softsign": "softsign", "exponential": "exp", "softmax": "softmax",
}  # fmt: skip
_SKIPPED = (
    "Dropout",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "SpatialDropout1D",
    "ActivityRegularization",
    "InputLayer",
    "Flatten",
)
# Losses of numbers, by the letters of their names.
_ERRORS = (
    "mse", "meansquarederror", "mae", "meanabsoluteerror", "mape", "meanabsolutepercentageerror", "msle",
    "meansquaredlogarithmicerror", "huber", "huberloss", "logcosh", "poisson",
)  # fmt: skip
_LEAK = 0.01
_ADVICE = "save the model without it, or train such a network with ann"


class Layer(NamedTuple):
    """kind: the name of its class; config: its settings; numbers: its arrays in the order of Keras."""

    kind: str
    name: str
    config: Mapping[str, Any]
    numbers: Sequence[Array] = ()


def network_of(layers: list[Layer], loss: Any, path: Path) -> Network:
    """The network of a chain of layers; loss: that of the training, as Keras describes it, or None.

    Raises: NetworkError that names a layer or activation which ann does not have.
    """
    return _Model(layers, path).network(_loss_name(loss))


def _loss_name(loss: Any) -> str:
    """The letters of the name of a loss: 'binarycrossentropy', '' where it is not known."""
    if isinstance(loss, dict):
        loss = loss.get("class_name", "")
    return "".join(c for c in loss.lower() if c.isalpha()) if isinstance(loss, str) else ""


class _Model:
    def __init__(self, layers: list[Layer], path: Path) -> None:
        self._layers, self._path = layers, path
        self._chain = Chain(self._width(Faults(path)), "keras", path)

    def network(self, loss: str) -> Network:
        for layer in self._layers:
            self._add(layer)
        network = self._chain.network()
        n = network.n_outputs
        activation = network.topology.output_activation
        if loss == "binarycrossentropy" and n > 1 and activation in ("logistic", "linear"):
            # Of linear units the outputs are logits: 0 is in the middle.
            threshold = 0.5 if activation == "logistic" else 0.0
            network.task, network.targets, network.threshold = "multi-label", (1.0, 0.0), threshold
            return network
        task = "classification" if "crossentropy" in loss else "regression" if loss in _ERRORS else None
        return set_answers(network, task=task, first=0)

    def _width(self, faults: Faults) -> int:
        """The number of inputs; raises NetworkError for inputs of several dimensions that no layer makes one row of."""
        first = next((layer for layer in self._layers if layer.kind == "Dense"), None)
        if first is None:
            faults.fail("has no Dense layer")
        for layer in self._layers:
            shape = next(
                (s for key in ("batch_shape", "batch_input_shape") if (s := layer.config.get(key)) is not None), None
            )
            if (
                isinstance(shape, list)
                and len(shape) > 1
                and all(isinstance(n, int) and 0 < n < 2**31 for n in shape[1:])
            ):
                before = [one.kind for one in self._layers[: self._layers.index(first)]]
                if len(shape) > 2 and "Flatten" not in before:
                    faults.fail(
                        f"inputs of the shape {' x '.join(map(str, shape[1:]))} are not flattened before {first.name}"
                    )
                if len(shape) > 2:
                    self._check_before_flatten(faults, before)
                return prod(shape[1:])
        if not first.numbers or first.numbers[0].ndim != 2:
            faults.fail(f"layer {quoted(first.name)} has no weights")
        return int(first.numbers[0].shape[0])

    def _check_before_flatten(self, faults: Faults, kinds: list[str]) -> None:
        """Raises NetworkError for layers that treat the dimensions of the inputs differently."""
        for kind in kinds[: kinds.index("Flatten")]:
            if kind not in (*_SKIPPED, "Rescaling", "Activation", "ReLU"):
                faults.fail(f"a layer {kind} reads inputs of several dimensions, which ann does not have")

    def _add(self, layer: Layer) -> None:
        chain, config = self._chain, layer.config
        if layer.kind in _SKIPPED:
            return
        if layer.kind == "Dense":
            self._dense(layer)
        elif layer.kind == "Activation":
            self._activate(layer, config.get("activation"))
        elif layer.kind == "BatchNormalization":
            self._batch_normalization(layer)
        elif layer.kind == "Normalization":
            self._normalization(layer)
        elif layer.kind == "Rescaling":
            chain.each(self._setting(layer, "scale", 1.0), self._setting(layer, "offset", 0.0))
        elif layer.kind in ("ReLU", "LeakyReLU", "ELU", "Softmax"):
            self._activation_layer(layer)
        elif layer.kind == "Lambda":
            chain.fail(f"layer {quoted(layer.name)} is a Lambda, which holds code; code of a file is not run", _ADVICE)
        else:
            chain.fail(
                f"layer {quoted(layer.name)} is of the kind {quoted(layer.kind)}, which ann does not have", _ADVICE
            )

    def _dense(self, layer: Layer) -> None:
        numbers = self._numbers(layer, 1 + bool(layer.config.get("use_bias", True)))
        if numbers[0].ndim != 2:
            self._fail(layer, "has no matrix of weights")
        self._chain.affine(numbers[0], numbers[1] if len(numbers) > 1 else None)
        self._activate(layer, layer.config.get("activation", "linear"))

    def _activate(self, layer: Layer, activation: Any) -> None:
        if isinstance(activation, dict):
            # Keras 3 writes those with settings so.
            inner = activation.get("config")
            name = activation.get("class_name") if isinstance(inner, dict) else inner
            if name in ("LeakyReLU", "ReLU", "ELU", "Softmax") and isinstance(inner, dict):
                self._activation_layer(Layer(str(name), layer.name, inner))
                return
            activation = name
        if activation is None:
            activation = "linear"
        if not isinstance(activation, str) or activation not in _ACTIVATIONS:
            self._fail(layer, f"has the activation {quoted(str(activation))}, which ann does not have")
        if _ACTIVATIONS[activation] == "softmax":
            self._chain.soften()
        elif activation != "linear":
            # Behind a linear one, a normalization is still folded into the weights.
            self._chain.activate(_ACTIVATIONS[activation])

    def _activation_layer(self, layer: Layer) -> None:
        slope = self._setting(
            layer, "negative_slope", self._setting(layer, "alpha", 0.0 if layer.kind == "ReLU" else 0.3)
        )
        if layer.kind == "Softmax":
            if layer.config.get("axis", -1) not in (-1, 1, [-1], [1]):
                self._fail(layer, "is a softmax over another axis")
            self._chain.soften()
        elif layer.kind == "ELU":
            if self._setting(layer, "alpha", 1.0) != 1:
                self._fail(layer, "is an ELU with an alpha that is not 1")
            self._chain.activate("elu")
        elif layer.config.get("max_value") is not None or self._setting(layer, "threshold", 0.0):
            self._fail(layer, "is a ReLU with a largest value or a threshold, which ann does not have")
        elif slope == 0:
            self._chain.activate("relu")
        elif abs(slope - _LEAK) < 1e-7:
            self._chain.activate("leaky-relu")
        else:
            self._fail(layer, f"has the slope {slope:g} below 0; ann's leaky-relu has {_LEAK}")

    def _batch_normalization(self, layer: Layer) -> None:
        """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the stored mean and variance."""
        axis = layer.config.get("axis", -1)
        if axis not in (-1, 1, [-1], [1]):
            self._fail(layer, "normalizes over another axis")
        has_gamma, has_beta = (bool(layer.config.get(key, True)) for key in ("scale", "center"))
        numbers = [self._row(layer, part) for part in self._numbers(layer, 2 + has_gamma + has_beta)]
        gamma = numbers.pop(0) if has_gamma else np.ones(self._chain.width)
        beta = numbers.pop(0) if has_beta else np.zeros(self._chain.width)
        mean, variance = numbers
        spread = np.sqrt(variance + self._setting(layer, "epsilon", 1e-3)) if (variance >= 0).all() else np.zeros(1)
        if (spread == 0).any():
            self._fail(layer, "has a variance of 0, or one below it")
        self._chain.each(gamma / spread, beta, add=-mean)

    def _normalization(self, layer: Layer) -> None:
        """(x - mean) / max(sqrt(variance), 1e-7)."""
        if layer.config.get("invert"):
            self._fail(layer, "is an inverted Normalization, which ann does not have")
        given = [layer.config.get("mean"), layer.config.get("variance")]
        try:
            numbers = (
                [np.array(one, dtype=np.float64) for one in given] if None not in given else list(layer.numbers[:2])
            )
        except (TypeError, ValueError):
            numbers = []
        if len(numbers) != 2:
            self._fail(layer, "has no mean and variance")
        mean, variance = (self._row(layer, part) for part in numbers)
        if (variance < 0).any():
            self._fail(layer, "has a variance below 0")
        self._chain.each(1 / np.maximum(np.sqrt(variance), 1e-7), add=-mean)

    def _row(self, layer: Layer, numbers: Array) -> Array:
        """One number for each value, or one for all, as (width,)."""
        flat = np.asarray(numbers, dtype=np.float64).reshape(-1)
        if len(flat) not in (1, self._chain.width):
            self._fail(layer, f"has {len(flat)} numbers for {self._chain.width} values")
        return np.broadcast_to(flat, (self._chain.width,))

    def _numbers(self, layer: Layer, count: int) -> list[Array]:
        if len(layer.numbers) != count:
            self._fail(layer, f"has {len(layer.numbers)} arrays, and {count} are needed")
        return list(layer.numbers)

    def _setting(self, layer: Layer, name: str, default: float) -> float:
        value = layer.config.get(name)
        if value is None:
            return default
        if isinstance(value, dict):
            # Keras 2 wrote numbers of numpy so.
            value = value.get("value")
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 1e30:
            self._fail(layer, f"`{name}` must be a number")
        return float(value)

    def _fail(self, layer: Layer, message: str) -> NoReturn:
        self._chain.fail(f"layer {quoted(layer.name)} {message}", _ADVICE)
