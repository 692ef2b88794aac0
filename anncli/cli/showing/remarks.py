"""What reading had to say: what was left out, the guesses that were made, and what the numbers lost."""

from __future__ import annotations

from anncli.cli.showing.console import Console
from anncli.formats.data.remarks import Remarks


def show_remarks(console: Console, remarks: Remarks, *, dry_run: bool = False) -> None:
    """Notes and warnings on stderr; the guesses only with -v, or where the command does nothing else."""
    for text in remarks.notes:
        console.note(text)
    for text in remarks.guesses:
        console.note(text, 0 if dry_run else 1)
    for text in remarks.warnings():
        console.warn(text)
