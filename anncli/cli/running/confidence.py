"""Which intervals a command computes, and predictive values at another prevalence: what --confidence and --prevalence ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from anncli.cli.asking.values import Values
from anncli.cli.running.gates import CONFIDENCE, needs_intervals
from anncli.cli.showing.interval_table import intervals_text, prevalence_text
from anncli.errors import UsageError
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.interval import Confidence
from anncli.evaluation.prevalence import PredictiveValues, at_prevalence
from anncli.network.network import Network


def dependence(network: Network) -> str:
    """Why the samples of a network depend on each other, so that intervals of their figures would be too short; '' where they do not."""
    if network.predicts_next:
        return f"each {network.next_noun} of a text depends on those before it"
    return "" if network.forecast is None else "windows of a forecast overlap; see the ranges beside the last value"


class Asked(NamedTuple):
    """level: --confidence, None where nobody gave it; prevalence: --prevalence; has_ends: whether --require is about the end of
    an interval."""

    level: float | None
    prevalence: float | None
    has_ends: bool

    @classmethod
    def of(cls, values: Values) -> Asked:
        """What the options of a command say."""
        return cls(values.given_value("confidence"), values["prevalence"], needs_intervals(values["require"]))

    def confidence(self, seed: int = 1) -> Confidence | None:
        """All intervals with --confidence, and where --require needs one; with --prevalence the main ones; else none."""
        if self.level is not None or self.has_ends:
            return Confidence(self.level or CONFIDENCE, seed)
        return Confidence(CONFIDENCE, seed, is_brief=True) if self.prevalence is not None else None

    def confidence_of_test(self, is_json: bool) -> Confidence | None:
        """The same for `ann test`, whose text has the intervals of the main metrics in any case."""
        return self.confidence() or (None if is_json else Confidence(CONFIDENCE, is_brief=True))

    def confidence_of_all(self, is_json: bool, seed: int) -> Confidence | None:
        """Of all rows of a cross-validation together: the text has the intervals of the means over folds instead."""
        wanted = is_json or self.has_ends or self.prevalence is not None
        return Confidence(self.level or CONFIDENCE, seed) if wanted else None

    def check(self, network: Network, task: str | None) -> None:
        """Raises UsageError for --prevalence where no single output decides between two classes, and for intervals of what a network
        predicts for samples that are not independent."""
        if (why := dependence(network)) and (self.level is not None or self.has_ends):
            raise UsageError(f"intervals are for independent samples, and {why}", advice="leave --confidence out")
        if self.prevalence is not None and (network.n_outputs != 1 or task not in (None, "classification")):
            raise UsageError("--prevalence is for networks with one output for two classes", advice="leave it out")

    def restated(self, sets: Mapping[str, Any]) -> dict[str, PredictiveValues]:
        """The predictive values of each set at --prevalence; empty without it."""
        prevalence = self.prevalence
        if prevalence is None:
            return {}
        return {name: at_prevalence(e, prevalence) for name, e in sets.items() if isinstance(e, BinaryEvaluation)}

    def document(self, sets: Mapping[str, Any], confidence: Confidence | None) -> dict[str, Any]:
        """The keys `confidence` and, with --prevalence, `at_prevalence` of a JSON document."""
        found = {name: values.as_dict() for name, values in self.restated(sets).items()}
        return {"confidence": confidence and confidence.level, **({"at_prevalence": found} if found else {})}

    def text(self, sets: Mapping[str, Any], confidence: Confidence | None) -> str:
        """Tables of the intervals of the last of the sets, and of the predictive values of all; empty where nobody asked."""
        tables = [] if confidence is None else [intervals_text(*item, confidence) for item in [*sets.items()][-1:]]
        if restated := self.restated(sets):
            tables.append(prevalence_text(restated))
        return "\n\n".join(filter(None, tables))
