"""What stands beside the honest estimate of a search: baselines on the same rows, and whether it holds what --require demands."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.cli.asking.values import Values
from anncli.cli.running.baselines import check_folds, fold_baselines
from anncli.cli.running.candidates import Candidates
from anncli.cli.running.cross_validating import judged_network
from anncli.cli.running.experiment_problem import ExperimentProblem
from anncli.cli.running.gates import Judgement, check_wanted, judge
from anncli.cli.running.required_values import kind_of_data
from anncli.cli.showing.baselines_report import baselines_document, baselines_text
from anncli.cli.showing.search_report import Found
from anncli.cli.showing.seen_rows import SetReport
from anncli.experiments.search_rows import SearchRows
from anncli.experiments.search_space import DEFAULTS
from anncli.experiments.splits import Split

_OF = "the honest estimate"
_ROWS = "the rows of the honest estimate"


class Beside(NamedTuple):
    """gates: the verdicts on the estimate; baselines: None where nobody asked; learnt: what they learnt from, in words."""

    gates: Judgement
    baselines: JudgedBaselines | None
    learnt: str

    def blocks(self, found: Found, task: str) -> list[str]:
        """What is printed below the estimate."""
        of = f"{_ROWS} (network: what the search kept)"
        beside = self.baselines and baselines_text(found.estimate, self.baselines, task, of, self.learnt)
        return [text for text in (beside, self.gates.text()) if text]

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        shown = {} if self.baselines is None else {"baselines": baselines_document(self.baselines, _ROWS)}
        return {**shown, "requirements": self.gates.documents()}


class EstimateJudge:
    """Judges the estimate of a search by --require and --baselines; made before the first training.

    Raises: UsageError for metrics that these evaluations do not have, and where there are no baselines of this kind.
    """

    def __init__(self, values: Values, candidates: Candidates) -> None:
        self._values, self._problem = values, _of_defaults(candidates)
        self._network = judged_network(self._problem)
        self._kind = kind_of_data(self._problem.data, self._network)
        check_wanted(values["require"], self._kind)

    def check_rows(self, rows: SearchRows) -> None:
        """Raises UsageError for more outer folds than baselines are learnt in, and for networks of quantiles."""
        if self._values["baselines"]:
            check_folds(_splits(rows), self._network)

    def __call__(self, found: Found, rows: SearchRows) -> Beside:
        """The baselines learn from the rows that trained what is estimated, and never from those that judge it."""
        gates = judge(self._values["require"], self._kind, SetReport(found.estimate), _OF)
        baselines = None
        if self._values["baselines"]:
            baselines = fold_baselines(self._problem, self._network, _splits(rows))
        learnt = "the {} training rows" if rows.has_test_set else "the training rows of each outer fold"
        return Beside(gates, baselines, learnt)


def _of_defaults(candidates: Candidates) -> ExperimentProblem:
    """The training of trial 0, whose encoding and scaling the baselines have."""
    problem, options = candidates.problem, candidates.options(DEFAULTS)
    network = candidates.network(DEFAULTS, options)
    return ExperimentProblem(network, candidates(DEFAULTS).network, problem.data, problem.paths, {"": options})


def _splits(rows: SearchRows) -> list[Split]:
    return [Split(1, k, outer.training, outer.test) for k, outer in enumerate(rows.outers, 1)]
