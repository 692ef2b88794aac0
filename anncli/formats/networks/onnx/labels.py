"""The ops of ONNX by which scores become classes: what converters put behind the layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.formats.networks.onnx.values import Flags, Flow, Label, Mask, Pair, Scores, UnreadError

_COMPARED: dict[str, Callable[[Array, float], Array]] = {
    "Greater": np.greater, "GreaterOrEqual": np.greater_equal, "Less": np.less, "LessOrEqual": np.less_equal,
}  # fmt: skip
_UNCHANGED = ("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Dropout")


def decided(op: str, attributes: dict[str, Any], given: Sequence[Any]) -> Label | Flags | Mask | Scores | Pair | None:
    """The result of a node that decides or names classes, or passes such a value on; None for another node."""
    first = given[0] if given else None
    if op in _UNCHANGED and isinstance(first, Label | Flags | Scores | Pair):
        return first
    if op == "ArgMax" and isinstance(first, Flow | Pair):
        width = 2 if isinstance(first, Pair) else first.stem.width
        if attributes.get("axis", 0) not in (1, -1) or width < 2:
            raise UnreadError("ArgMax is not over the outputs of a row")
        return Label(first)
    if op in ("ArrayFeatureExtractor", "Gather") and len(given) == 2 and isinstance(given[1], Label):
        return _named(given[1], first)
    if op == "LabelEncoder" and isinstance(first, Label):
        return _renamed(first, attributes)
    if op == "ZipMap" and isinstance(first, Flow | Pair):
        words = attributes.get("classlabels_strings") or attributes.get("classlabels_int64s") or []
        return Scores(first, tuple(_word(word) for word in words))
    if op == "Binarizer" and isinstance(first, Flow):
        return Flags(first, float(attributes.get("threshold", 0.0)))
    if op in _COMPARED and isinstance(first, Flow) and isinstance(given[1], np.ndarray) and given[1].size == 1:
        return _compared(op, first, float(given[1].reshape(-1)[0]))
    return None


def _compared(op: str, flow: Flow, limit: float) -> Flags | Mask:
    if op == "Greater":
        return Flags(flow, limit)
    if flow.values is None:
        raise UnreadError(f"{op} compares values of different scales")
    return Mask(flow, _COMPARED[op](flow.values, limit))


def pair_of(op: str, attributes: dict[str, Any], given: Sequence[Any]) -> Pair | None:
    """The scores of two classes, 1 - p and p, where the node joins them; None for another node."""
    flows = [value for value in given if isinstance(value, Flow)]
    if op != "Concat" or len(given) != 2 or len(flows) != 2 or attributes.get("axis") not in (1, -1):
        return None
    first, second = flows
    if first.stem is not second.stem or first.stem.width != 1 or first.values is None or second.values is None:
        return None
    with np.errstate(all="ignore"):
        is_pair = np.allclose(first.values + second.values, 1, rtol=0, atol=1e-9)
    if not is_pair:
        return None
    is_second = second.factor == 1
    return Pair(second if is_second else first, bool(is_second))


def _named(label: Label, words: Any) -> Label:
    if not isinstance(words, np.ndarray):
        raise UnreadError("the names of the classes are not constant")
    return label._replace(words=tuple(_word(word) for word in words.reshape(-1).tolist()))


def _renamed(label: Label, attributes: dict[str, Any]) -> Label:
    """LabelEncoder of places or names: lists of keys and values (ai.onnx.ml 2), or classes by their places (1)."""
    classes = attributes.get("classes_strings")
    keys = next((attributes[key] for key in sorted(attributes) if key.startswith("keys_")), None)
    values = next((attributes[key] for key in sorted(attributes) if key.startswith("values_")), None)
    if classes is not None and not label.words:
        return label._replace(words=tuple(map(_word, classes)))
    if keys is None or values is None or len(keys) != len(values):
        raise UnreadError("LabelEncoder has no list of keys and values")
    new = dict(zip(map(_word, keys), map(_word, values), strict=True))
    old = label.words or tuple(map(str, range(len(new))))
    if not set(old) <= new.keys():
        raise UnreadError("LabelEncoder does not name every class")
    return label._replace(words=tuple(new[word] for word in old))


def _word(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
