"""`ann curvature` at work: the second derivatives of the loss of a network on rows with answers."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click
import numpy as np

from anncli.analysis.curvature import measure, planned
from anncli.analysis.curvature_data import MOST_ROWS, Asked, curved_loss, loss_of, penalty_of
from anncli.analysis.curved_loss import CurvedLoss, Matrix, kinks, refusal
from anncli.analysis.surface import some_rows
from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.reading import counted_rows, read_evaluated
from anncli.cli.showing.console import print_json
from anncli.cli.showing.curvature_report import Measured, curvature_document, curvature_text
from anncli.cli.showing.figures.facts import SpectrumRequest
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.errors import UsageError, count_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import check_data, rows_seen
from anncli.network.network import Network
from anncli.training.beginning import refuse_ensemble


def run_curvature(values: Values, words: Words) -> None:
    """Print the tables, or one JSON document."""
    path = str(words.network)
    network = load(path)
    show_network_remarks(values.console, network)
    require_trained(network, path)
    matrix, asked, most = matrix_of(values), asked_of(values), most_rows(values)
    loss = check_curved(network, asked, "ann curvature")
    remarks = Remarks()
    data = read_evaluated(values, words.data, network, remarks)
    show_remarks(values.console, remarks)
    check_data(network, data)
    counted = np.flatnonzero(counted_rows(data, words.data))
    rows, seen = some_rows(counted, most, values["seed"]), rows_seen(network, data)
    if len(rows) < len(counted):
        drawn = f"{len(rows)} of the {count_of(len(counted), network.topology.noun)}"
        values.console.note(
            f"the curvature is measured on {drawn}, drawn by --seed {values['seed']}; --rows N takes more"
        )
    curved = curved_loss(network, data, rows, loss)
    warnings = kink_warnings(curved, matrix)
    for warning in warnings:
        values.console.warn(warning)
    with (
        values.console.progress(planned(network.topology.n_parameters, values["probes"]), "product") as bar,
        closing(curved),
    ):
        found = measure(
            curved, matrix, probes=values["probes"], count=values["eigenvalues"], seed=values["seed"],
            l2=penalty_of(network, asked), tick=bar.update,
        )  # fmt: skip
    n_seen = None if seen is None else int(np.count_nonzero(seen[rows]))
    measured = Measured(found, path, network, loss, len(rows), n_seen)
    if values["json"]:
        document: dict[str, Any] = {**curvature_document(measured), "warnings": [*remarks.warnings(), *warnings]}
        print_json(document)
    else:
        click.echo(curvature_text(measured))


def matrix_of(values: Values) -> Matrix:
    """The matrix that --matrix names."""
    return values.given_value("matrix") or "hessian"


def asked_of(values: Values) -> Asked:
    """What the options say about loss and penalty."""
    given = values.given_value
    loss = given("loss")
    return Asked(None if loss == "auto" else loss, given("l2"))


def most_rows(values: Values) -> int:
    """The most rows that are taken."""
    return values.given_value("rows") or MOST_ROWS


def spectrum_request(values: Values, network: Network) -> SpectrumRequest:
    """What is asked of a spectrum; raises UsageError for a network that has none."""
    check_curved(network, Asked(), "ann plot spectrum")
    return SpectrumRequest(matrix_of(values), most_rows(values))


def check_curved(network: Network, asked: Asked, command: str) -> str:
    """The loss whose curvature is measured; raises UsageError for one that has none, and for an ensemble."""
    refuse_ensemble(network, command)
    loss = loss_of(network, asked)
    # Outputs that are quantiles have no targets for another loss.
    if reason := refusal(loss if not network.quantiles else loss_of(network, Asked())):
        has_other = command == "ann curvature" and not network.quantiles
        raise UsageError(reason, advice="say --loss huber or --loss mse" if has_other else None)
    return loss


def kink_warnings(loss: CurvedLoss, matrix: Matrix) -> list[str]:
    """What to know where slopes jump."""
    names = kinks(loss.topology)
    if names is None or matrix != "hessian":
        return []
    start = f"{names}, where the loss has no second derivatives"
    if not loss.is_by_differences:
        return [f"{start}: the figures are those of the smooth pieces between them"]
    return [
        f"{start}: differences meet some of them by chance, so that the figures are rough; --matrix gauss-newton does not depend on them"
    ]
