"""`ann test` at work: evaluate a network on class files, and check what --require demands."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.arrays import Array
from anncli.backends.reproducible import reproducible
from anncli.cli.asking.network_options import abstain_of, refuse_rule, require_trained, threshold_of
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.baselines import check_baselines, test_baselines
from anncli.cli.running.confidence import Asked, dependence
from anncli.cli.running.forecasts import of_test
from anncli.cli.running.gates import Judgement, check_wanted, judge
from anncli.cli.running.junit import JUnitFile
from anncli.cli.running.matrix_file import check_matrix, write_matrix
from anncli.cli.running.reading import read_evaluated
from anncli.cli.running.required_values import kind_of, kind_of_data
from anncli.cli.running.seen_texts import seen_texts_line
from anncli.cli.showing.baselines_report import baselines_document, baselines_text
from anncli.cli.showing.console import print_json
from anncli.cli.showing.memory_report import MemoryReport, about_rows
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.cli.showing.report import collapse_warning, evaluation_text
from anncli.cli.showing.seen_rows import NOT_KNOWN, SetReport, marks, seen_document, set_report, table_rows
from anncli.dataset.dataset import Dataset
from anncli.errors import printable
from anncli.evaluation.interval import Confidence
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import evaluate, rows_seen
from anncli.inference.recall import STEPS
from anncli.network.network import Network


def run_test(values: Values, words: Words) -> None:
    """Print the evaluation; raises RequirementError for a requirement that is not met."""
    junit = JUnitFile(values["junit"], "test", str(words.network), [str(words.network), *words.data])
    with junit.of_run():
        _test(values, words, junit)


def _test(values: Values, words: Words, junit: JUnitFile) -> None:
    refuse_rule(values)
    network_path = str(words.network)
    network = load(network_path)
    show_network_remarks(values.console, network)
    require_trained(network, network_path)
    abstain = abstain_of(network, values, threshold := threshold_of(network, values))
    asked = _checked(values, network)
    confidence = None if dependence(network) else asked.confidence_of_test(values["json"])
    remarks = Remarks()
    data = read_evaluated(values, words.data, network, remarks)
    junit.check_read()
    baselines = _baselines(values, network, data, remarks) if values["baselines"] else None
    show_remarks(values.console, remarks)
    with reproducible(values["reproducible"]):
        report = _report(network, data, threshold, abstain or (), values["threads"], confidence)
        forecast = of_test(network, data, values["threads"])
    memory = about_rows(network, data, values["steps"] or STEPS, values["threads"])
    write_matrix(values["matrix"], report.evaluation)
    judged = report.evaluation if report.unseen is None else report.unseen
    shown = table_rows({"test": report})
    gates = judge(values["require"], kind_of_data(data, network), report, "the test set")
    warnings = _warned(values, collapse_warning(judged, "test", network.record), gates)
    if values["json"]:
        document: dict[str, Any] = {"command": "test", "network": printable(network_path), "threshold": threshold}
        document |= {} if abstain is None else {"abstain": list(abstain)}
        document |= {"sets": {"test": report.evaluation.as_dict()}, **seen_document({"test": report}, ("test",))}
        document |= asked.document(shown, confidence) | forecast.document()
        document |= {} if memory is None else {"memory": memory.document()}
        if baselines is not None:
            document["baselines"] = baselines_document(baselines, _judged_rows(report))
        print_json({**document, "requirements": gates.documents(), "warnings": [*remarks.warnings(), *warnings]})
    else:
        text = _figures(network, data, report, memory)
        beside = "" if baselines is None else baselines_text(judged, baselines, data.task, _judged_rows(report))
        intervals = "" if network.stores else asked.text(shown, confidence)
        told = [text, intervals, forecast.text(values["verbose"]), beside, gates.text()]
        click.echo("\n\n".join(filter(None, told)))
    junit.write(gates)
    gates.raise_missed()


def _warned(values: Values, of_outputs: str | None, gates: Judgement) -> list[str]:
    """The warnings of a test, which are shown too."""
    warnings = [*filter(None, [of_outputs]), *gates.warnings]
    for warning in warnings:
        values.console.warn(warning)
    return warnings


def _figures(network: Network, data: Dataset, report: SetReport, memory: MemoryReport | None) -> str:
    """The tables, of a memory in their place what it recalls."""
    seen = [seen_texts_line(network, data)] if network.predicts_next else _seen_lines(report)
    tables = [] if network.stores else ["\n".join([evaluation_text(table_rows({"test": report})), *seen])]
    return "\n\n".join([*tables, *([] if memory is None else ["\n".join(memory.lines())])])


def _checked(values: Values, network: Network) -> Asked:
    """Which intervals are wanted; raises UsageError, before data are read, for options that do not fit the network."""
    check_wanted(values["require"], kind_of(network))
    check_matrix(values["matrix"], network)
    check_baselines(values, network.quantiles, network.topology.takes_vectors)
    asked = Asked.of(values)
    asked.check(network, network.task)
    return asked


def _baselines(values: Values, network: Network, data: Dataset, remarks: Remarks) -> JudgedBaselines:
    """On the rows that did not train the network, or on all where all did or nothing is known."""
    seen, rows = rows_seen(network, data), data.counted()
    if seen is not None and (rows & ~seen).any():
        rows = rows & ~seen
    return test_baselines(values, network, data, np.flatnonzero(rows), remarks)


def _judged_rows(report: SetReport) -> str:
    return "all rows" if report.unseen is None else "the rows that did not train the network"


def _report(
    network: Network,
    data: Dataset,
    threshold: float | None,
    abstain: tuple[float, ...],
    threads: int,
    confidence: Confidence | None,
) -> SetReport:
    seen = rows_seen(network, data)

    def of_rows(among: Array | None) -> Any:
        return evaluate(network, data, among, threshold, threads, abstain, confidence)

    digests = network.row_digests
    unit = f"{network.topology.noun}s"
    return set_report(of_rows, data.counted(), seen, digests is None or digests.is_exact, unit)


def _seen_lines(report: SetReport) -> list[str]:
    """How many of the rows trained the network: always said, because files do not tell."""
    if report.n_seen is None:
        return [f"rows that trained the network: {NOT_KNOWN}"]
    return marks({"test": report}) or [f"{report.unit} that trained the network: none of these"]
