"""Gates: whether an evaluation holds what --require demands, and what is said of that. Every command that evaluates calls
judge() or judge_folds()."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from anncli.cli.running.required_values import Kind, Value, check_exists, value_of
from anncli.cli.showing.console import table
from anncli.cli.showing.seen_rows import SetReport
from anncli.errors import RequirementError
from anncli.evaluation.intervals import corrected_resampled
from anncli.options.requirements import METRICS, Requirement

#: The confidence of intervals whose ends are required, where nobody says another.
CONFIDENCE = 0.95


class Verdict(NamedTuple):
    """A requirement, the value it is about, of: which rows gave the value, and whether the requirement is met."""

    requirement: Requirement
    found: Value
    of: str
    is_met: bool

    def shown(self) -> str:
        """The value in the unit of the requirement, or that there is none."""
        value = self.found.value
        if value is None:
            return "undefined"
        return f"{100 * value:.6g}%" if self.requirement.text.endswith("%") else f"{value:.6g}"

    def value_text(self) -> str:
        """The same, with the reason why there is none."""
        return f"{self.shown()}: {self.found.why}" if self.found.why else self.shown()

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "requirement": self.requirement.text,
            "of": self.of,
            "value": self.found.value,
            "met": self.is_met,
            "why": self.found.why or None,
        }


class Judgement(NamedTuple):
    """The verdicts in the order of the requirements, and the warnings about them."""

    verdicts: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def missed(self) -> list[str]:
        """A line for each requirement that is not met."""
        return [
            f"requirement not met: {verdict.requirement} (it is {verdict.value_text()})"
            for verdict in self.verdicts
            if not verdict.is_met
        ]

    def documents(self) -> list[dict[str, Any]]:
        """The value of the key `requirements` of a JSON document."""
        return [verdict.document() for verdict in self.verdicts]

    def text(self) -> str:
        """A line for each requirement, and below why values are undefined; empty where there are no requirements."""
        if not self.verdicts:
            return ""
        rows = [(str(v.requirement), v.shown(), v.of, "met" if v.is_met else "NOT MET") for v in self.verdicts]
        reasons = [f"{v.requirement}: {v.found.why}" for v in self.verdicts if v.found.why]
        return "\n".join([table(("required", "value", "of", ""), rows), *reasons])

    def raise_missed(self, note: str = "") -> None:
        """Raises RequirementError where a requirement is not met; note: what else the user should know, for the last line."""
        if missed := self.missed:
            raise RequirementError(missed if not note else [*missed[:-1], f"{missed[-1]}; {note}"])


def needs_intervals(wanted: Sequence[Requirement]) -> bool:
    """Whether a requirement is about the end of an interval."""
    return any(requirement.end for requirement in wanted)


def check_wanted(wanted: Sequence[Requirement], kind: Kind) -> None:
    """Raises UsageError for the first requirement that evaluations of this kind cannot have."""
    for requirement in wanted:
        check_exists(requirement, kind)


def judge(wanted: Sequence[Requirement], kind: Kind, report: SetReport, of: str) -> Judgement:
    """The verdicts on one set of rows, and a warning where rows of it trained the network; of: the set, in words.

    An undefined metric meets no requirement. Raises: UsageError as check_wanted()."""
    check_wanted(wanted, kind)
    found = _verdicts(wanted, lambda requirement: (value_of(requirement, kind, report.evaluation), of))
    warnings = []
    if wanted and report.n_seen:
        warnings.append(f"--require was checked on all rows, and {report.n_seen} of them trained the network")
    return Judgement(found, tuple(warnings))


def judge_folds(
    wanted: Sequence[Requirement],
    kind: Kind,
    folds: Sequence[Any],
    together: Sequence[Any],
    test_share: float,
    confidence: float,
) -> Judgement:
    """The verdicts on a cross-validation.

    The value is the mean over the folds, with its interval for overlapping training sets; of counts, and of metrics that a fold
    does not have (when one row is left out, say), that of all rows together, averaged over the repeats.
    Args: folds: the evaluation of each; together: of all rows of each repeat; test_share: see corrected_resampled().
    """
    check_wanted(wanted, kind)

    def read(requirement: Requirement) -> tuple[Value, str]:
        metric, of_all = METRICS[requirement.metric], requirement._replace(end="")
        values = [value_of(of_all, kind, one).value for one in folds]
        known = [value for value in values if value is not None]
        if metric.is_count or len(known) < len(values):
            return _mean([value_of(requirement, kind, one) for one in together]), "all rows together"
        of = f"the mean of {len(values)} folds"
        if not requirement.end:
            return _mean([Value(value) for value in known]), of
        interval = corrected_resampled(known, test_share, confidence)
        if interval is None:
            return Value(None, "it has no interval"), of
        value = interval.low if requirement.end == "low" else interval.high
        return Value(metric.limited(value)), of

    return Judgement(_verdicts(wanted, read))


def _verdicts(wanted: Sequence[Requirement], read: Callable[[Requirement], tuple[Value, str]]) -> tuple[Verdict, ...]:
    found = [(requirement, *read(requirement)) for requirement in wanted]
    return tuple(Verdict(one, value, of, one.holds(value.value)) for one, value, of in found)


def _mean(values: Sequence[Value]) -> Value:
    """The mean; the first undefined value where there is one."""
    known = [one.value for one in values if one.value is not None]
    if len(known) < len(values):
        return next(one for one in values if one.value is None)
    return Value(sum(known) / len(known))
