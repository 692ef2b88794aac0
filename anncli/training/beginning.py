"""The beginning of a training: from the weights of a trained network, or anew from its definition."""

from __future__ import annotations

from collections.abc import Collection

from anncli.errors import UsageError
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.pruning import check_pruning


def begin(
    network: Network, options: TrainingOptions, continues: bool, asked: Collection[str], replaces: bool = True
) -> tuple[Network, TrainingOptions]:
    """The network and the options for prepare(), which goes on from the weights of a trained network.

    An untrained network is its own definition. Networks of ann1dn always continue, unless options.init asks for new
    weights. Others are trained anew from their definition, unless `continues`; then there is no validation set that
    nobody asked for, and options.init and options.restarts do not apply.
    Args: asked: names of the options on the command line, or in a call from Python; replaces: the new weights take the place of
        the old ones, which they do not in an experiment.
    Raises: UsageError for weights that ann has not trained and would replace, and for options that contradict `continues`.
    """
    check_pruning(network, options, continues or network.source.dialect == "ann1dn")
    if not network.is_trained or (network.source.dialect == "ann1dn" and not continues):
        return network, options
    if continues:
        refuse_ensemble(network, "--continue")
        for name in ("restarts", "ensemble", "init"):
            draws = options.init is not None if name == "init" else getattr(options, name) > 1
            if draws and name in asked:
                message = f"--{name} draws new weights, and --continue goes on from those of the network"
                raise UsageError(message, advice="leave one of the two out")
        validation = 0.0 if options.validation is None else options.validation
        return network, options._replace(init=None, restarts=1, ensemble=1, validation=validation)
    if replaces and options.init is None and not is_made_by_training(network):
        message = "this network holds weights that ann has not trained, or that were changed since; training would replace them"
        raise UsageError(message, advice="say --continue or --init auto")
    return network.definition(), options


def refuse_ensemble(network: Network, what: str) -> None:
    """Raises UsageError for an ensemble where `what` needs one network."""
    if network.members:
        message = f"{what} needs one network, and this is an ensemble of {len(network.members)}"
        raise UsageError(message, path=network.source.path, advice="train one without --ensemble")


def is_made_by_training(network: Network) -> bool:
    """Whether the weights come from a training, which can be made again. Weights that were set in Python or imported
    have a record without a trainer, and those that were edited one that says so."""
    return "trainer" in network.record and not network.record.get("resealed")
