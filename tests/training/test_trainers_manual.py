"""docs/trainers.md: its table is that of training/names.py."""

from __future__ import annotations

from pathlib import Path

from anncli.training.names import TRAINER_ALIASES, TRAINER_NAMES

TEXT = (Path(__file__).parents[2] / "docs/trainers.md").read_text(encoding="utf-8")


def test_the_table_of_trainers_is_up_to_date() -> None:
    rows = []
    for name, info in TRAINER_NAMES.items():
        others = ", ".join(f"`{alias}`" for alias, meant in TRAINER_ALIASES.items() if meant == name)
        rows.append(f"| `{name}` | {others} | {info.vectors} | {info.use} | {info.summary} |")
    assert TEXT.split("|---|---|---|---|---|\n")[1].split("\n\n")[0].splitlines() == rows
