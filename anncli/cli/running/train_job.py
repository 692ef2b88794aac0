"""A training job: from the options of `ann train` to the written network and the printed report."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from anncli.cli.asking import options
from anncli.cli.running.resumption import Checkpoints, check_same_shape, take_up
from anncli.cli.showing.console import Console, print_json
from anncli.errors import AnnError, ExitCode, Interrupted, UsageError, printable
from anncli.options.layers import Given, training_options
from anncli.options.table import TrainingOptions

if TYPE_CHECKING:
    from anncli.formats.files.checkpoint import Checkpoint
    from anncli.network.network import Network
    from anncli.training.outcome import TrainingResult
    from anncli.training.run import TrainingRun


@dataclass(eq=False, repr=False)
class Job:
    """One training from command line to written file."""

    console: Console
    network_path: str
    class_files: tuple[str, ...]
    epochs: int
    given: dict[str, Any]
    layers: list[dict[str, Given]]

    @property
    def output(self) -> str:
        # An empty name, as from an unset variable, is a mistake and not the wish to write in place.
        return self.network_path if self.given["output"] is None else self.given["output"]

    @property
    def streams(self) -> list[str]:
        """What goes to stdout besides the table."""
        streams = {
            "the network": self.output == "-",
            "the history": self.given["history"] == "-",
            "--json": self.given["as_json"],
        }
        return [name for name, wanted in streams.items() if wanted]

    def check_arguments(self) -> None:
        """Refuse what would mix two outputs on stdout, and what would do nothing."""
        # Variables and config files serve many runs; only what is meant for this one is refused.
        every = click.get_current_context().get_parameter_source("checkpoint_every")
        if every is ParameterSource.COMMANDLINE and not self.given["checkpoint"]:
            raise UsageError("--checkpoint-every needs --checkpoint", advice="say with --checkpoint FILE where to")
        if self.given["checkpoint"] == "-":
            raise UsageError("--checkpoint - cannot be: it is written again and again", advice="name a file")
        if len(self.streams) > 1:
            raise UsageError(
                f"{' and '.join(self.streams)} cannot both go to stdout", advice="name a file for one of them"
            )

    def run(self) -> None:
        """Read, check, train, write, print; an interrupted run ends in Interrupted after writing."""
        from anncli.cli.showing.train_report import understood
        from anncli.formats.files.textfile import signature
        from anncli.formats.networks.storage import parse, read_source

        before = signature(self.network_path)
        source = read_source(self.network_path)
        network = parse(source, self.network_path)
        checkpoint = self._read_checkpoint()
        if checkpoint is not None:
            # Meanwhile the file may hold the network of the interrupted run.
            source, on_disk = checkpoint.network, network
            network = parse(source, self.given["resume"])
            check_same_shape(self.given["resume"], network, on_disk)
            if on_disk.source.dialect == network.source.dialect:
                # Keep what a person has written there meanwhile; the options among it are compared below.
                network.source = on_disk.source
        file_layer = options.file_layer(network, self.network_path)
        chosen = training_options([*self.layers, file_layer], network.source.dialect)
        training = self._prepare(network, chosen)
        self._check_targets(training, chosen)
        if checkpoint is not None:
            warning = take_up(self.given["resume"], checkpoint, training)
            if warning:
                self.console.warn(warning)
            done = max(len(attempt.history) for attempt in training.attempts)
            if done > self.epochs:
                raise UsageError(
                    f"--resume {printable(self.given['resume'])}: it is at epoch {done} already, beyond the {self.epochs} asked for",
                    advice="give the EPOCHS of the first run, or more",
                )
        every = options.whole_number("--checkpoint-every", self.given["checkpoint_every"])
        self.checkpoints = Checkpoints(self.given["checkpoint"], every, source, training)
        # Asked now: afterwards the network is a trained one.
        self.document = understood(training, self.network_path, self.output, self.epochs)
        if self.given["dry_run"]:
            self._show()
            return
        interrupted = self._train(training)
        if interrupted is not None and not self.given["keep_on_interrupt"]:
            written = f"only {self._place_to_resume()}" if self.given["checkpoint"] else "nothing"
            raise Interrupted(f"interrupted; {written} was written (--no-keep-on-interrupt)", interrupted)
        result = training.finish("interrupted" if interrupted else None)
        self._write(result.network, before)
        self._print(training, result)
        if interrupted is not None:
            raise Interrupted(self._interruption(result), interrupted)

    def _read_checkpoint(self) -> Checkpoint | None:
        if self.given["resume"] is None:
            return None
        from anncli.formats.files.checkpoint import load_checkpoint

        return load_checkpoint(self.given["resume"])

    def _prepare(self, network: Network, chosen: TrainingOptions) -> TrainingRun:
        from anncli.backends.choice import choose_backend
        from anncli.dataset.dataset import UNLABELLED
        from anncli.experiments.executors.threads import run_concurrently
        from anncli.formats.data.assemble import read_parts
        from anncli.training.run import TrainingRun
        from anncli.training.setup import prepare

        if len(self.class_files) not in (1, network.n_classes):
            raise self._wrong_number(network)
        groups = {"training": self.class_files}
        for name in ("validation", "test"):
            files = getattr(chosen, name)
            if isinstance(files, tuple):
                groups[name] = files
        names = options.class_names(network, len(self.class_files))
        data, parts = read_parts(
            groups, class_names=names, n_inputs=network.n_inputs, data_format=self.given["data_format"]
        )
        # One file can stand for all classes when its entries carry labels.
        if len(self.class_files) == 1 and (data.labels[parts["training"]] == UNLABELLED).all():
            raise self._wrong_number(network)
        if len(groups) == 1:
            # All rows: their numbers are made where they are divided, and not held any longer.
            del parts["training"]
        self._warn_of_repeated_files(data.sources)
        threads = options.threads(self.given["threads"])
        jobs = self._concurrent_restarts(threads, chosen.restarts)
        backend = choose_backend(threads=1 if jobs > 1 else threads)
        setup = prepare(network, data, chosen, sets=parts, in_place=True, backend=backend)
        return TrainingRun(setup, partial(run_concurrently, jobs=jobs) if jobs > 1 else None)

    def _concurrent_restarts(self, threads: int, restarts: int) -> int:
        """How many restarts run at the same time: whole trainings share nothing, so they make the best use of threads.
        Only a checkpoint needs one after another."""
        if self.given["checkpoint"] or self.given["resume"]:
            return 1
        from anncli.backends.thread_trial import available_processors

        return min(threads or available_processors(), restarts)

    def _wrong_number(self, network: Network) -> UsageError:
        n = len(self.class_files)
        outputs = f"{network.n_outputs} output{'s' if network.n_outputs > 1 else ''}"
        return UsageError(
            f"{n} class file{'s' if n > 1 else ''} for a network with {outputs}, which tells {network.n_classes} classes apart",
            advice="give one file per class (positive first), or change the last layer in " + self.network_path,
        )

    def _warn_of_repeated_files(self, sources: tuple[Any, ...]) -> None:
        trained_on = {source.sha256: source.name for source in sources[: len(self.class_files)]}
        for source in sources[len(self.class_files) :]:
            if source.sha256 in trained_on:
                self.console.warn(
                    f"{source.name} holds the same bytes as a training file; it says nothing about new vectors"
                )

    def _check_targets(self, training: TrainingRun, chosen: TrainingOptions) -> None:
        """Better told now than after an hour of training."""
        from anncli.formats.files.textfile import check_writable

        history = self.given["history"]
        if self.output == self.network_path != "-" and not os.path.isfile(self.network_path):
            raise UsageError(f"{self.network_path} is no file to write back to", advice="say where with --output")
        read = [self.network_path, *self.class_files]
        for name in ("validation", "test"):
            files = getattr(chosen, name)
            read += files if isinstance(files, tuple) else ()
        for option, target, taken in (
            ("--output", self.given["output"], read[1:]),
            ("--history", history, [*read, self.output]),
            ("--checkpoint", self.given["checkpoint"], [*read, self.output, *([history] if history else [])]),
        ):
            if target and target != "-" and os.path.realpath(target) in map(os.path.realpath, taken):
                raise UsageError(
                    f"{option} {target} would overwrite a file that this run needs", advice="give another name"
                )
        for target in (self.output, history, self.given["checkpoint"]):
            if target is not None and target != "-":
                check_writable(target)
        if (self.given["dialect"] or training.setup.network.source.dialect) == "ann1dn":
            from anncli.formats.networks.ann1dn import refusal

            reason = refusal(replace(training.setup.network, scaling=training.setup.scaling))
            if reason:
                raise UsageError(reason, advice="write it with --dialect ann")

    def _train(self, training: TrainingRun) -> ExitCode | None:
        from anncli.cli.running.signals import Interruption
        from anncli.cli.showing.history import open_history
        from anncli.cli.showing.train_report import progress_text

        with (
            open_history(self.given["history"]) as history,
            Interruption() as interruption,
            self.console.progress(self.epochs) as bar,
        ):
            # Of a run that is resumed, so that the file is that of the whole run.
            for attempt in training.attempts:
                for report in attempt.history:
                    history.add(report)
            for report in training.epochs(self.epochs):
                history.add(report)
                self.checkpoints.see(report)
                bar.update(report.epoch, progress_text(report))
                if self.console.verbose >= 2 or (self.console.verbose and _is_milestone(report.epoch)):
                    self.console.note(f"epoch {report.epoch}: {progress_text(report)}", 1)
                if interruption.caught is not None:
                    break
            self.checkpoints.finish()
        return interruption.caught

    def _write(self, network: Network, before: Any) -> None:
        from anncli.formats.files.textfile import changed_since
        from anncli.formats.networks.storage import save

        if (
            self.network_path != "-"
            and _same(self.output, self.network_path)
            and changed_since(self.network_path, before)
        ):
            raise AnnError(
                "changed while the training ran; it was left as it is now",
                path=self.network_path,
                advice="train again, with --output to write elsewhere",
            )
        if self.given["dialect"]:
            network.source = network.source._replace(dialect=self.given["dialect"])
        save(network, self.output)

    def _show(self) -> None:
        from anncli.cli.showing.train_report import understood_text

        if self.given["as_json"]:
            print_json({"command": "train", "dry_run": True, **self.document})
        else:
            click.echo(understood_text(self.document))

    def _print(self, training: TrainingRun, result: TrainingResult) -> None:
        from anncli.cli.showing.train_report import evaluate_parts, outcome, outcome_text, warnings_of
        from anncli.training.diagnosis import diagnose

        if self.console.quiet and not self.given["as_json"]:
            return
        parts = evaluate_parts(training, result)
        warnings = warnings_of(result, parts)
        for warning in warnings:
            self.console.warn(warning)
        remarks = diagnose(training, result)
        for remark in remarks:
            self.console.note(remark)
        if self.given["as_json"]:
            ended = outcome(result, parts, warnings) | {"diagnosis": remarks}
            print_json({"command": "train", "dry_run": False, **self.document, **ended})
        elif not self.console.quiet:
            # What else goes to stdout must not be mixed with the table.
            text = outcome_text(training, result, parts, self.network_path, self.output)
            click.echo(text, err=bool(self.streams))

    def _interruption(self, result: TrainingResult) -> str:
        place = "stdout" if self.output == "-" else printable(self.output)
        text = (
            f"interrupted after epoch {result.epochs}; the network of epoch {result.kept_epoch} was written to {place}"
        )
        return f"{text}; go on from there with --resume {self._place_to_resume()}" if self.given["checkpoint"] else text

    def _place_to_resume(self) -> str:
        return printable(self.given["checkpoint"])


def _is_milestone(epoch: int) -> bool:
    """1, 2, 5, 10, 20, 50, 100 and then every hundredth: -v shows the fast beginning and does not fill a log."""
    return epoch % 100 == 0 or epoch in (1, 2, 5, 10, 20, 50)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
