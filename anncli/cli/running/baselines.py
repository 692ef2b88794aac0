"""`--baselines` at work: which rows baselines learn from, and on which rows they are evaluated, in each command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anncli.analysis.baselines.baselines import Baselines, baselines_of
from anncli.analysis.baselines.judging import Judged, JudgedBaselines, evaluate_baseline, judged_baselines, merged
from anncli.arrays import Array
from anncli.cli.asking.network_options import refuse_several_rows
from anncli.cli.asking.values import Values
from anncli.cli.running.experiment_problem import ExperimentProblem, scaled_fold
from anncli.cli.running.reading import read_evaluated
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.experiments.splits import Split
from anncli.formats.data.remarks import Remarks
from anncli.inference.evaluate import check_data, rows_seen
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.setup import Setup

# Each fold takes as long as one call of `ann train --baselines`.
_MOST_FOLDS = 50


def check_baselines(values: Values, quantiles: tuple[float, ...] = (), takes_vectors: bool = True) -> None:
    """Raises UsageError for --baselines without rows to learn from, for --training alone, and for networks of quantiles, or
    whose samples are several rows."""
    if values["baselines"] and not values["training"]:
        advice = "name the files that trained the network: --training FILES"
        raise UsageError("--baselines: there are no rows to learn from", advice=advice)
    if "training" in values.on_command_line and not values["baselines"]:
        raise UsageError("--training: the rows are for baselines", advice="add --baselines")
    if values["baselines"]:
        refuse_quantiles(quantiles)
        refuse_several_rows(takes_vectors)


def refuse_quantiles(quantiles: tuple[float, ...]) -> None:
    """Raises UsageError for a network that predicts quantiles, which no baseline does."""
    if quantiles:
        raise UsageError("--baselines: there are none for networks that predict quantiles", advice="leave it out")


def test_baselines(values: Values, network: Network, judged: Dataset, rows: Array, remarks: Remarks) -> JudgedBaselines:
    """The baselines for a trained network, evaluated on the row numbers (n,) of `judged`. They learn from the rows of the
    files of --training that trained the network; from all where the network does not tell which these are.

    Raises: UsageError where none of the rows trained it.
    """
    training = read_evaluated(values, values["training"], network, remarks)
    check_data(network, training)
    seen, notes = rows_seen(network, training), []
    known = training.counted() & (True if seen is None else seen)
    if not known.any():
        message = "--training: none of the rows trained the network"
        raise UsageError(message, advice="name the files that it was trained on")
    if seen is None:
        notes.append(
            "the network does not tell which rows trained it: the baselines learnt from all rows of --training"
        )
    found = judged_baselines(
        training, np.flatnonzero(known), judged, rows, network.scaling, network.n_outputs, values["seed"]
    )
    return found._replace(notes=(*notes, *found.notes))


def check_training(setup: Setup) -> None:
    """Raises UsageError where a training has no rows on which baselines could be evaluated."""
    if not (len(setup.rows["test"]) or len(setup.rows["validation"])):
        raise UsageError("--baselines: there is neither a test set nor a validation set", advice="say --test 0.2")
    refuse_quantiles(setup.network.quantiles or _quantiles(setup))
    refuse_several_rows(setup.network.topology.takes_vectors)


def _quantiles(setup: Setup) -> tuple[float, ...]:
    return (0.5,) if setup.loss.startswith("quantile") else ()


def training_baselines(run: TrainingRun, result: TrainingResult) -> tuple[str, JudgedBaselines]:
    """The set, 'test' or else 'validation', and the baselines on it. They learn from the rows that trained the network which
    is evaluated on that set, with its scaling."""
    setup = run.setup
    name = "test" if len(setup.rows["test"]) else "validation"
    rows = setup.rows_behind(name, bool(result.refit_epochs))
    # The inputs as the run scaled them: those of the data may have been overwritten.
    data = replace(setup.data, inputs=setup.inputs)
    judged = setup.rows[name][data.counted(setup.rows[name])]
    n_outputs = setup.network.n_outputs
    return name, judged_baselines(data, rows, data, judged, Scaling(), n_outputs, setup.options.seed)


def check_folds(splits: Sequence[Split], network: Network) -> None:
    """Raises UsageError for more folds than baselines are learnt in, and for networks of quantiles."""
    refuse_quantiles(network.quantiles)
    refuse_several_rows(network.topology.takes_vectors)
    folds = max(split.fold for split in splits)
    if folds > _MOST_FOLDS:
        message = f"--baselines: at most {_MOST_FOLDS} folds, and there are {folds}"
        raise UsageError(message, advice="use fewer --folds")


def fold_baselines(problem: ExperimentProblem, network: Network, splits: Sequence[Split]) -> JudgedBaselines:
    """The baselines of the folds of one repeat together: in each they learn from its training rows, encoded and scaled by
    these, and predict its test rows."""
    parts = [(split.test, _of_fold(problem, split)) for split in splits]
    rows, together, notes = merged(parts)
    data = problem.bare
    found = [Judged(n, d, evaluate_baseline(data, rows, outputs, network.n_outputs)) for n, d, outputs in together]
    return JudgedBaselines(tuple(found), notes, len(splits[0].training))


def _of_fold(problem: ExperimentProblem, split: Split) -> Baselines:
    data, scaling = scaled_fold(problem, split)
    judged = split.test[data.counted(split.test)]
    return baselines_of(data, split.training, data, judged, scaling, problem.only_options.seed)
