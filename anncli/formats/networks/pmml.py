"""The network format `pmml`: files of PMML 3 and 4 with a model NeuralNetwork.

Fields become columns of a table, with their fill values and words; norms become scaling; answers become class names, or units of
the data. dmg.org/pmml/v4-4-1/NeuralNetwork.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.errors import quoted
from anncli.formats.files.textfile import Path
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.graph import Graph, Unit
from anncli.formats.networks.pmml_checks import recorded_rows
from anncli.formats.networks.pmml_fields import Encoding, Fields, Value, encoding_of, norm_points
from anncli.formats.networks.pmml_xml import Document, Element
from anncli.network.calibration import Calibration
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling

_ACTIVATIONS = {
    "logistic": "logistic", "tanh": "tanh", "identity": "linear", "exponential": "exp", "Elliott": "softsign", "rectifier": "relu",
}  # fmt: skip
_NORMALIZATIONS = ("none", "softmax", "simplemax")


class Pmml:
    """The format `pmml`."""

    def parse(self, data: bytes, path: Path) -> Network:
        return _Model(Document(data, path)).network()


FORMAT = Pmml()


class _Model:
    def __init__(self, document: Document) -> None:
        self._document = document
        models = [child for child in document.root.children if child.first("MiningSchema") is not None]
        if document.root.tag != "PMML" or not models:
            raise document.fault(document.root, "has no model; a PMML file with a NeuralNetwork is needed")
        self._model = models[0]
        if len(models) > 1 or self._model.tag != "NeuralNetwork":
            found = ", ".join(model.tag for model in models[:10])
            raise document.fault(self._model, f"holds {found}; only one NeuralNetwork is read")
        self._task = self._model.get("functionName")
        if self._task not in ("classification", "regression"):
            raise document.fault(
                self._model, f"the functionName is {quoted(self._task)}, not classification or regression"
            )
        self._fields = Fields(document, self._model)
        self._layers = list(self._model.all("NeuralLayer"))
        if not self._layers:
            raise document.fault(self._model, "has no NeuralLayer")

    def network(self) -> Network:
        inputs = list(self._document.need(self._model, "NeuralInputs").all("NeuralInput"))
        if not inputs:
            raise self._document.fault(self._model, "has no NeuralInput")
        outputs = list(self._document.need(self._model, "NeuralOutputs").all("NeuralOutput"))
        labels = tuple(self._fields.targets)
        encoding = self._encoding(inputs, labels)
        chain = Chain(encoding.encoder.width, "pmml", self._document.path)
        self._scale(chain, encoding)
        keys = [output.get("outputNeuron") for output in outputs]
        if not keys or len(set(keys)) != len(keys):
            raise self._document.fault(self._model, "has no NeuralOutput, or two for one neuron")
        Graph(chain, [one.get("id") for one in inputs], self._units(), keys, "neuron").build()
        norm = self._normalize(chain, keys)
        fields: dict[str, Any] = {"encoder": encoding.encoder}
        if norm == "simplemax":
            # A softmax of logarithms: y / sum of all y.
            fields["calibration"] = Calibration("temperature", np.ones(1))
        network = self._answers(chain, outputs, fields)
        recorded = recorded_rows(self._document, self._model, network, encoding)
        network.source = network.source._replace(recorded=recorded)
        return network

    def _encoding(self, inputs: list[Element], labels: tuple[str, ...]) -> Encoding:
        values = [self._fields.value(self._document.need(one, "DerivedField")) for one in inputs]
        try:
            return encoding_of(values, labels, self._task)
        except ValueError as fault:
            raise self._document.fault(self._model, str(fault)) from None

    def _scale(self, chain: Chain, encoding: Encoding) -> None:
        weights, shifts = encoding.weights, encoding.shifts
        is_square = weights.shape[0] == weights.shape[1]
        if is_square and np.count_nonzero(weights) == np.count_nonzero(np.diagonal(weights)) == len(weights):
            factors = np.diagonal(weights)
            if (factors != 1).any() or shifts.any():
                chain.each(factors, add=shifts / factors)
        else:
            chain.affine(weights, shifts, merges=True)
        chain.clip(encoding.low, encoding.high)

    def _units(self) -> dict[str, Unit]:
        found: dict[str, Unit] = {}
        for layer in self._layers:
            name = layer.get("activationFunction") or self._model.get("activationFunction")
            if name not in _ACTIVATIONS:
                raise self._document.fault(layer, f"the activationFunction is {quoted(name)}, which ann does not have")
            for neuron in layer.all("Neuron"):
                key = neuron.get("id")
                if key in found:
                    raise self._document.fault(neuron, f"neuron {quoted(key)} is there twice")
                sources: dict[str, float] = {}
                for link in neuron.all("Con"):
                    start = link.get("from")
                    sources[start] = sources.get(start, 0.0) + self._document.number(link, "weight")
                found[key] = Unit(key, _ACTIVATIONS[name], self._document.number(neuron, "bias", 0.0), sources)
        return found

    def _normalize(self, chain: Chain, keys: list[str]) -> str:
        """Tell the chain how the outputs are normalized; returns what it cannot hold: 'simplemax' or ''."""
        for layer in self._layers:
            norm = layer.get("normalizationMethod") or (
                self._model.get("normalizationMethod") if layer is self._layers[-1] else ""
            )
            if norm and norm not in _NORMALIZATIONS:
                raise self._document.fault(layer, f"the normalizationMethod is {quoted(norm)}, which ann does not have")
            if norm in ("softmax", "simplemax") and layer is not self._layers[-1]:
                raise self._document.fault(
                    layer, f"a hidden layer is normalized by {norm}, which ann does for the output layer only"
                )
        if norm not in ("softmax", "simplemax"):
            return ""
        if {neuron.get("id") for neuron in layer.all("Neuron")} != set(keys) or len(keys) < 2:
            raise self._document.fault(layer, f"{norm} is over neurons that are no outputs, or over one alone")
        if norm == "simplemax" and chain.output_activation != "logistic":
            raise self._document.fault(
                layer, f"simplemax of {chain.output_activation} outputs, which ann does not have"
            )
        if norm == "softmax":
            chain.soften()
        return norm if norm == "simplemax" else ""

    def _answers(self, chain: Chain, outputs: list[Element], fields: dict[str, Any]) -> Network:
        expressions = [self._document.need(output, "DerivedField") for output in outputs]
        if self._task == "classification":
            return set_answers(chain.network(**fields), self._classes(expressions), "classification")
        answers = [self._number(expression) for expression in expressions]
        spreads, offsets = (
            np.array(part) for part in zip(*(self._rescaled(answer) for answer in answers), strict=True)
        )
        if (spreads > 0).all() and ((spreads != 1).any() or offsets.any()):
            spread, offset = spreads.astype(np.float32), offsets.astype(np.float32)
            if not (np.isfinite(spread).all() and np.isfinite(offset).all() and (spread > 0).all()):
                raise self._document.fault(self._model, "the units of the targets are no finite 32-bit numbers")
            fields["target_scaling"] = TargetScaling("zscore", offset, spread)
        elif (spreads != 1).any() or offsets.any():
            chain.each(spreads, offsets)
        return set_answers(chain.network(**fields), tuple(answer.field for answer in answers), "regression")

    def _classes(self, expressions: list[Element]) -> tuple[str, ...]:
        levels = [expression.first("NormDiscrete") for expression in expressions]
        names, target = [], ""
        for expression, level in zip(expressions, levels, strict=True):
            if level is None:
                raise self._document.fault(expression, "an output of a classification is no NormDiscrete")
            target = level.get("field")
            names.append(level.get("value"))
        if len(names) == 1:
            others = [value for value in self._fields.values_of(target) if value != names[0]]
            if len(others) != 1:
                raise self._document.fault(
                    expressions[0], f"one output for {1 + len(others)} classes of {quoted(target)}"
                )
            names += others
        if len(set(names)) != len(names):
            raise self._document.fault(expressions[0], "two outputs stand for one class")
        return tuple(names)

    def _number(self, expression: Element) -> Value:
        """What an output stands for: factor * target + shift."""
        how = expression.first("FieldRef") or expression.first("NormContinuous")
        if how is None:
            raise self._document.fault(expression, "an output of a regression is no FieldRef or NormContinuous")
        name = how.get("field")
        if how.tag == "FieldRef":
            return Value(name)
        (x0, y0), (x1, y1) = norm_points(self._document, how)
        if y0 == y1:
            raise self._document.fault(how, f"NormContinuous of {quoted(name)} gives one value for all targets")
        if how.get("outliers", "asIs") != "asIs":
            raise self._document.fault(how, f"NormContinuous of {quoted(name)} bounds the target, which ann does not")
        factor = (y1 - y0) / (x1 - x0)
        if not factor or not 1 / factor:
            # Both may be numbers of 64 bits and their ratio none.
            raise self._document.fault(how, f"NormContinuous of {quoted(name)} is too steep or too flat")
        return Value(name, factor=factor, shift=y0 - x0 * factor)

    def _rescaled(self, answer: Value) -> tuple[float, float]:
        """target = spread * output + offset, with the rescaling of Targets."""
        spread, offset = 1 / answer.factor, -answer.shift / answer.factor
        targets = self._model.first("Targets")
        for target in targets.all("Target") if targets is not None else ():
            if target.get("field") not in ("", answer.field):
                continue
            for name in ("min", "max", "castInteger"):
                if target.get(name):
                    raise self._document.fault(target, f"the target has `{name}`, which ann does not have")
            factor, constant = (
                self._document.number(target, name, default)
                for name, default in (("rescaleFactor", 1.0), ("rescaleConstant", 0.0))
            )
            spread, offset = spread * factor, offset * factor + constant
        return spread, offset
