"""Cross-validation: every row is predicted by a network that has not seen it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.evaluation.answers import evaluate_answers
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.experiments.executors.base import Executor
from anncli.experiments.ledger import Ledger, Progress, run_with_ledger
from anncli.experiments.spec import DataRef, Result, RowsRef, Spec
from anncli.experiments.splits import Split as Split
from anncli.experiments.splits import make_splits as make_splits
from anncli.network.network import Network, default_targets
from anncli.options.table import TrainingOptions

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
    """The training on all rows, whose network is kept: that of `ann train` with the same options."""
    options = options._replace(test=0.0)
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
    """What was predicted for rows by networks that had not seen them: row numbers (n,) ascending and outputs (n, n_outputs)."""

    rows: Array
    outputs: Array


def out_of_fold(splits: Sequence[Split], results: Sequence[Result], n_outputs: int) -> list[OutOfFold]:
    """The predictions of each repeat."""
    found = []
    for repeat in sorted({split.repeat for split in splits}):
        its = [(s, r) for s, r in zip(splits, results, strict=True) if s.repeat == repeat]
        rows = np.concatenate([split.test for split, _ in its])
        outputs = [np.frombuffer(result.outputs or b"", dtype="<f4").reshape(-1, n_outputs) for _, result in its]
        order = np.argsort(rows, kind="stable")
        found.append(OutOfFold(rows[order], np.concatenate(outputs)[order]))
    return found


def pooled(data: Dataset, network: Network, threshold: float, predicted: OutOfFold) -> Evaluation:
    """Counts and metrics over all rows of a repeat; threshold: of the decision between two classes."""
    if data.targets is not None:
        return evaluate_answers(
            data, predicted.outputs, predicted.rows, quantiles=network.quantiles, threshold=threshold
        )
    return evaluate_outputs(
        predicted.outputs,
        data.labels[predicted.rows],
        threshold=threshold,
        targets=network.targets or default_targets(network.topology.output_activation, "mse"),
        classes=data.classes,
        weights=None if data.weights is None else data.weights[predicted.rows],
    )


class Validated(NamedTuple):
    """splits and the evaluation of each; together: of each repeat, over all its rows; predicted: for the rows of each repeat."""

    splits: Sequence[Split]
    evaluations: Sequence[Evaluation]
    together: Sequence[Evaluation]
    predicted: Sequence[OutOfFold] = ()
