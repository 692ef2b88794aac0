"""The operating point: the calibration of a network and its threshold, chosen on validation rows after training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError
from anncli.evaluation.calibration import fit_isotonic, fit_platt, fit_temperature
from anncli.evaluation.names import parse_rule
from anncli.evaluation.thresholds import Cut, choose_cut
from anncli.network.calibration import Calibration, has_logits, log_probabilities, logits
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.sample_kinds import check_scaling


class OperatingPoint(NamedTuple):
    """How the outputs of a finished network become decisions.

    threshold, threshold_rule, abstain, calibration: as of Network; n_rows: rows that calibration and rule were fitted to, 0
    where neither was asked for; which: 'validation', or 'out-of-fold' for rows that networks of other rows predicted; cut: what the rule found; warnings: in words.
    """

    threshold: float
    threshold_rule: str | None = None
    abstain: tuple[float, ...] | None = None
    calibration: Calibration | None = None
    n_rows: int = 0
    which: str = "validation"
    cut: Cut | None = None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        method = "" if self.calibration is None else f", calibration {self.calibration.method}"
        return f"<OperatingPoint threshold {self.threshold:g}{method}>"

    def scores(self, outputs: Array) -> Array:
        """What threshold and abstain are about, (n, n_outputs), for outputs of the network itself."""
        return outputs if self.calibration is None else self.calibration.apply(outputs)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a Network."""
        return {name: getattr(self, name) for name in ("threshold", "threshold_rule", "abstain", "calibration")}

    def record(self) -> dict[str, Any]:
        """What the network file says about it; empty where nothing was fitted."""
        if not self.n_rows:
            return {}
        found: dict[str, Any] = {"rows": self.n_rows, "set": self.which}
        if self.cut is not None:
            rates = {"sensitivity": self.cut.sensitivity, "specificity": self.cut.specificity, "ppv": self.cut.ppv}
            found |= {"met": self.cut.is_met, "value": float(f"{self.cut.value:.6g}")}
            found |= {name: None if rate is None else float(f"{rate:.6g}") for name, rate in rates.items()}
        return {"decision": found}

    def plain(self) -> dict[str, Any]:
        """Threshold, rule and calibration as plain values, for point_of()."""
        own = self.calibration
        numbers = None if own is None else [own.method, own.numbers.tolist(), own.of_logits]
        return {"threshold": self.threshold, "threshold_rule": self.threshold_rule, "calibration": numbers}


def point_of(plain: Mapping[str, Any]) -> OperatingPoint:
    """The point that OperatingPoint.plain() described."""
    own = plain["calibration"]
    calibration = None if own is None else Calibration(own[0], np.array(own[1], dtype=np.float64), own[2])
    return OperatingPoint(plain["threshold"], plain["threshold_rule"], calibration=calibration)


def fit_operating_point(
    options: TrainingOptions,
    network: Network,
    threshold: float,
    outputs: Array,
    labels: Array,
    weights: Array | None = None,
    which: str = "validation",
) -> OperatingPoint:
    """The operating point that `options` ask for, fitted to outputs (n, n_outputs) of networks that the rows did not train.

    The calibration is fitted first; the rule then chooses among calibrated scores. Args: network: for its output layer, and
    for what it keeps where training continues; threshold: where no rule chooses one; labels (n,); weights (n,) >= 0;
    which: rows these are, as of OperatingPoint.
    Raises: DataError unless the rows are of two classes or more.
    """
    rule, method = rule_of(options), options.calibration
    abstain = _abstain(options, network)
    if rule is None and method == "none":
        return OperatingPoint(threshold, abstain=abstain)
    _check_fit(outputs, labels, weights, options, which)
    if weights is not None:
        outputs, labels, weights = outputs[weights > 0], labels[weights > 0], weights[weights > 0]
    activation = network.topology.output_activation
    calibration = None if method == "none" else fit_calibration(method, activation, outputs, labels, weights)
    point = OperatingPoint(threshold, None, abstain, calibration, len(outputs), which)
    if calibration is not None:
        # Halfway between the probabilities 1 and 0, whatever the targets of the outputs were.
        point = point._replace(threshold=options.threshold if isinstance(options.threshold, float) else 0.5)
        if method == "platt" and calibration.numbers[0] <= 0:
            message = (
                f"on the {which} rows higher scores mean fewer positives, so platt turned the order of scores round"
            )
            point = point._replace(warnings=(message,))
    if rule is None:
        return point
    limits = _range(activation) if calibration is None else (0.0, 1.0)
    cut = choose_cut(point.scores(outputs)[:, 0], labels == 0, parse_rule(rule), weights, limits)
    warnings = (*point.warnings, *_rule_warnings(rule, cut, f"{len(outputs)} {which} rows", abstain))
    return point._replace(threshold=cut.threshold, threshold_rule=rule, cut=cut, warnings=warnings)


