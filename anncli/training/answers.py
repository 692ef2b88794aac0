"""Answers that are no classes: the decisions of a setup for regression and multi-label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import Array, blocks
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import encode_labels, encode_targets
from anncli.dataset.statistics import fit_target_scaling
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError
from anncli.evaluation.answers import evaluate_answers
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES, parse_loss, quantiles_of
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling
from anncli.options.table import TrainingOptions
from anncli.training.names import TRAINER_NAMES
from anncli.training.operating_point import refuse_without_classes

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation
    from anncli.evaluation.interval import Confidence

# The precision of the prior on weights that a final fit of numbers has. Chosen in benchmarks/regression.md.
WEIGHT_PRECISION = 10.0
# The hidden layer of a network for rows times classes below the first number, from there on, and, of more than two classes,
# from the second number on.
_FEW, _MANY = 3000, 100_000
_SMALL, _MEDIUM, _LARGE = (16,), (64,), (128,)
# Metrics of the best epoch that exist without classes.
_METRICS = ("loss", "mse")


def check_task(network: Network, data: Dataset) -> None:
    """Raises UsageError unless network and data are for the same task."""
    if network.task not in (None, data.task):
        raise UsageError(
            f"the network is for {network.task}, the data are for {data.task}",
            advice=f"write `task: {data.task}` in the network file, or give data with {_kind_of_answer(network.task)}",
        )
    if network.is_trained and network.task is None and data.task != "classification":
        raise UsageError(
            f"the network was trained for classification, the data are for {data.task}", advice="make a new network"
        )
    if data.task == "classification":
        return
    if network.source.dialect == "ann1dn":
        raise UsageError(f"a network of ann1dn cannot be trained for {data.task}", advice="make one with `ann init`")
    output = network.topology.output_activation
    if output == "softmax":
        advice = "write linear outputs" if data.task == "regression" else "write logistic outputs"
        raise UsageError(f"softmax outputs are those of one class among many, not of {data.task}", advice=advice)
    if network.target_names and data.target_names and network.target_names != data.target_names:
        raise DataError(
            f"the targets of the data are {', '.join(data.target_names)}, in the network {', '.join(network.target_names)}",
            advice="give the same targets in the same order",
        )


def hidden_layers(data: Dataset | TableData, trainers: Iterable[str] = ()) -> tuple[int, ...]:
    """The units of each hidden layer of a network that is made for these data and trainers: few, if one of the trainers has a
    limit of weights, because it keeps a matrix of them."""
    if any("max_parameters" in TRAINER_NAMES[name].defaults for name in trainers):
        return _SMALL
    return units_for(data.n_samples, data.n_classes if data.task == "classification" else 2)


def units_for(n_rows: int, n_classes: int) -> tuple[int, ...]:
    """One hidden layer: the more rows and classes there are, the more units can be learnt, and are needed.

    Chosen in benchmarks/accuracy.md.
    """
    if n_rows * n_classes < _FEW:
        return _SMALL
    return _LARGE if n_rows * n_classes >= _MANY and n_classes > 2 else _MEDIUM


def output_layer(data: Dataset | TableData, loss: str = "auto") -> tuple[int, str]:
    """Units and activation of the last layer of a network that is made for these answers and this loss."""
    if data.task == "regression":
        per_target = 1 if loss == "auto" else max(1, len(quantiles_of(loss)))
        return data.n_targets * per_target, "exp" if loss == "poisson" else "linear"
    if data.task == "multi-label":
        return data.n_targets, "logistic"
    return (1, "logistic") if data.n_classes <= 2 else (data.n_classes, "softmax")


def _kind_of_answer(task: str | None) -> str:
    return {"regression": "numbers as targets", "multi-label": "0 or 1 for each label"}.get(task or "", "class labels")


def check_answers(network: Network, data: Dataset, options: TrainingOptions, loss: str) -> None:
    """In a task without classes, raises UsageError unless there is one output for each target, or for each quantile of each,
    and for options that speak of classes."""
    if data.targets is None:
        return
    check_options(options, data.task)
    numbers = len(quantiles_of(loss)) or 1
    if network.n_outputs != data.n_targets * numbers:
        each = f" and {numbers} quantiles of each" if numbers > 1 else ""
        raise UsageError(
            f"{data.n_targets} targets{each} for a network of {network.n_outputs} outputs",
            advice=f"write a last layer of {data.n_targets * numbers} units",
        )


def check_options(options: TrainingOptions, task: str) -> None:
    """Raises UsageError for options that speak of classes."""
    refuse_without_classes(options, task)
    rowwise = options.trainer_options
    given = {
        "--class-weight": options.class_weight is not None,
        "--label-smoothing": bool(options.label_smoothing) and task == "regression",
        "--targets": options.targets is not None and task == "regression",
        "--threshold": options.threshold is not None and task == "regression",
        "--dividetrain": options.dividetrain is not None,
        "--alternate": bool(rowwise.get("alternate")),
        "--quiet-epochs": bool(rowwise.get("quiet_epochs")),
    }
    for name, is_given in given.items():
        if is_given:
            raise UsageError(f"{name} needs classes, and the task is {task}", advice=f"leave {name} out")
    if options.metric not in _METRICS:
        raise UsageError(
            f"--metric {options.metric} needs classes, and the task is {task}", advice=f"use {' or '.join(_METRICS)}"
        )


def check_loss_of(task: str, loss: str) -> None:
    """Raises UsageError for a loss of numbers where the task has none."""
    name = parse_loss(loss).name
    if task != "regression" and LOSS_NAMES[name].of_numbers:
        raise UsageError(f"loss {name} is for regression, and the task is {task}", advice="leave --loss out")
    if task == "regression" and name in ("binary-cross-entropy", "cross-entropy", "focal"):
        raise UsageError(f"loss {name} is for classes, and the task is regression", advice="use --loss mse or mae")


def choose_target_scaling(
    network: Network, data: Dataset, options: TrainingOptions, loss: str, rows: Array
) -> TargetScaling:
    """The scaling asked for, fitted to the training `rows`; a network that has one keeps it by default.

    Raises: DataError for targets that the scaling, the loss or the outputs cannot have.
    """
    if data.task != "regression":
        return TargetScaling()
    info, method = ACTIVATION_NAMES[network.topology.output_activation], options.target_scaling
    if method == "auto":
        fitting = "zscore" if info.lowest == -np.inf else "mean" if info.module == "exp" else "minmax"
        method = "keep" if network.is_trained else fitting
    assert data.targets is not None
    if method == "keep":
        scaling = network.target_scaling
    else:
        high, low = info.targets
        if method != "none":
            _check_forecast(data, rows)
        scaling = TargetScaling(*fit_target_scaling(method, data.targets, rows, data.names_of_targets, (low, high)))
    lowest = scaling.to_outputs(data.targets[rows].min(axis=0, keepdims=True))[0]
    if parse_loss(loss).name == "poisson" and (lowest < 0).any():
        raise DataError(
            f"loss poisson is for counts, and '{data.names_of_targets[int(np.argmin(lowest))]}' has values below 0",
            advice="use --loss mse, mae or huber with linear outputs, and --target-scaling mean for counts",
        )
    return scaling


def _check_forecast(data: Dataset, rows: Array) -> None:
    """Raises DataError for the forecast of a straight line: the change from the last value is the same in every training row, and not 0."""
    if data.last is None or data.targets is None or len(rows) < 2:
        return
    own = data.targets[rows]
    for k in np.flatnonzero((own == own[0]).all(axis=0) & (own[0] != data.last[rows[0]])):
        raise DataError(
            f"'{data.names_of_targets[k]}' is {own[0, k]:.6g} in every training row: the series is a straight line there, and there is nothing to learn",
            advice="continue the line by hand, or name another --label",
        )


def encode(data: Dataset, network: Network, targets: tuple[float, float], scaling: TargetScaling, loss: str) -> Array:
    """Target outputs (n_answers, n_outputs), float32; nan where a sample has no answer in a task without classes. A row of a
    sample without an answer has targets that a weight of 0 leaves out."""
    if data.targets is None:
        return encode_targets(data.labels, network.n_outputs, targets)
    if data.task == "multi-label":
        return encode_labels(np.nan_to_num(data.targets) if data.by_row else data.targets, targets)
    encoded, count = scaling.to_outputs(data.targets), len(quantiles_of(loss))
    encoded = np.nan_to_num(encoded) if data.by_row else encoded
    return np.repeat(encoded, count, axis=1) if count > 1 else encoded


def relative_weights(data: Dataset, rows: Array) -> Array | None:
    """(n_samples,) weights of the samples, with mean 1 over the training `rows`; None where all count alike."""
    if data.weights is None:
        return None
    total = sum(float(data.weights[rows[block]].sum(dtype=np.float64)) for block in blocks(len(rows)))
    return data.weights * np.float32(len(rows) / total)


def noise_penalty(loss: str, lowest: float, n: int) -> float | None:
    """The l2 of a Gaussian prior of precision WEIGHT_PRECISION on every weight, for `n` targets in all with noise of the size
    that the lowest validation loss shows; None for a loss that does not tell it.

    With normal noise of variance v the negative logarithm of the likelihood is n / (2 v) times mse, so that the penalty
    is 2 v precision / n; huber is half of mse up to its limit. The noise of mae and quantile has a scale that is the loss itself (MacKay 1992; Koenker &
    Machado 1999, JASA 94, 1296-1310).
    """
    factor = {"mse": 2.0, "huber": 2.0, "mae": 1.0, "quantile": 1.0}.get(parse_loss(loss).name)
    return None if factor is None else factor * lowest * WEIGHT_PRECISION / n


class Evaluator:
    """Compares the outputs of a run with the answers of its data, in the units of the data."""

    def __init__(self, data: Dataset, scaling: TargetScaling, loss: str, threshold: float) -> None:
        self.data, self.scaling = data, scaling
        self.quantiles, self.threshold = quantiles_of(loss), threshold

    def __call__(self, outputs: Array, rows: Array, confidence: Confidence | None = None) -> Evaluation:
        """Args: outputs (n, n_outputs) of the network itself, for the row numbers (n,); confidence: of the intervals."""
        outputs = self.scaling.to_data(outputs)
        options: dict[str, Any] = {"quantiles": self.quantiles, "threshold": self.threshold, "confidence": confidence}
        return evaluate_answers(self.data, outputs, rows, **options)


def constant_sets(data: Dataset, rows: Mapping[str, Array]) -> list[str]:
    """Warnings about labels that a set never or always has; raises DataError for such a label in the training set."""
    if data.task != "multi-label" or data.targets is None:
        return []
    warnings = []
    for name in ("training", "validation"):
        if not len(rows[name]):
            continue
        taken = data.targets_of(rows[name])
        for label, low, high in zip(data.names_of_targets, np.fmin.reduce(taken), np.fmax.reduce(taken), strict=True):
            if low == high and name == "training":
                which = "every row" if low else "no row"
                raise DataError(
                    f"{which} of the training set has the label '{label}'",
                    advice="give rows with and without it, or leave it out",
                )
            if low == high and not low:
                warnings.append(f"no row of the validation set has the label '{label}', so errors on it go unseen")
    return warnings
