"""`ann bench`: compares trainers on the user's own network and data, each from the same initial weights."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anncli.cli.asking import options
from anncli.cli.running.ledgers import open_ledger
from anncli.cli.showing.console import Console, print_json, table
from anncli.errors import UsageError
from anncli.options.layers import Given, training_options
from anncli.options.table import read_option
from anncli.training.names import TRAINER_NAMES, canonical_trainer

if TYPE_CHECKING:
    from anncli.experiments.bench import Curves, LossCurve
    from anncli.experiments.ledger import Ledger
    from anncli.experiments.spec import Spec

# Options that end a training or choose its weights; here every epoch is trained and no network is written.
_IDLE = {
    "trainer", "average", "patience", "stop", "goal", "dividetrain", "time_limit", "metric", "keep", "refit", "restarts",
    "threshold",
}  # fmt: skip


@options.command("bench")
@click.argument("network_path", metavar="NETWORK")
@click.argument("class_files", nargs=-1, required=True, metavar="CLASSFILE...")
@click.argument("epochs", type=click.IntRange(1))
@click.option(
    "--trainers", default="all", metavar="NAMES", help="Trainers to compare, comma-separated, or all.  [default: all]"
)
@click.option(
    "--starts",
    type=click.IntRange(1),
    default=3,
    metavar="N",
    help="Initial weights to start every trainer from.  [default: 3]",
)
@click.option(
    "--plot",
    metavar="FILE.svg",
    help="Where to draw the loss over time, first start; none: nowhere.  [default: NETWORK-bench.svg in this folder]",
)
@click.option(
    "--over",
    type=click.Choice(["seconds", "epochs"]),
    default="seconds",
    help="What the plot's x axis is.  [default: seconds]",
)
@options.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Trainings that run at the same time, each in a process of its own. Losses do not depend on it; seconds do, because the processes share the machine.  [default: 1]",
)
@options.option(
    "--ledger",
    metavar="FILE",
    help="Keep every finished training in FILE; the same command with the same FILE runs only those that are missing.",
)
@options.training
@options.data_format
@options.common
@click.pass_context
def bench_command(
    ctx: click.Context, /, network_path: str, class_files: tuple[str, ...], epochs: int, **given: Any
) -> None:
    """Train NETWORK with several trainers for EPOCHS epochs each; compare loss and time, and draw them.

    \b
    Examples:
      ann bench network.nn pos.txt neg.txt 100
      ann bench network.nn pos.txt neg.txt 100 --trainers adam,scg,lbfgs,irprop- --plot bench.svg
      ann bench network.nn pos.txt neg.txt 1000 --jobs 2 --ledger bench.ledger

    Every trainer has its default options, unless given here, and the same starts (--seed and the seeds after it).
    NETWORK stays as it is. Losses include the penalty (--l2); times are of the epochs alone, medians over the starts.
    """
    from anncli.formats.files.textfile import check_writable

    refuse_idle(options.training_layers(ctx)[0])
    names = chosen_trainers(given["trainers"])
    console = options.make_console(ctx)
    plot = given["plot"] or f"{'network' if network_path == '-' else Path(network_path).stem}-bench.svg"
    plot = None if plot == "none" else plot
    if plot is not None:
        check_writable(Path(plot))
    curves = _curves(ctx, console, names, network_path, class_files, epochs)
    if all(isinstance(found, str) for found in curves.values()):
        raise UsageError(f"no trainer can do this; {names[0]}: {curves[names[0]]}")
    if not given["as_json"]:
        click.echo(report(curves))
    if plot is not None:
        _write_plot(plot, curves, network_path, given["over"])
    if given["as_json"]:
        documents = [_document(name, found) for name, found in curves.items()]
        print_json({"command": "bench", "network": network_path, "epochs": epochs, "plot": plot, "trainers": documents})
    elif plot is not None:
        click.echo(f"\nplot written to {plot}")


def _curves(
    ctx: click.Context, console: Console, names: list[str], path: str, class_files: tuple[str, ...], epochs: int
) -> Curves:
    """Read network and data, and train with every trainer, or take what the ledger knows."""
    from anncli.cli.running.rows import read_data
    from anncli.experiments.bench import bench_specs
    from anncli.experiments.inputs import register
    from anncli.formats.networks.storage import parse, read_source

    source = read_source(path)
    network = parse(source, path)
    data = read_data(network, class_files, ctx.params["data_format"])
    layers = [*options.training_layers(ctx), options.file_layer(network, path)]
    chosen = {
        name: training_options([{"trainer": Given(name, "--trainers")}, *layers], network.source.dialect) for name in names
    }
    # A pipe cannot be read again by another process.
    paths = class_files if all(Path(name).is_file() for name in class_files) else ()
    ref = register(data, paths, data_format=ctx.params["data_format"], n_inputs=network.n_inputs)
    specs = bench_specs(source, ref, chosen, ctx.params["starts"], epochs)
    with open_ledger(ctx.params["ledger"]) as ledger:
        return _run(console, specs, ctx.params["jobs"], ledger)


def _run(console: Console, specs: Sequence[Spec], jobs: int, ledger: Ledger | None) -> Curves:
    from anncli.cli.running.ending import EndingAtSignals
    from anncli.experiments.bench import run_bench
    from anncli.experiments.executors.choice import make_executor

    # Threads would wait for each other's Python code, and the seconds of one trainer would hold those of others.
    executor = make_executor("processes" if jobs > 1 else "in-process", jobs, console.warn)

    def message() -> str:
        if ledger is None:
            return "interrupted"
        done = sum(ledger.known(spec.digest()) is not None for spec in specs)
        return f"interrupted; the ledger holds {done} of {len(specs)} trainings, and the same command runs the others"

    with EndingAtSignals(message), console.progress(len(specs), "training") as bar:
        curves, engines = run_bench(specs, executor, ledger, lambda done, spec: bar.update(done, spec.title))
    if len(engines) > 1:
        console.warn(f"the ledger mixes results of {' and '.join(engines)}: the last digits may differ")
    return curves


def refuse_idle(given: dict[str, Given]) -> None:
    """Raises UsageError for options of the command line that have no meaning here; config files and variables may hold
    them for other commands."""
    for name in sorted(_IDLE & given.keys()):
        advice = "name them with --trainers" if name == "trainer" else "leave it out: every epoch is trained and counts"
        raise UsageError(f"--{name.replace('_', '-')} does nothing in bench", advice=advice)
    for name in ("validation", "test"):
        try:
            part = read_option(name, given[name].value) if name in given else 0.0
        except ValueError as error:
            raise UsageError(f"--{name}: {error}") from None
        if isinstance(part, tuple):
            raise UsageError(f"--{name} FILES is not for bench", advice=f"give a share: --{name} 0.2")


def chosen_trainers(text: str) -> list[str]:
    """The trainers that --trainers names, in the given order, each once."""
    if text == "all":
        return list(TRAINER_NAMES)
    try:
        return list(dict.fromkeys(canonical_trainer(word.strip()) for word in text.split(",")))
    except ValueError as error:
        raise UsageError(f"--trainers: {error}") from None


def report(curves: Curves) -> str:
    """A table, lowest median loss first, and a line for each trainer that could not run."""
    ran = {name: found for name, found in curves.items() if not isinstance(found, str)}
    order = sorted(ran, key=lambda name: _median([c.losses[-1] for c in ran[name]]))
    rows: list[tuple[str, ...]] = []
    for name in order:
        found = ran[name]
        losses = [c.losses[-1] for c in found]
        validation = [c.validation for c in found if c.validation is not None]
        diverged = sum(c.ended == "diverged" for c in found)
        rows.append((
            name, f"{_median(losses):.4g}", f"{min(losses):.4g}", f"{max(losses):.4g}",
            f"{_median(validation):.4g}" if validation else "-",
            f"{_median([len(c.losses) - 1 for c in found]):g}", f"{_median([c.seconds[-1] for c in found]):.3f}",
            f"{diverged}" if diverged else "",
        ))  # fmt: skip
    header: tuple[str, ...] = ("trainer", "loss", "best", "worst", "lowest validation", "epochs", "seconds", "diverged")
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    lines = [table(header, rows)]
    lines += [f"{name}: left out: {found}" for name, found in curves.items() if isinstance(found, str)]
    return "\n".join(lines)


def _document(name: str, found: list[LossCurve] | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"trainer": name, "left_out": found}
    starts = [
        {"losses": c.losses, "seconds": c.seconds, "lowest_validation_loss": c.validation, "ended": c.ended or None}
        for c in found
    ]
    return {"trainer": name, "starts": starts}


def _write_plot(path: str, curves: Curves, title: str, over: str) -> None:
    from anncli.cli.showing.chart import Line, line_chart
    from anncli.formats.files.textfile import replace_file

    lines = []
    for name, found in curves.items():
        if not isinstance(found, str):
            curve = found[0]
            xs = curve.seconds if over == "seconds" else [float(k) for k in range(len(curve.losses))]
            lines.append(Line(name, list(zip(xs, curve.losses, strict=True))))
    replace_file(Path(path), line_chart(lines, f"training loss, {title}", over, "loss").encode())


def _median(values: list[Any]) -> float:
    return float(statistics.median(values))