def _abstain(options: TrainingOptions, network: Network) -> tuple[float, ...] | None:
    """As asked, or as a continued network has it, unless it is about a calibration that is dropped; of first spikes at least the
    samples in which there are none."""
    keeps = options.abstain is None and (network.calibration is None or options.calibration != "none")
    found = network.abstain if keeps else options.abstain or None
    if found is None and network.topology.own_loss == "first-spike":
        # The largest output is 1/K or more, unless no unit fires.
        return (0.5 / network.n_outputs,)
    return found


def _range(activation: str) -> tuple[float, float]:
    info = ACTIVATION_NAMES[activation]
    return info.lowest, info.highest


def fit_calibration(
    method: str, activation: str, outputs: Array, labels: Array, weights: Array | None = None
) -> Calibration:
    """The calibration of outputs (n, n_outputs) of an output layer with this activation, for labels (n,)."""
    if method == "temperature":
        z = log_probabilities(outputs)
        if outputs.shape[1] == 1:
            z = np.concatenate([logits(outputs), np.zeros_like(outputs, dtype=np.float64)], axis=1)
        return Calibration(method, np.array([fit_temperature(z, labels, weights)]))
    scores, is_positive = outputs[:, 0], labels == 0
    if method == "isotonic":
        # As the network file holds them.
        knots = fit_isotonic(scores, is_positive, weights).astype(np.float32).astype(np.float64)
        return Calibration(method, knots)
    of_logits = has_logits(activation)
    numbers = fit_platt(logits(scores) if of_logits else scores, is_positive, weights)
    return Calibration(method, np.array(numbers), of_logits)


def dropped(network: Network, options: TrainingOptions) -> list[str]:
    """Warnings about what a network that training goes on from was given for the weights before, and no longer has."""
    found = []
    if network.calibration is not None and options.calibration == "none":
        others = " with the scores that it left undecided" if network.abstain and options.abstain is None else ""
        found.append(
            f"the calibration of the network belongs to the weights before, so it is dropped{others}; "
            f"--calibration {network.calibration.method} fits a new one"
        )
    if network.threshold_rule is not None and options.threshold is None:
        found.append(
            f"the threshold by {network.threshold_rule} belongs to the weights before, so it is dropped; "
            f"--threshold '{network.threshold_rule}' chooses a new one"
        )
    return found


def rule_of(options: TrainingOptions) -> str | None:
    """The rule that chooses the threshold, or None."""
    return options.threshold if isinstance(options.threshold, str) else None


def asked_words(options: TrainingOptions) -> str:
    """'--threshold youden and --calibration platt': what needs a validation set; '' for nothing."""
    rule, method = rule_of(options), options.calibration
    words = [f"--threshold {rule}"] * (rule is not None) + [f"--calibration {method}"] * (method != "none")
    return " and ".join(words)


def check_validation(options: TrainingOptions, data: Dataset | None = None, rows: Array | None = None) -> None:
    """Raises UsageError where something is to be chosen on a validation set that there will not be; data and rows (n,) of that
    set, where they are known: then DataError too if they are of one class only."""
    asked = asked_words(options)
    if not asked:
        return
    if options.validation == 0.0 or (rows is not None and not len(rows)):
        advice = "leave --dividetrain out" if options.dividetrain is not None else "add --validation 0.2"
        raise UsageError(f"{asked}: it is chosen on validation rows, and there are none", advice=advice)
    if data is not None and rows is not None and data.targets is None:
        answers, weights = data.known_answers(rows), data.weights_of(None)
        _check_classes(data.labels[answers], None if weights is None else weights[answers], options)


