"""Cross-validation: every row is predicted by a network that has not seen it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.evaluation.answers import evaluate_answers
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.interval import Confidence
from anncli.experiments.executors.base import Executor
from anncli.experiments.ledger import Ledger, Progress, run_with_ledger
from anncli.experiments.spec import DataRef, Result, RowsRef, Spec
from anncli.experiments.splits import Split as Split
from anncli.experiments.splits import make_splits as make_splits
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.operating_point import OperatingPoint, asked_words, fit_operating_point, point_of

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def cv_specs(
    network: bytes, data: DataRef, options: TrainingOptions, epochs: int, splits: Sequence[Split]
) -> list[Spec]:
    """A whole training for each split; that of repeat r has the seed of the options plus r - 1."""
    return [
        Spec(
            network,
            data,
            RowsRef.of({"training": split.training, "test": split.test}),
            options._replace(seed=options.seed + split.repeat - 1, test=0.0).by_name(),
            epochs,
            outputs_of="test",
            labels={"repeat": split.repeat, "fold": split.fold},
        )
        for split in splits
    ]


def final_spec(network: bytes, data: DataRef, options: TrainingOptions, epochs: int) -> Spec:
    """The training on all rows, whose network is kept: that of `ann train` with the same options, but without the
    threshold and the calibration that it would choose: see pooled_point()."""
    options = options._replace(test=0.0, calibration="none")
    if isinstance(options.threshold, str):
        options = options._replace(threshold=None)
    return Spec(network, data, None, options.by_name(), epochs, keep_network=True, labels={"network": "of all rows"})


def run_cv(
    specs: Sequence[Spec], executor: Executor, ledger: Ledger | None = None, progress: Progress | None = None
) -> list[Result]:
    """The results of the specs in their order; raises the error of the first training that failed."""
    with closing(run_with_ledger(specs, executor, ledger, progress)) as running:
        results = list(running)
    for result in results:
        if result.error is not None:
            raise result.error.error()
    return results


class OutOfFold(NamedTuple):
    """What was predicted for rows by networks that had not seen them.

    rows: row numbers (n,), of samples whose rows have answers the numbers of these, ascending; outputs (n, n_outputs), calibrated where the networks are; thresholds (n,): of the
    network that predicted the row, None where all have one; raw: outputs before calibration, None without one.
    """

    rows: Array
    outputs: Array
    thresholds: Array | None = None
    raw: Array | None = None


def out_of_fold(data: Dataset, splits: Sequence[Split], results: Sequence[Result], n_outputs: int) -> list[OutOfFold]:
    """The predictions of each repeat."""
    found = []
    for repeat in sorted({split.repeat for split in splits}):
        its = [(s, r) for s, r in zip(splits, results, strict=True) if s.repeat == repeat]
        rows = data.answer_rows(np.concatenate([split.test for split, _ in its]))
        outputs = [np.frombuffer(result.outputs or b"", dtype="<f4").reshape(-1, n_outputs) for _, result in its]
        points = [None if result.decision is None else point_of(result.decision) for _, result in its]
        order = np.argsort(rows, kind="stable")
        raw = np.concatenate(outputs)[order]
        found.append(OutOfFold(rows[order], raw) if None in points else _decided(rows, order, outputs, points))
    return found


def _decided(rows: Array, order: Array, outputs: Sequence[Array], points: Sequence[OperatingPoint | None]) -> OutOfFold:
    """The predictions of networks that each have a threshold and a calibration of their own."""
    pairs = [(own, point) for own, point in zip(outputs, points, strict=True) if point is not None]
    scores = np.concatenate([point.scores(own) for own, point in pairs])[order]
    thresholds = np.concatenate([np.full(len(own), point.threshold, dtype=np.float32) for own, point in pairs])[order]
    is_calibrated = any(point.calibration is not None for _, point in pairs)
    raw = np.concatenate(outputs)[order] if is_calibrated else None
    return OutOfFold(rows[order], scores, thresholds if scores.shape[1] == 1 else None, raw)


def pooled(
    data: Dataset, network: Network, threshold: float, predicted: OutOfFold, confidence: Confidence | None = None
) -> Evaluation:
    """Counts and metrics over all rows of a repeat; threshold: of the decision between two classes, where the networks have
    none of their own; confidence: of the intervals, None for none. These are those of rows that one network predicts, as if
    the networks of the folds were the same."""
    outputs, rows, data = predicted.outputs, predicted.rows, data.flat
    if data.targets is not None:
        options: dict[str, Any] = {"quantiles": network.quantiles, "threshold": threshold, "confidence": confidence}
        return evaluate_answers(data, outputs, rows, **options)
    options = {
        "threshold": threshold if predicted.thresholds is None else predicted.thresholds,
        "abstain": network.abstain,
        "targets": network.score_targets if predicted.raw is None else (1.0, 0.0),
        "weights": None if data.weights is None else data.weights[rows],
    }
    found = evaluate_outputs(outputs, data.labels[rows], classes=data.classes, **options)
    return with_intervals(found, outputs, data.labels[rows], confidence, **options)


def pooled_point(
    data: Dataset, network: Network, options: TrainingOptions, predicted: Sequence[OutOfFold]
) -> OperatingPoint | None:
    """Threshold and calibration, as the options ask for, fitted to the out-of-fold scores of all repeats, where each row
    counts once; None where nothing is asked for. They are those of a network of all rows, which has no such scores."""
    if not asked_words(options):
        return None
    data, rows = data.flat, np.concatenate([one.rows for one in predicted])
    raw = np.concatenate([one.outputs if one.raw is None else one.raw for one in predicted])
    labelled = data.labels[rows] >= 0
    rows, raw = rows[labelled], raw[labelled]
    weights = None if data.weights is None else data.weights[rows]
    if len(predicted) > 1:
        weights = np.full(len(rows), 1 / len(predicted)) * (1 if weights is None else weights)
    point = fit_operating_point(
        options, network, network.decision_threshold, raw, data.labels[rows], weights, "out-of-fold"
    )
    return point._replace(n_rows=len(np.unique(rows)))


class Validated(NamedTuple):
    """splits and the evaluation of each; together: of each repeat, over all its rows; predicted: for the rows of each repeat;
    thresholds: of each training, where they chose them; device: the kind of device that trained them, '' for the CPU."""

    splits: Sequence[Split]
    evaluations: Sequence[Evaluation]
    together: Sequence[Evaluation]
    predicted: Sequence[OutOfFold] = ()
    thresholds: Sequence[float] = ()
    device: str = ""
