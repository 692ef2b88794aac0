"""Trainers: one file per family of algorithms; their names and defaults stand in training/names.py."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from anncli.training.names import TRAINER_NAMES, batch_size, canonical_trainer
from anncli.training.trainers.base import Trainer


def make_trainer(name: str, options: Mapping[str, Any] | None = None) -> Trainer:
    """A trainer by name, with its own options over its defaults; an automatic batch size is that of few rows.

    Raises: ValueError for an unknown name or option.
    """
    name = canonical_trainer(name)
    info = TRAINER_NAMES[name]
    unknown = set(options or {}) - set(info.defaults)
    if unknown:
        raise ValueError(
            f"trainer {name} has no {', '.join(sorted(unknown))}; its options are {', '.join(info.defaults)}"
        )
    own = {**info.defaults, **(options or {})}
    if own.get("batch_size") == "auto":
        own["batch_size"] = batch_size(0)
    return trainer_class(name)(own)


def trainer_class(name: str) -> type[Trainer]:
    """The class of a trainer, by its one name."""
    module = import_module(f"anncli.training.trainers.{TRAINER_NAMES[name].module}")
    found: type[Trainer] = module.TRAINERS[name]
    return found
