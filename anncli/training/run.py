"""A training run: the stages setup, restarts, choice, final fit and outcome in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from anncli.arrays import Array
from anncli.errors import UsageError
from anncli.network.averaging import mean_outputs
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.elsewhere import Begun, Elsewhere
from anncli.training.ensemble import together
from anncli.training.forecasts import with_baseline
from anncli.training.member import Member
from anncli.training.on_device import OnDevice
from anncli.training.operating_point import OperatingPoint, asked_words, fit_operating_point
from anncli.training.outcome import Outcome, TrainingResult, finished_network, make_result
from anncli.training.record import make_record
from anncli.training.restarts import RunAll, run_in_turn
from anncli.training.setup import Setup
from anncli.training.step import Step, take_together
from anncli.training.stopping import TimeLimit
from anncli.training.storing import refuse_continued

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation
    from anncli.evaluation.interval import Confidence


class TrainingRun:
    """`for report in run.epochs(100): ...`, then `run.finish()`; neither changes the network of the setup.

    With options.ensemble above 1 it trains as many networks on the same sets, whose outputs are averaged. A run holds the
    plans and buffers of its attempts until close(): use it as `with closing(run): ...`.

    Args: run_all: runs the networks of an ensemble, or else the attempts of --restarts, see restarts.RunAll; it does not
        change the result; on_device: where the attempts are trained, in place of run_all; elsewhere: trains them in its place, in
        other processes.
    Raises: UsageError where the trainer cannot train this network.
    """

    def __init__(
        self,
        setup: Setup,
        run_all: RunAll | None = None,
        on_device: OnDevice | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        if setup.options.teacher is not None and setup.lesson is None:
            raise UsageError("a teacher is for one training", advice="use --teacher with `ann train`")
        self.setup = setup
        self._run_all, count, seconds = run_all or run_in_turn, setup.options.ensemble, setup.options.time_limit
        # One limit for all together.
        limit = None if seconds is None else TimeLimit(seconds)
        of_attempts = self._run_all if count == 1 else run_in_turn
        self.on_device, self.elsewhere = on_device, elsewhere
        of_members = elsewhere if count == 1 else None
        numbers = range(1, count + 1)
        self._members = [Member(setup, of_attempts, limit, number, on_device, of_members) for number in numbers]
        self._restored: set[int] = set()
        self._point: OperatingPoint | None = None

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts begun so far, in order."""
        return [attempt for member in self._begun() for attempt in member.attempts]

    def _kept(self) -> list[Member]:
        """The networks that were trained to their end; where there is none, those that have begun."""
        begun = self._begun()
        return [member for member in begun if member.is_whole] or begun

    @property
    def attempt(self) -> Attempt:
        """The attempt that is kept, of an ensemble that of its first network; before the choice, the last one begun."""
        return self._members[0].attempt

    def _begun(self) -> list[Member]:
        """The first network, and those of which an epoch has ended: a time limit or a signal may come before."""
        return [member for member in self._members if member.number == 1 or member.has_begun]

    def planned_refit(self, report: EpochReport) -> int:
        """Epochs of the final training that a report is of, at most; 0 for another report."""
        member = self._members[(report.restart - 1) // self.setup.options.restarts]
        return member.planned_refit if report.phase == "refit" else 0

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """Train for at most `limit` epochs from each set of initial weights, yielding a report after each epoch; a run
        that restore() continues trains up to the epoch `limit`. The reports of a final fit follow.

        Raises: UsageError for a limit below 0; AnnError where all attempts for a network diverge.
        """
        if limit < 0:
            raise UsageError(f"a run has 0 or more epochs, not {limit}")
        refuse_continued(self.setup.network, self.setup.options)
        # A memory is stored before the first epoch.
        limit = 0 if self.setup.network.stores else limit
        if self.on_device is not None:
            yield from self._epochs_on(self.on_device, limit)
        elif len(self._members) == 1:
            yield from self._members[0].epochs(limit)
        elif self.elsewhere is not None:
            yield from self._members_elsewhere(limit, self.elsewhere)
        else:
            yield from self._run_all([partial(member.epochs, limit) for member in self._members])

    def _epochs_on(self, device: OnDevice, limit: int) -> Iterator[EpochReport]:
        if device.keeps_weights:
            for steps in self.rounds(limit):
                yield from take_together(steps, device.run_jobs)
            return
        yield from take_together(self._first_steps(limit, "ranking"), device.run_jobs)
        for member in self._members:
            yield from member.signed(limit)

    def _first_steps(self, limit: int, phase: str) -> list[Step]:
        steps = [step for member in self._members for step in member.first_steps(limit, phase)]
        return steps if limit else []

    def rounds(self, limit: int) -> Iterator[list[Step]]:
        """The trainings of a run whose weights are those of a device, as groups that may be trained at once, also with those of
        other runs; a group is known when the one before has ended."""
        yield self._first_steps(limit, "training")
        last = [member.last_steps(limit) for member in self._members]
        while steps := [step for one in last if (step := next(one, None)) is not None]:
            yield steps

    def _members_elsewhere(self, limit: int, elsewhere: Elsewhere) -> Iterator[EpochReport]:
        numbers = [(member, member.number in self._restored) for member in self._members]
        begun = [Begun(member.number, member.state() if is_restored else None) for member, is_restored in numbers]
        for member, state in zip(self._members, elsewhere.members(self.setup, begun, limit), strict=True):
            yield from member.end_with(state)

    def evaluate(
        self,
        parameters: Array | None,
        rows: str | Array,
        classes: tuple[str, ...] = (),
        point: OperatingPoint | None = None,
        confidence: Confidence | None = None,
    ) -> Evaluation:
        """Counts and metrics of the parameters (P,) of a trained network, or those of an ensemble (n_members, P), on `rows` (n,):
        row numbers, or the name of a set; after finish() with its threshold and calibration, or those of another `point`.
        confidence: of the intervals, None for none."""
        assert parameters is not None
        rows = self.setup.rows[rows] if isinstance(rows, str) else rows
        return self.attempt.judge.measure.evaluate(parameters, rows, classes, point or self._point, confidence)

    def evaluate_sets(self, result: TrainingResult) -> dict[str, Evaluation]:
        """Counts and metrics of the result on every set that has rows, by the name of the set.

        The validation set is evaluated with the weights before a final fit, which trained on it.
        """
        names = [name for name, rows in result.rows.items() if len(rows)]
        return {name: self.evaluate(result.parameters_for(name), name, result.network.classes) for name in names}

    def outputs(self, result: TrainingResult, name: str) -> Array:
        """The outputs (n, n_outputs) of the result for the rows of a set, in the units of the data and before calibration; of the
        validation set those of the weights before a final fit."""
        objective, rows = self.attempt.judge.measure.objective, self.setup.rows[name]
        found = mean_outputs(lambda own: objective.outputs(own, rows), result.parameters_for(name))
        return result.network.target_scaling.to_data(found)

    def finish(self, interrupted: str | None = None, keep: str | None = None) -> TrainingResult:
        """The result of the run so far, with a new network.

        Args: interrupted: why the run ended before its end, in words; keep: 'best' or 'last' instead of options.keep.
        Raises: AnnError where all attempts diverged.
        """
        setup = self.setup
        outcomes = [member.outcome(interrupted, keep) for member in self._kept()]
        outcome = together(outcomes, len(self._members))
        self._point = self._operating_point(outcome)
        network = finished_network(setup, outcome, self._point, make_record(setup, outcome, self._point))
        result = make_result(setup, outcome, network, self._point)
        trained = setup.final_rows if result.refit_epochs else setup.rows["training"]
        network = with_baseline(setup, network, trained, lambda name: self.outputs(result, name))
        return result._replace(network=network)

    def _operating_point(self, outcome: Outcome) -> OperatingPoint:
        """Chosen with the weights that validation chose, which the validation set did not train."""
        setup, rows, data = self.setup, self.setup.rows["validation"], self.setup.data
        if not asked_words(setup.options):
            rows = rows[:0]
        outputs = mean_outputs(lambda own: outcome.attempt.objective.outputs(own, rows), outcome.selected)
        labels, weights = data.labels_of(rows), data.weights_of(rows)
        if data.by_row:
            # Rows of a sample may have no answer.
            known = data.answer_mask(data.answer_rows(rows))
            outputs, labels, weights = outputs[known], labels[known], None if weights is None else weights[known]
        return fit_operating_point(setup.options, setup.network, setup.threshold, outputs, labels, weights)

    def close(self) -> None:
        """Close the sessions of all attempts. Results stay; epochs(), evaluate() and finish() raise ValueError."""
        for member in self._members:
            member.close()

    def state(self) -> dict[str, Any]:
        """The state of the run, for restore() in a run of the same setup: nested dicts and lists of arrays, numbers and
        text. The final fit is left out: it is short and is repeated."""
        if len(self._members) == 1:
            return self._members[0].state()
        return {"members": [member.state() for member in self._begun()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue where state() was called: epochs() then gives the bits of the uninterrupted run."""
        states = [state] if len(self._members) == 1 else state["members"]
        if not 1 <= len(states) <= len(self._members):
            raise ValueError("another number of networks")
        for member, own in zip(self._members, states, strict=False):
            member.restore(own)
            self._restored.add(member.number)
