"""The rows that a PMML file records with what they give: its ModelVerification."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from anncli.formats.networks.pmml_fields import Encoding
from anncli.formats.networks.pmml_xml import Document, Element
from anncli.limits import decimal
from anncli.network.network import Network, Recorded

# Numbers of 32 bits hold no smaller difference, whatever the file demands.
_LEAST_TOLERANCE = 1e-5


def recorded_rows(document: Document, model: Element, network: Network, encoding: Encoding) -> tuple[Recorded, ...]:
    """The rows of ModelVerification that have a value for every input; () without any."""
    checks = model.first("ModelVerification")
    table = None if checks is None else checks.first("InlineTable")
    if checks is None or table is None:
        return ()
    fields = list(document.need(checks, "VerificationFields").all("VerificationField"))
    columns = {field.get("field"): (field.get("column") or field.get("field")).rpartition(":")[2] for field in fields}
    meanings = _meanings(model, network)
    rows = [{cell.tag: cell.text.strip() for cell in row.children} for row in table.all("row")]
    named = [{name: row[column] for name, column in columns.items() if row.get(column)} for row in rows]
    inputs = [_inputs(row, encoding) for row in named]
    kept = [k for k, found in enumerate(inputs) if found is not None]
    if not kept:
        return ()
    outputs = np.full((len(kept), network.n_outputs), np.nan)
    decisions = np.full(len(kept), -1)
    for at, k in enumerate(kept):
        for name, text in named[k].items():
            _take(meanings.get(name, ()), text, outputs[at], decisions[at : at + 1], network)
    precisions = [document.number(field, "precision", 1e-6) for field in fields if field.get("field") in meanings]
    tolerance = max([_LEAST_TOLERANCE, *precisions])
    has_decisions = bool((decisions >= 0).all())
    values = outputs if np.isfinite(outputs).any() else None
    found = Recorded(
        "ModelVerification",
        np.array([inputs[k] for k in kept], dtype=np.float32),
        values,
        decisions if has_decisions else None,
        tolerance,
    )
    return (found,)


def _inputs(row: Mapping[str, str], encoding: Encoding) -> list[float] | None:
    """The encoded inputs of a row, None where a value is missing."""
    found: list[float] = []
    for column in encoding.encoder.columns:
        text = row.get(column.name)
        if text is None:
            return None
        if column.kind == "number":
            number = decimal(text)
            if not math.isfinite(number):
                return None
            found.append(number)
        else:
            found += [float(text == level) for level in column.levels]
    return found


def _meanings(model: Element, network: Network) -> dict[str, tuple[str, ...]]:
    """What the fields of the outputs hold: ('probability', class), ('class',) or ('number', index as text)."""
    names = network.classes if network.n_classes else network.target_names
    encoder = network.encoder
    found: dict[str, tuple[str, ...]] = {}
    for target in encoder.roles.labels if encoder is not None else ():
        found[target] = (
            ("class",) if network.n_classes else ("number", str(names.index(target)) if target in names else "0")
        )
    outputs = model.first("Output")
    for field in outputs.all("OutputField") if outputs is not None else ():
        feature = field.get("feature", "predictedValue")
        if feature == "probability" and field.get("value") in names:
            found[field.get("name")] = ("probability", field.get("value"))
        elif feature == "predictedValue":
            found[field.get("name")] = ("class",) if network.n_classes else ("number", "0")
    return found


def _take(meaning: tuple[str, ...], text: str, outputs: np.ndarray, decision: np.ndarray, network: Network) -> None:
    """Put what a cell says into the outputs (n_outputs,) or the decision (1,) of its row."""
    if not meaning:
        return
    what, *which = meaning
    if what == "class":
        if text in network.classes:
            decision[0] = network.classes.index(text)
        return
    number = decimal(text)
    if what == "number":
        outputs[int(which[0])] = number
    elif network.n_outputs > 1:
        outputs[network.classes.index(which[0])] = number
    else:
        outputs[0] = number if which[0] == network.classes[0] else 1 - number
