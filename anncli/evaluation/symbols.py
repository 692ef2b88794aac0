"""An evaluation of predictions of the next symbol of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED
from anncli.evaluation.multiclass import MulticlassEvaluation, among, evaluate_classes
from anncli.evaluation.probabilities import of_outputs, or_none


def evaluate_symbols(
    outputs: Array, labels: Array, classes: tuple[str, ...], symbol: str, *, only_rates: bool = False
) -> MulticlassEvaluation:
    """Compare outputs (n, K), a probability for each symbol, with the symbols that came (n,); those that are no class (UNLABELLED) are
    left out and counted.

    The area under the curve of every symbol against all others is left out: it would take longer than all the rest.
    Args: classes: the symbols, or () for numbers; symbol: what one is called, such as 'character'; only_rates: leave out all but counts and rates.
    """
    known = labels != UNLABELLED
    n_unknown = int(len(labels) - np.count_nonzero(known))
    if n_unknown:
        outputs, labels = outputs[known], labels[known]
    names = classes or tuple(f"class {k}" for k in range(1, outputs.shape[1] + 1))
    found = evaluate_classes(outputs, labels, None, names, n_unknown, only_rates=True)
    undefined: dict[str, str] = {}
    rest: dict[str, Any] = {}
    if not only_rates:
        rest = or_none(of_outputs(outputs, labels), undefined)._asdict() | among(outputs, labels, None, undefined)
    return found._replace(**rest, undefined={**found.undefined, **undefined}, symbol=symbol)
