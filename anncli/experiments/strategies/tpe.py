"""The tree-structured Parzen estimator (Bergstra et al. 2011, NeurIPS 24), as Optuna has it, asked in groups of fixed size."""

from __future__ import annotations

from typing import Any

from anncli.arrays import random_stream
from anncli.errors import UsageError
from anncli.experiments.search_space import DEFAULTS, Space
from anncli.experiments.strategies.base import Request
from anncli.options.ranges import Range

# Trials of a group do not know each other's results, so that the study is the same for any number of jobs.
GROUP = 5
# Trials that are drawn at random before the estimator has something to learn from.
_MOST_RANDOM = 10


class Tpe:
    """Raises UsageError where Optuna is not installed. The defaults, number 0, need not lie in the space, and are not told."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            message = "--strategy tpe needs Optuna, which is not installed"
            raise UsageError(message, advice="pip install 'anncli[search]', or use --strategy random") from None
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(
            seed=int(random_stream(seed, "trials").integers(2**31)),
            n_startup_trials=min(_MOST_RANDOM, max(1, trials // 3)),
        )
        self._study = optuna.create_study(sampler=sampler)
        self._failed = optuna.trial.TrialState.FAIL
        self._space, self._trials, self._begun = space, trials, 0
        self.n_requests = trials
        self._asked: dict[int, Any] = {}

    def ask(self) -> list[Request]:
        """Equal trials are not avoided: the second one costs nothing, because its results are known."""
        end = min(self._begun + GROUP, self._trials)
        numbers, self._begun = range(self._begun, end), end
        found = []
        for number in numbers:
            trial = DEFAULTS
            if number:
                self._asked[number] = self._study.ask()
                trial = self._space.draw(_Chooser(self._asked[number]))
            found.append(Request(number, trial))
        return found

    def tell(self, number: int, cost: float | None) -> None:
        if number and cost is None:
            self._study.tell(self._asked[number], state=self._failed)
        elif number:
            self._study.tell(self._asked[number], cost)


class _Chooser:
    """Choices by a trial of Optuna."""

    def __init__(self, trial: Any) -> None:
        self._trial = trial

    def index(self, name: str, count: int) -> int:
        return int(self._trial.suggest_categorical(name, list(range(count))))

    def number(self, name: str, within: Range) -> float:
        if within.whole:
            return int(self._trial.suggest_int(name, int(within.low), int(within.high), log=within.is_log))
        return float(self._trial.suggest_float(name, within.low, within.high, log=within.is_log))


STRATEGY = Tpe
