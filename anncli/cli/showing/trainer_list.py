"""The trainers as a table and as documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anncli.cli.showing.console import table
from anncli.training.names import DEFAULT_TRAINER, TRAINER_ALIASES, TRAINER_NAMES


def all_trainers() -> str:
    """A line for each trainer: storage, use and description."""
    rows = [(name, _vectors(name), info.use, info.summary) for name, info in TRAINER_NAMES.items()]
    lines = _left(("trainer", "storage", "when to use it", "what it is"), rows)
    return f"{lines}\n\nDefault: {DEFAULT_TRAINER}. Options: ann trainers NAME. MATLAB's names (trainscg ...) work too."


def describe(name: str) -> dict[str, Any]:
    """A trainer for JSON."""
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


def one_trainer(name: str) -> str:
    """Everything about a trainer, with its options and their defaults."""
    info, others = TRAINER_NAMES[name], aliases(name)
    lines = [
        f"{name}: {info.summary}",
        f"use      {info.use}",
        f"storage  {_vectors(name)} vectors",
    ]
    if others:
        lines.append(f"also     {', '.join(others)}")
    rows = [(f"  {option}", str(default)) for option, default in info.defaults.items()]
    return "\n".join([*lines, "options", table(("  name", "default"), rows).partition("\n")[2]])


def _vectors(name: str) -> str:
    return str(TRAINER_NAMES[name].vectors)


def _left(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns aligned to the left."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    )