def check_network(options: TrainingOptions, network: Network, dialect: str | None = None) -> None:
    """Raises UsageError for a scaling or a decision that this network, or the format of its file, cannot have; dialect: of the
    file that is written, None for its own."""
    check_scaling(network.topology, options.scaling)
    if options.trainer_options.get("alternate") and network.topology.answers_rows:
        message = "--alternate presents samples of the classes in turn, and this network has a class for every row"
        raise UsageError(message, advice="leave it out")
    rule, method, abstain = rule_of(options), options.calibration, options.abstain
    if not (rule or method != "none" or abstain):
        return
    if (dialect or network.source.dialect) == "ann1dn":
        what = "--abstain" if abstain else asked_words(options)
        raise UsageError(f"{what}: a file of the format ann1dn has no place for it", advice="add --dialect ann")
    if network.task not in (None, "classification"):
        refuse_without_classes(options, network.task)
    n, activation = network.n_outputs, network.topology.output_activation
    if rule and n > 1:
        raise UsageError(f"--threshold {rule}: a rule is for networks with one output", advice="leave it out")
    if method in ("platt", "isotonic") and n > 1:
        raise UsageError(f"--calibration {method} is for two classes and one output", advice="use temperature")
    if method == "temperature" and activation != ("softmax" if n > 1 else "logistic"):
        advice = "use a softmax output layer" if n > 1 else "use platt or isotonic"
        raise UsageError(f"--calibration temperature needs outputs that are probabilities, and these are {activation}", advice=advice)  # fmt: skip
    check_abstain(abstain, network, options.threshold if isinstance(options.threshold, float) else None)


def refuse_without_classes(options: TrainingOptions, task: str) -> None:
    """Raises UsageError for decisions between classes, where the task has none."""
    what = asked_words(options) or ("--abstain" if options.abstain else "")
    if what:
        raise UsageError(f"{what} needs classes, and the task is {task}", advice="leave it out")


def check_abstain(abstain: tuple[float, ...] | None, network: Network, threshold: float | None) -> None:
    """Raises UsageError for scores that do not fit the network, or that leave a threshold out."""
    if not abstain:
        return
    if network.n_outputs == 1 and len(abstain) != 2:
        raise UsageError("--abstain: two classes need two scores", advice="write for example --abstain 0.4,0.6")
    if network.n_outputs > 1 and len(abstain) != 1:
        message = f"--abstain: {network.n_outputs} classes need one score, the lowest that decides"
        raise UsageError(message, advice="write for example --abstain 0.6")
    if network.n_outputs == 1 and threshold is not None and not abstain[0] <= threshold <= abstain[1]:
        raise UsageError(
            f"--abstain {abstain[0]:g},{abstain[1]:g}: the threshold {threshold:g} lies outside",
            advice="give scores on both sides of it, or another --threshold",
        )


def check_threshold(options: TrainingOptions, network: Network, threshold: float) -> None:
    """Raises UsageError where undecided scores leave out the threshold that the finished network will have, unless a rule
    chooses it; threshold: of the training."""
    if rule_of(options) is None:
        calibrated = options.threshold if isinstance(options.threshold, float) else 0.5
        final = threshold if options.calibration == "none" else calibrated
        check_abstain(_abstain(options, network), network, final)


def _check_fit(outputs: Array, labels: Array, weights: Array | None, options: TrainingOptions, which: str) -> None:
    _check_classes(labels, weights, options, which)
    if not np.isfinite(outputs).all():
        message = f"{asked_words(options)}: the score of one of the {which} rows is not finite"
        raise DataError(message, advice="use logistic outputs, or another --scaling")


def _check_classes(labels: Array, weights: Array | None, options: TrainingOptions, which: str = "validation") -> None:
    found = np.unique(labels if weights is None else labels[weights > 0])
    if len(found) < 2:
        raise DataError(
            f"{asked_words(options)}: all {len(labels)} {which} rows are of one class",
            advice="use a larger --validation, or files with rows of both classes",
        )


def _rule_warnings(rule: str, cut: Cut, rows: str, abstain: tuple[float, ...] | None) -> list[str]:
    warnings = []
    if not cut.is_met:
        warnings.append(
            f"no threshold gives {rule} on the {rows}; the nearest, {cut.threshold:g} with {cut.value:.4g}, was taken"
        )
    elif cut.specificity == 0:
        warnings.append(f"the threshold {cut.threshold:g} by {rule} predicts all {rows} as positive")
    elif cut.sensitivity == 0:
        warnings.append(f"the threshold {cut.threshold:g} by {rule} predicts none of the {rows} as positive")
    if abstain is not None and not abstain[0] <= cut.threshold <= abstain[1]:
        span = f"{abstain[0]:g} to {abstain[1]:g}"
        warnings.append(f"the threshold {cut.threshold:g} by {rule} lies outside the undecided scores, {span}")
    return warnings
