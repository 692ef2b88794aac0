"""Forecasts in the reports of `ann train`, `ann test` and `ann cv`: which windows are compared with the last value and a linear autoregression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.running.experiment_problem import ExperimentProblem, scaled_fold
from anncli.cli.showing.forecast_report import forecast_text
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.evaluation.forecast_errors import ForecastErrors
from anncli.experiments.cross_validation import OutOfFold
from anncli.experiments.splits import Split
from anncli.forecasts import ForecastBaseline
from anncli.inference.evaluate import outputs_of, rows_seen
from anncli.network.network import Network
from anncli.training.forecasts import compared, errors_of_set, fit_autoregression, side_by_side
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun


class Beside(NamedTuple):
    """The words for the windows, and the errors on them, None where there is nothing to compare; folds: the errors of each fold alone."""

    of: str = ""
    errors: ForecastErrors | None = None
    folds: tuple[ForecastErrors, ...] = ()

    def text(self, verbose: int) -> str:
        """A table and sentences, with `verbose` also the errors of each step; '' for nothing."""
        return "" if self.errors is None else forecast_text(self.errors, self.of, verbose > 0)

    def document(self) -> dict[str, Any]:
        """The key `forecast` of a document, or nothing."""
        if self.errors is None:
            return {}
        folds = {"folds": [one.as_dict() for one in self.folds]} if self.folds else {}
        return {"forecast": {"of": self.of, **self.errors.as_dict(), **folds}}


def of_training(run: TrainingRun, result: TrainingResult) -> Beside:
    """On the test set, without one on the validation set;
    nothing for a network that makes no forecasts and where there is neither set."""
    setup = run.setup
    name = next((name for name in ("test", "validation") if len(setup.rows[name])), None)
    if setup.network.forecast is None or name is None or setup.loss.startswith("quantile"):
        return Beside()
    trained = setup.rows_behind(name, bool(result.refit_epochs))
    return Beside(f"the {name} set", errors_of_set(setup, name, trained, run.outputs(result, name)))


def of_test(network: Network, data: Dataset, threads: int) -> Beside:
    """On the windows that did not train the network, or on all where all did; nothing for one that makes no forecasts."""
    forecast = network.forecast
    if forecast is None or network.quantiles:
        return Beside()
    seen = rows_seen(network, data)
    new = np.ones(data.n_samples, dtype=bool) if seen is None else ~seen
    rows = np.flatnonzero(new if new.any() else ~new)
    inputs = data.inputs[rows]
    outputs = outputs_of(network, inputs, None, threads)
    linear = (
        None if forecast.baseline is None else forecast.baseline.predict(side_by_side(network.scaling.apply(inputs)))
    )
    few = 0 < len(rows) < data.n_samples
    words = "the windows that did not train the network" if few else "all windows"
    return Beside(words, compared(data, rows, outputs, linear, forecast))


def of_folds(problem: ExperimentProblem, network: Network, splits: Sequence[Split], predicted: OutOfFold) -> Beside:
    """On the test rows of all folds of a repeat; in each the autoregression learns from its training rows."""
    forecast = problem.data.forecast if isinstance(problem.data, TableData) else None
    if forecast is None or network.quantiles:
        return Beside()
    bare = problem.bare
    outputs, linear = np.full((2, bare.n_samples, bare.n_targets), np.nan)
    outputs[predicted.rows] = predicted.outputs
    tests = [split.test for split in splits if split.repeat == 1]
    for split in (split for split in splits if split.repeat == 1):
        linear[split.test] = _of_fold(problem, split)
    pooled, *folds = (compared(bare, rows, outputs[rows], linear[rows], forecast) for rows in (predicted.rows, *tests))
    return Beside("the test rows of all folds", pooled, tuple(folds))


def _of_fold(problem: ExperimentProblem, split: Split) -> Array:
    data, scaling = scaled_fold(problem, split)
    inputs = side_by_side(scaling.apply(data.inputs))
    assert data.targets is not None
    none = np.empty(0, dtype=np.float32)
    fitted = ForecastBaseline(fit_autoregression(inputs, data.targets, split.training), none, none)
    return fitted.predict(inputs[split.test])
