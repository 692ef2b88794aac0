"""`ann trainers`: every training algorithm with its storage, its options and when to use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from anncli.cli.asking import options
from anncli.cli.showing.console import print_json, table
from anncli.errors import UsageError
from anncli.training.names import DEFAULT_TRAINER, TRAINER_ALIASES, TRAINER_NAMES, canonical_trainer


@options.command("trainers")
@click.argument("name", required=False)
@options.common
@click.pass_context
def trainers_command(ctx: click.Context, /, name: str | None, **given: Any) -> None:
    """List the training algorithms, or show NAME with its options and their defaults.

    \b
    Examples:
      ann trainers
      ann trainers scg
      ann trainers traincgp

    Storage counts vectors as long as all weights and biases together (P), besides the weights themselves.
    """
    options.make_console(ctx)
    names = list(TRAINER_NAMES) if name is None else [_known(name)]
    if given["as_json"]:
        print_json(
            {"command": "trainers", "default": DEFAULT_TRAINER, "trainers": [describe(entry) for entry in names]}
        )
    elif name is None:
        rows = [(entry, _vectors(entry), TRAINER_NAMES[entry].use, TRAINER_NAMES[entry].summary) for entry in names]
        click.echo(_left(("trainer", "storage", "when to use it", "what it is"), rows))
        click.echo(
            f"\nDefault: {DEFAULT_TRAINER}. Options: ann trainers NAME. MATLAB's names (trainscg ...) are understood."
        )
    else:
        click.echo(one(names[0]))


def describe(name: str) -> dict[str, Any]:
    """A trainer as a flat document."""
    info = TRAINER_NAMES[name]
    return {
        "name": name,
        "aliases": aliases(name),
        "vectors": str(info.vectors),
        "summary": info.summary,
        "use": info.use,
        "options": dict(info.defaults),
    }


def aliases(name: str) -> list[str]:
    return [alias for alias, meant in TRAINER_ALIASES.items() if meant == name]


def one(name: str) -> str:
    """Everything known of a trainer, a line each."""
    info, others = TRAINER_NAMES[name], aliases(name)
    lines = [
        f"{name}: {info.summary}",
        f"use      {info.use}",
        f"storage  {_vectors(name)} vectors",
    ]
    if others:
        lines.append(f"also     {', '.join(others)}")
    rows = [(f"  {option}", str(value)) for option, value in info.defaults.items()]
    return "\n".join([*lines, "options", table(("  name", "default"), rows).partition("\n")[2]])


def _known(name: str) -> str:
    try:
        return canonical_trainer(name)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _vectors(name: str) -> str:
    return str(TRAINER_NAMES[name].vectors)


def _left(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns aligned to the left."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    )
