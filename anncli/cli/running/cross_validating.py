"""`ann cv` at work: trains on all folds but one and tests on that one, for every fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.baselines import check_folds, fold_baselines
from anncli.cli.running.confidence import Asked
from anncli.cli.running.cv_files import (
    check_files,
    refuse_files_read,
    splits_of_command,
    with_point,
    write_final_network,
)
from anncli.cli.running.devices import estimate_document, estimate_text, of_estimates, of_network, say_at_once
from anncli.cli.running.executing import executor_of
from anncli.cli.running.experiment_problem import ExperimentProblem, experiment_problem, refuse_known_weights
from anncli.cli.running.fold_predictions import check_columns, write_fold_predictions
from anncli.cli.running.forecasts import of_folds
from anncli.cli.running.gates import check_wanted, judge_folds
from anncli.cli.running.junit import JUnitFile
from anncli.cli.running.ledgers import open_ledger, trainings_in_hand
from anncli.cli.running.required_values import kind_of_data
from anncli.cli.showing.baselines_report import baselines_document, baselines_text
from anncli.cli.showing.console import print_json
from anncli.cli.showing.cv_report import document, report, test_share
from anncli.cli.showing.decision_report import say_point
from anncli.cli.showing.remarks import show_remarks
from anncli.errors import count_of
from anncli.evaluation.interval import Confidence
from anncli.experiments.cross_validation import (
    OutOfFold,
    Validated,
    cv_specs,
    final_spec,
    out_of_fold,
    pooled,
    pooled_point,
    run_cv,
)
from anncli.experiments.equal_rows import count_equal_rows
from anncli.experiments.executors.base import Executor
from anncli.experiments.inputs import Data, register
from anncli.experiments.ledger import Ledger
from anncli.experiments.spec import Result, Spec
from anncli.experiments.splits import Split
from anncli.formats.data.remarks import Remarks
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.decisions import choose_loss, choose_targets, choose_threshold

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def run_cross_validation(values: Values, words: Words) -> None:
    """Print tables, or one JSON document, and write what was asked for; raises UsageError for folds that the rows cannot fill,
    and RequirementError for a requirement that is not met."""
    files = (values[name] for name in ("ledger", "folds_file", "output", "predictions"))
    read = [*filter(None, [words.network, *files]), *words.data]
    junit = JUnitFile(values["junit"], "cv", words.network or words.data[0], read)
    with junit.of_run():
        _cross_validate(values, words, junit)


def _cross_validate(values: Values, words: Words, junit: JUnitFile) -> None:
    check_files(values, words)
    executor, remarks = executor_of(values), Remarks()
    problem = experiment_problem(values, words, remarks)
    wanted, kind = values["require"], kind_of_data(problem.data, problem.network)
    check_wanted(wanted, kind)
    junit.check_read()
    _check_read(values, problem, remarks)
    network, asked = judged_network(problem), Asked.of(values)
    asked.check(network, network.task)
    if values["predictions"] is not None:
        check_columns(values, problem.data, network)
    found, final = _validated(values, words, problem, network, executor)
    if values["predictions"] is not None:
        write_fold_predictions(values, problem.data, network, found)
    if final is not None:
        data = problem.bare
        point = pooled_point(data, network, _options(problem), found.predicted)
        write_final_network(values, words, _options(problem), with_point(final, point, values["output"]), found)
        say_point(values.console, point)
    confidence = values["confidence"]
    gates = judge_folds(wanted, kind, found.evaluations, found.together, test_share(found), confidence)
    baselines = _baselines(problem, network, found) if values["baselines"] else None
    forecast = of_folds(problem, network, found.splits, found.predicted[0])
    if values["json"]:
        head = {"command": "cv", "network": words.network, "epochs": words.epochs}
        shown = {} if baselines is None else {"baselines": baselines_document(baselines, "all rows of repeat 1")}
        shown |= forecast.document() | asked.document(_repeats(found), None) | {"confidence": confidence}
        shown |= estimate_document(executor, values["keep_device_weights"], final is not None)
        print_json({**head, **document(found, confidence), **shown, "requirements": gates.documents()})
    else:
        beside = "" if baselines is None else _beside(baselines, found, problem.data.task)
        ahead = forecast.text(values["verbose"])
        device = estimate_text(executor, values["keep_device_weights"], final is not None)
        blocks = [report(found, confidence), device, ahead, beside, asked.text(_repeats(found), None), gates.text()]
        click.echo("\n\n".join(filter(None, blocks)))
    junit.write(gates)
    gates.raise_missed()


def _check_read(values: Values, problem: ExperimentProblem, remarks: Remarks) -> None:
    """What there is to say about the data, and to refuse, when they are read."""
    show_remarks(values.console, remarks)
    refuse_files_read(values)
    refuse_known_weights(problem.network, problem.only_options)
    if problem.rows is not None:
        values.console.note("the sets of the file are put together, and all its rows are cross-validated")


def _beside(baselines: JudgedBaselines, found: Validated, task: str) -> str:
    of, learnt = "all rows of repeat 1", "the training rows of each fold"
    return baselines_text(found.together[0], baselines, task, of, learnt)


def _baselines(problem: ExperimentProblem, network: Network, found: Validated) -> JudgedBaselines:
    return fold_baselines(problem, network, [split for split in found.splits if split.repeat == 1])


def _repeats(found: Validated) -> dict[str, Evaluation]:
    """The evaluations of all rows together, by names for people."""
    several = len(found.together) > 1
    return {f"repeat {k}" if several else "all folds": one for k, one in enumerate(found.together, 1)}


def _options(problem: ExperimentProblem) -> TrainingOptions:
    """Of every training. Files of a validation set, which the network file may name, are of no use to folds."""
    options = problem.only_options
    return options._replace(validation=None) if isinstance(options.validation, tuple) else options


def judged_network(problem: ExperimentProblem) -> Network:
    """The network with everything that its evaluation needs and training decides, but the weights."""
    data, options, network = problem.data, _options(problem), problem.network
    network = network.definition() if network.is_trained else network
    loss = choose_loss(network, options, data.task)
    targets = choose_targets(network, options, loss)
    is_of_numbers = data.task == "regression"
    return replace(
        network,
        loss=loss,
        targets=None if is_of_numbers else targets,
        threshold=None if is_of_numbers else choose_threshold(network, options, targets),
        classes=data.classes,
        task=network.task if data.task == "classification" else data.task,
        target_names=data.target_names,
        abstain=options.abstain or None,
    )


def _validated(
    values: Values, words: Words, problem: ExperimentProblem, network: Network, executor: Executor
) -> tuple[Validated, bytes | None]:
    """What the trainings found, and the bytes of the network of all rows, where it was asked for."""
    options = _options(problem)
    data = problem.bare
    splits = splits_of_command(values, data, options.seed)
    if values["baselines"]:
        check_folds(splits, network)
    _warn_of_equal_rows(values, problem.data, splits)
    ref = register(problem.data, problem.paths, data_format=values["format"], n_inputs=problem.network.n_inputs)
    specs = of_estimates(executor, cv_specs(problem.source, ref, options, words.epochs, splits))
    if values["output"] is not None:
        final_one = final_spec(problem.source, ref, options, words.epochs)
        specs.append(of_network(executor, final_one, values["keep_device_weights"]))
    say_at_once(values.console, executor, specs)
    with open_ledger(values["ledger"]) as ledger:
        results = run_specs(values, specs, executor, ledger)
    warn_of_results(values, results, [spec.device for spec in specs])
    final = results.pop().network if values["output"] is not None else None
    threshold = network.decision_threshold

    def evaluated(predicted: OutOfFold, confidence: Confidence | None = None) -> Evaluation:
        return pooled(data, network, threshold, predicted, confidence)

    of_folds = [
        evaluated(out_of_fold(data, [split], [result], network.n_outputs)[0])
        for split, result in zip(splits, results, strict=True)
    ]
    predicted = out_of_fold(data, splits, results, network.n_outputs)
    thresholds = [result.decision["threshold"] for result in results if result.decision is not None]
    confidence = Asked.of(values).confidence_of_all(values["json"], options.seed)
    together = [evaluated(one, confidence) for one in predicted]
    return Validated(splits, of_folds, together, predicted, thresholds, specs[0].device), final


def _warn_of_equal_rows(values: Values, data: Data, splits: Sequence[Split]) -> None:
    n_equal = count_equal_rows(data, splits)
    if n_equal:
        n_tested = sum(len(split.test) for split in splits)
        text = f"{n_equal} of {count_of(n_tested, 'test row')} equal a training row of their fold in all inputs"
        values.console.warn(f"{text}: for new rows the figures may be optimistic")


def warn_of_results(values: Values, results: Sequence[Result], devices: Sequence[str] = ()) -> None:
    """Say once what trainings warned of, and in how many of them; devices: of each training, '' for the CPU."""
    counts = Counter(text for result in results for text in dict.fromkeys(result.warnings))
    for text, count in counts.items():
        values.console.warn(text if count == len(results) else f"in {count} of {len(results)} trainings: {text}")
    for device in dict.fromkeys(devices or [""]):
        among = [k for k, one in enumerate(devices or [""] * len(results)) if one == device]
        engines = dict.fromkeys(results[k].engine for k in among)
        if len(engines) > 1:
            values.console.warn(f"the ledger mixes results of {' and '.join(engines)}: the last digits may differ")


def run_specs(values: Values, specs: Sequence[Spec], executor: Executor, ledger: Ledger | None) -> list[Result]:
    without = "interrupted; with --ledger FILE the same command goes on"
    with trainings_in_hand(values.console, specs, ledger, without) as progress:
        return run_cv(specs, executor, ledger, progress)
