"""Checks of a restored state: what a damaged or edited checkpoint holds must not be met later, in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array

_MOST = 2**63 - 1


def check_like(found: Any, pattern: Any, place: str) -> None:
    """Raises ValueError unless `found` has the form of `pattern`: the same keys, kinds of values, shapes and dtypes.

    Whole numbers are counts, from 0 up to 2^63 - 1; None in the pattern is a value that is not known yet and takes anything.
    """
    if pattern is None:
        return
    if isinstance(pattern, np.ndarray):
        check_array(found, pattern.shape, pattern.dtype, place)
    elif isinstance(pattern, Mapping):
        if not isinstance(found, Mapping) or found.keys() != pattern.keys():
            raise ValueError(f"{place} has other entries")
        for key, value in pattern.items():
            check_like(found[key], value, f"{place}.{key}")
    elif isinstance(pattern, bool):
        check_kind(found, bool, place)
    elif isinstance(pattern, int):
        check_count(found, place)
    elif isinstance(pattern, float):
        check_number(found, place)
    elif isinstance(pattern, str):
        check_kind(found, str, place)
    elif isinstance(pattern, (list, tuple)):
        check_kind(found, list, place)


def check_array(found: Any, shape: Sequence[int], dtype: Any, place: str) -> None:
    """Raises ValueError unless `found` is an array of this shape and dtype."""
    if not isinstance(found, np.ndarray) or found.shape != tuple(shape) or found.dtype != dtype:
        raise ValueError(f"{place} is no array {tuple(shape)} of {dtype}")


def check_count(found: Any, place: str, most: int = _MOST) -> None:
    """Raises ValueError unless `found` is a whole number from 0 to `most`."""
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise ValueError(f"{place} is no count")


def check_number(found: Any, place: str) -> None:
    """Raises ValueError unless `found` is a number; it may be nan or infinite, as after a divergence."""
    if type(found) is not float and (type(found) is not int or abs(found) > _MOST):
        raise ValueError(f"{place} is no number")


def check_kind(found: Any, kind: type, place: str) -> None:
    """Raises ValueError unless `found` is of this kind."""
    if not isinstance(found, kind):
        raise ValueError(f"{place} is no {kind.__name__}")


def check_attempt(state: Mapping[str, Any], parameters: Array, trainer: Mapping[str, Any]) -> None:
    """Raises ValueError (KeyError for a missing entry) unless the state of an attempt is one of these parameters (P,) and
    of a trainer whose state has the form of `trainer`."""
    vectors = ["parameters", "initial_parameters", *({"best_parameters", "weights"} & state.keys())]
    for name in vectors:
        check_array(state[name], parameters.shape, parameters.dtype, name)
    check_like(state["trainer"], trainer, "trainer")
    for name, kind in (("stop_reason", str), ("stopped", bool), ("rules", list), ("history", list), ("rng", dict)):
        check_kind(state[name], kind, name)
    check_count(state["diverged"], "diverged")
    _check_means(state["class_means"])
    if state["finished"] is not None:
        check_kind(state["finished"], str, "finished")
    for number, entry in enumerate(state["history"], 1):
        _check_report(entry, number)
    _check_judge(state["judge"], len(state["history"]))
    if "average" in state:
        _check_average(state, parameters)


def _check_means(means: Any) -> None:
    if means is not None:
        check_kind(means, list, "class_means")
        for mean in means:
            check_number(mean, "class_means")


def _check_report(entry: Any, number: int) -> None:
    """One epoch in the order of attempt.EpochReport."""
    place = f"history, epoch {number}"
    check_kind(entry, list, place)
    epoch, training_loss, validation_loss, metric, best, means, phase, restart = entry
    check_number(training_loss, place)
    for value in (validation_loss, metric):
        if value is not None:
            check_number(value, place)
    if best is not None:
        check_count(best, place, number)
    _check_means(means)
    check_kind(phase, str, place)
    check_count(restart, place)
    if type(epoch) is not int or epoch != number:
        raise ValueError(f"{place} has another number")


def _check_judge(judge: Any, epochs: int) -> None:
    check_kind(judge, dict, "judge")
    if judge["best_epoch"] is not None:
        check_count(judge["best_epoch"], "best_epoch", epochs)
    if judge["best"] is not None:
        first, second = judge["best"]
        check_number(first, "best")
        check_number(second, "best")


def _check_average(state: Mapping[str, Any], parameters: Array) -> None:
    check_count(state["average"]["count"], "average")
    check_count(state["average_total"], "average")
    if "sum" in state["average"]:
        check_array(state["average"]["sum"], parameters.shape, np.float64, "average")
    check_array(state["weights"], parameters.shape, parameters.dtype, "weights")
