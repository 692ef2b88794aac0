"""`ann test` at work: evaluate a network on class files, and check what --require demands."""

from __future__ import annotations

from typing import Any

import click

from anncli.arrays import Array
from anncli.backends.reproducible import reproducible
from anncli.cli.asking.network_options import require_trained, threshold_of
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.reading import note_one_set, refuse_answer_options, refuse_table_options
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.report import collapse_warning, evaluation_text
from anncli.cli.showing.seen_rows import NOT_KNOWN, SetReport, marks, seen_document, set_report, table_rows
from anncli.dataset.dataset import Dataset
from anncli.errors import RequirementError, UsageError, printable
from anncli.evaluation.binary import BinaryEvaluation
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.class_files import read_labelled_classes
from anncli.formats.data.data_kind import are_class_tables, are_tables
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_use import read_labelled
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import evaluate, rows_seen
from anncli.network.network import Network
from anncli.options.requirements import METRIC_FIELDS, Requirement


def run_test(values: Values, words: Words) -> None:
    """Print the evaluation; raises RequirementError for a requirement that is not met."""
    network_path = str(words.network)
    network = load(network_path)
    require_trained(network, network_path)
    threshold = threshold_of(network, values)
    _check_metrics(network, values["require"])
    remarks = Remarks()
    data = _read(values, words, network, remarks)
    show_remarks(values.console, remarks)
    with reproducible(values["reproducible"]):
        report = _report(network, data, threshold, values["threads"])
    judged = report.evaluation if report.unseen is None else report.unseen
    found = collapse_warning(judged, "test", network.record)
    warnings = [*filter(None, [found]), *_gate_warnings(report, values["require"])]
    for warning in warnings:
        values.console.warn(warning)
    met = [_verdict(report.evaluation, requirement) for requirement in values["require"]]
    if values["json"]:
        document: dict[str, Any] = {"command": "test", "network": printable(network_path), "threshold": threshold}
        document |= {"sets": {"test": report.evaluation.as_dict()}, **seen_document({"test": report}, ("test",))}
        print_json({**document, "requirements": met, "warnings": [*remarks.warnings(), *warnings]})
    else:
        click.echo("\n".join([evaluation_text(table_rows({"test": report})), *_seen_lines(report)]))
    _check_requirements(values["require"], met)


def _read(values: Values, words: Words, network: Network, remarks: Remarks) -> Dataset:
    """The samples, in labelled tables or in one file per class."""
    request, read = table_request(values), read_request(values)
    if are_tables(words.data, request, read, network):
        data = read_labelled(words.data, TableReader(request, read, remarks), network)
        note_one_set([source for source in data.sources if source.n_samples], remarks)
        return data
    if are_class_tables(words.data, request, read, network):
        refuse_answer_options(request)
        return read_labelled_classes(words.data, TableReader(request, read, remarks), network)
    refuse_table_options(request, read)
    return read_dataset(words.data, network=network, data_format=read.format, remarks=remarks)


def _report(network: Network, data: Dataset, threshold: float | None, threads: int) -> SetReport:
    seen = rows_seen(network, data)

    def of_rows(among: Array | None) -> Any:
        return evaluate(network, data, among, threshold=threshold, threads=threads)

    digests = network.row_digests
    return set_report(of_rows, data.answered(), seen, digests is None or digests.is_exact)


def _seen_lines(report: SetReport) -> list[str]:
    """How many of the rows trained the network: always said, because files do not tell."""
    if report.n_seen is None:
        return [f"rows that trained the network: {NOT_KNOWN}"]
    return marks({"test": report}) or ["rows that trained the network: none of these"]


def _gate_warnings(report: SetReport, wanted: tuple[Requirement, ...]) -> list[str]:
    if not wanted or not report.n_seen:
        return []
    return [f"--require was checked on all rows, and {report.n_seen} of them trained the network"]


def _check_metrics(network: Network, wanted: tuple[Requirement, ...]) -> None:
    """Some metrics exist for two classes only, others for more, or for another task."""
    if not wanted:
        return
    kind, what = _kind_of_evaluation(network)
    for requirement in wanted:
        if METRIC_FIELDS[requirement.metric] not in kind._fields:
            existing = [name for name, field in METRIC_FIELDS.items() if field in kind._fields]
            raise UsageError(
                f"--require: '{requirement.metric}' does not exist for {what}",
                advice="use one of " + ", ".join(existing),
            )


def _kind_of_evaluation(network: Network) -> tuple[Any, str]:
    """The class of the evaluations of a network, and what such networks are for."""
    if network.task == "regression":
        from anncli.evaluation.regression import RegressionEvaluation

        return RegressionEvaluation, network.task
    if network.task == "multi-label":
        from anncli.evaluation.multilabel import MultilabelEvaluation

        return MultilabelEvaluation, network.task
    from anncli.evaluation.multiclass import MulticlassEvaluation

    return (BinaryEvaluation if network.n_outputs == 1 else MulticlassEvaluation), "this number of classes"


def _verdict(evaluation: Any, requirement: Requirement) -> dict[str, Any]:
    """A requirement, the value it is about, and whether it is met; an undefined metric meets none."""
    value = getattr(evaluation, METRIC_FIELDS[requirement.metric])
    return {"requirement": str(requirement), "value": value, "met": bool(requirement.holds(value))}


def _check_requirements(wanted: tuple[Requirement, ...], verdicts: list[dict[str, Any]]) -> None:
    """Raises RequirementError naming every requirement that is not met."""
    failed = []
    for requirement, verdict in zip(wanted, verdicts, strict=True):
        if not verdict["met"]:
            value = verdict["value"]
            failed.append(f"{requirement} (it is {'undefined' if value is None else f'{value:.6g}'})")
    if failed:
        raise RequirementError("requirement not met: " + ", ".join(failed))
