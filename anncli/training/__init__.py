"""Training: options, objective, trainers, and the run that takes a network from data to kept weights."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anncli.training.api import start_training as start_training
    from anncli.training.api import train as train
    from anncli.training.api import train_epochs as train_epochs
    from anncli.training.attempt import EpochReport as EpochReport
    from anncli.training.options import TrainingOptions as TrainingOptions
    from anncli.training.result import TrainingResult as TrainingResult
    from anncli.training.run import TrainingRun as TrainingRun

_HOMES = {
    "EpochReport": "attempt",
    "TrainingOptions": "options",
    "TrainingResult": "result",
    "TrainingRun": "run",
    "start_training": "api",
    "train": "api",
    "train_epochs": "api",
}


def __getattr__(name: str) -> Any:
    # Lazy, because the name tables of this room are read by `ann --help`, which must not import numpy.
    if name not in _HOMES:
        raise AttributeError(f"module 'anncli.training' has no attribute {name!r}")
    return getattr(import_module(f"anncli.training.{_HOMES[name]}"), name)
