"""Fitted multilayer perceptrons of scikit-learn as networks, with the scalers of a pipeline before them.

A model is seen as the name of its class and its attributes, so that models of a skops file and of Python are read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import UsageError, quoted, with_article
from anncli.formats.files.textfile import Path
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.faults import Faults
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling
from anncli.tables import number_word

_ACTIVATIONS = {
    "identity": "linear",
    "logistic": "logistic",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
    "exp": "exp",
}
_NETWORKS = ("MLPClassifier", "MLPRegressor")
# Models that hold the fitted one under another name.
_WRAPPERS = {"GridSearchCV": "best_estimator_", "RandomizedSearchCV": "best_estimator_"}
_MOST_WRAPPED = 20


class Estimator(NamedTuple):
    """kind: the name of its class; module: where the class is defined; attributes by their names."""

    kind: str
    module: str
    attributes: Mapping[str, Any]


def from_sklearn(model: Any) -> Network:
    """The network in a fitted MLPClassifier, MLPRegressor, Pipeline of scalers with one, or search that kept one.

    It gives the same outputs as the model, in float32; classes are named as the model names them, and of two classes the second is the
    positive one. scikit-learn is not imported.
    Raises: UsageError for a model of another kind, NetworkError for a step that cannot be represented.
    """
    found = _seen(model)
    if not isinstance(found, Estimator):
        advice = "give an MLPClassifier, an MLPRegressor, or a Pipeline with one"
        raise UsageError(f"{with_article(type(model).__name__)} is no model of scikit-learn", advice=advice)
    return network_of(found, type(model).__name__)


def _seen(value: Any) -> Any:
    """An object of scikit-learn as an Estimator; anything else as it is."""
    if not isinstance(value, Estimator) and type(value).__module__.split(".")[0] == "sklearn":
        return Estimator(type(value).__name__, type(value).__module__, vars(value))
    return value


def network_of(model: Estimator, path: Path) -> Network:
    """The network of a model; path: for messages; raises NetworkError for what cannot be represented."""
    return _Model(path).network(model)


class _Model:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._faults = Faults(path)

    def network(self, model: Estimator) -> Network:
        steps = self._steps(model)
        last, target = self._unwrapped(steps[-1])
        if last.kind not in _NETWORKS:
            self._faults.fail(f"{last.kind} is no network; only {' and '.join(_NETWORKS)} are read")
        if "coefs_" not in last.attributes:
            self._faults.fail(f"the {last.kind} is not fitted", "call fit() before saving it")
        inner = self._steps(last)[:-1]
        weights = [self._matrix(part, "coefs_") for part in self._list(last, "coefs_")]
        biases = [np.asarray(part, dtype=np.float64).reshape(-1) for part in self._list(last, "intercepts_")]
        if not weights or len(biases) != len(weights):
            self._faults.fail(f"the {last.kind} has {len(weights)} matrices of weights and {len(biases)} of biases")
        first = self._first_width(steps[:-1], weights[0])
        chain = Chain(first, "sklearn", self._path)
        for step in [*steps[:-1], *inner]:
            self._scale(chain, step)
        for k, (matrix, bias) in enumerate(zip(weights, biases, strict=True), 1):
            chain.affine(matrix, bias)
            name = last.attributes.get("activation" if k < len(weights) else "out_activation_")
            if name not in _ACTIVATIONS:
                self._faults.fail(f"the activation is {quoted(str(name))}, which ann does not have")
            chain.activate(_ACTIVATIONS[name])
        return self._finished(chain, last, target, self._names(steps, first))

    def _finished(self, chain: Chain, last: Estimator, target: Estimator | None, columns: tuple[str, ...]) -> Network:
        if last.kind == "MLPRegressor":
            scaling = TargetScaling() if target is None else self._target_scaling(chain, target)
            return set_answers(chain.network(columns=columns, target_scaling=scaling), task="regression")
        classes = [_word(value) for value in np.asarray(self._need(last, "classes_")).reshape(-1).tolist()]
        binarizer = _seen(last.attributes.get("_label_binarizer"))
        is_multi = isinstance(binarizer, Estimator) and binarizer.attributes.get("y_type_") == "multilabel-indicator"
        if is_multi:
            network = chain.network(columns=columns)
            network.task, network.targets, network.threshold = "multi-label", (1.0, 0.0), 0.5
            network.target_names = tuple(classes) if len(classes) == network.n_outputs else ()
            return network
        if len(classes) != (chain.width if chain.width > 1 else 2) or len(set(classes)) != len(classes):
            self._faults.fail(f"{len(classes)} classes do not fit {chain.width} outputs")
        # With one output, high values mean the last class.
        names = tuple(classes if chain.width > 1 else reversed(classes))
        return set_answers(chain.network(columns=columns), names, "classification")

    def _steps(self, model: Estimator) -> list[Estimator]:
        """The steps of a pipeline, and of those in it; a model alone is the only one."""
        found: list[Estimator] = []
        waiting, seen = [model], 0
        while waiting:
            one = waiting.pop(0)
            if one.module.split(".")[0] != "sklearn":
                self._faults.fail(f"{one.kind} is defined in {quoted(one.module)}, not in scikit-learn")
            seen += 1
            if seen > 1000:
                self._faults.fail("has pipelines in pipelines without an end")
            if one.kind in _WRAPPERS:
                waiting.insert(0, self._estimator(self._need(one, _WRAPPERS[one.kind])))
            elif one.kind == "Pipeline":
                inner = [
                    pair[1] for pair in self._list(one, "steps") if isinstance(pair, (list, tuple)) and len(pair) == 2
                ]
                waiting[:0] = [
                    self._estimator(step) for step in inner if step is not None and not _is_passthrough(step)
                ]
            else:
                found.append(one)
        if not found:
            self._faults.fail("is an empty pipeline")
        return found

    def _unwrapped(self, model: Estimator) -> tuple[Estimator, Estimator | None]:
        """The network, and what scales its targets."""
        if model.kind != "TransformedTargetRegressor":
            return model, None
        if model.attributes.get("func") is not None:
            self._faults.fail("TransformedTargetRegressor has a function, which cannot be represented")
        transformer = self._estimator(self._need(model, "transformer_"))
        inner = self._estimator(self._need(model, "regressor_"))
        if inner.kind not in _NETWORKS:
            self._faults.fail(f"TransformedTargetRegressor holds a {inner.kind}; put the pipeline around it")
        return inner, transformer

    def _scale(self, chain: Chain, step: Estimator) -> None:
        """Tell the chain a step before the network."""
        kind, given = step.kind, step.attributes
        if kind == "StandardScaler":
            mean, scale = self._standard(step, chain.width)
            chain.each(1.0 if scale is None else 1 / scale, add=0.0 if mean is None else -mean)
        elif kind == "MinMaxScaler":
            factor, shift = (self._numbers(step, name, chain.width) for name in ("scale_", "min_"))
            chain.each(factor, add=shift / factor)
            if given.get("clip"):
                ends = self._list(step, "feature_range")
                if len(ends) != 2 or not all(isinstance(end, (int, float)) for end in ends):
                    self._faults.fail("feature_range of MinMaxScaler is no pair of numbers")
                chain.clip(np.full(chain.width, float(ends[0])), np.full(chain.width, float(ends[1])))
        elif kind == "MaxAbsScaler":
            chain.each(1 / self._numbers(step, "scale_", chain.width))
            if given.get("clip"):
                chain.clip(np.full(chain.width, -1.0), np.ones(chain.width))
        elif kind == "RobustScaler":
            centre, scale = self._vector(step, "center_", chain.width), self._vector(step, "scale_", chain.width)
            chain.each(1.0 if scale is None else 1 / scale, add=0.0 if centre is None else -centre)
        elif kind == "PCA":
            self._project(chain, step)
        else:
            self._faults.fail(
                f"the step {kind} cannot be represented", "apply it to the data before, and save the steps behind it"
            )

    def _project(self, chain: Chain, step: Estimator) -> None:
        components = self._matrix(self._need(step, "components_"), "components_")
        if step.attributes.get("whiten"):
            spread = np.sqrt(self._numbers(step, "explained_variance_", len(components)))
            components = components / np.maximum(spread, np.finfo(np.float64).eps)[:, None]
        mean = self._vector(step, "mean_", chain.width)
        if mean is not None:
            chain.each(add=-mean)
        chain.affine(components.T, merges=True)

    def _target_scaling(self, chain: Chain, target: Estimator) -> TargetScaling:
        """target = offset + spread * output."""
        n = chain.width
        if target.kind == "StandardScaler":
            mean, scale = self._standard(target, n)
            spread, offset = np.ones(n) if scale is None else scale, np.zeros(n) if mean is None else mean
        elif target.kind == "MinMaxScaler":
            factor, shift = (self._numbers(target, name, n) for name in ("scale_", "min_"))
            spread, offset = 1 / factor, -shift / factor
        else:
            self._faults.fail(f"targets are scaled by {target.kind}, which cannot be represented")
        if not (np.isfinite(spread).all() and np.isfinite(offset).all() and (spread > 0).all()):
            self._faults.fail("the scaling of the targets is not finite, or not above 0")
        return TargetScaling("zscore", offset.astype(np.float32), spread.astype(np.float32))

    def _names(self, steps: list[Estimator], width: int) -> tuple[str, ...]:
        """The names of the columns that the first step was fitted on; () without."""
        names = steps[0].attributes.get("feature_names_in_")
        if names is None:
            return ()
        found = tuple(str(name) for name in np.asarray(names).reshape(-1).tolist())
        return found if len(found) == width and len(set(found)) == width else ()

    def _first_width(self, steps: list[Estimator], weights: Array) -> int:
        """The number of columns that the steps before the network take, or the network without them."""
        n = steps[0].attributes.get("n_features_in_") if steps else None
        return n if isinstance(n, int) and n > 0 else int(weights.shape[0])

    # Attributes

    def _need(self, model: Estimator, name: str) -> Any:
        if name not in model.attributes:
            self._faults.fail(f"the {model.kind} is not fitted: it has no {name}", "call fit() before saving it")
        return model.attributes[name]

    def _estimator(self, value: Any) -> Estimator:
        found = _seen(value)
        if not isinstance(found, Estimator):
            self._faults.fail("a step of the pipeline is no object of scikit-learn")
        return found

    def _list(self, model: Estimator, name: str) -> list[Any]:
        found = self._need(model, name)
        if not isinstance(found, (list, tuple)):
            self._faults.fail(f"{name} of {model.kind} is no list")
        return list(found)

    def _matrix(self, value: Any, name: str) -> Array:
        if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype.kind not in "fiu":
            self._faults.fail(f"{name} holds no matrices of numbers")
        return value.astype(np.float64)

    def _vector(self, model: Estimator, name: str, n: int) -> Array | None:
        """Numbers (n,), None where the attribute is None or not there."""
        return None if model.attributes.get(name) is None else self._numbers(model, name, n)

    def _standard(self, step: Estimator, n: int) -> tuple[Array | None, Array | None]:
        """Mean and deviation of a StandardScaler, None for what it leaves out; the mean is there in any case."""
        names = [("with_mean", "mean_"), ("with_std", "scale_")]
        mean, scale = (self._vector(step, name, n) if step.attributes.get(flag, True) else None for flag, name in names)
        return mean, scale

    def _numbers(self, model: Estimator, name: str, n: int) -> Array:
        value = self._need(model, name)
        found = np.asarray(value)
        if found.dtype.kind not in "fiu" or found.size != n:
            self._faults.fail(f"{name} of {model.kind} are not {n} numbers")
        found = found.astype(np.float64).reshape(-1)
        if name == "scale_" and (found == 0).any():
            self._faults.fail(f"{name} of {model.kind} holds 0")
        return found


def _is_passthrough(step: Any) -> bool:
    return isinstance(step, str) and step == "passthrough"


def _word(value: Any) -> str:
    """A class as tables write it."""
    return number_word(float(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
