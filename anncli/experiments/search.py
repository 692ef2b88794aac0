"""A search: trials, each trained on the same parts of some rows, and the one that is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from anncli.arrays import Array
from anncli.errors import AnnError
from anncli.evaluation.row_losses import standard_error
from anncli.experiments.search_space import DEFAULTS, Trial
from anncli.experiments.spec import DataRef, Failure, Result, RowsRef, Spec
from anncli.experiments.strategies.base import Request, Strategy
from anncli.options.table import TrainingOptions

# Runs specs: their results in order, each as soon as it is known; closing the iterator ends the work.
RunSpecs = Callable[[Sequence[Spec]], Iterator[Result]]


class Candidate(NamedTuple):
    """How a trial is trained: the bytes of its untrained network, its options and epochs; n_weights: the size of the network."""

    network: bytes
    options: TrainingOptions
    epochs: int
    n_weights: int


# Makes the candidate of a trial; raises UsageError for options that contradict each other.
MakeCandidate = Callable[[Trial], Candidate]


class Part(NamedTuple):
    """One training of a trial: the rows of its sets; chosen_by: the set whose rows the trial is judged on."""

    sets: dict[str, Array]
    chosen_by: str

    @property
    def rows(self) -> Array:
        """The rows (n,) that the trial is judged on."""
        return self.sets[self.chosen_by]


class Figure(NamedTuple):
    """What a trial is chosen by: value as people read it, with its standard error; cost: the lower the better; deviations: what
    its standard error is made of, see row_losses.standard_error()."""

    value: float
    error: float
    cost: float
    deviations: Array


# The figure of the results of a trial, one for each part.
Judge = Callable[[Candidate, Sequence[Part], Sequence[Result]], Figure]


class Tried(NamedTuple):
    """A trial that is finished; share: of its epochs, below 1 where it went no further; figure: None where it failed, and why
    stands in `failure`."""

    number: int
    trial: Trial
    share: float
    n_weights: int
    figure: Figure | None
    failure: Failure | None = None
    seconds: float = 0.0


class Study:
    """One search: `parts` of the rows it may use, its strategy, and the trials so far by number."""

    def __init__(self, title: str, parts: Sequence[Part], strategy: Strategy) -> None:
        self.title, self.parts, self.strategy = title, parts, strategy
        self.tried: dict[int, Tried] = {}

    def complete(self, numbers: set[int] | None = None) -> list[Tried]:
        """The trials that had all their epochs and a result, of these numbers or of all."""
        found = [one for one in self.tried.values() if one.share == 1 and one.figure is not None]
        return [one for one in found if numbers is None or one.number in numbers]


class Search:
    """Studies that advance together: what all of them ask for is run at once, and each is told its own results."""

    def __init__(self, studies: Sequence[Study], data: DataRef, make: MakeCandidate, judge: Judge) -> None:
        self.studies, self._data, self._make, self._judge = studies, data, make, judge
        self.is_cut = False

    def run(self, run_specs: RunSpecs, is_over: Callable[[], bool]) -> None:
        """Train until no study asks for more, or, once every study has its trial 0, until is_over(): then is_cut.

        Raises: the error of a trial 0 that failed, and an internal error of any trial.
        """
        while not self.is_cut:
            asked = [(study, request) for study in self.studies for request in study.strategy.ask()]
            if not asked:
                return
            # All studies have a trial before any has the next one, so that a search that is cut is the same in all.
            asked.sort(key=lambda pair: pair[1].number)
            self._round(asked, run_specs, is_over)

    def _round(self, asked: Sequence[tuple[Study, Request]], run_specs: RunSpecs, is_over: Callable[[], bool]) -> None:
        prepared = [(study, request, self._prepared(request)) for study, request in asked]
        specs = [
            spec for study, request, one in prepared if isinstance(one, Candidate) for spec in self._specs(study, request, one)
        ]  # fmt: skip
        with closing(_generator(run_specs(specs))) as results:
            for study, request, one in prepared:
                if request.number and is_over():
                    self.is_cut = True
                    return
                tried = self._failed(request, one)
                if isinstance(one, Candidate):
                    tried = self._tried(study, request, one, [next(results) for _ in study.parts])
                _raise_if_unusable(tried)
                study.tried[request.number] = tried
        # In the order of numbers, whoever was ready first.
        for study, request in asked:
            figure = study.tried[request.number].figure
            study.strategy.tell(request.number, None if figure is None else figure.cost)

    def _prepared(self, request: Request) -> Candidate | AnnError:
        """The candidate, or, where its options contradict each other, the error."""
        try:
            made = self._make(request.trial)
        except AnnError as error:
            return error
        return made._replace(epochs=max(1, round(made.epochs * request.share))) if request.share < 1 else made

    def _specs(self, study: Study, request: Request, made: Candidate) -> list[Spec]:
        of_study = {"": study.title} if study.title else {}
        return [
            spec_of(made, self._data, part.sets, part.chosen_by, {"trial": request.number, **of_study, "fold": fold})
            for fold, part in enumerate(study.parts, 1)
        ]

    def _tried(self, study: Study, request: Request, made: Candidate, results: Sequence[Result]) -> Tried:
        seconds = sum(result.total_seconds for result in results)
        failure = next((result.error for result in results if result.error is not None), None)
        figure = None if failure is not None else self._judge(made, study.parts, results)
        return Tried(request.number, request.trial, request.share, made.n_weights, figure, failure, seconds)

    def _failed(self, request: Request, error: Candidate | AnnError) -> Tried:
        if isinstance(error, Candidate):
            return Tried(request.number, request.trial, request.share, error.n_weights, None)
        return Tried(request.number, request.trial, request.share, 0, None, Failure.of(error))


def spec_of(made: Candidate, data: DataRef, sets: dict[str, Array], outputs_of: str, labels: dict[str, object]) -> Spec:
    """A whole training of a candidate on the rows of `sets`, with its outputs for one of them."""
    options = made.options._replace(test=0.0).by_name()
    return Spec(made.network, data, RowsRef.of(sets), options, made.epochs, outputs_of=outputs_of, labels=labels)


def _generator(results: Iterator[Result]) -> Generator[Result, None, None]:
    """An iterator that can be closed."""
    yield from results


def _raise_if_unusable(tried: Tried) -> None:
    if tried.failure is not None and (tried.trial == DEFAULTS or tried.failure.details):
        raise tried.failure.error()


def kept_of(trials: Sequence[Tried], choose: str) -> Tried:
    """The trial that is kept; choose: 'best', or 'smallest' for the one-standard-error rule.

    That rule keeps, of the trials that are within one standard error of the best one, the smallest network, and of equally small
    ones the best (Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, section 3.4.3). All trials are
    judged on the same rows, so the error is that of the difference, which rows that are hard for every network do not raise.
    """
    scored = [(one.figure, one) for one in trials if one.figure is not None]
    top, best = min(scored, key=lambda pair: (pair[0].cost, pair[1].n_weights, pair[1].number))
    if choose == "best":
        return best
    near = [
        (one.n_weights, figure.cost, one.number, one)
        for figure, one in scored
        if one is best or figure.cost - top.cost <= standard_error(figure.deviations - top.deviations)
    ]
    n_weights, cost = min(near, key=lambda entry: entry[:3])[:2]
    # Its difference can be less certain than that of a network that is smaller and better.
    near += [
        (one.n_weights, f.cost, one.number, one) for f, one in scored if one.n_weights <= n_weights and f.cost <= cost
    ]
    return min(near, key=lambda entry: entry[:3])[-1]


def best_of(trials: Sequence[Tried]) -> Tried:
    """The trial with the lowest cost."""
    return kept_of(trials, "best")
