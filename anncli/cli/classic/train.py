"""`ann t` at work: one classic training from arguments to report, with the output lines of ann1dn in its order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from anncli.cli.asking.network_options import require_vectors
from anncli.cli.classic.arguments import METRICS, SCALINGS, Arguments
from anncli.cli.classic.run import rates
from anncli.cli.running.places import same_file
from anncli.cli.running.signals import Interruption
from anncli.cli.showing.console import Console, print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.report import percent
from anncli.dataset.dataset import Dataset
from anncli.errors import Interrupted, UsageError, printable
from anncli.evaluation.collapse import collapsed
from anncli.formats.data.assemble import read_sets
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.opened import opened_file
from anncli.formats.files.textfile import check_writable, is_empty
from anncli.formats.networks.storage import check_place, load, save
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.attempt import EpochReport
from anncli.training.names import ANN1DN_DEFAULTS, TRAINER_NAMES
from anncli.training.run import TrainingRun
from anncli.training.seen import unknown_rows
from anncli.training.seen_before import seen_before
from anncli.training.setup import prepare

BEST_FILE = "maxacur.nn"
_SCALING_TITLES = ("", "minmax", "zscore", "sigmoidal", "energy", "minmax per vector")
_HELD_OUT = ("validation", "test")
_OTHER_SETTINGS = "try another NORM code, more epochs or more hidden units"


class ClassicRun:
    """One `ann t`: read, train, write the last and the best network, report both."""

    def __init__(self, console: Console, arguments: Arguments, seed: int, data_format: str, as_json: bool) -> None:
        self.console, self.arguments, self.seed = console, arguments, seed
        self.data_format, self.as_json = data_format, as_json
        self.say: Callable[[str], None] = (lambda text: None) if as_json or console.quiet else self._print
        self._fault: OSError | None = None
        self.best: tuple[Any, EpochReport] | None = None

    def run(self) -> None:
        """Train, write and report; an interrupted run raises Interrupted after writing."""
        a = self.arguments
        network = self._checked(load(a.network))
        check_place(network, a.network)
        self.say("loading data...")
        data, sets = self._read_data(network)
        self._announce(data, sets)
        with closing(self._prepare(network, data, sets)) as self.training:
            self._run(sets)

    def _run(self, sets: dict[str, Any]) -> None:
        a = self.arguments
        check_writable(a.network)
        if len(self.training.setup.rows["validation"]):
            self._check_best_file()
            check_writable(BEST_FILE)
        self._announce_split(sets)
        if a.scaling not in (0, 4):
            self.say(f"normalizing {_SCALING_TITLES[a.scaling]}...")
        self.say("training...")
        started = time.monotonic()
        # Until everything is written: a signal after the last epoch must not lose the networks.
        with Interruption() as interruption:
            self._train(interruption)
            is_cut = interruption.caught is not None
            if self.training.attempt.finished:
                self.say("training done.")
            self.say(f"training time: {_clock(time.monotonic() - started)}")
            self._finish("interrupted" if is_cut else None)
        if interruption.caught is not None:
            message = f"interrupted; the network so far was written to {printable(a.network)}"
            raise Interrupted(message, interruption.caught)
        if self._fault is not None:
            raise self._fault

    def _print(self, text: str) -> None:
        """A line on stdout. If that cannot be written, the training goes on without, and run() raises the error at its end."""
        if self._fault is None:
            try:
                click.echo(text)
            except OSError as fault:
                self._fault = fault

    def _checked(self, network: Network) -> Network:
        if self.arguments.network == "-":
            raise UsageError("ann t writes the network back, which stdin cannot be", advice="name a file")
        require_vectors(network, "ann t", "use ann train")
        if network.n_outputs != 1:
            message = f"ann t trains networks with one output, this one has {network.n_outputs}"
            raise UsageError(message, advice="use ann train")
        return network

    def _check_best_file(self) -> None:
        """Raises UsageError if the fixed name of the best network is that of a file of this run, or a link to one."""
        a = self.arguments
        # Files that a list names are known by what was opened.
        for path in (a.network, *a.class_files, a.validation, a.test, opened_file(BEST_FILE)):
            if path is not None and same_file(path, BEST_FILE):
                advice = "give it another name, or run in another folder"
                raise UsageError(f"the best network is written to {BEST_FILE}, which is {path} here", advice=advice)

    def _prepare(self, network: Network, data: Dataset, sets: dict[str, Any]) -> TrainingRun:
        a = self.arguments
        own: dict[str, Any] = {**TRAINER_NAMES["online"].defaults, "tolerance": a.tolerance}
        own |= {name: ANN1DN_DEFAULTS[name] for name in ("learning_rate", "alternate", "quiet_epochs")}
        validation, test = self._fractions()
        options = TrainingOptions(
            trainer="online",
            trainer_options=own,
            validation=validation,
            test=test,
            scaling=SCALINGS[a.scaling],
            loss="mse",
            targets=(0.9, 0.1),
            l2=0.0,
            patience=0,
            average=None,
            metric=METRICS[a.metric],
            keep="last",
            threshold=a.threshold,
            init=None if network.is_trained else "ann1dn",
            seed=self.seed,
        )
        return TrainingRun(prepare(network, data, options, sets=sets))

    def _fractions(self) -> tuple[float, float]:
        """An empty file asks for a fraction of the training data: 25 % each, or 50 % if only one is empty."""
        a = self.arguments
        empty = [path is not None and is_empty(path) for path in (a.validation, a.test)]
        fraction = 0.25 if all(empty) else 0.5
        return (fraction if empty[0] else 0.0, fraction if empty[1] else 0.0)

    def _read_data(self, network: Network) -> tuple[Dataset, dict[str, Any]]:
        a = self.arguments
        groups: dict[str, tuple[str, ...]] = {"training": a.class_files}
        for name, path in zip(_HELD_OUT, (a.validation, a.test), strict=True):
            if path is not None and not is_empty(path):
                groups[name] = (path,)
        remarks = Remarks()
        data, sets = read_sets(groups, network=network, data_format=self.data_format, remarks=remarks)
        show_remarks(self.console, remarks)
        for name in _HELD_OUT:
            if name in sets:
                # ann1dn counted entries without a class nowhere but in the divisor of the error.
                sets[name] = sets[name][data.labels[sets[name]] >= 0]
        return data, sets

    def _announce(self, data: Dataset, sets: dict[str, Any]) -> None:
        if "validation" in sets:
            self.say(f"validation set: {len(sets['validation'])}  TH: {self.arguments.threshold:.2f}")
        if "test" in sets:
            self.say(f"test set: {len(sets['test'])}")
        counts = data.class_counts(sets["training"])
        self.say(f"cls1: {counts[0]}  cls2: {counts[1]}  files loaded.  size: {data.n_inputs} samples")

    def _announce_split(self, given: dict[str, Any]) -> None:
        for name, fraction in zip(_HELD_OUT, self._fractions(), strict=True):
            if fraction and name not in given:
                counts = self.training.setup.data.class_counts(self.training.setup.rows[name])
                self.say(f"{name} set: {counts[0]} {counts[1]} taken from the training data")

    def _train(self, interruption: Interruption) -> None:
        for report in self.training.epochs(self.arguments.epochs):
            if not self.training.attempt.finished:
                self.say(self._epoch_line(report))
            if interruption.caught is not None:
                break

    def _epoch_line(self, report: EpochReport) -> str:
        means = report.class_means or ()
        line = f"  epoch: {report.epoch}   out: {' '.join(f'{mean:.6f}' for mean in means)} "
        if report.metric is None:
            return line
        if report.best_epoch == report.epoch:
            self.best = self.training.evaluate(self.training.attempt.parameters, "validation"), report
        assert self.best is not None
        e, best = self.best
        shown = f"se:{percent(e.sensitivity)} sp:{percent(e.specificity)} ac:{percent(e.accuracy)}"
        return f"{line}  max acur: {best.metric:.2f} (epoch {best.epoch})   {shown}"

    def _finish(self, interrupted: str | None) -> None:
        """Write both networks, the best one only if this run made one, and print their rates on each set."""
        a, run = self.arguments, self.training
        written = [(a.network, run.finish(interrupted).network)]
        if run.attempt.best_parameters is not None:
            written.insert(0, (BEST_FILE, run.finish(interrupted, keep="best").network))
        elif len(run.setup.rows["validation"]):
            self._warn_of_no_best()
        for path, network in written:
            _save(path, network)
        if a.scaling in (4, 5) and run.setup.network.source.dialect == "ann1dn":
            self.console.note(f"this file format does not store scaling code {a.scaling}; repeat it with ann r")
        networks, n_seen = {}, self._rows_seen()
        for path, network in written:
            sets = {name: run.evaluate(network.parameters, name) for name, rows in run.setup.rows.items() if len(rows)}
            self._say_rates(path, sets)
            self._warn_of_collapse(path, sets)
            networks[path] = {name: evaluation.as_dict() for name, evaluation in sets.items()}
        if self.as_json:
            outcome = {
                "epochs": len(run.attempt.history),
                "best_epoch": run.attempt.judge.best_epoch,
                "stop": interrupted or run.attempt.stop_reason,
            }
            document = {"command": "t", "network": printable(a.network), "seed": self.seed, **outcome}
            print_json({**document, "networks": networks, "rows_seen": n_seen})

    def _rows_seen(self) -> dict[str, int | None]:
        """How many rows of each held-out set trained the network, None where that is not known; warns of them."""
        setup, a = self.training.setup, self.arguments
        paths = zip(_HELD_OUT, (a.validation, a.test), strict=True)
        files = [name for name, path in paths if path is not None and not is_empty(path)]
        found = {}
        for name, seen in seen_before(setup, False, files).items():
            found[name] = None if seen is None else int(seen.sum())
            if found[name]:
                self.console.warn(f"{found[name]} of the {len(setup.rows[name])} {name} rows trained this network")
        for warning in unknown_rows(setup.seen, setup.rows):
            self.console.warn(warning)
        return found

    def _warn_of_no_best(self) -> None:
        text = f"no epoch had its class means on both sides of TH {self.arguments.threshold:.2f}, so none was evaluated"
        stale = f", and the {BEST_FILE} in this folder is from an earlier run" if os.path.exists(BEST_FILE) else ""
        self.console.warn(f"{text}{stale}; {_OTHER_SETTINGS}")

    def _warn_of_collapse(self, path: str, sets: dict[str, Any]) -> None:
        # One warning is enough: from the set that says most about new rows.
        name = next(name for name in ("test", "validation", "training") if name in sets)
        verdict = collapsed(sets[name])
        if verdict is not None:
            self.console.warn(f"{path}: {name}: {verdict}; {_OTHER_SETTINGS}")

    def _say_rates(self, path: str, sets: dict[str, Any]) -> None:
        self.say(f"\n{printable(path)}")
        for name, evaluation in sets.items():
            counts = evaluation.class_counts
            self.say(f" {'train' if name == 'training' else name} set: {counts[0]} {counts[1]}")
            self.say("\n".join(rates(evaluation)))


def _save(path: str, network: Network) -> None:
    if network.source.dialect == "ann1dn":
        network = replace(network, scaling=replace(network.scaling, per_vector="none"))
    save(network, path)


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{thousandths:03}"
