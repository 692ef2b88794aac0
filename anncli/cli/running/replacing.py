"""Replacing a trained network: what is said about it, and the copy of the old file that is kept as NETWORK~."""

from __future__ import annotations

from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.places import same_file
from anncli.cli.showing.console import Console
from anncli.errors import count_of, printable
from anncli.formats.files.textfile import replace_file
from anncli.network.network import Network
from anncli.training.setup import Setup


def is_in_place(settings: TrainSettings) -> bool:
    """Whether the new network takes the place of the file that was read."""
    return not settings.is_new and settings.path != "-" and same_file(settings.output, settings.path)


def backup_name(settings: TrainSettings) -> str | None:
    """Where the old network is kept; None where it stays in its own file, or --no-backup gives it up."""
    return f"{settings.network_path}~" if settings.backup and is_in_place(settings) else None


def announce(settings: TrainSettings, replaced: Network, kept_as: str | None) -> None:
    """Say that a trained network is not continued, before it is replaced."""
    console, epochs = settings.console, replaced.record.get("epochs_in_all")
    trained = f"trained for {count_of(epochs, 'epoch')}" if isinstance(epochs, int) else "with weights"
    if not is_in_place(settings):
        name = "<stdin>" if settings.network_path == "-" else settings.network_path
        console.note(
            f"{name} is a network {trained}; training anew from its definition (--continue goes on from its weights)"
        )
    else:
        kept = f"kept as {printable(kept_as)}" if kept_as else "not kept: --no-backup"
        console.note(f"replacing a network {trained} ({kept})")


def announce_continuing(console: Console, setup: Setup, epochs: int) -> None:
    """Say how long a continued training is, where it has no validation set."""
    if setup.network.source.dialect != "ann1dn" and not len(setup.rows["validation"]):
        advice = "--validation 0.2 holds out rows that have not trained the network"
        console.note(f"continuing without a validation set for all {count_of(epochs, 'epoch')}; {advice}")


def keep_old(kept_as: str, data: bytes, network_path: str) -> None:
    """Write the bytes of the old network to `kept_as`, with the mode of the file that is replaced."""
    replace_file(kept_as, data, like=network_path)
