"""The values that requirements are about: which evaluations have which metrics, and how one is read from an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from anncli.errors import UsageError, did_you_mean, quoted
from anncli.experiments.inputs import Data
from anncli.network.network import Network
from anncli.options.requirements import METRICS, Requirement

# By the form of an evaluation: what its members are called, and the metrics that each member has, with their fields. Of two
# classes these are fields of the evaluation, one per class; of several classes, fields with a value per class; of labels and
# targets, fields of their entries.
_MEMBERS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "two": ("class", {"sensitivity": ("sensitivity", "specificity"), "precision": ("ppv", "npv")}),
    "several": ("class", {"sensitivity": ("recall",), "precision": ("precision",), "f1": ("f1",)}),
    "labels": (
        "label",
        {
            "sensitivity": ("sensitivity",),
            "specificity": ("specificity",),
            "precision": ("ppv",),
            "f1": ("f1",),
            "auc": ("auc",),
            "pr-auc": ("pr_auc",),
        },
    ),
    "numbers": ("target", {"rmse": ("rmse",), "mae": ("mae",), "r2": ("r2",)}),
}


class Kind(NamedTuple):
    """What evaluations are like. form: a key of _MEMBERS; fields: those that they have; names: of their classes, labels or
    targets, () where these are not known yet; what: what the network predicts, in words."""

    form: str
    fields: tuple[str, ...]
    names: tuple[str, ...]
    what: str

    @property
    def member(self) -> str:
        """What a member is called: class, label, target."""
        return _MEMBERS[self.form][0]

    @property
    def of_members(self) -> list[str]:
        """The metrics that every member has of its own."""
        return [*_MEMBERS[self.form][1]]

    def field(self, requirement: Requirement) -> str | None:
        """The field that holds the metric of all rows, or None."""
        if self.form == "several" and requirement.metric in self.of_members:
            return None
        return next((field for field in METRICS[requirement.metric].fields if field in self.fields), None)


def kind_of_task(task: str | None, n_outputs: int, names: Sequence[str] = ()) -> Kind:
    """Of the evaluations of networks for a task; names: of their classes, labels or targets, where these are known."""
    members = tuple(names)
    if task == "regression":
        from anncli.evaluation.regression import RegressionEvaluation

        return Kind("numbers", RegressionEvaluation._fields, members, task)
    if task == "multi-label":
        from anncli.evaluation.multilabel import MultilabelEvaluation

        return Kind("labels", MultilabelEvaluation._fields, members, task)
    if n_outputs == 1:
        from anncli.evaluation.binary import BinaryEvaluation

        return Kind("two", BinaryEvaluation._fields, members, "two classes")
    from anncli.evaluation.multiclass import MulticlassEvaluation

    return Kind("several", MulticlassEvaluation._fields, members, f"{n_outputs} classes")


def kind_of(network: Network) -> Kind:
    """The same of a network whose task is known."""
    names = network.classes if network.task in (None, "classification") else network.target_names
    return kind_of_task(network.task, network.n_outputs, names)


def kind_of_data(data: Data, network: Network) -> Kind:
    """The same of a network, trained or not, evaluated on data that it fits."""
    names = data.classes if data.task == "classification" else data.target_names
    return kind_of_task(data.task, network.n_outputs, names)


def check_exists(requirement: Requirement, kind: Kind) -> None:
    """Raises UsageError for a metric that these evaluations do not have, and for an unknown class, label or target."""
    metric, member, place = requirement.metric, requirement.member, f"--require {requirement}"
    if member is None:
        if kind.field(requirement) is not None:
            return
        if metric in kind.of_members:
            macro = f"macro-{'recall' if metric == 'sensitivity' else metric}"
            message = f"{place}: each of the {kind.what} has a value of its own"
            raise UsageError(message, advice=f"write {macro}, or {requirement.word}[NAME] for one {kind.member}")
        message = f"{place}: this metric does not exist for {kind.what}"
        raise UsageError(message, advice="use one of " + ", ".join(existing(kind)))
    if metric not in kind.of_members:
        advice = "use one of " + ", ".join(f"{name}[NAME]" for name in kind.of_members)
        raise UsageError(f"{place}: this metric does not exist for one {kind.member}", advice=advice)
    if kind.names and member not in kind.names:
        raise UsageError(f"{place}: unknown {kind.member} {quoted(member)}", advice=did_you_mean(member, kind.names))


def existing(kind: Kind) -> list[str]:
    """The metrics that these evaluations have."""
    of_all = [name for name in METRICS if kind.field(Requirement("", name, "", 0.0)) is not None]
    return [*of_all, *(f"{name}[NAME]" for name in kind.of_members)]


class Value(NamedTuple):
    """A value, and why there is none where it is None."""

    value: float | None
    why: str = ""


def value_of(requirement: Requirement, kind: Kind, evaluation: Any) -> Value:
    """What an evaluation of the kind says; check_exists() has passed."""
    field, member = kind.field(requirement), requirement.member
    if member is not None:
        found = _of_member(requirement, kind, evaluation)
    else:
        assert field is not None
        found = Value(getattr(evaluation, field), evaluation.undefined.get(field, ""))
    if not requirement.end or found.value is None:
        return found
    key = f"{field}" if member is None else _key_of_member(requirement, kind, evaluation)
    interval = evaluation.intervals.get(key)
    return Value(None, "it has no interval") if interval is None else Value(getattr(interval, requirement.end))


def _of_member(requirement: Requirement, kind: Kind, evaluation: Any) -> Value:
    """The metric of one class, label or target."""
    fields = _MEMBERS[kind.form][1][requirement.metric]
    if kind.form in ("two", "several"):
        names = evaluation.classes
        if requirement.member not in names:
            return Value(None, f"there is no class {quoted(str(requirement.member))}")
        place = names.index(requirement.member)
        if kind.form == "two":
            return Value(getattr(evaluation, fields[place]), evaluation.undefined.get(fields[place], ""))
        why = evaluation.undefined.get(f"{fields[0]} of {requirement.member}", "")
        return Value(getattr(evaluation, fields[0])[place], why)
    entries = evaluation.labels if kind.form == "labels" else evaluation.targets
    found = [getattr(entry, fields[0]) for entry in entries if entry.name == requirement.member]
    if not found:
        return Value(None, f"there is no {kind.member} {quoted(str(requirement.member))}")
    if len(found) > 1:
        return Value(None, "the target has several outputs, one for each quantile")
    return Value(found[0], evaluation.undefined.get(f"{fields[0]} of {requirement.member}", ""))


def _key_of_member(requirement: Requirement, kind: Kind, evaluation: Any) -> str:
    """The key of the interval of a metric of one member."""
    fields = _MEMBERS[kind.form][1][requirement.metric]
    if kind.form == "two":
        return fields[evaluation.classes.index(requirement.member)]
    return f"{fields[0]} of {requirement.member}"
