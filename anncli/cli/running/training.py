"""`ann train` at work: open the run, train, write the network, print the report."""

from __future__ import annotations

from contextlib import closing, nullcontext, suppress
from functools import partial

import click

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.backends.reproducible import reproducible
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.baselines import check_training, training_baselines
from anncli.cli.running.confidence import Asked
from anncli.cli.running.devices import refuse_device
from anncli.cli.running.forecasts import of_training
from anncli.cli.running.gates import Judgement, needs_intervals
from anncli.cli.running.junit import JUnitFile
from anncli.cli.running.logs import Logs
from anncli.cli.running.new_network import with_place
from anncli.cli.running.opening import Opened, open_training
from anncli.cli.running.over_ranks import announce_ranks, announce_words, begin_ranks, tell_news, tell_ranks
from anncli.cli.running.parts_elsewhere import PartsElsewhere, refuse_without_parts, until_broken
from anncli.cli.running.replacing import (
    announce,
    announce_continuing,
    announce_fractions,
    is_in_place,
    keep_old,
    replacement_text,
    stays,
)
from anncli.cli.running.rescue import Rescue
from anncli.cli.running.signals import Interruption
from anncli.cli.running.training_gates import judge_training
from anncli.cli.running.word_training import is_for_words, train_words
from anncli.cli.showing.baselines_report import baselines_document, baselines_text
from anncli.cli.showing.console import print_json
from anncli.cli.showing.history import open_history
from anncli.cli.showing.repeating import asked_for
from anncli.cli.showing.train_report import (
    RunReport,
    evaluate_sets,
    held_out_sets,
    outcome,
    outcome_text,
    progress_text,
    run_summary,
    run_summary_text,
    warnings_of,
)
from anncli.cli.showing.training_work import Phases, TrainingWork
from anncli.compiled import install_advice, why_missing
from anncli.errors import AnnError, Interrupted, printable
from anncli.formats.files.textfile import changed_since
from anncli.formats.networks.storage import save
from anncli.training.diagnosis import diagnose
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun


def run_training(settings: TrainSettings) -> None:
    """Train and write; an interrupted run writes what it has and raises Interrupted."""
    if settings.network_path is None:
        settings = with_place(settings)
    begin_ranks(settings)
    junit = JUnitFile(settings.junit, "train", settings.path, [settings.path, *settings.class_files])
    with junit.of_run(), reproducible(settings.reproducible):
        if is_for_words(settings):
            refuse_device(settings.device, "networks for vectors of words")
            announce_words(settings)
            train_words(settings)
            junit.write(Judgement())
            return
        opened = open_training(settings)
        with closing(opened.training):
            _run(settings, opened, junit)


def _run(settings: TrainSettings, opened: Opened, junit: JUnitFile) -> None:
    training = opened.training
    if settings.baselines:
        check_training(training.setup)
    summary = run_summary(training, settings.path, settings.output, settings.epochs)
    if settings.dry_run:
        if settings.as_json:
            print_json({"command": "train", "dry_run": True, **summary})
        else:
            click.echo(run_summary_text(summary))
        return
    if opened.replaced is not None:
        announce(settings, opened.replaced)
    elif training.setup.is_continued:
        announce_continuing(settings.console, training.setup, settings.epochs)
        announce_fractions(settings, training.setup)
    announce_ranks(settings, training.setup)
    # To the very end: the last epoch is not yet the written file, and a signal between the two must not lose the network.
    gates = Judgement()
    with Interruption() as interruption:
        logs = Logs(opened, settings)
        with Rescue(settings, training, logs, partial(_write, settings, opened)) as rescue:
            is_cut = _train(settings, training, interruption, logs, rescue)
        settings = settings._replace(checkpoint=logs.checkpoint)
        _check_keep(settings, interruption)
        result = training.finish("interrupted" if is_cut else None)
        tell_ranks(settings)
        _check_keep(settings, interruption)
        replacement = replacement_text(settings, opened.replaced, opened.kept_as)
        _write(settings, opened, result)
        # A closed terminal takes no report, but its signal decides the exit code.
        with suppress(OSError) if interruption.caught else nullcontext():
            if replacement:
                settings.console.note(replacement)
            gates = _report(settings, opened, result, summary)
            junit.write(gates)
    if interruption.caught is not None:
        raise Interrupted(_interruption(settings, result, is_cut), interruption.caught)
    logs.raise_faults()
    gates.raise_missed(f"the network was written to {_place(settings)} all the same")


def _check_keep(settings: TrainSettings, interruption: Interruption) -> None:
    """Raises Interrupted after a signal if nothing is to be written then."""
    if interruption.caught is not None and not settings.keep_on_interrupt:
        written = f"only {printable(settings.checkpoint)}" if settings.checkpoint else "nothing"
        raise Interrupted(f"interrupted; {written} was written (--no-keep-on-interrupt)", interruption.caught)


