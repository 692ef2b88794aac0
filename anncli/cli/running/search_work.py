"""The trainings of `ann search`: the search on all rows beside those that leave some out, the estimate, and the last training."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.running.candidates import Candidates
from anncli.cli.running.devices import device_of, of_estimates, of_network
from anncli.cli.running.executing import executor_of
from anncli.cli.running.own_values import own_values
from anncli.cli.running.search_problem import SearchProblem, spoken
from anncli.cli.running.winner import final_spec
from anncli.cli.showing.console import Progress
from anncli.cli.showing.search_report import Found
from anncli.errors import count_of
from anncli.evaluation.interval import Confidence
from anncli.experiments.executors.ranks import Ranks
from anncli.experiments.inputs import register
from anncli.experiments.ledger import Ledger, run_with_ledger
from anncli.experiments.search import Candidate, Search, Study, Tried, kept_of, spec_of
from anncli.experiments.search_estimate import estimated
from anncli.experiments.search_judge import SearchJudge
from anncli.experiments.search_rows import inner_parts, search_rows
from anncli.experiments.search_space import DEFAULTS, Trial
from anncli.experiments.spec import Result, Spec
from anncli.experiments.strategies.choice import make_strategy

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


class SearchWork:
    """One `ann search`: search(), then estimate(), then train_kept().

    kept: the trial that is kept; kept_outside: those that were kept where rows were left out. begin: when the command began, for --time-limit.
    """

    def __init__(self, values: Values, candidates: Candidates, ledger: Ledger | None, begin: float) -> None:
        self._values, self.candidates, self._ledger, self._begin = values, candidates, ledger, begin
        self._problem = problem = candidates.problem
        self._data = problem.bare
        seed = problem.options.seed
        self.rows = search_rows(self._data, problem.sets, problem.options, values.given_value("outer_folds"), seed)
        self._judge = SearchJudge(self._data, problem.options.metric, self._of_each_loss())
        self._ref = register(problem.data, problem.paths, data_format=values["format"], n_inputs=_width(problem))
        self._studies = [self._study("", self.rows.everything)]
        if not self.rows.has_test_set:
            self._studies += [
                self._study(f"without fold {k}", outer.training) for k, outer in enumerate(self.rows.outers, 1)
            ]
        self._search = Search(self._studies, self._ref, self.candidates, self._judge)
        self.executor = executor_of(values)
        self._bar: Progress | None = None
        self._done, self._seconds, self._count = 0, 0.0, 0
        self._results: list[Result] = []
        self._engines: dict[str, set[str]] = {}
        self.kept: Tried | None = None
        self.kept_outside: list[Tried] = []

    @property
    def n_trainings(self) -> int:
        """Of all searches, of the estimate, and the last one."""
        searched = sum(len(study.parts) * study.strategy.n_requests for study in self._studies)
        return searched + self._n_last

    @property
    def _n_last(self) -> int:
        """The trainings after the searches."""
        return 2 * len(self.rows.outers) + (self._values["output"] is not None)

    def announcement(self) -> str:
        """What is going to happen, in words."""
        p, trials = self._problem, self._values["trials"]
        space = ", ".join(spoken(one) for one in p.space.searched)
        named = f"nobody named a range, so these are searched: {space}; " if p.is_default_space else f"{space}; "
        return (
            f"{named}{count_of(trials, 'trial')}, selected by {self._judge.title} of {self._parts}; estimated on {self._outers}: "
            f"{count_of(self.n_trainings, 'training')} of at most {self._problem.epochs} epochs{self._place}"
        )

    @property
    def _place(self) -> str:
        device = device_of(self.executor)
        return "" if device is None else f", those of the search and of the estimate on {device.title}"

    def search(self, bar: Progress) -> None:
        """All trials, or those that the time limit leaves room for."""
        self._bar = bar
        self._search.run(lambda specs: self._run(of_estimates(self.executor, specs)), self._is_over)
        numbers = self._in_all()
        self.kept = kept_of(self._studies[0].complete(numbers), self._values["choose"])
        outside = self._studies[1:] or self._studies
        self.kept_outside = [kept_of(study.complete(numbers), self._values["choose"]) for study in outside]

    def estimate(self) -> tuple[Evaluation, Evaluation]:
        """What was kept, and the defaults, on rows that the searches did not see."""
        trials = [one.trial for one in self.kept_outside]
        specs = [
            self._outer_spec(k, trial) for each in (trials, [DEFAULTS] * len(trials)) for k, trial in enumerate(each)
        ]
        results = list(self._run(of_estimates(self.executor, specs)))
        for result in results:
            if result.error is not None:
                raise result.error.error()
        half = len(trials)
        return self._evaluated(trials, results[:half]), self._evaluated([DEFAULTS] * half, results[half:])

    def train_kept(self) -> Result:
        """The trial that is kept, trained on all rows; raises the error of that training."""
        assert self.kept is not None
        spec = final_spec(self.candidates, self.kept.trial, self._ref)
        (result,) = self._run([of_network(self.executor, spec, self._values["keep_device_weights"])])
        if result.error is not None:
            raise result.error.error()
        return result

    def found(self) -> Found:
        """What is known so far."""
        trials = [one for _, one in sorted(self._studies[0].tried.items())]
        if self._search.is_cut and self.kept is not None:
            # Those that not all searches have were not chosen from.
            common = self._in_all()
            trials = [one for one in trials if one.number in common]
        names = [one.name for one in self._problem.space.searched]
        asked, choose = self._values["trials"], self._values["choose"]
        return Found(
            trials, self.kept, self._judge.title, names, self._parts, asked, choose, self._search.is_cut,
            outers=self._outers, confidence=self._values["confidence"], own=own_values(self.candidates, names),
        )  # fmt: skip

    def message(self) -> str:
        """What a signal leaves behind."""
        output = self._values["output"]
        written = "" if output is None else f"; nothing was written to {'stdout' if output == '-' else output}"
        if self._ledger is None:
            return f"interrupted{written}; with --ledger FILE the same command goes on"
        return f"interrupted{written}; the ledger holds {len(self._ledger)} trainings, and the same command runs the others"

    def warn(self) -> None:
        """Say what the time limit cut off, and once what the trainings of the estimate warned of."""
        console, done = self._values.console, len(self._in_all())
        if self._search.is_cut:
            console.warn(
                f"--time-limit: {done} of {self._values['trials']} trials were trained; how many depends on the machine"
                + ("" if self._ledger is None else ", and the same command without it runs the others")
            )
        counts = Counter(text for result in self._results for text in dict.fromkeys(result.warnings))
        for text, count in counts.items():
            if count == len(self._results):
                console.warn(text)
        if any(len(engines) > 1 for engines in self._engines.values()):
            console.warn("the ledger mixes results of different versions: the last digits may differ")

    def _study(self, title: str, rows: Array) -> Study:
        p, values = self._problem, self._values
        parts = inner_parts(self._data, rows, p.sets, values.given_value("folds"), p.options.seed)
        return Study(title, parts, make_strategy(values["strategy"], p.space, values["trials"], p.options.seed))

    def _of_each_loss(self) -> list[Candidate]:
        """A candidate for each loss that a trial can have, to know what all trials have in common."""
        trials: list[Trial] = [DEFAULTS]
        for one in self._problem.space.searched:
            if one.name in ("loss", "trainer", "targets"):
                trials += [{one.name: str(item)} for (item,) in one.alternatives]
        return [self.candidates(trial) for trial in trials]

    def _outer_spec(self, k: int, trial: Trial) -> Spec:
        outer = self.rows.outers[k]
        sets = {"training": outer.training, "test": outer.test}
        if "validation" in self._problem.sets:
            sets["validation"] = self._problem.sets["validation"]
        return spec_of(self.candidates(trial), self._ref, sets, "test", {"estimate": k + 1})

    def _evaluated(self, trials: Sequence[Trial], results: Sequence[Result]) -> Evaluation:
        made = [self.candidates(trial) for trial in trials]
        confidence = Confidence(self._values["confidence"], self._problem.options.seed)
        return estimated(self._data, made, self.rows.outers, results, confidence)

    def _in_all(self) -> set[int]:
        """The numbers of the trials that all searches have."""
        return set.intersection(*({one.number for one in study.complete()} for study in self._studies))

    def _run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        before = self._done

        def progress(done: int, spec: Spec) -> None:
            self._done = before + done
            if self._bar is not None:
                self._bar.update(self._done, spec.title)

        results = run_with_ledger(specs, self.executor, self._ledger, progress)
        for spec, result in zip(specs, results, strict=True):
            self._engines.setdefault(spec.device, set()).add(result.engine)
            self._seconds, self._count = self._seconds + result.total_seconds, self._count + 1
            self._results.append(result)
            yield result

    def _is_over(self) -> bool:
        """Whether the rest of the time is needed for the last trainings."""
        limit = self._values["time_limit"]
        if limit is None:
            return False
        jobs = self.executor.jobs if isinstance(self.executor, Ranks) else self._values["jobs"]
        each = self._seconds / max(self._count, 1) / min(jobs, self._n_last)
        return time.monotonic() - self._begin + each * self._n_last >= limit

    @property
    def _parts(self) -> str:
        parts = self._studies[0].parts
        if parts[0].chosen_by == "validation":
            return f"the validation set of {count_of(len(parts[0].rows), 'row')}"
        return (
            f"{len(parts)} inner folds"
            if len(parts) > 1
            else f"{count_of(len(parts[0].rows), 'row')} that were held out"
        )

    @property
    def _outers(self) -> str:
        if self.rows.has_test_set:
            return f"a test set of {count_of(len(self.rows.outers[0].test), 'row')} that the search did not see"
        return f"{len(self.rows.outers)} outer folds, each with a search of its own on the other rows"


def _width(problem: SearchProblem) -> int | None:
    """As the data were read."""
    return None if problem.network is None else problem.network.n_inputs
