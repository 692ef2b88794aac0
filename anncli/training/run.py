"""A training run: the stages setup, restarts, choice, final fit and outcome in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from anncli.arrays import Array, take_rows
from anncli.errors import UsageError
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.choice import Choice, choose
from anncli.training.final_fit import FinalFit
from anncli.training.operating_point import OperatingPoint, asked_words, fit_operating_point
from anncli.training.outcome import Outcome, TrainingResult, finished_network, make_outcome, make_result
from anncli.training.record import make_record
from anncli.training.restarts import Restarts, RunAll, run_in_turn
from anncli.training.setup import Setup

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


class TrainingRun:
    """`for report in run.epochs(100): ...`, then `run.finish()`; neither changes the network of the setup.

    A run holds the plans and buffers of its attempts until close(): use it as `with closing(run): ...`.

    Args: run_all: runs the attempts of --restarts, see restarts.RunAll; it does not change the result.
    Raises: UsageError where the trainer cannot train this network.
    """

    def __init__(self, setup: Setup, run_all: RunAll | None = None) -> None:
        self.setup = setup
        self._restarts = Restarts(setup, run_all or run_in_turn)
        self._choice: Choice | None = None
        self._final_fit: FinalFit | None = None
        self._point: OperatingPoint | None = None

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts begun so far, in order."""
        return self._restarts.attempts

    @property
    def attempt(self) -> Attempt:
        """The attempt that is kept; before the choice, the last one begun."""
        return self.attempts[-1] if self._final_fit is None else self._final_fit.attempt

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """Train for at most `limit` epochs from each set of initial weights, yielding a report after each epoch; a run
        that restore() continues trains up to the epoch `limit`. The reports of a final fit follow.

        Raises: UsageError for a limit below 0; AnnError where all attempts diverge.
        """
        if limit < 0:
            raise UsageError(f"a run has 0 or more epochs, not {limit}")
        self._choice = self._final_fit = None
        yield from self._restarts.epochs(limit)
        self._choice = choose(self.attempts, self.setup.options)
        self._final_fit = FinalFit(self.setup, self._choice.attempt)
        yield from self._final_fit.epochs(limit)

    def evaluate(
        self,
        parameters: Array | None,
        rows: str | Array,
        classes: tuple[str, ...] = (),
        point: OperatingPoint | None = None,
    ) -> Evaluation:
        """Counts and metrics of the parameters (P,) of a trained network on `rows` (n,): row numbers, or the name of a set;
        after finish() with its threshold and calibration, or those of another `point`."""
        assert parameters is not None
        rows = self.setup.rows[rows] if isinstance(rows, str) else rows
        return self.attempt.judge.measure.evaluate(parameters, rows, classes, point or self._point)

    def evaluate_sets(self, result: TrainingResult) -> dict[str, Evaluation]:
        """Counts and metrics of the result on every set that has rows, by the name of the set.

        The validation set is evaluated with the weights before a final fit, which trained on it.
        """
        network, found = result.network, {}
        for name, rows in result.rows.items():
            parameters = network.parameters
            if name == "validation" and result.validation_parameters is not None:
                parameters = result.validation_parameters
            if len(rows):
                found[name] = self.evaluate(parameters, name, network.classes)
        return found

    def outputs(self, result: TrainingResult, name: str) -> Array:
        """The outputs (n, n_outputs) of the result for the rows of a set, in the units of the data and before calibration."""
        network = result.network
        assert network.parameters is not None
        found = self.attempt.judge.measure.objective.outputs(network.parameters, self.setup.rows[name])
        return network.target_scaling.to_data(found)

    def finish(self, interrupted: str | None = None, keep: str | None = None) -> TrainingResult:
        """The result of the run so far, with a new network.

        Args: interrupted: why the run ended before its end, in words; keep: 'best' or 'last' instead of options.keep.
        Raises: AnnError where all attempts diverged.
        """
        choice = self._choice or choose(self.attempts, self.setup.options)
        outcome = make_outcome(self.setup, choice, self._final_fit, interrupted, keep)
        self._point = self._operating_point(outcome)
        network = finished_network(self.setup, outcome, self._point, make_record(self.setup, outcome, self._point))
        return make_result(self.setup, outcome, network, self._point)

    def _operating_point(self, outcome: Outcome) -> OperatingPoint:
        """Chosen with the weights that validation chose, which the validation set did not train."""
        setup, rows, data = self.setup, self.setup.rows["validation"], self.setup.data
        if not asked_words(setup.options):
            rows = rows[:0]
        outputs = outcome.attempt.objective.outputs(outcome.selected, rows)
        weights = None if data.weights is None else take_rows(data.weights, rows)
        labels = take_rows(data.labels, rows)
        return fit_operating_point(setup.options, setup.network, setup.threshold, outputs, labels, weights)

    def close(self) -> None:
        """Close the sessions of all attempts. Results stay; epochs(), evaluate() and finish() raise ValueError."""
        self._restarts.close()

    def state(self) -> dict[str, Any]:
        """The state of the run, for restore() in a run of the same setup: nested dicts and lists of arrays, numbers and
        text. The final fit is left out: it is short and is repeated."""
        return self._restarts.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue where state() was called: epochs() then gives the bits of the uninterrupted run."""
        self._restarts.restore(state)
