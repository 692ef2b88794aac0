"""What reading had to say: what was left out, the guesses that were made, and what the numbers lost."""

from __future__ import annotations

from anncli.cli.showing.console import Console
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.textfile import shown_name
from anncli.formats.networks.chain import ROUNDED
from anncli.network.network import Network


def show_remarks(console: Console, remarks: Remarks, *, dry_run: bool = False) -> None:
    """Notes and warnings on stderr; the guesses only with -v, or where the command does nothing else."""
    for text in remarks.notes:
        console.note(text)
    for text in remarks.guesses:
        console.note(text, 0 if dry_run else 1)
    for text in remarks.warnings():
        console.warn(text)


def show_network_remarks(console: Console, network: Network, is_import: bool = False) -> None:
    """What was assumed, changed or lost when the network of another program was read; that weights were rounded only with -v,
    or in an import."""
    for text in network.source.remarks:
        level = 0 if is_import or not text.endswith(ROUNDED) else 1
        console.note(f"{shown_name(network.source.path or '')}: {text}", level)
