"""Replacing a trained network: what is said about it, and the copy of the old file that is kept as NETWORK~."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from anncli.arrays import take_rows
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.places import same_file
from anncli.cli.showing.console import Console
from anncli.errors import UsageError, count_of, printable
from anncli.formats.files.opened import opened_file
from anncli.formats.files.textfile import replace_file
from anncli.formats.networks.storage import holds_other_than_network
from anncli.network.network import Network
from anncli.training.setup import Setup


def is_in_place(settings: TrainSettings) -> bool:
    """Whether the new network takes the place of the file that was read."""
    return not settings.is_new and settings.path != "-" and same_file(settings.output, settings.path)


def backup_name(settings: TrainSettings) -> str | None:
    """Where the old network is kept; None where it stays in its own file, or --no-backup gives it up."""
    return f"{settings.network_path}~" if settings.backup and is_in_place(settings) else None


def check_backup(kept_as: str, needed: Iterable[str]) -> None:
    """Raises UsageError where the copy would take the place of one of the files `needed`, of another file that this run
    has read, or of anything but an older network."""
    if opened_file(kept_as) is not None or any(same_file(kept_as, path) for path in needed if path != "-"):
        reason = "this run needs that file"
    elif holds_other_than_network(kept_as):
        reason = "that is no network"
    else:
        return
    message = f"the old network would be kept as {printable(kept_as)}, but {reason}"
    raise UsageError(message, advice="move it away, or say --no-backup")


def stays(kept_as: str, replaced: Network) -> bool:
    """Whether the copy that is there is kept: an interrupted run left the network that is replaced, and what that run
    replaced is worth more."""
    is_there = os.path.isfile(kept_as) and os.path.getsize(kept_as) > 0
    return is_there and replaced.record.get("stop") == "interrupted"


def announce(settings: TrainSettings, replaced: Network) -> None:
    """Say before the training that a trained network is not continued. Whether it is replaced is not known yet: a run
    that diverges changes nothing."""
    name = "<stdin>" if settings.network_path == "-" else printable(settings.path)
    settings.console.note(
        f"{name} is a network {_trained(replaced)}; training anew from its definition (--continue goes on from its weights)"
    )


def replacement_text(settings: TrainSettings, replaced: Network | None, kept_as: str | None) -> str | None:
    """What to say when a new network has taken the place of a trained one, or None where none is replaced; ask before
    the new one is written."""
    if replaced is None or not is_in_place(settings):
        return None
    if kept_as is None:
        kept = "not kept: --no-backup"
    elif stays(kept_as, replaced):
        kept = f"an interrupted run left it: {printable(kept_as)} stays as it is"
    else:
        kept = f"kept as {printable(kept_as)}"
    return f"replaced a network {_trained(replaced)} ({kept})"


def _trained(network: Network) -> str:
    epochs = network.record.get("epochs_in_all")
    return f"trained for {count_of(epochs, 'epoch')}" if isinstance(epochs, int) else "with weights"


def announce_continuing(console: Console, setup: Setup, epochs: int) -> None:
    """Say how long a continued training is, where it has no validation set."""
    if setup.network.source.dialect != "ann1dn" and not len(setup.rows["validation"]):
        seen = setup.seen.mask()
        if seen is None or take_rows(seen, setup.rows["training"]).all():
            advice = "--validation FILES names rows that are new to the network"
        else:
            advice = "--validation 0.2 holds out rows that have not trained the network"
        console.note(f"continuing without a validation set for all {count_of(epochs, 'epoch')}; {advice}")


def announce_fractions(settings: TrainSettings, setup: Setup) -> None:
    """Say of how many rows the fractions of a continued training were taken: rows that trained the network are not held
    out, so a set is smaller than the fraction of all rows."""
    options, mask = setup.options, setup.seen.mask()
    asked = {
        name: value for name in ("validation", "test") if isinstance(value := getattr(options, name), float) and value
    }
    if not (settings.continues and asked) or mask is None:
        return
    rows = [setup.rows[name] for name in ("training", "validation", "test") if name == "training" or name in asked]
    n_seen = sum(int(np.count_nonzero(take_rows(mask, row))) for row in rows)
    n_all = sum(map(len, rows))
    sets = " and ".join(f"--{name} {fraction:g}" for name, fraction in asked.items())
    settings.console.note(
        f"{sets}: of {count_of(n_all - n_seen, 'row')}; the other {n_seen} of {n_all} trained this network before"
    )


def keep_old(kept_as: str, data: bytes, network_path: str) -> None:
    """Write the bytes of the old network to `kept_as`, with the mode of the file that is replaced."""
    replace_file(kept_as, data, like=network_path)
