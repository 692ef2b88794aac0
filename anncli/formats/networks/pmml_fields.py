"""The inputs of a PMML network: fields of a table, derived fields, and how both become the values that its neurons read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import quoted
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.pmml_xml import Document, Element
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.tables import Roles

_INF = math.inf
_MOST_DERIVED = 20


class Value(NamedTuple):
    """factor * field + shift, within low and high; or, with a level, 1 where the field is that word and 0 elsewhere.

    missing: the value where the field is missing, None where the file does not say it.
    """

    field: str
    level: str | None = None
    factor: float = 1.0
    shift: float = 0.0
    low: float = -_INF
    high: float = _INF
    missing: float | None = None


class Fields:
    """The fields that a model reads. model: the element NeuralNetwork."""

    def __init__(self, document: Document, model: Element) -> None:
        self._document = document
        dictionary = document.need(document.root, "DataDictionary")
        self._kinds = {field.get("name"): field for field in dictionary.all("DataField")}
        self._used = {field.get("name"): field for field in document.need(model, "MiningSchema").all("MiningField")}
        self._derived: dict[str, Element] = {}
        for place in (document.root.first("TransformationDictionary"), model.first("LocalTransformations")):
            for derived in place.all("DerivedField") if place is not None else ():
                self._derived[derived.get("name")] = derived

    @property
    def targets(self) -> list[str]:
        """The fields that are predicted."""
        return [name for name, field in self._used.items() if field.get("usageType") in ("predicted", "target")]

    def values_of(self, field: str) -> list[str]:
        """The words that a field may be, in the order of the file."""
        found = self._kinds.get(field)
        return (
            [value.get("value") for value in found.all("Value") if value.get("property", "valid") == "valid"]
            if found is not None
            else []
        )

    def value(self, derived: Element, depth: int = 0) -> Value:
        """What a DerivedField stands for; raises NetworkError for what is no reference, norm or level."""
        if depth > _MOST_DERIVED:
            raise self._document.fault(derived, "derived fields refer to each other in a loop")
        known = [child for child in derived.children if child.tag not in ("Extension", "Value", "Interval")]
        if len(known) != 1:
            raise self._document.fault(derived, f"a DerivedField has one expression, found {len(known)}")
        (how,) = known
        if how.tag == "NormDiscrete":
            return self._level(how)
        if how.tag not in ("FieldRef", "NormContinuous"):
            raise self._document.fault(
                how, f"DerivedField {quoted(derived.get('name'))} uses {how.tag}, which ann does not have"
            )
        below = self._field(how, depth)
        return below if how.tag == "FieldRef" else self._normed(how, below)

    def _field(self, reference: Element, depth: int) -> Value:
        name = reference.get("field")
        if name in self._derived:
            return self.value(self._derived[name], depth + 1)
        if name not in self._kinds or name not in self._used:
            raise self._document.fault(reference, f"field {quoted(name)} is not there, or not in the MiningSchema")
        kind = self._kinds[name]
        if kind.get("optype") != "continuous":
            raise self._document.fault(
                reference, f"field {quoted(name)} is {kind.get('optype')}, and is used as a number"
            )
        used = self._used[name]
        low, high = -_INF, _INF
        if used.get("outliers", "asIs") == "asExtremeValues":
            low, high = self._document.number(used, "lowValue", -_INF), self._document.number(used, "highValue", _INF)
        elif used.get("outliers", "asIs") != "asIs":
            raise self._document.fault(used, "outliers are missing values in this file, which ann does not have")
        missing = (
            self._document.number(used, "missingValueReplacement") if used.get("missingValueReplacement") else None
        )
        return Value(name, low=low, high=high, missing=missing)

    def _level(self, how: Element) -> Value:
        name, word = how.get("field"), how.get("value")
        if name in self._derived or name not in self._kinds or name not in self._used:
            raise self._document.fault(how, f"field {quoted(name)} is not there, or not in the MiningSchema")
        if how.get("mapMissingTo") and self._document.number(how, "mapMissingTo"):
            raise self._document.fault(
                how, f"field {quoted(name)} has a value for missing words, which ann does not have"
            )
        return Value(name, word)

    def _normed(self, how: Element, below: Value) -> Value:
        (x0, y0), (x1, y1) = norm_points(self._document, how)
        factor = (y1 - y0) / (x1 - x0)
        shift = y0 - x0 * factor
        low, high = sorted((below.low * factor + shift, below.high * factor + shift)) if factor else (shift, shift)
        outliers = how.get("outliers", "asIs")
        if outliers == "asExtremeValues":
            low, high = max(low, min(y0, y1)), min(high, max(y0, y1))
        elif outliers != "asIs":
            raise self._document.fault(
                how,
                f"NormContinuous of {quoted(how.get('field'))}: outliers are missing values, which ann does not have",
            )
        missing = None if below.missing is None else below.missing * factor + shift
        if how.get("mapMissingTo"):
            missing = self._document.number(how, "mapMissingTo")
        return Value(below.field, None, below.factor * factor, below.shift * factor + shift, low, high, missing)


def norm_points(document: Document, how: Element) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two points (value, norm) of the line of a NormContinuous; raises NetworkError for more points, and for no line."""
    points = [(document.number(point, "orig"), document.number(point, "norm")) for point in how.all("LinearNorm")]
    if len(points) != 2 or points[0][0] == points[1][0]:
        message = f"NormContinuous of {quoted(how.get('field'))} has {len(points)} points, and ann has lines through two different ones"
        raise document.fault(how, message)
    return points[0], points[1]


