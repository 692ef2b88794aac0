"""What a training says about decisions: how the threshold was chosen, and what calibration did, as text and as JSON."""

from __future__ import annotations

from typing import Any

from anncli.cli.showing.console import Console
from anncli.cli.showing.report import percent
from anncli.errors import count_of
from anncli.evaluation.thresholds import Cut
from anncli.training.operating_point import OperatingPoint
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun


def decision_document(training: TrainingRun, result: TrainingResult) -> dict[str, Any]:
    """The key `decision`; nothing where nothing was chosen on validation rows and every row is decided."""
    point = result.point
    if point is None or not (point.n_rows or point.abstain):
        return {}
    cut, calibration = point.cut, point.calibration
    before, after = calibration_errors(training, result)
    found = {
        "rows": point.n_rows,
        "threshold": point.threshold if result.network.n_outputs == 1 else None,
        "rule": point.threshold_rule,
        "met": None if cut is None else cut.is_met,
        "validation": None
        if cut is None
        else {name: getattr(cut, name) for name in ("sensitivity", "specificity", "ppv")},
        "abstain": None if point.abstain is None else list(point.abstain),
        "calibration": None
        if calibration is None
        else {"method": calibration.method, "error_before": before, "error_after": after},
    }
    return {"decision": found}


def decision_lines(training: TrainingRun, result: TrainingResult) -> list[str]:
    """A line about the threshold, one about what is left undecided, and one about calibration, as far as there is something
    to say."""
    point, lines = result.point, list[str]()
    if point is None:
        return lines
    on = _rows(point)
    if point.cut is not None:
        lines.append(_threshold_line(point, point.cut))
    if point.calibration is not None:
        before, after = calibration_errors(training, result)
        change = ""
        if after is not None:
            change = f"; calibration error of the test set {_error(before)} before, {_error(after)} after"
        lines.append(f"calibrated by {point.calibration.method} {on}{change}")
    if point.abstain is not None:
        span = " to ".join(f"{score:g}" for score in point.abstain)
        lines.append(f"not decided: scores {'from' if len(point.abstain) > 1 else 'below'} {span}")
    return lines


def _rows(point: OperatingPoint) -> str:
    return f"on {count_of(point.n_rows, f'{point.which} row')}"


def _threshold_line(point: OperatingPoint, cut: Cut) -> str:
    rates = f"SE {percent(cut.sensitivity)} %, SP {percent(cut.specificity)} %, PPV {percent(cut.ppv)}"
    end = " %" if cut.ppv is not None else ""
    return f"threshold {point.threshold:.6g} by {point.threshold_rule} {_rows(point)} (there {rates}{end})"


def say_point(console: Console, point: OperatingPoint | None) -> None:
    """Messages about what a network was given that no training chose."""
    if point is None:
        return
    for warning in point.warnings:
        console.warn(warning)
    if point.cut is not None:
        console.note(_threshold_line(point, point.cut))
    if point.calibration is not None:
        console.note(f"calibrated by {point.calibration.method} {_rows(point)}")


def calibration_errors(training: TrainingRun, result: TrainingResult) -> tuple[float | None, float | None]:
    """The calibration error of the test set before and after; None where it is undefined, or there is no test set."""
    if result.point is None or result.point.calibration is None or not len(result.rows["test"]):
        return None, None
    errors: list[float | None] = []
    for point in (result.point._replace(calibration=None, abstain=None), result.point._replace(abstain=None)):
        evaluation: Any = training.evaluate(result.network.all_parameters, "test", result.network.classes, point)
        errors.append(evaluation.calibration_error)
    return errors[0], errors[1]


def _error(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.2f} %"
