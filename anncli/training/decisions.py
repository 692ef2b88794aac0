"""The decisions of a setup: what it takes from the options and, where they leave a thing open, from network and data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens, ragged_places, row_numbers
from anncli.dataset.channel_statistics import fit_channels
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import sample_weights as combined_weights
from anncli.dataset.statistics import fit_scaling, value_range
from anncli.errors import UsageError, asking
from anncli.network.encoders.documents import DocumentEncoder
from anncli.network.initialization import initialize
from anncli.network.layers.base import Shape
from anncli.network.names import check_loss, check_targets, default_loss, default_scaling
from anncli.network.network import Network, default_targets
from anncli.network.patterns import stored_parameters
from anncli.network.scaling import Scaling
from anncli.options.specs import NEED_VALIDATION, parse_stop
from anncli.options.table import TrainingOptions
from anncli.training.answers import check_loss_of, relative_weights
from anncli.training.names import DEFAULT_AVERAGE, TRAINER_NAMES, batch_size
from anncli.training.operating_point import check_threshold
from anncli.training.spiking import check_spiking
from anncli.training.storing import check_storing
from anncli.training.text_inputs import DEFAULT_STREAMS, TEXT_TRUNCATE
from anncli.training.trainers import trainer_class

# Rows that initial weights look at for the range of each input.
_RANGE_ROWS = 10_000
# Most rows for which `--refit auto` retrains on all of them.
_REFIT_LIMIT = 100_000


#: The precision of the prior (setup.PRIOR_PRECISION) where documents are read, over the root of the number of training rows: such a
#: network has far more weights than rows, and the norm of the best ones grows with the rows. Chosen in benchmarks/reviews.md.
DOCUMENT_PRECISION = 0.28


def reads_documents(network: Network) -> bool:
    """Whether inputs are the weights of words, which a hidden layer adds up. A network without one is a logistic regression, for
    which this penalty would be far too large."""
    return isinstance(network.vocabulary, DocumentEncoder) and len(network.topology.layers) > 1


def settled(
    network: Network, options: TrainingOptions, task: str, dialect: str | None, n_training: int
) -> TrainingOptions:
    """The options with a scaling, an average and a batch size in place of 'auto', and of a text the length of the pieces.

    Args: dialect: of the file that the network will be written to, None for its own; n_training: rows of the training set.
    """
    own = options.trainer_options
    if own.get("batch_size") == "auto":
        size = DEFAULT_STREAMS if network.predicts_next else batch_size(n_training, reads_documents(network))
        options = options._replace(trainer_options={**own, "batch_size": size})
    if options.truncate == "auto":
        cuts = network.predicts_next and network.topology.streams and not TRAINER_NAMES[options.trainer].needs_whole
        options = options._replace(truncate=TEXT_TRUNCATE if cuts else None)
    if options.scaling == "auto":
        topology = network.topology
        fitting = (
            "none"
            if topology.inputs.tokens or topology.is_spiking or has_one_length(topology.inputs)
            else default_scaling(task, dialect or network.source.dialect)
        )
        options = options._replace(scaling="keep" if keeps_scaling(network) else fitting)
    if options.average == "auto":
        # The training loss that reaches a goal is that of the weights themselves.
        averages = TRAINER_NAMES[options.trainer].averages and options.goal is None
        options = options._replace(average=DEFAULT_AVERAGE if averages else None)
    return options


def has_one_length(shape: Shape) -> bool:
    """Whether the inputs are improved Fisher vectors, whose common length a scaling of each number by itself would undo."""
    return shape.descriptors is not None and shape.descriptors.improved


def keeps_scaling(network: Network) -> bool:
    """Whether training keeps the scaling of the network by default."""
    return network.is_trained or not network.scaling.is_identity


def is_continued(network: Network, options: TrainingOptions) -> bool:
    """Whether training goes on from the weights of the network; raises UsageError for restarts of such a training."""
    asked = next((name for name in ("restarts", "ensemble") if getattr(options, name) > 1), None)
    if asked is not None and network.is_trained and options.init is None:
        message = f"--{asked} draws new weights, but training continues from the weights of this network"
        raise UsageError(message, advice="add --init auto to start over")
    return network.is_trained and options.init is None


def fitting_loss(network: Network, task: str | None) -> str:
    """The loss that fits the task and the output layer."""
    fitting = default_loss(network.topology.output_activation, task or "classification", network.topology.own_loss)
    # Continued training keeps its loss: with quantiles it says which output gives which.
    return network.loss or fitting if task == "regression" else fitting


def choose_loss(network: Network, options: TrainingOptions, task: str | None = None) -> str:
    """The loss asked for, or the one that the trainer needs, or that fits task and output layer; raises UsageError for a
    loss that does not fit them. task: None before the data are known."""
    check_spiking(network.topology, options)
    check_storing(network, options)
    output, loss = network.topology.output_activation, options.loss
    if loss == "auto":
        loss = trainer_class(options.trainer).needs_loss or fitting_loss(network, task)
    with asking():
        check_loss(loss, output, network.topology.own_loss)
        if options.targets is not None:
            check_targets(options.targets, output)
    if task is not None:
        check_loss_of(task, loss)
    return loss


def check_class_weight(network: Network, options: TrainingOptions) -> None:
    """Raises UsageError for class weights that are not one for each class of the network."""
    weights = options.class_weight
    if isinstance(weights, tuple) and len(weights) != network.n_classes:
        raise UsageError(f"--class-weight names {len(weights)} weights, the network has {network.n_classes} classes")


def choose_targets(network: Network, options: TrainingOptions, loss: str) -> tuple[float, float]:
    """The targets asked for; else those of the network, unless it was trained with another loss; else the default."""
    kept = network.targets if network.loss in (None, loss) else None
    return options.targets or kept or default_targets(network.topology.output_activation, loss)


def choose_threshold(network: Network, options: TrainingOptions, targets: tuple[float, float]) -> float:
    """The output above which the first class is predicted in training: as asked, as stored, or the middle between the targets.

    A stored one that a rule chose, or that is about calibrated scores, belongs to the weights before. Raises UsageError where
    scores that are left undecided leave it out.
    """
    found = sum(targets) / 2
    if isinstance(options.threshold, float) and options.calibration == "none":
        found = options.threshold
    elif network.is_trained and network.threshold is not None and not (network.threshold_rule or network.calibration):
        found = network.threshold
    check_threshold(options, network, found)
    return found


def choose_scaling(network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Scaling:
    """The scaling asked for in settled options, fitted to the training `rows`; for 'keep' that of the network.

    Each input has its own, or each channel of pictures over which the first layer slides.
    """
    if options.scaling == "keep":
        return network.scaling
    channels = network.topology.shared_channels
    if channels is not None and isinstance(data.inputs, np.ndarray):
        return Scaling(*fit_channels(options.scaling, data.inputs, rows, channels))
    return Scaling(*fit_scaling(options.scaling, data.inputs, rows))


def choose_l2(
    options: TrainingOptions, data: Dataset, rows: Mapping[str, Array], is_drawn: bool, precision: float
) -> float:
    """The penalty asked for; else precision / n, where n counts the answers that the final weights are fitted to; 0 where
    the trainer finds its own penalty.

    Args: is_drawn: the validation set was drawn from the training data, so a final fit trains on it too.
    """
    if trainer_class(options.trainer).finds_penalty:
        if options.l2:
            raise UsageError(f"trainer {options.trainer} finds its own penalty", advice="leave --l2 out")
        return 0.0
    if options.l2 is not None:
        return options.l2
    n = {name: len(data.answer_rows(rows[name])) for name in ("training", "validation")}
    return precision / (n["training"] + (n["validation"] if is_drawn else 0))


def choose_patience(options: TrainingOptions, n_training: int) -> int:
    """Epochs without improvement on the validation set that end an attempt; 0: never. n_training: rows of the training set."""
    if options.patience is not None:
        return options.patience
    return max(20, min(500, 500_000 // max(n_training, 1)))


def will_refit(options: TrainingOptions, rows: Mapping[str, Array], is_fresh: bool) -> bool:
    """Whether the run ends with a fit on training and validation rows together.

    Args: is_fresh: the validation set was drawn and the weights are new, as `--refit auto` asks for.
    """
    n = len(rows["training"]) + len(rows["validation"])
    if options.refit == "no" or options.keep != "best" or not len(rows["validation"]):
        return False
    if options.refit == "auto" and options.time_limit is not None:
        return False
    return options.refit == "yes" or (is_fresh and n <= _REFIT_LIMIT)


def alternates(options: TrainingOptions) -> bool:
    """Whether the trainer alternates strictly between the classes, as ann1dn did."""
    return bool(options.trainer_options.get("alternate"))


def sample_weights(network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Array | None:
    """(n_answers,) class weight times sample weight, mean 1 over the answers of the training `rows`; None where all count
    alike."""
    if data.targets is None:
        check_class_weight(network, options)
    if data.by_row:
        return _row_weights(network, data, options, rows)
    if data.targets is not None:
        return relative_weights(data, rows)
    weights = options.class_weight
    if weights is None and data.weights is None:
        return None
    return combined_weights(data.labels, rows, weights or (1.0,) * network.n_classes, network.n_classes, data.weights)


def _row_weights(network: Network, data: Dataset, options: TrainingOptions, samples: Array) -> Array | None:
    """The same where rows have answers of their own; 0 for a row without one, which the mean counts too."""
    given, known, is_known = data.weights_of(None), data.known_answers(samples), data.answer_mask()
    is_plain = given is None and (data.targets is not None or options.class_weight is None)
    if is_plain and bool(is_known.all()):
        return None
    if data.targets is None:
        per_class = options.class_weight or (1.0,) * network.n_classes
        weights = combined_weights(data.labels, known, per_class, network.n_classes, given)
    else:
        weights = np.ones(data.n_answers, dtype=np.float32) if given is None else given
        weights = weights * np.float32(len(known) / float(weights[known].sum(dtype=np.float64)))
    factor = np.float32(len(data.answer_rows(samples)) / len(known))
    return np.where(is_known, weights * factor, np.float32(0))


def initial_parameters(
    network: Network, options: TrainingOptions, inputs: Inputs, rows: Array, rng: np.random.Generator
) -> Array:
    """Weights to start from (P,): those of a trained network, unless --init or restarts ask for new ones.

    Args: inputs (N, n_inputs), scaled; rows (n,), the training set.
    """
    if network.parameters is not None and (options.init is None or network.stores):
        return network.parameters.copy()
    if network.stores:
        return stored_parameters(network.topology, np.asarray(inputs)[rows])
    # Not one of the dialect's default options: there it would count as --init and replace the weights of a trained network.
    method = options.init or ("ann1dn" if network.source.dialect == "ann1dn" else "auto")
    if isinstance(inputs, Tokens):
        return initialize(network.topology, method, rng)
    some, numbers = rows[:_RANGE_ROWS], inputs if isinstance(inputs, np.ndarray) else inputs.values
    if isinstance(inputs, Rows):
        some = row_numbers(ragged_places(inputs.starts, some)[0], len(numbers))
    low, high = (bound.astype(inputs.dtype) for bound in value_range(numbers, some))
    return initialize(network.topology, method, rng, input_low=low, input_high=high)


def options_without_effect(options: TrainingOptions, rows: Mapping[str, Array]) -> list[str]:
    """Without a validation set, a warning that names the options that need one."""
    if len(rows["validation"]):
        return []
    rules = [name for name, _ in parse_stop(options.stop)] if options.stop else []
    idle = {
        f"--metric {options.metric}": options.metric != "loss" and options.keep == "best",
        "--refit yes": options.refit == "yes",
        f"--stop {','.join(name for name in rules if name in NEED_VALIDATION)}": any(
            name in NEED_VALIDATION for name in rules
        ),
    }
    named = [option for option, given in idle.items() if given]
    advice = "add --validation 0.2" if options.dividetrain is None else "leave --dividetrain out"
    return [f"without a validation set, {' and '.join(named)} had no effect; {advice}"] if named else []
