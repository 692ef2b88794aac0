"""`ann test` at work: evaluate a network on class files, and check what --require demands."""

from __future__ import annotations

from typing import Any

import click

from anncli.backends.reproducible import reproducible
from anncli.cli.asking.network_options import require_trained, threshold_of
from anncli.cli.asking.values import Values
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.report import collapse_warning, evaluation_text
from anncli.errors import RequirementError, UsageError, printable
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.multiclass import MulticlassEvaluation
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import evaluate
from anncli.network.network import Network
from anncli.options.requirements import METRIC_FIELDS, Requirement


def run_test(values: Values, network_path: str, class_files: tuple[str, ...]) -> None:
    """Print the evaluation; raises RequirementError for a requirement that is not met."""
    network = load(network_path)
    require_trained(network, network_path)
    threshold = threshold_of(network, values)
    _check_metrics(network, values["require"])
    remarks = Remarks()
    data = read_dataset(class_files, network=network, data_format=values["data_format"], remarks=remarks)
    show_remarks(values.console, remarks)
    with reproducible(values["reproducible"]):
        evaluation = evaluate(network, data, threshold=threshold, threads=values["threads"])
    warning = collapse_warning(evaluation, "test", network.record)
    if warning:
        values.console.warn(warning)
    if values["json"]:
        document = {"command": "test", "network": printable(network_path), "threshold": threshold}
        warnings = remarks.warnings() + ([warning] if warning else [])
        print_json({**document, "parts": {"test": evaluation.as_dict()}, "warnings": warnings})
    else:
        click.echo(evaluation_text({"test": evaluation}))
    _check_requirements(evaluation, values["require"])


def _check_metrics(network: Network, wanted: tuple[Requirement, ...]) -> None:
    """Some metrics exist for two classes only, others for more."""
    kind = BinaryEvaluation if network.n_outputs == 1 else MulticlassEvaluation
    for requirement in wanted:
        if METRIC_FIELDS[requirement.metric] not in kind._fields:
            existing = [name for name, field in METRIC_FIELDS.items() if field in kind._fields]
            raise UsageError(
                f"--require: '{requirement.metric}' does not exist for this number of classes",
                advice="use one of " + ", ".join(existing),
            )


def _check_requirements(evaluation: Any, wanted: tuple[Requirement, ...]) -> None:
    """Raises RequirementError naming every requirement that is not met; an undefined metric meets none."""
    failed = []
    for requirement in wanted:
        value = getattr(evaluation, METRIC_FIELDS[requirement.metric])
        if not requirement.holds(value):
            failed.append(f"{requirement} (it is {'undefined' if value is None else f'{value:.6g}'})")
    if failed:
        raise RequirementError("requirement not met: " + ", ".join(failed))
