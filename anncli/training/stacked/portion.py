"""A portion: attempts whose networks fit the memory of a device together, from their first epoch to the end of the last one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Device, Tensor
from anncli.backends.stacked.program import StackedProgram
from anncli.backends.stacked.rows import StackedRows, stacked_rows, upload
from anncli.evaluation.metric import SMALLEST_MSE
from anncli.training.attempt import EpochReport
from anncli.training.judge import Verdict
from anncli.training.stacked.average import StackedAverage
from anncli.training.stacked.job import Job
from anncli.training.stacked.objective import StackedObjective
from anncli.training.stacked.trainers.base import Team
from anncli.training.stacked.trainers.choice import make_stacked_trainer
from anncli.training.stopping import Success


class Portion:
    """jobs: K; parameters, weights and best (K, P) on the device; running (K,): which attempts go on."""

    def __init__(self, jobs: Sequence[Job], device: Device, memory: int) -> None:
        self._jobs, self._device = jobs, device
        self._attempts = [job.attempt for job in jobs]
        first = self._attempts[0]
        dtype = getattr(device.torch, first.parameters.dtype.name)
        self._program = StackedProgram(first.objective.problem, device, dtype, memory)
        samples = [attempt.objective.samples for attempt in self._attempts]
        self._rows = stacked_rows(device, dtype, samples, [attempt.objective.rows for attempt in self._attempts])
        self._validation = self._validation_rows()
        self._objective = StackedObjective.of_attempts(self._program, self._rows, self._attempts)
        self.parameters = upload(device, np.stack([attempt.parameters for attempt in self._attempts]), dtype).clone()
        self.weights, self.best = self.parameters, self.parameters.clone()
        totals = [job.total or job.limit for job in jobs]
        for attempt, total in zip(self._attempts, totals, strict=True):
            attempt.total_epochs = total
        average = first.options.average
        self._average = None if average is None else StackedAverage(average, totals, device, self.parameters)
        self.running = np.ones(len(jobs), dtype=bool)
        self._trainer = make_stacked_trainer(first.options.trainer, self._team(totals))
        self._trainer.start(self.parameters)

    def epochs(self) -> Generator[list[EpochReport | None], None, None]:
        """For each epoch the report of every attempt, None of those that ended none; when it ends, or is closed, the attempts are as their own epochs() would leave them."""
        epoch = 0
        try:
            self._end_at(epoch)
            while self.running.any():
                epoch += 1
                reports = self._epoch(epoch)
                if any(reports):
                    yield reports
                self._end_at(epoch)
        finally:
            self._end(np.flatnonzero(self.running).tolist())
            best = self.best.to("cpu").numpy()
            for own, attempt in zip(best, self._attempts, strict=True):
                if attempt.judge.best_epoch is not None:
                    attempt.best_parameters = own.copy()

    def _team(self, totals: list[int]) -> Team:
        attempts = self._attempts
        options = [attempt.trainer.options for attempt in attempts]
        objectives = [attempt.objective for attempt in attempts]
        rows, sizes = [own.rows for own in objectives], [own.row_bytes for own in objectives]
        return Team(self._objective, options, [attempt.rng for attempt in attempts], rows, sizes, totals)

    def _validation_rows(self) -> StackedRows | None:
        judges = [attempt.judge for attempt in self._attempts]
        if not any(judge.has_rows for judge in judges):
            return None
        samples = [judge.measure.objective.samples for judge in judges]
        return stacked_rows(self._device, self._program.dtype, samples, [judge.rows for judge in judges])

    def _epoch(self, epoch: int) -> list[EpochReport | None]:
        outcome = self._trainer.epoch(self.parameters, self.running)
        if self._objective.kept is not None:
            self.parameters.copy_(self._objective.without_pruned(self.parameters))
        finite = outcome.losses.isfinite() & self.parameters.isfinite().all(1, keepdim=True)
        self._average_weights(epoch, finite)
        codes = self.parameters.new_zeros(finite.shape) if outcome.codes is None else outcome.codes
        columns = [outcome.losses, finite, codes, *self._validation_losses()]
        table = self._device.torch.cat([own.to(self._device.wide) for own in columns], 1).to("cpu").numpy()
        self._show_weights()
        metrics = self._other_metrics(table)
        best, ended = np.zeros(len(self._jobs), dtype=bool), list[int]()
        reports: list[EpochReport | None] = [None] * len(self._jobs)
        for k in np.flatnonzero(self.running).tolist():
            attempt, (loss, is_finite, code, *validation) = self._attempts[k], table[k].tolist()
            attempt.finished = self._trainer.reason(int(code), k) if code else None
            if not is_finite:
                attempt.diverge()
                ended.append(k)
                continue
            verdict = Verdict(None, None, False)
            if attempt.judge.has_rows:
                verdict = attempt.judge.rank(epoch, validation[0], partial(metrics, k))
            best[k] = verdict.is_best
            reports[k] = report = attempt.add_report(loss, verdict)
            attempt.conclude(report)
            if attempt.stopped:
                ended.append(k)
        if best.any():
            self.best = self.weights.where(upload(self._device, best[:, None], self._device.torch.bool), self.best)
        self._end(ended)
        return reports

    def _average_weights(self, epoch: int, finite: Tensor) -> None:
        """The average of an attempt that diverged stays that of the epoch before."""
        if self._average is not None:
            self.weights = self._average.see(epoch, self.parameters).where(finite, self.weights)

    def _validation_losses(self) -> list[Tensor]:
        """(K, 1) the loss on the validation sets and, where an attempt is chosen by it, the mse."""
        if self._validation is None:
            return []
        found = [self._program.losses(self.weights, self._validation)]
        if any(attempt.judge.metric == "mse" for attempt in self._attempts):
            found.append(self._program.losses(self.weights, self._validation, "mse"))
        return found

    def _other_metrics(self, table: Array) -> Callable[[int], float]:
        """How to find the metric of attempt k where that is not the loss."""
        outputs: Array | None = None
        names = {attempt.judge.metric for attempt in self._attempts}
        if self._validation is not None and names - {"loss", "mse"}:
            outputs = self._program.outputs(self.weights, self._validation).to("cpu").numpy()

        def metric(k: int) -> float:
            judge = self._attempts[k].judge
            if judge.metric == "mse":
                return 1 / max(float(table[k, 4]), SMALLEST_MSE)
            assert outputs is not None
            return judge.metric_of_outputs(outputs[k, : len(judge.rows)])

        return metric

    def _show_weights(self) -> None:
        """Rules that measure the weights themselves need those of this epoch."""
        looking = [
            k
            for k in np.flatnonzero(self.running).tolist()
            if any(isinstance(rule, Success) for rule in self._attempts[k].rules)
        ]
        if looking:
            weights = self.weights.to("cpu").numpy()
            for k in looking:
                self._attempts[k].weights = weights[k].copy()

    def _end_at(self, epoch: int) -> None:
        """Hand over the attempts whose limit this epoch is."""
        places = [k for k, job in enumerate(self._jobs) if self.running[k] and epoch >= job.limit]
        self._end(places)
        for k in places:
            self._attempts[k].reach_limit()

    def _end(self, places: list[int]) -> None:
        """Hand over the parameters of attempts that go on no more."""
        if not places:
            return
        at = upload(self._device, np.array(places), self._device.torch.int64)
        parameters, weights = (own[at].to("cpu").numpy() for own in (self.parameters, self.weights))
        for place, k in enumerate(places):
            attempt = self._attempts[k]
            attempt.parameters[...] = parameters[place]
            attempt.weights = attempt.parameters if self._average is None else weights[place].copy()
        self.running[places] = False
