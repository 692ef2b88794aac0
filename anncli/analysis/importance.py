"""Permutation importance: how much worse a network predicts when the values of one column change places among the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.analysis.columns import ColumnInputs, columns_of
from anncli.arrays import Array, random_stream, row_numbers
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.evaluation.names import LOWER_IS_BETTER
from anncli.inference.evaluate import check_data, evaluate_predictions
from anncli.inference.predict import predict
from anncli.network.network import Network

# The metrics by task, of which those that the evaluation has are taken; the first one ranks the columns. The log loss moves
# with every change of a probability, the accuracy only where the class changes.
_DEFAULTS = {
    "classification": ("log_loss", "accuracy"),
    "regression": ("rmse",),
    "multi-label": ("hamming_loss", "subset_accuracy"),
}


class Change(NamedTuple):
    """What a metric loses; a positive value means worse predictions, whatever the metric.

    mean: over the repeats; deviation: their standard deviation (n - 1), 0 for a single one; values: of each repeat.
    """

    mean: float
    deviation: float
    values: tuple[float, ...]

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.deviation / math.sqrt(len(self.values))


class ColumnImportance(NamedTuple):
    """A column, and for each metric by its field what is lost without the column; None where the metric is undefined."""

    column: ColumnInputs
    changes: Mapping[str, Change | None]


class Importances(NamedTuple):
    """metrics: their fields, the first one ranks; base: their values with the data as they are; columns: the most important one
    first; n_rows: how many rows were predicted; repeats: permutations of each column."""

    metrics: tuple[str, ...]
    base: Mapping[str, float]
    columns: tuple[ColumnImportance, ...]
    n_rows: int
    repeats: int


def permutation_importance(
    network: Network,
    data: Dataset,
    rows: Array | None = None,
    *,
    metrics: Sequence[str] = (),
    repeats: int = 10,
    seed: int = 0,
    threads: int = 1,
    progress: Callable[[int, str], None] | None = None,
) -> Importances:
    """The importance of each column of the data for a trained network, on rows with answers.

    All inputs of one column change places together, so that a category stays a category.
    Args: rows: row numbers (n,) or a mask, None for all; metrics: fields of the evaluation, () for log loss and accuracy, or
        the RMSE; progress: called with the number of columns that are done, and the name of the last.
    Raises: UsageError for a metric that this evaluation does not have; DataError as evaluate().
    Source: Breiman 2001, Machine Learning 45, 5-32; of a model as it stands: Fisher, Rudin & Dominici 2019, JMLR 20:177.
    """
    check_data(network, data)
    chosen = _rows_with_answers(data, rows)
    inputs = data.vectors[chosen]

    def figures(changed: Array) -> dict[str, Any]:
        outputs = predict(network, changed, threads=threads)
        return evaluate_predictions(network, data, outputs, chosen).as_dict()

    base = figures(inputs)
    fields = _fields(metrics, base, data.task)
    found = []
    for number, column in enumerate(columns_of(network, data.columns), 1):
        # A stream for each column, so that its figures do not depend on the columns before it.
        rng = random_stream(seed, "permutation", number)
        losses = [_losses(fields, base, figures(changed)) for changed in _permuted(inputs, column, rng, repeats)]
        found.append(ColumnImportance(column, {name: _change([loss[name] for loss in losses]) for name in fields}))
        if progress is not None:
            progress(number, column.name)
    ranked = sorted(found, key=lambda one: -_rank(one.changes[fields[0]]))
    return Importances(fields, {name: base[name] for name in fields}, tuple(ranked), len(chosen), repeats)


def _rows_with_answers(data: Dataset, rows: Array | None) -> Array:
    counted = data.counted()
    if rows is not None:
        among = np.zeros(data.n_samples, dtype=bool)
        among[row_numbers(rows, data.n_samples)] = True
        counted = counted & among
    return row_numbers(counted, data.n_samples)


def _fields(metrics: Sequence[str], base: Mapping[str, Any], task: str) -> tuple[str, ...]:
    """The metrics that are numbers; raises UsageError where an asked one is not, or none is."""
    for name in metrics:
        if not isinstance(base.get(name), int | float):
            reason = base.get("undefined", {}).get(name, "this evaluation does not have it")
            raise UsageError(f"--by: {name.replace('_', '-')} cannot be computed: {reason}", advice="take another one")
    found = tuple(metrics) or tuple(name for name in _DEFAULTS[task] if isinstance(base.get(name), int | float))
    if not found:
        reasons = dict.fromkeys(base.get("undefined", {}).values())
        raise UsageError(f"there is nothing to compare: {', '.join(reasons)}", advice="give rows with answers")
    return found


def _permuted(inputs: Array, column: ColumnInputs, rng: np.random.Generator, repeats: int) -> Any:
    """The inputs (n, n_inputs) with the rows of one column in another order, `repeats` times, in one array."""
    changed, own = inputs.copy(), inputs[:, column.inputs]
    for _ in range(repeats):
        changed[:, column.inputs] = own[rng.permutation(len(inputs))]
        yield changed


def _losses(fields: Sequence[str], base: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, float | None]:
    losses: dict[str, float | None] = {}
    for name in fields:
        value, before = found.get(name), base[name]
        worse = 1 if name in LOWER_IS_BETTER else -1
        # Adding 0 turns -0.0 into 0.0.
        losses[name] = None if value is None else worse * (value - before) + 0.0
    return losses


def _change(values: Sequence[float | None]) -> Change | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return Change(float(np.mean(known)), deviation, tuple(known))


def _rank(change: Change | None) -> float:
    return -math.inf if change is None else change.mean
