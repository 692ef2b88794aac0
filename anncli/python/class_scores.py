"""What the outputs of a classifier say about the classes of a Python user, in the order of these: probabilities, margins, weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import UsageError, listed
from anncli.network.network import Network
from anncli.python.targets import Targets, level_word

# The rounding of float32 outputs, which are not changed for it: they are those that `ann predict` writes.
_NEARLY = 1e-5


def probabilities(network: Network, outputs: Array, order: Array) -> Array:
    """float64 (n, n_classes), whose rows have the sum 1; of several labels (n, k), one each.

    Outputs that were trained towards other targets than 1 and 0 (loss mse) are brought back to these and within 0 and 1: they
    estimate the same (Richard & Lippmann 1991, Neural Computation 3, 461-483).
    Args: outputs (n, n_outputs); order (n_classes,): of each class of the user, which one of the network it is.
    """
    found = outputs.astype(np.float64)
    high, low = network.score_targets
    if (high, low) != (1.0, 0.0):
        found = np.clip((found - low) / (high - low), 0.0, 1.0)
    if network.task == "multi-label":
        return found
    if found.shape[1] == 1:
        found = np.column_stack([found[:, 0], 1 - found[:, 0]])
    total = found.sum(axis=1, keepdims=True)
    fractions = np.where(total > 0, found / np.where(total > 0, total, 1), 1 / found.shape[1])
    found = np.where(np.abs(total - 1) > _NEARLY, fractions, found)
    ordered: Array = found[:, order]
    return ordered


def margins(network: Network, outputs: Array, order: Array) -> Array:
    """float64 (n, n_classes), the highest of which is the decision; of two classes (n,), above 0 for the user's second; of
    several labels (n, k), above 0 for those that the row is given. Arguments as of probabilities()."""
    found = outputs.astype(np.float64)
    limit = float(np.float32(network.decision_threshold))
    if network.task == "multi-label":
        return found - limit
    if found.shape[1] > 1:
        ordered: Array = found[:, order]
        return ordered if ordered.shape[1] > 2 else ordered[:, 1] - ordered[:, 0]
    margin: Array = found[:, 0] - limit
    return margin if order[1] == 0 else -margin


def class_weights(given: Any, targets: Targets) -> list[float]:
    """The weight of each class of the network, in its order.

    Args: given: {class: weight}, where 1 is the weight of the others, or a weight for each class of the user in ascending order.
    Raises: UsageError for classes that are not there, and for another number of weights.
    """
    levels = [] if targets.levels is None else targets.levels.tolist()
    if isinstance(given, Mapping):
        own = {level_word(level): weight for level, weight in given.items()}
        if strange := [name for name in own if name not in targets.classes]:
            raise UsageError(
                f"class_weight: no class {strange[0]}", advice=f"the classes are {listed(targets.classes)}"
            )
    else:
        own = dict(zip(map(level_word, levels), given, strict=False))
        if len(own) != len(given) or len(own) != len(levels):
            message = f"class_weight: {len(given)} weights for {len(levels)} classes"
            raise UsageError(message, advice="give one for each of classes_")
    return [own.get(name, 1.0) for name in targets.classes]
