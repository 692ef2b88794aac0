"""`ann bench`: the training algorithms side by side, from the same starts on the user's own network and data."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anncli.cli.asking import options
from anncli.cli.showing.console import Console, print_json, table
from anncli.errors import UsageError
from anncli.options.layers import Given
from anncli.options.table import read_option
from anncli.training.names import TRAINER_NAMES, canonical_trainer

if TYPE_CHECKING:
    from anncli.dataset.dataset import Dataset
    from anncli.network.network import Network
    from anncli.training.run import TrainingRun

# How a run ends and what is kept of it; here every epoch is trained.
_IDLE = {
    "trainer", "average", "patience", "stop", "goal", "dividetrain", "time_limit", "metric", "keep", "refit", "restarts",
    "threshold",
}  # fmt: skip


@dataclass
class Course:
    """One training: losses of the training part before the first epoch and after each, the seconds spent by then,
    the lowest validation loss (None without that part), and the reason why it ended early, or ''."""

    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    validation: float | None = None
    ended: str = ""


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

    Every trainer has its default options, unless given here, and the same starts (--seed and the seeds after it).
    NETWORK stays as it is. Losses include the penalty (--l2); times are of the epochs alone, medians over the starts.
    """
    from anncli.cli.running.rows import read
    from anncli.formats.files.textfile import check_writable

    console = options.make_console(ctx)
    names = chosen_trainers(given["trainers"])
    network, data = read(network_path, class_files, given["data_format"])
    layers = options.training_layers(ctx)
    refuse_idle(layers[0])
    plot = given["plot"] or f"{'network' if network_path == '-' else Path(network_path).stem}-bench.svg"
    plot = None if plot == "none" else plot
    if plot is not None:
        check_writable(Path(plot))
    courses = run_all(console, names, given["starts"], epochs, network, data, layers, network_path)
    if all(isinstance(found, str) for found in courses.values()):
        raise UsageError(f"no trainer can do this; {names[0]}: {courses[names[0]]}")
    if not given["as_json"]:
        click.echo(report(courses))
    if plot is not None:
        _write_plot(plot, courses, network_path, given["over"])
    if given["as_json"]:
        documents = [_document(name, found) for name, found in courses.items()]
        print_json({"command": "bench", "network": network_path, "epochs": epochs, "plot": plot, "trainers": documents})
    elif plot is not None:
        click.echo(f"\nplot written to {plot}")


def refuse_idle(given: dict[str, Given]) -> None:
    """Raises UsageError for options of the command line that have no meaning here; those of files and variables are
    for other commands too."""
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
    """The trainers meant, in the order given and each once."""
    if text == "all":
        return list(TRAINER_NAMES)
    try:
        return list(dict.fromkeys(canonical_trainer(word.strip()) for word in text.split(",")))
    except ValueError as error:
        raise UsageError(f"--trainers: {error}") from None


def run_all(
    console: Console, names: list[str], starts: int, epochs: int, network: Network, data: Dataset,
    layers: list[dict[str, Given]], path: str,
) -> dict[str, list[Course] | str]:  # fmt: skip
    """The courses of every trainer, or in words why it cannot train this network."""
    from anncli.options.layers import training_options
    from anncli.training.run import TrainingRun
    from anncli.training.setup import prepare

    found: dict[str, list[Course] | str] = {}
    with console.progress(len(names)) as bar:
        for number, name in enumerate(names, 1):
            override = {"trainer": Given(name, "--trainers")}
            chosen = training_options([override, *layers, options.file_layer(network, path)], network.source.dialect)
            try:
                runs = [
                    TrainingRun(prepare(network, data, chosen._replace(seed=chosen.seed + start)))
                    for start in range(starts)
                ]
                found[name] = [follow(run, epochs) for run in runs]
            except UsageError as error:
                found[name] = error.message
            bar.update(number, name)
    return found


def follow(run: TrainingRun, epochs: int) -> Course:
    """Train a prepared run for `epochs` epochs and write down how it went; no stop rule is in force."""
    import numpy as np

    validation, course, attempt = run.setup.rows["validation"], Course(), run.attempt
    course.losses.append(attempt.objective.value(attempt.parameters))
    course.seconds.append(0.0)
    for _ in range(epochs):
        begin = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore"):
            outcome = attempt.trainer.epoch(attempt.objective, attempt.parameters, attempt.rng, epochs)
            spent = time.perf_counter() - begin
            loss = attempt.objective.value(attempt.parameters)
        if not np.isfinite(loss):
            course.ended = "diverged"
            break
        course.losses.append(loss)
        course.seconds.append(course.seconds[-1] + spent)
        if len(validation):
            judged = attempt.objective.value(attempt.parameters, validation, penalty=False)
            course.validation = judged if course.validation is None else min(course.validation, judged)
        if outcome.finished:
            course.ended = outcome.finished
            break
    return course


def report(courses: dict[str, list[Course] | str]) -> str:
    """A table, lowest median loss first, and a line for each trainer that could not run."""
    ran = {name: found for name, found in courses.items() if not isinstance(found, str)}
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
    lines += [f"{name}: left out: {found}" for name, found in courses.items() if isinstance(found, str)]
    return "\n".join(lines)


def _document(name: str, found: list[Course] | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"trainer": name, "left_out": found}
    starts = [
        {"losses": c.losses, "seconds": c.seconds, "lowest_validation_loss": c.validation, "ended": c.ended or None}
        for c in found
    ]
    return {"trainer": name, "starts": starts}


def _write_plot(path: str, courses: dict[str, list[Course] | str], title: str, over: str) -> None:
    from anncli.cli.showing.chart import Line, line_chart
    from anncli.formats.files.textfile import replace_file

    lines = []
    for name, found in courses.items():
        if not isinstance(found, str):
            course = found[0]
            xs = course.seconds if over == "seconds" else [float(k) for k in range(len(course.losses))]
            lines.append(Line(name, list(zip(xs, course.losses, strict=True))))
    replace_file(Path(path), line_chart(lines, f"training loss, {title}", over, "loss").encode())


def _median(values: list[Any]) -> float:
    return float(statistics.median(values))
