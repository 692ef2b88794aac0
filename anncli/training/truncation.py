"""Truncation: which networks and trainers can learn from long samples piece by piece."""

from __future__ import annotations

from anncli.errors import UsageError, asking
from anncli.network.streaming import check_streams
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.names import TRAINER_NAMES


def check_truncate(topology: Topology | None, options: TrainingOptions, trainer: bool = True) -> None:
    """Raises UsageError where --truncate is asked for and network or trainer cannot do it; topology: None for a new network
    of vectors; trainer: False where several are tried, each of which has its own answer."""
    if not isinstance(options.truncate, int):
        return
    what = f"--truncate {options.truncate}"
    if topology is None:
        advice = "write a network with a layer such as `32 lstm`, or leave it out"
        raise UsageError(f"{what}: the network that is made here does not read row after row", advice=advice)
    with asking(what):
        check_streams(topology, "--truncate")
    if trainer and (why := TRAINER_NAMES[options.trainer].needs_whole):
        advice = "use adam, sgd or rprop, or leave --truncate out"
        raise UsageError(f"{what}: not with the trainer {options.trainer}: {why}", advice=advice)
    if options.prune is not None or options.prune_loss is not None:
        raise UsageError(f"{what} and --prune exclude each other", advice="prune with whole samples")