class Encoding(NamedTuple):
    """How the columns of a table become the values of neurons: encoded columns @ weights (n, m) + shifts (m,), within bounds.

    encoder: of the columns; low, high: (m,).
    """

    encoder: TableEncoder
    weights: Array
    shifts: Array
    low: Array
    high: Array


def encoding_of(values: list[Value], labels: tuple[str, ...], task: str) -> Encoding:
    """The encoding that gives these values; labels: columns with the answers.

    Raises: ValueError for a field that is used as a number and as words, for one that is filled in two ways where it is missing, and for
        more inputs than fit into memory.
    """
    own: dict[str, list[Value]] = {}
    for value in values:
        own.setdefault(value.field, []).append(value)
    columns = [_column(name, of_field) for name, of_field in own.items()]
    inputs = tuple(own)
    if set(labels) & set(inputs):
        raise ValueError("a field is predicted and read")
    roles = Roles((*inputs, *labels), labels, inputs, task=task)
    encoder = TableEncoder(roles, tuple(columns), "mean" if any(c.fill is not None for c in columns) else "error")
    places: Mapping[str, int] = {name: k for k, name in enumerate(encoder.names)}
    if encoder.width * len(values) > MAX_PARAMETERS:
        raise ValueError(f"{len(values)} values of {encoder.width} inputs are more than this program handles")
    weights = np.zeros((encoder.width, len(values)))
    for k, value in enumerate(values):
        weights[places[value.field if value.level is None else f"{value.field}={value.level}"], k] += value.factor
    shifts, low, high = (
        np.array([getattr(v, part) for v in values], dtype=np.float64) for part in ("shift", "low", "high")
    )
    return Encoding(encoder, weights, shifts, low, high)


def _column(name: str, values: list[Value]) -> InputColumn:
    """A field as inputs; raises ValueError as encoding_of()."""
    words = tuple(dict.fromkeys(value.level for value in values if value.level is not None))
    if words and any(value.level is None for value in values):
        raise ValueError(f"field {quoted(name)} is used as a number and as words")
    fills = [(v.missing - v.shift) / v.factor for v in values if v.missing is not None and v.factor]
    if any(not math.isclose(fill, fills[0], rel_tol=1e-6, abs_tol=1e-6) for fill in fills):
        raise ValueError(f"field {quoted(name)} stands for {fills[0]:g} and for other numbers where it is missing")
    return InputColumn(name, "category" if words else "number", words, fill=fills[0] if fills else None)
