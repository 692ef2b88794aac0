"""`ann cv` at work: trains on all folds but one and tests on that one, for every fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.ending import EndingAtSignals
from anncli.cli.running.experiment_problem import ExperimentProblem, experiment_problem
from anncli.cli.running.ledgers import open_ledger
from anncli.cli.running.places import refuse_read_files
from anncli.cli.showing.console import print_json
from anncli.cli.showing.cv_report import document, report
from anncli.cli.showing.remarks import show_remarks
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.experiments.cross_validation import (
    OutOfFold,
    Validated,
    cv_specs,
    make_splits,
    out_of_fold,
    pooled,
    run_cv,
)
from anncli.experiments.executors.choice import make_executor
from anncli.experiments.inputs import register
from anncli.experiments.ledger import Ledger
from anncli.experiments.spec import Result, Spec
from anncli.formats.data.remarks import Remarks
from anncli.training.decisions import choose_loss, choose_targets, choose_threshold

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def run_cross_validation(values: Values, words: Words) -> None:
    """Print tables, or one JSON document; raises UsageError for folds that the rows cannot fill."""
    remarks = Remarks()
    problem = experiment_problem(values, words, remarks)
    show_remarks(values.console, remarks)
    refuse_read_files({"--ledger": values["ledger"]})
    if problem.rows is not None:
        raise UsageError("ann cv draws its test sets itself", advice="leave --validation FILES out")
    found = _validated(values, words, problem)
    if values["json"]:
        print_json(
            {"command": "cv", "network": words.network, "epochs": words.epochs, **document(found, values["confidence"])}
        )
    else:
        click.echo(report(found, values["confidence"]))


def _validated(values: Values, words: Words, problem: ExperimentProblem) -> Validated:
    network, options = problem.network, next(iter(problem.options.values()))
    data = problem.data if isinstance(problem.data, Dataset) else problem.data.bare()
    splits = make_splits(data, values["folds"], values["repeats"], options.seed)
    ref = register(problem.data, problem.paths, data_format=values["format"], n_inputs=network.n_inputs)
    specs = cv_specs(problem.source, ref, options, words.epochs, splits)
    with open_ledger(values["ledger"]) as ledger:
        results = _run(values, specs, ledger)
    definition = network.definition() if network.is_trained else network
    targets = choose_targets(definition, options, choose_loss(definition, options, data.task))
    threshold = choose_threshold(definition, options, targets)

    def evaluated(predicted: OutOfFold) -> Evaluation:
        return pooled(data, network, threshold, predicted)

    of_folds = [
        evaluated(out_of_fold([split], [result], network.n_outputs)[0])
        for split, result in zip(splits, results, strict=True)
    ]
    together = [evaluated(one) for one in out_of_fold(splits, results, network.n_outputs)]
    _warn(values, results)
    return Validated(splits, of_folds, together)


def _warn(values: Values, results: Sequence[Result]) -> None:
    """Say once what trainings warned of, and in how many of them."""
    counts = Counter(text for result in results for text in dict.fromkeys(result.warnings))
    for text, count in counts.items():
        values.console.warn(text if count == len(results) else f"in {count} of {len(results)} trainings: {text}")
    engines = dict.fromkeys(result.engine for result in results)
    if len(engines) > 1:
        values.console.warn(f"the ledger mixes results of {' and '.join(engines)}: the last digits may differ")


def _run(values: Values, specs: Sequence[Spec], ledger: Ledger | None) -> list[Result]:
    console, jobs = values.console, values["jobs"]
    executor = make_executor("processes" if jobs > 1 else "in-process", jobs, console.warn)

    def message() -> str:
        if ledger is None:
            return "interrupted; with --ledger FILE the same command goes on"
        done = sum(ledger.known(spec.digest()) is not None for spec in specs)
        return f"interrupted; the ledger holds {done} of {len(specs)} trainings, and the same command runs the others"

    with EndingAtSignals(message), console.progress(len(specs), "training") as bar:
        return run_cv(specs, executor, ledger, lambda done, spec: bar.update(done, spec.title))
