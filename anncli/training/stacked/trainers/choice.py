"""The choice of a trainer of many networks by its name."""

from __future__ import annotations

from importlib import import_module

from anncli.training.stacked.trainers.base import StackedTrainer, Team
from anncli.training.stacked.trainers.names import STACKED_TRAINERS


def make_stacked_trainer(name: str, team: Team) -> StackedTrainer:
    """The trainer of a name of STACKED_TRAINERS for the attempts of a team."""
    module = import_module(f"anncli.training.stacked.trainers.{STACKED_TRAINERS[name].module}")
    made: type[StackedTrainer] = module.TRAINERS[name]
    return made(team)
