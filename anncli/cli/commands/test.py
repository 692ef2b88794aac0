"""`ann test`: judge a network on class files it has not seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from anncli.cli.asking import options
from anncli.cli.asking.trained import require_trained
from anncli.cli.showing.console import print_json
from anncli.errors import RequirementError, UsageError, did_you_mean, printable

if TYPE_CHECKING:
    from anncli.network.network import Network

# What --require may name, and the attribute that holds it.
REQUIRABLE = {
    "acc": "accuracy",
    "accuracy": "accuracy",
    "se": "sensitivity",
    "sp": "specificity",
    "ppv": "ppv",
    "npv": "npv",
    "f1": "f1",
    "auc": "auc",
    "mse": "mse",
    "macro-recall": "macro_recall",
    "macro-precision": "macro_precision",
    "macro-f1": "macro_f1",
}


@options.command("test")
@click.argument("network_path", metavar="NETWORK")
@click.argument("class_files", nargs=-1, required=True, metavar="CLASSFILE...")
@options.threshold
@options.option(
    "--require",
    multiple=True,
    metavar="METRIC>=X",
    help="Exit with 5 unless this holds, as acc>=0.9 or mse<=0.05; repeatable, or comma-separated. Metrics: "
    + ", ".join(name for name in REQUIRABLE if name != "accuracy"),
)
@options.kernel_threads
@options.data_format
@options.common
@click.pass_context
def test_command(ctx: click.Context, /, network_path: str, class_files: tuple[str, ...], **given: Any) -> None:
    """Judge NETWORK on one file per class, in the order it was trained with.

    \b
    Examples:
      ann test network.nn pos.test.txt neg.test.txt
      ann test network.nn pos.test.txt neg.test.txt --threshold 0.3
      ann test network.nn pos.test.txt neg.test.txt --require 'se>=0.9,auc>=0.95'

    Rates are percentages. SE: share of positives found; SP: share of negatives found; PPV, NPV: share of right
    answers among positive and negative ones.
    """
    from anncli.cli.showing.report import evaluation_text
    from anncli.cli.showing.verdict import collapse_warning
    from anncli.formats.data.assemble import read_dataset
    from anncli.formats.networks.storage import load
    from anncli.inference.evaluate import evaluate

    console = options.make_console(ctx)
    wanted = [_requirement(text) for entry in given["require"] for text in entry.split(",")]
    network = load(network_path)
    require_trained(network, network_path)
    threshold = options.read_threshold(network, given["threshold"])
    threads = options.threads(given["threads"])
    _check_metrics(network, wanted)
    data = read_dataset(class_files, network=network, data_format=given["data_format"])
    evaluation = evaluate(network, data, threshold=threshold, threads=threads)
    warning = collapse_warning(evaluation, "test")
    if warning:
        console.warn(warning)
    if given["as_json"]:
        parts = {"test": evaluation.as_dict()}
        warnings = [warning] if warning else []
        print_json(
            {
                "command": "test",
                "network": printable(network_path),
                "threshold": threshold,
                "parts": parts,
                "warnings": warnings,
            }
        )
    else:
        click.echo(evaluation_text({"test": evaluation}))
    _check_requirements(evaluation, wanted)


def _requirement(text: str) -> tuple[str, str, float]:
    match = re.fullmatch(r"\s*([A-Za-z0-9-]+)\s*(>=|<=|>|<)\s*([0-9.eE+-]+)\s*", text)
    try:
        if match is None:
            raise ValueError
        name, sign, number = match[1].lower(), match[2], float(match[3])
    except ValueError:
        raise UsageError(f"--require: cannot read '{text}'", advice="write for example acc>=0.9") from None
    if name not in REQUIRABLE:
        raise UsageError(f"--require: unknown metric '{name}'", advice=did_you_mean(name, REQUIRABLE))
    return name, sign, number


def _check_metrics(network: Network, wanted: list[tuple[str, str, float]]) -> None:
    """Some metrics exist for two classes only, others for more."""
    from anncli.evaluation.binary import BinaryEvaluation
    from anncli.evaluation.multiclass import MulticlassEvaluation

    kind = BinaryEvaluation if network.n_outputs == 1 else MulticlassEvaluation
    for name, _, _ in wanted:
        if REQUIRABLE[name] not in kind._fields:
            has = [known for known, field in REQUIRABLE.items() if field in kind._fields]
            raise UsageError(
                f"--require: '{name}' does not exist for this number of classes", advice="use one of " + ", ".join(has)
            )


def _check_requirements(evaluation: Any, wanted: list[tuple[str, str, float]]) -> None:
    """Raises RequirementError naming every demand that is not met; an undefined metric meets none."""
    failed = []
    for name, sign, number in wanted:
        value = getattr(evaluation, REQUIRABLE[name])
        holds = (
            value is not None
            and {">=": value >= number, "<=": value <= number, ">": value > number, "<": value < number}[sign]
        )
        if not holds:
            failed.append(f"{name}{sign}{number:g} (it is {'undefined' if value is None else f'{value:.6g}'})")
    if failed:
        raise RequirementError("requirement not met: " + ", ".join(failed))