def _train(
    settings: TrainSettings, training: TrainingRun, interruption: Interruption, logs: Logs, rescue: Rescue
) -> bool:
    """All epochs, or those before a signal; returns whether a signal ended them."""
    console = settings.console
    options = training.setup.options
    phases = Phases(options.restarts, training.setup.patience, training.setup.will_refit, options.ensemble)
    if settings.device != "cpu":
        together = ("training", "refit") if settings.keep_device_weights else ("ranking",)
        phases = phases._replace(together=together, device=settings.device)
    work = TrainingWork(settings.epochs, phases)
    if isinstance(training.elsewhere, PartsElsewhere):
        work.ended, training.elsewhere.interruption = training.elsewhere.ended, interruption
    with open_history(settings.history) as history, console.showing(work) as touch:
        # A resumed run writes the epochs of the first run again, so that the file is complete.
        for attempt in training.attempts:
            for report in attempt.history:
                logs.add(history, report)
        for report in until_broken(training.epochs(settings.epochs), interruption):
            logs.see(history, report)
            rescue.keep()
            work.see(report, training.planned_refit(report))
            touch()
            tell_news(settings)
            if console.verbose >= 2 or (console.verbose and _is_milestone(report.epoch)):
                console.note(f"epoch {report.epoch}: {progress_text(report)}", 1)
            if interruption.caught is not None:
                break
        is_cut = interruption.caught is not None
        refuse_without_parts(interruption, training)
        logs.finish(history)
    return is_cut


def _write(settings: TrainSettings, opened: Opened, result: TrainingResult) -> None:
    if is_in_place(settings) and changed_since(settings.path, opened.before):
        raise AnnError(
            "changed while the training ran; it was not overwritten",
            path=settings.path,
            advice="train again, with --output to write elsewhere",
        )
    network = result.network
    if settings.dialect:
        network.source = network.source._replace(dialect=settings.dialect)
    if network.encoder is not None or network.text is not None:
        options = opened.training.setup.asked
        network.record["asked"] = asked_for(settings.epochs, options, settings.request, settings.read)
    if not settings.row_digests:
        network.row_digests = None
    if not settings.patterns and not network.stores:
        network.patterns = None
    kept_as = opened.kept_as
    if kept_as is None or opened.replaced is None or stays(kept_as, opened.replaced):
        save(network, settings.output)
    else:
        # The copy comes after the new network is on the disk: without room for that one, both files stay as they were.
        keep = partial(keep_old, kept_as, opened.network_bytes, settings.path)
        save(network, settings.output, before=keep)


def _report(settings: TrainSettings, opened: Opened, result: TrainingResult, summary: dict[str, object]) -> Judgement:
    console, training = settings.console, opened.training
    is_silent = console.quiet and not settings.as_json
    if is_silent and not settings.require:
        return Judgement()
    asked = Asked(settings.confidence, settings.prevalence, needs_intervals(settings.require))
    confidence = asked.confidence(training.setup.options.seed)
    found = evaluate_sets(training, result, confidence)
    gates = judge_training(settings.require, training.setup, found)
    if is_silent:
        return gates
    history = result.history
    validation = {"validation loss": [r.validation_loss for r in history]} if len(result.rows["validation"]) else {}
    console.loss_curves({"training loss": [r.training_loss for r in history], **validation})
    warnings = [*warnings_of(result, found), *gates.warnings]
    for warning in warnings:
        console.warn(warning)
    remarks = diagnose(training, result)
    for remark in remarks:
        console.note(remark)
    if reason := why_missing():
        text = f"trained with the slow numpy code, because there is no compiled code ({reason})"
        console.note(f"{text}; {install_advice()}")
    baselines = training_baselines(training, result) if settings.baselines else None
    forecast = of_training(training, result)
    if settings.as_json:
        ended = outcome(training, result, found, [*opened.warnings, *warnings]) | {"diagnosis": remarks}
        if baselines is not None:
            ended["baselines"] = baselines_document(baselines[1], baselines[0])
        ended |= forecast.document() | {"requirements": gates.documents()}
        ended |= asked.document(held_out_sets(found), confidence)
        print_json({"command": "train", "dry_run": False, **summary, **ended})
    else:
        text = outcome_text(training, result, found, settings.path, settings.output)
        beside = "" if baselines is None else _beside(found, training.setup.data.task, *baselines)
        shown = asked.text(held_out_sets(found), confidence)
        text = "\n\n".join(filter(None, [text, shown, forecast.text(console.verbose), beside, gates.text()]))
        # Not on stdout if that carries something else.
        (console.report if settings.streams else click.echo)(text)
    return gates


def _place(settings: TrainSettings) -> str:
    """Where the network is."""
    return "stdout" if settings.output == "-" else printable(settings.output)


def _beside(found: RunReport, task: str, name: str, baselines: JudgedBaselines) -> str:
    """The baselines on the set of this name, as text."""
    sets = {**found.written, **found.chosen, **{k: v for k, v in found.written.items() if k == "test"}}
    return baselines_text(sets[name].evaluation, baselines, task, f"the {name} set")


def _interruption(settings: TrainSettings, result: TrainingResult, is_cut: bool) -> str:
    place = _place(settings)
    when = f"after epoch {result.epochs}" if is_cut else f"after the last epoch, {result.epochs}"
    text = f"interrupted {when}; the network of epoch {result.kept_epoch} was written to {place}"
    if not settings.checkpoint or not is_cut:
        return text
    return f"{text}; continue with --resume {printable(settings.checkpoint)}"


def _is_milestone(epoch: int) -> bool:
    """1, 2, 5, 10, 20, 50, 100 and then every hundredth: -v shows the fast start without filling a log."""
    return epoch % 100 == 0 or epoch in (1, 2, 5, 10, 20, 50)
