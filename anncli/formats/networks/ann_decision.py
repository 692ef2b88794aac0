"""The keys of an `ann` network file that say how outputs become decisions: threshold, its rule, abstaining, and calibration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.evaluation.names import parse_rule
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import write_flow
from anncli.formats.networks.numbers import write_rows
from anncli.network.calibration import Calibration
from anncli.network.names import CALIBRATION_NAMES
from anncli.network.network import Network

# (mapping, key, number of lines or None, numbers in a line) -> the block of numbers under that key.
ReadMatrix = Callable[[PlacedMapping, str, int | None, int], Array]

# The keys of the numbers of each method; the knots of isotonic are a block.
_KEYS = {"platt": ("slope", "intercept"), "temperature": ("temperature",)}


def read_decision(trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str) -> None:
    """Set threshold, threshold_rule, abstain and calibration of the network; raises NetworkError with the place of a fault."""
    network.threshold = _number(trained, "threshold")
    network.threshold_rule = _rule(trained, advice)
    network.abstain = _abstain(trained, network, advice)
    network.calibration = _calibration(trained, network, read_matrix, advice)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(mapping: PlacedMapping, key: str) -> float | None:
    value = mapping.get(key)
    if value is not None and not _is_number(value):
        raise mapping.fault(key, f"`{key}` must be a number, found {kind_of(value)}")
    return None if value is None else float(value)


def _rule(trained: PlacedMapping, advice: str) -> str | None:
    value = trained.get("threshold_rule")
    if value is None:
        return None
    if "threshold" not in trained:
        raise trained.key_fault("threshold_rule", "`threshold_rule` stands without a threshold", advice)
    try:
        return str(parse_rule(str(value)))
    except ValueFault as fault:
        raise trained.fault("threshold_rule", f"`threshold_rule`: {fault.message}", advice) from None


def _abstain(trained: PlacedMapping, network: Network, advice: str) -> tuple[float, ...] | None:
    value = trained.get("abstain")
    if value is None:
        return None
    numbers = list(value) if isinstance(value, PlacedList) else [value]
    fits = all(map(_is_number, numbers)) and len(numbers) == (2 if network.n_outputs == 1 else 1)
    if not fits or numbers[0] > numbers[-1]:
        what = "two numbers, the lower one first" if network.n_outputs == 1 else "one number"
        raise trained.fault("abstain", f"`abstain` must be {what}, found {kind_of(value)}", advice)
    return tuple(map(float, numbers))


def _calibration(trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str) -> Calibration | None:
    value = trained.mapping_at("calibration")
    if not value:
        return None
    method = value.get("method")
    known = [name for name in CALIBRATION_NAMES if name != "none"]
    if not isinstance(method, str) or method not in known:
        raise value.fault("method", f"`method` must be one of {', '.join(known)}", advice)
    if method != "temperature" and network.n_outputs != 1:
        raise value.fault("method", f"{method} is for one output, this network has {network.n_outputs}", advice)
    if method == "isotonic":
        value.refuse_unknown(("method", "knots"))
        knots = read_matrix(value, "knots", None, 2).astype(np.float64)
        if not len(knots) or not (np.diff(knots, axis=0) >= 0).all():
            raise value.fault("knots", "both columns of `knots` must rise", advice)
        return Calibration(method, knots)
    keys = _KEYS[method]
    value.refuse_unknown(("method", *keys, *(("of",) if method == "platt" else ())))
    numbers = [_number(value, key) for key in keys]
    missing = [key for key, number in zip(keys, numbers, strict=True) if number is None]
    if missing:
        raise value.fault(None, f"`{missing[0]}` is missing", advice)
    if method == "temperature" and not (numbers[0] or 0) > 0:
        raise value.fault("temperature", "`temperature` must be above 0", advice)
    return Calibration(method, np.array(numbers, dtype=np.float64), _of(value, advice) == "logit")


def _of(value: PlacedMapping, advice: str) -> str:
    """What platt is a function of."""
    of = value.get("of", "output")
    if of not in ("output", "logit"):
        raise value.fault("of", f"`of` must be output or logit, found {kind_of(of)}", advice)
    return str(of)


def decision_lines(network: Network) -> list[str]:
    """The lines of the trained part; only those that say something."""
    lines = []
    if network.threshold is not None:
        lines.append(f"  threshold: {write_flow(float(network.threshold))}")
    if network.threshold_rule is not None:
        lines.append(f"  threshold_rule: {write_flow(network.threshold_rule)}")
    if network.abstain is not None:
        numbers = [float(number) for number in network.abstain]
        lines.append(f"  abstain: {write_flow(numbers if len(numbers) > 1 else numbers[0])}")
    if network.calibration is not None:
        lines += _calibration_lines(network.calibration)
    return lines


def _calibration_lines(calibration: Calibration) -> list[str]:
    lines = ["  calibration:", f"    method: {calibration.method}"]
    if calibration.method == "isotonic":
        return [*lines, "    knots: |", *(f"      {row}" for row in write_rows(calibration.numbers.astype(np.float32)))]
    if calibration.method == "platt":
        lines.append(f"    of: {'logit' if calibration.of_logits else 'output'}")
    numbers = zip(_KEYS[calibration.method], calibration.numbers.tolist(), strict=True)
    return [*lines, *(f"    {key}: {write_flow(number)}" for key, number in numbers)]
