"""`ann compare --folds` at work: definitions of networks, each trained anew in every fold of the same cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import click
import numpy as np

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.baselines import check_folds, fold_baselines
from anncli.cli.running.comparing_networks import shown_names
from anncli.cli.running.cross_validating import judged_network, run_specs, warn_of_results
from anncli.cli.running.executing import executor_of
from anncli.cli.running.experiment_problem import ExperimentProblem, experiment_problem, refuse_known_weights
from anncli.cli.running.ledgers import open_ledger
from anncli.cli.running.places import refuse_read_files
from anncli.cli.showing.baselines_report import baselines_document, baselines_text
from anncli.cli.showing.compare_report import Pair, metrics_text, pairs_document, pairs_text, sentence, with_holm
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError, printable
from anncli.evaluation.comparison import Difference, metrics_of
from anncli.evaluation.paired import corrected_t
from anncli.experiments.cross_validation import OutOfFold, cv_specs, out_of_fold, pooled
from anncli.experiments.inputs import register
from anncli.experiments.spec import Result, Spec
from anncli.experiments.splits import Split, make_splits
from anncli.formats.data.remarks import Remarks
from anncli.network.network import Network

_OF_POSITIVE = ("sensitivity", "specificity", "f1")


class _Entry(NamedTuple):
    """A definition: its name in tables, what it is trained on, the network as its evaluation needs it, and the bare data."""

    name: str
    problem: ExperimentProblem
    network: Network
    data: Dataset


def run_definitions(values: Values, words: Words) -> None:
    """Print the tables and sentences, or one JSON document."""
    _check(values, words)
    remarks, executor = Remarks(), executor_of(values)
    entries = _entries(values, words, remarks)
    show_remarks(values.console, remarks)
    refuse_read_files({"--ledger": values["ledger"]})
    first = entries[0]
    seed = first.problem.only_options.seed
    splits = make_splits(first.data, values["folds"], values["repeats"], seed)
    if values["baselines"]:
        check_folds(splits, first.network)
    specs = [spec for entry in entries for spec in _specs(values, entry, words.epochs, splits)]
    with open_ledger(values["ledger"]) as ledger:
        results = run_specs(values, specs, executor, ledger)
    warn_of_results(values, results)
    _show(values, words, entries, splits, results)


def _show(
    values: Values, words: Words, entries: Sequence[_Entry], splits: Sequence[Split], results: Sequence[Result]
) -> None:
    found = {}
    for number, entry in enumerate(entries):
        own = results[number * len(splits) : (number + 1) * len(splits)]
        found[entry.name] = _evaluations(entry, splits, own)
    share = float(np.mean([len(split.test) / len(split.training) for split in splits]))
    pairs = with_holm(
        [(one, other, _differences(found[one], found[other], share, values)) for one, other in combinations(found, 2)]
    )
    first, once = entries[0], [split for split in splits if split.repeat == 1]
    baselines = fold_baselines(first.problem, first.network, once) if values["baselines"] else None
    if values["json"]:
        print_json(_document(values, words, found, pairs, baselines))
        return
    blocks = [_text(values, len(splits), found, pairs)]
    if baselines is not None:
        limit = first.network.decision_threshold
        evaluation = pooled(first.data, first.network, limit, _predicted(first, once, results))
        of, learnt = f"all rows of repeat 1 (network: {first.name})", "the training rows of each fold"
        blocks.append(baselines_text(evaluation, baselines, first.data.task, of, learnt))
    click.echo("\n\n".join(blocks))


def _check(values: Values, words: Words) -> None:
    if "-" in words.data:
        raise UsageError("compare reads the data once for each network, and stdin only once", advice="name files")
    if "training" in values.on_command_line:
        raise UsageError("--training: in every fold the baselines learn from its training rows", advice="leave it out")


def _entries(values: Values, words: Words, remarks: Remarks) -> list[_Entry]:
    """The definitions; raises UsageError and DataError for those that cannot be trained on the same rows."""
    entries: list[_Entry] = []
    for name, path in zip(shown_names(words.networks), words.networks, strict=True):
        problem = experiment_problem(values, words._replace(network=path), remarks if not entries else Remarks())
        refuse_known_weights(problem.network, problem.only_options)
        data = problem.bare
        entries.append(_Entry(name, problem, judged_network(problem), data))
        if not _same_answers(entries[0].data, data):
            message = f"{printable(path)} reads other answers than {printable(words.networks[0])}"
            raise DataError(message, path=words.data[0], advice="compare definitions that answer the same question")
    return entries


def _same_answers(first: Dataset, other: Dataset) -> bool:
    if (first.task, first.n_samples, first.n_answers, set(first.classes)) != (
        other.task,
        other.n_samples,
        other.n_answers,
        set(other.classes),
    ):
        return False
    if first.targets is not None and other.targets is not None:
        return np.array_equal(first.targets, other.targets, equal_nan=True)
    # A definition may call another class the positive one.
    return bool((_names_of_rows(first) == _names_of_rows(other)).all())


def _names_of_rows(data: Dataset) -> Array:
    return np.array([*data.classes, ""], dtype=object)[data.labels]


def _specs(values: Values, entry: _Entry, epochs: int, splits: Sequence[Split]) -> list[Spec]:
    problem = entry.problem
    ref = register(problem.data, problem.paths, data_format=values["format"], n_inputs=problem.network.n_inputs)
    specs = cv_specs(problem.source, ref, problem.only_options, epochs, splits)
    return [spec._replace(labels={"network": entry.name, **spec.labels}) for spec in specs]


def _evaluations(entry: _Entry, splits: Sequence[Split], results: Sequence[Result]) -> list[Any]:
    found = []
    for split, result in zip(splits, results, strict=True):
        predicted = out_of_fold(entry.data, [split], [result], entry.network.n_outputs)[0]
        found.append(pooled(entry.data, entry.network, entry.network.decision_threshold, predicted))
    return found


def _predicted(entry: _Entry, splits: Sequence[Split], results: Sequence[Result]) -> OutOfFold:
    """Of the first repeat, whose results come first."""
    return out_of_fold(entry.data, splits, results[: len(splits)], entry.network.n_outputs)[0]


def _differences(first: Sequence[Any], second: Sequence[Any], share: float, values: Values) -> tuple[Difference, ...]:
    """Of the metrics that all folds of both have."""
    found = []
    for metric in _metrics([*first, *second]):
        ours, theirs = ([float(getattr(e, metric)) for e in own] for own in (first, second))
        verdict = corrected_t(ours, theirs, share)
        if verdict is not None:
            interval = verdict.interval(values["confidence"])
            found.append(Difference(metric, verdict.difference, interval, verdict.p, "corrected t"))
    return tuple(found)


def _metrics(evaluations: Sequence[Any]) -> list[str]:
    """What all evaluations have, without metrics of the positive class where this is not the same in all."""
    orders = {getattr(e, "classes", ()) for e in evaluations}
    return [name for name in metrics_of(evaluations) if len(orders) == 1 or name not in _OF_POSITIVE]


def _means(found: dict[str, list[Any]]) -> dict[str, dict[str, float | None]]:
    names = _metrics([e for own in found.values() for e in own])
    return {
        name: {metric: float(np.mean([getattr(e, metric) for e in own])) for metric in names}
        for name, own in found.items()
    }


def _text(values: Values, n_folds: int, found: dict[str, list[Any]], pairs: list[Pair]) -> str:
    confidence = values["confidence"]
    blocks = [metrics_text(_means(found), f"mean of {n_folds} folds"), pairs_text(pairs, confidence)]
    return "\n\n".join([*blocks, "\n".join(sentence(pair, confidence) for pair in pairs)])


def _document(
    values: Values, words: Words, found: dict[str, list[Any]], pairs: list[Pair], baselines: JudgedBaselines | None
) -> dict[str, Any]:
    metrics = _metrics([e for own in found.values() for e in own])
    document: dict[str, Any] = {
        "command": "compare",
        "compared": [printable(path) for path in words.networks],
        "epochs": words.epochs,
        "confidence": values["confidence"],
        "folds": {
            name: {metric: [getattr(e, metric) for e in own] for metric in metrics} for name, own in found.items()
        },
        "means": _means(found),
        "pairs": pairs_document(pairs),
        "in_words": [sentence(pair, values["confidence"]) for pair in pairs],
    }
    if baselines is not None:
        document["baselines"] = baselines_document(baselines, "all rows of repeat 1")
    return document
