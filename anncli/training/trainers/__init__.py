"""Trainers: one file per family of algorithms; their names and defaults stand in training/names.py."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from anncli.training.names import TRAINER_NAMES, canonical_trainer
from anncli.training.trainers.base import Trainer


def make_trainer(name: str, options: Mapping[str, Any] | None = None) -> Trainer:
    """A trainer by name, with its own options over its defaults; raises ValueError for an unknown name or option."""
    name = canonical_trainer(name)
    info = TRAINER_NAMES[name]
    unknown = set(options or {}) - set(info.defaults)
    if unknown:
        raise ValueError(
            f"trainer {name} has no {', '.join(sorted(unknown))}; its options are {', '.join(info.defaults)}"
        )
    module = import_module(f"anncli.training.trainers.{info.module}")
    trainer: Trainer = module.TRAINERS[name]({**info.defaults, **(options or {})})
    return trainer
