"""The preparation of a run: loss, targets, scaling, sample weights and initial weights, chosen from options and data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import class_sample_weights
from anncli.dataset.statistics import fit_scaling, value_range
from anncli.errors import UsageError, asking
from anncli.network.initialization import initialize
from anncli.network.names import check_loss, check_targets, default_loss
from anncli.network.network import Network, default_targets
from anncli.network.scaling import Scaling
from anncli.options.specs import JUDGING, parse_stop
from anncli.options.table import TrainingOptions

# Rows that initial weights may look at.
_LOOKED_AT = 10_000


def choose_loss(network: Network, options: TrainingOptions) -> str:
    """The loss asked for, or the one that fits the output layer; raises UsageError where they do not go together."""
    output = network.topology.output_activation
    loss = default_loss(output) if options.loss == "auto" else options.loss
    with asking():
        check_loss(loss, output)
        if options.targets is not None:
            check_targets(options.targets, output)
    return loss


def choose_targets(network: Network, options: TrainingOptions, loss: str) -> tuple[float, float]:
    """A trained network keeps its targets as long as the loss is the same kind; an untrained ann1dn one brings its own."""
    kept = network.targets if network.record.get("loss", loss) == loss else None
    return options.targets or kept or default_targets(network.topology.output_activation, loss)


def choose_scaling(network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Scaling:
    """The scaling asked for, fitted to the training `rows`; a network that has one keeps it unless told otherwise."""
    method = options.scaling
    if method == "auto":
        method = "keep" if network.is_trained or not network.scaling.is_identity else "zscore"
    return network.scaling if method == "keep" else Scaling(*fit_scaling(method, data.inputs, rows))


def sample_weights(network: Network, data: Dataset, options: TrainingOptions, rows: Array) -> Array | None:
    """(n_samples,) by class, or None where all count alike."""
    if options.class_weight is None:
        return None
    if options.class_weight != "balanced" and len(options.class_weight) != network.n_classes:
        raise UsageError(
            f"--class-weight names {len(options.class_weight)} weights, the network has {network.n_classes} classes"
        )
    return class_sample_weights(data.labels, rows, options.class_weight, network.n_classes)


def initial_parameters(
    network: Network, options: TrainingOptions, inputs: Array, rows: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    """Weights to start from (P,): those of a trained network, unless --init or restarts ask for new ones."""
    if network.parameters is not None and options.init is None:
        return network.parameters.copy()
    # Not among the defaults of that dialect: there it would draw weights anew for a trained network too.
    method = options.init or ("ann1dn" if network.dialect == "ann1dn" else "auto")
    low, high = (bound.astype(inputs.dtype) for bound in value_range(inputs, rows["training"][:_LOOKED_AT]))
    return initialize(network.topology, method, rng, input_low=low, input_high=high)


def without_validation(options: TrainingOptions, rows: Mapping[str, Array]) -> list[str]:
    """A warning naming the options that need a validation part, where there is none; patience is no such: there is
    nothing to wait for."""
    if len(rows["validation"]):
        return []
    rules = [name for name, _ in parse_stop(options.stop)] if options.stop else []
    idle = {
        f"--metric {options.metric}": options.metric != "loss" and options.keep == "best",
        "--refit yes": options.refit == "yes",
        f"--stop {','.join(name for name in rules if name in JUDGING)}": any(name in JUDGING for name in rules),
    }
    named = [option for option, given in idle.items() if given]
    advice = "add --validation 0.2" if options.dividetrain is None else "leave --dividetrain out"
    return [f"without a validation part {' and '.join(named)} did nothing; {advice}"] if named else []
