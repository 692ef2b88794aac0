"""`ann bench` at work: compares trainers on a network and data, each from the same initial weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.executing import executor_of
from anncli.cli.running.experiment_problem import experiment_problem
from anncli.cli.running.ledgers import open_ledger, trainings_in_hand
from anncli.cli.running.places import refuse_read_files
from anncli.cli.showing.bench_report import chart, document, report
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.errors import UsageError
from anncli.experiments.bench import Curves, bench_curves, bench_specs
from anncli.experiments.executors.base import Executor
from anncli.experiments.inputs import register
from anncli.experiments.ledger import Ledger
from anncli.experiments.spec import Spec
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.textfile import check_writable, replace_file
from anncli.training.decisions import fitting_loss


def run_bench(values: Values, words: Words) -> None:
    """Print the table, or one JSON document, and write the plot; raises UsageError if no trainer can train the network."""
    _refuse_files(values)
    network_path, epochs = words.network, words.epochs
    names = values["trainers"]
    plot = values["plot"] or f"{_stem(words)}-bench.svg"
    plot = None if plot == "none" else plot
    if plot is not None:
        check_writable(Path(plot))
    curves = _curves(values, words, plot)
    if all(isinstance(found, str) for found in curves.values()):
        raise UsageError(f"no trainer can do this; {names[0]}: {curves[names[0]]}")
    if not values["json"]:
        click.echo(report(curves))
    if plot is not None:
        replace_file(Path(plot), chart(curves, network_path or "a new network", values["over"]).encode())
    if values["json"]:
        documents = [document(name, found) for name, found in curves.items()]
        print_json({"command": "bench", "network": network_path, "epochs": epochs, "plot": plot, "trainers": documents})
    elif plot is not None:
        click.echo(f"\nplot written to {plot}")


def _stem(words: Words) -> str:
    """The beginning of the name of the plot."""
    if words.network is not None:
        return "network" if words.network == "-" else Path(words.network).stem
    return names_of_files(words.data)[0] if len(words.data) == 1 else "network"


def _refuse_files(values: Values) -> None:
    """Raises UsageError for --validation or --test FILES: bench only splits the class files."""
    for name in ("validation", "test"):
        if name in values.given and isinstance(values[name], tuple):
            raise UsageError(f"--{name} FILES is not for bench", advice=f"give a fraction: --{name} 0.2")


def _curves(values: Values, words: Words, plot: str | None) -> Curves:
    """Read network and data, and train with every trainer, or take what the ledger holds."""
    # Without --executor not threads: they would wait for each other's Python code, and the seconds of one trainer would include
    # those of others.
    executor, remarks = executor_of(values), Remarks()
    problem = experiment_problem(values, words, remarks)
    show_remarks(values.console, remarks)
    refuse_read_files({"--plot": plot, "--ledger": values["ledger"]})
    network, chosen = problem.network, problem.options
    # One loss for all trainers, also for those that would choose another: their loss curves are compared.
    loss = fitting_loss(network, problem.data.task)
    chosen = {name: one._replace(loss=loss) if one.loss == "auto" else one for name, one in chosen.items()}
    ref = register(problem.data, problem.paths, data_format=values["format"], n_inputs=network.n_inputs)
    specs = bench_specs(problem.source, ref, chosen, values["starts"], words.epochs, problem.rows)
    with open_ledger(values["ledger"]) as ledger:
        return _run(values, specs, executor, ledger)


def _run(values: Values, specs: Sequence[Spec], executor: Executor, ledger: Ledger | None) -> Curves:
    console = values.console
    with trainings_in_hand(console, specs, ledger) as progress:
        curves, engines = bench_curves(specs, executor, ledger, progress)
    if len(engines) > 1:
        console.warn(f"the ledger mixes results of {' and '.join(engines)}: the last digits may differ")
    return curves
