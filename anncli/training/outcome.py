"""The outcome: which weights and figures a run ends with, and the finished network. Nothing here changes the run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Samples
from anncli.errors import count_of
from anncli.network.averaging import mean_outputs
from anncli.network.loss_curve import LossCurves
from anncli.network.network import Network, SelfTest
from anncli.training.attempt import Attempt, EpochReport, curve_of
from anncli.training.choice import Choice, RestartSummary
from anncli.training.final_fit import FinalFit, Refit
from anncli.training.on_device import DeviceUse
from anncli.training.operating_point import OperatingPoint
from anncli.training.setup import Setup


class Outcome(NamedTuple):
    """What is kept of a run.

    attempt: the kept one; refit: its final fit, or None; kept_epoch: the epoch whose weights the attempt offers;
    stop_reason: in words, why the attempt ended; interrupted: whether the caller ended it; warnings: of the whole run;
    members: of an ensemble the outcome of each network, () for one network; device: what one did for it, or None.
    """

    attempt: Attempt
    restarts: tuple[RestartSummary, ...]
    refit: Refit | None
    penalty_dropped: bool
    kept_epoch: int
    stop_reason: str
    interrupted: bool
    warnings: tuple[str, ...]
    members: tuple[Outcome, ...] = ()
    device: DeviceUse | None = None

    @property
    def selected(self) -> Array:
        """The weights (P,) of the kept epoch, as evaluated on the validation set; of an ensemble (n_members, P)."""
        if self.members:
            return np.stack([member.selected for member in self.members])
        best = self.attempt.best_parameters
        return best if best is not None and self.kept_epoch == self.attempt.judge.best_epoch else self.attempt.weights

    @property
    def parameters(self) -> Array:
        """The weights (P,) of the finished network: those of the final fit where there is one; of an ensemble (n_members, P)."""
        if self.members:
            return np.stack([member.parameters for member in self.members])
        return self.selected if self.refit is None else self.refit.parameters

    @property
    def remarks(self) -> Mapping[str, float | int | str]:
        """What the trainer adds to the record."""
        return (self.refit.remarks if self.refit is not None else None) or self.attempt.trainer.remarks()


class TrainingResult(NamedTuple):
    """A trained network, how its run ended, and what led there.

    epochs: of the kept attempt, without a final fit; kept_epoch: the epoch whose weights it offers; stop_reason: in words;
    reached_limit: whether it trained all the epochs asked for; rows: row numbers of each set; history: the reports of
    the kept attempt; refit_epochs: epochs of the final fit on training and validation rows together, 0 without one; then
    validation_parameters (P,) are the weights before it, which the validation set evaluates, else None; penalty_dropped:
    there is no default L2 penalty in it; restart: the number of the kept attempt, from 1; restarts: a summary
    of every attempt where there were several; point: how its outputs become decisions; device: what one did for it, or None.
    """

    network: Network
    epochs: int
    best_epoch: int | None
    kept_epoch: int
    stop_reason: str
    rows: Mapping[str, Array]
    history: tuple[EpochReport, ...]
    warnings: tuple[str, ...]
    reached_limit: bool = False
    refit_epochs: int = 0
    penalty_dropped: bool = False
    validation_parameters: Array | None = None
    restart: int = 1
    restarts: tuple[RestartSummary, ...] = ()
    members: tuple[RestartSummary, ...] = ()
    point: OperatingPoint | None = None
    device: DeviceUse | None = None

    def __repr__(self) -> str:
        refit = f", retrained for {self.refit_epochs}" if self.refit_epochs else ""
        return f"<TrainingResult {self.network!r}, {self.epochs} epochs{refit}: {self.stop_reason}>"

    def parameters_for(self, name: str) -> Array:
        """The weights, of an ensemble (n_members, P), that the set of this name evaluates: those that it has not trained, of the
        validation set and the test set."""
        if name == "validation" and self.validation_parameters is not None:
            return self.validation_parameters
        return self.network.all_parameters


def make_outcome(
    setup: Setup, choice: Choice, final_fit: FinalFit | None, interrupted: str | None = None, keep: str | None = None
) -> Outcome:
    """The outcome of a run that chose `choice`.

    Args: interrupted: why the caller ended the run, in words; keep: 'best' or 'last' instead of options.keep.
    """
    attempt = choice.attempt if final_fit is None else final_fit.attempt
    best = attempt.judge.best_epoch
    keeps_best = (keep or setup.options.keep) == "best"
    return Outcome(
        attempt=attempt,
        restarts=choice.restarts,
        refit=None if final_fit is None else final_fit.refit,
        penalty_dropped=final_fit is not None and final_fit.penalty_dropped,
        kept_epoch=best if best is not None and keeps_best else len(attempt.history),
        stop_reason=interrupted or stored_text(setup.network) or attempt.stop_reason or "no epochs were asked for",
        interrupted=interrupted is not None,
        warnings=(*setup.warnings, *choice.warnings, *(() if final_fit is None else final_fit.warnings)),
    )


def stored_text(network: Network) -> str:
    """How the training of a memory ended, '' for other networks."""
    if network.patterns is None or not network.stores:
        return ""
    return f"stored {count_of(len(network.patterns.values), 'pattern')} in one pass"


def finished_network(setup: Setup, outcome: Outcome, point: OperatingPoint, record: dict[str, Any]) -> Network:
    """A new network: that of the setup with the weights of the outcome and everything that training decides."""
    rows = setup.rows["training"] if outcome.refit is None else setup.final_rows
    task = setup.data.task
    network = replace(
        setup.network,
        parameters=None if outcome.members else outcome.parameters,
        members=tuple(outcome.parameters) if outcome.members else (),
        scaling=setup.scaling,
        targets=None if task == "regression" else setup.targets,
        **({"threshold": None} if task == "regression" else point.fields),
        loss=setup.loss,
        classes=setup.network.classes or setup.data.classes,
        task=setup.network.task if task == "classification" else task,
        target_names=setup.network.target_names or setup.data.target_names,
        target_scaling=setup.target_scaling,
        columns=setup.network.columns or setup.data.columns,
        record=record,
        # The streams of a text are no samples that another text could have.
        row_digests=None if setup.network.predicts_next else setup.seen.after(rows),
        curve=_loss_curve(outcome),
    )
    scaled = setup.scaling.apply(setup.self_test_inputs)
    with closing(outcome.attempt.objective.session.over(Samples(scaled))) as session:
        outputs = mean_outputs(session.outputs, network.all_parameters)
    network.self_test = SelfTest(setup.self_test_inputs, setup.target_scaling.to_data(outputs))
    return network


def _loss_curve(outcome: Outcome) -> LossCurves | None:
    """None where no epoch was trained."""
    if not outcome.attempt.history:
        return None
    training = curve_of(outcome.attempt.history, (outcome.kept_epoch,))
    return LossCurves(training, () if outcome.refit is None else outcome.refit.curve)


def make_result(setup: Setup, outcome: Outcome, network: Network, point: OperatingPoint) -> TrainingResult:
    """The outcome as callers see it."""
    attempt, refit = outcome.attempt, outcome.refit
    return TrainingResult(
        network=network,
        epochs=len(attempt.history),
        best_epoch=attempt.judge.best_epoch,
        kept_epoch=outcome.kept_epoch,
        stop_reason=outcome.stop_reason,
        rows=setup.rows,
        history=tuple(attempt.history),
        warnings=(*outcome.warnings, *point.warnings),
        reached_limit=bool(attempt.history) and not attempt.stopped and not outcome.interrupted,
        refit_epochs=0 if refit is None else refit.epochs,
        penalty_dropped=outcome.penalty_dropped,
        validation_parameters=None if refit is None else outcome.selected,
        restart=attempt.number,
        restarts=outcome.restarts if len(outcome.restarts) > 1 else (),
        members=tuple(_kept(member) for member in outcome.members),
        point=point,
        device=outcome.device,
    )


def _kept(outcome: Outcome) -> RestartSummary:
    return next(summary for summary in outcome.restarts if summary.number == outcome.attempt.number)
