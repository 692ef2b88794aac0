"""`ann train` at work: open the run, train, write the network, print the report."""

from __future__ import annotations

import os
from contextlib import closing

import click

from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.opening import Opened, open_training
from anncli.cli.running.resumption import Checkpoints
from anncli.cli.running.signals import Interruption
from anncli.cli.showing.console import print_json
from anncli.cli.showing.history import open_history
from anncli.cli.showing.train_report import (
    evaluate_sets,
    outcome,
    outcome_text,
    progress_text,
    run_summary,
    run_summary_text,
    warnings_of,
)
from anncli.compiled import install_advice, why_missing
from anncli.errors import AnnError, ExitCode, Interrupted, printable
from anncli.formats.files.textfile import changed_since
from anncli.formats.networks.storage import save
from anncli.training.diagnosis import diagnose
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun


def run_training(settings: TrainSettings) -> None:
    """Train and write; an interrupted run writes what it has and raises Interrupted."""
    opened = open_training(settings)
    with closing(opened.training):
        _run(settings, opened)


def _run(settings: TrainSettings, opened: Opened) -> None:
    training = opened.training
    summary = run_summary(training, settings.network_path, settings.output, settings.epochs)
    if settings.dry_run:
        if settings.as_json:
            print_json({"command": "train", "dry_run": True, **summary})
        else:
            click.echo(run_summary_text(summary))
        return
    interrupted = _train(settings, opened)
    if interrupted is not None and not settings.keep_on_interrupt:
        written = f"only {printable(settings.checkpoint)}" if settings.checkpoint else "nothing"
        raise Interrupted(f"interrupted; {written} was written (--no-keep-on-interrupt)", interrupted)
    result = training.finish("interrupted" if interrupted else None)
    _write(settings, opened, result)
    _report(settings, training, result, summary)
    if interrupted is not None:
        raise Interrupted(_interruption(settings, result), interrupted)


def _train(settings: TrainSettings, opened: Opened) -> ExitCode | None:
    """All epochs, or those before a signal; returns the exit code of the signal."""
    training, console = opened.training, settings.console
    checkpoints = Checkpoints(settings.checkpoint, settings.checkpoint_every, opened.network_bytes, training)
    with (
        open_history(settings.history) as history,
        Interruption() as interruption,
        console.progress(settings.epochs) as bar,
    ):
        # A resumed run writes the epochs of the first run again, so that the file is complete.
        for attempt in training.attempts:
            for report in attempt.history:
                history.add(report)
        for report in training.epochs(settings.epochs):
            history.add(report)
            checkpoints.see(report)
            bar.update(report.epoch, progress_text(report))
            if console.verbose >= 2 or (console.verbose and _is_milestone(report.epoch)):
                console.note(f"epoch {report.epoch}: {progress_text(report)}", 1)
            if interruption.caught is not None:
                break
        checkpoints.finish()
    return interruption.caught


def _write(settings: TrainSettings, opened: Opened, result: TrainingResult) -> None:
    in_place = settings.network_path != "-" and _same(settings.output, settings.network_path)
    if in_place and changed_since(settings.network_path, opened.before):
        raise AnnError(
            "changed while the training ran; it was not overwritten",
            path=settings.network_path,
            advice="train again, with --output to write elsewhere",
        )
    network = result.network
    if settings.dialect:
        network.source = network.source._replace(dialect=settings.dialect)
    save(network, settings.output)


def _report(settings: TrainSettings, training: TrainingRun, result: TrainingResult, summary: dict[str, object]) -> None:
    console = settings.console
    if console.quiet and not settings.as_json:
        return
    sets = evaluate_sets(training, result)
    warnings = warnings_of(result, sets)
    for warning in warnings:
        console.warn(warning)
    remarks = diagnose(training, result)
    for remark in remarks:
        console.note(remark)
    if reason := why_missing():
        console.note(
            f"trained with the slow numpy code, because there is no compiled code ({reason}); {install_advice()}"
        )
    if settings.as_json:
        ended = outcome(result, sets, warnings) | {"diagnosis": remarks}
        print_json({"command": "train", "dry_run": False, **summary, **ended})
    else:
        text = outcome_text(training, result, sets, settings.network_path, settings.output)
        # On stderr if stdout carries something else.
        click.echo(text, err=bool(settings.streams))


def _interruption(settings: TrainSettings, result: TrainingResult) -> str:
    place = "stdout" if settings.output == "-" else printable(settings.output)
    text = f"interrupted after epoch {result.epochs}; the network of epoch {result.kept_epoch} was written to {place}"
    if not settings.checkpoint:
        return text
    return f"{text}; continue with --resume {printable(settings.checkpoint)}"


def _is_milestone(epoch: int) -> bool:
    """1, 2, 5, 10, 20, 50, 100 and then every hundredth: -v shows the fast start without filling a log."""
    return epoch % 100 == 0 or epoch in (1, 2, 5, 10, 20, 50)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
