"""An evaluation: how the outputs of a network compare with what the samples are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from anncli.dataset import UNLABELLED, Dataset, picked, row_numbers
from anncli.errors import DataError
from anncli.evaluation.binary import BinaryEvaluation, evaluate_scores

if TYPE_CHECKING:
    from anncli.evaluation.multiclass import MulticlassEvaluation
    from anncli.network import Network

    Evaluation = BinaryEvaluation | MulticlassEvaluation

Array = npt.NDArray[Any]


def evaluate_outputs(
    outputs: Array,
    labels: Array,
    *,
    threshold: float = 0.5,
    targets: tuple[float, float] | None = None,
    classes: tuple[str, ...] = (),
) -> Evaluation:
    """Judge outputs (n_samples, n_outputs) by labels (n_samples,); unlabelled samples (-1) are left out and counted.

    One output is judged as two classes: a score strictly above `threshold` answers class 0, the positive one. More
    outputs stand for one class each and the largest is the answer; the threshold is not used.
    Args: targets: the output values (high, low) asked for, for mse; classes: names, 'class 1' ... when left out.
    Raises: ValueError for shapes, labels or names that do not fit together.
    """
    outputs, labels = np.asarray(outputs), np.asarray(labels)
    if outputs.ndim != 2 or not outputs.shape[1] or labels.shape != (len(outputs),):
        raise ValueError(f"outputs of shape {outputs.shape} and labels of shape {labels.shape} do not fit")
    if not np.issubdtype(outputs.dtype, np.floating):
        outputs = outputs.astype(np.float64)
    n_classes = max(outputs.shape[1], 2)
    if labels.size and not UNLABELLED <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"labels from {labels.min()} to {labels.max()} for {n_classes} classes")
    names = tuple(classes) or tuple(f"class {k}" for k in range(1, n_classes + 1))
    if len(names) != n_classes:
        raise ValueError(f"{len(names)} class names for {n_classes} classes")
    n_unlabelled = int(np.count_nonzero(labels == UNLABELLED))
    if n_unlabelled:
        known = labels != UNLABELLED
        outputs, labels = outputs[known], labels[known]
    if outputs.shape[1] == 1:
        return evaluate_scores(outputs[:, 0], labels, threshold, targets, names, n_unlabelled)
    # Only here: most networks have one output, and every start pays for what is imported.
    from anncli.evaluation.multiclass import evaluate_classes

    return evaluate_classes(outputs, labels, targets, names, n_unlabelled)


def evaluate(
    network: Network,
    dataset: Dataset,
    rows: Array | None = None,
    threshold: float | None = None,
    inputs_are_scaled: bool = False,
    threads: int = 1,
) -> Evaluation:
    """Judge a trained network on the rows (n,) of a dataset, on all of them when None.

    Args: threshold: instead of the network's own; inputs_are_scaled: the inputs already went through network.scaling;
        threads: of the compiled kernel, 0 = as many as pay.
    Raises: ValueError for an untrained network, DataError for data of another width or with other classes.
    """
    # Imported here, against the direction of the rooms: this one call, made for convenience, runs the network.
    from anncli.kernels import active_kernel
    from anncli.kernels.predict import predict
    from anncli.network.network import default_targets

    _check_classes(network, dataset)
    rows = None if rows is None else row_numbers(rows, dataset.n_samples)
    if inputs_are_scaled:
        if network.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        outputs = active_kernel(threads).forward(network.topology, network.parameters, dataset.inputs, rows)
    else:
        outputs = predict(network, dataset.inputs if rows is None else dataset.inputs[rows], threads=threads)
    return evaluate_outputs(
        outputs,
        dataset.labels if rows is None else picked(dataset.labels, rows),
        threshold=network.decision_threshold if threshold is None else threshold,
        targets=network.targets or default_targets(network.topology.output_activation, "mse"),
        classes=network.classes or _names_that_fit(dataset, network.n_classes),
    )


def _check_classes(network: Network, dataset: Dataset) -> None:
    """Raises DataError when labels would name another class in the network than in the data."""
    if dataset.n_classes > network.n_classes:
        raise DataError(f"the data have {dataset.n_classes} classes, the network knows {network.n_classes}")
    if network.classes != dataset.classes and sorted(network.classes) == sorted(dataset.classes):
        raise DataError(
            f"the classes of the data are {', '.join(dataset.classes)}, in the network {', '.join(network.classes)}",
            advice="give the classes in the network's order",
        )


def _names_that_fit(dataset: Dataset, n_classes: int) -> tuple[str, ...]:
    return dataset.classes if dataset.n_classes == n_classes else ()
